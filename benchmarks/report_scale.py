"""Measure what the reports of a large run take: wall clock and peak memory of each script.

The tables are drawn (`drawn_report.py`): every frame is described by every model. The scripts run
as processes, as the workflow runs them. Pictures are drawn for the frames that the page holds.
Prints a Markdown table; ends with 1 when a goal is missed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from drawn_report import BATCH, draw_pictures, draw_tables, spec

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

from scribebench.report.layout import table

ROOT = Path(__file__).resolve().parents[1]
GOAL_S, GOAL_BYTES = 60.0, 1.5e9


class Cost(NamedTuple):
    """What a process took, and the size of the file that it wrote."""

    wall_s: float
    peak_bytes: int
    written_bytes: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--descriptions", type=int, default=100_000, help="in all (%(default)s)")
    parser.add_argument("--models", type=int, default=4, help="candidates (%(default)s)")
    parser.add_argument("--sessions", type=int, default=10, help="recordings (%(default)s)")
    parser.add_argument("--words", type=int, default=200, help="of a description (%(default)s)")
    args = parser.parse_args()
    frames = args.descriptions // args.models
    missed = False
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw_tables(folder / "tables", frames, args.models, args.sessions, args.words)
        for number in range(args.sessions):
            draw_pictures(folder / "sessions", frames, f"session-{number}")
        for script, out in (("write_report", "report.md"), ("write_page", "report.html")):
            cost = run(folder, script, folder / out, args.models)
            missed |= cost.wall_s > GOAL_S or cost.peak_bytes > GOAL_BYTES
            rows.append(
                (
                    script,
                    f"{frames * args.models:,}",
                    f"{-(-frames // BATCH) * args.models:,}",
                    f"{cost.wall_s:.1f} s",
                    f"{cost.peak_bytes / 1e6:.0f} MB",
                    f"{cost.written_bytes / 1e6:.1f} MB",
                )
            )
    headings = (
        "script", "descriptions", "requests", f"wall (goal {GOAL_S:.0f} s)",
        f"peak memory (goal {GOAL_BYTES / 1e6:.0f} MB)", "written",
    )  # fmt: skip
    print(table(headings, rows))
    sys.exit(int(missed))


def run(folder: Path, script: str, out: Path, models: int) -> Cost:
    """Return what a script of the workflow took."""
    command = [
        sys.executable, ROOT / "workflow_scripts" / f"{script}.py", "--tables", folder / "tables",
        "--spec", json.dumps(spec(models)), "--sessions", folder / "sessions", "--out", out,
    ]  # fmt: skip
    if script == "write_report":
        command += ["--pictures", folder / "pictures"]
    start = time.monotonic()
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)
    wall_s = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{script} ended with {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(wall_s, used.ru_maxrss * unit, out.stat().st_size)


if __name__ == "__main__":
    main()
