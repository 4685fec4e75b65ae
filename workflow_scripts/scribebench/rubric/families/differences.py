"""VL-T3-Q3: two panels with three differences."""

from typing import NamedTuple

from scribebench.rubric.dice import Dice
from scribebench.rubric.looks import COLOURS
from scribebench.rubric.truths import Difference, DifferencesTruth, PanelObject

PLACES = ("top left", "top right", "middle", "bottom left", "bottom right")
OTHERS = ("circle", "square", "star", "heart", "hexagon", "cross")
HUES = tuple(colour for colour in COLOURS if colour != "grey")  # the frames are grey
TURNED = {"up": "down", "down": "up"}
# The triangle turns in three of four variants; two or more missing would leave a bare panel.
KINDS = (
    ("missing", "colour", "rotation"),
    ("missing", "colour", "rotation"),
    ("colour", "colour", "rotation"),
    ("missing", "colour", "colour"),
)


class Change(NamedTuple):
    """What becomes of an object in the right panel (null: it is missing), and how it is told."""

    after: PanelObject | None
    difference: Difference


def canonical() -> DifferencesTruth:
    """Return the panels of rubric.md, which leaves the triangle's colour and the places open."""
    left = (
        PanelObject("red", "circle", "top left"),
        PanelObject("blue", "square", "top right"),
        PanelObject("orange", "triangle", "bottom left", "up"),
    )
    changes = [
        _changed(left[0], "missing", ""),
        _changed(left[1], "colour", "green"),
        _changed(left[2], "rotation", ""),
    ]
    return _truth(left, dict(zip(left, changes, strict=True)))


def vary(dice: Dice, variant: int) -> DifferencesTruth:
    """Return four or five objects, a triangle among them; shapes and colours all different."""
    count = dice.between(4, 5)
    places = dice.some_of(PLACES, count)
    colours = dice.some_of(HUES, count + 2)
    others = zip(colours[1:count], dice.some_of(OTHERS, count - 1), places[1:], strict=True)
    triangle = PanelObject(colours[0], "triangle", places[0], dice.one_of(("up", "down")))
    rest = [PanelObject(*other) for other in others]
    kinds = dice.one_of(KINDS)
    changed = ([triangle] if "rotation" in kinds else []) + rest
    spare = list(colours[count:])  # on no object of the left panel
    changes = {
        one: _changed(one, kind, spare.pop() if kind == "colour" else "")
        for one, kind in zip(changed, sorted(kinds, key="rotation".__ne__), strict=False)
    }
    left = sorted([triangle, *rest], key=lambda one: PLACES.index(one.place))
    return _truth(tuple(left), changes)


def _changed(one: PanelObject, kind: str, colour: str) -> Change:
    if kind == "missing":
        return Change(None, Difference(one.colour, one.shape, kind, None, None))
    if kind == "colour":
        told = Difference(one.colour, one.shape, kind, one.colour, colour)
        return Change(one._replace(colour=colour), told)
    assert one.direction is not None
    after = one._replace(direction=TURNED[one.direction])
    return Change(after, Difference(one.colour, one.shape, kind, one.direction, after.direction))


def _truth(left: tuple[PanelObject, ...], changes: dict[PanelObject, Change]) -> DifferencesTruth:
    same = {one: Change(one, Difference("", "", "", None, None)) for one in left}
    after = [(same | changes)[one].after for one in left]
    return DifferencesTruth(
        left,
        tuple(one for one in after if one is not None),
        tuple(changes[one].difference for one in left if one in changes),
    )
