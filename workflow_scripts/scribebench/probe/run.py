"""Probe one model: the gate, what images cost, effective settings, cold loads, memory."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scribebench.backends import gguf
from scribebench.backends.base import (
    Backend,
    Frame,
    ModelIdentity,
    Reply,
    ServerFacts,
    ServerUnreachableError,
)
from scribebench.backends.serving import path_of
from scribebench.backends.values import as_dict, count_or_null
from scribebench.describe.again import OF_ONE_START
from scribebench.describe.image_tokens import ImageTokens
from scribebench.describe.journal import Journal
from scribebench.errors import ScribebenchError
from scribebench.harmless import visible
from scribebench.machine import describe_machine
from scribebench.probe.ask import KnownGate
from scribebench.probe.gate import Verdict, draw, judge
from scribebench.probe.memory import gpu_bytes, rss_bytes
from scribebench.probe.verdict import BROKEN, NO_MEMORY, WORKS

# Widths of screens (16:9) whose cost in tokens is measured, up to what the model's file sends.
WIDTHS_PX = (640, 1280, 1920)
# A cold load is repeated so often, or until loading took so long in all.
COLD_LOADS, COLD_LOADS_S = 3, 180.0
EXPERTS_ASKED = re.compile(r"expert_used_count=int:(\d+)")
EXPERTS_LOADED = re.compile(r"n_expert_used\s*=\s*(\d+)")
MAX_LOG_BYTES = 4 * 2**20
MAX_SHOWN_CHARS = 4000


def probe(settings: dict[str, Any], backend: Backend, gates: Journal) -> dict[str, Any]:
    """Return what was found out of a model, as JSON values; what cannot be known is null.

    What it answered at the gate goes to the journal of gates, and is taken from there when a run of
    this start has asked already. Raises ScribebenchError when the model cannot be asked at all.
    """
    identity, machine, sent = backend.identify(), asdict(describe_machine()), backend.sent_options()
    reply = KnownGate(gates, sent, identity).ask_once(settings, backend, machine)
    verdict, gate = _judged(reply)
    # A server that hangs or fails is not made to do so once more for each size.
    answered = reply.finish_reason not in ("error", "client_timeout")
    sizes = list(_image_tokens(settings, backend)) if answered else []
    facts = backend.server_facts()
    memory = {
        "process_rss_bytes": rss_bytes(facts.pid),
        "gpu_bytes": gpu_bytes(facts.pid),
        "claimed_bytes": facts.memory_claimed_bytes,
    }
    return {
        "verdict": verdict,
        "gate": gate,
        "gate_reply": {
            "content": reply.content[:MAX_SHOWN_CHARS],
            "thinking": reply.thinking[:MAX_SHOWN_CHARS],
            "finish_reason": reply.finish_reason,
            "error_message": reply.error_message,
        },
        "identity": asdict(identity),
        "image_tokens": sizes,
        "requested": _requested(settings, sent),
        "effective": _effective(identity, reply, facts),
        "projector": _projector(settings),
        "memory": memory,
        "cold_load_ns": list(_cold_loads(backend, facts.cold_load_ns)),
        "probed_at_utc": datetime.now(UTC).isoformat(),
        "machine": machine,
    }


def _image_tokens(settings: dict[str, Any], backend: Backend) -> Iterator[dict[str, int | None]]:
    widest = settings.get("image", {}).get("max_width_px") or max(WIDTHS_PX)
    widths = sorted({min(width, widest) for width in WIDTHS_PX})
    tokens = ImageTokens(backend)
    for width in widths:
        image = draw(width)
        tokens.warm_up(Frame(0, 0.0, Path(), image.sha256), image)
        cost = tokens.cost(image)
        yield {"width_px": image.width_px, "height_px": image.height_px, "tokens": cost}


def _judged(reply: Reply) -> tuple[str, dict[str, bool | None]]:
    """Return the verdict, and what of the gate holds: unknown of a model that had no room."""
    if reply.error_kind == "oom":
        return NO_MEMORY, dict.fromkeys(Verdict._fields)
    gate = judge(reply)
    return WORKS if gate.passed else BROKEN, gate._asdict()


def _requested(settings: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    arguments = " ".join(settings.get("server_args", []))
    experts = EXPERTS_ASKED.search(arguments)
    # Ollama is always sent one; the others are started with what the settings say.
    n_ctx = count_or_null(as_dict(sent.get("options")).get("num_ctx"))
    return {
        "n_ctx": n_ctx or settings.get("options", {}).get("num_ctx"),
        "think": settings.get("think"),
        "draft": bool(settings.get("files", {}).get("draft") or "--spec-type" in arguments),
        "experts_used": int(experts[1]) if experts else None,
    }


def _effective(identity: ModelIdentity, reply: Reply, facts: ServerFacts) -> dict[str, Any]:
    """Return what the reply and the server's log prove of the settings that were asked for.

    An identity can hold what a server is to be started with, which one that ran is needed to prove.
    """
    experts = EXPERTS_LOADED.search(_log(facts.log))
    has_run = reply.attempts > 0 and reply.error_kind not in OF_ONE_START
    return {
        "n_ctx": reply.n_ctx or facts.n_ctx or (identity.n_ctx if has_run else None),
        "think": bool(reply.thinking) if reply.thinking or reply.content else None,
        "draft": None if reply.draft_tokens is None else reply.draft_tokens > 0,
        "experts_used": int(experts[1]) if experts else None,
    }


def _projector(settings: dict[str, Any]) -> dict[str, Any] | None:
    """Return the precision of the vision encoder, from its file."""
    name = settings.get("files", {}).get("mmproj")
    if not name:
        return None
    try:
        header = gguf.read_header(path_of(name))
    except ScribebenchError:
        return None
    return {"precision": header.tensor_type, "below_q8": header.below_q8}


def _cold_loads(backend: Backend, first_ns: int | None) -> Iterator[int]:
    """Yield how long each load takes; only the first may have to read the files from disk."""
    total_ns = first_ns or 0
    if first_ns is not None:
        yield first_ns
    for _ in range(COLD_LOADS - (first_ns is not None)):
        try:
            load_ns = backend.reload()
        except ServerUnreachableError as error:  # what was found before it stands
            print(visible(f"a cold load failed: {error}"), flush=True)
            return
        if load_ns is None:
            return
        yield load_ns
        total_ns += load_ns
        if total_ns > COLD_LOADS_S * 1e9:
            return


def _log(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_LOG_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return ""
