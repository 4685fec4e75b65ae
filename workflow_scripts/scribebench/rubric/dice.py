"""Choices by chance that are the same in every Python version and on every machine."""

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

Thing = TypeVar("Thing")


class Dice:
    """Choices that follow from a name.

    Built on `random.Random.random()` with an integer seed, the one sequence that Python promises
    not to change; its own `choice` and `shuffle` have changed before.
    """

    def __init__(self, name: str):
        digest = hashlib.sha256(name.encode("utf-8")).digest()
        self._random = random.Random(int.from_bytes(digest, "big"))

    def between(self, low: int, high: int) -> int:
        """Return an integer from `low` to `high`, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def within(self, low: float, high: float) -> float:
        """Return a number from `low` to `high`."""
        return low + self._random.random() * (high - low)

    def chance(self, share: float) -> bool:
        """Return true in so many cases (0-1)."""
        return self._random.random() < share

    def one_of(self, things: Sequence[Thing]) -> Thing:
        """Return one of the things."""
        return things[self.between(0, len(things) - 1)]

    def some_of(self, things: Sequence[Thing], count: int) -> list[Thing]:
        """Return so many different things, in an order by chance; ValueError if there are fewer."""
        if count > len(things):
            raise ValueError(f"{count} of {len(things)} cannot be chosen")
        left = list(things)
        return [left.pop(self.between(0, len(left) - 1)) for _ in range(count)]

    def shuffled(self, things: Sequence[Thing]) -> list[Thing]:
        """Return all of the things in an order by chance."""
        return self.some_of(things, len(things))

    def characters(self, alphabet: str, count: int) -> str:
        """Return a text of so many characters."""
        return "".join(self.one_of(alphabet) for _ in range(count))
