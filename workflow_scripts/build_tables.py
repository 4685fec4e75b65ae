"""Gather the tables of all selected sessions and runs into one set."""

from pathlib import Path

from scribebench import cli
from scribebench.gather import gather


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--results", type=Path, required=True, help="folder with all results")
    parser.add_argument("--spec", type=cli.json_object, required=True, help="what to gather, JSON")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    args = parser.parse_args()

    runs = [(session, *run) for run in args.spec["runs"] for session in args.spec["sessions"]]
    canaries = [tuple(run) for run in args.spec["canaries"]]
    rubric = [tuple(run) for run in args.spec["rubric"]]
    gather(args.results, args.spec["sessions"], runs, canaries, rubric, args.out)


if __name__ == "__main__":
    cli.run(main)
