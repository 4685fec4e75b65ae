"""Small recordings with known content, made with PyAV."""

import struct
from collections.abc import Container, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]  # (height, width, 3), BGR
WIDTH_PX, HEIGHT_PX = 64, 48
MILLISECOND = Fraction(1, 1000)
# What turns a picture clockwise by a quarter, as ISO 14496-12 writes it: x' = -y, y' = x.
QUARTER_CLOCKWISE = (0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)


def plain(grey: int, width: int = WIDTH_PX, height: int = HEIGHT_PX) -> Image:
    return np.full((height, width, 3), grey, np.uint8)


def greys(count: int) -> list[Image]:
    """Pictures that tell their place by their brightness."""
    return [plain(20 + index % 20 * 10) for index in range(count)]


def evenly(count: int, fps: float, start_s: float = 0.0) -> list[float]:
    return [start_s + index / fps for index in range(count)]


def screen(*words: str, width: int = 160, height: int = 120) -> Image:
    """A white screen with words in rows."""
    image = plain(255, width, height)
    for row, word in enumerate(words):
        place = (6, 24 + 24 * row)
        cv2.putText(image, word, place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0), 1, cv2.LINE_AA)
    return image


def write_video(
    path: Path,
    pictures: Sequence[Image],
    times_s: Sequence[float],
    codec: str = "libx264",
    pixels: str = "yuv420p",
    index_first: bool = False,
    coding: dict[str, str] | None = None,
    muxing: dict[str, str] | None = None,
    sound_s: float = 0.0,
) -> Path:
    """Write a recording whose pictures stand at these times; `path` says which container.

    `index_first` lets an MP4 be read although its end is lost. `coding` and `muxing` are options of
    the encoder and of the container. `sound_s` seconds of silence go with the pictures.
    """
    span_s = Fraction(times_s[-1] - times_s[0]).limit_denominator(1000)
    rate = (len(times_s) - 1) / span_s
    options = {"movflags": "faststart"} if index_first and path.suffix == ".mp4" else {}
    options |= muxing or {}
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=rate.limit_denominator(1000))
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pixels
        stream.codec_context.time_base = MILLISECOND
        if codec == "libx264":
            # Every frame stands for itself, so that a cut file loses just its end.
            stream.options = {"preset": "ultrafast", "crf": "10", "g": "1"}
        stream.options |= coding or {}
        sound = container.add_stream("pcm_s16le", rate=8000) if sound_s else None
        for picture, time_s in zip(pictures, times_s, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format=pixels)
            frame.pts, frame.time_base = round(time_s * 1000), MILLISECOND
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if sound is not None:
            container.mux(sound.encode(_silence(sound_s)))
            container.mux(sound.encode())
    return path


def _silence(length_s: float) -> av.AudioFrame:
    samples = np.zeros((1, round(8000 * length_s)), np.int16)
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
    frame.sample_rate = 8000
    return frame


def write_changing_sizes(
    path: Path, pictures: Sequence[Image], fps: float, broken: Container[int] = ()
) -> Path:
    """Write a Motion JPEG recording: each picture may have a size of its own, or be broken."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=Fraction(fps).limit_denominator(1000))
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuvj420p"
        for index, picture in enumerate(pictures):
            data = b"no picture" * 20 if index in broken else encoded(picture)
            packet = av.Packet(data)
            packet.stream, packet.time_base = stream, MILLISECOND
            packet.pts = packet.dts = round(index / fps * 1000)
            packet.is_keyframe = True
            container.mux(packet)
    return path


def encoded(picture: Image) -> bytes:
    return cv2.imencode(".jpg", picture)[1].tobytes()


def write_sound(path: Path) -> Path:
    """Write a second of silence."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac" if path.suffix == ".mp4" else "pcm_s16le", rate=8000)
        container.mux(stream.encode(_silence(1.0)))
        container.mux(stream.encode())
    return path


def turn_clockwise(path: Path) -> None:
    """Let an MP4 say that it is to be shown turned by a quarter, as phones do."""
    data = bytearray(path.read_bytes())
    header = data.index(b"tkhd") + 4
    matrix = header + 40  # of a header of version 0: flags, dates, track, duration, layer, volume
    assert data[header] == 0
    data[matrix : matrix + 36] = struct.pack(">9i", *QUARTER_CLOCKWISE)
    path.write_bytes(data)


def corners(width: int = 128, height: int = 96) -> Image:
    """A picture that is red, green, blue and grey, from the upper left to the lower right."""
    image = plain(95, width, height)
    image[: height // 2, : width // 2] = (0, 0, 255)
    image[: height // 2, width // 2 :] = (0, 255, 0)
    image[height // 2 :, : width // 2] = (255, 0, 0)
    return image


def packets_of(path: Path) -> list[tuple[int, int]]:
    """Return the place in the file and the length of each packet of pictures, in their order."""
    with av.open(str(path)) as container:
        found = [(packet.pos, packet.size) for packet in container.demux(video=0)]
    return [(place, size) for place, size in found if size]


def wipe(path: Path, numbers: Container[int]) -> None:
    """Overwrite some of a recording's packets with zeros, as a bad disk does."""
    data = bytearray(path.read_bytes())
    for number, (place, size) in enumerate(packets_of(path)):
        if number in numbers:
            data[place : place + size] = bytes(size)
    path.write_bytes(data)


def cut(path: Path, share: float) -> None:
    """Keep the first part of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
