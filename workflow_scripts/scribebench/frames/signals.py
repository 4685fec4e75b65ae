"""What is measured of the whole of each sampled frame: cheap numbers for scenes and hashes."""

from dataclasses import dataclass

import cv2
import numpy as np

from scribebench.frames.decode import Sample
from scribebench.frames.planes import Planes, small_band, small_picture

# Two pixels differ visibly when a channel differs by more than this; less is encoder noise.
VISIBLE_DIFFERENCE = 14
# The hash looks at 32 x 32 pixels, and at the 8 x 8 lowest frequencies of them.
HASHED_PX, FREQUENCIES = 32, 8
# cv2.dct scales the lowest frequency of each direction by this, against imagehash's.
_DCT_SCALE = np.ones((FREQUENCIES, FREQUENCIES), np.float32)
_DCT_SCALE[0] *= np.sqrt(2)
_DCT_SCALE[:, 0] *= np.sqrt(2)


@dataclass(frozen=True)
class Signals:
    """The signals of one sampled frame; differences are to the sampled frame before, null at first.

    `delta_hue`, `delta_sat`, `delta_lum` are mean absolute differences (0-255) in HSV, as in
    PySceneDetect's ContentDetector; `content_val` is their mean.
    """

    frame_index: int
    time_s: float
    phash: str
    content_val: float | None
    delta_hue: float | None
    delta_sat: float | None
    delta_lum: float | None
    changed_fraction: float | None
    brightness: float


class SignalMeter:
    """Measures sampled frames in order; holds one small frame."""

    def __init__(self) -> None:
        self._size_px: tuple[int, ...] = ()
        self._hsv = self._grey = np.zeros(0, np.uint8)
        self._phash, self._brightness = "", 0.0

    def measure(self, sample: Sample, rows_px: tuple[int, int] | None = None) -> Signals:
        """Return the signals of the next sampled frame.

        Only rows from `rows_px[0]` to before `rows_px[1]` look otherwise than in the last one; null
        when all of them may.
        """
        planes = sample.picture.planes()
        differences: dict[str, float | None]
        if planes.luma.shape != self._size_px:  # the first one, or the resolution changed
            self._size_px = planes.luma.shape
            self._hsv, self._grey = _converted(planes)
            self._look()
            differences = dict.fromkeys(_DIFFERENCES)
        else:
            top, bottom = rows_px or (0, self._size_px[0])
            changed = top < bottom
            differences = self._update(planes, top, bottom) if changed else _NO_DIFFERENCES
        return Signals(
            sample.frame_index,
            sample.time_s,
            phash=self._phash,
            brightness=self._brightness,
            **differences,
        )

    def _update(self, planes: Planes, top: int, bottom: int) -> dict[str, float | None]:
        top, bottom = small_band(self._size_px, top, bottom)
        hsv, grey = _converted(planes.band(top, bottom))
        first = top * len(self._grey) // self._size_px[0]
        rows = slice(first, first + len(grey))
        differences = _differences(self._hsv[rows], hsv, len(grey) / len(self._grey))
        self._hsv[rows], self._grey[rows] = hsv, grey
        self._look()
        return differences

    def _look(self) -> None:
        self._phash = phash(self._grey)
        self._brightness = round(cv2.mean(self._grey)[0], 4)


def _converted(planes: Planes) -> tuple[np.ndarray, np.ndarray]:
    """Return a small picture in HSV and in grey."""
    small = small_picture(planes)
    return cv2.cvtColor(small, cv2.COLOR_BGR2HSV), cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)


def _differences(before: np.ndarray, after: np.ndarray, share: float) -> dict[str, float | None]:
    """Return how much two pictures in HSV differ, as a share of larger ones that are the same."""
    difference = cv2.absdiff(before, after)
    hue, sat, lum = (round(value * share, 6) for value in cv2.mean(difference)[:3])
    return {
        "content_val": round((hue + sat + lum) / 3, 6),
        "delta_hue": hue,
        "delta_sat": sat,
        "delta_lum": lum,
        "changed_fraction": _share_above(difference, VISIBLE_DIFFERENCE) * share,
    }


def phash(grey: np.ndarray) -> str:
    """Return the 64-bit perceptual hash of a grey picture (uint8, height x width), hexadecimal.

    It is imagehash.phash of the picture at 32 x 32 pixels, thirty times faster: which of the lowest
    frequencies of a discrete cosine transform lie above their median (Zauner 2010).
    """
    size = (HASHED_PX, HASHED_PX)
    tiny = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(tiny)[:FREQUENCIES, :FREQUENCIES] * _DCT_SCALE
    ranked = np.sort(low, axis=None)  # np.median takes ten times as long
    middle = (ranked[low.size // 2 - 1] + ranked[low.size // 2]) / 2
    bits = np.packbits((low > middle).ravel())
    return bits.tobytes().hex()


def _share_above(difference: np.ndarray, threshold: int) -> float:
    """Return the share of pixels in which one of three channels exceeds a threshold."""
    first, second, third = cv2.split(difference)
    most = cv2.max(cv2.max(first, second), third)  # many times faster than a maximum over an axis
    return cv2.countNonZero(cv2.threshold(most, threshold, 1, cv2.THRESH_BINARY)[1]) / most.size


_DIFFERENCES = ("content_val", "delta_hue", "delta_sat", "delta_lum", "changed_fraction")
_NO_DIFFERENCES: dict[str, float | None] = dict.fromkeys(_DIFFERENCES, 0.0)
