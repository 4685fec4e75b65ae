"""The plots of the page: each with its numbers as a table, or with the line that would bring it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Literal, NamedTuple

from scribebench.canaries.frames import SHARE_NEEDED
from scribebench.canaries.grade import verdicts
from scribebench.harmless import visible
from scribebench.report.batches import NOT_RUN
from scribebench.report.cells import (
    DASH,
    format_figure,
    format_interval,
    format_mean_share,
    format_share,
    format_time,
)
from scribebench.report.data import ReportData, Row, label
from scribebench.report.evidence import Figure as Mean
from scribebench.report.page.from_markdown import inline
from scribebench.report.page.svg import (
    SERIES,
    WIDTH,
    Figure,
    Scale,
    around,
    axes,
    columns,
    decades,
    front,
    shortened,
    ticks,
)
from scribebench.report.recommend import recommend
from scribebench.report.rubric import NOT_ASKED, format_mean
from scribebench.report.speed import seconds_per_frame, valid_requests
from scribebench.rubric.decide import mean_score
from scribebench.rubric.verdicts import scores_of, tiers
from scribebench.stats.bounded import Interval, bounded_mean

LEFT, RIGHT = 62, WIDTH - 16
MOST_TIMELINES = 30
Candidate = tuple[str, str]


@dataclass
class Plot:
    """A plot with its numbers; without a `figure`, `missing` is Markdown that says what to run."""

    title: str
    missing: str
    figure: Figure | None = None
    legend: str = ""
    headings: Sequence[str] = ()
    rows: list[Sequence[str]] = field(default_factory=list)

    def html(self) -> str:
        """Return the plot as a figure, its numbers folded away beneath it."""
        caption = f"<figcaption>{escape(self.title)}</figcaption>"
        if self.figure is None:
            missing = inline(self.missing, {})
            return f'<figure class="missing">{caption}<p>{missing}</p></figure>'
        name = escape(self.title)
        head = "".join(f'<th scope="col">{escape(one)}</th>' for one in self.headings)
        body = "".join(
            f'<tr><th scope="row">{escape(row[0])}</th>'
            + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
            + "</tr>"
            for row in self.rows
        )
        legend = f"<p>{escape(self.legend)}</p>" if self.legend else ""
        return (
            f'<figure>{caption}<div class="scroll" role="region" tabindex="0" '
            f'aria-label="Plot: {name}">{self.figure.svg()}</div>{legend}'
            f"<details><summary>The numbers of this plot</summary>"
            f'<div class="scroll" role="region" tabindex="0" aria-label="Numbers: {name}">'
            f'<table><caption class="sr">{name}</caption><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div></details></figure>"
        )


class Measured(NamedTuple):
    """A candidate with its mean seconds a frame and a quality, both with their intervals.

    `kind` says whether it may be recommended: a candidate, a rejected one, or the baseline.
    """

    name: str
    candidate: Candidate
    seconds: Mean
    quality: Interval
    kind: Literal["", "rejected", "baseline, no VLM"]

    @property
    def full_name(self) -> str:
        return f"{self.name} ({self.kind})" if self.kind else self.name


def candidates(data: ReportData) -> list[Candidate]:
    """Return model and variant of all runs, in their order."""
    return list(dict.fromkeys((run["model"], run["variant"]) for run in data.runs))


def name_of(data: ReportData, candidate: Candidate) -> str:
    """Return a candidate's name with nothing in it that acts; not escaped."""
    row: Row = dict(zip(("model", "variant"), candidate, strict=True))
    return " ".join(visible(label(data, row)).split())


# --- quality against speed -----------------------------------------------------------------------


def quality_plots(data: ReportData) -> list[Plot]:
    """Return a plot for each quality that was measured."""
    speeds, rejected = _seconds_per_frame(data), _rejected(data)
    return [
        _quality_plot(
            data, speeds, rejected, _rubric_means(data), "rubric",
            "Rubric score against speed", "mean score of tiers 1–3 (1–5)",
            NOT_ASKED, format_mean, lambda value: f"{value:g}",
        ),
        _quality_plot(
            data, speeds, rejected, _grounded_shares(data), "grounded",
            "What is named and stands on the screen, against speed",
            "share of specific things that are on the screen",
            "No description names a specific thing that could be looked up. The baseline is not "
            "judged by what it reads itself: add a model to `models:` in `config/config.yaml`, "
            "such as `models: [ocr-baseline, qwen3-vl-4b]`.",
            format_mean_share, format_share,
        ),
    ]  # fmt: skip


def _seconds_per_frame(data: ReportData) -> dict[Candidate, Mean]:
    """Return the mean of each candidate, as the comparison of models has it."""
    found = {one: seconds_per_frame(valid_requests(data, *one), ()) for one in candidates(data)}
    return {one: mean for one, mean in found.items() if mean is not None and mean.value > 0}


def _rejected(data: ReportData) -> set[Candidate]:
    return {one.candidate.key for one in recommend(data).judged if one.verdict == "rejected"}


def _rubric_means(data: ReportData) -> dict[Candidate, Interval]:
    rows: dict[Candidate, list[Row]] = defaultdict(list)
    for row in data.rubric_items:
        rows[row["model"], row["variant"]].append(row)
    found = {}
    for candidate, own in rows.items():
        known = tiers()
        strata = [one.values() for name, one in scores_of(own).items() if known[name] is not None]
        if (mean := mean_score(strata)) is not None:
            found[candidate] = mean
    return found


def _grounded_shares(data: ReportData) -> dict[Candidate, Interval]:
    shares: dict[Candidate, list[float]] = defaultdict(list)
    for row in data.grades:
        if row["grounded_share"] is not None:
            shares[row["model"], row["variant"]].append(row["grounded_share"])
    means = {candidate: bounded_mean([values]) for candidate, values in shares.items()}
    return {candidate: mean for candidate, mean in means.items() if mean is not None}


def _quality_plot(
    data: ReportData,
    speeds: dict[Candidate, Mean],
    rejected: set[Candidate],
    quality: dict[Candidate, Interval],
    name: str,
    title: str,
    axis: str,
    missing: str,
    show: Callable[[Interval], str],
    tick: Callable[[float], str],
) -> Plot:
    baselines = {(run["model"], run["variant"]) for run in data.runs if run["backend"] == "ocr"}
    points = [
        Measured(
            name_of(data, one), one, speeds[one], quality[one],
            "baseline, no VLM" if one in baselines else "rejected" if one in rejected else "",
        )
        for one in candidates(data)
        if one in speeds and one in quality
    ]  # fmt: skip
    if not points:
        return Plot(title, missing)
    standing = [one for one in points if not one.kind]
    best = [
        standing[place]
        for place in front([(one.seconds.value, one.quality.mean) for one in standing])
    ]
    named = ", ".join(one.name for one in best) or "none, as each is rejected"
    top, bottom = 34.0, 290.0
    figure = Figure(
        name, title,
        f"{len(points)} candidates by seconds a frame and {axis}. Of those that are not rejected, "
        f"no other one is both faster and better than: {named}.",
        bottom + 56 + 20 * len(points),
    )  # fmt: skip
    seconds = [one.seconds.value for one in points]
    log = max(seconds) / min(seconds) > 8
    low, high = around(seconds, log=True) if log else (0.0, max(seconds) * 1.15)
    x = Scale(low, high, LEFT, RIGHT, log)
    ends = (1.0, 5.0) if name == "rubric" else (0.0, 1.0)
    y = Scale(*ends, bottom, top)
    x_ticks = decades(low, high) if log else ticks(low, high)
    marks = [1.0, 2.0, 3.0, 4.0, 5.0] if name == "rubric" else [0.0, 0.25, 0.5, 0.75, 1.0]
    axes(
        figure, x, y, [(one, f"{one:g}") for one in x_ticks], [(one, tick(one)) for one in marks],
        ("seconds a frame (mean)" + (", logarithmic" if log else ""), axis),
    )  # fmt: skip
    if best:
        steps = [(x(one.seconds.value), y(one.quality.mean)) for one in best]
        figure.path(_staircase(steps, RIGHT), "front")
    taken: list[float] = []
    for series, one in enumerate(points):
        at = x(one.seconds.value)
        while any(abs(at - other) < 9 for other in taken):
            at += 9  # beside the other one: both can be seen
        taken.append(at)
        figure.interval(at, y(one.quality.low), y(one.quality.high), series)
        figure.mark(at, y(one.quality.mean), series, is_hollow=bool(one.kind))
    figure.key(
        [(series, one.full_name) for series, one in enumerate(points)], bottom + 66,
        hollow={series for series, one in enumerate(points) if one.kind},
    )  # fmt: skip
    rows = [
        (
            one.full_name,
            format_figure(one.seconds, 2),
            show(one.quality),
            DASH if one.kind else "yes" if one in best else "no",
        )
        for one in points
    ]
    left_out = [name_of(data, one) for one in candidates(data) if one not in speeds]
    legend = (
        "Up and to the left is better. The line joins the candidates that no other one beats in "
        "both; hollow marks are no candidates: rejected, or the baseline. Bars are 95 % intervals;"
        " marks of the same speed stand beside each other."
    )
    if left_out:
        legend += f" Without a speed of its own, and not shown: {', '.join(left_out)}."
    headings = ("candidate", "seconds a frame", axis, "beaten by none")
    return Plot(title, missing, figure, legend, headings, rows)


def _staircase(points: list[tuple[float, float]], end: float) -> list[tuple[float, float]]:
    """Return the line of the front: level until the next better point, and to the plot's end."""
    line = points[:1]
    for x, y in points[1:]:
        line += [(x, line[-1][1]), (x, y)]
    return [*line, (end, line[-1][1])]


# --- batch sizes ---------------------------------------------------------------------------------


def batch_plot(data: ReportData) -> Plot:
    """Return how many drawn frames are told rightly, by the number of frames in a request."""
    title = "Frames in a request, and descriptions on the right frame"
    if not data.attribution:
        return Plot(title, NOT_RUN)
    of = itemgetter("model", "variant")
    found = [
        (name_of(data, candidate), verdicts(group))
        for candidate, group in groupby(sorted(data.attribution, key=of), of)
    ]
    sizes = sorted({one.batch_size for _, own in found for one in own})
    top, bottom = 34.0, 260.0
    judged = sum(one.right.n for _, own in found for one in own)
    figure = Figure(
        "batches", title,
        f"{len(found)} candidates at {len(sizes)} batch sizes, {judged} drawn frames in all, with "
        "95 % intervals. The numbers stand in the table below.",
        bottom + 56 + 20 * len(found),
    )  # fmt: skip
    y = Scale(0.0, 1.0, bottom, top)
    step = (RIGHT - LEFT) / len(sizes)
    centre = {size: LEFT + (place + 0.5) * step for place, size in enumerate(sizes)}
    shares = [(one, format_share(one)) for one in (0.0, 0.25, 0.5, 0.75, 1.0)]
    axes(figure, Scale(0, 1, LEFT, RIGHT), y, [], shares, ("frames in a request", "right"))
    for size, at in centre.items():
        figure.text(at, bottom + 19, str(size), anchor="middle")
    figure.path([(LEFT, y(SHARE_NEEDED)), (RIGHT, y(SHARE_NEEDED))], "needed")
    rows: list[Sequence[str]] = []
    for series, (name, own) in enumerate(found):
        # Side by side, as intervals on one another cannot be told apart.
        shift = (series - (len(found) - 1) / 2) * min(16.0, step / (len(found) + 1))
        known = [one for one in own if one.right.share is not None]
        places = [(centre[one.batch_size] + shift, y(one.right.share)) for one in known]
        if len(places) > 1:
            figure.path(places, f"series s{series % SERIES}")
        for one, (at, height) in zip(known, places, strict=True):
            figure.interval(at, y(one.right.low), y(one.right.high), series)
            figure.mark(at, height, series)
        rows += [(name, str(one.batch_size), format_interval(one.right)) for one in own]
    figure.key([(series, name) for series, (name, _) in enumerate(found)], bottom + 66)
    legend = (
        "Bars are 95 % intervals (Clopper-Pearson). A size is proven when its bar stands above "
        f"the dashed line, at {format_share(SHARE_NEEDED)}, and it was told by names; colours, by "
        "which a model is judged that reads none, prove no size."
    )
    headings = ("candidate", "frames in a request", "on the right frame")
    return Plot(title, NOT_RUN, figure, legend, headings, rows)


# --- time ----------------------------------------------------------------------------------------


def stage_plot(data: ReportData) -> Plot:
    """Return the wall time of each stage."""
    title = "Wall time of each stage"
    sums: dict[str, list[float]] = {}
    for row in data.stages:
        if row["wall_s"] is not None:
            sums.setdefault(row["rule"], []).append(row["wall_s"])
    if not sums:
        return Plot(title, "No stage was timed. Snakemake times each stage that it runs.")
    longest = max(sums, key=lambda rule: sum(sums[rule]))
    end = sum(sums[longest])
    total = sum(map(sum, sums.values()))
    figure = Figure(
        "stages", title,
        f"{len(sums)} stages, {total:.1f} s in all. The longest is {longest} with {end:.1f} s.",
        26.0 * len(sums) + 12,
    )  # fmt: skip
    scale = Scale(0.0, end or 1.0, 0.0, WIDTH - 250)
    for place, (rule, walls) in enumerate(sums.items()):
        top = 26.0 * place + 6
        figure.text(160, top + 14, rule, anchor="end")
        width = max(scale(sum(walls)), 1.0)
        figure.add("rect", x=168.0, y=top, width=width, height=18, class_="bar")
        figure.text(176 + width, top + 14, f"{sum(walls):.1f} s")
    rows = [(rule, str(len(walls)), f"{sum(walls):.1f} s") for rule, walls in sums.items()]
    legend = "Sums over jobs; jobs run side by side, so that the sums are more than the wait."
    return Plot(title, "", figure, legend, ("stage", "jobs", "wall time"), rows)


def timeline_plot(data: ReportData) -> Plot:
    """Return where in each recording frames were kept."""
    title = "Where frames were kept"
    times: dict[str, list[float]] = {row["session"]: [] for row in data.sessions}
    for row in data.frames:
        if row["kept"] and row["session"] in times:
            times[row["session"]].append(row["time_s"])
    shown = {session: sorted(kept) for session, kept in times.items() if kept}
    if not shown:
        missing = "No frame was kept. `sessions: all` in `config/config.yaml` takes all recordings."
        return Plot(title, missing)
    lengths = {row["session"]: row["duration_s"] for row in data.sessions}
    total = sum(map(len, shown.values()))
    drawn = min(len(shown), MOST_TIMELINES)
    figure = Figure(
        "timeline", title,
        f"{total} kept frames of {len(shown)} recordings, each a stroke at its time.",
        54.0 * drawn + 8,
    )  # fmt: skip
    rows: list[Sequence[str]] = []
    for place, (session, kept) in enumerate(shown.items()):
        name = " ".join(visible(data.titles.get(session, session)).split())
        length = max(lengths.get(session) or 0.0, kept[-1]) or 1.0
        if place < drawn:
            _stretch(figure, 54.0 * place + 8, name, kept, length)
        ends = [0.0, *kept, length]
        gap = max(b - a for a, b in pairwise(ends))
        rows.append((name, format_time(length), str(len(kept)), format_time(gap)))
    legend = (
        "From the start of each recording to its end; where no stroke is, nothing new was seen."
    )
    if drawn < len(shown):
        legend += f" The first {drawn} of {len(shown)} recordings; the numbers are of all."
    headings = ("session", "length", "kept frames", "longest time without one")
    return Plot(title, "", figure, legend, headings, rows)


def _stretch(figure: Figure, top: float, name: str, kept: list[float], length: float) -> None:
    """Add the strokes of one recording."""
    x = Scale(0.0, length, 4.0, WIDTH - 4.0)
    figure.text(4, top + 10, f"{shortened(name, 50)}: {len(kept)} frames")
    figure.text(WIDTH - 4, top + 10, format_time(length), anchor="end")
    figure.add("rect", x=4.0, y=top + 18, width=WIDTH - 8.0, height=22, class_="track")
    strokes = "".join(f"M{at:g} {top + 18:g}v22" for at in columns(kept, x))
    figure.add("path", d=strokes, class_="stroke")


def plots(data: ReportData) -> dict[str, list[Plot]]:
    """Return the plots by the heading of the section that they belong to."""
    return {
        "What was run": [timeline_plot(data)],
        "Candidates": quality_plots(data),
        "How many pictures a request can hold": [batch_plot(data)],
        "Where the time went": [stage_plot(data)],
    }


def joined(parts: Iterable[Plot]) -> str:
    """Return plots as HTML, one after the other."""
    return "".join(plot.html() for plot in parts)
