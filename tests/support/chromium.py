"""A real browser for the report's page: the Chromium that the system has, never one downloaded.

Run as a script it says what is missing, and ends with 1 when something is.
"""

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def chromium_path() -> str | None:
    """Return the browser's path; null when there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or (str(MAC) if MAC.is_file() else None)


@contextmanager
def chromium() -> Iterator[Any]:
    """Yield a headless browser of Playwright."""
    from playwright.sync_api import sync_playwright

    # Chromium has no sandbox for root, whom a container often runs everything as.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=options)
        try:
            yield browser
        finally:
            browser.close()


def open_page(context: Any, file: Path) -> Any:
    """Open a report in a browser's context, and return its page when the frames can be used."""
    page = context.new_page()
    page.goto(file.resolve().as_uri())
    page.wait_for_selector("html[data-ready]", state="attached", timeout=30_000)
    return page


def first_paint_ms(page: Any) -> float:
    """Return when the page painted something, from the start of its opening."""
    script = "performance.getEntriesByType('paint').map((one) => one.startTime)"
    return min(page.evaluate(script))


def filter_ms(page: Any) -> list[float]:
    """Return how long each filtering took so far."""
    script = "performance.getEntriesByName('filter').map((one) => one.duration)"
    return page.evaluate(script)


def missing() -> list[str]:
    """Return what the browser tests lack, with how to get it."""
    told = []
    if chromium_path() is None:
        told.append("Chromium is missing: on Debian, apt-get install chromium; on macOS, Chrome")
    if importlib.util.find_spec("playwright") is None:
        told.append("the Python package playwright is missing: it is in requirements-dev.txt")
    return told


if __name__ == "__main__":
    for line in missing():
        print(f"error: {line}", file=sys.stderr)
    sys.exit(int(bool(missing())))
