"""Text from models, servers, recordings and file names, made harmless where people read it."""

import unicodedata
from collections.abc import Iterator

# Control characters, and format characters, among which are those that turn direction.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and marks that are shown as nothing (Default_Ignorable_Code_Point of Unicode).
_SHOWN_AS_NOTHING = frozenset(
    map(
        chr,
        (
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x3164),
            *(0xFFA0, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)),
        ),
    )
)
_AS_PICTURE = "\ufe0f"  # behind a sign, says that it is a coloured one
_MARKS = frozenset({"Mn", "Me"})
# No script needs more on one letter; a pile of them is drawn over the lines above and below.
MOST_MARKS = 4
REPLACED = "\ufffd"


def visible(text: str) -> str:
    """Replace what cannot be seen, or acts on what surrounds it, by U+FFFD; keep line breaks."""
    text = text.replace("\r\n", "\n").replace("\t", "    ")
    if text.isascii() and text.replace("\n", " ").isprintable():
        return text
    return "".join(_shown(text))


def _shown(text: str) -> Iterator[str]:
    marks, before = 0, ""
    for char in text:
        kind = unicodedata.category(char)
        marks = marks + 1 if kind in _MARKS else 0
        if char == "\n" or (char == _AS_PICTURE and before == "So"):
            yield char
        elif kind in _HIDDEN or char in _SHOWN_AS_NOTHING:
            yield REPLACED
        elif marks <= MOST_MARKS:
            yield char
        elif marks == MOST_MARKS + 1:
            yield REPLACED
        before = kind
