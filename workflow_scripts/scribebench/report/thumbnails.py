"""Small pictures for reports: a report is sent on, and full screenshots are private."""

from pathlib import Path

import cv2

from scribebench.files import write_bytes
from scribebench.frames.pictures import decode_picture, encode_jpeg
from scribebench.report.data import ReportData
from scribebench.report.markdown import choose_examples

WIDTH_PX = 480
QUALITY = 80


def write_thumbnails(data: ReportData, sessions: Path, folder: Path) -> dict[tuple[str, int], str]:
    """Write a thumbnail of each example; return paths relative to the report by frame."""
    written = {}
    for session, frame in choose_examples(data):
        source = sessions / session / frame["image"]
        image = decode_picture(source.read_bytes()) if source.is_file() else None
        if image is None:  # the report can be read without it
            continue
        scale = min(1.0, WIDTH_PX / image.shape[1])
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        target = folder / f"{session}-{source.name}"
        write_bytes(target, encode_jpeg(small, QUALITY))
        written[session, frame["frame_index"]] = f"{folder.name}/{target.name}"
    return written
