"""Sections of a text: what their headings look like, and where they end."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from scribebench.backends.base import FrameDescription
from scribebench.grading.refusal import is_refusal
from scribebench.grading.split.fields import LABEL, field_of, read_fields
from scribebench.grading.text import fenced_lines

# Reading stays linear in the length of a reply because every repetition is bounded.
_GAP = r"[ \t]{0,12}"
NOUN = (
    r"(?:screen ?-?shots?|screen captures?|captures?(?: d['’]écran)?|frames?|images?|imágenes"
    r"|pictures?|photos?|imgs?|screens?|snapshots?|slides?|shots?|bildschirmfotos?|"
    r"bildschirmaufnahmen?"
    r"|bildschirmabzug|bild(?:er)?|capturas?(?: de (?:pantalla|tela))?|pantallas?|schermate?|"
    r"schermata"
    r"|zrzut(?:y)? ekranu|skärmbild(?:er)?|снимок экрана|скриншот|снимок|кадр|ekran görüntüsü"
    r"|截图|截屏|图片|图像|图|屏幕截图|スクリーンショット|画像|스크린샷|이미지)"
)
_NUMBER = r"(?:#|no\.? ?|number |nr\.? ?|n° ?|№ ?)?(\d{1,9})(?!\.?\d)"
_TO = r"(?:-|–|—|~|to|through|thru|bis|à|a|至|到|\.\.\.?)"
_AND = r"(?:,? ?(?:and|&|und|et|y|和|与|、)|,|/|\+|;)"
_NUMBERS = re.compile(
    rf"{_NUMBER}(?P<more>(?:{_GAP}(?:{_TO}|{_AND}){_GAP}(?:{NOUN}[ "
    rf"_-]?)?#?\d{{1,9}}(?![\d:.]\d)){{0,30}})",
    re.I,
)
_STEP = re.compile(rf"(?:(?P<to>{_TO})|{_AND}){_GAP}(?:{NOUN}[ _-]?)?#?(?P<number>\d{{1,9}})", re.I)
_WORDS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen", "twenty",
]  # fmt: skip
_ORDINALS = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
    "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth",
    "seventeenth", "eighteenth", "nineteenth", "twentieth",
]  # fmt: skip
PLACE = (
    r"(?:(?:upper|lower|top|bottom|middle|center|centre|central|mid|far)[ -]?)?"
    r"(?:left|right|middle|center|centre|central|top|bottom|upper|lower|leftmost|rightmost|topmost)"
    r"(?:[ -](?:most|hand|side|corner|row|column|one))?"
)
ROW = (
    r"(?:(?:top|bottom|middle|upper|lower|first|second|third|fourth) (?:row|line|column)"
    r"|(?:row|column) \d+)"
)
_AT_NOUN = re.compile(rf"(?:developer |desktop )?{NOUN}", re.I)
_BEFORE_NUMBER = re.compile(
    r"[ \t]*(?:(?:index|id|nr|no)\b)?[ \t]*[_#:=\"'.\-–(]{0,2}[ \t]*(?:index|id)?[ \t:=\"']{0,3}",
    re.I,
)
_AT_WORD = re.compile(rf"[ \t]+({'|'.join(_WORDS)})\b", re.I)
_AT_COUNTED = re.compile(
    r"第 ?(\d{1,4}|[一二三四五六七八九十]{1,3}) ?(?:张|个|幅|枚)?(?:の)?"
    r"(?:截图|截屏|图片|图像|图|屏幕截图|画像|スクリーンショット|帧)"
)
_AT_NUMERAL = re.compile(rf"(\d{{1,3}})(?:st|nd|rd|th) {NOUN}", re.I)
_AT_ORDINAL = re.compile(
    rf"({'|'.join(_ORDINALS)}|last|final|next) (?:{NOUN}|one)\b(?P<tail>.*)", re.I
)
_AT_PLACE = re.compile(
    rf"(?:{ROW}(?:,| -)? )?(?:{PLACE}(?P<two> (?:and|&) {PLACE})?(?:,| and)? ?|"
    rf"(?:{'|'.join(_ORDINALS)}|last) )"
    rf"(?:(?:panel|pane|half|side) )?(?:{NOUN})(?: from (?:the )?\w+)?\b(?P<tail>.*)"
    rf"|(?:{'|'.join(_ORDINALS)}) from (?:the )?(?:left|right|top|bottom)\b(?P<tail4>.*)"
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
_TAGS = re.compile(
    r"</?(?:h[1-6]|b|strong|em|p|div|section|li|ul|ol|br|span|article)\b[^>\n]{0,60}>", re.I
)
# Sections that follow each other on one line.
_RUNNING = re.compile(
    rf"(?<=[.!?;\"'”)\]])[ \t]+(?={NOUN} ?#?\d{{1,3}}[ \t]?(?:\([^)\n]{{0,40}}\))?[:：])", re.I
)
RULE = re.compile(r"[ \t]*(?:[-*_=] ?){3,}[ \t]*$")
CLOSING = re.compile(
    r"[ \t]*(?:\*\*|#{1,6} *|__)?(?:overall|in summary|to summari[sz]e|summary|in conclusion|"
    r"conclusion|"
    r"these (?:\w+ ){0,2}(?:screenshots|images|frames)|across (?:all|the|these|every)|"
    r"all (?:of )?(?:the |these )?(?:\w+ )?(?:screenshots|images|frames)|throughout|(?:this "
    r"concludes|these descriptions)|let me know|i hope|i(?:['’]m| am) (?:sorry|unable|not able)|"
    r"sorry|unfortunately|i apologi[sz]e|i can(?:['’]t|not)|"
    r"feel free|if you(?:'d| would| need| want)|would you like|please let|note:|please note|"
    r"key (?:takeaways|observations)|general (?:notes|observations)|the (?:developer|user) "
    r"(?:seems|"
    r"appears) to (?:be |have )?(?:\w+ )?(?:across|throughout|during)|this (?:sequence|series|set)|"
    r"end of|zusammenfassung|insgesamt|en résumé|en resumen|总结|总之|综上)",
    re.I,
)
_HEADING_OF_OTHER = re.compile(r"[ \t]{0,3}(?:#{1,6}[ \t]+\S|\*\*[^*\n]{1,60}\*\*:?[ \t]*$)")


class Section(NamedTuple):
    """What is said under one heading. `numbers` are those of the heading as they stand there.

    `is_list`: the numbers only count the items; `place`: it is named by its place.
    """

    numbers: list[int]
    description: FrameDescription
    title: str = ""
    is_list: bool = False
    span: int = 1


class Heading(NamedTuple):
    """A line that begins a section; `said` is what it says itself."""

    line: int
    numbers: list[int]
    said: str
    title: str
    is_list: bool = False
    place: bool = False
    level: int = 0
    is_marked: bool = False
    span: int = 1


def named_sections(text: str, n_frames: int) -> list[Section]:
    """Return the sections below headings that name most of the frames; else none."""
    lines, open_lines = _lines_of(text)
    found = _of_one_style(_named(open_lines, n_frames))
    if len(_told_apart(found)) > max(1, n_frames // 2):
        return list(_cut(lines, found))
    return []


def _lines_of(text: str) -> tuple[list[str], list[tuple[int, str]]]:
    """Return the lines of a text, and those with their numbers that are in no fence."""
    if "</" in text:
        text = _TAGS.sub("", text)
    if len(_RUNNING.findall(text)) > max(1, text.count("\n")):
        text = _RUNNING.sub("\n", text)
    lines = text.split("\n")
    fenced = fenced_lines(lines)
    return lines, [(n, line) for n, line in enumerate(lines) if line.strip() and not fenced[n]]


def text_sections(text: str, n_frames: int) -> list[Section]:
    """Return the sections of a text, by the most explicit form that it has."""
    lines, open_lines = _lines_of(text)
    best = _of_one_style(_named(open_lines, n_frames))
    for form in (_begun, _placed, _counted):
        if len(_told_apart(best)) > n_frames // 2:
            break  # the more explicit form is the reply's
        found = form(open_lines, n_frames)
        if len(_told_apart(found)) > len(_told_apart(best)):
            best = found
    if n_frames == 1 and not _is_named(best):
        return [] if is_refusal(text) else [_whole(text)]
    if best:
        return list(_cut(lines, best))
    return _unnamed(lines, n_frames)


def _is_named(headings: list[Heading]) -> bool:
    return bool(headings) and not headings[0].is_list


def _of_one_style(headings: list[Heading]) -> list[Heading]:
    """Leave plain lines out that name a screenshot which has a marked heading."""
    marked = {number for one in headings if one.is_marked for number in one.numbers}
    return [one for one in headings if one.is_marked or not marked & set(one.numbers)]


def _told_apart(headings: list[Heading]) -> set[int | str]:
    """Return what tells the sections of a form apart."""
    return {number for one in headings for number in one.numbers} | {
        one.title.casefold() for one in headings if not one.numbers
    }


def _whole(text: str) -> Section:
    lines = text.strip("\n").split("\n")
    return Section([], read_fields("\n".join(lines[: _end(lines, is_last=True)]).strip()))


# --- forms of headings -------------------------------------------------------------------------


def _named(lines: list[tuple[int, str]], n_frames: int) -> list[Heading]:
    """Find headings that name a screenshot by its number."""
    found = []
    for n, line in lines:
        lead = _LEAD.match(line)
        rest = line[lead.end() :] if lead else line
        numbers, title, tail = _noun_and_numbers(rest)
        if not numbers:
            continue
        after = _AFTER.match(tail)
        if after is None:
            continue
        strong = any(lead[mark] for mark in ("hash", "rule", "tag", "open")) if lead else False
        bold = bool(lead and (lead["bold"] or lead["bold2"]))
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
        level = len(lead["hash"] or "") if lead else 0
        if level and after["sep"] not in (":", "："):
            said, title = "", f"{title} {said}"
        found.append(
            Heading(n, numbers, _unmarked(said), title, level=level, is_marked=strong or bold)
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


def _noun_and_numbers(text: str) -> tuple[list[int], str, str]:
    """Return the numbers that follow a screenshot's name, the name, and what comes after."""
    noun = _AT_NOUN.match(text)
    if noun:
        tail = text[noun.end() :]
        gap = _BEFORE_NUMBER.match(tail)
        numbers = _NUMBERS.match(tail, gap.end() if gap else 0)
        if numbers:
            return _range(numbers), text[: noun.end()], tail[numbers.end() :]
        word = _AT_WORD.match(tail)
        if word:
            return [_WORDS.index(word[1].lower())], text[: noun.end()], tail[word.end() :]
    cjk = _AT_COUNTED.match(text)
    if cjk:
        number = int(cjk[1]) if cjk[1].isdigit() else _chinese(cjk[1])
        return [number], cjk[0], text[cjk.end() :]
    numeral = _AT_NUMERAL.match(text)
    if numeral:
        return [int(numeral[1])], numeral[0], text[numeral.end() :]
    return [], "", text


def _chinese(text: str) -> int:
    digits = {char: number for number, char in enumerate("零一二三四五六七八九")}
    tens, _, ones = text.partition("十")
    if "十" in text:
        return (digits.get(tens, 1) if tens else 1) * 10 + digits.get(ones, 0)
    return digits.get(text[0], 0)


def _range(match: "re.Match[str]") -> list[int]:
    numbers = [int(match[1])]
    for step in _STEP.finditer(match["more"] or ""):
        number = int(step["number"])
        if step["to"] and numbers[-1] < number <= numbers[-1] + 300:
            numbers += range(numbers[-1] + 1, number + 1)
        else:
            numbers.append(number)
    return numbers


def _begun(lines: list[tuple[int, str]], n_frames: int) -> list[Heading]:
    """Find lines that begin with a screenshot's name and number, or its ordinal, and go on."""
    found: list[Heading] = []
    for n, line in lines:
        lead = _LEAD.match(line)
        rest = line[lead.end() :] if lead else line
        rest = re.sub(r"^(?:in|for|on) (?:the )?", "", rest, flags=re.I)
        numbers, title, tail = _noun_and_numbers(rest)
        if not numbers:
            ordinal = _AT_ORDINAL.match(rest)
            if not ordinal:
                continue
            word = ordinal[1].lower()
            numbers = [_ORDINALS.index(word) + 1] if word in _ORDINALS else []
            title, tail = ordinal[0][: ordinal.start("tail")], ordinal["tail"]
            if numbers and found and not found[0].numbers:
                numbers = []
        if re.match(r"[.\w-]\w", tail):
            continue  # the name of a file
        after = _AFTER.match(tail)
        said = after["rest"].strip() if after and (after["sep"] or after["time"]) else line.strip()
        found.append(Heading(n, numbers, _unmarked(said), title))
    return found


def _placed(lines: list[tuple[int, str]], n_frames: int) -> list[Heading]:
    """Find headings that name a screenshot by its place."""
    found = []
    for n, line in lines:
        lead = _LEAD.match(line)
        rest = line[lead.end() :] if lead else line
        match = _AT_PLACE.match(rest)
        if not match:
            continue
        marked = match["bare"] is not None or bool(
            lead
            and any(lead[mark] for mark in ("hash", "bold", "bold2", "rule", "tag", "open", "list"))
        )
        if match["bare"] and not marked and not line.rstrip().endswith(":"):
            continue
        tail = match["tail"] or match["tail2"] or match["tail3"] or match["tail4"] or ""
        after = _AFTER.match(tail)
        if not marked and not (after and after["sep"]):
            continue
        said = after["rest"] if after else tail
        title = rest[: len(rest) - len(tail)]
        span = 2 if match["two"] or match["many"] else 1
        found.append(Heading(n, [], _unmarked(said), title, place=True, span=span))
    return found if any(re.search(PLACE, one.title, re.I) for one in found) else []


def _counted(lines: list[tuple[int, str]], n_frames: int) -> list[Heading]:
    """Find headings, or items of the outermost list, that hold a number only."""
    forms: dict[str, list[Heading]] = {}
    for n, line in lines:
        match = re.match(
            r"(?P<indent>[ \t]{0,12})(?P<hash>#{1,6})?[ "
            r"\t]*(?P<bold>\*\*)?(?P<open>[\[(#])?(?P<number>\d{1,4})"
            r"(?P<more>(?:(?:-|–| to |, | and | & )\d{1,4})*)(?P<close>[\])])?(?P<dot>[.):：]|"
            r"\s*[–—|-](?=\s))?(?P<bold2>\*\*)?(?P<dot2>[.:])?(?P<said>[ \t].*|)$",
            line,
        )
        if not match:
            continue
        hashed, opened = match["hash"], match["open"]
        marks = ("hash", "open", "close", "dot", "dot2", "bold2")
        if not any(match[mark] for mark in marks):
            continue
        said = match["said"].strip()
        if LABEL.match(line) or (said and field_of(said.partition(":")[0])):
            continue
        kind = "hash" if hashed else f"{opened or ''}.{len(match['indent'])}.{bool(match['bold'])}"
        is_list = not hashed and not opened
        forms.setdefault(kind, []).append(
            Heading(n, _several(match), _unmarked(said), match[0].strip(), is_list=is_list)
        )
    candidates = [found for found in forms.values() if _counts(found)]
    return max(candidates, key=lambda found: (not found[0].is_list, len(found)), default=[])


def _several(match: "re.Match[str]") -> list[int]:
    numbers = _NUMBERS.match(match["number"] + match["more"])
    return _range(numbers) if numbers else [int(match["number"])]


def _counts(headings: list[Heading]) -> bool:
    """Return whether numbers go up by one each time, as those of a list of screenshots do."""
    numbers = [number for one in headings for number in one.numbers]
    if len(numbers) < 2 or min(numbers) > 1:
        return len(numbers) > 1 and not headings[0].is_list
    told = sorted(numbers)
    return told == list(range(told[0], told[0] + len(told))) or not headings[0].is_list


# --- what belongs to a section -----------------------------------------------------------------


def _cut(lines: list[str], headings: list[Heading]) -> Iterator[Section]:
    ends = [*(one.line for one in headings[1:]), len(lines)]
    for heading, end in zip(headings, ends, strict=True):
        own = lines[heading.line + 1 : end]
        is_last = heading is headings[-1]
        own = own[: _end(own, is_last, heading.level)]
        text = "\n".join([heading.said, *own] if heading.said else own)
        text = _stripped(text) or _title_of(heading)
        yield Section(
            heading.numbers,
            read_fields(text),
            heading.title,
            heading.is_list,
            heading.span,
        )


def _title_of(heading: Heading) -> str:
    """A heading that says something beside a number may be all that is said."""
    title = re.sub(rf"^{NOUN}", "", heading.title, flags=re.I).strip(" :–—-*")
    return title if len(title) > 2 and not heading.place and not heading.is_list else ""


def _stripped(text: str) -> str:
    lines = text.strip("\n").split("\n")
    while lines and (RULE.match(lines[-1]) or not lines[-1].strip()):
        lines.pop()
    while lines and (RULE.match(lines[0]) or not lines[0].strip()):
        lines.pop(0)
    return "\n".join(lines).strip()


def _end(lines: list[str], is_last: bool, level: int = 0) -> int:
    """Return where a section ends: before closing remarks, which belong to no frame."""
    fenced = fenced_lines(lines)
    said = False
    for n, line in enumerate(lines):
        if fenced[n] or not line.strip():
            said = said or bool(line.strip())
            continue
        begins = n == 0 or not lines[n - 1].strip() or bool(RULE.match(lines[n - 1]))
        heading = re.match(r"[ \t]{0,3}(#{1,6})[ \t]+", line)
        if heading and level and len(heading[1]) <= level and said:
            return n
        if begins and said and CLOSING.match(line) and not LABEL.match(line):
            return n
        if is_last and said and RULE.match(line) and any(rest.strip() for rest in lines[n + 1 :]):
            after = next(rest for rest in lines[n + 1 :] if rest.strip())
            if not LABEL.match(after):
                return n
        said = True
    return len(lines)


def _unnamed(lines: list[str], n_frames: int) -> list[Section]:
    """Find sections without headings, where their number is that of the frames."""
    for blocks in (_between_rules, _by_first_field, _paragraphs, _lines):
        found = blocks(lines, n_frames)
        if len(found) >= 2 and (len(found) == n_frames or blocks is _by_first_field):
            return [Section([], read_fields(block)) for block in found]
    return []


def _between_rules(lines: list[str], n_frames: int) -> list[str]:
    blocks: list[list[str]] = [[]]
    for line in lines:
        if RULE.match(line):
            blocks.append([])
        else:
            blocks[-1].append(line)
    found = [text for block in blocks if (text := "\n".join(block).strip())]
    return _without_frame(found, n_frames)


def _by_first_field(lines: list[str], n_frames: int) -> list[str]:
    """Cut before each return of the first field's label."""
    first: str | None = None
    blocks: list[list[str]] = []
    for line in lines:
        match = LABEL.match(line)
        name = (
            field_of(re.sub(r"^\W*(?:\d[.)])?\W*", "", line).partition(":")[0]) if match else None
        )
        if name and first is None:
            first = name
        if name and name == first:
            blocks.append([])
        if blocks:
            blocks[-1].append(line)
    return [_stripped("\n".join(block[: _end(block, False)])) for block in blocks]


def _paragraphs(lines: list[str], n_frames: int) -> list[str]:
    found = [block.strip() for block in re.split(r"\n[ \t]*\n", "\n".join(lines)) if block.strip()]
    return _without_frame(found, n_frames)


def _lines(lines: list[str], n_frames: int) -> list[str]:
    found = [re.sub(r"^[ \t]*[-*•+][ \t]+", "", line).strip() for line in lines if line.strip()]
    return _without_frame(found, n_frames)


def _without_frame(found: list[str], n_frames: int) -> list[str]:
    """Take a preface and closing remarks away when the rest has the right number."""
    if len(found) > n_frames and found[0].rstrip().endswith(":"):
        found = found[1:]
    if len(found) > n_frames and CLOSING.match(found[-1]):
        found = found[:-1]
    return found
