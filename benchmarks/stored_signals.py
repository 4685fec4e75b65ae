"""What extract_frames stored of a recording, with its scenes, as dedup_frames gets them."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from scribebench.frames.measured import read_measured
from scribebench.frames.scenes import detect_scenes
from scribebench.frames.strategies import Measured

Row = dict[str, Any]


def read_with_scenes(path: Path) -> tuple[list[Row], list[Row], Measured]:
    """Return the rows of `signals` and of `scenes`, and all that is measured."""
    signals, _ = read_measured(path, [])
    scenes = detect_scenes(
        [row["time_s"] for row in signals], [row["content_val"] for row in signals]
    )
    rows = [asdict(scene) for scene in scenes]
    return signals, rows, read_measured(path, rows)[1]
