"""VL-T2-Q2: an invoice."""

from datetime import date, timedelta

from scribebench.rubric.dice import Dice
from scribebench.rubric.truths import InvoiceLine, InvoiceTruth

GOODS = (  # name, lowest and highest price in currency units
    ("USB-C cable", 6, 20),
    ("Keyboard", 35, 120),
    ("Monitor stand", 20, 60),
    ("Wireless mouse", 15, 60),
    ("Desk lamp", 18, 75),
    ("Notebook A5", 2, 9),
    ("Headphones", 40, 180),
    ("Webcam", 30, 110),
    ("Paper, 500 sheets", 4, 9),
    ("Office chair", 90, 320),
    ("Power strip", 9, 35),
    ("Laptop sleeve", 14, 45),
    ("HDMI adapter", 8, 28),
    ("Whiteboard", 25, 90),
    ("Toner cartridge", 45, 130),
    ("Memory card", 10, 55),
)
CENTS = (0, 25, 49, 50, 75, 90, 95, 99)


def canonical() -> InvoiceTruth:
    """Return the invoice of rubric.md."""
    lines = (
        InvoiceLine("USB-C cable", 3, 1250),
        InvoiceLine("Keyboard", 1, 8900),
        InvoiceLine("Monitor stand", 2, 3425),
    )
    return InvoiceTruth("INV-2026-0115", "2026-01-15", "$", lines)


def vary(dice: Dice, variant: int) -> InvoiceTruth:
    """Return an invoice of two to six goods; the total is more than each price."""
    goods = dice.some_of(GOODS, dice.between(2, 6))
    lines = tuple(
        InvoiceLine(name, dice.between(1, 6), 100 * dice.between(low, high) + dice.one_of(CENTS))
        for name, low, high in goods
    )
    day = date(2023, 1, 1) + timedelta(days=dice.between(0, 1400))
    number = f"INV-{day.year}-{dice.between(1, 9999):04d}"
    return InvoiceTruth(number, day.isoformat(), dice.one_of("$$€"), lines)
