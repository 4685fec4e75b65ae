"""Measure how many descriptions a second one core grades, OCR aside.

Batch replies of eight frames are drawn from the labelled replies of the tests, each made unlike all
others by numbers of its own, so that nothing is remembered from one to the next; the frames' texts
are drawn from common words. CPU time is measured, which other programs disturb little. Prints a
Markdown table: each step by itself, and grading as the workflow does it.
"""

import argparse
import json
import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

from scribebench.grading.attribution import attribute
from scribebench.grading.flags import flag_reply
from scribebench.grading.grade import Screens, grade_run
from scribebench.grading.grounding import ground
from scribebench.grading.prose import english_words
from scribebench.grading.split import split_reply
from scribebench.report.layout import table

ROOT = Path(__file__).resolve().parents[1]
GOAL = 1000
FRAMES = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replies", type=int, default=250, help="batch replies (%(default)s)")
    parser.add_argument("--words", type=int, default=400, help="words on a frame (%(default)s)")
    args = parser.parse_args()
    chance = random.Random(1)
    replies = [drawn_reply(chance, number) for number in range(args.replies)]
    texts = {n: drawn_text(chance, args.words) for n in range(FRAMES)}
    prompt = (ROOT / "config" / "prompts" / "describe.md").read_text(encoding="utf-8")

    screens = Screens(texts)
    words = [screens.words(n) for n in range(FRAMES)]
    described = [split_reply(reply, FRAMES) for reply in replies]
    frames = [(n, one.text) for batch in described for n, one in enumerate(batch) if one.text]

    steps: dict[str, Callable[[], Any]] = {
        "split": lambda: [split_reply(reply, FRAMES) for reply in replies],
        "flags (with a split)": lambda: [
            flag_reply(reply, FRAMES, "stop", None, prompt) for reply in replies
        ],
        "the right frame": lambda: [
            attribute([one.text for one in batch], words) for batch in described
        ],
        "on the screen": lambda: [ground(text, "", screens.index(n)) for n, text in frames],
        "all, as the workflow does": lambda: graded(replies, described, texts, prompt),
    }
    rows = []
    for name, step in steps.items():
        begin = time.process_time()
        step()
        cpu_s = time.process_time() - begin
        rate = len(frames) / cpu_s
        rows.append((name, f"{1000 * cpu_s / len(frames):.2f} ms", f"{rate:,.0f}"))
    print(f"{len(replies)} replies, {len(frames)} descriptions, {args.words} words on a frame\n")
    print(table(("step", "a description", f"descriptions a second (goal {GOAL:,})"), rows))


def drawn_reply(chance: random.Random, number: int) -> str:
    """Return a reply about eight frames, with numbers that no other one has."""
    lines = (ROOT / "tests" / "data" / "grading" / "split.jsonl").read_text(encoding="utf-8")
    known = [json.loads(line) for line in lines.split("\n") if line]
    whole = [one["reply"] for one in known if one["frames"] == FRAMES and len(one["reply"]) > 1500]
    digits = re.compile(r"(?<![A-Za-z#])\d{2,}(?!\d)")
    return digits.sub(lambda match: f"{match[0]}{number}", chance.choice(whole))


def drawn_text(chance: random.Random, words: int) -> str:
    known = sorted(english_words())
    chosen = chance.choices(known, k=words)
    return "\n".join(" ".join(chosen[at : at + 8]) for at in range(0, words, 8))


def graded(replies: list[str], described: list[Any], texts: dict[int, str], prompt: str) -> Any:
    """Grade all replies as rows of one run."""
    key = {"session": "drawn", "model": "some", "variant": "base"}
    request = {"endpoint_kind": "v1", "finish_reason": "stop", "error_kind": None}
    rows = [
        key | {"request_uid": str(uid), "slot": n, "frame_index": n, "time_s": float(n)} | vars(one)
        for uid, batch in enumerate(described)
        for n, one in enumerate(batch)
    ]
    requests = {str(uid): request for uid in range(len(replies))}
    contents = {str(uid): {"content": reply} for uid, reply in enumerate(replies)}
    return list(grade_run(rows, requests, contents, Screens(texts), prompt))


if __name__ == "__main__":
    main()
