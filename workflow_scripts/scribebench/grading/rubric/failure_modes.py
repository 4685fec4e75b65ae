"""Grade the families of known failures: text upside down, dense tables, long numbers and hashes."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from scribebench.grading.rubric import text_question
from scribebench.grading.rubric.criterion import Criterion
from scribebench.grading.rubric.distance import best_stretch_distance
from scribebench.grading.rubric.reply import plain
from scribebench.grading.rubric.standing import is_said, standing
from scribebench.rubric.truths import TableTruth, TextTruth

# Of a stretch in other words so much agrees by chance.
CHANCE = 0.35

_SIGNS = str.maketrans({**dict.fromkeys("–—−‐‑", "-"), "：": ":", "．": ".", "，": ","})
_OR = re.compile(r"[\s,]*\b(?:or|oder|ou|o|of|или|maybe|perhaps|possibly)\b[\s,]*(?:maybe |even )?"
                 r"|\s*[/或]\s*|\s*または\s*", re.I)  # fmt: skip
_COMMITTED = re.compile(
    r"(?:\b(?:is|are|was|equals|reads?|shows?|says?|has|value|answer|ist|lautet|beträgt|est|vaut|"
    r"es|è|é|"
    r"luidt|равно|это)\b|[=:：→]|是|为|は)[\s\"'“*(=:]*(?:the |value |of |also )*[\s\"'“*(]*$",
    re.I,
)


def score_turned_text(reply: str, truth: TextTruth) -> dict[str, Criterion]:
    """Score `exact_text` and `no_hallucination` of a reply to a text that is upside down."""
    return text_question.score_turned(reply, truth)


# ----- Dense tables


class Cell(NamedTuple):
    """The text of a cell, or something like one, where a reply gives it."""

    text: str
    start: int
    end: int


def score_dense_table(reply: str, truth: TableTruth) -> dict[str, Criterion]:
    """Score `value`: the text of the cell that is asked for, given as the answer."""
    text = _even(plain(reply))
    answer = _even(truth.answer)
    cells = _cells(text, truth)
    if not cells:
        return {"value": Criterion(0.0, "no value is given")}
    held = set(standing(text, [cell.start for cell in cells]))
    cells = [cell for cell in cells if cell.start in held]
    committed = _committed(text, cells, _even(truth.columns[truth.asked[1]]))
    told = " or ".join(f'"{one}"' for one in committed)
    if answer not in committed:
        return {"value": Criterion(0.0, f"gives {told or 'several values'}")}
    if len(committed) == 1:
        return {"value": Criterion(1.0, f"gives {told}")}
    if len(committed) == 2:
        return {"value": Criterion(0.5, f"undecided: {told}")}
    return {"value": Criterion(0.0, f"{len(committed)} values: {told}")}


def _even(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).translate(_SIGNS).lower().split(" "))


@lru_cache(maxsize=256)
def _finder(truth: TableTruth) -> re.Pattern[str]:
    """Return what finds the answer, cells of its row and column, and anything of its form."""
    row, column = truth.asked
    known = {_even(line[column]) for line in truth.rows}
    known |= {_even(cell) for place, cell in enumerate(truth.rows[row]) if place != 0}
    exact = "|".join(re.escape(cell) for cell in sorted(known, key=len, reverse=True))
    return re.compile(rf"(?<![\w.:-])(?:{exact}|{_form_of(_even(truth.answer))})(?![\w:-]|\.\d)")


def _form_of(answer: str) -> str:
    """Return a pattern of texts that look like the answer: other digits, other letters."""
    form, place = "", 0
    for match in re.finditer(r"\d+|[^\W\d_]+|.", answer):
        assert place == match.start()
        place = match.end()
        if match[0].isdigit():
            form += r"\d{1,9}"
        elif match[0].isalpha():
            form += re.escape(match[0])
        else:
            form += re.escape(match[0])
    if re.fullmatch(r"[0-9a-f]{6,}", answer):
        return r"(?=[a-f]*\d)[0-9a-f]{5,12}"
    return form


def _cells(text: str, truth: TableTruth) -> list[Cell]:
    """Return the values that a reply states, without those that only name the row or column."""
    row, column = truth.asked
    bare = text
    names = (truth.rows[row][0], truth.columns[column], *(line[0] for line in truth.rows))
    for name in names:
        even = _even(name)
        bare = re.sub(rf"(?<!\w){re.escape(even)}(?!\w)", "~" * len(even), bare)
    answer = _even(truth.answer)
    found = [Cell(match[0], *match.span()) for match in _finder(truth).finditer(bare)]
    unit = re.match(r"(\d+)\s*([a-z]+)$", answer)
    if unit and not any(cell.text == answer for cell in found):
        # The unit may be left out, or stand without a space.
        for match in re.finditer(rf"(?<![\w.:-])(\d{{1,9}})\s*(?:{unit[2]})?(?![\w:-]|\.\d)", bare):
            found.append(Cell(f"{match[1]} {unit[2]}", *match.span()))
    found.sort(key=lambda cell: cell.start)
    return [cell for cell in found if is_said(text, cell.start, cell.end)]


def _committed(text: str, cells: list[Cell], column: str) -> list[str]:
    """Return the value that is the answer, with those that it is joined to by or."""
    values = list(dict.fromkeys(cell.text for cell in cells))
    if len(values) == 1:
        return values
    named = re.compile(
        rf"(?<!\w){re.escape(column)}\W{{0,4}}(?:(?:is|value|of|ist|est)\W{{1,3}}){{0,3}}$"
    )
    led = [cell for cell in cells if named.search(text[max(0, cell.start - 40) : cell.start])]
    led = led or [
        cell for cell in cells if _COMMITTED.search(text[max(0, cell.start - 40) : cell.start])
    ]
    last = (led or cells)[-1]
    group = [last]
    place = cells.index(last)
    for near in range(place + 1, len(cells)):
        if not _is_or(text[group[-1].end : cells[near].start]):
            break
        group.append(cells[near])
    for near in range(place - 1, -1, -1):
        if not _is_or(text[cells[near].end : group[0].start]):
            break
        group.insert(0, cells[near])
    joined = list(dict.fromkeys(cell.text for cell in group))
    if len(joined) > 1:
        return joined
    # A row that is copied whole commits to none of its cells.
    return values if not led and len(values) > 2 else [last.text]


def _is_or(between: str) -> bool:
    between = between.strip("\"'*` ")
    return _OR.fullmatch(f" {between} ") is not None or between == ","


# ----- Long numbers and hashes

_MARKER = re.compile(
    r"^[ \t]*(?:[-*+•>#]+[ \t]+|\d{1,2}[.)][ \t]+|line[ \t]*\d{1,2}[ \t]*[:.)-]+[ \t]*|\|)|\|[ "
    r"\t]*$",
    re.M | re.I,
)


def score_long_text(reply: str, truth: TextTruth) -> dict[str, Criterion]:
    """Score `characters`: 1 - d / n, white space ignored.

    n is the length of the text, d its Levenshtein distance to the best matching stretch of the
    reply; a text of several lines is compared line by line as well, and the better one counts. What
    agrees no more than chance earns nothing.
    """
    wanted = _packed(truth.text)
    said = _without_marks(reply, truth.text)
    distance = best_stretch_distance(wanted, _packed(said))
    value = 1 - distance / len(wanted)
    if value < CHANCE:
        value = 0.0
    lines = [packed for line in truth.text.split("\n") if (packed := _packed(line))]
    if value < 1 and len(lines) > 1:
        apart = sum(_line_distance(line, said) for line in lines)
        value = max(value, 1 - apart / len(wanted))
    if not value:
        return {"characters": Criterion(0.0, "no stretch of the reply is like the text")}
    wrong = round((1 - value) * len(wanted))
    return {"characters": Criterion(value, f"{wrong} of {len(wanted)} characters differ")}


def _packed(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).translate(_SIGNS).split())


def _line_distance(line: str, said: str) -> int:
    """Return the distance of a line to the best stretch of a reply; to nothing like it, all."""
    distance = best_stretch_distance(line, _packed(said))
    return distance if distance <= (1 - CHANCE) * len(line) * 0.7 else len(line)


def _without_marks(reply: str, wanted: str) -> str:
    """Return a reply without marks of lists, tables and code that the text itself does not have."""
    text = _MARKER.sub("", reply)
    drop = "".join(mark for mark in '`*|"\\' if mark not in wanted)
    return re.sub(r"\\n", "\n", text).translate({ord(mark): None for mark in drop})
