"""The files of the folder `rubric/`: the questions, and the programs that are drawn as code."""

from functools import cache
from pathlib import Path
from typing import Any

from scribebench.project.documents import read_yaml

FOLDER = Path(__file__).resolve().parents[3] / "rubric"


@cache
def questions() -> dict[str, dict[str, Any]]:
    """Return the questions by their ids, in the order of the file."""
    return read_yaml(FOLDER / "questions.yaml")


@cache
def programs() -> dict[str, dict[str, Any]]:
    """Return the programs by their keys."""
    return read_yaml(FOLDER / "programs.yaml")
