"""Find scene changes in the stored signals of a recording."""

from dataclasses import asdict
from pathlib import Path

from scribebench import cli
from scribebench.frames.scenes import detect_scenes
from scribebench.tables import SCENES, read_table, write_table


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--signals", type=Path, required=True, help="table of extract_frames")
    parser.add_argument("--out", type=Path, required=True, help="table to write")
    args = parser.parse_args()

    signals = read_table(args.signals, ["time_s", "content_val"])
    scenes = detect_scenes(signals["time_s"].to_pylist(), signals["content_val"].to_pylist())
    write_table(args.out, SCENES, map(asdict, scenes))


if __name__ == "__main__":
    cli.run(main)
