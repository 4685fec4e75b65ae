"""One job at a time on a GPU and at a server, also across orphans and other checkouts.

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
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from scribebench.project.models import LOOPBACK_HOSTS

SLOTS_VARIABLE = "SCRIBEBENCH_GPU_SLOTS"  # set by project.environment
FOLDER_VARIABLE = "SCRIBEBENCH_LOCKS"
# What NVIDIA's and AMD's drivers go by.
GPU_VARIABLES = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")
LOOPBACK = "127.0.0.1"
POLL_S = 0.2


def lock_names(url: str | None, gpu_slots: int) -> list[list[str]]:
    """Return the locks that a job needs, one of each list, in the order in which it takes them.

    A server that runs is asked by one job at a time, however many GPUs there are: two at once would
    share its speed. One on this machine needs a GPU, too, and that comes last: a job that waits for
    a server holds nothing that the server's holder could wait for.
    """
    slots = [f"gpu-{slot}" for slot in range(max(1, gpu_slots))]
    parts = urlsplit(url or "")
    if not parts.hostname:
        return [slots]
    is_here = parts.hostname in LOOPBACK_HOSTS
    host = LOOPBACK if is_here else parts.hostname  # whichever of its names a file uses
    server = re.sub(r"[^A-Za-z0-9.-]", "_", f"server-{host}-{parts.port or 0}")
    return [[server], slots] if is_here else [[server]]


def use_own_gpu(slot: str, gpu_slots: int) -> None:
    """Let what this process starts see one GPU, the slot's, when there are several.

    A choice that the environment already makes stands.
    """
    if gpu_slots > 1 and slot.startswith("gpu-") and not any(map(os.environ.get, GPU_VARIABLES)):
        os.environ.update(dict.fromkeys(GPU_VARIABLES, slot.removeprefix("gpu-")))


@contextmanager
def held(names: list[list[str]]) -> Iterator[str]:
    """Hold one lock of each list, taken in their order. Yields the name of the last one.

    Of lock_names(...) that is the GPU slot, unless the server is elsewhere. Waits, and says for
    whom, while all locks of a list are taken.
    """
    with ExitStack() as stack:
        name = ""
        for choice in names:
            name = stack.enter_context(_held_one(choice))
        yield name


@contextmanager
def held_by_us_alone(name: str) -> Iterator[None]:
    """Hold a lock that a server that is started meanwhile does not hold on to."""
    with _held_one([name], is_inherited=False):
        yield


@contextmanager
def _held_one(names: list[str], is_inherited: bool = True) -> Iterator[str]:
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
                os.set_inheritable(handle, is_inherited)
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
