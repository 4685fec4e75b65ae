"""Read the text on the pictures of the rubric by OCR, for the baseline; each picture once."""

from pathlib import Path

from scribebench import cli
from scribebench.frames.read import read_kept


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--frames", type=Path, required=True, help="table of draw_rubric")
    parser.add_argument("--store", type=Path, required=True, help="folder of finished readings")
    parser.add_argument("--workers", type=int, default=1, help="processes, one core each")
    parser.add_argument("--out", type=Path, required=True, help="table to write")
    args = parser.parse_args()

    read_kept(args.frames, args.store, args.workers, args.out)


if __name__ == "__main__":
    cli.run(main)
