"""Show a plan: one line for each candidate, the same on the terminal and in results/plan.md."""

from collections.abc import Iterable
from typing import NamedTuple

from scribebench.canaries.frames import is_drawn
from scribebench.plan.estimate import MEASURED_ELSEWHERE, MEASURED_HERE, UNKNOWN, Estimate
from scribebench.rubric import SESSION

HEADINGS = ("candidate", "frames", "requests", "hours", "left at most", "basis")


class PlanLine(NamedTuple):
    """One candidate over all sessions, as shown."""

    candidate: str
    frames: str
    requests: str
    hours: str
    left: str
    basis: str


def plan_lines(estimates: list[Estimate]) -> list[PlanLine]:
    """Return a line for each candidate, in order, and a last one for all of them."""
    groups: dict[tuple[str, str, str], list[Estimate]] = {}
    for estimate in estimates:
        groups.setdefault((*estimate.run[:2], _kind(estimate.session)), []).append(estimate)
    lines = [_line(_name(*key), group) for key, group in groups.items()]
    if len(groups) > 1:
        lines.append(_line("all", estimates)._replace(frames="", basis=""))
    return lines


def plan_text(estimates: list[Estimate]) -> str:
    """Return the plan for a terminal."""
    sessions = len({one.session for one in estimates if not _kind(one.session)})
    rows = [HEADINGS, *plan_lines(estimates)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [f"Plan for {sessions} session{'s' if sessions != 1 else ''} (~ is an estimate):"]
    for row in rows:
        name, *figures, basis = row
        cells = [name.ljust(widths[0])]
        cells += [figure.rjust(width) for figure, width in zip(figures, widths[1:-1], strict=True)]
        lines.append("  " + "  ".join([*cells, basis]).rstrip())
    return "\n".join(lines)


def format_hours(hours: float | None, is_estimate: bool = False) -> str:
    """Return hours as people say them: 45 s, 12 min, 3.4 h; unknown when null."""
    if hours is None:
        return UNKNOWN
    about = "~" if is_estimate else ""
    if hours * 3600 < 90:
        return f"{about}{hours * 3600:.0f} s"
    return f"{about}{hours * 60:.0f} min" if hours < 1.5 else f"{about}{hours:.1f} h"


def _line(name: str, group: list[Estimate]) -> PlanLine:
    counts = [estimate.frames.frames for estimate in group]
    frames = None if None in counts else sum(counts)
    guessed = any(estimate.frames.is_estimate for estimate in group)
    requests = [estimate.requests for estimate in group]
    open_ = [estimate for estimate in group if not estimate.done]
    return PlanLine(
        candidate=name,
        frames=UNKNOWN if frames is None else f"{'~' if guessed else ''}{frames}",
        requests=UNKNOWN if None in requests else f"{'~' if guessed else ''}{sum(requests)}",
        hours=_sum(group),
        left=_sum(open_) if open_ else "done",
        basis=_basis(group),
    )


def _basis(group: list[Estimate]) -> str:
    """Say what the hours are known from, and from how many frames in all."""
    said: dict[str, int | None] = {}
    for item in group:
        if item.basis == MEASURED_HERE:
            said[item.basis] = (said.get(item.basis) or 0) + (item.n or 0)
        elif item.basis == MEASURED_ELSEWHERE:
            said[item.basis] = item.n  # the same measurement serves all sessions without their own
        else:
            said[f"{item.basis} ({item.detail})"] = None
    return "; ".join(text if n is None else f"{text} (n = {n} frames)" for text, n in said.items())


def _sum(group: Iterable[Estimate]) -> str:
    """Add the known hours; say so when some are not known."""
    group = list(group)
    known = [item.hours for item in group if item.hours is not None]
    if not known:
        return UNKNOWN
    is_estimate = any(not item.done for item in group)
    total = format_hours(sum(known), is_estimate)
    return total if len(known) == len(group) else f"{total} + {UNKNOWN}"


def _kind(session: str) -> str:
    """Return what is asked in the place of a session's frames; nothing for a session."""
    if session == SESSION:
        return "rubric"
    return "drawn frames" if is_drawn(session) else ""


def _name(model: str, variant: str, kind: str = "") -> str:
    name = model if variant == "base" else f"{model}/{variant}"
    return f"{name}, {kind}" if kind else name
