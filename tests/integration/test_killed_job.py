"""A describe job with its own llama-server is killed five times, and loses nothing by it."""

import math
import random
import re
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from support.describing import (
    ORDER,
    TELLS_PROMPTS,
    Job,
    Words,
    draw_session,
    settings_of,
    wait_until,
)
from support.llama_server import EXACT_ARITHMETIC
from support.tiny_vlm import TinyVlm, build

SEED, KILLS = 18, 5
# A kill comes after so many replies at most and a random time, but before another two: five kills
# never let all frames through, each of which is a request.
MOST_REPLIES, FRAMES = 1, 12
REPLY_TOKENS = 80
CLOCKS = re.compile(r"t_start_utc|s_per_image|\w+_ns|\w+_tps")


class Reference(NamedTuple):
    """What a run writes that is left alone, and how long its parts took."""

    written: dict[str, Any]
    prompt_tokens: int
    before_first_s: float
    request_s: float


@pytest.fixture(scope="module")
def looping(tmp_path_factory: pytest.TempPathFactory) -> TinyVlm:
    return build(tmp_path_factory.mktemp("looping"), behaviour="loop")


def job_of(folder: Path, vlm: TinyVlm) -> Job:
    words: list[Words] = [ORDER[number % len(ORDER)] for number in range(FRAMES)]
    settings = settings_of(
        "llama-server",
        vlm,
        server_args=[*EXACT_ARITHMETIC, "--threads", "2", *TELLS_PROMPTS],
        options={"temperature": 0, "num_predict": REPLY_TOKENS, "num_ctx": 16384},
        batch_size=1,
    )
    return Job(folder, draw_session(folder / "session", words), settings)


def written(job: Job) -> dict[str, Any]:
    """Return what a run wrote, without clocks."""
    rows = [
        {name: value for name, value in row.items() if not CLOCKS.fullmatch(name)}
        for row in job.requests
    ]
    return {"requests": rows, "replies": job.replies, "descriptions": job.descriptions}


def left_alone(job: Job) -> Reference:
    with job.start() as process:
        started_s = time.monotonic()
        wait_for(job, process, 1)
        before_first_s = time.monotonic() - started_s
        text, _ = process.communicate(timeout=60)
    assert process.returncode == 0, text
    [prompt_tokens] = {row["prompt_tokens"] for row in job.requests}
    request_s = statistics.median(row["wall_ns"] for row in job.requests) / 1e9
    return Reference(written(job), prompt_tokens, before_first_s, request_s)


def wait_for(
    job: Job, process: "subprocess.Popen[str]", replies: int, limit_s: float = math.inf
) -> None:
    """Wait until the journal holds so many replies, or the job has ended, or time is up."""
    end_s = time.monotonic() + limit_s
    wait_until(
        lambda: (
            len(job.journal) >= replies or process.poll() is not None or time.monotonic() > end_s
        )
    )


def asked(job: Job, reference: Reference) -> int:
    """Return how many requests about a frame the server of a job's last start has seen."""
    return job.server_log.prompts.count(reference.prompt_tokens)


def test_five_kills_lose_nothing_and_ask_nothing_twice(tmp_path: Path, looping: TinyVlm) -> None:
    reference = left_alone(job_of(tmp_path / "left alone", looping))
    assert len(reference.written["replies"]) == FRAMES
    job, chance = job_of(tmp_path / "killed", looping), random.Random(SEED)
    replies_at_kills = []
    for _ in range(KILLS):
        known, replies = job.journal, chance.randint(0, MOST_REPLIES)
        pause_s = chance.uniform(0, reference.request_s if replies else reference.before_first_s)
        with job.start() as process:
            wait_for(job, process, len(known) + replies)
            wait_for(job, process, len(known) + replies + 1, pause_s)
            assert process.poll() is None, process.stdout.read()
            process.kill()
        wait_until(lambda: not job.servers())
        kept = job.journal
        # At most the one request is lost that was under way.
        assert asked(job, reference) - (len(kept) - len(known)) in (0, 1)
        assert kept[: len(known)] == known
        assert not (job.folder / "out" / "requests.parquet").exists()
        replies_at_kills.append(len(kept))
        job.server_log.path.unlink(missing_ok=True)
    # The kills fell before the first reply, and between replies.
    assert replies_at_kills[-1] > 0
    assert len(set(replies_at_kills)) > 2

    known = job.journal
    job.finish()
    assert job.servers() == []
    # What stands in the journal was not asked again, and the rest was, each once.
    assert asked(job, reference) == FRAMES - len(known)
    assert len(set(job.journal)) == len(job.journal) == FRAMES
    assert written(job) == reference.written
