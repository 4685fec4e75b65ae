"""Asking a server that is started for this job: what comes of a request when it ends."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from scribebench.backends.base import Reply, ServerUnreachableError
from scribebench.backends.http import failed
from scribebench.backends.serving import LazyServer
from scribebench.backends.streams import Clock


def ask_started(server: LazyServer, limit_s: float, ask: Callable[[], Reply]) -> Reply:
    """Ask, and start the server when it does not run; tell in which state the model was.

    A model that needs more memory than there is, at the start or for a request, is a reply; after a
    request, the next one finds a new server. When it ends for another reason it is started once
    more. Raises ServerStartError with the end of its log.
    """
    attempts = 0
    for is_last in (False, True):
        started_at, clock, state = datetime.now(UTC), Clock(limit_s), "cold"
        try:
            running = server.ready()
            if running.was_asked:
                state = "warm"
            running.was_asked = True
            started_at, clock = datetime.now(UTC), Clock(limit_s)
            reply = ask()
        except ServerUnreachableError as error:
            failure = server.why_gone(error)
            if failure is None:
                raise
            has_started = failure is not error
            if failure.kind == "oom":
                if has_started:
                    _say(str(failure))
                reply = failed(started_at, clock, "error", "oom", failure.brief)
                return replace(reply, model_state_before=state)
            if is_last or not has_started:
                raise failure from None
            _say(f"{failure}\nstarting it once more")
            attempts += error.attempts
            continue
        return replace(reply, model_state_before=state, attempts=attempts + reply.attempts)
    raise AssertionError("unreachable")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
