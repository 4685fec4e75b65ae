"""Grade the reading of a short text: VL-T1-Q1, and the family of turned text."""

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from scribebench.grading.prose import listed
from scribebench.grading.rubric.criterion import Criterion
from scribebench.grading.rubric.distance import edit_distance
from scribebench.grading.rubric.lexicon import NUMBER_WORDS, fold, number_of, terms
from scribebench.grading.rubric.reply import plain
from scribebench.grading.rubric.standing import is_denied, is_said, standing
from scribebench.rubric.truths import TextTruth

_SIGNS = str.maketrans(
    {
        **dict.fromkeys("–—−‐‑", "-"),
        **dict.fromkeys("“”„‟«»「」『』", '"'),
        **dict.fromkeys("‘’‚´", "'"),
        "…": "...",
    }
)
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_QUOTED = re.compile(
    r"“([^“”]{1,300})”|„([^„“”]{1,300})[“”]|«\s*([^«»]{1,300}?)\s*»|「([^「」]{1,300})」"
    r"|『([^『』]{1,300})』|\"([^\"]{1,300})\"|‘([^‘’]{1,300})’(?!\w)|(?<!\w)'([^'\n]{1,300})'(?!\w)"
    r"|`+([^`]{1,300})`+|\*\*+[\"“'‘]*([^*]{1,300}?)[\"”'’]*\*\*+"
    r"|(?<!\w)_([^_\n]{1,300})_(?!\w)|(?<![\w*])\*([^*\n]{2,300})\*(?![\w*])"
)
_FENCED = re.compile(r"```[^\n`]*\n(.*?)(?:\n[ \t]*```|\Z)", re.S)
_MARKER = re.compile(r"^[ \t]*(?:[-*+•>#|]+|\(?\d{1,2}[.)])[ \t]+|[ \t]*\|[ \t]*$", re.M)
_LINE_LABEL = re.compile(
    r"(?i)^[ \t]*(?:[-*+•][ \t]*)?(?:first|second|third|top|middle|bottom|\d\w\w)? ?(?:line|word|"
    r"row|"
    r"text|zeile|wort|ligne|línea|mot|palabra)?[ \t]*\d{0,2}[ \t]*[:：][ \t]*(?=\S)",
    re.M,
)
# After these a text is quoted without quotation marks.
# Keys of JSON that tell of the text and hold none of it.
_ABOUT = re.compile(
    r"lang|confiden|score|font|colou?r|background|position|bbox|box|style|type|format|size|descr|"
    r"note|case|align|count|coord",
    re.I,
)
_REPEATED = re.compile(
    r"\brepeat\w*|\b(?:several|multiple|many|two|three|four|five|\d+) times\b|\bover and over\b",
    re.I,
)
_LED = re.compile(r"[:：][ \t]*([^\n:：]+)")
_SENTENCE_END = re.compile(r"[.。!?]\s+(?=[^\W\d_])")
_NOTE = re.compile(r"\s*\([^()]{3,80}\)\s*$")
_CHAT = re.compile(
    r"\b(?:let me know|feel free|hope (?:this|that)|if you (?:need|have|want|would|'d)|anything "
    r"else|"
    r"happy to|is there (?:any|some)thing|please|sure[!,.]|certainly|of course|here(?:'s| is| "
    r"are))\b",
    re.I,
)
# Words with which a picture is told of; beside the text they are no part of it.
_TELLING = listed(
    "the a an is are was in on of to and with text texts word words number numbers image picture "
    "photo shown shows show displayed displays reads read says say written appears appear contains "
    "visible here it this that there as black white background font letters large bold center "
    "centre centered simple plain by following followed main single line lines what be can seen "
    "see which top left right middle printed answer your you from has have its below above i "
    "im der die das text ist bild steht im und auf dem schwarz weiß le la les texte est et dans "
    "image el texto en imagen es y il testo nell immagine è o na imagem mostra diz de het tekst"
)
_OTHER_TEXT = re.compile(
    r"\b(?:below|beneath|above|under(?:neath)?|followed by|next to|along with|also (?:says|reads|"
    r"shows|contains|has)|another line|second line|subtitle|caption|and the words?|and the text|"
    r"together with|then|title|heading|signed|watermark|url|footer|header|reads|says|text|words?|"
    r"label|"
    r"darunter|además|ainsi que|abaixo|下面|另)",
    re.I,
)
_BETWEEN = (
    "and|then|the|a|with|followed|by|number|numbers|digits|word|words|are|is|shown|und|die|der|das|"
    "zahl|wort|dann|gefolgt|von|et|le|la|nombre|mot|suivi|de|du|y|el|número|palabra|seguido|e|il|"
    "numero|parola|o|palavra|и|число|слово|en|het|getal|woord|和|数字|と|on|first|second|third|line"
)
_NAMED_FONT = re.compile(r"\b(?:font|typeface|arial|helvetica|courier|serif|style|schrift)\b", re.I)
_GREETING = re.compile(r"\b(?:traditional|classic|common|famous|first program|programming)\b", re.I)
_DETAILS = re.compile(
    r"\b(?:logos?|icons?|borders?|frame[ds]?|button|underlin\w+|strikethrough|italic\w*|cursive|"
    r"hand-?writ\w+|neon|glow\w*|shadow\w*|gradient|3-?d|photo(?:graph)? of|person|man|woman|"
    r"people|"
    r"cat|dog|tree|sky|flower|emoji|smil\w+|cartoon|hand|wooden|brick|chalkboard|blackboard|"
    r"whiteboard|computer screen|terminal|command prompt|console|monitor|laptop|phone|t-?shirt|"
    r"mug|billboard|sign\b|"
    r"poster|banner|wallpaper|landscape|mountain\w*|beach|graffiti|pixelat\w+|cursor|speech bubble|"
    r"arrow|circle|rectangle|red box|box|star|unterstrichen|kursiv|umrandet|rahmen|encadré|bordure|"
    r"marco|borde)\b",
    re.I,
)
_UPSIDE_DOWN = re.compile(
    r"\b(?:upside[- ]?down|rotated|mirrored|inverted|flipped|kopfüber|gedreht|invertid\w|"
    r"renversé)\b",
    re.I,
)
_TRUE_COLOURS = ("black", "white")


class Claim(NamedTuple):
    """A stretch of a reply that is given as the text, from `start` on; how far it is right.

    `level` is 1 exact, 0.5 one slip, 0 else; `bounded` says that marks or lines delimit it.
    """

    text: str
    start: int
    level: float
    why: str
    bounded: bool


def score(reply: str, truth: TextTruth) -> dict[str, Criterion]:
    """Score `exact_text`, `capitalization` and `no_hallucination` of a reply."""
    return _scored(reply, truth, is_turned=False)


def score_turned(reply: str, truth: TextTruth) -> dict[str, Criterion]:
    """Score `exact_text` and `no_hallucination` of a reply to a text that is drawn upside down."""
    scored = _scored(reply, truth, is_turned=True)
    return {name: scored[name] for name in ("exact_text", "no_hallucination")}


def _scored(reply: str, truth: TextTruth, is_turned: bool) -> dict[str, Criterion]:
    said = _unpacked(reply)
    claims = _standing(said, _claims(said, truth.text))
    if not claims:
        why = "no text is given as the text of the image"
        return {
            name: Criterion(0.0, why)
            for name in ("exact_text", "capitalization", "no_hallucination")
        }
    exact, claim = _exact(said, claims)
    known = _tokens(_even(truth.text))
    extra = next((text for one in claims if (text := _invented(said, one, claim, known))), None)
    if extra and exact.value == 1:
        exact = Criterion(0.5 * (len(_tokens(extra)) == 1), f"adds {_short(extra)}")
    return {
        "exact_text": exact,
        "capitalization": _capitalization(claims, claim, truth.text),
        "no_hallucination": _no_hallucination(said, claims, claim, truth.text, extra, is_turned),
    }


# ----- What is given as the text


def _unpacked(reply: str) -> str:
    """Return a reply with JSON as lines `key: value`, LaTeX's text out of its braces."""
    if (told := _of_json(reply)) is not None:
        reply = told
    if "\\" in reply:
        reply = reply.replace("$", "")
    reply = re.sub(r"\\(?:text|textbf|mathrm|boxed|texttt)\s*\{([^{}]*)\}", r"\1", reply)
    reply = re.sub(r"<br\s*/?>", "\n", reply)
    reply = re.sub(r"</?(?:p|b|i|strong|em|h\d|span|div|code|mark)\b[^>]*>", "", reply)
    return unicodedata.normalize("NFKC", reply).translate(_SIGNS)


def _of_json(reply: str) -> str | None:
    """Return what a reply that is JSON says, lines of `key: value`; null for any other reply."""
    body = re.sub(r"^```\w*\s*|\s*```$", "", reply.strip())
    if body[:1] not in ("{", "["):
        return None
    try:
        return "\n".join(_told(json.loads(body)))
    except (ValueError, RecursionError):
        return plain(reply)


def _told(value: object, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, one in value.items():
            if not _ABOUT.search(str(name)):
                yield from _told(one, str(name).replace("_", " "))
    elif isinstance(value, list):
        if all(isinstance(one, str | int) for one in value):
            yield (f"{key}:\n" if key else "") + "\n".join(map(str, value))
        else:
            for one in value:
                yield from _told(one)
    else:
        yield f"{key}: {value}" if key else str(value)


def _claims(said: str, wanted: str) -> list[Claim]:
    """Return the stretches of a reply that may be meant as the text, in order."""
    spans: list[tuple[int, int, bool]] = []
    for match in _QUOTED.finditer(said):
        group = match.lastindex or 0
        spans.append((*match.span(group), True))
    spans += [(*match.span(1), True) for match in _FENCED.finditer(said)]
    found = [
        claim
        for start, end, bounded in spans
        if (claim := _claim(said, start, end, wanted, bounded))
    ]
    return sorted([*found, *_unquoted(said, wanted, spans)], key=lambda claim: claim.start)


def _claim(said: str, start: int, end: int, wanted: str, bounded: bool) -> Claim | None:
    text = said[start:end].strip()
    if not _TOKEN.search(text) or not is_said(said, _outer(said, start)):
        return None
    level, why = level_of(text, wanted)
    return Claim(text, start, level, why, bounded)


def _outer(said: str, start: int) -> int:
    """Return where the marks begin that stand before a place."""
    while start and said[start - 1] in "\"'`*_ “„«":
        start -= 1
    return start


def _unquoted(said: str, wanted: str, spans: list[tuple[int, int, bool]]) -> list[Claim]:
    """Return the claims outside of quotation marks: whole lines, and the text within prose."""
    found: list[Claim] = []
    outside = _blanked(said, spans)
    if not spans or _TOKEN.search(outside):
        found += _of_lines(outside, wanted)
    found += _within(outside, wanted)
    match = _parts_of(wanted).search(said)
    if match and _is_in_parts(match[0], wanted) and is_said(said, _outer(said, match.start())):
        words = " ".join(match[place] for place in range(1, len(match.groups()) + 1))
        level, why = level_of(words, wanted)
        found.append(Claim(words, match.start(), min(level, 1.0), f"{why}, in parts", False))
    return found or _single_words(outside, wanted)


def _is_in_parts(text: str, wanted: str) -> bool:
    """Return whether the words of a text are given apart: quoted each, or with words between."""
    return any(mark in text for mark in "\"'`*") or len(_tokens(text)) > len(_tokens(wanted))


def _single_words(outside: str, wanted: str) -> list[Claim]:
    """Return single words of the text that a reply mentions, when it gives no more of it."""
    found = []
    for token in _tokens(wanted):
        match = re.search(rf"(?<!\w){re.escape(token)}(?!\w)", outside, re.I)
        if match and is_said(outside, match.start(), match.end()):
            found.append(Claim(match[0], match.start(), 0.0, f'gives "{match[0]}" alone', False))
    return found


def _blanked(said: str, spans: list[tuple[int, int, bool]]) -> str:
    chars = list(said)
    for start, end, _ in spans:
        for place in range(start, min(end, len(chars))):
            if chars[place] != "\n":
                chars[place] = " "
    return "".join(chars)


def _of_lines(outside: str, wanted: str) -> list[Claim]:
    """Return claims of lines that stand alone, or behind a lead such as `The text reads:`."""
    blocks: list[tuple[int, str]] = []
    place = 0
    run: list[tuple[int, str]] = []
    for line in [*outside.split("\n"), ""]:
        bare = _MARKER.sub("", line).strip(" \t|")
        if bare and not _tells(bare, wanted):
            run.append((place, bare))
        elif run and (bare or not _is_list(outside, place)):
            blocks.append((run[0][0], "\n".join(text for _, text in run)))
            run = []
        place += len(line) + 1
    if run:
        blocks.append((run[0][0], "\n".join(text for _, text in run)))
    for match in _LED.finditer(outside):
        blocks.append((match.start(1), match[1]))
        if end := _SENTENCE_END.search(match[1]):
            blocks.append((match.start(1), match[1][: end.start()]))
    found = []
    for start, text in blocks:
        text = _LINE_LABEL.sub("", text)
        if level_of(text, wanted)[0] == 0:
            text = _NOTE.sub("", text)
        if not _TOKEN.search(text) or _CHAT.search(text):
            continue
        level, why = level_of(text, wanted)
        if is_said(outside, start):
            found.append(Claim(text.strip(), start, level, why, True))
    return _best_at_each_start(found)


def _best_at_each_start(claims: list[Claim]) -> list[Claim]:
    """Return the best of the claims that begin at the same place."""
    found: dict[int, Claim] = {}
    for claim in claims:
        if claim.start not in found or claim.level > found[claim.start].level:
            found[claim.start] = claim
    return list(found.values())


def _is_list(text: str, place: int) -> bool:
    """Return whether behind an empty line at `place` a list or a block goes on."""
    rest = text[place:].lstrip("\n")
    return bool(_MARKER.match(rest))


def _tells(line: str, wanted: str) -> bool:
    """Return whether a line tells of the picture in the model's own words."""
    own = set(_tokens(fold(wanted)))
    words = [word for word in _tokens(fold(line)) if word not in own]
    told = sum(word in _TELLING for word in words)
    if line.rstrip().endswith((":", "：")):
        return True
    return told >= 2 and told >= 0.3 * len(words)


def _within(outside: str, wanted: str) -> list[Claim]:
    """Return where the text, or nearly the text, stands within prose without marks around it."""
    found = []
    pattern = _pattern_of(wanted)
    taken: list[tuple[int, int]] = []
    for match in pattern.finditer(outside):
        if not is_said(outside, match.start(), match.end()):
            continue
        taken.append(match.span())
        text = match[0]
        line = outside[outside.rfind("\n", 0, match.start()) + 1 :].split("\n", 1)[0]
        if _bare(line) == _bare(text):
            text = line
        level, why = level_of(text, wanted)
        found.append(Claim(text, match.start(), level, why, False))
    if not taken:
        found += _near_windows(outside, wanted)
    return found


def _near_windows(outside: str, wanted: str) -> list[Claim]:
    """Return stretches of about as many words as the text has that differ from it by one slip."""
    words = list(_TOKEN.finditer(outside))
    size = len(_tokens(wanted))
    if len(words) > 400:
        words = words[:400]
    best: Claim | None = None
    known = {fold(token) for token in _tokens(wanted)}
    for width in (size, size + 1, size - 1) if size >= 3 else (size,):
        for place in range(len(words) - width + 1):
            window = words[place : place + width]
            if not any(fold(word[0]) in known for word in window):
                continue
            start, end = window[0].start(), window[-1].end()
            if end - start > 3 * len(wanted) + 40 or "\n\n" in outside[start:end]:
                continue
            level, why = level_of(outside[start:end], wanted)
            if not level or not is_said(outside, start, end):
                continue
            if best is None or level > best.level:
                best = Claim(outside[start:end], start, level, why, False)
    return [best] if best else []


@lru_cache(maxsize=256)
def _pattern_of(wanted: str) -> re.Pattern[str]:
    """Return what finds the words of a text in order, whatever marks stand between them."""
    tokens = [re.escape(token) for token in _tokens(wanted)]
    return re.compile(r"(?<!\w)" + r"[\W_]{0,12}".join(tokens) + r"(?!\w)", re.I)


@lru_cache(maxsize=256)
def _parts_of(wanted: str) -> re.Pattern[str]:
    """Return what finds the words of a text one by one: `"Hello World" and the number "123"`."""
    gap = rf"[\W_]{{1,6}}(?:(?:{_BETWEEN})[\W_]{{1,6}}){{1,6}}"
    parts = [f"({re.escape(token)})" for token in _tokens(wanted)]
    return re.compile(r"(?<!\w)" + rf"(?:{gap}|[\W_]{{1,8}})".join(parts) + r"(?!\w)", re.I)


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text)


def _standing(said: str, claims: list[Claim]) -> list[Claim]:
    """Return the claims that hold: behind the last correction, and neither denied nor supposed."""
    telling = [claim.start for claim in claims if claim.level or claim.bounded]
    first = min(standing(said, telling), default=0)
    return [claim for claim in claims if claim.start >= first]


# ----- How far a stretch is right


@lru_cache(maxsize=4096)
def level_of(text: str, wanted: str) -> tuple[float, str]:
    """Return how far a stretch is the wanted text, 1, 0.5 (one slip) or 0, and why."""
    one, other = _even(text), _even(wanted)
    if one == other:
        return 1.0, f"gives {_short(text)}"
    bare_one, bare_other = _bare(one), _bare(other)
    if one.rstrip(".,;") == other.rstrip(".,;") and other[-1:] not in ".,;!?":
        return 1.0, f"gives {_short(text)}"
    if bare_one == bare_other:
        return 0.5, f"gives {_short(text)} with other spaces or punctuation"
    if bare_other and len(bare_one) > len(bare_other) and not bare_one.replace(bare_other, ""):
        return 0.5, f"repeats {_short(wanted)}"
    tokens, known = _tokens(one), _tokens(other)
    if len(bare_other) >= 4 and _one_slip(bare_one, bare_other):
        return 0.5, f"gives {_short(text)}: one character differs"
    if len(known) > 1 and _token_distance(tokens, known) <= 1:
        return 0.5, f"gives {_short(text)}: one word differs"
    if _token_distance(_in_digits(tokens), known) == 0:
        return 0.5, f"gives {_short(text)}: a number is spelled out"
    return 0.0, f"gives {_short(text)}"


def _one_slip(one: str, other: str) -> bool:
    """Return whether one change, or one swap of neighbours, makes two texts equal."""
    if abs(len(one) - len(other)) > 1:
        return False
    if edit_distance(one, other) <= 1:
        return True
    differ = [place for place in range(min(len(one), len(other))) if one[place] != other[place]]
    return (
        len(one) == len(other)
        and len(differ) == 2
        and differ[1] == differ[0] + 1
        and one[differ[0]] == other[differ[1]]
        and one[differ[1]] == other[differ[0]]
    )


def _even(text: str) -> str:
    """Return a text in lower case, white space evened, without quotation marks and markup."""
    text = unicodedata.normalize("NFKC", text).translate(_SIGNS).lower()
    text = _MARKER.sub("", text) if "\n" in text or text.lstrip()[:1] in "-*•>#|" else text
    text = re.sub(r"[\"`*|]|(?<!\w)'|'(?!\w)", " ", text)
    return " ".join(text.split())


def _bare(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def _token_distance(one: list[str], other: list[str]) -> int:
    """Return the Levenshtein distance of two lists of words."""
    if abs(len(one) - len(other)) > 2:
        return max(len(one), len(other))
    names = {token: chr(0xE000 + place) for place, token in enumerate(dict.fromkeys(one + other))}
    return edit_distance("".join(names[t] for t in one), "".join(names[t] for t in other))


def _in_digits(tokens: list[str]) -> list[str]:
    """Return words with numbers in digits: one, two, three as 123 and one hundred (and) two too."""
    out: list[str] = []
    run: list[int] = []
    for token in [*tokens, ""]:
        value = number_of(token) if token and not token.isdigit() else None
        if token in ("hundred", "hundert") and value is not None:
            value = 100
        if token == "and" and run:
            continue
        if value is None and run:
            out.append(_joined(run))
            run = []
        if value is not None:
            run.append(value)
        elif token:
            out.append(token)
    return out


def _joined(run: list[int]) -> str:
    if 100 in run and len(run) > 1:
        place = run.index(100)
        return str((run[place - 1] if place else 1) * 100 + sum(run[place + 1 :]))
    if len(run) == 2 and run[0] >= 20 and run[0] % 10 == 0 and 0 < run[1] < 10:
        return str(sum(run))
    return "".join(map(str, run))


def _short(text: str, most: int = 60) -> str:
    text = " ".join(text.split())
    return f'"{text[:most]}…"' if len(text) > most else f'"{text}"'


# ----- The criteria

_OR = re.compile(r"\b(?:or|oder|ou|o|of|или|either|maybe|perhaps)\b|[/或]|または", re.I)


def _exact(said: str, claims: list[Claim]) -> tuple[Criterion, Claim]:
    best = max(claims, key=lambda claim: (claim.level, claim.start))
    different = _alternatives(said, claims, best)
    if different:
        value = 0.5 if best.level == 1.0 and len(different) == 1 else 0.0
        return Criterion(value, f"undecided between {len(different) + 1} texts"), best
    following = [
        claim
        for claim in claims
        if claim.bounded
        and claim.start <= best.start <= claim.start + len(claim.text)
        and len(_bare(claim.text)) > len(_bare(best.text)) + 1
        and best.level > claim.level
        and not best.bounded
    ]
    if following:
        return Criterion(following[0].level, following[0].why), best
    if best.level == 1 and _REPEATED.search(said):
        return Criterion(0.5, f"{best.why}, but more than once"), best
    return Criterion(best.level, best.why), best


def _alternatives(said: str, claims: list[Claim], best: Claim) -> list[str]:
    """Return other texts that a reply holds possible beside the best one."""
    texts: list[str] = []
    for one, other in pairwise(claims):
        between = said[one.start + len(one.text) : other.start]
        if len(between) < 40 and _OR.search(between):
            texts += [_bare(_even(one.text)), _bare(_even(other.text))]
    known = _bare(_even(best.text))
    return list(dict.fromkeys(text for text in texts if text != known)) if known in texts else []


def _capitalization(claims: list[Claim], best: Claim, wanted: str) -> Criterion:
    words = [word for word in _tokens(wanted) if word.lower() != word.upper()]
    given = [best.text] if best.level else [claim.text for claim in claims]
    if not words:
        right = best.level > 0
        return Criterion(float(right), "no word has capitals" if right else "the text is not given")
    joined = "".join("".join(_tokens(text)) for text in given)
    right = [word for word in words if any(_has(text, word) for text in given) or word in joined]
    wrong = [word for word in words if word not in right]
    why = f"as shown: {', '.join(right) or 'none'}" + (
        f"; not: {', '.join(wrong)}" if wrong else ""
    )
    return Criterion(len(right) / len(words), why)


def _has(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def _no_hallucination(
    said: str,
    claims: list[Claim],
    best: Claim,
    wanted: str,
    extra: str | None,
    is_turned: bool,
) -> Criterion:
    known = _tokens(_even(wanted))
    mentioned = {token for claim in claims for token in _tokens(_even(claim.text))}
    if best.level == 0 and not any(_near(token, known) for token in mentioned):
        return Criterion(0.0, f"no word of it is shown: {best.why}")
    if extra:
        return Criterion(0.0, f"text that is not shown: {_short(extra)}")
    own = {fold(token) for token in _tokens(wanted)}
    details = [one for one in _visual_details(said, claims, is_turned) if fold(one) not in own]
    if details:
        return Criterion(0.5, f"not in the image: {', '.join(details)}")
    return Criterion(1.0, "nothing is invented")


def _near(token: str, known: list[str]) -> bool:
    if token in known:
        return True
    return any(
        len(one) >= 4 and edit_distance(token, one) <= max(1, len(one) // 4) for one in known
    )


def _invented(said: str, claim: Claim, best: Claim, known: list[str]) -> str | None:
    """Return what a claim gives as text beyond what is shown and beyond a misreading of it."""
    if not claim.bounded or claim.level:
        return None
    tokens = _tokens(_even(claim.text))
    other = [
        token
        for token in _in_digits(tokens)
        if not _near(token, known) and token not in NUMBER_WORDS and token not in ("hundred", "and")
    ]
    # As many as are missing may be misread.
    missing = sum(not any(_near(token, [one]) for token in tokens) for one in known)
    if claim is best or any(_near(token, known) for token in tokens):
        surplus = len(tokens) - len(known)
        if len(other) > missing and surplus > 1 and (len(other) - missing) > 1:
            return claim.text
        return None
    before = said[max(0, claim.start - 60) : claim.start]
    after = said[claim.start + len(claim.text) :][:25]
    if _NAMED_FONT.search(before[-25:]) or _NAMED_FONT.search(after) or _GREETING.search(before):
        return None
    letters = sum(map(str.isalpha, claim.text))
    if (
        len(other) >= 1
        and letters >= 3
        and _OTHER_TEXT.search(before)
        and not _is_word_of_prose(claim)
    ):
        return claim.text
    return None


def _is_word_of_prose(claim: Claim) -> bool:
    words = _tokens(fold(claim.text))
    return all(word in _TELLING for word in words) or len(terms(claim.text)) >= len(words)


def _visual_details(said: str, claims: list[Claim], is_turned: bool) -> list[str]:
    """Return what a reply says of the looks that is not so; the text itself is left out."""
    spans = [(claim.start, claim.start + len(claim.text), True) for claim in claims if claim.level]
    outside = _blanked(said, spans)
    found: list[str] = []
    for term in terms(outside):
        if term.kind != "colour" or is_denied(outside, term.start, term.end):
            continue
        if term.value not in _TRUE_COLOURS or _is_swapped(outside, term.start, term.end):
            found.append(outside[term.start : term.end])
    for match in _DETAILS.finditer(outside):
        if not is_denied(outside, match.start(), match.end()) and not re.search(
            r"\b(?:no|without|any)\b[^.\n]{0,40}$", outside[: match.start()], re.I
        ):
            found.append(match[0])
    if not is_turned and (match := _UPSIDE_DOWN.search(outside)):
        found.append(match[0])
    return list(dict.fromkeys(found))


def _is_swapped(text: str, start: int, end: int) -> bool:
    """Return whether black is said of the background, or white of the letters."""
    colour, after = fold(text[start:end]), text[end : end + 25].lower()
    is_ground = re.match(
        r"[ -](?:solid )?(?:background|backdrop|hintergrund|grund\b|fond|fondo|sfondo|fundo)|"
        r"色?背景",
        after,
    )
    is_ink = re.match(
        r"[ -](?:bold |block )?(?:text|letters|font|lettering|schrift|characters)\b| on (?:a "
        r")?black\b",
        after,
    )
    if colour.startswith(("black", "schwarz", "noir", "negr", "黑")):
        return is_ground is not None
    if colour.startswith(("white", "weiss", "weiß", "blanc", "blanco", "白")):
        return is_ink is not None
    return False
