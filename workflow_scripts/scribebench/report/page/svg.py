"""Small plots as inline SVG: no library, no style of their own; page.css colours them.

Numbers of a plot stand in a table beside it, for who cannot see it. A plot is `WIDTH` units wide
and scales with the page.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from math import ceil, floor, log10
from typing import NamedTuple

WIDTH = 640
SERIES = 6  # colours and marks that page.css knows


class Scale(NamedTuple):
    """Maps values from `low` to `high` to places from `start` to `end`; `log`: by logarithm."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high, value = (log10(x) if self.log else x for x in (self.low, self.high, value))
        share = (value - low) / (high - low) if high > low else 0.5
        return self.start + share * (self.end - self.start)


@dataclass
class Figure:
    """A plot under construction: `parts` are SVG elements; `title` and `description` are text."""

    name: str
    title: str
    description: str
    height: float
    parts: list[str] = field(default_factory=list)

    def add(self, tag: str, content: str | None = None, **attributes: object) -> None:
        """Add an element; `content` is text. An underscore in a name stands for a hyphen."""
        told = "".join(
            f' {name.rstrip("_").replace("_", "-")}="{escape(_number(value))}"'
            for name, value in attributes.items()
        )
        inside = "" if content is None else escape(content)
        self.parts.append(f"<{tag}{told}>{inside}</{tag}>")

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        self.add("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)

    def text(self, x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> None:
        self.add("text", words, x=x, y=y, class_=kind, text_anchor=anchor)

    def mark(self, x: float, y: float, series: int, is_hollow: bool = False) -> None:
        """Add the mark of a series: a form as well as a colour tells them apart."""
        form = series % SERIES
        kind = f"mark s{form}" + (" hollow" if is_hollow else "")
        if form == 0:
            self.add("circle", cx=x, cy=y, r=5, class_=kind)
        elif form == 1:
            self.add("rect", x=x - 4.5, y=y - 4.5, width=9, height=9, class_=kind)
        else:
            shapes = {
                2: ((0, -6), (5.5, 4.5), (-5.5, 4.5)),
                3: ((0, -6.5), (6.5, 0), (0, 6.5), (-6.5, 0)),
                4: ((0, 6), (5.5, -4.5), (-5.5, -4.5)),
                5: ((-2, -6), (2, -6), (2, -2), (6, -2), (6, 2), (2, 2), (2, 6), (-2, 6), (-2, 2),
                    (-6, 2), (-6, -2), (-2, -2)),
            }  # fmt: skip
            points = " ".join(f"{_number(x + dx)},{_number(y + dy)}" for dx, dy in shapes[form])
            self.add("polygon", points=points, class_=kind)

    def interval(self, x: float, low: float, high: float, series: int) -> None:
        """Add a vertical interval with its ends."""
        kind = f"interval s{series % SERIES}"
        self.add("path", d=_path([(x, low), (x, high)]), class_=kind)
        for y in (low, high):
            self.add("path", d=_path([(x - 4, y), (x + 4, y)]), class_=kind)

    def path(self, points: Sequence[tuple[float, float]], kind: str) -> None:
        self.add("path", d=_path(points), class_=kind)

    def key(
        self,
        names: Sequence[tuple[int, str]],
        top: float,
        left: float = 12,
        hollow: Collection[int] = (),
    ) -> None:
        """Add a line for each series that says its name; the marks of some are `hollow`."""
        for place, (series, name) in enumerate(names):
            y = top + 20 * place
            self.mark(left + 6, y - 4, series, is_hollow=series in hollow)
            self.text(left + 20, y, shortened(name, 80))

    def svg(self) -> str:
        """Return the SVG element, named and described for who cannot see it."""
        ids = f"plot-{self.name}"
        return (
            f'<svg class="plot" viewBox="0 0 {WIDTH} {_number(self.height)}" role="img" '
            f'aria-labelledby="{ids}-title {ids}-desc">'
            f'<title id="{ids}-title">{escape(self.title)}</title>'
            f'<desc id="{ids}-desc">{escape(self.description)}</desc>{"".join(self.parts)}</svg>'
        )


def axes(
    figure: Figure,
    x: Scale,
    y: Scale,
    x_ticks: Iterable[tuple[float, str]],
    y_ticks: Iterable[tuple[float, str]],
    names: tuple[str, str],
) -> None:
    """Add both axes with their ticks, thin lines across, and what they show."""
    for value, words in y_ticks:
        figure.line(x.start, y(value), x.end, y(value), "grid")
        figure.text(x.start - 8, y(value) + 4, words, anchor="end")
    for value, words in x_ticks:
        figure.line(x(value), y.start, x(value), y.start + 5, "axis")
        figure.text(x(value), y.start + 19, words, anchor="middle")
    figure.line(x.start, y.start, x.end, y.start, "axis")
    figure.text((x.start + x.end) / 2, y.start + 39, names[0], "name", "middle")
    figure.text(x.start - 40, y.end - 14, names[1], "name")


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return about `count` round values from `low` to `high`."""
    if high <= low:
        return [low]
    raw = (high - low) / count
    power = 10.0 ** floor(log10(raw))
    step = min((one * power for one in (1, 2, 2.5, 5, 10) if one * power >= raw), default=raw)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [round(place * step, 10) for place in range(first, last + 1)]


def decades(low: float, high: float) -> list[float]:
    """Return 1, 2 and 5 times powers of ten within the ends, or powers alone where many fit."""
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    for steps in ((1, 2, 5), (1,)):
        found = [step * 10.0**power for power in powers for step in steps]
        found = [value for value in found if low <= value <= high]
        if len(found) <= 8:
            return found
    return found


def around(values: Sequence[float], log: bool = False) -> tuple[float, float]:
    """Return ends that leave room around the values."""
    low, high = min(values), max(values)
    if log:
        return low / 1.6, high * 1.6
    room = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    return low - room, high + room


def front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return the places of the points that no other one beats: less x, more y; by x."""
    order = sorted(range(len(points)), key=lambda place: (points[place][0], -points[place][1]))
    best: list[int] = []
    for place in order:
        if not best or points[place][1] > points[best[-1]][1]:
            best.append(place)
    return best


def shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def columns(values: Iterable[float], place: Callable[[float], float]) -> list[float]:
    """Return the different places of values, to half a unit: a plot cannot show more."""
    return sorted({round(2 * place(value)) / 2 for value in values})


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in points)


def _number(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
