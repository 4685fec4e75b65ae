"""Sessions of frames in known colours, described by the real script and a real llama-server."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import psutil
import zstandard

from scribebench.files import sha256_file
from scribebench.tables import FRAMES, read_rows, write_table
from support.llama_server import EXACT_ARITHMETIC, find_llama_server, llama_server
from support.recordings import COLOURS
from support.tiny_vlm import Architecture, Behaviour, TinyVlm, build
from support.workflow import ROOT, clean_environment

# (brightness, hue) as the constructed model says them.
Words = tuple[str, str]
ORDER: list[Words] = list(COLOURS)
WIDTH_PX, HEIGHT_PX = 640, 360
# Of two frames of one name, the later one is so much lighter: each has a colour of its own.
SHADE_LEVELS = 1
WAIT_S, POLL_S = 90.0, 0.02
SAID = re.compile(r"window (\d+) with a (\w+) and (\w+) theme")
MODEL = "tiny"
# From this verbosity on a server tells how long each prompt is.
TELLS_PROMPTS = ("--verbosity", "4")
LOCAL = "http://127.0.0.1:0"


def draw_session(folder: Path, words: Sequence[Words]) -> Path:
    """Draw a frame for each pair of words, with a colour of its own; return their table."""
    (folder / "frames").mkdir(parents=True)
    rows = []
    for number, name in enumerate(words):
        picture = f"frames/{number:03d}.png"
        colour = np.array(COLOURS[name]) + SHADE_LEVELS * words[:number].count(name)
        image = np.full((HEIGHT_PX, WIDTH_PX, 3), np.clip(colour, 0, 255)[::-1], np.uint8)
        cv2.imwrite(str(folder / picture), image)
        rows.append(
            {"frame_index": number, "time_s": float(number), "kept": True, "image": picture}
            | {"image_sha256": sha256_file(folder / picture)}
            | {"width_px": WIDTH_PX, "height_px": HEIGHT_PX}
        )
    write_table(folder / "frames.parquet", FRAMES, rows)
    return folder / "frames.parquet"


def settings_of(backend: str, vlm: TinyVlm, url: str = LOCAL, **changes: Any) -> dict[str, Any]:
    """Return the settings of a constructed model behind one of the backends that ask llama-server.

    It tells colours but cannot read, so that it does not pass the probe's gate.
    """
    ways = {
        "openai": {"url": url, "tag": MODEL},
        "llama-server": {
            "files": {"model": str(vlm.model), "mmproj": str(vlm.mmproj)},
            "server_args": [*EXACT_ARITHMETIC, "--threads", "2"],
        },
    }
    usual = {
        "backend": backend,
        "options": {"temperature": 0, "num_predict": 2000, "num_ctx": 16384},
        "batch_size": 3,
        "image": {"format": "png"},
        "probe": "warn",
    }
    return usual | ways[backend] | changes


@dataclass(frozen=True)
class Job:
    """A folder in which describe_frames.py and probe_model.py run as their rules run them."""

    folder: Path
    frames: Path
    settings: dict[str, Any] = field(default_factory=dict)

    def start(self) -> "subprocess.Popen[str]":
        """Begin to describe the frames, and do not wait."""
        return self._start(
            *("describe_frames.py", "--session", "colours", "--frames", self.frames),
            *("--evidence", ROOT / "config" / "prompts" / "describe.md"),
            *("--out", self.folder / "out"),
        )

    def run(self) -> tuple[int, str]:
        """Describe the frames; return the exit status and all that was printed."""
        return _ended(self.start())

    def finish(self) -> str:
        """Describe the frames, fail if that cannot be done, and return all that was printed."""
        status, text = self.run()
        assert status == 0, text
        return text

    def probe(self) -> tuple[dict[str, Any], str]:
        """Probe the model; return what was found, and all that was printed."""
        out = self.folder / "probe.json"
        status, text = _ended(self._start("probe_model.py", "--out", out))
        assert status == 0, text
        return json.loads(out.read_text(encoding="utf-8")), text

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The rows of what was asked about frames."""
        rows = read_rows(self.folder / "out" / "requests.parquet")
        return [row for row in rows if not row["warmup"]]

    @property
    def descriptions(self) -> list[dict[str, Any]]:
        return read_rows(self.folder / "out" / "descriptions.parquet")

    @property
    def replies(self) -> list[dict[str, Any]]:
        """What was said, raw, in the order of the requests."""
        with zstandard.open(self.folder / "out" / "replies.jsonl.zst", "rt", "utf-8") as stream:
            return [json.loads(line) for line in stream]

    @property
    def facts(self) -> dict[str, Any]:
        return json.loads((self.folder / "out" / "run.json").read_text(encoding="utf-8"))

    @property
    def journal(self) -> list[str]:
        """The `request_uid` of every answer that stands whole in the journal, in order."""
        path = self.folder / "state" / "requests" / f"{MODEL}.jsonl"
        uids = []
        for line in path.read_bytes().splitlines() if path.exists() else ():
            try:
                uids.append(json.loads(line)["key"][:16])
            except ValueError:  # torn by a kill
                continue
        return uids

    @property
    def server_log(self) -> "Log":
        """What the server printed that this job has started."""
        found = list((self.folder / "state" / "servers").glob("*.log"))
        assert len(found) < 2, found
        return Log(found[0] if found else self.folder / "no log yet")

    def servers(self) -> list[psutil.Process]:
        """Return the llama-servers that run with the files of this job's model."""
        model = self.settings["files"]["model"]
        found = []
        for process in psutil.process_iter(["cmdline", "status"]):
            program, *words = process.info["cmdline"] or [""]
            alive = process.info["status"] != psutil.STATUS_ZOMBIE
            if alive and Path(program).name == "llama-server" and model in words:
                found.append(process)
        return found

    def _start(self, script: str, *options: str | Path) -> "subprocess.Popen[str]":
        command = [
            *(sys.executable, ROOT / "workflow_scripts" / script, "--model", MODEL),
            *("--variant", "base", "--settings", json.dumps(self.settings)),
            *("--state", self.folder / "state", *options),
        ]
        own = {
            "SCRIBEBENCH_LOCKS": str(self.folder / "locks"),
            "SCRIBEBENCH_LLAMA_SERVER": str(find_llama_server()),
        }
        return subprocess.Popen(
            [str(word) for word in command],
            cwd=self.folder,
            env=clean_environment() | own,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@dataclass(frozen=True)
class Log:
    """What a llama-server has printed so far: the witness of what it was really asked."""

    path: Path
    begins_at: int = 0

    @property
    def text(self) -> str:
        if not self.path.exists():
            return ""
        return self.path.read_bytes()[self.begins_at :].decode(errors="replace")

    def from_now(self) -> "Log":
        """Return what it prints from this moment on."""
        return Log(self.path, self.path.stat().st_size)

    @property
    def started(self) -> int:
        """How many requests the server has begun to work on."""
        return len(re.findall(r"\| processing task\b", self.text))

    @property
    def is_busy(self) -> bool:
        return self.started > len(re.findall(r"\| stop processing\b", self.text))

    @property
    def answered(self) -> list[int]:
        """The tokens of each answer that was told to its end, in order."""
        found = re.findall(r"\|\s+eval time =\s+[\d.]+ ms /\s+(\d+) (?:tokens|runs)", self.text)
        return [int(tokens) for tokens in found]

    @property
    def prompts(self) -> list[int]:
        """The tokens of each prompt; only a server with TELLS_PROMPTS prints them."""
        return [int(tokens) for tokens in re.findall(r"task\.n_tokens = (\d+)", self.text)]


class Serving(NamedTuple):
    """A server that runs, its model, and what it prints."""

    url: str
    vlm: TinyVlm
    log: Log


Serve = Callable[[Architecture, Behaviour], Serving]


@contextmanager
def servers(folder: Path) -> Iterator[Serve]:
    """Yield what returns the server of a constructed model; it is started when first needed."""
    with ExitStack() as stack:

        @cache
        def serve(architecture: Architecture, behaviour: Behaviour) -> Serving:
            own = folder / f"{architecture}-{behaviour}"
            vlm = build(own, architecture=architecture, behaviour=behaviour)
            log = own / "server.log"
            server = stack.enter_context(llama_server(vlm, extra=("--alias", MODEL), log=log))
            return Serving(server.url, vlm, Log(log))

        yield serve


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(POLL_S)


def _ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    with process:
        try:
            text, _ = process.communicate(timeout=WAIT_S)
        finally:
            process.kill()
        return process.returncode, text
