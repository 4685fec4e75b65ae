"""The scorers of texts, shapes, icons, charts, invoices and known failures agree with people."""

import pytest

from scribebench.grading.rubric import chart, icon, invoice, shapes, text_question
from scribebench.grading.rubric.distance import best_stretch_distance, edit_distance
from scribebench.grading.rubric.failure_modes import (
    score_dense_table,
    score_long_text,
    score_turned_text,
)
from scribebench.grading.rubric.lexicon import ARROW, NO, YES, number_of, term_of, terms
from scribebench.rubric.dice import Dice
from scribebench.rubric.families import bars, table
from scribebench.rubric.families import icon as icons
from scribebench.rubric.families import invoice as invoices
from scribebench.rubric.families import shapes as groups
from scribebench.rubric.families import text as texts
from scribebench.rubric.truths import (
    Bar,
    BarsTruth,
    IconTruth,
    InvoiceLine,
    InvoiceTruth,
    ShapeGroup,
    ShapesTruth,
    TableTruth,
    TextTruth,
)

HELLO = TextTruth("Hello World 123")
LEMON = TextTruth("BORDER lemon 4071")
TWO_KINDS = ShapesTruth((ShapeGroup(3, "red", "circle"), ShapeGroup(2, "blue", "square")))
THREE_KINDS = ShapesTruth(
    (
        ShapeGroup(4, "green", "hexagon"),
        ShapeGroup(1, "pink", "heart"),
        ShapeGroup(2, "grey", "star"),
    )
)
LETTERS = BarsTruth((Bar("A", 10), Bar("B", 25), Bar("C", 15), Bar("D", 20)), "B")
DAYS = BarsTruth((Bar("Mon", 12), Bar("Tue", 44), Bar("Wed", 31)), "Wed")
YEARS = BarsTruth((Bar("2020", 12), Bar("2021", 44), Bar("2022", 31)), "2020")
DESK = InvoiceTruth(
    "INV-2026-0115",
    "2026-01-15",
    "$",
    (
        InvoiceLine("USB-C cable", 3, 1250),
        InvoiceLine("Keyboard", 1, 8900),
        InvoiceLine("Monitor stand", 2, 3425),
    ),
)
OFFICE = InvoiceTruth(
    "INV-2023-0042",
    "2023-05-07",
    "€",
    (InvoiceLine("Office chair", 5, 29995), InvoiceLine("Paper, 500 sheets", 4, 499)),
)


def values(scored):
    return [criterion.value for criterion in scored.values()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("three red circles", [("number", 3), ("colour", "red"), ("shape", "circle")]),
        ("zwei blaue Quadrate", [("number", 2), ("colour", "blue"), ("shape", "square")]),
        ("cinco triángulos verdes", [("number", 5), ("shape", "triangle"), ("colour", "green")]),
        ("两个黄色的圆形", [("number", 2), ("colour", "yellow"), ("shape", "circle")]),
        ("赤い円が3つ", [("colour", "red"), ("shape", "circle"), ("number", 3)]),
        ("три красных круга", [("number", 3), ("colour", "red"), ("shape", "circle")]),
        ("a red cirlce", [("colour", "red"), ("shape", "circle")]),
        ("🟦▲", [("symbol", "square"), ("symbol", "triangle")]),
        ("the amount due, once, while it is white", [("colour", "white")]),
    ],
)
def test_numbers_colours_and_shapes_are_found_in_many_languages(text, expected):
    assert [(term.kind, term.value) for term in terms(text)] == expected


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("twenty-five", 25),
        ("fünfundzwanzig", 25),
        ("vingt et un", 21),
        ("quatre-vingt-douze", 92),
        ("veinticinco", 25),
        ("vijfentwintig", 25),
        ("二十五", 25),
        ("百", 100),
        ("１２", 12),
        ("blue", None),
    ],
)
def test_number_words(word, number):
    assert number_of(word) == number


def test_a_word_that_means_something_else_is_no_typo():
    assert term_of("while") is None
    assert term_of("sehen") is None
    assert term_of("traingle") == ("shape", "triangle")


def test_arrows_and_yes_and_no():
    assert [match[0] for match in ARROW.finditer("a -> b → c => d > e")] == ["->", "→", "=>", ">"]
    assert {"yes", "ja", "oui", "是"} <= YES
    assert not YES & NO


def test_edit_distances():
    assert edit_distance("kitten", "sitting") == 3
    assert edit_distance("", "abc") == 3
    assert best_stretch_distance("kitten", "a sitting cat") == 2
    assert best_stretch_distance("abc", "xxabcxx") == 0


@pytest.mark.parametrize(
    ("truth", "reply", "expected"),
    [
        (HELLO, 'The text reads "Hello World 123".', [1, 1, 1]),
        (HELLO, '{"lines": ["Hello World", "123"]}', [1, 1, 1]),
        (HELLO, "1. Hello\n2. World\n3. 123", [1, 1, 1]),
        (HELLO, 'The word "Hello", the word "World" and the number "123".', [1, 1, 1]),
        (HELLO, "hello World 123", [1, 0.5, 1]),
        (HELLO, "Hello, World! 123!", [0.5, 1, 1]),
        (HELLO, "Hello World 132", [0.5, 1, 1]),
        (HELLO, "Helo World 123", [0.5, 0.5, 1]),
        (HELLO, "Hello World one hundred and twenty-three", [0.5, 1, 1]),
        (HELLO, "Hola Mundo 123", [0, 0, 1]),
        (HELLO, "Good morning", [0, 0, 0]),
        (HELLO, "Hello World 123 in red letters", [1, 1, 0.5]),
        (HELLO, "Hello World 123\nVersion 2.0 of our great product", [0, 1, 0]),
        (HELLO, 'It does not say "Hello World 123", it says "Hello World 12".', [0.5, 1, 1]),
        (HELLO, 'Either "Hello World 123" or "Hello World 128".', [0.5, 1, 1]),
        (HELLO, '"Hello World 12". No, wait: "Hello World 123".', [1, 1, 1]),
        (HELLO, "The image shows a sunny beach.", [0, 0, 0]),
        (LEMON, "BORDER lemon 4071", [1, 1, 1]),
        (LEMON, "The image displays the text **Border Lemon 4071**.", [1, 0, 1]),
        (LEMON, "border lemon 4071", [1, 0.5, 1]),
        (LEMON, "BORDER lemon 4017", [0.5, 1, 1]),
        (LEMON, "Hello World 123", [0, 0, 0]),
    ],
)
def test_text(truth, reply, expected):
    assert values(text_question.score(reply, truth)) == expected


@pytest.mark.parametrize(
    ("truth", "reply", "expected"),
    [
        (TWO_KINDS, "There are **5** shapes:\n* 3 red circles\n* 2 blue squares", [1, 1, 1]),
        (TWO_KINDS, "1. Circle\n   - Color: Red\n   - Quantity: 3\n2. Square\n   - Color: Blue\n"
         "   - Quantity: 2\n\nTotal: 5", [1, 1, 1]),
        (TWO_KINDS, '{"total": 5, "shapes": [{"count": 3, "color": "red", "shape": "circle"}, '
         '{"count": 2, "color": "blue", "shape": "square"}]}', [1, 1, 1]),
        (TWO_KINDS, "| # | Shape | Color |\n|---|---|---|\n| 1 | Circle | Red |\n| 2 | Circle | "
                    "Red |\n"
         "| 3 | Circle | Red |\n| 4 | Square | Blue |\n| 5 | Square | Blue |", [1, 1, 1]),
        (TWO_KINDS, "🔴🔴🔴🟦🟦", [0.5, 1, 1]),
        (TWO_KINDS, "3 red dots + 2 blue boxes = 5", [1, 1, 1]),
        (TWO_KINDS, "There are two types of shapes, 5 in total.", [1, 0, 0]),
        (TWO_KINDS, "There are 4 shapes: 3 red circles and 1 blue square.", [0, 0.5, 1]),
        (TWO_KINDS, "6 shapes. Wait, 5 shapes: 3 blue circles, 2 blue squares.", [1, 1, 0.5]),
        (TWO_KINDS, "5 or 6 shapes: 3 red circles, 2 or 3 blue squares", [0.5, 0.75, 1]),
        (TWO_KINDS, "5 shapes: 3 red circles, 2 blue rectangles, no triangles", [1, 0.75, 1]),
        (TWO_KINDS, "Five shapes: 3 red circles, 2 blue squares and 1 green star", [1, 0.5, 1]),
        (THREE_KINDS, "7 shapes: four green hexagons, a pink heart and two gray stars", [1, 1, 1]),
        (THREE_KINDS, "Es gibt 7 Formen: 4 grüne Sechsecke, 1 rosa Herz und 2 graue "
                      "Sterne.", [1, 1, 1]),
    ],
)  # fmt: skip
def test_shapes(truth, reply, expected):
    assert values(shapes.score(reply, truth)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("kind", "colour", "reply", "expected"),
    [
        ("folder", "yellow", "This icon represents a **folder**, used to store files.", [1, 1]),
        ("folder", "yellow", "A yellow folder", [1, 0.5]),
        ("folder", "yellow", "A blue folder", [1, 0]),
        ("folder", "yellow", "Es handelt sich um ein Ordnersymbol.", [1, 0]),
        ("folder", "yellow", "📁", [1, 0]),
        ("folder", "yellow", "The File Explorer icon", [0.5, 0]),
        ("folder", "yellow", "It is a document.", [0, 0]),
        ("folder", "yellow", "It is not a folder but an envelope.", [0, 0]),
        ("folder", "yellow", "A folder, a wallet, a book or an envelope", [0, 0]),
        ("folder", "yellow", "A yellow briefcase with a tab and rounded corners", [0, 0.5]),
        ("magnifier", "light blue", "A magnifying glass that represents search", [1, 1]),
        ("magnifier", "light blue", "A frying pan", [0, 0]),
        ("trash_bin", "dark grey", "A gray bin with a lid", [1, 1]),
        ("gear", "red", "Settings", [1, 0]),
        ("padlock", "turquoise", "A turquoise lock", [1, 0.5]),
        ("clock", "brown", "A folder", [0, 0]),
    ],
)
def test_icon(kind, colour, reply, expected):
    assert values(icon.score(reply, IconTruth(kind, colour))) == expected


@pytest.mark.parametrize("kind", icons.ICONS)
def test_every_icon_that_is_drawn_has_its_words(kind):
    name = kind.replace("_", " ")
    assert icon.score(f"This icon represents a {name}.", IconTruth(kind, "red"))[
        "identification"
    ].value == 1  # fmt: skip


@pytest.mark.parametrize(
    ("truth", "reply", "expected"),
    [
        (LETTERS, "**Value of bar B:** 25\n**Highest bar:** B", [1, 1, 1]),
        (LETTERS, "1. 25\n2. B", [1, 1, 1]),
        (LETTERS, "A, B, C and D have the values 10, 25, 15 and 20.", [1, 0.5, 1]),
        (LETTERS, '{"bar_B": 25, "highest": {"bar": "B", "value": 25}}', [1, 1, 1]),
        (LETTERS, "Le barre B a une valeur de 25. C'est la barre la plus haute.", [1, 1, 1]),
        (LETTERS, "Bar B is 20 and D is the highest.", [0, 0, 0]),
        (LETTERS, "Bar B is 24; it is the highest.", [0, 1, 0.5]),
        (LETTERS, "B is 25% and the tallest.", [1, 1, 0.5]),
        (LETTERS, "B is 25 and highest. A is 12.", [1, 1, 0]),
        (LETTERS, "Comparing A (10), B (25), C (15) and D (20), the tallest bar is B.", [1, 1, 1]),
        (LETTERS, "x = 4", [0, 0, 0]),
        (DAYS, "The value of Wed is 31. Tuesday is highest.", [1, 1, 1]),
        (DAYS, "Wed is 44 and it is the highest.", [0, 0, 0]),
        (YEARS, "2020: 12. Highest: 2021 (44).", [1, 1, 1]),
        (YEARS, "12, 2021", [1, 1, 1]),
    ],
)
def test_chart(truth, reply, expected):
    assert values(chart.score(reply, truth)) == expected


@pytest.mark.parametrize(
    ("truth", "reply", "expected"),
    [
        (DESK, "The **total amount** is:\n\n### $195.00", [1, 1, 1]),
        (DESK, "37.50 + 89.00 + 68.50 = 195.00", [1, 0, 1]),
        (DESK, "Total = 37.50 + 89.00 + 68.50 = $195.00", [1, 1, 1]),
        (DESK, "one hundred ninety-five dollars", [1, 0, 1]),
        (DESK, "Amount: 195,00 $", [1, 0.5, 1]),
        (DESK, "The total is not $195.00 but $159.00.", [0, 1, 1]),
        (DESK, "Total: $89.00", [0, 0, 1]),
        (DESK, "Total: $4,820.00", [0, 0, 0]),
        (DESK, "Total: $195.00 (including $15.60 tax)", [1, 1, 0]),
        (DESK, "Total: $195.00, invoice INV-2026-0116", [1, 1, 0.5]),
        (DESK, "Total: $195.00 for 2 USB-C cables", [1, 1, 0.5]),
        (DESK, "Either a total of $195.00 or $196.00", [0.5, 1, 1]),
        (DESK, "Bar B is highest.", [0, 0, 0]),
        (OFFICE, "Gesamtbetrag: 1.519,71 €", [1, 1, 1]),
        (OFFICE, "Le montant total est de 1 519,71 €.", [1, 1, 1]),
        (OFFICE, "The total is $1,519.71.", [1, 1, 0.5]),
        (OFFICE, "Office chair 5 299.95 1499.75\nPaper, 500 sheets 4 4.99 19.96\nTotal 1519.71",
         [0.5, 1, 1]),
    ],
)  # fmt: skip
def test_invoice(truth, reply, expected):
    assert values(invoice.score(reply, truth)) == expected


TABLE = TableTruth(
    ("Service", "Port", "Commit"),
    (
        ("auth-eu-01", "8271", "51a4eca"),
        ("auth-eu-02", "8144", "5e95228"),
        ("mail-eu-01", "8090", "a2a836e"),
    ),
    (1, 2),
)  # fmt: skip


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("5e95228", 1),
        ("The value in column Commit of the row auth-eu-02 is `5e95228`.", 1),
        ('{"auth-eu-02": {"Port": "8144", "Commit": "5e95228"}}', 1),
        ("It is 5e95228 or 51a4eca.", 0.5),
        ("Not 51a4eca but 5e95228", 1),
        ("5e95228. Wait, it is 51a4eca.", 0),
        ("51a4eca", 0),
        ("5e952281", 0),
        ("I do not find that row.", 0),
    ],
)
def test_dense_table(reply, expected):
    assert score_dense_table(reply, TABLE)["value"].value == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("12345678901234567890\na1b2c3d4e5f6a7b8c9d0", 1),
        ("The text is:\n1. `12345678901234567890`\n2. `a1b2 c3d4 e5f6 a7b8 c9d0`", 1),
        ("12345678901234567890", 0.5),
        ("12345678901234567899\na1b2c3d4e5f6a7b8c9", 0.925),
        ("The picture shows numbers that nobody can read, I am afraid.", 0),
    ],
)
def test_long_text(reply, expected):
    truth = TextTruth("12345678901234567890\na1b2c3d4e5f6a7b8c9d0")
    assert score_long_text(reply, truth)["characters"].value == pytest.approx(expected)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ('The text is upside down; it reads "Morning Train 274".', [1, 1]),
        ("Morning Brain 274", [0.5, 1]),
        ("ᔭLᄅ uᴉɐɹ⊥ ƃuᴉuɹoW", [0, 0]),
    ],
)
def test_turned_text(reply, expected):
    assert values(score_turned_text(reply, TextTruth("Morning Train 274"))) == expected


@pytest.mark.parametrize("variant", range(1, 25))
def test_plain_right_replies_to_any_variant_earn_everything(variant):
    """Nothing is made for variant 0 alone."""
    dice = Dice(f"scorers {variant}")
    shown = texts.vary(dice, variant)
    assert values(text_question.score(f'It says "{shown.text}".', shown)) == [1, 1, 1]
    counted = groups.vary(dice, variant)
    listed = ", ".join(f"{group.count} {group.colour} {group.shape}s" for group in counted.groups)
    assert values(shapes.score(f"{counted.total} shapes: {listed}", counted)) == pytest.approx(
        [1, 1, 1]
    )
    chart_truth = bars.vary(dice, variant)
    said = f"Bar {chart_truth.asked} is {chart_truth.asked_value}. Highest: {chart_truth.highest}."
    assert values(chart.score(said, chart_truth)) == [1, 1, 1]
    bill = invoices.vary(dice, variant)
    said = f"The total amount is {bill.currency}{bill.total_cents / 100:,.2f}."
    assert values(invoice.score(said, bill)) == [1, 1, 1]
    cells = table.vary(dice, variant)
    assert score_dense_table(f"The value is {cells.answer}.", cells)["value"].value == 1
