"""How a script ends: plain words for what a user can mend, a traceback for the rest."""

import argparse
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scribebench.cli import json_object, parser
from unit.places import SCRIPTS

START = f"""
import os, sys, time
from pathlib import Path
sys.path.insert(0, {str(SCRIPTS)!r})
from scribebench import cli
from scribebench.errors import ScribebenchError
from scribebench.files import write_bytes
"""


def ended(body: str, *args: str) -> subprocess.CompletedProcess[str]:
    """Run a script whose main has this body."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    program = f"{START}\ndef main():\n{lines}\ncli.run(main)\n"
    return subprocess.run(
        [sys.executable, "-c", program, *args], capture_output=True, text=True, timeout=30
    )


def test_a_script_that_works_says_nothing() -> None:
    done = ended("pass")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_a_user_can_mend_is_one_plain_line() -> None:
    done = ended("raise ScribebenchError('a.mp4 holds no video; replace it')")
    assert done.returncode == 1
    assert done.stderr == "error: a.mp4 holds no video; replace it\n"


def test_what_a_server_says_cannot_act_on_the_terminal() -> None:
    done = ended("raise ScribebenchError('it said \\x1b]0;owned\\x07 and \\x1b[2J')")
    assert done.returncode == 1
    assert "owned" in done.stderr
    assert not {"\x1b", "\x07"} & set(done.stderr)


def test_what_nobody_foresaw_is_a_traceback() -> None:
    done = ended("raise ValueError('surprise')")
    assert done.returncode == 1
    assert "Traceback" in done.stderr and "ValueError: surprise" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told_with_the_file_and_the_mend() -> None:
    done = ended("handle = os.open('/dev/full', os.O_WRONLY)\nos.write(handle, b'x')")
    assert done.returncode == 1
    assert done.stderr.startswith("error: the disk is full (No space left on device)")
    done = ended(
        "error = OSError(28, 'No space left on device')\n"
        "error.filename = 'results/a.jpg'\n"
        "raise error"
    )
    assert "the disk is full while writing results/a.jpg" in done.stderr
    assert "free some space and run the same command again" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_file_that_grew_too_large_is_told_like_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    done = ended(
        "import resource\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        f"write_bytes(Path({str(path)!r}), b'x' * 500)"
    )
    assert done.returncode == 1
    assert f"the disk is full while writing {path}" in done.stderr
    assert "Traceback" not in done.stderr


def test_another_fault_of_the_system_is_a_traceback() -> None:
    done = ended("open('/no/such/file')")
    assert done.returncode == 1
    assert "FileNotFoundError" in done.stderr and "Traceback" in done.stderr


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_script_that_is_stopped_cleans_up_and_says_what_is_kept(
    tmp_path: Path, sent: signal.Signals
) -> None:
    """`finally` blocks free locks and end servers, so they must run."""
    marks = tmp_path / "started", tmp_path / "cleaned"
    body = (
        "try:\n"
        f"    Path({str(marks[0])!r}).touch()\n"
        "    time.sleep(30)\n"
        "finally:\n"
        f"    Path({str(marks[1])!r}).touch()"
    )
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    process = subprocess.Popen(
        [sys.executable, "-c", f"{START}\ndef main():\n{lines}\ncli.run(main)\n"],
        stderr=subprocess.PIPE,
        text=True,
    )
    limit = time.monotonic() + 20
    while not marks[0].exists() and time.monotonic() < limit:
        time.sleep(0.01)
    process.send_signal(sent)
    _, told = process.communicate(timeout=20)
    assert process.returncode == 130
    assert told == "stopped: what was finished is kept; the same command goes on from there\n"
    assert marks[1].exists()


# --- options -------------------------------------------------------------------------------------


def test_an_option_may_hold_a_json_object() -> None:
    assert json_object('{"a": [1, null], "b": "é{}"}') == {"a": [1, None], "b": "é{}"}


@pytest.mark.parametrize("text", ["[1]", "1", '"a"', "null"])
def test_an_option_that_holds_no_object_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="JSON object"):
        json_object(text)


@pytest.mark.parametrize("text", ["[1]", "{", ""])
def test_a_wrong_option_is_told_with_the_usage(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = parser("Do something.")
    options.add_argument("--spec", type=json_object)
    with pytest.raises(SystemExit) as caught:
        options.parse_args(["--spec", text])
    assert caught.value.code == 2
    assert "--spec" in capsys.readouterr().err


def test_help_shows_the_description_and_the_defaults() -> None:
    options = parser("Do something.")
    options.add_argument("--workers", type=int, default=3, help="processes")
    assert "Do something." in options.format_help()
    assert "processes (default: 3)" in options.format_help()
