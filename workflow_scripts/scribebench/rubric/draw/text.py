"""VL-T1-Q1: black text on white; VL-FM-Q1: the same upside down."""

from scribebench.rubric.dice import Dice
from scribebench.rubric.draw.sketch import WIDTH_PX, Sketch, Text, text_width
from scribebench.rubric.truths import TextTruth

HEIGHT = 320
LARGEST = 60.0
WIDEST = 0.86 * WIDTH_PX


def sketch(truth: TextTruth, dice: Dice) -> Sketch:
    """Return the text in the middle, as large as fits."""
    size = min(LARGEST, LARGEST * WIDEST / text_width(truth.text, LARGEST))
    return Sketch(HEIGHT, (Text(truth.text, WIDTH_PX / 2, HEIGHT / 2, size, "mm", (0, 0, 0)),))


def sketch_turned(truth: TextTruth, dice: Dice) -> Sketch:
    """Return the same, upside down."""
    return sketch(truth, dice)._replace(upside_down=True)
