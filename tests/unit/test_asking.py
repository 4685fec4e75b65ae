"""A server that is started for a job and ends: what comes of the requests."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from scribebench.backends import http, serving
from scribebench.backends.base import NOT_STARTED, Frame, ModelIdentity, ServerUnreachableError
from scribebench.backends.hashes import FileHashes
from scribebench.backends.openai import OpenAiBackend, connect
from scribebench.backends.serving import ServerStartError, what_bears
from unit.fake_backend import FRAME

OTHERS = [replace(FRAME, image_sha256=text) for text in ("bb", "cc")]
# Each start takes a line of a file, which says how it behaves.
SERVER = """
import http.server, json, os, sys
from pathlib import Path

port, plan = int(sys.argv[1]), Path(sys.argv[2])
behaviour, _, rest = plan.read_text().partition("\\n")
plan.write_text(rest)
if behaviour == "no room":
    sys.exit("torch.OutOfMemoryError: CUDA out of memory")
if behaviour == "is killed at the start":
    os.kill(os.getpid(), 9)

class Handler(http.server.BaseHTTPRequestHandler):
    def send(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        if behaviour == "ends when asked who it is":
            os._exit(3)
        listed = {"data": [{"id": "some"}]}
        known = {"/v1/models": listed, "/health": {}, "/up": {}}
        self.send(200 if self.path in known else 404, json.dumps(known.get(self.path)))

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if behaviour in ("runs out", "ends"):
            print("out of memory" if behaviour == "runs out" else "assertion", flush=True)
            os._exit(1)
        if behaviour == "is killed":
            os.kill(os.getpid(), 9)
        if behaviour == "refuses":
            return self.send(503, "busy")
        event = {"choices": [{"delta": {"content": "hello"}, "finish_reason": "stop"}]}
        self.send(200, f"data: {json.dumps(event)}\\n\\ndata: [DONE]\\n\\n")

http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


@dataclass(frozen=True)
class Served:
    """A backend whose server is started, and what its further starts will be like."""

    backend: OpenAiBackend
    plan: Path

    def ask(self, frame: Frame = FRAME) -> tuple[str, str | None, str | None]:
        """Return the content or the kind of error, and the state that the model was in."""
        reply = self.backend.ask([frame], ["what is this?"])
        assert reply.finish_reason == ("error" if reply.error_kind else "stop")
        return reply.content, reply.error_kind, reply.model_state_before

    @property
    def left(self) -> list[str]:
        return self.plan.read_text().split("\n")


@pytest.fixture
def served(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Served]:
    """A backend whose server behaves as the parameter says, one start after the other."""
    monkeypatch.setattr(http, "FIRST_BACKOFF_S", 0.01)
    monkeypatch.setattr(serving, "NOTICED_S", 1.0)
    script, plan = tmp_path / "server.py", tmp_path / "plan"
    script.write_text(SERVER)
    plan.write_text("\n".join([*request.param, "one start too many"]))
    command = [sys.executable, str(script), "{port}", str(plan)]
    settings: dict[str, Any] = {"backend": "openai", "tag": "some", "serve": {"command": command}}
    if "ends when asked who it is" in request.param:
        settings["serve"]["ready"] = "/up"
    backend = connect(settings, {"state": tmp_path})
    yield Served(backend, plan)
    backend.close()


def starting(*behaviours: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("served", [behaviours], indirect=True)


@starting("answers")
def test_the_first_request_finds_a_cold_model(served: Served) -> None:
    assert served.backend.identify().digest.startswith("v1-")
    assert served.ask() == ("hello", None, "cold")
    assert served.ask() == ("hello", None, "warm")
    assert served.left == ["one start too many"]


@starting("ends", "answers")
def test_a_server_that_ends_is_started_once_more(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    served.backend.identify()
    reply = served.backend.ask([FRAME], ["what is this?"])
    assert (reply.content, reply.attempts) == ("hello", 2)  # an ended server is not asked again
    assert reply.model_state_before == "cold"
    said = capsys.readouterr().err
    assert "assertion\nstarting it once more" in said
    assert served.left == ["one start too many"]


@starting("ends", "ends", "answers")
def test_a_request_that_ends_every_server_is_a_reply_and_the_next_is_answered(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = served.backend.ask([FRAME], ["what is this?"])
    assert (reply.finish_reason, reply.error_kind, reply.attempts) == ("error", "crash", 2)
    assert re.search(r"ended by itself \(exit status 1\).*: assertion\Z", reply.error_message)
    assert capsys.readouterr().err.count("assertion") == 2
    assert served.ask(OTHERS[0]) == ("hello", None, "cold")
    assert served.left == ["one start too many"]


@starting("is killed", "answers", "is killed", "is killed", "answers")
def test_a_server_that_is_killed_twice_at_a_request_had_no_memory_for_it(served: Served) -> None:
    assert served.ask() == ("hello", None, "cold")
    assert served.ask()[:2] == ("hello", None)
    served.backend.close()
    assert served.ask(OTHERS[0]) == ("", "oom", "cold")
    assert served.ask(OTHERS[1]) == ("hello", None, "cold")


@starting(*["ends"] * 6)
def test_a_server_that_ends_at_three_requests_in_a_row_is_told_with_the_end_of_its_log(
    served: Served,
) -> None:
    for frame in (FRAME, OTHERS[0]):
        assert served.ask(frame) == ("", "crash", "cold")
    with pytest.raises(ServerStartError, match=r"(?s)ended by itself \(exit status 1\).*assertion"):
        served.ask(OTHERS[1])
    assert served.left == ["one start too many"]


@starting("ends", "ends", "ends", "ends", "ends", "answers")
def test_what_belongs_to_one_request_counts_once(served: Served) -> None:
    # Its second part, a question of what its picture costs, is not worth another start.
    assert [served.ask()[1] for _ in range(3)] == ["crash"] * 3
    assert served.ask(OTHERS[0]) == ("hello", None, "cold")


@starting("ends", "ends", "ends", "ends", "answers", "ends", "ends", "ends", "answers")
def test_crashes_are_counted_anew_when_something_was_answered(served: Served) -> None:
    assert [served.ask(frame)[1] for frame in (FRAME, OTHERS[0])] == ["crash"] * 2
    assert served.ask(OTHERS[1])[1] is None
    served.backend.close()
    assert served.ask(OTHERS[1])[1] == "crash"
    assert served.ask(FRAME)[1] is None  # started once more, as at first


@starting("runs out", "answers")
def test_the_request_after_one_that_had_no_memory_finds_a_new_server(served: Served) -> None:
    assert served.ask() == ("", "oom", "cold")
    assert served.ask() == ("hello", None, "cold")
    assert served.ask() == ("hello", None, "warm")


@starting("no room")
def test_a_model_that_is_too_large_is_started_once_and_fails_every_request(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    assert served.backend.identify() == ModelIdentity("some", NOT_STARTED)
    for _ in range(3):
        reply = served.backend.ask([FRAME], ["what is this?"])
        assert (reply.finish_reason, reply.error_kind) == ("error", "oom")
        assert (reply.attempts, reply.model_state_before) == (0, None)  # it was never sent
        assert "ran out of memory; use a smaller quantisation" in reply.error_message
        assert reply.error_message.endswith(": torch.OutOfMemoryError: CUDA out of memory")
        assert "\n" not in reply.error_message and "log" not in reply.error_message
    with pytest.raises(ServerStartError, match="ran out of memory"):
        served.backend.reload()
    assert capsys.readouterr().err.count("CUDA out of memory") == 1
    assert served.left == ["one start too many"]


@starting("ends", "no room")
def test_a_restart_without_room_is_a_reply(served: Served) -> None:
    assert served.ask() == ("", "oom", "cold")
    assert served.ask() == ("", "oom", None)
    assert served.left == ["one start too many"]


@starting("is killed at the start")
def test_a_server_that_is_killed_while_it_starts_had_no_room(served: Served) -> None:
    assert served.backend.identify() == ModelIdentity("some", NOT_STARTED)
    reply = served.backend.ask([FRAME], ["what is this?"])
    assert (reply.error_kind, reply.attempts) == ("oom", 0)
    assert "was killed from outside (exit status 137)" in reply.error_message
    assert served.left == ["one start too many"]


@starting("refuses")
def test_a_server_that_runs_and_does_not_answer_is_not_started_anew(served: Served) -> None:
    with pytest.raises(ServerUnreachableError, match="HTTP 503") as caught:
        served.ask()
    assert not isinstance(caught.value, ServerStartError)
    assert served.left == ["one start too many"]


@starting("ends when asked who it is")
def test_a_server_that_ends_before_it_tells_who_it_is_says_why(served: Served) -> None:
    with pytest.raises(ServerStartError, match=r"ended by itself \(exit status 3\)"):
        served.backend.identify()


# --- who answers ---------------------------------------------------------------------------------


def test_how_a_server_is_started_is_part_of_who_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, plan, config = tmp_path / "server.py", tmp_path / "plan.log", tmp_path / "config"
    script.write_text(SERVER)
    config.write_text("one")
    usual = [sys.executable, str(script), "{port}", str(plan), f"--config={config}"]

    def digest(*words: str, env: dict[str, str] | None = None, **variables: str) -> str:
        plan.write_text("answers")  # a log is no input
        serve = {"command": [*usual, *words], "env": env or {}}
        settings = {"backend": "openai", "tag": "some", "serve": serve, "api_key_env": "KEY"}
        with monkeypatch.context() as patch:
            for name, value in ({"KEY": "key", "PRECISION": "bf16"} | variables).items():
                patch.setenv(name, value)
            backend = connect(settings, {"state": tmp_path / "state"})
            try:
                return backend.identify().digest
            finally:
                backend.close()

    keyed = ["--api-key", "$KEY"]
    same = {digest(), digest()}
    same_key = {digest(*keyed), digest(*keyed, KEY="another key")}
    assert (len(same), len(same_key)) == (1, 1)
    other = {
        digest("--dtype", "bf16"),
        digest("--dtype", "fp8"),
        digest("--dtype=$PRECISION", PRECISION="fp16"),
        digest(env={"PRECISION": "fp8"}),
        digest(env={"DTYPE": "$PRECISION"}),
        digest(env={"DTYPE": "$PRECISION"}, PRECISION="fp8"),
    }
    assert len(same | same_key | other) == 8
    config.write_text("two")
    assert digest() not in same
    assert "fp8" not in (tmp_path / "state" / "files.json").read_text()


def test_a_script_that_is_a_program_counts_by_content(tmp_path: Path) -> None:
    program, hashes = tmp_path / "program", FileHashes(None)

    def bearing(content: bytes) -> dict[str, Any]:
        program.write_bytes(content)
        return what_bears({"serve": {"command": [str(program), "{port}"]}}, hashes)

    assert bearing(b"#!/bin/sh\nserve a") != bearing(b"#!/bin/sh\nserve b")
    assert bearing(b"\x7fELF1") == bearing(b"\x7fELF2")  # an update
