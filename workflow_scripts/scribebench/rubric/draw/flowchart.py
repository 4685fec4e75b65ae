"""VL-T3-Q2: a flowchart. The path of Yes runs down; No leads to nodes at one side."""

from typing import NamedTuple

from scribebench.rubric.dice import Dice
from scribebench.rubric.draw.sketch import (
    WIDTH_PX,
    Area,
    Mark,
    Sketch,
    Stroke,
    Text,
    closed,
    rectangle,
    text_width,
)
from scribebench.rubric.looks import Point, Rgb
from scribebench.rubric.truths import FlowchartTruth

MARGIN, ROW = 20, 150
CHAIN, SIDE = 220.0, 522.0  # middles of the path and of the nodes beside it
NODE_WIDE, NODE_HIGH = 164.0, 54.0
DIAMOND_WIDE, DIAMOND_HIGH = 300.0, 104.0
SIZE, LABEL = 22.0, 20.0
EDGE: Rgb = (50, 55, 70)
NODE: Rgb = (225, 236, 250)
DIAMOND: Rgb = (255, 244, 212)
HEAD = 11.0  # length of an arrow's head


class _Chart(NamedTuple):
    """Where the columns are; `side` is 1 when No leads to the right, -1 to the left."""

    chain: float
    beside: float
    side: int


def sketch(truth: FlowchartTruth, dice: Dice) -> Sketch:
    """Return the chart; in some variants as in a mirror."""
    mirrored = dice.chance(0.4)
    chart = _Chart(WIDTH_PX - CHAIN, WIDTH_PX - SIDE, -1) if mirrored else _Chart(CHAIN, SIDE, 1)
    ys = [MARGIN + NODE_HIGH / 2 + 8 + ROW * place for place in range(len(truth.decisions) + 2)]
    marks = _box(truth.start, (chart.chain, ys[0]))
    stops: dict[str, float] = {}
    for decision, y in zip(truth.decisions, ys[1:-1], strict=True):
        stops[decision.if_no] = y  # the node stands beside the last decision that leads to it
    above = ys[0] + NODE_HIGH / 2
    for place, decision in enumerate(truth.decisions):
        y = ys[1 + place]
        marks += _arrow([(chart.chain, above), (chart.chain, y - DIAMOND_HIGH / 2)])
        if place:
            marks.append(_yes(chart, above))
        marks += _diamond(decision.text, (chart.chain, y))
        marks += _no(chart, y, stops[decision.if_no], place)
        above = y + DIAMOND_HIGH / 2
    marks += _arrow([(chart.chain, above), (chart.chain, ys[-1] - NODE_HIGH / 2)])
    marks.append(_yes(chart, above))
    marks += _box(truth.end, (chart.chain, ys[-1]))
    for text, y in stops.items():
        marks += _box(text, (chart.beside, y))
    return Sketch(round(ys[-1] + NODE_HIGH / 2 + MARGIN), tuple(marks))


def _yes(chart: _Chart, y: float) -> Text:
    return Text(
        "Yes", chart.chain - 8 * chart.side, y + 15, LABEL, "rm" if chart.side > 0 else "lm"
    )


def _no(chart: _Chart, y: float, stop: float, place: int) -> list[Mark]:
    """The arrow of No: sideways into its node, or, if that stands lower, down into it.

    Several may lead down to one node: each ends at a place of its own.
    """
    start = chart.chain + chart.side * DIAMOND_WIDE / 2
    label = Text("No", start + 12 * chart.side, y - 13, LABEL, "lm" if chart.side > 0 else "rm")
    if stop == y:
        way = [(start, y), (chart.beside - chart.side * NODE_WIDE / 2, y)]
    else:
        x = chart.beside + chart.side * (30 - 60 * place)
        way = [(start, y), (x, y), (x, stop - NODE_HIGH / 2)]
    return [label, *_arrow(way)]


def _arrow(way: list[Point]) -> list[Mark]:
    (fx, fy), (x, y) = way[-2], way[-1]
    length = abs(x - fx) + abs(y - fy)  # all parts run along an axis
    dx, dy = (x - fx) / length, (y - fy) / length
    base = (x - HEAD * dx, y - HEAD * dy)
    half = 0.55 * HEAD
    head = ((x, y), (base[0] - half * dy, base[1] + half * dx))
    return [
        Stroke((*way[:-1], base), 2.4, EDGE),
        Area((*head, (base[0] + half * dy, base[1] - half * dx)), EDGE),
    ]


def _box(text: str, centre: Point) -> list[Mark]:
    x, y = centre
    outline = rectangle(x - NODE_WIDE / 2, y - NODE_HIGH / 2, x + NODE_WIDE / 2, y + NODE_HIGH / 2)
    return _node(text, centre, outline, NODE)


def _diamond(text: str, centre: Point) -> list[Mark]:
    x, y = centre
    wide, high = DIAMOND_WIDE / 2, DIAMOND_HIGH / 2
    outline = ((x, y - high), (x + wide, y), (x, y + high), (x - wide, y))
    return _node(text, centre, outline, DIAMOND)


def _node(text: str, centre: Point, outline: tuple[Point, ...], colour: Rgb) -> list[Mark]:
    return [
        Area(outline, colour, text),
        Stroke(closed(outline), 2.2, EDGE),
        Text(text, *centre, SIZE, "mm"),
    ]


def fits(text: str) -> bool:
    """Return whether a text stays inside a diamond: its corners lie on the inner side."""
    half = text_width(text, SIZE) / 2
    return half / (DIAMOND_WIDE / 2) + SIZE / 2 / (DIAMOND_HIGH / 2) < 1
