"""Sets of numbers, without the first 50 ms that NumPy's functions take to load masked arrays."""

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
