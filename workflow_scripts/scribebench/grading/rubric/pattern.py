"""VL-T3-Q4: the shape that is missing in a grid of three by three, and the rule of the grid."""

import re
from typing import NamedTuple

from scribebench.grading.rubric.criterion import Criterion
from scribebench.grading.rubric.lexicon import Term, terms
from scribebench.grading.rubric.reply import (
    clause_before,
    corrections,
    is_hypothetical,
    is_negated,
    plain,
)
from scribebench.rubric.truths import GridTruth

_NO_SHAPE = "no shape is committed to"
# What may be said for a shape without its name.
_PARAPHRASES = (
    ("square", r"(?:shape|figure|quadrilateral|polygon)? ?with four equal sides|four[- ]sided "
    r"(?:regular|equal)"
               r"|equal[- ]sided rectangle|regular quadrilateral|vier gleiche seiten|四条边相等"),
    ("triangle", r"three[- ]sided|with three (?:sides|corners|angles)|3[- ]sided"),
    ("circle", r"round (?:shape|figure|one)|perfectly round"),
    ("hexagon", r"six[- ]sided|with six (?:sides|corners)|6[- ]sided"),
    ("star", r"five[- ]pointed (?:shape|figure)"),
    ("cross", r"\bplus (?:sign|shape|symbol)|\bplus\b(?=\s*[.,!]|$)"),
)  # fmt: skip
_PARAPHRASES = tuple((shape, re.compile(said)) for shape, said in _PARAPHRASES)
_NEAR = {"square": ("rectangle", "diamond"), "circle": ("oval",), "star": ("asterisk",)}
_CELL = (
    r"(?:empty|missing|blank|remaining|last|final|next|question[- ]mark(?:ed)?|unknown|leere?n?|"
    r"fehlende?n?|letzte?n?|vac[ií]a|faltante|vide|manquante?|vazia|faltando|mancante|"
    r"vuota|пуст\w+|"
    r"недостающ\w+|пропущенн\w+)"
)
# What announces an answer: the shape follows.
_ANNOUNCED = re.compile(
    r"(?:answer|solution|shape|symbol|result|antwort|lösung|respuesta|réponse|resposta|risposta|"
    r"ответ|答案|答え|正解|정답)(?: \w+){0,8}?(?:\s+(?:is|must be|should be|would be|has to be|"
    r"ist|es|est|é|è))?"
    r"\s*[:→]?\s*(?:a |an |the |ein |eine |un |une |una |um |uma )?[\"'(*]*$"
    rf"|{_CELL}(?: (?:cell|shape|one|spot|place|position|square|box|slot|symbol|figure|"
    rf"piece|tile|element|space|feld|"
    r"zelle|form|celda|figura|forma|case|forme|célula|casella|клетк\w+|фигур\w+))*"
    r"(?: (?:in|of) [^.,;:]{1,30}?)?(?:,)?\s*(?:is|must be|should (?:be|contain|have)|"
    r"would be|has to be|needs to be|"
    r"needs|contains|:|=|→|ist|es|est|é|è|—|-)+\s*(?:therefore |thus |clearly |also )?"
    r"(?:filled with |filled by )?(?:a |an |the |ein |eine |un |une |una |um |uma )?[\"'(*]*$"
    r"|(?:\bso|therefore|thus|hence|daher|also|donc|entonces|por tanto|portanto|quindi|"
    r"поэтому|значит|所以|"
    r"因此|よって|したがって),?\s+(?:it (?:is|must be|should be|has to be) |we (?:need|have) |it's "
    r"|es ist |c'est |es )?"
    r"(?:a |an |the |ein |eine |un |une |una |um |uma )?[\"'(*]*$"
    r"|\b(?:falta|fehlt|manque|manca)\s+(?:es|ist|est|é|è)\s+(?:un |une |una |ein |eine |"
    r"um |uma |el |la |le )?[\"'(*]*$"
    r"|\b(?:gehört|kommt|passt|va|doit (?:être|aller|contenir)|debe (?:ir|ser|estar)|"
    r"deve (?:essere|andare|ser|ir)|"
    r"должен быть|должна быть|нужен|будет)\s+(?:un |une |una |ein |eine |um |uma |el |la "
    r"|le |das )?[\"'(*]*$"
    r"|(?:it|this|that)(?: (?:is|should be|must be|has to be|would be|needs to be)|"
    r"'s)\s+(?:a |an |the )?[\"'(*]*$"
    r"|(?:should|must|needs? to|has to|would) (?:go|be|have|contain|hold)(?: (?:in|there|"
    r"here)[^.]{0,24})?\s*[:=]?\s*"
    r"(?:a |an |the )?[\"'(*]*$"
    r"|\bi(?:'d| would|'ll| will)? (?:say|guess|think|go with|choose|pick|suggest|believe)"
    r"(?: it(?:'s| is| should be))?\s+(?:a |an |the )?[\"'(*]*$"
    r"|(?:needs?|requires?|lacks?|is missing|misses|fill(?:ed)? (?:in |it )?with|put|"
    r"place|add|choose|fehlt|falta|"
    r"manque|manca|не хватает|缺|填(?:入)?|选|应为|应该是|应是|是)\s*(?:still |only |"
    r"nur noch |noch |in |入)?"
    r"(?:a |an |the |das |die |der |ein |eine |un |une |una |um |uma |el |la |le |il |o "
    r")?[\"'(*]*$",
    re.S,
)
# What follows an answer.
_CONCLUDED = re.compile(
    r"^[\"'*)\s]*(?:shape\s+)?(?:should|must|would|has to|needs to|goes|belongs|fits|"
    r"completes|is (?:the )?"
    r"(?:missing|left|needed|required|answer|correct|absent|what|remaining|the only)|"
    r"remains|is what|"
    r"fehlt|gehört|passt|falta|manque|va\b|manca|подходит|です|でしょう|が入|を入|"
    r"になり|입니다|이\b|が(?:残|欠)|が足りな)"
)
_FILLERS = re.compile(
    r"\b(?:either|probably|likely|maybe|perhaps|possibly|most likely|definitely|clearly|"
    r"simply|just|another|"
    r"entweder|wahrscheinlich|vermutlich|probablemente|probablement|provavelmente|"
    r"probabilmente|вероятно|"
    r"скорее всего)\s+(?=(?:a |an |the |ein |eine |un |une |una |um |uma )?[\"'(*]*$)"
)
_INTERIM = re.compile(
    r"(?:(?<!should )(?<!must )(?<!would )(?<!to )\b(?:has|have|contains?|containing|"
    r"with|already|hat|tiene|a déjà|contient|enthält|есть)\b|已有|已经有|には)[^.;\n]{0,60}$"
)
_OR = re.compile(
    r"[\s\"'*,()]*(?:or|oder|ou|o|или|或者?|または|か|또는|/|and|maybe|perhaps|possibly|y|und|et)"
    r"[\s\"'*]*(?:(?:maybe|perhaps|possibly|even|also)\s+)*(?:(?:a|an|the|ein|eine|un|"
    r"une|una|um|uma|be)\s+)*[\"'*]*"
)
_UNDECIDED = re.compile(
    r"\b(?:either|or|oder|entweder|ou|или|maybe|perhaps|could|might|possibly|not sure|"
    r"unsure)\b|或|または|또는"
)
_LIST = re.compile(
    r"[\s\"'*,()]*(?:,|、|\band\b|\bor\b|\bund\b|\by\b|\bet\b|\be\b|\bи\b|和|、|"
    r"と)?[\s\"'*]*(?:a |an |the |un |une |ein |eine |una |um |uma )?[\"'*]*"
)

_EACH = (
    r"(?:each|every|all|any|both|per|one in each|the (?:three|3) rows|jede[rnsm]?|pro|"
    r"alle|cada|toda|todas|todos|"
    r"chaque|toutes|ogni|tutte|кажд\w+|во всех|iedere?|elke|każd\w+|每(?:一|个)?|各|すべての|どの|"
    r"모든|각|mỗi|her|प्रत्येक)"
)
_LINE = (
    r"(?:rows?|columns?|lines?|zeilen?|reihen?|spalten?|filas?|columnas?|lignes?|"
    r"colonnes?|linhas?|colunas?|fileiras?|"
    r"righe?|riga|colonn[ae]|строк\w*|ряд\w*|столб\w+|колонк\w+|rij(?:en)?|kolom\w*|"
    r"wiersz\w*|kolumn\w*|行|列|横行|竖列|행|열|줄)"
)
_ONCE = (
    r"(?:once|one of each|one each|each shape|every shape|all (?:of the |the )?(?:three|"
    r"3|shapes|different|of them|"
    r"possible)|"
    r"the (?:three|3)\b|three (?:different|distinct|unique|shapes)|all three|each of the|"
    r"every one|one \w+, one|exactly one|different shapes?|distinct|unique|"
    r"no (?:shape )?repeat\w*|without repe\w+|no duplicat\w+|not repeat\w*|never repeat\w*|"
    r"einmal|alle (?:drei|formen)|jede form|una vez|una sola vez|las tres|cada (?:una|"
    r"forma|figura)|une (?:seule )?fois|"
    r"les trois|chaque forme|uma vez|as três|cada forma|una (?:sola )?volta|le tre|tutte|"
    r"по (?:одному )?разу|"
    r"один раз|все три|кажд\w+ (?:фигур\w+|форм\w+)|één keer|eens|alle drie|一次|一个|"
    r"各一|三种|不重复|所有形状|"
    r"一度|1回|一回|一つ|ひとつ|3つ|三つ|3種類|全て|한 번|하나씩|세 가지)"
)
_RULE = re.compile(
    rf"{_EACH}\b[^.;\n。；]{{0,60}}?{_LINE}[^.;\n。；]{{0,110}}?{_ONCE}"
    rf"|{_ONCE}[^.;\n。；]{{0,30}}?\b(?:por|per|par|pro|in|en|на|в)\b[^.;\n]{{0,14}}?{_LINE}"
    rf"|{_ONCE}[^.;\n。；]{{0,80}}?{_EACH}[^.;\n。；]{{0,24}}?{_LINE}"
    rf"|(?:rows?|columns?|rows? and columns?|zeilen und "
    rf"spalten)\b[^.;\n]{{0,12}}?\b(?:contains?|has|have|consists? of|include)\b"
    rf"[^.;\n]{{0,24}}?(?:all three|each shape|one of each|every shape|exactly one)"
    r"|\blatin square|\blateinisches quadrat|cuadrado latino|carré latin|quadrado latino|"
    r"quadrato latino|"
    r"латинск\w+ квадрат|拉丁方|ラテン方|라틴 방진|\bsudoku|数独"
    rf"|(?:no|kein\w*|ninguna?|aucune?|nenhuma?|nessuna?)\b[^.;\n]{{0,30}}?(?:repeat\w*|"
    rf"twice|duplicat\w*|wiederhol\w*|repet\w*|repite|répèt\w*|"
    rf"doppelt|ripet\w*)[^.;\n]{{0,50}}?{_LINE}"
    rf"|(?:各|每)[^。\n]{{0,6}}(?:行|列)[^。\n]{{0,30}}(?:一|各|三|全|不)"
    rf"|{_EACH}(?: \w+)? rows? (?:starts?|begins?|beginning|starting)(?: off)? (?:with|from|at|on) "
    r"(?:the )?(?:next|second|2nd|following|subsequent)\b"
    r"|(?:starts?|begins?)[^.;\n]{0,20} one (?:position|place|step|shape) (?:later|further|ahead)"
    rf"|{_LINE}[^.;\n。]{{0,60}}(?:一度ずつ|一つずつ|1つずつ|하나씩|각각 한)",
    re.I,
)
_SHAPES_EACH = re.compile(
    rf"{_EACH}\b[^.;\n。]{{0,60}}?{_LINE}|{_LINE}[^.;\n]{{0,15}}\b(?:all|each)\b"
)
_SHIFT = re.compile(
    r"\b(?:shift\w*|rotat\w*|cycl\w+|mov(?:e|es|ed|ing)|slid\w+|offset|displaced?|"
    r"advanc\w+|verschob\w*|"
    r"verschieb\w*|rotier\w*|desplaz\w+|rota\w*|décal\w+|permut\w+|circular\w*|desloc\w+|"
    r"spost\w+|scal\w+|"
    r"сдви\w+|смещ\w+|циклич\w+)\b|循环|移动|移位|左移|右移|ずれ|ずら|シフト|循環|밀려|이동"
)
_LEFT = re.compile(r"\b(?:left\w*|links|izquierda|gauche|esquerda|sinistra|влево|налево)\b|左|왼쪽")
_RIGHT = re.compile(
    r"\b(?:right\w*|rechts|derecha|droite|direita|destra|вправо|направо)\b|右|오른쪽"
)
_ROWS = re.compile(rf"{_LINE}|\bgrid\b|\bsequence\b", re.I)
_DIAGONAL = re.compile(r"\bdiagonal\w*|对角|対角|диагонал\w+|대각", re.I)
_VAGUE = re.compile(
    r"\b(?:pattern|sequence|repeat\w*|alternat\w*|rotat\w*|cycl\w*|order\w*|rearrang\w*|"
    r"permut\w*|shift\w*|"
    r"muster\w*|reihenfolge|abwechseln\w*|wiederhol\w*|wechsel\w*|patrón|secuencia|"
    r"alterna\w*|motif|séquence|padrão|sequência|"
    r"schema|sequenza|узор\w*|последовательност\w*|чередую\w*|patroon|symmetr\w*|evenly|"
    r"balanced|same number|three times)\b"
    r"|规律|顺序|模式|パターン|規則|順番|繰り返|패턴|순서|交替|轮流",
    re.I,
)
_PATTERN_LABEL = re.compile(r"^[^\n:]{0,20}\bpattern\b[^\n:]{0,12}:\s*", re.I | re.M)
_IN_LINE = re.compile(
    rf"(?:{_LINE}|\b(?:third|3rd|last|bottom|dritte\w*|letzte\w*|tercera|dernière|"
    rf"troisième|terceira|ultima|terza|треть\w+|последн\w+)\b)",
    re.I,
)
_LACKING = re.compile(
    r"\b(?:missing|left|lacks?|needs?|remain\w*|already|absent|complete[sd]?|only|fehlt|"
    r"fehlend\w*|bereits|schon|übrig|falta\w*|"
    r"ya|manqu\w+|déjà|reste|já|resta\w*|manca\w*|già|не хватает|уже|осталось|остается|"
    r"остаётся|недоста\w+|al)\b|缺|已有|剩|残り|足りな|欠け|없|빠",
    re.I,
)


class Said(NamedTuple):
    """A shape that a reply names as the one that is missing."""

    place: int
    until: int
    shape: str


def score(reply: str, truth: GridTruth) -> dict[str, Criterion]:
    """Return the criteria `answer` and `pattern`; the reasoning needs a judge."""
    text = plain(reply).casefold()
    answer, committed = _answer(text, truth)
    pattern = _pattern(text, truth, committed)
    if answer.why == _NO_SHAPE and pattern.value == 1.0:
        answer = Criterion(0.5, "the rule is told, and the shape that follows from it is not")
    return {
        "answer": answer,
        "pattern": pattern,
        "reasoning": Criterion(None, "needs a judge"),
    }


def _shapes(text: str) -> list[Said]:
    """Return the shapes that a text names, also in other words, by place."""
    found = [Said(one.start, one.end, str(one.value)) for one in terms(text) if _is_shape(one)]
    for shape, pattern in _PARAPHRASES:
        found += [Said(match.start(), match.end(), shape) for match in pattern.finditer(text)]
    return sorted(one for one in found if not _is_frame(text, one))


def _is_shape(term: Term) -> bool:
    return term.kind in ("shape", "symbol")


_FRAME = re.compile(r"^s?\s*(?:grid|cell|box|matrix|root|brackets?)\b|^\s*(?:方阵)")
_LATIN = re.compile(
    r"(?:latin|empty|blank|magic|lateinisches|latino|latin|mágico|leeres|final|each|every|last)\s*$"
)


def _is_frame(text: str, one: Said) -> bool:
    """Return whether `square` is not a shape here but a cell, or half of a Latin square."""
    before = text[max(0, one.place - 14) : one.place]
    if re.search(
        r"(?:latin|magic|lateinisches|拉丁|ラテン)\s*$|(?:cuadrado|quadrado|quadrato|carré)$",
        before,
    ):
        return True
    behind = text[one.until : one.until + 12]
    if re.match(r"\s+(?:latino?|magique|grid|cell|matrix)\b", behind):
        return True
    return (
        one.shape == "square"
        and re.search(r"(?:\b(?:empty|blank|vacant)|question mark)\s*$", before) is not None
    )


# ----- The answer


def _answer(text: str, truth: GridTruth) -> tuple[Criterion, str | None]:
    """Return the criterion, and the shape that is committed to; null when none is."""
    shapes = _shapes(text)
    said = _committed(text, shapes) or _filled_in(shapes, truth)
    if not said:
        if _is_left_out(text, truth, shapes):
            return Criterion(0.5, "what is there is listed, the missing shape is not told"), None
        return Criterion(0.0, _NO_SHAPE), None
    last = said[-1]
    choices = _choices(text, shapes, last)
    wanted = truth.answer
    if len(choices) > 1:
        told = " or ".join(sorted(choices))
        is_half = len(choices) == 2 and wanted in choices
        return Criterion(0.5 if is_half else 0.0, f"undecided: {told}"), None
    told = text[last.place : last.until]
    if last.shape == wanted:
        return Criterion(1.0, f"commits to {told!r}"), last.shape
    if last.shape in _NEAR.get(wanted, ()) and last.shape == "rectangle":
        return Criterion(0.5, f"commits to {told!r}, which is near"), last.shape
    return Criterion(0.0, f"commits to {told!r}, not {wanted}"), last.shape


def _committed(text: str, shapes: list[Said]) -> list[Said]:
    """Return the shapes that a text commits to, by place."""
    meant = [one for one in shapes if not is_negated(text, one.place, one.until)]
    strong = [one for one in meant if _is_announced(text, one)]
    weak = [one for one in meant if one.place < 40 and _opens(text, one)]
    for cut in reversed(corrections(text)):
        behind = [one for one in strong if one.place >= cut]
        behind = behind or [one for one in meant if one.place >= cut][:1]
        if behind:
            return behind
    if strong and weak and strong[-1].shape != weak[0].shape:
        # The verdict stands at the head, or at the end: what is announced by name counts.
        final = [one for one in strong if _is_final(text, one)]
        return final or weak
    if strong:
        return strong
    if weak:
        return weak
    kinds = {one.shape for one in meant}
    if len(kinds) == 1:
        return meant[-1:]
    last = meant[-1:]
    if last and re.search(
        r"(?:\b(?:is|be|es|ist|est|é|è)|[:=])\s*(?:a |an |the )?[\"'(*]*$",
        _bare_before(text, last[0].place),
    ):
        return last
    return []


def _is_announced(text: str, one: Said) -> bool:
    if is_hypothetical(text, one.place) and "if" in clause_before(text, one.place).split():
        return False
    before = _bare_before(text, one.place)
    if _OF_A_RULE.search(before):
        return False
    match = _ANNOUNCED.search(before)
    if match and not _INTERIM.search(before[: match.end()].rsplit("\n", 1)[-1][-60:]):
        return True
    return _CONCLUDED.match(text[one.until : one.until + 40]) is not None


def _grid_at(shapes: list[Said], truth: GridTruth) -> tuple[int, bool] | None:
    """Return where a text lists the cells row by row, and whether the empty one is filled in."""
    cells = [shape for row in truth.rows for shape in row]
    empty = truth.empty[0] * 3 + truth.empty[1]
    named = [one.shape for one in shapes]
    rest = cells[:empty] + cells[empty + 1 :]
    for begin in range(len(named)):
        whole = named[begin : begin + len(cells)]
        if len(whole) == len(cells) and whole[:empty] + whole[empty + 1 :] == rest:
            return begin, True
        if named[begin : begin + len(rest)] == rest:
            return begin, False
    return None


def _filled_in(shapes: list[Said], truth: GridTruth) -> list[Said]:
    """Return the shape that stands in the empty cell of a grid that a reply writes out."""
    found = _grid_at(shapes, truth)
    if found is None or not found[1]:
        return []
    return [shapes[found[0] + truth.empty[0] * 3 + truth.empty[1]]]


# What each row has to hold is no answer.
_OF_A_RULE = re.compile(rf"{_EACH}\b[^.;,\n]{{0,40}}{_LINE}[^.;,\n]{{0,30}}$")
_COLOUR_BEFORE = re.compile(
    r"(?:\b(?:red|blue|green|yellow|orange|purple|black|white|grey|gray|pink|solid|"
    r"filled|hollow|outlined|small|large|"
    r"simple|blaues|rotes|grünes)\s+)+$"
)


def _bare_before(text: str, place: int) -> str:
    before = text[max(0, place - 90) : place]
    before = _FILLERS.sub("", _COLOUR_BEFORE.sub("", before))
    # A sign and its name, `□ (a square)`: the sign alone is announced.
    return re.sub(r"[■□▢◻◼○●△▲★☆♥✚⬡⬢]\s*\(?\s*(?:a |the )?$", "", before)


def _is_final(text: str, one: Said) -> bool:
    return (
        re.search(
            r"(?:answer|therefore|thus|hence|\bso\b|conclusion|final|答案|ответ|antwort|"
            r"respuesta|réponse)[^.\n]{0,60}$",
            text[max(0, one.place - 80) : one.place],
        )
        is not None
    )


_OPENING = re.compile(
    r"[\s\"'(*#>•→-]*(?:(?:sure|okay|certainly|great)[!,.]\s*)?(?:shape|answer|the "
    r"answer|antwort|respuesta|réponse|答案)?\s*"
    r"(?:is|:|=|→)?\s*(?:it(?:'s| is)|this is|es (?:un|ist)|c'est|likely|probably|应填入|"
    r"应该是|应该填|应为|填入?|是|一个|должен быть)?\s*"
    r"(?:a|an|the|ein|eine|un|une|una|um|uma|el|la|le|o|il|das|der|die|een)?\s*[\"'(*]*"
)


def _opens(text: str, one: Said) -> bool:
    """Return whether a reply, or a line of it, begins with a shape."""
    return (
        _OPENING.fullmatch(_FILLERS.sub("", _COLOUR_BEFORE.sub("", text[: one.place]))) is not None
    )


def _choices(text: str, shapes: list[Said], last: Said) -> set[str]:
    """Return the shapes that are left open with the last one."""
    found = {last.shape}
    place = shapes.index(last)
    row = [last]
    for other in shapes[place + 1 :]:
        if not _OR.fullmatch(text[row[-1].until : other.place]) and not _LIST.fullmatch(
            text[row[-1].until : other.place]
        ):
            break
        row.append(other)
    for other in reversed(shapes[:place]):
        if not _OR.fullmatch(text[other.until : row[0].place]) and not _LIST.fullmatch(
            text[other.until : row[0].place]
        ):
            break
        row.insert(0, other)
    stretch = text[max(0, row[0].place - 40) : row[-1].until]
    if len(row) > 1 and _UNDECIDED.search(stretch):
        found |= {one.shape for one in row}
    return found


def _is_left_out(text: str, truth: GridTruth, shapes: list[Said]) -> bool:
    """Return whether the row or column is told to hold the two others, and nothing is concluded."""
    kinds = {shape for row in truth.rows for shape in row}
    others = kinds - {truth.answer}
    named = [one.shape for one in shapes]
    tail = set(named[-2:])
    return tail == others and _LACKING.search(text) is not None


# ----- The rule


def _pattern(text: str, truth: GridTruth, committed: str | None) -> Criterion:
    match = _RULE.search(text)
    if match and not is_negated(text, match.start()):
        return Criterion(1.0, f"the rule: {match[0][:90]!r}")
    if told := _row_of_all(text, truth):
        return Criterion(1.0, f"the rule, shape by shape: {told[:90]!r}")
    if told := _shift(text, truth):
        return told
    if told := _one_of_each(text):
        return Criterion(0.5, f"only of one shape: {told[:90]!r}")
    if match := _DIAGONAL.search(text):
        return Criterion(0.5, f"only the diagonal: {match[0]!r}")
    if told := _implied(text, truth):
        return Criterion(0.5, f"the rule is only implied: {told[:90]!r}")
    vague = [match[0] for match in _VAGUE.finditer(_PATTERN_LABEL.sub("", text))]
    own = [one for one in vague if one not in ("pattern", "sequence", "order")]
    if (vague and committed == truth.answer) or own:
        return Criterion(0.5, f"a vague rule: {(own or vague)[0]!r}")
    if committed and _grid_at(_shapes(text), truth):
        return Criterion(0.5, "the rows are written out, the rule is only implied")
    return Criterion(0.0, "no rule is told")


def _row_of_all(text: str, truth: GridTruth) -> str:
    """Return where each row is told to hold all of the grid's shapes, by name."""
    kinds = {shape for row in truth.rows for shape in row}
    allowed = kinds | {"rectangle"}
    for match in _SHAPES_EACH.finditer(text):
        begin = max(text.rfind(mark, 0, match.start()) for mark in (".", "\n", ";", "。")) + 1
        stretch = re.split(r"[.;\n。；]", text[begin : match.end() + 120])[0]
        named = {one.shape for one in _shapes(stretch)}
        if len(named & allowed) >= 3:
            return stretch
    return ""


_HAS = re.compile(r"\b(?:has|have|contains?|needs?|includes?|gets?|hat|tiene|contient|ha)\b")


def _one_of_each(text: str) -> str:
    """Return where each row or column is told to have a shape: a part of the rule."""
    for match in _SHAPES_EACH.finditer(text):
        stretch = re.split(r"[.;\n。；]", text[match.start() : match.end() + 60])[0]
        if _HAS.search(stretch) and _shapes(stretch):
            return stretch
    return ""


def _shift(text: str, truth: GridTruth) -> Criterion | None:
    goes_left = _moves_left(truth)
    for match in _SHIFT.finditer(text):
        begin = max(text.rfind(mark, 0, match.start()) for mark in (".", "\n", ";", "。")) + 1
        ends = [
            place for mark in (".", "\n", ";", "。") if (place := text.find(mark, match.end())) > 0
        ]
        stretch = text[begin : min(ends, default=len(text))]
        left, right = _LEFT.search(stretch), _RIGHT.search(stretch)
        if not _ROWS.search(stretch) and not left and not right:
            continue
        if left or right:
            is_right_way = bool(left) == goes_left if not (left and right) else True
            if is_right_way:
                return Criterion(1.0, f"the rule: {stretch.strip()[:90]!r}")
            return Criterion(0.5, f"a shift in the wrong direction: {stretch.strip()[:90]!r}")
        if re.search(
            r"\b(?:one|1|once|eins|una?|une|um|один|одну)\b|cycl|циклич|循环|循環|circular|zykl",
            stretch,
        ):
            return Criterion(1.0, f"the rule: {stretch.strip()[:90]!r}")
    return None


def _moves_left(truth: GridTruth) -> bool:
    """Return whether each row is the one above moved to the left by one."""
    return truth.rows[1][0] == truth.rows[0][1]


def _implied(text: str, truth: GridTruth) -> str:
    """Return where a row or column is told to have the two others, and to lack the answer."""
    kinds = {shape for row in truth.rows for shape in row}
    others = kinds - {truth.answer}
    for stretch in re.split(r"[.\n。]", text):
        named = [one.shape for one in _shapes(stretch)]
        if (
            others <= set(named)
            and _IN_LINE.search(stretch)
            and (_LACKING.search(stretch) or truth.answer in named)
        ):
            is_filled_wrongly = any(named.count(other) > 1 for other in others)
            if not is_filled_wrongly or truth.answer in named:
                return stretch.strip()
    return ""
