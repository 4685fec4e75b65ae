"""Truths as JSON and back, without loss: `{"type": "TextTruth", "text": ...}`."""

import json
import types
from collections.abc import Mapping
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from scribebench.rubric.truths import Truth

TYPES: dict[str, type] = {kind.__name__: kind for kind in get_args(Truth)}


def truth_to_json(truth: Truth) -> str:
    """Return the truth as one line of JSON; a field that is a truth's part is an object too."""
    value = {"type": type(truth).__name__} | _plain(truth)
    return json.dumps(value, ensure_ascii=False)


def truth_from_json(text: str) -> Truth:
    """Return the truth that `truth_to_json` wrote.

    Raises ValueError for a type that is not known, and for fields that it does not have.
    """
    value = json.loads(text)
    kind = TYPES.get(value.pop("type", None)) if isinstance(value, dict) else None
    if kind is None:
        raise ValueError("this JSON names no type of truth")
    return cast(Truth, _read(kind, value))


def _plain(value: Any) -> Any:
    if hasattr(value, "_fields"):
        return {name: _plain(part) for name, part in zip(value._fields, value, strict=True)}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value


def _read(kind: Any, value: Any) -> Any:
    """Return what `_plain` made of a value of the type `kind`."""
    if isinstance(kind, type) and hasattr(kind, "_fields"):
        return _read_fields(kind, value)
    if get_origin(kind) is tuple:
        kinds = get_args(kind)
        if kinds[-1] is Ellipsis:
            return tuple(_read(kinds[0], part) for part in value)
        return tuple(_read(one, part) for one, part in zip(kinds, value, strict=True))
    if get_origin(kind) in (Union, types.UnionType):
        kinds = tuple(one for one in get_args(kind) if one is not type(None))
        return None if value is None else _read(kinds[0], value)
    if not isinstance(value, kind):
        raise ValueError(f"{value!r} is no {kind.__name__}")
    return value


def _read_fields(kind: Any, value: Mapping[str, Any]) -> Any:
    hints = get_type_hints(kind)
    if set(value) - set(hints):
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(set(value) - set(hints)))}")
    return kind(**{name: _read(hints[name], part) for name, part in value.items()})
