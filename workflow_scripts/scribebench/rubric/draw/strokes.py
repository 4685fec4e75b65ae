"""Letters of a handwriting, as the strokes of a pen, and the hand that writes them.

Each glyph is drawn on a board whose baseline is 0, with small letters 5 and digits 8 units high, y
upwards. The set holds what equations need.
"""

import math
from typing import NamedTuple

from scribebench.rubric.dice import Dice
from scribebench.rubric.draw.sketch import Stroke
from scribebench.rubric.looks import Point, Rgb, curve

_STROKES = {
    "0": "2.6,8 1,6.9 .4,4 1,1 2.5,0 4,1.2 4.6,4 4,7 2.3,8",
    "1": "1,6.4 2.6,8 | 2.6,8 2.5,0",
    "2": ".6,6.3 1.4,7.7 2.9,8 4.1,6.9 3.8,5 2.2,2.6 .3,.2 | .3,.2 2.4,.3 4.8,.1",
    "3": ".6,7.2 2.2,8 3.8,7.2 3.8,5.4 1.8,4.4 | 1.8,4.4 3.8,3.8 4.4,2 3.2,.3 1.5,0 .2,1",
    "4": "2.7,8 .2,2.9 | .2,2.9 4.9,2.9 | 3.8,5.2 3.6,0",
    "5": "4.3,8 1.2,7.9 | 1.2,7.9 .9,4.5 | .9,4.5 2.6,5 4.2,3.9 4.2,1.6 2.6,.1 .4,.6",
    "6": "3.9,7.9 1.9,6.2 .6,3.2 .9,.9 2.6,0 4.2,1.1 4.1,3.1 2.6,4.2 .8,2.6",
    "7": ".3,7.8 4.7,7.8 | 4.7,7.8 2.9,4 2,0",
    "8": "3.9,6.9 2.4,8 .9,6.9 1.4,5.2 3.5,3.5 4.2,1.6 2.5,0 .6,1.4 1.3,3.4 3.4,5.1 3.9,6.9",
    "9": "4.2,6.6 2.6,8 .9,7 .7,5 2.2,4 3.8,5.2 4.3,7 | 4.3,7 4.1,3.6 3.2,0",
    "+": ".3,3.6 4.7,3.6 | 2.5,5.9 2.5,1.3",
    "-": ".5,3.6 4.5,3.6",
    "=": ".3,4.6 4.7,4.7 | .3,2.6 4.7,2.6",
    ",": "1,.7 1,-.4 .3,-1.6",
    "a": "3.7,4.2 2.3,5 .8,4 .5,1.6 1.7,0 3.2,1 3.8,3.6 | 3.9,4.9 3.6,1.4 4.7,.1",
    "e": ".5,2.5 3.6,2.9 3.4,4.4 2,5 .7,3.7 .7,1.3 2.1,0 3.9,.8",
    "f": "3.5,7.3 2.4,8 1.5,6.8 1.4,0 | .1,4.6 3.1,4.7",
    "k": ".6,8 .5,0 | 3.7,4.8 .7,2.2 | 1.7,3 4,0",
    "l": ".7,8 .6,1.2 1.2,.1 2.1,.5",
    "m": ".5,5 .5,0 | .5,3.4 1.7,5 2.7,4.4 2.8,0 | 2.8,3.4 4,5 5.1,4.4 5.2,0",
    "n": ".5,5 .5,0 | .5,3.4 1.9,5 3.4,4.4 3.7,2.2 3.8,0",
    "o": "2.2,5 .8,4 .5,2 1.7,0 3.4,.8 3.9,3 3,4.8 2,5",
    "p": ".6,5 .4,-2.8 | .6,3.6 2.2,5 3.9,3.8 3.6,1 2,0 .6,1.2",
    "r": ".6,5 .6,0 | .6,3 1.7,4.7 3.2,4.8",
    "s": "3.4,4.3 2,5 .8,4 2,2.7 3.2,1.4 2,0 .3,.6",
    "v": ".3,5 1.9,0 | 1.9,0 3.8,5",
    "w": ".2,5 .8,1 1.6,.1 2.6,1.2 2.8,3.6 | 2.8,3.6 3,1 3.9,.1 4.9,1.4 5.2,5",
    "x": ".3,4.7 1.3,4.8 2.3,2.5 3.3,.2 4.4,.4 | 4.3,4.9 2.2,2.5 .2,0",
    "y": ".4,5 .8,2.6 2.2,1.8 3.7,3 | 4.2,5 3.7,.6 2.2,-2.7 .5,-2.3",
}
SPACE = 3.0
AFTER = 1.5  # between letters


class Hand(NamedTuple):
    """How somebody writes; all are shares of the height of a unit, or degrees."""

    slant: float
    turn_degrees: float
    drift: float
    pen: float
    ink: Rgb


def width(text: str) -> float:
    """Return how many units wide a text is written."""
    return sum(SPACE if one == " " else _wide(one) + AFTER for one in text) - AFTER


def write(
    text: str, left: float, baseline: float, unit: float, dice: Dice, hand: Hand
) -> list[Stroke]:
    """Return the strokes of a text; no two letters are alike."""
    strokes: list[Stroke] = []
    x = left
    for character in text:
        if character == " ":
            x += SPACE * unit
            continue
        turn = math.radians(dice.within(-hand.turn_degrees, hand.turn_degrees))
        lift = dice.within(-hand.drift, hand.drift)
        size = unit * dice.within(0.95, 1.05)
        for points in _glyph(character):
            bent = [
                (px + dice.within(-0.09, 0.09), py + dice.within(-0.09, 0.09) + lift)
                for px, py in points
            ]
            way = tuple(
                (
                    x + size * (px * math.cos(turn) - py * math.sin(turn) + hand.slant * py),
                    baseline - size * (px * math.sin(turn) + py * math.cos(turn)),
                )
                for px, py in curve(bent)
            )
            strokes.append(Stroke(way, hand.pen * unit * dice.within(0.9, 1.15), hand.ink))
        x += (_wide(character) + AFTER) * unit
    return strokes


def _glyph(character: str) -> list[list[Point]]:
    strokes = _STROKES[character].split("|")
    return [
        [(float(point.split(",")[0]), float(point.split(",")[1])) for point in stroke.split()]
        for stroke in strokes
    ]


def _wide(character: str) -> float:
    return max(x for stroke in _glyph(character) for x, _ in stroke)
