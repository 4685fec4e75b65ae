"""Which candidate is recommended, why each other one is not, and that each figure has its rows."""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from scribebench.canaries.frames import session_of
from scribebench.gather import with_session
from scribebench.project.models import identity, load_models
from scribebench.report.answer import answer, told_rows, trace_section
from scribebench.report.candidates import candidates
from scribebench.report.comparison import comparison_section
from scribebench.report.data import ReportData, Row, told_apart
from scribebench.report.evidence import Evidence, Figure, evidence, replies_flagged, rows_of
from scribebench.report.failure_modes import Seen
from scribebench.report.failures import failures_section, helped
from scribebench.report.model_file import model_file
from scribebench.report.page.plots import plots
from scribebench.report.recommend import (
    ALL_BROKEN,
    ALL_REJECTED,
    NO_MODEL,
    Judged,
    Recommendation,
    recommend,
)
from scribebench.report.recommended import KEYS, recommended_json
from scribebench.report.speed import (
    LEAST_REQUESTS,
    bootstrap_ratio,
    is_slower,
    scaled,
    seconds_per_frame,
)
from scribebench.rubric.sources import questions
from scribebench.rubric.verdicts import decide
from scribebench.tables import (
    ATTRIBUTION,
    COMPARISONS,
    DESCRIPTIONS,
    FRAMES,
    GRADES,
    PROBES,
    REQUESTS,
    ROLES,
    RUBRIC_ITEMS,
    RUNS,
    SESSIONS,
    Table,
)
from unit.places import ROOT

SESSION = "monday"
SETTINGS = {
    "backend": "ollama",
    "url": "http://127.0.0.1:11434",
    "tag": "some:4b",
    "options": {"temperature": 0.3, "num_predict": 6000},
    "think": False,
    "batch_size": 8,
    "image": {"max_width_px": 1280, "format": "jpeg"},
}
TOLD_BY = ATTRIBUTION.columns[[c.name for c in ATTRIBUTION.columns].index("frame_index") + 1].name


def row(table: Table, **values: Any) -> Row:
    """A row as it is read from a table: what is not said is null."""
    names = [column.name for column in table.columns]
    assert set(values) <= set(names), set(values) - set(names)
    return dict.fromkeys(names) | values


class World:
    """Tables of one recording of an hour with 240 kept frames, and what candidates did with it."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {
            name: [] for name in ReportData.__dataclass_fields__ if name not in EXTRA
        }
        self.rows["sessions"] = [
            row(SESSIONS, session=SESSION, duration_s=3600.0, kept_frames=240, sampled_frames=3600)
        ]

    def data(self) -> ReportData:
        items = self.rows["rubric_items"]
        decided = decide(items)
        rows = self.rows | {"roles": decided.roles, "comparisons": decided.comparisons}
        labels = {one["model"]: one["model"].title() for one in self.rows["runs"]}
        return ReportData(**rows, labels=labels, titles={}, refused=[])

    def baseline(self, score: float | None = 2.0) -> "World":
        self._add("runs", row(RUNS, **key("ocr"), backend="ocr", batch_size=1))
        self.describe("ocr", "base", 1, [0.1] * 240)
        return self.rubric("ocr", score) if score is not None else self

    def model(
        self,
        name: str,
        variant: str = "base",
        batch_size: int = 8,
        seconds: float = 4.0,
        count: int = 30,
        broken: str | None = None,
        reasons: tuple[str, ...] = (),
        bad: int = 0,
        **changes: Any,
    ) -> "World":
        """Add a candidate: `count` requests, of which the first `bad` have these reasons."""
        settings = SETTINGS | {"batch_size": batch_size, "tag": f"{name}:4b"} | changes
        facts = {"backend": "ollama", "batch_size": batch_size, "broken": broken}
        told = json.dumps(settings, sort_keys=True)
        self._add("runs", row(RUNS, **key(name, variant), **facts, settings_json=told))
        if broken is None:
            dice = random.Random(name + variant)
            times = [seconds * batch_size * dice.uniform(0.95, 1.05) for _ in range(count)]
            self.describe(name, variant, batch_size, times, reasons, bad)
        return self

    def describe(
        self,
        name: str,
        variant: str,
        batch_size: int,
        times: list[float],
        reasons: tuple[str, ...] = (),
        bad: int = 0,
    ) -> None:
        for place, wall_s in enumerate(times):
            is_bad = place < bad
            uid = f"{name}{variant}{place}"
            flags = list(reasons) if is_bad else []
            asked = {"request_uid": uid, "experiment": "describe", "image_count": batch_size}
            asked |= {"wall_ns": round(wall_s * 1e9), "warmup": False, "cache_hit": False}
            asked |= {"speed_valid": not is_bad, "speed_invalid_reasons": flags}
            self._add("requests", row(REQUESTS, **key(name, variant), **asked))
            self._add("grades", row(GRADES, **key(name, variant), request_uid=uid, flags=flags))
            said = {"request_uid": uid, "frame_index": place, "text": "It shows a terminal."}
            self._add("descriptions", row(DESCRIPTIONS, **key(name, variant), **said))

    def rubric(self, name: str, score: float, variant: str = "base", variants: int = 10) -> "World":
        for question, known in questions().items():
            for place in range(variants):
                item = {"question": question, "tier": known["tier"], "item_variant": place}
                item |= {"control": "picture", "repeat_index": 0, "score": score}
                self._add("rubric_items", row(RUBRIC_ITEMS, model=name, variant=variant, **item))
        return self

    def canaries(
        self, name: str, size: int, wrong: int = 0, told_by: str = "name", seconds: float = 4.0
    ) -> "World":
        for place in range(72):
            facts = {
                "batch_size": size,
                "slot": place % size,
                "frame_index": place,
                TOLD_BY: told_by,
            }
            facts |= {"outcome": "swapped" if place < wrong else "right"}
            self._add("attribution", row(ATTRIBUTION, **drawn_key(name, size), **facts))
        for place in range(72 // size):
            asked = {"experiment": "attribution", "image_count": size, "speed_valid": True}
            asked |= {"wall_ns": round(seconds * size * (1 + place % 3 / 100) * 1e9)}
            self._add("requests", row(REQUESTS, **drawn_key(name, size), **asked, warmup=False))
        return self

    def good(self, name: str, score: float = 4.9, **changes: Any) -> "World":
        """Add a candidate against which nothing is shown."""
        return self.model(name, **changes).rubric(name, score).canaries(name, 8)

    def _add(self, table: str, one: Row) -> "World":
        self.rows[table].append(one)
        return self


EXTRA = {"labels", "titles", "refused"}
KNOWN = {
    table.name: {column.name for column in table.columns}
    for table in (
        *(SESSIONS, RUNS, PROBES, REQUESTS, DESCRIPTIONS, GRADES, ATTRIBUTION, RUBRIC_ITEMS),
        *(ROLES, COMPARISONS, with_session(FRAMES)),
    )
}


def key(name: str, variant: str = "base") -> Row:
    return {"session": SESSION, "model": name, "variant": variant}


def drawn_key(name: str, size: int) -> Row:
    return key(name) | {"session": session_of(size)}


def verdicts(found: Recommendation) -> dict[str, str]:
    return {
        f"{one.candidate.model}/{one.candidate.variant}": one.verdict for one in found.judged
    }  # fmt: skip


def why(found: Recommendation, name: str) -> str:
    [one] = [one for one in found.judged if one.candidate.key == tuple(name.split("/"))]
    return "; ".join(reason.text for reason in one.reasons)


# --- each verdict and its reason ------------------------------------------------------------------


def mixed() -> World:
    return World().good("fine").model("bad").rubric("bad", 4.9).canaries("bad", 8, wrong=18)


def looping(bad: int) -> World:
    return World().good("fine").good("bad", reasons=("loop",), bad=bad)


def probed(**found: Any) -> World:
    usual = {"verdict": "broken_backend", "broken": "did not read a large word"}
    probe = row(PROBES, model="bad", variant="base", **usual | found)
    return World().good("fine").good("bad")._add("probes", probe)


def higher_once(world: World) -> World:
    """Let one picture be answered a little worse by the second model."""
    one = next(item for item in world.rows["rubric_items"] if item["model"] == "bad")
    one["score"] -= 0.5
    return world


def silent() -> World:
    world = World().good("fine").good("bad")
    for one in world.rows["descriptions"]:
        one["text"] = None if one["model"] == "bad" else one["text"]
    return world


REJECTED = {
    "broken": (lambda: World().good("fine").model("bad", broken="did not stop"), "is broken"),
    "blind": (lambda: probed(reads_word=False), "asked about a drawn picture, it did not read"),
    "silent": (silent, "it described none of 30 frames"),
    "mixes": (mixed, "in batches of 8 it mixes or loses frames: 54 of 72 drawn frames right"),
    "refused": (
        lambda: World().good("fine").good("bad", score=1.5),
        "the rubric refuses it the role worker_vision",
    ),
    "rubbish": (lambda: looping(10), "10 of 30 replies failed or are rubbish: more than 10 %"),
    "floor": (
        lambda: World().baseline(4.6).good("fine").good("bad", score=4.2),
        "the OCR baseline scores 0.4 points more in the rubric",
    ),
    "dominated": (
        lambda: World().good("fine").good("bad", seconds=9.0),
        "of Fine, which is nowhere worse",
    ),
}


@pytest.mark.parametrize("case", REJECTED)
def test_what_is_shown_against_a_candidate_rejects_it(case: str) -> None:
    make, reason = REJECTED[case]
    found = recommend(make().data())
    assert verdicts(found) == {"fine/base": "selected", "bad/base": "rejected"}
    assert reason in why(found, "bad/base")


STANDS = {
    "few rubbish replies": lambda: looping(4),
    "a gate that failed for its form only": lambda: probed(reads_word=True, tells_colours=True),
    "a few drawn frames wrong": lambda: (
        World().good("fine").model("bad").rubric("bad", 4.9).canaries("bad", 8, wrong=5)
    ),
    "a floor that is not shown to be higher": lambda: higher_once(
        World().baseline(4.9).good("fine").good("bad")
    ),
    "slower, and better": lambda: World().good("bad", score=4.0).good("fine", seconds=9.0),
    "slower, and nothing known of the other": lambda: (
        World().good("fine").model("bad", seconds=9.0)
    ),
}


@pytest.mark.parametrize("case", STANDS)
def test_what_is_not_shown_rejects_nobody(case: str) -> None:
    found = recommend(STANDS[case]().data())
    assert verdicts(found) | {"fine/base": "selected"} == verdicts(found)
    assert verdicts(found)["bad/base"] == "viable"
    assert "nothing" in why(found, "bad/base")


def test_quality_comes_before_speed() -> None:
    found = recommend(World().good("fast", score=4.0, seconds=1.0).good("slow", seconds=9.0).data())
    assert verdicts(found) == {"fast/base": "viable", "slow/base": "selected"}
    assert "Slow is better in the rubric by 0.9 points (p <0.001)" in why(found, "fast/base")


def test_frames_kept_apart_come_before_speed() -> None:
    world = World().model("fast", seconds=1.0).rubric("fast", 4.9).good("sure", seconds=9.0)
    found = recommend(world.data())
    assert verdicts(found) == {"fast/base": "viable", "sure/base": "selected"}
    assert "batches of 8 keep frames apart is undetermined" in why(found, "fast/base")


def test_one_frame_a_request_is_not_given_up_for_speed() -> None:
    world = World().model("fast", seconds=1.0).rubric("fast", 4.9)
    world.model("sure", batch_size=1, seconds=9.0).rubric("sure", 4.9)
    assert verdicts(recommend(world.data())) == {"fast/base": "viable", "sure/base": "selected"}


def test_batches_of_one_model_are_compared_without_a_rubric() -> None:
    world = World().model("a").canaries("a", 8).model("a", "batch-3", 3, 9.0).canaries("a", 3)
    assert verdicts(recommend(world.data())) == {"a/base": "selected", "a/batch-3": "rejected"}


def test_larger_proven_batches_that_are_slower_are_not_preferred() -> None:
    world = World().good("a", seconds=9.0).canaries("a", 3)
    world.model("a", "batch-3", 3, 4.0, reasons=("loop",), bad=1)
    assert verdicts(recommend(world.data())) == {"a/base": "viable", "a/batch-3": "selected"}


def test_of_equals_the_faster_is_selected_though_it_is_not_shown_to_be() -> None:
    found = recommend(World().good("a", seconds=4.05).good("b", seconds=4.0).data())
    assert verdicts(found) == {"a/base": "viable", "b/base": "selected"}
    assert found.tied == ()


def test_of_several_that_are_faster_the_fastest_is_named() -> None:
    world = World().good("mid", seconds=6.0).good("bad", seconds=9.0).good("fine")
    found = recommend(world.data())
    assert "of Fine, which" in why(found, "bad/base")
    assert "of Fine, which" in why(found, "mid/base")


def test_a_viable_candidate_has_its_own_reason() -> None:
    world = World().good("fine", reasons=("loop",), bad=1).model("fine", "batch-1", 1, 6.0)
    assert re.search(
        r"it takes 2\d(\.\d)? minutes a recorded hour against the 16(\.\d)? of Fine\Z",
        why(recommend(world.data()), "fine/batch-1"),
    )
    world = World().good("fine").model("fine", "batch-3", 3, 3.99).canaries("fine", 3)
    told = why(recommend(world.data()), "fine/batch-3")
    assert "the larger batches of Fine are proven, too" in told


def test_a_tie_goes_by_the_list_and_is_told() -> None:
    world = World().good("a", count=0).good("b", count=0)
    found = recommend(world.data())
    assert verdicts(found) == {"a/base": "selected", "b/base": "viable"}
    assert found.tied == ("B",)
    assert "Nothing but its place in the list tells it from B." in answer(world.data(), found)


def test_a_single_candidate_is_selected_and_what_is_open_is_told() -> None:
    data = World().model("only", count=3).data()
    found = recommend(data)
    assert verdicts(found) == {"only/base": "selected"}
    told = " ".join(found.open)
    for open_ in ("undetermined", "3 requests", "rubric:", "no floor", "no other model"):
        assert open_ in told
    assert "**Use Only on ollama, 8 screenshots a request, at most 1280 px wide.**" in answer(
        data, found
    )


@pytest.mark.parametrize(
    ("world", "because"),
    [
        (World(), NO_MODEL),
        (World().baseline(), NO_MODEL),
        (World().baseline().model("a", broken="did not stop"), ALL_BROKEN),
        (World().baseline(4.9).good("a", score=1.2), ALL_REJECTED),
    ],
)
def test_without_a_candidate_nothing_is_recommended(world: World, because: str) -> None:
    data = world.data()
    found = recommend(data)
    assert (found.chosen, found.none_because) == (None, because)
    assert answer(data, found).startswith(f"**{because}**")
    told = recommended_json(found)
    assert [told[name] for name in KEYS] == [None] * 5
    assert told["reason"] == because
    assert "README.md" in told["how_to_get_one"]


def test_with_the_baseline_only_it_is_told_how_to_run_a_model() -> None:
    data = World().baseline().data()
    text = answer(data, recommend(data))
    assert "`models: [ocr-baseline, qwen3-vl-4b]`" in text
    assert "`models:" in comparison_section(data, recommend(data))
    assert "`models:" in failures_section(data)


# --- the batch size -------------------------------------------------------------------------------


def batches(world: World) -> tuple[str, int, str]:
    chosen = recommend(world.data()).chosen
    assert chosen is not None
    found = chosen.measured.batches
    return chosen.candidate.variant, found.size, found.state


def test_the_largest_proven_size_is_taken_though_it_was_only_tried() -> None:
    world = World().good("a").canaries("a", 3).canaries("a", 12)
    assert batches(world) == ("base", 12, "proven")
    found = recommend(world.data())
    assert "drawn frames" in " ".join(found.open)
    assert found.chosen is not None and found.chosen.measured.speed.on_drawn_frames
    assert recommended_json(found)["batch_size"] == 12


def test_a_size_that_was_only_tried_takes_the_place_of_the_nearest() -> None:
    world = World().good("a").model("a", "batch-3", 3).canaries("a", 3).canaries("a", 12)
    found = recommend(world.data()).judged
    assert [one.measured.batches.size for one in found] == [12, 3]


def test_a_larger_proven_size_that_is_slower_is_not_taken() -> None:
    world = World().good("a").canaries("a", 12, seconds=9.0)
    assert batches(world) == ("base", 8, "proven")


def test_a_size_that_mixes_frames_gives_way_to_a_proven_one() -> None:
    world = World().model("a").rubric("a", 4.9).canaries("a", 8, wrong=18).canaries("a", 3)
    assert batches(world) == ("base", 3, "proven")


def test_without_a_proven_size_the_one_that_was_run_is_undetermined() -> None:
    assert batches(World().model("a").canaries("a", 3, told_by="colour")) == (
        "base", 8, "undetermined",
    )  # fmt: skip
    assert batches(World().model("a").canaries("a", 8, told_by="colour")) == (
        "base", 8, "undetermined",
    )  # fmt: skip


def test_colours_can_show_that_frames_are_mixed() -> None:
    found = recommend(World().model("a").canaries("a", 8, wrong=18, told_by="colour").data())
    assert verdicts(found) == {"a/base": "rejected"}


def test_one_frame_a_request_cannot_be_mixed_up() -> None:
    assert batches(World().model("a", batch_size=1)) == ("base", 1, "single")


def test_of_variants_that_differ_in_batches_the_larger_proven_one_is_selected() -> None:
    world = World().good("a").model("a", "batch-3", 3).canaries("a", 3)
    found = recommend(world.data())
    assert [one.family for one in candidates(world.data())] == [
        (("a", "base"), ("a", "batch-3"))
    ] * 2  # fmt: skip
    assert verdicts(found) == {"a/base": "selected", "a/batch-3": "viable"}
    # The rubric was asked of one of them, and holds for both.
    assert all(one.measured.tiers for one in found.judged)


def test_a_variant_with_other_settings_is_another_candidate() -> None:
    data = World().good("a").model("a", "cool", options={"temperature": 0}).data()
    assert [one.family for one in candidates(data)] == [(("a", "base"),), (("a", "cool"),)]


def test_without_drawn_frames_the_text_on_the_frames_is_told() -> None:
    world = World().model("a")
    for place, one in enumerate(world.rows["grades"]):
        one["attribution"] = "swapped" if place < 20 else "right"
    found = recommend(world.data())
    assert found.chosen is not None
    share = found.chosen.measured.batches.share
    assert share is not None and (share.right, share.n) == (10, 30)
    assert found.chosen.measured.batches.by_text
    assert verdicts(found) == {"a/base": "selected"}  # it is lenient, and proves nothing


# --- figures and their rows -----------------------------------------------------------------------


def all_evidence(found: Recommendation) -> Iterator[Evidence]:
    for one in found.judged:
        measured = one.measured
        figures = [
            *vars(measured.speed).values(), *measured.tiers.values(),
            *(measured.rubbish, measured.described),
        ]  # fmt: skip
        for figure in figures:
            if isinstance(figure, Figure):
                yield from figure.evidence
        yield from measured.batches.evidence
        for fault in measured.faults:
            yield fault.evidence
        for reason in one.reasons:
            yield from reason.evidence


@pytest.mark.parametrize("make", [*(make for make, _ in REJECTED.values()), *STANDS.values()])
def test_every_evidence_names_rows_that_are_there(make: Any) -> None:
    data = make().data()
    for one in all_evidence(recommend(data)):
        assert {column for column, _ in one.where} <= KNOWN[one.table]
        assert rows_of(data, one), one


def test_figures_can_be_made_again_from_their_rows() -> None:
    data = World().baseline().good("a").data()
    chosen = recommend(data).chosen
    assert chosen is not None
    minutes = chosen.measured.speed.minutes_per_hour
    assert minutes is not None
    requests, sessions = (rows_of(data, one) for one in minutes.evidence)
    seconds = sum(one["wall_ns"] for one in requests) / sum(one["image_count"] for one in requests)
    hours = sum(one["duration_s"] for one in sessions) / 3600
    again = seconds / 1e9 * sum(one["kept_frames"] for one in sessions) / hours / 60
    assert minutes.value == pytest.approx(again)
    assert minutes.value == pytest.approx(16.0, rel=0.02)
    assert minutes.n == len(requests) == 30
    assert minutes.low < minutes.value < minutes.high


def test_an_unknown_length_leaves_minutes_unknown() -> None:
    world = World().model("a")
    world.rows["sessions"][0]["duration_s"] = None
    data = world.data()
    found = recommend(data)
    assert found.chosen is not None
    assert found.chosen.measured.speed.minutes_per_hour is None
    assert found.chosen.measured.speed.seconds_per_frame is not None
    assert "Minutes for a recorded hour: not known" in answer(data, found)


def test_few_requests_have_ends_and_claim_no_confidence() -> None:
    rows = [{"image_count": 2, "wall_ns": wall} for wall in (2_000_000_000, 8_000_000_000)]
    found = seconds_per_frame(rows, ())
    assert found is not None
    assert (found.value, found.low, found.high, found.n) == (2.5, 1.0, 4.0, 2)
    assert "95 %" not in found.method
    assert seconds_per_frame([], ()) is None
    assert seconds_per_frame([{"image_count": 2, "wall_ns": None}], ()) is None


def test_the_bootstrap_holds_the_mean_about_as_often_as_its_docstring_says() -> None:
    dice = np.random.default_rng(5)
    tries, held = 200, 0
    for _ in range(tries):
        low, high = bootstrap_ratio(dice.lognormal(0, 0.6, LEAST_REQUESTS), np.ones(LEAST_REQUESTS))
        held += low <= np.exp(0.18) <= high
    assert 0.82 <= held / tries <= 0.98


def test_slower_needs_intervals_that_are_apart() -> None:
    one = Figure(2.0, 1.5, 2.5, 30, "", ())
    assert is_slower(scaled(one, 2), one)
    assert not is_slower(scaled(one, 1.5), one)
    assert not is_slower(None, one)
    assert not is_slower(one, replace(one, high=None))


def test_an_evidence_finds_what_a_list_holds() -> None:
    data = looping(3).data()
    assert len(rows_of(data, evidence("grades", model="bad", flags="loop"))) == 3


def test_faults_are_counted() -> None:
    found = recommend(looping(3).data())
    [bad] = [one for one in found.judged if one.candidate.model == "bad"]
    assert ("replies flagged loop", 3, 30) in [
        (one.what, one.count, one.of) for one in bad.measured.faults
    ]


def test_failed_requests_and_wrong_pictures_are_faults() -> None:
    world = World().good("a", score=1.5)
    world.rows["requests"][0] |= {"error_kind": "oom", "speed_valid": False}
    [one] = recommend(world.data()).judged
    told = {fault.what: (fault.count, fault.of) for fault in one.measured.faults}
    assert told["requests that failed (oom)"] == (1, 30)
    assert told["VL-T1-Q1 (Text) answered wrongly"] == (10, 10)


# --- recommended.json and the model file ----------------------------------------------------------


def chosen_of(data: ReportData) -> Judged:
    chosen = recommend(data).chosen
    assert chosen is not None
    return chosen


def test_the_settings_stand_in_the_seeds_shape_with_their_rows() -> None:
    data = World().baseline().good("a").data()
    told = json.loads(json.dumps(recommended_json(recommend(data))))
    assert {name: told[name] for name in KEYS} == {
        "model": "a:4b",
        "options": {"temperature": 0.3, "num_predict": 6000},
        "think": False,
        "batch_size": 8,
        "processing": "sequential",
    }
    assert list(told)[:5] == list(KEYS)
    for name in KEYS:
        source = told["evidence"][name]
        assert source["value"] == told[name]
        assert rows_of(data, evidence(source["from"]["table"], **source["from"]["row"]))
    assert told["measured"]["minutes_per_recorded_hour"]["n"] == 30
    assert told["measured"]["attribution"]["from"]["table"] == "attribution"


def sources(value: Any) -> Iterator[Row]:
    """Every {"table": ..., "row": ...} in a document."""
    if isinstance(value, dict):
        if {"table", "row"} <= set(value):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from sources(item)


@pytest.mark.parametrize("make", [*(make for make, _ in REJECTED.values()), *STANDS.values()])
def test_every_source_in_the_file_names_rows_that_are_there(make: Any) -> None:
    data = make().data()
    found = list(sources(recommended_json(recommend(data))))
    assert found
    for one in found:
        assert rows_of(data, evidence(one["table"], **one["row"])), one


def test_a_hostile_label_is_text_in_the_model_file() -> None:
    label = "\u202ex: {y}\n- z\x1b[31m # &a *b"
    data = replace(World().good("a").data(), labels={"a": label})
    text = model_file(chosen_of(data))
    assert text.isascii() and "\x1b" not in text
    assert yaml.safe_load(text)["label"] == label
    assert list(yaml.safe_load(text))[:2] == ["label", "backend"]


def test_the_model_file_is_one(tmp_path: Path) -> None:
    data = World().good("a").canaries("a", 12).data()
    text = model_file(chosen_of(data))
    (tmp_path / "new.yaml").write_text(text, encoding="utf-8")
    model = load_models(tmp_path, ROOT / "config" / "model.schema.yaml")["new"]
    expected = SETTINGS | {"tag": "a:4b", "batch_size": 12}
    assert identity(model.variants["base"]) == expected
    assert model.label == "A"


def test_the_model_file_tells_no_folder_and_no_secret(tmp_path: Path) -> None:
    serve = {
        "command": ["/opt/private/bin/serve", "--model=/srv/me/x.gguf", "--port", "{port}"],
        "env": {"TOKEN": "hunter2", "HOME_OF": "$ELSEWHERE"},
    }
    files = {"model": "/srv/me/x.gguf", "mmproj": "$GGUF/mmproj.gguf"}
    world = World().good("a", files=files, serve=serve, url="http://me:pw@127.0.0.1:1/v1")
    text = model_file(chosen_of(world.data()))
    told = yaml.safe_load(text)
    assert told["files"] == {"model": "$MODELS/x.gguf", "mmproj": "$GGUF/mmproj.gguf"}
    assert told["serve"]["command"][:2] == ["$MODELS_2/serve", "--model=$MODELS/x.gguf"]
    assert told["serve"]["env"] == {"TOKEN": "$TOKEN", "HOME_OF": "$ELSEWHERE"}
    assert told["url"] == "http://127.0.0.1:1/v1"
    assert not re.search("hunter2|private|srv|pw", text)


def test_what_it_gets_wrong_is_as_many_rows_as_are_told() -> None:
    world = World().baseline().good("a", reasons=("loop",), bad=3)
    data = world.data()
    faults = [one for one in chosen_of(data).measured.faults if one.evidence.once]
    assert [(one.what, one.count) for one in faults] == [("replies flagged loop", 3)]
    assert len(rows_of(data, faults[0].evidence)) == 3
    own = [row for row in data.descriptions if row["model"] == "a"]
    missing = [dict(row, text=None) for row in own[:2]]
    data = replace(data, descriptions=[*missing, *own[2:]])
    [fault] = [
        one for one in chosen_of(data).measured.faults if one.evidence.table == "descriptions"
    ]
    assert fault.count == len(rows_of(data, fault.evidence)) == 2


# --- what no speed and no rubric tells ------------------------------------------------------------


def named(world: World, name: str, grounded: int, invented: int) -> World:
    """Let each description of a candidate name so many things that are there, and that are not."""
    for one in world.rows["grades"]:
        if one["model"] == name:
            one["specifics_grounded"], one["specifics_invented"] = grounded, invented
            one["grounded_share"] = grounded / (grounded + invented)
    return world


def test_who_invents_is_not_nowhere_worse_and_not_selected() -> None:
    world = World().baseline().good("honest", seconds=5.0).good("liar", seconds=4.0)
    assert verdicts(recommend(world.data()))["honest/base"] == "rejected"  # slower, and no better
    found = recommend(named(named(world, "honest", 8, 0), "liar", 0, 9).data())
    assert verdicts(found) == {"honest/base": "selected", "liar/base": "viable"}
    assert "of what Honest names more stands on the screen: 100% against 0%" in why(
        found, "liar/base"
    )


def test_a_little_less_that_is_grounded_only_leaves_it_open() -> None:
    world = World().baseline().good("slow", seconds=5.0).good("fast", seconds=4.0)
    found = recommend(named(named(world, "slow", 10, 0), "fast", 9, 1).data())
    assert verdicts(found)["slow/base"] == "viable"


def with_cut(world: World, name: str, times: int = 8, whole: int = 6) -> World:
    """Let all but some requests on recordings be cut, and take so many times as long."""
    rows = [
        one
        for one in world.rows["requests"]
        if (one["model"], one["experiment"]) == (name, "describe")
    ]
    for one in rows[whole:]:
        one |= {"speed_valid": False, "speed_invalid_reasons": ["not finished"]}
        one["wall_ns"] *= times
    return world


def test_slow_requests_that_were_cut_make_nobody_fast() -> None:
    world = World().baseline().good("steady", seconds=5.0).good("cut", seconds=4.0)
    data = with_cut(world, "cut").data()
    found = recommend(data)
    assert verdicts(found) == {"steady/base": "selected", "cut/base": "viable"}
    assert re.search(r"takes 10\d minutes a recorded hour against the 20", why(found, "cut/base"))
    table = comparison_section(data, found)
    assert re.search(r"n 6\); 10\d\.\d with those left out", table)
    alone = with_cut(World().baseline().good("cut"), "cut").data()
    text = answer(alone, recommend(alone))
    assert re.search(
        r"Not in these minutes: 24 of the 30 .*with them it is \*\*10\d\.\d\*\* min", text
    )


def test_who_scored_higher_undecided_is_told() -> None:
    world = World().baseline().model("fast", seconds=1.0).canaries("fast", 8)
    world.model("slow", seconds=9.0).canaries("slow", 8)
    world.rubric("fast", 4.0, variants=1).rubric("slow", 4.0, variants=1)
    next(one for one in world.rows["rubric_items"] if one["model"] == "slow")["score"] = 5.0
    found = recommend(world.data())
    assert found.chosen is not None and found.chosen.name == "Fast"
    [told] = [one for one in found.open if "points more" in one]
    assert re.match(r"Slow scored 0\.1 points more in the rubric, which \d+ pictures do not", told)


def test_nothing_asked_is_no_candidate() -> None:
    world = World().baseline().model("none", count=0)
    found = recommend(world.data())
    assert found.chosen is None
    assert "nothing was asked of it" in why(found, "none/base")


def test_faults_of_another_batch_size_are_told_with_it() -> None:
    world = World().baseline().model("a", reasons=("wrong_count",), bad=2).rubric("a", 4.9)
    data = world.canaries("a", 8, wrong=20).canaries("a", 3).data()
    text = answer(data, recommend(data))
    assert "3 screenshots a request" in text
    assert "replies flagged wrong count (in batches of 8): 2 of 30" in text


def test_what_could_not_be_decoded_is_no_recorded_time() -> None:
    world = World().baseline().good("a")
    before = chosen_of(world.data()).measured.speed.minutes_per_hour
    torn = row(SESSIONS, session="torn", duration_s=3600.0, kept_frames=1, missing_s=3585.0)
    world.rows["sessions"].append(torn)
    after = chosen_of(world.data()).measured.speed.minutes_per_hour
    assert before is not None and after is not None
    assert after.value == pytest.approx(before.value, rel=0.01)


def test_models_of_one_label_are_told_apart() -> None:
    labels = {"a": "Tiny", "b": "tiny ", "c": "Large", "d": "d"}
    assert told_apart(labels) == {"a": "Tiny (a)", "b": "tiny  (b)", "c": "Large", "d": "d"}


def test_the_baseline_stands_in_the_comparison_when_no_model_was_run() -> None:
    data = World().baseline().data()
    text = comparison_section(data, recommend(data))
    assert text.startswith("No model was run") and "| Ocr | baseline |" in text


# --- how it is told -------------------------------------------------------------------------------


def test_the_answer_has_its_figures_and_the_trace_their_rows() -> None:
    data = World().baseline().good("a", reasons=("loop",), bad=1).data()
    found = recommend(data)
    text = answer(data, found)
    assert re.search(r"Minutes for a recorded hour: \*\*16\.\d \(1\d\.\d–1\d\.\d, n 29\)\*\*", text)
    assert "**100 % (95–100 %, n 72)** on drawn frames: proven" in text
    assert "tier 1: 4.9" in text and "`worker_vision` is assigned" in text
    assert "replies flagged loop: 1 of 30" in text
    trace = trace_section(found)
    assert "| minutes for a recorded hour | 16." in trace
    assert "speed\\_valid = true; `sessions`: session = monday" in trace
    assert "batch_size: 8" in trace


def test_every_candidate_and_the_baseline_stand_beside_each_other() -> None:
    data = World().baseline().good("fine").good("bad", score=1.5).data()
    lines = comparison_section(data, recommend(data)).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" |")] for line in lines[:5]]
    assert [line[0] for line in cells[2:]] == ["Fine", "Bad", "Ocr"]
    assert [line[1] for line in cells[2:]] == ["**selected**", "rejected", "baseline"]
    reasons = [line for line in lines if line.startswith("- ")]
    assert reasons[0].startswith("- Fine, selected: ") and reasons[1].startswith(
        "- Bad, rejected: "
    )


def test_time_that_no_speed_holds_is_told_beside_the_minutes() -> None:
    clean = answer(data := World().baseline().good("a").data(), recommend(data))
    assert "Not in these minutes" not in clean
    data = World().baseline().good("a", reasons=("loop",), bad=1).data()
    found = recommend(data)
    rest = chosen_of(data).measured.speed.left_out
    assert rest is not None and (rest.requests, rest.of) == (1, 30)
    assert len(rows_of(data, rest.evidence)) == 1
    told = re.search(
        r"Not in these minutes: 1 of the 30 requests .* \(loop\), which took \d+ s here",
        answer(data, found),
    )
    assert told, answer(data, found)


def test_rows_that_differ_in_one_column_stand_together_and_are_counted() -> None:
    sessions = tuple(evidence("sessions", session=f"day-{n}") for n in range(9))
    other = evidence("requests", session="day-0", speed_valid=True)
    assert told_rows((other, *sessions)) == (
        "`requests`: session = day-0, speed\\_valid = true; `sessions`: session = day-0 or day-1 "
        "or day-2 or day-3 or day-4 or day-5 and 3 more"
    )
    pairs = [evidence("runs", model=model, variant=one) for model in "ab" for one in "xy"]
    assert told_rows(tuple(pairs)) == (
        "`runs`: model = a, variant = x or y; `runs`: model = b, variant = x or y"
    )
    flagged = replies_flagged("loop", model="a")
    assert told_rows((flagged,)).endswith("flags = loop (each session and request_uid once)")


def test_the_front_joins_only_who_may_be_recommended() -> None:
    data = World().baseline().good("fine").good("bad", score=1.5).data()
    rubric, _ = plots(data)["Candidates"]
    assert rubric.figure is not None
    told = {name: best for name, _, _, best in rubric.rows}
    assert told == {
        "Fine": "yes",
        "Bad (rejected)": "–",
        "Ocr (baseline, no VLM)": "–",
    }
    marks = re.findall(r'class="(mark [^"]+)"', rubric.figure.svg())
    # Each stands in the plot and in its key.
    assert sum("hollow" in mark for mark in marks) == 4 and len(marks) == 6
    assert len(re.findall('class="front"', rubric.figure.svg())) == 1
    assert "no other one is both faster and better than: Fine." in rubric.figure.description


def test_without_anybody_to_recommend_there_is_no_front() -> None:
    rubric, _ = plots(World().baseline().good("bad", score=1.5).data())["Candidates"]
    assert rubric.figure is not None
    assert 'class="front"' not in rubric.figure.svg()
    assert "none, as each is rejected" in rubric.figure.description


# --- failure modes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("without", "with_it", "said"),
    [
        (Seen(20, 30), Seen(0, 30), "yes"),
        (Seen(0, 30), Seen(20, 30), "no, it is worse"),
        (Seen(2, 30), Seen(0, 30), "not shown"),
        (Seen(2, 30), Seen(0, 0), "–"),
    ],
)
def test_a_mitigation_helped_when_the_intervals_are_apart(
    without: Seen, with_it: Seen, said: str
) -> None:
    assert helped(without, with_it) == said


def modes(data: ReportData, name: str) -> list[list[str]]:
    lines = failures_section(data).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" |")] for line in lines]
    return [line[3:] for line in cells if line[0] == name]


def test_a_variant_that_applies_a_mitigation_is_set_beside_the_other() -> None:
    hot = {"options": {"temperature": 0.8}}
    world = World().model("a", reasons=("loop",), bad=20, **hot)
    world.model("a", "cool", options={"temperature": 0.1})
    [line] = modes(world.data(), "endless repetition")
    assert line == ["A", "20 of 30 (47–83 %)", "A, cool: 0 of 30 (0–12 %)", "yes"]


def test_a_variant_that_differs_in_more_proves_nothing_of_a_mitigation() -> None:
    world = World().model("a", reasons=("loop",), bad=20, options={"temperature": 0.8})
    world.model("a", "cool", 3, options={"temperature": 0.1})
    hot, cool = modes(world.data(), "endless repetition")
    assert hot[2:] == ["not tried", "–"]
    assert cool[:3] == ["A, cool", "0 of 30 (0–12 %)", "it has it; nothing without it was run"]
    text = failures_section(world.data())
    assert "`cool: {options: {temperature: 0.1}}` in `config/models/a.yaml`" in text


def test_a_mitigation_that_is_there_already_is_told() -> None:
    [line] = modes(World().model("a", reasons=("loop",), bad=3).data(), "endless repetition")
    assert line[2] == "it has it; nothing without it was run"


def test_smaller_batches_are_tried_on_drawn_frames() -> None:
    world = World().model("a").canaries("a", 8, wrong=18).canaries("a", 3)
    [line] = modes(world.data(), "descriptions are on the wrong frame")
    assert line[1:] == ["18 of 72 (16–37 %)", "batches of 3: 0 of 72 (0–5 %)", "yes"]


def test_a_finer_vision_encoder_is_a_mitigation_and_a_coarser_one_is_none() -> None:
    coarse, fine = ({"files": {"mmproj": f"mmproj-{kind}.gguf"}} for kind in ("Q4_K", "F16"))
    world = World().model("a", reasons=("gibberish",), bad=20, **coarse).model("a", "fine", **fine)
    [line] = modes(world.data(), "gibberish")
    assert line[0] == "A" and line[2].startswith("A, fine: 0 of 30") and line[3] == "yes"


def test_thinking_less_is_a_mitigation() -> None:
    world = World().model("a", reasons=("thinking_exhausted",), bad=20, think=True)
    [line] = modes(world.model("a", "no-think", think=False).data(), "tokens are spent on thinking")
    assert line[3] == "yes"


def test_a_mode_that_nobody_shows_has_one_row() -> None:
    [line] = modes(World().model("a").model("b").data(), "gibberish")
    assert line == ["none of them", "0 of 60 (0–6 %)", "–", "–"]
    [line] = modes(World().model("a").data(), "long numbers are misread")
    assert line == ["not asked", "–", "–", "–"]


# --- what few requests show ----------------------------------------------------------------------


def figure(n: int, low: float | None, high: float | None) -> Figure:
    return Figure(1.0, low, high, n, "", ())


@pytest.mark.parametrize(("n", "slower"), [(1, False), (3, False), (4, False), (5, True)])
def test_a_handful_of_requests_shows_nobody_to_be_slower(n: int, slower: bool) -> None:
    assert is_slower(figure(n, 2.0, 3.0), figure(20, 0.5, 1.0)) is slower
    assert is_slower(figure(20, 2.0, 3.0), figure(n, 0.5, 1.0)) is slower


def test_one_request_has_no_interval() -> None:
    [row] = [{"image_count": 2, "wall_ns": 4_000_000_000}]
    known = seconds_per_frame([row], ())
    assert known is not None
    assert (known.value, known.low, known.high, known.n) == (2.0, None, None, 1)
