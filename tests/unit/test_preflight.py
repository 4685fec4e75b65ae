"""What is missing is told before the first job: all of it, once, and with its mend."""

import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scribebench.backends import http
from scribebench.backends.base import ModelIdentity, Reply, ServerUnreachableError
from scribebench.describe.journal import Conditions, Entry, IdentityStore, Journal
from scribebench.errors import ScribebenchError
from scribebench.files import write_text
from scribebench.project import preflight
from scribebench.project.changes import Due, change_between, redo
from scribebench.project.models import Run, run_id
from scribebench.project.preflight import message, problems_of
from unit.scripted_server import as_json, scripted

URL = "http://127.0.0.1:9"
DOWN = f"no server answers at {URL}; start it"
KNOWN = ModelIdentity("tiny", "abc", backend_version="b1")


class FakeBackend:
    """A backend module whose servers, running ones, have the problems or the identity it is given.

    A problem that is a text is no matter of reaching the server.
    """

    def __init__(self, problems: Any = None, told: ModelIdentity = KNOWN):
        self._problems, self._told = problems, told
        self.looked_at: list[dict[str, Any]] = []
        self.open = 0

    def connect(self, settings: dict[str, Any], context: dict[str, Any]) -> Any:
        self.looked_at.append(settings)
        self.open += 1
        return SimpleNamespace(identify=lambda: self._identify(settings), close=self._close)

    def _identify(self, settings: dict[str, Any]) -> ModelIdentity:
        found = self._problems(settings) if callable(self._problems) else self._problems
        if found:
            raise found if isinstance(found, Exception) else ScribebenchError(found)
        return self._told

    def _close(self) -> None:
        self.open -= 1


class FakeStarter:
    """A backend module whose servers are started for a job, with what is known before that."""

    def __init__(
        self,
        problems: Sequence[str] = (),
        advice: Sequence[str] = (),
        told: ModelIdentity | None = None,
    ):
        self._problems, self._advice, self._told = problems, advice, told
        self.identified = 0

    def problems(self, settings: dict[str, Any]) -> list[str]:
        return list(self._problems)

    def advice(self, settings: dict[str, Any]) -> list[str]:
        return list(self._advice)

    def identity(self, settings: dict[str, Any], context: dict[str, Any]) -> ModelIdentity | None:
        self.identified += 1
        return self._told


@pytest.fixture
def backends(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The backend modules that there are, by the name that a model file gives."""
    modules: dict[str, Any] = {}
    monkeypatch.setattr(preflight, "_backend", modules.get)
    yield modules


def settings(backend: str = "fake", tag: str = "tiny", **more: Any) -> dict[str, Any]:
    return {"backend": backend, "url": URL, "tag": tag, **more}


def started(**more: Any) -> dict[str, Any]:
    """Settings of a model whose server is started for a job."""
    return {"backend": "starter", "files": {}, **more}


def due(runs: dict[Run, dict[str, Any]], *sessions: str, is_probed: bool = True) -> dict[Run, Due]:
    """All of them are to describe these sessions, `demo` unless said, and to be probed."""
    return {run: Due(one, frozenset(sessions or ("demo",)), is_probed) for run, one in runs.items()}


def look(runs: dict[Run, Due], state: Path = Path("nowhere"), **more: Any) -> Any:
    """Return problems and notes."""
    notes: list[str] = []
    return problems_of(runs, state, notes.append, **more), notes


def was_asked(
    state: Path, run: Run, known: ModelIdentity = KNOWN, by: Sequence[str] = ("demo",)
) -> Path:
    """Write what a run leaves behind that was answered by `known`; return its journal."""
    IdentityStore(state / "identities" / run.model / f"{run.variant}.json").put(known, {})
    path = state / "requests" / f"{run.model}.jsonl"
    for session in by:
        answered(path, run_id(session, run))
    return path


def answered(path: Path, by: str, key: str = "0a") -> None:
    reply = Reply("said", "", datetime.now(UTC), 1, "stop", True)
    Journal(path).put(key, Entry(by, reply, Conditions(None, None, None, {})))


def finished(state: Path, run: Run, *sessions: str, is_there: bool = True) -> None:
    """Write the results of a run, and the folders of the sessions unless they are gone."""
    for session in sessions:
        path = state.parent / "runs" / session / run.model / run.variant / "run.json"
        path.parent.mkdir(parents=True)
        path.touch()
        if is_there:
            (state.parent.parent / "sessions" / session).mkdir(parents=True, exist_ok=True)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "results" / ".state"


def test_each_problem_is_a_line_that_names_its_models(backends: dict[str, Any]) -> None:
    backends["fake"] = FakeBackend(lambda one: f"no {one['tag']}; run: pull {one['tag']}")
    backends["starter"] = FakeStarter([DOWN, "there is no file; download it"])
    runs = {
        Run("tiny", "base"): settings(),
        Run("tiny", "batch-1"): settings(batch_size=1),
        Run("again", "base"): settings(),
        Run("big", "base"): started(),
    }
    problems, _ = look(due(runs))
    assert problems == [
        "tiny, again: no tiny; run: pull tiny",
        f"big: {DOWN}",
        "big: there is no file; download it",
    ]
    text = message(problems)
    assert text.startswith("Error: 3 problems to mend first; no job was run.\n")
    assert all(f"\n  - {problem}\n" in text for problem in problems)
    assert text.endswith("take these out of `models:` in config/config.yaml.")


def test_a_single_variant_is_named_where_the_others_have_no_problem(
    backends: dict[str, Any],
) -> None:
    backends["fake"] = FakeBackend(
        lambda one: "it cannot think" if one.get("think") else one.get("batch_size") and "too many"
    )
    runs = {
        Run("tiny", "base"): settings(),
        Run("tiny", "think"): settings(think=True),
        Run("tiny", "batch-3"): settings(batch_size=3),
    }
    assert look(due(runs))[0] == ["tiny/think: it cannot think", "tiny/batch-3: too many"]


def test_what_variants_share_is_looked_at_once(backends: dict[str, Any]) -> None:
    fake = backends["fake"] = FakeBackend()
    runs = {
        Run("tiny", "base"): settings(label="Tiny", options={"temperature": 0}),
        Run("tiny", "batch-1"): settings(batch_size=1, options={"temperature": 1}),
        Run("again", "base"): settings(label="The same model in another file"),
        Run("keyed", "base"): settings(api_key_env="SOME_KEY"),
        Run("big", "base"): settings(tag="big"),
    }
    assert look(due(runs)) == ([], [])
    looked_at = [(one["tag"], one.get("api_key_env")) for one in fake.looked_at]
    assert sorted(looked_at, key=str) == [("big", None), ("tiny", "SOME_KEY"), ("tiny", None)]
    # A look gets what a job gets: nothing that only reports show.
    assert not any("label" in one for one in fake.looked_at)
    assert fake.open == 0


def test_the_baseline_and_what_cannot_be_looked_at_have_no_problems(
    backends: dict[str, Any],
) -> None:
    backends["ocr"] = FakeBackend("never asked")
    runs = {
        Run("ocr-baseline", "base"): {"backend": "ocr"},
        Run("other", "base"): settings("none-such"),
    }
    assert look(due(runs)) == ([], [])


@pytest.mark.parametrize("name", ["openai", "none-such"])
def test_a_backend_is_found_by_its_name(name: str) -> None:
    module = preflight._backend(name)
    assert (module and module.__name__) == (
        "scribebench.backends.openai" if name == "openai" else None
    )


def test_nothing_heavy_is_loaded_before_a_model_is_to_be_asked() -> None:
    """Each start loads it, also one that has nothing to ask."""
    heavy = {"httpx", "numpy", "cv2", "pyarrow", "snakemake", "scribebench.describe.journal"}
    code = (
        "import sys; from pathlib import Path\n"
        "from scribebench.project.preflight import Due, Run, problems_of\n"
        "problems_of({Run('o', 'base'): Due({'backend': 'ocr'})})\n"
        f"print(sorted({heavy} & set(sys.modules)))"
    )
    scripts = Path(preflight.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=scripts, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.parametrize(
    "told", ["red \x1b[31m\x07alert", "a\r\n  - forged: line", "turned \u202eround\u2028again"]
)
def test_text_of_a_server_changes_nothing_around_it(backends: dict[str, Any], told: str) -> None:
    backends["fake"] = FakeBackend(f"it has: {told}; run: ollama pull tiny")
    ((line,), _) = look(due({Run("tiny", "base"): settings()}))
    assert line.isprintable()
    assert line.endswith("; run: ollama pull tiny")


def test_a_long_answer_is_cut_and_its_mend_stays(backends: dict[str, Any]) -> None:
    backends["fake"] = FakeBackend("it has: " + "model, " * 5000 + "; run: ollama pull tiny")
    ((line,), _) = look(due({Run("tiny", "base"): settings()}))
    assert len(line) < 1000
    assert line.startswith("tiny: it has: model,")
    assert line.endswith("; run: ollama pull tiny")


def test_servers_are_asked_side_by_side(backends: dict[str, Any]) -> None:
    """Each look waits for the others: one after the other, they would wait in vain."""
    together = threading.Barrier(4)
    backends["fake"] = FakeBackend(lambda settings: together.wait(5) and None)
    runs = {Run(f"m{n}", "base"): settings(tag=f"m{n}") for n in range(4)}
    assert look(due(runs)) == ([], [])


def test_a_server_that_keeps_silent_holds_nothing_up(backends: dict[str, Any]) -> None:
    end = threading.Event()
    backends["fake"] = FakeBackend(lambda settings: end.wait(30) and None)
    runs = {Run(name, "base"): settings(tag=name) for name in ("one", "two", "three")}
    begin = time.monotonic()
    (line,), _ = look(due(runs), limit_s=0.2)
    assert time.monotonic() - begin < 5
    end.set()
    assert line.startswith(f"one, two, three: the server at {URL} has not answered within 0.2 s")


def test_a_server_that_is_down_does_not_stop_what_may_go_on(
    backends: dict[str, Any], state: Path
) -> None:
    backends["fake"] = FakeBackend(ServerUnreachableError(DOWN))
    runs = {Run("tiny", "base"): settings(), Run("tiny", "batch-1"): settings(batch_size=1)}
    was_asked(state, Run("tiny", "base"))
    # The other variant was never asked, so nobody knows who would have answered.
    problems, (note,) = look(due(runs), state)
    assert problems == [f"tiny/batch-1: {DOWN}"]
    assert note.startswith(f"Note: tiny: {DOWN}. ")
    assert "only its finished requests goes on" in note


def test_without_a_finished_request_of_its_own_a_server_must_be_up(
    backends: dict[str, Any], state: Path
) -> None:
    run, other = Run("tiny", "base"), Run("tiny", "batch-1")
    runs = due({run: settings()})
    backends["fake"] = FakeBackend(ServerUnreachableError(DOWN))
    down = ([f"tiny: {DOWN}"], [])
    journal = was_asked(state, run, by=[])
    assert look(runs, state) == down
    answered(journal, "18c2a5f0-1f3a", key="of the gate")
    was_asked(state, run, by=["another-session"])
    was_asked(state, other)
    with journal.open("a") as stream:
        stream.write('not JSON\n{"key": "0b", "run_id": "' + run_id("demo", run) + '", "torn')
    assert look(runs, state) == down
    was_asked(state, run)  # so that each of these could have failed
    assert look(runs, state)[0] == []


def test_what_is_only_probed_may_use_the_last_probe(backends: dict[str, Any], state: Path) -> None:
    run = Run("tiny", "base")
    runs = {run: Due(settings(), is_probed=True)}
    backends["fake"] = FakeBackend(ServerUnreachableError(DOWN))
    was_asked(state, run)
    assert look(runs, state) == ([f"tiny: {DOWN}"], [])
    write_text(state / "probes" / "tiny" / "base.json", "{}")
    assert look(runs, state)[0] == []


def test_what_is_no_matter_of_reaching_a_server_stops_always(
    backends: dict[str, Any], state: Path
) -> None:
    run = Run("tiny", "base")
    unset = "the environment variable SOME_KEY is not set: export SOME_KEY=..."
    was_asked(state, run)
    backends["fake"] = FakeBackend(unset)
    assert look(due({run: settings()}), state) == ([f"tiny: {unset}"], [])


def test_a_look_that_fails_itself_is_told_and_stops_nothing(backends: dict[str, Any]) -> None:
    fake = backends["fake"] = FakeBackend(TypeError("no list"))
    assert look(due({Run("tiny", "base"): settings()})) == (
        [],
        ["Note: tiny: this could not be checked before the start (TypeError: no list)"],
    )
    assert fake.open == 0


def test_advice_is_a_note(backends: dict[str, Any]) -> None:
    backends["starter"] = FakeStarter(advice=["the vision encoder is coarse"])
    runs = {Run("tiny", "base"): started(), Run("tiny", "batch-1"): started(batch_size=1)}
    assert look(due(runs)) == ([], ["Note: tiny: the vision encoder is coarse"])


def test_where_something_is_missing_nobody_asks_for_more(backends: dict[str, Any]) -> None:
    fake = backends["starter"] = FakeStarter(["no file"], ["coarse"])
    assert look(due({Run("tiny", "base"): started()})) == (["tiny: no file"], [])
    assert fake.identified == 0


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (KNOWN, None),
        (ModelIdentity("tiny", "abc", None), None),
        (ModelIdentity("tiny", "abc", "b2"), ("another build than before (b1 then, b2 now)", True)),
        (ModelIdentity("tiny", "def", "b1"), ("'tiny' than before (digest abc then, def", False)),
        (ModelIdentity("tiny", "def", "b2"), ("'tiny' than before (digest abc then, def", False)),
    ],
)
def test_a_server_that_has_changed_is_told(
    now: ModelIdentity, told: tuple[str, bool] | None
) -> None:
    change = change_between(settings(), KNOWN, now)
    assert bool(change) == bool(told)
    if change and told:
        assert told[0] in change.text
        assert change.text.startswith(f"the server at {URL} ")
        assert change.is_build == told[1]


def test_a_change_of_a_server_that_is_started_is_told(
    backends: dict[str, Any], state: Path
) -> None:
    run = Run("tiny", "base")
    was_asked(state, run)
    runs = due({run: started()})
    for told, text in (
        (None, None),
        (KNOWN, None),
        (ModelIdentity("tiny", "def"), "its files or arguments are not as they were"),
        (ModelIdentity("tiny", "abc", "b2"), "starter is another build than before (b1 then, b2"),
    ):
        backends["starter"] = FakeStarter(told=told)
        problems, notes = look(runs, state)
        assert problems == []
        assert [note.startswith(f"Note: tiny: {text}") for note in notes] == [True] * bool(text)


def test_variants_of_one_model_are_asked_again_by_one_command(
    backends: dict[str, Any], state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(state.parent.parent)
    state = Path("results/.state")
    backends["fake"] = FakeBackend(told=ModelIdentity("tiny", "abc", "b2"))
    runs = {
        Run("tiny", "base"): settings(),
        Run("tiny", "batch-1"): settings(batch_size=1),
        Run("again", "base"): settings(),
        Run("new", "base"): settings(),
    }
    for run in list(runs)[:3]:
        was_asked(state, run)
    _, (tiny, again) = look(due(runs), state)
    assert tiny.startswith("Note: tiny: ")
    assert tiny.endswith(
        "): rm -f results/.state/requests/tiny.jsonl && "
        f"{shlex.quote(str(Path(sys.executable).parent / 'snakemake'))} --cores 4 "
        "results/probe/tiny/base/probe.json results/runs/*/tiny/base/run.json "
        "results/probe/tiny/batch-1/probe.json results/runs/*/tiny/batch-1/run.json "
        "-R probe_model describe_frames"
    )
    assert again.startswith("Note: again: ")
    assert "batch-1" not in again


@pytest.mark.parametrize(
    ("place", "told"),
    [("project/.venv/bin", ".venv/bin/snakemake"), ("an env/bin", "'{}/an env/bin/snakemake'")],
)
def test_the_command_needs_nothing_activated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, told: str
) -> None:
    (tmp_path / "project").mkdir()
    write_text(tmp_path / place / "snakemake", "")
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setattr(sys, "executable", str(tmp_path / place / "python"))
    command = redo({Run("tiny", "base"): Due({})}, Path("results/.state"), with_journal=False)
    assert command.startswith(told.format(tmp_path) + " --cores 4 results/probe/tiny/base/probe")


def test_other_weights_need_a_command_only_where_old_answers_stay(
    backends: dict[str, Any], state: Path
) -> None:
    run, results = Run("tiny", "batch-1"), state.parent
    backends["fake"] = FakeBackend(told=ModelIdentity("tiny", "def"))
    was_asked(state, run)
    finished(state, run, "demo", "monday")
    all_again = "batch-1/run.json -R probe_model describe_frames"

    (note,) = look(due({run: settings()}, "demo", "monday"), state)[1]
    assert note.endswith(
        "(digest abc then, def now): all of it is asked of what is there now, in this start"
    )
    (note,) = look(due({run: settings()}, "demo"), state)[1]
    assert note.endswith(f" {results}/runs/*/tiny/{all_again}")
    assert "rm -f" not in note, "the journal keeps the answers of both apart"
    write_text(results / "probe" / "tiny" / "batch-1" / "probe.json", "{}")
    (note,) = look(due({run: settings()}, "demo", "monday", is_probed=False), state)[1]
    assert note.endswith(all_again)


def test_sessions_that_are_gone_are_not_asked_again(backends: dict[str, Any], state: Path) -> None:
    run, results = Run("tiny", "base"), state.parent
    backends["fake"] = FakeBackend(told=ModelIdentity("tiny", "def"))
    was_asked(state, run)
    finished(state, run, "demo", "monday")
    finished(state, run, "gone", is_there=False)
    (note,) = look(due({run: settings()}, "demo", "new"), state)[1]
    paths = [f"{results}/runs/{name}/tiny/base/run.json" for name in ("demo", "monday", "new")]
    assert f"/base/probe.json {' '.join(paths)} -R " in note


def test_a_real_backend_is_looked_at_once(state: Path) -> None:
    """An OpenAI-style server that has another model, and one that has just gone."""
    props = as_json({"build_info": "b2"})
    with scripted(props=props) as server:
        here = settings("openai", tag="some") | {"url": server.url}
        there = Run("there", "base")
        was_asked(state, there, ModelIdentity("some", "old", "b1"))
        _, notes = look(due({there: here}), state)
        assert ["other weights for 'some'" in note for note in notes] == [True]
        assert [path for path, _ in server.requests] == ["/v1/models", "/props"]
        missing = here | {"tag": "other"}
        (line,), _ = look(due({there: here, Run("missing", "base"): missing}), state)
        assert line.startswith("missing: ")
        assert "has no model 'other'" in line
    problems, notes = look(due({there: here}), state)
    assert problems == []
    assert ["only its finished requests goes on" in note for note in notes] == [True]


@pytest.mark.parametrize("status", [429, 502, 504])
def test_a_gateway_without_its_server_does_not_stop_what_may_go_on(
    state: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(http, "FIRST_BACKOFF_S", 0.01)
    with scripted(models=as_json({"error": "bad gateway"}, status)) as server:
        run, here = Run("there", "base"), settings("openai", tag="some") | {"url": server.url}
        was_asked(state, run, ModelIdentity("some", "old", "b1"))
        problems, (note,) = look(due({run: here}), state)
    assert problems == []
    assert "only its finished requests goes on" in note
    assert "correct `url:`" not in note
