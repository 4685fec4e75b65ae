"""What jobs find in their environment."""

import os
import sys
from pathlib import Path


def prepare_environment(gpu_slots: int) -> None:
    """Let jobs run under this interpreter, activated or not, and know how many GPUs there are."""
    os.environ["PATH"] = str(Path(sys.executable).parent) + os.pathsep + os.environ.get("PATH", "")
    os.environ["SCRIBEBENCH_GPU_SLOTS"] = str(gpu_slots)
