"""The answer that a report opens with, and where each figure in it comes from."""

from scribebench.plan.show import format_hours
from scribebench.report.against import WORKER
from scribebench.report.candidates import baselines
from scribebench.report.cells import DASH, format_figure, format_interval
from scribebench.report.data import ReportData
from scribebench.report.escape import block, inline
from scribebench.report.evidence import Evidence, Key
from scribebench.report.frames_apart import Batches
from scribebench.report.layout import table
from scribebench.report.measures import Fault
from scribebench.report.model_file import model_file
from scribebench.report.recommend import ALL_BROKEN, NO_MODEL, Judged, Recommendation
from scribebench.report.speed import Speed

MOST_FAULTS, MOST_REASONS, MOST_VALUES = 6, 4, 6
STATES = {
    "proven": "proven",
    "single": "one frame a request, so that none can be mixed up",
    "undetermined": "undetermined",
    "bad": "mixes or loses frames",
}
OTHERS = (
    "Other candidates are named in `models:` of `config/config.yaml`: any file in `config/models/`,"
    " and any of its variants."
)
FILES = (
    "`results/recommended.json` holds these settings, the rows that each value came from, and the "
    "file to paste into `config/models/`."
)
HOW_TO_RUN = (
    "What follows is the OCR baseline: the text that stands on the screen, the floor that a model "
    "must beat. To run one, name a file of `config/models/` in `config/config.yaml`, for example "
    "`models: [ocr-baseline, qwen3-vl-4b]`; `README.md` (Run a model) has the command for a model "
    "in Ollama, for GGUF files without any server, and for another server. `snakemake -n "
    "results/report.md` says beforehand how long each candidate takes."
)
_OF_RUN = "of the row's session, model and variant"
SOURCES = (
    (
        "Model comparison",
        "`requests` with experiment = describe: minutes from those with speed_valid = true, times "
        "`sessions` (kept_frames over duration_s); rubbish from those with warmup = false. Right "
        "frame: `attribution` with session = canaries/batch-N, by text `grades`. Tiers: "
        "`rubric_items` with control = picture. By model and variant",
    ),
    ("What was run", "`sessions`, by session"),
    ("Candidates", f"`requests` with experiment = describe and `descriptions`, {_OF_RUN}"),
    ("What the descriptions are worth", f"`grades` and `segments`, {_OF_RUN}"),
    ("Where the models differ most", "`agreement`, by session and frame_index"),
    (
        "How many pictures a request can hold; Batch sizes; A full session",
        "`attribution` and `requests`: drawn frames with session = canaries/batch-N, recordings "
        "with experiment = describe; speeds of those with speed_valid = true",
    ),
    (
        "The rubric",
        "`rubric_items` with control = picture, by model, variant and question; `criteria` by "
        "request_uid; `roles`; `comparisons`",
    ),
    (
        "Failure modes",
        "`grades` (flags), `attribution` (outcome) and `rubric_items` (VL-FM questions), by model "
        "and variant",
    ),
    ("What the probes found", "`probes`, by model and variant"),
    ("Where the time went", "`stages`, by rule"),
    ("On what machine", f"`runs`, {_OF_RUN}"),
    ("Examples", "`descriptions`, by session and frame_index"),
)
TRACE_LEGEND = (
    "Tables are files in `results/tables/`; a row belongs to a figure when its columns have these "
    "values, and a column of lists when the list holds the value. `results/recommended.json` has "
    "the same for each setting and each verdict, and all values where some are left out here."
)


def answer(data: ReportData, found: Recommendation) -> str:
    """Return what to use, what it takes, how good it is and what it gets wrong; or why none."""
    if found.chosen is not None:
        return _chosen(data, found, found.chosen)
    if found.none_because == NO_MODEL:
        text = HOW_TO_RUN if baselines(data) else HOW_TO_RUN.partition("To run one")[2]
        text = text if baselines(data) else "To run one" + text
        return f"**{NO_MODEL}** {text}"
    if found.none_because == ALL_BROKEN:
        return (
            f"**{ALL_BROKEN}** What each of them answered to the probe's drawn picture stands under"
            " “What the probes found”."
        )
    lines = [f"- {inline(one.name)}: {_first_reason(one)}." for one in found.judged]
    return "\n\n".join([f"**{found.none_because}** {OTHERS}", "\n".join(lines)])


def _first_reason(one: Judged) -> str:
    first, *more = one.reasons
    text = inline(first.text, 600)
    return f"{text}; and {len(more)} more, below" if more else text


def apart_words(batches: Batches) -> str:
    """Return what is known of whose frame a description tells, in words."""
    if batches.state == "undetermined" and batches.told_by == "colour":
        return "undetermined, by colours only"
    return STATES[batches.state]


def _chosen(data: ReportData, found: Recommendation, one: Judged) -> str:
    measured = one.measured
    size = measured.batches.size
    width = one.candidate.width_px
    many = "one screenshot" if size == 1 else f"{size} screenshots"
    wide = "at their full width" if width is None else f"at most {width} px wide"
    lines = [
        f"**Use {inline(one.name)} on {inline(one.candidate.backend)}, {many} a request, {wide}.**"
    ]
    facts = [_time(one), _apart(one), _rubric(data, one), _wrong(measured.faults)]
    if found.tied:
        names = ", ".join(map(inline, found.tied))
        facts.append(f"Nothing but its place in the list tells it from {names}.")
    facts += [f"Open: {text}." for text in found.open]
    lines += ["\n".join(f"- {fact}" for fact in facts), FILES]
    return "\n\n".join(lines)


def _time(one: Judged) -> str:
    speed = one.measured.speed
    seconds = speed.seconds_per_frame
    if seconds is None:
        return "Its time is not known."
    told = f"seconds a frame {format_figure(seconds, 2)}: {seconds.method}"
    if speed.on_drawn_frames:
        told += ", of drawn frames"
    if speed.minutes_per_hour is None or speed.frames_per_hour is None:
        return f"Minutes for a recorded hour: not known; {told}."
    return (
        f"Minutes for a recorded hour: **{format_figure(speed.minutes_per_hour)}**, for the "
        f"{speed.frames_per_hour.value:.0f} frames that are kept of it; {told}." + _left_out(speed)
    )


def _left_out(speed: Speed) -> str:
    """Return what the minutes do not hold, though a user waits for it, too."""
    rest = speed.left_out
    if rest is None:
        return ""
    reasons = ", ".join(map(inline, rest.reasons[:MOST_REASONS]))
    told = (
        f" Not in these minutes: {rest.requests} of the {rest.of} requests that were asked "
        f"({reasons}), which took {format_hours(rest.wall_s / 3600)} here"
    )
    if speed.minutes_per_hour and speed.shown_minutes != speed.minutes_per_hour.value:
        told += f"; with them it is **{speed.shown_minutes:.1f}** minutes"
    return f"{told}."


def _apart(one: Judged) -> str:
    batches = one.measured.batches
    state = apart_words(batches)
    if batches.share is None or batches.share.share is None:
        return f"Descriptions on the right frame: {state}."
    what = "by the text on the recordings' frames" if batches.by_text else "on drawn frames"
    share = format_interval(batches.share)
    return f"Descriptions on the right frame: **{share}** {what}: {state}."


def _rubric(data: ReportData, one: Judged) -> str:
    key = one.measured.rubric_key
    if key is None:
        return "Rubric: not asked."
    tiers = (
        f"tier {tier}: {format_figure(one.measured.tiers.get(tier))}"
        for tier in (1, 2, 3)
    )  # fmt: skip
    roles = data.of("roles", key)
    decisions = [row["decision"] for row in roles if row["role"] == WORKER]
    role = f"; the role `{WORKER}` is {decisions[0]}" if decisions else ""
    return f"Rubric, 1 (wrong) to 5: **{', '.join(tiers)}**{role}."


def _wrong(faults: tuple[Fault, ...]) -> str:
    if not faults:
        return "What it gets wrong: nothing was seen."
    pictures = [one for one in faults if one.evidence.table == "rubric_items"]
    told = _listed([one for one in faults if one not in pictures])
    if pictures:
        told.append(f"in the rubric, {', '.join(_listed(pictures))}")
    return f"What it gets wrong: {'; '.join(told)}."


def _listed(faults: list[Fault]) -> list[str]:
    worst = sorted(faults, key=lambda one: one.count / one.of, reverse=True)
    told = [f"{inline(one.what)}: {one.count} of {one.of}" for one in worst[:MOST_FAULTS]]
    rest = len(worst) - MOST_FAULTS
    return [*told, f"{rest} more kinds, below"] if rest > 0 else told


# --- where it comes from --------------------------------------------------------------------------


def trace_section(found: Recommendation) -> str:
    """Return the rows behind each figure of the answer, and the file to paste; or nothing."""
    if found.chosen is None:
        rows = [
            (inline(one.name), inline(reason.text, 600), told_rows(reason.evidence))
            for one in found.judged
            for reason in one.reasons
        ]
        if not rows:
            return ""
        text = table(("candidate", "reason", "rows"), rows, numbers_from=9)
        return f"{text}\n\n{TRACE_LEGEND}"
    one = found.chosen
    measured = one.measured
    speed = measured.speed
    figures = [
        ("minutes for a recorded hour", speed.minutes_per_hour, 1),
        ("seconds a frame", speed.seconds_per_frame, 2),
        ("frames kept of a recorded hour", speed.frames_per_hour, 0),
        *((f"rubric, tier {tier}", measured.tiers.get(tier), 1) for tier in (1, 2, 3)),
    ]
    rows = [
        (name, format_figure(figure, digits), told_rows(figure.evidence))
        for name, figure, digits in figures
        if figure is not None
    ]
    share = measured.batches.share
    apart = apart_words(measured.batches) if share is None else format_interval(share)
    rows.append(("on the right frame", apart, told_rows(measured.batches.evidence)))
    rows += [
        (inline(fault.what), f"{fault.count} of {fault.of}", told_rows((fault.evidence,)))
        for fault in measured.faults
    ]
    text = table(("figure", "value", "rows"), rows, numbers_from=9)
    paste = "The file to paste into `config/models/`, with a name of your own:"
    return "\n\n".join([text, TRACE_LEGEND, paste, block(model_file(one).rstrip())])


def tables_section() -> str:
    """Return which table the figures of each section of the report are from."""
    rows = [(section, told) for section, told in SOURCES]
    return table(("section", "from the rows of"), rows, numbers_from=9)


def told_rows(sources: tuple[Evidence, ...]) -> str:
    """Return the rows of a figure; those that differ in one column only stand together."""
    groups: list[list[Evidence]] = []
    for one in sources:
        last = groups[-1] if groups else []
        column = _differ(last[0], one) if last else None
        if column and (len(last) == 1 or column == _differ(last[0], last[1])):
            last.append(one)
        else:
            groups.append([one])
    return "; ".join(map(_source, groups)) or DASH


def _differ(one: Evidence, other: Evidence) -> str | None:
    """Return the one column whose value differs; null if it is not one only."""
    if (one.table, one.once, list(one.row)) != (other.table, other.once, list(other.row)):
        return None
    columns = [name for name, value in one.where if other.row[name] != value]
    return columns[0] if len(columns) == 1 else None


def _source(group: list[Evidence]) -> str:
    first = group[0]
    told = ", ".join(
        f"{inline(column)} = {_values([one.row[column] for one in group])}"
        for column, _ in first.where
    )
    once = f" (each {' and '.join(first.once)} once)" if first.once else ""
    return f"`{first.table}`: {told}{once}"


def _values(values: list[Key]) -> str:
    different = [inline(_value(one)) for one in dict.fromkeys(values)]
    rest = len(different) - MOST_VALUES
    more = f" and {rest} more" if rest > 0 else ""
    return " or ".join(different[:MOST_VALUES]) + more


def _value(value: Key) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
