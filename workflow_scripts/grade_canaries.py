"""Grade what one candidate said of the drawn frames: which frame each description is of."""

from pathlib import Path

from scribebench import cli
from scribebench.canaries.frames import canaries
from scribebench.canaries.grade import grade_canaries
from scribebench.tables import ATTRIBUTION, read_rows, write_table


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--descriptions", type=Path, required=True, help="what it said of each")
    parser.add_argument("--out", type=Path, required=True, help="table to write")
    args = parser.parse_args()

    said = read_rows(args.descriptions)
    last = max((row["frame_index"] for row in said), default=-1)
    write_table(args.out, ATTRIBUTION, grade_canaries(said, canaries(last + 1)))


if __name__ == "__main__":
    cli.run(main)
