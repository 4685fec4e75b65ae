"""Write the pictures of kept frames, and the rows that say what became of each frame."""

import json
import shlex
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from PIL.JpegImagePlugin import JpegImageFile

from scribebench.errors import ScribebenchError, damaged, snakemake
from scribebench.files import sha256_bytes, write_bytes
from scribebench.frames.pictures import (
    decode_picture,
    encode_jpeg,
    picture_name,
)
from scribebench.frames.refetch import fetch_frames
from scribebench.frames.sheets import (
    THUMBNAIL_WIDTH_PX,
    DroppedChange,
    Thumbnail,
    thumbnail,
    write_sheets,
)
from scribebench.frames.spec import ExtractSpec
from scribebench.frames.strategies.decisions import Decision
from scribebench.tables import FRAMES

Row = dict[str, Any]
# Changes on the sheet of what was dropped.
DROPPED_SHOWN = 24
# ... and at least so many, if as many pictures of dropped frames were stored: that a change was
# nothing can be seen as well.
DROPPED_LEAST = 8
# Fetched pictures that wait to be worked on before more are fetched.
AT_ONCE = 16
_KNOWN = frozenset(column.name for column in FRAMES.columns)


class KeptPicture(NamedTuple):
    """A kept frame's picture: its path relative to frames.parquet, its hash and its size."""

    image: str
    image_sha256: str
    width_px: int
    height_px: int


def write_pictures(
    recording: Path,
    spec: ExtractSpec,
    signals: Sequence[Row],
    decisions: list[Decision],
    candidates: Path,
    folder: Path,
    sheets: Path,
    threads: int,
    intact: bool = True,
) -> dict[int, KeptPicture]:
    """Write the picture of each kept frame to `folder` and return them by frame index.

    Contact sheets go to the folder `sheets`. Pictures that were written while decoding are taken
    from `candidates`; the others cost one more pass over the recording, all of it if it is not
    `intact`.
    """
    kept = [decision for decision in decisions if decision.kept]
    dropped = _dropped_to_show(decisions, signals)
    stored, absent = _stored([*kept, *dropped], signals, candidates)
    wanted = {time_s: index for time_s, index in absent.items() if decisions[index].kept}
    if wanted and all(decisions[index].kept for index, _ in stored):
        wanted = absent  # else the sheet of what was dropped would be empty
    fetched = fetch_frames(recording, spec, wanted, threads, intact, welcome=absent)
    finisher = _Finisher(signals, decisions, candidates, folder)
    finisher.finish_all(stored, fetched, threads)
    if lost := len(kept) - len(finisher.written):
        raise ScribebenchError(
            f"{recording} gave other frames than before ({lost} are missing); if it was "
            f"replaced, run: {snakemake()} --cores 4 --forcerun extract_frames "
            f"{shlex.quote(str(folder.parent / 'frames.parquet'))}"
        )
    shown = _Thumbnails(finisher.thumbnails, signals)
    write_sheets(
        sheets,
        [shown.kept(decision) for decision in kept],
        [
            DroppedChange(shown.dropped(decision), shown.kept(decisions[decision.represented_by]))
            for decision in dropped
            if decision.frame_index in finisher.thumbnails
        ],
    )
    return finisher.written


def _dropped_to_show(decisions: list[Decision], signals: Sequence[Row]) -> list[Decision]:
    """Return the largest dropped changes; nothing is decoded for the sheet alone.

    Those without a stored picture are shown if they are met on the way to a kept frame that has
    none either; others stand in for them.
    """
    dropped = largest_dropped(decisions, signals)
    stored = sum(1 for one in dropped if signals[one.frame_index]["candidate"])
    shown = {one.frame_index for one in dropped}
    others = [
        (bits, one)
        for one in decisions
        if not one.kept and one.frame_index not in shown and signals[one.frame_index]["candidate"]
        if (bits := _bits_apart(signals, one))
    ]
    others.sort(key=lambda pair: -pair[0])
    filling = [one for _, one in others[: max(0, DROPPED_LEAST - stored)]]
    return sorted([*dropped, *filling], key=lambda one: one.frame_index)


def largest_dropped(decisions: list[Decision], signals: Sequence[Row]) -> list[Decision]:
    """Return the dropped frames that would have added the most, at most DROPPED_SHOWN, in order.

    Where a strategy does not say what a frame adds, the hash bits to the kept frame that stands for
    it count. Between two kept frames one dropped frame for each that stands for it is enough.
    """
    known = any(decision.adds is not None for decision in decisions)
    best: dict[tuple[int, int], tuple[float, Decision]] = {}
    stretch = 0
    for decision in decisions:
        stretch += decision.kept
        if decision.kept:
            continue
        adds = (decision.adds or 0.0) if known else _bits_apart(signals, decision)
        key = (stretch, decision.represented_by)
        if adds > best.get(key, (0.0,))[0]:
            best[key] = (adds, decision)
    ranked = sorted(best.values(), key=lambda pair: -pair[0])[:DROPPED_SHOWN]
    return sorted((decision for _, decision in ranked), key=lambda one: one.frame_index)


def _bits_apart(signals: Sequence[Row], decision: Decision) -> float:
    hashes = (signals[index]["phash"] for index in (decision.frame_index, decision.represented_by))
    first, second = (int(text, 16) for text in hashes)
    return float((first ^ second).bit_count())


class _Thumbnails:
    """Small pictures by frame, with a caption that says when and why."""

    def __init__(self, pictures: dict[int, bytes], signals: Sequence[Row]):
        self._pictures = pictures
        self._signals = signals

    def kept(self, decision: Decision) -> Thumbnail:
        return self._with(decision, decision.reason)

    def dropped(self, decision: Decision) -> Thumbnail:
        return self._with(decision, f"dropped: {decision.reason}")

    def _with(self, decision: Decision, reason: str) -> Thumbnail:
        adds = "" if decision.adds is None else f", {decision.adds:.1f}"
        name = Path(picture_name(self._signals[decision.frame_index]["time_s"])).stem
        image = decode_picture(self._pictures[decision.frame_index])
        return Thumbnail(image, f"{name}  {reason}{adds}")


def frame_rows(
    signals: Sequence[Row],
    scenes: list[Row],
    decisions: list[Decision],
    pictures: dict[int, KeptPicture],
) -> Iterator[Row]:
    """Yield the rows of `frames`, one for each sampled frame."""
    scene_of = {
        index: scene["scene"]
        for scene in scenes
        for index in range(scene["first_frame"], scene["last_frame"] + 1)
    }
    for row, decision in zip(signals, decisions, strict=True):
        picture = pictures.get(decision.frame_index)
        yield {
            **{key: value for key, value in row.items() if key in _KNOWN},
            "kept": decision.kept,
            "reason": decision.reason,
            "represented_by": decision.represented_by,
            "scene": scene_of[decision.frame_index],
            "phash_distance": decision.distance,
            "adds": decision.adds,
            **(picture._asdict() if picture else {}),
        }


def read_manifest(path: Path) -> dict[str, Any]:
    """Return the length that could be decoded of a recording, and what was lost.

    The length is null where it is unknown. Raises ScribebenchError when the file is damaged.
    """
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        length_s, missing_s = facts["duration_s"], facts.get("missing_s")
        decoded_s = None if length_s is None else max(0.0, length_s - (missing_s or 0.0))
        return {"duration_s": decoded_s, "losses": list(facts["losses"])}
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(path, str(error)) from error


def selection_summary(
    decisions: list[Decision], scenes: list[Row], duration_s: float | None
) -> str:
    """Return the summary that plans read, as JSON."""
    summary = {
        "duration_s": duration_s,
        "sampled_frames": len(decisions),
        "kept_frames": sum(decision.kept for decision in decisions),
        "scenes": len(scenes),
        "reasons": Counter(decision.reason for decision in decisions),
    }
    return json.dumps(summary, indent=2, sort_keys=True) + "\n"


def _stored(
    wanted: list[Decision], signals: Sequence[Row], candidates: Path
) -> tuple[list[tuple[int, Path]], dict[float, int]]:
    """Return the stored pictures of wanted frames, and the times of those that have none."""
    stored: list[tuple[int, Path]] = []
    absent: dict[float, int] = {}
    for index in sorted(decision.frame_index for decision in wanted):
        row = signals[index]
        path = candidates / picture_name(row["time_s"])
        if row["candidate"] and path.is_file():
            stored.append((index, path))
        else:
            absent[row["time_s"]] = index
    return stored, absent


class _Finisher:
    """Writes the pictures of kept frames, and makes those of all frames small for the sheets."""

    def __init__(
        self, signals: Sequence[Row], decisions: list[Decision], candidates: Path, folder: Path
    ):
        self._signals = signals
        self._decisions = decisions
        self._candidates = candidates
        self._folder = folder
        self.written: dict[int, KeptPicture] = {}
        self.thumbnails: dict[int, bytes] = {}

    def finish_all(
        self, stored: list[tuple[int, Path]], fetched: Iterator[tuple[int, bytes]], threads: int
    ) -> None:
        """Finish stored pictures in so many threads, and meanwhile fetch the others.

        The former are given as (frame_index, path), the latter as (frame_index, JPEG).
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(threads) as pool:
            waiting = [pool.submit(self._finish_stored, *one) for one in stored]
            come: deque[Future[None]] = deque()
            try:
                for one in fetched:
                    if len(come) == AT_ONCE:
                        come.popleft().result()
                    come.append(pool.submit(self._finish, *one))
                for future in (*waiting, *come):
                    future.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _finish_stored(self, index: int, path: Path) -> None:
        self._finish(index, path.read_bytes())

    def _finish(self, index: int, data: bytes) -> None:
        time_s = self._signals[index]["time_s"]
        size_px = _size_px(data)
        image = size_px and decode_picture(data, _reduction(size_px[0]))
        if size_px is None or image is None:
            raise damaged(self._candidates / picture_name(time_s), "it is not a picture")
        self.thumbnails[index] = encode_jpeg(thumbnail(image))
        if self._decisions[index].kept:
            self.written[index] = _write(self._folder, time_s, data, size_px)


def _size_px(data: bytes) -> tuple[int, int] | None:
    """Return width and height from the head of a JPEG; null when it is none.

    Image.open would refuse large pictures, which are read all the same.
    """
    try:
        return JpegImageFile(BytesIO(data)).size
    except (OSError, SyntaxError):  # the latter is what PIL says of other files
        return None


def _reduction(width_px: int) -> int:
    """Return by how much a picture may be reduced and still be wider than its thumbnail."""
    return next(by for by in (8, 4, 2, 1) if by == 1 or width_px // by >= THUMBNAIL_WIDTH_PX)


def _write(folder: Path, time_s: float, data: bytes, size_px: tuple[int, int]) -> KeptPicture:
    path = folder / picture_name(time_s)
    write_bytes(path, data)
    return KeptPicture(f"{folder.name}/{path.name}", sha256_bytes(data), *size_px)
