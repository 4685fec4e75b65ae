"""Decide from signals which sampled frames are kept, and which kept frame stands for each other.

The strategy here, `phash`, is temporal deduplication by perceptual hash: a frame is kept when it
differs from the last kept one, and again after a long stillness.
"""

from dataclasses import dataclass, replace
from typing import Any

from scribebench.errors import ScribebenchError

HASH_BITS = 64
# A screen that never settles (streaming text, a video) is kept after this many dwell times.
UNSETTLED_DWELLS = 5


@dataclass(frozen=True)
class Settings:
    """How frames are chosen; the keys of `frames:` in config.yaml."""

    strategy: str
    budget: int | None
    keepalive_s: float
    min_dwell_s: float
    phash_distance: int

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Settings":
        """Read the object that the workflow passes on."""
        return cls(**value | {"budget": None if value["budget"] == "auto" else value["budget"]})


@dataclass(frozen=True)
class Decision:
    """What becomes of one sampled frame.

    `reason` is first, changed, unsettled or keepalive for a kept frame, and same or passing for a
    dropped one. `distance` is the number of hash bits to the last kept frame, null at the first.
    """

    frame_index: int
    kept: bool
    reason: str
    represented_by: int
    distance: int | None


def select_frames(times_s: list[float], phashes: list[str], settings: Settings) -> list[Decision]:
    """Decide for each sampled frame, in order.

    With a budget, the hash distance is raised until no more than `budget` frames are kept; when
    even the largest distance keeps too many (keep-alives), the interval is stretched as well.
    """
    if settings.strategy not in ("auto", "phash"):
        raise ScribebenchError(f"there is no frame strategy {settings.strategy!r}")
    hashes = [int(phash, 16) for phash in phashes]
    while True:
        decisions = _by_hash(times_s, hashes, settings)
        kept = sum(decision.kept for decision in decisions)
        if settings.budget is None or kept <= settings.budget:
            return decisions
        if settings.phash_distance < HASH_BITS:
            settings = replace(settings, phash_distance=settings.phash_distance + 1)
        else:
            settings = replace(settings, keepalive_s=settings.keepalive_s * 2)


def _by_hash(times_s: list[float], hashes: list[int], settings: Settings) -> list[Decision]:
    decisions: list[Decision] = []
    kept = pending = settled_since = None
    for index, (time_s, bits) in enumerate(zip(times_s, hashes, strict=True)):
        distance = None if kept is None else _distance(bits, hashes[kept])
        reason = None
        if kept is None:
            reason = "first"
        elif distance > settings.phash_distance:
            if pending is None:
                pending = settled_since = index
            elif _distance(bits, hashes[settled_since]) > settings.phash_distance:
                settled_since = index
            if time_s - times_s[settled_since] >= settings.min_dwell_s:
                reason = "changed"
            elif time_s - times_s[pending] >= UNSETTLED_DWELLS * settings.min_dwell_s:
                reason = "unsettled"
        else:
            pending = settled_since = None
            if time_s - times_s[kept] >= settings.keepalive_s:
                reason = "keepalive"
        if reason is None:
            dropped = "same" if distance <= settings.phash_distance else "passing"
            decisions.append(Decision(index, False, dropped, kept, distance))
        else:
            kept, pending, settled_since = index, None, None
            decisions.append(Decision(index, True, reason, index, distance))
    return _with_nearest(decisions, hashes)


def _with_nearest(decisions: list[Decision], hashes: list[int]) -> list[Decision]:
    """Let a passing frame be represented by whichever kept neighbour looks more like it."""
    following = None
    result = []
    for decision in reversed(decisions):
        if decision.kept:
            following = decision.frame_index
        elif decision.reason == "passing" and following is not None:
            bits = hashes[decision.frame_index]
            before = _distance(bits, hashes[decision.represented_by])
            if _distance(bits, hashes[following]) < before:
                decision = replace(decision, represented_by=following)
        result.append(decision)
    return result[::-1]


def _distance(first: int, second: int) -> int:
    return (first ^ second).bit_count()
