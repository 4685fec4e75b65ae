"""Contact sheets: the kept frames, and the largest changes that were dropped, to check in a minute.

A person sees at a glance what figures cannot prove: whether something that matters is missing.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from scribebench.files import write_bytes
from scribebench.frames.pictures import encode_jpeg

THUMBNAIL_WIDTH_PX, CAPTION_PX, GAP_PX = 320, 24, 8
KEPT_COLUMNS, KEPT_A_SHEET = 5, 60
DROPPED_PAIRS_A_ROW = 2
SHEET_QUALITY = 85
GROUND, TEXT, MARK = 32, (230, 230, 230), (0, 96, 255)
# Two thumbnails differ in a place when brightness does by more than this (0-255).
DIFFERS = 40
MARGIN_PX = 4


class Thumbnail(NamedTuple):
    """A small picture (uint8, height x width x 3, BGR) and the line below it."""

    image: np.ndarray
    caption: str


class DroppedChange(NamedTuple):
    """A dropped frame and the kept frame that stands for it."""

    dropped: Thumbnail
    kept: Thumbnail


def thumbnail(image: np.ndarray) -> np.ndarray:
    """Return a picture at THUMBNAIL_WIDTH_PX, or narrower if it is a tall one."""
    height_px, width_px = image.shape[:2]
    scale = min(THUMBNAIL_WIDTH_PX / width_px, 1.5 * THUMBNAIL_WIDTH_PX / height_px, 1.0)
    size = (max(1, round(width_px * scale)), max(1, round(height_px * scale)))
    near = scale > 0.5  # then an area, which takes many times as long, shows no more
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR if near else cv2.INTER_AREA)


def write_sheets(folder: Path, kept: list[Thumbnail], dropped: list[DroppedChange]) -> None:
    """Write kept-01.jpg, kept-02.jpg ... and, if there are any, dropped.jpg."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, first in enumerate(range(0, len(kept), KEPT_A_SHEET), start=1):
        thumbnails = kept[first : first + KEPT_A_SHEET]
        _write(folder / f"kept-{number:02d}.jpg", thumbnails, KEPT_COLUMNS)
    if dropped:
        thumbnails = [one for change in dropped for one in _pair(change)]
        _write(folder / "dropped.jpg", thumbnails, 2 * DROPPED_PAIRS_A_ROW)


def _pair(change: DroppedChange) -> Iterator[Thumbnail]:
    image = change.dropped.image.copy()
    for left, top, width, height in _differences(image, change.kept.image):
        start = (max(0, left - MARGIN_PX), max(0, top - MARGIN_PX))
        end = (left + width + MARGIN_PX, top + height + MARGIN_PX)
        cv2.rectangle(image, start, end, MARK, 2)
    yield Thumbnail(image, change.dropped.caption)
    yield change.kept


def _differences(first: np.ndarray, second: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Return the boxes (left, top, width, height) in which two thumbnails differ."""
    if first.shape != second.shape:
        return []
    difference = cv2.absdiff(
        cv2.cvtColor(first, cv2.COLOR_BGR2GRAY), cv2.cvtColor(second, cv2.COLOR_BGR2GRAY)
    )
    mask = cv2.threshold(difference, DIFFERS, 255, cv2.THRESH_BINARY)[1]
    mask = cv2.dilate(mask, np.ones((9, 25), np.uint8))  # letters to words, words to lines
    _, _, boxes, _ = cv2.connectedComponentsWithStats(mask)
    return [tuple(box[:4]) for box in boxes[1:].tolist()]


def _write(path: Path, thumbnails: list[Thumbnail], columns: int) -> None:
    heights_px = [one.image.shape[0] + CAPTION_PX for one in thumbnails]
    width_px, height_px = THUMBNAIL_WIDTH_PX + GAP_PX, max(heights_px) + GAP_PX
    rows = -(-len(thumbnails) // columns)
    columns = min(columns, len(thumbnails))
    sheet = np.full((rows * height_px + GAP_PX, columns * width_px + GAP_PX, 3), GROUND, np.uint8)
    for number, (image, caption) in enumerate(thumbnails):
        top = GAP_PX + number // columns * height_px
        left = GAP_PX + number % columns * width_px
        # A part of the sheet, so that no caption reaches into the next one.
        cell = sheet[top : top + heights_px[number], left : left + THUMBNAIL_WIDTH_PX]
        cell[: image.shape[0], : image.shape[1]] = image
        place = (2, heights_px[number] - 8)
        cv2.putText(cell, caption, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, TEXT, 1, cv2.LINE_AA)
    write_bytes(path, encode_jpeg(sheet, SHEET_QUALITY))
