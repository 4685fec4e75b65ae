"""The part of the report on what the descriptions are worth, by rules."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from scribebench.grading.attribution import Share, share_right
from scribebench.report.batches import faulty_places
from scribebench.report.cells import DASH, format_interval, format_share, format_spread_of
from scribebench.report.data import ReportData, Row, by_run, label, run_of
from scribebench.report.escape import inline
from scribebench.report.figures import Spread, spread
from scribebench.report.layout import table


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
    # Two batches can share a uid, so that it does not tell how many frames a request was about.
    has_batches = bool(outcomes) and any(row["slot"] for row in rows)
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


def grades_section(data: ReportData) -> str:
    """Return what the rules find of each run, as a table."""
    rows, notes = [], []
    of_runs = by_run(data.grades)
    for run in data.runs:
        found = graded(of_runs.get(run_of(run), []))
        name = inline(label(data, run))
        right = found.right
        rows.append(
            (
                inline(data.titles.get(run["session"], run["session"])),
                name,
                f"{sum(found.flags.values())} of {found.replies}"
                if found.replies and run["backend"] != "ocr"
                else DASH,
                DASH if right is None else format_interval(right),
                DASH if right is None else str(right.undecidable),
                format_spread_of(found.grounded, 0),
                format_spread_of(found.invented, 0),
                DASH if found.key_strings is None else "{} of {}".format(*found.key_strings),
            )
        )
        if places := faulty_places(of_runs.get(run_of(run), []), "attribution"):
            notes.append(f"- {name}: by the text on the frames, {places}.")
        if found.flags:
            told = ", ".join(f"{count} {inline(flag)}" for flag, count in found.flags.most_common())
            notes.append(f"- {name}: of {found.replies} replies, {told}.")
    headings = (
        "session", "candidate", "flags", "on the right frame", "undecidable", "on the screen",
        "invented", "key strings",
    )  # fmt: skip
    legend = (
        "*Flags* are faults of replies, such as a loop. *On the right frame*: descriptions that "
        "tell of their own frame and not of another one of the request, with its 95 % "
        "interval (Clopper-Pearson) and n; frames that are too alike to tell are *undecidable*. "
        "Frames without a description always count, right ones only where they can be told, so "
        "that the share is rather too low where much is undecidable. "
        "*On the screen* and *invented*: specific things (files, commands, numbers, quotations) "
        "that a description names and that OCR does or does not read on its frame, medians "
        "(lowest–highest) over n descriptions. *Key strings* of the recording's truth that are "
        "named, if it has one. "
        "`python workflow_scripts/explain_reply.py flags < reply.txt` says why a reply is flagged."
    )
    text = table(headings, rows, numbers_from=2)
    notes += _untold(data)
    return "\n\n".join([text, legend, *(["\n".join(notes)] if notes else [])])


def _untold(data: ReportData) -> list[str]:
    """Return for each run with a truth the segment of which it says least."""
    notes = []
    for run, segments in by_run(data.segments).items():
        known = [row for row in segments if row["key_strings_share"] is not None]
        if not known or min(row["key_strings_share"] for row in known) == 1:
            continue
        worst = min(known, key=lambda row: row["key_strings_share"])
        missing = ", ".join(f"“{inline(one, 40)}”" for one in worst["key_strings_missing"][:4])
        row = dict(zip(("session", "model", "variant"), run, strict=True))
        share = format_share(worst["key_strings_share"])
        notes.append(
            f"- {inline(label(data, row))}: of {len(known)} segments of the truth it says least of "
            f"segment {worst['segment']}, {share} of its key strings; {missing} are missing."
        )
    return notes
