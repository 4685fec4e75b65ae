"""What a server tells otherwise than before, what that touches, and how it is asked again."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from scribebench.errors import snakemake
from scribebench.project.models import Run

if TYPE_CHECKING:
    from scribebench.backends.base import ModelIdentity

Settings = dict[str, Any]

DESCRIBE, PROBE = "describe_frames", "probe_model"
# So much of a digest tells it from any other, and is all of what `ollama list` shows.
SHOWN_DIGEST_CHARS = 19


class Due(NamedTuple):
    """What a run has to do in this start: sessions to describe, and whether it is probed."""

    settings: Settings
    sessions: frozenset[str] = frozenset()
    is_probed: bool = False


class Change(NamedTuple):
    """What a server tells otherwise than when it was asked last.

    `is_build`: the weights are the same, so that the journal answers for them.
    """

    text: str
    is_build: bool


def change_between(
    settings: Settings, before: "ModelIdentity", after: "ModelIdentity"
) -> Change | None:
    """Return what a server tells otherwise than when it was asked last; null, when unknown."""
    url = settings.get("url")
    if after.digest != before.digest:
        then, now = (one.digest[:SHOWN_DIGEST_CHARS] for one in (before, after))
        text = (
            f"the server at {url} has other weights for {after.model_id!r} than before "
            f"(digest {then} then, {now} now)"
        )
        if not url:
            text = "its files or arguments are not as they were when it was asked last"
        return Change(text, is_build=False)
    builds = (before.backend_version, after.backend_version)
    if None in builds or builds[0] == builds[1]:
        return None
    where = f"the server at {url}" if url else settings["backend"]
    text = f"{where} is another build than before ({builds[0]} then, {builds[1]} now)"
    return Change(text, is_build=True)


def what_it_touches(change: Change, runs: dict[Run, Due], state: Path) -> str:
    """Return what a change means for what was asked before, and the command that asks it again."""
    later = "once this start has ended"
    if change.is_build:
        model = next(iter(runs)).model
        return (
            "finished requests keep the answers of the old one, and speeds of both may stand in "
            f"one report. To ask all again, {later} (it forgets the finished requests of every "
            f"variant of {model}): {redo(runs, state, with_journal=True)}"
        )
    if not any(_keeps_old(run, due, state.parent) for run, due in runs.items()):
        return "all of it is asked of what is there now, in this start"
    return (
        "this start asks what is there now, and what it does not ask keeps the answers of before. "
        f"To ask that again, too, {later}: {redo(runs, state, with_journal=False)}"
    )


def redo(runs: dict[Run, Due], state: Path, with_journal: bool) -> str:
    """Return the shell command that probes these runs of one model and asks all of it again.

    Its targets are the runs' own, so that nothing else is run. `with_journal` removes the model's
    finished requests first, which would answer for it.
    """
    targets = [
        str(path) for run, due in runs.items() for path in _results_of(run, due, state.parent)
    ]
    ask = " ".join([snakemake(), "--cores 4", *targets, "-R", PROBE, DESCRIBE])
    return f"rm -f {journal_file(next(iter(runs)), state)} && {ask}" if with_journal else ask


def _keeps_old(run: Run, due: Due, results: Path) -> bool:
    """Return whether a run has results that this start does not make again, and could."""
    is_probe_kept = not due.is_probed and _probe_file(run, results).is_file()
    return is_probe_kept or bool(_there(_finished(run, results), results) - due.sessions)


def _results_of(run: Run, due: Due, results: Path) -> list[Path]:
    """Return what a run makes: a pattern, unless it would match what cannot be made any more."""
    finished = _finished(run, results)
    there = _there(finished, results)
    names = ["*"] if there == finished else sorted(there | due.sessions)
    return [_probe_file(run, results), *(_run_file(run, results, name) for name in names)]


def _finished(run: Run, results: Path) -> set[str]:
    """Return the sessions that a run has finished."""
    pattern = _run_file(run, Path(), session="*")
    return {path.relative_to(results).parts[1] for path in results.glob(str(pattern))}


def _there(sessions: set[str], results: Path) -> set[str]:
    """Return those of which the recording was not removed since."""
    return {name for name in sessions if (results.parent / "sessions" / name).is_dir()}


def last_identity(run: Run, state: Path) -> "ModelIdentity | None":
    """Return who answered a run last; null when nobody did."""
    path = state / "identities" / run.model / f"{run.variant}.json"
    if not path.is_file():
        return None
    from scribebench.describe.journal import IdentityStore

    return IdentityStore(path).get()


def journal_file(run: Run, state: Path) -> Path:
    """Return where the finished requests of a run's model are."""
    return state / "requests" / f"{run.model}.jsonl"


def _run_file(run: Run, results: Path, session: str) -> Path:
    return results / "runs" / session / run.model / run.variant / "run.json"


def _probe_file(run: Run, results: Path) -> Path:
    return results / "probe" / run.model / run.variant / "probe.json"
