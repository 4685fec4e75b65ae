"""The part of the report on what the descriptions are worth, by rules."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from scribebench.grading.attribution import Share, share_right
from scribebench.report.figures import Spread, spread

Row = dict[str, Any]


class Graded(NamedTuple):
    """What grading found of one run.

    `flags` counts replies with each flag, of `replies` that were judged. `right` is null for a run
    of single frames, where no description can be on the wrong one. `key_strings` are those named in
    any description of their segment, and all of them.
    """

    replies: int
    flags: Counter[str]
    right: Share | None
    grounded: Spread | None
    invented: Spread | None
    key_strings: tuple[int, int] | None


def graded(rows: Iterable[Row]) -> Graded:
    """Return what the rows of `grades` of one run say together."""
    rows = list(rows)
    replies = {row["request_uid"]: row["flags"] for row in rows if row["flags"] is not None}
    outcomes = [row["attribution"] for row in rows if row["attribution"] is not None]
    batches = Counter(row["request_uid"] for row in rows)
    has_batches = bool(outcomes) and max(batches.values()) > 1
    return Graded(
        len(replies),
        Counter(flag for flags in replies.values() for flag in flags),
        share_right(outcomes) if has_batches else None,
        spread([row["specifics_grounded"] for row in rows]),
        spread([row["specifics_invented"] for row in rows]),
        _key_strings(rows),
    )


def _key_strings(rows: list[Row]) -> tuple[int, int] | None:
    """Return how many key strings were named in their segment, and how many there are."""
    found: dict[int, set[str]] = {}
    known: dict[int, set[str]] = {}
    for row in rows:
        segment, named = row["truth_segment"], row["truth_key_strings_found"]
        if segment is None or named is None:
            continue
        found.setdefault(segment, set()).update(named)
        known.setdefault(segment, set()).update(named, row["truth_key_strings_missing"])
    total = sum(map(len, known.values()))
    return (sum(map(len, found.values())), total) if total else None
