"""Measure which screens of recordings with known truth each strategy keeps, beside even sampling.

A must-keep screen is recalled *by screens* when a kept frame shows it: lies in a stretch in which
it is completely visible, or just before one where no screen is labelled. With --strings, a screen
also counts when all its key strings stand on kept frames, as OCR reads them: *by either*. Repeats
are kept frames that show a screen kept before; *wasted* are those of them in stretches in which
nothing happens or something merely moves. Even sampling takes as many frames at even intervals: the
mean over 25 phases. Settings are those of config/config.yaml. Prints a Markdown table.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow_scripts"))

from stored_signals import read_with_scenes

from scribebench.files import sha256_bytes
from scribebench.frames.decode import DecodeReport
from scribebench.frames.extract import extract
from scribebench.frames.read import ReadingStore, read_pictures
from scribebench.frames.refetch import fetch_frames
from scribebench.frames.spec import ExtractSpec
from scribebench.frames.strategies import STRATEGIES, Measured, Settings, select_frames
from scribebench.project.documents import read_yaml
from scribebench.project.sessions import find_recording
from scribebench.report.layout import table
from scribebench.tables import SIGNALS, table_writer

ROOT = Path(__file__).parents[1]
PHASES = 25
# A keep so much before a screen's stretch still counts: the truth's edges are that sharp.
GRACE_FRAMES, GRACE_LIVE_S = 2, 0.5
# A key string counts as read when OCR's text holds it with so many percent of its letters right.
READ_PERCENT = 85
HEADINGS = (
    "recording", "strategy", "looked at", "kept", "must-keep", "recall by screens",
    "even sampling", "recall by either", "repeats", "wasted",
)  # fmt: skip


class Truth(NamedTuple):
    """What is known of a recording; `screens` names the screen of each frame, null between two.

    `key_strings` are those of each must-keep screen, `idle` the stretches (first frame, last frame)
    in which nothing happens or something merely moves.
    """

    fps: float
    key_strings: dict[str, list[str]]
    screens: list[str | None]
    idle: list[tuple[int, int]]


class Recording(NamedTuple):
    """A recording, decoded once."""

    path: Path
    spec: ExtractSpec
    times_s: list[float]
    measured: Measured
    truth: Truth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folders", type=Path, nargs="*", help="folders with a recording and its truth.json"
    )
    parser.add_argument("--threads", type=int, default=2, help="decoding threads")
    parser.add_argument("--strings", action="store_true", help="read kept frames by OCR (minutes)")
    parser.add_argument(
        "--strategies", nargs="+", choices=STRATEGIES, default=list(STRATEGIES), metavar="NAME"
    )
    args = parser.parse_args()
    folders = args.folders or [ROOT / "sessions" / "demo"]
    rows = (
        row
        for folder in folders
        for row in measure(folder, args.strategies, args.strings, args.threads)
    )
    print(table(HEADINGS, rows))


def measure(
    folder: Path, strategies: list[str], strings: bool, threads: int
) -> Iterator[tuple[str, ...]]:
    """Yield a line of the table for each strategy."""
    recording = decode(folder, threads)
    values = read_yaml(ROOT / "config" / "config.yaml")["frames"]
    values.pop("sample_fps")
    auto = Settings.from_json(values | {"strategy": "auto"}).of(recording.path)
    like_auto = sum(one.kept for one in select_frames(recording.measured, auto))
    for name in strategies:
        settings = replace(auto, strategy=name)
        if name == "even" and settings.budget is None:
            settings = replace(settings, budget=like_auto)
        kept = [one.frame_index for one in select_frames(recording.measured, settings) if one.kept]
        counts = (str(len(recording.times_s)), str(len(kept)))
        yield (folder.resolve().name, name, *counts, *figures(recording, kept, strings, threads))


def decode(folder: Path, threads: int) -> Recording:
    """Decode a recording as extract_frames and detect_scenes do."""
    path = find_recording(folder).path
    rate = read_yaml(ROOT / "config" / "config.yaml")["frames"]["sample_fps"]
    spec = ExtractSpec(path.name, None if rate == "auto" else rate, [])
    with tempfile.TemporaryDirectory() as temporary:
        signals = Path(temporary) / "signals.parquet"
        with table_writer(signals, SIGNALS) as write:
            for row in extract(path, spec, DecodeReport(), Path(temporary) / "candidates", threads):
                write(row)
        rows, _, measured = read_with_scenes(signals)
    times_s = [row["time_s"] for row in rows]
    return Recording(path, spec, times_s, measured, read_truth(folder / "truth.json"))


def figures(recording: Recording, kept: list[int], strings: bool, threads: int) -> tuple[str, ...]:
    """Return what a choice of frames (places among the sampled ones) is worth."""
    truth = recording.truth
    # Times are of presentation, rounded to a microsecond; the truth counts decoded frames.
    frames = [
        min(round(recording.times_s[index] * truth.fps), len(truth.screens) - 1) for index in kept
    ]
    shown = found(truth, frames)
    even = mean(
        len(found(truth, evenly(len(truth.screens), len(kept), (phase + 0.5) / PHASES)))
        for phase in range(PHASES)
    )
    repeats, wasted = repeated(truth, frames)
    either = "-"
    if strings:
        either = _share(len(shown | read(recording, kept, threads)), len(truth.key_strings))
    return (
        str(len(truth.key_strings)),
        _share(len(shown), len(truth.key_strings)),
        _ratio(even, len(truth.key_strings)),
        either,
        str(repeats),
        str(wasted),
    )


def _share(count: int, total: int) -> str:
    return f"{_ratio(count, total)} ({count})" if total else "-"


def _ratio(count: float, total: int) -> str:
    return f"{count / total:.2f}" if total else "-"


def found(truth: Truth, frames: list[int]) -> set[str]:
    """Return the must-keep screens that at least one of the frames shows."""
    return {screen for index in frames if (screen := truth.screens[index])} & set(truth.key_strings)


def repeated(truth: Truth, frames: list[int]) -> tuple[int, int]:
    """Count frames that show a screen shown before, and those of them in idle stretches."""
    seen: set[str] = set()
    repeats = []
    for index in sorted(frames):
        screen = truth.screens[index]
        if screen in seen:
            repeats.append(index)
        elif screen is not None:
            seen.add(screen)
    wasted = sum(any(first < index <= last for first, last in truth.idle) for index in repeats)
    return len(repeats), wasted


def read(recording: Recording, kept: list[int], threads: int) -> set[str]:
    """Return the must-keep screens whose key strings all stand on kept frames."""
    from rapidfuzz import fuzz

    store = ReadingStore(ROOT / "results" / "benchmark-readings")
    wanted = {recording.times_s[index]: index for index in kept}
    with tempfile.TemporaryDirectory() as temporary:
        pictures = {}
        for index, data in fetch_frames(recording.path, recording.spec, wanted, threads):
            path = Path(temporary) / f"{index}.jpg"
            path.write_bytes(data)
            pictures[sha256_bytes(data)] = path
        texts = [
            _bare(reading.text)
            for _, reading in read_pictures(pictures, store, threads, "benchmark")
        ]
    return {
        screen
        for screen, strings in recording.truth.key_strings.items()
        if all(
            any(fuzz.partial_ratio(_bare(string), text) >= READ_PERCENT for text in texts)
            for string in strings
        )
    }


def _bare(text: str) -> str:
    """Return text without blanks and case: OCR guesses both."""
    return "".join(text.lower().split())


def read_truth(path: Path) -> Truth:
    """Read a truth.json and spread its labels over the frames."""
    facts = json.loads(path.read_text(encoding="utf-8"))
    screens: list[str | None] = [None] * facts["frames"]
    for first, last, screen in facts["frame_labels"]:
        screens[first : last + 1] = [screen] * (last + 1 - first)
    live = facts["mode"].startswith("live")
    grace = int(facts["fps"] * GRACE_LIVE_S) if live else GRACE_FRAMES
    for first, _, screen in facts["frame_labels"]:
        if screen is not None:
            _extend_back(screens, first, screen, grace)
    return Truth(
        facts["fps"],
        {one["id"]: one["key_strings"] for one in facts["screens"] if one["must_keep"]},
        screens,
        [
            (event["frame"], event["end_frame"])
            for event in facts["events"]
            if event.get("nuisance") and event.get("end_frame") is not None
        ],
    )


def _extend_back(screens: list[str | None], first: int, screen: str, frames: int) -> None:
    for index in range(first - 1, max(-1, first - 1 - frames), -1):
        if screens[index] is not None:
            return
        screens[index] = screen


def evenly(total: int, count: int, phase: float) -> list[int]:
    """Return `count` evenly spaced frames of `total`; `phase` (0-1) is the place in a gap."""
    return [min(total - 1, int((place + phase) * total / count)) for place in range(count)]


if __name__ == "__main__":
    main()
