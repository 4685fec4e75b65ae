"""How much of what a recording shows a description says."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scribebench.backends.base import FrameDescription
from scribebench.errors import ScribebenchError
from scribebench.grading.truth import (
    Screen,
    Segment,
    Truth,
    TruthGrade,
    app_names,
    judge_frame,
    names_string,
    names_topic,
    per_segment,
    read_truth,
)
from unit.places import ROOT

DEMO = ROOT / "sessions" / "demo" / "truth.json"
SEGMENT: dict[str, Any] = {"start_s": 0, "end_s": 10, "app": "Firefox", "key_strings": ["main.py"]}
NOTHING = FrameDescription()


def truth_of(folder: Path, facts: Any) -> Truth:
    path = folder / "truth.json"
    path.write_text(facts if isinstance(facts, str) else json.dumps(facts), encoding="utf-8")
    return read_truth(path)


def one_segment(folder: Path, **values: Any) -> Truth:
    return truth_of(folder, {"segments": [SEGMENT | values]})


# --- reading -------------------------------------------------------------------------------------


def test_the_truth_of_the_demo_is_read() -> None:
    truth = read_truth(DEMO)
    assert [(one.start_s, one.end_s) for one in truth.segments[:2]] == [(0.0, 9.5), (9.5, 16.5)]
    assert (len(truth.segments), len(truth.screens)) == (9, 15)
    assert truth.segments[1].key_strings == (
        "1 failed",
        "test_fresh_entry_is_returned",
        "tomas@kestrel: ~/src/pebblecache",
    )
    assert truth.segments[1].topics[2] == "pytest"
    assert truth.screens[3] == Screen(
        "d02-fail", ((10.5, 16.5), (36.5, 38.0)), ("1 failed", "test_fresh_entry_is_returned")
    )


def test_a_handwritten_truth_needs_only_segments(tmp_path: Path) -> None:
    truth = one_segment(tmp_path)
    assert truth == Truth(
        (Segment(0, 0.0, 10.0, "Firefox", frozenset({"firefox"}), ("main.py",), (), None),)
    )


def test_unknown_keys_and_unsaid_things_are_fine(tmp_path: Path) -> None:
    truth = truth_of(
        tmp_path, {"author": "me", "segments": [{"start_s": 1, "end_s": 2, "mood": "good"}]}
    )
    [segment] = truth.segments
    assert (segment.app, segment.apps, segment.key_strings) == (None, frozenset(), ())


def test_frames_are_as_good_as_seconds_when_the_rate_is_known(tmp_path: Path) -> None:
    facts = {"fps": 2, "segments": [{"frame_start": 4, "frame_end": 7, "app": "Vim"}]}
    [segment] = truth_of(tmp_path, facts).segments
    assert (segment.start_s, segment.end_s) == (2.0, 4.0)


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ("{", "it is no JSON"),
        ([], 'it holds a list where {"segments": [...]} belongs'),
        ({"frames": 3}, 'it has no "segments"'),
        ({"segments": {}}, '"segments" is an object where a list belongs'),
        ({"segments": ["a"]}, "segment 0 is a text where an object belongs"),
        ({"segments": [SEGMENT, {"app": "Vim"}]}, 'segment 1 has no "start_s" and "end_s"'),
        ({"segments": [{"start_s": 0}]}, 'segment 0 has no "end_s"'),
        ({"segments": [SEGMENT | {"start_s": "0:10"}]}, '"start_s" is "0:10", not a number'),
        ({"segments": [SEGMENT | {"start_s": True}]}, '"start_s" is true, not a number'),
        ('{"segments": [{"start_s": 0, "end_s": NaN}]}', '"end_s" is NaN, not a number'),
        ({"segments": [SEGMENT | {"start_s": 10}]}, 'segment 0 ends ("end_s") before it starts'),
        ({"segments": [{"frame_start": 0, "frame_end": 1}]}, 'does not say its "fps"'),
        ({"fps": 0, "segments": []}, '"fps" is 0, not a number above 0'),
        ({"segments": [SEGMENT | {"key_strings": "a"}]}, '"key_strings" is not a list of texts'),
        ({"segments": [SEGMENT | {"topics": [1]}]}, '"topics" is not a list of texts'),
        ({"segments": [SEGMENT | {"app": 3}]}, '"app" is a number where a text belongs'),
        ({"segments": [SEGMENT | {"wm_classes": ["A"]}]}, '"wm_classes" is not'),
        ({"segments": [], "screens": [{"windows_s": [[0]]}]}, 'screen 0: [0] in "windows_s"'),
    ],
)
def test_a_damaged_or_foreign_file_is_named_with_what_is_wrong(
    tmp_path: Path, facts: Any, problem: str
) -> None:
    with pytest.raises(ScribebenchError) as error:
        truth_of(tmp_path, facts)
    assert str(tmp_path / "truth.json") in str(error.value)
    assert problem in str(error.value)


def test_a_file_that_is_missing_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScribebenchError, match="cannot be read: No such file"):
        read_truth(tmp_path / "truth.json")
    (tmp_path / "truth.json").write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(ScribebenchError, match="it is no JSON"):
        read_truth(tmp_path / "truth.json")


# --- which segment -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("time_s", "index"),
    [(0.0, 0), (9.4, 0), (9.4995, 1), (9.5, 1), (104.9, 8), (105.0, 8), (106.0, None), (-1, None)],
)
def test_a_frame_lies_in_the_segment_of_its_time(time_s: float, index: int | None) -> None:
    grade = judge_frame(read_truth(DEMO), time_s, FrameDescription(text="a terminal"))
    assert grade.segment == index


def test_without_a_segment_everything_is_unknown(tmp_path: Path) -> None:
    said = FrameDescription(text="Firefox with main.py", apps=["Firefox"])
    assert judge_frame(one_segment(tmp_path), 20, said) == TruthGrade()
    assert judge_frame(truth_of(tmp_path, {"segments": []}), 0, said) == TruthGrade()


def test_of_segments_that_overlap_the_later_one_counts(tmp_path: Path) -> None:
    truth = truth_of(tmp_path, {"segments": [SEGMENT, SEGMENT | {"start_s": 5, "end_s": 7}]})
    assert [judge_frame(truth, time_s, NOTHING).segment for time_s in (4, 6, 8)] == [0, 1, 0]


def test_screens_are_told_by_time() -> None:
    truth = read_truth(DEMO)
    assert [[one.id for one in truth.screens_at(time_s)] for time_s in (1.5, 37.0, 95.0)] == [
        [],
        ["d02-fail"],
        ["d08-video"],
    ]


# --- applications --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("app", "told", "named"),
    [
        ("Firefox", ["Mozilla Firefox"], True),
        ("Firefox", ["Firefox (GitHub)"], True),
        ("Firefox", ["Google Chrome", "Terminal"], False),
        ("Firefox", ["Web browser"], False),
        ("VS Code", ["Visual Studio Code", "Terminal"], True),
        ("VS Code", ["vscode"], True),
        ("VS Code", ["Visual Studio"], False),
        ("xterm (bash)", ["Terminal"], True),
        ("xterm (bash)", ["GNOME Terminal"], True),
        ("xterm (bash)", ["Alacritty"], True),
        ("xterm (bash)", ["iTerm2"], True),
        ("xterm (bash)", ["VS Code (integrated terminal)"], True),
        ("xterm (bash)", ["Chromium"], False),
        ("Terminal", ["xterm"], True),
        ("vim in xterm", ["Vim"], True),
        ("vim in xterm", ["terminal emulator"], True),
        ("vim in xterm", ["VS Code"], False),
        ("GitHub in Firefox", ["GitHub"], True),
        ("GitHub in Firefox", ["Firefox"], True),
        ("GitHub in Firefox", ["GitLab"], False),
        ("Chromium", ["Google Chrome"], True),
        ("Zenity dialog", ["dialog box"], True),
        ("Zenity dialog", ["Chromium"], False),
        ("feh (image viewer)", ["Image Viewer"], True),
        ("Geany", ["geany"], True),
        ("Firefox", None, None),
        ("Firefox", [], None),
        (None, ["Firefox"], None),
    ],
)
def test_an_application_counts_by_any_of_its_names(
    tmp_path: Path, app: str | None, told: list[str] | None, named: bool | None
) -> None:
    truth = one_segment(tmp_path, app=app)
    assert judge_frame(truth, 1, FrameDescription(text="A screen.", apps=told)).app_named is named


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("The developer reads a page in Firefox.", True),
        ("The developer reads a page in Google Chrome.", False),
        ("The developer reads a page.", None),
    ],
)
def test_without_the_field_the_prose_tells_the_application(
    tmp_path: Path, text: str, named: bool | None
) -> None:
    assert judge_frame(one_segment(tmp_path), 1, FrameDescription(text=text)).app_named is named


def test_what_only_reads_the_screen_tells_no_application(tmp_path: Path) -> None:
    """A task bar names every window that is open."""
    said = FrameDescription(text="News - Firefox\nmain.py", visible="News - Firefox\nmain.py")
    grade = judge_frame(one_segment(tmp_path), 1, said)
    assert (grade.app_named, grade.key_strings_found) == (None, ("main.py",))


def test_a_window_in_front_for_long_counts_and_one_for_a_moment_does_not(tmp_path: Path) -> None:
    truth = one_segment(tmp_path, wm_classes={"Zenity": 6, "Geany": 20, "XTerm": 1})
    told = [["Geany"], ["Dialog"], ["Terminal"]]
    grades = [judge_frame(truth, 1, FrameDescription(text="x", apps=apps)) for apps in told]
    assert [grade.app_named for grade in grades] == [True, True, False]


def test_a_page_in_a_browser_counts(tmp_path: Path) -> None:
    titles = ["Week 37 - Corkwall - Mozilla Firefox", "New Tab - Mozilla Firefox"]
    truth = one_segment(tmp_path, window_titles=titles)
    told = [["Corkwall"], ["New Tab"]]
    grades = [judge_frame(truth, 1, FrameDescription(text="x", apps=apps)) for apps in told]
    assert [grade.app_named for grade in grades] == [True, False]


def test_every_application_of_the_demo_is_named_as_a_model_would() -> None:
    told = ["Terminal", "Terminal", "Chrome", "Vim", "Bash", "xterm", "Chromium", "Chromium"]
    truth = read_truth(DEMO)
    for app, segment in zip([*told, "Dialog"], truth.segments, strict=True):
        grade = judge_frame(truth, segment.start_s, FrameDescription(text="x", apps=[app]))
        assert grade.app_named is True, (app, segment.app)


def test_names_are_those_of_the_list_and_families_are_one() -> None:
    assert app_names("htop in xterm") >= {"htop", "terminal"}
    assert app_names("Code - OSS") == app_names("VS Code") | {"oss"}
    assert app_names("the app") == app_names("the browser") == frozenset()


# --- key strings and topics ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("string", "text", "named"),
    [
        ("1 failed", "The run ends with **1 Failed**, 2 passed", True),
        ("1 failed", "ends with 1  failed", True),
        ("1 failed", "11 failed", False),
        ("1 failed", "0.1 failed", False),
        ("1 failed", "1 failedly", False),
        ("CHANGELOG.md", "`changelog.md`", True),
        ("CHANGELOG.md", "CHANGELOG\\.md", True),
        ("README.md", "README", False),
        ("/412", "copied 210/412", True),
        ("/412", "copied 210/4120", False),
        ("deposit('cargo') == 5000", "`deposit(\"cargo\")==5000`", True),
        ("deposit('cargo') == 5000", "deposit(‘cargo’) == 500", False),
        ("if clock() - at < self.ttl:", "if clock() – at &lt; self.ttl", True),
        ("if clock() - at < self.ttl:", "if clock() - at >= self.ttl:", False),
        ("+    return x", "return x", False),
        ("test_is_returned", "test\\_is\\_returned", True),
        ("clock_limit", "_clock_limit_", True),
        ("clock_limit", "max_clock_limit", False),
        ("Paper", "newspaper", False),
        ("release 0.3.0 today?", "“release 0.3.0 today?”", True),
        ("New map colours", "New map\ncolours", True),
        ("'", "it's", False),
    ],
)  # fmt: skip
def test_a_string_is_named_as_a_whole_in_any_spelling(string: str, text: str, named: bool) -> None:
    assert names_string(string, text) is named


@pytest.mark.parametrize(
    ("topic", "text", "named"),
    [
        ("pebblecache", "Project: PebbleCache", True),
        ("bug fix", "fixing a bug", True),
        ("bug fix", "a bug", False),
        ("team chat", "chatting with the team", False),
        ("in-memory cache with expiry", "an in-memory cache", True),
        ("in-memory cache with expiry", "a cache", False),
        ("map tiles", "copies the tiles of a map", True),
        ("cache/ttl.py", "the cache and ttl", False),
        ("cache/ttl.py", "edits `cache/ttl.py`", True),
        ("SPOKE-31", "spoke 32", False),
        ("idle", "the cursor idles", True),
    ],
)
def test_a_topic_is_named_by_its_words(topic: str, text: str, named: bool) -> None:
    assert names_topic(topic, text) is named


def test_a_grade_parts_what_is_said_from_what_is_not(tmp_path: Path) -> None:
    truth = one_segment(
        tmp_path, key_strings=["main.py", "1 failed", "README.md"], topics=["parser", "pytest"]
    )
    said = FrameDescription(
        text="x", visible="`MAIN.PY` is open", activity="Runs pytest: 1 failed", topics=["tests"]
    )
    assert judge_frame(truth, 1, said) == TruthGrade(
        segment=0,
        app_named=None,
        key_strings_found=("main.py", "1 failed"),
        key_strings_missing=("README.md",),
        key_strings_share=pytest.approx(2 / 3),
        topics_found=("pytest",),
        topics_missing=("parser",),
        topics_share=0.5,
    )


def test_nothing_said_names_nothing_and_nothing_to_name_is_no_share(tmp_path: Path) -> None:
    grade = judge_frame(one_segment(tmp_path), 1, NOTHING)
    assert (grade.app_named, grade.key_strings_share, grade.topics_share) == (None, 0.0, None)


# --- a segment as a whole ------------------------------------------------------------------------


def test_a_segment_is_told_by_all_its_frames_together() -> None:
    def grade(segment: int | None, found: str, app: bool | None) -> TruthGrade:
        if segment is None:
            return TruthGrade()
        return TruthGrade(
            segment,
            app,
            tuple(one for one in "abcd" if one in found),
            tuple(one for one in "abcd" if one not in found),
        )

    grades = [
        grade(3, "a", True),
        grade(1, "", None),
        grade(3, "ca", False),
        grade(None, "", None),
        grade(3, "", None),
    ]
    first, second = per_segment(grades)
    assert (first.segment, first.frames, first.app_told, first.app_named) == (1, 1, 0, 0)
    assert (first.key_strings_found, first.key_strings_share) == ((), 0.0)
    assert (second.segment, second.frames, second.app_told, second.app_named) == (3, 3, 2, 1)
    assert (second.key_strings_found, second.key_strings_missing) == (("a", "c"), ("b", "d"))
    assert (second.key_strings_share, second.topics_share) == (0.5, None)


def test_the_whole_text_of_the_demo_names_all_its_strings() -> None:
    truth = read_truth(DEMO)
    grades = [
        judge_frame(truth, one.start_s, FrameDescription(text=f"It shows `{string}`."))
        for one in truth.segments
        for string in one.key_strings
    ]
    assert [one.key_strings_share for one in per_segment(grades)] == [1.0] * len(truth.segments)
    assert replace(grades[0], app_named=None).key_strings_share == pytest.approx(1 / 6)
