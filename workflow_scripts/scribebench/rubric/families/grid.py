"""VL-T3-Q4: a 3x3 grid in which each row and column holds each of three shapes."""

from scribebench.rubric.dice import Dice
from scribebench.rubric.truths import GridTruth

SHAPES = ("circle", "square", "triangle", "star", "heart", "hexagon", "cross")
# Each row is the one above, moved to the left; the other Latin squares are these with rows swapped.
CYCLE = ((0, 1, 2), (1, 2, 0), (2, 0, 1))


def canonical() -> GridTruth:
    """Return the grid of rubric.md."""
    return _grid(("circle", "square", "triangle"), (0, 1, 2), (2, 2))


def vary(dice: Dice, variant: int) -> GridTruth:
    """Return a Latin square of three shapes; any cell may be the empty one."""
    shapes = dice.some_of(SHAPES, 3)
    empty = (dice.between(0, 2), dice.between(0, 2))
    return _grid(tuple(shapes), tuple(dice.shuffled((0, 1, 2))), empty)


def _grid(shapes: tuple[str, ...], order: tuple[int, ...], empty: tuple[int, int]) -> GridTruth:
    first, second, third = (
        (shapes[CYCLE[row][0]], shapes[CYCLE[row][1]], shapes[CYCLE[row][2]]) for row in order
    )
    return GridTruth((first, second, third), empty)
