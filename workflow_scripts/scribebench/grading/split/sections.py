"""Sections of a text: what their headings look like, and where they end."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from scribebench.backends.base import FrameDescription
from scribebench.grading.refusal import is_refusal
from scribebench.grading.split.fields import LABEL, field_at, read_fields
from scribebench.grading.split.headings import (
    Heading,
    Line,
    alike,
    begun,
    behind,
    counted,
    line_of,
    named,
    ordered,
    placed,
)
from scribebench.grading.split.names import AT_NOUN, NOUN, PLACE, ROW
from scribebench.grading.split.running import mentioned, running
from scribebench.grading.text import fenced_lines

__all__ = [
    "CLOSING",
    "NOUN",
    "PLACE",
    "ROW",
    "RULE",
    "Section",
    "is_form",
    "named_sections",
    "text_sections",
]

_TAGS = re.compile(
    r"</?(?:h[1-6]|b|strong|em|p|div|section|li|ul|ol|br|span|article|details|summary)\b"
    r"[^>\n]{0,60}>",
    re.I,
)
# Sections that follow each other on one line.
_LABEL = (
    rf"{NOUN} ?#?\d{{1,3}}(?: ?(?:-|–|,|to|and|&) ?\d{{1,3}}){{0,8}}[ \t]?"
    rf"(?:\([^)\n]{{0,40}}\))?[:：]"
)
_RUNNING = re.compile(rf"(?<=[.!?;|\"'”)\]])[ \t]+(?={_LABEL})", re.I)
_LABELLED = re.compile(_LABEL, re.I)
RULE = re.compile(r"[ \t]*(?:[-*_=] ?){3,}[ \t]*$")
CLOSING = re.compile(
    r"[ \t]*(?:\*\*|#{1,6} *|__)?(?:overall|in summary|to summari[sz]e|summary|in conclusion|"
    r"conclusion|"
    r"these (?:\w+ ){0,2}(?:screenshots|images|frames)|across (?:all|the|these|every)|"
    r"all (?:of )?(?:the |these )?(?:\w+ )?(?:screenshots|images|frames)|throughout|(?:this "
    r"concludes|these descriptions)|let me know|i hope|i(?:['’]m| am) (?:sorry|unable|not able)|"
    r"sorry|unfortunately|i apologi[sz]e|i can(?:['’]t|not)|"
    r"feel free|if you(?:'d| would| need| want)|would you like|please let|note:|please note|"
    r"key (?:takeaways|observations)|general (?:notes|observations)|the (?:developer|user) "
    r"(?:seems|"
    r"appears) to (?:be |have )?(?:\w+ )?(?:across|throughout|during)|this (?:sequence|series|set)|"
    r"end of|zusammenfassung|insgesamt|en résumé|en resumen|总结|总之|综上)",
    re.I,
)
_SENTENCE = re.compile(r"(?<=[.!?\"”`])[ \t]+(?=[A-Z])|\n+")
_STRUCTURE = re.compile(r"^[ \t]*(?:[\[{]\s*[\"\[{]|\|)", re.M)
_HASHES = re.compile(r"[ \t]{0,3}(#{1,6})[ \t]+")


class Section(NamedTuple):
    """What is said under one heading. `numbers` are those of the heading as they stand there.

    `said` is a text whose fields are not read yet, or what a form with fields of its own says.
    `is_list`: the numbers only count the items; `span`: how many frames a heading without numbers
    is of; `is_ordinal`: the number was an ordinal.
    """

    numbers: list[int]
    said: str | FrameDescription
    title: str = ""
    is_list: bool = False
    span: int = 1
    is_ordinal: bool = False

    @property
    def is_blank(self) -> bool:
        """Whether nothing is said."""
        text = self.said if isinstance(self.said, str) else self.said.text
        return not (text or "").strip()

    def described(self) -> FrameDescription:
        """Return the fields of what is said."""
        return read_fields(self.said) if isinstance(self.said, str) else self.said


def named_sections(text: str, n_frames: int) -> list[Section]:
    """Return the sections below headings that name most of the frames; else none."""
    lines, open_lines = _lines_of(text)
    found = _with_places(_of_one_style(named(open_lines, n_frames)), open_lines, n_frames)
    if len(_told_apart(found)) > max(1, n_frames // 2):
        return list(_cut(lines, found))
    return []


def is_form(text: str) -> bool:
    """Return whether JSON or a table stands within a labelled field, and other fields follow."""
    begin = _STRUCTURE.search(text)
    if begin is None or begin.start() == 0:
        return False
    before = {field for line in text[: begin.start()].split("\n") if (field := field_at(line))}
    if not before:
        return False
    after = {field for line in text[begin.end() :].split("\n") if (field := field_at(line))}
    return len(after - before) > 1 or len(after & before) > 1


def _lines_of(text: str) -> tuple[list[str], list[Line]]:
    """Return the lines of a text, and those of them that say something and are in no fence."""
    if "</" in text:
        text = _TAGS.sub("", text)
    follow = len(_RUNNING.findall(text))
    if follow > max(1, text.count("\n")) or (follow and "\n" not in text and _LABELLED.match(text)):
        text = _RUNNING.sub("\n", text)
    lines = text.split("\n")
    fenced = fenced_lines(lines)
    return lines, [
        line_of(n, line) for n, line in enumerate(lines) if not fenced[n] and line.strip()
    ]


def text_sections(text: str, n_frames: int) -> list[Section]:
    """Return the sections of a text below headings, or of prose that tells of every frame."""
    lines, open_lines = _lines_of(text)
    best = _headings(open_lines, n_frames)
    if n_frames == 1 and not _is_named(best):
        return [] if is_refusal(text) else [_whole(text)]
    is_marked = any(one.is_marked for one in best)
    if n_frames > 1 and not is_marked and len(_told_apart(best)) < n_frames:
        mentions = mentioned(text, n_frames)
        if parts := running(text, mentions, n_frames):
            return [Section(one.numbers, _unclosed(one.text)) for one in parts]
        if best and best[0].is_prose and len(mentions) > len(best):
            return []  # prose that names some frames has no sections
    return list(_cut(lines, best))


def _headings(lines: list[Line], n_frames: int) -> list[Heading]:
    """Return the headings of the most explicit form that names most of the frames."""
    best, source = _of_one_style(named(lines, n_frames)), named
    for form in (begun, behind, placed, ordered, alike, counted):
        told = _told_apart(best)
        is_enough = len(told) > n_frames // 2
        # "First", "middle" and "last screenshot" are places of which two are ordinals as well.
        if is_enough and not (form is placed and source is begun and len(told) < n_frames):
            continue
        found = form(lines, n_frames)
        is_more = len(_told_apart(found)) > len(told)
        if is_more and (not is_enough or _lines_with(best) <= _lines_with(found)):
            best, source = found, form
    return _with_places(best, lines, n_frames)


def _lines_with(headings: list[Heading]) -> set[int]:
    return {one.line for one in headings}


def _with_places(headings: list[Heading], lines: list[Line], n_frames: int) -> list[Heading]:
    """Add headings that name a screenshot by its place, where its number is left out."""
    told = {number for one in headings for number in one.numbers}
    is_told = len(told) > n_frames // 2 and all(one.numbers for one in headings)
    if not is_told or len(told) >= n_frames:
        return headings
    known = _lines_with(headings)
    others = [one for one in placed(lines, n_frames) if one.line not in known]
    merged = sorted([*headings, *others], key=lambda one: one.line)
    for n, one in enumerate(merged):
        before = merged[n - 1].numbers if n else []
        number = before[-1] + 1 if before else min(told) - 1
        is_free = number not in told and min(told) - 1 <= number <= n_frames
        if not one.numbers and is_free and AT_NOUN.search(one.title):
            merged[n] = one._replace(numbers=[number])
            told.add(number)
    return [one for one in merged if one.numbers]


def _is_named(headings: list[Heading]) -> bool:
    return bool(headings) and not headings[0].is_list


def _of_one_style(headings: list[Heading]) -> list[Heading]:
    """Leave plain lines out that name a screenshot which has a marked heading."""
    marked = {number for one in headings if one.is_marked for number in one.numbers}
    return [one for one in headings if one.is_marked or not marked & set(one.numbers)]


def _told_apart(headings: list[Heading]) -> set[int | str]:
    """Return what tells the sections of a form apart."""
    return {number for one in headings for number in one.numbers} | {
        one.title.casefold() for one in headings if not one.numbers
    }


def _unclosed(text: str) -> str:
    """Return running prose without the sentences that close it."""
    for begin in _SENTENCE.finditer(text):
        if CLOSING.match(text, begin.end()):
            return text[: begin.start()]
    return text


def _whole(text: str) -> Section:
    lines = text.strip("\n").split("\n")
    return Section([], "\n".join(lines[: section_end(lines, is_last=True)]).strip())


# --- what belongs to a section -----------------------------------------------------------------


def _cut(lines: list[str], headings: list[Heading]) -> Iterator[Section]:
    ends = [*(one.line for one in headings), len(lines)][1:]
    for heading, end in zip(headings, ends, strict=True):
        own = lines[heading.line + 1 : end]
        is_last = heading is headings[-1]
        own = own[: section_end(own, is_last, heading.level)]
        text = "\n".join([heading.said, *own] if heading.said else own)
        text = stripped(text) or _title_of(heading)
        yield Section(
            heading.numbers,
            text,
            heading.title,
            heading.is_list,
            heading.span,
            heading.is_ordinal,
        )


def _title_of(heading: Heading) -> str:
    """A heading that says something beside a number may be all that is said."""
    title = re.sub(rf"^{NOUN}", "", heading.title, flags=re.I).strip(" :–—-*")
    return title if len(title) > 2 and not heading.place and not heading.is_list else ""


def stripped(text: str) -> str:
    lines = text.strip("\n").split("\n")
    while lines and (RULE.match(lines[-1]) or not lines[-1].strip()):
        lines.pop()
    while lines and (RULE.match(lines[0]) or not lines[0].strip()):
        lines.pop(0)
    return "\n".join(lines).strip()


def section_end(lines: list[str], is_last: bool, level: int = 0) -> int:
    """Return where a section ends: before closing remarks, which belong to no frame."""
    fenced = fenced_lines(lines)
    said = False

    def is_inside(n: int) -> bool:
        """Return whether a heading is one of the screen: a field that is still to come follows."""
        if field_at(lines[n]):
            return True
        if CLOSING.match(lines[n]):
            return False
        before = {field for line in lines[:n] if (field := field_at(line))}
        behind = {field for line in lines[n + 1 :] if (field := field_at(line))}
        return bool(before and behind - before)

    for n, line in enumerate(lines):
        if fenced[n] or not line.strip():
            said = said or bool(line.strip())
            continue
        begins = n == 0 or not lines[n - 1].strip() or bool(RULE.match(lines[n - 1]))
        heading = _HASHES.match(line)
        if heading and level and len(heading[1]) <= level and said and not is_inside(n):
            return n
        if begins and said and CLOSING.match(line) and not LABEL.match(line):
            return n
        if is_last and said and RULE.match(line) and any(rest.strip() for rest in lines[n + 1 :]):
            after = next(rest for rest in lines[n + 1 :] if rest.strip())
            if not LABEL.match(after):
                return n
        said = True
    return len(lines)
