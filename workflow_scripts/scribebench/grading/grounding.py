"""Grounding: which of the specific things that a description names stand on the screen.

The screen is what an OCR read of a frame. OCR confuses letters and loses spaces, so both sides are
compared without white space, case and punctuation, with the usual confusions made equal, and with a
small edit distance that grows with the length. Digits are never taken for other digits.
"""

import math
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from scribebench.grading.prose import is_english
from scribebench.grading.specifics import (
    CJK,
    NEAR,
    SMALL,
    UNITS,
    Specific,
    specifics,
)

# From this many characters on, hashes and numbers are also scored by character.
LONG_CHARS = 8
# Such a thing is on the screen from this share of right characters on.
LONG_SHARE = 0.9
# Quotations from this many words on need not be whole, but hold this share of their words in order.
QUOTE_WORDS = 4
QUOTE_SHARE = 0.8
# A match of this many characters is no accident, wherever in a word it begins: spaces get lost.
SURE_CHARS = 12


class Found(NamedTuple):
    """A specific thing and what of the screen speaks for it.

    `evidence` is the text on the screen, or of a hash or number that is not on it the text that is
    the most alike; null when there is none. `chars_right` is the share of characters (0-1) that are
    right, of hashes and numbers of LONG_CHARS characters or more; else null.
    """

    specific: Specific
    evidence: str | None = None
    chars_right: float | None = None


@dataclass(frozen=True)
class Grounding:
    """The specific things of one description, by whether they stand on the screen.

    `unchecked` are small numbers that may be counts of the model's own.
    """

    grounded: list[Found]
    invented: list[Found]
    unchecked: list[Found]

    @property
    def n_grounded(self) -> int:
        """How many stand on the screen."""
        return len(self.grounded)

    @property
    def n_invented(self) -> int:
        """How many do not."""
        return len(self.invented)

    @property
    def n_specifics(self) -> int:
        """How many were checked: those that stand on the screen and those that do not."""
        return len(self.grounded) + len(self.invented)

    @property
    def grounded_share(self) -> float | None:
        """Grounded of those that were checked (0-1); null when there are none."""
        return self.n_grounded / self.n_specifics if self.n_specifics else None

    @property
    def char_score(self) -> float | None:
        """Share of right characters (0-1) over all long hashes and numbers; null without any."""
        scored = [
            (found.chars_right, len(_Key.of(found.specific.text).plain))
            for found in (*self.grounded, *self.invented)
            if found.chars_right is not None
        ]
        chars = sum(length for _, length in scored)
        return sum(share * length for share, length in scored) / chars if chars else None


def ground(
    description_text: str | None, screen_text: str, index: "ScreenIndex | None" = None
) -> Grounding:
    """Return which specific things of a description stand on the screen.

    `screen_text` is the OCR text of the frame; `index` is its index, to be made once for many
    descriptions of one frame, and then `screen_text` is not looked at. A null or empty description
    has no specific things.
    """
    index = ScreenIndex(screen_text) if index is None else index
    result = Grounding([], [], [])
    for specific in specifics(description_text or ""):
        verdict, found = index.look_up(specific)
        (
            result.unchecked if verdict is None else result.grounded if verdict else result.invented
        ).append(found)
    return result


# --- the common form of both sides ---------------------------------------------------------------

_PLAIN_MARKS = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "\u00ad": None,
        "\u200b": None,
        "ß": "ss",
    }
)
# What OCR takes for one another gets one letter; no two digits get the same.
_CONFUSED = str.maketrans({"o": "0", "l": "1", "i": "1", "s": "5"})
_BAR = re.compile(r"(?<=\w)\|(?=\w)|(?<=\d)\||\|(?=\d)")
_TOKEN = re.compile(rf"\d+|[{CJK}]|[^\W\d_{CJK}]+")
_IS_CJK = re.compile(f"[{CJK}]")


def normalised(text: str) -> str:
    """Return a text with plain quotes and dashes, no ligatures or full-width forms, lower case."""
    if text.isascii():
        lower = text.lower()
    else:
        lower = unicodedata.normalize("NFKC", text).translate(_PLAIN_MARKS).lower()
    return _BAR.sub("l", lower) if "|" in lower else lower


def _joined(plain: str) -> str:
    """Return letters that OCR reads as one as that one."""
    return plain.replace("rn", "m").replace("vv", "w")


def folded_words(text: str) -> list[str]:
    """Return the words of a text in order, so that what OCR confuses is equal.

    Letters and digits are parted; of writing without spaces each character is a word.
    """
    return [_joined(token).translate(_CONFUSED) for token in _TOKEN.findall(normalised(text))]


def _allowed_edits(length: int) -> int:
    """Return how many characters OCR may have got wrong in a text of so many characters."""
    if length < 6:
        return 0
    if length < 12:
        return 1
    return 2 if length < 20 else min(3 + (length - 20) // 12, 12)


# --- numbers -------------------------------------------------------------------------------------

_CORE = re.compile(r"\d{1,3}(?:[,'’\u00a0\u202f ]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:[.,:'’/-]\d+)*")
_ON_SCREEN = re.compile(
    r"(?P<core>\d+(?:[.,:'/-]\d+)*)(?P<unit>\s?(?:%|°[cf]|[a-zµμ]{1,3}(?:/s)?)(?![\w]))?"
)
_SPACED = re.compile(r"(?<![\d.,:/-])\d{1,3}(?: \d{3})+(?![\d])")
_GROUPED = re.compile(r"\d{1,3}(?:([,.'])\d{3})(?:\1\d{3})*")
# A digit that OCR took for a letter stands between digits, or before or behind them.
_SPOILT = re.compile(r"(?<![^\W\d_])(?:[oil]{0,2}\d[\doils.,:]*|[oil]\d?[.:]\d[\doils]*)", re.I)
_DIGITS = str.maketrans({"o": "0", "l": "1", "i": "1", "s": "5"})
_DIMENSIONS = (
    "b kb mb gb tb",
    "ns us ms s min h d",
    "px pt mm cm km",
    "hz khz mhz ghz",
    "usd eur chf",
)
_DIMENSION = {unit: n for n, units in enumerate(_DIMENSIONS) for unit in units.split()}
_TWELVE = re.compile(r"(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?\s?([ap])\.?m\b")


def number_keys(core: str) -> set[str]:
    """Return the values that a number may have, as text: 1,234 is 1234, and 1.234 perhaps too."""
    core = core.replace("’", "'").replace("\u00a0", " ").replace("\u202f", " ")
    plain = core.replace("'", "").replace(" ", "")
    if not plain.replace(".", "").replace(",", "").isdigit():
        return {_short_time(plain)}
    dots, commas = plain.count("."), plain.count(",")
    keys = set()
    if _GROUPED.fullmatch(plain):
        keys.add(re.sub("[.,]", "", plain))
        if dots + commas == 1:
            keys.add(plain.replace(",", "."))
    elif dots and commas:
        last = max(plain.rfind("."), plain.rfind(","))
        keys.add(re.sub("[.,]", "", plain[:last]) + "." + re.sub("[.,]", "", plain[last + 1 :]))
    else:
        keys.add(plain.replace(",", "."))
    return keys


def _short_time(text: str) -> str:
    return text[1:] if ":" in text and text[0] == "0" and text[1:2].isdigit() else text


def _times(text: str) -> set[str]:
    """Return the times of day, by the clock of 24 hours, that a text tells by that of 12."""
    times = set()
    for match in _TWELVE.finditer(text):
        hour = int(match[1]) % 12 + (12 if match[4] == "p" else 0)
        rest = [part for part in (match[2], match[3]) if part]
        times.add(":".join([str(hour), *(rest or ["00"])]))
    return times


_MONTH_NAMES = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip
_MONTHS = {name: n + 1 for n, name in enumerate(_MONTH_NAMES)}
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<y>\d{4})(?!\d)"
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})[a-z]*\.?"
_DATES = (
    re.compile(r"(?P<y>\d{4})[-/年](?P<m>\d{1,2})[-/月](?P<d>\d{1,2})"),
    re.compile(r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4}|\d{2})(?!\d)"),
    re.compile(r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4}|\d{2})(?!\d)"),
    re.compile(rf"(?<!\d){_DAY}(?: of)?[ -]?{_MONTH}(?:,?[ -]?{_YEAR})?"),
    re.compile(rf"(?<![a-z]){_MONTH} ?{_DAY}(?!\d)(?:,? ?{_YEAR})?"),
    re.compile(rf"(?<![a-z]){_MONTH} {_YEAR}"),
)


class _Date(NamedTuple):
    year: int | None
    month: int
    day: int | None
    text: str


def _dates(text: str) -> list[_Date]:
    found = []
    for pattern in _DATES:
        for match in pattern.finditer(text):
            parts = match.groupdict()
            month = _MONTHS[parts["month"]] if parts.get("month") else int(parts["m"])
            year = int(parts["y"]) if parts.get("y") else None
            if year is not None and year < 100:
                year += 2000
            day = int(parts["d"]) if parts.get("d") else None
            found.append(_Date(year, month, day, match[0]))
            if day is not None and pattern is _DATES[2]:
                found.append(_Date(year, day, month, match[0]))  # month before day
    return found


# --- the screen ----------------------------------------------------------------------------------


class _Place(NamedTuple):
    """Characters of the squeezed screen, from `start` to before `end`."""

    start: int
    end: int


class _Key(NamedTuple):
    """What is looked for: its letters and digits as they are, folded, and as words."""

    plain: str
    folded: str
    words: tuple[str, ...]

    @staticmethod
    @lru_cache(maxsize=4096)  # the same things are looked for on all frames of a batch
    def of(text: str) -> "_Key":
        words = tuple(_joined(token) for token in _TOKEN.findall(normalised(text)))
        plain = "".join(words)
        return _Key(plain, plain.translate(_CONFUSED), words)


class _Number(NamedTuple):
    """A number as it is looked for: the values that it may have, its unit, its digits alone."""

    core: str
    keys: tuple[str, ...]
    unit: str
    digits: str
    is_count: bool


@lru_cache(maxsize=4096)
def _number(text: str) -> _Number | None:
    lower = normalised(text)
    match = _CORE.search(lower)
    if match is None:
        return None
    core = match[0]
    rest = lower[match.end() :].strip(" -")
    return _Number(
        core,
        tuple(number_keys(core)),
        UNITS.get(rest, ""),
        "".join(filter(str.isdigit, core)),
        _is_count(core, lower[: match.start()], rest),
    )


class ScreenIndex:
    """The text of one frame, ready to be searched for many things.

    `words` are its distinct words, folded (`folded_words`); of writing without spaces also the
    pairs of characters.
    """

    def __init__(self, screen_text: str):
        text = normalised(screen_text or "")
        self._text = text
        spans, plain, self._starts, place = [], [], [], 0
        for match in _TOKEN.finditer(text):
            token = _joined(match[0])
            spans.append(match.span())
            plain.append(token)
            self._starts.append(place)
            place += len(token)
        self._spans = spans
        self._plain = "".join(plain)
        self._folded = self._plain.translate(_CONFUSED)
        self._start_set = frozenset(self._starts)
        self._end_set = frozenset([*self._starts[1:], place])
        self._tokens = [token.translate(_CONFUSED) for token in plain]
        self._places: dict[str, list[int]] = {}
        for number, token in enumerate(self._tokens):
            self._places.setdefault(token, []).append(number)
        pairs = {
            one + two
            for one, two in zip(self._tokens, self._tokens[1:], strict=False)
            if len(one) == len(two) == 1 and _IS_CJK.match(one) and _IS_CJK.match(two)
        }
        self.words = frozenset(self._places) | pairs
        self._numbers = self._read_numbers(text)
        self._dates = _dates(text)
        self._held: dict[str, bool] = {}
        self._known: dict[Specific, tuple[bool | None, Found]] = {}
        self._runs = [match[0] for match in _RUN.finditer(text) if len(match[0]) > LONG_CHARS // 2]

    def look_up(self, specific: Specific) -> tuple[bool | None, Found]:
        """Return whether a specific thing is on the screen (null: unchecked), and the evidence."""
        known = self._known.get(specific)
        if known is None:
            known = self._known[specific] = self._look_up(specific)
        return known

    def holds(self, word: str) -> bool:
        """Return whether a folded word stands on the screen, with OCR errors and lost spaces."""
        if word in self.words:
            return True
        if len(word) < 6:
            return False
        held = self._held.get(word)
        if held is None:
            held = word in self._folded or self._nearly(_Key(word, word, (word,))) is not None
            self._held[word] = held
        return held

    def _look_up(self, specific: Specific) -> tuple[bool | None, Found]:
        kind, text = specific.kind, specific.text
        if kind == "number":
            return self._look_up_number(specific)
        if kind in ("time", "version"):
            evidence = self._time_or_version(text)
            return evidence is not None, Found(specific, evidence)
        key = _Key.of(_bare(text) if kind == "address" else text)
        if not key.folded:
            return None, Found(specific)
        evidence = self._shown(self._exact(key, kind)) or self._otherwise(kind, text)
        if kind == "hash" and len(key.plain) >= LONG_CHARS:
            return self._long(specific, key, evidence, self._runs)
        if evidence is None and kind not in ("hash", "date"):
            evidence = self._shown(self._nearly(key, kind))
        if evidence is None and kind in ("quote", "command"):
            evidence = self._shown(self._in_order(text))
        return evidence is not None, Found(specific, evidence)

    # --- exact ---

    def _exact(self, key: _Key, kind: str = "") -> _Place | None:
        wanted, size = key.folded, len(key.folded)
        start = self._folded.find(wanted)
        while start >= 0:
            end = start + size
            if kind == "hash":
                fits = start in self._start_set or size >= SURE_CHARS
            else:
                begins, ends = start in self._start_set, end in self._end_set
                fits = (begins and ends) or (size >= SURE_CHARS and kind != "file")
                if fits and kind == "file" and self._is_part(start):
                    fits = False
            if fits:
                return _Place(start, end)
            start = self._folded.find(wanted, start + 1)
        return None

    def _is_part(self, start: int) -> bool:
        """Return whether a name goes on to the left, as `stats.py` in `test_stats.py`."""
        begin = self._spans[bisect_right(self._starts, start) - 1][0]
        return begin > 1 and self._text[begin - 1] == "_" and self._text[begin - 2].isalnum()

    def _shown(self, place: _Place | None) -> str | None:
        if place is None:
            return None
        first, last = self._tokens_at(place)
        return self._text[self._spans[first][0] : self._spans[last][1]]

    def _tokens_at(self, place: _Place) -> tuple[int, int]:
        """Return the numbers of the first and the last token that a place touches."""
        return bisect_right(self._starts, place.start) - 1, bisect_left(self._starts, place.end) - 1

    def _otherwise(self, kind: str, text: str) -> str | None:
        """Return the evidence for a thing that is put together, or written in another way."""
        if kind == "date":
            return self._date(text)
        if kind == "path":
            return self._path(text)
        if kind == "identifier" and _MEMBER.fullmatch(text):
            return self._parts(text.rstrip("()").split("."))
        if kind == "identifier" and _CALL.fullmatch(text):
            return self._shown(self._exact(_Key.of(text.split("(")[0])))
        return None

    def _parts(self, parts: list[str]) -> str | None:
        """Return the evidence for a member of a class, when each of them stands somewhere."""
        keys = [_Key.of(part) for part in parts]
        if any(len(key.folded) < 3 for key in keys):
            return None
        shown = [self._shown(self._exact(key)) for key in keys]
        return None if None in shown else " … ".join(filter(None, shown))

    def _path(self, text: str) -> str | None:
        """Return the evidence for a file whose folder stands elsewhere, as in a window's title."""
        parts = [part for part in re.split(r"[/\\]", text.strip("….")) if part]
        if len(parts) < 2:
            return None
        folder, name = _Key.of("/".join(parts[:-1])), _Key.of(parts[-1])
        if len(folder.folded) < 3 or len(name.folded) < 4:
            return None
        shown = self._shown(self._exact(folder)), self._shown(self._exact(name, "file"))
        return None if None in shown else " … ".join(filter(None, shown))

    def _date(self, text: str) -> str | None:
        for said in _dates(normalised(text)):
            for shown in self._dates:
                is_day = (shown.month, shown.day) == (said.month, said.day)
                if is_day and said.year in (None, shown.year):
                    return shown.text
        return None

    def _time_or_version(self, text: str) -> str | None:
        lower = normalised(text)
        match = _CORE.search(lower)
        if match is None:
            return None
        rest = lower[match.end() :].replace(".", "").strip()
        cores = [_short_time(match[0])]
        if rest in ("am", "pm"):
            # A clock of 12 hours may leave out which half of the day it is.
            written = cores if ":" in match[0] and _TWELVE.search(self._text) is None else []
            cores = [*_times(lower), *written]
        elif rest:  # 0.3.0rc1
            return self._shown(self._exact(_Key.of(text)))
        return next(
            (self._numbers[core][""] for core in cores if "" in self._numbers.get(core, ())), None
        )

    # --- nearly ---

    def _nearly(self, key: _Key, kind: str = "") -> _Place | None:
        """Return where a text stands with a few characters misread, or null."""
        size = len(key.folded)
        edits = _allowed_edits(size)
        if not edits or not self._folded:
            return None
        for start in self._candidates(key.folded, edits):
            place = self._aligned(key, start, edits)
            if place is None or (kind == "file" and self._is_part(place.start)):
                continue
            if self._is_misread(key, place, edits):
                return place
        return None

    def _candidates(self, wanted: str, edits: int) -> Iterator[int]:
        """Yield where a text may begin: one of `edits` + 1 pieces of it must stand unharmed."""
        size, screen = len(wanted), self._folded
        pairs = {wanted[n : n + 2] for n in range(size - 1)}
        enough = len(pairs) - 2 * edits
        seen = set()
        step = size / (edits + 1)
        for number in range(edits + 1):
            offset, stop = int(number * step), int((number + 1) * step)
            piece = wanted[offset:stop]
            place = screen.find(piece)
            while place >= 0:
                start = place - offset
                if start not in seen:
                    seen.add(start)
                    window = screen[max(0, start - edits) : start + size + edits]
                    if sum(pair in window for pair in pairs) >= enough:
                        yield start
                place = screen.find(piece, place + 1)

    def _aligned(self, key: _Key, start: int, edits: int) -> _Place | None:
        """Return the best place near a start where a text stands with so many edits at most."""
        begin = max(0, start - edits)
        shown = self._plain[begin : start + len(key.plain) + edits]
        folded = self._folded[begin : start + len(key.plain) + edits]
        width = len(folded)
        extra = [2 if char.isdigit() else 1 for char in shown]
        # costs[j]: edits of what is read of the key against the window up to j; origins: its start.
        costs, origins = [0] * (width + 1), list(range(width + 1))
        for number, letter in enumerate(key.folded):
            is_digit = key.plain[number].isdigit()
            lost = 2 if is_digit else 1
            above, origin = costs[0], origins[0]
            best = left = costs[0] = above + lost
            since_left = origin
            for j in range(1, width + 1):
                cost, since = above, origin
                if letter != folded[j - 1]:
                    cost += edits + 1 if is_digit and extra[j - 1] == 2 else 1
                above, origin = costs[j], origins[j]
                if above + lost < cost:
                    cost, since = above + lost, origin
                left += extra[j - 1]
                if left < cost:
                    cost, since = left, since_left
                costs[j] = left = cost
                origins[j] = since_left = since
                if cost < best:
                    best = cost
            if best > edits:
                return None
        last = min(
            range(1, width + 1), key=lambda j: (costs[j], abs(j - origins[j] - len(key.folded)))
        )
        if costs[last] > edits or last == origins[last]:
            return None
        return _Place(begin + origins[last], begin + last)

    def _is_misread(self, key: _Key, place: _Place, edits: int) -> bool:
        """Return whether a difference can be a misreading, and not another word of the screen."""
        first, last = self._tokens_at(place)
        start = self._starts[first]
        end = self._starts[last] + len(self._tokens[last])
        if end - start > len(key.folded) + edits and len(key.folded) < SURE_CHARS + 4:
            return False  # a piece of longer words
        if last - first + 1 != len(key.words):
            # Spaces got lost or were put in, unless whole words are missing or too many.
            shown = set(self._tokens[first : last + 1])
            wanted = {word.translate(_CONFUSED) for word in key.words}
            return not (shown < wanted or wanted < shown)
        for number, word in enumerate(key.words, first):
            shown = self._plain[
                self._starts[number] : self._starts[number] + len(self._tokens[number])
            ]
            if word.translate(_CONFUSED) != self._tokens[number] and (
                len(word) < 4 or (is_english(word) and is_english(shown))
            ):
                return False
        return True

    # --- numbers, hashes, quotations ---

    def _read_numbers(self, text: str) -> dict[str, dict[str, str]]:
        """Return the numbers of a screen with the units that stand at them, and as they stand."""
        numbers: dict[str, dict[str, str]] = {}

        def note(core: str, unit: str = "") -> None:
            for key in number_keys(core):
                numbers.setdefault(key, {}).setdefault(unit, core)

        for match in _ON_SCREEN.finditer(text):
            core, unit = match["core"], UNITS.get((match["unit"] or "").strip(), "")
            note(core, unit)
            if not core.isdigit():
                _note_parts(core, unit, note)
        for match in _SPACED.finditer(text):
            note(match[0])
        for match in _SPOILT.finditer(text):
            spoilt = match[0].rstrip(".,:s")
            if not re.fullmatch(r"[\d.,:]*", spoilt):
                note(spoilt.translate(_DIGITS))
        for time in _times(text):
            numbers.setdefault(time, {}).setdefault("", time)
        return numbers

    def _look_up_number(self, specific: Specific) -> tuple[bool | None, Found]:
        number = _number(specific.text)
        if number is None:
            return None, Found(specific)
        if number.is_count:
            evidence = self._counted(number.core, specific.near)
            return (True, Found(specific, evidence)) if evidence else (None, Found(specific))
        evidence = next(
            (
                shown
                for key in number.keys
                if (shown := _fitting(number.unit, self._numbers.get(key)))
            ),
            None,
        )
        if len(number.digits) >= LONG_CHARS:
            key = _Key(number.digits, number.digits, (number.digits,))
            return self._long(specific, key, evidence, self._numbers)
        return evidence is not None, Found(specific, evidence)

    def _counted(self, core: str, near: tuple[str, ...]) -> str | None:
        """Return the words at a small number on the screen, when one is what it counts."""
        words = {word for said in near for word in folded_words(said)}
        for place in self._places.get(core, ()):
            first = max(0, place - 2)
            around = self._tokens[first : place + NEAR + 1]
            if words.intersection(around):
                last = min(place + NEAR, len(self._tokens) - 1)
                return self._text[self._spans[first][0] : self._spans[last][1]]
        return None

    def _long(
        self, specific: Specific, key: _Key, evidence: str | None, shown: Iterable[str]
    ) -> tuple[bool, Found]:
        """Return the verdict of a long hash or number, by the share of right characters."""
        if evidence is not None:
            return True, Found(specific, evidence, 1.0)
        size, best = len(key.plain), 0.0
        for text in shown:
            run = text if text.isalnum() else "".join(filter(str.isalnum, text))
            if len(run) < size * 0.6:
                continue
            # A long one is often told by its beginning only.
            for part in {run, run[:size]}:
                share = 1 - _distance(key.plain, part) / max(size, len(part))
                if share > best:
                    best, evidence = share, text
        return best >= LONG_SHARE, Found(specific, evidence, best)

    def _in_order(self, text: str) -> _Place | None:
        """Return where most words of a quotation stand in order, at most a few lines apart."""
        words = folded_words(text)
        if len(words) < QUOTE_WORDS:
            return None
        needed = math.ceil(len(words) * QUOTE_SHARE - 1e-9)
        known = [self._places.get(word, ()) for word in words]
        if sum(1 for places in known if places) < needed:
            return None
        span = 3 * len(words) + 12
        rare = sorted((len(places), number) for number, places in enumerate(known) if places)
        for _, number in rare[:2]:
            for anchor in known[number][:8]:
                low, high = anchor - span, anchor + span
                ends: list[int] = []  # of the rising rows of each length, the lowest end
                for places in known:
                    for place in reversed(places):
                        if low <= place <= high:
                            at = bisect_left(ends, place)
                            ends[at : at + 1] = [place]
                if len(ends) >= needed:
                    start = self._starts[max(0, ends[0] if ends[0] < anchor else anchor)]
                    return _Place(start, self._starts[ends[-1]] + len(self._tokens[ends[-1]]))
        return None


def _note_parts(core: str, unit: str, note: Callable[..., None]) -> None:
    """Note the numbers that one with marks inside may be made of: 15,7, 2026-05 and 3.11.7."""
    for part in re.split(r"[/-]", core):
        if part != core:
            note(part, unit)
    if "," in core and not _GROUPED.fullmatch(core):
        for part in core.split(","):
            note(part)
    for mark in ":.":
        parts = core.split(mark)
        for stop in range(2, len(parts)):
            note(mark.join(parts[:stop]))


_RUN = re.compile(r"(?=[a-z]*\d)[a-z0-9]+(?:[-_][a-z0-9]+)*")
_MEMBER = re.compile(r"[A-Z]\w*(?:\.\w+)+(?:\(\))?")
_CALL = re.compile(r"[\w.]+\([^()]+\)")


def _bare(address: str) -> str:
    """Return an address as a browser shows it: without its protocol and a last stroke."""
    bare = re.sub(r"^[a-z][a-z0-9+.-]*://", "", address, flags=re.I)
    return re.sub(r"^www\.", "", bare, flags=re.I).rstrip("/")


def _is_count(core: str, before: str, rest: str) -> bool:
    """Return whether a number may be a count of the model's own: small, whole, without a unit."""
    return (
        core.isdigit() and int(core) <= SMALL and len(core) < 3 and not rest and before in ("", "#")
    )


def _fitting(unit: str, shown: dict[str, str] | None) -> str | None:
    """Return the number on the screen whose unit does not contradict that of a description."""
    if shown is None:
        return None
    if unit in shown:
        return shown[unit]
    dimension = _DIMENSION.get(unit)
    return next(
        (
            core
            for other, core in shown.items()
            if dimension is None or _DIMENSION.get(other) != dimension
        ),
        None,
    )


def _distance(one: str, two: str) -> int:
    """Return the edit distance (Levenshtein) of two texts, by the bits of Hyyrö (2003)."""
    if not one or not two:
        return max(len(one), len(two))
    masks: dict[str, int] = {}
    for number, letter in enumerate(one):
        masks[letter] = masks.get(letter, 0) | 1 << number
    full, top = (1 << len(one)) - 1, 1 << len(one) - 1
    plus, minus, score = full, 0, len(one)
    for letter in two:
        match = masks.get(letter, 0)
        zero = (((match & plus) + plus) ^ plus) | match | minus
        up, down = minus | (full & ~(zero | plus)), plus & zero
        score += bool(up & top) - bool(down & top)
        up, down = (up << 1) | 1, down << 1
        plus, minus = (down | (full & ~(zero | up))) & full, up & zero & full
    return score
