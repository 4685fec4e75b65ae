"""Measure what describe_frames costs beside the model: idle time of the server, memory, resuming.

The real script runs as a process over a drawn session (different 1920x1080 screens, JPEG) and asks
a server on this machine that answers at a known pace. *The server waits for us* from the end of an
answer until the next request has arrived in full: the share is the sum of these gaps over the time
from the arrival of the first request to the end of the last answer (requests that warm up come
before it). It depends on the pace, so the smallest session is asked at each pace given; the larger
ones, at the quickest, show whether memory grows with the session. Resuming is measured on a job of
which every request is in the journal: one of many requests with tiny pictures, where the journal
counts, and the largest session of before, where the pictures count. Prints two Markdown tables;
ends with 1 if a resumed job asks anything.
"""

import argparse
import itertools
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from paced_server import (
    MODEL,
    ROOT,
    SESSION,
    Asked,
    Finished,
    Job,
    draw_session,
    lock_folder,
    model_settings,
    paced_server,
    run_job,
)

sys.path.insert(0, str(ROOT / "workflow_scripts"))

from scribebench.backends.base import Backend, Frame, Part, Reply
from scribebench.backends.openai import connect
from scribebench.describe.run import describe, kept_frames
from scribebench.project.models import Run
from scribebench.report.layout import table

WAITING_GOAL, RESUMING_GOAL_S = 0.01, 5.0
TINY_PX = 64
ASKING = (
    "frames", "requests", "pace", f"server waits for us (goal < {WAITING_GOAL:.0%})",
    "wait after an answer: median", "longest", "before the first request", "after the last answer",
    "peak memory",
)  # fmt: skip
RESUMING = (
    "finished requests", "pictures each", "of width", "asked again", "whole job",
    f"goal: 10,000 in {RESUMING_GOAL_S:.0f} s", "peak memory",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--frames", type=int, nargs="+", default=[40, 400], help="sizes of sessions (%(default)s)"
    )
    parser.add_argument(
        "--paces-s", type=float, nargs="+", default=[4.0, 1.0], metavar="SECONDS",
        help="what the server takes for a request (%(default)s)",
    )  # fmt: skip
    parser.add_argument("--batch-size", type=int, default=8, help="pictures of a request (8)")
    parser.add_argument(
        "--finished", type=int, default=10_000, help="requests of the job to resume (10000)"
    )
    parser.add_argument("--width-px", type=int, default=1920, help="width of the screens (1920)")
    args = parser.parse_args()
    smallest, *larger = sorted(args.frames)
    cases = [(smallest, pace_s) for pace_s in sorted(args.paces_s, reverse=True)]
    cases += [(frames, min(args.paces_s)) for frames in larger]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sessions = {
            frames: draw_session(folder / f"session-{frames}", frames, args.width_px)
            for frames in dict.fromkeys(args.frames)
        }
        rows = []
        for frames, pace_s in cases:
            results = folder / f"asking-{frames}-{pace_s:g}"
            rows.append(measure_asking(sessions[frames], results, args.batch_size, pace_s))
        print(table(ASKING, rows), flush=True)
        print()
        tiny = draw_session(folder / "session-tiny", args.finished, TINY_PX)
        largest = sessions[max(sessions)]
        resumed = [
            measure_resuming(tiny, folder / "resuming-tiny", 1, TINY_PX),
            measure_resuming(largest, folder / "resuming", args.batch_size, args.width_px),
        ]
        print(table(RESUMING, (cells for cells, _ in resumed)))
    if any(asked for _, asked in resumed):
        raise SystemExit("a finished request was asked again")


def measure_asking(frames: Path, results: Path, batch_size: int, pace_s: float) -> tuple[str, ...]:
    """Run a job from nothing; return a line of the table."""
    with paced_server(pace_s) as server:
        finished = run_job(Job(frames, results, model_settings(server, batch_size)))
        asked = server.asked()
    shutil.rmtree(results)
    begin = next(place for place, one in enumerate(asked) if one.describes)
    gaps_s = list(waits_s(asked[begin:]))
    first, last = asked[begin], asked[-1]
    return (
        str(len(kept_frames(frames))),
        str(sum(one.describes for one in asked)),
        f"{pace_s:g} s",
        f"{sum(gaps_s) / (last.answered_s - first.arrived_s):.2%}",
        f"{statistics.median(gaps_s) * 1000:.0f} ms" if gaps_s else "-",
        f"{max(gaps_s) * 1000:.0f} ms" if gaps_s else "-",
        f"{first.arrived_s - finished.started_s:.2f} s",
        f"{finished.ended_s - last.answered_s:.2f} s",
        f"{finished.peak_mb:.0f} MB",
    )


def waits_s(asked: list[Asked]) -> Iterator[float]:
    """Yield how long the server waited after each answer for the next request to arrive in full."""
    for before, after in itertools.pairwise(asked):
        if before.answered_s is None:
            raise SystemExit("the job left before it was answered")
        yield after.arrived_s - before.answered_s


def measure_resuming(
    frames: Path, results: Path, batch_size: int, width_px: int
) -> tuple[tuple[str, ...], int]:
    """Fill the journal of a job and run it; return a line of the table and what it asked."""
    with paced_server(0.0) as server:
        job = Job(frames, results, model_settings(server, batch_size))
        requests = fill_journal(job)
        finished = run_job(job)
        asked = len(server.asked())
    cells = (
        f"{requests:,}",
        str(batch_size),
        f"{width_px} px",
        str(asked),
        f"{finished.wall_s:.2f} s",
        _met(requests, finished),
        f"{finished.peak_mb:.0f} MB",
    )
    return cells, asked


def _met(requests: int, finished: Finished) -> str:
    if requests < 10_000:
        return "-"
    return "met" if finished.wall_s < RESUMING_GOAL_S else "missed"


def fill_journal(job: Job) -> int:
    """Let the workflow's own code ask all requests of a job, and answer in the server's place."""
    os.environ |= lock_folder(job)
    backend = connect(job.settings, {})
    describe(
        session=SESSION,
        run=Run(MODEL, "base"),
        settings=job.settings,
        frames=kept_frames(job.frames),
        instructions=job.evidence.read_text(encoding="utf-8").strip(),
        backend=AnswersAtOnce(backend),
        state=job.results / "state",
        gpu_slots=1,
    )
    backend.close()
    return sum(1 for _ in job.journal.open("rb"))


@dataclass(frozen=True)
class AnswersAtOnce:
    """A backend that tells all that another one tells, but asks nobody."""

    backend: Backend

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backend, name)

    def ask(self, frames: list[Frame], parts: list[Part], max_tokens: int | None = None) -> Reply:
        said = "".join(
            f"### Screenshot {slot}\n1. Visible: {frame.image_sha256}\n2. Developer action: asking"
            "\n3. Applications: Editor\n4. Topics/projects: pace\n"
            for slot, frame in enumerate(frames)
        )
        return Reply(
            said, "", datetime.now(UTC), 1, "stop", True, finish_reason_raw="stop", http_status=200
        )


if __name__ == "__main__":
    main()
