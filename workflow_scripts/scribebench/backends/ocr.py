"""The embedded baseline: says what text is on the screen, and nothing that it did not read.

It is no vision-language model. It is the floor that one must beat, and makes the workflow run where
there is no model server.
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scribebench.backends.base import (
    Frame,
    FrameDescription,
    ModelIdentity,
    Part,
    Reply,
    ServerFacts,
)
from scribebench.errors import ScribebenchError
from scribebench.tables import read_rows

# A window's title ends in the program's name in most desktops: "notes.md - Visual Studio Code".
TITLE_END = re.compile(r"(?:^|.*\s)[-–—]\s*(?P<app>[^-–—]+?)\s*$")
# Titles stand in the topmost part of the screen.
TITLE_SHARE = 0.08
KNOWN_APPS = (
    "Acrobat Reader", "Android Studio", "Atom", "Brave", "Calculator", "Chrome", "Chromium",
    "CLion", "Code", "Cursor", "DBeaver", "Discord", "Emacs", "Excel", "Figma", "Files", "Finder",
    "Firefox", "Geany", "Ghostty", "GIMP", "GNU Emacs", "GoLand", "Google Chrome", "Inkscape",
    "IntelliJ IDEA", "iTerm2", "Jupyter", "Kate", "Konsole", "LibreOffice Calc",
    "LibreOffice Impress", "LibreOffice Writer", "Microsoft Edge", "Microsoft Excel",
    "Microsoft Teams", "Microsoft Word", "Mozilla Firefox", "Neovim", "Notepad", "Notion", "NVIM",
    "Obsidian", "Okular", "Opera", "Outlook", "PowerPoint", "Preview", "PyCharm", "Rider",
    "RStudio", "RubyMine", "Safari", "Slack", "Spotify", "Spyder", "Sublime Text", "Terminal",
    "Thunderbird", "Vim", "VIM", "Visual Studio", "Visual Studio Code", "VLC media player",
    "VSCodium", "WebStorm", "Word", "Xcode", "Zed", "Zoom",
)  # fmt: skip
_APP_BY_NAME = {name.casefold(): name for name in KNOWN_APPS}


def connect(settings: dict[str, Any], context: dict[str, Any]) -> "OcrBackend":
    """Return the baseline over the table of readings that `context["text"]` names."""
    if not context.get("text"):
        raise ScribebenchError("the OCR baseline needs the session's text.parquet (--text)")
    return OcrBackend(Path(context["text"]), context.get("session", ""))


class OcrBackend:
    """Answers from the readings of the kept frames."""

    endpoint_kind = "embedded"
    embedded = True

    def __init__(self, text: Path, session: str):
        self._session = session
        self._readings = {row["image_sha256"]: row for row in read_rows(text)}

    def identify(self) -> ModelIdentity:
        readers = {row["reader"] for row in self._readings.values()}
        reader = ", ".join(sorted(readers)) or "none"
        return ModelIdentity(model_id=reader, digest=reader, backend_version=reader)

    def sent_options(self) -> dict[str, Any]:
        return {}

    def limit_s(self, images: int, max_tokens: int | None = None) -> float | None:
        return None

    def ask(
        self,
        frames: list[Frame],
        parts: list[Part],
        max_tokens: int | None = None,
        seed: int | None = None,
    ) -> Reply:
        """Answer with the readings; the clock is the one that ran when the frames were read."""
        readings = [self._readings[frame.image_sha256] for frame in frames]
        described = [describe_reading(reading["lines"]) for reading in readings]
        return Reply(
            content="\n\n".join(frame.visible or "" for frame in described),
            thinking="",
            started_at=min(
                (reading["read_at_utc"] for reading in readings), default=datetime.now(UTC)
            ),
            wall_ns=sum(reading["read_wall_ns"] for reading in readings),
            finish_reason="stop",
            stream_complete=True,
            is_reused=any(reading["read_for"] != self._session for reading in readings),
            frames=described,
        )

    def server_facts(self) -> ServerFacts:
        return ServerFacts()

    def reload(self) -> int | None:
        return None

    def close(self) -> None:
        """Nothing is held."""


def describe_reading(lines: list[dict[str, Any]]) -> FrameDescription:
    """Describe a frame by the lines read on it; what was not read is null."""
    if not lines:
        return FrameDescription()
    text = "\n".join(line["text"] for line in lines)
    return FrameDescription(text=text, visible=text, apps=apps_in_titles(lines) or None)


def apps_in_titles(lines: list[dict[str, Any]]) -> list[str]:
    """Return the known applications that a window title at the top of the screen ends in."""
    bottom_px = max(line["bottom_px"] for line in lines)
    found = []
    for line in lines:
        match = TITLE_END.match(line["text"])
        if match and line["bottom_px"] <= bottom_px * TITLE_SHARE:
            name = _APP_BY_NAME.get(match["app"].casefold())
            if name and name not in found:
                found.append(name)
    return found
