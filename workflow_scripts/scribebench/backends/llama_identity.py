"""Who answers in a llama-server, told without a start: what of its settings bears on replies."""

import os
import re
from pathlib import Path
from typing import Any

from scribebench.backends.hashes import FileHashes, by_content, is_file, pieces
from scribebench.backends.llama_command import FILE_ROLES, SPLIT, parts_of, plain
from scribebench.backends.serving import path_of

# Arguments that change neither what is answered nor how fast, with the number of their values.
BESIDE_THE_POINT = {
    "-v": 0, "--verbose": 0, "--log-verbose": 0, "--log-disable": 0, "--log-prefix": 0,
    "--no-log-prefix": 0, "--log-timestamps": 0, "--no-log-timestamps": 0, "--log-jsonl": 0,
    "--no-log-jsonl": 0, "--metrics": 0, "--slots": 0, "--no-slots": 0, "--webui": 0,
    "--no-webui": 0, "--ui": 0, "--no-ui": 0, "-lv": 1, "--verbosity": 1, "--log-verbosity": 1,
    "--log-file": 1, "--log-colors": 1,
}  # fmt: skip
# llama-server takes arguments from such variables, too; those that it is given win over them.
VARIABLE = re.compile(r"LLAMA_ARG_(?P<argument>\w+)")
VARIABLE_BESIDE_THE_POINT = re.compile(
    r"(LOG|ENDPOINT|UI|WEBUI|CORS|SSL|MODELS)(_\w+)?|HOST|PORT|REUSE_PORT|STATIC_PATH|API_\w+"
    r"|ALIAS|TAGS|TIMEOUT|SSE_PING_INTERVAL|THREADS_HTTP|OFFLINE|MODEL|MMPROJ|N_PARALLEL"
)


def what_bears(settings: dict[str, Any], hashes: FileHashes) -> dict[str, Any]:
    """Return what of the settings and the environment bears on replies or speed.

    Files count by content, wherever they are named.
    """
    files = settings["files"]
    bearing: dict[str, Any] = {
        "files": {
            role: [hashes.sha256(path) for path in parts_of(path_of(files[role]))]
            for role in FILE_ROLES
            if role in files
        },
        "arguments": [by_content(word, hashes) for word in _bearing(settings)],
    }
    if num_ctx := settings.get("options", {}).get("num_ctx"):
        bearing["num_ctx"] = num_ctx
    if variables := _variables(settings):
        bearing["variables"] = {
            name: by_content(value, hashes) for name, value in variables.items()
        }
    return bearing


def files_of(settings: dict[str, Any]) -> list[Path]:
    """Return the files whose contents bear on replies, the language model first."""
    files = settings["files"]
    named = [path_of(files[role]) for role in FILE_ROLES if files.get(role)]
    values = [*_bearing(settings), *_variables(settings).values()]
    beside = [piece for value in values for piece in pieces(value) if is_file(piece)]
    return [
        *(part for path in named for part in parts_of(path)),
        *(Path(piece).absolute() for piece in beside),
    ]


def name_of(settings: dict[str, Any]) -> str:
    """Return the name of a model: that of its file, unless the model's file names it."""
    model = path_of(settings["files"]["model"])
    split = SPLIT.match(model.name)
    return settings.get("tag") or (split["stem"] if split else model.stem)


def _bearing(settings: dict[str, Any]) -> list[str]:
    """Return the arguments that bear on replies or speed; only what prints and lists does not."""
    arguments = settings.get("server_args", [])
    kept, position = [], 0
    while position < len(arguments):
        values = BESIDE_THE_POINT.get(plain(arguments[position]))
        if values is None:
            kept.append(arguments[position])
        position += 1 + (values or 0)
    return kept


def _variables(settings: dict[str, Any]) -> dict[str, str]:
    """Return the variables that bear on replies or speed; an argument wins over its variable."""
    is_ctx_given = bool(settings.get("options", {}).get("num_ctx"))
    return {
        name: value
        for name, value in os.environ.items()
        if value
        and (match := VARIABLE.fullmatch(name))
        and not VARIABLE_BESIDE_THE_POINT.fullmatch(match["argument"])
        and not (match["argument"] == "CTX_SIZE" and is_ctx_given)
    }
