"""The failure modes of the seeds: how each is counted, and which settings are its mitigation."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from scribebench.report.candidates import Candidate, Key
from scribebench.report.data import ReportData, Row
from scribebench.report.measures import WRONG_AT_MOST
from scribebench.rubric.verdicts import scores_of

Settings = dict[str, Any]  # by dotted names


class Seen(NamedTuple):
    """How often something was seen, out of how many."""

    count: int
    of: int


class Facts(NamedTuple):
    """What is counted in: the tables, and of each candidate the flags of each reply."""

    data: ReportData
    flags: dict[Key, list[list[str]]]


@dataclass(frozen=True)
class Mode:
    """A failure mode: its trigger and mitigation by the seeds, how it is counted.

    `settings` are those that the mitigation may change, by dotted names; `has_more` says whether
    the second candidate's settings have more of the mitigation than the first one's, `is_applied`
    whether a candidate has it. `variant` is what tries it in a model's file.
    """

    name: str
    trigger: str
    mitigation: str
    count: Callable[[Facts, Candidate], Seen]
    settings: frozenset[str]
    has_more: Callable[[Settings, Settings], bool]
    is_applied: Callable[[Settings], bool]
    variant: tuple[str, str] | None


def flat(settings: dict[str, Any], prefix: str = "") -> Settings:
    """Return settings by dotted names, as in options.temperature."""
    found: Settings = {}
    for key, value in settings.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = value
    return found


# --- how each is counted --------------------------------------------------------------------------


def _flagged(*flags: str) -> Callable[[Facts, Candidate], Seen]:
    """Return a count of the replies on recordings that have one of these flags."""

    def count(facts: Facts, one: Candidate) -> Seen:
        replies = facts.flags.get(one.key, [])
        return Seen(sum(bool(set(flags).intersection(own)) for own in replies), len(replies))

    return count


def _wrong(question: str) -> Callable[[Facts, Candidate], Seen]:
    """Return a count of the pictures of a question that are answered wrongly."""

    def count(facts: Facts, one: Candidate) -> Seen:
        of_family = (
            [row for row in facts.data.of("rubric_items", key) if row["question"] == question]
            for key in one.family
        )
        rows = next(filter(None, of_family), [])
        values = scores_of(rows).get(question, {}).values()
        return Seen(sum(value <= WRONG_AT_MOST for value in values), len(values))

    return count


def misplaced(facts: Facts, one: Candidate, batch_size: int | None = None) -> Seen:
    """Count drawn frames whose description is not theirs, in the candidate's batches or others."""
    size = one.batch_size if batch_size is None else batch_size
    rows = [row for row in drawn(facts.data, one) if row["batch_size"] == size]
    return Seen(sum(row["outcome"] != "right" for row in rows), len(rows))


def drawn(data: ReportData, one: Candidate) -> list[Row]:
    """Return what is known of the drawn frames that a candidate, or one like it, was asked."""
    return [row for key in one.family for row in data.of("attribution", key)]


# --- what is a mitigation -------------------------------------------------------------------------


def _never(*settings: Settings) -> bool:
    return False


def _is_cooler(own: Settings, theirs: Settings) -> bool:
    """Return whether sampling is less random or repeats cost more, and neither is the reverse."""
    first, second = (
        (
            -side.get("options.temperature", SERVERS_TEMPERATURE),
            side.get("options.repeat_penalty", 1.0),
            side.get("options.presence_penalty", 0.0),
        )
        for side in (own, theirs)
    )
    return second != first and all(b >= a for a, b in zip(first, second, strict=True))


def _is_cool(own: Settings) -> bool:
    penalty = own.get("options.repeat_penalty", 1.0) > 1
    return penalty or own.get("options.temperature", SERVERS_TEMPERATURE) <= COOL_AT_MOST


def _thinks_less(own: Settings, theirs: Settings) -> bool:
    return own.get("think") is not False and theirs.get("think") is False


def _is_smaller(own: Settings, theirs: Settings) -> bool:
    return bool(theirs.get("batch_size", 1) < own.get("batch_size", 1))


def _says_more(own: Settings, theirs: Settings) -> bool:
    return bool(theirs.get("options.num_predict", 0) > own.get("options.num_predict", 0))


def _has_finer_encoder(own: Settings, theirs: Settings) -> bool:
    return _is_fine(theirs) and not _is_fine(own)


def _is_fine(own: Settings) -> bool:
    """Return whether the vision encoder's file is named as Q8_0 or finer."""
    return bool(FINE.search(own.get("files.mmproj", "")))


def _does_not_think(own: Settings) -> bool:
    return own.get("think") is False


def _is_single(own: Settings) -> bool:
    return own.get("batch_size") == 1


# What servers sample with where nothing is asked for, and the most that the seed's mitigation is.
SERVERS_TEMPERATURE, COOL_AT_MOST = 0.8, 0.3
FINE = re.compile(r"q8_0|b?f16|f32", re.I)
_COOLER = (
    frozenset({"options.temperature", "options.repeat_penalty", "options.presence_penalty"}),
    *(_is_cooler, _is_cool, ("cool", "{options: {temperature: 0.1}}")),
)
_SMALLER = (
    frozenset({"batch_size"}),
    *(_is_smaller, _is_single, ("batch-1", "{batch_size: 1}")),
)
_NOTHING = (frozenset[str](), _never, _never, None)
COOLER_WORDS = "temperature 0.1–0.3, or a repeat penalty"
MODES = (
    Mode(
        "text upside down is misread",
        "text turned by 180 degrees",
        "none known",
        _wrong("VL-FM-Q1"),
        *_NOTHING,
    ),
    Mode(
        "endless repetition",
        "dense tables, repeated elements",
        COOLER_WORDS,
        _flagged("loop"),
        *_COOLER,
    ),
    Mode(
        "dense tables are misread",
        "dense tables",
        COOLER_WORDS,
        _wrong("VL-FM-Q2"),
        *_COOLER,
    ),
    Mode(
        "long numbers are misread",
        "IDs, hashes",
        "another model (qwen2.5-vl-7b) for such frames: compare VL-FM-Q3 of the candidates",
        _wrong("VL-FM-Q3"),
        *_NOTHING,
    ),
    Mode(
        "tokens are spent on thinking",
        "a thinking model",
        "`think: false`, or the instruct tag",
        _flagged("thinking_exhausted"),
        frozenset({"think", "tag"}),
        *(_thinks_less, _does_not_think, ("no-think", "{think: false}")),
    ),
    Mode(
        "frames are merged or skipped",
        "many frames a request",
        "smaller batches",
        _flagged("merged_frames", "wrong_count", "positional_names"),
        *_SMALLER,
    ),
    Mode(
        "descriptions are on the wrong frame",
        "many frames a request; counted on drawn frames",
        "smaller batches",
        misplaced,
        *_SMALLER,
    ),
    Mode(
        "gibberish",
        "a vision encoder below Q8_0, a broken backend",
        "the vision encoder as Q8_0 or F16",
        _flagged("gibberish"),
        frozenset({"files.mmproj"}),
        *(_has_finer_encoder, _is_fine, ("f16", "{files: {mmproj: ...}}")),
    ),
    Mode(
        "too brief",
        "the model",
        "another model",
        _flagged("too_brief"),
        *_NOTHING,
    ),
    Mode(
        "replies are cut short",
        "more to say than `num_predict` allows",
        "a larger `num_predict`, or smaller batches",
        _flagged("truncated"),
        frozenset({"options.num_predict", "options.num_ctx"}),
        *(_says_more, _never, ("longer", "{options: {num_predict: 12000}}")),
    ),
)
