"""Errors name their mend: the rule that makes a damaged result again."""

import re
import sys
from pathlib import Path

import pytest

from scribebench.errors import damaged, snakemake
from unit.places import ROOT

WILDCARDS = {"session": "results", "model": "rubric", "variant": "canaries", "batch_size": "8"}


def outputs() -> list[tuple[str, str]]:
    """Return (path, rule) of what the rules make and others read, their wildcards filled in."""
    found = []
    for path in sorted((ROOT / "rules").glob("*.smk")):
        for rule, body in re.findall(
            r"^rule (\w+):\n(.*?)(?=^rule |\Z)", path.read_text(encoding="utf-8"), re.M | re.S
        ):
            made = body.partition("    output:\n")[2].partition("\n    log:")[0]
            files = re.findall(r'"(results/[^"]+\.(?:parquet|jsonl|jsonl\.zst|json))"', made)
            found += [(file.format_map(WILDCARDS), rule) for file in files]
    return found


@pytest.mark.parametrize(("path", "rule"), [one for one in outputs() if "recommend" not in one[0]])
def test_a_damaged_result_is_made_again_by_its_own_rule(path: str, rule: str) -> None:
    assert str(damaged(Path(path), "torn")).endswith(f" -R {rule}")


def test_all_experiments_were_looked_at() -> None:
    rules = {rule for _, rule in outputs()}
    assert {"draw_canaries", "grade_canaries", "judge_rubric", "grade_descriptions"} <= rules


def test_a_page_for_others_names_no_folder_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    for place in (project / ".venv" / "bin", elsewhere / "bin"):
        place.mkdir(parents=True)
        (place / "snakemake").touch()
    monkeypatch.chdir(project)
    monkeypatch.setattr(sys, "executable", str(elsewhere / "bin" / "python"))
    assert snakemake() == str(elsewhere / "bin" / "snakemake")
    assert snakemake(shared=True) == "snakemake"
    monkeypatch.setattr(sys, "executable", str(project / ".venv" / "bin" / "python"))
    assert snakemake(shared=True) == snakemake() == ".venv/bin/snakemake"
