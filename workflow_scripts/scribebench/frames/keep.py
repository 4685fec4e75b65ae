"""Write the pictures of kept frames, and the rows that say what became of each frame."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from scribebench.errors import ScribebenchError, damaged
from scribebench.files import sha256_bytes, write_bytes
from scribebench.frames.decode import DecodeReport, sample
from scribebench.frames.dedup import Decision
from scribebench.frames.pictures import decode_picture, encode_jpeg, picture_name
from scribebench.frames.spec import ExtractSpec

Row = dict[str, Any]


class KeptPicture(NamedTuple):
    """A kept frame's picture: its path relative to frames.parquet, its hash and its size."""

    image: str
    image_sha256: str
    width_px: int
    height_px: int


def write_kept_pictures(
    recording: Path,
    spec: ExtractSpec,
    signals: list[Row],
    kept: list[int],
    candidates: Path,
    folder: Path,
    threads: int,
) -> dict[int, KeptPicture]:
    """Write the picture of each kept frame to `folder` and return them by frame index.

    Pictures that were written while decoding are taken from `candidates`; the others cost one
    more pass over the recording.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[int, KeptPicture] = {}
    absent = []
    for index in kept:
        row = signals[index]
        path = candidates / picture_name(row["time_s"])
        if row["candidate"] and path.is_file():
            written[index] = _write(folder, row["time_s"], path.read_bytes())
        else:
            absent.append(index)
    for index, data in _decode_again(recording, spec, set(absent), threads):
        written[index] = _write(folder, signals[index]["time_s"], data)
    if lost := sorted(set(kept) - set(written)):
        raise ScribebenchError(
            f"{recording} gave other frames than before ({len(lost)} are missing); if it was "
            f"replaced, run: snakemake --cores 4 --forcerun extract_frames {folder.parent}"
            "/frames.parquet"
        )
    return written


def frame_rows(
    signals: list[Row],
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
            **{key: value for key, value in row.items() if key != "candidate"},
            "kept": decision.kept,
            "reason": decision.reason,
            "represented_by": decision.represented_by,
            "scene": scene_of[decision.frame_index],
            "phash_distance": decision.distance,
            **(picture._asdict() if picture else {}),
        }


def selection_summary(decisions: list[Decision], scenes: list[Row], manifest: Path) -> str:
    """Return the summary that plans read, as JSON."""
    try:
        duration_s = json.loads(manifest.read_text(encoding="utf-8"))["duration_s"]
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(manifest, str(error)) from error
    summary = {
        "duration_s": duration_s,
        "sampled_frames": len(decisions),
        "kept_frames": sum(decision.kept for decision in decisions),
        "scenes": len(scenes),
        "reasons": Counter(decision.reason for decision in decisions),
    }
    return json.dumps(summary, indent=2, sort_keys=True) + "\n"


def _write(folder: Path, time_s: float, data: bytes) -> KeptPicture:
    path = folder / picture_name(time_s)
    write_bytes(path, data)
    image = decode_picture(data)
    if image is None:
        raise ScribebenchError(f"{path} was written by extract_frames and is damaged; run it again")
    height_px, width_px = image.shape[:2]
    return KeptPicture(f"{folder.name}/{path.name}", sha256_bytes(data), width_px, height_px)


def _decode_again(
    recording: Path, spec: ExtractSpec, wanted: set[int], threads: int
) -> Iterator[tuple[int, bytes]]:
    """Yield (frame_index, JPEG) of the wanted frames by one pass in order.

    Never by seeking: 150 seeks cost more than seven whole passes.
    """
    if not wanted:
        return
    for frame in sample(recording, spec.sample_fps, spec.masks, DecodeReport(), threads):
        if frame.frame_index in wanted:
            yield frame.frame_index, encode_jpeg(frame.picture.full())
            wanted.remove(frame.frame_index)
            if not wanted:
                return
