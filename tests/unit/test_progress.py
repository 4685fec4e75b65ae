"""Progress: a bar on a real terminal, plain lines in the log, and nothing else anywhere."""

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from scribebench import progress
from scribebench.progress import Progress, track
from unit.places import SCRIPTS

PROGRAM = f"""
import sys, time
sys.path.insert(0, {str(SCRIPTS)!r})
from scribebench.progress import Progress
with Progress("monday frames", TOTAL, "frames") as progress:
    progress.total = 4
    for _ in range(4):
        time.sleep(0.15)
        progress.advance()
    progress.say("a line of its own")
"""


def on_a_terminal(program: str, log: Path) -> tuple[str, int]:
    """Run a program whose terminal is a new one and whose streams go to a log, as in a job."""
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", 24, 100, 0, 0))
        handle = os.open(log, os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        os.execv(sys.executable, [sys.executable, "-c", program])
    shown = b""
    while True:
        try:
            data = os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
        if not data:
            break
        shown += data
    os.close(terminal)
    return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def assert_plain(log: str) -> None:
    said, end = log.splitlines()
    assert said == "a line of its own"
    assert re.fullmatch(r"monday frames: 4 of 4 frames in 0:0\d", end)


@pytest.mark.parametrize("total", ["4", "None"], ids=["known", "known later"])
def test_a_bar_is_drawn_on_the_terminal(tmp_path: Path, total: str) -> None:
    """Snakemake sends the streams of a job to its log; the bar goes to the terminal itself."""
    log = tmp_path / "log"
    shown, status = on_a_terminal(PROGRAM.replace("TOTAL", total), log)
    assert status == 0, log.read_text()
    assert "monday frames" in shown
    assert re.search(r"[1-4]/4 frames", shown)
    assert "a line of its own" not in shown


@pytest.mark.parametrize("total", ["4", "None"])
def test_the_log_has_plain_lines_only(tmp_path: Path, total: str) -> None:
    log = tmp_path / "log"
    on_a_terminal(PROGRAM.replace("TOTAL", total), log)
    assert_plain(log.read_text())


def test_without_a_terminal_there_is_no_bar() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("TOTAL", "None")],
        capture_output=True,
        text=True,
        start_new_session=True,  # a session of its own has no terminal
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert_plain(done.stderr)


# --- what is written -----------------------------------------------------------------------------


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """No terminal, and a clock that stands still."""
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    monkeypatch.setattr(progress, "_open_terminal", lambda: None)
    return clock


def test_a_line_is_written_every_ten_seconds_with_the_time_left(clock: Clock) -> None:
    log = io.StringIO()
    with Progress("work", 100, "frames", log) as shown:
        for _ in range(30):
            clock.now_s += 1
            shown.advance(2)
    assert log.getvalue().splitlines() == [
        "work: 20 of 100 frames, about 0:40 left",
        "work: 40 of 100 frames, about 0:30 left",
        "work: 60 of 100 frames, about 0:20 left",
        "work: 60 of 100 frames in 0:30",
    ]


def test_without_a_known_total_no_time_is_promised(clock: Clock) -> None:
    log = io.StringIO()
    with Progress("work", None, "s", log) as shown:
        clock.now_s += 3700
        shown.reach(50)
    assert log.getvalue().splitlines() == ["work: 50 s", "work: 50 s in 1:01:40"]


def test_a_place_that_is_reached_counts_in_all(clock: Clock) -> None:
    with Progress("work", 10, "s", io.StringIO()) as shown:
        for place in (1.5, 4.0, 4.0, 9.5):
            shown.reach(place)
        assert shown.done == 9.5


def test_a_job_that_fails_says_how_far_it_came(clock: Clock) -> None:
    log = io.StringIO()
    with pytest.raises(ValueError), Progress("work", 10, "frames", log) as shown:
        shown.advance(3)
        raise ValueError
    assert log.getvalue() == "work: 3 of 10 frames in 0:00\n"


def test_tracked_items_come_in_order_and_are_counted(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    assert list(track(iter("abc"), "work", 3, "items")) == ["a", "b", "c"]
    assert capsys.readouterr().err == "work: 3 of 3 items in 0:00\n"


def test_a_line_is_on_the_disk_when_it_is_said(tmp_path: Path, clock: Clock) -> None:
    """A job that is killed leaves all that it said."""
    with (tmp_path / "log").open("w") as log:
        Progress("work", 1, "items", log).say("so far")
        assert (tmp_path / "log").read_text() == "so far\n"
