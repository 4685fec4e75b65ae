"""What kind of work a description tells of."""

import json
from pathlib import Path

import pytest

from scribebench.grading.activity import KINDS, activity_kind
from unit.places import ROOT

SENTENCES = [
    # debugging
    ("Looking at a stack trace to find why the test fails", "debugging"),
    ("Investigating a failing test in `test_ttl.py`.", "debugging"),
    ("The developer is debugging a memory leak", "debugging"),
    ("Setting a breakpoint in main.py and stepping through the loop", "debugging"),
    ("Fixing a bug in the parser", "debugging"),
    ("Troubleshooting a connection problem", "debugging"),
    ("Examining an error message in the terminal", "debugging"),
    ("Reading a traceback in the terminal", "debugging"),
    ("Inspecting log output for the cause of an exception", "debugging"),
    ("Checking why the container does not start", "debugging"),
    # review
    ("Reviewing a pull request", "review"),
    ("Reviewing a pull request that fixes a bug", "review"),
    ("Doing a code review of a colleague's branch on GitHub", "review"),
    ("Reviewing the diff before committing", "review"),
    ("Leaving comments on PR #214", "review"),
    ("Reading the pull request of a colleague", "review"),
    ("Viewing git diff of the changes", "review"),
    # reading
    ("The developer is viewing a Python file in VS Code.", "reading"),
    ("Reading the docs of pydantic", "reading"),
    ("Reading a blog post about debugging Python", "reading"),
    ("Reads an article titled 'How to fix flaky tests'", "reading"),
    ("The user is scrolling through the documentation page", "reading"),
    ("Viewing the source code of main.py", "reading"),
    ("Looking at the README on GitHub", "reading"),
    ("Reviewing the documentation of the cache", "reading"),
    # research
    ("Searching Stack Overflow for an error", "research"),
    ("Reading an answer on Stack Overflow", "research"),
    ("Googling how to fix the build failure", "research"),
    ("Searching the web for a date library", "research"),
    ("Researching vector databases", "research"),
    ("Comparing libraries for parsing dates", "research"),
    # meeting
    ("In a video call", "meeting"),
    ("On a Zoom call with three colleagues, reviewing a pull request", "meeting"),
    ("Attending the daily stand-up", "meeting"),
    ("Participating in a team meeting", "meeting"),
    # terminal
    ("Running git commands in the terminal", "terminal"),
    ("Running `pytest -q`, all tests pass", "terminal"),
    ("Running the tests; 12 passed, no failures", "terminal"),
    ("Executing a Python script", "terminal"),
    ("Typing a command in the terminal", "terminal"),
    ("Installing packages with pip in a shell", "terminal"),
    ("Monitoring processes in htop", "terminal"),
    ("Committing the changes with git", "terminal"),
    ("Verifying that the fix works by running tests", "terminal"),
    ("The developer is waiting for a build to finish", "terminal"),
    # coding
    ("Writing documentation in README.md", "coding"),
    ("Resolving merge conflicts", "coding"),
    ("Editing the CSS of the landing page", "coding"),
    ("Editing main.py", "coding"),
    ("Editing main.py in vim in a terminal", "coding"),
    ("Writing a unit test for the parser", "coding"),
    ("The developer is implementing a new endpoint in VS Code.", "coding"),
    ("Refactoring the cache module", "coding"),
    ("Adding error handling to `server.ts`", "coding"),
    ("Working on a Python file", "coding"),
    ("Coding in PyCharm", "coding"),
    ("Changing the arguments of a function call", "coding"),
    # other
    ("The developer seems to be idle, with the terminal showing a prompt", "other"),
    ("Discussing an issue in Slack", "other"),
    ("Reading and answering messages in Slack", "other"),
    ("Answering mail", "other"),
    ("Idle", "other"),
    ("Choosing a song in Spotify", "other"),
    ("Scheduling a meeting in the calendar", "other"),
    ("Changing the reading preferences to dark colours", "other"),
    ("Writing a message to a colleague in Slack", "other"),
]

# Made by reading the activities; what a command does in one sentence without its name is "other".
TRUTHS = {
    "Lists the files of pebblecache and the git history": "terminal",
    "Runs pytest, test_fresh_entry_is_returned fails": "debugging",
    "Reads the handbook page 'Cache behaviour'": "reading",
    "Fixes one line of cache/ttl.py": "coding",
    "Runs pytest again, all tests pass": "terminal",
    "Nothing happens, only the clock changes": "other",
    "A new message arrives in the team chat": "other",
    "A lecture video plays in part of the page": "other",
    "A question dialog appears": "other",
    "Looks at the team board, opens card SPOKE-31 and moves it to Doing": "other",
    "Looks at the files of spokewise in a terminal": "terminal",
    "Runs make check; test_turnaround_is_not_sold fails": "debugging",
    "Scrolls through the wiki page 'Planning rentals'": "reading",
    "Reads slots/booking.py in Geany, selects two lines and corrects the last one": "coding",
    "Nothing happens, the developer is on the phone; only clock and text cursor change": "other",
    "Runs make check again; all 4 checks pass": "terminal",
    "Reviews git diff, mistypes the commit command and then commits": "review",
    "Goes back and forth between deploy/site.toml in Geany and the wiki page of mossclock": (
        "reading"
    ),
    "A dialog asks for the tag of the next release; v0.4.1 is entered": "other",
    "Copies map tiles of petalmap with a progress bar; the second region stops with a one-line "
    "error": "other",
    "A rain radar moves in part of the page; a gale warning appears beside it": "other",
    "Changes reading preferences: night colours, then large text in a list": "other",
    "Raises a threshold in beds.toml of mossclock and notes why": "coding",
    "Watches the pump processes of mossclock in htop in a light terminal": "terminal",
    "Keeps the status page open; counters tick, then the payment gateway becomes slow": "other",
    "Follows the log of the pump room; routine lines come slowly, then a warning": "terminal",
    "Flips between two bar charts that differ in one bar": "other",
    "Fills in and hands in a travel request": "other",
    "Nothing happens apart from two moves of the mouse pointer": "other",
    "Changes one constant in cmd/petalmap/main.go and leaves the editor open": "coding",
    "Reads a forum thread about a moisture probe and scrolls down": "reading",
    "Adds a comment line to water/plan.py in vim": "coding",
    "Mistypes make check, gets a one-line error, then runs it": "terminal",
    "Switches back and forth between the terminal and the forum": "terminal",
    "Looks at a rain radar that moves in part of the page": "other",
    "Copies map tiles with a progress bar": "other",
    "A dialog asks whether to publish the map": "other",
    "Changes the text size in the reading preferences": "other",
    "Nothing happens until the end": "other",
}


@pytest.mark.parametrize(("activity", "kind"), SENTENCES)
def test_an_activity_is_of_a_kind(activity: str, kind: str) -> None:
    assert activity_kind(activity, None) == kind


@pytest.mark.parametrize(("activity", "kind"), TRUTHS.items())
def test_an_activity_of_a_recording_is_of_a_kind(activity: str, kind: str) -> None:
    assert activity_kind(activity, None) == kind


def test_every_activity_of_the_demo_has_an_expectation() -> None:
    facts = json.loads(Path(ROOT, "sessions/demo/truth.json").read_text(encoding="utf-8"))
    assert {one["activity"] for one in facts["segments"]} <= set(TRUTHS)


def test_every_kind_is_expected_somewhere() -> None:
    assert {kind for _, kind in SENTENCES} == set(KINDS)


@pytest.mark.parametrize("activity", [None, "", " \n", "N/A", "None.", "-", "**unknown**", "1."])
def test_without_prose_the_kind_is_unknown(activity: str | None) -> None:
    assert activity_kind(activity, None) is None


def test_the_activity_decides_before_the_text() -> None:
    text = "VS Code with main.py. The developer is in a video call."
    assert activity_kind("Editing main.py", text) == "coding"
    assert activity_kind("n/a", text) == "meeting"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (
            "VS Code shows server.ts. The developer is running the tests in the terminal.",
            "terminal",
        ),
        ("The browser shows a page. They are reading the docs of httpx.", "reading"),
        ("The screen shows a terminal with a failing test.", "debugging"),
        ("The window displays a mail client with an inbox.", "other"),
        ("def average(numbers):\n    return total\nmain.py", None),
        ("CHANGELOG.md README.md cache\ntomas@kestrel:~/src$ git log", None),
    ],
)
def test_of_a_text_the_sentences_about_somebody_decide(text: str, kind: str | None) -> None:
    assert activity_kind(None, text) == kind


def test_a_language_that_no_rule_knows_is_unknown() -> None:
    assert activity_kind("编辑代码文件", None) is None
    assert activity_kind("Der Entwickler schreibt eine Nachricht an Kollegen", None) is None


@pytest.mark.parametrize(
    ("activity", "kind"),
    [
        ("Reading a page that says `debugging a stack trace`", "reading"),
        ('Answering mail with the subject "Review of pull request 12"', "other"),
        ("Writing 'fix the failing test' into the chat", "other"),
    ],
)
def test_what_is_quoted_from_the_screen_decides_nothing(activity: str, kind: str) -> None:
    assert activity_kind(activity, None) == kind


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "unit", ["looking at the very same thing ", "a.b", "a/", "edit ", "`'", "x"]
)
def test_a_loop_takes_no_time(unit: str) -> None:
    assert activity_kind(unit * 20_000, unit * 20_000) in (*KINDS, None)
