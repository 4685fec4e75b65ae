"""The benchmark of frame selection, on recordings that it has to bear."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import cv2
import pytest

from unit.videos import evenly, screen, write_video

ROOT = Path(__file__).parents[2]
WORDS = ("error", "window", "a long line", "menu")


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    path = ROOT / "benchmarks" / "frames_quality.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:  # as for a script, its own folder is looked in
        patch.syspath_prepend(path.parent)
        spec.loader.exec_module(module)
    return module


def of_screens(folder: Path, kind: str, must_keep: bool = True) -> Path:
    """A recording of four screens, a second each, with its truth."""
    pictures = [screen(*[word] * 4) for word in WORDS]
    if kind == "video":
        write_video(folder / "a.mp4", pictures, evenly(len(WORDS), 1))
    else:
        for number, picture in enumerate(pictures):
            cv2.imwrite(str(folder / f"shot-{number}.png"), picture)
    truth = {
        "fps": 1,
        "frames": len(WORDS),
        "mode": "drawn",
        "frame_labels": [[place, place, word] for place, word in enumerate(WORDS)],
        "screens": [{"id": word, "key_strings": [word], "must_keep": must_keep} for word in WORDS],
        "events": [],
    }
    (folder / "truth.json").write_text(json.dumps(truth))
    return folder


def measured(benchmark: ModuleType, folder: Path, strategy: str) -> dict[str, str]:
    [cells] = benchmark.measure(folder, [strategy], strings=False, threads=1)
    return dict(zip(benchmark.HEADINGS, cells, strict=True))


def test_screenshots_count_however_short_they_are_shown(
    benchmark: ModuleType, tmp_path: Path
) -> None:
    """dedup_frames takes them all for settled."""
    row = measured(benchmark, of_screens(tmp_path, "screenshots"), "phash")
    assert (row["kept"], row["recall by screens"]) == ("4", "1.00 (4)")


def test_screens_of_a_video_have_to_settle(benchmark: ModuleType, tmp_path: Path) -> None:
    row = measured(benchmark, of_screens(tmp_path, "video"), "phash")
    assert int(row["kept"]) < 4


@pytest.mark.parametrize("strategy", ["auto", "even"])
def test_without_screens_that_must_be_kept_there_is_no_recall(
    benchmark: ModuleType, tmp_path: Path, strategy: str
) -> None:
    row = measured(benchmark, of_screens(tmp_path, "screenshots", must_keep=False), strategy)
    shown = [row[name] for name in ("must-keep", "recall by screens", "even sampling")]
    assert shown == ["0", "-", "-"]
    assert int(row["kept"]) > 0
