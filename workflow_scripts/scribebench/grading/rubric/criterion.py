"""What one criterion of a question is worth in one reply."""

from typing import NamedTuple


class Criterion(NamedTuple):
    """A value in [0, 1] with its reason in plain words; null when only a judge can say it."""

    value: float | None
    why: str
