"""Look at a drawn picture as somebody does who does not know how it was drawn."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from scribebench.rubric.looks import COLOURS, SHADES, SHAPES, Rgb

UNLIKE_PAPER = 40  # difference of a colour channel (0-255) that is seen
SMALLEST_PX = 200  # area of something that is seen, at scale 1
LEAST_FILLED = 0.2  # share of its box that a shape fills; frames and lines fill less
LEAST_ALIKE = 0.85  # overlap (intersection over union) with the shape that it is taken for


class Seen(NamedTuple):
    """A coloured thing: `shape` is null when it is like none; `direction` of triangles only."""

    colour: str
    shape: str | None
    direction: str | None
    x: float
    y: float


def look(picture: Image.Image) -> list[Seen]:
    """Return what lies on the paper, whose colour is that of the corner."""
    pixels = np.asarray(picture.convert("RGB"))
    paper = pixels[0, 0].astype(np.int16)
    inked = (np.abs(pixels.astype(np.int16) - paper).max(axis=2) > UNLIKE_PAPER).astype(np.uint8)
    count, labels, boxes, centres = cv2.connectedComponentsWithStats(inked)
    seen = []
    for number in range(1, count):
        left, top, wide, high, area = (int(part) for part in boxes[number])
        if area < SMALLEST_PX or area < LEAST_FILLED * wide * high:
            continue
        mask = labels[top : top + high, left : left + wide] == number
        median = np.median(pixels[top : top + high, left : left + wide][mask], axis=0)
        shape, direction = _shape(mask)
        name = colour_name((int(median[0]), int(median[1]), int(median[2])))
        seen.append(
            Seen(name, shape, direction, float(centres[number][0]), float(centres[number][1]))
        )
    return seen


def colour_name(colour: Rgb) -> str:
    """Return the name of the plain colour that is nearest."""
    return min(
        COLOURS,
        key=lambda name: sum(
            (one - other) ** 2 for one, other in zip(COLOURS[name], colour, strict=True)
        ),
    )


def colour_share(picture: Image.Image, name: str) -> float:
    """Return which share of all that is not paper has exactly that colour (0-1)."""
    pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3).astype(np.int16)
    inked = pixels[np.abs(pixels - pixels[0]).max(axis=1) > UNLIKE_PAPER]
    wanted = np.array((COLOURS | SHADES)[name], np.int16)
    same = np.abs(inked - wanted).max(axis=1) <= 2
    return float(same.mean()) if len(inked) else 0.0


def _shape(mask: npt.NDArray[np.bool_]) -> tuple[str | None, str | None]:
    alike = {
        (name, direction): _overlap(mask, name, direction)
        for name in SHAPES
        for direction in (("up", "down") if name == "triangle" else (None,))
    }
    best = max(alike, key=lambda one: alike[one])
    return best if alike[best] >= LEAST_ALIKE else (None, None)


def _overlap(mask: npt.NDArray[np.bool_], name: str, direction: str | None) -> float:
    """Return the intersection over union with a shape that fills the same box.

    A shape of other proportions than the box is not that shape: it counts by how much it differs.
    """
    points = np.array(SHAPES[name])
    if direction == "down":
        points = points * (1, -1)
    points = points - points.min(axis=0)
    size = points.max(axis=0)
    high, wide = mask.shape
    drawn = np.zeros(mask.shape, np.uint8)
    cv2.fillPoly(drawn, [np.rint(points / size * (wide - 1, high - 1)).astype(np.int32)], 1)
    both, either = np.logical_and(drawn, mask).sum(), np.logical_or(drawn, mask).sum()
    proportion = (size[0] / size[1]) / (wide / high)
    return float(both / either) * float(min(proportion, 1 / proportion))
