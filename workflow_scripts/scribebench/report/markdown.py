"""results/report.md: the answer, what it comes from, what was run, and what was not measured."""

from itertools import groupby
from pathlib import Path

from scribebench.describe.again import OF_ONE_START, command_for
from scribebench.plan.show import format_hours
from scribebench.probe.verdict import BROKEN, NO_MEMORY, WORKS
from scribebench.report.answer import answer, tables_section, trace_section
from scribebench.report.batch_sizes import batch_sizes_section
from scribebench.report.batches import batches_section
from scribebench.report.cells import DASH, format_share, format_spread, format_time
from scribebench.report.comparison import comparison_section
from scribebench.report.data import ReportData, Row, by_run, label, run_of
from scribebench.report.disputes import disputes_section
from scribebench.report.escape import block, inline, path
from scribebench.report.extrapolation import extrapolation_section
from scribebench.report.failures import failures_section
from scribebench.report.figures import RunFigures, run_figures, spread
from scribebench.report.grades import grades_section
from scribebench.report.layout import table
from scribebench.report.recommend import recommend
from scribebench.report.rubric import rubric_section

EXAMPLES = 3
GATE = {WORKS: "works", BROKEN: "broken", NO_MEMORY: "no memory"}


def choose_examples(data: ReportData) -> list[tuple[str, Row]]:
    """Return (session, frame) of a few described frames, spread over all that were described."""
    described = {
        (row["session"], row["frame_index"]) for row in data.descriptions if row["text"] is not None
    }
    frames = [
        (row["session"], row)
        for row in data.frames
        if row["kept"] and (row["session"], row["frame_index"]) in described
    ]
    count = min(EXAMPLES, len(frames))
    return [frames[(2 * place + 1) * len(frames) // (2 * count)] for place in range(count)]


def write_markdown(data: ReportData, pictures: dict[tuple[str, int], str] | None) -> str:
    """Return the report; `pictures` maps (session, frame_index) to thumbnails, or is null."""
    found = recommend(data)
    trace = trace_section(found)
    parts = [
        "# Scribebench report",
        answer(data, found),
        "## Model comparison\n\n" + comparison_section(data, found),
        "## What was run\n\n" + _sessions(data),
        "## Candidates\n\n" + _candidates(data),
        "## What the descriptions are worth\n\n" + grades_section(data),
        "## Where the models differ most\n\n" + disputes_section(data),
        "## How many pictures a request can hold\n\n" + batches_section(data),
        "## Batch sizes\n\n" + batch_sizes_section(data),
        "## A full session\n\n" + extrapolation_section(data),
        "## The rubric\n\n" + rubric_section(data),
        "## Failure modes\n\n" + failures_section(data),
        "## What the probes found\n\n" + _probes(data),
        "## Where the time went\n\n" + _stages(data.stages),
        "## On what machine\n\n" + _machines(data),
        "## Examples\n\n" + _examples(data, pictures),
        *([f"## Where the answer comes from\n\n{trace}"] if trace else []),
        "## Where the other figures come from\n\n" + tables_section(),
        "## What was not measured\n\n" + _not_measured(data),
    ]
    return "\n\n".join(parts) + "\n"


def _sessions(data: ReportData) -> str:
    rows = []
    notes = []
    for row in data.sessions:
        name = data.titles.get(row["session"], row["session"])
        duration_s = row["duration_s"]
        rows.append(
            (
                inline(name),
                inline(row["recording"]),
                f"{row['width_px']}x{row['height_px']}",
                DASH if duration_s is None else format_time(duration_s),
                str(row["sampled_frames"]),
                str(row["kept_frames"]),
                format_share(row["kept_frames"] / row["sampled_frames"])
                if row["sampled_frames"]
                else DASH,
                str(row["scenes"]),
            )
        )
        notes += [f"- **{inline(name)}: {inline(loss, 400)}.**" for loss in row["losses"] or ()]
    notes += [f"- {inline(text, 400)}" for text in data.refused]
    headings = ("session", "recording", "size", "length", "looked at", "kept", "share", "scenes")
    text = table(headings, rows, numbers_from=2)
    parts = [text, "\n".join(notes)] if notes else [text]
    if rows:
        parts.append(
            "Which frames were kept, and the largest changes that were dropped, can be checked at "
            "a glance on the pictures in `results/sessions/<session>/sheets/`."
        )
    return "\n\n".join(parts)


def _candidates(data: ReportData) -> str:
    rows, notes = [], []
    asked = by_run(data.requests)
    for run in data.runs:
        key = run_of(run)
        said = [row for row in data.descriptions if run_of(row) == key]
        figures = run_figures(asked.get(key, []), said)
        rows.append(_candidate_row(data, run, figures))
        notes += _candidate_notes(data, run, figures)
    headings = (
        "session", "candidate", "batch", "described", "requests", "s a frame", "first token s",
        "prefill tok/s", "decode tok/s", "asked for", "n",
    )  # fmt: skip
    text = table(headings, rows, numbers_from=2)
    legend = (
        "Speeds are medians (lowest–highest) over n finished requests; a dash is unknown. *Asked "
        "for* is the wall clock of all requests, failed ones included, of each the last attempt. "
        "tok/s are tokens decoded over decode time, by the server's clocks."
    )
    return "\n\n".join([text, legend, *(["\n".join(notes)] if notes else [])])


def _candidate_row(data: ReportData, run: Row, figures: RunFigures) -> tuple[str, ...]:
    wall_s = figures.asked_wall_s
    valid = figures.seconds_per_frame
    return (
        inline(data.titles.get(run["session"], run["session"])),
        inline(label(data, run)),
        str(run["batch_size"]),
        f"{figures.described} of {figures.frames}",
        str(figures.requests),
        format_spread(figures.seconds_per_frame, 2),
        format_spread(figures.first_token_s, 2),
        format_spread(figures.prefill_tps, 0),
        format_spread(figures.decode_tps),
        DASH if wall_s is None else format_hours(wall_s / 3600),
        str(valid.n if valid else 0),
    )


def _candidate_notes(data: ReportData, run: Row, figures: RunFigures) -> list[str]:
    notes = []
    session = data.titles.get(run["session"], run["session"])
    name = f"{inline(session)}, {inline(label(data, run))}"
    if run["broken"] is not None:
        notes.append(
            f"- {name}: **its backend is broken**, and nothing more was asked: "
            f"{inline(run['broken'], 400)}."
        )
    elif run["backend"] == "ocr":
        notes.append(
            f"- {name}: a baseline and no vision-language model. Its time is that of reading the "
            "kept frames, several side by side: a frame's is its share of the wall clock."
        )
    elif set(figures.outcomes) != {"stop"}:
        outcomes = ", ".join(f"{count} {inline(name)}" for name, count in figures.outcomes.items())
        notes.append(f"- {name}: requests ended as {outcomes}.")
    if figures.left_out:
        reasons = ", ".join(f"{count} {inline(name)}" for name, count in figures.left_out.items())
        notes.append(f"- {name}: left out of the speeds: {reasons}.")
    if figures.described < figures.frames:
        missing = figures.frames - figures.described
        notes.append(f"- {name}: {missing} frames got no description of their own.")
    if count := sum(figures.outcomes[kind] for kind in OF_ONE_START):
        made = Path("results/runs", run["session"], run["model"], run["variant"], "run.json")
        notes.append(
            f"- {name}: {count} requests failed for want of memory, or by the end of the server. "
            "No later start asks them again by itself; once the cause is gone: "
            f"`{command_for(made, 'describe_frames', shared=True)}`"
        )
    return notes


def _probes(data: ReportData) -> str:
    if not data.probes:
        return "No model was probed: the OCR baseline needs none."
    rows, notes = [], []
    for row in data.probes:
        name = inline(label(data, row))
        sizes = zip(row["image_w_px"], row["image_h_px"], row["image_tokens"], strict=True)
        rows.append(
            (
                name,
                GATE[row["verdict"]],
                ", ".join(f"{w}x{h}: {DASH if n is None else n}" for w, h, n in sizes) or DASH,
                DASH if row["n_ctx_effective"] is None else str(row["n_ctx_effective"]),
                format_spread(spread([load_ns / 1e9 for load_ns in row["cold_load_ns"] or ()])),
                str(len(row["cold_load_ns"] or ())),
                *(_gigabytes(row[name]) for name in ("process_rss_bytes", "gpu_bytes")),
                inline(row["projector_quant"] or DASH),
            )
        )
        notes += [f"- {name}: {note}." for note in _probe_notes(row)]
    headings = (
        "candidate", "gate", "tokens a picture", "context", "cold load s", "n", "memory GB",
        "GPU GB", "vision encoder",
    )  # fmt: skip
    legend = (
        "The gate is a drawn picture with a large word and two coloured squares. Tokens are the "
        "prompt's with the picture less those without it. A dash is unknown."
    )
    return "\n\n".join(
        [table(headings, rows, numbers_from=3), legend, *(["\n".join(notes)] if notes else [])]
    )


def _probe_notes(row: Row) -> list[str]:
    notes = []
    if row["broken"] is not None:
        reply = inline(row["gate_reply"], 200)
        answered = f"it answered “{reply}”" if reply else "it answered nothing"
        notes.append(f"it {inline(row['broken'], 200)}; {answered}")
    if row["verdict"] == NO_MEMORY:
        made = Path("results/probe", row["model"], row["variant"], "probe.json")
        notes.append(
            f"there was no memory for it, so that nothing was asked: "
            f"{inline(row['error_message'], 200)}. Once there is: "
            f"`{command_for(made, 'probe_model', shared=True)}`"
        )
    if row["projector_below_q8"]:
        notes.append("its vision encoder is below Q8_0, which loses the text of code and terminals")
    if row["not_applied"]:
        names = ", ".join(inline(name) for name in row["not_applied"])
        notes.append(f"asked for, and proven by nothing to be in effect: {names}")
    return notes


def _gigabytes(size: int | None) -> str:
    return DASH if size is None else f"{size / 1e9:.1f}"


def _stages(stages: list[Row]) -> str:
    rows = []
    for rule, group in groupby(stages, key=lambda row: row["rule"]):
        jobs = list(group)
        memory = [row["max_rss_bytes"] for row in jobs if row["max_rss_bytes"] is not None]
        cpu = [row["cpu_s"] for row in jobs if row["cpu_s"] is not None]
        rows.append(
            (
                f"`{rule}`",
                str(len(jobs)),
                f"{sum(row['wall_s'] for row in jobs):.1f}",
                f"{sum(cpu):.1f}" if cpu else DASH,
                f"{max(memory) / 2**20:.0f}" if memory else DASH,
            )
        )
    headings = ("stage", "jobs", "wall s", "CPU s", "peak memory MiB")
    note = (
        "Sums over jobs, of each job's last run, start-up of its process included; replies and "
        "readings that an earlier run had stored took that run's time. Jobs run side by side, so "
        "the sums are more than the wait; CPU and memory are sampled and miss short jobs."
    )
    return f"{table(headings, rows)}\n\n{note}" if rows else "No stage was timed."


def _machines(data: ReportData) -> str:
    lines = {}
    for run in data.runs:
        facts = [
            run["os"],
            run["cpu_model"],
            f"{run['cpu_cores']} cores" if run["cpu_cores"] else None,
            f"{run['ram_bytes'] / 2**30:.0f} GiB memory",
            "GPU: " + ", ".join(run["gpu_names"])
            if run["gpu_names"]
            else "no GPU that a tool tells of",
            f"Python {run['python_version']}",
        ]
        line = "- " + ", ".join(inline(fact) for fact in facts if fact)
        lines.setdefault(line, []).append(inline(label(data, run)))
    if len(lines) == 1:
        return next(iter(lines))
    return "\n".join(f"{line}: {', '.join(dict.fromkeys(who))}" for line, who in lines.items())


def _examples(data: ReportData, pictures: dict[tuple[str, int], str] | None) -> str:
    parts = []
    for session, frame in choose_examples(data):
        title = inline(data.titles.get(session, session))
        parts.append(f"### {title}, {format_time(frame['time_s'])}")
        if picture := (pictures or {}).get((session, frame["frame_index"])):
            parts.append(f"![the screen at {format_time(frame['time_s'])}]({path(picture)})")
        elif pictures is not None:
            parts.append("The picture is missing: `-R dedup_frames` makes it again.")
        for row in data.descriptions:
            if (row["session"], row["frame_index"]) == (session, frame["frame_index"]):
                parts.append(_said(data, row))
    return "\n\n".join(parts) if parts else "Nothing was described."


def _said(data: ReportData, row: Row) -> str:
    heading = f"**{inline(label(data, row))}**"
    if row["text"] is None:
        return f"{heading}: no description"
    fields = [
        f"- applications: {inline(', '.join(row['apps'])) if row['apps'] else DASH}",
        f"- activity: {inline(row['activity'], 400)}",
        f"- topics: {inline(', '.join(row['topics'])) if row['topics'] else DASH}",
    ]
    visible = row["visible"] if row["visible"] is not None else row["text"]
    return "\n\n".join([heading, "\n".join(fields), block(visible, 1200)])


def _not_measured(data: ReportData) -> str:
    notes = [
        "- Whether what a description says in its own words is right: only specific things are "
        "looked up on the screen.",
        "- Which frames the choice of frames loses on your recordings: see `docs/frames.md` for "
        "what was measured on others, and the contact sheets for yours.",
    ]
    if all(row["backend"] == "ocr" for row in data.runs):
        notes.insert(0, "- Any vision-language model: none was selected.")
    elif not data.attribution:
        notes.append(
            "- Which batch size keeps descriptions on the right pictures: what is told of that "
            "above comes from the text on your frames, and is lenient where frames share it."
        )
    return "\n".join(notes)
