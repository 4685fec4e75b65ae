"""Grading a run: what stands in a row for each frame."""

import json
from pathlib import Path
from typing import Any

import zstandard

from scribebench.grading.grade import Screens, grade_run, read_replies
from scribebench.grading.truth import read_truth
from scribebench.tables import GRADES, read_rows, write_table

KEY = {"session": "monday", "model": "some", "variant": "base", "request_uid": "one"}
SCREENS = {
    3: "main.py - Visual Studio Code\ndef drain_queue(limit=250):\n  raise QueueFull",
    7: "tomas@kestrel: pytest -q\n4 failed, 88 passed in 12.31s\ntest_invoice_total",
}
EDITOR = "Visible: VS Code with `main.py`, function drain_queue. Applications: VS Code"
SHELL = "Visible: a terminal with `pytest -q`, 4 failed, 88 passed, test_invoice_total."


def rows(*texts: str | None, **more: Any) -> list[dict[str, Any]]:
    return [
        KEY
        | {"slot": slot, "frame_index": frame, "time_s": 1.0 * frame, "text": text}
        | {"visible": None, "activity": None, "apps": None, "topics": None}
        | more
        for slot, (frame, text) in enumerate(zip(SCREENS, texts, strict=True))
    ]


def grades(described: list[dict[str, Any]], content: str = "", **request: Any) -> list[Any]:
    usual = {"endpoint_kind": "v1", "finish_reason": "stop", "error_kind": None}
    replies = {"one": {"request_uid": "one", "content": content, "thinking": ""}}
    screens = Screens(SCREENS)
    return list(grade_run(described, {"one": usual | request}, replies, screens, "Describe."))


def reply_of(*texts: str) -> str:
    return "\n".join(f"### Screenshot {slot}\n{text}" for slot, text in enumerate(texts))


def test_a_description_of_its_own_frame_is_right_and_grounded() -> None:
    one, two = grades(rows(EDITOR, SHELL), reply_of(EDITOR, SHELL))
    assert (one["attribution"], two["attribution"]) == ("right", "right")
    assert one["flags"] == []
    assert "main.py" in one["grounded"]
    assert (one["specifics_invented"], one["grounded_share"]) == (0, 1.0)


def test_descriptions_in_each_others_place_are_caught() -> None:
    one, two = grades(rows(SHELL, EDITOR), reply_of(SHELL, EDITOR))
    assert (one["attribution"], one["swapped_with_slot"]) == ("swapped", 1)
    assert (two["attribution"], two["swapped_with_slot"]) == ("swapped", 0)
    assert one["specifics_invented"] > 0
    assert json.loads(one["attribution_json"])["other_words"]


def test_two_batches_of_one_request_are_graded_each_for_itself() -> None:
    """Their pictures and labels are the same, byte for byte; they stand beside each other."""
    first, reply = rows(EDITOR, SHELL), reply_of(EDITOR, SHELL)
    second = [row | {"frame_index": row["frame_index"] + 10} for row in first]
    texts = SCREENS | {frame + 10: text for frame, text in SCREENS.items()}
    request = {"endpoint_kind": "v1", "finish_reason": "stop", "error_kind": None}
    replies = {"one": {"request_uid": "one", "content": reply, "thinking": ""}}

    def graded(described: list[dict[str, Any]]) -> list[Any]:
        return list(grade_run(described, {"one": request}, replies, Screens(texts), "Describe."))

    together = graded([*first, *second])
    assert together == [*graded(first), *graded(second)]
    assert [grade["attribution"] for grade in together] == ["right"] * 4
    assert [grade["flags"] for grade in together] == [[]] * 4


def test_a_loop_stands_in_every_row_of_its_request() -> None:
    content = reply_of(EDITOR, SHELL) + "\nIt fails. It fails again." * 60
    for grade in grades(rows(EDITOR, SHELL), content, finish_reason="length"):
        assert {"loop", "truncated"} <= set(grade["flags"])
        assert grade["loop_fraction"] > 0.5
        assert grade["compression_ratio"] > 3
        assert "times" in json.loads(grade["flags_json"])["loop"]


def test_what_is_missing_is_omitted_and_null() -> None:
    _, two = grades(rows(EDITOR, None), reply_of(EDITOR))
    assert (two["attribution"], two["is_described"]) == ("omitted", False)
    assert two.get("specifics_grounded") is None
    assert "wrong_count" in two["flags"]


def test_a_request_that_failed_is_not_judged() -> None:
    failed = {"finish_reason": "error", "error_kind": "oom"}
    assert all(grade.get("flags") is None for grade in grades(rows(None, None), **failed))


def test_the_baseline_is_not_judged_as_a_model() -> None:
    [one, _] = grades(rows(EDITOR, SHELL, apps=["vs code"]), endpoint_kind="embedded")
    assert one.get("flags") is None
    assert one.get("attribution") is None
    assert one["apps"] == ["Visual Studio Code"]


def test_a_truth_is_looked_up_by_time(tmp_path: Path) -> None:
    path = tmp_path / "truth.json"
    segment = {"start_s": 0.0, "end_s": 5.0, "app": "VS Code", "key_strings": ["drain_queue", "x9"]}
    path.write_text(json.dumps({"segments": [segment]}))
    request = {"endpoint_kind": "v1", "finish_reason": "stop", "error_kind": None}
    described = rows(EDITOR, SHELL)
    one, two = grade_run(described, {"one": request}, {}, Screens(SCREENS), "", read_truth(path))
    assert one["truth_key_strings_found"] == ["drain_queue"]
    assert one["truth_key_strings_missing"] == ["x9"]
    assert two["truth_segment"] is None


def test_rows_fit_their_table_and_replies_are_read_back(tmp_path: Path) -> None:
    lines = [{"request_uid": "one", "content": "é", "thinking": ""}, {"request_uid": "two"}]
    path = tmp_path / "replies.jsonl.zst"
    with zstandard.open(path, "wb") as stream:
        stream.write("\n".join(map(json.dumps, lines)).encode())
    assert read_replies(path)["one"]["content"] == "é"
    table = tmp_path / "grades.parquet"
    write_table(table, GRADES, grades(rows(EDITOR, SHELL), reply_of(EDITOR, SHELL)))
    assert [row["frame_index"] for row in read_rows(table)] == list(SCREENS)
