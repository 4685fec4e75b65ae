"""VL-T1-Q3: icons, drawn on a board of 100 x 100 units and placed in the middle."""

import math
from collections.abc import Callable

from scribebench.rubric.dice import Dice
from scribebench.rubric.draw.sketch import WIDTH_PX, Area, Mark, Sketch, Stroke, rectangle
from scribebench.rubric.looks import (
    INK,
    WHITE,
    Point,
    Rgb,
    curve,
    darker,
    lighter,
    luminance,
    regular,
    rgb,
)
from scribebench.rubric.truths import IconTruth

HEIGHT = 480
SIZE = 320
DARK = 0.05  # a colour of less luminance takes light details instead of dark ones


def sketch(truth: IconTruth, dice: Dice) -> Sketch:
    """Return the icon in its colour."""
    left, top = (WIDTH_PX - SIZE) / 2, (HEIGHT - SIZE) / 2
    unit = SIZE / 100

    def put(points: tuple[Point, ...]) -> tuple[Point, ...]:
        return tuple((left + unit * x, top + unit * y) for x, y in points)

    marks: list[Mark] = []
    for mark in ICONS[truth.icon](rgb(truth.colour)):
        if isinstance(mark, Area):
            marks.append(mark._replace(points=put(mark.points)))
        elif isinstance(mark, Stroke):
            marks.append(mark._replace(points=put(mark.points), width=mark.width * unit))
    return Sketch(HEIGHT, tuple(marks))


def _detail(colour: Rgb) -> Rgb:
    """Return a colour for lines that are drawn on a colour."""
    return lighter(colour, 0.75) if luminance(colour) < DARK else darker(colour, 0.6)


def _shade(colour: Rgb) -> Rgb:
    """Return a colour for a part that lies behind, or in the shade."""
    return lighter(colour, 0.3) if luminance(colour) < DARK else darker(colour, 0.22)


def _round(
    left: float, top: float, right: float, bottom: float, radius: float
) -> tuple[Point, ...]:
    corners = (
        (right - radius, top + radius, 0),
        (right - radius, bottom - radius, 90),
        (left + radius, bottom - radius, 180),
        (left + radius, top + radius, 270),
    )
    return tuple(
        point for x, y, start in corners for point in _arc((x, y), radius, start, start + 90)
    )


def _arc(centre: Point, radius: float, start: float, end: float) -> tuple[Point, ...]:
    """Return points of an arc; degrees clockwise from the top."""
    steps = max(2, round(abs(end - start) / 5))
    angles = [math.radians(start + (end - start) * n / steps) for n in range(steps + 1)]
    return tuple(
        (centre[0] + radius * math.sin(angle), centre[1] - radius * math.cos(angle))
        for angle in angles
    )


def _disc(x: float, y: float, radius: float) -> tuple[Point, ...]:
    return tuple((x + radius * dx, y + radius * dy) for dx, dy in regular(72))


def _folder(colour: Rgb) -> list[Mark]:
    back, front = _shade(colour), colour
    return [
        Area(_round(4, 16, 46, 50, 5), back),
        Area(_round(4, 25, 96, 86, 5), back),
        Area(_round(12, 32, 88, 70, 2), WHITE),
        Area(_round(4, 38, 96, 86, 5), front),
        Stroke(((8, 42.5), (92, 42.5)), 1.2, lighter(colour, 0.45)),
    ]


def _envelope(colour: Rgb) -> list[Mark]:
    line = _detail(colour)
    return [
        Area(_round(3, 18, 97, 84, 4), colour),
        Stroke(((6, 81), (38, 50)), 2.2, line),
        Stroke(((94, 81), (62, 50)), 2.2, line),
        Area(((4, 20), (96, 20), (50, 58)), _shade(colour)),
        Stroke(((5, 21), (50, 58), (95, 21)), 3, line),
    ]


def _trash_bin(colour: Rgb) -> list[Mark]:
    line = _detail(colour)
    return [
        Stroke(((38, 14), (38, 5), (62, 5), (62, 14)), 5, _shade(colour)),
        Area(_round(12, 12, 88, 22, 4), _shade(colour)),
        Area(((19, 26), (81, 26), (75, 96), (25, 96)), colour),
        *(Stroke(((50 + 13 * n, 38), (50 + 11 * n, 84)), 4, line) for n in (-1, 0, 1)),
    ]


def _magnifier(colour: Rgb) -> list[Mark]:
    return [
        Stroke(((64, 64), (92, 92)), 13, _shade(colour)),
        Area(_disc(40, 40, 36), colour),
        Area(_disc(40, 40, 26), (228, 240, 250)),
        Stroke(_arc((40, 40), 18, 285, 345), 4, WHITE),
    ]


def _gear(colour: Rgb) -> list[Mark]:
    teeth: list[Point] = []
    for n in range(8):
        for degrees, radius in ((-15, 35), (-10, 47), (10, 47), (15, 35)):
            angle = math.radians(45 * n + degrees)
            teeth.append((50 + radius * math.sin(angle), 50 - radius * math.cos(angle)))
    return [
        Area(tuple(teeth), colour),
        Area(_disc(50, 50, 35.5), colour),
        Area(_disc(50, 50, 16), WHITE),
    ]


def _house(colour: Rgb) -> list[Mark]:
    line = _detail(colour)
    return [
        Area(rectangle(70, 14, 81, 40), _shade(colour)),
        Area(rectangle(16, 46, 84, 94), colour),
        Area(((50, 8), (97, 52), (3, 52)), _shade(colour)),
        Area(rectangle(42, 64, 58, 94), line),
        Area(rectangle(23, 60, 36, 73), WHITE),
        Area(rectangle(64, 60, 77, 73), WHITE),
        Stroke(((29.5, 60), (29.5, 73)), 1.4, line),
        Stroke(((70.5, 60), (70.5, 73)), 1.4, line),
    ]


def _bell(colour: Rgb) -> list[Mark]:
    right = curve(((50, 13), (61, 16), (70, 27), (73, 42), (75, 55), (80, 67), (89, 76)))
    left = tuple((100 - x, y) for x, y in reversed(right))
    return [
        Area(_disc(50, 12, 6.5), _shade(colour)),
        Area(_disc(50, 84, 10), _shade(colour)),
        Area((*right, *left), colour),
        Area(_round(9, 73, 91, 82, 4), colour),
        Stroke(tuple(curve(((34, 56), (36, 37), (43, 25)))), 3, lighter(colour, 0.5)),
    ]


def _padlock(colour: Rgb) -> list[Mark]:
    shackle = ((29, 50), *_arc((50, 29), 21, 270, 450), (71, 50))
    hole = _detail(colour)
    return [
        Stroke(shackle, 10, (120, 125, 135)),
        Area(_round(14, 44, 86, 95, 7), colour),
        Area(_disc(50, 65, 7), hole),
        Area(((48, 65), (52, 65), (54, 82), (46, 82)), hole),
    ]


def _camera(colour: Rgb) -> list[Mark]:
    line = _detail(colour)
    return [
        Area(((33, 28), (39, 15), (61, 15), (67, 28)), _shade(colour)),
        Area(_round(10, 21, 23, 30, 2), _shade(colour)),
        Area(_round(2, 26, 98, 84, 8), colour),
        Area(_disc(50, 55, 24), WHITE),
        Area(_disc(50, 55, 20), INK),
        Area(_disc(50, 55, 13), (70, 95, 130)),
        Area(_disc(45, 50, 4), WHITE),
        Area(_round(78, 34, 90, 42, 2), line),
    ]


def _floppy_disk(colour: Rgb) -> list[Mark]:
    line = _detail(colour)
    return [
        Area(((6, 6), (82, 6), (94, 18), (94, 94), (6, 94)), colour),
        Area(rectangle(26, 6, 72, 37), (205, 208, 215)),
        Area(rectangle(55, 11, 65, 32), (60, 62, 70)),
        Area(rectangle(18, 50, 82, 94), WHITE),
        Stroke(((18, 50), (82, 50), (82, 94), (18, 94), (18, 50)), 1, line),
        *(Stroke(((26, y), (74, y)), 2, (150, 152, 160)) for y in (61, 71, 81)),
    ]


def _clock(colour: Rgb) -> list[Mark]:
    ticks = []
    for hour in range(12):
        (dx, dy) = regular(1, turned=30 * hour)[0]
        inner = 29 if hour % 3 == 0 else 32
        width = 3 if hour % 3 == 0 else 1.6
        ends = tuple((50 + radius * dx, 50 + radius * dy) for radius in (inner, 35))
        ticks.append(Stroke(ends, width, INK))
    return [
        Area(_disc(50, 50, 47), colour),
        Area(_disc(50, 50, 38), WHITE),
        *ticks,
        Stroke(((50, 50), (36, 39)), 4.5, INK),
        Stroke(((50, 50), (68, 32)), 3, INK),
        Area(_disc(50, 50, 3.5), INK),
    ]


def _printer(colour: Rgb) -> list[Mark]:
    line = _detail(colour)
    edge = (150, 152, 160)
    return [
        Area(rectangle(25, 5, 75, 40), edge),
        Area(rectangle(26.5, 6.5, 73.5, 40), WHITE),
        Area(_round(4, 34, 96, 76, 6), colour),
        Area(_round(18, 54, 82, 62, 3), line),
        Area(_disc(86, 44, 3), lighter(colour, 0.75)),
        Area(rectangle(25, 58, 75, 95), edge),
        Area(rectangle(26.5, 58, 73.5, 93.5), WHITE),
        *(Stroke(((34, y), (66, y)), 2.2, edge) for y in (69, 77, 85)),
    ]


ICONS: dict[str, Callable[[Rgb], list[Mark]]] = {
    "folder": _folder,
    "envelope": _envelope,
    "trash_bin": _trash_bin,
    "magnifier": _magnifier,
    "gear": _gear,
    "house": _house,
    "bell": _bell,
    "padlock": _padlock,
    "camera": _camera,
    "floppy_disk": _floppy_disk,
    "clock": _clock,
    "printer": _printer,
}
