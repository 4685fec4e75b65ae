"""Labelled replies to the rubric: how often the scorers agree with people who judged by hand.

The replies were written, and labelled by shared conventions, by people who did not write the
scorers (tests/data/rubric/README.md).
"""

import json
from collections import defaultdict
from functools import cache
from typing import Any, NamedTuple

import pytest

from scribebench.grading.rubric.criterion import Criterion
from scribebench.grading.rubric.grade import ItemGrade, grade_reply, item_score, weights_of
from scribebench.rubric.items import make_item
from unit.places import DATA

NEAR_VALUE, NEAR_SCORE, MOST_FOR_NOTHING = 0.25, 0.5, 1.5
LEAST, LEAST_PER_QUESTION = 0.97, 0.95
SLACK = 1e-9


class Judged(NamedTuple):
    """A labelled reply: what it is, what it should get, and what it got."""

    specimen: dict[str, Any]
    score: float
    grade: ItemGrade


@cache
def judged() -> list[Judged]:
    lines = (DATA / "rubric" / "replies.jsonl").read_text(encoding="utf-8").split("\n")
    return [judge(json.loads(line)) for line in lines if line]


def judge(one: dict[str, Any]) -> Judged:
    item = make_item(one["question"], 0)
    labels = {name: Criterion(one["criteria"][name], "label") for name in scored(one)}
    score, _ = item_score(labels, weights_of()[one["question"]])
    assert score is not None
    return Judged(one, score, grade_reply(one["question"], one["reply"], item.truth, item.prompt))


def scored(one: dict[str, Any]) -> list[str]:
    """Return the criteria that need no judge."""
    return [name for name, weight in weights_of()[one["question"]].items() if not weight.judged]


def apart(one: Judged) -> list[float]:
    """Return how far each criterion is from its label."""
    values = one.grade.criteria
    return [
        abs(values[name].value - one.specimen["criteria"][name]) for name in scored(one.specimen)
    ]


def share(held: list[bool]) -> float:
    return sum(held) / len(held)


@pytest.mark.parametrize("name", ["learn", "b"])
def test_criteria_agree_with_people(name: str) -> None:
    near = [
        gap <= NEAR_VALUE + SLACK
        for one in judged()
        if one.specimen["set"] == name
        for gap in apart(one)
    ]
    assert len(near) > 1000
    assert share(near) >= LEAST


@pytest.mark.parametrize("question", [key for key in weights_of() if key.startswith("VL-T")])
def test_criteria_of_each_question_agree_with_people(question: str) -> None:
    by_set = defaultdict(list)
    for one in judged():
        if one.specimen["question"] == question:
            by_set[one.specimen["set"]] += [gap <= NEAR_VALUE + SLACK for gap in apart(one)]
    assert len(by_set) == 3
    for name, near in by_set.items():
        assert len(near) >= 80
        assert share(near) >= LEAST_PER_QUESTION, name


@pytest.mark.parametrize("name", ["learn", "b"])
def test_scores_agree_with_people(name: str) -> None:
    gaps = [abs(one.grade.score - one.score) for one in judged() if one.specimen["set"] == name]
    assert len(gaps) > 400
    assert share([gap <= NEAR_SCORE + SLACK for gap in gaps]) >= LEAST


def test_what_is_worth_nothing_gets_next_to_nothing() -> None:
    """Refusals, empty replies, echoes, gibberish, and whatever else answers nothing."""
    worthless = [one for one in judged() if one.score == 1.0]
    high = [one.specimen["id"] for one in worthless if (one.grade.score or 0.0) > MOST_FOR_NOTHING]
    assert len(worthless) > 100
    assert high == []


def test_values_are_in_range_and_have_a_reason() -> None:
    for one in judged():
        for criterion in one.grade.criteria.values():
            assert criterion.why
            assert criterion.value is None or 0.0 <= criterion.value <= 1.0
