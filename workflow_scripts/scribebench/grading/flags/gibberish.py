"""Gibberish: what is no language, over a large part of a reply.

Each word outside of quotations is told apart: a known one, one that a screen or a name may hold
(figures, paths, identifiers, capitals), or a strange one. Words that are known can be a salad:
then pairs stand side by side that no sentence holds.
"""

import re
import unicodedata

from scribebench.grading.flags.language import language_of
from scribebench.grading.prose import english_words, is_english, listed, prose
from scribebench.grading.split import Split

WINDOW = 12
STRANGE, UNDERSTOOD = 0.5, 0.45
# Pairs that no sentence holds: so many, and in so many words.
SALAD_COUNT, SALAD_SHARE = 4, 0.06
LEAST_STRANGE = 5
# Of the words that say what is done, so many are known where a model makes sense.
SOUND = 0.5
NOISE_CHARS, NOISE_KINDS = 40, 8
SIGNS = 60
MOJIBAKE_SHARE, MOJIBAKE_CHARS = 0.3, 80
# A large part: this share of all words, or so many of them.
LARGE_SHARE, LARGE_COUNT = 0.3, 24
MOJIBAKE = re.compile(r"(?:[ÃÂâÐÑ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ¡-¿]){2,}|�{3,}")
# Signs that hardly any sentence of Chinese does without.
_COMMON_SIGNS = frozenset(
    "的一是在不了有和人这中大为上个我以要时来用们到作于出对成会可发动同也能下过示开显件面行文打后"
)
_KANA = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
_MARKUP = re.compile(
    r"<\|?/?(?:box|ref|quad|td|point|img|patch|extra|unk)[\w|]*\|?>?|<0x[0-9A-F]{2}>|<(?:loc|seg)\d+>|^##\w",
    re.I,
)
_NAME = re.compile(r"[A-Z][\w’'-]*[.,:;)]*$")
_SCREEN = re.compile(
    r"[\d.,:%$€£+\-/x°]+[a-zA-Z%°]{0,3}[.,:;)]*$|[A-Za-z]\w*(?:[._/\\:@#-]\w+)+[.,:;)]*$|"
    r"[A-Z]{2,}[\w-]*$"
    r"|[a-z]+(?:[A-Z][a-z0-9]+)+$|#[\w-]+|~/\S+|--?[a-z][\w-]*$|\w+\(\)$|…"
)
_DRAWN = re.compile("[\u2190-\u21ff\u2500-\u25ff\u2700-\u27bf]")
_EDGES = "*_`#>\"'“”‘’()[]{}.,;:!?|-–—…"
# Words that no sentence puts side by side.
_ARTICLE = listed("the a an")
_NO_NOUN = listed(
    "the a an of to in on at by for from with is are was were be and or but that which than "
    "under upon into onto until because of never seldom"
)
_FUNCTION = listed(
    "the a an of to in on at by for from with is are was were and or but that which it as this"
)
_PREPOSITIONS = listed("of at from with for beneath between onto into under upon to their")
_NO_OBJECT = listed("of from with by onto into to beneath between is if or and but")
_SUBJECTS = listed("it this that which as")
_NO_START = listed("of is was and or but")
_DOUBLED = listed("that had very bye now")


def gibberish(text: str, parts: Split) -> str | None:
    """Return the strangest stretch of a reply when a large part of it is gibberish."""
    if found := MOJIBAKE.search(text):
        broken = sum(len(match[0]) for match in MOJIBAKE.finditer(text))
        if broken > MOJIBAKE_SHARE * len(text.replace(" ", "")) or broken > MOJIBAKE_CHARS:
            return found[0][:80]
    if _is_noise(text) or _is_sign_salad(text):
        return text.strip()[:80]
    words, sound = _words_of(text)
    for visible in _screen_text(parts):
        sound.update(visible.split())
    words = [word for word in words if word.strip(_EDGES) or _is_soup(word) or "…" in word]
    told = [word for word in words if word.strip(_EDGES) or _is_soup(word)]
    if not told:
        return None
    impossible = _salad(words)
    if len(impossible) >= SALAD_COUNT and len(impossible) >= SALAD_SHARE * len(told):
        return " ".join(words[max(0, impossible[0] - 2) : impossible[0] + 10])[:120]
    strange = [word not in sound and _is_strange(word) for word in told]
    if sum(strange) < LEAST_STRANGE and not all(strange):
        return None
    known = [is_english(word.strip(_EDGES)) for word in told]
    size = min(WINDOW, len(told))
    counted, worst, evidence = [False] * len(told), 0.0, ""
    for start in range(len(told) - size + 1):
        share = sum(strange[start : start + size]) / size
        if share < STRANGE or sum(known[start : start + size]) / size >= UNDERSTOOD:
            continue
        counted[start : start + size] = [True] * size
        if share > worst:
            worst, evidence = share, " ".join(told[start : start + size])[:120]
    hits = sum(counted)
    return evidence if hits >= LARGE_SHARE * len(told) or hits >= LARGE_COUNT else None


def _words_of(text: str) -> tuple[list[str], set[str]]:
    """Return the words of a text, and those of its lines that are in another language."""
    words: list[str] = []
    foreign: set[str] = set()
    introduced = False
    for line in _DRAWN.sub(" ", prose(text)).split("\n"):
        own = line.split()
        words += own
        if introduced or "\\" in line:  # what is announced, or set as formulas, is quoted
            foreign.update(own)
        introduced = line.rstrip().endswith(":") and len(own) > 2
        if language_of(line) not in (None, "en") and _is_sentence(line):
            foreign.update(own)
    if _mixed(words):
        return words, set()
    whole = language_of(" ".join(words))
    return words, foreign if whole in (None, "en") else set(words)


def _is_sign_salad(text: str) -> bool:
    """Return whether Chinese signs stand side by side that make no sentence."""
    signs = [char for char in text if "\u4e00" <= char <= "\u9fff"]
    if len(signs) < SIGNS or _KANA.search(text):
        return False
    return sum(char in _COMMON_SIGNS for char in signs) < 0.03 * len(signs)


def _is_noise(text: str) -> bool:
    """Return whether a reply is marks and digits nearly alone."""
    told = [char for char in text if not char.isspace()]
    letters = sum(map(str.isalpha, told))
    marks = sum(not char.isalnum() for char in told)
    if len(told) <= NOISE_CHARS or len(set(told)) <= NOISE_KINDS:
        return False
    is_figures = len(told) > 3 * NOISE_CHARS and letters < 0.1 * len(told)
    return is_figures or (letters < 0.2 * len(told) and marks > 0.35 * len(told))


def _is_sentence(line: str) -> bool:
    """Return whether a line is long enough, or ended well enough, to be one of a language."""
    return len(line.split()) > 3 or sum(char > "\u2e80" for char in line) > 7 or line.endswith("。")


def _screen_text(parts: Split) -> list[str]:
    """Return what is visible on frames of which the rest is sound: a screen may show anything."""
    found = []
    for frame in parts.frames:
        if frame.visible is None or frame.activity is None:
            continue
        words = frame.activity.split()
        known = sum(is_english(word.strip(_EDGES)) for word in words)
        if len(words) > 1 and known >= SOUND * len(words):
            found.append(" ".join(_DRAWN.sub(" ", prose(frame.visible)).split()))
    return found


def _is_strange(word: str) -> bool:
    """Return whether a word is neither known nor such as a screen or a name may hold."""
    bare = word.strip(_EDGES)
    if not any(char.isalnum() for char in bare):
        return _is_soup(word)
    if _MARKUP.search(word):
        return True
    if re.search(r"\d", bare) and (len(bare) >= 6 or re.search(r"[=:,/.\-]", bare)):
        return False
    if is_english(bare):
        return False
    if len(_scripts(bare)) > 1:
        return True
    if re.search(r"\w[()\[\]{}<>,;|](?=\w)|[()\[\]{}<>;|]{2}", word) and not re.search(
        r"\w\(\w*\)", word
    ):
        return True
    if _SCREEN.match(bare) or _NAME.match(bare):
        return bool(
            re.fullmatch(r"[A-Za-z]*\d+[A-Za-z]+\d*[A-Za-z]*", bare)
            and not bare.isupper()
            and len(bare) < 5
        )
    return True


def _is_soup(word: str) -> bool:
    """Return whether marks stand together that no sentence and no drawing of a screen puts so."""
    marks = _DRAWN.sub("", word).strip("…*_#>-–—.|→←")
    return (len(marks) > 1 and len(set(marks)) > 1) or marks in (
        "((",
        "))",
        "[[",
        "]]",
        "{{",
        "}}",
        ",,",
        ";;",
        "~~",
        "¬¬",
        "%%",
        "##",
        "..",
    )


def _scripts(word: str) -> set[str]:
    """Return the scripts of a word's letters; of those used together in a language, one."""
    if word.isascii():
        return {"LATIN"} if any(map(str.isalpha, word)) else set()
    scripts = set()
    for char in word:
        if char.isascii():
            if char.isalpha():
                scripts.add("LATIN")
            continue
        if char.isalpha():
            name = unicodedata.name(char, "?").split(" ")[0]
            scripts.add(
                "CJK" if name in ("HIRAGANA", "KATAKANA", "CJK", "KATAKANA-HIRAGANA") else name
            )
    return scripts


def _mixed(words: list[str]) -> bool:
    """Return whether letters of many scripts stand together."""
    scripts = [script for word in words for script in _scripts(word)]
    kinds = {script for script in scripts if scripts.count(script) >= 2}
    return len(kinds) >= 4 or (
        len(set(scripts)) >= 3 and sum(len(_scripts(w)) > 1 for w in words) >= 2
    )


def _salad(words: list[str]) -> list[int]:
    """Return the places of words that cannot follow the one before."""
    bare = [word.strip("*_`#>\"'“”‘’()[]").lower() for word in words]
    return [place for place in range(1, len(bare)) if _is_impossible(bare[place - 1], bare[place])]


def _is_impossible(before: str, word: str) -> bool:
    if before in _ARTICLE and word in _NO_NOUN:
        return True
    if before in _PREPOSITIONS and word in _NO_OBJECT:
        return True
    if before in ("a", "an") and word.isalpha() and word in english_words():
        is_vowel = word[0] in "aeiou"
        return word[0] not in "uheo" and len(word) > 2 and is_vowel != (before == "an")
    if before == word:
        return len(word) > 1 and word.isalpha() and word in english_words() and word not in _DOUBLED
    return before in _FUNCTION - _SUBJECTS and word in _NO_START
