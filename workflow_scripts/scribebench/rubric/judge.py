"""Let a model judge what no rule can: whether an explanation is clear, a reasoning sound.

A judge is given the truth and anchors, and never the picture. No model judges its own replies: the
one that wrote a reply is known by its digest.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from scribebench.backends.base import Backend
from scribebench.describe.asker import Batch, open_asker
from scribebench.files import sha256_bytes
from scribebench.grading.rubric.reply import clean
from scribebench.grading.text import shown
from scribebench.progress import Progress
from scribebench.project.models import Run
from scribebench.rubric import JUDGING
from scribebench.rubric.items import Item
from scribebench.rubric.sources import FOLDER, programs, questions
from scribebench.rubric.truth_json import truth_to_json
from scribebench.rubric.truths import CodeTruth, Truth

MAX_TOKENS = 512
# A reply is graded, not read for ever.
MAX_REPLY_CHARS = 6000
VALUES = frozenset({0, 0.5, 1})
SELF = "its own reply: no model judges itself"
# What frames the reply in the prompt.
_FENCE = re.compile(r"={5,}")
# The most that a looping reply's explanation is worth.
LOOP_VALUE = 0.5


class Judged(NamedTuple):
    """One criterion of one reply as a judge values it; `value` is null when it is not judged."""

    request_uid: str
    criterion: str
    value: float | None
    evidence: str
    judge_model: str
    judge_model_digest: str | None = None
    judge_prompt_sha256: str | None = None
    judge_reply: str | None = None


def judged_criteria(question: str) -> dict[str, dict[float, str]]:
    """Return the judged criteria of a question with their anchors, by value."""
    criteria = questions()[question]["criteria"]
    return {
        name: {float(value): text for value, text in criterion["anchors"].items()}
        for name, criterion in criteria.items()
        if criterion.get("judged")
    }


def judge_prompt(item: Item, criterion: str, reply: str) -> str:
    """Return what a judge is asked; the reply cannot close its own frame."""
    anchors = judged_criteria(item.question)[criterion]
    template = (FOLDER / "judge.md").read_text(encoding="utf-8").strip()
    return template.format(
        question=item.prompt,
        reference=_reference(item.truth),
        criterion=criterion.replace("_", " "),
        full=anchors[1.0],
        half=anchors[0.5],
        none=anchors[0.0],
        reply=_FENCE.sub("(equal signs)", reply[:MAX_REPLY_CHARS]),
    )


def _reference(truth: Truth) -> str:
    """Return what is true of the picture; of a program also what it does wrong."""
    drawn = truth_to_json(truth)
    if isinstance(truth, CodeTruth):
        return f"the code is {programs()[truth.program]['about']}; {drawn}"
    return drawn


def read_verdict(said: str) -> tuple[float | None, str]:
    """Return the value that a judge gives and its reason; null when it gives none that is allowed.

    The last object counts: what stands before it is thinking aloud. What is marked as thinking is
    not read, so that a judge whose thoughts did not end has said nothing.
    """
    for found in reversed(list(_objects(shown(said)))):
        value = found.get("value")
        if isinstance(value, int | float) and not isinstance(value, bool) and value in VALUES:
            return float(value), str(found.get("reason", ""))[:500]
    return None, "the judge's answer holds no value of 0, 0.5 or 1"


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of a text that stand in no other one; a reason can hold braces."""
    place = text.find("{")
    while place >= 0:
        try:
            found, end = json.JSONDecoder().raw_decode(text, place)
            yield found
        except (ValueError, RecursionError):
            end = place + 1
        place = text.find("{", end)


def judge_rubric(
    judge: Run,
    settings: dict[str, Any],
    replies: list[dict[str, Any]],
    items: dict[tuple[str, int], Item],
    writer_digest: str | None,
    writer: str,
    backend: Backend,
    state: Path,
    gpu_slots: int,
) -> list[Judged]:
    """Judge the criteria of replies that need it; `replies` are those of rubric.ask.read_replies.

    `items` are by question and variant; `writer` is the model that wrote them, of any variant.
    Finished requests are taken from the judge's journal. Raises ScribebenchError for an
    infrastructure fault.
    """
    wanted = list(_wanted(replies, items))
    named = str(judge)
    with (
        open_asker(JUDGING, judge, settings, "", backend, state, gpu_slots, "judge") as asker,
        Progress(f"judge {judge}", len(wanted), "criteria") as progress,
    ):
        digest = asker.context.digest
        # The digests of some servers hold their arguments, so that variants have others.
        if judge.model == writer or (digest is not None and digest == writer_digest):
            return [Judged(uid, name, None, SELF, named, digest) for uid, name, _, _ in wanted]
        judged: list[Judged] = []
        broken: str | None = None
        for number, (uid, criterion, prompt, flags) in enumerate(wanted):
            batch = Batch(number, [], [], [prompt], max_tokens=MAX_TOKENS)
            answered = asker.answered_before(batch)
            if answered is None:
                broken = broken or asker.why_broken()
                if broken:
                    why = f"the judge's backend is broken: it {broken}"
                    judged.append(Judged(uid, criterion, None, why, named, digest))
                    continue
                answered = asker.ask(batch)
            said = answered.reply.content
            value, reason = read_verdict(said)
            if value is not None and "loop" in flags:
                value = min(value, LOOP_VALUE)
            prompt_hash = sha256_bytes(prompt.encode())
            judged.append(Judged(uid, criterion, value, reason, named, digest, prompt_hash, said))
            progress.advance()
        return judged


def _wanted(
    replies: list[dict[str, Any]], items: dict[tuple[str, int], Item]
) -> Iterator[tuple[str, str, str, list[str]]]:
    """Yield request_uid, criterion, prompt and flags of what is to be judged."""
    for reply in replies:
        if reply["control"] != "picture" or reply["is_rescue"]:
            continue
        item = items[reply["question"], reply["variant"]]
        cleaned = clean(reply["content"], item.prompt)
        for criterion in judged_criteria(item.question) if cleaned.is_answer else ():
            prompt = judge_prompt(item, criterion, cleaned.text)
            yield reply["request_uid"], criterion, prompt, cleaned.flags
