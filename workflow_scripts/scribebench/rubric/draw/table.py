"""VL-FM-Q2: a dense table, as a service's console shows it."""

from scribebench.rubric.dice import Dice
from scribebench.rubric.draw.sketch import WIDTH_PX, Area, Mark, Sketch, Text, rectangle, text_width
from scribebench.rubric.looks import Rgb
from scribebench.rubric.truths import TableTruth

MARGIN, ROW = 16, 28
SIZE = 16.0
HEAD: Rgb = (222, 227, 236)
STRIPE: Rgb = (244, 246, 249)


def sketch(truth: TableTruth, dice: Dice) -> Sketch:
    """Return the table; the columns share the room that their widest cells leave."""
    columns = list(zip(truth.columns, *truth.rows, strict=True))
    widths = [max(text_width(cell, SIZE, bold=True) for cell in column) for column in columns]
    gap = (WIDTH_PX - 2 * MARGIN - sum(widths)) / len(widths)
    marks: list[Mark] = [
        Area(rectangle(MARGIN, MARGIN, WIDTH_PX - MARGIN, MARGIN + ROW), HEAD),
        *(
            Area(rectangle(MARGIN, y, WIDTH_PX - MARGIN, y + ROW), STRIPE)
            for y in range(MARGIN + 2 * ROW, MARGIN + ROW * (len(truth.rows) + 1), 2 * ROW)
        ),
    ]
    x = MARGIN + gap / 2
    for column, width in zip(columns, widths, strict=True):
        for row, cell in enumerate(column):
            y = MARGIN + ROW * (row + 0.5)
            marks.append(Text(cell, x, y + 0.35 * SIZE, SIZE, bold=row == 0))
        x += width + gap
    return Sketch(2 * MARGIN + ROW * (len(truth.rows) + 1), tuple(marks))
