"""VL-T1-Q3: an icon."""

from scribebench.rubric.dice import Dice
from scribebench.rubric.looks import COLOURS, SHADES
from scribebench.rubric.truths import IconTruth

ICONS = (
    "folder",
    "envelope",
    "trash_bin",
    "magnifier",
    "gear",
    "house",
    "bell",
    "padlock",
    "camera",
    "floppy_disk",
    "clock",
    "printer",
)
HUES = (*COLOURS, *SHADES)


def canonical() -> IconTruth:
    """Return the icon of rubric.md."""
    return IconTruth("folder", "yellow")


def vary(dice: Dice, variant: int) -> IconTruth:
    """Return an icon in some colour; any twelve variants from a multiple of 12 show all icons."""
    turn, place = divmod(variant, len(ICONS))
    order = Dice(f"order of icons {turn}").shuffled(ICONS)
    if turn == 0:  # variant 0 is the folder
        order = ["folder", *(icon for icon in order if icon != "folder")]
    return IconTruth(order[place], dice.one_of(HUES))
