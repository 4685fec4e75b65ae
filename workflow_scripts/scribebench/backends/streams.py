"""Reading a streamed reply: within its time, bounded in size, with the client's clocks."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from scribebench.backends.memory import OUT_OF_MEMORY
from scribebench.backends.values import storable

MAX_REPLY_CHARS = 2_000_000
MAX_LINE_BYTES = 8 * 2**20
MAX_REFUSAL_BYTES = 20_000
MAX_ERROR_CHARS = 500
# When time is up, readers see so by themselves if anything comes.
CUT_OFF_AFTER_S = 0.1
OPENED, CLOSED = "<think>", "</think>"
ERROR_KINDS = (
    (
        "context_overflow",
        re.compile(
            r"exceed_context_size|context (size|length|window)|maximum model length|max_model_len",
            re.I,
        ),
    ),
    ("oom", OUT_OF_MEMORY),
    ("unsupported", re.compile(r"image input is not supported|does not support|mmproj", re.I)),
)


class TransientError(Exception):
    """A fault that may be gone at the next attempt."""


class TooLongError(Exception):
    """A request that took longer than it may."""


class Clock:
    """Monotonic time since a request was sent, in nanoseconds, with a limit."""

    def __init__(self, limit_s: float):
        self._start = time.monotonic_ns()
        self._limit_ns = int(limit_s * 1e9)

    def ns(self) -> int:
        return time.monotonic_ns() - self._start

    def over(self) -> bool:
        return self.ns() > self._limit_ns

    def left_s(self) -> float:
        return max(0.0, (self._limit_ns - self.ns()) / 1e9)


@dataclass
class Said:
    """What a model has said so far, and when it began to."""

    content: list[str] = field(default_factory=list)
    thinking: list[str] = field(default_factory=list)
    chars: int = 0
    ttft_ns: int | None = None
    ttft_content_ns: int | None = None
    _place: Literal["before", "thinking", "text", "after", "known"] = "before"
    _undecided: str = ""
    _has_thought: bool = False

    def take(self, content: str, thinking: str, clock: Clock) -> None:
        """Add a piece of a reply."""
        if (content or thinking) and self.ttft_ns is None:
            self.ttft_ns = clock.ns()
        self.content.append(content)
        self.thinking.append(thinking)
        self.chars += len(content) + len(thinking)
        self._has_thought = self._has_thought or bool(thinking)
        if content and self._place != "known":
            self._look_for_content(content, clock)

    def texts(self) -> tuple[str, str]:
        """Return the whole reply and the whole thinking."""
        content, thinking = split_thinking("".join(self.content), "".join(self.thinking))
        return storable(content), storable(thinking)

    def too_long(self) -> str | None:
        """Return what to say of a reply without an end."""
        if self.chars <= MAX_REPLY_CHARS:
            return None
        return f"the reply is longer than {MAX_REPLY_CHARS} characters"

    def _look_for_content(self, content: str, clock: Clock) -> None:
        """Note when visible text began, as `split_thinking` tells it from the whole reply.

        What was taken for text was thinking when </think> comes and nothing had opened it.
        """
        said, now_ns = self._undecided + content, clock.ns()
        if self._place == "before":
            said = said.lstrip()
            if said.startswith(OPENED):
                self._place, said = "thinking", said.removeprefix(OPENED)
            elif said and not OPENED.startswith(said):
                self._place, self.ttft_content_ns = "text", now_ns
        if self._place in ("thinking", "text"):
            inside, closed, rest = said.partition(CLOSED)
            if self._place == "text" and (self._has_thought or OPENED in inside):
                self._place = "known"
            elif closed:
                self._place, self.ttft_content_ns, said = "after", None, rest
            else:
                # Only its end is kept: a thousand pieces must not be searched a thousand times.
                said = said[1 - len(CLOSED) :]
        if self._place == "after" and said.strip():
            self._place, self.ttft_content_ns = "known", now_ns
        self._undecided = said


def split_thinking(content: str, thinking: str) -> tuple[str, str]:
    """Move a leading <think> block, also one that never ends, from the reply to the thinking.

    Some chat templates open the block themselves, so that a reply begins inside it.
    """
    match = re.match(r"\s*<think>(?P<inside>.*?)(?:</think>(?P<rest>.*)|\Z)", content, re.S)
    if match:
        return (match["rest"] or "").lstrip("\n"), thinking + match["inside"]
    inside, closed, rest = content.partition(CLOSED)
    if closed and OPENED not in inside and not thinking:
        return rest.lstrip("\n"), inside
    return content, thinking


class Watch:
    """Ends a request's connection when time is up, also under a thread that waits for it.

    Closing it would not wake that thread.
    """

    def __init__(self) -> None:
        self._stream: Any = None
        self._is_over = False

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Take note of the connection as soon as there is one: the `trace` of an httpx request."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._stream = info["return_value"]
            if self._is_over:
                self.cut_off()

    def cut_off(self) -> None:
        self._is_over = True
        if self._stream is not None:
            with suppress(OSError):
                # As a plain socket's: a thread that reads holds the TLS layer.
                connection = self._stream.get_extra_info("socket")
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


@contextmanager
def within_time(clock: Clock) -> Iterator[Watch]:
    """Cut off what is asked in this block when time is up, whether or not its server has begun.

    The request must be given the watch's `trace`. Raises TooLongError then.
    """
    watch = Watch()
    timer = threading.Timer(clock.left_s() + CUT_OFF_AFTER_S, watch.cut_off)
    timer.daemon = True
    timer.start()
    try:
        yield watch
    except (httpx.ConnectError, httpx.ConnectTimeout):
        raise  # nobody is there, which is no fault of the model
    except httpx.RequestError as error:
        if clock.over():
            raise TooLongError("timed out") from error
        raise
    finally:
        timer.cancel()


def read_lines(response: httpx.Response, clock: Clock) -> Iterator[str]:
    """Yield the lines of a stream, within its time and with a bound on each line.

    They end when time is up, also while a server sends what is no line of a reply, or nothing: the
    reader sees it by the clock, and keeps what was said until then.
    """
    rest = b""
    try:
        for data in response.iter_bytes():
            *whole, rest = (rest + data).split(b"\n")
            for line in whole:
                yield line.decode("utf-8", errors="replace").rstrip("\r")
            if clock.over():
                return
            if len(rest) > MAX_LINE_BYTES:
                raise TransientError(f"a line of the stream is longer than {MAX_LINE_BYTES} bytes")
    except httpx.RequestError:
        if not clock.over():
            raise
    if rest and not clock.over():
        yield rest.decode("utf-8", errors="replace")


def read_beginning(
    response: httpx.Response, clock: Clock, limit_bytes: int = MAX_REFUSAL_BYTES
) -> bytes:
    """Return the beginning of an answer; of a refusal it is long enough for its message."""
    data = bytearray()
    for part in response.iter_bytes():
        data += part
        if len(data) > limit_bytes or clock.over():
            break
    return bytes(data[:limit_bytes])


def kind_of_error(reason: str | None, message: str | None) -> str | None:
    """Return the `error_kind` of a reply that ended for a reason."""
    if reason == "client_timeout":
        return "timeout"
    return error_kind(message or "") if reason in ("error", "context") else None


def error_kind(message: str) -> str:
    """Return what a server's error message is about."""
    return next((kind for kind, pattern in ERROR_KINDS if pattern.search(message)), "server")


def error_message(error: Any) -> str:
    """Return the text of an error, an object or a text."""
    if not isinstance(error, dict):
        return storable(str(error))
    return storable(f"{error.get('type', '')} {error.get('message', '')}".strip())
