"""Bad input is normal: one clear message that names the file and the mend, and nothing is lost."""

import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.recordings import write_colour_slides
from support.workflow import ROOT, Project, clean_environment

DEMO = ROOT / "sessions" / "demo" / "recording.mp4"


def refused(project: Project, *parts: str) -> str:
    """Run, expect a refusal without a traceback of ours, and the given parts in what is said."""
    outcome = project.run("--cores", "4", "results/report.md")
    assert outcome.status != 0, outcome.text
    for part in parts:
        assert part in outcome.text, outcome.text
    return outcome.text


def still_finished(project: Project) -> None:
    """What was finished before stands."""
    assert (project.folder / "results" / "report.md").is_file()
    assert (project.folder / "results" / "sessions" / "demo" / "text.parquet").is_file()


@pytest.mark.parametrize(
    ("edit", "parts"),
    [
        (
            ("config/config.yaml", "keepalive_s: 300", "keepalives: 300"),
            ("config/config.yaml", "`keepalives` is not a key here", "did you mean `keepalive_s`"),
        ),
        (
            ("config/config.yaml", "phash_distance: 2", "phash_distance: 99"),
            ("config/config.yaml: `frames.phash_distance`", "99"),
        ),
        (
            ("config/models/tiny.yaml", "batch_size: 8", "bach_size: 8"),
            ("config/models/tiny.yaml", "`bach_size` is not a key here", "`batch_size`"),
        ),
        (
            ("config/models/tiny.yaml", "batch_size: 8", "batch_size: ["),
            ("config/models/tiny.yaml, line", "is not valid YAML"),
        ),
        (
            ("config/models/tiny.yaml", "http://127.0.0.1", "http://192.0.2.7"),
            ("http://192.0.2.7", "not on this machine", "remote: true"),
        ),
        (
            ("config/config.yaml", "models: [ocr-baseline", "models: [qwen3-vl-4, ocr-baseline"),
            ("there is no model 'qwen3-vl-4'", "did you mean 'qwen3-vl-4b'"),
        ),
        (
            ("config/config.yaml", "tiny/batch-3", "tiny/batch3"),
            ("config/models/tiny.yaml has no variant 'batch3'", "did you mean 'batch-3'"),
        ),
        (
            ("config/config.yaml", "sessions: all", "sessions: [tuesday]"),
            ("names 'tuesday'", "sessions/ holds demo"),
        ),
        (
            ("config/config.yaml", "prompts/describe.md", "prompts/gone.md"),
            ("config/prompts/gone.md", "is not there"),
        ),
    ],
    ids=lambda value: value[-1][:30] if isinstance(value, tuple) else str(value),
)
def test_a_wrong_setting_is_named_with_its_mend(
    project: Project, edit: tuple[str, str, str], parts: tuple[str, ...]
) -> None:
    project.edit(*edit)
    refused(project, *parts)
    still_finished(project)


def test_a_recording_that_cannot_be_decoded_is_named(project: Project) -> None:
    project.select("ocr-baseline")
    project.write("sessions/broken/monday.mp4", "this is no video")
    text = refused(project, "sessions/broken/monday.mp4", "cannot be opened as a recording")
    assert "Replace it" in text
    log = project.log("extract_frames", "broken")
    assert "Traceback" not in log
    still_finished(project)


def test_a_truncated_recording_gives_what_it_has_and_says_what_is_missing(
    project: Project,
) -> None:
    """A Matroska file needs no index at its end, so what is left of it still opens."""
    folder = project.folder / "sessions" / "cut"
    folder.mkdir()
    whole = folder / "whole.mkv"
    write_colour_slides(whole)
    data = whole.read_bytes()
    (folder / "cut.mkv").write_bytes(data[: len(data) // 2])
    whole.unlink()
    project.select("ocr-baseline")
    project.finish()
    assert "could not be decoded" in project.log("extract_frames", "cut")
    report = (project.folder / "results" / "report.md").read_text()
    assert "cut: the last" in report
    assert "could not be decoded" in report


def test_two_recordings_in_a_folder_are_named(project: Project) -> None:
    shutil.copy(DEMO, project.folder / "sessions" / "demo" / "another.mov")
    text = refused(project, "sessions/demo holds 2 recordings", "another.mov", "recording.mp4")
    assert "`recording:` in sessions/demo/session.yaml" in text
    still_finished(project)
    project.write("sessions/demo/session.yaml", "recording: recording.mp4\n")
    assert "extract_frames" not in project.planned()


def test_a_misspelt_key_of_a_session_is_named(project: Project) -> None:
    project.write("sessions/demo/session.yaml", "titel: Monday\n")
    refused(project, "sessions/demo/session.yaml", "did you mean `title`")
    still_finished(project)


def test_an_empty_sessions_folder_says_what_to_put_there(
    empty_project: Callable[[], Project],
) -> None:
    refused(empty_project(), "sessions/ holds no session", "sessions/monday/recording.mp4")


def test_a_session_without_a_recording_is_named(project: Project) -> None:
    project.write("sessions/tuesday/notes.txt", "nothing yet")
    refused(project, "sessions/tuesday holds no recording", ".mp4")
    still_finished(project)


@pytest.mark.parametrize("name", ["my session", "a;touch injected", "$(touch injected)", "quo'te"])
def test_a_folder_name_with_shell_characters_is_refused_and_the_others_go_on(
    project: Project, name: str
) -> None:
    folder = project.folder / "sessions" / name
    folder.mkdir()
    shutil.copy(DEMO, folder / "recording.mp4")
    outcome = project.run("--cores", "4", "results/report.md")
    assert outcome.status == 0, outcome.text
    assert name in outcome.text
    assert "Rename it, for example to sessions/" in outcome.text
    report = (project.folder / "results" / "report.md").read_text()
    assert "is left out" in report
    assert not (project.folder / "injected").exists()


def test_a_recording_may_have_any_name(empty_project: Callable[[], Project]) -> None:
    project = empty_project()
    names = {
        "mac": "Screen Recording 2026-01-11 at 10.12.03\u202fAM.mov",
        "odd": "-n $(touch injected) `touch injected` 'q' \"d\" {x} {input} %20 ;&|.MP4",
    }
    for session, name in names.items():
        folder = project.folder / "sessions" / session
        folder.mkdir()
        shutil.copy(DEMO, folder / name)
    project.finish("results/sessions/mac/frames.parquet")
    project.finish("results/sessions/odd/frames.parquet")
    project.write("sessions/odd/session.yaml", "title: '{odd} {wildcards.session}'\n")
    assert project.planned()["write_report"] == 1
    assert not list(project.folder.rglob("injected"))


def test_an_unknown_target_names_what_is_known(project: Project) -> None:
    target = "results/runs/demo/qwen3-vl-4/base/run.json"
    outcome = project.run("-n", target)
    assert outcome.status != 0
    assert "there is no model 'qwen3-vl-4'" in outcome.text


def test_a_full_disk_is_one_line_and_leaves_no_half_file(tmp_path: Path) -> None:
    """A limit on the size of files stands for a full disk: the system refuses to write more."""
    script = ROOT / "workflow_scripts" / "extract_frames.py"
    out = tmp_path / "out"
    command = [
        *(sys.executable, str(script), "--session", str(DEMO.parent)),
        *("--spec", '{"recording": "recording.mp4", "sample_fps": "auto", "masks": []}'),
        *("--signals", str(out / "signals.parquet"), "--manifest", str(out / "manifest.json")),
        *("--candidates", str(out / "candidates")),
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=clean_environment(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000)),
        check=False,
    )
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert "the disk is full while writing" in lines[-1]
    assert "free some space and run the same command again" in lines[-1]
    assert "Traceback" not in done.stderr
    assert not (out / "signals.parquet").exists()
    assert not list(out.rglob(".*")), "a temporary file was left behind"
