"""Plans that were made, against what the runs then took: the rows of the table `plans`."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

NS_PER_HOUR = 3.6e12
# Below the results folder; it outlives all jobs.
PLANS_FILE = Path(".state", "plans.jsonl")
# What a line must hold, and of which kind.
KINDS: dict[str, type | tuple[type, ...]] = {
    "time": str,
    "session": str,
    "model": str,
    "variant": str,
    "planned_h": (int, float, type(None)),
    "low_h": (int, float, type(None)),
    "high_h": (int, float, type(None)),
    "basis": str,
    "frames": (int, type(None)),
}

RunKey = tuple[str, str, str]  # session, model, variant


def read_plans(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the plans that are stored, in order; a line that is torn, or is no plan, is none."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        try:
            plan = json.loads(line)
        except ValueError:
            continue
        if (
            isinstance(plan, dict)
            and all(isinstance(plan.get(name), kind) for name, kind in KINDS.items())
            and _time(plan["time"]) is not None
        ):
            yield plan


def plan_rows(plans: Path, runs: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Yield the row of each finished run that was planned; `runs` are their run.json.

    Its plan is the last one before its first request: what was planned later, such as after a
    kill, knew a part of what it was to foretell. A run of which nothing was asked, as its replies
    were known, has no row, and neither has one whose file is not there.
    """
    stored: dict[RunKey, list[dict[str, Any]]] = {}
    for plan in read_plans(plans):
        stored.setdefault((plan["session"], plan["model"], plan["variant"]), []).append(plan)
    for facts in filter(None, map(_facts, runs)):
        since = _time(facts.get("asked_since_utc"))
        own = stored.get((facts.get("session"), facts.get("model"), facts.get("variant")), [])
        if since is None or not facts.get("asked_frames"):
            continue
        times = [(_time(plan["time"]), plan) for plan in own]
        before = [(time, plan) for time, plan in times if time is not None and time <= since]
        if before:
            yield _row(*max(before, key=lambda one: one[0]), facts)


def _row(planned_at: datetime, plan: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    planned_h, low_h, high_h = plan["planned_h"], plan["low_h"], plan["high_h"]
    actual_h = facts["asked_wall_ns"] / NS_PER_HOUR
    # How many frames a recording gives is a part of what is foretold. An experiment's are known;
    # one that has grown since, such as a rubric with more variants, was not what was planned.
    is_same = "/" not in plan["session"] or plan["frames"] == facts["frames"]
    # The plan is for all frames; another run's replies may have answered some of them.
    of_all_h = actual_h * facts["frames"] / facts["asked_frames"]
    has_ends = is_same and low_h is not None and high_h is not None
    return {
        "session": plan["session"],
        "model": plan["model"],
        "variant": plan["variant"],
        "planned_at_utc": planned_at,
        "basis": plan["basis"],
        "planned_h": planned_h,
        "low_h": low_h,
        "high_h": high_h,
        "frames_planned": plan["frames"],
        "actual_h": actual_h,
        "frames_actual": facts["frames"],
        "frames_asked": facts["asked_frames"],
        "ratio": of_all_h / planned_h if planned_h and is_same else None,
        "inside": low_h <= of_all_h <= high_h if has_ends else None,
    }


def _facts(path: Path) -> dict[str, Any] | None:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return facts if isinstance(facts, dict) else None


def _time(text: Any) -> datetime | None:
    """Return a moment with its zone; null for anything else."""
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return time if time.tzinfo else None
