"""Working ahead: order, errors and an early end."""

import threading
import time
from collections.abc import Iterator

import pytest

from scribebench.frames.ahead import ahead


def counted(count: int, made: list[int]) -> Iterator[int]:
    for number in range(count):
        made.append(number)
        yield number


@pytest.mark.parametrize("count", [0, 1, 50])
def test_all_items_come_in_order(count: int) -> None:
    made: list[int] = []
    assert list(ahead(counted(count, made), 3)) == list(range(count)) == made


def test_no_more_than_so_many_are_made_before_they_are_asked_for() -> None:
    made: list[int] = []
    items = ahead(counted(50, made), 3)
    assert next(items) == 0
    deadline = time.monotonic() + 5
    while len(made) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    # The first was taken, three wait, and one more waits for room.
    assert made == [0, 1, 2, 3, 4]
    items.close()


def test_heavy_items_wait_one_by_one() -> None:
    made: list[int] = []
    items = ahead(
        counted(50, made), 9, weight=lambda number: 2 + 8 * (number >= 3), weight_at_most=7
    )
    assert next(items) == 0
    deadline = time.monotonic() + 5
    while len(made) < 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    assert made == [0, 1, 2, 3]  # 1 and 2 wait, 3 weighs too much to wait beside them
    assert [next(items) for _ in range(3)] == [1, 2, 3]
    items.close()


def test_what_goes_wrong_is_raised_after_what_was_made() -> None:
    def breaks() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    items = ahead(breaks(), 3)
    assert next(items) == 1
    with pytest.raises(ValueError, match="no more"):
        next(items)


def test_a_caller_that_stops_early_leaves_no_thread() -> None:
    before = threading.active_count()
    items = ahead(counted(1000, []), 2)
    next(items)
    items.close()
    assert threading.active_count() == before
