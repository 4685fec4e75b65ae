"""Small pictures inside the page: a page is sent on, and full screenshots are private."""

import base64
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2

from scribebench.frames.pictures import decode_picture
from scribebench.report.data import Row
from scribebench.report.thumbnails import WIDTH_PX

# WebP holds a screen of this width in half of what JPEG takes.
QUALITY = 60
WORKERS = 2
PREFIX = "data:image/webp;base64,"


def data_uris(frames: Iterable[Row], sessions: Path) -> dict[tuple[str, int], str]:
    """Return the thumbnail of each frame (rows of `frames`) as a data URI.

    A frame without a picture that can be read has none.
    """
    rows = [row for row in frames if row["image"] is not None]
    with ThreadPoolExecutor(WORKERS) as pool:  # OpenCV works outside of Python's lock
        made = pool.map(lambda row: thumbnail(sessions / row["session"] / row["image"]), rows)
        return {
            (row["session"], row["frame_index"]): PREFIX + base64.b64encode(picture).decode()
            for row, picture in zip(rows, made, strict=True)
            if picture is not None
        }


def thumbnail(source: Path) -> bytes | None:
    """Return a picture file at the width of thumbnails, as WebP; null when it cannot be read."""
    image = decode_picture(source.read_bytes()) if source.is_file() else None
    if image is None:
        return None
    scale = min(1.0, WIDTH_PX / image.shape[1])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    ok, data = cv2.imencode(".webp", small, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    return data.tobytes() if ok else None
