"""Intervals and tests for few values: they hold what they state, also near the ceiling."""

from itertools import product
from statistics import fmean

import numpy as np
import pytest

from scribebench.stats.bounded import bounded_mean
from scribebench.stats.permutation import holm, sign_flip
from scribebench.stats.shares import clopper_pearson

TRIALS = 150


def draw(kind: str, ability: float, n: int, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Values of one question, and what their mean would be in the long run."""
    right = rng.random(n) < ability
    if kind == "right or wrong":
        return right.astype(float), ability
    if kind == "partly right":
        return np.where(right, 1.0, rng.choice([0.0, 0.5], n)), ability + (1 - ability) / 4
    second, third = rng.random(n) < ability, rng.random(n) < ability
    return 0.5 * right + 0.3 * second + 0.2 * third, ability


@pytest.mark.parametrize("kind", ["right or wrong", "partly right", "three criteria"])
@pytest.mark.parametrize("ability", [0.3, 0.8, 0.95, 0.99, 1.0])
@pytest.mark.parametrize(("questions", "variants"), [(1, 10), (3, 10), (4, 5), (10, 1)])
def test_an_interval_holds_the_truth_and_is_not_much_wider_than_the_binomials(
    kind: str, ability: float, questions: int, variants: int
) -> None:
    rng = np.random.default_rng(int(1000 * ability) + questions)
    held, widest = 0, 0.0
    for _ in range(TRIALS):
        spread = np.linspace(-0.3, 0.3, questions) * min(ability, 1 - ability)
        drawn = [draw(kind, ability + one, variants, rng) for one in spread]
        interval = bounded_mean([values for values, _ in drawn])
        assert interval is not None
        truth = fmean(mean for _, mean in drawn)
        held += interval.low - 1e-9 <= truth <= interval.high + 1e-9
        n = questions * variants
        low, high = clopper_pearson(round(interval.mean * n), n)
        widest = max(widest, (interval.high - interval.low) / (high - low))
    assert held >= 0.94 * TRIALS
    assert widest < 2


@pytest.mark.parametrize("n", [1, 2, 5, 10, 30, 100, 400])
def test_ten_of_ten_is_no_certainty(n: int) -> None:
    interval = bounded_mean([[1.0] * n])
    assert interval is not None
    assert interval.mean == interval.high == 1
    assert 0.5 * clopper_pearson(n, n)[0] < interval.low < clopper_pearson(n, n)[0]
    opposite = bounded_mean([[0.0] * n])
    assert opposite is not None
    assert opposite.high == pytest.approx(1 - interval.low)


def test_strata_of_different_sizes_count_alike() -> None:
    interval = bounded_mean([[1.0] * 40, [0.0] * 10, []])
    assert interval is not None
    assert (interval.mean, interval.n) == (0.5, 50)
    assert interval.low < 0.5 < interval.high


def test_an_interval_of_unequal_strata_holds_the_truth() -> None:
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(TRIALS):
        interval = bounded_mean([rng.random(30) < 0.9, rng.random(5) < 0.5])
        assert interval is not None
        held += interval.low <= 0.7 <= interval.high
    assert held >= 0.94 * TRIALS


def test_values_with_little_spread_have_a_narrow_interval() -> None:
    interval = bounded_mean([[0.7, 0.72, 0.68, 0.7] * 10])
    assert interval is not None
    assert interval.high - interval.low < 0.2


def test_without_values_nothing_is_known() -> None:
    assert bounded_mean([[], []]) is None


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_value_outside_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        bounded_mean([[0.5, value]])


# --- pairs ---------------------------------------------------------------------------------------


def by_listing(differences: list[float]) -> float:
    seen = abs(sum(differences))
    sums = [
        sum(s * d for s, d in zip(signs, differences, strict=True))
        for signs in product((1, -1), repeat=len(differences))
    ]
    return sum(abs(one) >= seen - 1e-9 for one in sums) / len(sums)


@pytest.mark.parametrize("seed", range(20))
def test_the_exact_test_agrees_with_listing_all_signs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.choice([-1, -0.5, -0.3, 0, 0.2, 0.25, 0.7, 1], rng.integers(1, 12)).tolist()
    assert sign_flip(values) == pytest.approx(by_listing(values))


def test_a_win_on_ten_items_needs_nine() -> None:
    assert sign_flip([1.0] * 9 + [-1.0]) == pytest.approx(22 / 1024)
    p_of_eight = sign_flip([1.0] * 8 + [-1.0] * 2)
    assert p_of_eight is not None
    assert p_of_eight > 0.05


def test_equal_models_do_not_differ() -> None:
    assert sign_flip([0.0] * 10) == 1.0
    assert sign_flip([]) is None


def test_the_test_is_exact_for_hundreds_of_items() -> None:
    p = sign_flip([0.05, -0.05] * 200 + [0.4] * 12)
    assert p is not None
    assert p < 0.01


def test_thousands_of_uneven_differences_are_no_failure() -> None:
    rng = np.random.default_rng(2)
    thirds = (rng.integers(0, 22, 2000) / 21 * rng.choice([1, -1], 2000)).tolist()
    p = sign_flip(thirds)
    assert p is not None
    assert p > 0.001
    assert sign_flip([abs(one) for one in thirds]) == pytest.approx(0.0, abs=1e-12)


def test_holm_keeps_the_order_and_multiplies() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []
