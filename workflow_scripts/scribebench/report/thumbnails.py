"""Small pictures for reports: a report is sent on, and full screenshots are private."""

from pathlib import Path

import cv2
import numpy as np

from scribebench.files import write_bytes
from scribebench.frames.pictures import encode_jpeg
from scribebench.report.markdown import ReportData, choose_examples

WIDTH_PX = 480
QUALITY = 80


def write_thumbnails(data: ReportData, sessions: Path, folder: Path) -> dict[tuple[str, int], str]:
    """Write a thumbnail of each example; return paths relative to the report by frame."""
    written = {}
    for session, frame in choose_examples(data):
        source = sessions / session / frame["image"]
        image = cv2.imdecode(np.frombuffer(source.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        scale = min(1.0, WIDTH_PX / image.shape[1])
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        target = folder / f"{session}-{source.name}"
        write_bytes(target, encode_jpeg(small, QUALITY))
        written[session, frame["frame_index"]] = f"{folder.name}/{target.name}"
    return written
