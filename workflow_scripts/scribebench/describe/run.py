"""Describe the kept frames of a session: batches in order, each request once."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import zstandard

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
from scribebench.describe.images import KnownImages, prepare
from scribebench.describe.journal import (
    Conditions,
    Entry,
    IdentityStore,
    Journal,
    request_key,
)
from scribebench.describe.prompt import compose
from scribebench.describe.rows import Answered, RunContext
from scribebench.files import sha256_bytes, whole_file
from scribebench.machine import describe_machine
from scribebench.probe.ask import KnownGate, gates
from scribebench.probe.gate import judge
from scribebench.probe.verdict import in_words
from scribebench.progress import Progress
from scribebench.project.documents import canonical_json
from scribebench.project.models import Run
from scribebench.tables import read_rows


@dataclass(frozen=True)
class Batch:
    """Frames of one request, and what is sent of them; the bytes only if it has to be asked."""

    order_index: int
    frames: list[Frame]
    images: list[ImageFacts]
    parts: list[Any]  # texts between SentImages, or between ImageFacts when it is finished


def kept_frames(frames_table: Path) -> list[Frame]:
    """Return the kept frames of a session in the order of time."""
    columns = ["frame_index", "time_s", "kept", "image", "image_sha256"]
    return [
        Frame(
            row["frame_index"],
            row["time_s"],
            frames_table.parent / row["image"],
            row["image_sha256"],
        )
        for row in read_rows(frames_table, columns)
        if row["kept"]
    ]


class Described(NamedTuple):
    """What came of a run: warm-up requests first, then the others in order.

    `broken` says why nothing more was asked: what the gate found wrong with the model.
    """

    context: RunContext
    answered: list[Answered]
    broken: str | None = None


def describe(
    session: str,
    run: Run,
    settings: dict[str, Any],
    frames: list[Frame],
    instructions: str,
    backend: Backend,
    state: Path,
    gpu_slots: int,
    experiment: str = "describe",
) -> Described:
    """Ask about all frames; about no further one when the model does not pass the gate.

    Finished requests are taken from the journal below `state`. Raises ScribebenchError for an
    infrastructure fault; what was answered before it is in the journal.
    """
    if backend.embedded:
        context = _context(session, run, settings, "", backend, backend.identify(), experiment)
        batches = (Batch(n, chunk, [], []) for n, chunk in enumerate(_chunks(frames, settings)))
        return Described(context, [_ask(context, backend, batch) for batch in batches])
    identities = IdentityStore(state / "identities" / run.model / f"{run.variant}.json")
    # A server that was started for this job is ended before the next job may use the GPU.
    with (
        ThreadPoolExecutor(1) as helper,
        lock.held(lock.lock_names(settings.get("url"), gpu_slots)) as slot,
        closing(backend),
    ):
        lock.use_own_gpu(slot, gpu_slots)
        # Read under the lock: a job that outlived its workflow may have asked until now.
        journal = Journal(state / "requests" / f"{run.model}.jsonl")
        identity, server_fault = _identify(backend, identities, settings)
        context = _context(session, run, settings, instructions, backend, identity, experiment)
        asker = _Asker(context, backend, journal, gates(state, run.model), server_fault)
        answered, broken = [], None
        known = KnownImages(state / "sent_images" / f"{run.model}.jsonl", settings.get("image", {}))
        batches = _ahead(_batches(frames, settings, instructions, known, asker), helper)
        with Progress(f"{session} {run}", len(frames), "frames") as progress:
            for batch in batches:
                one = asker.answered_before(batch)
                if one is None:
                    # What was answered before stands, whatever the model does wrong now.
                    if broken := asker.why_broken():
                        break
                    one = asker.ask(batch)
                answered.append(one)
                progress.advance(len(batch.frames))
                _tell_failure(one, progress)
    return Described(context, [*asker.warm_ups, *answered], broken)


def without_warm_ups(answered: list[Answered]) -> list[Answered]:
    """Return what was asked about frames."""
    return [one for one in answered if not one.warmup]


def write_replies(path: Path, answered: list[Answered]) -> None:
    """Write the raw replies, a JSON line each, compressed, in the order of the requests."""
    with whole_file(path) as temporary, zstandard.open(temporary, "wb") as stream:
        for one in without_warm_ups(answered):
            record = {
                "request_uid": one.request_uid,
                "content": one.reply.content,
                "thinking": one.reply.thinking,
                "finish_reason_raw": one.reply.finish_reason_raw,
                "error_message": one.reply.error_message,
            }
            stream.write(json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n")


def run_facts(
    context: RunContext,
    answered: list[Answered],
    version: str,
    commit: str | None,
    broken: str | None = None,
) -> dict[str, Any]:
    """Return the row of `runs`: settings, who answered, what it took, on what machine.

    `broken` says why nothing more was asked: what the gate found wrong with the model.
    Server and machine are those of the last request that was asked for this run.
    """
    answered = without_warm_ups(answered)
    asked = [one for one in answered if not one.cache_hit]
    latest = max(asked or answered, key=lambda one: one.reply.started_at, default=None)
    conditions = latest.conditions if latest else Conditions(None, None, None, context.machine)
    return {
        "run_id": context.run_id,
        **context.key_columns,
        "status": "broken_backend" if broken else "described",
        "broken": broken,
        "backend": context.settings["backend"],
        "backend_version": conditions.backend_version,
        "model_id": context.identity.model_id,
        "model_digest": context.digest,
        "quantization": context.identity.quantization or context.settings.get("quant"),
        "batch_size": context.settings.get("batch_size", 1),
        "settings_json": canonical_json(context.settings),
        "requests": len(answered),
        "frames": sum(len(one.frames) for one in answered),
        "asked_frames": sum(len(one.frames) for one in asked),
        "asked_wall_ns": sum(one.reply.wall_ns for one in asked),
        "workflow_version": version,
        "git_commit": commit,
        **conditions.machine,
    }


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


def _ahead(batches: Iterator[Batch], helper: ThreadPoolExecutor) -> Iterator[Batch]:
    """Yield batches; the next one is prepared while the server works on this one."""
    upcoming = helper.submit(next, batches, None)
    while (batch := upcoming.result()) is not None:
        upcoming = helper.submit(next, batches, None)
        yield batch


def _batches(
    frames: list[Frame],
    settings: dict[str, Any],
    instructions: str,
    known: KnownImages,
    asker: "_Asker",
) -> Iterator[Batch]:
    image_settings = settings.get("image", {})
    for order_index, chunk in enumerate(_chunks(frames, settings)):
        facts = [one for one in map(known.get, chunk) if one is not None]
        if len(facts) == len(chunk):
            batch = Batch(order_index, chunk, facts, compose(chunk, facts, instructions))
            if asker.is_finished(batch):
                yield batch
                continue
        images = [prepare(frame, image_settings) for frame in chunk]
        known.put(chunk, images)
        facts = [image.facts for image in images]
        yield Batch(order_index, chunk, facts, compose(chunk, images, instructions))


def _chunks(frames: list[Frame], settings: dict[str, Any]) -> Iterator[list[Frame]]:
    size = settings.get("batch_size", 1)
    return (frames[start : start + size] for start in range(0, len(frames), size))


class _Asker:
    """Asks what the journal does not know, after a warm-up request that enters no figure."""

    def __init__(
        self,
        context: RunContext,
        backend: Backend,
        journal: Journal,
        gates: Journal,
        server_fault: ServerUnreachableError | None,
    ):
        self._context = context
        self._backend = backend
        self._journal = journal
        self._gates = gates
        self._server_fault = server_fault
        self._has_passed = context.settings.get("probe", "require") == "warn"
        self._tokens = ImageTokens(backend)
        self.warm_ups: list[Answered] = []

    def why_broken(self) -> str | None:
        """Return what the model does wrong at the gate; null when it passes or is asked anyway.

        The probe's answer is taken when there is one. A model for which there is no room is not
        broken: each request that fails so is told.
        """
        if self._has_passed:
            return None
        context = self._context
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
        context = self._context
        key = request_key(context.options, batch.parts, context.identity.digest)
        conditions = _conditions(context, self._backend, len(batch.frames))
        entry = self._journal.get(key)
        return key, conditions, entry if entry is not None and entry.stands(conditions) else None

    def answered_before(self, batch: Batch) -> Answered | None:
        """Return what a batch was answered, if the journal knows it."""
        key, _, entry = self._known(batch)
        if entry is None:
            return None
        return Answered(
            batch.order_index,
            batch.frames,
            batch.images,
            key[:16],
            entry.reply,
            entry.conditions,
            cache_hit=entry.run_id != self._context.run_id,
        )

    def ask(self, batch: Batch) -> Answered:
        """Ask about a batch, and keep what it is answered."""
        context = self._context
        key, conditions, _ = self._known(batch)
        if self._server_fault is not None:
            raise self._server_fault
        if not self.warm_ups:
            self.warm_ups.append(self._warmed_up(batch))
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
        return replace(answered, reply=reply)

    def _warmed_up(self, batch: Batch) -> Answered:
        frame = batch.frames[0]
        image = next(part for part in batch.parts if isinstance(part, SentImage))
        reply = self._tokens.warm_up(frame, image)
        if reply.attempts:
            reply = replace(reply, model_state_before=reply.model_state_before or "unknown")
        digest = self._context.identity.digest
        key = request_key({"warm-up": self._context.options}, [image], digest)
        conditions = _conditions(self._context, self._backend, len(batch.frames))
        return Answered(
            -1, [frame], [image.facts], key[:16], reply, conditions, cache_hit=False, warmup=True
        )


def _ask(context: RunContext, backend: Backend, batch: Batch, key: str | None = None) -> Answered:
    if key is None:
        # Two frames can show the same picture, byte for byte; each is a request of its own.
        frames = [[frame.frame_index, frame.image_sha256] for frame in batch.frames]
        key = request_key({"frames": frames}, [], context.identity.digest)
    conditions = _conditions(context, backend, len(batch.frames))
    reply = backend.ask(batch.frames, batch.parts)
    return Answered(
        batch.order_index,
        batch.frames,
        batch.images,
        key[:16],
        reply,
        conditions,
        cache_hit=reply.is_reused,
    )


def _conditions(context: RunContext, backend: Backend, images: int) -> Conditions:
    return Conditions(
        limit_s=backend.limit_s(images),
        backend_version=context.identity.backend_version,
        n_ctx=context.identity.n_ctx,
        machine=context.machine,
    )


def _tell_failure(answered: Answered, progress: Progress) -> None:
    reply = answered.reply
    if reply.finish_reason != "stop":
        message = f": {reply.error_message}" if reply.error_message else ""
        progress.say(f"request {answered.order_index}: {reply.finish_reason}{message}")
