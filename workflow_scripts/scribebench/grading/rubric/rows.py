"""From replies to the rubric to the rows of `rubric_items` and `criteria`."""

from collections.abc import Iterable, Mapping
from typing import Any

from scribebench.grading.rubric.criterion import Criterion
from scribebench.grading.rubric.grade import (
    LOWEST,
    SPAN,
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


def grade_rows(
    key: Mapping[str, str],
    replies: Iterable[Row],
    items: Mapping[tuple[str, int], Item],
    judged: Mapping[tuple[str, str], Row],
) -> tuple[list[Row], list[Row]]:
    """Return the rows of `rubric_items` and of `criteria`, in the order of the replies.

    `key` holds model and variant; `replies` are those of rubric.ask.read_replies; `items` are by
    question and variant; `judged` are a judge's values, by request_uid and criterion.
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
            place
            | _criterion_row(name, values[name], weights, judged.get((reply["request_uid"], name)))
            for name in weights
        ]
    for row in graded:
        if row["control"] == "picture":
            where = (row["question"], row["item_variant"], row["repeat_index"])
            row["rescue_score"] = rescued.get(where)
    return graded, criteria


def _values(
    reply: Row, item: Item, weights: Weights, judged: Mapping[tuple[str, str], Row]
) -> tuple[dict[str, Criterion], list[str]]:
    if reply["error_kind"] in NO_REPLY and not reply["content"]:
        why = f"unscored: there is no reply ({reply['error_kind']})"
        return {name: Criterion(None, why) for name in weights}, []
    grade = grade_reply(item.question, reply["content"], item.truth, item.prompt, weights)
    values = dict(grade.criteria)
    for name in weights:
        if not weights[name].judged:
            continue
        known = judged.get((reply["request_uid"], name))
        values[name] = Criterion(None, NO_JUDGE)
        if known is not None:
            values[name] = Criterion(known["value"], known["evidence"])
    return values, grade.flags


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
