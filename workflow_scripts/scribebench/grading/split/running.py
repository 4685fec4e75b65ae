"""Sections in running prose: "Screenshot 1 shows a shell. In the second one a browser is open." """

import re
from typing import NamedTuple

from scribebench.grading.split.fields import field_of
from scribebench.grading.split.names import NOUN, ORDINALS, noun_and_numbers

# Where a sentence, or a part of one, may begin that tells of another screenshot.
_BEGIN = re.compile(
    r"(?:\A|(?<=[。！？；])|(?<=[.!?;:|,\"'”’)\]…`])[ \t]+|\n)[ \t>*_-]{0,12}(?=\S)"
)
_LINK = re.compile(
    r"(?:(?:and|while|whereas|then|finally|next|lastly|also|but),? ){0,2}"
    r"(?:(?:in|on|for) )?(?:the )?\*{0,2}",
    re.I,
)
_ORDINAL = re.compile(rf"(?P<word>{'|'.join(ORDINALS)}|last|final)\b", re.I)
_OF_NOUN = re.compile(rf"[ \t](?:{NOUN}|one)\b", re.I)
# What follows an ordinal that leaves the noun out.
_ELLIPTIC = re.compile(
    r"(?=,? (?:shows?|displays?|is|has|contains?|depicts?|features?|we|the|an?|there|it|you|i)\b"
    r"|,)",
    re.I,
)
_NO_NAME = re.compile(r"[.A-Za-z0-9_-][A-Za-z0-9_]|['’]s\b")
_COUNTS = (
    re.compile(r"(?<!\S)\((\d{1,2})\)(?=\s)"),
    re.compile(r"(?<!\S)\[(\d{1,2})\](?=\s)"),
    re.compile(r"(?<!\S)(\d{1,2})[.)](?=\s)"),
)


class Mention(NamedTuple):
    """A place in a text where a sentence about some frames begins; `numbers` as they stand."""

    start: int
    numbers: list[int]


class Part(NamedTuple):
    """What running prose says of some frames."""

    numbers: list[int]
    text: str


def running(text: str, mentions: list[Mention], n_frames: int) -> list[Part]:
    """Return the parts of prose that tells of all frames one after the other; else none."""
    if not _covers([number for one in mentions for number in one.numbers], n_frames):
        mentions = _counted(text, n_frames)
    if not mentions:
        return []
    ends = [*(one.start for one in mentions[1:]), len(text)]
    return [
        Part(one.numbers, text[one.start : end].strip(" \t\n>*_-"))
        for one, end in zip(mentions, ends, strict=True)
    ]


def mentioned(text: str, n_frames: int) -> list[Mention]:
    """Return where sentences begin that tell of a frame by its number, each frame's first."""
    found: list[Mention] = []
    told: set[int] = set()
    for begin in _BEGIN.finditer(text):
        link = _LINK.match(text, begin.end())
        at = link.end() if link else begin.end()
        numbers = _numbers_at(text[at : at + 120], n_frames, bool(link and link[0]), bool(found))
        if numbers and not told.intersection(numbers):
            told.update(numbers)
            found.append(Mention(begin.end(), numbers))
    return found


def _numbers_at(text: str, n_frames: int, is_linked: bool, has_noun: bool) -> list[int]:
    numbers, _, tail = noun_and_numbers(text, n_frames)
    if numbers:
        return [] if _NO_NAME.match(tail) else numbers
    ordinal = _ORDINAL.match(text)
    if not ordinal:
        return []
    tail = text[ordinal.end() :]
    if not _OF_NOUN.match(tail) and not (is_linked and has_noun and _ELLIPTIC.match(tail)):
        return []
    word = ordinal["word"].lower()
    return [ORDINALS.index(word) + 1] if word in ORDINALS else [n_frames]


def _covers(numbers: list[int], n_frames: int) -> bool:
    """Return whether numbers are those of all frames, counted from 0 or from 1."""
    told = sorted(numbers)
    return told in (list(range(n_frames)), list(range(1, n_frames + 1)))


def _counted(text: str, n_frames: int) -> list[Mention]:
    """Return the items of "(1) a shell. (2) a browser.", when they are as many as the frames."""
    if n_frames < 2 or text.count("\n") >= n_frames:
        return []
    for pattern in _COUNTS:
        items = list(pattern.finditer(text))
        numbers = [int(item[1]) for item in items]
        if not numbers or numbers != sorted(numbers) or not _covers(numbers, n_frames):
            continue
        begin = text[: items[0].start()].strip()
        fields = (field_of(text[item.end() : item.end() + 60].partition(":")[0]) for item in items)
        if (begin and not begin.endswith((":", "."))) or any(fields):
            continue
        return [Mention(item.end(), [int(item[1])]) for item in items]
    return []
