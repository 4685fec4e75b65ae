"""What is to be planned, as it goes from the workflow to the script and to the dry run."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scribebench.plan.estimate import (
    NOTHING_DUE,
    Due,
    Estimate,
    PlannedRun,
    PlannedSession,
    Results,
    estimate_all,
    estimate_canaries,
    estimate_rubric,
)
from scribebench.project.changes import asked_about


@dataclass(frozen=True)
class PlanSpec:
    """The sessions and candidates of a plan, and the most frames that a session may keep.

    `canaries` are the runs on drawn frames, one for each batch size to try; `rubric` those that are
    asked its questions, and `rubric_requests` how often each of them is.
    """

    sessions: list[PlannedSession]
    runs: list[PlannedRun]
    budget: int | None
    canaries: list[PlannedRun] = field(default_factory=list)
    rubric: list[PlannedRun] = field(default_factory=list)
    rubric_requests: list[int] = field(default_factory=list)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "PlanSpec":
        """Read the object that the workflow passes on."""
        return cls(
            [PlannedSession(*session) for session in value["sessions"]],
            [PlannedRun(*run) for run in value["runs"]],
            value["budget"],
            [PlannedRun(*run) for run in value["canaries"]],
            [PlannedRun(*run) for run in value["rubric"]],
            value["rubric_requests"],
        )


def due_of(jobs: Iterable[Any]) -> Due:
    """Return what Snakemake's jobs have to do."""
    jobs = list(jobs)
    runs = frozenset(
        (session, job.wildcards.model, job.wildcards.variant)
        for job in jobs
        if (session := asked_about(job))
    )
    sessions = frozenset(job.wildcards.session for job in jobs if job.rule.name == "dedup_frames")
    return Due(runs, sessions)


def make_plan(spec: PlanSpec, results: Path, due: Due = NOTHING_DUE) -> list[Estimate]:
    """Estimate everything in the spec; see `estimate_all` for `due`."""
    known = Results(results)
    drawn = estimate_canaries(spec.canaries, known, due)
    drawn += estimate_rubric(spec.rubric, spec.rubric_requests, known, due)
    return [*estimate_all(spec.sessions, spec.runs, known, spec.budget, due), *drawn]
