"""From a request and its reply to rows: rates, what leaves the speeds, who said what."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scribebench.backends.base import (
    Frame,
    FrameDescription,
    ImageFacts,
    ModelIdentity,
    Reply,
)
from scribebench.backends.ocr import apps_in_titles, describe_reading
from scribebench.describe.journal import Conditions
from scribebench.describe.prompt import compose, label
from scribebench.describe.rows import (
    Answered,
    RunContext,
    description_rows,
    request_row,
    speed_invalid_reasons,
)
from scribebench.project.models import Run
from scribebench.tables import DESCRIPTIONS, REQUESTS, read_rows, write_table

SETTINGS = {
    "backend": "openai",
    "quant": "Q4_K_M",
    "think": False,
    "options": {"temperature": 0.3, "num_predict": 6000, "num_ctx": 32768, "seed": 7},
}
CONTEXT = RunContext(
    "monday",
    Run("some", "base"),
    SETTINGS,
    "ab" * 32,
    ModelIdentity("some", "digest", "b1", 4096),
    {"model": "some", "max_tokens": 6000, "temperature": 0.3},
    {},
)
CONDITIONS = Conditions(60.0, "b1", 4096, {})
FRAMES = [Frame(3, 1.5, Path("3.jpg"), "f3"), Frame(9, 4.5, Path("9.jpg"), "f9")]
IMAGES = [ImageFacts("i3", 64, 48, 5), ImageFacts("i9", 32, 24, 3)]
GOOD = Reply(
    content="### Screenshot 0\n1. Visible: zero\n### Screenshot 1\n1. Visible: one\n",
    thinking="hm",
    started_at=datetime(2026, 1, 10, tzinfo=UTC),
    wall_ns=10_000_000_000,
    finish_reason="stop",
    stream_complete=True,
    http_status=200,
    ttft_ns=1,
    srv_prompt_eval_ns=2_000_000_000,
    srv_eval_ns=4_000_000_000,
    prompt_tokens=900,
    prompt_tokens_cached=100,
    prompt_tokens_evaluated=800,
    output_tokens=200,
)


class Server:
    """What a row asks of a backend."""

    endpoint_kind = "v1"
    embedded = False


class Embedded:
    endpoint_kind = "embedded"
    embedded = True


def answered(reply: Reply = GOOD, cache_hit: bool = False, **changes: Any) -> Answered:
    return Answered(0, FRAMES, IMAGES, "uid", replace(reply, **changes), CONDITIONS, cache_hit)


def row(one: Answered) -> dict[str, Any]:
    return request_row(CONTEXT, Server(), one)  # type: ignore[arg-type]


# --- speeds --------------------------------------------------------------------------------------


def test_rates_are_tokens_over_the_clock_that_they_belong_to() -> None:
    found = row(answered())
    assert found["decode_tps"] == 200 / 4
    assert found["prefill_tps"] == 800 / 2  # what came from the cache was not evaluated
    assert found["wall_tps"] == 200 / 10
    assert found["s_per_image"] == 10 / 2


@pytest.mark.parametrize(
    ("changes", "unknown"),
    [
        ({"output_tokens": None}, {"decode_tps", "wall_tps"}),
        ({"srv_eval_ns": None}, {"decode_tps"}),
        ({"srv_eval_ns": 0}, {"decode_tps"}),
        ({"srv_prompt_eval_ns": None}, {"prefill_tps"}),
        ({"prompt_tokens_evaluated": None}, {"prefill_tps"}),
        ({}, set()),
    ],
)
def test_a_rate_of_something_unknown_is_unknown(changes: dict[str, Any], unknown: set[str]) -> None:
    found = row(answered(**changes))
    rates = ("decode_tps", "prefill_tps", "wall_tps")
    assert {name for name in rates if found[name] is None} == unknown
    assert 0 not in [found[name] for name in rates]


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, []),
        ({"finish_reason": "length"}, ["not finished"]),
        ({"finish_reason": "error", "error_kind": "oom"}, ["failed", "not finished"]),
        ({"stream_complete": False}, ["stream not complete"]),
        ({"content": " \n"}, ["empty"]),
        ({"content": "", "frames": [FrameDescription()]}, []),
        ({"attempts": 2}, ["retried"]),
        ({"cache_hit": True}, ["answered for another run or batch"]),
    ],
)
def test_a_row_says_why_it_is_in_no_speed(changes: dict[str, Any], reasons: list[str]) -> None:
    one = answered(**changes)
    assert speed_invalid_reasons(one) == reasons
    found = row(one)
    assert (found["speed_valid"], found["speed_invalid_reasons"]) == (not reasons, reasons)


# --- rows ----------------------------------------------------------------------------------------


def test_a_request_fills_its_row_of_the_table(tmp_path: Path) -> None:
    write_table(tmp_path / "a.parquet", REQUESTS, [row(answered())])
    [found] = read_rows(tmp_path / "a.parquet")
    expected = {
        "session": "monday",
        "model": "some",
        "variant": "base",
        "item_id": "3+9",
        "image_count": 2,
        "image_sha256": ["i3", "i9"],
        "image_w_px": [64, 32],
        "image_h_px": [48, 24],
        "image_bytes": 8,
        "frame_ts_s": [1.5, 4.5],
        "n_ctx_requested": 32768,
        "n_ctx_effective": 4096,
        "max_output_tokens": 6000,
        "temperature": 0.3,
        "top_p": None,
        "request_seed": 7,
        "think_requested": "false",
        "thinking_chars": 2,
        "quantization": "Q4_K_M",
        "model_digest": "digest",
        "srv_total_ns": None,
        "srv_load_ns": None,
        "thinking_tokens": None,
        "images_fit": None,
        "output_text_ref": "replies.jsonl.zst#0",
    }
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("think", "asked"), [(None, "unset"), (True, "true"), (False, "false"), ("low", "low")]
)
def test_the_thinking_that_was_asked_for_is_recorded(think: Any, asked: str) -> None:
    context = replace(CONTEXT, settings=SETTINGS | {"think": think})
    found = request_row(context, Server(), answered())  # type: ignore[arg-type]
    assert found["think_requested"] == asked


def test_an_embedded_answer_sent_nothing() -> None:
    one = replace(answered(), images=[])
    found = request_row(CONTEXT, Embedded(), one)  # type: ignore[arg-type]
    assert found["image_sha256"] == ["f3", "f9"]
    sent = ("image_w_px", "image_h_px", "image_bytes", "layout", "model_state_before")
    assert [found[name] for name in sent] == [None] * 5
    assert found["image_count"] == 2


def test_a_run_has_an_id_of_its_own() -> None:
    others = [
        replace(CONTEXT, session="tuesday"),
        replace(CONTEXT, run=Run("some", "batch-1")),
        replace(CONTEXT, run=Run("other", "base")),
        CONTEXT,
    ]
    assert len({context.run_id for context in others}) == 4
    assert replace(CONTEXT, settings={}).run_id == CONTEXT.run_id


def test_each_frame_has_a_row_with_what_was_said_of_it(tmp_path: Path) -> None:
    write_table(tmp_path / "a.parquet", DESCRIPTIONS, description_rows(CONTEXT, answered()))
    rows = read_rows(tmp_path / "a.parquet")
    assert [(r["slot"], r["frame_index"], r["time_s"], r["visible"]) for r in rows] == [
        (0, 3, 1.5, "zero"),
        (1, 9, 4.5, "one"),
    ]
    assert {r["request_uid"] for r in rows} == {"uid"}


def test_a_frame_that_the_reply_leaves_out_has_a_row_without_text() -> None:
    rows = description_rows(CONTEXT, answered(content="### Screenshot 1\nx"))
    assert [r["text"] for r in rows] == [None, "x"]
    assert [r["text"] for r in description_rows(CONTEXT, answered(content=""))] == [None, None]


def test_descriptions_of_a_backend_that_makes_no_text_are_taken_as_they_are() -> None:
    frames = [FrameDescription("a", apps=["x"]), FrameDescription()]
    rows = description_rows(CONTEXT, answered(frames=frames))
    assert [(r["text"], r["apps"]) for r in rows] == [("a", ["x"]), (None, None)]


# --- what is sent --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slot", "time_s", "text"),
    [
        (0, 0.0, "Screenshot 0 (00:00:00):"),
        (3, 80.9, "Screenshot 3 (00:01:20):"),
        (12, 36_061.0, "Screenshot 12 (10:01:01):"),
    ],
)
def test_a_label_tells_number_and_time(slot: int, time_s: float, text: str) -> None:
    assert label(slot, time_s) == text


def test_no_two_pictures_stand_side_by_side() -> None:
    """Some servers fuse adjacent pictures in pairs."""
    parts = compose(FRAMES, IMAGES, "Describe.")
    assert parts == [label(0, 1.5), IMAGES[0], label(1, 4.5), IMAGES[1], "Describe."]


# --- the baseline says nothing that it did not read ----------------------------------------------


def line(text: str, top: float, bottom: float) -> dict[str, Any]:
    return {"text": text, "confidence": 1.0, "left_px": 0, "right_px": 9} | {
        "top_px": top,
        "bottom_px": bottom,
    }


LAST = line("the last line", 980, 1000)


@pytest.mark.parametrize(
    ("lines", "apps"),
    [
        ([line("notes.md - Visual Studio Code", 0, 20)], ["Visual Studio Code"]),
        ([line("Inbox — Mozilla Firefox", 0, 20)], ["Mozilla Firefox"]),
        ([line("x - VISUAL STUDIO CODE", 0, 20)], ["Visual Studio Code"]),
        ([line("notes.md - Some New Program", 0, 20)], []),
        ([line("notes.md - Visual Studio Code", 400, 420)], []),
        ([line("read about Firefox today", 0, 20)], []),
        ([line("well-known", 0, 20)], []),
        ([line("a - Firefox", 0, 20), line("b - Firefox", 10, 30)], ["Firefox"]),
        ([line("a - Firefox", 0, 20), line("b - Slack", 10, 30)], ["Firefox", "Slack"]),
    ],
)
def test_an_application_is_named_when_a_title_ends_in_it(
    lines: list[dict[str, Any]], apps: list[str]
) -> None:
    assert apps_in_titles([*lines, LAST]) == apps


def test_a_reading_is_described_by_its_own_words_only() -> None:
    lines = [line("a - Firefox", 0, 20), LAST]
    said = describe_reading(lines)
    assert said == FrameDescription(
        text="a - Firefox\nthe last line",
        visible="a - Firefox\nthe last line",
        activity=None,
        apps=["Firefox"],
        topics=None,
    )


def test_of_a_screen_without_text_nothing_is_said() -> None:
    assert describe_reading([]) == FrameDescription()
