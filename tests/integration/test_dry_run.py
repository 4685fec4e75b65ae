"""A dry run ends with hours for each candidate, and results/plan.md says the same."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scribebench.tables import read_rows
from support.workflow import ROOT, Project, clean_environment


def plan_of(text: str) -> dict[str, list[str]]:
    """Return the cells of the printed plan by candidate; fail if the output does not end in it."""
    tail = text.rsplit("\nPlan for ", 1)[1]
    rows = [re.split(r"  +", line.strip()) for line in tail.strip().splitlines()[2:]]
    return {row[0]: row[1:] for row in rows}


@pytest.mark.parametrize("options", [(), ("--quiet",), ("--quiet", "rules", "progress")])
def test_a_dry_run_ends_with_the_plan(project: Project, options: tuple[str, ...]) -> None:
    project.select("ocr-baseline", "tiny", "qwen3-vl-4b", "qwen3-vl-2b-gguf")
    outcome = project.run("results/report.md", "-n", *options)
    assert outcome.status == 0, outcome.text
    plan = plan_of(outcome.text)
    kept = project_frames(project)
    assert list(plan) == ["ocr-baseline", "tiny", "qwen3-vl-4b", "qwen3-vl-2b-gguf", "all"]
    assert plan["tiny"][0] == str(kept)
    assert plan["tiny"][3] == "done"
    assert plan["tiny"][4].startswith(f"measured here (n = {kept} frames)")
    assert plan["qwen3-vl-4b"][4].startswith("prior (seed 000")
    hours = -(-kept // 8) * 104 / 3600
    assert plan["qwen3-vl-4b"][2] == f"~{hours * 60:.0f} min (-)"
    assert plan["qwen3-vl-2b-gguf"][2:] == ["unknown", "unknown", "unknown (never measured)"]
    assert plan["all"][2].endswith("+ unknown")


def test_with_nothing_to_do_the_plan_is_shown_too(project: Project) -> None:
    outcome = project.run("-n", "results/report.md")
    assert "Nothing to be done" in outcome.text
    plan = plan_of(outcome.text)
    assert list(plan) == ["ocr-baseline", "tiny", "tiny/batch-3", "all"]
    assert all("done" in cells for cells in plan.values())


def test_the_page_says_the_same(project: Project) -> None:
    project.select("ocr-baseline", "tiny/batch-3", "qwen3-vl-4b/batch-5")
    shown = plan_of(project.run("-n", "results/plan.md").text)
    project.finish("results/plan.md")
    page = (project.folder / "results" / "plan.md").read_text()
    table = page.split("\n\n")[2].splitlines()[2:]
    lines = [line.strip("|").replace("\\", "").split("|") for line in table]
    cells = [[cell.strip() for cell in line] for line in lines]
    assert {name: row for name, *row in cells if name != "all"} == {
        name: row for name, row in shown.items() if name != "all"
    }


def test_a_plan_by_itself_needs_no_model(empty_project: Callable[[], Project]) -> None:
    project = empty_project()
    shutil.copytree(ROOT / "sessions" / "demo", project.folder / "sessions" / "demo")
    project.select("qwen3-vl-4b")
    assert set(project.planned("results/plan.md")) == {
        "extract_frames",
        "detect_scenes",
        "dedup_frames",
        "write_plan",
    }
    project.finish("results/plan.md")
    assert "prior" in (project.folder / "results" / "plan.md").read_text()
    assert project.planned("results/plan.md") == {}


def test_frames_that_are_not_extracted_are_estimated_from_the_length(
    empty_project: Callable[[], Project],
) -> None:
    project = empty_project()
    shutil.copytree(ROOT / "sessions" / "demo", project.folder / "sessions" / "demo")
    project.write("sessions/broken/broken.mp4", "no video")
    text = project.run("-n", "results/report.md").text
    assert plan_of(text)["ocr-baseline"][0] == "unknown"
    shutil.rmtree(project.folder / "sessions" / "broken")
    # 105 s at the 182 frames that were kept of the 1,776 s of seed 000.
    assert plan_of(project.run("-n", "results/report.md").text)["ocr-baseline"][0] == "~11"


def test_the_seeds_own_case_gives_the_seeds_own_hours(project: Project) -> None:
    """1,776 frames at batch 3, 5, 8 and 20: 8.2, 6.7, 6.4 and 8.4 hours, and 29.8 in all."""
    selection = project.folder / "results" / "sessions" / "demo" / "selection.json"
    selection.write_text(json.dumps(json.loads(selection.read_text()) | {"kept_frames": 1776}))
    names = ["qwen3-vl-4b/batch-3", "qwen3-vl-4b/batch-5", "qwen3-vl-4b", "qwen3-vl-4b/batch-20"]
    project.select(*names)
    plan = plan_of(project.run("-n", "results/report.md").text)
    assert [plan[name][1] for name in names] == ["592", "356", "222", "89"]
    shown = ["~8.2 h (-)", "~6.7 h (-)", "~6.4 h (-)", "~8.4 h (-)"]
    assert [plan[name][2] for name in names] == [plan[name][3] for name in names] == shown
    assert all(plan[name][4].startswith("prior (seed 000, ") for name in names)
    assert plan["all"] == [str(592 + 356 + 222 + 89), "~29.8 h (-)", "~29.8 h (-)"]


def test_what_is_due_again_is_planned_with_its_interval(project: Project) -> None:
    """From the requests of this machine: of several, by their spread; the page says so, too."""
    outcome = project.run("-n", "results/report.md", "-R", "describe_frames")
    plan = plan_of(outcome.text)
    for name in ("ocr-baseline", "tiny/batch-3"):
        for cell in plan[name][2:4]:
            shown = re.fullmatch(r"~(\d+) (s|min) \((\d+)-(\d+)\)", cell)
            assert shown, cell
            assert int(shown[3]) <= int(shown[1]) <= int(shown[4])
        assert plan[name][4].startswith("measured here (n = ")
    page = (project.folder / "results" / "plan.md").read_text()
    for heading in ("What the choice of frames saves", "Batch sizes", "Planned against actual"):
        assert f"\n## {heading}\n" in page


def test_a_start_stores_what_it_plans_and_a_dry_run_does_not(project: Project) -> None:
    results = project.folder / "results"
    stored = (results / ".state" / "plans.jsonl").read_text()
    plans = [json.loads(line) for line in stored.splitlines() if line]
    runs = {("ocr-baseline", "base"), ("tiny", "base"), ("tiny", "batch-3")}
    assert {(plan["model"], plan["variant"]) for plan in plans} == runs
    assert {(plan["session"], plan["basis"]) for plan in plans} == {("demo", "unknown")}
    rows = read_rows(results / "tables" / "plans.parquet")
    assert {(row["model"], row["variant"]) for row in rows} == runs
    assert all(row["frames_actual"] == project_frames(project) for row in rows)
    assert all(row["actual_h"] > 0 and row["planned_h"] is None for row in rows)
    project.run("-n", "results/report.md", "-R", "describe_frames")
    assert (results / ".state" / "plans.jsonl").read_text() == stored


def test_a_start_imports_nothing_heavy(project: Project) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "snakemake", "--cores", "1"]
    done = subprocess.run(
        [*command, "results/report.md"],
        cwd=project.folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Nothing to be done" in done.stderr
    imported = set(re.findall(r"\| +([\w.]+)$", done.stderr, re.M))
    assert "scribebench.project.workspace" in imported
    assert not imported & {"av", "cv2", "pyarrow", "scenedetect", "httpx", "onnxruntime"}


def project_frames(project: Project) -> int:
    selection = Path(project.folder / "results" / "sessions" / "demo" / "selection.json")
    return json.loads(selection.read_text())["kept_frames"]
