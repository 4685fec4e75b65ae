"""Names of applications, as models write them and as they are called."""

import re
from functools import cache

from scribebench.grading.prose import read_list

# Words that are an application's name only when they are written as one.
_CASED = frozenset(
    {
        "word",
        "mail",
        "calendar",
        "terminal",
        "preview",
        "files",
        "linear",
        "edge",
        "code",
        "calc",
        "writer",
        "unity",
        "top",
        "arc",
        "idea",
        "vi",
        "sketch",
        "cursor",
        "zoom",
        "teams",
        "slack",
        "nano",
        "kate",
        "notion",
        "signal",
    }
)


@cache
def _spellings() -> dict[str, str]:
    """Return what each spelling, lower case, stands for; apps.txt has a line for each name."""
    found = {}
    for name, spellings in read_list("apps.txt").items():
        found |= dict.fromkeys([name.lower(), *spellings.split("|")], name)
    return found


@cache
def _pattern() -> "re.Pattern[str]":
    names = sorted(_spellings(), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, names))})(?![\w-])", re.I)


def normalised(name: str) -> str:
    """Return what an application is called; a name that is not known is returned as it stands."""
    plain = re.sub(r"\s*[(\[–—:].*", "", name).strip(" .*`\"'")
    lower = re.sub(r"^the |(?: app| application| browser| ide| window| editor)$", "", plain.lower())
    return _spellings().get(plain.lower()) or _spellings().get(lower) or plain or name.strip()


def mentions_app(text: str) -> bool:
    """Return whether a text names an application that is known."""
    return any(
        match[0].lower() not in _CASED or match[0][0].isupper()
        for match in _pattern().finditer(text)
    )
