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
# To pick single tiles takes longer than to count in all of them when they are more than this share.
MOST_PICKED = 0.25


def differing_tiles(difference: np.ndarray) -> np.ndarray:
    """Return which tiles visibly differ, rows x columns, by differences of brightness.

    `difference` (uint8) is a whole number of tiles high and wide.
    """
    rows, columns = difference.shape[0] // TILE, difference.shape[1] // TILE
    differing = np.zeros((rows, columns), bool)
    strips = difference.reshape(rows, TILE, -1)
    # What differs at all is often a small part: a few rows of tiles, and a few tiles of each.
    busy = np.flatnonzero(strips.max(axis=(1, 2)) > FAINT)
    if not len(busy):
        return differing
    picked = strips if len(busy) == rows else strips[busy]
    some = _words(picked.max(axis=1) > FAINT) > 0
    places, across = np.nonzero(some)
    if len(places) < MOST_PICKED * some.size:
        cells = picked.reshape(len(busy), TILE, columns, TILE)
        tiles = cells[places, :, across].reshape(-1, TILE * TILE)
        visible = count_true(tiles > VISIBLE) >= VISIBLE_PIXELS
        faint = count_true(tiles > FAINT) >= FAINT_PIXELS
        differing[busy[places], across] = visible | faint
    else:
        visible = _counted(picked, VISIBLE) >= VISIBLE_PIXELS
        differing[busy] = visible | (_counted(picked, FAINT) >= FAINT_PIXELS)
    return differing


def _counted(strips: np.ndarray, threshold: int) -> np.ndarray:
    """Count the pixels of each tile above a threshold; `strips` are rows of tiles."""
    # Bits are counted many times faster than truth values are summed.
    return np.bitwise_count(_words(strips > threshold)).sum(axis=1, dtype=np.uint16)


def _words(rows: np.ndarray) -> np.ndarray:
    """Return rows of truth values as words of bits: a word is as long as a tile is wide."""
    return np.packbits(rows, axis=-1).view(np.uint16)


def look_alike(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return for each row of pixels (uint8) whether the two of them do not visibly differ."""
    difference = cv2.absdiff(first, second)
    same = count_true(difference > VISIBLE) <= VISIBLE_PIXELS
    return same & (count_true(difference > FAINT) < FAINT_PIXELS)


def count_true(tiles: np.ndarray) -> np.ndarray:
    """Count what is true in each row of truth values; a row is as long as a tile has pixels."""
    return np.bitwise_count(np.packbits(tiles, axis=1).view(np.uint64)).sum(axis=1, dtype=np.uint16)
