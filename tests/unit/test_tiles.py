"""What changes where on drawn screens: which tiles, how it came about, what has which number."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from scribebench.frames.planes import Planes, image_planes, reduction
from scribebench.frames.tiles import (
    BEGAN_MOVING,
    GROWN,
    MOVING,
    NEW,
    NOTHING,
    RESTLESS,
    ROW,
    SCROLLED,
    SEEN,
    SHADED,
    TILE,
    Changes,
    TileTracker,
    tile_px,
)
from unit.videos import Image, plain, screen

Place = tuple[int, int]  # row and column of a tile
Plane = npt.NDArray[np.uint8]
WORDS = ("error in line 42", "def main():", "    return value", "[ OK ]   [ Cancel ]")
SIZES = [(640, 400), (1280, 800)]
BOX = (200, 100, 32, 32)  # left, top, width, height: not on the edges of tiles


def desk(*words: str, size: tuple[int, int] = (640, 400)) -> Image:
    return screen(*words, width=size[0], height=size[1])


def followed(*pictures: Image) -> list[Changes]:
    tracker = TileTracker()
    return [tracker.follow(image_planes(picture)) for picture in pictures]


def greys_followed(*lumas: Plane) -> list[Changes]:
    """What changes in pictures without colour, whose brightness is known to the pixel."""
    tracker = TileTracker()
    return [tracker.follow(grey_planes(luma)) for luma in lumas]


def grey_planes(luma: Plane) -> Planes:
    grey = np.full_like(luma, 128)
    return Planes(luma, grey, grey, full_range=True)


def places(changes: Changes) -> set[Place]:
    return {divmod(tile, ROW) for tile in changes.tiles.tolist()}


def by_place(changes: Changes) -> dict[Place, int]:
    contents = changes.contents.tolist()
    return dict(zip((divmod(tile, ROW) for tile in changes.tiles.tolist()), contents, strict=True))


def flags_of(changes: Changes) -> set[int]:
    return set(changes.flags.tolist())


def touched(before: Image, after: Image, least: int, pixels: int) -> set[Place]:
    """Tiles in which so many pixels of two pictures differ by at least so much."""
    height, width = before.shape[:2]
    edge = tile_px(width, height)
    rows, columns = np.nonzero(cv2.absdiff(before, after).max(axis=2) >= least)
    found, count = np.unique(np.stack([rows // edge, columns // edge]), axis=1, return_counts=True)
    return {(int(row), int(column)) for row, column in found[:, count >= pixels].T}


def noisy(image: Image, seed: int, by: int = 8) -> Image:
    noise = np.random.default_rng(seed).integers(-by, by + 1, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def with_pointer(image: Image, x: int, y: int, scale: int = 1) -> Image:
    image = image.copy()
    arrow = np.array([[0, 0], [0, 16], [4, 12], [7, 18], [9, 17], [6, 11], [11, 11]]) * scale
    cv2.fillPoly(image, [(arrow + np.array([x, y])).astype(np.int32)], (0, 0, 0))
    return image


def with_box(image: Image, box: tuple[int, int, int, int], colour: Sequence[int]) -> Image:
    image = image.copy()
    left, top, width, height = box
    image[top : top + height, left : left + width] = colour
    return image


# --- the grid ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "reduced", "edge_px"),
    [
        ((640, 400), 1, 16),
        ((1240, 699), 1, 16),
        ((1280, 700), 2, 32),
        ((1920, 1080), 2, 32),
        ((1080, 1920), 2, 32),
        ((2560, 1600), 2, 32),
        ((3024, 1699), 2, 32),
        ((3024, 1700), 4, 64),
        ((3840, 2160), 4, 64),
    ],
)
def test_large_pictures_are_compared_reduced(
    size: tuple[int, int], reduced: int, edge_px: int
) -> None:
    width_px, height_px = size
    assert reduction(height_px, width_px) == reduced
    assert tile_px(*size) == edge_px


@pytest.mark.parametrize(
    ("size", "rows", "columns"),
    [
        ((640, 400), 25, 40),
        ((641, 399), 25, 41),
        ((1280, 800), 25, 40),
        ((1366, 768), 24, 43),
        ((400, 1000), 63, 25),
        ((3000, 1702), 27, 47),
        ((30, 20), 2, 2),
        ((16, 16), 1, 1),
        ((5, 33), 3, 1),
        ((4, 4), 1, 1),
        ((3, 2), 1, 1),
    ],
)
def test_the_first_picture_is_new_everywhere(
    size: tuple[int, int], rows: int, columns: int
) -> None:
    first, again = followed(desk(*WORDS, size=size), desk(*WORDS, size=size))
    assert first.tiles.tolist() == [
        row * ROW + column for row in range(rows) for column in range(columns)
    ]
    assert first.contents.tolist() == list(range(rows * columns))
    assert flags_of(first) == {NEW}
    assert (first.spots, first.scrolled_px) == (0, 0)
    assert again.rows_px == (0, 0)
    assert not len(again.tiles)


@pytest.mark.parametrize(
    ("size", "last"),
    [
        ((640, 400), (24, 39)),
        ((641, 399), (24, 40)),
        ((1366, 768), (23, 42)),
        ((400, 1000), (62, 24)),
        ((1281, 801), (24, 39)),
        ((3000, 1702), (26, 46)),
    ],
)
def test_the_last_row_and_column_are_looked_at(size: tuple[int, int], last: Place) -> None:
    """Whole tiles or not: a mark in the corner is seen there and nowhere else."""
    marked = desk(*WORDS, size=size)
    marked[-16:, -16:] = 0
    changes = followed(desk(*WORDS, size=size), marked)[1]
    assert last in places(changes)
    assert all(last[0] - row <= 1 and last[1] - column <= 1 for row, column in places(changes))


@pytest.mark.parametrize(
    ("size", "marks", "rows_px"),
    [
        ((640, 400), [(100, 37)], (32, 48)),
        ((640, 400), [(100, 0)], (0, 16)),
        ((640, 400), [(100, 396)], (384, 400)),
        ((640, 400), [(600, 37), (20, 210)], (32, 224)),
        ((640, 400), [(20, 37), (600, 210), (300, 100)], (32, 224)),
        ((641, 399), [(637, 395)], (384, 399)),
        ((1280, 800), [(100, 74)], (64, 96)),
        ((1366, 765), [(100, 74), (1360, 760)], (64, 765)),
        ((3000, 1702), [(100, 150)], (128, 192)),
        ((3000, 1702), [(100, 1696)], (1664, 1702)),
    ],
)
def test_the_rows_that_differ_are_those_of_the_changed_tiles(
    size: tuple[int, int], marks: list[tuple[int, int]], rows_px: tuple[int, int]
) -> None:
    before, after = plain(220, *size), plain(220, *size)
    for left, top in marks:
        after = with_box(after, (left, top, 4, 4), (0, 0, 0))
    first, changed, same = followed(before, after, after)
    assert changed.rows_px == rows_px
    assert first.rows_px == same.rows_px == (0, 0)


def test_ink_is_the_contrast_of_a_tile() -> None:
    luma = np.full((16, 48), 200, np.uint8)
    luma[4:8, 20:30] = 50
    luma[4:8, 36:40] = 255
    assert greys_followed(luma)[0].ink.tolist() == [0, 150, 55]


@pytest.mark.parametrize("size", [(641, 399), (1366, 768), (30, 20)], ids=str)
def test_the_edge_of_the_picture_is_no_ink(size: tuple[int, int]) -> None:
    assert set(followed(plain(200, *size))[0].ink.tolist()) == {0}


# --- what is a change ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pixels", "by", "changed"),
    [
        (256, 0, False),
        (256, 10, False),  # encoder noise
        (256, 11, True),  # a shade
        (47, 11, False),
        (47, 28, False),
        (48, 11, True),
        (1, 120, False),  # a pixel is no text
        (3, 28, False),
        (3, 29, True),
    ],
)
def test_a_change_is_strong_or_covers_much(pixels: int, by: int, changed: bool) -> None:
    before = np.full((48, 48), 100, np.uint8)
    after = before.copy()
    tile = after[16:32, 16:32].reshape(-1)  # a copy; spread over the tile
    tile[np.linspace(0, 255, pixels).astype(int)] += np.uint8(by)
    after[16:32, 16:32] = tile.reshape(16, 16)
    changes = greys_followed(before, after)[1]
    assert places(changes) == ({(1, 1)} if changed else set())
    assert changes.rows_px == ((16, 32) if changed else (0, 0))


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_noise_is_no_change(size: tuple[int, int]) -> None:
    screens = [noisy(desk(*WORDS, size=size), seed) for seed in range(4)]
    assert [len(changes.tiles) for changes in followed(*screens)[1:]] == [0, 0, 0]


def test_a_slow_fade_is_seen_in_the_end() -> None:
    """What is compared with is what the tile was seen to show, not the sample before."""
    fading = [np.full((16, 16), 100 + 4 * step, np.uint8) for step in range(6)]
    assert [len(changes.tiles) for changes in greys_followed(*fading)] == [1, 0, 0, 1, 0, 0]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_one_changed_word_is_in_its_own_tiles(size: tuple[int, int]) -> None:
    before = desk(*WORDS, size=size)
    after = desk(*(word.replace("42", "57") for word in WORDS), size=size)
    changes = followed(before, after)[1]
    assert touched(before, after, 100, 12) <= places(changes) <= touched(before, after, 1, 1)
    assert len(changes.tiles) < 8
    assert all(flags & NEW for flags in changes.flags)
    assert changes.contents.min() == 25 * 40
    assert changes.rows_px[0] < changes.rows_px[1]


@pytest.mark.parametrize(("by", "changed"), [(20, False), (21, True)])
@pytest.mark.parametrize("plane", ["u", "v"])
def test_colour_is_seen_without_a_change_of_brightness(plane: str, by: int, changed: bool) -> None:
    grey = np.full((64, 96), 128, np.uint8)
    coloured = grey.copy()
    coloured[20:24, 36:40] += by  # a quarter of a tile high and wide
    tracker = TileTracker()
    tracker.follow(Planes(grey, grey, grey))
    changes = tracker.follow(Planes(**{"luma": grey, "u": grey, "v": grey} | {plane: coloured}))
    assert places(changes) == ({(1, 2)} if changed else set())
    assert (changes.rows_px == (0, 0)) is not changed


def test_colours_at_half_the_size_belong_to_the_same_tiles() -> None:
    """As in yuv420p, of a picture that is compared as it is and of one that is compared reduced."""
    for size, colour_size, edge in (((400, 640), (200, 320), 8), ((800, 1280), (400, 640), 16)):
        luma, grey = np.full(size, 128, np.uint8), np.full(colour_size, 128, np.uint8)
        coloured = grey.copy()
        coloured[3 * edge : 4 * edge, 7 * edge : 9 * edge] = 170
        tracker = TileTracker()
        tracker.follow(Planes(luma, grey, grey))
        assert places(tracker.follow(Planes(luma, coloured, grey))) == {(3, 7), (3, 8)}


def test_a_lamp_that_changes_its_colour_has_a_number_for_each() -> None:
    """Red and green of the same brightness, as of a test that fails and passes."""
    red, green = (40, 40, 170), (40, 110, 40)
    lamps = [with_box(desk(*WORDS), BOX, colour) for colour in (red, green, red, green)]
    greys = [cv2.cvtColor(lamp, cv2.COLOR_BGR2GRAY).astype(int) for lamp in lamps]
    assert np.abs(greys[0] - greys[1]).max() <= 10
    first, *rest = followed(*lamps)
    at_first = by_place(first)
    for_green, for_red, for_green_again = (by_place(changes) for changes in rest)
    assert for_red == {place: at_first[place] for place in for_green}
    assert for_green_again == for_green
    assert set(for_green.values()).isdisjoint(for_red.values())
    assert flags_of(rest[1]) == flags_of(rest[2]) == {SEEN}


# --- what is recognised --------------------------------------------------------------------------

OTHER_WORDS = ("import os", "import sys", "", "no module named x")


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("noise", [0, 5])
def test_the_same_again_has_the_same_numbers(size: tuple[int, int], noise: int) -> None:
    pictures = [desk(*WORDS, size=size), desk(*OTHER_WORDS, size=size)] * 2
    first, away, back, away_again = followed(
        *(noisy(picture, seed, noise) for seed, picture in enumerate(pictures))
    )
    assert len(away.tiles) >= 16
    for before, after in ((first, back), (away, away_again)):
        # Noise may give a tile without much on it another number.
        numbers, readable = by_place(before), (after.ink >= 60) | (not noise)
        assert readable.sum() >= 10
        for tile, content in zip(after.tiles[readable], after.contents[readable], strict=True):
            assert content == numbers[divmod(int(tile), ROW)]
        assert set(after.flags[readable].tolist()) == {SEEN}


def test_a_photo_with_noise_is_known() -> None:
    """Much of it lies at the edge between light and dark, where noise decides."""
    random = np.random.default_rng(7)
    photos = [
        cv2.resize(random.integers(100, 170, (10, 16), np.uint8), (320, 200)) for _ in range(2)
    ]
    noise = [random.integers(-5, 6, (200, 320)) for _ in range(4)]
    shots = [(photos[index % 2] + noise[index]).astype(np.uint8) for index in range(4)]
    first, away, back, away_again = greys_followed(*shots)
    assert min(len(changes.tiles) for changes in (away, back, away_again)) > 200
    for before, after in ((first, back), (away, away_again)):
        numbers = by_place(before)
        known = [numbers.get(place) == content for place, content in by_place(after).items()]
        assert np.mean(known) > 0.9


def test_blank_places_of_many_shades_are_known() -> None:
    """What noise is on them has a shape, but that is the shape of nothing."""
    shades = [plain(grey, 160, 96) for grey in range(16, 250, 22)] * 2
    changes = followed(*(noisy(shades[index // 2], index, 4) for index in range(2 * len(shades))))
    assert all(not len(rest.tiles) for rest in changes[1::2])
    count = len(shades) // 2
    at_first, again = changes[: 2 * count : 2], changes[2 * count :: 2]
    for before, after in zip(at_first, again, strict=True):
        assert by_place(after) == by_place(before)
        assert len(after.tiles) == 60


def test_a_tile_that_looks_alike_elsewhere_is_something_else() -> None:
    """Numbers belong to a place: the same word in another row is another content."""
    changes = followed(desk("same", "", ""), desk("same", "", "same"))[1]
    assert len(changes.tiles)
    assert (changes.contents >= 25 * 40).all()


def test_new_numbers_are_never_used_again() -> None:
    random = np.random.default_rng(3)
    screens = [desk(*random.choice(OTHER_WORDS + WORDS, 4), size=(320, 200)) for _ in range(40)]
    screens[20] = desk("another window", size=(400, 300))  # the numbers go on
    seen: set[int] = set()
    shown: dict[Place, set[int]] = {}
    for changes in followed(*screens):
        fresh = changes.contents[changes.flags & NEW != 0].tolist()
        assert fresh == list(range(len(seen), len(seen) + len(fresh)))
        seen.update(fresh)
        known = changes.flags & SEEN != 0
        for place, content, again in zip(
            (divmod(tile, ROW) for tile in changes.tiles.tolist()),
            changes.contents.tolist(),
            known.tolist(),
            strict=True,
        ):
            before = shown.setdefault(place, set())
            assert (content in before) is again or content < 0
            before.add(content)
    assert len(seen) > 300


REMEMBERED = 32  # contents of a tile


def patterns(count: int) -> list[Plane]:
    """Pictures of one tile, no two of them alike."""
    random = np.random.default_rng(5)
    cells = random.integers(0, 2, (count, 4, 4), np.uint8) * 200
    assert len(np.unique(cells, axis=0)) == count
    return [np.repeat(np.repeat(one, 4, axis=0), 4, axis=1) for one in cells]


def slowly(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Show patterns one after the other, each twice so that the tile rests; return what is said.

    One (content, flags) for each.
    """
    shown = patterns(REMEMBERED + 8)
    changes = greys_followed(*(shown[number] for number in numbers for _ in range(2)))
    assert all(not len(rest.tiles) for rest in changes[1::2])
    return [(int(one.contents[0]), int(one.flags[0])) for one in changes[::2]]


@pytest.mark.parametrize(
    ("again", "known"),
    [
        ([*range(REMEMBERED), 0], True),
        ([*range(REMEMBERED), REMEMBERED // 2], True),
        ([*range(REMEMBERED + 1), 0], False),
        ([*range(REMEMBERED + 1), 1], True),
        ([*range(REMEMBERED + 6), 5], False),
        ([*range(REMEMBERED + 6), 6], True),
        # What was seen again meanwhile is not the oldest.
        ([*range(REMEMBERED), 0, REMEMBERED, 0], True),
        ([*range(REMEMBERED), 0, REMEMBERED, 1], False),
        # What is seen again takes no more room.
        ([0, 1, *[2, 3] * REMEMBERED, 0], True),
    ],
)
def test_what_a_tile_has_not_shown_for_longest_is_forgotten(again: list[int], known: bool) -> None:
    said = slowly(again)
    first = again.index(again[-1])
    assert said[-1][1] & (SEEN | NEW) == (SEEN if known else NEW)
    assert (said[-1][0] == said[first][0]) is known


# --- how it came about ---------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_typing_adds_to_what_is_there(size: tuple[int, int]) -> None:
    typed = ["def", "def ma", "def main", "def main():"]
    for changes in followed(*(desk("# line", word, size=size) for word in typed))[1:]:
        assert len(changes.tiles)
        assert all(flags & GROWN for flags in changes.flags)
        assert not any(flags & SHADED for flags in changes.flags)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_caret_that_moves_on_hides_no_typing(size: tuple[int, int]) -> None:
    pictures = []
    for word in ("def", "def ma", "def main"):
        end = cv2.getTextSize(word, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 1)[0][0]
        caret = (6 + end + 4, 32, 2, 16)
        pictures.append(with_box(desk("# line", word, size=size), caret, (0, 0, 0)))
    for changes in followed(*pictures)[1:]:
        assert len(changes.tiles)
        assert all(flags & GROWN for flags in changes.flags)


@pytest.mark.parametrize(
    ("before", "after"),
    [("def main():", "def"), ("error", "mango"), ("####", "oooo")],
    ids=["deleted", "replaced", "overwritten"],
)
def test_what_is_gone_did_not_grow(before: str, after: str) -> None:
    pictures = [desk(before), desk(after)]
    changes = followed(*pictures)[1]
    lost = np.maximum(pictures[1].astype(int) - pictures[0], 0).astype(np.uint8)
    emptied = touched(np.zeros_like(lost), lost, 100, 4)
    grown = {
        place
        for place, flags in zip(
            (divmod(tile, ROW) for tile in changes.tiles.tolist()), changes.flags, strict=True
        )
        if flags & GROWN
    }
    assert emptied
    assert emptied <= places(changes)
    assert not emptied & grown


@pytest.mark.parametrize("by", [-24, -14])
def test_a_highlight_is_a_shade(by: int) -> None:
    text = desk(*WORDS)
    lit = text.copy()
    lit[32:64] = np.clip(lit[32:64].astype(int) + by, 0, 255)
    changes = followed(text, lit)[1]
    assert places(changes) == {(row, column) for row in (2, 3) for column in range(40)}
    assert all(flags & SHADED for flags in changes.flags)


def test_another_text_is_no_shade() -> None:
    changes = followed(desk("error in line 42"), desk("no problem found"))[1]
    assert len(changes.tiles)
    assert not any(flags & SHADED for flags in changes.flags)


# --- what moves ----------------------------------------------------------------------------------

MIDDLE = (1, 1)


def busy(steps: Sequence[int]) -> list[Changes]:
    """A tile between calm ones that shows patterns."""
    shown = patterns(40)
    pictures = []
    for step in steps:
        luma = np.full((48, 48), 250, np.uint8)
        luma[16:32, 16:32] = shown[step]
        pictures.append(luma)
    return greys_followed(*pictures)


def test_a_tile_that_changes_in_each_sample_moves() -> None:
    changes = busy(range(12))
    assert [len(one.tiles) for one in changes[1:]] == [1] * RESTLESS + [0] * (11 - RESTLESS)
    assert [int(one.contents[0]) for one in changes[1:RESTLESS]] == [*range(9, 8 + RESTLESS)]
    assert by_place(changes[RESTLESS]) == {MIDDLE: MOVING}
    assert flags_of(changes[RESTLESS]) == {BEGAN_MOVING}
    assert [one.rows_px for one in changes[1:]] == [(16, 32)] * 11  # also when it is not listed


def test_what_comes_to_rest_looks_as_before() -> None:
    """It is listed, since it has a number now; no row of the picture differs."""
    changes = busy([*range(8), 7])
    assert places(changes[8]) == {MIDDLE}
    assert changes[8].rows_px == (0, 0)


def test_what_moves_and_what_changes_are_within_the_rows_that_differ() -> None:
    shown, pictures = patterns(8), []
    for step in range(8):
        luma = np.full((160, 48), 250, np.uint8)
        luma[112:128, 16:32] = shown[step]
        luma[36:40, 4:12] = 250 - 100 * (step == 7)
        pictures.append(luma)
    last = greys_followed(*pictures)[-1]
    assert places(last) == {(2, 0)}
    assert last.rows_px == (32, 128)


def test_what_moved_gets_a_number_when_it_rests() -> None:
    changes = busy([*range(8), 7, 7])
    assert by_place(changes[8]) == {MIDDLE: 8 + RESTLESS}
    assert flags_of(changes[8]) & {NEW, NEW | SHADED, NEW | GROWN, NEW | SHADED | GROWN}
    assert not len(changes[9].tiles)


def test_what_moved_and_rests_is_no_shade_of_what_was_there() -> None:
    changes = busy([*range(8), 7])
    assert flags_of(changes[8]) == {NEW}


def test_what_moved_is_known_when_it_rests_as_before() -> None:
    changes = busy([0, *range(10, 18), 0, 0])
    assert by_place(changes[9]) == {MIDDLE: by_place(changes[0])[MIDDLE]}
    assert flags_of(changes[9]) == {SEEN}


def test_a_tile_that_pauses_does_not_move() -> None:
    """Three changes, a rest, three changes: typing, and no animation."""
    changes = busy([0, 1, 2, 3, 3, 4, 5, 6, 6])
    assert all((one.contents >= 0).all() for one in changes)
    assert [len(one.tiles) for one in changes[1:]] == [1, 1, 1, 0, 1, 1, 1, 0]


# --- pointers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "scale"), [((640, 400), 1), ((640, 400), 2), ((1280, 800), 1), ((1280, 800), 2)]
)
def test_a_moved_pointer_leaves_spots(size: tuple[int, int], scale: int) -> None:
    """Where it was and where it is, or one where both overlap."""
    text = desk(*WORDS, size=size)
    pointers = [
        with_pointer(text, 300, 200, scale),
        with_pointer(text, 420, 250, scale),
        with_pointer(text, 424, 252, scale),
        text,
    ]
    changes = followed(*pointers)
    assert [one.spots for one in changes] == [0, 2, 1, 1]


@pytest.mark.parametrize(
    ("boxes", "spots"),
    [
        ([(305, 203, 2, 18)], 1),  # a caret
        ([(305, 203, 36, 38)], 1),
        ([(305, 203, 60, 10)], 0),
        ([(305, 203, 10, 60)], 0),
        ([(305, 203, 12, 18), (50, 60, 12, 18)], 2),
        ([(305, 203, 12, 18), (50, 60, 80, 18)], 0),
        ([(50, 60, 80, 18), (305, 203, 12, 18)], 0),
        ([(305, 203, 4, 12), (314, 203, 4, 12)], 2),  # two letters
        ([(305, 203, 4, 12), (312, 203, 4, 12)], 1),
        ([(200, 100, 200, 150)], 0),  # a dialog
        ([(40 * index, 40 * index, 10, 10) for index in range(1, 6)], 5),
        ([(40 * index + 10, 40 * row + 10, 12, 12) for index in range(5) for row in range(5)], 0),
    ],
)
def test_spots_are_as_small_as_a_pointer(
    boxes: list[tuple[int, int, int, int]], spots: int
) -> None:
    after = before = plain(240, 640, 400)
    for box in boxes:
        after = with_box(after, box, (0, 0, 0))
    changes = followed(before, after)[1]
    assert len(changes.tiles)
    assert changes.spots == spots


def test_a_shade_is_no_spot() -> None:
    text = desk(*WORDS)
    changes = followed(text, with_box(text, (304, 304, 32, 32), (235, 235, 235)))[1]
    assert len(changes.tiles) == 4
    assert changes.spots == 0


def test_there_are_no_spots_where_nothing_changes() -> None:
    assert [one.spots for one in followed(desk("a"), desk("a"))] == [0, 0]


# --- another resolution --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((640, 400), (320, 200)),
        ((320, 200), (640, 400)),
        ((640, 400), (400, 640)),
        ((640, 400), (1280, 800)),  # as many tiles, of another size
        ((640, 400), (640, 384)),
    ],
)
def test_another_resolution_begins_anew(before: tuple[int, int], after: tuple[int, int]) -> None:
    first, second = followed(desk("one", size=before), desk("one", size=after))
    gone = second.contents == NOTHING
    shown = {divmod(int(tile), ROW) for tile in second.tiles[~gone]}
    assert {divmod(int(tile), ROW) for tile in second.tiles[gone]} == places(first) - shown
    assert shown == places(followed(desk("one", size=after))[0])
    assert second.contents[~gone].tolist() == list(
        range(len(first.tiles), len(first.tiles) + len(shown))
    )
    assert set(second.flags[~gone].tolist()) == {NEW}
    assert set(second.flags[gone].tolist()) <= {0}
    assert {len(second.flags), len(second.ink), len(second.contents)} == {len(second.tiles)}
    assert second.spots == 0


def test_a_window_of_another_size_and_back() -> None:
    """What it showed is remembered, and no number means two things."""
    sizes = [(640, 400), (320, 200), (640, 400)]
    changes = followed(*(desk("one", size=size) for size in sizes))
    named = [one.contents[one.contents >= 0] for one in changes]
    assert [len(one) for one in named] == [1000, 20 * 13, 1000]
    assert named[2].tolist() == named[0].tolist()
    assert len(np.unique(np.concatenate(named))) == 1000 + 20 * 13
    assert flags_of(changes[2]) - {0} == {SEEN}


# --- memory --------------------------------------------------------------------------------------


def test_a_picture_may_be_overwritten_when_the_next_one_was_taken() -> None:
    """Decoders use the same memory again."""
    screens = [desk("one"), desk("two"), desk("one"), desk("one", "three"), desk("two")]
    expected = followed(*screens)
    memory = [image_planes(plain(0, 640, 400)) for _ in range(2)]
    tracker = TileTracker()
    for index, (picture, changes) in enumerate(zip(screens, expected, strict=True)):
        planes, drawn = memory[index % 2], image_planes(picture)
        planes = Planes(planes.luma, planes.u, planes.v, full_range=True)
        for target, source in zip(
            (planes.luma, planes.u, planes.v), (drawn.luma, drawn.u, drawn.v), strict=True
        ):
            np.copyto(target, source)
        found = tracker.follow(planes)
        assert found.tiles.tolist() == changes.tiles.tolist()
        assert found.contents.tolist() == changes.contents.tolist()


def test_no_flag_means_two_things() -> None:
    flags = [NEW, SEEN, SCROLLED, BEGAN_MOVING, SHADED, GROWN]
    assert sum(flags) == 63
    assert TILE * TILE == 256
