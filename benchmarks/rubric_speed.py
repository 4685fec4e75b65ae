"""How long does grading the rubric's replies take on one core?

python benchmarks/rubric_speed.py

Grades labelled replies of many forms (tests/data/rubric) as `grade_rubric` does. The goal is 10,000
in under a minute.
"""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

from scribebench.grading.rubric.grade import grade_reply
from scribebench.rubric.items import make_item

ROOT = Path(__file__).resolve().parents[1]
REPLIES = ROOT / "tests" / "data" / "rubric" / "replies.jsonl"
COUNT, GOAL_S = 10_000, 60.0


def main() -> None:
    lines = REPLIES.read_text(encoding="utf-8").split("\n")
    replies = [json.loads(line) for line in lines if line]
    items = {one["question"]: make_item(one["question"], 0) for one in replies}
    # Loaded and compiled before the clock starts, as in a job of many replies.
    for one in replies[:: len(replies) // 50]:
        item = items[one["question"]]
        grade_reply(item.question, one["reply"], item.truth, item.prompt)
    started = time.process_time()
    for one in replies:
        item = items[one["question"]]
        grade_reply(item.question, one["reply"], item.truth, item.prompt)
    took_s = (time.process_time() - started) / len(replies) * COUNT
    chars = sum(len(one["reply"]) for one in replies) / len(replies)
    print(f"{len(replies)} replies of {chars:.0f} characters on average")
    print(
        f"{COUNT:,} take {took_s:.1f} s of CPU, {took_s / GOAL_S:.2f} of the goal of {GOAL_S:.0f} s"
    )


if __name__ == "__main__":
    main()
