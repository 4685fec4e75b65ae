"""How far different runs agree on a frame, and where they differ most: no truth is needed.

The similarity of two descriptions (0-1) is the weighted mean of those parts that both have:

- applications, weight 1: Jaccard index |A and B| / |A or B| of the names, normalised as in `truth`;
- words, weight 2: overlap coefficient of Szymkiewicz and Simpson over weighted tokens, w(A and B) /
  min(w(A), w(B)), so that a terse description agrees with a long one that says the same. A token
  weighs ln(1 + N/n), n of all N descriptions holding it (Spaerck Jones 1972, smoothed), and
  SPECIFIC_WEIGHT times that when it is specific: a file, an identifier, a number;
- kind of activity, weight 1: 1 if equal, else 0.

It is a measure of dispute and not of quality: runs can agree on what is wrong.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

from scribebench.backends.base import FrameDescription
from scribebench.grading.activity import activity_kind
from scribebench.grading.prose import listed
from scribebench.grading.truth import app_names, plain

APPS_WEIGHT, WORDS_WEIGHT, KIND_WEIGHT = 1.0, 2.0, 1.0
SPECIFIC_WEIGHT = 3.0
# So many tokens tell a reader what two runs dispute.
TOLD_TOKENS = 8
# Neighbours have the same dispute when so much (Jaccard) of what is disputed is the same.
SAME_DISPUTE = 0.5

_TOKEN = re.compile(r"\w+(?:[./:@#+-]+\w+)*")
_SPECIFIC = re.compile(r"\d|[a-z0-9][._/@:#]+[a-z0-9]|_", re.I)
_CAMEL = re.compile(r"\b[a-z]+[A-Z]\w*|\b[A-Z]+[a-z]+[A-Z]\w*")
# Words of the prompt's form and of any description; they say nothing of the frame.
_EMPTY_WORDS = listed(
    "a about action activity an and any applications apps are as at be being both but by can "
    "currently developer displayed displaying displays for frame from has have he her his image "
    "in into is it its likely of on one open or other project projects screen screenshot see "
    "seen several she showing shown shows some such that the their them then there these they "
    "this those to topics user using various visible was were what which while who window with"
)


@dataclass(frozen=True)
class FrameAgreement:
    """How far the runs that describe a frame agree on it.

    `runs` of them describe it; `similarity` (0-1) is the mean over their pairs, null for fewer than
    two. `apart` are the two runs that differ most (null with it), `apart_similarity` theirs, and
    `only_first` and `only_second` the weightiest of what only one of these says.
    """

    frame_index: int
    runs: int
    similarity: float | None = None
    apart: tuple[str, str] | None = None
    apart_similarity: float | None = None
    only_first: tuple[str, ...] = ()
    only_second: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Said:
    """What is compared of a description; null or empty where it says nothing."""

    apps: frozenset[str]
    tokens: frozenset[str]
    kind: str | None


def agreement(
    descriptions_by_run: Mapping[str, Mapping[int, FrameDescription | None]],
) -> list[FrameAgreement]:
    """Return one row for each frame that a run was asked about, in the order of the frames.

    `descriptions_by_run` holds, for each run (a variant is one of its own), its descriptions by
    frame_index. A null or empty description leaves its run out of that frame. Pairs that have no
    part in common to compare are left out of the mean.
    """
    said: dict[int, dict[str, _Said]] = {}
    specific: set[str] = set()
    for run in sorted(descriptions_by_run):
        for index, description in descriptions_by_run[run].items():
            runs = said.setdefault(index, {})
            if description is not None and not _is_empty(description):
                specific |= _specific_in(_text_of(description))
                runs[run] = _said(description)
    weights = _weights([one for runs in said.values() for one in runs.values()], specific)
    return [_row(index, said[index], weights) for index in sorted(said)]


def most_disputed(rows: Iterable[FrameAgreement], k: int = 10) -> list[FrameAgreement]:
    """Return at most `k` frames on which runs differ most, the most disputed first.

    Of frames that follow one another in `rows` and have the same dispute (the same two runs differ
    in mostly the same tokens) only the most disputed is taken, of equals the first. Frames on which
    all agree, or that fewer than two runs describe, are no disputes.
    """
    known = sorted(rows, key=lambda row: row.frame_index)
    groups: list[list[FrameAgreement]] = []
    for before, row in zip([None, *known], known, strict=False):
        if before is not None and groups and _same_dispute(before, row):
            groups[-1].append(row)
        else:
            groups.append([row])
    disputes = [
        min(disputed, key=_order)
        for group in groups
        if (disputed := [row for row in group if row.similarity is not None])
    ]
    return sorted((row for row in disputes if row.similarity < 1 - 1e-9), key=_order)[:k]


def similarity(first: FrameDescription, second: FrameDescription) -> float | None:
    """Return how alike two descriptions are (0-1), all tokens being equally rare; null: unknown."""
    both = (first, second)
    said = [_said(one) for one in both]
    specific = {token for one in both for token in _specific_in(_text_of(one))}
    weights = {
        token: SPECIFIC_WEIGHT if token in specific else 1.0 for one in said for token in one.tokens
    }
    return _similarity(*said, weights)


def _row(index: int, runs: Mapping[str, _Said], weights: Mapping[str, float]) -> FrameAgreement:
    pairs = {
        (first, second): value
        for first, second in combinations(sorted(runs), 2)
        if (value := _similarity(runs[first], runs[second], weights)) is not None
    }
    if not pairs:
        return FrameAgreement(index, len(runs))
    apart = min(pairs, key=lambda pair: (pairs[pair], pair))
    first, second = (runs[run] for run in apart)
    return FrameAgreement(
        index,
        len(runs),
        fmean(pairs.values()),
        apart,
        pairs[apart],
        _weightiest(first.tokens - second.tokens, weights),
        _weightiest(second.tokens - first.tokens, weights),
    )


def _similarity(first: _Said, second: _Said, weights: Mapping[str, float]) -> float | None:
    parts = []
    if first.apps and second.apps:
        shared = len(first.apps & second.apps) / len(first.apps | second.apps)
        parts.append((shared, APPS_WEIGHT))
    if first.tokens and second.tokens:
        smaller = min(_weight(one.tokens, weights) for one in (first, second))
        both = _weight(first.tokens & second.tokens, weights)
        parts.append((both / smaller, WORDS_WEIGHT))
    if first.kind and second.kind:
        parts.append((float(first.kind == second.kind), KIND_WEIGHT))
    total = sum(weight for _, weight in parts)
    return sum(value * weight for value, weight in parts) / total if parts else None


def _is_empty(description: FrameDescription) -> bool:
    lists = (*(description.apps or ()), *(description.topics or ()))
    parts = (description.text, description.visible, description.activity, *lists)
    return not any(part and part.strip() for part in parts)


def _said(description: FrameDescription) -> _Said:
    apps = {name for app in description.apps or () for name in app_names(app)}
    # A text that is nothing but what is visible was read, and is no prose.
    prose = None if description.text == description.visible else description.text
    return _Said(
        frozenset(apps),
        # Applications are compared on their own.
        frozenset(_tokens(_text_of(description)) - _tokens("\n".join(description.apps or ()))),
        activity_kind(description.activity, prose),
    )


def _text_of(description: FrameDescription) -> str:
    lists: Sequence[str] = description.topics or ()
    # The text has the names of the form's fields, which say nothing of the frame.
    text = description.text if description.visible is None else None
    parts = (text, description.visible, description.activity, *lists)
    return "\n".join(dict.fromkeys(part for part in parts if part))


def _tokens(text: str) -> set[str]:
    found = {token.strip("._-") for token in _TOKEN.findall(plain(text))}
    return {
        token
        for token in found
        if token not in _EMPTY_WORDS and (len(token) > 2 or _SPECIFIC.search(token))
    }


def _specific_in(text: str) -> set[str]:
    camel = {token for match in _CAMEL.finditer(text) for token in _tokens(match[0])}
    return camel | {token for token in _tokens(text) if _SPECIFIC.search(token)}


def _weights(said: Sequence[_Said], specific: set[str]) -> dict[str, float]:
    holding = Counter(token for one in said for token in one.tokens)
    return {
        token: math.log(1 + len(said) / n) * (SPECIFIC_WEIGHT if token in specific else 1.0)
        for token, n in holding.items()
    }


def _weight(tokens: Iterable[str], weights: Mapping[str, float]) -> float:
    return math.fsum(weights[token] for token in tokens)


def _weightiest(tokens: Iterable[str], weights: Mapping[str, float]) -> tuple[str, ...]:
    return tuple(sorted(tokens, key=lambda token: (-weights[token], token))[:TOLD_TOKENS])


def _same_dispute(before: FrameAgreement, row: FrameAgreement) -> bool:
    if before.apart is None or before.apart != row.apart:
        return False
    ours, theirs = (_disputed(one) for one in (before, row))
    either = ours | theirs
    return not either or len(ours & theirs) / len(either) >= SAME_DISPUTE


def _disputed(row: FrameAgreement) -> set[tuple[int, str]]:
    sides = (row.only_first, row.only_second)
    return {(side, token) for side, tokens in enumerate(sides) for token in tokens}


def _order(row: FrameAgreement) -> tuple[float, float, int]:
    return (row.similarity or 0.0, row.apart_similarity or 0.0, row.frame_index)
