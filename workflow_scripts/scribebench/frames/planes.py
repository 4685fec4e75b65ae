"""Brightness and colour of a picture as they lie in the recording, without a detour over RGB.

Converting a frame to RGB takes longer than decoding it. What is compared is brightness, and the
decoder has that as a plane of its own.
"""

from dataclasses import dataclass
from functools import cached_property

import av
import cv2
import numpy as np

from scribebench.frames.visible import TILE

# Colour is compared in so many samples across and down a tile.
COLOUR_CELLS = 4
SMALL_WIDTH_PX = 320
# A whole number of rows after all reductions to SMALL_WIDTH_PX that occur.
BAND_PX = 96
# Formats whose first plane is brightness with 8 bits, followed by U and V.
_PLANAR = frozenset(
    f"yuv{range_}{sampling}p" for range_ in ("", "j") for sampling in ("420", "422", "444")
)
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG: black is 0 and not 16
_BLACK, _GREY = 16, 128


@dataclass(frozen=True)
class Mask:
    """A region, in pixels of the upright picture, that nothing may look at."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Planes:
    """A picture as brightness (uint8, height x width) and colour (U and V, each half or whole).

    `full_range` tells that brightness goes from 0 to 255 and not from 16 to 235.
    """

    luma: np.ndarray
    u: np.ndarray
    v: np.ndarray
    full_range: bool = False

    def reduced(self, factor: int) -> np.ndarray:
        """Return brightness at 1, 1/2 or 1/4 of its width and height."""
        if factor == 1:
            return self.luma
        return self._half if factor == 2 else self._quarter

    def band(self, top: int, bottom: int) -> "Planes":
        """Return the rows of brightness from `top` on, without `bottom`, and their colour."""
        height = self.luma.shape[0]
        u, v = (
            plane[top * len(plane) // height : -(-bottom * len(plane) // height)]
            for plane in (self.u, self.v)
        )
        band = Planes(self.luma[top:bottom], u, v, self.full_range)
        if "_half" in vars(self) and not (top % 2 or bottom % 2):  # it takes long to make
            vars(band)["_half"] = self._half[top // 2 : bottom // 2]
        return band

    @cached_property
    def tiled(self) -> np.ndarray:
        """Brightness, reduced and filled up to whole tiles by its last row and column."""
        factor = reduction(*self.luma.shape)
        height, width = (length // factor for length in self.luma.shape)
        shape = -(-height // TILE) * TILE, -(-width // TILE) * TILE
        if factor != 2:
            luma = self.reduced(factor)
            below, beside = shape[0] - height, shape[1] - width
            return cv2.copyMakeBorder(luma, 0, below, 0, beside, cv2.BORDER_REPLICATE)
        tiled = np.empty(shape, np.uint8)
        vars(self)["_half"] = _halved(self.luma, tiled[:height, :width])
        tiled[height:, :width] = tiled[height - 1, :width]
        tiled[:, width:] = tiled[:, width - 1 : width]
        return tiled

    @cached_property
    def tiled_colour(self) -> np.ndarray:
        """Samples of U above those of V, COLOUR_CELLS x COLOUR_CELLS a tile."""
        height, width = (length // TILE * COLOUR_CELLS for length in self.tiled.shape)
        pitch_px = TILE * reduction(*self.luma.shape) // COLOUR_CELLS
        samples = np.empty((2, height, width), np.uint8)
        for plane, target in zip((self.u, self.v), samples, strict=True):
            down = max(1, pitch_px * plane.shape[0] // self.luma.shape[0])
            right = max(1, pitch_px * plane.shape[1] // self.luma.shape[1])
            top, left = min(down // 2, plane.shape[0] - 1), min(right // 2, plane.shape[1] - 1)
            picked = plane[top::down, left::right][:height, :width]
            target[: picked.shape[0], : picked.shape[1]] = picked
            target[picked.shape[0] :] = target[picked.shape[0] - 1]
            target[:, picked.shape[1] :] = target[:, picked.shape[1] - 1 : picked.shape[1]]
        return samples

    @cached_property
    def _half(self) -> np.ndarray:
        return _halved(self.luma)

    @cached_property
    def _quarter(self) -> np.ndarray:
        return _halved(self._half)


def reduction(height_px: int, width_px: int) -> int:
    """Return by how much a picture is reduced before its pixels are compared: 1, 2 or 4."""
    shorter = min(width_px, height_px)
    return 4 if shorter >= 1700 else 2 if shorter >= 700 else 1


def _halved(plane: np.ndarray, target: np.ndarray | None = None) -> np.ndarray:
    """Return a plane at half its size, each pixel the mean of four; in `target`, if given."""
    height, width = plane.shape[0] // 2, plane.shape[1] // 2
    even = plane[: 2 * height, : 2 * width]  # exactly by two is many times faster
    return cv2.resize(even, (width, height), dst=target, interpolation=cv2.INTER_AREA)


def frame_planes(frame: av.VideoFrame, turns: int, masks: list[Mask]) -> Planes:
    """Return the planes of a decoded frame, turned by so many quarters, with masks painted."""
    full_range = frame.format.name.startswith("yuvj") or frame.color_range == _FULL_RANGE
    if frame.format.name not in _PLANAR and frame.format.name != "nv12":
        frame = frame.reformat(format="yuv420p")
    luma, *colour = [_plane(plane) for plane in frame.planes]
    luma = luma[: frame.height, : frame.width]
    if len(colour) == 1:  # nv12 has U and V in turn
        width = 2 * -(-frame.width // 2)
        u, v = colour[0][:, 0:width:2], colour[0][:, 1:width:2]
    else:
        u, v = (
            plane[:, : item.width] for plane, item in zip(colour, frame.planes[1:], strict=True)
        )
    if masks:  # before turning, since then it is known which pixels share their colour
        luma, u, v = _painted(luma, u, v, [_unturned(mask, turns, luma.shape) for mask in masks])
    if turns:
        luma, u, v = (np.ascontiguousarray(np.rot90(plane, turns)) for plane in (luma, u, v))
    return Planes(luma, u, v, full_range)


def _unturned(mask: Mask, turns: int, shape: tuple[int, ...]) -> Mask:
    """Return where a mask of the upright picture lies in the one that was not turned yet."""
    height, width = shape
    across, down = (height, width) if turns % 2 else (width, height)
    left, top = min(mask.x, across), min(mask.y, down)
    right, bottom = min(mask.x + mask.width, across), min(mask.y + mask.height, down)
    if turns == 1:
        left, top, right, bottom = width - bottom, left, width - top, right
    elif turns == 2:
        left, top, right, bottom = width - right, height - bottom, width - left, height - top
    elif turns == 3:
        left, top, right, bottom = top, height - right, bottom, height - left
    return Mask(left, top, right - left, bottom - top)


def _plane(plane: av.video.plane.VideoPlane) -> np.ndarray:
    """Return a plane of a frame, height x bytes a line; it is the frame's own memory."""
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height]


def _painted(
    luma: np.ndarray, u: np.ndarray, v: np.ndarray, masks: list[Mask]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    luma, u, v = luma.copy(), u.copy(), v.copy()
    down, right = round(luma.shape[0] / u.shape[0]), round(luma.shape[1] / u.shape[1])
    for mask in masks:
        bottom, end = mask.y + mask.height, mask.x + mask.width
        luma[mask.y : bottom, mask.x : end] = _BLACK
        # A pixel of colour that belongs to four of brightness is hidden when one of them is.
        rows = slice(mask.y // down, -(-bottom // down))
        columns = slice(mask.x // right, -(-end // right))
        u[rows, columns] = v[rows, columns] = _GREY
    return luma, u, v


def image_planes(image: np.ndarray) -> Planes:
    """Return the planes of a picture (uint8, height x width x 3, BGR)."""
    luma, v, u = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb))
    return Planes(luma, u, v, full_range=True)


def paint(image: np.ndarray, masks: list[Mask]) -> np.ndarray:
    """Return a picture (uint8, height x width x 3, BGR) in which masked regions are black."""
    if not masks:
        return image
    image = image.copy()
    for mask in masks:
        image[mask.y : mask.y + mask.height, mask.x : mask.x + mask.width] = 0
    return image


def small_band(shape: tuple[int, ...], top: int, bottom: int) -> tuple[int, int]:
    """Return the rows, at least from `top` to `bottom`, that make whole rows of a small picture.

    `shape` is that of brightness. Where its small picture is no whole number of times smaller, all
    rows are returned.
    """
    height_px, width_px = shape[:2]
    times, rest = divmod(width_px, SMALL_WIDTH_PX)
    # Halving leaves out an odd last row, and with it shifts all rows of the whole picture.
    if rest or not times or BAND_PX % times or height_px % times or height_px % 4:
        return 0, height_px
    return top // BAND_PX * BAND_PX, min(-(-bottom // BAND_PX) * BAND_PX, height_px)


def small_picture(planes: Planes) -> np.ndarray:
    """Return a picture at most SMALL_WIDTH_PX wide (uint8, height x width x 3, BGR)."""
    height_px, width_px = planes.luma.shape
    scale = min(1.0, SMALL_WIDTH_PX / width_px)
    size = (max(2, round(width_px * scale)), max(2, round(height_px * scale)))
    luma = planes.luma
    for factor in (2, 4):
        if width_px // factor >= size[0] and height_px // factor >= size[1]:
            luma = planes.reduced(factor)
    near = luma.shape[1] <= 2 * size[0]  # an area that is no whole number of pixels takes long
    luma = cv2.resize(luma, size, interpolation=cv2.INTER_LINEAR if near else cv2.INTER_AREA)
    u, v = (
        cv2.resize(plane, size, interpolation=cv2.INTER_NEAREST) for plane in (planes.u, planes.v)
    )
    if not planes.full_range:
        luma = cv2.LUT(luma, _BRIGHTNESS)
        u, v = cv2.LUT(u, _COLOUR), cv2.LUT(v, _COLOUR)
    return cv2.cvtColor(cv2.merge((luma, v, u)), cv2.COLOR_YCrCb2BGR)


def _stretched(centre: float, black: float, span: float) -> np.ndarray:
    values = (np.arange(256) - black) * 255 / span + centre
    return values.round().clip(0, 255).astype(np.uint8)


# From the narrow range of video (16 to 235, colours 16 to 240) to the whole one.
_BRIGHTNESS = _stretched(0.0, _BLACK, 219)
_COLOUR = _stretched(_GREY, _GREY, 224)
