"""Labelled replies: how often flags and splitting agree with people who judged them by hand.

The specimens were written, and labelled by shared conventions, by people who did not write the
rules (tests/data/grading/README.md).
"""

import json
import re
from collections import Counter
from functools import cache
from typing import Any

import pytest

from scribebench.grading.flags import FLAGS, Flagged, flag_reply
from scribebench.grading.split import split
from unit.places import DATA, ROOT

PROMPT = (ROOT / "config" / "prompts" / "describe.md").read_text(encoding="utf-8")
FIELDS = ("apps", "activity", "topics")


@cache
def specimens(name: str) -> list[dict[str, Any]]:
    lines = (DATA / "grading" / f"{name}.jsonl").read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


@cache
def judged() -> list[tuple[dict[str, Any], Flagged]]:
    return [
        (one, flag_reply(one["reply"], one["frames"], one["done_reason"], one["thinking"], prompt))
        for one in specimens("flags")
        for prompt in [one["prompt"] or PROMPT]
    ]


def disputed(one: dict[str, Any]) -> set[str]:
    """Flags on which careful people may differ."""
    return set(one.get("either", []))


@pytest.mark.parametrize("flag", FLAGS)
def test_a_flag_agrees_with_people(flag: str) -> None:
    counts = Counter(
        (flag in one["flags"], flag in flagged.flags)
        for one, flagged in judged()
        if flag not in disputed(one)
    )
    right = counts[True, True]
    assert right >= 60
    assert right / (right + counts[False, True]) >= 0.98, "precision"
    assert right / (right + counts[True, False]) >= 0.98, "recall"


def test_healthy_replies_are_not_flagged() -> None:
    healthy = [(one, flagged) for one, flagged in judged() if not one["flags"]]
    flagged = [one["id"] for one, found in healthy if set(found.flags) - disputed(one)]
    assert len(healthy) > 600
    assert len(flagged) <= 0.01 * len(healthy), flagged


def test_each_flag_has_its_evidence() -> None:
    for _, flagged in judged():
        assert all(flagged.evidence[flag] for flag in flagged.flags)
        assert set(flagged.evidence) == set(flagged.flags)


def test_frames_are_split_as_people_split_them() -> None:
    wrong, total = [], 0
    for one in specimens("split"):
        parts = split(one["reply"], one["frames"])
        expected = {frame["frame"]: frame for frame in one["expected"]["frames"]}
        for slot, frame in enumerate(parts.frames):
            total += 1
            if not agrees(vars(frame), expected.get(slot)):
                wrong.append((one["id"], slot))
    assert total > 1500
    assert len(wrong) <= 0.01 * total, wrong


@pytest.mark.parametrize("name", ["merged", "missing"])
def test_merged_and_missing_frames_are_told(name: str) -> None:
    wrong = [
        one["id"]
        for one in specimens("split")
        if name in one["expected"]
        and getattr(split(one["reply"], one["frames"]), name)
        not in (one["expected"][name], one["expected"].get(f"{name}_or"))
    ]
    assert len(wrong) <= 3, wrong


def agrees(frame: dict[str, Any], expected: dict[str, Any] | None) -> bool:
    text = frame["text"] or ""
    if expected is None:
        return not text.strip()
    return (
        all(part in text for part in expected["text_contains"])
        and not any(part in text for part in expected["text_excludes"])
        and all(plain(frame[name]) == plain(expected[name]) for name in FIELDS if name in expected)
    )


def plain(value: Any) -> Any:
    """Case, white space and a trailing full stop do not matter."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value and re.sub(r"\.$", "", value.strip().casefold()).strip()
