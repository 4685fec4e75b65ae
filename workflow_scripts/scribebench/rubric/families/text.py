"""VL-T1-Q1: a line of text; and VL-FM-Q1: text upside down."""

from scribebench.rubric.dice import Dice
from scribebench.rubric.families.words import WORDS
from scribebench.rubric.truths import TextTruth

# Mostly as in variant 0; the others tell who reads from who knows how words are usually written.
CASES = (str.capitalize, str.capitalize, str.capitalize, str.upper, str.lower)


def canonical() -> TextTruth:
    """Return the text of rubric.md."""
    return TextTruth("Hello World 123")


def vary(dice: Dice, variant: int) -> TextTruth:
    """Return two words, each in capitals, in small letters or with a capital, and a number."""
    first, second = dice.some_of(WORDS, 2)
    number = dice.between(100, 9999)
    return TextTruth(f"{dice.one_of(CASES)(first)} {dice.one_of(CASES)(second)} {number}")


def canonical_turned() -> TextTruth:
    """Return the text that is upside down in variant 0."""
    return TextTruth("Morning Train 274")


def vary_turned(dice: Dice, variant: int) -> TextTruth:
    """Return two words with a capital and a number.

    No number reads as another one when it is turned: each has a 2, 3, 4, 5 or 7.
    """
    first, second = dice.some_of(WORDS, 2)
    number = f"{dice.between(1, 9)}{dice.one_of('23457')}{dice.between(0, 9)}"
    return TextTruth(f"{first.capitalize()} {second.capitalize()} {number}")
