"""What a server tells otherwise than before, what that touches, and how it is asked again."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from scribebench import rubric
from scribebench.canaries.frames import FOLDER, is_drawn, session_of
from scribebench.errors import snakemake
from scribebench.project.models import Run

if TYPE_CHECKING:
    from scribebench.backends.base import ModelIdentity

Settings = dict[str, Any]

DESCRIBE, PROBE, CANARIES = "describe_frames", "probe_model", "describe_canaries"
RUBRIC, JUDGE = "ask_rubric", "judge_rubric"
# What asks a model, apart from the probe, in the order in which it is told.
ASKING = (DESCRIBE, CANARIES, RUBRIC)
# What matches all that a rule has made of a run.
_ANY = {DESCRIBE: "*", CANARIES: f"{FOLDER}/*", RUBRIC: rubric.SESSION}
# So much of a digest tells it from any other, and is all of what `ollama list` shows.
SHOWN_DIGEST_CHARS = 19


class Due(NamedTuple):
    """What a run has to do in this start: sessions to describe, and whether it is probed.

    The drawn frames of a batch size are a session by the name of their folder, `canaries/batch-8`,
    and the rubric is `rubric/questions`; a judge's part in it is `rubric/judging`.
    """

    settings: Settings
    sessions: frozenset[str] = frozenset()
    is_probed: bool = False


def asked_about(job: Any) -> str | None:
    """Return the session that a job of Snakemake asks a model about; null when it asks nothing."""
    if job.rule.name == DESCRIBE:
        return job.wildcards.session
    if job.rule.name == RUBRIC:
        return rubric.SESSION
    return session_of(int(job.wildcards.batch_size)) if job.rule.name == CANARIES else None


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
    targets, rules = [], [PROBE]
    for run, due in runs.items():
        targets.append(_probe_file(run, state.parent))
        for rule in ASKING:
            if made := _asked(rule, run, due, state.parent):
                targets += made
                rules.append(rule)
    ask = " ".join([snakemake(), "--cores 4", *map(str, targets), "-R", *dict.fromkeys(rules)])
    return f"rm -f {journal_file(next(iter(runs)), state)} && {ask}" if with_journal else ask


def _keeps_old(run: Run, due: Due, results: Path) -> bool:
    """Return whether a run has results that this start does not make again, and could."""
    is_probe_kept = not due.is_probed and _probe_file(run, results).is_file()
    finished = {name for rule in ASKING for name in _finished(rule, run, results)}
    return is_probe_kept or bool(_there(finished, results) - due.sessions)


def _asked(rule: str, run: Run, due: Due, results: Path) -> list[Path]:
    """Return what a run makes by a rule: a pattern, unless it would match what is gone."""
    finished = _finished(rule, run, results)
    there = _there(finished, results)
    names = sorted(there | {name for name in due.sessions if _rule_of(name) == rule})
    if names and there == finished:
        names = [_ANY[rule]]
    return [_run_file(run, results, name) for name in names]


def _finished(rule: str, run: Run, results: Path) -> set[str]:
    """Return the sessions, or what stands for one, that a run has finished."""
    any_run = _run_file(run, Path(), _ANY[rule])
    if rule == RUBRIC:
        return {rubric.SESSION} if (results / any_run).is_file() else set()
    found = [path.relative_to(results).parts for path in results.glob(str(any_run))]
    return {"/".join(parts[:2]) if rule == CANARIES else parts[1] for parts in found}


def _rule_of(session: str) -> str:
    if session in (rubric.SESSION, rubric.JUDGING):
        return RUBRIC if session == rubric.SESSION else JUDGE
    return CANARIES if is_drawn(session) else DESCRIBE


def _there(sessions: set[str], results: Path) -> set[str]:
    """Return those of which the recording was not removed since."""
    folder = results.parent / "sessions"
    return {name for name in sessions if "/" in name or (folder / name).is_dir()}


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
    if session == rubric.SESSION:
        return results / "rubric" / run.model / run.variant / "run.json"
    place = results if is_drawn(session) else results / "runs"
    return place / session / run.model / run.variant / "run.json"


def _probe_file(run: Run, results: Path) -> Path:
    return results / "probe" / run.model / run.variant / "probe.json"
