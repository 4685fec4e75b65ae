"""What a server's process holds in memory; what no tool tells is null."""

import psutil

from scribebench.machine import output_of


def rss_bytes(pid: int | None) -> int | None:
    """Return the resident memory of a process and its children."""
    if pid is None:
        return None
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(one.memory_info().rss for one in family)
    except psutil.Error:
        return None


def gpu_bytes(pid: int | None) -> int | None:
    """Return the GPU memory that the NVIDIA driver counts for a process and its children."""
    if pid is None:
        return None
    try:
        process = psutil.Process(pid)
        family = {pid, *(child.pid for child in process.children(recursive=True))}
    except psutil.Error:
        return None
    listing = output_of(
        "nvidia-smi", "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"
    )
    if listing is None:
        return None
    held = [line.split(",") for line in listing.splitlines()]
    mebibytes = [
        int(used)
        for pid_text, used in ((part[0].strip(), part[-1].strip()) for part in held)
        if pid_text.isdigit() and int(pid_text) in family and used.isdigit()
    ]
    return sum(mebibytes) * 2**20 if mebibytes else None
