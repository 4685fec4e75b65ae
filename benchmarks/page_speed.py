"""Measure how fast the HTML report is in a real browser: first paint, filters, the next frame.

The tables and pictures are drawn (`drawn_report.py`). The page is opened anew several times in the
Chromium of this machine; medians and the slowest are printed as a Markdown table. Filters and steps
are timed to the next picture on the screen. Needs `playwright` and a Chromium.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from drawn_report import draw_pictures, draw_tables, spec

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from scribebench.report.data import load
from scribebench.report.layout import table
from scribebench.report.page.assemble import write_page
from support.chromium import chromium, filter_ms, first_paint_ms, open_page

GOALS_MS = {"first paint": 1000.0, "filter": 100.0}
CHOICES = {
    "flag": "*", "attribution": "swapped", "named": "invented", "dispute": "listed",
    "order": "dispute", "candidate": "1",
}  # fmt: skip
# Resolves when what was changed has been painted.
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=300, help="kept frames (%(default)s)")
    parser.add_argument("--models", type=int, default=4, help="candidates (%(default)s)")
    parser.add_argument("--times", type=int, default=5, help="openings (%(default)s)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        page = drawn_page(Path(name), args.frames, args.models)
        print(f"{args.frames} frames, {args.models} models, {page.stat().st_size / 1e6:.1f} MB\n")
        found: dict[str, list[float]] = {}
        with chromium() as browser:
            for _ in range(args.times):
                for what, values in measured(browser, page).items():
                    found.setdefault(what, []).extend(values)
    rows = [
        (
            what,
            f"{median(values):.0f}",
            f"{max(values):.0f}",
            str(len(values)),
            f"{GOALS_MS[what]:.0f}" if what in GOALS_MS else "–",
        )
        for what, values in found.items()
    ]
    print(table(("what", "median ms", "slowest ms", "n", "goal ms"), rows))
    sys.exit(int(any(median(found[what]) > goal for what, goal in GOALS_MS.items())))


def drawn_page(folder: Path, frames: int, models: int) -> Path:
    """Write the page of a drawn run, with pictures, and return its path."""
    draw_tables(folder / "tables", frames, models)
    draw_pictures(folder / "sessions", frames)
    known = spec(models)
    data = load(folder / "tables", known["labels"], known["titles"], known["refused"])
    page = folder / "report.html"
    page.write_text(write_page(data, folder / "sessions"), encoding="utf-8")
    return page


def measured(browser: Any, file: Path) -> dict[str, list[float]]:
    """Return milliseconds of one opening, by what was timed."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = open_page(context, file)
    found = {
        "first paint": [first_paint_ms(page)],
        "browser ready": [page.evaluate("performance.now()")],
    }
    before = len(filter_ms(page))
    shown = []
    for name, value in CHOICES.items():
        shown.append(_timed(page, f"document.querySelector('[name={name}]').value = '{value}'"))
        page.evaluate("document.querySelector('#filters').reset()")
        page.evaluate(PAINTED)
    for text in ("e", "editor", "notes-1", "no such text"):
        shown.append(_timed(page, f"document.querySelector('[name=text]').value = '{text}'"))
    found["filter"] = filter_ms(page)[before:]
    found["filter, painted"] = shown
    page.evaluate("document.querySelector('#filters').reset()")
    page.evaluate(PAINTED)
    found["next frame, painted"] = [
        _timed(page, "document.querySelector('#next').click()", event="") for _ in range(10)
    ]
    context.close()
    return found


def _timed(page: Any, action: str, event: str = "input") -> float:
    """Return how long an action takes until it is painted."""
    tell = "document.querySelector('#filters').dispatchEvent(new Event('input'));" if event else ""
    return page.evaluate(
        f"async () => {{ const start = performance.now(); {action}; {tell} await ({PAINTED})();"
        " return performance.now() - start; }"
    )


if __name__ == "__main__":
    main()
