"""The part of the report that sets the candidates beside each other, with a verdict on each."""

from scribebench.report.against import MOST_RUBBISH
from scribebench.report.answer import apart_words
from scribebench.report.candidates import baselines
from scribebench.report.cells import DASH, format_figure, format_interval, format_share_of
from scribebench.report.data import ReportData, label
from scribebench.report.escape import inline
from scribebench.report.layout import table
from scribebench.report.measures import baseline_tiers
from scribebench.report.recommend import Judged, Recommendation
from scribebench.report.speed import LEAST_REQUESTS, Speed, baseline_speed

NOT_RUN = (
    "No model was run beside the baseline. `models: [ocr-baseline, qwen3-vl-4b, qwen3-vl-8b]` in "
    "`config/config.yaml` runs two; any file in `config/models/` and any of its variants can be "
    "named."
)
LEGEND = (
    "Means with interval and n. *Minutes a recorded hour*: seconds a frame (all seconds over all "
    "frames of the requests that may enter a speed figure) times the frames that are kept of an "
    "hour of these recordings; the 95 % interval is a bootstrap over requests, and of fewer than "
    f"{LEAST_REQUESTS} it is the lowest and the highest of them. It tells how far requests differ, "
    "not how busy other recordings are. Requests that failed, were cut, were retried or loaded the "
    "model are left out; where it takes longer with their time, that stands behind it, and counts. "
    "*Right frame* as under “How many pictures a request can hold”. *Rubbish*: replies that "
    "failed, are empty, loop, are gibberish, refuse, echo the prompt or end in thinking."
)
VERDICTS = (
    "*Rejected* is who has something shown against it: a broken backend; frames mixed up in its "
    "batches (upper bound below 95 % on drawn frames); the role `worker_vision` refused; more than "
    f"{100 * MOST_RUBBISH:.0f} % rubbish (lower bound); fewer points in the rubric than the OCR "
    "baseline (paired test); slower than another one that is nowhere worse in what was measured. "
    "*Viable*: nothing shown against it. *Selected*: of the others the first by (1) none shown "
    "better in the rubric, or in naming what stands on the screen, (2) frames kept apart, (3) "
    "minutes a recorded hour, failed requests included, (4) fewer rubbish replies, (5) place in "
    "`models:`. The *baseline* is the floor: it reads, and describes nothing."
)


def comparison_section(data: ReportData, found: Recommendation) -> str:
    """Return all candidates with what was measured of each, the verdict and its reason."""
    rows = [_row(one) for one in found.judged]
    rows += [_baseline_row(data, key) for key in baselines(data)]
    headings = (
        "candidate", "verdict", "minutes a recorded hour", "right frame", "tier 1", "tier 2",
        "tier 3", "rubbish", "batch", "width px", "backend", "quant",
    )  # fmt: skip
    text = table(headings, rows, numbers_from=99)
    if not found.judged:
        return "\n\n".join([NOT_RUN, text, LEGEND] if rows else [NOT_RUN])
    return "\n\n".join([text, "\n".join(map(_reasons, found.judged)), LEGEND, VERDICTS])


def _reasons(one: Judged) -> str:
    reasons = "; ".join(inline(reason.text, 600) for reason in one.reasons)
    return f"- {inline(one.name)}, {one.verdict}: {reasons}."


def _row(one: Judged) -> tuple[str, ...]:
    measured = one.measured
    batches = measured.batches
    share = batches.share
    apart = apart_words(batches)
    if share is not None and share.share is not None:
        apart = f"{format_interval(share)}{', by text' if batches.by_text else ''}: {apart}"
    verdict = f"**{one.verdict}**" if one.verdict == "selected" else one.verdict
    return (
        inline(one.name),
        verdict,
        _minutes(measured.speed),
        apart,
        *(format_figure(measured.tiers.get(tier)) for tier in (1, 2, 3)),
        format_share_of(measured.rubbish),
        str(batches.size),
        DASH if one.candidate.width_px is None else str(one.candidate.width_px),
        inline(one.candidate.backend),
        inline(one.candidate.settings.get("quant") or one.candidate.runs[0]["quantization"]),
    )


def _minutes(speed: Speed) -> str:
    told = format_figure(speed.minutes_per_hour)
    if speed.shown_minutes is None:
        return told
    whole = f"{speed.shown_minutes:.1f}"
    is_seen = speed.minutes_per_hour is None or whole != f"{speed.minutes_per_hour.value:.1f}"
    return f"{told}; {whole} with those left out" if is_seen else told


def _baseline_row(data: ReportData, key: tuple[str, str]) -> tuple[str, ...]:
    tiers = baseline_tiers(data, key)
    return (
        inline(label(data, {"model": key[0], "variant": key[1]})),
        "baseline",
        format_figure(baseline_speed(data, key)),
        DASH,
        *(format_figure(tiers.get(tier)) for tier in (1, 2, 3)),
        *(DASH, DASH, DASH, "ocr", DASH),
    )
