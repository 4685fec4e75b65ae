"""results/partial: what a report can show when some jobs failed, each failure with its mend.

Called in `onerror:` and `onsuccess:`, which Snakemake runs once, in the process that the user
started, after the other jobs have finished. Nothing here is an output of a rule, and nothing here
stops Snakemake's own message.
"""

import json
import re
import shlex
import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from scribebench.project.workspace import Workspace

RESULTS = Path("results")
FOLDER = "partial"
# Filled first, and then put in the place of the other.
UNFINISHED = ".partial"
FAILED_FILE = "failed.json"
REPORT_RULE = "write_report"

# What a report needs of each, and the rule that makes it.
SESSION_FILES = {
    "frames.parquet": "dedup_frames",
    "manifest.json": "extract_frames",
    "selection.json": "dedup_frames",
}
RUN_FILES = {
    "requests.parquet": "describe_frames",
    "descriptions.parquet": "describe_frames",
    "run.json": "describe_frames",
    "grades.parquet": "grade_descriptions",
}
DRAWN_FILES = {"requests.parquet": "describe_canaries", "attribution.parquet": "grade_canaries"}
RUBRIC_FILES = {
    "requests.parquet": "ask_rubric",
    "items.parquet": "grade_rubric",
    "criteria.parquet": "grade_rubric",
}
PROBE_FILES = {"probe.json": "probe_model"}

TAIL_BYTES, TAIL_LINES, TAIL_CHARS, LINE_CHARS = 65_536, 15, 2500, 300
# A path that begins at the root, but not the one in a web address.
_ROOTED = re.compile(r"(?<![\w./:])/(?:[\w.+@-]+/)+([\w.+@-]+)")
# The program of a command, which is in no folder of the project; `without_places` would cut it.
_PROGRAM = re.compile(
    r"'/[^'\n]*/snakemake'|(?<![\w./:])/(?:[^\s'\"/]+/)*snakemake(?!\w|[./-]\w|/)"
)
_CAUSE = re.compile(r"^error: (.+)$", re.M)
_MEND = re.compile(r"(?P<cause>.+); (?:make it again|(?P<when>[^;]*\brun)): (?P<command>.+)", re.S)
# What the mends of errors use. A cause may hold text of a server, and a mend is there to be pasted.
_MEND_OPTIONS = frozenset({"--cores", "-R", "--force", "--forcerun"})


class Failure(NamedTuple):
    """A job that failed: its rule, what it was about, its logs and what it should have made."""

    rule: str
    subject: str
    logs: tuple[str, ...]
    made: tuple[str, ...]


class LeftOut(NamedTuple):
    """A run or a session that is not in the report, and the command that mends it, if one does."""

    what: str
    why: str
    mend: str | None = None


class Whole(NamedTuple):
    """What is there, readable and up to date: what a report can be made of."""

    sessions: list[str]
    runs: list[tuple[str, str, str]]
    canaries: list[tuple[int, str, str]]
    rubric: list[tuple[str, str]]


def write_partial(workflow: Any, workspace: "Workspace", results: Path = RESULTS) -> None:
    """Write results/partial/report.md from what was finished; never raises."""
    from snakemake.logging import logger

    try:
        if workflow.touch:
            return
        failures = failures_of(workflow.scheduler.failed)
        if not failures:  # stopped by the user: the same command goes on from there
            return
        pending = {str(path) for job in workflow.dag.needrun_jobs() for path in job.output}
        make_partial(
            failures, pending, workspace.gather_spec, workspace.report_spec, results, datetime.now()
        )
        logger.warning(
            f"What was finished, what failed and how to mend it: {results / FOLDER}/report.md"
        )
    except (Exception, KeyboardInterrupt) as error:
        _tell(f"no {results / FOLDER}/report.md: {type(error).__name__}: {error}")


def forget_partial(workflow: Any, results: Path = RESULTS) -> None:
    """Remove results/partial once there is a whole report, or what failed was made; never raises.

    A start that made something else leaves it: what failed at night is still to be mended.
    """
    folder = results / FOLDER
    try:
        if not folder.exists() or workflow.touch:
            return
        is_reported = any(job.rule.name == REPORT_RULE for job in workflow.dag.jobs)
        if is_reported or is_mended(folder / FAILED_FILE):
            shutil.rmtree(folder)
    except Exception as error:
        _tell(f"{folder} is out of date and could not be removed: {error}")


def is_mended(path: Path) -> bool:
    """Return whether all that failed jobs should have made is there; Snakemake removes their rest.

    A file that cannot be read tells nothing, so that nothing counts as mended.
    """
    try:
        made = json.loads(path.read_text(encoding="utf-8"))
        return all(Path(one).exists() for one in made)
    except (OSError, ValueError, TypeError):
        return False


def failures_of(jobs: Iterable[Any]) -> list[Failure]:
    """Return the failed jobs of Snakemake in the order of their rules and names."""
    single = [one for job in jobs for one in getattr(job, "jobs", [job])]
    return sorted(
        Failure(
            job.rule.name,
            " / ".join(str(value) for value in job.wildcards_dict.values()),
            tuple(map(str, job.log)),
            tuple(map(str, job.output)),
        )
        for job in single
    )


def make_partial(
    failures: list[Failure],
    pending: set[str],
    gather_spec: dict[str, Any],
    report_spec: dict[str, Any],
    results: Path,
    now: datetime,
) -> None:
    """Write the report and its tables beside what stands there, then put them in its place.

    `pending` are files that were to be made in this start and were not: what stands under their
    names is of an earlier one.
    """
    from scribebench.files import write_text

    folder = results / UNFINISHED
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    whole, left_out = what_is_whole(gather_spec, results, pending)
    try:
        body = _report(whole, report_spec, results, folder)
    except Exception as error:  # what failed, and its mend, is worth having without the tables
        body = f"The tables of what was finished could not be shown: {_inline(str(error), 400)}"
    write_text(folder / "report.md", page(failures, left_out, body, now))
    made = [path for failure in failures for path in failure.made]
    write_text(folder / FAILED_FILE, json.dumps(made, indent=2) + "\n")
    shutil.rmtree(results / FOLDER, ignore_errors=True)
    folder.rename(results / FOLDER)


def what_is_whole(
    spec: dict[str, Any], results: Path, pending: set[str]
) -> tuple[Whole, list[LeftOut]]:
    """Return what a report can be made of, and what cannot be in it, and why."""
    left_out: list[LeftOut] = []

    def keeps(what: str, folder: Path, files: dict[str, str]) -> bool:
        found = _fault(what, folder, files, pending)
        left_out.extend([found] if found else [])
        return found is None

    sessions = [
        name
        for name in spec["sessions"]
        if keeps(f"session {name}", results / "sessions" / name, SESSION_FILES)
    ]
    candidates = [
        (model, variant)
        for model, variant in spec["runs"]
        if not (probe := results / "probe" / model / variant).exists()
        or keeps(f"{model} / {variant}", probe, PROBE_FILES)
    ]
    runs = [
        (session, model, variant)
        for model, variant in candidates
        for session in sessions
        if keeps(
            f"{session} / {model} / {variant}",
            results / "runs" / session / model / variant,
            RUN_FILES,
        )
    ]
    canaries = [
        (size, model, variant)
        for size, model, variant in spec["canaries"]
        if keeps(
            f"drawn frames, batches of {size} / {model} / {variant}",
            results / "canaries" / f"batch-{size}" / model / variant,
            DRAWN_FILES,
        )
    ]
    rubric = [
        (model, variant)
        for model, variant in spec["rubric"]
        if keeps(
            f"rubric / {model} / {variant}",
            results / "rubric" / model / variant,
            RUBRIC_FILES,
        )
    ]
    return Whole(sessions, runs, canaries, rubric), left_out


def page(failures: list[Failure], left_out: list[LeftOut], body: str, now: datetime) -> str:
    """Return the report: marked as incomplete, the failures, and then what was finished."""
    from scribebench.errors import snakemake
    from scribebench.report.escape import block

    count = "1 job" if len(failures) == 1 else f"{len(failures)} jobs"
    parts = [
        "# Incomplete report",
        f"**This report is incomplete: {count} failed ({now:%Y-%m-%d %H:%M}), and what depends on "
        "them is missing.** It is made of what was finished. `results/report.md` was not written "
        "then; if it is there, it is an older one.",
        "## What failed",
        *(text for failure in failures for text in _failure(failure)),
        "When all of it is mended, this makes the whole report; finished requests are not asked "
        "again:",
        block(f"{snakemake(shared=True)} --cores 4 results/report.md"),
        "## What is left out below",
        _left_out(left_out),
        body,
    ]
    return "\n\n".join(parts).rstrip() + "\n"


def _failure(failure: Failure) -> Iterator[str]:
    from scribebench.describe.again import command_for
    from scribebench.report.escape import block

    about = f": {_inline(failure.subject)}" if failure.subject else ""
    yield f"### `{failure.rule}`{about}"
    tails = {log: log_tail(Path(log)) for log in failure.logs}
    causes = [cause for tail in tails.values() for cause in _CAUSE.findall(tail)]
    cause, command = cause_and_command(causes[-1]) if causes else ("", None)
    if cause:
        yield f"**{_inline(cause, 800)}**"
    for log, tail in tails.items():
        if tail:
            yield f"The last lines of {_inline(log)}:"
            yield block(tail)
        else:
            yield f"{_inline(log)} is empty or not there; see what Snakemake printed."
    if command:
        yield "This makes it again:"
        yield block(command)
    elif failure.made:
        yield "Once that is mended, this repeats it alone:"
        yield block(command_for(Path(failure.made[0]), failure.rule, shared=True))


def cause_and_command(text: str) -> tuple[str, str | None]:
    """Return a cause without the command of Snakemake that it ends with, and that command.

    What mends a cause is more than to repeat the job that met it: the fault may be in what another
    one made. A command that is not of our own shape stays where it is.
    """
    from scribebench.errors import snakemake

    match = _MEND.fullmatch(text)
    if not match:
        return text, None
    try:
        program, *words = shlex.split(match["command"])
    except ValueError:
        return text, None
    options = {word for word in words if word.startswith("-")}
    is_whole = not any("…" in word for word in words)
    if program.rpartition("/")[2] != "snakemake" or not options <= _MEND_OPTIONS or not is_whole:
        return text, None
    cause = (
        f"{match['cause']}; {match['when']} the command below" if match["when"] else match["cause"]
    )
    # Joined anew, no word of it acts in a shell.
    return cause, f"{snakemake(shared=True)} {shlex.join(words)}"


def _left_out(left_out: list[LeftOut]) -> str:
    if not left_out:
        return "No run: what failed comes after them."
    lines = []
    for one in left_out:
        mend = f"; make it again: `{one.mend}`" if one.mend else ""
        lines.append(f"- {_inline(one.what)}: {_inline(one.why, 400)}{mend}")
    return "\n".join(lines)


def log_tail(path: Path) -> str:
    """Return the last lines of a log, without the places where things are on this machine."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - TAIL_BYTES))
            text = stream.read(TAIL_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
    # A progress bar writes over its own line.
    lines = [line.rpartition("\r")[2].rstrip() for line in text.rstrip().split("\n")]
    kept: list[str] = []
    for line in reversed([without_places(line) for line in lines if line][-TAIL_LINES:]):
        shown = line if len(line) <= LINE_CHARS or line.startswith("error: ") else _cut(line)
        if kept and sum(map(len, kept)) + len(shown) > TAIL_CHARS:
            break
        kept.append(shown)
    return "\n".join(reversed(kept))


def without_places(text: str) -> str:
    """Return text with paths relative to the project, and of any other path its name only.

    The program of a command is plain `snakemake`, unless it is in the project.
    """
    from scribebench.errors import snakemake

    text = text.replace(snakemake(), snakemake(shared=True))
    for here in dict.fromkeys((str(Path.cwd()), str(Path.cwd().resolve()))):
        if here != "/":
            text = text.replace(f"{here}/", "").replace(here, ".")
    return _ROOTED.sub(r"…/\1", _PROGRAM.sub("snakemake", text))


def _cut(line: str) -> str:
    return line[: LINE_CHARS - 1] + "…"


def _report(whole: Whole, spec: dict[str, Any], results: Path, folder: Path) -> str:
    """Gather what is whole to `folder` and return the report of it, as `write_report` makes it."""
    if not whole.sessions:
        return "Nothing was finished that a report could show."
    from scribebench.gather import gather
    from scribebench.report.data import load
    from scribebench.report.markdown import write_markdown
    from scribebench.report.thumbnails import write_thumbnails

    gather(results, *whole, folder / "tables")
    data = load(folder / "tables", spec["labels"], spec["titles"], spec["refused"])
    pictures = None
    if spec["images"] == "thumbnails":
        place = folder / "report_pictures"
        place.mkdir()
        pictures = write_thumbnails(data, results / "sessions", place)
    return write_markdown(data, pictures)


def _fault(what: str, folder: Path, files: dict[str, str], pending: set[str]) -> LeftOut | None:
    """Return why something cannot be in the report; null when all its files can be read."""
    from scribebench.describe.again import command_for
    from scribebench.errors import ScribebenchError

    if any((folder / name).as_posix() in pending for name in files):
        return LeftOut(what, "it failed, or waits for what failed")
    for name, rule in files.items():
        path = folder / name
        try:
            _reader(path)(path)
        except ScribebenchError as error:
            why = without_places(str(error).partition("; make it again: ")[0])
            return LeftOut(what, why, command_for(path, rule, shared=True))
    return None


def _reader(path: Path) -> Callable[[Path], Any]:
    from scribebench.tables import read_table

    return read_table if path.suffix == ".parquet" else _read_object


def _read_object(path: Path) -> dict[str, Any]:
    from scribebench.errors import damaged

    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise damaged(path, str(error)) from error
    if not isinstance(value, dict):
        raise damaged(path, "it lacks what should be in it")
    return value


def _inline(text: str, limit: int = 200) -> str:
    from scribebench.report.escape import inline

    return inline(text, limit)


def _tell(text: str) -> None:
    """Print one line, whatever is in it."""
    from scribebench.harmless import visible

    print(" ".join(visible(text).split()), flush=True)
