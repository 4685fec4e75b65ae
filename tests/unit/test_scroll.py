"""Scrolled text is found to the pixel and keeps its numbers; another text is no scrolled one."""

import random
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from scribebench.frames.planes import image_planes, reduction
from scribebench.frames.scroll import Pages, find_scroll
from scribebench.frames.tiles import (
    NEW,
    ROW,
    SCROLLED,
    SEEN,
    Changes,
    TileTracker,
    tile_px,
)
from scribebench.frames.visible import TILE, differing_tiles
from unit.videos import Image

Place = tuple[int, int]  # row and column of a tile
Plane = npt.NDArray[np.uint8]
SIZE, LARGE = (640, 400), (1280, 800)
TOP_PX = 512  # where pages are first looked at: whole tiles at any resolution
# Why a number is given to two parts of a page.
REVEALED = "what comes to light keeps its old place on the page, or has none while all moves"
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789(){}=+"


@cache
def page(seed: int, width: int, height: int = 2000) -> Image:
    """A long page of text; no two lines are alike."""
    choose = random.Random(seed)
    image = np.full((height, width, 3), 255, np.uint8)
    for number in range(height // 22):
        letters = choose.choices(LETTERS, k=width // 12)
        line = "".join(" " if choose.random() < 0.15 else letter for letter in letters)
        place = (choose.randint(2, 20), 22 * number + 16)
        cv2.putText(image, line, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (30,) * 3, 1, cv2.LINE_AA)
    return image


def part(top: int, size: tuple[int, int] = SIZE, seed: int = 1) -> Image:
    width, height = size
    return page(seed, width)[top : top + height]


def place_of(tile: int) -> Place:
    return divmod(int(tile), ROW)


class Reader:
    """Follows pictures, and knows what each tile shows."""

    def __init__(self) -> None:
        self._tracker = TileTracker()
        self.numbers: dict[Place, int] = {}

    def look(self, image: Image) -> Changes:
        changes = self._tracker.follow(image_planes(np.ascontiguousarray(image)))
        for tile, content in zip(changes.tiles.tolist(), changes.contents.tolist(), strict=True):
            self.numbers[place_of(tile)] = content
        return changes


def readable(image: Image) -> set[Place]:
    """Tiles with some letters."""
    height, width = image.shape[:2]
    edge = tile_px(width, height)
    rows, columns = height // edge, width // edge
    tiles = image[: rows * edge, : columns * edge, 0].reshape(rows, edge, columns, edge)
    dark = (tiles < 120).sum(axis=(1, 3))
    return {(int(row), int(column)) for row, column in np.argwhere(dark >= edge)}


def scrolled_from(start: int, *steps: int, size: tuple[int, int] = SIZE) -> list[int]:
    """Return the distances that are found when a page scrolls by these."""
    reader, found = Reader(), []
    reader.look(part(start, size))
    for step in steps:
        start += step
        found.append(reader.look(part(start, size)).scrolled_px)
    return found


def drift_px(tops: list[int], size: tuple[int, int] = SIZE) -> int:
    """Return how far from one another, at most, the places on the page are that share a number."""
    reader, edge = Reader(), tile_px(*size)
    seen_at: dict[int, tuple[int, int]] = {}
    worst = 0
    for top in tops:
        image = part(top, size)
        reader.look(image)
        for row, column in readable(image):
            number = reader.numbers[row, column]
            if number < 0:
                continue
            at = (top + row * edge, column)
            first = seen_at.setdefault(number, at)
            assert first[1] == column
            worst = max(worst, abs(first[0] - at[0]))
    return worst


# --- the distance --------------------------------------------------------------------------------


@pytest.mark.parametrize("down_px", [3, 16, 37, 100, 101, 250, -3, -16, -37, -100, -101, -250])
def test_a_scrolled_page_is_found_to_the_pixel(down_px: int) -> None:
    assert scrolled_from(TOP_PX, down_px) == [down_px]


@pytest.mark.parametrize("down_px", [6, 32, 60, 100, 400, -6, -32, -60, -100, -400])
def test_a_large_page_is_found_although_it_is_compared_at_half_its_size(down_px: int) -> None:
    assert scrolled_from(TOP_PX, down_px, size=LARGE) == [down_px]


@pytest.mark.parametrize("down_px", [7, 33, 101, -33, -101])
def test_a_large_page_is_found_at_an_odd_distance(down_px: int) -> None:
    assert scrolled_from(TOP_PX, down_px, size=LARGE) == [down_px]


@pytest.mark.parametrize("size", [(650, 410), (1366, 768)], ids=str)
@pytest.mark.parametrize("down_px", [60, -60])
def test_a_page_of_no_whole_tiles_is_found(size: tuple[int, int], down_px: int) -> None:
    assert scrolled_from(TOP_PX, down_px, size=size) == [down_px]


@pytest.mark.parametrize("size", [(1281, 801), (1364, 767)], ids=str)
def test_a_page_of_an_odd_size_is_found(size: tuple[int, int]) -> None:
    reader = Reader()
    reader.look(part(TOP_PX, size))
    changes = reader.look(part(TOP_PX + 60, size))
    assert changes.scrolled_px == 60
    assert (changes.flags & SCROLLED != 0).mean() > 0.8


def test_each_step_is_found() -> None:
    assert scrolled_from(TOP_PX, 40, 40, 23, 40) == [40, 40, 23, 40]


def test_noise_does_not_hide_a_scroll() -> None:
    noise = np.random.default_rng(1)
    reader = Reader()
    found = []
    for top in (TOP_PX, TOP_PX + 61):
        image = part(top) // 2 + 60 + noise.integers(-7, 8, (*SIZE[::-1], 1))
        found.append(reader.look(image.astype(np.uint8)).scrolled_px)
    assert found == [0, 61]


def compared(luma: Plane) -> Plane:
    """Brightness as it is compared: reduced, and filled up to whole tiles by its last pixels."""
    factor = reduction(*luma.shape)
    height, width = luma.shape[0] // factor, luma.shape[1] // factor
    part = luma[: height * factor, : width * factor].astype(float)
    means = part.reshape(height, factor, width, factor).mean(axis=(1, 3))
    whole = np.floor(means + 0.5).astype(np.uint8)
    return np.pad(whole, ((0, -height % TILE), (0, -width % TILE)), mode="edge")


def moved_up(luma: Plane, by_px: int) -> Plane:
    """A whole picture moved up, or down, with black in what comes."""
    moved = np.zeros_like(luma)
    height = len(luma)
    moved[max(0, -by_px) : height - max(0, by_px)] = luma[max(0, by_px) : height - max(0, -by_px)]
    return moved


@pytest.mark.parametrize(
    ("top", "left", "bottom", "right"),
    [(0, 0, None, None), (3, 2, None, None), (0, 0, -3, -2), (-14, 5, None, None)],
    ids=["all", "without its begin", "without its end", "the bottom"],
)
@pytest.mark.parametrize("down_px", [20, 33, 101, -20, -33, -101])
@pytest.mark.parametrize("size", [(640, 400), (650, 410), (1366, 772), (1281, 801)], ids=str)
def test_what_moved_is_found_as_by_moving_the_whole_picture(
    size: tuple[int, int], down_px: int, top: int, left: int, bottom: int | None, right: int | None
) -> None:
    """At the edges of the picture too, whether or not it is a whole number of tiles."""
    # Gaps between lines, alike anywhere, would hide what the edges do.
    ground = np.random.default_rng(2).integers(0, 60, (2000, size[0]), np.uint8)
    pages = np.minimum(255 - ground, page(1, size[0])[:, :, 0])
    start = TOP_PX
    before, after = pages[start:][: size[1]], pages[start + down_px :][: size[1]]
    reduced = compared(before), compared(after)
    rows, columns = reduced[1].shape[0] // TILE, reduced[1].shape[1] // TILE
    places = np.arange(rows * columns)
    chosen = np.zeros((rows, columns), bool)
    chosen[top:bottom, left:right] = True
    unknown = chosen.ravel()
    ink = np.full(len(places), 255, np.uint8)
    factor = reduction(*before.shape)
    found = find_scroll(
        (before, reduced[0]), (after, reduced[1]), places, unknown, ink, columns, factor
    )
    assert found is not None
    assert found.rows * factor == down_px
    difference = cv2.absdiff(reduced[1], compared(moved_up(before, down_px)))
    expected = ~differing_tiles(difference).ravel() & unknown
    assert np.array_equal(found.moved, expected)
    tops = places // columns * TILE * factor + down_px
    bottoms = np.minimum(tops + TILE * factor, size[1] // factor * factor + down_px)
    assert found.moved[unknown & (tops >= 0) & (bottoms <= size[1])].all()
    assert not found.moved[(tops >= size[1]) | (bottoms <= 0)].any()


# --- the numbers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [SIZE, LARGE], ids=str)
@pytest.mark.parametrize("rows", [1, 4, 9, -1, -4, -9])
def test_scrolled_text_keeps_its_numbers(size: tuple[int, int], rows: int) -> None:
    """By whole tiles, so that each tile shows exactly what another one showed."""
    reader, top = Reader(), TOP_PX + rows * tile_px(*size)
    reader.look(part(TOP_PX, size))
    before = dict(reader.numbers)
    changes = reader.look(part(top, size))
    flags = dict(zip(map(place_of, changes.tiles.tolist()), changes.flags.tolist(), strict=True))
    stays = {(row, column) for row, column in readable(part(top, size)) if 0 <= row + rows < 25}
    comes = readable(part(top, size)) - stays
    assert len(stays) > 150
    assert len(comes) >= 10
    for row, column in stays:
        assert reader.numbers[row, column] == before[row + rows, column]
        assert flags[row, column] == SCROLLED
    for place in comes:
        assert reader.numbers[place] >= 1000
        assert flags[place] & (NEW | SCROLLED) == NEW


@pytest.mark.parametrize(("size", "down_px"), [(SIZE, 37), (SIZE, -37), (LARGE, 60), (LARGE, -60)])
def test_scrolled_text_keeps_its_numbers_between_tiles(size: tuple[int, int], down_px: int) -> None:
    """A number is that of the part of the page that lies nearest."""
    assert drift_px([TOP_PX, TOP_PX + down_px], size) <= tile_px(*size) / 2


@pytest.mark.parametrize("size", [SIZE, LARGE], ids=str)
def test_no_two_tiles_share_a_part_of_the_page(size: tuple[int, int]) -> None:
    reader, top = Reader(), TOP_PX + tile_px(*size) // 2
    reader.look(part(TOP_PX, size))
    assert reader.look(part(top, size)).scrolled_px == top - TOP_PX
    numbers = [reader.numbers[place] for place in readable(part(top, size))]
    assert len(set(numbers)) == len(numbers)


def test_a_page_that_is_scrolled_back_is_known() -> None:
    reader = Reader()
    reader.look(part(TOP_PX))
    before = dict(reader.numbers)
    away = reader.look(part(TOP_PX + 61))
    back = reader.look(part(TOP_PX))
    assert len(away.tiles) > 300
    assert set(back.flags.tolist()) == {SEEN}
    assert reader.numbers == before


@pytest.mark.parametrize(
    "steps_px",
    [
        (37,),
        (-37,),
        (16, 16),
        (-16, -16),
        (100, 60),
        (48,) * 7,
    ],
    ids=str,
)
def test_a_number_is_one_part_of_the_page_in_all_steps(steps_px: tuple[int, ...]) -> None:
    tops = [TOP_PX]
    for step in steps_px:
        tops.append(tops[-1] + step)
    assert drift_px(tops) <= (tile_px(*SIZE) if any(step % 16 for step in steps_px) else 0)


def text_moves(reader: Reader, tops: list[int], rows: int = 8) -> None:
    """A short text on a blank page moves to these places, by whole tiles, with its numbers."""
    for first, top in enumerate(tops):
        image = np.full((*SIZE[::-1], 3), 255, np.uint8)
        image[top : top + 16 * rows] = part(TOP_PX)[: 16 * rows]
        changes = reader.look(image)
        shown = {
            (row - top // 16, column): reader.numbers[row, column]
            for row, column in readable(image)
        }
        if not first:
            before = shown
            assert len(shown) > 100
            continue
        assert changes.scrolled_px == tops[first - 1] - top
        assert shown == before


def test_a_short_text_keeps_its_numbers_in_all_steps() -> None:
    text_moves(Reader(), [160, 128, 64, 96, 32])


def test_another_page_has_its_own_numbers_when_it_scrolls() -> None:
    """It took the place of one that had scrolled before."""
    reader = Reader()
    reader.look(part(TOP_PX))
    assert reader.look(part(TOP_PX + 64)).scrolled_px == 64
    reader.look(part(TOP_PX, seed=2))
    before = dict(reader.numbers)
    assert reader.look(part(TOP_PX + 32, seed=2)).scrolled_px == 32
    stays = {(row, column) for row, column in readable(part(TOP_PX + 32, seed=2)) if row < 23}
    assert len(stays) > 200
    for row, column in stays:
        assert reader.numbers[row, column] == before[row + 2, column]


def test_another_page_beside_one_that_scrolls_has_its_own_numbers() -> None:
    reader = Reader()

    def look(left_px: int, right_px: int, right_seed: int) -> Changes:
        image = part(TOP_PX + left_px).copy()
        image[:, 400:] = part(TOP_PX + right_px, SIZE, right_seed)[:, :240]
        return reader.look(image)

    look(0, 0, 3)
    assert look(0, 64, 3).scrolled_px == 64
    assert look(32, 0, 4).scrolled_px == 32
    before = dict(reader.numbers)
    assert look(32, 32, 4).scrolled_px == 32
    stays = {(row, column + 25) for row, column in readable(part(TOP_PX + 32, SIZE, 4)[:, :240])}
    stays = {(row, column) for row, column in stays if row < 23}
    assert len(stays) > 100
    for row, column in stays:
        assert reader.numbers[row, column] == before[row + 2, column]


# --- what does not scroll ------------------------------------------------------------------------


def with_bars(image: Image, width: int) -> Image:
    """A page in a window: what is above, below and to the right of it does not scroll."""
    framed = part(0, SIZE, seed=3).copy()
    framed[48:352, :width] = image[48:352, :width]
    return framed


@pytest.mark.parametrize("width", [128, 480])
@pytest.mark.parametrize("down_px", [37, -64])
def test_of_two_panes_one_scrolls(down_px: int, width: int) -> None:
    reader = Reader()
    reader.look(with_bars(part(TOP_PX), width))
    changes = reader.look(with_bars(part(TOP_PX + down_px), width))
    assert changes.scrolled_px == down_px
    assert {place_of(tile) for tile in changes.tiles.tolist()} <= {
        (row, column) for row in range(3, 22) for column in range(width // 16)
    }
    assert (changes.flags & SCROLLED != 0).mean() > 0.7


def test_a_pane_that_scrolls_beside_one_that_shows_something_else() -> None:
    reader = Reader()
    for top, other in ((TOP_PX, 3), (TOP_PX + 32, 4)):
        image = part(top).copy()
        image[:, 400:] = part(0, SIZE, other)[:, :240]
        changes = reader.look(image)
    column = changes.tiles % ROW
    scrolled = changes.flags & SCROLLED != 0
    assert changes.scrolled_px == 32
    assert scrolled[column < 25].mean() > 0.8
    assert scrolled[column >= 25].mean() < 0.05  # gaps between lines are alike everywhere


def test_of_panes_that_scroll_apart_the_larger_one_is_found() -> None:
    reader = Reader()
    for left_px, right_px in ((0, 0), (48, -37)):
        image = part(TOP_PX + left_px).copy()
        image[:, 320:] = part(TOP_PX + right_px, SIZE, 3)[:, :320]
        image[:, :16] = 255
        image[:80, 320:] = part(0, SIZE, 3)[:80, :320]
        changes = reader.look(image)
    column = changes.tiles % ROW
    text = readable(image)
    is_text = np.array([place_of(tile) in text for tile in changes.tiles])
    scrolled = changes.flags & SCROLLED != 0
    assert changes.scrolled_px == 48
    assert scrolled[(column < 20) & is_text].mean() > 0.8
    assert scrolled[(column >= 20) & is_text].mean() < 0.1


@pytest.mark.parametrize("size", [SIZE, LARGE], ids=str)
def test_another_page_is_no_scroll(size: tuple[int, int]) -> None:
    reader = Reader()
    reader.look(part(TOP_PX, size, seed=1))
    changes = reader.look(part(TOP_PX, size, seed=2))
    assert changes.scrolled_px == 0
    assert not (changes.flags & SCROLLED).any()
    shown = readable(part(TOP_PX, size, seed=2)) & {place_of(tile) for tile in changes.tiles}
    assert len(shown) > 300
    assert all(reader.numbers[place] >= 1000 for place in shown)


def test_a_page_that_jumps_beyond_its_own_height_is_another_page() -> None:
    assert scrolled_from(0, SIZE[1] + 100) == [0]


@pytest.mark.parametrize("width", [32, 64])
def test_a_few_lines_that_move_are_no_page(width: int) -> None:
    reader = Reader()
    for top in (TOP_PX, TOP_PX + 32):
        image = np.full((*SIZE[::-1], 3), 255, np.uint8)
        image[96:192, 96 : 96 + width] = part(top)[96:192, 96 : 96 + width]
        changes = reader.look(image)
    assert len(changes.tiles) >= 8
    assert changes.scrolled_px == 0
    assert not (changes.flags & SCROLLED).any()


def test_a_picture_that_moves_sideways_is_no_scroll() -> None:
    reader = Reader()
    wide = page(1, 1000)[:400]
    reader.look(wide[:, :640])
    assert reader.look(wide[:, 48:688]).scrolled_px == 0


@pytest.mark.parametrize(("moved", "found"), [(13, False), (20, True)])
def test_few_places_that_agree_prove_no_distance(moved: int, found: bool) -> None:
    """A quarter of fifty-two tiles moved, so four of sixteen; five are the least."""
    random = np.random.default_rng(3)
    before, after = random.integers(0, 256, (2, 96, 320), np.uint8)
    places = np.arange(52)
    shown = (places >= 5) & (places < 5 + moved)
    for place in places[shown].tolist():
        top, left = place // 20 * TILE, place % 20 * TILE
        after[top : top + TILE, left : left + TILE] = before[top + 33 :, left:][:TILE, :TILE]
    ink, unknown = np.full(52, 255, np.uint8), np.ones(52, bool)
    scroll = find_scroll((before, before), (after, after), places, unknown, ink, 20, 1)
    assert (scroll is not None) is found
    if scroll is not None:
        assert scroll.rows == 33
        assert np.array_equal(scroll.moved, shown)


def test_stripes_that_look_alike_everywhere_give_no_distance() -> None:
    """A pattern is found again at any distance, and so proves none."""
    stripes = np.zeros((*SIZE[::-1], 3), np.uint8)
    stripes[::2] = 255
    reader = Reader()
    reader.look(stripes)
    assert reader.look(np.roll(stripes, 1, axis=0)).scrolled_px == 0


def test_of_a_page_without_end_only_the_part_around_is_remembered() -> None:
    rows, columns = 4, 3
    pages, places = Pages(rows, columns), np.arange(rows * columns)
    shown, number = np.arange(rows * columns), rows * columns
    for _ in range(500):
        contents, number = pages.scroll(
            places, np.full(len(places), -1), np.ones(len(places), bool), 16.0, shown, number
        )
        pages.join(places, contents)
        shown = contents
    assert number >= 500 * columns
    assert sum(len(bands) for bands in pages._bands.values()) <= 2 * 16 * rows * columns
