"""What is measured of each sampled frame, against figures worked out by hand."""

import cv2
import imagehash
import numpy as np
import pytest
from PIL import Image as PillowImage

from scribebench.frames.decode import Sample, StillPicture
from scribebench.frames.signals import CandidateFilter, SignalMeter, Signals
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
    assert (signals.delta_hue, signals.delta_sat, signals.delta_lum) == (hue, sat, lum)
    assert signals.content_val == pytest.approx((hue + sat + lum) / 3)


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


def test_the_hash_is_that_of_imagehash() -> None:
    picture = screen("error", "line 42")
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    assert measured(picture)[0].phash == str(imagehash.phash(PillowImage.fromarray(grey)))
    assert len(measured(picture)[0].phash) == 16


def test_a_wide_picture_is_measured_small() -> None:
    """Signals are taken from a picture of 320 pixels, so one lost line in 4K is not seen."""
    picture = np.zeros((360, 640, 3), np.uint8)
    picture[:, 320:] = 200
    assert measured(picture)[0].brightness == pytest.approx(100, abs=1)


# --- candidates ----------------------------------------------------------------------------------


def with_hash(bits: int) -> Signals:
    return Signals(0, 0.0, f"{bits:016x}", None, None, None, None, None, 0.0)


@pytest.mark.parametrize(
    ("bits", "wanted"),
    [
        ([0b0, 0b0, 0b0], [True, False, False]),
        ([0b0, 0b1, 0b11], [True, False, True]),
        ([0b0, 0b11, 0b11], [True, True, False]),
        ([0b0, 0b1, 0b0, 0b1], [True, False, False, False]),
        ([0b0, 0b11, 0b0], [True, True, True]),
        ([0b0, 0b1, 0b11, 0b111, 0b1111], [True, False, True, False, True]),
    ],
    ids=["still", "drift", "change", "flicker", "back again", "drift goes on"],
)
def test_a_candidate_differs_from_the_last_candidate(bits: list[int], wanted: list[bool]) -> None:
    chosen = CandidateFilter()
    assert [chosen.wants(with_hash(value)) for value in bits] == wanted
