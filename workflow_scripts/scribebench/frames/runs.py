"""Runs: stretches in which a tile shows one content, from stored changes."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from scribebench.frames.arrays import median
from scribebench.frames.tiles import NOTHING, ROW

# A change in so few tiles is a small one: a caret, a pointer, a clock, a word.
SMALL_TILES = 8


@dataclass(frozen=True)
class Events:
    """Changed tiles of a recording in order of frames; arrays of one value a change.

    `frame` is the place among the sampled frames; the rest as in tiles.Changes. `times_s` and
    `spots` have one value for each sampled frame.
    """

    times_s: np.ndarray
    frame: np.ndarray
    tile: np.ndarray
    content: np.ndarray
    flags: np.ndarray
    ink: np.ndarray
    spots: np.ndarray

    @cached_property
    def step_s(self) -> float:
        """The usual time between two sampled frames."""
        return usual_step_s(self.times_s)

    @cached_property
    def ends_s(self) -> np.ndarray:
        """When each frame gives way to the next."""
        return np.append(self.times_s[1:], self.times_s[-1] + self.step_s)


@dataclass(frozen=True)
class Runs:
    """Stretches in which a tile shows one content; arrays of one value a run, by tile and time.

    `first` and `last` are frames, both included; `flags` and `patch`, how many tiles changed
    together with this one, are those of its first frame.
    """

    tile: np.ndarray
    content: np.ndarray
    first: np.ndarray
    last: np.ndarray
    flags: np.ndarray
    patch: np.ndarray

    @cached_property
    def follows(self) -> np.ndarray:
        """Whether a run comes after another one of the same tile."""
        return np.append(False, self.tile[1:] == self.tile[:-1]) if len(self.tile) else self.tile

    @cached_property
    def before(self) -> np.ndarray:
        """The content that the same tile showed before each run, or NOTHING."""
        return np.where(self.follows, np.roll(self.content, 1), NOTHING)

    def picked(self, chosen: np.ndarray) -> "Runs":
        return Runs(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def usual_step_s(times_s: np.ndarray) -> float:
    """Return the usual time between two of these times."""
    return median(np.diff(times_s)) if len(times_s) > 1 else 1.0


def find_runs(events: Events) -> Runs:
    """Return the runs of a recording, sorted by tile and time."""
    order = np.lexsort((events.frame, events.tile))
    tile, first = events.tile[order], events.frame[order]
    follows = np.append(tile[1:] == tile[:-1], False)
    last = np.where(follows, np.roll(first, -1) - 1, len(events.times_s) - 1)
    patch = _patches(events)[order]
    return Runs(tile, events.content[order], first, last, events.flags[order], patch)


def _patches(events: Events) -> np.ndarray:
    """Return how many tiles changed together, side by side or corner to corner, with each tile."""
    sizes = np.ones(len(events.tile), np.int32)
    if not len(sizes):
        return sizes
    row, column = events.tile // ROW, events.tile % ROW
    changed = np.zeros((int(row.max()) + 1, int(column.max()) + 1), np.uint8)
    bounds = np.searchsorted(events.frame, np.arange(len(events.times_s) + 1))
    for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        if end - begin > 1:
            place = row[begin:end], column[begin:end]
            changed[place] = 1
            group = cv2.connectedComponents(changed)[1][place]
            sizes[begin:end] = np.bincount(group)[group]
            changed[place] = 0
    return sizes


def lasted_s(events: Events, runs: Runs) -> np.ndarray:
    """Return how long each run's content stayed in its place."""
    return events.ends_s[runs.last] - events.times_s[runs.first]


def stayed_s(events: Events, runs: Runs) -> np.ndarray:
    """Return how long each run's content stayed on the screen, also while it moved up or down."""
    if not len(runs.tile):
        return np.zeros(0)
    order = np.lexsort((runs.first, runs.content))
    content, first, last = runs.content[order], runs.first[order], runs.last[order]
    latest = _latest(content, last, len(events.times_s))
    begins = np.append(True, (content[1:] != content[:-1]) | (first[1:] > latest[:-1] + 1))
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(order)) - 1
    stays_s = events.ends_s[latest[ends]] - events.times_s[first[starts]]
    del content, first, last, latest  # there are millions of runs in some hours
    of_run = np.empty(len(order))
    of_run[order] = np.repeat(stays_s, ends - starts + 1)
    return of_run


def _latest(content: np.ndarray, last: np.ndarray, frames: int) -> np.ndarray:
    """Return the last frame so far of each content, of `last` in the order of contents."""
    apart = content.astype(np.int64) * frames  # whole recordings lie between two contents
    latest = apart + last
    np.maximum.accumulate(latest, out=latest)
    return np.subtract(latest, apart, out=latest).astype(np.int32)
