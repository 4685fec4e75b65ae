"""VL-T2-Q2: an invoice. It shows no sums of lines: the total is its only sum."""

from scribebench.rubric.dice import Dice
from scribebench.rubric.draw.sketch import WIDTH_PX, Area, Mark, Sketch, Stroke, Text, rectangle
from scribebench.rubric.truths import InvoiceTruth

LEFT, RIGHT = 40, WIDTH_PX - 40
QUANTITY = 410  # right edge of its column
HEAD_PX, ROW_PX, FOOT_PX = 196, 40, 122
SIZE = 21
SHADE, LINE = (236, 239, 244), (96, 100, 110)


def money(cents: int, currency: str = "") -> str:
    """Return an amount as it is drawn: `$1,195.00`."""
    return f"{currency}{cents / 100:,.2f}"


def sketch(truth: InvoiceTruth, dice: Dice) -> Sketch:
    """Return the invoice: number and date, the lines, the total."""
    marks: list[Mark] = [
        Text("INVOICE", LEFT, 66, 38, bold=True),
        Text("Invoice no.", 340, 48, SIZE, colour=LINE),
        Text(truth.number, RIGHT, 48, SIZE, "rs"),
        Text("Date", 340, 82, SIZE, colour=LINE),
        Text(truth.date, RIGHT, 82, SIZE, "rs"),
        Area(rectangle(LEFT, 122, RIGHT, 164), SHADE),
        Text("Description", LEFT + 12, 150, SIZE, bold=True),
        Text("Quantity", QUANTITY, 150, SIZE, "rs", bold=True),
        Text("Unit price", RIGHT - 12, 150, SIZE, "rs", bold=True),
    ]
    for place, line in enumerate(truth.lines):
        y = HEAD_PX + ROW_PX * place
        marks += [
            Text(line.name, LEFT + 12, y, SIZE),
            Text(str(line.quantity), QUANTITY, y, SIZE, "rs"),
            Text(money(line.unit_cents), RIGHT - 12, y, SIZE, "rs"),
            Stroke(((LEFT, y + 13), (RIGHT, y + 13)), 1, (215, 218, 224)),
        ]
    y = HEAD_PX + ROW_PX * len(truth.lines)
    marks += [
        Stroke(((360, y + 4), (RIGHT, y + 4)), 2, LINE),
        Text("Total", 372, y + 42, 26, bold=True),
        Text(money(truth.total_cents, truth.currency), RIGHT - 12, y + 42, 26, "rs", bold=True),
    ]
    return Sketch(HEAD_PX + ROW_PX * len(truth.lines) + FOOT_PX, tuple(marks))
