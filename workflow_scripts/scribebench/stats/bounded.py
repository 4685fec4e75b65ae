"""An interval for the mean of values between 0 and 1 that holds for few of them.

A gambler who bets that the mean is above m, and stakes the share c of his money each time, has

    W_c(m) = prod_i (1 - c + c * x_i / m)

after the values x_i. If the mean is m, he expects to have no more than he began with, so that he
has 1/a times as much with a chance of at most a (Markov; Waudby-Smith and Ramdas, "Estimating means
of bounded random variables by betting", JRSS B 86, 2024). The lower bound is the largest m at which
a mixture over fixed stakes c has become 2 / alpha times as rich; the upper bound is the same game
on 1 - x. As stakes do not depend on what was seen, log(1 + y) <= y keeps this true for values from
several strata, the mean being that of the strata's means. Nothing is assumed of the shape of the
values, and where all are 1 the interval keeps its width.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

CONFIDENCE = 0.95
STAKES = 24
# The whole is staked with this weight: no value away from the end is seen near it.
ALL_IN = 0.25
_STEPS = 50


class Interval(NamedTuple):
    """A mean with the bounds that hold it with the stated confidence, of `n` values."""

    mean: float
    low: float
    high: float
    n: int


def bounded_mean(
    strata: Sequence[Sequence[float]], confidence: float = CONFIDENCE
) -> Interval | None:
    """Return the mean of the strata's means with its two-sided bounds; null without any value.

    Values are in [0, 1]; a stratum without any is left out. Raises ValueError for a value outside.
    """
    filled = [np.asarray(stratum, float) for stratum in strata if len(stratum)]
    if not filled:
        return None
    x = np.concatenate(filled)
    if not ((x >= 0) & (x <= 1)).all():
        raise ValueError("a value is not between 0 and 1")
    # Of a larger stratum each value counts less, and so less is staked on it.
    least = min(map(len, filled))
    shares = np.concatenate([np.full(len(one), least / len(one)) for one in filled])
    goal = float(np.log(2 / (1 - confidence)))
    low, high = _lower(x, shares, goal), 1 - _lower(1 - x, shares, goal)
    mean = float(np.mean([one.mean() for one in filled]))
    return Interval(mean, min(low, mean), max(high, mean), len(x))


def _lower(x: np.ndarray, shares: np.ndarray, goal: float) -> float:
    """Return the largest m at which the wealth's logarithm is at least `goal`, by bisection.

    The wealth falls as m grows. `shares` scale the stake on each value.
    """
    stakes, log_weights = _stakes(len(x))
    # Equal values are bet on alike, and there are few different ones.
    pairs, counts = np.unique(np.stack([x, shares]), axis=1, return_counts=True)
    staked = stakes[:, None] * pairs[1]
    below, above = 0.0, 1.0
    for _ in range(_STEPS):
        m = (below + above) / 2
        with np.errstate(divide="ignore"):
            gains = np.log(1 - staked + staked * pairs[0] / m)
        if np.logaddexp.reduce(gains @ counts + log_weights) >= goal:
            below = m
        else:
            above = m
    return below


@cache
def _stakes(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the stakes and the logarithms of their weights: from 1 down to what suits n values."""
    least = min(0.5, 0.5 / np.sqrt(n))
    stakes = np.append(np.geomspace(least, 0.97, STAKES - 1), 1.0)
    weights = np.append(np.full(STAKES - 1, (1 - ALL_IN) / (STAKES - 1)), ALL_IN)
    return stakes, np.log(weights)
