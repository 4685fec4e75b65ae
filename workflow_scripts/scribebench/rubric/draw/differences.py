"""VL-T3-Q3: two panels side by side."""

from scribebench.rubric.dice import Dice
from scribebench.rubric.draw.sketch import WIDTH_PX, Area, Mark, Sketch, Stroke, closed, rectangle
from scribebench.rubric.looks import COLOURS, SHAPES, placed
from scribebench.rubric.truths import DifferencesTruth, PanelObject

HEIGHT = 352
MARGIN, GAP = 12, 24
RADIUS = 38
FRAME = (110, 112, 120)
PLACES = {  # shares of the panel
    "top left": (0.22, 0.2),
    "top right": (0.78, 0.2),
    "middle": (0.5, 0.5),
    "bottom left": (0.22, 0.8),
    "bottom right": (0.78, 0.8),
}


def sketch(truth: DifferencesTruth, dice: Dice) -> Sketch:
    """Return the left and the right panel, each with its frame."""
    wide = (WIDTH_PX - 2 * MARGIN - GAP) / 2
    marks: list[Mark] = []
    for left, objects in ((MARGIN, truth.left), (MARGIN + wide + GAP, truth.right)):
        frame = rectangle(left, MARGIN, left + wide, HEIGHT - MARGIN)
        marks.append(Stroke(closed(frame), 3, FRAME))
        marks += [_placed(one, left, wide) for one in objects]
    return Sketch(HEIGHT, tuple(marks))


def _placed(one: PanelObject, left: float, wide: float) -> Area:
    x, y = PLACES[one.place]
    points = SHAPES[one.shape]
    if one.direction == "down":
        points = [(dx, -dy) for dx, dy in points]
    centre = (left + wide * x, MARGIN + (HEIGHT - 2 * MARGIN) * y)
    return Area(placed(points, centre, RADIUS), COLOURS[one.colour], f"{one.colour} {one.shape}")
