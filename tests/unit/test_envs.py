"""The conda environments hold what their rules' scripts import, at the versions of the lock."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from packaging.markers import Marker
from packaging.utils import canonicalize_name

from scribebench.project.code import imported_files

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "workflow_scripts"
ENVS = sorted((ROOT / "envs").glob("*.yaml"))
# Modules that a script loads by name at run time; no import in its syntax tree tells of them.
BY_NAME = dict.fromkeys(
    ("describe_frames", "probe_model", "describe_canaries", "ask_rubric", "judge_rubric"),
    "scribebench/backends/*.py",
)
# Packages that another package loads by name.
LOADED = {"onnxruntime": "rapidocr"}
RULE = re.compile(r"^rule (\w+):.*?^    conda:\n +\"\.\./envs/(\w+)\.yaml\"", re.M | re.S)
PIN = re.compile(r"^(?P<name>[a-z0-9._-]+)==(?P<version>\S+)(?: ; (?P<marker>[^\\]+))?", re.M)


class Env(NamedTuple):
    """What an environment file asks for."""

    python: str
    pins: dict[str, str]


def read_env(path: Path) -> Env:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert content["channels"] == ["conda-forge", "nodefaults"]
    python, pip, packages = content["dependencies"]
    assert pip == "pip"
    pins = [package.partition("==") for package in packages["pip"]]
    return Env(python.removeprefix("python="), {name: version for name, _, version in pins})


def locked_versions(python: str) -> dict[str, str]:
    """Return the version of each package in the lock for a Python such as 3.11."""
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    return {
        pin["name"]: pin["version"]
        for pin in PIN.finditer((ROOT / "requirements.txt").read_text(encoding="utf-8"))
        if not pin["marker"] or Marker(pin["marker"].strip()).evaluate(environment)
    }


def scripts_of(env: str) -> list[str]:
    rules = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "rules").glob("*.smk"))
    return [rule for rule, named in RULE.findall(rules) if named == env]


def imported_packages(script: str) -> set[str]:
    """Return the packages outside the standard library that a script reaches, as the lock names
    them."""
    start = [SCRIPTS / f"{script}.py", *SCRIPTS.glob(BY_NAME.get(script, "none/*.py"))]
    modules: set[str] = set()
    for path in {*start, *imported_files(SCRIPTS, start)}:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module.partition(".")[0])
    owners = packages_distributions()
    return {
        canonicalize_name(owners[module][0])
        for module in modules - set(sys.stdlib_module_names) - {"scribebench"}
    }


def test_each_rule_with_a_script_names_an_environment_that_exists():
    rules = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "rules").glob("*.smk"))
    named = dict(RULE.findall(rules))
    assert set(named) == set(re.findall(r"^rule (\w+):", rules, re.M))
    assert set(named.values()) == {path.stem for path in ENVS}


@pytest.mark.parametrize("path", ENVS, ids=lambda path: path.stem)
def test_pins_are_those_of_the_lock(path):
    env = read_env(path)
    locked = locked_versions(env.python)
    assert env.pins == {name: locked.get(name) for name in env.pins}


@pytest.mark.parametrize("path", ENVS, ids=lambda path: path.stem)
def test_pins_are_what_the_scripts_import(path):
    needed = set().union(*map(imported_packages, scripts_of(path.stem)))
    needed |= {package for package, loader in LOADED.items() if loader in needed}
    assert set(read_env(path).pins) == needed


def test_the_lock_is_read_for_the_python_of_the_environment():
    assert locked_versions("3.11")["numpy"] != locked_versions("3.12")["numpy"]


@pytest.mark.parametrize("path", ENVS, ids=lambda path: path.stem)
def test_the_first_comment_says_what_was_not_run(path):
    comment = path.read_text(encoding="utf-8").partition("channels:")[0]
    assert "did not run" in comment
    assert "requirements.txt" in comment
