"""Gathering the tables of all sessions and runs into one set."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from scribebench.errors import ScribebenchError
from scribebench.gather import GATHERED, gather
from scribebench.tables import (
    ATTRIBUTION,
    CRITERIA,
    DESCRIPTIONS,
    FRAMES,
    GRADES,
    REQUESTS,
    RUBRIC_ITEMS,
    read_rows,
    write_table,
)

RUNS = [("monday", "some", "base"), ("tuesday", "some", "base")]
RUBRIC = [("some", "base"), ("other", "base")]


def write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Two sessions with a run each, and one session and one run that are not selected."""
    tmp_path = tmp_path / "results"
    for number, (session, model, variant) in enumerate([*RUNS, ("old", "some", "base")]):
        key = {"session": session, "model": model, "variant": variant}
        folder = tmp_path / "sessions" / session
        frames = [{"frame_index": index, "kept": index == 0} for index in range(number + 1)]
        write_table(folder / "frames.parquet", FRAMES, frames)
        facts = {"recording": f"{session}.mp4", "codec": "h264", "missing_s": None, "notes": ["x"]}
        write_json(folder / "manifest.json", facts)
        chosen = {"kept_frames": 1, "sampled_frames": number + 1, "reasons": {"first": 1}}
        write_json(folder / "selection.json", chosen | {"scenes": 1})
        run = tmp_path / "runs" / session / model / variant
        write_table(run / "requests.parquet", REQUESTS, [key | {"wall_ns": number}])
        write_table(run / "descriptions.parquet", DESCRIPTIONS, [key | {"slot": number}])
        write_table(run / "grades.parquet", GRADES, [key | {"slot": number}])
        write_json(
            run / "run.json", key | {"run_id": session, "backend": "openai", "gpu_names": None}
        )
    for model in ("some", "other", "not-selected"):
        write_rubric(tmp_path / "rubric" / model / "base", model)
    return tmp_path


def write_rubric(folder: Path, model: str) -> None:
    """One question, answered rightly by one model; a control is answered wrongly by all."""
    key = {"model": model, "variant": "base", "question": "VL-T1-Q1", "item_variant": 0}
    asked = {"session": "rubric/questions", "experiment": "rubric", "wall_ns": 7}
    write_table(folder / "requests.parquet", REQUESTS, [asked | {"model": model}])
    score = 5.0 if model == "some" else 2.0
    items = [
        key | {"control": control, "score": score, "repeat_index": 0}
        for control, score in (("picture", score), ("grey", 1.0))
    ]
    write_table(folder / "items.parquet", RUBRIC_ITEMS, items)
    write_table(folder / "criteria.parquet", CRITERIA, [key | {"criterion_id": "exact_text"}])


def gathered(results: Path) -> Path:
    gather(results, ["monday", "tuesday"], RUNS, [], RUBRIC, results / "tables")
    return results / "tables"


def measure(results: Path, rule: str, subject: str, **facts: Any) -> None:
    write_json(results / "benchmarks" / rule / f"{subject}.jsonl", {"s": 1.5} | facts)


def test_every_table_is_written_with_its_schema(results: Path) -> None:
    tables = gathered(results)
    assert {path.stem for path in tables.iterdir()} == {table.name for table in GATHERED}
    for table in GATHERED:
        schema = pq.read_schema(tables / f"{table.name}.parquet")
        assert schema.equals(table.schema())
        assert schema.metadata[b"table"] == table.name.encode()


def test_rows_of_all_selected_sessions_and_runs_are_there_in_order(results: Path) -> None:
    tables = gathered(results)
    frames = read_rows(tables / "frames.parquet", ["session", "frame_index"])
    assert [tuple(row.values()) for row in frames] == [
        ("monday", 0),
        ("tuesday", 0),
        ("tuesday", 1),
    ]
    assert [row["wall_ns"] for row in read_rows(tables / "requests.parquet")] == [0, 1, 7, 7]
    assert [row["slot"] for row in read_rows(tables / "descriptions.parquet")] == [0, 1]
    assert [row["run_id"] for row in read_rows(tables / "runs.parquet")] == ["monday", "tuesday"]


def test_the_rubric_is_gathered_and_decided_for_those_who_were_asked(results: Path) -> None:
    tables = gathered(results)
    items = read_rows(tables / "rubric_items.parquet")
    assert [(row["model"], row["control"]) for row in items] == [
        *[("some", "picture"), ("some", "grey"), ("other", "picture"), ("other", "grey")]
    ]
    assert [row["model"] for row in read_rows(tables / "criteria.parquet")] == ["some", "other"]
    roles = read_rows(tables / "roles.parquet")
    assert [row["model"] for row in roles] == ["some"] * 3 + ["other"] * 3
    [pair] = read_rows(tables / "comparisons.parquet")
    assert (pair["model_a"], pair["model_b"], pair["n_items"]) == ("some/base", "other/base", 1)
    assert pair["diff"] == pytest.approx(3)


def test_a_session_that_is_called_rubric_has_its_stages_once(results: Path) -> None:
    (results / "sessions" / "monday").rename(results / "sessions" / "rubric")
    measure(results, "extract_frames", "rubric")
    measure(results, "draw_rubric", "rubric")
    measure(results, "ask_rubric", "some/base")
    gather(results, ["rubric"], RUNS[1:], [], RUBRIC, results / "tables")
    rows = read_rows(results / "tables" / "stages.parquet", ["rule", "subject"])
    assert [tuple(row.values()) for row in rows] == [
        ("extract_frames", "rubric"),
        ("draw_rubric", "rubric"),
        ("ask_rubric", "some/base"),
    ]


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("rubric/some/base/items.parquet", "grade_rubric"),
        ("rubric/other/base/criteria.parquet", "grade_rubric"),
        ("rubric/some/base/requests.parquet", "ask_rubric"),
    ],
)
def test_a_damaged_part_of_the_rubric_is_named_with_its_rule(
    results: Path, name: str, rule: str
) -> None:
    (results / name).write_bytes(b"PAR1")
    with pytest.raises(ScribebenchError) as caught:
        gathered(results)
    assert str(caught.value).endswith(f"results/report.md -R {rule}")


def test_a_session_has_the_facts_of_its_recording_and_of_its_frames(results: Path) -> None:
    first, second = read_rows(gathered(results) / "sessions.parquet")
    assert (first["session"], first["recording"], first["codec"]) == (
        "monday",
        "monday.mp4",
        "h264",
    )
    assert (second["sampled_frames"], second["kept_frames"], second["scenes"]) == (2, 1, 1)
    assert (first["missing_s"], first["duration_s"]) == (None, None)


@pytest.mark.parametrize(
    ("measured", "cpu_s", "memory_bytes"),
    [
        ({"cpu_time": 2.5, "max_rss": 100.5}, 2.5, 105_381_888),
        ({"cpu_time": 0.0, "max_rss": 0.0}, None, None),
        ({"cpu_time": None, "max_rss": None}, None, None),
        ({"cpu_time": "NA", "max_rss": "-"}, None, None),
        ({"cpu_time": float("nan"), "max_rss": float("nan")}, None, None),
        ({}, None, None),
    ],
    ids=["sampled", "zero", "null", "text", "nan", "absent"],
)
def test_what_snakemake_could_not_sample_is_unknown(
    results: Path, measured: dict[str, Any], cpu_s: float | None, memory_bytes: int | None
) -> None:
    measure(results, "extract_frames", "monday", **measured)
    [row] = read_rows(gathered(results) / "stages.parquet")
    assert row == {
        "rule": "extract_frames",
        "subject": "monday",
        "wall_s": 1.5,
        "cpu_s": cpu_s,
        "max_rss_bytes": memory_bytes,
    }


def test_stages_stand_in_the_order_in_which_they_run(results: Path) -> None:
    measure(results, "describe_frames", "monday/some/base")
    measure(results, "describe_frames", "old/some/base")
    measure(results, "read_frames", "tuesday")
    measure(results, "extract_frames", "tuesday")
    measure(results, "extract_frames", "monday")
    rows = read_rows(gathered(results) / "stages.parquet", ["rule", "subject"])
    assert [tuple(row.values()) for row in rows] == [
        ("extract_frames", "monday"),
        ("extract_frames", "tuesday"),
        ("read_frames", "tuesday"),
        ("describe_frames", "monday/some/base"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "sessions/monday/frames.parquet",
        "sessions/monday/manifest.json",
        "sessions/tuesday/selection.json",
        "runs/tuesday/some/base/requests.parquet",
        "runs/monday/some/base/run.json",
    ],
)
@pytest.mark.parametrize("damage", ["absent", "empty", "half"])
def test_a_damaged_part_is_named_with_the_mend(results: Path, name: str, damage: str) -> None:
    path = results / name
    data = path.read_bytes()
    path.write_bytes(b"" if damage == "empty" else data[: len(data) // 2])
    if damage == "absent":
        path.unlink()
    with pytest.raises(ScribebenchError) as caught:
        gathered(results)
    assert str(path) in str(caught.value)
    assert "results/report.md -R " in str(caught.value)


def test_what_grading_found_leaves_the_speeds(results: Path) -> None:
    """A loop is quick at saying nothing."""
    run = results / "runs" / "monday" / "some" / "base"
    key = {"session": "monday", "model": "some", "variant": "base"}
    asked = [
        key | {"request_uid": uid, "speed_valid": True, "speed_invalid_reasons": []}
        for uid in ("loops", "merges", "fine", "unknown")
    ]
    write_table(run / "requests.parquet", REQUESTS, asked)
    found = {
        "loops": ["loop", "truncated"],
        "merges": ["merged_frames"],
        "fine": [],
        "unknown": None,
    }
    grades = [key | {"request_uid": uid, "flags": flags} for uid, flags in found.items()]
    write_table(run / "grades.parquet", GRADES, grades)
    rows = {row["request_uid"]: row for row in read_rows(gathered(results) / "requests.parquet")}
    assert [rows[uid]["speed_valid"] for uid in found] == [False, True, True, True]
    assert rows["loops"]["speed_invalid_reasons"] == ["loop", "truncated"]


def test_rubbish_about_drawn_pictures_leaves_the_speeds_too(results: Path) -> None:
    key = {"model": "some", "variant": "base"}
    drawn = results / "canaries" / "batch-8" / "some" / "base"
    asked = results / "rubric" / "some" / "base"
    for folder in (drawn, asked):
        rows = [key | {"request_uid": uid, "speed_valid": True} for uid in ("sound", "rubbish")]
        write_table(folder / "requests.parquet", REQUESTS, rows)
    outcomes = [("sound", "omitted"), ("sound", "right"), ("rubbish", "omitted")]
    told = [key | {"request_uid": uid, "outcome": outcome} for uid, outcome in outcomes]
    write_table(drawn / "attribution.parquet", ATTRIBUTION, told)
    write_json(drawn / "run.json", key | {"run_id": "drawn"})
    scored = [
        key | {"question": "VL-T1-Q1", "control": "picture", "request_uid": uid, "flags": flags}
        for uid, flags in (("sound", []), ("rubbish", ["refusal"]))
    ]
    write_table(asked / "items.parquet", RUBRIC_ITEMS, scored)
    write_table(asked / "criteria.parquet", CRITERIA, [])
    write_json(asked / "run.json", key | {"run_id": "asked"})
    canaries, rubric = [(8, "some", "base")], [("some", "base")]
    gather(results, ["monday"], [], canaries, rubric, results / "tables")
    rows = read_rows(results / "tables" / "requests.parquet")
    assert [(row["request_uid"], row["speed_valid"]) for row in rows] == [
        *[("sound", True), ("rubbish", False)] * 2
    ]
    reasons = [row["speed_invalid_reasons"] for row in rows if not row["speed_valid"]]
    assert reasons == [["tells of no drawn frame"], ["refusal"]]
