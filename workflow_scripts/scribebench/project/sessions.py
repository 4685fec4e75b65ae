"""Sessions: the folders in sessions/, their recording and their settings."""

import re
from pathlib import Path
from typing import Any, NamedTuple

from scribebench.errors import ScribebenchError
from scribebench.project.documents import check, read_yaml

VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".gif", ".apng", ".flv", ".wmv", ".ogv"}
    | {".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".3gp", ".h264"}
)
IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".avif"})
# Pictures that cannot be read, so that they are named instead of passed over.
UNREAD_SUFFIXES = frozenset({".heic", ".heif", ".jxl", ".psd", ".svg", ".pdf"})
# Names become parts of paths and commands, so they hold nothing that means something there.
NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]*"
SAFE_NAME = re.compile(NAME_PATTERN + r"\Z")


class Recording(NamedTuple):
    """A recording: one video file, or the screenshots of a folder in the order of their names."""

    path: Path
    files: list[Path]

    @property
    def is_video(self) -> bool:
        return self.files == [self.path]


class Session(NamedTuple):
    """A session's name, its settings (session.yaml) and its recording."""

    name: str
    settings: dict[str, Any]
    recording: Recording


class Folders(NamedTuple):
    """The folders in sessions/: names that can be used, and those that must be renamed."""

    names: list[str]
    refused: list[str]


def session_folders(root: Path) -> Folders:
    """List the session folders below `root`; hidden ones are no sessions."""
    folders = (
        sorted(path.name for path in root.iterdir() if path.is_dir() and path.name[0] != ".")
        if root.is_dir()
        else []
    )
    safe = [name for name in folders if SAFE_NAME.match(name)]
    return Folders(safe, sorted(set(folders) - set(safe)))


def rename_advice(name: str) -> str:
    """Say what to rename a refused session folder to."""
    better = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._") or "my-session"
    shown = name.encode("unicode_escape").decode()
    return (
        f"the session folder sessions/{shown!s} is left out: its name may hold letters, digits, "
        f"'.', '_' and '-' only. Rename it, for example to sessions/{better}"
    )


def load_session(root: Path, name: str, schema: Path) -> Session:
    """Return the session in folder `root`/`name`.

    Raises ScribebenchError when its settings are wrong or it does not hold exactly one recording.
    """
    folder = root / name
    path = folder / "session.yaml"
    settings = read_yaml(path) if path.is_file() else {}
    check(settings, schema, path)
    return Session(name, settings, find_recording(folder, settings.get("recording")))


def find_recording(folder: Path, named: str | None = None) -> Recording:
    """Return the recording in a session folder, or the one that `named` says.

    Raises ScribebenchError when there is none, or more than one and none is named.
    """
    found = _recordings(folder)
    if named is not None:
        for recording in found:
            if recording.path.relative_to(folder) == Path(named):
                return recording
        raise ScribebenchError(
            f"{folder}/session.yaml names the recording {named!r}, which is not there; "
            f"{folder} holds {_listed(folder, found) or 'no recording'}"
        )
    if not found and (unread := _unread_below(folder)):
        raise ScribebenchError(
            f"{folder} holds no recording: pictures like {unread[0].name} cannot be read; save "
            "them as PNG or JPEG"
        )
    if not found:
        raise ScribebenchError(
            f"{folder} holds no recording: put one file there "
            f"({', '.join(sorted(VIDEO_SUFFIXES))}) or a folder of screenshots, or remove {folder}"
        )
    if len(found) > 1:
        raise ScribebenchError(
            f"{folder} holds {len(found)} recordings ({_listed(folder, found)}): name the one to "
            f"use as `recording:` in {folder}/session.yaml, or move the others to folders of "
            "their own in sessions/"
        )
    return found[0]


def _recordings(folder: Path) -> list[Recording]:
    entries = sorted(path for path in folder.iterdir() if path.name[0] != ".")
    found = [
        Recording(path, [path])
        for path in entries
        if path.suffix.lower() in VIDEO_SUFFIXES and path.is_file()
    ]
    for place in (folder, *(path for path in entries if path.is_dir())):
        if files := screenshots(place):
            found.append(Recording(place, files))
    return found


def _unread_below(folder: Path) -> list[Path]:
    places = [folder, *(path for path in sorted(folder.iterdir()) if path.is_dir())]
    return [path for place in places for path in unread_pictures(place)]


def screenshots(folder: Path) -> list[Path]:
    """Return the pictures in a folder by name, shot-9 before shot-10."""
    return _files(folder, IMAGE_SUFFIXES)


def unread_pictures(folder: Path) -> list[Path]:
    """Return the files in a folder that may be screenshots, but of a kind that cannot be read."""
    return _files(folder, UNREAD_SUFFIXES)


def _files(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    return sorted(
        (
            path
            for path in folder.iterdir()
            if path.suffix.lower() in suffixes and path.name[0] != "." and path.is_file()
        ),
        key=_natural,
    )


def _natural(path: Path) -> list[tuple[bool, int, str]]:
    parts = re.split(r"(\d+)", path.name)
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def _listed(folder: Path, recordings: list[Recording]) -> str:
    names = [str(recording.path.relative_to(folder)) for recording in recordings]
    return ", ".join(f"the screenshots in {folder}" if name == "." else name for name in names)
