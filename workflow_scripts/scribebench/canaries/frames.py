"""The drawn frames: their names, their colours, and how many of them an experiment needs."""

import random
from functools import cache
from pathlib import Path
from typing import NamedTuple

from scribebench.stats.shares import clopper_pearson

# A batch size is recommended when the lower bound of what it gets right is above this share.
SHARE_NEEDED = 0.95
# Names of sessions hold no slash, so that no recording's folder is taken for the experiment's.
FOLDER = "canaries"
MAX_BATCH_SIZE = 50
COLOUR_SEED = 20260115


class Colour(NamedTuple):
    """A colour as people call it."""

    brightness: str
    hue: str


# Strong enough for models that tell little more than the mean of a picture; RGB, 0-255.
COLOURS = {
    Colour("dark", "red"): (140, 15, 20),
    Colour("light", "red"): (250, 135, 140),
    Colour("dark", "green"): (15, 120, 20),
    Colour("light", "green"): (130, 240, 130),
    Colour("dark", "blue"): (15, 20, 140),
    Colour("light", "blue"): (140, 140, 250),
}


class Canary(NamedTuple):
    """One drawn frame: its place, and what only it shows."""

    frame_index: int
    name: str
    colour: Colour


def session_of(batch_size: int) -> str:
    """Return what stands for the session where the frames of one batch size are asked about."""
    return f"{FOLDER}/batch-{batch_size}"


def is_drawn(session: str) -> bool:
    """Return whether a session's name stands for drawn frames."""
    return session.startswith(f"{FOLDER}/")


@cache
def frames_needed(batch_size: int) -> int:
    """Return how many frames prove a batch size if all are right: 72, made up to whole batches.

    A smaller last batch would be another experiment. Raises ValueError beyond MAX_BATCH_SIZE.
    """
    if not 1 <= batch_size <= MAX_BATCH_SIZE:
        raise ValueError(f"a batch of {batch_size}")
    n = 1
    while clopper_pearson(n, n)[0] <= SHARE_NEEDED:
        n += 1
    return -(-n // batch_size) * batch_size


def canaries(count: int) -> list[Canary]:
    """Return the first `count` drawn frames; always the same ones, neighbours of other hues.

    Raises ValueError when there are no names for so many.
    """
    first, second = _names()
    if count > min(len(first), len(second)):
        raise ValueError(f"there are no names for {count} frames")
    choice, found = random.Random(COLOUR_SEED), []
    for number in range(count):
        left = [one for one in COLOURS if not found or one.hue != found[-1].colour.hue]
        colour = left[int(choice.random() * len(left))]
        found.append(Canary(number, f"{first[number]} {second[number]}", colour))
    return found


@cache
def _names() -> tuple[list[str], list[str]]:
    text = Path(__file__).with_name("names.txt").read_text(encoding="utf-8")
    text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    first, _, second = text.partition("second:")
    return first.removeprefix("first:").split(), second.split()
