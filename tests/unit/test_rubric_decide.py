"""From scores to roles and comparisons: a third answer where the evidence does not decide."""

from collections.abc import Mapping

import numpy as np
import pytest

from scribebench.rubric.decide import Scored, by_question, compare, decide_role, tier_means

TIERS: dict[str, int | None] = {
    **{f"VL-T1-Q{n}": 1 for n in (1, 2, 3)},
    **{f"VL-T2-Q{n}": 2 for n in (1, 2, 3)},
    **{f"VL-T3-Q{n}": 3 for n in (1, 2, 3, 4)},
    "VL-FM-Q1": None,
}
WORKER, ARCHITECT = {1: 4, 2: 3}, {1: 5, 2: 5, 3: 4}
Scores = Mapping[str, Mapping[int, float]]


def scores(n: int, **by_tier: float) -> Scores:
    """The same score in every variant of a tier's questions."""
    return {
        question: dict.fromkeys(range(n), by_tier[f"t{tier}"])
        for question, tier in TIERS.items()
        if tier is not None
    }


def test_repeats_are_averaged_and_add_no_evidence() -> None:
    rows = [Scored("VL-T1-Q1", 0, repeat, score) for repeat, score in enumerate([5, 1, 5])]
    rows += [Scored("VL-T1-Q1", 1, 0, 5.0), Scored("VL-T1-Q1", 2, 0, None)]
    assert by_question(rows) == {"VL-T1-Q1": {0: pytest.approx(11 / 3), 1: 5.0}}


def test_a_tier_without_an_answer_to_one_question_is_unknown() -> None:
    known = {question: {0: 5.0} for question in ("VL-T1-Q1", "VL-T1-Q2")}
    assert tier_means(known, TIERS) == {}
    mean = tier_means(known | {"VL-T1-Q3": {0: 2.0}}, TIERS)[1]
    assert (mean.mean, mean.n) == (4.0, 3)
    assert 1 <= mean.low < 4 < mean.high <= 5


def test_a_role_is_assigned_when_every_lower_bound_passes() -> None:
    role = decide_role("worker_vision", WORKER, scores(10, t1=4.9, t2=4.0, t3=1.0), TIERS)
    assert (role.decision, role.more_variants) == ("assigned", None)
    assert all(rule.met for rule in role.rules)


def test_a_role_is_refused_when_one_upper_bound_fails() -> None:
    role = decide_role("worker_vision", WORKER, scores(10, t1=5.0, t2=1.2, t3=5.0), TIERS)
    assert role.decision == "refused"
    assert [rule.met for rule in role.rules] == [True, False]


def test_a_single_perfect_pass_assigns_nothing() -> None:
    role = decide_role("vision_architect", ARCHITECT, scores(1, t1=5.0, t2=5.0, t3=5.0), TIERS)
    assert role.decision == "undetermined"
    assert role.more_variants is not None
    more = decide_role(
        "vision_architect",
        ARCHITECT,
        scores(1 + role.more_variants, t1=5.0, t2=5.0, t3=5.0),
        TIERS,
    )
    assert more.decision == "assigned"


def test_five_means_four_and_a_half_so_that_repeats_do_not_make_it_impossible() -> None:
    """The same ability, more variants: a strong model comes nearer to the role, never farther."""
    rng = np.random.default_rng(3)
    decisions = []
    for n in (10, 100, 300):
        drawn = {
            question: dict(enumerate(np.where(rng.random(n) < 0.97, 5.0, 2.0).tolist()))
            for question in scores(1, t1=5, t2=5, t3=5)
        }
        decisions.append(decide_role("vision_architect", ARCHITECT, drawn, TIERS).decision)
    assert decisions[-1] == "assigned"
    assert "refused" not in decisions


def test_a_mean_on_the_line_is_decided_by_no_number() -> None:
    role = decide_role("worker_vision", {1: 4}, scores(10, t1=3.5, t2=3, t3=3), TIERS)
    assert (role.decision, role.more_variants) == ("undetermined", None)


def test_a_role_without_answers_is_undetermined() -> None:
    role = decide_role("worker_vision", WORKER, {}, TIERS)
    assert (role.decision, role.more_variants) == ("undetermined", None)


@pytest.mark.parametrize(("ability", "wrongly"), [(0.9, "refused"), (0.8, "assigned")])
def test_a_role_is_hardly_ever_decided_wrongly(ability: float, wrongly: str) -> None:
    """Truth above and below the line (4.5 is an ability of 0.875), in 200 simulated models."""
    rng = np.random.default_rng(8)
    found = []
    for _ in range(200):
        drawn = {
            question: dict(enumerate((1 + 4.0 * (rng.random(10) < ability)).tolist()))
            for question in ("VL-T1-Q1", "VL-T1-Q2", "VL-T1-Q3")
        }
        found.append(decide_role("some", {1: 5}, drawn, TIERS).decision)
    assert found.count(wrongly) <= 0.05 * len(found)


# --- pairs ---------------------------------------------------------------------------------------


def test_models_are_compared_on_the_variants_that_both_answered() -> None:
    good = {"VL-T1-Q1": dict.fromkeys(range(10), 5.0), "VL-T1-Q2": {0: 5.0}}
    poor = {"VL-T1-Q1": dict.fromkeys(range(5, 15), 1.0)}
    [pair] = compare({"good": good, "poor": poor})
    assert (pair.first, pair.second, pair.n, pair.difference) == ("good", "poor", 5, 4.0)
    assert pair.low < 4 <= pair.high <= 4
    assert pair.p == pytest.approx(2 / 2**5)


def test_more_pairs_need_more_evidence() -> None:
    models = {
        name: {"VL-T1-Q1": dict.fromkeys(range(10), score)}
        for name, score in (("a", 5.0), ("b", 5.0), ("c", 2.0))
    }
    pairs = {(pair.first, pair.second): pair for pair in compare(models)}
    assert pairs["a", "c"].p == pytest.approx(2 / 2**10)
    assert pairs["a", "c"].p_holm == pytest.approx(6 / 2**10)
    assert pairs["a", "b"].p_holm == 1.0


def test_models_without_a_common_variant_are_not_compared() -> None:
    assert compare({"a": {"VL-T1-Q1": {0: 5.0}}, "b": {"VL-T1-Q1": {1: 5.0}}}) == []
