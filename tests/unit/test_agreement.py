"""How far runs agree on a frame, and which frames are worth a look."""

import pytest

from scribebench.backends.base import FrameDescription
from scribebench.grading.agreement import (
    FrameAgreement,
    agreement,
    most_disputed,
    similarity,
)


def said(
    text: str | None, apps: list[str] | None = None, activity: str | None = None
) -> FrameDescription:
    return FrameDescription(text=text, apps=apps, activity=activity)


EDITOR = said("ttl.py holds a cache", ["VS Code"], "Editing ttl.py")
SAME = said("a cache in ttl.py", ["Visual Studio Code"], "Changing code in ttl.py")
MAIL = said("An inbox with seventeen letters", ["Thunderbird"], "Answering mail")


# --- two descriptions ----------------------------------------------------------------------------


def test_descriptions_that_say_the_same_are_alike_and_others_are_not() -> None:
    assert similarity(EDITOR, EDITOR) == 1
    assert similarity(EDITOR, SAME) > 0.8
    assert similarity(EDITOR, MAIL) == 0
    assert similarity(EDITOR, SAME) == similarity(SAME, EDITOR)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # applications: one of two shared, over three; words and kinds are not told
        (said(None, ["Vim", "Terminal"]), said(None, ["xterm", "Firefox"]), 1 / 3),
        # words alone: the shorter one is in the longer one
        (said("parser tests"), said("parser tests grammar rules"), 1.0),
        (said("parser tests"), said("parser grammar"), 1 / 2),
        # a specific weighs three times a word: 3 shared of 4
        (said("main.py parser"), said("main.py grammar"), 3 / 4),
        (said("FrameGrade parser"), said("framegrade grammar"), 3 / 4),
        # applications differ (1), words are equal (2), kinds differ (1)
        (
            said("parser", ["Vim"], "Editing main.py"),
            said("parser", ["Firefox"], "Editing main.py"),
            3 / 4,
        ),
        # one tells no application, and no kind: only the words count
        (said("parser", ["Vim"], "Editing main.py"), said("parser"), 1.0),
        (said("parser"), said("of the"), None),
        (said("parser"), said(None), None),
    ],
)
def test_a_similarity_is_the_mean_of_what_both_have(
    first: FrameDescription, second: FrameDescription, expected: float | None
) -> None:
    value = similarity(first, second)
    if expected is None:
        assert value is None
    else:
        assert value == pytest.approx(expected)


def test_another_kind_of_activity_lowers_it() -> None:
    first = said("parser", None, "Editing parser")
    second = said("parser", None, "Debugging parser")
    third = said("parser", None, "Fixing bugs in the parser")
    kinds = [similarity(first, second), similarity(second, third)]
    assert kinds[0] < 0.7
    assert kinds[1] > kinds[0]


# --- frames --------------------------------------------------------------------------------------


def test_a_frame_has_the_mean_of_its_pairs_and_the_pair_that_differs_most() -> None:
    [row] = agreement({"a": {4: EDITOR}, "b": {4: EDITOR}, "c": {4: MAIL}})
    assert (row.frame_index, row.runs) == (4, 3)
    assert row.similarity == pytest.approx(1 / 3)
    assert (row.apart, row.apart_similarity) == (("a", "c"), 0)
    assert row.only_first[0] == "ttl.py"  # what is specific is told first
    assert "inbox" in row.only_second


def test_a_run_without_a_description_is_left_out_of_that_frame() -> None:
    rows = agreement(
        {
            "a": {0: EDITOR, 1: EDITOR, 2: None},
            "b": {0: EDITOR, 1: FrameDescription(), 2: said(" ")},
            "a/batch-1": {0: MAIL},
        }
    )
    assert [(row.frame_index, row.runs) for row in rows] == [(0, 3), (1, 1), (2, 0)]
    assert [row.similarity is None for row in rows] == [False, True, True]
    assert [row.apart for row in rows] == [("a", "a/batch-1"), None, None]


def test_without_runs_there_are_no_rows() -> None:
    assert agreement({}) == []
    assert agreement({"a": {}}) == []


def test_what_all_frames_hold_says_less_than_what_one_holds() -> None:
    """A word on every frame, as of a task bar, is no sign of agreement."""
    run = {index: said(f"taskbar item{index}") for index in range(8)}
    wrong = {index: said(f"taskbar item{index + 20}") for index in range(8)}
    shared = {index: said(f"panel{index} item{index + 20}") for index in range(8)}
    everywhere = agreement({"a": run, "b": wrong})[0].similarity
    rare = agreement({"a": {i: said(f"panel{i} item{i}") for i in range(8)}, "b": shared})[
        0
    ].similarity
    assert 0 < everywhere < 0.15 < 0.4 < rare


def test_what_merely_reads_the_screen_has_no_kind() -> None:
    read = "the developer is editing main.py"
    baseline = FrameDescription(text=read, visible=read)
    model = said("editing main.py", None, "Debugging main.py")
    [row] = agreement({"ocr": {0: baseline}, "model": {0: model}})
    assert row.similarity == 1  # words alone


# --- what is worth a look ------------------------------------------------------------------------


def row(
    index: int, value: float | None, apart: tuple[str, str] = ("a", "b"), only: str = ""
) -> FrameAgreement:
    if value is None:
        return FrameAgreement(index, 1)
    return FrameAgreement(index, 2, value, apart, value, tuple(only or f"x{index}"), ())


def test_the_most_disputed_stand_first_and_unanimous_ones_not_at_all() -> None:
    rows = [row(0, 0.5), row(1, None), row(2, 0.1), row(3, 1.0), row(4, 0.3)]
    assert [one.frame_index for one in most_disputed(rows)] == [2, 4, 0]
    assert [one.frame_index for one in most_disputed(rows, k=2)] == [2, 4]
    assert most_disputed([]) == []


def test_of_neighbours_with_one_dispute_only_the_worst_is_taken() -> None:
    rows = [
        row(10, 0.3, only="ttl"),
        row(12, 0.2, only="ttl"),
        row(15, 0.25, only="ttlx"),  # mostly the same
        row(16, 0.4, only="mail"),
        row(20, 0.2, only="ttl"),  # the same again, but not next to it
    ]
    assert [one.frame_index for one in most_disputed(rows)] == [12, 20, 16]


def test_neighbours_with_different_pairs_are_two_disputes() -> None:
    rows = [row(0, 0.2, ("a", "b"), "t"), row(1, 0.3, ("a", "c"), "t")]
    assert [one.frame_index for one in most_disputed(rows)] == [0, 1]


def test_the_order_of_the_rows_and_runs_does_not_matter() -> None:
    runs = {"a": {0: EDITOR, 5: MAIL}, "b": {5: SAME, 0: MAIL}, "c": {0: SAME, 5: EDITOR}}
    turned = {name: dict(reversed(runs[name].items())) for name in reversed(runs)}
    rows = agreement(runs)
    assert agreement(turned) == rows
    assert most_disputed(reversed(rows)) == most_disputed(rows)


def test_a_hallucination_is_what_a_human_is_shown() -> None:
    """Eight frames on which two runs agree, but for one that the second one invents."""
    runs = {
        name: {
            index: said(f"step{index} of the parser", ["Vim"], "Editing parser.py")
            for index in range(8)
        }
        for name in ("model/base", "model/batch-8")
    }
    runs["model/batch-8"][5] = said("A spreadsheet with sales of 2019", ["Excel"], "Planning")
    [one] = most_disputed(agreement(runs))
    assert (one.frame_index, one.apart) == (5, ("model/base", "model/batch-8"))
    assert "2019" in one.only_second
