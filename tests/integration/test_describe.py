"""A model behind a real llama-server describes the demo: every frame, in order, asked once."""

import itertools
import json
import os
import re
import signal
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from scribebench.backends.base import Frame
from scribebench.describe.images import prepare
from scribebench.tables import read_rows
from support.llama_server import llama_server
from support.recordings import COLOURS, write_colour_slides
from support.tiny_vlm import TinyVlm, expected_words
from support.workflow import Project, model_file, new_project

SENT = {"max_width_px": 640, "format": "jpeg"}
BLOCK = re.compile(r"window (\d+) with a (\w+) and (\w+) theme")
JOURNAL = "results/.state/requests/tiny.jsonl"


@pytest.mark.parametrize(("variant", "batch_size"), [("base", 8), ("batch-3", 3)])
def test_every_kept_frame_is_described_in_order(
    finished: Project, variant: str, batch_size: int
) -> None:
    run = finished.folder / "results" / "runs" / "demo" / "tiny" / variant
    kept = [row for row in frames(finished) if row["kept"]]
    said = read_rows(run / "descriptions.parquet")
    assert [row["frame_index"] for row in said] == [row["frame_index"] for row in kept]
    assert [row["slot"] for row in said] == [n % batch_size for n in range(len(kept))]

    certain = 0
    for row, frame in zip(said, kept, strict=True):
        slot, brightness, hue = BLOCK.search(row["visible"]).groups()
        assert int(slot) == row["slot"]
        assert row["apps"] == ["Terminal", "Editor"]
        assert row["topics"] == ["tinyvlm"]
        for word, expected in zip((brightness, hue), words_of(finished, frame), strict=True):
            certain += expected is not None
            assert expected in (None, word), f"frame {row['frame_index']} in slot {slot}"
    # Most screens are plain enough for the words to be certain; else this test would prove little.
    assert certain > len(kept)


def test_a_request_is_a_row_with_both_clocks(finished: Project) -> None:
    run = finished.folder / "results" / "runs" / "demo" / "tiny" / "base"
    warm_up, *rows = read_rows(run / "requests.parquet")
    assert (warm_up["warmup"], warm_up["image_count"], warm_up["speed_valid"]) == (True, 1, False)
    assert warm_up["output_tokens"] == 1
    assert [row["order_index"] for row in rows] == list(range(len(rows)))
    for row in rows:
        assert row["finish_reason"] == "stop"
        assert row["stream_complete"]
        assert row["speed_valid"]
        assert row["attempts"] == 1
        assert row["image_count"] == len(row["image_sha256"]) == len(row["frame_ts_s"])
        assert 0 < row["ttft_ns"] <= row["wall_ns"]
        assert 0 < row["srv_prompt_eval_ns"] + row["srv_eval_ns"] <= row["wall_ns"]
        assert row["decode_tps"] == pytest.approx(row["output_tokens"] / row["srv_eval_ns"] * 1e9)
        # Every picture costs tokens of its own: one that was dropped would be missing here.
        assert row["prompt_tokens"] > 250 * row["image_count"]
        assert row["images_fit"]
        assert row["image_tokens_expected"] > 200 * row["image_count"]
        assert row["image_tokens_measured"] == row["image_tokens_expected"]
        assert row["model_state_before"] == "warm"
        assert row["prompt_tokens_cached"] == 0
        assert row["n_ctx_effective"] == 32768
        assert row["srv_load_ns"] is None


def test_strong_colours_prove_the_order(tmp_path: Path, tiny_vlm: TinyVlm) -> None:
    """Adjacent pictures differ in both words, so a lost, moved or doubled one shows."""
    project = new_project(tmp_path / "colours", with_demo=False)
    (project.folder / "sessions" / "slides").mkdir()
    order = write_colour_slides(project.folder / "sessions" / "slides" / "slides.mp4")
    with llama_server(tiny_vlm, extra=("--alias", "tiny"), log=tmp_path / "log") as server:
        project.write("config/models/tiny.yaml", model_file(server.url, batch_size=5))
        project.select("tiny")
        project.finish("results/runs/slides/tiny/base/descriptions.parquet")
    run = project.folder / "results" / "runs" / "slides" / "tiny" / "base"
    said = [
        BLOCK.search(row["visible"]).groups() for row in read_rows(run / "descriptions.parquet")
    ]
    assert len(said) == len(order) > 10
    assert [words for _, *words in said] == [list(name) for name in order]
    assert set(order) == set(COLOURS)


def test_changed_code_asks_nothing_again_even_without_the_server(project: Project) -> None:
    before = (project.folder / JOURNAL).read_bytes()
    split = project.folder / "workflow_scripts" / "scribebench" / "grading" / "text.py"
    split.write_text(split.read_text() + "\nMORE = 1\n")
    jobs = project.planned()
    project.finish()  # the server is gone: a request would fail
    assert jobs["describe_frames"] == 3
    assert (project.folder / JOURNAL).read_bytes() == before
    run = project.folder / "results" / "runs" / "demo" / "tiny" / "base"
    assert not any(row["cache_hit"] for row in read_rows(run / "requests.parquet"))
    assert len(requests_of(project)) == len(read_rows(run / "requests.parquet")), "it warmed up"


def test_a_server_restarted_with_another_context_is_asked_nothing_again(
    finished: Project, tmp_path: Path, tiny_vlm: TinyVlm
) -> None:
    project = finished.copy_to(tmp_path / "restarted")
    before = (project.folder / JOURNAL).read_bytes()
    smaller = ("--alias", "tiny", "--ctx-size", "16384")
    with llama_server(tiny_vlm, extra=smaller, log=tmp_path / "server.log") as server:
        project.write("config/models/tiny.yaml", model_file(server.url))
        project.select("tiny")
        project.finish("results/report.md", "--forcerun", "describe_frames")
    assert (project.folder / JOURNAL).read_bytes() == before
    rows = requests_of(project)
    # The rows tell of the server that answered, not of the one that is there now.
    assert {row["n_ctx_effective"] for row in rows} == {32768}


def test_a_server_that_is_down_is_a_clear_error(project: Project) -> None:
    project.edit("config/models/tiny.yaml", "temperature: 0", "temperature: 0.5")
    outcome = project.run("--cores", "4", "results/report.md")
    assert outcome.status != 0
    assert "no server answers at http://127.0.0.1:" in outcome.text
    assert "start it" in outcome.text
    assert "Traceback" not in project.log("describe_frames", "demo/tiny/base")
    # The report that was finished before still stands.
    assert (project.folder / "results" / "report.md").is_file()


@pytest.mark.parametrize("how", ["interrupt", "kill"])
def test_stopped_in_the_middle_nothing_finished_is_asked_again(
    finished: Project, tmp_path: Path, tiny_vlm: TinyVlm, how: str
) -> None:
    project = finished.copy_to(tmp_path / "stopped")
    slow = ("--alias", "tiny", "--threads", "1")
    with llama_server(tiny_vlm, extra=slow, log=tmp_path / "server.log") as server:
        project.write("config/models/tiny.yaml", model_file(server.url, batch_size=1))
        project.select("tiny")
        journal = project.folder / JOURNAL
        journal.unlink()
        process = project.start("--cores", "4", "results/report.md")
        wait_until(lambda: count_lines(journal) >= 4 or process.poll() is not None)
        assert process.poll() is None, process.communicate()[0]
        if how == "interrupt":
            os.killpg(process.pid, signal.SIGINT)
        else:
            os.killpg(process.pid, signal.SIGKILL)
        text, _ = process.communicate(timeout=60)
        assert process.returncode != 0
        if how == "kill":
            assert project.run("--unlock").status == 0
        finished_keys = keys(journal)
        total = sum(row["kept"] for row in frames(project))
        assert 4 <= len(finished_keys) < total, text

        project.finish()
    asked = keys(journal)
    assert len(asked) == len(set(asked)), "a request was asked twice"
    assert asked[: len(finished_keys)] == finished_keys
    assert len(asked) == total
    rows = requests_of(project)
    assert len(rows) == total
    assert all(row["speed_valid"] for row in rows)


def test_a_torn_journal_line_is_asked_again_and_nothing_else(
    finished: Project, tmp_path: Path, tiny_vlm: TinyVlm
) -> None:
    project = finished.copy_to(tmp_path / "torn")
    journal = project.folder / JOURNAL
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-1]) + lines[-1][: len(lines[-1]) // 2])
    variants = "variants:\n  batch-3: {batch_size: 3}\n"
    with llama_server(tiny_vlm, extra=("--alias", "tiny"), log=tmp_path / "log") as server:
        project.write("config/models/tiny.yaml", model_file(server.url, variants=variants))
        project.finish()
    # The half line stays where it was torn; the request stands whole on a line of its own.
    assert len(keys(journal)) == len(lines)
    assert len(set(keys(journal))) == len(lines)


def test_gpu_jobs_run_one_at_a_time_without_flags(
    finished: Project, tmp_path: Path, tiny_vlm: TinyVlm
) -> None:
    project = finished.copy_to(tmp_path / "many")
    extra = ("--alias", "tiny", "--parallel", "4", "--ctx-size", "65536")
    names = [f"tiny-{number}" for number in range(3)]
    with llama_server(tiny_vlm, extra=extra, log=tmp_path / "server.log") as server:
        for name in names:
            project.write(f"config/models/{name}.yaml", model_file(server.url))
        project.select(*names)
        project.finish()
    spans = sorted(
        (
            row["t_start_utc"].timestamp(),
            row["t_start_utc"].timestamp() + row["wall_ns"] / 1e9,
            name,
        )
        for name in names
        for row in read_rows(project.folder / f"results/runs/demo/{name}/base/requests.parquet")
    )
    overlaps = [
        (first, second)
        for first, second in itertools.pairwise(spans)
        if second[0] < first[1] - 0.005 and first[2] != second[2]
    ]
    assert not overlaps
    # No job had to wait for the lock: it was Snakemake that ran them one after the other.
    for name in names:
        assert "waiting for" not in project.log("describe_frames", f"demo/{name}/base")


def test_jobs_of_two_checkouts_wait_for_each_other(
    finished: Project, tmp_path: Path, tiny_vlm: TinyVlm
) -> None:
    extra = ("--alias", "tiny", "--parallel", "2", "--ctx-size", "65536")
    with llama_server(tiny_vlm, extra=extra, log=tmp_path / "server.log") as server:
        pair = []
        for name in ("first", "second"):
            project = finished.copy_to(tmp_path / name)
            project.write("config/models/tiny-new.yaml", model_file(server.url, batch_size=1))
            project.select("tiny-new")
            pair.append(project)
        shared = {"SCRIBEBENCH_LOCKS": str(tmp_path / "shared locks")}
        target = "results/runs/demo/tiny-new/base/run.json"
        processes = [project.start("--cores", "2", target, **shared) for project in pair]
        for process in processes:
            text, _ = process.communicate(timeout=300)
            assert process.returncode == 0, text
    spans = []
    for project in pair:
        rows = read_rows(project.folder / "results/runs/demo/tiny-new/base/requests.parquet")
        starts = [row["t_start_utc"].timestamp() for row in rows]
        spans.append((min(starts), max(starts)))
    spans.sort()
    assert spans[0][1] < spans[1][0], "the two checkouts asked at the same time"
    logs = [project.log("describe_frames", "demo/tiny-new/base") for project in pair]
    assert sum("waiting for server-127.0.0.1-" in log for log in logs) == 1


def frames(project: Project) -> list[dict]:
    return read_rows(project.folder / "results" / "sessions" / "demo" / "frames.parquet")


def requests_of(project: Project) -> list[dict]:
    """Return the rows of what was asked about the demo's frames."""
    rows = read_rows(project.folder / "results/runs/demo/tiny/base/requests.parquet")
    return [row for row in rows if not row["warmup"]]


def words_of(project: Project, frame: dict) -> tuple[str | None, str | None]:
    """Return what the model must say of a frame, as it was sent."""
    picture = project.folder / "results" / "sessions" / "demo" / frame["image"]
    sent = prepare(Frame(frame["frame_index"], frame["time_s"], picture, ""), SENT)
    image = cv2.imdecode(np.frombuffer(sent.data, np.uint8), cv2.IMREAD_COLOR)
    return expected_words(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))


def count_lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.is_file() else 0


def keys(journal: Path) -> list[str]:
    found = []
    for line in journal.read_text().splitlines():
        try:
            found.append(json.loads(line)["key"])
        except ValueError:
            continue
    return found


def wait_until(condition, limit_s: float = 120) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)
