"""Describing with a backend whose answers are known: what is asked, what stands."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from scribebench.backends.base import Frame
from scribebench.describe import lock
from scribebench.describe.run import Described, describe
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
    def while_another_finishes(names: list[str]) -> Iterator[str]:
        monkeypatch.setattr(lock, "held", waited)
        run(frames, state, FakeBackend())
        with waited(names) as name:
            yield name

    monkeypatch.setattr(lock, "held", while_another_finishes)
    described, asked = run(frames, state, FakeBackend([reply("asked twice")]))
    assert asked == 0
    assert contents(described) == [RIGHT_REPLY] * 3


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
