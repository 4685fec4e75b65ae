"""Decode a recording once, in order, and say what could not be decoded.

Times are presentation times (PTS) counted from the first frame; frame counters are never used for
time, since a variable frame rate makes them wrong by seconds.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import av
import numpy as np

from scribebench.errors import ScribebenchError
from scribebench.frames.container import (
    lacks_end,
    open_recording,
    stated_duration_s,
    video_stream,
)
from scribebench.frames.losses import DecodeReport
from scribebench.frames.packets import decode_packets
from scribebench.frames.pictures import JPEG_EDGE_PX, decode_picture
from scribebench.frames.planes import (
    Mask,
    Planes,
    frame_planes,
    image_planes,
    paint,
)
from scribebench.project.sessions import screenshots, unread_pictures

MAX_AUTO_FPS = 5.0
SCREENSHOTS_FPS = 1.0
# A tick is taken by the first frame that is no more than this share of a step early, so that
# jitter in the PTS loses no frame.
TICK_TOLERANCE = 0.25
# Larger pictures than this are decoded in no more threads than there are cores.
SPARE_THREAD_PX = 3_000_000
# Why a screenshot is left out.
_UNREADABLE = "cannot be read as a picture; it is left out"
_TOO_LARGE = f"is left out: an edge is larger than {JPEG_EDGE_PX} pixels; cut it into parts"


class Picture(Protocol):
    """A decoded picture, upright and masked; conversions happen when they are asked for.

    `name` is that of its file, empty for a frame of a video.
    """

    name: str

    @property
    def size_px(self) -> tuple[int, int]:
        """Return width and height."""

    def full(self) -> np.ndarray:
        """Return the picture, uint8 height x width x 3 in the order blue, green, red."""

    def planes(self) -> Planes:
        """Return its brightness and colour, as they lie in the recording."""


@dataclass(frozen=True)
class Sample:
    """A sampled frame: its 0-based place among the sampled frames, its time, its picture."""

    frame_index: int
    time_s: float
    picture: Picture


def sample(
    path: Path, fps: float | None, masks: list[Mask], report: DecodeReport, threads: int = 1
) -> Iterator[Sample]:
    """Yield at most `fps` frames a second of a video file or a folder of screenshots, in order.

    `fps` None is the recording's own rate up to MAX_AUTO_FPS. `report` is filled on the way.
    Raises ScribebenchError, naming the file, when nothing can be decoded.
    """
    frames = (
        _screenshots(path, fps or SCREENSHOTS_FPS, masks, report)
        if path.is_dir()
        else _at_most(
            fps or MAX_AUTO_FPS, _video_frames(path, fps or MAX_AUTO_FPS, masks, report, threads)
        )
    )
    checked_px: tuple[int, int] | None = None
    for index, (time_s, picture) in enumerate(frames):
        if picture.size_px != checked_px:
            _check_masks(path, masks, time_s, picture, first=index == 0)
            checked_px = picture.size_px
        report.sampled_frames = index + 1
        yield Sample(index, round(time_s, 6), picture)
    if not report.sampled_frames:
        raise ScribebenchError(
            f"{path}: not one frame could be decoded; the file is damaged or not a recording. "
            "Replace it, or remove the session's folder"
        )


def _check_masks(
    path: Path, masks: list[Mask], time_s: float, picture: Picture, first: bool
) -> None:
    """Refuse a mask that hides nothing, contrary to what its owner believes."""
    width_px, height_px = picture.size_px
    for mask in masks:
        if mask.x >= width_px or mask.y >= height_px:
            mend = "" if first else ", or give pictures of another size a session of their own"
            raise ScribebenchError(
                f"{path / picture.name}: the mask at x {mask.x}, y {mask.y} lies outside the "
                f"picture of {width_px}x{height_px} pixels at {time_s:.1f} s; correct `masks:` in "
                f"the session's session.yaml{mend}"
            )


def _at_most(
    fps: float, frames: Iterator[tuple[float, Picture]]
) -> Iterator[tuple[float, Picture]]:
    last_tick = -1
    for time_s, picture in frames:
        tick = math.floor(time_s * fps + TICK_TOLERANCE)
        if tick > last_tick:
            last_tick = tick
            yield time_s, picture


def _video_frames(
    path: Path, fps: float, masks: list[Mask], report: DecodeReport, threads: int
) -> Iterator[tuple[float, Picture]]:
    container = open_recording(path, report.notes)
    with container:
        stream = video_stream(container, path)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = _decoding_threads(stream.codec_context, threads)
        report.codec = stream.codec_context.name
        # Without times in the file the average is made up.
        rate = stream.guessed_rate if stream.start_time is None else stream.average_rate
        report.frame_rate = float(rate) if rate else None
        report.duration_s = stated_duration_s(container, stream)
        if lacks_end(path, container):
            report.notes.append("the file is cut short; how much is missing is not known")
        tick_s = (1 + TICK_TOLERANCE) / fps
        for time_s, frame in decode_packets(container, stream, report, fps, tick_s):
            picture = VideoPicture(frame, masks)
            if not report.width_px:
                report.width_px, report.height_px = picture.size_px
            yield time_s, picture


def _decoding_threads(codec: av.VideoCodecContext, cores: int) -> int:
    """Return in how many threads to decode: they wait for one another, and one more fills that.

    Each of them holds a picture.
    """
    return cores + 1 if cores > 1 and codec.width * codec.height <= SPARE_THREAD_PX else cores


def _screenshots(
    folder: Path, fps: float, masks: list[Mask], report: DecodeReport
) -> Iterator[tuple[float, Picture]]:
    """Read the pictures of a folder, in the order that the session lists them."""
    paths = screenshots(folder)
    report.codec, report.frame_rate, report.duration_s = "screenshots", fps, len(paths) / fps
    for path in unread_pictures(folder):
        report.broken_packets += 1
        report.notes.append(f"{path.name} is left out; save it as PNG or JPEG")
    for index, path in enumerate(paths):
        image = decode_picture(path.read_bytes())
        if image is None or max(image.shape) > JPEG_EDGE_PX:
            report.broken_packets += 1
            report.notes.append(f"{path.name} {_UNREADABLE if image is None else _TOO_LARGE}")
            continue
        report.decoded_frames += 1
        report.decoded_until_s = (index + 1) / fps
        picture = StillPicture(image, masks, path.name)
        if not report.width_px:
            report.width_px, report.height_px = picture.size_px
        yield index / fps, picture


@dataclass(frozen=True)
class StillPicture:
    """A picture that is in memory already."""

    image: np.ndarray
    masks: list[Mask]
    name: str = ""

    @property
    def size_px(self) -> tuple[int, int]:
        height_px, width_px = self.image.shape[:2]
        return width_px, height_px

    def full(self) -> np.ndarray:
        return paint(self.image, self.masks)

    @cached_property
    def _planes(self) -> Planes:
        return image_planes(self.full())

    def planes(self) -> Planes:
        return self._planes


class VideoPicture:
    """A decoded video frame; a recording's rotation is applied, which the decoder does not do."""

    name = ""

    def __init__(self, frame: av.VideoFrame, masks: list[Mask]):
        self._frame = frame
        self._masks = masks
        self._turns = round(frame.rotation / 90) % 4

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the upright picture."""
        size = (self._frame.width, self._frame.height)
        return size[::-1] if self._turns % 2 else size

    def full(self) -> np.ndarray:
        image = self._frame.to_ndarray(format="bgr24")
        if self._turns:
            image = np.ascontiguousarray(np.rot90(image, self._turns))
        return paint(image, self._masks)

    @cached_property
    def _planes(self) -> Planes:
        return frame_planes(self._frame, self._turns, self._masks)

    def planes(self) -> Planes:
        return self._planes
