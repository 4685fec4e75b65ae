"""Scene changes, found by PySceneDetect's adaptive detector from stored signals."""

from dataclasses import dataclass

import numpy as np
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector

from scribebench.frames.runs import usual_step_s

ADAPTIVE_THRESHOLD = 3.0
# PySceneDetect's own 15 is for films: on screens another file in the same editor scores 2.7.
MIN_CONTENT_VAL = 2.0
MIN_SCENE_S = 1.0
_NO_PICTURE = np.zeros((1, 1, 3), np.uint8)


@dataclass(frozen=True)
class Scene:
    """A stretch between two scene changes; the frames are sampled ones, both ends included."""

    scene: int
    start_s: float
    end_s: float
    first_frame: int
    last_frame: int


class StoredScoreDetector(AdaptiveDetector):
    """AdaptiveDetector that takes its frame scores from a column instead of from pictures."""

    def __init__(self, scores: list[float | None], **settings: float):
        super().__init__(**settings)
        self._scores = iter(scores)

    def _calculate_frame_score(self, timecode: FrameTimecode, frame_img: np.ndarray) -> float:
        return next(self._scores) or 0.0


def detect_scenes(times_s: list[float], content_val: list[float | None]) -> list[Scene]:
    """Return the scenes of sampled frames at `times_s` (seconds) with these content values.

    None is shorter than MIN_SCENE_S, unless the whole recording is.
    """
    detector = StoredScoreDetector(
        content_val,
        adaptive_threshold=ADAPTIVE_THRESHOLD,
        min_content_val=MIN_CONTENT_VAL,
        min_scene_len=0,
    )
    # The detector knows frames by number only: sampled frames are numbered, and the least length
    # of a scene is held to here, in seconds.
    cuts, end_s = [0], times_s[-1] + usual_step_s(np.array(times_s))
    for index in range(len(times_s)):
        for cut in detector.process_frame(FrameTimecode(index, fps=1.0), _NO_PICTURE):
            time_s = times_s[cut.frame_num]
            if _is_scene(times_s[cuts[-1]], time_s) and _is_scene(time_s, end_s):
                cuts.append(cut.frame_num)
    ends = [*cuts[1:], len(times_s)]
    return [
        Scene(number, times_s[first], times_s[end - 1], first, end - 1)
        for number, (first, end) in enumerate(zip(cuts, ends, strict=True))
    ]


def _is_scene(start_s: float, end_s: float) -> bool:
    """Say whether it is long enough; differences of floats are not exact."""
    return round(end_s - start_s, 6) >= MIN_SCENE_S
