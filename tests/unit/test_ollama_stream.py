"""The client of Ollama: streams as the server sends them, and what can go wrong."""

import base64
import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import cycle, pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scribebench.backends import http, ollama, streams
from scribebench.backends.base import Frame, Part, Reply, SentImage, ServerUnreachableError
from scribebench.backends.ollama import DEFAULT_OPTIONS, OllamaBackend, connect, problems
from scribebench.backends.streams import MAX_ERROR_CHARS, Clock, TransientError
from scribebench.describe.journal import Conditions, Entry, Journal
from scribebench.describe.prompt import compose
from scribebench.describe.rows import Answered, RunContext, description_rows, request_row
from scribebench.errors import ScribebenchError
from scribebench.project.models import Run
from scribebench.tables import DESCRIPTIONS, REQUESTS, read_rows, write_table
from unit.scripted_server import Answer, Scripted, as_json, as_lines, scripted

KEY = "sk-very-secret-0123456789"
TAG = "some:4b"
FRAMES = [Frame(3, 1.5, Path("x.jpg"), "aa")]
IMAGE = SentImage(b"\xff\xd8jpeg", "aa", "image/jpeg", 64, 48)
PARTS: list[Part] = ["Screenshot 0 (00:00:01):", IMAGE, "Describe."]
ASK, TAGS, LOADED, SHOW, VERSION = "/api/chat", "/api/tags", "/api/ps", "/api/show", "/api/version"
SHA256 = "0123456789abcdef" * 4
LOOP = "prediction aborted, token repeat limit reached"
# What servers of several versions say when the process that runs the model has ended.
CRASHES = (
    "llama runner process has terminated: exit status 2",
    "llama-server process has terminated: signal: killed",
    "model runner has unexpectedly stopped, this may be due to resource limitations or an internal "
    "error, check ollama server logs for details",
    "an error was encountered while running the model: unexpected EOF",
    "error reading llm response: read tcp 127.0.0.1:5->127.0.0.1:6: wsarecv: An existing "
    "connection was forcibly closed by the remote host.",
    "error reading llama-server response: read: connection reset by peer",
)
OVERFLOWS = (
    "the input length exceeds the context length",
    "the prompt is longer than the context length currently available to the model; shorten the "
    "prompt, adjust the context length in settings, or use a model with a longer context length",
    '{"error":{"code":400,"message":"request (9000 tokens) exceeds the available context size '
    '(4096 tokens), try increasing it","type":"exceed_context_size_error"}}',
)
OUT_OF_MEMORY = (
    "model requires more system memory (9.1 GiB) than is available (7.2 GiB)",
    "model runner has unexpectedly stopped, this may be due to resource limitations: CUDA error: "
    "out of memory",
    "llama runner process has terminated: cudaMalloc failed: out of memory",
)


def said(content: str = "", thinking: str = "", **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    message |= {"thinking": thinking} if thinking else {}
    moment = "2026-01-10T10:00:00.123456789Z"
    return {"model": TAG, "created_at": moment, "message": message, "done": False} | more


DONE = said(
    done=True,
    done_reason="stop",
    total_duration=5_043_500_667,
    load_duration=502_500_583,
    prompt_eval_count=980,
    prompt_eval_duration=1_300_000_042,
    eval_count=114,
    eval_duration=3_000_000_000,
)
GOOD = as_lines(said("answer"), DONE)


def read(*events: dict[str, Any], limit_s: float = 60.0) -> Reply:
    """Read a stream of events that has ended."""
    return ollama._read_stream(iter(events), datetime.now(UTC), Clock(limit_s))


def read_slowly(events: Iterator[dict[str, Any]], limit_s: float = 60.0) -> Reply:
    return ollama._read_stream(events, datetime.now(UTC), Clock(limit_s))


def done(**changes: Any) -> dict[str, Any]:
    """The last message; a change to None leaves a field out."""
    return {name: value for name, value in (DONE | changes).items() if value is not None}


def listed(**changes: Any) -> dict[str, Any]:
    details = {"family": "qwen3vl", "parameter_size": "4.4B", "quantization_level": "Q4_K_M"}
    entry = {"name": TAG, "model": TAG, "digest": SHA256, "size": 5, "details": details}
    return entry | changes


def loaded(*names: str, **changes: Any) -> Answer:
    """What the server says that it has loaded."""
    usual = {"digest": SHA256, "size_vram": 5, "context_length": 32768}
    return as_json({"models": [{"name": n, "model": n} | usual | changes for n in names]})


def served(
    ask: Answer | list[Answer] = GOOD, **changes: Answer | list[Answer]
) -> dict[str, Answer | list[Answer]]:
    """The paths of an Ollama server that knows one model with vision."""
    usual: dict[str, Answer | list[Answer]] = {
        "tags": as_json({"models": [listed()]}),
        "ps": loaded(TAG),
        "show": as_json({"capabilities": ["completion", "vision"], "details": {}}),
        "version": as_json({"version": "0.33.3"}),
    }
    played = usual | {"ask": ask} | changes
    return {("/api/chat" if name == "ask" else f"/api/{name}"): a for name, a in played.items()}


def backend(server: Scripted, key: str | None = None, **settings: Any) -> OllamaBackend:
    known = {"url": server.url, "tag": TAG, "options": {"num_predict": 50}}
    return OllamaBackend(known | settings, key)


def ask_once(answer: Answer | list[Answer], **settings: Any) -> tuple[Reply, int]:
    """Return the reply to one request, and how often it was sent."""
    with scripted(served(answer)) as server:
        reply = backend(server, **settings).ask(FRAMES, PARTS)
        return reply, len(server.bodies(ASK))


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "FIRST_BACKOFF_S", 0.01)


# --- clocks and counts ---------------------------------------------------------------------------


def test_a_stream_is_read_with_its_counts_and_clocks() -> None:
    reply = read(said("an"), said("swer"), done(prompt_eval_cached_count=80))
    assert (reply.content, reply.thinking) == ("answer", "")
    assert (reply.finish_reason, reply.finish_reason_raw) == ("stop", "stop")
    assert reply.stream_complete
    assert (reply.srv_total_ns, reply.srv_load_ns) == (5_043_500_667, 502_500_583)
    assert (reply.srv_prompt_eval_ns, reply.srv_eval_ns) == (1_300_000_042, 3_000_000_000)
    assert (reply.prompt_tokens, reply.prompt_tokens_cached) == (980, 80)
    assert (reply.prompt_tokens_evaluated, reply.output_tokens) == (900, 114)
    assert (reply.error_kind, reply.error_message, reply.http_status) == (None, None, 200)
    assert reply.ttft_ns is not None and reply.ttft_content_ns is not None
    assert 0 < reply.ttft_ns <= reply.ttft_content_ns <= reply.wall_ns


def test_content_in_the_last_message_counts_and_what_follows_it_is_not_read() -> None:
    reply = read(said("an"), done(message={"role": "assistant", "content": "swer"}), said("more"))
    assert reply.content == "answer"


def test_without_the_cached_count_nobody_knows_what_was_evaluated() -> None:
    reply = read(said("answer"), DONE)
    assert (reply.prompt_tokens, reply.prompt_tokens_cached) == (980, None)
    assert reply.prompt_tokens_evaluated is None


@pytest.mark.parametrize(("cached", "evaluated"), [(0, 980), (980, 0), (1000, 0), (-1, None)])
def test_what_was_evaluated_is_what_was_not_cached(cached: int, evaluated: int | None) -> None:
    reply = read(said("answer"), done(prompt_eval_cached_count=cached))
    assert reply.prompt_tokens_evaluated == evaluated


CLOCKS = ("total_duration", "load_duration", "prompt_eval_duration", "eval_duration")
COUNTS = ("prompt_eval_count", "eval_count")


def test_counts_and_clocks_that_a_server_does_not_tell_are_unknown() -> None:
    reply = read(said("answer"), done(**dict.fromkeys((*CLOCKS, *COUNTS))))
    unknown = (
        *("srv_total_ns", "srv_load_ns", "srv_prompt_eval_ns", "srv_eval_ns", "prompt_tokens"),
        *("prompt_tokens_cached", "prompt_tokens_evaluated", "output_tokens"),
    )
    assert {name: value for name, value in asdict(reply).items() if name in unknown} == (
        dict.fromkeys(unknown)
    )
    assert (reply.content, reply.finish_reason, reply.stream_complete) == ("answer", "stop", True)


@pytest.mark.parametrize(
    "value",
    [-1, "9", True, None, [], {}, float("nan"), float("inf"), 1e300, 10**400],
    ids=lambda value: str(value)[:9],
)
def test_a_count_or_clock_that_is_none_is_unknown(value: Any) -> None:
    reply = read(said("answer"), done(prompt_eval_count=value, eval_duration=value))
    assert (reply.prompt_tokens, reply.srv_eval_ns) == (None, None)
    assert (reply.output_tokens, reply.srv_total_ns) == (114, 5_043_500_667)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("load", "incomplete"),
        ("unload", "incomplete"),
        ("invented", "incomplete"),
        (None, "incomplete"),
    ],
)
def test_reasons_to_finish_are_put_into_our_words(raw: str | None, reason: str) -> None:
    reply = read(said("answer"), done(done_reason=raw))
    assert (reply.finish_reason, reply.finish_reason_raw) == (reason, raw)


# --- thinking ------------------------------------------------------------------------------------


def test_thinking_has_a_clock_of_its_own() -> None:
    def slowly() -> Iterator[dict[str, Any]]:
        time.sleep(0.02)
        yield said(thinking="let me ")
        yield said(thinking="think")
        time.sleep(0.03)
        yield from (said("answer"), DONE)

    reply = read_slowly(slowly())
    assert (reply.content, reply.thinking) == ("answer", "let me think")
    assert reply.ttft_ns is not None and reply.ttft_content_ns is not None
    assert reply.ttft_ns >= 20_000_000
    assert reply.ttft_content_ns - reply.ttft_ns >= 30_000_000


def test_a_leading_think_block_in_the_content_is_thinking() -> None:
    """Templates without a thinking mode of the server's own send it like this."""

    def slowly() -> Iterator[dict[str, Any]]:
        yield from (said("<th"), said("ink>"), said("hm"))
        time.sleep(0.03)
        yield from (said("</think>\n\nans"), said("wer"), DONE)

    reply = read_slowly(slowly())
    assert (reply.content, reply.thinking) == ("answer", "hm")
    assert reply.ttft_ns is not None and reply.ttft_content_ns is not None
    assert reply.ttft_content_ns - reply.ttft_ns >= 30_000_000


@pytest.mark.parametrize("events", [[said(thinking="hm")], [said("<think>"), said("hm")]])
def test_a_reply_of_thinking_only_has_no_first_content(events: list[dict[str, Any]]) -> None:
    reply = read(*events, done(done_reason="length"))
    assert (reply.content, reply.thinking, reply.finish_reason) == ("", "hm", "length")
    assert reply.ttft_ns is not None
    assert reply.ttft_content_ns is None
    assert reply.output_tokens == 114


# --- streams that end badly ----------------------------------------------------------------------


def test_the_guard_against_loops_is_the_model_s_end_and_no_error() -> None:
    reply, times = ask_once(as_lines(said("again again"), {"error": LOOP}))
    assert (reply.finish_reason, reply.error_kind, times) == ("repeat_abort", None, 1)
    assert (reply.content, reply.stream_complete) == ("again again", False)
    assert LOOP in (reply.error_message or "")


def test_the_guard_against_loops_may_speak_before_the_stream() -> None:
    reply, times = ask_once(as_json({"error": LOOP}, 500))
    assert (reply.finish_reason, reply.error_kind, times) == ("repeat_abort", None, 1)
    assert (reply.http_status, reply.content, reply.stream_complete) == (500, "", False)
    assert LOOP in (reply.error_message or "")


@pytest.mark.parametrize("events", [[said("again again")], []], ids=["half", "nothing"])
def test_a_stream_without_its_last_message_is_incomplete_and_not_asked_again(
    events: list[dict[str, Any]],
) -> None:
    """This is how the guard of old versions ends a reply."""
    reply, times = ask_once([as_lines(*events), GOOD])
    assert (reply.finish_reason, reply.finish_reason_raw, times) == ("incomplete", None, 1)
    assert reply.content == "".join(event["message"]["content"] for event in events)
    assert not reply.stream_complete
    assert (reply.error_kind, reply.output_tokens, reply.srv_total_ns) == (None, None, None)


@pytest.mark.parametrize("error", OUT_OF_MEMORY)
@pytest.mark.parametrize("begun", [True, False])
def test_too_little_memory_is_recorded(error: str, begun: bool) -> None:
    fault = {"error": error}
    reply, times = ask_once(as_lines(said("half"), fault) if begun else as_json(fault, 500))
    assert (reply.finish_reason, reply.error_kind, times) == ("error", "oom", 1)
    assert reply.content == ("half" if begun else "")
    assert reply.error_message == error


@pytest.mark.parametrize("error", OVERFLOWS)
@pytest.mark.parametrize("begun", [True, False])
def test_a_context_that_is_too_small_is_recorded(error: str, begun: bool) -> None:
    fault = {"error": error}
    reply, times = ask_once(as_lines(said("half"), fault) if begun else as_json(fault, 400))
    assert (reply.finish_reason, reply.error_kind, times) == ("context", "context_overflow", 1)
    assert not reply.stream_complete


@pytest.mark.parametrize("error", CRASHES)
@pytest.mark.parametrize("begun", [True, False])
def test_a_model_that_crashed_is_asked_again(error: str, begun: bool) -> None:
    fault = {"error": error}
    answer = as_lines(said("half"), fault) if begun else as_json(fault, 500)
    reply, times = ask_once([answer, answer, GOOD])
    assert (reply.content, reply.finish_reason) == ("answer", "stop")
    assert (reply.attempts, times) == (3, 3)


def test_a_model_that_goes_on_crashing_is_told_with_the_mend() -> None:
    answer = as_lines(said("half"), {"error": CRASHES[0]})
    with scripted(served(answer)) as server:
        with pytest.raises(ServerUnreachableError) as caught:
            backend(server).ask(FRAMES, PARTS)
        assert len(server.bodies(ASK)) == http.MAX_ATTEMPTS
    for part in (server.url, "failed 4 times", CRASHES[0], "run the same command again"):
        assert part in str(caught.value)


def test_a_connection_that_breaks_is_tried_again() -> None:
    reply, times = ask_once([as_lines(said("half"), broken=True), GOOD])
    assert (reply.content, reply.attempts, times) == ("answer", 2, 2)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("something else", "server"),
        ({"message": "x" * 5000}, "server"),
        ("there is no room for the zoom", "server"),
        (5, "server"),
        (["a", {}], "server"),
        ({"message": ["odd"]}, "server"),
    ],
)
def test_another_error_in_the_middle_of_a_stream_is_recorded(error: Any, kind: str) -> None:
    reply = read(said("half"), {"error": error}, said("never read"), DONE)
    assert (reply.content, reply.finish_reason, reply.error_kind) == ("half", "error", kind)
    assert reply.error_message


def test_a_long_error_is_cut() -> None:
    reply, _ = ask_once(as_lines(said("half"), {"error": "x" * 5000}))
    assert reply.error_message == "x" * MAX_ERROR_CHARS


def test_a_crash_is_transient_and_too_little_memory_is_not() -> None:
    with pytest.raises(TransientError, match="terminated"):
        read(said("half"), {"error": CRASHES[0]})
    assert read({"error": OUT_OF_MEMORY[2]}).error_kind == "oom"


# --- nonsense ------------------------------------------------------------------------------------


NONSENSE: list[Any] = [
    "",
    "\n",
    "half a {\n",
    "null\n",
    "[1, 2]\n",
    '"text"\n',
    "[" * 100_000 + "\n",
    "9" * 5000 + "\n",
    "\0\0\n",
    {"message": None},
    {"message": "text"},
    {"message": {"content": None, "thinking": 5, "images": {}}},
    {"message": {"content": ["a"], "thinking": {"a": 1}}},
    {"done": "yes"},
    {"done": 1, "done_reason": "stop"},
    {"error": None},
    {"error": ""},
    {"error": {}},
    {"error": False},
    {"error": []},
    {},
]


@pytest.mark.parametrize("junk", NONSENSE, ids=range(len(NONSENSE)))
def test_nonsense_in_a_stream_is_passed_over(junk: Any) -> None:
    reply, times = ask_once(as_lines(said("an"), junk, said("swer"), DONE))
    assert (reply.content, reply.thinking, reply.finish_reason) == ("answer", "", "stop")
    assert (reply.error_kind, times) == (None, 1)


@pytest.mark.parametrize(
    "last",
    [
        {"done": True},
        {"done": True, "done_reason": ["stop"], "eval_count": {}, "message": [1]},
        {
            "done": True,
            "done_reason": "\ud800",
            "prompt_eval_count": 2**31,
            "eval_duration": 10**30,
        },
        {"done": True, "done_reason": "x" * 5000, "error": {"message": "half \udfff", "type": 5}},
    ],
    ids=["empty", "shapes", "numbers", "texts"],
)
def test_nonsense_of_any_kind_can_be_stored(last: dict[str, Any], tmp_path: Path) -> None:
    reply, _ = ask_once(as_lines(said("half of \ud83d"), said("\ude00 and \ud83d"), last))
    assert reply.content.startswith("half of \U0001f600 and ")
    store(reply, tmp_path)


@pytest.mark.parametrize(
    "body",
    ["", "<html>Bad</html>", "[]", "null", "{}", '{"error": null}', "\0" * 20_000, "[" * 20_000],
    ids=["empty", "html", "list", "null", "object", "no error", "zeros", "deep"],
)
def test_a_refusal_of_any_form_is_a_reply(body: str, tmp_path: Path) -> None:
    reply, times = ask_once(Answer(400, [body]))
    assert (reply.http_status, reply.finish_reason, times) == (400, "error", 1)
    assert len(reply.error_message or "") <= MAX_ERROR_CHARS
    store(reply, tmp_path)


def test_an_answer_in_a_broken_encoding_is_tried_again() -> None:
    zipped = Answer(200, ["no gzip"], headers={"Content-Encoding": "gzip"})
    reply, times = ask_once([zipped, GOOD])
    assert (reply.content, times) == ("answer", 2)


@pytest.mark.parametrize("path", ["tags", "ps", "show", "version"])
@pytest.mark.parametrize(
    "body",
    ["", "<html>", "null", "[]", "5", "[" * 100_000, '{"models": 5, "version": [], "details": 5}'],
    ids=["empty", "html", "null", "list", "number", "deep", "shapes"],
)
def test_a_server_that_tells_nonsense_of_itself_does_no_harm(path: str, body: str) -> None:
    with scripted(served(**{path: Answer(200, [body])})) as server:
        asked = backend(server)
        try:
            assert asked.identify().digest == SHA256
        except ScribebenchError as error:
            assert path in ("tags", "version")
            assert len(str(error).splitlines()) == 1
        reply = asked.ask(FRAMES, PARTS)
    assert reply.content == "answer"
    if path == "ps":
        assert (reply.n_ctx, reply.model_state_before) == (None, "unknown")


# --- bounds --------------------------------------------------------------------------------------


def test_a_reply_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_REPLY_CHARS", 1000)
    reply = read_slowly(cycle([said("x" * 99), said(thinking="y" * 99)]))
    assert (reply.finish_reason, reply.error_kind) == ("error", "server")
    assert "longer than 1000 characters" in (reply.error_message or "")
    assert 1000 < len(reply.content) + len(reply.thinking) < 1200
    assert not reply.stream_complete


def test_a_reply_that_takes_too_long_is_cut_and_kept() -> None:
    def slowly() -> Iterator[dict[str, Any]]:
        while True:
            time.sleep(0.01)
            yield said("x")

    reply = read_slowly(slowly(), limit_s=0.1)
    assert (reply.finish_reason, reply.error_kind) == ("client_timeout", "timeout")
    assert 0.1e9 < reply.wall_ns < 2e9
    assert reply.content.startswith("x")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, ["", "late"], pause_s=3),
        as_lines(said("half"), DONE, pause_s=3),
        as_lines(*["\n"] * 24, pause_s=0.05),
        as_lines(*["half a {"] * 24, pause_s=0.05),
    ],
    ids=["silent", "slow", "busy", "no line's end"],
)
def test_a_server_that_is_too_slow_is_a_reply(answer: Answer) -> None:
    started = time.monotonic()
    reply, times = ask_once(answer, timeout_s=0.4)
    assert time.monotonic() - started < 2.5
    assert (reply.finish_reason, reply.error_kind, times) == ("client_timeout", "timeout", 1)
    assert "0 s" in (reply.error_message or "")


def test_what_a_slow_model_said_until_time_was_up_is_kept() -> None:
    words = [said(f"word{number} ") for number in range(40)]
    reply, times = ask_once(as_lines(*words, pause_s=0.4), timeout_s=1.0)
    assert (reply.content.startswith("word0 word1 "), times) == (True, 1)
    assert (reply.finish_reason, reply.error_kind) == ("client_timeout", "timeout")
    assert (reply.http_status, reply.error_message) == (200, "over 1 s")
    assert reply.ttft_ns is not None and reply.ttft_ns < 0.5e9


def test_a_line_without_end_is_no_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_LINE_BYTES", 1000)
    reply, times = ask_once([Answer(200, ["x" * 3000]), GOOD])
    assert (reply.content, times) == ("answer", 2)


def test_the_time_limit_grows_with_the_work_unless_it_is_stated() -> None:
    def limit_s(images: int, **settings: Any) -> float:
        return OllamaBackend({"url": "http://127.0.0.1:1", "tag": "x"} | settings, None).limit_s(
            images
        )

    few, many = {"options": {"num_predict": 100}}, {"options": {"num_predict": 6000}}
    assert limit_s(1, **few) < limit_s(8, **few) < limit_s(8, **many) == limit_s(8)
    assert limit_s(8, extra_body={"options": {"num_predict": -1}}) == limit_s(8)
    assert limit_s(20, timeout_s=7.5) == 7.5


def test_a_short_request_may_take_less_time() -> None:
    asked = OllamaBackend({"url": "http://127.0.0.1:1", "tag": "x"}, None)
    # A load, the base, one picture and its tokens.
    assert (asked.limit_s(1), asked.limit_s(1, max_tokens=20)) == (6180, 500)
    stated = OllamaBackend({"url": "http://127.0.0.1:1", "tag": "x", "timeout_s": 7.5}, None)
    assert stated.limit_s(1, max_tokens=20) == 7.5


def test_the_tokens_that_are_asked_for_bound_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOAD_TIMEOUT_S", "BASE_TIMEOUT_S", "TIMEOUT_PER_IMAGE_S"):
        monkeypatch.setattr(http, name, 0.1)
    with scripted(served(Answer(200, ["", "late"], pause_s=3))) as server:
        reply = backend(server).ask(FRAMES, PARTS, max_tokens=0)
    assert reply.error_kind == "timeout"
    assert reply.wall_ns < 1e9


# --- faults that may be gone at the next attempt, and those that a user can mend -----------------


BUSY = as_json({"error": "server busy, please try again.  maximum pending requests exceeded"}, 503)
CANCELLED = as_json({"error": "request canceled"}, 499)


@pytest.mark.parametrize("faults", [[BUSY], [CANCELLED], [BUSY, CANCELLED, BUSY]])
def test_a_busy_server_is_asked_again(faults: list[Answer]) -> None:
    reply, times = ask_once([*faults, GOOD])
    assert (reply.content, reply.attempts, times) == ("answer", len(faults) + 1, len(faults) + 1)


@pytest.mark.parametrize(("fault", "told"), [(BUSY, "503: server busy"), (CANCELLED, "499: req")])
def test_a_server_that_stays_busy_is_told_with_the_mend(fault: Answer, told: str) -> None:
    with scripted(served(fault)) as server:
        with pytest.raises(ServerUnreachableError) as caught:
            backend(server).ask(FRAMES, PARTS)
        assert len(server.bodies(ASK)) == http.MAX_ATTEMPTS
    for part in (server.url, "failed 4 times", told, "run the same command again"):
        assert part in str(caught.value)


def test_the_pauses_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(http, "time", SimpleNamespace(sleep=pauses.append))
    with scripted(served([BUSY, BUSY, BUSY, GOOD])) as server:
        backend(server).ask(FRAMES, PARTS)
    assert len(pauses) == 3
    assert all(later > 1.3 * earlier for earlier, later in pairwise(pauses))


def test_a_model_that_is_gone_is_told_with_the_mend() -> None:
    with scripted(served(as_json({"error": f"model '{TAG}' not found"}, 404))) as server:
        with pytest.raises(ScribebenchError) as caught:
            backend(server).ask(FRAMES, PARTS)
        assert len(server.bodies(ASK)) == 1
    assert not isinstance(caught.value, ServerUnreachableError)
    for part in (server.url, f"model '{TAG}' not found", f"ollama pull {TAG}"):
        assert part in str(caught.value)


def test_thinking_that_the_model_cannot_do_is_unsupported() -> None:
    reply, times = ask_once(as_json({"error": f'"{TAG}" does not support thinking'}, 400))
    assert (reply.http_status, reply.finish_reason, times) == (400, "error", 1)
    assert reply.error_kind == "unsupported"
    assert reply.error_message == f'"{TAG}" does not support thinking'


def test_a_server_that_is_not_there_is_told_with_the_mend() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    nobody = OllamaBackend({"url": url, "tag": TAG}, None)
    for call in (nobody.identify, lambda: nobody.ask(FRAMES, PARTS)):
        with pytest.raises(ServerUnreachableError) as caught:
            call()
        assert url in str(caught.value)
    assert problems({"url": url, "tag": TAG})[0].startswith(f"no server answers at {url}")
    assert "start it" in problems({"url": url, "tag": TAG})[0]


# --- keys ----------------------------------------------------------------------------------------


def test_a_key_is_sent_and_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", KEY)
    with scripted(served()) as server:
        asked = connect({"url": server.url, "tag": TAG, "api_key_env": "SOME_KEY"}, {})
        asked.identify()
        asked.ask(FRAMES, PARTS)
        assert set(server.keys) == {f"Bearer {KEY}"}
        assert {path for path, _ in server.requests} == {ASK, TAGS, LOADED, SHOW, VERSION}
        assert KEY not in json.dumps([asked.sent_options(), server.requests])


def test_without_a_key_none_is_sent() -> None:
    with scripted(served()) as server:
        backend(server).ask(FRAMES, PARTS)
        assert set(server.keys) == {None}


def test_a_key_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOME_KEY", raising=False)
    settings = {"url": "http://127.0.0.1:1", "tag": TAG, "api_key_env": "SOME_KEY"}
    with pytest.raises(ScribebenchError, match="SOME_KEY is not set"):
        connect(settings, {})
    assert "SOME_KEY is not set" in problems(settings)[0]


@pytest.mark.parametrize("status", [400, 401, 404, 500, 503])
def test_a_key_that_a_server_repeats_is_never_told_on(status: int) -> None:
    answer = Answer(status, ['{"error": "unauthorized: KEY"}'], echo=True)
    with scripted(served(answer)) as server:
        try:
            told = repr(backend(server, KEY).ask(FRAMES, PARTS))
        except ScribebenchError as error:
            told = str(error) + str(error.__cause__)
        assert f"Bearer {KEY}" in server.keys
    assert KEY not in told


# --- what is sent --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        ({"options": {}}, {"options": DEFAULT_OPTIONS}),
        (
            {"options": {"temperature": 0.3, "num_predict": 100, "num_ctx": 8192, "min_p": 0.1}},
            {"options": {"temperature": 0.3, "num_predict": 100, "num_ctx": 8192, "min_p": 0.1}},
        ),
        ({"think": None}, {}),
        ({"think": False}, {"think": False}),
        ({"think": True}, {"think": True}),
        ({"think": "low"}, {"think": "low"}),
        ({"extra_body": {"truncate": True}}, {"truncate": True}),
        (
            {"extra_body": {"options": {"mirostat": 2, "num_predict": 9}, "keep_alive": "1h"}},
            {
                "options": DEFAULT_OPTIONS | {"num_predict": 9, "mirostat": 2},
                "keep_alive": "1h",
            },
        ),
        ({"extra_body": {"options": None, "stream": False, "messages": []}}, {}),
    ],
)
def test_options_are_sent_in_the_server_s_words(
    settings: dict[str, Any], sent: dict[str, Any]
) -> None:
    with scripted(served()) as server:
        asked = backend(server, **settings)
        asked.ask(FRAMES, PARTS)
        [body] = server.bodies(ASK)
    usual = {
        "options": DEFAULT_OPTIONS | {"num_predict": 50},
        "keep_alive": ollama.KEEP_ALIVE,
        # What does not fit must be refused, and not dropped without a word.
        "truncate": False,
        "shift": False,
    }
    expected = {"model": TAG} | usual | sent
    always = {"messages", "stream"}
    assert {name: body[name] for name in set(body) - always} == expected
    assert body["stream"] is True
    assert len(body["messages"]) == 1
    assert asked.sent_options() == expected | {
        name: value for name, value in settings.get("extra_body", {}).items() if name in always
    }


def test_a_request_can_be_given_fewer_tokens() -> None:
    with scripted(served()) as server:
        asked = backend(server, options={"num_ctx": 4096, "seed": 7})
        asked.ask(FRAMES, PARTS, max_tokens=1)
        [body] = server.bodies(ASK)
    assert body["options"] == {"num_ctx": 4096, "num_predict": 1, "seed": 7}


@pytest.mark.parametrize("suffix", ["", "/", "/api", "/api/"])
def test_an_address_may_end_in_api(suffix: str) -> None:
    with scripted(served()) as server:
        asked = backend(server, url=server.url + suffix)
        assert asked.identify().model_id == TAG
        assert asked.ask(FRAMES, PARTS).content == "answer"


# --- each image at its place ---------------------------------------------------------------------


def placed(body: dict[str, Any]) -> list[str | bytes]:
    """The message as the server reads it: text and images in turn.

    Each image takes the place of the first mark that is left; one without a mark comes first.
    """
    [message] = body["messages"]
    images = [base64.b64decode(image) for image in message["images"]]
    *before, last = message["content"].split("[img]", len(images))
    unplaced = images[len(before) :]
    between = [part for pair in zip(before, images, strict=False) for part in pair]
    return [*unplaced, *between, last]


def image(number: int) -> SentImage:
    return SentImage(b"picture %d" % number, f"{number}", "image/png", 64, 48)


@pytest.mark.parametrize("count", [1, 2, 8])
@pytest.mark.parametrize(
    "prompt",
    [
        "Describe.",
        "Say [img] where an image is, [img][img] and [img-0], [img-12] too.",
        "[img]",
        "[[img]",
        "[img[img]]",
    ],
)
def test_each_image_stands_after_its_label(count: int, prompt: str) -> None:
    frames = [Frame(n, n * 1.0, Path("x"), "") for n in range(count)]
    images = [image(n) for n in range(count)]
    with scripted(served()) as server:
        backend(server).ask(frames, compose(frames, images, prompt))
        [body] = server.bodies(ASK)
    content = body["messages"][0]["content"]
    assert content.count("[img]") == count
    # A numbered mark would stand for an image, and turn off the others in some versions.
    assert "[img-" not in content
    read_as = placed(body)
    assert [part for part in read_as if isinstance(part, bytes)] == [one.data for one in images]
    for number in range(count):
        text = read_as[2 * number]
        assert isinstance(text, str)
        assert text.strip() == f"Screenshot {number} (00:00:0{number}):"
    assert isinstance(read_as[-1], str)
    assert read_as[-1].replace(" ", "").strip() == prompt.replace(" ", "")


def test_a_message_without_an_image_has_none() -> None:
    with scripted(served()) as server:
        backend(server).ask(FRAMES, ["A question about [img]."])
        [body] = server.bodies(ASK)
    assert placed(body) == ["A question about [ img]."]


# --- who answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("digest", [SHA256, f"sha256:{SHA256}"])
def test_the_server_s_own_facts_are_taken(digest: str) -> None:
    tags = as_json({"models": [listed(name="other:1b", model="other:1b"), listed(digest=digest)]})
    with scripted(served(tags=tags)) as server:
        identity = backend(server).identify()
        assert server.bodies(SHOW) == [{"model": TAG}]
    assert (identity.model_id, identity.digest) == (TAG, SHA256)
    assert (identity.backend_version, identity.quantization) == ("0.33.3", "Q4_K_M")


def test_the_quantisation_is_that_of_the_details() -> None:
    show = as_json({"details": {"quantization_level": "Q8_0"}})
    with scripted(served(show=show)) as server:
        assert backend(server).identify().quantization == "Q8_0"


@pytest.mark.parametrize("digest", [None, "", 5, "sha256:"])
def test_a_digest_that_is_not_told_is_said_to_be_unknown(digest: Any) -> None:
    with scripted(served(tags=as_json({"models": [listed(digest=digest)]}))) as server:
        assert backend(server).identify().digest == f"unknown-{TAG}"


@pytest.mark.parametrize(
    ("tag", "name", "known"),
    [
        ("some", "some:latest", True),
        ("some:latest", "some:latest", True),
        ("me/some", "me/some:latest", True),
        ("host:5000/me/some", "host:5000/me/some:latest", True),
        ("hf.co/me/some:Q4_K_M", "hf.co/me/some:Q4_K_M", True),
        ("some", "some:4b", False),
        ("some:4", "some:4b", False),
        ("some:4b", "some:4b-instruct", False),
    ],
)
def test_a_name_without_a_tag_means_the_latest(tag: str, name: str, known: bool) -> None:
    tags = as_json({"models": [listed(name=name, model=name)]})
    with scripted(served(tags=tags, ps=loaded(name))) as server:
        asked = backend(server, tag=tag)
        if known:
            assert asked.identify().model_id == tag
        else:
            with pytest.raises(ScribebenchError, match=f"no model '{tag}'"):
                asked.identify()
        reply = asked.ask(FRAMES, PARTS)
    assert reply.model_state_before == ("warm" if known else "other_model_loaded")
    assert reply.n_ctx == (32768 if known else None)


@pytest.mark.parametrize(
    ("models", "known"),
    [
        ({"models": [listed(name="qwen:1b", model="qwen:1b"), "junk", {"name": 7}]}, "qwen:1b"),
        ({"models": []}, "none"),
        ({"models": None}, "none"),
        ({}, "none"),
    ],
)
def test_an_unknown_model_is_answered_with_those_that_there_are(models: Any, known: str) -> None:
    with scripted(served(tags=as_json(models))) as server:
        with pytest.raises(ScribebenchError) as caught:
            backend(server).identify()
        assert problems({"url": server.url, "tag": TAG}) == [str(caught.value)]
    for part in (f"no model '{TAG}'", known, f"run: ollama pull {TAG}", server.url):
        assert part in str(caught.value)


def test_a_model_without_vision_is_refused_before_it_is_asked() -> None:
    show = as_json({"capabilities": ["completion", "tools"]})
    with scripted(served(show=show)) as server, pytest.raises(ScribebenchError) as caught:
        backend(server).identify()
    for part in (TAG, "takes no pictures", "`tag:`", "ollama show"):
        assert part in str(caught.value)


@pytest.mark.parametrize("think", [True, "low"])
def test_thinking_is_refused_when_the_model_cannot(think: bool | str) -> None:
    with scripted(served()) as server, pytest.raises(ScribebenchError) as caught:
        backend(server, think=think).identify()
    for part in (TAG, "cannot think", "`tag:`", "`think: false`"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("think", "capabilities"),
    [(True, ["vision", "thinking"]), (False, ["vision"]), (None, ["vision"]), (True, None)],
)
def test_a_model_that_can_is_not_refused(think: Any, capabilities: Any) -> None:
    """Old versions tell of no capabilities."""
    with scripted(served(show=as_json({"capabilities": capabilities}))) as server:
        assert backend(server, think=think).identify().model_id == TAG


@pytest.mark.parametrize(
    ("version", "renderer", "refused"),
    [
        ("0.17.0", "qwen3-vl-instruct", False),
        ("0.17.1", "qwen3-vl-instruct", True),
        ("0.20.5-rc1", "qwen3-vl-instruct", True),
        ("0.23.3", "qwen3-vl-instruct", True),
        ("0.23.4", "qwen3-vl-instruct", False),
        ("0.33.3", "qwen3-vl-instruct", False),
        ("0.20.0", "", False),
        ("0.20.0", None, False),
        ("0.0.0", "qwen3-vl-instruct", False),
        ("9" * 5000 + ".1.1", "qwen3-vl-instruct", False),
        (None, "qwen3-vl-instruct", False),
    ],
)
def test_a_version_that_does_not_place_images_is_refused(
    version: str | None, renderer: str | None, refused: bool
) -> None:
    """Between these versions, models with a renderer of the server's own ignore the marks."""
    show = as_json({"capabilities": ["vision"], "renderer": renderer})
    with scripted(served(show=show, version=as_json({"version": version}))) as server:
        if not refused:
            assert backend(server).identify().backend_version == version
            return
        with pytest.raises(ScribebenchError) as caught:
            backend(server, batch_size=2).identify()
        # With one image in a request nothing can be mixed up.
        assert backend(server, batch_size=1).identify().backend_version == version
    for part in (f"Ollama {version}", TAG, server.url, "update it to 0.23.4"):
        assert part in str(caught.value)


def test_a_server_without_the_later_paths_is_still_one() -> None:
    missing = Answer(404, ["404 page not found"])
    with scripted(served(show=missing, ps=missing)) as server:
        asked = backend(server, think=True)
        identity = asked.identify()
        reply = asked.ask(FRAMES, PARTS)
    assert (identity.digest, identity.quantization) == (SHA256, "Q4_K_M")
    assert (reply.model_state_before, reply.n_ctx) == ("unknown", None)


@pytest.mark.parametrize("path", ["version", "tags"])
@pytest.mark.parametrize("status", [200, 301, 404, 500])
def test_a_server_of_another_kind_is_told(path: str, status: int) -> None:
    with (
        scripted(served(**{path: Answer(status, ["<html>"])})) as server,
        pytest.raises(ScribebenchError) as caught,
    ):
        backend(server).identify()
    assert f"{server.url}/api/{path} is no Ollama server" in str(caught.value)
    assert "correct `url:`" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


# --- what is loaded ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "state"),
    [
        (loaded(), "cold"),
        (loaded(TAG), "warm"),
        (loaded("other:1b"), "other_model_loaded"),
        (loaded("other:1b", TAG), "warm"),
        (Answer(404, ["404 page not found"]), "unknown"),
        (as_json({"models": None}), "unknown"),
        (as_json({"error": "busy"}, 503), "unknown"),
    ],
)
def test_what_was_loaded_before_is_known(before: Answer, state: str) -> None:
    with scripted(served(ps=[before, loaded(TAG, context_length=8192)])) as server:
        reply = backend(server).ask(FRAMES, PARTS)
        asked = [path for path, _ in server.requests]
    assert asked == [LOADED, ASK, LOADED]
    assert reply.model_state_before == state
    # The context is that of the model as it is loaded now, not as it was asked for.
    assert reply.n_ctx == 8192


@pytest.mark.parametrize(
    "after",
    [loaded(), loaded("other:1b"), loaded(TAG, context_length="8192")],
)
def test_a_context_that_is_not_told_is_unknown(after: Answer) -> None:
    with scripted(served(ps=[loaded(TAG), after])) as server:
        assert backend(server).ask(FRAMES, PARTS).n_ctx is None


def test_a_failed_request_tells_what_was_loaded_too() -> None:
    answer = as_json({"error": OVERFLOWS[0]}, 400)
    with scripted(served(answer, ps=[loaded(), loaded(TAG, context_length=4096)])) as server:
        reply = backend(server).ask(FRAMES, PARTS)
    assert (reply.error_kind, reply.model_state_before) == ("context_overflow", "cold")
    assert reply.n_ctx == 4096


def test_what_is_told_of_the_loaded_model_is_taken() -> None:
    with scripted(served(ps=loaded("other:1b", TAG, size_vram=7 * 2**30))) as server:
        facts = backend(server).server_facts()
    assert (facts.n_ctx, facts.memory_claimed_bytes) == (32768, 7 * 2**30)


@pytest.mark.parametrize("size", [0, -1, "5", True, None, 10**30])
def test_a_size_that_is_none_is_unknown(size: Any) -> None:
    with scripted(served(ps=loaded(TAG, size_vram=size))) as server:
        assert backend(server).server_facts().memory_claimed_bytes is None


@pytest.mark.parametrize("where", ["show", "tags"])
def test_a_model_that_runs_elsewhere_is_not_shown_a_private_screen(where: str) -> None:
    """Ollama passes requests for its cloud models on, from an address of this machine."""
    far = {"remote_host": "https://far.example:443", "remote_model": "some"}
    show = {"capabilities": ["completion", "vision"], "details": {}}
    changes = {
        "show": as_json(show | (far if where == "show" else {})),
        "tags": as_json({"models": [listed() | (far if where == "tags" else {})]}),
    }
    with scripted(served(**changes)) as server:
        with pytest.raises(ScribebenchError, match=r"runs on https://far\.example:443"):
            backend(server).identify()
        assert backend(server, remote=True).identify().model_id == TAG


UNLOADED = as_json({"model": TAG, "response": "", "done": True, "done_reason": "unload"})
RELOADED = as_json({"model": TAG, "response": "", "done": True, "done_reason": "load"})


def test_a_model_is_unloaded_and_loaded_again_with_its_options() -> None:
    played = served(ps=[loaded(TAG), loaded()], generate=[UNLOADED, RELOADED])
    with scripted(played) as server:
        asked = backend(server, options={"num_ctx": 4096})
        took_ns = asked.reload()
        paths = [path for path, _ in server.requests]
        unload, load = server.bodies("/api/generate")
    assert took_ns is not None and took_ns > 0
    assert paths == ["/api/generate", LOADED, LOADED, "/api/generate"]
    assert unload == {"model": TAG, "keep_alive": 0}
    assert load == asked.sent_options()
    assert load["options"]["num_ctx"] == 4096
    assert "prompt" not in load and "messages" not in load


@pytest.mark.parametrize(
    ("ps", "generate"),
    [
        (loaded(TAG), [UNLOADED, RELOADED]),
        (loaded(), Answer(404, ["404 page not found"])),
        (loaded(), [UNLOADED, as_json({"error": OUT_OF_MEMORY[0]}, 500)]),
        # With `keep_alive: 0` in `extra_body`, to load is to unload.
        (loaded(), [UNLOADED, UNLOADED]),
    ],
    ids=["stays", "no such path", "does not fit", "unloads again"],
)
def test_a_model_that_cannot_be_loaded_again_has_no_time_for_it(
    ps: Answer, generate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ollama, "UNLOADED_S", 0.05)
    monkeypatch.setattr(ollama, "UNLOADED_POLL_S", 0.01)
    with scripted(served(ps=ps, generate=generate)) as server:
        assert backend(server).reload() is None


@pytest.mark.parametrize(
    ("ps", "settings", "is_unloaded"),
    [
        (loaded(), {}, True),
        (loaded("other:latest"), {}, True),
        (loaded(TAG), {}, False),
        (as_json({}, 404), {}, False),
        (loaded(), {"extra_body": {"keep_alive": "1h"}}, False),
    ],
    ids=["loaded for us", "in the place of another", "was there", "unknown", "is to stay"],
)
def test_a_model_that_was_loaded_for_a_job_leaves_with_it(
    ps: Answer, settings: dict[str, Any], is_unloaded: bool
) -> None:
    with scripted(served(ps=[ps, loaded(TAG)], generate=UNLOADED)) as server:
        asked = backend(server, **settings)
        asked.ask(FRAMES, PARTS)
        asked.ask(FRAMES, PARTS)
        asked.close()
        unloads = server.bodies("/api/generate")
    assert unloads == ([{"model": TAG, "keep_alive": 0}] if is_unloaded else [])


@pytest.mark.parametrize(
    ("before", "is_unloaded"), [(loaded(), True), (loaded(TAG), False)], ids=["ours", "was there"]
)
@pytest.mark.parametrize(
    "answer",
    [
        as_lines({"error": CRASHES[0]}),
        Answer(200, ["", "late"], pause_s=3),
        as_json({"error": "not found"}, 404),
    ],
    ids=["crashes", "too slow", "not found"],
)
def test_a_model_that_was_loaded_for_a_job_that_fails_leaves_with_it(
    answer: Answer, before: Answer, is_unloaded: bool
) -> None:
    with scripted(served(answer, ps=[before, loaded(TAG)], generate=UNLOADED)) as server:
        asked = backend(server, timeout_s=0.4)
        with suppress(ScribebenchError):
            asked.ask(FRAMES, PARTS)
        asked.close()
        unloads = server.bodies("/api/generate")
    assert unloads == ([{"model": TAG, "keep_alive": 0}] if is_unloaded else [])


# --- rows ----------------------------------------------------------------------------------------


def store(reply: Reply, folder: Path, **settings: Any) -> dict[str, Any]:
    """Write a reply to the journal and to the tables, and return its row as it is read back."""
    known = {"backend": "ollama", "url": "http://127.0.0.1:1", "tag": TAG}
    asked = OllamaBackend(known | settings, None)
    identity = ollama.ModelIdentity(TAG, SHA256, "0.33.3", quantization="Q4_K_M")
    run = Run("some", "base")
    context = RunContext("monday", run, known | settings, "ab", identity, asked.sent_options(), {})
    conditions = Conditions(60.0, "0.33.3", None, {})
    Journal(folder / "journal.jsonl").put("key", Entry("run", reply, conditions))
    entry = Journal(folder / "journal.jsonl").get("key")
    assert entry is not None and entry.reply == reply
    one = Answered(0, FRAMES, [IMAGE.facts], "uid", entry.reply, conditions, False)
    write_table(folder / "a.parquet", REQUESTS, [request_row(context, asked, one)])
    write_table(folder / "b.parquet", DESCRIPTIONS, description_rows(context, one))
    [row] = read_rows(folder / "a.parquet")
    return row


def test_a_reply_fills_its_row(tmp_path: Path) -> None:
    reply = read(said("answer"), done(prompt_eval_cached_count=80))
    row = store(reply, tmp_path, options={"num_ctx": 8192, "temperature": 0.2}, think=False)
    expected = {
        "endpoint_kind": "native",
        "n_ctx_requested": 8192,
        "max_output_tokens": DEFAULT_OPTIONS["num_predict"],
        "temperature": 0.2,
        "quantization": "Q4_K_M",
        "think_requested": "false",
        "srv_total_ns": 5_043_500_667,
        "srv_load_ns": 502_500_583,
        "srv_unaccounted_ns": 241_000_042,
        "prompt_tokens": 980,
        "prompt_tokens_cached": 80,
        "output_tokens": 114,
        "decode_tps": 114 / 3,
        "speed_valid": True,
    }
    assert {name: row[name] for name in expected} == expected
    assert row["prefill_tps"] == pytest.approx(900 / 1.300000042)


def test_without_the_cached_count_there_is_no_prefill_speed(tmp_path: Path) -> None:
    """Part of the prompt may have come from the cache: its speed would be too good."""
    row = store(read(said("answer"), DONE), tmp_path)
    assert (row["prompt_tokens"], row["prompt_tokens_cached"]) == (980, None)
    assert row["prefill_tps"] is None
    assert row["decode_tps"] == 114 / 3


def test_a_loop_and_an_unsupported_request_are_rows_that_enter_no_speed(tmp_path: Path) -> None:
    looped = store(read(said("again"), {"error": LOOP}), tmp_path)
    assert (looped["finish_reason"], looped["error_kind"]) == ("repeat_abort", None)
    assert not looped["speed_valid"]
    refused, _ = ask_once(as_json({"error": f'"{TAG}" does not support thinking'}, 400))
    row = store(refused, tmp_path)
    assert (row["error_kind"], row["speed_valid"]) == ("unsupported", False)
