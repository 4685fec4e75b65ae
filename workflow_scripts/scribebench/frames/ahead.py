"""Work ahead in another thread, so that decoding goes on while a frame is looked at."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def ahead(
    items: Iterable[Item],
    count: int,
    weight: Callable[[Item], int] | None = None,
    weight_at_most: int = 0,
) -> Iterator[Item]:
    """Yield the items in order; a thread takes them, at most `count` before they are asked for.

    With `weight` no more wait than weigh `weight_at_most` together; one may always wait. What goes
    wrong in the thread is raised here. When the caller stops early, the thread ends after the item
    that it is at.
    """
    made: deque[tuple[Item, int]] = deque()
    errors: list[BaseException] = []
    ended, stopped = threading.Event(), threading.Event()
    changed = threading.Condition()

    def has_room(size: int) -> bool:
        fits = weight is None or sum(one for _, one in made) + size <= weight_at_most
        return stopped.is_set() or not made or (len(made) < count and fits)

    def work() -> None:
        try:
            for item in items:
                size = weight(item) if weight else 0
                with changed:
                    changed.wait_for(lambda: has_room(size))  # noqa: B023, it is called here only
                    made.append((item, size))
                    changed.notify_all()
                if stopped.is_set():
                    return
        except BaseException as error:  # it is raised where the items are used
            errors.append(error)
        finally:
            with changed:
                ended.set()
                changed.notify_all()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            with changed:
                changed.wait_for(lambda: made or ended.is_set())
                if not made:
                    break
                item, _ = made.popleft()
                changed.notify_all()
            yield item
        if errors:
            raise errors[0]
    finally:
        with changed:
            stopped.set()
            changed.notify_all()
        thread.join()
