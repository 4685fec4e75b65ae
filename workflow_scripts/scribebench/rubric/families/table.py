"""VL-FM-Q2: a dense table of interface-like parts that repeat from row to row."""

from collections.abc import Callable

from scribebench.rubric.dice import Dice
from scribebench.rubric.truths import TableTruth

SERVICES = ("auth", "mail", "cache", "queue", "proxy", "index", "media", "audit")
REGIONS = ("eu", "us", "ap")
HEXADECIMAL = "0123456789abcdef"
FEWEST, MOST = 14, 20  # rows


def _address(dice: Dice) -> str:
    return f"10.{dice.between(0, 3)}.{dice.between(10, 29)}.{dice.between(2, 254)}"


def _port(dice: Dice) -> str:
    return str(dice.between(8000, 8999))


def _version(dice: Dice) -> str:
    return f"{dice.between(1, 3)}.{dice.between(0, 19)}.{dice.between(0, 9)}"


def _commit(dice: Dice) -> str:
    return dice.characters(HEXADECIMAL, 7)


def _memory(dice: Dice) -> str:
    return f"{dice.between(64, 990)} MB"


def _time(dice: Dice) -> str:
    return f"{dice.between(0, 23):02d}:{dice.between(0, 59):02d}:{dice.between(0, 59):02d}"


# A column's cells are all different, so that a right value cannot be read from a wrong row.
COLUMNS: dict[str, Callable[[Dice], str]] = {
    "Address": _address,
    "Port": _port,
    "Version": _version,
    "Commit": _commit,
    "Memory": _memory,
    "Updated": _time,
}


def canonical() -> TableTruth:
    """Return the table of variant 0."""
    return _table(Dice("VL-FM-Q2:canonical"), 16, ("Address", "Port", "Commit"))


def vary(dice: Dice, variant: int) -> TableTruth:
    """Return 14 to 20 rows of a name and three or four columns."""
    rows = dice.between(FEWEST, MOST)
    return _table(dice, rows, tuple(dice.some_of(tuple(COLUMNS), dice.between(3, 4))))


def _table(dice: Dice, count: int, columns: tuple[str, ...]) -> TableTruth:
    services, regions = dice.some_of(SERVICES, 3), dice.some_of(REGIONS, 2)
    names = [
        f"{service}-{region}-{number:02d}"
        for service in services
        for region in regions
        for number in range(1, 5)
    ]
    chosen = sorted(dice.some_of(names, count))
    cells = [_different(dice, COLUMNS[column], count) for column in columns]
    rows = tuple(zip(chosen, *cells, strict=True))
    asked = (dice.between(1, count - 2), dice.between(1, len(columns)))
    return TableTruth(("Service", *columns), rows, asked)


def _different(dice: Dice, cell: Callable[[Dice], str], count: int) -> list[str]:
    cells: list[str] = []
    while len(cells) < count:
        made = cell(dice)
        if made not in cells:
            cells.append(made)
    return cells


def fields(truth: TableTruth) -> dict[str, str]:
    """Return what the prompt is filled with; a row goes by its first cell."""
    row, column = truth.asked
    return {"column": truth.columns[column], "row": truth.rows[row][0]}
