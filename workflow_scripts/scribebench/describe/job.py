"""The job that asks one model about one set of frames, and writes what came of it."""

import json
import os
from pathlib import Path
from typing import Any

from scribebench import __version__
from scribebench.backends.choose import connect
from scribebench.describe.again import tell_what_to_redo
from scribebench.describe.lock import SLOTS_VARIABLE
from scribebench.describe.rows import description_rows, request_row
from scribebench.describe.run import (
    describe,
    kept_frames,
    run_facts,
    without_warm_ups,
    write_replies,
)
from scribebench.files import write_text
from scribebench.machine import git_commit
from scribebench.project.models import Run
from scribebench.tables import DESCRIPTIONS, REQUESTS, write_table


def describe_to(
    out: Path,
    session: str,
    run: Run,
    settings: dict[str, Any],
    frames: Path,
    evidence: Path,
    state: Path,
    experiment: str,
    rule: str,
) -> None:
    """Ask about the kept frames of a table and write the tables of the run to `out`.

    `evidence` is the prompt, or the text on the frames for the baseline; `rule` is what runs this,
    for the command that runs it again. Raises ScribebenchError for an infrastructure fault.
    """
    backend = connect(settings, {"text": evidence, "session": session, "state": state})
    context, answered, broken = describe(
        session=session,
        run=run,
        settings=settings,
        frames=kept_frames(frames),
        instructions="" if backend.embedded else evidence.read_text(encoding="utf-8").strip(),
        backend=backend,
        state=state,
        gpu_slots=int(os.environ.get(SLOTS_VARIABLE, "1")),
        experiment=experiment,
    )
    described = without_warm_ups(answered)
    tell_what_to_redo(run, out / "run.json", rule, broken, [one.reply for one in described])
    rows = [request_row(context, backend, one) for one in answered]
    said = [row for one in described for row in description_rows(context, one)]
    facts = run_facts(context, answered, __version__, git_commit(Path()), broken)
    write_replies(out / "replies.jsonl.zst", answered)
    write_table(out / "requests.parquet", REQUESTS, rows)
    write_table(out / "descriptions.parquet", DESCRIPTIONS, said)
    write_text(out / "run.json", json.dumps(facts, indent=2, sort_keys=True) + "\n")
