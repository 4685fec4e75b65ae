"""VL-T3-Q2: the path through a flowchart; with arrows, as a list, a table, JSON or in prose.

A reply is read as a row of events: the nodes that it names, and the answers at the decisions.
"""

import re
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from scribebench.grading.prose import is_english, listed
from scribebench.grading.rubric.criterion import Criterion
from scribebench.grading.rubric.lexicon import NO, YES, fold, is_one_typo, number_of
from scribebench.grading.rubric.reply import corrections, plain
from scribebench.rubric.truths import Decision, FlowchartTruth


class Event(NamedTuple):
    """What a stretch of a reply names.

    `kind` is `start`, `decision`, `end`, `stop`, `yes` or `no`; of decisions `number` is which, and
    `state` is `as drawn`, `bare` (only its subject) or `misread`.
    """

    place: int
    until: int
    kind: str
    number: int = 0
    state: str = "as drawn"


class Reading(NamedTuple):
    """What a reply says of a flowchart."""

    has_start: bool
    order: list[int]  # decisions, as they are first named
    misread: set[int]
    outcomes: dict[int, str]
    end: str  # `right`, `wrong`, `open` (undecided) or `none`
    end_told: str
    invented: list[str]
    is_transcribed: bool
    is_unnamed: bool
    is_restated: bool  # only the conditions of the prompt, side by side
    is_both: bool  # `both decisions`, in one
    is_numbered: bool  # `Decision 1 → Decision 2`, what they ask is not told


_OPERATORS = (
    (
        ">=",
        r">=|=>|≥|at least|greater than or equal(?: to)?|more than or equal(?: to)?|no less than|"
        r"not less than|größer(?: oder)? gleich|mindestens|mayor o igual(?: que| a)?|"
        r"supérieur ou égal à|maior ou igual a|maggiore o uguale a|大于等于|大于或等于|至少|以上|"
        r"больше или равно|не меньше",
    ),
    (
        "<=",
        r"<=|=<|≤|at most|less than or equal(?: to)?|no more than|not more than|up to|"
        r"kleiner(?: oder)? gleich|höchstens|menor o igual(?: que| a)?|inférieur ou égal à|"
        r"menor ou igual a|minore o uguale a|小于等于|小于或等于|至多|以下|меньше или "
        r"равно|не больше",
    ),
    ("!=", r"!=|<>|≠|is not|isn't|not equal(?: to)?|does not equal|nicht|ungleich|不等于"),
    (
        ">",
        r">|(?:is )?(?:greater|more|larger|bigger|higher) than|(?:is )?(?:above|over|exceeding)|"
        r"exceeds?|surpass(?:es)?|größer als|groesser als|über|übersteigt|mayor (?:que|a|de)|"
        r"supérieure? à|plus grand(?:e)? que|dépasse|maior (?:que|do que)|maggiore di|groter dan|"
        r"больше|大于|超过|大過|より大きい|を超える|보다 크",
    ),
    (
        "<",
        r"<|(?:is )?(?:less|smaller|lower|fewer) than|(?:is )?(?:below|under)|kleiner als|unter|"
        r"menor (?:que|a|de)|inférieure? à|plus petite? que|menor do que|minore di|"
        r"kleiner dan|меньше|"
        r"小于|より小さい|未満|보다 작",
    ),
    (
        "=",
        r"==?=?|:|is equal to|is exactly|equals?(?: to)?|is set to|set to|is|was|being|gleich|ist|"
        r"es igual a|es|est égale? à|est|è uguale a|è|é igual a|é|igual a|vaut|равно|равен|等于|为|"
        r"是|設為|は|が|이|가",
    ),
)  # fmt: skip
_OPERATOR = re.compile(
    r"[\s'\"`’)\]]*(?:(?:value|variable|wert|valor|valeur|的值|の値|值|がいや)\s*)?"
    r"(?:is |ist |es |est |è |é |are |が|は|を)?(?:(?:indeed|also|actually|really|now|currently|"
    r"strictly) )?"
    + "(?:" + "|".join(f"(?P<o{n}>{said})" for n, (_, said) in enumerate(_OPERATORS)) + ")"
    r"[\s'\"`(\[]*(?:to |the (?:value|number) |in fact |indeed |also )?(?P<value>-?\d+(?:[.,]\d+)?|"
    r"[^\W\d_]+)?"
)  # fmt: skip
_VALUE_FIRST = re.compile(r"(?P<value>\d+)\s*(?P<sign>[<>]=?)\s*$")
_OR_MORE = re.compile(
    r"\s*(?:(?P<more>or (?:more|above|older|greater|higher|larger)|and (?:above|over)|"
    r"oder mehr|o más|ou plus|"
    r"ou mais|o più|или больше)|or (?:less|below|fewer|under|lower|smaller)|oder weniger|"
    r"o menos|ou moins|или меньше)"
)
_TURNED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
# Words that stand for a value in other languages, or for a flag that is up.
_SAME_VALUES = {
    "true": "set on wahr true vrai vraie verdadero verdadera vero vera verdadeiro verdadeira waar "
    "истина правда истинно 真 1 enabled raised active activated gesetzt activé yes 参 checked",
    "false": "unset off falsch faux fausse falso falsa onwaar ложь 假 偽 0 disabled",
    "on": "an activé activado encendido on ein вкл 开 オン true enabled",
    "off": "aus désactivé apagado off выкл 关 オフ false disabled",
    "open": "offen abierto abierta ouvert ouverte aberto aperto открыт 开 打开 開",
    "closed": "geschlossen cerrado cerrada fermé fermée fechado chiuso закрыт 关闭 閉",
    "shut": "closed zu geschlossen cerrada cerrado fermé fermée fechada chiusa закрыта 关 閉",
    "auto": "automatic automatisch automático automatique automatico авто 自动 自動",
    "manual": "manuell manuel manuelle manuale ручной 手动 手動",
    "admin": "administrator administrador administrateur админ 管理员 管理者",
    "guest": "gast invitado invité ospite convidado гость 访客 ゲスト",
}
_OPPOSITE = {
    "true": "false", "false": "true", "on": "off", "off": "on", "open": "closed shut",
    "closed": "open", "shut": "open", "auto": "manual", "manual": "auto", "admin": "guest",
    "guest": "admin",
}  # fmt: skip
_SUBJECTS = {
    "input": "eingabe eingabewert entrada entrée saisie вход ввод 输入 入力 입력 invoer "
    "inserimento "
    "ingresso",
    "flag": "flagge bandera drapeau indicateur indicador флаг 标志 标记 フラグ 플래그 vlag "
    "bandiera",
    "count": "anzahl contador compteur 计数 カウント счетчик",
    "score": "punktzahl puntaje puntuación 分数 スコア",
    "speed": "geschwindigkeit velocidad vitesse velocidade velocità скорость 速度",
    "level": "stufe nivel niveau nível livello уровень 级别 レベル 等级",
    "size": "größe tamaño taille tamanho размер 大小 サイズ",
    "age": "alter edad âge idade età возраст 年龄 年齢",
    "weight": "gewicht peso poids вес 重量",
    "limit": "grenze límite limite лимит 限制",
    "total": "summe gesamt итог 总数 合計",
    "ready": "bereit listo prêt pronto готов 就绪 準備",
    "paid": "bezahlt pagado payé pago оплачено 已付",
    "mode": "modus modo режим 模式 モード",
    "state": "zustand status estado état stato состояние 状态 状態",
    "user": "benutzer usuario utilisateur usuário utente пользователь 用户 ユーザー",
    "door": "tür puerta porte porta дверь 门 ドア",
    "power": "strom energía alimentation питание 电源 電源",
}
_SUBJECTS = {key: frozenset(said.split()) for key, said in _SUBJECTS.items()}
_START_WORDS = listed(
    "start starts starting started begin begins beginning anfang beginn startknoten "
    "inicio début départ início inizio начало старт comienzo empezar commence"
)
_START_SIGNS = re.compile(r"开始|開始|スタート|시작|起点|起始")
_STOP_SIGNS = re.compile(r"停止|结束|終了|ストップ|중지|종료")
_STOP_WORDS = listed("stop stopp halt anhalten parar detener arrêt arrêter arreter стоп fermata")
_IRREGULAR = {
    "job": "task jobs",
    "run": "ran executed executes execute executing", "send": "sent", "write": "written wrote",
    "print": "printed", "ship": "shipped shipping", "show": "shown", "load": "loaded",
    "skip": "skipped skipping", "stop": "stopped stopping terminates halted halts halt",
    "mail": "email e-mail", "ask": "asked", "reject": "rejected rejects rejection",
}  # fmt: skip
_YES = re.compile(r"✓|✔|✅|☑|👍|はい|是(?!否)|对|真")
_NO = re.compile(r"✗|✘|❌|✖|いいえ|否|假")
_YES_PHRASE = re.compile(
    r"\b(?:holds?|(?:is|are|was|were|evaluates? to|evaluated as|condition) (?:also |both |indeed )?"
    r"(?:true|met|satisfied|fulfilled|passed|correct)|satisf(?:ied|ies)|passe[sd]|is met|"
    r"affirmative|erfüllt|cumple|remplie|soddisfatta|выполн\w+)\b|成立|满足|満た"
)
_NO_PHRASE = re.compile(
    r"\b(?:is|are|evaluates? to) (?:false|not (?:true|met|satisfied))\b|\bfails?\b"
)
_CAUSE = re.compile(
    r"(?:\b(?:since|because|as|given(?: that)?|with|da|weil|puisque|comme|car|como|porque|poiché|"
    r"так как|поскольку)|因为|由于|既然)\b[^.\n→]{0,24}$"
)
_IF = re.compile(
    r"\b(?:if|when|whether|wenn|falls|ob|si|se|если|is|checks?|check|does)\b[^.\n→]{0,14}$"
)
_REMARK = re.compile(
    r"\b(?:if (?:it is |it's |it were |the answer (?:is|were) |either |any |this is )?"
    r"(?:no|not|false)\b|otherwise|else|would|had |were |instead of|rather than|no[- ]branch|"
    r"false[- ]branch|if either|not taken|never|avoid\w*|sonst|andernfalls|sinon|si no|"
    r"de lo contrario|"
    r"senão|altrimenti|иначе)|否则|さもなければ|でなければ|если нет"
)
_DENIED = re.compile(
    r"(?:\bnot|n't|\bnever|\bnicht|\bno|\bne)\s+(?:\w+\s+){0,4}(?:\w+\s*)?[\"'(]*$"
)
_BETWEEN = re.compile(
    r"[\s,'\"?()*`.]*(?:\b(?:and|und|et|y|e|и|en|also|that|the|both)\b|&|且|和|并且|かつ|,)"
    r"[\s,'\"*`(]*(?:\b(?:the|that|die|la|le|el|o|is|a)\b\s*)*[\"'`*(]*"
)
_OR = re.compile(
    r"[\s\"'`*]*(?:,?\s*\b(?:or|oder|ou|o|или)\b|或|または)[\s\"'`*]*(?:(?:maybe|perhaps|possibly|"
    r"the|at)\s+)*[\"'`*]*"
)
_UNNAMED = re.compile(
    r"\b(?:both|all|each|the|two|beide|alle|ambas|les deux|toutes|entrambe|оба|все)\b[^.\n]{0,20}"
    r"\b(?:conditions?|checks?|decisions?|tests?|bedingungen|condiciones|condições|condizioni|"
    r"услови\w+|yes|true)\b|两个条件|都满足|両方の条件|\byes[^\w]+(?:then |and )?yes\b"
)
_BOTH = re.compile(
    r"\b(?:both|the two|beide\w*|ambas|les deux|entrambe)\b[^.\n]{0,14}"
    r"\b(?:conditions?|checks?|decisions?|tests?|questions?|bedingungen|entscheidungen|condiciones|"
    r"condizioni)\b"
)
_NUMBERED_DECISIONS = re.compile(
    r"\b(?:(?:decision|condition|check|question|diamond|test)(?: (?:node|box|diamond|point))? ?#?"
    r"(?:1|one|a)|(?:first|1st) (?:decision|condition|check|question|diamond|test))\b.*"
    r"\b(?:(?:decision|condition|check|question|diamond|test)(?: (?:node|box|diamond|point))? ?#?"
    r"(?:2|two|b)|(?:second|2nd)(?: (?:decision|condition|check|question|diamond|test)|\b[^.]))\b",
    re.S,
)
_IF_YES = re.compile(
    r"\bif (?:yes|so|true|it is|this is)\b|\bwenn ja\b|\bsi (?:sí|oui)\b|\bse sim\b|если да"
)
_FOLLOWED = re.compile(
    r"\b(?:since|because|given|follow(?:s|ing|ed)?|we (?:take|go|move|follow|proceed)|"
    r"path (?:is|taken|would be)|"
    r"therefore|so,? (?:for|with|the)|satisfied|da|weil|como|comme|poiché)\b|因为|由于|因此"
)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W\d_]+)?")
_ENDS = listed("end ende fin finish finished fim fine конец 結束 结束 終了")
_PIECES = re.compile(r"→|\n|\||;")
_LISTED = re.compile(r"^\s*(?:[-*•+]|\(?\d{1,2}[.):]|step \d+[:.]?)\s*", re.I)
_HEAD = re.compile(
    r"^\s*(?:(?:the|final|full|traced?|correct|complete|so|therefore|thus|following|path|trace|"
    r"answer|route|result|flow|node|step|type|pfad|weg|camino|ruta|chemin|caminho|percorso|путь|"
    r"路径|経路|\d+)[\s,]*)+(?:(?:is|would be|lautet|es|est|by|as|follows)[\s,]*)*:"
)
_FILLER = listed(
    "the a an to at from then next path branch node box decision condition check step "
    "is and so we you go goes going leads lead follow take arrow answer result final "
    "outcome type  flow end reached here trace true shape value diagram start "
    "question conclusion summary done ending finish finished condition1 condition2 "
    "nodes steps route description evaluate evaluation note given proceed proceeds proceeding "
    "continue continues continuing move moves moving forward onward advance follows pass passes"
)


@lru_cache(maxsize=65536)
def _is_like(word: str, wanted: str) -> bool:
    """Return whether a word is the wanted one, inflected or with one typo."""
    if word == wanted:
        return True
    stem = wanted[:-1] if wanted.endswith("e") and len(wanted) > 3 else wanted
    if word.startswith(stem) and word[len(stem) :] in (
        "s", "es", "e", "ed", "d", "ing", wanted[-1] + "ing", wanted[-1] + "ed", "ned", "'s", "er",
    ):  # fmt: skip
        return True
    if word in _IRREGULAR.get(wanted, "").split():
        return True
    return len(wanted) > 2 and len(word) > 2 and not is_english(word) and is_one_typo(word, wanted)


def score(reply: str, truth: FlowchartTruth) -> dict[str, Criterion]:
    """Return the criteria `path`, `conditions` and `complete_trace` of a reply."""
    text = plain(reply).casefold()
    text = _standing(text, truth)
    reading = _read(text, truth)
    return {
        "path": _path(reading, truth),
        "conditions": _conditions(reading, truth),
        "complete_trace": _complete(reading, truth),
    }


def _standing(text: str, truth: FlowchartTruth) -> str:
    """Return what a reply says behind its last correction, if that tells an end."""
    names = {fold(truth.start), *(fold(one.if_no) for one in truth.decisions)}
    for cut in reversed(corrections(text)):
        said = re.match(r"\w+", text[cut:])
        is_node = said is not None and said[0] in names
        begins = re.search(r"(?:^|[.!?…\n—])\s*$", text[:cut]) is not None
        if is_node and not (begins and re.match(r"\w+\s*(?:,|\.\.\.|…|-|—|!)", text[cut:])):
            continue
        tail = text[cut:]
        events = _events(tail, truth)
        if not any(event.kind in ("end", "stop") for event in events):
            continue
        told = {event.number for event in events if event.kind == "decision"}
        has_start = any(event.kind == "start" for event in events)
        if has_start or len(told) == len(truth.decisions):
            return tail
        # Only the end is taken back: the way there stays.
        head = text[:cut]
        for event in _events(head, truth):
            is_answered_again = event.kind in ("yes", "no") and told
            if event.kind in ("end", "stop") or (is_answered_again and event.kind == "no"):
                head = head[: event.place] + " " * (event.until - event.place) + head[event.until :]
        return head + tail
    return text


# ----- Events


def _events(text: str, truth: FlowchartTruth) -> list[Event]:
    """Return the events of a text in lower case, by place."""
    words = [(match.start(), match.end(), match[0]) for match in _WORD.finditer(text)]
    found = _named(words, truth.end, "end")
    for name in dict.fromkeys(one.if_no for one in truth.decisions):
        found += _named(words, name, "stop")
    taken = [(event.place, event.until) for event in found]
    found += _decisions(text, words, truth, taken)
    taken += [(event.place, event.until) for event in found]
    start = fold(truth.start)
    for place, until, word in words:
        if any(begin <= place < end for begin, end in taken):
            continue
        if word == start or word in _START_WORDS:
            found.append(Event(place, until, "start"))
        elif fold(word) in YES or word in ("yes", "y"):
            if not _is_value(text, place):
                found.append(Event(place, until, "yes"))
        elif fold(word) in NO and not _is_value(text, place):
            found.append(Event(place, until, "no"))
        elif word in _STOP_WORDS and any(fold(one.if_no) == "stop" for one in truth.decisions):
            found.append(Event(place, until, "stop"))
    signs = [(_START_SIGNS, "start"), (_YES, "yes"), (_NO, "no"), (_YES_PHRASE, "yes"),
             (_NO_PHRASE, "no")]  # fmt: skip
    if any(fold(one.if_no) == "stop" for one in truth.decisions):
        signs.append((_STOP_SIGNS, "stop"))
    for pattern, kind in signs:
        found += [
            Event(match.start(), match.end(), kind)
            for match in pattern.finditer(text)
            if not any(begin <= match.start() < end for begin, end in taken)
        ]
    return sorted(found)


def _is_value(text: str, place: int) -> bool:
    """Return whether a yes or no is what something is set to, not an answer."""
    before = text[max(0, place - 20) : place]
    if re.search(r"[<>=]=?\s*\w+[\"']?\s*=\s*[\"']?$", before):
        return False  # `input > 10 = yes`
    return re.search(r"[^\s?)]\s*[=<>]\s*[\"']?$", before[-6:]) is not None


def _named(words: list[tuple[int, int, str]], name: str, kind: str) -> list[Event]:
    """Return where a node is named: all of its words near each other, in any order."""
    wanted = list(_WORD.findall(fold(name)))
    found: list[Event] = []
    reach = len(wanted) + 2 if len(wanted) > 1 else 1
    for n, (place, _, word) in enumerate(words):
        if found and place < found[-1].until:
            continue
        if not any(_is_like(word, one) for one in wanted):
            continue
        near = words[n : n + reach]
        last = -1
        for one in wanted:
            hits = [m for m, (_, _, other) in enumerate(near) if _is_like(other, one)]
            if not hits:
                break
            last = max(last, hits[0])
        else:
            # `open? → Open gate`: the nearest of two like words is meant.
            if any(
                _is_like(other, one) and _is_like(word, one)
                for one in wanted
                for _, _, other in near[1:last]
            ):
                continue
            found.append(Event(place, near[last][1], kind))
    return found


def _decisions(
    text: str,
    words: list[tuple[int, int, str]],
    truth: FlowchartTruth,
    taken: list[tuple[int, int]],
) -> list[Event]:
    found = []
    for number, decision in enumerate(truth.decisions):
        subject = fold(decision.subject)
        others = _SUBJECTS.get(subject, frozenset())
        places = [
            (place, until)
            for place, until, word in words
            if (_is_like(word, subject) or word in others)
            and not any(begin <= place < end for begin, end in taken)
        ]
        places += [
            (match.start(), match.end())
            for other in others
            if other > "\u2e80"
            for match in re.finditer(other, text)
        ]
        for place, until in sorted(set(places)):
            end, state = _condition(text, place, until, decision)
            is_start = state == "bare" and subject == fold(truth.start)
            if is_start and not found:
                found.append(Event(place, end, "start"))
            else:
                found.append(Event(place, end, "decision", number, state))
    return found


def _condition(text: str, place: int, until: int, decision: Decision) -> tuple[int, str]:
    """Return where a condition ends that begins with its subject, and how it is told."""
    match = _OPERATOR.match(text, until)
    if match is None:
        if turned := _VALUE_FIRST.search(text[max(0, place - 12) : place]):
            is_same = _TURNED.get(turned["sign"]) == decision.operator
            return until, "as drawn" if is_same and turned["value"] == decision.value else "misread"
        return until, "bare"
    number = next(n for n in range(len(_OPERATORS)) if match[f"o{n}"] is not None)
    sign, value = _OPERATORS[number][0], match["value"]
    if value is None:
        return until, "bare"
    if sign in ("=", ">=", "<=") and (behind := _OR_MORE.match(text, match.end())):
        sign = ">=" if behind["more"] else "<="
    wanted = fold(decision.value)
    same = {wanted, *_SAME_VALUES.get(wanted, "").split()}
    if decision.value.isdigit():
        told = number_of(value.split(".")[0].split(",")[0]) if value else None
        if told is None:
            return until, "bare"
        is_right = sign == decision.operator and told == int(decision.value)
        return match.end(), "as drawn" if is_right else "misread"
    if fold(value) in same or _is_like(fold(value), wanted):
        return match.end(), "as drawn" if sign == "=" else "misread"
    opposite = _OPPOSITE.get(wanted, "").split()
    opposite += [said for one in opposite for said in _SAME_VALUES.get(one, "").split()]
    if fold(value) in opposite and (sign == "=" or sign == "!="):
        return match.end(), "as drawn" if sign == "!=" else "misread"
    return until, "bare"


# ----- Reading


def _read(text: str, truth: FlowchartTruth) -> Reading:
    whole = _events(text, truth)
    events = _without_restatement(text, whole, len(truth.decisions))
    order = _order(events, len(truth.decisions))
    misread = {
        number
        for number in order
        if all(
            one.state == "misread"
            for one in events
            if one.kind == "decision" and one.number == number and one.state != "bare"
        )
        and any(
            one.state == "misread" and one.number == number
            for one in events
            if one.kind == "decision"
        )
    }
    end, told = _end(text, events, truth)
    answered = [one for one, after in pairwise(events) if one.kind == "no" and after.kind == "stop"]
    remarks = _no_branches(text, events) if answered else []
    transcribed = len(remarks) >= max(2, len(truth.decisions)) and not _has_trace(text, events)
    if_yes = len(_IF_YES.findall(text))
    if if_yes >= len(truth.decisions) and any(one.kind == "stop" for one in whole):
        transcribed = transcribed or not _has_trace(text, events)
    return Reading(
        has_start=any(one.kind == "start" for one in events),
        order=order,
        misread=misread,
        outcomes=_both_yes(text, events, order) | _outcomes(text, events, transcribed),
        end=end,
        end_told=told,
        invented=_invented(text, events, end),
        is_transcribed=transcribed,
        is_unnamed=_UNNAMED.search(text) is not None
        or sum(one.kind == "yes" for one in events) >= len(truth.decisions),
        is_restated=len(events) < len(whole),
        is_both=_BOTH.search(text) is not None,
        is_numbered=not order
        and len(truth.decisions) == 2
        and _NUMBERED_DECISIONS.search(text) is not None,
    )


def _order(events: list[Event], count: int) -> list[int]:
    """Return the decisions as they are first named; of the last pass, if that has all."""
    starts = [n for n, one in enumerate(events) if one.kind == "start"]
    for begin in (starts[-1] if starts else 0, 0):
        rest = events[begin:]
        order = list(dict.fromkeys(one.number for one in rest if one.kind == "decision"))
        if len(order) == count:
            break
    return order


def _without_restatement(text: str, events: list[Event], count: int) -> list[Event]:
    """Return the events without the conditions that the prompt gave: `input > 10 and flag = true`.

    They stand side by side, and are asked nowhere.
    """
    kept = list(events)
    place = 0
    while place + count <= len(kept):
        row = kept[place : place + count]
        if (
            all(one.kind == "decision" for one in row)
            and len({one.number for one in row}) == count
            and all(_BETWEEN.fullmatch(text[a.until : b.place]) for a, b in pairwise(row))
            and re.search(r"[^\W\d_]|&", text[row[-2].until : row[-1].place])
        ):
            del kept[place : place + count]
            continue
        place += 1
    return kept


def _outcomes(text: str, events: list[Event], transcribed: bool) -> dict[int, str]:
    """Return the answers at the decisions: those that stand behind each before the next node."""
    found: dict[int, list[str]] = {}
    for n, event in enumerate(events):
        if event.kind != "decision":
            continue
        told = found.setdefault(event.number, [])
        answers = []
        for after in events[n + 1 :]:
            if after.kind in ("yes", "no"):
                answers.append(after.kind)
            elif after.kind != "decision" or after.number != event.number:
                break
        if transcribed or ("yes" in answers and "no" in answers):
            # Both branches are told: the one that is followed is the first.
            later = [one.kind for one in events[n + 1 :] if one.kind in ("yes", "no")]
            told.append("yes" if "yes" in answers or "yes" in later else "no")
        elif answers:
            told.append(answers[-1])
        elif _CAUSE.search(text[max(0, event.place - 30) : event.place]) or (
            _before(events, n) == "yes"
            and event.state == "as drawn"
            and n > 0
            and n == len(events) - 1
        ):
            told.append("yes")
    return {number: told[-1] for number, told in found.items() if told}


_BOTH_YES = re.compile(
    r"\bboth (?:of (?:them|these|the) )?(?:\w+ )?(?:answers?|conditions?|decisions?|checks?|tests?|"
    r"questions?|outcomes?|results?)? ?(?:are|were|evaluate to|come out(?: as)?|give|return|"
    r"answer|lead to|hold|pass)\b ?(?:both |also |answered )?[\"'(]*(?:yes|true|met|satisfied|"
    r"fulfilled|positive|affirmative|$|[.,;:])"
    r"|\b(?:taking|take|follow(?:ing)?|with) (?:the )?[\"']?(?:yes|true)[\"']? "
    r"(?:branch|path|arrow|edge|exit|side)?(?:es|s)? ?(?:at|from|for|on|of) (?:both|each|every)\b"
    r"|\b(?:yes|true) (?:at|for|to|on|in) (?:both|each)\b"
    r"|\b(?:tak\w+|follow\w*) (?:the |both |two )*[\"']?(?:yes|true)[\"']? "
    r"(?:branches|paths|arrows|edges|exits|sides)\b"
)


def _both_yes(text: str, events: list[Event], order: list[int]) -> dict[int, str]:
    """Return Yes for all decisions when a reply says so of both at once."""
    if any(one.kind == "no" for one in events) and len(_BOTH_YES.findall(text)) < 1:
        return {}
    return dict.fromkeys(order, "yes") if _BOTH_YES.search(text) else {}


def _before(events: list[Event], n: int) -> str:
    return events[n - 1].kind if n else ""


def _no_branches(text: str, events: list[Event]) -> list[Event]:
    """Return the stops that are named as where a No leads."""
    found = []
    for n, event in enumerate(events):
        if (
            event.kind == "stop"
            and (re.search(r"\([^)\n]*$", text[max(0, event.place - 60) : event.place]) is None)
            and (
                _before(events, n) == "no"
                or _REMARK.search(text[max(0, event.place - 60) : event.place])
            )
        ):
            found.append(event)
    return found


def _has_trace(text: str, events: list[Event]) -> bool:
    """Return whether one way is followed: to the end once more, or by its words."""
    ends = [one for one in events if one.kind == "end"]
    return len(ends) > 1 or _FOLLOWED.search(text) is not None


def _end(text: str, events: list[Event], truth: FlowchartTruth) -> tuple[str, str]:
    """Return where the path ends."""
    ends = [one for one in events if one.kind == "end" and not _is_denied(text, one)]
    stops = [one for one in events if one.kind == "stop" and not _is_not_reached(text, one)]
    remarks = _no_branches(text, events)
    for one in ends:
        for other in stops:
            between = text[min(one.until, other.until) : max(one.place, other.place)]
            if _OR.fullmatch(between):
                return "open", text[min(one.place, other.place) : max(one.until, other.until)]
    if ends:
        last = ends[-1]
        behind = [one for one in stops if one.place > last.until and one not in remarks
                  and not _is_denied(text, one)]  # fmt: skip
        if not behind:
            return "right", text[last.place : last.until]
        return "wrong", text[behind[-1].place : behind[-1].until]
    if stops:
        return "wrong", text[stops[-1].place : stops[-1].until]
    if told := _short_end(text, events, truth):
        return "right", told
    if told := _foreign_end(text, events, len(truth.decisions)):
        return "right", told
    return "none", ""


def _is_denied(text: str, event: Event) -> bool:
    before = re.split(r"[.\n;→]", text[max(0, event.place - 60) : event.place])[-1]
    behind = text[event.until : event.until + 30]
    return (
        _DENIED.search(before) is not None
        or _REMARK.search(re.sub(r"\bwould\b", "", before)) is not None
        or re.match(r"[\"'\s]*(?:node |is |was |will |would )*(?:not|never|isn't|wasn't)\b", behind)
        is not None
    )


def _is_not_reached(text: str, event: Event) -> bool:
    behind = text[event.until : event.until + 30]
    return re.match(r"[\"'\s]*(?:node |is |was )*(?:not|never|isn't|wasn't)\b", behind) is not None


def _short_end(text: str, events: list[Event], truth: FlowchartTruth) -> str:
    """Return the last node of a row when it is one word of the end's name: `→ Run`."""
    if not events or "→" not in text:
        return ""
    last = _WORD.findall(text[text.rindex("→") :])
    names = set(_WORD.findall(fold(truth.end)))
    return last[0] if len(last) == 1 and last[0] in names else ""


def _foreign_end(text: str, events: list[Event], count: int) -> str:
    """Return the last node when it is told in another language behind all decisions."""
    behind = [one for one in events if one.kind == "decision"]
    if len({one.number for one in behind}) < count or not events:
        return ""
    answers = [text[one.place : one.until] for one in events if one.kind in ("yes", "no")]
    is_foreign = any(
        one not in ("yes", "no", "y", "n", "true", "false") and one.isalpha() for one in answers
    )
    last = events[-1]
    if not is_foreign or last.kind == "no":
        return ""
    told = " ".join(_WORD.findall(text[last.until :])[:6])
    return told if len(told) > 2 or (told and told > "\u2e80") else ""


def _invented(text: str, events: list[Event], end: str) -> list[str]:
    """Return the nodes of a row of arrows, or of a list, that are on no flowchart of the truth."""
    found = []
    arrows = text.count("→")
    lists = sum(_LISTED.match(line) is not None for line in text.split("\n"))
    if arrows < 2 and lists < 3:
        return []
    begin = 0
    first = min((one.place for one in events), default=0)
    last = max((one.until for one in events if one.kind in ("end", "stop", "decision")), default=0)
    for match in [*_PIECES.finditer(text), None]:
        until = len(text) if match is None else match.start()
        piece = text[begin:until]
        place, begin = begin, until + 1
        is_node = (
            (until < len(text) and text[until] == "→") or (place > 0 and text[place - 1] == "→")
        ) or _LISTED.match(piece)
        within = [one for one in events if place <= one.place < until]
        if not is_node or (within and not _is_other_node(piece, within, events)):
            continue
        if end == "right" and place >= last and not any(one.kind == "end" for one in events):
            continue  # the end itself, in another language
        behind_all = place > last and "→" not in text[max(0, place - 1) : place]
        if behind_all and not _ENDS & set(_WORD.findall(piece)):
            continue
        words = [
            one for one in _WORD.findall(_HEAD.sub("", _LISTED.sub("", piece))) if not one.isdigit()
        ]
        words = [one for one in words if len(one) > 1 or one > "\u2e80"]  # ids as Mermaid has them
        own = [one for one in words if one not in _FILLER or (words == [one] and one in _ENDS)]
        if 0 < len(words) <= 5 and own and (until > first or arrows):
            found.append(piece.strip(" *'\"()-.0123456789"))
    return found


def _is_other_node(piece: str, within: list[Event], events: list[Event]) -> bool:
    """Return whether a node only has a decision's subject in its name: `Read input`."""
    if any(one.kind != "decision" or one.state != "bare" for one in within) or "?" in piece:
        return False
    told = {one.number for one in events if one.kind == "decision" and one.state != "bare"}
    words = _WORD.findall(_LISTED.sub("", piece))
    is_check = re.search(r"check|test|decision|condition|evaluat|verif|is\b", piece) is not None
    return not is_check and 2 <= len(words) <= 4 and all(one.number in told for one in within)


# ----- Criteria


def _path(reading: Reading, truth: FlowchartTruth) -> Criterion:
    if reading.end == "open":
        return Criterion(0.5, f"undecided between two ends: {reading.end_told!r}")
    if reading.end != "right":
        told = f"ends in {reading.end_told!r}" if reading.end_told else "no end is told"
        return Criterion(0.0, f"{told}, not in {truth.end!r}")
    count = len(truth.decisions)
    if reading.is_transcribed:
        return Criterion(0.5, "the whole flowchart is told, no path through it")
    if reading.is_numbered:
        return Criterion(1.0, f"all decisions by number, ends in {reading.end_told!r}")
    if len(reading.order) < count:
        return Criterion(0.5, f"the right end, {len(reading.order)} of {count} decisions")
    if reading.misread:
        return Criterion(0.5, f"the right end, {_subjects(reading.misread, truth)} misread")
    if wrong := _answered_no(reading):
        return Criterion(0.5, f"the right end, but No at {_subjects(wrong, truth)}")
    if reading.order != sorted(reading.order):
        return Criterion(0.5, "the right end, the decisions swapped")
    if inside := [one for one in reading.invented if not _ENDS & set(_WORD.findall(one))]:
        return Criterion(0.5, f"the right end, with a node that is not there: {inside[0]!r}")
    return Criterion(1.0, f"all decisions in order, ends in {reading.end_told!r}")


def _subjects(numbers: set[int], truth: FlowchartTruth) -> str:
    return " and ".join(repr(truth.decisions[number].text) for number in sorted(numbers))


def _answered_no(reading: Reading) -> set[int]:
    return {number for number, told in reading.outcomes.items() if told == "no"}


def _conditions(reading: Reading, truth: FlowchartTruth) -> Criterion:
    count = len(truth.decisions)
    if reading.misread and len(reading.order) == count:
        return Criterion(0.5, f"{_subjects(reading.misread, truth)} misread")
    if reading.is_transcribed and reading.order:
        # Between the half of what is not traced and the whole of conditions with their Yes.
        value = 0.75 * len(reading.order) / count
        return Criterion(value, "both ways of each condition are told, none is followed")
    yes = {number for number, told in reading.outcomes.items() if told == "yes"} - reading.misread
    if yes:
        bare = set(reading.order) - set(reading.outcomes) - reading.misread
        value = (len(yes) + (0.5 * len(bare) if reading.end == "right" else 0)) / count
        return Criterion(value, f"{len(yes)} of {count} conditions with their Yes")
    if reading.order and not _answered_no(reading):
        value = 0.5 * len(reading.order) / count
        return Criterion(value, f"{len(reading.order)} of {count} conditions, without a Yes")
    if reading.is_restated and reading.end == "right":
        return Criterion(0.5, "the conditions of the prompt are repeated, without a Yes")
    if (reading.is_unnamed or reading.is_numbered) and reading.end == "right":
        return Criterion(0.5, "the conditions are told to hold, and not named")
    return Criterion(0.0, "no condition is told with its Yes")


def _complete(reading: Reading, truth: FlowchartTruth) -> Criterion:
    if reading.end not in ("right", "open"):
        return Criterion(0.0, "the trace does not reach the right end")
    faults = [] if reading.has_start else [f"{truth.start!r} missing"]
    if reading.is_both and not reading.order and not reading.is_numbered:
        # `through both decisions`, and not what they ask: one fault in all.
        missing = ["the decisions are not named"]
    else:
        missing = [
            f"{one.text!r} missing"
            for number, one in enumerate(truth.decisions)
            if number not in reading.order and not reading.is_numbered
        ]
    faults += missing
    faults += [f"{truth.decisions[number].text!r} misread" for number in sorted(reading.misread)]
    faults += [
        f"No at {truth.decisions[number].text!r}"
        for number in sorted(_answered_no(reading) - reading.misread)
    ]
    faults += [f"{one!r} is not there" for one in reading.invented]
    if reading.end == "open":
        faults.append("two ends")
    elif reading.is_transcribed:
        faults.append("no path but the whole flowchart")
    if not faults:
        return Criterion(1.0, "start, all decisions and the end")
    return Criterion(0.5 if len(faults) == 1 else 0.0, "; ".join(faults))
