"""What descriptions say together: of a segment by one model, of a frame by all models."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import groupby
from operator import itemgetter
from typing import Any

from scribebench.backends.base import FrameDescription
from scribebench.grading.agreement import agreement, most_disputed
from scribebench.grading.truth import TruthGrade, per_segment
from scribebench.tables import RUN

Row = dict[str, Any]
MOST_DISPUTED = 10
SAID = ("text", "visible", "activity", "apps", "topics")


def segment_rows(grades: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows of `segments` from those of `grades`, in which a run's stand together."""
    for run, rows in groupby(grades, itemgetter(*RUN)):
        for segment in per_segment(_truth_grade(row) for row in rows):
            lists = {
                name: list(value) for name, value in asdict(segment).items() if _is_list(value)
            }
            yield dict(zip(RUN, run, strict=True)) | asdict(segment) | lists


def agreement_rows(descriptions: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows of `agreement` from those of `descriptions`; the frames of each session."""
    sessions: dict[str, dict[str, dict[int, FrameDescription | None]]] = {}
    for row in descriptions:
        run = f"{row['model']}/{row['variant']}"
        said = FrameDescription(**{name: row[name] for name in SAID}) if row["text"] else None
        sessions.setdefault(row["session"], {}).setdefault(run, {})[row["frame_index"]] = said
    for session, runs in sessions.items():
        found = agreement(runs)
        disputes = most_disputed(found, MOST_DISPUTED)
        ranks = {one.frame_index: rank for rank, one in enumerate(disputes, 1)}
        for one in found:
            first, second = one.apart or (None, None)
            yield {
                "session": session,
                "frame_index": one.frame_index,
                "runs": one.runs,
                "similarity": one.similarity,
                "run_a": first,
                "run_b": second,
                "pair_similarity": one.apart_similarity,
                "only_a": list(one.only_first),
                "only_b": list(one.only_second),
                "dispute_rank": ranks.get(one.frame_index),
            }


def _truth_grade(row: Row) -> TruthGrade:
    names = ("key_strings_found", "key_strings_missing", "topics_found", "topics_missing")
    lists = {
        name: None if row[f"truth_{name}"] is None else tuple(row[f"truth_{name}"])
        for name in names
    }
    return TruthGrade(row["truth_segment"], row["truth_app_named"], **lists)


def _is_list(value: Any) -> bool:
    return isinstance(value, tuple)
