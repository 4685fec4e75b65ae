"""Attribution: whether each description of a batch tells of the frame that it was asked about.

No labels are needed: a description is compared with what OCR read of every frame of its batch. What
stands on all frames tells nothing, so a word or specific thing counts the more, the fewer frames
have it. Frames that are almost alike cannot be told apart, and are never counted as swapped.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from scribebench.grading.grounding import ScreenIndex, folded_words, normalised
from scribebench.grading.prose import is_english
from scribebench.grading.specifics import FUNCTION_WORDS, Span, Specific, spans, specifics, spoken
from scribebench.stats.shares import clopper_pearson

OUTCOMES = ("right", "swapped", "merged", "invented", "omitted", "undecidable")

# Weights, in things that stand on one frame of the batch only.
COMMON_WORD = 0.3  # an English word that any description may have
SHORT = 0.5
# What one frame must have more than another one for the two to be told apart.
CLEAR = 1.5
# Of the evidence for the better of two frames, the least share that the difference must be.
CLEAR_SHARE = 0.4
# What a second frame must have for itself for a description to be of both, and as a share.
STRONG = 2.5
STRONG_SHARE = 0.35
# Frames with this share of words in common are alike.
ALIKE = 0.85
# From so many specific things on, and with this share of them on any frame at most, it is invented.
MANY_SPECIFICS = 4
HARDLY_ANY = 0.2
# How many words are named as evidence.
NAMED = 8


@dataclass(frozen=True)
class ScreenWords:
    """What OCR read of one frame: the index of its text."""

    index: ScreenIndex

    @classmethod
    def of(cls, screen_text: str | None) -> "ScreenWords":
        """Return the words of an OCR text; null is a frame without text."""
        return cls(ScreenIndex(screen_text or ""))


@dataclass(frozen=True)
class Attribution:
    """Where the description of one slot belongs.

    `outcome` is one of OUTCOMES; `other` are the slots (0-based) that a swapped or merged
    description tells of instead, or as well. `scores` has the evidence for each frame of the batch,
    in things that stand on one frame only. `own_words` speak for the own frame against `other` (or
    else against all others), `other_words` for the other.
    """

    outcome: str
    other: tuple[int, ...] = ()
    scores: tuple[float, ...] = ()
    own_words: tuple[str, ...] = ()
    other_words: tuple[str, ...] = ()
    reason: str = ""


def attribute(
    descriptions: Sequence[str | None],
    screens: Sequence[ScreenWords],
    merged: Iterable[Iterable[int]] = (),
) -> list[Attribution]:
    """Return for each slot of one batch whether its description tells of its frame.

    Slot `i` is to describe the frame `screens[i]`; a null or blank description is omitted. `merged`
    are the groups of slots (0-based) that share one section, as the split found them. Raises
    ValueError when there are not as many descriptions as screens.
    """
    if len(descriptions) != len(screens):
        raise ValueError(f"{len(descriptions)} descriptions of {len(screens)} frames")
    shared = {
        slot: tuple(group) for group in map(tuple, merged) if len(group) > 1 for slot in group
    }
    alike = _alike(screens)
    shown = _Shown(screens)
    outcomes = []
    for slot, text in enumerate(descriptions):
        if text is None or not text.strip():
            outcomes.append(Attribution("omitted", reason="there is no description"))
            continue
        said = spoken(text)
        found = [_seen(span, slot, screens) for span in spans(said)]
        terms = _terms(said, found, shown)
        scores = tuple(round(score, 3) for score in _sums(terms, len(screens)))
        if slot in shared:
            others = tuple(other for other in shared[slot] if other != slot)
            verdict = Attribution("merged", others, scores, reason="one section for several frames")
        else:
            verdict = _verdict(slot, found, terms, scores, alike)
        outcomes.append(verdict)
    return outcomes


# --- how much speaks for which frame -------------------------------------------------------------


class _Shown:
    """Which frames of one batch show a word; each word is looked for once."""

    def __init__(self, screens: Sequence[ScreenWords]):
        self._indices = [screen.index for screen in screens]
        self._known: dict[tuple[str, bool], frozenset[int]] = {}
        n_frames = len(screens)
        # The more frames show a thing, the less it weighs: by how many do.
        self.rarity = [
            math.log(n_frames / count) / math.log(n_frames) if n_frames > 1 else 1.0
            for count in range(1, n_frames + 1)
        ]

    def frames_with(self, word: str, is_rare: bool) -> frozenset[int]:
        """Return the frames that show a word.

        Where OCR read it on one, it may be misread on others; a rare one may be on all of them.
        """
        key = (word, is_rare)
        frames = self._known.get(key)
        if frames is None:
            frames = self._known[key] = self._look_up(word, is_rare)
        return frames

    def _look_up(self, word: str, is_rare: bool) -> frozenset[int]:
        indices = self._indices
        exact = {number for number, index in enumerate(indices) if word in index.words}
        if (exact and len(exact) < len(indices)) or (not exact and is_rare):
            exact |= {
                number
                for number, index in enumerate(indices)
                if number not in exact and index.holds(word)
            }
        return frozenset(exact)


class _Term(NamedTuple):
    """A word or specific thing of a description: its weight, and the frames that show it."""

    text: str
    weight: float
    frames: frozenset[int]


def _add(
    terms: dict[str, _Term], text: str, base: float, frames: frozenset[int], shown: _Shown
) -> None:
    """Add a thing that some frames show; the more frames show it, the less it weighs."""
    if not frames:
        return
    base *= shown.rarity[len(frames) - 1]
    known = terms.get(text)
    if base > 0 and (known is None or known.weight < base):
        terms[text] = _Term(text, base, frames)


def _sums(terms: list[_Term], n_frames: int) -> list[float]:
    """Return for each frame the weights of the things that it shows."""
    weights: list[list[float]] = [[] for _ in range(n_frames)]
    for _, weight, frames in terms:
        for frame in frames:
            weights[frame].append(weight)
    return [math.fsum(own) for own in weights]


_BY_WORDS = ("quote", "command")


class _Seen(NamedTuple):
    """A specific thing in its place, whether it can be checked, and the frames that show it."""

    span: Span
    is_checked: bool
    frames: frozenset[int]


def _seen(span: Span, slot: int, screens: Sequence[ScreenWords]) -> _Seen:
    if span.specific.kind in _BY_WORDS:
        # Of these it only matters whether any frame shows them.
        for frame in (slot, *range(len(screens))):
            if screens[frame].index.look_up(span.specific)[0]:
                return _Seen(span, True, frozenset([frame]))
        return _Seen(span, True, frozenset())
    verdicts = [screen.index.look_up(span.specific)[0] for screen in screens]
    frames = frozenset(number for number, verdict in enumerate(verdicts) if verdict)
    return _Seen(span, any(verdict is not None for verdict in verdicts), frames)


def _terms(said: str, found: list[_Seen], shown: _Shown) -> list[_Term]:
    """Return what a description says that some, but not all, frames of the batch show."""
    terms: dict[str, _Term] = {}
    rest, begin = [], 0
    for span, _, frames in found:
        # What is on no frame as it stands counts by its words, too.
        if span.specific.kind in _BY_WORDS or span.start < begin or not frames:
            continue
        _add(terms, normalised(span.specific.text), _weight(span.specific), frames, shown)
        rest.append(said[begin : span.start])
        begin = span.end
    rest.append(said[begin:])
    for word, weight, folded in _words(" ".join(rest)):
        _add(terms, word, weight, shown.frames_with(folded, weight >= 1), shown)
    return list(terms.values())


def _weight(specific: Specific) -> float:
    """Return what a specific thing weighs: short numbers stand on many screens by chance."""
    if specific.kind != "number":
        return 1.0
    digits = sum(map(str.isdigit, specific.text))
    return COMMON_WORD if digits < 3 else 0.6 if digits == 3 else 1.0


class _Word(NamedTuple):
    """A word with its weight, and as OCR may read it (`folded_words`)."""

    text: str
    weight: float
    folded: str


def _words(text: str) -> list[_Word]:
    """Return the words of a text, each once; of writing without spaces the pairs."""
    words: dict[str, _Word | None] = {}
    before = ""
    for token in _WORDS.findall(normalised(text)):
        if len(token) > 1:
            before = ""
            if token not in words:
                words[token] = _word(token)
            continue
        if before:  # of writing without spaces
            pair = before + token
            words[pair] = _Word(pair, SHORT, _folded(pair))
        before = token
    return [word for word in words.values() if word is not None]


@lru_cache(maxsize=65536)
def _word(text: str) -> _Word | None:
    if len(text) < 3 or text in FUNCTION_WORDS:
        return None
    common = is_english(text) or text.isdigit()
    return _Word(text, COMMON_WORD if common else SHORT if len(text) == 3 else 1.0, _folded(text))


def _folded(word: str) -> str:
    return "".join(folded_words(word))


_WORDS = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]"
    r"|[^\W\d_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]{2,}"
)


def _alike(screens: Sequence[ScreenWords]) -> list[set[int]]:
    """Return for each frame the others that show almost the same words."""
    alike: list[set[int]] = [set() for _ in screens]
    for one in range(len(screens)):
        for two in range(one + 1, len(screens)):
            if _overlap(screens[one].index, screens[two].index) >= ALIKE:
                alike[one].add(two)
                alike[two].add(one)
    return alike


@lru_cache(maxsize=512)
def _overlap(one: ScreenIndex, two: ScreenIndex) -> float:
    """Return the share of words that two frames have in common (Jaccard), OCR errors forgiven."""
    both = len(one.words & two.words)
    union = len(one.words | two.words)
    if not union:
        return 1.0
    # Without a chance to be alike, misreadings need not be looked for.
    if both / union < ALIKE - 0.25:
        return both / union
    misread = sum(two.holds(word) for word in one.words - two.words)
    back = sum(one.holds(word) for word in two.words - one.words)
    forgiven = min(misread, back)
    return (both + forgiven) / (union - forgiven)


# --- the verdict ---------------------------------------------------------------------------------


class _Rival(NamedTuple):
    """Another frame against the own one: what only one of the two shows of what is said."""

    frame: int
    own: float
    other: float


def _verdict(
    slot: int,
    found: list["_Seen"],
    terms: list[_Term],
    scores: tuple[float, ...],
    alike: list[set[int]],
) -> Attribution:
    if invented := _invented(found):
        return Attribution("invented", scores=scores, reason=invented)
    if len(scores) == 1:
        own_words = _named(terms, {0}, set())
        if scores[0] < CLEAR:
            return Attribution("undecidable", (), scores, own_words, reason="it says too little")
        return Attribution("right", (), scores, own_words, reason="the only frame shows it")
    own_terms = [term for term in terms if slot in term.frames]
    others = _sums([term for term in terms if slot not in term.frames], len(scores))
    rivals = [
        _Rival(
            frame,
            math.fsum([weight for _, weight, frames in own_terms if frame not in frames]),
            others[frame],
        )
        for frame in range(len(scores))
        if frame != slot
    ]
    far = [rival for rival in rivals if rival.frame not in alike[slot]]
    near = [rival for rival in rivals if rival.frame in alike[slot]]

    def judged(outcome: str, reason: str, others: Iterable[_Rival] = ()) -> Attribution:
        frames = tuple(rival.frame for rival in others)
        against = set(frames) or {rival.frame for rival in far}
        own_words = _named(terms, {slot}, against if len(against) == 1 else set())
        other_words = _named(terms, set(frames), {slot}) if frames else ()
        return Attribution(outcome, frames, scores, own_words, other_words, reason)

    if not far:
        return judged("undecidable", "all frames are alike")
    both = [
        rival
        for rival in far
        if min(rival.own, rival.other) >= max(STRONG, STRONG_SHARE * max(rival.own, rival.other))
    ]
    if both:
        best = max(both, key=lambda rival: (rival.other, -abs(rival.frame - slot)))
        return judged("merged", "several frames are told of", [best])
    better = [rival for rival in far if _is_clear(rival.other, rival.own)]
    if better:
        best = max(better, key=lambda rival: (rival.other, -abs(rival.frame - slot)))
        return judged("swapped", "another frame shows more of it", [best])
    if any(_is_clear(rival.other, rival.own) for rival in near):
        return judged("undecidable", "a frame that is almost alike shows more of it")
    if any(_is_mixed(rival) for rival in far):
        return judged("undecidable", "two frames show as much of it")
    if not any(_is_clear(rival.own, rival.other) for rival in far):
        return judged("undecidable", "it says too little that not all frames show")
    return judged("right", "its frame shows the most of it")


def _is_clear(more: float, less: float) -> bool:
    return more - less >= max(CLEAR, CLEAR_SHARE * more)


def _is_mixed(rival: _Rival) -> bool:
    """Return whether much speaks for the other frame as well, and neither is clearly ahead."""
    return rival.other >= CLEAR and not _is_clear(rival.own, rival.other)


def _invented(found: list[_Seen]) -> str | None:
    """Return what is wrong with a description whose specific things are on no frame, or null."""
    checked = {
        seen.span.specific.text.lower(): bool(seen.frames) for seen in found if seen.is_checked
    }
    shown = sum(checked.values())
    if len(checked) < MANY_SPECIFICS or shown > HARDLY_ANY * len(checked):
        return None
    return f"{shown} of {len(checked)} specific things are on any frame"


def _named(terms: list[_Term], shown: set[int], missing: set[int]) -> tuple[str, ...]:
    """Return the weightiest things that one of some frames shows and none of others."""
    fitting = [term for term in terms if term.frames & shown and not term.frames & missing]
    fitting.sort(key=lambda term: (-term.weight, term.text))
    return tuple(term.text for term in fitting[:NAMED])


# --- the share that is right ---------------------------------------------------------------------


class Share(NamedTuple):
    """How many descriptions are right, of `n` that could be judged.

    `share` is null without any; `low` and `high` bound it with 95 % confidence, two-sided.
    """

    right: int
    n: int
    share: float | None
    low: float
    high: float
    undecidable: int


def share_right(outcomes: Iterable[Attribution | str]) -> Share:
    """Return right / (right + swapped + merged + invented + omitted), with its bounds.

    The undecidable ones are left out and counted. Raises ValueError for an outcome that is none.
    """
    names = [outcome if isinstance(outcome, str) else outcome.outcome for outcome in outcomes]
    if unknown := set(names) - set(OUTCOMES):
        raise ValueError(f"no outcome: {', '.join(sorted(unknown))}")
    undecidable = names.count("undecidable")
    right, n = names.count("right"), len(names) - undecidable
    low, high = clopper_pearson(right, n)
    return Share(right, n, right / n if n else None, low, high, undecidable)


# --- a known answer ------------------------------------------------------------------------------


def canary_outcomes(
    reply_texts: Sequence[str | None], expected_words: Sequence[str]
) -> list[Attribution]:
    """Return for each slot of a batch of drawn frames which frame's word its description names.

    `expected_words[i]` is the word that only frame `i` shows. Case, spaces and hyphens do not
    matter, and in a word of six characters or more one of them may be wrong. `right` names its own
    word and no other; `swapped` one other, and not its own; `merged` several; `omitted` says
    nothing, or names nothing specific; `invented` names something else. Raises ValueError when the
    two have not the same length, or a word is blank or stands twice.
    """
    keys = [_letters(word) for word in expected_words]
    if len(reply_texts) != len(keys):
        raise ValueError(f"{len(reply_texts)} descriptions of {len(keys)} frames")
    if "" in keys or len(set(keys)) < len(keys):
        raise ValueError("every frame needs a word of its own")
    return [_canary(slot, text, expected_words, keys) for slot, text in enumerate(reply_texts)]


def _canary(slot: int, text: str | None, words: Sequence[str], keys: list[str]) -> Attribution:
    if text is None or not text.strip():
        return Attribution("omitted", reason="there is no description")
    named = _keys_named(text, keys)
    scores = tuple(float(number in named) for number in range(len(keys)))
    others = tuple(sorted(named - {slot}))
    own_words = (words[slot],) if slot in named else ()
    other_words = tuple(words[other] for other in others)
    if not named:
        outcome = "invented" if specifics(text) else "omitted"
        return Attribution(outcome, scores=scores, reason="it names no word of the batch")
    if not others:
        return Attribution("right", (), scores, own_words, reason="it names its word")
    outcome = "swapped" if slot not in named and len(others) == 1 else "merged"
    reason = "it names another frame's word" if outcome == "swapped" else "it names several words"
    return Attribution(outcome, others, scores, own_words, other_words, reason)


def _keys_named(text: str, keys: list[str]) -> set[int]:
    """Return which words a text names: whole, or with one character wrong and like no other."""
    parts = re.findall(r"[^\W_]+", normalised(text))
    ends = [0]
    for part in parts:
        ends.append(ends[-1] + len(part))
    joined, borders = "".join(parts), set(ends)
    named = set()
    for number, key in enumerate(keys):
        place = joined.find(key)
        while place >= 0:
            if place in borders and place + len(key) in borders:
                named.add(number)
                break
            place = joined.find(key, place + 1)
    exact = {keys[number] for number in named}
    for first in range(len(parts)):
        for last in range(first + 1, min(first + 4, len(parts)) + 1):
            said = "".join(parts[first:last])
            if said in exact or len(said) < 5:
                continue
            close = [n for n, key in enumerate(keys) if len(key) > 5 and _one_wrong(said, key)]
            if len(close) == 1:
                named.add(close[0])
    return named


def _one_wrong(said: str, key: str) -> bool:
    """Return whether a text is a word but for one character, that is wrong, missing or too much."""
    if abs(len(said) - len(key)) > 1 or said == key:
        return False
    start = 0
    while start < min(len(said), len(key)) and said[start] == key[start]:
        start += 1
    one, two = said[start:], key[start:]
    return one[1:] == two[1:] or one[1:] == two or one == two[1:]


def _letters(text: str) -> str:
    return "".join(re.findall(r"[^\W_]+", normalised(text)))
