"""Settled states: where they begin and end, and which frame of one shows it best."""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from scribebench.frames.contents import read_contents
from scribebench.frames.runs import Events
from scribebench.frames.settled import State, find_states
from scribebench.frames.tiles import NEW, ROW, SCROLLED
from unit.storyboard import (
    COLUMNS,
    READABLE_INK,
    ROWS,
    Place,
    Shot,
    block,
    film,
    lettered,
    on_screen,
    page,
    text,
    tiles,
    with_box,
    written,
)
from unit.videos import Image

EVERYWHERE = (range(ROWS), range(COLUMNS))
WORD = (range(5, 6), range(4, 6))
PLACE = (9, 3)
# A word that lies within no animation of these stories.
FAR = (range(10, 11), range(12, 14))


def states(events: Events, pictured: Collection[int] = ()) -> list[State]:
    stored = np.isin(np.arange(len(events.times_s)), list(pictured))
    return find_states(events, read_contents(events, min_dwell_s=2.0), stored)


def spans(found: list[State]) -> list[tuple[int, int]]:
    return [(state.first, state.last) for state in found]


# --- cuts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("histories", "options", "expected"),
    [
        ({PLACE: "a20"}, {}, [(0, 99)]),
        (block(*EVERYWHERE, "a10 b10"), {}, [(0, 49), (50, 99)]),
        (block(*WORD, "a10 b10"), {}, [(0, 49), (50, 99)]),
        (block(*WORD, "a10 b10 a10"), {}, [(0, 49), (50, 99), (100, 149)]),
        (block(*WORD, "a10 b0.4 a10"), {}, [(0, 49), (52, 101)]),
        (block(*WORD, "a10 b0.2 c0.2 d10"), {}, [(0, 49), (52, 101)]),
        (block(*WORD, "_10 b10"), {"ink": {"_": 0}}, [(0, 49), (50, 99)]),
        (block(*WORD, "_10 f10"), {"ink": {"_": 0, "f": 20}}, [(0, 49), (50, 99)]),
        ({PLACE: "_10 s10"}, {"ink": {"_": 0}, "shaded": "s"}, [(0, 99)]),
        ({PLACE: "_10 b1 _10"}, {"ink": {"_": 0}}, [(0, 104)]),
        (block(*WORD, "a10 ~20 a10"), {}, [(0, 49), (50, 149), (150, 199)]),
    ],
    ids=[
        "nothing happens",
        "another window",
        "another word",
        "another word and back",
        "a word that flashes",
        "a word that is typed",
        "a first word",
        "a faint word",
        "a faint shade",
        "a spot, soon gone",
        "a film in a window",
    ],
)
def test_a_state_ends_where_content_comes_or_goes(
    histories: Mapping[Place, str], options: dict[str, Any], expected: list[tuple[int, int]]
) -> None:
    found = states(tiles(on_screen(histories), **options))
    assert spans(found) == expected
    assert all(state.settled for state in found)


@pytest.mark.parametrize(
    ("histories", "options"),
    [
        ({PLACE: "a5 " + "b0.6 a0.6 " * 10 + "a5"}, {}),
        ({PLACE: "a10 b5 a10", (2, 2): "a15 b5 a5"}, {"spots": {10: 2, 15: 2, 20: 2}}),
        (block(range(2, 5), range(2, 6), " ".join(["b0.4 c0.4 d0.4 e0.4"] * 20)), {}),
        (block(range(2, 5), range(2, 6), " ".join(["b3 c3 d3 e3"] * 8)), {}),
        ({PLACE: " ".join(["b1 c1 d1 e1"] * 15)}, {}),
    ],
    ids=["caret", "pointer", "fast animation", "slow animation", "clock"],
)
def test_a_state_does_not_end_for_noise(
    histories: Mapping[Place, str], options: dict[str, Any]
) -> None:
    events = tiles(on_screen(histories), **options)
    last = len(events.times_s) - 1
    assert spans(states(events)) == [(0, last)]
    edited = on_screen(block(*FAR, f"a10 b{(last + 1) / 5 - 10}") | dict(histories))
    assert spans(states(tiles(edited, **options))) == [(0, 49), (50, last)]


@pytest.mark.parametrize(
    ("fps", "shown_s", "expected"),
    [
        (5, 0.4, [(0, 99), (102, 201)]),
        (5, 0.6, [(0, 99), (100, 102), (103, 202)]),
        (1, 1, [(0, 19), (21, 40)]),
        (1, 2, [(0, 19), (22, 41)]),
        (1, 3, [(0, 19), (20, 22), (23, 42)]),
        (0.1, 10, [(0, 1), (2, 2), (3, 4)]),
        (0.1, 20, [(0, 1), (2, 3), (4, 5)]),
    ],
)
def test_a_state_lasts_a_few_samples_if_those_are_near(
    fps: float, shown_s: float, expected: list[tuple[int, int]]
) -> None:
    events = tiles(block(*EVERYWHERE, f"a20 b{shown_s} c20"), fps)
    assert spans(states(events)) == expected


def crossed(time_s: float) -> Image:
    """A page over which a pointer goes, and back to where it came from."""
    if not 5 < time_s < 15:
        return page("A")
    return with_box(page("A"), 100 + int(80 * min(time_s, 20 - time_s)), 100, 8, 12)


@pytest.mark.parametrize(
    ("shots", "expected"),
    [
        ([(5, page("A")), (5, page("B")), (5, page("A"))], [(0, 24), (25, 49), (50, 74)]),
        (
            [(5, page("A")), (5, with_box(page("A"), 100, 100, 220, 120, 90)), (5, page("A"))],
            [(0, 24), (25, 49), (50, 74)],
        ),
        (
            [(5, page("A")), (5, written(*text("A")[:7], "error: 4 failed", *text("A")[8:]))],
            [(0, 24), (25, 49)],
        ),
        ([(20, crossed)], [(0, 99)]),
        ([(0.2, page("A"))], []),
    ],
    ids=["pages", "a dialog", "a line", "a moving pointer", "a single frame"],
)
def test_states_of_drawn_screens(shots: list[Shot], expected: list[tuple[int, int]]) -> None:
    assert spans(states(film(shots))) == expected


# --- the frame that shows a state best -----------------------------------------------------------


CHANGED = block(*EVERYWHERE, "a20 z20")
TYPED = "_18 b0.4 c0.4 d0.4 e0.4 g0.4 z20"
LOADED = "b0.4 c0.4 d0.4 f18.8 z20"
TURN = "b0.4 c0.4 d0.4 e0.4 g0.4 "
MOVED = TURN * 10 + "z20"
MOVED_AND_RESTED = TURN * 5 + "h5 " + TURN * 2 + "b0.4 c0.4 d0.2 z20"


@pytest.mark.parametrize(
    ("histories", "pictured", "best"),
    [
        ({}, (), 99),
        ({PLACE: TYPED}, (), 89),
        ({PLACE: LOADED}, (), 99),
        ({}, (30, 60), 60),
        ({}, (99, 120), 99),
        ({}, (120,), 99),
        ({PLACE: TYPED}, (95,), 95),
        ({PLACE: TYPED}, (40, 95), 40),
        (block(range(9, 10), range(2), TYPED), (95,), 95),
        (block(range(9, 10), range(3), TYPED), (95,), 89),
        (block(range(9, 10), range(3), LOADED), (3,), 99),
    ],
    ids=[
        "the last one",
        "before typing begins",
        "after loading",
        "the last one with a picture",
        "a picture of its own",
        "a picture of another state only",
        "a picture of a little typing only",
        "a picture before typing as well",
        "a picture of two tiles of typing",
        "a picture of three tiles of typing",
        "a picture before loading",
    ],
)
def test_the_best_frame_shows_the_least_in_passing(
    histories: Mapping[Place, str], pictured: Collection[int], best: int
) -> None:
    first = states(tiles(CHANGED | histories, ink={"_": 0, "f": 10}, shaded="_f"), pictured)[0]
    assert (first.first, first.last, first.best) == (0, 99, best)


@pytest.mark.parametrize(("pictured", "best"), [((), 74), ((60, 85), 60), ((85,), 85)])
def test_a_picture_amid_an_animation_is_as_good_as_another(
    pictured: Collection[int], best: int
) -> None:
    """Four tiles never rest; eight others do for five of the twenty seconds."""
    never, seldom = (
        block(range(2, 3), range(4), MOVED),
        block(range(2, 4), range(8, 12), MOVED_AND_RESTED),
    )
    first = states(tiles(CHANGED | never | seldom), pictured)[0]
    assert (first.first, first.last, first.best) == (0, 99, best)


@pytest.mark.parametrize(
    ("rests", "typed", "best"), [(False, 8, 95), (False, 9, 89), (True, 2, 95), (True, 3, 89)]
)
def test_where_no_frame_is_at_rest_a_picture_with_more_typing_will_do(
    rests: bool, typed: int, best: int
) -> None:
    """So many tiles are typed in, in the end; another one does never rest."""
    never = {} if rests else block(range(2, 3), range(1), MOVED)
    late = block(range(9, 10), range(typed), TYPED)
    events = tiles(CHANGED | never | late, ink={"_": 0}, shaded="_")
    first = states(events, pictured=(95,))[0]
    assert (first.first, first.last, first.best) == (0, 99, best)


# --- never at rest -------------------------------------------------------------------------------

HALF_LINES = 2 * ROWS  # as many as fill a screen


def printed(gaps: Sequence[int]) -> Events:
    """Half lines that come up so many samples apart, a new screen for each HALF_LINES of them.

    Before and after, screens rest for fifty samples.
    """
    histories = {}
    for row, column in block(*EVERYWHERE, ""):
        own = 2 * row + column // (COLUMNS // 2)
        middle = ""
        for number, gap in enumerate(gaps):
            screen, half_line = divmod(number, HALF_LINES)
            middle += ("_" if half_line < own else chr(ord("b") + screen)) * gap
        histories[row, column] = "a" * 50 + middle + "z" * 50
    times_s = [index / 5 for index in range(100 + sum(gaps))]
    return lettered(histories, times_s, ink={"_": 0})


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ([1, 2] * 6, []),
        ([1, 2] * 12, [(50, 85)]),
        ([1, 2] * 24, [(50, 85), (86, 121)]),
        ([1] * HALF_LINES, [(50, 73)]),
        ([2] * HALF_LINES, [(50, 97)]),
    ],
    ids=["soon over", "a screen", "two screens", "a fast screen", "a screen at a slow beat"],
)
def test_what_never_rests_has_states_all_the_same(
    gaps: list[int], expected: list[tuple[int, int]]
) -> None:
    found = states(printed(gaps))
    unsettled = [state for state in found if not state.settled]
    assert spans(unsettled) == expected
    last = 99 + sum(gaps)
    assert spans([state for state in found if state.settled]) == [(0, 49), (last - 49, last)]
    for state in unsettled:
        assert state.first < state.best <= state.last
        assert state.last - state.best <= 3  # what comes later does not last


@pytest.mark.parametrize(
    ("pictured", "best"), [((60,), 60), ((55, 60), 60), ((60, 90), 60), ((85,), 85), ((60, 85), 60)]
)
def test_any_picture_is_as_good_where_nothing_settles(pictured: Collection[int], best: int) -> None:
    """The last lines are on the screen for a moment only."""
    found = states(printed([1, 2] * 12), pictured)
    assert [state.best for state in found if not state.settled] == [best]


def streaming(
    seconds: float, columns: int, ink: int = READABLE_INK, replaced: Sequence[Place] = ()
) -> Events:
    """Lines, so many tiles wide, that come up by a row in each sample: each is there for 2.4 s.

    What is in the tiles `replaced` is replaced after half of the time.
    """
    times_s = np.arange(round(5 * seconds)) / 5
    rows = [
        (frame, row * ROW + column, (frame + row) * columns + column, flags, ink)
        for frame in range(len(times_s))
        for row in range(ROWS)
        for column in range(columns)
        for flags in [NEW if not frame or row == ROWS - 1 else SCROLLED]
    ]
    number = (len(times_s) + ROWS) * columns
    for row, column in replaced:
        for frame in (0, len(times_s) // 2):
            rows.append((frame, row * ROW + column, number, NEW, READABLE_INK))
            number += 1
    return Events(times_s, *np.array(sorted(rows)).T, np.zeros(len(times_s), np.int64))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (18, [(0, 89)]),
        (29, [(0, 144)]),
        (31, [(0, 77), (78, 154)]),
        (60, [(0, 99), (100, 199), (200, 299)]),
        (70, [(0, 87), (88, 174), (175, 262), (263, 349)]),
    ],
)
def test_text_that_streams_has_a_state_for_every_twenty_seconds(
    seconds: float, expected: list[tuple[int, int]]
) -> None:
    found = states(streaming(seconds, COLUMNS))
    assert spans(found) == expected
    assert not any(state.settled for state in found)
    assert [state.best for state in found] == [last for _, last in expected]


@pytest.mark.parametrize(("columns", "count"), [(1, 1), (2, 3)])
def test_a_little_that_streams_rests(columns: int, count: int) -> None:
    """Of 287 lines each tile counts 0.1 x 1.9 / 2.5: 22 tiles or 44, and 24 are the least."""
    found = states(streaming(60, columns))
    assert [state.settled for state in found] == [count == 1] * count


def test_what_does_not_come_and_go_does_not_stream() -> None:
    """Two tiles are replaced beside 22 that stream: what goes was there, what comes stays."""
    found = states(streaming(60, 1, replaced=[(5, 10), (5, 11)]))
    assert [state.settled for state in found] == [True]


@pytest.mark.parametrize(("ink", "count"), [(0, 1), (40, 3)])
def test_what_is_blank_does_not_stream(ink: int, count: int) -> None:
    """Sixteen tiles wide, each line counts a quarter or a little more of a readable one."""
    found = states(streaming(60, COLUMNS, ink))
    assert [state.settled for state in found] == [count == 1] * count


def test_a_stored_picture_of_what_streams_is_as_good_as_another() -> None:
    found = states(streaming(60, COLUMNS), pictured=(10, 120, 130))
    assert [state.best for state in found] == [10, 130, 299]


def test_each_sample_may_be_a_state_where_movement_cannot_be_seen() -> None:
    history = " ".join(f"{chr(ord('A') + number)}10" for number in range(30))
    events = tiles(block(*EVERYWHERE, history), fps=0.1)
    assert spans(states(events)) == [(index, index) for index in range(30)]


def test_states_are_in_order_and_apart() -> None:
    for gaps in ([1, 2] * 24, [4, 3] * 12, [1, 2, 9] * 16):
        found = states(printed(gaps))
        assert all(state.first <= state.best <= state.last for state in found)
        assert all(a.last < b.first for a, b in pairwise(found))
