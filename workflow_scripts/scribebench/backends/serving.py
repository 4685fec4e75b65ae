"""Servers that the workflow starts itself: on a free port, ready before use, gone afterwards.

A server belongs to the process that started it and must never outlive it, since it holds the GPU.
supervise.py sees to that, however we end. The log of a server is a file of its own; its last lines
are in the message when something goes wrong.
"""

import atexit
import json
import os
import re
import shutil
import signal
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
from typing import Any, BinaryIO

import httpx

from scribebench.backends import supervise
from scribebench.backends.base import ServerFacts, ServerUnreachableError
from scribebench.backends.hashes import FileHashes, by_content, is_file
from scribebench.backends.memory import OUT_OF_MEMORY
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
SIGKILLED = 128 + signal.SIGKILL
NOTICED_S, NOTICED_POLL_S = 3.0, 0.05
SOON_S = 0.3
# Shorter values of environment variables are no keys, and stand in the log by chance.
HIDDEN_CHARS = 12

CAUSE = re.compile(
    r"^(?!.*\b(mlock|warn(ing)?)\b).*(GGML_ASSERT|assert(ion)? fail|\bfatal\b|\babort"
    r"|terminate called|failed to |Traceback|Error:)",
    re.I,
)
# A server that does not know its arguments has not come to need memory; what stands above warned.
MISUSED = re.compile(
    r"\berror: (invalid argument: -|unknown argument|unrecognized arguments|argument -"
    r"|while handling argument)",
    re.I,
)
# What mends a server that ended by itself, by what it says.
MENDS = (
    (
        re.compile(r"corrupted or incomplete|not within the file bounds|invalid magic", re.I),
        "the model's file is incomplete or damaged: download it again",
    ),
    (
        re.compile(r"unknown (model )?architecture|missing tensor|tensor '.*' not found", re.I),
        "it does not know such a model: use a newer build, or another file of the model",
    ),
    (MISUSED, "correct `server_args:` or `serve:` in the model's file"),
)
PORT_IN_USE = re.compile(r"address already in use|couldn't bind|EADDRINUSE", re.I)
VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))")
CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


class ServerStartError(ServerUnreachableError):
    """A server could not be started, or ended.

    `kind` is oom, killed (from outside, after it was asked), ended, not_ready or cannot_run.
    `brief` says what happened and its mend in a line, with the line of the log that says why.
    """

    def __init__(self, what: str, kind: str, log: str | None = None, cause: str | None = None):
        super().__init__(f"{what}. {log}" if log else what)
        self.brief = f"{what}: {cause}" if cause else what
        self.kind = kind


@dataclass(frozen=True)
class Launch:
    """How a server is started.

    `command` holds {port} where the port belongs, `env` is added to our own environment,
    `ready_path` is asked until it answers 200, and `log` receives all that the server prints.
    `check` is called when it is ready, and may raise; the server is ended then. What is `hidden`,
    such as keys, is told in no message and does not stand in the log.
    """

    name: str
    command: list[str]
    log: Path
    env: dict[str, str] = field(default_factory=dict)
    ready_path: str = HEALTH
    limit_s: float | None = None
    check: "Callable[[RunningServer], None] | None" = None
    hidden: frozenset[str] = field(default=frozenset(), repr=False)

    def without_hidden(self, text: str) -> str:
        """Return a text with *** in place of all that is hidden."""
        for value in sorted(self.hidden, key=len, reverse=True):
            text = text.replace(value, "***")
        return text


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
        """Return the error for a server that has ended, with the last lines of its log.

        One that is killed while it starts is taken for one that ran out of memory.
        """
        status, lines = self.ended(), self._last_lines()
        mend = "use a smaller quantisation or a smaller context (options.num_ctx)"
        if cause := _want_of_memory(lines):
            kind, what = "oom", "ran out of memory"
        elif status == SIGKILLED:
            kind = "killed" if self.was_asked else "oom"
            what = (
                f"was killed from outside (exit status {status}), as systems do that run out of "
                "memory"
            )
        else:
            kind, what = "ended", f"ended by itself (exit status {status})"
            cause = next(filter(CAUSE.search, lines), lines[-1] if lines else None)
            mends = (mend for pattern, mend in MENDS if any(map(pattern.search, lines)))
            mend = next(mends, "see what it says")
        log = self.end_of_log()
        return ServerStartError(f"{self.launch.name} {what}; {mend}", kind, log, cause)

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
        """Return the end of the log, without what is hidden or would play tricks on a terminal."""
        try:
            with self.launch.log.open("rb") as stream:
                size = stream.seek(0, os.SEEK_END)
                stream.seek(max(0, size - TAIL_BYTES))
                text = stream.read(TAIL_BYTES).decode("utf-8", errors="replace")
        except OSError:
            return ["(there is no log)"]
        if size > TAIL_BYTES:  # the first line is cut off, maybe within what is hidden
            text = text.partition("\n")[2]
        lines = [CONTROL.sub("", line) for line in text.splitlines() if line.strip()]
        return [self.launch.without_hidden(line) for line in lines]

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
            problem = self.launch.without_hidden(told.removeprefix("error: ")) or self.end_of_log()
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
    `crashed_at` names the requests at which it has ended since it answered one.
    """

    def __init__(self, launch: Launch | Callable[[], Launch]):
        """`launch` may be a function, called at the start; it may raise ScribebenchError."""
        self._launch = launch
        self._too_large: ServerStartError | None = None
        self.running: RunningServer | None = None
        self.crashed_at: set[str] = set()

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
    return ServerFacts(
        pid=started["pid"],
        log=Path(started["log"]),
        n_ctx=n_ctx,
        cold_load_ns=started["cold_load_ns"],
    )


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
            hidden=_hidden(settings),
        )
    )


def what_bears(settings: dict[str, Any], hashes: FileHashes) -> dict[str, Any]:
    """Return what of `serve:` bears on replies or speed; keep only a hash of it, it can hold keys.

    Files that it names count by content, and environment variables by their values; but not the
    key of its requests, nor a log, nor a program that is no script: an update asks nothing anew.
    """
    serve, key = settings["serve"], settings.get("api_key_env")
    program, *words = [expanded(word, except_for=key) for word in serve["command"]]
    env = {name: expanded(text, except_for=key) for name, text in serve.get("env", {}).items()}
    return {
        "program": by_content(program, hashes) if _is_script(program) else program,
        "arguments": [by_content(word, hashes) for word in words],
        "env": {name: by_content(value, hashes) for name, value in env.items()},
    }


def problems(settings: dict[str, Any]) -> list[str]:
    """Return what `serve:` lacks before a start, each with its mend; nothing is started."""
    serve = settings.get("serve")
    if not serve:
        return []
    found = [unset(name, f"`serve:` uses ${name}") for name in unset_variables(_words(serve))]
    program = serve["command"][0]
    if not unset_variables([program]) and shutil.which(expanded(program)) is None:
        found.append(
            f"the program {program!r} of `serve.command` is not installed; install it, or give its "
            "whole path"
        )
    return found


def unset_variables(texts: list[str]) -> list[str]:
    """Return the environment variables that the texts use and that are not set, in order."""
    return [name for name in _variables(texts) if not os.environ.get(name)]


def unset(name: str, user: str) -> str:
    """Return the problem of a variable that is not set; `user` says what uses it."""
    return f"the environment variable {name} is not set, and {user}: export {name}=..."


def expanded(text: str, except_for: str | None = None) -> str:
    """Return the text with $NAME and ${NAME} replaced by environment variables, which are set."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        return match[0] if name == except_for else os.environ.get(name, match[0])

    return VARIABLE.sub(value, text)


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


def _words(serve: dict[str, Any]) -> list[str]:
    return [*serve["command"], *serve.get("env", {}).values()]


def _variables(texts: list[str]) -> list[str]:
    names = [match[1] or match[2] for text in texts for match in VARIABLE.finditer(text)]
    return list(dict.fromkeys(names))


def _hidden(settings: dict[str, Any]) -> frozenset[str]:
    """Return the values of environment variables that messages must not tell; paths they may."""
    names = [*_variables(_words(settings["serve"])), settings.get("api_key_env") or ""]
    values = [os.environ.get(name, "") for name in names]
    return frozenset(
        value
        for value in values
        if len(value) >= HIDDEN_CHARS and not os.path.exists(value)  # noqa: PTH110
    )


def _is_script(program: str) -> bool:
    if not is_file(program):
        return False
    with Path(program).open("rb") as stream:
        return stream.read(2) == b"#!"


def _want_of_memory(lines: list[str]) -> str | None:
    """Return the first line that tells of it, unless the server ended for another reason."""
    if any(map(MISUSED.search, lines)):
        return None
    return next(filter(OUT_OF_MEMORY.search, lines), None)


def _supervised(launch: Launch, port: int) -> "subprocess.Popen[bytes]":
    command = [word.replace(PORT, str(port)) for word in launch.command]
    launch.log.parent.mkdir(parents=True, exist_ok=True)
    # Isolated and without site-packages: it needs neither, and starts at once.
    supervisor = [sys.executable, "-I", "-S", supervise.__file__, str(GRACE_S)]
    with _opened_log(launch.log) as log:
        supervised = subprocess.Popen(
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
    assert supervised.stdin is not None
    hidden = [os.fsencode(text).decode("latin-1") for text in sorted(launch.hidden)]
    with suppress(OSError):  # it has ended; that is told when it is asked for the server's pid
        # Not as an argument, which any user of the machine can read.
        supervised.stdin.write(json.dumps(hidden).encode("ascii") + b"\n")
        supervised.stdin.flush()
    return supervised


def _opened_log(path: Path) -> BinaryIO:
    """Open a log anew that only we can read: a server may print more than it should."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(handle, 0o600)  # of one that was there
    return os.fdopen(handle, "wb")


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
