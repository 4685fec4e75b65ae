"""The strategy `auto` on storyboards: what is kept, once, for which reason, and within a budget."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np
import pytest

from scribebench.frames.contents import read_contents
from scribebench.frames.runs import Events
from scribebench.frames.settled import find_states
from scribebench.frames.strategies.auto import (
    ADDS_LEAST,
    select_auto,
)
from scribebench.frames.strategies.decisions import DROPPED, KEPT, Decision, Settings
from unit.storyboard import (
    AUTO,
    COLUMNS,
    LINES,
    ROWS,
    Place,
    Shot,
    block,
    film,
    kept,
    lettered,
    on_screen,
    page,
    text,
    tiles,
    with_box,
    written,
)
from unit.videos import Image, plain

EVERYWHERE = (range(ROWS), range(COLUMNS))
PLACE = (9, 3)
A, B, C = page("A"), page("B"), page("C")


def select(events: Events, settings: Settings = AUTO) -> list[Decision]:
    return select_auto(events, [False] * len(events.times_s), settings)


def shots_kept(shots: Sequence[Shot], fps: float = 5.0, settings: Settings = AUTO) -> list[int]:
    """The places of the shots that kept frames come from."""
    of_frame = [
        place for place, (seconds, _) in enumerate(shots) for _ in range(round(seconds * fps))
    ]
    return [of_frame[index] for index in kept(select(film(shots, fps), settings))]


def seconds_kept(events: Events, settings: Settings = AUTO) -> list[float]:
    return [float(events.times_s[index]) for index in kept(select(events, settings))]


# --- what is kept --------------------------------------------------------------------------------


def with_line(line: str) -> Image:
    """Page A with another line in its middle."""
    lines = text("A")
    return written(*lines[:6], line, *lines[7:])


def blinking(time_s: float) -> Image:
    return with_box(A, 300, 170, 2, 14) if int(2 * time_s) % 2 else A


def wandering(time_s: float) -> Image:
    """A pointer that comes, goes from place to place, and out of the way."""
    left, top = [(120, 60), (300, 171), (501, 100), (30, 230), (400, 300)][int(time_s) % 5]
    return with_box(A, left, top, 8, 12) if 5 <= time_s < 15 else A


def counting(time_s: float) -> Image:
    return with_line(f"{int(5 * time_s) % 10}")


def glittering(time_s: float) -> Image:
    image = A.copy()
    source = np.random.default_rng(int(5 * time_s))
    image[96:192, 320:512] = source.integers(0, 256, (96, 192, 3))
    return image


DIALOG = with_box(A, 100, 100, 220, 120, 90)
MORE, STREAM = text("more"), text("stream", 200)
PRINTED = [(0.4, written(*MORE[:count])) for count in range(1, LINES + 1)]


@pytest.mark.parametrize(
    ("shots", "expected"),
    [
        ([(10, A)], [0]),
        ([(10, A), (10, B), (10, C)], [0, 1, 2]),
        ([(3, A), (3, B), (3, C)], [0, 1, 2]),
        ([(10, A), (10, DIALOG), (10, B)], [0, 1, 2]),
        ([(10, A), (10, with_line("error: 2 tests failed"))], [0, 1]),
        ([(10, with_line("limit = 250")), (10, with_line("limit = 260")), (5, B)], [0, 1, 2]),
        ([(10, written(*MORE[:LINES])), (10, written(*MORE[7:], *text("new", 7)))], [0, 1]),
        ([(10, A), (0.4, B), (10, A)], [2]),
        ([(10, A), (0.4, B), (0.4, C), (10, A)], [3]),
        ([(20, blinking)], [0]),
        ([(20, wandering)], [0]),
        ([(20, glittering)], [0]),
        ([(20, counting)], [0]),
        ([(10, A), (10, B), (20, blinking), (10, B), (10, A)], [3, 4]),
    ],
    ids=[
        "one screen",
        "three screens",
        "three screens, soon gone",
        "a dialog",
        "a line",
        "a digit",
        "half a page scrolled",
        "a flash",
        "two flashes",
        "a caret",
        "a pointer",
        "an animation",
        "a counter",
        "screens that come back with noise",
    ],
)
def test_each_screen_with_new_content_is_kept_once(shots: list[Shot], expected: list[int]) -> None:
    assert shots_kept(shots) == expected


@pytest.mark.parametrize("fps", [0.1, 0.5, 1, 2, 5])
def test_screens_that_stay_are_kept_at_any_rate(fps: float) -> None:
    assert shots_kept([(40, A), (40, B), (40, A), (40, C)], fps) == [1, 2, 3]


@pytest.mark.parametrize(
    ("shots", "expected"),
    [
        ([(10, A), (10, B), (10, A)], [1, 2]),
        ([(10, A), (10, B), (10, A), (10, B), (10, A)], [3, 4]),
        ([(10, A), (10, DIALOG), (10, A)], [1, 2]),
        ([(20, A), (5, B), (1, A)], [0, 1]),
        ([(1, A), (5, B), (20, A)], [1, 2]),
    ],
    ids=["once", "often", "after a dialog", "for a short time", "before, for a short time"],
)
def test_returns_to_a_screen_are_not_kept_again(shots: list[Shot], expected: list[int]) -> None:
    """Of two times that a screen is shown the longer one is kept, or else the later one."""
    assert shots_kept(shots) == expected


# --- text that grows -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, [19.8]), (3, [19.8]), (4, [9.8, 19.8]), (100, [9.8, 19.8])],
    ids=["a tile", "three", "four", "most of the screen"],
)
@pytest.mark.parametrize("before", ["_", "a"], ids=["blank space", "text"])
def test_only_larger_additions_leave_what_was_there_before(
    before: str, count: int, expected: list[float]
) -> None:
    """A tile that is otherwise arranged adds 0.13, and half a tile is the least."""
    places = list(block(range(2, ROWS), range(COLUMNS), ""))[:count]
    histories = on_screen(dict.fromkeys(places, f"{before}10 b10"))
    events = tiles(histories, grown="b", ink={"_": 0})
    assert seconds_kept(events) == pytest.approx(expected)
    reasons = [decision.reason for decision in select(events) if decision.kept]
    assert reasons == ["arrangement", "content"][-len(expected) :]


def test_text_that_is_replaced_is_kept_however_small() -> None:
    assert seconds_kept(tiles(on_screen({PLACE: "a10 b10"}))) == pytest.approx([9.8, 19.8])


def test_text_that_grows_by_and_by_is_kept_when_it_is_done() -> None:
    """A word at a time, beside each other and over what has been written: three tiles in all."""
    words = [f"_{10 * number} b{40 - 10 * number}" for number in range(1, 3)]
    grown = {(5, column): word for column, word in enumerate(words)} | {PLACE: "a10 b10 c10 d10"}
    events = tiles(on_screen(grown), grown="bcd", ink={"_": 0})
    assert seconds_kept(events) == pytest.approx([39.8])
    assert {decision.represented_by for decision in select(events)} == {199}


def test_typing_is_kept_when_it_is_done() -> None:
    line = "a long line is typed"
    typing = [(0.2, written(*MORE[:9], line[:count])) for count in range(1, len(line))]
    shots = [*typing, (5, written(*MORE[:9], line)), (10, B)]
    assert shots_kept(shots)[-2:] == [len(typing), len(typing) + 1]


def test_a_page_that_fills_up_is_kept_full() -> None:
    shots = [(6, written(*MORE[:count])) for count in range(1, LINES + 1)]
    found = shots_kept(shots)
    assert found[-1] == LINES - 1
    assert len(set(found)) == len(found)


# --- how frames stand for others -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("histories", "reason"),
    [
        ({PLACE: "a20"}, "same"),
        ({PLACE: "a5 " + "b0.6 a0.6 " * 10 + "a3"}, "same"),
        (block(range(2, 5), range(2, 6), "b0.4 c0.4 d0.4 e0.4 f0.4 " * 10), "noise"),
    ],
    ids=["still", "caret", "animation"],
)
def test_a_frame_of_a_kept_state_differs_by_noise_or_not_at_all(
    histories: Mapping[Place, str], reason: str
) -> None:
    decisions = select(tiles(on_screen(histories)))
    (chosen,) = kept(decisions)
    assert reason in {decision.reason for decision in decisions if not decision.kept}
    assert {decision.reason for decision in decisions} <= {"content", "same", reason}
    assert {decision.represented_by for decision in decisions} == {chosen}


def test_a_screen_that_came_back_is_represented_by_the_time_that_was_kept() -> None:
    decisions = select(tiles(block(*EVERYWHERE, "a5 b10 a20 c10")))
    assert kept(decisions) == [74, 174, 224]
    assert {decisions[index].represented_by for index in range(25)} == {174}
    assert {decisions[index].reason for index in range(25)} == {"seen"}
    assert [index for index in range(25) if decisions[index].adds is not None] == [24]
    assert decisions[24].adds == 0.0


def test_what_is_in_passing_is_represented_by_what_is_nearer() -> None:
    decisions = select(tiles(block(*EVERYWHERE, "a10 b0.4 c10")))
    assert kept(decisions) == [49, 101]
    assert [(one.reason, one.represented_by) for one in decisions[50:52]] == [
        ("passing", 49),
        ("passing", 101),
    ]


def test_what_is_in_passing_at_an_end_is_represented_by_what_is_there() -> None:
    decisions = select(tiles(block(*EVERYWHERE, "a0.4 b10 c0.4")))
    assert kept(decisions) == [51]
    assert [decisions[index].reason for index in (0, 1, 52, 53)] == ["passing"] * 4
    assert {decision.represented_by for decision in decisions} == {51}


def test_a_state_that_is_not_kept_is_represented_by_the_one_most_like_it() -> None:
    """Two windows of which one is edited; a third one lies between in time."""
    edited = {(5, column): "a10 z10 b10" for column in range(10)}
    events = tiles(block(*EVERYWHERE, "a10 z10 a10") | edited)
    decisions = select(events, replace(AUTO, budget=2))
    assert kept(decisions) == [99, 149]
    assert {decision.represented_by for decision in decisions[:50]} == {149}
    assert {decision.reason for decision in decisions[:50]} == {"budget"}
    assert decisions[49].adds == pytest.approx(10 + 0.13 * 10)


def test_reasons_tell_content_from_arrangement() -> None:
    """The third screen shows the middle of the first and the lower part of the second."""
    upper = block(range(2), range(COLUMNS), "a10 b10 _10")
    middle = block(range(2, 6), range(COLUMNS), "a10 b10 a10")
    lower = block(range(6, ROWS), range(COLUMNS), "a10 b10 b10")
    decisions = select(tiles(upper | middle | lower, ink={"_": 0}))
    assert [(one.frame_index, one.reason) for one in decisions if one.kept] == [
        (49, "content"),
        (99, "content"),
        (149, "arrangement"),
    ]
    assert decisions[149].adds == pytest.approx(3.0)


def test_what_a_frame_adds_is_told_in_tiles() -> None:
    decisions = select(tiles(on_screen({(5, column): "a10 b10" for column in range(4)})))
    assert [one.adds for one in decisions if one.kept] == pytest.approx([4 + 0.13 * 4, 192 + 3])


# --- a budget ------------------------------------------------------------------------------------


def screens(count: int, seconds: float = 10.0) -> Events:
    """Screens that are each a little larger than the one before."""
    letters = "abcdefghijkl"[:count]
    histories = {}
    for number, place in enumerate(block(*EVERYWHERE, "")):
        shown = (
            letter if number < 60 + 10 * order else "_" for order, letter in enumerate(letters)
        )
        histories[place] = " ".join(f"{letter}{seconds}" for letter in shown)
    return tiles(histories, ink={"_": 0})


@pytest.mark.parametrize("budget", [1, 2, 3, 5, 7, 8, 20])
def test_a_budget_takes_what_adds_most(budget: int) -> None:
    expected = [50 * number + 49 for number in range(8)][-budget:]
    assert kept(select(screens(8), replace(AUTO, budget=budget))) == expected


def test_a_larger_budget_keeps_what_a_smaller_one_does() -> None:
    for events in (screens(10), random_events(5), random_events(8)):
        smaller: set[int] = set()
        for budget in range(1, 15):
            chosen = set(kept(select(events, replace(AUTO, budget=budget))))
            assert smaller <= chosen
            assert len(chosen) <= budget
            smaller = chosen


@pytest.mark.parametrize("budget", [3, 50, 1000])
def test_a_budget_is_not_used_up_for_nothing(budget: int) -> None:
    events = tiles(block(*EVERYWHERE, "a10 b10 a10 c10 b10 a10"))
    assert len(kept(select(events, replace(AUTO, budget=budget)))) == 3
    assert len(kept(select(events))) == 3


def flashes(count: int) -> Events:
    """A screen on which one tile after the other shows something else for three seconds."""
    places = block(range(20), range(20), "")
    histories = dict.fromkeys(places, f"a{3 * count + 3}")
    for number, place in zip(range(count), list(places)[::2], strict=False):
        histories[place] = f"a{3 * number} b3 a{3 * (count - number)}"
    return tiles(histories, fps=2)


@pytest.mark.parametrize(
    ("count", "least", "most"), [(15, 16, 16), (60, 22, 36), (90, 26, 42), (180, 37, 60)]
)
def test_auto_stops_where_a_frame_adds_little_for_the_length(
    count: int, least: int, most: int
) -> None:
    """Twenty frames and four a minute are usual; a tile that shows something else adds little."""
    events = flashes(count)
    decisions = select(events)
    assert len(kept(select(events, replace(AUTO, budget=1000)))) == count + 1
    assert least <= len(kept(decisions)) <= most
    assert {one.reason for one in decisions if one.adds and not one.kept} <= {"budget"}


def test_a_long_stillness_is_kept_now_and_then() -> None:
    events = tiles(block(*EVERYWHERE, "a10 b990"), fps=1)
    assert kept(select(events)) == [9, 999]
    often = replace(AUTO, keepalive_s=300.0)
    assert kept(select(events, often)) == [9, 309, 909, 999]
    assert kept(select(events, replace(often, budget=3))) == [9, 309, 999]
    assert kept(select(events, replace(often, budget=2))) == [9, 999]


# --- recordings of little ------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [AUTO, replace(AUTO, budget=1), replace(AUTO, budget=9)])
@pytest.mark.parametrize(
    ("shots", "expected"),
    [
        ([(0.2, A)], [0]),
        ([(0.4, A)], [1]),
        ([(0.2, plain(255, 640, 384))], [0]),
        ([(10, plain(255, 640, 384))], [49]),
        ([(10, plain(0, 640, 384))], [49]),
        ([(10, plain(255, 16, 16))], [49]),
        ([(0.2, A), (0.2, B)], [1]),
    ],
    ids=["one frame", "two frames", "one blank", "white", "black", "tiny", "two in passing"],
)
def test_the_last_frame_of_little_is_kept(
    shots: list[Shot], expected: list[int], settings: Settings
) -> None:
    decisions = select(film(shots), settings)
    assert kept(decisions) == expected
    assert {decision.represented_by for decision in decisions} == set(expected)
    assert decisions[expected[0]].reason == "content"


def test_what_never_rests_has_a_kept_frame() -> None:
    decisions = select(film([(10, lambda time_s: page(f"page {int(5 * time_s)}"))]))
    chosen = kept(decisions)
    assert chosen
    assert {decision.represented_by for decision in decisions} == set(chosen)


@pytest.mark.parametrize(
    ("history", "pictured", "expected"),
    [
        ("a10 b10", {30, 40, 80}, [40, 80]),
        ("a10 b10", {30}, [30, 99]),
        ("a10 b10 a10", {30}, [30, 99]),
        ("a10 b10 a10", {30, 99, 120}, [99, 120]),
        ("a3 b10 a10", {5}, [64, 114]),
    ],
    ids=[
        "each has one",
        "only one has one",
        "the first time has one",
        "both times have one",
        "the much shorter time has one",
    ],
)
def test_a_stored_picture_is_preferred(
    history: str, pictured: set[int], expected: list[int]
) -> None:
    events = tiles(block(*EVERYWHERE, history))
    stored = [index in pictured for index in range(len(events.times_s))]
    assert kept(select_auto(events, stored, AUTO)) == expected


# --- clocks, screenshots, lines that are printed -------------------------------------------------


def test_a_clock_that_ticks_once_a_minute_keeps_no_frame() -> None:
    """Its figures may lie on the edge between two tiles."""
    minutes = " ".join(f"{chr(ord('A') + minute)}60" for minute in range(20))
    decisions = select(tiles(on_screen({(0, 1): minutes, (0, 2): minutes}), fps=1))
    assert len(kept(decisions)) <= 2


@pytest.mark.parametrize("fps", [0.1, 0.35])
def test_pictures_that_are_all_different_are_all_kept(fps: float) -> None:
    """Such as a folder of screenshots."""
    count = 12
    shots = [(1 / fps, page(f"picture {number}")) for number in range(count)]
    assert shots_kept(shots, fps) == list(range(count))


def test_lines_that_come_at_a_beat_are_kept_before_they_are_gone() -> None:
    found = shots_kept([(5, A), *PRINTED, (5, B)])
    assert {0, len(PRINTED) + 1} < set(found)


def test_lines_that_come_at_a_beat_are_kept_once_when_they_stay() -> None:
    """How they are arranged meanwhile is by chance."""
    assert shots_kept([(5, A), *PRINTED, (5, written(*MORE))]) == [0, len(PRINTED) + 1]


def streaming(time_s: float) -> Image:
    """Three lines a second, so that each is on the screen for some seconds."""
    first = int(3 * time_s + 1e-6)
    return written(*STREAM[first : first + LINES])


def test_text_that_streams_by_is_kept_now_and_then() -> None:
    """A hundred and eighty lines in a minute, of which a screen holds fourteen."""
    found = seconds_kept(film([(10, A), (60, streaming), (10, B)]))
    streamed = [second for second in found if 10 <= second < 70]
    assert 3 <= len(streamed) <= 8
    assert {int(second - 10) // 20 for second in streamed} == {0, 1, 2}
    assert len(found) == len(streamed) + 2


# --- any recording -------------------------------------------------------------------------------


def random_events(seed: int) -> Events:
    """Windows that change, edits, blinks, movement, other sizes; even or uneven times."""
    source = random.Random(seed)
    rows, columns = source.choice([(1, 1), (3, 4), (9, 12)])
    count = source.choice([1, 2, 5, 80, 200, 200])
    shown = dict.fromkeys(block(range(rows), range(columns), ""), "a")
    histories = dict.fromkeys(shown, "a")
    for _ in range(count - 1):
        kind = source.random()
        if kind < 0.05:
            shown = dict.fromkeys(shown, source.choice("abcdefg_"))
        elif kind < 0.2:
            places = source.sample(sorted(shown), min(len(shown), source.randint(1, 10)))
            shown |= dict.fromkeys(places, source.choice("abcdefghijk_~."))
        histories = {place: history + shown[place] for place, history in histories.items()}
    steps = [source.choice([0.2, 0.2, 0.4, 5.0]) if seed % 2 else 0.2 for _ in range(count - 1)]
    spots = {frame: source.choice([0, 0, 1, 2]) for frame in range(count)}
    return lettered(
        histories,
        list(accumulate(steps, initial=0.0)),
        ink={"_": 5, "g": 40},
        grown="cd",
        shaded="e",
        spots=spots,
    )


VARIED = [
    AUTO,
    replace(AUTO, min_dwell_s=0.0),
    replace(AUTO, budget=1),
    replace(AUTO, budget=4, keepalive_s=3.0),
    replace(AUTO, keepalive_s=2.0),
]


@pytest.mark.parametrize("settings", VARIED, ids=range(len(VARIED)))
@pytest.mark.parametrize("seed", range(30))
def test_every_frame_is_represented_by_a_kept_frame(seed: int, settings: Settings) -> None:
    events = random_events(seed)
    total = len(events.times_s)
    pictured = [random.Random(index).random() < 0.2 for index in range(total)]
    decisions = select_auto(events, pictured, settings)
    assert decisions == select_auto(events, pictured, settings)
    assert [decision.frame_index for decision in decisions] == list(range(total))
    chosen = kept(decisions)
    assert 1 <= len(chosen) <= (settings.budget or total)
    for decision in decisions:
        assert decision.represented_by in chosen
        assert decision.kept == (decision.represented_by == decision.frame_index)
        assert decision.reason in (KEPT if decision.kept else DROPPED)
        assert decision.distance is None
        assert decision.adds is None or decision.adds >= 0


@pytest.mark.parametrize("seed", range(30))
def test_no_settled_state_shows_much_that_is_on_no_kept_frame(seed: int) -> None:
    """Worked out from the contents anew, without the sums that the strategy keeps."""
    events = random_events(seed)
    contents = read_contents(events, AUTO.min_dwell_s)

    def shown(frame: int) -> set[int]:
        here = (contents.first <= frame) & (contents.last >= frame)
        return set(contents.content[here].tolist())

    seen: set[int] = set()
    for frame in kept(select(events, replace(AUTO, budget=1000))):
        for content in shown(frame):
            while content >= 0 and content not in seen:
                seen.add(content)
                content = int(contents.grown_from[content])
    states = find_states(events, contents, np.zeros(len(events.times_s), bool))
    for state in states:
        lost = [one for one in shown(state.best) - seen if not contents.blank[one]]
        assert contents.weight[lost].sum() < ADDS_LEAST
