"""A server on this machine that plays answers in the order in which they are written down."""

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODELS = {"object": "list", "data": [{"id": "some", "object": "model", "owned_by": "me"}]}
ASK, LIST, PROPS = "/v1/chat/completions", "/v1/models", "/props"


@dataclass(frozen=True)
class Answer:
    """One answer: its parts are sent one after the other, with a pause before each but the first.

    `broken` promises more bytes than are sent, as a server that dies does. `echo` puts what the
    client sent as its key into the body, in the place of KEY. `headers` are sent besides the usual.
    """

    status: int = 200
    parts: Sequence[str] = ("",)
    pause_s: float = 0.0
    broken: bool = False
    echo: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(value: Any, status: int = 200) -> Answer:
    return Answer(status, [json.dumps(value)])


def as_stream(
    *events: Any, done: bool = True, pause_s: float = 0.0, broken: bool = False
) -> Answer:
    """A stream of events; a text stands for a line as it is."""
    lines = [e if isinstance(e, str) else f"data: {json.dumps(e)}\n\n" for e in events]
    return Answer(200, [*lines, *(["data: [DONE]\n\n"] if done else [])], pause_s, broken)


def as_lines(*events: Any, pause_s: float = 0.0, broken: bool = False) -> Answer:
    """A stream of JSON objects, one a line; a text stands for a line as it is."""
    lines = [e if isinstance(e, str) else f"{json.dumps(e)}\n" for e in events]
    return Answer(200, lines, pause_s, broken)


@dataclass
class Scripted:
    """A server that runs: its address, and all that it was sent."""

    url: str
    script: dict[str, list[Answer]]
    requests: list[tuple[str, dict[str, Any] | None]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)

    def bodies(self, path: str = ASK) -> list[dict[str, Any]]:
        """What was asked at a path, in order."""
        return [body for asked, body in self.requests if asked == path and body is not None]


@contextmanager
def scripted(
    paths: Mapping[str, Answer | list[Answer]] | None = None, **answers: Answer | list[Answer]
) -> Iterator[Scripted]:
    """Play what `paths` says, and `ask`, `models` and `props` of an OpenAI-style server.

    The last answer of each is played again and again; another path is answered with 404.
    """
    names = {"ask": ASK, "models": LIST, "props": PROPS}
    usual = {"models": as_json(MODELS), "props": as_json({"error": "no"}, 404)}
    named = {names[name]: answer for name, answer in (usual | answers).items()}
    script = {
        path: list(answer) if isinstance(answer, list) else [answer]
        for path, answer in (named | dict(paths or {})).items()
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._play(None)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            self._play(json.loads(self.rfile.read(length)))

        def log_message(self, *args: object) -> None:
            pass

        def _play(self, body: dict[str, Any] | None) -> None:
            playing.requests.append((self.path, body))
            playing.keys.append(self.headers.get("Authorization"))
            waiting = playing.script.get(self.path) or [Answer(404, ["not here"])]
            answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            parts = [part.encode() for part in answer.parts]
            if answer.echo:
                key = (self.headers.get("Authorization") or "").encode()
                parts = [part.replace(b"KEY", key) for part in parts]
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if not answer.pause_s:
                length = sum(map(len, parts)) + (100 if answer.broken else 0)
                self.send_header("Content-Length", str(length))
            self.end_headers()
            try:
                for number, part in enumerate(parts):
                    if number:
                        time.sleep(answer.pause_s)
                    self.wfile.write(part)
                    self.wfile.flush()
            except OSError:
                pass  # the client has gone

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    playing = Scripted(f"http://127.0.0.1:{server.server_port}", script)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield playing
    finally:
        server.shutdown()
        server.server_close()
