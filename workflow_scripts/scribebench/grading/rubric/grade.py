"""Grade one reply to one question of the rubric: criterion by criterion, and on the 1-5 scale."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import NamedTuple

from scribebench.grading.rubric.criterion import Criterion
from scribebench.grading.rubric.reply import clean
from scribebench.rubric.sources import questions
from scribebench.rubric.truths import TextTruth, Truth

# The module that scores each question, and its function: `(reply, truth) -> {name: Criterion}`.
SCORERS = MappingProxyType(
    {
        "VL-T1-Q1": ("text_question", "score"),
        "VL-T1-Q2": ("shapes", "score"),
        "VL-T1-Q3": ("icon", "score"),
        "VL-T2-Q1": ("chart", "score"),
        "VL-T2-Q2": ("invoice", "score"),
        "VL-T2-Q3": ("code_question", "score"),
        "VL-T3-Q1": ("equation", "score"),
        "VL-T3-Q2": ("flowchart", "score"),
        "VL-T3-Q3": ("differences", "score"),
        "VL-T3-Q4": ("pattern", "score"),
        "VL-FM-Q1": ("failure_modes", "score_turned_text"),
        "VL-FM-Q2": ("failure_modes", "score_dense_table"),
        "VL-FM-Q3": ("failure_modes", "score_long_text"),
    }
)
LOWEST, SPAN = 1.0, 4.0
SLACK = 12  # characters that may stand around a text, as quotes and list marks do


class Weight(NamedTuple):
    """What a criterion weighs in its question, and whether only a judge can value it."""

    weight: float
    judged: bool


class ItemGrade(NamedTuple):
    """What a reply got.

    `score` is on the 1-5 scale, null when no criterion was scored; `weight_scored` is the share of
    the question's weight that was.
    """

    score: float | None
    weight_scored: float
    criteria: dict[str, Criterion]
    flags: list[str]


Weights = Mapping[str, Weight]


@cache
def weights_of() -> Mapping[str, Weights]:
    """Return the criteria of each question with their weights, as `questions.yaml` has them."""
    return MappingProxyType(
        {
            key: MappingProxyType(
                {
                    name: Weight(criterion["weight"], criterion.get("judged", False))
                    for name, criterion in question["criteria"].items()
                }
            )
            for key, question in questions().items()
        }
    )


def grade_reply(
    question: str, reply: str, truth: Truth, prompt: str, weights: Weights | None = None
) -> ItemGrade:
    """Grade `reply` to `prompt` about an image of which `truth` is true.

    Judged criteria stay null: their weight is left out and the rest is renormalised. What is no
    answer (empty, refused, gibberish, only the prompt) gets 0 in every other criterion.
    """
    known = weights_of()[question] if weights is None else weights
    cleaned = clean(reply, prompt)
    if cleaned.is_answer:
        module, function = SCORERS[question]
        scorer = getattr(import_module(f"scribebench.grading.rubric.{module}"), function)
        scored = scorer(cleaned.text, truth)
        if "loop" in cleaned.flags and isinstance(truth, TextTruth):
            scored = _of_a_loop(scored, cleaned.text, truth)
    else:
        reason = f"no answer ({', '.join(cleaned.flags)})"
        scored = {name: Criterion(0.0, reason) for name in known}
    criteria = {
        name: Criterion(None, "needs a judge") if weight.judged else scored[name]
        for name, weight in known.items()
    }
    score, weight_scored = item_score(criteria, known)
    return ItemGrade(score, weight_scored, criteria, cleaned.flags)


def _of_a_loop(
    scored: Mapping[str, Criterion], text: str, truth: TextTruth
) -> dict[str, Criterion]:
    """Return the criteria of a text that is given again and again, as if the image had many lines.

    A sentence that comes again keeps what its first pass earned.
    """
    line = text.rstrip().rsplit("\n", 1)[-1]
    if "no_hallucination" not in scored or len(line) > len(truth.text) + SLACK:
        return dict(scored)
    exact = min(scored["exact_text"].value or 0.0, 0.5)
    return dict(scored) | {
        "exact_text": Criterion(exact, "the text comes again and again"),
        "no_hallucination": Criterion(0.0, "a loop: many lines are claimed"),
    }


def item_score(criteria: Mapping[str, Criterion], weights: Weights) -> tuple[float | None, float]:
    """Return the score of an item on the 1-5 scale, and the share of its weight that is in it."""
    scored = {name: one.value for name, one in criteria.items() if one.value is not None}
    weight_scored = sum(weights[name].weight for name in scored)
    if not weight_scored:
        return None, 0.0
    earned = sum(weights[name].weight * value for name, value in scored.items())
    whole = sum(weight.weight for weight in weights.values())
    return LOWEST + SPAN * earned / weight_scored, weight_scored / whole
