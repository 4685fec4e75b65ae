"""What the frames at hand would take in batches of other sizes, as far as anything tells."""

import json
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from scribebench.canaries.frames import is_drawn
from scribebench.plan.estimate import (
    PRIOR,
    Estimate,
    Hours,
    PlannedRun,
    Results,
    extrapolate_hours,
    measured,
    prior_seconds,
)
from scribebench.project.documents import canonical_json

MEASURED = "measured"
ON_DRAWN_FRAMES = "measured on drawn frames"


class SizeHours(NamedTuple):
    """The hours of all sessions' frames in batches of one size, and what tells them."""

    run: PlannedRun
    batch_size: int
    frames: int
    requests: int
    hours: Hours


def hours_by_size(estimates: list[Estimate], results: Results) -> list[SizeHours]:
    """Return the hours for each batch size that runs, drawn frames or a prior tell of.

    Variants that differ in their batches only stand together, under the first of them; a candidate
    of which one size is known by one source is left out, as there is nothing to compare.
    """
    found: dict[tuple[str, str], list[Estimate]] = {}
    for one in estimates:
        if "/" not in one.session and one.frames.frames is not None:
            found.setdefault((one.run.model, _but_batches(one.run.settings)), []).append(one)
    lines = [
        list(_of_candidate(group, settings, results)) for (_, settings), group in found.items()
    ]
    return [line for group in lines if len(group) > 1 for line in group]


def _of_candidate(group: list[Estimate], settings: str, results: Results) -> Iterator[SizeHours]:
    """Yield a line for each size and source, the sizes in order."""
    run = group[0].run
    frames = {one.session: one.frames for one in group}
    counts = [count.frames or 0 for count in frames.values()]
    ends = [count.ends or (0, 0) for count in frames.values()]
    of_all = (sum(low for low, _ in ends), sum(high for _, high in ends))
    known = _measurements(run.model, settings, results)
    priors = prior_seconds(run)
    for size in sorted({*(size for size, _ in known), *priors}):
        requests = sum(math.ceil(count / size) for count in counts)
        told = [
            measured(runs, sum(counts), of_all, size, basis)
            for (other, basis), runs in known.items()
            if other == size
        ]
        if size in priors:
            seconds = priors[size]
            hours = sum(extrapolate_hours(count, size, seconds) for count in counts)
            detail = f"{run.prior['source']}: {seconds:g} s"
            told.append(Hours(hours, None, None, PRIOR, detail))
        yield from (SizeHours(run, size, sum(counts), requests, hours) for hours in told)


def _measurements(
    model: str, settings: str, results: Results
) -> dict[tuple[int, str], list[dict[str, Any]]]:
    """Return finished runs by batch size and kind, of variants that differ in that size only."""
    found: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for facts in results.sizes(model):
        size = facts.get("batch_size")
        is_alike = _but_batches(facts["settings_json"]) == settings
        if is_alike and isinstance(size, int) and size > 0 and facts["asked_frames"]:
            basis = ON_DRAWN_FRAMES if is_drawn(facts["session"]) else MEASURED
            found.setdefault((size, basis), []).append(facts)
    return found


def _but_batches(settings: str) -> str:
    """Return settings without the batch size; text that is no JSON object stays as it is."""
    try:
        value = json.loads(settings)
    except ValueError:
        return settings
    if not isinstance(value, dict):
        return settings
    return canonical_json({name: value[name] for name in value if name != "batch_size"})
