"""Grade VL-T2-Q2: the total of an invoice, how it is named, and what is invented beside it."""

import re
from datetime import date
from itertools import combinations, pairwise
from typing import NamedTuple

from scribebench.grading.rubric.criterion import Criterion
from scribebench.grading.rubric.distance import edit_distance
from scribebench.grading.rubric.lexicon import fold, number_of
from scribebench.grading.rubric.reply import plain
from scribebench.grading.rubric.standing import is_said, standing
from scribebench.rubric.truths import InvoiceTruth

_SIGN = r"(?:US|CA|AU)?\$|€|£|¥|₹|USD|EUR|GBP|CHF|Rs\.?"
_CURRENCY_AFTER = (
    r"(?:US|CA|AU)?\$|€|£|¥|₹|USD|EUR|GBP|CHF|(?:US |U\.S\. )?dollars?|euros?|pounds?|dólares|"
    r"dollari|"
    r"dólar|Dollar|долл\w*|евро|рубл\w*|美元|欧元|歐元|ドル|ユーロ|元|円|yen|cents?"
)
_CURRENCIES = (
    ("$", re.compile(r"\$|usd|doll|dólar|долл|美元|ドル", re.I)),
    ("€", re.compile(r"€|eur|евро|欧元|歐元|ユーロ", re.I)),
    ("£", re.compile(r"£|gbp|pound", re.I)),
    ("¥", re.compile(r"¥|yen|円|元", re.I)),
    ("₹", re.compile(r"₹|rs|руб", re.I)),
)
_AMOUNT = re.compile(
    rf"(?P<sign>(?<![A-Za-z])(?:{_SIGN})\s*)?"
    r"(?P<number>(?<![\w.,/:-])(?:\d{1,3}(?:[,.'’]\d{3})+(?:[.,]\d{1,2})?|"
    r"\d{1,3}(?:[   ]\d{3})+(?:,\d{1,2}|(?![\d.,]))|\d+(?:[.,]\d{1,2})?)"
    rf"|(?<=[$€£¥₹DR])\s?\d[\d.,]*\d|(?<=[\u3040-\u9fff])\d+(?:[.,]\d{{1,2}})?)(?![\d/:]|[.,]\d|"
    rf"-\d)"
    rf"(?P<after>\s*(?:{_CURRENCY_AFTER})(?![A-Za-z]))?"
    r"(?P<percent>\s*%)?",
    re.I,
)
_ENGLISH = (
    r"(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|"
    r"fifteen|sixteen|seventeen|eighteen|nineteen|(?:twenty|thirty|forty|fifty|sixty|seventy|"
    r"eighty|ninety)(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?)"
)
_WORDS_AMOUNT = re.compile(
    rf"\b(?:(?P<thousands>{_ENGLISH})[ -]thousand,?[ -]*(?:and[ -])?)?"
    rf"(?:(?P<hundreds>an?|{_ENGLISH})[ -]hundred[ -]*(?:and[ -])?)?"
    r"(?:(?P<spoken>one|two|three|four|five|six|seven|eight|nine)[ -]"
    r"(?=(?:ten|eleven|twelve|\w+teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty)\b))?"
    rf"(?P<rest>{_ENGLISH})?"
    r"\s*(?:us |u\.s\. )?(?:dollars|euros)\b"
    rf"(?:,?\s+(?:and )?(?P<cents>{_ENGLISH}|\d{{1,2}})\s+cents?)?",
    re.I,
)
_TOTAL = (
    r"(?:(?:grand |invoice |final |overall |full |net )?total(?!s? (?:number|of \d+ items))\w*|"
    r"amounts? (?:due|payable|owed|owing|to be paid|to pay)|balance(?: due| owed| payable)?|"
    r"payable|amount_due|grand_total|total_amount|totalamount|sum total|to pay\b|"
    r"gesamt\w*|endbetrag|rechnungs(?:betrag|summe)|zahlbetrag|summe\b|zu zahlen\w*|"
    r"montant (?:total|dû|à payer)|total à payer|net à payer|totaux|"
    r"importe total|monto total|suma total|cantidad total|total a pagar|importe a pagar|"
    r"importo totale|totale\b|valor total|montante total|total geral|quantia total|"
    r"totaal\w*|eindbedrag|te betalen|"
    r"итог\w*|всего|общ\w+ (?:сумм\w+|стоимост\w+)|к оплате|сумма к оплате|"
    r"总金额|总额|總金額|總額|总计|總計|合计|合計|总价|總價|应付\w*|总共|共计|請求金額|総額|総計|総合計|합계|총액|총)"
)
_TOTAL_WORD = re.compile(rf"(?<![^\W_]){_TOTAL}|(?<=[\u3040-\u9fff]){_TOTAL}", re.I)
_SUBTOTAL = re.compile(
    r"\bsub-?\s?total\w*|\bzwischensumme|\bsous-total|\bsubtotale|\bтромежут\w+|小计|小計", re.I
)
_AMOUNT_WORD = re.compile(
    r"\b(?:amount|sum|value|price|cost|charge|betrag|summe|montant|somme|importe|monto|cantidad|"
    r"suma|"
    r"importo|somma|prezzo|valor|quantia|bedrag|prijs|сумма|стоимость|цена)\b|金额|金額|数额",
    re.I,
)
_LINE_TOTAL = re.compile(
    r"\b(?:line|item|row|unit|per|zeilen?|position\w*|ligne|partial)[ -]?(?:total|amount|price|"
    r"betrag|summe)",
    re.I,
)
_SINGLED = re.compile(
    r"\*\*|\\boxed|^#|\b(?:is|comes to|amounts to|equals|beträgt|ist|est|es|è|é|asciende)\b|是|为|"
    r"です|равн",
    re.I,
)
_INVENTED_FIELD = re.compile(
    r"\b(?P<field>sales tax|tax(?:es)?(?! free| exempt)|vat|gst|mwst|ust|tva|iva|btw|ндс|shipping|"
    r"delivery|handling|freight|"
    r"discount|rabatt|remise|descuento|sconto|desconto|korting|скидк\w+|fees?|service charge|"
    r"surcharge|tip|gratuity|"
    r"deposit|paid|payment method|payment terms|terms|due date|due on|due by|bill(?:ed)? to|"
    r"ship(?:ped)? to|sold to|"
    r"customer|client|vendor|seller|supplier|buyer|company|address|phone|email|e-mail|website|po "
    r"number|"
    r"purchase order|order number|bank|iban|account|net 30|"
    r"kunde|kundin|fällig\w*|lieferant|zahlbar|client|fournisseur|échéance|cliente|proveedor|"
    r"vencimiento|fornitore|scadenza|"
    r"vencimento|klant|leverancier|клиент\w*|покупател\w+|поставщик\w*)\b"
    r"|(?P<han>税|稅|运费|運費|折扣|客户|客戶|供应商|顧客|消費税|送料|割引)",
    re.I,
)
_PARTY = re.compile(
    r"\b(?:billed (?:by|to|from)|payable to|issued (?:by|to)|bill to|sold (?:by|to)|paid (?:by|to)|"
    r"sent (?:by|to)|provided by|owed (?:by|to)|invoice "
    r"from|"
    r"from|invoice for|customer|vendor|seller|client|company|prepared for|addressed to|shipped to|"
    r"ausgestellt "
    r"(?:von|für)|émise? par|emitid[oa] por|emess[oa] da)\b[\s:]*(?:the "
    r")?(?P<name>[A-Z][\w&.-]*(?: "
    r"[A-Z][\w&.-]*)*)"
)
_INVOICE_NUMBER = re.compile(
    r"\b(?:INV|Invoice|RE|RG|INVOICE)[- #]{0,2}\d[\d-]{2,}|#\s?\d{3,}", re.I
)
_ISO_DATE = re.compile(r"(?<![\d-])(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})(?!\d)")
_SLASH_DATE = re.compile(r"(?<![\d.,/-])(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?!\d)")
_MONTH_NAMES = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier janv enero ene gennaio gen janeiro januari января январь",
            "february feb februar février févr febrero febbraio fevereiro februari февраля",
            "march mar märz mars marzo março maart mrt марта",
            "april apr avril avr abril aprile апреля",
            "may mai mayo maggio maio mei мая",
            "june jun juni juin junio giugno junho июня",
            "july jul juli juillet julio luglio julho июля",
            "august aug août agosto augustus августа",
            "september sep sept septembre septiembre settembre setembro сентября",
            "october oct oktober okt octobre octubre ottobre outubro октября",
            "november nov novembre noviembre novembro ноября",
            "december dec dezember dez décembre diciembre dicembre dezembro декабря",
        ),
        1,
    )
    for name in map(fold, names.split())
}
_NAMED_DATE = re.compile(
    r"(?<![\w])(?:(?P<month>[^\W\d_]{3,10})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|"
    r"th)?,?\s+(?P<year>\d{4})|"
    r"(?P<day2>\d{1,2})(?:st|nd|rd|th|er|\.)?\s+(?:of |de |d')?(?P<month2>[^\W\d_]{3,10})\.?,?\s+"
    r"(?:de |del )?(?P<year2>\d{4}))",
    re.I,
)
_BUT = re.compile(
    r"[\s,;.*]*(?:it['’]s|it is|it was|but|sondern|sino|mais|ma|mas|no|wait|rather|actually|"
    r"instead|correction|i mean|"
    r"make that)\b|[\s,]*而是",
    re.I,
)
_OR = re.compile(
    r"[\s,]*\b(?:or|oder|ou|o|of|или|perhaps|maybe|possibly)\b\s*(?:maybe |even )?|\s*或|\s*/\s*",
    re.I,
)


class Amount(NamedTuple):
    """An amount of money, in cents, at `text[start:end]`; `sign` is the currency that is said."""

    cents: int
    start: int
    end: int
    sign: str | None
    is_money: bool
    label: str  # `total`, `subtotal`, `amount`, `line` or empty


def score(reply: str, truth: InvoiceTruth) -> dict[str, Criterion]:
    """Score `total`, `field_identification` and `no_hallucination` of a reply."""
    # A pair of × would be taken for marks of emphasis.
    text = _joined_headings(plain(reply.replace("×", "x")).replace("\\$", "$"))
    amounts = _amounts(text, truth)
    committed = [_result_of(text, amounts, one) for one in _committed(text, amounts, truth)]
    if not committed:
        return _without_commitment(text, amounts, truth)
    total = _total(text, amounts, committed, truth, _is_bold(reply, truth))
    field = _field(text, committed, truth)
    if not total.value and field.value and (party := _party(text, truth)):
        # With a party that is not there, a wrong total is no misread one: all is made up.
        field = Criterion(0.0, f"another invoice altogether: {party!r}")
    return {
        "total": total,
        "field_identification": field,
        "no_hallucination": _no_hallucination(text, amounts, committed, truth),
    }


# So far before an amount, in characters, may stand what it is called.
NEAR = 200
_NEXT_LINE = re.compile(r"[:：][ \t]*\n+[ \t]*(?=[$€£\d])")


def _joined_headings(text: str) -> str:
    """Return a text in which an amount on the next line stands behind its heading."""
    return _NEXT_LINE.sub(": ", text)


def _is_bold(reply: str, truth: InvoiceTruth) -> bool:
    """Return whether a reply sets the total, and no price, in bold."""
    bold = {
        _cents(amount["number"])
        for match in re.finditer(r"\*\*([^*\n]+)\*\*", reply)
        for amount in _AMOUNT.finditer(match[1])
    }
    return truth.total_cents in bold and not bold & {line.cents for line in truth.lines}


def _result_of(text: str, amounts: list[Amount], one: Amount) -> Amount:
    """Return what a calculation comes to that begins with an amount: `12 + 8 = 20` is 20."""
    place = next((n for n, other in enumerate(amounts) if other.start == one.start), None)
    last = one
    while place is not None and place + 1 < len(amounts):
        between = text[amounts[place].end : amounts[place + 1].start]
        is_factor = not (amounts[place].is_money and amounts[place + 1].is_money)
        operator = "[+*=x×]?" if is_factor else "[+*=x×]"
        if re.fullmatch(rf"[\s$€£()]*{operator}[\s$€£()]*", between) is None:
            break
        place += 1
        last = amounts[place]
    return (
        last._replace(label=one.label) if re.search(r"=\s*[$€£]?\s*$", text[: last.start]) else one
    )


# ----- Reading


# A loop can be of digits; no invoice is.
LONGEST_AMOUNT = 30


def _cents(said: str) -> int | None:
    said = re.sub(r"[\s'’]", "", said)
    if len(said) > LONGEST_AMOUNT or not re.fullmatch(r"\d[\d.,]*", said):
        return None
    said = said.rstrip(".,")
    match = re.fullmatch(r"(\d{1,3}(?:[.,]?\d{3})*|\d+)[.,](\d{1,2})", said)
    if match:
        whole, part = re.sub(r"[.,]", "", match[1]), match[2].ljust(2, "0")
        return int(whole) * 100 + int(part)
    digits = re.sub(r"[.,]", "", said)
    return int(digits) * 100 if digits else None


def _amounts(text: str, truth: InvoiceTruth) -> list[Amount]:
    """Return the numbers of a reply that may be amounts, in order; no dates, ids or counts."""
    taken = [
        match.span()
        for pattern in (_INVOICE_NUMBER, _ISO_DATE, _SLASH_DATE)
        for match in pattern.finditer(text)
    ]
    taken += [match.span() for match in _NAMED_DATE.finditer(text) if _month_of(match) is not None]
    taken += [match.span() for match in re.finditer(re.escape(truth.number), text)]
    for line in truth.lines:
        taken += [match.span() for match in re.finditer(re.escape(line.name), text, re.I)]
    found = []
    for match in _AMOUNT.finditer(text):
        start, end = match.span()
        if any(low <= match.start("number") < high for low, high in taken) or match["percent"]:
            continue
        cents = _cents(match["number"])
        if cents is None or not is_said(text, start, end):
            continue
        sign = _sign(match["sign"] or match["after"] or "")
        is_money = sign is not None or re.search(r"[.,]\d{2}$", match["number"].strip()) is not None
        if not is_money and _is_list_number(text, start, end):
            continue
        found.append(Amount(cents, start, end, sign, is_money, _label(text, start, end)))
    for match in _WORDS_AMOUNT.finditer(text):
        value = _in_words(match)
        if value is not None and is_said(text, match.start()):
            label = _label(text, match.start(), match.end())
            found.append(Amount(value, match.start(), match.end(), _sign(match[0]), True, label))
    return sorted(found, key=lambda amount: amount.start)


def _is_list_number(text: str, start: int, end: int) -> bool:
    begin = text.rfind("\n", 0, start) + 1
    return not text[begin:start].strip(" \t*#>(-") and (
        re.match(r"[.)]\s+\S", text[end:]) is not None
    )


def _sign(said: str) -> str | None:
    for sign, pattern in _CURRENCIES:
        if pattern.search(said):
            return sign
    return None


def _in_words(match: re.Match[str]) -> int | None:
    """Return the cents of an amount in English words; null when no number is said."""
    # `one ninety-five` is said for one hundred and ninety-five.
    hundreds = match["hundreds"] or match["spoken"]
    parts = [match["thousands"], hundreds, match["rest"], match["cents"]]
    if not any(parts[:3]):
        return None
    thousands, hundreds, rest, cents = (
        1 if (part or "").lower() in ("a", "an") else number_of(part or "zero") or 0
        for part in parts
    )
    return (thousands * 1000 + hundreds * 100 + rest) * 100 + cents


def _label(text: str, start: int, end: int) -> str:
    """Return what an amount is called in its own line: the words before it, else behind it."""
    begin = max(text.rfind(mark, 0, start) for mark in ("\n", ". ", "! ", "? ", "。")) + 1
    begin = max(begin, start - NEAR)
    before = text[begin:start]
    # Behind another amount a new thing begins, unless it only goes on: `= 68.50, so the total is`.
    others = [
        match.end()
        for match in _AMOUNT.finditer(before)
        if match["sign"] or "." in match[0] or "," in match[0].strip(",")
    ]
    own = before[others[-1] :] if others else before
    if (found := _label_in(own)) and not _LINE_TOTAL.search(own):
        return found
    if _LINE_TOTAL.search(own):
        return "line"
    if others and _BUT.match(own) and (found := _label_in(before)):
        return found
    stop = re.search(r"[\n.;。]|,\s", text[end:])
    after = text[end : end + (stop.start() if stop else 60)][:60]
    if re.match(r"[\s,()]*(?:\w+\s+){0,3}", after) and (found := _label_in(after)) in ("total",):
        return found
    if others and re.fullmatch(
        r"[\s*]*(?:or|oder|ou|o|или|maybe|perhaps|,)[\s*]*(?:maybe )?", own, re.I
    ):
        return _label(text, begin + others[-1] - 1, begin + others[-1]) if others[-1] > 1 else ""
    return ""


def _label_in(said: str) -> str:
    subtotal = list(_SUBTOTAL.finditer(said))
    rest = _SUBTOTAL.sub(lambda match: "#" * len(match[0]), said)
    total = list(_TOTAL_WORD.finditer(rest))
    if total and (not subtotal or total[-1].start() > subtotal[-1].start()):
        return "total"
    if subtotal:
        return "subtotal"
    return "amount" if _AMOUNT_WORD.search(rest) else ""


def _committed(text: str, amounts: list[Amount], truth: InvoiceTruth) -> list[Amount]:
    """Return the amounts that are given as the total: one, or several when undecided."""
    if re.search(r"\b(?:might|could|may) be\b", text, re.I):
        maybe = [one for one in amounts if one.label == "total"]
        group = _alternatives(text, amounts, maybe[0]) if maybe else []
        if len(group) > 2:
            return group
    for labels in (("total",), ("amount",), ("subtotal",)):
        named = [one for one in amounts if one.label in labels and not _is_quantity(text, one)]
        if not named:
            continue
        held = set(standing(text, [one.start for one in _after_turn(text, amounts, named)]))
        later = [one for one in _after_turn(text, amounts, named) if one.start in held]
        last = _last_distinct(text, later, truth)
        return _alternatives(text, amounts, last)
    money = [one for one in amounts if one.is_money] or [
        one for one in amounts if not _is_quantity(text, one)
    ]
    held = set(standing(text, [one.start for one in money]))
    money = [one for one in money if one.start in held]
    values = {one.cents for one in money}
    if len(values) == 1:
        return money[:1] if money[0].is_money or _is_misread(money[0].cents, truth) else []
    if money and (result := _after_equals(text, money)):
        return [result]
    if money and len(values) == 2:
        group = _alternatives(text, amounts, money[0])
        if len(group) == 2:
            return group
    return []


def _after_turn(text: str, amounts: list[Amount], named: list[Amount]) -> list[Amount]:
    """Return the named totals and, behind a turn without the name, the amount it turns to."""
    turns = standing(text, [one.start for one in amounts if one.is_money])
    if (
        not turns
        or turns[0] <= named[-1].start
        or len(turns) == len([a for a in amounts if a.is_money])
    ):
        return named
    new = [one for one in amounts if one.start in turns and one.is_money]
    return [*named, *(one._replace(label="total") for one in new[:1])]


def _last_distinct(text: str, named: list[Amount], truth: InvoiceTruth) -> Amount:
    """Return the total that a reply settles on: the last one, but not that of a line."""
    whole = [one for one in named if not _is_of_line(text, one, truth)]
    return (whole or named)[-1]


def _is_of_line(text: str, amount: Amount, truth: InvoiceTruth) -> bool:
    """Return whether an amount is what one line of the invoice adds up to."""
    if amount.cents not in {line.cents for line in truth.lines}:
        return False
    begin = text.rfind("\n", 0, amount.start) + 1
    before = text[begin : amount.start].lower()
    return any(_names(line.name, before) for line in truth.lines)


def _names(name: str, text: str) -> bool:
    words = re.findall(r"\w{4,}", name.lower()) or [name.lower()]
    return any(word.rstrip("s") in text for word in words)


def _alternatives(text: str, amounts: list[Amount], last: Amount) -> list[Amount]:
    """Return an amount with those that it is joined to by or."""
    place = amounts.index(last) if last in amounts else -1
    if place < 0:
        return [last]
    group = [last]
    low = place
    while low and _is_or(text[amounts[low - 1].end : amounts[low].start], group):
        low -= 1
        group.insert(0, amounts[low])
    high = place
    while high + 1 < len(amounts) and _is_or(
        text[amounts[high].end : amounts[high + 1].start], group
    ):
        high += 1
        group.append(amounts[high])
    if len(group) > 1 and not any(
        _OR.search(text[one.end : other.start]) for one, other in pairwise(group)
    ):
        return [last]
    return list({one.cents: one for one in group}.values())


def _is_or(between: str, group: list[Amount]) -> bool:
    return _OR.fullmatch(between.rstrip(" $€£")) is not None or between.strip(" $€£") == ","


def _after_equals(text: str, money: list[Amount]) -> Amount | None:
    """Return the last amount, when a calculation comes to it."""
    last = money[-1]
    return last if re.search(r"=\s*[$€£]?\s*$", text[: last.start]) else None


def _is_quantity(text: str, amount: Amount) -> bool:
    if amount.is_money:
        return False
    after = text[amount.end : amount.end + 16]
    return (
        re.match(r"\s*(?:x\b|×|\*|items?\b|lines?\b|pcs|units?\b|pieces?\b)", after, re.I)
        is not None
    )


# ----- The criteria


def _total(
    text: str,
    amounts: list[Amount],
    committed: list[Amount],
    truth: InvoiceTruth,
    is_bold: bool,
) -> Criterion:
    values = [one.cents for one in committed]
    told = " or ".join(_money(value) for value in values)
    if truth.total_cents not in values:
        return Criterion(0.0, f"says {told}")
    if len(values) > 1:
        value = 0.5 if len(values) == 2 else 0.0
        return Criterion(value, f"undecided: {told}")
    if not is_bold and _is_only_listed(text, amounts, committed[0], truth):
        return Criterion(0.5, f"{told} stands in a copy of the invoice, not singled out")
    return Criterion(1.0, f"says {told}")


def _is_only_listed(text: str, amounts: list[Amount], one: Amount, truth: InvoiceTruth) -> bool:
    """Return whether the total is but a line of an invoice that is copied whole."""
    named = sum(_names(line.name, text.lower()) for line in truth.lines)
    if named < min(2, len(truth.lines)) or "=" in text:
        return False
    if sum(other.cents == one.cents for other in amounts) > 1:
        return False
    begin = text.rfind("\n", 0, one.start) + 1
    before = text[begin : one.start]
    if _SINGLED.search(before) or "\n" not in text:
        return False
    later = [other for other in amounts if other.start > one.start and other.is_money]
    lines_before = [other for other in amounts if other.start < begin and other.is_money]
    return len(lines_before) >= 2 or len(later) >= 2


def _field(text: str, committed: list[Amount], truth: InvoiceTruth) -> Criterion:
    label = next((one.label for one in committed if one.label), "")
    if not label and len(committed) > 1:
        label = committed[0].label
    cents = [one.cents for one in committed]
    if truth.total_cents not in cents:
        prices = {line.unit_cents for line in truth.lines} | {line.cents for line in truth.lines}
        if any(value in prices for value in cents):
            return Criterion(0.0, f"{_money(cents[0])} is the price of a line")
        if len(cents) > 2:
            return Criterion(0.0, "no total is committed to")
        if not any(_is_misread(value, truth) for value in cents):
            return Criterion(0.0, f"{_money(cents[0])} has nothing to do with this invoice")
    elif len(cents) > 2:
        return Criterion(0.0, "no total is committed to")
    if label == "total":
        return Criterion(1.0, "names it as the total")
    if label in ("amount", "subtotal"):
        return Criterion(0.5, f"names it as {label}")
    return Criterion(0.0, "a bare number")


def _is_misread(cents: int, truth: InvoiceTruth) -> bool:
    """Return whether a wrong total comes from the right one, or from adding what is there."""
    wanted = truth.total_cents
    for value in (cents, cents // 100):
        one, other = str(value), str(wanted if value == cents else wanted // 100)
        if sorted(one) == sorted(other) or edit_distance(one, other) <= max(1, len(other) // 3):
            return True
    if wanted and 0.9 <= cents / wanted <= 1.1:
        return True
    if cents in (wanted * 10, wanted * 100, wanted * 1000, wanted // 10, wanted // 100):
        return True
    parts = [line.cents for line in truth.lines] + [line.unit_cents for line in truth.lines]
    sums = {
        sum(chosen)
        for size in range(2, min(len(parts), 6) + 1)
        for chosen in combinations(parts[:10], size)
    }
    return any(abs(cents - value) <= 100 for value in sums)


def _money(cents: int) -> str:
    return f"{cents / 100:.2f}"


def _without_commitment(
    text: str, amounts: list[Amount], truth: InvoiceTruth
) -> dict[str, Criterion]:
    listed = [one for one in amounts if one.cents == truth.total_cents]
    true = {
        truth.total_cents,
        *(line.cents for line in truth.lines),
        *(line.unit_cents for line in truth.lines),
    }
    known = [one for one in amounts if one.cents in true]
    if listed and len(known) >= 2:
        return {
            "total": Criterion(0.5, "lists it among other amounts"),
            "field_identification": Criterion(0.0, "no amount is named as the total"),
            "no_hallucination": _no_hallucination(text, amounts, listed[:1], truth),
        }
    why = "no total is given"
    fields = ("total", "field_identification", "no_hallucination")
    return {name: Criterion(0.0, why) for name in fields}


def _no_hallucination(
    text: str, amounts: list[Amount], committed: list[Amount], truth: InvoiceTruth
) -> Criterion:
    cents = [one.cents for one in committed]
    if truth.total_cents not in cents and len(cents) > 2:
        return Criterion(0.0, "no total is committed to")
    if len(cents) > 2:
        return Criterion(0.0, "no total is committed to")
    prices = {line.unit_cents for line in truth.lines} | {line.cents for line in truth.lines}
    wrong = truth.total_cents not in cents
    invented = wrong and not any(value in prices or _is_misread(value, truth) for value in cents)
    if found := _invented(text, amounts, truth):
        return Criterion(0.0, f"not on the invoice: {found}")
    if invented:
        return Criterion(0.0, f"not on the invoice: {_money(cents[0])}")
    if altered := _altered(text, amounts, committed, truth):
        return Criterion(0.5, f"not as on the invoice: {altered}")
    return Criterion(1.0, "nothing is invented")


def _invented(text: str, amounts: list[Amount], truth: InvoiceTruth) -> str | None:
    """Return a field or party that the invoice does not have."""
    if party := _party(text, truth):
        return party
    for match in _INVENTED_FIELD.finditer(text):
        if not is_said(text, match.start(), match.end()) or _is_none_of_it(text, match.start()):
            continue
        after = text[match.end() : match.end() + 40].split("\n")[0]
        near = [one for one in amounts if -24 <= one.start - match.end() <= 24 and one.is_money]
        value = re.match(
            r"[\s*|]*[:=|][\s*]*(?!(?:none|n/?a|not|0(?:[.,]0+)?\b|-|—|\$0|€0|null))(\S+)",
            after,
            re.I,
        )
        own = [
            one for one in near
            if one.cents and one.cents != truth.total_cents
            and one.cents not in {line.cents for line in truth.lines}
        ]  # fmt: skip
        if own or (value and not _is_total_value(value[1], truth)):
            return text[match.start() : match.end() + len(after)].strip()[:60]
    return _strange_line(text, amounts, truth)


def _party(text: str, truth: InvoiceTruth) -> str | None:
    """Return who is said to be billed or to bill; the invoice names nobody."""
    for match in _PARTY.finditer(text):
        name = match["name"].strip(". ")
        if name.lower() in ("invoice", "the", "usd", "eur", "image", "inv") or _is_known(
            name, truth
        ):
            continue
        if is_said(text, match.start()):
            return match[0].strip()
    return None


def _is_total_value(said: str, truth: InvoiceTruth) -> bool:
    match = _AMOUNT.search(said)
    return match is not None and _cents(match["number"]) == truth.total_cents


def _is_none_of_it(text: str, start: int) -> bool:
    before = text[max(0, start - 40) : start]
    return re.search(r"\b(?:no|not|without|any|excluding|before|kein\w*|ohne|sans|sin|senza|sem|"
                     r"zonder|без)\b[^.\n]*$",
                     before, re.I) is not None  # fmt: skip


def _is_known(name: str, truth: InvoiceTruth) -> bool:
    return (
        name.lower() in truth.number.lower()
        or any(name.lower() in line.name.lower() for line in truth.lines)
        or any(_names(line.name, name.lower()) for line in truth.lines)
    )


def _strange_line(text: str, amounts: list[Amount], truth: InvoiceTruth) -> str | None:
    """Return a line of goods that the invoice does not have: a list item with its own price."""
    true = _true_amounts(truth)
    for line in text.split("\n"):
        head = re.match(
            r"\s*(?:[-*•|]|\d+[.)])\s*([A-Za-z][\w '&-]{2,30}?)\s*(?:[|:(x×–-]|\d)", line
        )
        if (
            head is None
            or _label_in(head[1])
            or any(_names(one.name, head[1].lower()) for one in truth.lines)
        ):
            continue
        begin = text.find(line)
        inside = [one for one in amounts if begin <= one.start < begin + len(line) and one.is_money]
        if inside and not any(one.cents in true for one in inside):
            return line.strip()[:60]
    return None


def _true_amounts(truth: InvoiceTruth) -> set[int]:
    lines = [line.cents for line in truth.lines]
    running = {sum(lines[:size]) for size in range(1, len(lines) + 1)}
    pairs = {sum(pair) for pair in combinations(lines, 2)}
    return {truth.total_cents, *lines, *(line.unit_cents for line in truth.lines), *running, *pairs}


def _altered(
    text: str, amounts: list[Amount], committed: list[Amount], truth: InvoiceTruth
) -> str | None:
    """Return a detail of the invoice that a reply gives otherwise; the total is not looked at."""
    for one in committed:
        if one.sign is not None and one.sign != truth.currency:
            return f"the currency {text[one.start : one.end].strip()}"
    for match in _INVOICE_NUMBER.finditer(text):
        said = re.sub(r"\D", "", match[0])
        if len(said) >= 3 and said not in re.sub(r"\D", "", truth.number):
            return match[0]
    if wrong := _wrong_date(text, truth):
        return wrong
    if wrong := _wrong_quantity(text, truth):
        return wrong
    true = _true_amounts(truth)
    totals = {one.cents for one in committed} | {
        one.cents for one in amounts if one.label == "total"
    }
    for one in amounts:
        if not one.is_money or one.cents in true or one.cents in totals or one.cents == 0:
            continue
        # Part of a calculation that went wrong is charged with the total.
        if committed[0].cents != truth.total_cents and _is_result(text, one):
            continue
        if _is_restated(one, amounts, truth):
            continue
        return text[one.start : one.end].strip()
    return None


def _is_result(text: str, one: Amount) -> bool:
    return re.search(r"=\s*$", text[: one.start]) is not None


def _is_restated(one: Amount, amounts: list[Amount], truth: InvoiceTruth) -> bool:
    """Return whether an amount was taken back by a later one."""
    return one.label == "total" or any(
        other.start > one.start
        and other.cents == truth.total_cents
        and other.label == one.label == "total"
        for other in amounts
    )


def _month_of(match: re.Match[str]) -> int | None:
    return _MONTH_NAMES.get(fold(match["month"] or match["month2"]))


def _wrong_date(text: str, truth: InvoiceTruth) -> str | None:
    true = date.fromisoformat(truth.date)
    day = (true.year, true.month, true.day)
    for match in _ISO_DATE.finditer(text):
        if text[max(0, match.start() - 1) : match.start()] == "-":
            continue
        if tuple(map(int, match.groups())) != day:
            return match[0]
    for match in _SLASH_DATE.finditer(text):
        first, second, year = map(int, match.groups())
        if year != true.year or {first, second} != {true.month, true.day}:
            return match[0]
    for match in _NAMED_DATE.finditer(text):
        month = _month_of(match)
        said = (int(match["year"] or match["year2"]), month, int(match["day"] or match["day2"]))
        if month is not None and said != day:
            return match[0]
    return None


def _wrong_quantity(text: str, truth: InvoiceTruth) -> str | None:
    """Return a quantity that stands at the name of a line and is another than the invoice's."""
    for line in truth.lines:
        name = re.escape(line.name)
        pattern = (
            rf"(?<![\w.,$€£-])(\d{{1,3}}|one|two|three|four|five|six|seven|eight|nine|ten)\s*"
            rf"(?:x|×|\*|units? of|pieces? of)?\s*{name}"
        )
        for match in re.finditer(pattern, text, re.I):
            count = number_of(match[1])
            if count is not None and count != line.quantity:
                return match[0]
        for match in re.finditer(
            rf"{name}s?\s*(?:[|:(,–-]\s*)?(?:qty:?|quantity:?|x|×|\*)?\s*(\d{{1,3}})\s*(?=[x×*|"
            rf"@)]|\s\S*\d+[.,]\d\d)",
            text,
            re.I,
        ):
            if int(match[1]) != line.quantity and int(match[1]) * 100 not in (
                line.unit_cents,
                line.cents,
            ):
                return match[0]
    return None
