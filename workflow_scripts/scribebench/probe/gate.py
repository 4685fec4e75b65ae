"""The gate: a drawn picture that any model with working eyes reads without a fault.

A wrong chat template, a vision encoder of another model or a broken quantisation make a good model
talk rubbish. Such a model is not bad, its backend is broken, and no figure of it means anything.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from scribebench.backends.base import Reply, SentImage
from scribebench.files import sha256_bytes

WIDTH_PX, HEIGHT_PX = 640, 360
WORD = "HARBOR"
# Colours are in BGR, saturated: no model takes one for the other.
LEFT, RIGHT = ("red", (40, 40, 220)), ("blue", (220, 60, 20))
QUESTION = (
    "The picture shows one large word and, below it, two squares. Answer with exactly three lines "
    "and nothing else:\nword: (the word)\nleft: (the colour of the left square)\nright: (the "
    "colour of the right square)"
)
# Enough for the three lines; whoever has not stopped by then may think, and gets the second number.
MAX_TOKENS, MAX_TOKENS_THINKING = 200, 4000
# What models put around a name or a value, and how they name the three lines.
ADORNMENT = " \t*_`#>|-–•·'\"“”.,"
_LINE = re.compile(
    r"(?:\d[.)][\s*_`]*)?(?:the )?(?P<name>word|left|right)(?: square)?"
    r"[\s*_`'\"]*[:=](?P<value>.*)",
    re.I,
)
_BETWEEN = re.compile(r"[,;{}|]")
# Models set spaces, hyphens or marks between letters that they read one by one.
_WORD = re.compile(r"(?<![^\W_])" + r"[\W_]*".join(WORD) + r"(?![^\W_])", re.I)
_COLOUR = re.compile(rf"(?<![^\W_])(?:{LEFT[0]}|{RIGHT[0]})(?![^\W_])", re.I)


class Verdict(NamedTuple):
    """What the reply to the gate's question proves; `passed` when all of it holds."""

    reads_word: bool
    tells_colours: bool
    keeps_form: bool
    stops: bool

    @property
    def passed(self) -> bool:
        return all(self)


@dataclass(frozen=True)
class Fixture:
    """The picture and its question."""

    image: SentImage
    question: str


def fixture() -> Fixture:
    """Return the picture and its question."""
    return Fixture(draw(WIDTH_PX), QUESTION)


def draw(width_px: int) -> SentImage:
    """Return a PNG of the word and the two squares, so many pixels wide (16:9)."""
    scale = width_px / WIDTH_PX
    size = round(WIDTH_PX * scale), round(HEIGHT_PX * scale)
    picture = np.full((size[1], size[0], 3), 255, np.uint8)
    font, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(1, round(8 * scale))
    height = 3.4 * scale
    (text_px, _), _ = cv2.getTextSize(WORD, font, height, thickness)
    place = ((size[0] - text_px) // 2, round(150 * scale))
    cv2.putText(picture, WORD, place, font, height, (0, 0, 0), thickness, cv2.LINE_AA)
    for left, (_, colour) in ((120, LEFT), (400, RIGHT)):
        first = round(left * scale), round(200 * scale)
        second = round((left + 120) * scale), round(320 * scale)
        cv2.rectangle(picture, first, second, colour, cv2.FILLED)
    data = cv2.imencode(".png", picture)[1].tobytes()
    return SentImage(data, sha256_bytes(data), "image/png", *size)


def judge(reply: Reply) -> Verdict:
    """Judge a reply to the gate's question; of a line that stands there twice the last counts."""
    lines = _lines(reply.content)
    # All on one line, or as JSON: not the form that was asked for, but no fault of the eyes.
    parts = _lines(_BETWEEN.sub("\n", reply.content)) | lines
    return Verdict(
        reads_word=_WORD.search(lines.get("word", reply.content)) is not None,
        tells_colours=all(
            _colours(parts.get(side, "")) == {colour}
            for side, (colour, _) in (("left", LEFT), ("right", RIGHT))
        ),
        keeps_form=set(lines) == {"word", "left", "right"},
        stops=reply.finish_reason == "stop",
    )


def _lines(text: str) -> dict[str, str]:
    """Return what follows `word:`, `left:` and `right:` at the beginning of a line."""
    matches = (_LINE.match(line.strip(ADORNMENT)) for line in text.splitlines())
    return {match["name"].lower(): match["value"].strip(ADORNMENT) for match in matches if match}


def _colours(text: str) -> set[str]:
    """Return which of the two colours a text names; one that names both tells none."""
    return {colour.lower() for colour in _COLOUR.findall(text)}
