"""One pass over small recordings: a row for each sampled frame, and the pictures that it names."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from scribebench.errors import ScribebenchError
from scribebench.frames.decode import DecodeReport, Mask, sample
from scribebench.frames.extract import extract
from scribebench.frames.pictures import encode_jpeg, picture_name
from scribebench.frames.spec import ExtractSpec
from scribebench.frames.tiles import NEW, NOTHING, ROW, SEEN
from scribebench.tables import SIGNALS
from unit.videos import Image, cut, encoded, evenly, screen, write_changing_sizes, write_video

Row = dict[str, Any]
SIZE = (320, 240)
TILES = 20 * 15
ONE, OTHER = ("error in line 42", "def main():"), ("no problem", "", "return value")


def shown(*words: str, size: tuple[int, int] = SIZE) -> Image:
    return screen(*words, width=size[0], height=size[1])


def recorded(path: Path, *screens: Sequence[str], samples: int = 5, fps: float = 5.0) -> Path:
    """A recording in which each screen stays for so many samples."""
    pictures = [shown(*words) for words in screens for _ in range(samples)]
    return write_video(path, pictures, evenly(len(pictures), fps))


def extracted(
    recording: Path,
    candidates: Path,
    fps: float | None = None,
    masks: Sequence[Mask] = (),
    report: DecodeReport | None = None,
) -> list[Row]:
    spec = ExtractSpec(recording.name, fps, list(masks))
    return list(extract(recording, spec, report or DecodeReport(), candidates))


def written(candidates: Path) -> set[str]:
    return {path.name for path in candidates.iterdir()}


def named_by(rows: list[Row]) -> set[str]:
    return {picture_name(row["time_s"]) for row in rows if row["candidate"]}


# --- rows ----------------------------------------------------------------------------------------


def test_there_is_a_row_for_each_sampled_frame(tmp_path: Path) -> None:
    recording = recorded(tmp_path / "a.mp4", ONE, OTHER, ONE)
    report = DecodeReport()
    rows = extracted(recording, tmp_path / "candidates", report=report)
    assert [row["frame_index"] for row in rows] == list(range(15))
    assert [row["time_s"] for row in rows] == pytest.approx(evenly(15, 5))
    assert report.sampled_frames == 15
    for row in rows:
        assert set(row) == {column.name for column in SIGNALS.columns}
        assert row["tile_px"] == 16
        lists = [row[name] for name in ("changed_tiles", "tile_contents", "tile_flags", "tile_ink")]
        assert len({len(values) for values in lists}) == 1


def test_what_changed_stands_in_the_row_of_its_frame(tmp_path: Path) -> None:
    rows = extracted(recorded(tmp_path / "a.mp4", ONE, OTHER, ONE), tmp_path / "candidates")
    assert {row["frame_index"] for row in rows if len(row["changed_tiles"])} == {0, 5, 10}
    assert len(rows[0]["changed_tiles"]) == TILES
    assert rows[0]["content_val"] is None
    for index in (5, 10):
        assert rows[index]["content_val"] > 1
        assert rows[index]["phash"] != rows[index - 1]["phash"]
        assert rows[index - 1]["content_val"] == 0
    assert all(flags & NEW for flags in rows[5]["tile_flags"])
    assert all(flags & SEEN for flags in rows[10]["tile_flags"])
    ink = dict(zip(rows[0]["changed_tiles"].tolist(), rows[0]["tile_ink"].tolist(), strict=True))
    assert ink[ROW + 1] > 200  # a letter of the first word
    assert ink[ROW * 12 + 12] < 10
    first = dict(zip(rows[0]["changed_tiles"], rows[0]["tile_contents"], strict=True))
    for tile, content in zip(rows[10]["changed_tiles"], rows[10]["tile_contents"], strict=True):
        assert content == first[tile]


def test_noise_is_not_measured(tmp_path: Path) -> None:
    folder = tmp_path / "shots"
    folder.mkdir()
    for number in range(4):
        noise = np.random.default_rng(number).integers(-3, 4, (*SIZE[::-1], 3))
        picture = np.clip(shown(*ONE) + noise, 0, 255).astype(np.uint8)
        (folder / f"{number}.png").write_bytes(cv2.imencode(".png", picture)[1])
    rows = extracted(folder, tmp_path / "candidates")
    assert [len(row["changed_tiles"]) for row in rows] == [TILES, 0, 0, 0]
    assert [row["content_val"] for row in rows] == [None, 0, 0, 0]
    assert len({row["phash"] for row in rows}) == 1


def test_a_video_that_plays_on_a_screen_is_measured(tmp_path: Path) -> None:
    """Its tiles are not listed once it is known that they move."""
    random = np.random.default_rng(4)
    pictures = [shown(*ONE) for _ in range(12)]
    for picture in pictures:
        picture[80:208, 64:256] = np.kron(random.integers(0, 256, (16, 24, 1)), np.ones((8, 8, 3)))
    recording = write_video(tmp_path / "a.mp4", pictures, evenly(12, 5))
    rows = extracted(recording, tmp_path / "candidates")
    assert [len(row["changed_tiles"]) for row in rows[5:]] == [0] * 7
    assert min(row["content_val"] for row in rows[1:]) > 5
    assert len({row["phash"] for row in rows}) == 12


def test_it_looks_at_the_frames_that_were_asked_for(tmp_path: Path) -> None:
    recording = recorded(tmp_path / "a.mp4", ONE, OTHER, ONE, samples=10, fps=10)
    rows = extracted(recording, tmp_path / "candidates", fps=2)
    looked_at = [frame.time_s for frame in sample(recording, 2, [], DecodeReport())]
    assert [row["time_s"] for row in rows] == looked_at
    assert 5 <= len(looked_at) <= 7
    assert sum(bool(len(row["changed_tiles"])) for row in rows) == 3


def test_what_is_masked_never_changes(tmp_path: Path) -> None:
    pictures = []
    for number in range(6):
        picture = shown(*ONE)
        cv2.putText(picture, str(number) * 6, (40, 150), 0, 0.8, (0, 90, 0), 2)
        pictures.append(picture)
    recording = write_video(tmp_path / "a.mp4", pictures, evenly(6, 2))
    open_rows = extracted(recording, tmp_path / "open")
    rows = extracted(recording, tmp_path / "masked", masks=[Mask(30, 120, 120, 40)])
    assert all(len(row["changed_tiles"]) for row in open_rows)
    assert not any(len(row["changed_tiles"]) for row in rows[1:])
    assert named_by(rows) == {picture_name(2.5)}
    picture = cv2.imread(str(tmp_path / "masked" / picture_name(2.5)))
    assert picture[124:156, 36:146].max() < 16


def test_screenshots_of_different_sizes(tmp_path: Path) -> None:
    folder = tmp_path / "shots"
    folder.mkdir()
    sizes = [SIZE] * 3 + [(240, 320)] * 3
    for number, size in enumerate(sizes):
        (folder / f"{number}.png").write_bytes(cv2.imencode(".png", shown(*ONE, size=size))[1])
    rows = extracted(folder, tmp_path / "candidates")
    assert [len(row["changed_tiles"]) for row in rows] == [TILES, 0, 0, TILES + 15 * 5, 0, 0]
    gone = rows[3]["changed_tiles"][rows[3]["tile_contents"] == NOTHING]
    assert {divmod(int(tile), ROW) for tile in gone} == {
        (row, column) for row in range(15) for column in range(15, 20)
    }
    assert written(tmp_path / "candidates") == named_by(rows)
    assert [row["frame_index"] for row in rows if row["candidate"]] == [2, 5]


def test_a_video_that_changes_its_size(tmp_path: Path) -> None:
    pictures = [shown(*ONE)] * 3 + [shown(*ONE, size=(1280, 720))] * 3
    recording = write_changing_sizes(tmp_path / "a.avi", pictures, 2)
    rows = extracted(recording, tmp_path / "candidates")
    assert [row["tile_px"] for row in rows] == [16, 16, 16, 32, 32, 32]
    assert {2, 5} <= {row["frame_index"] for row in rows if row["candidate"]}


# --- candidates ----------------------------------------------------------------------------------


def test_the_last_frame_of_each_state_has_its_picture(tmp_path: Path) -> None:
    recording = recorded(tmp_path / "a.mp4", ONE, OTHER, ONE)
    rows = extracted(recording, tmp_path / "candidates")
    assert [row["frame_index"] for row in rows if row["candidate"]] == [4, 9, 14]
    assert written(tmp_path / "candidates") == named_by(rows)
    for frame in sample(recording, None, [], DecodeReport()):
        if rows[frame.frame_index]["candidate"]:
            path = tmp_path / "candidates" / picture_name(frame.time_s)
            assert path.read_bytes() == encode_jpeg(frame.picture.full())


@pytest.mark.parametrize("samples", [1, 2, 5])
@pytest.mark.parametrize("screens", [[ONE], [ONE, OTHER], [ONE, OTHER, ONE]])
def test_the_last_frame_always_has_its_picture(
    tmp_path: Path, screens: list[tuple[str, ...]], samples: int
) -> None:
    pictures = [shown(*words) for words in screens for _ in range(samples)]
    folder = tmp_path / "shots"
    folder.mkdir()
    for number, picture in enumerate(pictures):
        (folder / f"{number}.jpg").write_bytes(encoded(picture))
    rows = extracted(folder, tmp_path / "candidates")
    assert len(rows) == len(pictures)
    assert rows[-1]["candidate"]
    assert written(tmp_path / "candidates") == named_by(rows)


def test_text_that_is_typed_is_stored_when_it_rests(tmp_path: Path) -> None:
    text = "def main(): return 42"
    typed = [shown("# line", text[: 2 * length]) for length in range(1, 11)]
    pictures = [shown("# line")] * 6 + typed + [typed[-1]] * 5 + [shown(*OTHER)] * 2
    recording = write_video(tmp_path / "a.mp4", pictures, evenly(len(pictures), 5))
    rows = extracted(recording, tmp_path / "candidates")
    found = [row["frame_index"] for row in rows if row["candidate"]]
    assert {5, 20, 22} <= set(found)
    assert len(found) <= 5
    assert written(tmp_path / "candidates") == named_by(rows)


# --- what goes wrong -----------------------------------------------------------------------------


def test_a_recording_of_nothing_is_named(tmp_path: Path) -> None:
    recording = recorded(tmp_path / "a.mp4", ONE)
    recording.write_bytes(recording.read_bytes()[:200])
    with pytest.raises(ScribebenchError, match=r"a\.mp4"):
        extracted(recording, tmp_path / "candidates")


def test_a_recording_that_is_cut_short_ends_with_its_last_frame(tmp_path: Path) -> None:
    pictures = [shown(*words) for words in (ONE, OTHER) for _ in range(10)]
    path = tmp_path / "a.mp4"
    recording = write_video(path, pictures, evenly(20, 5), index_first=True)
    cut(recording, 0.7)
    rows = extracted(recording, tmp_path / "candidates")
    assert 8 < len(rows) < 20
    assert rows[-1]["candidate"]
    assert written(tmp_path / "candidates") == named_by(rows)


def test_a_folder_that_cannot_be_written_to_ends_the_run(tmp_path: Path) -> None:
    recording = recorded(tmp_path / "a.mp4", ONE, OTHER)
    (tmp_path / "candidates").write_text("a file in its place")
    with pytest.raises(OSError, match="candidates"):
        extracted(recording, tmp_path / "candidates")


@pytest.mark.parametrize("taken", [0, 1, 7])
def test_nothing_is_left_running_when_rows_are_no_longer_wanted(tmp_path: Path, taken: int) -> None:
    recording = recorded(tmp_path / "a.mp4", ONE, OTHER, ONE)
    before = threading.active_count()
    rows = extract(recording, ExtractSpec("a.mp4", None, []), DecodeReport(), tmp_path / "c")
    for _ in range(taken):
        next(rows)
    rows.close()
    assert threading.active_count() == before


def test_two_passes_give_the_same_rows(tmp_path: Path) -> None:
    recording = recorded(tmp_path / "a.mp4", ONE, OTHER, ONE)
    one, other = (extracted(recording, tmp_path / name) for name in ("one", "other"))
    assert written(tmp_path / "one") == written(tmp_path / "other")
    for first, second in zip(one, other, strict=True):
        for name in first:
            assert np.array_equal(first[name], second[name])
