"""Models are probed before they describe; a broken one is refused, and the report says so."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest

from scribebench.tables import read_rows
from support.llama_server import EXACT_ARITHMETIC, find_llama_server
from support.tiny_vlm import TinyVlm, build
from support.workflow import Project, new_project
from unit.fake_backend import RIGHT_REPLY
from unit.scripted_server import MODELS

WRITE = {"write_page": 1, "write_recommendation": 1, "write_report": 1}
GATHER = {"build_tables": 1, "write_plan": 1, **WRITE}
RUBBISH = "zq ||| <b>xx</b> zq zq"
DESCRIPTION = "".join(f"### Screenshot {n}\n1. Visible: a terminal.\n" for n in range(8))


@dataclass
class Answering:
    """An OpenAI-style server that runs: what it says at the gate, and what it was asked."""

    url: str
    at_the_gate: str = RIGHT_REPLY
    asked: list[str] = field(default_factory=list)
    # After so many rounds at the gate it answers rightly.
    mended_after: int | None = None

    def says_at_the_gate(self) -> str:
        rounds = sum("two squares" in text for text in self.asked)
        is_mended = self.mended_after is not None and rounds > self.mended_after
        return RIGHT_REPLY if is_mended else self.at_the_gate


@contextmanager
def answering(at_the_gate: str = RIGHT_REPLY) -> Iterator[Answering]:
    """Serve a model that answers the gate in this way, and describes screenshots rightly."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/v1/models"
            self._send(json.dumps(MODELS) if known else "{}", 200 if known else 404)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            content = body["messages"][0]["content"]
            text = "".join(part["text"] for part in content if part["type"] == "text")
            running.asked.append(text)
            said = running.says_at_the_gate() if "two squares" in text else DESCRIPTION
            images = sum(part["type"] == "image_url" for part in content)
            events = [
                {"choices": [{"index": 0, "delta": {"content": said}, "finish_reason": None}]},
                {
                    "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
                    "usage": {"prompt_tokens": 220 * images + len(text.split())},
                },
            ]
            lines = [f"data: {json.dumps(event)}\n\n" for event in events]
            self._send("".join([*lines, "data: [DONE]\n\n"]), 200)

        def log_message(self, *args: object) -> None:
            pass

        def _send(self, text: str, status: int) -> None:
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    running = Answering(f"http://127.0.0.1:{server.server_port}", at_the_gate)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()


def model(url: str, more: str = "") -> str:
    return (
        f"label: Some\nbackend: openai\nurl: {url}\ntag: some\nbatch_size: 8\n"
        f"image: {{max_width_px: 640, format: jpeg}}\n{more}"
    )


def probe_of(project: Project, model: str, variant: str = "base") -> dict[str, Any]:
    path = project.folder / "results" / "probe" / model / variant / "probe.json"
    return json.loads(path.read_text(encoding="utf-8"))


def run_of(project: Project, model: str) -> Path:
    return project.folder / "results" / "runs" / "demo" / model / "base"


def facts_of(project: Project, model: str) -> dict[str, Any]:
    return json.loads((run_of(project, model) / "run.json").read_text(encoding="utf-8"))


def section(project: Project) -> str:
    report = (project.folder / "results" / "report.md").read_text(encoding="utf-8")
    return report.partition("## What the probes found\n")[2].partition("\n## ")[0]


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, list[str]]:
    """The demo, described by a model that works, and what was asked; its server is gone by now.

    Tests must not change this one.
    """
    project = new_project(tmp_path_factory.mktemp("described") / "scribe bench")
    with answering() as server:
        project.write("config/models/some.yaml", model(server.url))
        project.select("some")
        project.finish()
    return project, server.asked


@pytest.fixture
def copy(described: tuple[Project, list[str]], tmp_path: Path) -> Project:
    return described[0].copy_to(tmp_path / "scribe bench")


def test_a_model_that_works_is_probed_and_describes(described: tuple[Project, list[str]]) -> None:
    project, asked = described
    found = probe_of(project, "some")
    assert (found["verdict"], found["gate_reply"]["content"]) == ("works", RIGHT_REPLY)
    assert found["identity"]["model_id"] == "some"
    [size] = found["image_tokens"]
    assert (size["width_px"], size["height_px"], size["tokens"]) == (640, 360, 220)
    rows = read_rows(run_of(project, "some") / "descriptions.parquet")
    assert {row["visible"] for row in rows} == {"a terminal."}
    facts = facts_of(project, "some")
    assert (facts["status"], facts["broken"]) == ("described", None)
    assert "| Some | works | 640x360: 220 |" in section(project)
    # Whether it sees was asked before anything else was, and once: describing takes the answer.
    assert [at for at, text in enumerate(asked) if "two squares" in text] == [0]
    requests = read_rows(run_of(project, "some") / "requests.parquet")
    assert all(row["images_fit"] for row in requests if not row["warmup"])


def test_a_probe_made_anew_describes_nothing_anew(copy: Project) -> None:
    """It is for the report only: what a model said stands."""
    forced = copy.planned("results/report.md", "-R", "probe_model")
    assert forced == {"probe_model": 1, **GATHER}
    other = probe_of(copy, "some") | {"cold_load_ns": [5, 6, 7]}
    copy.write("results/probe/some/base/probe.json", json.dumps(other))
    assert copy.planned() == GATHER
    copy.finish()
    [row] = read_rows(copy.folder / "results" / "tables" / "probes.parquet")
    assert row["cold_load_ns"] == [5, 6, 7]


def test_only_settings_that_bear_on_it_probe_anew(copy: Project) -> None:
    copy.edit("config/models/some.yaml", "batch_size: 8", "batch_size: 4\ntimeout_s: 77")
    assert copy.planned() == {"describe_frames": 1, "grade_descriptions": 1, **GATHER}
    copy.edit("config/models/some.yaml", "batch_size: 4", "batch_size: 4\nthink: false")
    assert copy.planned() == {
        "probe_model": 1,
        "describe_frames": 1,
        "grade_descriptions": 1,
        **GATHER,
    }


def test_a_server_that_is_gone_leaves_the_last_probe_of_these_settings(copy: Project) -> None:
    before = (copy.folder / "results/probe/some/base/probe.json").read_text()
    target = "results/probe/some/base/probe.json"
    copy.finish(target, "-R", "probe_model")
    assert (copy.folder / target).read_text() == before
    assert "the last probe of these settings is used" in copy.log("probe_model", "some/base")
    # One of other settings is no probe of these.
    last = copy.folder / "results" / ".state" / "probes" / "some" / "base.json"
    last.write_text(json.dumps(json.loads(before) | {"settings": {}}))
    outcome = copy.run("--cores", "2", target, "-R", "probe_model")
    assert outcome.status != 0
    assert "no server answers at" in copy.log("probe_model", "some/base")


def test_a_model_that_answers_rubbish_is_asked_about_no_frame(copy: Project) -> None:
    with answering(RUBBISH) as server:
        copy.write("config/models/rubbish.yaml", model(server.url))
        copy.select("rubbish")
        copy.finish()
    assert not any("Screenshot" in text for text in server.asked)
    assert probe_of(copy, "rubbish")["verdict"] == "broken_backend"
    facts = facts_of(copy, "rubbish")
    assert facts["status"] == "broken_backend"
    assert facts["broken"].startswith("did not read a large word, did not tell red from")
    assert (facts["requests"], facts["frames"], facts["model_id"]) == (0, 0, "some")
    for table in ("requests", "descriptions"):
        assert read_rows(run_of(copy, "rubbish") / f"{table}.parquet") == []
    assert not (copy.folder / "results/.state/requests/rubbish.jsonl").exists()
    log = copy.log("describe_frames", "demo/rubbish/base")
    assert "nothing more was asked: the model did not read a large word" in log
    assert "probe: warn" in log
    report = (copy.folder / "results" / "report.md").read_text(encoding="utf-8")
    assert "its backend is broken" in report.partition("## What the probes found")[0]
    told = section(copy)
    assert "| Some | broken |" in told
    assert "zq" in told.partition("it answered")[2]
    assert "<b>" not in report


@pytest.fixture
def broken(copy: Project) -> Iterator[tuple[Project, Answering]]:
    """A model that did not pass the gate, and its server."""
    with answering(RUBBISH) as server:
        copy.write("config/models/broken.yaml", model(server.url))
        copy.select("broken")
        copy.finish("results/runs/demo/broken/base/run.json")
        assert facts_of(copy, "broken")["status"] == "broken_backend"
        yield copy, server


def test_probe_and_runs_of_one_start_do_not_contradict_each_other(copy: Project) -> None:
    """A model that is right now and wrong then has one verdict, the first one."""
    with answering(RUBBISH) as server:
        server.mended_after = 2
        copy.write("config/models/moody.yaml", model(server.url))
        copy.select("moody")
        copy.finish()
        assert probe_of(copy, "moody")["verdict"] == facts_of(copy, "moody")["status"]
        # In another start it is asked again.
        copy.finish("-R", "probe_model", "describe_frames")
    assert (probe_of(copy, "moody")["verdict"], facts_of(copy, "moody")["status"]) == (
        "works",
        "described",
    )


def test_variants_that_differ_in_their_batches_are_probed_once(copy: Project) -> None:
    more = "variants: {one: {batch_size: 1}, wide: {image: {max_width_px: 320}}}\n"
    targets = [f"results/probe/many/{name}/probe.json" for name in ("base", "one", "wide")]
    with answering() as server:
        copy.write("config/models/many.yaml", model(server.url, more))
        copy.finish(*targets)
        asked = len(server.asked)
        # The gate's picture is the same for all; what pictures of their own cost is not.
        assert sum("two squares" in text for text in server.asked) == 1
        copy.finish(*targets, "-R", "probe_model")
        assert len(server.asked) == 2 * asked
    assert probe_of(copy, "many", "one") == probe_of(copy, "many")
    assert probe_of(copy, "many", "wide") != probe_of(copy, "many")


def test_a_model_that_was_mended_describes(broken: tuple[Project, Answering]) -> None:
    """A chat template or a vision encoder can be mended while all that a server tells stays."""
    project, server = broken
    server.at_the_gate = RIGHT_REPLY
    project.finish("results/runs/demo/broken/base/run.json", "-R", "describe_frames")
    assert facts_of(project, "broken")["status"] == "described"


def test_a_broken_model_is_asked_when_its_file_says_so(broken: tuple[Project, Answering]) -> None:
    project, server = broken
    project.write("config/models/broken.yaml", model(server.url, "probe: warn\n"))
    project.finish()
    facts = facts_of(project, "broken")
    assert (facts["status"], facts["broken"]) == ("described", None)
    assert facts["requests"] > 0
    assert "| Some | broken |" in section(project)


# --- a real server -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two variants of a constructed mixture of experts, probed with servers started for it.

    The base asks for a draft model without what would make the server use it.
    """
    folder = tmp_path_factory.mktemp("started")
    vlm: TinyVlm = build(folder / "vlm", architecture="qwen3vlmoe")
    usual = [*EXACT_ARITHMETIC, "--threads", "2"]
    four = [*usual, "--override-kv", "qwen3vlmoe.expert_used_count=int:4"]
    project = new_project(folder / "scribe bench")
    settings = {
        "label": "Experts",
        "backend": "llama-server",
        "probe": "warn",
        "files": {"model": f"$TINY/{vlm.model.name}", "mmproj": str(vlm.mmproj)},
        "server_args": usual,
        "options": {"temperature": 0, "num_predict": 500, "num_ctx": 8192},
        "image": {"max_width_px": 640},
        "variants": {
            "four": {"server_args": four},
            "draft": {"files": {"draft": str(vlm.model)}},
        },
    }
    project.write("config/models/moe.yaml", json.dumps(settings))
    targets = [f"results/probe/moe/{variant}/probe.json" for variant in ("four", "draft")]
    outcome = project.run(
        *("--cores", "2", *targets),
        TINY=str(vlm.model.parent),
        SCRIBEBENCH_LLAMA_SERVER=str(find_llama_server()),
    )
    assert outcome.status == 0, outcome.text
    return project


@pytest.mark.parametrize("variant", ["four", "draft"])
def test_a_started_server_proves_what_it_does(started: Project, variant: str) -> None:
    found = probe_of(started, "moe", variant)
    assert found["identity"]["digest"].startswith("sha256-")
    assert len(found["cold_load_ns"]) == 3
    assert all(0 < load_ns < 60e9 for load_ns in found["cold_load_ns"])
    assert found["memory"]["process_rss_bytes"] > 10 * 2**20
    [size] = found["image_tokens"]
    assert (size["width_px"], size["height_px"]) == (640, 360)
    assert size["tokens"] > 200
    assert found["requested"]["n_ctx"] == found["effective"]["n_ctx"] == 8192
    assert found["projector"] == {"precision": "F32", "below_q8": False}
    # The constructed model cannot read, but it answers, and stops.
    assert found["verdict"] == "broken_backend"
    assert (found["gate"]["reads_word"], found["gate"]["stops"]) == (False, True)
    assert found["gate_reply"]["content"]


def test_the_number_of_experts_is_proven_by_the_log(started: Project) -> None:
    found = probe_of(started, "moe", "four")
    assert found["requested"]["experts_used"] == found["effective"]["experts_used"] == 4
    assert probe_of(started, "moe", "draft")["effective"]["experts_used"] not in (None, 4)
    assert "nothing proves" not in started.log("probe_model", "moe/four")


def test_a_draft_that_does_nothing_is_told(started: Project) -> None:
    found = probe_of(started, "moe", "draft")
    assert (found["requested"]["draft"], found["effective"]["draft"]) == (True, None)
    log = started.log("probe_model", "moe/draft")
    assert "warning: nothing proves that `draft` is in effect" in log


def test_no_server_is_left_running(started: Project) -> None:
    assert len(list((started.folder / "results/.state/servers").glob("*.log"))) == 2
    folder = str(started.folder.parent)
    commands = (process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"]))
    assert not [words for words in commands if any(word.startswith(folder) for word in words)]
