"""Locks that hold across processes, and are freed however their holder ends."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scribebench.describe.lock import FOLDER_VARIABLE, held, lock_names
from unit.places import SCRIPTS

HOLDER = f"""
import json, sys
sys.path.insert(0, {str(SCRIPTS)!r})
from scribebench.describe.lock import held
with held(json.loads(sys.argv[1])) as name:
    print("got", name, flush=True)
    sys.stdin.readline()
print("freed", flush=True)
"""
GPU = lock_names(None, 1)
TWO = lock_names(None, 2)
LIMIT_S = 20.0


class Holder:
    """Another process that takes a lock and holds it until it is told to end."""

    def __init__(self, names: list[list[str]]):
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, json.dumps(names)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, start: str) -> str:
        limit = time.monotonic() + LIMIT_S
        while time.monotonic() < limit:
            for line in self.said:
                if line.startswith(start):
                    return line
            time.sleep(0.01)
        raise AssertionError(f"never said {start!r}, but {self.said}")

    def say_end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self) -> None:
        self.say_end()
        assert self.process.wait(LIMIT_S) == 0

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.strip())


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Holder]]:
    """Holders whose locks stand in a folder of this test."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))
    holders: list[Holder] = []

    def begin(names: list[list[str]]) -> Holder:
        holders.append(Holder(names))
        return holders[-1]

    yield begin  # type: ignore[misc]
    for holder in holders:
        holder.process.kill()
        holder.process.wait()


@pytest.mark.parametrize(
    ("url", "slots", "names"),
    [
        (None, 1, [["gpu-0"]]),
        (None, 2, [["gpu-0", "gpu-1"]]),
        (None, 0, [["gpu-0"]]),
        ("http://127.0.0.1:11434", 1, [["server-127.0.0.1-11434"], ["gpu-0"]]),
        ("http://localhost:8080/v1", 2, [["server-127.0.0.1-8080"], ["gpu-0", "gpu-1"]]),
        ("http://[::1]:8080", 1, [["server-127.0.0.1-8080"], ["gpu-0"]]),
        ("http://10.0.0.5:8080", 2, [["server-10.0.0.5-8080"]]),
        ("https://api.example.com/v1", 1, [["server-api.example.com-0"]]),
        ("http://[fe80::1]:8080", 1, [["server-fe80__1-8080"]]),
    ],
)
def test_a_server_is_asked_by_one_job_and_a_gpu_used_by_one(
    url: str | None, slots: int, names: list[list[str]]
) -> None:
    assert lock_names(url, slots) == names
    assert all("/" not in name for choice in names for name in choice)


def test_a_second_process_waits_until_the_first_ends(start: type[Holder]) -> None:
    first = start(GPU)
    assert first.wait_for("got") == "got gpu-0"
    second = start(GPU)
    told = second.wait_for("waiting")
    assert f"process {first.process.pid} in " in told
    time.sleep(0.5)
    assert not [line for line in second.said if line.startswith("got")]
    first.end()
    assert second.wait_for("got") == "got gpu-0"
    assert len([line for line in second.said if line.startswith("waiting")]) == 1


def test_a_holder_that_is_killed_frees_its_lock(start: type[Holder]) -> None:
    first = start(GPU)
    first.wait_for("got")
    second = start(GPU)
    second.wait_for("waiting")
    os.kill(first.process.pid, signal.SIGKILL)
    assert second.wait_for("got") == "got gpu-0"


def test_a_block_that_fails_frees_its_lock(start: type[Holder]) -> None:
    with pytest.raises(ZeroDivisionError), held(GPU):
        raise ZeroDivisionError
    assert start(GPU).wait_for("got")


def test_two_slots_are_two_jobs_at_a_time(start: type[Holder]) -> None:
    first, second = start(TWO), start(TWO)
    assert {first.wait_for("got"), second.wait_for("got")} == {"got gpu-0", "got gpu-1"}
    third = start(TWO)
    third.wait_for("waiting for gpu-0, gpu-1")
    second.end()
    assert third.wait_for("got") == second.wait_for("got")


def test_on_two_gpus_a_server_that_runs_is_asked_by_one_job(start: type[Holder]) -> None:
    """Two at once would share its speed, and both be measured as if they were alone."""
    names = lock_names("http://localhost:11434", 2)
    holder = start(names)
    holder.wait_for("got")
    waiting = start(lock_names("http://127.0.0.1:11434/", 2))
    assert "waiting for server-127.0.0.1-11434: in use by" in waiting.wait_for("waiting")
    # Who waits for a server holds no GPU: a job with a server of its own has the other one.
    own = start(TWO)
    assert {holder.wait_for("got"), own.wait_for("got")} == {"got gpu-0", "got gpu-1"}
    assert not any(line.startswith("got") for line in waiting.said)
    holder.end()
    assert waiting.wait_for("got") == holder.wait_for("got")


def test_jobs_of_all_kinds_do_not_wait_for_each_other_in_a_ring(start: type[Holder]) -> None:
    urls = ["http://127.0.0.1:1", "http://127.0.0.1:2", None, "http://127.0.0.1:1", None]
    holders = [start(lock_names(url, 2)) for url in urls * 2]
    for holder in holders:
        holder.say_end()
    assert [holder.process.wait(LIMIT_S) for holder in holders] == [0] * len(holders)


def test_a_server_elsewhere_has_a_lock_of_its_own(start: type[Holder]) -> None:
    gpu = start(GPU)
    gpu.wait_for("got")
    names = [lock_names(url, 1) for url in ("http://10.0.0.5:80", "http://10.0.0.6:80")]
    one, other = start(names[0]), start(names[1])
    assert one.wait_for("got") != other.wait_for("got")
    start(names[0]).wait_for("waiting for server-10.0.0.5-80")


def test_another_user_of_the_machine_can_wait_too(start: type[Holder], tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with held(GPU) as name:
            folder = tmp_path / "locks"
            assert stat.S_IMODE(folder.stat().st_mode) == 0o1777
            assert stat.S_IMODE((folder / f"{name}.lock").stat().st_mode) == 0o666
    finally:
        os.umask(before)


def test_the_name_of_the_holder_is_that_of_the_last_one(
    start: type[Holder], tmp_path: Path
) -> None:
    path = tmp_path / "locks" / "gpu-0.lock"
    path.parent.mkdir()
    path.write_text("process 1 in " + "x" * 500)
    with held(GPU):
        assert path.read_text() == f"process {os.getpid()} in {Path.cwd()}\n"


def test_a_link_in_the_shared_folder_is_not_followed(start: type[Holder], tmp_path: Path) -> None:
    """Anyone may write there; a link must not lead to a file of ours."""
    precious = tmp_path / "precious"
    precious.write_text("content")
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / "gpu-0.lock").symlink_to(precious)
    with pytest.raises(OSError), held(GPU):
        pass
    assert precious.read_text() == "content"
