"""Recordings to select frames from: tiles whose contents are letters, or screens that are drawn."""

import random
from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np

from scribebench.frames.candidates import CandidateFilter
from scribebench.frames.decode import Sample, StillPicture
from scribebench.frames.runs import Events
from scribebench.frames.scenes import detect_scenes
from scribebench.frames.signals import SignalMeter, Signals
from scribebench.frames.strategies import Decision, Measured, Settings
from scribebench.frames.tiles import (
    BEGAN_MOVING,
    GROWN,
    MOVING,
    NEW,
    NOTHING,
    ROW,
    SEEN,
    SHADED,
    Changes,
    TileTracker,
)
from unit.videos import Image, screen

Place = tuple[int, int]  # row and column of a tile
Shot = tuple[float, Image | Callable[[float], Image]]  # seconds, and what is seen in them

AUTO = Settings("auto", budget=None, keepalive_s=None, min_dwell_s=2.0, phash_distance=2)
READABLE_INK = 200
MOVES, GONE = "~", "."
ROWS, COLUMNS = 12, 16
WIDTH_PX, HEIGHT_PX, LINES = 640, 384, 14
WORDS = (
    *("cache", "expiry", "clock", "counter", "branch", "commit", "review", "parser", "table"),
    *("window", "socket", "header", "budget", "report", "folder", "figure", "module", "vector"),
)


def kept(decisions: Sequence[Decision]) -> list[int]:
    return [decision.frame_index for decision in decisions if decision.kept]


# --- tiles as letters ----------------------------------------------------------------------------


def tiles(
    histories: Mapping[Place, str],
    fps: float = 5.0,
    ink: Mapping[str, int] | None = None,
    grown: str = "",
    shaded: str = "",
    spots: Mapping[float, int] | None = None,
) -> Events:
    """Return events of tiles with histories like "a10 b2.5": a for ten seconds, then b.

    A letter is a content of its tile, ~ one that moves, a dot none at all. `ink` is by letter;
    letters in `grown` and `shaded` come about like that. At the times in `spots` all that changes
    is so many spots, each as small as a pointer.
    """
    samples = {place: sampled(history, fps) for place, history in histories.items()}
    times_s = [index / fps for index in range(len(next(iter(samples.values()))))]
    places = {round(time_s * fps): count for time_s, count in (spots or {}).items()}
    return lettered(samples, times_s, ink or {}, grown, shaded, places)


def sampled(history: str, fps: float) -> str:
    """Return a history in seconds as one letter a sample."""
    return "".join(part[0] * round(float(part[1:]) * fps) for part in history.split())


def lettered(
    samples: Mapping[Place, str],
    times_s: Sequence[float],
    ink: Mapping[str, int] | None = None,
    grown: str = "",
    shaded: str = "",
    spots: Mapping[int, int] | None = None,
) -> Events:
    """Return events of tiles whose histories have one letter a sample; else as tiles() does."""
    numbers: dict[tuple[Place, str], int] = {}
    rows: list[tuple[int, int, int, int, int]] = []
    for frame in range(len(times_s)):
        for place, history in sorted(samples.items()):
            letter = history[frame]
            if frame and history[frame - 1] == letter:
                continue
            if letter in (MOVES, GONE):
                content, flags = (MOVING, BEGAN_MOVING) if letter == MOVES else (NOTHING, 0)
            elif (place, letter) in numbers:
                content, flags = numbers[place, letter], SEEN
            else:
                content = numbers[place, letter] = len(numbers)
                flags = NEW | GROWN * (letter in grown) | SHADED * (letter in shaded)
            tile = place[0] * ROW + place[1]
            rows.append((frame, tile, content, flags, (ink or {}).get(letter, READABLE_INK)))
    columns = np.array(rows, np.int64).reshape(-1, 5).T
    counted = np.array([(spots or {}).get(frame, 0) for frame in range(len(times_s))])
    return Events(np.array(times_s, float), *columns, counted)


def on_screen(histories: Mapping[Place, str]) -> dict[Place, str]:
    """Return a screen of ROWS x COLUMNS tiles: these histories, and else nothing that changes."""
    seconds = {sum(float(part[1:]) for part in history.split()) for history in histories.values()}
    (length_s,) = {round(value, 6) for value in seconds}
    return block(range(ROWS), range(COLUMNS), f"a{length_s}") | dict(histories)


def block(rows: range, columns: range, history: str) -> dict[Place, str]:
    """Return tiles that have all the same history."""
    return {(row, column): history for row in rows for column in columns}


# --- drawn screens -------------------------------------------------------------------------------


def film(shots: Sequence[Shot], fps: float = 5.0) -> Events:
    """Return what a TileTracker sees of screens that follow each other."""
    tracker = TileTracker()
    found = [tracker.follow(one.picture.planes(), 1 / fps) for one in samples_of(shots, fps)]
    return _events(found, fps)


def measured(shots: Sequence[Shot], fps: float = 5.0) -> Measured:
    """Return all that extract_frames and detect_scenes find out about such a recording."""
    tracker, meter, states = TileTracker(), SignalMeter(), CandidateFilter()
    found: list[Changes] = []
    signals: list[Signals] = []
    pictured: set[int] = set()
    for one in samples_of(shots, fps):
        found.append(tracker.follow(one.picture.planes()))
        signals.append(meter.measure(one, found[-1].rows_px))
        ended = states.follow(one, found[-1])
        if ended is not None:
            pictured.add(ended.frame_index)
    pictured.add(len(found) - 1)
    scenes = detect_scenes([one.time_s for one in signals], [one.content_val for one in signals])
    return Measured(
        _events(found, fps),
        phashes=[one.phash for one in signals],
        scenes=[s.scene for s in scenes for _ in range(s.first_frame, s.last_frame + 1)],
        pictured=[index in pictured for index in range(len(found))],
    )


def samples_of(shots: Sequence[Shot], fps: float) -> list[Sample]:
    pictures = [
        StillPicture(seen(index / fps) if callable(seen) else seen, [])
        for seconds, seen in shots
        for index in range(round(seconds * fps))
    ]
    return [Sample(index, index / fps, picture) for index, picture in enumerate(pictures)]


def _events(found: Sequence[Changes], fps: float) -> Events:
    lengths = [len(changes.tiles) for changes in found]
    return Events(
        np.arange(len(found)) / fps,
        np.repeat(np.arange(len(found)), lengths),
        *(
            np.concatenate([getattr(changes, name) for changes in found]).astype(np.int64)
            for name in ("tiles", "contents", "flags", "ink")
        ),
        np.array([changes.spots for changes in found]),
    )


def text(name: str, lines: int = LINES) -> list[str]:
    """Return lines of words; another name gives other lines."""
    source = random.Random(name)
    return [" ".join(source.choices(WORDS, k=5)) for _ in range(lines)]


def written(*lines: str) -> Image:
    """Return a white screen with lines of text."""
    return screen(*lines, width=WIDTH_PX, height=HEIGHT_PX)


def page(name: str, lines: int = LINES) -> Image:
    """Return a screen that is full of text, or has so many lines."""
    return written(*text(name, lines))


def with_box(image: Image, left: int, top: int, width: int, height: int, grey: int = 0) -> Image:
    """Return a screen with a box on it: a caret, a pointer or a dialog."""
    image = image.copy()
    cv2.rectangle(image, (left, top), (left + width, top + height), (grey,) * 3, cv2.FILLED)
    return image
