"""Reading text: the order of lines, and that no picture is read twice."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import cv2
import pytest

from scribebench.errors import ScribebenchError
from scribebench.files import sha256_file
from scribebench.frames import read
from scribebench.frames.read import (
    Line,
    Reading,
    ReadingStore,
    read_pictures,
    reader_name,
    reading_order,
    text_row,
)
from scribebench.tables import TEXT, read_rows, write_table
from unit.videos import plain, screen

AT = datetime(2026, 1, 10, 9, 30, 0, 123456, tzinfo=UTC)
READ = b'"reader": "r", "read_wall_ns": 1, "read_for": "m", '
READING = Reading(
    [Line("Größe 日本", 0.99, 1.0, 2.0, 30.5, 14.0)], reader_name(), 1_234_567, AT, "monday"
)


def line(text: str, left: float, top: float, height: float = 10.0) -> Line:
    return Line(text, 1.0, left, top, left + 50, top + height)


def texts(lines: list[Line]) -> list[str]:
    return [one.text for one in lines]


@pytest.mark.parametrize(
    ("lines", "ordered"),
    [
        ([], []),
        ([line("b", 0, 20), line("a", 0, 0)], ["a", "b"]),
        ([line("right", 100, 0), line("left", 0, 0)], ["left", "right"]),
        ([line("right", 100, 0), line("left", 0, 4)], ["left", "right"]),
        ([line("low", 0, 6), line("high", 100, 0)], ["high", "low"]),
        (
            [line("d", 100, 31), line("b", 100, 1), line("c", 0, 30), line("a", 0, 0)],
            ["a", "b", "c", "d"],
        ),
        ([line("tall", 0, 0, 40), line("beside", 60, 14), line("below", 0, 60)], None),
    ],
    ids=["none", "column", "row", "skewed row", "two rows", "grid", "large beside small"],
)
def test_lines_are_read_in_rows_from_the_top_and_from_the_left(
    lines: list[Line], ordered: list[str] | None
) -> None:
    assert texts(reading_order(lines)) == (ordered or texts(lines))


def test_the_text_of_a_reading_has_a_line_for_each() -> None:
    reading = Reading([line("one", 0, 0), line("two", 0, 20)], "r", 1, AT, "monday")
    assert reading.text == "one\ntwo"


def test_a_stored_reading_comes_back_as_it_was(tmp_path: Path) -> None:
    ReadingStore(tmp_path).put("ab" * 32, READING)
    assert ReadingStore(tmp_path).get("ab" * 32) == READING
    assert ReadingStore(tmp_path).get("cd" * 32) is None


def test_a_reading_by_another_reader_is_not_used(tmp_path: Path) -> None:
    ReadingStore(tmp_path).put("ab" * 32, READING)
    (tmp_path / reader_name()).rename(tmp_path / "rapidocr-0.0-other")
    assert ReadingStore(tmp_path).get("ab" * 32) is None


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b"{}",
        b'{"lines": null, ' + READ + b'"read_at_utc": "2026-01-10T09:30:00"}',
        b'{"lines": [{"text": "x"}], ' + READ + b'"read_at_utc": "2026"}',
        b'{"lines": [], ' + READ + b'"read_at_utc": "yesterday"}',
        b'{"lines": [], ' + READ + b'"read_at_utc": 5}',
    ],
)
def test_a_damaged_reading_counts_as_none(tmp_path: Path, damage: bytes) -> None:
    store = ReadingStore(tmp_path)
    store.put("ab" * 32, READING)
    [path] = list(tmp_path.rglob("*.json"))
    path.write_bytes(damage)
    assert store.get("ab" * 32) is None


def test_a_picture_is_read_once_and_never_again(tmp_path: Path) -> None:
    picture = tmp_path / "one.png"
    cv2.imwrite(str(picture), screen("hello", "world 42", width=320, height=160))
    pictures, store = {sha256_file(picture): picture}, ReadingStore(tmp_path / "store")

    [(key, first)] = read_pictures(pictures, store, workers=2, session="monday")
    assert key == sha256_file(picture)
    assert texts(first.lines) == ["hello", "world 42"]
    assert first.reader == reader_name()
    assert first.read_wall_ns > 1_000_000
    [stored] = (tmp_path / "store").rglob("*.json")

    # An old date shows a second write; a changed text, and no picture, show a second reading.
    value = json.loads(stored.read_text())
    value["lines"][0]["text"] = "from the store"
    stored.write_text(json.dumps(value))
    os.utime(stored, (1, 1))
    picture.unlink()
    [(_, second)] = read_pictures(
        pictures, ReadingStore(tmp_path / "store"), workers=2, session="monday"
    )
    assert texts(second.lines) == ["from the store", "world 42"]
    assert second.read_at_utc == first.read_at_utc
    assert stored.stat().st_mtime == 1
    assert [path.name for path in (tmp_path / "store").rglob("*.json")] == [stored.name]


def test_stored_readings_come_before_new_ones_and_need_no_engine(tmp_path: Path) -> None:
    store = ReadingStore(tmp_path)
    for key in ("aa" * 32, "bb" * 32):
        store.put(key, READING)
    waiting = {"cc" * 32: tmp_path / "absent", "aa" * 32: tmp_path / "x", "bb" * 32: tmp_path / "y"}
    found = read_pictures(waiting, store, workers=1, session="monday")
    assert [next(found)[0], next(found)[0]] == ["aa" * 32, "bb" * 32]
    found.close()


def test_nothing_to_read_is_no_work(tmp_path: Path) -> None:
    assert list(read_pictures({}, ReadingStore(tmp_path), workers=4, session="monday")) == []


@pytest.mark.parametrize("content", [b"", b"no picture"], ids=["empty", "text"])
def test_a_picture_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "00h00m01.000s.jpg"
    path.write_bytes(content)
    with pytest.raises(ScribebenchError, match=r"00h00m01\.000s\.jpg is not a picture"):
        read._read(path)


def test_a_reading_fills_its_row_of_the_table(tmp_path: Path) -> None:
    frame = {"frame_index": 7, "time_s": 3.5, "image_sha256": "ab", "image": "x", "kept": True}
    path = tmp_path / "text.parquet"
    write_table(path, TEXT, [text_row(frame, READING)])
    [row] = read_rows(path)
    assert (row["frame_index"], row["time_s"], row["image_sha256"]) == (7, 3.5, "ab")
    assert row["text"] == "Größe 日本"
    assert row["lines"][0]["right_px"] == 30.5
    assert (row["read_wall_ns"], row["read_at_utc"]) == (1_234_567, AT)


def test_an_empty_screen_has_no_text(tmp_path: Path) -> None:
    """The lines are none and the text is empty: it was read, and nothing was there."""
    reading = Reading([], reader_name(), 5, AT, "monday")
    row = text_row({"frame_index": 0, "time_s": 0.0, "image_sha256": "ab"}, reading)
    assert (row["text"], row["lines"]) == ("", [])
    assert plain(255).min() == 255
