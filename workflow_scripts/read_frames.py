"""Read the text on the kept frames by OCR; a picture that was read before is not read again."""

from pathlib import Path

from scribebench import cli
from scribebench.frames.read import ReadingStore, read_pictures, text_row
from scribebench.progress import Progress
from scribebench.tables import TEXT, read_rows, write_table


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--frames", type=Path, required=True, help="table of dedup_frames")
    parser.add_argument("--store", type=Path, required=True, help="folder of finished readings")
    parser.add_argument("--workers", type=int, default=1, help="processes, one core each")
    parser.add_argument("--out", type=Path, required=True, help="table to write")
    args = parser.parse_args()

    frames = [row for row in read_rows(args.frames) if row["kept"]]
    pictures = {row["image_sha256"]: args.frames.parent / row["image"] for row in frames}
    readings = {}
    session, store = args.frames.parent.name, ReadingStore(args.store)
    with Progress(f"{session} text", len(pictures), "frames") as progress:
        for key, reading in read_pictures(pictures, store, args.workers, session):
            readings[key] = reading
            progress.advance()
    rows = (text_row(frame, readings[frame["image_sha256"]]) for frame in frames)
    write_table(args.out, TEXT, rows)


if __name__ == "__main__":
    cli.run(main)
