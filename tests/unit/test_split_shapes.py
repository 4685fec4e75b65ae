"""Shapes of batch replies: each stands for a class of answers that models give."""

from typing import NamedTuple

import pytest

from scribebench.grading.split import split

FACTS = ("otter.py", "badger.md", "heron.sql", "lynx.rs", "newt.tex")


class Shape(NamedTuple):
    """A reply, and what is said of each frame: the names of FACTS in it, or null for nothing.

    `apps` are those of the first frame, where the shape is about fields.
    """

    name: str
    reply: str
    told: tuple[str | None, ...]
    merged: tuple[tuple[int, ...], ...] = ()
    apps: tuple[str, ...] | None = None


OTTER, BADGER, HERON, LYNX, NEWT = FACTS
TWO, THREE = (OTTER, BADGER), (OTTER, BADGER, HERON)


def blocks(heading: str, count: int = 3, first: int = 1) -> str:
    """The prompt's form, with a heading of its own; `{}` is the number of the frame."""
    return "\n\n".join(
        f"{heading.format(number)}\n1. Visible: an editor with {fact}.\n2. Developer action: "
        f"editing.\n3. Applications: Vim\n4. Topics/projects: animals"
        for number, fact in enumerate(FACTS[:count], first)
    )


SHAPES = (
    # Numbers of a total
    Shape("i/n, bold", blocks("**Screenshot {}/3**"), THREE, apps=("Vim",)),
    Shape("i/n of two is no merge", blocks("### Screenshot {}/2", 2), TWO, apps=("Vim",)),
    Shape("i of n", blocks("Screenshot {} of 3:"), THREE),
    Shape("i of n in brackets", blocks("[Frame {} of 3]"), THREE),
    Shape("i/n in round brackets", blocks("### Screenshot ({}/3)"), THREE),
    Shape("i/n and no name", blocks("## {}/3"), THREE),
    Shape("bold i/n and no name", blocks("**{}/3**"), THREE),
    Shape("i out of n", blocks("**Image {} out of 3**"), THREE),
    Shape("i von n", blocks("### Bild {} von 3"), THREE),
    Shape("two of a batch joined by a stroke", "### Screenshots 1/2\notter.py badger.md\n\n"
          "### Screenshot 3\nheron.sql", ("otter.py badger.md",) * 2 + (HERON,), ((0, 1),)),
    Shape("another one in brackets", "### Screenshot 1\notter.py\n### Screenshot 2 (and 3)\n"
          "badger.md\n### Screenshot 4\nlynx.rs", (OTTER, BADGER, BADGER, LYNX), ((1, 2),)),
    Shape("a remark in brackets", "### Screenshot 1 (and 2 tabs)\notter.py\n### Screenshot 2\n"
          "badger.md", TWO),
    Shape("bold numbers of lines with all fields", "\n".join(
          f"**{n}.** Visible: {FACTS[n % 5]} | Developer action: editing | Applications: Vim | "
          "Topics/projects: animals" for n in range(1, 13)),
          tuple(FACTS[n % 5] for n in range(1, 13)), apps=("Vim",)),
    Shape("a number of those that is left out", "**1.** Visible: otter.py | Applications: Vim\n"
          "**3.** Visible: heron.sql | Applications: Vim", (OTTER, None, HERON), apps=("Vim",)),
    Shape("JSON on the screen", '### Screenshot 1\n1. Visible: otter.py with\n{"frame": "1.jpg"},\n'
          '{"frame": "2.jpg"},\n2. Developer action: editing.\n3. Applications: Vim\n',
          (OTTER,), apps=("Vim",)),
    # No numbers
    Shape("bare hash headings", blocks("### Screenshot"), THREE, apps=("Vim",)),
    Shape("bare bold headings", blocks("**Screenshot:**"), THREE, apps=("Vim",)),
    Shape("bare plain headings", blocks("Frame:"), THREE),
    Shape("bare headings in brackets", blocks("[Screenshot]"), THREE),
    Shape("bare headings between rules", blocks("--- Image ---"), THREE),
    Shape("bare headings, the last one missing", blocks("### Screenshot", 2), (*TWO, None)),
    Shape("one line each", "Screenshot: otter.py\nScreenshot: badger.md\nScreenshot: heron.sql",
          THREE),
    Shape("titles", "### Screenshot: Vim\notter.py\n### Screenshot: Emacs\nbadger.md", TWO),
    Shape("the number in front", "### 1. Screenshot\notter.py\n\n### 3. Screenshot\nheron.sql",
          (OTTER, None, HERON)),
    Shape("names of files", "frame_a.png:\notter.py\n\nframe_b.png:\nbadger.md", TWO),
    Shape("names of files in code", "`scene 1.jpg`: otter.py\n`scene 7.jpg`: badger.md", TWO),
    Shape("bold names of files", "**IMG_0412.PNG**\notter.py\n\n**IMG_0419.PNG**\nbadger.md", TWO),
    Shape("dated names of files", "### Screenshot 2026-01-31 at 10.22.33.png\notter.py\n\n"
          "### Screenshot 2026-01-31 at 10.25.01.png\nbadger.md", TWO),
    Shape("times", "**00:12**\notter.py\n\n**00:47**\nbadger.md\n\n**01:30**\nheron.sql", THREE),
    Shape("times with a colon", "At 0:05: otter.py\nAt 0:10: badger.md", TWO),
    Shape("files of a listing are no frames", "### Screenshot 1\nFinder:\n- a.png: 2 kB\n"
          "- b.png: 3 kB\notter.py\n### Screenshot 2\nbadger.md", TWO),
    Shape("dated lines of a screen", "Screen Capture 2026-01-31 | Export |\n" * 3, (None,) * 4),
    Shape("letters and Roman numbers", "### Screenshot I\notter.py\n### Screenshot II\nbadger.md",
          TWO),
    Shape("another word", "### Window 1\notter.py\n\n### Window 2\nbadger.md", TWO),
    Shape("names that fold", "<details><summary>Screenshot 1</summary>\notter.py\n</details>\n"
          "<details><summary>Screenshot 2</summary>\nbadger.md\n</details>", TWO),
    # Titles before the name
    Shape("rows of ranges", "### Top row (Screenshots 1-2)\notter.py\n\n### Bottom row "
          "(Screenshot 3)\nheron.sql", (OTTER, OTTER, HERON), ((0, 1),)),
    Shape("name behind a title", "### Editing – Screenshot 1\notter.py\n\n### Reading – "
          "Screenshot 2\nbadger.md", TWO),
    Shape("name in brackets behind a bold title", "**Writing code (Image 1)**\notter.py\n\n"
          "**Writing notes (Image 2):**\nbadger.md", TWO),
    Shape("headings of groups above those of frames", "## Screenshots 1-2\n### Screenshot 1\n"
          "otter.py\n### Screenshot 2\nbadger.md\n## Screenshot 3\nheron.sql", THREE),
    Shape("a title of the name", "#### Description of Screenshot 1\notter.py\n#### Description of "
          "Screenshot 2\nbadger.md", TWO),
    # Places
    Shape("first, middle, last", "First screenshot: otter.py\nMiddle screenshot: badger.md\n"
          "Last screenshot: heron.sql", THREE),
    Shape("first, second, last in bold", "**First screenshot**\notter.py\n**Second screenshot**\n"
          "badger.md\n**Last screenshot**\nheron.sql", THREE),
    Shape("a place among numbers", "**Screenshot 1:** otter.py\n\n**Middle screenshot:** badger.md"
          "\n\n**Screenshot 3:** heron.sql", THREE),
    Shape("places inside of frames", "### Screenshot 1\n**Left:** Vim\n**Right:** otter.py\n"
          "### Screenshot 2\n**Top:** badger.md\n**Bottom:** a shell", TWO),
    Shape("first, next, last", "The first screenshot: otter.py\nThe next screenshot: badger.md\n"
          "The last screenshot: heron.sql", THREE),
    # Running prose
    Shape("two labels in a line", "Screenshot 1: otter.py is open. Screenshot 2: badger.md.", TWO),
    Shape("ranges in a line", "Screenshots 1 and 2: otter.py. Screenshot 3: heron.sql.",
          (OTTER, OTTER, HERON), ((0, 1),)),
    Shape("sentences without spaces", "第一张截图显示 otter.py。第二张截图显示 badger.md。", TWO),
    Shape("labels parted by bars", "Image 1: otter.py | Image 2: badger.md | Image 3: heron.sql",
          THREE),
    Shape("labels parted by semicolons", "Frame 1 - otter.py; Frame 2 - badger.md", TWO),
    Shape("sentences", "Screenshot 1 shows otter.py. Screenshot 2 shows badger.md. In screenshot 3,"
          " heron.sql is run.", THREE),
    Shape("ordinals", "The first screenshot shows otter.py. The second one is about badger.md. The "
          "last shows heron.sql.", THREE),
    Shape("ordinals in one sentence", "In the first picture we see otter.py, while in the second, "
          "badger.md is open.", TWO),
    Shape("sentences and a closing one", "Screenshot 1 shows otter.py. Screenshot 2 shows "
          "badger.md. Overall, the developer uses heron.sql.", TWO),
    Shape("not all are told of", "Screenshot 1 shows otter.py. Screenshot 3 shows heron.sql.",
          (None,) * 3),
    Shape("numbers in brackets", "(1) Vim with otter.py. (2) Emacs with badger.md. (3) heron.sql.",
          THREE),
    Shape("numbers with dots", "Here they are: 1. otter.py in Vim 2. badger.md in Emacs", TWO),
    Shape("a sentence that looks back", "### Screenshot 1\notter.py is open. Screenshot 2 will show"
          " more.\n### Screenshot 2\nbadger.md", TWO),
    # JSON
    Shape("empty array", "[]", (None,)),
    Shape("empty object with a list", '{"screenshots": []}', (None,)),
    Shape("empty array over two lines", "[\n]", (None, None)),
    Shape("empty values", '[{"index": 1, "visible": "", "applications": []}, {"index": 2, '
          '"visible": "badger.md"}]', (None, BADGER)),
    Shape("keys in words", '{"first": {"visible": "otter.py"}, "second": {"visible": "badger.md"}}',
          TWO),
    Shape("lists of numbers", '[{"ids": [1, 2], "visible": "otter.py"}, {"ids": [3], "visible": '
          '"heron.sql"}]', (OTTER, OTTER, HERON), ((0, 1),)),
    Shape("lists of numbers as text", '{"groups": [{"frames": "1-2", "visible": "otter.py"}, '
          '{"frames": "3", "visible": "heron.sql"}]}', (OTTER, OTTER, HERON), ((0, 1),)),
    Shape("numbers of a total in JSON", '[{"screenshot": "1/2", "visible": "otter.py"}, '
          '{"screenshot": "2/2", "visible": "badger.md"}]', TWO),
    # XML
    Shape("elements with fields", '<frame index="1"><visible>otter.py</visible><apps>Vim, tmux'
          '</apps></frame><frame index="2"><visible>badger.md</visible></frame>', TWO,
          apps=("Vim", "tmux")),
    Shape("elements in a fence, with lists", "```xml\n<screenshots>\n <screenshot>\n  <id>1</id>\n"
          "  <visible>otter.py</visible>\n  <apps><app>Vim</app><app>tmux</app></apps>\n"
          " </screenshot>\n <screenshot>\n  <id>3</id>\n  <visible>heron.sql</visible>\n"
          " </screenshot>\n</screenshots>\n```", (OTTER, None, HERON), apps=("Vim", "tmux")),
    Shape("numbered elements", "<screenshot_1>otter.py</screenshot_1>\n<screenshot_2>badger.md"
          "</screenshot_2>", TWO),
    Shape("attributes alone", '<screen id="0" visible="otter.py" apps="Vim"/>\n'
          '<screen id="1" visible="badger.md" apps="Vim"/>', TWO, apps=("Vim",)),
    Shape("an element that does not end", '<frame n="1"><visible>otter.py</visible></frame>\n'
          '<frame n="2"><visible>badger.md in', TWO),
    Shape("elements of a screen", "### Screenshot 1\nHTML with <image>x</image> in otter.py\n"
          "### Screenshot 2\nbadger.md and <image>y</image>", TWO),
    # Tables
    Shape("one dash a column", "| # | Visible | Apps |\n|-|-|-|\n| 1 | otter.py | Vim |\n"
          "| 2 | badger.md | Vim |", TWO, apps=("Vim",)),
    Shape("escaped bars", "| # | Apps | Visible |\n|:-:|:--|:--|\n| 1 | Vim | `a \\| b` otter.py |"
          "\n| 2 | less | badger.md |", TWO, apps=("Vim",)),
    Shape("bars in code", "| Frame | Visible | Apps |\n|---|---|---|\n| 1 | `cat x | less` otter.py"
          " | Vim |\n| 2 | badger.md | less |", TWO, apps=("Vim",)),
    Shape("numbers of a total in a table", "| Frame | Visible |\n|---|---|\n| 1/2 | otter.py |\n"
          "| 2/2 | badger.md |", TWO),
    # What stands inside of a section
    Shape("headings of a screen", "### Screenshot 1\n1. Visible: README with\n# Title\n## Usage\n"
          "otter.py\n2. Developer action: reading\n3. Applications: Vim\n\n### Screenshot 2\n"
          "1. Visible: badger.md\n3. Applications: less", TWO, apps=("Vim",)),
    Shape("fields as headings", "# Screenshot 1\n# Visible\notter.py\n# Applications\nVim\n\n"
          "# Screenshot 2\n# Visible\nbadger.md", TWO, apps=("Vim",)),
    Shape("lists over several lines", "### Screenshot 1\n1. Visible: otter.py\n3. Applications: "
          "Vim, Visual Studio\n   Code, tmux\n\n### Screenshot 2\n1. Visible: badger.md", TWO,
          apps=("Vim", "Visual Studio Code", "tmux")),
    Shape("a section without words", "### Screenshot 1\notter.py\n\n### Screenshot 2\n\n---\n\n"
          "### Screenshot 3\nheron.sql", (OTTER, None, HERON)),
)  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=[shape.name for shape in SHAPES])
def test_a_shape_is_split(shape: Shape) -> None:
    parts = split(shape.reply, len(shape.told))
    found = []
    for frame in parts.frames:
        named = [fact for fact in FACTS if fact in (frame.text or "")]
        found.append(None if frame.text is None else " ".join(named))
    assert tuple(found) == shape.told
    assert tuple(map(tuple, parts.merged)) == shape.merged
    assert parts.surplus == 0
    if shape.apps is not None:
        assert tuple(parts.frames[0].apps or ()) == shape.apps


def test_a_value_over_several_lines_is_one_line() -> None:
    reply = "1. Visible: otter.py\n2. Developer action: Tracing a bug,\n   then mending it.\n"
    assert split(reply, 1).frames[0].activity == "Tracing a bug, then mending it."
