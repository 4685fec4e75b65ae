"""Frames that are merged, miscounted, or named by their place."""

import re
from functools import lru_cache

from scribebench.grading.apps import mentions_app
from scribebench.grading.flags.brief import SPECIFIC
from scribebench.grading.split import Split
from scribebench.grading.split.sections import NOUN, PLACE, ROW
from scribebench.grading.text import TAGS, fenced_lines

_REFERENCE = re.compile(
    r"(?:->|→|>|=+>?)? ?(?:this (?:is|one is|was|will be|one will be)|these are|it(?:'s| is)|"
    r"they are|still|again|exactly|essentially|"
    r"basically|"
    r"visually|almost|nearly|completely|the|a)?[ ,]*(?:still |again |exactly |the )*"
    r"(?:same|identical|unchanged|ditto|no (?:visible |significant |other |further |noticeable "
    r")*(?:changes?|differences?)|nothing "
    r"(?:has )?changed|"
    r"see (?:above|previous|screenshot|frame|image)|as (?:in|above|before|with|for) |as (?:above|"
    r"before)|"
    r"as (?:described|shown|seen|mentioned|stated|noted|listed|given|explained)|"
    r"described (?:in|above|below|under|with)|(?:already |also )?(?:described|covered|shown|"
    r"listed) "
    r"(?:in|above|below|under|with|by|together)|see (?:the )?(?:below|next|following|description|"
    r"entry|\#?\d)|cf\.? |compare |continued (?:from|in)|continues? (?:from|as|screenshot|frame)|"
    r"not different|does not differ|ibid|〃|= ?(?:screenshot|frame|image|#?\d)|ebenso|siehe|"
    r"unverändert|"
    r"identisch|keine (?:änderung|veränderung)|igual (?:que|a)|idéntic|lo mismo|l[ao] mism[ao]|"
    r"mism[ao] "
    r"que|sin cambios|véase|ver (?:captura|imagen)|identique|la même|même (?:chose|écran|"
    r"contenu)|voir "
    r"|comme (?:ci-dessus|la|dans)|inchangé|aucun changement|uguale|identic|stess[ao]|come "
    r"(?:sopra|nel)"
    r"|mesm[ao]|igual|sem alteraç|то же|см\.|как (?:на|и|выше)|без изменений|参见|见|没有变化|"
    r"无变化|没变|变化なし|変化なし"
    r"|동일|위와|"
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
    r"unchanged|ditto|changes?|differences?|further|noticeable|no|state|window|windows|earlier|"
    r"preceding|last|first|prior|left|"
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
_LABELS = re.compile(
    r"^[ \t>*#-]*(?:\d[.)][ \t]*)?\**(?:[A-Z][\w /]{2,28}|[a-z][a-z_]{3,20})\**[:：]\**[ \t]*", re.M
)
# A line that only says of which frame it is.
_INDEX_LINE = re.compile(
    rf"^[ \t>*#-]*(?:(?:{NOUN}|index|id|number|no)\W*\d*\W*|\d+\W*)$", re.I | re.M
)
# What follows such a word are details of the frame's own.
_BUT = re.compile(
    r"\b(?:but|except|only|now|however|apart from|other than|plus|though|this time|besides|moved|"
    r"scrolled|added|changed to|opened|closed|selected|with (?:the|a|an|one|two)|aber|nur|pero|"
    r"mais|"
    r"sauf|außer)\b",
    re.I,
)
_MARKS = " *_().-–\"'"
_I_OF_N = re.compile(rf"^[ \t>*#-]*{NOUN} ?#?\d{{1,3}} ?(?:/|of) ?(?P<of>\d{{1,3}})\b", re.I | re.M)
_JSON_GROUP = re.compile(
    r'"(?:ids?|screenshots?|frames?|indices|index|images?|numbers?|range|covers|shots?)"\s*:\s*'
    r'(?:\[\s*"?\d+"?(?:\s*,\s*"?\d+"?)+\s*\]|"[A-Za-z ]{0,14}\d+ ?(?:-|–|to|and|&|,) ?\d+")'
)
# Headings for a row of frames, or with a range behind other words.
_GROUP = re.compile(
    r"^[ \t>]*(?:#{1,6}[ \t]+|\*\*|[-*•][ \t]+\**|\d{1,2}[.)][ \t]+\**)?(?:#{1,6}[ \t]+)?"
    r"(?:\d{1,2}[.)][ \t]+)?\**(?:the )?"
    rf"(?:(?P<row>{ROW})(?: (?:screenshots|images|frames|pictures|captures))?"
    rf"|(?!(?:here|below|summary|overall|overview|changes|differences|comparison|descriptions?|"
    rf"observations|notes?)\b)(?:[A-Z][\w’'-]*|of|the|and|a|in|with|same|both)(?: [\w’'-]+){{0,4}})"
    rf"(?P<range>[ ,:–—-]*[(\[]?(?:{NOUN}) ?#?\d{{1,3}} ?(?:-|–|—|to|through|and|&|,) ?"
    rf"(?:{NOUN} ?)?#?\d{{1,3}}\b(?![./]\d)[^\n:]{{0,20}}?[)\]]?)?\**[ \t]*(?::|\**[ \t]*$)",
    re.I | re.M,
)
_NOUNS = (
    r"(?:screen ?shots?|images?|frames?|pictures?|captures?|screens?|photos?|bilder?|"
    r"bildschirmfotos?)"
)
_GERMAN = r"(?:linke[rsn]?|rechte[rsn]?|mittlere[rsn]?|obere[rsn]?|untere[rsn]?)"
_START = (
    r"^[ \t>]*(?:#{1,6}[ \t]*)?(?:[-*•+][ \t]+)?(?:[\[(【]?\d{1,3}(?:[.):\]】]|[ \t]?[–—-])[ \t]*)?"
    r"(?:\*{1,3}|__)?[ \t]*(?:\d{1,3}(?:[.)]|[ \t]?[–—-])[ \t]*)?[\[(【<]?"
    r"(?:in |on |at )?(?:the )?"
)
POSITIONAL = re.compile(
    rf"{_START}(?:{_NOUNS} ?#?\d{{1,3}} ?[:(–—-]+ ?(?:\*\* ?)?(?:the )?)?(?:{ROW}"
    rf"(?:[, ]+(?:{PLACE}|first|second|third|fourth|column \d+)(?:[ -]?{_NOUNS})?\b|[, ]+{_NOUNS}\b"
    r"|(?=[ \t*_)\]]*(?:[:–—(-]|$)))"
    rf"|{PLACE}(?:(?:,| and|/)? ?{PLACE}){{0,3}}[- ](?:(?:hand|side|panel|pane|half|part|corner|"
    rf"cell|"
    rf"tile|"
    rf"quadrant)[- ])*{_NOUNS}\b"
    rf"|{PLACE}(?:[, ]+{PLACE}){{0,2}} (?:panel|pane|cell|tile|part|half|quadrant|corner|"
    rf"position|slot|"
    rf"box|"
    rf"square|third)(?: (?:of|in) the (?:\w+ )?(?:grid|collage|montage|composite|mosaic|sheet|"
    rf"{_NOUNS})\b)"
    rf"|(?:panel|cell|tile|{_NOUNS}) ?(?:\d{{1,3}} )?[\[(–—:-] ?(?:the )?{PLACE}(?: "
    rf"{PLACE}){{0,2}}[\])]?"
    rf"(?=[ \t*]*(?:[:–—\])-]|$))"
    rf"|{_NOUNS} (?:(?:on|at|in|to) the (?:far )?(?:left|right|top|bottom|middle|center|centre|"
    rf"upper|lower)\b|\#?\d+ ?\((?:{PLACE})\))"
    rf"|(?:first|second|third|\d(?:st|nd|rd|th))(?: {_NOUNS})? from (?:the )?(?:left|right|top|"
    r"bottom)\b"
    rf"|{_GERMAN}(?:s|r)? (?:screenshot|bild|bildschirmfoto)"
    rf"|(?:bild(?:schirmfoto)?|screenshot) (?:oben|unten|links|rechts|in der mitte|mitte)\b"
    r"|(?:captura|imagen|imagem|tela|pantalla|foto)(?: de (?:pantalla|tela))?,? (?:(?:de |da |do "
    r"|a |à "
    r"|la |el |del )*)(?:izquierda|derecha|central|superior|inferior|medio|centro|esquerda|"
    r"direita|meio|"
    r"arriba|abajo)\b"
    r"|(?:capture(?: d['’]écran)?|image)s?,? (?:(?:de |du |à |en |au |la )*)(?:gauche|droite|"
    r"haut|bas|"
    r"milieu|centre|centrale)\b"
    r"|(?:schermata|immagine|cattura),? (?:(?:a |di |in |al |della )*)(?:sinistra|destra|alto|"
    r"basso|"
    r"centro|centrale|superiore|inferiore)\b"
    r"|(?:linker|rechter|middelste|bovenste|onderste)[ -]?(?:scherm\w*|afbeelding|screenshot)"
    r"|(?:лев|прав|верхн|нижн|средн|центральн)\w{2,3} (?:\w+ )?(?:скриншот|снимок|кадр|изображение)"
    r"|(?:lewy|prawy|górny|dolny|środkowy) (?:zrzut|obraz)"
    r"|(?:左|右|上|下|中央|左上|右上|左下|右下|真ん中)[側部段]?の?(?:スクリーンショット|画像|画面)"
    r"|(?:왼쪽|오른쪽|가운데|위|아래|상단|하단|중앙)\s?(?:스크린샷|이미지|화면)"
    r"|(?:左|右|上|下|中间|左上|右上|左下|右下)[侧边方角部]?的?(?:截图|图|图片|屏幕截图))",
    re.I | re.M,
)
# Without one of these a line names no place; a name does not begin later than so.
_PLACE_HINTS = (
    "left", "right", "top", "bottom", "middle", "mid", "cent", "upper", "lower", "row", "column",
    "line", " from ", "link", "recht", "mittler", "mitte", "ober", "unter", "oben", "unten",
    "izquierd", "derech", "superior", "inferior", "medio", "arriba", "abajo", "esquerd", "direit",
    "meio", "gauche", "droit", "haut", "bas", "milieu", "sinistr", "destr", "alto", "basso",
    "middelste", "bovenste", "onderste", "lew", "prawy",
)  # fmt: skip
LONGEST_NAME, LONGEST_LINE = 160, 400
_GAP = re.compile(r"[ \t]{5,}|\t")
_ENTRY = re.compile(rf"^[ \t>*#-]*(?:\d{{1,2}}[.):]|(?:{PLACE}|{NOUN})\b[^\n]{{0,20}}:)", re.M)
_TWO = re.compile(
    rf"^[ \t>#*\d.)-]*(?:the )?(?:{PLACE} and {PLACE}|{PLACE} (?:two|three|four)) {_NOUNS}",
    re.I | re.M,
)
_IS_JSON = re.compile(r"\s*(?:```json|[\[{]\s*[\[{\"])")
_SHOT = re.compile(r"screen ?shot|frame|截图|captur", re.I)
# Frames that are named by a place alone, when none is named by its number.
_BARE = re.compile(
    rf"^[ \t>]*(?:#{{1,6}}[ \t]*)?(?:[-*•+][ \t]+)?"
    r"(?:\d{1,3}(?:[.):]|[ \t]?[–—-])[ \t]*)?[*_\[ \t]*(?:the )?"
    rf"(?:one (?:at|in|on) the )?\(?({PLACE})(?:[ -](?:two|three|hand|panel|corner|one|half|side))*"
    rf"(?: {_NOUNS})?[*_\] \t]*(?:[:–—-]|[\])]|$)",
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
    if parts.merged and _is_range(text, parts, n_frames):
        return f"one section for {', '.join(map(str, parts.merged[0]))} (counted from 0)"
    if n_frames < 2:
        return None
    for frame in parts.frames:
        if frame.text and _only_refers(frame.text):
            return frame.text.strip()[:120]
    begin = text.lstrip(" *#>\n")[:80]
    if not parts.sections and _ALL.match(begin):
        return begin
    return _names_several(text) or _grouped(text, parts, n_frames)


def _is_range(text: str, parts: Split, n_frames: int) -> bool:
    """Return whether numbers stand for frames: neither 1/2, 2/2 nor dates of a listing do."""
    if parts.sections > 2 * n_frames + 2:
        return False
    counted = {match["of"] for match in _I_OF_N.finditer(text)}
    return len(_I_OF_N.findall(text)) < 2 or len(counted) != 1


def _grouped(text: str, parts: Split, n_frames: int) -> str | None:
    """Return the heading, or the entry of JSON, that stands for several frames."""
    if text.lstrip().startswith(("[", "{", "```")) and (match := _JSON_GROUP.search(text)):
        return match[0]
    if not parts.missing:
        return None
    text = _squeezed(text)
    for match in _GROUP.finditer(text):
        if match["range"] or (match["row"] and _is_whole_row(text[match.end() :], n_frames)):
            return match[0].strip()[:80]
    return None


def _is_whole_row(below: str, n_frames: int) -> bool:
    """Return whether what stands below the name of a row tells its frames not apart."""
    body = re.split(r"\n\s*\n|\n#|\n\*\*", below.lstrip("\n"), maxsplit=1)[0]
    return not _ENTRY.search(body)


def _only_refers(section: str) -> bool:
    # Hardly any section refers to another one: its longest line tells that soonest.
    longest = _LABELS.sub("", max(section.split("\n"), key=len)).strip(_MARKS)
    if longest and len(longest) > 24 and not _REFERENCE.match(longest):
        return False
    said = _LABELS.sub("", _INDEX_LINE.sub("", section))
    lines = [line.strip(_MARKS) for line in said.split("\n") if line.strip(" *_()-–.")]
    if not lines or not any(_REFERENCE.match(line) for line in lines):
        return False
    return all(_refers(line) for line in lines)


def _refers(line: str) -> bool:
    """Return whether a line says nothing but that it is as another."""
    if not _REFERENCE.match(line):
        return False
    plain = re.sub(r"\([^)]*\)", "", line)
    if _POINTS.fullmatch(plain):
        return True
    if _BUT.search(plain) or mentions_app(plain):
        return False
    return len(plain.split()) <= 9 and SPECIFIC.search(re.sub(r"\d+", "", plain)) is None


def positional(text: str, n_frames: int) -> str | None:
    """Return the name of a frame that is named by its place."""
    if n_frames < 2:
        # A single frame may show several screens; a screenshot has a place among others only.
        first = POSITIONAL.match(_squeezed(text.lstrip()[:LONGEST_NAME]))
        return first[0].strip()[:80] if first and _SHOT.search(first[0]) else None
    if _IS_JSON.match(text):
        match = _JSON.search(text) or _JSON_KEY.search(text)
        return match[0].strip()[:80] if match else None
    lines = text.split("\n")
    fenced = fenced_lines(lines)
    plain = [line for line, inside in zip(lines, fenced, strict=True) if not inside]
    own = "\n".join(plain)
    placed = _lines_with_places(own)
    if not placed:
        return None
    if "</" in placed:
        placed = TAGS.sub("", placed)
    bare = _BARE.findall(placed)
    if len({place.casefold() for place in bare}) > 1 and not _NAMED.search(own):
        return bare[0].strip()
    match = POSITIONAL.search(placed) or _CELL.search(placed)
    return match[0].strip()[:80] if match else None


@lru_cache(maxsize=16)
def _lines_with_places(text: str) -> str:
    """Return the lines of a text that may begin with a place."""
    lower = text.lower()
    hints = [hint for hint in _PLACE_HINTS if hint in lower]
    lines = _squeezed(text).split("\n")
    return "\n".join(line[:LONGEST_LINE] for line in lines if _may_name_place(line, hints))


def _squeezed(text: str) -> str:
    """Return a text without long gaps: what looks for names at the begin of lines stays quick."""
    return _GAP.sub(" " * 4, text) if " " * 5 in text or "\t" in text else text


def _may_name_place(line: str, hints: list[str]) -> bool:
    begin = line[:LONGEST_NAME].lower()
    return not begin.isascii() or any(hint in begin for hint in hints)


def _names_several(text: str) -> str | None:
    match = _TWO.search(_lines_with_places(text))
    return match[0].strip()[:80] if match else None
