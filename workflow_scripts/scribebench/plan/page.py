"""results/plan.md: the plan of the dry run, what decides it, and how well plans have held."""

from collections.abc import Iterable
from typing import Any

from scribebench.canaries.frames import is_drawn
from scribebench.plan.estimate import (
    MEASURED_ELSEWHERE,
    MEASURED_HERE,
    PRIOR,
    Estimate,
    Hours,
    extrapolate_hours,
)
from scribebench.plan.interval import CONFIDENCE, ENOUGH
from scribebench.plan.show import (
    HEADINGS,
    NO_ENDS,
    candidate_name,
    format_estimate,
    format_hours,
    kind_of,
    plan_lines,
)
from scribebench.plan.sizes import SizeHours
from scribebench.report.cells import DASH, format_share
from scribebench.report.escape import inline
from scribebench.report.layout import table
from scribebench.stats.shares import clopper_pearson

# Seed 000: 1,776 frames of qwen3-vl:4b on a MacBook Pro M4 Max; seconds for one batch.
SEED_FRAMES = 1776
SEED_SECONDS_PER_BATCH = {3: 50.0, 5: 67.7, 8: 104.0, 20: 340.9}

INTRODUCTION = (
    "What each candidate takes, for the sessions at hand; `~` marks an estimate. The basis is a "
    "measurement on this machine when there is one, else the figure in the model's file "
    "(`prior`), else unknown. `snakemake -n results/report.md` prints the same table."
)
ENDS = (
    f"Behind an estimate stands from where to where it is expected to end up, or {NO_ENDS} where "
    f"nothing tells that, as of a prior. From {ENOUGH} finished requests on it is the "
    f"{100 * CONFIDENCE:.0f} % prediction interval for all further requests together (Student's t, "
    "seconds in proportion to frames), of fewer the slowest and the fastest of them; measured on "
    "other sessions, it holds the speed of each, and of one alone it cannot tell how recordings "
    "differ. Frames that are not chosen yet are reckoned with "
    "as few and as many as the selected sessions keep in a second, or, with fewer than two of "
    "them, with a quarter and four times. Ends of several estimates are added, as if all were "
    "wrong to the same side."
)
DRAWN = (
    "*Drawn frames* have known names, and tell how many pictures a model keeps apart in one "
    "request (`canaries:` in config/config.yaml): of each batch size as many as prove it above "
    "95 %, if all are right."
)
SELECTION = (
    "What each candidate would take for all frames that were looked at, and takes for those that "
    "are kept; a dash is unknown."
)
SIZES = (
    "The kept frames of all sessions in batches of each size that something is known of. Less "
    "stands on drawn frames than on a screen, so that theirs are rather too few hours."
)
NO_SIZES = (
    "Of no candidate more than one batch size is known: `seconds_per_batch` in its file, a variant "
    "with another `batch_size`, or `canaries: {batch_sizes: [3, 8, 20]}` in config/config.yaml "
    "tells of more."
)
CHECKED = (
    "Each run that was finished after a plan of it, and the last plan before its first request. "
    "*Took* is the wall clock of all that was asked for it, scaled to all its frames where another "
    "run's replies answered some. *Inside*: between the ends of the plan; a dash where it had none."
)
UNCHECKED = (
    "No run was finished yet since it was planned. Each start stores what it plans to take "
    "(`results/.state/plans.jsonl`), and `results/tables/plans.parquet` compares."
)


def plan_page(
    estimates: list[Estimate],
    sizes: Iterable[SizeHours] = (),
    checked: Iterable[dict[str, Any]] = (),
) -> str:
    """Return results/plan.md; `checked` are rows of the table `plans`."""
    candidates = [tuple(inline(cell) for cell in line) for line in plan_lines(estimates)]
    drawn = [one for one in estimates if is_drawn(one.session)]
    note = [DRAWN] if drawn else []
    parts = [
        "# Plan",
        INTRODUCTION,
        table(HEADINGS, candidates),
        ENDS,
        *note,
        "## Each session",
        table(("session", *HEADINGS), map(_row, estimates), numbers_from=2),
        "## What the choice of frames saves",
        *_selection(estimates),
        "## Batch sizes",
        *_sizes(list(sizes)),
        "## Planned against actual",
        *_checked(list(checked)),
        "## Why frames are chosen first",
        f"Seed 000 extrapolated its own figures to all {SEED_FRAMES:,} frames of one session:",
        table(("batch size", "batches", "hours"), seed_table(), numbers_from=0),
        "The same session with 182 frames kept and one frame a request took 25 minutes.",
    ]
    return "\n\n".join(parts) + "\n"


def seed_table() -> list[tuple[str, str, str]]:
    """Return the seed's extrapolation: batch size, batches, hours."""
    return [
        (
            str(size),
            str(-(-SEED_FRAMES // size)),
            f"{extrapolate_hours(SEED_FRAMES, size, seconds):.1f}",
        )
        for size, seconds in SEED_SECONDS_PER_BATCH.items()
    ]


def _row(estimate: Estimate) -> tuple[str, ...]:
    line = plan_lines([estimate])[0]
    return (inline(estimate.session), *(inline(cell) for cell in line))


def _selection(estimates: list[Estimate]) -> list[str]:
    rows = []
    for one in estimates:
        if kind_of(one.session):
            continue
        kept, sampled = one.frames.frames, one.frames.sampled
        about = inline("~") if one.frames.is_estimate else ""
        rows.append(
            (
                inline(one.session),
                inline(candidate_name(one.run.model, one.run.variant)),
                DASH if sampled is None else f"{sampled}",
                DASH if kept is None else f"{about}{kept}",
                DASH if not sampled or kept is None else f"{about}{format_share(kept / sampled)}",
                _hours(one.of_all),
                inline(plan_lines([one])[0].hours),
            )
        )
    headings = (
        *("session", "candidate", "looked at", "kept", "share"),
        *("hours for all", "hours for the kept"),
    )
    return [SELECTION, table(headings, rows, numbers_from=2)]


def _hours(hours: Hours | None) -> str:
    """Return an estimate as it is shown; unknown is a dash."""
    if hours is None or hours.hours is None:
        return DASH
    return inline(format_estimate(hours.hours, hours.low, hours.high))


def _sizes(sizes: list[SizeHours]) -> list[str]:
    rows = [
        (
            inline(candidate_name(one.run.model, one.run.variant)),
            str(one.batch_size),
            str(one.frames),
            str(one.requests),
            _hours(one.hours),
            inline(_told_by(one.hours)),
        )
        for one in sizes
    ]
    headings = ("candidate", "batch size", "frames", "requests", "hours", "basis")
    return [SIZES, table(headings, rows)] if rows else [NO_SIZES]


def _told_by(hours: Hours) -> str:
    if hours.n is not None:
        return f"{hours.basis} (n = {hours.n} frames)"
    return f"{hours.basis} ({hours.detail})"


def _checked(rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        return [UNCHECKED]
    headings = (
        *("session", "candidate", "planned", "took", "took / planned", "frames planned"),
        *("frames", "asked", "inside", "basis"),
    )
    return [CHECKED, table(headings, map(_checked_row, rows), numbers_from=2), _summary(rows)]


def _checked_row(row: dict[str, Any]) -> tuple[str, ...]:
    name = candidate_name(row["model"], row["variant"], kind_of(row["session"]))
    actual_h, frames, asked = row["actual_h"], row["frames_actual"], row["frames_asked"]
    return (
        inline(row["session"]),
        inline(name),
        inline(format_estimate(row["planned_h"], row["low_h"], row["high_h"])),
        format_hours(actual_h * frames / asked) if asked else DASH,
        DASH if row["ratio"] is None else f"{row['ratio']:.2f}",
        DASH if row["frames_planned"] is None else str(row["frames_planned"]),
        str(frames),
        str(asked),
        {None: DASH, True: "yes", False: "no"}[row["inside"]],
        inline(row["basis"]),
    )


def _summary(rows: list[dict[str, Any]]) -> str:
    """Say how many plans held, of each basis."""
    told = []
    for basis in (MEASURED_HERE, MEASURED_ELSEWHERE, PRIOR):
        own = [row for row in rows if row["basis"] == basis and row["ratio"] is not None]
        if not own:
            continue
        ratios = sorted(row["ratio"] for row in own)
        said = f"took / planned {ratios[0]:.2f}{DASH}{ratios[-1]:.2f}"
        judged = [row["inside"] for row in own if row["inside"] is not None]
        if judged:
            inside = sum(judged)
            low, high = (round(100 * end) for end in clopper_pearson(inside, len(judged)))
            said += f"; {inside} of {len(judged)} inside their ends ({low}{DASH}{high} %)"
        else:
            said += "; none had ends"
        told.append(f"- {basis}: {len(own)} planned, {said}.")
    return "\n".join(told) if told else "Of none of them hours were planned."
