"""Decode a video packet by packet, so that a broken one costs itself and not the rest."""

from collections.abc import Iterator
from typing import NamedTuple

import av

from scribebench.frames.losses import DecodeReport, Losses
from scribebench.frames.timeline import Timeline

# From so many times the sampling rate on, frames that no other frame refers to are not decoded.
SPARE_FROM = 3.0
# These take no notice when they are told later to decode all frames.
NEVER_SPARED = frozenset({"libdav1d"})
# The most frames that a decoder holds back to bring them into order, besides one for each thread.
HELD_BACK = 17
# So often on end a file may fail to be read before what is left of it is given up.
READ_FAILURES = 8


class TimedFrame(NamedTuple):
    """A decoded frame and its time in seconds from the first one on."""

    time_s: float
    frame: av.VideoFrame


def decode_packets(
    container: av.container.InputContainer,
    stream: av.VideoStream,
    report: DecodeReport,
    fps: float,
    tick_s: float,
) -> Iterator[TimedFrame]:
    """Yield the frames of a stream in order; `report` is filled with what could not be decoded.

    Frames that no other frame needs are left out while more than `fps` a second remain, never more
    than `tick_s` apart.
    """
    losses = Losses(report, stream.codec_context.name, tick_s)
    timeline = Timeline(report.step_s, report.duration_s)
    sparing = _Sparing(stream.codec_context, losses, report.frame_rate, fps, tick_s)
    # In a transport stream a packet may be whole although the one before it in the stream is not.
    marks_cut = "mpegts" not in container.format.name
    for packet in _packets(container, stream, report, losses):
        stated_s = _seconds(packet.pts, stream)
        if packet.size:
            sparing.sent(stated_s)
            if not packet.is_discard:
                losses.sent(stated_s)
            if packet.is_corrupt and marks_cut:  # the file ends within it
                losses.failed(hurts=False)
                continue
            if packet.is_corrupt:
                losses.hurt()
        try:
            frames = packet.decode()
        except av.EOFError:
            break
        except av.FFmpegError:
            losses.failed()
            sparing.stop()
            continue
        for frame in frames:
            stated_s = _seconds(frame.pts, stream)
            time_s = timeline.place(stated_s)
            duration_s = _seconds(frame.duration, stream) or report.step_s or 0.0
            report.decoded_frames += 1
            report.decoded_until_s = max(report.decoded_until_s, time_s + duration_s)
            losses.shown(stated_s, time_s, frame.key_frame, frame.is_corrupt, sparing.active)
            sparing.shown(stated_s, hurt=frame.is_corrupt)
            yield TimedFrame(time_s, frame)
    losses.ended(sparing.active)
    report.notes += timeline.notes()


def _packets(
    container: av.container.InputContainer,
    stream: av.VideoStream,
    report: DecodeReport,
    losses: Losses,
) -> Iterator[av.Packet]:
    """Yield a stream's packets, the last one empty, which makes the decoder give all it holds."""
    packets, failures = container.demux(stream), 0
    while failures <= READ_FAILURES:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.FFmpegError as error:
            if not failures:
                report.notes.append(f"a part of the file cannot be read ({error.strerror})")
                losses.failed()
            failures += 1
            packets = container.demux(stream)
            continue
        if packet.size:
            failures = 0
        yield packet
    last = av.Packet()
    last.stream, last.time_base = stream, stream.time_base
    yield last


def _seconds(pts: int | None, stream: av.VideoStream) -> float | None:
    if pts is None:
        return None
    base = stream.time_base  # a product of fractions would take longer than all else here
    return pts * base.numerator / base.denominator


class _Sparing:
    """Leaves frames undecoded that no other frame needs, as long as enough of them are left."""

    def __init__(
        self,
        codec: av.CodecContext,
        losses: Losses,
        frame_rate: float | None,
        fps: float,
        tick_s: float,
    ):
        self._codec = codec
        self._losses = losses
        self._tick_s = tick_s
        self._newest_s: float | None = None
        self._shown_s: float | None = None
        self.active = (
            frame_rate is not None
            and frame_rate >= SPARE_FROM * fps
            and codec.name not in NEVER_SPARED
        )
        if self.active:
            codec.skip_frame = "NONREF"
            self._late_s = tick_s + (HELD_BACK + codec.thread_count) / frame_rate

    def sent(self, stated_s: float | None) -> None:
        """Look at a packet before it is decoded.

        Where times leap, a frame between may be shown for long and still be one that is left out.
        """
        if not self.active:
            return
        if stated_s is None:
            self.stop()
            return
        newest_s = stated_s if self._newest_s is None else self._newest_s
        shown_s = newest_s if self._shown_s is None else self._shown_s
        if stated_s - newest_s > self._tick_s or stated_s - shown_s > self._late_s:
            self.stop()
        self._newest_s = max(newest_s, stated_s)

    def shown(self, stated_s: float | None, hurt: bool) -> None:
        """Look at a frame that was decoded."""
        if not self.active or stated_s is None:
            return
        if hurt or (self._shown_s is not None and stated_s - self._shown_s > self._tick_s):
            self.stop()
        self._shown_s = stated_s

    def stop(self) -> None:
        """Decode all frames from here on."""
        if self.active:
            self._codec.skip_frame = "DEFAULT"
            self.active = False
            self._losses.all_count_from_here()
