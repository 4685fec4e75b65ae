"""Exact bounds of a share."""

import math


def clopper_pearson(hits: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact two-sided bounds of a share (0-1) of which `hits` of `n` were seen.

    They are the shares at which so many hits or more, and so many or fewer, have a chance of half
    of what confidence leaves (Clopper and Pearson, Biometrika 26, 1934, 404-413). Without any trial
    they are 0 and 1. Raises ValueError when `hits` is not in 0 to `n`.
    """
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n}")
    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else _share_where(n, hits, n, tail, rises=True)
    high = 1.0 if hits == n else _share_where(n, 0, hits, tail, rises=False)
    return low, high


def _share_where(n: int, first: int, last: int, chance: float, rises: bool) -> float:
    """Return the share at which `first` to `last` hits of `n` have a chance, by bisection."""
    ways = [
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        for k in range(first, last + 1)
    ]
    below, above = 0.0, 1.0
    while above - below > 1e-12:
        share = (below + above) / 2
        hit, miss = math.log(share), math.log1p(-share)
        got = math.fsum(
            math.exp(way + k * hit + (n - k) * miss) for k, way in enumerate(ways, first)
        )
        if (got < chance) == rises:
            below = share
        else:
            above = share
    return (below + above) / 2
