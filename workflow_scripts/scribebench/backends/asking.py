"""Asking a server that is started for this job: what comes of a request when it ends."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from scribebench.backends.base import Frame, Reply, ServerUnreachableError
from scribebench.backends.http import failed
from scribebench.backends.serving import LazyServer
from scribebench.backends.streams import Clock

# A server that ends at so many requests, one after the other, is no use.
MAX_CRASHES = 3


def ask_started(
    server: LazyServer, frames: list[Frame], limit_s: float, ask: Callable[[], Reply]
) -> Reply:
    """Ask, and start the server when it does not run; tell in which state the model was.

    A model that needs more memory than there is, at the start or for a request, is a reply, and so
    is a server that ends twice at one request; the next one finds a new server. Raises
    ServerStartError with the end of its log when it does not start, or when nothing is answered
    between its ends at MAX_CRASHES requests.
    """
    # What its pictures cost is asked before a request itself; all of that counts as one.
    request = frames[0].image_sha256 if frames else ""
    attempts, state = 0, None  # of what was never sent
    while True:
        started_at, clock = datetime.now(UTC), Clock(limit_s)
        try:
            running = server.ready()
            state = "warm" if running.was_asked else "cold"
            running.was_asked = True
            started_at, clock = datetime.now(UTC), Clock(limit_s)
            reply = ask()
        except ServerUnreachableError as error:
            failure = server.why_gone(error)
            if failure is None:
                raise
            is_start = failure is error
            attempts += error.attempts
            if is_start and failure.kind != "oom":
                raise
            if failure.kind != "oom" and request not in server.crashed_at:
                server.crashed_at.add(request)
                _say(f"{failure}\nstarting it once more")
                continue
            if failure.kind != "oom" and len(server.crashed_at) >= MAX_CRASHES:
                raise failure from None
            if not is_start:
                _say(str(failure))
            kind = "crash" if failure.kind == "ended" else "oom"
            reply = failed(started_at, clock, "error", kind, failure.brief)
            return replace(reply, model_state_before=state, attempts=attempts)
        server.crashed_at.clear()
        return replace(reply, model_state_before=state, attempts=attempts + reply.attempts)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
