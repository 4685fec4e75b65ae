"""Shapes that several pages share. All text that is given here must be escaped already."""

import re
from collections.abc import Iterable, Sequence

# What a spreadsheet takes for a formula when a table is pasted into it; a number is none, and
# neither is one with its interval, or a dash alone. `&#64;` is an escaped @.
_FORMULA = re.compile(r"(?:=|&#64;|[+-](?!(?:\d+(?:\.\d+)?(?: \([-+.\d]+ to [-+.\d]+\))?)?\Z))")


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], numbers_from: int = 1) -> str:
    """Return a Markdown table; columns from `numbers_from` on are set to the right.

    A cell that would be a formula in a spreadsheet begins with an apostrophe.
    """
    rules = ["---" if column < numbers_from else "---:" for column in range(len(headings))]
    shown = (tuple(map(_plain, row)) for row in (headings, *rows))
    first, *others = (f"| {' | '.join(line)} |" for line in shown)
    return "\n".join([first, f"| {' | '.join(rules)} |", *others])


def _plain(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell
