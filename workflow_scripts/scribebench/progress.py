"""Progress of a long job: a bar on the terminal, plain lines in the log."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

from tqdm import tqdm

from scribebench.harmless import visible

LOG_EVERY_S = 10.0

T = TypeVar("T")


class Progress:
    """Counts finished units of work and shows the count, the rate and the time left.

    The bar goes to the controlling terminal, since Snakemake sends the standard streams of a job
    to its log; where there is none (CI, a cluster) only the lines in the log are written.
    """

    def __init__(self, title: str, total: float | None, unit: str, log: TextIO | None = None):
        self.title, self.unit = title, unit
        self.done = 0.0
        self._total = total
        self._log = log or sys.stderr
        self._started = self._logged = time.monotonic()
        self._terminal = _open_terminal()
        self._bar = self._new_bar()

    @property
    def total(self) -> float | None:
        """Units of the whole work; may become known on the way."""
        return self._total

    @total.setter
    def total(self, total: float | None) -> None:
        if total == self._total:
            return
        self._total = total
        if self._bar is not None:
            self._bar.close()
            self._bar = self._new_bar()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *exc: object) -> None:
        if self._bar is not None:
            self._bar.close()
        if self._terminal is not None:
            self._terminal.close()
        self._write(f"{self.title}: {self._count()} in {_clock(time.monotonic() - self._started)}")

    def advance(self, amount: float = 1) -> None:
        """Count `amount` more units as done."""
        self.done += amount
        if self._bar is not None:
            self._bar.update(amount)
        now = time.monotonic()
        if now - self._logged >= LOG_EVERY_S:
            self._logged = now
            self._write(f"{self.title}: {self._count()}{self._time_left(now)}")

    def reach(self, amount: float) -> None:
        """Count so many units, in all, as done."""
        self.advance(amount - self.done)

    def say(self, text: str) -> None:
        """Write a line to the log; parts of it may come from a server."""
        self._write(visible(text))

    def _new_bar(self) -> tqdm | None:
        if self._terminal is None:
            return None
        known = "{l_bar}{bar}| {n:.0f}/{total:.0f} " + self.unit + " [{elapsed}<{remaining}]"
        unknown = "{desc}: {n:.0f} " + self.unit + " [{elapsed}]"
        return tqdm(
            total=self._total,
            initial=self.done,
            desc=self.title,
            file=self._terminal,
            leave=False,
            dynamic_ncols=True,
            bar_format=known if self._total else unknown,
        )

    def _count(self) -> str:
        of_total = f" of {self.total:.0f}" if self.total else ""
        return f"{self.done:.0f}{of_total} {self.unit}"

    def _time_left(self, now: float) -> str:
        if not self.total or not self.done:
            return ""
        left_s = (now - self._started) * max(0.0, self.total - self.done) / self.done
        return f", about {_clock(left_s)} left"

    def _write(self, line: str) -> None:
        print(line, file=self._log, flush=True)


def track(items: Iterable[T], title: str, total: int, unit: str) -> Iterator[T]:
    """Yield `items` and show how many of them have been worked on."""
    with Progress(title, total, unit) as progress:
        for item in items:
            yield item
            progress.advance()


def _open_terminal() -> TextIO | None:
    try:
        return open("/dev/tty", "w", encoding="utf-8")  # noqa: PTH123 (a device, kept open)
    except OSError:
        return None


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
