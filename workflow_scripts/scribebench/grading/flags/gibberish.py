"""Gibberish: what is no language, over a large part of a reply.

Each word outside of quotations is told apart: a known one, one that a screen or a name may hold
(figures, paths, identifiers, capitals), or a strange one. Words that are known can be a salad:
then pairs stand side by side that no sentence holds.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import accumulate, groupby, pairwise

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
# Debris: in so many words, or in characters at random, of words of at least so many.
LEAST_DEBRIS, LEAST_RANDOM, RANDOM_WORD, LEAST_BRACKETS = 16, 60, 14, 8
RANDOM_CHANGES = 0.36
_DIGEST = re.compile(r"(?:0x)?[0-9a-fA-F:.-]+|[\d.,:%$€/+-]+")
_CODE_MARK = re.compile(r"[(){}\[\]<>;=\\$%|^~&@#]|[,;.:!?*/+-]{2}|::|->|\w\*|_\w*$|^_")
_IDENTIFIER = re.compile(r"_?[a-z]*(?:[A-Z]+[a-z0-9]+){1,}|_\w+|\w+_\w+|[a-z]+[A-Z]\w*")
_BRACKET = re.compile(r"[()\[\]{}]")
_PLACES = re.compile(r"(?:</?[a-z_]+\d+>\s*){8,}", re.I)
MOJIBAKE = re.compile(r"(?:[ÃÂâÐÑ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ¡-¿]){2,}|�{3,}")
# Signs that stand for what has no sign, or that mathematics uses; no letters.
_RARE = re.compile(
    "[\ufffd\u25a1\u25af\u2e00-\u2e7f\ue000-\uf8ff\u2200-\u23ff\u27c0-\u27ef\u2980-\u2bff]"
)
_LINE_OF_MARKS = re.compile(r"([^\w\s])\1{9,}")
_PLAIN = re.compile(r"[A-Za-z0-9]")
LEAST_SIGNS = 24
# Signs that hardly any sentence of Chinese does without.
_COMMON_SIGNS = frozenset(
    "的一是在不了有和人这中大为上个我以要时来用们到作于出对成会可发动同也能下过示开显件面行文打后"
)
_KANA = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
_MARKUP = re.compile(
    r"<\|?/?(?:box|ref|quad|td|point|img|patch|extra|unk)[\w|]*\|?>?|<0x[0-9A-F]{2}>|<(?:loc|"
    r"seg)\d+>|^##\w",
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
# What a terse line is made of: tools, and what they are given.
_SHORT_FORMS = listed(
    "ls cd rm cp mv ln ps sed awk grep rg cat ssh scp curl wget git npm npx pnpm pip brew apt "
    "zsh bash "
    "sh fish vi vim nvim nano tmux htop btop nvtop top k9s kubectl helm docker gcc clang cargo "
    "rustc "
    "py js ts rs rb cpp css html json yaml yml toml csv tsv sql db api ui ux cli gui cfg conf "
    "config "
    "env src lib bin tmp var usr etc pkg cmd arg args params init repo ctx err errs msg str int "
    "num "
    "idx dev prod stg app apps ssl tls tcp udp dns pid cpu gpu ram url uri pdf png jpg svg dbg "
    "tst impl "
    "func fn wins win regex async auth infra middleware refactor refactoring"
)
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
_GOES_ON = _ARTICLE | _PREPOSITIONS | _FUNCTION
_DOUBLED = listed("that had very bye now")


def gibberish(text: str, parts: Split) -> str | None:
    """Return the strangest stretch of a reply when a large part of it is gibberish."""
    if not text.isascii() and (found := MOJIBAKE.search(text)):
        broken = sum(len(match[0]) for match in MOJIBAKE.finditer(text))
        if broken > MOJIBAKE_SHARE * len(text.replace(" ", "")) or broken > MOJIBAKE_CHARS:
            return found[0][:80]
    if "<" in text and (found := _PLACES.search(text)) and len(found[0]) > LARGE_SHARE * len(text):
        return found[0][:80]
    if _is_noise(text) or _is_sign_salad(text):
        return text.strip()[:80]
    if not text.isascii() and (found := _signs(text)):
        return found
    lines = [line for line, _ in groupby(_undrawn(prose(text)).split("\n"))]
    words = [word for line in lines for word in line.split()]
    on_screen = {word for visible in _screen_text(parts) for word in visible.split()}
    if found := _debris([word for word in words if word not in on_screen]) or _at_random(
        text, parts
    ):
        return found
    words = [word for word in words if word.strip(_EDGES) or _is_soup(word) or "…" in word]
    told = [word for word in words if word.strip(_EDGES) or _is_soup(word)]
    if not told:
        return None
    impossible = _salad(words)
    if len(impossible) >= SALAD_COUNT and len(impossible) >= SALAD_SHARE * len(told):
        return " ".join(words[max(0, impossible[0] - 2) : impossible[0] + 10])[:120]
    strange = [word not in on_screen and _is_strange(word) for word in told]
    if sum(strange) < LEAST_STRANGE and not all(strange):
        return None
    foreign = _foreign_words(lines)
    strange = [odd and word not in foreign for odd, word in zip(strange, told, strict=True)]
    if sum(strange) < LEAST_STRANGE and not all(strange):
        return None
    size = min(WINDOW, len(told))
    counted, worst, evidence = [False] * len(told), 0.0, ""
    sums = [0, *accumulate(strange)]
    for start in range(len(told) - size + 1):
        share = (sums[start + size] - sums[start]) / size
        if share < STRANGE:
            continue
        known = sum(is_english(word.strip(_EDGES)) for word in told[start : start + size])
        if known / size >= UNDERSTOOD:
            continue
        counted[start : start + size] = [True] * size
        if share > worst:
            worst, evidence = share, " ".join(told[start : start + size])[:120]
    hits = sum(counted)
    return evidence if hits >= LARGE_SHARE * len(told) or hits >= LARGE_COUNT else None


def _debris(words: list[str]) -> str | None:
    """Return a stretch of what is neither words nor code: signs, pieces or names at random."""
    for begin in range(0, len(words) - LEAST_DEBRIS + 1, LEAST_DEBRIS):
        part = words[begin : begin + 2 * LEAST_DEBRIS]
        if _is_code_debris(part) or _is_pieces(part) or _are_names(part):
            return " ".join(part)[:120]
    return None


def _at_random(text: str, parts: Split) -> str | None:
    """Return the words whose characters are drawn by chance when they are a large part."""
    visible = {
        word
        for frame in parts.frames
        if frame.visible and frame.activity
        for word in frame.visible.split()
    }
    words = [word for word in text.split() if word not in visible and "://" not in word]
    # Those that differ in their digits are a listing's.
    kinds = {re.sub(r"\d+", "0", word): word for word in words if len(word) >= RANDOM_WORD}
    found = [word for word in kinds.values() if word[0] not in "`'\"" and _is_random(word)]
    length, total = sum(map(len, found)), sum(map(len, words))
    large = 0.8 if len(found) < 3 else LARGE_SHARE
    return " ".join(found)[:120] if length >= max(LEAST_RANDOM, large * total) else None


@lru_cache(maxsize=8192)
def _is_random(word: str) -> bool:
    """Return whether letters, digits and marks change as often as chance has it."""
    if _DIGEST.fullmatch(word):
        return False
    kinds = "".join(map(_kind, word))
    changes = sum(a != b for a, b in pairwise(kinds)) - len(re.findall("Ul", kinds))
    if changes < RANDOM_CHANGES * (len(word) - 1):
        return False
    pieces = [piece for piece in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", word) if len(piece) > 2]
    known = sum(len(piece) for piece in pieces if is_english(piece))
    return known < 0.3 * len(word)


def _kind(char: str) -> str:
    if char.isdigit():
        return "0"
    if not char.isalpha():
        return "-"
    return "U" if char.isupper() else "l"


def _is_code_debris(words: list[str]) -> bool:
    """Return whether brackets stand together that close nothing, as no code has them."""
    brackets = _BRACKET.findall(" ".join(words))
    if len(brackets) < LEAST_BRACKETS:
        return False
    marked = sum(_CODE_MARK.search(word) is not None for word in words)
    if marked < 0.4 * len(words) or sum(word in _FUNCTION for word in words) > 0.08 * len(words):
        return False
    open_ones: list[str] = []
    wrong = 0
    for char in brackets:
        if char in "([{":
            open_ones.append(char)
        elif open_ones and open_ones[-1] + char in ("()", "[]", "{}"):
            open_ones.pop()
        else:
            wrong += 1
    return wrong + len(open_ones) >= 0.5 * len(brackets)


def _is_pieces(words: list[str]) -> bool:
    """Return whether pieces of words stand side by side, with no sentence among them."""
    if sum(map(len, words)) > 4 * len(words):
        return False
    letters = [word for word in words if word.isalpha() and word.isascii()]
    if len(letters) < 0.85 * len(words) or len(letters) < LEAST_DEBRIS:
        return False
    if sum(map(str.islower, letters)) < 0.5 * len(letters):
        return False
    if sum(map(len, letters)) > 3.2 * len(letters) or sum(map(len, letters)) < 1.5 * len(letters):
        return False
    return sum(word in _FUNCTION for word in letters) < 0.12 * len(letters)


def _are_names(words: list[str]) -> bool:
    """Return whether names of code follow each other, and nothing is said of them."""
    marks = len(words) - sum(map(str.isidentifier, words))
    if marks >= 0.1 * len(words):
        return False
    return sum(bool(_IDENTIFIER.fullmatch(word)) for word in words) >= 0.75 * len(words)


def _foreign_words(lines: list[str]) -> set[str]:
    """Return the words of lines that are in another language, or are quoted as a whole."""
    words: list[str] = []
    foreign: set[str] = set()
    introduced = False
    for line in lines:
        own = line.split()
        words += own
        if introduced or "\\" in line:  # what is announced, or set as formulas, is quoted
            foreign.update(own)
        introduced = line.rstrip().endswith(":") and len(own) > 2
        if language_of(line) not in (None, "en") and _is_sentence(line):
            foreign.update(own)
    if _mixed(words):
        return set()
    return foreign if language_of(" ".join(words)) in (None, "en") else set(words)


def _undrawn(text: str) -> str:
    return text if text.isascii() else _DRAWN.sub(" ", text)


_UNMARKED_SIGNS = re.compile("[\u4e00-\u9fff]{120}")


def _is_sign_salad(text: str) -> bool:
    """Return whether Chinese signs stand side by side that make no sentence."""
    if text.isascii():
        return False
    signs = [char for char in text if "\u4e00" <= char <= "\u9fff"]
    if len(signs) < SIGNS or _KANA.search(text):
        return False
    if sum(char in _COMMON_SIGNS for char in signs) < 0.03 * len(signs):
        return True
    # Nor does a sentence go on for so long without a mark.
    return 2 * len(signs) > len(text) and _UNMARKED_SIGNS.search(text) is not None


def _signs(text: str) -> str | None:
    """Return lines of rare signs, without a letter or digit of use, that are a large part."""
    told = [line for line in text.split("\n") if line.strip() and not _PLAIN.search(line)]
    rare = [line for line in told if len(_RARE.findall(line)) * 3 >= len(line.replace(" ", ""))]
    length = sum(map(len, rare))
    if length < LEAST_SIGNS or length < LARGE_SHARE * len(text):
        return None
    kinds = {char for line in rare for char in line if not char.isspace()}
    return rare[0].strip()[:80] if len(kinds) >= 3 else None


def _is_noise(text: str) -> bool:
    """Return whether a reply is marks and digits nearly alone."""
    letters = sum(map(str.isalpha, text))
    if letters >= 0.2 * len(text):
        return False
    text = _LINE_OF_MARKS.sub(r"\1", text)
    told = [char for char in text if not char.isspace()]
    marks = sum(not char.isalnum() for char in told)
    if len(told) <= NOISE_CHARS or len(set(told)) <= NOISE_KINDS:
        return False
    is_figures = len(told) > 3 * NOISE_CHARS and letters < 0.1 * len(told)
    if not letters and len(told) > NOISE_CHARS:
        pieces = text.split()
        is_figures |= marks > 0 and sum(map(len, pieces)) < 2 * len(pieces)
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
            found.append(" ".join(_undrawn(prose(frame.visible)).split()))
    return found


@lru_cache(maxsize=65536)
def _is_strange(word: str) -> bool:
    """Return whether a word is neither known nor such as a screen or a name may hold."""
    bare = word.strip(_EDGES)
    if not any(char.isalnum() for char in bare):
        return _is_soup(word)
    if _MARKUP.search(word):
        return True
    if re.search(r"\d", bare) and (len(bare) >= 6 or re.search(r"[=:,/.\-]", bare)):
        return False
    if is_english(bare) or bare.lower() in _SHORT_FORMS:
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
    other = [word for word in words if not word.isascii()]
    if len({script for word in other for script in _scripts(word)}) < 2:
        return False
    scripts = [script for word in words for script in _scripts(word)]
    kinds = {script for script in scripts if scripts.count(script) >= 2}
    return len(kinds) >= 4 or (
        len(set(scripts)) >= 3 and sum(len(_scripts(w)) > 1 for w in words) >= 2
    )


def _salad(words: list[str]) -> list[int]:
    """Return the places of words that cannot follow the one before."""
    bare = [word.strip("*_`#>\"'“”‘’()[]").lower() for word in words]
    # Equal words in a row are cells of a screen, or a loop; no salad has three of one.
    ahead = ["", *bare, ""]
    return [
        place
        for place, (before, word) in enumerate(pairwise(bare), 1)
        if (before in _GOES_ON or before == word)
        and not (before == word and word in (ahead[place - 1], ahead[place + 2]))
        and _is_impossible(before, word)
    ]


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
