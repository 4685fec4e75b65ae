"""Sections without headings: blocks between rules, fields that begin again, paragraphs, lines."""

import re

from scribebench.grading.split.fields import LABEL, field_of
from scribebench.grading.split.sections import CLOSING, RULE, Section, section_end, stripped

_MARKS = re.compile(r"^\W*(?:\d{1,2}[.)])?\W*")


def block_sections(text: str, n_frames: int) -> list[Section]:
    """Return sections without headings, where their number is that of the frames."""
    if n_frames < 2:
        return []
    lines = text.split("\n")
    for blocks in (_between_rules, _by_first_field, _paragraphs, _lines):
        found = blocks(lines, n_frames)
        if len(found) >= 2 and (len(found) == n_frames or blocks is _by_first_field):
            return [Section([], block) for block in found]
    return []


def _between_rules(lines: list[str], n_frames: int) -> list[str]:
    blocks: list[list[str]] = [[]]
    for line in lines:
        if RULE.match(line):
            blocks.append([])
        else:
            blocks[-1].append(line)
    found = [text for block in blocks if (text := "\n".join(block).strip())]
    return _without_frame(found, n_frames)


def _by_first_field(lines: list[str], n_frames: int) -> list[str]:
    """Cut before each return of the first field's label."""
    first: str | None = None
    blocks: list[list[str]] = []
    for line in lines:
        match = LABEL.match(line)
        name = field_of(_MARKS.sub("", line).partition(":")[0]) if match else None
        if name and first is None:
            first = name
        if name and name == first:
            blocks.append([])
        if blocks:
            blocks[-1].append(line)
    return [stripped("\n".join(block[: section_end(block, False)])) for block in blocks]


def _paragraphs(lines: list[str], n_frames: int) -> list[str]:
    found = [block.strip() for block in re.split(r"\n[ \t]*\n", "\n".join(lines)) if block.strip()]
    return _without_frame(found, n_frames)


def _lines(lines: list[str], n_frames: int) -> list[str]:
    found = [re.sub(r"^[ \t]*[-*•+][ \t]+", "", line).strip() for line in lines if line.strip()]
    return _without_frame(found, n_frames)


def _without_frame(found: list[str], n_frames: int) -> list[str]:
    """Take a preface and closing remarks away when the rest has the right number."""
    if len(found) > n_frames and found[0].rstrip().endswith(":"):
        found = found[1:]
    if len(found) > n_frames and CLOSING.match(found[-1]):
        found = found[:-1]
    return found
