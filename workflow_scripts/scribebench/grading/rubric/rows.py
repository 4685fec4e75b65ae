"""From replies to the rubric to the rows of `rubric_items` and `criteria`."""

from collections.abc import Iterable, Mapping
from typing import Any

from scribebench.grading.rubric.criterion import Criterion
from scribebench.grading.rubric.grade import (
    LOWEST,
    SPAN,
    ItemGrade,
    Weights,
    grade_reply,
    item_score,
    weights_of,
)
from scribebench.rubric.items import Item
from scribebench.rubric.sources import questions

Row = dict[str, Any]
# Where the server had no memory or ended, there is no reply to be right or wrong.
NO_REPLY = frozenset({"oom", "crash"})
NO_JUDGE = "unscored: no judge is configured"
NOT_JUDGED = "unscored: only what is said of the question's own picture is judged"


def grade_rows(
    key: Mapping[str, str],
    replies: Iterable[Row],
    items: Mapping[tuple[str, int], Item],
    judged: Mapping[tuple[str, str], Row] | None,
) -> tuple[list[Row], list[Row]]:
    """Return the rows of `rubric_items` and of `criteria`, in the order of the replies.

    `key` holds model and variant; `replies` are those of rubric.ask.read_replies; `items` are by
    question and variant; `judged` are a judge's values, by request_uid and criterion, and null
    without a judge.
    """
    graded, criteria = [], []
    rescued: dict[tuple[str, int, int], float | None] = {}
    for reply in replies:
        item = items[reply["question"], reply["variant"]]
        weights = weights_of()[item.question]
        place = dict(key) | {
            "question": item.question,
            "item_variant": item.variant,
            "repeat_index": reply["repeat"],
            "control": reply["control"],
            "request_uid": reply["request_uid"],
        }
        values, flags = _values(reply, item, weights, judged)
        score, weight_scored = item_score(values, weights)
        if reply["is_rescue"]:
            rescued[item.question, item.variant, reply["repeat"]] = score
            continue
        graded.append(
            place
            | {
                "tier": questions()[item.question]["tier"],
                "finish_reason": reply["finish_reason"],
                "flags": flags,
                "score": score,
                "score_01": None if score is None else (score - LOWEST) / SPAN,
                "weight_scored": weight_scored,
            }
        )
        criteria += [
            place | _criterion_row(name, values[name], weights, _known(judged, reply, name))
            for name in weights
        ]
    for row in graded:
        if row["control"] == "picture":
            where = (row["question"], row["item_variant"], row["repeat_index"])
            row["rescue_score"] = rescued.get(where)
    return graded, criteria


def _values(
    reply: Row, item: Item, weights: Weights, judged: Mapping[tuple[str, str], Row] | None
) -> tuple[dict[str, Criterion], list[str]]:
    if reply["error_kind"] in NO_REPLY and not reply["content"]:
        why = f"unscored: there is no reply ({reply['error_kind']})"
        return {name: Criterion(None, why) for name in weights}, []
    grade = grade_reply(item.question, reply["content"], item.truth, item.prompt, weights)
    values = dict(grade.criteria)
    for name in weights:
        if weights[name].judged:
            values[name] = _judged(_known(judged, reply, name), judged is not None, reply, grade)
    return values, grade.flags


def _known(judged: Mapping[tuple[str, str], Row] | None, reply: Row, criterion: str) -> Row | None:
    """Return what a judge says of a reply to the question's own picture."""
    if judged is None or reply["control"] != "picture" or reply["is_rescue"]:
        return None
    return judged.get((reply["request_uid"], criterion))


def _judged(known: Row | None, has_judge: bool, reply: Row, grade: ItemGrade) -> Criterion:
    """Return a judged criterion; what is no answer has none to be judged, and is wrong."""
    if known is not None:
        return Criterion(known["value"], known["evidence"])
    if not has_judge:
        return Criterion(None, NO_JUDGE)
    if reply["control"] != "picture" or reply["is_rescue"]:
        return Criterion(None, NOT_JUDGED)
    return Criterion(0.0, f"no answer ({', '.join(grade.flags)})")


def _criterion_row(name: str, value: Criterion, weights: Weights, known: Row | None) -> Row:
    row: Row = {
        "criterion_id": name,
        "weight": weights[name].weight,
        "kind": "judge" if weights[name].judged else "deterministic",
        "value_01": value.value,
        "evidence": value.why,
    }
    if known is not None:
        columns = ("judge_model", "judge_model_digest", "judge_prompt_sha256", "judge_reply")
        row |= {column: known[column] for column in columns}
    return row
