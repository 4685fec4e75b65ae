"""What scores say of a model: means with intervals, roles, and pairs of models beside each other.

The questions are fixed strata: their variants are drawn from a family, and a claim holds for these
families only. Repeats of one variant are no new evidence, and are averaged first.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from statistics import fmean
from typing import Literal, NamedTuple

from scribebench.grading.rubric.grade import LOWEST, SPAN
from scribebench.stats.bounded import Interval, bounded_mean
from scribebench.stats.permutation import holm, sign_flip

# A rule of whole points is on the expected score rounded to the nearest one.
HALF = 0.5
# Farther than this many variants of each question, no decision is promised.
MOST_VARIANTS = 2000

Decision = Literal["assigned", "refused", "undetermined"]


class Scored(NamedTuple):
    """The score (1-5) of one reply; null where nothing of it could be scored."""

    question: str
    variant: int
    repeat: int
    score: float | None


class TierRule(NamedTuple):
    """A role's rule on one tier, and how it stands: `met` is null while its interval holds both."""

    tier: int
    least: float
    mean: Interval | None
    met: bool | None


class Role(NamedTuple):
    """A role and whether a model gets it.

    `more_variants` is how many more variants of each question would decide, if scores go on as they
    are; null when it is decided, or when no number below MOST_VARIANTS would.
    """

    name: str
    decision: Decision
    rules: tuple[TierRule, ...]
    more_variants: int | None


class Comparison(NamedTuple):
    """Two models on the variants that both answered: mean difference (points), its interval, p.

    `p_holm` is true for all pairs together.
    """

    first: str
    second: str
    n: int
    difference: float
    low: float
    high: float
    p: float
    p_holm: float


def by_question(scores: Iterable[Scored]) -> dict[str, dict[int, float]]:
    """Return the score of each variant of each question, repeats averaged."""
    found: dict[str, dict[int, list[float]]] = {}
    for one in scores:
        if one.score is not None:
            found.setdefault(one.question, {}).setdefault(one.variant, []).append(one.score)
    return {
        question: {variant: fmean(repeats) for variant, repeats in sorted(variants.items())}
        for question, variants in found.items()
    }


def mean_score(strata: Sequence[Iterable[float]]) -> Interval | None:
    """Return the mean of the questions' means on the 1-5 scale; `strata` are scores, 1-5."""
    shares = [[(score - LOWEST) / SPAN for score in stratum] for stratum in strata]
    found = bounded_mean(shares)
    if found is None:
        return None
    low, mean, high = (LOWEST + SPAN * one for one in (found.low, found.mean, found.high))
    return Interval(mean, low, high, found.n)


def tier_means(
    scores: Mapping[str, Mapping[int, float]], tiers: Mapping[str, int | None]
) -> dict[int, Interval]:
    """Return the mean of each tier; one of which a question is not answered at all is left out.

    `scores` are those of by_question(...), `tiers` the tier of each question.
    """
    found = {}
    for tier in sorted({tier for tier in tiers.values() if tier is not None}):
        questions = [question for question in tiers if tiers[question] == tier]
        if all(scores.get(question) for question in questions):
            mean = mean_score([scores[question].values() for question in questions])
            if mean is not None:
                found[tier] = mean
    return found


def decide_role(
    name: str,
    least: Mapping[int, float],
    scores: Mapping[str, Mapping[int, float]],
    tiers: Mapping[str, int | None],
) -> Role:
    """Decide a role: `least` is the score in whole points that it asks of each tier."""
    means = tier_means(scores, tiers)
    rules = tuple(
        TierRule(tier, points, means.get(tier), _is_met(means.get(tier), points - HALF))
        for tier, points in sorted(least.items())
    )
    if any(rule.met is False for rule in rules):
        return Role(name, "refused", rules, None)
    if all(rule.met for rule in rules):
        return Role(name, "assigned", rules, None)
    return Role(name, "undetermined", rules, _more_variants(rules, scores, tiers))


def _is_met(mean: Interval | None, least: float) -> bool | None:
    if mean is None:
        return None
    if mean.low >= least:
        return True
    return False if mean.high < least else None


def _more_variants(
    rules: Sequence[TierRule],
    scores: Mapping[str, Mapping[int, float]],
    tiers: Mapping[str, int | None],
) -> int | None:
    """Return how many more variants decide all open rules, when scores go on as they are."""
    needed = 0
    for rule in rules:
        if rule.met is not None:
            continue
        strata = [
            list(scores.get(question, {}).values())
            for question in tiers
            if tiers[question] == rule.tier
        ]
        if rule.mean is None or not all(strata):
            return None
        more = _more_for(strata, rule.least - HALF)
        if more is None:
            return None
        needed = max(needed, more)
    return needed


def _more_for(strata: Sequence[Sequence[float]], least: float) -> int | None:
    """Return the number for one tier, by bisection: what is decided stays decided with more."""
    now = min(map(len, strata))

    def decided(times: int) -> bool:
        return _is_met(mean_score([list(one) * times for one in strata]), least) is not None

    times = 2
    while not decided(times):
        times *= 2
        if times * now > MOST_VARIANTS:
            return None
    below = times // 2
    while times - below > 1:
        middle = (below + times) // 2
        below, times = (below, middle) if decided(middle) else (middle, times)
    return (times - 1) * now


def compare(models: Mapping[str, Mapping[str, Mapping[int, float]]]) -> list[Comparison]:
    """Compare every two models on the variants of which both have a score, and adjust for all.

    `models` holds the scores of by_question(...) of each. A pair without a common variant is left
    out.
    """
    pairs = []
    for first, second in combinations(models, 2):
        strata = [
            [
                models[first][question][variant] - models[second][question][variant]
                for variant in models[first][question]
                if variant in models[second].get(question, {})
            ]
            for question in models[first]
        ]
        differences = [one for stratum in strata for one in stratum]
        interval = bounded_mean([[(one / SPAN + 1) / 2 for one in stratum] for stratum in strata])
        p = sign_flip([one / SPAN for one in differences])
        if interval is not None and p is not None:
            low, mean, high = (
                SPAN * (2 * one - 1) for one in (interval.low, interval.mean, interval.high)
            )
            pairs.append(Comparison(first, second, len(differences), mean, low, high, p, p))
    adjusted = holm([pair.p for pair in pairs])
    return [pair._replace(p_holm=p) for pair, p in zip(pairs, adjusted, strict=True)]
