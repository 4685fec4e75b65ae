"""What a video file says of itself, without decoding it; imports no more than that needs."""

import os
import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

import av

from scribebench.errors import ScribebenchError

GIF_ENDS = b";"
# How Matroska's tag DURATION is written: hours, minutes, seconds.
_CLOCK = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")


def open_recording(path: Path, notes: list[str]) -> av.container.InputContainer:
    """Open a video file, or what is whole of it; `notes` says what was left out.

    Raises ScribebenchError, naming the file, when it cannot be opened.
    """
    boxes = _boxes(path)
    whole = _whole_fragments(boxes)
    if whole is not None and boxes[-1].ends > path.stat().st_size:
        notes.append("the file ends within a fragment; how much is missing is not known")
    try:
        return av.open(str(path), metadata_errors="ignore")
    except (av.FFmpegError, OSError) as error:
        if whole is not None:
            with suppress(av.FFmpegError, OSError):
                return av.open(_first_part(path, whole), metadata_errors="ignore")
        raise ScribebenchError(
            f"{path} cannot be opened as a recording ({_reason(path, boxes, error)}); the file is "
            "damaged, unfinished or not a video. Replace it, or remove the session's folder"
        ) from error


def read_duration_s(path: Path) -> float | None:
    """Return the length that a video's container states, in seconds; None when it states none."""
    try:
        with open_recording(path, []) as container:
            return stated_duration_s(container, video_stream(container, path))
    except (av.FFmpegError, ScribebenchError, OSError):
        return None


def video_stream(container: av.container.InputContainer, path: Path) -> av.VideoStream:
    """Return the first video stream that is no cover art. Raises ScribebenchError without one."""
    cover = av.stream.Disposition.attached_pic
    for stream in container.streams.video:
        if not stream.disposition & cover:
            return stream
    raise ScribebenchError(f"{path} holds no video; replace it, or remove the session's folder")


def stated_duration_s(
    container: av.container.InputContainer, stream: av.VideoStream
) -> float | None:
    """Return the length in seconds that the stream, or else its container, states."""
    stated_s = float(stream.duration * stream.time_base) if stream.duration else None
    if container.format.name == "avi" and stream.frames and stream.average_rate:
        # What the library takes for the duration shrinks when an AVI is cut short.
        return max(stated_s or 0.0, float(stream.frames / stream.average_rate))
    if stated_s is not None:
        return stated_s
    if "matroska" in container.format.name:
        return _matroska_duration_s(container, stream)
    return container.duration / av.time_base if container.duration else None


def lacks_end(path: Path, container: av.container.InputContainer) -> bool:
    """Return whether a file is cut short whose format has an end, but states no length."""
    if container.format.name != "gif":
        return False
    with path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) != GIF_ENDS


def _matroska_duration_s(
    container: av.container.InputContainer, stream: av.VideoStream
) -> float | None:
    """Return a track's length; Matroska states when it ends, not how long it is."""
    tags = (value for key, value in stream.metadata.items() if key.startswith("DURATION"))
    clock = next((match for tag in tags if (match := _CLOCK.match(tag))), None)
    if clock:
        hours, minutes, seconds = clock.groups()
        ends_s = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        if "_STATISTICS_WRITING_APP" in stream.metadata:  # mkvmerge's tag means the length
            return ends_s
    elif container.duration:
        ends_s = container.duration / av.time_base  # of the track that ends last
    else:
        return None
    if clock and stream.start_time is not None:
        starts_s = float(stream.start_time * stream.time_base)
    else:
        starts_s = (container.start_time or 0) / av.time_base
    return max(0.0, ends_s - starts_s)


class _Box(NamedTuple):
    """A box of an MP4 or MOV at the outermost level: its kind, and where the next one begins."""

    kind: bytes
    ends: int


def _boxes(path: Path) -> list[_Box]:
    """Return the outermost boxes of an MP4 or MOV; nothing when the file is something else."""
    try:
        with path.open("rb") as stream:
            return list(_read_boxes(stream, path.stat().st_size))
    except OSError:
        return []


def _read_boxes(stream: BinaryIO, size: int) -> Iterator[_Box]:
    start = 0
    while start < size and len(head := stream.read(16)) >= 8:
        length, kind = struct.unpack(">I4s", head[:8])
        if start == 0 and kind != b"ftyp":
            return
        if length == 1 and len(head) == 16:
            length = struct.unpack(">Q", head[8:])[0]
        elif length == 0:
            length = size - start
        if length < 8:
            return
        start += length
        yield _Box(kind, start)
        stream.seek(min(start, size))


def _whole_fragments(boxes: list[_Box]) -> int | None:
    """Return where the last fragment ends whose index is whole, in a file cut short after it."""
    kinds = [box.kind for box in boxes]
    if b"moov" not in kinds or kinds.count(b"moof") < 2:
        return None
    return boxes[len(kinds) - 2 - kinds[::-1].index(b"moof")].ends


def _first_part(path: Path, size: int) -> str:
    return f"subfile,,start,0,end,{size},,:{path}"


def _reason(path: Path, boxes: list[_Box], error: Exception) -> str:
    if path.is_file() and not path.stat().st_size:
        return "it is empty"
    if boxes and b"moov" not in [box.kind for box in boxes]:
        return (
            "the recorder stopped before it wrote the index of the file, which tools like untrunc "
            "can restore with the help of a whole recording by the same recorder"
        )
    return str(getattr(error, "strerror", None) or error)
