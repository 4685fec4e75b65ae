"""Decode a recording once: sampled frames, their signals, pictures that may be kept."""

from pathlib import Path

from scribebench import cli
from scribebench.files import write_text
from scribebench.frames.decode import DecodeReport
from scribebench.frames.extract import extract
from scribebench.frames.manifest import manifest, spoken_loss
from scribebench.frames.spec import ExtractSpec
from scribebench.progress import Progress
from scribebench.tables import SIGNALS, table_writer


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--session", type=Path, required=True, help="folder with the recording")
    parser.add_argument("--spec", type=cli.json_object, required=True, help="how to sample, JSON")
    parser.add_argument("--threads", type=int, default=1, help="cores to decode with")
    parser.add_argument("--signals", type=Path, required=True, help="table to write")
    parser.add_argument("--candidates", type=Path, required=True, help="folder for pictures")
    parser.add_argument("--manifest", type=Path, required=True, help="facts to write, JSON")
    args = parser.parse_args()

    spec, report = ExtractSpec.from_json(args.spec), DecodeReport()
    recording = args.session / spec.recording
    with (
        Progress(f"{args.session.name} frames", None, "s") as progress,
        table_writer(args.signals, SIGNALS) as write,
    ):
        for row in extract(recording, spec, report, args.candidates, args.threads):
            progress.total = report.duration_s
            progress.reach(row["time_s"])
            write(row)
        for line in spoken_loss(recording, report):
            progress.say(line)
    write_text(args.manifest, manifest(spec, report))


if __name__ == "__main__":
    cli.run(main)
