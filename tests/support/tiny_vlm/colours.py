"""The words that the model must say about an image, where they are certain.

The model compares mean levels (0-255) with two thresholds: an image is light if the mean of its
channels is above 127.5, and has a hue if one channel exceeds the mean of the other two by 20.4.
What it sees is not quite what was drawn, so a word is promised only if it holds for everything that
the model may see:

* The server rounds the sides to multiples of 32 pixels, keeps the aspect ratio and fills up with
  black.  Any share of black is allowed for, from none to what this size gets, and at least
  RESIZED_BLACK: the most that a screen of usual shape (4:3 to 21:9) gets which the client has
  shrunk, down to a width of 640 pixels.
* JPEG, resizing and rounding move a mean: TOLERANCE_LEVELS on every channel.  Over 1,980 random
  images the server crossed a threshold at most 0.4 levels from where it should for PNG, 1.1 for
  JPEG of quality 75 to 95 and 1.8 of quality 40, whether shrunk before or not.

This holds for `support.llama_server.EXACT_ARITHMETIC`.  With flash attention and an f16 cache the
mean over an image is summed in f16 and was up to 5 levels off at 1280 x 720.
"""

from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from support.tiny_vlm import wording
from support.tiny_vlm.readout import GREY_EXCESS
from support.tiny_vlm.vision_tower import TOKEN_PX
from support.tiny_vlm.wording import Brightness, Hue

MIDDLE_LEVEL = 127.5
GREY_EXCESS_LEVELS = GREY_EXCESS * MIDDLE_LEVEL
TOLERANCE_LEVELS = 3.0
RESIZED_BLACK = 0.07

# What the server makes of the size of a Qwen3-VL image.
_FEWEST_TOKENS, _MOST_TOKENS = 8, 4096

_Word = TypeVar("_Word", Brightness, Hue)


class _Seen(NamedTuple):
    """The range within which each channel is seen; both of shape (3,)."""

    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]


def expected_words(rgb: npt.NDArray[np.uint8]) -> tuple[Brightness | None, Hue | None]:
    """Return what the model says of an image of shape (height, width, 3), values 0-255.

    None stands for a component that lies too close to its threshold to be certain.
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
        raise ValueError(f"expected uint8 of shape (height, width, 3), got {rgb.dtype} {rgb.shape}")
    levels = rgb.reshape(-1, 3).mean(axis=0)
    height, width = rgb.shape[:2]
    # Every comparison is linear in the share of black, so its two extremes speak for all.
    most_black = max(black_share(width, height), RESIZED_BLACK)
    seen = [_seen(levels * (1 - black)) for black in (0.0, most_black)]
    return _if_unanimous(*map(_brightness, seen)), _if_unanimous(*map(_hue, seen))


def black_share(width_px: int, height_px: int) -> float:
    """The share of black that the server adds to an image of this size."""
    width, height = _size_in_tokens(width_px, height_px)
    scale = min(width * TOKEN_PX / width_px, height * TOKEN_PX / height_px)
    return 1 - width_px * height_px * scale**2 / (width * height * TOKEN_PX**2)


def _size_in_tokens(width_px: int, height_px: int) -> tuple[int, int]:
    """Round both sides to whole tokens, then keep their product within bounds."""
    sides = np.array([width_px, height_px]) / TOKEN_PX
    rounded = np.maximum(1, np.floor(sides + 0.5))
    if rounded.prod() > _MOST_TOKENS:
        rounded = np.maximum(1, np.floor(sides * np.sqrt(_MOST_TOKENS / sides.prod())))
    elif rounded.prod() < _FEWEST_TOKENS:
        rounded = np.ceil(sides * np.sqrt(_FEWEST_TOKENS / sides.prod()))
    width, height = rounded.astype(int).tolist()
    return width, height


def _seen(levels: npt.NDArray[np.float64]) -> _Seen:
    return _Seen(levels - TOLERANCE_LEVELS, levels + TOLERANCE_LEVELS)


def _brightness(seen: _Seen) -> Brightness | None:
    if seen.low.mean() > MIDDLE_LEVEL:
        return wording.LIGHT
    if seen.high.mean() < MIDDLE_LEVEL:
        return wording.DARK
    return None


def _hue(seen: _Seen) -> Hue | None:
    least = [seen.low[c] - np.delete(seen.high, c).mean() for c in range(3)]
    most = [seen.high[c] - np.delete(seen.low, c).mean() for c in range(3)]
    if max(most) < GREY_EXCESS_LEVELS:
        return wording.GREY
    strongest = int(np.argmax(least))
    stands_out = seen.low[strongest] > np.delete(seen.high, strongest).max()
    if least[strongest] > GREY_EXCESS_LEVELS and stands_out:
        return wording.CHANNEL_HUES[strongest]
    return None


def _if_unanimous(first: _Word | None, second: _Word | None) -> _Word | None:
    return first if first == second else None
