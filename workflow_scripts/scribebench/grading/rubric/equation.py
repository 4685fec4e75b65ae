"""VL-T3-Q1: an equation such as 2x + 5 = 13, solved; in plain text, LaTeX, words or JSON."""

import itertools
import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from scribebench.grading.rubric.criterion import Criterion
from scribebench.grading.rubric.lexicon import NUMBER_WORDS, terms
from scribebench.grading.rubric.reply import corrections, is_hypothetical, is_negated, plain
from scribebench.rubric.truths import EquationTruth

# Operators in words; between numbers and letters they are signs.
_WORDS = (
    (r"plus|più|mais|más|加(?:上)?|плюс|たす|더하기", "+"),
    (r"minus|less|moins|menos|meno|减(?:去)?|минус|ひく|빼기", "-"),
    (r"times|multiplied by|mal|fois|veces|vezes|per|乘(?:以)?|умножить на|かける|곱하기", "*"),
    (r"divided by|over|geteilt durch|divisé par|dividido (?:por|entre)|diviso|除以|делить на", "/"),
    (
        r"equals?(?: to)?|is equal to|is exactly|is|ist(?: gleich)?|gleich|es(?: igual a)?|igual a|"
        r"est(?: égale? à)?|égale?(?: à)?|vaut|vale|è(?: uguale a)?|uguale a|é(?: igual a)?|"
        r"must be|has to be|"
        r"should be|turns out to be|comes out as|becomes?|gives?|makes|равн[оаы]|равен|"
        r"等于|等於|是|为|"
        r"為|は|イコール|은|는|이다",
        "=",
    ),
)
_BEFORE, _AFTER = (
    r"(?:(?<=[\d)])|(?<=(?<![a-zа-я])[a-zа-я]))[ \t]*",
    r"[ \t]*(?=[-+]?[\d(]|[a-z](?![a-z])|[-+]\d)",
)
_OPERATORS = tuple(
    (re.compile(rf"{_BEFORE}(?<![a-z])(?:{said})(?![a-z]){_AFTER}"), sign) for said, sign in _WORDS
)
_SPACES = re.compile(r"[ \t]*([=+*/()^]|-(?=[ \t]*[\d(a-z](?![a-z]))|(?<=[\dx)])[ \t]*-)[ \t]*")
_ABOUT = re.compile(
    r"(?:\b(?:about|approximately|approx\.?|roughly|around|either|exactly|precisely|"
    r"simply|just|indeed|"
    r"ungefähr|etwa|genau|environ|aproximadamente|circa|примерно|около)|大约|約|约|~)[ \t]*"
    r"(?=-?\d|[a-z][ \t]*=)"
)
_NUMBER = r"\d+(?:[.,]\d+)?"
_LETTER = r"(?<![a-zа-я])[a-zха-яα-ω](?![a-zа-яß-ÿ'])"
_TERM = rf"({_NUMBER})?[ \t]?\*?\(?({_LETTER})\)?"
_EQUATIONS = (
    re.compile(rf"(?<![\d./^)*])(-?){_TERM}([-+])({_NUMBER})==?(-?{_NUMBER})(?![-+*/^\d(]|[.,]\d)"),
    re.compile(rf"(?<![\d.*^)a-z])()({_NUMBER})([-+]){_TERM}==?(-?{_NUMBER})(?![-+*/^\d(]|[.,]\d)"),
    re.compile(rf"(?<![-+*/.,\d)])(-?{_NUMBER})==?(-?){_TERM}([-+])({_NUMBER})(?![-+*/^\d(]|=)"),
    re.compile(rf"(?<![\d./^)*])(-?){_TERM}([-+])({_NUMBER})([-+])({_NUMBER})==?0(?![.,\d])"),
)
_EXPRESSION = r"[-+]?[\d(][\d.,+\-*/() \t]*"
_CHAIN = re.compile(
    rf"(?<![\w*/^)])(?<!\d )({_LETTER})(?:==?|≈|:[ \t]?|→[ \t]?)({_EXPRESSION}(?:(?:==?|"
    rf"≈){_EXPRESSION})*)"
)
_TURNED = re.compile(rf"(?<![-+*/\d.,=])(-?{_NUMBER})=({_LETTER})(?![-+*/=^\w(])")
_NAMED = re.compile(
    r"(?:answer|solution|result|value(?: of (?:the )?(?:unknown |variable )?[a-z])?|unknown|"
    r"antwort|lösung|ergebnis|wert|respuesta|solución|resultado|réponse|résultat|valeur|resposta|"
    r"solução|"
    r"risposta|soluzione|risultato|antwoord|ответ|решение|答案|解|结果|答え|解答|답|정답)"
    rf"[\s:*=\"']*(?:is|ist|est|es|è|é|was|of|là|是|为|は|은|"
    rf"는)?[\s:*=\"'→]*(?:[a-z]=)?({_EXPRESSION})(?![a-z])"
)
_SAID = re.compile(
    r"(?:\b(?:it is|it's|it equals|it must be|it (?:might|may|could) be|so|therefore|"
    r"thus|hence|also|daher|donc|entonces|"
    rf"luego|quindi|portanto)|∴|所以|因此)[\s:]+(-?{_NUMBER})(?=[ \t]*(?:[.!,]?[ "
    rf"\t]*(?:\n|$)|[.!]))"
)
_LAST = re.compile(rf"(?<![a-z])[\d)]=(-?{_NUMBER})[.!]?\s*\Z")
_BARE = re.compile(rf"[\s\"'(]*(-?{_NUMBER})[\s\"').!]*")
_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_MAYBE = re.compile(
    rf"({_LETTER})[ \t]+(?:may|might|could|can)(?: also| possibly)?[ \t]+(?:be|equal)[ "
    rf"\t]+({_EXPRESSION})"
)
_TRIED = re.compile(
    r"(?:\b(?:try|trying|test|testing|if|for|when|let|with|plug\w*|substitut\w+|setting|"
    r"put|insert\w*|"
    r"probe|einsetzen|wenn|si|si on|check\w*|verify\w*|check)|代入|检验|设)\s*(?:in\s|"
    r"back\s|that\s|"
    r"we have\s|:\s)?[\s(]*$"
)
_OR = re.compile(
    r"[\s,;)]*(?:or|oder|ou|o|или|或者?|または|either|and|und|et|y|,)?[\s,]*(?:maybe|"
    r"perhaps|possibly|"
    r"even|also)?[\s,]*(?:[a-z][ ]?=[ ]?)?",
)
_ALTERNATIVE = re.compile(
    r"\s*(?:,|\b(?:or|oder|ou|o|или)\b|或者?|または)\s*(?:maybe |perhaps |possibly |even )?"
    rf"(?:{_LETTER}=)?(-?{_NUMBER})(?![-+*/=^\d(]|[.,]\d|[a-z])"
)
# Numbers put in for the letter: `2(4)+5`, `8+5=13`.
_TRIAL = re.compile(
    rf"(?<![\d.]){_NUMBER}[ \t]?[*(][ \t]?\(?-?{_NUMBER}\)?\)?[-+]{_NUMBER}(?!\d)"
    rf"|(?:try|test|trying)[ \t]+{_LETTER}={_NUMBER}"
    rf"|(?<![\d.]){_NUMBER}\*{_NUMBER}={_NUMBER}"
    rf"|{_LETTER}={_NUMBER}(?:[ \t,:]*(?:we get|it|this|which|that|then|so))?[ \t,:]*"
    rf"(?:=|results? in|yields?|works?\b|fits?\b|satisf)"
    r"|\b(?:trial and error|guess and check|by (?:inspection|trying|testing))\b"
)
_TAKE = (
    r"subtract\w*|minus|tak(?:e|ing) away|take|deduct\w*|remov\w+|mov(?:e|ing)|"
    r"transpos\w+|bring\w*|"
    r"isolat\w+|subtrah\w+|abzieh\w*|zieh\w*|rest(?:a|ar|amos|ando)\w*|soustra\w+|retranch\w+|"
    r"sottra\w+|subtra\w+|trek\w*|вычт\w+|вычит\w+|вычесть|отн\w+|перен\w+|减|減|移项|移|引|빼|이항"
)
_ADD = r"add\w*|plus|addier\w*|sum\w+|ajout\w+|aggiung\w+|soma\w*|приб\w+|добав\w+|加|足|더하"
_SPLIT = (
    r"divid\w*|divis\w*|halv\w*|half|teil\w*|dividier\w*|dividi\w*|делим|дел[ия]\w*|"
    r"раздел\w*|delen|"
    r"deel\w*|除|割|나누|나눠"
)


class Found(NamedTuple):
    """An equation as it is written: `coefficient` * `letter` + `constant` = `result`."""

    place: int
    letter: str
    coefficient: Fraction
    constant: Fraction
    result: Fraction


class Answer(NamedTuple):
    """A number that a reply gives as the answer; half a one when it is left to be worked out."""

    place: int
    end: int
    value: Fraction
    is_worked_out: bool


def score(reply: str, truth: EquationTruth) -> dict[str, Criterion]:
    """Return the criteria `answer`, `working` and `reads_equation` of a reply."""
    text = normal(reply)
    found = equations(text)
    answer, right = _answer(reply, text, truth)
    working = _working(text, truth, found, right)
    return {
        "answer": answer,
        "working": working,
        "reads_equation": _reads(text, truth, found, answer, working),
    }


def normal(reply: str) -> str:
    """Return a reply in lower case with signs for words of arithmetic: `2x+5=13`, line by line."""
    text = plain(reply).lower().replace("²", "^2")
    text = _ABOUT.sub("", _with_digits(text.replace("≈", "=").replace("≅", "=")))
    for _ in range(2):
        for pattern, sign in _OPERATORS:
            text = pattern.sub(sign, text)
    return _SPACES.sub(r"\1", text)


def _with_digits(text: str) -> str:
    """Return a text with number words as digits."""
    parts, end = [], 0
    for term in terms(text):
        said = text[term.start : term.end]
        if term.kind != "number" or said.isdigit() or (said not in NUMBER_WORDS and said.isascii()):
            continue
        parts += [text[end : term.start], str(term.value)]
        end = term.end
    return "".join([*parts, text[end:]])


def _number(said: str) -> Fraction:
    return Fraction(said.replace(",", ".")) if said else Fraction(1)


def equations(text: str) -> list[Found]:
    """Return the equations of one letter, with a constant beside it, that a text writes out."""
    found = []
    for form, pattern in enumerate(_EQUATIONS):
        for match in pattern.finditer(text):
            if form == 0:
                minus, coefficient, letter, sign, constant, result = match.groups()
            elif form == 1:
                minus, constant, sign, coefficient, letter, result = match.groups()
                minus, sign = ("-" if sign == "-" else ""), "+"
            elif form == 2:
                result, minus, coefficient, letter, sign, constant = match.groups()
            else:
                minus, coefficient, letter, sign, constant, other, rest = match.groups()
                result = str(-_number(other + rest))
            found.append(
                Found(
                    match.start(),
                    letter,
                    -_number(coefficient) if minus else _number(coefficient),
                    _number(sign.strip("+") + constant),
                    Fraction(result.replace(",", ".")),
                )
            )
    return sorted(found)


# ----- The answer


def _answer(reply: str, text: str, truth: EquationTruth) -> tuple[Criterion, bool]:
    """Return the criterion, and whether the reply commits to the right answer alone."""
    cuts = corrections(text)
    answers = _answers(text)
    boxed = [Answer(len(text), len(text), *told) for one in _BOXED.findall(reply)
             if (told := _boxed_value(one))]  # fmt: skip
    if not answers and not boxed:
        return Criterion(0.0, "no value is committed to"), False
    for cut in reversed(cuts):
        if behind := [one for one in answers if one.place >= cut]:
            answers = behind
            break
    last = (boxed or answers)[-1]
    values = {last.value}
    if not boxed:
        values |= _alternatives(text, answers)
    right = Fraction(truth.solution)
    shown = f"{truth.letter} = {last.value}"
    if len(values) == 2 and right in values:
        return Criterion(0.5, f"undecided between {_list(values)}"), False
    if len(values) > 1:
        return Criterion(0.0, f"undecided between {_list(values)}"), False
    if last.value != right:
        return Criterion(
            0.0, f"the last value committed to is {shown}, not {truth.solution}"
        ), False
    if not last.is_worked_out:
        return Criterion(0.5, f"{shown} is left to be worked out"), True
    return Criterion(1.0, f"commits to {shown}"), True


def _list(values: set[Fraction]) -> str:
    return " and ".join(map(str, sorted(values)))


def _boxed_value(said: str) -> tuple[Fraction, bool] | None:
    text = normal(said).strip(" .$")
    return chain_value(text.rsplit("=", 1)[-1] if "=" in text else text)


def _answers(text: str) -> list[Answer]:
    """Return the values that a text commits to, by place."""
    if match := _BARE.fullmatch(text):
        return [Answer(0, len(text), _number(match[1]), True)]
    found = []
    for pattern, group in ((_CHAIN, 2), (_NAMED, 1), (_MAYBE, 2), (_SAID, 1), (_TURNED, 1)):
        for match in pattern.finditer(text):
            told = chain_value(match[group])
            if told is None or not _is_committed(text, match):
                continue
            found.append(
                Answer(
                    match.start(), match.start(group) + len(match[group].rstrip(" \t.,(")), *told
                )
            )
    if not found and (match := _LAST.search(text)):
        found.append(Answer(match.start(), match.end(), _number(match[1]), True))
    return sorted(found)


def _is_committed(text: str, match: re.Match[str]) -> bool:
    start, before = match.start(), text[max(0, match.start() - 30) : match.start()]
    if _TRIED.search(before) or is_negated(text, start) or is_hypothetical(text, start):
        return False
    return not re.match(r"[ \t]*(?:\?|is (?:not|wrong|incorrect)|would)", text[match.end() :])


def _alternatives(text: str, answers: list[Answer]) -> set[Fraction]:
    """Return the other values that a text leaves open beside its last one."""
    values: set[Fraction] = set()
    last = answers[-1]
    place = last.end
    while match := _ALTERNATIVE.match(text, place):
        if "," in match[0] and not re.search(r"\b(?:or|oder|ou|may|might|could|або)\b", text):
            break
        values.add(_number(match[1]))
        place = match.end()
    for one, other in itertools.pairwise(answers):
        between = text[one.end : other.place]
        if len(between) < 40 and re.search(
            r"\b(?:or|oder|ou|или|maybe|perhaps|possibly)\b|或", between
        ):
            values |= {one.value, other.value}
    if "±" in text[max(0, last.place - 2) : last.end + 3]:
        values |= {last.value, -last.value}
    return values


@lru_cache(maxsize=4096)
def chain_value(said: str) -> tuple[Fraction, bool] | None:
    """Return what a chain such as `(13-5)/2=4` ends in, and whether that end is a plain number."""
    for part in reversed(re.split(r"==?|≈", said)):
        part = part.strip(" \t.,")
        if not part:
            continue
        part = re.split(r",\s", part)[0].rstrip(" \t.,(")
        while part.count("(") < part.count(")"):
            part = part[: part.rindex(")")].rstrip()
        value = evaluate(part)
        if value is not None:
            return value, re.fullmatch(rf"\(?[-+]?{_NUMBER}\)?", part) is not None
    return None


_TOKEN = re.compile(rf"\s*({_NUMBER}|[-+*/()])")


def evaluate(said: str) -> Fraction | None:
    """Return the value of an expression of + - * / and brackets; null when it is none."""
    tokens, place = [], 0
    while place < len(said):
        match = _TOKEN.match(said, place)
        if match is None:
            return None
        tokens.append(match[1])
        place = match.end()
    tokens.append("")
    try:
        value, rest = _sum(tokens, 0)
    except (ValueError, ZeroDivisionError):
        return None
    return value if rest == len(tokens) - 1 else None


def _sum(tokens: list[str], place: int) -> tuple[Fraction, int]:
    value, place = _product(tokens, place)
    while tokens[place] in ("+", "-"):
        other, after = _product(tokens, place + 1)
        value, place = (value + other if tokens[place] == "+" else value - other), after
    return value, place


def _product(tokens: list[str], place: int) -> tuple[Fraction, int]:
    value, place = _factor(tokens, place)
    while tokens[place] in ("*", "/", "("):
        sign = tokens[place]
        other, after = _factor(tokens, place + (sign != "("))
        value, place = (value / other if sign == "/" else value * other), after
    return value, place


def _factor(tokens: list[str], place: int) -> tuple[Fraction, int]:
    token = tokens[place]
    if token in ("-", "+"):
        value, place = _factor(tokens, place + 1)
        return (-value if token == "-" else value), place
    if token == "(":
        value, place = _sum(tokens, place + 1)
        if tokens[place] != ")":
            raise ValueError("a bracket is not closed")
        return value, place + 1
    if not token or not token[0].isdigit():
        raise ValueError("a number is missing")
    return _number(token), place + 1


# ----- The working


class Steps(NamedTuple):
    """Which steps a stretch shows, and what is wrong in them; an empty slip is none."""

    takes_away: str
    divides: str
    slip: str


def _working(text: str, truth: EquationTruth, found: list[Found], right: bool) -> Criterion:
    steps = None
    for cut in reversed(corrections(text)):
        behind = _steps(text[cut:], truth, found, right)
        if behind.takes_away or behind.divides:
            # What is not taken back stays: `2x = 8, x = 2. Wait, 8/2 = 4`.
            before = _steps(text[:cut], truth, found, right)
            steps = Steps(
                behind.takes_away or before.takes_away,
                behind.divides or before.divides,
                behind.slip if behind.takes_away else before.slip or behind.slip,
            )
            break
    steps = steps or _steps(text, truth, found, right)
    misread = _misread(found, truth)
    if steps.takes_away and steps.divides:
        if misread:
            return Criterion(0.5, f"both steps, of a misread equation ({steps.takes_away!r})")
        if steps.slip:
            return Criterion(0.5, f"both steps, with a slip: {steps.slip}")
        return Criterion(1.0, f"both steps: {steps.takes_away!r} and {steps.divides!r}")
    if one := steps.takes_away or steps.divides:
        return Criterion(0.5, f"one step only: {one!r}")
    if check := _check(text):
        return Criterion(0.5, f"no step, but the answer is tried: {check!r}")
    return Criterion(0.0, "no step is shown")


def _misread(found: list[Found], truth: EquationTruth) -> bool:
    return bool(found) and not any(_is_true(one, truth) or _is_derived(one, truth) for one in found)


def _is_true(one: Found, truth: EquationTruth) -> bool:
    return (one.coefficient, one.constant, one.result) == (
        truth.coefficient, truth.constant, truth.result,
    )  # fmt: skip


def _is_derived(one: Found, truth: EquationTruth) -> bool:
    """Return whether an equation is the true one, divided or multiplied on both sides."""
    share = one.coefficient / truth.coefficient
    return (one.constant, one.result) == (truth.constant * share, truth.result * share)


def _steps(text: str, truth: EquationTruth, found: list[Found], right: bool) -> Steps:
    known = next((one for one in reversed(found) if not _is_derived(one, truth)), None)
    if known is None or any(_is_true(one, truth) for one in found):
        known = Found(0, truth.letter, *map(Fraction, truth[1:]))
    a, c, r = known.coefficient, known.constant, known.result
    takes, divides, slip, is_line = "", "", "", False
    line = re.compile(
        rf"(?<![\d.,+\-*/)])({re.escape(_told(a))})[ "
        rf"\t]?\*?({_LETTER})==?({_EXPRESSION}(?:==?{_EXPRESSION})*)"
    )
    for match in line.finditer(text):
        told = chain_value(match[3])
        takes, is_line = takes or match[0].strip(), True
        if told is not None and told[0] != r - c:
            slip = match[0].strip()
    constant = re.escape(_told(abs(c)))
    words = _ADD if c < 0 else _TAKE
    if not takes and (
        match := re.search(
            rf"(?:{words})[^\n.]{{0,25}}?(?<![\d.])[-+]?{constant}(?![\d])"
            rf"|(?<![\d.]){re.escape(_told(r))}[-+]{constant}(?![\d.])"
            rf"|(?<![\d.])[-+]{constant}[ \t]*[-+]{constant}(?!\d)"
            rf"|(?<![\d.]){constant}[^\n.]{{0,22}}(?:{words})",
            text,
        )
    ):
        takes = match[0].strip()
    rest = re.escape(_told(r - c))
    by = re.escape(_told(abs(a)))
    if match := re.search(
        rf"(?:{_SPLIT})[^\n]{{0,32}}?(?<![\d.]){by}(?!\d)|"
        rf"(?<![\d.]){by}(?![\d=+*])[^\n.]{{0,12}}(?:{_SPLIT})"
        rf"|(?<![\d.]){rest}\)?/\(?-?{by}(?!\d)|[a-z)]\)?/\(?{by}(?!\d)|\)/{by}(?!\d)"
        rf"|(?<![\w)])/{by}\s+/{by}(?!\d)" + (r"|\bhal(?:f|ve)\b" if a == 2 else ""),
        text,
    ):
        divides = match[0].strip()
    if is_line and not divides and _goes_on(text, takes, right):
        divides = "the value of the letter behind it"
    if (takes or divides) and not right:
        slip = slip or "the answer is not reached"
    return Steps(takes, divides, slip)


def _goes_on(text: str, line: str, right: bool) -> bool:
    """Return whether a line such as `2x=8` is followed by the letter's value."""
    place = text.find(line)
    if "=" not in line or place < 0:
        return False
    return any(one.place > place for one in _answers(text)) or (
        right and re.search(_NUMBER, text[place + len(line) :]) is not None
    )


def _told(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else str(float(value))


def _check(text: str) -> str:
    """Return where numbers are put in for the letter."""
    match = _TRIAL.search(text)
    return match[0] if match else ""


# ----- The equation


def _reads(
    text: str, truth: EquationTruth, found: list[Found], answer: Criterion, working: Criterion
) -> Criterion:
    stand = [one for one in found if not is_hypothetical(text, one.place)]
    for cut in reversed(corrections(text)):
        if behind := [one for one in stand if one.place >= cut and not _is_derived(one, truth)]:
            stand = behind
            break
    true = [one for one in stand if _is_true(one, truth)]
    if any(one.letter == truth.letter.lower() for one in true):
        return Criterion(1.0, f"writes out the equation: {_written(true[0])}")
    if true:
        return Criterion(0.5, f"the equation with another letter: {_written(true[0])}")
    if wrong := [one for one in stand if not _is_derived(one, truth)]:
        return Criterion(0.0, f"reads {_written(wrong[0])}")
    implied = _told(Fraction(truth.result - truth.constant))
    step = re.search(
        rf"(?<![\d.]){truth.coefficient}[ "
        rf"\t]?\*?{_LETTER}=(?:[^\n]{{0,12}}=)?{re.escape(implied)}(?!\d)",
        text,
    )
    a, c, r = truth.coefficient, truth.constant, truth.result
    tried = re.search(
        rf"(?<!\d){a}[ "
        rf"\t]?[*(][^\n=]{{1,8}}{'-' if c < 0 else '[+]'}{abs(c)}=(?:[^\n]{{0,9}}=)?{r}(?!\d)",
        text,
    )
    if answer.value or step or stand or tried:
        return Criterion(0.5, "the equation is not written out, but implied")
    return Criterion(0.0, "the equation is not told")


def _written(one: Found) -> str:
    sign = "-" if one.constant < 0 else "+"
    return f"{one.coefficient}{one.letter} {sign} {abs(one.constant)} = {one.result}"
