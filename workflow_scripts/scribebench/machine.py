"""What machine this is. What no tool tells is null."""

import ctypes
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

QUERY_TIMEOUT_S = 10


@dataclass(frozen=True)
class Machine:
    """The facts of a machine that bear on speed."""

    os: str
    python_version: str
    cpu_model: str | None
    cpu_cores: int | None
    ram_bytes: int
    gpu_names: list[str] | None
    gpu_vram_bytes: list[int] | None


def describe_machine() -> Machine:
    """Return the facts of the machine that this runs on."""
    gpus = _nvidia_gpus()
    system = "macOS " + platform.mac_ver()[0] if sys.platform == "darwin" else _linux_name()
    return Machine(
        os=f"{system}, {platform.machine()}",
        python_version=platform.python_version(),
        cpu_model=_cpu_model(),
        cpu_cores=os.cpu_count(),
        ram_bytes=psutil.virtual_memory().total,
        gpu_names=[name for name, _ in gpus] if gpus else _apple_gpu(),
        gpu_vram_bytes=[size for _, size in gpus] if gpus else None,
    )


def git_commit(folder: Path) -> str | None:
    """Return the commit of a folder, with a + when files differ from it; null outside git."""
    commit = output_of("git", "-C", str(folder), "rev-parse", "--short=12", "HEAD")
    if commit is None:
        return None
    changed = output_of("git", "-C", str(folder), "status", "--porcelain", "--untracked-files=no")
    return commit + ("+" if changed else "")


def _linux_name() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"


def _cpu_model() -> str | None:
    if sys.platform == "darwin":
        return output_of("sysctl", "-n", "machdep.cpu.brand_string")
    try:
        info = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() or None
    names = [line.partition(":")[2].strip() for line in info.splitlines() if "model name" in line]
    return names[0] if names else platform.processor() or None


def _nvidia_gpus() -> list[tuple[str, int]]:
    listing = output_of(
        "nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"
    )
    gpus = []
    for line in (listing or "").splitlines():
        name, _, mebibytes = line.rpartition(",")
        if mebibytes.strip().isdigit():
            gpus.append((name.strip(), int(mebibytes) * 2**20))
    return gpus


def _apple_gpu() -> list[str] | None:
    if sys.platform == "darwin" and platform.machine() == "arm64":
        name = _cpu_model()  # the GPU is part of the chip and shares its memory
        return [name] if name else None
    return None


def output_of(*command: str) -> str | None:
    """Return what a command prints, without its ends; null when it is absent, slow or fails."""
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=QUERY_TIMEOUT_S, check=True
        )
    except (subprocess.SubprocessError, OSError):
        return None
    return done.stdout.strip()


def give_memory_back() -> None:
    """Hand memory that is free back to the system.

    Between bodies of megabytes glibc keeps it in pieces that serve nobody, and a job grows with its
    frames. Elsewhere nothing is done: macOS and musl give it back themselves.
    """
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):
        return None
