"""Copies of the project in which real Snakemake runs are made."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "rules", "workflow_scripts", "config", "rubric", "envs", "profiles")
# The program beside this interpreter, called as a user calls it without activating anything.
SNAKEMAKE = Path(sys.executable).parent / "snakemake"
LIMIT_S = 400
# As config.yaml is delivered.
RUBRIC = "rubric:\n  variants: 10\n  repeats: 1\n"


@dataclass(frozen=True)
class Outcome:
    """How a call of Snakemake ended, and all that it printed."""

    status: int
    text: str

    @property
    def jobs(self) -> dict[str, int]:
        """Jobs of each rule, as the table before the run counts them; empty if there are none."""
        table = re.search(r"^Job stats:\n.*?^total +\d+$", self.text, re.M | re.S)
        counts = re.findall(r"^(\w+) +(\d+)$", table[0], re.M) if table else []
        return {rule: int(count) for rule, count in counts if rule != "total"}


@dataclass(frozen=True)
class Project:
    """A copy of the project in a folder of its own."""

    folder: Path

    def run(self, *args: str, **environment: str) -> Outcome:
        """Call Snakemake and wait for it."""
        process = self.start(*args, **environment)
        try:
            text, _ = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return Outcome(process.returncode, text)

    def start(self, *args: str, **environment: str) -> subprocess.Popen[str]:
        """Call Snakemake in a process group of its own and do not wait."""
        return subprocess.Popen(
            [str(SNAKEMAKE), *args],
            cwd=self.folder,
            env=clean_environment() | {"SCRIBEBENCH_LOCKS": str(self.locks)} | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def finish(self, target: str = "results/report.md", *args: str) -> Outcome:
        """Run a target and fail, with all that was printed, if it cannot be made."""
        outcome = self.run("--cores", "4", target, *args)
        assert outcome.status == 0, outcome.text
        return outcome

    def planned(self, target: str = "results/report.md", *args: str) -> dict[str, int]:
        """Return how many jobs of each rule a target needs, by a dry run."""
        outcome = self.run("-n", target, *args)
        assert outcome.status == 0, outcome.text
        return outcome.jobs

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace text in a file; fail if it is not there, so that no edit is silently nothing."""
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{path} does not hold {old!r}"
        file.write_text(text.replace(old, new), encoding="utf-8")

    def write(self, path: str, text: str) -> Path:
        """Write a file, with its folders."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def select(self, *models: str) -> None:
        """Select models in config.yaml."""
        config = self.folder / "config" / "config.yaml"
        selected = f"models: [{', '.join(models)}]"
        text = config.read_text(encoding="utf-8")
        config.write_text(re.sub(r"^models: .*$", selected, text, flags=re.M), encoding="utf-8")

    def log(self, rule: str, subject: str) -> str:
        """Return the log of a job."""
        path = self.folder / "results" / "logs" / rule / f"{subject}.log"
        return path.read_text(encoding="utf-8")

    def copy_to(self, folder: Path, keep_times: bool = True) -> "Project":
        """Copy the whole tree, with results; without times it is like a copy made by `cp -r`."""
        copy = shutil.copy2 if keep_times else shutil.copyfile
        shutil.copytree(self.folder, folder, copy_function=copy, symlinks=True)
        return Project(folder)

    @property
    def locks(self) -> Path:
        """Locks of this copy alone: tests that run side by side must not wait for each other."""
        return self.folder / "locks"


def new_project(folder: Path, with_demo: bool = True) -> Project:
    """Copy the project's code and configuration, and the demo, to a folder that does not exist."""
    folder.mkdir(parents=True)
    for part in PARTS:
        source = ROOT / part
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, folder / part)
    (folder / "sessions").mkdir()
    if with_demo:
        shutil.copytree(ROOT / "sessions" / "demo", folder / "sessions" / "demo")
    project = Project(folder)
    # The rubric's 130 pictures take a minute to read; tests that are about it ask for it.
    project.edit("config/config.yaml", RUBRIC, "rubric: null\n")
    return project


def clean_environment() -> dict[str, str]:
    """Return this environment as it is where nothing was activated."""
    inside = str(Path(sys.executable).parent)
    paths = [path for path in os.environ["PATH"].split(os.pathsep) if path != inside]
    dropped = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {"PATH": os.pathsep.join(paths)}


def model_file(url: str, batch_size: int = 8, label: str = "Tiny", variants: str = "") -> str:
    """Return a model file for the constructed model behind a llama-server.

    It tells colours but cannot read, so that it does not pass the probe's gate.
    """
    return (
        f"label: {label}\nbackend: openai\nurl: {url}\ntag: tiny\nprobe: warn\n"
        "options: {temperature: 0, num_predict: 4000}\n"
        f"batch_size: {batch_size}\nimage: {{max_width_px: 640, format: jpeg}}\n{variants}"
    )
