"""Sections of a reply in XML: an element for each frame, perhaps with an element for each field."""

import html
import re
from typing import Any

from scribebench.grading.split.fields import field_of, from_record
from scribebench.grading.split.names import NOUN
from scribebench.grading.split.sections import Section

MAX_CHARS = 400_000
_ATTRIBUTES = r"(?:\s+[\w:-]{1,40}\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>/]+)){0,8}"
_ATTRIBUTE = re.compile(r"([\w:-]{1,40})\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)'|([^\s\"'<>/]+))")
_ELEMENT = re.compile(
    rf"<(?P<tag>(?P<noun>{NOUN}|item|entry)(?:[_-]?(?P<number>\d{{1,4}}))?)"
    rf"(?P<attributes>{_ATTRIBUTES})\s*(?P<empty>/)?>",
    re.I,
)
_CHILD = re.compile(
    rf"<(?P<tag>[A-Za-z][\w:-]{{0,40}}){_ATTRIBUTES}\s*>(?P<value>.*?)(?:</(?P=tag)\s*>|\Z)", re.S
)
_INDEX = re.compile(r"(?:[a-z]+[_-])?(?:index|idx|id|n|no|nr|num|number|name)", re.I)
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>")


def xml_sections(text: str, n_frames: int) -> list[Section]:
    """Return the sections of a reply whose elements are the frames; none when it is no such."""
    if ("</" not in text and "/>" not in text) or len(text) > MAX_CHARS:
        return []
    nouns: dict[str, list[re.Match[str]]] = {}
    for element in _ELEMENT.finditer(text):
        nouns.setdefault(element["noun"].lower(), []).append(element)
    # The elements around those of the frames are fewer, or begin before them.
    begins = max(nouns.values(), key=lambda same: (len(same), same[0].start()), default=[])
    if len(begins) <= n_frames // 2:
        return []
    if n_frames == 1 and not re.match(r"\s*(?:```\w*\s*)?<", text):
        return []  # one that stands on the screen
    ends = [*(one.start() for one in begins[1:]), len(text)]
    inners = [_inner(text, one, end) for one, end in zip(begins, ends, strict=True)]
    return [_section(one, inner) for one, inner in zip(begins, inners, strict=True)]


def _inner(text: str, begin: "re.Match[str]", end: int) -> str:
    """Return what stands in an element, which may have lost its end."""
    if begin["empty"]:
        return ""
    close = re.compile(rf"</{re.escape(begin['tag'])}\s*>", re.I).search(text, begin.end(), end)
    return text[begin.end() : close.start() if close else end]


def _section(begin: "re.Match[str]", inner: str) -> Section:
    record: dict[str, Any] = {
        name: html.unescape(double or single or bare)
        for name, double, single, bare in _ATTRIBUTE.findall(begin["attributes"])
    }
    children = _children(inner)
    record |= children
    numbers = [int(begin["number"])] if begin["number"] else _numbers(record)
    said = {name.replace("-", "_"): value for name, value in record.items() if not _is_index(name)}
    if not any(field_of(name) for name in said):
        said = {name: value for name, value in said.items() if name in children}
    if said:
        return Section(numbers, from_record(said), begin["tag"])
    return Section(numbers, _plain(inner), begin["tag"])


def _children(inner: str) -> dict[str, Any]:
    """Return the values of the elements in another one; several within one are a list."""
    values: dict[str, Any] = {}
    for child in _CHILD.finditer(inner):
        parts = [part["value"] for part in _CHILD.finditer(child["value"])]
        is_list = parts and not _CHILD.sub("", child["value"]).strip()
        value = [_plain(part) for part in parts] if is_list else _plain(child["value"])
        values.setdefault(child["tag"], value)
    return values


def _numbers(record: dict[str, Any]) -> list[int]:
    for name, value in record.items():
        if _is_index(name) and (number := re.search(r"\d{1,9}", str(value))):
            return [int(number[0])]
    return []


def _is_index(name: str) -> bool:
    return _INDEX.fullmatch(name) is not None


def _plain(text: str) -> str:
    """Return a text as it is read: without tags, and with the characters that entities mean."""
    return html.unescape(_TAG.sub("", text)).strip()
