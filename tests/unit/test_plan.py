"""The plan: what each candidate takes, and what that is known from."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from scribebench.plan.estimate import (
    NOTHING_DUE,
    Due,
    Estimate,
    FrameCount,
    PlannedRun,
    PlannedSession,
    Results,
    count_frames,
    estimate_all,
    estimate_canaries,
    extrapolate_hours,
    fingerprint,
)
from scribebench.plan.page import plan_page, seed_table
from scribebench.plan.show import HEADINGS, format_hours, plan_lines, plan_text
from scribebench.plan.spec import PlanSpec, make_plan
from scribebench.project.documents import canonical_json
from scribebench.project.models import identity, load_models
from unit.places import CONFIG
from unit.videos import evenly, greys, write_sound, write_video

SETTINGS = canonical_json({"batch_size": 5, "tag": "some"})
OTHER_SETTINGS = canonical_json({"batch_size": 5, "tag": "other"})
PRIOR = {"seconds_per_batch": {"3": 50, "5": 67.7, "8": 104, "20": 340.9}, "source": "elsewhere"}
RUN = PlannedRun("some", "base", 5, SETTINGS, PRIOR)
MONDAY = PlannedSession("monday", "sessions/monday/absent.mp4", None)


class Folder:
    """A results folder that is filled as finished jobs fill it."""

    def __init__(self, path: Path):
        self.path = path

    def kept(self, session: str, frames: int, duration_s: float | None = 1000.0) -> "Folder":
        facts = {"kept_frames": frames, "duration_s": duration_s, "sampled_frames": 10 * frames}
        return self._write(f"sessions/{session}/selection.json", facts)

    def ran(
        self,
        session: str,
        frames: int,
        wall_s: float,
        settings: str = SETTINGS,
        asked: int | None = None,
        run: str = "some/base",
    ) -> "Folder":
        model, variant = run.split("/")
        facts = {
            "session": session,
            "model": model,
            "variant": variant,
            "settings_json": settings,
            "frames": frames,
            "asked_frames": frames if asked is None else asked,
            "asked_wall_ns": int(wall_s * 1e9),
        }
        return self._write(f"runs/{session}/{run}/run.json", facts)

    def _write(self, name: str, facts: dict[str, Any]) -> "Folder":
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(facts))
        return self

    def estimate(
        self,
        session: PlannedSession = MONDAY,
        run: PlannedRun = RUN,
        budget: int | None = None,
        due: Due = NOTHING_DUE,
    ) -> Estimate:
        [one] = estimate_all([session], [run], Results(self.path), budget, due)
        return one


@pytest.fixture
def results(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "results")


# --- the seed's own extrapolation ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "batches", "hours"),
    [(3, 592, "8.2"), (5, 356, "6.7"), (8, 222, "6.4"), (20, 89, "8.4")],
)
def test_the_table_of_the_seed_is_reproduced(size: int, batches: int, hours: str) -> None:
    assert (str(size), str(batches), hours) in seed_table()
    seconds = load_models(CONFIG / "models", CONFIG / "model.schema.yaml")["qwen3-vl-4b"].variants[
        "base"
    ]["prior"]["seconds_per_batch"]
    assert f"{extrapolate_hours(1776, size, seconds[str(size)]):.1f}" == hours
    assert f"| {size} | {batches} | {hours} |" in plan_page([])


@pytest.mark.parametrize("variant", ["batch-3", "batch-5", "base", "batch-20"])
def test_the_plan_says_what_the_seed_said(results: Folder, variant: str) -> None:
    """1,776 kept frames of one session, and the model's own file: the seed's hours."""
    model = load_models(CONFIG / "models", CONFIG / "model.schema.yaml")["qwen3-vl-4b"]
    settings = model.variants[variant]
    size = settings["batch_size"]
    run = PlannedRun("qwen3-vl-4b", variant, size, "{}", settings["prior"])
    estimate = results.kept("monday", 1776).estimate(run=run)
    expected = {3: (592, 8.2), 5: (356, 6.7), 8: (222, 6.4), 20: (89, 8.4)}[size]
    assert (estimate.requests, round(estimate.hours or 0, 1)) == expected
    assert estimate.basis == "prior"


def test_the_session_of_the_seed_takes_25_minutes_when_its_frames_are_chosen(
    results: Folder,
) -> None:
    model = load_models(CONFIG / "models", CONFIG / "model.schema.yaml")["qwen3-vl-4b"]
    prior = model.variants["batch-1"]["prior"]
    run = PlannedRun("qwen3-vl-4b", "batch-1", 1, "{}", prior)
    hours = results.kept("monday", 182).estimate(run=run).hours
    assert 60 * (hours or 0) == pytest.approx(25, abs=1)


@pytest.mark.parametrize(
    ("frames", "size", "batches"), [(1, 8, 1), (8, 8, 1), (9, 8, 2), (0, 8, 0), (7, 1, 7)]
)
def test_the_last_batch_is_counted_whole(frames: int, size: int, batches: int) -> None:
    assert extrapolate_hours(frames, size, 3600.0) == batches


# --- what is known from where --------------------------------------------------------------------


def test_a_measurement_of_this_session_is_taken_first(results: Folder) -> None:
    results.kept("monday", 100).ran("monday", 100, 500).ran("tuesday", 10, 500)
    estimate = results.estimate()
    assert (estimate.basis, estimate.n) == ("measured here", 100)
    assert estimate.hours == pytest.approx(500 / 3600)
    assert estimate.done


def test_a_measurement_of_other_sessions_comes_second(results: Folder) -> None:
    results.kept("monday", 100).ran("tuesday", 10, 50).ran("wednesday", 30, 350)
    estimate = results.estimate()
    assert (estimate.basis, estimate.n) == ("measured on another session", 40)
    assert estimate.hours == pytest.approx(100 * (400 / 40) / 3600)
    assert not estimate.done


def test_the_prior_comes_third(results: Folder) -> None:
    estimate = results.kept("monday", 100).estimate()
    assert (estimate.basis, estimate.detail) == (
        "prior",
        "elsewhere: 67.7 s for a batch of 5",
    )
    assert estimate.hours == pytest.approx(20 * 67.7 / 3600)


def test_without_a_prior_nothing_is_known(results: Folder) -> None:
    estimate = results.kept("monday", 100).estimate(run=RUN._replace(prior={}))
    assert (estimate.hours, estimate.basis, estimate.detail) == (None, "unknown", "never measured")
    assert (estimate.frames, estimate.requests) == (FrameCount(100, False), 20)


@pytest.mark.parametrize("prior", [{"source": "x"}, {"source": "x", "wall_tps": 9.0}])
def test_a_prior_without_seconds_tells_no_hours(results: Folder, prior: dict[str, Any]) -> None:
    estimate = results.kept("monday", 100).estimate(run=RUN._replace(prior=prior))
    assert (estimate.hours, estimate.basis) == (None, "unknown")


@pytest.mark.parametrize(
    ("size", "seconds_per_frame", "said"),
    [
        (4, 50 / 3, "batch of 3"),
        (7, 104 / 8, "batch of 8"),
        (1, 50 / 3, "3"),
        (64, 340.9 / 20, "20"),
    ],
)
def test_a_batch_that_the_prior_lacks_is_scaled_from_the_nearest(
    results: Folder, size: int, seconds_per_frame: float, said: str
) -> None:
    estimate = results.kept("monday", 100).estimate(run=RUN._replace(batch_size=size))
    assert estimate.hours == pytest.approx(100 * seconds_per_frame / 3600)
    assert said in estimate.detail and "scaled" in estimate.detail


def test_a_measurement_with_other_settings_is_not_used(results: Folder) -> None:
    results.kept("monday", 100).ran("monday", 100, 9999, settings=OTHER_SETTINGS)
    results.ran("tuesday", 100, 9999, settings=OTHER_SETTINGS)
    estimate = results.estimate()
    assert (estimate.basis, estimate.done) == ("prior", False)


def test_a_measurement_of_another_variant_is_not_used(results: Folder) -> None:
    results.kept("monday", 100).ran("monday", 100, 9999, run="some/other")
    assert results.estimate().basis == "prior"


def test_a_changed_label_or_prior_leaves_a_measurement_in_use(results: Folder) -> None:
    settings = {"label": "Some", "batch_size": 5, "tag": "some", "prior": PRIOR}
    assert canonical_json(identity(settings)) == SETTINGS
    results.kept("monday", 100).ran("monday", 100, 500)
    run = RUN._replace(settings=canonical_json(identity(settings | {"label": "Other"})))
    assert results.estimate(run=run).basis == "measured here"


def test_requests_that_others_asked_are_not_measured_here(results: Folder) -> None:
    """A run that was answered by the journal took no time, which says nothing of a model."""
    results.kept("monday", 100).ran("monday", 100, 0.0, asked=0)
    estimate = results.estimate()
    assert (estimate.basis, estimate.done) == ("prior", True)
    results.ran("tuesday", 10, 20)
    assert Folder(results.path).estimate().basis == "measured on another session"


def test_a_run_that_was_asked_for_in_part_is_scaled_to_all_its_frames(results: Folder) -> None:
    results.kept("monday", 100).ran("monday", 100, 30, asked=10)
    estimate = results.estimate()
    assert (estimate.basis, estimate.n) == ("measured here", 10)
    assert estimate.hours == pytest.approx(100 * 3 / 3600)


def test_a_run_that_is_due_for_another_reason_is_not_done(results: Folder) -> None:
    results.kept("monday", 100).ran("monday", 100, 500)
    assert results.estimate().done
    assert results.estimate(due=due_runs("other")).done
    due = results.estimate(due=due_runs("base"))
    assert (due.done, due.basis) == (False, "measured here")


def test_a_run_that_was_never_made_is_not_done(results: Folder) -> None:
    """Also where the recording is selected and nothing asks for the run."""
    assert not results.kept("monday", 100).estimate().done


@pytest.mark.parametrize("damage", ["", "{", "[]", "null"])
def test_a_damaged_result_counts_as_none(results: Folder, damage: str) -> None:
    results.kept("monday", 100).ran("monday", 100, 500)
    (results.path / "runs/monday/some/base/run.json").write_text(damage)
    assert results.estimate().basis == "prior"
    (results.path / "sessions/monday/selection.json").write_text(damage)
    assert results.estimate().frames == FrameCount(None, True)


def test_the_fingerprint_changes_with_what_was_measured(results: Folder) -> None:
    def now() -> str:
        return fingerprint(Results(results.path), [RUN])

    empty = now()
    results.ran("monday", 100, 500)
    first = now()
    results.ran("monday", 100, 500, run="some/other")
    assert now() == first
    results.ran("monday", 100, 501)
    assert len({empty, first, now()}) == 3


# --- how many frames -----------------------------------------------------------------------------


def test_a_session_that_was_extracted_has_its_frames_counted(results: Folder) -> None:
    results.kept("monday", 42)
    assert count_frames(MONDAY, Results(results.path), None) == FrameCount(42, False)


def test_a_session_that_was_not_is_estimated_from_the_length_of_its_recording(
    results: Folder, tmp_path: Path
) -> None:
    """The seed kept 182 frames of 1,776 seconds."""
    path = write_video(tmp_path / "a.mp4", greys(60), evenly(60, 0.5))
    session = PlannedSession("monday", str(path), None)
    assert count_frames(session, Results(results.path), None) == FrameCount(
        math.ceil(120 * 182 / 1776), True
    )
    estimate = results.estimate(session)
    assert (estimate.frames.frames, estimate.requests) == (13, 3)
    assert estimate.hours == pytest.approx(3 * 67.7 / 3600)


def test_sessions_that_were_extracted_tell_how_much_is_kept_here(
    results: Folder, tmp_path: Path
) -> None:
    path = write_video(tmp_path / "a.mp4", greys(60), evenly(60, 0.5))
    results.kept("tuesday", 90, 100.0).kept("wednesday", 10, 100.0).kept("old", 5, None)
    session = PlannedSession("monday", str(path), None)
    assert count_frames(session, Results(results.path), None) == FrameCount(60, True)


@pytest.mark.parametrize(("screenshots", "frames"), [(1776, 182), (1, 1), (100, 11)])
def test_a_folder_of_screenshots_is_estimated_from_their_number(
    results: Folder, screenshots: int, frames: int
) -> None:
    session = PlannedSession("monday", "sessions/monday", screenshots)
    assert count_frames(session, Results(results.path), None) == FrameCount(frames, True)


@pytest.mark.parametrize(("budget", "frames"), [(None, 182), (500, 182), (100, 100), (1, 1)])
def test_an_estimate_never_exceeds_the_budget(
    results: Folder, budget: int | None, frames: int
) -> None:
    session = PlannedSession("monday", "sessions/monday", 1776)
    assert count_frames(session, Results(results.path), budget).frames == frames


@pytest.mark.parametrize("kind", ["absent", "garbage", "sound", "empty"])
def test_a_recording_that_cannot_be_read_makes_the_hours_unknown(
    results: Folder, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "a.mp4"
    if kind == "sound":
        write_sound(path)
    elif kind != "absent":
        path.write_bytes(b"" if kind == "empty" else b"no video" * 100)
    estimate = results.estimate(PlannedSession("monday", str(path), None))
    assert (estimate.frames, estimate.requests) == (FrameCount(None, True), None)
    assert (estimate.hours, estimate.basis) == (None, "unknown")
    assert "length" in estimate.detail


def test_a_finished_run_of_a_recording_that_is_gone_still_counts(results: Folder) -> None:
    estimate = results.ran("monday", 100, 500).estimate()
    assert (estimate.basis, estimate.done) == ("measured here", True)


# --- how it is shown -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (None, "unknown"),
        (0.0, "0 s"),
        (45 / 3600, "45 s"),
        (89 / 3600, "89 s"),
        (2 / 60, "2 min"),
        (1.4, "84 min"),
        (1.6, "1.6 h"),
        (8.42, "8.4 h"),
        (100.0, "100.0 h"),
    ],
)
def test_hours_are_said_as_people_say_them(hours: float | None, text: str) -> None:
    assert format_hours(hours) == text
    assert format_hours(hours, is_estimate=True) == (text if hours is None else f"~{text}")


def spec(results: Folder) -> PlanSpec:
    results.kept("monday", 100).kept("tuesday", 50)
    results.ran("monday", 100, 7200).ran("tuesday", 50, 88, run="quick/base", settings="{}")
    return PlanSpec.from_json(
        {
            "sessions": [["monday", "x", None], ["tuesday", "y", None], ["new", "z", 1776]],
            "runs": [
                ["some", "base", 5, SETTINGS, PRIOR],
                ["quick", "base", 1, "{}", {}],
                ["quick", "hot", 1, "{}", {}],
            ],
            "budget": 100,
            "canaries": [],
        }
    )


def test_each_candidate_has_a_line_and_all_of_them_one_more(results: Folder) -> None:
    lines = {line.candidate: line for line in plan_lines(make_plan(spec(results), results.path))}
    assert list(lines) == ["some", "quick", "quick/hot", "all"]
    some = lines["some"]
    assert (some.frames, some.requests) == ("~250", "~50")
    # 72 s a frame were measured on Monday: 100 frames there, 50 on Tuesday, 100 on the new one.
    assert (some.hours, some.left) == ("~5.0 h", "~3.0 h")
    assert some.basis.startswith("measured here (n = 100 frames); measured on another session")
    assert (lines["quick/hot"].hours, lines["quick/hot"].left) == ("unknown", "unknown")
    assert lines["quick"].hours == "~7 min"
    assert lines["all"].hours == "~5.1 h + unknown"
    assert (lines["all"].frames, lines["all"].basis) == ("", "")


def test_a_candidate_that_is_done_has_nothing_left_and_no_estimate(results: Folder) -> None:
    results.kept("monday", 100).ran("monday", 100, 7200)
    [line] = plan_lines([results.estimate()])
    assert (line.frames, line.requests, line.hours, line.left) == ("100", "20", "2.0 h", "done")


def test_a_candidate_alone_needs_no_line_for_all(results: Folder) -> None:
    assert len(plan_lines([results.kept("monday", 5).estimate()])) == 1


def cells(row: str) -> list[str]:
    """The cells of a row of a Markdown table, as they are shown."""
    return [re.sub(r"\\(.)", r"\1", cell).strip() for cell in row.strip("|").split("|")]


def test_the_terminal_and_the_page_say_the_same(results: Folder) -> None:
    estimates = make_plan(spec(results), results.path)
    lines = plan_lines(estimates)
    text = plan_text(estimates).splitlines()
    page = [cells(row) for row in plan_page(estimates).splitlines() if row.startswith("| ")]
    assert text[0] == "Plan for 3 sessions (~ is an estimate):"
    assert page[0] == re.split(r"  +", text[1].strip()) == list(HEADINGS)
    for line, row, printed in zip(lines, page[2 : 2 + len(lines)], text[2:], strict=True):
        assert row == list(line)
        assert re.split(r" {2,}", printed.strip()) == [cell for cell in line if cell]


def test_the_columns_of_the_terminal_stand_under_each_other(results: Folder) -> None:
    text = plan_text(make_plan(spec(results), results.path)).splitlines()
    basis = text[1].index("basis")
    assert all(len(line) <= basis or line[basis - 2 : basis] == "  " for line in text[1:])
    assert not any(line.endswith(" ") for line in text)


def test_the_page_has_a_row_for_each_session_and_candidate(results: Folder) -> None:
    page = plan_page(make_plan(spec(results), results.path))
    part = page.partition("## Each session")[2].partition("## ")[0]
    rows = [cells(row) for row in part.splitlines() if row.startswith("| ")][2:]
    names = ["some", "quick", "quick/hot"]
    assert [row[:2] for row in rows] == [
        [session, name] for name in names for session in ("monday", "tuesday", "new")
    ]
    assert rows[0][4:6] == ["2.0 h", "done"]
    assert rows[1][4:6] == ["~60 min", "~60 min"]


def test_what_is_measured_is_not_marked_as_an_estimate(results: Folder) -> None:
    results.kept("monday", 100).ran("monday", 100, 7200)
    page = plan_page([results.estimate()])
    assert "| 2.0 h |" in page
    assert "~2.0 h" not in page


def test_hostile_names_do_no_harm_to_the_page(results: Folder) -> None:
    prior = {"seconds_per_batch": {"5": 1}, "source": "<script>|`[x](http://evil)"}
    page = plan_page([results.kept("monday", 5).estimate(run=RUN._replace(prior=prior))])
    assert "<script>" not in page
    assert "http://" not in page


def due_runs(variant: str) -> Due:
    return Due(frozenset({("monday", "some", variant)}), frozenset())


def test_frames_that_are_chosen_anew_are_an_estimate_within_the_budget(results: Folder) -> None:
    results.kept("monday", 100)
    due = Due(frozenset(), frozenset({"monday"}))
    assert results.estimate(due=due).frames == (100, True)
    assert results.estimate(due=due, budget=30).frames == (30, True)
    assert results.estimate(budget=30).frames == (100, False)


# --- drawn frames --------------------------------------------------------------------------------


def test_drawn_frames_are_planned_for_each_batch_size(results: Folder) -> None:
    results.kept("monday", 100)
    spec = PlanSpec.from_json(
        {
            "sessions": [["monday", "x", None]],
            "runs": [["some", "base", 5, SETTINGS, PRIOR]],
            "budget": None,
            "canaries": [["some", "base", size, SETTINGS, PRIOR] for size in (5, 20)],
        }
    )
    lines = {line.candidate: line for line in plan_lines(make_plan(spec, results.path))}
    assert list(lines) == ["some", "some, drawn frames", "all"]
    drawn = lines["some, drawn frames"]
    assert (drawn.frames, drawn.requests) == (str(75 + 80), str(75 // 5 + 80 // 20))
    assert drawn.basis.startswith("prior")
    assert "Drawn frames" in plan_page(make_plan(spec, results.path))


def test_what_drawn_frames_took_says_nothing_of_a_recording(results: Folder) -> None:
    results.kept("monday", 100).kept("tuesday", 100)
    folder = results.path / "canaries" / "batch-5" / "some" / "base"
    folder.mkdir(parents=True)
    facts = {"session": "canaries/batch-5", "settings_json": SETTINGS}
    took = {"frames": 75, "asked_frames": 75, "asked_wall_ns": 10**9}
    (folder / "run.json").write_text(json.dumps(facts | took))
    known = Results(results.path)
    [drawn] = estimate_canaries([PlannedRun("some", "base", 5, SETTINGS, PRIOR)], known)
    assert (drawn.basis, drawn.done, drawn.n) == ("measured here", True, 75)
    run = PlannedRun("some", "base", 5, SETTINGS, PRIOR)
    [one] = estimate_all([MONDAY], [run], known, None)
    assert one.basis == "prior"
