"""The gate: what its picture shows, and which replies to its question pass."""

import re
import time

import cv2
import numpy as np
import pytest

from scribebench.backends.base import SentImage
from scribebench.files import sha256_bytes
from scribebench.probe.gate import LEFT, QUESTION, RIGHT, WORD, Verdict, draw, fixture, judge
from scribebench.probe.verdict import BROKEN, WORDS, WORKS, why_broken
from unit.fake_backend import RIGHT_REPLY, reply

WIDTHS_PX = (320, 640, 1000, 1920)


# --- the picture ---------------------------------------------------------------------------------


def pixels(image: SentImage) -> np.ndarray:
    """The picture as BGR, from the bytes that are sent."""
    return cv2.imdecode(np.frombuffer(image.data, np.uint8), cv2.IMREAD_COLOR)


def box_of(mask: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, width and height of what a mask marks."""
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    return columns[0], rows[0], np.ptp(columns) + 1, np.ptp(rows) + 1


@pytest.mark.parametrize("width_px", WIDTHS_PX)
def test_the_picture_has_its_size_and_says_so(width_px: int) -> None:
    image = draw(width_px)
    height, width, _ = pixels(image).shape
    assert (image.width_px, image.height_px) == (width, height)
    assert width == width_px
    assert height == pytest.approx(width_px * 9 / 16, abs=1)
    assert image.media_type == "image/png"
    assert image.sha256 == sha256_bytes(image.data)


@pytest.mark.parametrize("width_px", WIDTHS_PX)
@pytest.mark.parametrize(("side", "colour"), [("left", LEFT), ("right", RIGHT)])
def test_a_square_has_its_colour_on_its_side(
    width_px: int, side: str, colour: tuple[str, tuple[int, int, int]]
) -> None:
    picture = pixels(draw(width_px))
    name, bgr = colour
    left, top, width, height = box_of((picture == bgr).all(axis=2))
    # Nothing but one whole square has this colour, and it is large enough for any eye.
    assert (picture[top : top + height, left : left + width] == bgr).all()
    assert width == pytest.approx(height, abs=2)
    assert width == pytest.approx(120 * width_px / 640, abs=3)
    middle = left + width / 2
    assert (middle < width_px / 2) == (side == "left")
    # By far the strongest channel is the one that the name says.
    strongest = {"blue": 0, "green": 1, "red": 2}[name]
    assert bgr[strongest] > 2 * max(value for n, value in enumerate(bgr) if n != strongest)


@pytest.mark.parametrize("width_px", WIDTHS_PX)
def test_the_word_is_large_black_on_white_and_whole(width_px: int) -> None:
    picture = pixels(draw(width_px))
    black = (picture < 40).all(axis=2)
    left, top, width, height = box_of(black)
    scale = width_px / 640
    assert height >= 60 * scale, "letters of a tenth of the picture and more"
    assert width >= 300 * scale
    # Nothing is cut off at an edge, nor covered by a square.
    assert left > 10 * scale and top > 10 * scale
    assert left + width < width_px - 10 * scale
    assert top + height < box_of((picture == LEFT[1]).all(axis=2))[1]
    around = picture[: round(5 * scale)]
    assert (around == 255).all()
    # As many separate strokes of ink as the word has letters: none runs into the next.
    inked = (picture < 128).all(axis=2)[top : top + height].any(axis=0)
    assert np.count_nonzero(np.diff(inked.astype(int)) == 1) == len(WORD)


def test_the_picture_is_the_same_each_time() -> None:
    assert draw(640) == draw(640)
    assert fixture().image == draw(640)


def test_the_answer_is_not_in_the_question() -> None:
    words = set(re.findall(r"\w+", fixture().question.lower()))
    assert not words & {WORD.lower(), LEFT[0], RIGHT[0]}
    assert not judge(reply(QUESTION)).reads_word
    assert not judge(reply(QUESTION)).tells_colours


# --- replies -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        RIGHT_REPLY,
        RIGHT_REPLY.upper(),
        "Word: Harbor\nLeft: Red\nRight: Blue\n",
        "word:HARBOR\nleft:red\nright:blue",
        "word = HARBOR\nleft = red\nright = blue",
        "word: HARBOR\r\nleft: red\r\nright: blue\r\n",
        "\n\n  word: HARBOR\n\n  left: red\n\n  right: blue\n\n",
        "left: red\nright: blue\nword: HARBOR",
        "**word:** HARBOR\n**left:** red\n**right:** blue",
        "**Word**: HARBOR\n**Left**: red\n**Right**: blue",
        "**word: HARBOR**\n**left: red**\n**right: blue**",
        "- word: HARBOR\n- left: red\n- right: blue",
        "* **word**: `HARBOR`\n* **left**: `red`\n* **right**: `blue`",
        "• word: HARBOR\n• left: red\n• right: blue",
        "1. word: HARBOR\n2. left: red\n3. right: blue",
        "1) **Word:** HARBOR\n2) **Left:** red\n3) **Right:** blue",
        "> word: HARBOR\n> left: red\n> right: blue",
        "### word: HARBOR\n### left: red\n### right: blue",
        "```\nword: HARBOR\nleft: red\nright: blue\n```",
        '"word": "HARBOR",\n"left": "red",\n"right": "blue"',
        'word: "HARBOR".\nleft: red.\nright: blue.',
        "word: (HARBOR)\nleft: (red)\nright: (blue)",
        "word: H A R B O R\nleft: red\nright: blue",
        "word: H-A-R-B-O-R\nleft: red\nright: blue",
        "word: HARBOR\nleft: bright red\nright: dark blue (#143cdc)",
        "word: HARBOR\nleft square: red\nright square: blue",
        "The word: HARBOR\nThe left square: red\nThe right square: blue",
        "Here is what I see:\n\nword: HARBOR\nleft: red\nright: blue\n\nIs there more to do?",
        "word: The word is HARBOR\nleft: It is red\nright: It is blue",
        "word: (the word)\nleft: (the colour)\nright: (the colour)\n\n" + RIGHT_REPLY,
    ],
)
def test_a_right_answer_passes_however_it_is_adorned(content: str) -> None:
    assert judge(reply(content)) == Verdict(True, True, True, True)
    assert judge(reply(content)).passed


@pytest.mark.parametrize("thinking", ["", "The word is TANKER. No, left: blue"])
def test_what_was_thought_is_not_judged(thinking: str) -> None:
    assert judge(reply(RIGHT_REPLY, thinking=thinking)).passed


WRONG = [
    # content, and what must be found wrong with it
    ("", {"reads_word", "tells_colours", "keeps_form"}),
    ("   \n\n", {"reads_word", "tells_colours", "keeps_form"}),
    (":::\n===\nword\nleft\nright", {"reads_word", "tells_colours", "keeps_form"}),
    ("word: TANKER\nleft: red\nright: blue", {"reads_word"}),
    ("word: HARBORS\nleft: red\nright: blue", {"reads_word"}),
    ("word: HARB0R\nleft: red\nright: blue", {"reads_word"}),
    ("word: ROBRAH\nleft: red\nright: blue", {"reads_word"}),
    ("word: with arbor\nleft: red\nright: blue", {"reads_word"}),
    ("word:\nleft: red\nright: blue", {"reads_word"}),
    ("word: none\nleft: red\nright: blue\nHARBOR", {"reads_word"}),
    ("word: HARBOR\nleft: blue\nright: red", {"tells_colours"}),
    ("word: HARBOR\nleft: red\nright: red", {"tells_colours"}),
    ("word: HARBOR\nleft: green\nright: blue", {"tells_colours"}),
    ("word: HARBOR\nleft: red\nright:", {"tells_colours"}),
    ("word: HARBOR\nleft:\nright: blue", {"tells_colours"}),
    ("word: HARBOR\nleft: red or blue\nright: red or blue", {"tells_colours"}),
    ("word: HARBOR\nleft: rendered\nright: blueprint", {"tells_colours"}),
    ("word: HARBOR\nleft: red\nright: blue\nleft: blue", {"tells_colours"}),
    ("word: HARBOR\nleft: red", {"tells_colours", "keeps_form"}),
    ("word: HARBOR\nright: blue", {"tells_colours", "keeps_form"}),
    ("left: red\nright: blue", {"reads_word", "keeps_form"}),
    ("HARBOR\nred\nblue", {"tells_colours", "keeps_form"}),
    (
        "The picture shows the word HARBOR, a red square on the left and a blue one on the right.",
        {"tells_colours", "keeps_form"},
    ),
    ("word: HARBOR, left: red, right: blue", {"keeps_form"}),
    ('{"word": "HARBOR", "left": "red", "right": "blue"}', {"keeps_form"}),
    ("mot : HARBOR\ngauche : rouge\ndroite : bleu", {"tells_colours", "keeps_form"}),
    ("Wort: HARBOR\nlinks: rot\nrechts: blau", {"tells_colours", "keeps_form"}),
    ("单词: HARBOR\n左: 红色\n右: 蓝色", {"tells_colours", "keeps_form"}),
    ("word: HARBOR\nleft: 红色\nright: 蓝色", {"tells_colours"}),
    ("I'm sorry, but I can't see any picture.", {"reads_word", "tells_colours", "keeps_form"}),
    ("<unk>" * 60, {"reads_word", "tells_colours", "keeps_form"}),
    ("\0\x1b[2Jword\u202e: HARBOR", {"tells_colours", "keeps_form"}),
    ("</details><script>left: red</script>", {"reads_word", "tells_colours", "keeps_form"}),
    (QUESTION, {"reads_word", "tells_colours"}),
]


@pytest.mark.parametrize(("content", "faults"), WRONG)
def test_a_wrong_answer_fails_for_what_is_wrong(content: str, faults: set[str]) -> None:
    verdict = judge(reply(content))
    assert {name for name, holds in verdict._asdict().items() if not holds} == faults
    assert not verdict.passed


@pytest.mark.parametrize(
    "reason", ["length", "context", "repeat_abort", "client_timeout", "error", "incomplete"]
)
def test_a_right_answer_that_did_not_stop_fails(reason: str) -> None:
    looped = reply((RIGHT_REPLY + "\n") * 40, finish_reason=reason)
    assert judge(looped) == Verdict(True, True, True, False)


def test_thinking_alone_is_no_answer() -> None:
    thought = reply("", thinking=RIGHT_REPLY)
    assert judge(thought) == Verdict(False, False, False, True)


@pytest.mark.parametrize(
    "content",
    [
        "\n" * 500_000,
        "word: " + "*" * 500_000 + "x",
        "word: " + ("*" * 700 + "x") * 700,
        "H" * 500_000,
        ("H" + " " * 99) * 5000,
        "left: " + "red" * 150_000,
    ],
)
def test_a_reply_made_to_be_slow_to_read_is_not(content: str) -> None:
    begin = time.monotonic()
    assert not judge(reply(content)).passed
    assert time.monotonic() - begin < 5


# --- in words ------------------------------------------------------------------------------------


def found(verdict: Verdict, error: str | None = None) -> dict:
    return {
        "verdict": WORKS if verdict.passed else BROKEN,
        "gate": verdict._asdict(),
        "gate_reply": {"error_message": error},
    }


def test_each_fault_has_its_words() -> None:
    assert set(WORDS) == set(Verdict._fields)
    assert len(set(WORDS.values())) == len(WORDS)
    for name, words in WORDS.items():
        assert why_broken(found(Verdict(True, True, True, True)._replace(**{name: False}))) == words


def test_several_faults_are_all_told_in_order() -> None:
    assert why_broken(found(Verdict(False, True, False, True))) == (
        "did not read a large word, did not answer in the form that was asked for"
    )
    assert why_broken(found(Verdict(True, True, True, True))) is None


def test_a_model_that_could_not_answer_is_not_said_to_be_blind() -> None:
    told = why_broken(found(Verdict(False, False, False, False), "out of memory"))
    assert told == "gave no answer: out of memory"
