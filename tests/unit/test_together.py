"""What descriptions say together: in segments of a truth, between models, joined for analysis."""

from pathlib import Path
from typing import Any

import pytest

from scribebench.gather import gather
from scribebench.grading.together import agreement_rows, segment_rows
from scribebench.tables import (
    AGREEMENT,
    DESCRIPTIONS,
    FRAMES,
    GRADES,
    REQUESTS,
    SAMPLES,
    SEGMENTS,
    read_rows,
    write_table,
)
from unit.test_gather import write_json

Row = dict[str, Any]
SAID = {"visible": None, "activity": None, "apps": None, "topics": None}


def key(model: str = "some", session: str = "monday") -> Row:
    return {"session": session, "model": model, "variant": "base"}


def judged(segment: int | None, found: list[str], missing: list[str], **changes: Any) -> Row:
    truth = {"truth_segment": segment, "truth_app_named": True}
    strings = {"truth_key_strings_found": found, "truth_key_strings_missing": missing}
    topics = {"truth_topics_found": [], "truth_topics_missing": []}
    return key() | truth | strings | topics | changes


def said(model: str, frame: int, text: str | None) -> Row:
    return key(model) | SAID | {"frame_index": frame, "text": text}


def test_a_key_string_counts_when_any_description_of_its_segment_names_it(tmp_path: Path) -> None:
    rows = [
        judged(0, ["a.py"], ["b.py", "c.py"]),
        judged(0, ["b.py"], ["a.py", "c.py"], truth_app_named=False),
        judged(1, [], []),
        judged(None, [], []) | {"truth_key_strings_found": None},
    ]
    found = list(segment_rows(rows))
    write_table(tmp_path / "segments.parquet", SEGMENTS, found)
    first, second = read_rows(tmp_path / "segments.parquet")
    assert (first["segment"], first["frames"], first["app_told"], first["app_named"]) == (
        0,
        2,
        2,
        1,
    )
    assert first["key_strings_found"] == ["a.py", "b.py"]
    assert first["key_strings_missing"] == ["c.py"]
    assert first["key_strings_share"] == pytest.approx(2 / 3)
    assert (second["segment"], second["key_strings_share"]) == (1, None)


def test_a_recording_without_truth_has_no_segments() -> None:
    assert list(segment_rows([judged(None, [], [])])) == []


def test_the_frame_on_which_models_differ_comes_first(tmp_path: Path) -> None:
    rows = [
        said("some", 0, "A terminal with `make test` in ~/src/relay."),
        said("other", 0, "The terminal shows `make test` in ~/src/relay."),
        said("some", 1, "The editor shows parser.py, line 40."),
        said("other", 1, "A browser with the page orders.html of shop.example."),
        said("some", 2, "The editor shows lexer.py."),
        said("other", 2, None),
    ]
    found = list(agreement_rows(rows))
    write_table(tmp_path / "agreement.parquet", AGREEMENT, found)
    alike, apart, alone = read_rows(tmp_path / "agreement.parquet")
    assert apart["dispute_rank"] == 1
    assert alike["similarity"] > 0.8 > 0.4 > apart["similarity"]
    assert (apart["run_a"], apart["run_b"]) == ("other/base", "some/base")
    assert "parser.py" in apart["only_b"]
    assert "orders.html" in apart["only_a"]
    assert (alone["runs"], alone["similarity"], alone["dispute_rank"]) == (1, None, None)


def test_models_are_compared_on_frames_of_the_same_session_only() -> None:
    rows = [said("some", 0, "parser.py"), said("other", 0, "orders.html") | {"session": "tuesday"}]
    assert [row["runs"] for row in agreement_rows(rows)] == [1, 1]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A session that a model and the baseline describe."""
    session = tmp_path / "sessions" / "monday"
    write_table(session / "frames.parquet", FRAMES, [])
    write_json(session / "manifest.json", {"recording": "a.mp4"})
    write_json(session / "selection.json", {"kept_frames": 2, "sampled_frames": 2, "scenes": 1})
    for model, backend in (("some", "openai"), ("ocr-baseline", "ocr")):
        folder = tmp_path / "runs" / "monday" / model / "base"
        request = key(model) | {"request_uid": "u", "wall_ns": 7, "speed_valid": True}
        write_table(folder / "requests.parquet", REQUESTS, [request])
        rows = [
            said(model, frame, f"frame {frame}") | {"request_uid": "u", "slot": slot}
            for slot, frame in enumerate((3, 9))
        ]
        write_table(folder / "descriptions.parquet", DESCRIPTIONS, rows)
        grades = [
            key(model)
            | {"request_uid": "u", "slot": 1 - slot, "frame_index": frame}
            # In another order, as a table of another tool may be.
            | {"apps": ["Terminal"], "specifics_invented": frame}
            for slot, frame in enumerate((9, 3))
        ]
        write_table(folder / "grades.parquet", GRADES, grades)
        write_json(folder / "run.json", key(model) | {"run_id": model, "backend": backend})
    return tmp_path


def gathered(results: Path, name: str) -> list[Row]:
    runs = [("monday", "some", "base"), ("monday", "ocr-baseline", "base")]
    gather(results, ["monday"], runs, [], [], results / "tables")
    return read_rows(results / "tables" / f"{name}.parquet")


def test_a_sample_has_description_grade_and_request(results: Path) -> None:
    rows = gathered(results, "samples")
    assert [(row["model"], row["frame_index"]) for row in rows] == [
        *[("some", 3), ("some", 9), ("ocr-baseline", 3), ("ocr-baseline", 9)]
    ]
    for row in rows:
        assert row["specifics_invented"] == row["frame_index"]
        assert (row["text"], row["wall_ns"]) == (f"frame {row['frame_index']}", 7)
        assert (row["apps"], row["graded_apps"]) == (None, ["Terminal"])
    assert {column.name for column in SAMPLES.columns} == set(rows[0])


def test_a_frame_without_grade_or_request_is_a_sample_all_the_same(results: Path) -> None:
    folder = results / "runs" / "monday" / "some" / "base"
    write_table(folder / "grades.parquet", GRADES, [])
    write_table(folder / "requests.parquet", REQUESTS, [])
    first = gathered(results, "samples")[0]
    assert (first["text"], first["specifics_invented"], first["wall_ns"]) == ("frame 3", None, None)


def test_the_baseline_is_compared_with_nobody(results: Path) -> None:
    assert [row["runs"] for row in gathered(results, "agreement")] == [1, 1]
