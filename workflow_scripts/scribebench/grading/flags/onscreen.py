"""Which stretches of a reply are on the screen: quoted, announced, or shown in a field.

A model that loops hardly ever comes back to the form that was asked for. So whole lines that repeat
in what is visible, and behind which the same section goes on with its other fields, are the
screen's.
"""

import re
from collections import Counter
from typing import NamedTuple

from scribebench.backends.base import FrameDescription
from scribebench.grading.prose import is_english
from scribebench.grading.split.fields import HEADING, LABEL, ORDER, field_of
from scribebench.grading.split.names import NOUN
from scribebench.grading.text import fenced_lines

# Ends of lines; those of a string in JSON, and of a table's cell, too.
BREAK = re.compile(r"\n|\\n|<br ?/?>")
LEAST_BREAKS, LONGEST_LINE = 3, 400
# So many lines, or so many characters, are more than any screen holds.
SHOWN_LINES, SHOWN_CHARS = 100, 8000
LONGEST_ANNOUNCED = 4
# What a line of output holds, and a sentence does not.
_OUTPUT = re.compile(r"\d[.:=/]\d|\w=\w|\[\w+\]|\d{2,}|\b[A-Z]{2,}\b")
# What a model says of a screen, and a screen hardly says of itself.
_TELLS = re.compile(
    r"\b(?:the|a|an|another) (?:\w+ ){0,2}(?:developer|user|screenshot|screen|window|terminal|"
    r"editor|browser|image|frame|page|tab|panel|text|code)\b[^\n]{0,40}?\b(?:is|are|shows?|"
    r"displays?|contains?|appears?|has|with|of|from)\b|\bthe (?:developer|user) \w+",
    re.I,
)
_ITEM = re.compile(r"[ \t]*(?:[-*•+]|\d{1,3}[.)])[ \t]+(?!\[[ xX]?\])[\w\"'`(*]")
_VERBS = frozenset({"the", "is", "are", "a", "to", "of", "that", "by"})
_KEY = re.compile(r'(?<!\\)"([A-Za-z][\w /-]{1,40})"\s*:')
_FRAME = re.compile(rf"^[ \t>#*_\[(=-]*(?:{NOUN})[ _]?#?\d{{1,3}}\b", re.I | re.M)
# A line that comes again below a colon, before something else.
_ANNOUNCED = re.compile(r"\w:[*]{0,2}[ \t]*\n\s{0,9}([^\n]+)\n(?:\1\n){3,60}\s{0,9}(?!\1)\w")


class _Field(NamedTuple):
    name: str
    start: int
    end: int
    style: tuple[bool, ...]


def is_quoted(text: str, begin: int, end: int) -> bool:
    """Return whether most of a stretch stands in a fence or a table."""
    line_begin = text.rfind("\n", 0, begin) + 1
    lines = text[: max(end, begin + 1)].split("\n")
    first = text.count("\n", 0, line_begin)
    fenced = fenced_lines(text[:end].split("\n")) if "```" in text[:end] else [False] * len(lines)
    within = range(first, len(lines))
    quoted = sum(fenced[n] or lines[n].lstrip().startswith("|") for n in within)
    return quoted * 2 > len(within)


def is_announced(text: str, begin: int, end: int, unit: str) -> bool:
    """Return whether whole lines of output stand behind a colon, and the reply goes on after."""
    line_begin = text.rfind("\n", 0, begin) + 1
    after = text[end:].split("\n", 1)[-1].strip()
    if not after or "\n" not in unit.rstrip(" ") + text[end : end + 1]:
        return False
    is_output = _OUTPUT.search(unit) is not None
    said = set(re.findall(r"[a-z]+", unit.lower()))
    if not is_output and (said & _VERBS or _tells(unit) or not _is_said(after, unit, 3)):
        return False
    before = text[:line_begin].rstrip()
    lines = before.split("\n")[-LONGEST_ANNOUNCED if not said & _VERBS else -1 :]
    return any(line.rstrip().endswith(":") and len(line.split()) > 2 for line in lines)


def is_shown(text: str, begin: int, end: int) -> bool:
    """Return whether whole lines stand in what is visible, and other fields of it follow."""
    if (line := text.rfind("\n", begin, end) + 1) and LABEL.match(text, line):
        end = line  # the number of a label goes on from those of the screen
    stretch = text[begin:end]
    if not _are_lines(stretch):
        return False
    if _FRAME.search(stretch) or _tells(stretch):
        return False
    fields = _fields(text)
    before = [one for one in fields if one.start < begin]
    if not before or before[-1].name != "visible":
        visible = [one for one in before if one.name == "visible"]
        if not visible:
            return False
        # A line on the screen may look as a field does, in a form of its own.
        style = visible[-1].style
        fields = [one for one in fields if one.style == style]
        before = [one for one in before if one.style == style]
        if before[-1].name != "visible":
            return False
    own = before[-1]
    fields = [one for one in fields if one.style == own.style]
    if any(begin <= one.start < end for one in fields):
        return False
    heading = _FRAME.search(text, end)
    after = [one for one in fields if one.start >= end - 1]
    follow = [one for one in after if heading is None or one.start < heading.start()]
    if follow:
        return follow[0].name != "visible" and _is_said(_value(text, follow[0], fields), stretch)
    earlier = [one for one in before[:-1] if not _FRAME.search(text, one.start, own.start)]
    return heading is not None and bool(earlier) and bool(after)


def lines_shown(frame: FrameDescription) -> set[str]:
    """Return the lines that come again in what is visible on a frame of which more is said."""
    if frame.visible is None:
        announced = _ANNOUNCED.findall(frame.text or "")
        return {line.strip() for line in announced if _OUTPUT.search(line) and not _tells(line)}
    if "\n" not in frame.visible or not (frame.activity or frame.apps):
        return set()
    counts = Counter(line.strip() for line in frame.visible.split("\n"))
    return {
        line
        for line, times in counts.items()
        if LEAST_BREAKS <= times < SHOWN_LINES and not _tells(line)
    }


def holds_more(text: str, begin: int, end: int) -> bool:
    """Return whether a stretch is longer than what any screen holds."""
    return len(BREAK.findall(text, begin, end)) >= SHOWN_LINES or end - begin >= SHOWN_CHARS


def _are_lines(stretch: str) -> bool:
    """Return whether a stretch consists of lines of a screen's length."""
    lines = [line for line in BREAK.split(stretch) if line.strip()]
    return len(lines) > LEAST_BREAKS and max(map(len, lines)) <= LONGEST_LINE


def _tells(stretch: str) -> bool:
    """Return whether most lines are a model's: sentences about a screen, items of its list."""
    lines = [line for line in BREAK.split(stretch) if line.strip()]
    told = sum(
        (_TELLS.search(line) or _ITEM.match(line)) is not None and not _OUTPUT.search(line)
        for line in lines
    )
    return told * 2 > len(lines)


def _fields(text: str) -> list[_Field]:
    """Return the labelled fields of a reply with the form of each: numbered, bold, in a list."""
    found = [_Field(_name(one), one.start(), one.end(), _style(one[0])) for one in _labels(text)]
    if not found and text.lstrip(" \n`jsonJSON").startswith(("[", "{")):
        for one in _KEY.finditer(text):
            if name := field_of(one[1]):
                found.append(_Field(name, one.start(), one.end(), ()))
    return found


def _labels(text: str) -> list["re.Match[str]"]:
    found = [*LABEL.finditer(text), *(HEADING.finditer(text) if "#" in text else ())]
    return sorted(found, key=lambda one: one.start())


def _name(label: "re.Match[str]") -> str:
    return next(field for field in ORDER if label[field] is not None)


def _style(label: str) -> tuple[bool, ...]:
    letters = re.sub(r"[^A-Za-z]", "", label)
    return (
        re.search(r"\d[.)]", label) is not None,
        "**" in label or "__" in label,
        "#" in label,
        re.match(r"\s*[-•+*](?!\*)", label) is not None,
        letters[:1].islower(),
    )


def _value(text: str, field: _Field, fields: list[_Field]) -> str:
    end = min((one.start for one in fields if one.start > field.start), default=len(text))
    return text[field.end : end]


def _is_said(text: str, unit: str, least: int = 1) -> bool:
    """Return whether a text has so many words that are not among those that repeat."""
    repeated = set(re.findall(r"[^\W\d_]+", unit.lower()))
    words = re.findall(r"[^\W\d_]{2,}", text[:400].lower())
    own = [word for word in words if word not in repeated]
    return len(own) >= least and (any(map(is_english, own)) or len(words) < 4)
