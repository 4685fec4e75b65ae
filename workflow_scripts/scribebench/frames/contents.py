"""From changed tiles to contents: what was on the screen, where, how long, and how much it counts.

All of this works on stored changes, so a threshold can be changed without decoding again.
"""

from dataclasses import dataclass, replace

import numpy as np

from scribebench.frames.calm import calmness
from scribebench.frames.runs import SMALL_TILES, Events, Runs, find_runs, lasted_s, stayed_s
from scribebench.frames.tiles import BEGAN_MOVING, BLANK_INK, GROWN, NEW, NOTHING, SHADED

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
# What is on the screen only while it scrolls by can be read, but hardly anyone does.
STREAMED_WEIGHT = 0.1
# With more time between samples, movement cannot be seen.
SPARSE_S = 1.5


@dataclass(frozen=True)
class Contents:
    """Runs: stretches in which a tile shows one content; and what each content counts.

    `tile`, `content`, `first`, `last` (frames, both included) and `before` (the content before, or
    negative) have one value a run, sorted by tile and time. `run_weight` is what a run counts, from
    0 to 1. `weight`, `arranged`, `blank` and `grown_from` have one value for each content: what it
    counts, what it counts in the arrangement of a screen, whether nothing can be read on it, and
    the content that it shows as well, or -1. With samples that are `sparse`, or screenshots, an
    animation looks like screens that follow each other: there nothing counts less for being
    restless. Content was seen for `least_s` at least if it counts.
    """

    tile: np.ndarray
    content: np.ndarray
    first: np.ndarray
    last: np.ndarray
    before: np.ndarray
    run_weight: np.ndarray
    passing: np.ndarray
    weight: np.ndarray
    arranged: np.ndarray
    blank: np.ndarray
    grown_from: np.ndarray
    least_s: float
    sparse: bool


def read_contents(events: Events, min_dwell_s: float) -> Contents:
    """Turn changes into contents and say how much each counts when it was settled that long."""
    count = int(events.content.max(initial=-1)) + 1
    ink = np.zeros(count, np.int64)
    named = events.content >= 0
    ink[events.content[named]] = events.ink[named]
    runs, before, grown_from = _shown(events, count)
    seen_s = min(LEAST_SAMPLES * events.step_s, LEAST_DWELL * min_dwell_s)
    least_s = max(DWELL_LEAST * min_dwell_s, seen_s)
    dwelling = _dwelling(events, runs, min_dwell_s, least_s)
    sparse = min_dwell_s == 0 or events.step_s > SPARSE_S
    calm = np.ones(len(before)) if sparse else calmness(events, runs, before, ink)
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
        passing=lasted_s(events, runs) < least_s,
        weight=weight * worth,
        arranged=weight * worth * _usual(calm, runs, count),
        blank=ink < BLANK_INK,
        grown_from=grown_from,
        least_s=least_s,
        sparse=sparse,
    )


def _shown(events: Events, count: int) -> tuple[Runs, np.ndarray, np.ndarray]:
    """Return the runs that show a content, the content before each, and what contents grew from.

    Overlays are ignored.
    """
    found = find_runs(events)
    same = _overlays(events, found, count)
    grown_from = _grown_from(found, same, count)
    joined = _joined(found, same)
    shown = joined.content >= 0
    return joined.picked(shown), joined.before[shown], grown_from


def _overlays(events: Events, runs: Runs, count: int) -> np.ndarray:
    """Return for each content the one that it is without a caret or a pointer over it."""
    same = np.arange(count)
    if not len(runs.tile):
        return same
    named = events.frame[events.flags & BEGAN_MOVING == 0]
    size = np.bincount(named, minlength=len(events.times_s))
    previous = runs.before
    following = np.where(np.append(runs.follows[1:], False), np.roll(runs.content, -1), NOTHING)
    small = (runs.patch <= SMALL_TILES) & (runs.first > 0)
    returns = small & (previous == following) & (previous >= 0) & (runs.content >= 0)

    blinks = np.flatnonzero(returns & (lasted_s(events, runs) <= BLINK_S))
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


def _joined(runs: Runs, same: np.ndarray) -> Runs:
    """Return runs in which overlays are ignored."""
    if not len(runs.tile):
        return runs
    content = np.where(runs.content >= 0, same[np.maximum(runs.content, 0)], runs.content)
    begins = ~(runs.follows & (content == np.roll(content, 1)))
    starts = np.flatnonzero(begins)
    last = np.append(runs.last[starts[1:] - 1], runs.last[-1])
    picked = runs.picked(starts)
    return replace(picked, content=content[starts], last=last)


def _dwelling(events: Events, runs: Runs, min_dwell_s: float, least_s: float) -> np.ndarray:
    """Return how settled each run was, from 0 to 1."""
    half_s = events.step_s / 2
    large_s, small_s = (
        max(max(dwell * min_dwell_s, least_s) - least_s + half_s, half_s)
        for dwell in (DWELL_LARGE, DWELL_SMALL)
    )
    full_s = np.where(runs.patch >= LARGE_TILES, large_s, small_s)

    def settled(shown_s: np.ndarray) -> np.ndarray:
        """Turn times into shares in their place: there are millions of runs in some hours."""
        short = shown_s < least_s - 1e-6
        shown_s -= least_s
        shown_s += half_s
        shown_s /= full_s
        shown_s[short] = 0.0
        return np.clip(shown_s, 0, 1, out=shown_s)

    in_all = settled(stayed_s(events, runs))
    in_all *= STREAMED_WEIGHT
    return np.maximum(settled(lasted_s(events, runs)), in_all, out=in_all)


def _usual(calm: np.ndarray, runs: Runs, count: int) -> np.ndarray:
    """Return how calm each content's places are, on average over the time that it is shown."""
    lasted = runs.last - runs.first + 1.0
    total = np.bincount(runs.content, lasted, count)
    return np.bincount(runs.content, calm * lasted, count) / np.maximum(total, 1.0)


def _worth(events: Events, ink: np.ndarray) -> np.ndarray:
    """Return what each content is worth when it is settled and calm: 1 for readable text."""
    worth = BLANK_WEIGHT + (1 - BLANK_WEIGHT) * (ink - BLANK_INK) / (FULL_INK - BLANK_INK)
    worth = worth.clip(BLANK_WEIGHT, 1)
    shaded = events.content[(events.flags & (NEW | SHADED)) == (NEW | SHADED)]
    worth[shaded[shaded >= 0]] *= SHADED_WEIGHT
    return worth


def _grown_from(runs: Runs, same: np.ndarray, count: int) -> np.ndarray:
    """Return for each content the one that it grew from, and so shows as well; else -1."""
    grew = (runs.flags & (NEW | GROWN) == (NEW | GROWN)) & (runs.before >= 0) & (runs.content >= 0)
    parents = np.full(count, -1)
    parents[runs.content[grew]] = same[runs.before[grew]]
    parents[parents == np.arange(count)] = -1
    return parents
