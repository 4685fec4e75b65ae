"""The part of the report on the rubric, from small tables: what is said, and what is not known."""

import json
import re
from dataclasses import fields
from typing import Any

import pytest

from scribebench.report.data import ReportData, Row
from scribebench.report.rubric import format_mean, rubric_section
from scribebench.rubric.sources import questions
from scribebench.rubric.verdicts import decide, role_file, tiers
from scribebench.stats.bounded import Interval

SOME, OTHER = ("some", "base"), ("other", "base")
UNTOLD = {"settings_json": None, "quantization": None}
HOSTILE = "<img src=x onerror=alert(1)> | [x](javascript:1) **bold** `code`\n# heading"


def item(question: str, score: float | None, number: int = 0, **changes: Any) -> Row:
    usual = {
        "model": "some",
        "variant": "base",
        "question": question,
        "tier": questions()[question]["tier"],
        "item_variant": number,
        "repeat_index": 0,
        "control": "picture",
        "request_uid": "u",
        "finish_reason": "stop",
        "flags": [],
        "score": score,
        "weight_scored": 1.0 if score is not None else 0.0,
        "rescue_score": None,
    }
    return usual | changes


def items(score: float | None, variants: int = 2, **changes: Any) -> list[Row]:
    """The same score in all questions."""
    return [
        item(question, score, number, **changes)
        for question in questions()
        for number in range(variants)
    ]


def section(rows: list[Row], labels: dict[str, str] | None = None, **more: list[Row]) -> str:
    """The section, with roles and pairs decided as build_tables decides them."""
    decided = decide(rows)
    tables = {one.name: [] for one in fields(ReportData)} | {
        "rubric_items": rows,
        "roles": decided.roles,
        "comparisons": decided.comparisons,
        "labels": labels or {"some": "Some model", "other": "Other model"},
        "titles": {},
    }
    return rubric_section(ReportData(**tables | more))


def table_under(text: str, heading: str = "") -> list[dict[str, str]]:
    """The first table below a heading, as a mapping for each row."""
    below = text.partition(f"### {heading}\n")[2] if heading else text
    lines = below[below.index("| ") :].split("\n\n")[0].splitlines()
    split = [[cell.strip() for cell in line.strip("|").split(" |")] for line in lines]
    rows = [dict(zip(split[0], row, strict=True)) for row in split[2:]]
    # `\_` is how a role's name is kept from being read as emphasis.
    return [row | {"role": row["role"].replace("\\", "")} if "role" in row else row for row in rows]


def notes(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("- ")]


# --- tiers ---------------------------------------------------------------------------------------


def test_where_nothing_was_asked_stands_how_to_ask() -> None:
    text = section([])
    assert text.startswith("Not asked.")
    assert "`rubric: {variants: 10, repeats: 1}` in `config/config.yaml`" in text
    assert "|" not in text


def test_a_tier_has_its_mean_interval_and_number() -> None:
    rows = [row | {"score": 5.0 if row["item_variant"] else 3.0} for row in items(5.0)]
    own, expected = table_under(section(rows))
    assert own["candidate"] == "Some model"
    for tier, n in (("tier 1", 6), ("tier 2", 6), ("tier 3", 8), ("failure modes", 6)):
        mean, _, rest = own[tier].partition(" (")
        low, high = map(float, rest.partition(",")[0].split("–"))
        assert mean == "4.0"
        assert 1 <= low < 4 < high <= 5
        assert rest.endswith(f", n {n})")
    assert expected["candidate"] == "*expected*"
    assert [expected[f"tier {tier}"] for tier in (1, 2, 3)] == [
        "4-5 / 5 / 5",
        "3-4 / 4-5 / 5",
        "2-3 / 3-4 / 4-5",
    ]


def test_repeats_are_no_further_pictures() -> None:
    rows = [row | {"repeat_index": repeat} for repeat in range(5) for row in items(4.0)]
    assert table_under(section(rows)) == table_under(section(items(4.0)))


def test_what_is_not_known_is_a_dash_and_never_zero() -> None:
    rows = [
        row | {"score": None, "weight_scored": 0.0} if row["question"] == "VL-T2-Q1" else row
        for row in items(4.0)
        if row["tier"] is not None
    ]
    text = section(rows)
    [own, _] = table_under(text)
    assert (own["tier 2"], own["failure modes"]) == ("–", "–")
    assert own["tier 1"].startswith("4.0 (")
    told = {row["question"].split()[0]: row for row in table_under(text, "Each question")}
    assert told["VL-T2-Q1"]["Some model"] == told["VL-FM-Q1"]["Some model"] == "–"
    assert told["VL-T2-Q2"]["Some model"].startswith("4.0 (")
    assert "Some model: 2 of 20 replies are no answer that could be scored" in text
    rules = [row["score asked for"] for row in table_under(text, "Roles")]
    assert all("tier 2 at least" in rule and "not known" in rule for rule in rules)
    for wrong in ("None", "nan", "null"):
        assert wrong not in text


def test_nothing_that_could_be_scored_is_all_dashes() -> None:
    text = section(items(None))
    [own, _] = table_under(text)
    assert {own[name] for name in own if name != "candidate"} == {"–"}
    assert {row["decision"] for row in table_under(text, "Roles")} == {"**undetermined**"}


def test_each_question_has_a_row_with_its_tier() -> None:
    rows = table_under(section(items(5.0)), "Each question")
    assert [row["question"].split()[0] for row in rows] == [*questions()]
    assert [row["tier"] for row in rows] == [
        "–" if tier is None else str(tier) for tier in tiers().values()
    ]


def test_a_mean_is_a_dash_or_has_its_interval() -> None:
    assert format_mean(None) == "–"
    assert format_mean(Interval(4.04, 3.0, 5.0, 7)) == "4.0 (3.0–5.0, n 7)"


# --- notes ---------------------------------------------------------------------------------------


def test_the_share_that_a_judge_would_have_scored_is_said() -> None:
    rows = [
        row | {"weight_scored": 0.8 if row["question"] in ("VL-T2-Q3", "VL-T3-Q4") else 1.0}
        for row in items(5.0)
    ]
    [note] = notes(section(rows))
    assert note.startswith("- Some model: 97 % of the weight of 26 replies was scored")
    assert "`judge:` in `config/config.yaml`" in note
    assert notes(section(items(5.0))) == []


def test_a_reply_that_is_none_is_not_laid_to_the_missing_judge() -> None:
    rows = [*items(5.0), item("VL-T1-Q1", None, 7)]
    [note] = notes(section(rows))
    assert "1 of 27 replies are no answer" in note


def test_weights_that_do_not_add_up_to_the_bit_are_all_of_it() -> None:
    assert notes(section(items(5.0, weight_scored=0.7 + 0.2 + 0.1 - 1e-12))) == []


def test_replies_that_were_cut_are_told_with_their_longer_pass() -> None:
    cut = {"finish_reason": "length"}
    rows = [
        *items(5.0, 1),
        item("VL-T1-Q1", 1.0, 1, **cut, rescue_score=4.0),
        item("VL-T1-Q1", 2.0, 2, **cut, rescue_score=5.0),
    ]
    [note] = notes(section(rows))
    assert "2 of 15 replies were cut after 512 tokens; with 2,048 the mean" in note
    assert re.search(
        r"is 4\.5 \(\d\.\d–\d\.\d, n 2\) in place of 1\.5 \(\d\.\d–\d\.\d, n 2\)", note
    )


def test_a_longer_pass_is_compared_on_the_same_pictures() -> None:
    cut = {"finish_reason": "length"}
    rows = [
        *items(5.0, 1),
        item("VL-T1-Q1", 1.0, 1, **cut, rescue_score=4.0),
        item("VL-T1-Q1", 5.0, 2, **cut, rescue_score=None),
        item("VL-T1-Q1", None, 3, **cut, rescue_score=5.0),
    ]
    [note] = [one for one in notes(section(rows)) if "512" in one]
    assert " is 4.0 (" in note and "in place of 1.0 (" in note and "n 1)" in note


def test_no_longer_pass_is_told_as_none() -> None:
    rows = [*items(5.0, 1), item("VL-T1-Q1", 1.0, 1, finish_reason="length", rescue_score=None)]
    [note] = notes(section(rows))
    assert note.endswith(
        "1 of 14 replies were cut after 512 tokens; none of them was asked again with 2,048."
    )


def test_controls_are_told_and_leaks_are_named() -> None:
    rows = items(5.0)
    blind = [item(question, 1.0, control="no_image") for question in questions()]
    blind[9] = item("VL-T3-Q4", 5.0, control="no_image")
    grey = [item(question, 1.0, control="grey") for question in questions()]
    other = [item("VL-T1-Q1", None, control="other_image")]
    text = section(rows + blind + grey + other)
    leak = "; answered rightly all the same: VL-T3-Q4"
    no_image, of_grey = notes(text)
    assert re.match(r"- Some model: control `no_image`: mean 1\.3 \(1\.0–\d\.\d, n 13\)", no_image)
    assert no_image.endswith(f"{leak}.")
    assert re.fullmatch(r"- Some model: control `grey`: mean 1\.0 \(1\.0–\d\.\d, n 13\)\.", of_grey)
    assert table_under(text) == table_under(section(rows))


def test_the_baseline_is_told_to_be_no_model() -> None:
    run = {"model": "some", "variant": "base", "backend": "ocr"} | UNTOLD
    [note] = notes(section(items(1.5), runs=[run]))
    assert "a baseline and no vision-language model" in note
    assert "floor" in note


def test_a_broken_candidate_is_told_to_have_been_asked_nothing() -> None:
    probes = [
        {"model": model, "variant": "base", "verdict": verdict}
        | dict.fromkeys(("gpu_bytes", "process_rss_bytes", "cold_load_ns"))
        for model, verdict in (("some", "works"), ("other", "broken_backend"))
    ]
    [note] = notes(section(items(5.0), probes=probes))
    assert note == "- Other model: asked nothing, since its backend is broken."


# --- configuration and criteria ------------------------------------------------------------------


def test_tiers_stand_with_quantisation_and_settings() -> None:
    settings = {
        "quant": "Q4_K_M",
        "think": False,
        "image": {"max_width_px": 1280},
        "options": {"temperature": 0.7, "seed": 1},
    }
    runs = [
        {"model": "some", "variant": "base", "backend": "openai", "quantization": "F16"}
        | {"settings_json": json.dumps(settings)},
        {"model": "other", "variant": "base", "backend": "openai", "quantization": "Q8_0"}
        | {"settings_json": "{}"},
    ]
    text = section(items(5.0) + items(4.0, model="other"), runs=runs)
    some, other, _ = table_under(text)
    assert (some["quant"], other["quant"]) == (r"Q4\_K\_M", r"Q8\_0")
    assert some["asked with"] == "1280 px, think false, temperature 0.7, seed 1"
    assert other["asked with"] == "–"


def criterion(name: str, value: float | None, number: int = 0, **changes: Any) -> Row:
    usual = {"model": "some", "variant": "base", "question": "VL-T1-Q1", "weight": 0.25}
    shown = {"item_variant": number, "control": "picture"}
    return usual | shown | {"criterion_id": name, "value_01": value} | changes


def test_each_criterion_has_its_mean_with_interval() -> None:
    criteria = [
        *(criterion("title", 1.0, number) for number in range(8)),
        *(criterion("title", 0.0, number, model="other") for number in range(8)),
        # Repeats of one picture are one observation; a control is none.
        *(criterion("colour", float(repeat), 3) for repeat in range(2)),
        criterion("colour", 1.0, control="grey"),
        criterion("why", None),
    ]
    text = section(items(5.0) + items(1.0, model="other"), criteria=criteria)
    rows = {row["criterion"]: row for row in table_under(text, "Each criterion")}
    assert list(rows) == ["colour", "title", "why"]
    assert re.fullmatch(r"100 % \(\d+–100 %, n 8\)", rows["title"]["Some model"])
    assert re.fullmatch(r"0 % \(0–\d+ %, n 8\)", rows["title"]["Other model"])
    assert rows["colour"]["Some model"].startswith("50 % (")
    assert rows["colour"]["Some model"].endswith("n 1)")
    assert rows["colour"]["Other model"] == rows["why"]["Some model"] == "–"
    assert rows["title"]["weight"] == "25 %"


def test_without_graded_criteria_there_is_no_table_of_them() -> None:
    assert "Each criterion" not in section(items(5.0))


# --- roles and pairs -----------------------------------------------------------------------------


def test_roles_have_a_third_answer_and_say_what_would_decide() -> None:
    text = section(items(5.0, 1))
    roles = {row["role"]: row for row in table_under(text, "Roles")}
    assert set(roles) == set(role_file()["roles"])
    for row in roles.values():
        assert row["decision"] == "**undetermined**"
        assert "more variants would decide" in row["score asked for"]
        assert "holds both" in row["score asked for"]


def test_roles_are_assigned_and_refused_with_their_bounds() -> None:
    roles = table_under(section(items(5.0, 40) + items(1.0, 40, model="other")), "Roles")
    by_candidate = {name: [r for r in roles if r["candidate"] == name] for name in label_names()}
    assert {row["decision"] for row in by_candidate["Some model"]} == {"**assigned**"}
    assert {row["decision"] for row in by_candidate["Other model"]} == {"**refused**"}
    [worker] = [row for row in by_candidate["Some model"] if row["role"].startswith("worker")]
    assert "tier 1 at least 3.5: " in worker["score asked for"]
    assert "tier 2 at least 2.5: " in worker["score asked for"]
    assert "passes" in worker["score asked for"]
    assert "fails" in by_candidate["Other model"][0]["score asked for"]


def label_names() -> tuple[str, str]:
    return "Some model", "Other model"


def beside(text: str) -> dict[str, str]:
    return {row["role"]: row["also asked for"] for row in table_under(text, "Roles")}


def test_what_a_role_also_asks_for_is_met_not_met_or_unknown() -> None:
    unknown = beside(section(items(5.0)))["worker_vision"]
    assert "decode tps above 40: unknown" in unknown
    assert "text reading at least 4: met" in unknown
    assert "prefers memory gb below 8: unknown" in unknown
    key = {"model": "some", "variant": "base", "warmup": False, "cache_hit": False}
    asked = [
        key | {"speed_valid": True, "experiment": "describe", "decode_tps": 30.0},
        # Short answers say nothing of a description's speed, nor does what is not valid.
        key | {"speed_valid": True, "experiment": "rubric", "decode_tps": 900.0},
        key | {"speed_valid": False, "experiment": "describe", "decode_tps": 900.0},
    ]
    probes = [
        key
        | {"verdict": "works", "gpu_bytes": 7 * 10**9, "process_rss_bytes": 10**11}
        | {"cold_load_ns": [40 * 10**9, 41 * 10**9]}
    ]
    told = beside(section(items(2.0), requests=asked, probes=probes))
    assert "decode tps above 40: not met" in told["worker_vision"]
    assert "decode tps above 20: met" in told["vision_escalation"]
    assert "text reading at least 4: not met" in told["worker_vision"]
    assert "prefers memory gb below 8: met" in told["worker_vision"]
    assert "prefers cold load s below 30: not met" in told["vision_escalation"]


def test_the_best_of_one_is_not_known_to_be_the_best() -> None:
    assert beside(section(items(5.0)))["vision_architect"] == "best of tier 3: unknown"
    both = table_under(section(items(5.0) + items(4.0, model="other")), "Roles")
    told = {
        row["candidate"]: row["also asked for"] for row in both if row["role"] == "vision_architect"
    }
    assert told == {"Some model": "best of tier 3: met", "Other model": "best of tier 3: not met"}


def test_pairs_have_difference_interval_and_verdict() -> None:
    text = section(items(5.0, 10) + items(2.0, 10, model="other"))
    [pair] = table_under(text, "Candidates beside each other")
    assert pair["pair"] == "Some model less Other model"
    assert pair["difference"].startswith("+3.0 (+")
    assert (pair["n"], pair["p"], pair["verdict"]) == ("100", "<0.001", "Some model is better")
    alike = section(items(4.0, 10) + items(4.0, 10, model="other"))
    [pair] = table_under(alike, "Candidates beside each other")
    assert (pair["p"], pair["verdict"]) == ("1.000", "no difference shown")
    worse = section(items(2.0, 10) + items(5.0, 10, model="other"))
    [pair] = table_under(worse, "Candidates beside each other")
    assert pair["verdict"] == "Other model is better"
    assert "beside each other" not in section(items(5.0))


# --- hostile names -------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", ["base", "<script>x</script>"])
def test_a_label_cannot_act_in_the_report(variant: str) -> None:
    rows = items(5.0, variant=variant) + items(2.0, model="other")
    rows.append(item("VL-T1-Q1", 5.0, control="grey", variant=variant))
    text = section(rows, {"some": HOSTILE, "other": HOSTILE})
    assert "<img" not in text
    assert "<script" not in text
    assert "[x](" not in text
    assert "\n# heading" not in text
    assert "**bold**" not in text
    assert len(table_under(text)) == 3
    for row in text.splitlines():
        if row.startswith("| "):
            assert row.endswith(" |")


def test_the_rules_are_read_from_json_as_the_table_holds_them() -> None:
    [role, *_] = decide(items(5.0)).roles
    assert {"tier", "least", "met", "mean", "low", "high", "n"} == set(
        json.loads(role["rules_json"])[0]
    )
