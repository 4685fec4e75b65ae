"""Measure which screens of recordings with known truth the kept frames show, beside even sampling.

Frames are sampled, measured and kept as the workflow does it, with `frames:` of config/config.yaml.
A screen counts as found when a kept frame lies in one of the stretches in which it is completely
visible, or just before one, where no screen is labelled. Prints a Markdown table.
"""

import argparse
import json
import sys
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow_scripts"))

from scribebench.frames.decode import DecodeReport, sample
from scribebench.frames.dedup import Settings, select_frames
from scribebench.frames.signals import SignalMeter
from scribebench.project.documents import read_yaml
from scribebench.project.sessions import find_recording
from scribebench.report.layout import table

ROOT = Path(__file__).parents[1]
PHASES = 25
# A keep so much before a screen's stretch still counts: the truth's edges are that sharp.
GRACE_FRAMES, GRACE_LIVE_S = 2, 0.5
HEADINGS = ("recording", "looked at", "kept", "must-keep screens", "recall", "even sampling")


class Truth(NamedTuple):
    """What is known of a recording; `screens` names the screen of each frame, null between two."""

    fps: float
    must_keep: frozenset[str]
    screens: list[str | None]


class Recall(NamedTuple):
    """What was kept of a recording; recalls are shares of `must_keep` screens."""

    recording: str
    sampled: int
    kept: int
    must_keep: int
    found: int
    recall: float
    even_recall: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folders", type=Path, nargs="*", help="folders with a recording and its truth.json"
    )
    parser.add_argument("--threads", type=int, default=2, help="decoding threads")
    args = parser.parse_args()
    folders = args.folders or [ROOT / "sessions" / "demo"]
    print(table(HEADINGS, (row(measure(folder, args.threads)) for folder in folders)))


def measure(folder: Path, threads: int = 2) -> Recall:
    """Keep frames of the recording in `folder` and compare them with its truth.json."""
    truth = read_truth(folder / "truth.json")
    times_s, kept = kept_frames(find_recording(folder).path, threads)
    # Times are of presentation, rounded to a microsecond; the truth counts decoded frames.
    frames = [min(round(times_s[index] * truth.fps), len(truth.screens) - 1) for index in kept]
    even = [
        recall(truth, evenly(len(truth.screens), len(kept), (phase + 0.5) / PHASES))
        for phase in range(PHASES)
    ]
    return Recall(
        recording=folder.resolve().name,
        sampled=len(times_s),
        kept=len(kept),
        must_keep=len(truth.must_keep),
        found=len(found(truth, frames)),
        recall=recall(truth, frames),
        even_recall=mean(even),
    )


def kept_frames(recording: Path, threads: int) -> tuple[list[float], list[int]]:
    """Return the times of all sampled frames in seconds, and the places of the kept ones."""
    frames: dict[str, Any] = read_yaml(ROOT / "config" / "config.yaml")["frames"]
    rate = frames.pop("sample_fps")
    meter = SignalMeter()
    signals = [
        meter.measure(one)
        for one in sample(recording, None if rate == "auto" else rate, [], DecodeReport(), threads)
    ]
    times_s = [one.time_s for one in signals]
    decisions = select_frames(times_s, [one.phash for one in signals], Settings.from_json(frames))
    return times_s, [decision.frame_index for decision in decisions if decision.kept]


def read_truth(path: Path) -> Truth:
    """Read a truth.json (dev-session-truth/1) and say of each frame which screen it shows."""
    facts = json.loads(path.read_text(encoding="utf-8"))
    screens: list[str | None] = [None] * facts["frames"]
    for first, last, screen in facts["frame_labels"]:
        screens[first : last + 1] = [screen] * (last - first + 1)
    live = facts["mode"].startswith("live")
    grace = int(facts["fps"] * GRACE_LIVE_S) if live else GRACE_FRAMES
    for first, _, screen in facts["frame_labels"]:
        if screen is not None:
            _extend_back(screens, first, screen, grace)
    must_keep = frozenset(screen["id"] for screen in facts["screens"] if screen["must_keep"])
    return Truth(facts["fps"], must_keep, screens)


def _extend_back(screens: list[str | None], first: int, screen: str, frames: int) -> None:
    for index in range(first - 1, max(-1, first - 1 - frames), -1):
        if screens[index] is not None:
            return
        screens[index] = screen


def found(truth: Truth, frames: list[int]) -> set[str]:
    """Return the must-keep screens that at least one of the frames shows."""
    return {screen for index in frames if (screen := truth.screens[index])} & truth.must_keep


def recall(truth: Truth, frames: list[int]) -> float:
    """Return the share of must-keep screens that at least one of the frames shows."""
    return len(found(truth, frames)) / len(truth.must_keep)


def evenly(total: int, count: int, phase: float) -> list[int]:
    """Return `count` evenly spaced frames of `total`; `phase` (0-1) is the place in a gap."""
    return [min(total - 1, int((place + phase) * total / count)) for place in range(count)]


def row(result: Recall) -> tuple[str, ...]:
    """Return a line of the table."""
    return (
        result.recording,
        str(result.sampled),
        str(result.kept),
        str(result.must_keep),
        f"{result.recall:.2f} ({result.found})",
        f"{result.even_recall:.2f}",
    )


if __name__ == "__main__":
    main()
