"""What a server's process holds in memory; what no tool tells is null."""

import psutil

from scribebench.machine import output_of


def rss_bytes(pid: int | None) -> int | None:
    """Return the resident memory of a process and its children."""
    try:
        return sum(one.memory_info().rss for one in _family(pid)) or None
    except psutil.Error:
        return None


def gpu_bytes(pid: int | None) -> int | None:
    """Return the GPU memory that the NVIDIA driver counts for a process and its children."""
    try:
        family = {one.pid for one in _family(pid)}
    except psutil.Error:
        return None
    if not family:
        return None
    listing = output_of(
        "nvidia-smi", "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"
    )
    held = [line.split(",") for line in listing.splitlines()] if listing else []
    mebibytes = [
        int(used)
        for pid_text, used in ((part[0].strip(), part[-1].strip()) for part in held)
        if pid_text.isdigit() and int(pid_text) in family and used.isdigit()
    ]
    return sum(mebibytes) * 2**20 if mebibytes else None


def _family(pid: int | None) -> list[psutil.Process]:
    """Return a process and its children; none, when it is not known. Raises psutil.Error."""
    if pid is None:
        return []
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]
