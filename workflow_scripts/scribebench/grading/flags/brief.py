"""Too brief: no application, file, text or other specific thing, however many words."""

import re

from scribebench.grading.apps import mentions_app
from scribebench.grading.prose import is_english, listed
from scribebench.grading.text import unwrapped

# What only a look at this screen can have told.
SPECIFIC = re.compile(
    r"`[^`\n]+`|```|\"[^\"\n]{2,}\"|“[^”\n]{2,}”|«[^»\n]+»|「[^」\n]+」|"
    r"(?<![\w’'])'[^'\n]{2,80}'(?!\w)"
    r"|\b\w[\w-]*\.[A-Za-z]\w{0,5}\b(?!\.$)|\w/\w|\w+\(\)|\b\w+_\w+\b|\b[a-z]+[A-Z]\w+|"
    r"\b[A-Z]+[a-z]+[A-Z]\w*"
    r"|\b[A-Z]{2,}[A-Z0-9-]*\b|\b\d{2,}\b|\b\d+[.,:%]\d*|[#@$]\w+|--\w+|\b\d+ \w+"
)
_LABEL = re.compile(
    r"^[ \t>*#|\d.)\[({-]*(?:\"?(?:screenshots?|frames?|images?|pictures?|截图|图|bildschirmfoto|"
    r"capture)\"?)?"
    r"[ \t:\"']*\d*[\"'\])]*[ \t:：*.–—|-]*",
    re.I,
)
_FIELD = re.compile(
    r"(?:visible|developer[ _](?:action|doing)|applications?(?: open)?|apps?(?: open)?|"
    r"topics?(?:/projects)?|"
    r"activity|action|description|work)\"?\**\s*[:：]\**",
    re.I,
)
_NAME = re.compile(r"\b[A-Z][a-z]{2,}\b")
_FOREIGN = re.compile(r"[^\W\d_a-zA-Z\u00c0-\u024f]")
LONG_FOREIGN = 45
_COMMON = listed(
    "I N NA OK AI PC OS UI A Screenshot Frame Image Unknown None Work Various Some Several Text"
)


def is_too_brief(text: str) -> str | None:
    """Return the beginning of a reply that names nothing specific."""
    text = unwrapped(text)
    said = "\n".join(_FIELD.sub(" ", _LABEL.sub("", line)) for line in text.split("\n"))
    said = re.sub(r"\bN/A\b", " ", said)
    if re.fullmatch(r"[|\s:-]*", said):
        return None
    specifics = [
        match[0] for match in SPECIFIC.finditer(said) if match[0].strip("\"'“” ") not in _COMMON
    ]
    names = [match[0] for match in _NAME.finditer(said) if _is_name(match[0])]
    if specifics or names or mentions_app(said):
        return None
    foreign = sum(1 for _ in _FOREIGN.finditer(said))
    lines = [line for line in said.split("\n") if line.strip()]
    if foreign > LONG_FOREIGN * max(1, len(lines)):
        return None
    return said.strip()[:120] or text.strip()[:120]


def _is_name(word: str) -> bool:
    return word not in _COMMON and not is_english(word)
