"""What every script does around its own work: options, signals, and errors in plain words."""

import argparse
import errno
import json
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

from scribebench.errors import ScribebenchError
from scribebench.harmless import visible

DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser that shows the first line of a script's docstring and every default."""
    return argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )


def json_object(text: str) -> dict[str, Any]:
    """Read an option that holds a JSON object."""
    value = json.loads(text)
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("a JSON object is needed")
    return value


def run(main: Callable[[], None]) -> None:
    """Call `main`; end with one plain line instead of a traceback for what a user can mend.

    A termination request is treated like Ctrl-C, so that `finally` blocks and context managers run.
    Then the process ends at once: the teardown of native libraries, with threads of their own, has
    been seen to abort a job whose work was done.
    """
    signal.signal(signal.SIGTERM, _stop)
    try:
        main()
        _end("", 0)
    except ScribebenchError as error:
        _end(f"error: {error}", 1)
    except KeyboardInterrupt:
        _end("stopped: what was finished is kept; the same command goes on from there", 130)
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        place = f" while writing {error.filename}" if error.filename else ""
        _end(
            f"error: the disk is full{place} ({error.strerror}): free some space and run the same "
            "command again; what was finished is kept",
            1,
        )


def _stop(signum: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _end(message: str, status: int) -> NoReturn:
    if message:  # parts of it may come from a server
        print(visible(message), file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
