"""Figures of a run, from the rows of its requests."""

from collections import Counter
from statistics import median
from typing import Any, NamedTuple


class Spread(NamedTuple):
    """The middle of several measurements, their ends, and how many there are."""

    median: float
    low: float
    high: float
    n: int


def spread(values: list[float | None]) -> Spread | None:
    """Return the spread of the known values; null when none is known."""
    known = [value for value in values if value is not None]
    return Spread(median(known), min(known), max(known), len(known)) if known else None


class RunFigures(NamedTuple):
    """The figures of a run; a spread counts only rows that may enter a speed figure."""

    frames: int
    described: int
    requests: int
    outcomes: Counter[str]
    left_out: Counter[str]
    seconds_per_frame: Spread | None
    first_token_s: Spread | None
    prefill_tps: Spread | None
    decode_tps: Spread | None
    asked_wall_s: float | None
    asked_frames: int


def run_figures(requests: list[dict[str, Any]], descriptions: list[dict[str, Any]]) -> RunFigures:
    """Return the figures of a run from its rows of `requests` and `descriptions`."""
    requests = [row for row in requests if not row["warmup"]]
    valid = [row for row in requests if row["speed_valid"]]
    asked = [row for row in requests if not row["cache_hit"]]
    return RunFigures(
        frames=len(descriptions),
        described=sum(row["text"] is not None for row in descriptions),
        requests=len(requests),
        outcomes=Counter(row["error_kind"] or row["finish_reason"] for row in requests),
        left_out=Counter(
            reason for row in requests for reason in row["speed_invalid_reasons"] or ()
        ),
        seconds_per_frame=spread([row["s_per_image"] for row in valid]),
        first_token_s=spread([_seconds(row["ttft_ns"]) for row in valid]),
        prefill_tps=spread([row["prefill_tps"] for row in valid]),
        decode_tps=spread([row["decode_tps"] for row in valid]),
        asked_wall_s=sum(row["wall_ns"] for row in asked) / 1e9 if asked else None,
        asked_frames=sum(row["image_count"] for row in asked),
    )


def _seconds(duration_ns: int | None) -> float | None:
    return None if duration_ns is None else duration_ns / 1e9
