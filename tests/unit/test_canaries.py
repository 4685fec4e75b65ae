"""Drawn frames of known names: how many pictures of one request a model keeps apart."""

from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from scribebench.canaries.draw import draw_canary, write_canaries
from scribebench.canaries.frames import (
    COLOURS,
    MAX_BATCH_SIZE,
    Canary,
    canaries,
    frames_needed,
    session_of,
)
from scribebench.canaries.grade import grade_canaries, recommended_batch_size, verdicts
from scribebench.describe.run import kept_frames
from scribebench.project.sessions import SAFE_NAME
from scribebench.stats.shares import clopper_pearson
from scribebench.tables import ATTRIBUTION, write_table

Row = dict[str, Any]
ALL = canaries(max(map(frames_needed, range(1, MAX_BATCH_SIZE + 1))))


def said(texts: list[str | None], batch_size: int) -> list[Row]:
    """Descriptions of the first drawn frames, in batches."""
    key = {"session": session_of(batch_size), "model": "some", "variant": "base"}
    return [
        key
        | {"request_uid": f"uid{number // batch_size}", "slot": number % batch_size}
        | {"frame_index": number, "text": text}
        for number, text in enumerate(texts)
    ]


def named(canary: Canary) -> str:
    return f"A notes window with the file {canary.name.replace(' ', '-')}.md open."


def told(canary: Canary) -> str:
    return f"A window with a {canary.colour.brightness} and {canary.colour.hue}ish theme."


def outcomes(texts: list[str | None], batch_size: int) -> list[tuple[str, int | None]]:
    rows = grade_canaries(said(texts, batch_size), ALL)
    return [(row["outcome"], row["swapped_with_slot"]) for row in rows]


# --- the frames ----------------------------------------------------------------------------------


def test_there_are_names_for_every_batch_size() -> None:
    assert [frames_needed(size) for size in (1, 3, 5, 8, 20, 50)] == [72, 72, 75, 72, 80, 100]
    for size in range(1, MAX_BATCH_SIZE + 1):
        assert len(canaries(frames_needed(size))) % size == 0


@pytest.mark.parametrize("size", [0, MAX_BATCH_SIZE + 1])
def test_other_sizes_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="a batch of"):
        frames_needed(size)


def test_names_cannot_be_taken_for_each_other() -> None:
    words = [word for one in ALL for word in one.name.split()]
    assert len(set(words)) == 2 * len(ALL)
    for one, other in combinations(ALL, 2):
        same = sum(a == b for a, b in zip(one.name, other.name, strict=False))
        assert max(len(one.name), len(other.name)) - same >= 4


def test_neighbours_differ_in_hue_and_no_rhythm_hides_a_loss() -> None:
    hues = [one.colour.hue for one in ALL]
    assert all(a != b for a, b in pairwise(hues))
    for shift in range(1, 20):
        assert hues[shift:] != hues[:-shift]


def test_a_picture_is_mostly_its_colour() -> None:
    for canary in ALL[:12]:
        mean = np.asarray(draw_canary(canary)).mean(axis=(0, 1))
        assert np.abs(mean - COLOURS[canary.colour]).max() < 12


def test_pictures_are_what_a_model_is_asked_about(tmp_path: Path) -> None:
    write_canaries(ALL[:3], tmp_path)
    frames = kept_frames(tmp_path / "frames.parquet")
    assert [frame.frame_index for frame in frames] == [0, 1, 2]
    assert len({frame.image_sha256 for frame in frames}) == 3
    assert all(cv2.imread(str(frame.image)).shape == (720, 1280, 3) for frame in frames)


def test_no_recording_can_take_the_place_of_the_experiment() -> None:
    assert not SAFE_NAME.match(session_of(8))


# --- by name -------------------------------------------------------------------------------------


def test_every_frame_in_its_place_is_right() -> None:
    assert set(outcomes([named(one) for one in ALL[:72]], 8)) == {("right", None)}


def test_what_is_moved_lost_doubled_or_made_up_is_told() -> None:
    texts: list[str | None] = [named(one) for one in ALL[:8]]
    texts[0], texts[1] = texts[1], texts[0]
    texts[3] = named(ALL[2])
    texts[4] = None
    texts[5] = "The file wandering-cuckoo.md is open."
    texts[6] = named(ALL[6]) + named(ALL[7])
    assert outcomes(texts, 8) == [
        *[("swapped", 1), ("swapped", 0), ("right", None), ("swapped", 2)],
        *[("omitted", None), ("invented", None), ("merged", None), ("right", None)],
    ]


def test_rows_fit_their_table(tmp_path: Path) -> None:
    rows = list(grade_canaries(said([named(one) for one in ALL[:6]], 3), ALL))
    write_table(tmp_path / "a.parquet", ATTRIBUTION, rows)
    assert {row["told_by"] for row in rows} == {"name"}
    assert [row["canary_expected"] for row in rows] == [one.name for one in ALL[:6]]
    assert [row["canary_reported"] for row in rows] == [one.name for one in ALL[:6]]


# --- by colour -----------------------------------------------------------------------------------


def faulty(fault: str, batch_size: int, slot: int) -> list[str]:
    """What a model says whose pictures are right but for one place of each batch."""
    texts: list[str] = []
    for start in range(0, 60, batch_size):
        shown = list(ALL[start : start + batch_size])
        if fault == "swapped":
            shown[slot], shown[slot + 1] = shown[slot + 1], shown[slot]
        elif fault == "doubled":
            shown.insert(slot, shown[slot])
        else:
            del shown[slot]
        texts += [told(one) for one in shown[:batch_size]]
        texts += ["Nothing else."] * (batch_size - len(shown))
    return texts


@pytest.mark.parametrize("fault", ["swapped", "doubled", "dropped"])
@pytest.mark.parametrize("batch_size", [2, 3, 5, 20])
def test_a_fault_shows_in_the_colours_wherever_it_is(fault: str, batch_size: int) -> None:
    for slot in range(batch_size - 1):
        found = outcomes(faulty(fault, batch_size, slot), batch_size)
        for start in range(0, 60, batch_size):
            batch = found[start : start + batch_size]
            assert {one[0] for one in batch[slot : slot + 2]} != {"right"}, (start, slot)


def test_colours_in_their_places_are_right_but_prove_nothing() -> None:
    rows = list(grade_canaries(said([told(one) for one in ALL[:72]], 8), ALL))
    assert {row["outcome"] for row in rows} == {"right"}
    assert {row["told_by"] for row in rows} == {"colour"}
    [verdict] = verdicts(rows)
    assert (verdict.right.right, verdict.proven) == (72, False)
    assert recommended_batch_size([verdict]) is None


# --- the batch size ------------------------------------------------------------------------------


def rows_of(batch_size: int, faults: int) -> list[Row]:
    count = frames_needed(batch_size)
    texts = [named(one) for one in ALL[:count]]
    for number in range(faults):
        texts[3 * number] = "A page of notes."
    return list(grade_canaries(said(list(texts), batch_size), ALL))


def test_the_largest_proven_size_is_recommended() -> None:
    found = verdicts([*rows_of(20, 1), *rows_of(3, 0), *rows_of(8, 0), *rows_of(1, 0)])
    assert [(one.batch_size, one.proven) for one in found] == [
        *[(1, True), (3, True), (8, True), (20, False)]
    ]
    assert recommended_batch_size(found) == 8


def test_one_fault_leaves_a_size_undetermined() -> None:
    assert recommended_batch_size(verdicts(rows_of(8, 1))) is None
    assert clopper_pearson(71, 72)[0] < 0.95 < clopper_pearson(72, 72)[0]
    assert clopper_pearson(71, 71)[0] < 0.95
