"""VL-FM-Q3: lines of digits in a fixed-advance setting."""

from scribebench.rubric.dice import Dice
from scribebench.rubric.draw.sketch import WIDTH_PX, Sketch, Text
from scribebench.rubric.truths import TextTruth

HEIGHT = 320
CELL = 14.0
SIZE = 25.5
LINE = 62


def sketch(truth: TextTruth, dice: Dice) -> Sketch:
    """Return the lines, one below the other, from the left."""
    lines = truth.text.split("\n")
    left = (WIDTH_PX - CELL * max(len(line) for line in lines)) / 2
    top = (HEIGHT - LINE * len(lines)) / 2
    marks = tuple(
        Text(line, left, top + LINE * (place + 0.64), SIZE, cell=CELL)
        for place, line in enumerate(lines)
    )
    return Sketch(HEIGHT, marks)
