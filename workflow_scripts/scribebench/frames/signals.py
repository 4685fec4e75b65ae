"""What is measured of each sampled frame: cheap numbers from which all later decisions are made."""

from dataclasses import dataclass
from typing import Any

import cv2
import imagehash
import numpy as np
from PIL import Image

from scribebench.frames.decode import Sample

# Two pixels differ visibly when a channel differs by more than this; less is encoder noise.
VISIBLE_DIFFERENCE = 14
# A frame whose hash differs by this many bits from the last candidate is a candidate itself.
CANDIDATE_BITS = 2


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

    def measure(self, sample: Sample) -> Signals:
        """Return the signals of the next sampled frame."""
        small = sample.picture.small()
        hsv = cv2.cvtColor(small, cv2.COLOR_BGR2HSV)
        grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
        signals = Signals(
            frame_index=sample.frame_index,
            time_s=sample.time_s,
            phash=str(imagehash.phash(Image.fromarray(grey))),
            brightness=round(float(grey.mean()), 4),
            **self._differences(hsv),
        )
        self._previous = hsv
        return signals

    def _differences(self, hsv: np.ndarray) -> dict[str, Any]:
        previous = self._previous
        if previous is None or previous.shape != hsv.shape:  # the resolution may change
            names = ("content_val", "delta_hue", "delta_sat", "delta_lum", "changed_fraction")
            return dict.fromkeys(names)
        difference = cv2.absdiff(hsv, previous)
        hue, sat, lum = (round(float(value), 6) for value in cv2.mean(difference)[:3])
        return {
            "content_val": round((hue + sat + lum) / 3, 6),
            "delta_hue": hue,
            "delta_sat": sat,
            "delta_lum": lum,
            "changed_fraction": float((difference.max(axis=2) > VISIBLE_DIFFERENCE).mean()),
        }


class CandidateFilter:
    """Says which frames are worth a full picture while they are in memory anyway.

    It errs on the generous side: a kept frame that was no candidate costs one more decoding pass.
    """

    def __init__(self) -> None:
        self._last: int | None = None

    def wants(self, signals: Signals) -> bool:
        """Return whether the frame looks different from the last candidate."""
        bits = int(signals.phash, 16)
        if self._last is not None and (bits ^ self._last).bit_count() < CANDIDATE_BITS:
            return False
        self._last = bits
        return True
