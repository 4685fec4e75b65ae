"""Brightness and colour as they lie in a recording: no detour, no copy, nothing that is masked."""

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest

from scribebench.frames.planes import (
    Mask,
    Planes,
    frame_planes,
    image_planes,
    paint,
    small_picture,
)
from unit.videos import Image, plain

Plane = npt.NDArray[np.uint8]
FULL_RANGE = 2
# How many pixels of brightness, down and across, share a pixel of colour.
SHARED = {"yuv420p": (2, 2), "yuvj420p": (2, 2), "yuv422p": (1, 2), "yuv444p": (1, 1)}
SHARED |= {"nv12": (2, 2)}
SIZES = [(64, 48), (65, 47), (64, 47), (65, 48), (3, 5), (1, 1)]
PADDING = 77
WHITE, RED, GREY, BLACK = (255, 255, 255), (0, 0, 255), (128, 128, 128), (0, 0, 0)
BLUE, GREEN = (255, 0, 0), (0, 128, 0)
COLOURS = (WHITE, RED, GREY, BLACK, BLUE, GREEN)


def drawn_planes(name: str, width: int, height: int) -> tuple[Plane, Plane, Plane]:
    """Brightness, U and V of a picture in which no pixel is like its neighbours."""
    down, across = SHARED[name]
    random = np.random.default_rng(width * height)
    colour = (-(-height // down), -(-width // across))
    return tuple(
        random.integers(0, 256, shape, np.uint8) for shape in ((height, width), *[colour] * 2)
    )


def frame_of(name: str, luma: Plane, u: Plane, v: Plane) -> av.VideoFrame:
    """A decoded frame with these planes; what lies beyond the end of a line is no picture."""
    height, width = luma.shape
    frame = av.VideoFrame(width, height, name)
    colour = [np.dstack((u, v)).reshape(len(u), -1)] if name == "nv12" else [u, v]
    for target, plane in zip(frame.planes, (luma, *colour), strict=True):
        lines = np.full(
            (target.buffer_size // target.line_size, target.line_size), PADDING, np.uint8
        )
        lines[: len(plane), : plane.shape[1]] = plane
        target.update(lines.tobytes())
    return frame


def stripes(width: int = 192, height: int = 64) -> Image:
    """Upright stripes of known colours."""
    return np.tile(np.repeat(np.uint8([COLOURS]), width // len(COLOURS), axis=1), (height, 1, 1))


def converted(image: Image, name: str, full_range: bool) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(image, format="bgr24")
    if not full_range:
        return frame.reformat(format=name)
    frame = frame.reformat(format=name, dst_color_range=FULL_RANGE)
    frame.color_range = FULL_RANGE
    return frame


# --- frames --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", SHARED)
def test_planes_are_those_of_the_frame(name: str, size: tuple[int, int]) -> None:
    drawn = drawn_planes(name, *size)
    planes = frame_planes(frame_of(name, *drawn), 0, [])
    for plane, expected in zip((planes.luma, planes.u, planes.v), drawn, strict=True):
        assert np.array_equal(plane, expected)


@pytest.mark.parametrize(
    ("name", "range_", "full"),
    [
        ("yuv420p", 0, False),
        ("yuv420p", 1, False),
        ("yuv420p", FULL_RANGE, True),
        ("yuvj420p", 0, True),
        ("yuv444p", FULL_RANGE, True),
        ("nv12", 1, False),
        ("nv12", FULL_RANGE, True),
    ],
)
def test_a_frame_says_whether_black_is_zero(name: str, range_: int, full: bool) -> None:
    frame = frame_of(name, *drawn_planes(name, 64, 48))
    frame.color_range = range_
    assert frame_planes(frame, 0, []).full_range is full


@pytest.mark.parametrize(
    ("name", "full_range"),
    [
        ("yuv420p", False),
        ("yuv420p", True),
        ("yuvj420p", False),
        ("yuv422p", False),
        ("yuvj422p", False),
        ("yuv444p", False),
        ("yuvj444p", False),
        ("nv12", False),
        ("nv12", True),
        ("yuv420p10le", False),
        ("rgb24", False),
        ("bgra", False),
        ("yuv420p10le", True),
        ("gbrp", True),
    ],
)
def test_colours_are_right_whatever_the_format(name: str, full_range: bool) -> None:
    image = stripes()
    small = small_picture(frame_planes(converted(image, name, full_range), 0, []))
    centres = np.arange(16, image.shape[1], 32)
    assert np.abs(small[32, centres].astype(int) - image[32, centres]).max() <= 4


def test_a_frame_without_colour_is_grey() -> None:
    image = stripes()
    small = small_picture(frame_planes(converted(image, "gray", False), 0, []))
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(int)
    assert np.abs(small.max(axis=2).astype(int) - small.min(axis=2)).max() <= 1
    assert np.abs(small[32, 16::32, 0] - grey[32, 16::32]).max() <= 2


@pytest.mark.parametrize("name", SHARED)
def test_planes_are_the_memory_of_the_frame(name: str) -> None:
    frame = frame_of(name, *drawn_planes(name, 64, 48))
    planes = frame_planes(frame, 0, [])
    memory = [np.frombuffer(plane, np.uint8) for plane in frame.planes]
    assert np.shares_memory(planes.luma, memory[0])
    assert np.shares_memory(planes.u, memory[1])
    assert np.shares_memory(planes.v, memory[-1])


# --- turns ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("name", SHARED)
def test_all_planes_are_turned(name: str, turns: int) -> None:
    drawn = drawn_planes(name, 65, 47)
    planes = frame_planes(frame_of(name, *drawn), turns, [])
    for plane, expected in zip((planes.luma, planes.u, planes.v), drawn, strict=True):
        assert np.array_equal(plane, np.rot90(expected, turns))


# --- masks ---------------------------------------------------------------------------------------

MASKS = [Mask(8, 4, 16, 12), Mask(9, 5, 15, 13), Mask(0, 0, 1, 1), Mask(40, 30, 100, 100)]


@pytest.mark.parametrize("mask", MASKS, ids=lambda mask: f"{mask.x},{mask.y}")
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("name", SHARED)
def test_nothing_of_what_is_masked_is_left(name: str, turns: int, mask: Mask) -> None:
    """A pixel of colour is hidden when one of the pixels that share it is."""
    hides_all_of_it(name, (64, 48), turns, mask)


@pytest.mark.parametrize(
    "turns",
    [
        0,
        2,
    ],
)
def test_nothing_is_left_in_a_picture_of_an_odd_size(turns: int) -> None:
    hides_all_of_it("yuv420p", (65, 47), turns, Mask(9, 5, 15, 13))


def hides_all_of_it(name: str, size: tuple[int, int], turns: int, mask: Mask) -> None:
    width, height = size
    hidden = np.zeros((width, height) if turns % 2 else (height, width), bool)
    hidden[mask.y : mask.y + mask.height, mask.x : mask.x + mask.width] = True
    down, across = SHARED[name]
    in_recording = np.rot90(hidden, -turns)
    whole = np.pad(in_recording, ((0, height % down), (0, width % across)))
    pooled = whole.reshape(len(whole) // down, down, -1, across).any(axis=(1, 3))
    luma = np.where(in_recording, 250, 90).astype(np.uint8)
    colour = np.where(pooled, 250, 90).astype(np.uint8)

    planes = frame_planes(frame_of(name, luma, colour, colour), turns, [mask])
    assert (planes.luma == np.where(hidden, 16, 90)).all()
    for plane in (planes.u, planes.v):
        assert set(np.unique(plane)) <= {90, 128}
        assert (plane == 128).sum() == pooled.sum()


def test_masks_are_painted_on_a_copy() -> None:
    drawn = drawn_planes("yuv420p", 64, 48)
    frame = frame_of("yuv420p", *drawn)
    frame_planes(frame, 0, [Mask(0, 0, 64, 48)])
    again = frame_planes(frame, 0, [])
    assert np.array_equal(again.luma, drawn[0])
    assert np.array_equal(again.u, drawn[1])


def test_masks_of_a_picture_are_black_and_the_picture_stays() -> None:
    image = plain(200)
    painted = paint(image, [Mask(4, 2, 8, 6), Mask(60, 40, 50, 50)])
    assert (painted[2:8, 4:12] == 0).all()
    assert (painted[40:, 60:] == 0).all()
    assert (painted == 0).all(axis=2).sum() == 8 * 6 + 4 * 8
    assert (image == 200).all()
    assert paint(image, []) is image


# --- reduced brightness --------------------------------------------------------------------------


def grey_planes(luma: Plane) -> Planes:
    grey = np.full_like(luma, 128)
    return Planes(luma, grey, grey, full_range=True)


def test_reduced_brightness_is_the_mean_of_the_pixels() -> None:
    luma = np.uint8([[0, 40, 9, 9], [80, 120, 9, 9], [100, 100, 0, 0], [100, 100, 0, 200]])
    planes = grey_planes(luma)
    assert planes.reduced(1) is luma
    assert planes.reduced(2).tolist() == [[60, 9], [100, 50]]
    assert planes.reduced(4).tolist() == [[55]]


@pytest.mark.parametrize(
    ("size", "half", "quarter"),
    [
        ((64, 48), (32, 24), (16, 12)),
        ((65, 49), (32, 24), (16, 12)),
        ((67, 51), (33, 25), (16, 12)),
        ((7, 5), (3, 2), (1, 1)),
    ],
)
def test_a_line_that_is_left_over_is_left_out(
    size: tuple[int, int], half: tuple[int, int], quarter: tuple[int, int]
) -> None:
    luma = np.full(size[::-1], 50, np.uint8)
    luma[4 * quarter[1] :, :] = luma[:, 4 * quarter[0] :] = 250
    planes = grey_planes(luma)
    assert planes.reduced(2).shape == half[::-1]
    assert planes.reduced(4).shape == quarter[::-1]
    assert (planes.reduced(4) == 50).all()


# --- pictures in memory --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("colour", "luma", "more_u", "more_v"),
    [(WHITE, 255, 0, 0), (BLACK, 0, 0, 0), (GREY, 128, 0, 0), (RED, 76, -1, 1), (BLUE, 29, 1, -1)],
)
def test_planes_of_a_picture(
    colour: tuple[int, int, int], luma: int, more_u: int, more_v: int
) -> None:
    planes = image_planes(np.full((5, 7, 3), colour, np.uint8))
    assert planes.luma.shape == planes.u.shape == planes.v.shape == (5, 7)
    assert planes.full_range
    assert (planes.luma == luma).all()
    assert np.sign(int(planes.u[0, 0]) - 128) == more_u
    assert np.sign(int(planes.v[0, 0]) - 128) == more_v


# --- small pictures ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((64, 48), (64, 48)),
        ((320, 240), (320, 240)),
        ((640, 400), (320, 200)),
        ((1280, 800), (320, 200)),
        ((1366, 768), (320, 180)),
        ((1281, 801), (320, 200)),
        ((400, 1280), (320, 1024)),
        ((4000, 3), (320, 2)),
        ((1, 1), (2, 2)),
    ],
)
def test_a_small_picture_is_at_most_320_pixels_wide(
    size: tuple[int, int], small: tuple[int, int]
) -> None:
    assert small_picture(image_planes(plain(9, *size))).shape == (*small[::-1], 3)


@pytest.mark.parametrize("size", [(640, 400), (1000, 700), (1280, 800), (1281, 801)], ids=str)
def test_a_small_picture_shows_what_the_picture_shows(size: tuple[int, int]) -> None:
    image = plain(230, *size)
    cv2.rectangle(image, (size[0] // 2, 0), (size[0], size[1] // 3), (40, 90, 200), -1)
    cv2.putText(image, "error 42", (20, size[1] // 2), cv2.FONT_HERSHEY_SIMPLEX, 3, BLACK, 9)
    small = small_picture(image_planes(image))
    expected = cv2.resize(image, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - expected).mean() < 1.5


@pytest.mark.parametrize(
    ("full_range", "luma", "grey"),
    [
        (False, 16, 0),
        (False, 0, 0),
        (False, 235, 255),
        (False, 255, 255),
        (False, 126, 128),
        (True, 16, 16),
        (True, 235, 235),
        (True, 0, 0),
    ],
)
def test_the_narrow_range_of_video_is_stretched(full_range: bool, luma: int, grey: int) -> None:
    colour = np.full((4, 4), 128, np.uint8)
    planes = Planes(np.full((8, 8), luma, np.uint8), colour, colour, full_range)
    assert np.unique(small_picture(planes)).tolist() == [grey]


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 40), (40, 2), (3, 3)], ids=str)
def test_a_picture_of_a_few_pixels_has_tiles_and_colours(size: tuple[int, int]) -> None:
    planes = image_planes(plain(90, *size))
    assert np.unique(planes.tiled).tolist() == [90]
    assert np.unique(planes.tiled_colour).tolist() == [128]
