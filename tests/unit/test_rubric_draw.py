"""The drawn rubric: canonical items, variants that differ, pictures that show what is true."""

import ast
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from PIL import Image

import audit_rubric
from scribebench.errors import ScribebenchError
from scribebench.files import sha256_file
from scribebench.frames.read import Line, Reading
from scribebench.project.documents import read_yaml
from scribebench.rubric import audit
from scribebench.rubric.audit import (
    Picture,
    audit_question,
    illegible,
    likeness,
    make_picture,
    read_texts,
)
from scribebench.rubric.dice import Dice
from scribebench.rubric.draw import SKETCHES, draw
from scribebench.rubric.draw.icon import ICONS as DRAWN_ICONS
from scribebench.rubric.draw.sketch import Area, Sketch, Stroke, Text, rectangle, render
from scribebench.rubric.draw.strokes import _STROKES
from scribebench.rubric.eyes import look
from scribebench.rubric.families.equation import LETTERS
from scribebench.rubric.families.icon import ICONS
from scribebench.rubric.items import FAMILIES, Item, make_item
from scribebench.rubric.save import image_name, read_items, save_rubric
from scribebench.rubric.sources import FOLDER, programs, questions
from scribebench.rubric.stated import contradiction, texts
from scribebench.rubric.truth_json import truth_from_json, truth_to_json
from scribebench.rubric.truths import (
    Bar,
    BarsTruth,
    CodeTruth,
    Difference,
    DifferencesTruth,
    GridTruth,
    IconTruth,
    PanelObject,
    ShapeGroup,
    ShapesTruth,
    TextTruth,
    Truth,
)
from unit.test_read import AT

VARIANTS = 6
QUESTIONS = tuple(FAMILIES)
AVERAGE = """\
def average(numbers):
    total = 0
    for n in numbers:
        total += n
    return total / (len(numbers) - 1)"""


# --- items ---------------------------------------------------------------------------------------


def test_each_question_has_a_family_and_a_sketch() -> None:
    assert set(questions()) == set(FAMILIES) == set(SKETCHES)


@pytest.mark.parametrize(
    ("question", "prompt", "facts"),
    [
        ("VL-T1-Q1", "What text is shown in this image?", {"text": "Hello World 123"}),
        (
            "VL-T1-Q2",
            "How many shapes are in this image? List them.",
            {"groups": (ShapeGroup(3, "red", "circle"), ShapeGroup(2, "blue", "square"))},
        ),
        ("VL-T1-Q3", "What does this icon represent?", {"icon": "folder", "colour": "yellow"}),
        (
            "VL-T2-Q1",
            "What is the value of bar B? Which bar has the highest value?",
            {
                "bars": (Bar("A", 10), Bar("B", 25), Bar("C", 15), Bar("D", 20)),
                "asked_value": 25,
                "highest": "B",
            },
        ),
        (
            "VL-T2-Q2",
            "Extract the total amount from this invoice.",
            {"number": "INV-2026-0115", "date": "2026-01-15", "total_cents": 19500},
        ),
        (
            "VL-T2-Q3",
            "What does this code do? Is there a bug?",
            {"program": "mean_len_minus_one", "code": AVERAGE},
        ),
        ("VL-T3-Q1", "Solve the equation shown in the image.", {"solution": 4, "letter": "x"}),
        (
            "VL-T3-Q2",
            "Trace the path if input > 10 and flag = true",
            {"start": "Start", "end": "Run job"},
        ),
        (
            "VL-T3-Q3",
            "Find all differences between these two images.",
            {
                "differences": (
                    Difference("red", "circle", "missing", None, None),
                    Difference("blue", "square", "colour", "blue", "green"),
                    Difference("orange", "triangle", "rotation", "up", "down"),
                )
            },
        ),
        (
            "VL-T3-Q4",
            "What shape should go in the empty cell? Explain the pattern.",
            {"answer": "square", "empty": (2, 2)},
        ),
    ],
)
def test_variant_0_is_the_canonical_item(question: str, prompt: str, facts: dict) -> None:
    item = make_item(question, 0)
    assert item.prompt == prompt
    assert {name: getattr(item.truth, name) for name in facts} == facts


def test_the_prompts_of_variants_name_what_is_drawn() -> None:
    bars = make_item("VL-T2-Q1", 1)
    assert isinstance(bars.truth, BarsTruth)
    assert f"bar {bars.truth.asked}?" in bars.prompt
    table = make_item("VL-FM-Q2", 1).prompt
    assert "{" not in table and "column Service" not in table


def test_chance_is_the_same_on_every_machine() -> None:
    dice = Dice("a name")
    assert [dice.between(0, 99) for _ in range(8)] == [13, 0, 37, 59, 89, 82, 62, 79]
    assert dice.shuffled("abc") == ["b", "a", "c"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_hundreds_of_variants_differ_and_none_contradicts_itself(question: str) -> None:
    truths = [make_item(question, variant).truth for variant in range(200)]
    assert len(set(truths)) == len(truths)
    assert {contradiction(truth) for truth in truths} == {None}


def test_a_family_that_has_no_more_variants_says_so() -> None:
    with pytest.raises(ScribebenchError, match="ask for fewer"):
        for variant in range(3 * len(ICONS) * 10):
            make_item("VL-T1-Q3", variant)


def test_the_first_variants_show_all_icons_and_all_programs() -> None:
    icons = [make_item("VL-T1-Q3", variant).truth for variant in range(len(ICONS))]
    assert {truth.icon for truth in icons if isinstance(truth, IconTruth)} == set(ICONS)
    codes = [make_item("VL-T2-Q3", variant).truth for variant in range(len(programs()))]
    assert {code.program for code in codes if isinstance(code, CodeTruth)} == set(programs())


@pytest.mark.parametrize("program", sorted(programs()))
def test_the_names_of_a_program_leave_no_role_open(program: str) -> None:
    roles = programs()[program]["names"]
    code = programs()[program]["code"]
    for role, names in roles.items():
        assert "{" + role + "}" in code
        code = code.replace("{" + role + "}", names[0])
    ast.parse(code)


def test_everything_that_can_be_chosen_can_be_drawn() -> None:
    assert set(ICONS) == set(DRAWN_ICONS)
    assert set(ICONS) <= set(read_yaml(FOLDER / "icons.yaml")["icons"])
    assert set(LETTERS) <= set(_STROKES)


# --- truths as JSON ------------------------------------------------------------------------------


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_truth_survives_being_written(question: str) -> None:
    for variant in range(VARIANTS):
        truth = make_item(question, variant).truth
        assert truth_from_json(truth_to_json(truth)) == truth


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '{"text": "a"}',
        '{"type": "Bar", "label": "A", "value": 1}',
        '{"type": "TextTruth", "text": 1}',
        '{"type": "TextTruth", "text": "a", "more": 1}',
        '{"type": "GridTruth", "rows": [["a", "b", "c"]], "empty": [0, 0]}',
    ],
    ids=["a list", "no type", "a part", "a number", "unknown field", "too few rows"],
)
def test_what_is_no_truth_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        truth_from_json(text)


# --- pictures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", QUESTIONS)
def test_pictures_are_whole_and_show_what_is_true(question: str) -> None:
    audited = audit_question(question, VARIANTS, None)
    assert audited.faults == ()
    assert audited.least_tokens >= audit.LEAST_TOKENS


def test_the_text_of_the_canonical_pictures_can_be_read(tmp_path: Path) -> None:
    with_text = [one for one in QUESTIONS if one not in audit.LOOKS]
    pictures = [make_picture(make_item(question, 0)) for question in with_text]
    read = read_texts(pictures, tmp_path, 1)
    assert [question for question, _ in read] == with_text
    assert [what for shares in read.values() for what in illegible(shares)] == []


def test_what_cannot_be_read_is_found(tmp_path: Path) -> None:
    """A truth that is not what is drawn stands for text that nobody can read."""
    one = make_picture(make_item("VL-T1-Q1", 0))
    false = one._replace(item=one.item._replace(truth=TextTruth("Quiet River 48")))
    (shares,) = read_texts([false], tmp_path, 1).values()
    assert "of 'Quiet River 48'" in next(iter(illegible(shares)))


def test_a_larger_picture_shows_the_same() -> None:
    item = make_item("VL-T1-Q2", 3)
    small, large = draw(item), draw(item, 2.5)
    assert (small.width, large.width) == (640, 1600)
    assert len(look(small)) == len(look(large))


def test_turned_text_is_upside_down() -> None:
    item = make_item("VL-FM-Q1", 0)
    upright = draw(item._replace(question="VL-T1-Q1"))
    assert draw(item) == upright.transpose(Image.Transpose.ROTATE_180)


# --- saving --------------------------------------------------------------------------------------


def test_the_list_holds_what_was_drawn(tmp_path: Path) -> None:
    saved = list(save_rubric(["VL-T1-Q3", "VL-T2-Q1"], 2, 1.5, tmp_path))
    assert read_items(tmp_path / "items.jsonl") == saved
    assert [one.item for one in saved] == [
        make_item(question, variant) for question in ("VL-T1-Q3", "VL-T2-Q1") for variant in (0, 1)
    ]
    for one in saved:
        assert sha256_file(tmp_path / one.image) == one.image_sha256
        with Image.open(tmp_path / one.image) as image:
            assert image.size == (one.width_px, one.height_px) == (960, 720)
    row = json.loads((tmp_path / "items.jsonl").read_text().splitlines()[0])
    assert row["truth"] == {"type": "IconTruth", "icon": "folder", "colour": "yellow"}


def test_a_file_name_tells_nothing() -> None:
    names = {image_name(make_item(one, variant)) for one in QUESTIONS for variant in (0, 1)}
    assert len(names) == 2 * len(QUESTIONS)
    assert all(len(name) == 20 and name.endswith(".png") for name in names)


# --- the audit finds what is wrong ---------------------------------------------------------------


def picture(question: str, truth: Truth, marks: Iterable = (), prompt: str = "What?") -> Picture:
    sketch = Sketch(320, tuple(marks))
    return Picture(Item(question, 0, prompt, truth), sketch, render(sketch), "0" * 64)


def faults(one: Picture) -> list[str]:
    return [what for check in audit.CHECKS for what in check(one)]


WORD = Text("word", 320, 160, 40, "mm")
TRUE = TextTruth("word")


@pytest.mark.parametrize(
    ("marks", "prompt", "fault"),
    [
        ([WORD._replace(x=620)], "What?", "'word' comes within"),
        ([WORD, Stroke(((300, 300), (300, 330)), 2)], "What?", "'a line' comes within"),
        ([WORD, WORD._replace(y=175)], "What?", "'word' and 'word' overlap"),
        ([WORD, Stroke(((200, 100), (440, 220)), 2)], "What?", "a line runs through 'word'"),
        ([WORD._replace(size=9)], "What?", "'word' is 9.0 px high"),
        ([WORD._replace(colour=(200, 200, 200))], "What?", "'word' is too pale"),
        ([WORD], "Where is the Word?", "its prompt holds the answer 'word'"),
    ],
    ids=[
        "cut off",
        "line cut off",
        "overlap",
        "crossed",
        "too small",
        "too pale",
        "answer in the prompt",
    ],
)
def test_a_bad_picture_of_text_is_found(marks: list, prompt: str, fault: str) -> None:
    assert faults(picture("VL-T1-Q1", TRUE, [WORD])) == []
    assert any(fault in one for one in faults(picture("VL-T1-Q1", TRUE, marks, prompt)))


def test_objects_that_touch_are_found() -> None:
    marks = [
        Area(rectangle(100 + 40 * n, 100, 150 + 40 * n, 150), (214, 32, 38), "red square")
        for n in range(2)
    ]
    truth = ShapesTruth((ShapeGroup(2, "red", "square"),))
    found = faults(picture("VL-T1-Q2", truth, marks))
    assert "'red square' and 'red square' overlap" in found
    assert any("instead of" in one for one in found)


@pytest.mark.parametrize(
    ("question", "change"),
    [
        ("VL-T1-Q2", lambda truth: truth._replace(groups=truth.groups[:1])),
        ("VL-T1-Q3", lambda truth: truth._replace(colour="purple")),
        ("VL-T3-Q3", lambda truth: truth._replace(right=truth.left)),
        ("VL-T3-Q4", lambda truth: truth._replace(rows=truth.rows[::-1])),
    ],
)
def test_a_picture_that_shows_something_else_is_found(question: str, change) -> None:
    true = make_picture(make_item(question, 0))
    assert list(audit.LOOKS[question].check(true)) == []
    false = true._replace(item=true.item._replace(truth=change(true.item.truth)))
    assert list(audit.LOOKS[question].check(false)) != []


SQUARE, CIRCLE = PanelObject("red", "square", "middle"), PanelObject("blue", "circle", "top left")


@pytest.mark.parametrize(
    ("truth", "why"),
    [
        (TextTruth(" "), "no text"),
        (ShapesTruth((ShapeGroup(1, "red", "star"), ShapeGroup(1, "blue", "star"))), "twice"),
        (BarsTruth((Bar("A", 2), Bar("B", 2)), "A"), "one height"),
        (BarsTruth((Bar("A", 2), Bar("B", 3)), "C"), "not there"),
        (CodeTruth("a", "def f(:"), "no Python"),
        (CodeTruth("a", "x = 1  # wrong"), "comment"),
        (DifferencesTruth((SQUARE,), (SQUARE,), ()), "three differences"),
        (
            DifferencesTruth(
                (SQUARE, CIRCLE),
                (SQUARE,),
                (Difference("blue", "circle", "colour", "blue", "red"),) * 3,
            ),
            "told wrongly",
        ),
        (GridTruth((("a", "b", "c"), ("b", "c", "a"), ("c", "b", "a")), (0, 0)), "twice"),
    ],
)
def test_a_truth_that_contradicts_itself_is_found(truth: Truth, why: str) -> None:
    assert why in (contradiction(truth) or "")


def test_equal_variants_are_found() -> None:
    one = make_picture(make_item("VL-T1-Q1", 0))
    assert list(audit._alike([one, one])) == [
        (1, "its picture is that of variant 0"),
        (1, "its truth is that of variant 0"),
    ]


@pytest.mark.parametrize(
    ("text", "read", "least", "most"),
    [
        ("Hello World 123", ["Hello World 123"], 1, 1),
        ("Hello World 123", ["hello", "nothing", "World 123"], 0.6, 0.8),
        ("total += n", ["  total += n"], 1, 1),
        ("0123456789", ["0123456780"], 0.85, 0.95),
        ("8m - 9 = 47, solve for m", ["8m – 9 = 47,", "solve for m"], 1, 1),
        ("word", [], 0, 0),
        ("word", ["quite another thing"], 0, 0.5),
    ],
)
def test_likeness_is_the_share_that_was_read(
    text: str, read: list[str], least: float, most: float
) -> None:
    lines = [Line(one, 1.0, 0, 20.0 * n, 100, 20.0 * n + 15) for n, one in enumerate(read)]
    assert least <= likeness(text, Reading(lines, "r", 1, AT, "m")) <= most


def test_single_characters_are_not_looked_for() -> None:
    assert "A" not in texts(make_item("VL-T2-Q1", 0).truth)


def test_the_command_names_each_item_that_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    command = ["audit_rubric.py", "--variants", "2", "--questions", "VL-T1-Q2", "--out"]
    monkeypatch.setattr(sys, "argv", [*command, str(tmp_path)])
    audit_rubric.main()
    assert "VL-T1-Q2   2         counts, colours and shapes seen" in capsys.readouterr().out
    monkeypatch.setattr(audit, "LEAST_TOKENS", 10_000)
    with pytest.raises(ScribebenchError, match="2 faults"):
        audit_rubric.main()
    assert "VL-T1-Q2 variant 1: it has 300 image tokens" in capsys.readouterr().out


def test_weights_that_do_not_sum_to_1_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(list(audit._weights(question)) == [] for question in QUESTIONS)
    wrong = {"VL-T1-Q1": {"criteria": {"exact_text": {"weight": 0.7}}}}
    monkeypatch.setattr(audit, "questions", lambda: wrong)
    assert list(audit._weights("VL-T1-Q1")) == ["the weights sum to 0.7"]
