"""What a run's requests took, as sums from which an interval follows; a run.json holds them."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

NS_PER_S = 1e9


class Asked(NamedTuple):
    """Sums over the requests that were asked for a run, and the seconds a frame of two of them."""

    requests: int
    frames: int
    seconds: float
    frames_squared: float
    frames_by_seconds: float
    seconds_squared: float
    fastest: float
    slowest: float


def sums_of(requests: Sequence[tuple[int, int]]) -> dict[str, float] | None:
    """Return what `asked_in` needs, from frames and wall clock (ns) of each request; or null.

    A question without its picture counts as one frame: the plan counts it as a request.
    """
    pairs = [(max(1, frames), wall_ns / NS_PER_S) for frames, wall_ns in requests]
    if not pairs:
        return None
    rates = [seconds / frames for frames, seconds in pairs]
    return {
        "requests": len(pairs),
        "frames": sum(frames for frames, _ in pairs),
        "seconds": math.fsum(seconds for _, seconds in pairs),
        "frames_squared": sum(frames**2 for frames, _ in pairs),
        "frames_by_seconds": math.fsum(frames * seconds for frames, seconds in pairs),
        "seconds_squared": math.fsum(seconds**2 for _, seconds in pairs),
        "fastest": min(rates),
        "slowest": max(rates),
    }


def asked_in(facts: dict[str, Any]) -> Asked | None:
    """Return the sums that a run.json holds; null when it holds none, or no whole ones."""
    sums = facts.get("asked_sums")
    if not isinstance(sums, dict):
        return None
    found = [sums.get(name) for name in Asked._fields]
    if not all(type(value) in (int, float) and math.isfinite(value) for value in found):
        return None
    asked = Asked(*found)
    return asked if asked.requests > 0 and asked.frames > 0 else None
