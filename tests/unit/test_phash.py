"""Which sampled frames are kept: tables of hash sequences with the decisions they must give."""

import random
from dataclasses import replace
from itertools import accumulate

import pytest

from scribebench.frames.strategies.decisions import Decision, Settings
from scribebench.frames.strategies.phash import (
    UNSETTLED_DWELLS,
    select_by_phash,
    select_by_scene_and_phash,
)
from unit.storyboard import kept

USUAL = Settings("phash", budget=None, keepalive_s=60, min_dwell_s=1.0, phash_distance=2)
LETTER = {
    "first": "F",
    "scene": "S",
    "changed": "C",
    "unsettled": "U",
    "keepalive": "K",
    "same": "s",
    "passing": "p",
}
# Screens whose hashes differ by 16 bits or more; "a" and "b" differ by one bit from "A" and "B".
SCREENS = {
    "A": 0x0000000000000000,
    "a": 0x0000000000000001,
    "B": 0x000000000000FFFF,
    "b": 0x000000000001FFFF,
    "C": 0x00000000FFFF0000,
    "D": 0x0000FFFF00000000,
}


def hashes(screens: str) -> list[str]:
    return [f"{SCREENS[screen]:016x}" for screen in screens]


def drifting(bits: list[int]) -> list[str]:
    """Hashes with so many bits set, so that two of them differ by the difference."""
    return [f"{(1 << count) - 1:016x}" for count in bits]


def every(step_s: float, count: int) -> list[float]:
    return [index * step_s for index in range(count)]


def select(phashes: list[str], settings: Settings, step_s: float = 0.5) -> list[Decision]:
    return select_by_phash(every(step_s, len(phashes)), phashes, settings)


def letters(decisions: list[Decision]) -> str:
    return "".join(LETTER[decision.reason] for decision in decisions)


@pytest.mark.parametrize(
    ("screens", "expected", "changes"),
    [
        ("AAAA", "Fsss", {}),
        ("A", "F", {}),
        ("AABBBB", "FsppCs", {}),
        ("AAaaAA", "Fsssss", {}),
        ("AABAAA", "Fspsss", {}),
        ("AABABAAA", "Fspspsss", {}),
        ("AABCCCCA", "FspppCsp", {}),
        ("AABBBBAAAA", "FsppCsppCs", {}),
        ("AABbBb", "FsppCs", {}),
        ("AAAABB", "Fssspp", {}),
        ("AABBAABBB", "FsppssppC", {}),
        ("ABCD", "FCCC", {"min_dwell_s": 0}),
        ("ABAAB", "FCCsC", {"min_dwell_s": 0}),
        ("AAAAAAAAA", "FsssKsssK", {"keepalive_s": 2.0}),
        ("A" * 400, "F" + "s" * 399, {"keepalive_s": None}),
        ("AAAAB", "FsssC", {"keepalive_s": 2.0, "min_dwell_s": 0}),
        ("AaaaaA", "FCsssC", {"phash_distance": 0, "min_dwell_s": 0}),
        ("AAABCBCBCBCBCBCB", "FssppppppppppUps", {}),
        ("AAABCBCBCBC", "FssppppUpsp", {"min_dwell_s": 0.4}),
    ],
    ids=[
        "still",
        "one frame",
        "a change that settles",
        "a change too small",
        "a flash",
        "two flashes",
        "another change before it settles",
        "and back again",
        "noise while it settles",
        "a change that the recording ends in",
        "a change that came back before it settled",
        "no dwell: each at once",
        "no dwell: only changes",
        "long stillness",
        "long stillness and no keep-alive",
        "a change where a keep-alive is due",
        "distance 0",
        "never still",
        "never still, short dwell",
    ],
)
def test_frames_are_kept_for_a_reason(
    screens: str, expected: str, changes: dict[str, float]
) -> None:
    assert letters(select(hashes(screens), replace(USUAL, **changes))) == expected


def test_a_slow_drift_is_seen_against_the_last_kept_frame() -> None:
    """Each frame differs from the one before by one bit, and from the last kept one by three."""
    decisions = select(drifting(list(range(12))), replace(USUAL, min_dwell_s=0))
    assert kept(decisions) == [0, 3, 6, 9]
    assert [decision.distance for decision in decisions] == [None, 1, 2, 3] + [1, 2, 3] * 2 + [1, 2]


def test_dwell_is_measured_in_time_and_not_in_frames() -> None:
    times_s = [0.0, 0.1, 0.2, 0.3, 5.0, 5.1]
    assert letters(select_by_phash(times_s, hashes("AABBBB"), USUAL)) == "FsppCs"


def test_streaming_text_is_kept_after_so_many_dwells() -> None:
    """Waiting for stillness for ever would lose it."""
    screens = hashes("A" + "BCD" * 40)
    decisions = select(screens, USUAL, step_s=0.1)
    waits = [b - a for a, b in zip(kept(decisions), kept(decisions)[1:], strict=False)]
    assert set(waits) == {round(UNSETTLED_DWELLS * USUAL.min_dwell_s / 0.1) + 1}
    assert {decisions[index].reason for index in kept(decisions)[1:]} == {"unsettled"}


def test_a_passing_frame_is_represented_by_the_kept_frame_that_is_more_like_it() -> None:
    decisions = select(hashes("AABBBB"), USUAL)
    assert [decision.represented_by for decision in decisions] == [0, 0, 4, 4, 4, 4]
    decisions = select(drifting([0, 0, 10, 40, 40, 40, 40]), USUAL)
    assert letters(decisions) == "FspppCs"
    assert [decision.represented_by for decision in decisions] == [0, 0, 0, 5, 5, 5, 5]
    decisions = select(drifting([0, 0, 20, 40, 40, 40, 40]), USUAL)
    assert [decision.represented_by for decision in decisions] == [0, 0, 0, 5, 5, 5, 5]


def test_a_flash_is_represented_by_what_was_there_before() -> None:
    decisions = select(hashes("AABAAA"), USUAL)
    assert [decision.represented_by for decision in decisions] == [0] * 6


def random_recording(seed: int, count: int = 300) -> tuple[list[float], list[str]]:
    """A recording with stillness, drift, flashes, jumps and uneven times."""
    source = random.Random(seed)
    bits, found = source.getrandbits(64), []
    for _ in range(count):
        kind = source.random()
        if kind < 0.05:
            bits = source.getrandbits(64)
        elif kind < 0.2:
            bits ^= 1 << source.randrange(64)
        flash = source.getrandbits(64) if source.random() < 0.03 else 0
        found.append(f"{bits ^ flash:016x}")
    steps = [source.choice([0.2, 0.2, 0.5, 3.0]) for _ in range(count - 1)]
    return list(accumulate(steps, initial=0.0)), found


RECORDINGS = [random_recording(seed) for seed in range(4)]
VARIED = [
    USUAL,
    replace(USUAL, min_dwell_s=0),
    replace(USUAL, keepalive_s=5),
    replace(USUAL, keepalive_s=None),
    replace(USUAL, phash_distance=0),
    replace(USUAL, budget=7),
    replace(USUAL, budget=1, keepalive_s=0.5),
    replace(USUAL, budget=1, keepalive_s=None),
]


@pytest.mark.parametrize("settings", VARIED, ids=str)
@pytest.mark.parametrize("recording", RECORDINGS, ids=range(4))
def test_every_frame_is_represented_by_a_kept_frame(
    recording: tuple[list[float], list[str]], settings: Settings
) -> None:
    times_s, phashes = recording
    decisions = select_by_phash(times_s, phashes, settings)
    assert [decision.frame_index for decision in decisions] == list(range(len(times_s)))
    chosen = set(kept(decisions))
    last = None
    for decision in decisions:
        assert decision.represented_by in chosen
        if last is None:
            assert (decision.reason, decision.distance) == ("first", None)
        else:
            bits = int(phashes[decision.frame_index], 16) ^ int(phashes[last], 16)
            assert decision.distance == bits.bit_count()
        if decision.kept:
            assert decision.represented_by == decision.frame_index
            assert decision.reason in ("first", "changed", "unsettled", "keepalive")
            last = decision.frame_index
        else:
            assert decision.reason in ("same", "passing")


@pytest.mark.parametrize("recording", RECORDINGS, ids=range(4))
def test_nothing_still_goes_longer_than_the_keep_alive(
    recording: tuple[list[float], list[str]],
) -> None:
    times_s, phashes = recording
    decisions = select_by_phash(times_s, phashes, replace(USUAL, keepalive_s=5))
    last_s = 0.0
    for decision in decisions:
        if decision.kept:
            last_s = times_s[decision.frame_index]
        elif decision.reason == "same":
            assert times_s[decision.frame_index] - last_s < 5


@pytest.mark.parametrize("budget", [1, 2, 3, 10, 25])
@pytest.mark.parametrize("keepalive_s", [0.5, 60, None])
@pytest.mark.parametrize("recording", RECORDINGS, ids=range(4))
def test_a_budget_is_never_exceeded(
    recording: tuple[list[float], list[str]], keepalive_s: float | None, budget: int
) -> None:
    settings = replace(USUAL, budget=budget, keepalive_s=keepalive_s, min_dwell_s=0)
    free = len(kept(select_by_phash(*recording, replace(settings, budget=None))))
    decisions = select_by_phash(*recording, settings)
    assert free > 25
    assert 1 <= len(kept(decisions)) <= budget
    assert decisions[0].kept


def test_a_budget_that_suffices_changes_nothing() -> None:
    free = select_by_phash(*RECORDINGS[0], USUAL)
    assert select_by_phash(*RECORDINGS[0], replace(USUAL, budget=len(kept(free)))) == free


def test_a_budget_drops_the_smallest_changes_first() -> None:
    phashes = drifting([0, 0, 4, 4, 40, 40, 44, 44])
    settings = replace(USUAL, min_dwell_s=0)
    assert kept(select(phashes, settings)) == [0, 2, 4, 6]
    assert kept(select(phashes, replace(settings, budget=2))) == [0, 4]


# --- scenes --------------------------------------------------------------------------------------


def by_scene(screens: str, scenes: str, settings: Settings = USUAL) -> list[Decision]:
    times_s = every(0.5, len(screens))
    numbers = [int(scene) for scene in scenes]
    return select_by_scene_and_phash(times_s, hashes(screens), numbers, settings)


@pytest.mark.parametrize(
    ("screens", "scenes", "expected", "changes"),
    [
        ("AAAAAAAA", "00000000", "Fsssssss", {}),
        ("AAAAAAAA", "00111111", "FsssSsss", {}),
        ("AAAAAAAA", "00111222", "FsssSssS", {}),
        ("AABBBBBB", "00111111", "FsppSsss", {}),
        ("AABBBBBB", "00000000", "FsppCsss", {}),
        ("AABBBBCCCC", "0011111111", "FsppSsppCs", {}),
        ("AABCBDDDDD", "0011111111", "FspppppSss", {}),
        ("AAAAAAAA", "00110000", "Fsssssss", {}),
        ("AAAAAAAA", "01234567", "FSSSSSSS", {"min_dwell_s": 0}),
        ("AAAAAAAA", "00000011", "Fsssssss", {}),
    ],
    ids=[
        "one scene",
        "another scene that looks the same",
        "two more scenes",
        "another scene",
        "no scene but another hash",
        "another hash within a scene",
        "a scene that settles late",
        "a scene that does not settle",
        "no dwell: each scene at once",
        "a scene that the recording ends in",
    ],
)
def test_the_first_settled_frame_of_a_scene_is_kept(
    screens: str, scenes: str, expected: str, changes: dict[str, float]
) -> None:
    assert letters(by_scene(screens, scenes, replace(USUAL, **changes))) == expected


def test_without_scenes_the_hash_decides() -> None:
    for times_s, phashes in RECORDINGS:
        scenes = [3] * len(times_s)
        assert select_by_scene_and_phash(times_s, phashes, scenes, USUAL) == select_by_phash(
            times_s, phashes, USUAL
        )


def within(budget: int) -> str:
    """Ten scenes that settle at once; the last two look otherwise."""
    settings = replace(USUAL, min_dwell_s=0, budget=budget)
    return letters(by_scene("AAAAAAAABB", "0123456789", settings))


def test_scenes_give_way_to_a_budget() -> None:
    assert within(10) == "FSSSSSSSSS"
    assert within(1) == "Fsssssssss"


@pytest.mark.parametrize("budget", [2, 9])
def test_hashes_decide_where_scenes_are_too_many(budget: int) -> None:
    assert within(budget) == "FsssssssCs"


@pytest.mark.parametrize("budget", [1, 2, 5, 30])
@pytest.mark.parametrize("recording", RECORDINGS, ids=range(4))
def test_a_budget_is_not_exceeded_with_scenes(
    recording: tuple[list[float], list[str]], budget: int
) -> None:
    times_s, phashes = recording
    scenes = [index // 5 for index in range(len(times_s))]
    settings = replace(USUAL, min_dwell_s=0, budget=budget)
    decisions = select_by_scene_and_phash(times_s, phashes, scenes, settings)
    chosen = kept(decisions)
    assert 1 <= len(chosen) <= budget
    assert {decision.represented_by for decision in decisions} <= set(chosen)
