"""What a truth says of the picture's texts and of the answer, and whether it can be so."""

import ast
from collections.abc import Callable
from typing import Any

from scribebench.rubric.draw.equation import written_text
from scribebench.rubric.draw.flowchart import fits
from scribebench.rubric.draw.invoice import money
from scribebench.rubric.truths import (
    BarsTruth,
    CodeTruth,
    DifferencesTruth,
    EquationTruth,
    FlowchartTruth,
    GridTruth,
    IconTruth,
    InvoiceTruth,
    PanelObject,
    ShapesTruth,
    TableTruth,
    TextTruth,
    Truth,
)


def texts(truth: Truth) -> list[str]:
    """Return the texts that are to be read in the picture; none for pictures without text.

    Single characters are left out: OCR does not find them when they stand alone.
    """
    found = _TEXTS[type(truth)](truth) if type(truth) in _TEXTS else []
    return [text.strip() for text in found if len(text.strip()) > 1]


def _invoice_texts(truth: InvoiceTruth) -> list[str]:
    lines = [(line.name, money(line.unit_cents)) for line in truth.lines]
    total = money(truth.total_cents, truth.currency)
    return [truth.number, truth.date, "Total", total, *(text for line in lines for text in line)]


def _flowchart_texts(truth: FlowchartTruth) -> list[str]:
    decisions = [text for one in truth.decisions for text in (one.text, one.if_no)]
    return [truth.start, *decisions, truth.end, "Yes", "No"]


_TEXTS: dict[type, Callable[[Any], list[str]]] = {
    TextTruth: lambda truth: truth.text.split("\n"),
    BarsTruth: lambda truth: [part for bar in truth.bars for part in (bar.label, str(bar.value))],
    InvoiceTruth: _invoice_texts,
    CodeTruth: lambda truth: truth.code.split("\n"),
    EquationTruth: lambda truth: [written_text(truth)],
    FlowchartTruth: _flowchart_texts,
    TableTruth: lambda truth: [cell for row in (truth.columns, *truth.rows) for cell in row],
}


def answers(truth: Truth) -> list[str]:
    """Return the words that answer the question, which neither prompt nor file name may hold."""
    return _ANSWERS[type(truth)](truth)


_ANSWERS: dict[type, Callable[[Any], list[str]]] = {
    TextTruth: lambda truth: truth.text.split(),
    ShapesTruth: lambda truth: [
        str(truth.total),
        *(text for group in truth.groups for text in (group.colour, group.shape)),
    ],
    IconTruth: lambda truth: [truth.icon, *truth.icon.split("_")],
    BarsTruth: lambda truth: [str(truth.asked_value)],
    InvoiceTruth: lambda truth: [money(truth.total_cents), str(truth.total_cents)],
    CodeTruth: lambda truth: [truth.program, *truth.program.split("_")],
    EquationTruth: lambda truth: [str(truth.solution)],
    FlowchartTruth: lambda truth: [truth.end],
    DifferencesTruth: lambda truth: [
        text for one in truth.differences for text in (one.colour, one.shape)
    ],
    GridTruth: lambda truth: [truth.answer],
    TableTruth: lambda truth: [truth.answer],
}


def contradiction(truth: Truth) -> str | None:
    """Return why a truth cannot be right, from the picture's facts alone; null if it can."""
    return next((why for wrong, why in _rules(truth) if wrong), None)


def _rules(truth: Truth) -> list[tuple[bool, str]]:
    if isinstance(truth, TextTruth):
        return [(not truth.text.strip(), "it has no text")]
    if isinstance(truth, ShapesTruth):
        kinds = {group.shape for group in truth.groups}
        return [
            (len(kinds) < len(truth.groups), "a kind of shape stands twice"),
            (min(group.count for group in truth.groups) < 1, "a group is empty"),
        ]
    if isinstance(truth, IconTruth):
        return [(not truth.icon or not truth.colour, "it has no icon or colour")]
    if isinstance(truth, BarsTruth):
        values = [bar.value for bar in truth.bars]
        return [
            (len(set(values)) < len(values), "two bars are of one height"),
            (truth.asked not in {bar.label for bar in truth.bars}, "the asked bar is not there"),
        ]
    if isinstance(truth, InvoiceTruth):
        prices = {line.unit_cents for line in truth.lines}
        return [(truth.total_cents in prices, "the total is the price of a line")]
    if isinstance(truth, CodeTruth):
        return _code_rules(truth)
    if isinstance(truth, EquationTruth):
        left = truth.coefficient * truth.solution + truth.constant
        return [(left != truth.result, "the solution does not solve it")]
    if isinstance(truth, FlowchartTruth):
        stops = {one.if_no for one in truth.decisions}
        nodes = {truth.start, truth.end, *(one.text for one in truth.decisions)}
        subjects = {one.subject for one in truth.decisions}
        return [
            (truth.end in stops, "No leads to the end of the path"),
            (
                len(nodes) < len(truth.decisions) + 2 or nodes & stops != set(),
                "a node stands twice",
            ),
            (len(subjects) < len(truth.decisions), "two decisions are about one subject"),
            (not all(fits(one.text) for one in truth.decisions), "a text leaves its diamond"),
        ]
    if isinstance(truth, DifferencesTruth):
        return _difference_rules(truth)
    if isinstance(truth, GridTruth):
        lines = [*truth.rows, *zip(*truth.rows, strict=True)]
        return [(any(len(set(line)) != 3 for line in lines), "a shape stands twice in a line")]
    row, column = truth.asked
    names = [cells[0] for cells in truth.rows]
    cells = [cells[column] for cells in truth.rows]
    return [
        (column == 0, "the name of the row is asked for"),
        (names.count(names[row]) > 1, "two rows have the name that is asked for"),
        (cells.count(cells[row]) > 1, "the value stands in another row as well"),
    ]


def _code_rules(truth: CodeTruth) -> list[tuple[bool, str]]:
    try:
        ast.parse(truth.code)
    except SyntaxError as error:
        return [(True, f"its code is no Python: {error.msg}")]
    names = [name for _, name in truth.names]
    return [
        ("#" in truth.code, "a comment may give the bug away"),
        ("{" in truth.code and "{function}" in truth.code, "a role has no name"),
        (len(set(names)) < len(names), "two roles have one name"),
    ]


def _difference_rules(truth: DifferencesTruth) -> list[tuple[bool, str]]:
    """Compare the panels place by place: nothing but the three differences may differ."""
    left = {one.place: one for one in truth.left}
    right = {one.place: one for one in truth.right}
    differing = [one for place, one in left.items() if right.get(place) != one]
    told = {(one.colour, one.shape) for one in truth.differences}
    return [
        (len(truth.differences) != 3, "there are not three differences"),
        (not set(right) <= set(left), "an object is in the right panel only"),
        ({(one.colour, one.shape) for one in differing} != told, "the panels differ otherwise"),
        (
            any(not _is_told(one, right.get(one.place), truth) for one in differing),
            "a difference is told wrongly",
        ),
    ]


def _is_told(before: PanelObject, after: PanelObject | None, truth: DifferencesTruth) -> bool:
    told = next(
        one for one in truth.differences if (one.colour, one.shape) == (before.colour, before.shape)
    )
    if told.kind == "missing":
        return after is None
    if after is None:
        return False
    if told.kind == "colour":
        same = before._replace(colour=after.colour) == after
        return same and (told.before, told.after) == (before.colour, after.colour)
    same = before._replace(direction=after.direction) == after
    return same and (told.before, told.after) == (before.direction, after.direction)
