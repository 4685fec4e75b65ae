"""VL-T2-Q1: a bar chart."""

from scribebench.rubric.dice import Dice
from scribebench.rubric.truths import Bar, BarsTruth

NAMES = (
    ("A", "B", "C", "D", "E", "F"),
    ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat"),
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    ("North", "South", "East", "West", "Centre", "Coast"),
    ("Tea", "Coffee", "Juice", "Water", "Milk", "Cocoa"),
    ("2020", "2021", "2022", "2023", "2024", "2025"),
    ("P", "Q", "R", "S", "T", "U"),
)
TOPS = (30, 50, 100)  # the highest value that is drawn


def canonical() -> BarsTruth:
    """Return the chart of rubric.md."""
    return BarsTruth((Bar("A", 10), Bar("B", 25), Bar("C", 15), Bar("D", 20)), "B")


def vary(dice: Dice, variant: int) -> BarsTruth:
    """Return three to six bars of different values; no value reads like a label."""
    names = dice.one_of(NAMES)[: dice.between(3, 6)]
    top = dice.one_of(TOPS)
    values = dice.some_of(range(top // 10, top + 1), len(names))
    bars = tuple(Bar(name, value) for name, value in zip(names, values, strict=True))
    return BarsTruth(bars, dice.one_of(names))
