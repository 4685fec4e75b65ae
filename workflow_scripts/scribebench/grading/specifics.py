"""The specific things that a description names: what only a look at the screen can have told."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from scribebench.grading.apps import normalised
from scribebench.grading.prose import listed

KINDS = (
    "address", "path", "file", "hash", "command", "quote", "identifier", "date", "time", "version",
    "number",
)  # fmt: skip
# Up to here a number may be a count that the model made itself.
SMALL = 10
# No name or address is longer, in characters; rubbish is.
LONGEST = 1000
# How many words before and after a small number tell what it counts.
NEAR = 3


class Specific(NamedTuple):
    """A specific thing: one of KINDS, and its text as it stands in the description.

    `near` holds the words around a small whole number, lower case; it is empty for all else.
    """

    kind: str
    text: str
    near: tuple[str, ...] = ()


class Span(NamedTuple):
    """A specific thing and its place in `spoken(text)`: characters from `start` to before `end`."""

    specific: Specific
    start: int
    end: int


def specifics(text: str) -> list[Specific]:
    """Return the specific things that a description names, in order, each once.

    These are addresses (URL, e-mail, host with port, IP), paths, file names, hashes, commands (all
    else in backticks or fences), quoted text, identifiers, dates, times, versions and numbers with
    their units. Case does not tell two apart. Names of applications, list numbers, numbers of
    screenshots and number words are none. A text of JSON is read by its values.
    """
    found: dict[str, Specific] = {}
    for specific, _, _ in spans(spoken(text)):
        key = specific.text.lower()
        known = found.get(key)
        if known is None:
            found[key] = specific
        elif specific.near and known.kind == specific.kind:
            near = dict.fromkeys(known.near + specific.near)
            found[key] = Specific(known.kind, known.text, tuple(near))
    return list(found.values())


def spoken(text: str) -> str:
    """Return what a description says: of JSON its values, a line each, else the text itself."""
    body = text.strip()
    if not body.startswith(("{", "[")):
        return text
    try:
        return "\n".join(_values(json.loads(body)))
    except (ValueError, RecursionError):
        return text


def _values(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _values(part)
    elif isinstance(value, list):
        for part in value:
            yield from _values(part)


# --- numbers that belong to the reply and not to the screen --------------------------------------

_LIST_NUMBER = re.compile(
    r"(?:\A|\n)[ \t>*_-]*(?:#+[ \t]*\d{1,3}\b[.):]?|\(?\d{1,3}[.):](?=[\s*_]|$))"
)
_FRAME_NUMBER = re.compile(
    r"(?:\b(?:screenshot|frame|image|picture)s?|截图)[ \t]*(?:(?:no|number)\.?[ \t]*)?#?\d{1,2}"
    r"(?![\d.:]*\d)(?:[ \t]*(?:-|–|—|,|/|&|to\b|and\b|of\b|through\b|,[ \t]*and\b)[ \t]*"
    r"#?\d{1,2}(?![\d.:]*\d))*(?:[ \t*_]*\(\d{1,2}[ \t]*(?:/|of)[ \t]*\d{1,2}\))?",
    re.I,
)
_FRAME_WORDS = ("creenshot", "rame", "mage", "icture", "截图", "SCREENSHOT", "FRAME", "IMAGE")

# --- what stands between marks -------------------------------------------------------------------

_MARK = re.compile("[`~\"“«„「『'‘]")
_MARKED = re.compile(
    r"(?P<fence>(?:```|~~~)[^\n]*\n(?P<inside>.*?)(?:\n[ \t]*(?:```|~~~)|\Z))"
    r"|(?P<tick>``(?P<double>[^\n]{1,400}?)``|`(?P<single>[^`\n]{1,400})`)"
    r"|(?P<quoted>\"(?P<q1>[^\"\n]{1,600})\"|“(?P<q2>[^”\n]{1,600})”|«(?P<q3>[^»\n]{1,600})»"
    r"|„(?P<q4>[^“”\n]{1,600})[“”]|「(?P<q5>[^」\n]{1,600})」|『(?P<q6>[^』\n]{1,600})』"
    r"|(?<![\w’'])'(?P<q7>[^'\n]{1,200}(?:'(?=\w)[^'\n]{1,200})*)'(?!\w)"
    r"|(?<!\w)‘(?P<q8>[^‘\n]{1,300}?)’(?!\w))",
    re.S,
)
_KEYS = re.compile(
    r"(?:(?:ctrl|control|cmd|command|alt|option|opt|shift|meta|super|win|fn|esc|escape|enter|return"
    r"|tab|space|backspace|delete|del|home|end|f\d{1,2}|[⌘⌥⇧⌃⏎])"
    r"(?:[ +-]+|(?=[⌘⌥⇧⌃⏎])|$)\S?)+[\w/.,-]{0,6}",
    re.I,
)

# --- kinds of single tokens ----------------------------------------------------------------------

_EXTENSIONS = listed(
    "py pyi pyx ipynb md rst txt log csv tsv json jsonl json5 yaml yml toml ini cfg conf env "
    "lock js jsx mjs cjs ts tsx vue svelte css scss sass less html htm xhtml xml svg png jpg "
    "jpeg gif webp bmp ico tif tiff heic pdf doc docx odt rtf xls xlsx ods ppt pptx odp tex bib "
    "c h cc cpp cxx hpp hh cs java kt kts scala groovy gradle go mod sum rs rb erb php pl pm "
    "lua r rmd jl swift m mm dart ex exs erl hs ml mli clj cljs fs fsx vb asm s sh bash zsh "
    "fish ps1 bat cmd sql db sqlite sqlite3 parquet arrow feather h5 npz npy pkl pt pth onnx "
    "gguf safetensors bin dat exe dll so dylib a o jar war class wasm apk ipa deb rpm dmg iso "
    "img zip tar gz tgz bz2 xz zst 7z rar mp3 wav flac ogg m4a mp4 mov mkv webm avi srt vtt ttf "
    "otf woff woff2 eps ps psd ai fig sketch blend obj stl patch diff orig bak tmp swp pem key "
    "crt cer csr smk nf wdl proto graphql tf tfvars hcl plist xcodeproj sln csproj vcxproj mk "
    "cmake in am ac service desktop eml ics vcf map snap spec test"
)
_TOP_LEVEL = listed(
    "com org net edu gov mil int io dev app ai co uk de fr ch at nl be it es pl se no fi dk eu us "
    "ca au nz jp cn kr in ru br info biz xyz test local localhost internal lan example invalid "
    "cloud tech site online page me tv gg sh"
)
_BARE_FILES = listed(
    "makefile dockerfile snakefile jenkinsfile vagrantfile gemfile rakefile procfile brewfile "
    "justfile readme changelog license licence codeowners containerfile cmakelists"
)
_BARE_CASED = frozenset(
    name.capitalize() for name in _BARE_FILES - {"readme", "license", "licence"}
)
_FOLDERS = listed(
    "src lib libs bin docs doc dist pkg cmd usr etc var tmp opt home tests test spec node_modules "
    "origin upstream feature bugfix hotfix refs vendor scripts assets static public components "
    "internal packages examples config envs .github"
)
# Proper names and terms with capitals or digits inside, that are known without any screen.
_TERMS = listed(
    "github gitlab javascript typescript coffeescript postgresql mysql mariadb sqlite mongodb "
    "dynamodb graphql devops devtools jetbrains openai pytorch tensorflow numpy scipy matplotlib "
    "fastapi latex bibtex macos ios ipados iphone ipad imac macbook watchos tvos youtube linkedin "
    "facebook paypal stackoverflow whatsapp wifi iot ebay wordpress opencv openssl openssh "
    "powershell autohotkey duckduckgo hubspot salesforce servicenow sharepoint onedrive onenote "
    "icloud airdrop bluetooth cicd uiux webgl websocket websockets webpack nodejs node.js vue.js "
    "next.js react.js nuxt.js express.js three.js d3.js asp.net kde gtk libreoffice openoffice "
    "duckdb clickhouse elasticsearch rabbitmq redhat opensuse centos freebsd archlinux linkedin "
    "autodesk autocad solidworks freecad mp3 mp4 h.264 h.265 h264 h265 utf-8 utf8 utf-16 base64 "
    "sha-1 sha-256 sha256 sha1 md5 x86 x64 x86_64 arm64 aarch64 amd64 win32 win64 i18n l10n k8s "
    "es6 es2015 html5 css3 web3 http2 http/2 python3 python2 ipv4 ipv6 usb-c oauth2 gpt-4 co2 "
    "e.g i.e a.m p.m u.s u.k u.s.a ph.d m.sc b.sc d.c vs.code tl;dr"
)
_ACRONYMS = listed(
    "HTTP HTTPS HTML XHTML JSON YAML TOML JSONL CUDA REST CRUD ASCII IEEE NASA UUID GUID SMTP IMAP "
    "LDAP SAML OAUTH CORS AJAX SOAP GRPC MQTT BIOS UEFI RAID HDMI JPEG MPEG WEBP WEBM TIFF UTF8 "
    "GNOME POSIX UNIX LINUX BASH NGINX MYSQL NOSQL SQLITE CMYK RGBA HSLA WASM WYSIWYG SCSS SASS "
    "MIDI NVME DRAM SRAM VRAM DHCP ICMP SNMP NTFS EXFAT CIFS FIFO LIFO EBCDIC ISBN KPIS APIS URLS "
    "MUST ONLY ALSO WITH THIS THAT NONE NOTE EVERY VERY WILL WHAT WHEN WHERE SHOULD NEVER ALWAYS "
    "VSCODE IDEA EMACS NVIM KANBAN SCRUM AGILE ETL GDPR SAAS PAAS IAAS CPUS GPUS LLMS VLMS RSVP"
)


@lru_cache(maxsize=1 << 15)
def _is_app(text: str) -> bool:
    """Return whether a text names an application: OCR cannot see which program it is."""
    if not _NAME.fullmatch(text):
        return False
    return normalised(text.upper()) != text.upper() or normalised(text.lower()) != text.lower()


_NAME = re.compile(r"[^\W_](?:[\w +.-]{0,38}[^\W_+]|\+\+)?")
_URL = re.compile(r"[a-z][a-z0-9+.-]{1,11}://[^\s<>\"'`|）」]+|\bwww\.[^\s<>\"'`|]+", re.I)
_EMAIL = re.compile(r"[\w.+%-]*\w@\w[\w-]*(?:\.\w[\w-]*)*", re.A)
_IP = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5}|/\d{1,2})?(?:/\S*)?")
_IPV6 = re.compile(r"(?=.*:.*:)(?:[0-9a-f]{1,4}(?::(?=:)|:(?=[0-9a-f])|)){2,8}|::1", re.I)
_MAC = re.compile(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}", re.I)
_HOST = re.compile(
    r"(?P<name>(?:[a-z0-9](?:[\w-]*[a-z0-9])?\.)+(?P<top>[a-z]{2,12})|localhost|[a-z][\w-]{1,40})"
    r"(?P<port>:\d{2,5})?(?P<rest>/[^\s]*)?",
    re.I | re.A,
)
_WINDOWS = re.compile(
    r"(?:[a-z]:|\\\\[^\\/:*?\"<>|\s]+|%\w+%)\\"
    r"(?:[^\\/:*?\"<>|\s`]+(?: (?-i:[A-Z0-9(&-])[^\\/:*?\"<>|\s`]*){0,3}\\)*[^\\/:*?\"<>|\s,;`]*",
    re.I,
)
_RELATIVE_WINDOWS = re.compile(r"(?:\.{1,2}\\|[\w.-]+\\)(?:[\w.-]+\\)*[\w-]+\.\w{1,8}")
_ROOTED = re.compile(r"(?:~|\.{1,3}|…|\$\{?\w+\}?)?/(?:[^\s/]+/?)+|~[\w/]*|\.{1,2}/")
_SLASHED = re.compile(r"[\w.@+-]+(?:/[\w.@+*-]+)+/?|[\w.@+-]+/")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
_HEX = re.compile(r"(?:0x[0-9a-f]{5,}|(?:sha\d+:|md5:)?[0-9a-f]{7,128})(?:…|\.{2,3})?", re.I)
_OPAQUE = re.compile(r"(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=(?:\D*\d){3})[A-Za-z0-9_=+-]{20,}")
_CALL = re.compile(r"[A-Za-z_$][\w$.:]*\([^()\s]{0,80}\)(?:\.\w+(?:\(\))?)*")
_DOTTED = re.compile(r"\.?[^\W\d_][\w-]*(?:\.[\w-]+)+|_\w*(?:\.\w+)+|\.[a-z][\w-]+(?:\.[\w-]+)*")
_SCOPED = re.compile(r"\w+(?:::\w+)+|\w+(?:->\w+)+")
_SNAKE = re.compile(r"(?:[^\W_]+_+)+[^\W_]*_*|_+[^\W_]+(?:_+[^\W_]*)*")
_CAMEL = re.compile(
    r"[a-z]+[a-z0-9]*[A-Z]\w*|[A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+|[A-Z]{2,}[a-z][a-z]+\w*"
)
_CAPITALS = re.compile(r"[A-Z]{4,}")
_TICKET = re.compile(r"[A-Z]{2,10}-\d{1,7}")
_OPTION = re.compile(r"--[a-zA-Z][\w-]*(?:=\S+)?")
_TAG = re.compile(r"#[^\W\d][\w-]+|#[0-9a-fA-F]{6}|#\d{2,}|@[^\W\d][\w.-]+\w")
_VARIABLE = re.compile(r"\$\{?[A-Za-z_]\w+\}?|%[A-Z_]{3,}%")
_MIXED = re.compile(r"[A-Za-z][A-Za-z]*-?\d[\w.-]*\w|[A-Za-z]{3,}\d", re.A)
_PLURAL = re.compile(r"[A-Z]{2,}s")

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    r"Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?(?![\w-])"
    r"|\d{4}/\d{1,2}/\d{1,2}(?![\w/])|\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d{2})(?![\w./]*\w)"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?: of)?[ -]{_MONTH}(?:,?[ -]\d{{4}}(?!\d))?"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?![\d:.]*\d)(?:,? \d{{4}}(?!\d))?|{_MONTH} \d{{4}}(?!\d)"
    r"|\d{4}年\d{1,2}月\d{1,2}日|\d{1,2}月\d{1,2}日"
)
_TIME = re.compile(
    r"\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d{1,6})?(?!\d)(?:\s?[AaPp]\.?[Mm]\b\.?)?|\d{1,2}\s?[AaPp][Mm]\b"
)
_VERSION = re.compile(
    r"v?\d+(?:\.\d+){2,}(?:[-+._]?(?:[a-z]+\w*)(?:\.\w+)*)?|v\d+(?:\.\d+)*\b", re.I
)
UNITS = {
    unit: name
    for name, units in {
        "%": "% percent", "ns": "ns", "us": "us µs μs", "ms": "ms milliseconds millisecond",
        "s": "s sec secs second seconds", "min": "min mins minute minutes",
        "h": "h hr hrs hour hours", "d": "days day", "b": "b byte bytes", "kb": "kb kib",
        "mb": "mb mib", "gb": "gb gib", "tb": "tb tib", "px": "px pixel pixels", "pt": "pt",
        "fps": "fps", "hz": "hz", "khz": "khz", "mhz": "mhz", "ghz": "ghz", "w": "w", "kw": "kw",
        "kwh": "kwh", "v": "v", "mm": "mm", "cm": "cm", "km": "km", "kg": "kg", "°c": "°c ℃",
        "°f": "°f", "kbps": "kbps kb/s", "mbps": "mbps mb/s", "gbps": "gbps gb/s", "k": "k",
        "p": "p", "x": "x ×", "tok/s": "tok/s tokens/s", "usd": "usd", "eur": "eur", "chf": "chf",
    }.items()
    for unit in units.split()
}  # fmt: skip
_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_NUMBER = re.compile(
    r"(?P<sign>[+−-]?[$€£¥]?\s?)"
    r"(?P<core>\d{1,3}(?:[,'’\u00a0\u202f ]\d{3})+(?!\d)(?:\.\d+)?"
    r"|\d+/\d+(?![\d/])|\d+(?:[.,]\d+)*)"
    rf"(?P<unit>[ \u00a0-]?(?:{_UNIT})(?!\w)|[a-z]{{1,2}}(?!\w))?(?:\s?(?P<currency>[€$£¥]))?",
    re.I,
)
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)\b|\d[dD]\b|\d+(?:s)\b(?<=0s)")
# Writing without spaces between words; what of another writing stands in it is a token.
CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_APART = rf"\s;|—–，。、；：（）{CJK}"
_PECULIAR = "|".join([_MONTH, *sorted(_BARE_CASED)])
_IS_PECULIAR = re.compile(_PECULIAR)
# A comma parts tokens unless digits stand behind it, as in 1,234.
_TOKEN = re.compile(
    # Words that any text has are passed over as a whole, but for months and some files.
    rf"(?:(?:[a-z]+|(?!{_PECULIAR})[A-Z][a-z]*+)[,.;:!?)]*\s+)++"
    rf"|(?P<token>[^,{_APART}]+(?:,\d[^,{_APART}]*)*)"
)
_NUMBERED = re.compile(r"(?P<name>.*[\w)\]])(?::\d+){1,2}")
_IS_CJK = re.compile(f"[{CJK}]")
_WORD = re.compile(r"[^\W\d_]+")
_CLAUSE = re.compile(r"[,;:.()\n\"“”|—–]")
_LEADING = "([{<*\"'“”‘’«»„「『"
_TRAILING = ".,;:!?*\"'“”‘’«»…)]}>」』。，、：；"
_MONTHS = listed("jan feb mar apr may jun jul aug sep oct nov dec")
# Words that say nothing of what a number counts.
FUNCTION_WORDS = listed(
    "a an the of in on at to and or is are was were be been being with for from by as it its this "
    "that these those there their his her they he she you your we our i which who what when where "
    "has have had do does did not no but into out over under about than then so if can could will "
    "would may might must should also other more most some any each all both such only up down one "
    "two three four five six seven eight nine ten screenshot screen shows show showing shown "
    "visible appears appear"
)


def spans(text: str) -> list[Span]:
    """Return the specific things of a text in order, with their places; some may stand twice."""
    return list(_spans(text))


@lru_cache(maxsize=256)  # of a batch: who attributes and who grounds ask for the same texts
def _spans(text: str) -> tuple[Span, ...]:
    text = _LIST_NUMBER.sub(_blank, text)
    if any(word in text for word in _FRAME_WORDS):
        text = _FRAME_NUMBER.sub(_blank, text)
    found: list[Span] = []
    begin = 0
    mark = _MARK.search(text)
    while mark:
        match = _MARKED.match(text, mark.start())
        if match:
            _add_tokens(text, begin, match.start(), found)
            begin = match.end()
            _add_marked(match, found)
        mark = _MARK.search(text, match.end() if match else mark.end())
    _add_tokens(text, begin, len(text), found)
    return tuple(found)


def _blank(match: "re.Match[str]") -> str:
    return "\n".join(" " * len(line) for line in match[0].split("\n"))


def _add_marked(match: "re.Match[str]", found: list[Span]) -> None:
    if match["fence"] is not None:
        begin = match.start("inside")
        for line in match["inside"].split("\n"):
            if len(_letters(line)) > 1:
                start = begin + len(line) - len(line.lstrip())
                found.append(Span(Specific("command", line.strip()), start, begin + len(line)))
            begin += len(line) + 1
        return
    group = match.lastgroup
    inner = next(name for name in _INNER[group] if match[name] is not None)
    content = match[inner].strip()
    kind = _marked_kind(content, group == "tick")
    if kind:
        near = _near_marked(match) if kind == "number" else ()
        found.append(Span(Specific(kind, content, near), match.start(inner), match.end(inner)))


_INNER = {"tick": ("double", "single"), "quoted": tuple(f"q{n}" for n in range(1, 9))}


def _near_marked(match: "re.Match[str]") -> tuple[str, ...]:
    return (
        _near(match.string, match.start(), match.end()) if _is_small(match[0].strip("`\"'")) else ()
    )


@lru_cache(maxsize=1 << 15)
def _marked_kind(content: str, is_code: bool) -> str | None:
    content = content.strip()
    trimmed = content.strip(" .,;:!?…")
    if len(_letters(content)) < (1 if trimmed.isdigit() else 2):
        return None
    if _is_app(trimmed) or (is_code and _KEYS.fullmatch(content)):
        return None
    if " " not in content or _WINDOWS.fullmatch(content):
        kind = _kind(content)
        if kind:
            return kind
        number = _numeric(content, 0, len(content))
        if number and number[1] == len(content):
            return number[0]
    elif is_code and (_DATE.fullmatch(content) or _TIME.fullmatch(content)):
        return "date" if _DATE.fullmatch(content) else "time"
    return "command" if is_code else "quote"


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _add_tokens(text: str, begin: int, end: int, found: list[Span]) -> None:
    place = begin
    while match := _TOKEN.search(text, place, end):
        place = match.end()
        token = match["token"]
        if token is None or (_is_plain(token) and not _IS_PECULIAR.match(token)):
            continue
        span = _token_span(text, token, match.start(), end) if len(token) <= LONGEST else None
        if span is None:
            continue
        found.append(span)
        # What stands behind a shell's prompt or an enumeration without spaces.
        goes_on = place - span.end > 2 and text[span.end] in ":=/+→-(["
        place = span.end + 1 if goes_on else max(place, span.end)


def _is_plain(token: str) -> bool:
    """Return whether a token is a word as any text has it."""
    return token.isalpha() and (token.islower() or token[1:].islower())


def _token_span(text: str, token: str, start: int, end: int) -> Span | None:
    lead = len(token) - len(token.lstrip(_LEADING))
    first = start + lead
    if lead == len(token):
        return None
    head = text[first]
    if head == "." and first and _IS_CJK.match(text, first - 1):
        return None  # the ending of a name in another writing, whose beginning cannot be told
    money = head in "$€£¥+−" and token[lead + 1 : lead + 2].isdigit()
    if (
        head.isdigit()
        or money
        or head == "-"
        or (head.isupper() and token[lead : lead + 3].lower() in _MONTHS)
    ):
        body = _trimmed(token[lead:])
        kind = None if money else _kind(body)
        if kind:
            return _span(kind, body, first)
        numeric = _numeric(text, first, end)
        if numeric is None:
            return None
        kind, last = numeric
        said = text[first:last].strip()
        near = _near(text, first, last) if kind == "number" and _is_small(said) else ()
        return Span(Specific(kind, said, near), first, last)
    if "\\" in token:
        match = _WINDOWS.match(text, first, end)
        if match:
            return _span("path", match[0].rstrip(".,;:!?)*'\""), first)
    if "://" in token or token[lead:].lower().startswith("www."):
        match = _URL.search(text, first, start + len(token))
        if match:
            return _span("address", _trimmed(match[0]), match.start())
    body = _trimmed(token[lead:])
    kind = _kind(body)
    return _span(kind, body, first) if kind else _prompt_span(body, first)


def _prompt_span(body: str, first: int) -> Span | None:
    """Return what begins a token of several: `user@host:folder$`, `file.py:12`, `a=b`."""
    numbered = _NUMBERED.fullmatch(body)
    if numbered and (kind := _kind(numbered["name"])):
        return _span(kind, numbered["name"], first)
    if "@" in body and ":" in body:
        account = body.split(":", 1)[0]
        if _EMAIL.fullmatch(account):
            return _span("address", account, first)
    for mark in ("/", "+", "→", "="):
        part = body.split(mark, 1)[0] if mark in body else ""
        if len(part) > 3 and (kind := _kind(part)):
            return _span(kind, part, first)
    return None


def _span(kind: str, text: str, start: int) -> Span:
    return Span(Specific(kind, text), start, start + len(text))


@lru_cache(maxsize=1 << 15)
def _trimmed(token: str) -> str:
    """Return a token without the punctuation of its sentence."""
    while token:
        last = token[-1]
        if last not in _TRAILING:
            break
        if last == ")" and token.count("(") >= token.count(")"):
            break
        if last in "]}>" and token.count({"]": "[", "}": "{", ">": "<"}[last]) >= token.count(last):
            break
        token = token[:-1]
    if token.endswith(("'s", "’s")):
        token = token[:-2]
    return token.rstrip("$") if token.endswith("$") else token


@lru_cache(maxsize=1 << 16)
def _kind(token: str) -> str | None:
    """Return what kind of specific thing a single token is; null for an ordinary word."""
    lower = token.lower()
    if len(token) < 2 or lower in _TERMS or _is_app(token):
        return None
    if _is_plain(token):
        return "file" if token in _BARE_CASED else None
    if "@" in token and _EMAIL.fullmatch(token):
        return "address"
    if lower[0] == "v" and token[1].isdigit() and _VERSION.fullmatch(token):
        return "version"
    return (
        _address_kind(token)
        or _hash_kind(token)
        or _path_kind(token, lower)
        or _name_kind(token, lower)
    )


def _address_kind(token: str) -> str | None:
    if "://" in token:
        return "address" if _URL.fullmatch(token) else None
    if token[0].isdigit() and "." in token and _IP.fullmatch(token):
        numbers = re.split(r"[:/]", token)[0].split(".")
        return "address" if all(int(number) < 256 for number in numbers) else None
    if token.count(":") > 2 and (_IPV6.fullmatch(token) or _MAC.fullmatch(token)):
        return "address"
    if token.count("-") == 5 and _MAC.fullmatch(token):
        return "address"
    match = _HOST.fullmatch(token)
    if match is None:
        return None
    top = match["top"]
    if match["port"]:
        if (top and top.lower() not in _EXTENSIONS - _TOP_LEVEL) or match[
            "name"
        ].lower() == "localhost":
            return "address"
        return "address" if not top and len(match["port"]) > 4 else None
    if (
        top
        and top.lower() in _TOP_LEVEL
        and (top.lower() not in _EXTENSIONS or token.count(".") > 1)
    ):
        return "address" if not top[0].isupper() or token.isupper() else None
    return "address" if match["name"].lower() == "localhost" else None


def _hash_kind(token: str) -> str | None:
    if _UUID.fullmatch(token):
        return "hash"
    if _HEX.fullmatch(token):
        body = re.sub(r"^(?:sha\d+:|md5:)", "", token.lower().rstrip(".…"))
        if body.startswith("0x") or (not body.isdigit() and not body.isalpha()):
            return "hash" if not re.fullmatch(r"\d+e\d+", body) else None
        return "hash" if body.isalpha() and len(body) in (32, 40, 64) else None
    return "hash" if len(token) >= 20 and _OPAQUE.fullmatch(token) else None


def _path_kind(token: str, lower: str) -> str | None:
    if "\\" in token:
        matched = _WINDOWS.fullmatch(token) or _RELATIVE_WINDOWS.fullmatch(token)
        return "path" if matched else None
    if "/" not in token:
        return "path" if token[0] == "~" and len(token) > 2 and token[1].isalpha() else None
    if _ROOTED.fullmatch(token):
        return "path" if len(_letters(token)) > 1 else None
    if not _SLASHED.fullmatch(token) or re.fullmatch(r"[\d./]+", token):
        return None
    parts = [part for part in lower.split("/") if part]
    if any(part in _TERMS for part in parts):
        return None
    if parts[0] in _FOLDERS or (token.endswith("/") and len(parts) == 1 and len(token) > 3):
        return "path"
    if any("_" in part or re.search(r"\w\.\w|^\.\w", part) for part in parts):
        return "path"
    return (
        "path"
        if len(parts) > 1
        and any(re.search(r"\d", part) for part in parts)
        and any(len(part) > 3 for part in parts)
        else None
    )


def _name_kind(token: str, lower: str) -> str | None:
    if token[0] == "-":
        return "identifier" if _OPTION.fullmatch(token) else None
    if token[0] in "#@":
        return "identifier" if _TAG.fullmatch(token) else None
    if token[0] in "$%":
        return "identifier" if _VARIABLE.fullmatch(token) else None
    if "(" in token:
        return (
            "identifier"
            if _CALL.fullmatch(token) and not re.search(r"\((?:e?s|ren)\)$", token)
            else None
        )
    if "." in token and _DOTTED.fullmatch(token):
        return _dotted_kind(token, lower)
    if lower in _BARE_FILES and token[0].isupper():
        return "file"
    if ("_" in token and _SNAKE.fullmatch(token)) or _SCOPED.fullmatch(token):
        return "identifier" if len(_letters(token)) > 1 else None
    if token.isdigit() or not token.isascii():
        return None
    if _CAPITALS.fullmatch(token):
        return None if token in _ACRONYMS else "identifier"
    if _TICKET.fullmatch(token):
        return "identifier"
    if _CAMEL.fullmatch(token) and not _PLURAL.fullmatch(token):
        return None if re.match(r"Ma?c[A-Z]", token) else "identifier"
    if len(token) > 3 and _MIXED.fullmatch(token):
        return "identifier"
    return None


def _dotted_kind(token: str, lower: str) -> str | None:
    parts = token.split(".")
    if token[0] == ".":
        return "file" if len(token) > 3 else None
    if parts[-1].lower() in _EXTENSIONS and parts[-1] and len(lower) > 3:
        # "screen.In": a space is missing behind a sentence.
        return None if parts[-1][0].isupper() and parts[-1][1:].islower() else "file"
    if any(not part for part in parts) or all(len(part) == 1 for part in parts):
        return None
    if parts[-1][0].isupper() and parts[-1][1:].islower() and parts[-2].islower():
        return None
    return "identifier"


def _numeric(text: str, start: int, end: int) -> tuple[str, int] | None:
    """Return the kind of the number at a place, and where it ends."""
    for kind, pattern in (("date", _DATE), ("time", _TIME), ("version", _VERSION)):
        match = pattern.match(text, start, end)
        if match and match.end() > start and not _runs_on(text, match.end(), end):
            return kind, match.end()
    if _ORDINAL.match(text, start, end) or text.startswith("24/7", start):
        return None
    match = _NUMBER.match(text, start, end)
    if match is None:
        return None
    last = match.end()
    unit = match["unit"] or ""
    if unit[:1] in (" ", "-", "\u00a0") and len(unit) == 2 and unit[1] != "%":
        last = match.end("core")  # one letter belongs to a number only when it stands at it
    return None if _runs_on(text, last, end) else ("number", last)


def _runs_on(text: str, place: int, end: int) -> bool:
    return place < end and (text[place].isalnum() or text[place] == "_") and text[place].isascii()


def _is_small(said: str) -> bool:
    digits = said.lstrip("#")
    return digits.isdigit() and len(digits) < 3 and int(digits) <= SMALL


def _near(text: str, start: int, end: int) -> tuple[str, ...]:
    before = _WORD.findall(_CLAUSE.split(text[max(0, start - 40) : start])[-1].lower())
    after = _WORD.findall(_CLAUSE.split(text[end : end + 50], maxsplit=1)[0].lower())
    words = before[-2:] + after[:NEAR]
    return tuple(
        dict.fromkeys(word for word in words if word not in FUNCTION_WORDS and len(word) > 1)
    )
