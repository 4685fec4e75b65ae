"""The documents say what the project holds: keys, tables, files, candidates, measured numbers."""

import os
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from scribebench.backends.base import ModelIdentity, Reply
from scribebench.describe.journal import Conditions
from scribebench.describe.rows import Answered, Frame, RunContext, request_row
from scribebench.gather import GATHERED
from scribebench.project.models import Run
from scribebench.tables import ALL_TABLES, REQUESTS, write_table

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
DOCUMENTS = sorted(
    path
    for path in (
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        CONFIG / "README.md",
        ROOT / "sessions" / "demo" / "README.md",
    )
    if path.is_file()
)
SCHEMAS = {
    "`config/config.yaml`": "config.schema.yaml",
    "`session.yaml`": "session.schema.yaml",
    "A model file": "model.schema.yaml",
}
# The folders and files of the repository that a document can name; `sessions/` only with the demo.
OWN = re.compile(
    r"(?:\.ci|benchmarks|config|docs|envs|profiles|rubric|rules|tests|workflow_scripts|sessions/demo)/"
    r"|(?:Makefile|Snakefile|README\.md|CHANGELOG\.md|LICENSE|pyproject\.toml"
    r"|requirements[a-z-]*\.(?:in|txt))\Z"
)


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def section(text: str, heading: str) -> str:
    """Return what stands below a heading of the second level."""
    match = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert match, f"there is no heading {heading!r}"
    return match[1]


def table_rows(text: str) -> list[list[str]]:
    """Return the cells of all table lines, headings and rules left out."""
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" |")] for line in lines]


def keys_of(schema: dict[str, Any], root: dict[str, Any], prefix: str = "") -> set[str]:
    """Return the dotted names of all keys that hold a value; a list of mappings counts itself."""
    keys: set[str] = set()
    for name, value in schema["properties"].items():
        value = resolve(value, root)
        items = value.get("items", {})
        if "properties" in value:
            keys |= keys_of(value, root, f"{prefix}{name}.")
        else:
            keys.add(prefix + name)
        if "properties" in items:
            keys |= keys_of(items, root, f"{prefix}{name}.")
    return keys


def resolve(value: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in value:
        target: Any = root
        for part in value["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        value = target
    return value


@pytest.mark.parametrize("heading", SCHEMAS)
def test_every_key_has_a_row_in_the_readme_of_config(heading):
    schema = yaml.safe_load(text_of(CONFIG / SCHEMAS[heading]))
    rows = table_rows(section(text_of(CONFIG / "README.md"), heading))
    documented = [row[0].strip("`") for row in rows]
    assert sorted(documented) == sorted(keys_of(schema, schema))


@pytest.mark.parametrize("heading", SCHEMAS)
def test_every_row_says_what_a_key_means_and_what_its_change_reruns(heading):
    rows = table_rows(section(text_of(CONFIG / "README.md"), heading))
    for key, meaning, _, default, reruns in rows:
        assert meaning and default and reruns, key


def test_the_defaults_in_the_readme_are_those_of_the_delivered_file():
    config = yaml.safe_load(text_of(CONFIG / "config.yaml"))
    for key, _, _, default, _ in table_rows(
        section(text_of(CONFIG / "README.md"), "`config/config.yaml`")
    ):
        value: Any = config
        for part in key.strip("`").split("."):
            value = value.get(part) if value else None
        shown = "not set" if value is None else default.strip("`")
        assert yaml.safe_load(shown) == ("not set" if value is None else value), key


def test_the_tables_page_is_what_its_script_prints():
    script = ROOT / "docs" / "make_tables.py"
    printed = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    message = "run: python docs/make_tables.py > docs/tables.md"
    assert text_of(ROOT / "docs" / "tables.md") == printed.stdout, message


def test_the_tables_page_has_every_table():
    page = text_of(ROOT / "docs" / "tables.md")
    for one in (*ALL_TABLES, *GATHERED):
        assert table_rows(section(page, f"`{one.name}`")), one.name


def test_every_column_of_requests_is_filled():
    reply = Reply("text", "", datetime.now(UTC), 1, "stop", True)
    context = RunContext("s", Run("m", "base"), {"backend": "openai"}, None, identity(), {}, {})
    frame = Frame(0, 0.0, Path("picture.jpg"), "0")
    conditions = Conditions(None, None, None, {})
    answered = Answered(0, [frame], [], "uid", reply, conditions, cache_hit=False)
    backend = SimpleNamespace(endpoint_kind="v1", embedded=False)
    row = request_row(context, backend, answered)
    assert [column.name for column in REQUESTS.columns if column.name not in row] == []


def identity() -> ModelIdentity:
    return ModelIdentity(model_id="m", digest="d")


def test_the_examples_of_the_tables_page_run(tmp_path):
    key = {"session": "demo", "model": "m", "variant": "base", "request_uid": "u"}
    extra = {
        "requests": {"finish_reason": "stop", "s_per_image": 2.5, "speed_valid": True},
        "descriptions": {"time_s": 1.5},
        "samples": {"grounded_share": 0.25, "specifics_invented": 7},
    }
    for one in GATHERED:
        rows = [key | extra[one.name]] if one.name in extra else []
        write_table(tmp_path / "results" / "tables" / f"{one.name}.parquet", one, rows)
    examples = re.findall(r"```python\n(.*?)```", text_of(ROOT / "docs" / "tables.md"), re.S)
    # Snakemake loads pandas at each start where it is installed: `make test-examples` has it aside.
    python = os.environ.get("EXAMPLES_PYTHON")
    has_pandas = python is not None or find_spec("pandas") is not None
    missing = [] if has_pandas else [code for code in examples if "pandas" in code]
    printed = [
        subprocess.run(
            [str(Path(python).absolute()) if python else sys.executable, "-c", code],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for code in examples
        if code not in missing
    ]
    assert printed[0] == "1.5 m stop 2.5\n"
    assert "'s_per_image_approximate_median': 2.5" in printed[1]
    assert "0.25" in printed[2]
    assert missing or "7.0" in printed[3]


def test_the_candidates_are_the_files_in_config_models():
    rows = table_rows(section(text_of(ROOT / "docs" / "models.md"), "The candidates"))
    named = [row[0].strip("`") for row in rows]
    assert sorted(named) == sorted(path.stem for path in (CONFIG / "models").glob("*.yaml"))


def commands_and_paths(text: str) -> list[str]:
    """Return code spans, and the lines of fenced blocks that are commands."""
    fenced = re.findall(r"^```(?:sh|bash)\n(.*?)^```", text, re.M | re.S)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    lines = [line for block in fenced for line in block.splitlines() if line.strip()]
    return [*re.findall(r"`([^`\n]+)`", prose), *lines]


def missing_files(text: str) -> list[str]:
    """Return what a document names like a file of the repository, and is not there."""
    return [
        word
        for span in commands_and_paths(text)
        for word in words_of(span)
        if OWN.match(word) and not set(word) & set("<>{}*$") and not (ROOT / word).exists()
    ]


def words_of(command: str) -> list[str]:
    """Return the words of a command; none of what is no command, such as half a quotation."""
    try:
        return shlex.split(command, comments=True)
    except ValueError:
        return []


def unknown_targets(text: str) -> list[str]:
    """Return the targets of `make` that a document names and the Makefile has not."""
    makefile = text_of(ROOT / "Makefile")
    commands = [span.split() for span in commands_and_paths(text)]
    named = [words[1] for words in commands if len(words) > 1 and words[0] == "make"]
    return [
        target
        for target in named
        if "=" not in target and not re.search(rf"^[a-z -]*\b{target}\b[a-z -]*:", makefile, re.M)
    ]


def made_by_no_rule(text: str) -> list[str]:
    """Return what a document names in results/ and no rule writes; a folder of files is made."""
    rules = "".join(text_of(path) for path in (ROOT / "rules").glob("*.smk"))
    files = re.findall(r"\"(results/[^\"]+)\"", rules)
    made = {"/".join(file.split("/")[:depth]) for file in files for depth in range(1, 9)}
    patterns = [re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))) for path in made]
    named = [word for span in commands_and_paths(text) for word in words_of(span)]
    return [
        path
        for path in named
        if path.startswith("results/")
        # No rule's output: the one outlives them, the other is written when they fail.
        and not path.startswith(("results/.state", "results/partial"))
        and not any(one.fullmatch(path.partition("*")[0].rstrip("/")) for one in patterns)
    ]


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_files_and_targets_that_a_document_names_exist(path):
    text = text_of(path)
    assert missing_files(text) == []
    assert unknown_targets(text) == []
    assert made_by_no_rule(text) == []


@pytest.mark.parametrize(
    ("check", "text", "found"),
    [
        (missing_files, "see `docs/nowhere.md` and `docs/models.md`", ["docs/nowhere.md"]),
        (missing_files, "```sh\npython benchmarks/none.py x\n```", ["benchmarks/none.py"]),
        (missing_files, "`config/models/*.yaml`, `sessions/<name>/x`, `my.yaml`", []),
        (unknown_targets, "`make report` and `make coffee`", ["coffee"]),
        (made_by_no_rule, "`results/report.md`, `results/nothing.md`", ["results/nothing.md"]),
        (made_by_no_rule, "`results/tables/*.parquet`, `results/tables`", []),
    ],
)
def test_the_check_of_names_can_fail(check, text, found):
    assert check(text) == found


def test_the_measured_recall_of_the_demo_is_what_the_benchmark_prints():
    command = [sys.executable, ROOT / "benchmarks" / "frames_quality.py", "--strategies", "auto"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True)
    heading, _, row = printed.stdout.splitlines()
    page = text_of(ROOT / "docs" / "frames.md").splitlines()
    assert heading in page
    measured = cells(row)
    told = cells(next(line for line in page if line.startswith("| demo | auto |")))
    assert told["looked at"] == measured["looked at"]
    assert told["must-keep"] == measured["must-keep"]
    # Scaling of pictures is not the same to the bit on every processor: two frames, one screen.
    assert float(told["kept"]) == pytest.approx(float(measured["kept"]), abs=2)
    shares = [float(one["recall by screens"].split()[0]) for one in (told, measured)]
    assert shares[0] == pytest.approx(shares[1], abs=0.07)
    even = [float(one["even sampling"]) for one in (told, measured)]
    assert even[0] == pytest.approx(even[1], abs=0.08)


def cells(row: str) -> dict[str, str]:
    """Return the cells of a line of the benchmark's table."""
    names = (
        "recording", "strategy", "looked at", "kept", "must-keep", "recall by screens",
        "even sampling",
    )  # fmt: skip
    return dict(zip(names, (cell.strip() for cell in row.strip("|").split("|")), strict=False))


def test_every_rule_is_in_the_architecture():
    page = text_of(ROOT / "docs" / "architecture.md")
    rules = "".join(text_of(path) for path in (ROOT / "rules").glob("*.smk"))
    assert [rule for rule in re.findall(r"^rule (\w+):", rules, re.M) if rule not in page] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_documents_name_no_path_of_a_machine(path):
    assert re.findall(r"(?<![\w.$}])/(?:home|Users|root|work|tmp|mnt)/\S*", text_of(path)) == []
