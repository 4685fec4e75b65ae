"""Read the text on kept frames by OCR, each picture once.

Readings are stored under the hash of the picture, so a frame that is kept again, in another run or
another session, is not read again. A reading takes seconds; the store outlives every job.
"""

import json
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from scribebench.errors import ScribebenchError, snakemake
from scribebench.files import write_text
from scribebench.frames.pictures import decode_picture
from scribebench.progress import Progress
from scribebench.tables import TEXT, read_rows, write_table

# Settings are part of the name: other settings read other text.
# use_cls=False: the rotation classifier turns lines that were right (word recall 0.72 instead of
# 0.99). One thread: two cost more CPU time than they save.
ENGINE_OPTIONS = {
    "Global.use_cls": False,
    "Global.log_level": "warning",
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}
PARENT_CHECK_S = 1.0
# Lines whose vertical centres lie within this share of their height stand in one row.
SAME_ROW = 0.5


@dataclass(frozen=True)
class Line:
    """A line of text with the reader's confidence (0-1) and its box in pixels."""

    text: str
    confidence: float
    left_px: float
    top_px: float
    right_px: float
    bottom_px: float


@dataclass(frozen=True)
class Reading:
    """The lines on a picture in reading order, and what reading them took.

    Several pictures are read side by side, so `read_wall_ns` is a picture's share of the wall
    clock: the time since the reading before it was finished. Its sum is the wait.
    """

    lines: list[Line]
    reader: str
    read_wall_ns: int
    read_at_utc: datetime
    read_for: str

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


def reader_name() -> str:
    """Name the OCR engine, its version and its models."""
    return f"rapidocr-{version('rapidocr')}-ppocr-no-cls"


class ReadingStore:
    """Readings on disk, by the SHA-256 of the picture's file and the reader's name."""

    def __init__(self, folder: Path):
        self._folder = folder / reader_name()

    def get(self, image_sha256: str) -> Reading | None:
        """Return the stored reading; a damaged file counts as none."""
        try:
            stored = json.loads(self._path(image_sha256).read_text(encoding="utf-8"))
            return Reading(
                [Line(**line) for line in stored["lines"]],
                stored["reader"],
                stored["read_wall_ns"],
                datetime.fromisoformat(stored["read_at_utc"]),
                stored["read_for"],
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, image_sha256: str, reading: Reading) -> None:
        """Store a reading."""
        value: dict[str, Any] = asdict(reading) | {"read_at_utc": reading.read_at_utc.isoformat()}
        write_text(self._path(image_sha256), json.dumps(value, ensure_ascii=False))

    def _path(self, image_sha256: str) -> Path:
        return self._folder / image_sha256[:2] / f"{image_sha256}.json"


def read_pictures(
    pictures: dict[str, Path], store: ReadingStore, workers: int, session: str
) -> Iterator[tuple[str, Reading]]:
    """Yield (image_sha256, reading) of each picture, stored ones first, then as they are finished.

    `pictures` maps the hash of a picture to its file. Finished readings are stored at once.
    Raises ScribebenchError when a reader process dies.
    """
    waiting: dict[str, Path] = {}
    for image_sha256, path in pictures.items():
        stored = store.get(image_sha256)
        if stored is None:
            waiting[image_sha256] = path
        else:
            yield image_sha256, stored
    if not waiting:
        return
    started_at, before = datetime.now(UTC), time.monotonic_ns()
    context = get_context("spawn")  # a fork would copy the threads' locks of OpenCV and ONNX
    # More processes than cores read no faster, and make each reading look slower than it is.
    workers = min(workers, os.cpu_count() or 1, len(waiting))
    pool = ProcessPoolExecutor(workers, context, initializer=_start_worker)
    try:
        futures = {pool.submit(_read, path): key for key, path in waiting.items()}
        for future in as_completed(futures):
            now = time.monotonic_ns()
            reading = Reading(future.result(), reader_name(), now - before, started_at, session)
            before = now
            store.put(futures[future], reading)
            yield futures[future], reading
        pool.shutdown()
    except BrokenProcessPool as error:
        raise ScribebenchError(
            "a process that reads text was ended from outside, most likely for lack of memory; "
            "run the same command again with fewer --cores: what was read is kept"
        ) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


_engine: Any = None


def _start_worker() -> None:
    """Load the engine, once for each process, and let the process end when its parent does."""
    global _engine
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    from rapidocr import RapidOCR

    _engine = RapidOCR(params=ENGINE_OPTIONS)


def _end_with(parent: int) -> None:
    """A worker whose parent was killed would wait for work for ever, with its memory."""
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_S)
    os._exit(1)


def _read(path: Path) -> list[Line]:
    image = decode_picture(path.read_bytes())
    if image is None:
        raise ScribebenchError(
            f"{path} is not a picture; make it again: "
            f"{snakemake()} --cores 4 results/report.md -R dedup_frames"
        )
    found = _engine(image, use_cls=False)
    lines = [
        Line(
            text.strip(),
            round(float(score), 4),
            *(float(edge) for edge in (*box.min(axis=0), *box.max(axis=0))),
        )
        for text, score, box in zip(
            found.txts or (), found.scores or (), _boxes(found), strict=True
        )
    ]
    return reading_order(lines)


def _boxes(found: Any) -> Any:
    return () if found.boxes is None else found.boxes


def reading_order(lines: list[Line]) -> list[Line]:
    """Sort lines into rows from the top, and each row from the left."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.top_px + line.bottom_px):
        if rows and _same_row(rows[-1][0], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.left_px)]


def _same_row(first: Line, second: Line) -> bool:
    distance = abs((first.top_px + first.bottom_px) - (second.top_px + second.bottom_px)) / 2
    height = min(first.bottom_px - first.top_px, second.bottom_px - second.top_px)
    return distance < SAME_ROW * height


def read_kept(frames_table: Path, store: Path, workers: int, out: Path) -> None:
    """Read the kept frames of a table, each picture once, and write the table of texts to `out`."""
    frames = [row for row in read_rows(frames_table) if row["kept"]]
    pictures = {row["image_sha256"]: frames_table.parent / row["image"] for row in frames}
    readings = {}
    session = frames_table.parent.name
    with Progress(f"{session} text", len(pictures), "pictures") as progress:
        for key, reading in read_pictures(pictures, ReadingStore(store), workers, session):
            readings[key] = reading
            progress.advance()
    rows = (text_row(frame, readings[frame["image_sha256"]]) for frame in frames)
    write_table(out, TEXT, rows)


def text_row(frame: dict[str, Any], reading: Reading) -> dict[str, Any]:
    """Return the row of `text` for a kept frame (a row of `frames`) and its reading."""
    return {
        "frame_index": frame["frame_index"],
        "time_s": frame["time_s"],
        "image_sha256": frame["image_sha256"],
        "text": reading.text,
        "lines": [asdict(line) for line in reading.lines],
        "reader": reading.reader,
        "read_wall_ns": reading.read_wall_ns,
        "read_at_utc": reading.read_at_utc,
        "read_for": reading.read_for,
    }
