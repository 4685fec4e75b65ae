"""The frames that are kept of the demo recording, against what is known of it."""

import json
from dataclasses import asdict, replace
from typing import Any, NamedTuple

import pytest

from scribebench.frames.decode import DecodeReport
from scribebench.frames.extract import extract
from scribebench.frames.measured import read_measured
from scribebench.frames.scenes import detect_scenes
from scribebench.frames.spec import ExtractSpec
from scribebench.frames.strategies import Decision, Measured, Settings, select_frames
from scribebench.project.documents import read_yaml
from scribebench.tables import SIGNALS, read_table, table_writer
from unit.places import CONFIG, ROOT
from unit.storyboard import kept

DEMO = ROOT / "sessions" / "demo"
MOST_KEPT = 30


class Truth(NamedTuple):
    """What the recording shows: screens that must be kept, the screen of each frame or null between
    two, and stretches (first and last frame) of stillness or of a playing video."""

    must_keep: set[str]
    screens: list[str | None]
    at_rest: list[tuple[int, int]]


@pytest.fixture(scope="module")
def truth() -> Truth:
    facts: dict[str, Any] = json.loads((DEMO / "truth.json").read_text(encoding="utf-8"))
    screens: list[str | None] = [None] * facts["frames"]
    for first, last, screen in facts["frame_labels"]:
        screens[first : last + 1] = [screen] * (last - first + 1)
    return Truth(
        {screen["id"] for screen in facts["screens"] if screen["must_keep"]},
        screens,
        [
            (event["frame"], event["end_frame"])
            for event in facts["events"]
            if event["kind"] in ("idle", "animation")
        ],
    )


@pytest.fixture(scope="module")
def frames() -> dict[str, Any]:
    """How frames are sampled and kept: `frames:` of the configuration."""
    return read_yaml(CONFIG / "config.yaml")["frames"]


@pytest.fixture(scope="module")
def settings(frames: dict[str, Any]) -> Settings:
    return Settings.from_json({key: frames[key] for key in frames if key != "sample_fps"})


@pytest.fixture(scope="module")
def demo(frames: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """The demo, decoded and measured once."""
    folder = tmp_path_factory.mktemp("demo")
    spec = ExtractSpec.from_json(
        {"recording": "recording.mp4", "sample_fps": frames["sample_fps"], "masks": []}
    )
    path, candidates = folder / "signals.parquet", folder / "candidates"
    with table_writer(path, SIGNALS) as write:
        for row in extract(DEMO / spec.recording, spec, DecodeReport(), candidates):
            write(row)
    table = read_table(path)
    scenes = detect_scenes(table["time_s"].to_pylist(), table["content_val"].to_pylist())
    return read_measured(path, [asdict(scene) for scene in scenes])[1]


@pytest.fixture(scope="module")
def decisions(demo: Measured, settings: Settings) -> list[Decision]:
    return select_frames(demo, settings)


def even(demo: Measured, settings: Settings, count: int) -> list[Decision]:
    return select_frames(demo, replace(settings, strategy="even", budget=count))


def found(truth: Truth, decisions: list[Decision]) -> set[str]:
    return {truth.screens[index] for index in kept(decisions)} & truth.must_keep


def well_represented(truth: Truth, decisions: list[Decision]) -> float:
    """The share of the frames of known screens that a frame of the same screen stands for."""
    right = [
        truth.screens[decision.represented_by] == screen
        for decision, screen in zip(decisions, truth.screens, strict=True)
        if screen is not None
    ]
    return sum(right) / len(right)


def test_every_frame_of_the_demo_is_looked_at(demo: Measured, truth: Truth) -> None:
    assert len(demo.events.times_s) == len(truth.screens)
    assert demo.events.times_s[-1] == pytest.approx(104.5)


def test_every_screen_of_the_demo_is_kept_with_few_frames(
    decisions: list[Decision], truth: Truth
) -> None:
    assert truth.must_keep - found(truth, decisions) == set()
    assert len(kept(decisions)) <= MOST_KEPT


def test_as_many_even_frames_miss_screens(
    demo: Measured, settings: Settings, decisions: list[Decision], truth: Truth
) -> None:
    same = even(demo, settings, len(kept(decisions)))
    assert len(found(truth, same)) < len(found(truth, decisions))


def test_few_kept_frames_show_a_screen_again(decisions: list[Decision], truth: Truth) -> None:
    shown = [truth.screens[index] for index in kept(decisions) if truth.screens[index]]
    assert len(shown) - len(set(shown)) <= 0.3 * len(kept(decisions))


def test_stillness_and_a_playing_video_cost_hardly_a_frame(
    decisions: list[Decision], truth: Truth
) -> None:
    assert len(truth.at_rest) == 2
    for first, last in truth.at_rest:
        assert len([index for index in kept(decisions) if first <= index <= last]) <= 2


def test_a_frame_is_represented_by_one_of_the_same_screen(
    decisions: list[Decision], truth: Truth
) -> None:
    assert well_represented(truth, decisions) >= 0.95


@pytest.mark.parametrize("budget", [10, 15, 20])
def test_a_budget_represents_more_than_even_frames(
    demo: Measured, settings: Settings, truth: Truth, budget: int
) -> None:
    chosen = select_frames(demo, replace(settings, budget=budget))
    assert len(kept(chosen)) == budget
    assert well_represented(truth, chosen) > well_represented(truth, even(demo, settings, budget))


def test_most_kept_frames_have_their_picture_from_the_first_pass(
    demo: Measured, decisions: list[Decision]
) -> None:
    """The others cost another pass over the recording."""
    stored = [demo.pictured[index] for index in kept(decisions)]
    assert sum(stored) >= 0.8 * len(stored)
    assert sum(demo.pictured) <= 0.25 * len(demo.pictured)
