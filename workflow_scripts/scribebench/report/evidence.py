"""Figures with what they came from: rows of the tables in results/tables/, by name and key."""

from dataclasses import dataclass
from typing import Any

from scribebench.report.data import ReportData, Row

Key = str | int | float | bool | None


@dataclass(frozen=True)
class Evidence:
    """The rows of a table that have these values in these columns; a list has it if it holds it.

    Of rows that share `once` (columns), one counts: all frames of a request have its reply's flags.
    """

    table: str
    where: tuple[tuple[str, Key], ...]
    once: tuple[str, ...] = ()

    @property
    def row(self) -> dict[str, Key]:
        """Return column and value of each condition."""
        return dict(self.where)


@dataclass(frozen=True)
class Figure:
    """A measured value with its interval, how many observations it is of, and their rows.

    `low` and `high` are null where nothing bounds it; `method` says what they are.
    """

    value: float
    low: float | None
    high: float | None
    n: int
    method: str
    evidence: tuple[Evidence, ...]


def evidence(table: str, **where: Key) -> Evidence:
    """Return what names the rows of `table` with these values."""
    return Evidence(table, tuple(where.items()))


def replies_flagged(flag: str, **where: Key) -> Evidence:
    """Return what names the replies with a flag, of which `grades` has a row for each frame."""
    return Evidence("grades", (*where.items(), ("flags", flag)), ("session", "request_uid"))


def rows_of(data: ReportData, one: Evidence) -> list[Row]:
    """Return the rows that an evidence names, from a table that the report reads."""
    conditions = one.row.items()
    rows = [
        row
        for row in getattr(data, one.table)
        if all(_has(row[column], value) for column, value in conditions)
    ]
    if one.once:
        rows = list({tuple(row[column] for column in one.once): row for row in rows}.values())
    return rows


def _has(cell: Any, value: Key) -> bool:
    return value in cell if isinstance(cell, list) else cell == value


def as_json(one: Evidence) -> dict[str, Any]:
    """Return an evidence as recommended.json has it."""
    once = {"counted_once": list(one.once)} if one.once else {}
    return {"table": one.table, "row": one.row} | once
