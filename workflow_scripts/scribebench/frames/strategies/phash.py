"""The strategies of the beginnings: temporal deduplication by a hash of the whole picture.

`phash` keeps a frame when it differs from the last kept one and has settled. `scene+phash` does
the same, and begins anew with each scene that PySceneDetect finds.
"""

from dataclasses import replace

from scribebench.frames.strategies.decisions import Decision, Settings

HASH_BITS = 64
# A screen that never settles (streaming text, a video) is kept after this many dwell times.
UNSETTLED_DWELLS = 5


def select_by_phash(times_s: list[float], phashes: list[str], settings: Settings) -> list[Decision]:
    """Decide for each sampled frame, in order.

    With a budget, the hash distance is raised until no more than `budget` frames are kept; when
    even the largest distance keeps too many (keep-alives), the interval is stretched as well.
    """
    return select_by_scene_and_phash(times_s, phashes, [0] * len(times_s), settings)


def select_by_scene_and_phash(
    times_s: list[float], phashes: list[str], scenes: list[int], settings: Settings
) -> list[Decision]:
    """Decide for each sampled frame, in order; `scenes` has the scene number of each.

    The first settled frame of a scene is kept, whatever its hash. A budget does the same as in
    select_by_phash; when the scenes alone are too many, their frames are kept by hash only.
    """
    hashes = [int(phash, 16) for phash in phashes]
    distance = settings.phash_distance
    while True:
        decisions = _by_hash(times_s, hashes, scenes, settings)
        kept = sum(decision.kept for decision in decisions)
        if settings.budget is None or kept <= settings.budget:
            return decisions
        if settings.phash_distance < HASH_BITS:
            settings = replace(settings, phash_distance=settings.phash_distance + 1)
        elif any(scenes):
            scenes = [0] * len(scenes)
            settings = replace(settings, phash_distance=distance)
        else:
            settings = replace(settings, keepalive_s=(settings.keepalive_s or 1) * 2)


def _by_hash(
    times_s: list[float], hashes: list[int], scenes: list[int], settings: Settings
) -> list[Decision]:
    decisions: list[Decision] = []
    kept = pending = settled_since = None
    for index, (time_s, bits) in enumerate(zip(times_s, hashes, strict=True)):
        distance = None if kept is None else _distance(bits, hashes[kept])
        cut = kept is not None and scenes[index] != scenes[kept]
        reason = None
        if kept is None:
            reason = "first"
        elif distance > settings.phash_distance or cut:
            if pending is None:
                pending = settled_since = index
            elif _distance(bits, hashes[settled_since]) > settings.phash_distance:
                settled_since = index
            if time_s - times_s[settled_since] >= settings.min_dwell_s:
                reason = "scene" if cut else "changed"
            elif time_s - times_s[pending] >= UNSETTLED_DWELLS * settings.min_dwell_s:
                reason = "unsettled"
        else:
            pending = settled_since = None
            if settings.keepalive_s and time_s - times_s[kept] >= settings.keepalive_s:
                reason = "keepalive"
        if reason is None:
            alike = distance <= settings.phash_distance
            decisions.append(
                Decision(index, False, "same" if alike else "passing", kept, None, distance)
            )
        else:
            kept, pending, settled_since = index, None, None
            decisions.append(Decision(index, True, reason, index, None, distance))
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
