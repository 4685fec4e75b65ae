"""What a model says in its own words: quotations from the screen are taken out of a reply."""

import re
from functools import cache, lru_cache
from pathlib import Path

from scribebench.grading.text import fenced_lines

_CODE = re.compile(r"`[^`\n]{0,2000}`")
_QUOTED = re.compile(
    r"\"[^\"\n]{0,1500}\"|“[^”\n]{0,1500}”|«[^»\n]{0,1500}»|„[^“”\n]{0,1500}[“”]|「[^」\n]{0,1500}」"
    r"|『[^』\n]{0,1500}』|(?<![\w’'])'[^'\n]{1,300}'(?!\w)|‘[^’\n]{1,300}’"
)


def listed(words: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(words.split())


# What designers fill pages with.
_FILLER = listed(
    "lorem ipsum dolor sit amet consectetur adipiscing adipisicing elit sed do eiusmod tempor "
    "incididunt ut labore et dolore magna aliqua enim ad minim veniam quis nostrud exercitation "
    "ullamco laboris nisi aliquip ex ea commodo consequat duis aute irure in reprehenderit "
    "voluptate velit esse cillum eu fugiat nulla pariatur excepteur sint occaecat cupidatat non "
    "proident sunt culpa qui officia deserunt mollit anim id est laborum"
)
# A match begins where a word does; saying so keeps the search short.
_ADDRESS = re.compile(r"(?<!\S)\S*(?:://|\w[/\\]\w|@\w)\S*")


@lru_cache(maxsize=8192)
def prose(text: str) -> str:
    """Return a text without fences, code, quotations, addresses and paths; each leaves a mark."""
    lines = text.split("\n")
    if "```" in text or "~~~" in text:
        lines = [
            line for line, inside in zip(lines, fenced_lines(lines), strict=True) if not inside
        ]
    plain = "\n".join(lines)
    if "`" in plain:
        plain = _CODE.sub("…", plain)
    plain = _QUOTED.sub("…", plain)
    return _ADDRESS.sub("…", plain) if any(mark in plain for mark in "/\\@") else plain


def read_list(name: str) -> dict[str, str]:
    """Return the lines `KEY: VALUE` of a list beside this file."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)


@cache
def english_words() -> frozenset[str]:
    """Return common English words, lower case; those of software documentation above all."""
    path = Path(__file__).with_name("words.txt")
    return frozenset(path.read_text(encoding="utf-8").split()) | _FILLER


# Endings of inflected words, and what stands in their place in the list.
_ENDINGS = (
    ("s", ""), ("es", ""), ("ed", ""), ("ed", "e"), ("ing", ""),
    ("ing", "e"), ("ly", ""), ("er", ""), ("er", "e"), ("est", ""),
    ("ies", "y"), ("ied", "y"), ("'s", ""), ("’s", ""), ("ised", "ized"),
    ("ising", "izing"), ("ise", "ize"), ("our", "or"), ("ours", "ors"), ("able", ""),
    ("ness", ""), ("al", ""),
)  # fmt: skip
_PREFIXES = ("un", "re", "pre", "sub", "non", "over", "under", "mis", "dis", "auto", "multi")


@lru_cache(maxsize=65536)
def is_english(word: str) -> bool:
    """Return whether a word is a common English one, or is made of such."""
    lower, known = word.lower(), english_words()
    if lower in known:
        return True
    if "-" in lower or "/" in lower:
        return all(part in known or len(part) < 2 for part in re.split(r"[-/]", lower))
    return any(
        lower.endswith(ending) and lower[: -len(ending)] + new in known for ending, new in _ENDINGS
    ) or any(lower.startswith(prefix) and lower[len(prefix) :] in known for prefix in _PREFIXES)
