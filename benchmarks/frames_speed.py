"""Measure what frame selection costs, against `ffmpeg -f null` on the same recording.

The floor is decoding: nothing can select frames without it. Both use the same number of threads and
run in turn; the ratios are medians over the repeats. Our side is all of it, decoding, signals,
scenes, selection, pictures and contact sheets, without the start of Python; as in the workflow,
extract_frames is a process of its own, and peak memory is that of the larger one. For recordings of
few frames the plain way is measured as well, up to three times: extract every frame (to JPEG, to
PNG), then run scenedetect and imagehash. Without recordings as arguments, recordings of a drawn
desktop are made for the purpose. Prints a Markdown table.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import av
import imageio_ffmpeg
from drawn_desktop import draw_recording

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow_scripts"))

from stored_signals import read_with_scenes

from scribebench.frames.container import read_duration_s
from scribebench.frames.decode import DecodeReport
from scribebench.frames.extract import extract
from scribebench.frames.keep import frame_rows, write_pictures
from scribebench.frames.spec import ExtractSpec
from scribebench.frames.strategies import Settings, select_frames
from scribebench.project.documents import read_yaml
from scribebench.report.layout import table
from scribebench.tables import FRAMES, SIGNALS, table_writer

ROOT = Path(__file__).parents[1]
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
PLAIN_AT_MOST_FRAMES, PLAIN_REPEATS = 4000, 3
STAGES = ("extract", "dedup")
HEADINGS = (
    "recording", "length", "looked at", "kept", "wall", "CPU", "peak MB", "JPEG way to ours",
    "PNG way to ours",
)  # fmt: skip


class Cost(NamedTuple):
    """What a run took: wall and CPU time in seconds, peak memory in MB, frames where known."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    sampled: int = 0
    kept: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recordings", type=Path, nargs="*", help="instead of drawn ones")
    parser.add_argument("--threads", type=int, default=2, help="decoding threads of both sides")
    parser.add_argument("--repeats", type=int, default=3, help="pairs of runs")
    parser.add_argument("--minutes", type=float, default=10, help="length of drawn recordings")
    parser.add_argument("--hours", type=float, default=2, help="length of repeated ones; 0: none")
    parser.add_argument("--keep", type=Path, help="folder for drawn recordings, to use them again")
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.stage:
        print(json.dumps(run_stage(args.stage, args.recordings[0], args.folder, args.threads)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        recordings = args.recordings or drawn(
            args.keep or Path(temporary), args.minutes, args.hours
        )
        print(table(HEADINGS, (measure(path, args.threads, args.repeats) for path in recordings)))


def drawn(folder: Path, minutes: float, hours: float) -> list[Path]:
    """Draw recordings at 1 and 30 frames a second, and repeat them to a long one each."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for fps in (1, 30):
        path = folder / f"drawn-{fps}fps-{minutes:g}min.mp4"
        if not path.exists():
            partial = path.with_suffix(".part.mp4")
            draw_recording(partial, fps, minutes * 60, FFMPEG)
            partial.replace(path)
        paths.append(path)
        if hours:
            long = folder / f"drawn-{fps}fps-{hours:g}h.mp4"
            if not long.exists():
                times = max(0, round(hours * 60 / minutes) - 1)
                partial = long.with_suffix(".part.mp4")
                _run(FFMPEG, "-stream_loop", str(times), "-i", path, "-c", "copy", partial)
                partial.replace(long)
            paths.append(long)
    return paths


def measure(recording: Path, threads: int, repeats: int) -> tuple[str, ...]:
    """Return a line of the table."""
    length_s = read_duration_s(recording) or 0.0
    ours, floors = [], []
    for _ in range(repeats):
        floors.append(floor(recording, threads))
        ours.append(select(recording, threads))
    wall_s = statistics.median(cost.wall_s for cost in ours)
    few = frames_in(recording) <= PLAIN_AT_MOST_FRAMES
    plain = (
        f"{_plain_way(recording, threads, suffix, repeats) / wall_s:.1f}" if few else "-"
        for suffix in ("jpg", "png")
    )
    return (
        recording.stem,
        f"{length_s / 60:.0f} min",
        str(ours[0].sampled),
        str(ours[0].kept),
        _ratio(ours, floors, "wall_s"),
        _ratio(ours, floors, "cpu_s"),
        f"{max(cost.peak_mb for cost in ours):.0f}",
        *plain,
    )


def _ratio(ours: list[Cost], floors: list[Cost], name: str) -> str:
    ratios = [getattr(a, name) / getattr(b, name) for a, b in zip(ours, floors, strict=True)]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


def floor(recording: Path, threads: int) -> Cost:
    """Decode and throw away."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    _run(FFMPEG, "-threads", str(threads), "-i", recording, "-map", "0:v:0", "-f", "null", "-")
    wall_s = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall_s, cpu_s, 0.0)


def frames_in(recording: Path) -> int:
    """Return how many frames a recording has, by its packets."""
    with av.open(str(recording)) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)


def select(recording: Path, threads: int) -> Cost:
    """Do what the workflow does, in processes of their own; return what it costs in all."""
    with tempfile.TemporaryDirectory() as folder:
        costs = []
        for stage in STAGES:
            command = [sys.executable, __file__, recording, "--stage", stage, "--folder", folder]
            command += ["--threads", str(threads)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            costs.append(Cost(*json.loads(done.stdout)))
    first, last = costs
    return last._replace(
        wall_s=first.wall_s + last.wall_s,
        cpu_s=first.cpu_s + last.cpu_s,
        peak_mb=max(first.peak_mb, last.peak_mb),
    )


def run_stage(stage: str, recording: Path, folder: Path, threads: int) -> Cost:
    """Run a stage in this process, and measure it."""
    settings = read_yaml(ROOT / "config" / "config.yaml")["frames"]
    spec = ExtractSpec.from_json(
        {"recording": recording.name, "sample_fps": settings.pop("sample_fps"), "masks": []}
    )
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    if stage == "extract":
        report = DecodeReport()
        with table_writer(folder / "signals.parquet", SIGNALS) as write:
            for row in extract(recording, spec, report, folder / "candidates", threads):
                write(row)
        counts = report.sampled_frames, 0
    else:
        counts = dedup(recording, spec, Settings.from_json(settings).of(recording), folder, threads)
    wall_s, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall_s, cpu_s, peak_mb(), *counts)


def peak_mb() -> float:
    """Return the most memory that this process has held."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux ru_maxrss begins with what the parent process held
        line = next(one for one in status.read_text().splitlines() if one.startswith("VmHWM"))
        return int(line.split()[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def dedup(
    recording: Path, spec: ExtractSpec, settings: Settings, folder: Path, threads: int
) -> tuple[int, int]:
    """Do what detect_scenes and dedup_frames do; return how many frames there are and are kept."""
    signals, scene_rows, measured = read_with_scenes(folder / "signals.parquet")
    decisions = select_frames(measured, settings)
    pictures = write_pictures(
        recording, spec, signals, decisions, folder / "candidates", folder / "frames",
        folder / "sheets", threads,
    )  # fmt: skip
    with table_writer(folder / "frames.parquet", FRAMES) as write:
        for row in frame_rows(signals, scene_rows, decisions, pictures):
            write(row)
    return len(decisions), sum(decision.kept for decision in decisions)


def _plain_way(recording: Path, threads: int, suffix: str, repeats: int) -> float:
    times = min(repeats, PLAIN_REPEATS)
    return statistics.median(plain_way(recording, threads, suffix) for _ in range(times))


def plain_way(recording: Path, threads: int, suffix: str) -> float:
    """Extract all frames to pictures, run scenedetect, hash each picture; return seconds."""
    import imagehash
    from PIL import Image
    from scenedetect import AdaptiveDetector, detect

    with tempfile.TemporaryDirectory() as temporary:
        start = time.monotonic()
        output = ["-fps_mode", "passthrough", "-q:v", "2", f"{temporary}/%06d.{suffix}"]
        _run(FFMPEG, "-threads", str(threads), "-i", recording, *output)
        detect(str(recording), AdaptiveDetector())
        for path in sorted(Path(temporary).iterdir()):
            with Image.open(path) as image:
                imagehash.phash(image)
        return time.monotonic() - start


def _run(*command: str | Path) -> None:
    subprocess.run(
        [command[0], "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *command[1:]],
        check=True,
        env=os.environ,
    )


if __name__ == "__main__":
    main()
