"""What is measured of each sampled frame, against figures worked out by hand."""

from dataclasses import replace

import cv2
import imagehash
import numpy as np
import pytest
from PIL import Image as PillowImage

from scribebench.frames.decode import Sample, StillPicture
from scribebench.frames.planes import image_planes, small_picture
from scribebench.frames.signals import SignalMeter, Signals
from unit.videos import Image, plain, screen

BLACK, WHITE = plain(0), plain(255)
RED, BLUE = plain(0), plain(0)
RED[:, :, 2] = 255
BLUE[:, :, 0] = 255


def measured(*pictures: Image) -> list[Signals]:
    meter = SignalMeter()
    return [
        meter.measure(Sample(index, index / 2, StillPicture(picture, [])))
        for index, picture in enumerate(pictures)
    ]


def with_square(grey: int, share: float) -> Image:
    """A picture of grey 100 of which so great a share, from the left, has another grey."""
    picture = plain(100)
    picture[:, : round(picture.shape[1] * share)] = grey
    return picture


@pytest.mark.parametrize(
    ("before", "after", "hue", "sat", "lum"),
    [
        (BLACK, WHITE, 0, 0, 255),
        (plain(100), plain(130), 0, 0, 30),
        (RED, BLUE, 120, 0, 0),  # OpenCV counts hues from 0 to 180
        (WHITE, RED, 0, 255, 0),
        (plain(77), plain(77), 0, 0, 0),
        (with_square(100, 0), with_square(200, 0.25), 0, 0, 25),
    ],
)
def test_differences_are_means_of_hue_saturation_and_value(
    before: Image, after: Image, hue: float, sat: float, lum: float
) -> None:
    signals = measured(before, after)[1]
    found = (signals.delta_hue, signals.delta_sat, signals.delta_lum)
    assert found == pytest.approx((hue, sat, lum), abs=1)  # brightness and colour are rounded
    assert signals.content_val == pytest.approx(sum(found) / 3)


@pytest.mark.parametrize(
    ("after", "share"),
    [
        (with_square(200, 0.25), 0.25),
        (with_square(115, 0.5), 0.5),
        (with_square(114, 0.5), 0.0),  # encoder noise
        (plain(100), 0.0),
        (WHITE, 1.0),
    ],
)
def test_the_changed_share_counts_pixels_that_differ_visibly(after: Image, share: float) -> None:
    assert measured(plain(100), after)[1].changed_fraction == share


def test_the_first_frame_differs_from_nothing() -> None:
    first = measured(plain(60))[0]
    assert (first.frame_index, first.time_s, first.brightness) == (0, 0.0, 60.0)
    assert first.content_val is None
    assert (first.delta_hue, first.delta_sat, first.delta_lum) == (None, None, None)
    assert first.changed_fraction is None


def test_differences_are_to_the_frame_just_before() -> None:
    signals = measured(plain(100), plain(130), plain(130), plain(100))
    assert [one.delta_lum for one in signals] == [None, 30, 0, 30]
    assert [one.time_s for one in signals] == [0, 0.5, 1, 1.5]


def test_a_frame_of_another_size_differs_from_nothing() -> None:
    """Null is unknown: the two cannot be compared."""
    signals = measured(plain(100), plain(100, 80, 60), plain(110, 80, 60))
    assert [one.content_val for one in signals] == [None, None, pytest.approx(10 / 3)]
    assert signals[1].changed_fraction is None
    assert signals[1].brightness == 100


@pytest.mark.parametrize("size", [(160, 120), (640, 400), (1280, 800), (20, 12)], ids=str)
def test_the_hash_is_that_of_imagehash_of_a_tiny_picture(size: tuple[int, int]) -> None:
    picture = screen("error", "line 42", width=size[0], height=size[1])
    small = cv2.cvtColor(small_picture(image_planes(picture)), cv2.COLOR_BGR2GRAY)
    tiny = PillowImage.fromarray(cv2.resize(small, (32, 32), interpolation=cv2.INTER_AREA))
    assert measured(picture)[0].phash == str(imagehash.phash(tiny))
    assert len(measured(picture)[0].phash) == 16


def test_hashes_of_a_screen_are_near_with_noise_and_far_from_another_screen() -> None:
    """Of a picture that is shrunk first a hash tells as much as of the whole one."""
    one = screen("error in line 42", "", "def main():", width=640, height=400)
    other = screen("", "no problem", "found here today", "", "bye", width=640, height=400)
    noise = np.random.default_rng(1).integers(-6, 7, one.shape)
    noisy = np.clip(one + noise, 0, 255).astype(np.uint8)
    hashes = [imagehash.hex_to_hash(signals.phash) for signals in measured(one, noisy, other)]
    assert hashes[0] - hashes[1] <= 2
    assert hashes[0] - hashes[2] >= 12


def test_a_frame_that_looks_like_the_last_one_is_not_measured_again() -> None:
    meter = SignalMeter()
    pictures = [plain(60), plain(100), plain(101), plain(140)]
    rows = [None, None, (0, 0), None]
    signals = [
        meter.measure(Sample(index, index / 2, StillPicture(picture, [])), looked)
        for index, (picture, looked) in enumerate(zip(pictures, rows, strict=True))
    ]
    assert [one.frame_index for one in signals] == [0, 1, 2, 3]
    assert [one.time_s for one in signals] == [0, 0.5, 1, 1.5]
    assert signals[2] == replace(
        signals[1],
        frame_index=2,
        time_s=1.0,
        **dict.fromkeys(
            ("content_val", "delta_hue", "delta_sat", "delta_lum", "changed_fraction"), 0.0
        ),
    )
    assert signals[3].delta_lum == 40  # to what was measured last


@pytest.mark.parametrize(
    "size",
    [(1920, 1080), (1280, 800), (2560, 1600), (1366, 768), (300, 200), (1080, 1920)],
    ids=str,
)
def test_a_change_in_some_rows_is_measured_as_in_the_whole_picture(size: tuple[int, int]) -> None:
    before = screen("error", "line 42", width=size[0], height=size[1])
    meter, whole = SignalMeter(), SignalMeter()
    for one in (meter, whole):
        one.measure(Sample(0, 0.0, StillPicture(before, [])))
    shown = before
    for index, (top, bottom) in enumerate(
        [(0, 7), (size[1] // 2, size[1] // 2 + 40), (size[1] - 9, size[1])]
    ):
        shown = shown.copy()
        shown[top:bottom, 10 : 10 + size[0] // 3, :2] ^= 120
        sample = Sample(index + 1, 1.0, StillPicture(shown, []))
        found, expected = meter.measure(sample, (top, bottom)), whole.measure(sample)
        assert (found.phash, found.brightness) == (expected.phash, expected.brightness)
        for name in ("content_val", "delta_hue", "delta_sat", "delta_lum", "changed_fraction"):
            assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-5)
        assert found.content_val > 0


def test_the_first_frame_is_measured_even_if_it_looks_like_none() -> None:
    signals = SignalMeter().measure(Sample(0, 0.0, StillPicture(plain(60), [])), (0, 0))
    assert signals == measured(plain(60))[0]


def test_a_wide_picture_is_measured_small() -> None:
    """Signals are taken from a picture of 320 pixels, so one lost line in 4K is not seen."""
    picture = np.zeros((360, 640, 3), np.uint8)
    picture[:, 320:] = 200
    assert measured(picture)[0].brightness == pytest.approx(100, abs=1)
