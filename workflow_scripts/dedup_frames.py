"""Decide which sampled frames are kept, and write their pictures."""

from pathlib import Path

from scribebench import cli
from scribebench.files import write_text
from scribebench.frames.dedup import Settings, select_frames
from scribebench.frames.keep import frame_rows, selection_summary, write_kept_pictures
from scribebench.frames.spec import ExtractSpec
from scribebench.tables import FRAMES, read_rows, write_table


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
    parser.add_argument("--selection", type=Path, required=True, help="summary to write, JSON")
    parser.add_argument("--out", type=Path, required=True, help="table to write")
    args = parser.parse_args()

    spec, signals = ExtractSpec.from_json(args.spec), read_rows(args.signals)
    decisions = select_frames(
        [row["time_s"] for row in signals],
        [row["phash"] for row in signals],
        Settings.from_json(args.settings),
    )
    pictures = write_kept_pictures(
        args.session / spec.recording,
        spec,
        signals,
        [decision.frame_index for decision in decisions if decision.kept],
        candidates=args.signals.parent / "candidates",
        folder=args.pictures,
        threads=args.threads,
    )
    scenes = read_rows(args.scenes)
    write_table(args.out, FRAMES, frame_rows(signals, scenes, decisions, pictures))
    write_text(args.selection, selection_summary(decisions, scenes, args.manifest))


if __name__ == "__main__":
    cli.run(main)
