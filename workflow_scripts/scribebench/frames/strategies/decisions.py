"""What a strategy is told and what it decides."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

# Why a frame is kept ...
KEPT = {
    "first": "nothing was kept before it",
    "content": "it shows something that no other kept frame shows",
    "arrangement": "all of it is on other kept frames, but not together like this",
    "changed": "its hash differs from that of the last kept frame",
    "scene": "it is the first settled frame of a scene",
    "unsettled": "the screen would not come to rest",
    "interval": "it is the next at an even interval",
    "keepalive": "the last kept frame is long ago",
}
# ... and why it is dropped.
DROPPED = {
    "same": "a kept frame shows the same",
    "noise": "it differs by a clock, a caret, a pointer or an animation only",
    "passing": "what it shows did not last",
    "seen": "kept frames show all that is on it",
    "budget": "what it would add was too little for the frames that the budget allows",
    "between": "it lies between two even intervals",
}


@dataclass(frozen=True)
class Settings:
    """How frames are chosen; the keys of `frames:` in config.yaml. A budget of null is `auto`, a
    keep-alive of null is never."""

    strategy: str
    budget: int | None
    keepalive_s: float | None
    min_dwell_s: float
    phash_distance: int

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Settings":
        """Read the object that the workflow passes on."""
        budget = None if value["budget"] == "auto" else value["budget"]
        return cls(**value | {"budget": budget, "keepalive_s": value["keepalive_s"] or None})

    def of(self, recording: Path) -> "Settings":
        """Return the settings for a recording: a screenshot was taken on purpose, none passes."""
        return replace(self, min_dwell_s=0.0) if recording.is_dir() else self


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one sampled frame.

    `reason` is a key of KEPT or DROPPED. `adds` says how much a frame adds, or would have added, to
    the kept ones, in tiles of readable content; null where a strategy does not know. `distance` is
    the number of hash bits to the last kept frame, null where hashes are not compared.
    """

    frame_index: int
    kept: bool
    reason: str
    represented_by: int
    adds: float | None = None
    distance: int | None = None
