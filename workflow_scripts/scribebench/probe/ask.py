"""Asking a model the gate's question, and knowing what it answered before."""

from pathlib import Path
from typing import Any

from scribebench.backends.base import Backend, Frame, ModelIdentity, Part, Reply
from scribebench.describe.journal import Conditions, Entry, Journal, request_key
from scribebench.describe.lock import held_by_us_alone
from scribebench.probe.gate import MAX_TOKENS, MAX_TOKENS_THINKING, fixture, judge
from scribebench.project.environment import start_id


def ask_gate(settings: dict[str, Any], backend: Backend) -> Reply:
    """Ask the gate's question and return the reply.

    A model that thinks without having been asked to needs more tokens, and is asked again; not all
    mark what they think, so that whoever did not come to an end is. So is one that stopped by
    itself and is wrong: what is broken is so twice, what works may slip once.
    """
    limit = MAX_TOKENS_THINKING if settings.get("think") else MAX_TOKENS
    reply = _ask(backend, limit)
    if limit == MAX_TOKENS and reply.finish_reason == "length":
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
        entry = self._entry()
        if entry is None:
            return None
        return entry.reply if _is_of_this_start(entry) or judge(entry.reply).passed else None

    def ask_once(
        self, settings: dict[str, Any], backend: Backend, machine: dict[str, Any]
    ) -> Reply:
        """Return what was answered in this start of the workflow, and ask if nothing was.

        On several GPUs two jobs can come here at once: the second one waits for the first one's
        answer, and takes it.
        """
        # A server that is started to answer runs on for its job, and is nobody's to wait for.
        with held_by_us_alone(f"gate-{self._key[:16]}"):
            self._journal.read_again()
            entry = self._entry()
            if entry is not None and _is_of_this_start(entry):
                return entry.reply
            reply, identity = ask_gate(settings, backend), self._identity
            conditions = Conditions(
                backend.limit_s(1, MAX_TOKENS), identity.backend_version, identity.n_ctx, machine
            )
            self._journal.put(self._key, Entry(start_id() or "", reply, conditions))
            return reply

    def _entry(self) -> Entry | None:
        """Return what this build of the server answered last."""
        entry = self._journal.get(self._key)
        build = self._identity.backend_version
        return entry if entry and entry.conditions.backend_version == build else None


def gates(state: Path, model: str) -> Journal:
    """Return the journal of what a model answered at the gate."""
    return Journal(state / "gates" / f"{model}.jsonl")


def _is_of_this_start(entry: Entry) -> bool:
    return start_id() is not None and entry.run_id == start_id()


def _ask(backend: Backend, limit: int) -> Reply:
    gate = fixture()
    frame = Frame(0, 0.0, Path(), gate.image.sha256)
    parts: list[Part] = [gate.image, gate.question]
    return backend.ask([frame], parts, max_tokens=limit)
