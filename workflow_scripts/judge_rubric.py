"""Let a model judge the criteria of one candidate's replies that no rule can grade."""

import json
import os
from pathlib import Path

from scribebench import cli
from scribebench.backends.choose import connect
from scribebench.describe.lock import SLOTS_VARIABLE
from scribebench.project.models import BASE, Run
from scribebench.rubric.ask import read_replies
from scribebench.rubric.judge import judge_rubric
from scribebench.rubric.save import read_items
from scribebench.tables import JUDGED, write_table


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--judge", required=True, help="who judges: MODEL or MODEL/VARIANT")
    parser.add_argument("--settings", type=cli.json_object, required=True, help="the judge's, JSON")
    parser.add_argument("--replies", type=Path, required=True, help="what the candidate replied")
    parser.add_argument("--run", type=Path, required=True, help="run.json of the candidate")
    parser.add_argument("--items", type=Path, required=True, help="list of draw_rubric")
    parser.add_argument("--state", type=Path, required=True, help="folder of the journal")
    parser.add_argument("--out", type=Path, required=True, help="table to write")
    args = parser.parse_args()

    model, _, variant = args.judge.partition("/")
    items = {(one.item.question, one.item.variant): one.item for one in read_items(args.items)}
    facts = json.loads(args.run.read_text(encoding="utf-8"))
    judged = judge_rubric(
        Run(model, variant or BASE),
        args.settings,
        list(read_replies(args.replies)),
        items,
        facts["model_digest"],
        facts["model"],
        connect(args.settings, {"state": args.state}),
        args.state,
        int(os.environ.get(SLOTS_VARIABLE, "1")),
    )
    write_table(args.out, JUDGED, (one._asdict() for one in judged))


if __name__ == "__main__":
    cli.run(main)
