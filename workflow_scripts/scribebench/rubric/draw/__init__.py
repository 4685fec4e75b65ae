"""Drawing the pictures of the rubric."""

from collections.abc import Callable
from typing import Any

from PIL import Image

from scribebench.rubric.dice import Dice
from scribebench.rubric.draw import (
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
from scribebench.rubric.draw.sketch import Sketch, render
from scribebench.rubric.items import Item

# A truth and chance, for what the truth leaves open (places, sizes, the hand that writes).
SKETCHES: dict[str, Callable[[Any, Dice], Sketch]] = {
    "VL-T1-Q1": text.sketch,
    "VL-T1-Q2": shapes.sketch,
    "VL-T1-Q3": icon.sketch,
    "VL-T2-Q1": bars.sketch,
    "VL-T2-Q2": invoice.sketch,
    "VL-T2-Q3": code.sketch,
    "VL-T3-Q1": equation.sketch,
    "VL-T3-Q2": flowchart.sketch,
    "VL-T3-Q3": differences.sketch,
    "VL-T3-Q4": grid.sketch,
    "VL-FM-Q1": text.sketch_turned,
    "VL-FM-Q2": table.sketch,
    "VL-FM-Q3": digits.sketch,
}


def sketch(item: Item) -> Sketch:
    """Return an item's picture as marks."""
    return SKETCHES[item.question](item.truth, Dice(f"{item.question}:{item.variant}:picture"))


def draw(item: Item, scale: float = 1.0) -> Image.Image:
    """Return an item's picture in RGB, 640 px wide at scale 1."""
    return render(sketch(item), scale)
