"""The part of the report on the seeds' failure modes: how often, and whether a mitigation helped.

A mitigation is a setting. Where two variants of a model were run that differ in that setting only,
it can be said whether the one with the mitigation fails less.
"""

from collections.abc import Iterator

from scribebench.report.candidates import Candidate, Key, candidates
from scribebench.report.cells import DASH, format_count
from scribebench.report.data import ReportData, label
from scribebench.report.escape import inline
from scribebench.report.failure_modes import MODES, Facts, Mode, Seen, drawn, flat, misplaced
from scribebench.report.layout import table
from scribebench.report.measures import WRONG_AT_MOST
from scribebench.stats.shares import clopper_pearson

NOT_RUN = (
    "No model was run, so that none of the seeds' failure modes could be seen. `models: "
    "[ocr-baseline, qwen3-vl-4b]` in `config/config.yaml` counts those of replies, and `rubric: "
    "{variants: 10, repeats: 1}` those of single pictures (text upside down, dense tables, long "
    "numbers)."
)
LEGEND = (
    "Counts with the 95 % interval of their share (Clopper-Pearson). A mitigation *helped* when "
    "the interval with it lies below that without, in two variants that differ in nothing else, or "
    "in two batch sizes of drawn frames; *not shown* when they overlap. Misread are pictures of "
    f"the rubric with at most {WRONG_AT_MOST:.0f} of 5 points."
)


def failures_section(data: ReportData) -> str:
    """Return how often each failure mode was seen, and whether its mitigation helped."""
    found = candidates(data)
    if not found:
        return NOT_RUN
    facts = Facts(data, _flags(data))
    rows, notes = [], []
    for mode in MODES:
        seen = {one.key: mode.count(facts, one) for one in found}
        told = list(_rows(facts, mode, found, seen))
        rows += told or [_none_seen(mode, seen)]
        notes += _untried(facts, mode, found, seen)
    headings = (
        "failure", "trigger", "mitigation", "candidate", "seen", "with the mitigation", "helped",
    )  # fmt: skip
    text = table(headings, rows, numbers_from=99)
    return "\n\n".join([text, LEGEND, *(["\n".join(notes)] if notes else [])])


def _flags(data: ReportData) -> dict[Key, list[list[str]]]:
    """Return the flags of each reply on recordings, by candidate."""
    replies = {
        (row["model"], row["variant"], row["session"], row["request_uid"]): row["flags"]
        for row in data.grades
        if row["flags"] is not None
    }
    found: dict[Key, list[list[str]]] = {}
    for (model, variant, *_), flags in replies.items():
        found.setdefault((model, variant), []).append(flags)
    return found


def _rows(
    facts: Facts, mode: Mode, found: list[Candidate], seen: dict[Key, Seen]
) -> Iterator[tuple[str, ...]]:
    tried = {one.key: _with_mitigation(facts, mode, one, found, seen) for one in found}
    beside = {name for others in tried.values() for name, _ in others}
    is_seen = any(own.count for own in seen.values())
    for one in found:
        own, others = seen[one.key], tried[one.key]
        name = _name(facts.data, one)
        # Of a failure that nobody showed one line says so.
        is_told = own.count or others or (is_seen and own.of and name not in beside)
        if not is_told:
            continue
        head = (mode.name, mode.trigger, mode.mitigation, name, format_count(*own))
        if not others:
            yield (*head, _without_pair(mode, one), DASH)
        for name, with_it in others:
            yield (*head, f"{name}: {format_count(*with_it)}", helped(own, with_it))


def _without_pair(mode: Mode, one: Candidate) -> str:
    if mode.is_applied(flat(one.settings)):
        return "it has it; nothing without it was run"
    return DASH if mode.variant is None else "not tried"


def _none_seen(mode: Mode, counted: dict[Key, Seen]) -> tuple[str, ...]:
    seen = format_count(0, sum(one.of for one in counted.values()))
    who = "none of them" if seen != DASH else "not asked"
    return (mode.name, mode.trigger, mode.mitigation, who, seen, DASH, DASH)


def _untried(
    facts: Facts, mode: Mode, found: list[Candidate], seen: dict[Key, Seen]
) -> Iterator[str]:
    """Yield for a mode that was seen, and whose mitigation nobody applies, the lines that do."""
    if mode.variant is None:
        return
    name, change = mode.variant
    for one in found:
        tried = _with_mitigation(facts, mode, one, found, seen)
        is_open = seen[one.key].count and not tried
        if is_open and not mode.is_applied(flat(one.settings)):
            model = inline(one.model)
            yield (
                f"- {mode.name}, {_name(facts.data, one)}: a variant `{name}: {change}` in "
                f"`config/models/{model}.yaml` (`variants:`), named as `models: [{model}, "
                f"{model}/{name}]` in `config/config.yaml`, tries the mitigation."
            )
            return  # one line shows how


def helped(without: Seen, with_it: Seen) -> str:
    """Return whether a share is shown to be lower with a mitigation than without."""
    if not without.of or not with_it.of:
        return DASH
    low, high = clopper_pearson(*without)
    low_with, high_with = clopper_pearson(*with_it)
    if high_with < low:
        return "yes"
    return "no, it is worse" if low_with > high else "not shown"


def _with_mitigation(
    facts: Facts, mode: Mode, one: Candidate, found: list[Candidate], seen: dict[Key, Seen]
) -> list[tuple[str, Seen]]:
    """Return what has more of the mitigation, by name, and differs in nothing else."""
    if mode.count is misplaced:  # the experiment with drawn frames tries sizes without variants
        tried = {row["batch_size"] for row in drawn(facts.data, one)}
        sizes = sorted(size for size in tried if size < one.batch_size)
        return [(f"batches of {size}", misplaced(facts, one, size)) for size in sizes]
    own = flat(one.settings)
    others = []
    for other in found:
        theirs = flat(other.settings)
        differ = {key for key in own | theirs if own.get(key) != theirs.get(key)}
        is_pair = other.model == one.model and differ and differ <= mode.settings
        if is_pair and mode.has_more(own, theirs):
            others.append((_name(facts.data, other), seen[other.key]))
    return others


def _name(data: ReportData, one: Candidate) -> str:
    return inline(label(data, {"model": one.model, "variant": one.variant}))
