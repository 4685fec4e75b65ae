"""When two pictures visibly differ: limits of strength and of area, counted tile by tile."""

import numpy as np
import numpy.typing as npt
import pytest

from scribebench.frames.visible import TILE, differing_tiles, look_alike

Plane = npt.NDArray[np.uint8]


def spread(*parts: tuple[int, int], pixels: int = TILE * TILE) -> Plane:
    """Return so many pixels of which parts, each (pixels, grey), are spread among black ones."""
    values = [grey for count, grey in parts for _ in range(count)]
    row = np.zeros(pixels, np.uint8)
    row[np.linspace(0, pixels - 1, len(values)).astype(int)] = values
    return row


def counted(difference: Plane) -> npt.NDArray[np.bool_]:
    """Return which tiles differ, one tile after the other."""
    rows, columns = difference.shape[0] // TILE, difference.shape[1] // TILE
    found = np.zeros((rows, columns), bool)
    for row in range(rows):
        for column in range(columns):
            tile = difference[row * TILE :, column * TILE :][:TILE, :TILE]
            visible, faint = int((tile > 28).sum()), int((tile > 10).sum())
            found[row, column] = visible >= 2 or faint >= 48
    return found


@pytest.mark.parametrize(
    ("parts", "differs"),
    [
        ([], False),
        ([(1, 255)], False),
        ([(2, 28)], False),
        ([(2, 29)], True),
        ([(1, 255), (46, 28)], False),
        ([(1, 255), (47, 11)], True),
        ([(47, 28)], False),
        ([(48, 11)], True),
        ([(256, 10)], False),
        ([(256, 11)], True),
        ([(256, 255)], True),
    ],
)
def test_a_tile_differs_by_two_strong_pixels_or_by_many_faint_ones(
    parts: list[tuple[int, int]], differs: bool
) -> None:
    difference = np.zeros((5 * TILE, 3 * TILE), np.uint8)
    difference[3 * TILE : 4 * TILE, TILE : 2 * TILE] = spread(*parts).reshape(TILE, TILE)
    expected = np.zeros((5, 3), bool)
    expected[3, 1] = differs
    assert np.array_equal(differing_tiles(difference), expected)


def test_pixels_of_two_tiles_are_not_counted_together() -> None:
    difference = np.zeros((2 * TILE, 2 * TILE), np.uint8)
    difference[TILE - 1 : TILE + 1, TILE - 1 : TILE + 1] = 255
    assert not differing_tiles(difference).any()


@pytest.mark.parametrize("rows", [[0], [3], [0, 3], [1, 2, 4], [0, 1, 2, 3, 4]])
def test_rows_that_differ_are_told_apart(rows: list[int]) -> None:
    difference = np.zeros((5 * TILE, 4 * TILE), np.uint8)
    for row in rows:
        difference[row * TILE + 7, row // 2 * TILE : row // 2 * TILE + 2] = 90
    found = {(int(row), int(column)) for row, column in np.argwhere(differing_tiles(difference))}
    assert found == {(row, row // 2) for row in rows}


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (7, 12)], ids=str)
@pytest.mark.parametrize("seed", range(6))
def test_any_difference_is_counted_as_tile_by_tile(shape: tuple[int, int], seed: int) -> None:
    """With values at the limits, so many of them that about half of the tiles differ."""
    random = np.random.default_rng(seed)
    rows, columns = shape
    difference = np.zeros((rows * TILE, columns * TILE), np.uint8)
    for row in range(rows):
        if random.random() < 0.3:
            continue
        for column in range(columns):
            parts = (int(random.integers(0, 4)), 29), (int(random.integers(0, 48)), 28)
            more = (int(random.integers(0, 48)), 11), (int(random.integers(0, 60)), 10)
            tile = random.permutation(spread(*parts, *more)).reshape(TILE, TILE)
            difference[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE] = tile
    expected = counted(difference)
    assert np.array_equal(differing_tiles(difference), expected)
    if rows * columns > 50:
        assert 0.2 < expected.mean() < 0.8


@pytest.mark.parametrize(
    ("parts", "alike"),
    [
        ([], True),
        ([(2, 255)], True),  # as many as make a tile differ, and no more
        ([(3, 29)], False),
        ([(47, 28)], True),
        ([(48, 11)], False),
        ([(256, 10)], True),
    ],
)
def test_rows_of_pixels_look_alike_within_the_same_limits(
    parts: list[tuple[int, int]], alike: bool
) -> None:
    dark, light = np.zeros(TILE * TILE, np.uint8), spread(*parts)
    assert look_alike(np.stack([light, dark]), np.stack([dark, dark])).tolist() == [alike, True]
    assert look_alike(np.stack([dark, dark]), np.stack([dark, light])).tolist() == [True, alike]


def test_a_difference_has_no_sign() -> None:
    black, white = np.zeros((1, TILE * TILE), np.uint8), np.full((1, TILE * TILE), 255, np.uint8)
    assert not look_alike(black, white).any()
    assert not look_alike(white, black).any()
