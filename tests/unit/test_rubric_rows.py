"""From replies to the rows of `rubric_items` and `criteria`, and what follows of them for roles."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from scribebench.grading.rubric.rows import Row, grade_rows
from scribebench.rubric.items import Item, make_item
from scribebench.rubric.sources import questions
from scribebench.rubric.verdicts import decide, role_file, scores_of
from scribebench.tables import COMPARISONS, CRITERIA, ROLES, RUBRIC_ITEMS, read_rows, write_table

KEY = {"model": "some", "variant": "base"}
TEXT, CODE = "VL-T1-Q1", "VL-T2-Q3"
ITEMS = {
    (question, variant): make_item(question, variant)
    for question in (TEXT, CODE)
    for variant in (0, 1)
}
RIGHT = "Hello World 123"
BUG = "It computes the average of a list. The bug: it divides by len(numbers) - 1, not by len."


def replied(content: str = RIGHT, question: str = TEXT, **changes: Any) -> Row:
    """A line of the replies, as read_replies yields it."""
    usual = {
        "request_uid": "u",
        "question": question,
        "variant": 0,
        "repeat": 0,
        "control": "picture",
        "is_rescue": False,
        "content": content,
        "thinking": "",
        "finish_reason": "stop",
        "error_kind": None,
        "error_message": None,
    }
    return usual | changes


def judgement(value: float | None, uid: str = "u", criterion: str = "clear_explanation") -> Row:
    return {
        "request_uid": uid,
        "criterion": criterion,
        "value": value,
        "evidence": "says why",
        "judge_model": "judge",
        "judge_model_digest": "sha256-9",
        "judge_prompt_sha256": "aa",
        "judge_reply": '{"value": 1}',
    }


def graded(*replies: Row, judged: list[Row] | None = None) -> tuple[list[Row], list[Row]]:
    known = None
    if judged is not None:
        known = {(row["request_uid"], row["criterion"]): row for row in judged}
    return grade_rows(KEY, replies, ITEMS, known)


def by_name(criteria: list[Row]) -> Mapping[str, Row]:
    return {row["criterion_id"]: row for row in criteria}


def test_the_tables_take_the_rows(tmp_path: Path) -> None:
    replies = [
        replied(),
        replied("", question=CODE, error_kind="oom", finish_reason="error"),
        replied(BUG, question=CODE, variant=1, request_uid="v"),
    ]
    judged = judgement(0.5, uid="v")
    rows, criteria = graded(*replies, judged=[judged])
    write_table(tmp_path / "items.parquet", RUBRIC_ITEMS, rows)
    write_table(tmp_path / "criteria.parquet", CRITERIA, criteria)
    first, second, third = read_rows(tmp_path / "items.parquet")
    place = {"model": "some", "variant": "base", "question": TEXT, "item_variant": 0}
    assert place.items() <= first.items()
    assert (first["tier"], second["tier"], third["tier"]) == (1, 2, 2)
    assert (first["score"], first["score_01"], first["weight_scored"]) == (5.0, 1.0, 1.0)
    assert (second["score"], second["score_01"], second["weight_scored"]) == (None, None, 0.0)
    assert third["weight_scored"] == pytest.approx(1)
    names = [row["criterion_id"] for row in read_rows(tmp_path / "criteria.parquet")]
    assert names == [
        *questions()[TEXT]["criteria"],
        *questions()[CODE]["criteria"],
        *questions()[CODE]["criteria"],
    ]


@pytest.mark.parametrize("kind", ["oom", "crash"])
def test_where_there_was_no_memory_nothing_is_scored(kind: str) -> None:
    [row], criteria = graded(replied("", error_kind=kind, finish_reason="error"), judged=[])
    assert (row["score"], row["weight_scored"], row["flags"]) == (None, 0.0, [])
    assert {one["value_01"] for one in criteria} == {None}
    assert all(kind in one["evidence"] for one in criteria)


def test_what_was_said_before_the_memory_ran_out_is_scored() -> None:
    [row], _ = graded(replied(RIGHT, error_kind="oom", finish_reason="error"))
    assert row["score"] == 5.0


@pytest.mark.parametrize(
    "reply",
    [
        replied(""),
        replied("I'm sorry, I can't help with that."),
        replied("<think>It could be anything"),
        replied("", error_kind="server", finish_reason="error"),
    ],
    ids=["empty", "refusal", "open thought", "error"],
)
def test_what_is_no_answer_is_wrong_and_flagged(reply: Row) -> None:
    [row], criteria = graded(reply)
    assert (row["score"], row["weight_scored"]) == (1.0, 1.0)
    assert row["flags"]
    assert {one["value_01"] for one in criteria} == {0.0}


# --- the judge -----------------------------------------------------------------------------------


def test_without_a_judge_its_weight_is_left_out() -> None:
    [row], criteria = graded(replied(BUG, question=CODE))
    assert row["weight_scored"] == pytest.approx(0.8)
    assert row["score"] == 5.0
    explained = by_name(criteria)["clear_explanation"]
    assert (explained["kind"], explained["value_01"]) == ("judge", None)
    assert "no judge is configured" in explained["evidence"]
    assert by_name(criteria)["code_reading"]["kind"] == "deterministic"


@pytest.mark.parametrize(("value", "score"), [(1.0, 5.0), (0.5, 4.6), (0.0, 4.2)])
def test_what_a_judge_says_enters_the_score(value: float, score: float) -> None:
    [row], criteria = graded(replied(BUG, question=CODE), judged=[judgement(value)])
    assert (row["score"], row["weight_scored"]) == (pytest.approx(score), pytest.approx(1))
    explained = by_name(criteria)["clear_explanation"]
    assert (explained["value_01"], explained["evidence"]) == (value, "says why")
    assert (explained["judge_model"], explained["judge_reply"]) == ("judge", '{"value": 1}')
    assert "judge_model" not in by_name(criteria)["code_reading"]


def test_what_a_judge_could_not_value_is_left_out_with_its_reason() -> None:
    [row], criteria = graded(replied(BUG, question=CODE), judged=[judgement(None)])
    assert (row["score"], row["weight_scored"]) == (5.0, pytest.approx(0.8))
    assert by_name(criteria)["clear_explanation"]["evidence"] == "says why"


def test_with_a_judge_what_is_no_answer_explains_nothing() -> None:
    """The judge is not asked about it, and its explanation is as wrong as all else."""
    [row], criteria = graded(replied("", question=CODE), judged=[])
    assert (row["score"], row["weight_scored"]) == (1.0, pytest.approx(1))
    explained = by_name(criteria)["clear_explanation"]
    assert (explained["value_01"], explained["evidence"]) == (0.0, "no answer (empty)")


def test_controls_are_not_judged_even_when_they_say_the_same() -> None:
    """A request of the same text and picture has the same uid."""
    replies = [replied(BUG, question=CODE), replied(BUG, question=CODE, control="other_image")]
    rows, criteria = graded(*replies, judged=[judgement(0.0)])
    assert [row["weight_scored"] for row in rows] == [pytest.approx(1), pytest.approx(0.8)]
    told = [row for row in criteria if row["criterion_id"] == "clear_explanation"]
    assert [row["value_01"] for row in told] == [0.0, None]
    assert "own picture" in told[1]["evidence"]


# --- the longer pass, controls -------------------------------------------------------------------


def test_the_score_of_the_longer_pass_stands_beside() -> None:
    replies = [
        replied("The text", request_uid="a", finish_reason="length"),
        replied(RIGHT, request_uid="b", is_rescue=True),
        replied(RIGHT, request_uid="a", control="grey"),
        replied(RIGHT, request_uid="c", repeat=1),
    ]
    rows, criteria = graded(*replies)
    assert [row["control"] for row in rows] == ["picture", "grey", "picture"]
    cut, grey, second = rows
    assert cut["score"] < 2
    assert (cut["rescue_score"], cut["finish_reason"]) == (5.0, "length")
    assert second["rescue_score"] is None
    assert "rescue_score" not in grey
    assert {row["request_uid"] for row in criteria} == {"a", "c"}


def item_rows(score: float, variants: int, control: str = "picture", **key: str) -> list[Row]:
    return [
        KEY
        | {"question": question, "item_variant": variant, "repeat_index": 0}
        | {"control": control, "score": score}
        | key
        for question in questions()
        for variant in range(variants)
    ]


def test_controls_leave_means_and_roles_alone() -> None:
    shown = item_rows(5.0, 3)
    with_controls = shown + item_rows(1.0, 3, control="no_image")
    assert scores_of(with_controls) == scores_of(shown)
    assert decide(with_controls) == decide(shown)
    assert set(scores_of(shown)) == set(questions())


def test_roles_and_pairs_are_rows_of_their_tables(tmp_path: Path) -> None:
    rows = item_rows(5.0, 20) + item_rows(2.0, 20, model="other")
    decided = decide(rows)
    write_table(tmp_path / "roles.parquet", ROLES, decided.roles)
    write_table(tmp_path / "comparisons.parquet", COMPARISONS, decided.comparisons)
    roles = read_rows(tmp_path / "roles.parquet")
    assert [(row["model"], row["role"]) for row in roles] == [
        (model, role) for model in ("some", "other") for role in role_file()["roles"]
    ]
    assert {row["decision"] for row in roles if row["model"] == "some"} == {"assigned"}
    assert {row["decision"] for row in roles if row["model"] == "other"} == {"refused"}
    [pair] = read_rows(tmp_path / "comparisons.parquet")
    assert (pair["model_a"], pair["model_b"]) == ("some/base", "other/base")
    # The three failure modes count for no role, and for no pair.
    assert (pair["n_items"], pair["diff"]) == (200, pytest.approx(3))
    assert pair["ci_low"] < 3 < pair["ci_high"]
    assert pair["p_holm"] < 1e-9


def test_what_is_not_scored_is_no_evidence() -> None:
    """Nothing is known, which is not the same as bad."""
    rows = [row | {"score": None} for row in item_rows(5.0, 10)]
    assert scores_of(rows) == {}
    decided = decide(rows)
    assert {row["decision"] for row in decided.roles} == {"undetermined"}
    assert {row["more_variants"] for row in decided.roles} == {None}
    assert decided.comparisons == []
    assert decide([]) == ([], [])


def test_every_question_has_an_item_that_can_be_graded() -> None:
    items: dict[tuple[str, int], Item] = {
        (question, 0): make_item(question, 0) for question in questions()
    }
    replies = [replied("I see a picture.", question, request_uid=question) for question, _ in items]
    rows, criteria = grade_rows(KEY, replies, items, None)
    assert [row["question"] for row in rows] == [*questions()]
    assert all(1 <= row["score"] < 3 for row in rows)
    weights: dict[str, float] = {}
    for row in criteria:
        weights[row["question"]] = weights.get(row["question"], 0) + row["weight"]
    assert all(weight == pytest.approx(1) for weight in weights.values())
