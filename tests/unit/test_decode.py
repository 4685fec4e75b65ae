"""Decoding: which frames are looked at, at what time, and what is said of what is missing."""

import json
import math
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest

from scribebench.errors import ScribebenchError
from scribebench.frames.container import read_duration_s
from scribebench.frames.decode import DecodeReport, Mask, Sample, sample
from scribebench.frames.losses import Losses
from scribebench.frames.manifest import manifest, spoken_loss
from scribebench.frames.pictures import JPEG_EDGE_PX, encode_jpeg, picture_name
from scribebench.frames.planes import SMALL_WIDTH_PX, small_picture
from scribebench.frames.spec import ExtractSpec
from unit.test_pictures import huge_png
from unit.videos import (
    corners,
    cut,
    evenly,
    greys,
    packets_of,
    plain,
    turn_clockwise,
    wipe,
    write_changing_sizes,
    write_sound,
    write_video,
)

CONTAINERS = [
    ("mp4", "libx264", "yuv420p"),
    ("mov", "libx264", "yuv420p"),
    ("mkv", "libx264", "yuv420p"),
    ("webm", "libvpx-vp9", "yuv420p"),
    ("gif", "gif", "rgb8"),
]
# What people's recorders and editors write besides: the coding, and whether a length is stated.
KINDS = [
    ("mp4", "libx264", "yuvj420p", True),
    ("m4v", "libx264", "yuv420p", True),
    ("flv", "libx264", "yuv420p", True),
    ("ts", "libx264", "yuv420p", True),
    ("m2ts", "libx264", "yuv420p", True),
    ("mkv", "libx264", "yuv444p10le", True),
    ("mkv", "libx264", "nv12", True),
    ("mkv", "libx264rgb", "bgr24", True),
    ("mkv", "libx265", "yuv420p10le", True),
    ("mkv", "libsvtav1", "yuv420p", True),
    ("mp4", "libsvtav1", "yuv420p10le", True),
    ("webm", "libvpx", "yuv420p", True),
    ("webm", "libvpx-vp9", "yuva420p", True),
    ("avi", "mjpeg", "yuvj420p", True),
    ("avi", "mpeg4", "yuv420p", True),
    ("avi", "utvideo", "gbrp", True),
    ("mov", "prores_ks", "yuv422p10le", True),
    ("mov", "qtrle", "rgb24", True),
    ("mkv", "ffv1", "bgra", True),
    ("wmv", "wmv2", "yuv420p", True),
    ("apng", "apng", "rgb24", False),
]


class Decoded(NamedTuple):
    """All that sampling a recording gave."""

    samples: list[Sample]
    report: DecodeReport

    @property
    def times_s(self) -> list[float]:
        return [one.time_s for one in self.samples]

    @property
    def greys(self) -> list[int]:
        """The brightness of each sampled picture, which tells which picture it was."""
        return [round(float(one.picture.full().mean()), -1) for one in self.samples]


def decoded(
    path: Path, fps: float | None = None, masks: tuple[Mask, ...] = (), threads: int = 1
) -> Decoded:
    report = DecodeReport()
    return Decoded(list(sample(path, fps, list(masks), report, threads)), report)


def brightness(picture: np.ndarray) -> float:
    return round(float(picture.mean()), -1)


# --- times ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("suffix", "codec", "pixels"), CONTAINERS)
def test_every_container_gives_its_frames_at_their_times(
    tmp_path: Path, suffix: str, codec: str, pixels: str
) -> None:
    times_s = evenly(12, 2)
    got = decoded(write_video(tmp_path / f"a.{suffix}", greys(12), times_s, codec, pixels))
    assert got.times_s == pytest.approx(times_s, abs=0.011)
    assert np.diff([one.picture.full().mean() for one in got.samples]) == pytest.approx(10, abs=4)
    assert [one.frame_index for one in got.samples] == list(range(12))
    assert (got.report.decoded_frames, got.report.sampled_frames) == (12, 12)
    assert (got.report.width_px, got.report.height_px) == (64, 48)
    assert got.report.duration_s == pytest.approx(6.0, abs=0.1)
    assert (got.report.broken_packets, got.report.missing_s) == (0, 0.0)


def test_thirty_frames_a_second_are_looked_at_five_times_a_second(tmp_path: Path) -> None:
    times_s = evenly(90, 30)
    got = decoded(write_video(tmp_path / "a.mp4", greys(90), times_s))
    assert got.report.decoded_frames == 90
    assert 15 <= len(got.samples) <= 16
    assert np.diff(got.times_s[1:]) == pytest.approx(0.2, abs=0.002)
    for time_s in got.times_s:
        assert min(abs(time_s - stated) for stated in times_s) < 0.001


def test_two_frames_a_second_are_all_looked_at(tmp_path: Path) -> None:
    got = decoded(write_video(tmp_path / "a.mp4", greys(20), evenly(20, 2)))
    assert len(got.samples) == 20


@pytest.mark.parametrize(("fps", "expected"), [(1, 6), (0.5, 3), (2, 12), (10, 12), (0.1, 1)])
def test_a_stated_rate_is_kept_to(tmp_path: Path, fps: float, expected: int) -> None:
    got = decoded(write_video(tmp_path / "a.mp4", greys(12), evenly(12, 2)), fps)
    # A frame may be taken up to a quarter of a step early, so that jitter loses none.
    assert expected <= len(got.samples) <= expected + 1
    assert np.diff(got.times_s)[1:] == pytest.approx(max(1 / fps, 0.5))
    assert np.diff(got.times_s)[:1].min(initial=math.inf) >= 0.75 * max(1 / fps, 0.5)


def test_a_frame_that_comes_early_or_late_is_not_lost(tmp_path: Path) -> None:
    """Recorders stamp frames with jitter; at 5 frames a second, 5 a second are all kept."""
    jitter = [0.0, 0.03, -0.03, 0.01, -0.02, 0.04, -0.04, 0.02, 0.0, -0.01]
    times_s = [index / 5 + jitter[index] for index in range(10)]
    got = decoded(write_video(tmp_path / "a.mkv", greys(10), times_s))
    assert got.times_s == pytest.approx(times_s, abs=0.002)


def test_times_of_a_variable_rate_are_those_of_the_frames(tmp_path: Path) -> None:
    """A counter divided by the average rate would be wrong by seconds here."""
    times_s = [0, 0.033, 0.067, 3.0, 3.033, 10, 20.5, 20.75, 31]
    for suffix in ("mp4", "mkv"):
        got = decoded(write_video(tmp_path / f"a.{suffix}", greys(9), times_s))
        assert got.times_s == pytest.approx([0, 3.0, 10, 20.5, 20.75, 31], abs=0.002)
        assert got.greys == [brightness(greys(9)[index]) for index in (0, 3, 5, 6, 7, 8)]
        assert got.report.decoded_frames == 9


@pytest.mark.parametrize(("suffix", "codec", "pixels"), CONTAINERS[:4])
def test_times_count_from_the_first_frame(
    tmp_path: Path, suffix: str, codec: str, pixels: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    write_video(path, greys(8), evenly(8, 2, start_s=7.0), codec, pixels)
    got = decoded(path)
    assert got.times_s == pytest.approx(evenly(8, 2), abs=0.002)
    assert got.report.missing_s == 0.0
    assert spoken_loss(path, got.report) == []


@pytest.mark.parametrize(("suffix", "codec", "pixels", "has_length"), KINDS)
def test_every_kind_gives_its_frames_at_their_times_in_their_colours(
    tmp_path: Path, suffix: str, codec: str, pixels: str, has_length: bool
) -> None:
    path = write_video(tmp_path / f"a.{suffix}", [corners()] * 10, evenly(10, 5), codec, pixels)
    got = decoded(path)
    assert got.times_s == pytest.approx(evenly(10, 5), abs=0.002)
    picture = got.samples[7].picture.full()
    for (row, column), colour in {
        (20, 20): (0, 0, 255),
        (20, 100): (0, 255, 0),
        (70, 20): (255, 0, 0),
        (70, 100): (95, 95, 95),
    }.items():
        assert picture[row, column].tolist() == pytest.approx(colour, abs=8)
    assert got.report.duration_s == (pytest.approx(2.0, abs=0.07) if has_length else None)
    assert (got.report.width_px, got.report.height_px) == (128, 96)
    assert spoken_loss(path, got.report) == []


def test_a_recording_without_times_is_counted_through(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.h264", greys(50), evenly(50, 25))
    got = decoded(path)
    assert got.times_s == pytest.approx(evenly(len(got.samples), 5), abs=0.05)
    assert (got.report.decoded_frames, len(got.samples)) == (50, 11)
    assert spoken_loss(path, got.report) == [
        f"warning: {path}: 50 frames have no time; they are taken as 0.040 s after the one before"
    ]


def test_times_that_start_again_go_on(tmp_path: Path) -> None:
    """Two parts of a transport stream that were put together, each from 0 on."""
    path, other = tmp_path / "a.ts", tmp_path / "b.ts"
    write_video(path, greys(15), evenly(15, 5))
    path.write_bytes(path.read_bytes() + write_video(other, greys(10), evenly(10, 5)).read_bytes())
    got = decoded(path)
    assert got.times_s == pytest.approx(evenly(25, 5), abs=0.05)
    assert got.greys == [brightness(one) for one in greys(15) + greys(10)]
    assert "its time stamps jump once, first at 3.0 s" in got.report.notes[0]


@pytest.mark.parametrize("between", [3, 16])
def test_frames_that_no_other_needs_are_missed_by_nobody(tmp_path: Path, between: int) -> None:
    """However many of them stand between two that are needed, 5 a second are looked at."""
    coding = {"bf": str(between), "g": "300", "b_strategy": "0", "x264-params": "b-pyramid=none"}
    path = write_video(tmp_path / "a.mp4", greys(90), evenly(90, 30), coding=coding)
    got = decoded(path, threads=2)
    assert np.diff(got.times_s).max() < 0.2 + 3 / 30
    assert len(got.samples) in (15, 16)
    assert got.report.decoded_frames + got.report.spared_frames == 90
    assert (got.report.spared_frames > 0) == (between == 3)
    assert spoken_loss(path, got.report) == []


@pytest.mark.parametrize("held", range(31, 36))
def test_a_frame_that_is_shown_for_long_is_looked_at(tmp_path: Path, held: int) -> None:
    """Of 30 frames a second, one stands for seconds; it may be one that no other needs."""
    coding = {"bf": "3", "g": "300", "b_strategy": "0"}
    times_s = [time_s + 4 * (index > held) for index, time_s in enumerate(evenly(60, 30))]
    path = write_video(tmp_path / "a.mkv", greys(60), times_s, coding=coding)
    got = decoded(path, threads=2)
    before_s = max(time_s for time_s in got.times_s if time_s <= times_s[held] + 0.01)
    assert before_s >= times_s[held] - 0.2
    assert got.report.decoded_frames + got.report.spared_frames == 60
    assert got.report.broken_packets == 0


# --- what is missing -----------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "share"), [("a.mkv", 0.6), ("a.mp4", 0.8)])
def test_a_file_that_is_cut_short_says_how_many_seconds_are_missing(
    tmp_path: Path, name: str, share: float
) -> None:
    path = write_video(tmp_path / name, greys(60), evenly(60, 2), index_first=True)
    cut(path, share)
    got = decoded(path)
    assert 5 < len(got.samples) < 55
    assert got.report.duration_s == 30.0
    assert got.report.missing_s == pytest.approx(30 - len(got.samples) / 2)
    [line] = [text for text in spoken_loss(path, got.report) if "the last" in text]
    assert f"{got.report.missing_s:.1f} s of 30.0 s" in line
    assert str(path) in line
    assert json.loads(manifest(spec_of(name), got.report))["missing_s"] == got.report.missing_s


def test_a_whole_file_is_told_to_be_whole(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", greys(10), evenly(10, 2))
    got = decoded(path)
    facts = json.loads(manifest(spec_of("a.mkv"), got.report))
    assert (facts["missing_s"], facts["broken_packets"], facts["notes"]) == (0.0, 0, [])
    assert (facts["recording"], facts["codec"], facts["frame_rate"]) == ("a.mkv", "h264", 2.0)
    assert spoken_loss(path, got.report) == []


def test_a_broken_part_costs_itself_and_not_the_rest(tmp_path: Path) -> None:
    path = write_changing_sizes(tmp_path / "a.mkv", greys(8), 2, broken={3})
    got = decoded(path)
    assert got.times_s == [0, 0.5, 1, 2, 2.5, 3, 3.5]
    assert (got.report.broken_packets, got.report.missing_s) == (1, 0.0)
    assert got.report.gaps_s == pytest.approx(0.5)
    assert spoken_loss(path, got.report) == [
        f"warning: {path}: 1 parts could not be decoded",
        f"warning: {path}: 0.5 s between frames are missing",
    ]


@pytest.mark.parametrize(
    "content",
    [b"", b"not a video\n" * 100, bytes(range(256)) * 64, b"\0" * 5000],
    ids=["empty", "text", "bytes", "zeros"],
)
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "gif"])
def test_a_file_that_is_no_video_is_named(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"monday.{suffix}"
    path.write_bytes(content)
    with pytest.raises(ScribebenchError, match=rf"monday\.{suffix}.*damaged"):
        decoded(path)
    assert read_duration_s(path) is None


def test_a_recording_that_was_never_finished_is_named(tmp_path: Path) -> None:
    """An MP4 that was cut has lost the index at its end: nothing of it can be read."""
    path = write_video(tmp_path / "a.mp4", greys(20), evenly(20, 2))
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"moov") - 4])
    with pytest.raises(ScribebenchError, match=r"a\.mp4.*stopped before it wrote the index"):
        decoded(path)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.wav"])
def test_a_recording_of_sound_only_is_named(tmp_path: Path, name: str) -> None:
    path = write_sound(tmp_path / name)
    with pytest.raises(ScribebenchError, match=rf"{name} holds no video"):
        decoded(path)
    assert read_duration_s(path) is None


def test_a_recording_of_which_nothing_can_be_decoded_is_named(tmp_path: Path) -> None:
    path = write_changing_sizes(tmp_path / "a.mkv", greys(3), 2, broken={0, 1, 2})
    with pytest.raises(ScribebenchError, match=r"a\.mkv: not one frame could be decoded"):
        decoded(path)


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_the_length_of_a_recording_is_read_without_decoding(tmp_path: Path, suffix: str) -> None:
    path = write_video(tmp_path / f"a.{suffix}", greys(20), evenly(20, 2))
    assert read_duration_s(path) == 10.0


@pytest.mark.parametrize(
    ("suffix", "codec", "pixels"),
    [("mp4", "libx264", "yuv420p"), ("mp4", "libx265", "yuv420p"), ("mov", "mjpeg", "yuvj420p")],
)
@pytest.mark.parametrize("threads", [1, 2])
def test_lost_frames_within_a_recording_are_counted_in_frames_and_seconds(
    tmp_path: Path, suffix: str, codec: str, pixels: str, threads: int
) -> None:
    coding = {"x265-params": "keyint=1:log-level=none"} if codec == "libx265" else None
    path = tmp_path / f"a.{suffix}"
    write_video(path, greys(60), evenly(60, 5), codec, pixels, coding=coding)
    wipe(path, range(20, 30))
    got = decoded(path, threads=threads)
    assert len(got.samples) == got.report.decoded_frames == 50
    assert (got.report.broken_packets, got.report.missing_s) == (10, 0.0)
    assert got.report.gaps_s == pytest.approx(2.0, abs=0.01)
    facts = json.loads(manifest(spec_of("a"), got.report))
    assert (facts["broken_packets"], facts["gaps_s"]) == (10, got.report.gaps_s)
    assert f"warning: {path}: 2.0 s between frames are missing" in spoken_loss(path, got.report)


def test_pictures_made_from_a_lost_one_are_told_to_be_doubtful(tmp_path: Path) -> None:
    """A key frame every 4 seconds; what is between is made from the frames before."""
    coding = {"g": "20", "keyint_min": "20", "sc_threshold": "0", "bf": "0"}
    path = write_video(tmp_path / "a.mp4", greys(60), evenly(60, 5), coding=coding)
    wipe(path, {25})
    got = decoded(path)
    assert (got.report.broken_packets, got.report.decoded_frames) == (1, 59)
    assert got.report.doubtful_s == pytest.approx(2.8, abs=0.01)  # frames 26 to 39
    assert f"warning: {path}: 2.8 s after damaged parts may look wrong" in "\n".join(
        spoken_loss(path, got.report)
    )
    assert json.loads(manifest(spec_of("a"), got.report))["doubtful_s"] == got.report.doubtful_s


def test_a_frame_that_is_decoded_in_part_is_shown_and_told(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (96, 128, 3), np.uint8)
    path = write_video(tmp_path / "a.mp4", [noise] * 10, evenly(10, 5))
    place, size = packets_of(path)[4]
    data = bytearray(path.read_bytes())
    data[place + size // 2 : place + size] = bytes(size - size // 2)
    path.write_bytes(data)
    got = decoded(path)
    assert (len(got.samples), got.report.damaged_frames) == (10, 1)
    assert f"warning: {path}: 1 frames are damaged" in "\n".join(spoken_loss(path, got.report))


def test_what_lies_before_the_first_whole_picture_is_told(tmp_path: Path) -> None:
    """A part of a stream that begins between two key frames."""
    coding = {"g": "20", "keyint_min": "20", "sc_threshold": "0", "bf": "0"}
    path = write_video(tmp_path / "a.ts", greys(60), evenly(60, 5), coding=coding)
    data = path.read_bytes()
    place = packets_of(path)[10][0]
    path.write_bytes(data[place // 188 * 188 :])
    got = decoded(path)
    assert got.report.decoded_frames == 40
    assert (got.times_s[0], got.report.missing_s) == (0.0, 0.0)
    assert got.report.lead_s == pytest.approx(2.0, abs=0.21)
    assert "the first 2.0 s could not be decoded" in "\n".join(spoken_loss(path, got.report))


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_all_whole_frames_of_a_file_that_is_cut_short_are_had(tmp_path: Path, threads: int) -> None:
    """Frames wait in the decoder when the broken last one comes."""
    coding = {"g": "60", "bf": "3", "b_strategy": "0"}
    pictures = [np.roll(corners(), 3 * index, axis=1) for index in range(40)]
    path = write_video(tmp_path / "a.mp4", pictures, evenly(40, 5), index_first=True, coding=coding)
    packets = packets_of(path)
    place, size = packets[20]
    path.write_bytes(path.read_bytes()[: place + size // 2])
    got = decoded(path, threads=threads)
    assert got.report.decoded_frames == 20
    assert got.report.broken_packets == 1
    assert got.report.missing_s == pytest.approx(8.0 - got.times_s[-1] - 0.2, abs=0.01)


@pytest.mark.parametrize("left", [30, 41])
def test_an_mp4_in_fragments_that_ends_within_an_index_is_had_up_to_there(
    tmp_path: Path, left: int
) -> None:
    muxing = {"movflags": "frag_every_frame+empty_moov"}
    path = write_video(tmp_path / "a.mp4", greys(20), evenly(20, 5), muxing=muxing)
    data = path.read_bytes()
    last = data.rindex(b"moof") - 4
    path.write_bytes(data[: last + left])
    got = decoded(path)
    assert len(got.samples) == got.report.decoded_frames == 19
    assert got.greys == [brightness(one) for one in greys(19)]
    assert got.report.notes == ["the file ends within a fragment; how much is missing is not known"]


def test_an_avi_that_is_cut_short_states_its_whole_length(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", greys(60), evenly(60, 5), "mjpeg", "yuvj420p")
    path.write_bytes(path.read_bytes()[: packets_of(path)[30][0]])
    got = decoded(path)
    assert got.report.duration_s == pytest.approx(12.0)
    assert len(got.samples) == 30
    assert got.report.missing_s == pytest.approx(6.0, abs=0.25)


def test_a_gif_that_is_cut_short_is_told(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.gif", greys(20), evenly(20, 5), "gif", "rgb8")
    assert decoded(path).report.notes == []
    cut(path, 0.5)
    got = decoded(path)
    assert 3 < len(got.samples) < 20
    assert "the file is cut short; how much is missing is not known" in got.report.notes


@pytest.mark.parametrize("suffix", ["mkv", "mov"])
def test_sound_that_goes_on_longer_is_no_loss(tmp_path: Path, suffix: str) -> None:
    path = write_video(tmp_path / f"a.{suffix}", greys(10), evenly(10, 5), sound_s=6.0)
    got = decoded(path)
    assert got.report.duration_s == pytest.approx(2.0)
    assert spoken_loss(path, got.report) == []


def test_a_hole_that_no_decoder_complains_of_is_told(tmp_path: Path) -> None:
    """Matroska is read on from the next place that makes sense."""
    path = write_video(tmp_path / "a.mkv", greys(150), evenly(150, 5))
    data = path.read_bytes()
    first, last = (packets_of(path)[index][0] for index in (30, 45))
    path.write_bytes(data[:first] + data[last:])
    got = decoded(path)
    hole = int(np.diff(got.times_s).argmax())
    lost = 150 - got.report.decoded_frames
    assert lost >= 15
    start_s, end_s = got.times_s[hole], got.times_s[hole] + (lost + 1) / 5 - got.report.gaps_s
    assert got.times_s[hole + 1] - start_s == pytest.approx((lost + 1) / 5)
    [note] = got.report.notes
    assert note.startswith(f"there are no frames between {start_s:.1f} s and {end_s:.1f} s")


@pytest.mark.parametrize(("gaps", "told"), [(1, 1), (3, 3), (4, 0)])
def test_a_few_gaps_among_many_frames_are_told(tmp_path: Path, gaps: int, told: int) -> None:
    """A recorder that writes a frame only when something changes leaves many gaps."""
    steady_s = evenly(25 * gaps + 15, 10)
    times_s = [time_s + 5 * ((index + 9) // 25) for index, time_s in enumerate(steady_s)]
    path = write_video(tmp_path / "a.mkv", greys(len(times_s)), times_s)
    got = decoded(path, 10)
    assert got.report.decoded_frames == len(times_s)
    assert len(got.report.notes) == told
    if told:
        assert got.report.notes[0].startswith("there are no frames between 1.5 s and 6.6 s")


class Account(NamedTuple):
    """What is told of a recording of ten frames a second, by what its decoder did."""

    codec: str = "h264"
    packets: tuple[float, ...] = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
    frames: tuple[float, ...] = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
    errors_before: tuple[float, ...] = ()
    sparing: bool = False
    broken: int = 0
    gaps_s: float = 0.0


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(Account(), id="whole"),
        pytest.param(Account(frames=(0, 0.1, 0.4, 0.5), broken=2, gaps_s=0.2), id="no error"),
        pytest.param(
            Account(frames=(0, 0.1, 0.3, 0.4, 0.5), errors_before=(0.3,), broken=1, gaps_s=0.1),
            id="an error for each",
        ),
        pytest.param(
            Account(errors_before=(0.2, 0.2), broken=2),
            id="errors that cost no frame",
        ),
        pytest.param(
            Account("h264", (0, 0.1, 0.9), (0, 0.1, 0.9), (0.9,), False, 1, 0.7),
            id="packets that cannot be read",
        ),
        pytest.param(
            Account(packets=(0, 0.1, 0.101, 0.2), frames=(0, 0.1, 0.2)), id="a half frame"
        ),
        pytest.param(Account(codec="vp8", frames=(0, 0.1, 0.3, 0.4, 0.5)), id="hidden pictures"),
        pytest.param(Account(frames=(0, 0.1, 0.3, 0.2, 0.4, 0.5)), id="out of order"),
        pytest.param(Account(frames=(0, 0.2, 0.4), sparing=True), id="left out on purpose"),
        pytest.param(
            Account("h264", tuple(evenly(20, 10)), (0, 0.1, 1.0, 1.9), (), True, 16, 1.6),
            id="too many to be left out",
        ),
    ],
)
def test_what_is_lost_is_found_by_comparing_packets_with_frames(case: Account) -> None:
    report = DecodeReport(frame_rate=10.0)
    losses = Losses(report, case.codec, 0.25)
    for stated_s in case.packets:
        losses.sent(stated_s)
    for time_s in case.frames:
        for _ in range(case.errors_before.count(time_s)):
            losses.failed()
        losses.shown(time_s, time_s, key=True, corrupt=False, sparing=case.sparing)
    losses.ended(case.sparing)
    assert report.broken_packets == case.broken
    assert report.gaps_s == pytest.approx(case.gaps_s, abs=0.002)
    assert report.notes == []


def test_all_frames_are_decoded_from_damage_on(tmp_path: Path) -> None:
    """What is left out on purpose could not be told from what is lost."""
    noise = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)
    coding = {"bf": "3", "g": "300", "b_strategy": "0"}
    path = write_video(tmp_path / "a.mp4", [noise] * 90, evenly(90, 30), coding=coding)
    assert decoded(path).report.spared_frames > 40
    place, size = packets_of(path)[0]
    data = bytearray(path.read_bytes())
    data[place + size // 2 : place + size] = bytes(size - size // 2)
    path.write_bytes(data)
    got = decoded(path)
    assert got.report.damaged_frames >= 1
    assert got.report.spared_frames < 20
    assert got.report.decoded_frames + got.report.spared_frames == 90


def test_a_decoder_that_leaves_out_frames_for_good_is_not_asked_to(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", [corners()] * 60, evenly(60, 30), "libsvtav1")
    assert (decoded(path).report.decoded_frames, decoded(path).report.spared_frames) == (60, 0)


# --- pictures ------------------------------------------------------------------------------------


def test_a_turned_recording_is_shown_upright(tmp_path: Path) -> None:
    """The upper left corner is red as stored, so that it is the upper right one as shown."""
    picture = plain(0)
    picture[:24, :32] = (0, 0, 255)
    path = write_video(tmp_path / "a.mp4", [picture] * 3, evenly(3, 2))
    turn_clockwise(path)
    got = decoded(path, masks=(Mask(0, 0, 10, 10),))
    assert (got.report.width_px, got.report.height_px) == (48, 64)
    for upright in (got.samples[0].picture.full(), small_picture(got.samples[0].picture.planes())):
        assert upright.shape == (64, 48, 3)
        assert upright[28, 44].tolist() == pytest.approx([0, 0, 255], abs=30)
        assert upright[36, 44].tolist() == pytest.approx([0, 0, 0], abs=30)
        assert upright[28, 20].tolist() == pytest.approx([0, 0, 0], abs=30)


@pytest.mark.parametrize(
    ("mask", "black"),
    [
        (Mask(8, 4, 16, 12), (slice(4, 16), slice(8, 24))),
        (Mask(0, 0, 1, 1), (slice(0, 1), slice(0, 1))),
        (Mask(56, 40, 100, 100), (slice(40, 48), slice(56, 64))),
    ],
    ids=["inside", "one pixel", "over the edge"],
)
@pytest.mark.parametrize("kind", ["video", "screenshots"])
def test_a_mask_is_painted_black_and_nothing_else(
    tmp_path: Path, mask: Mask, black: tuple[slice, slice], kind: str
) -> None:
    if kind == "video":
        path = write_video(tmp_path / "a.mkv", [plain(200)] * 2, evenly(2, 1), "ffv1", "bgr0")
    else:
        path = tmp_path
        for name in ("1.png", "2.png"):
            cv2.imwrite(str(tmp_path / name), plain(200))
    expected = plain(200)
    expected[black] = 0
    for one in decoded(path, masks=(mask,)).samples:
        assert np.array_equal(one.picture.full(), expected)
        assert np.array_equal(small_picture(one.picture.planes()), expected)


@pytest.mark.parametrize("mask", [Mask(64, 0, 10, 10), Mask(0, 48, 10, 10)])
def test_a_mask_that_hides_nothing_is_refused(tmp_path: Path, mask: Mask) -> None:
    """Its owner believes that something is hidden."""
    path = write_video(tmp_path / "a.mkv", [plain(200)] * 2, evenly(2, 1), "ffv1", "bgr0")
    with pytest.raises(ScribebenchError, match=r"outside the picture of 64x48.*session\.yaml"):
        decoded(path, masks=(mask,))


SIZES = [(64, 48), (64, 48), (32, 24), (128, 96)]


def of_sizes(folder: Path, kind: str) -> Path:
    """A recording of a picture a second, of these sizes."""
    pictures = [plain(200, *size) for size in SIZES]
    if kind == "video":
        return write_changing_sizes(folder / "a.mkv", pictures, 1)
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(folder / f"shot-{number}.png"), picture)
    return folder


@pytest.mark.parametrize(("kind", "name"), [("video", "a.mkv"), ("screenshots", "shot-2.png")])
@pytest.mark.parametrize("mask", [Mask(32, 0, 10, 10), Mask(0, 24, 10, 10)])
def test_a_mask_that_hides_nothing_of_a_later_picture_is_refused(
    tmp_path: Path, kind: str, name: str, mask: Mask
) -> None:
    said = rf"{name}: .*outside the picture of 32x24 pixels at 2\.0 s.*session\.yaml, or give pic"
    with pytest.raises(ScribebenchError, match=said):
        decoded(of_sizes(tmp_path, kind), masks=(mask,))


@pytest.mark.parametrize("kind", ["video", "screenshots"])
def test_a_mask_may_lie_partly_outside_of_a_later_picture(tmp_path: Path, kind: str) -> None:
    got = decoded(of_sizes(tmp_path, kind), masks=(Mask(31, 23, 30, 20),))
    assert [one.picture.size_px for one in got.samples] == SIZES
    for one in got.samples:
        black = one.picture.full()[23:43, 31:61]
        assert black.size
        assert not black.any()


def test_a_picture_that_is_not_looked_at_may_lie_outside_of_a_mask(tmp_path: Path) -> None:
    path = of_sizes(tmp_path, "video")
    assert len(decoded(path, 0.2, (Mask(40, 30, 10, 10),)).samples) == 1


@pytest.mark.parametrize("kind", ["video", "screenshots"])
@pytest.mark.parametrize("width", [200, 1000])
def test_what_is_under_a_mask_changes_nothing(tmp_path: Path, kind: str, width: int) -> None:
    """A playing video under a mask must not move the signals by a single bit."""
    shown = []
    for grey in (0, 255):
        folder = tmp_path / str(grey)
        folder.mkdir()
        picture = plain(90, width, 60)
        picture[10:41, 33:167] = grey
        path = folder
        if kind == "video":
            path = write_video(folder / "a.mkv", [picture] * 2, evenly(2, 1), "ffv1", "bgr0")
        else:
            cv2.imwrite(str(folder / "1.png"), picture)
        shown.append(decoded(path, masks=(Mask(33, 10, 134, 31),)).samples[0].picture)
    assert np.array_equal(shown[0].full(), shown[1].full())
    assert np.array_equal(small_picture(shown[0].planes()), small_picture(shown[1].planes()))


@pytest.mark.parametrize(("width", "height"), [(33, 17), (1, 1), (319, 3), (321, 201), (1921, 9)])
def test_odd_sizes_are_decoded_whole(tmp_path: Path, width: int, height: int) -> None:
    picture = plain(90, width, height)
    path = write_video(tmp_path / "a.mkv", [picture] * 2, evenly(2, 1), "ffv1", "bgr0")
    got = decoded(path)
    assert np.array_equal(got.samples[0].picture.full(), picture)
    small = small_picture(got.samples[0].picture.planes())
    assert small.shape[1] <= max(2, min(width, SMALL_WIDTH_PX))
    assert small.mean() == pytest.approx(90, abs=1)


def test_the_small_picture_keeps_the_shape(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", [plain(90, 640, 400)] * 2, evenly(2, 1))
    assert small_picture(decoded(path).samples[0].picture.planes()).shape == (200, 320, 3)


def test_a_recording_may_change_its_size(tmp_path: Path) -> None:
    pictures = [plain(50), plain(100, 128, 96), plain(150, 32, 24)]
    got = decoded(write_changing_sizes(tmp_path / "a.mkv", pictures, 2))
    assert [one.picture.full().shape for one in got.samples] == [p.shape for p in pictures]
    assert got.greys == [50, 100, 150]
    assert (got.report.width_px, got.report.height_px) == (64, 48)


def test_decoding_in_two_threads_gives_the_same(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", greys(30), evenly(30, 5))
    one, two = (list(sample(path, None, [], DecodeReport(), threads)) for threads in (1, 2))
    assert [s.time_s for s in one] == [s.time_s for s in two]
    for first, second in zip(one, two, strict=True):
        assert np.array_equal(first.picture.full(), second.picture.full())


# --- screenshots ---------------------------------------------------------------------------------


def screenshots_in(folder: Path, **contents: bytes) -> Path:
    for index, grey in enumerate((50, 100, 150), start=9):
        cv2.imwrite(str(folder / f"shot-{index}.png"), plain(grey))
    for name, content in contents.items():
        (folder / f"{name.replace('_', '-')}.png").write_bytes(content)
    return folder


def test_screenshots_are_a_recording_of_one_a_second(tmp_path: Path) -> None:
    got = decoded(screenshots_in(tmp_path))
    assert got.times_s == [0, 1, 2]
    assert got.greys == [50, 100, 150]  # shot-9 before shot-10
    assert (got.report.codec, got.report.frame_rate) == ("screenshots", 1.0)
    assert (got.report.duration_s, got.report.missing_s) == (3.0, 0.0)


def test_screenshots_may_be_of_another_rate(tmp_path: Path) -> None:
    assert decoded(screenshots_in(tmp_path), fps=0.5).times_s == [0, 2, 4]


@pytest.mark.parametrize(
    "content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"], ids=["empty", "text", "cut"]
)
def test_a_broken_screenshot_costs_itself_and_is_named(tmp_path: Path, content: bytes) -> None:
    got = decoded(screenshots_in(tmp_path, shot_10=content))
    assert got.times_s == [0, 2]
    assert got.greys == [50, 150]
    assert got.report.broken_packets == 1
    assert got.report.notes == ["shot-10.png cannot be read as a picture; it is left out"]


def test_a_screenshot_that_states_a_huge_size_costs_itself_and_is_named(tmp_path: Path) -> None:
    got = decoded(screenshots_in(tmp_path, shot_10=huge_png(40_000, 40_000)))
    assert got.greys == [50, 150]
    assert got.report.broken_packets == 1
    assert got.report.notes == ["shot-10.png cannot be read as a picture; it is left out"]


@pytest.mark.parametrize("across", [True, False])
def test_a_screenshot_that_no_jpeg_can_hold_is_left_out_by_name(
    tmp_path: Path, across: bool
) -> None:
    longest, longer = (
        plain(100, *((edge_px, 2) if across else (2, edge_px)))
        for edge_px in (JPEG_EDGE_PX, JPEG_EDGE_PX + 1)
    )
    path = screenshots_in(tmp_path)
    cv2.imwrite(str(path / "shot-10.png"), longer)
    cv2.imwrite(str(path / "shot-11.png"), longest)
    got = decoded(path)
    assert got.times_s == [0, 2]
    assert encode_jpeg(got.samples[1].picture.full())
    assert got.report.broken_packets == 1
    assert got.report.notes == [
        "shot-10.png is left out: an edge is larger than 65500 pixels; cut it into parts"
    ]


def test_screenshots_of_which_none_is_a_picture_are_named(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(b"no picture")
    with pytest.raises(ScribebenchError, match=f"{tmp_path.name}: not one frame"):
        decoded(tmp_path)


def test_screenshots_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "shot-12.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    path = screenshots_in(tmp_path)
    got = decoded(path)
    assert (len(got.samples), got.report.broken_packets) == (3, 1)
    assert f"warning: {path}: shot-12.HEIC is left out; save it as PNG or JPEG" in spoken_loss(
        path, got.report
    )


def test_screenshots_of_any_kind_are_read_in_colour(tmp_path: Path) -> None:
    picture = plain(120)
    for name, image in {
        "1-grey.png": picture[:, :, 0],
        "2-alpha.png": np.dstack([picture, plain(255)[:, :, :1]]),
        "3-deep.png": picture.astype(np.uint16) * 257,
        "4.jpg": picture,
        "5.webp": picture,
        "6.bmp": picture,
        "7.tif": picture,
        "8.avif": picture,
    }.items():
        assert cv2.imwrite(str(tmp_path / name), image)
    got = decoded(tmp_path)
    assert [one.picture.full().shape for one in got.samples] == [(48, 64, 3)] * 8
    assert got.greys == [120] * 8


# --- names and specs -----------------------------------------------------------------------------


def spec_of(recording: str) -> ExtractSpec:
    return ExtractSpec(recording, None, [])


@pytest.mark.parametrize(
    ("time_s", "name"),
    [
        (0.0, "00h00m00.000s.jpg"),
        (80.5, "00h01m20.500s.jpg"),
        (3661.0014, "01h01m01.001s.jpg"),
        (59.9996, "00h01m00.000s.jpg"),
        (360000.0, "100h00m00.000s.jpg"),
    ],
)
def test_a_picture_is_named_by_its_time(time_s: float, name: str) -> None:
    assert picture_name(time_s) == name


def test_pictures_are_encoded_once_and_alike(tmp_path: Path) -> None:
    picture = cv2.GaussianBlur(
        np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8), (9, 9), 0
    )
    data = encode_jpeg(picture)
    assert data == encode_jpeg(picture)
    again = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert np.abs(again.astype(int) - picture).mean() < 3
    assert len(encode_jpeg(picture, 30)) < len(data)


@pytest.mark.parametrize(("given", "rate"), [("auto", None), (2, 2.0), (0.5, 0.5)])
def test_the_spec_of_a_recording_is_read(given: float | str, rate: float | None) -> None:
    mask = {"x": 1, "y": 2, "width": 3, "height": 4}
    spec = ExtractSpec.from_json({"recording": "a.mp4", "sample_fps": given, "masks": [mask]})
    assert spec == ExtractSpec("a.mp4", rate, [Mask(1, 2, 3, 4)])


def test_the_manifest_of_a_recording_is_the_same_each_time(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", greys(6), evenly(6, 2))
    texts = {manifest(spec_of("a.mp4"), decoded(path).report) for _ in range(2)}
    assert len(texts) == 1
    assert not any(math.isnan(v) for v in json.loads(texts.pop()).values() if isinstance(v, float))
