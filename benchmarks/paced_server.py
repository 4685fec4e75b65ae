"""A server that answers at a known pace and remembers when; jobs of describe_frames that ask it.

The server speaks OpenAI-style chat completions as llama-server does (streamed, chunked, connections
kept alive) and runs in a process of its own, on the standard library alone, so that it takes little
of what the job under test needs. What it says depends on nothing but what it was sent. A request
for a single token, as warming up and counting need it, is answered at once. The clock is the
system's monotonic one, which other processes can compare with their own.
"""

import argparse
import hashlib
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "workflow_scripts"
HOST, MODEL, SESSION = "127.0.0.1", "paced", "drawn"
FRAME_STEP_S = 5.0  # between two frames: every label of a screenshot is another
PICTURE_TOKENS = 1000
POLL_S = 0.01
LIMIT_S = 1800.0


class Asked(NamedTuple):
    """A request as the server saw it, in seconds of the system's monotonic clock.

    `arrived_s` is when its last byte had come, `answered_s` when the answer's last byte had been
    handed over; null while it is under way, and when the client has gone before. `describes` is
    false for one that asks for a single token, to warm up or to count.
    """

    body_sha256: str
    describes: bool
    arrived_s: float
    answered_s: float | None


class Job(NamedTuple):
    """A session of drawn frames, where its results go, and the settings of the model it asks."""

    frames: Path
    results: Path
    settings: dict[str, Any]

    @property
    def journal(self) -> Path:
        return self.results / "state" / "requests" / f"{MODEL}.jsonl"

    @property
    def out(self) -> Path:
        return self.results / "out"

    @property
    def evidence(self) -> Path:
        return ROOT / "config" / "prompts" / "describe.md"


class Finished(NamedTuple):
    """When a job began and ended (seconds of the monotonic clock), and the most memory it held."""

    started_s: float
    ended_s: float
    peak_mb: float

    @property
    def wall_s(self) -> float:
        return self.ended_s - self.started_s


class Server(NamedTuple):
    """A server that runs."""

    port: int

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def asked(self) -> list[Asked]:
        """Return the requests that have arrived in full, in order."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=30)
        try:
            connection.request("GET", "/asked")
            return [Asked(*one) for one in json.loads(connection.getresponse().read())]
        finally:
            connection.close()


@contextmanager
def paced_server(request_s: float, chunks: int = 20) -> Iterator[Server]:
    """Run a server that takes `request_s` seconds for an answer, told in so many chunks."""
    command = [sys.executable, __file__, "--request-s", str(request_s), "--chunks", str(chunks)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield Server(int(process.stdout.readline()))
        finally:
            process.kill()


def model_settings(server: Server, batch_size: int) -> dict[str, Any]:
    """Return the settings of a model behind the server; pictures as most model files send them."""
    return {
        "backend": "openai",
        "probe": "warn",
        "url": server.url,
        "tag": MODEL,
        "options": {"temperature": 0, "num_predict": 4000},
        "batch_size": batch_size,
        "image": {"max_width_px": 1280, "format": "jpeg"},
    }


def draw_session(folder: Path, frames: int, width_px: int = 1920) -> Path:
    """Draw so many different screens and a table of them, as dedup_frames does; return the table.

    Screens are 16:9, those of at least 320 px show a desktop, smaller ones a number.
    """
    # Here, not above: the server's process has no need of any of it.
    if str(SCRIPTS) not in sys.path:
        sys.path.insert(0, str(SCRIPTS))
    from drawn_desktop import HEIGHT_PX, WIDTH_PX

    from scribebench.files import sha256_bytes
    from scribebench.frames.pictures import picture_name
    from scribebench.tables import FRAMES, table_writer

    height_px = round(width_px * HEIGHT_PX / WIDTH_PX)
    (folder / "frames").mkdir(parents=True)
    table = folder / "frames.parquet"
    with table_writer(table, FRAMES) as write:
        for index in range(frames):
            time_s = index * FRAME_STEP_S
            name = f"frames/{picture_name(time_s)}"
            data = _drawn(index, time_s, width_px, height_px)
            (folder / name).write_bytes(data)
            write(
                {
                    "frame_index": index,
                    "time_s": time_s,
                    "kept": True,
                    "reason": "changed",
                    "represented_by": index,
                    "image": name,
                    "image_sha256": sha256_bytes(data),
                    "width_px": width_px,
                    "height_px": height_px,
                    "scene": 0,
                }
            )
    return table


def _drawn(index: int, time_s: float, width_px: int, height_px: int) -> bytes:
    import cv2
    import numpy as np
    from drawn_desktop import picture

    from scribebench.frames.pictures import encode_jpeg

    if width_px >= 320:
        grey = picture(time_s)
        if width_px != grey.shape[1]:
            grey = cv2.resize(grey, (width_px, height_px), interpolation=cv2.INTER_AREA)
    else:
        grey = np.full((height_px, width_px), 245, np.uint8)
        place, font = (1, height_px - 4), cv2.FONT_HERSHEY_PLAIN
        cv2.putText(grey, str(index), place, font, 1.0, 20, 1, cv2.LINE_AA)
    return encode_jpeg(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))


@contextmanager
def started(job: Job) -> Iterator[subprocess.Popen[bytes]]:
    """Run workflow_scripts/describe_frames.py as the rule does; it is killed if it still runs."""
    job.results.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable, SCRIPTS / "describe_frames.py",
        "--session", SESSION,
        "--model", MODEL,
        "--variant", "base",
        "--settings", json.dumps(job.settings, sort_keys=True),
        "--frames", job.frames,
        "--evidence", job.evidence,
        "--state", job.results / "state",
        "--out", job.out,
    ]  # fmt: skip
    with _log(job).open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=job.results,  # outside of git: run.json must not change with the checkout
            env=os.environ | lock_folder(job),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # no terminal, and so no progress bar
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            process.wait()


def lock_folder(job: Job) -> dict[str, str]:
    """Return the environment in which a job waits for no job but those of its own folder."""
    return {"SCRIBEBENCH_LOCKS": str(job.results / "locks")}


def run_job(job: Job) -> Finished:
    """Run a job to its end and measure it. Raises SystemExit with its log when it fails."""
    started_s, peak_mb = time.monotonic(), 0.0
    with started(job) as process:
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > started_s + LIMIT_S:
                raise SystemExit(f"describe_frames ran for more than {LIMIT_S:.0f} s")
            peak_mb = max(peak_mb, _held_mb(process.pid))
            time.sleep(POLL_S)
        process.returncode = os.waitstatus_to_exitcode(status)
    ended_s = time.monotonic()
    check_ended_well(job, process.returncode)
    # macOS counts in bytes; on Linux ru_maxrss begins with what the parent process held.
    peak_mb = peak_mb or usage.ru_maxrss / 2**20
    return Finished(started_s, ended_s, peak_mb)


def check_ended_well(job: Job, status: int) -> None:
    """Raise SystemExit with the end of the job's log unless it succeeded."""
    if status:
        log = _log(job).read_text(encoding="utf-8", errors="replace")
        raise SystemExit(f"describe_frames ended with status {status}:\n{log[-3000:]}")


def _log(job: Job) -> Path:
    return job.results / "log"


def _held_mb(pid: int) -> float:
    """Return the most memory that a process has held so far; 0 where the system does not tell."""
    with suppress(OSError, StopIteration):  # it may have ended, or still be starting
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        return int(next(one for one in lines if one.startswith("VmHWM")).split()[1]) / 2**10
    return 0.0


# --- the server's own process --------------------------------------------------------------------


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 32

    def __init__(self, request_s: float, chunks: int):
        super().__init__((HOST, 0), _Handler)
        self.request_s, self.chunks = request_s, chunks
        self.records: list[list[Any]] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what went wrong, unless it is that a client has gone."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        told = {
            "/v1/models": {"object": "list", "data": [{"id": MODEL, "object": "model"}]},
            "/props": {
                "modalities": {"vision": True},
                "build_info": "paced",
                "default_generation_settings": {"n_ctx": 32768},
            },
            "/asked": self.server.records,
        }
        data = json.dumps(told.get(self.path, {"error": "not here"})).encode()
        self.send_response(200 if self.path in told else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        arrived_s = time.monotonic()
        if len(body) < length:  # the client died while it was asking
            self.close_connection = True
            return
        asked = json.loads(body)
        describes = asked["max_tokens"] > 1
        record = [hashlib.sha256(body).hexdigest(), describes, arrived_s, None]
        self.server.records.append(record)
        request_s = self.server.request_s if describes else 0.0
        try:
            self._answer(_events(asked, self.server.chunks), arrived_s, request_s)
            record[-1] = time.monotonic()
        except OSError:  # the client has gone
            self.close_connection = True

    def _answer(self, events: list[bytes], arrived_s: float, request_s: float) -> None:
        """Stream the events evenly over the time of a request; the last one ends with it."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number, event in enumerate(events, start=1):
            due_s = arrived_s + request_s * number / len(events)
            time.sleep(max(0.0, due_s - time.monotonic()))
            end = b"0\r\n\r\n" if number == len(events) else b""
            self.wfile.write(b"%x\r\n%s\r\n%s" % (len(event), event, end))

    def log_message(self, *args: object) -> None:
        pass


def _events(asked: dict[str, Any], chunks: int) -> list[bytes]:
    """Return a reply to a request: a section for each picture that names the picture's hash."""
    content = asked["messages"][0]["content"]
    words = sum(len(part["text"].split()) for part in content if part["type"] == "text")
    urls = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
    said = "\n".join(
        f"### Screenshot {slot}\n1. Visible: {hashlib.sha256(url.encode()).hexdigest()}\n"
        "2. Developer action: asking\n3. Applications: Editor\n4. Topics/projects: pace"
        for slot, url in enumerate(urls)
    )
    size = max(1, -(-len(said) // max(1, chunks - 1)))
    pieces = [said[start : start + size] for start in range(0, len(said), size)]
    deltas = [{"choices": [{"delta": {"content": piece}}]} for piece in pieces]
    last = {
        "choices": [{"delta": {}, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": words + PICTURE_TOKENS * len(urls),
            "completion_tokens": len(pieces),
        },
    }
    lines = [f"data: {json.dumps(event)}\n\n".encode() for event in (*deltas, last)]
    return [*lines[:-1], lines[-1] + b"data: [DONE]\n\n"]


def _end_with_parent() -> None:
    """End when the process that started this one is gone: only it holds the other end."""
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--request-s", type=float, required=True, help="seconds for an answer")
    parser.add_argument("--chunks", type=int, required=True, help="parts of an answer")
    args = parser.parse_args()
    server = _Server(args.request_s, args.chunks)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
