"""The command that says how one reply is judged."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from unit.places import ROOT

SCRIPT = ROOT / "workflow_scripts" / "explain_reply.py"
TWO = "### Screenshot 0\n1. Visible: `main.py` in Vim.\n3. Applications: Vim, Terminal\n"


def explain(
    *arguments: str, reply: str | bytes = TWO, status: int = 0, cwd: Path = ROOT
) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, SCRIPT, *arguments],
        input=reply if isinstance(reply, bytes) else reply.encode(),
        capture_output=True,
        cwd=cwd,
    )
    assert done.returncode == status, done.stderr
    return (
        json.loads(done.stdout) if status == 0 else {"error": (done.stderr + done.stdout).decode()}
    )


def test_a_split_names_frames_that_are_there_and_those_that_are_missing(tmp_path: Path) -> None:
    found = explain("split", "--frames", "2", cwd=tmp_path)
    [frame] = found["frames"]
    assert (frame["frame"], frame["apps"]) == (0, ["Vim", "Terminal"])
    assert (frame["activity"], frame["topics"]) == (None, None)
    assert (found["merged"], found["missing"]) == ([], [1])


def test_flags_stand_with_their_evidence() -> None:
    found = explain("flags", "--frames", "2", "--done-reason", "stop")
    assert found["flags"] == ["wrong_count"]
    assert "1" in found["evidence"]["wrong_count"]


def test_thinking_and_prompt_are_read_from_files(tmp_path: Path) -> None:
    thinking, prompt = tmp_path / "thought.txt", tmp_path / "prompt.txt"
    thinking.write_text("Let me look at it. " * 50)
    prompt.write_text("Name the window and the file that is open in it.")
    asked = ("flags", "--frames", "1", "--done-reason", "length", "--thinking", str(thinking))
    assert explain(*asked, reply="")["flags"] == ["thinking_exhausted", "empty"]
    echo = "Name the window and the file that is open in it."
    found = explain("flags", "--frames", "1", "--prompt", str(prompt), reply=echo)
    assert found["flags"] == ["prompt_echo"]
    assert "prompt_echo" not in explain("flags", "--frames", "1", reply=echo)["flags"]


@pytest.mark.parametrize("reply", [b"\xff\xfe\x00rubbish", b"\x00" * 100, b""])
def test_rubbish_is_judged_too(reply: bytes) -> None:
    assert explain("split", "--frames", "3", reply=reply)["missing"] == [0, 1, 2]
    explain("flags", "--frames", "3", reply=reply)


def test_a_missing_file_is_a_plain_error() -> None:
    told = explain("flags", "--thinking", "nowhere.txt", status=1)["error"]
    assert "nowhere.txt cannot be read" in told
    assert "Traceback" not in told
