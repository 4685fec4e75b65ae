"""What a probe finds, what it proves of the settings, and how it is told."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scribebench.backends.base import ModelIdentity, Reply, ServerFacts
from scribebench.backends.choose import connect
from scribebench.describe.journal import Entry, Journal
from scribebench.describe.lock import FOLDER_VARIABLE
from scribebench.errors import ScribebenchError
from scribebench.gather import with_session
from scribebench.probe.ask import ask_gate
from scribebench.probe.gate import MAX_TOKENS, MAX_TOKENS_THINKING, Verdict, judge
from scribebench.probe.memory import gpu_bytes, rss_bytes
from scribebench.probe.rows import probe_row
from scribebench.probe.run import COLD_LOADS, COLD_LOADS_S, probe
from scribebench.probe.verdict import (
    BROKEN,
    NO_MEMORY,
    WORKS,
    not_applied,
    read_probe,
    why_broken,
)
from scribebench.report.data import load
from scribebench.report.markdown import write_markdown
from scribebench.tables import (
    AGREEMENT,
    ATTRIBUTION,
    COMPARISONS,
    CRITERIA,
    DESCRIPTIONS,
    FRAMES,
    GRADES,
    PROBES,
    REQUESTS,
    ROLES,
    RUBRIC_ITEMS,
    RUNS,
    SEGMENTS,
    SESSIONS,
    STAGES,
    read_rows,
    write_table,
)
from unit.fake_backend import RIGHT_REPLY, FakeBackend, reply
from unit.scripted_server import as_json, as_lines, scripted

SETTINGS: dict[str, Any] = {"backend": "openai", "tag": "some"}


class NoJournal(Journal):
    """A journal that is never written."""

    def __init__(self) -> None:
        super().__init__(Path("none"))

    def put(self, key: str, entry: Entry) -> None:
        self._entries[key] = entry


IDENTITY = ModelIdentity("some", "sha256-1", "b8000", 32768, "Q8_0")
DASH = "–"
HOSTILE = (
    "|x|\n# <b>Heading</b>\n```\n</details><script>alert(1)</script> [a](http://evil.x) \x1b[2J"
)


@pytest.fixture(autouse=True)
def own_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))


def probed(
    settings: dict[str, Any] | None = None, *replies: Reply, **backend: Any
) -> dict[str, Any]:
    """What is found, as it is written to a file and read again."""
    known = FakeBackend(**({"replies": list(replies)} if replies else {}) | backend)
    return json.loads(json.dumps(probe(SETTINGS | (settings or {}), known, NoJournal())))


# --- what is found -------------------------------------------------------------------------------


def test_a_model_that_answers_rightly_works() -> None:
    found = probed(identity=IDENTITY)
    assert found["verdict"] == WORKS
    assert all(found["gate"].values())
    assert found["gate_reply"]["content"] == RIGHT_REPLY
    assert found["identity"]["digest"] == "sha256-1"
    assert datetime.fromisoformat(found["probed_at_utc"]).tzinfo is not None
    assert found["machine"]["ram_bytes"] > 0
    assert why_broken(found) is None


def test_the_cost_of_pictures_is_measured_up_to_what_is_sent() -> None:
    def sizes(image: dict[str, Any]) -> list[tuple[int, int, int]]:
        return [tuple(one.values()) for one in probed({"image": image})["image_tokens"]]

    all_sizes = [(640, 360, 220), (1280, 720, 880), (1920, 1080, 1980)]
    assert sizes({}) == sizes({"max_width_px": 3840}) == all_sizes
    assert sizes({"max_width_px": 1280}) == all_sizes[:2]
    assert sizes({"max_width_px": 1000}) == [all_sizes[0], (1000, 562, 31 * 17)]
    assert sizes({"max_width_px": 320}) == [(320, 180, 50)]


def test_few_requests_are_sent() -> None:
    backend = FakeBackend()
    probe(SETTINGS, backend, NoJournal())
    # The gate, the question without a picture, and a picture of each of three sizes.
    assert [limit for _, limit in backend.asked] == [MAX_TOKENS, 1, 1, 1, 1]


def test_a_model_that_answers_rubbish_is_broken_and_still_measured() -> None:
    found = probed(None, reply("<unk>" * 9000, finish_reason="length"), loads_ns=[7])
    assert found["verdict"] == BROKEN
    assert not any(found["gate"].values())
    assert len(found["gate_reply"]["content"]) < 9000
    assert found["gate_reply"]["finish_reason"] == "length"
    assert [one["tokens"] for one in found["image_tokens"]] == [220, 880, 1980]
    assert found["cold_load_ns"] == [7, 7, 7]


@pytest.mark.parametrize("reason", ["error", "client_timeout"])
def test_a_server_that_fails_is_not_asked_for_more(reason: str) -> None:
    backend = FakeBackend([reply("", finish_reason=reason, error_message="no memory")])
    found = probe(SETTINGS, backend, NoJournal())
    assert len(backend.asked) == 1
    assert (found["verdict"], found["image_tokens"]) == (BROKEN, [])
    assert why_broken(found) == "gave no answer: no memory"


NO_ROOM = reply(
    "", finish_reason="error", error_kind="oom", error_message="ran out of memory: why", attempts=0
)


def test_a_model_without_room_is_not_called_broken() -> None:
    """Nothing was asked, so that nothing is known of what it sees."""
    found = probed(None, NO_ROOM)
    assert (found["verdict"], why_broken(found)) == (NO_MEMORY, None)
    assert set(found["gate"]) == set(Verdict._fields)
    assert set(found["gate"].values()) == {None}
    assert found["image_tokens"] == []


@pytest.mark.parametrize("kind", ["oom", "crash"])
@pytest.mark.parametrize("attempts", [0, 2])
def test_a_server_that_did_not_live_to_answer_proves_no_context(kind: str, attempts: int) -> None:
    """What it was to be started with stands in its identity; what came of it is not known."""
    settings, identity = {"options": {"num_ctx": 32768}}, replace(IDENTITY, n_ctx=32768)
    ended = replace(NO_ROOM, error_kind=kind, attempts=attempts)
    found = probed(settings, ended, identity=identity)
    assert found["verdict"] == (NO_MEMORY if kind == "oom" else BROKEN)
    assert (found["requested"]["n_ctx"], found["effective"]["n_ctx"]) == (32768, None)
    assert not_applied(found) == ["n_ctx"]
    # One that told its context before it ended has proven that.
    told_before = replace(ended, n_ctx=32768)
    assert probed(settings, told_before, identity=identity)["effective"]["n_ctx"] == 32768


def test_what_nobody_knows_is_null_and_never_zero() -> None:
    found = probed(counts=False)
    assert found["verdict"] == WORKS
    assert [one["tokens"] for one in found["image_tokens"]] == [None] * 3
    assert set(found["memory"].values()) == {None}
    assert found["requested"] == {
        "n_ctx": None,
        "think": None,
        "draft": False,
        "experts_used": None,
    }
    assert found["effective"] == {
        "n_ctx": None,
        "think": False,
        "draft": None,
        "experts_used": None,
    }
    assert (found["projector"], found["cold_load_ns"]) == (None, [])
    assert not_applied(found) == []


def test_a_process_is_weighed_with_its_children() -> None:
    own = probed(facts=ServerFacts(pid=os.getpid(), memory_claimed_bytes=5))["memory"]
    assert own["process_rss_bytes"] > 10 * 2**20
    assert own["claimed_bytes"] == 5
    assert rss_bytes(None) is gpu_bytes(None) is None
    assert rss_bytes(2**30) is gpu_bytes(2**30) is None


@pytest.mark.parametrize(
    ("listing", "expected"),
    [
        (None, None),
        ("", None),
        (f"{os.getpid()}, 1000\n1, 77\n", 1000 * 2**20),
        (f"{os.getpid()}, 1000\n{os.getpid()}, 24\n", 1024 * 2**20),
        ("1, 77\n", None),
        (f"{os.getpid()}, [N/A]\n", None),
        ("No running processes found\n", None),
    ],
)
def test_gpu_memory_is_that_of_the_server_only(
    listing: str | None, expected: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scribebench.probe.memory.output_of", lambda *command: listing)
    assert gpu_bytes(os.getpid()) == expected


# --- cold loads ----------------------------------------------------------------------------------

LONG_NS = int(COLD_LOADS_S * 1e9)


@pytest.mark.parametrize(
    ("loads_ns", "kept"),
    [
        ([5, 6, 7, 8], [5, 6, 7]),
        ([None], []),
        ([5, None, 7], [5]),
        ([LONG_NS + 1], [LONG_NS + 1]),
        ([LONG_NS // 2 + 1], [LONG_NS // 2 + 1] * 2),
        ([LONG_NS // 3], [LONG_NS // 3] * 3),
    ],
)
def test_cold_loads_are_repeated_until_it_takes_too_long(
    loads_ns: list[int | None], kept: list[int]
) -> None:
    backend = FakeBackend(loads_ns=loads_ns)
    assert probe(SETTINGS, backend, NoJournal())["cold_load_ns"] == kept
    assert backend.loaded <= COLD_LOADS


# --- thinking at the gate ------------------------------------------------------------------------


def limits_at_the_gate(settings: dict[str, Any], *replies: Reply) -> tuple[list[int], str]:
    backend = FakeBackend(list(replies))
    passed = judge(ask_gate(SETTINGS | settings, backend)).passed
    return [limit for _, limit in backend.asked], WORKS if passed else BROKEN


CUT_OFF = reply("", thinking="Let me look at", finish_reason="length")
THOUGHT = reply(RIGHT_REPLY, thinking="Let me look at it. So:")


def test_a_model_that_is_to_think_has_room_to() -> None:
    for think in (True, "low"):
        got = limits_at_the_gate({"think": think}, THOUGHT)
        assert got == ([MAX_TOKENS_THINKING], WORKS)


@pytest.mark.parametrize("settings", [{}, {"think": False}])
def test_a_model_that_thinks_unasked_is_not_called_broken(settings: dict[str, Any]) -> None:
    got = limits_at_the_gate(settings, CUT_OFF, THOUGHT)
    assert got == ([MAX_TOKENS, MAX_TOKENS_THINKING], WORKS)


@pytest.mark.parametrize("said", ["Got it, let me look at the picture. " * 9, "word: HAR", ""])
def test_a_model_that_thinks_without_a_mark_is_not_called_broken(said: str) -> None:
    """Its chat template opens <think>, so that only the end of it is said."""
    got = limits_at_the_gate({}, reply(said, finish_reason="length"), THOUGHT)
    assert got == ([MAX_TOKENS, MAX_TOKENS_THINKING], WORKS)


@pytest.mark.parametrize(
    "cut", [reply("", thinking="no", stream_complete=0), reply("word:", finish_reason="context")]
)
def test_nothing_else_is_asked_twice(cut: Reply) -> None:
    assert limits_at_the_gate({}, cut, THOUGHT) == ([MAX_TOKENS], BROKEN)


def test_one_slip_is_not_yet_a_broken_model() -> None:
    slip, right = reply("It says HARBOR, with red and blue."), reply(RIGHT_REPLY)
    assert limits_at_the_gate({}, slip, right) == ([MAX_TOKENS, MAX_TOKENS], WORKS)
    assert limits_at_the_gate({}, slip, slip, right) == ([MAX_TOKENS, MAX_TOKENS], BROKEN)


def test_thinking_without_an_end_is_broken() -> None:
    assert limits_at_the_gate({"think": True}, CUT_OFF) == ([MAX_TOKENS_THINKING], BROKEN)
    assert limits_at_the_gate({}, CUT_OFF)[1] == BROKEN


# --- requested and effective ---------------------------------------------------------------------


def told(**changes: Any) -> Reply:
    return reply(RIGHT_REPLY, **changes)


@pytest.mark.parametrize(
    ("n_ctx", "listed"),
    [(32768, False), (33023, False), (33024, True), (4096, True), (131072, True), (None, True)],
)
def test_a_context_that_is_not_the_one_asked_for_is_listed(n_ctx: int | None, listed: bool) -> None:
    """Servers round it up to whole blocks, and no further."""
    settings = {"options": {"num_ctx": 32768}}
    for where in (
        {"facts": ServerFacts(n_ctx=n_ctx)},
        {"identity": replace(IDENTITY, n_ctx=n_ctx)},
        {"replies": [told(n_ctx=n_ctx)]},
    ):
        found = probed(settings, **where)
        assert found["requested"]["n_ctx"] == 32768
        assert found["effective"]["n_ctx"] == n_ctx
        assert not_applied(found) == (["n_ctx"] if listed else [])


def test_what_the_reply_tells_of_the_context_comes_first() -> None:
    found = probed(None, told(n_ctx=1), facts=ServerFacts(n_ctx=2), identity=IDENTITY)
    assert found["effective"]["n_ctx"] == 1


SEEN = as_lines(
    {"message": {"content": RIGHT_REPLY}, "done": True, "done_reason": "stop", "eval_count": 9}
)


@pytest.mark.parametrize(
    ("settings", "asked_for"),
    [
        ({}, 32768),
        ({"options": {"num_ctx": 8192}}, 8192),
        ({"extra_body": {"options": {"num_ctx": 16384}}}, 16384),
    ],
)
@pytest.mark.parametrize("is_kept", [True, False])
def test_the_context_that_ollama_is_always_sent_was_asked_for(
    settings: dict[str, Any], asked_for: int, is_kept: bool
) -> None:
    loaded = {"name": "some:1", "context_length": asked_for if is_kept else 4096}
    paths = {
        "/api/chat": SEEN,
        "/api/ps": as_json({"models": [loaded]}),
        "/api/version": as_json({"version": "0.31.0"}),
        "/api/tags": as_json({"models": [{"name": "some:1", "digest": "abc"}]}),
        "/api/show": as_json({"capabilities": ["vision"], "details": {}}),
    }
    with scripted(paths) as server:
        whole = {"backend": "ollama", "url": server.url, "tag": "some:1"} | settings
        found = probe(whole, connect(whole, {}), NoJournal())
        assert server.bodies("/api/chat")[0]["options"]["num_ctx"] == asked_for
    assert found["requested"]["n_ctx"] == asked_for
    assert not_applied(found) == ([] if is_kept else ["n_ctx"])


@pytest.mark.parametrize(
    ("think", "thinking", "listed"),
    [
        (True, "hm", False),
        (True, "", True),
        ("low", "hm", False),
        ("low", "", True),
        (False, "", False),
        (False, "hm", True),
        (None, "hm", False),
        (None, "", False),
    ],
)
def test_thinking_is_seen_in_the_reply(
    think: bool | str | None, thinking: str, listed: bool
) -> None:
    settings = {} if think is None else {"think": think}
    assert not_applied(probed(settings, told(thinking=thinking))) == (["think"] if listed else [])


def test_a_reply_of_nothing_proves_nothing_of_thinking() -> None:
    for think in (True, False):
        assert not_applied(probed({"think": think}, reply(""))) == ["think"]


@pytest.mark.parametrize("drafted", [None, 0, 5])
@pytest.mark.parametrize(
    ("asked", "settings"),
    [
        (False, {"server_args": ["--threads", "2"]}),
        (True, {"files": {"draft": "small.gguf"}}),
        (True, {"server_args": ["--spec-type", "ngram-simple"]}),
    ],
)
def test_a_draft_is_in_effect_when_tokens_were_drafted(
    settings: dict[str, Any], asked: bool, drafted: int | None
) -> None:
    found = probed(settings, told(draft_tokens=drafted))
    assert found["requested"]["draft"] is asked
    assert found["effective"]["draft"] is (None if drafted is None else drafted > 0)
    assert not_applied(found) == (["draft"] if asked and not drafted else [])


EXPERTS = ["--override-kv", "qwen3vlmoe.expert_used_count=int:4"]


@pytest.mark.parametrize(
    ("log", "effective"),
    [
        ("print_info: n_expert = 8\nprint_info: n_expert_used    = 4\n", 4),
        ("print_info: n_expert_used = 8\n", 8),
        ("n_expert_used = 4\nn_expert_used = 8 (of the draft)\n", 4),
        ("bytes that are no text: \udcff\udcfe\nn_expert_used=4", 4),
        ("nothing of experts", None),
        ("", None),
        (None, None),
    ],
)
def test_experts_are_read_from_the_log(
    log: str | None, effective: int | None, tmp_path: Path
) -> None:
    path = tmp_path / "server.log"
    if log is not None:
        path.write_bytes(log.encode("utf-8", "surrogateescape"))
    found = probed({"server_args": EXPERTS}, facts=ServerFacts(log=path))
    assert found["requested"]["experts_used"] == 4
    assert found["effective"]["experts_used"] == effective
    assert not_applied(found) == ([] if effective == 4 else ["experts_used"])


def test_all_that_is_not_proven_is_listed() -> None:
    settings = {
        "options": {"num_ctx": 4096},
        "think": True,
        "files": {"draft": "small.gguf"},
        "server_args": EXPERTS,
    }
    assert not_applied(probed(settings)) == ["n_ctx", "think", "draft", "experts_used"]


def test_a_vision_encoder_that_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    files = {"model": "a.gguf", "mmproj": str(tmp_path / "no.gguf")}
    assert probed({"files": files})["projector"] is None
    (tmp_path / "no.gguf").write_bytes(b"GGUF, but no such file")
    assert probed({"files": files})["projector"] is None


# --- files ---------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def written(folder: Path, found: dict[str, Any]) -> Path:
    path = folder / "probe" / "some" / "base" / "probe.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found), encoding="utf-8")
    return path


DAMAGED = [
    "",
    "{",
    "null",
    "[]",
    '"works"',
    "{}",
    '{"verdict": "broken_backend"}',
    '{"verdict": "broken_backend", "gate": 3, "gate_reply": {"error_message": null}}',
    '{"verdict": "works", "gate": {}, "gate_reply": null}',
    '{"verdict": "works", "identity": null}',
]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_probe_is_one_clear_error(folder: Path, text: str) -> None:
    path = written(folder, {})
    path.write_text(text)
    with pytest.raises(ScribebenchError, match=r"probe\.json is damaged .*make it again: .*snakem"):
        probe_row(path, "some", "base")


def test_a_missing_probe_is_the_same_error(folder: Path) -> None:
    with pytest.raises(ScribebenchError, match=r"probe\.json is damaged"):
        read_probe(folder / "probe.json", dict)


def test_the_mend_of_a_damaged_probe_makes_it_again(folder: Path) -> None:
    with pytest.raises(ScribebenchError, match=r"-R probe_model"):
        read_probe(folder / "probe.json", dict)


# --- rows ----------------------------------------------------------------------------------------


def row_of(folder: Path, found: dict[str, Any]) -> dict[str, Any]:
    """The row of a probe, written to its table and read again."""
    row = probe_row(written(folder, found), "some", "base")
    assert set(row) == {column.name for column in PROBES.columns}
    write_table(folder / "probes.parquet", PROBES, [row])
    [back] = read_rows(folder / "probes.parquet")
    assert {name: value for name, value in back.items() if name != "probed_at_utc"} == {
        name: value for name, value in row.items() if name != "probed_at_utc"
    }
    return back


def test_a_probe_is_a_row_with_all_that_was_found(folder: Path) -> None:
    settings = {"options": {"num_ctx": 32768}, "think": True}
    facts = ServerFacts(pid=os.getpid(), memory_claimed_bytes=2**40)
    found = probed(settings, identity=IDENTITY, facts=facts, loads_ns=[2**33, 2**33 + 1])
    found["projector"] = {"precision": "Q4_0", "below_q8": True}
    row = row_of(folder, found)
    assert (row["model"], row["variant"], row["verdict"]) == ("some", "base", "works")
    assert row["broken"] is None
    assert row["reads_word"] and row["tells_colours"] and row["keeps_form"] and row["stops"]
    assert row["gate_reply"] == RIGHT_REPLY
    assert row["model_digest"] == "sha256-1"
    assert (row["backend_version"], row["quantization"]) == ("b8000", "Q8_0")
    assert row["image_w_px"] == [640, 1280, 1920]
    assert row["image_h_px"] == [360, 720, 1080]
    assert row["image_tokens"] == [220, 880, 1980]
    assert row["n_ctx_requested"] == row["n_ctx_effective"] == 32768
    assert row["not_applied"] == ["think"]
    assert (row["projector_quant"], row["projector_below_q8"]) == ("Q4_0", True)
    assert row["process_rss_bytes"] > 0
    assert row["claimed_bytes"] == 2**40
    assert row["cold_load_ns"] == [2**33, 2**33 + 1, 2**33 + 1]
    assert (datetime.now(UTC) - row["probed_at_utc"]).total_seconds() < 60


def test_a_probe_that_found_nothing_is_a_row_of_nulls(folder: Path) -> None:
    row = row_of(folder, probed(None, reply(""), counts=False))
    assert row["verdict"] == "broken_backend"
    assert row["broken"].startswith("did not read a large word")
    unknown = {name for name, value in row.items() if value is None}
    assert unknown == {
        *("backend_version", "quantization", "n_ctx_requested", "n_ctx_effective"),
        *("projector_quant", "projector_below_q8"),
        *("process_rss_bytes", "gpu_bytes", "claimed_bytes", "error_message"),
    }
    assert (row["cold_load_ns"], row["image_tokens"]) == ([], [None] * 3)


def test_a_server_that_failed_has_a_row_too(folder: Path) -> None:
    row = row_of(folder, probed(None, reply("", finish_reason="error", error_message="oom")))
    assert (row["image_tokens"], row["broken"]) == ([], "gave no answer: oom")


def test_a_model_without_room_has_a_row_in_which_nothing_is_said_of_its_eyes(folder: Path) -> None:
    row = row_of(folder, probed(None, NO_ROOM))
    assert (row["verdict"], row["broken"]) == ("no_memory", None)
    assert row["error_message"] == "ran out of memory: why"
    assert {row[name] for name in Verdict._fields} == {None}


# --- the report ----------------------------------------------------------------------------------


def report(folder: Path, *found: dict[str, Any]) -> str:
    """The report's section about these probes."""
    probes = [
        probe_row(written(folder, one), f"model-{number}", "base")
        for number, one in enumerate(found)
    ]
    tables = folder / "tables"
    empty = (SESSIONS, RUNS, STAGES, REQUESTS, DESCRIPTIONS, GRADES, ATTRIBUTION, SEGMENTS)
    of_rubric = (RUBRIC_ITEMS, CRITERIA, ROLES, COMPARISONS)
    for table in (*empty, *of_rubric, AGREEMENT, with_session(FRAMES)):
        write_table(tables / f"{table.name}.parquet", table, [])
    write_table(tables / "probes.parquet", PROBES, probes)
    labels = {f"model-{number}": f"Model {number}" for number in range(len(found))}
    whole = write_markdown(load(tables, labels, {}, []), {})
    return whole.partition("## What the probes found\n")[2].partition("\n## Where")[0]


def cells(section: str) -> list[dict[str, str]]:
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    split = [[cell.strip() for cell in line.strip("|").split(" |")] for line in lines]
    return [dict(zip(split[0], line, strict=True)) for line in split[2:]]


def test_the_report_tells_what_was_found_of_a_model_that_works(folder: Path) -> None:
    found = probed(identity=IDENTITY, loads_ns=[2 * 10**9, 3 * 10**9, 9 * 10**9])
    found["memory"] = {"process_rss_bytes": 12 * 10**9, "gpu_bytes": None, "claimed_bytes": None}
    found["projector"] = {"precision": "F16", "below_q8": False}
    section = report(folder, found)
    assert cells(section) == [
        {
            "candidate": "Model 0",
            "gate": "works",
            "tokens a picture": "640x360: 220, 1280x720: 880, 1920x1080: 1980",
            "context": "32768",
            "cold load s": f"3.0 (2.0{DASH}9.0)",
            "n": "3",
            "memory GB": "12.0",
            "GPU GB": DASH,
            "vision encoder": "F16",
        }
    ]
    assert "\n- " not in section


def test_the_report_tells_what_is_broken_and_the_raw_reply(folder: Path) -> None:
    found = probed({"options": {"num_ctx": 8192}}, reply("fragments of rubbish"), counts=False)
    found["projector"] = {"precision": "Q4_0", "below_q8": True}
    section = report(folder, probed(), found)
    works, broken = cells(section)
    assert (works["gate"], broken["gate"]) == ("works", "broken")
    assert broken["tokens a picture"] == f"640x360: {DASH}, 1280x720: {DASH}, 1920x1080: {DASH}"
    assert [broken[name] for name in ("context", "cold load s", "memory GB")] == [DASH] * 3
    assert broken["n"] == "0"
    notes = [line for line in section.splitlines() if line.startswith("- ")]
    assert [note[:11] for note in notes] == ["- Model 1: "] * 3
    assert "did not read a large word" in notes[0]
    assert "it answered" in notes[0] and "fragments of rubbish" in notes[0]
    assert "below Q8" in notes[1]
    assert notes[2].endswith("in effect: n\\_ctx.")


def test_the_report_tells_what_had_no_room_and_how_it_is_probed_again(folder: Path) -> None:
    section = report(folder, probed({"options": {"num_ctx": 8192}}, NO_ROOM))
    [row] = cells(section)
    assert (row["gate"], row["context"], row["tokens a picture"]) == ("no memory", DASH, DASH)
    told, proven = [line for line in section.splitlines() if line.startswith("- ")]
    assert "there was no memory for it, so that nothing was asked: ran out of memory" in told
    assert "results/probe/model-0/base/probe.json -R probe_model`." in told
    assert "n\\_ctx" in proven
    assert "broken" not in section


def test_an_empty_reply_is_told_as_nothing(folder: Path) -> None:
    assert "it answered nothing." in report(folder, probed(None, reply(" \n ")))


@pytest.mark.parametrize(
    "hostile",
    [reply(HOSTILE), reply("", finish_reason="error", error_message=HOSTILE), reply("\ufffd" * 90)],
)
def test_what_a_broken_model_says_cannot_act_in_the_report(folder: Path, hostile: Reply) -> None:
    section = report(folder, probed(None, hostile))
    assert "<script>" not in section and "<b>" not in section and "</details>" not in section
    assert "http://" not in section and "\x1b" not in section
    assert "\n#" not in section and "```" not in section
    assert len(cells(section)) == 1
    assert len([line for line in section.splitlines() if line.startswith("- ")]) == 1


def test_without_a_model_nothing_was_probed(folder: Path) -> None:
    assert "the OCR baseline needs none" in report(folder)
