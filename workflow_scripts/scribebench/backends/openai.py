"""Any server with OpenAI-style chat completions: llama-server, mlx-vlm, vLLM, LM Studio.

Replies are streamed, so that the time to the first token is a client clock that always exists; the
server's own clocks (`timings` of llama-server) and counts (`usage`) stand beside it when there are
any. Nothing in a reply is trusted: it is bounded in size and time, and only stored.
"""

import base64
import json
import os
import random
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx

from scribebench.backends.base import (
    Frame,
    ModelIdentity,
    Part,
    Reply,
    ServerUnreachableError,
)
from scribebench.errors import ScribebenchError
from scribebench.files import sha256_bytes
from scribebench.project.documents import canonical_json

MAX_ATTEMPTS = 4
FIRST_BACKOFF_S = 1.0
MAX_REPLY_CHARS = 2_000_000
MAX_LINE_BYTES = 8 * 2**20
MAX_REFUSAL_BYTES = 20_000
MAX_ERROR_CHARS = 500
# What no server can mean, and no column can hold.
MAX_COUNT, MAX_CLOCK_MS = 2**31, 1e12
RETRIED_STATUS = frozenset({429, 502, 503, 504})
# The default limit for one request: generous for the slowest laptop, and growing with the work.
BASE_TIMEOUT_S, TIMEOUT_PER_IMAGE_S, TIMEOUT_PER_TOKEN_S = 120.0, 60.0, 1.0
DEFAULT_MAX_TOKENS = 6000
OPTION_NAMES = {"num_predict": "max_tokens"}
# num_ctx is set when such a server is started, not by a request.
NOT_SENT = frozenset({"num_ctx"})
# What a server tells of the weights; the rest of an entry (when it was started, with what context)
# changes from start to start.
WEIGHT_FIELDS = ("id", "root", "digest", "quantization", "arch", "architecture")
WEIGHT_META = ("vocab_type", "n_vocab", "n_ctx_train", "n_embd", "n_params", "size", "ftype")
ERROR_KINDS = (
    ("context_overflow", re.compile(r"exceed_context_size|context (size|length|window)", re.I)),
    ("oom", re.compile(r"out of memory|failed to allocate|OOM", re.I)),
    ("unsupported", re.compile(r"image input is not supported|does not support|mmproj", re.I)),
)


def connect(settings: dict[str, Any], context: dict[str, Any]) -> "OpenAiBackend":
    """Return the backend of a model's settings. Raises ScribebenchError when its key is not set."""
    key = None
    if name := settings.get("api_key_env"):
        key = os.environ.get(name)
        if not key:
            raise ScribebenchError(
                f"the environment variable {name} is not set; it should hold the key for "
                f"{settings['url']}: export {name}=..."
            )
    return OpenAiBackend(settings, key)


class OpenAiBackend:
    """A client of one server and one model."""

    endpoint_kind = "v1"
    embedded = False

    def __init__(self, settings: dict[str, Any], key: str | None):
        self._url = settings["url"].rstrip("/").removesuffix("/v1")
        self._settings = settings
        self._key = key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        # No connection is kept: some servers close it while the next request is on its way.
        self._client = httpx.Client(
            headers=headers,
            limits=httpx.Limits(max_keepalive_connections=0),
            timeout=httpx.Timeout(30.0),
            trust_env=False,
            follow_redirects=False,
        )

    def identify(self) -> ModelIdentity:
        """Ask the server which model it has; an unknown name would be answered by another one."""
        models = self._get("/v1/models").get("data")
        entries = [entry for entry in _list(models) if isinstance(entry, dict)]
        tag = self._settings["tag"]
        entry = next((item for item in entries if tag in _names(item)), None)
        if entry is None:
            known = ", ".join(sorted(name for item in entries for name in _names(item)))
            raise ScribebenchError(
                f"the server at {self._url} has no model {tag!r} (it has: {known or 'none'}); "
                "correct `tag:` in the model's file or load that model"
            )
        props = self._get("/props", optional=True)
        if _dict(props.get("modalities")).get("vision") is False:
            raise ScribebenchError(
                f"the model {tag!r} at {self._url} takes no pictures; start the server with the "
                "model's vision encoder (llama-server --mmproj FILE)"
            )
        meta = _dict(entry.get("meta"))
        told = {
            **{name: entry[name] for name in WEIGHT_FIELDS if name in entry},
            **{f"meta.{name}": meta[name] for name in WEIGHT_META if name in meta},
        }
        return ModelIdentity(
            model_id=tag,
            digest="v1-" + sha256_bytes(canonical_json(told).encode())[:16],
            backend_version=_text(props.get("build_info")),
            n_ctx=_count(_dict(props.get("default_generation_settings")).get("n_ctx")),
        )

    def sent_options(self) -> dict[str, Any]:
        options = {
            OPTION_NAMES.get(name, name): value
            for name, value in self._settings.get("options", {}).items()
            if name not in NOT_SENT
        }
        think = self._settings.get("think")
        template: dict[str, Any] = {}
        if think is not None:
            template = {"chat_template_kwargs": {"enable_thinking": bool(think)}}
        if isinstance(think, str):
            template["reasoning_effort"] = think
        return {
            "model": self._settings["tag"],
            "max_tokens": DEFAULT_MAX_TOKENS,
            # A cached prefix would make prefill look faster than it is.
            "cache_prompt": False,
            **options,
            **template,
            **self._settings.get("extra_body", {}),
        }

    def limit_s(self, images: int) -> float:
        return self._settings.get("timeout_s") or (
            BASE_TIMEOUT_S
            + TIMEOUT_PER_IMAGE_S * images
            + TIMEOUT_PER_TOKEN_S
            * (_count(self.sent_options()["max_tokens"]) or DEFAULT_MAX_TOKENS)
        )

    def ask(self, frames: list[Frame], parts: list[Part]) -> Reply:
        """Send the request; retry what is no fault of the model, with growing pauses."""
        body = {
            **self.sent_options(),
            "messages": [{"role": "user", "content": [_content(part) for part in parts]}],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        limit_s = self.limit_s(len(frames))
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return replace(self._stream(body, limit_s), attempts=attempt)
            except _TransientError as error:
                if attempt == MAX_ATTEMPTS:
                    raise ServerUnreachableError(
                        f"the server at {self._url} failed {attempt} times ({error}); see its log, "
                        "restart it and run the same command again: finished requests are kept"
                    ) from error
                time.sleep(FIRST_BACKOFF_S * 2 ** (attempt - 1) * random.uniform(0.8, 1.2))
        raise AssertionError("unreachable")

    def _stream(self, body: dict[str, Any], limit_s: float) -> Reply:
        started_at, clock = datetime.now(UTC), _Clock(limit_s)
        try:
            # A chunk may take as long as the whole prefill; `clock` ends the request as a whole.
            timeout = httpx.Timeout(limit_s, connect=10.0)
            request = self._client.build_request(
                "POST", f"{self._url}/v1/chat/completions", json=body, timeout=timeout
            )
            response = self._client.send(request, stream=True)
            try:
                if response.status_code != 200:
                    return self._refused(response, started_at, clock)
                lines = _lines(response, clock)
                return self._without_key(_read_stream(_events(lines), started_at, clock))
            finally:
                response.close()
        except (httpx.ReadTimeout, _TooLongError):
            return _failed(started_at, clock, "client_timeout", "timeout", f"over {limit_s:.0f} s")
        except httpx.TransportError as error:
            raise _TransientError(_describe(error)) from error

    def _refused(self, response: httpx.Response, started_at: datetime, clock: "_Clock") -> Reply:
        message = self._hide_key(_error_text(_beginning(response, clock)))
        if response.status_code in RETRIED_STATUS:
            raise _TransientError(f"HTTP {response.status_code}: {message}")
        self._check_key(response)
        if response.status_code == 404:
            raise ScribebenchError(
                f"the server at {self._url} does not know /v1/chat/completions or the model "
                f"{self._settings['tag']!r} ({message}); correct `url:` or `tag:` in its file"
            )
        failed = _failed(started_at, clock, "error", _error_kind(message), message)
        return replace(failed, http_status=response.status_code)

    def _check_key(self, response: httpx.Response) -> None:
        if response.status_code in (401, 403):
            raise ScribebenchError(
                f"the server at {self._url} refused the key (HTTP {response.status_code}); name "
                "the environment variable that holds it as `api_key_env:` in the model's file"
            )

    def _hide_key(self, text: str) -> str:
        """Some gateways repeat the key that they were sent."""
        return text.replace(self._key, "***") if self._key else text

    def _without_key(self, reply: Reply) -> Reply:
        return replace(
            reply,
            content=self._hide_key(reply.content),
            thinking=self._hide_key(reply.thinking),
            error_message=reply.error_message and self._hide_key(reply.error_message),
        )

    def _get(self, path: str, optional: bool = False) -> dict[str, Any]:
        """Return what the server tells at a path; nothing, when that is `optional` and missing."""
        try:
            response = self._client.get(self._url + path)
        except httpx.TransportError as error:
            raise ServerUnreachableError(
                f"no server answers at {self._url} ({_describe(error)}); start it, or correct "
                "`url:` in the model's file, and run the same command again"
            ) from error
        if response.status_code == 503:
            raise ServerUnreachableError(
                f"the server at {self._url} is still loading its model; run the same command "
                "again when it is ready"
            )
        self._check_key(response)
        try:
            value = response.json() if response.status_code == 200 else None
        except ValueError:
            value = None
        if value is None and not optional:
            raise ScribebenchError(
                f"{self._url}{path} is no OpenAI-style server (HTTP {response.status_code}); "
                "correct `url:` in the model's file"
            )
        return _dict(value)


class _TransientError(Exception):
    """A fault that may be gone at the next attempt."""


class _TooLongError(Exception):
    """A request that took longer than it may."""


class _Clock:
    """Monotonic time since a request was sent, in nanoseconds, with a limit."""

    def __init__(self, limit_s: float):
        self._start = time.monotonic_ns()
        self._limit_ns = int(limit_s * 1e9)

    def ns(self) -> int:
        return time.monotonic_ns() - self._start

    def over(self) -> bool:
        return self.ns() > self._limit_ns


@dataclass
class _Stream:
    """What has been read of a streamed reply."""

    content: list[str] = field(default_factory=list)
    thinking: list[str] = field(default_factory=list)
    chars: int = 0
    ttft_ns: int | None = None
    ttft_content_ns: int | None = None
    finish: str | None = None
    usage: dict[str, Any] = field(default_factory=dict)
    timings: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    complete: bool = False

    def take(self, event: dict[str, Any], clock: _Clock) -> None:
        """Add an event of any shape; what is not as it should be is passed over."""
        if event.get("error"):
            self.error = _error_message(event["error"])
        self.usage = _dict(event.get("usage")) or self.usage
        self.timings = _dict(event.get("timings")) or self.timings
        choice = _dict(next(iter(_list(event.get("choices"))), None))
        delta = _dict(choice.get("delta"))
        content = _str(delta.get("content"))
        thinking = _str(delta.get("reasoning_content")) or _str(delta.get("reasoning"))
        if (content or thinking) and self.ttft_ns is None:
            self.ttft_ns = clock.ns()
        self.content.append(content)
        self.thinking.append(thinking)
        self.chars += len(content) + len(thinking)
        if content and self.ttft_content_ns is None and self._says_something():
            self.ttft_content_ns = clock.ns()
        self.finish = _str(choice.get("finish_reason")) or self.finish

    def _says_something(self) -> bool:
        """Return whether visible text has begun: what stands in a leading <think> is none."""
        so_far = "".join(self.content).lstrip()
        if not so_far or "<think>".startswith(so_far):
            return False
        return bool(split_thinking(so_far, "")[0])


def _read_stream(
    events: Iterator[dict[str, Any] | None], started_at: datetime, clock: _Clock
) -> Reply:
    """Collect a stream. Raises _TransientError when it breaks off before its end."""
    stream, reason = _Stream(), None
    for event in events:
        if event is None:
            stream.complete = True
            break
        stream.take(event, clock)
        if stream.error:
            reason = "error"
        elif clock.over():
            reason = "client_timeout"
        elif stream.chars > MAX_REPLY_CHARS:
            reason, stream.error = "error", f"the reply is longer than {MAX_REPLY_CHARS} characters"
        if reason:
            break
    if not stream.complete and reason is None and stream.finish is None:
        raise _TransientError("the stream broke off")
    content, thinking = split_thinking("".join(stream.content), "".join(stream.thinking))
    timings, usage = stream.timings, stream.usage
    details = _dict(usage.get("prompt_tokens_details"))
    return Reply(
        content=content,
        thinking=thinking,
        started_at=started_at,
        wall_ns=clock.ns(),
        finish_reason=reason or _finish_reason(stream.finish),
        finish_reason_raw=stream.finish,
        stream_complete=stream.complete,
        http_status=200,
        ttft_ns=stream.ttft_ns,
        ttft_content_ns=stream.ttft_content_ns,
        srv_prompt_eval_ns=_ms_as_ns(timings.get("prompt_ms")),
        srv_eval_ns=_ms_as_ns(timings.get("predicted_ms")),
        prompt_tokens=_count(usage.get("prompt_tokens")),
        prompt_tokens_cached=_count(timings.get("cache_n", details.get("cached_tokens"))),
        prompt_tokens_evaluated=_count(timings.get("prompt_n")),
        output_tokens=_count(timings.get("predicted_n", usage.get("completion_tokens"))),
        error_kind=_kind_of(reason, stream.error),
        error_message=stream.error[:MAX_ERROR_CHARS] if stream.error else None,
    )


def split_thinking(content: str, thinking: str) -> tuple[str, str]:
    """Move a leading <think> block, also one that never ends, from the reply to the thinking."""
    match = re.match(r"\s*<think>(?P<inside>.*?)(?:</think>(?P<rest>.*)|\Z)", content, re.S)
    if not match:
        return content, thinking
    return (match["rest"] or "").lstrip("\n"), thinking + match["inside"]


def _events(lines: Iterable[str]) -> Iterator[dict[str, Any] | None]:
    """Yield the JSON objects of a server-sent stream, and None for its end."""
    for line in lines:
        if not line.startswith("data:"):
            continue
        data = line[5:].strip()
        if data == "[DONE]":
            yield None
            return
        try:
            event = json.loads(data)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            yield event


def _lines(response: httpx.Response, clock: _Clock) -> Iterator[str]:
    """Yield the lines of a stream, within its time and with a bound on each line.

    Raises _TooLongError when time is up, also while a server sends what is no line of a reply.
    """
    rest = b""
    for data in response.iter_bytes():
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            yield line.decode("utf-8", errors="replace").rstrip("\r")
        if clock.over():
            raise _TooLongError
        if len(rest) > MAX_LINE_BYTES:
            raise _TransientError(f"a line of the stream is longer than {MAX_LINE_BYTES} bytes")
    if rest:
        yield rest.decode("utf-8", errors="replace")


def _beginning(response: httpx.Response, clock: _Clock) -> bytes:
    """Return the beginning of a refusal, long enough for its message."""
    data = b""
    for part in response.iter_bytes():
        data += part
        if len(data) > MAX_REFUSAL_BYTES or clock.over():
            break
    return data[:MAX_REFUSAL_BYTES]


def _content(part: Part) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    data = base64.b64encode(part.data).decode("ascii")
    return {"type": "image_url", "image_url": {"url": f"data:{part.media_type};base64,{data}"}}


def _failed(started_at: datetime, clock: _Clock, reason: str, kind: str, message: str) -> Reply:
    return Reply(
        content="",
        thinking="",
        started_at=started_at,
        wall_ns=clock.ns(),
        finish_reason=reason,
        stream_complete=False,
        error_kind=kind,
        error_message=message[:MAX_ERROR_CHARS],
    )


def _names(entry: dict[str, Any]) -> list[str]:
    names = [entry.get("id"), entry.get("model"), entry.get("name"), *_list(entry.get("aliases"))]
    return list(dict.fromkeys(name for name in names if isinstance(name, str)))


def _finish_reason(raw: str | None) -> str:
    return raw if raw in ("stop", "length", "content_filter") else "incomplete"


def _kind_of(reason: str | None, message: str | None) -> str | None:
    if reason == "client_timeout":
        return "timeout"
    return _error_kind(message or "") if reason == "error" else None


def _error_kind(message: str) -> str:
    return next((kind for kind, pattern in ERROR_KINDS if pattern.search(message)), "server")


def _error_text(body: bytes) -> str:
    text = body.decode("utf-8", errors="replace")
    try:
        return _error_message(json.loads(text).get("error", text))
    except (ValueError, AttributeError):
        return text[:MAX_ERROR_CHARS]


def _error_message(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    return f"{error.get('type', '')} {error.get('message', '')}".strip()


def _describe(error: httpx.TransportError) -> str:
    return str(error) or type(error).__name__


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _str(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _count(value: Any) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_COUNT
    return value if is_count else None


def _ms_as_ns(value: Any) -> int | None:
    is_time = isinstance(value, int | float) and 0 <= value < MAX_CLOCK_MS
    return round(value * 1e6) if is_time else None
