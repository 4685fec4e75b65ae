"""VL-T1-Q2: shapes, scattered over the picture, none on another."""

from scribebench.rubric.dice import Dice
from scribebench.rubric.draw.sketch import WIDTH_PX, Area, Sketch
from scribebench.rubric.looks import COLOURS, SHAPES, placed
from scribebench.rubric.truths import ShapesTruth

HEIGHT = 480
COLUMNS, ROWS = 5, 4
MARGIN = 16
SMALLEST, LARGEST = 32.0, 40.0  # from the centre to the edge


def sketch(truth: ShapesTruth, dice: Dice) -> Sketch:
    """Return the shapes, each somewhere in a cell of its own."""
    wide, high = (WIDTH_PX - 2 * MARGIN) / COLUMNS, (HEIGHT - 2 * MARGIN) / ROWS
    cells = [(column, row) for column in range(COLUMNS) for row in range(ROWS)]
    kinds = [group for group in truth.groups for _ in range(group.count)]
    marks = []
    for group, (column, row) in zip(kinds, dice.some_of(cells, len(kinds)), strict=True):
        radius = dice.within(SMALLEST, LARGEST)
        free_x, free_y = wide / 2 - 1.12 * radius - 4, high / 2 - 1.12 * radius - 4
        x = MARGIN + wide * (column + 0.5) + dice.within(-free_x, free_x)
        y = MARGIN + high * (row + 0.5) + dice.within(-free_y, free_y)
        points = placed(SHAPES[group.shape], (x, y), radius)
        marks.append(Area(points, COLOURS[group.colour], f"{group.colour} {group.shape}"))
    return Sketch(HEIGHT, tuple(marks))
