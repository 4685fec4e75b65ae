"""Describe the kept frames of a session: batches in order, each request once."""

import itertools
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import zstandard

from scribebench.backends.base import Backend, Frame, SentImage
from scribebench.describe.asker import Asker, Batch, ask_embedded, embedded_context, open_asker
from scribebench.describe.images import KnownImages, prepare
from scribebench.describe.journal import Conditions
from scribebench.describe.prompt import compose
from scribebench.describe.rows import Answered, RunContext
from scribebench.files import whole_file
from scribebench.machine import give_memory_back
from scribebench.plan.asked import sums_of
from scribebench.progress import Progress
from scribebench.project.documents import canonical_json
from scribebench.project.models import Run
from scribebench.tables import read_rows

STRETCH = 256  # finished batches that are handed over at a time


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
        context = embedded_context(session, run, settings, backend, experiment)
        batches = (Batch(n, chunk, [], []) for n, chunk in enumerate(_chunks(frames, settings)))
        return Described(context, [ask_embedded(context, backend, batch) for batch in batches])
    known = KnownImages(state / "sent_images" / f"{run.model}.jsonl", settings.get("image", {}))
    with (
        ThreadPoolExecutor(1) as helper,
        open_asker(
            session, run, settings, instructions, backend, state, gpu_slots, experiment
        ) as asker,
        Progress(f"{session} {run}", len(frames), "frames") as progress,
    ):
        answered, broken = [], None
        batches = _ahead(_batches(frames, settings, instructions, known, asker), helper)
        for batch in batches:
            one = asker.answered_before(batch)
            if one is None:
                # What was answered before stands, whatever the model does wrong now.
                if broken := asker.why_broken():
                    break
                one = asker.ask(batch)
            answered.append(one)
            progress.advance(len(batch.frames))
            tell_failure(one, progress)
    return Described(asker.context, [*asker.warm_ups, *answered], broken)


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
    Server and machine are those of the last request that was asked for this run; `asked_since_utc`
    is when the first of them was, which a plan must precede that is checked against it.
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
        "asked_sums": sums_of([(max(1, len(one.frames)), one.reply.wall_ns) for one in asked]),
        "asked_since_utc": min(one.reply.started_at for one in asked).isoformat()
        if asked
        else None,
        "workflow_version": version,
        "git_commit": commit,
        **conditions.machine,
    }


def _ahead(batches: Iterator[Batch], helper: ThreadPoolExecutor) -> Iterator[Batch]:
    """Yield batches; the next one is prepared while the server works on this one."""
    upcoming = helper.submit(_stretch, batches)
    while stretch := upcoming.result():
        upcoming = helper.submit(_stretch, batches)
        yield from stretch


def _stretch(batches: Iterator[Batch]) -> list[Batch]:
    """Return the batches up to the next one with pictures to send; an empty list at the end.

    The others were answered before: to hand each of them from thread to thread takes longer than
    to look up its answer.
    """
    stretch = []
    for batch in itertools.islice(batches, STRETCH):
        stretch.append(batch)
        if any(isinstance(part, SentImage) for part in batch.parts):
            break
    return stretch


def _batches(
    frames: list[Frame],
    settings: dict[str, Any],
    instructions: str,
    known: KnownImages,
    asker: Asker,
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
        # Here the server works on the batch before, so that nobody waits for it.
        give_memory_back()
        yield Batch(order_index, chunk, facts, compose(chunk, images, instructions))


def _chunks(frames: list[Frame], settings: dict[str, Any]) -> Iterator[list[Frame]]:
    size = settings.get("batch_size", 1)
    return (frames[start : start + size] for start in range(0, len(frames), size))


def tell_failure(answered: Answered, progress: Progress) -> None:
    """Say what came of a request that did not end as it should."""
    reply = answered.reply
    if reply.finish_reason != "stop":
        message = f": {reply.error_message}" if reply.error_message else ""
        progress.say(f"request {answered.order_index}: {reply.finish_reason}{message}")
