"""Every command in the README is run, here or by the project's CI."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from support.workflow import ROOT, Project, clean_environment, model_file

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", README, re.M | re.S)
COMMANDS = [line for block in BLOCKS for line in block.strip().splitlines()]
BY_CI = {"make report", "make test", "make lint", "make llama-server"}


def test_the_ci_runs_what_it_is_said_to_run() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert set(script) >= BY_CI


@pytest.fixture(scope="module")
def newcomer(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy with a home folder, an environment and a model file, as the README's reader has."""
    project = finished.copy_to(tmp_path_factory.mktemp("newcomer") / "scribe bench")
    locks = ("requirements.txt", "requirements-dev.txt", "requirements-server.txt")
    for name in ("Makefile", "pyproject.toml", *locks):
        (project.folder / name).write_bytes((ROOT / name).read_bytes())
    project.write("home/Movies/placeholder", "")
    project.write("reply.txt", "### Screenshot 0\n1. Visible: VS Code with main.py.\n")
    recording = ROOT / "sessions" / "demo" / "recording.mp4"
    (project.folder / "home/Movies/Screen Recording.mov").write_bytes(recording.read_bytes())
    project.select("ocr-baseline")
    variants = "variants:\n  batch-1: {batch_size: 1}\n"
    project.write("config/models/my-qwen.yaml", model_file("http://127.0.0.1:9", variants=variants))
    return project


@pytest.mark.parametrize("command", [line for line in COMMANDS if line not in BY_CI])
def test_a_command_of_the_readme_works(newcomer: Project, command: str) -> None:
    environment = clean_environment() | {"HOME": str(newcomer.folder / "home")}
    (newcomer.folder / ".venv").mkdir(exist_ok=True)
    if command.startswith("make "):
        # Targets that would install, wait for a model or delete: shown, not done.
        command += " --dry-run"
    done = subprocess.run(
        ["bash", "-euc", with_our_python(command)],
        cwd=newcomer.folder,
        env=environment | {"SCRIBEBENCH_LOCKS": str(newcomer.locks)},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_model_file_of_the_readme_is_valid(newcomer: Project) -> None:
    example = re.search(r"^```yaml\n(label: .*?)^```$", README, re.M | re.S)[1]
    newcomer.write("config/models/example.yaml", example)
    assert newcomer.planned("results/runs/demo/example/batch-1/run.json")["describe_frames"] == 1


def test_make_model_plans_a_model_that_is_not_selected(newcomer: Project) -> None:
    recipe = (newcomer.folder / "Makefile").read_text()
    arguments = re.search(r"results/report.md --config 'extra_models=\[\$\(MODEL\)\]'", recipe)
    assert arguments, "the recipe of `make model` changed"
    options = shlex.split(arguments[0].replace("$(MODEL)", "my-qwen/batch-1"))
    outcome = newcomer.run("-n", *options)
    assert outcome.status == 0, outcome.text
    assert outcome.jobs["describe_frames"] >= 1
    assert "model=my-qwen, variant=batch-1" in outcome.text


def test_make_all_models_plans_every_file(newcomer: Project) -> None:
    outcome = newcomer.run("-n", "results/report.md", "--config", "models=all")
    assert outcome.status == 0, outcome.text
    for file in (newcomer.folder / "config" / "models").glob("*.yaml"):
        assert f"model={file.stem}," in outcome.text or f"\n  {file.stem} " in outcome.text


def with_our_python(command: str) -> str:
    """Call the programs beside this interpreter, which stand for the reader's .venv."""
    folder = shlex.quote(str(Path(sys.executable).parent))
    return command.replace(".venv/bin/", f"{folder}/")
