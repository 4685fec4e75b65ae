"""Exact tests for pairs of models on the same items."""

from collections.abc import Sequence

import numpy as np

# Differences are counted in steps of this size: all scores of the rubric are multiples of it.
STEP = 1 / 2400
# So many sums times differences are worked through; where there are more, in coarser steps.
MOST_WORK = 400_000_000


def sign_flip(differences: Sequence[float], step: float = STEP) -> float | None:
    """Return the two-sided p-value of the exact sign-flip permutation test; null without any.

    It is the share of all 2^n ways to turn the signs of n paired differences of which the sum is as
    far from 0 as the one seen, or farther (Fisher, The Design of Experiments, 1935, section 21).
    Differences are rounded to multiples of `step`, or of ten times that and so on where thousands
    of them would be too many; their sums' distribution is built up by one after the other.
    Differences of 0 change nothing.
    """
    if not len(differences):
        return None
    values = np.asarray(differences, float)
    while True:
        signed = np.rint(values / step).astype(np.int64)
        sizes = np.abs(signed[signed != 0])
        if not len(sizes):
            return 1.0
        divisor = int(np.gcd.reduce(sizes))
        sizes, seen = sizes // divisor, abs(int(signed.sum())) // divisor
        if int(sizes.sum()) * len(sizes) <= MOST_WORK:
            return _share_as_far(sizes, seen)
        step *= 10


def _share_as_far(sizes: np.ndarray, seen: int) -> float:
    """Return the share of all ways to sign `sizes` with a sum of `seen` from 0, or farther."""
    # chance[k]: that the sizes turned to plus add up to k; the sum is 2 * k - reach.
    reach = int(sizes.sum())
    chance = np.zeros(reach + 1)
    chance[0] = 1.0
    top = 0
    for size in sizes.tolist():
        moved = np.zeros_like(chance[: top + size + 1])
        moved[: top + 1] = 0.5 * chance[: top + 1]
        moved[size:] += 0.5 * chance[: top + 1]
        top += size
        chance[: top + 1] = moved
    sums = np.abs(2 * np.arange(reach + 1) - reach)
    return float(min(1.0, chance[sums >= seen].sum()))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values that are true for all of them together, in the same order.

    Holm's step-down method (Scandinavian Journal of Statistics 6, 1979, 65-70).
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted
