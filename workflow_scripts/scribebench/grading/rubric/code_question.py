"""VL-T2-Q3: what a function is for, and its one bug; what counts is in `rubric/programs.yaml`."""

import re
from functools import lru_cache
from typing import NamedTuple

from scribebench.grading.prose import is_english
from scribebench.grading.rubric.criterion import Criterion
from scribebench.grading.rubric.lexicon import is_one_typo
from scribebench.grading.rubric.reply import corrections, is_negated, plain
from scribebench.rubric.sources import programs
from scribebench.rubric.truths import CodeTruth

Patterns = tuple[re.Pattern[str], ...]
LEAST_TYPO = 6


class Program(NamedTuple):
    """What tells of a program's purpose and bug, compiled for the names in one variant's code."""

    function: str
    purpose: Patterns
    purpose_half: Patterns
    bug: Patterns
    mend: Patterns
    half: Patterns
    misread: Patterns
    words: frozenset[str]  # of the patterns, to tell typos by


@lru_cache(maxsize=1024)
def _program(key: str, names: tuple[tuple[str, str], ...]) -> Program:
    told = programs()[key]
    known = {role: words[0] for role, words in told["names"].items()} | dict(names)

    def compiled(field: str) -> Patterns:
        return tuple(re.compile(_named(said, known), re.S) for said in told.get(field, ()))

    sources = [said for field in ("purpose", "purpose_half", "bug", "half") for said in told[field]]
    words = re.findall(rf"[a-z]{{{LEAST_TYPO},}}", " ".join(sources))
    return Program(
        known["function"].lower(),
        *map(compiled, ("purpose", "purpose_half", "bug", "mend", "half", "misread")),
        frozenset(words),
    )


def _named(pattern: str, names: dict[str, str]) -> str:
    for role, name in names.items():
        pattern = pattern.replace("{" + role + "}", re.escape(name.lower()))
    return pattern


_FENCE = re.compile(r"(?:```|~~~)[^\n]*\n.*?(?:\n\s*(?:```|~~~)|\Z)", re.S)
_CODE_LINE = re.compile(
    r"^\s*(?:\d+[.:)]?\s+)?(?:def \w+ ?\(.*|for \w+ in [\w() ]+(?:,[^.]*|- ?1\)?)?:|while .*:|"
    r"if [\w\s%<>=!*()+\-/\[\]]+:|else:|return\b(?: ?[-+*/]* ?\(*[\w.\[\]()]+)*|print\(.*\)|"
    r"\w+ ?[-+*/]?=(?!=) ?[\w.\[\]()]+(?: ?[-+*/%]+ ?[\w.\[\]()]+)*)\s*$"
)
_SENTENCE = re.compile(r"(?<=[.!?。！？])[\"')]*\s+|(?<=[。！？])|\n+|(?<=[a-z)\]]);\s")
_FAULT = re.compile(
    r"\b(?:but|however|missing|lacks?|forgot\w*|forgets|never|skip\w*|crash\w*|fails?|"
    r"causes?|unexpected\w*|off[- ]by[- ]one|bugs?|buggy|bogues?|"
    r"errors?|mistakes?|mistakenly|issues?|problems?|wrong(?:ly)?|incorrect(?:ly)?|"
    r"flaw\w*|faults?|"
    r"faulty|defects?|should\w*|shoud|instead|rather than|must|ought|fix\w*|too (?:high|"
    r"large|small|big|low|few|many|early|late)|"
    r"inaccurate|unintended|culprit|not (?:correct|right)|unlike|misplaced|fehler\w*|"
    r"falsch\w*|statt|anstatt|anstelle|sollte\w*|müsste\w*|"
    r"erreurs?|au lieu|devrait|plutôt|incorrecte?s?|fallo|en lugar|en vez|debería|debe|"
    r"equivocad\w*|erros?|em vez|"
    r"deveria|incorret\w*|errat\w+|errore|invece|dovrebbe|sbagliat\w*|fout\w*|in plaats|"
    r"błąd\w*|zamiast|powinno)\b|ошибк\w*|баг\w*|неправильн\w*|неверн\w*|вместо|должн\w*|"
    r"следует|нужно|错误|错|应该|应当|应为|"
    r"而不是|有误|问题|缺陷|バグ|誤|間違|べき|ではなく|不具合|버그|오류|대신|해야|문제"
)
_NO_BUG = re.compile(
    r"\b(?:no|not? (?:have|contain|see|find|seem to have|appear to have)|n't (?:have|"
    r"contain|see|find|appear to have|seem to have|"
    r"look like there (?:is|are)|think there (?:is|are)|any)|without|isn't|is not|aren't|"
    r"free of|zero)\b"
    r"(?: (?:any|a|an|real|actual|obvious|apparent|visible|clear|evident|major|logical|"
    r"noticeable|known|such|is|are))*"
    r" (?:bugs?|errors?|issues?|problems?|mistakes?|flaws?)(?! (?:handling|check|message|"
    r"is raised))"
    r"|\bbug[- ]free\b|\bnothing (?:is )?wrong\b|\b(?:code|function|it|this|that|"
    r"everything|implementation|logic)\s+"
    r"(?:itself )?(?:is|looks|seems|appears)(?: to be)?(?: \w+)? (?:correct|fine|ok|okay|"
    r"good|right|sound|valid)\b"
    r"|\b(?:works?|functions?|runs?|working|functioning) (?:correctly|fine|properly|well|"
    r"as (?:expected|intended))\b"
    r"|\b(?:looks|seems) (?:correct|fine|good|ok|okay|right)\b|\bnot (?:actually )?a bug\b"
    r"|\b(?:kein|keine|keinen|ohne)\b (?:\w+ )?(?:bugs?|fehler|probleme?)|\bfehlerfrei\b|"
    r"ist korrekt\b"
    r"|\bno (?:hay|tiene|veo|contiene|existe)\b[^.]{0,20}\b(?:bugs?|error(?:es)?|"
    r"problemas?|fallos?)|\bes correcto\b"
    r"|\b(?:aucune?|pas d['e]|sans)\s*(?:\w+ )?(?:bugs?|bogues?|erreurs?|problèmes?)|"
    r"\best correct\b"
    r"|\b(?:não há|não tem|não existe|nenhum|sem)\b (?:\w+ )?(?:bugs?|erros?|problemas?)|"
    r"\bestá corret\w"
    r"|\b(?:nessun|non ci sono|non c'è|senza)\b (?:\w+ )?(?:bugs?|error[ei]|problem[ai])|"
    r"\bè corrett\w"
    r"|(?:ошиб\w+|баг\w*|проблем\w*) (?:здесь |в коде |тут )?(?:нет|не (?:вижу|"
    r"обнаруж\w+|содерж\w+))|(?:нет|без) (?:\w+ )?(?:ошиб\w+|баг\w*)"
    r"|(?:没有|无|沒有|未发现|看不出|不存在)(?:任何|明显的?|什么|"
    r"明显)?(?:的)?\s*(?:bug|错误|问题|漏洞|缺陷)|代码是?正确|没有?问题"
    r"|(?:バグ|誤り|エラー|問題|間違い)は?(?:特に)?(?:ありません|ない|見当たりません|"
    r"見つかりません)|(?<![がを])正しいです|정상|(?:버그|오류|문제)[는가은이]? ?없"
)
_BESIDE = re.compile(
    r"\b(?:otherwise|apart from|aside from|other than|except|besides|other|rest|syntax|"
    r"else|at first|glance|"
    r"at first sight|sonst|ansonsten|por lo demás|sinon|with (?:this|that) (?:fix|"
    r"change)|after|then|once|"
    r"fixed|now|corrected|would)\b|除此|それ以外"
)
_ANNOUNCES = re.compile(
    r"\b(?:yes|bugs?|bogue|errors?|issues?|problems?|mistakes?|fix|corrected|correction|"
    r"ja|oui|sí|sim|sì|fehler|erreur|erro|errore)\b|да|"
    r"是的|有|バグ|はい|네|ошибка"
)
_POINTS = re.compile(
    r"\s*[\"'*]*(?:that|this|which|it|these|here|das|dies\w*|cela|c'est|ça|esto|eso|isso|"
    r"isto|questo|это|这|那|これ|それ)\b"
)
_CONTRAST = re.compile(
    r"\b(?:instead|should|rather|must|wrong\w*|incorrect\w*|inaccurate|too (?:large|high|"
    r"big|low|small)|statt|sollte|au lieu|"
    r"devrait|en lugar|en vez|debería|em vez|deveria|invece|dovrebbe|larger|higher|"
    r"skew\w*|inflat\w*|overestimat\w*|not the (?:true|actual|real))\b|"
    r"вместо|должн|应该|而不是|应为|ではなく|べき|偏大|大きく|대신"
)
_ZERO = re.compile(r"zero|\b0\b|null\b|cero|zéro|ноль|нол|零|ゼロ|crash|exception|fails?\b|raise")
_SUPPOSED = re.compile(
    r"\b(?:if|had) (?:it|the code|the function|this|they) (?:\w+ed|were|had|did|used|"
    r"was)\b|\bthat would be a bug\b|"
    r"\bwenn\b[^.]*\b(?:würde|wäre)\b|\bsi\b[^.]*\b(?:fuera|était|dividiera)\b|如果是|если бы"
)
_FALSE = re.compile(
    r"\bundefined\b|\bnot defined\b|\bnever defined\b|indent\w*|missing (?:a )?(?:colon|"
    r"parenthes\w+|import|bracket|quote)|"
    r"syntax error|initiali[sz]ed to (?:1|one)|should (?:be|start) (?:at )?`?total = 1|"
    r"shadow\w*|infinite loop|type ?error|"
    r"inside the loop|overwrit\w+|(?:should be|use) (?:total )?= n|integer division|"
    r"float division|float\(|global variable|"
    r"not? (?:used|called)|spelling|typo|naming|\bempty (?:list|input|array)\b|negative numbers"
)


def score(reply: str, truth: CodeTruth) -> dict[str, Criterion]:
    """Return the criteria `code_reading` and `bug_identification`; the third needs a judge."""
    program = _program(truth.program, truth.names)
    bug = _bug(reply, program)
    if not bug.value and (told := _bare_minus(reply, program, truth)):
        bug = Criterion(1.0, f"the bug: {told!r}")
    return {
        "code_reading": _reading(reply, program, truth, bug),
        "bug_identification": bug,
        "clear_explanation": Criterion(None, "needs a judge"),
    }


# ----- What it is for


def _reading(reply: str, program: Program, truth: CodeTruth, bug: Criterion) -> Criterion:
    text = _prose(reply, program)
    for match in _matches(program.purpose, text):
        if not is_negated(text, match.start()):
            return Criterion(1.0, f"tells what it is for: {match[0][:80]!r}")
    for match in _matches(program.purpose_half, text):
        if not is_negated(text, match.start()):
            return Criterion(0.5, f"tells a part of what it does: {match[0][:80]!r}")
    if _is_transcribed(reply, truth):
        return Criterion(0.5, "the code is written off, not explained")
    if bug.value:
        return Criterion(0.5, "the purpose is not told; that it divides so, or the like, is")
    return Criterion(0.0, "what it is for is not told")


def _matches(patterns: Patterns, text: str) -> list[re.Match[str]]:
    return [match for pattern in patterns for match in pattern.finditer(text)]


def _prose(reply: str, program: Program) -> str:
    """Return a reply in lower case without code, and without the function's name as a name."""
    text = _FENCE.sub("\n", reply)
    name = re.escape(program.function)
    text = re.sub(rf"`{name}[^`\n]*`", " … ", text, flags=re.I)
    text = plain(text).lower()
    text = "\n".join(line for line in text.split("\n") if not _CODE_LINE.match(line))
    text = re.sub(
        rf"(?:\b(?:functions?|methods?|named|called|def|funktion|función|fonction|função|"
        rf"funzione|функци\w+)\b|函数|関数|함수)"
        rf"[\s\"'`:]*(?:called |named |namens |llamada |appelée )?[\"'`]?\b{name}\b"
        rf"|\b{name}\b ?\(\w*\)|[\"']{name}[\"']",
        " … ",
        text,
    )
    return _spelled(text, program.words)


@lru_cache(maxsize=65536)
def _meant(word: str, words: frozenset[str]) -> str:
    if len(word) < LEAST_TYPO or word in words or is_english(word):
        return word
    near = [one for one in words if is_one_typo(word, one)]
    return near[0] if len(near) == 1 else word


def _spelled(text: str, words: frozenset[str]) -> str:
    """Return a text with the typos in it mended that make words of the program's patterns."""
    return re.sub(rf"[a-z]{{{LEAST_TYPO},}}", lambda match: _meant(match[0], words), text)


def _is_transcribed(reply: str, truth: CodeTruth) -> bool:
    lines = [" ".join(line.split()) for line in truth.code.split("\n") if line.strip()]
    own = " ".join(reply.split())
    return sum(line in own for line in lines) > 0.6 * len(lines)


# ----- The bug


# What is held against the marks around the place of the bug is no claim of the bug.
_ABOUT_SIGNS = re.compile(
    r"\b(?:unnecessary|redundant|extra|missing|mismatched|unbalanced|superfluous|needless) "
    r"(?:\w+ )?(?:parenthes\w+|brackets?|spaces?|colons?|whitespace)"
)


class Claim(NamedTuple):
    """What a sentence of a reply claims; of `right`, `half` and `none` (that there is no bug)."""

    place: int
    kind: str
    told: str


_MINUS_ONE = re.compile(
    r"\b(?:bugs?|errors?|issues?|problems?|mistakes?|wrong|culprit|fix|fehler|erreur|error)\b"
    r"[^.\n\d]{0,24}(?<![\w)\]])(?<![\w)\]] )- ?1(?![\d.]\d)"
    r"|(?<![\w)\]])(?<![\w)\]] )- ?1\b[^.\n]{0,24}\b(?:bug|wrong|error|incorrect|mistake|problem|"
    r"should(?: not|n't)|not be|extra)"
)


def _bare_minus(reply: str, program: Program, truth: CodeTruth) -> str:
    """Return where the `- 1` alone is named as the bug of a program that has it there."""
    if " - 1" not in truth.code or not any(one.search("n - 1") for one in program.bug):
        return ""
    text = plain(reply).lower()
    match = _MINUS_ONE.search(text)
    return match[0] if match and not _NO_BUG.search(text) else ""


def _bug(reply: str, program: Program) -> Criterion:
    text = _spelled(plain(reply).lower(), program.words)
    for cut in reversed(corrections(text)):
        claims = _claims(text[cut:], program)
        if claims:
            break
    else:
        claims = _claims(text, program)
    denied = [claim for claim in claims if claim.kind == "none"]
    right = [claim for claim in claims if claim.kind == "right"]
    half = [claim for claim in claims if claim.kind == "half"]
    last_denial = denied[-1].place if denied else -1
    if right and right[-1].place > last_denial:
        if told := _false_bug(text, program):
            return Criterion(0.75, f"the bug: {right[0].told!r}, and one that is none: {told!r}")
        return Criterion(1.0, f"the bug: {right[0].told!r}")
    if half and half[-1].place > last_denial:
        return Criterion(0.5, f"half of the bug: {half[0].told!r}")
    if denied:
        return Criterion(0.0, f"says that there is none: {denied[-1].told!r}")
    return Criterion(0.0, "the bug is not told")


def _claims(text: str, program: Program) -> list[Claim]:
    found: list[Claim] = []
    rows = [one.strip() for one in _SENTENCE.split(text) if one and one.strip()]
    has_fault = any(_FAULT.search(row) and not _NO_BUG.search(row) for row in rows)
    announced = False
    for n, row in enumerate(rows):
        behind = rows[n + 1] if n + 1 < len(rows) else ""
        denial = _NO_BUG.search(row)
        own = row if denial is None else row[: denial.start()] + " … " + row[denial.end() :]
        is_denied = denial and not _BESIDE.search(row) and not row.endswith("?")
        if is_denied and not re.search(r"\b(?:but|however)\b", row[denial.end() :]):
            found.append(Claim(n, "none", denial[0]))
            continue
        is_code = _CODE_LINE.match(row) is not None
        if is_code:
            told = next((match for match in _matches(program.mend, row)), None)
            if told and has_fault:
                found.append(Claim(n, "right", told[0][:80]))
            continue
        is_said = (
            _FAULT.search(own) is not None
            or announced
            or (_POINTS.match(behind) is not None and _FAULT.search(behind) is not None
                and _NO_BUG.search(behind) is None)
        )  # fmt: skip
        if claim := _claim_of(own, n, program, is_said):
            found.append(claim)
        is_heading = len(row.split()) <= 9 or row.endswith(":")
        announced = (_ANNOUNCES.search(row) is not None and denial is None and is_heading) or (
            announced and n > 0 and len(row.split()) <= 3
        )
    return found


def _claim_of(row: str, place: int, program: Program, is_said: bool) -> Claim | None:
    """Return what a sentence claims of the bug."""
    if _ABOUT_SIGNS.search(row) and not _CONTRAST.search(row):
        return None
    bugs = [one for one in _matches(program.bug, row) if not _SUPPOSED.search(row)]
    mends = [one for one in _matches(program.mend, row) if not _SUPPOSED.search(row)]
    halves = _matches(program.half, row)
    misread = _matches(program.misread, row)
    if bugs and is_said:
        is_consequence = halves and _ZERO.search(row) and not _CONTRAST.search(row)
        is_cause = re.search(
            r"\b(?:because|since|as|when|if|weil|da|car|porque|因为)\b[^.]*$",
            row[: bugs[0].start()],
        )
        if not (is_consequence and (is_cause or program.misread)):
            return Claim(place, "right", bugs[0][0][:80])
    if misread and is_said:
        return Claim(place, "half", misread[0][0][:80])
    if mends and is_said and _FAULT.search(row):
        return Claim(place, "right", mends[0][0][:80])
    if halves:
        return Claim(place, "half", halves[0][0][-80:])
    return None


def _false_bug(text: str, program: Program) -> str:
    """Return what is claimed as another bug."""
    for row in _SENTENCE.split(text):
        if not row or _NO_BUG.search(row):
            continue
        match = _FALSE.search(row)
        if match and not any(one.search(match[0]) for one in (*program.bug, *program.mend)):
            is_claimed = _FAULT.search(row) or re.match(r"\s*(?:[-*•]|\(?\d+[.)])", row)
            if is_claimed:
                return match[0]
    return ""
