"""From changed tiles to contents: what was on the screen, where, how long, and how much it counts.

All of this works on stored changes, so a threshold can be changed without decoding again.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scribebench.frames.tiles import BLANK_INK, GROWN, NEW, NOTHING, RESTING, ROW, SHADED

# A change in so few tiles is a small one: a caret, a pointer, a clock, a word.
SMALL_TILES = 8
# A change in so many tiles is a large one; it needs less time to count as settled.
LARGE_TILES = 60
# Shares of min_dwell_s: content that is shorter on the screen than the first does not count at all;
# a large change counts in full after the second, a small one after the third.
DWELL_LEAST, DWELL_LARGE, DWELL_SMALL = 0.3, 0.5, 1.5
# It takes three samples to see that something dwells, or a little more than min_dwell_s where
# samples are far apart.
LEAST_SAMPLES, LEAST_DWELL = 2.5, 1.25
# Two contents of a tile that alternate, each no longer than this, are one with a blinking caret.
BLINK_S = 3.0
BLINKS = 2
# How much blank, faint and merely shaded contents count, beside a readable one's 1.
BLANK_WEIGHT = 0.25
FULL_INK = 60
SHADED_WEIGHT = 0.15
# Activity of a tile: changes in so many bins on both sides, of this length.
BIN_S, BINS_BESIDE = 5.0, 4
# A change that adds to what is there, or blanks it, tells less of activity than a replacement.
ADDING_ACTIVITY = 0.4
# A tile that changes up to so often counts in full; from the second number on, not at all.
CALM_CHANGES, RESTLESS_CHANGES = 3.5, 7.0
# What rests so long counts all the same, in part and in full: an animation that ended.
RESTS_S, RESTS_FULLY_S = 30.0, 60.0
# With more time between samples, movement cannot be seen.
SPARSE_S = 1.5
# As restless as its fourth most restless neighbour: an animation is more than its moving edge.
NEIGHBOUR_RANK = 4
NEIGHBOUR_ROWS, NEIGHBOUR_COLUMNS = 1, 2
# A change of more than this share of the picture is another window and no activity.
WINDOW_SHARE = 0.3
# Clocks and counters: small changes of a tile within this time, in bins of this length.
CLOCK_S, CLOCK_BIN_S, CLOCK_CHANGES, CLOCK_POWER = 300.0, 10.0, 3.0, 3


@dataclass(frozen=True)
class Events:
    """Changed tiles of a recording in order of frames; all arrays are of the same length.

    `frame` is the place among the sampled frames at `times_s`; the rest as in tiles.Changes.
    `spots` has one value for each frame.
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
        return float(np.median(np.diff(self.times_s))) if len(self.times_s) > 1 else 1.0

    @cached_property
    def ends_s(self) -> np.ndarray:
        """When each frame gives way to the next."""
        return np.append(self.times_s[1:], self.times_s[-1] + self.step_s)


@dataclass(frozen=True)
class Contents:
    """Runs: stretches in which a tile shows one content; and what each content counts.

    `tile`, `content`, `first`, `last` (frames, both included) and `before` (the content before, or
    negative) have one value a run, sorted by tile and time. `run_weight` is what a run counts, from
    0 to 1. `weight`, `blank` and `grown_from` have one value for each content: what it counts,
    whether nothing can be read on it, and the content that it shows as well, or -1. With samples
    that are `sparse`, or screenshots, an animation looks like screens that follow each other: there
    nothing counts less for being restless. Content was seen for `least_s` at least if it counts.
    """

    tile: np.ndarray
    content: np.ndarray
    first: np.ndarray
    last: np.ndarray
    before: np.ndarray
    run_weight: np.ndarray
    passing: np.ndarray
    weight: np.ndarray
    blank: np.ndarray
    grown_from: np.ndarray
    least_s: float
    sparse: bool


@dataclass(frozen=True)
class _Runs:
    tile: np.ndarray
    content: np.ndarray
    first: np.ndarray
    last: np.ndarray
    flags: np.ndarray

    @cached_property
    def follows(self) -> np.ndarray:
        """Whether a run comes after another one of the same tile."""
        return np.append(False, self.tile[1:] == self.tile[:-1]) if len(self.tile) else self.tile

    def picked(self, chosen: np.ndarray) -> "_Runs":
        return _Runs(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def read_contents(events: Events, min_dwell_s: float) -> Contents:
    """Turn changes into contents and say how much each counts when it was settled that long."""
    count = int(events.content.max(initial=-1)) + 1
    ink = np.zeros(count, np.int64)
    named = events.content >= 0
    ink[events.content[named]] = events.ink[named]
    runs = _runs(events)
    same = _overlays(events, runs, count)
    runs = _joined(runs, same)
    before = np.where(runs.follows, np.roll(runs.content, 1), NOTHING)
    shown = runs.content >= 0
    runs, before = runs.picked(shown), before[shown]

    size = np.bincount(runs.first, minlength=len(events.times_s))[runs.first]
    seen_s = min(LEAST_SAMPLES * events.step_s, LEAST_DWELL * min_dwell_s)
    least_s = max(DWELL_LEAST * min_dwell_s, seen_s)
    dwelling = _dwelling(events, runs, size, min_dwell_s, least_s)
    sparse = min_dwell_s == 0 or events.step_s > SPARSE_S
    calm = 1.0 if sparse else _calm(events, runs, before, size, ink)
    run_weight = dwelling * calm
    weight = np.zeros(count)
    np.maximum.at(weight, runs.content, run_weight)
    worth = _worth(events, ink)
    return Contents(
        runs.tile,
        runs.content,
        runs.first,
        runs.last,
        before,
        run_weight=run_weight * worth[runs.content],
        passing=_lasted_s(events, runs) < least_s,
        weight=weight * worth,
        blank=ink < BLANK_INK,
        grown_from=_grown_from(events, same, count),
        least_s=least_s,
        sparse=sparse,
    )


def _runs(events: Events) -> _Runs:
    order = np.lexsort((events.frame, events.tile))
    tile, first = events.tile[order], events.frame[order]
    follows = np.append(tile[1:] == tile[:-1], False)
    last = np.where(follows, np.roll(first, -1) - 1, len(events.times_s) - 1)
    return _Runs(tile, events.content[order], first, last, events.flags[order])


def _lasted_s(events: Events, runs: _Runs) -> np.ndarray:
    return events.ends_s[runs.last] - events.times_s[runs.first]


def _overlays(events: Events, runs: _Runs, count: int) -> np.ndarray:
    """Return for each content the one that it is without a caret or a pointer over it."""
    same = np.arange(count)
    if not len(runs.tile):
        return same
    named = events.frame[events.flags & RESTING == 0]
    size = np.bincount(named, minlength=len(events.times_s))
    previous = np.where(runs.follows, np.roll(runs.content, 1), NOTHING)
    following = np.where(np.append(runs.follows[1:], False), np.roll(runs.content, -1), NOTHING)
    small = (size[runs.first] <= SMALL_TILES) & (runs.first > 0)
    returns = small & (previous == following) & (previous >= 0) & (runs.content >= 0)

    blinks = np.flatnonzero(returns & (_lasted_s(events, runs) <= BLINK_S))
    pairs = np.stack([runs.content[blinks], previous[blinks]], axis=1)
    pairs, often = np.unique(np.sort(pairs, axis=1), axis=0, return_counts=True)
    for lower, higher in pairs[often >= BLINKS].tolist():
        same[higher] = min(same[higher], lower)

    end = np.minimum(runs.last + 1, len(events.times_s) - 1)
    # A pointer goes from one place to another in one step; a word that changes and changes back
    # is alone.
    comes, leaves = events.spots[runs.first], events.spots[end]
    moves = (comes >= 2) | (leaves >= 2) | (size[end] > LARGE_TILES)
    once = np.bincount(runs.content[runs.content >= 0], minlength=count) == 1
    pointer = returns & (comes > 0) & ((leaves > 0) | (size[end] > LARGE_TILES)) & moves
    for run in np.flatnonzero(pointer).tolist():
        content, under = int(runs.content[run]), int(previous[run])
        if once[content] and under < content and same[content] == content:
            same[content] = under
    while True:
        further = np.minimum(same, same[same])
        if (further == same).all():
            return same
        same = further


def _joined(runs: _Runs, same: np.ndarray) -> _Runs:
    """Return runs in which overlays are ignored."""
    if not len(runs.tile):
        return runs
    content = np.where(runs.content >= 0, same[np.maximum(runs.content, 0)], runs.content)
    begins = ~(runs.follows & (content == np.roll(content, 1)))
    starts = np.flatnonzero(begins)
    last = np.append(runs.last[starts[1:] - 1], runs.last[-1])
    picked = runs.picked(starts)
    return _Runs(picked.tile, content[starts], picked.first, last, picked.flags)


def _dwelling(
    events: Events, runs: _Runs, size: np.ndarray, min_dwell_s: float, least_s: float
) -> np.ndarray:
    """Return how settled each run was, from 0 to 1."""
    share = np.where(size >= LARGE_TILES, DWELL_LARGE, DWELL_SMALL)
    full_s = np.maximum(share * min_dwell_s, least_s)
    half_s = events.step_s / 2
    lasted_s = _lasted_s(events, runs)
    dwelling = (lasted_s - least_s + half_s) / np.maximum(full_s - least_s + half_s, half_s)
    return np.where(lasted_s < least_s - 1e-6, 0.0, dwelling.clip(0, 1))


def _calm(
    events: Events, runs: _Runs, before: np.ndarray, size: np.ndarray, ink: np.ndarray
) -> np.ndarray:
    """Return for each run how little its place changes otherwise: 1, or less for what moves."""
    if not len(runs.tile):
        return np.zeros(0)
    starts_s = events.times_s[runs.first]
    tiles = len(np.unique(runs.tile))
    local = (runs.first > 0) & (size < WINDOW_SHARE * tiles)
    readable = ink[runs.content] >= BLANK_INK
    readable &= (before >= 0) & (ink[np.maximum(before, 0)] >= BLANK_INK)
    replaces = readable & (runs.flags & (SHADED | GROWN) == 0)
    changes = _activity(events, runs.tile, starts_s, local & replaces, local & ~replaces)
    restless = (RESTLESS_CHANGES - changes) / (RESTLESS_CHANGES - CALM_CHANGES)
    small = (runs.first > 0) & (size <= SMALL_TILES)
    ticks = _ticks(runs.tile, starts_s, small)
    clock = np.where(small, (CLOCK_CHANGES / np.maximum(ticks, 1)) ** CLOCK_POWER, 1.0)
    rests = (_lasted_s(events, runs) - RESTS_S) / (RESTS_FULLY_S - RESTS_S)
    return np.maximum(restless.clip(0, 1), rests.clip(0, 1)) * clock.clip(0, 1)


def _activity(
    events: Events,
    tile: np.ndarray,
    starts_s: np.ndarray,
    replacing: np.ndarray,
    adding: np.ndarray,
) -> np.ndarray:
    """Return how often each run's tile, or its neighbourhood, changes around the run's start."""
    second = max(1.0, events.step_s)
    bin_s = max(BIN_S, 5 * events.step_s)
    bins = int(events.times_s[-1] / bin_s) + 1
    rows, columns = int(tile.max()) // ROW + 1, int((tile % ROW).max()) + 1
    # One more column on both sides of rows: neighbours beyond the edge never change.
    place = tile // ROW * columns + tile % ROW
    counted = []
    for chosen, weight in ((replacing, 1.0), (adding, ADDING_ACTIVITY)):
        keys = np.stack([(starts_s[chosen] / second).astype(np.int64), place[chosen]], axis=1)
        keys = np.unique(keys, axis=0)
        number = np.minimum((keys[:, 0] * second / bin_s).astype(np.int64), bins - 1)
        counted.append((number, keys[:, 1], weight))
    result = np.ones(len(tile))
    run_bin = np.minimum((starts_s / bin_s).astype(np.int64), bins - 1)
    by_bin = np.argsort(run_bin, kind="stable")
    bounds = np.searchsorted(run_bin[by_bin], np.arange(bins + 1))
    window = np.zeros(rows * columns)
    sums = [_by_bin(number, where, weight, bins) for number, where, weight in counted]
    for index in range(-BINS_BESIDE, bins):
        for places, weights, edges in sums:
            _add(window, places, weights, edges, index + BINS_BESIDE, 1)
            _add(window, places, weights, edges, index - BINS_BESIDE - 1, -1)
        if index < 0 or bounds[index] == bounds[index + 1]:
            continue
        around = _around(window.reshape(rows, columns))
        chosen = by_bin[bounds[index] : bounds[index + 1]]
        result[chosen] = np.maximum(around.ravel()[place[chosen]], 1)
    return result


def _by_bin(
    number: np.ndarray, places: np.ndarray, weight: float, bins: int
) -> tuple[np.ndarray, float, np.ndarray]:
    order = np.argsort(number, kind="stable")
    return places[order], weight, np.searchsorted(number[order], np.arange(bins + 1))


def _add(
    window: np.ndarray, places: np.ndarray, weight: float, edges: np.ndarray, index: int, sign: int
) -> None:
    if 0 <= index < len(edges) - 1:
        np.add.at(window, places[edges[index] : edges[index + 1]], sign * weight)


def _around(changes: np.ndarray) -> np.ndarray:
    """Return for each tile its changes, or those of its neighbour of NEIGHBOUR_RANK if more."""
    down, right = NEIGHBOUR_ROWS, NEIGHBOUR_COLUMNS
    rows, columns = changes.shape
    padded = np.pad(changes, ((down, down), (right, right)))
    neighbours = np.stack(
        [
            padded[row : row + rows, column : column + columns]
            for row in range(2 * down + 1)
            for column in range(2 * right + 1)
            if (row, column) != (down, right)
        ]
    )
    ranked = np.partition(neighbours, -NEIGHBOUR_RANK, axis=0)[-NEIGHBOUR_RANK]
    return np.maximum(changes, ranked)


def _ticks(tile: np.ndarray, starts_s: np.ndarray, small: np.ndarray) -> np.ndarray:
    """Return for each run in how many bins around its start its tile changed a little."""
    number = (starts_s / CLOCK_BIN_S).astype(np.int64)
    span = int(CLOCK_S / CLOCK_BIN_S)
    stride = int(number.max(initial=0)) + 4 * span
    keys = np.unique(tile[small].astype(np.int64) * stride + number[small] + span)
    at = tile.astype(np.int64) * stride + number + span
    after = np.searchsorted(keys, at + span, side="right")
    return after - np.searchsorted(keys, at - span, side="left")


def _worth(events: Events, ink: np.ndarray) -> np.ndarray:
    """Return what each content is worth when it is settled and calm: 1 for readable text."""
    worth = BLANK_WEIGHT + (1 - BLANK_WEIGHT) * (ink - BLANK_INK) / (FULL_INK - BLANK_INK)
    worth = worth.clip(BLANK_WEIGHT, 1)
    shaded = events.content[(events.flags & (NEW | SHADED)) == (NEW | SHADED)]
    worth[shaded[shaded >= 0]] *= SHADED_WEIGHT
    return worth


def _grown_from(events: Events, same: np.ndarray, count: int) -> np.ndarray:
    """Return for each content the one that it grew from, and so shows as well; else -1."""
    order = np.lexsort((events.frame, events.tile))
    tile, content, flags = events.tile[order], events.content[order], events.flags[order]
    follows = np.append(False, tile[1:] == tile[:-1]) if len(tile) else np.zeros(0, bool)
    before = np.where(follows, np.roll(content, 1), NOTHING)
    grew = (flags & (NEW | GROWN) == (NEW | GROWN)) & (before >= 0) & (content >= 0)
    parents = np.full(count, -1)
    parents[content[grew]] = same[before[grew]]
    parents[parents == np.arange(count)] = -1
    return parents
