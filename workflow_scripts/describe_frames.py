"""Ask one model about the kept frames of one session; a model's fault is recorded, not raised."""

import json
import os
from pathlib import Path

from scribebench import __version__, cli
from scribebench.backends.choose import connect
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


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--session", required=True, help="name of the session")
    parser.add_argument("--model", required=True, help="name of the model's file")
    parser.add_argument("--variant", required=True, help="name of the variant")
    parser.add_argument("--settings", type=cli.json_object, required=True, help="JSON")
    parser.add_argument("--frames", type=Path, required=True, help="table of dedup_frames")
    parser.add_argument("--evidence", type=Path, required=True, help="prompt, or text for `ocr`")
    parser.add_argument("--state", type=Path, required=True, help="folder of the journal")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    args = parser.parse_args()

    context_of = {"text": args.evidence, "session": args.session, "state": args.state}
    backend = connect(args.settings, context_of)
    context, answered, broken = describe(
        session=args.session,
        run=Run(args.model, args.variant),
        settings=args.settings,
        frames=kept_frames(args.frames),
        instructions="" if backend.embedded else args.evidence.read_text(encoding="utf-8").strip(),
        backend=backend,
        state=args.state,
        gpu_slots=int(os.environ.get(SLOTS_VARIABLE, "1")),
    )
    if broken:
        command = (
            f"{snakemake()} --cores 4 results/probe/{args.model}/{args.variant}/probe.json "
            f"results/runs/{args.session}/{args.model}/{args.variant}/run.json "
            "-R probe_model describe_frames"
        )
        told = BROKEN.format(broken=broken, command=command)
        print(visible(f"nothing more was asked: {told}"), flush=True)
    rows = [request_row(context, backend, one) for one in answered]
    described = without_warm_ups(answered)
    said = [row for one in described for row in description_rows(context, one)]
    facts = run_facts(context, answered, __version__, git_commit(Path()), broken)
    write_replies(args.out / "replies.jsonl.zst", answered)
    write_table(args.out / "requests.parquet", REQUESTS, rows)
    write_table(args.out / "descriptions.parquet", DESCRIPTIONS, said)
    write_text(args.out / "run.json", json.dumps(facts, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    cli.run(main)
