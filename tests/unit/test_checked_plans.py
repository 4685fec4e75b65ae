"""Plans that are stored at a start, and compared with what the runs then took."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scribebench.plan.checked import plan_rows, read_plans
from scribebench.plan.estimate import Due, Estimate, FrameCount, PlannedRun
from scribebench.plan.remember import store
from scribebench.tables import PLANS, read_rows, write_table

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RUN = PlannedRun("some", "base", 5, "{}", {})
DUE = Due(frozenset({("monday", "some", "base")}), frozenset())


def estimate(hours: float | None = 2.0, **changes: Any) -> Estimate:
    one = Estimate(
        *("monday", RUN, FrameCount(100, False), 20, hours, 1.5, 2.5),
        *("measured on another session", "", 50, False),
    )
    return one._replace(**changes)


@pytest.fixture
def plans(tmp_path: Path) -> Path:
    return tmp_path / ".state" / "plans.jsonl"


def ran(folder: Path, hours: float, since: datetime | None, **changes: Any) -> Path:
    facts = {"session": "monday", "model": "some", "variant": "base"}
    facts |= {"frames": 100, "asked_frames": 100, "asked_wall_ns": int(hours * 3.6e12)}
    facts |= {"asked_since_utc": since and since.isoformat()}
    path = folder / "run.json"
    path.write_text(json.dumps(facts | changes))
    return path


def test_a_finished_run_is_compared_with_its_plan(plans: Path, tmp_path: Path) -> None:
    store(plans, [estimate()], DUE, NOON)
    rows = list(plan_rows(plans, [ran(tmp_path, 2.2, NOON + timedelta(minutes=1))]))
    write_table(tmp_path / "plans.parquet", PLANS, rows)
    [row] = read_rows(tmp_path / "plans.parquet")
    assert row == {
        **{"session": "monday", "model": "some", "variant": "base", "planned_at_utc": NOON},
        **{"basis": "measured on another session", "planned_h": 2.0, "low_h": 1.5, "high_h": 2.5},
        **{"frames_planned": 100, "frames_actual": 100, "frames_asked": 100},
        **{"actual_h": pytest.approx(2.2), "ratio": pytest.approx(1.1), "inside": True},
    }


@pytest.mark.parametrize(
    ("hours", "inside"), [(1.49, False), (1.5, True), (2.5, True), (2.51, False)]
)
def test_inside_is_between_the_ends(
    plans: Path, tmp_path: Path, hours: float, inside: bool
) -> None:
    store(plans, [estimate()], DUE, NOON)
    [row] = plan_rows(plans, [ran(tmp_path, hours, NOON)])
    assert row["inside"] is inside


def test_what_is_unknown_is_not_compared(plans: Path, tmp_path: Path) -> None:
    store(plans, [estimate(None, low=None, high=None, basis="unknown")], DUE, NOON)
    [row] = plan_rows(plans, [ran(tmp_path, 1.0, NOON)])
    assert (row["planned_h"], row["ratio"], row["inside"]) == (None, None, None)


def test_what_others_were_answered_is_scaled_to_all_frames(plans: Path, tmp_path: Path) -> None:
    store(plans, [estimate()], DUE, NOON)
    [row] = plan_rows(plans, [ran(tmp_path, 0.5, NOON, asked_frames=25)])
    assert (row["actual_h"], row["frames_asked"], row["ratio"]) == (0.5, 25, 1.0)
    assert list(plan_rows(plans, [ran(tmp_path, 0.0, None, asked_frames=0)])) == []


def test_an_experiment_that_has_grown_since_is_not_compared(plans: Path, tmp_path: Path) -> None:
    due = Due(frozenset({("rubric/questions", "some", "base")}), frozenset())
    store(plans, [estimate(session="rubric/questions")], due, NOON)
    for frames, ratio in ((100, 0.5), (156, None)):
        changes = {"session": "rubric/questions", "frames": frames, "asked_frames": frames}
        [row] = plan_rows(plans, [ran(tmp_path, 1.0, NOON, **changes)])
        assert (row["frames_planned"], row["frames_actual"], row["ratio"]) == (100, frames, ratio)
        assert (row["inside"] is None) is (ratio is None)


def test_the_last_plan_before_the_first_request_is_the_one(plans: Path, tmp_path: Path) -> None:
    """What is planned after a kill knows a part of what it foretells."""
    for hour, planned in enumerate((1.0, 2.0, 3.0)):
        store(plans, [estimate(planned)], DUE, NOON + timedelta(hours=hour))
    [row] = plan_rows(plans, [ran(tmp_path, 1.0, NOON + timedelta(hours=1, minutes=30))])
    assert row["planned_h"] == 2.0
    assert list(plan_rows(plans, [ran(tmp_path, 1.0, NOON - timedelta(seconds=1))])) == []


def test_only_what_is_due_is_stored_and_once(plans: Path) -> None:
    other = estimate(run=RUN._replace(variant="other"))
    for minute in range(3):
        store(plans, [estimate(), other], DUE, NOON + timedelta(minutes=minute))
    [one] = read_plans(plans)
    assert (one["variant"], one["time"]) == ("base", NOON.isoformat())
    store(plans, [estimate(3.0)], DUE, NOON)
    assert [plan["planned_h"] for plan in read_plans(plans)] == [2.0, 3.0]
    store(plans, [], Due(frozenset(), frozenset()), NOON)
    assert len(list(read_plans(plans))) == 2


@pytest.mark.parametrize(
    "torn", ['{"time": "2026', "[]", "null", '{"time": 5}', "\u0000\u0000", '{"time": "noon"}']
)
def test_a_torn_line_takes_no_other_with_it(plans: Path, tmp_path: Path, torn: str) -> None:
    store(plans, [estimate()], DUE, NOON)
    with plans.open("a") as stream:
        stream.write(torn)
    store(plans, [estimate(3.0)], DUE, NOON + timedelta(hours=1))
    assert [plan["planned_h"] for plan in read_plans(plans)] == [2.0, 3.0]


def test_runs_that_are_gone_or_damaged_have_no_row(plans: Path, tmp_path: Path) -> None:
    store(plans, [estimate()], DUE, NOON)
    half = tmp_path / "half.json"
    half.write_text('{"session": ')
    old = tmp_path / "old.json"
    old.write_text('{"session": "monday", "model": "some", "variant": "base"}')
    assert list(plan_rows(plans, [tmp_path / "absent.json", half, old])) == []
    assert list(plan_rows(tmp_path / "absent", [ran(tmp_path, 1.0, NOON)])) == []
