"""The specific things that a description names."""

import pytest

from scribebench.grading.specifics import KINDS, spans, specifics, spoken


def named(text: str) -> list[tuple[str, str]]:
    return [(specific.kind, specific.text) for specific in specifics(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A file main.py is open.", [("file", "main.py")]),
        ("README.md's text, a Makefile", [("file", "README.md"), ("file", "Makefile")]),
        ("the dotfile .gitignore", [("file", ".gitignore")]),
        ("tests/test_ttl.py:12 fails", [("path", "tests/test_ttl.py"), ("number", "12")]),
        ("in ~/src/cache, then", [("path", "~/src/cache")]),
        ("branch origin/main", [("path", "origin/main")]),
        (
            "opens C:\\Users\\Ana Maria\\Documents\\plan_v2.docx and src\\main.rs",
            [("path", "C:\\Users\\Ana Maria\\Documents\\plan_v2.docx"), ("path", "src\\main.rs")],
        ),
        ("the share \\\\nas01\\team\\notes.txt", [("path", "\\\\nas01\\team\\notes.txt")]),
        ("runs `git log --oneline` there", [("command", "git log --oneline")]),
        ("runs ``ls -l`` there", [("command", "ls -l")]),
        ("the file `notes.txt` holds", [("file", "notes.txt")]),
        ("```sh\nmake test\n```", [("command", "make test")]),
        ("calls test_fresh_entry and getValue()",
         [("identifier", "test_fresh_entry"), ("identifier", "getValue()")]),
        ("TTLCache uses time.monotonic and MAX_SIZE",
         [("identifier", "TTLCache"), ("identifier", "time.monotonic"),
          ("identifier", "MAX_SIZE")]),
        ("ticket PEBB-207 in #team-millbrook by @clara",
         [("identifier", "PEBB-207"), ("identifier", "#team-millbrook"), ("identifier", "@clara")]),
        ("with --oneline and $HOME", [("identifier", "--oneline"), ("identifier", "$HOME")]),
        ("14.5 GB (83%), 1,234 rows, $1,299.00, 1'234.50 CHF, 0.20s, 21L",
         [("number", "14.5 GB"), ("number", "83%"), ("number", "1,234"), ("number", "$1,299.00"),
          ("number", "1'234.50 CHF"), ("number", "0.20s"), ("number", "21L")]),
        ("a range of 10–20 and 18/18", [("number", "10"), ("number", "20"), ("number", "18/18")]),
        ("v2.3.1 or 0.3.0rc1", [("version", "v2.3.1"), ("version", "0.3.0rc1")]),
        ("2026-05-14, May 14, 2026, Thu 14 May and 14.05.2026",
         [("date", "2026-05-14"), ("date", "May 14, 2026"), ("date", "14 May"),
          ("date", "14.05.2026")]),
        ("at 11:46 or 10:12 AM", [("time", "11:46"), ("time", "10:12 AM")]),
        ("https://a.test/x?y=1, docs.millbrook.test/guide and ana@example.com",
         [("address", "https://a.test/x?y=1"), ("address", "docs.millbrook.test/guide"),
          ("address", "ana@example.com")]),
        ("localhost:5432, 192.168.0.1 and 127.0.0.1:8080",
         [("address", "localhost:5432"), ("address", "192.168.0.1"),
          ("address", "127.0.0.1:8080")]),
        ("the prompt tomas@kestrel:~/src/cache$",
         [("address", "tomas@kestrel"), ("path", "~/src/cache")]),
        ("commit 0662a4f at 0x7f8577ddc610", [("hash", "0662a4f"), ("hash", "0x7f8577ddc610")]),
        ("id 123e4567-e89b-12d3-a456-426614174000",
         [("hash", "123e4567-e89b-12d3-a456-426614174000")]),
        ('the message "connection refused" and “no route”',
         [("quote", "connection refused"), ("quote", "no route")]),
        ("画面显示「缓存过期」和 config.yaml，端口 8080，文件main.py。",
         [("quote", "缓存过期"), ("file", "config.yaml"), ("number", "8080"), ("file", "main.py")]),
    ],
)  # fmt: skip
def test_a_specific_thing_is_found_with_its_kind(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert named(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n ",
        "Two windows are open side by side; the left-hand pane shows a list, the right an editor.",
        "The developer is reading and/or writing; input/output, his/her, client/server, N/A, 24/7.",
        "e.g. this, i.e. that, etc. It's the user's work, the developers' tools.",
        "A JavaScript and TypeScript project on GitHub, run on macOS with Node.js and an HTTP API.",
        "Applications: Terminal, VS Code, PyCharm, IntelliJ IDEA, GIMP",
        "The 1st tab, a 3D view and the 2nd pane.",
        "It may be that the tests march on.",
        "The user saves.The file closes.",
        "file(s) and item(s)",
        "presses `Ctrl+C` and `Enter`",
        "in `Terminal` and `VS Code`",
        "Three files, two panes and a dozen tabs.",
        "URLs, PDFs and the IDs; also MUST and ONLY",
    ],
)
def test_ordinary_prose_names_nothing(text: str) -> None:
    assert named(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "### Screenshot 3\n1. Visible: a window\n2. Developer action: reads",
        "**Frame #4** (2/8)\n* Topics/projects: none",
        "Screenshots 2 and 3 of 8 look alike, as do images 1-3 and 截图 5.",
        "3) a window\n(4) another\n### 12\n- 5. more",
    ],
)
def test_numbers_of_the_reply_are_none_of_the_screen(text: str) -> None:
    assert named(text) == []


def test_numbers_at_the_start_of_a_line_are_kept_when_they_count_something() -> None:
    assert named("12 failed\n3.5 GB used") == [("number", "12"), ("number", "3.5 GB")]


def test_each_thing_stands_once_whatever_its_case() -> None:
    text = 'main.py, `main.py`, MAIN.PY and "main.py"; 42 and 42'
    assert named(text) == [("file", "main.py"), ("number", "42")]


def test_a_small_number_knows_what_it_counts() -> None:
    five = specifics("5 tests passed; later 5 errors, in 5s")
    assert [(specific.text, specific.near) for specific in five] == [
        ("5", ("tests", "passed", "later", "errors")),
        ("5s", ()),
    ]


def test_json_is_read_by_its_values() -> None:
    text = '{"visible_text": "The file `app.ts` at line 42", "apps": ["VS Code"]}'
    assert named(text) == [("file", "app.ts"), ("number", "42")]
    assert spoken("[link](x.md) in {a}") == "[link](x.md) in {a}"


def test_places_are_those_of_the_text() -> None:
    text = "1. In `make test` of src/app.ts, “no rule” at 10:12 AM\n2. PEBB-207"
    assert [text[start:end] for _, start, end in spans(text)] == [
        specific.text for specific, _, _ in spans(text)
    ]
    assert len(spans(text)) == 5


def test_every_kind_is_known() -> None:
    text = (
        'http://a.test ~/x/y main.py 0662a4f `ls -l` "so it is" a_b 2026-01-02 11:46 v1.2.3 77 GB'
    )
    assert {kind for kind, _ in named(text)} == set(KINDS)


@pytest.mark.parametrize(
    "text",
    [
        *("`" * 5000, '"' * 5001, "a." * 4000, "\\" * 3000, "1," * 4000, "~" + "/" * 5000),
        *("([{" * 2000, "_" * 5000, "a/" * 4000, "Ab" * 4000, "a:" * 400, "1:" * 400),
        *("0" * 9000, "'a" * 3000, "1: " * 3000, "a:b " * 3000),
    ],
)
def test_rubbish_takes_no_long_time(text: str) -> None:
    """A loop of a model can be long; the limit of the tests' time would be passed."""
    assert len(specifics(text)) < 20
