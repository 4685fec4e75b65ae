"""VL-T3-Q4: a 3x3 grid of shapes with a `?`."""

from scribebench.rubric.dice import Dice
from scribebench.rubric.draw.sketch import WIDTH_PX, Area, Mark, Sketch, Stroke, Text
from scribebench.rubric.looks import COLOURS, SHAPES, placed
from scribebench.rubric.truths import GridTruth

HEIGHT = 640
CELL = 190
HUES = ("blue", "green", "purple", "red", "black", "orange")


def sketch(truth: GridTruth, dice: Dice) -> Sketch:
    """Return the grid; all shapes have one colour, which says nothing of the pattern."""
    left, top = (WIDTH_PX - 3 * CELL) / 2, (HEIGHT - 3 * CELL) / 2
    colour = COLOURS[dice.one_of(HUES)]
    marks: list[Mark] = []
    for place in range(4):
        at = place * CELL
        marks.append(Stroke(((left, top + at), (left + 3 * CELL, top + at)), 3))
        marks.append(Stroke(((left + at, top), (left + at, top + 3 * CELL)), 3))
    for row, shapes in enumerate(truth.rows):
        for column, shape in enumerate(shapes):
            centre = (left + CELL * (column + 0.5), top + CELL * (row + 0.5))
            if (row, column) == truth.empty:
                marks.append(Text("?", *centre, 96, "mm", bold=True))
            else:
                marks.append(Area(placed(SHAPES[shape], centre, 0.3 * CELL), colour, shape))
    return Sketch(HEIGHT, tuple(marks))
