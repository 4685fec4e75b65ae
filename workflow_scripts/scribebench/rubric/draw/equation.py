"""VL-T3-Q1: an equation in a handwriting."""

from scribebench.rubric.dice import Dice
from scribebench.rubric.draw.sketch import WIDTH_PX, Mark, Sketch, Stroke
from scribebench.rubric.draw.strokes import Hand, width, write
from scribebench.rubric.looks import Rgb
from scribebench.rubric.truths import EquationTruth

HEIGHT = 320
WIDEST = 0.9 * WIDTH_PX
LARGEST_UNIT = 5.6
INKS: tuple[Rgb, ...] = ((20, 30, 110), (20, 20, 25), (15, 60, 140))
PAPER, RULE = (253, 252, 247), (222, 230, 240)
RULES_PX = 64


def equation_text(truth: EquationTruth) -> str:
    """Return the equation as it is written: `2x + 5 = 13`."""
    sign = "-" if truth.constant < 0 else "+"
    left = f"{truth.coefficient}{truth.letter} {sign} {abs(truth.constant)}"
    return f"{left} = {truth.result}"


def written_text(truth: EquationTruth) -> str:
    """Return all that is written."""
    return f"{equation_text(truth)}, solve for {truth.letter}"


def sketch(truth: EquationTruth, dice: Dice) -> Sketch:
    """Return the equation on ruled paper."""
    text = written_text(truth)
    hand = Hand(dice.within(0.02, 0.16), 3.0, 0.22, dice.within(0.5, 0.66), dice.one_of(INKS))
    unit = min(LARGEST_UNIT, WIDEST / (width(text) + 8 * hand.slant))
    baseline = RULES_PX * 2.75
    left = (WIDTH_PX - unit * (width(text) + 8 * hand.slant)) / 2
    marks: list[Mark] = [
        Stroke(((0, y), (WIDTH_PX, y)), 1.2, RULE)
        for y in [RULES_PX * (n + 0.75) for n in range(HEIGHT // RULES_PX)]
    ]
    marks += write(text, left, baseline - 2, unit, dice, hand)
    return Sketch(HEIGHT, tuple(marks), paper=PAPER)
