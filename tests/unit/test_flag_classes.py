"""Classes of faults, each with many ways in which models show it, and with sound replies near it.

`tests/data/grading/flag_classes.jsonl` names the flag, and whether it holds, for short replies that
were made up for one class each. A `sentence` is tried as a whole reply and as one frame of three.
"""

import json
import time
from typing import Any

import pytest

from scribebench.grading.flags import flag_reply
from unit.places import DATA, ROOT

PROMPT = (ROOT / "config" / "prompts" / "describe.md").read_text(encoding="utf-8")
LINES = (DATA / "grading" / "flag_classes.jsonl").read_text(encoding="utf-8").split("\n")
CASES = [json.loads(line) for line in LINES if line]
REPLIES = [one for one in CASES if "reply" in one]
REFUSALS = [one["sentence"] for one in CASES if "sentence" in one and one["holds"]]
NO_REFUSALS = [one["sentence"] for one in CASES if "sentence" in one and not one["holds"]]
SECTION = (
    "### Screenshot {}\n1. Visible: {} with {}.\n2. Developer action: Reading code.\n"
    "3. Applications: {}\n4. Topics/projects: uploads"
)
BEFORE = SECTION.format(1, "GoLand", "server.go, the function handleUpload", "GoLand")
AFTER = SECTION.format(3, "Firefox", "pkg.go.dev/net/http", "Firefox")


def flags_of(reply: str, frames: int = 1, done_reason: str | None = "stop") -> list[str]:
    return flag_reply(reply, frames, done_reason, None, PROMPT).flags


def of_three(said: str) -> str:
    return f"{BEFORE}\n\n### Screenshot 2\n{said}\n\n{AFTER}"


@pytest.mark.parametrize("case", REPLIES, ids=lambda case: f"{case['flag']}-{case['reply'][:30]}")
def test_a_class_is_told_from_what_is_sound(case: dict[str, Any]) -> None:
    found = flags_of(case["reply"], case["frames"], case["done_reason"])
    assert (case["flag"] in found) == case["holds"]


def test_each_weak_class_has_examples_of_both_kinds() -> None:
    weak = {"gibberish", "too_brief", "merged_frames", "positional_names", "truncated"}
    for flag in weak:
        assert sum(one["holds"] for one in REPLIES if one["flag"] == flag) >= 15
        assert sum(not one["holds"] for one in REPLIES if one["flag"] == flag) >= 10
    assert len(REFUSALS) >= 100
    assert len(NO_REFUSALS) >= 40


@pytest.mark.parametrize("said", REFUSALS)
def test_refusals_of_all_kinds(said: str) -> None:
    assert "refusal" in flags_of(said)
    assert "refusal" in flags_of(said, 3)
    assert "refusal" in flags_of(of_three(said), 3)
    assert "too_brief" not in flags_of(said)


@pytest.mark.parametrize("said", [one for one in REFUSALS if '"' not in one][::3])
def test_refusals_in_the_forms_of_an_answer(said: str) -> None:
    field = f"1. Visible: {said}\n2. Developer action: N/A\n3. Applications: N/A\n4. Topics: N/A"
    assert "refusal" in flags_of(of_three(field), 3)
    record = [
        {"screenshot": 1, "visible": "Zed with main.rs"},
        {"screenshot": 2, "visible": said},
        {"screenshot": 3, "visible": "Firefox at docs.rs/tokio"},
    ]
    assert "refusal" in flags_of(json.dumps(record, ensure_ascii=False), 3)
    assert "refusal" in flags_of(json.dumps({"error": said}, ensure_ascii=False), 3)
    assert "refusal" in flags_of(f"1. Zed with main.rs\n2. {said}\n3. Firefox at docs.rs/tokio", 3)


@pytest.mark.parametrize("said", NO_REFUSALS)
def test_what_a_screen_says_is_no_refusal(said: str) -> None:
    assert "refusal" not in flags_of(said)
    assert "refusal" not in flags_of(of_three(said), 3)


@pytest.mark.parametrize(
    "unit", [" ", "a", "top left ", "image ", "n/a ", "([", "content policy ", "Screenshot 1\n"]
)
def test_long_replies_are_judged_quickly(unit: str) -> None:
    begin = time.process_time()
    flags_of(unit * (40_000 // len(unit)) + "x", 8)
    assert time.process_time() - begin < 5
