"""A model that had no memory in one start, and has it in a later one."""

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

from scribebench.tables import read_rows
from support.llama_server import EXACT_ARITHMETIC, find_llama_server
from support.tiny_vlm import TinyVlm
from support.workflow import Project

RUN, PROBE = "results/runs/demo/large/base", "results/probe/large/base/probe.json"
OUT_OF_MEMORY = "ggml_backend_cuda_buffer_type_alloc_buffer: cudaMalloc failed: out of memory"
# The real server, but for its starts.
FULL = """#!/bin/sh
case "$1" in --version) exec "$REAL" "$@" ;; esac
echo "$SAID" >&2
exit 1
"""


def commands(text: str) -> list[str]:
    """The commands that a report or a log tells for making these results again, in order."""
    # The program's path may hold spaces.
    found = re.findall(
        rf"((?:'[^'\n]*snakemake'|[^\s`]*snakemake) --cores 4 (?:{RUN}|{PROBE})[^`\n]*)", text
    )
    return list(dict.fromkeys(found))


def told_by(project: Project) -> list[str]:
    return commands((project.folder / "results" / "report.md").read_text(encoding="utf-8"))


def probe_of(project: Project) -> dict[str, Any]:
    return json.loads((project.folder / PROBE).read_text(encoding="utf-8"))


def failures(project: Project) -> set[str | None]:
    rows = read_rows(project.folder / RUN / "requests.parquet")
    return {row["error_kind"] for row in rows if not row["warmup"]}


def test_what_had_no_memory_is_asked_again_by_the_command_that_is_told(
    project: Project, tiny_vlm: TinyVlm, tmp_path: Path
) -> None:
    arguments = json.dumps([*EXACT_ARITHMETIC, "--threads", "2"])
    project.write(
        "config/models/large.yaml",
        "label: Large\nbackend: llama-server\nprobe: warn\n"
        f"files: {{model: '{tiny_vlm.model}', mmproj: '{tiny_vlm.mmproj}'}}\n"
        f"server_args: {arguments}\noptions: {{temperature: 0, num_predict: 4000, num_ctx: 16384}}"
        "\nbatch_size: 8\nimage: {max_width_px: 640}\n",
    )
    project.select("large")
    program, real = tmp_path / "full", str(find_llama_server())
    program.write_text(FULL)
    program.chmod(0o755)
    full = {"SCRIBEBENCH_LLAMA_SERVER": str(program), "REAL": real, "SAID": OUT_OF_MEMORY}

    outcome = project.run("--cores", "2", "results/report.md", **full)
    assert outcome.status == 0, outcome.text
    assert failures(project) == {"oom"}
    found = probe_of(project)
    assert (found["verdict"], set(found["gate"].values())) == ("no_memory", {None})
    assert (found["requested"]["n_ctx"], found["effective"]["n_ctx"]) == (16384, None)
    again = told_by(project)
    assert len(again) == 2
    log = project.log("describe_frames", "demo/large/base")
    assert "No later start asks them again by itself" in log
    logs = log + project.log("probe_model", "large/base")
    # A report may be shared, and names no folder of this machine.
    told = [shlex.split(command) for command in commands(logs)]
    assert sorted(words[1:] for words in told) == sorted(shlex.split(one)[1:] for one in again)
    assert {Path(words[0]).parent for words in told} == {Path(sys.executable).parent}

    # There is memory by now, but a job that has ended well is not run again.
    own = {"SCRIBEBENCH_LLAMA_SERVER": real}
    assert project.run("--cores", "2", "results/report.md", **own).jobs == {}
    assert failures(project) == {"oom"}
    for command in again:
        program_word, *words = shlex.split(command)
        assert program_word == "snakemake"
        outcome = project.run(*words, **own)
        assert outcome.status == 0, outcome.text
        assert len(outcome.jobs) == 1
    assert failures(project) == {None}
    assert probe_of(project)["verdict"] != "no_memory"
    assert probe_of(project)["effective"]["n_ctx"] == 16384
    assert project.run("--cores", "2", "results/report.md", **own).status == 0
    assert told_by(project) == []
