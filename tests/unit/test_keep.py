"""Pictures of kept frames: the same whether written while decoding or by a second pass."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from scribebench.errors import ScribebenchError
from scribebench.frames import refetch
from scribebench.frames.decode import DecodeReport, Mask, sample
from scribebench.frames.keep import (
    AT_ONCE,
    DROPPED_LEAST,
    DROPPED_SHOWN,
    KeptPicture,
    frame_rows,
    largest_dropped,
    read_manifest,
    selection_summary,
    write_pictures,
)
from scribebench.frames.pictures import encode_jpeg, picture_name
from scribebench.frames.refetch import fetch_frames
from scribebench.frames.signals import SignalMeter
from scribebench.frames.spec import ExtractSpec
from scribebench.frames.strategies.decisions import Decision
from scribebench.tables import FRAMES
from unit.test_pictures import huge_png
from unit.videos import evenly, greys, plain, screen, turn_clockwise, write_video

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


def decided(
    count: int, kept: list[int], adds: dict[int, float | None] | None = None
) -> list[Decision]:
    """Decisions by which the last kept frame, or else the first one, stands for a dropped one."""
    adds = adds or {}
    standing = [
        max((one for one in kept if one <= index), default=kept[0]) for index in range(count)
    ]
    return [
        Decision(index, True, "content", index, adds.get(index))
        if index in kept
        else Decision(index, False, "seen", standing[index], adds.get(index))
        for index in range(count)
    ]


def written_to(
    place: Path,
    recording: Path,
    spec: ExtractSpec,
    signals: list[Row],
    decisions: list[Decision],
    threads: int = 1,
) -> dict[int, KeptPicture]:
    return write_pictures(
        recording,
        spec,
        signals,
        decisions,
        candidates=place / "candidates",
        folder=place / "frames",
        sheets=place / "sheets",
        threads=threads,
    )


def kept_by(
    recording: Path, spec: ExtractSpec, kept: list[int], candidates: set[int], name: str
) -> dict[int, KeptPicture]:
    place = recording.parent / name
    place.mkdir()
    signals = extracted(recording, spec, place / "candidates", candidates)
    return written_to(place, recording, spec, signals, decided(len(signals), kept))


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
    pictures = written_to(place, recording, SPECS[0], signals, decided(len(signals), [0, 2]))
    assert list(pictures) == [0, 2]


def test_any_number_of_threads_writes_the_same(tmp_path: Path) -> None:
    """More pictures than are worked on at once, with a stored picture or without."""
    recording = write_video(tmp_path / "a.mp4", greys(20), evenly(20, 4))
    decisions = decided(20, [index for index in range(20) if index not in (5, 11)], {5: 9.0})
    found, files = [], []
    for threads in (1, 3):
        place = tmp_path / f"by-{threads}"
        place.mkdir()
        signals = extracted(recording, SPECS[0], place / "candidates", set(range(0, 20, 2)))
        found.append(written_to(place, recording, SPECS[0], signals, decisions, threads))
        files.append(
            {
                path.relative_to(place): path.read_bytes()
                for name in ("frames", "sheets")
                for path in (place / name).iterdir()
            }
        )
    assert found[0] == found[1]
    assert files[0] == files[1]
    assert len(files[0]) == 18 + 2
    assert AT_ONCE < 18


def test_a_candidate_whose_picture_is_gone_is_decoded_again(recording: Path) -> None:
    whole = kept_by(recording, SPECS[0], [0, 2], {0, 2}, "whole")
    place = recording.parent / "gone"
    place.mkdir()
    signals = extracted(recording, SPECS[0], place / "candidates", {0, 2})
    (place / "candidates" / picture_name(signals[2]["time_s"])).unlink()
    again = written_to(place, recording, SPECS[0], signals, decided(len(signals), [0, 2]))
    assert again == whole


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture at all",
        b"\xff\xd8 no picture",
        huge_png(40_000, 40_000),
    ],
    ids=["empty", "text", "cut", "huge"],
)
def test_a_candidate_that_is_no_picture_is_named(recording: Path, data: bytes) -> None:
    damage(recording, data, "it is not a picture")


def test_a_picture_is_kept_however_large_it_is(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PIL refuses what it takes for a bomb: more than twice so many pixels."""
    usual = kept_by(recording, SPECS[0], [0, 2], {0, 2}, "usual")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 48 * 64 // 2 - 1)
    assert kept_by(recording, SPECS[0], [0, 2], {0, 2}, "large") == usual


def test_a_candidate_that_is_no_picture_is_made_again_by_the_rule_that_made_it(
    recording: Path,
) -> None:
    damage(recording, b"no picture at all", "-R extract_frames")


def damage(recording: Path, data: bytes, said: str) -> None:
    """Damage a stored picture, and see what is said of it."""
    place = recording.parent / "place"
    place.mkdir()
    signals = extracted(recording, SPECS[0], place / "candidates", {0, 2})
    name = picture_name(signals[2]["time_s"])
    (place / "candidates" / name).write_bytes(data)
    with pytest.raises(ScribebenchError, match=f"{name} is damaged.*{said}"):
        written_to(place, recording, SPECS[0], signals, decided(len(signals), [0, 2]))


def test_a_recording_that_was_replaced_is_named_with_the_mend(recording: Path) -> None:
    place = recording.parent / "place"
    place.mkdir()
    signals = extracted(recording, SPECS[0], place / "candidates", set())
    write_video(recording, [plain(10)] * 3, evenly(3, 2))
    with pytest.raises(ScribebenchError, match=r"a\.mp4 gave other frames.*--forcerun extract_fra"):
        written_to(place, recording, SPECS[0], signals, decided(len(signals), [0, 9]))


def test_what_the_short_way_found_is_not_yielded_again(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tolerant way begins anew; a wanted frame may stand among the welcome ones, too."""
    frames = list(sample(recording, SPECS[0].sample_fps, [], DecodeReport()))
    times = {one.time_s: one.frame_index for one in frames}
    short_way = refetch._from_key_frames

    def breaks_off(*args: Any) -> Iterator[Any]:
        yield next(short_way(*args))
        raise av.error.InvalidDataError(1, "damaged")

    monkeypatch.setattr(refetch, "_from_key_frames", breaks_off)
    wanted = {frames[place].time_s: place for place in (2, 9)}
    found = [one for one, _ in fetch_frames(recording, SPECS[0], wanted, 1, welcome=times)]
    assert len(found) == len(set(found)) and {2, 9} <= set(found)


# --- contact sheets ------------------------------------------------------------------------------


SAMPLED = 18  # of the recording's 20 frames; two are too close to others


def sheets_of(recording: Path, candidates: set[int], decisions: list[Decision]) -> list[str]:
    place = recording.parent / "place"
    place.mkdir()
    signals = extracted(recording, SPECS[0], place / "candidates", candidates)
    written_to(place, recording, SPECS[0], signals, decisions)
    return sorted(path.name for path in (place / "sheets").iterdir())


@pytest.mark.parametrize("candidates", [set(), {0, 4, 9}, set(range(20))], ids=len)
def test_sheets_show_what_is_kept_and_what_was_dropped(
    recording: Path, candidates: set[int]
) -> None:
    decisions = decided(SAMPLED, [0, 4], {9: 12.0})
    found = sheets_of(recording, candidates, decisions)
    assert found == ["dropped.jpg", "kept-01.jpg"]
    kept = cv2.imread(str(recording.parent / "place" / "sheets" / "kept-01.jpg"))
    assert kept.shape[1] == 2 * 328 + 8


def test_that_nothing_counts_is_shown_by_what_differs_the_most(recording: Path) -> None:
    decisions = decided(SAMPLED, [0, 4], {9: 0.0})
    assert sheets_of(recording, set(range(20)), decisions) == ["dropped.jpg", "kept-01.jpg"]
    sheet = cv2.imread(str(recording.parent / "place" / "sheets" / "dropped.jpg"))
    assert sheet.shape[1] == 4 * 328 + 8
    assert sheet.shape[0] <= -(-DROPPED_LEAST // 2) * (sheet.shape[1] // 4) + 8


def test_frames_that_look_like_the_kept_ones_are_on_no_sheet(recording: Path) -> None:
    """Nothing else was stored, and no second pass is made for the sheet."""
    assert sheets_of(recording, {0, 4}, decided(SAMPLED, [0, 4], {9: 0.0})) == ["kept-01.jpg"]


def test_the_sheet_alone_costs_no_second_pass(recording: Path) -> None:
    """A dropped frame without a stored picture is left out when all kept ones have theirs."""
    place = recording.parent / "place"
    place.mkdir()
    signals = extracted(recording, SPECS[0], place / "candidates", {0, 4})
    recording.unlink()
    decisions = decided(SAMPLED, [0, 4], {9: 12.0})
    assert list(written_to(place, recording, SPECS[0], signals, decisions)) == [0, 4]
    assert [path.name for path in (place / "sheets").iterdir()] == ["kept-01.jpg"]


def test_dropped_frames_are_not_among_the_pictures(recording: Path) -> None:
    place = recording.parent / "place"
    place.mkdir()
    signals = extracted(recording, SPECS[0], place / "candidates", set(range(20)))
    pictures = written_to(
        place, recording, SPECS[0], signals, decided(SAMPLED, [0, 4], {2: 3.0, 9: 12.0})
    )
    assert list(pictures) == [0, 4]
    assert len(list((place / "frames").iterdir())) == 2


def test_a_large_picture_is_stored_whole_and_shown_small(tmp_path: Path) -> None:
    pictures = [screen("error", "line", str(number), width=1280, height=720) for number in range(4)]
    recording = write_video(tmp_path / "a.mp4", pictures, evenly(4, 2))
    signals = extracted(recording, SPECS[0], tmp_path / "candidates", {0, 2, 3})
    decisions = decided(4, [0, 3], {2: 5.0})
    found = written_to(tmp_path, recording, SPECS[0], signals, decisions)
    assert [(one.width_px, one.height_px) for one in found.values()] == [(1280, 720)] * 2
    for index in (0, 3):
        name = picture_name(signals[index]["time_s"])
        stored = (tmp_path / "candidates" / name).read_bytes()
        assert (tmp_path / "frames" / name).read_bytes() == stored
    sheet = cv2.imread(str(tmp_path / "sheets" / "kept-01.jpg"))
    shown = cv2.resize(pictures[0], (320, 180), interpolation=cv2.INTER_AREA)
    assert np.abs(sheet[8:188, 8:328].astype(int) - shown).mean() < 6


# --- the largest changes that were dropped -------------------------------------------------------


def dropped(index: int, by: int, adds: float | None) -> Decision:
    return Decision(index, False, "seen", by, adds)


def kept(index: int, adds: float | None = 1.0) -> Decision:
    return Decision(index, True, "content", index, adds)


@pytest.mark.parametrize(
    ("decisions", "shown"),
    [
        ([kept(0)], []),
        ([kept(0), dropped(1, 0, 0.0), dropped(2, 0, None)], []),
        ([kept(0), dropped(1, 0, 0.5)], [1]),
        # Between two kept frames one is enough ...
        ([kept(0), dropped(1, 0, 2.0), dropped(2, 0, 5.0), dropped(3, 0, 4.0)], [2]),
        ([kept(0), dropped(1, 0, 5.0), dropped(2, 0, 5.0)], [1]),
        # ... for each that stands for it ...
        ([kept(0), kept(1), dropped(2, 0, 2.0), dropped(3, 1, 1.0)], [2, 3]),
        # ... and after another kept frame there may be one more.
        ([kept(0), dropped(1, 0, 2.0), kept(2), dropped(3, 0, 1.0)], [1, 3]),
        ([dropped(0, 1, 2.0), kept(1), dropped(2, 1, 3.0)], [0, 2]),
        # A kept frame adds much and is no dropped one.
        ([kept(0, 900.0), dropped(1, 0, 1.0), kept(2, 900.0)], [1]),
    ],
)
def test_the_largest_dropped_changes_are_shown(decisions: list[Decision], shown: list[int]) -> None:
    signals = [{"phash": f"{index:016x}"} for index in range(len(decisions))]
    assert [one.frame_index for one in largest_dropped(decisions, signals)] == shown


def test_hashes_tell_what_is_large_when_the_strategy_does_not() -> None:
    hashes = [0b0, 0b1, 0b111, 0b11, 0b0]
    signals = [{"phash": f"{value:016x}"} for value in hashes]
    decisions = [kept(0, None), *(dropped(index, 0, None) for index in range(1, 5))]
    assert [one.frame_index for one in largest_dropped(decisions, signals)] == [2]
    assert largest_dropped([decisions[0], *decisions[4:]], signals) == []


def test_of_many_dropped_changes_the_largest_are_shown_in_order() -> None:
    decisions = []
    for place in range(40):
        decisions += [kept(2 * place), dropped(2 * place + 1, 2 * place, float(place * 7 % 40 + 1))]
    found = largest_dropped(decisions, [{"phash": "0"}] * 80)
    assert len(found) == DROPPED_SHOWN
    assert [one.frame_index for one in found] == sorted(one.frame_index for one in found)
    assert sorted(one.adds for one in found) == [float(value) for value in range(17, 41)]


# --- rows and the summary ------------------------------------------------------------------------


def test_every_sampled_frame_has_a_row_of_the_table() -> None:
    signals = [
        dict.fromkeys(("frame_index", "time_s", "phash", "content_val", "delta_hue"), 0)
        | {"delta_sat": 0, "delta_lum": 0, "changed_fraction": 0, "brightness": 0}
        | {"frame_index": index, "candidate": True, "spots": 0, "scrolled_px": 3, "tile_px": 16}
        for index in range(3)
    ]
    decisions = [
        Decision(0, True, "first", 0, 80.0, None),
        Decision(1, False, "same", 0, None, 1),
        Decision(2, True, "changed", 2, 7.5, 9),
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
    assert [row["adds"] for row in rows] == [80.0, None, 7.5]
    assert [row["represented_by"] for row in rows] == [0, 0, 2]
    assert [row.get("image") for row in rows] == ["frames/0.jpg", None, "f/2.jpg"]
    columns = {column.name for column in FRAMES.columns}
    assert set(rows[0]) == columns
    assert set(rows[1]) == columns - {"image", "image_sha256", "width_px", "height_px"}


def test_the_summary_counts_frames_and_reasons() -> None:
    decisions = [
        Decision(0, True, "first", 0),
        Decision(1, False, "same", 0),
        Decision(2, False, "same", 0),
        Decision(3, True, "changed", 3),
    ]
    assert json.loads(selection_summary(decisions, [{}, {}], 12.5)) == {
        "duration_s": 12.5,
        "sampled_frames": 4,
        "kept_frames": 2,
        "scenes": 2,
        "reasons": {"first": 1, "same": 2, "changed": 1},
    }


@pytest.mark.parametrize("duration_s", [12.5, None])
@pytest.mark.parametrize("losses", [[], [{"start_s": 1.0}]])
def test_the_facts_of_a_recording_are_read(
    tmp_path: Path, duration_s: float | None, losses: list[Row]
) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"duration_s": duration_s, "losses": losses, "codec": "h264"}))
    assert read_manifest(path) == {"duration_s": duration_s, "losses": losses}


@pytest.mark.parametrize(
    ("length_s", "missing_s", "decoded_s"), [(12.5, 2.5, 10.0), (12.5, None, 12.5), (1.0, 3.0, 0.0)]
)
def test_what_could_not_be_decoded_is_no_part_of_the_length(
    tmp_path: Path, length_s: float, missing_s: float | None, decoded_s: float
) -> None:
    path = tmp_path / "manifest.json"
    facts = {"duration_s": length_s, "missing_s": missing_s, "losses": []}
    path.write_text(json.dumps(facts))
    assert read_manifest(path)["duration_s"] == decoded_s


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"duration_s": 1}', '{"losses": []}'])
def test_damaged_facts_are_named_with_the_mend(tmp_path: Path, text: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(text)
    with pytest.raises(ScribebenchError, match=r"manifest\.json is damaged.*-R extract_frames"):
        read_manifest(path)
