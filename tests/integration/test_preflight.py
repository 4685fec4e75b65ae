"""What is missing is told before the first job runs, and only of models that are to be asked."""

import hashlib
import json
import os
import re
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scribebench.backends import llama_server
from scribebench.backends.base import ModelIdentity
from scribebench.describe.journal import IdentityStore
from scribebench.project.changes import Due
from scribebench.project.models import Run
from scribebench.project.preflight import problems_of
from support.llama_server import find_llama_server
from support.tiny_vlm import TinyVlm
from support.workflow import LIMIT_S, Outcome, Project, clean_environment, model_file
from unit.scripted_server import ASK, LIST, MODELS, PROPS, Scripted, as_json, as_stream, scripted

COMMAND = re.compile(r"once this start has ended[^:]*: (.*)$", re.M)
REDONE = {"probe_model": 1, "describe_frames": 1}
SAID = as_stream({"choices": [{"delta": {"content": "a terminal"}, "finish_reason": "stop"}]})
# The real server, which says that it is another build.
OTHER_BUILD = """#!/bin/sh
case "$1" in --version) echo "version: 99999 (other)" ;; *) exec "$REAL" "$@" ;; esac
"""


@pytest.fixture
def calls(project: Project) -> Iterator[list[str]]:
    """Listens where the server of the finished run was, and notes who calls; nobody is answered."""
    heard: list[str] = []

    class Hears(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            heard.append(self.client_address[0])

    class Listener(socketserver.TCPServer):
        allow_reuse_address = True

    port = int(re.search(r"127\.0\.0\.1:(\d+)", tiny(project))[1])
    with Listener(("127.0.0.1", port), Hears) as listener:
        threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True).start()
        yield heard
        listener.shutdown()


def tiny(project: Project) -> str:
    return (project.folder / "config" / "models" / "tiny.yaml").read_text()


def test_all_that_is_missing_is_one_message_and_no_job_runs(project: Project) -> None:
    dead = re.search(r"http://127\.0\.0\.1:\d+", tiny(project))[0]
    project.write("config/models/down.yaml", model_file(dead, variants="variants: {b: {}}\n"))
    project.write("config/models/keyed.yaml", model_file(dead) + "api_key_env: NO_SUCH_KEY\n")
    project.select("down", "down/b", "keyed", "ocr-baseline", "tiny")
    for _ in range(2):  # nothing is left locked
        outcome = project.run("--cores", "4", "results/report.md", "-R", "dedup_frames")
        assert outcome.status == 1, outcome.text
        told = outcome.text.partition("Error: 2 problems to mend first; no job was run.\n")[2]
        down, keyed, mend = told.splitlines()[:3]
        assert down.startswith(f"  - down: no server answers at {dead}")
        assert "start it" in down
        assert keyed.startswith("  - keyed: the environment variable NO_SUCH_KEY is not set")
        assert "export NO_SUCH_KEY=" in keyed
        assert "run the same command again" in mend
        # What was asked before may be all that is needed of this one.
        assert re.search(f"Note: tiny: no server answers at {dead}.*finished", outcome.text)
        for word in (
            "localrule",
            "rule dedup_frames",
            "Finished job",
            "WorkflowError",
            "Traceback",
        ):
            assert word not in outcome.text
    assert not (project.folder / "results" / "runs" / "demo" / "down").exists()
    assert (project.folder / "results" / "report.md").is_file()


def test_nobody_is_called_when_no_model_is_to_be_asked(project: Project, calls: list[str]) -> None:
    project.edit("config/models/tiny.yaml", "label: Tiny", "label: Tiny model")
    project.finish()
    project.edit("config/models/tiny.yaml", "temperature: 0", "temperature: 0.5")
    assert project.planned()["describe_frames"] == 2
    project.finish("results/report.md", "--until", "detect_scenes", "-R", "detect_scenes")
    project.finish("results/report.md", "--touch")
    project.select("ocr-baseline")
    project.finish("results/report.md", "--forcerun", "describe_frames")
    assert calls == []


def test_a_model_that_is_to_be_asked_is_called(project: Project, calls: list[str]) -> None:
    """So that the test above can fail."""
    project.edit("config/models/tiny.yaml", "temperature: 0", "temperature: 0.5")
    (project.folder / "results" / ".state" / "requests" / "tiny.jsonl").unlink()
    outcome = project.run("--cores", "4", "results/report.md")
    assert outcome.status == 1
    assert "  - tiny: no server answers at" in outcome.text
    assert calls


def in_shell(project: Project, command: str, **environment: str) -> Outcome:
    """Run a command that was told, as it is, in a shell that activated nothing."""
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=project.folder,
        env=clean_environment() | {"SCRIBEBENCH_LOCKS": str(project.locks)} | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_S,
    )
    return Outcome(done.returncode, done.stdout)


def command_told(outcome: Outcome, note: str) -> str:
    """The command in the one note that holds this text; no other note is there."""
    (told,) = re.findall(r"^Note: .*$", outcome.text, re.M)
    assert note in told, outcome.text
    return COMMAND.search(told)[1]


def asked(server: Scripted) -> int:
    """How many requests with a description of screenshots the server got since the last call."""
    bodies = server.bodies(ASK)
    server.requests.clear()
    contents = [body["messages"][0]["content"] for body in bodies]
    return sum(
        len(parts) > 3 and any(part["type"] == "image_url" for part in parts) for parts in contents
    )


def facts(project: Project, path: str) -> dict[str, Any]:
    return json.loads((project.folder / "results" / path).read_text(encoding="utf-8"))


def test_the_command_for_a_changed_server_asks_all_of_this_run_again(project: Project) -> None:
    """Exactly the probe and the descriptions of the one that was looked at, and nothing else."""
    with scripted(ask=SAID, props=as_json({"build_info": "b1"})) as server:
        variants = "variants:\n  batch-3: {batch_size: 3}\n"
        text = model_file(server.url, variants=variants).replace("tag: tiny", "tag: some")
        project.write("config/models/some.yaml", text)
        mine, other = "runs/demo/some/base/run.json", "runs/demo/some/batch-3/run.json"
        probe, other_probe = "probe/some/base/probe.json", "probe/some/batch-3/probe.json"
        project.finish(*(f"results/{path}" for path in (probe, mine, other_probe, other)))
        # A recording that was removed meanwhile, which nothing can be made of any more.
        gone = project.folder / "results" / "runs" / "gone" / "some" / "base" / "run.json"
        gone.parent.mkdir(parents=True)
        gone.write_text("{}")
        batches, before = facts(project, mine)["requests"], facts(project, other)
        again = (f"results/{mine}", "-R", "describe_frames")
        asked(server)

        server.script[PROPS] = [as_json({"build_info": "b2"})]
        command = command_told(
            project.finish(*again), "another build than before (b1 then, b2 now)"
        )
        assert asked(server) == 0, "the journal answers for the same weights"
        outcome = in_shell(project, command)
        assert outcome.status == 0, outcome.text
        assert outcome.jobs == REDONE
        assert asked(server) == batches
        assert facts(project, mine)["backend_version"] == "b2"
        assert facts(project, probe)["identity"]["backend_version"] == "b2"
        assert facts(project, other) == before
        assert "Note: " not in outcome.text

        # Where all that was asked is asked again anyhow, there is nothing more to do.
        entry = MODELS["data"][0] | {"root": "other weights"}
        server.script[LIST] = [as_json(MODELS | {"data": [entry]})]
        old = facts(project, mine)["model_digest"]
        outcome = in_shell(project, command.partition("&& ")[2])
        (note,) = re.findall(r"^Note: .*$", outcome.text, re.M)
        assert note.endswith("all of it is asked of what is there now, in this start")
        assert asked(server) == batches

        # The other variant was not asked in that start, and now is not probed.
        target = "results/runs/demo/some/batch-3/requests.parquet"
        outcome = project.finish(target, "-R", "describe_frames")
        command = command_told(outcome, f"(digest {old} then, ")
        assert asked(server) == before["requests"]
        outcome = in_shell(project, command)
        assert outcome.status == 0, outcome.text
        assert outcome.jobs == REDONE
        assert asked(server) == 0, "these weights have answered already"
        told = {facts(project, path)["model_digest"] for path in (mine, other)}
        assert len(told) == 1
        assert old not in told


def test_a_changed_llama_server_is_told_without_a_start(
    project: Project, tiny_vlm: TinyVlm, tmp_path: Path
) -> None:
    files = f"{{model: '{tiny_vlm.model}', mmproj: '{tiny_vlm.mmproj}'}}"
    text = model_file("none").replace(
        "openai\nurl: none\ntag: tiny", f"llama-server\nfiles: {files}"
    )
    project.write("config/models/own.yaml", text)
    target = "results/runs/demo/own/base/run.json"
    project.finish(target)
    program = tmp_path / "other-build"
    program.write_text(OTHER_BUILD)
    program.chmod(0o755)
    other = {"SCRIBEBENCH_LLAMA_SERVER": str(program), "REAL": str(find_llama_server())}
    outcome = project.run("--cores", "4", target, "-R", "describe_frames", **other)
    assert outcome.status == 0, outcome.text
    command = command_told(outcome, "own: llama-server is another build than before (")
    outcome = in_shell(project, command, **other)
    assert outcome.status == 0, outcome.text
    assert outcome.jobs == REDONE
    assert facts(project, "runs/demo/own/base/run.json")["backend_version"] == "99999 (other)"


def test_variants_with_contexts_of_their_own_are_no_change(
    tiny_vlm: TinyVlm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A llama-server with another context is another one, and not the same one changed."""
    monkeypatch.setenv("SCRIBEBENCH_LLAMA_SERVER", str(find_llama_server()))
    state, files = tmp_path / ".state", {"model": tiny_vlm.model, "mmproj": tiny_vlm.mmproj}
    runs = {}
    for name, n_ctx in (("base", 8192), ("large", 16384), ("small", None)):
        run, options = Run("own", name), {"num_ctx": n_ctx} if n_ctx else {}
        settings = {"backend": "llama-server", "options": options}
        settings["files"] = {role: str(path) for role, path in files.items()}
        runs[run] = Due(settings, frozenset({"demo"}), is_probed=True)
        known = llama_server.connect(settings, {"state": state}).identify()
        IdentityStore(state / "identities" / "own" / f"{name}.json").put(known, settings)
    notes: list[str] = []
    assert problems_of(runs, state, notes.append) == []
    assert notes == []


def test_files_are_known_without_being_read(
    tiny_vlm: TinyVlm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "model.gguf"
    model.write_bytes(tiny_vlm.model.read_bytes())
    settings = {
        "backend": "llama-server",
        "files": {"model": str(model), "mmproj": str(tiny_vlm.mmproj)},
    }
    context, at_once = {"state": tmp_path / "state"}, hashlib.sha256

    def known() -> ModelIdentity | None:
        with monkeypatch.context() as patch:
            # What is small is hashed at once, a file in parts.
            patch.setattr(hashlib, "sha256", lambda data: at_once(data))
            return llama_server.identity(settings, context)

    assert known() is None
    asked = llama_server.connect(settings, context).identify()
    assert known() == asked
    settings["server_args"] = ["--flash-attn", "off"]
    assert known().digest not in (asked.digest, llama_server.REWRITTEN)
    del settings["server_args"]
    os.utime(model, (1, 1))
    assert known().digest == llama_server.REWRITTEN
    assert llama_server.connect(settings, context).identify() == asked == known()
