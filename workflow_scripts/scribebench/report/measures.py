"""What was measured of a candidate, as far as its verdict depends on it, each with its rows."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from scribebench.report.candidates import Candidate, Key
from scribebench.report.data import ReportData, Row
from scribebench.report.evidence import Evidence, Figure, evidence, replies_flagged
from scribebench.report.frames_apart import Batches, choose_batches
from scribebench.report.speed import Speed, measure_speed, on_recordings
from scribebench.rubric.decide import tier_means
from scribebench.rubric.sources import questions
from scribebench.rubric.verdicts import scores_of, tiers
from scribebench.stats.bounded import bounded_mean
from scribebench.stats.shares import clopper_pearson

# A reply with one of these says nothing of use; a loop ends the reply.
RUBBISH = ("empty", "thinking_exhausted", "gibberish", "refusal", "prompt_echo", "loop")
# A picture of the rubric that scored so little was answered wrongly (seed 001: 1-2 is wrong).
WRONG_AT_MOST = 2.0
BETTING = "95 % interval of a bounded mean, by betting; for these questions"
BETTING_SHARE = "95 % interval of a bounded mean, by betting; over descriptions"
EXACT = "95 % interval, Clopper-Pearson"


@dataclass(frozen=True)
class Fault:
    """Something that a candidate gets wrong: how often, out of how many, and the rows."""

    what: str
    count: int
    of: int
    evidence: Evidence


@dataclass(frozen=True)
class Measured:
    """What is known of a candidate. `rubric_key` is under which name the rubric was asked.

    `grounded` is the mean share of the specific things a description names that OCR reads on its
    frame; null where none names any.
    """

    candidate: Candidate
    batches: Batches
    speed: Speed
    tiers: dict[int, Figure]
    rubric_key: Key | None
    rubbish: Figure | None
    described: Figure | None
    grounded: Figure | None
    faults: tuple[Fault, ...]


def measure(data: ReportData, candidate: Candidate, family: list[Candidate]) -> Measured:
    """Return what is known of a candidate; `family` are those like it but for batches."""
    batches = choose_batches(data, candidate, family)
    key = _rubric_key(data, candidate)
    return Measured(
        candidate,
        batches,
        measure_speed(data, candidate, batches.size),
        _tiers(data, key),
        key,
        _rubbish(data, candidate),
        _described(data, candidate),
        _grounded(data, candidate),
        tuple(_faults(data, candidate, batches, key)),
    )


def _rubric_key(data: ReportData, candidate: Candidate) -> Key | None:
    asked = {(row["model"], row["variant"]) for row in data.rubric_items}
    return next((key for key in candidate.family if key in asked), None)


def _tiers(data: ReportData, key: Key | None) -> dict[int, Figure]:
    if key is None:
        return {}
    means = tier_means(scores_of(data.of("rubric_items", key)), tiers())
    where = {"model": key[0], "variant": key[1], "control": "picture"}
    return {
        tier: Figure(
            one.mean, one.low, one.high, one.n, BETTING,
            (evidence("rubric_items", **where, tier=tier),),
        )
        for tier, one in means.items()
    }  # fmt: skip


def baseline_tiers(data: ReportData, key: Key) -> dict[int, Figure]:
    """Return the tiers of a baseline; a tier that was not asked is left out."""
    return _tiers(data, key)


def is_rubbish(request: Row) -> bool:
    """Return whether a request failed, or its reply says nothing of use."""
    reasons = set(request["speed_invalid_reasons"] or ())
    return request["error_kind"] is not None or bool(reasons.intersection(RUBBISH))


def _rubbish(data: ReportData, candidate: Candidate) -> Figure | None:
    rows = on_recordings(data, candidate.key)
    where = evidence("requests", **_of(candidate.key), experiment="describe", warmup=False)
    return _share(sum(map(is_rubbish, rows)), len(rows), where)


def _described(data: ReportData, candidate: Candidate) -> Figure | None:
    rows = data.of("descriptions", candidate.key)
    count = sum(row["text"] is not None for row in rows)
    return _share(count, len(rows), evidence("descriptions", **_of(candidate.key)))


def _grounded(data: ReportData, candidate: Candidate) -> Figure | None:
    rows = data.of("grades", candidate.key)
    mean = bounded_mean([[one for row in rows if (one := row["grounded_share"]) is not None]])
    if mean is None:
        return None
    where = evidence("grades", **_of(candidate.key))
    return Figure(mean.mean, mean.low, mean.high, mean.n, BETTING_SHARE, (where,))


def _share(count: int, n: int, where: Evidence) -> Figure | None:
    if not n:
        return None
    return Figure(count / n, *clopper_pearson(count, n), n, EXACT, (where,))


# --- what it gets wrong ---------------------------------------------------------------------------


def _faults(
    data: ReportData, candidate: Candidate, batches: Batches, key: Key | None
) -> Iterator[Fault]:
    yield from _of_replies(data, candidate, batches)
    yield from _of_drawn_frames(data, candidate, batches)
    yield from _of_frames(data, candidate, batches)
    if key is not None:
        yield from _of_questions(data, key)


def _other_size(candidate: Candidate, batches: Batches) -> str:
    """Say in what batches recordings were described, where others are to be used."""
    same = batches.size == candidate.batch_size
    return "" if same else f" (in batches of {candidate.batch_size})"


def _of_replies(data: ReportData, candidate: Candidate, batches: Batches) -> Iterator[Fault]:
    asked = on_recordings(data, candidate.key)
    size = _other_size(candidate, batches)
    where = {**_of(candidate.key), "experiment": "describe", "warmup": False}
    failed = Counter(row["error_kind"] for row in asked if row["error_kind"] is not None)
    for kind, count in failed.most_common():
        source = evidence("requests", **where, error_kind=kind)
        what = f"requests that failed ({_words(kind)}){size}"
        yield Fault(what, count, len(asked), source)
    grades = data.of("grades", candidate.key)
    replies = {
        (row["session"], row["request_uid"]): row["flags"]
        for row in grades
        if row["flags"] is not None
    }
    flags = Counter(flag for found in replies.values() for flag in found)
    for flag, count in flags.most_common():
        source = replies_flagged(flag, **_of(candidate.key))
        yield Fault(f"replies flagged {_words(flag)}{size}", count, len(replies), source)


def _of_drawn_frames(data: ReportData, candidate: Candidate, batches: Batches) -> Iterator[Fault]:
    if batches.by_text or batches.share is None:
        return
    rows = [
        row
        for key in candidate.family
        for row in data.of("attribution", key)
        if row["batch_size"] == batches.size
    ]
    outcomes = Counter(row["outcome"] for row in rows if row["outcome"] != "right")
    for outcome, count in outcomes.most_common():
        source = batches.evidence[0]
        where = evidence(source.table, **source.row, outcome=outcome)
        yield Fault(f"drawn frames whose description is {_words(outcome)}", count, len(rows), where)


def _of_frames(data: ReportData, candidate: Candidate, batches: Batches) -> Iterator[Fault]:
    size = _other_size(candidate, batches)
    said = data.of("descriptions", candidate.key)
    missing = sum(row["text"] is None for row in said)
    if missing:
        source = evidence("descriptions", **_of(candidate.key), text=None)
        what = f"frames without a description of their own{size}"
        yield Fault(what, missing, len(said), source)
    grades = data.of("grades", candidate.key)
    source = evidence("grades", **_of(candidate.key))
    if candidate.batch_size > 1:
        judged = [row for row in grades if row["attribution"] not in (None, "undecidable")]
        outcomes = Counter(row["attribution"] for row in judged if row["attribution"] != "right")
        for outcome, count in outcomes.most_common():
            what = f"frames whose description is {_words(outcome)}, by the text on them{size}"
            where = evidence("grades", **_of(candidate.key), attribution=outcome)
            yield Fault(what, count, len(judged), where)
    invented = sum(row["specifics_invented"] or 0 for row in grades)
    if invented:
        named = invented + sum(row["specifics_grounded"] or 0 for row in grades)
        what = f"files, commands, numbers and quotations that OCR does not read on the frame{size}"
        yield Fault(what, invented, named, source)


def _of_questions(data: ReportData, key: Key) -> Iterator[Fault]:
    scores = scores_of(data.of("rubric_items", key))
    for question, known in questions().items():
        values = list(scores.get(question, {}).values())
        wrong = sum(value <= WRONG_AT_MOST for value in values)
        if wrong:
            where = evidence("rubric_items", **_of(key), question=question, control="picture")
            what = f"{question} ({known['about']}) answered wrongly"
            yield Fault(what, wrong, len(values), where)


def _of(key: Key) -> dict[str, str]:
    return {"model": key[0], "variant": key[1]}


def _words(name: str) -> str:
    return name.replace("_", " ")
