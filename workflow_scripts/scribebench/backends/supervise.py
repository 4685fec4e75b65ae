"""Keep a server running for as long as the process that asked for it lives, and no longer.

Started by serving.py as a program of its own, `supervise.py GRACE_S COMMAND...`, and not imported
for its work: our own process can be killed in a way that leaves it no last word. Its standard input
is a pipe that only we hold open, so the system closes it however we end, on Linux and on macOS. The
end of that pipe, or a signal, ends the server's whole process group: SIGTERM, and SIGKILL after
GRACE_S seconds. Locks that were handed to it (describe/lock.py) are held until the group is gone.

The first line on the standard input is a list in JSON of what must not be told, such as keys: its
bytes, each written as the character of that number. Only then the server is started. What it prints
is copied to the standard error, with *** in place of that, until it and all in its group have
ended. A thread does so whatever else happens: a server that nobody reads would stop as soon as the
pipe is full.

It tells the server's process id in a line on its standard output, or `error: ...` when the server
cannot be started. The exit status is the server's; 128 and the signal's number when a signal ended
it, as a shell says it.
"""

import ctypes
import json
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

POLL_S = 0.02
# A process that was killed frees its memory first; one that nobody buries is not waited for.
BURIAL_S = 2.0
# What has left the group may keep the pipe open; it is not waited for, only what is in the pipe.
LAST_WORDS_S = 2.0
READ_BYTES = 65_536
HIDDEN = b"***"
CANNOT_START = 127
PR_SET_PDEATHSIG = 1  # of prctl(2)
STOPPING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})


def main(grace_s: float, command: list[str]) -> int:
    """Run the command until it ends or is to end. Returns the exit status for this process."""
    wake = _signals_as_bytes()
    hidden = _told_what_to_hide()
    if hidden is None:  # who asked has gone
        return CANNOT_START
    try:
        # A session of its own: Ctrl-C in a terminal reaches us, and we end the server in order.
        # It gets no lock (close_fds): what it leaves behind could hold one for ever.
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            close_fds=True,
            preexec_fn=_ending_with_us(),
        )
    except OSError as error:
        _tell(f"error: {command[0]}: {error.strerror}")
        return CANNOT_START
    copying = threading.Thread(target=_copy, args=(server, hidden), daemon=True)
    copying.start()
    _tell(str(server.pid))
    while server.poll() is None and not _must_stop(wake):
        pass
    _end_group(server, grace_s)
    status = server.wait()
    copying.join(LAST_WORDS_S)
    return status if status >= 0 else 128 - status


class Hiding:
    """Puts *** in place of texts in a stream of bytes, wherever the stream is cut into pieces.

    Of what stands at one place, the longest is hidden. All else passes at once and unchanged, but
    for an end that may turn out to be the beginning of what is hidden.
    """

    def __init__(self, hidden: Sequence[bytes]):
        """`hidden` are texts that are not empty."""
        self._hidden = sorted(set(hidden), key=len, reverse=True)
        self._pattern = re.compile(b"|".join(map(re.escape, self._hidden)))
        self._rest = b""

    def pass_on(self, data: bytes) -> bytes:
        """Return what may be told now."""
        if not self._hidden:
            return data
        data, told, at = self._rest + data, [], 0
        while True:
            found, begun = self._pattern.search(data, at), self._begun_at(data, at)
            if found is None or begun <= found.start():
                break
            told += [data[at : found.start()], HIDDEN]
            at = found.end()
        self._rest = data[begun:]
        return b"".join([*told, data[at:begun]])

    def end(self) -> bytes:
        """Return what was held back, when nothing follows it."""
        rest, self._rest = self._rest, b""
        return self._pattern.sub(HIDDEN, rest) if self._hidden else rest

    def _begun_at(self, data: bytes, at: int) -> int:
        """Return from where on the data may be the beginning of what is hidden; else its end."""
        longest = len(self._hidden[0])
        for begin in range(max(at, len(data) - longest + 1), len(data)):
            end = data[begin:]
            if any(len(end) < len(text) and text.startswith(end) for text in self._hidden):
                return begin
        return len(data)


def _told_what_to_hide() -> list[bytes] | None:
    """Return what stands in the first line of the input; null when that ends before."""
    line = b""
    while not line.endswith(b"\n"):
        data = os.read(0, READ_BYTES)
        if not data:
            return None
        line += data
    return [text.encode("latin-1") for text in json.loads(line)]


def _copy(server: "subprocess.Popen[bytes]", hidden: Sequence[bytes]) -> None:
    """Copy what a server prints until nobody can print any more."""
    assert server.stdout is not None
    hiding = Hiding(hidden)
    while data := os.read(server.stdout.fileno(), READ_BYTES):
        _write(hiding.pass_on(data))
    _write(hiding.end())


def _write(data: bytes) -> None:
    # A full disk must not end the server: it is read on, and what finds no room is lost.
    with suppress(OSError):
        while data:
            data = data[os.write(2, data) :]


def _ending_with_us() -> Callable[[], None] | None:
    """Return what a new process calls to be killed when this one is, on Linux.

    So the server goes even when both we and who started us are killed; not what it has started.
    """
    if sys.platform != "linux":
        return None
    prctl, us = ctypes.CDLL(None).prctl, os.getpid()

    def end_with_us() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != us:
            os._exit(CANNOT_START)

    return end_with_us


def _signals_as_bytes() -> int:
    """Return a descriptor on which each signal that arrives is a byte, its number.

    So a signal that comes between a look at the server and the wait for news is not missed.
    """
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    for number in (*STOPPING, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    return read


def _tell(line: str) -> None:
    try:
        os.write(1, f"{line}\n".encode(errors="replace"))
        os.close(1)
    except OSError:
        pass  # who asked has gone; the end of the pipe is noticed next


def _must_stop(wake: int) -> bool:
    """Wait for news, and return whether the server has to end."""
    news, _, _ = select.select([0, wake], [], [])
    if 0 in news and not os.read(0, 1024):
        return True
    return wake in news and bool(STOPPING & set(os.read(wake, 1024)))


def _end_group(server: "subprocess.Popen[bytes]", grace_s: float) -> None:
    """End the server, and what it started and left behind."""
    if _signal_group(server.pid, signal.SIGTERM) and not _is_gone_within(server, grace_s):
        _signal_group(server.pid, signal.SIGKILL)
        _is_gone_within(server, BURIAL_S)


def _is_gone_within(server: "subprocess.Popen[bytes]", limit_s: float) -> bool:
    """Wait until a server's group has ended, and return whether it has."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        server.poll()  # takes the ended leader off the group
        if not _signal_group(server.pid, 0):
            return True
        time.sleep(POLL_S)
    return False


def _signal_group(group: int, number: int) -> bool:
    """Send a signal to a process group, and return whether there was anybody to receive it."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False  # macOS refuses for a group in which all have ended
    return True


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
