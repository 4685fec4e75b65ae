"""Shapes that several pages share. All text that is given here must be escaped already."""

from collections.abc import Iterable, Sequence


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], numbers_from: int = 1) -> str:
    """Return a Markdown table; columns from `numbers_from` on are set to the right."""
    rules = ["---" if column < numbers_from else "---:" for column in range(len(headings))]
    return "\n".join("| " + " | ".join(line) + " |" for line in (headings, rules, *rows))
