"""A run that breaks leaves a report of what was finished, with each failure and its mend."""

import json
import re
from pathlib import Path

import pytest

from scribebench.tables import read_rows
from support.workflow import Project, model_file
from unit.scripted_server import ASK, Answer, Scripted, as_json, as_stream, scripted

SAID = as_stream({"choices": [{"delta": {"content": "a terminal"}, "finish_reason": "stop"}]})
HOSTILE = "<script>alert(1)</script> `` ``` | [x](http://evil.example) \x1b[31m \u202e"
FAILED = "describe_frames`: demo / some / base"


def partial(project: Project) -> Path:
    return project.folder / "results" / "partial"


def add_broken_model(project: Project, server: Scripted) -> None:
    """A model whose server is there when it is looked at, and fails when it is asked."""
    text = model_file(server.url, label="Some").replace("tag: tiny", "tag: some")
    project.write("config/models/some.yaml", text)
    project.select("ocr-baseline", "tiny", "some")


def test_what_was_finished_is_reported_until_the_rest_is_mended(project: Project) -> None:
    results = project.folder / "results"
    report, plan = results / "report.md", results / "plan.md"
    before = report.read_bytes()
    with scripted(ask=Answer(503, [HOSTILE])) as server:
        add_broken_model(project, server)
        outcome = project.run("--cores", "4", "results/report.md")
        assert outcome.status == 1
        assert "results/partial/report.md" in outcome.text
        # Snakemake's own message stands, and no real target was touched.
        assert "At least one job did not complete successfully" in outcome.text
        assert report.read_bytes() == before
        assert not (results / ".partial").exists()

        text = (partial(project) / "report.md").read_text(encoding="utf-8")
        assert text.startswith("# Incomplete report\n\n**This report is incomplete: ")
        assert FAILED in text
        mend = re.search(
            r"^.*snakemake'? --cores 4 results/runs/demo/some/base/\S+ -R describe_frames$",
            text,
            re.M,
        )
        assert mend, text
        assert r"demo / some / base: it failed, or waits for what failed" in text
        assert f"the server at {server.url} failed 4 times" in text.replace("&#58;", ":")
        # What was finished is there as in any report.
        assert "# Scribebench report" in text
        assert "Tiny" in text
        tables = partial(project) / "tables"
        rows = read_rows(tables / "runs.parquet", ["model", "variant"])
        assert rows == [
            {"model": "ocr-baseline", "variant": "base"},
            {"model": "tiny", "variant": "base"},
        ]
        assert len(read_rows(tables / "descriptions.parquet")) > 0
        # The log's text is shown inside of fences only, and nothing acts there.
        outside = re.sub(r"^(`{3,})text\n.*?^\1$", "", text, flags=re.M | re.S)
        assert "<script>" in text
        assert "<script>" not in outside
        assert not re.search(r"[\x1b\u202e]", text)
        assert str(project.folder) not in text

        # The same start fails again, and with a target that is no report it stays.
        project.finish("results/sessions/demo/frames.parquet", "--forcerun", "dedup_frames")
        assert partial(project).is_dir()

        server.script[ASK] = [SAID]
        project.finish()
    assert not partial(project).exists()
    assert report.read_bytes() != before
    assert "Some" in report.read_text()
    # What was planned of it was stored when it failed, and is compared now.
    [row] = [
        row for row in read_rows(results / "tables" / "plans.parquet") if row["model"] == "some"
    ]
    facts = json.loads((results / "runs/demo/some/base/run.json").read_text())
    assert row["frames_actual"] == facts["frames"] == row["frames_planned"]
    assert (row["basis"], row["ratio"]) == ("unknown", None)
    assert "Planned against actual" in plan.read_text()


def test_the_mend_that_is_told_mends_it(project: Project) -> None:
    """Without any report: none appears, and the partial one goes when what failed is made."""
    results = project.folder / "results"
    (results / "report.md").unlink()
    with scripted(ask=as_json({"error": "no"}, 404)) as server:
        add_broken_model(project, server)
        assert project.run("--cores", "4", "results/report.md").status == 1
        assert not (results / "report.md").exists()
        text = (partial(project) / "report.md").read_text(encoding="utf-8")
        mends = re.findall(
            r"^.*snakemake'? (--cores 4 results/(?:runs|probe)\S+ -R \w+)$", text, re.M
        )
        server.script[ASK] = [SAID]
        for mend in mends:
            assert partial(project).exists()
            outcome = project.run(*mend.split())
            assert outcome.status == 0, outcome.text
    assert mends
    assert not partial(project).exists()
    assert not (results / "report.md").exists()


@pytest.mark.parametrize(
    ("name", "rule"), [("grades.parquet", "grade_descriptions"), ("run.json", "describe_frames")]
)
def test_a_damaged_file_is_named_and_its_run_left_out(
    project: Project, name: str, rule: str
) -> None:
    run = Path("results/runs/demo/tiny/batch-3")
    path = project.folder / run / name
    path.write_bytes(path.read_bytes()[:40])
    outcome = project.run("--cores", "4", "results/report.md", "-R", "build_tables")
    assert outcome.status == 1
    text = (partial(project) / "report.md").read_text(encoding="utf-8")
    assert "### `build_tables`" in text
    [line] = [line for line in text.splitlines() if line.startswith("- demo / tiny / batch-3: ")]
    assert f"{run}/{name} is damaged" in line.replace("\\", "")
    mend = re.search(r"snakemake'? (.*)`$", line)
    assert mend and mend[1] == f"--cores 4 {run}/{name} -R {rule}"
    rows = read_rows(partial(project) / "tables" / "runs.parquet", ["model", "variant"])
    assert [tuple(row.values()) for row in rows] == [("ocr-baseline", "base"), ("tiny", "base")]


def test_a_fault_inside_leaves_snakemakes_own_message(project: Project) -> None:
    path = project.folder / "results/runs/demo/tiny/batch-3/run.json"
    path.write_text("{")
    (project.folder / "results" / ".partial").write_text("in the way")
    outcome = project.run("--cores", "4", "results/report.md", "-R", "build_tables")
    assert outcome.status == 1
    assert re.search(r"^no results/partial/report.md: FileExistsError: .*$", outcome.text, re.M)
    assert "Traceback" not in outcome.text
    assert "At least one job did not complete successfully" in outcome.text
