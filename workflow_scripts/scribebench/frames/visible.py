"""When two pictures visibly differ, tile by tile: more than an encoder's noise."""

import cv2
import numpy as np

# Pixels of a tile's edge, in the picture that is compared (the recording's, halved or quartered).
TILE = 16
# Two recordings of the same screen differ by up to 28 of 255 after halving (H.264, CRF 18 to 28);
# the smallest changes of text differ by 40 and more.
VISIBLE = 28
# A tile with so many such pixels is looked at; if there are no more, it still shows the same.
VISIBLE_PIXELS = 2
# Shades, fades and highlights: weak, but over a good part of a tile.
FAINT = 10
FAINT_PIXELS = 48


def differing_tiles(difference: np.ndarray) -> np.ndarray:
    """Return which tiles visibly differ, rows x columns, by differences of brightness.

    `difference` (uint8) is a whole number of tiles high and wide.
    """
    rows, columns = difference.shape[0] // TILE, difference.shape[1] // TILE
    differing = np.zeros((rows, columns), bool)
    strips = difference.reshape(rows, TILE, -1)
    busy = strips.max(axis=(1, 2)) > FAINT  # what differs at all is often a small part
    if busy.any():
        picked = strips[busy]
        visible = _counted(picked, VISIBLE, columns) >= VISIBLE_PIXELS
        differing[busy] = visible | (_counted(picked, FAINT, columns) >= FAINT_PIXELS)
    return differing


def _counted(strips: np.ndarray, threshold: int, columns: int) -> np.ndarray:
    """Count the pixels of each tile above a threshold; `strips` are rows of tiles."""
    above = cv2.threshold(strips.reshape(len(strips), -1), threshold, 1, cv2.THRESH_BINARY)[1]
    # Sums along the first axis of a tile take many pixels at a time, along the last one by one.
    down = above.reshape(strips.shape).sum(axis=1, dtype=np.uint8)
    return down.reshape(len(strips), columns, TILE).sum(axis=2, dtype=np.uint16)


def look_alike(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return for each row of pixels (uint8) whether the two of them do not visibly differ."""
    difference = absolute(first, second)
    same = (difference > VISIBLE).sum(axis=1) <= VISIBLE_PIXELS
    return same & ((difference > FAINT).sum(axis=1) < FAINT_PIXELS)


def absolute(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the absolute difference of two uint8 arrays without a wider type."""
    return np.maximum(first, second) - np.minimum(first, second)
