"""Servers that the workflow starts itself: on a free port, ready before use, gone afterwards.

A server belongs to the process that started it and must never outlive it, since it holds the GPU.
supervise.py sees to that, however we end. The log of a server is a file of its own; its last lines
are in the message when something goes wrong.
"""

import atexit
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from scribebench.backends import supervise
from scribebench.backends.base import ServerFacts, ServerUnreachableError
from scribebench.errors import ScribebenchError
from scribebench.files import sha256_bytes
from scribebench.project.documents import canonical_json

HOST = "127.0.0.1"
PORT = "{port}"
DEFAULT_READY, HEALTH = "/v1/models", "/health"
# The largest models take minutes from a slow disk.
START_LIMIT_S = 1800.0
START_LIMIT_VARIABLE = "SCRIBEBENCH_START_LIMIT_S"
TELL_EVERY_S = 30.0
GRACE_S = 5.0
PORT_ATTEMPTS = 4
POLL_S, SLOW_POLL_S, SLOW_AFTER_S = 0.05, 0.25, 10.0
# A server that cannot have its port ends within this time, while the port's owner may well answer.
SETTLE_S = 1.0
ANSWER_S = 2.0
# Ready, or ready for those who have the key.
READY_STATUS, LOADING_STATUS = frozenset({200, 401, 403}), 503
# The cause can stand far above the end: each process of a server tells of its own end.
TAIL_LINES, TAIL_BYTES = 20, 16_384
SIGKILLED = 128 + 9
NOTICED_S, NOTICED_POLL_S = 3.0, 0.05
SOON_S = 0.3

OUT_OF_MEMORY = re.compile(
    r"out of (device |host |gpu )?memory|OutOfMemory|OutOfDeviceMemory|insufficient memory"
    r"|(failed|unable|not able|cannot) to allocate|cannot allocate memory|cudaMalloc failed"
    r"|bad_alloc|^MemoryError|not enough (free |available )?memory"
    # vLLM reckons before it allocates.
    r"|no available memory for the cache blocks|larger than the available KV cache memory"
    r"|free memory on device .* is less than desired",
    re.I | re.M,
)
CAUSE = re.compile(
    r"GGML_ASSERT|assert(ion)? fail|\bfatal\b|\babort|terminate called|failed to |Traceback|Error:",
    re.I,
)
PORT_IN_USE = re.compile(r"address already in use|couldn't bind|EADDRINUSE", re.I)
VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))")
CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


class ServerStartError(ServerUnreachableError):
    """A server could not be started, or ended; `kind` is oom, ended, not_ready or cannot_run.

    `brief` says what happened and its mend, without the end of the server's log.
    """

    def __init__(self, brief: str, kind: str, log: str | None = None):
        super().__init__(f"{brief}. {log}" if log else brief)
        self.brief = brief
        self.kind = kind


@dataclass(frozen=True)
class Launch:
    """How a server is started.

    `command` holds {port} where the port belongs, `env` is added to our own environment,
    `ready_path` is asked until it answers 200, and `log` receives all that the server prints.
    `check` is called when it is ready, and may raise; the server is ended then.
    """

    name: str
    command: list[str]
    log: Path
    env: dict[str, str] = field(default_factory=dict)
    ready_path: str = HEALTH
    limit_s: float | None = None
    check: "Callable[[RunningServer], None] | None" = None


class RunningServer:
    """A server that is ready. Use it as a context manager, or call `close`.

    `cold_load_ns` is the time from the start of the process to its first answer that it is ready,
    `was_asked` is whether a request was sent to it.
    """

    def __init__(self, launch: Launch, port: int):
        """Start the process, and do not wait until it is ready; `start` does both."""
        self.launch = launch
        self.port = port
        self.url = f"http://{HOST}:{port}"
        self.cold_load_ns: int | None = None
        self.was_asked = False
        self._started_ns = time.monotonic_ns()
        self._supervisor = _supervised(launch, port)
        self.pid = 0
        try:
            self.pid = self._told_pid()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "RunningServer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def ended(self) -> int | None:
        """Return the exit status of a server that has ended; 128 and a signal's number."""
        return self._supervisor.poll()

    def has_ended(self, within_s: float = NOTICED_S) -> bool:
        """Return whether a server that does not answer has ended; it is noticed a little later."""
        deadline = time.monotonic() + within_s
        while self.ended() is None:
            if time.monotonic() > deadline:
                return False
            time.sleep(NOTICED_POLL_S)
        return True

    def failure(self) -> ServerStartError:
        """Return the error for a server that has ended, with the last lines of its log."""
        status = self.ended()
        if OUT_OF_MEMORY.search("\n".join(self._last_lines())):
            kind, mend = "oom", "use a smaller quantisation or a smaller context (options.num_ctx)"
            what = "ran out of memory"
        else:
            kind, mend = "ended", "see what it says"
            what = f"ended by itself (exit status {status})"
        if status == SIGKILLED:
            what += ", killed from outside, as systems do that run out of memory"
        return ServerStartError(f"{self.launch.name} {what}; {mend}", kind, self.end_of_log())

    def end_of_log(self) -> str:
        """Return the last lines of the log, below a line that says where it is.

        A trace of the stack may stand below the cause; the first line that names one is told too.
        """
        lines = self._last_lines()
        tail = lines[-TAIL_LINES:] or ["(it printed nothing)"]
        earlier = (line for line in lines[:-TAIL_LINES] if CAUSE.search(line))
        cause = next(earlier, None)
        return "\n".join(
            [f"The end of {self.launch.log}:", *([cause, "..."] if cause else []), *tail]
        )

    def _last_lines(self) -> list[str]:
        """Return the end of the log, without what would play tricks on a terminal."""
        try:
            with self.launch.log.open("rb") as stream:
                size = stream.seek(0, os.SEEK_END)
                stream.seek(max(0, size - TAIL_BYTES))
                text = stream.read(TAIL_BYTES).decode("utf-8", errors="replace")
        except OSError:
            return ["(there is no log)"]
        return [CONTROL.sub("", line) for line in text.splitlines() if line.strip()]

    def close(self) -> None:
        """End the server and return when it is gone; more calls do nothing."""
        assert self._supervisor.stdin is not None
        with suppress(OSError):
            self._supervisor.stdin.close()  # the supervisor's sign to end the server
        try:
            self._supervisor.wait(GRACE_S + 5.0)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()
            self._supervisor.wait()
        if self._supervisor.returncode < 0 and self.pid:
            # The supervisor was killed, and could end nothing.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, 9)

    def wait_until_ready(self) -> None:
        """Wait for the first answer that it is ready. Raises ServerStartError."""
        limit_s = self.launch.limit_s or _limit_s()
        told_s = TELL_EVERY_S
        with httpx.Client(trust_env=False, timeout=ANSWER_S) as client:
            while (waited_s := self._age_s()) < limit_s:
                if self.ended() is not None:
                    raise self.failure()
                if self._answers(client):
                    self.cold_load_ns = time.monotonic_ns() - self._started_ns
                    return self._settle()
                if waited_s >= told_s:
                    told_s += TELL_EVERY_S
                    _say(
                        f"{self.launch.name}: loading for {waited_s:.0f} s (log: {self.launch.log})"
                    )
                time.sleep(POLL_S if waited_s < SLOW_AFTER_S else SLOW_POLL_S)
        raise ServerStartError(
            f"{self.launch.name} was not ready after {limit_s:.0f} s; if it only needs longer, set "
            f"{START_LIMIT_VARIABLE} to more seconds",
            "not_ready",
            self.end_of_log(),
        )

    def lost_its_port(self) -> bool:
        """Return whether it ended because somebody else had its port."""
        if self.ended() is None:
            return False
        return bool(PORT_IN_USE.search(self.end_of_log())) or not _is_free(self.port)

    def _told_pid(self) -> int:
        assert self._supervisor.stdout is not None
        told = self._supervisor.stdout.readline().decode(errors="replace").strip()
        self._supervisor.stdout.close()
        if not told.isdigit():
            self._supervisor.wait()
            problem = told.removeprefix("error: ") or self.end_of_log()
            raise ServerStartError(f"{self.launch.name} cannot be run: {problem}", "cannot_run")
        return int(told)

    def _answers(self, client: httpx.Client) -> bool:
        path = self.launch.ready_path
        try:
            if client.get(self.url + path).status_code not in READY_STATUS:
                return False
            # llama-server lists its models while it still loads them, and says so elsewhere.
            return path != DEFAULT_READY or (
                client.get(self.url + HEALTH).status_code != LOADING_STATUS
            )
        except httpx.HTTPError:
            return False

    def _settle(self) -> None:
        """Make sure that it was this server that answered, not another one on its port."""
        while (left_s := SETTLE_S - self._age_s()) > 0:
            time.sleep(min(POLL_S, left_s))
            if self.ended() is not None:
                raise self.failure()

    def _age_s(self) -> float:
        return (time.monotonic_ns() - self._started_ns) / 1e9


def start(launch: Launch) -> RunningServer:
    """Start a server and return it when it is ready; nothing is left running when that fails.

    Raises ServerStartError when it ends early, is not ready in time, or cannot be run at all.
    """
    for attempt in range(1, PORT_ATTEMPTS + 1):
        server = RunningServer(launch, _free_port())
        try:
            server.wait_until_ready()
            if launch.check is not None:
                launch.check(server)
            return server
        except ServerStartError:
            lost = server.lost_its_port()
            server.close()
            if not lost or attempt == PORT_ATTEMPTS:
                raise
            _say(f"{launch.name}: port {server.port} was taken meanwhile; trying another one")
        except BaseException:
            server.close()
            raise
    raise AssertionError("unreachable")


class LazyServer:
    """A server that is started when its address is first needed, and anew when it has ended.

    One that runs out of memory while it starts would do so again, and is not started once more.
    """

    def __init__(self, launch: Launch | Callable[[], Launch]):
        """`launch` may be a function, called at the start; it may raise ScribebenchError."""
        self._launch = launch
        self._too_large: ServerStartError | None = None
        self.running: RunningServer | None = None

    def url(self) -> str:
        """Return the address of the running server. Raises ServerStartError."""
        return self.ready().url

    def ready(self) -> RunningServer:
        """Return the running server. Raises ServerStartError."""
        if self._too_large is not None:
            raise self._too_large
        if self.running is not None and self.running.ended() is not None:
            self.close()
        if self.running is None:
            launch = self._launch if isinstance(self._launch, Launch) else self._launch()
            try:
                self.running = start(launch)
            except ServerStartError as error:
                if error.kind == "oom":
                    self._too_large = error
                    _say(str(error))
                raise
            atexit.register(self.close)
        return self.running

    def why_gone(self, error: ServerUnreachableError) -> ServerStartError | None:
        """Return why the server does not answer: no start, or an end; null when it runs."""
        if isinstance(error, ServerStartError):
            return error
        if self.running is not None and self.running.has_ended():
            return self.running.failure()
        return None

    def is_gone(self) -> bool:
        """Return whether the server has ended, so that it is no use to ask it again."""
        return self.running is not None and self.running.has_ended(SOON_S)

    @property
    def started(self) -> dict[str, Any] | None:
        """What is known of the running server: `cold_load_ns`, `pid`, `log`; null before."""
        if self.running is None:
            return None
        return {
            "cold_load_ns": self.running.cold_load_ns,
            "pid": self.running.pid,
            "log": str(self.running.launch.log),
        }

    def close(self) -> None:
        """End the server if it runs; more calls do nothing."""
        running, self.running = self.running, None
        if running is not None:
            atexit.unregister(self.close)
            running.close()


def facts(server: LazyServer | None, n_ctx: int | None = None) -> ServerFacts:
    """Return what is known of a server that may run."""
    started = server.started if server else None
    if started is None:
        return ServerFacts(n_ctx=n_ctx)
    return ServerFacts(pid=started["pid"], log=Path(started["log"]), n_ctx=n_ctx)


def reload(server: LazyServer | None) -> int | None:
    """End a server and start it again; return its cold load in ns, null when it is not ours."""
    if server is None:
        return None
    server.close()
    server.url()
    return server.started["cold_load_ns"] if server.started else None


def serve_if_asked(settings: dict[str, Any], context: dict[str, Any]) -> LazyServer | None:
    """Return the server that `serve:` of a model's settings describes; null without it.

    Nothing is started before `url()` is called. Raises ScribebenchError for what `problems` finds.
    """
    serve = settings.get("serve")
    if not serve:
        return None
    if found := problems(settings):
        raise ScribebenchError("; ".join(found))
    command = [expanded(word) for word in serve["command"]]
    return LazyServer(
        lambda: Launch(
            name=Path(command[0]).name,
            command=command,
            log=log_path(settings, context),
            env={name: expanded(value) for name, value in serve.get("env", {}).items()},
            ready_path=serve.get("ready", DEFAULT_READY),
        )
    )


def problems(settings: dict[str, Any]) -> list[str]:
    """Return what `serve:` lacks before a start, each with its mend; nothing is started."""
    serve = settings.get("serve")
    if not serve:
        return []
    words = [*serve["command"], *serve.get("env", {}).values()]
    found = [unset(name, f"`serve:` uses ${name}") for name in unset_variables(words)]
    program = serve["command"][0]
    if not unset_variables([program]) and shutil.which(expanded(program)) is None:
        found.append(
            f"the program {program!r} of `serve.command` is not installed; install it, or give its "
            "whole path"
        )
    return found


def unset_variables(texts: list[str]) -> list[str]:
    """Return the environment variables that the texts use and that are not set, in order."""
    names = [match[1] or match[2] for text in texts for match in VARIABLE.finditer(text)]
    return [name for name in dict.fromkeys(names) if not os.environ.get(name)]


def unset(name: str, user: str) -> str:
    """Return the problem of a variable that is not set; `user` says what uses it."""
    return f"the environment variable {name} is not set, and {user}: export {name}=..."


def expanded(text: str) -> str:
    """Return the text with $NAME and ${NAME} replaced by environment variables, which are set."""
    return VARIABLE.sub(lambda match: os.environ.get(match[1] or match[2], match[0]), text)


def path_of(text: str) -> Path:
    """Return the path that a model's file names; $NAME and ~ are replaced."""
    return Path(expanded(text)).expanduser().absolute()


def log_path(settings: dict[str, Any], context: dict[str, Any]) -> Path:
    """Return where a server's log goes: a file for each session and settings.

    `context` may name it (`server_log`), or the folder of the workflow's state (`state`); without
    either it is a new temporary file.
    """
    if context.get("server_log"):
        return Path(context["server_log"])
    name = f"{settings['backend']}-"
    if not context.get("state"):
        handle, path = tempfile.mkstemp(prefix=name, suffix=".log")
        os.close(handle)
        return Path(path)
    # Two jobs on two GPUs must not write into one file.
    identity = canonical_json([str(context.get("session")), settings])
    name += sha256_bytes(identity.encode())[:12]
    return Path(context["state"]) / "servers" / f"{name}.log"


def _supervised(launch: Launch, port: int) -> "subprocess.Popen[bytes]":
    command = [word.replace(PORT, str(port)) for word in launch.command]
    launch.log.parent.mkdir(parents=True, exist_ok=True)
    # Isolated and without site-packages: it needs neither, and starts at once.
    supervisor = [sys.executable, "-I", "-S", supervise.__file__, str(GRACE_S)]
    with launch.log.open("wb") as log:
        return subprocess.Popen(
            [*supervisor, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=os.environ | launch.env,
            # Ctrl-C in a terminal must not reach it: it ends the server when we end.
            start_new_session=True,
            # The lock that we hold goes along, and so is not free before the server is gone.
            close_fds=False,
        )


def _limit_s() -> float:
    text = os.environ.get(START_LIMIT_VARIABLE)
    if not text:
        return START_LIMIT_S
    try:
        limit_s = float(text)
    except ValueError:
        limit_s = 0.0
    if not limit_s > 0:
        raise ScribebenchError(
            f"{START_LIMIT_VARIABLE}={text} is no number of seconds; correct or unset it"
        )
    return limit_s


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # What a server that has just ended leaves behind does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
