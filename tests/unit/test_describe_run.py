"""Describing with a backend whose answers are known: what is asked, what stands."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import zstandard

from scribebench.backends.base import Frame, Reply
from scribebench.describe import lock
from scribebench.describe.rows import speed_invalid_reasons
from scribebench.describe.run import (
    Described,
    describe,
    run_facts,
    without_warm_ups,
    write_replies,
)
from scribebench.probe.ask import gates
from scribebench.probe.run import probe
from scribebench.project.environment import START_VARIABLE
from scribebench.project.models import Run
from unit.fake_backend import RIGHT_REPLY, FakeBackend, reply

SETTINGS: dict[str, Any] = {"backend": "openai", "url": "http://127.0.0.1:1", "tag": "some"}


@pytest.fixture
def frames(tmp_path: Path) -> list[Frame]:
    found = []
    for number in range(3):
        path = tmp_path / f"{number}.png"
        cv2.imwrite(str(path), np.full((90, 160, 3), 80 * number, np.uint8))
        found.append(Frame(number, float(number), path, f"picture {number}"))
    return found


@pytest.fixture(autouse=True)
def own_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(lock.FOLDER_VARIABLE, str(tmp_path / "locks"))
    monkeypatch.setenv(START_VARIABLE, "first")


def run(
    frames: list[Frame], state: Path, backend: FakeBackend, **settings: Any
) -> tuple[Described, int]:
    """Describe, and return how many requests were about frames."""
    described = describe(
        "demo", Run("some", "base"), SETTINGS | settings, frames, "What is it?", backend, state, 1
    )
    about = [parts for parts, _ in backend.asked if any("Screenshot" in str(p) for p in parts)]
    return described, sum(any(not isinstance(p, str) for p in parts) for parts in about)


def contents(described: Described) -> list[str]:
    return [one.reply.content for one in described.answered if not one.warmup]


def test_what_another_job_answered_while_this_one_waited_is_not_asked(
    frames: list[Frame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job can outlive its killed workflow, and holds the lock until it has finished."""
    state, waited = tmp_path / "state", lock.held

    @contextmanager
    def while_another_finishes(names: list[list[str]]) -> Iterator[str]:
        monkeypatch.setattr(lock, "held", waited)
        run(frames, state, FakeBackend())
        with waited(names) as name:
            yield name

    monkeypatch.setattr(lock, "held", while_another_finishes)
    described, asked = run(frames, state, FakeBackend([reply("asked twice")]))
    assert asked == 0
    assert contents(described) == [RIGHT_REPLY] * 3


@pytest.mark.parametrize("fault", [{}, {"finish_reason": "error", "error_kind": "server"}])
def test_one_request_that_stands_for_two_batches_counts_once(
    frames: list[Frame], tmp_path: Path, fault: dict[str, Any]
) -> None:
    """A screen that stands still within a second: the same bytes under the same label."""
    still = replace(frames[0], frame_index=3, time_s=0.6)
    shown, state = [frames[0], still, *frames[1:]], tmp_path / "state"
    answer = reply(RIGHT_REPLY, wall_ns=1000, **fault)
    for times_asked in (3, 0):  # when the run is made again, too
        described, asked = run(shown, state, FakeBackend([answer]), probe="warn")
        assert asked == times_asked
        answered = without_warm_ups(described.answered)
        assert [one.cache_hit for one in answered] == [False, True, False, False]
        assert answered[0].request_uid == answered[1].request_uid
        assert [one.frames[0].frame_index for one in answered] == [0, 3, 1, 2]
        facts = run_facts(described.context, described.answered, "1", None)
        assert (facts["requests"], facts["frames"]) == (4, 4)
        assert (facts["asked_frames"], facts["asked_wall_ns"]) == (3, 3000)
        assert speed_invalid_reasons(answered[1])[0] == "answered for another run or batch"
        write_replies(tmp_path / "replies", described.answered)
        with zstandard.open(tmp_path / "replies", "rt", "utf-8") as stream:
            uids = [json.loads(line)["request_uid"] for line in stream]
        assert uids == [one.request_uid for one in answered]


def test_a_model_that_is_broken_now_keeps_what_it_answered(
    frames: list[Frame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(frames[:2], tmp_path / "state", FakeBackend())
    monkeypatch.setenv(START_VARIABLE, "second")
    (tmp_path / "state" / "gates" / "some.jsonl").unlink()
    rubbish = FakeBackend([reply("zq zq")])
    described, asked = run(frames, tmp_path / "state", rubbish)
    assert asked == 0
    assert contents(described) == [RIGHT_REPLY] * 2
    assert described.broken is not None


def test_what_is_finished_needs_no_gate(frames: list[Frame], tmp_path: Path) -> None:
    run(frames, tmp_path / "state", FakeBackend())
    again = FakeBackend([reply("zq zq")])
    described, _ = run(frames, tmp_path / "state", again)
    assert (again.asked, described.broken) == ([], None)


def test_a_model_without_room_at_the_gate_has_a_row_for_each_request(
    frames: list[Frame], tmp_path: Path
) -> None:
    full = reply("", finish_reason="error", error_kind="oom", error_message="out of memory")
    described, asked = run(frames, tmp_path / "state", FakeBackend([full]))
    kinds = [one.reply.error_kind for one in described.answered if not one.warmup]
    assert (asked > 0, kinds, described.broken) == (True, ["oom"] * 3, None)


def test_the_probe_takes_what_a_run_of_this_start_was_answered(
    frames: list[Frame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On several GPUs a run can come before the probe; one start has one verdict."""
    state, settings = tmp_path / "state", SETTINGS
    run(frames, state, FakeBackend())
    moody = FakeBackend([reply("zq zq")])
    assert probe(settings, moody, gates(state, "some"))["verdict"] == "works"
    assert not any("two squares" in str(parts) for parts, _ in moody.asked)
    monkeypatch.setenv(START_VARIABLE, "second")
    assert probe(settings, moody, gates(state, "some"))["verdict"] == "broken_backend"


def test_two_jobs_at_the_gate_at_once_ask_once(frames: list[Frame], tmp_path: Path) -> None:
    """Both have read the journal before one of them is answered."""
    state, begun, go_on = tmp_path / "state", threading.Event(), threading.Event()

    class Slow(FakeBackend):
        def ask(self, *args: Any, **more: Any) -> Reply:
            begun.set()
            assert go_on.wait(20)
            return super().ask(*args, **more)

    first, second = Slow(), FakeBackend([reply("zq zq")])
    early = gates(state, "some")
    with ThreadPoolExecutor(2) as jobs:
        described = jobs.submit(run, frames, state, first)
        assert begun.wait(20)
        probed = jobs.submit(probe, SETTINGS, second, early)
        with pytest.raises(TimeoutError):
            probed.result(0.5)
        go_on.set()
        assert probed.result(20)["verdict"] == "works"
        assert described.result(20)[0].broken is None
    assert len((state / "gates" / "some.jsonl").read_text().splitlines()) == 1


def test_a_gpu_of_its_own_for_each_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in lock.GPU_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    lock.use_own_gpu("gpu-1", 1)
    lock.use_own_gpu("server-far", 2)
    assert not any(name in lock.os.environ for name in lock.GPU_VARIABLES)
    lock.use_own_gpu("gpu-1", 2)
    assert {lock.os.environ.pop(name) for name in lock.GPU_VARIABLES} == {"1"}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    lock.use_own_gpu("gpu-1", 2)
    assert lock.os.environ["CUDA_VISIBLE_DEVICES"] == "3"
