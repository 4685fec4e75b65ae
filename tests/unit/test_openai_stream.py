"""The client of OpenAI-style servers: streams as servers send them, and what can go wrong."""

import base64
import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from scribebench.backends import http, openai, streams
from scribebench.backends.base import Frame, Part, Reply, SentImage, ServerUnreachableError
from scribebench.backends.openai import OpenAiBackend, connect
from scribebench.backends.streams import (
    MAX_ERROR_CHARS,
    Clock,
    TooLongError,
    TransientError,
    split_thinking,
)
from scribebench.errors import ScribebenchError
from unit.places import DATA
from unit.scripted_server import MODELS, Answer, Scripted, as_json, as_stream, scripted

KEY = "sk-very-secret-0123456789"
FRAMES = [Frame(3, 1.5, Path("x.jpg"), "aa")]
IMAGE = SentImage(b"\xff\xd8jpeg", "aa", "image/jpeg", 64, 48)
PARTS: list[Part] = ["Screenshot 0 (00:00:01):", IMAGE, "Describe."]
STOP = {"choices": [{"finish_reason": "stop", "index": 0, "delta": {}}]}
Event = dict[str, Any] | None


def said(content: str = "", finish: str | None = None, **delta: Any) -> dict[str, Any]:
    value = ({"content": content} if content else {}) | delta
    return {"choices": [{"finish_reason": finish, "index": 0, "delta": value}]}


def read(*events: Event, limit_s: float = 60.0) -> Reply:
    """Read a stream of events that has ended."""
    return openai._read_stream(iter(events), datetime.now(UTC), Clock(limit_s))


def recorded(name: str) -> list[Event]:
    """The events of a stream of the real llama-server."""
    path = DATA / "streams" / f"{name}.txt"
    return list(openai._events(path.read_text(encoding="utf-8").splitlines()))


def backend(server: Scripted, key: str | None = None, **settings: Any) -> OpenAiBackend:
    known = {"url": server.url, "tag": "some", "options": {"num_predict": 50}}
    return OpenAiBackend(known | settings, key)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "FIRST_BACKOFF_S", 0.01)


# --- streams of the real server ------------------------------------------------------------------


def test_a_stream_of_llama_server_is_read_with_its_counts_and_clocks() -> None:
    reply = read(*recorded("llama_server_whole"))
    assert reply.content == (DATA / "replies" / "three_in_order.txt").read_text(encoding="utf-8")
    assert reply.thinking == ""
    assert (reply.finish_reason, reply.finish_reason_raw) == ("stop", "stop")
    assert reply.stream_complete
    assert (reply.prompt_tokens, reply.prompt_tokens_evaluated) == (772, 772)
    assert (reply.prompt_tokens_cached, reply.output_tokens) == (0, 28)
    assert (reply.srv_prompt_eval_ns, reply.srv_eval_ns) == (167_242_000, 28_978_000)
    assert (reply.error_kind, reply.error_message, reply.http_status) == (None, None, 200)
    assert reply.ttft_ns is not None and reply.ttft_content_ns is not None
    assert reply.ttft_ns <= reply.ttft_content_ns <= reply.wall_ns


def test_a_stream_that_ran_into_the_limit_is_not_finished() -> None:
    reply = read(*recorded("llama_server_loop_to_the_limit"))
    assert (reply.finish_reason, reply.output_tokens) == ("length", 80)
    assert reply.content.count("### Screenshot 0") > 1
    assert reply.stream_complete


def test_thinking_in_the_content_is_taken_out_of_the_reply() -> None:
    reply = read(*recorded("llama_server_think_tag"))
    assert reply.content.startswith("### Screenshot 0\n")
    assert "</think>" not in reply.content
    assert reply.thinking.startswith("\nThere are screenshots here,")


def test_the_first_content_is_that_after_the_thinking() -> None:
    events = recorded("llama_server_think_tag")

    def slowly() -> Iterator[Event]:
        for event in events:
            if event and "</think>" in json.dumps(event):
                time.sleep(0.05)
            yield event

    reply = openai._read_stream(slowly(), datetime.now(UTC), Clock(60))
    assert reply.ttft_ns is not None and reply.ttft_content_ns is not None
    assert reply.ttft_content_ns - reply.ttft_ns >= 50_000_000


# --- shapes of chunks ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_thinking_has_a_clock_of_its_own(name: str) -> None:
    def slowly() -> Iterator[Event]:
        yield said(role="assistant", content=None)
        yield said(**{name: "let me "})
        yield said(**{name: "think"})
        time.sleep(0.03)
        yield said("answer")
        yield from (STOP, None)

    reply = openai._read_stream(slowly(), datetime.now(UTC), Clock(60))
    assert (reply.content, reply.thinking) == ("answer", "let me think")
    assert reply.ttft_ns is not None and reply.ttft_content_ns is not None
    assert reply.ttft_content_ns - reply.ttft_ns >= 30_000_000


@pytest.mark.parametrize(
    ("pieces", "first"),
    [
        (["hm", " so", "</think>", "\n\n", "answer"], 4),
        (["hm", " so</think>\n", "answer", " more"], 2),
        (["hm", " so</think>answer", " more"], 1),
        (["hm", " so</th", "ink>", "answer"], 3),
        (["hm</think>answer", " more"], 0),
        (["\n", "hm", " so", "</think>answer"], 3),
        # A tag of which the text speaks is text.
        (["the <thi", "nk> tag", "</think>", "answer"], 0),
        (["answer", " more"], 0),
        (["hm", " so", "</think>", "\n"], None),
    ],
)
def test_thinking_that_the_chat_template_opened_is_no_first_content(
    pieces: list[str], first: int | None
) -> None:
    class Steps(Clock):
        step = 0

        def ns(self) -> int:
            return self.step

    streamed, clock = streams.Said(), Steps(60)
    for clock.step, piece in enumerate(pieces):
        streamed.take(piece, "", clock)
    assert streamed.ttft_ns == 0
    assert streamed.ttft_content_ns == first


def test_a_closing_tag_after_thinking_of_its_own_is_first_content() -> None:
    reply = read(said(reasoning_content="hm"), said("so</think>"), said("x"), STOP, None)
    assert (reply.content, reply.thinking) == ("so</think>x", "hm")
    streamed, clock = streams.Said(), Clock(60)
    streamed.take("", "hm", clock)
    streamed.take("so</think>", "", clock)
    assert streamed.ttft_content_ns is not None


def test_a_reply_of_thinking_only_has_no_first_content() -> None:
    reply = read(said(reasoning_content="hm"), said(finish="length"), None)
    assert (reply.content, reply.thinking, reply.finish_reason) == ("", "hm", "length")
    assert reply.ttft_ns is not None
    assert reply.ttft_content_ns is None


def test_a_reply_of_thinking_in_the_content_only_has_no_first_content() -> None:
    reply = read(said("<think>"), said("hm"), said(finish="length"), None)
    assert (reply.content, reply.thinking, reply.finish_reason) == ("", "hm", "length")
    assert reply.ttft_content_ns is None


@pytest.mark.parametrize(
    ("content", "split"),
    [
        ("answer", ("answer", "")),
        ("<think>hm</think>answer", ("answer", "hm")),
        ("\n <think>hm</think>\n\nanswer", ("answer", "hm")),
        ("<think>\n\n</think>\n\nanswer", ("answer", "\n\n")),
        ("<think>hm", ("", "hm")),
        ("<think>", ("", "")),
        ("<think>a</think>b</think>c", ("b</think>c", "a")),
        ("the <think> tag</think> is open", ("the <think> tag</think> is open", "")),
        ("", ("", "")),
    ],
)
def test_a_leading_think_block_is_thinking(content: str, split: tuple[str, str]) -> None:
    assert split_thinking(content, "") == split
    assert split_thinking(content, "before ") == (split[0], "before " + split[1])


def test_thinking_that_the_chat_template_opened_is_thinking() -> None:
    assert split_thinking("hm</think>\n\nanswer", "") == ("answer", "hm")
    # With thinking of its own, a closing tag in the reply is text.
    assert split_thinking("hm</think>answer", "before") == ("hm</think>answer", "before")


def test_counts_and_clocks_that_a_server_does_not_tell_are_unknown() -> None:
    reply = read(said("answer"), STOP, None)
    assert reply.prompt_tokens is None
    assert reply.prompt_tokens_cached is None
    assert reply.prompt_tokens_evaluated is None
    assert reply.output_tokens is None
    assert (reply.srv_prompt_eval_ns, reply.srv_eval_ns) == (None, None)
    assert (reply.content, reply.finish_reason) == ("answer", "stop")


def test_usage_alone_gives_counts_and_no_clocks() -> None:
    usage = {
        "prompt_tokens": 900,
        "completion_tokens": 40,
        "prompt_tokens_details": {"cached_tokens": 100},
    }
    reply = read(said("answer"), STOP, {"choices": [], "usage": usage}, None)
    assert (reply.prompt_tokens, reply.prompt_tokens_cached, reply.output_tokens) == (900, 100, 40)
    assert (reply.prompt_tokens_evaluated, reply.srv_eval_ns) == (None, None)
    assert reply.thinking_tokens is None


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"completion_tokens_details": {"reasoning_tokens": 31}}, 31),
        ({"completion_tokens_details": {"reasoning_tokens": 0}}, 0),
        ({"output_tokens_details": {"reasoning_tokens": 31}}, 31),
        ({"completion_tokens_details": {"reasoning_tokens": "31"}}, None),
        ({"completion_tokens_details": None}, None),
        ({"completion_tokens_details": [31]}, None),
    ],
)
def test_the_tokens_of_thinking_are_those_that_are_told(usage: Any, tokens: int | None) -> None:
    usage = {"completion_tokens": 40} | usage
    reply = read(said("answer"), STOP, {"choices": [], "usage": usage}, None)
    assert (reply.thinking_tokens, reply.output_tokens) == (tokens, 40)


def test_the_metrics_of_vllm_are_server_clocks() -> None:
    usage = {"prompt_tokens": 42, "completion_tokens": 128}
    metrics = {"time_to_first_token_ms": 85.2, "generation_time_ms": 1240.5, "queue_time_ms": 12.3}
    reply = read(said("Hello", "stop"), {"choices": [], "usage": usage, "metrics": metrics}, None)
    assert (reply.srv_prompt_eval_ns, reply.srv_eval_ns) == (85_200_000, 1_240_500_000)
    assert (reply.prompt_tokens, reply.output_tokens) == (42, 128)


@pytest.mark.parametrize(
    ("prompt", "output"),
    [("prompt_tokens", "completion_tokens"), ("input_tokens", "output_tokens")],
)
def test_the_speeds_of_mlx_vlm_are_server_clocks(prompt: str, output: str) -> None:
    usage = {prompt: 1000, output: 50, "prompt_tps": 500.0, "generation_tps": 25.0}
    reply = read(said("Hello", "stop"), {"choices": [], "usage": usage}, None)
    assert (reply.srv_prompt_eval_ns, reply.srv_eval_ns) == (2_000_000_000, 2_000_000_000)
    assert (reply.prompt_tokens, reply.output_tokens) == (1000, 50)


@pytest.mark.parametrize("tps", [0, -1, True, "fast", None])
def test_a_speed_that_is_none_gives_no_clock(tps: Any) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 50, "generation_tps": tps}
    reply = read(said("Hello", "stop"), {"choices": [], "usage": usage}, None)
    assert (reply.srv_prompt_eval_ns, reply.srv_eval_ns) == (None, None)


def test_the_timings_of_llama_server_count_before_its_usage() -> None:
    usage = {"completion_tokens": 41, "prompt_tokens_details": {"cached_tokens": 5}}
    timings = {"cache_n": 7, "prompt_n": 893, "predicted_n": 40}
    reply = read(said("answer"), STOP | {"usage": usage, "timings": timings}, None)
    assert (reply.prompt_tokens_cached, reply.prompt_tokens_evaluated) == (7, 893)
    assert reply.output_tokens == 40


@pytest.mark.parametrize(
    "usage", [{"prompt_tokens": -1}, {"prompt_tokens": "9"}, {"prompt_tokens": True}, {}, None]
)
def test_a_count_that_is_none_is_unknown(usage: Any) -> None:
    reply = read(said("answer"), STOP, {"choices": [], "usage": usage}, None)
    assert reply.prompt_tokens is None


@pytest.mark.parametrize("value", [-1, "9", None])
def test_a_clock_that_is_none_is_unknown(value: Any) -> None:
    reply = read(said("x"), STOP | {"timings": {"prompt_ms": value, "predicted_ms": 2.5}}, None)
    assert (reply.srv_prompt_eval_ns, reply.srv_eval_ns) == (None, 2_500_000)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("content_filter", "content_filter"),
        ("tool_calls", "incomplete"),
        ("invented", "incomplete"),
    ],
)
def test_reasons_to_finish_are_put_into_our_words(raw: str, reason: str) -> None:
    reply = read(said("answer"), said(finish=raw), None)
    assert (reply.finish_reason, reply.finish_reason_raw) == (reason, raw)


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        ({"message": "CUDA out of memory", "type": "server_error"}, "oom", "out of memory"),
        ({"message": "request exceeds the context size", "code": 400}, "context_overflow", "exc"),
        ("prediction aborted, token repeat limit reached", "server", "repeat limit"),
        ({"message": "image input is not supported"}, "unsupported", "image input"),
        ({"message": "x" * 5000}, "server", "x" * 400),
    ],
)
def test_an_error_in_the_middle_of_a_stream_is_recorded(error: Any, kind: str, told: str) -> None:
    reply = read(said("half"), {"error": error}, said("never read"), STOP, None)
    reason = "context" if kind == "context_overflow" else "error"
    assert (reply.content, reply.finish_reason, reply.error_kind) == ("half", reason, kind)
    assert not reply.stream_complete
    assert told in (reply.error_message or "")


@pytest.mark.parametrize(
    "line",
    [
        # vLLM, older versions, and llama-server, older versions
        'data: {"object": "error", "message": "CUDA out of memory", "code": 500}\n\n',
        'error: {"code": 500, "message": "CUDA out of memory", "type": "server_error"}\n\n',
        "error: CUDA out of memory\n\n",
    ],
)
@pytest.mark.parametrize("done", [True, False])
def test_an_error_that_is_not_wrapped_is_one(line: str, done: bool) -> None:
    with scripted(ask=as_stream(said("half"), line, done=done)) as server:
        reply = backend(server).ask(FRAMES, PARTS)
        assert len(server.bodies()) == 1
    assert (reply.content, reply.finish_reason, reply.error_kind) == ("half", "error", "oom")
    assert "out of memory" in (reply.error_message or "")
    assert not reply.stream_complete


def test_an_error_that_is_not_wrapped_is_tried_again_when_it_may_pass() -> None:
    busy = {"object": "error", "message": "too many requests", "code": 429}
    line = 'error: {"code": 503, "message": "busy"}\n\n'
    with scripted(ask=[as_stream(busy), as_stream(line), GOOD]) as server:
        reply = backend(server).ask(FRAMES, PARTS)
    assert (reply.content, reply.attempts) == ("answer", 3)


@pytest.mark.parametrize("event", [{"object": "error"}, {"error": {"code": 500}}])
def test_an_error_without_words_is_one(event: dict[str, Any]) -> None:
    reply = read(said("half"), event, None)
    assert (reply.finish_reason, reply.error_kind) == ("error", "server")
    assert reply.error_message


def test_a_long_error_in_the_middle_of_a_stream_is_cut() -> None:
    with scripted(ask=as_stream(said("half"), {"error": "x" * 5000})) as server:
        reply = backend(server).ask(FRAMES, PARTS)
    assert reply.error_message == "x" * MAX_ERROR_CHARS


def test_a_stream_that_breaks_off_is_asked_again() -> None:
    with pytest.raises(TransientError, match="broke off"):
        read(said("half"))
    with pytest.raises(TransientError, match="broke off"):
        read()


def test_a_stream_without_its_end_mark_is_finished_but_not_complete() -> None:
    reply = read(said("answer"), STOP)
    assert (reply.content, reply.finish_reason, reply.stream_complete) == ("answer", "stop", False)


def test_an_end_mark_without_a_reason_is_incomplete() -> None:
    reply = read(said("answer"), None)
    assert (reply.finish_reason, reply.stream_complete) == ("incomplete", True)


def test_a_reply_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_REPLY_CHARS", 1000)
    endless = cycle([said("x" * 99), said(reasoning_content="y" * 99)])
    reply = openai._read_stream(endless, datetime.now(UTC), Clock(60))
    assert reply.finish_reason == "error"
    assert "longer than 1000 characters" in (reply.error_message or "")
    assert 1000 < len(reply.content) + len(reply.thinking) < 1200
    assert not reply.stream_complete


def test_a_reply_that_takes_too_long_is_cut() -> None:
    def slowly() -> Iterator[Event]:
        while True:
            time.sleep(0.01)
            yield said("x")

    reply = openai._read_stream(slowly(), datetime.now(UTC), Clock(0.1))
    assert (reply.finish_reason, reply.error_kind) == ("client_timeout", "timeout")
    assert 0.1e9 < reply.wall_ns < 2e9
    assert reply.content.startswith("x")


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"choices": None},
        {"choices": []},
        {"choices": [{}]},
        {"choices": [{"delta": None}]},
        {"choices": [None]},
        {"choices": {}},
        {"choices": {"a": 1}},
        {"choices": "text"},
        {"choices": [{"delta": "text"}]},
        {"choices": [{"delta": {"content": 7}}]},
        {"choices": [{"delta": {"content": [{"type": "text", "text": "x"}]}}]},
        {"usage": []},
        {"usage": "many", "choices": []},
        {"usage": {"prompt_tokens_details": 5}},
        {"timings": [1]},
        {"timings": {"prompt_ms": float("inf")}},
    ],
    ids=lambda event: json.dumps(event),
)
def test_a_chunk_of_any_shape_does_no_harm(event: dict[str, Any]) -> None:
    """Nothing in a reply is trusted."""
    reply = read(said("before "), event, said("after"), STOP, None)
    assert reply.content.startswith("before ")
    assert reply.content.endswith("after")
    assert reply.finish_reason == "stop"


def test_lines_that_are_no_events_are_passed_over() -> None:
    lines = [
        ": a comment\n\n",
        "event: message\n",
        "data: {broken\n\n",
        "data: [1, 2]\n\n",
        'data:{"choices":[{"delta":{"content":"answer"},"finish_reason":"stop"}]}\r\n\r\n',
        "data: [DONE]\n\n",
        "data: {after the end}\n\n",
    ]
    with scripted(ask=as_stream(*lines, done=False)) as server:
        reply = backend(server).ask(FRAMES, PARTS)
    assert (reply.content, reply.stream_complete) == ("answer", True)


# --- what is sent --------------------------------------------------------------------------------


def test_pictures_and_texts_are_sent_in_order() -> None:
    with scripted(ask=as_stream(said("answer"), STOP)) as server:
        backend(server).ask(FRAMES, PARTS)
        [body] = server.bodies()
    [message] = body["messages"]
    assert message["role"] == "user"
    assert [part["type"] for part in message["content"]] == ["text", "image_url", "text"]
    url = message["content"][1]["image_url"]["url"]
    head, _, data = url.partition(",")
    assert (head, base64.b64decode(data)) == ("data:image/jpeg;base64", IMAGE.data)
    assert body["stream"] is True
    assert body["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        (
            {"options": {"temperature": 0.3, "num_predict": 6000, "num_ctx": 32768}},
            {"temperature": 0.3, "max_tokens": 6000},
        ),
        ({"options": {}}, {"max_tokens": openai.DEFAULT_MAX_TOKENS}),
        ({"think": False}, {"chat_template_kwargs": {"enable_thinking": False}}),
        ({"think": None}, {}),
        (
            {"think": "low"},
            {"chat_template_kwargs": {"enable_thinking": True}, "reasoning_effort": "low"},
        ),
        ({"extra_body": {"top_k": 20, "cache_prompt": True}}, {"top_k": 20, "cache_prompt": True}),
    ],
)
def test_options_are_sent_in_the_server_s_words(
    settings: dict[str, Any], sent: dict[str, Any]
) -> None:
    with scripted(ask=as_stream(said("answer"), STOP)) as server:
        asked = backend(server, **settings)
        asked.ask(FRAMES, PARTS)
        [body] = server.bodies()
    always = {"messages", "stream", "stream_options"}
    usual = {"model": "some", "cache_prompt": False, "max_tokens": 50}
    assert {key: body[key] for key in set(body) - always} == asked.sent_options() == usual | sent


def test_the_time_limit_grows_with_the_work_unless_it_is_stated() -> None:
    def limit_s(images: int, **settings: Any) -> float:
        return OpenAiBackend({"url": "http://127.0.0.1:1", "tag": "x"} | settings, None).limit_s(
            images
        )

    few, many = {"options": {"num_predict": 100}}, {"options": {"num_predict": 6000}}
    assert limit_s(1, **few) < limit_s(8, **few) < limit_s(8, **many) == limit_s(8)
    assert limit_s(20, timeout_s=7.5) == 7.5


@pytest.mark.parametrize(
    ("stated_s", "short_s"),
    [
        (None, 500),
        # What is stated is a bound, but whoever states more than usual has a slow machine.
        (7.5, 7.5),
        (6000, 500),
        (20 * 6180, 20 * 500),
    ],
)
def test_a_short_request_may_take_less_time(stated_s: float | None, short_s: float) -> None:
    url, stated = "http://127.0.0.1:1", {} if stated_s is None else {"timeout_s": stated_s}
    asked = OpenAiBackend({"url": url, "tag": "x"} | stated, None)
    # A load, the base, one picture and its tokens.
    assert asked.limit_s(1, max_tokens=20) == pytest.approx(short_s)
    assert asked.limit_s(1) == (stated_s or 6180)


def test_the_tokens_that_are_asked_for_bound_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LOAD_TIMEOUT_S", 0.1)
    monkeypatch.setattr(http, "BASE_TIMEOUT_S", 0.1)
    monkeypatch.setattr(http, "TIMEOUT_PER_IMAGE_S", 0.1)
    with scripted(ask=Answer(200, ["", "late"], pause_s=3)) as server:
        started = time.monotonic()
        reply = backend(server, options={"num_predict": 6000}).ask(FRAMES, PARTS, max_tokens=0)
        assert time.monotonic() - started < 1
    assert reply.error_kind == "timeout"


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
def test_an_address_may_end_in_v1(suffix: str) -> None:
    with scripted(ask=as_stream(said("answer"), STOP)) as server:
        asked = backend(server, url=server.url + suffix)
        assert asked.identify().model_id == "some"
        assert asked.ask(FRAMES, PARTS).content == "answer"


# --- faults that may be gone at the next attempt -------------------------------------------------


LOADING = as_json({"error": {"message": "Loading model", "type": "unavailable_error"}}, 503)
GOOD = as_stream(said("answer"), STOP)


@pytest.mark.parametrize(
    ("faults", "attempts"),
    [
        ([], 1),
        ([LOADING, LOADING], 3),
        ([as_json({}, 429), as_json({}, 502), as_json({}, 504)], 4),
        ([as_stream(said("half"), done=False)], 2),
        ([as_stream(said("half"), broken=True, done=False)], 2),
        ([as_stream(done=False)], 2),
    ],
    ids=["none", "503 twice", "429 502 504", "breaks off", "dies", "says nothing"],
)
def test_a_fault_of_the_server_is_tried_again(faults: list[Answer], attempts: int) -> None:
    with scripted(ask=[*faults, GOOD]) as server:
        reply = backend(server).ask(FRAMES, PARTS)
        assert len(server.bodies()) == attempts
        assert len({json.dumps(body) for body in server.bodies()}) == 1
    assert (reply.content, reply.attempts, reply.finish_reason) == ("answer", attempts, "stop")


def test_the_wall_clock_is_that_of_the_last_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "FIRST_BACKOFF_S", 0.5)
    with scripted(ask=[LOADING, GOOD]) as server:
        started = time.monotonic_ns()
        reply = backend(server).ask(FRAMES, PARTS)
        took_ns = time.monotonic_ns() - started
    assert took_ns - reply.wall_ns > 390_000_000


def test_a_server_that_stays_down_is_told_with_the_mend() -> None:
    with scripted(ask=LOADING) as server:
        with pytest.raises(ServerUnreachableError) as caught:
            backend(server).ask(FRAMES, PARTS)
        assert len(server.bodies()) == http.MAX_ATTEMPTS
    for part in (server.url, "failed 4 times", "503", "Loading model", "run the same command"):
        assert part in str(caught.value)


def test_a_server_that_is_not_there_is_told_with_the_mend() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    nobody = OpenAiBackend({"url": url, "tag": "some"}, None)
    for call in (nobody.identify, lambda: nobody.ask(FRAMES, PARTS)):
        with pytest.raises(ServerUnreachableError) as caught:
            call()
        assert url in str(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        {"code": 503, "message": "Loading model", "type": "unavailable_error"},
        {"message": "EngineCore encountered an issue. See stack trace for the root cause."},
        "EngineCore died",
    ],
)
def test_a_server_that_is_not_there_any_more_is_no_fault_of_the_model(error: Any) -> None:
    with scripted(ask=[as_stream({"error": error}), as_stream(said("Hello", "stop"))]) as server:
        reply = backend(server).ask(FRAMES, PARTS)
    assert (reply.content, reply.attempts, reply.error_kind) == ("Hello", 2, None)
    with scripted(ask=[as_json({"error": error}, 500), as_stream(said("Hello", "stop"))]) as server:
        assert backend(server).ask(FRAMES, PARTS).attempts == 2


# --- faults that are answers ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (
            400,
            {
                "code": 400,
                "message": "request (360773 tokens) exceeds the available context size (32768)",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 360773,
                "n_ctx": 32768,
            },
            "context_overflow",
        ),
        (
            400,
            {
                "message": "The decoder prompt (length 40000) is longer than the maximum model "
                "length of 32768. Make sure that `max_model_len` is no smaller than the number of "
                "text tokens plus multimodal tokens.",
                "type": "BadRequestError",
            },
            "context_overflow",
        ),
        (
            400,
            {
                "message": "This model's maximum context length is 32768 tokens. However, your "
                "request has 40000 input tokens.",
            },
            "context_overflow",
        ),
        (
            500,
            {"code": 500, "message": "image input is not supported - hint: mmproj"},
            "unsupported",
        ),
        (500, {"message": "failed to allocate buffer"}, "oom"),
        (400, "something else", "server"),
    ],
)
def test_a_refused_request_is_a_reply_and_is_not_sent_again(
    status: int, error: Any, kind: str
) -> None:
    with scripted(ask=as_json({"error": error}, status)) as server:
        reply = backend(server).ask(FRAMES, PARTS)
        assert len(server.bodies()) == 1
    reason = "context" if kind == "context_overflow" else "error"
    assert (reply.http_status, reply.finish_reason, reply.error_kind) == (status, reason, kind)
    assert (reply.content, reply.stream_complete, reply.attempts) == ("", False, 1)
    assert (error if isinstance(error, str) else error["message"]) in (reply.error_message or "")


@pytest.mark.parametrize("body", ["", "<html>Bad</html>", "[]", "null", "\0" * 20_000])
def test_a_refusal_of_any_form_is_a_reply(body: str) -> None:
    with scripted(ask=Answer(500, [body])) as server:
        reply = backend(server).ask(FRAMES, PARTS)
    assert (reply.http_status, reply.finish_reason) == (500, "error")
    assert len(reply.error_message or "") <= MAX_ERROR_CHARS


@pytest.mark.parametrize("pause", ["before", "within"])
def test_a_server_that_is_too_slow_is_a_reply(pause: str) -> None:
    if pause == "before":
        answer = Answer(200, ["", "late"], pause_s=3)
    else:
        answer = as_stream(said("half"), STOP, pause_s=3)
    with scripted(ask=answer) as server:
        started = time.monotonic()
        reply = backend(server, timeout_s=0.4).ask(FRAMES, PARTS)
        assert time.monotonic() - started < 2
        assert len(server.bodies()) == 1
    assert (reply.finish_reason, reply.error_kind) == ("client_timeout", "timeout")


def test_what_a_slow_model_said_until_time_was_up_is_kept() -> None:
    """Also when nothing comes between the limit and the cut of the connection."""
    words = [said(f"word{number} ") for number in range(40)]
    with scripted(ask=as_stream(*words, pause_s=0.4)) as server:
        started = time.monotonic()
        reply = backend(server, timeout_s=1.0).ask(FRAMES, PARTS)
        assert time.monotonic() - started < 2
        assert len(server.bodies()) == 1
    assert reply.content.startswith("word0 word1 ")
    assert (reply.finish_reason, reply.error_kind) == ("client_timeout", "timeout")
    assert (reply.http_status, reply.error_message) == (200, "over 1 s")
    assert reply.ttft_ns is not None and reply.ttft_ns < 0.5e9
    assert reply.ttft_content_ns is not None and reply.ttft_content_ns < 0.5e9
    assert 1.0e9 < reply.wall_ns < 2e9


def test_a_reply_that_came_to_its_end_in_time_is_no_timeout() -> None:
    """Only the mark of the end is late."""
    with scripted(ask=Answer(200, [f"data: {json.dumps(STOP)}\n\n", "x"], pause_s=3)) as server:
        reply = backend(server, timeout_s=0.4).ask(FRAMES, PARTS)
    assert (reply.finish_reason, reply.error_kind) == ("stop", None)
    assert not reply.stream_complete


def test_a_server_that_falls_silent_late_gets_no_more_time_for_that() -> None:
    with scripted(ask=as_stream(said("one"), said("two"), STOP, pause_s=1.0)) as server:
        started = time.monotonic()
        reply = backend(server, timeout_s=1.2).ask(FRAMES, PARTS)
        assert time.monotonic() - started < 1.7
        assert len(server.bodies()) == 1
    assert (reply.finish_reason, reply.error_kind) == ("client_timeout", "timeout")
    assert reply.content == "onetwo"


@pytest.mark.parametrize(
    "filler", [": still here\n\n", "data: {half\n\n", "x" * 50], ids=["comments", "junk", "no end"]
)
def test_a_server_that_keeps_the_line_busy_is_ended_too(filler: str) -> None:
    """The limit holds for the request as a whole, whatever comes in meanwhile."""
    with scripted(ask=as_stream(*[filler] * 24, pause_s=0.05)) as server:
        started = time.monotonic()
        reply = backend(server, timeout_s=0.3).ask(FRAMES, PARTS)
        assert time.monotonic() - started < 1
    assert (reply.finish_reason, reply.error_kind) == ("client_timeout", "timeout")


@contextmanager
def dripping(begin: bytes, drop: bytes = b"a") -> Iterator[str]:
    """A server that sends a beginning, then a drop every now and then, and never an end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                connection.sendall(begin)
                while True:
                    time.sleep(0.05)
                    connection.sendall(drop)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    Thread(target=drip, args=(connection,), daemon=True).start()

        Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


BEGINS = {
    "head": b"HTTP/1.1 200 OK\r\nX-Slow: ",
    "body": b"HTTP/1.1 200 OK\r\n\r\n",
    "refusal": b"HTTP/1.1 400 Bad Request\r\n\r\n",
}


@pytest.mark.parametrize("begin", ["head", "body"])
def test_a_server_that_drips_is_ended_too(begin: str) -> None:
    with dripping(BEGINS[begin]) as url:
        started = time.monotonic()
        reply = OpenAiBackend({"url": url, "tag": "some", "timeout_s": 0.4}, None).ask([], PARTS)
        assert time.monotonic() - started < 1.4
    assert (reply.finish_reason, reply.error_kind) == ("client_timeout", "timeout")
    assert 0.4e9 < reply.wall_ns < 1.4e9


@pytest.mark.parametrize("begin", BEGINS)
def test_a_server_that_drips_what_it_tells_of_itself_is_ended_too(begin: str) -> None:
    with dripping(BEGINS[begin]) as url:
        server = http.Server(url, None, "some", "OpenAI-style")
        started = time.monotonic()
        with pytest.raises(ServerUnreachableError, match=r"no server answers at .*(timed|over)"):
            server.tell("/v1/models", limit_s=0.4)
        assert time.monotonic() - started < 1.4


def test_a_server_that_does_not_read_is_ended_too() -> None:
    """The request is larger than what systems keep for a reader that does not read."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        started = time.monotonic()
        big: list[Part] = ["x" * 30_000_000]
        reply = OpenAiBackend({"url": url, "tag": "some", "timeout_s": 0.4}, None).ask([], big)
        assert time.monotonic() - started < 1.4
    assert reply.error_kind == "timeout"


@pytest.mark.parametrize("error", [httpx.ConnectTimeout, httpx.ConnectError])
def test_a_server_that_takes_no_connection_is_no_slow_model(error: type[Exception]) -> None:
    with pytest.raises(error), streams.within_time(Clock(0)):
        raise error("nobody is there")
    with pytest.raises(TooLongError), streams.within_time(Clock(0)):
        raise httpx.RemoteProtocolError("cut off")


# --- faults that a user can mend -----------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_is_told_without_the_key(status: int) -> None:
    with scripted(ask=as_json({"error": "wrong key"}, status)) as server:
        with pytest.raises(ScribebenchError) as caught:
            backend(server, KEY).ask(FRAMES, PARTS)
        assert len(server.bodies()) == 1
    assert "refused the key" in str(caught.value)
    assert "`api_key_env:`" in str(caught.value)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_at_the_first_question_is_told_as_such(status: int) -> None:
    """The first question is which models there are."""
    with (
        scripted(models=as_json({"error": "wrong key"}, status)) as server,
        pytest.raises(ScribebenchError) as caught,
    ):
        backend(server, KEY).identify()
    assert "key" in str(caught.value)
    assert "`api_key_env:`" in str(caught.value)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("where", ["models", "ask"])
def test_a_key_that_is_refused_is_to_be_corrected_where_it_comes_from(
    monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setenv("SOME_KEY", KEY)
    with scripted(**{where: as_json({"error": "bad key"}, 401)}) as server:
        asked = connect({"url": server.url, "tag": "some", "api_key_env": "SOME_KEY"}, {})
        with pytest.raises(ScribebenchError, match=r"correct the key in \$SOME_KEY") as caught:
            _ = asked.identify() and asked.ask(FRAMES, PARTS)
    assert "`api_key_env:`" not in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_server_that_does_not_know_the_question_is_told() -> None:
    with scripted(ask=as_json({"error": {"message": "no such model"}}, 404)) as server:
        with pytest.raises(ScribebenchError) as caught:
            backend(server).ask(FRAMES, PARTS)
        assert len(server.bodies()) == 1
    for part in ("'some'", "no such model", "`url:`", "`tag:`"):
        assert part in str(caught.value)


def test_a_key_is_sent_and_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", KEY)
    with scripted(ask=GOOD) as server:
        settings = {"url": server.url, "tag": "some", "api_key_env": "SOME_KEY"}
        asked = connect(settings, {})
        asked.identify()
        asked.ask(FRAMES, PARTS)
        assert set(server.keys) == {f"Bearer {KEY}"}
        assert KEY not in json.dumps(asked.sent_options())
        assert KEY not in json.dumps(server.bodies())


def test_without_a_key_none_is_sent() -> None:
    with scripted(ask=GOOD) as server:
        backend(server).ask(FRAMES, PARTS)
        assert server.keys == [None]


@pytest.mark.parametrize("value", [None, ""])
def test_a_key_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("SOME_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("SOME_KEY", value)
    settings = {"url": "http://127.0.0.1:1", "tag": "some", "api_key_env": "SOME_KEY"}
    with pytest.raises(ScribebenchError, match="SOME_KEY is not set"):
        connect(settings, {})


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n", " ", "\t"])
def test_a_key_from_a_file_with_other_ends_of_lines_is_taken(
    monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setenv("SOME_KEY", KEY + end)
    with scripted(ask=GOOD) as server:
        settings = {"url": server.url, "tag": "some", "api_key_env": "SOME_KEY"}
        assert connect(settings, {}).ask(FRAMES, PARTS).content == "answer"
        assert set(server.keys) == {f"Bearer {KEY}"}


@pytest.mark.parametrize("odd", ["\u00e9", "\n", "\x1b", "\u2013", "\udcff"])
def test_a_key_that_no_header_can_hold_is_named_and_not_told(
    monkeypatch: pytest.MonkeyPatch, odd: str
) -> None:
    monkeypatch.setenv("SOME_KEY", f"sk-secret{odd}0123456789")
    settings = {"url": "http://127.0.0.1:1", "tag": "some", "api_key_env": "SOME_KEY"}
    with pytest.raises(ScribebenchError, match="variable SOME_KEY holds characters") as caught:
        connect(settings, {})
    assert "secret" not in str(caught.value)
    assert "0123456789" not in str(caught.value)


SIGNS = "sk-ab+cd/ef=="
ESCAPED = [
    "sk-ab\\u002Bcd\\/ef==",
    "sk-ab+cd\\/ef\\u003d=",
    "".join(f"\\u{ord(sign):04x}" for sign in SIGNS),
    # JSON inside of JSON.
    "sk-ab\\\\u002bcd\\\\\\/ef==",
]


def plain(text: str) -> str:
    """A text as whoever reads the JSON in it sees it; `repr` is a third layer."""
    for _ in range(3):
        text = re.sub(r"\\u([0-9a-fA-F]{4})|\\(.)", _sign, text)
    return text


def _sign(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else found[2]


@pytest.mark.parametrize("escaped", ESCAPED)
@pytest.mark.parametrize("status", [200, 400, 404, 500, 503])
def test_a_key_is_hidden_however_json_writes_it(status: int, escaped: str) -> None:
    assert SIGNS in plain(escaped)
    fault = f'{{"error": {{"message": "wrong: {escaped}"}}}}'
    fault = f"data: {fault}\n\n" if status == 200 else fault
    listing = Answer(200, [f'{{"data": [{{"id": "{escaped}"}}]}}'])
    with scripted(ask=Answer(status, [fault]), models=listing) as server:
        asked, told = backend(server, SIGNS), []
        for call in (lambda: asked.ask(FRAMES, PARTS), asked.identify):
            try:
                told.append(repr(call()))
            except ScribebenchError as error:
                told.append(str(error) + str(error.__cause__))
    for text in told:
        assert "***" in text
        assert SIGNS not in plain(text)


@pytest.mark.parametrize("escaped", ESCAPED)
def test_a_key_is_hidden_in_what_a_model_says(escaped: str) -> None:
    line = (
        '{"choices": [{"delta": {"content": "KEY", "reasoning": "KEY"}, "finish_reason": "KEY"}]}'
    )
    line = line.replace("KEY", escaped)
    with scripted(ask=Answer(200, [f"data: {line}\n\ndata: [DONE]\n\n"])) as server:
        reply = backend(server, SIGNS).ask(FRAMES, PARTS)
    assert (reply.content, reply.thinking, reply.finish_reason_raw) == ("***", "***", "***")


def test_a_key_in_an_error_that_is_tried_again_is_hidden_before_it_is_cut() -> None:
    fault = {"error": {"message": "x" * 480 + KEY, "code": 503}}
    with scripted(ask=as_stream(fault)) as server, pytest.raises(ServerUnreachableError) as caught:
        backend(server, KEY).ask(FRAMES, PARTS)
    assert KEY[:8] not in str(caught.value) + str(caught.value.__cause__)


@pytest.mark.parametrize("dummy", ["test", "1", "EMPTY", "data", "choices"])
def test_a_dummy_key_changes_no_reply(dummy: str) -> None:
    text = f"pytest {dummy} session 1 shows {dummy}: data"
    with scripted(ask=as_stream(said(text, "stop"), STOP)) as server:
        asked = backend(server, dummy)
        assert asked.identify().model_id == "some"
        assert asked.ask(FRAMES, PARTS).content == text


@pytest.mark.parametrize("status", [400, 401, 404, 500, 503])
def test_a_key_that_a_server_repeats_is_never_told_on(status: int) -> None:
    """Some gateways answer with the key that they were sent."""
    answer = Answer(status, ['{"error": {"message": "wrong: KEY"}}'], echo=True)
    with scripted(ask=answer) as server:
        try:
            told = repr(backend(server, KEY).ask(FRAMES, PARTS))
        except ScribebenchError as error:
            told = str(error) + str(error.__cause__)
        assert f"Bearer {KEY}" in server.keys
    assert KEY not in told


# --- who answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("pad", [0, 490, 497])
def test_a_key_is_hidden_before_a_text_is_cut(pad: int) -> None:
    told = "x" * pad + KEY
    with scripted(ask=as_json({"error": {"message": told}}, 400)) as server:
        reply = backend(server, KEY).ask(FRAMES, PARTS)
    assert KEY[:12] not in (reply.error_message or "")
    with scripted(ask=as_stream({"error": {"message": told}})) as server:
        assert KEY[:12] not in (backend(server, KEY).ask(FRAMES, PARTS).error_message or "")
    with scripted(ask=as_stream(said("Hello", KEY))) as server:
        assert KEY not in str(backend(server, KEY).ask(FRAMES, PARTS))
    listing = as_json({"data": [{"id": KEY}]})
    with scripted(models=listing) as server, pytest.raises(ScribebenchError) as caught:
        backend(server, KEY).identify()
    assert KEY not in str(caught.value)


def test_what_a_server_tells_of_itself_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_TOLD_BYTES", 1000)
    long = as_json({"data": [{"id": "some", "more": "x" * 5000}]})
    with scripted(models=long) as server, pytest.raises(ScribebenchError, match="correct `url:`"):
        backend(server).identify()


def test_long_thinking_in_the_content_is_read_in_linear_time() -> None:
    """Counted, not timed: each piece is looked at with the last few characters before it."""
    streamed, clock = streams.Said(), Clock(60)
    streamed.take("<think>", "", clock)
    for _ in range(1000):
        streamed.take("hm " * 100, "", clock)
        assert len(streamed._undecided) < 400
    assert streamed.ttft_content_ns is None
    streamed.take("so</thi", "", clock)
    streamed.take("nk>", "", clock)
    assert streamed.ttft_content_ns is None
    streamed.take("\nyes", "", clock)
    assert streamed.ttft_content_ns is not None


def test_the_server_s_own_facts_are_taken() -> None:
    props = {"build_info": "b1-86a2835", "default_generation_settings": {"n_ctx": 32768}}
    props["modalities"] = {"vision": True}
    with scripted(props=as_json(props)) as server:
        identity = backend(server).identify()
    assert (identity.model_id, identity.backend_version) == ("some", "b1-86a2835")
    assert identity.n_ctx == 32768
    assert identity.digest.startswith("v1-")


@pytest.mark.parametrize(
    "props",
    [
        as_json({}, 404),
        as_json({}),
        as_json([]),
        Answer(200, ["<html>"]),
        as_json({"modalities": None, "default_generation_settings": None, "build_info": 5}),
    ],
    ids=["404", "empty", "list", "html", "nulls"],
)
def test_what_a_server_does_not_tell_of_itself_is_unknown(props: Answer) -> None:
    with scripted(props=props) as server:
        identity = backend(server).identify()
    assert (identity.backend_version, identity.n_ctx) == (None, None)


@pytest.mark.parametrize("entry", [{"id": "other", "aliases": ["some"]}, {"model": "some"}])
def test_a_model_may_be_named_by_any_of_its_names(entry: dict[str, Any]) -> None:
    with scripted(models=as_json({"data": [{"id": "first"}, entry]})) as server:
        assert backend(server).identify().model_id == "some"


def test_an_unknown_model_is_answered_with_those_that_there_are() -> None:
    models = {"data": [{"id": "qwen"}, {"id": "llava", "aliases": ["l"]}, "junk", {"id": 7}]}
    with scripted(models=as_json(models)) as server, pytest.raises(ScribebenchError) as caught:
        backend(server).identify()
    for part in ("no model 'some'", "l, llava, qwen", "`tag:`", server.url):
        assert part in str(caught.value)


@pytest.mark.parametrize("models", [{"data": []}, {"data": None}, {}, {"object": "list"}])
def test_a_server_without_models_has_none(models: dict[str, Any]) -> None:
    """Ollama answers `null` when no model was pulled."""
    with (
        scripted(models=as_json(models)) as server,
        pytest.raises(ScribebenchError, match=r"no model 'some'.*it has: none"),
    ):
        backend(server).identify()


def test_a_model_without_vision_is_refused_before_it_is_asked() -> None:
    props = as_json({"modalities": {"vision": False, "audio": False}})
    with scripted(props=props) as server, pytest.raises(ScribebenchError) as caught:
        backend(server).identify()
    assert "takes no pictures" in str(caught.value)
    assert "--mmproj" in str(caught.value)


def test_a_server_that_is_loading_is_no_unknown_server() -> None:
    with (
        scripted(models=LOADING) as server,
        pytest.raises(ServerUnreachableError, match="still loading"),
    ):
        backend(server).identify()


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_gateway_without_its_server_is_asked_who_answers_again(status: int) -> None:
    fault = as_json({"error": "bad gateway"}, status)
    with scripted(models=[fault, fault, as_json(MODELS)]) as server:
        assert backend(server).identify().model_id == "some"


@pytest.mark.parametrize("status", [429, 502, 504])
def test_a_gateway_without_its_server_is_no_server_of_another_kind(status: int) -> None:
    with scripted(models=as_json({"error": "bad gateway"}, status)) as server:
        with pytest.raises(ServerUnreachableError) as caught:
            backend(server).identify()
        assert len(server.requests) == http.TELL_ATTEMPTS
    for part in (server.url, f"HTTP {status}", "run the same command again"):
        assert part in str(caught.value)


@pytest.mark.parametrize("status", [429, 502, 504])
def test_what_need_not_be_told_is_unknown_behind_a_gateway(status: int) -> None:
    """Such as leads /v1 to the server, and the rest nowhere."""
    with scripted(props=as_json({"error": "bad gateway"}, status)) as server:
        identity = backend(server).identify()
        assert len(server.requests) == 2
    assert (identity.model_id, identity.backend_version) == ("some", None)


@pytest.mark.parametrize(
    "models", [Answer(200, ["<html>"]), Answer(404, ["no"]), Answer(500, [""]), Answer(301, [""])]
)
def test_a_server_of_another_kind_is_told(models: Answer) -> None:
    with scripted(models=models) as server, pytest.raises(ScribebenchError) as caught:
        backend(server).identify()
    assert f"{server.url}/v1/models is no OpenAI-style server" in str(caught.value)
    assert "correct `url:`" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_the_digest_is_of_the_model_and_not_of_the_start() -> None:
    def digest(**changes: Any) -> str:
        entry = MODELS["data"][0] | {"meta": {"n_params": 5}} | changes  # type: ignore[index]
        with scripted(models=as_json({"data": [{"id": "before"}, entry]})) as server:
            return backend(server).identify().digest

    assert digest() == digest(created=5, state="loaded", permission=["x"])
    assert digest() != digest(meta={"n_params": 6})
