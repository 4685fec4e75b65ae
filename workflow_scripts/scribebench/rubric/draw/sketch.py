"""A picture as a list of marks, before it is made of pixels.

What is drawn can be checked here exactly: that nothing is cut off, and that nothing lies on another
thing. All lengths are in pixels of the picture at scale 1, y downwards.
"""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from scribebench.rubric.looks import INK, WHITE, Point, Rgb

WIDTH_PX = 640
# Drawn so much larger and reduced, so that edges are smooth.
OVERSAMPLING = 3
BOLD = 0.035  # thickness that bold letters gain on each side, as a share of the size
# A letter of a fixed-advance text fills no more than this share of its cell.
CELL_FILLED = 0.92
EURO_BARS = 0.07  # how far from the middle of a C the two bars lie, as a share of the size


class Box(NamedTuple):
    """A rectangle that holds a mark."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Return whether the two have a part in common."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def holds(self, other: "Box") -> bool:
        """Return whether the other lies inside."""
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )

    def is_crossed(self, start: Point, end: Point) -> bool:
        """Return whether a straight line has a part inside (clipping of Liang and Barsky)."""
        enters, leaves = 0.0, 1.0
        for at, to, low, high in (
            (start[0], end[0], self.left, self.right),
            (start[1], end[1], self.top, self.bottom),
        ):
            if at == to:
                if not low < at < high:
                    return False
                continue
            first, last = sorted(((low - at) / (to - at), (high - at) / (to - at)))
            enters, leaves = max(enters, first), min(leaves, last)
        return enters < leaves


class Area(NamedTuple):
    """A filled polygon; `name` of an object that others must not touch."""

    points: tuple[Point, ...]
    colour: Rgb
    name: str | None = None

    @property
    def box(self) -> Box:
        return _around(self.points, 0)


class Stroke(NamedTuple):
    """A line through points, with round ends."""

    points: tuple[Point, ...]
    width: float
    colour: Rgb = INK

    @property
    def box(self) -> Box:
        return _around(self.points, self.width / 2)


class Text(NamedTuple):
    """One line of text at (x, y), by an anchor of Pillow (`lm`: left, middle of the line).

    With `cell`, each character stands in its own cell of that width, as in a terminal; the anchor
    is then always the left end of the baseline.
    """

    text: str
    x: float
    y: float
    size: float
    anchor: str = "ls"
    colour: Rgb = INK
    bold: bool = False
    cell: float | None = None

    @property
    def box(self) -> Box:
        if self.cell is None:
            box = font(self.size).getbbox(
                latin(self.text), anchor=self.anchor, stroke_width=self.size * BOLD * self.bold
            )
            return Box(self.x + box[0], self.y + box[1], self.x + box[2], self.y + box[3])
        right = self.x + self.cell * len(self.text)
        return Box(self.x, self.y - 0.78 * self.size, right, self.y + 0.24 * self.size)


Mark = Area | Stroke | Text


class Sketch(NamedTuple):
    """A picture: its size, its marks from the bottom up, and whether it stands upside down."""

    height: int
    marks: tuple[Mark, ...]
    width: int = WIDTH_PX
    paper: Rgb = WHITE
    upside_down: bool = False

    @property
    def texts(self) -> list[Text]:
        """Return the lines of text."""
        return [mark for mark in self.marks if isinstance(mark, Text)]


def _around(points: Iterable[Point], margin: float) -> Box:
    xs, ys = zip(*points, strict=True)
    return Box(min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin)


@cache
def font(size: float) -> ImageFont.FreeTypeFont:
    """Return the font that comes with Pillow; its basic layout needs no Raqm."""
    face = ImageFont.load_default(size)
    assert isinstance(face, ImageFont.FreeTypeFont)
    return face.font_variant(layout_engine=ImageFont.Layout.BASIC)


def latin(text: str) -> str:
    """Return the text as the font can set it: it has no euro sign, which is drawn from a C."""
    return text.replace("€", "C")


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return how wide a text is set."""
    return font(size).getlength(latin(text)) + 2 * size * BOLD * bold


def rectangle(left: float, top: float, right: float, bottom: float) -> tuple[Point, ...]:
    """Return its corners."""
    return (left, top), (right, top), (right, bottom), (left, bottom)


def closed(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """Return the line around an area; it runs on a little, so that its corner is no notch."""
    return (*points, *points[:2])


def render(sketch: Sketch, scale: float = 1.0) -> Image.Image:
    """Return the picture in RGB, (width * scale) x (height * scale) pixels."""
    size = (round(sketch.width * scale), round(sketch.height * scale))
    large = Image.new("RGB", (size[0] * OVERSAMPLING, size[1] * OVERSAMPLING), sketch.paper)
    pen, factor = ImageDraw.Draw(large), scale * OVERSAMPLING
    for mark in sketch.marks:
        if isinstance(mark, Area):
            pen.polygon([(x * factor, y * factor) for x, y in mark.points], fill=mark.colour)
        elif isinstance(mark, Stroke):
            _draw_stroke(pen, mark, factor)
        else:
            _draw_text(large, pen, mark, factor)
    picture = large.reduce(OVERSAMPLING)
    return picture.transpose(Image.Transpose.ROTATE_180) if sketch.upside_down else picture


def _draw_stroke(pen: ImageDraw.ImageDraw, mark: Stroke, factor: float) -> None:
    points = [(x * factor, y * factor) for x, y in mark.points]
    radius = mark.width * factor / 2
    pen.line(points, fill=mark.colour, width=max(1, round(2 * radius)), joint="curve")
    if radius >= OVERSAMPLING:
        for x, y in (points[0], points[-1]):
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=mark.colour)


def _draw_text(large: Image.Image, pen: ImageDraw.ImageDraw, mark: Text, factor: float) -> None:
    if mark.cell is not None:
        for place, character in enumerate(mark.text):
            if character != " ":
                _draw_cell(large, mark, character, place, factor)
        return
    size = mark.size * factor
    at = (mark.x * factor, mark.y * factor)
    bold = size * BOLD * mark.bold
    setting = {"font": font(size), "anchor": mark.anchor, "stroke_width": bold}
    pen.text(at, latin(mark.text), fill=mark.colour, **setting)
    if "€" in mark.text:
        box = pen.textbbox(at, latin(mark.text), **setting)
        _draw_euro_bars(pen, mark, box, factor)


def _draw_euro_bars(
    pen: ImageDraw.ImageDraw, mark: Text, box: tuple[float, float, float, float], factor: float
) -> None:
    size = mark.size * factor
    left = box[0] + font(size).getlength(latin(mark.text[: mark.text.index("€")]))
    letter = pen.textbbox((0, mark.y * factor), "C", font=font(size), anchor=mark.anchor)
    middle = (letter[1] + letter[3]) / 2
    for away in (-EURO_BARS, EURO_BARS):
        y = middle + away * size
        bar = (left - 0.05 * size, y, left + 0.45 * size, y)
        pen.line(bar, fill=mark.colour, width=max(1, round(size * 0.07)))


def _draw_cell(large: Image.Image, mark: Text, character: str, place: int, factor: float) -> None:
    """Draw one character in the middle of its cell; one that is too wide is set narrower."""
    assert mark.cell is not None
    cell, size = mark.cell * factor, mark.size * factor
    face = font(size)
    left, top, right, bottom = face.getbbox(character, anchor="ls")
    glyph = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2), 0)
    ImageDraw.Draw(glyph).text((-left + 1, -top + 1), character, font=face, fill=255, anchor="ls")
    widest = int(cell * CELL_FILLED)
    if glyph.width > widest:
        glyph = glyph.resize((widest, glyph.height), Image.Resampling.BICUBIC)
    x = mark.x * factor + cell * place + (cell - glyph.width) / 2
    at = (round(x), round(mark.y * factor + top - 1))
    large.paste(mark.colour, at, glyph)
