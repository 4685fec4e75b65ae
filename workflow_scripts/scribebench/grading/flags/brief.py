"""Too brief: no application, file, text or other specific thing, however many words."""

import re

from scribebench.grading.apps import mentions_app
from scribebench.grading.flags.language import language_of
from scribebench.grading.prose import is_english, listed
from scribebench.grading.split.sections import NOUN
from scribebench.grading.text import unwrapped

# What only a look at this screen can have told.
SPECIFIC = re.compile(
    r"`[^`\n]+`|```|\"[^\"\n]{2,}\"|“[^”\n]{2,}”|«[^»\n]+»|「[^」\n]+」|"
    r"(?<![\w’'])'[^'\n]{2,80}'(?!\w)"
    r"|\b\w[\w-]*\.[A-Za-z]\w{0,5}\b(?!\.$)|\w/\w|\b\w+\(\)|\b\w+_\w+\b|\b[a-z]+[A-Z]\w+|"
    r"\b[A-Z]+[a-z]+[A-Z]\w*"
    r"|\b[A-Z]{2,}[A-Z0-9-]*\b|\b\d{2,}\b|\b\d+[.,:%]\d*|[#@$]\w+|--\w+|\b\d+ \w+"
)
# What is specific wherever it stands: looking for it is quick.
_PLAINLY = re.compile(
    r"`[^`\n]{4,}`|[a-z]{3}\.(?:py|js|ts|md|json|go|rs|txt|sh|tsx|php|java|kt|cs|cpp|html|css|ya?ml|"
    r"toml|sql|ipynb|pdf|png|csv|xlsx|docx|rb|swift|log|conf|lock|tf|vue|tex)\b"
    r"|\b(?:line|port|page|at|with|in|for|of) \d{2,}\b"
    r"|\w{4}\(\)|\w \"[A-Z][a-z]+ [^\"\n]{6,}\""
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
# What is done, as a line begins: "Concentrating on the task".
_DOING = re.compile(r"^[^\w\n]{0,20}[A-Z][a-z]{3,}ing(?= [a-z])", re.M)
# Nothing but what the picture is.
_ONLY_NOUN = re.compile(
    rf"\W{{0,3}}(?:(?:an?|the|this|one) )?(?:\w+ )?{NOUN}[.!…]?"
    r"|(?:ok(?:ay)?|yes|no|done|sure)[.!]?",
    re.I,
)
_FOREIGN = re.compile(r"[^\W\d_a-zA-Z\u00c0-\u024f]")
# So many letters of another script on a line say something; a few among others are a name.
LONG_FOREIGN, LEAST_FOREIGN = 45, 4
_COMMON = listed(
    "I N NA OK AI PC OS UI GUI CLI IDE TUI A Screenshot Frame Image Unknown None Work Various Some "
    "Several Text Several's e.g i.e Multitasking Productivity"
)
# The number of a frame tells nothing of it, and as little does that of windows or lines.
_FRAME = re.compile(
    rf"(?:{NOUN}|同)[ _#:]{{0,3}}\d{{1,3}}(?:(?: ?(?:,|-|–|to|through|and|&|/) "
    rf"?)+\d{{1,3}})*[.,:;)]*"
    r"|^[ \t]*\|[ \t]*\d{1,3}[ \t]*\|",
    re.I | re.M,
)
_COUNTED = re.compile(
    r"\b\d (?:\w+ )?(?:windows?|panels?|panes?|tabs?|lines?|columns?|icons?|buttons?|screens?|"
    r"rows?|"
    r"areas?|parts?|sections?|people|persons?|things?|elements?|images?|pictures?)\b",
    re.I,
)
# Kinds of windows that bear an application's name when they begin a sentence.
_KIND = re.compile(
    r"(?P<begin>^|[.:;|]|[-*•])(?P<gap>[ \t]*)(?:Terminal|Code|Editor|Files|Mail|Calendar|Preview|"
    r"Browser|Word)(?: (?:windows?|editors?|again|work|view|session|screen|apps?|applications?|"
    r"panes?|panels?|tabs?|on|in|with|and|text|code|output|open|browser|still|once|more|dark|"
    r"background|lines|page|the|a|another|an))*[ \t]*(?=[.,;|]|$)",
    re.M,
)
# What is a common English word too, and names something here.
_TECHNOLOGY = re.compile(
    r"\b(?:Python|Java|JavaScript|Django|React|Angular|Linux|Ubuntu|Android|Wikipedia|YouTube|Perl|"
    r"Redis|Spring Boot|Rust|Ruby|Swift|Kotlin|Stack Overflow|Hacker News|Node\.js|sudo|git|npm|"
    r"pip)\b"
)
_GENERIC = re.compile(
    r"\b(?:terminal emulator|(?:code|text|source code) editor|(?:web|internet) browser|"
    r"file (?:manager|explorer|browser)|command[ -]line|e-?mail client|word processor|"
    r"presentation software|spreadsheet software)s?\b",
    re.I,
)
_APPS = re.compile(r"(?:applications?|apps?|programs?|software)\b[^:\n]{0,20}[:：]", re.I)
LONGEST_PREFACE = 250
_PREFACE = re.compile(
    r"\W*(?:(?:sure|certainly|of course|okay|ok|absolutely|great|alright|"
    r"understood)\b[^\n:.!]{0,40}"
    r"[:.!,]*\s*)?(?:(?:here(?: is| are|['’]s)|below (?:is|are)|i['’]ll|i will|let me|based on|"
    r"looking at|the following|following)\b[^\n.:]{0,160})?\W*",
    re.I,
)


def is_too_brief(text: str) -> str | None:
    """Return the beginning of a reply that names nothing specific."""
    if _PLAINLY.search(text):
        return None
    text = unwrapped(text)
    text = text.strip()
    if _ONLY_NOUN.fullmatch(text) and "#" not in text:
        return text
    if len(text) < LONGEST_PREFACE and _PREFACE.fullmatch(text):
        return None
    text = _GENERIC.sub(" ", _COUNTED.sub(" ", _FRAME.sub(" ", text)))
    text = "\n".join(
        line if _APPS.search(line) else _KIND.sub(r"\g<begin>\g<gap>a window", line)
        for line in text.split("\n")
    )
    said = "\n".join(_FIELD.sub(" ", _LABEL.sub("", line)) for line in text.split("\n"))
    said = re.sub(r"\bN/A\b", " ", said)
    if re.fullmatch(r"[|\s:-]*", said):
        return None
    specifics = [match[0] for match in SPECIFIC.finditer(said) if not _is_common(match[0])]
    # German writes every noun with a capital.
    names = [match[0] for match in _NAME.finditer(_DOING.sub("", said)) if _is_name(match[0])]
    names = [] if names and language_of(said) == "de" else names
    if specifics or names or mentions_app(said) or _TECHNOLOGY.search(said):
        return None
    foreign = sum(1 for _ in _FOREIGN.finditer(said))
    lines = [line for line in said.split("\n") if line.strip()]
    latin = sum(map(str.isalpha, said)) - foreign
    if foreign > LONG_FOREIGN * max(1, len(lines)) or LEAST_FOREIGN <= foreign < latin:
        return None
    return said.strip()[:120] or text.strip()[:120]


def says_nothing(text: str) -> bool:
    """Return whether a text holds only headings, labels and the announcement of an answer."""
    lines = (
        line for line in _FRAME.sub(" ", text).split("\n") if not line.rstrip(" *_").endswith(":")
    )
    return not re.search(r"\w", "".join(lines))


def _is_common(found: str) -> bool:
    """Return whether what looks specific is a kind of thing only: an abbreviation, a pair."""
    bare = found.strip("\"'“” ")
    return bare in _COMMON or (len(bare) == 3 and bare[1] == "/")


def _is_name(word: str) -> bool:
    return word not in _COMMON and not is_english(word)
