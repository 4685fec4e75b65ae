"""The benchmarks of describe_frames, on sessions of a few frames."""

import importlib.util
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest

from unit.places import ROOT

BENCHMARKS = ROOT / "benchmarks"
TINY = ("--width-px", "320")
UIDS = {"body-a": "a", "body-b": "b"}
ROWS = {"requests": [{"request_uid": uid} for uid in UIDS.values()]}
AGAIN, LEFT_OUT, MISSING, UNKNOWN, OTHER_ROWS = (
    "requests in the journal that were asked again",
    "requests that a process asked and ended without recording",
    "requests missing from finished runs",
    "requests that no run without kills asks",
    "finished runs of which requests differ from those of the run left alone",
)


def run(script: str, *options: str) -> list[dict[str, str]]:
    """The rows of all tables that a benchmark prints."""
    command = [sys.executable, BENCHMARKS / script, *TINY, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    rows, headings = [], None
    for line in done.stdout.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line:
            headings = None
        elif headings is None:
            headings = cells
        elif not cells[0].startswith("---"):
            rows.append(dict(zip(headings, cells, strict=True)))
    return rows


def test_the_overhead_is_measured() -> None:
    small, quick, large, *resumed = run(
        "describe_overhead.py",
        *("--frames", "4", "8", "--paces-s", "0.2", "0.05", "--batch-size", "2"),
        *("--finished", "20"),
    )
    assert [row["frames"] for row in (small, quick, large)] == ["4", "4", "8"]
    assert [row["requests"] for row in (small, quick, large)] == ["2", "2", "4"]
    assert [row["pace"] for row in (small, quick, large)] == ["0.2 s", "0.05 s", "0.05 s"]
    for row in (small, quick, large):
        [share] = [cell for name, cell in row.items() if name.startswith("server waits")]
        assert 0 < float(share.removesuffix("%")) < 100
        assert float(row["peak memory"].removesuffix(" MB")) > 10
        assert 0 < float(row["before the first request"].removesuffix(" s")) < 60
    assert [row["finished requests"] for row in resumed] == ["20", "4"]
    assert [row["asked again"] for row in resumed] == ["0", "0"]


def test_nothing_is_lost_by_kills() -> None:
    rows = run("kill_resume.py", "--kills", "5", "--frames", "6", "--pace-s", "0.05")
    counts = {row["what"]: int(row["count"]) for row in rows}
    assert counts["kills"] == 5
    assert counts["requests of a run"] == 6
    assert counts["requests that arrived"] >= 6 * counts["runs that were killed and then finished"]
    assert counts["most requests that one kill cost"] <= 1
    assert (counts[AGAIN], counts[LEFT_OUT], counts[MISSING]) == (0, 0, 0)
    assert not any(count for what, count in counts.items() if "differ" in what)


@pytest.fixture(scope="module")
def kill_resume() -> ModuleType:
    path = BENCHMARKS / "kill_resume.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:  # as for a script, its own folder is looked in
        patch.syspath_prepend(path.parent)
        patch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("bodies", "kept", "written", "broken"),
    [
        (["body-b"], ["a", "b"], ROWS, []),
        (["body-a", "body-b"], ["a", "b"], ROWS, [AGAIN]),
        (["body-b", "body-b"], ["a", "b"], ROWS, [AGAIN]),
        (["body-b"], ["a", "b"], {"requests": [{"request_uid": "a"}]}, [MISSING, OTHER_ROWS]),
        (["body-b"], ["a"], ROWS, [LEFT_OUT]),
        (["body-b", "body-c"], ["a", "b"], ROWS, [LEFT_OUT, UNKNOWN]),
    ],
    ids=["as it should be", "asked again", "asked twice", "missing", "not recorded", "unknown"],
)
def test_what_should_not_be_is_found(
    kill_resume: ModuleType,
    bodies: list[str],
    kept: list[str],
    written: dict[str, Any],
    broken: list[str],
) -> None:
    """A process that was killed when it had finished a; then another, under test."""
    lives = [
        kill_resume.Life(0.0, 5.0, True, frozenset(), frozenset("a")),
        kill_resume.Life(6.0, 9.0, False, frozenset("a"), frozenset(kept)),
    ]
    asked = [kill_resume.Asked("body-a", True, 1.0, 2.0), kill_resume.Asked("", False, 6.5, 6.6)]
    asked += [kill_resume.Asked(body, True, 7.0, 8.0) for body in bodies]
    counts = kill_resume.counted([kill_resume.Outcome(lives, written)], asked, UIDS, ROWS)
    failed = [one.what for one in counts if not one.holds]
    assert failed == broken
