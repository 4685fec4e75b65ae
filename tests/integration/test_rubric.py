"""The rubric in a real workflow: drawn, asked of a real llama-server, judged, graded, gathered."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scribebench.rubric.judge import SELF
from scribebench.rubric.sources import questions
from scribebench.tables import read_rows
from support.llama_server import llama_server
from support.recordings import write_colour_slides
from support.tiny_vlm import TinyVlm
from support.workflow import Project, model_file, new_project
from unit.scripted_server import Scripted, as_stream, scripted

QUESTIONS = [*questions()]
JUDGED = {"clear_explanation", "reasoning"}
TINY, BASELINE = "results/rubric/tiny/base", "results/rubric/ocr-baseline/base"
TARGETS = (f"{TINY}/items.parquet", f"{BASELINE}/items.parquet")
GRADED = "results/rubric/tiny/base/items.parquet"
TABLE = "results/tables/rubric_items.parquet"
VERDICT = as_stream(
    {"choices": [{"delta": {"content": '{"value": 0.5, "reason": "terse"}'}}]},
    {"choices": [{"delta": {}, "finish_reason": "stop"}]},
)


@pytest.fixture(scope="module")
def url(tiny_vlm: TinyVlm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the constructed model answers."""
    log = tmp_path_factory.mktemp("server") / "server.log"
    with llama_server(tiny_vlm, extra=("--alias", "tiny"), log=log) as server:
        yield server.url


@pytest.fixture(scope="module")
def asked(url: str, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """One picture of each question, asked of a model and of the baseline; a recording to report."""
    project = new_project(tmp_path_factory.mktemp("rubric") / "scribe bench", with_demo=False)
    (project.folder / "sessions" / "slides").mkdir()
    write_colour_slides(project.folder / "sessions" / "slides" / "recording.mp4", 2)
    project.write("config/models/tiny.yaml", model_file(url))
    project.select("ocr-baseline", "tiny")
    configure(project, rubric="{variants: 1}")
    outcome = project.run("--cores", "4", *TARGETS)
    assert outcome.status == 0, outcome.text
    assert outcome.jobs == {
        "draw_rubric": 1,
        "read_rubric": 1,
        "ask_rubric": 2,
        "grade_rubric": 2,
    }
    return project


@pytest.fixture
def project(asked: Project, tmp_path: Path) -> Project:
    """A copy that a test may change."""
    return asked.copy_to(tmp_path / "scribe bench")


def configure(project: Project, **values: str) -> None:
    """Set keys of config.yaml that stand on one line."""
    path = project.folder / "config" / "config.yaml"
    text = path.read_text(encoding="utf-8")
    for key, value in values.items():
        text, found = re.subn(rf"^{key}: .*$", f"{key}: {value}", text, flags=re.M)
        assert found == 1, key
    path.write_text(text, encoding="utf-8")


def rows(project: Project, path: str) -> list[dict[str, Any]]:
    return read_rows(project.folder / path)


def journal(project: Project, model: str = "tiny") -> list[str]:
    """The keys of all that was answered, in order."""
    path = project.folder / "results" / ".state" / "requests" / f"{model}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line)["key"] for line in lines]


def add_judge(project: Project, server: str, name: str = "arbiter") -> None:
    text = model_file(server, label="Arbiter").replace("tag: tiny", "tag: some")
    project.write(f"config/models/{name}.yaml", text)
    configure(project, judge=name)


# --- asked and graded ----------------------------------------------------------------------------


def test_the_baseline_has_a_score_for_each_question(asked: Project) -> None:
    found = rows(asked, f"{BASELINE}/items.parquet")
    assert [row["question"] for row in found] == QUESTIONS
    assert {(row["item_variant"], row["control"]) for row in found} == {(0, "picture")}
    scores = {row["question"]: row["score"] for row in found}
    assert all(1 <= score <= 5 for score in scores.values())
    # It reads; it does not see, count or reason.
    assert scores["VL-T1-Q1"] > 4
    assert scores["VL-T1-Q3"] == scores["VL-T3-Q3"] == scores["VL-T3-Q4"] == 1
    requests = rows(asked, f"{BASELINE}/requests.parquet")
    assert {(row["experiment"], row["endpoint_kind"]) for row in requests} == {
        ("rubric", "embedded")
    }


def test_a_model_that_cannot_read_count_or_reason_gets_the_lowest_score(asked: Project) -> None:
    """It answers each question with the colour of a picture that arrived."""
    found = rows(asked, f"{TINY}/items.parquet")
    assert {row["question"]: row["score"] for row in found} == dict.fromkeys(QUESTIONS, 1.0)
    assert {row["finish_reason"] for row in found} == {"stop"}
    requests = [row for row in rows(asked, f"{TINY}/requests.parquet") if not row["warmup"]]
    assert [row["item_id"] for row in requests] == [f"{name}/0" for name in QUESTIONS]
    assert {row["images_fit"] for row in requests} == {True}
    assert {row["image_count"] for row in requests} == {1}
    assert {row["max_output_tokens"] for row in requests} == {512}
    assert {row["request_seed"] for row in requests} == {0}
    assert len({row["request_uid"] for row in requests}) == len(journal(asked)) == 13


def test_every_criterion_says_why(asked: Project) -> None:
    found = rows(asked, f"{TINY}/criteria.parquet")
    weights = {
        (name, criterion): known["weight"]
        for name in QUESTIONS
        for criterion, known in questions()[name]["criteria"].items()
    }
    assert {(row["question"], row["criterion_id"]): row["weight"] for row in found} == weights
    assert all(row["evidence"] for row in found)
    assert {row["criterion_id"] for row in found if row["value_01"] is None} <= JUDGED


def test_it_is_gathered_reported_and_planned(project: Project) -> None:
    project.finish()
    found = rows(project, TABLE)
    assert {(row["model"], row["question"]) for row in found} == {
        (model, name) for model in ("tiny", "ocr-baseline") for name in QUESTIONS
    }
    assert len(rows(project, "results/tables/roles.parquet")) == 6
    assert len(rows(project, "results/tables/comparisons.parquet")) == 1
    requests = rows(project, "results/tables/requests.parquet")
    assert sum(row["experiment"] == "rubric" and not row["warmup"] for row in requests) == 26
    report = (project.folder / "results" / "report.md").read_text(encoding="utf-8")
    section = report.partition("## The rubric\n")[2].partition("\n## ")[0]
    assert "a baseline and no vision-language model" in section
    assert "needs a judge (`judge:` in `config/config.yaml`)" in section
    assert "**undetermined**" in section or "**refused**" in section
    assert "tiny, rubric" in (project.folder / "results" / "plan.md").read_text(encoding="utf-8")


# --- only what is new ----------------------------------------------------------------------------


def test_asked_again_nothing_is_sent(project: Project) -> None:
    before, scored = journal(project), rows(project, GRADED)
    assert "Nothing to be done" in project.run("--cores", "4", *TARGETS).text
    project.finish(GRADED, "-R", "ask_rubric")
    assert journal(project) == before
    assert rows(project, GRADED) == scored


def test_another_variant_asks_the_new_pictures_only(project: Project) -> None:
    before = journal(project)
    configure(project, rubric="{variants: 2, controls: [no_image]}")
    assert project.planned(GRADED) == {"draw_rubric": 1, "ask_rubric": 1, "grade_rubric": 1}
    project.finish(GRADED)
    found = rows(project, GRADED)
    assert len([row for row in found if row["control"] == "picture"]) == 26
    assert len([row for row in found if row["control"] == "no_image"]) == 26
    requests = [row for row in rows(project, f"{TINY}/requests.parquet") if not row["warmup"]]
    # Without its picture a question can be the same in both variants, and is asked once.
    blind = {row["request_uid"] for row in requests if row["image_count"] == 0}
    after = journal(project)
    assert after[:13] == before
    assert len(after) == len(set(after)) == 26 + len(blind)
    assert 13 <= len(blind) < 26


def test_without_a_rubric_no_job_is_about_it(project: Project) -> None:
    configure(project, rubric="null")
    jobs = project.planned()
    assert jobs["build_tables"] == 1
    assert [name for name in jobs if name.endswith("_rubric")] == []
    assert "rubric" not in project.run("-n", "results/report.md").text.partition("Plan for")[2]


# --- the judge -----------------------------------------------------------------------------------


def test_a_judge_values_what_no_rule_can(project: Project) -> None:
    with scripted(ask=VERDICT) as server:
        add_judge(project, server.url)
        project.finish(TARGETS[0], TARGETS[1])
        told = prompts(server)
        judged = rows(project, f"{TINY}/judged.parquet")
        assert [(row["criterion"], row["value"], row["evidence"]) for row in judged] == [
            ("clear_explanation", 0.5, "terse"),
            ("reasoning", 0.5, "terse"),
        ]
        assert {row["judge_model"] for row in judged} == {"arbiter"}
        assert len(told) == 2
        assert all("True of the picture: " in prompt for prompt in told)
        assert not (project.folder / BASELINE / "judged.parquet").exists()
        criteria = rows(project, f"{TINY}/criteria.parquet")
        found = [row for row in criteria if row["kind"] == "judge"]
        assert [row["value_01"] for row in found] == [0.5, 0.5]
        assert all(row["judge_reply"] and row["judge_model_digest"] for row in found)
        assert {row["weight_scored"] for row in rows(project, GRADED)} == {1.0}
        assert len(journal(project, "arbiter")) == 2
    # What it said is kept, so that it need not be there to be asked again.
    project.finish(GRADED, "-R", "judge_rubric")
    assert rows(project, f"{TINY}/judged.parquet") == judged


def prompts(server: Scripted) -> list[str]:
    """What the judge was asked about replies; not the gate, nor what tokens are counted with."""
    found = []
    for body in server.bodies():
        content = body["messages"][0]["content"]
        text = content if isinstance(content, str) else content[0].get("text", "")
        if text.startswith("You grade one reply"):
            found.append(text)
    return found


def test_a_model_does_not_judge_itself(project: Project) -> None:
    configure(project, judge="tiny")
    before = journal(project)
    project.finish(GRADED)
    judged = rows(project, f"{TINY}/judged.parquet")
    assert [(row["value"], row["evidence"]) for row in judged] == [(None, SELF)] * 2
    assert journal(project) == before
    assert rows(project, GRADED)[0]["score"] == 1.0


def test_a_judge_whose_server_is_down_is_named_before_the_first_job(project: Project) -> None:
    add_judge(project, "http://127.0.0.1:9")
    outcome = project.run("--cores", "4", GRADED)
    assert outcome.status == 1
    assert "Error: 1 problem to mend first; no job was run." in outcome.text
    assert "  - arbiter: no server answers at http://127.0.0.1:9" in outcome.text
    assert not (project.folder / TINY / "judged.parquet").exists()


@pytest.mark.parametrize(
    ("judge", "parts"),
    [
        ("ocr-baseline", ("`judge:`", "the baseline", "cannot judge")),
        ("tny", ("there is no model 'tny'", "did you mean 'tiny'")),
        ("tiny/hot", ("config/models/tiny.yaml has no variant 'hot'",)),
        ("../tiny", ("config/config.yaml: `judge`",)),
    ],
)
def test_a_judge_that_cannot_be_one_is_refused(
    project: Project, judge: str, parts: tuple[str, ...]
) -> None:
    configure(project, judge=judge)
    outcome = project.run("-n", GRADED)
    assert outcome.status != 0
    for part in parts:
        assert part in outcome.text
    assert "Traceback" not in outcome.text
