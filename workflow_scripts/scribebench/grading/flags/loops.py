"""Loops: a unit, from a token to a paragraph, that comes again more often than a screen could show.

Periods are found by comparing a reply with itself, shifted: a run of equal places of length L at
shift p is a unit of p that comes L / p + 1 times. Digits count as equal for units that drift.
"""

import re
from collections import Counter
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from scribebench.grading.flags.onscreen import (
    holds_more,
    is_announced,
    is_quoted,
    is_shown,
    lines_shown,
)
from scribebench.grading.split import Split
from scribebench.grading.text import fenced_lines

MAX_TOKENS, LEAST_REGION = 12_000, 10
MAX_PERIOD, MAX_CHAR_PERIOD = 160, 80
# Said by the model: six times a unit, and more than this many characters of it.
LEAST_TIMES, LEAST_TIMES_TOKEN, LEAST_CHARS = 6, 25, 130
# Quoted from a screen: more than a tall screen holds.
SCREEN_TIMES, SCREEN_CHARS = 60, 2500
# Units that differ in their digits, as logs and lists on a screen do.
DRIFT_TIMES, DRIFT_CHARS, DRIFT_ANYWAY = 60, 900, 100
# A word of so many characters that repeats within.
LONG_RUN, LONG_WORD = 100, 180
PARAPHRASED, LEAST_SENTENCES = 0.4, 14
_TOKEN = re.compile(r"\w+|[^\w\s]")
_RUN = re.compile(r"([^\s\-=_.#*~─━│|+])\1{99,}|([\-=_.#*~─━│|+])\2{599,}")
_SENTENCE = re.compile(r"[.!?。！？]\s+|[。！？]|\n+")
# A frame of a stack that overflowed.
_TRACE = re.compile(r"\bat [\w.$<>]+\(|File \"[^\"]+\", line \d+|^\s*#\d+ ", re.M)
LEAST_TIMES_TRACE = 20
_DIGIT = re.compile(r"\d")
_SECTION_WORD = re.compile(
    r"(?:screenshot|frame|image)s?[\"']?[\s:#]*\d|(?:visible|applications|activity)[\"'*]*:", re.I
)


class Loop(NamedTuple):
    """A unit that comes again: the unit, how often, from which character on, up to which one."""

    unit: str
    times: int
    start: int
    end: int

    def told(self) -> str:
        return f"{self.unit[:80]!r} comes {self.times} times"


def find_loop(text: str, n_frames: int, parts: Split) -> Loop | None:
    """Return the loop of a reply; the longest, when there are several."""
    words = _TOKEN.findall(text)[:MAX_TOKENS]
    ids = _numbered(words)
    found = [
        *_characters(text),
        *_exact(text, n_frames, ids),
        *_drifting(text, n_frames, _undated(words, ids)),
        *_paraphrased(text, n_frames, parts),
    ]
    return max(found, key=lambda loop: loop.end - loop.start, default=None)


def _characters(text: str) -> list[Loop]:
    if max(map(len, text.split()), default=0) < LONG_RUN:
        return []
    runs = [
        Loop(match[0][0], len(match[0]), match.start(), match.end())
        for match in _RUN.finditer(text)
    ]
    for word in re.finditer(rf"\S{{{LONG_WORD},}}", text):
        codes = _numbered(list(word[0][:20_000]))
        period, start, length = _longest(codes, MAX_CHAR_PERIOD)
        if period and length >= LONG_WORD * 0.6 and length // period + 1 >= LEAST_TIMES:
            begin = word.start() + start
            unit = word[0][start : start + period]
            if len(set(unit)) > 1 or length > 300:
                runs.append(Loop(unit, length // period + 1, begin, begin + length + period))
    return runs


def _exact(text: str, n_frames: int, ids: np.ndarray) -> list[Loop]:
    runs = _all_runs(ids, MAX_PERIOD)
    tokens = list(_TOKEN.finditer(text))[:MAX_TOKENS] if runs else []
    found = []
    for period, start, length in runs:
        begin, end = tokens[start].start(), tokens[start + length + period - 1].end()
        times, chars = length // period + 1, end - begin
        unit = text[begin : tokens[start + period].start()]
        on_screen = is_quoted(text, begin, end)
        if not on_screen and is_announced(text, begin, end, unit):
            enough = times >= SCREEN_TIMES
        elif on_screen:
            enough = (times >= SCREEN_TIMES and chars >= SCREEN_CHARS / 5) or (
                chars >= SCREEN_CHARS and times >= LEAST_TIMES
            )
        elif not re.search(r"\w", unit):
            enough = times >= 100
        else:
            least = LEAST_TIMES_TOKEN if len(unit.strip()) < 4 else LEAST_TIMES
            if _TRACE.search(unit):
                least = LEAST_TIMES_TRACE
            enough = times >= max(least, _per_frame(unit, n_frames)) and chars >= LEAST_CHARS
        if enough and (holds_more(text, begin, end) or not is_shown(text, begin, end)):
            found.append(Loop(unit.strip(), times, begin, end))
    return found


def _per_frame(unit: str, n_frames: int) -> int:
    """A section's form comes once a frame, and so may whole sections of frames that are alike."""
    return n_frames + 3 if _SECTION_WORD.search(unit) else LEAST_TIMES


def _drifting(text: str, n_frames: int, ids: np.ndarray) -> list[Loop]:
    runs = _all_runs(ids, MAX_PERIOD)
    tokens = list(_TOKEN.finditer(text))[:MAX_TOKENS] if runs else []
    found = []
    for period, start, length in runs:
        begin, end = tokens[start].start(), tokens[start + length + period - 1].end()
        times, chars = length // period + 1, end - begin
        unit = text[begin : tokens[start + period].start()]
        if not re.search(r"[^\W\d_]", unit) and not _counts_on(text[begin:end]):
            continue
        if not _DIGIT.search(unit) or re.fullmatch(r"(?:\s*</?\w+>)+\s*", unit):
            continue
        if _SECTION_WORD.search(unit) and re.search(r"[a-z]{3}", unit):
            enough = times >= 1.5 * n_frames + 4
        else:
            enough = times >= DRIFT_ANYWAY or (
                times >= DRIFT_TIMES and chars >= DRIFT_CHARS and period > 3
            )
        if enough and (holds_more(text, begin, end) or not is_shown(text, begin, end)):
            found.append(Loop(unit.strip(), times, begin, end))
    return found


def _counts_on(stretch: str) -> bool:
    """Return whether bare numbers go up, or down, by the same step each time."""
    found = re.findall(r"\d+(?:[.:]\d+)*", stretch[:600])
    numbers = [int(re.sub(r"\D", "", one)[:9]) for one in found]
    steps = Counter(b - a for a, b in pairwise(numbers))
    return bool(steps) and steps.most_common(1)[0][1] * 2 > len(numbers)


def _undated(words: list[str], ids: np.ndarray) -> np.ndarray:
    """Return the numbers of tokens when those with a digit in them count as one."""
    known = dict(zip(words, ids.tolist(), strict=True))
    as_figure = np.arange(len(known) + 1, dtype=np.int32) + 1
    for word, number in known.items():
        if not word.isalpha() and _DIGIT.search(word):
            as_figure[number] = 0
    return as_figure[ids]


def _paraphrased(text: str, n_frames: int, parts: Split) -> list[Loop]:
    """Find the same few thoughts in turning words, within what is said of one frame."""
    bodies = {frame.text: frame for frame in parts.frames if frame.text} or {text: None}
    found = []
    for body, frame in bodies.items():
        lines = body.split("\n")
        if frame is not None and (screen := lines_shown(frame)):
            lines = [line for line in lines if line.strip() not in screen]
        if "```" in body:
            lines = [
                line for line, inside in zip(lines, fenced_lines(lines), strict=True) if not inside
            ]
        plain = "\n".join(line for line in lines if not line.lstrip().startswith("|"))
        sentences = [one.strip() for one in _SENTENCE.split(plain) if len(one.split()) >= 4]
        if len(sentences) < LEAST_SENTENCES:
            continue
        keys = [" ".join(sorted(_words(one))) for one in sentences]
        alike = Counter(keys)
        spoken = [key for key in keys if _is_spoken(key)]
        if len(spoken) < LEAST_SENTENCES:
            continue
        distinct = len(set(spoken)) / len(spoken)
        words = [word for one in sentences for word in _words(one)]
        variety = len(set(words)) / max(1, len(words))
        if distinct <= PARAPHRASED or (variety <= 0.12 and len(words) > 120):
            unit, times = alike.most_common(1)[0]
            shown = next(one for one, key in zip(sentences, keys, strict=True) if key == unit)
            begin = max(0, text.find(shown))
            told = [one for one, key in zip(sentences, keys, strict=True) if _is_spoken(key)]
            end = text.rfind(told[-1]) + len(told[-1]) + 1
            found.append(Loop(shown, max(times, 2), begin, max(end, begin + len(shown))))
    return found


def _words(sentence: str) -> set[str]:
    return set(re.findall(r"(?<!\w)[^\W\d_]+(?!\w)", sentence.lower()))


def _is_spoken(key: str) -> bool:
    """Return whether words are a sentence's: a log's or a listing's lines have no verb before."""
    return bool({"the", "is", "are", "a", "to", "of", "that", "by"} & set(key.split()))


def _numbered(tokens: list[str]) -> np.ndarray:
    known: dict[str, int] = {}
    return np.array([known.setdefault(token, len(known)) for token in tokens], np.int32)


def _all_runs(ids: np.ndarray, max_period: int) -> list[tuple[int, int, int]]:
    """Return for each period that has one its longest run: period, start, length."""
    found = {}
    for begin, end in _regions(ids):
        part = ids[begin:end]
        for period in range(1, min(max_period, len(part) // 3) + 1):
            equal = part[period:] == part[:-period]
            if np.count_nonzero(equal) < period * 3:
                continue
            start, length = _longest_true(equal)
            if length >= period * 3 and length > found.get(period, (0, 0))[1]:
                found[period] = (begin + start, length)
    return [(period, start, length) for period, (start, length) in sorted(found.items())]


def _regions(ids: np.ndarray) -> list[tuple[int, int]]:
    """Return the stretches in which every token is a frequent one: a loop can be nowhere else."""
    if len(ids) < LEAST_REGION:
        return []
    frequent = np.bincount(ids)[ids] >= LEAST_TIMES - 1
    edges = _edges(frequent)
    pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(begin, end) for begin, end in pairs if end - begin >= LEAST_REGION]


def _longest(codes: np.ndarray, max_period: int) -> tuple[int, int, int]:
    """Return the shortest period whose run is nearly the longest: period, start, length."""
    runs = _all_runs(codes, max_period)
    longest = max((length for _, _, length in runs), default=0)
    return next((run for run in runs if run[2] >= 0.9 * longest), (0, 0, 0))


def _edges(flags: np.ndarray) -> np.ndarray:
    """Return where runs of true begin and end, by turns."""
    padded = np.zeros(len(flags) + 2, np.int8)
    padded[1:-1] = flags
    return (padded[1:] != padded[:-1]).nonzero()[0]


def _longest_true(flags: np.ndarray) -> tuple[int, int]:
    """Return where the longest run of true begins, and its length."""
    if not flags.any():
        return 0, 0
    edges = _edges(flags)
    starts, ends = edges[::2], edges[1::2]
    best = int(np.argmax(ends - starts))
    return int(starts[best]), int(ends[best] - starts[best])
