"""Ask one model about the kept frames of one session; a model's fault is recorded, not raised."""

from pathlib import Path

from scribebench import cli
from scribebench.describe.job import describe_to
from scribebench.project.models import Run


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--session", required=True, help="name of the session")
    parser.add_argument("--model", required=True, help="name of the model's file")
    parser.add_argument("--variant", required=True, help="name of the variant")
    parser.add_argument("--settings", type=cli.json_object, required=True, help="JSON")
    parser.add_argument("--frames", type=Path, required=True, help="table of dedup_frames")
    parser.add_argument("--evidence", type=Path, required=True, help="prompt, or text for `ocr`")
    parser.add_argument("--state", type=Path, required=True, help="folder of the journal")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    args = parser.parse_args()

    describe_to(
        args.out,
        args.session,
        Run(args.model, args.variant),
        args.settings,
        args.frames,
        args.evidence,
        args.state,
        experiment="describe",
        rule="describe_frames",
    )


if __name__ == "__main__":
    cli.run(main)
