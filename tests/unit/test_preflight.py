"""What is missing is told before the first job: all of it, once, and with its mend."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scribebench.backends.base import ModelIdentity, ServerUnreachableError
from scribebench.errors import ScribebenchError
from scribebench.project import preflight
from scribebench.project.models import Run
from scribebench.project.preflight import changes, message, problems_of
from unit.scripted_server import as_json, scripted

URL = "http://127.0.0.1:9"
DOWN = f"no server answers at {URL}; start it"
KNOWN = ModelIdentity("tiny", "abc", backend_version="b1")


class FakeBackend:
    """A backend module whose servers have the problems, and the identity, that it is given."""

    def __init__(self, problems: Any = (), told: ModelIdentity | Exception | None = None):
        self._problems, self._told = problems, told
        self.looked_at: list[dict[str, Any]] = []

    def problems(self, settings: dict[str, Any]) -> list[str]:
        self.looked_at.append(settings)
        found = self._problems(settings) if callable(self._problems) else self._problems
        return list(found)

    def identity(self, settings: dict[str, Any]) -> ModelIdentity | None:
        if isinstance(self._told, Exception):
            raise self._told
        return self._told


@pytest.fixture
def backends(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The backend modules that there are, by the name that a model file gives."""
    modules: dict[str, Any] = {}
    monkeypatch.setattr(preflight, "_backend", modules.get)
    yield modules


def settings(backend: str = "fake", tag: str = "tiny", **more: Any) -> dict[str, Any]:
    return {"backend": backend, "url": URL, "tag": tag, **more}


def raising(error: Exception) -> Any:
    def problems(settings: dict[str, Any]) -> list[str]:
        raise error

    return problems


def finished_requests(
    state: Path, run: Run, known: ModelIdentity = KNOWN, journal: str = "{}\n"
) -> None:
    """Write what a run leaves behind that was answered by `known`."""
    identity = state / "identities" / run.model / f"{run.variant}.json"
    identity.parent.mkdir(parents=True, exist_ok=True)
    identity.write_text(json.dumps(asdict(known)))
    requests = state / "requests" / f"{run.model}.jsonl"
    requests.parent.mkdir(exist_ok=True)
    requests.write_text(journal)


def test_each_problem_is_a_line_that_names_its_models(backends: dict[str, Any]) -> None:
    backends["fake"] = FakeBackend(lambda one: [DOWN, f"no {one['tag']}; run: pull {one['tag']}"])
    runs = {
        Run("tiny", "base"): settings(),
        Run("tiny", "batch-1"): settings(batch_size=1),
        Run("big", "base"): settings(tag="big"),
    }
    problems = problems_of(runs, Path("nowhere"))
    assert problems == [
        f"tiny, big: {DOWN}",
        "tiny: no tiny; run: pull tiny",
        "big: no big; run: pull big",
    ]
    text = message(problems)
    assert text.startswith("Error: 3 problems to mend first; no job was run.\n")
    assert all(f"\n  - {problem}\n" in text for problem in problems)
    assert text.endswith("take these out of `models:` in config/config.yaml.")


def test_a_single_variant_is_named_where_the_others_have_no_problem(
    backends: dict[str, Any],
) -> None:
    backends["fake"] = FakeBackend(lambda one: ["it cannot think"] if one.get("think") else [])
    runs = {
        Run("tiny", "base"): settings(),
        Run("tiny", "think"): settings(think=True),
        Run("tiny", "batch-1"): settings(batch_size=1),
    }
    assert problems_of(runs, Path("nowhere")) == ["tiny/think: it cannot think"]


def test_what_variants_share_is_looked_at_once(backends: dict[str, Any]) -> None:
    fake = backends["fake"] = FakeBackend()
    runs = {
        Run("tiny", "base"): settings(label="Tiny", options={"temperature": 0}),
        Run("tiny", "batch-1"): settings(batch_size=1, options={"temperature": 1}),
        Run("again", "base"): settings(label="The same model in another file"),
        Run("keyed", "base"): settings(api_key_env="SOME_KEY"),
        Run("big", "base"): settings(tag="big"),
    }
    assert problems_of(runs, Path("nowhere")) == []
    looked_at = [(one["tag"], one.get("api_key_env")) for one in fake.looked_at]
    assert sorted(looked_at, key=str) == [("big", None), ("tiny", "SOME_KEY"), ("tiny", None)]
    # A look gets what a job gets: nothing that only reports show.
    assert not any("label" in one for one in fake.looked_at)


def test_the_baseline_and_what_cannot_be_looked_at_have_no_problems(
    backends: dict[str, Any],
) -> None:
    backends |= {"ocr": FakeBackend(["never asked"]), "older": SimpleNamespace()}
    runs = {
        Run("ocr-baseline", "base"): {"backend": "ocr"},
        Run("some", "base"): settings("older"),
        Run("other", "base"): settings("none-such"),
    }
    assert problems_of(runs, Path("nowhere")) == []


@pytest.mark.parametrize("name", ["openai", "none-such"])
def test_a_backend_is_found_by_its_name(name: str) -> None:
    module = preflight._backend(name)
    assert (module and module.__name__) == (
        "scribebench.backends.openai" if name == "openai" else None
    )


@pytest.mark.parametrize(
    "told", ["red \x1b[31m\x07alert", "a\r\n  - forged: line", "turned \u202eround\u2028again"]
)
def test_text_of_a_server_changes_nothing_around_it(backends: dict[str, Any], told: str) -> None:
    backends["fake"] = FakeBackend([f"it has: {told}; run: ollama pull tiny"])
    (line,) = problems_of({Run("tiny", "base"): settings()}, Path("nowhere"))
    assert line.isprintable()
    assert line.endswith("; run: ollama pull tiny")


def test_a_long_answer_is_cut_and_its_mend_stays(backends: dict[str, Any]) -> None:
    backends["fake"] = FakeBackend(["it has: " + "model, " * 5000 + "; run: ollama pull tiny"])
    (line,) = problems_of({Run("tiny", "base"): settings()}, Path("nowhere"))
    assert len(line) < 1000
    assert line.startswith("tiny: it has: model,")
    assert line.endswith("; run: ollama pull tiny")


def test_servers_are_asked_side_by_side(backends: dict[str, Any]) -> None:
    """Each look waits for the others: one after the other, they would wait in vain."""
    together = threading.Barrier(4)

    def wait_for_all(settings: dict[str, Any]) -> list[str]:
        together.wait(5)
        return []

    backends["fake"] = FakeBackend(wait_for_all)
    notes: list[str] = []
    runs = {Run(f"m{n}", "base"): settings(tag=f"m{n}") for n in range(4)}
    assert problems_of(runs, Path("nowhere"), notes.append) == []
    assert notes == []


def test_a_server_that_keeps_silent_holds_nothing_up(backends: dict[str, Any]) -> None:
    end = threading.Event()

    def keep_silent(settings: dict[str, Any]) -> list[str]:
        end.wait(30)
        return []

    backends["fake"] = FakeBackend(keep_silent)
    runs = {Run(name, "base"): settings(tag=name) for name in ("one", "two", "three")}
    started = time.monotonic()
    problems = problems_of(runs, Path("nowhere"), limit_s=0.2)
    assert time.monotonic() - started < 5
    end.set()
    (line,) = problems
    assert line.startswith(f"one, two, three: the server at {URL} has not answered within 0.2 s")


@pytest.mark.parametrize("how", ["told", "raised"])
def test_a_server_that_is_down_does_not_stop_what_may_go_on(
    backends: dict[str, Any], tmp_path: Path, how: str
) -> None:
    error = ServerUnreachableError(DOWN)
    backends["fake"] = FakeBackend([DOWN] if how == "told" else raising(error), error)
    runs = {Run("tiny", "base"): settings(), Run("tiny", "batch-1"): settings(batch_size=1)}
    finished_requests(tmp_path, Run("tiny", "base"))
    notes: list[str] = []
    # The other variant was never asked, so nobody knows who would have answered.
    assert problems_of(runs, tmp_path, notes.append) == [f"tiny/batch-1: {DOWN}"]
    (note,) = notes
    assert note.startswith(f"Note: tiny: {DOWN}. ")
    assert "only its finished requests goes on" in note


@pytest.mark.parametrize("journal", ["", '{"torn'])
def test_without_a_finished_request_a_server_must_be_up(
    backends: dict[str, Any], tmp_path: Path, journal: str
) -> None:
    run = Run("tiny", "base")
    backends["fake"] = FakeBackend([DOWN], ServerUnreachableError(DOWN))
    finished_requests(tmp_path, run, journal=journal)
    assert problems_of({run: settings()}, tmp_path) == [f"tiny: {DOWN}"]


def test_what_is_no_matter_of_reaching_a_server_stops_always(
    backends: dict[str, Any], tmp_path: Path
) -> None:
    run = Run("tiny", "base")
    unset = "the environment variable SOME_KEY is not set: export SOME_KEY=..."
    finished_requests(tmp_path, run)
    for fake in (
        FakeBackend([unset], ScribebenchError(unset)),
        FakeBackend(raising(ScribebenchError(unset))),
    ):
        backends["fake"] = fake
        assert problems_of({run: settings()}, tmp_path) == [f"tiny: {unset}"]


def test_a_look_that_fails_itself_is_told_and_stops_nothing(backends: dict[str, Any]) -> None:
    backends["fake"] = FakeBackend(raising(TypeError("no list")))
    notes: list[str] = []
    assert problems_of({Run("tiny", "base"): settings()}, Path("nowhere"), notes.append) == []
    assert notes == ["Note: tiny: this could not be checked before the start (TypeError: no list)"]


def test_advice_is_a_note(backends: dict[str, Any]) -> None:
    fake = backends["fake"] = FakeBackend()
    fake.advice = lambda settings: ["the vision encoder is coarse"]
    notes: list[str] = []
    runs = {Run("tiny", "base"): settings(), Run("tiny", "batch-1"): settings(batch_size=1)}
    assert problems_of(runs, Path("nowhere"), notes.append) == []
    assert notes == ["Note: tiny: the vision encoder is coarse"]


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (KNOWN, []),
        (ModelIdentity("tiny", "abc", None), []),
        (ModelIdentity("tiny", "abc", "b2"), ["another build than before (b1 then, b2 now)"]),
        (ModelIdentity("tiny", "def", "b1"), ["other weights for 'tiny'", "abc then, def now"]),
        (ModelIdentity("tiny", "def", "b2"), ["other weights for 'tiny'", "abc then, def now"]),
    ],
)
def test_a_server_that_has_changed_is_told(now: ModelIdentity, told: list[str]) -> None:
    text = changes(settings(), KNOWN, now)
    assert len(text) == bool(told)
    for part in told:
        assert part in text[0]


@pytest.mark.parametrize(
    ("now", "how"),
    [
        (ModelIdentity("tiny", "def"), "To ask all again: snakemake"),
        (ModelIdentity("tiny", "abc", "b2"), "requests/tiny.jsonl, then snakemake"),
    ],
)
def test_a_change_is_a_note_with_the_command_that_asks_again(
    backends: dict[str, Any], tmp_path: Path, now: ModelIdentity, how: str
) -> None:
    backends["fake"] = FakeBackend(told=now)
    runs = {Run("tiny", "batch-1"): settings(), Run("new", "base"): settings(batch_size=2)}
    finished_requests(tmp_path, Run("tiny", "batch-1"))
    notes: list[str] = []
    assert problems_of(runs, tmp_path, notes.append) == []
    (note,) = notes
    assert note.startswith(f"Note: tiny: the server at {URL} ")
    assert how in note
    command = "snakemake --cores 4 results/runs/*/tiny/batch-1/run.json -R describe_frames"
    assert note.endswith(command)


def test_a_real_backend_is_looked_at(tmp_path: Path) -> None:
    """An OpenAI-style server that has another model, and one that has just gone."""
    props = as_json({"build_info": "b2"})
    with scripted(props=props) as server:
        here = settings("openai", tag="some") | {"url": server.url}
        runs = {Run("there", "base"): here, Run("missing", "base"): here | {"tag": "other"}}
        finished_requests(tmp_path, Run("there", "base"), ModelIdentity("some", "old", "b1"))
        notes: list[str] = []
        (line,) = problems_of(runs, tmp_path, notes.append)
        assert line.startswith("missing: ")
        assert "has no model 'other'" in line
        assert ["other weights for 'some'" in note for note in notes] == [True]
    notes.clear()
    assert problems_of({Run("there", "base"): here}, tmp_path, notes.append) == []
    assert ["only its finished requests goes on" in note for note in notes] == [True]
