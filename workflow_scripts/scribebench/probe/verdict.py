"""What a probe proves, in words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from scribebench.errors import damaged

T = TypeVar("T")
WORKS, BROKEN, NO_MEMORY = "works", "broken_backend", "no_memory"
# Servers round a context size up to a multiple of so many tokens.
N_CTX_STEP = 256
WORDS = {
    "reads_word": "did not read a large word",
    "tells_colours": "did not tell red from blue",
    "keeps_form": "did not answer in the form that was asked for",
    "stops": "did not stop by itself",
}


def why_broken(found: dict[str, Any]) -> str | None:
    """Return what the gate found wrong with a model, in words; null when it passed.

    A model for which there was no room was not seen to do anything wrong.
    """
    if found["verdict"] == NO_MEMORY:
        return None
    return in_words(found["gate"], found["gate_reply"]["error_message"])


def in_words(gate: dict[str, bool], error: str | None) -> str | None:
    """Say what a model did wrong at the gate, or that it gave no answer; null when it passed."""
    if all(gate.values()):
        return None
    if error:  # what it failed to do says nothing of its eyes
        return f"gave no answer: {error}"
    return ", ".join(WORDS[name] for name, holds in gate.items() if not holds)


def not_applied(found: dict[str, Any]) -> list[str]:
    """Return the settings that were asked for and that nothing proves to be in effect."""
    requested, effective = found["requested"], found["effective"]
    return [name for name, wanted in requested.items() if not _holds(name, wanted, effective[name])]


def _holds(name: str, wanted: Any, effective: Any) -> bool:
    """Return whether a setting was not asked for, or is in effect as far as can be told."""
    if wanted is None or (name == "draft" and not wanted):
        return True
    if effective is None:
        return False
    if name == "n_ctx":
        return bool(wanted <= effective < wanted + N_CTX_STEP)
    # How much a model thinks cannot be seen from one reply, only whether it does.
    return bool(effective == (bool(wanted) if name == "think" else wanted))


def read_probe(path: Path, read: Callable[[dict[str, Any]], T]) -> T:
    """Return what `read` makes of a probe's file. Raises ScribebenchError when it is damaged."""
    try:
        return read(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(path, str(error)) from error
