"""Frames that are kept because a long time has passed."""

from dataclasses import replace

import pytest

from scribebench.frames.strategies.decisions import Decision
from scribebench.frames.strategies.keepalive import with_keepalive
from unit.storyboard import AUTO, kept

THREE_S = replace(AUTO, keepalive_s=3.0)


def decided(pattern: str) -> list[Decision]:
    """Decisions of a strategy: K is kept, a dot is dropped for the last K, or else the next."""
    first = pattern.index("K")
    return [
        Decision(index, True, "content", index, 1.0)
        if letter == "K"
        else Decision(index, False, "same", max(first, pattern.rfind("K", 0, index)))
        for index, letter in enumerate(pattern)
    ]


def every_second(pattern: str) -> list[float]:
    return [float(index) for index in range(len(pattern))]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("K", [0]),
        ("K..", [0]),
        ("K...", [0, 3]),
        ("K........", [0, 3]),
        ("K.........", [0, 3, 9]),
        ("K" + "." * 60, [0, 3, 9, 21, 45]),
        ("K....K....", [0, 3, 5, 8]),
        ("K.........K.........", [0, 3, 9, 10, 13, 19]),
        ("K..K..K..K", [0, 3, 6, 9]),
    ],
    ids=[
        "one frame",
        "not yet",
        "just so long",
        "the second wait is longer",
        "the second wait is over",
        "waits double",
        "a kept frame begins anew",
        "short waits again after a kept frame",
        "none is needed",
    ],
)
def test_a_frame_is_kept_after_a_wait_and_then_after_twice_that(
    pattern: str, expected: list[int]
) -> None:
    assert kept(with_keepalive(decided(pattern), every_second(pattern), THREE_S)) == expected


def test_waits_are_measured_in_time_and_not_in_frames() -> None:
    times_s = [0.0, 0.5, 1.0, 1.5, 2.0, 4.0, 9.0, 9.5, 10.5]
    assert kept(with_keepalive(decided("K........"), times_s, THREE_S)) == [0, 5, 8]


@pytest.mark.parametrize("pattern", ["K", "K" + "." * 5000, "...K..", "K.K.K."])
def test_never_changes_nothing(pattern: str) -> None:
    decisions = decided(pattern)
    settings = replace(AUTO, keepalive_s=None)
    assert with_keepalive(decisions, every_second(pattern), settings) == decisions


@pytest.mark.parametrize(
    ("pattern", "budget", "expected"),
    [
        ("K" + "." * 60, None, [0, 3, 9, 21, 45]),
        ("K" + "." * 60, 5, [0, 3, 9, 21, 45]),
        ("K" + "." * 60, 3, [0, 3, 9]),
        ("K" + "." * 60, 1, [0]),
        ("K" + "." * 30 + "K" + "." * 30, 3, [0, 3, 31]),
        ("K.....K.....K", 3, [0, 6, 12]),
    ],
)
def test_a_budget_is_not_exceeded(pattern: str, budget: int | None, expected: list[int]) -> None:
    settings = replace(THREE_S, budget=budget)
    assert kept(with_keepalive(decided(pattern), every_second(pattern), settings)) == expected


def test_such_a_frame_stands_for_itself_and_changes_nothing_else() -> None:
    decisions = decided("K......K..")
    found = with_keepalive(decisions, every_second("K......K.."), THREE_S)
    assert [one for index, one in enumerate(found) if index != 3] == [
        one for index, one in enumerate(decisions) if index != 3
    ]
    assert (found[3].kept, found[3].reason, found[3].represented_by) == (True, "keepalive", 3)


def test_the_first_wait_begins_with_the_recording() -> None:
    """A screen that rests from the beginning is kept by its last frame."""
    pattern = "." * 60 + "K"
    found = kept(with_keepalive(decided(pattern), every_second(pattern), THREE_S))
    assert len(found) > 1
    assert found[0] <= 3
