"""A model server over HTTP: what is no fault of the model is tried again, and no key is told on."""

import json
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx

from scribebench.backends.base import Backend, Reply, ServerUnreachableError
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
CONNECT_S, ANSWER_S = 10.0, 30.0
MAX_TOLD_BYTES = 8 * 2**20
# The default limit for one request: generous for the slowest laptop, and growing with the work.
BASE_TIMEOUT_S, TIMEOUT_PER_IMAGE_S, TIMEOUT_PER_TOKEN_S = 120.0, 60.0, 1.0

# Turns the lines of a stream into a reply; it is told when the request was sent, and its clock.
Reader = Callable[[Iterator[str], datetime, Clock], Reply]


def key_of(settings: dict[str, Any]) -> str | None:
    """Return the key for a model's server. Raises ScribebenchError when its variable is not set."""
    name = settings.get("api_key_env")
    key = os.environ.get(name) if name else None
    if name and not key:
        raise ScribebenchError(
            f"the environment variable {name} is not set; it should hold the key for "
            f"{settings.get('url', 'the server')}: export {name}=..."
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


class Server:
    """A client of one server for one model; `kind` and `mend` are for messages.

    A refusal whose message `passing` finds may be gone at the next attempt. A server that `is_gone`
    is not tried again.
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
    ):
        self.url = url
        self._model = model
        self._mend = mend
        self._passing = passing
        self._start = start
        self._is_gone = is_gone
        self._key = key
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

        Raises ServerUnreachableError, or ScribebenchError when it is another kind of server.
        """
        try:
            response, text = self._told(path, body, limit_s)
        except httpx.RequestError as error:
            raise ServerUnreachableError(
                f"no server answers at {self.url} ({_describe(error)}); {self._start}, or correct "
                "`url:` in the model's file, and run the same command again"
            ) from error
        if response.status_code == 503:
            raise ServerUnreachableError(
                f"the server at {self.url} is still loading its model; run the same command "
                "again when it is ready"
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
        method, clock = ("GET" if body is None else "POST"), Clock(limit_s)
        timeout = httpx.Timeout(limit_s, connect=CONNECT_S)
        url = self.url + path
        request = self._client.build_request(method, url, json=body, timeout=timeout)
        response = self._client.send(request, stream=True)
        with closing(response):
            data = read_beginning(response, clock, MAX_TOLD_BYTES)
        return response, self._hide_key(data.decode("utf-8", errors="replace"))

    def ask(self, path: str, body: dict[str, Any], limit_s: float, read: Reader) -> Reply:
        """Send a request; try again what is no fault of the model, with growing pauses.

        Raises ServerUnreachableError when that does not help, and ScribebenchError when the server
        does not know the path or the model.
        """
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return replace(self._stream(path, body, limit_s, read), attempts=attempt)
            except TransientError as error:
                if attempt == MAX_ATTEMPTS or self._is_gone():
                    raise ServerUnreachableError(
                        f"the server at {self.url} failed {attempt} times ({error}); see its log, "
                        "restart it and run the same command again: finished requests are kept",
                        attempts=attempt,
                    ) from error
                time.sleep(FIRST_BACKOFF_S * 2 ** (attempt - 1) * random.uniform(0.8, 1.2))
        raise AssertionError("unreachable")

    def close(self) -> None:
        self._client.close()

    def _stream(self, path: str, body: dict[str, Any], limit_s: float, read: Reader) -> Reply:
        started_at, clock = datetime.now(UTC), Clock(limit_s)
        try:
            # A chunk may take as long as the whole prefill; `clock` ends the request as a whole.
            timeout = httpx.Timeout(limit_s, connect=CONNECT_S)
            request = self._client.build_request(
                "POST", self.url + path, json=body, timeout=timeout
            )
            response = self._client.send(request, stream=True)
            with closing(response), within_time(response, clock):
                if response.status_code != 200:
                    return self._refused(path, response, started_at, clock)
                lines = (self._hide_key(line) for line in read_lines(response, clock))
                return self._without_key(read(lines, started_at, clock))
        except (httpx.ReadTimeout, TooLongError):
            return failed(started_at, clock, "client_timeout", "timeout", f"over {limit_s:.0f} s")
        except httpx.RequestError as error:
            raise TransientError(_describe(error)) from error

    def _refused(
        self, path: str, response: httpx.Response, started_at: datetime, clock: Clock
    ) -> Reply:
        body = read_beginning(response, clock).decode("utf-8", errors="replace")
        message = _error_text(self._hide_key(body))
        if response.status_code in RETRIED_STATUS:
            raise TransientError(f"HTTP {response.status_code}: {message}")
        self._check_key(response)
        if response.status_code == 404:
            raise ScribebenchError(
                f"the server at {self.url} does not know {path} or the model {self._model!r} "
                f"({message}); {self._mend}"
            )
        kind = error_kind(message)
        if kind == "server" and self._passing and self._passing.search(message):
            raise TransientError(f"HTTP {response.status_code}: {message}")
        reason = "context" if kind == "context_overflow" else "error"
        return replace(
            failed(started_at, clock, reason, kind, message), http_status=response.status_code
        )

    def _check_key(self, response: httpx.Response) -> None:
        if response.status_code in (401, 403):
            raise ScribebenchError(
                f"the server at {self.url} refused the key (HTTP {response.status_code}); name "
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
        return text[:MAX_ERROR_CHARS]


def _describe(error: httpx.RequestError) -> str:
    return str(error) or type(error).__name__
