"""Show text that nobody vouches for: from models, recordings and file names.

Such text may hold markup, table breaks, terminal escapes or characters that turn the direction of
reading; shown here it changes nothing but its own place.
"""

import re

from scribebench.harmless import visible

# What can act inside a line of Markdown or a table cell. A backslash keeps the source readable;
# HTML, and what would become a link by itself, needs an entity.
_MARKUP = re.compile(r"[\\`*_{}\[\]|~$#]")
_ENTITIES = re.compile(r"[<>&@]|:(?=//)|(?<=www)\.", re.I)


def inline(text: str | None, limit: int = 200) -> str:
    """Return text for a Markdown line or table cell; null is a dash."""
    if text is None:
        return "–"
    line = " ".join(visible(text).split())
    if len(line) > limit:
        line = line[: limit - 1] + "…"
    line = _ENTITIES.sub(lambda match: f"&\0{ord(match[0])};", line)  # \0: not yet a markup #
    return _MARKUP.sub(r"\\\g<0>", line).replace("\0", "#")


def block(text: str, limit: int = 3000) -> str:
    """Return text as a fenced block that it cannot end."""
    text = visible(text)
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=2) + 1)
    fence = max(fence, "```", key=len)
    return f"{fence}text\n{text}\n{fence}"


def path(text: str) -> str:
    """Return a relative path as the target of a Markdown link."""
    return "<" + re.sub(r"[^A-Za-z0-9._/-]", lambda match: _percent(match[0]), text) + ">"


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
