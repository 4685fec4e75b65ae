"""Frames at even intervals: how many, where, and which of them stands for which frame."""

import random
import time
from dataclasses import replace
from itertools import accumulate, pairwise

import pytest

from scribebench.frames.strategies.decisions import Decision, Settings
from scribebench.frames.strategies.even import AUTO_INTERVAL_S, select_even
from unit.storyboard import kept

EVEN = Settings("even", budget=None, keepalive_s=None, min_dwell_s=2.0, phash_distance=2)


def every(step_s: float, count: int) -> list[float]:
    return [index * step_s for index in range(count)]


def uneven(seed: int, count: int) -> list[float]:
    source = random.Random(seed)
    steps = (source.choice([0.04, 0.2, 1.0, 15.0]) for _ in range(count - 1))
    return list(accumulate(steps, initial=0.0))


@pytest.mark.parametrize(
    ("times_s", "budget", "expected"),
    [
        (every(1.0, 100), 10, [5, 15, 25, 35, 45, 54, 64, 74, 84, 94]),  # 4.95, 14.85 ... 94.05 s
        (every(0.2, 100), 4, [12, 37, 62, 87]),  # 2.475, 7.425, 12.375, 17.325 s
        (every(1.0, 11), 1, [5]),
        (every(1.0, 11), 2, [2, 7]),  # 2.5 s is as near to 2 as to 3, the earlier one is taken
        (every(1.0, 3), 3, [0, 1, 2]),
        (every(1.0, 3), 100, [0, 1, 2]),
        ([0.0], 1, [0]),
        ([0.0], 7, [0]),
        ([0.0, 0.1, 0.2, 0.3, 10.0], 2, [3, 4]),  # 2.5 and 7.5 s
        ([0.0, 9.7, 9.8, 9.9, 10.0], 2, [0, 1]),
        ([0.0, 0.1, 0.2, 0.3, 10.0], 4, [1, 2, 3, 4]),
        ([0.0, 9.7, 9.8, 9.9, 10.0], 4, [0, 1, 2, 3]),
        ([5.0, 6.0, 7.0, 8.0, 9.0], 1, [2]),
    ],
    ids=[
        "ten of a hundred",
        "in seconds and not in frames",
        "the middle",
        "a tie",
        "all",
        "more than there are",
        "a single frame",
        "a single frame, more allowed",
        "many at the beginning",
        "many at the end",
        "most, many at the beginning",
        "most, many at the end",
        "times that begin later",
    ],
)
def test_the_frame_nearest_to_the_middle_of_each_interval_is_kept(
    times_s: list[float], budget: int, expected: list[int]
) -> None:
    assert kept(select_even(times_s, replace(EVEN, budget=budget))) == expected


@pytest.mark.parametrize(
    "times_s", [every(0.2, 60), uneven(1, 60), uneven(2, 60)], ids=["even", "uneven", "uneven too"]
)
def test_a_budget_is_used_to_the_last_frame(times_s: list[float]) -> None:
    for budget in range(1, len(times_s) + 1):
        assert len(kept(select_even(times_s, replace(EVEN, budget=budget)))) == budget


@pytest.mark.parametrize("budget", [1, 2, 3, 7, 50, 99, 300, 500])
def test_kept_frames_of_even_times_are_as_far_apart_as_can_be(budget: int) -> None:
    times_s = every(0.2, 500)
    found = kept(select_even(times_s, replace(EVEN, budget=budget)))
    step = 499 / budget
    assert all(abs(b - a - step) <= 1 for a, b in pairwise(found))
    assert found[0] <= step / 2 + 1
    assert found[-1] >= 499 - step / 2 - 1


@pytest.mark.parametrize(
    ("length_s", "expected"), [(0.2, 1), (5.0, 1), (20.0, 2), (120.0, 10), (3600.0, 300)]
)
def test_auto_is_a_frame_in_twelve_seconds(length_s: float, expected: int) -> None:
    times_s = [index * length_s / 600 for index in range(601)]
    assert len(kept(select_even(times_s, EVEN))) == expected


def test_auto_keeps_a_single_frame() -> None:
    assert kept(select_even([0.0], EVEN)) == [0]


@pytest.mark.parametrize("budget", [1, 5, 40])
@pytest.mark.parametrize("times_s", [every(0.2, 80), uneven(3, 80)], ids=["even", "uneven"])
def test_the_nearest_kept_frame_stands_for_each_other_one(
    times_s: list[float], budget: int
) -> None:
    decisions = select_even(times_s, replace(EVEN, budget=budget))
    assert [decision.frame_index for decision in decisions] == list(range(len(times_s)))
    chosen = kept(decisions)
    for decision in decisions:
        by, time_s = decision.represented_by, times_s[decision.frame_index]
        assert by in chosen
        assert abs(times_s[by] - time_s) == min(abs(times_s[one] - time_s) for one in chosen)
        assert decision.kept == (by == decision.frame_index)
        assert decision.reason == ("interval" if decision.kept else "between")


def plainly(times_s: list[float], settings: Settings) -> list[Decision]:
    """The same, by looking at every frame for every interval."""
    length_s = times_s[-1] - times_s[0]
    count = settings.budget or max(1, round(length_s / AUTO_INTERVAL_S))
    count = min(count, len(times_s))
    chosen: list[int] = []
    for number in range(count):
        middle_s = times_s[0] + (number + 0.5) * (length_s / count)
        inside = range(chosen[-1] + 1 if chosen else 0, len(times_s) - (count - number) + 1)
        chosen.append(min(inside, key=lambda index: abs(times_s[index] - middle_s)))
    return [_plain_decision(index, chosen, times_s) for index in range(len(times_s))]


def _plain_decision(index: int, chosen: list[int], times_s: list[float]) -> Decision:
    nearest = min(chosen, key=lambda other: abs(times_s[other] - times_s[index]))
    is_kept = nearest == index
    return Decision(index, is_kept, "interval" if is_kept else "between", nearest)


@pytest.mark.parametrize("steps_s", [(0.2,), (1.0,), (0.04, 0.2, 1.0, 15.0), (0.0, 1.0), (0.0, 9)])
@pytest.mark.parametrize("count", [1, 2, 3, 10, 47])
def test_frames_are_those_that_looking_at_all_of_them_gives(
    steps_s: tuple[float, ...], count: int
) -> None:
    source = random.Random(count)
    for start_s in (0.0, 5.0):
        steps = (source.choice(steps_s) for _ in range(count - 1))
        times_s = list(accumulate(steps, initial=start_s))
        for budget in (None, *range(1, count + 2)):
            settings = replace(EVEN, budget=budget)
            assert select_even(times_s, settings) == plainly(times_s, settings)


def test_frames_at_random_times_are_those_that_looking_at_all_of_them_gives() -> None:
    source = random.Random(1)
    for _ in range(100):
        count = source.randint(1, 60)
        times_s = sorted(round(source.uniform(0, 200), source.choice([0, 6])) for _ in range(count))
        settings = replace(EVEN, budget=source.choice([None, source.randint(1, count)]))
        assert select_even(times_s, settings) == plainly(times_s, settings)


def test_many_frames_take_no_time_for_each_pair() -> None:
    """Ten hours at five frames a second: a look at every pair would take minutes."""
    times_s = every(0.2, 180_000)
    started_s = time.process_time()
    assert len(kept(select_even(times_s, EVEN))) == 3000
    assert time.process_time() - started_s < 10


def test_a_keep_alive_changes_nothing() -> None:
    """Even frames are there to compare with: as many as they are told, and no more."""
    times_s = every(1.0, 200)
    settings = replace(EVEN, budget=3)
    assert select_even(times_s, replace(settings, keepalive_s=10)) == select_even(times_s, settings)
