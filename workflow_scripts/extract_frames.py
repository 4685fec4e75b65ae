"""Decode a recording once: sampled frames, their signals, pictures that may be kept."""

from dataclasses import asdict
from pathlib import Path

from scribebench import cli
from scribebench.files import write_bytes, write_text
from scribebench.frames.decode import DecodeReport, sample
from scribebench.frames.manifest import manifest, spoken_loss
from scribebench.frames.pictures import encode_jpeg, picture_name
from scribebench.frames.signals import CandidateFilter, SignalMeter
from scribebench.frames.spec import ExtractSpec
from scribebench.progress import Progress
from scribebench.tables import SIGNALS, write_table


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--session", type=Path, required=True, help="folder with the recording")
    parser.add_argument("--spec", type=cli.json_object, required=True, help="how to sample, JSON")
    parser.add_argument("--threads", type=int, default=1, help="decoding threads")
    parser.add_argument("--signals", type=Path, required=True, help="table to write")
    parser.add_argument("--candidates", type=Path, required=True, help="folder for pictures")
    parser.add_argument("--manifest", type=Path, required=True, help="facts to write, JSON")
    args = parser.parse_args()

    spec = ExtractSpec.from_json(args.spec)
    report, meter, candidates, rows = DecodeReport(), SignalMeter(), CandidateFilter(), []
    args.candidates.mkdir(parents=True, exist_ok=True)
    recording = args.session / spec.recording
    with Progress(f"{args.session.name} frames", None, "s") as progress:
        for frame in sample(recording, spec.sample_fps, spec.masks, report, args.threads):
            progress.total = report.duration_s
            signals = meter.measure(frame)
            wanted = candidates.wants(signals)
            if wanted:
                picture = encode_jpeg(frame.picture.full())
                write_bytes(args.candidates / picture_name(frame.time_s), picture)
            rows.append(asdict(signals) | {"candidate": wanted})
            progress.reach(frame.time_s)
        for line in spoken_loss(recording, report):
            progress.say(line)
    write_table(args.signals, SIGNALS, rows)
    write_text(args.manifest, manifest(spec, report))


if __name__ == "__main__":
    cli.run(main)
