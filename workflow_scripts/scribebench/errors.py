"""The one exception whose text is meant for the user."""

import shlex
import sys
from pathlib import Path


class ScribebenchError(Exception):
    """A problem that the user can mend; the text names the file and the mend."""


MADE_BY = {
    "signals.parquet": "extract_frames",
    "manifest.json": "extract_frames",
    "scenes.parquet": "detect_scenes",
    "selection.json": "dedup_frames",
    "text.parquet": "read_frames",
    "requests.parquet": "describe_frames",
    "descriptions.parquet": "describe_frames",
    "run.json": "describe_frames",
    "probe.json": "probe_model",
}
# The same in results/rubric and in results/rubric/{model}/{variant}.
RUBRIC_MADE_BY = {
    "frames.parquet": "draw_rubric",
    "items.jsonl": "draw_rubric",
    "text.parquet": "read_rubric",
    "requests.parquet": "ask_rubric",
    "replies.jsonl.zst": "ask_rubric",
    "run.json": "ask_rubric",
    "judged.parquet": "judge_rubric",
    "items.parquet": "grade_rubric",
    "criteria.parquet": "grade_rubric",
}


def damaged(path: Path, problem: str) -> ScribebenchError:
    """Return the error for a result that cannot be read, with the command that makes it again.

    Deleting it would not help: Snakemake does not miss an intermediate file.
    """
    made_in = {"tables": "build_tables", "candidates": "extract_frames"}
    # Sessions can have this name, too.
    is_rubric = ("results", "rubric") in (path.parts[-3:-1], path.parts[-5:-3])
    made_by = RUBRIC_MADE_BY if is_rubric else MADE_BY
    rule = made_in.get(path.parent.name) or made_by.get(path.name, "dedup_frames")
    return ScribebenchError(
        f"{path} is damaged ({problem}); make it again: "
        f"{snakemake()} --cores 4 results/report.md -R {rule}"
    )


def snakemake() -> str:
    """Return the program beside this interpreter, which need not be activated, as one word."""
    program = Path(sys.executable).parent / "snakemake"
    if not program.is_file():
        return "snakemake"
    here = Path.cwd()
    return shlex.quote(str(program.relative_to(here) if here in program.parents else program))
