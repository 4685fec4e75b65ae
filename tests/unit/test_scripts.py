"""The scripts of the rules: they explain themselves, and every rule has one."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from unit.places import ROOT, SCRIPTS

# Called by people, not by a rule; they have tests of their own.
BY_HAND = {"explain_reply", "audit_rubric", "export_table"}
SCRIPT_FILES = sorted(path for path in SCRIPTS.glob("*.py") if path.stem not in BY_HAND)
RULE_FILES = sorted((ROOT / "rules").glob("*.smk"))
RULES = [
    pytest.param(path, name, id=name)
    for path in RULE_FILES
    for name in re.findall(r"^rule (\w+):", path.read_text(encoding="utf-8"), re.M)
]


def body_of(path: Path, rule: str) -> str:
    text = path.read_text(encoding="utf-8")
    return text.partition(f"rule {rule}:")[2].partition("\nrule ")[0]


@pytest.mark.parametrize("script", SCRIPT_FILES, ids=lambda path: path.stem)
def test_a_script_prints_its_help(script: Path) -> None:
    done = subprocess.run(
        [sys.executable, script, "--help"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    first_line = (ast.get_docstring(ast.parse(script.read_bytes())) or "").splitlines()[0]
    assert first_line.endswith(".")
    assert first_line in " ".join(done.stdout.split())
    options = re.findall(r"^  (--\w+)", done.stdout, re.M)
    assert options
    for option in options:
        assert re.search(rf"^  {option}\b.*(\n    )?.*\w", done.stdout, re.M)


@pytest.mark.parametrize("script", SCRIPT_FILES, ids=lambda path: path.stem)
def test_a_script_without_its_options_says_which(script: Path) -> None:
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "required: --" in done.stderr


def test_there_are_rules_and_scripts() -> None:
    assert len(RULES) >= 8
    assert len(RULE_FILES) >= 4


@pytest.mark.parametrize(("path", "rule"), RULES)
def test_a_rule_has_a_script_of_its_name(path: Path, rule: str) -> None:
    assert f'script="workflow_scripts/{rule}.py"' in body_of(path, rule)
    assert (SCRIPTS / f"{rule}.py").is_file()


@pytest.mark.parametrize("script", SCRIPT_FILES, ids=lambda path: path.stem)
def test_a_script_belongs_to_a_rule(script: Path) -> None:
    assert script.stem in [param.values[1] for param in RULES]


@pytest.mark.parametrize(("path", "rule"), RULES)
def test_a_rule_gives_its_script_every_option_that_it_needs(path: Path, rule: str) -> None:
    source = (SCRIPTS / f"{rule}.py").read_text(encoding="utf-8")
    known = set(re.findall(r'add_argument\("(--\w+)"', source))
    needed = set(re.findall(r'add_argument\("(--\w+)"[^)]*required=True', source))
    given = set(re.findall(r"^\s+(--\w+) ", body_of(path, rule), re.M))
    assert needed <= given <= known


@pytest.mark.parametrize(("path", "rule"), RULES)
def test_a_rule_is_told_in_one_sentence_and_keeps_a_log(path: Path, rule: str) -> None:
    body = body_of(path, rule)
    assert re.match(r'\n    """[A-Z][^\n]*\."""\n', body)
    assert f"results/logs/{rule}" in body
    assert "code=" in body


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.stem)
def test_a_rule_file_opens_with_its_contract(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith('"""')
    opening = text.split('"""')[1]
    if path.stem == "common":
        assert "Holds no rules" in opening
        assert not re.search(r"^rule ", text, re.M)
        return
    before, _, rest = opening.partition("REQUIRED INPUTS:")
    inputs, _, outputs = rest.partition("OUTPUTS:")
    assert before.strip() and inputs.strip() and outputs.strip()


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.stem)
def test_a_rule_file_names_every_output_that_its_rules_write(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    opening = text.split('"""')[1]
    written = re.findall(r'(?:ensure|directory)\(\s*"(results/[^"]+)"', text)
    for output in written:
        name = output.rpartition("/")[2]
        pattern = output.rpartition("/")[0] + "/*" + Path(name).suffix
        assert name in opening or pattern in opening, output


@pytest.mark.parametrize(
    "path",
    [*RULE_FILES, *SCRIPT_FILES, *SCRIPTS.rglob("scribebench/**/*.py")],
    ids=lambda path: path.name,
)
def test_no_file_names_a_path_of_a_machine(path: Path) -> None:
    assert not re.search(r"/(?:home|Users|root|mnt)/\w", path.read_text(encoding="utf-8"))
