"""Asking a model the gate's question, and knowing what it answered before."""

from pathlib import Path
from typing import Any

from scribebench.backends.base import Backend, Frame, ModelIdentity, Part, Reply
from scribebench.describe.journal import Conditions, Entry, Journal, request_key
from scribebench.probe.gate import MAX_TOKENS, MAX_TOKENS_THINKING, fixture, judge
from scribebench.project.environment import start_id


def ask_gate(settings: dict[str, Any], backend: Backend) -> Reply:
    """Ask the gate's question and return the reply.

    A model that thinks without having been asked to needs more tokens, and is asked again. So is
    one that stopped by itself and is wrong: what is broken is so twice, what works may slip once.
    """
    limit = MAX_TOKENS_THINKING if settings.get("think") else MAX_TOKENS
    reply = _ask(backend, limit)
    if limit == MAX_TOKENS and reply.finish_reason == "length" and reply.thinking:
        return _ask(backend, MAX_TOKENS_THINKING)
    if reply.finish_reason == "stop" and reply.content and not judge(reply).passed:
        again = _ask(backend, limit)
        return again if judge(again).passed else reply
    return reply


class KnownGate:
    """What a model with these options answered at the gate, kept in a journal of its own.

    The probe and all runs of one start of the workflow go by one answer, so that they cannot tell
    differently of one model. Later starts go by an answer that passed; what was wrong may have been
    mended since.
    """

    def __init__(self, journal: Journal, options: dict[str, Any], identity: ModelIdentity):
        """`journal` is that of gates(...); the journal of requests is about frames only."""
        self._journal = journal
        self._identity = identity
        gate = fixture()
        self._key = request_key({"gate": options}, [gate.image, gate.question], identity.digest)

    def reply(self) -> Reply | None:
        """Return the answer that still counts."""
        entry = self._journal.get(self._key)
        if entry is None or entry.conditions.backend_version != self._identity.backend_version:
            return None
        in_this_start = start_id() is not None and entry.run_id == start_id()
        return entry.reply if in_this_start or judge(entry.reply).passed else None

    def put(self, reply: Reply, limit_s: float | None, machine: dict[str, Any]) -> None:
        identity = self._identity
        conditions = Conditions(limit_s, identity.backend_version, identity.n_ctx, machine)
        self._journal.put(self._key, Entry(start_id() or "", reply, conditions))


def gates(state: Path, model: str) -> Journal:
    """Return the journal of what a model answered at the gate."""
    return Journal(state / "gates" / f"{model}.jsonl")


def _ask(backend: Backend, limit: int) -> Reply:
    gate = fixture()
    frame = Frame(0, 0.0, Path(), gate.image.sha256)
    parts: list[Part] = [gate.image, gate.question]
    return backend.ask([frame], parts, max_tokens=limit)
