"""Pictures on disk: what can be read of them, and what is no picture."""

import struct
import zlib

import numpy as np
import pytest

from scribebench.errors import ScribebenchError
from scribebench.frames.pictures import JPEG_EDGE_PX, decode_picture, encode_jpeg
from unit.videos import encoded, plain


def huge_png(width_px: int, height_px: int) -> bytes:
    """A PNG that states this size and holds next to nothing."""
    head = struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def huge_jpeg(width_px: int, height_px: int) -> bytes:
    """A JPEG that states this size and holds a small picture."""
    data = bytearray(encoded(plain(100)))
    size = data.index(b"\xff\xc0") + 5
    data[size : size + 4] = struct.pack(">HH", height_px, width_px)
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        b"\x89PNG\r\n\x1a\n",
        huge_png(40_000, 40_000),
        huge_png(2**31 - 1, 2**31 - 1),
        huge_png(2**21, 1),
        huge_jpeg(60_000, 60_000),
    ],
    ids=["empty", "text", "cut", "huge", "more than memory", "wide", "a huge JPEG"],
)
def test_what_is_no_picture_is_null(data: bytes) -> None:
    assert decode_picture(data) is None


@pytest.mark.parametrize(("reduction", "shape"), [(1, (48, 64, 3)), (4, (12, 16, 3))])
def test_a_picture_is_decoded_at_its_size_or_smaller(
    reduction: int, shape: tuple[int, ...]
) -> None:
    image = decode_picture(encode_jpeg(plain(100)), reduction)
    assert image.shape == shape
    assert np.abs(image.astype(int) - 100).max() <= 2


def test_the_longest_edge_is_that_of_jpeg() -> None:
    assert decode_picture(encode_jpeg(plain(100, JPEG_EDGE_PX, 1))).shape == (1, JPEG_EDGE_PX, 3)
    with pytest.raises(ScribebenchError, match="65501x1 cannot be encoded"):
        encode_jpeg(plain(100, JPEG_EDGE_PX + 1, 1))
