"""The job that asks one model about one set of frames, and writes what came of it."""

import json
import os
from pathlib import Path
from typing import Any

from scribebench import __version__
from scribebench.backends.choose import connect
from scribebench.describe.again import OF_ONE_START, command_for
from scribebench.describe.lock import SLOTS_VARIABLE
from scribebench.describe.rows import description_rows, request_row
from scribebench.describe.run import (
    describe,
    kept_frames,
    run_facts,
    without_warm_ups,
    write_replies,
)
from scribebench.errors import snakemake
from scribebench.files import write_text
from scribebench.harmless import visible
from scribebench.machine import git_commit
from scribebench.project.models import Run
from scribebench.tables import DESCRIPTIONS, REQUESTS, write_table

BROKEN = (
    "the model {broken}; mend its server or its file and run: {command}; or set `probe: warn` in "
    "its file to ask it all the same"
)
OF_NOW = (
    "{count} of {requests} requests failed for want of memory, or by the end of the server. No "
    "later start asks them again by itself; free memory, or change the model's file, and run: "
    "{command}"
)


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
    if broken:
        command = (
            f"{snakemake()} --cores 4 results/probe/{run.model}/{run.variant}/probe.json "
            f"{out.as_posix()}/run.json -R probe_model {rule}"
        )
        told = BROKEN.format(broken=broken, command=command)
        print(visible(f"nothing more was asked: {told}"), flush=True)
    rows = [request_row(context, backend, one) for one in answered]
    described = without_warm_ups(answered)
    if count := sum(one.reply.error_kind in OF_ONE_START for one in described):
        command = command_for(out / "run.json", rule)
        print(visible(OF_NOW.format(count=count, requests=len(described), command=command)))
    said = [row for one in described for row in description_rows(context, one)]
    facts = run_facts(context, answered, __version__, git_commit(Path()), broken)
    write_replies(out / "replies.jsonl.zst", answered)
    write_table(out / "requests.parquet", REQUESTS, rows)
    write_table(out / "descriptions.parquet", DESCRIPTIONS, said)
    write_text(out / "run.json", json.dumps(facts, indent=2, sort_keys=True) + "\n")
