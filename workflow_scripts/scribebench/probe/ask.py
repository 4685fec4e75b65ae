"""Asking a model the gate's question."""

from pathlib import Path
from typing import Any

from scribebench.backends.base import Backend, Frame, Part, Reply
from scribebench.probe.gate import MAX_TOKENS, MAX_TOKENS_THINKING, fixture


def ask_gate(settings: dict[str, Any], backend: Backend) -> Reply:
    """Ask the gate's question and return the reply.

    A model that thinks without having been asked to needs more tokens, and is asked again.
    """
    gate = fixture()
    frame = Frame(0, 0.0, Path(), gate.image.sha256)
    parts: list[Part] = [gate.image, gate.question]
    limit = MAX_TOKENS_THINKING if settings.get("think") else MAX_TOKENS
    reply = backend.ask([frame], parts, max_tokens=limit)
    if limit == MAX_TOKENS and reply.finish_reason == "length" and reply.thinking:
        reply = backend.ask([frame], parts, max_tokens=MAX_TOKENS_THINKING)
    return reply
