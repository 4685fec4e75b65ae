"""The labelled fields of one frame's section: visible, activity, apps, topics."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from scribebench.backends.base import FrameDescription

# The names that models give to the four fields of the prompt, and to those of their own forms.
NAMES = {
    "visible": r"visible(?: (?:content|contents|elements?|text|on (?:the )?screen))?"
    r"|what(?:'s|’s| is) (?:visible|shown|on (?:the )?screen)(?: on (?:the )?screen)?"
    r"|on[- ]screen(?: (?:content|text))?|screen (?:content|contents)|screen|contents?|sichtbar"
    r"|contenu visible|可见内容|可见|画面",
    "activity": r"(?:developer|user)(?:['’]s)?(?: is)? (?:actions?|activity|activities|doing|task)"
    r"|(?:current )?(?:activity|activities)|(?:current )?actions?|current task|doing"
    r"|what (?:the )?(?:developer|user) is doing|aktivität|tätigkeit|activité|actividad"
    r"|开发者操作|开发者行为|活动|操作",
    "apps": r"(?:open |visible |active |running )?"
    r"(?:app(?:lication)?s?(?:\(s\))?|programs?|software)"
    r"(?: (?:open|visible|in use|used|running))?|anwendungen|programme|aplicaciones|应用程序|应用",
    "topics": r"(?:likely |main )?topics?(?:\(s\))?(?: ?(?:/|&|and|or) ?(?:the )?projects?)?"
    r"|projects?(?: ?(?:/|&|and|or) ?topics?)?|subjects?|themes?|themen(?: ?/ ?projekte)?|sujets?"
    r"|temas?|主题(?:/项目)?|话题",
}
_FIELD_NAMES = {field: re.compile(names, re.I) for field, names in NAMES.items()}
ORDER = ("visible", "activity", "apps", "topics")
_GAP = r"[ \t]{0,12}"
_NAME = "|".join(f"(?P<{field}>{names})" for field, names in NAMES.items())
_OF = r"(?: \([^)\n]{0,40}\))?"
# How names may end: by any of their words, with and without a last letter that may be absent.
_LAST_WORDS = (
    ")",
    *{
        part
        for names in NAMES.values()
        for word, optional in re.findall(r"([^\W\d_]+)(\??)", names)
        for part in (word, word[:-1] if optional else word)
        if part
    },
)
_COLON = re.compile("[:：]")
_NEWLINE = re.compile("\n")
# At the beginning of a line, with any bullet, number, bold or heading mark before it.
LABEL = re.compile(
    rf"^{_GAP}(?:(?:[-*•+>]|\d{{1,2}}[.)]|#{{1,6}}|\(?[a-d][.)]){_GAP}){{0,3}}"
    rf"(?P<bold>\*{{1,3}}|_{{1,2}}|`)?{_GAP}(?:\d[.)]{_GAP})?(?:{_NAME}){_OF}{_GAP}"
    rf"(?:(?P<colon>[:：]|\s[–—-]\s){_GAP}(?:\*{{1,3}}|__|`)?|(?:\*{{1,3}}|__|`){_GAP}"
    rf"(?:[:：–—-]{_GAP}|(?=\n|\Z)))",
    re.I | re.M,
)
# Further fields on the same line; only with a separator before and a colon after the name.
INLINE = re.compile(
    rf"(?:(?<=[.;|•·])|(?<=\s[–—/-])|(?<=\)))\s{{1,3}}(?:\d[.)]\s)?\*{{0,2}}(?:{_NAME}){_OF}"
    rf"\*{{0,2}}[:：]\*{{0,2}}{_GAP}",
    re.I,
)
HEADING = re.compile(rf"^{_GAP}#{{1,6}}{_GAP}(?:\d[.)]{_GAP})?(?:{_NAME}){_GAP}$", re.I | re.M)
ROW = re.compile(
    rf"^{_GAP}\|{_GAP}\*{{0,2}}(?:{_NAME})\*{{0,2}}[:：]?{_GAP}\|(?P<cell>[^\n|]*)", re.I | re.M
)
# A label of something else ends a field too.
OTHER = re.compile(
    rf"^{_GAP}(?:\d{{1,2}}[.)]{_GAP}\*{{0,2}}[A-Z][\w /&'’-]{{1,40}}\*{{0,2}}:"
    rf"|[-*•]{_GAP}\*\*[A-Z][\w /&'’-]{{1,40}}:?\*\*:?|\*\*[A-Z][\w /&'’-]{{1,40}}:?\*\*:?)",
    re.M,
)
NOTHING = frozenset({"", "none", "n/a", "na", "-", "–", "—", "unknown", "none visible", "null"})
# A line that goes on: no item of a list, no paragraph of its own.
_SOFT_BREAK = re.compile(r"(?<=\S)[ \t]*\n(?!\s*(?:[-*•+–#>|`]|\d{1,2}[.)]))[ \t]*(?=\S)")
_GOES_ON = re.compile(r"(?<=[^\s,;，；、:.])[ \t]*\n[ \t]{2,}(?![-*•+–#>|`]|\d{1,2}[.)])(?=\S)")
_OPENING = re.compile(r"[(\[（]")
_COMMA = re.compile(r"[,;，；、]")
_CONJUNCTION = re.compile(r"^\s*(?:and|&|und|y|et)\s+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NUMBERED = re.compile(r"^\d[.)]\s*")
_LAST_DASH = re.compile(r"\s+[–—/-]$")
_BULLET = re.compile(r"^[ \t]*(?:[-*•+–]|\d{1,2}[.)])[ \t]+")


def read_fields(text: str) -> FrameDescription:
    """Return the fields of one frame's section; a field that the section lacks is null."""
    if text.lstrip().startswith(("{", "```json")) and (record := _record(text)) is not None:
        return from_record(record, text)
    values = _labelled(text) or _piped(text)
    return FrameDescription(
        text=text,
        visible=values.get("visible"),
        activity=_in_one_line(values.get("activity")),
        apps=items(values.get("apps")),
        topics=items(values.get("topics")),
    )


def _in_one_line(value: str | None) -> str | None:
    """Return prose whose lines were only broken to fit, without the breaks."""
    return _SOFT_BREAK.sub(" ", value) if value and "\n" in value else value


def from_record(record: dict[str, Any], text: str | None = None) -> FrameDescription:
    """Return the fields of a JSON object; what it says as a whole is its text."""
    values: dict[str, Any] = {}
    for key, value in record.items():
        field = field_of(str(key))
        if field and field not in values:
            values[field] = value
    return FrameDescription(
        text=text or (readable(record) if _says(record) else ""),
        visible=_prose(values.get("visible")),
        activity=_prose(values.get("activity")),
        apps=items(values.get("apps")),
        topics=items(values.get("topics")),
    )


def _says(value: Any) -> bool:
    """Return whether a JSON value holds anything."""
    if isinstance(value, dict):
        return any(map(_says, value.values()))
    if isinstance(value, list):
        return any(map(_says, value))
    return bool(value.strip()) if isinstance(value, str) else value is not None


@lru_cache(maxsize=4096)
def field_of(name: str) -> str | None:
    """Return which field a key or the head of a column names."""
    plain = _CAMEL.sub(" ", name).replace("_", " ").strip(" *:`#").lower()
    plain = _NUMBERED.sub("", plain)
    return next((field for field, names in _FIELD_NAMES.items() if names.fullmatch(plain)), None)


def readable(value: Any) -> str:
    """Return a JSON value as text, a line for each key."""
    if isinstance(value, dict):
        return "\n".join(f"{key}: {readable(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(readable(item) for item in value)
    return "" if value is None else str(value)


def items(value: Any) -> list[str] | None:
    """Return a list as its items; a text is split at commas that stand outside brackets."""
    if value is None:
        return None
    if isinstance(value, list):
        texts = [readable(one) for one in value]
    elif isinstance(value, dict):
        texts = [readable(one) for one in value.values()]
    else:
        text = str(value).strip()
        is_bracketed = text.startswith("[") and text.endswith("]") and text.count("[") == 1
        text = text[1:-1] if is_bracketed else text
        texts = _split_list(_GOES_ON.sub(" ", text) if "," in text and "\n" in text else text)
    texts = [_bare(one) for one in texts]
    return [one for one in texts if one.casefold() not in NOTHING]


def _split_list(value: str) -> list[str]:
    found = [""]
    for line in value.split("\n"):
        if found[-1]:
            found.append("")
        first, *others = _parts(_BULLET.sub("", line))
        found[-1] += first
        found += others
    return [_CONJUNCTION.sub("", one) if n else one for n, one in enumerate(found)]


def _parts(line: str) -> list[str]:
    """Return the parts of a line between commas that stand outside brackets."""
    if not _OPENING.search(line):
        return _COMMA.split(line)
    parts, depth = [""], 0
    for char in line:
        depth = max(0, depth + (char in "([（") - (char in ")]）"))
        if char in ",;，；、" and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def _bare(text: str) -> str:
    text = text.strip().strip("*`_|").strip().rstrip(".").strip()
    if len(text) > 1 and text[0] in "\"'“" and text[-1] in "\"'”":
        text = text[1:-1]
    return text


def _labelled(text: str) -> dict[str, str]:
    """Return the values behind labels, of each field the first."""
    lines = [0, *(match.end() for match in _NEWLINE.finditer(text))]
    begins = list(_at_lines(LABEL, text, lines))
    if "#" in text:
        begins += _at_lines(HEADING, text, lines)
    if not begins and "|" in text:
        rows = {_field(match): match["cell"].strip() for match in ROW.finditer(text)}
        if rows:
            return rows
    known = {match.start(): match for match in [*_inline(text, begins), *begins]}
    marks = [known[start] for start in sorted(known)]
    marks = [
        match
        for number, match in enumerate(marks)
        if number == 0 or match.start() >= marks[number - 1].end() - 1
    ]
    others = [match.start() for match in _at_lines(OTHER, text, lines)] if marks else []
    values: dict[str, str] = {}
    for number, match in enumerate(marks):
        end = marks[number + 1].start() if number + 1 < len(marks) else len(text)
        end = min((other for other in others if match.end() <= other < end), default=end)
        values.setdefault(_field(match), _clean(text[match.end() : end]))
    return values


def _at_lines(pattern: "re.Pattern[str]", text: str, lines: list[int]) -> Iterator["re.Match[str]"]:
    """Yield the matches at the beginnings of lines, which are known: no need to look for them."""
    end = 0
    for start in lines:
        if start >= end and (match := pattern.match(text, start)):
            end = match.end()
            yield match


def _inline(text: str, begins: list["re.Match[str]"]) -> list["re.Match[str]"]:
    """Return the labels within lines, and those of lines that follow the end of a sentence."""
    if not begins and text.count(":") < 2:
        return []
    taken = {match.start("colon") for match in begins if "colon" in match.groupdict()}
    if any(_may_be_label(text, colon.start(), taken) for colon in _COLON.finditer(text)):
        found = list(INLINE.finditer(text))
        return found if begins or len(found) > 1 else []
    before = [_end_of_word(text, match.start()) for match in begins]
    return [match for place in before if place and (match := INLINE.match(text, place))]


def _may_be_label(text: str, colon: int, taken: set[int]) -> bool:
    """Return whether the name of a field may end before a colon that ends no other label."""
    if colon in taken:
        return False
    before = text[max(0, colon - 24) : colon].rstrip("*").lower()
    return before.endswith(_LAST_WORDS)


def _end_of_word(text: str, start: int) -> int:
    """Return where white space begins that goes up to a place."""
    return len(text[:start].rstrip()) if start else 0


def field_at(line: str) -> str | None:
    """Return which field the label at the beginning of a line names, or its heading."""
    match = LABEL.match(line) or HEADING.match(line)
    return _field(match) if match else None


def _field(match: "re.Match[str]") -> str:
    return next(field for field in ORDER if match[field] is not None)


def _clean(value: str) -> str:
    value = value.strip().strip("|;•·").strip()
    if value.endswith(("–", "—", "/", "-")):
        value = _LAST_DASH.sub("", value)
    if value.startswith("**") and value.count("**") == 1:
        value = value[2:]
    if "\n" not in value:
        value = _BULLET.sub("", value)
    return value.strip()


def _piped(text: str) -> dict[str, str]:
    """Return the values of the four-field line without labels: its order is the prompt's."""
    line = text.strip().strip("|")
    if "\n" in line or line.count(" | ") != len(ORDER) - 1:
        return {}
    return dict(zip(ORDER, (part.strip() for part in line.split(" | ")), strict=True))


def _prose(value: Any) -> str | None:
    return None if value is None else readable(value).strip()


def _record(text: str) -> dict[str, Any] | None:
    body = re.sub(r"\A\s*```(?:json)?\s*|\s*```\s*\Z", "", text)
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
