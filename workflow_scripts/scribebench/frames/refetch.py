"""Fetch single frames of a recording that was decoded before, in one pass and without seeking.

Packets are read in order, and only those stretches are decoded that hold a wanted frame: from a key
frame on to the last frame wanted of it. A seek for each frame would cost more than decoding all.
"""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av

from scribebench.frames.container import video_stream
from scribebench.frames.decode import DecodeReport, VideoPicture, sample
from scribebench.frames.pictures import encode_jpeg
from scribebench.frames.spec import ExtractSpec

# Times were rounded to so many decimals when they were stored.
DECIMALS = 6


def fetch_frames(
    recording: Path,
    spec: ExtractSpec,
    wanted: dict[float, int],
    threads: int,
    intact: bool = True,
    welcome: dict[float, int] | None = None,
) -> Iterator[tuple[int, bytes]]:
    """Yield (frame_index, JPEG) of wanted frames, given by their times; each at most once.

    Of the `welcome` ones those are yielded, too, that are decoded on the way to wanted ones.
    A recording that is not `intact`, and frames that the short way does not find, are decoded from
    the beginning: after damage, what is shown depends on all that came before.
    """
    welcome = {time_s: index for time_s, index in (welcome or {}).items() if time_s not in wanted}
    wanted = dict(wanted)
    if wanted and intact and not recording.is_dir():
        try:
            for time_s, picture in _from_key_frames(
                recording, spec, sorted(wanted), set(welcome), threads
            ):
                found = wanted if time_s in wanted else welcome
                yield found.pop(time_s), encode_jpeg(picture.full())
        except av.FFmpegError:
            pass  # what a damaged part hides may be found by the tolerant way
    if not wanted:
        return
    for frame in sample(recording, spec.sample_fps, spec.masks, DecodeReport(), threads):
        found = wanted if frame.time_s in wanted else welcome
        if frame.time_s in found:
            yield found.pop(frame.time_s), encode_jpeg(frame.picture.full())
            if not wanted:
                return


def _from_key_frames(
    recording: Path, spec: ExtractSpec, times_s: list[float], welcome: set[float], threads: int
) -> Iterator[tuple[float, VideoPicture]]:
    start_s, keys_s = _key_frames(recording)
    if start_s is None or not keys_s:
        return
    waiting = set(times_s)
    last_s = -1.0  # of those wanted that the stretch being decoded holds
    # Each wanted frame by the key frame that it depends on.
    by_key: dict[int, set[float]] = {}
    for time_s in times_s:
        by_key.setdefault(max(0, bisect_right(keys_s, time_s + start_s) - 1), set()).add(time_s)
    with av.open(str(recording), metadata_errors="ignore") as container:
        stream = video_stream(container, recording)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = threads
        number, needed, fed = -1, set(), False
        for packet in container.demux(stream):
            if packet.is_keyframe:
                number += 1
                if not needed & waiting:
                    needed = by_key.get(number, set())
                    if needed and fed:
                        stream.codec_context.flush_buffers()
                        fed = False
                else:
                    needed = needed | by_key.get(number, set())
            if not needed & waiting and packet.size:
                continue
            fed, last_s = True, max([last_s, *needed])
            for frame in packet.decode():
                if frame.time is None:
                    continue
                time_s = round(frame.time - start_s, DECIMALS)
                # How many more are decoded than needed depends on the number of threads.
                if time_s in waiting or (time_s in welcome and time_s < last_s):
                    waiting.discard(time_s)
                    welcome.discard(time_s)
                    yield time_s, VideoPicture(frame, spec.masks)
            if not waiting:
                return


def _key_frames(recording: Path) -> tuple[float | None, list[float]]:
    """Return when the first frame is shown, and when each key frame is; both by the container."""
    keys_s: list[float] = []
    start_s: float | None = None
    with av.open(str(recording), metadata_errors="ignore") as container:
        stream = video_stream(container, recording)
        for packet in container.demux(stream):
            if packet.is_keyframe and packet.pts is not None:
                keys_s.append(float(packet.pts * packet.time_base))
            if start_s is None:
                for frame in packet.decode():
                    start_s = frame.time
                    break
    in_order = all(first < second for first, second in pairwise(keys_s))
    return start_s, keys_s if in_order else []
