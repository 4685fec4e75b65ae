"""Show a plan: one line for each candidate, the same on the terminal and in results/plan.md."""

from collections.abc import Iterable
from typing import NamedTuple

from scribebench.canaries.frames import is_drawn
from scribebench.plan.estimate import MEASURED_ELSEWHERE, MEASURED_HERE, UNKNOWN, Estimate
from scribebench.rubric import SESSION

HEADINGS = ("candidate", "frames", "requests", "hours", "left at most", "basis")
# No other characters than ASCII, which every terminal can show.
NO_ENDS = "(-)"
LEGEND = "(~ is an estimate, then its lowest and highest; - is unknown)"


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
        groups.setdefault((*estimate.run[:2], kind_of(estimate.session)), []).append(estimate)
    lines = [_line(candidate_name(*key), group) for key, group in groups.items()]
    if len(groups) > 1:
        lines.append(_line("all", estimates)._replace(frames="", basis=""))
    return lines


def plan_text(estimates: list[Estimate]) -> str:
    """Return the plan for a terminal."""
    sessions = len({one.session for one in estimates if not kind_of(one.session)})
    rows = [HEADINGS, *plan_lines(estimates)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [f"Plan for {sessions} session{'s' if sessions != 1 else ''} {LEGEND}:"]
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
    unit = _unit(hours)
    return f"{'~' if is_estimate else ''}{hours * unit.per_hour:.{unit.digits}f} {unit.name}"


def format_estimate(hours: float | None, low: float | None, high: float | None) -> str:
    """Return an estimate with its ends in its own unit: ~3.4 h (2.9-4.1)."""
    if hours is None:
        return UNKNOWN
    if low is None or high is None:
        return f"{format_hours(hours, is_estimate=True)} {NO_ENDS}"
    unit = _unit(hours)
    ends = "-".join(f"{end * unit.per_hour:.{unit.digits}f}" for end in (low, high))
    return f"{format_hours(hours, is_estimate=True)} ({ends})"


class _Unit(NamedTuple):
    name: str
    per_hour: float
    digits: int


def _unit(hours: float) -> _Unit:
    if hours * 3600 < 90:
        return _Unit("s", 3600, 0)
    return _Unit("min", 60, 0) if hours < 1.5 else _Unit("h", 1, 1)


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
    """Add the known hours; say so when some are not known.

    Ends are added, too, as if all were wrong to the same side: one measurement often serves many.
    """
    group = list(group)
    known = [item for item in group if item.hours is not None]
    if not known:
        return UNKNOWN
    total = sum(item.hours or 0.0 for item in known)
    if all(item.done for item in group):
        sum_ = format_hours(total)
    elif len(known) < len(group):
        sum_ = format_hours(total, is_estimate=True)
    else:
        sum_ = format_estimate(total, *_ends(known))
    return sum_ if len(known) == len(group) else f"{sum_} + {UNKNOWN}"


def _ends(group: list[Estimate]) -> tuple[float | None, float | None]:
    """Add the ends of what is open to the hours of what is done; null where one lacks them."""
    low = high = 0.0
    for item in group:
        ends = (item.hours, item.hours) if item.done else (item.low, item.high)
        if ends[0] is None or ends[1] is None:
            return None, None
        low, high = low + ends[0], high + ends[1]
    return low, high


def kind_of(session: str) -> str:
    """Return what is asked in the place of a session's frames; nothing for a session."""
    if session == SESSION:
        return "rubric"
    return "drawn frames" if is_drawn(session) else ""


def candidate_name(model: str, variant: str, kind: str = "") -> str:
    name = model if variant == "base" else f"{model}/{variant}"
    return f"{name}, {kind}" if kind else name
