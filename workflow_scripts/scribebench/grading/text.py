"""What of a reply a reader is shown: thinking, end tokens and a wrapping fence are taken away."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scribebench.grading.split import Split

# What ends or begins a turn in the templates of the models that the project knows.
END_TOKENS = re.compile(
    r"<\|?(?:im_end|im_start|endoftext|end_of_text|eot_id|end|eos|assistant|user|pad)\|?>"
    r"|</s>|<s>|<eos>|<bos>|<pad>|<unk>|<end_of_turn>|<start_of_turn>(?:model|user)?|\[/?INST\]",
    re.I,
)
_CLOSED_THOUGHT = re.compile(r"<(think|thinking)>.*?</\1>", re.S | re.I)
# One in the middle of a line is text on the screen.
_OPEN_THOUGHT = re.compile(r"(?:\A|(?<=\n))[ \t]*<think(?:ing)?>.*\Z", re.S | re.I)
_LOOSE_END = re.compile(r"\A.*?</think(?:ing)?>", re.S | re.I)
TAGS = re.compile(r"</?[A-Za-z][\w-]{0,20}(?:\s[^<>\n]{0,60})?/?>")
# JSON below an announcement.
_JSON_BELOW = re.compile(r"(?<=\n)[ \t]*(?:\[\s*)?\{\s*\"\w+\"\s*:")
_FENCE = re.compile(r"[ \t]*(```+|~~~+)[^\n`]*")


def shown(reply: str) -> str:
    """Return a reply without thinking and without the tokens that end a turn."""
    text = reply.replace("\r\n", "\n").replace("\r", "\n")
    if "<" not in text and "[" not in text:
        return text.strip("\n")
    text = _CLOSED_THOUGHT.sub("", text)
    if "</think" in text.lower():  # the template opened the block itself
        text = _LOOSE_END.sub("", text)
    text = _OPEN_THOUGHT.sub("", text)
    return END_TOKENS.sub("", text).strip("\n")


def has_open_thought(reply: str) -> bool:
    """Return whether a reply begins to think and never ends to."""
    return _OPEN_THOUGHT.search(_CLOSED_THOUGHT.sub("", reply)) is not None


def spoken(text: str, parts: "Split") -> str:
    """Return what a reply says in words: the values of JSON, and no tags of HTML."""
    if re.match(r"\s*(?:```\w*\s*)?[\[{]\s*[\[{\"']", text):
        texts = [frame.text for frame in parts.frames if frame.text]
        return "\n\n".join(dict.fromkeys(texts)) or _values_of(text) or text
    if text.rstrip().endswith(("}", "]")) and (begin := _JSON_BELOW.search(text)):
        return f"{text[: begin.start()]}\n{_values_of(text[begin.start() :])}"
    return TAGS.sub(" ", text) if "</" in text else text


def _values_of(text: str) -> str:
    """Return the texts of JSON that is not of frames, a line each."""
    values = re.findall(r'(?:[:,\[]|\A)\s*"((?:[^"\\]|\\.)*)"(?!\s*:)', text)
    return "\n".join(values)


def unwrapped(text: str) -> str:
    """Return what stands in a fence that is around the whole text, else the text."""
    lines = text.strip().split("\n")
    begin = _FENCE.fullmatch(lines[0])
    if begin is None:
        return text
    ends = [n for n, line in enumerate(lines) if n and line.strip() == begin[1]]
    if ends and ends[-1] == len(lines) - 1 and (len(ends) == 1 or _all_paired(lines[1:-1])):
        return "\n".join(lines[1:-1])
    return "\n".join(lines[1:]) if not ends else text


def _all_paired(lines: list[str]) -> bool:
    return sum(_FENCE.fullmatch(line) is not None for line in lines) % 2 == 0


def fenced_lines(lines: list[str]) -> list[bool]:
    """Return for each line whether it stands in a fence, or is one."""
    inside, mark, found = False, "", []
    for line in lines:
        fence = _FENCE.fullmatch(line)
        if fence and not inside:
            inside, mark = True, fence[1]
            found.append(True)
        elif fence and line.strip() == mark:
            inside = False
            found.append(True)
        else:
            found.append(inside)
    return found
