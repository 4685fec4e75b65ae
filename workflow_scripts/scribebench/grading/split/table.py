"""Sections of a reply that is a table: a row, or a column, for each frame."""

import re
from typing import NamedTuple

from scribebench.backends.base import FrameDescription
from scribebench.grading.split.fields import field_of, items
from scribebench.grading.split.names import NOUN, noun_and_numbers
from scribebench.grading.split.sections import Section
from scribebench.grading.text import fenced_lines

_DELIMITER = re.compile(r"[ \t]*\|?(?:[ \t]*:?-+:?[ \t]*\|)+(?:[ \t]*:?-+:?[ \t]*)?\|?[ \t]*")
_HEAD = re.compile(
    rf"(?:{NOUN}|#|no\.?|nr\.?|index|id|n|number)?(?: ?(?:#|no\.?|index|number|id))?", re.I
)


_CODE = re.compile(r"`[^`]*`")


class _Table(NamedTuple):
    head: list[str]
    rows: list[list[str]]


def table_sections(text: str, n_frames: int) -> list[Section]:
    """Return the sections of a table of frames; none when there is none."""
    if "|" not in text:
        return []
    for table in _tables(text):
        forms = (form(table, n_frames) for form in (_by_row, _by_column, _in_order))
        sections = next(filter(None, forms), [])
        if len(sections) > 1 or (sections and n_frames == 1):
            return sections
    return []


def _tables(text: str) -> list[_Table]:
    lines = text.split("\n")
    fenced = fenced_lines(lines)
    found = []
    for n in range(1, len(lines)):
        if "|" not in lines[n - 1] or fenced[n] or not _DELIMITER.fullmatch(lines[n]):
            continue
        rows, head = [], _cells(lines[n - 1])
        for line in lines[n + 1 :]:
            if "|" not in line:
                break
            rows.append(_row(line, len(head)))
        if rows:
            found.append(_Table(head, rows))
    return found


def _row(line: str, width: int) -> list[str]:
    """Return the cells of a row; where there are too many, bars in backticks are no borders."""
    cells = _cells(line)
    if len(cells) <= width:
        return cells
    guarded = _CODE.sub(lambda match: match[0].replace("|", "\\|"), line.replace("\\|", "|"))
    cells = _cells(guarded) if "`" in line else cells
    return [*cells[: width - 1], " | ".join(cells[width - 1 :])]


def _cells(line: str) -> list[str]:
    line = line.strip()
    line = line.removeprefix("|").removesuffix("|")
    cells = re.split(r"(?<!\\)\|", line)
    return [re.sub(r"<br ?/?>", "\n", cell).replace("\\|", "|").strip() for cell in cells]


def _by_row(table: _Table, n_frames: int) -> list[Section]:
    fields = [field_of(cell) for cell in table.head]
    numbers = [_numbers(row[0], n_frames) for row in table.rows]
    if not _HEAD.fullmatch(table.head[0].strip("* `")) and not all(numbers):
        return []
    if not any(fields) and not any(number <= n_frames for own in numbers for number in own):
        return []  # a table that stands on the screen
    if all(field_of(row[0]) for row in table.rows):
        return []
    return [
        Section(own, _described(row[1:], table.head[1:], fields[1:]), row[0])
        for own, row in zip(numbers, table.rows, strict=True)
    ]


def _in_order(table: _Table, n_frames: int) -> list[Section]:
    """Take a row for each frame from a table without numbers, when there are as many."""
    fields = [field_of(cell) for cell in table.head]
    if len(table.rows) != n_frames or sum(field is not None for field in fields) < 2:
        return []
    return [Section([], _described(row, table.head, fields)) for row in table.rows]


def _by_column(table: _Table, n_frames: int) -> list[Section]:
    columns = [_numbers(cell, n_frames) for cell in table.head[1:]]
    if not columns or not all(columns):
        return []
    names = [row[0] for row in table.rows]
    fields = [field_of(name) for name in names]
    return [
        Section(
            own,
            _described([row[at] if at < len(row) else "" for row in table.rows], names, fields),
            table.head[at],
        )
        for at, own in enumerate(columns, 1)
    ]


def _described(cells: list[str], names: list[str], fields: list[str | None]) -> FrameDescription:
    values: dict[str, str] = {}
    for field, cell in zip(fields, cells, strict=False):
        if field and field not in values:
            values[field] = cell
    text = "\n".join(
        f"{name}: {cell}" if name else cell
        for name, cell in zip(names, cells, strict=False)
        if cell
    )
    return FrameDescription(
        text=text,
        visible=values.get("visible"),
        activity=values.get("activity"),
        apps=items(values.get("apps")),
        topics=items(values.get("topics")),
    )


def _numbers(cell: str, n_frames: int) -> list[int]:
    plain = cell.strip("*`# ")
    if re.fullmatch(r"\d{1,9}\.?", plain):
        return [int(plain.rstrip("."))]
    span = re.fullmatch(r"(\d{1,9}) ?(?:-|–|to) ?(\d{1,9})", plain)
    if span and int(span[1]) <= int(span[2]) <= int(span[1]) + 300:
        return list(range(int(span[1]), int(span[2]) + 1))
    if re.fullmatch(r"\d{1,9}(?: ?(?:,|&|and) ?\d{1,9})+", plain):
        return [int(one) for one in re.findall(r"\d{1,9}", plain)]
    total = re.fullmatch(r"(\d{1,4}) ?(?:/| of ) ?(\d{1,4})", plain)
    if total and int(total[2]) == n_frames:
        return [int(total[1])]
    return noun_and_numbers(plain, n_frames)[0]
