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
    "replies.jsonl.zst": "describe_frames",
    "run.json": "describe_frames",
    "grades.parquet": "grade_descriptions",
    "probe.json": "probe_model",
}
# The same below results/canaries/ and results/rubric/, in which experiments stand.
CANARIES_MADE_BY = {
    "frames.parquet": "draw_canaries",
    "requests.parquet": "describe_canaries",
    "descriptions.parquet": "describe_canaries",
    "replies.jsonl.zst": "describe_canaries",
    "run.json": "describe_canaries",
    "attribution.parquet": "grade_canaries",
}
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
EXPERIMENTS = {"canaries": CANARIES_MADE_BY, "rubric": RUBRIC_MADE_BY}


def damaged(path: Path, problem: str) -> ScribebenchError:
    """Return the error for a result that cannot be read, with the command that makes it again.

    Deleting it would not help: Snakemake does not miss an intermediate file.
    """
    made_in = {"tables": "build_tables", "candidates": "extract_frames"}
    # Sessions and models can have these names, too: it counts where they stand.
    _, is_result, inside = f"/{path.as_posix()}".partition("/results/")
    experiment = inside.partition("/")[0] if is_result else ""
    made_by = EXPERIMENTS.get(experiment, MADE_BY)
    rule = made_in.get(path.parent.name) or made_by.get(path.name, "dedup_frames")
    return ScribebenchError(
        f"{path} is damaged ({problem}); make it again: "
        f"{snakemake()} --cores 4 results/report.md -R {rule}"
    )


def snakemake(shared: bool = False) -> str:
    """Return the program beside this interpreter, which need not be activated, as one word.

    In a page that is `shared` with others no folder outside the project is named.
    """
    program, here = Path(sys.executable).parent / "snakemake", Path.cwd()
    if not program.is_file():
        return "snakemake"
    if here in program.parents:
        return shlex.quote(str(program.relative_to(here)))
    return "snakemake" if shared else shlex.quote(str(program))
