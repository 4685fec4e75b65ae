"""The part of the report on the rubric: scores with intervals, roles with a third answer, pairs."""

import json
from collections.abc import Callable, Iterable, Iterator
from statistics import fmean, median
from typing import NamedTuple

from scribebench.probe.verdict import BROKEN
from scribebench.report.cells import DASH, format_mean_share, format_share
from scribebench.report.data import ReportData, Row, label
from scribebench.report.escape import inline
from scribebench.report.layout import table
from scribebench.report.speed import valid_requests
from scribebench.rubric.decide import HALF, mean_score, tier_means
from scribebench.rubric.sources import questions
from scribebench.rubric.verdicts import role_file, scores_of, tiers
from scribebench.stats.bounded import Interval, bounded_mean

NOT_ASKED = (
    "Not asked. `rubric: {variants: 10, repeats: 1}` in `config/config.yaml` asks each candidate "
    "ten pictures of each question; `snakemake -n results/report.md` says beforehand how long "
    "that takes."
)
LEGEND = (
    "Questions about drawn pictures of known truth (`rubric/questions.yaml`), scored by rules on "
    "the scale of seed 001: 1 is wrong, 5 is right in full. Means with their 95 % interval, which"
    " holds for these questions and assumes nothing of the scores' shape; n pictures, repeats "
    "averaged. *Expected* is what the seed expects of worker / escalation / architect. The "
    "failure modes of the seeds (text upside down, dense tables, long numbers) count for no role."
)
ROLES_LEGEND = (
    "A role is *assigned* when the lower bound of each tier it asks for passes, *refused* when an"
    " upper bound fails, otherwise *undetermined*. “5” is an expected score of at least 4.5. What"
    " a role further requires or prefers is shown beside it, and refuses none."
)
PAIRS_LEGEND = (
    "Mean difference in points on the pictures that both answered, questions counted alike, with "
    "its 95 % interval; p of the exact sign-flip test, adjusted for all pairs (Holm). The verdict "
    "goes by p; the interval assumes less, and is wider."
)
CRITERIA_LEGEND = (
    "How much of each criterion was met, 0 to 100 %: means with their 95 % interval, n pictures, "
    "repeats averaged. A dash is a criterion that needs a judge, or a question without an answer."
)
# A control answered so well was answered without having seen the picture.
LEAK = 4.0
ROLE_NAMES = ("worker_vision", "vision_escalation", "vision_architect")
Candidate = tuple[str, str]


class _Known(NamedTuple):
    """Who was asked, with the scores of each question's pictures and the mean of each tier."""

    data: ReportData
    candidates: list[Candidate]
    scores: dict[Candidate, dict[str, dict[int, float]]]
    tiers: dict[Candidate, dict[int, Interval]]


def rubric_section(data: ReportData) -> str:
    """Return all tables of the rubric, and what has to be said beside them."""
    if not data.rubric_items:
        return NOT_ASKED
    asked = list(dict.fromkeys((row["model"], row["variant"]) for row in data.rubric_items))
    scores = {one: scores_of(data.of("rubric_items", one)) for one in asked}
    means = {one: tier_means(own, tiers()) for one, own in scores.items()}
    known = _Known(data, asked, scores, means)
    parts = [_tiers(known), LEGEND, *_notes(known)]
    parts += ["### Roles", _roles(known), ROLES_LEGEND]
    if data.comparisons:
        parts += ["### Candidates beside each other", _pairs(data), PAIRS_LEGEND]
    parts += ["### Each question", _questions(known)]
    if criteria := _criteria(known):
        parts += ["### Each criterion", criteria, CRITERIA_LEGEND]
    return "\n\n".join(parts)


def format_mean(mean: Interval | None) -> str:
    """Return a mean on the 1-5 scale with its interval and n, or a dash."""
    if mean is None:
        return DASH
    return f"{mean.mean:.1f} ({mean.low:.1f}{DASH}{mean.high:.1f}, n {mean.n})"


def _tiers(known: _Known) -> str:
    rows = []
    for candidate in known.candidates:
        own = known.scores[candidate]
        others = [
            own[name].values() for name, tier in tiers().items() if tier is None and name in own
        ]
        cells = [format_mean(known.tiers[candidate].get(tier)) for tier in (1, 2, 3)]
        cells.append(format_mean(mean_score(others)))
        rows.append((_name(known.data, candidate), *cells, *_configuration(known.data, candidate)))
    expected = role_file()["expected"]
    cells = [" / ".join(expected[str(tier)][role] for role in ROLE_NAMES) for tier in (1, 2, 3)]
    rows.append(("*expected*", *cells, DASH, DASH, DASH))
    headings = (
        "candidate", "tier 1", "tier 2", "tier 3", "failure modes", "quant", "asked with",
    )  # fmt: skip
    return table(headings, rows, numbers_from=9)


def _configuration(data: ReportData, candidate: Candidate) -> tuple[str, str]:
    """Return how a candidate's weights are stored, and the settings that it was asked with."""
    run = next(iter(data.of("runs", candidate)), None)
    if run is None:
        return DASH, DASH
    settings = json.loads(run["settings_json"] or "{}")
    width = (settings.get("image") or {}).get("max_width_px")
    told = [] if width is None else [f"{width} px"]
    if (think := settings.get("think")) is not None:
        told.append(f"think {str(think).lower()}")
    told += [f"{name} {value}" for name, value in (settings.get("options") or {}).items()]
    quant = settings.get("quant") or run["quantization"]
    return inline(quant), inline(", ".join(told), 300) if told else DASH


def _name(data: ReportData, candidate: Candidate) -> str:
    return inline(label(data, dict(zip(("model", "variant"), candidate, strict=True))))


def _notes(known: _Known) -> list[str]:
    data, lines = known.data, []
    for row in data.probes:
        candidate = (row["model"], row["variant"])
        if row["verdict"] == BROKEN and candidate not in known.scores:
            lines.append(f"- {_name(data, candidate)}: asked nothing, since its backend is broken.")
    for candidate in known.candidates:
        name, own = _name(data, candidate), data.of("rubric_items", candidate)
        shown = [row for row in own if row["control"] == "picture"]
        if any(run["backend"] == "ocr" for run in data.of("runs", candidate)):
            lines.append(
                f"- {name}: a baseline and no vision-language model: its reply is the text that "
                "OCR reads on the picture, the floor of this table."
            )
        lines += [f"- {name}: {note}" for note in _notes_of(own, shown)]
    return ["\n".join(lines)] if lines else []


def _notes_of(own: list[Row], shown: list[Row]) -> Iterator[str]:
    unscored = [row for row in shown if row["score"] is None]
    if unscored:
        yield f"{len(unscored)} of {len(shown)} replies are no answer that could be scored."
    scored = [row for row in shown if row["score"] is not None]
    share = fmean(row["weight_scored"] for row in scored) if scored else 1.0
    if round(share, 6) < 1:
        yield (
            f"{format_share(share)} of the weight of {len(scored)} replies was scored; the rest "
            "(explanations) needs a judge (`judge:` in `config/config.yaml`), and none judges its "
            "own replies."
        )
    cut = [row for row in shown if row["finish_reason"] == "length"]
    if cut:
        both = [row for row in cut if None not in (row["score"], row["rescue_score"])]
        told = "none of them was asked again with 2,048"
        if both:
            first, longer = (
                format_mean(_mean(both, column)) for column in ("score", "rescue_score")
            )
            told = f"with 2,048 the mean of those that both scored is {longer} in place of {first}"
        yield f"{len(cut)} of {len(shown)} replies were cut after 512 tokens; {told}."
    for control in ("no_image", "grey", "other_image"):
        asked = [row for row in own if row["control"] == control and row["score"] is not None]
        leaks = sorted({row["question"] for row in asked if row["score"] >= LEAK})
        if asked:
            told = f"; answered rightly all the same: {', '.join(leaks)}" if leaks else ""
            yield f"control `{control}`: mean {format_mean(_mean(asked, 'score'))}{told}."


def _mean(rows: list[Row], column: str) -> Interval | None:
    """Return the mean of a column's scores with its interval, questions counted alike."""
    strata: dict[str, list[float]] = {}
    for row in rows:
        strata.setdefault(row["question"], []).append(row[column])
    return mean_score(strata.values())


def _roles(known: _Known) -> str:
    rows = []
    for row in known.data.roles:
        rules = "; ".join(_rule(rule) for rule in json.loads(row["rules_json"]))
        more = row["more_variants"]
        if more is not None:
            rules += f"; about {more} more variants would decide"
        candidate = (row["model"], row["variant"])
        beside = "; ".join(_beside(known, candidate, row["role"]))
        role = inline(row["role"])
        decision = f"**{row['decision']}**"
        rows.append((_name(known.data, candidate), role, decision, rules, beside or DASH))
    headings = ("candidate", "role", "decision", "score asked for", "also asked for")
    return table(headings, rows, numbers_from=9)


def _rule(rule: Row) -> str:
    asked = f"tier {rule['tier']} at least {rule['least'] - HALF:g}"
    if rule.get("mean") is None:
        return f"{asked}: not known"
    said = {True: "passes", False: "fails", None: "holds both"}[rule["met"]]
    return f"{asked}: {rule['low']:.1f}{DASH}{rule['high']:.1f} {said}"


def _beside(known: _Known, candidate: Candidate, role: str) -> Iterator[str]:
    """Yield what a role further requires and prefers: met, not met or unknown."""
    asked = role_file()["roles"][role]
    for kind in ("requires", "prefers"):
        for criterion, limit in asked[kind].items():
            met = _is_met(known, candidate, criterion, limit)
            said = {True: "met", False: "not met", None: "unknown"}[met]
            told = criterion.replace("_", " ")
            yield f"{'prefers ' if kind == 'prefers' else ''}{told} {limit:g}: {said}"


def _is_met(known: _Known, candidate: Candidate, criterion: str, limit: float) -> bool | None:
    probes = known.data.of("probes", candidate)
    if criterion == "decode_tps_above":
        # Speed on a recording is what a role is about, not that of short answers.
        valid = valid_requests(known.data, *candidate)
        return _compare([row["decode_tps"] for row in valid], lambda value: value > limit)
    if criterion == "memory_gb_below":
        sizes = [row["gpu_bytes"] or row["process_rss_bytes"] for row in probes]
        return _compare(sizes, lambda value: value / 1e9 < limit)
    if criterion == "cold_load_s_below":
        loads = [load for row in probes for load in row["cold_load_ns"] or ()]
        return _compare(loads, lambda value: value / 1e9 < limit)
    if criterion == "text_reading_at_least":
        reading = [name for name, about in questions().items() if about.get("reads_text")]
        own = known.scores[candidate]
        mean = mean_score([own[name].values() for name in reading if name in own])
        return None if mean is None else mean.mean >= limit
    means = {one: found.get(int(limit)) for one, found in known.tiers.items()}
    best = max((mean.mean for mean in means.values() if mean is not None), default=None)
    own_mean = means[candidate]
    # The best of one says nothing.
    if best is None or own_mean is None or len(means) < 2:
        return None
    return own_mean.mean >= best


def _compare(values: Iterable[float | None], holds: Callable[[float], bool]) -> bool | None:
    known = [value for value in values if value is not None]
    return holds(median(known)) if known else None


def _pairs(data: ReportData) -> str:
    rows = []
    for row in data.comparisons:
        first, second = (
            _name(data, tuple(row[name].split("/", 1))) for name in ("model_a", "model_b")
        )
        clear = row["p_holm"] < 0.05
        said = "no difference shown"
        if clear:
            said = f"{first if row['diff'] > 0 else second} is better"
        rows.append(
            (
                f"{first} less {second}",
                f"{row['diff']:+.1f} ({row['ci_low']:+.1f} to {row['ci_high']:+.1f})",
                str(row["n_items"]),
                "<0.001" if row["p_holm"] < 0.001 else f"{row['p_holm']:.3f}",
                said,
            )
        )
    return table(("pair", "difference", "n", "p", "verdict"), rows)


def _questions(known: _Known) -> str:
    rows = []
    for name, about in questions().items():
        means = [
            format_mean(mean_score([own.get(name, {}).values()])) for own in known.scores.values()
        ]
        tier = DASH if about["tier"] is None else str(about["tier"])
        rows.append((f"{name} {inline(about['about'])}", tier, *means))
    headings = ("question", "tier", *(_name(known.data, one) for one in known.candidates))
    return table(headings, rows)


def _criteria(known: _Known) -> str:
    """Return the mean worth of each criterion by candidate; nothing where none was graded."""
    worth: dict[tuple[str, str], dict[Candidate, dict[int, list[float]]]] = {}
    weights: dict[tuple[str, str], float] = {}
    for row in known.data.criteria:
        criterion = row["question"], row["criterion_id"]
        weights[criterion] = row["weight"]
        of_candidates = worth.setdefault(criterion, {})
        if row["value_01"] is not None and row["control"] == "picture":
            pictures = of_candidates.setdefault((row["model"], row["variant"]), {})
            pictures.setdefault(row["item_variant"], []).append(row["value_01"])
    rows = [
        (
            inline(question),
            inline(criterion),
            format_share(weights[question, criterion]),
            *(
                format_mean_share(bounded_mean([list(map(fmean, found.get(one, {}).values()))]))
                for one in known.candidates
            ),
        )
        for question in questions()
        for (of, criterion), found in sorted(worth.items())
        if of == question
    ]
    names = (_name(known.data, one) for one in known.candidates)
    return table(("question", "criterion", "weight", *names), rows, numbers_from=2) if rows else ""
