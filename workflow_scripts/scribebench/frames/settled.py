"""Settled states: stretches in which the screen rests, but for clocks, carets and animations."""

from dataclasses import dataclass

import numpy as np

from scribebench.frames.arrays import distinct, median, without
from scribebench.frames.contents import Contents
from scribebench.frames.runs import Events

# A state ends where content that counts so much comes or goes.
ENDS_AT = 0.5
# ... and this many times as much as what comes and goes all the time around it.
RESTLESS_FACTOR = 4.0
RESTLESS_PERCENTILE = 30
RESTLESS_BESIDE_S, RESTLESS_BESIDE_SAMPLES = 10.0, 5
# A stretch without a settled state that is longer than this gets states all the same.
UNSETTLED_S = 4.0
UNSETTLED_STATE_S, UNSETTLED_STATE_SAMPLES = 1.5, 2
# Text streams through a stretch when so many tiles of it come and go; it is cut into parts.
STREAMS_TILES, STREAMING_S = 24.0, 20.0
# So many tiles more in passing make a frame hardly worse, as the median does in an animation; or so
# many where something is in passing on every frame, as while a line is typed.
ALMOST_LEAST_TILES, ALMOST_LEAST_TYPED = 2, 8


@dataclass(frozen=True)
class State:
    """A stretch of frames (both ends included) and the one that shows it best.

    `best` is the last frame of those on which the least is in passing: typing has not begun yet
    there, and what was loading has come. `settled` is false in a stretch that never rests.
    """

    first: int
    last: int
    best: int
    settled: bool


def find_states(events: Events, contents: Contents, pictured: np.ndarray) -> list[State]:
    """Return the states of a recording in order; frames between two states are in passing.

    `pictured` tells of which frames a picture has been stored; of two that are as good the
    pictured one is taken.
    """
    times_s, ends_s = events.times_s, events.ends_s
    total = len(times_s)
    change = _change(contents, total)
    restless = 0.0 if contents.sparse else _restlessness(change, events.step_s)
    cuts = np.flatnonzero(change >= ENDS_AT + RESTLESS_FACTOR * restless)
    stretches = _stretches(0, total - 1, cuts)
    settled = [
        (first, last)
        for first, last in stretches
        if ends_s[last] - times_s[first] >= contents.least_s - 1e-6
    ]
    least_s = max(UNSETTLED_STATE_S, UNSETTLED_STATE_SAMPLES * events.step_s)
    unsettled: list[tuple[int, int]] = []
    for gap in _gaps(settled, total):
        if ends_s[gap[1]] - times_s[gap[0]] < UNSETTLED_S:
            continue
        pieces = [
            (first, last)
            for first, last in _stretches(*gap, _strong(change, *gap))
            if ends_s[last] - times_s[first] >= least_s
        ]
        unsettled += pieces or [gap]  # at a beat, all pieces are too short
    passing = _passing(contents, total)
    by_first = np.argsort(contents.first, kind="stable")
    states = []
    for stretches, rests in ((settled, True), (unsettled, False)):
        for stretch in stretches:
            streams = _streams(*stretch, contents, by_first)
            parts, settles = (_parts(*stretch, events), False) if streams else ([stretch], rests)
            states += [
                State(first, last, _best(passing, pictured, first, last, settles), settles)
                for first, last in parts
            ]
    return sorted(states, key=lambda state: state.first)


def _change(contents: Contents, total: int) -> np.ndarray:
    """Return how much content comes or goes at each frame, weighted."""
    change = np.zeros(total + 1)
    np.add.at(change, contents.first, contents.run_weight)
    np.add.at(change, contents.last + 1, contents.run_weight)
    change[0] = 0.0
    return change[:total]


def _restlessness(change: np.ndarray, step_s: float) -> np.ndarray:
    """Return what changes around each frame most of the time: nothing, or an animation."""
    beside = max(RESTLESS_BESIDE_SAMPLES, round(RESTLESS_BESIDE_S / step_s))
    if len(change) <= beside:
        return np.zeros(len(change))
    padded = np.pad(change, beside, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * beside + 1)
    rank = int(RESTLESS_PERCENTILE / 100 * 2 * beside)
    pieces = np.array_split(windows, max(1, len(change) // 4096))
    return np.concatenate([np.partition(piece, rank, axis=1)[:, rank] for piece in pieces])


def _strong(change: np.ndarray, first: int, last: int) -> np.ndarray:
    inner = change[first + 1 : last + 1]
    if not len(inner):
        return np.zeros(0, int)
    limit = ENDS_AT + RESTLESS_FACTOR * median(inner)
    return np.flatnonzero(inner >= limit) + first + 1


def _stretches(first: int, last: int, cuts: np.ndarray) -> list[tuple[int, int]]:
    inner = [cut for cut in cuts.tolist() if first < cut <= last]
    return list(zip([first, *inner], [*(cut - 1 for cut in inner), last], strict=True))


def _streams(first: int, last: int, contents: Contents, by_first: np.ndarray) -> bool:
    """Return whether text streams through a stretch: much of it comes and is gone at the end.

    `by_first` are the runs in the order of their first frames.
    """
    bounds = np.searchsorted(contents.first, (first + 1, last + 1), sorter=by_first)
    come = by_first[slice(*bounds)]
    gone = without(contents.content[come], contents.content[come[contents.last[come] >= last]])
    return contents.weight[gone[~contents.blank[gone]]].sum() >= STREAMS_TILES


def _parts(first: int, last: int, events: Events) -> list[tuple[int, int]]:
    """Cut a stretch into parts of about STREAMING_S."""
    length_s = events.ends_s[last] - events.times_s[first]
    count = max(1, round(length_s / STREAMING_S))
    edges = events.times_s[first] + length_s / count * np.arange(1, count)
    cuts = distinct(np.searchsorted(events.times_s, edges - 1e-6))
    return _stretches(first, last, cuts)


def _gaps(stretches: list[tuple[int, int]], total: int) -> list[tuple[int, int]]:
    gaps, begin = [], 0
    for first, last in [*stretches, (total, total)]:
        if first > begin:
            gaps.append((begin, first - 1))
        begin = last + 1
    return gaps


def _passing(contents: Contents, total: int) -> np.ndarray:
    """Return how many tiles of each frame show something that does not last."""
    passing = np.zeros(total + 1, np.int64)
    np.add.at(passing, contents.first[contents.passing], 1)
    np.add.at(passing, contents.last[contents.passing] + 1, -1)
    return np.cumsum(passing)[:total]


def _best(passing: np.ndarray, pictured: np.ndarray, first: int, last: int, settled: bool) -> int:
    """Return the last frame on which the least is in passing; one with a picture, if nearly so.

    Where nothing settles, any with a picture is as good as another.
    """
    inside = passing[first : last + 1]
    least = int(inside.min())
    near = least + ALMOST_LEAST_TILES
    if least:
        near = max(least + ALMOST_LEAST_TYPED, median(inside))
    near = near if settled else np.inf
    with_picture = np.flatnonzero((inside <= near) & pictured[first : last + 1])
    if not len(with_picture):
        return first + int(np.flatnonzero(inside == least)[-1])
    calmest = with_picture[inside[with_picture] == inside[with_picture].min()]
    return first + int(calmest[-1])
