"""Frames that are merged, miscounted, or named by their place."""

import re

from scribebench.grading.flags.brief import SPECIFIC
from scribebench.grading.split import Split
from scribebench.grading.split.sections import NOUN, PLACE, ROW
from scribebench.grading.text import fenced_lines

_REFERENCE = re.compile(
    r"(?:this (?:is|one is)|these are|it(?:'s| is)|they are|still|again|exactly|essentially|"
    r"basically|"
    r"visually|almost|nearly|completely|the|a)?[ ,]*(?:still |again |exactly |the )*"
    r"(?:same|identical|unchanged|ditto|no (?:visible |significant |other )?changes?|nothing "
    r"(?:has )?changed|"
    r"see (?:above|previous|screenshot|frame|image)|as (?:in|above|before|with|for) |as (?:above|"
    r"before)|"
    r"repeat|duplicate|(?:a )?copy of|similar to|like (?:the )?(?:previous|screenshot|frame|"
    r"image|above)|"
    r"refer to|equals?|as previously|idem|wie (?:oben|zuvor|in)|gleich|"
    r"相同|同上|与.{0,12}相同|同じ)",
    re.I,
)
_POINTS = re.compile(
    r"(?:(?:as|to|in|of|for|from|with|above|before|previous|the|screen|view|content|description|"
    r"one|"
    rf"screenshots?|{NOUN}|#?\d+|and|or|again|here|is|are|was|shown|described|still|same|identical|"
    r"unchanged|ditto|changes?|no|state|window|windows|earlier|preceding|last|first|prior|left|"
    r"right|middle|"
    r"top|bottom|see|nothing|has|changed|visible|significant|these|this|it|all|exactly|"
    r"applications?|apps?|"
    r"topics?|projects?|developer|action|activity|details?|frame|that|you|please|refer|"
    r"at|on|display|displayed|content[s]?|information|everything|else)\b|[\s.,:;()/#*'’\-–—\d]+)+",
    re.I,
)
_ALL = re.compile(
    r"(?:both|all)(?: (?:of the|the|two|three|four|five|six|eight|\d+|these|of these))* "
    r"(?:screen ?shots|images|frames|pictures|captures)\b",
    re.I,
)
_LABELS = re.compile(r"^[ \t>*#-]*(?:\d[.)][ \t]*)?\**[A-Z][\w /]{2,28}\**:\**[ \t]*", re.M)
_NOUNS = (
    r"(?:screen ?shots?|images?|frames?|pictures?|captures?|screens?|photos?|bilder?|"
    r"bildschirmfotos?)"
)
_GERMAN = r"(?:linke[rsn]?|rechte[rsn]?|mittlere[rsn]?|obere[rsn]?|untere[rsn]?)"
_START = (
    r"^[ \t>]*(?:#{1,6}[ \t]*)?(?:[-*•+][ \t]+)?(?:\d{1,3}[.):][ \t]*)?(?:\*{1,3}|__)?[ \t]*"
    r"(?:\d{1,3}[.)][ \t]*)?(?:in |on )?(?:the )?"
)
POSITIONAL = re.compile(
    rf"{_START}(?:{_NOUNS} ?#?\d{{1,3}} ?[:(–—-]+ ?(?:\*\* ?)?(?:the )?)?(?:{ROW}[, "
    rf"]+(?:{PLACE}[ -]?)?(?:first|second|third|left|right|middle|center)?[ -]?(?:{_NOUNS})?"
    rf"|{PLACE}(?:(?:,| and|/)? ?{PLACE})*[- ](?:(?:hand|side|panel|pane|half|part) )?{_NOUNS}\b"
    rf"|{_NOUNS} (?:(?:on|at|in|to) the (?:far )?(?:left|right|top|bottom|middle|center|centre|"
    rf"upper|lower)\b|\#?\d+ ?\((?:{PLACE})\))"
    rf"|(?:first|second|third|\d(?:st|nd|rd|th))(?: {_NOUNS})? from (?:the )?(?:left|right|top|"
    r"bottom)\b"
    rf"|{_GERMAN}(?:s|r)? (?:screenshot|bild|bildschirmfoto)"
    rf"|(?:左|右|上|下|中间|左上|右上|左下|右下)[侧边方角部]?的?(?:截图|图|图片|屏幕截图))",
    re.I | re.M,
)
# Frames that are named by a place alone, when none is named by its number.
_BARE = re.compile(
    rf"^[ \t>]*(?:#{{1,6}}[ \t]*)?(?:[-*•+][ \t]+)?(?:\d{{1,3}}[.):][ \t]*)?[*_\[ \t]*(?:the )?"
    rf"(?:one (?:at|in|on) the )?({PLACE})(?:[ -](?:two|three|hand|panel|corner|one|half|side))*"
    rf"(?: {_NOUNS})?[*_\] \t]*(?:[:–—-]|\]|$)",
    re.I | re.M,
)
_NAMED = re.compile(rf"^[ \t>#*_-]*{_NOUNS} ?#?\d", re.I | re.M)
_CELL = re.compile(rf"^[ \t]*\|[ \t*]*(?:{PLACE})(?: {_NOUNS})?[ \t*]*\|", re.I | re.M)
_JSON = re.compile(
    rf'"(?:screenshot|frame|image|position|screen)\w*"\s*:\s*"(?:the )?(?:{PLACE})(?: {_NOUNS})?"',
    re.I,
)
_JSON_KEY = re.compile(
    rf'"(?:{PLACE.replace("[ -]", "[ _-]")})(?:[ _-]{_NOUNS})?"\s*:\s*[{{"]', re.I
)


def wrong_count(parts: Split, n_frames: int) -> str | None:
    """Return how sections and frames differ, when there is any section."""
    if not parts.sections or not (parts.missing or parts.surplus):
        return None
    if len(parts.missing) == n_frames and not parts.surplus:
        return None
    told = []
    if parts.missing:
        told.append(f"no section for {', '.join(map(str, parts.missing[:20]))} (counted from 0)")
    if parts.surplus:
        told.append(f"{parts.surplus} sections too many")
    return "; ".join(told)


def merged(text: str, parts: Split, n_frames: int) -> str | None:
    """Return the section that covers several frames, or only refers to another one."""
    if parts.merged:
        return f"one section for {', '.join(map(str, parts.merged[0]))} (counted from 0)"
    if n_frames < 2:
        return None
    for frame in parts.frames:
        if frame.text and _only_refers(frame.text):
            return frame.text.strip()[:120]
    begin = text.lstrip(" *#>\n")[:80]
    if not parts.sections and _ALL.match(begin):
        return begin
    return _two_places(text)


def _only_refers(section: str) -> bool:
    said = _LABELS.sub("", section)
    lines = [line.strip(" *_().-–\"'") for line in said.split("\n") if line.strip(" *_()-–.")]
    if not lines or not any(_REFERENCE.match(line) for line in lines):
        return False
    return all(_refers(line) for line in lines)


def _refers(line: str) -> bool:
    """Return whether a line says nothing but that it is as another."""
    if not _REFERENCE.match(line):
        return False
    plain = re.sub(r"\([^)]*\)", "", line)
    return bool(_POINTS.fullmatch(plain)) or (
        len(plain.split()) <= 9 and SPECIFIC.search(re.sub(r"\d+", "", plain)) is None
    )


def _two_places(text: str) -> str | None:
    two = rf"(?:{PLACE} and {PLACE}|{PLACE} (?:two|three|four))"
    match = re.search(rf"^[ \t>#*\d.)-]*(?:the )?{two} {_NOUNS}", text, re.I | re.M)
    return match[0].strip()[:80] if match else None


def positional(text: str, n_frames: int) -> str | None:
    """Return the name of a frame that is named by its place."""
    if n_frames < 2:
        return None
    lines = text.split("\n")
    fenced = fenced_lines(lines)
    is_json = text.lstrip().startswith(("[", "{", "```json"))
    plain = (
        text
        if is_json
        else "\n".join(line for line, inside in zip(lines, fenced, strict=True) if not inside)
    )
    patterns = (_JSON, _JSON_KEY) if is_json else (POSITIONAL, _CELL)
    bare = [] if is_json or _NAMED.search(plain) else _BARE.findall(plain)
    if len({place.casefold() for place in bare}) > 1:
        return bare[0].strip()
    for pattern in patterns:
        if match := pattern.search(plain):
            return match[0].strip()[:80]
    return None
