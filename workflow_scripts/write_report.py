"""Write the Markdown report from the gathered tables."""

from pathlib import Path

from scribebench import cli
from scribebench.files import write_text
from scribebench.report.data import load
from scribebench.report.markdown import write_markdown
from scribebench.report.thumbnails import write_thumbnails


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--tables", type=Path, required=True, help="folder of build_tables")
    parser.add_argument("--spec", type=cli.json_object, required=True, help="what to show, JSON")
    parser.add_argument("--sessions", type=Path, required=True, help="folder with kept pictures")
    parser.add_argument("--pictures", type=Path, required=True, help="folder for thumbnails")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    args = parser.parse_args()

    spec = args.spec
    data = load(args.tables, spec["labels"], spec["titles"], spec["refused"])
    args.pictures.mkdir(parents=True, exist_ok=True)
    pictures = (
        write_thumbnails(data, args.sessions, args.pictures)
        if spec["images"] == "thumbnails"
        else None
    )
    write_text(args.out, write_markdown(data, pictures))


if __name__ == "__main__":
    cli.run(main)
