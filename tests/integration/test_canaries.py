"""Drawn frames, a real llama-server, and pictures that are swapped, doubled or lost on the way."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from scribebench.canaries.draw import write_canaries
from scribebench.canaries.frames import canaries, session_of
from scribebench.canaries.grade import grade_canaries, verdicts
from scribebench.describe import lock, prompt, run
from scribebench.describe.job import describe_to
from scribebench.project.models import Run
from scribebench.tables import read_rows
from support.describing import MODEL, Serve, servers, settings_of
from support.tiny_vlm import Behaviour
from support.workflow import ROOT

COUNT = 40
Parts = list[Any]


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    with servers(tmp_path_factory.mktemp("servers")) as serve:
        yield serve


@pytest.fixture(autouse=True)
def own_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(lock.FOLDER_VARIABLE, str(tmp_path / "locks"))


def ask(serve: Serve, behaviour: Behaviour, batch_size: int, folder: Path) -> list[dict[str, Any]]:
    """Ask a constructed model about drawn frames; return the rows of `attribution`."""
    serving = serve("qwen3vl", behaviour)
    write_canaries(canaries(COUNT), folder)
    image = {"format": "png", "max_width_px": 640}
    settings = settings_of("openai", serving.vlm, serving.url, batch_size=batch_size, image=image)
    describe_to(
        folder / "out",
        session_of(batch_size),
        Run(MODEL, "base"),
        settings,
        folder / "frames.parquet",
        ROOT / "config" / "prompts" / "describe.md",
        folder / "state",
        experiment="attribution",
        rule="describe_canaries",
    )
    assert {row["experiment"] for row in read_rows(folder / "out" / "requests.parquet")} == {
        "attribution"
    }
    said = read_rows(folder / "out" / "descriptions.parquet")
    return list(grade_canaries(said, canaries(COUNT)))


def wrong_by_batch(rows: list[dict[str, Any]]) -> list[int]:
    """How many frames of each request are not right."""
    found: dict[str, int] = {}
    for row in rows:
        found.setdefault(row["request_uid"], 0)
        found[row["request_uid"]] += row["outcome"] != "right"
    return list(found.values())


@pytest.mark.parametrize("batch_size", [1, 8, 20])
def test_pictures_that_arrive_are_right(serve: Serve, batch_size: int, tmp_path: Path) -> None:
    rows = ask(serve, "normal", batch_size, tmp_path)
    [verdict] = verdicts(rows)
    assert (verdict.right.right, verdict.right.n) == (COUNT, COUNT)
    assert (verdict.evidence, verdict.proven) == ("colour", False)


def test_a_model_that_looks_at_the_next_picture_is_caught_in_every_request(
    serve: Serve, tmp_path: Path
) -> None:
    rows = ask(serve, "swap", 8, tmp_path)
    assert min(wrong_by_batch(rows)) >= 7
    assert {row["outcome"] for row in rows} <= {"swapped", "right"}


def test_a_model_that_leaves_frames_out_is_caught_in_every_request(
    serve: Serve, tmp_path: Path
) -> None:
    rows = ask(serve, "skip", 8, tmp_path)
    left_out = [row["slot"] for row in rows if row["outcome"] == "omitted"]
    assert left_out == [slot for _ in range(COUNT // 8) for slot in (3, 6)]


def swapped(images: Parts) -> Parts:
    return [images[0], images[2], images[1], *images[3:]]


def doubled(images: Parts) -> Parts:
    return [*images[:3], *images[2:-1]]


def dropped(images: Parts) -> Parts:
    return [*images[:3], *images[4:], images[0]]


@pytest.mark.parametrize("fault", [swapped, doubled, dropped])
def test_a_picture_that_went_astray_is_caught_in_every_request(
    serve: Serve,
    fault: Callable[[Parts], Parts],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def astray(frames: list[Any], images: Sequence[Any], instructions: str) -> Parts:
        return prompt.compose(frames, fault(list(images)), instructions)

    monkeypatch.setattr(run, "compose", astray)
    rows = ask(serve, "normal", 8, tmp_path)
    assert len(wrong_by_batch(rows)) == COUNT // 8
    assert min(wrong_by_batch(rows)) >= 1
