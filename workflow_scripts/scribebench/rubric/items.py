"""The items of the rubric: a question, one of its variants, what is asked, and what is true.

Variant 0 is the canonical one. The others follow from the question's id and their number alone: the
same on every machine, and whatever else is drawn.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from scribebench.errors import ScribebenchError
from scribebench.rubric.dice import Dice
from scribebench.rubric.families import (
    bars,
    code,
    differences,
    digits,
    equation,
    flowchart,
    grid,
    icon,
    invoice,
    shapes,
    table,
    text,
)
from scribebench.rubric.sources import questions
from scribebench.rubric.truths import BarsTruth, Truth

# So often chance is asked for a variant that is unlike all before it.
MOST_TRIES = 2000


class Item(NamedTuple):
    """One question about one picture."""

    question: str
    variant: int
    prompt: str
    truth: Truth


class Family(NamedTuple):
    """How the truths of a question's variants are made, and what fills its prompt."""

    canonical: Callable[[], Truth]
    vary: Callable[[Dice, int], Truth]
    fields: Callable[[Any], dict[str, str]] = lambda truth: {}


def _asked_bar(truth: BarsTruth) -> dict[str, str]:
    return {"asked": truth.asked}


FAMILIES: dict[str, Family] = {
    "VL-T1-Q1": Family(text.canonical, text.vary),
    "VL-T1-Q2": Family(shapes.canonical, shapes.vary),
    "VL-T1-Q3": Family(icon.canonical, icon.vary),
    "VL-T2-Q1": Family(bars.canonical, bars.vary, _asked_bar),
    "VL-T2-Q2": Family(invoice.canonical, invoice.vary),
    "VL-T2-Q3": Family(code.canonical, code.vary),
    "VL-T3-Q1": Family(equation.canonical, equation.vary),
    "VL-T3-Q2": Family(flowchart.canonical, flowchart.vary, flowchart.fields),
    "VL-T3-Q3": Family(differences.canonical, differences.vary),
    "VL-T3-Q4": Family(grid.canonical, grid.vary),
    "VL-FM-Q1": Family(text.canonical_turned, text.vary_turned),
    "VL-FM-Q2": Family(table.canonical, table.vary, table.fields),
    "VL-FM-Q3": Family(digits.canonical, digits.vary),
}


def make_item(question: str, variant: int) -> Item:
    """Return a question's variant; no two variants of a question have the same truth.

    Raises KeyError for a question that has no pictures, and ScribebenchError when a family has no
    further variant.
    """
    truth = _truth(question, variant)
    prompt = questions()[question]["prompt"].format(**FAMILIES[question].fields(truth))
    return Item(question, variant, prompt, truth)


@cache
def _truth(question: str, variant: int) -> Truth:
    family = FAMILIES[question]
    if variant == 0:
        return family.canonical()
    before = {_truth(question, earlier) for earlier in range(variant)}
    for attempt in range(MOST_TRIES):
        truth = family.vary(Dice(f"{question}:{variant}:{attempt}"), variant)
        if truth not in before:
            return truth
    raise ScribebenchError(
        f"{question} has no more than {variant} variants that differ; ask for fewer"
    )
