"""Ask one model the questions of the rubric; a model's fault is recorded, not raised."""

import json
import os
from pathlib import Path

from scribebench import __version__, cli
from scribebench.backends.choose import connect
from scribebench.describe.again import tell_what_to_redo
from scribebench.describe.lock import SLOTS_VARIABLE
from scribebench.describe.rows import request_row
from scribebench.describe.run import run_facts
from scribebench.files import write_text
from scribebench.machine import git_commit
from scribebench.project.models import Run
from scribebench.rubric.ask import ask_rubric, rubric_request_row, write_replies
from scribebench.rubric.save import read_items
from scribebench.tables import REQUESTS, write_table


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--model", required=True, help="name of the model's file")
    parser.add_argument("--variant", required=True, help="name of the variant")
    parser.add_argument("--settings", type=cli.json_object, required=True, help="JSON")
    parser.add_argument("--asked", type=cli.json_object, required=True, help="repeats, controls")
    parser.add_argument("--items", type=Path, required=True, help="list of draw_rubric")
    parser.add_argument("--text", type=Path, help="text on the pictures, for `ocr`")
    parser.add_argument("--state", type=Path, required=True, help="folder of the journal")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    args = parser.parse_args()

    run = Run(args.model, args.variant)
    known = {"text": args.text, "session": args.items.parent.name, "state": args.state}
    backend = connect(args.settings, known)
    asked = ask_rubric(
        run,
        args.settings,
        read_items(args.items),
        args.items.parent,
        args.asked["repeats"],
        args.asked["controls"],
        backend,
        args.state,
        int(os.environ.get(SLOTS_VARIABLE, "1")),
    )
    answered = [replied.answered for replied in asked.replies]
    replies = [one.reply for one in answered]
    tell_what_to_redo(run, args.out / "run.json", "ask_rubric", asked.broken, replies)
    rows = [request_row(asked.context, backend, one) for one in asked.warm_ups]
    rows += [rubric_request_row(asked.context, backend, one) for one in asked.replies]
    facts = run_facts(asked.context, answered, __version__, git_commit(Path()), asked.broken)
    # The plan counts requests: a question without its picture is one of them.
    facts |= {
        "frames": len(answered),
        "asked_frames": sum(not one.cache_hit for one in answered),
    }
    write_replies(args.out / "replies.jsonl.zst", asked.replies)
    write_table(args.out / "requests.parquet", REQUESTS, rows)
    write_text(args.out / "run.json", json.dumps(facts, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    cli.run(main)
