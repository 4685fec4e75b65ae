"""What a video file says of itself, without decoding it; imports no more than that needs."""

from pathlib import Path

import av

from scribebench.errors import ScribebenchError


def read_duration_s(path: Path) -> float | None:
    """Return the length that a video's container states, in seconds; None when it states none."""
    try:
        with av.open(str(path)) as container:
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
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    if not container.duration:
        return None
    # Matroska states when the recording ends, not how long it is.
    states_end = "matroska" in container.format.name
    start = (container.start_time or 0) if states_end else 0
    return max(0, container.duration - start) / av.time_base
