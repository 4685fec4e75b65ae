"""llama-server, started by the workflow for one job and asked through its OpenAI-style interface.

Who answers is known without a start: it is decided by the content of files, by arguments and by
environment variables. So a run whose requests have all been answered before starts nothing.
"""

import os
import secrets
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from scribebench.backends import gguf
from scribebench.backends.asking import ask_started
from scribebench.backends.base import Frame, ModelIdentity, Part, Reply, ServerFacts
from scribebench.backends.hashes import FileHashes
from scribebench.backends.llama_command import (
    ALIAS,
    PROGRAM,
    arguments_of,
    find_program,
    program_problems,
    settings_problems,
    version,
)
from scribebench.backends.llama_identity import files_of, name_of, what_bears
from scribebench.backends.openai import OpenAiBackend
from scribebench.backends.serving import (
    Launch,
    LazyServer,
    RunningServer,
    ServerStartError,
    facts,
    log_path,
    path_of,
    reload,
)
from scribebench.errors import ScribebenchError
from scribebench.files import sha256_bytes
from scribebench.project.documents import canonical_json

SPEC_TYPE = "--spec-type"
PROPS_LIMIT_S = 30.0
# The digest of files that would have to be read to know theirs.
REWRITTEN = "rewritten"


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
    return [*settings_problems(settings), *program_problems()]


def identity(settings: dict[str, Any], context: dict[str, Any]) -> ModelIdentity | None:
    """Return who would answer, without reading whole files; null when one was never read.

    The digest is REWRITTEN when a file was written since it was read last. Takes settings without
    `problems`.
    """
    hashes = FileHashes(context.get("state"))
    known = [hashes.is_current(path) for path in files_of(settings)]
    if None in known:
        return None
    if False in known:
        return ModelIdentity(name_of(settings), REWRITTEN, version())
    return connect(settings, context).identify()


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
        self._is_advised = False
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
        if found := settings_problems(self._settings):
            raise ScribebenchError(_joined(found))
        bearing = what_bears(self._settings, FileHashes(self._context.get("state")))
        return ModelIdentity(
            model_id=name_of(self._settings),
            digest="sha256-" + sha256_bytes(canonical_json(bearing).encode()),
            backend_version=version(),
            # It is started with what is asked for; what came of it stands in each reply.
            n_ctx=self._settings.get("options", {}).get("num_ctx"),
            quantization=gguf.read_header(self._model).file_type,
        )

    def sent_options(self) -> dict[str, Any]:
        return self._asked.sent_options()

    def limit_s(self, images: int, max_tokens: int | None = None) -> float:
        return self._asked.limit_s(images, max_tokens)

    def ask(
        self,
        frames: list[Frame],
        parts: list[Part],
        max_tokens: int | None = None,
        seed: int | None = None,
    ) -> Reply:
        """Ask, and start the server when it does not run; see asking.ask_started."""
        reply = ask_started(
            self._server,
            frames,
            self.limit_s(len(frames), max_tokens),
            lambda: self._asked.ask(frames, parts, max_tokens, seed),
        )
        return replace(reply, n_ctx=self.n_ctx)

    def server_facts(self) -> ServerFacts:
        return facts(self._server, self.n_ctx)

    def reload(self) -> int | None:
        """End the server, start it again and return its cold load in ns."""
        return reload(self._server)

    def close(self) -> None:
        """End the server when it runs; more calls do nothing."""
        self._asked.close()
        self._server.close()

    @property
    def _model(self) -> Path:
        return path_of(self._settings["files"]["model"])

    def _client(self, url: str) -> OpenAiBackend:
        asked = self._settings | {"url": url, "tag": ALIAS}
        return OpenAiBackend(asked, self._key, is_gone=self._server.is_gone)

    def _launch(self) -> Launch:
        """Return how the server is started. Raises ScribebenchError with all that is missing."""
        if found := problems(self._settings):
            raise ScribebenchError(_joined(found))
        for line in [] if self._is_advised else advice(self._settings):
            print(f"warning: {line}", file=sys.stderr, flush=True)
        self._is_advised = True
        # Waiting threads sleep instead of spinning, which matters where cores are few or shared.
        passive = {} if "OMP_WAIT_POLICY" in os.environ else {"OMP_WAIT_POLICY": "passive"}
        return Launch(
            name=PROGRAM,
            command=[str(find_program()), *arguments_of(self._settings)],
            log=log_path(self._settings, self._context),
            env=passive | {"LLAMA_API_KEY": self._key},
            check=self._check,
        )

    def _check(self, server: RunningServer) -> None:
        """Take over what a new server proves of itself. Raises ScribebenchError."""
        props = self._props(server)
        told = props.get("model_path")
        if isinstance(told, str) and told != str(self._model):
            raise ServerStartError(
                f"another llama-server took the port of ours at {server.url}; run the same command "
                "again",
                "ended",
            )
        modalities = props.get("modalities")
        if not isinstance(modalities, dict) or modalities.get("vision") is not True:
            raise ScribebenchError(
                f"the model {self._model} takes no pictures in this llama-server: correct "
                "`files.mmproj` in the model's file, or use a newer llama-server"
            )
        defaults, build = props.get("default_generation_settings"), props.get("build_info")
        n_ctx = defaults.get("n_ctx") if isinstance(defaults, dict) else None
        self.n_ctx = n_ctx if isinstance(n_ctx, int) else None
        self._build = build if isinstance(build, str) else None
        self._asked.close()
        self._asked = self._client(server.url)

    def _props(self, server: RunningServer) -> dict[str, Any]:
        url, headers = f"{server.url}/props", {"Authorization": f"Bearer {self._key}"}
        try:
            response = httpx.get(url, headers=headers, trust_env=False, timeout=PROPS_LIMIT_S)
            value = response.json()
        except (httpx.HTTPError, ValueError) as error:
            if server.has_ended():
                raise server.failure() from error
            raise ServerStartError(f"{PROGRAM} tells nothing at {url}: {error}", "ended") from error
        return value if isinstance(value, dict) else {}


def _joined(found: list[str]) -> str:
    return found[0] if len(found) == 1 else "\n".join(["llama-server cannot be started:", *found])
