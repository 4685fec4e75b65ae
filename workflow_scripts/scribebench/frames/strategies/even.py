"""Frames at even intervals: the plain baseline that any other strategy has to beat."""

from scribebench.frames.strategies.decisions import Decision, Settings

# What `budget: auto` means here: one frame in this many seconds.
AUTO_INTERVAL_S = 12.0


def select_even(times_s: list[float], settings: Settings) -> list[Decision]:
    """Keep the frame in the middle of each of `budget` even intervals of time."""
    length_s = times_s[-1] - times_s[0]
    count = settings.budget or max(1, round(length_s / AUTO_INTERVAL_S))
    count = min(count, len(times_s))
    step_s = length_s / count
    kept: list[int] = []
    for number in range(count):
        middle_s = times_s[0] + (number + 0.5) * step_s
        first = kept[-1] + 1 if kept else 0
        # Uneven times may leave an interval without a frame; enough must be left for the others.
        last = len(times_s) - (count - number)
        inside = range(first, last + 1)
        kept.append(min(inside, key=lambda index: abs(times_s[index] - middle_s)))
    return [_decision(index, kept, times_s) for index in range(len(times_s))]


def _decision(index: int, kept: list[int], times_s: list[float]) -> Decision:
    nearest = min(kept, key=lambda other: abs(times_s[other] - times_s[index]))
    is_kept = nearest == index
    return Decision(index, is_kept, "interval" if is_kept else "between", nearest)
