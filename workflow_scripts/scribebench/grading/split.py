"""Split a batch reply into one description for each frame."""

import re
from typing import NamedTuple

from scribebench.backends.base import FrameDescription

# Every repetition is bounded: a reply of a hundred thousand blanks must not take minutes to read.
_GAP = r"[ \t]{0,12}"
HEADING = re.compile(
    rf"^{_GAP}(?P<mark>#{{1,6}}|\*\*)?{_GAP}(?:screenshot|frame|image){_GAP}#?{_GAP}"
    r"(?P<number>\d{1,9})\b(?P<rest>[^\n]*)$",
    re.I | re.M,
)
# What follows the number: a time in brackets, then what is said on the heading's own line.
REST = re.compile(
    rf"{_GAP}(?:\([^)]{{0,40}}\))?{_GAP}(?:\*\*)?(?:(?P<colon>:)[ \t*]*(?P<said>.*)|(?P<end>\s*$))"
)
FIELD = re.compile(
    rf"^{_GAP}(?:\d{{1,3}}[.)]{_GAP}|[-*]{_GAP})?\*{{0,3}}{_GAP}"
    r"(?P<name>visible|developer (?:action|doing)"
    r"|applications?|apps(?: open)?|topics(?:/projects)?)"
    rf"{_GAP}\*{{0,3}}{_GAP}:{_GAP}\*{{0,3}}",
    re.I | re.M,
)
FIELD_OF_NAME = {"v": "visible", "d": "activity", "a": "apps", "t": "topics"}
NOTHING = frozenset({"", "none", "n/a", "-", "unknown", "none visible"})


class _Section(NamedTuple):
    number: int
    text: str


def split_reply(reply: str, n_frames: int) -> list[FrameDescription]:
    """Return one description for each of `n_frames` frames; a frame without a section is null.

    Numbers in headings are 0-based, unless there is no 0 and the highest is `n_frames`. A reply
    about a single frame needs no heading.
    """
    found = [match for match in HEADING.finditer(reply) if _is_heading(match)]
    ends = [*(match.start() for match in found[1:]), len(reply)]
    sections = [
        _Section(int(match["number"]), f"{_said_in(match)}\n{reply[match.end() : end]}".strip())
        for match, end in zip(found, ends, strict=False)
    ]
    if not sections and n_frames == 1 and reply.strip():
        sections = [_Section(0, reply.strip())]
    numbers = [section.number for section in sections]
    first = 1 if numbers and 0 not in numbers and max(numbers) == n_frames else 0
    described = [FrameDescription()] * n_frames
    for section in sections:
        slot = section.number - first
        if 0 <= slot < n_frames and section.text and described[slot].text is None:
            described[slot] = read_fields(section.text)
    return described


def _is_heading(match: re.Match[str]) -> bool:
    """Return whether a line is one: a sentence of a description may begin with "Image 3 shows"."""
    return bool(match["mark"] or REST.match(match["rest"]))


def _said_in(match: re.Match[str]) -> str:
    """Return what a heading says after a colon; what stands before it is a time or a title."""
    rest = REST.match(match["rest"])
    return (rest["said"] or "") if rest else ""


def read_fields(text: str) -> FrameDescription:
    """Return the fields of one frame's section; a field that the section lacks is null."""
    found = list(FIELD.finditer(text))
    ends = [*(match.start() for match in found[1:]), len(text)]
    values: dict[str, str] = {}
    for match, end in zip(found, ends, strict=False):
        name = FIELD_OF_NAME[match["name"][0].lower()]
        values.setdefault(name, text[match.end() : end].strip())
    return FrameDescription(
        text=text,
        visible=values.get("visible"),
        activity=values.get("activity"),
        apps=_items(values.get("apps")),
        topics=_items(values.get("topics")),
    )


def _items(value: str | None) -> list[str] | None:
    """Split a list at commas that stand outside brackets."""
    if value is None:
        return None
    items, depth = [""], 0
    for char in value:
        depth = max(0, depth + (char in "([") - (char in ")]"))
        if char == "\n" or (char in ",;" and depth == 0):
            items.append("")
            depth = 0
        else:
            items[-1] += char
    items = [item.strip().strip("*").rstrip(".").strip() for item in items]
    return [item for item in items if item.casefold() not in NOTHING]
