"""A real server that cannot see, or that is killed while it answers."""

import os
import re
import signal
import threading
import time
from pathlib import Path

import pytest

from scribebench.backends import http
from scribebench.backends.base import Frame
from scribebench.backends.choose import connect
from scribebench.describe.images import prepare
from scribebench.describe.prompt import compose
from support.describing import (
    ORDER,
    SAID,
    Job,
    Log,
    draw_session,
    settings_of,
    wait_until,
)
from support.llama_server import llama_server
from support.tiny_vlm import TinyVlm, build

BATCH_SIZE = 3
# A reply that takes so long that a kill surely falls into it.
LONG_TOKENS = 800
LONG = {"temperature": 0, "num_predict": LONG_TOKENS, "num_ctx": 16384}
# The pauses between four attempts, at their shortest.
LEAST_PAUSES_S = 0.8 * (1 + 2 + 4)


@pytest.fixture(scope="module")
def looping(tmp_path_factory: pytest.TempPathFactory) -> TinyVlm:
    """A model whose replies end at the limit only."""
    return build(tmp_path_factory.mktemp("looping"), behaviour="loop")


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """Two batches."""
    return draw_session(tmp_path / "session", ORDER)


def request_of(folder: Path) -> tuple[list[Frame], list]:
    """Return a request about one frame."""
    draw_session(folder, ORDER[:1])
    frames = [Frame(0, 0.0, folder / "frames" / "000.png", "aa")]
    images = [prepare(frame, {"format": "png"}) for frame in frames]
    return frames, compose(frames, images, "Describe it.")


# --- a server without a vision encoder -----------------------------------------------------------


def test_a_server_that_cannot_see_is_told_before_a_frame_is_sent(
    tmp_path: Path, looping: TinyVlm, frames: Path
) -> None:
    log = tmp_path / "server.log"
    blind = llama_server(looping, extra=("--alias", "tiny"), can_see=False, log=log)
    with blind as server:
        job = Job(tmp_path, frames, settings_of("openai", looping, server.url))
        status, text = job.run()
    assert status == 1
    assert re.search(r"error: the model 'tiny' at \S+ takes no pictures; start the server", text)
    assert "--mmproj" in text
    assert "Traceback" not in text
    assert Log(log).started == 0
    assert job.journal == []


def test_what_a_server_that_cannot_see_says_to_a_picture_is_a_failed_reply(
    tmp_path: Path, looping: TinyVlm
) -> None:
    """Some servers do not tell beforehand that they cannot see."""
    asked, parts = request_of(tmp_path / "one")
    log = tmp_path / "server.log"
    blind = llama_server(looping, extra=("--alias", "tiny"), can_see=False, log=log)
    with blind as server:
        backend = connect(settings_of("openai", looping, server.url), {})
        reply = backend.ask(asked, parts)
        text_only = backend.ask(asked, ["Is anybody there?"], max_tokens=3)
        backend.close()
    assert (reply.finish_reason, reply.error_kind) == ("error", "unsupported")
    assert reply.http_status in (400, 500)
    assert "image input is not supported" in reply.error_message
    assert (reply.content, reply.stream_complete, reply.attempts) == ("", False, 1)
    assert reply.output_tokens is None
    # It is the picture that was refused.
    assert (text_only.error_kind, text_only.output_tokens) == (None, 3)
    assert Log(log).started == 1


# --- a server that is killed ---------------------------------------------------------------------


def is_in_second_batch(log: Log) -> bool:
    return log.answered.count(LONG_TOKENS) == 1 and log.is_busy


def test_a_server_of_ours_that_is_killed_is_started_once_more(
    tmp_path: Path, looping: TinyVlm, frames: Path
) -> None:
    settings = settings_of("llama-server", looping, options=LONG, batch_size=BATCH_SIZE)
    job = Job(tmp_path, frames, settings)
    with job.start() as process:
        wait_until(lambda: job.server_log.is_busy or process.poll() is not None)
        [server] = job.servers()
        wait_until(lambda: is_in_second_batch(job.server_log) or process.poll() is not None)
        server.kill()
        text, _ = process.communicate(timeout=60)
    assert process.returncode == 0, text
    assert text.count("starting it once more") == 1
    assert "exit status 137" in text
    assert job.servers() == []

    first, second = job.requests
    assert (first["attempts"], first["model_state_before"]) == (1, "warm")
    assert second["attempts"] > 1
    assert second["model_state_before"] == "cold"
    assert set(second["speed_invalid_reasons"]) >= {"retried", "the model was not loaded"}
    for row in (first, second):
        assert (row["finish_reason"], row["error_kind"]) == ("length", None)
        assert (row["output_tokens"], row["images_fit"]) == (LONG_TOKENS, True)
    said = [SAID.findall(row["text"]) for row in job.descriptions]
    assert said == [[(str(slot % BATCH_SIZE), *ORDER[slot])] for slot in range(len(ORDER))]
    assert job.journal == [first["request_uid"], second["request_uid"]]
    # The second server was asked about the second batch only.
    assert job.server_log.answered == [LONG_TOKENS]


def test_a_server_of_ours_that_is_killed_each_time_had_no_memory_for_the_request(
    tmp_path: Path, looping: TinyVlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "FIRST_BACKOFF_S", 0.01)
    asked, parts = request_of(tmp_path / "one")
    settings = settings_of("llama-server", looping, options=LONG)
    log = Log(tmp_path / "server.log")
    backend = connect(settings, {"server_log": log.path})
    killed: list[int] = []
    is_over = threading.Event()

    def kill_each() -> None:
        while not is_over.wait(0.01):
            facts = backend.server_facts()
            if facts.pid and facts.pid not in killed and log.is_busy:
                killed.append(facts.pid)
                os.kill(facts.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_each)
    killer.start()
    try:
        reply = backend.ask(asked, parts)
    finally:
        is_over.set()
        killer.join()
        backend.close()
    assert len(killed) == 2
    assert (reply.finish_reason, reply.error_kind, reply.attempts) == ("error", "oom", 2)
    assert "killed from outside (exit status 137)" in reply.error_message


def test_a_server_of_others_that_is_killed_is_waited_for_and_told(
    tmp_path: Path, looping: TinyVlm, frames: Path
) -> None:
    def job_at(url: str) -> Job:
        changes = {"options": LONG, "batch_size": BATCH_SIZE}
        return Job(tmp_path, frames, settings_of("openai", looping, url, **changes))

    log = Log(tmp_path / "first.log")
    with llama_server(looping, extra=("--alias", "tiny"), log=log.path) as server:
        job = job_at(server.url)
        with job.start() as process:
            wait_until(lambda: is_in_second_batch(log) or process.poll() is not None)
            server.process.kill()
            killed_s = time.monotonic()
            text, _ = process.communicate(timeout=60)
            waited_s = time.monotonic() - killed_s
    assert process.returncode == 1
    assert re.search(rf"error: the server at {re.escape(server.url)} failed 4 times", text), text
    assert "finished requests are kept" in text
    assert "Traceback" not in text
    assert waited_s > LEAST_PAUSES_S
    [first] = job.journal

    # Another one in its place goes on where it was, and is asked what is left.
    log = Log(tmp_path / "second.log")
    with llama_server(looping, extra=("--alias", "tiny"), log=log.path) as server:
        job = job_at(server.url)
        job.finish()
    assert log.answered.count(LONG_TOKENS) == 1
    assert len(job.journal) == 2
    assert [row["request_uid"] for row in job.requests] == job.journal
    assert job.journal[0] == first
    assert {row["finish_reason"] for row in job.requests} == {"length"}
    assert {row["attempts"] for row in job.requests} == {1}
