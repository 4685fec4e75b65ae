"""Kill describe_frames at random moments, again and again, and prove that nothing is lost by it.

The real script runs as a process over a drawn session and asks a server on this machine that
answers at a known pace. It is killed (SIGKILL) at a moment drawn evenly over the time that a run
takes that is left alone, and started again until the run is finished; then a new run begins, until
there were enough kills. Checked against the run that was left alone:

- the rows of requests and descriptions, the replies and run.json of each finished run are the same,
  but for clocks, speeds and the warm-ups of processes;
- no request whose answer stood in the journal was asked again;
- a request that was answered in full, but not yet in the journal, is asked twice: once a kill at
  most.

Prints a Markdown table; ends with 1 if a property does not hold.
"""

import argparse
import json
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any, NamedTuple

import zstandard
from paced_server import (
    ROOT,
    Asked,
    Job,
    Server,
    check_ended_well,
    draw_session,
    model_settings,
    paced_server,
    run_job,
    started,
)

sys.path.insert(0, str(ROOT / "workflow_scripts"))

from scribebench.report.layout import table
from scribebench.tables import read_rows

CLOCKS = re.compile(r"t_start_utc|asked_since_utc|asked_sums|s_per_image|\w+_ns|\w+_tps")
LIMIT_S = 300.0
HEADINGS = ("what", "count", "allowed")


@dataclass(frozen=True)
class Life:
    """A process from its start to its end, or to the kill (seconds of the monotonic clock).

    `known` are the requests in the journal when it began, `kept` those when it was gone.
    """

    started_s: float
    ended_s: float
    killed: bool
    known: frozenset[str]
    kept: frozenset[str]


class Outcome(NamedTuple):
    """What a finished run wrote, without clocks, and the lives that it took."""

    lives: list[Life]
    written: dict[str, Any]


class Count(NamedTuple):
    """A line of the table; `allowed` is the most that may be, null where any number may."""

    what: str
    count: int
    allowed: int | None = None

    @property
    def holds(self) -> bool:
        return self.allowed is None or self.count <= self.allowed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=50, help="how often to kill (50)")
    parser.add_argument("--frames", type=int, default=30, help="frames of the session (30)")
    parser.add_argument("--batch-size", type=int, default=1, help="pictures of a request (1)")
    parser.add_argument(
        "--pace-s", type=float, default=0.03, help="what the server takes for a request (0.03)"
    )
    parser.add_argument("--width-px", type=int, default=640, help="width of the screens (640)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments of the kills (1)")
    args = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        paced_server(args.pace_s, chunks=4) as server,
    ):
        frames = draw_session(Path(name) / "session", args.frames, args.width_px)
        settings = model_settings(server, args.batch_size)
        counts = prove(Path(name), frames, settings, server, args.kills, args.seed, args.pace_s)
    rows = (
        (one.what, str(one.count), "any" if one.allowed is None else f"at most {one.allowed}")
        for one in counts
    )
    print(table(HEADINGS, rows))
    if broken := [one.what for one in counts if not one.holds]:
        raise SystemExit(f"does not hold: {'; '.join(broken)}")


def prove(
    folder: Path,
    frames: Path,
    settings: dict[str, Any],
    server: Server,
    kills: int,
    seed: int,
    pace_s: float,
) -> list[Count]:
    """Kill and restart runs, and count what came of it."""
    job = Job(frames, folder / "left-alone", settings)
    wall_s = run_job(job).wall_s
    uids = uid_of_bodies(server.asked(), job)
    reference = written(job)
    chance = random.Random(seed)
    outcomes: list[Outcome] = []
    while (left := kills - sum(life.killed for one in outcomes for life in one.lives)) > 0:
        job = Job(frames, folder / f"run-{len(outcomes)}", settings)
        outcomes.append(finish(job, chance, wall_s, left))
        shutil.rmtree(job.results)
    time.sleep(pace_s)  # an answer to a killed job may be under way
    return counted(outcomes, server.asked(), uids, reference)


def uid_of_bodies(asked: list[Asked], job: Job) -> dict[str, str]:
    """Return the `request_uid` of each body that a finished run has sent, in order."""
    uids = [row["request_uid"] for row in _request_rows(job)]
    bodies = [one.body_sha256 for one in asked if one.describes]
    found = dict(zip(bodies, uids, strict=True))
    if len(found) < len(uids):
        raise SystemExit("two requests of the session are the same")
    return found


def finish(job: Job, chance: random.Random, wall_s: float, kills: int) -> Outcome:
    """Start a job again and again until it has ended by itself; kill it so many times at most."""
    lives: list[Life] = []
    while not lives or lives[-1].killed:
        spare = sum(life.killed for life in lives) >= kills
        known, started_s = journal_uids(job.journal), time.monotonic()
        with started(job) as process:
            try:
                process.wait(LIMIT_S if spare else chance.uniform(0.0, wall_s))
            except TimeoutExpired:
                process.kill()
            ended_s = time.monotonic()
            killed = process.wait() == -signal.SIGKILL  # else it ended in this very moment
        if not killed:
            check_ended_well(job, process.returncode)
        elif spare:
            raise SystemExit(f"describe_frames ran for more than {LIMIT_S:.0f} s")
        lives.append(Life(started_s, ended_s, killed, known, journal_uids(job.journal)))
    return Outcome(lives, written(job))


def journal_uids(journal: Path) -> frozenset[str]:
    """Return the `request_uid` of every answer that stands whole in a journal."""
    uids = set()
    for line in journal.read_bytes().splitlines() if journal.exists() else ():
        try:
            uids.add(json.loads(line)["key"][:16])
        except ValueError:  # torn by a kill
            continue
    return frozenset(uids)


def written(job: Job) -> dict[str, Any]:
    """Return what a run wrote, without clocks, what is computed from them, and warm-ups."""
    run = json.loads((job.out / "run.json").read_text(encoding="utf-8"))
    with zstandard.open(job.out / "replies.jsonl.zst", "rb") as stream:
        replies = stream.read()
    return {
        "requests": [_without_clocks(row) for row in _request_rows(job)],
        "descriptions": read_rows(job.out / "descriptions.parquet"),
        "replies": replies,
        "run": _without_clocks(run),
    }


def _request_rows(job: Job) -> list[dict[str, Any]]:
    return [row for row in read_rows(job.out / "requests.parquet") if not row["warmup"]]


def _without_clocks(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not CLOCKS.fullmatch(name)}


def counted(
    outcomes: list[Outcome], asked: list[Asked], uids: dict[str, str], reference: dict[str, Any]
) -> list[Count]:
    """Hold what the server saw against what the journals held, and the rows against each other."""
    lives = [life for outcome in outcomes for life in outcome.lives]
    kills = [life for life in lives if life.killed]
    requests = _asked_by(lives, asked)
    unknown = sum(one.body_sha256 not in uids for of_life in requests for one in of_life)
    again = unrecorded = cut_off = most_lost = left_out = 0
    for life, of_life in zip(lives, requests, strict=True):
        sent = [uids.get(one.body_sha256) for one in of_life]
        again += sum(uid in life.known for uid in sent) + len(sent) - len(set(sent))
        lost = [one for one, uid in zip(of_life, sent, strict=True) if uid not in life.kept]
        if not life.killed:
            left_out += len(lost)
            continue
        answered = sum(_was_answered(one, life) for one in lost)
        unrecorded += answered
        cut_off += len(lost) - answered
        most_lost = max(most_lost, len(lost))
    twice = _answered_twice(outcomes, asked)
    before_first = _before_first(kills, asked)
    elsewhere = len(kills) - before_first - cut_off - unrecorded
    expected = {row["request_uid"] for row in reference["requests"]}
    missing = sum(
        len(expected - {row["request_uid"] for row in outcome.written["requests"]})
        for outcome in outcomes
    )
    return [
        Count("kills", len(kills)),
        Count("of these before the first request of their process", before_first),
        Count("of these while a request was being answered", cut_off),
        Count("of these between an answer and its line in the journal", unrecorded),
        Count("of these at another moment, as when warming up or writing", elsewhere),
        Count("runs that were killed and then finished", len(outcomes)),
        Count("requests of a run", len(reference["requests"])),
        Count("requests that arrived", sum(map(len, requests))),
        Count("requests answered in full and asked again", twice, len(kills)),
        Count("most requests that one kill cost", most_lost, 1),
        Count("requests in the journal that were asked again", again, 0),
        Count("requests that a process asked and ended without recording", left_out, 0),
        Count("requests that no run without kills asks", unknown, 0),
        Count("requests missing from finished runs", missing, 0),
        *(
            Count(
                f"finished runs of which {name} differ from those of the run left alone",
                sum(outcome.written[name] != reference[name] for outcome in outcomes),
                0,
            )
            for name in reference
        ),
    ]


def _asked_by(lives: list[Life], asked: list[Asked]) -> list[list[Asked]]:
    """Return what each process asked about frames: what arrived before the next one began."""
    ends = [*(life.started_s for life in lives[1:]), float("inf")]
    return [
        [one for one in asked if one.describes and life.started_s <= one.arrived_s < end]
        for life, end in zip(lives, ends, strict=True)
    ]


def _answered_twice(outcomes: list[Outcome], asked: list[Asked]) -> int:
    """Return how many answers that were told in full were told again for the same run."""
    lives = [life for outcome in outcomes for life in outcome.lives]
    of_lives = iter(_asked_by(lives, asked))
    twice = 0
    for outcome in outcomes:
        answered = [
            one.body_sha256
            for life in outcome.lives
            for one in next(of_lives)
            if _was_answered(one, life)
        ]
        twice += len(answered) - len(set(answered))
    return twice


def _was_answered(one: Asked, life: Life) -> bool:
    return one.answered_s is not None and one.answered_s <= life.ended_s


def _before_first(kills: list[Life], asked: list[Asked]) -> int:
    return sum(
        not any(life.started_s <= one.arrived_s <= life.ended_s for one in asked) for life in kills
    )


if __name__ == "__main__":
    main()
