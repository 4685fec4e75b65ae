"""results/plan.md: the plan of the dry run, with each session and the seed's own extrapolation."""

from scribebench.canaries.frames import is_drawn
from scribebench.plan.estimate import Estimate, extrapolate_hours
from scribebench.plan.show import HEADINGS, format_hours, plan_lines
from scribebench.report.escape import inline
from scribebench.report.layout import table

# Seed 000: 1,776 frames of qwen3-vl:4b on a MacBook Pro M4 Max; seconds for one batch.
SEED_FRAMES = 1776
SEED_SECONDS_PER_BATCH = {3: 50.0, 5: 67.7, 8: 104.0, 20: 340.9}

DRAWN = (
    "*Drawn frames* have known names, and tell how many pictures a model keeps apart in one "
    "request (`canaries:` in config/config.yaml): of each batch size as many as prove it above "
    "95 %, if all are right."
)


def plan_page(estimates: list[Estimate]) -> str:
    """Return results/plan.md."""
    candidates = [tuple(inline(cell) for cell in line) for line in plan_lines(estimates)]
    drawn = [one for one in estimates if is_drawn(one.session)]
    note = [DRAWN] if drawn else []
    parts = [
        "# Plan",
        "What each candidate takes, for the sessions at hand; `~` marks an estimate. The basis is "
        "a measurement on this machine when there is one, else the figure in the model's file "
        "(`prior`), else unknown. `snakemake -n results/report.md` prints the same table.",
        table(HEADINGS, candidates),
        *note,
        "## Each session",
        table(("session", *HEADINGS), map(_row, estimates), numbers_from=2),
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
    hours = format_hours(estimate.hours, is_estimate=not estimate.done)
    return (inline(estimate.session), *(inline(cell) for cell in line._replace(hours=hours)))
