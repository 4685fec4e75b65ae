"""What a recording shows, told by its maker, and how much of it a description says.

A truth is a JSON file beside the recording. A hand-written one needs only `segments`:

    {"segments": [{"start_s": 0, "end_s": 95.5, "app": "VS Code", "key_strings": ["main.py"]}]}

`start_s` (included) and `end_s` (excluded) are seconds of the recording; `frame_start` and
`frame_end` (both included, of the decoded frames from 0) do as well when the file says its `fps`.
Of a segment may be told besides, each without need:

- `app`: the application in front, in any spelling; "vim in xterm" and "GitHub in Firefox" name two
  of which either counts, as do names in brackets;
- `key_strings`: texts that can be read on the screen at some time in the segment;
- `topics`: what the work is about; `activity`: what is done, as a sentence;
- `wm_classes`: {window class: samples} of the windows in front; `window_titles`.

`screens` (each with `id`, `windows_s` [[start_s, end_s], ...] and `key_strings`) say which strings
stand on the screen at which time. Other keys are not looked at.
"""

import html
import json
import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from scribebench.backends.base import FrameDescription
from scribebench.errors import ScribebenchError
from scribebench.grading.apps import mentions_app, normalised
from scribebench.grading.prose import listed

# Times are rounded to a millisecond in a truth, and to a microsecond in a table.
ROUNDING_S = 0.001
# A class that held the front for this share of a segment is an application of it, too.
CLASS_SHARE = 0.2
# This share of a long topic's words names it; shorter topics need all of theirs.
TOPIC_SHARE = 2 / 3
LONG_TOPIC_WORDS = 3

# What is told of a terminal is rarely which one it is.
_TERMINALS = frozenset({
    "terminal", "iterm2", "windows terminal", "powershell", "ghostty", "alacritty", "kitty",
    "wezterm", "hyper", "tilix", "warp", "terminator", "xfce terminal", "xfce4-terminal",
    "uxterm", "lxterminal", "rxvt", "urxvt", "st", "foot", "mate terminal", "bash", "zsh", "fish",
    "sh", "shell", "bash shell", "unix shell", "console", "command line", "command prompt", "cmd",
    "cmd.exe", "command-line", "linux terminal", "integrated terminal", "terminal window",
    "terminal session", "command line interface", "cli", "vs code terminal", "bash terminal",
})  # fmt: skip
# A window that asks something bears no name of its own.
_DIALOGS = frozenset({
    "zenity", "zenity dialog", "dialog", "dialog box", "dialogue", "dialog window",
    "dialogue box", "pop-up", "popup", "pop-up dialog", "popup dialog", "system dialog",
    "question dialog", "message box", "confirmation dialog", "system prompt", "kdialog", "yad",
    "xmessage", "gnome dialog", "gtk dialog",
})  # fmt: skip
# The same program to look at.
_CHROMIUMS = frozenset({"chromium", "google chrome", "chromium-browser"})
# What its window class says, too.
_VS_CODES = frozenset({"visual studio code", "code", "code-oss", "vscodium"})
_FAMILIES = {
    "terminal": _TERMINALS,
    "dialog": _DIALOGS,
    "chromium": _CHROMIUMS,
    "visual studio code": _VS_CODES,
}
# Names that are words of prose as well.
_WORDS = frozenset({"st", "sh", "foot", "fish", "hyper", "warp", "kitty", "code"})
_BROWSERS = frozenset(
    {"chromium", "firefox", "safari", "microsoft edge", "brave", "arc", "opera", "vivaldi"}
)
# Said of an application, but no name of one.
_GENERIC = frozenset({
    "a", "an", "app", "application", "browser", "background", "editor", "foreground", "ide",
    "image", "linux", "mac", "open", "program", "running", "tab", "tool", "unknown", "web",
    "web browser", "window", "text editor", "code editor", "new tab", "",
})  # fmt: skip
_PARTS = re.compile(
    r"\s+(?:in|inside|within|on|via|with|running)\s+|\s+[-–—|]\s+|[()\[\]/,;:]|\s\+\s"
)
_QUOTES = dict.fromkeys(map(ord, "'\"`‘’‚‛“”„‟«»‹›´′″"), None)
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_STOP_WORDS = listed("a an and at by for from in into of on or the to with")


@dataclass(frozen=True)
class Segment:
    """A stretch of a recording: [start_s, end_s) in seconds; null or empty where nothing is told.

    `apps` are the names of which any counts as the segment's application, folded.
    """

    index: int
    start_s: float
    end_s: float
    app: str | None
    apps: frozenset[str]
    key_strings: tuple[str, ...]
    topics: tuple[str, ...]
    activity: str | None


@dataclass(frozen=True)
class Screen:
    """A state of the screen, the stretches (seconds) in which it is shown, and what it reads."""

    id: str
    windows_s: tuple[tuple[float, float], ...]
    key_strings: tuple[str, ...]


@dataclass(frozen=True)
class Truth:
    """What is known of a recording, in the order of the file."""

    segments: tuple[Segment, ...]
    screens: tuple[Screen, ...] = ()

    def segment_at(self, time_s: float) -> Segment | None:
        """Return the segment at a time; of those that overlap, the one that begins last."""
        around = [one for one in self.segments if _holds(one.start_s, one.end_s, time_s)]
        if around:
            return max(around, key=lambda one: (one.start_s, one.index))
        last = max(self.segments, key=lambda one: one.end_s, default=None)
        return last if last and abs(time_s - last.end_s) <= ROUNDING_S else None

    def screens_at(self, time_s: float) -> list[Screen]:
        """Return the screens that are shown at a time."""
        return [
            one
            for one in self.screens
            if any(_holds(start_s, end_s, time_s) for start_s, end_s in one.windows_s)
        ]


@dataclass(frozen=True)
class TruthGrade:
    """How much of its segment a description says; null is unknown.

    `app_named` is null when the description tells of no application, or the truth of none.
    Shares (0-1) are null when there is nothing to find. The lists are null without a segment.
    """

    segment: int | None = None
    app_named: bool | None = None
    key_strings_found: tuple[str, ...] | None = None
    key_strings_missing: tuple[str, ...] | None = None
    key_strings_share: float | None = None
    topics_found: tuple[str, ...] | None = None
    topics_missing: tuple[str, ...] | None = None
    topics_share: float | None = None


@dataclass(frozen=True)
class SegmentGrade:
    """What all descriptions of a segment say together.

    A key string or topic counts when any of `frames` descriptions names it. `app_told` of them tell
    of an application, `app_named` the right one.
    """

    segment: int
    frames: int
    app_told: int
    app_named: int
    key_strings_found: tuple[str, ...]
    key_strings_missing: tuple[str, ...]
    key_strings_share: float | None
    topics_found: tuple[str, ...]
    topics_missing: tuple[str, ...]
    topics_share: float | None


def read_truth(path: Path) -> Truth:
    """Read a truth; see this module for its form.

    Raises ScribebenchError that names the file and what is wrong with it.
    """
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScribebenchError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise _wrong(path, f"it is no JSON ({error})") from None
    if not isinstance(facts, dict):
        raise _wrong(path, f'it holds {_kind(facts)} where {{"segments": [...]}} belongs')
    if "segments" not in facts:
        raise _wrong(path, 'it has no "segments"')
    fps = facts.get("fps")
    if fps is not None and not (_is_number(fps) and fps > 0):
        raise _wrong(path, f'"fps" is {_shown(fps)}, not a number above 0')
    segments = _list(path, facts["segments"], '"segments"')
    screens = _list(path, facts.get("screens") or [], '"screens"')
    return Truth(
        tuple(_segment(path, index, facts, fps) for index, facts in enumerate(segments)),
        tuple(
            one
            for index, facts in enumerate(screens)
            if (one := _screen(path, index, facts)) is not None
        ),
    )


def judge_frame(truth: Truth, time_s: float, description: FrameDescription) -> TruthGrade:
    """Return how much of the truth at `time_s` (seconds of the recording) a description says.

    The key strings and topics are those of the whole segment: a frame that shows a part of them
    cannot name them all (`per_segment`). Without a segment at that time everything is null.
    """
    segment = truth.segment_at(time_s)
    if segment is None:
        return TruthGrade()
    said = _all_said(description)
    found, missing = _parted(segment.key_strings, lambda one: names_string(one, said))
    topics, no_topics = _parted(segment.topics, lambda one: names_topic(one, said))
    return TruthGrade(
        segment.index,
        _app_named(segment, description),
        found,
        missing,
        _share(found, missing),
        topics,
        no_topics,
        _share(topics, no_topics),
    )


def per_segment(grades: Iterable[TruthGrade]) -> list[SegmentGrade]:
    """Return one grade for each segment that a grade is of, in the order of the segments."""
    by_segment: dict[int, list[TruthGrade]] = {}
    for grade in grades:
        if grade.segment is not None:
            by_segment.setdefault(grade.segment, []).append(grade)
    return [_united(segment, by_segment[segment]) for segment in sorted(by_segment)]


def _united(segment: int, grades: list[TruthGrade]) -> SegmentGrade:
    found = {one for grade in grades for one in grade.key_strings_found or ()}
    topics = {one for grade in grades for one in grade.topics_found or ()}
    first = grades[0]
    strings = (*(first.key_strings_found or ()), *(first.key_strings_missing or ()))
    all_topics = (*(first.topics_found or ()), *(first.topics_missing or ()))
    named, missing = _parted(strings, found.__contains__)
    told, untold = _parted(all_topics, topics.__contains__)
    return SegmentGrade(
        segment,
        len(grades),
        sum(grade.app_named is not None for grade in grades),
        sum(grade.app_named is True for grade in grades),
        named,
        missing,
        _share(named, missing),
        told,
        untold,
        _share(told, untold),
    )


def names_string(string: str, text: str) -> bool:
    """Return whether a text names a string as a whole.

    Case, white space, quotation marks, backticks, bold marks and punctuation at the string's end do
    not matter; letters and digits beside it do: "1 failed" is not named by "11 failed".
    """
    pattern = _string_pattern(string)
    return pattern is not None and pattern.search(plain(text)) is not None


def names_topic(topic: str, text: str) -> bool:
    """Return whether a text names a topic: as it stands, or by its words in any order and ending.

    Of a topic of LONG_TOPIC_WORDS words or more, TOPIC_SHARE of them are enough.
    """
    if names_string(topic, text):
        return True
    wanted = {_stem(word) for word in _words(topic) if word not in _STOP_WORDS}
    if not wanted or re.search(r"[\d/_.]", topic):
        return False  # names of files and tickets have no other words
    said = {_stem(word) for word in _words(text)}
    needed = TOPIC_SHARE * len(wanted) if len(wanted) >= LONG_TOPIC_WORDS else len(wanted)
    return len(wanted & said) >= needed - 1e-9


def plain(text: str) -> str:
    """Return text in one spelling: folded case, single blanks, no quotes, bold marks or escapes."""
    text = unicodedata.normalize("NFKC", html.unescape(text))
    text = re.sub(r"\\(?=[_*#`<>\[\](){}~|.+-])", "", text).replace("**", "")
    text = re.sub(r"(?<!\w)_(\S(?:[^\n]{0,200}?\S)?)_(?!\w)", r"\1", text)
    text = text.translate(_QUOTES | _DASHES).replace("≥", ">=").replace("≤", "<=")
    return re.sub(r"\s+", " ", text).strip().casefold()


def app_names(app: str) -> frozenset[str]:
    """Return the names that stand in an application's, folded; a family's members are one."""
    parts = [re.sub(r"^\s*the\s+", "", part, flags=re.I) for part in (app, *_PARTS.split(app))]
    names = {normalised(part).casefold() for part in parts if part.strip(" .*")}
    return frozenset(
        next((family for family, members in _FAMILIES.items() if name in members), name)
        for name in names
        if name not in _GENERIC
    )


def _app_named(segment: Segment, description: FrameDescription) -> bool | None:
    if not segment.apps:
        return None
    told = {name for app in description.apps or () for name in app_names(app)}
    if description.apps and any(app.strip() for app in description.apps):
        return bool(told & segment.apps)
    prose = _prose_of(description)
    if any(_names_app(name, prose) for name in segment.apps):
        return True
    return False if mentions_app(prose) else None


def _names_app(name: str, text: str) -> bool:
    spellings = _FAMILIES.get(name, frozenset({name})) - _WORDS
    said = plain(text)
    return any(re.search(rf"(?<!\w){re.escape(one)}(?!\w)", said) for one in spellings) or any(
        normalised(match[0]).casefold() == name for match in re.finditer(r"\w+(?: \w+)?", said)
    )


def _prose_of(description: FrameDescription) -> str:
    """Return what a description says in its own words; what merely reads the screen has none."""
    if description.text is not None and description.text == description.visible:
        return description.activity or ""
    return "\n".join(filter(None, (description.text, description.visible, description.activity)))


def _all_said(description: FrameDescription) -> str:
    lists = [*(description.apps or ()), *(description.topics or ())]
    parts = (description.text, description.visible, description.activity, *lists)
    return "\n".join(dict.fromkeys(filter(None, parts)))


@cache
def _string_pattern(string: str) -> "re.Pattern[str] | None":
    wanted = plain(string).rstrip(".:;, ")
    wanted = wanted or plain(string)
    if not wanted:
        return None
    # Blanks may be lost everywhere, and stand at every edge of a word.
    pieces = re.findall(r"\w+|[^\w\s]", wanted)
    begin = r"(?<!\w)(?<!\d[.,])" if re.match(r"\w", pieces[0]) else ""
    end = r"(?!\w)" if re.match(r"\w", pieces[-1]) else ""
    return re.compile(begin + r"\s*".join(map(re.escape, pieces)) + end)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", plain(text))


def _stem(word: str) -> str:
    for ending, new in (("ies", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""), ("e", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            return word[: -len(ending)] + new
    return word


def _parted(
    all_of: Iterable[str], is_in: Callable[[str], bool]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found, missing = [], []
    for one in all_of:
        (found if is_in(one) else missing).append(one)
    return tuple(found), tuple(missing)


def _share(found: tuple[str, ...], missing: tuple[str, ...]) -> float | None:
    total = len(found) + len(missing)
    return len(found) / total if total else None


def _holds(start_s: float, end_s: float, time_s: float) -> bool:
    return start_s - ROUNDING_S <= time_s < end_s - ROUNDING_S


def _segment(path: Path, index: int, facts: Any, fps: float | None) -> Segment:
    where = f"segment {index}"
    if not isinstance(facts, dict):
        raise _wrong(path, f"{where} is {_kind(facts)} where an object belongs")
    start_s, end_s = _span(path, where, facts, fps)
    app = _text(path, where, facts, "app")
    titles = _texts(path, where, facts, "window_titles")
    return Segment(
        index,
        start_s,
        end_s,
        app,
        _accepted(app, _classes(path, where, facts), titles) if app else frozenset(),
        _texts(path, where, facts, "key_strings"),
        _texts(path, where, facts, "topics"),
        _text(path, where, facts, "activity"),
    )


def _accepted(app: str, classes: dict[str, float], titles: tuple[str, ...]) -> frozenset[str]:
    names = set(app_names(app))
    total = sum(classes.values())
    for name, samples in classes.items():
        if total and samples / total >= CLASS_SHARE:
            names |= app_names(name)
    for title in titles:  # "Week 37 - Corkwall - Chromium": a page is an application, too
        *_, page, browser = ["", "", *re.split(r"\s[-–—]\s", title)]
        if page and app_names(browser) & _BROWSERS & names:
            names |= app_names(page)
    return frozenset(names)


def _span(path: Path, where: str, facts: dict[str, Any], fps: float | None) -> tuple[float, float]:
    for start, end, unit_s, after in (
        ("start_s", "end_s", 1.0, 0),
        ("frame_start", "frame_end", None, 1),
    ):
        if start not in facts and end not in facts:
            continue
        for name in (start, end):
            if name not in facts:
                raise _wrong(path, f'{where} has no "{name}"')
            if not _is_number(facts[name]) or facts[name] < 0:
                raise _wrong(
                    path, f'{where}: "{name}" is {_shown(facts[name])}, not a number from 0'
                )
        if unit_s is None and fps is None:
            raise _wrong(path, f'{where} is told in frames, and the file does not say its "fps"')
        unit_s = unit_s or 1 / fps
        if facts[end] + after <= facts[start]:
            raise _wrong(path, f'{where} ends ("{end}") before it starts ("{start}")')
        return facts[start] * unit_s, (facts[end] + after) * unit_s
    raise _wrong(path, f'{where} has no "start_s" and "end_s", nor "frame_start" and "frame_end"')


def _classes(path: Path, where: str, facts: dict[str, Any]) -> dict[str, float]:
    classes = facts.get("wm_classes") or {}
    if not isinstance(classes, dict) or not all(map(_is_number, classes.values())):
        raise _wrong(path, f'{where}: "wm_classes" is not {{class: number of samples}}')
    return classes


def _screen(path: Path, index: int, facts: Any) -> Screen | None:
    where = f"screen {index}"
    if not isinstance(facts, dict):
        raise _wrong(path, f"{where} is {_kind(facts)} where an object belongs")
    windows = facts.get("windows_s")
    if windows is None:
        return None
    for one in _list(path, windows, f'{where}: "windows_s"'):
        if not (isinstance(one, list) and len(one) == 2 and all(map(_is_number, one))):
            raise _wrong(path, f'{where}: {_shown(one)} in "windows_s" is not [start_s, end_s]')
    name = facts.get("id")
    return Screen(
        str(index if name is None else name),
        tuple((start_s, end_s) for start_s, end_s in windows),
        _texts(path, where, facts, "key_strings"),
    )


def _text(path: Path, where: str, facts: dict[str, Any], name: str) -> str | None:
    value = facts.get(name)
    if value is not None and not isinstance(value, str):
        raise _wrong(path, f'{where}: "{name}" is {_kind(value)} where a text belongs')
    return value or None


def _texts(path: Path, where: str, facts: dict[str, Any], name: str) -> tuple[str, ...]:
    values = facts.get(name)
    values = [] if values is None else values
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise _wrong(path, f'{where}: "{name}" is not a list of texts')
    return tuple(dict.fromkeys(one for one in values if one.strip()))


def _list(path: Path, value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong(path, f"{name} is {_kind(value)} where a list belongs")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return "null" if value is None else kinds.get(type(value), "a number")


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:60]


def _wrong(path: Path, problem: str) -> ScribebenchError:
    return ScribebenchError(
        f"{path} is no ground truth of a recording: {problem}; mend it or take it away"
    )
