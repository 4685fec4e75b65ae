"""Scene changes from stored scores, against PySceneDetect on the pictures themselves."""

import numpy as np
import pytest
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector

from scribebench.frames.decode import Sample, StillPicture
from scribebench.frames.scenes import (
    ADAPTIVE_THRESHOLD,
    MIN_CONTENT_VAL,
    MIN_SCENE_S,
    Scene,
    StoredScoreDetector,
    detect_scenes,
)
from scribebench.frames.signals import SignalMeter
from unit.videos import Image

SETTINGS = {
    "adaptive_threshold": ADAPTIVE_THRESHOLD,
    "min_content_val": MIN_CONTENT_VAL,
    "min_scene_len": 0,
}


def random_screens(seed: int, count: int = 120) -> list[Image]:
    """Screens with noise in every frame, small edits often and other screens at times."""
    random = np.random.default_rng(seed)
    base = random.integers(0, 256, (36, 64, 3))
    pictures = []
    for _ in range(count):
        kind = random.random()
        if kind < 0.12:
            base = random.integers(0, 256, (36, 64, 3))
        elif kind < 0.3:
            base = base.copy()
            base[10:14, 5:30] = random.integers(0, 256, 3)
        noise = random.integers(-3, 4, base.shape)
        pictures.append(np.clip(base + noise, 0, 255).astype(np.uint8))
    return pictures


def scores_of(pictures: list[Image]) -> list[float | None]:
    meter = SignalMeter()
    return [
        meter.measure(Sample(index, float(index), StillPicture(picture, []))).content_val
        for index, picture in enumerate(pictures)
    ]


def cuts_by(detector: AdaptiveDetector, pictures: list[Image]) -> list[int]:
    return [
        cut.frame_num
        for index, picture in enumerate(pictures)
        for cut in detector.process_frame(FrameTimecode(index, fps=1.0), picture)
    ]


@pytest.mark.parametrize("seed", range(6))
def test_stored_scores_give_the_cuts_that_pictures_give(seed: int) -> None:
    pictures = random_screens(seed)
    expected = cuts_by(AdaptiveDetector(**SETTINGS), pictures)
    stored = StoredScoreDetector(scores_of(pictures), **SETTINGS)
    assert cuts_by(stored, pictures) == expected
    assert len(expected) >= 4
    scenes = detect_scenes([float(index) for index in range(len(pictures))], scores_of(pictures))
    assert [scene.first_frame for scene in scenes] == [0, *expected]


def scores(count: int, *spikes: int) -> list[float | None]:
    return [None, *(20.0 if index in spikes else 0.01 for index in range(1, count))]


def first_frames(times_s: list[float], content: list[float | None]) -> list[int]:
    return [scene.first_frame for scene in detect_scenes(times_s, content)]


@pytest.mark.parametrize(
    ("fps", "spikes", "starts"),
    [
        (1, (5, 8), [0, 5, 8]),  # 15 frames, PySceneDetect's own least length, would drop both
        (0.2, (5, 8), [0, 5, 8]),
        (5, (5, 8), [0, 5]),
        (5, (5, 8, 11), [0, 5, 11]),  # 1.2 s after the last cut, not after the last change
        (5, (3,), [0]),
        (3, (3, 6), [0, 3, 6]),
        (1, (), [0]),
    ],
)
def test_the_least_length_of_a_scene_is_in_seconds(
    fps: float, spikes: tuple[int, ...], starts: list[int]
) -> None:
    times_s = [index / fps for index in range(20)]
    assert first_frames(times_s, scores(20, *spikes)) == starts


def test_seconds_are_those_of_the_frames_and_not_counted() -> None:
    times_s = [0, 0.1, 0.2, 0.3, 0.4, 5.0, 5.1, 5.2, 9.0, 9.1, 9.2, 9.3, 10.3]
    assert first_frames(times_s, scores(13, 5, 8)) == [0, 5, 8]


@pytest.mark.parametrize(
    ("fps", "spike", "starts"),
    [
        (5, 96, [0]),  # 19.2 s, and the last frame is at 19.8 s
        (5, 95, [0, 95]),  # a whole second with the last frame's fifth
        (3, 97, [0, 97]),
        (4, 97, [0]),
        (1, 97, [0, 97]),
        (0.2, 97, [0, 97]),
    ],
)
def test_the_last_scene_has_the_least_length_too(fps: float, spike: int, starts: list[int]) -> None:
    times_s = [round(index / fps, 6) for index in range(100)]
    assert first_frames(times_s, scores(100, spike)) == starts


def test_a_second_is_enough_wherever_it_begins() -> None:
    """As floats, 1.4 less 0.4 is less than 1."""
    assert MIN_SCENE_S > 1.4 - 0.4
    times_s = [0.0, 0.4, 1.4, 2.4, 3.4, 4.4]
    assert first_frames([-2.0, -1.0, *times_s], scores(8, 3, 4)) == [0, 3, 4]


@pytest.mark.parametrize("score", [MIN_CONTENT_VAL - 0.1, None])
def test_a_change_that_is_too_small_is_no_scene(score: float | None) -> None:
    content = scores(20)
    content[10] = score
    assert first_frames([float(index) for index in range(20)], content) == [0]


def test_steady_motion_is_no_scene() -> None:
    """A video that plays changes much in every frame, and no frame stands out."""
    assert first_frames([float(index) for index in range(20)], [None, *[20.0] * 19]) == [0]


@pytest.mark.parametrize("count", [1, 2, 3, 30])
def test_scenes_cover_all_frames_without_a_gap(count: int) -> None:
    times_s = [index * 0.7 for index in range(count)]
    scenes = detect_scenes(times_s, scores(count, 5, 12, 20))
    assert [scene.scene for scene in scenes] == list(range(len(scenes)))
    covered = [i for scene in scenes for i in range(scene.first_frame, scene.last_frame + 1)]
    assert covered == list(range(count))
    for scene in scenes:
        assert (scene.start_s, scene.end_s) == (
            times_s[scene.first_frame],
            times_s[scene.last_frame],
        )


def test_one_frame_is_one_scene() -> None:
    assert detect_scenes([0.0], [None]) == [Scene(0, 0.0, 0.0, 0, 0)]
