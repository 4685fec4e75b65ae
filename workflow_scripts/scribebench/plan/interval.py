"""Between which hours further requests will stay, from requests that were made.

Seconds of a request grow with its frames, so that hours are scaled by the ratio of all seconds to
all frames. With m further requests about F frames, after n requests about X frames, the sum of
theirs differs from the scaled one with the variance

    s^2 * (m + n * (F / X)^2)

where s^2 is the variance of the n requests about the ratio (the ratio estimator; Cochran, Sampling
Techniques, 1977, chapter 6). Student's t with n - 1 degrees of freedom makes it an interval; fewer
than five requests tell only the slowest and the fastest of them.

The dry run loads this, so it needs the standard library only.
"""

import math
from collections.abc import Iterable
from statistics import NormalDist
from typing import NamedTuple

from scribebench.plan.asked import Asked

CONFIDENCE = 0.95
# From so many requests on, Student's t is taken; fewer show their range.
ENOUGH = 5
LEAST = 2
SECONDS_PER_HOUR = 3600.0


class Bounds(NamedTuple):
    """The fewest and the most hours."""

    low: float
    high: float


def bounds(
    runs: Iterable[Asked | None],
    frames: tuple[int, int],
    batch_size: int,
    confidence: float = CONFIDENCE,
) -> Bounds | None:
    """Return the hours between which `frames` (fewest, most) will stay; null when nothing tells.

    Where several recordings were described, the interval holds the speed of each of them: how they
    differ is not to be seen inside of one.
    """
    known = list(runs)
    if not known or None in known:
        return None
    runs = [run for run in known if run is not None]
    total = sum(run.requests for run in runs)
    if total < LEAST:
        return None
    if total >= ENOUGH:
        (low, _), (_, high) = (_student(runs, count, batch_size, confidence) for count in frames)
        rates = [run.seconds / run.frames for run in runs]
    else:
        low, high = math.inf, 0.0
        rates = [rate for run in runs for rate in (run.fastest, run.slowest)]
    low = max(0.0, min(low, min(rates) * frames[0]))
    high = max(high, max(rates) * frames[1])
    return Bounds(low / SECONDS_PER_HOUR, high / SECONDS_PER_HOUR)


def _student(
    runs: list[Asked], frames: int, batch_size: int, confidence: float
) -> tuple[float, float]:
    """Return the prediction interval, in seconds, of all further requests together."""
    n, of_all, seconds, squares, products, seconds_squared = (
        sum(run[place] for run in runs) for place in range(6)
    )
    ratio = seconds / of_all
    residual = max(0.0, seconds_squared - 2 * ratio * products + ratio**2 * squares)
    further = math.ceil(frames / batch_size)
    variance = residual / (n - 1) * (further + n * (frames / of_all) ** 2)
    margin = student_quantile(confidence, int(n) - 1) * math.sqrt(variance)
    return ratio * frames - margin, ratio * frames + margin


def student_quantile(confidence: float, degrees: int) -> float:
    """Return the two-sided quantile of Student's t, right to 0.001 from four degrees of freedom on.

    The expansion of Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5.
    """
    x = NormalDist().inv_cdf((1 + confidence) / 2)
    terms = (
        (x**3 + x) / 4,
        (5 * x**5 + 16 * x**3 + 3 * x) / 96,
        (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
        (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92160,
    )
    return x + sum(term / degrees**power for power, term in enumerate(terms, 1))
