"""VL-T2-Q3: code in a fixed-advance setting, with its line breaks and indentation."""

from scribebench.rubric.dice import Dice
from scribebench.rubric.draw.sketch import WIDTH_PX, Sketch, Text
from scribebench.rubric.truths import CodeTruth

MARGIN_PX = 28
WIDEST_CELL = 14.0
SIZE = 1.84  # of the letters, in cells
LINE = 2.5  # from line to line, in cells
LEAST_HEIGHT = 320
PAPER = (250, 250, 252)


def sketch(truth: CodeTruth, dice: Dice) -> Sketch:
    """Return the code, as large as its longest line lets it be."""
    lines = truth.code.split("\n")
    cell = min(WIDEST_CELL, (WIDTH_PX - 2 * MARGIN_PX) / max(len(line) for line in lines))
    high = cell * LINE
    height = max(LEAST_HEIGHT, round(len(lines) * high + 2 * MARGIN_PX))
    top = (height - len(lines) * high) / 2
    marks = tuple(
        Text(line, MARGIN_PX, top + high * (place + 0.68), cell * SIZE, cell=cell)
        for place, line in enumerate(lines)
        if line.strip()
    )
    return Sketch(height, marks, paper=PAPER)
