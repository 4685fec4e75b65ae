"""What NumPy has as well, but spends 50 ms on when it is first used, to load masked arrays."""

import numpy as np


def distinct(values: np.ndarray) -> np.ndarray:
    """Return the values of an array, each once, in order."""
    ordered = np.sort(values, axis=None)
    first = np.ones(len(ordered), bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]


def without(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the values of an array that are not among others, each once, in order."""
    ordered, barred = distinct(values), np.sort(others, axis=None)
    left, right = (np.searchsorted(barred, ordered, side=side) for side in ("left", "right"))
    return ordered[left == right]


def median(values: np.ndarray) -> float:
    """Return the middle of some values, or the mean of the two in the middle."""
    ordered = np.sort(values, axis=None)
    return float((ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2)
