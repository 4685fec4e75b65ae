"""Headings of sections: every form that models give to the line that begins one."""

import re
from typing import NamedTuple

from scribebench.grading.split.fields import INLINE, LABEL, field_of
from scribebench.grading.split.names import (
    NOUN,
    NUMBERS,
    ORDINALS,
    PLACE,
    ROW,
    noun_and_numbers,
    numbers_of,
)

_AT_ORDINAL = re.compile(
    rf"({'|'.join(ORDINALS)}|last|final|next) (?:{NOUN}|one)\b(?P<tail>.*)", re.I
)
_AT_PLACE = re.compile(
    rf"(?:{ROW}(?:,| -)? )?(?:{PLACE}(?P<two> (?:and|&) {PLACE})?(?:,| and)? ?|"
    rf"(?:{'|'.join(ORDINALS)}|last) )"
    rf"(?:(?:panel|pane|half|side) )?(?:{NOUN})(?: from (?:the )?\w+)?\b(?P<tail>.*)"
    rf"|(?:{'|'.join(ORDINALS)}) from (?:the )?(?:left|right|top|bottom)\b(?P<tail4>.*)"
    rf"|(?:one (?:at|in|on) the )?(?P<bare>{PLACE})(?P<many> two)?"
    rf"(?:[ -](?:hand|panel|corner|one|half|side))*(?: (?:{NOUN}))?"
    r"(?=[*_)\] ]*(?:[:–—\]-]|$))(?P<tail2>.*)"
    rf"|{NOUN} (?:at|in|on) the (?:far )?{PLACE}\b(?P<tail3>.*)",
    re.I,
)
# What stands before the name of a screenshot on the line of a heading.
_LEAD = re.compile(
    r"[ \t]{0,12}(?:>[ \t]?)?(?P<tag><h[1-6][^>]{0,40}>|<(?:b|strong|p|div|section|li)[^>]{0,60}>)?"
    r"(?P<rule>[=\-~_]{2,12}[ \t]*)?(?P<hash>#{1,6})?[ \t]*(?P<list>(?:[-*•+]|\d{1,3}[.)])[ \t]+)?"
    r"(?P<bold>\*{1,3}|__)?[ \t]*(?:\d{1,3}[.)][ \t]+)?(?P<bold2>\*{1,3}|__)?"
    r"(?P<emoji>[^\w\s#*<>\[\]({|`\"'“‘「【《./\\$~@&=+-]{1,6}[ \t]?)?"
    r"(?P<open>[\[(【「<{])?(?:the )?",
    re.I,
)
_AFTER = re.compile(
    r"(?P<close>[\])】」>}]|\.(?:png|jpe?g|webp))?(?:\"?>)?[ "
    r"\t]*(?P<time>(?:[\[(（@][^)\]）\n]{0,60}[)\]）]|(?:at |@ ?)?\d{1,2}:\d\d(?::\d\d)?))?[ \t]*"
    r"(?P<boldend>\*{1,3}|__)?[ \t]*(?P<sep>[:：|]|\.(?=\s|$|\*)|[–—]|-{1,2}(?=\s|>)|=+[ \t]*$|"
    r"-+[ \t]*$)?(?P<rest>[^\n]*)$"
)
_PREPOSITION = re.compile(r"^(?:in|for|on) (?:the )?", re.I)
_MARKS = ("hash", "bold", "bold2", "rule", "tag", "open", "list")
_COUNT = re.compile(
    r"(?P<indent>[ \t]{0,12})(?P<hash>#{1,6})?[ \t]*(?P<bold>\*\*)?(?P<open>[\[(#])?"
    r"(?P<number>\d{1,4})(?: ?(?:/| of ) ?(?P<of>\d{1,4}))?"
    r"(?P<more>(?:(?:-|–| to |, | and | & )\d{1,4})*)(?P<close>[\])])?"
    r"(?P<dot>[.):：]|\s*[–—|-](?=\s))?(?P<bold2>\*\*)?(?P<dot2>[.:])?(?P<said>[ \t].*|)$"
)
_COUNT_MARKS = ("hash", "open", "close", "dot", "dot2", "bold2", "of")


class Line(NamedTuple):
    """A line of a reply that is in no fence: its marks, and what stands behind them."""

    number: int
    text: str
    lead: "re.Match[str]"
    rest: str


class Heading(NamedTuple):
    """A line that begins a section; `said` is what it says itself.

    `is_list`: the number only counts items; `place`: it is named by a place, or by order alone;
    `is_prose`: it is a sentence that goes on; `is_ordinal`: the number was an ordinal.
    """

    line: int
    numbers: list[int]
    said: str
    title: str
    is_list: bool = False
    place: bool = False
    level: int = 0
    is_marked: bool = False
    span: int = 1
    is_prose: bool = False
    is_ordinal: bool = False


def line_of(number: int, text: str) -> Line:
    """Return a line with the marks that it begins with."""
    lead = _LEAD.match(text)
    assert lead is not None  # every mark may be absent
    return Line(number, text, lead, text[lead.end() :])


# --- forms of headings -------------------------------------------------------------------------


def named(lines: list[Line], n_frames: int) -> list[Heading]:
    """Find headings that name a screenshot by its number."""
    found = []
    for line in lines:
        lead = line.lead
        numbers, title, tail = noun_and_numbers(line.rest, n_frames)
        if not numbers:
            continue
        after = _AFTER.match(tail)
        if after is None:
            continue
        strong = any(lead[mark] for mark in ("hash", "rule", "tag", "open"))
        bold = bool(lead["bold"] or lead["bold2"])
        said = after["rest"].strip()
        if (
            not after["sep"]
            and said
            and not strong
            and not (bold and (after["boldend"] or said.endswith("**")))
        ):
            continue
        if after["sep"] == "." and said and not (strong or bold):
            continue
        if bold and after["sep"] != ":" and not after["boldend"] and "**" in said:
            extra, _, said = said.partition("**")
            title, said = f"{title} {extra}", said.lstrip(" :–—-")
        level = len(lead["hash"] or "")
        if level and after["sep"] not in (":", "："):
            said, title = "", f"{title} {said}"
        found.append(
            Heading(
                line.number, numbers, _unmarked(said), title, level=level, is_marked=strong or bold
            )
        )
    return found


def _unmarked(said: str) -> str:
    said = said.strip()
    if said in ("**", "*", "__", ":**"):
        return ""
    if said.startswith("**") and said.count("**") == 1:
        said = said[2:].strip()
    if said.endswith("**") and said.count("**") == 1:
        said = said[:-2].strip()
    return said


def begun(lines: list[Line], n_frames: int) -> list[Heading]:
    """Find lines that begin with a screenshot's name and number, or its ordinal, and go on."""
    found: list[Heading] = []
    for line in lines:
        rest = _PREPOSITION.sub("", line.rest)
        numbers, title, tail = noun_and_numbers(rest, n_frames)
        ordinal = None if numbers else _AT_ORDINAL.match(rest)
        if not numbers and not ordinal:
            continue
        if ordinal:
            numbers = _ordinal(ordinal[1].lower(), found, n_frames)
            title, tail = ordinal[0][: ordinal.start("tail")], ordinal["tail"]
        if re.match(r"[.\w-]\w", tail):
            continue  # the name of a file
        after = _AFTER.match(tail)
        is_apart = after and (after["sep"] or after["time"])
        said = after["rest"].strip() if after and is_apart else line.text.strip()
        found.append(
            Heading(
                line.number,
                numbers,
                _unmarked(said),
                title,
                is_prose=not is_apart,
                is_ordinal=ordinal is not None,
            )
        )
    return found


def _ordinal(word: str, before: list[Heading], n_frames: int) -> list[int]:
    """Return the number, from 1, that an ordinal means behind other headings."""
    if word == "next":
        return [before[-1].numbers[-1] + 1] if before and before[-1].numbers else []
    return [ORDINALS.index(word) + 1] if word in ORDINALS else [n_frames]


def placed(lines: list[Line], n_frames: int) -> list[Heading]:
    """Find headings that name a screenshot by its place."""
    found = []
    for line in lines:
        match = _AT_PLACE.match(line.rest)
        if not match:
            continue
        marked = match["bare"] is not None or any(line.lead[mark] for mark in _MARKS)
        if match["bare"] and not marked and not line.text.rstrip().endswith(":"):
            continue
        tail = match["tail"] or match["tail2"] or match["tail3"] or match["tail4"] or ""
        after = _AFTER.match(tail)
        if not marked and not (after and after["sep"]):
            continue
        said = after["rest"] if after else tail
        title = line.rest[: len(line.rest) - len(tail)]
        span = 2 if match["two"] or match["many"] else 1
        found.append(Heading(line.number, [], _unmarked(said), title, place=True, span=span))
    return found if any(re.search(PLACE, one.title, re.I) for one in found) else []


def counted(lines: list[Line], n_frames: int) -> list[Heading]:
    """Find headings, or items of the outermost list, that hold a number only."""
    forms: dict[str, list[Heading]] = {}
    for line in lines:
        match = _COUNT.match(line.text)
        if not match or not any(match[mark] for mark in _COUNT_MARKS):
            continue
        if match["of"] and int(match["of"]) != n_frames:
            continue
        said = match["said"].strip()
        is_field = LABEL.match(line.text) or (said and field_of(said.partition(":")[0]))
        if is_field and not INLINE.search(said):  # one with further fields is a frame's
            continue
        hashed, opened = match["hash"], match["open"]
        kind = "hash" if hashed else f"{opened or ''}.{len(match['indent'])}.{bool(match['bold'])}"
        is_list = not hashed and not opened and not match["of"]
        title = match[0].strip()
        forms.setdefault(kind, []).append(
            Heading(line.number, _several(match), _unmarked(said), title, is_list=is_list)
        )
    candidates = [found for found in forms.values() if _counts(found)]
    return max(candidates, key=lambda found: (not found[0].is_list, len(found)), default=[])


def _several(match: "re.Match[str]") -> list[int]:
    numbers = NUMBERS.match(match["number"] + match["more"])
    return numbers_of(numbers) if numbers else [int(match["number"])]


def _counts(headings: list[Heading]) -> bool:
    """Return whether numbers go up by one each time, as those of a list of screenshots do."""
    numbers = [number for one in headings for number in one.numbers]
    if len(numbers) < 2 or min(numbers) > 1:
        return len(numbers) > 1 and not headings[0].is_list
    told = sorted(numbers)
    is_whole = told == list(range(told[0], told[0] + len(told)))
    # A line with several fields is a frame's, and one may be left out.
    return is_whole or not headings[0].is_list or all(INLINE.search(one.said) for one in headings)


# A title before the name: "### Login page (Screenshot 2)", "**Top row: Screenshots 1-3**".
_TITLE_END = re.compile(
    r"(?:[(\[]|[ \t][–—-][ \t]|[:：|][ \t]?|[ \t](?:of|for|from)[ \t])[ \t]*(?:the )?", re.I
)
_TITLE_REST = re.compile(r"[ \t]*[)\]]?[ \t]*[*_]{0,3}[:：.]?[*_]{0,3}[ \t]*(?:</?\w+>)?[ \t]*$")
_LONGEST_TITLE = 160


def behind(lines: list[Line], n_frames: int) -> list[Heading]:
    """Find headings that name a screenshot, or a range of them, behind a title."""
    found = []
    for line in lines:
        lead, text = line.lead, line.text.rstrip()
        is_bold = bool(lead["bold"] or lead["bold2"]) and text.rstrip(":").endswith(("**", "__"))
        if not (lead["hash"] or lead["tag"] or is_bold) or len(text) > _LONGEST_TITLE:
            continue
        for mark in _TITLE_END.finditer(line.rest):
            numbers, _, tail = noun_and_numbers(line.rest[mark.end() :], n_frames)
            if numbers and _TITLE_REST.match(tail):
                title = line.rest[: mark.start()].strip(" *_")
                level = len(lead["hash"] or "")
                found.append(Heading(line.number, numbers, "", title, level=level, is_marked=True))
                break
    return found


# Names that order alone tells apart: no number, a file of pictures, a time.
_BARE_NAME = re.compile(
    rf"(?:next |another |new )?{NOUN}(?: (?-i:[A-Z]|[IVX]{{2,4}}))?(?![\w'’])(?! \w)",
    re.I,
)
_FILE_NAME = re.compile(
    r"[`\"']?[\w.()@~+-]{1,80}(?: [\w.()@+-]{1,40}){0,6}\.(?:png|jpe?g|webp|bmp|gif|tiff?|heic)"
    r"(?![\w.])[`\"']?",
    re.I,
)
_CLOCK = re.compile(
    r"(?:at |time:? ?|t ?= ?)?(?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?(?![\d:])", re.I
)
_COUNTED = re.compile(r"(?<!\d)(\d{1,3})[.)]")
# A word and a number, alike for all: "### Window 1".
_ALIKE = re.compile(r"(?P<word>[^\W\d_]{2,20}) #?(?P<number>\d{1,3})(?![\w.])")
_NAME_END = re.compile(
    r"[ \t]*[\])】」>}]?[ \t]*(?P<bold>\*{1,3}|__)?[ \t]*"
    r"(?P<sep>[:：]|[–—-](?=[ \t])|[=-]+[ \t]*$)?(?P<bold2>\*{1,3}|__)?(?P<said>[ \t].*|)$"
)


def ordered(lines: list[Line], n_frames: int) -> list[Heading]:
    """Find headings that hold no number, but a bare name, a file's name or a time, in order."""
    if n_frames < 2:
        return []
    forms = [_names(lines, name) for name in (_BARE_NAME, _FILE_NAME, _CLOCK)]
    best = max((one for one in forms if _is_of_all(one, lines, n_frames)), key=len, default=[])
    if best and all(one.numbers for one in best):
        return best  # "1. Screenshot"
    return [one._replace(numbers=[number]) for number, one in enumerate(best, 1)]


def _names(lines: list[Line], name: "re.Pattern[str]") -> list[Heading]:
    found = []
    for line in lines:
        match = name.match(line.rest)
        after = _NAME_END.match(line.rest, match.end()) if match else None
        if match is None or after is None:
            continue
        lead = line.lead
        is_marked = any(lead[mark] for mark in ("hash", "bold", "bold2", "rule", "tag", "open"))
        said = after["said"].strip()
        if not (after["sep"] or (is_marked and (not said or lead["hash"]))):
            continue
        level = len(lead["hash"] or "")
        title = match[0] if not level else f"{match[0]} {said}".strip()
        said = "" if level else _unmarked(said)
        counts = [int(number) for number in _COUNTED.findall(lead[0])]
        found.append(
            Heading(line.number, counts, said, title, bool(counts), True, level, is_marked)
        )
    return found


def _is_of_all(found: list[Heading], lines: list[Line], n_frames: int) -> bool:
    """Return whether headings stand for frames, and are not names within a description."""
    if len(found) < 2:
        return False
    fields = (line.number for line in lines if LABEL.match(line.text))
    if next(fields, found[0].line) < found[0].line:
        return False
    has_text = any(one.said for one in found)
    return len(found) == n_frames or not has_text


def alike(lines: list[Line], n_frames: int) -> list[Heading]:
    """Find headings of any other word and a number, when they count all frames."""
    words: dict[str, list[Heading]] = {}
    for line in lines:
        lead, match = line.lead, _ALIKE.match(line.rest)
        after = _NAME_END.match(line.rest, match.end()) if match else None
        if match is None or after is None or not (lead["hash"] or lead["bold"] or lead["bold2"]):
            continue
        said = "" if lead["hash"] else _unmarked(after["said"].strip())
        heading = Heading(
            line.number, [int(match["number"])], said, match[0], level=len(lead["hash"] or "")
        )
        words.setdefault(match["word"].casefold(), []).append(heading)
    whole = (list(range(n_frames)), list(range(1, n_frames + 1)))
    for found in words.values():
        if n_frames > 1 and [number for one in found for number in one.numbers] in whole:
            return found
    return []
