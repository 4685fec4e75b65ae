"""What extract_frames stored of a recording, with its scenes, as dedup_frames gets them."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scribebench.frames.measured import read_measured
from scribebench.frames.scenes import detect_scenes
from scribebench.frames.strategies import Measured
from scribebench.tables import read_table

Row = dict[str, Any]


def read_with_scenes(path: Path) -> tuple[Sequence[Row], list[Row], Measured]:
    """Return the rows of `signals` and of `scenes`, and all that is measured."""
    scored = read_table(path, ["time_s", "content_val"])
    scenes = detect_scenes(scored["time_s"].to_pylist(), scored["content_val"].to_pylist())
    rows = [asdict(scene) for scene in scenes]
    signals, measured = read_measured(path, rows)
    return signals, rows, measured
