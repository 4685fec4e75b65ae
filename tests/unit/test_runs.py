"""Runs: what changed together, and how long a content stayed in its place and on the screen."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from scribebench.frames.runs import SMALL_TILES, Events, Runs, find_runs, lasted_s, stayed_s
from scribebench.frames.tiles import ROW
from unit.storyboard import COLUMNS, ROWS, Place, block, on_screen, tiles

FPS = 5.0


def patches(changed: dict[float, Sequence[Place]]) -> dict[tuple[Place, float], int]:
    """Return the patch of each run by its place and begin; tiles change once, at these seconds."""
    histories = {
        place: f"a{at_s} b{20 - at_s}" for at_s, places in changed.items() for place in places
    }
    events = tiles(on_screen(histories), FPS)
    runs = find_runs(events)
    keys = zip(runs.tile.tolist(), events.times_s[runs.first].tolist(), strict=True)
    return {
        (divmod(tile, ROW), at_s): patch
        for (tile, at_s), patch in zip(keys, runs.patch.tolist(), strict=True)
    }


# --- what changes together -----------------------------------------------------------------------

WORD = [(2, column) for column in range(3, 9)]
OTHER_WORD = [(9, column) for column in range(3, 8)]
DIAGONAL = [(index, index + 2) for index in range(10)]


def test_two_separate_changes_in_one_frame_have_their_own_sizes() -> None:
    found = patches({10: [*WORD, *OTHER_WORD]})
    assert [found[place, 10] for place in WORD] == [6] * 6
    assert [found[place, 10] for place in OTHER_WORD] == [5] * 5
    assert len(WORD) + len(OTHER_WORD) > SMALL_TILES


@pytest.mark.parametrize("chain", [DIAGONAL, [(row, 11 - column) for row, column in DIAGONAL]])
def test_tiles_that_meet_at_corners_are_one_change(chain: list[Place]) -> None:
    found = patches({10: chain})
    assert [found[place, 10] for place in chain] == [10] * 10


@pytest.mark.parametrize(
    ("places", "sizes"),
    [
        ([(5, 5)], [1]),
        ([(5, 5), (5, 7)], [1, 1]),
        ([(5, 5), (7, 5)], [1, 1]),
        ([(5, 5), (5, 6), (7, 7)], [2, 2, 1]),
        ([(4, COLUMNS - 1), (5, 0)], [1, 1]),
        ([(0, 0), (ROWS - 1, COLUMNS - 1)], [1, 1]),
        ([(5, 5), (6, 6), (7, 5), (6, 4)], [4, 4, 4, 4]),
    ],
    ids=[
        "one",
        "a column between",
        "a row between",
        "two and one",
        "end and begin",
        "ends",
        "ring",
    ],
)
def test_what_touches_is_one_change(places: list[Place], sizes: list[int]) -> None:
    found = patches({10: places})
    assert [found[place, 10] for place in places] == sizes


def test_changes_of_different_frames_are_not_one() -> None:
    found = patches({10: WORD[:2], 10.2: WORD[2:]})
    assert [found[place, 10] for place in WORD[:2]] == [2, 2]
    assert [found[place, 10.2] for place in WORD[2:]] == [4] * 4


def test_the_first_frame_is_one_change() -> None:
    found = patches({10: WORD})
    assert {size for (_, at_s), size in found.items() if at_s == 0} == {ROWS * COLUMNS}


def test_a_picture_of_one_tile_changes_by_one() -> None:
    runs = find_runs(tiles({(0, 0): "a5 b5"}, FPS))
    assert runs.patch.tolist() == [1, 1]


# --- how long ------------------------------------------------------------------------------------


def shown(*spans: tuple[int, int, int]) -> Runs:
    """Return runs of one content or several, each (content, first, last) in a tile of its own."""
    content, first, last = (np.array(values) for values in zip(*spans, strict=True))
    zeros = np.zeros(len(spans), np.int64)
    return Runs(np.arange(len(spans)), content, first, last, zeros, zeros + 1)


STILL = tiles(block(range(1), range(1), "a10"), FPS)  # fifty frames


@pytest.mark.parametrize(
    ("spans", "frames"),
    [
        ([(0, 10, 14)], [5]),
        ([(0, 10, 14), (0, 15, 19)], [10, 10]),
        ([(0, 15, 19), (0, 10, 14)], [10, 10]),
        ([(0, 10, 14), (0, 15, 19), (0, 20, 20)], [11, 11, 11]),
        ([(0, 10, 14), (0, 16, 19)], [5, 4]),
        ([(0, 10, 16), (0, 14, 19)], [10, 10]),
        ([(0, 10, 19), (0, 12, 13), (0, 20, 22)], [13, 13, 13]),
        ([(0, 10, 14), (0, 30, 31), (0, 15, 19)], [10, 2, 10]),
        ([(0, 10, 14), (1, 15, 19)], [5, 5]),
        ([(1, 10, 40), (0, 15, 19), (0, 20, 21)], [31, 7, 7]),
        ([(0, 0, 4), (1, 5, 9), (0, 10, 12)], [5, 5, 3]),
        ([(0, 0, 49)], [50]),
        ([(3, 0, 24), (3, 25, 49)], [50, 50]),
    ],
    ids=[
        "one tile",
        "two tiles on end",
        "upwards",
        "three tiles on end",
        "a gap of a frame",
        "in two places for a while",
        "within a longer time",
        "back after a while",
        "another content",
        "beside a longer content",
        "another content between",
        "all the time",
        "all the time in two tiles",
    ],
)
def test_a_content_stays_while_it_moves_without_a_gap(
    spans: list[tuple[int, int, int]], frames: list[int]
) -> None:
    runs = shown(*spans)
    assert stayed_s(STILL, runs) == pytest.approx([count / FPS for count in frames])
    own = [(last - first + 1) / FPS for _, first, last in spans]
    assert lasted_s(STILL, runs) == pytest.approx(own)


def test_time_on_the_screen_is_taken_from_the_frames() -> None:
    """Frames that are lost leave what is shown before them in its place for longer."""
    times_s = np.array([0.0, 0.2, 0.4, 3.0, 3.2])
    empty = np.zeros(0, np.int64)
    events = Events(times_s, empty, empty, empty, empty, empty, np.zeros(5, np.int64))
    runs = shown((0, 0, 1), (0, 2, 3), (1, 2, 2), (1, 4, 4))
    assert stayed_s(events, runs) == pytest.approx([3.2, 3.2, 2.6, 0.2])


def test_numbers_of_contents_may_be_large() -> None:
    """They are stored in 32 bits, and multiplied by the number of frames."""
    runs = shown((0, 0, 9), (1, 3, 5), (0, 10, 12))
    last = 2**31 - 1
    large = replace(runs, content=(last - runs.content).astype(np.int32))
    assert stayed_s(STILL, large).tolist() == stayed_s(STILL, runs).tolist()


def test_there_may_be_no_runs() -> None:
    empty = np.zeros(0, np.int64)
    assert not len(stayed_s(STILL, Runs(*[empty] * 6)))
