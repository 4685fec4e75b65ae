"""One pass over a recording: decode, measure, find what changed, store pictures worth keeping."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scribebench.frames.ahead import ahead
from scribebench.frames.candidates import CandidateFilter, PictureWriter
from scribebench.frames.decode import DecodeReport, Sample, sample
from scribebench.frames.signals import SignalMeter
from scribebench.frames.spec import ExtractSpec
from scribebench.frames.tiles import Changes, TileTracker, tile_px

Row = dict[str, Any]
# Frames that are decoded before they are looked at, and pixels of them: each takes its memory.
DECODED_AHEAD, PIXELS_AHEAD = 6, 8_000_000


def extract(
    recording: Path, spec: ExtractSpec, report: DecodeReport, candidates: Path, threads: int = 1
) -> Iterator[Row]:
    """Yield the row of `signals` of each sampled frame; write pictures to the folder `candidates`.

    `report` is filled on the way; `threads` is how many cores there are for it. Raises
    ScribebenchError when nothing can be decoded.
    """
    meter, states = SignalMeter(), CandidateFilter()
    row: Row | None = None
    with PictureWriter(candidates) as pictures:
        frames = sample(recording, spec.sample_fps, spec.masks, report, threads)
        tiled = ahead(_tiled(frames), DECODED_AHEAD, _pixels, PIXELS_AHEAD)
        for frame, changes in _followed(tiled, stills=recording.is_dir()):
            signals = meter.measure(frame, changes.rows_px)
            ended = states.follow(frame, changes)
            if row is not None:
                yield row | {"candidate": ended is not None}
            if ended is not None:
                pictures.write(ended)
            row = vars(signals) | _columns(changes) | {"tile_px": tile_px(*frame.picture.size_px)}
        if (last := states.last()) is not None and row is not None:
            pictures.write(last)
            yield row | {"candidate": True}


def _tiled(frames: Iterator[Sample]) -> Iterator[Sample]:
    """Yield frames whose pixels are ready to be compared, so that it is done beside the tracker."""
    for frame in frames:
        planes = frame.picture.planes()
        _ = planes.tiled, planes.tiled_colour
        yield frame


def _pixels(frame: Sample) -> int:
    return frame.picture.planes().luma.size


def _followed(frames: Iterator[Sample], stills: bool) -> Iterator[tuple[Sample, Changes]]:
    """Yield each frame with what it changed; `stills` are single pictures."""
    tracker = TileTracker()
    before_s: float | None = None
    for frame in frames:
        step_s = None if stills or before_s is None else frame.time_s - before_s
        before_s = frame.time_s
        yield frame, tracker.follow(frame.picture.planes(), step_s)


def _columns(changes: Changes) -> Row:
    return {
        "changed_tiles": changes.tiles,
        "tile_contents": changes.contents,
        "tile_flags": changes.flags,
        "tile_ink": changes.ink,
        "spots": changes.spots,
        "scrolled_px": changes.scrolled_px,
    }
