"""Read YAML written by people, and check it against a closed schema in plain words."""

import difflib
import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from scribebench.errors import ScribebenchError

MERGE_TAG = "tag:yaml.org,2002:merge"
# The C loader is ten times faster; every start of Snakemake reads all model files.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictLoader(_Loader):  # type: ignore[misc, valid-type]
    """A loader that refuses a key that stands twice: one of the two values would be lost."""


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[str, Any]:
    """Build a mapping. Keys become text, as JSON and schemas have it: `3: 50` is "3": 50."""
    own = [key for key, _ in node.value if key.tag != MERGE_TAG]
    seen = set()
    for key in own:
        name = str(loader.construct_object(key, deep=True))
        if name in seen:
            raise yaml.constructor.ConstructorError(
                problem=f"the key {name!r} stands twice", problem_mark=key.start_mark
            )
        seen.add(name)
    loader.flatten_mapping(node)
    return {
        str(loader.construct_object(key, deep=True)): loader.construct_object(value, deep=True)
        for key, value in node.value
    }


_StrictLoader.add_constructor("tag:yaml.org,2002:map", _mapping)


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file; an empty file is an empty mapping.

    Raises ScribebenchError, naming file and line, when the file is no YAML mapping.
    """
    try:
        value = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)
    except OSError as error:
        raise ScribebenchError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ScribebenchError(f"{path} is not UTF-8 text; save it as UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise ScribebenchError(f"{path}{place} is not valid YAML: {problem}") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ScribebenchError(f"{path} must hold keys and values, as in `title: My session`")
    return value


def canonical_json(value: Any) -> str:
    """Return JSON that does not depend on the order of keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def check(value: Any, schema: Path, source: Path | str) -> None:
    """Check `value`, read from `source`, against a JSON schema, and that its numbers are numbers.

    Raises ScribebenchError with one line for each problem: the key, what is wrong, what is allowed.
    """
    if (place := _not_finite(value)) is not None:
        raise ScribebenchError(f"{source}: `{place}`: .nan and .inf are no settings; give a number")
    problems = sorted(_validator(schema).iter_errors(value), key=lambda error: list(error.path))
    if problems:
        lines = [_explain(problem) for problem in problems]
        raise ScribebenchError("\n".join(f"{source}: {line}" for line in lines))


def _not_finite(value: Any, place: str = "") -> str | None:
    """Return the place of a number that is none: no limit of a schema holds against it."""
    if isinstance(value, float) and not math.isfinite(value):
        return place
    items = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        items = enumerate(value)
    found = (_not_finite(item, f"{place}.{key}".strip(".")) for key, item in items)
    return next((place for place in found if place is not None), None)


@cache
def _validator(schema: Path) -> Any:
    from jsonschema import Draft202012Validator  # not free; Snakemake itself has loaded it by now

    return Draft202012Validator(read_yaml(schema))


def _explain(problem: Any) -> str:
    place = ".".join(str(part) for part in problem.absolute_path)
    at = f"`{place}`: " if place else ""
    if problem.validator == "additionalProperties":
        known = sorted(problem.schema.get("properties", {}))
        unknown = sorted(set(problem.instance) - set(known))
        return at + "; ".join(_unknown_key(key, known) for key in unknown)
    if problem.validator == "required":
        missing = [key for key in problem.validator_value if key not in problem.instance]
        return f"{at}the key {', '.join(f'`{key}`' for key in missing)} is missing"
    meaning = problem.schema.get("description") if isinstance(problem.schema, dict) else None
    hint = f" ({meaning})" if meaning else ""
    if problem.validator == "oneOf":
        return f"{at}{problem.instance!r} is not allowed here{hint}"
    return f"{at}{problem.message}{hint}"


def _unknown_key(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    mend = f"did you mean `{close[0]}`?" if close else f"known keys are {', '.join(known)}"
    return f"`{key}` is not a key here; {mend}"
