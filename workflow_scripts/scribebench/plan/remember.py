"""Remember at a real start what is planned, so that plans can be checked against what came.

Called in `onstart:`, in the process that the user started and never in a dry run.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scribebench.plan.checked import PLANS_FILE, RunKey, read_plans
from scribebench.plan.estimate import Due, Estimate
from scribebench.plan.spec import PlanSpec, due_of, make_plan
from scribebench.project.documents import canonical_json

RESULTS = Path("results")
TIME = "time"


def remember_plan(workflow: Any, plan_spec: Callable[[], dict[str, Any]]) -> None:
    """Store what is planned for each run of this start; a start is worth having without it."""
    if workflow.touch:
        return
    from snakemake.logging import logger

    try:
        due = due_of(workflow.dag.needrun_jobs())
        plan = make_plan(PlanSpec.from_json(plan_spec()), RESULTS, due) if due.runs else []
        store(RESULTS / PLANS_FILE, plan, due, datetime.now(UTC))
    except Exception as error:
        logger.warning(f"Note: the plan is not remembered ({type(error).__name__}: {error})")


def store(path: Path, plan: list[Estimate], due: Due, now: datetime) -> None:
    """Append a JSON line for each run that is due, unless the last one says the same."""
    last: dict[RunKey, dict[str, Any]] = {}
    for stored in read_plans(path):
        last[stored["session"], stored["model"], stored["variant"]] = stored
    lines = []
    for one in plan:
        key = (one.session, *one.run[:2])
        planned = {
            **dict(zip(("session", "model", "variant"), key, strict=True)),
            "planned_h": one.hours,
            "low_h": one.low,
            "high_h": one.high,
            "basis": one.basis,
            "frames": one.frames.frames,
        }
        before = {name: value for name, value in last.get(key, {}).items() if name != TIME}
        if key in due.runs and planned != before:
            lines.append(canonical_json({TIME: now.isoformat(), **planned}))
    if not lines:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as stream:
        # The line before may be torn, by a kill or a full disk, and must not take these with it.
        stream.write(("\n" + "\n".join(lines) + "\n").encode())
        stream.flush()
        os.fsync(stream.fileno())
