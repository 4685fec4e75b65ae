"""Splitting a batch reply into one description for each frame."""

import re

import pytest

from scribebench.backends.base import FrameDescription
from scribebench.grading.split import read_fields, split_reply
from unit.places import DATA

NOTHING = FrameDescription()
COLOURS = ["dark and reddish", "light and bluish", "dark and grey"]


def recorded(name: str) -> str:
    """A reply of the constructed model, taken from the real server."""
    return (DATA / "replies" / f"{name}.txt").read_text(encoding="utf-8")


def texts(reply: str, n_frames: int) -> list[str | None]:
    return [frame.text for frame in split_reply(reply, n_frames)]


def windows(reply: str, n_frames: int) -> list[int | None]:
    """The number that the constructed model gives to the window on each frame."""
    found = [re.search(r"window (\d+)", text or "") for text in texts(reply, n_frames)]
    return [int(match[1]) if match else None for match in found]


# --- replies of the constructed model ------------------------------------------------------------


def test_a_reply_about_three_frames_is_three_descriptions() -> None:
    described = split_reply(recorded("three_in_order"), 3)
    assert described == [
        FrameDescription(
            text=(
                f"1. Visible: window {number} with a {colour} theme.\n"
                f"2. Developer action: step {number}.\n"
                "3. Applications: Terminal, Editor.\n"
                "4. Topics/projects: tinyvlm."
            ),
            visible=f"window {number} with a {colour} theme.",
            activity=f"step {number}.",
            apps=["Terminal", "Editor"],
            topics=["tinyvlm"],
        )
        for number, colour in enumerate(COLOURS)
    ]


@pytest.mark.parametrize(
    ("name", "n_frames", "expected"),
    [
        ("one", 1, [0]),
        ("three_in_order", 3, [0, 1, 2]),
        ("eight_with_gaps", 8, [0, 1, 2, None, 4, 5, None, 7]),
        ("three_in_a_loop", 3, [0, 1, 2]),
        ("gibberish", 3, [None, None, None]),
    ],
)
def test_each_frame_gets_the_part_about_it(
    name: str, n_frames: int, expected: list[int | None]
) -> None:
    assert windows(recorded(name), n_frames) == expected


def test_a_loop_keeps_what_its_first_pass_said() -> None:
    reply = recorded("three_in_a_loop")
    assert reply.count("### Screenshot 0") > 1
    whole = split_reply(recorded("three_in_order"), 3)
    assert split_reply(reply, 3) == whole


@pytest.mark.parametrize(
    ("shift", "n_frames", "expected"),
    [
        (0, 3, [0, 1, 2]),
        (1, 3, [0, 1, 2]),  # 1, 2, 3: counted from 1
        (0, 4, [0, 1, 2, None]),
        (1, 4, [0, 1, 2, None]),  # 1, 2, 3 of four: counted from 1, the reply stopped early
        (2, 5, [None, None, 0, 1, 2]),
        (5, 3, [0, 1, 2]),  # the model went on counting: order decides
    ],
)
def test_numbers_count_from_zero_or_from_one(
    shift: int, n_frames: int, expected: list[int | None]
) -> None:
    reply = re.sub(
        r"(?<=Screenshot )\d+",
        lambda match: str(int(match[0]) + shift),
        recorded("three_in_order"),
    )
    assert windows(reply, n_frames) == expected


# --- forms of headings ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heading",
    [
        "### Screenshot {}",
        "## Screenshot {}:",
        "# Frame {}",
        "###Screenshot {}",
        "**Screenshot {}**",
        "**Screenshot {}:**",
        "Screenshot {}",
        "Screenshot {}:",
        "Screenshot #{}",
        "SCREENSHOT {}",
        "Image {}",
        "  ### Screenshot {}",
        "### Screenshot {} (00:01:20)",
        "### Screenshot {} - editor",
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_headings_come_in_many_forms(heading: str, newline: str) -> None:
    lines = [heading.format(0), "about the editor", "", heading.format(1), "about the shell"]
    assert texts(newline.join(lines), 2) == ["about the editor", "about the shell"]


def test_explicit_numbers_beat_the_order() -> None:
    reply = "### Screenshot 2\ntwo\n### Screenshot 0\nzero\n### Screenshot 1\none\n"
    assert texts(reply, 3) == ["zero", "one", "two"]


def test_a_preface_and_surplus_sections_belong_to_no_frame() -> None:
    reply = "Here you are:\n### Screenshot 0\nzero\n### Screenshot 1\none\n### Screenshot 7\nno\n"
    assert texts(reply, 2) == ["zero", "one"]


def test_a_number_beyond_the_last_frame_does_not_shift_the_others() -> None:
    reply = "### Screenshot 1\none\n### Screenshot 2\ntwo\n### Screenshot 9\nno\n"
    assert texts(reply, 3) == [None, "one", "two"]


def test_an_empty_section_is_missing() -> None:
    assert texts("### Screenshot 0\n\n### Screenshot 1\none\n", 2) == [None, "one"]


def test_of_two_sections_about_a_frame_the_first_counts() -> None:
    assert texts("### Screenshot 0\nfirst\n### Screenshot 0\nsecond\n", 1) == ["first"]


@pytest.mark.parametrize(
    ("reply", "n_frames", "expected"),
    [
        ("A terminal with vim.", 1, ["A terminal with vim."]),
        ("  \n A terminal. \n", 1, ["A terminal."]),
        ("### Screenshot 0\nA terminal.", 1, ["A terminal."]),
        ("### Screenshot 1\nA terminal.", 1, ["A terminal."]),
        ("", 1, [None]),
        (" \n\t", 1, [None]),
        ("", 3, [None] * 3),
        ("A terminal with vim.", 2, [None] * 2),
    ],
)
def test_a_single_frame_needs_no_heading(
    reply: str, n_frames: int, expected: list[str | None]
) -> None:
    assert texts(reply, n_frames) == expected


@pytest.mark.parametrize(
    "line",
    [
        "The screenshot 1 of the README is open.",
        "2. Visible: frame 1 of a video is shown.",
        "- images 1 to 3",
        "screenshots 1",
        "imagery 1",
        "screenshot-1.png is listed",
    ],
)
def test_text_about_screenshots_is_no_heading(line: str) -> None:
    reply = f"### Screenshot 0\n{line}\nmore\n### Screenshot 1\none\n"
    assert texts(reply, 2) == [f"{line}\nmore", "one"]


def test_a_description_on_the_line_of_its_heading_is_kept() -> None:
    reply = "Screenshot 0: A terminal with vim.\nScreenshot 1: A browser.\n"
    first, second = texts(reply, 2)
    assert "A terminal with vim." in (first or "")
    assert "A browser." in (second or "")


def test_numbers_of_any_size_do_no_harm() -> None:
    assert texts(f"### Screenshot {'9' * 400}\nx\n### Screenshot 0\nzero", 2) == ["zero", None]


# --- fields --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (
            "1. Visible: a\n2. Developer action: b\n3. Applications: c\n4. Topics/projects: d",
            ("a", "b", ["c"], ["d"]),
        ),
        (
            "Visible: a\nDeveloper doing: b\nApps open: c\nTopics: d",
            ("a", "b", ["c"], ["d"]),
        ),
        (
            "1. **Visible:** a\n2. **Developer action**: b\n3. **Apps:** c\n4. **Topics:** d",
            ("a", "b", ["c"], ["d"]),
        ),
        (
            "- Visible: a\n- Developer action: b\n* Application: c\n- Topics/projects: d",
            ("a", "b", ["c"], ["d"]),
        ),
        ("visible: a\nAPPLICATIONS: c", ("a", None, ["c"], None)),
        (
            "Visible: a\nstill a\n\nand more\nTopics: d",
            ("a\nstill a\n\nand more", None, None, ["d"]),
        ),
        ("A terminal is open.", (None, None, None, None)),
        ("It is visible: no field", (None, None, None, None)),
        ("Visible:\nTopics:", ("", None, None, [])),
        ("Visible: a\nVisible: b", ("a", None, None, None)),
    ],
    ids=[
        "as asked",
        "as the seed's 20 images",
        "bold",
        "dashes",
        "any case, some missing",
        "several lines",
        "prose",
        "in a sentence",
        "empty",
        "twice",
    ],
)
def test_fields_are_read(
    text: str, fields: tuple[str | None, str | None, list[str] | None, list[str] | None]
) -> None:
    assert read_fields(text) == FrameDescription(text, *fields)


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ("Terminal, Editor.", ["Terminal", "Editor"]),
        (
            "Terminal (Vim, tmux), Ghosty (top bar), browser",
            ["Terminal (Vim, tmux)", "Ghosty (top bar)", "browser"],
        ),
        ("Terminal; Editor", ["Terminal", "Editor"]),
        ("Terminal\nEditor", ["Terminal", "Editor"]),
        ("**Terminal**, *Editor*", ["Terminal", "Editor"]),
        ("None", []),
        ("n/a.", []),
        ("Terminal,, ", ["Terminal"]),
        ("", []),
        ("VS Code [a, b], Slack", ["VS Code [a, b]", "Slack"]),
    ],
)
def test_lists_are_split_outside_brackets(value: str, items: list[str]) -> None:
    assert read_fields(f"Applications: {value}").apps == items


def test_a_reply_of_hostile_size_is_split_in_time() -> None:
    """A model can say anything; a pattern that backtracks would hang the job."""
    for reply in ("### Screenshot 0\n" * 20_000, "(" * 50_000, " " * 100_000 + "x", "a: " * 50_000):
        assert len(split_reply(reply, 3)) == 3
        read_fields(f"Applications: {reply[:20_000]}")


def test_a_sentence_that_begins_with_a_number_is_no_heading() -> None:
    reply = "### Screenshot 0\nImage 1 shows a cat, and\nFrame 3 is empty.\n### Screenshot 1\nx"
    assert texts(reply, 2) == ["Image 1 shows a cat, and\nFrame 3 is empty.", "x"]


def test_a_loop_of_digits_is_no_failure() -> None:
    reply = '{"frames": [{"frame": 1, "activity": "coding"}, {"frame": 2' + "2" * 5000
    assert len(split_reply(reply, 8)) == 8
