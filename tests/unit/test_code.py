"""Which code a script runs, and when its fingerprint changes."""

import os
import shutil
from pathlib import Path

import pytest

from scribebench.project.code import fingerprint_of, imported_files
from unit.places import SCRIPTS

FILES = {
    "run.py": "import json\nfrom scribebench import cli\nfrom scribebench.part.deep import work\n",
    "plain.py": "import scribebench.alone\n",
    "scribebench/__init__.py": '"""Package."""\n',
    "scribebench/cli.py": "import sys\n",
    "scribebench/part/__init__.py": '"""Part."""\n',
    "scribebench/part/deep.py": "def work():\n    from scribebench import hidden\n",
    "scribebench/hidden.py": "import scribebench.far as far\n",
    "scribebench/far.py": "from scribebench.part.deep import work\n",
    "scribebench/alone.py": "X = 1\n",
    "scribebench/backends/__init__.py": '"""Backends."""\n',
    "scribebench/backends/one.py": "from scribebench.backends import helper\n",
    "scribebench/backends/two.py": "Y = 1\n",
    "scribebench/backends/helper.py": "Z = 1\n",
}


class Project:
    """Copies of one small project; each has a folder of its own, since files are read once."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._copies = 0

    def copy(self) -> Path:
        self._copies += 1
        root = self._folder / f"copy-{self._copies}"
        for name, text in FILES.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return root

    def changed(self, name: str, text: str) -> Path:
        root = self.copy()
        (root / name).write_text(text)
        return root


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def names(root: Path, script: str) -> set[str]:
    found = imported_files(root, [root / f"{script}.py"])
    return {path.relative_to(root).as_posix() for path in found}


def test_imports_are_followed_also_into_functions_and_circles(project: Project) -> None:
    assert names(project.copy(), "run") == {
        "scribebench/__init__.py",
        "scribebench/cli.py",
        "scribebench/part/__init__.py",
        "scribebench/part/deep.py",
        "scribebench/hidden.py",
        "scribebench/far.py",
    }


def test_a_dotted_import_brings_its_packages_along(project: Project) -> None:
    assert names(project.copy(), "plain") == {"scribebench/__init__.py", "scribebench/alone.py"}


@pytest.mark.parametrize("name", ["scribebench/hidden.py", "scribebench/part/__init__.py"])
def test_changed_content_changes_the_fingerprint(project: Project, name: str) -> None:
    before = fingerprint_of(project.copy(), "run")
    assert fingerprint_of(project.changed(name, FILES[name] + "# changed\n"), "run") != before


@pytest.mark.parametrize(
    "name", ["scribebench/alone.py", "scribebench/backends/one.py", "plain.py", "run.py"]
)
def test_a_file_that_is_not_imported_does_not_count(project: Project, name: str) -> None:
    """The script itself is an input of its rule and so does not count either."""
    before = fingerprint_of(project.copy(), "run")
    assert fingerprint_of(project.changed(name, FILES[name] + "# changed\n"), "run") == before


def test_a_renamed_file_changes_the_fingerprint(project: Project) -> None:
    """The names count, not only the contents."""
    renamed = project.changed("run.py", FILES["run.py"].replace("cli", "clj"))
    (renamed / "scribebench/cli.py").rename(renamed / "scribebench/clj.py")
    assert "scribebench/clj.py" in names(renamed, "run")
    assert fingerprint_of(renamed, "run") != fingerprint_of(project.copy(), "run")


def test_a_touched_file_and_another_folder_change_nothing(project: Project) -> None:
    before = fingerprint_of(project.copy(), "run")
    root = project.copy()
    for path in root.rglob("*.py"):
        os.utime(path, (1, 1))
    assert fingerprint_of(root, "run") == before


def test_a_backend_counts_only_when_it_is_named(project: Project) -> None:
    text = FILES["scribebench/backends/helper.py"] + "# changed\n"
    plain, other = project.copy(), project.changed("scribebench/backends/helper.py", text)
    assert fingerprint_of(plain, "run") == fingerprint_of(other, "run")
    assert fingerprint_of(plain, "run", "backends/one") != fingerprint_of(
        other, "run", "backends/one"
    )
    assert fingerprint_of(plain, "run", "backends/two") == fingerprint_of(
        other, "run", "backends/two"
    )


def test_each_backend_has_a_fingerprint_of_its_own(project: Project) -> None:
    root = project.copy()
    prints = {
        fingerprint_of(root, "run", module) for module in (None, "backends/one", "backends/two")
    }
    assert len(prints) == 3


def test_a_backend_that_has_no_module_counts_as_none(project: Project) -> None:
    root = project.copy()
    assert fingerprint_of(root, "run", "backends/absent") == fingerprint_of(root, "run")


# --- the project itself --------------------------------------------------------------------------


def test_describing_knows_no_backend_by_itself() -> None:
    found = names(SCRIPTS, "describe_frames")
    assert "scribebench/describe/run.py" in found
    assert "scribebench/files.py" in found
    assert not {"scribebench/backends/ocr.py", "scribebench/backends/openai.py"} & found


def test_extracting_does_not_depend_on_reports_or_backends() -> None:
    """A changed report must never decode a recording again."""
    found = names(SCRIPTS, "extract_frames")
    assert "scribebench/frames/decode.py" in found
    parts = {name.split("/")[1] for name in found}
    assert not parts & {"report", "backends", "describe", "plan", "grading"}


def test_the_package_has_no_relative_import_since_those_are_not_followed() -> None:
    for path in SCRIPTS.rglob("*.py"):
        assert "\nfrom ." not in path.read_text(encoding="utf-8"), path


def test_a_copy_of_the_project_has_the_same_fingerprints(tmp_path: Path) -> None:
    copy = shutil.copytree(SCRIPTS, tmp_path / "elsewhere")
    for script in SCRIPTS.glob("*.py"):
        assert fingerprint_of(copy, script.stem) == fingerprint_of(SCRIPTS, script.stem)
