"""Text that nobody vouches for, shown so that it acts on nothing but its own place."""

import html
import re
import unicodedata

import pytest

from scribebench.report.escape import block, inline, path, visible

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- comment",
    "![tracker](http://evil.example/x.png)",
    "[click](javascript:alert(1))",
    "[ref]: http://evil.example",
    "<http://evil.example>",
    "http://evil.example/?q=1",
    "HTTPS://EVIL.EXAMPLE",
    "ftp://evil.example",
    "www.evil.example",
    "WwW.evil.example",
    "someone@example.com",
    "@everyone #1 $x^2$",
    "| a | b |",
    "a\n| b |\n|---|",
    "a\n\n# Heading",
    "a\r\n\r\n- list",
    "```\ncode\n```",
    "`` ` ``",
    "`````` text",
    "~~~",
    "~~gone~~",
    "**bold** __bold__ _it_ *it*",
    "&lt;script&gt; &#60; &amp;",
    "\\<script\\> \\| \\`",
    "\x1b[31mred\x1b[0m \x07\x08",
    "\x9b31m",
    "\u202egnp.exe\u202c",
    "\u2066hidden\u2069",
    "zero\u200bwidth\ufeff\u00ad",
    "line\u2028separator\u2029",
    "nul\x00byte",
    "\ud800 lone",
    "{{ template }} {% x %}",
    "a\tb\vc\fd\x85e",
    "\U000e0041\U000e007f tags",
    "| " * 300,
    "`" * 300,
]
ACTIVE = r"\\`*_{}[]|~$#"


def shown(source: str) -> str:
    """What a Markdown renderer shows of a line in which all markup is escaped."""
    return html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", source))


def without_escapes(source: str) -> str:
    """What is left that a renderer may act on."""
    return re.sub(r"&#\d+;", "", re.sub(r"\\[!-/:-@\[-`{-~]", "", source))


def hidden(text: str) -> list[str]:
    return [char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_line_is_left_to_act(text: str) -> None:
    source = inline(text)
    assert "\n" not in source and "\r" not in source
    assert hidden(source) == []
    left = without_escapes(source)
    assert not set(left) & set("<>&@" + ACTIVE)
    assert not re.search(r"\w+://|www\.", left, re.I)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_line_is_shown_as_it_was_written(text: str) -> None:
    """Escaping loses nothing: what a reader sees is the text, with hidden characters marked."""
    assert shown(inline(text, limit=10_000)) == " ".join(visible(text).split())


@pytest.mark.parametrize("text", HOSTILE)
def test_a_table_cell_stays_one_cell(text: str) -> None:
    row = f"| {inline(text)} | next |"
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == 3


@pytest.mark.parametrize("text", HOSTILE)
def test_a_block_cannot_be_ended_by_its_text(text: str) -> None:
    lines = block(text).split("\n")
    fence = re.match(r"`{3,}", lines[0])
    assert fence is not None
    assert lines[0] == fence[0] + "text"
    assert lines[-1] == fence[0]
    for line in lines[1:-1]:
        assert fence[0] not in line
    assert "\n".join(lines[1:-1]) == visible(text)
    assert hidden("".join(lines)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "–"),
        ("", ""),
        ("plain text, 12.5 %", "plain text, 12.5 %"),
        ("Größe 日本 🎬", "Größe 日本 🎬"),
        ("a|b", r"a\|b"),
        ("main_window.py", r"main\_window.py"),
        ("http://x", "http&#58;//x"),
        ("www.x", "www&#46;x"),
        ("a@b", "a&#64;b"),
        ("<b>", "&#60;b&#62;"),
        ("AT&T", "AT&#38;T"),
        ("#1", r"\#1"),
        ("  many \n spaces\t", "many spaces"),
        ("time 10:30", "time 10:30"),
        ("x\u202ey", "x\ufffdy"),
    ],
)
def test_lines_are_escaped_as_expected(text: str | None, expected: str) -> None:
    assert inline(text) == expected


def test_null_is_a_dash_and_an_empty_text_is_not() -> None:
    assert inline(None) != inline("")


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
        ("<" * 10, 3, "&#60;&#60;…"),
        ("|" * 10, 3, r"\|\|…"),
    ],
)
def test_a_long_line_is_cut_before_it_is_escaped(text: str, limit: int, expected: str) -> None:
    """A cut within an escape would set free what follows."""
    assert inline(text, limit) == expected


def test_a_long_block_is_cut_and_still_closed() -> None:
    lines = block("x" * 50 + "`" * 5000, limit=100).split("\n")
    assert len(lines[1]) == 100
    assert lines[1].endswith("…")
    assert lines[2] == lines[0].removesuffix("text")
    assert lines[2] not in lines[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb", "a\nb"),
        ("a\r\nb", "a\nb"),
        ("a\rb", "a\ufffdb"),
        ("a\tb", "a    b"),
        ("\x1b[2J", "\ufffd[2J"),
        ("e\u0301", "e\u0301"),
        ("\u202e", "\ufffd"),
        ("\x00", "\ufffd"),
        ("a\u115f\u3164\u034f\uffa0b", "a\ufffd\ufffd\ufffd\ufffdb"),
        ("x\ufe0e\ufe0f\U000e0100", "x\ufffd\ufffd\ufffd"),
        ("\u26a0\ufe0f ok", "\u26a0\ufe0f ok"),
        ("a" + "\u0316" * 4 + "b", "a" + "\u0316" * 4 + "b"),
        (
            "a" + "\u0316" * 90 + "b" + "\u20dd" * 5,
            "a" + "\u0316" * 4 + "\ufffdb" + "\u20dd" * 4 + "\ufffd",
        ),
        ("\u0e01\u0e35\u0e49", "\u0e01\u0e35\u0e49"),
    ],
)
def test_what_cannot_be_seen_is_shown(text: str, expected: str) -> None:
    assert visible(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pictures/a-1_b.jpg", "<pictures/a-1_b.jpg>"),
        ("a b.jpg", "<a%20b.jpg>"),
        ("a>b<c.jpg", "<a%3Eb%3Cc.jpg>"),
        ("a\nb", "<a%0Ab>"),
        ("ü.jpg", "<%C3%BC.jpg>"),
        ("50%.jpg", "<50%25.jpg>"),
        ("a)b(c", "<a%29b%28c>"),
        ("javascript:x", "<javascript%3Ax>"),
        ("a\ud800", "<a%ED%A0%80>"),
    ],
)
def test_a_path_is_one_link_target(text: str, expected: str) -> None:
    assert path(text) == expected
