"""What is to be planned, as it goes from the workflow to the script and to the dry run."""

from dataclasses import dataclass
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
)


@dataclass(frozen=True)
class PlanSpec:
    """The sessions and candidates of a plan, and the most frames that a session may keep."""

    sessions: list[PlannedSession]
    runs: list[PlannedRun]
    budget: int | None

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "PlanSpec":
        """Read the object that the workflow passes on."""
        return cls(
            [PlannedSession(*session) for session in value["sessions"]],
            [PlannedRun(*run) for run in value["runs"]],
            value["budget"],
        )


def make_plan(spec: PlanSpec, results: Path, due: Due = NOTHING_DUE) -> list[Estimate]:
    """Estimate everything in the spec; see `estimate_all` for `due`."""
    return estimate_all(spec.sessions, spec.runs, Results(results), spec.budget, due)
