"""The backend that a model's file names."""

from importlib import import_module
from typing import Any

from scribebench.backends.base import Backend
from scribebench.errors import ScribebenchError

BACKENDS = ("ocr", "ollama", "openai", "llama-server")


def connect(settings: dict[str, Any], context: dict[str, Any]) -> Backend:
    """Return the backend that the settings name; nothing is asked yet.

    `context` is what a backend may need besides: `text`, the readings of a recording's frames;
    `session`; `state`, the folder of what outlives jobs. Raises ScribebenchError.
    """
    name = settings["backend"]
    if name not in BACKENDS:
        raise ScribebenchError(
            f"this version cannot run models with `backend: {name}`; it can run "
            + ", ".join(BACKENDS)
        )
    module = import_module(f"scribebench.backends.{name.replace('-', '_')}")
    backend: Backend = module.connect(settings, context)
    return backend
