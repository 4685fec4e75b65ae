"""Pictures of kept frames: the same whether written while decoding or by a second pass."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from scribebench.errors import ScribebenchError
from scribebench.frames.decode import DecodeReport, Mask, sample
from scribebench.frames.dedup import Decision
from scribebench.frames.keep import (
    KeptPicture,
    frame_rows,
    selection_summary,
    write_kept_pictures,
)
from scribebench.frames.pictures import encode_jpeg, picture_name
from scribebench.frames.signals import SignalMeter
from scribebench.frames.spec import ExtractSpec
from scribebench.tables import FRAMES
from unit.videos import evenly, greys, plain, turn_clockwise, write_video

Row = dict[str, Any]
SPECS = [
    ExtractSpec("a.mp4", None, []),
    ExtractSpec("a.mp4", 1.0, []),
    ExtractSpec("a.mp4", None, [Mask(8, 8, 16, 16)]),
]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Uneven times, a turn and half of a picture in colour: all that a second pass may miss."""
    pictures = greys(20)
    for index, picture in enumerate(pictures):
        picture[:, : 2 * index] = (0, 120, 255 - 10 * index)
    times_s = [time_s + (0.137 if index % 3 else 0.0) for index, time_s in enumerate(evenly(20, 4))]
    path = write_video(tmp_path / "a.mp4", pictures, times_s)
    turn_clockwise(path)
    return path


def extracted(recording: Path, spec: ExtractSpec, folder: Path, wanted: set[int]) -> list[Row]:
    """What extract_frames leaves behind when the wanted frames are its candidates."""
    folder.mkdir()
    meter, rows = SignalMeter(), []
    for frame in sample(recording, spec.sample_fps, spec.masks, DecodeReport()):
        is_candidate = frame.frame_index in wanted
        if is_candidate:
            picture = encode_jpeg(frame.picture.full())
            (folder / picture_name(frame.time_s)).write_bytes(picture)
        rows.append(asdict(meter.measure(frame)) | {"candidate": is_candidate})
    return rows


def kept_by(
    recording: Path, spec: ExtractSpec, kept: list[int], candidates: set[int], name: str
) -> dict[int, KeptPicture]:
    place = recording.parent / name
    place.mkdir()
    signals = extracted(recording, spec, place / "candidates", candidates)
    return write_kept_pictures(
        recording, spec, signals, kept, place / "candidates", place / "frames", threads=1
    )


@pytest.mark.parametrize("spec", SPECS, ids=["all", "one a second", "masked"])
def test_a_second_pass_gives_the_same_pictures(recording: Path, spec: ExtractSpec) -> None:
    kept = [0, 2, 3]
    at_once = kept_by(recording, spec, kept, set(range(20)), "at-once")
    later = kept_by(recording, spec, kept, set(), "later")
    mixed = kept_by(recording, spec, kept, {2}, "mixed")
    assert at_once == later == mixed
    assert len({picture.image_sha256 for picture in at_once.values()}) == len(kept)


def test_a_picture_is_the_frame_that_it_is_named_after(recording: Path) -> None:
    spec = SPECS[0]
    pictures = kept_by(recording, spec, [1, 4], {1}, "place")
    for frame in sample(recording, None, [], DecodeReport()):
        if frame.frame_index in pictures:
            picture = pictures[frame.frame_index]
            path = recording.parent / "place" / picture.image
            data = path.read_bytes()
            shown = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
            assert picture.image == f"frames/{picture_name(frame.time_s)}"
            assert picture.image_sha256 == hashlib.sha256(data).hexdigest()
            assert (picture.width_px, picture.height_px) == (48, 64)
            assert np.abs(shown.astype(int) - frame.picture.full()).mean() < 4


def test_only_kept_pictures_are_written(recording: Path) -> None:
    pictures = kept_by(recording, SPECS[0], [0, 2], {0, 1, 2, 3}, "place")
    written = sorted(path.name for path in (recording.parent / "place" / "frames").iterdir())
    assert written == sorted(Path(picture.image).name for picture in pictures.values())


def test_pictures_that_were_candidates_cost_no_second_pass(recording: Path) -> None:
    place = recording.parent / "place"
    place.mkdir()
    signals = extracted(recording, SPECS[0], place / "candidates", {0, 2})
    recording.unlink()
    pictures = write_kept_pictures(
        recording, SPECS[0], signals, [0, 2], place / "candidates", place / "frames", 1
    )
    assert list(pictures) == [0, 2]


def test_a_candidate_whose_picture_is_gone_is_decoded_again(recording: Path) -> None:
    whole = kept_by(recording, SPECS[0], [0, 2], {0, 2}, "whole")
    place = recording.parent / "gone"
    place.mkdir()
    signals = extracted(recording, SPECS[0], place / "candidates", {0, 2})
    (place / "candidates" / picture_name(signals[2]["time_s"])).unlink()
    again = write_kept_pictures(
        recording, SPECS[0], signals, [0, 2], place / "candidates", place / "frames", 1
    )
    assert again == whole


def test_a_recording_that_was_replaced_is_named_with_the_mend(recording: Path) -> None:
    place = recording.parent / "place"
    place.mkdir()
    signals = extracted(recording, SPECS[0], place / "candidates", set())
    write_video(recording, [plain(10)] * 3, evenly(3, 2))
    with pytest.raises(ScribebenchError, match=r"a\.mp4 gave other frames.*--forcerun extract_fra"):
        write_kept_pictures(
            recording, SPECS[0], signals, [0, 9], place / "candidates", place / "frames", 1
        )


def test_every_sampled_frame_has_a_row_of_the_table() -> None:
    signals = [
        dict.fromkeys(("frame_index", "time_s", "phash", "content_val", "delta_hue"), 0)
        | {"delta_sat": 0, "delta_lum": 0, "changed_fraction": 0, "brightness": 0}
        | {"frame_index": index, "candidate": True}
        for index in range(3)
    ]
    decisions = [
        Decision(0, True, "first", 0, None),
        Decision(1, False, "same", 0, 1),
        Decision(2, True, "changed", 2, 9),
    ]
    scenes = [
        {"scene": 0, "first_frame": 0, "last_frame": 1},
        {"scene": 1, "first_frame": 2, "last_frame": 2},
    ]
    pictures = {0: KeptPicture("frames/0.jpg", "h0", 4, 3), 2: KeptPicture("f/2.jpg", "h2", 4, 3)}
    rows = list(frame_rows(signals, scenes, decisions, pictures))
    assert [row["scene"] for row in rows] == [0, 0, 1]
    assert [row["kept"] for row in rows] == [True, False, True]
    assert [row["phash_distance"] for row in rows] == [None, 1, 9]
    assert [row.get("image") for row in rows] == ["frames/0.jpg", None, "f/2.jpg"]
    columns = {column.name for column in FRAMES.columns}
    assert set(rows[0]) == columns
    assert set(rows[1]) == columns - {"image", "image_sha256", "width_px", "height_px"}


def test_the_summary_counts_frames_and_reasons(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text('{"duration_s": 12.5}')
    decisions = [
        Decision(0, True, "first", 0, None),
        Decision(1, False, "same", 0, 1),
        Decision(2, False, "same", 0, 1),
        Decision(3, True, "changed", 3, 9),
    ]
    assert json.loads(selection_summary(decisions, [{}, {}], path)) == {
        "duration_s": 12.5,
        "sampled_frames": 4,
        "kept_frames": 2,
        "scenes": 2,
        "reasons": {"first": 1, "same": 2, "changed": 1},
    }
