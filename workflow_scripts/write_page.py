"""Write the report as one HTML page from the gathered tables."""

from pathlib import Path

from scribebench import cli
from scribebench.files import write_text
from scribebench.report.data import load
from scribebench.report.page.assemble import write_page


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--tables", type=Path, required=True, help="folder of build_tables")
    parser.add_argument("--spec", type=cli.json_object, required=True, help="what to show, JSON")
    parser.add_argument("--sessions", type=Path, required=True, help="folder with kept pictures")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    args = parser.parse_args()

    spec = args.spec
    data = load(args.tables, spec["labels"], spec["titles"], spec["refused"])
    pictures = args.sessions if spec["images"] == "thumbnails" else None
    write_text(args.out, write_page(data, pictures))


if __name__ == "__main__":
    cli.run(main)
