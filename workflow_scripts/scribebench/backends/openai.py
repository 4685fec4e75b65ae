"""Any server with OpenAI-style chat completions: llama-server, mlx-vlm, vLLM, LM Studio.

Replies are streamed, so that the time to the first token is a client clock that always exists; the
server's own clocks (`timings` of llama-server) and counts (`usage`) stand beside it when there are
any. Nothing in a reply is trusted: it is bounded in size and time, and only stored.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scribebench.backends import serving
from scribebench.backends.asking import ask_started
from scribebench.backends.base import (
    NOT_STARTED,
    Frame,
    ModelIdentity,
    Part,
    Reply,
    ServerFacts,
    ServerUnreachableError,
)
from scribebench.backends.body import Verbatim
from scribebench.backends.hashes import FileHashes
from scribebench.backends.http import RETRIED_STATUS, Server, key_of, limit_for, problems_at
from scribebench.backends.serving import LazyServer, serve_if_asked
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
from scribebench.files import sha256_bytes
from scribebench.project.documents import canonical_json

ASK = "/v1/chat/completions"
NS_PER_MS = 1e6
DEFAULT_MAX_TOKENS = 6000
# What is no fault of the model: it is not loaded yet, or the engine behind the server has ended.
PASSING = re.compile(
    r"unavailable_error|loading model|engine ?(core|loop)?\b.*\b(died|dead|issue)", re.I
)
OPTION_NAMES = {"num_predict": "max_tokens"}
# num_ctx is set when such a server is started, not by a request.
NOT_SENT = frozenset({"num_ctx"})
# What a server tells of the weights; the rest of an entry (when it was started, with what context)
# changes from start to start.
WEIGHT_FIELDS = ("id", "root", "digest", "quantization", "arch", "architecture")
WEIGHT_META = ("vocab_type", "n_vocab", "n_ctx_train", "n_embd", "n_params", "size", "ftype")


def connect(settings: dict[str, Any], context: dict[str, Any]) -> "OpenAiBackend":
    """Return the backend of a model's settings. Raises ScribebenchError when its key is not set."""
    started, hashes = serve_if_asked(settings, context), FileHashes(context.get("state"))
    return OpenAiBackend(settings, key_of(settings), started, hashes=hashes)


def problems(settings: dict[str, Any]) -> list[str]:
    """Return what is missing before the model can be asked, each with its mend."""
    if settings.get("serve"):
        return [*serving.problems(settings), *_key_problems(settings)]
    return problems_at(lambda: connect(settings, {}))


def _key_problems(settings: dict[str, Any]) -> list[str]:
    try:
        key_of(settings)
    except ScribebenchError as error:
        return [str(error)]
    return []


class OpenAiBackend:
    """A client of one server and one model; the server is started when `serve:` says how."""

    endpoint_kind = "v1"
    embedded = False

    def __init__(
        self,
        settings: dict[str, Any],
        key: str | None,
        started: LazyServer | None = None,
        is_gone: Callable[[], bool] = lambda: False,
        hashes: FileHashes | None = None,
    ):
        """`started` is the server that is started for it; `is_gone` says whether one has ended.

        `hashes` remembers those of the files that it is started with.
        """
        self._hashes = hashes or FileHashes(None)
        self._settings = settings
        self._key = key
        self._started = started
        self._is_gone = started.is_gone if started else is_gone
        self._client: Server | None = None

    @property
    def _server(self) -> Server:
        """The client of the server as it runs now; one that is started anew has another address."""
        url = self._started.url() if self._started else self._settings["url"]
        url = url.rstrip("/").removesuffix("/v1")
        if self._client is None or self._client.url != url:
            if self._client is not None:
                self._client.close()
            tag = self._settings["tag"]
            self._client = Server(
                url,
                self._key,
                tag,
                "OpenAI-style",
                passing=PASSING,
                is_gone=self._is_gone,
                key_variable=self._settings.get("api_key_env"),
            )
        return self._client

    def identify(self) -> ModelIdentity:
        """Ask the server which model it has; an unknown name would be answered by another one.

        The digest is NOT_STARTED when a server that is started for this job runs out of memory.
        """
        try:
            return self._told_identity()
        except ServerUnreachableError as error:
            failure = self._started.why_gone(error) if self._started else None
            if failure is None:
                raise
            if failure.kind == "oom":
                return ModelIdentity(self._settings["tag"], NOT_STARTED)
            raise failure from None

    def _told_identity(self) -> ModelIdentity:
        models = self._server.tell("/v1/models").get("data")
        entries = [entry for entry in as_list(models) if isinstance(entry, dict)]
        tag, url = self._settings["tag"], self._server.url
        entry = next((item for item in entries if tag in _names(item)), None)
        if entry is None:
            known = ", ".join(sorted(name for item in entries for name in _names(item)))
            raise ScribebenchError(
                f"the server at {url} has no model {tag!r} (it has: {known or 'none'}); "
                "correct `tag:` in the model's file or load that model"
            )
        props = self._server.tell("/props", optional=True)
        if as_dict(props.get("modalities")).get("vision") is False:
            raise ScribebenchError(
                f"the model {tag!r} at {url} takes no pictures; start the server with the "
                "model's vision encoder (llama-server --mmproj FILE)"
            )
        meta = as_dict(entry.get("meta"))
        told = {
            **{name: entry[name] for name in WEIGHT_FIELDS if name in entry},
            **{f"meta.{name}": meta[name] for name in WEIGHT_META if name in meta},
        }
        if self._settings.get("serve"):  # a server does not tell all that it was started with
            told["serve"] = serving.what_bears(self._settings, self._hashes)
        return ModelIdentity(
            model_id=tag,
            digest="v1-" + sha256_bytes(canonical_json(told).encode())[:16],
            backend_version=text_or_null(props.get("build_info")),
            n_ctx=count_or_null(as_dict(props.get("default_generation_settings")).get("n_ctx")),
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

    def limit_s(self, images: int, max_tokens: int | None = None) -> float:
        usual = count_or_null(self.sent_options()["max_tokens"]) or DEFAULT_MAX_TOKENS
        return limit_for(self._settings.get("timeout_s"), images, usual, max_tokens)

    def ask(
        self,
        frames: list[Frame],
        parts: list[Part],
        max_tokens: int | None = None,
        seed: int | None = None,
    ) -> Reply:
        """Send the request; see http.Server.ask, and asking.ask_started if we start the server."""
        if self._started is None:
            return self._ask(frames, parts, max_tokens, seed)
        return ask_started(
            self._started,
            frames,
            self.limit_s(len(frames), max_tokens),
            lambda: self._ask(frames, parts, max_tokens, seed),
        )

    def _ask(
        self, frames: list[Frame], parts: list[Part], max_tokens: int | None, seed: int | None
    ) -> Reply:
        body = {
            **self.sent_options(),
            "messages": [{"role": "user", "content": [_content(part) for part in parts]}],
            "stream": True,
            "stream_options": {"include_usage": True},
            **({} if max_tokens is None else {"max_tokens": max_tokens}),
            **({} if seed is None else {"seed": seed}),
        }
        return self._server.ask(
            ASK,
            body,
            self.limit_s(len(frames), max_tokens),
            lambda lines, started_at, clock: _read_stream(_events(lines), started_at, clock),
        )

    def server_facts(self) -> ServerFacts:
        return serving.facts(self._started)

    def reload(self) -> int | None:
        return serving.reload(self._started)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        if self._started is not None:
            self._started.close()


@dataclass
class _Stream:
    """What has been read of a streamed reply."""

    said: Said = field(default_factory=Said)
    finish: str | None = None
    usage: dict[str, Any] = field(default_factory=dict)
    timings: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    error_code: int | None = None
    complete: bool = False

    def take(self, event: dict[str, Any], clock: Clock) -> None:
        """Add an event of any shape; what is not as it should be is passed over."""
        # Older versions of vLLM send an error as the event itself.
        if error := event if event.get("object") == "error" else event.get("error"):
            self.error = error_message(error) or "an error that is not told"
            self.error_code = count_or_null(as_dict(error).get("code"))
        self.usage = as_dict(event.get("usage")) or self.usage
        self.timings = as_dict(event.get("timings")) or self.timings
        self.metrics = as_dict(event.get("metrics")) or self.metrics
        choice = as_dict(next(iter(as_list(event.get("choices"))), None))
        delta = as_dict(choice.get("delta"))
        thinking = as_str(delta.get("reasoning_content")) or as_str(delta.get("reasoning"))
        self.said.take(as_str(delta.get("content")), thinking, clock)
        self.finish = as_str(choice.get("finish_reason")) or self.finish


def _read_stream(
    events: Iterator[dict[str, Any] | None], started_at: datetime, clock: Clock
) -> Reply:
    """Collect a stream. Raises TransientError when it breaks off before its end.

    One that ends because time is up is a reply of what was said until then.
    """
    stream, reason = _Stream(), None
    for event in events:
        if event is None:
            stream.complete = True
            break
        stream.take(event, clock)
        if stream.error:
            if PASSING.search(stream.error) or stream.error_code in RETRIED_STATUS:
                raise TransientError(stream.error)
            reason = "context" if error_kind(stream.error) == "context_overflow" else "error"
        elif clock.over():
            reason = "client_timeout"
        elif too_long := stream.said.too_long():
            reason, stream.error = "error", too_long
        if reason:
            break
    if not stream.complete and reason is None and stream.finish is None:
        if not clock.over():
            raise TransientError("the stream broke off")
        reason = "client_timeout"
    content, thinking = stream.said.texts()
    timings, usage = stream.timings, stream.usage
    details = as_dict(usage.get("prompt_tokens_details"))
    said_details = as_dict(
        usage.get("completion_tokens_details", usage.get("output_tokens_details"))
    )
    prompt_tokens = count_or_null(usage.get("prompt_tokens", usage.get("input_tokens")))
    said_tokens = usage.get("completion_tokens", usage.get("output_tokens"))
    output_tokens = count_or_null(timings.get("predicted_n", said_tokens))
    prefill_ns, decode_ns = _server_clocks(stream, prompt_tokens, output_tokens)
    return Reply(
        content=content,
        thinking=thinking,
        started_at=started_at,
        wall_ns=clock.ns(),
        finish_reason=reason or _finish_reason(stream.finish),
        finish_reason_raw=stream.finish,
        stream_complete=stream.complete,
        http_status=200,
        ttft_ns=stream.said.ttft_ns,
        ttft_content_ns=stream.said.ttft_content_ns,
        srv_prompt_eval_ns=prefill_ns,
        srv_eval_ns=decode_ns,
        prompt_tokens=prompt_tokens,
        prompt_tokens_cached=count_or_null(timings.get("cache_n", details.get("cached_tokens"))),
        prompt_tokens_evaluated=count_or_null(timings.get("prompt_n")),
        output_tokens=output_tokens,
        thinking_tokens=count_or_null(said_details.get("reasoning_tokens")),
        draft_tokens=count_or_null(timings.get("draft_n")),
        draft_tokens_accepted=count_or_null(timings.get("draft_n_accepted")),
        error_kind=kind_of_error(reason, stream.error),
        error_message=stream.error,
    )


def _server_clocks(
    stream: _Stream, prompt_tokens: int | None, output_tokens: int | None
) -> tuple[int | None, int | None]:
    """Return how long prefill and decode took by the server's clocks, as it puts them.

    llama-server tells `timings`, vLLM `metrics` (with --enable-per-request-metrics), mlx-vlm speeds
    in its `usage`.
    """
    timings, metrics, usage = stream.timings, stream.metrics, stream.usage
    if timings:
        told = timings.get("prompt_ms"), timings.get("predicted_ms")
    elif metrics:
        told = metrics.get("time_to_first_token_ms"), metrics.get("generation_time_ms")
    else:
        return (
            _duration_ns(prompt_tokens, usage.get("prompt_tps")),
            _duration_ns(output_tokens, usage.get("generation_tps")),
        )
    prefill_ms, decode_ms = told
    return ns_or_null(prefill_ms, NS_PER_MS), ns_or_null(decode_ms, NS_PER_MS)


def _duration_ns(count: int | None, tps: Any) -> int | None:
    is_speed = isinstance(tps, int | float) and not isinstance(tps, bool) and tps > 0
    return ns_or_null(count / tps, 1e9) if is_speed and count is not None else None


def _events(lines: Iterable[str]) -> Iterator[dict[str, Any] | None]:
    """Yield the JSON objects of a server-sent stream, and None for its end.

    A line `error: ...`, with which versions of llama-server end one, is an object that holds it.
    """
    for line in lines:
        name, _, data = line.partition(":")
        data = data.strip()
        if name == "data" and data == "[DONE]":
            yield None
            return
        event = _json(data)
        if name == "error":
            yield {"error": data if event is None else event}
        elif name == "data" and isinstance(event, dict):
            yield event


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _content(part: Part) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    url = Verbatim(f"data:{part.media_type};base64,".encode("ascii"), part.base64)
    return {"type": "image_url", "image_url": {"url": url}}


def _names(entry: dict[str, Any]) -> list[str]:
    names = [entry.get("id"), entry.get("model"), entry.get("name"), *as_list(entry.get("aliases"))]
    return list(dict.fromkeys(name for name in names if isinstance(name, str)))


def _finish_reason(raw: str | None) -> str:
    return raw if raw in ("stop", "length", "content_filter") else "incomplete"
