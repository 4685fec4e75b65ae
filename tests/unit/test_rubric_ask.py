"""Asking the rubric with a backend whose answers are known: what is sent, what is kept."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pytest

from scribebench.backends.base import Frame, Part, Reply, SentImage
from scribebench.backends.ocr import OcrBackend
from scribebench.describe import lock
from scribebench.errors import ScribebenchError
from scribebench.files import sha256_bytes
from scribebench.project.environment import START_VARIABLE
from scribebench.project.models import Run
from scribebench.rubric import SESSION
from scribebench.rubric.ask import (
    GREY,
    NO_IMAGE,
    OTHER,
    PICTURE,
    Asked,
    ask_rubric,
    plan,
    read_replies,
    rubric_request_row,
    write_replies,
)
from scribebench.rubric.save import DrawnItem, read_items, save_rubric
from scribebench.tables import REQUESTS, TEXT, read_rows, write_table
from unit.fake_backend import FakeBackend, reply

QUESTIONS = ("VL-T1-Q1", "VL-T2-Q1", "VL-T3-Q1")
CONTROLS = [NO_IMAGE, GREY, OTHER]
SETTINGS: dict[str, Any] = {
    "backend": "openai",
    "url": "http://127.0.0.1:1",
    "tag": "some",
    "image": {"format": "png"},
    "probe": "warn",
}
CUT = reply("cut", finish_reason="length")
ENDED = reply("ended")


class Sent(NamedTuple):
    """One request about the rubric."""

    parts: list[Part]
    frames: int
    max_tokens: int | None
    seed: int | None

    @property
    def prompt(self) -> str:
        [text] = [part for part in self.parts if isinstance(part, str)]
        return text

    @property
    def images(self) -> list[SentImage]:
        return [part for part in self.parts if isinstance(part, SentImage)]


@dataclass
class Model(FakeBackend):
    """Notes what is asked with a seed, which the gate, warm-ups and counts of tokens have not."""

    answers: Callable[[Sent], Reply] = lambda sent: ENDED
    sent: list[Sent] = field(default_factory=list)

    def ask(
        self,
        frames: list[Frame],
        parts: list[Part],
        max_tokens: int | None = None,
        seed: int | None = None,
    ) -> Reply:
        said = super().ask(frames, parts, max_tokens, seed)
        if seed is None:
            return said
        self.sent.append(Sent(parts, len(frames), max_tokens, seed))
        told = {"prompt_tokens": said.prompt_tokens}
        return Reply(**(vars(self.answers(self.sent[-1])) | told))


@pytest.fixture(autouse=True)
def own_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(lock.FOLDER_VARIABLE, str(tmp_path / "locks"))
    monkeypatch.setenv(START_VARIABLE, "first")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three questions in two variants each."""
    folder = tmp_path_factory.mktemp("rubric")
    assert len(list(save_rubric(QUESTIONS, 2, 1.0, folder))) == 6
    return folder


@pytest.fixture(scope="module")
def items(folder: Path) -> list[DrawnItem]:
    return read_items(folder / "items.jsonl")


class Job(NamedTuple):
    """Asks in one state folder."""

    folder: Path
    state: Path

    def ask(
        self,
        items: list[DrawnItem],
        model: FakeBackend | OcrBackend,
        repeats: int = 1,
        controls: list[str] | None = None,
        **settings: Any,
    ) -> Asked:
        run, known = Run("some", "base"), SETTINGS | settings
        return ask_rubric(
            run, known, items, self.folder, repeats, controls or [], model, self.state, 1
        )


@pytest.fixture
def job(folder: Path, tmp_path: Path) -> Iterator[Job]:
    yield Job(folder, tmp_path / "state")


def first_of(items: list[DrawnItem]) -> list[DrawnItem]:
    return [one for one in items if one.item.variant == 0]


# --- what is sent --------------------------------------------------------------------------------


def test_all_is_asked_once_before_anything_is_repeated(items: list[DrawnItem]) -> None:
    asks = plan(items, 2, [NO_IMAGE, GREY])
    assert [one.repeat for one in asks] == [0] * 18 + [1] * 18
    assert [one.control for one in asks[:3]] == [PICTURE, NO_IMAGE, GREY]
    assert [one.drawn for one in asks[:18:3]] == items
    assert [one.place for one in asks[:18:3]] == list(range(6))
    assert not any(one.is_rescue for one in asks)


def test_a_question_is_sent_with_its_own_picture_alone(job: Job, items: list[DrawnItem]) -> None:
    model = Model()
    asked = job.ask(items, model)
    assert [sent.prompt for sent in model.sent] == [one.item.prompt for one in items]
    for sent, drawn in zip(model.sent, items, strict=True):
        [image] = sent.images
        assert isinstance(sent.parts[0], SentImage)
        assert (image.width_px, image.height_px) == (drawn.width_px, drawn.height_px)
        shown = cv2.imdecode(np.frombuffer(image.data, np.uint8), cv2.IMREAD_COLOR)
        assert (shown == cv2.imread(str(job.folder / drawn.image))).all()
    assert asked.broken is None
    assert len(asked.warm_ups) == 1
    assert [one.ask.drawn for one in asked.replies] == items


@pytest.mark.parametrize("variant", [0, 1])
def test_controls_show_nothing_grey_or_another_questions_picture(
    job: Job, items: list[DrawnItem], variant: int
) -> None:
    items = [one for one in items if one.item.variant == variant]
    model = Model()
    job.ask(items, model, controls=CONTROLS)
    groups = [model.sent[start : start + 4] for start in range(0, len(model.sent), 4)]
    own = {
        (drawn.item.question, drawn.item.variant): group[0].images[0].sha256
        for drawn, group in zip(items, groups, strict=True)
    }
    for drawn, (picture, blind, grey, other) in zip(items, groups, strict=True):
        assert {one.prompt for one in (picture, blind, grey, other)} == {drawn.item.prompt}
        assert (blind.images, blind.frames) == ([], 0)
        [shown], [plain] = picture.images, grey.images
        assert (plain.width_px, plain.height_px) == (shown.width_px, shown.height_px)
        pixels = cv2.imdecode(np.frombuffer(plain.data, np.uint8), cv2.IMREAD_COLOR)
        assert pixels.shape == (shown.height_px, shown.width_px, 3)
        assert len(np.unique(pixels)) == 1
        following = QUESTIONS[(QUESTIONS.index(drawn.item.question) + 1) % len(QUESTIONS)]
        assert other.images[0].sha256 == own[following, drawn.item.variant]
        assert other.images[0].sha256 != shown.sha256


def test_variants_that_are_the_same_without_their_picture_are_asked_once(
    job: Job, items: list[DrawnItem]
) -> None:
    own = [one for one in items if one.item.question == "VL-T1-Q1"]
    model = Model()
    asked = job.ask(own, model, controls=[NO_IMAGE])
    assert [sent.frames for sent in model.sent] == [1, 0, 1]
    blind = [one.answered for one in asked.replies if one.ask.control == NO_IMAGE]
    assert [one.cache_hit for one in blind] == [False, True]
    assert blind[0].request_uid == blind[1].request_uid


@pytest.mark.parametrize(("options", "seeds"), [({}, [0, 1, 2]), ({"seed": 40}, [40, 41, 42])])
def test_each_repeat_has_a_seed_of_its_own_that_is_recorded(
    job: Job, items: list[DrawnItem], options: dict[str, int], seeds: list[int]
) -> None:
    model = Model()
    asked = job.ask(items[:1], model, repeats=3, options=options)
    assert [sent.seed for sent in model.sent] == seeds
    rows = [rubric_request_row(asked.context, model, one) for one in asked.replies]
    assert [(row["request_seed"], row["repeat_index"]) for row in rows] == [
        *zip(seeds, range(3), strict=True)
    ]
    assert len({row["request_uid"] for row in rows}) == 3


# --- the second, longer pass ---------------------------------------------------------------------


def test_what_was_cut_is_asked_again_with_room_to_end(job: Job, items: list[DrawnItem]) -> None:
    model = Model(answers=lambda sent: CUT if sent.max_tokens == 512 else ENDED)
    asked = job.ask(items[:2], model)
    assert [sent.max_tokens for sent in model.sent] == [512, 2048, 512, 2048]
    assert model.sent[0].parts == model.sent[1].parts
    assert [one.ask.is_rescue for one in asked.replies] == [False, True, False, True]
    assert [one.answered.reply.content for one in asked.replies] == ["cut", "ended"] * 2
    assert [one.answered.order_index for one in asked.replies] == [0, 1, 2, 3]
    rows = [rubric_request_row(asked.context, model, one) for one in asked.replies]
    assert [row["max_output_tokens"] for row in rows] == [512, 2048] * 2
    assert rows[0]["request_uid"] != rows[1]["request_uid"]


@pytest.mark.parametrize(
    "answer", [ENDED, reply(""), reply("", finish_reason="error", error_kind="server")]
)
def test_what_was_not_cut_is_not_asked_again(
    job: Job, items: list[DrawnItem], answer: Reply
) -> None:
    model = Model(answers=lambda sent: answer)
    job.ask(items[:2], model)
    assert [sent.max_tokens for sent in model.sent] == [512, 512]


def test_controls_that_were_cut_are_not_asked_again(job: Job, items: list[DrawnItem]) -> None:
    model = Model(answers=lambda sent: CUT)
    job.ask(first_of(items), model, controls=CONTROLS)
    assert [sent.max_tokens for sent in model.sent] == [512, 2048, 512, 512, 512] * 3


# --- rows ----------------------------------------------------------------------------------------


def test_a_request_has_a_row_that_names_its_question(
    job: Job, items: list[DrawnItem], tmp_path: Path
) -> None:
    model = Model()
    asked = job.ask(items[1:2], model, repeats=2, controls=[NO_IMAGE])
    rows = [rubric_request_row(asked.context, model, one) for one in asked.replies]
    write_table(tmp_path / "requests.parquet", REQUESTS, rows)
    rows = read_rows(tmp_path / "requests.parquet")
    prompt = sha256_bytes(items[1].item.prompt.encode())
    assert [(row["session"], row["experiment"]) for row in rows] == [(SESSION, "rubric")] * 4
    assert {row["item_id"] for row in rows} == {"VL-T1-Q1/1"}
    assert [row["repeat_index"] for row in rows] == [0, 0, 1, 1]
    assert {row["prompt_sha256"] for row in rows} == {prompt}
    assert [row["image_count"] for row in rows] == [1, 0] * 2
    assert [len(row["image_sha256"]) for row in rows] == [1, 0] * 2
    assert [row["images_fit"] for row in rows] == [True, None] * 2
    assert {row["max_output_tokens"] for row in rows} == {512}
    assert {row["frame_ts_s"] for row in rows} == {None}
    assert [row["output_text_ref"] for row in rows] == [f"replies.jsonl.zst#{n}" for n in range(4)]


def test_replies_are_read_as_they_were_written(
    job: Job, items: list[DrawnItem], tmp_path: Path
) -> None:
    text = 'line\n"quoted" \u2028 \ud83d half a sign \x00'
    asked = job.ask(items[:2], Model(answers=lambda sent: reply(text)), controls=[GREY])
    write_replies(tmp_path / "replies", asked.replies)
    read = list(read_replies(tmp_path / "replies"))
    assert [one["request_uid"] for one in read] == [
        one.answered.request_uid for one in asked.replies
    ]
    assert {one["content"] for one in read} == {text.replace("\ud83d", "?")}
    assert [(one["question"], one["variant"], one["control"]) for one in read] == [
        ("VL-T1-Q1", variant, control) for variant in (0, 1) for control in (PICTURE, GREY)
    ]
    assert {(one["repeat"], one["is_rescue"], one["error_kind"]) for one in read} == {
        (0, False, None)
    }


# --- the journal ---------------------------------------------------------------------------------


def test_asked_again_nothing_is_sent(job: Job, items: list[DrawnItem]) -> None:
    def cut(sent: Sent) -> Reply:
        return CUT if sent.max_tokens == 512 else ENDED

    before = job.ask(items, Model(answers=cut), repeats=2, controls=CONTROLS)
    again = Model()
    asked = job.ask(items, again, repeats=2, controls=CONTROLS)
    assert again.asked == []
    assert asked.warm_ups == []
    for old, new in zip(before.replies, asked.replies, strict=True):
        assert old.ask == new.ask
        assert old.answered.request_uid == new.answered.request_uid
        assert old.answered.reply.content == new.answered.reply.content


def test_more_variants_repeats_or_controls_send_only_the_new(
    job: Job, items: list[DrawnItem]
) -> None:
    first = first_of(items)
    assert len(sent_by(job, first)) == 3
    new = sent_by(job, items)
    assert [one.prompt for one in new] == [
        one.item.prompt for one in items if one.item.variant == 1
    ]
    assert {one.seed for one in sent_by(job, items, repeats=2)} == {1}
    with_control = sent_by(job, items, repeats=2, controls=[NO_IMAGE])
    prompts = {one.item.prompt for one in items}
    assert [one.frames for one in with_control] == [0] * 2 * len(prompts)
    assert sent_by(job, first, repeats=2, controls=[NO_IMAGE]) == []


def sent_by(job: Job, items: list[DrawnItem], **more: Any) -> list[Sent]:
    model = Model()
    job.ask(items, model, **more)
    return model.sent


def test_the_journal_has_a_line_for_each_request(job: Job, items: list[DrawnItem]) -> None:
    model = Model()
    job.ask(items, model, controls=[NO_IMAGE])
    lines = (job.state / "requests" / "some.jsonl").read_text().splitlines()
    assert len({json.loads(line)["key"] for line in lines}) == len(lines) == len(model.sent) > 6


# --- the gate ------------------------------------------------------------------------------------


def test_a_model_that_is_broken_is_asked_nothing(
    job: Job, items: list[DrawnItem], tmp_path: Path
) -> None:
    rubbish = Model(replies=[reply("zq zq")])
    asked = job.ask(items, rubbish, probe="require")
    assert (rubbish.sent, asked.replies, asked.warm_ups) == ([], [], [])
    assert asked.broken
    write_replies(tmp_path / "replies", asked.replies)
    assert (tmp_path / "replies").stat().st_size  # Snakemake takes an empty file for none
    assert list(read_replies(tmp_path / "replies")) == []


def test_what_was_answered_before_stands_wherever_the_new_is(
    job: Job, items: list[DrawnItem], monkeypatch: pytest.MonkeyPatch
) -> None:
    """New variants stand between those that were asked: question by question."""
    job.ask(first_of(items), Model(), probe="require")
    monkeypatch.setenv(START_VARIABLE, "second")
    (job.state / "gates" / "some.jsonl").unlink()
    rubbish = Model(replies=[reply("zq zq")])
    asked = job.ask(items, rubbish, probe="require")
    assert rubbish.sent == []
    assert [one.ask.drawn for one in asked.replies] == first_of(items)
    assert asked.broken


def test_a_broken_model_is_told_when_only_a_longer_pass_is_missing(
    job: Job, items: list[DrawnItem], monkeypatch: pytest.MonkeyPatch
) -> None:
    job.ask(items[:1], Model(answers=lambda sent: CUT), probe="require")
    lines = (job.state / "requests" / "some.jsonl").read_text().splitlines(keepends=True)
    (job.state / "requests" / "some.jsonl").write_text(lines[0])
    monkeypatch.setenv(START_VARIABLE, "second")
    (job.state / "gates" / "some.jsonl").unlink()
    asked = job.ask(items[:1], Model(replies=[reply("zq zq")]), probe="require")
    assert [one.ask.is_rescue for one in asked.replies] == [False]
    assert asked.broken


def test_a_picture_that_is_gone_is_named_with_the_command_that_draws_it(
    items: list[DrawnItem], tmp_path: Path
) -> None:
    with pytest.raises(ScribebenchError, match=r"missing or damaged.* -R draw_rubric"):
        Job(tmp_path / "nowhere", tmp_path / "state").ask(items[:1], Model())


# --- the baseline --------------------------------------------------------------------------------


def test_the_baseline_says_what_was_read_and_has_no_controls(
    job: Job, items: list[DrawnItem], tmp_path: Path
) -> None:
    readings = [
        {
            "image_sha256": drawn.image_sha256,
            "lines": [line(f"text {place}")],
            "reader": "some OCR",
            "read_wall_ns": 5,
            "read_at_utc": datetime.now(UTC),
            "read_for": "rubric",
        }
        for place, drawn in enumerate(items)
    ]
    write_table(tmp_path / "text.parquet", TEXT, readings)
    baseline = OcrBackend(tmp_path / "text.parquet", "rubric")
    asked = job.ask(items, baseline, 2, CONTROLS, backend="ocr")
    assert [one.ask.control for one in asked.replies] == [PICTURE] * 12
    contents = [one.answered.reply.content for one in asked.replies]
    assert contents == [f"text {place}" for place in range(6)] * 2
    rows = [rubric_request_row(asked.context, baseline, one) for one in asked.replies]
    write_table(tmp_path / "requests.parquet", REQUESTS, rows)
    for row in read_rows(tmp_path / "requests.parquet"):
        asked_with = (row["request_seed"], row["prompt_sha256"], row["max_output_tokens"])
        assert asked_with == (None, None, None)
        assert (row["image_count"], row["experiment"]) == (1, "rubric")
    assert not (job.state / "requests").exists()


def line(text: str) -> dict[str, Any]:
    return {"text": text, "confidence": 1.0} | dict.fromkeys(
        ("left_px", "top_px", "right_px", "bottom_px"), 10.0
    )
