"""The part of the report on whole sessions: all frames of one, as seed 000 did, and those kept."""

from scribebench.plan.estimate import extrapolate_hours
from scribebench.plan.page import SEED_FRAMES, SEED_SECONDS_PER_BATCH
from scribebench.report.batch_sizes import asked_sizes
from scribebench.report.candidates import Candidate, candidates
from scribebench.report.cells import DASH, format_figure
from scribebench.report.data import ReportData, label
from scribebench.report.escape import inline
from scribebench.report.evidence import Figure
from scribebench.report.layout import table
from scribebench.report.speed import asked_requests, recorded, scaled, seconds_per_frame

NOT_RUN = (
    "No model was run. `models: [ocr-baseline, qwen3-vl-4b]` in `config/config.yaml` measures what "
    "this table needs; `results/plan.md` has the seed's own figures."
)
MINUTES = 60


def extrapolation_section(data: ReportData) -> str:
    """Return the hours of all frames of the seed's session, and the minutes of an hour's kept."""
    rows = [row for candidate in candidates(data) for row in _rows(data, candidate)]
    if not rows:
        return NOT_RUN
    seed = [
        (
            "*seed 000*",
            "recordings",
            str(size),
            f"{seconds / size:.2f}",
            str(-(-SEED_FRAMES // size)),
            f"{extrapolate_hours(SEED_FRAMES, size, seconds):.1f}",
            *(DASH, DASH, DASH),
        )
        for size, seconds in SEED_SECONDS_PER_BATCH.items()
    ]
    headings = (
        "candidate", "measured on", "batch", "s a frame", f"batches for {SEED_FRAMES:,} frames",
        "hours", "kept of a recorded hour", "minutes", "keeps up",
    )  # fmt: skip
    legend = (
        f"{SEED_FRAMES:,} frames are all those of the session of seed 000, one for each second of "
        "half an hour; behind them are the frames that are kept of an hour of these recordings. "
        "Means with interval and n requests, as under “Model comparison”. *Keeps up*: the kept "
        f"frames of an hour are described in less than {MINUTES} minutes, by the upper end, and "
        "also with the time of requests that were cut or failed, which no speed holds."
    )
    return f"{table(headings, [*rows, *seed], numbers_from=2)}\n\n{legend}"


def _rows(data: ReportData, candidate: Candidate) -> list[tuple[str, ...]]:
    known = recorded(data)
    rows = []
    with_failed = seconds_per_frame(asked_requests(data, *candidate.key), ())
    for asked in asked_sizes(data, candidate):
        seconds = seconds_per_frame(asked.requests, ())
        if seconds is None:
            continue
        minutes = kept = None
        if known is not None:
            kept = known.kept / known.hours
            minutes = scaled(seconds, kept / MINUTES)
        rows.append(
            (
                inline(label(data, {"model": candidate.model, "variant": candidate.variant})),
                "drawn frames" if asked.is_drawn else "recordings",
                str(asked.size),
                format_figure(seconds, 2),
                str(-(-SEED_FRAMES // asked.size)),
                format_figure(scaled(seconds, SEED_FRAMES / 3600), 2),
                DASH if kept is None else f"{kept:.0f}",
                format_figure(minutes),
                _keeps_up(minutes, None if asked.is_drawn else with_failed, kept),
            )
        )
    return rows


def _keeps_up(minutes: Figure | None, with_failed: Figure | None, kept: float | None) -> str:
    if minutes is None or minutes.low is None or minutes.high is None or kept is None:
        return DASH
    whole = 0.0 if with_failed is None else with_failed.value * kept / MINUTES
    if max(minutes.high, whole) < MINUTES:
        return "yes"
    return "no" if minutes.low >= MINUTES else "undetermined"
