"""Draw the pictures of the rubric, and list what is asked about them and what is true."""

from pathlib import Path

from scribebench import cli
from scribebench.progress import Progress
from scribebench.rubric.items import FAMILIES
from scribebench.rubric.save import frame_rows, save_rubric
from scribebench.tables import FRAMES, write_table


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--variants", type=int, required=True, help="pictures of each question")
    parser.add_argument("--scale", type=float, default=1.0, help="1 is 640 px wide")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    args = parser.parse_args()

    with Progress("rubric", len(FAMILIES) * args.variants, "pictures") as progress:
        drawn = []
        for one in save_rubric(FAMILIES, args.variants, args.scale, args.out):
            drawn.append(one)
            progress.advance()
    write_table(args.out / "frames.parquet", FRAMES, frame_rows(drawn))


if __name__ == "__main__":
    cli.run(main)
