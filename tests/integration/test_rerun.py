"""Only what changed is done again: job counts of real dry runs over a finished run."""

import os
import re
import shutil
from pathlib import Path

import pytest

from support.recordings import write_colour_slides
from support.workflow import ROOT, Project

WRITE = {"write_page": 1, "write_recommendation": 1, "write_report": 1}
GATHER = {"build_tables": 1, "write_plan": 1, **WRITE}
REPORT = "workflow_scripts/scribebench/report/markdown.py"


def test_a_finished_run_has_nothing_to_do(project: Project) -> None:
    outcome = project.run("--cores", "4", "results/report.md")
    assert outcome.status == 0
    assert "Nothing to be done" in outcome.text


def test_a_new_session_runs_only_its_own_jobs(project: Project) -> None:
    folder = project.folder / "sessions" / "monday"
    folder.mkdir()
    recording = ROOT / "sessions" / "demo" / "recording.mp4"
    shutil.copy(recording, folder / "Screen Recording 2026-01-11 at 10.12.03\u202fAM.mp4")
    assert project.planned() == {
        "extract_frames": 1,
        "detect_scenes": 1,
        "dedup_frames": 1,
        "read_frames": 1,
        "describe_frames": 3,
        "grade_descriptions": 3,
        **GATHER,
    }


def test_a_setting_of_one_variant_runs_that_variant_only(project: Project) -> None:
    project.edit("config/models/tiny.yaml", "batch-3: {batch_size: 3}", "batch-3: {batch_size: 4}")
    outcome = project.run("-n", "results/report.md")
    assert outcome.jobs == {"describe_frames": 1, "grade_descriptions": 1, **GATHER}
    assert "variant=batch-3" in outcome.text


def test_a_prompt_runs_every_model_but_the_baseline(project: Project) -> None:
    project.edit("config/prompts/describe.md", "Describe every", "Please describe every")
    outcome = project.run("-n", "results/report.md")
    assert outcome.jobs == {"describe_frames": 2, "grade_descriptions": 2, **GATHER}
    assert "model=ocr-baseline" not in outcome.text


def test_an_imported_module_runs_what_imports_it(project: Project) -> None:
    append(project, "workflow_scripts/scribebench/frames/scenes.py", "\nMORE = 1\n")
    jobs = project.planned()
    assert jobs["detect_scenes"] == 1
    assert "extract_frames" not in jobs


def test_a_module_imported_by_an_imported_module_counts_too(project: Project) -> None:
    append(project, "workflow_scripts/scribebench/grading/text.py", "\nMORE = 1\n")
    assert project.planned() == {"describe_frames": 3, "grade_descriptions": 3, **GATHER}


def test_a_backend_runs_its_own_models_only(project: Project) -> None:
    append(project, "workflow_scripts/scribebench/backends/ocr.py", "\nMORE = 1\n")
    outcome = project.run("-n", "results/report.md")
    assert outcome.jobs == {"describe_frames": 1, "grade_descriptions": 1, **GATHER}
    assert "model=ocr-baseline" in outcome.text


def test_code_of_the_report_runs_the_report_only(project: Project) -> None:
    append(project, REPORT, "\nMORE = 1\n")
    assert project.planned() == {"write_page": 1, "write_report": 1}


def test_a_label_rewrites_the_report_only(project: Project) -> None:
    project.edit("config/models/tiny.yaml", "label: Tiny", "label: Tiny model")
    assert project.planned() == WRITE
    project.finish()
    assert "Tiny model" in (project.folder / "results" / "report.md").read_text()


def test_a_title_rewrites_the_report_only(project: Project) -> None:
    project.write("sessions/demo/session.yaml", "title: A day of work\n")
    assert project.planned() == WRITE


def test_the_order_of_keys_and_comments_run_nothing(project: Project) -> None:
    file = project.folder / "config" / "models" / "tiny.yaml"
    head, variants = file.read_text().split("variants:")
    lines = head.strip().splitlines()
    text = "# turned round\n" + "\n".join(reversed(lines)) + "\nvariants:" + variants
    file.write_text(text)
    assert project.planned() == {}


def test_touched_files_run_nothing(project: Project) -> None:
    touched = [
        "sessions/demo/recording.mp4",
        "config/prompts/describe.md",
        "config/models/tiny.yaml",
        "workflow_scripts/extract_frames.py",
        "workflow_scripts/describe_frames.py",
        REPORT,
        "results/sessions/demo/frames.parquet",
    ]
    for path in touched:
        assert (project.folder / path).is_file()
        (project.folder / path).touch()
    assert project.planned() == {}


def test_a_fresh_copy_of_the_tree_runs_nothing(finished: Project, tmp_path: Path) -> None:
    copy = finished.copy_to(tmp_path / "another place", keep_times=False)
    assert copy.planned() == {}


def test_a_threshold_decides_again_but_does_not_decode(project: Project) -> None:
    project.edit("config/config.yaml", "phash_distance: 2", "phash_distance: 12")
    jobs = project.planned()
    assert jobs["dedup_frames"] == 1
    assert "extract_frames" not in jobs
    assert "detect_scenes" not in jobs


def test_a_mask_decodes_its_own_session_again(project: Project) -> None:
    mask = "masks:\n  - {x: 0, y: 0, width: 100, height: 20}\n"
    project.write("sessions/demo/session.yaml", mask)
    assert project.planned()["extract_frames"] == 1


def test_a_run_that_is_no_longer_selected_leaves_the_report(project: Project) -> None:
    project.select("ocr-baseline")
    assert project.planned() == GATHER


def append(project: Project, path: str, text: str) -> None:
    file = project.folder / path
    file.write_text(file.read_text() + text)


def test_a_recording_replaced_by_an_older_one_is_noticed(project: Project) -> None:
    """`mv` and `cp -p` keep the date, which then lies before everything that was made."""
    recording = project.folder / "sessions" / "demo" / "recording.mp4"
    write_colour_slides(recording)
    os.utime(recording, (1_000_000_000, 1_000_000_000))
    jobs = project.planned()
    assert jobs["extract_frames"] == jobs["dedup_frames"] == 1


@pytest.mark.parametrize(
    "path",
    [
        "sessions/demo/selection.json",
        "sessions/demo/signals.parquet",
        "runs/demo/ocr-baseline/base/requests.parquet",
        "runs/demo/ocr-baseline/base/run.json",
    ],
)
def test_the_advice_for_a_damaged_result_mends_it(project: Project, path: str) -> None:
    result = project.folder / "results" / path
    result.write_bytes(b"")
    project.edit("config/config.yaml", "keepalive_s: 300", "keepalive_s: 50")
    project.select("ocr-baseline")
    outcome = project.run("--cores", "4", "results/report.md")
    if outcome.status == 0:  # nothing read it before it was made again
        assert result.stat().st_size > 0
        return
    pattern = rf"{re.escape(path)} is damaged .*; make it again: .*snakemake'? (.*)"
    advice = re.search(pattern, outcome.text)
    assert advice, outcome.text
    mended = project.run(*advice[1].split())
    assert mended.status == 0, mended.text
    assert result.stat().st_size > 0
