"""What is measured of the whole of each sampled frame: cheap numbers for scenes and hashes."""

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from scribebench.frames.decode import Sample

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
        self._previous: np.ndarray | None = None
        self._last: Signals | None = None

    def measure(self, sample: Sample, still: bool = False) -> Signals:
        """Return the signals of the next sampled frame; `still` when it looks like the last one."""
        if still and self._last is not None:
            self._last = replace(
                self._last,
                frame_index=sample.frame_index,
                time_s=sample.time_s,
                **dict.fromkeys(_DIFFERENCES, 0.0),
            )
            return self._last
        small = sample.picture.small()
        hsv = cv2.cvtColor(small, cv2.COLOR_BGR2HSV)
        grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
        self._last = Signals(
            frame_index=sample.frame_index,
            time_s=sample.time_s,
            phash=phash(grey),
            brightness=round(float(grey.mean()), 4),
            **self._differences(hsv),
        )
        self._previous = hsv
        return self._last

    def _differences(self, hsv: np.ndarray) -> dict[str, Any]:
        previous = self._previous
        if previous is None or previous.shape != hsv.shape:  # the resolution may change
            return dict.fromkeys(_DIFFERENCES)
        difference = cv2.absdiff(hsv, previous)
        hue, sat, lum = (round(float(value), 6) for value in cv2.mean(difference)[:3])
        return {
            "content_val": round((hue + sat + lum) / 3, 6),
            "delta_hue": hue,
            "delta_sat": sat,
            "delta_lum": lum,
            "changed_fraction": _share_above(difference, VISIBLE_DIFFERENCE),
        }


def phash(grey: np.ndarray) -> str:
    """Return the 64-bit perceptual hash of a grey picture (uint8, height x width), hexadecimal.

    It is imagehash.phash of the picture at 32 x 32 pixels, thirty times faster: which of the lowest
    frequencies of a discrete cosine transform lie above their median (Zauner 2010).
    """
    size = (HASHED_PX, HASHED_PX)
    tiny = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(tiny)[:FREQUENCIES, :FREQUENCIES] * _DCT_SCALE
    bits = np.packbits((low > np.median(low)).ravel())
    return bits.tobytes().hex()


def _share_above(difference: np.ndarray, threshold: int) -> float:
    """Return the share of pixels in which one of three channels exceeds a threshold."""
    first, second, third = cv2.split(difference)
    most = cv2.max(cv2.max(first, second), third)  # many times faster than a maximum over an axis
    return cv2.countNonZero(cv2.threshold(most, threshold, 1, cv2.THRESH_BINARY)[1]) / most.size


_DIFFERENCES = ("content_val", "delta_hue", "delta_sat", "delta_lum", "changed_fraction")
