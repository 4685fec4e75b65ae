"""VL-T2-Q1: a bar chart with an axis, gridlines, and each value above its bar.

The values stand there in figures, so that each is read exactly, also between two gridlines.
"""

import math

from scribebench.rubric.dice import Dice
from scribebench.rubric.draw.sketch import WIDTH_PX, Area, Mark, Sketch, Stroke, Text, rectangle
from scribebench.rubric.looks import COLOURS
from scribebench.rubric.truths import BarsTruth

HEIGHT = 480
LEFT, RIGHT, TOP, BOTTOM = 76, WIDTH_PX - 28, 40, HEIGHT - 64
STEPS = (5, 10, 20)  # between ticks
MOST_TICKS = 7
HUES = ("blue", "green", "orange", "purple", "red")
GRID, AXIS = (215, 218, 224), (60, 62, 70)
FILLED = 0.56  # share of its column that a bar fills
TEXT, LABEL = 20, 24


def sketch(truth: BarsTruth, dice: Dice) -> Sketch:
    """Return the chart; all bars have one colour, blue in variant 0 and by chance elsewhere."""
    highest = max(bar.value for bar in truth.bars)
    step = next(step for step in STEPS if highest / step < MOST_TICKS - 0.5 or step == STEPS[-1])
    ticks = range(0, step * math.ceil((highest + 1) / step) + 1, step)
    unit = (BOTTOM - TOP) / ticks[-1]
    colour = COLOURS[dice.one_of(HUES)]
    marks: list[Mark] = []
    for tick in ticks:
        y = BOTTOM - tick * unit
        marks.append(Stroke(((LEFT, y), (RIGHT, y)), 1, GRID))
        marks.append(Stroke(((LEFT - 6, y), (LEFT, y)), 1.5, AXIS))
        marks.append(Text(str(tick), LEFT - 12, y, TEXT, "rm", AXIS))
    wide = (RIGHT - LEFT) / len(truth.bars)
    for place, bar in enumerate(truth.bars):
        middle, y = LEFT + wide * (place + 0.5), BOTTOM - bar.value * unit
        half = wide * FILLED / 2
        marks.append(Area(rectangle(middle - half, y, middle + half, BOTTOM), colour, bar.label))
        value = Text(str(bar.value), middle, y - 7, LABEL, "ms", bold=True)
        box = value.box
        paper = rectangle(box.left - 3, box.top - 2, box.right + 3, box.bottom + 2)
        marks += [Area(paper, (255, 255, 255)), value]
        marks.append(Text(bar.label, middle, BOTTOM + 14, LABEL, "mt"))
    marks.append(Stroke(((LEFT, TOP - 8), (LEFT, BOTTOM), (RIGHT, BOTTOM)), 2, AXIS))
    return Sketch(HEIGHT, tuple(marks))
