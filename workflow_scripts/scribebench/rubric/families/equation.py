"""VL-T3-Q1: a linear equation."""

from scribebench.rubric.dice import Dice
from scribebench.rubric.truths import EquationTruth

LETTERS = "xxxynkmapw"  # letters that cannot be taken for digits or signs; mostly x


def canonical() -> EquationTruth:
    """Return the equation of rubric.md."""
    return EquationTruth("x", 2, 5, 13)


def vary(dice: Dice, variant: int) -> EquationTruth:
    """Return an equation whose solution is an integer from -9 to 15."""
    coefficient, solution = dice.between(2, 9), dice.between(-9, 15)
    constant = dice.between(1, 20) * (-1 if dice.chance(0.4) else 1)
    result = coefficient * solution + constant
    return EquationTruth(dice.one_of(LETTERS), coefficient, constant, result)
