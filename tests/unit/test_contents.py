"""What tiles show and how much it counts: tables of written histories, with figures by hand."""

from dataclasses import replace

import numpy as np
import pytest

from scribebench.frames.contents import Contents, read_contents
from scribebench.frames.runs import Events
from scribebench.frames.tiles import BLANK_INK, NEW, ROW, SCROLLED
from unit.storyboard import COLUMNS, Place, block, lettered, on_screen, tiles

MIN_DWELL_S = 2.0
PLACE = (5, 5)
# Tiles in which a change is neither small nor large, and leaves most of the screen as it is.
MIDDLING = (range(4, 7), range(4, 7))


def runs_at(contents: Contents, place: Place) -> list[int]:
    return np.flatnonzero(contents.tile == place[0] * ROW + place[1]).tolist()


def stretches(contents: Contents, place: Place) -> list[tuple[int, int]]:
    """The first and last frames of what a tile shows."""
    return [(int(contents.first[run]), int(contents.last[run])) for run in runs_at(contents, place)]


def weights(contents: Contents, place: Place) -> list[float]:
    return [float(contents.run_weight[run]) for run in runs_at(contents, place)]


def changing(count: int, letters: str = "bcdefghijklmn", each_s: float = 3.0) -> str:
    """A tile that rests, changes so many times in a row, and rests again."""
    between = " ".join(f"{letters[number]}{each_s}" for number in range(count - 1))
    return f"a60 {between} {letters[count - 1]}25"


# --- runs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ("a10", [(0, 9)]),
        ("a4 b6", [(0, 3), (4, 9)]),
        ("a4 b3 a3", [(0, 3), (4, 6), (7, 9)]),
        ("a4 ~3 b3", [(0, 3), (7, 9)]),
        ("a4 .3 a3", [(0, 3), (7, 9)]),
        ("a9 b1", [(0, 8), (9, 9)]),
    ],
    ids=["still", "a change", "and back", "moving", "outside of the picture", "in the last frame"],
)
def test_a_run_lasts_from_one_change_to_the_next(
    history: str, expected: list[tuple[int, int]]
) -> None:
    contents = read_contents(tiles(on_screen({PLACE: history}), fps=1), MIN_DWELL_S)
    assert stretches(contents, PLACE) == expected
    assert stretches(contents, (0, 0)) == [(0, 9)]


def test_a_run_knows_what_was_there_before() -> None:
    contents = read_contents(tiles(on_screen({PLACE: "a4 b3 ~1 c2"}), fps=1), MIN_DWELL_S)
    first, second, third = runs_at(contents, PLACE)
    assert contents.before[first] < 0
    assert contents.before[second] == contents.content[first]
    assert contents.before[third] < 0
    assert contents.content[first] != contents.content[second] != contents.content[third]


def test_what_comes_back_is_the_same_content() -> None:
    contents = read_contents(tiles(on_screen({PLACE: "a5 b5 a5"}), fps=1), MIN_DWELL_S)
    first, second, third = (int(contents.content[run]) for run in runs_at(contents, PLACE))
    assert first == third != second


# --- carets --------------------------------------------------------------------------------------

BLINKING = "a5 " + "b0.6 a0.6 " * 5
JOINED = 1


@pytest.mark.parametrize(
    ("history", "runs"),
    [
        (BLINKING + "a5", JOINED),
        (BLINKING + "b20", JOINED),
        ("a5 b3 a3 b3 a5", JOINED),
        ("a5 b3.2 a3.2 b3.2 a5", 5),
        ("a5 b0.6 a5", 3),
        ("a5 b0.6 c0.6 b0.6 a5", 5),
        (BLINKING + "c5", 2),
        ("a5 b0.6 a0.6 b0.6 c0.6 b0.6 c0.6 b5", JOINED),
    ],
    ids=[
        "blinks",
        "blinks, then stays",
        "blinks slowly",
        "too slow to blink",
        "once only",
        "others in between",
        "blinks, then something else",
        "blinks in two ways",
    ],
)
def test_a_blinking_caret_is_no_content_of_its_own(history: str, runs: int) -> None:
    contents = read_contents(tiles(on_screen({PLACE: history})), MIN_DWELL_S)
    assert len(runs_at(contents, PLACE)) == runs


def test_a_blinking_caret_takes_no_weight_from_what_it_stands_on() -> None:
    contents = read_contents(tiles(on_screen({PLACE: BLINKING + "a5"})), MIN_DWELL_S)
    assert weights(contents, PLACE) == [1.0]
    assert not contents.passing[runs_at(contents, PLACE)].any()


@pytest.mark.parametrize(("count", "runs"), [(8, 2), (9, 12)])
def test_only_small_changes_blink(count: int, runs: int) -> None:
    places = [(2, column) for column in range(count)]
    events = tiles(on_screen(dict.fromkeys(places, BLINKING + "c5")))
    contents = read_contents(events, MIN_DWELL_S)
    assert len(runs_at(contents, places[0])) == runs


@pytest.mark.parametrize(
    ("places", "runs"),
    [
        ([(2, column) for column in range(6)] + [(9, column) for column in range(6)], JOINED + 1),
        ([(index, index) for index in range(8)], JOINED + 1),
        ([(index, index) for index in range(9)], 12),
    ],
    ids=["two words", "eight corner to corner", "nine corner to corner"],
)
def test_a_change_is_as_small_as_what_touches(places: list[Place], runs: int) -> None:
    """Not how much else changes at the same time."""
    events = tiles(on_screen(dict.fromkeys(places, BLINKING + "c5")))
    contents = read_contents(events, MIN_DWELL_S)
    assert {len(runs_at(contents, place)) for place in places} == {runs}


def test_a_caret_blinks_also_where_much_begins_to_move() -> None:
    moving = block(range(2), range(12), "a5 ~8") | block(range(2, 4), range(12), "a7 ~6")
    events = tiles(on_screen(moving | {PLACE: "a5 b1 a1 b1 a5"}))
    assert len(runs_at(read_contents(events, MIN_DWELL_S), PLACE)) == JOINED


# --- pointers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("histories", "spots", "runs"),
    [
        ({PLACE: "a10 b5 a10"}, {10: 2, 15: 2}, JOINED),
        ({PLACE: "a10 b5 a10"}, {10: 1, 15: 2}, JOINED),
        ({PLACE: "a10 b5 a10"}, {10: 2, 15: 1}, JOINED),
        ({PLACE: "a10 b5 a10"}, {10: 1, 15: 1}, 3),
        ({PLACE: "a10 b5 a10"}, {}, 3),
        ({PLACE: "a10 b5 a10"}, {10: 2}, 3),
        ({PLACE: "a10 b5 a10"}, {15: 2}, 3),
        ({PLACE: "a10 b5 c10"}, {10: 2, 15: 2}, 3),
        ({PLACE: "a10 b5 a5 b5 a10"}, {10: 2, 15: 2, 20: 2, 25: 2}, 5),
        ({PLACE: "a10 b5"}, {10: 2}, 2),
        (block(range(4), range(COLUMNS), "a15 b10") | {PLACE: "a10 b5 a10"}, {10: 1}, JOINED),
        (block(range(3), range(COLUMNS), "a15 b10") | {PLACE: "a10 b5 a10"}, {10: 1}, 3),
    ],
    ids=[
        "comes from elsewhere and goes elsewhere",
        "goes elsewhere",
        "comes from elsewhere",
        "a word that changes and changes back",
        "no pointer",
        "goes with something else",
        "comes with something else",
        "leaves something else behind",
        "comes to the same place again",
        "stays",
        "goes with the window",
        "goes with a part of the window",
    ],
)
def test_a_pointer_over_a_tile_is_no_content_of_its_own(
    histories: dict[Place, str], spots: dict[float, int], runs: int
) -> None:
    contents = read_contents(tiles(on_screen(histories), spots=spots), MIN_DWELL_S)
    assert len(runs_at(contents, PLACE)) == runs


# --- how long it was there -----------------------------------------------------------------------

ONE = {PLACE: "a30 b{} c30"}
MANY = block(range(4, 8), range(COLUMNS), "a30 b{} c30")
APART = block(range(4, 6), range(COLUMNS), "a30 b{} c30") | block(
    range(8, 10), range(COLUMNS), "a30 b{} c30"
)


@pytest.mark.parametrize(
    ("histories", "fps", "lasted_s", "weight"),
    [
        (ONE, 5, 0.4, 0.0),
        (ONE, 5, 0.6, 0.1 / 2.5),  # half a sample above the least, of 0.6 s to 3 s and that half
        (ONE, 5, 1.8, 1.3 / 2.5),
        (ONE, 5, 3.0, 1.0),
        (ONE, 5, 10.0, 1.0),
        (MANY, 5, 0.4, 0.0),
        (MANY, 5, 0.6, 0.1 / 0.5),
        (MANY, 5, 0.8, 0.3 / 0.5),
        (MANY, 5, 1.0, 1.0),
        (APART, 5, 1.0, 0.5 / 2.5),  # as many tiles, and neither part is large
        (APART, 5, 3.0, 1.0),
        (ONE, 2, 1, 0.0),
        (ONE, 2, 1.5, 0.5 / 2.0),  # a quarter of a second above 1.25 s, up to 3 s
        (ONE, 2, 3, 1.0),
        (MANY, 2, 1, 0.0),
        (MANY, 2, 1.5, 1.0),
        (ONE, 1, 2, 0.0),
        (ONE, 1, 3, 1.0),
        (MANY, 1, 2, 0.0),
        (MANY, 1, 3, 1.0),
        (ONE, 0.1, 10, 1.0),
        (MANY, 0.1, 10, 1.0),
    ],
)
def test_what_was_there_longer_counts_more(
    histories: dict[Place, str], fps: float, lasted_s: float, weight: float
) -> None:
    filled = {place: history.format(lasted_s) for place, history in histories.items()}
    contents = read_contents(tiles(on_screen(filled), fps), MIN_DWELL_S)
    assert weights(contents, PLACE) == pytest.approx([1.0, weight, 1.0])
    assert contents.passing[runs_at(contents, PLACE)].tolist() == [False, weight == 0, False]


@pytest.mark.parametrize(
    ("fps", "min_dwell_s", "least_s"),
    [
        (5, 2.0, 0.6),
        (5, 1.0, 0.5),
        (5, 0.0, 0.0),
        (2, 2.0, 1.25),
        (1, 2.0, 2.5),
        (1, 10.0, 3.0),
        (0.1, 2.0, 2.5),
    ],
)
def test_the_least_dwell_is_a_share_of_the_full_one_and_three_samples_if_those_are_near(
    fps: float, min_dwell_s: float, least_s: float
) -> None:
    events = tiles(on_screen({PLACE: "a100"}), fps)
    assert read_contents(events, min_dwell_s).least_s == pytest.approx(least_s)


def test_without_a_dwell_everything_counts_at_once() -> None:
    contents = read_contents(tiles(on_screen({PLACE: "a10 b0.2 c10"})), min_dwell_s=0.0)
    assert weights(contents, PLACE) == [1.0] * 3
    assert not contents.passing.any()


@pytest.mark.parametrize("history", ["a30 b0.4 c30 b30", "a30 b30 c30 b0.4"])
def test_a_content_counts_as_much_as_its_best_run(history: str) -> None:
    contents = read_contents(tiles(on_screen({PLACE: history})), MIN_DWELL_S)
    assert sorted(weights(contents, PLACE)) == [0.0, 1.0, 1.0, 1.0]
    assert contents.weight[contents.content[runs_at(contents, PLACE)]].tolist() == [1.0] * 4


SCROLLING_INK = 201


def scrolling(step_s: float, gap_s: float = 0.0, steps: int = 8) -> Events:
    """A line that goes up by a tile with each step, and then out of the picture."""
    times_s = [round(10 + number * (step_s + gap_s), 6) for number in range(steps)]
    histories = {
        (9 - number, 5): f"a{at_s} b{step_s} c{40 - at_s - step_s}"
        for number, at_s in enumerate(times_s)
    }
    events = tiles(on_screen(histories), ink={"b": SCROLLING_INK})
    line = events.ink == SCROLLING_INK
    content = np.where(line, events.content[line][0], events.content)
    flags = np.where(line & (np.cumsum(line) > 1), SCROLLED, events.flags)
    return replace(events, content=content, flags=flags)


@pytest.mark.parametrize(
    ("step_s", "gap_s", "weight"),
    [
        (0.4, 0.0, 0.1),  # 3.2 s on the screen
        (0.2, 0.0, 0.1 * 1.1 / 2.5),  # 1.6 s, half a sample more than 1 s above the least
        (0.4, 0.2, 0.0),
        (1.0, 0.0, 0.5 / 2.5),  # in each place, and that is more than 0.1
    ],
    ids=["slowly", "fast", "now and then", "very slowly"],
)
def test_what_scrolls_by_counts_a_tenth_of_the_time_that_it_is_shown(
    step_s: float, gap_s: float, weight: float
) -> None:
    events = scrolling(step_s, gap_s)
    contents = read_contents(events, MIN_DWELL_S)
    line = int(events.content[events.ink == SCROLLING_INK][0])
    assert contents.run_weight[contents.content == line] == pytest.approx([weight] * 8)
    assert contents.weight[line] == pytest.approx(weight)


@pytest.mark.parametrize("lasted_s", [0.5, 5.0])
def test_time_is_taken_from_the_frames_and_not_from_their_number(lasted_s: float) -> None:
    """The frame before the change is followed after a while only, as where frames were lost."""
    times_s = [0.0, 0.2, 0.4, 0.6, 0.6 + lasted_s, 0.8 + lasted_s]
    events = lettered({(0, 0): "aaabbb", (0, 1): "aaaacc"}, times_s)
    contents = read_contents(events, MIN_DWELL_S)
    assert stretches(contents, (0, 0)) == [(0, 2), (3, 5)]
    assert contents.passing[runs_at(contents, (0, 1))].tolist() == [False, True]
    assert events.step_s == pytest.approx(0.2)
    assert events.ends_s.tolist() == pytest.approx([*times_s[1:], 1.0 + lasted_s])
    seconds = lasted_s + 0.4
    expected = min(1.0, (seconds - 0.6 + 0.1) / 2.5)
    assert weights(contents, (0, 0))[1] == pytest.approx(expected)


# --- how calm its place is -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "weight"),
    [(1, 1.0), (3, 1.0), (4, 3 / 3.5), (5, 2 / 3.5), (6, 1 / 3.5), (7, 0.0), (8, 0.0)],
)
@pytest.mark.parametrize("fps", [1, 5])
def test_what_changes_all_the_time_does_not_count(fps: float, changes: int, weight: float) -> None:
    contents = read_contents(
        tiles(on_screen(block(*MIDDLING, changing(changes))), fps), MIN_DWELL_S
    )
    assert weights(contents, PLACE) == pytest.approx([1.0] + [weight] * changes)


def test_changes_long_ago_and_long_after_tell_nothing_of_now() -> None:
    """Three changes, and three again after a minute, and so on."""
    history = " ".join([changing(3)] * 4)
    contents = read_contents(tiles(on_screen(block(*MIDDLING, history))), MIN_DWELL_S)
    assert set(weights(contents, PLACE)) == {1.0}


@pytest.mark.parametrize(
    ("options", "changes", "weight"),
    [
        ({"grown": "bcdefghij"}, 8, 1.0),  # 8 x 0.4 = 3.2
        ({"grown": "bcdefghij"}, 9, 3.4 / 3.5),
        ({"shaded": "bcdefghij"}, 9, 0.15 * 3.4 / 3.5),
        ({}, 8, 0.0),
    ],
    ids=["added", "much added", "shaded", "replaced"],
)
def test_additions_and_shades_tell_less_of_restlessness(
    options: dict[str, str], changes: int, weight: float
) -> None:
    histories = on_screen(block(*MIDDLING, changing(changes)))
    contents = read_contents(tiles(histories, **options), MIN_DWELL_S)
    assert weights(contents, PLACE)[1:] == pytest.approx([weight] * changes)


@pytest.mark.parametrize(("flag", "weight"), [(NEW, 0.0), (SCROLLED, 1.0)])
def test_what_scrolls_into_its_place_is_no_activity(flag: int, weight: float) -> None:
    events = tiles(on_screen(block(*MIDDLING, changing(8))))
    events = replace(events, flags=np.where(events.frame > 0, flag, events.flags))
    assert weights(read_contents(events, MIN_DWELL_S), PLACE) == [1.0] + [weight] * 8


def test_text_that_comes_and_goes_is_as_calm_as_additions() -> None:
    history = "_60 b4 _4 c4 _4 d4 _4 e4 _60"
    contents = read_contents(tiles(on_screen(block(*MIDDLING, history)), ink={"_": 0}), MIN_DWELL_S)
    assert max(weights(contents, PLACE)) == 1.0


@pytest.mark.parametrize(
    ("rests_s", "weight"), [(30, 0.0), (60, 0.0), (72, 0.2), (90, 0.5), (120, 1.0), (150, 1.0)]
)
def test_what_rests_for_long_after_an_animation_counts(rests_s: float, weight: float) -> None:
    history = f"a60 b1 c1 d1 e1 f1 g1 h1 i1 j{rests_s}"
    contents = read_contents(tiles(on_screen(block(*MIDDLING, history))), MIN_DWELL_S)
    assert weights(contents, PLACE)[0] == 1.0
    assert weights(contents, PLACE)[-1] == pytest.approx(weight)


@pytest.mark.parametrize(
    ("fps", "min_dwell_s", "sparse"),
    [(5, 2.0, False), (1, 2.0, False), (0.5, 2.0, True), (0.1, 2.0, True), (5, 0.0, True)],
)
def test_where_movement_cannot_be_seen_nothing_is_restless(
    fps: float, min_dwell_s: float, sparse: bool
) -> None:
    """Whatever changes with each sample, or every ten seconds, is a new screen."""
    history = " ".join(f"{chr(ord('A') + number)}10" for number in range(40))
    events = tiles(on_screen({PLACE: history}), fps)
    contents = read_contents(events, min_dwell_s)
    assert contents.sparse == sparse
    assert (min(weights(contents, PLACE)) == 1.0) == sparse


@pytest.mark.parametrize(("rows", "weight"), [(3, 0.0), (4, 1.0)])
def test_another_window_is_no_restlessness(rows: int, weight: float) -> None:
    """Four of the twelve rows are more than three tenths of the screen."""
    histories = on_screen(block(range(3, 3 + rows), range(COLUMNS), changing(8)))
    contents = read_contents(tiles(histories), MIN_DWELL_S)
    assert weights(contents, PLACE) == [1.0] + [weight] * 8


NINE = [(row, column) for row in (3, 4, 6) for column in (4, 5, 6)]  # all around PLACE


@pytest.mark.parametrize(
    ("places", "weight"),
    [
        (NINE, 1.0),
        ([*NINE, (5, 4)], 0.0),
        ([*NINE, (8, 5)], 0.0),
        ([*NINE, (9, 5)], 1.0),
        ([*NINE, (2, 1)], 0.0),
        ([*NINE, (5, 9)], 0.0),
        ([*NINE, (5, 10)], 1.0),
    ],
    ids=[
        "nine",
        "ten",
        "three rows off",
        "four rows off",
        "three rows and four columns off",
        "four columns off",
        "five columns off",
    ],
)
def test_what_lies_within_an_animation_counts_as_little(places: list[Place], weight: float) -> None:
    history = changing(8)
    histories = dict.fromkeys(places, history) | {PLACE: "a80 b26"}
    contents = read_contents(tiles(on_screen(histories)), MIN_DWELL_S)
    assert weights(contents, PLACE) == [1.0, weight]


def test_the_edge_of_the_screen_has_no_neighbours_beyond_it() -> None:
    histories = block(range(3, 8), range(2), changing(8))
    far = (5, COLUMNS - 1)
    contents = read_contents(tiles(on_screen(histories | {far: "a80 b26"})), MIN_DWELL_S)
    assert weights(contents, far) == [1.0, 1.0]


# --- clocks --------------------------------------------------------------------------------------


def minutes(count: int) -> str:
    return " ".join(f"{chr(ord('b') + minute)}60" for minute in range(count))


def test_a_clock_that_ticks_once_a_minute_fades() -> None:
    """Five ticks on both sides and its own, of which four would be free.

    Ten minutes are looked at near the begin and the end too: it ticks ten times in them, and eleven
    times where its own lies in their middle.
    """
    contents = read_contents(tiles(on_screen({PLACE: minutes(20)}), fps=1), MIN_DWELL_S)
    expected = [1.0] + [(4 / 10) ** 3] * 5 + [(4 / 11) ** 3] * 9 + [(4 / 10) ** 3] * 5
    assert weights(contents, PLACE) == pytest.approx(expected)


def test_two_clocks_that_tick_together_are_as_small_as_one() -> None:
    """They are apart, so it does not count how many tiles change in both of them."""
    places = [*block(range(5, 6), range(3, 9), ""), *block(range(9, 10), range(8), "")]
    histories = on_screen(dict.fromkeys(places, minutes(20)))
    contents = read_contents(tiles(histories, fps=1), MIN_DWELL_S)
    for place in (PLACE, (9, 0)):
        assert weights(contents, place)[6:15] == pytest.approx([(4 / 11) ** 3] * 9)


@pytest.mark.parametrize(
    ("ticks", "weight"), [(1, 1.0), (3, 1.0), (4, 1.0), (5, (4 / 5) ** 3), (8, (4 / 8) ** 3)]
)
def test_a_few_changes_are_no_clock(ticks: int, weight: float) -> None:
    contents = read_contents(tiles(on_screen({PLACE: minutes(ticks + 1)}), fps=1), MIN_DWELL_S)
    assert weights(contents, PLACE) == pytest.approx([1.0] + [weight] * ticks)


@pytest.mark.parametrize(
    ("places", "count"),
    [(MIDDLING, 11), ((range(3, 7), range(COLUMNS)), 20)],
    ids=["in a pane, ten times", "in a window"],
)
def test_a_page_that_is_turned_once_a_minute_is_no_clock(
    places: tuple[range, range], count: int
) -> None:
    histories = on_screen(block(*places, minutes(count)))
    found = weights(read_contents(tiles(histories, fps=1), MIN_DWELL_S), PLACE)
    assert found == [1.0] * count


def test_a_pane_that_is_refreshed_once_a_minute_fades() -> None:
    """Eleven times within ten minutes, or ten at both ends, of which ten would be free."""
    histories = on_screen(block(*MIDDLING, minutes(20)))
    found = weights(read_contents(tiles(histories, fps=1), MIN_DWELL_S), PLACE)
    assert found == pytest.approx([1.0] * 6 + [(10 / 11) ** 3] * 9 + [1.0] * 5)


PANE, BESIDE = (range(2, 5), range(1, 5)), (range(8, 11), range(10, 14))


def test_a_pane_of_figures_counts_little_and_a_change_beside_it_in_full() -> None:
    """Sixty times in five minutes, in 31 bins; before and after it rests for long."""
    figures = " ".join(f"{chr(200 + number)}5" for number in range(60))
    histories = block(*PANE, f"a150 {figures} b150") | block(*BESIDE, "a300 b300")
    contents = read_contents(tiles(on_screen(histories), fps=1), MIN_DWELL_S)
    rested = (10 / 31) ** 3
    found = weights(contents, (3, 2))
    assert [found[0], found[-1]] == pytest.approx([rested] * 2)
    assert max(found[1:-1]) < rested
    assert weights(contents, (9, 12)) == [1.0, 1.0]


def test_a_pane_of_figures_that_changes_slowly_counts_little() -> None:
    """Too slow for an animation: thirty times in ten minutes, and the screen before them too."""
    figures = " ".join(f"{chr(200 + number)}20" for number in range(29))
    histories = on_screen(block(*PANE, f"a20 {figures} b20"))
    found = weights(read_contents(tiles(histories, fps=1), MIN_DWELL_S), (3, 2))
    assert found == pytest.approx([(10 / 30) ** 3] * 31)


@pytest.mark.parametrize(
    ("changes_s", "ticks"),
    [(600, 2), (680, 10), (690, 11), (740, 16), (1200, 16), (1250, 11), (1260, 10), (1350, 1)],
)
def test_a_pane_is_known_by_what_it_shows_within_five_minutes(changes_s: int, ticks: int) -> None:
    """Figures come at 900 s, 910 s, ..., 1040 s; besides, it changes once before or after them."""
    figures, last = " ".join(f"{chr(200 + number)}10" for number in range(14)), chr(214)
    if changes_s < 900:
        history = f"a{changes_s} b{900 - changes_s} {figures} {last}1360"
    else:
        history = f"a900 {figures} {last}{changes_s - 1040} b{2400 - changes_s}"
    events = tiles(on_screen(block(*PANE, history) | {(11, 15): "a2390 b10"}), fps=1)
    contents = read_contents(events, MIN_DWELL_S)
    starts_s = events.times_s[contents.first[runs_at(contents, (3, 2))]].tolist()
    found = dict(zip(starts_s, weights(contents, (3, 2)), strict=True))
    assert found[changes_s] == pytest.approx(min(1.0, (10 / ticks) ** 3))


def test_ticks_within_ten_seconds_are_one() -> None:
    history = "a60 b3 c3 d3 e25"
    contents = read_contents(tiles(on_screen({PLACE: history})), MIN_DWELL_S)
    assert weights(contents, PLACE) == pytest.approx([1.0] + [3 / 3.5] * 4)


# --- what it counts in the arrangement -----------------------------------------------------------


def test_in_the_arrangement_a_content_counts_as_its_place_is_usually_calm() -> None:
    """It rests for a minute and comes back for three seconds amid an animation."""
    history = "a60 b3 c3 d3 a3 e3 f3 g3 h3 i25"
    events = tiles(on_screen(block(*MIDDLING, history)))
    contents = read_contents(events, MIN_DWELL_S)
    first, second, *_ = contents.content[runs_at(contents, PLACE)].tolist()
    assert contents.weight[first] == 1.0
    assert contents.arranged[first] == pytest.approx(60 / 63)
    assert contents.arranged[second] == 0.0


@pytest.mark.parametrize(("ink", "worth"), [(0, 0.25), (42, 0.625), (200, 1.0)])
def test_in_the_arrangement_a_calm_content_counts_what_it_is_worth(ink: int, worth: float) -> None:
    contents = read_contents(tiles(on_screen({PLACE: "a20 b20"}), ink={"b": ink}), MIN_DWELL_S)
    second = contents.content[runs_at(contents, PLACE)[1]]
    assert contents.arranged[second] == pytest.approx(worth)


# --- what it is worth ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ink", "worth", "blank"),
    [
        (0, 0.25, True),
        (BLANK_INK - 1, 0.25, True),
        (BLANK_INK, 0.25, False),
        (42, 0.25 + 0.75 / 2, False),
        (60, 1.0, False),
        (255, 1.0, False),
    ],
)
def test_faint_contents_count_less(ink: int, worth: float, blank: bool) -> None:
    contents = read_contents(tiles(on_screen({PLACE: "a20 b20"}), ink={"b": ink}), MIN_DWELL_S)
    second = runs_at(contents, PLACE)[1]
    assert contents.run_weight[second] == pytest.approx(worth)
    assert contents.weight[contents.content[second]] == pytest.approx(worth)
    assert contents.blank[contents.content[second]] == blank


@pytest.mark.parametrize(("ink", "worth"), [(200, 0.15), (0, 0.25 * 0.15)])
def test_a_mere_shade_counts_little(ink: int, worth: float) -> None:
    """Also when it comes back: it is a shade because of how it looked at first."""
    events = tiles(on_screen({PLACE: "a20 s20 a20 s20"}), ink={"s": ink}, shaded="s")
    assert weights(read_contents(events, MIN_DWELL_S), PLACE) == pytest.approx([1.0, worth] * 2)


# --- what grew from what -------------------------------------------------------------------------


def parents(events: Events) -> dict[int, int]:
    """The content that each content of PLACE grew from, both by their order in that tile."""
    contents = read_contents(events, MIN_DWELL_S)
    mask = events.tile == PLACE[0] * ROW + PLACE[1]
    order = list(dict.fromkeys(events.content[mask].tolist()))
    known = {content: number for number, content in enumerate(order) if content >= 0}
    return {
        number: known.get(int(contents.grown_from[content]), -1)
        for content, number in known.items()
    }


@pytest.mark.parametrize(
    ("history", "grown", "expected"),
    [
        ("a10 b10", "", {0: -1, 1: -1}),
        ("a10 b10", "b", {0: -1, 1: 0}),
        ("a10 b10 c10", "bc", {0: -1, 1: 0, 2: 1}),
        ("a10 b10 c10", "c", {0: -1, 1: -1, 2: 1}),
        ("a10 b10 a10 c10", "c", {0: -1, 1: -1, 2: 0}),
        ("a10 ~2 b10", "b", {0: -1, 2: -1}),
        ("a5 b0.4 a0.4 b0.4 c10", "bc", {0: -1, 1: 0, 2: 0}),
        ("a10", "a", {0: -1}),
    ],
    ids=[
        "replaced",
        "grown",
        "grown twice",
        "replaced, then grown",
        "grown from what came back",
        "out of movement",
        "grown from a caret",
        "from nothing",
    ],
)
def test_what_is_added_to_shows_what_it_grew_from(
    history: str, grown: str, expected: dict[int, int]
) -> None:
    assert parents(tiles(on_screen({PLACE: history}), grown=grown)) == expected


def test_tiles_that_follow_each_other_in_number_are_not_one() -> None:
    """The first content of a tile did not grow from the last one of its neighbour."""
    events = tiles({(0, 0): "a5 b5", (0, 1): "c10"}, grown="bc")
    contents = read_contents(events, MIN_DWELL_S)
    assert contents.grown_from.tolist() == [-1, -1, 0]
    assert stretches(contents, (0, 1)) == [(0, 49)]


def test_a_leap_in_time_takes_no_more_room_than_a_pause() -> None:
    """Some recorders give the first frame the time 0 and the others the time since 1970."""
    events = tiles(on_screen({PLACE: minutes(5)}), fps=1)
    leap = events.times_s + np.where(np.arange(len(events.times_s)) > 0, 1.7e9, 0.0)
    after = read_contents(replace(events, times_s=leap), MIN_DWELL_S)
    pause = read_contents(
        replace(events, times_s=events.times_s + np.where(leap > 1e9, 600.0, 0.0)), MIN_DWELL_S
    )
    assert weights(after, PLACE)[1:] == weights(pause, PLACE)[1:]
