"""The plan: what each candidate takes, and what that is known from."""

import json
import math
import random
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from scribebench.plan.asked import asked_in, sums_of
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
    estimate_rubric,
    extrapolate_hours,
    fingerprint,
)
from scribebench.plan.interval import Bounds, bounds, student_quantile
from scribebench.plan.page import plan_page, seed_table
from scribebench.plan.show import (
    HEADINGS,
    format_estimate,
    format_hours,
    plan_lines,
    plan_text,
)
from scribebench.plan.sizes import hours_by_size
from scribebench.plan.spec import PlanSpec, make_plan
from scribebench.project.documents import canonical_json
from scribebench.project.models import identity, load_models
from scribebench.project.workspace import Workspace, load_workspace
from scribebench.rubric import SESSION
from scribebench.rubric.items import FAMILIES
from unit.places import CONFIG, ROOT
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
        requests: list[tuple[int, float]] | None = None,
        batch_size: int = 5,
    ) -> "Folder":
        """`requests` are frames and seconds of each; without them, as older files, it has none."""
        model, variant = run.split("/")
        facts = {
            "session": session,
            "model": model,
            "variant": variant,
            "settings_json": settings,
            "frames": frames,
            "asked_frames": frames if asked is None else asked,
            "asked_wall_ns": int(wall_s * 1e9),
            "batch_size": batch_size,
        }
        if requests:
            facts["asked_sums"] = sums_of([(count, int(1e9 * s)) for count, s in requests])
        place = "" if "/" in session else "runs/"
        return self._write(f"{place}{session}/{run}/run.json", facts)

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
    assert (estimate.frames, estimate.requests) == (FrameCount(100, False, sampled=1000), 20)


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
    assert count_frames(MONDAY, Results(results.path), None) == FrameCount(42, False, sampled=420)


def test_a_session_that_was_not_is_estimated_from_the_length_of_its_recording(
    results: Folder, tmp_path: Path
) -> None:
    """The seed kept 182 frames of 1,776 seconds."""
    path = write_video(tmp_path / "a.mp4", greys(60), evenly(60, 0.5))
    session = PlannedSession("monday", str(path), None)
    expected = 120 * 182 / 1776
    assert count_frames(session, Results(results.path), None) == FrameCount(
        math.ceil(expected), True, math.ceil(expected / 4), math.ceil(expected * 4)
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
    # As many a second as both, and between the two of them.
    assert count_frames(session, Results(results.path), None) == FrameCount(60, True, 12, 108)


@pytest.mark.parametrize(
    ("screenshots", "frames", "ends"),
    [(1776, 182, (46, 728)), (1, 1, (1, 1)), (100, 11, (3, 41))],
)
def test_a_folder_of_screenshots_is_estimated_from_their_number(
    results: Folder, screenshots: int, frames: int, ends: tuple[int, int]
) -> None:
    session = PlannedSession("monday", "sessions/monday", screenshots)
    found = count_frames(session, Results(results.path), None)
    assert found == FrameCount(frames, True, *ends, screenshots)
    assert found.ends == ends


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
            "rubric": [],
            "rubric_requests": [],
        }
    )


def test_each_candidate_has_a_line_and_all_of_them_one_more(results: Folder) -> None:
    lines = {line.candidate: line for line in plan_lines(make_plan(spec(results), results.path))}
    assert list(lines) == ["some", "quick", "quick/hot", "all"]
    some = lines["some"]
    assert (some.frames, some.requests) == ("~250", "~50")
    # 72 s a frame were measured on Monday: 100 frames there, 50 on Tuesday, 100 on the new one.
    assert (some.hours, some.left) == ("~5.0 h (-)", "~3.0 h (-)")
    assert some.basis.startswith("measured here (n = 100 frames); measured on another session")
    assert (lines["quick/hot"].hours, lines["quick/hot"].left) == ("unknown", "unknown")
    assert lines["quick"].hours == "~7 min (-)"
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
    assert text[0] == (
        "Plan for 3 sessions (~ is an estimate, then its lowest and highest; - is unknown):"
    )
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
    assert rows[1][4:6] == ["~60 min (-)", "~60 min (-)"]


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
    assert results.estimate(due=due).frames == (100, True, 25, 400, 1000)
    assert results.estimate(due=due, budget=30).frames == (30, True, 25, 30, 1000)
    assert results.estimate(budget=30).frames == (100, False, None, None, 1000)


# --- drawn frames --------------------------------------------------------------------------------


def test_drawn_frames_are_planned_for_each_batch_size(results: Folder) -> None:
    results.kept("monday", 100)
    spec = PlanSpec.from_json(
        {
            "sessions": [["monday", "x", None]],
            "runs": [["some", "base", 5, SETTINGS, PRIOR]],
            "budget": None,
            "canaries": [["some", "base", size, SETTINGS, PRIOR] for size in (5, 20)],
            "rubric": [],
            "rubric_requests": [],
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


# --- from where to where -------------------------------------------------------------------------

STEADY = [(5, 50.0)] * 4 + [(5, 50.0)] * 6
VARIED = [(5, 40.0), (5, 60.0)] * 5


@pytest.mark.parametrize(
    ("degrees", "known"), [(4, 2.776), (5, 2.571), (9, 2.262), (30, 2.042), (1000, 1.962)]
)
def test_the_quantile_of_student_is_that_of_the_books(degrees: int, known: float) -> None:
    assert student_quantile(0.95, degrees) == pytest.approx(known, abs=0.001)


def of(*runs: list[tuple[int, float]]) -> list[Any]:
    return [asked_in({"asked_sums": sums_of([(n, int(1e9 * s)) for n, s in run])}) for run in runs]


def test_the_interval_of_alike_requests_is_that_of_their_mean() -> None:
    """Ten requests of 5 frames, 40 and 60 s in turn; twenty more of them."""
    found = bounds(of(VARIED), (100, 100), 5)
    deviation = math.sqrt(10 * 10**2 / 9)
    margin = 2.262 * deviation * math.sqrt(20 + 20**2 / 10)
    expected = [(1000 + sign * margin) / 3600 for sign in (-1, 1)]
    assert list(found or ()) == pytest.approx(expected, rel=1e-3)


def test_requests_that_take_the_same_by_frame_leave_nothing_open() -> None:
    """A smaller last batch that takes less is no deviation."""
    found = bounds(of([(5, 50.0)] * 5 + [(2, 20.0)]), (100, 100), 5)
    assert list(found or ()) == pytest.approx([1000 / 3600] * 2)


def test_the_interval_holds_what_comes_as_often_as_it_says() -> None:
    """95 % of a thousand experiments, give or take what chance does to so many."""
    dice = random.Random(7)

    def seconds(count: int) -> list[float]:
        return [dice.gauss(50, 10) for _ in range(count)]

    inside = 0
    for _ in range(1000):
        found = bounds(of([(5, s) for s in seconds(8)]), (100, 100), 5)
        assert found is not None
        inside += found.low <= sum(seconds(20)) / 3600 <= found.high
    assert 930 <= inside <= 970


@pytest.mark.parametrize("count", [2, 3, 4])
def test_few_requests_tell_the_slowest_and_the_fastest_of_them(count: int) -> None:
    found = bounds(of([(5, 40.0), (5, 60.0), (5, 50.0), (5, 45.0)][:count]), (100, 100), 5)
    assert list(found or ()) == pytest.approx([800 / 3600, 1200 / 3600])


@pytest.mark.parametrize("damage", [None, {}, {"requests": 3}, [], "x", {"requests": "many"}])
def test_what_cannot_be_known_has_no_interval(results: Folder, damage: Any) -> None:
    assert bounds(of([(5, 50.0)]), (100, 100), 5) is None
    assert bounds([], (100, 100), 5) is None
    assert asked_in({"asked_sums": damage}) is None
    assert bounds([*of(STEADY), asked_in({"asked_sums": damage})], (100, 100), 5) is None
    prior = results.kept("monday", 100).estimate()
    assert (prior.basis, prior.low, prior.high) == ("prior", None, None)


def test_frames_that_are_not_chosen_yet_widen_the_interval() -> None:
    assert bounds(of(STEADY), (50, 200), 5) == pytest.approx(Bounds(500 / 3600, 2000 / 3600))


def test_other_recordings_are_all_inside_of_the_interval(results: Folder) -> None:
    results.kept("monday", 100).ran("tuesday", 50, 500, requests=STEADY)
    results.ran("wednesday", 10, 400, requests=[(5, 200.0)] * 2)
    estimate = results.estimate()
    assert estimate.basis == "measured on another session"
    assert (estimate.low or 0) <= 100 * 10 / 3600 < 100 * 40 / 3600 <= (estimate.high or 0)


def test_a_question_without_its_picture_counts_as_one() -> None:
    assert of([(0, 5.0), (1, 5.0)])[0].frames == 2


def test_what_is_due_again_has_an_interval_and_what_is_done_has_none(results: Folder) -> None:
    results.kept("monday", 50).ran("monday", 50, 500, requests=VARIED)
    done, due = results.estimate(), results.estimate(due=due_runs("base"))
    assert (done.low, done.high) == (None, None)
    assert due.low < due.hours == done.hours < due.high
    assert plan_lines([done])[0].hours == "8 min"
    assert plan_lines([due])[0].hours == "~8 min (7-10)"


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        ((3.42, 2.9, 4.11), "~3.4 h (2.9-4.1)"),
        ((0.2, 0.15, 1.7), "~12 min (9-102)"),
        ((0.01, 0.0, 0.02), "~36 s (0-72)"),
        ((3.42, None, None), "~3.4 h (-)"),
        ((None, None, None), "unknown"),
    ],
)
def test_an_estimate_is_shown_with_its_ends_in_its_own_unit(
    hours: tuple[float | None, float | None, float | None], text: str
) -> None:
    assert format_estimate(*hours) == text


def test_ends_are_added_to_what_is_done(results: Folder) -> None:
    results.kept("monday", 50).ran("monday", 50, 500, requests=VARIED)
    both = [PlannedSession(name, name, None) for name in ("monday", "tuesday")]
    results.kept("tuesday", 50)
    estimates = estimate_all(both, [RUN], Results(results.path), None)
    [line] = plan_lines(estimates)
    low, high = (60 * (end or 0) + 500 / 60 for end in (estimates[1].low, estimates[1].high))
    assert line.hours == f"~17 min ({low:.0f}-{high:.0f})"
    assert line.left == f"~8 min ({low - 500 / 60:.0f}-{high - 500 / 60:.0f})"


# --- what decides the hours ----------------------------------------------------------------------


def part(page: str, heading: str) -> list[list[str]]:
    """The rows of the table below a heading, without its head."""
    text = page.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [cells(row) for row in text.splitlines() if row.startswith("| ")][2:]


def test_the_page_says_what_the_choice_of_frames_saves(results: Folder) -> None:
    """The seed's own session: 1,776 frames, of which 182 are kept."""
    selection = {"kept_frames": 182, "sampled_frames": 1776, "duration_s": 1776.0}
    results._write("sessions/monday/selection.json", selection)
    run = RUN._replace(batch_size=8)
    [row] = part(plan_page([results.estimate(run=run)]), "What the choice of frames saves")
    assert row == [
        *("monday", "some", "1776", "182", "10 %"),
        *("~6.4 h (-)", f"~{23 * 104 / 60:.0f} min (-)"),
    ]


def test_what_frames_are_chosen_from_may_be_unknown(results: Folder, tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", greys(60), evenly(60, 0.5))
    session = PlannedSession("monday", str(path), None)
    [row] = part(plan_page([results.estimate(session)]), "What the choice of frames saves")
    assert row[2:6] == ["–", "~13", "–", "–"]


def test_the_page_says_what_other_batch_sizes_take(results: Folder) -> None:
    def settings(size: int) -> str:
        return canonical_json({"batch_size": size, "tag": "some"})

    results.kept("monday", 60)
    results.ran("monday", 60, 120, settings(20), run="some/batch-20", batch_size=20)
    results.ran("canaries/batch-20", 80, 80, settings(20), batch_size=20)
    results.ran("monday", 60, 7, canonical_json({"tag": "other", "batch_size": 7}), batch_size=7)
    estimates = [results.estimate()]
    rows = part(
        plan_page(estimates, hours_by_size(estimates, Results(results.path))), "Batch sizes"
    )
    assert [row[1:5] for row in rows] == [
        ["3", "60", "20", "~17 min (-)"],
        ["5", "60", "12", "~14 min (-)"],
        ["8", "60", "8", "~14 min (-)"],
        ["20", "60", "3", "~2 min (-)"],
        ["20", "60", "3", "~60 s (-)"],
        ["20", "60", "3", "~17 min (-)"],
    ]
    assert [row[5].partition(" (")[0] for row in rows[3:]] == [
        "measured",
        "measured on drawn frames",
        "prior",
    ]


def test_without_any_other_size_the_page_says_what_would_tell(results: Folder) -> None:
    estimates = [results.kept("monday", 60).estimate(run=RUN._replace(prior={}))]
    assert hours_by_size(estimates, Results(results.path)) == []
    assert "canaries:" in plan_page(estimates).partition("## Batch sizes")[2]


def test_the_page_says_how_plans_have_held() -> None:
    row = {
        **{"session": "monday", "model": "some", "variant": "base", "planned_h": 2.0},
        **{"low_h": 1.8, "high_h": 2.3, "basis": "measured on another session"},
        **{"frames_planned": 100, "actual_h": 1.1, "frames_actual": 100, "frames_asked": 50},
        **{"ratio": 1.1, "inside": True},
    }
    prior = row | {"low_h": None, "high_h": None, "basis": "prior", "inside": None, "ratio": 0.5}
    unknown = prior | {"planned_h": None, "ratio": None, "basis": "unknown"}
    page = plan_page([], [], [row, row | {"inside": False}, prior, unknown])
    rows = part(page, "Planned against actual")
    assert rows[0][2:] == [
        *("~2.0 h (1.8-2.3)", "2.2 h", "1.10", "100", "100", "50"),
        *("yes", "measured on another session"),
    ]
    assert [row[8] for row in rows] == ["yes", "no", "–", "–"]
    assert rows[3][2:5] == ["unknown", "2.2 h", "–"]
    assert "- measured on another session: 2 planned, took / planned 1.10–1.10; 1 of 2" in page
    assert "- prior: 1 planned, took / planned 0.50–0.50; none had ends." in page
    assert "plans.jsonl" in plan_page([])


# --- the rubric ----------------------------------------------------------------------------------

ASKED = canonical_json({"tag": "some"})
QUESTIONED = PlannedRun("some", "base", 1, ASKED, PRIOR)


def workspace(**config: Any) -> Workspace:
    """The project's own configuration with other keys; nothing of a recording is read."""
    whole = yaml.safe_load((CONFIG / "config.yaml").read_text(encoding="utf-8"))
    return load_workspace(ROOT, whole | {"sessions": ["demo"]} | config)


@pytest.mark.parametrize(
    ("rubric", "requests"),
    [
        ({"variants": 1}, 13),
        ({}, 13 * 10),
        ({"variants": 10, "repeats": 3}, 13 * 10 * 3),
        ({"variants": 4, "repeats": 2, "controls": ["no_image", "grey"]}, 13 * 4 * 2 * 3),
    ],
)
def test_the_rubric_is_planned_picture_by_picture(
    results: Folder, rubric: dict[str, Any], requests: int
) -> None:
    assert len(FAMILIES) == 13
    names = ["qwen3-vl-4b", "qwen3-vl-4b/batch-3", "qwen3-vl-8b"]
    planned = workspace(models=names, rubric=rubric).plan_spec()
    lines = {line.candidate: line for line in plan_lines(make_plan(spec_of(planned), results.path))}
    # Variants that differ in their batches only are asked once.
    assert [name for name in lines if name.endswith("rubric")] == [
        *("qwen3-vl-4b, rubric", "qwen3-vl-8b, rubric")
    ]
    line = lines["qwen3-vl-4b, rubric"]
    assert (line.frames, line.requests) == (str(requests), str(requests))
    assert "prior" in line.basis


def test_the_baseline_is_planned_without_controls(results: Folder) -> None:
    rubric = {"variants": 2, "controls": ["no_image", "grey", "other_image"]}
    planned = workspace(models=["ocr-baseline", "qwen3-vl-4b"], rubric=rubric).plan_spec()
    estimates = make_plan(spec_of(planned), results.path)
    counts = {one.run.model: one.requests for one in estimates if one.session == SESSION}
    assert counts == {"ocr-baseline": 13 * 2, "qwen3-vl-4b": 13 * 2 * 4}


def spec_of(planned: dict[str, Any]) -> PlanSpec:
    return PlanSpec.from_json(json.loads(canonical_json(planned)))


@pytest.mark.parametrize("rubric", [{"rubric": None}, {}], ids=["null", "absent"])
def test_without_a_rubric_there_is_no_line_of_it(results: Folder, rubric: dict[str, Any]) -> None:
    whole = yaml.safe_load((CONFIG / "config.yaml").read_text(encoding="utf-8"))
    del whole["rubric"]
    planned = load_workspace(ROOT, whole | {"sessions": ["demo"]} | rubric).plan_spec()
    assert planned["rubric"] == []
    assert "rubric" not in plan_text(make_plan(spec_of(planned), results.path))


def test_the_size_of_a_picture_is_the_same_however_it_is_written() -> None:
    """Else a dry run would draw all again."""
    sizes = [workspace(rubric=rubric).rubric["image_scale"] for rubric in ({}, {"image_scale": 1})]
    assert list(map(str, sizes)) == ["1.0", "1.0"]


def test_what_the_rubric_took_is_measured_and_says_nothing_of_a_recording(
    results: Folder,
) -> None:
    results.kept("monday", 100)
    facts = {"session": SESSION, "settings_json": ASKED, "model": "some", "variant": "base"}
    took = {"frames": 130, "asked_frames": 100, "asked_wall_ns": 200 * 10**9}
    results._write("rubric/some/base/run.json", facts | took)
    known = Results(results.path)
    [done] = estimate_rubric([QUESTIONED], [130], known)
    assert (done.basis, done.done, done.n) == ("measured here", True, 100)
    assert done.hours == pytest.approx(260 / 3600)
    due = Due(frozenset({(SESSION, "some", "base")}), frozenset())
    [more] = estimate_rubric([QUESTIONED], [260], known, due)
    assert (more.done, more.requests, more.basis) == (False, 260, "measured here")
    assert more.hours == pytest.approx(520 / 3600)
    [one] = estimate_all([MONDAY], [PlannedRun("some", "base", 1, ASKED, PRIOR)], known, None)
    assert one.basis == "prior"


def test_the_rubric_counts_as_no_session(results: Folder) -> None:
    results.kept("monday", 10)
    estimates = estimate_all([MONDAY], [RUN], Results(results.path), None)
    estimates += estimate_rubric([QUESTIONED], [130], Results(results.path))
    text = plan_text(estimates)
    assert "1 session" in text
    assert "some, rubric" in text
    assert "some, rubric" in plan_page(estimates)
    assert "Drawn frames" not in plan_page(estimates)
