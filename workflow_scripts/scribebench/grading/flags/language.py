"""In which language a text is: by its script, and by the small words of its sentences."""

import re
import unicodedata
from functools import cache, lru_cache

from scribebench.grading.prose import is_english, prose, read_list
from scribebench.grading.split import Split
from scribebench.grading.text import fenced_lines

_LETTERS = {
    "de": "äöüß", "fr": "éèêàçùœ", "es": "ñáíóú¿¡", "pt": "ãõçáéê", "pl": "ąęłńśźżć", "tr": "ğşıİ",
    "vi": "ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđươ",
    "sv": "åäö", "cs": "ěščřžýů", "ro": "ăâîșț",
    "hu": "őű", "da": "æøå", "fi": "äö", "it": "èàùò",
}  # fmt: skip
_LETTERS = {language: frozenset(letters) for language, letters in _LETTERS.items()}
_WORD = re.compile(r"(?:(?<=[\s(\"“«„'’*-])|(?<![^\n]))[^\W\d_]+(?=[\s).,:;!?\"”»'’*-]|\Z)")
_NOT_ASCII = re.compile("[^\\x00-\\x7f]")
# So much of a stretch has to be there before its language is told.
LEAST_WORDS, LEAST_LETTERS = 5, 6
FOREIGN_SHARE = 0.45
LEAST_SHARE = 0.12
ENGLISH_SHARE, LEAST_ENGLISH = 0.75, 4
# A sentence's first words: those that tell whose sentence it is.
BEGINNING = 4
_HEADING = re.compile(r"^[ \t]*(?:#{1,6}|[-*•]|\*\*|\d{1,2}[.):])*[ \t]*")
_LABEL = re.compile(r"^[ \t>*#\d.)_-]*[^\W\d_](?:[^\n:：]{0,40}[:：]|\w{1,20}=)\**")


# What applications are called is no language.
_APPS = re.compile(
    r"\W*(?:\d[.)]\W*)?(?:open |visible )?(?:applications?|apps?)\b[\w ]{0,12}\W*:", re.I
)


@cache
def _stop_words() -> dict[str, frozenset[str]]:
    words = read_list("stop_words.txt")
    return {language: frozenset(listed.split()) for language, listed in words.items()}


@lru_cache(maxsize=8192)
def language_of(text: str) -> str | None:
    """Return the language of a text, or its script; null when it is too short to tell."""
    letters = sum(map(str.isalpha, text))
    if not letters:
        return None
    foreign = [char for char in _NOT_ASCII.findall(text) if char.isalpha() and not _is_latin(char)]
    # One of these stands for a syllable or a word.
    weight = sum(2.5 if char > "\u2e80" else 1.0 for char in foreign)
    if len(foreign) >= LEAST_LETTERS and weight >= FOREIGN_SHARE * (
        letters - len(foreign) + weight
    ):
        return unicodedata.name(foreign[len(foreign) // 2], "?").split(" ")[0].lower()
    words = [word.lower() for word in _WORD.findall(text)]
    if len(words) < LEAST_WORDS:
        return None
    english = _weight(words, _stop_words()["en"])
    if english >= 2 and english >= 0.2 * len(words):
        return "en"
    counts = _weights(words)
    if not text.isascii():
        marked_words = [word for word in words if not word.isascii()]
        for language, special in _LETTERS.items():
            if counts.get(language):
                marked = sum(not special.isdisjoint(word) for word in marked_words)
                counts[language] += marked
    best = max(counts, key=lambda language: counts[language])
    least = max(2.5, LEAST_SHARE * len(words)) if text.isascii() else 2.5
    if counts[best] >= least and counts[best] > 1.3 * english and "##" not in text:
        return "en" if all(map(str.isascii, words)) and _are_english(words) else best
    return "en" if english else None


def _are_english(words: list[str]) -> bool:
    """Return whether nearly all words of some length are English ones: small words are shared."""
    longer = [word for word in words if len(word) > 3]
    return sum(map(is_english, longer)) >= ENGLISH_SHARE * max(LEAST_ENGLISH, len(longer))


@cache
def _small_words() -> dict[str, list[str]]:
    """Return the languages, English left out, that each small word belongs to."""
    found: dict[str, list[str]] = {}
    for language, stop in _stop_words().items():
        for word in stop if language != "en" else ():
            found.setdefault(word, []).append(language)
    return found


def _weights(words: list[str]) -> dict[str, float]:
    """Count the small words of every language but English."""
    known = _small_words()
    hits: dict[str, list[str]] = {language: [] for language in _stop_words() if language != "en"}
    for word in words:
        for language in known.get(word, ()):
            hits[language].append(word)
    return {language: _weight_of(found) for language, found in hits.items()}


def _weight(words: list[str], stop: frozenset[str]) -> float:
    """Count small words; single letters say little, and so does one word over and over."""
    return _weight_of([word for word in words if word in stop])


def _weight_of(hits: list[str]) -> float:
    if not hits:
        return 0.0
    weight = sum(1.0 if len(word) > 1 else 0.5 for word in hits)
    return weight if len(set(hits)) > 1 else min(weight, 1.0)


def drifted(text: str, parts: Split) -> str | None:
    """Return the first stretch of a reply's own words that is not English.

    What is visible may be told in the screen's language, as long as a model says in English what is
    done there, or begins its sentence in English.
    """
    for frame in parts.frames:
        if frame.activity and (stretch := _foreign(frame.activity)):
            return stretch
    told = {
        line.strip()
        for frame in parts.frames
        if frame.activity and _is_english_prose(frame.activity)
        for line in (frame.text or "").split("\n")
    }
    lines = text.split("\n")
    fenced = fenced_lines(lines)
    own = [
        line
        for line, inside in zip(lines, fenced, strict=True)
        if not inside and not _APPS.match(line)
    ]
    for line in own:
        stretch = _foreign(line)
        if stretch and (line.strip() not in told or _begins_foreign(line)):
            return stretch
    whole = prose("\n".join(line for line in own if line.strip() not in told))
    return whole.strip()[:120] if language_of(whole) not in (None, "en") else None


def _foreign(line: str) -> str | None:
    """Return the stretch of a line that is another language from its beginning on."""
    for stretch in _stretches(line):
        if language_of(stretch) in (None, "en"):
            continue
        begin = " ".join(stretch.split()[:BEGINNING])
        if stretch.isascii() or _is_foreign_at(begin):
            english = sum(word.lower() in _stop_words()["en"] for word in _WORD.findall(begin))
            if not english:
                return stretch.strip()[:120]
    return None


def _is_foreign_at(begin: str) -> bool:
    letters = [char for char in begin if char.isalpha()]
    foreign = sum(not char.isascii() and not _is_latin(char) for char in letters)
    return foreign * 6 >= len(letters) or all(char.isascii() or _is_latin(char) for char in letters)


def _is_english_prose(text: str) -> bool:
    words = [word.strip(".,:;()") for word in prose(text).split()]
    return language_of(text) == "en" or 2 * sum(map(is_english, words)) >= len(words)


def _begins_foreign(line: str) -> bool:
    words = _stretches(line)[0].split()
    begin = [word.strip(".,:;()") for word in words[: BEGINNING + 1]]
    if sum(map(is_english, begin)) > 1 or (begin and begin[0].isascii() and max(line) > "\u2e80"):
        return False
    return language_of(" ".join(words[: 2 * BEGINNING])) not in (None, "en")


@lru_cache(maxsize=8192)
def _stretches(line: str) -> list[str]:
    """Return what a line says itself: a label and quotations say nothing of the language."""
    plain = prose(line)
    said = _LABEL.sub("", plain) if _LABEL.match(plain) else _HEADING.sub("", plain)
    sentences = re.split(r"(?<=[.!?。！？])\s*", said)
    return [said, *(one for one in sentences if len(one) > 20 or not one.isascii())]


@cache
def _is_latin(char: str) -> bool:
    return unicodedata.name(char, "").startswith("LATIN")
