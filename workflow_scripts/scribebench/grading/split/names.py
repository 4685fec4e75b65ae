"""How replies name frames: by number, by ordinal, by place, in many languages."""

import re

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
NUMBERS = re.compile(
    rf"{_NUMBER}(?P<more>(?:{_GAP}(?:{_TO}|{_AND}){_GAP}(?:{NOUN}[ "
    rf"_-]?)?#?\d{{1,9}}(?![\d:.]\d)){{0,30}}"
    rf"(?:{_GAP}\((?:also|and|&|und|et|y|\+|to|through|plus|as well as)(?: (?:to|for))?{_GAP}"
    rf"(?:{NOUN}[ _-]?)?#?\d{{1,9}}(?:{_GAP}(?:{_TO}|{_AND}){_GAP}#?\d{{1,9}}){{0,9}}(?=\s?\)))?)",
    re.I,
)
# What stands behind a number that tells how many there are; and a day is no number.
_OF_ALL = re.compile(
    r"[ \t]{0,3}(?:/|(?P<word>of|out of|von|sur|di|из|из них|共)\b)[ \t]{0,3}(?P<all>\d{1,4})"
    r"(?![\d/]|[.:]\d)",
    re.I,
)
_DATE = re.compile(r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{8}(?!\d)")
_STEP = re.compile(
    rf"(?:(?P<to>{_TO})|{_AND}|also|plus|as well as)(?: (?:to|for))?{_GAP}(?:{NOUN}[ _-]?)?#?"
    r"(?P<number>\d{1,9})",
    re.I,
)
_WORDS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen", "twenty",
]  # fmt: skip
ORDINALS = [
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
AT_NOUN = re.compile(rf"(?:developer |desktop )?{NOUN}", re.I)
# What a name may begin with, so that most lines need no closer look.
_FIRST_LETTERS = frozenset("d第") | set(re.findall(r"(?:\(\?:|\|)([^\W\d_])", NOUN))
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


def noun_and_numbers(text: str, n_frames: int) -> tuple[list[int], str, str]:
    """Return the numbers that follow a screenshot's name, the name, and what comes after.

    `n_frames` tells "Screenshot 1/8", the first of eight, from "Screenshots 1/2", which are two.
    """
    if text[:1].lower() not in _FIRST_LETTERS and not text[:1].isdigit():
        return [], "", text
    noun = AT_NOUN.match(text)
    if noun:
        tail = text[noun.end() :]
        gap = _BEFORE_NUMBER.match(tail)
        numbers = NUMBERS.match(tail, gap.end() if gap else 0)
        if numbers and not _DATE.match(tail, numbers.start(1)):
            if total := _total(noun[0], numbers, n_frames):
                return [int(numbers[1])], text[: noun.end()], tail[total:]
            return numbers_of(numbers), text[: noun.end()], tail[numbers.end() :]
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


def _total(noun: str, numbers: "re.Match[str]", n_frames: int) -> int | None:
    """Return where "1 of 8" ends that begins with a number; null when that is all there is."""
    of = _OF_ALL.match(numbers.string, numbers.end(1))
    if of is None or int(of["all"]) < int(numbers[1]):
        return None
    is_plural = noun.lower().endswith("s")
    return of.end() if of["word"] or (int(of["all"]) >= n_frames and not is_plural) else None


def numbers_of(match: "re.Match[str]") -> list[int]:
    """Return the numbers of a match of NUMBERS; a range is all that it covers."""
    numbers = [int(match[1])]
    for step in _STEP.finditer(match["more"] or ""):
        number = int(step["number"])
        if step["to"] and numbers[-1] < number <= numbers[-1] + 300:
            numbers += range(numbers[-1] + 1, number + 1)
        else:
            numbers.append(number)
    return numbers
