"""Ask one model about drawn frames, so many in a request; its faults are recorded, not raised."""

from pathlib import Path

from scribebench import cli
from scribebench.canaries.frames import session_of
from scribebench.describe.job import describe_to
from scribebench.project.models import Run


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--batch-size", type=int, required=True, help="frames in a request")
    parser.add_argument("--model", required=True, help="name of the model's file")
    parser.add_argument("--variant", required=True, help="name of the variant")
    parser.add_argument("--settings", type=cli.json_object, required=True, help="JSON")
    parser.add_argument("--frames", type=Path, required=True, help="table of draw_canaries")
    parser.add_argument("--prompt", type=Path, required=True, help="file with what is asked")
    parser.add_argument("--state", type=Path, required=True, help="folder of the journal")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    args = parser.parse_args()

    describe_to(
        args.out,
        session_of(args.batch_size),
        Run(args.model, args.variant),
        args.settings,
        args.frames,
        args.prompt,
        args.state,
        experiment="attribution",
        rule="describe_canaries",
    )


if __name__ == "__main__":
    cli.run(main)
