"""A table as CSV for a spreadsheet: no text in it is a formula, and nothing in it is hidden."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from scribebench.harmless import visible

# What a spreadsheet takes a text for a formula by, also in the wide forms of East Asian keyboards;
# behind spaces and quotes, too, which some of them drop. Line breaks and tabs begin one as well.
_FORMULA_BEGINS = "=+-@\uff1d\uff0b\uff0d\uff20\t\r\n"
_DROPPED = " \u00a0'\""
# A cell of Excel holds no more; a longer one is cut, and would take others with it.
MOST_CHARS = 32_000
# By this Excel knows UTF-8.
BYTE_ORDER_MARK = "\ufeff"


def to_csv(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield lines of CSV (RFC 4180), the names first; null is an empty cell."""
    yield BYTE_ORDER_MARK + _line(names)
    for row in rows:
        yield _line([cell(value) for value in row])


def cell(value: Any) -> str:
    """Return a value as the text of a cell; a list is JSON, a time is ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime):
        return value.isoformat()
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = visible(text)
    if len(text) > MOST_CHARS:
        text = text[: MOST_CHARS - 1] + "…"
    # The apostrophe makes it a text for every spreadsheet; it is not shown in the cell.
    return f"'{text}" if text.lstrip(_DROPPED)[:1] in tuple(_FORMULA_BEGINS) else text


def _line(cells: Sequence[str]) -> str:
    stream = io.StringIO()
    csv.writer(stream, quoting=csv.QUOTE_MINIMAL).writerow(cells)
    return stream.getvalue()
