"""Two jobs at once, as with `--resources gpu=2`: what they share, they use one after the other."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scribebench.describe.lock import SLOTS_VARIABLE
from scribebench.project.environment import START_VARIABLE
from support.describing import MODEL, ORDER, WAIT_S, Job, draw_session, settings_of
from support.llama_server import llama_server
from support.tiny_vlm import TinyVlm

MakeJob = Callable[..., Job]


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeJob:
    """Makes jobs of one start on a machine with two GPUs, with locks in common."""
    monkeypatch.setenv(SLOTS_VARIABLE, "2")
    monkeypatch.setenv(START_VARIABLE, "one")
    frames = draw_session(tmp_path / "session", ORDER)
    (tmp_path / "locks").mkdir()

    def make(name: str, settings: dict[str, Any]) -> Job:
        (tmp_path / name).mkdir()
        (tmp_path / name / "locks").symlink_to(tmp_path / "locks")
        return Job(tmp_path / name, frames, settings)

    return make


def finish(*processes: Any) -> None:
    for process in processes:
        text, _ = process.communicate(timeout=WAIT_S)
        assert process.returncode == 0, text


def test_one_server_is_asked_by_one_job_at_a_time(
    job: MakeJob, tiny_vlm: TinyVlm, tmp_path: Path
) -> None:
    """Two at once would each be told half the server's speed, and nothing would show it."""
    with llama_server(tiny_vlm, extra=("--alias", MODEL), log=tmp_path / "log") as server:
        settings = settings_of("openai", tiny_vlm, server.url, batch_size=1)
        jobs = [
            job(name, settings | {"options": settings["options"] | {"seed": seed}})
            for seed, name in enumerate(("one", "other"))
        ]
        finish(*[one.start() for one in jobs])
    asked = sorted(
        (row["t_start_utc"], row["t_start_utc"] + timedelta(microseconds=row["wall_ns"] / 1e3), n)
        for n, one in enumerate(jobs)
        for row in one.requests
    )
    assert len(asked) == 2 * len(ORDER)
    owners = [owner for _, _, owner in asked]
    assert owners == sorted(owners, key=owners[0].__ne__), "their requests are mixed"
    last, first = asked[len(ORDER) - 1], asked[len(ORDER)]
    assert last[1] <= first[0]


def test_the_probe_and_a_run_of_one_start_ask_the_gate_once(
    job: MakeJob, tiny_vlm: TinyVlm
) -> None:
    one = job("one", settings_of("llama-server", tiny_vlm, probe="require"))
    described = one.start()
    found, _ = one.probe()
    finish(described)
    gates = (one.folder / "state" / "gates" / f"{MODEL}.jsonl").read_text().splitlines()
    assert len(gates) == 1
    assert json.loads(gates[0])["reply"]["content"] == found["gate_reply"]["content"]
    assert (found["verdict"], one.facts["status"]) == ("broken_backend", "broken_backend")
