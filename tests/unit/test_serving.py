"""Servers that the workflow starts: ready before use, gone afterwards, and failures are told."""

import fcntl
import os
import random
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from scribebench.backends import openai, serving
from scribebench.backends.serving import (
    LazyServer,
    RunningServer,
    ServerStartError,
    problems,
    serve_if_asked,
    start,
)
from scribebench.backends.supervise import Hiding
from scribebench.describe.lock import FOLDER_VARIABLE, held, held_by_us_alone
from scribebench.errors import ScribebenchError
from scribebench.project.models import load_models
from unit.places import CONFIG, SCRIPTS

# A small HTTP server whose words say how it behaves; it needs a tenth of a second to be there.
FAKE = """
import http.server, os, signal, subprocess, sys, time

port, behaviour = int(sys.argv[1]), sys.argv[2:]
ready_at = time.monotonic() + (0.4 if "slow" in behaviour else 0)
if "stubborn" in behaviour:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "child" in behaviour:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    print("child", child.pid, flush=True)
if "exit" in behaviour:
    sys.exit("no such model\\x1b[2J")
if "oom" in behaviour:
    sys.exit("ggml_backend_cuda_buffer_type_alloc_buffer: cudaMalloc failed: out of memory")
if "mlock" in behaviour:
    print("warning: failed to mlock 12-byte buffer: Cannot allocate memory")
    print("could not allocate pinned memory: out of memory")
    sys.exit("exiting")
if "corrupt" in behaviour:
    print("llama_model_load: tensor 'x' data is not within the file bounds, model is corrupted")
    sys.exit("error loading model")
if "unknown" in behaviour:
    print("error loading model architecture: unknown model architecture: 'new'")
    sys.exit("exiting")
if "misused" in behaviour:
    print("unable to allocate what is asked for, going on without")
    sys.exit("error: invalid argument: --foo")
if "killed" in behaviour:
    os.kill(os.getpid(), 9)
if "talks" in behaviour:
    os.write(1, b"key: " + sys.argv[-1][:6].encode())
    time.sleep(0.3)
    os.write(2, sys.argv[-1][6:].encode() + b"\\n\\xff\\x00 " + b"progress\\r" * 3)
if "floods" in behaviour:
    for number in range(200):
        os.write(1, f"{number:04d} {sys.argv[-1]} ".encode() * 400 + b"\\n")
if "goodbye" in behaviour:
    def part(*_):
        for number in range(100):
            os.write(1, b"x" * 10_000 + b"\\n")
        print("goodbye to", sys.argv[-1], flush=True)
        os._exit(0)
    signal.signal(signal.SIGTERM, part)
if "secret" in behaviour:
    sys.exit(f"{'x' * 20000}\\nnon-default args: {sys.argv[3:]}")
for text in behaviour:
    if text.startswith("ValueError:"):
        sys.exit(text + "\\n  File of another process\\n" * 40)

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        loading = "never" in behaviour or time.monotonic() < ready_at
        body = os.environ.get("GREETING", "").encode()
        if "lists" in behaviour and self.path == "/v1/models":
            self.send_response(200)
        else:
            self.send_response(503 if loading else 200 if self.path == "/health" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

http.server.HTTPServer.allow_reuse_address = False
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
WAIT_S = 10.0

MakeLaunch = Callable[..., serving.Launch]


@pytest.fixture
def launch(tmp_path: Path) -> MakeLaunch:
    script = tmp_path / "fake.py"
    script.write_text(FAKE)

    def make(*behaviour: str, **changes: Any) -> serving.Launch:
        command = [sys.executable, str(script), "{port}", *behaviour]
        usual = {"name": "fake", "command": command, "log": tmp_path / "logs" / "server.log"}
        return serving.Launch(**usual | changes)

    return make


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "GRACE_S", 0.5)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


def child_of(server: RunningServer) -> int:
    return int(server.launch.log.read_text().split()[1])


def test_a_server_is_ready_in_the_block_and_gone_after_it(launch: MakeLaunch) -> None:
    with start(launch("slow", env={"GREETING": "hello"})) as server:
        assert httpx.get(server.url, trust_env=False).text == "hello"
        assert not is_gone(server.pid)
        assert 0.4e9 <= server.cold_load_ns <= 10e9
    assert is_gone(server.pid)
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url, trust_env=False)
    server.close()  # again: nothing happens


def test_an_error_in_the_block_ends_it_too(launch: MakeLaunch) -> None:
    with pytest.raises(ZeroDivisionError), start(launch()) as server:
        raise ZeroDivisionError
    assert is_gone(server.pid)


def test_a_server_that_ignores_sigterm_is_killed(launch: MakeLaunch) -> None:
    with start(launch("stubborn")) as server:
        before = time.monotonic()
    assert is_gone(server.pid)
    assert time.monotonic() - before >= 0.5


def test_what_a_server_started_goes_with_it(launch: MakeLaunch) -> None:
    with start(launch("child")) as server:
        child = child_of(server)
        assert not is_gone(child)
    wait_until(lambda: is_gone(child))


def test_what_a_server_that_ended_left_behind_goes_too(launch: MakeLaunch) -> None:
    with start(launch("child")) as server:
        child = child_of(server)
        os.kill(server.pid, signal.SIGKILL)
        wait_until(lambda: is_gone(child))
        wait_until(lambda: server.ended() == 128 + signal.SIGKILL)


@pytest.mark.parametrize(
    ("behaviour", "kind", "said"),
    [
        (
            "exit",
            "ended",
            r"(?s)ended by itself \(exit status 1\).*server\.log:\nno such model",
        ),
        ("oom", "oom", r"(?s)fake ran out of memory; .*options\.num_ctx.*\n.*cudaMalloc failed"),
        ("mlock", "ended", r"ended by itself \(exit status 1\)"),
        ("corrupt", "ended", r"ended by itself \(exit status 1\); .*: download it again"),
        ("unknown", "ended", r"ended by itself \(exit status 1\); .*: use a newer build"),
        ("misused", "ended", r"correct `server_args:` or `serve:` in the model's file"),
        ("misused", "ended", r"(?s)ended by itself \(exit status 1\).*invalid argument: --foo"),
        ("killed", "oom", r"fake was killed from outside \(exit status 137\)"),
    ],
)
def test_a_server_that_ends_early_says_why(
    launch: MakeLaunch, behaviour: str, kind: str, said: str
) -> None:
    with pytest.raises(ServerStartError, match=said) as caught:
        start(launch(behaviour))
    assert caught.value.kind == kind
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ValueError: No available memory for the cache blocks. Try increasing", "oom"),
        ("ValueError: Free memory on device (3.2/4.0 GiB) on startup is less than desired", "oom"),
        ("ValueError: 9.0 GiB is larger than the available KV cache memory (4.2 GiB)", "oom"),
        ("ValueError: there is no such model", "ended"),
    ],
)
def test_what_vllm_says_of_memory_stands_far_above_the_end(
    launch: MakeLaunch, text: str, kind: str
) -> None:
    with pytest.raises(ServerStartError) as caught:
        start(launch(text))
    assert caught.value.kind == kind
    assert text in str(caught.value), "a cause is told, wherever it stands"


def test_a_model_that_is_too_large_is_started_once(launch: MakeLaunch) -> None:
    starts: list[str] = []

    def counted(behaviour: str) -> LazyServer:
        starts.clear()
        return LazyServer(lambda: starts.append(behaviour) or launch(behaviour))

    for behaviour, times in (("oom", 1), ("exit", 3)):
        lazy = counted(behaviour)
        for ask in (lazy.url, lazy.url, lambda lazy=lazy: serving.reload(lazy)):
            with pytest.raises(ServerStartError):
                ask()
        assert len(starts) == times


def test_a_server_that_lists_its_model_while_it_loads_is_not_ready(launch: MakeLaunch) -> None:
    asked = settings(launch("lists", "slow"))
    del asked["serve"]["ready"]
    served = serve_if_asked(asked, {"server_log": launch().log})
    try:
        served.url()
        assert served.started["cold_load_ns"] >= 0.4e9
    finally:
        served.close()


def test_what_is_checked_at_the_start_ends_the_server_when_it_fails(launch: MakeLaunch) -> None:
    checked: list[RunningServer] = []

    def refuse(server: RunningServer) -> None:
        checked.append(server)
        raise ScribebenchError("not this one")

    with pytest.raises(ScribebenchError, match="not this one"):
        start(launch(check=refuse))
    assert is_gone(checked[0].pid)


def test_a_server_that_is_never_ready_is_ended_and_told_of_meanwhile(
    launch: MakeLaunch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serving, "TELL_EVERY_S", 0.3)
    monkeypatch.setenv(serving.START_LIMIT_VARIABLE, "1.0")
    spawned: list[int] = []
    told_pid = RunningServer._told_pid
    monkeypatch.setattr(
        RunningServer, "_told_pid", lambda self: spawned.append(told_pid(self)) or spawned[-1]
    )
    with pytest.raises(ServerStartError, match=r"not ready after 1 s; .*LIMIT_S") as caught:
        start(launch("never"))
    assert caught.value.kind == "not_ready"
    assert is_gone(spawned[0])
    assert capsys.readouterr().err.count("fake: loading for") >= 1


@pytest.mark.parametrize("text", ["soon", "-3", "nan"])
def test_a_limit_that_is_no_number_is_refused(
    launch: MakeLaunch, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(serving.START_LIMIT_VARIABLE, text)
    with pytest.raises(ScribebenchError, match=f"={text} is no number of seconds"):
        start(launch())


def test_a_program_that_is_not_there_is_said(launch: MakeLaunch) -> None:
    with pytest.raises(ServerStartError, match="No such file") as caught:
        start(launch(command=["/nowhere/server", "{port}"]))
    assert caught.value.kind == "cannot_run"


def test_a_port_that_was_taken_meanwhile_is_given_up_for_another(
    launch: MakeLaunch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with start(launch(env={"GREETING": "other"}, log=launch().log.with_name("other"))) as other:
        free = serving._free_port
        ports = iter([other.port, other.port])
        monkeypatch.setattr(serving, "_free_port", lambda: next(ports, None) or free())
        # The other one answers 200 on the port at once; that must not be taken for our server.
        with start(launch(env={"GREETING": "ours"})) as ours:
            assert ours.port != other.port
            assert httpx.get(ours.url, trust_env=False).text == "ours"
    assert capsys.readouterr().err.count("was taken meanwhile") == 2


def test_a_port_that_is_always_taken_is_an_error_in_the_end(
    launch: MakeLaunch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "ANSWER_S", 0.2)
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        monkeypatch.setattr(serving, "_free_port", lambda: holder.getsockname()[1])
        with pytest.raises(ServerStartError, match="in use"):
            start(launch())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_server_goes_when_its_starter_is_ended(
    launch: MakeLaunch, tmp_path: Path, number: int
) -> None:
    """Also when nothing can be done any more by the starter itself."""
    one = launch("stubborn", "child")
    code = (
        "import sys, time; from pathlib import Path; from scribebench.backends import serving\n"
        "serving.GRACE_S = 0.5\n"
        f"server = serving.start(serving.Launch('fake', {one.command!r}, Path({str(one.log)!r})))\n"
        "print(server.pid, flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(SCRIPTS)},
        start_new_session=True,
    )
    with starter:
        server = int(starter.stdout.readline())
        child = int(one.log.read_text().split()[1])
        assert not is_gone(server) and not is_gone(child)
        os.killpg(starter.pid, number)
        starter.wait()
    wait_until(lambda: is_gone(server) and is_gone(child))


def test_the_lock_of_a_killed_job_is_held_until_its_server_is_gone(
    launch: MakeLaunch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))
    one = launch("stubborn")
    code = (
        "import time; from pathlib import Path; from scribebench.backends import serving\n"
        "from scribebench.describe.lock import held\n"
        "serving.GRACE_S = 2.0\n"
        f"one = serving.Launch('fake', {one.command!r}, Path({str(one.log)!r}))\n"
        "with held([['gpu-0']]):\n"
        "  print(serving.start(one).pid, flush=True); time.sleep(60)"
    )
    job = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(SCRIPTS)},
    )
    with job:
        server = psutil.Process(int(job.stdout.readline()))
        lock = str(tmp_path / "locks" / "gpu-0.lock")
        assert lock in [file.path for file in server.parent().open_files()]
        assert lock not in [file.path for file in server.open_files()]
        killed = time.monotonic()
        job.kill()
    with held([["gpu-0"]]):
        assert is_gone(server.pid)
    assert 1.9 < time.monotonic() - killed < 8.0


def test_the_lock_is_free_when_a_job_has_ended_its_server(
    launch: MakeLaunch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))
    with held([["gpu-0"]]), start(launch()):
        pass
    handle = os.open(tmp_path / "locks" / "gpu-0.lock", os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(handle)


def test_a_lock_of_ours_alone_is_free_while_a_server_runs_that_was_started_under_it(
    launch: MakeLaunch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the gate a server is started that runs on; another job waits for the gate only."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))
    with held_by_us_alone("gate-0"):
        server = start(launch())
    with server:
        handle = os.open(tmp_path / "locks" / "gate-0.lock", os.O_RDWR)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(handle)
        assert server.ended() is None


def test_a_server_goes_when_its_supervisor_is_killed(launch: MakeLaunch) -> None:
    with start(launch()) as server:
        psutil.Process(server.pid).parent().kill()
    wait_until(lambda: is_gone(server.pid))


@pytest.mark.skipif(sys.platform != "linux", reason="needs prctl")
def test_a_server_goes_when_its_starter_and_its_supervisor_are_killed(launch: MakeLaunch) -> None:
    one = launch("stubborn")
    code = (
        "import time; from pathlib import Path; from scribebench.backends import serving\n"
        f"one = serving.Launch('fake', {one.command!r}, Path({str(one.log)!r}))\n"
        "server = serving.start(one)\n"
        "print(server.pid, flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(SCRIPTS)},
    )
    with starter:
        server = psutil.Process(int(starter.stdout.readline()))
        supervisor = server.parent()
        supervisor.suspend()  # so that it does nothing by itself
        starter.kill()
        supervisor.kill()
    wait_until(lambda: is_gone(server.pid))


# --- what stands in its log ----------------------------------------------------------------------

KEY = "sk-very-secret-1234"


def logged(launch: MakeLaunch, *behaviour: str, **changes: Any) -> bytes:
    """What stands in the log of a server that has run, and was given KEY."""
    one = launch(*behaviour, KEY, hidden=frozenset({KEY}), **changes)
    with start(one):
        pass
    return one.log.read_bytes()


def test_what_is_hidden_is_not_in_the_log_and_all_else_is(launch: MakeLaunch) -> None:
    """Also in pieces, on a line without an end, and beside bytes that are no text."""
    assert logged(launch, "talks").startswith(b"key: ***\n\xff\x00 " + b"progress\r" * 3)


def test_a_server_that_prints_much_is_not_held_up_and_loses_nothing(launch: MakeLaunch) -> None:
    lines = logged(launch, "floods").split(b"\n")
    assert lines[:200] == [f"{number:04d} *** ".encode() * 400 for number in range(200)]


def test_what_a_server_says_while_it_is_ended_is_logged_too(launch: MakeLaunch) -> None:
    assert logged(launch, "goodbye").endswith(b"xxx\ngoodbye to ***\n")


def test_the_log_of_a_killed_job_tells_nothing_that_is_hidden(launch: MakeLaunch) -> None:
    one = launch("talks", "goodbye", KEY)
    code = (
        "import os, time; from pathlib import Path; from scribebench.backends import serving\n"
        f"one = serving.Launch('fake', {one.command!r}, Path({str(one.log)!r}),\n"
        f"    hidden=frozenset({{{KEY!r}}}))\n"
        "print(serving.start(one).pid, flush=True); time.sleep(60)"
    )
    job = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(SCRIPTS)},
    )
    with job:
        server = int(job.stdout.readline())
        job.kill()
    wait_until(lambda: is_gone(server))
    wait_until(lambda: one.log.read_bytes().endswith(b"goodbye to ***\n"))
    assert KEY.encode() not in one.log.read_bytes()


def test_what_is_hidden_may_hold_any_character(launch: MakeLaunch) -> None:
    key = "sk-\u00e9\u4e2d\n\udcff" + KEY
    one = launch("goodbye", "--api-key", key, hidden=frozenset({key}))
    one.command[1:1] = ["-X", "utf8"]
    with start(one):
        pass
    assert one.log.read_bytes().count(b"***") == 1
    assert KEY.encode() not in one.log.read_bytes()


def test_a_log_can_be_read_by_its_owner_only(launch: MakeLaunch) -> None:
    for _ in range(2):
        with start(launch()) as server:
            assert server.launch.log.stat().st_mode & 0o777 == 0o600
        server.launch.log.chmod(0o644)  # as of an older version


def test_a_child_that_got_away_does_not_keep_a_job_from_ending(launch: MakeLaunch) -> None:
    """It holds the pipe to the log open."""
    code = "import os, time; os.setsid(); print('child', os.getpid(), flush=True); time.sleep(60)"
    one = launch()
    python = shlex.quote(sys.executable)
    command = ["sh", "-c", f'{python} -c "{code}" & exec "$@"', "sh", *one.command]
    with start(launch(command=command)) as server:
        wait_until(lambda: one.log.read_text().startswith("child"))
        child = child_of(server)
        begin = time.monotonic()
    try:
        assert time.monotonic() - begin < 5
        assert not is_gone(child)
        assert is_gone(server.pid)
    finally:
        os.kill(child, signal.SIGKILL)


@pytest.mark.parametrize(
    ("hidden", "text", "told"),
    [
        ([b"secret"], b"a secret, secretsecret and secre", b"a ***, ****** and secre"),
        ([b"abc", b"abcdef"], b"abc abcd abcdef abcdefg", b"*** ***d *** ***g"),
        ([b"abcd", b"bc"], b"xabc abcd bcd abc", b"xa*** *** ***d a***"),
        ([b"abab", b"bcd"], b"ababcd ababab", b"***cd ***ab"),
        ([b"line\nline"], b"line\nline\nlin", b"***\nlin"),
        ([], b"a secret", b"a secret"),
        ([b"\xff\x00"], b"\xff\xff\x00\xff", b"\xff***\xff"),
    ],
)
def test_what_is_hidden_is_hidden_wherever_a_stream_is_cut(
    hidden: list[bytes], text: bytes, told: bytes
) -> None:
    numbers = random.Random(0)
    for _ in range(200):
        cuts = sorted(numbers.choices(range(len(text) + 1), k=numbers.randrange(6)))
        pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        hiding = Hiding(hidden)
        assert b"".join([*map(hiding.pass_on, pieces), hiding.end()]) == told, pieces


def test_what_is_not_hidden_passes_at_once() -> None:
    hiding = Hiding([b"secret"])
    assert hiding.pass_on(b"ready\nwaiting for s") == b"ready\nwaiting for "
    assert hiding.pass_on(b"omebody") == b"somebody"


def test_a_lazy_server_starts_once_and_again_when_it_has_ended(launch: MakeLaunch) -> None:
    lazy = LazyServer(launch())
    assert lazy.started is None
    assert not launch().log.exists()
    try:
        url, first = lazy.url(), lazy.started
        assert lazy.url() == url
        assert lazy.started == first
        assert first["cold_load_ns"] > 0
        os.kill(first["pid"], signal.SIGKILL)
        wait_until(lambda: lazy.running.ended() is not None)
        assert httpx.get(f"{lazy.url()}/health", trust_env=False).status_code == 200
        assert lazy.started["pid"] != first["pid"]
    finally:
        lazy.close()
    assert lazy.started is None


# --- `serve:` of a model file --------------------------------------------------------------------


def settings(launch: serving.Launch, **changes: Any) -> dict[str, Any]:
    serve = {"command": launch.command, "ready": "/health", **changes}
    return {"backend": "openai", "tag": "some", "serve": serve}


def test_serve_starts_what_it_describes(
    launch: MakeLaunch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHO", "you")
    asked = settings(launch(), env={"GREETING": "hello $WHO and ${WHO}"})
    served = serve_if_asked(asked, {"state": tmp_path, "session": "demo"})
    try:
        assert httpx.get(served.url(), trust_env=False).text == "hello you and you"
        assert Path(served.started["log"]).parent == tmp_path / "servers"
    finally:
        served.close()


def test_nothing_is_served_unless_it_is_asked_for() -> None:
    assert serve_if_asked({"backend": "openai", "url": "http://127.0.0.1:1"}, {}) is None
    assert problems({"backend": "openai"}) == []


def test_what_serve_lacks_is_told_before_a_start(launch: MakeLaunch) -> None:
    asked = settings(launch(), command=["$NOT_SET_A/serve", "{port}"], env={"X": "${NOT_SET_B}"})
    found = problems(asked)
    assert [text.split()[3] for text in found] == ["NOT_SET_A", "NOT_SET_B"]
    assert all("export NOT_SET_" in text for text in found)
    with pytest.raises(ScribebenchError, match="NOT_SET_A"):
        serve_if_asked(asked, {})
    (found,) = problems(settings(launch(), command=["no-such-program", "{port}"]))
    assert "'no-such-program'" in found and "install it" in found


@pytest.mark.parametrize("env", [{}, {"X": "$SOME_KEY"}])
def test_a_key_is_in_no_message(
    launch: MakeLaunch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, env: dict[str, str]
) -> None:
    monkeypatch.setenv("SOME_KEY", "sk-secret-1234")
    monkeypatch.setenv("SHORT", "brief")
    monkeypatch.setenv("SOME_PATH", str(tmp_path))
    words = ["secret", "--api-key", "$SOME_KEY", "$SHORT", "$SOME_PATH/not-there"]
    asked = settings(launch(*words), env=env)
    with pytest.raises(ServerStartError) as caught:
        serve_if_asked(asked, {"state": tmp_path}).url()
    for text in (str(caught.value), caught.value.brief):
        assert "'--api-key', '***', 'brief'" in text
        assert f"'{tmp_path}/not-there'" in text
        assert "sk-secret" not in text
    (log,) = (tmp_path / "servers").iterdir()
    assert "'--api-key', '***', 'brief'" in log.read_text()
    assert "sk-secret" not in log.read_text()

    command = ["$SOME_KEY/server", "{port}"]
    monkeypatch.setattr(serving, "problems", lambda settings: [])
    with pytest.raises(ServerStartError, match=r"cannot be run: \*\*\*/server") as caught:
        serve_if_asked(settings(launch(), command=command), {"state": tmp_path}).url()
    assert "sk-secret" not in str(caught.value)


def test_a_key_that_is_not_set_is_told_before_a_start(launch: MakeLaunch) -> None:
    asked = settings(launch()) | {"api_key_env": "NOT_SET_KEY"}
    (found,) = openai.problems(asked)
    assert "NOT_SET_KEY is not set" in found and "export NOT_SET_KEY=" in found


def test_logs_of_two_jobs_are_two_files(launch: MakeLaunch, tmp_path: Path) -> None:
    one = settings(launch())
    paths = {
        serving.log_path(one, {"state": tmp_path, "session": session}) for session in ("a", "b")
    }
    assert len(paths) == 2
    assert serving.log_path(one, {"server_log": "x.log", "state": tmp_path}) == Path("x.log")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("serve: {command: [x, '{port}'], ready: /health, env: {A: b}}\nprobe: warn", None),
        ("", "`url` is missing"),
        ("serve: {command: [x]}", "serve.command"),
        ("serve: {ready: /health}", "`command` is missing"),
        ("serve: {command: [x, '{port}'], ready: health}", "serve.ready"),
        ("url: http://127.0.0.1:1\nprobe: never", "probe"),
    ],
)
def test_a_model_file_describes_a_server_or_names_an_address(
    tmp_path: Path, text: str, said: str | None
) -> None:
    (tmp_path / "some.yaml").write_text(f"label: Some\nbackend: openai\ntag: some\n{text}\n")
    schema = CONFIG / "model.schema.yaml"
    if said is None:
        assert load_models(tmp_path, schema)["some"].variants["base"]["serve"]["command"]
        return
    with pytest.raises(ScribebenchError, match=said):
        load_models(tmp_path, schema)
