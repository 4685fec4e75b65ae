"""A model server over HTTP: what is no fault of the model is tried again, and no key is told on."""

import json
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import httpx

from scribebench.backends.base import Backend, Reply, ServerUnreachableError
from scribebench.backends.body import Body, json_body
from scribebench.backends.streams import (
    MAX_ERROR_CHARS,
    Clock,
    TooLongError,
    TransientError,
    error_kind,
    error_message,
    read_beginning,
    read_lines,
    within_time,
)
from scribebench.backends.values import as_dict
from scribebench.errors import ScribebenchError

MAX_ATTEMPTS = 4
FIRST_BACKOFF_S = 1.0
RETRIED_STATUS = frozenset({429, 499, 502, 503, 504})
LOADING_STATUS = 503
TELL_ATTEMPTS = 3
CONNECT_S, ANSWER_S = 10.0, 30.0
MAX_TOLD_BYTES = 8 * 2**20
# The default limit for one request: generous for the slowest laptop, and growing with the work.
BASE_TIMEOUT_S, TIMEOUT_PER_IMAGE_S, TIMEOUT_PER_TOKEN_S = 120.0, 60.0, 1.0
# A job begins with short requests, so that it is one of these that loads the model.
LOAD_TIMEOUT_S = 300.0
# Shorter ones ("test", "1", "EMPTY") are dummies for servers that want any key at all; words of
# replies must not be taken for them.
MIN_SECRET_CHARS = 12

# Turns the lines of a stream into a reply; it is told when the request was sent, and its clock.
Reader = Callable[[Iterator[str], datetime, Clock], Reply]


def key_of(settings: dict[str, Any]) -> str | None:
    """Return the key for a model's server.

    Raises ScribebenchError when its variable is not set, or holds what no header can.
    """
    name = settings.get("api_key_env")
    # A file with lines that end as on Windows leaves a carriage return behind.
    key = os.environ.get(name, "").strip() if name else None
    if name and not key:
        raise ScribebenchError(
            f"the environment variable {name} is not set; it should hold the key for "
            f"{settings.get('url', 'the server')}: export {name}=..."
        )
    if key and not (key.isascii() and key.isprintable()):
        raise ScribebenchError(
            f"the environment variable {name} holds characters that no key has (other than "
            f"letters, digits and signs of ASCII); set it anew: export {name}=..."
        )
    return key


def problems_at(connect: Callable[[], Backend]) -> list[str]:
    """Return what keeps a running server from being asked, with its mend."""
    try:
        with closing(connect()) as backend:
            backend.identify()
    except ScribebenchError as error:
        return [str(error)]
    return []


def default_limit_s(images: int, max_tokens: int) -> float:
    """Return how long a request with so many pictures and tokens may take, if nothing is stated."""
    return BASE_TIMEOUT_S + TIMEOUT_PER_IMAGE_S * images + TIMEOUT_PER_TOKEN_S * max_tokens


def limit_for(
    stated_s: float | None, images: int, usual_tokens: int, max_tokens: int | None
) -> float:
    """Return how long a request may take: as stated, else by its pictures and tokens.

    One for `max_tokens` in place of the usual may take no longer than is stated, but what suffices
    for so few; on a machine that was given more time than by default, so many times more.
    """
    usual_s = default_limit_s(images, usual_tokens)
    if max_tokens is None:
        return stated_s or usual_s
    short_s = LOAD_TIMEOUT_S + default_limit_s(images, max_tokens)
    return min(stated_s, short_s * max(1.0, stated_s / usual_s)) if stated_s else short_s


class Server:
    """A client of one server for one model; `kind` and `mend` are for messages.

    A refusal whose message `passing` finds may be gone at the next attempt. A server that `is_gone`
    is not tried again. `key_variable` is the environment variable that the key came from, if any.
    """

    def __init__(
        self,
        url: str,
        key: str | None,
        model: str,
        kind: str,
        mend: str = "correct `url:` or `tag:` in its file",
        passing: re.Pattern[str] | None = None,
        start: str = "start it",
        is_gone: Callable[[], bool] = lambda: False,
        key_variable: str | None = None,
    ):
        self.url = url
        self._key_variable = key_variable
        self._model = model
        self._mend = mend
        self._passing = passing
        self._start = start
        self._is_gone = is_gone
        self._secret = _pattern_of(key)
        self._kind = kind
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        # No connection is kept: some servers close it while the next request is on its way.
        self._client = httpx.Client(
            headers=headers,
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
            follow_redirects=False,
        )

    def tell(
        self,
        path: str,
        body: dict[str, Any] | None = None,
        optional: bool = False,
        limit_s: float = ANSWER_S,
    ) -> dict[str, Any]:
        """Return what the server tells at a path; nothing, when that is `optional` and missing.

        What must be told is asked for again when a gateway or a busy server does not answer.
        Raises ServerUnreachableError, or ScribebenchError when it is another kind of server.
        """
        try:
            response, text = self._told(path, body, limit_s)
            for attempt in range(1, 1 if optional else TELL_ATTEMPTS):
                if response.status_code not in RETRIED_STATUS:
                    break
                _pause_after(attempt)
                response, text = self._told(path, body, limit_s)
        except (httpx.RequestError, TooLongError) as error:
            raise ServerUnreachableError(
                f"no server answers at {self.url} ({self._describe(error)}); {self._start}, or "
                "correct `url:` in the model's file, and run the same command again"
            ) from error
        if response.status_code == LOADING_STATUS:
            raise ServerUnreachableError(
                f"the server at {self.url} is still loading its model; run the same command "
                "again when it is ready"
            )
        if response.status_code in RETRIED_STATUS and not optional:
            raise ServerUnreachableError(
                f"the server at {self.url}, or what is behind it, does not answer now (HTTP "
                f"{response.status_code}); see its log, and run the same command again"
            )
        self._check_key(response)
        try:
            value = json.loads(text) if response.status_code == 200 else None
        except (ValueError, RecursionError):
            value = None
        if value is None and not optional:
            raise ScribebenchError(
                f"{self.url}{path} is no {self._kind} server (HTTP {response.status_code}); "
                "correct `url:` in the model's file"
            )
        return as_dict(value)

    def _told(
        self, path: str, body: dict[str, Any] | None, limit_s: float
    ) -> tuple[httpx.Response, str]:
        """Return an answer and its text, bounded in size and time."""
        sent, clock = None if body is None else json_body(body), Clock(limit_s)
        with self._sent(path, sent, limit_s, clock) as response:
            data = read_beginning(response, clock, MAX_TOLD_BYTES)
        if clock.over():
            raise TooLongError(f"over {limit_s:.0f} s")
        return response, self._hide_key(data.decode("utf-8", errors="replace"))

    @contextmanager
    def _sent(
        self, path: str, body: Body | None, limit_s: float, clock: Clock
    ) -> Iterator[httpx.Response]:
        """Send a request and yield the answer. Raises TooLongError when time is up before its end.

        A single piece may take as long as the whole prefill; `clock` bounds all of them together.
        """
        timeout = httpx.Timeout(limit_s, connect=min(CONNECT_S, limit_s))
        with within_time(clock) as watch:
            request = self._client.build_request(
                "GET" if body is None else "POST",
                self.url + path,
                content=body and body.data,
                headers=body and body.headers,
                timeout=timeout,
                extensions={"trace": watch.trace},
            )
            with closing(self._client.send(request, stream=True)) as response:
                yield response

    def ask(self, path: str, body: dict[str, Any], limit_s: float, read: Reader) -> Reply:
        """Send a request; try again what is no fault of the model, with growing pauses.

        Raises ServerUnreachableError when that does not help, and ScribebenchError when the server
        does not know the path or the model.
        """
        sent = json_body(body)
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return replace(self._stream(path, sent, limit_s, read), attempts=attempt)
            except TransientError as error:
                if attempt == MAX_ATTEMPTS or self._is_gone():
                    raise ServerUnreachableError(
                        f"the server at {self.url} failed {attempt} times ({error}); see its log, "
                        "restart it and run the same command again: finished requests are kept",
                        attempts=attempt,
                    ) from error
                _pause_after(attempt)
        raise AssertionError("unreachable")

    def close(self) -> None:
        self._client.close()

    def _stream(self, path: str, body: Body, limit_s: float, read: Reader) -> Reply:
        started_at, clock = datetime.now(UTC), Clock(limit_s)
        try:
            with self._sent(path, body, limit_s, clock) as response:
                if response.status_code != 200:
                    return self._refused(path, response, started_at, clock)
                reply = self._without_key(read(read_lines(response, clock), started_at, clock))
        except (httpx.ReadTimeout, TooLongError):
            return failed(started_at, clock, "client_timeout", "timeout", f"over {limit_s:.0f} s")
        except httpx.RequestError as error:
            raise TransientError(self._describe(error)) from error
        except TransientError as error:
            # The reader's, in the server's words.
            raise TransientError(self._brief(str(error))) from None
        if reply.finish_reason == "client_timeout":
            return replace(reply, error_message=f"over {limit_s:.0f} s")
        return reply

    def _refused(
        self, path: str, response: httpx.Response, started_at: datetime, clock: Clock
    ) -> Reply:
        body = read_beginning(response, clock).decode("utf-8", errors="replace")
        whole = _error_text(self._hide_key(body))
        message = whole[:MAX_ERROR_CHARS]
        if response.status_code in RETRIED_STATUS:
            raise TransientError(f"HTTP {response.status_code}: {message}")
        self._check_key(response)
        if response.status_code == 404:
            raise ScribebenchError(
                f"the server at {self.url} does not know {path} or the model {self._model!r} "
                f"({message}); {self._mend}"
            )
        kind = error_kind(whole)
        if kind == "server" and self._passing and self._passing.search(whole):
            raise TransientError(f"HTTP {response.status_code}: {message}")
        reason = "context" if kind == "context_overflow" else "error"
        return replace(
            failed(started_at, clock, reason, kind, message), http_status=response.status_code
        )

    def _check_key(self, response: httpx.Response) -> None:
        if response.status_code not in (401, 403):
            return
        if self._key_variable:
            mend = f"correct the key in ${self._key_variable}: export {self._key_variable}=..."
        else:
            mend = (
                "name the environment variable that holds it as `api_key_env:` in the model's file"
            )
        raise ScribebenchError(
            f"the server at {self.url} refused the key (HTTP {response.status_code}); {mend}"
        )

    def _hide_key(self, text: str) -> str:
        """Some gateways repeat the key that they were sent."""
        return self._secret.sub("***", text) if self._secret else text

    def _brief(self, text: str) -> str:
        """Return the beginning of a message; half a key at its end would be one that is told."""
        return self._hide_key(text)[:MAX_ERROR_CHARS]

    def _without_key(self, reply: Reply) -> Reply:
        """Return a reply as it may be stored: no text in it holds the key, no message is long."""
        texts = {
            field.name: self._hide_key(value)
            for field in fields(reply)
            if isinstance(value := getattr(reply, field.name), str)
        }
        message = reply.error_message and self._brief(reply.error_message)
        return replace(reply, **texts | {"error_message": message})

    def _describe(self, error: Exception) -> str:
        return self._brief(str(error)) or type(error).__name__


def _pause_after(attempt: int) -> None:
    """Wait before the next attempt, longer each time, and never in step with others."""
    time.sleep(FIRST_BACKOFF_S * 2 ** (attempt - 1) * random.uniform(0.8, 1.2))


def _pattern_of(key: str | None) -> re.Pattern[str] | None:
    """Return what finds a key, also as JSON may write it, once or twice (`\\u002B`, `\\/`)."""
    if key is None or len(key) < MIN_SECRET_CHARS:
        return None
    signs = (rf"(?:\\{{0,3}}{re.escape(sign)}|\\{{1,3}}u(?i:{ord(sign):04x}))" for sign in key)
    return re.compile("".join(signs))


def failed(started_at: datetime, clock: Clock, reason: str, kind: str, message: str) -> Reply:
    """Return the reply of a request that brought none."""
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


def _error_text(text: str) -> str:
    try:
        return error_message(json.loads(text).get("error", text))
    except (ValueError, AttributeError, RecursionError):
        return text
