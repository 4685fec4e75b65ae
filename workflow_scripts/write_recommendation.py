"""Write which candidate to take, with the rows that each value came from, as JSON."""

import json
from pathlib import Path

from scribebench import cli
from scribebench.files import write_text
from scribebench.report.data import load
from scribebench.report.recommend import recommend
from scribebench.report.recommended import recommended_json


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--tables", type=Path, required=True, help="folder of build_tables")
    parser.add_argument("--spec", type=cli.json_object, required=True, help="what to show, JSON")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    args = parser.parse_args()

    spec = args.spec
    data = load(args.tables, spec["labels"], spec["titles"], spec["refused"])
    content = recommended_json(recommend(data))
    write_text(args.out, json.dumps(content, indent=2, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    cli.run(main)
