"""Decide which sampled frames are kept, and write their pictures and sheets to check them by."""

from pathlib import Path

from scribebench import cli
from scribebench.files import write_text
from scribebench.frames.keep import (
    frame_rows,
    read_manifest,
    selection_summary,
    write_pictures,
)
from scribebench.frames.measured import read_measured
from scribebench.frames.spec import ExtractSpec
from scribebench.frames.strategies import Settings, select_frames
from scribebench.tables import FRAMES, read_rows, table_writer


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--session", type=Path, required=True, help="folder with the recording")
    parser.add_argument("--spec", type=cli.json_object, required=True, help="how to sample, JSON")
    parser.add_argument("--settings", type=cli.json_object, required=True, help="how to keep, JSON")
    parser.add_argument("--signals", type=Path, required=True, help="table of extract_frames")
    parser.add_argument("--scenes", type=Path, required=True, help="table of detect_scenes")
    parser.add_argument("--manifest", type=Path, required=True, help="facts of extract_frames")
    parser.add_argument("--threads", type=int, default=1, help="decoding threads")
    parser.add_argument("--pictures", type=Path, required=True, help="folder for kept pictures")
    parser.add_argument("--sheets", type=Path, required=True, help="folder for contact sheets")
    parser.add_argument("--selection", type=Path, required=True, help="summary to write, JSON")
    parser.add_argument("--out", type=Path, required=True, help="table to write")
    args = parser.parse_args()

    facts = read_manifest(args.manifest)
    spec, scenes = ExtractSpec.from_json(args.spec), read_rows(args.scenes)
    signals, measured = read_measured(args.signals, scenes)
    recording = args.session / spec.recording
    decisions = select_frames(measured, Settings.from_json(args.settings).of(recording))
    pictures = write_pictures(
        recording,
        spec,
        signals,
        decisions,
        candidates=args.signals.parent / "candidates",
        folder=args.pictures,
        sheets=args.sheets,
        threads=args.threads,
        intact=not facts["losses"],
    )
    with table_writer(args.out, FRAMES) as write:
        for row in frame_rows(signals, scenes, decisions, pictures):
            write(row)
    write_text(args.selection, selection_summary(decisions, scenes, facts["duration_s"]))


if __name__ == "__main__":
    cli.run(main)
