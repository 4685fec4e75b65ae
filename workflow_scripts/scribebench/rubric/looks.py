"""What colours and shapes look like; both by their English names."""

import math
from collections.abc import Sequence
from typing import NamedTuple

Point = tuple[float, float]
Rgb = tuple[int, int, int]

WHITE: Rgb = (255, 255, 255)
INK: Rgb = (25, 25, 30)

# Ten colours that nobody confuses, and shades of them.
COLOURS: dict[str, Rgb] = {
    "red": (214, 32, 38),
    "blue": (30, 90, 200),
    "green": (30, 140, 50),
    "orange": (245, 130, 20),
    "purple": (125, 40, 165),
    "yellow": (250, 205, 30),
    "pink": (250, 130, 185),
    "brown": (120, 72, 35),
    "black": (25, 25, 25),
    "grey": (135, 135, 135),
}
SHADES: dict[str, Rgb] = {
    "light blue": (125, 195, 245),
    "dark blue": (15, 35, 105),
    "light green": (140, 215, 125),
    "dark green": (10, 75, 35),
    "dark red": (125, 10, 20),
    "light grey": (195, 195, 195),
    "dark grey": (80, 80, 80),
    "cyan": (20, 185, 180),
}


def rgb(name: str) -> Rgb:
    """Return the colour of that name; KeyError if there is none."""
    return COLOURS[name] if name in COLOURS else SHADES[name]


def darker(colour: Rgb, share: float = 0.3) -> Rgb:
    """Return the colour, mixed with so much black."""
    return _mixed(colour, (0, 0, 0), share)


def lighter(colour: Rgb, share: float = 0.5) -> Rgb:
    """Return the colour, mixed with so much white."""
    return _mixed(colour, WHITE, share)


def _mixed(colour: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (
        round(one * (1 - share) + two * share) for one, two in zip(colour, other, strict=True)
    )
    return red, green, blue


def luminance(colour: Rgb) -> float:
    """Return the relative luminance (0-1) of WCAG 2.2."""
    linear = [
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4
        for part in colour
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast ratio (1-21) of WCAG 2.2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


class Corner(NamedTuple):
    """A corner of a star or polygon: how far from the centre, at which angle from the top."""

    radius: float
    degrees: float


def _corners(corners: list[Corner]) -> list[Point]:
    return [
        (
            corner.radius * math.sin(math.radians(corner.degrees)),
            -corner.radius * math.cos(math.radians(corner.degrees)),
        )
        for corner in corners
    ]


def regular(count: int, turned: float = 0.0, radius: float = 1.0) -> list[Point]:
    """Return the corners of a regular polygon about the origin, the first at the top."""
    return _corners([Corner(radius, turned + 360 * n / count) for n in range(count)])


def _star() -> list[Point]:
    return _corners([Corner(1.1 if n % 2 == 0 else 0.45, 36 * n) for n in range(10)])


def _heart() -> list[Point]:
    """The curve x = 16 sin^3 t, y = 13 cos t - 5 cos 2t - 2 cos 3t - cos 4t."""
    points = []
    for n in range(90):
        t = math.tau * n / 90
        height = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
        points.append((math.sin(t) ** 3, -height / 16))
    return points


def _cross() -> list[Point]:
    arm = 0.34
    quarter = [(arm, -1.0), (arm, -arm), (1.0, -arm)]
    points: list[Point] = []
    for _ in range(4):
        points += quarter
        quarter = [(-y, x) for x, y in quarter]
    return points


# Each about the origin, about 1 from the centre to the edge, y downwards.
SHAPES: dict[str, list[Point]] = {
    "circle": regular(96),
    "square": [(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)],
    "triangle": [(0.0, -0.95), (1.05, 0.85), (-1.05, 0.85)],
    "star": _star(),
    "heart": _heart(),
    "diamond": [(0.0, -1.12), (0.78, 0.0), (0.0, 1.12), (-0.78, 0.0)],
    "hexagon": regular(6, turned=30),
    "cross": _cross(),
}


def placed(points: list[Point], centre: Point, radius: float) -> tuple[Point, ...]:
    """Return the points of a shape about the origin at its place and size."""
    return tuple((centre[0] + radius * x, centre[1] + radius * y) for x, y in points)


CURVE_STEPS = 8  # points between two of a curve


def curve(points: Sequence[Point]) -> list[Point]:
    """Return points of a Catmull-Rom curve through the points."""
    ends = [points[0], *points, points[-1]]
    smooth = []
    for place in range(len(points) - 1):
        four = ends[place : place + 4]
        xs, ys = [x for x, _ in four], [y for _, y in four]
        shares = [step / CURVE_STEPS for step in range(CURVE_STEPS)]
        smooth += [(_between(*xs, share), _between(*ys, share)) for share in shares]
    return [*smooth, points[-1]]


def _between(before: float, start: float, end: float, after: float, share: float) -> float:
    return 0.5 * (
        2 * start
        + (end - before) * share
        + (2 * before - 5 * start + 4 * end - after) * share**2
        + (3 * start - before - 3 * end + after) * share**3
    )
