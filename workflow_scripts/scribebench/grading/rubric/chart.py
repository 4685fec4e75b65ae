"""Grade VL-T2-Q1: the value of one bar, and which bar is highest."""

import re
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from scribebench.grading.rubric.criterion import Criterion
from scribebench.grading.rubric.lexicon import fold, number_of
from scribebench.grading.rubric.reply import plain
from scribebench.grading.rubric.standing import is_denied, is_said, standing
from scribebench.rubric.truths import BarsTruth

_HIGH = (
    r"\b(?:high?est|heighest|hightest|tall?est|largest|biggest|greatest|maximum|maximal|max|peak|"
    r"top "
    r"(?:value|bar)|longest|leads?|leading|(?:high|tall|larg|bigg|great|long)er than (?:all|any|"
    r"every|the (?:other|rest))\w*|"
    r"exceeds (?:all|every)\w*|above all|"
    r"no other (?:bar|column|value) (?:exceeds|is (?:higher|taller|larger|greater)|comes close)|"
    r"tie between|are tied|tied for|tie for|"
    r"most|höchste[nrs]?|hoechste[nrs]?|größte[nrs]?|"
    r"groesste[nrs]?|"
    r"am höchsten|am größten|plus (?:haute?|élevée?s?|grande?)|la plus|maximale?|más alt[oa]|mayor|"
    r"máxim[oa]|più alt[oa]|maggiore|massim[oa]|mais alt[oa]|maior|hoogste|grootste|самый высокий|"
    r"самая высокая|самое высокое|самое большое|наибольш\w+|максимальн\w+|выше всех|самый большой|"
    r"najwyższ\w+)\b"
    r"|最高|最大|最も高|最も大|一番高|一番大|最长|最長|최고|가장 높"
)
_LOW = (
    r"\b(?:lowest|smallest|shortest|minimum|min|least|second[- ]?(?:-?high|-?tall|-?larg|"
    r"-?great)\w*|"
    r"(?:next|third|fourth|2nd|3rd)[- ](?:high|tall|larg|great)\w*|zweit\w+|dritthöchste\w*|"
    r"niedrigste\w*|"
    r"kleinste\w*|deuxième|plus (?:basse?|petite?)|segund[oa]|más baj[oa]|menor|più bass[oa]|"
    r"mais baix[oa]|laagste|tweede|самый низкий|самая низкая|наименьш\w+|второ\w+)\b"
    r"|最低|最小|最も低|最も小|第二|次に|二番"
)
_DIGITS = (
    r"(?<![A-Za-z0-9_.,])(?:[-−]?\d{1,3}(?:[  ,.']\d{3})+(?:[.,]\d+)?(?![\d])|\d+(?:[.,]\d+)?)"
)
_NOUN = (
    r"(?:bars?|columns?|labels?|categor(?:y|ies)|balkens?|säulen?|barres?|barras?|barra|barre|"
    r"colonn[ae]|columnas?|colunas?|staaf|staven|kolom|столб\w+|колонк\w+|bar_|柱子?|棒|条形?|バー|列)"
)
_NUMBERED = re.compile(r"^[ \t*#>(-]*\d[.)]\s+\S", re.M)
_RANGE = re.compile(r"\b(?:between|zwischen|entre|tra|tussen|между)\s*$|在\s*$", re.I)
_AND = re.compile(r"\s*(?:and|to|und|bis|et|à|y|a|e|en|и|-|–|—|~|至|到)\s*", re.I)
_OR = re.compile(r"[\s,]*(?:or|oder|ou|o|of|или|或|/|perhaps|maybe|possibly|か)+[\s,]*(?:maybe |"
                 r"perhaps |"
                 r"even )?", re.I)  # fmt: skip
_UNIT = re.compile(
    r"\s*(?:%|percent\b|per cent\b|prozent\b|pour ?cent\b|por ciento\b|процент\w*|％|€|\$|£|"
    r"dollars?\b|"
    r"euros?\b|kg\b|km\b|cm\b|mm\b|°C?|degrees?\b|million\b|millions\b|thousand\b|k\b|hours?\b|"
    r"years?\b|"
    r"people\b|元|円|万)",
    re.I,
)
_MONEY = re.compile(r"[$€£]\s*$")
_STOP = re.compile(
    r"[;\n。；]|[.!?](?=\s|$)|,\s*(?:while|whereas|and the|but|followed|with the|then)\b|"
    r"\b(?:while|whereas|but|however|während|aber|tandis|mientras|pero|mentre|ma|enquanto|mas|а|"
    r"но)\b",
    re.I,
)
_PRONOUN = re.compile(
    r"\b(?:it|its|c['’]est|this|that|which|also|er|es|sie|dieser|diese|damit|elle|il|qui|ce|cette|"
    r"ella|ello|"
    r"él|que|lo|esta|este|essa|esse|ela|ele|questa|quest[oa]|che|dit|deze|die|он|она|это|этот|"
    r"который|same|the same|itself|making)\b|它|其|也|これ|それ|この",
    re.I,
)


_HEADED = re.compile(r":[ \t]*\n+[ \t]*(?=[^\s|*•-])(?!\(?\d+[.)])")
# The questions come back one by one, each with its answer behind it.
_ASKED = re.compile(
    r"^([ \t\d.)*#>-]*(?:what|which)\b[^?\n]*)\?[ \t]*\n?[ \t]*(?=[^\s?][^?\n]{0,60}$)", re.I | re.M
)
_AFTERWARDS = re.compile(
    rf"[\s(]*(?:for|is|in|of|at|by|belongs to|goes to|to|:|=|→|für|bei|pour|para|per|voor|для)?"
    rf"[\s(]*(?:the|der|la|el|il|o|a|den)?[\s\"'“(]*(?:{_NOUN})?[\s\"'“(]*",
    re.I,
)
_ALIASES = {
    full[:3]: full
    for full in (
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "January",
        "February", "March", "April", "June", "July", "August", "September", "October",
        "November", "December",
    )
}  # fmt: skip
_IT_IS = re.compile(
    r"\b(?:it(?:['’]s| is| was| has| reaches)|es ist|il est|c'est|es|è|é|dat is)\s+(?:a value of |"
    r"about |actually |really |more like |closer to )*[\"'*]*$",
    re.I,
)
_UNSURE = re.compile(
    r"\b(?:not sure|unsure|uncertain|don['’]?t know|can(?:not|['’]t) (?:tell|say|determine)|hard "
    r"to|"
    r"unclear|difficult to|no idea|which (?:bar|one|column)|whether|if)\b[^.\n:]*$",
    re.I,
)
_INSTEAD = re.compile(r"[;,]\s|\b(?:but|sondern|sino|mais|ma|mas|maar|а)\b|而是", re.I)


class Token(NamedTuple):
    """A label, a number, or a word for highest or lowest, at `text[start:end]`."""

    kind: str  # label, number, high or low
    value: str | float
    start: int
    end: int


class Said(NamedTuple):
    """What a reply says of the bars: values by label with their places, and what is highest."""

    values: dict[str, list[tuple[int, float]]]
    highest: list[tuple[int, str]]
    unlabelled: list[tuple[int, float]]
    highest_value: list[tuple[int, float]]
    ranges: dict[str, tuple[float, float]]
    strangers: list[str]


def score(reply: str, truth: BarsTruth) -> dict[str, Criterion]:
    """Score `value_b`, `highest` and `no_confusion` of a reply."""
    # What follows a heading on the next line belongs to it, unless it is a list.
    text = _ASKED.sub(r"\1: ", _HEADED.sub(": ", plain(reply)))
    tokens = _tokens(text, tuple(bar.label for bar in truth.bars))
    said = _said(text, tokens, truth)
    values = _answers(text, said.values.get(truth.asked, []))
    value_criterion, hedged = _value(values, said, truth)
    highest, called = _highest(text, said, truth)
    return {
        "value_b": value_criterion,
        "highest": highest,
        "no_confusion": _no_confusion(text, said, values, called, hedged, truth),
    }


# ----- Reading


@lru_cache(maxsize=256)
def _scanner(labels: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds labels, numbers and superlatives; compiled once for a chart."""
    names = "|".join(
        re.escape(label) + (f"(?:{_ALIASES[label][3:]})?" if label in _ALIASES else "")
        for label in sorted(labels, key=len, reverse=True)
    )
    # Single letters are labels too when no bar has them: an invented bar.
    stranger = r"[A-Z]" if all(len(label) == 1 for label in labels) else r"(?!)"
    return re.compile(
        rf"(?P<low>(?i:{_LOW}))|(?P<high>(?i:{_HIGH}))"
        rf"|(?P<label>(?<![^\W_])(?:{names})(?![^\W_](?!\s))(?![^\W_]))"
        rf"|(?P<cjk>(?<=[\u3040-\u9fff\uac00-\ud7af])(?:{names})(?![A-Za-z0-9])|"
        rf"(?<![A-Za-z0-9])(?:{names})(?=[\u3040-\u9fff\uac00-\ud7af]))"
        rf"|(?P<loose>(?<![^\W_])(?i:{names})(?![^\W_]))"
        rf"|(?P<stranger>(?<![^\W_])(?:(?<=bar )|(?<=Bar )|(?<=and )|(?<=, )|(?<=^)|(?<=\n)|"
        rf"(?<=[-*•|] )){stranger}"
        rf"(?=\s*(?:[:=(|]|is\b|has\b|at\b|with\b))"
        rf"|(?<=\bis )(?<![^\W_]){stranger}(?=[,.;]|\s*$)"
        rf"|(?<=[Bb]ar )(?<![^\W_]){stranger}(?![^\W_]))"
        rf"|(?P<number>{_DIGITS})"
        r"|(?P<word>[A-Za-zÀ-ɏЀ-ӿ]+(?:[- ](?:and |e |y |et )?[A-Za-zÀ-ɏЀ-ӿ]+)?|"
        r"[一二两三四五六七八九十百]{1,4})",
        re.M,
    )


def _tokens(text: str, labels: tuple[str, ...]) -> list[Token]:
    found: list[Token] = []
    place = 0
    pattern = _scanner(labels)
    by_fold = {label.lower(): label for label in labels}
    by_fold |= {_ALIASES[label].lower(): label for label in labels if label in _ALIASES}
    while match := pattern.search(text, place):
        kind, said = str(match.lastgroup), match[0]
        start, end = match.span()
        place = end
        if kind in ("high", "low"):
            found.append(Token(kind, said, start, end))
        elif kind in ("label", "cjk"):
            if not _is_article(text, start, end, said):
                found.append(Token("label", by_fold.get(said.lower(), said), start, end))
        elif kind == "loose":
            if _is_loose_label(text, start, said, labels):
                found.append(Token("label", by_fold[said.lower()], start, end))
            elif (value := number_of(said)) is not None and said.isdigit():
                found.append(Token("number", float(value), start, end))
        elif kind == "stranger":
            if not _is_article(text, start, end, said):
                found.append(Token("label", said, start, end))
        elif kind == "number":
            if not _is_list_number(text, start, end):
                found.append(Token("number", _number(said), start, end))
        else:
            # A phrase of two words: `twenty five`, else the first word alone.
            value = number_of(said)
            if value is None:
                first = re.match(r"[^\W\d_]+|.+", said)
                assert first is not None
                end = start + first.end()
                place = end
                value = number_of(first[0])
            if value is not None and value > 1 and not _is_small_word(said):
                found.append(Token("number", float(value), start, end))
    return found


def _is_small_word(said: str) -> bool:
    """Return whether a number word is an everyday word too."""
    return fold(said) in ("due", "once", "sei", "um", "none", "elf", "second", "cent", "six-pack")


def _number(said: str) -> float:
    said = said.replace("−", "-").replace(" ", "").replace(" ", "").replace("'", "")
    if re.fullmatch(r"-?\d{1,3}(?:[.,]\d{3})+", said) and not re.fullmatch(r"-?0[.,]\d+", said):
        return float(re.sub(r"[.,]", "", said))
    return float(said.replace(",", "."))


def _is_article(text: str, start: int, end: int, said: str) -> bool:
    """Return whether a single letter is a word of the language: `A bar chart`, `I see`."""
    if len(said) == 1 and re.match(r"['’](?!s\b)[a-z]", text[end:]):
        return True
    if said not in ("A", "I", "E", "O", "Y"):
        return False
    after = text[end : end + 24]
    before = text[max(0, start - 14) : start]
    if re.search(rf"(?i){_NOUN}[\s\"'“(_]*$|[=:|(\"'“,]\s*$|\b(?:and|or|than|is)\s+$", before):
        return (
            re.match(r" (?:bar|single|total|closer|quick|simple|clear|chart)\b", after) is not None
        )
    return (
        re.match(r"\s*(?:[=:|(),.;\"'”]|is\b|has\b|at\b|was\b|$|ist\b|hat\b|est\b|es\b|→|-)", after)
        is None
    )


def _is_loose_label(text: str, start: int, said: str, labels: tuple[str, ...]) -> bool:
    """Return whether a label in other case is meant: of one letter only behind its noun."""
    if len(said) > 1:
        return (
            len(said) > 3
            or re.search(rf"(?i){_NOUN}[\s\"'“(_]*$", text[max(0, start - 14) : start]) is not None
        )
    return (
        re.search(rf"(?i)(?:{_NOUN}|value)[\s\"'“(_]*$", text[max(0, start - 14) : start])
        is not None
        or re.match(r"\s*[=:]\s*\d", text[start + 1 :]) is not None
    )


def _is_list_number(text: str, start: int, end: int) -> bool:
    begin = text.rfind("\n", 0, start) + 1
    if text[begin:start].strip(" \t*#>(-"):
        return False
    if end - start != 1 or not re.match(r"[.)]\s+\S", text[end:]):
        return False
    # `3. Wed` alone is an answer.
    return text[start:end] == "1" or len(_NUMBERED.findall(text)) > 1


def _said(text: str, tokens: list[Token], truth: BarsTruth) -> Said:
    said = Said({}, [], [], [], {}, [])
    tokens = [one for one in tokens if one.kind != "number" or not _is_denied_number(text, one)]
    for clause in _clauses(text, tokens):
        _read_clause(text, clause, said, truth)
    return said


def _is_denied_number(text: str, token: Token) -> bool:
    return is_denied(text, token.start, token.end) or not is_said(text, token.start)


def _clauses(text: str, tokens: list[Token]) -> list[list[Token]]:
    """Return the tokens in groups that belong to one statement each."""
    groups: list[list[Token]] = []
    last_end = 0
    for token in tokens:
        between = text[last_end : token.start]
        if not groups or _splits(between):
            groups.append([])
        groups[-1].append(token)
        last_end = token.end
    return groups


def _splits(between: str) -> bool:
    return _STOP.search(between) is not None


def _read_clause(text: str, clause: list[Token], said: Said, truth: BarsTruth) -> None:
    labels = [token for token in clause if token.kind == "label"]
    numbers = [token for token in clause if token.kind == "number"]
    known = {bar.label for bar in truth.bars}
    said.strangers.extend(str(label.value) for label in labels if label.value not in known)
    _read_values(text, clause, labels, numbers, said, truth)
    _read_highest(text, clause, labels, numbers, said, truth)


def _read_values(
    text: str,
    clause: list[Token],
    labels: list[Token],
    numbers: list[Token],
    said: Said,
    truth: BarsTruth,
) -> None:
    begin = _sentence_begin(text, clause[0].start)
    before = text[begin : clause[0].start]
    ranges = _ranges(text, numbers)
    numbers = [number for number in numbers if not any(number in pair for pair in ranges)]
    numbers = [number for number in numbers if not _is_about_axis(text, number, labels)]
    subject = labels[0] if labels else None
    for low, high in ranges:
        label = str(subject.value) if subject else truth.asked
        said.ranges[label] = (float(low.value), float(high.value))
    if len(labels) == len(numbers) and len(labels) > 1 and _is_respective(text, labels, numbers):
        for label, number in zip(labels, numbers, strict=True):
            _give(said, str(label.value), number)
        return
    lows = [token for token in clause if token.kind == "low"]
    highs = [token for token in clause if token.kind == "high"]
    taken: set[int] = set()
    for number in numbers:
        if (
            said.values
            and _IT_IS.search(text[: number.start][-24:])
            and not any(label.start < number.start for label in labels)
        ):
            last = max((pairs[-1][0], label) for label, pairs in said.values.items())[1]
            _give(said, last, number)
            continue
        label = _label_of(text, number, labels, taken, clause)
        if label is not None:
            taken.add(label.start)
            _give(said, str(label.value), number)
        elif not any(label.start < number.start for label in labels):
            if re.search(r"(?<![^\W_])[a-z]\s*=\s*$", text[: number.start][-8:]):
                continue  # another unknown
            if highs and not lows:
                said.highest_value.append((number.start, float(number.value)))
                if _PRONOUN.search(before) or _PRONOUN.search(
                    text[clause[0].start : clause[-1].end]
                ):
                    said.unlabelled.append((number.start, float(number.value)))
            elif not lows:
                said.unlabelled.append((number.start, float(number.value)))


def _label_of(
    text: str, number: Token, labels: list[Token], taken: set[int], clause: list[Token]
) -> Token | None:
    """Return the bar that a number of a statement is the value of.

    That is the label before it, unless that one has a value already and the next label follows at
    once: `25 (B)`. Another number as an alternative (`25 or 26`) belongs to the same label.
    """
    before = [label for label in labels if label.start < number.start]
    after = [label for label in labels if label.start > number.start]
    if before:
        last = before[-1]
        if last.start not in taken:
            return last
        between = text[last.end : number.start]
        if (
            after
            and re.match(r"[\s(]*(?:for|is|in|at|by|:|=|→|bar)?[\s(\"']*", text[number.end :])
            and (len(text[number.end : after[0].start]) < 20 and after[0].start not in taken)
        ):
            return after[0]
        previous = [one for one in clause if one.kind == "number" and one.end <= number.start]
        if previous and re.fullmatch(
            rf"(?:{_OR.pattern}|[\s,]*)", text[previous[-1].end : number.start], re.I
        ):
            return last
        # `the value of B is 25, so 25 it is`
        return last if len(between) < 30 and "(" not in between and "," not in between else None
    if after and _AFTERWARDS.fullmatch(text[number.end : after[0].start]):
        return after[0]
    return None


def _is_respective(text: str, labels: list[Token], numbers: list[Token]) -> bool:
    """Return whether names come first and then values in the same order."""
    return labels[-1].end <= numbers[0].start or (
        numbers[-1].end <= labels[0].start and "respectively" in text
    )


def _ranges(text: str, numbers: list[Token]) -> list[tuple[Token, Token]]:
    found = []
    for low, high in pairwise(numbers):
        between = text[low.end : high.start]
        if _AND.fullmatch(between) and (
            _RANGE.search(text[: low.start][-12:])
            or re.fullmatch(r"\s*(?:-|–|to|bis|~|至|到)\s*", between)
        ):
            found.append((low, high))
    return found


def _is_about_axis(text: str, number: Token, labels: list[Token]) -> bool:
    """Return whether a number counts bars or marks an axis."""
    after = text[number.end : number.end + 14]
    before = text[max(0, number.start - 30) : number.start]
    if re.match(
        r"\s*(?:bars|columns|categories|labels|values|balken|barres|barras|other)\b", after, re.I
    ):
        return True
    return not labels and re.search(r"\b(?:increments? of|intervals? of|ranges? from|scale of|"
                                    r"axis (?:goes|"
                                    r"ranges|runs))\b[^.]*$", before, re.I) is not None  # fmt: skip


def _give(said: Said, label: str, number: Token) -> None:
    said.values.setdefault(label, []).append((number.start, float(number.value)))


def _sentence_begin(text: str, place: int) -> int:
    return max(text.rfind(mark, 0, place) for mark in (". ", "\n", "; ", "。")) + 1


def _read_highest(
    text: str,
    clause: list[Token],
    labels: list[Token],
    numbers: list[Token],
    said: Said,
    truth: BarsTruth,
) -> None:
    for token in clause:
        if token.kind != "high" or _is_question(text, token):
            continue
        before = _INSTEAD.split(text[_sentence_begin(text, token.start) : token.start])[-1]
        if _UNSURE.search(before) and not re.search(
            r"[:：]|\b(?:is|are)\b[^.\n]*[A-Z]", text[token.end : token.end + 40]
        ):
            continue
        if re.match(r"\s*(?:value )?(?:on|of) the (?:y|axis|scale)", text[token.end :], re.I):
            continue
        if _is_order(text, token):
            continue
        compared = _not_compared(text, labels)
        meant = _nearest(text, token, compared, clause)
        if meant:
            denied = is_denied(text, token.start)
            held = [label for label in meant if not denied and _is_held(text, label)]
            said.highest.extend([(label.start, str(label.value)) for label in held])
            if not held:
                said.highest.extend(_instead(text, token, truth))
            continue
        if numbers and not labels:
            said.highest_value.extend([(number.start, float(number.value)) for number in numbers])
        begin = _sentence_begin(text, clause[0].start)
        stretch = text[begin : token.end]
        if _PRONOUN.search(stretch) and not is_denied(text, token.start):
            earlier = [
                (start, label)
                for label, pairs in said.values.items()
                for start, _ in pairs
                if start < token.start
            ]
            subject = max(earlier)[1] if earlier else truth.asked
            if said.unlabelled and not earlier:
                subject = truth.asked
            said.highest.append((token.start, subject))


def _is_order(text: str, high: Token) -> bool:
    """Return whether a word for highest only says in which order bars come: `lowest to highest`."""
    before, after = text[max(0, high.start - 8) : high.start], text[high.end :]
    return re.search(r"\bto\s+(?:the )?$", before) is not None or (
        re.match(r"\s+to\s+(?:the )?(?:low|small|short)", after) is not None
    )


def _not_compared(text: str, labels: list[Token]) -> list[Token]:
    """Return the labels that are not of a comparison: `higher than A, C and D`."""
    kept, is_compared = [], False
    for place, label in enumerate(labels):
        between = text[labels[place - 1].end : label.start] if place else ""
        goes_on = (
            re.fullmatch(r"[\s,\d().=]*(?:and|or|und|et|y|e)?\s*(?:bar )?", between) is not None
        )
        is_compared = _is_compared(text, label) or (is_compared and goes_on and bool(place))
        if not is_compared:
            kept.append(label)
    return kept


def _is_compared(text: str, label: Token) -> bool:
    """Return whether a label only stands in a comparison: `higher than D`."""
    before = text[max(0, label.start - 24) : label.start]
    return re.search(r"\b(?:than|compared to|followed by|next to|before|als|que|di|over|above)\s+"
                     r"(?:bars? |the |balken )*[\"'“(]*$", before, re.I) is not None  # fmt: skip


def _is_question(text: str, token: Token) -> bool:
    end = text.find("\n", token.end)
    line = text[token.end : end if end >= 0 else len(text)]
    mark = re.search(r"[.?!]", line)
    begin = _sentence_begin(text, token.start)
    return (mark is not None and mark[0] == "?") or (
        mark is None
        and text[begin : token.start].lstrip(" *#1234567890.-").lower().startswith("which")
        and ":" not in line
    )


def _is_held(text: str, label: Token) -> bool:
    return not is_denied(text, label.start, label.end) and is_said(text, label.start)


def _instead(text: str, high: Token, truth: BarsTruth) -> list[tuple[int, str]]:
    """Return the bar that a statement names behind `but` after it denied another one."""
    rest = re.split(r"[.\n]", text[high.end : high.end + 80])[0]
    match = _INSTEAD.search(rest)
    if match is None:
        return []
    start = high.end + match.end()
    labels = tuple(bar.label for bar in truth.bars)
    found = [
        one for one in _tokens(text[start : high.end + len(rest)], labels) if one.kind == "label"
    ]
    return [(start + found[0].start, str(found[0].value))] if found else []


def _nearest(text: str, high: Token, labels: list[Token], clause: list[Token]) -> list[Token]:
    """Return the bars that a statement calls highest; several when it says so of several."""
    lows = [token for token in clause if token.kind == "low"]
    labels = [
        label for label in labels
        if not any(
            abs(low.start - label.start) < abs(high.start - label.start)
            and not (label.start < high.start < low.start)
            for low in lows
        )
    ]  # fmt: skip
    before = [label for label in labels if label.end <= high.start]
    after = [label for label in labels if label.start >= high.end]
    # `the highest is B`, `highest: B`, `the tallest bar, B,`
    if (
        after
        and re.match(r"[\w\s,:：*\"'“(=→|\[-]{0,60}$", text[high.end : after[0].start])
        and not re.search(
            r"\b(?:and|among|of all|followed|than|while|comparing|compare|looking)\b",
            text[high.end : after[0].start],
            re.I,
        )
    ):
        between = text[high.end : after[0].start]
        if not before or _leads_to(between) or not between.strip(" \"'*("):
            return _joined(text, after)
        return [before[-1], *_joined_back(text, before)] if before else _joined(text, after)
    if before:
        return [before[-1], *_joined_back(text, before)]
    if after and len(between := text[high.end : after[0].start]) < 90:
        return [] if re.search(r"(?i)compar|looking|among", between) else after[:1]
    return []


def _leads_to(between: str) -> bool:
    return re.search(r"(?:\b(?:is|are|was|ist|est|es|è|é|bar|by|belongs to|goes to|value is|"
                     r"balken|barra|"
                     r"barre|это|имеет)\b|[:：=→|]|是|は|为)[\s\"'“(*]*(?:(?:also|the|der|die|das|la|"
                     r"el|le|il|o|a|"
                     rf"labell?ed|value|of|\d[\d.,]*|"
                     rf"{_NOUN})[\s\"'“(*]*){{0,4}}$", between, re.I) is not None  # fmt: skip


def _joined(text: str, labels: list[Token]) -> list[Token]:
    """Return the first label, and those joined to it by and, or."""
    out = labels[:1]
    for one, other in pairwise(labels):
        between = text[one.end : other.start]
        if re.fullmatch(
            rf"[\s,\"'()*]*(?:and|or|und|oder|&|/|et|ou|y|o|e|и|или|和|或)?[\s\"'()*]*(?:also "
            rf")?(?:{_NOUN}\s*)?[\"'“]*",
            between,
            re.I,
        ):
            out.append(other)
        else:
            break
    return out


def _joined_back(text: str, labels: list[Token]) -> list[Token]:
    out: list[Token] = []
    for one, other in zip(reversed(labels[:-1]), reversed(labels[1:]), strict=True):
        between = text[one.end : other.start]
        if re.fullmatch(
            rf"[\s,\"'()*]*(?:and|or|und|oder|&|/|et|ou|y|o|e|и|"
            rf"или)[\s\"'()*]*(?:{_NOUN}\s*)?[\"'“]*",
            between,
            re.I,
        ):
            out.append(one)
        else:
            break
    return out


# ----- The criteria


def _answers(text: str, pairs: list[tuple[int, float]]) -> list[float]:
    """Return the values that hold for the bar that is asked for, the last group of them."""
    if not pairs:
        return []
    held = standing(text, [start for start, _ in pairs])
    by_place = dict(pairs)
    values = [(start, by_place[start]) for start in held]
    group = [values[-1]]
    for start, value in reversed(values[:-1]):
        between = text[start : group[-1][0]]
        if len(between) < 24 and re.search(
            r"\b(?:or|oder|ou|o|of|или|maybe|perhaps)\b|[或/]|,", between
        ):
            group.append((start, value))
        else:
            break
    return list(dict.fromkeys(value for _, value in reversed(group)))


def _value(values: list[float], said: Said, truth: BarsTruth) -> tuple[Criterion, bool]:
    wanted, name = float(truth.asked_value), truth.asked
    if not values and said.unlabelled:
        values = [said.unlabelled[0][1]]
    if not values and name in said.ranges:
        low, high = said.ranges[name]
        return Criterion(0.0, f"says {name} is between {low:g} and {high:g}"), True
    if (
        not values
        and len(said.highest_value) == 1
        and any(label == name for _, label in said.highest)
    ):
        values = [said.highest_value[0][1]]
    if not values:
        return Criterion(0.0, f"gives no value of {name}"), False
    told = " or ".join(f"{value:g}" for value in values)
    if wanted not in values:
        return Criterion(0.0, f"says {name} is {told}"), len(values) > 1
    if len(values) == 1:
        return Criterion(1.0, f"says {name} is {told}"), False
    return Criterion(0.5 if len(values) == 2 else 0.0, f"undecided: {name} is {told}"), True


def _highest(text: str, said: Said, truth: BarsTruth) -> tuple[Criterion, list[str]]:
    """Return how far the highest bar is named, and which bars are called so."""
    if said.highest:
        held = standing(text, [start for start, _ in said.highest])
        by_place = dict(said.highest)
        called = list(dict.fromkeys(by_place[start] for start in held))
        told = " and ".join(called)
        if called == [truth.highest]:
            return Criterion(1.0, f"calls {told} the highest"), called
        if truth.highest in called and len(called) == 2:
            return Criterion(0.5, f"calls {told} the highest"), called
        if truth.highest not in called or len(called) > 2:
            return Criterion(0.0, f"calls {told} the highest"), called
    single = _alone(text, truth)
    if single is not None:
        right = single == truth.highest
        return Criterion(float(right), f"answers {single}"), [single]
    values = {label: pairs[-1][1] for label, pairs in said.values.items()}
    if all(bar.label in values for bar in truth.bars):
        best = max(values, key=lambda label: values[label])
        if best == truth.highest:
            return Criterion(0.5, f"not said, but {best} has the highest value of all"), []
    if said.highest_value and said.values.get(truth.highest):
        value = said.values[truth.highest][-1][1]
        if value == said.highest_value[-1][1]:
            return Criterion(0.5, f"only says that {value:g} is the highest value"), []
    return Criterion(0.0, "does not say which is highest"), []


def _alone(text: str, truth: BarsTruth) -> str | None:
    """Return the label that stands alone as an answer beside a value: `25, B`, `2. B`."""
    names = "|".join(re.escape(bar.label) for bar in truth.bars)
    by_fold = {bar.label.lower(): bar.label for bar in truth.bars}
    bare = re.sub(r"[*_`\"']", "", text)
    noun = rf"(?:(?:the )?{_NOUN}\s*)?"
    match = re.search(
        rf"(?:^|[\n,;.]|\band\b|"
        rf"\bund\b)\s*(?:\(?[2b][.):]\s*)?(?:answer\s*:?\s*)?{noun}({names})\s*(?:bar)?[.!]?\s*(?:$|\n)",
        bare,
        re.I,
    )
    if match is None:
        return None
    return by_fold[match[1].lower()]


def _no_confusion(
    text: str,
    said: Said,
    values: list[float],
    called: list[str],
    hedged: bool,
    truth: BarsTruth,
) -> Criterion:
    true = {bar.label: float(bar.value) for bar in truth.bars}
    name = truth.asked
    given = values or [value for _, value in said.unlabelled[:1]]
    if not given and not called and name not in said.ranges and not said.values:
        return Criterion(0.0, "answers neither part")
    if any(label != truth.highest for label in called):
        return Criterion(0.0, f"calls {' and '.join(called)} the highest")
    others = {value: label for label, value in true.items() if label != name}
    mixed = [value for value in given if value != true[name] and value in others]
    if mixed and len(given) == 1:
        return Criterion(0.0, f"gives {name} the value {mixed[0]:g} of {others[mixed[0]]}")
    if said.strangers:
        return Criterion(0.0, f"there is no bar {said.strangers[0]}")
    for label, pairs in said.values.items():
        if label == name or label not in true:
            continue
        last = _answers(text, pairs)
        if true[label] not in last:
            return Criterion(0.0, f"says {label} is {last[-1]:g} instead of {true[label]:g}")
    if len(given) > 2:
        return Criterion(0.0, f"undecided between {len(given)} values")
    if _contradicts(text, said, truth):
        return Criterion(0.0, f"gives {name} different values")
    if given and given != [true[name]]:
        return Criterion(0.5, f"says {name} is {' or '.join(f'{value:g}' for value in given)}")
    if name in said.ranges and not given:
        return Criterion(0.5, f"gives only a range for {name}")
    if unit := _unit(text, said, truth):
        return Criterion(0.5, f"adds a unit: {unit}")
    return Criterion(1.0, "nothing is mixed up")


def _contradicts(text: str, said: Said, truth: BarsTruth) -> bool:
    pairs = said.values.get(truth.asked, [])
    held = standing(text, [start for start, _ in pairs])
    by_place = dict(pairs)
    values = {by_place[start] for start in held}
    return len(values) > len(set(_answers(text, pairs)))


def _unit(text: str, said: Said, truth: BarsTruth) -> str | None:
    """Return a unit that a reply gives to the value and that the chart does not show."""
    for start, _ in said.values.get(truth.asked, []) + said.unlabelled[:1]:
        number = re.match(r"[\d.,]+|\w+(?:-\w+)?", text[start:])
        assert number is not None
        if match := _UNIT.match(text, start + number.end()):
            return match[0].strip()
        if match := _MONEY.search(text[:start]):
            return match[0].strip()
    return None
