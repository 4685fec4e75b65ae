"""Find what is missing before the first job runs: all of it, in one message, with its mends.

Called in `onstart:`, which Snakemake runs once: when the jobs are known, in the process that the
user started, never in a dry run. Only models that are really asked in this start are looked at.
"""

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from scribebench.errors import ScribebenchError
from scribebench.project.changes import (
    ASKING,
    JUDGE,
    PROBE,
    Change,
    Due,
    Settings,
    asked_about,
    change_between,
    journal_file,
    last_identity,
    what_it_touches,
)
from scribebench.project.documents import canonical_json
from scribebench.project.models import Run, identity, run_id
from scribebench.rubric import JUDGING

if TYPE_CHECKING:
    from types import ModuleType

    from scribebench.backends.base import ModelIdentity

STATE = Path("results/.state")
# The baseline needs nothing but files that the workflow makes.
EMBEDDED = frozenset({"ocr"})
# What decides whether a model can be asked; variants that share all of it are looked at once.
PLACE_FIELDS = (
    *("backend", "url", "tag", "api_key_env", "files", "server_args", "think", "serve", "remote"),
)
# All places are looked at side by side, so this is the longest that a start can be held up.
LIMIT_S = 10.0
GOES_ON = "A job that needs only its finished requests goes on without it, and any other fails"
MAX_CHARS, KEPT_TAIL_CHARS = 800, 300


class Found(NamedTuple):
    """What a look at one place found.

    `advice`: what can be run, but should not be trusted.
    `is_unreachable`: the server cannot be talked to at all, so finished requests can be used.
    `fault`: the look itself failed, which says nothing about the place.
    """

    problems: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    is_unreachable: bool = False
    identity: "ModelIdentity | None" = None
    fault: str | None = None


def stop_unless_ready(
    workflow: Any, settings_of: Callable[[str, str], Settings], judge: Run | None = None
) -> None:
    """End this start, with status 1 and before any job, when a model to be asked is not ready.

    It ends by SystemExit: Snakemake frees its lock and calls no `onerror:`, and shows nothing
    besides the message. A WorkflowError would end it in the same way, but shows a place in the
    Snakefile as well, where nothing is wrong.
    """
    if workflow.touch or not workflow.local_exec:
        return  # no model is asked, or not from this machine, which its servers may not serve
    from snakemake.logging import logger

    jobs = list(workflow.dag.needrun_jobs())
    asking = [job for job in jobs if job.rule.name in (PROBE, *ASKING)]
    runs: dict[Run, Due] = {}
    for run in sorted({Run(job.wildcards.model, job.wildcards.variant) for job in asking}):
        own = [job for job in asking if run == (job.wildcards.model, job.wildcards.variant)]
        sessions = frozenset(name for job in own if (name := asked_about(job)))
        runs[run] = Due(settings_of(*run), sessions, any(job.rule.name == PROBE for job in own))
    if judge is not None and any(job.rule.name == JUDGE for job in jobs):
        due = runs.get(judge, Due(settings_of(*judge)))
        runs[judge] = due._replace(sessions=due.sessions | {JUDGING})
    problems = problems_of(runs, note=logger.warning)
    if problems:
        logger.error(message(problems))
        raise SystemExit(1)


def problems_of(
    runs: dict[Run, Due],
    state: Path = STATE,
    note: Callable[[str], None] = lambda text: None,
    limit_s: float = LIMIT_S,
) -> list[str]:
    """Return one line for each problem of these runs: the models it concerns, it, and its mend.

    Told by `note` instead: a server that is down when finished requests below `state` may be all
    that its runs need, a server that has changed since it was asked last, and a backend's advice.
    """
    places: dict[str, list[Run]] = {}
    for run, due in runs.items():
        if due.settings["backend"] not in EMBEDDED:
            places.setdefault(_place(due.settings), []).append(run)
    found = _look_everywhere([runs[one[0]].settings for one in places.values()], state, limit_s)

    problems: dict[str, list[Run]] = {}
    notes: dict[str, list[Run]] = {}
    changes: dict[tuple[str, Change], list[Run]] = {}
    for members, one in zip(places.values(), found, strict=True):
        goes_on = [run for run in members if one.is_unreachable and _resumable(run, runs, state)]
        for text in dict.fromkeys(one.problems):
            _add(problems, text, (run for run in members if run not in goes_on))
            _add(notes, f"{text}. {GOES_ON}", goes_on)
        for text in one.advice:
            _add(notes, text, members)
        if one.fault:
            _add(notes, f"this could not be checked before the start ({one.fault})", members)
        for run in members:
            if change := _change_of(run, runs[run].settings, one.identity, state):
                changes.setdefault((run.model, change), []).append(run)
    for text, concerned in notes.items():
        note(f"Note: {_names(concerned, runs)}: {_one_line(text)}")
    for (_, change), concerned in changes.items():
        then = what_it_touches(change, {run: runs[run] for run in concerned}, state)
        note(f"Note: {_names(concerned, runs)}: {_one_line(change.text)}: {then}")
    return [f"{_names(concerned, runs)}: {_one_line(text)}" for text, concerned in problems.items()]


def message(problems: list[str]) -> str:
    """Return what a user is told who has to mend something first."""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return "\n".join(
        [
            f"Error: {count} to mend first; no job was run.",
            *(f"  - {problem}" for problem in problems),
            "Then run the same command again, or run the other models first: take these out of "
            "`models:` in config/config.yaml.",
        ]
    )


def _change_of(
    run: Run, settings: Settings, now: "ModelIdentity | None", state: Path
) -> Change | None:
    before = last_identity(run, state) if now else None
    return change_between(settings, before, now) if before and now else None


def _place(settings: Settings) -> str:
    """Return what decides whether a model can be asked, and who answers then.

    Some servers cannot take two pictures, and llama-server is another one with another context.
    """
    place = {name: settings.get(name) for name in PLACE_FIELDS}
    n_ctx = settings.get("options", {}).get("num_ctx")
    is_batch = settings.get("batch_size", 1) > 1
    return canonical_json(place | {"is_batch": is_batch, "num_ctx": n_ctx})


def _look_everywhere(places: list[Settings], state: Path, limit_s: float) -> list[Found]:
    """Look at all places side by side, none for longer than `limit_s`; the answers in order."""
    places = [identity(settings) for settings in places]
    modules = [_backend(settings["backend"]) for settings in places]
    found: dict[int, Found] = {}

    def look(number: int) -> None:
        try:
            found[number] = _look(modules[number], places[number], state)
        except Exception as error:  # what a job can do is not for a look at it to forbid
            found[number] = Found(fault=f"{type(error).__name__}: {error}")

    # No pool: its threads would keep a stopped start from ending while a server keeps silent.
    threads = [threading.Thread(target=look, args=(n,), daemon=True) for n in range(len(places))]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + limit_s
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [found.get(n) or _too_late(settings, limit_s) for n, settings in enumerate(places)]


def _look(module: "ModuleType | None", settings: Settings, state: Path) -> Found:
    """Look at one place; nothing is started.

    A server that runs says who it is, or what is missing. Of one that is started for a job, its
    backend may know: `problems`, `advice` and `identity` of its module.
    """
    if module is None:
        return Found()
    from scribebench.backends.base import ServerUnreachableError

    try:
        if settings.get("url"):
            with closing(module.connect(settings, {})) as backend:
                return Found(identity=backend.identify())
        if problems := tuple(module.problems(settings)):
            return Found(problems)
        advice = tuple(module.advice(settings)) if hasattr(module, "advice") else ()
        known = module.identity(settings, {"state": state}) if hasattr(module, "identity") else None
        return Found(advice=advice, identity=known)
    except ServerUnreachableError as error:
        return Found((str(error),), is_unreachable=True)
    except ScribebenchError as error:
        return Found((str(error),))


def _too_late(settings: Settings, limit_s: float) -> Found:
    if url := settings.get("url"):
        text = (
            f"the server at {url} has not answered within {limit_s:g} s; wait if it is busy, "
            "restart it if it hangs"
        )
        return Found((text,), is_unreachable=True)
    return Found(fault=f"it took longer than {limit_s:g} s")


def _backend(name: str) -> "ModuleType | None":
    """Return the module of a backend; without one, its jobs say what can be run instead."""
    module = f"scribebench.backends.{name.replace('-', '_')}"
    return import_module(module) if find_spec(module) else None


def _resumable(run: Run, runs: dict[Run, Due], state: Path) -> bool:
    """Return whether a run may go on without its server: it knows who answered, and answers."""
    sessions = runs[run].sessions
    if not sessions:  # only to be probed: the last probe may be used
        return _last_probe_file(run, state).is_file()
    if last_identity(run, state) is None:
        return False
    from scribebench.describe.journal import answers_one_of

    return answers_one_of(journal_file(run, state), {run_id(one, run) for one in sessions})


def _last_probe_file(run: Run, state: Path) -> Path:
    return state / "probes" / run.model / f"{run.variant}.json"


def _add(texts: dict[str, list[Run]], text: str, runs: Iterable[Run]) -> None:
    """Put runs to a text; variants often have it in common, and models of one server, too."""
    if concerned := list(runs):
        texts.setdefault(text, []).extend(concerned)


def _names(concerned: list[Run], runs: Iterable[Run]) -> str:
    """Name models, and single variants where not all that are to be run are concerned."""
    names: list[str] = []
    for model in dict.fromkeys(run.model for run in concerned):
        mine = [run for run in concerned if run.model == model]
        is_whole = len(mine) == sum(run.model == model for run in runs)
        names += [model] if is_whole else map(str, mine)
    return ", ".join(names)


def _one_line(text: str) -> str:
    """Return text that may come from a server as a line that changes nothing around it."""
    from scribebench.harmless import visible

    line = " ".join(visible(text).split())
    if len(line) > MAX_CHARS:  # the mend stands at the end
        head = MAX_CHARS - KEPT_TAIL_CHARS - 3
        line = f"{line[:head]} … {line[-KEPT_TAIL_CHARS:]}"
    return line
