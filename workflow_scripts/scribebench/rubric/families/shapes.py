"""VL-T1-Q2: how many shapes of which kind and colour."""

from scribebench.rubric.dice import Dice
from scribebench.rubric.looks import COLOURS
from scribebench.rubric.truths import ShapeGroup, ShapesTruth

KINDS = ("circle", "square", "triangle", "star", "heart", "hexagon", "cross")
MOST = 12  # shapes in all


def canonical() -> ShapesTruth:
    """Return the shapes of rubric.md."""
    return ShapesTruth((ShapeGroup(3, "red", "circle"), ShapeGroup(2, "blue", "square")))


def vary(dice: Dice, variant: int) -> ShapesTruth:
    """Return two to four groups of one to five shapes; kinds and colours all different."""
    count = dice.between(2, 4)
    kinds, colours = dice.some_of(KINDS, count), dice.some_of(tuple(COLOURS), count)
    counts = [dice.between(1, 5) for _ in kinds]
    while sum(counts) > MOST:
        counts[counts.index(max(counts))] -= 1
    groups = zip(counts, colours, kinds, strict=True)
    return ShapesTruth(tuple(ShapeGroup(*group) for group in groups))
