"""Candidates: the files in config/models/, their variants, and what identifies a run."""

import difflib
import re
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from scribebench.errors import ScribebenchError
from scribebench.files import sha256_bytes
from scribebench.project.documents import canonical_json, check, read_yaml

BASE = "base"
MODEL_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*\Z")
# Shown or used by the plan only: a change of these must never cost GPU time.
DISPLAY_FIELDS = frozenset({"label", "prior"})
# What a probe does not depend on.
NOT_PROBED = frozenset({"batch_size", "probe", "timeout_s"})
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


class Run(NamedTuple):
    """A candidate as it is run: a model and one of its variants."""

    model: str
    variant: str

    def __str__(self) -> str:
        return self.model if self.variant == BASE else f"{self.model}/{self.variant}"


def run_id(session: str, run: Run) -> str:
    """Return a short hash of a session, a model and a variant."""
    return sha256_bytes(canonical_json([session, *run]).encode())[:12]


class Model(NamedTuple):
    """A model file: the name that reports show, and the settings of each variant."""

    name: str
    label: str
    variants: dict[str, dict[str, Any]]


def load_models(folder: Path, schema: Path) -> dict[str, Model]:
    """Read every model file in `folder`, by name. Raises ScribebenchError naming a wrong file."""
    paths = sorted(folder.glob("*.yaml"))
    for path in paths:
        if not MODEL_NAME.match(path.stem):
            better = re.sub(r"[^a-z0-9.-]+", "-", path.stem.lower()).strip("-.")
            raise ScribebenchError(
                f"{path}: a model file's name holds a-z, 0-9, '.' and '-' only; rename it, for "
                f"example to {better or 'my-model'}.yaml"
            )
    return {path.stem: _load_model(path, schema) for path in paths}


def _load_model(path: Path, schema: Path) -> Model:
    content = read_yaml(path)
    check(content, schema, path)
    label, changes = content.pop("label"), content.pop("variants", {})
    variants = {BASE: content}
    for name, change in changes.items():
        variants[name] = merge(content, change)
        # A server that is started takes the place of one that runs, and the other way round.
        for given, replaced in (("serve", "url"), ("url", "serve")):
            if given in change and replaced not in change:
                variants[name].pop(replaced, None)
        # A figure measured with other settings says nothing about this variant; a prior itself
        # tells batch sizes apart.
        if "prior" not in change and set(change) != {"batch_size"}:
            variants[name].pop("prior", None)
    for name, settings in variants.items():
        check({"label": label, **settings}, schema, f"{path} (variant {name})")
        _check_address(settings, path, name)
    return Model(path.stem, label, variants)


def _check_address(settings: dict[str, Any], path: Path, variant: str) -> None:
    url = settings.get("url")
    if not url:
        return
    if "serve" in settings:
        raise ScribebenchError(
            f"{path} (variant {variant}): `url` is where a server runs, and `serve` starts one; "
            "take one of them out"
        )
    try:
        host = urlsplit(url).hostname
    except ValueError as error:
        raise ScribebenchError(f"{path}: {url} is no address ({error}); correct `url:`") from error
    try:
        urlsplit(url).port  # noqa: B018
    except ValueError as error:
        raise ScribebenchError(
            f"{path}: {url} is no address (its port must be a number up to 65535); correct `url:`"
        ) from error
    if not settings.get("remote") and host not in LOOPBACK_HOSTS:
        raise ScribebenchError(
            f"{path}: {url} is not on this machine, and your screenshots would be sent there; "
            "if you want that, add `remote: true`"
        )


def merge(base: Any, change: Any) -> Any:
    """Return `base` with `change` laid over it: mappings are merged, all else is replaced."""
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    merged = dict(base)
    for key, value in change.items():
        merged[key] = merge(base[key], value) if key in base else value
    return merged


def select_runs(models: dict[str, Model], selected: list[str] | str) -> list[Run]:
    """Turn `models:` of the configuration into runs, in its order.

    `all` is the base of every model file. Raises ScribebenchError naming what is unknown.
    """
    if selected == "all":
        return [Run(name, BASE) for name in models]
    return list(dict.fromkeys(find_run(models, name) for name in selected))


def find_run(models: dict[str, Model], name: str) -> Run:
    """Return the run that MODEL or MODEL/VARIANT names."""
    model, _, variant = name.partition("/")
    if model not in models:
        raise ScribebenchError(
            f"there is no model {model!r}: config/models/{model}.yaml is missing; "
            + _suggest(model, list(models))
        )
    known = models[model].variants
    if (variant or BASE) not in known:
        raise ScribebenchError(
            f"config/models/{model}.yaml has no variant {variant!r}; " + _suggest(variant, [*known])
        )
    return Run(model, variant or BASE)


def identity(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a run's settings that decides its replies."""
    return {key: value for key, value in settings.items() if key not in DISPLAY_FIELDS}


def _suggest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    mend = f"did you mean {close[0]!r}? " if close else ""
    return f"{mend}Known are {', '.join(known)}"
