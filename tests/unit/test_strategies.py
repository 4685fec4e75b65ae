"""The strategies by name: settings from the configuration, and the same input for all of them."""

from dataclasses import replace

import pytest

from scribebench.errors import ScribebenchError
from scribebench.frames.strategies import STRATEGIES, Measured, Settings, select_frames
from scribebench.frames.strategies.decisions import DROPPED, KEPT
from unit.storyboard import AUTO, Shot, kept, measured, page, with_box

GIVEN = {
    "strategy": "auto",
    "budget": "auto",
    "keepalive_s": 60,
    "min_dwell_s": 0.5,
    "phash_distance": 2,
}
A, B, C = page("A"), page("B"), page("C")
SHOTS: list[Shot] = [
    (8, A),
    (0.4, C),
    (6, B),
    (6, with_box(B, 100, 100, 220, 120, 90)),
    (10, lambda time_s: with_box(A, 20 + int(30 * time_s), 100, 8, 12)),
    (2, lambda time_s: page(f"page {int(5 * time_s)}")),
    (8, C),
]


@pytest.fixture(scope="module")
def recording() -> Measured:
    return measured(SHOTS)


# --- settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, Settings("auto", None, 60, 0.5, 2)),
        ({"budget": 100}, Settings("auto", 100, 60, 0.5, 2)),
        ({"keepalive_s": 0}, Settings("auto", None, None, 0.5, 2)),
        ({"keepalive_s": 0.0}, Settings("auto", None, None, 0.5, 2)),
        ({"min_dwell_s": 0}, Settings("auto", None, 60, 0, 2)),
        ({"phash_distance": 0}, Settings("auto", None, 60, 0.5, 0)),
        ({"strategy": "even"}, Settings("even", None, 60, 0.5, 2)),
    ],
)
def test_settings_are_read_from_the_configuration(
    given: dict[str, float | str], expected: Settings
) -> None:
    assert Settings.from_json(GIVEN | given) == expected


@pytest.mark.parametrize("given", [{"sample_fps": "auto"}, {"budgets": 3}])
def test_an_unknown_setting_is_refused(given: dict[str, float | str]) -> None:
    with pytest.raises(TypeError, match=next(iter(given))):
        Settings.from_json(GIVEN | given)


def test_reasons_are_said_in_words_and_mean_one_thing() -> None:
    assert not set(KEPT) & set(DROPPED)
    words = [*KEPT.values(), *DROPPED.values()]
    assert len(set(words)) == len(words)


# --- by name -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["guess", "", "Auto", "scene+"])
def test_an_unknown_strategy_is_an_error_that_names_the_choices(
    recording: Measured, name: str
) -> None:
    with pytest.raises(ScribebenchError) as error:
        select_frames(recording, replace(AUTO, strategy=name))
    assert repr(name) in str(error.value)
    for choice in ("auto", "scene+phash", "phash", "even"):
        assert choice in str(error.value)


@pytest.mark.parametrize("budget", [None, 1, 3])
@pytest.mark.parametrize("name", list(STRATEGIES))
def test_every_strategy_decides_on_every_frame(
    recording: Measured, name: str, budget: int | None
) -> None:
    settings = replace(AUTO, strategy=name, budget=budget, min_dwell_s=1.0, keepalive_s=5.0)
    decisions = select_frames(recording, settings)
    total = len(recording.events.times_s)
    assert [decision.frame_index for decision in decisions] == list(range(total))
    chosen = kept(decisions)
    assert 1 <= len(chosen) <= (budget or total)
    for decision in decisions:
        assert decision.represented_by in chosen
        assert decision.kept == (decision.represented_by == decision.frame_index)
        assert decision.reason in (KEPT if decision.kept else DROPPED)
    assert decisions == select_frames(recording, settings)


@pytest.mark.parametrize(
    ("name", "given", "never_given"),
    [
        ("auto", {"content"}, {"first", "scene", "changed", "interval"}),
        ("scene+phash", {"first", "scene"}, {"content", "arrangement", "interval"}),
        ("phash", {"first", "changed"}, {"content", "arrangement", "interval", "scene"}),
        ("even", {"interval"}, {"content", "arrangement", "first", "scene", "changed"}),
    ],
)
def test_a_name_means_its_strategy(
    recording: Measured, name: str, given: set[str], never_given: set[str]
) -> None:
    found = {decision.reason for decision in select_frames(recording, replace(AUTO, strategy=name))}
    assert given <= found
    assert not never_given & found


def test_hashes_are_compared_where_hashes_decide(recording: Measured) -> None:
    for name in STRATEGIES:
        decisions = select_frames(recording, replace(AUTO, strategy=name))
        compared = [decision.distance is not None for decision in decisions[1:]]
        weighed = [decision.adds is not None for decision in decisions if decision.kept]
        assert all(compared) if "phash" in name else not any(compared)
        assert all(weighed) if name == "auto" else not any(weighed)


def test_stored_pictures_and_scenes_are_passed_on(recording: Measured) -> None:
    for stored in (20, 30):
        pictured = [index == stored for index in range(len(recording.pictured))]
        assert stored in kept(select_frames(recording._replace(pictured=pictured), AUTO))
    one_scene = recording._replace(scenes=[0] * len(recording.scenes))
    by_scene, by_hash = replace(AUTO, strategy="scene+phash"), replace(AUTO, strategy="phash")
    assert select_frames(one_scene, by_scene) == select_frames(one_scene, by_hash)
    assert select_frames(recording, by_scene) != select_frames(recording, by_hash)


def test_a_single_frame_is_kept_by_every_strategy() -> None:
    alone = measured([(0.2, A)])
    for name in STRATEGIES:
        decisions = select_frames(alone, replace(AUTO, strategy=name))
        assert [(one.kept, one.represented_by) for one in decisions] == [(True, 0)]
