"""A browser for all tests here, and the pages that they open. `make test-browser` runs them."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.chromium import chromium
from unit.places import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

from drawn_report import draw_pictures, draw_tables, spec

from scribebench.report.data import load
from scribebench.report.page.assemble import write_page


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Returns a function that writes the page of a drawn run, and its path."""

    def make(frames: int, models: int, names: dict[str, Any] | None = None, **tables: Any) -> Path:
        folder = tmp_path_factory.mktemp("page")
        draw_tables(folder / "tables", frames, models, **tables)
        draw_pictures(folder / "sessions", min(frames, 20))
        source = folder / "sessions/session-0/frames"
        for place in range(20, frames):  # as many pictures, and not as long to draw
            (source / f"{place}.jpg").hardlink_to(source / f"{place % 20}.jpg")
        known = spec(models, **(names or {}))
        data = load(folder / "tables", known["labels"], known["titles"], known["refused"])
        page = folder / "report.html"
        page.write_text(write_page(data, folder / "sessions"), encoding="utf-8", errors="replace")
        return page

    return make
