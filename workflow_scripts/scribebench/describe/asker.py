"""Ask each request once: what the journal knows is not sent again."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from scribebench.backends.base import (
    NOT_STARTED,
    Backend,
    Frame,
    ImageFacts,
    ModelIdentity,
    SentImage,
    ServerUnreachableError,
)
from scribebench.describe import lock
from scribebench.describe.image_tokens import ImageTokens
from scribebench.describe.journal import Conditions, Entry, IdentityStore, Journal, request_key
from scribebench.describe.rows import Answered, RunContext
from scribebench.files import sha256_bytes
from scribebench.machine import describe_machine
from scribebench.probe.ask import KnownGate, gates
from scribebench.probe.gate import judge
from scribebench.probe.verdict import in_words
from scribebench.project.models import Run


@dataclass(frozen=True)
class Batch:
    """Frames of one request, and what is sent of them; the bytes only if it has to be asked.

    `max_tokens` and `seed` are sent in place of what the model's file says.
    """

    order_index: int
    frames: list[Frame]
    images: list[ImageFacts]
    parts: list[Any]  # texts between SentImages, or between ImageFacts when it is finished
    max_tokens: int | None = None
    seed: int | None = None

    @property
    def own_options(self) -> dict[str, int]:
        """What it is asked with, in place of what the model's file says."""
        own = {"max_tokens": self.max_tokens, "seed": self.seed}
        return {name: value for name, value in own.items() if value is not None}


class Asker:
    """Asks what the journal does not know, after a warm-up request that enters no figure."""

    def __init__(
        self,
        context: RunContext,
        backend: Backend,
        journal: Journal,
        gates: Journal,
        server_fault: ServerUnreachableError | None,
    ):
        self.context = context
        self._backend = backend
        self._journal = journal
        self._gates = gates
        self._server_fault = server_fault
        self._has_passed = context.settings.get("probe", "require") == "warn"
        self._tokens = ImageTokens(backend)
        self.warm_ups: list[Answered] = []
        self._keys: set[str] = set()

    def why_broken(self) -> str | None:
        """Return what the model does wrong at the gate; null when it passes or is asked anyway.

        The probe's answer is taken when there is one. A model for which there is no room is not
        broken: each request that fails so is told.
        """
        if self._has_passed:
            return None
        context = self.context
        gate = KnownGate(self._gates, context.options, context.identity)
        reply = gate.reply()
        if reply is None:
            if self._server_fault is not None:
                raise self._server_fault
            reply = gate.ask_once(context.settings, self._backend, context.machine)
        if reply.error_kind == "oom":
            self._has_passed = True
            return None
        broken = in_words(judge(reply)._asdict(), reply.error_message)
        self._has_passed = broken is None
        return broken

    def is_finished(self, batch: Batch) -> bool:
        """Return whether the journal knows what a batch was answered."""
        return self._known(batch)[2] is not None

    def _known(self, batch: Batch) -> tuple[str, Conditions, Entry | None]:
        """Return a batch's key, how it would be asked now, and its answer if that still counts."""
        context = self.context
        key = request_key(context.options | batch.own_options, batch.parts, context.identity.digest)
        conditions = _conditions(context, self._backend, batch)
        entry = self._journal.get(key)
        return key, conditions, entry if entry is not None and entry.stands(conditions) else None

    def answered_before(self, batch: Batch) -> Answered | None:
        """Return what a batch was answered, if the journal knows it.

        Screens that stand still can make two batches of a run the very same request. It was asked
        once, so that all but the first are hits, also when the run is made again.
        """
        key, _, entry = self._known(batch)
        if entry is None:
            return None
        is_hit = entry.run_id != self.context.run_id or key in self._keys
        self._keys.add(key)
        return Answered(
            batch.order_index,
            batch.frames,
            batch.images,
            key[:16],
            entry.reply,
            entry.conditions,
            cache_hit=is_hit,
        )

    def ask(self, batch: Batch) -> Answered:
        """Ask about a batch, and keep what it is answered."""
        context = self.context
        key, conditions, _ = self._known(batch)
        if self._server_fault is not None:
            raise self._server_fault
        if not self.warm_ups and batch.images:
            self.warm_ups.append(self._warmed_up(batch))
        if batch.images:  # else there is nothing to be told apart from the text
            self._tokens.prepare(batch.frames, batch.parts)
        answered = _ask(context, self._backend, batch, key)
        reply = answered.reply
        if reply.attempts:  # else nothing was sent, and nothing is known
            reply = replace(
                reply,
                n_ctx=reply.n_ctx or conditions.n_ctx,
                # This job has asked before, so that the model is loaded.
                model_state_before=reply.model_state_before or "warm",
            )
        reply = self._tokens.counted(reply, batch.parts)
        self._journal.put(key, Entry(context.run_id, reply, conditions))
        self._keys.add(key)
        return replace(answered, reply=reply)

    def _warmed_up(self, batch: Batch) -> Answered:
        frame = batch.frames[0]
        image = next(part for part in batch.parts if isinstance(part, SentImage))
        reply = self._tokens.warm_up(frame, image)
        if reply.attempts:
            reply = replace(reply, model_state_before=reply.model_state_before or "unknown")
        digest = self.context.identity.digest
        key = request_key({"warm-up": self.context.options}, [image], digest)
        conditions = _conditions(self.context, self._backend, batch)
        return Answered(
            -1, [frame], [image.facts], key[:16], reply, conditions, cache_hit=False, warmup=True
        )


@contextmanager
def open_asker(
    session: str,
    run: Run,
    settings: dict[str, Any],
    instructions: str,
    backend: Backend,
    state: Path,
    gpu_slots: int,
    experiment: str,
) -> Iterator[Asker]:
    """Yield what asks a model, alone on its GPU or its server, until the block ends.

    Finished requests are taken from the journal below `state`. Raises ScribebenchError for an
    infrastructure fault.
    """
    identities = IdentityStore(state / "identities" / run.model / f"{run.variant}.json")
    # A server that was started for this job is ended before the next job may use the GPU.
    locks = lock.lock_names(settings.get("url"), gpu_slots)
    with lock.held(locks) as slot, closing(backend):
        lock.use_own_gpu(slot, gpu_slots)
        # Read under the lock: a job that outlived its workflow may have asked until now.
        journal = Journal(state / "requests" / f"{run.model}.jsonl")
        identity, server_fault = _identify(backend, identities, settings)
        context = _context(session, run, settings, instructions, backend, identity, experiment)
        yield Asker(context, backend, journal, gates(state, run.model), server_fault)


def embedded_context(
    session: str, run: Run, settings: dict[str, Any], backend: Backend, experiment: str
) -> RunContext:
    """Return what all requests to an embedded backend share; it needs no lock and no journal."""
    return _context(session, run, settings, "", backend, backend.identify(), experiment)


def ask_embedded(context: RunContext, backend: Backend, batch: Batch) -> Answered:
    """Return what an embedded backend answers; it is asked each time anew."""
    # Two frames can show the same picture, byte for byte; each is a request of its own.
    frames = [[frame.frame_index, frame.image_sha256] for frame in batch.frames]
    return _ask(
        context, backend, batch, request_key({"frames": frames}, [], context.identity.digest)
    )


def _ask(context: RunContext, backend: Backend, batch: Batch, key: str) -> Answered:
    conditions = _conditions(context, backend, batch)
    reply = backend.ask(batch.frames, batch.parts, **batch.own_options)
    return Answered(
        batch.order_index,
        batch.frames,
        batch.images,
        key[:16],
        reply,
        conditions,
        cache_hit=reply.is_reused,
    )


def _conditions(context: RunContext, backend: Backend, batch: Batch) -> Conditions:
    return Conditions(
        limit_s=backend.limit_s(len(batch.frames), batch.max_tokens),
        backend_version=context.identity.backend_version,
        n_ctx=context.identity.n_ctx,
        machine=context.machine,
    )


def _identify(
    backend: Backend, identities: IdentityStore, settings: dict[str, Any]
) -> tuple[ModelIdentity, ServerUnreachableError | None]:
    """Return who answers; a server that is down matters only when something is to be asked.

    Who answered before counts when the settings name the same model on the same server.
    """
    try:
        identity = backend.identify()
    except ServerUnreachableError as error:
        last = identities.get(settings)
        if last is None:
            raise
        return last, error
    if identity.digest == NOT_STARTED:  # what was answered before still counts
        return identities.get(settings) or identity, None
    identities.put(identity, settings)
    return identity, None


def _context(
    session: str,
    run: Run,
    settings: dict[str, Any],
    instructions: str,
    backend: Backend,
    identity: ModelIdentity,
    experiment: str,
) -> RunContext:
    prompt = sha256_bytes(instructions.encode()) if instructions else None
    machine = asdict(describe_machine())
    options = backend.sent_options()
    return RunContext(session, run, settings, prompt, identity, options, machine, experiment)
