"""Draw the frames that tell how many pictures a model keeps apart in one request."""

from pathlib import Path

from scribebench import cli
from scribebench.canaries.draw import write_canaries
from scribebench.canaries.frames import canaries, frames_needed
from scribebench.errors import ScribebenchError


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--batch-size", type=int, required=True, help="frames in a request")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    args = parser.parse_args()

    try:
        count = frames_needed(args.batch_size)
    except ValueError as error:
        raise ScribebenchError(f"{error} cannot be tried; take 1 to 50") from error
    write_canaries(canaries(count), args.out)


if __name__ == "__main__":
    cli.run(main)
