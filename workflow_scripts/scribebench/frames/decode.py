"""Decode a recording once, in order, and say what could not be decoded.

Times are presentation times (PTS) counted from the first frame; frame counters are never used for
time, since a variable frame rate makes them wrong by seconds.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol

import av
import cv2
import numpy as np

from scribebench.errors import ScribebenchError
from scribebench.frames.container import stated_duration_s, video_stream
from scribebench.frames.pictures import decode_picture
from scribebench.project.sessions import screenshots

MAX_AUTO_FPS = 5.0
SCREENSHOTS_FPS = 1.0
SMALL_WIDTH_PX = 320
# A tick is taken by the first frame that is no more than this share of a step early, so that
# jitter in the PTS loses no frame.
TICK_TOLERANCE = 0.25


@dataclass(frozen=True)
class Mask:
    """A region, in pixels of the upright picture, that nothing may look at."""

    x: int
    y: int
    width: int
    height: int


class Picture(Protocol):
    """A decoded picture, upright and masked; conversions happen when they are asked for."""

    def full(self) -> np.ndarray:
        """Return the picture, uint8 height x width x 3 in the order blue, green, red."""

    def small(self) -> np.ndarray:
        """Return the same at most SMALL_WIDTH_PX wide, for signals."""


@dataclass(frozen=True)
class Sample:
    """A sampled frame: its 0-based place among the sampled frames, its time, its picture."""

    frame_index: int
    time_s: float
    picture: Picture


@dataclass
class DecodeReport:
    """What a recording is and how much of it could be decoded; filled while decoding."""

    codec: str = ""
    width_px: int = 0
    height_px: int = 0
    frame_rate: float | None = None
    duration_s: float | None = None
    decoded_frames: int = 0
    sampled_frames: int = 0
    broken_packets: int = 0
    decoded_until_s: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def missing_s(self) -> float | None:
        """Seconds between the last decoded frame and the end that the container states.

        Null when it states none.
        """
        if self.duration_s is None:
            return None
        gap_s = self.duration_s - self.decoded_until_s
        frame_s = 1 / self.frame_rate if self.frame_rate else 1.0
        return round(gap_s, 3) if gap_s > max(1.0, 2 * frame_s) else 0.0


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
        else _at_most(fps or MAX_AUTO_FPS, _video_frames(path, masks, report, threads))
    )
    for index, (time_s, picture) in enumerate(frames):
        if index == 0:
            _check_masks(path, masks, report)
        report.sampled_frames = index + 1
        yield Sample(index, round(time_s, 6), picture)
    if not report.sampled_frames:
        raise ScribebenchError(
            f"{path}: not one frame could be decoded; the file is damaged or not a recording. "
            "Replace it, or remove the session's folder"
        )


def _check_masks(path: Path, masks: list[Mask], report: DecodeReport) -> None:
    """Refuse a mask that hides nothing, contrary to what its owner believes."""
    for mask in masks:
        if mask.x >= report.width_px or mask.y >= report.height_px:
            raise ScribebenchError(
                f"{path}: the mask at x {mask.x}, y {mask.y} lies outside the picture of "
                f"{report.width_px}x{report.height_px} pixels; correct `masks:` in the session's "
                "session.yaml"
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
    path: Path, masks: list[Mask], report: DecodeReport, threads: int
) -> Iterator[tuple[float, Picture]]:
    try:
        container = av.open(str(path), metadata_errors="ignore")
    except (av.FFmpegError, OSError) as error:
        raise ScribebenchError(
            f"{path} cannot be opened as a recording ({error.strerror}); the file is damaged, "
            "unfinished or not a video. Replace it, or remove the session's folder"
        ) from error
    with container:
        stream = video_stream(container, path)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = threads
        report.codec = stream.codec_context.name
        report.frame_rate = float(stream.average_rate) if stream.average_rate else None
        report.duration_s = stated_duration_s(container, stream)
        start_s: float | None = None
        for frame in _tolerant_frames(container, stream, report):
            if frame.time is None:
                report.broken_packets += 1
                continue
            if start_s is None:
                start_s = frame.time
            picture = VideoPicture(frame, masks)
            report.decoded_frames += 1
            step_s = 1 / report.frame_rate if report.frame_rate else 0.0
            report.decoded_until_s = max(report.decoded_until_s, frame.time - start_s + step_s)
            if not report.width_px:
                report.width_px, report.height_px = picture.size_px
            yield frame.time - start_s, picture


def _tolerant_frames(
    container: av.container.InputContainer, stream: av.VideoStream, report: DecodeReport
) -> Iterator[av.VideoFrame]:
    """Decode packet by packet, so that a broken one costs itself and not the rest of the file."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.FFmpegError as error:
            report.notes.append(f"the file ends in the middle of a packet ({error.strerror})")
            return
        try:
            frames = packet.decode()
        except av.FFmpegError:
            report.broken_packets += 1
            continue
        yield from frames


def _screenshots(
    folder: Path, fps: float, masks: list[Mask], report: DecodeReport
) -> Iterator[tuple[float, Picture]]:
    """Read the pictures of a folder, in the order that the session lists them."""
    paths = screenshots(folder)
    report.codec, report.frame_rate, report.duration_s = "screenshots", fps, len(paths) / fps
    for index, path in enumerate(paths):
        image = decode_picture(path.read_bytes())
        if image is None:
            report.broken_packets += 1
            report.notes.append(f"{path.name} is not a picture")
            continue
        report.decoded_frames += 1
        report.decoded_until_s = (index + 1) / fps
        if not report.width_px:
            report.height_px, report.width_px = image.shape[:2]
        yield index / fps, StillPicture(image, masks)


@dataclass(frozen=True)
class StillPicture:
    """A picture that is in memory already."""

    image: np.ndarray
    masks: list[Mask]

    def full(self) -> np.ndarray:
        return _masked(self.image, self.masks)

    @cached_property
    def _small(self) -> np.ndarray:
        return _shrunk(self.full())

    def small(self) -> np.ndarray:
        return self._small


class VideoPicture:
    """A decoded video frame; a recording's rotation is applied, which the decoder does not do."""

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
        return _masked(self._upright(self._frame.to_ndarray(format="bgr24")), self._masks)

    @cached_property
    def _small(self) -> np.ndarray:
        if self._masks:  # scaling first would let what is masked shine through at the edges
            return _shrunk(self.full())
        size = _small_size(*self.size_px)
        width, height = size[::-1] if self._turns % 2 else size
        frame = self._frame.reformat(width=width, height=height, format="bgr24")
        return self._upright(frame.to_ndarray())

    def small(self) -> np.ndarray:
        return self._small

    def _upright(self, image: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(np.rot90(image, self._turns)) if self._turns else image


def _small_size(width_px: int, height_px: int) -> tuple[int, int]:
    scale = min(1.0, SMALL_WIDTH_PX / width_px)
    return max(2, round(width_px * scale)), max(2, round(height_px * scale))


def _shrunk(image: np.ndarray) -> np.ndarray:
    size = _small_size(image.shape[1], image.shape[0])
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _masked(image: np.ndarray, masks: list[Mask]) -> np.ndarray:
    if not masks:
        return image
    image = image.copy()
    for mask in masks:
        image[mask.y : mask.y + mask.height, mask.x : mask.x + mask.width] = 0
    return image
