"""The journal: what was answered once is never asked again, whatever happened to the file."""

import errno
import json
import multiprocessing
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scribebench.backends.base import FrameDescription, ModelIdentity, Part, Reply, SentImage
from scribebench.describe.journal import Conditions, Entry, IdentityStore, Journal, request_key
from scribebench.project.environment import START_VARIABLE

IMAGE = SentImage(b"jpeg", "aa" * 32, "image/jpeg", 64, 48)
OTHER_IMAGE = SentImage(b"JPEG", "bb" * 32, "image/jpeg", 64, 48)
OPTIONS = {"model": "m", "temperature": 0.3, "chat_template_kwargs": {"enable_thinking": False}}
PARTS: list[Part] = ["Screenshot 0 (00:00:00):", IMAGE, "Describe."]
REPLY = Reply(
    content="Größe 日本 \u2028 \ud83c 🎬\nline",
    thinking="hm",
    started_at=datetime(2026, 1, 10, 9, 30, 0, 123456, tzinfo=UTC),
    wall_ns=1_234_567_890_123,
    finish_reason="stop",
    stream_complete=True,
    attempts=2,
    http_status=200,
    ttft_ns=5,
    output_tokens=0,
    frames=[FrameDescription(text="x", apps=["a"], topics=[]), FrameDescription()],
)


ASKED = b'"conditions": {"limit_s": 1, "backend_version": "b", "n_ctx": 1, "machine": {}}'
CONDITIONS = Conditions(60.0, "b1", 4096, {"os": "Linux"})
LARGER = CONDITIONS._replace(n_ctx=8192)


def entry(content: str, run_id: str = "run") -> Entry:
    return Entry(run_id, replace(REPLY, content=content), CONDITIONS)


def filled(path: Path, *keys: str) -> Journal:
    journal = Journal(path)
    for key in keys:
        journal.put(key, entry(f"answer to {key}"))
    return journal


def found(path: Path, *keys: str) -> list[str | None]:
    journal = Journal(path)
    entries = [journal.get(key) for key in keys]
    return [one.reply.content.removeprefix("answer to ") if one else None for one in entries]


# --- the key -------------------------------------------------------------------------------------


def test_the_key_does_not_depend_on_the_order_of_options() -> None:
    turned = dict(reversed(OPTIONS.items()))
    assert list(turned) != list(OPTIONS)
    assert request_key(turned, PARTS, "digest") == request_key(OPTIONS, PARTS, "digest")


def test_the_key_is_the_same_in_every_version() -> None:
    """When this fails, every finished request of every user would be asked again."""
    assert request_key({"model": "m"}, ["text", IMAGE], "d", 1) == (
        "8ddbcacf9308323e0ff6b29f23716143ca1640192280dff949991bd8264201b1"
    )


@pytest.mark.parametrize(
    "other",
    [
        request_key(OPTIONS | {"temperature": 0.4}, PARTS, "digest"),
        request_key(OPTIONS | {"chat_template_kwargs": {}}, PARTS, "digest"),
        request_key(OPTIONS | {"seed": None}, PARTS, "digest"),
        request_key(OPTIONS, [PARTS[0], OTHER_IMAGE, PARTS[2]], "digest"),
        request_key(OPTIONS, [PARTS[0], IMAGE, "Describe!"], "digest"),
        request_key(OPTIONS, [IMAGE, PARTS[0], PARTS[2]], "digest"),
        request_key(OPTIONS, [*PARTS, IMAGE], "digest"),
        request_key(OPTIONS, [PARTS[0], IMAGE.sha256, PARTS[2]], "digest"),
        request_key(OPTIONS, PARTS, "another"),
        request_key(OPTIONS, PARTS, "digest", repeat_index=1),
    ],
    ids=[
        "option",
        "inner option",
        "further option",
        "image",
        "text",
        "order of parts",
        "image twice",
        "hash as text",
        "digest",
        "repeat",
    ],
)
def test_the_key_depends_on_all_that_is_sent_and_who_answers(other: str) -> None:
    assert other != request_key(OPTIONS, PARTS, "digest")


def test_the_key_depends_on_the_bytes_of_a_picture_and_not_on_what_is_said_of_them() -> None:
    renamed = replace(IMAGE, width_px=1, media_type="image/png")
    parts = [PARTS[0], renamed, PARTS[2]]
    assert request_key(OPTIONS, parts, "digest") == request_key(OPTIONS, PARTS, "digest")


def test_any_text_can_be_part_of_a_key() -> None:
    assert request_key({}, ["\ud800 \0 🎬"], "d") != request_key({}, ["\ud801 \0 🎬"], "d")


# --- the file ------------------------------------------------------------------------------------


def test_a_reply_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "journal.jsonl"
    Journal(path).put("key", Entry("run", REPLY, CONDITIONS))
    assert Journal(path).get("key") == Entry("run", REPLY, CONDITIONS)
    assert Journal(path).get("other") is None
    assert path.read_bytes().isascii() and path.read_bytes().count(b"\n") == 1


def test_an_answer_can_be_had_at_once(tmp_path: Path) -> None:
    assert filled(tmp_path / "j", "a").get("a") is not None


def test_a_journal_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert Journal(tmp_path / "j").get("a") is None
    assert not (tmp_path / "j").exists()


def test_of_two_answers_to_a_request_the_last_one_counts(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.put("a", entry("first"))
    journal.put("a", entry("second"))
    assert found(tmp_path / "j", "a") == ["second"]


@pytest.mark.parametrize("kept_bytes", [0, 1, 30, -2, -1])
def test_a_torn_last_line_is_passed_over_and_asked_again(tmp_path: Path, kept_bytes: int) -> None:
    path = tmp_path / "j"
    filled(path, "a")
    whole = path.stat().st_size
    filled(path, "b")
    data = path.read_bytes()
    torn = data[whole:][:kept_bytes]
    path.write_bytes(data[:whole] + torn)
    # All but the line break of the last line is there: nothing of it is lost.
    assert found(path, "a", "b") == ["a", "b" if kept_bytes == -1 else None]
    filled(path, "c")
    assert found(path, "a", "c") == ["a", "c"]
    filled(path, "b")
    assert found(path, "a", "b", "c") == ["a", "b", "c"]


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"\0" * 4096,
        b"\xff\xfe\xfd",
        b"[]",
        b"null",
        b"7",
        b'"text"',
        b"{}",
        b'{"key": "x"}',
        b'{"key": "x", "run_id": "r", ' + ASKED + b', "reply": {}}',
        b'{"key": "x", "run_id": "r", ' + ASKED + b', "reply": null}',
        b'{"key": "x", "run_id": "r", ' + ASKED + b', "reply": []}',
        b'{"key": ["x"], "run_id": "r", ' + ASKED + b', "reply": {"content": "", "thinking": '
        b'"", "wall_ns": 1, "started_at": "2026-01-10", "finish_reason": "stop", '
        b'"stream_complete": true}}',
        b'{"key": "x", "run_id": "r", ' + ASKED + b', "reply": {"started_at": 5}}',
    ],
)
def test_a_damaged_line_costs_itself_and_not_the_others(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "j"
    filled(path, "a")
    with path.open("ab") as stream:
        stream.write(damage + b"\n")
    filled(path, "b")
    assert found(path, "a", "b", "x") == ["a", "b", None]


def test_a_field_that_this_version_does_not_know_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "j"
    filled(path, "a")
    value: dict[str, Any] = json.loads(path.read_text())
    value["reply"]["invented_later"] = 1
    del value["reply"]["attempts"]
    path.write_text(json.dumps(value) + "\n")
    known = Journal(path).get("a")
    assert known is not None
    assert known.reply.attempts == 1


def _write_many(path: Path, name: str, count: int) -> None:
    journal = Journal(path)
    for number in range(count):
        journal.put(f"{name}-{number}", entry(f"{name}-{number}" + "x" * 5000, name))


def test_two_writers_lose_nothing(tmp_path: Path) -> None:
    path, count = tmp_path / "j", 40
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=_write_many, args=(path, name, count)) for name in ("one", "two")
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    keys = [f"{name}-{number}" for name in ("one", "two") for number in range(count)]
    assert None not in found(path, *keys)
    # An empty line may come in where one writer met the other in the middle of a line.
    assert len([line for line in path.read_bytes().splitlines() if line]) == 2 * count


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told_with_the_name_of_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    journal = Journal(path)
    path.symlink_to("/dev/full")
    with pytest.raises(OSError) as caught:
        journal.put("a", entry("x"))
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(path)
    assert journal.get("a") is None


@pytest.mark.parametrize(
    ("error_kind", "conditions", "stands"),
    [
        (None, CONDITIONS, True),
        (None, LARGER, True),
        ("timeout", CONDITIONS, True),
        ("timeout", CONDITIONS._replace(limit_s=90.0), False),
        ("context_overflow", LARGER, False),
    ],
)
def test_a_failure_counts_as_long_as_nothing_has_changed(
    error_kind: str | None, conditions: Conditions, stands: bool
) -> None:
    failed = Entry("run", replace(REPLY, error_kind=error_kind), CONDITIONS)
    assert failed.stands(conditions) is stands


@pytest.mark.parametrize("error_kind", ["oom", "crash"])
def test_what_the_machine_had_no_room_for_is_asked_again_in_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error_kind: str
) -> None:
    failed = Entry("run", replace(REPLY, error_kind=error_kind), CONDITIONS)
    monkeypatch.setenv(START_VARIABLE, "first")
    Journal(tmp_path / "j").put("key", failed)
    entry = Journal(tmp_path / "j").get("key")
    assert entry.stands(CONDITIONS)
    assert not entry.stands(LARGER)
    monkeypatch.setenv(START_VARIABLE, "second")
    assert not entry.stands(CONDITIONS)
    monkeypatch.delenv(START_VARIABLE)
    assert not entry.stands(CONDITIONS)
    assert not failed.stands(CONDITIONS)  # as older lines are, which tell no start


@pytest.mark.parametrize(("fit", "stands"), [(True, True), (None, True), (False, False)])
def test_an_answer_to_pictures_that_did_not_fit_is_asked_again_with_more_context(
    fit: bool | None, stands: bool
) -> None:
    answered = Entry("run", replace(REPLY, error_kind=None, images_fit=fit), CONDITIONS)
    assert answered.stands(CONDITIONS)
    assert answered.stands(LARGER) is stands


def test_no_file_stays_open(tmp_path: Path) -> None:
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("needs a list of open files")
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    filled(tmp_path / "j", *(str(number) for number in range(20)))
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


# --- who answered last ---------------------------------------------------------------------------


def test_an_identity_comes_back_as_it_was(tmp_path: Path) -> None:
    identity = ModelIdentity("model", "digest", "b1", 4096)
    store = IdentityStore(tmp_path / "deep" / "base.json")
    assert store.get() is None
    settings = {"url": "http://127.0.0.1:1", "tag": "some", "batch_size": 8}
    store.put(identity, settings)
    assert store.get() == store.get(settings) == store.get(settings | {"batch_size": 1}) == identity


@pytest.mark.parametrize(
    "change", [{"tag": "other"}, {"url": "http://127.0.0.1:2"}, {"serve": {"command": ["x"]}}]
)
def test_an_identity_is_not_that_of_another_server(tmp_path: Path, change: dict[str, Any]) -> None:
    """A server that is down must not lend its replies to one that was never asked."""
    settings = {"url": "http://127.0.0.1:1", "tag": "some", "api_key_env": "KEY"}
    store = IdentityStore(tmp_path / "base.json")
    store.put(ModelIdentity("model", "digest"), settings)
    assert store.get(settings | change) is None


@pytest.mark.parametrize("damage", ["", "{", "[]", "{}", '{"model_id": "m", "other": 1}', "null"])
def test_a_damaged_identity_counts_as_none(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "base.json"
    path.write_text(damage)
    assert IdentityStore(path).get() is None
