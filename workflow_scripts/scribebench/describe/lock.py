"""One job at a time on a GPU or a remote server, also across orphans and other checkouts.

Snakemake counts the jobs of one start; these locks also hold against a job that outlived a killed
start, and against a second checkout. The system frees a lock when its holder ends, however it ends.
A server that was started meanwhile is a holder, too, by its supervisor: a job that is killed leaves
it on the GPU for some seconds.
"""

import fcntl
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from scribebench.project.models import LOOPBACK_HOSTS

SLOTS_VARIABLE = "SCRIBEBENCH_GPU_SLOTS"  # set by project.environment
FOLDER_VARIABLE = "SCRIBEBENCH_LOCKS"
# What NVIDIA's and AMD's drivers go by.
GPU_VARIABLES = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")
POLL_S = 0.2


def lock_names(url: str | None, gpu_slots: int) -> list[str]:
    """Return the locks of which one is needed: a GPU slot, or the remote server."""
    parts = urlsplit(url or "")
    if parts.hostname and parts.hostname not in LOOPBACK_HOSTS:
        return [re.sub(r"[^A-Za-z0-9.-]", "_", f"server-{parts.hostname}-{parts.port or 0}")]
    return [f"gpu-{slot}" for slot in range(max(1, gpu_slots))]


def use_own_gpu(slot: str, gpu_slots: int) -> None:
    """Let what this process starts see one GPU, the slot's, when there are several.

    A choice that the environment already makes stands.
    """
    if gpu_slots > 1 and slot.startswith("gpu-") and not any(map(os.environ.get, GPU_VARIABLES)):
        os.environ.update(dict.fromkeys(GPU_VARIABLES, slot.removeprefix("gpu-")))


@contextmanager
def held(names: list[str]) -> Iterator[str]:
    """Hold one of the named locks; wait, and say for whom, while all are taken. Yields its name."""
    folder = _folder()
    told = False
    while True:
        for name in names:
            handle = _open(folder / f"{name}.lock")
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.pread(handle, 200, 0).decode(errors="replace").strip()
                os.close(handle)
                continue
            try:
                os.set_inheritable(handle, True)
                os.ftruncate(handle, 0)
                os.pwrite(handle, f"process {os.getpid()} in {Path.cwd()}\n".encode(), 0)
                yield name
                return
            finally:
                os.close(handle)  # frees the lock, unless a supervisor still has it
        if not told:
            told = True
            print(f"waiting for {', '.join(names)}: in use by {holder}", flush=True)
        time.sleep(POLL_S)


def _folder() -> Path:
    """Return the folder of the locks: shared by all users on Linux, each user's own on macOS."""
    folder = Path(
        os.environ.get(FOLDER_VARIABLE) or Path(tempfile.gettempdir()) / "scribebench-locks"
    )
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o1777)
    return folder


def _open(path: Path) -> int:
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        # Not with O_CREAT: Linux may refuse that for another user's file in a shared folder.
        handle = os.open(path, flags)
    except FileNotFoundError:
        handle = os.open(path, flags | os.O_CREAT, 0o666)
    if os.fstat(handle).st_uid == os.getuid():
        os.fchmod(handle, 0o666)  # whatever the umask is: another user must be able to wait too
    return handle
