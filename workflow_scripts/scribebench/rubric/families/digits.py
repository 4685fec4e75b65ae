"""VL-FM-Q3: long numbers and hashes."""

from scribebench.rubric.dice import Dice
from scribebench.rubric.truths import TextTruth

DECIMAL, HEXADECIMAL = "0123456789", "0123456789abcdef"
LENGTHS = (20, 24, 28, 32, 36, 40)


def canonical() -> TextTruth:
    """Return the lines of variant 0: two numbers and two hashes."""
    return _lines(Dice("VL-FM-Q3:canonical"), [DECIMAL, HEXADECIMAL, DECIMAL, HEXADECIMAL])


def vary(dice: Dice, variant: int) -> TextTruth:
    """Return three or four lines of 20 to 40 characters; no line is of one kind by rule."""
    return _lines(dice, [dice.one_of((DECIMAL, HEXADECIMAL)) for _ in range(dice.between(3, 4))])


def _lines(dice: Dice, alphabets: list[str]) -> TextTruth:
    return TextTruth(
        "\n".join(dice.characters(alphabet, dice.one_of(LENGTHS)) for alphabet in alphabets)
    )
