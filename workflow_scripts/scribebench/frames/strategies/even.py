"""Frames at even intervals: the plain baseline that any other strategy has to beat."""

import numpy as np

from scribebench.frames.strategies.decisions import Decision, Settings

# What `budget: auto` means here: one frame in this many seconds.
AUTO_INTERVAL_S = 12.0


def select_even(times_s: list[float], settings: Settings) -> list[Decision]:
    """Keep the frame in the middle of each of `budget` even intervals of time."""
    length_s = times_s[-1] - times_s[0]
    count = settings.budget or max(1, round(length_s / AUTO_INTERVAL_S))
    times = np.array(times_s)
    kept = _kept(times, min(count, len(times)))
    nearest = kept[_nearest(times[kept], times)].tolist()
    return [_decision(index, by) for index, by in enumerate(nearest)]


def _kept(times_s: np.ndarray, count: int) -> np.ndarray:
    """Return `count` frames, each as near as can be to the middle of its interval."""
    step_s = (times_s[-1] - times_s[0]) / count
    middles_s = times_s[0] + (np.arange(count) + 0.5) * step_s
    # Uneven times may leave an interval without a frame; enough must be left for the others.
    last = np.arange(len(times_s) - count, len(times_s))
    places = _first_alike(times_s, np.minimum(_nearest(times_s, middles_s), last))
    kept: list[int] = []
    for place in places.tolist():
        kept.append(max(place, kept[-1] + 1) if kept else place)
    return np.array(kept)


def _nearest(times_s: np.ndarray, wanted_s: np.ndarray) -> np.ndarray:
    """Return the place of the time nearest to each wanted one; of several, the first."""
    after = np.minimum(np.searchsorted(times_s, wanted_s), len(times_s) - 1)
    before = np.maximum(after - 1, 0)
    is_before = wanted_s - times_s[before] <= times_s[after] - wanted_s
    return _first_alike(times_s, np.where(is_before, before, after))


def _first_alike(times_s: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the first place with the same time as each of these."""
    return np.searchsorted(times_s, times_s[places])


def _decision(index: int, nearest: int) -> Decision:
    is_kept = nearest == index
    return Decision(index, is_kept, "interval" if is_kept else "between", nearest)
