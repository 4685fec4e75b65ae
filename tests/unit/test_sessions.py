"""Session folders, their names, and which file in them is the recording."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scribebench.errors import ScribebenchError
from scribebench.project.documents import read_yaml
from scribebench.project.sessions import (
    SAFE_NAME,
    Recording,
    find_recording,
    load_session,
    rename_advice,
    session_folders,
)
from scribebench.project.workspace import Workspace, load_workspace
from unit.places import CONFIG

SCHEMA = CONFIG / "session.schema.yaml"
SAFE = ["monday", "2026-01-10", "Demo_2", "a", "9.30-standup", "x" * 100]
REFUSED = [
    "my session",
    "it's",
    'say "hi"',
    "$(touch gone)",
    "`id`",
    "two\nlines",
    "monday\n",
    "-rf",
    "_private",
    "a;b",
    "a|b",
    "a&b",
    "{wild}",
    "semi*",
    "Café",
    "日本",
    "line\r",
    "trailing ",
    "a\u202fb",
]
ODD_RECORDINGS = [
    "Screen Recording 2026-01-10 at 9.41.00\u202fAM.mov",
    "it's.mp4",
    'say "hi".mkv',
    "{session}.webm",
    "-rf.mp4",
    "$(id).avi",
    "UPPER.MP4",
    "größe 日本 🎬.gif",
    "two\nlines.mp4",
    "100%.mp4",
]


def folder_with(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    folder.mkdir(exist_ok=True)
    return folder


def names_of(recording: Recording) -> list[str]:
    return [path.name for path in recording.files]


def complaint(folder: Path, named: str | None = None) -> str:
    with pytest.raises(ScribebenchError) as caught:
        find_recording(folder, named)
    return str(caught.value)


def test_safe_folder_names_are_used_and_the_others_refused(tmp_path: Path) -> None:
    for name in [*SAFE, *REFUSED]:
        (tmp_path / name).mkdir()
    folders = session_folders(tmp_path)
    assert folders.names == sorted(SAFE)
    assert folders.refused == sorted(REFUSED)


def test_hidden_folders_and_files_are_no_sessions(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "README.md").write_text("x")
    assert session_folders(tmp_path) == ([], [])


def test_without_a_sessions_folder_there_are_no_sessions(tmp_path: Path) -> None:
    assert session_folders(tmp_path / "absent") == ([], [])


@pytest.mark.parametrize("name", [*REFUSED, "---", "..."])
def test_the_name_that_is_advised_is_safe_and_stays_on_its_line(name: str) -> None:
    advice = rename_advice(name)
    advised = advice.rpartition("sessions/")[2]
    assert SAFE_NAME.match(advised)
    assert advice.isprintable() and advice.isascii()


@pytest.mark.parametrize(
    ("name", "advised"),
    [
        ("my session", "my-session"),
        ("-rf", "rf"),
        ("日本", "my-session"),
        ("it's 9:30", "it-s-9-30"),
    ],
)
def test_the_name_that_is_advised_is_close_to_the_old_one(name: str, advised: str) -> None:
    assert rename_advice(name).endswith(f"sessions/{advised}")


@pytest.mark.parametrize("name", ODD_RECORDINGS)
def test_a_recording_may_have_any_name(tmp_path: Path, name: str) -> None:
    recording = find_recording(folder_with(tmp_path, name, "truth.json", "notes.txt"))
    assert recording == Recording(tmp_path / name, [tmp_path / name])
    assert recording.is_video


@pytest.mark.parametrize("name", ODD_RECORDINGS)
def test_a_recording_with_any_name_can_be_named(tmp_path: Path, name: str) -> None:
    folder_with(tmp_path, name, "other.mp4")
    assert find_recording(tmp_path, name).files == [tmp_path / name]


def test_screenshots_in_the_folder_itself_are_one_recording(tmp_path: Path) -> None:
    recording = find_recording(folder_with(tmp_path, "shot-10.png", "shot-9.png", "shot-1.JPG"))
    assert recording.path == tmp_path
    assert names_of(recording) == ["shot-1.JPG", "shot-9.png", "shot-10.png"]
    assert not recording.is_video


def test_screenshots_in_a_folder_below_are_one_recording(tmp_path: Path) -> None:
    folder_with(tmp_path, "shots/2.png", "shots/10.png", "shots/.hidden.png", "shots/readme.txt")
    recording = find_recording(tmp_path)
    assert recording.path == tmp_path / "shots"
    assert names_of(recording) == ["2.png", "10.png"]


def test_a_single_screenshot_is_no_video(tmp_path: Path) -> None:
    assert not find_recording(folder_with(tmp_path, "only.png")).is_video


@pytest.mark.parametrize(
    "ordered",
    [
        ["1.png", "2.png", "10.png", "100.png"],
        ["a9b2.png", "a9b10.png", "a10b1.png"],
        ["2026-01-09 9.59.png", "2026-01-09 10.00.png", "2026-01-10 1.00.png"],
        ["007.png", "8.png", "009.png"],
        ["1²2.png", "2²1.png"],
        ["1.png", "a.png", "é.png"],
    ],
)
def test_screenshots_stand_in_the_order_that_people_expect(
    tmp_path: Path, ordered: list[str]
) -> None:
    assert names_of(find_recording(folder_with(tmp_path, *reversed(ordered)))) == ordered


def test_a_folder_without_a_recording_is_told_what_to_put_there(tmp_path: Path) -> None:
    message = complaint(folder_with(tmp_path / "monday", "truth.json", ".hidden.mp4"))
    assert str(tmp_path / "monday") in message
    assert ".mp4" in message and "screenshots" in message


def test_two_recordings_are_both_named_in_the_question(tmp_path: Path) -> None:
    message = complaint(folder_with(tmp_path, "a.mp4", "b.mov"))
    assert "2 recordings" in message
    assert "a.mp4" in message and "b.mov" in message and "`recording:`" in message


def test_a_video_beside_screenshots_is_asked_about(tmp_path: Path) -> None:
    message = complaint(folder_with(tmp_path, "a.mp4", "1.png"))
    assert "a.mp4" in message and "screenshots" in message


@pytest.mark.parametrize(
    ("named", "files"),
    [
        ("b.mov", ["b.mov"]),
        ("./b.mov", ["b.mov"]),
        ("shots", ["1.png", "2.png"]),
        ("shots/", ["1.png", "2.png"]),
    ],
)
def test_a_recording_is_chosen_by_name(tmp_path: Path, named: str, files: list[str]) -> None:
    folder_with(tmp_path, "a.mp4", "b.mov", "shots/1.png", "shots/2.png")
    assert names_of(find_recording(tmp_path, named)) == files


@pytest.mark.parametrize("named", ["c.mp4", "../outside.mp4", "/etc/hosts", ""])
def test_a_name_that_is_no_recording_here_is_refused(tmp_path: Path, named: str) -> None:
    folder_with(tmp_path, "outside.mp4")
    message = complaint(folder_with(tmp_path / "monday", "a.mp4"), named)
    assert repr(named) in message
    assert "a.mp4" in message


def test_the_settings_of_a_session_choose_its_recording(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "monday", "a.mp4", "b.mp4")
    (folder / "session.yaml").write_text("title: Monday\nrecording: b.mp4\n")
    session = load_session(tmp_path, "monday", SCHEMA)
    assert session.settings == {"title": "Monday", "recording": "b.mp4"}
    assert session.recording.files == [folder / "b.mp4"]


def test_wrong_settings_of_a_session_name_its_file(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "monday", "a.mp4")
    (folder / "session.yaml").write_text("recroding: a.mp4\n")
    with pytest.raises(ScribebenchError, match=r"monday/session\.yaml: .*`recording`\?"):
        load_session(tmp_path, "monday", SCHEMA)


# --- the project folder as a whole ----------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder with the real schemas and models, and two sessions."""
    (tmp_path / "config").symlink_to(CONFIG)
    folder_with(tmp_path / "sessions" / "monday", "a.mp4")
    folder_with(tmp_path / "sessions" / "tuesday", "b.mp4")
    return tmp_path


def workspace(project: Path, **changes: Any) -> Workspace:
    return load_workspace(project, read_yaml(CONFIG / "config.yaml") | changes)


def test_all_sessions_are_selected_and_refused_ones_are_told(project: Path) -> None:
    folder_with(project / "sessions" / "my session", "c.mp4")
    space = workspace(project)
    assert space.sessions == ["monday", "tuesday"]
    assert space.advice == [rename_advice("my session")]


def test_a_session_that_is_selected_and_not_there_is_named(project: Path) -> None:
    with pytest.raises(ScribebenchError, match=r"'wednesday'.*holds monday, tuesday"):
        workspace(project, sessions=["monday", "wednesday"])


def test_every_wrong_session_is_told_at_once(project: Path) -> None:
    for name in ("empty-one", "empty-two"):
        (project / "sessions" / name).mkdir()
    with pytest.raises(ScribebenchError) as caught:
        workspace(project)
    assert [line.split(" ")[0].rpartition("/")[2] for line in str(caught.value).splitlines()] == [
        "empty-one",
        "empty-two",
    ]


def test_a_wrong_session_that_is_not_selected_stops_nothing(project: Path) -> None:
    (project / "sessions" / "empty").mkdir()
    assert workspace(project, sessions=["monday"]).sessions == ["monday"]


def test_without_sessions_one_is_told_where_to_put_a_recording(tmp_path: Path) -> None:
    (tmp_path / "config").symlink_to(CONFIG)
    with pytest.raises(ScribebenchError, match=r"sessions/monday/recording\.mp4"):
        workspace(tmp_path)


def test_a_prompt_that_is_not_there_is_named(project: Path) -> None:
    with pytest.raises(ScribebenchError, match=r"config/prompts/absent\.md"):
        workspace(project, describe={"prompt": "config/prompts/absent.md"})


def test_a_session_s_own_rate_and_masks_decide_how_it_is_sampled(project: Path) -> None:
    (project / "sessions" / "monday" / "session.yaml").write_text(
        "sample_fps: 1\nmasks: [{x: 1, y: 2, width: 3, height: 4}]\ntitle: Monday\n"
    )
    space = workspace(project)
    spec = dict(space.extract_spec("monday"))
    assert re.fullmatch("[0-9a-f]{16}", spec.pop("outline"))
    assert spec == {
        "recording": "a.mp4",
        "sample_fps": 1,
        "masks": [{"x": 1, "y": 2, "width": 3, "height": 4}],
    }
    assert space.extract_spec("tuesday")["sample_fps"] == "auto"


def test_models_given_twice_run_once_and_in_order(project: Path) -> None:
    space = workspace(
        project,
        models=["qwen3-vl-4b/batch-1", "ocr-baseline"],
        extra_models=["ocr-baseline", "glm-ocr"],
    )
    assert [str(run) for run in space.runs] == ["qwen3-vl-4b/batch-1", "ocr-baseline", "glm-ocr"]
    priorities = [space.priority(run.model) for run in space.runs]
    assert priorities == sorted(set(priorities), reverse=True)


def test_a_safe_name_means_nothing_to_a_shell() -> None:
    for name in SAFE:
        shown = subprocess.run(
            ["sh", "-c", f"printf %s {name}"], capture_output=True, text=True, check=True
        )
        assert shown.stdout == name
