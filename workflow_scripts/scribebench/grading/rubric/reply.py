"""Make a reply ready for grading: take away what is no answer, and tell how its words are meant.

Rules that hold for every question are kept here: thinking is not read, a loop keeps its first pass,
the last commitment counts, and what is negated or only supposed earns nothing.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import unescape
from itertools import pairwise
from typing import NamedTuple

from scribebench.backends.base import FrameDescription
from scribebench.grading.flags.ending import is_empty
from scribebench.grading.flags.gibberish import MOJIBAKE, gibberish
from scribebench.grading.flags.language import language_of
from scribebench.grading.flags.loops import find_loop
from scribebench.grading.prose import is_english, listed
from scribebench.grading.refusal import refusal_in
from scribebench.grading.rubric.lexicon import term_of
from scribebench.grading.split import Split
from scribebench.grading.text import has_open_thought, shown, unwrapped


class Cleaned(NamedTuple):
    """What a reply says once, what is wrong with it, and whether it tries to answer at all.

    `flags` are of `empty`, `thinking_exhausted`, `refusal`, `gibberish`, `prompt_echo`, `loop`.
    """

    text: str
    flags: list[str]
    is_answer: bool


# Other marks of thinking than those of `shown`.
_THOUGHT = re.compile(
    r"<(reasoning|thought|analysis|scratchpad|think|thinking)>.*?</\1>"
    r"|\[THINK\].*?\[/THINK\]|◁think▷.*?◁/think▷"
    r"|<\|channel\|>(?:analysis|commentary)<\|message\|>.*?(?:<\|end\|>|(?=<\|channel\|>final))"
    r"|<\|begin_of_thought\|>.*?<\|end_of_thought\|>",
    re.S | re.I,
)
_OPEN_THOUGHT = re.compile(
    r"<(?:think|thinking|reasoning|thought)>|\[THINK\]|◁think▷|<\|begin_of_thought\|>"
    r"|<\|channel\|>analysis",
    re.I,
)
_TOKENS = re.compile(
    r"<\|?(?:channel|message|start|end|return|begin_of_solution|end_of_solution|box_start|box_end|"
    r"begin_of_box|end_of_box)\|?>(?:final|assistant)?|</?(?:answer|final_answer|response|output)>"
    r"|<bos>|<eos>",
    re.I,
)
_SPEAKER = re.compile(
    r"\A\s*(?:\*\*)?(?:user|question|prompt|q|assistant|answer|a|human|instruction|input|task)"
    r"(?:\*\*)?\s*[:：](?:\*\*)?\s*",
    re.I,
)
_WORD = re.compile(r"\w+")
NOTHING_SAID = 12


def clean(reply: str, prompt: str) -> Cleaned:
    """Return what of `reply` is to be graded as an answer to `prompt`."""
    text = _THOUGHT.sub("", reply)
    if _OPEN_THOUGHT.search(shown(text)) or has_open_thought(text):
        return Cleaned("", ["thinking_exhausted"], False)
    text = unwrapped(_TOKENS.sub(" ", shown(text)).strip())
    if is_empty(text):
        return Cleaned("", ["empty"], False)
    flags: list[str] = []
    own = without_prompt(text, prompt)
    if own != text:
        flags.append("prompt_echo")
        if not _says_something(own, prompt):
            return Cleaned("", flags, False)
    text = own
    if not any(char.isalnum() or _is_picture(char) for char in text):
        return Cleaned(text, [*flags, "gibberish"], False)
    once = first_pass(text)
    if once != text:
        flags.append("loop")
    if is_gibberish(once):
        return Cleaned(once, [*flags, "gibberish"], False)
    answer = without_refusal(once)
    if answer != once:
        flags.append("refusal")
        if not answer:
            return Cleaned(once, flags, False)
    return Cleaned(answer.strip(), flags, True)


def _is_picture(char: str) -> bool:
    """Return whether a sign is a drawn one: a geometric shape, an emoji."""
    return unicodedata.category(char) == "So"


# ----- The prompt that comes back


def without_prompt(text: str, prompt: str) -> str:
    """Return a reply without the prompt's own words where they stand at its beginning, or alone."""
    wanted = _letters(prompt)
    if not wanted:
        return text
    left = text
    for _ in range(6):
        body = left[_SPEAKER.match(left).end() :] if _SPEAKER.match(left) else left
        end = _prefix_end(body.lstrip(" \t\n>*#\"'“_`"), wanted)
        if end is None:
            break
        body = body.lstrip(" \t\n>*#\"'“_`")
        left = body[end:].lstrip(" \t\n\"'”*_`?.!:>-")
    if left == text:
        lines = text.split("\n")
        own = [line for line in lines if not _is_echo(line, wanted)]
        return text if len(own) == len(lines) else "\n".join(own).strip()
    return left


def _is_echo(line: str, wanted: str) -> bool:
    # A line much longer than the prompt holds more than it.
    return len(wanted) <= len(line) < 3 * len(wanted) and _letters(_SPEAKER.sub("", line)) == wanted


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _prefix_end(text: str, wanted: str) -> int | None:
    """Return where the prompt ends that a text begins with; of two questions, also the first."""
    seen = 0
    for place, char in enumerate(text):
        if seen == len(wanted):
            return place
        if not char.isalnum():
            continue
        if char.casefold() != wanted[seen]:
            return None
        seen += 1
    # What only begins with the prompt and stops is an echo too, when it is most of it.
    return len(text) if seen and seen > 0.6 * len(wanted) else None


def _says_something(text: str, prompt: str) -> bool:
    """Return whether more is left than labels and words of the prompt."""
    bare = _SPEAKER.sub("", text)
    known = set(_WORD.findall(prompt.casefold()))
    own = [word for word in _WORD.findall(bare.casefold()) if word not in known]
    own = [word for word in own if word not in ("answer", "assistant", "user", "question", "a")]
    return bool(own) or any(_is_picture(char) for char in bare)


# ----- Loops

_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|(?<=[。！？])|\n+")
_DIGITS = re.compile(r"\d+")
# So often a unit comes in a row, by how much it says; with other numbers each time, more often.
LEAST_TIMES, LEAST_TIMES_SHORT, SHORT, LEAST_TIMES_DRIFT = 4, 9, 18, 12
MAX_UNIT = 8


def first_pass(text: str) -> str:
    """Return a text up to the end of the first pass of a loop in it, else the whole text."""
    cut = _sentence_loop(text)
    if cut is not None:
        return text[:cut].rstrip()
    if len(text) > 130 and (loop := find_loop(text, 1, _one_frame(text))):
        return (text[: loop.start + len(loop.unit)] + " " + text[loop.end :]).rstrip()
    return text


def _one_frame(text: str) -> Split:
    return Split([FrameDescription(text=text)], [], [], 0, 0)


def _sentence_loop(text: str) -> int | None:
    """Return where the first pass ends of sentences or lines that come again and again."""
    ends, units, begin = [], [], 0
    for match in [*_SENTENCE.finditer(text), None]:
        end = len(text) if match is None else match.start()
        if said := text[begin:end].strip():
            ends.append(end)
            units.append(" ".join(said.casefold().split()))
        begin = len(text) if match is None else match.end()
    if len(units) < LEAST_TIMES:
        return None
    drifting = [_DIGITS.sub("0", unit) for unit in units]
    if len(drifting) - len(set(drifting)) < LEAST_TIMES - 1:
        return None  # too few come again for any loop
    for period in range(1, MAX_UNIT + 1):
        for start in range(len(units) - period * (LEAST_TIMES - 1)):
            first = units[start : start + period]
            long = sum(map(len, first)) >= SHORT
            for said, least in (
                (units, LEAST_TIMES if long else LEAST_TIMES_SHORT),
                (drifting, LEAST_TIMES_DRIFT),
            ):
                if _times(said, start, period) >= least:
                    return ends[start + period - 1]
    return None


def _times(units: list[str], start: int, period: int) -> int:
    """Return how often a unit of sentences comes in a row; the last may be torn off."""
    times, place = 1, start + period
    while place < len(units):
        part = units[place : place + period]
        if part != units[start : start + len(part)]:
            break
        times += 1
        place += period
    return times


# ----- Gibberish

_FORMAL = re.compile(r"[=\\{}|`→➔⟶]|->|\bdef \w+ ?\(|\breturn \w+ ?/")
LEAST_GIBBERISH = 6
FEW_KNOWN, MOST_KNOWN = 0.4, 0.9
MUTE_SHARE = 0.25
_VOWEL = re.compile(r"[aeiouy]")
_LOOSE = re.compile(r"[(\[{#]{2,}\s|\s[)\]}]{2,}\s|\+= ?\+\+")

_TEARS = (
    re.compile(r"\b([^\W\d_]{2,}) \1\b", re.I),
    re.compile(r"\b([^\W\d_]{3,5})\1+\b", re.I),
    re.compile(r"([^\w\s.,:;!?*#=+~|>/\\<_`\-–—]|[\u3040-\u9fff])\1\1"),
    re.compile(r"[A-Za-z][\u3040-\u9fff\uac00-\ud7af](?![\u3040-\u9fff\uac00-\ud7af])"),
    re.compile(r"[▒░▓█\ufffd]+"),
)
LEAST_TEARS, LEAST_KINDS_OF_TEARS = 3, 2
_SMALL_WORDS = frozenset(
    listed("the is are a an of and in to has with at it there this that for on which by as be so")
)
LEAST_SMALL = 0.25
_SMALL_WORD = re.compile(
    r"\b(?:the|is|are|an?|of|and|in|to|has|with|at|it|there|der|die|das|ist|sind|und|es|son|y|"
    r"los|est|les|une|et|il|sono|è|os|são|um|uma|и|на)\b|是|有|は|が|입니다",
    re.I,
)


def is_gibberish(text: str) -> bool:
    """Return whether a reply is no language at all; formulas, data and short replies are none.

    Too strict a judge would take away what a reply in another language earns, while soup earns
    nothing from any scorer: so its words must be nearly all strange, or nearly all known (a salad).
    """
    if sum(len(match[0]) for match in MOJIBAKE.finditer(text)) > 0.3 * len(text):
        return True
    words = text.split()
    if len(words) >= LEAST_GIBBERISH and _is_torn(text):
        return True
    if len(words) < LEAST_GIBBERISH or text.lstrip()[:1] in ("{", "["):
        return False
    if _FORMAL.search(text) and _share_of_letters(text) > 0.4:
        return False
    if language_of(text) not in (None, "en"):
        return False
    own = [word.lower() for word in _WORD.findall(text) if not word.isdigit()]
    if not own:
        return False
    known = sum(is_english(word) or term_of(word) is not None for word in own)
    if known > MOST_KNOWN * len(own) and (
        sum(word in _SMALL_WORDS for word in own) > LEAST_SMALL * len(own)
    ):
        return False  # a salad of words has no sentences
    if known <= MOST_KNOWN * len(own) and not (
        known < FEW_KNOWN * len(own) and _is_soup(text, own)
    ):
        return False
    return gibberish(text, _one_frame(text)) is not None


def _is_torn(text: str) -> bool:
    """Return whether a reply is pieces of words and runs of signs without any sentence.

    Several of these come together: words that stutter, signs or single characters in a row, two
    scripts in one word, brackets that do not close; and no small word of a sentence.
    """
    if _SMALL_WORD.search(text):
        return False
    marks = [len(pattern.findall(text)) for pattern in _TEARS]
    marks.append(int(text.count("(") != text.count(")")))
    return sum(marks) >= LEAST_TEARS and sum(map(bool, marks)) >= LEAST_KINDS_OF_TEARS


def _is_soup(text: str, words: list[str]) -> bool:
    """Return whether words stutter, have no vowels, or stand among loose marks."""
    stutters = sum(one == other for one, other in pairwise(words))
    mute = sum(word.isascii() and len(word) > 2 and not _VOWEL.search(word) for word in words)
    return stutters > 1 or mute > MUTE_SHARE * len(words) or _LOOSE.search(text) is not None


def _share_of_letters(text: str) -> float:
    told = [char for char in text if not char.isspace()]
    return sum(map(str.isalpha, told)) / max(1, len(told))


# ----- Refusals

_REFUSED = re.compile(
    r"\b(?:i|we)(?:'m| am|’m)? (?:can(?:'t|’t|not| not)|could(?: not|n't|n’t)|do(?: not|n't|n’t)|"
    r"unable to|not able to|am unable to|won(?:'t|’t)) (?:actually |currently |directly |clearly |"
    r"really )?(?:see|view|find|access|open|read|have access to|have|make out|determine|analy[sz]e|"
    r"identify|help|assist|solve|process|interpret|extract|provide|comply|display|do that|"
    r"answer)\b"
    r"|\b(?:there is|there's|there’s|i see|with) no (?:image|picture|photo|attachment|equation|"
    r"flowchart|flow chart|diagram|code|grid|pattern|chart|invoice|icon|puzzle)\b"
    r"(?! (?:of|in the|for|bug))"
    r"|\bno (?:image|picture|photo|attachment|flowchart|diagram|invoice)s? (?:was|were|is|are|has|"
    r"have)\b"
    r"|(?<!left )(?<!right )(?<!second )(?<!first )\b(?:image|picture|photo)s? (?:is|are|was|were|"
    r"seems?|appears?)(?: to be)? (?:too |completely |entirely )*(?:blurry|blank|empty|unclear|"
    r"(?:missing|not (?:visible|provided|attached|loaded|available|clear))(?=[.,!]|$| so| and|;)|"
    r"unreadable|corrupted|too dark)"
    r"|\b(?:please|could you|can you|kindly) (?:re-?)?(?:upload|attach|provide|share|send|describe|"
    r"paste)"
    r"|\bas an? (?:ai|text[- ]based|language|text-only)\b"
    r"|(?:无法|不能|看不到|没有看到|没有提供)[^。\n]{0,12}(?:图|查看|识别|回答|协助|访问|看到)"
    r"|(?<![目方左右]の)(?<![左右])(?:画像|図)[^。\n]{0,14}(?:見え|確認でき|ありません|できません)"
    r"|이미지[^.\n]{0,16}(?:없|볼 수)"
    r"|\b(?:kann|konnte) (?:das|dieses|die|kein|keine|diese|leider|ich)\b[^.\n]{0,50}\b(?:nicht|"
    r"kein|keine)\b[^.\n]{0,30}\b(?:sehen|erkennen|helfen|öffnen|beantworten|anzeigen|lesen)"
    r"|\bich (?:sehe|kann) (?:leider )?kein(?:e|en)? (?:bild|gleichung|diagramm|code)"
    r"|\bno (?:puedo|veo|se ha|hay)\b[^.\n]{0,40}\b(?:imagen|imágenes|ayudar|ver)\b"
    r"|\bje ne (?:peux|vois|suis)\b[^.\n]{0,60}\b(?:image|voir|aider|répondre)"
    r"|\bnão (?:posso|consigo|vejo)\b[^.\n]{0,50}\b(?:imagem|ver|ajudar)"
    r"|\bnon (?:posso|riesco|vedo)\b[^.\n]{0,50}\b(?:immagine|vedere|aiutar)"
    r"|не (?:могу|вижу)[^.\n]{0,50}(?:изображени|увидеть|помочь|картинк)"
    r"|nie (?:mogę|widzę)[^.\n]{0,50}(?:obraz|zobaczyć|pomóc)",
    re.I,
)
# Who refuses speaks of itself, or excuses itself; an image may miss a thing that the other has.
_SPEAKS = re.compile(
    r"\b(?:i|i'm|i’m|me|my|we|sorry|apolog\w+|unfortunately|afraid|please|policy|"
    r"guidelines|ich|mir|leider|je|"
    r"désolée?|malheureusement|yo|puedo|siento|lamento|posso|desculpe|purtroppo|dispiace|consigo)\b"
    r"|я|извин|сожал|我|抱歉|对不起|遗憾|申し訳|すみません|죄송",
    re.I,
)
# What such a sentence may be about without being a refusal: it answers what was asked.
_FOUND_NONE = re.compile(
    r"\b(?:bugs?|errors?|mistakes?|issues?|problems?|differences?|changes?|fault|reason why|"
    r"wrong|comment)\b",
    re.I,
)
# One of two panels does not show what the other one does: a difference, no refusal.
_PANEL = re.compile(
    r"\b(?:left|right(?! now)|second|first|rechts|links|rechte\w*|linke\w*|zweite\w*|erste\w*|"
    r"derech\w+|izquierd\w+|segund\w+|primer\w*|droite|gauche|deuxième|première|destra|sinistra|"
    r"direita|esquerda|seconda|прав\w+|лев\w+|втор\w+|перв\w+)\b|[左右]|第[一二]|[12]枚目|왼쪽|오른쪽|번째"
)
# Who names what it may be answers, however unsure.
_GUESSES = re.compile(
    r"\b(?:could|may|might|must|seems to|appears to) be (?:an? |the )?\w+"
    r"|\beither (?:an? |the )?\w+ or\b"
    r"|\b(?:looks like|my (?:best )?guess|i (?:would|'d) (?:say|guess)|i think (?:it|this))\b",
    re.I,
)
_ASKING = re.compile(
    r"\b(?:please|could you|can you|if you|let me know|happy to|glad to|would need|i['’]d need|"
    r"upload|"
    r"provide|share|describe (?:it|the)|clearer|better quality|higher resolution|sorry|apolog|"
    r"try again|feel free|paste|type out|in general|generally|typically|usually|for example|"
    r"instead|bitte|por favor|s'il vous|пожалуйста|请|ください)",
    re.I,
)
# `I can see the words …, but I cannot read the rest`: a part is answered.
_TELLS = re.compile(
    r"\b(?:i (?:can )?(?:see|read|make out) (?!(?:the|an?|your|that|this) (?:\w+ )?(?:image|"
    r"picture|photo|attachment))\w+|(?:reads|says|shows|is|are|has|there (?:is|are)) [\w\"'*])",
    re.I,
)
_BUT = re.compile(
    r"\b(?:but|however|nevertheless|still|though|that said|aber|jedoch|pero|mais|cependant|но)\b"
    r"|但",
    re.I,
)
_FIRST_REFUSALS = 2


def without_refusal(text: str) -> str:
    """Return what a reply answers beside a refusal in it: all without one, nothing if only that."""
    if len(text) > 4000:
        return text
    sentences = [one.strip() for one in _SENTENCE.split(text) if one and one.strip()]
    if not any(map(_refuses, sentences[:_FIRST_REFUSALS])):
        # Said at the end alone, it takes nothing back.
        return text
    refused = [n for n, one in enumerate(sentences) if _refuses(one)]
    kept = []
    for number, sentence in enumerate(sentences):
        if number in refused:
            contrast = _BUT.search(sentence)
            before = sentence[: contrast.start()].strip(" ,") if contrast else ""
            rest = sentence[contrast.end() :].strip(" ,") if contrast else ""
            if _TELLS.search(before) and not _ASKING.search(before) and not _refuses(before):
                kept.append(before)
            if rest and not _ASKING.search(rest) and not _refuses(rest):
                kept.append(rest)
        elif not _ASKING.search(sentence):
            kept.append(sentence)
    answer = "\n".join(kept)
    return answer if _answers(kept) else ""


def _answers(sentences: list[str]) -> bool:
    """Return whether sentences beside a refusal commit to something."""
    said = " ".join(sentences)
    if len(_WORD.findall(said)) < 2 and not re.search(r"\d|[\u3040-\u9fff]", said):
        return False
    return not re.search(
        r"\b(?:text-based|language model|no image|cannot see|can't see|policy)\b", said, re.I
    )


def _refuses(sentence: str) -> bool:
    if _FOUND_NONE.search(sentence) and not re.search(r"\bimages?\b|\bpictures?\b", sentence, re.I):
        return False
    if re.search(r"\bdifferences?\b", sentence, re.I) and not _ASKING.search(sentence):
        return False
    if _PANEL.search(sentence) and not _ASKING.search(sentence):
        return False
    if _REFUSED.search(sentence):
        return True
    if _GUESSES.search(sentence):
        return False
    return _SPEAKS.search(sentence) is not None and refusal_in(sentence) is not None


# ----- Plain text

_ARROW_NAMES = "rightarrow|to|longrightarrow|Rightarrow|implies|longmapsto|mapsto|Longrightarrow"
_LATEX = (
    (re.compile(r"\\\\(?:\[[^\]]*\])?"), "\n"),
    (re.compile(r"(?<!\\)&(?=\s*[=<>])|(?<==)\s*&"), " "),
    (re.compile(rf"\\(?:{_ARROW_NAMES}|xrightarrow)\b"), " → "),
    (re.compile(r"\\[dtc]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}"), r"(\1)/(\2)"),
    (re.compile(r"\\[dt]?frac\s*(\d)\s*(\d)"), r"\1/\2"),
    (re.compile(r"\\(?:boxed|text|mathrm|mathbf|textbf|mathit|mathsf|texttt|operatorname|"
    r"boldsymbol|"
                r"underline|fbox|cancel|textit|emph)\s*\{([^{}]*)\}"), r" \1 "),
    (re.compile(r"\\(?:times|cdot|ast)\b"), "*"),
    (re.compile(r"\\div\b"), "/"),
    (re.compile(r"\\(?:geq|ge)\b"), ">="),
    (re.compile(r"\\(?:leq|le)\b"), "<="),
    (re.compile(r"\\(?:neq|ne)\b"), "!="),
    (re.compile(r"\\gt\b"), ">"),
    (re.compile(r"\\lt\b"), "<"),
    (re.compile(r"\\(?:square|Box|blacksquare)\b"), " square "),
    (re.compile(r"\\(?:triangle|bigtriangleup|blacktriangle)\b"), " triangle "),
    (re.compile(r"\\(?:circ|bigcirc|bullet)\b"), " circle "),
    (re.compile(r"\\(?:left|right|quad|qquad|displaystyle|begin\{[a-z*]+\}|end\{[a-z*]+\})"), " "),
    (re.compile(r"\\[,;:! ]"), " "),
    (re.compile(r"\\[()\[\]]"), " "),
    (re.compile(r"\$\$"), " "),
)  # fmt: skip
_DOLLARS = re.compile(r"\$([^$\n]{1,200}?)\$(?!\d)")
_MATHS = re.compile(r"[=\\^_<>→]|^\s*[\d\s+\-*/()]*[a-zA-Z]?\s*$")
_SIGNS = str.maketrans({
    "−": "-", "–": "-", "—": " — ", "‐": "-", "‑": "-", "×": "*", "÷": "/", "·": "*", "⋅": "*",
    "∗": "*", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "＝": "=",
    "＞": ">", "＜": "<", "≥": ">=", "≤": "<=", "≠": "!=", "⩾": ">=", "⩽": "<=", "\u00a0": " ",
    "\u202f": " ", "\u2009": " ", "\u200b": "", "\ufe0f": "", "？": "? ", "：": ": ", "，": ", ",
    "（": " (", "）": ") ", "＋": "+", "、": ", ", "；": "; ", "。": ". ", "！": "! ",
    "「": '"', "」": '"',
    "⟶": "→", "➔": "→", "➜": "→", "➝": "→", "➞": "→", "➡": "→", "⇒": "→", "⟹": "→", "↦": "→",
    "▶": "→", "►": "→", "↓": "→", "⬇": "→", "⇨": "→", "➙": "→", "➤": "→", "⮕": "→", "🡒": "→",
    "⇓": "→", "👉": "→", "🠖": "→",
})  # fmt: skip
_ARROWS = re.compile(r"(?<![-<=])(?:[-=~]{1,6}>|-{2,}(?=\s)|=>|>{2,3}(?=\s))")
_BOLD = re.compile(r"\*\*(?=\S)([^*\n]*?(?:\*[^*\n]+\*[^*\n]*?)?)(?<=\S)\*\*")
_MARKS = re.compile(
    r"(?<![\w)\s])\*\*|\*\*(?![\w(\s])|__|`+|~~|</?(?:b|i|u|em|strong|p|li|ul|ol|div|"
    r"span|code|sub|sup|mark)>"
)
_EMPHASIS = re.compile(
    r"(?<![\w*])\*(?=[^\s*])([^*\n]+)(?<=\S)\*(?![\w*])|(?<!\w)_([^_\n]+)_(?!\w)"
)
_HEADING = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]+)", re.M)
_RULE = re.compile(r"^[ \t]*(?:\|?[ \t:|-]*-{2,}[ \t:|-]*\|?|[-*_=]{3,})[ \t]*$", re.M)
_BREAK = re.compile(r"<br\s*/?>", re.I)
_KOREAN = re.compile("[가-힣]")
# The list of words that is shared has no Korean.
_KOREAN_PARTICLES = ("이", "은", "을", "과", "의", "도", " ")
_KOREAN_TERMS = {
    "직사각형": "rectangle",
    "정사각형": "square",
    "사각형": "square",
    "네모": "square",
    "삼각형": "triangle",
    "세모": "triangle",
    "동그라미": "circle",
    "원형": "circle",
    "육각형": "hexagon",
    "하트": "heart",
    "십자": "cross",
    "빨간색": "red",
    "빨간": "red",
    "파란색": "blue",
    "파란": "blue",
    "초록색": "green",
    "초록": "green",
    "녹색": "green",
    "노란색": "yellow",
    "노란": "yellow",
    "주황색": "orange",
    "보라색": "purple",
    "분홍색": "pink",
    "검은색": "black",
    "검정": "black",
    "갈색": "brown",
    "폴더": "folder",
    # One syllable each, which other words hold too.
    **{f" 원{particle}": f"circle{particle}" for particle in _KOREAN_PARTICLES},
    **{f" 별{particle}": f"star{particle}" for particle in _KOREAN_PARTICLES},
}
_KOREAN_WORDS = re.compile("|".join(sorted(_KOREAN_TERMS, key=len, reverse=True)))
_BLOCK = re.compile(r"```(?:json)?\s*([\[{].*?[\]}])\s*```", re.S)


@lru_cache(maxsize=1024)
def plain(text: str) -> str:
    """Return a text without the marks of Markdown, LaTeX and JSON; lines stay lines.

    Arrows of any kind become `→`, table rows stay `| a | b |`, JSON becomes lines `key: value`.
    """
    text = _unpacked(text)
    if _KOREAN.search(text):
        text = _KOREAN_WORDS.sub(lambda match: f" {_KOREAN_TERMS[match[0]]} ", text)
    if "&" in text:
        text = unescape(text)
    text = _BREAK.sub("\n", text)
    text = text.translate(_SIGNS)
    if "\\" in text or "$" in text:
        text = _without_latex(text)
    text = _RULE.sub("", text)
    text = _HEADING.sub("", text)
    text = _MARKS.sub("", _BOLD.sub(r"\1", text))
    text = _EMPHASIS.sub(lambda match: match[1] or match[2], text)
    return _ARROWS.sub("→", text)


def _without_latex(text: str) -> str:
    for _ in range(3):
        before = text
        for pattern, new in _LATEX:
            text = pattern.sub(new, text)
        if text == before:
            break
    text = _DOLLARS.sub(lambda match: match[1] if _MATHS.search(match[1]) else match[0], text)
    return re.sub(r"\\([%$&#_{}])", r"\1", text)


def _unpacked(text: str) -> str:
    """Return a text with the JSON in it as lines `key: value`."""
    body = text.strip()
    if body[:1] in ("{", "[") and (value := _json(body)) is not None:
        return "\n".join(_told(value))
    if "```" in text:
        return _BLOCK.sub(
            lambda block: (
                "\n".join(_told(value)) if (value := _json(block[1])) is not None else block[0]
            ),
            text,
        )
    return text


def _json(text: str) -> object | None:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _told(value: object, key: str = "") -> Iterator[str]:
    head = f"{key.replace('_', ' ')}: " if key else ""
    if isinstance(value, dict):
        flat = all(not isinstance(one, dict | list) for one in value.values())
        if flat and len(value) > 1 and key == "-":
            yield "- " + ", ".join(f"{name}: {_word(one)}" for name, one in value.items())
            return
        if key and key != "-":
            yield head
        for name, one in value.items():
            yield from _told(one, str(name))
    elif isinstance(value, list):
        if all(not isinstance(one, dict | list) for one in value):
            yield head + ", ".join(map(_word, value))
            return
        if head and key != "-":
            yield head
        for one in value:
            yield from _told(one, "-")
    else:
        yield head + _word(value)


def _word(value: object) -> str:
    return (
        {True: "true", False: "false", None: "none"}.get(value, str(value))
        if (value is None or isinstance(value, bool))
        else str(value)
    )


# ----- How words are meant

_CORRECTION = re.compile(
    r"(?:^|(?<=[\s.!?,;:(*—…-]))(?:wait\b|hold on\b|hmm+\b|actually\b(?=\s*[,:—-])|scratch that|"
    r"correction\b|i made (?:a|an) (?:mistake|error)|my mistake|my apologies|let me (?:re-?|"
    r"double[- ]check|correct|fix|look again|try again|think again|count again)|on second thought|"
    r"looking (?:again|closer|more closely)|upon (?:closer|further|re-?)\w*|sorry,|apologies|"
    r"oops\b|no, (?:wait|actually|sorry|that's|that is)|no wait|(?<=[.!?…—,\n] )no,|i mean\b|"
    r"rather,|"
    r"strike that|moment mal|warte\b|halt,|stimmt nicht|korrektur|espera\b|corrección|perdón|"
    r"attendez|attends|non, |correction|errata|aspetta|espere|corrijo|подожди|стоп|нет, |不对|等等|"
    r"等一下|更正|いや|待って|違い|訂正|잠깐|아니)",
    re.I,
)
_FINAL = re.compile(
    r"\b(?:final answer|final result|in conclusion|to conclude|conclusion|so the answer|"
    r"the answer is|corrected|therefore|thus|hence)\b|最终|答案|итог|endergebnis|respuesta final|"
    r"réponse finale",
    re.I,
)
_NEGATION = re.compile(
    r"\b(?:not|isn't|is not|aren't|wasn't|never|neither|nor|cannot be|can't be|rather than|"
    r"instead of|and not|no longer|does not|doesn't|don't|without|kein(?:e|en|er)?|nicht|statt|"
    r"anstatt|no es|no hay|en lugar de|en vez de|ni|n'est pas|pas|au lieu de|plutôt que|non è|"
    r"invece di|não|não é|em vez de|не|вместо|niet|geen|nie|zamiast)\b(?: (?:a|an|the|just|simply|"
    r"actually|be|by|ein|eine|un|une|una|el|la|le|que|de|das|der|die|been|have|merely|only|it|"
    r"to))*\s*[\"'*`(]*\s*$"
    r"|(?:不是|而不是|没有|并非|并不是)\s*$",
    re.I,
)
_NOT_AFTER = re.compile(
    r"^[\"'*`)]*\s*(?:is|would be|seems|was|are)?\s*(?:not|isn't|wouldn't|incorrect|wrong|ではない|"
    r"じゃない|ではなく|이 아니|가 아니|is incorrect|is wrong|nicht\b)",
    re.I,
)
_HYPOTHETICAL = re.compile(
    r"\b(?:if (?!you (?:look|compare|trace|follow|see))|suppose|supposing|assum(?:e|ing)|"
    r"were (?:it|the)|would (?:be|have|give|mean|yield)|could (?:have been|be mistaken)|"
    r"might (?:think|expect|have been|say)|let's say|imagine|had (?:it|the)|wenn|falls|angenommen|"
    r"würde|wäre|hätte|si (?!mple)|fuera|sería|serait|était|если|бы|假设|如果|要是|もし|만약)",
    re.I,
)
_HEDGE = re.compile(
    r"\b(?:either|or|maybe|perhaps|possibly|could be|might be|may be|not sure|unsure|hard to say|"
    r"can't tell|oder|vielleicht|entweder|quizás|tal vez|peut-être|ou|forse|oppure|talvez|или|"
    r"может)\b|或者|或|可能|还是|または|か|또는",
    re.I,
)
_CLAUSE = re.compile(r"[.!?;:\n]|,\s*(?:but|then|so|and)\b|→|—")


def corrections(text: str) -> list[int]:
    """Return where a text takes back what it said before."""
    return list(_corrections(text))


@lru_cache(maxsize=256)
def _corrections(text: str) -> tuple[int, ...]:
    return tuple(match.start() for match in _CORRECTION.finditer(text))


def after_correction(text: str) -> str:
    """Return what is said from the last correction on; the whole text without one."""
    places = corrections(text)
    return text[places[-1] :] if places else text


def last_stands(text: str, places: Iterable[int]) -> list[int]:
    """Return those of the places (of commitments) that hold: those behind the last correction.

    When nothing is committed to behind it, what was said before the correction holds.
    """
    found = sorted(places)
    for cut in reversed(corrections(text)):
        behind = [place for place in found if place >= cut]
        if behind:
            return behind
    return found


def finals(text: str) -> list[int]:
    """Return where a text announces its final answer."""
    return [match.end() for match in _FINAL.finditer(text)]


@lru_cache(maxsize=4096)
def clause_before(text: str, start: int, reach: int = 80) -> str:
    """Return what stands before a place in its own clause."""
    before = text[max(0, start - reach) : start]
    cuts = [match.end() for match in _CLAUSE.finditer(before)]
    return before[cuts[-1] :] if cuts else before


def sentence_around(text: str, start: int, end: int) -> str:
    """Return the sentence or line that a place stands in."""
    begin = max((text.rfind(mark, 0, start) for mark in (". ", "\n", "! ", "? ")), default=-1) + 1
    stops = [place for mark in (". ", "\n", "! ", "? ") if (place := text.find(mark, end)) >= 0]
    return text[begin : min(stops, default=len(text))]


def is_negated(text: str, start: int, end: int | None = None) -> bool:
    """Return whether what stands at a place is said not to be so."""
    if _NEGATION.search(clause_before(text, start)):
        return True
    return end is not None and _NOT_AFTER.match(text[end : end + 40]) is not None


def is_hypothetical(text: str, start: int) -> bool:
    """Return whether what stands at a place is only supposed."""
    return _HYPOTHETICAL.search(clause_before(text, start)) is not None


def is_meant(text: str, start: int, end: int | None = None) -> bool:
    """Return whether what stands at a place is said to be so: neither negated nor supposed."""
    return not is_negated(text, start, end) and not is_hypothetical(text, start)


def hedges(text: str) -> bool:
    """Return whether a text leaves open which of several things it means."""
    return _HEDGE.search(text) is not None


def sentences(text: str) -> list[str]:
    """Return the sentences, list items and table rows of a text."""
    return [one.strip() for one in _SENTENCE.split(text) if one and one.strip()]
