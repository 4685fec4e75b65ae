"""Restlessness: clocks, panes that show figures and animations, told from what a person does."""

import numpy as np

from scribebench.frames.arrays import distinct
from scribebench.frames.runs import SMALL_TILES, Events, Runs, lasted_s, usual_step_s
from scribebench.frames.tiles import BLANK_INK, GROWN, ROW, SCROLLED, SHADED

# Activity of a tile: changes in so many bins on both sides, of this length.
BIN_S, BINS_BESIDE = 5.0, 4
# A change that adds to what is there, or blanks it, tells less of activity than a replacement.
ADDING_ACTIVITY = 0.4
# A tile that changes up to so often counts in full; from the second number on, not at all.
CALM_CHANGES, RESTLESS_CHANGES = 3.5, 7.0
# What rests so long counts all the same, in part and in full: an animation that ended.
RESTS_S, RESTS_FULLY_S = 60.0, 120.0
# As restless as its tenth most restless neighbour: an animation is more than its moving edge.
NEIGHBOUR_RANK = 10
NEIGHBOUR_ROWS, NEIGHBOUR_COLUMNS = 3, 4
# A change of more than this share of the picture is another window and no activity.
WINDOW_SHARE = 0.3
# Clocks, counters and panes that show figures: what changes in so many bins of this length, within
# this time before and after. Small changes count in full up to the first number, others up to the
# second.
CLOCK_S, CLOCK_BIN_S, CLOCK_POWER = 300.0, 10.0, 3
CLOCK_CHANGES, PANE_CHANGES = 4.0, 10.0


def calmness(events: Events, runs: Runs, before: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Return for each run how little its place changes otherwise: 1, or less for what moves."""
    if not len(runs.tile):
        return np.zeros(0)
    # Nothing is told over longer gaps, and a leap in time would make bins without end.
    steps_s = np.minimum(np.diff(events.times_s), 2 * CLOCK_S)
    times_s = np.append(0.0, steps_s.cumsum())
    starts_s, length_s = times_s[runs.first], times_s[-1]
    tiles = len(distinct(runs.tile))
    local = (runs.first > 0) & (runs.patch < WINDOW_SHARE * tiles) & (runs.flags & SCROLLED == 0)
    readable = ink[runs.content] >= BLANK_INK
    readable &= (before >= 0) & (ink[np.maximum(before, 0)] >= BLANK_INK)
    replaces = readable & (runs.flags & (SHADED | GROWN) == 0)
    # There are millions of runs in some hours, so that arrays of them are used again.
    calm = _activity(times_s, runs.tile, starts_s, local & replaces, local & ~replaces)
    _rise(calm, RESTLESS_CHANGES, CALM_CHANGES)
    rests = _rise(lasted_s(events, runs), RESTS_S, RESTS_FULLY_S)
    np.maximum(calm, rests, out=calm)
    del rests
    small = local & (runs.patch <= SMALL_TILES)
    seldom = _seldom(runs.tile, starts_s, length_s, local, PANE_CHANGES)
    clock = _seldom(runs.tile, starts_s, length_s, small, CLOCK_CHANGES)
    np.minimum(seldom, clock, out=seldom, where=small)
    calm *= seldom
    return calm


def _rise(values: np.ndarray, none: float, full: float) -> np.ndarray:
    """Turn values in their place into shares: 0 up to `none`, 1 from `full` on."""
    values -= none
    values /= full - none
    return np.clip(values, 0, 1, out=values)


def _activity(
    times_s: np.ndarray,
    tile: np.ndarray,
    starts_s: np.ndarray,
    replacing: np.ndarray,
    adding: np.ndarray,
) -> np.ndarray:
    """Return how often each run's tile, or its neighbourhood, changes around the run's start."""
    step_s = usual_step_s(times_s)
    second = max(1.0, step_s)
    bin_s = max(BIN_S, 5 * step_s)
    bins = int(times_s[-1] / bin_s) + 1
    rows, columns = int(tile.max()) // ROW + 1, int((tile % ROW).max()) + 1
    place = tile // ROW * columns + tile % ROW
    counted = []
    for chosen, weight in ((replacing, 1.0), (adding, ADDING_ACTIVITY)):
        keys = (starts_s[chosen] / second).astype(np.int64) * (rows * columns) + place[chosen]
        when, where = np.divmod(distinct(keys), rows * columns)
        number = np.minimum((when * second / bin_s).astype(np.int64), bins - 1)
        counted.append((number, where, weight))
    result = np.ones(len(tile))
    run_bin = np.minimum((starts_s / bin_s).astype(np.int32), bins - 1)
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
        chosen = by_bin[bounds[index] : bounds[index + 1]]
        places, runs_of = np.unique(place[chosen], return_inverse=True)
        around = _around(window.reshape(rows, columns), places)
        result[chosen] = np.maximum(around[runs_of], 1)
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


def _around(changes: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return for tiles their changes, or those of their neighbour of NEIGHBOUR_RANK if more.

    `changes` is rows x columns, `places` are row * columns + column.
    """
    down, right = NEIGHBOUR_ROWS, NEIGHBOUR_COLUMNS
    columns = changes.shape[1]
    padded = np.pad(changes, ((down, down), (right, right)))
    centres = (places // columns + down) * padded.shape[1] + places % columns + right
    beside = np.arange(-down, down + 1)[:, None] * padded.shape[1] + np.arange(-right, right + 1)
    beside = beside[beside != 0]
    neighbours = padded.ravel()[centres[:, None] + beside]
    ranked = np.partition(neighbours, -NEIGHBOUR_RANK, axis=1)[:, -NEIGHBOUR_RANK]
    return np.maximum(changes.ravel()[places], ranked)


def _seldom(
    tile: np.ndarray, starts_s: np.ndarray, length_s: float, chosen: np.ndarray, changes: float
) -> np.ndarray:
    """Return 1 for runs in whose place no more such changes occur for minutes, less for others."""
    number = (starts_s / CLOCK_BIN_S).astype(np.int32)
    bins, span = int(length_s / CLOCK_BIN_S) + 1, int(CLOCK_S / CLOCK_BIN_S)
    keys = distinct(tile[chosen].astype(np.int64) * bins + number[chosen])
    # At both ends of the recording as many bins are looked at as in its middle.
    first = (number - span).clip(0, max(0, bins - 2 * span - 1))
    last = np.minimum(first + 2 * span, bins - 1)
    at = tile.astype(np.int64) * bins
    ticks = np.searchsorted(keys, at + last, side="right")
    ticks -= np.searchsorted(keys, at + first, side="left")
    seldom = changes / np.maximum(ticks, 1, out=ticks)
    seldom **= CLOCK_POWER
    return np.clip(seldom, 0, 1, out=seldom)
