"""Estimate the hours of runs that have not been made, and count those of runs that have."""

import json
import math
from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from scribebench.canaries.frames import FOLDER, frames_needed, is_drawn, session_of
from scribebench.files import write_text
from scribebench.plan.asked import asked_in
from scribebench.plan.interval import bounds
from scribebench.project.documents import canonical_json
from scribebench.rubric import SESSION

SECONDS_PER_HOUR = 3600.0
NS_PER_HOUR = 3.6e12
# The one full session that seed 000 reports: 182 of 1,776 frames kept, one frame a second.
PRIOR_KEPT, PRIOR_SAMPLED, PRIOR_DURATION_S = 182, 1776, 1776.0
# Recordings differ much in what is worth keeping: where fewer than two were selected here, so many
# times fewer or more frames are reckoned with.
WIDE = 4

MEASURED_HERE = "measured here"
MEASURED_ELSEWHERE = "measured on another session"
PRIOR = "prior"
UNKNOWN = "unknown"

RunKey = tuple[str, str, str]  # session, model, variant


class Due(NamedTuple):
    """What a dry run knows to be due: runs, and sessions whose frames are chosen anew."""

    runs: frozenset[RunKey]
    sessions: frozenset[str]


NOTHING_DUE = Due(frozenset(), frozenset())


class PlannedRun(NamedTuple):
    """A candidate as the plan sees it; `settings` is the canonical JSON of its identity."""

    model: str
    variant: str
    batch_size: int
    settings: str
    prior: dict[str, Any]


class PlannedSession(NamedTuple):
    """A session as the plan sees it; `recording` is read only when nothing else tells its length.

    `screenshots` is the number of pictures when the recording is a folder of them, else null.
    """

    name: str
    recording: str
    screenshots: int | None


class FrameCount(NamedTuple):
    """How many frames a session has for the models; `is_estimate` until they are chosen.

    Between `low` and `high` an estimate is expected to be; they are null for what is counted, and
    for what is unknown. `sampled` is how many frames they are chosen from, null until it is known.
    """

    frames: int | None
    is_estimate: bool
    low: int | None = None
    high: int | None = None
    sampled: int | None = None

    @property
    def ends(self) -> tuple[int, int] | None:
        """The fewest and the most frames; null when nothing is known."""
        if self.frames is None:
            return None
        return self.low or self.frames, self.high or self.frames


class Hours(NamedTuple):
    """Hours, between which ends they are expected, and what they are known from.

    The ends are null where nothing tells them; `n` counts the frames behind a measurement.
    """

    hours: float | None
    low: float | None
    high: float | None
    basis: str
    detail: str = ""
    n: int | None = None


class Estimate(NamedTuple):
    """What one run of one session takes; `hours` is null when nothing is known.

    `low` and `high` are where the hours are expected to end up: null when nothing tells, and for
    what is done. `n` counts the measured frames behind a measurement. `of_all` are the hours that
    all sampled frames would take; null when their number is not known, or frames are drawn.
    """

    session: str
    run: PlannedRun
    frames: FrameCount
    requests: int | None
    hours: float | None
    low: float | None
    high: float | None
    basis: str
    detail: str
    n: int | None
    done: bool
    of_all: Hours | None = None


def extrapolate_hours(frames: int, batch_size: int, seconds_per_batch: float) -> float:
    """Return the hours for all batches, the last one counted whole, as seed 000 extrapolates."""
    return math.ceil(frames / batch_size) * seconds_per_batch / SECONDS_PER_HOUR


# What is taken from a run.json; a file without it counts as none.
RUN_FACTS = {"session", "settings_json", "frames", "asked_frames", "asked_wall_ns"}


class Results:
    """What stands below the results folder; read when asked for, each file once."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._runs: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._durations: dict[str, Any] | None = None
        self._has_new_durations = False

    def runs(self, model: str, variant: str) -> list[dict[str, Any]]:
        """Return the facts of all finished runs of a candidate: sessions, drawn frames, rubric."""
        key = (model, variant)
        if key not in self._runs:
            run = f"{model}/{variant}/run.json"
            found = [
                path
                for pattern in (f"runs/*/{run}", f"{FOLDER}/*/{run}", f"rubric/{run}")
                for path in sorted(self._folder.glob(pattern))
            ]
            self._runs[key] = [
                facts for facts in map(_read_json, found) if facts and set(facts) >= RUN_FACTS
            ]
        return self._runs[key]

    def selection(self, session: str) -> dict[str, Any] | None:
        """Return how many frames of a session were kept; null when that is not decided yet."""
        facts = _read_json(self._folder / "sessions" / session / "selection.json")
        return facts if facts and isinstance(facts.get("kept_frames"), int) else None

    def duration_s(self, recording: Path) -> float | None:
        """Return the length of a recording that is not extracted yet.

        Opening a container takes milliseconds and the video library, too long for a hundred at
        each dry run; so lengths are remembered while the file's size and date stay.
        """
        try:
            status = recording.stat()
        except OSError:
            return None
        path = self._folder / ".state" / "durations.json"
        if self._durations is None:
            self._durations = _read_json(path) or {}
        known = self._durations.get(str(recording))
        identity = [status.st_size, status.st_mtime_ns]
        if isinstance(known, list) and len(known) == 3 and known[:2] == identity:
            return known[2]
        from scribebench.frames.container import read_duration_s

        duration_s = read_duration_s(recording)
        self._durations[str(recording)] = [*identity, duration_s]
        self._has_new_durations = True
        return duration_s

    def remember(self) -> None:
        """Store what was read of recordings; a plan is worth having where that is not possible."""
        if self._has_new_durations:
            with suppress(OSError):
                path = self._folder / ".state" / "durations.json"
                write_text(path, canonical_json(self._durations))

    def sizes(self, model: str) -> list[dict[str, Any]]:
        """Return the facts of all finished runs of a model's variants, and of its drawn frames."""
        patterns = (f"runs/*/{model}/*/run.json", f"{FOLDER}/*/{model}/*/run.json")
        found = [path for pattern in patterns for path in sorted(self._folder.glob(pattern))]
        return [facts for facts in map(_read_json, found) if facts and set(facts) >= RUN_FACTS]

    @cached_property
    def kept_per_second(self) -> float:
        """Return kept frames a second of recording, from what was selected here, else the prior."""
        duration_s = sum(facts["duration_s"] for facts in self._selected)
        if not duration_s:
            return PRIOR_KEPT / PRIOR_DURATION_S
        return sum(facts["kept_frames"] for facts in self._selected) / duration_s

    @cached_property
    def kept_range(self) -> tuple[float, float]:
        """Return the lowest and the highest of kept frames a second that are reckoned with."""
        rates = [facts["kept_frames"] / facts["duration_s"] for facts in self._selected]
        if len(rates) < 2:
            return self.kept_per_second / WIDE, self.kept_per_second * WIDE
        return min(rates), max(rates)

    @cached_property
    def _selected(self) -> list[dict[str, Any]]:
        """Return the sessions that have their frames chosen, and a known length."""
        return [
            facts
            for path in sorted((self._folder / "sessions").glob("*/selection.json"))
            if (facts := self.selection(path.parent.name)) and facts.get("duration_s")
        ]


def estimate_all(
    sessions: list[PlannedSession],
    runs: list[PlannedRun],
    results: Results,
    budget: int | None,
    due: Due = NOTHING_DUE,
) -> list[Estimate]:
    """Estimate each run of each session.

    A run counts as done when it was made with the settings at hand, unless it is known to be `due`
    for another reason.
    """
    counts = {session.name: count_frames(session, results, budget, due) for session in sessions}
    results.remember()
    return [
        _estimate(session.name, counts[session.name], run, results, due)
        for run in runs
        for session in sessions
    ]


def estimate_canaries(
    runs: list[PlannedRun], results: Results, due: Due = NOTHING_DUE
) -> list[Estimate]:
    """Estimate each run on drawn frames; how many these are is known before they are drawn."""
    return [
        _estimate(
            session_of(run.batch_size),
            FrameCount(frames_needed(run.batch_size), is_estimate=False),
            run,
            results,
            due,
        )
        for run in runs
    ]


def estimate_rubric(
    runs: list[PlannedRun], requests: list[int], results: Results, due: Due = NOTHING_DUE
) -> list[Estimate]:
    """Estimate the rubric of each run, with as many requests: one picture each."""
    return [
        _estimate(SESSION, FrameCount(count, is_estimate=False), run, results, due)
        for run, count in zip(runs, requests, strict=True)
    ]


def count_frames(
    session: PlannedSession, results: Results, budget: int | None, due: Due = NOTHING_DUE
) -> FrameCount:
    """Count the frames of a session, or estimate them from the length of its recording.

    Frames that will be chosen anew are estimated to be as many as before, within the budget.
    """
    if selection := results.selection(session.name):
        kept = int(selection["kept_frames"])
        sampled = selection.get("sampled_frames")
        if session.name not in due.sessions:
            return FrameCount(kept, is_estimate=False, sampled=sampled)
        return _between(kept, kept / WIDE, kept * WIDE, sampled, budget)
    if session.screenshots is not None:
        frames = session.screenshots * PRIOR_KEPT / PRIOR_SAMPLED
        ends = (frames / WIDE, frames * WIDE)
    else:
        duration_s = results.duration_s(Path(session.recording))
        if duration_s is None:
            return FrameCount(None, is_estimate=True)
        frames = duration_s * results.kept_per_second
        ends = (duration_s * results.kept_range[0], duration_s * results.kept_range[1])
    return _between(frames, *ends, session.screenshots, budget)


def _between(
    frames: float, low: float, high: float, sampled: int | None, budget: int | None
) -> FrameCount:
    """Return an estimate in whole frames: at least one, no more than there are, and the budget."""
    most = min((limit for limit in (sampled, budget) if limit), default=None)
    counts = [max(1, math.ceil(count)) for count in (frames, low, high)]
    if most is not None:
        counts = [min(count, most) for count in counts]
    return FrameCount(counts[0], True, *counts[1:], sampled)


def _estimate(
    session: str,
    count: FrameCount,
    run: PlannedRun,
    results: Results,
    due: Due,
) -> Estimate:
    same = [facts for facts in results.runs(*run[:2]) if facts["settings_json"] == run.settings]
    # Less stands on drawn frames than on a screen, and questions have short answers.
    if not is_drawn(session):
        same = [facts for facts in same if ("/" in facts["session"]) == ("/" in session)]
    own = [facts for facts in same if facts["session"] == session]
    done = bool(own) and (session, *run[:2]) not in due.runs
    requests = None if count.frames is None else math.ceil(count.frames / run.batch_size)
    counted = count
    if own and own[0]["asked_frames"] and (done or count.frames is None):
        counted = FrameCount(own[0]["frames"], is_estimate=False)
    found = _hours(run, counted, own, same)
    low, high = (None, None) if done else (found.low, found.high)
    of_all = None
    if count.sampled is not None:
        of_all = _hours(run, FrameCount(count.sampled, is_estimate=False), own, same)
    return Estimate(
        *(session, run, count, requests, found.hours, low, high),
        *(found.basis, found.detail, found.n, done, of_all),
    )


def _hours(
    run: PlannedRun,
    count: FrameCount,
    own: list[dict[str, Any]],
    same: list[dict[str, Any]],
) -> Hours:
    """Return the hours of so many frames: by this session's own runs, else others, else a prior."""
    if count.frames is None or count.ends is None:
        return Hours(None, None, None, UNKNOWN, "the recording's length cannot be read")
    for runs, basis in ((own[:1], MEASURED_HERE), (same, MEASURED_ELSEWHERE)):
        if any(facts["asked_frames"] for facts in runs):
            return measured(runs, count.frames, count.ends, run.batch_size, basis)
    hours, basis, detail = _from_prior(run, count.frames)
    return Hours(hours, None, None, basis, detail)


def measured(
    runs: list[dict[str, Any]], frames: int, ends: tuple[int, int], batch_size: int, basis: str
) -> Hours:
    """Scale the wall clock of finished requests, failed ones included: they will fail again.

    `frames` is what is expected, and `ends` are the fewest and the most of them.
    """
    runs = [facts for facts in runs if facts["asked_frames"]]
    n = sum(facts["asked_frames"] for facts in runs)
    hours = sum(facts["asked_wall_ns"] for facts in runs) / NS_PER_HOUR / n * frames
    found = bounds(map(asked_in, runs), ends, batch_size)
    if found is None:
        return Hours(hours, None, None, basis, "", n)
    return Hours(hours, min(found.low, hours), max(found.high, hours), basis, "", n)


def _from_prior(run: PlannedRun, frames: int) -> tuple[float | None, str, str]:
    known = prior_seconds(run)
    if not known:
        return None, UNKNOWN, "never measured"
    source = run.prior["source"]
    if seconds := known.get(run.batch_size):
        detail = f"{source}: {seconds:g} s for a batch of {run.batch_size}"
        return extrapolate_hours(frames, run.batch_size, seconds), PRIOR, detail
    nearest = min(known, key=lambda size: (abs(size - run.batch_size), size))
    per_frame_s = known[nearest] / nearest
    detail = f"{source}: {per_frame_s:.1f} s a frame in a batch of {nearest}, scaled"
    return frames * per_frame_s / SECONDS_PER_HOUR, PRIOR, detail


def prior_seconds(run: PlannedRun) -> dict[int, float]:
    """Return what a model's file tells of seconds for a request, by its pictures."""
    return {int(size): s for size, s in run.prior.get("seconds_per_batch", {}).items()}


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def fingerprint(results: Results, runs: Iterable[PlannedRun]) -> str:
    """Return what a plan takes from finished runs, as canonical JSON."""
    figures = [
        [facts[name] for name in ("session", "asked_frames", "asked_wall_ns", "settings_json")]
        for run in runs
        for facts in results.runs(*run[:2])
    ]
    return canonical_json(figures)
