"""VL-T3-Q3: the differences of two panels: what is missing, recoloured or turned in the right one.

A reply is cut into clauses, one object each; a clause claims that its object differs, and how.
"""

import re
from typing import NamedTuple

from scribebench.grading.prose import listed
from scribebench.grading.rubric.criterion import Criterion
from scribebench.grading.rubric.lexicon import terms
from scribebench.grading.rubric.reply import corrections, plain
from scribebench.rubric.truths import Difference, DifferencesTruth


class Clause(NamedTuple):
    """A stretch of a reply about one object (an English name of a shape) or another thing."""

    about: str
    text: str
    is_object: bool


class Claim(NamedTuple):
    """That something differs: `missing`, `colour`, `rotation`, `moved`, `size`, `added`, `vague`.

    `left` and `right` are what it is said to be there; `side` is where it is said to be missing.
    """

    about: str
    kind: str
    told: str
    left: str | None = None
    right: str | None = None
    side: str | None = None


_LEFT = (
    r"\b(?:left\w*|(?<!i )(?<!at )first|1st|image (?:1|a|one)|panel (?:1|a|one)|picture 1|links|"
    r"linke[nmrs]?|erste[nrs]?|izquierd\w+|primer\w*|gauche|"
    r"première|esquerd\w+|sinistr\w+|prim[ao]|original|before)\b|слева|\bлев\w+|перв\w+|"
    r"左|第一|왼쪽|图1|画像1"
)
_RIGHT = (
    r"\b(?:right(?!ly)\w*|second|2nd|image (?:2|b|two)|panel (?:2|b|two)|picture 2|"
    r"rechts|rechte[nmrs]?|zweite[nrs]?|derech\w+|"
    r"segund\w+|droite?|deuxième|seconde|direit\w+|destr\w+|second[ao]|after)\b|справа|"
    r"\bправ\w+|втор\w+|右|第二|오른쪽|图2|画像2"
)
_SIDE = re.compile(rf"(?P<left>{_LEFT})|(?P<right>{_RIGHT})")
# Where something is in a panel says nothing about which panel.
_PLACE = re.compile(
    r"(?:\b(?:at|in|on|near|from|of) )?(?:the )?\b(?:top|bottom|upper|lower|mid(?:dle)?|"
    r"cent(?:er|re))[- ]?(?:left|right)(?:[- ]hand)?(?:[- ](?:corner|side|area|part|"
    r"quadrant|position))?"
    r"|\b(?:left|right)(?:[- ]hand)? (?:corner|edge|margin)\b|\bto the (?:left|right) of\b"
    r"|\b(?<!nach )(?:oben|unten) (?:links|rechts)\b|\b(?<!hacia )(?:arriba|abajo|superior|"
    r"inferior) (?:a la "
    r")?(?:izquierd\w|derech\w)\w*"
    r"|\ben (?:haut|bas) à (?:gauche|droite)|\b(?:superior|inferior) (?:esquerd|"
    r"direit)\w+|\b(?:in alto|in basso) a (?:sinistra|destra)"
    r"|(?:左|右)(?:上|下)(?:角|方|部|隅)?|(?:верхн|нижн)\w+ (?:лев|прав)\w+"
    r"|\b(?:at|in|on|near|from) the (?:top|bottom)(?: of)?\b"
)
_MISSING = re.compile(
    r"\b(?:missing|absent|gone|lost|loses|dropped|taken out|wiped|n'y a (?:pas|plus)|"
    r"(?:ya )?no hay|pas (?:à|dans|sur)|nicht (?:im|rechts|links|auf)|(?:pero|mas|ma|но) (?:no|não|"
    r"non|не) (?:a|en|à|na|no|in|nell\w*|на)|sans|sem|senza|ohne|"
    r"removed|deleted|disappear\w*|vanish\w*|no longer|lacks?|"
    r"lacking|none|nothing|nowhere|(?:not|n't) (?:found|seen|drawn|present|there|visible|"
    r"shown|"
    r"in|on|appear|exist|have|included)|isn't (?:present|there|visible|in|on|shown)|"
    r"(?:does|do|did)(?: not|n't)(?: \w+)?|doesn't|without|has no|have no|had no|is no|"
    r"empty|eliminated|erased|"
    r"omitted|left out|taken away|fehlt|fehlen|fehlend\w*|verschwunden|kein\w*|weg|nicht "
    r"(?:mehr )?(?:da|vorhanden|zu sehen)|entfernt|falta|faltan|desapare\w+|"
    r"no (?:está|aparece|hay|existe|tiene)|ausente|eliminad\w+|manqu\w+|dispar\w+|"
    r"absente?|n'(?:est|y) (?:plus|pas)|n'apparaît pas|supprimé\w*|"
    r"não (?:aparece|está|há|existe|tem)|sumiu|some\b|removid\w+|manca|mancante|"
    r"scompars\w+|assente|non (?:c'è|è presente|compare)|"
    r"отсутству\w*|исчез\w*|пропал\w*|ontbreekt|verdwenen|brak\w*|zniknął)\b|\bнет\b|缺少|"
    r"缺失|缺了|消失|没有|不见|少了|不存在|なく|ない|ありません|消え|無い|欠け|없|사라"
)
_ONLY = re.compile(
    r"\b(?:only|nur|solo|sólo|seulement|uniquement|apenas|somente|soltanto|только|"
    r"exclusive\w*)\b[^.;|]{0,28}$|只(?:在|有)[^。]{0,10}$|だけ|のみ"
)
_IN_ONE = re.compile(
    r"\b(?:only|just) (?:(?:present|visible|shown|found|appears?|exists?) )?(?:in |on )?one (?:of|"
    r"image|panel|side|picture)|\b(?:in|on) (?:only|just) one\b|\bone (?:image|panel) but not"
)
_EXTRA = re.compile(
    r"\b(?:extra|one more|additional|added|adds|new|appears?|appeared|introduced|inserted|"
    r"zusätzlich\w*|neue?[rs]?|nuev[oa]|ajouté\w*|nouveau|nov[oa]|aggiunt\w*|новый|"
    r"добавл\w*)\b|新增|多了|追加"
)
_SAME = re.compile(
    r"\b(?:in both|in beiden|dans les deux|en ambas|same|identical|"
    r"unchanged|unaltered|no (?:change|difference)s?|(?:not|n't|"
    r"never) (?:change\w*|differ\w*|different)|alike|remains?(?: the same)?|gleich|"
    r"identisch|unverändert|igual(?:es)?|idéntic\w+|"
    r"identiques?|inchangé\w*|pareil|mesmo|mesma|idêntic\w*|uguale|identic\w|одинаков\w*|"
    r"такой же|не измен\w*)\b|相同|一样|不变|没有变|同じ|変わらない|같"
)
_SAME_PART = re.compile(
    r"\b(?:same|identical|gleiche[nr]?|misma?|même|mesm[ao]|stess[ao]) (?:colou?r|size|"
    r"position|place|shape|spot|location|farbe|größe|color|couleur|taille|cor|tamanho|"
    r"colore|forma|form)\b|相同的?(?:颜色|大小|位置)|同じ(?:色|位置|大きさ)"
)
_BUT = re.compile(r"\b(?:but|except|only|though|however|aber|pero|mais|mas|ma|но)\b|但|しかし")
_VAGUE = re.compile(
    r"\b(?:presence|existence|differ\w*|different\w*|chang\w+|alter\w*|modif\w+|vari\w+|"
    r"not the same|other|another|swapped|replac\w+|substitut\w+|unterschied\w*|anders|"
    r"verändert\w*|geändert|"
    r"andere\w*|cambi\w+|diferent\w*|distint\w*|différen\w*|chang\w*|autre|diferen\w*|"
    r"mud\w+|divers\w*|отлич\w*|измен\w*|друг\w+|разн\w*)\b|不同|变化|改变|変わ|違|"
    r"異な|변|다르|다른"
)
_COLOUR_SAID = re.compile(
    r"\b(?:colou?r\w*|hue|shade|darker|lighter|brighter|paler|recolou?r\w*|"
    r"farbe\w*|farblich|color|couleur\w*|"
    r"cor(?:es)?|colore|цвет\w*)\b|颜色|色が|色は|色"
)
_TURNED = re.compile(
    r"\b(?:upside[- ]?down|invert\w+|flipp\w+ vertical\w*|vertical\w* flip\w*|180|half[- "
    r"]turn|opposite (?:direction|orientation|way)s?|the other way|"
    r"on (?:its|his) (?:head|tip|point)|upturned|invers[eéo]\w*|auf de[mn] kopf|kopfüber|umgedreht|"
    r"boca abajo|al revés|invertid\w+|à l'envers|renvers\w+|retourné\w*|de cabeça para "
    r"baixo|capovolt\w+|перев[её]рнут\w*|вверх ногами)\b|倒置|颠倒|倒过来|翻转|逆さ|"
    r"上下(?:颠倒|反転|逆)|뒤집"
)
_ROTATED = re.compile(
    r"\b(?:flip\w*|rotat\w+|turn(?:ed|s)? (?:around|over)|turned(?! (?:into |from "
    r")?\w*(?:colou?r|red|blue|green|yellow|orange|purple|pink|brown|black|gr[ea]y))|"
    r"mirrored|reversed|orientation\w*|"
    r"direction|reflected|gedreht|rotiert|orientierung|ausrichtung|rotad\w*|girad\w*|"
    r"orientación|tourné\w*|pivoté\w*|orientation|rotacionad\w*|"
    r"orienta\w+|ruotat\w*|повёрнут\w*|повернут\w*|развёрнут\w*|ориентац\w*)\b|旋转|"
    r"方向|朝向|回転|向き|회전|방향"
)
_WRONG_TURN = re.compile(
    r"\b(?:90|45|270|60|30)\b ?(?:°|deg\w*|grad)|\bsideways\b|point\w*(?: \w+)? (?:to "
    r"the |to |towards the )?(?:left|right)(?:ward\w*)?\b(?! (?:image|panel|picture|side|"
    r"one|frame|half))"
    r"|\b(?:quarter turn)\b|旋转(?:了)?(?:90|45)"
)
_UP = (
    r"\b(?:up(?!side)\w*|oben|arriba|haut|cima|alto|su|aufwärts|boven|nach oben)\b|\bвверх\b"
    r"|上|위|▲|△|↑|⬆|🔺"
)
_DOWN = (
    r"\b(?:down\w*|upside[- ]?down|invert\w+|unten|abajo|bas|baixo|basso|giù|abwärts|beneden)\b"
    r"|\bвниз\b|下|倒|아래|▼|▽|↓|⬇|🔻"
)
_DIRECTION = re.compile(rf"(?P<down>{_DOWN})|(?P<up>{_UP})")
_MOVED = re.compile(
    r"\b(?:moved|moves|shifted|relocated|displaced|repositioned|swapped (?:places|"
    r"positions)|different (?:position|place|location|spot)|changed (?:position|place|"
    r"location)|"
    r"(?:position|location|placement) (?:is|has|of)|verschoben|andere position|movid\w+|"
    r"se movió|déplacé\w*|deslocad\w*|spostat\w*|перемещ\w*|сдвин\w*)\b|移动|移動|位置(?:が|"
    r"は)?(?:不同|变|違)"
)
_SIZE = re.compile(
    r"\b(?:larger|bigger|smaller|size|taller|wider|shorter|thicker|thinner|grew|shrunk|"
    r"shrank|scaled|größer|kleiner|größe|más grande|más pequeñ\w|plus (?:grand|petit)e?|"
    r"maior|menor|più (?:grande|piccol\w)|больше|меньше|размер\w*)\b|更大|更小|大小|大きく|小さく"
)
_THINGS = re.compile(
    r"\b(?P<thing>backgrounds?|borders?|frames?(?= (?:is|are|has|colou?r))|outlines?|"
    r"shadows?|texts?|labels?|titles?|fonts?|brightness|lighting|contrast|spacing|layout|"
    r"textures?|"
    r"hintergrund|rahmen|fondo|borde|arrière-plan|fond|bordure|fundo|borda|sfondo|bordo|"
    r"фон\w*|рамк\w*|lines?|dots?(?= (?:was|were|is|added))|numbers?(?! of)|watermark|grid|"
    r"pattern)\b|背景|边框|阴影|枠|影"
)
_THING_DIFFERS = re.compile(
    r"\b(?:darker|lighter|brighter|thicker|thinner|wider|narrower|bolder|added|new|extra|instead|has|have|"
    r"there is|appears?|missing|removed|changed|different\w*|differs?|larger|smaller|"
    r"dunkler|heller|anders|diferente|más|plus|mais|più|другой|темнее|светлее)\b|不同|"
    r"更|変わ|違|追加"
)
_DIFFER_SAID = re.compile(
    r"\b(?:instead|missing|absent|changed|differ\w*|became|flipped|rotated|inverted|gone|"
    r"removed|moved)\b"
)
# `First, the circle vanished`: no panel, but the first of the differences.
_COUNTED_OFF = re.compile(
    r"^\s*(?:[-*•]\s*)?(?:(?:first|second|third|last|final)(?:ly)?|finally|next|lastly)\s*[,:]"
    r"|\b(?:the |my )?(?:first|second|third|last|final|other|1st|2nd|3rd) (?:visible |main |key )?"
    r"(?:difference|change|one|thing)\b"
    r"|\b(?:erstens|zweitens|drittens|primero|segundo|tercero|en primer lugar|premièrement|"
    r"deuxièmement|troisièmement|primo|secondo|terzo)\s*[,:]"
    r"|\b(?:der|die|das) (?:erste|zweite|dritte) unterschied\b|\bla (?:primera|segunda|tercera) "
    r"diferencia\b|\bla (?:première|deuxième|troisième) différence\b"
    r"|第[一二三](?:个|处|點|点)?(?:不同|差异|[,:])"
)
_DIFFER_HEAD = re.compile(
    r"\b(?:differ\w*|unterschied\w*|diferenci\w*|différenc\w*|diferenç\w*|differenz\w*|"
    r"отлич\w*|различ\w*|changes?|changed)\b|不同|差异|違い"
)
_SUPPOSED = re.compile(
    r"\b(?:if|had|suppose)\b[^.]*\b(?:were|was|had|would)\b|\bwould (?:be|have|list)\b|"
    r"\bwenn\b[^.]*\b(?:wäre|würde)|\bsi\b[^.]*\b(?:fuera|était|étaient)\b|如果|假如|если бы"
)
_NOT_ONE = re.compile(
    r"\bno (?:visible |apparent |obvious |other |further |significant |noticeable "
    r")*differences?\b|\b(?:images|panels|pictures|they|both)\b[^.]{0,20}\b(?:are|look|"
    r"appear|seem)\b[^.]{0,16}\bidentical\b|"
    r"\bkeine unterschiede|no hay diferencias|aucune différence|não há diferenças|"
    r"nessuna differenza|нет различий|没有(?:任何)?(?:不同|区别|差异)|違いはありません"
)
_INSTEAD = re.compile(
    r"\b(?:instead of|rather than|not|was(?! (?:\w+ )?(?:replaced|changed|turned|swapped|"
    r"recolou?red|made|painted|substituted|exchanged))|formerly|previously|statt|anstatt|"
    r"en lugar del?|"
    r"in place of|an stelle|en vez de|au lieu d(?:[eu]|es|')|em vez d[aeo]s?|"
    r"invece (?:che|di|del\w*)|anziché|вместо|"
    r"used to be|originally|"
    r"opposed to|compared (?:to|with))\b|而不是|ではなく|대신"
)
_CONTRAST = re.compile(
    r"\b(?:whereas|while|but|vs|versus|mientras|während|tandis|compared|unlike|mentre|"
    r"enquanto)\b|[,;]"
    r"|а |тогда как|而|が、"
)
_NEXT_PART = re.compile(rf"{_CONTRAST.pattern}|\b(?:and|und|y|et|e|и)\b")
_AND = re.compile(r"\b(?:and|und|y|et|e|и)\b|[/()]")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+|(?<=。)")
_HEAD = re.compile(
    r"(?:\b(?:the|a|an|der|die|das|den|ein|eine|el|la|los|un|una|le|les|une|du|o|a|os|um|"
    r"uma|il|lo|i|gli|in|of|and|also|und|y|et|e|и|its?|large|small|solid|filled|"
    r"other)\b\s*|[\"'(*]\s*)*$"
)
# `Left: red circle. Right: no circle.` is one statement.
_PAIR = re.compile(r"(\bleft[^.:\n]{0,14}:[^.\n]{0,40})\.\s+(?=right[^.:\n]{0,14}:)")
_COMPARED = re.compile(
    r"\b(?:compared (?:to|with)|relative to|than (?:in|on)|unlike|in contrast to|from)[^.,;]{0,6}"
    r"(?:the )?(?:left|first|image (?:1|a|one)|original)[^.,;]*"
)
_PANEL = re.compile(
    rf"(?:^|(?<=[.!?;] ))[\s\-*•#|\d.)]*(?:(?:in|on) (?:the )?)?(?:the "
    rf")?(?P<side>{_LEFT}|{_RIGHT})(?:[- ]hand)?(?: (?:image|panel|picture|side|one|"
    rf"frame|bild|imagen|half))?\s*(?:\([^)]*\))?\s*(?::|\||-|shows?|has|contains?|"
    rf"depicts?|→)",
    re.M,
)
_ROW = re.compile(r"^\s*\|?(.*?\|.*?)\|?\s*$")
_NEAR_SHAPES = {
    "rectangle": "square",
    "oval": "circle",
    "arrow": "triangle",
    "ring": "circle",
    "cone": "triangle",
    "plus": "cross",
}


def score(reply: str, truth: DifferencesTruth) -> dict[str, Criterion]:
    """Return the criteria `finds_all`, `descriptions` and `no_false_positives`."""
    text = _tables(plain(reply)).casefold().replace("vs.", "vs")
    text = _NUMBERED.sub("\n", _APEX.sub(_pointing, _PAIR.sub(r"\1; ", text)))
    claims = [*_claims(text, truth), *_of_panels(text, truth)]
    values: dict[str, float] = {}
    false: dict[str, str] = {}
    told: dict[str, str] = {}
    true = {one.shape: one for one in truth.differences}
    for claim in claims:
        difference = true.get(claim.about)
        if difference is None:
            false.setdefault(f"{claim.about} {claim.kind}", claim.told)
            continue
        value = _value(claim, difference)
        if value is None:
            continue
        if value > values.get(claim.about, -1.0):
            values[claim.about], told[claim.about] = value, claim.told
    for claim in claims:
        difference = true.get(claim.about)
        is_other = difference is not None and (
            claim.kind in ("moved", "size", "added") or _is_other_change(claim, difference)
        )
        if is_other and any(
            one.about == claim.about and one.kind == difference.kind for one in claims
        ):
            false.setdefault(f"{claim.about} {claim.kind}", claim.told)
    is_bare = not claims and _is_bare_list(text)
    if is_bare:
        values = dict.fromkeys((one for one in _shapes_in(text) if one in true), 0.0)
        told = dict.fromkeys(values, text)
    is_listed = (
        bool(claims)
        and all(value <= 0.5 for value in values.values())
        and not _DIFFER_SAID.search(text)
    )
    if is_listed and (derived := _derived(text, truth)) >= max(1, len(values)):
        share = derived / len(truth.differences) / 2
        why = "the panels are described one by one, the differences not told"
        return {
            "finds_all": Criterion(share, why),
            "descriptions": Criterion(share, why),
            "no_false_positives": Criterion(1.0, "nothing is claimed that is not so"),
        }
    count = len(truth.differences)
    names = ", ".join(values) or "none"
    fully = sum(values.values()) / count
    return {
        "finds_all": Criterion(len(values) / count, f"named as different: {names}"),
        "descriptions": Criterion(
            fully,
            "; ".join(f"{name} {value:g} ({told[name][:60]!r})" for name, value in values.items())
            or "no difference is described",
        ),
        "no_false_positives": _no_false(values, false),
    }


_LIST_WORD = listed(
    "the a an and und et y e и red blue orange green one two three der die das le la"
)


def _is_bare_list(text: str) -> bool:
    """Return whether a reply names objects and says nothing else: `circle, square, triangle`."""
    named = {word for one in terms(text) for word in re.findall(r"\w+", text[one.start : one.end])}
    own = [one for one in re.findall(r"[^\W\d]+", text) if one not in named | set(_LIST_WORD)]
    return not own and len(set(_shapes_in(text))) > 1


_CHANGES = re.compile(
    r"\b(?:chang\w+|turn(?:ed|s)|became|becomes|is now|recolou?red|rotated|flipped|inverted)\b"
)


def _is_other_change(claim: Claim, difference: Difference) -> bool:
    """Return whether a claim says that an object changed in a way in which it did not."""
    if claim.kind == difference.kind or not _CHANGES.search(claim.told):
        return False
    if claim.kind == "colour":
        is_told = claim.left is not None and claim.right is not None
        return is_told and difference.kind == "rotation"
    return claim.kind == "rotation" and difference.kind == "colour"


# `1) missing circle 2) green square`: each on a line of its own.
_NUMBERED = re.compile(
    r"(?<=[^\s])(?<!image)(?<!panel)(?<!picture)(?<!figure)(?<!imagen)(?<!bild)[ \t,;]+"
    r"(?=\(?[1-9][.)][ \t]+[^\W\d])"
)
_APEX = re.compile(
    r"\b(?:apex|vertex|tip|peak|point)\b[^,;.\n]{0,14}?\b"
    r"(?P<way>top|up(?:wards?)?|bottom|down(?:wards?)?)\b"
)


def _pointing(match: re.Match[str]) -> str:
    return "pointing up" if match["way"][0] in "tu" else "pointing down"


def _no_false(values: dict[str, float], false: dict[str, str]) -> Criterion:
    if not values:
        return Criterion(0.0, "no true difference is found")
    if not false:
        return Criterion(1.0, "nothing is claimed that is not so")
    told = "; ".join(one.strip()[:50] for one in false.values())
    return Criterion(0.5 if len(false) == 1 else 0.0, f"claimed, and not so: {told!r}")


def _value(claim: Claim, difference: Difference) -> float | None:
    """Return what a claim describes of a true difference; null when it says nothing of it."""
    if claim.kind == "vague":
        return 0.5
    if claim.kind != difference.kind:
        return 0.0  # `named` as one of the differences, no more, is here too
    if claim.kind == "missing":
        return {"left": 0.0, "one": 0.5}.get(claim.side or "", 1.0)
    if claim.left is None and claim.right is None:
        return {"turned": 1.0, "wrong": 0.0}.get(claim.side or "", 0.5)
    if (claim.left, claim.right) == (difference.before, difference.after):
        return 1.0
    if claim.left in (None, difference.before) and claim.right in (None, difference.after):
        return 0.5
    return 0.0


# ----- Clauses


def _tables(text: str) -> str:
    """Return a text with the cells of tables said: `left: blue; right: green`."""
    if "|" not in text:
        return text
    sides: list[str] = []
    lines = []
    for line in text.split("\n"):
        row = _ROW.match(line)
        if row is None or line.count("|") < 2:
            if line.strip():
                sides = []
            lines.append(line)
            continue
        cells = [cell.strip() for cell in row[1].split("|")]
        found = [
            match.lastgroup if (match := _SIDE.search(_PLACE.sub(" ", cell.lower()))) else ""
            for cell in cells
        ]
        if (
            not sides
            and {"left", "right"} <= set(found)
            and not any(_shapes_in(cell) for cell in cells)
        ):
            sides = [one or "" for one in found]
            continue
        if sides and len(cells) == len(sides):
            said = [
                f"{side}: {_cell(cell)}" if side else cell
                for side, cell in zip(sides, cells, strict=True)
            ]
            lines.append("; ".join(said).replace(".", ",") + ".")
        else:
            lines.append("; ".join(cells))
    return "\n".join(lines)


# Of all shapes nothing is true but what is told of their number.
_ALL_SHAPES = re.compile(
    r"(?<!number of )(?<!one )(?<!two )(?<!three )\b(?:(?:the|all|other|remaining) (?:\w+ )?"
    r"(?:shapes|objects|figures|elements)|everything)\b(?! (?:one|two|three|less|fewer))"
)
_NOTHING = listed("x n/a null no not present none nein non não нет false")


def _cell(cell: str) -> str:
    """Return what a cell of a table says; a cross, a dash or `No` says: it is missing."""
    is_said = re.search(r"\w|[▲△▼▽●■✓✔✅🔴-🟫]", cell) and cell.lower().strip(". ") not in _NOTHING
    return cell if is_said else "missing"


def _shapes_in(text: str) -> list[str]:
    return [str(one.value) for one in terms(text) if one.kind in ("shape", "symbol")]


def _mentions(text: str, truth: DifferencesTruth) -> list[tuple[int, int, str]]:
    """Return where a text names an object: its head's place, its end, its shape."""
    known = {one.shape for one in truth.left}
    found = []
    named = terms(text)
    arrows = "▲△▼▽🔺🔻"
    for n, term in enumerate(named):
        if term.kind not in ("shape", "symbol") or (
            text[term.start : term.end] in arrows
            and "triangle" in known
            and term.kind == "symbol"
            and any(one.kind == "shape" and one.value == "triangle" for one in named)
        ):
            continue
        shape = str(term.value)
        if shape not in known and _NEAR_SHAPES.get(shape) in known:
            shape = _NEAR_SHAPES[shape]
        if (
            re.match(r"\s+(?:shape )?(?:background|border|frame|outline)\b", text[term.end :])
            and shape in known
        ):
            continue
        start = term.start
        m = n - 1
        while (
            m >= 0 and named[m].kind == "colour" and not text[named[m].end : start].strip(" -'\"*(")
        ):
            start = named[m].start
            m -= 1
        head = _HEAD.search(text, max(0, start - 30), start)
        found.append((head.start() if head else start, term.end, shape))
    return found


def _clauses(sentence: str, truth: DifferencesTruth, last: str | None) -> list[Clause]:
    """Return a sentence cut where another object is named; `last` is the object named before."""
    named = _mentions(sentence, truth)
    marks = [(start, end, shape, True) for start, end, shape in named]
    marks += [
        (match.start(), match.end(), match["thing"] or match[0], False)
        for match in _THINGS.finditer(sentence)
    ]
    marks.sort()
    if not marks:
        if by_colour := _by_colour(sentence, truth):
            return [Clause(by_colour, sentence, True)]
        if _ALL_SHAPES.search(sentence) and not _SAME.search(sentence):
            if _SIZE.search(sentence) or _MOVED.search(sentence):
                return [Clause("shapes", f"a new {sentence}", False)]
            return []
        if last is not None and re.search(
            r"\b(?:it|its|this|they|er|sie|es|ce|il|elle)\b|它|それ", sentence
        ):
            return [Clause(last, sentence, True)]
        return []
    kept = [marks[0]]
    for mark in marks[1:]:
        if mark[2] != kept[-1][2]:
            kept.append(mark)
    # What stands before the first name belongs to it: `falta el círculo rojo`.
    begins = [0, *(mark[0] for mark in kept[1:])]
    lead = _leads(sentence, kept, begins)
    ends = [*lead[1:], len(sentence)]
    return [
        Clause(mark[2], sentence[begin:end], mark[3])
        for mark, begin, end in zip(kept, lead, ends, strict=True)
    ]


_BREAK = re.compile(r"[,;:|、，]\s*|\b(?:and|while|whereas|but|und|y|et|e|и)\b\s*")


def _leads(sentence: str, marks: list[tuple[int, int, str, bool]], begins: list[int]) -> list[int]:
    """Return where the clauses begin: at the last comma or `and` before each name."""
    found = [0]
    for previous, begin in zip(marks, begins[1:], strict=False):
        breaks = [match.end() for match in _BREAK.finditer(sentence, previous[1], begin)]
        found.append(breaks[-1] if breaks else begin)
    return found


_NAMED_PLACE = re.compile(r"\b(top|upper|bottom|lower)[- ](left|right)\b")
_SOME_OBJECT = re.compile(r"\b(?:shapes?|objects?|figures?|items?|elements?|ones?)\b|[:|]")


def _by_place(sentence: str, truth: DifferencesTruth) -> str | None:
    """Return the object that is named by its place alone: `the shape in the top right`."""
    places = set(_NAMED_PLACE.findall(sentence))
    if len(places) != 1 or not _SOME_OBJECT.search(sentence) or _mentions(sentence, truth):
        return None
    row, side = places.pop()
    place = f"{'top' if row in ('top', 'upper') else 'bottom'} {side}"
    return next((one.shape for one in truth.left if one.place == place), None)


def _by_colour(sentence: str, truth: DifferencesTruth) -> str | None:
    """Return the object that is named by its colour: `the red one`."""
    match = re.search(r"\b(?:one|shape|object|figure|item|element)\b", sentence)
    if match is None:
        return None
    before = [str(one.value) for one in terms(sentence[: match.start()]) if one.kind == "colour"]
    owners = [one.shape for one in truth.left if before and one.colour == before[-1]]
    return owners[0] if len(owners) == 1 else None


# ----- Claims


def _claims(text: str, truth: DifferencesTruth) -> list[Claim]:
    found: list[Claim] = []
    last: str | None = None
    is_list = False
    for sentence in _SENTENCE.split(text):
        if not sentence or not sentence.strip():
            continue
        sentence = _COUNTED_OFF.sub(" ", sentence)
        cut = corrections(sentence)
        if cut or (found and re.match(r"\s*(?:no|nein|non)\b[,.]", sentence)):
            is_at_head = not cut or cut[0] < 4
            sentence = sentence[cut[-1] if cut else 0 :]
            if is_at_head and found and _takes_back(sentence, found[-1], truth):
                last = found.pop().about
        if _SUPPOSED.search(sentence):
            continue
        if _NOT_ONE.search(sentence) and not _BUT.search(sentence):
            continue
        by_place = _by_place(sentence, truth)
        places = {" ".join(match[0].split()[-2:]) for match in _PLACE.finditer(sentence)}
        sentence = _PLACE.sub(" ", sentence)
        is_head = _DIFFER_HEAD.search(sentence) is not None
        clauses = _clauses(sentence, truth, last)
        if by_place and not any(clause.is_object for clause in clauses):
            clauses = [Clause(by_place, sentence, True)]
        is_list = (is_head and sentence.rstrip().endswith(":")) or (
            is_list and bool(clauses) and all(_is_listed(one, truth) for one in clauses)
        )
        about = {clause.about for clause in clauses if clause.is_object}
        in_two_places = (
            len(places) > 1
            and len(about) == 1
            and len({match.lastgroup for match in _SIDE.finditer(sentence)}) > 1
        )
        if in_two_places and not any(_of_clause(clause, truth) for clause in clauses):
            # In another corner of each panel: it is said to have moved.
            last = about.pop()
            found.append(Claim(last, "moved", sentence))
            continue
        pending: list[str] = []
        previous: Clause | None = None
        for clause in clauses:
            claims = _of_clause(clause, truth)
            if clause.is_object:
                last = clause.about
                becomes = previous is not None and _BECOMES.search(previous.text) is not None
                previous = clause
                if becomes:
                    continue
                if not claims and _is_listed(clause, truth):
                    pending.append(clause.about)
                    continue
            found += [one._replace(about=other) for other in pending for one in claims]
            pending = []
            found += claims
        if is_head or is_list:
            found += [Claim(about, "named", sentence) for about in pending]
    return found


def _takes_back(sentence: str, claim: Claim, truth: DifferencesTruth) -> bool:
    """Return whether a correction is of the claim before it; of another object, it is one more."""
    named = {shape for _, _, shape in _mentions(sentence, truth)}
    return not named or claim.about in named


# `the circle turned into a square`: the second is what became of the first.
_BECOMES = re.compile(r"\b(?:into|by|with|became|becomes|to)\s*$")


def _is_listed(clause: Clause, truth: DifferencesTruth) -> bool:
    """Return whether a clause only names its object, as one of several in a row."""
    if _SIDE.search(clause.text):
        return False
    own = [word for word in re.findall(r"\w+", clause.text) if not _HEAD.fullmatch(word)]
    named = {text for one in terms(clause.text) for text in [clause.text[one.start : one.end]]}
    return all(word in named for word in own)


def _of_clause(clause: Clause, truth: DifferencesTruth) -> list[Claim]:
    text, about = clause.text, clause.about
    known = {one.shape for one in truth.left}
    if not clause.is_object:
        colours = {one.value for one in terms(text) if one.kind == "colour"}
        differs = (_THING_DIFFERS.search(text) or len(colours) > 1) and not _SAME.search(text)
        return [Claim(about, "added", text)] if differs else []
    plainer = _SAME_PART.sub(" ", text)
    if _SAME.search(plainer) and not _BUT.search(plainer):
        return []
    if about not in known:
        is_new = (
            _EXTRA.search(text)
            or re.search(r"\b(?:there is|has|have|contains)\b", text)
            or _VAGUE.search(text)
        )
        return [Claim(about, "added", text)] if is_new and not re.search(r"\bno\b", text) else []
    difference = next((one for one in truth.differences if one.shape == about), None)
    if _SAME.search(plainer) and _SIZE.search(plainer):
        return [Claim(f"the same {about}", "size", text)]
    claims = []
    rotation = _rotation(plainer, about)
    colour = _colour(plainer, difference)
    missing = _missing(re.sub(rf"\bno (?=(?:\w+ ){{0,2}}{about})", "missing ", plainer))
    if missing and not (colour and colour.left and colour.right):
        claims.append(Claim(about, "missing", text, side=missing))
    if colour:
        claims.append(colour._replace(about=about, told=text))
    if rotation:
        claims.append(rotation._replace(told=text))
    if match := _MOVED.search(plainer):
        claims.append(Claim(about, "moved", match[0]))
    if (match := _SIZE.search(plainer)) and not (
        missing and difference and difference.kind == "missing"
    ):
        claims.append(Claim(about, "size", match[0]))
    if not claims and _VAGUE.search(plainer):
        claims.append(Claim(about, "vague", text))
    return claims


def _missing(text: str) -> str | None:
    """Return the side where the object is said to be missing; `right` when none is told."""
    found = list(_MISSING.finditer(text))
    found = [
        match for match in found
        if not re.search(r"(?:\bnot|n't)\s+$", text[: match.start()])
        and not re.match(r"\s*(?:change|differ|move)", text[match.end() :])
    ]  # fmt: skip
    sides = [(match.start(), match.lastgroup) for match in _SIDE.finditer(text)]
    for place, side in sides:
        if _ONLY.search(text[:place]) or re.match(r"[^。]{0,6}(?:だけ|のみ)", text[place:]):
            return "right" if side == "left" else "left"
    if not found:
        if _IN_ONE.search(text):
            return "one"
        if extra := _EXTRA.search(text):
            near = min(sides, key=lambda one: abs(one[0] - extra.start()), default=(0, ""))
            return {"left": "right", "right": "left"}.get(near[1] or "")
        return None
    match = found[-1]
    behind = [side for place, side in sides if match.end() <= place < match.end() + 30
              and not re.search(r"[,;|]|\b(?:but|while)\b", text[match.end() : place])]  # fmt: skip
    before = [side for place, side in sides if place < match.start()]
    if before and behind:
        # `the right image lacks the circle that is in the left one`
        until = next(place for place, _ in sides if place >= match.end())
        own = max(place for place, _ in sides if place < match.start())
        if _NEXT_PART.search(text[own : match.start()]) is None and any(
            one.kind == "shape" for one in terms(text[match.end() : until])
        ):
            behind = []
    inside = [side for place, side in sides if match.start() <= place < match.end()]
    return (behind[:1] or inside[:1] or before[-1:] or ["right"])[0]


def _colour(text: str, difference: Difference | None) -> Claim | None:
    tokens = [(one.start, one.end, str(one.value)) for one in terms(text) if one.kind == "colour"]
    # A symbol such as a blue square has a colour of its own.
    tokens += [
        (one.start, one.end, one.colour)
        for one in terms(text)
        if one.kind == "symbol" and one.colour
    ]
    tokens.sort()
    distinct = list(dict.fromkeys(value for _, _, value in tokens))
    is_recoloured = difference is not None and difference.kind == "colour"
    if (
        len(distinct) > 2
        and is_recoloured
        and {difference.before, difference.after} <= set(distinct)
    ):
        tokens = [one for one in tokens if one[2] in (difference.before, difference.after)]
        distinct = list(dict.fromkeys(value for _, _, value in tokens))
    if len(distinct) >= 2:
        left, right = _sides_of(text, tokens)
        return Claim("", "colour", text, left, right)
    is_said = _COLOUR_SAID.search(text) and (_VAGUE.search(text) or is_recoloured)
    if not distinct:
        return Claim("", "colour", text) if is_said else None
    becomes = re.search(
        r"\b(?:changed? (?:colou?r )?to|turned|became|becomes|is now|now|cambi\w+ a|"
        r"devenu|wurde)\b|变成|变为|になっ",
        text,
    )
    on_right = is_recoloured and distinct[0] == difference.after
    if is_said or becomes or on_right:
        if is_recoloured and distinct[0] == difference.before:
            return Claim("", "colour", text, distinct[0], None)
        return Claim("", "colour", text, None, distinct[0])
    return None


def _rotation(text: str, about: str) -> Claim | None:
    if about != "triangle":
        return (
            Claim(about, "rotation", text)
            if _ROTATED.search(text) or _TURNED.search(text)
            else None
        )
    if _WRONG_TURN.search(text) and not re.search(r"180", text):
        return Claim(about, "rotation", text, side="wrong")
    tokens = [
        (match.start(), match.end(), str(match.lastgroup)) for match in _DIRECTION.finditer(text)
    ]
    distinct = {value for _, _, value in tokens}
    if len(distinct) == 2:
        left, right = _sides_of(text, tokens)
        return Claim(about, "rotation", text, left, right)
    text = _COMPARED.sub(" ", text)
    if turned := _TURNED.search(text):
        near = [match.lastgroup for match in _SIDE.finditer(text) if match.start() > turned.end()]
        if near[:1] == ["left"]:
            return Claim(about, "rotation", text, "down", "up")
        return Claim(about, "rotation", text, side="turned")
    if distinct:
        value = distinct.pop()
        sides = {match.lastgroup for match in _SIDE.finditer(text)}
        if sides == {"left"}:
            return Claim(about, "rotation", text, value, None)
        return Claim(about, "rotation", text, None, value)
    return Claim(about, "rotation", text) if _ROTATED.search(text) else None


def _sides_of(text: str, tokens: list[tuple[int, int, str]]) -> tuple[str, str]:
    """Return what the two values of a clause are on the left and on the right."""
    first = tokens[0]
    second = next(one for one in tokens if one[2] != first[2])
    ordered = (first[2], second[2])
    sides = [(match.start(), str(match.lastgroup)) for match in _SIDE.finditer(text)]
    between = text[first[1] : second[0]]
    is_turned = _INSTEAD.search(between) is not None or (
        re.search(r"\bwhere\b", between) is not None
        and re.match(r"[^,;.]{0,20}\b(?:was|were|used to|had been)\b", text[second[1] :])
        is not None
    )
    if (
        re.search(r"\b(?:from|von|de|da|du|desde|с|из)\s+(?:\w+ ){0,2}$", text[: first[0]])
        and not is_turned
    ):
        return ordered
    if {side for _, side in sides} == {"left", "right"}:
        leads = sides[0][0] < first[0]
        told = [_side_of(one, tokens, sides, leads) for one in (first, second)]
        if told == ["left", "right"]:
            return ordered
        if told == ["right", "left"]:
            return ordered[1], ordered[0]
        own = [_side_of(one, tokens, sides, not leads) for one in (first, second)]
        if own == ["left", "right"]:
            return ordered
        if own == ["right", "left"]:
            return ordered[1], ordered[0]
        if not is_turned and sides[0][0] < second[0]:
            # `on the right it is green (blue on the left)`: each side stands at its value.
            return ordered if sides[0][1] == "left" else (ordered[1], ordered[0])
    elif sides and not is_turned:
        place, side = sides[0]
        owner = None
        if first[1] < place < second[0]:
            # `blue on the left, green` or `blue, on the right green`; but `the blue square is on
            # the right green` goes on without a break to what it became.
            before = _CONTRAST.search(text, first[1], place)
            behind = _CONTRAST.search(text, place, second[0]) or _AND.search(text, place, second[0])
            if not before and not behind:
                return ordered
            owner = second if before else first
        elif place > second[1]:
            owner = second
        if owner is not None:
            is_first_left = (owner is first) == (side == "left")
            return ordered if is_first_left else (ordered[1], ordered[0])
    return (ordered[1], ordered[0]) if is_turned else ordered


def _side_of(
    token: tuple[int, int, str],
    tokens: list[tuple[int, int, str]],
    sides: list[tuple[int, str]],
    leads: bool,
) -> str:
    """Return the side that a value is told of: the last before it, or the next behind it."""
    if leads:
        return next((side for place, side in reversed(sides) if place < token[0]), "")
    return next((side for place, side in sides if place >= token[1]), "")


# ----- Panels described one by one


def _derived(text: str, truth: DifferencesTruth) -> int:
    """Return how many differences can be told from a description of each panel."""
    return len(_told_apart(_PLACE.sub(" ", text), _PANEL, truth))


_PANEL_INSIDE = re.compile(
    rf"(?:^|(?<=[.!?;,:] )|(?<=while )|(?<=whereas )|(?<=but )|(?<=and )|(?<=während )|"
    rf"(?<=mientras que )|(?<=tandis que ))[\s\-*•#|\d.)]*(?:(?:in|on|im|auf der|en) )?"
    rf"(?:(?:the|das|die|der|la|el|l'image|à|a|à la) )?(?P<side>{_LEFT}|{_RIGHT})(?:[- ]hand)?"
    rf"(?: (?:image|panel|picture|side|one|frame|half|bild|bildhälfte|seite|imagen|lado))?"
    rf"\s*(?:\([^)]*\))?\s*(?:only |also |then |just )?(?::|\||-|,|→|shows?|has|have|contains?|"
    rf"depicts?|displays?|features?|consists? of|includes?|there (?:is|are)|zeigt|enthält|hat|"
    rf"muestra|tiene|contiene|montre|contient|mostra|tem\b|показ\w+|содержит|"
    rf"(?=(?:the|an?|its?|das|der|die|el|la|le) ))",
    re.M,
)
_TOLD_APART = re.compile(
    r"n't\b|\b(?:not|while|whereas|but|however|only|no|none|without|missing|absent|lacks?|lacking|gone|"
    r"instead|now|in contrast|während|aber|nur|kein\w*|fehlt|mientras|pero|solo|sólo|sin|tandis|"
    r"mais|seulement|enquanto|apenas|mentre|invece|а|только|нет)\b|没有|只|なし|ない"
)


def _of_panels(text: str, truth: DifferencesTruth) -> list[Claim]:
    """Return the differences told by describing each panel and setting one against the other."""
    if not _TOLD_APART.search(text):
        return []
    told = _told_apart(_PLACE.sub(" ", text), _PANEL_INSIDE, truth)
    return [
        Claim(one.shape, one.kind, "the panels set against each other", one.before, one.after)
        for one in told
    ]


def _told_apart(text: str, panel: re.Pattern[str], truth: DifferencesTruth) -> list[Difference]:
    """Return the differences that are in a description of each panel."""
    cuts = list(panel.finditer(text))
    if len(cuts) < 2:
        return []
    parts: dict[str, str] = {}
    for match, following in zip(cuts, [*cuts[1:], None], strict=True):
        side = "left" if re.fullmatch(_LEFT, match["side"]) else "right"
        parts[side] = (
            parts.get(side, "") + text[match.end() : following.start() if following else len(text)]
        )
    if len(parts) < 2:
        return []
    shown = [set(_shapes_in(part)) & {one.shape for one in truth.left} for part in parts.values()]
    if not shown[0] & shown[1] or max(map(len, shown)) < 2:
        return []  # about one object, not a panel
    clauses = {side: _clauses(part, truth, None) for side, part in parts.items()}
    found = []
    for one in truth.differences:
        left = [clause.text for clause in clauses["left"] if clause.about == one.shape]
        right = [clause.text for clause in clauses["right"] if clause.about == one.shape]
        if one.kind == "missing":
            is_told = bool(left) and all(_MISSING.search(clause) for clause in right)
        elif one.kind == "colour":
            is_told = _names(left, one.before) and _names(right, one.after)
        else:
            is_told = _points(left, one.before) and _points(right, one.after)
        if is_told:
            found.append(one)
    return found


def _names(clauses: list[str], colour: str | None) -> bool:
    return any(
        one.value == colour for text in clauses for one in terms(text) if one.kind == "colour"
    )


def _points(clauses: list[str], direction: str | None) -> bool:
    return any(
        match.lastgroup == direction for text in clauses for match in _DIRECTION.finditer(text)
    )
