"""Prompt echo: the instructions come back, alone, before an answer, or as a form left unfilled."""

import re
from functools import lru_cache

from scribebench.grading.prose import prose

# So many words of the prompt in a row, or a whole sentence of it of at least so many.
LEAST_RUN, LEAST_SENTENCE = 9, 6
LEAST_PART = 4
# So many fields that hold what the prompt says of them are a form that was left as it was.
LEAST_VALUES = 3
# A place that the form leaves to be filled in.
_PLACE = re.compile(r"[<\[]([^<>\[\]\n]{8,200})[>\]]")
FIRST_AT = 3
# Keys and values of JSON that stand so in the prompt; values of so many words tell.
LEAST_PAIRS, LEAST_PAIR = 2, 3
_PAIR = re.compile(r'"([\w -]{1,40})"\s*:\s*"([^"\n]{8,200})"')
_TASK = re.compile(
    r"[\s>*#-]*(?:the |your |my )?(?:task|instructions?|prompt|request|question|user)\b"
    r"|you (?:asked|want)"
    r"|i (?:was|am|have been) (?:asked|told|to)",
    re.I,
)
_LABEL = re.compile(r"[\s>*#\d.)-]*\**[A-Za-z][\w /]{2,28}\**:|")
# What is filled in before a prompt is sent.
_FILLED = re.compile(r"\{\w+\}")
_WORD = re.compile(r"[^\W_]+")
_SENTENCE = re.compile(r"(?<=[.:!?。])\s+|\n+")


def echoed(text: str, prompt: str) -> str | None:
    """Return the words of the prompt that a reply repeats."""
    instructions, sentences, known, begins, first = _of_prompt(prompt)
    if not instructions:
        return None
    whole = f" {' '.join(instructions)} "
    for place in _PLACE.finditer(text):
        words = _words(place[1])
        if len(words) >= LEAST_PART - 1 and f" {' '.join(words)} " in whole:
            return place[0]
    parts = [line for line in text.split("\n") if _is_value_of(line, whole)]
    if len(parts) >= LEAST_VALUES:
        return parts[0].strip()
    if '"' in text and (pair := _unfilled(text, whole)):
        return pair
    for line in _own_lines(text):
        words = _words(line)
        if len(words) < LEAST_SENTENCE or begins.isdisjoint(words):
            continue
        # What a screen shows of the prompt stands behind words of the model's own.
        label = len(_words(_LABEL.match(line)[0])) if _LABEL.match(line) else 0
        last = len(words) if _TASK.match(line) else label + FIRST_AT
        for n in range(min(last, len(words) - LEAST_RUN + 1)):
            if words[n] in begins and tuple(words[n : n + LEAST_RUN]) in known:
                return " ".join(words[n : n + LEAST_RUN])
        if words[0] in first and (
            tuple(words) in sentences
            or tuple(_words(_SENTENCE.split(line.strip())[0])) in sentences
        ):
            return line.strip()[:120]
    return None


Runs = frozenset[tuple[str, ...]]


@lru_cache(maxsize=8)
def _of_prompt(
    prompt: str,
) -> tuple[tuple[str, ...], Runs, Runs, frozenset[str], frozenset[str]]:
    """Return a prompt's words, its sentences, its runs of LEAST_RUN words, and their first words.

    The first words, of both and of sentences alone, only save looking for the rest.
    """
    prompt = _FILLED.sub("0", prompt)
    words = tuple(_words(prompt))
    told = (tuple(_words(one)) for one in _SENTENCE.split(prompt))
    sentences = frozenset(one for one in told if len(one) >= LEAST_SENTENCE)
    runs = frozenset(words[n : n + LEAST_RUN] for n in range(len(words) - LEAST_RUN + 1))
    first = frozenset(one[0] for one in sentences)
    return words, sentences, runs, frozenset(one[0] for one in runs) | first, first


def _unfilled(text: str, whole: str) -> str | None:
    """Return a pair of JSON as the prompt gives it, when most that are long enough are such."""
    pairs = [one for one in _PAIR.finditer(text) if len(_words(one[2])) >= LEAST_PAIR]
    left = [one for one in pairs if f" {' '.join(_words(one[0]))} " in whole]
    is_form = len(left) >= LEAST_PAIRS and len(left) * 2 > len(pairs)
    return left[0][0] if is_form else None


def _is_value_of(line: str, whole: str) -> bool:
    """Return whether all that a line says behind its label stands so in the prompt."""
    label = _LABEL.match(line) if ":" in line else None
    if label is None or not label[0]:
        return False
    first = _WORD.search(line, label.end())
    if first is None or f" {'0' if first[0].isdigit() else first[0].lower()} " not in whole:
        return False
    words = _words(line[label.end() :])
    return len(words) >= LEAST_PART and f" {' '.join(words)} " in whole


def without_echo(text: str, prompt: str) -> str:
    """Return a reply without the lines that repeat the prompt, or a part of it."""
    whole = f" {' '.join(_words(prompt))} "

    def is_part(line: str) -> bool:
        words = _words(line)
        return len(words) >= LEAST_PART and f" {' '.join(words[:-1])} " in whole

    lines = text.split("\n")
    text = _PLACE.sub(
        lambda place: "" if f" {' '.join(_words(place[1]))} " in whole else place[0], text
    )
    lines = text.split("\n")
    form = {tuple(_words(line)) for line in prompt.split("\n")}
    return "\n".join(
        one
        for one in lines
        if tuple(_words(one)) not in form
        and not is_part(one)
        and not _is_value_of(one, whole)
        and echoed(one, prompt) is None
    )


def _own_lines(text: str) -> list[str]:
    # What a screen shows of the prompt is quoted; a form is often given in brackets or angles.
    plain = re.sub(r"\"[<\[]([^\"\n]{5,400})[>\]]\"", r"\1", text)
    told = [line for line in plain.split("\n") if _TASK.match(line)]
    return [*prose(plain).split("\n"), *told]


def _words(text: str) -> list[str]:
    return ["0" if word.isdigit() else word.lower() for word in _WORD.findall(text)]
