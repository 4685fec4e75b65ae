"""Grade VL-T1-Q2: how many shapes there are, how many of each kind, and their colours."""

import re
from dataclasses import dataclass, field
from itertools import pairwise

from scribebench.grading.rubric.criterion import Criterion
from scribebench.grading.rubric.lexicon import Term, fold, terms
from scribebench.grading.rubric.reply import plain
from scribebench.grading.rubric.standing import is_said, standing
from scribebench.rubric.truths import ShapeGroup, ShapesTruth

# Words for a shape of any kind.
_ANY = (
    r"(?:shap(?:e|es|s)|objects?|figur(?:es?|as?|en)|form(?:s|e|es|en|as|atos?)?|items?|"
    r"elements?|elementos?|éléments?|elementi|polygons?|symbols?|"
    r"objekte?n?|objetos?|objets?|oggetti|vormen|figuren|objecten|figury|"
    r"фигур\w*|форм\w*|объект\w*|形状|形狀|图形|圖形|図形|物体|形|도형|things?)"
)
_KINDS = re.compile(
    r"\b(?:types?|kinds?|sorts?|varieties|categories|different|distinct|unique|arten|types|"
    r"verschiedene\w*|différent\w*|tipos?|diferentes|diversi|tipi|soorten|verschillende|вид\w*|"
    r"colou?rs?|rows?|groups?|sets?|columns?)\b|种",
    re.I,
)
_TOTAL_WORD = (
    r"(?:total(?: (?:number|count|amount))?(?: of)?(?: \w+)?|in total|altogether|in all|overall|"
    r"number of shapes|shape count|count of shapes|total shapes|shapes total|insgesamt|gesamt\w*|"
    r"anzahl(?: der \w+)?|au total|nombre(?: total)?(?: de \w+)?|en total|número(?: total)?(?: de "
    r"\w+)?|in totale|totale|no total|ao todo|totaal|in totaal|всего|итого|"
    r"总共|總共|共有|一共|共计|共|"
    r"总数|合計|全部で|計|answer|makes|making|totall?ing|equals|adds up to|gives|"
    r"how many(?: shapes)?|how many shapes are in this image)"
)
_BEFORE_TOTAL = re.compile(
    rf"(?:{_TOTAL_WORD}|\b{_ANY}(?=\s*[:：=]))[\s:：=\"'|*(,-]*(?:(?:is|are|of|there are|we have|"
    rf"ist|sind|est|es|son|è|é|有|为|"
    r"是)[\s:：]*)?(?:(?:about|exactly|approximately|ungefähr|about)\s+)?$",
    re.I,
)
_AFTER_TOTAL = re.compile(
    rf"[\s*\"'个個つのこ개의]*(?:(?:geometric|geometrical|simple|coloured|colored|visible|basic|solid|"
    rf"individual|separate|total|geometrische|verschiedenfarbige|的|"
    rf"の)\s*){{0,3}}(?P<any>{_ANY})(?![A-Za-zÀ-ɏ])"
    r"|[\s*\"']*(?:in total|altogether|in all|overall|total\b|insgesamt|au total|en total|in "
    r"totale|"
    r"no total|ao todo|in totaal|всего)",
    re.I,
)
_COUNT_KEY = re.compile(r"\W*(?:count|number|quantity|anzahl|nombre|cantidad)\W*$", re.I)
_HEDGED = re.compile(r"^[\s*]*(?:or|to|oder|bis|ou|o|of|или|或|-|–|~|か|maybe|"
                     r"perhaps)[\s*]*(?:maybe |"
                     r"possibly |even )?$", re.I)  # fmt: skip
_LIST_NUMBER = re.compile(
    r"^[ \t>*|-]*(?:#|no\.? ?|shape |form |item |图形|形状)?\(?(\d{1,3})[ \t]*[.):|-]", re.I | re.M
)
_LIST_ITEM = re.compile(r"^[ \t>]*(?:[-*•+]|\(?\d{1,3}[.):])[ \t]*", re.M)
_BREAK = re.compile(
    r"[,;.。，、；]|\band\b|\bund\b|\by\b|\bet\b|\be\b|\ben\b|\bи\b|和|と|\+|&", re.I
)
_IGNORED_KINDS = ("line", "arrow")
_PLURAL = re.compile(r"s$|kreise|quadrate|dreiecke|rechtecke|sterne|rauten|ecke$|en$|i$|и$|ы$|ов$")
# Near enough to be half right as a name.
_COUSINS = {
    "square": ("rectangle",),
    "circle": ("oval",),
    "rectangle": ("square",),
    "oval": ("circle",),
    "diamond": ("square", "parallelogram"),
}


@dataclass
class _Mention:
    """One mention of a kind of shape with what is said of it."""

    shape: str
    start: int
    end: int
    colour: str | None = None
    counts: list[int] = field(default_factory=list)
    is_plural: bool = False
    is_single: bool = False  # a list item, a sign, or one with an article
    line: int = 0


@dataclass
class _Kind:
    """What a reply says of one kind: how many (two numbers when undecided), which colours."""

    counts: tuple[int, ...]
    colours: tuple[str, ...]
    is_listed: bool


def score(reply: str, truth: ShapesTruth) -> dict[str, Criterion]:
    """Score `total_count`, `per_shape_count` and `colors` of a reply."""
    text = _ENUMERATED.sub(_last_of_row, plain(reply))
    text = _COUNTED_ALOUD.sub(lambda match: match[1], text)
    found = [
        term
        for term in terms(text)
        if is_said(text, term.start, term.end) and not _is_pronoun(text, term)
    ]
    found = _without_doubles(text, found)
    totals, spans = _totals(text, found)
    rest = [term for term in found if (term.start, term.end) not in spans]
    mentions = _mentions(text, rest)
    kinds = _kinds(text, mentions)
    return {
        "total_count": _total_count(totals, kinds, mentions, text, truth),
        "per_shape_count": _per_shape(kinds, truth),
        "colors": _colours(kinds, truth),
    }


# `Circles: 1, 2, 3` counts them.
_ENUMERATED = re.compile(r"(?<=[:=(])[ \t]*1(?:[ \t]*,[ \t]*\d{1,2})+(?=[ \t]*(?:[\n;).]|$))", re.M)

# `one, two, three circles`: the last number counts.
_COUNTED_ALOUD = re.compile(
    r"\b(?:one, (?:two, )?(?:three, )?(?:four, )?(?:five, )?|1, (?:2, )?(?:3, )?(?:4, )?(?:5, )?)"
    r"(?:and )?(two|three|four|five|six|[2-6])\b(?=[ \w]{0,20} )",
    re.I,
)


def _last_of_row(match: re.Match[str]) -> str:
    numbers = [int(one) for one in re.findall(r"\d+", match[0])]
    is_row = numbers == list(range(1, len(numbers) + 1))
    return f" {numbers[-1]}" if is_row else match[0]


def _without_doubles(text: str, found: list[Term]) -> list[Term]:
    """Return the terms without those that say a thing again: `three (3)`, `🔴 red circle`."""
    kept: list[Term] = []
    for place, term in enumerate(found):
        last = found[place - 1] if place else None
        if (
            term.kind == "number"
            and last is not None
            and last[:2] == term[:2]
            and re.fullmatch(r"\s*\(\s*", text[last.end : term.start])
        ):
            continue
        if term.kind == "symbol":
            begin = text.rfind("\n", 0, term.start) + 1
            stop = text.find("\n", term.end)
            end = stop if stop >= 0 else len(text)
            if any(
                one.kind == "shape" and one.value == term.value and begin <= one.start < end
                for one in found
            ):
                continue
        kept.append(term)
    return kept


_ONE = re.compile(r"(?:one|an?|ein\w*|une?|una|uno|uma?|een|один|одна|одно)$", re.I)
# With these signs behind it, 一 is part of another word: altogether, some, a picture.
_NOT_ONE = tuple("共些样樣种種起幅张張般定")
_NAMED_NEXT = re.compile(r"[\s*]*(?:[^\W\d_]+[-\s*]+){0,3}?[^\W\d_]+")


def _is_pronoun(text: str, term: Term) -> bool:
    """Return whether a word for one stands for something else: `I missed one`, `this one`."""
    if term.kind != "number":
        return False
    if text[term.start : term.end] == "一" and text[term.end : term.end + 1] in _NOT_ONE:
        return True
    if re.match(r"[ *]*(?:different |distinct |main |basic |unique )?(?:(?:types?|kinds?|sorts?|"
                r"colou?rs?|rows?|columns?|groups?|sides?|tipos?|arten)\b|種類|"
                r"种)", text[term.end : term.end + 30], re.I):  # fmt: skip
        return True
    if not _ONE.fullmatch(text[term.start : term.end]):
        return False
    after = _NAMED_NEXT.match(text, term.end)
    if after is None:
        return not re.match(r"[\s*]*(?:\||$|\n|[●■▲🔴])", text[term.end :])
    return not any(one.kind in ("shape", "symbol") for one in terms(after[0][:60]))


# ----- The total


def _totals(text: str, found: list[Term]) -> tuple[list[int], set[tuple[int, int]]]:
    """Return the totals that hold (several when undecided), and which numbers are totals."""
    said: list[tuple[int, int]] = []
    spans: set[tuple[int, int]] = set()
    numbers = [term for term in found if term.kind == "number"]
    for place, term in enumerate(numbers):
        if _is_list_number(text, term):
            spans.add((term.start, term.end))
            continue
        if not _is_total(text, term, found):
            continue
        spans.add((term.start, term.end))
        said.append((term.start, int(term.value)))
        back = place
        while back and _HEDGED.match(
            text[numbers[back - 1].end : numbers[back].start].strip(", ") or "x"
        ):
            back -= 1
            said.append((numbers[back].start, int(numbers[back].value)))
            spans.add((numbers[back].start, numbers[back].end))
        # `4, 5 or maybe 6 shapes`
        while (
            back
            and back != place
            and text[numbers[back - 1].end : numbers[back].start].strip() == ","
        ):
            back -= 1
            said.append((numbers[back].start, int(numbers[back].value)))
            spans.add((numbers[back].start, numbers[back].end))
    if not said:
        return [], spans
    held = standing(text, [start for start, _ in said])
    values = dict(said)
    last = held[-1]
    group = [values[last]]
    for start in reversed(held[:-1]):
        between = text[start:last]
        if len(between) < 24 and re.search(r"\b(?:or|to|oder|bis|ou|o|или)\b|[-–或か,]", between):
            group.append(values[start])
    return list(dict.fromkeys(group)), spans


def _is_list_number(text: str, term: Term) -> bool:
    """Return whether a number only numbers a line of a list."""
    begin = text.rfind("\n", 0, term.start) + 1
    match = _LIST_NUMBER.match(text, begin)
    if match is None or match.start(1) != term.start:
        return False
    rest = text[match.end() :].split("\n", 1)[0]
    if match[0].rstrip()[-1] == ":" and len(_LIST_NUMBER.findall(text)) < 2:
        return False
    return bool(rest.strip()) and match[0].rstrip()[-1] in ".):|-"


def _is_total(text: str, term: Term, found: list[Term]) -> bool:
    before, after = text[max(0, term.start - 60) : term.start], text[term.end : term.end + 60]
    before, after = before.rsplit("\n", 1)[-1], after.split("\n", 1)[0]
    if _COUNT_KEY.match(before) and _holds_several(text, term.start, found):
        return not re.sub(r"[\W_]+", "", after)
    if match := _AFTER_TOTAL.match(after):
        between = after[: match.end()]
        if _KINDS.search(between) or _KINDS.match(after.strip()):
            return False
        # `2 shapes are blue` tells of a part.
        tail = after[match.end() :]
        return not (
            re.match(r"\s+(?:are|is|of them|in)\s+(?:\w+\s)?", tail)
            and any(
                other.kind == "colour" and 0 <= other.start - term.end - match.end() < 12
                for other in found
            )
        )
    if _BEFORE_TOTAL.search(before):
        nexts = [other for other in found if other.start >= term.end][:1]
        if (
            nexts
            and nexts[0].kind != "number"
            and re.fullmatch(r"[ *]*(?:[\w()]+ +){0,4}", text[term.end : nexts[0].start])
        ):
            return False
        return not re.match(r"[\s*]*(?:types?|kinds?)", after)
    nexts = [one for one in found if one.start > term.start]
    if re.match(r"[ *)]*[:：]", after) and nexts and nexts[0].kind == "number":
        begin = max(text.rfind(mark, 0, term.start) for mark in ("\n", ". ", "; ")) + 1
        if not any(
            one.kind in ("shape", "symbol") and begin <= one.start < term.start for one in found
        ):
            return True
    line_after = after.split("\n", 1)[0]
    alone = not re.sub(r"[\W_]+", "", before) and not re.sub(r"[\W_]+", "", line_after)
    first = not any(other.start < term.start for other in found)
    if alone:
        return first or not any(other.kind in ("shape", "symbol") for other in found)
    if re.search(r"=\s*\**\s*$", before) and "+" in before:
        return True
    if first and re.search(
        r"(?:there (?:are|is)|i (?:see|count)|es gibt|es sind|il y a|hay|ci sono|há|er zijn|"
        r"有)\s*$",
        before, re.I,
    ):  # fmt: skip
        return re.match(r"\s*(?:[:.;,(—-]|$|\n)", after) is not None
    return first and re.match(r"\s*[:：—–.,;-]\s", after) is not None and not before.strip(" *-\"'")


def _holds_several(text: str, place: int, found: list[Term]) -> bool:
    """Return whether the line above the one at `place` names several shapes."""
    end = text.rfind("\n", 0, place)
    begin = text.rfind("\n", 0, max(end, 0)) + 1
    shapes = [one for one in found if begin <= one.start < end and one.kind in ("shape", "symbol")]
    return len(shapes) > 1


def _total_count(
    totals: list[int],
    kinds: dict[str, _Kind],
    mentions: list[_Mention],
    text: str,
    truth: ShapesTruth,
) -> Criterion:
    if totals:
        if truth.total not in totals:
            return Criterion(0.0, f"says {' or '.join(map(str, totals))} in all")
        if len(totals) == 1:
            return Criterion(1.0, f"says {truth.total} in all")
        value = 0.5 if len(totals) == 2 else 0.0
        return Criterion(value, f"undecided: {' or '.join(map(str, totals))}")
    if _numbered(text, mentions) == truth.total:
        return Criterion(1.0, f"a list numbered 1 to {truth.total} of single shapes")
    counts = [kind.counts for kind in kinds.values()]
    if counts and all(len(one) == 1 for one in counts):
        total = sum(one[0] for one in counts)
        if total == truth.total:
            return Criterion(0.5, f"not stated; what is listed adds up to {total}")
        return Criterion(0.0, f"not stated; what is listed adds up to {total}")
    return Criterion(0.0, "no total is stated")


def _numbered(text: str, mentions: list[_Mention]) -> int | None:
    """Return how long a numbered list of single shapes is; null when there is none."""
    numbers = [(match.start(), int(match[1])) for match in _LIST_NUMBER.finditer(text)]
    if len(numbers) < 2 or [number for _, number in numbers] != list(range(1, len(numbers) + 1)):
        return None
    for mention in mentions:
        if mention.counts and mention.counts != [1]:
            return None
    return len(numbers)


# ----- The kinds


def _mentions(text: str, found: list[Term]) -> list[_Mention]:
    """Return the shapes that a reply mentions, each with the numbers and colours that belong to it.

    What stands in the same part of a sentence belongs together; a number or colour in a part
    without a shape belongs to the shape before it that lacks one, else to the next.
    """
    mentions: list[_Mention] = []
    pending: list[Term] = []
    place = 0
    for line_number, line in enumerate(text.split("\n")):
        end = place + len(line)
        inside = [term for term in found if place <= term.start < end]
        if inside:
            made, pending = _line_mentions(text, inside, pending, mentions, line_number)
            mentions += made
        place = end + 1
    return mentions


def _line_mentions(
    text: str, inside: list[Term], pending: list[Term], earlier: list[_Mention], number: int
) -> tuple[list[_Mention], list[Term]]:
    made: list[_Mention] = []
    waiting = list(pending)
    given: set[int] = set()
    for part in _parts(text, inside):
        shapes = [term for term in part if term.kind in ("shape", "symbol")]
        if not shapes:
            last = made[-1] if made else (earlier[-1] if earlier else None)
            later = any(
                term.kind in ("shape", "symbol") and term.start > part[-1].start for term in inside
            )
            for term in part:
                if last is not None and (made or not later) and _lacks(last, term):
                    _give(last, term)
                else:
                    waiting.append(term)
            continue
        for place, shape in enumerate(shapes):
            mention = _new(text, shape, number)
            made.append(mention)
            low = shapes[place - 1].end if place else -1
            before = [term for term in part if low <= term.start < shape.start]
            high = shapes[place + 1].start if place + 1 < len(shapes) else None
            after = [
                term for term in part
                if term.start > shape.start and (high is None or term.start < high)
            ]  # fmt: skip
            if place:
                before = [term for term in before if id(term) not in given]
            for term in [*waiting, *before]:
                if _lacks(mention, term) or _is_alternative(text, mention, term):
                    _give(mention, term)
            waiting = []
            ends_here = high is None
            for term in after:
                is_own = _lacks(mention, term) and (ends_here or _clings(text, shape, term))
                if is_own or _is_alternative(text, mention, term):
                    _give(mention, term)
                    given.add(id(term))
    last = made[-1] if made else (earlier[-1] if earlier else None)
    return made, [
        term
        for term in waiting
        if term.kind != "ordinal" and not (last is not None and last.colour == term.value)
    ]


def _parts(text: str, inside: list[Term]) -> list[list[Term]]:
    """Return the terms of a line in parts, split where a list of things goes on."""
    parts: list[list[Term]] = [[inside[0]]]
    for one, other in pairwise(inside):
        between = text[one.end : other.start]
        is_break = _BREAK.search(between) is not None
        # `large, red circles`: an adjective's comma.
        if is_break and one.kind == "colour" and re.fullmatch(r"\s*,\s*[\w-]*\s*", between):
            is_break = other.kind != "shape"
        if is_break and _HEDGED.match(between.strip(", ") or "x"):
            is_break = False
        if is_break:
            parts.append([])
        parts[-1].append(other)
    return parts


def _new(text: str, term: Term, line: int) -> _Mention:
    said = fold(text[term.start : term.end])
    begin = text.rfind("\n", 0, term.start) + 1
    before = text[max(begin, term.start - 30) : term.start]
    is_item = _LIST_ITEM.match(text, begin) is not None
    has_article = re.search(r"\b(?:an?|one|the (?:first|second|third|other|last)|another|ein\w*|"
                            r"une?|"
                            r"una|uno|um|uma|een|другой|"
                            r"一个)\s+(?:[\w-]+\s+){0,3}$", before, re.I)  # fmt: skip
    plural = term.kind == "shape" and _PLURAL.search(said) is not None and said.isalpha()
    return _Mention(
        str(term.value),
        term.start,
        term.end,
        colour=term.colour,
        is_plural=plural and not said.startswith(("ovals",)) and said not in ("cross", "pois"),
        is_single=term.kind == "symbol" or is_item or has_article is not None,
        line=line,
    )


def _lacks(mention: _Mention, term: Term) -> bool:
    if term.kind == "colour":
        return mention.colour is None
    return term.kind == "number" and not mention.counts


def _is_alternative(text: str, mention: _Mention, term: Term) -> bool:
    """Return whether a number stands beside the mention's number as another that may be."""
    if term.kind != "number" or not mention.counts:
        return False
    before = text[max(0, term.start - 14) : term.start]
    return (
        re.search(r"\b(?:or|to|oder|bis|ou|o|или)\s+(?:maybe )?$|[\d][-–]$|或$", before, re.I)
        is not None
    )


def _clings(text: str, shape: Term, term: Term) -> bool:
    """Return whether a term behind a shape, before another one, belongs to the first."""
    between = text[shape.end : term.start]
    return re.fullmatch(r"[\s:：=x×*(|-]*", between) is not None


def _give(mention: _Mention, term: Term) -> None:
    if term.kind == "colour":
        mention.colour = mention.colour or str(term.value)
    elif term.kind == "number":
        mention.counts.append(int(term.value))


def _kinds(text: str, mentions: list[_Mention]) -> dict[str, _Kind]:
    """Return what holds of each kind of shape: later statements replace earlier ones."""
    cut = 0
    explicit = [mention for mention in mentions if mention.counts]
    if explicit:
        held = standing(text, [mention.start for mention in explicit])
        cut = held[0] if held else 0
        # A correction of one kind leaves the others as they were.
        behind = {mention.shape for mention in explicit if mention.start >= cut}
        mentions = [
            mention for mention in mentions
            if mention.start >= cut or mention.shape not in behind
        ]  # fmt: skip
    found: dict[str, _Kind] = {}
    for shape in dict.fromkeys(mention.shape for mention in mentions):
        own = [mention for mention in mentions if mention.shape == shape]
        found[shape] = _kind(own)
    return {shape: kind for shape, kind in found.items() if kind.counts != (0,)}


def _kind(own: list[_Mention]) -> _Kind:
    colours = tuple(dict.fromkeys(mention.colour for mention in own if mention.colour))
    explicit = [mention for mention in own if mention.counts]
    if explicit:
        values = [mention.counts[0] for mention in explicit]
        # `red circle 1, red circle 2, red circle 3` numbers them.
        if (
            len(values) > 1
            and values == list(range(1, len(values) + 1))
            and not any(mention.is_plural for mention in explicit)
        ):
            return _Kind((len(values),), colours, True)
        if all(value == 1 for value in values) and len(values) > 1 and len(colours) <= 1:
            return _Kind((len(values),), colours, True)
        by_colour: dict[str | None, tuple[int, ...]] = {}
        for mention in explicit:
            by_colour[mention.colour] = tuple(dict.fromkeys(mention.counts))
        if None in by_colour:
            return _Kind(by_colour[None], colours, True)
        if len(by_colour) == 1:
            return _Kind(next(iter(by_colour.values())), colours, True)
        return _Kind((sum(counts[0] for counts in by_colour.values()),), colours, True)
    single = [mention for mention in own if not mention.is_plural]
    listed = [mention for mention in single if mention.is_single]
    if listed or len(single) > 1:
        return _Kind((len(single),), colours, True)
    return _Kind((), colours, False)


# ----- The criteria


def _per_shape(kinds: dict[str, _Kind], truth: ShapesTruth) -> Criterion:
    share = 1 / len(truth.groups)
    wanted = {group.shape for group in truth.groups}
    value, told, used = 0.0, [], set(wanted)
    for group in truth.groups:
        kind, name, worth = _kind_of(group, kinds, wanted)
        used.add(name)
        if kind is None or not kind.counts:
            told.append(f"no count of {group.shape}s")
            continue
        said = " or ".join(map(str, kind.counts))
        told.append(f"{said} {name}{'s' if kind.counts != (1,) else ''}")
        if group.count in kind.counts:
            hedged = 1.0 if len(kind.counts) == 1 else 0.5 if len(kind.counts) == 2 else 0.0
            value += share * worth * hedged
    extra = [
        shape for shape, kind in kinds.items()
        if shape not in used and shape not in _IGNORED_KINDS and kind.counts
    ]  # fmt: skip
    if extra:
        told.append(f"{extra[0]}s that are not there")
        value -= 0.5
    return Criterion(max(0.0, min(1.0, value)), "says " + ", ".join(told))


def _kind_of(
    group: ShapeGroup, kinds: dict[str, _Kind], wanted: set[str]
) -> tuple[_Kind | None, str, float]:
    """Return what is said of a group, under which name, and what that name is worth."""
    if group.shape in kinds:
        return kinds[group.shape], group.shape, 1.0
    for cousin in _COUSINS.get(group.shape, ()):
        if cousin in kinds and cousin not in wanted:
            return kinds[cousin], cousin, 0.5
    return None, group.shape, 0.0


def _colours(kinds: dict[str, _Kind], truth: ShapesTruth) -> Criterion:
    share = 1 / len(truth.groups)
    wanted = {group.shape for group in truth.groups}
    value, told = 0.0, []
    for group in truth.groups:
        kind, name, _ = _kind_of(group, kinds, wanted)
        colours = kind.colours if kind is not None else ()
        told.append(f"{name}s {' and '.join(colours) or 'without colour'}")
        if colours == (group.colour,):
            value += share
        elif group.colour in colours:
            value += share / 2
    return Criterion(min(1.0, value), "says " + ", ".join(told))
