"""Which candidate to take, and why not the others.

A candidate is rejected for what is shown against it, and never for what was not measured. Of those
that are not rejected the one is selected that comes first in this order:

1. none of the others is shown to be better: by the rubric's paired test, or by the share of what
   descriptions name that stands on the screen (intervals apart);
2. its frames are kept apart: proven, or one frame a request, before undetermined;
3. it takes fewer minutes for a recorded hour, requests that failed or were cut included; unknown
   comes last;
4. fewer of its replies failed or are rubbish;
5. its place in `models:` of the configuration.

Of candidates that differ in their batch size only, a larger proven one is preferred to a smaller
one, unless it is shown to be slower.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from scribebench.report.against import (
    APART,
    SURE,
    WORKER,
    Better,
    Reason,
    against,
    dominated,
    format_p,
    is_better_grounded,
    pair_of,
    rubbish_share,
    shown_better,
    time_of,
    times_of,
)
from scribebench.report.candidates import Candidate, Key, baselines, candidates
from scribebench.report.data import ReportData, label
from scribebench.report.measures import Measured, measure
from scribebench.report.speed import LEAST_REQUESTS, is_slower, reckoned

MOST_HIGHER = 3
Verdict = Literal["selected", "viable", "rejected"]


@dataclass(frozen=True)
class Judged:
    """A candidate with its verdict."""

    name: str
    measured: Measured
    verdict: Verdict
    reasons: tuple[Reason, ...]

    @property
    def candidate(self) -> Candidate:
        return self.measured.candidate


@dataclass(frozen=True)
class Recommendation:
    """The candidate to take, or why there is none; and the verdict on each candidate.

    `open` tells what is not known of the chosen one; `tied` are others that nothing tells from it
    but their place in the configuration. `none_because` is null when there is a chosen one.
    """

    chosen: Judged | None
    judged: tuple[Judged, ...]
    none_because: str | None
    open: tuple[str, ...]
    tied: tuple[str, ...]


NO_MODEL = "No vision-language model was run."
ALL_BROKEN = "No vision-language model was run: the backend of each selected one is broken."
ALL_REJECTED = "No candidate is recommended: each one that was run is rejected."


def recommend(data: ReportData) -> Recommendation:
    """Return which candidate to take, from the tables of a report."""
    found = candidates(data)
    if not found:
        return Recommendation(None, (), NO_MODEL, (), ())
    own = {one.key: one for one in found}
    measured = [measure(data, one, [own[key] for key in one.family]) for one in found]
    names = {one.key: _name(data, one.key) for one in found}
    reasons = {one.candidate.key: list(against(data, one)) for one in measured}
    better = shown_better(data)
    standing = [one for one in measured if not reasons[one.candidate.key]]
    for one in standing:
        reasons[one.candidate.key] += dominated(one, standing, names, better)
    standing = [one for one in standing if not reasons[one.candidate.key]]
    chosen, tied = _select(standing, better)
    judged = []
    for one in measured:
        key = one.candidate.key
        if reasons[key]:
            judged.append(Judged(names[key], one, "rejected", tuple(reasons[key])))
        elif chosen is not None and one is chosen:
            judged.append(Judged(names[key], one, "selected", (_why_selected(one, standing),)))
        else:
            judged.append(
                Judged(names[key], one, "viable", (_why_viable(one, chosen, names, better),))
            )
    if chosen is None:
        broken = all(one.candidate.runs[0]["broken"] is not None for one in measured)
        because = ALL_BROKEN if broken else ALL_REJECTED
        return Recommendation(None, tuple(judged), because, (), ())
    [selected] = [one for one in judged if one.verdict == "selected"]
    return Recommendation(
        selected,
        tuple(judged),
        None,
        tuple(_open(data, chosen, len(found), standing, names)),
        tuple(names[one.candidate.key] for one in tied),
    )


def _name(data: ReportData, key: Key) -> str:
    return label(data, {"model": key[0], "variant": key[1]})


# --- the best of the rest -------------------------------------------------------------------------


def _select(standing: Sequence[Measured], better: Better) -> tuple[Measured | None, list[Measured]]:
    """Return the first in the order that stands at the top of this file, and those tied with it."""
    if not standing:
        return None, []
    unbeaten = [
        one
        for one in standing
        if not any(_is_shown_better(other, one, better) for other in standing)
    ]
    ranked = sorted(unbeaten or standing, key=_rank)
    chosen = ranked[0]
    for other in ranked[1:]:
        if _is_larger_proven(other, chosen):
            chosen = other
    tied = [one for one in ranked if one is not chosen and _rank(one) == _rank(chosen)]
    return chosen, tied


def _is_shown_better(one: Measured, other: Measured, better: Better) -> bool:
    in_rubric = one.rubric_key is not None and (one.rubric_key, other.rubric_key) in better
    against_it = other.rubric_key is not None and (other.rubric_key, one.rubric_key) in better
    return in_rubric or (is_better_grounded(one, other) and not against_it)


def _rank(measured: Measured) -> tuple[float, float, float]:
    time = reckoned(measured.speed)
    return (
        -APART[measured.batches.state],
        float("inf") if time is None else time,
        rubbish_share(measured),
    )


def _is_larger_proven(one: Measured, other: Measured) -> bool:
    return (
        one.candidate.family == other.candidate.family
        and one.batches.state == other.batches.state == "proven"
        and one.batches.size > other.batches.size
        and not is_slower(one.speed.seconds_per_frame, other.speed.seconds_per_frame)
    )


def _why_selected(one: Measured, standing: Sequence[Measured]) -> Reason:
    rows = one.speed.minutes_per_hour.evidence if one.speed.minutes_per_hour else ()
    if len(standing) == 1:
        return Reason("the only candidate that is not rejected", rows)
    return Reason(
        f"the first of {len(standing)} that are not rejected: none of them is shown to be better in"
        " the rubric, or in naming what stands on the screen; of those, first by frames kept apart,"
        " then by minutes a recorded hour",
        rows,
    )


def _why_viable(
    one: Measured, chosen: Measured | None, names: dict[Key, str], better: Better
) -> Reason:
    assert chosen is not None  # somebody is selected where anybody stands
    name = names[chosen.candidate.key]
    row = better.get((chosen.rubric_key, one.rubric_key)) if chosen.rubric_key else None
    if row is not None:
        return Reason(
            f"nothing is shown against it, and {name} is better in the rubric by "
            f"{abs(row['diff']):.1f} points (p {format_p(row['p_holm'])})",
            (pair_of(row),),
        )
    if is_better_grounded(chosen, one) and chosen.grounded and one.grounded:
        text = (
            f"nothing is shown against it, and of what {name} names more stands on the screen: "
            f"{chosen.grounded.value:.0%} against {one.grounded.value:.0%}"
        )
        return Reason(text, (*chosen.grounded.evidence, *one.grounded.evidence))
    if APART[one.batches.state] < APART[chosen.batches.state]:
        text = f"nothing is shown against it, and whether batches of {one.batches.size} keep "
        return Reason(text + "frames apart is undetermined", one.batches.evidence)
    mine, theirs = time_of(one), time_of(chosen)
    my_time, their_time = reckoned(one.speed), reckoned(chosen.speed)
    if mine is None or my_time is None:
        return Reason("nothing is shown against it, and its speed is not known", ())
    if theirs is not None and their_time is not None and their_time < my_time:
        text = f"nothing is shown against it, and it takes {times_of(one, chosen)} of {name}"
        return Reason(text, (*mine.evidence, *theirs.evidence))
    if _is_larger_proven(chosen, one):
        text = f"nothing is shown against it, and the larger batches of {name} are proven, too"
        return Reason(text, chosen.batches.evidence)
    if _rank(one) == _rank(chosen):
        return Reason(f"nothing tells it from {name} but its place in the list", mine.evidence)
    text = f"nothing is shown against it, and {name} has fewer rubbish replies"
    return Reason(text, one.rubbish.evidence if one.rubbish else ())


def _higher(
    data: ReportData, one: Measured, standing: Sequence[Measured], names: dict[Key, str]
) -> Iterator[str]:
    """Yield who scored higher in the rubric than the chosen one, without being shown better."""
    if one.rubric_key is None:
        return
    own = "/".join(one.rubric_key)
    others = {"/".join(other.rubric_key): other for other in standing if other.rubric_key}
    for row in data.comparisons:
        if own not in (row["model_a"], row["model_b"]) or row["p_holm"] < SURE:
            continue
        is_first = row["model_b"] == own
        other = others.get(row["model_a"] if is_first else row["model_b"])
        more = row["diff"] if is_first else -row["diff"]
        if other is not None and round(more, 1) > 0:
            yield (
                f"{names[other.candidate.key]} scored {more:.1f} points more in the rubric, which "
                f"{row['n_items']} pictures do not decide (p {format_p(row['p_holm'])}; more "
                "`variants` would)"
            )


def _open(
    data: ReportData,
    one: Measured,
    count: int,
    standing: Sequence[Measured],
    names: dict[Key, str],
) -> Iterator[str]:
    """Yield what is not known of the chosen candidate, and what would tell."""
    if one.batches.state == "undetermined":
        asks = "no size that was tried is proven; a size of 1 cannot mix them"
        if one.batches.told_by not in ("name", "colour"):
            asks = "`canaries: {batch_sizes: [1, 3, 5, 8, 20]}` in `config/config.yaml` tells"
        yield (
            f"whether batches of {one.batches.size} keep descriptions on the right frames is "
            f"undetermined ({asks})"
        )
    if one.speed.on_drawn_frames:
        yield (
            f"no request on a recording in batches of {one.batches.size} tells a speed: its time is"
            " that of drawn frames (a variant with that `batch_size` measures it)"
        )
    elif one.speed.seconds_per_frame is None:
        yield (
            f"how long it takes is not known: no request in batches of {one.batches.size} may enter"
            " a speed figure"
        )
    elif one.speed.seconds_per_frame.n < LEAST_REQUESTS:
        yield (
            f"its time is that of n {one.speed.seconds_per_frame.n} requests, too few for a 95 % "
            "interval; the ends are those of the requests (a longer recording tells more)"
        )
    yield from islice(_higher(data, one, standing, names), MOST_HIGHER)
    if one.rubric_key is None:
        yield (
            "how well it reads and reasons was not asked (`rubric: {variants: 10, repeats: 1}` in "
            "`config/config.yaml`)"
        )
    else:
        for row in data.of("roles", one.rubric_key):
            if row["role"] == WORKER and row["decision"] == "undetermined":
                yield "whether it is fit for the role worker_vision is undetermined"
    if not baselines(data):
        yield "the OCR baseline was not run, so that no floor is known"
    if count == 1:
        yield "no other model was run to compare it with"
