"""Text from models, servers, recordings and file names, made harmless where people read it."""

import unicodedata

# Control characters, and format characters, among which are those that turn direction.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str) -> str:
    """Replace what cannot be seen, or acts on what surrounds it, by U+FFFD; keep line breaks."""
    text = text.replace("\r\n", "\n").replace("\t", "    ")
    return "".join(
        char if char == "\n" or unicodedata.category(char) not in _HIDDEN else "\ufffd"
        for char in text
    )
