"""Ollama's native protocol: `/v1` would hide the context size and the server's clocks.

Requested is not effective there: the context size depends on version and memory when it is not
sent, and old versions drop the front of a prompt that does not fit without a word, so that it is
always sent, and read back from what is loaded.
"""

import json
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from scribebench.backends.base import (
    Frame,
    ModelIdentity,
    Part,
    Reply,
    SentImage,
    ServerFacts,
)
from scribebench.backends.body import Verbatim
from scribebench.backends.http import Server, key_of, limit_for, problems_at
from scribebench.backends.streams import (
    Clock,
    Said,
    TransientError,
    error_kind,
    error_message,
    kind_of_error,
)
from scribebench.backends.values import (
    as_dict,
    as_list,
    as_str,
    count_or_null,
    ns_or_null,
    text_or_null,
)
from scribebench.errors import ScribebenchError

ASK = "/api/chat"
# With no prompt it loads a model, and with no time to keep it, it unloads it.
LOAD = "/api/generate"
UNLOADED_S, UNLOADED_POLL_S = 30.0, 0.2
# Where an image stands in the text of a message.
IMAGE_MARK = "[img]"
# The beginning of that mark and of the numbered ones that the server makes of it.
MARK_BEGINS = re.compile(r"\[(?=img[-\]])")
# These versions put all images before the text when they render a model's prompt in their own code.
UNPLACED_FROM, UNPLACED_BEFORE = (0, 17, 1), (0, 23, 4)
DEFAULT_OPTIONS = {"num_ctx": 32768, "num_predict": 6000}
# Longer than preparing a batch ever takes, so that a model is not loaded anew between two; should a
# job be killed, the model holds the GPU's memory no longer than this beside the next candidate.
KEEP_ALIVE = "5m"
UNLOAD_LIMIT_S = 10.0
# The server's guard against loops, which ended a reply; it is the model that looped.
REPEATS = re.compile(r"token repeat limit", re.I)
# The process that runs the model ended and will be started again.
CRASHED = re.compile(
    r"(runner|llama-server) (process )?(has )?(terminated|unexpectedly stopped)|\bEOF\b"
    r"|encountered while running the model|forcibly closed|connection reset",
    re.I,
)


def connect(settings: dict[str, Any], context: dict[str, Any]) -> "OllamaBackend":
    """Return the backend of a model's settings. Raises ScribebenchError when its key is not set."""
    return OllamaBackend(settings, key_of(settings))


def problems(settings: dict[str, Any]) -> list[str]:
    """Return what is missing before the model can be asked, each with its mend."""
    return problems_at(lambda: connect(settings, {}))


class OllamaBackend:
    """A client of one Ollama server and one of its models."""

    endpoint_kind = "native"
    embedded = False

    def __init__(self, settings: dict[str, Any], key: str | None):
        url = settings["url"].rstrip("/").removesuffix("/api")
        self._tag = settings["tag"]
        mend = f"run: ollama pull {self._tag}"
        start = "start it: ollama serve"
        variable = settings.get("api_key_env")
        self._server = Server(
            url, key, self._tag, "Ollama", mend, CRASHED, start, key_variable=variable
        )
        self._settings = settings
        self._brought_in = False

    def identify(self) -> ModelIdentity:
        """Ask the server for the model's digest, and whether it sees."""
        version = text_or_null(self._server.tell("/api/version").get("version"))
        models = as_list(self._server.tell("/api/tags").get("models"))
        entries = [entry for entry in models if isinstance(entry, dict)]
        entry = next((one for one in entries if _is(one, self._tag)), None)
        if entry is None:
            known = ", ".join(sorted(as_str(one.get("name")) for one in entries))
            raise ScribebenchError(
                f"the server at {self._server.url} has no model {self._tag!r} (it has: "
                f"{known or 'none'}); run: ollama pull {self._tag}"
            )
        facts = self._server.tell("/api/show", {"model": self._tag}, optional=True)
        host = text_or_null(facts.get("remote_host")) or text_or_null(entry.get("remote_host"))
        if host and self._settings.get("remote") is not True:
            raise ScribebenchError(
                f"the model {self._tag!r} at {self._server.url} runs on {host}, and not on this "
                "machine; choose another `tag:`, or set `remote: true` in the model's file if the "
                "recordings may be sent there"
            )
        capabilities = as_list(facts.get("capabilities"))
        if capabilities and "vision" not in capabilities:
            raise ScribebenchError(
                f"the model {self._tag!r} at {self._server.url} takes no pictures; choose one with "
                "vision as `tag:` in the model's file (ollama show MODEL lists it)"
            )
        if self._settings.get("think") and capabilities and "thinking" not in capabilities:
            raise ScribebenchError(
                f"the model {self._tag!r} at {self._server.url} cannot think; choose its thinking "
                "edition as `tag:` in the model's file, or set `think: false`"
            )
        unplaced = UNPLACED_FROM <= _number_of(version) < UNPLACED_BEFORE
        if facts.get("renderer") and unplaced and self._settings.get("batch_size", 1) > 1:
            raise ScribebenchError(
                f"Ollama {version} at {self._server.url} puts all pictures of a request before its "
                f"text, so that {self._tag!r} could not tell which is which; update it to "
                f"{'.'.join(map(str, UNPLACED_BEFORE))} or later, or set `batch_size: 1`"
            )
        details = as_dict(facts.get("details")) or as_dict(entry.get("details"))
        digest = as_str(entry.get("digest")).removeprefix("sha256:")
        return ModelIdentity(
            model_id=self._tag,
            digest=digest or f"unknown-{self._tag}",
            backend_version=version,
            quantization=text_or_null(details.get("quantization_level")),
        )

    def sent_options(self) -> dict[str, Any]:
        think = self._settings.get("think")
        extra = self._settings.get("extra_body", {})
        options = DEFAULT_OPTIONS | self._settings.get("options", {})
        return {
            "model": self._tag,
            "keep_alive": KEEP_ALIVE,
            # What does not fit is an error, and not dropped from the front without a word.
            "truncate": False,
            "shift": False,
            **({} if think is None else {"think": think}),
            **extra,
            # Further ones are added: without num_ctx the context would be of any size.
            "options": options | as_dict(extra.get("options")),
        }

    def limit_s(self, images: int, max_tokens: int | None = None) -> float:
        options = as_dict(self.sent_options()["options"])
        usual = count_or_null(options.get("num_predict")) or DEFAULT_OPTIONS["num_predict"]
        return limit_for(self._settings.get("timeout_s"), images, usual, max_tokens)

    def ask(
        self,
        frames: list[Frame],
        parts: list[Part],
        max_tokens: int | None = None,
        seed: int | None = None,
    ) -> Reply:
        """Send the request; see http.Server.ask."""
        state = self._state(self._loaded())
        # Before it is asked: a request that fails has loaded the model all the same.
        self._brought_in |= state in ("cold", "other_model_loaded")
        body = {**self.sent_options(), "messages": [_message(parts)], "stream": True}
        if max_tokens is not None:
            body["options"] = as_dict(body["options"]) | {"num_predict": max_tokens}
        if seed is not None:
            body["options"] = as_dict(body["options"]) | {"seed": seed}
        reply = self._server.ask(
            ASK,
            body,
            self.limit_s(len(frames), max_tokens),
            lambda lines, started_at, clock: _read_stream(_events(lines), started_at, clock),
        )
        if REPEATS.search(reply.error_message or ""):  # told before the stream began
            reply = replace(reply, finish_reason="repeat_abort", error_kind=None)
        own = self._own(self._loaded())
        return replace(
            reply,
            model_state_before=state,
            n_ctx=count_or_null(own.get("context_length")) if own else None,
        )

    def server_facts(self) -> ServerFacts:
        own = self._own(self._loaded()) or {}
        return ServerFacts(
            n_ctx=count_or_null(own.get("context_length")),
            # An estimate of the server's, and often wrong.
            memory_claimed_bytes=_bytes_or_null(own.get("size_vram")),
        )

    def reload(self) -> int | None:
        """Unload the model and load it again; null when the server does not do so.

        With `keep_alive: 0` in `extra_body` it unloads once more instead of loading.
        """
        told = self._server.tell(LOAD, {"model": self._tag, "keep_alive": 0}, optional=True)
        if told.get("done_reason") != "unload":
            return None
        deadline = time.monotonic() + UNLOADED_S
        while self._own(self._loaded()):
            if time.monotonic() > deadline:
                return None
            time.sleep(UNLOADED_POLL_S)
        body = self.sent_options()
        begin_ns = time.monotonic_ns()
        told = self._server.tell(LOAD, body, optional=True, limit_s=self.limit_s(0))
        return time.monotonic_ns() - begin_ns if told.get("done_reason") == "load" else None

    def close(self) -> None:
        """Let go of the server; unload the model if it was loaded for us and is not to stay."""
        if self._brought_in and self.sent_options()["keep_alive"] == KEEP_ALIVE:
            unload = {"model": self._tag, "keep_alive": 0}
            with suppress(ScribebenchError):
                self._server.tell(LOAD, unload, optional=True, limit_s=UNLOAD_LIMIT_S)
        self._brought_in = False
        self._server.close()

    def _loaded(self) -> list[dict[str, Any]] | None:
        """Return what the server has loaded; null when it does not tell."""
        try:
            models = self._server.tell("/api/ps", optional=True).get("models")
        except ScribebenchError:
            return None
        if not isinstance(models, list):
            return None
        return [one for one in models if isinstance(one, dict)]

    def _own(self, loaded: list[dict[str, Any]] | None) -> dict[str, Any] | None:
        return next((one for one in loaded or [] if _is(one, self._tag)), None)

    def _state(self, loaded: list[dict[str, Any]] | None) -> str:
        if loaded is None:
            return "unknown"
        if self._own(loaded):
            return "warm"
        return "other_model_loaded" if loaded else "cold"


@dataclass
class _Stream:
    """What has been read of a streamed reply, and its last message."""

    said: Said = field(default_factory=Said)
    last: dict[str, Any] = field(default_factory=dict)
    error: str | None = None

    def take(self, event: dict[str, Any], clock: Clock) -> None:
        """Add a message of any shape; what is not as it should be is passed over."""
        if event.get("error"):
            self.error = error_message(event["error"])
        message = as_dict(event.get("message"))
        self.said.take(as_str(message.get("content")), as_str(message.get("thinking")), clock)
        if event.get("done") is True:
            self.last = event


def _read_stream(events: Iterator[dict[str, Any]], started_at: datetime, clock: Clock) -> Reply:
    """Collect a stream. Raises TransientError when the model's process ended on its way.

    A stream that ends in good order but without its last message was ended by the guard against
    loops of old versions, unless it ends because time is up.
    """
    stream, reason = _Stream(), None
    for event in events:
        stream.take(event, clock)
        if stream.error:
            reason = _why(stream.error)
        elif stream.last:
            break
        elif clock.over():
            reason = "client_timeout"
        elif too_long := stream.said.too_long():
            reason, stream.error = "error", too_long
        if reason:
            break
    if reason is None and not stream.last and clock.over():
        reason = "client_timeout"
    content, thinking = stream.said.texts()
    last, raw = stream.last, text_or_null(stream.last.get("done_reason"))
    prompt_tokens = count_or_null(last.get("prompt_eval_count"))
    cached = count_or_null(last.get("prompt_eval_cached_count"))
    return Reply(
        content=content,
        thinking=thinking,
        started_at=started_at,
        wall_ns=clock.ns(),
        finish_reason=reason or (raw if raw in ("stop", "length") else "incomplete"),
        finish_reason_raw=raw,
        stream_complete=bool(last),
        http_status=200,
        ttft_ns=stream.said.ttft_ns,
        ttft_content_ns=stream.said.ttft_content_ns,
        srv_total_ns=ns_or_null(last.get("total_duration")),
        srv_load_ns=ns_or_null(last.get("load_duration")),
        srv_prompt_eval_ns=ns_or_null(last.get("prompt_eval_duration")),
        srv_eval_ns=ns_or_null(last.get("eval_duration")),
        prompt_tokens=prompt_tokens,
        prompt_tokens_cached=cached,
        prompt_tokens_evaluated=_less(prompt_tokens, cached),
        output_tokens=count_or_null(last.get("eval_count")),
        error_kind=kind_of_error(reason, stream.error),
        error_message=stream.error,
    )


def _why(error: str) -> str:
    """Return the reason for which an error in a stream ended it."""
    kind = error_kind(error)
    if REPEATS.search(error):
        return "repeat_abort"
    if kind == "server" and CRASHED.search(error):
        raise TransientError(error)
    return "context" if kind == "context_overflow" else "error"


def _events(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of a stream, one a line; what is none is passed over."""
    for line in lines:
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            yield event


def _message(parts: list[Part]) -> dict[str, Any]:
    """Return one message in which each image has its place in the text."""
    texts = [IMAGE_MARK if isinstance(part, SentImage) else _unmarked(part) for part in parts]
    images = [part for part in parts if isinstance(part, SentImage)]
    return {
        "role": "user",
        "content": "\n".join(texts),
        "images": [Verbatim(image.base64) for image in images],
    }


def _unmarked(text: str) -> str:
    """A prompt may speak of the marks; it must not take an image's place."""
    return MARK_BEGINS.sub("[ ", text)


def _is(entry: dict[str, Any], tag: str) -> bool:
    """Return whether an entry is of a model; a name without a tag means `latest`."""
    whole = tag if ":" in tag.rsplit("/", 1)[-1] else f"{tag}:latest"
    return whole in (entry.get("name"), entry.get("model"))


def _number_of(version: str | None) -> tuple[int, ...]:
    """Return the three numbers of a version; nothing when it has none."""
    found = re.match(r"v?(\d{1,5})\.(\d{1,5})\.(\d{1,5})", version or "")
    return tuple(map(int, found.groups())) if found else ()


def _bytes_or_null(value: Any) -> int | None:
    is_size = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**62
    return value if is_size else None


def _less(count: int | None, part: int | None) -> int | None:
    return None if count is None or part is None else max(0, count - part)
