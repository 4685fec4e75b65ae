"""Turn the Markdown that this project's reports are written in into HTML.

Both reports say the same because one is made from the other. Only what the reports use is known:
headings, paragraphs, lists of one level, tables, fenced blocks, code, emphasis, pictures, and links
inside the page. All else is text, and every character of text is escaped here once more: whatever
stands in the Markdown, only the tags below can come out.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from html import escape, unescape
from typing import NamedTuple

_HEADING = re.compile(r"(#{1,4}) (.*)")
_FENCE = re.compile(r"(`{3,})\w*$")
_ITEM = re.compile(r"- ")
_RULE = re.compile(r"\|(?: :?-{3,}:? \|)+$")
_CELL = re.compile(r"((?:\\.|[^\\|])*)\|")
_TOKEN = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|&#(?P<entity>\d{1,7});"
    r"|(?P<ticks>`+)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)"
    r"|!\[(?P<alt>(?:\\.|[^\]\\])*)\]\(<(?P<picture>[^<>]*)>\)"
    r"|\[(?P<text>(?:\\.|[^\]\\])*)\]\(<?(?P<fragment>#[\w./%-]*)>?\)"
    r"|(?P<stars>\*{1,2})"
)
# The longest figure, as in 100 % (95–100 %, n 12345).
SHORT = 26
LONG = 60
_FIGURE = re.compile(r"[<+-]?\d")
# What a table before the first section is of.
OPENING = "The answer"
_EMPHASIS = {1: "em", 2: "strong"}


class Section(NamedTuple):
    """A heading of the second level (plain text, not escaped) and the HTML below it."""

    title: str
    body: str


class Document(NamedTuple):
    """A report: what stands before its first section, as HTML, and its sections."""

    opening: str
    sections: list[Section]


def convert(markdown: str, pictures: Mapping[str, str] | None = None) -> Document:
    """Return a report's Markdown as HTML, its title left out.

    `pictures` maps the target of a picture to the data URI that stands for it; of any other only
    the text is shown.
    """
    opening: list[str] = []
    sections: list[tuple[str, list[str]]] = []
    heading = OPENING
    tables: Counter[str] = Counter()
    for kind, lines in _blocks(markdown.splitlines()):
        if kind == "h1":
            continue
        if kind in ("h2", "h3"):
            heading = plain(lines[0])
        if kind == "h2":
            sections.append((heading, []))
            continue
        name = heading
        if kind == "table":
            # In a list of regions each is told by its name alone.
            tables[heading] += 1
            if tables[heading] > 1:
                name = f"{heading}, {tables[heading]}"
        body = sections[-1][1] if sections else opening
        body.append(_block(kind, lines, name, pictures or {}))
    return Document("\n".join(opening), [Section(name, "\n".join(body)) for name, body in sections])


def plain(text: str) -> str:
    """Return the characters of a line without its marks; not escaped."""
    return unescape(re.sub(r"<[^>]*>", "", inline(text, {})))


def inline(text: str, pictures: Mapping[str, str]) -> str:
    """Return one line of Markdown as HTML."""
    parts: list[str] = []
    open_tags: list[int] = []
    place = 0
    for match in _TOKEN.finditer(text):
        parts.append(escape(text[place : match.start()]))
        place = match.end()
        if match["stars"]:
            parts.append(_stars(text, match, open_tags))
        else:
            parts.append(_token(match, pictures))
    parts.append(escape(text[place:]))
    parts += [f"</{_EMPHASIS[count]}>" for count in reversed(open_tags)]
    return "".join(parts)


def _stars(text: str, match: re.Match[str], open_tags: list[int]) -> str:
    """Return the tag that stars open or close; stars that do neither are text."""
    count = len(match["stars"])
    before, after = text[: match.start()][-1:], text[match.end() :][:1]
    if open_tags and open_tags[-1] == count and before.strip():
        open_tags.pop()
        return f"</{_EMPHASIS[count]}>"
    if count not in open_tags and after.strip():
        open_tags.append(count)
        return f"<{_EMPHASIS[count]}>"
    return match["stars"]


def _token(match: re.Match[str], pictures: Mapping[str, str]) -> str:
    if match["escaped"]:
        return escape(match["escaped"])
    if match["entity"]:
        number = int(match["entity"])
        return escape(chr(number)) if number <= 0x10FFFF else "\ufffd"
    if match["code"]:
        return f"<code>{escape(match['code'])}</code>"
    if match["fragment"]:
        return f'<a href="{escape(match["fragment"])}">{inline(match["text"], {})}</a>'
    alt = escape(plain(match["alt"]))
    source = pictures.get(match["picture"])
    return f'<img src="{escape(source)}" alt="{alt}" decoding="async">' if source else alt


def _blocks(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield the kind and the lines of each block."""
    place = 0
    while place < len(lines):
        line, start = lines[place], place
        place += 1
        if not line.strip():
            continue
        if heading := _HEADING.fullmatch(line):
            yield f"h{len(heading[1])}", [heading[2]]
        elif fence := _FENCE.fullmatch(line):
            while place < len(lines) and lines[place] != fence[1]:
                place += 1
            yield "fence", lines[start + 1 : place]
            place += 1
        elif line.startswith("| ") and place < len(lines) and _RULE.fullmatch(lines[place]):
            while place < len(lines) and lines[place].startswith("| "):
                place += 1
            yield "table", lines[start:place]
        elif _ITEM.match(line):
            while place < len(lines) and _ITEM.match(lines[place]):
                place += 1
            yield "list", [line[2:] for line in lines[start:place]]
        else:
            while place < len(lines) and lines[place].strip():
                place += 1
            yield "paragraph", lines[start:place]


def _block(kind: str, lines: list[str], name: str, pictures: Mapping[str, str]) -> str:
    if kind == "fence":
        return f'<pre dir="auto">{escape(chr(10).join(lines))}</pre>'
    if kind == "table":
        return _table(lines, name, pictures)
    if kind == "list":
        items = "".join(f"<li>{inline(line, pictures)}</li>" for line in lines)
        return f"<ul>{items}</ul>"
    if kind in ("h3", "h4"):
        return f"<{kind}>{inline(lines[0], pictures)}</{kind}>"
    return f"<p>{inline(' '.join(lines), pictures)}</p>"


def _table(lines: list[str], name: str, pictures: Mapping[str, str]) -> str:
    """Return a table that can be scrolled sideways by the keyboard, too."""
    headings, rules, *rows = ([cell.strip() for cell in _CELL.findall(line[1:])] for line in lines)
    kinds = [' class="num"' if rule.endswith(":") else "" for rule in rules]
    head = "".join(
        f'<th scope="col"{kind}>{inline(cell, pictures)}</th>'
        for cell, kind in zip(headings, kinds, strict=False)
    )
    body = "".join(f"<tr>{_cells(row, kinds, pictures)}</tr>" for row in rows)
    name = escape(name)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="Table: {name}"><table>'
        f'<caption class="sr">{name}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cells(row: list[str], kinds: list[str], pictures: Mapping[str, str]) -> str:
    first, *others = zip(row or [""], kinds, strict=False)
    cells = [f'<th scope="row">{inline(first[0], pictures)}</th>']
    cells += [f"<td{_kind(cell, kind)}>{inline(cell, pictures)}</td>" for cell, kind in others]
    return "".join(cells)


def _kind(cell: str, kind: str) -> str:
    """Return the class of a cell: a figure stays on one line, a sentence gets room."""
    names = ["num"] if kind else []
    if len(cell) <= SHORT and _FIGURE.match(cell):
        names.append("short")
    elif len(cell) > LONG:
        names.append("long")
    return f' class="{" ".join(names)}"' if names else ""
