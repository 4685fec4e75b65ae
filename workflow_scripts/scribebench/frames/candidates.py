"""Pictures worth storing while they are in memory anyway: the last one of each settled state.

It errs on the generous side, since a kept frame without a picture costs one more decoding pass;
but a picture takes longer to write than a frame to decode, so not every frame is a candidate.
"""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

import numpy as np

from scribebench.files import write_bytes
from scribebench.frames.decode import Sample
from scribebench.frames.pictures import encode_jpeg, picture_name
from scribebench.frames.runs import SMALL_TILES
from scribebench.frames.tiles import NEW, ROW, SCROLLED, SEEN, SHADED, Changes

# A state is worth a picture when it lasted so long, and three samples where they are close: less
# counts for nothing.
SETTLED_S, SETTLED_SAMPLES, SETTLED_FULLY_S = 0.6, 2.5, 2.5
# Where nothing settles, one picture in so many seconds is stored; and one before a change of so
# many tiles, since much is lost with it.
UNSETTLED_S, LARGE_TILES = 4.0, 24
# ... and in so many where the changes are small: what is typed is on later pictures in any case.
UNSETTLED_SMALL_S = 8.0
# A tile's changes are forgotten with this time constant; from so many on it is an animation.
FORGOTTEN_S, RESTLESS = 3.0, 3.0
ROUNDING_S = 1e-6
# Before a small change a picture is worth while from so many tiles on that are on none: a pointer
# and a caret take one or two.
UNPICTURED_SMALL = 4
# Frames that wait to be written, each with its decoded picture; fewer when they have more pixels.
WAITING, PIXELS_FOR_ONE = 4, 3_000_000


class CandidateFilter:
    """Finds the last frame of each settled state, and some where nothing settles; holds one frame.

    A small change (a caret, a letter) ends a state that has rested; a larger one ends it also when
    there were small ones meanwhile, so that both the screen before typing and the typed text have
    their picture.
    """

    def __init__(self) -> None:
        self._previous: Sample | None = None
        self._large_s = self._any_s = self._written_s = 0.0
        self._restless = np.zeros(ROW * 16, np.float64)
        self._counted_s = 0.0
        self._content = np.full(ROW * 16, -1, np.int64)
        self._pictured = np.zeros(4096, bool)

    def follow(self, sample: Sample, changes: Changes) -> Sample | None:
        """Take the next frame; return the frame before it when that one is worth a picture."""
        previous, self._previous = self._previous, sample
        if previous is None:
            self._large_s = self._any_s = self._written_s = sample.time_s
        step_s = sample.time_s - previous.time_s if previous else 0.0
        least = UNPICTURED_SMALL if changes.spots else 1
        ends = self._ends(sample.time_s, step_s, changes) and self._shows_unpictured(least)
        if len(changes.tiles):
            self._content[changes.tiles] = changes.contents
        if not ends:
            return None
        self._written_s = sample.time_s
        return previous

    def last(self) -> Sample | None:
        """Return the last frame of the recording: nothing comes after it."""
        return self._previous

    def _ends(self, time_s: float, step_s: float, changes: Changes) -> bool:
        """Return whether a state ended with the frame before, or a picture is due."""
        if not self._matters(time_s, changes) or not step_s:
            return False
        since_s = self._any_s if changes.spots else self._large_s
        self._any_s = time_s
        if not changes.spots:
            self._large_s = time_s
        rest_s = max(SETTLED_S, min(SETTLED_SAMPLES * step_s, SETTLED_FULLY_S))
        wait_s = rest_s if len(changes.tiles) > LARGE_TILES else UNSETTLED_S
        if changes.spots or len(changes.tiles) <= SMALL_TILES:
            wait_s = UNSETTLED_SMALL_S
        rested_s, waited_s = time_s - since_s, time_s - self._written_s
        return rested_s >= rest_s - ROUNDING_S or waited_s >= wait_s - ROUNDING_S

    def _shows_unpictured(self, least: int) -> bool:
        """Return whether so many tiles of the frame before are on no picture; then they will be."""
        shown = self._content[self._content >= 0]
        if not len(shown):
            return False
        if (highest := int(shown.max())) >= len(self._pictured):
            self._pictured = np.append(self._pictured, np.zeros(highest + 4096, bool))
        if int((~self._pictured[shown]).sum()) < least:
            return False
        self._pictured[shown] = True
        return True

    def _matters(self, time_s: float, changes: Changes) -> bool:
        if not len(changes.tiles):
            return False
        if (highest := int(changes.tiles.max())) >= len(self._restless):
            self._restless = np.append(self._restless, np.zeros(highest + ROW))
            self._content = np.append(self._content, np.full(highest + ROW, -1, np.int64))
        self._restless *= np.exp((self._counted_s - time_s) / FORGOTTEN_S)
        self._counted_s = time_s
        calm = self._restless[changes.tiles] <= RESTLESS
        self._restless[changes.tiles] += 1
        # A caret blinks and a pointer leaves: what is seen again in a small spot is nothing new.
        named = NEW if changes.spots else NEW | SEEN | SCROLLED
        known = (changes.flags & named != 0) & (changes.flags & SHADED == 0)
        return bool((calm & known).any())


class PictureWriter:
    """Writes pictures beside the decoder; a picture that cannot be written ends the run."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._pool = ThreadPoolExecutor(1)
        self._room = threading.Semaphore(WAITING)
        self._pending: list[Future[None]] = []

    def __enter__(self) -> "PictureWriter":
        self._folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=kind is not None)
        if kind is None:
            self._check()

    def write(self, sample: Sample) -> None:
        """Write the picture of a frame soon. Raises what went wrong with one before."""
        self._check()
        room = min(WAITING, -(-sample.picture.planes().luma.size // PIXELS_FOR_ONE))
        for _ in range(room):
            self._room.acquire()
        self._pending.append(self._pool.submit(self._write, sample, room))

    def _write(self, sample: Sample, room: int) -> None:
        try:
            picture = encode_jpeg(sample.picture.full())
            write_bytes(self._folder / picture_name(sample.time_s), picture)
        finally:
            self._room.release(room)

    def _check(self) -> None:
        for future in [future for future in self._pending if future.done()]:
            self._pending.remove(future)
            future.result()
