"""What extract_frames stored comes back as arrays, whole and in order, or is said to be damaged."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scribebench import tables
from scribebench.errors import ScribebenchError
from scribebench.frames.decode import DecodeReport
from scribebench.frames.extract import extract
from scribebench.frames.measured import read_measured
from scribebench.frames.spec import ExtractSpec
from scribebench.frames.strategies import Measured
from scribebench.tables import SIGNALS, table_writer, write_table
from unit.videos import evenly, screen, write_video

Row = dict[str, Any]
WORDS = [("error", "line 42"), ("no problem",), ("error", "line 42"), ("error", "line 57")]
LISTS = {
    "tile": "changed_tiles",
    "content": "tile_contents",
    "flags": "tile_flags",
    "ink": "tile_ink",
}


def stored(tmp_path: Path) -> tuple[list[Row], Path]:
    """The rows of a recording of four screens, a second each, and the file that holds them."""
    pictures = [screen(*words) for words in WORDS for _ in range(4)]
    recording = write_video(tmp_path / "a.mp4", pictures, evenly(16, 4))
    spec, path = ExtractSpec("a.mp4", None, []), tmp_path / "signals.parquet"
    rows = []
    with table_writer(path, SIGNALS) as write:
        for row in extract(recording, spec, DecodeReport(), tmp_path / "candidates"):
            rows.append(row)
            write(row)
    return rows, path


def scene(number: int, first: int, last: int) -> Row:
    return {"scene": number, "first_frame": first, "last_frame": last}


SCENES = [scene(0, 0, 3), scene(1, 4, 4), scene(2, 5, 15)]


@pytest.mark.parametrize("batch_rows", [1, 3, 2000])
def test_what_was_measured_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch_rows: int
) -> None:
    monkeypatch.setattr(tables, "BATCH_ROWS", batch_rows)
    rows, path = stored(tmp_path)
    read, measured = read_measured(path, SCENES)
    events = measured.events
    assert events.times_s.tolist() == [row["time_s"] for row in rows]
    assert events.spots.tolist() == [row["spots"] for row in rows]
    for name, column in LISTS.items():
        whole = np.concatenate([row[column] for row in rows])
        assert getattr(events, name).tolist() == whole.tolist()
    frames = [row["frame_index"] for row in rows for _ in row["changed_tiles"]]
    assert events.frame.tolist() == frames
    assert set(frames) == {0, 4, 8, 12}
    assert measured.phashes == [row["phash"] for row in rows]
    assert measured.pictured == [row["candidate"] for row in rows]
    assert measured.scenes == [0] * 4 + [1] + [2] * 11
    lists = set(LISTS.values())
    assert list(read) == [{key: row[key] for key in row if key not in lists} for row in rows]


def test_arrays_are_of_one_length_and_small(tmp_path: Path) -> None:
    """There are millions of changes in some hours; what multiplies them widens them first."""
    events = read_measured(stored(tmp_path)[1], SCENES)[1].events
    arrays = [getattr(events, name) for name in ("frame", *LISTS)]
    assert {len(array) for array in arrays} == {len(events.tile)}
    assert [array.dtype.itemsize for array in arrays] == [4, 4, 4, 1, 1]


def signals(count: int) -> list[Row]:
    """Rows of a screen on which nothing changes."""
    row = {"phash": "0" * 16, "candidate": False, "spots": 0, "scrolled_px": 0, "tile_px": 16}
    nothing: dict[str, list[int]] = {name: [] for name in LISTS.values()}
    return [{"frame_index": index, "time_s": index / 2} | row | nothing for index in range(count)]


def measured_of(path: Path, rows: list[Row], scenes: list[Row]) -> Measured:
    write_table(path, SIGNALS, rows)
    return read_measured(path, scenes)[1]


def test_a_screen_on_which_nothing_changes(tmp_path: Path) -> None:
    measured = measured_of(tmp_path / "signals.parquet", signals(3), [scene(0, 0, 2)])
    assert len(measured.events.tile) == len(measured.events.frame) == 0
    assert measured.events.times_s.tolist() == [0, 0.5, 1]
    assert measured.pictured == [False] * 3


def test_changes_belong_to_their_frames(tmp_path: Path) -> None:
    rows = signals(5)
    rows[1] |= {"changed_tiles": [3, 1027], "tile_contents": [70000, -1], "tile_flags": [1, 8]}
    rows[1] |= {"tile_ink": [255, 0], "spots": 2}
    rows[4] |= {"changed_tiles": [5], "tile_contents": [-2], "tile_flags": [0], "tile_ink": [9]}
    events = measured_of(tmp_path / "signals.parquet", rows, [scene(0, 0, 4)]).events
    assert events.frame.tolist() == [1, 1, 4]
    assert events.tile.tolist() == [3, 1027, 5]
    assert events.content.tolist() == [70000, -1, -2]
    assert events.flags.tolist() == [1, 8, 0]
    assert events.ink.tolist() == [255, 0, 9]
    assert events.spots.tolist() == [0, 2, 0, 0, 0]


@pytest.mark.parametrize("kept", [0, 3, 500, -1])
def test_a_damaged_file_is_named_with_the_mend(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "signals.parquet"
    write_table(path, SIGNALS, signals(3))
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ScribebenchError, match=r"signals\.parquet is damaged.*-R extract_frames"):
        read_measured(path, [scene(0, 0, 2)])


def test_a_file_without_rows_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "signals.parquet"
    write_table(path, SIGNALS, [])
    with pytest.raises(ScribebenchError, match=r"signals\.parquet is damaged.*no rows"):
        read_measured(path, [])
