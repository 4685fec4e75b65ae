"""Hashes of large files by content, each read once until it changes."""

import hashlib
import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from scribebench.errors import ScribebenchError
from scribebench.files import write_text
from scribebench.progress import Progress

# Between files in one value, between a file and its scale, and before the file of an option.
SEPARATORS = re.compile(r"([,:=])")
# What a server writes, and does not go by.
WRITTEN = ".log"
HASH_CHUNK_BYTES, TOLD_FROM_BYTES = 4 * 2**20, 512 * 2**20


class FileHashes:
    """Hashes of files by content, remembered by path, size and time of change."""

    def __init__(self, state: str | Path | None):
        """`state` is the folder of what outlives jobs; without it nothing is remembered."""
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

    def is_current(self, path: Path) -> bool | None:
        """Return whether a file is as it was when it was read last; null when it never was."""
        known = self._remembered().get(str(path))
        if not isinstance(known, dict):
            return None
        now = path.stat()
        return (known.get("size"), known.get("mtime_ns")) == (now.st_size, now.st_mtime_ns)

    def _remembered(self) -> dict[str, Any]:
        if self._path is None:
            return {}
        try:
            known = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}


def by_content(value: str, hashes: FileHashes) -> str:
    """Return a value with each file that it names replaced by the hash of its content."""
    return "".join(
        hashes.sha256(Path(piece).absolute()) if _is_read(piece) else piece
        for piece in pieces(value)
    )


def pieces(value: str) -> list[str]:
    """Take a value apart that can name files: FILE, --option=FILE, or FILE:SCALE,FILE:SCALE."""
    return [value] if is_file(value) else SEPARATORS.split(value)


def is_file(text: str) -> bool:
    """Return whether a text is the path of a file."""
    with suppress(OSError, ValueError):  # too long for a path, for example
        return Path(text).is_file()
    return False


def _is_read(piece: str) -> bool:
    return is_file(piece) and Path(piece).suffix != WRITTEN


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
