"""The journal of requests: what was answered once is never asked again.

One file for each model, one line for each answered request, flushed to disk before the next is
sent. It outlives jobs, is no job's output, and so survives a kill, changed code and a failed job.
"""

import json
import os
import re
from collections.abc import Collection, Iterable
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from scribebench.backends.base import FrameDescription, ImageFacts, ModelIdentity, Part, Reply
from scribebench.describe.again import OF_ONE_START
from scribebench.files import sha256_bytes, write_text
from scribebench.project.documents import canonical_json
from scribebench.project.environment import start_id

# Part of every key: raised when the same request would have to be asked again for another reason.
PROTOCOL_VERSION = 1
# The settings that say which model on which server is asked.
WHOM = ("backend", "url", "tag", "files", "server_args", "serve")
# What stands before a reply in a line.
_RUN_ID = re.compile(rb'\{"key": "[^"]*", "run_id": "([0-9a-f]+)", ')
_REPLY_FIELDS = frozenset(field.name for field in fields(Reply))


class Conditions(NamedTuple):
    """What is no part of a request's key, but bears on whether it succeeds and how fast.

    `machine` holds the facts of the machine that asked, as in machine.Machine.
    """

    limit_s: float | None
    backend_version: str | None
    n_ctx: int | None
    machine: dict[str, Any]


class Entry(NamedTuple):
    """An answered request, the run that asked it, and the conditions under which it was asked.

    `start` is the start of the workflow that asked it; null outside of one.
    """

    run_id: str
    reply: Reply
    conditions: Conditions
    start: str | None = None

    def stands(self, conditions: Conditions) -> bool:
        """Return whether the answer still counts: a failure does while nothing has changed.

        An answer to pictures that were not all in the context counts as one. What failed for want
        of memory, or by the end of the server, may go well in the next start of the workflow.
        """
        if self.reply.error_kind is None and self.reply.images_fit is not False:
            return True
        if self.reply.error_kind in OF_ONE_START and (
            self.start is None or self.start != start_id()
        ):
            return False
        return self.conditions == conditions


def request_key(
    options: dict[str, Any], parts: Iterable[Part | ImageFacts], digest: str, repeat_index: int = 0
) -> str:
    """Return the identity of a request: what is sent, the bytes of its pictures, who answers."""
    content = [
        {"text": part} if isinstance(part, str) else {"image_sha256": part.sha256} for part in parts
    ]
    identity = {
        "protocol": PROTOCOL_VERSION,
        "options": options,
        "content": content,
        "model_digest": digest,
        "repeat_index": repeat_index,
    }
    return sha256_bytes(canonical_json(identity).encode("utf-8", errors="surrogatepass"))


class Journal:
    """The journal of one model, read at the start and appended to."""

    def __init__(self, path: Path):
        self._path = path
        self._entries = dict(_read(path))

    def read_again(self) -> None:
        """Know what other jobs have put since this was read, too."""
        self._entries = dict(_read(self._path))

    def get(self, key: str) -> Entry | None:
        """Return the answered request with this key."""
        return self._entries.get(key)

    def put(self, key: str, entry: Entry) -> None:
        """Append an answered request of this start; it is on the disk when this returns."""
        entry = entry._replace(start=start_id())
        started_at = entry.reply.started_at.isoformat()
        reply = asdict(entry.reply) | {"started_at": started_at}
        value = {"key": key, "run_id": entry.run_id, "start": entry.start, "reply": reply}
        line = json.dumps(value | {"conditions": entry.conditions._asdict()}) + "\n"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            # A kill can leave half a line: start a fresh one, so that only that half is lost.
            size = os.fstat(handle).st_size
            torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
            _write_all(handle, (b"\n" if torn else b"") + line.encode("utf-8"), self._path)
            os.fsync(handle)
        finally:
            os.close(handle)
        self._entries[key] = entry


def answers_one_of(path: Path, run_ids: Collection[str]) -> bool:
    """Return whether a journal holds an answer that one of these runs asked for.

    It stops at the first, and reads no reply: a journal can hold ten thousand long ones. What the
    gate was answered belongs to no run.
    """
    try:
        stream = path.open("rb")
    except OSError:
        return False
    with stream:
        begins = (_RUN_ID.match(line) for line in stream if line.endswith(b"\n"))
        return any(begin is not None and begin[1].decode() in run_ids for begin in begins)


class IdentityStore:
    """The last identity that a server told, for going on with finished requests without it."""

    def __init__(self, path: Path):
        self._path = path

    def get(self, settings: dict[str, Any] | None = None) -> ModelIdentity | None:
        """Return it; with `settings`, only if those that say who is asked are the same."""
        try:
            told = json.loads(self._path.read_text(encoding="utf-8"))
            identity = ModelIdentity(**told["identity"])
            return identity if settings is None or told["whom"] == _whom(settings) else None
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def put(self, identity: ModelIdentity, settings: dict[str, Any]) -> None:
        told = {"identity": asdict(identity), "whom": _whom(settings)}
        write_text(self._path, canonical_json(told))


def _whom(settings: dict[str, Any]) -> dict[str, Any]:
    """Return what says who is asked; its hash, since it can hold what is not to be kept."""
    asked = {name: settings.get(name) for name in WHOM}
    return {"sha256": sha256_bytes(canonical_json(asked).encode())}


def _read(path: Path) -> Iterable[tuple[str, Entry]]:
    """Yield the entries of a journal; a torn or damaged line is passed over, it is asked again."""
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return
    with stream:
        for line in stream:
            try:
                value = json.loads(line)
                key, reply = str(value["key"]), _reply(value["reply"])
                conditions = Conditions(**value["conditions"])
                entry = Entry(value["run_id"], reply, conditions, value.get("start"))
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
            yield key, entry


def _reply(value: dict[str, Any]) -> Reply:
    known = {name: item for name, item in value.items() if name in _REPLY_FIELDS}
    known["started_at"] = datetime.fromisoformat(known["started_at"])
    if known.get("frames") is not None:
        known["frames"] = [FrameDescription(**frame) for frame in known["frames"]]
    return Reply(**known)


def _write_all(handle: int, data: bytes, path: Path) -> None:
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(handle, view) :]
        except OSError as error:
            error.filename = str(path)
            raise
