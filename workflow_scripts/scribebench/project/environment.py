"""What jobs find in their environment."""

import os
import sys
import time
from pathlib import Path

START_VARIABLE = "SCRIBEBENCH_START"


def prepare_environment(gpu_slots: int) -> None:
    """Let jobs run under this interpreter, activated or not, and know how many GPUs there are."""
    os.environ["PATH"] = str(Path(sys.executable).parent) + os.pathsep + os.environ.get("PATH", "")
    os.environ["SCRIBEBENCH_GPU_SLOTS"] = str(gpu_slots)
    os.environ.setdefault(START_VARIABLE, f"{time.time_ns():x}-{os.getpid():x}")


def start_id() -> str | None:
    """Return what the jobs of one start of the workflow have in common; null outside of one."""
    return os.environ.get(START_VARIABLE)
