"""Gather the tables of all sessions and runs into one set, under one schema."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from scribebench.canaries.frames import FOLDER, session_of
from scribebench.errors import damaged
from scribebench.grading.together import SAID, agreement_rows, segment_rows
from scribebench.plan.checked import PLANS_FILE, plan_rows
from scribebench.probe.rows import probe_row
from scribebench.rubric.verdicts import decide
from scribebench.samples import join_samples
from scribebench.tables import (
    AGREEMENT,
    ATTRIBUTION,
    BATCH_ROWS,
    COMPARISONS,
    CRITERIA,
    DESCRIPTIONS,
    FRAMES,
    GRADES,
    PLANS,
    PROBES,
    REQUESTS,
    ROLES,
    RUBRIC_ITEMS,
    RUN,
    RUNS,
    SAMPLES,
    SEGMENTS,
    SESSIONS,
    STAGES,
    Column,
    Table,
    read_rows,
    read_table,
    union,
    write_arrow,
    write_table,
)

RunKey = tuple[str, str, str]  # session, model, variant
SESSION = Column("session", SESSIONS.columns[0].type, "folder in sessions/")
STAGE_ORDER = (
    "extract_frames",
    "detect_scenes",
    "dedup_frames",
    "read_frames",
    "probe_model",
    "describe_frames",
    "grade_descriptions",
    "draw_canaries",
    "describe_canaries",
    "grade_canaries",
    "draw_rubric",
    "read_rubric",
    "ask_rubric",
    "judge_rubric",
    "grade_rubric",
)


def with_session(table: Table) -> Table:
    """Return the table as it stands in the union: with the session as its first column."""
    return Table(table.name, table.row, (SESSION, *table.columns))


GATHERED = (
    with_session(FRAMES),
    REQUESTS,
    DESCRIPTIONS,
    GRADES,
    SAMPLES,
    SEGMENTS,
    AGREEMENT,
    ATTRIBUTION,
    RUBRIC_ITEMS,
    CRITERIA,
    ROLES,
    COMPARISONS,
    RUNS,
    PROBES,
    SESSIONS,
    STAGES,
    PLANS,
)
# A reply with one of these is rubbish or cut short, and its speed is not that of an answer.
NO_SPEED = frozenset(
    ["empty", "thinking_exhausted", "gibberish", "refusal", "loop", "truncated", "prompt_echo"]
)


def gather(
    results: Path,
    sessions: list[str],
    runs: list[RunKey],
    canaries: list[tuple[int, str, str]],
    rubric: list[tuple[str, str]],
    out: Path,
) -> None:
    """Write the union of the tables of these sessions and runs (session, model, variant) to `out`.

    `canaries` are the runs on drawn frames (batch size, model, variant), `rubric` those that were
    asked it (model, variant).

    Streams: only one run's rows are in memory beside the union. Raises ScribebenchError naming a
    damaged file.
    """
    folders = [results / "sessions" / session for session in sessions]
    run_folders = [results / "runs" / "/".join(run) for run in runs]
    frames = with_session(FRAMES)
    write_arrow(
        out / "frames.parquet",
        union(
            (
                _add_session(read_table(folder / "frames.parquet"), folder.name)
                for folder in folders
            ),
            frames.schema(),
        ),
    )
    said, grades = (
        union((read_table(folder / f"{name}.parquet") for folder in run_folders), table.schema())
        for name, table in ((table.name, table) for table in (DESCRIPTIONS, GRADES))
    )
    write_arrow(out / "descriptions.parquet", said)
    write_arrow(out / "grades.parquet", grades)
    truth = [name for name in grades.schema.names if name.startswith("truth_")]
    write_table(out / "segments.parquet", SEGMENTS, segment_rows(_rows(grades, [*RUN, *truth])))
    facts = list(map(_run_row, run_folders))
    # The baseline says nothing in words of its own that could be disputed.
    models = {tuple(row[name] for name in RUN) for row in facts if row["backend"] != "ocr"}
    described = (
        row
        for row in _rows(said, [*RUN, "frame_index", *SAID])
        if tuple(row[name] for name in RUN) in models
    )
    write_table(out / "agreement.parquet", AGREEMENT, agreement_rows(described))
    drawn = [results / session_of(size) / model / variant for size, model, variant in canaries]
    asked = [results / "rubric" / model / variant for model, variant in rubric]
    attribution = (read_table(folder / "attribution.parquet") for folder in drawn)
    write_arrow(out / "attribution.parquet", union(attribution, ATTRIBUTION.schema()))
    _write_rubric(asked, out)
    requests = [
        *(_without_rubbish(folder, _flags_in(folder / "grades.parquet")) for folder in run_folders),
        *(_without_rubbish(folder, _of_no_frame(folder)) for folder in drawn),
        *(_without_rubbish(folder, _flags_in(folder / "items.parquet")) for folder in asked),
    ]
    samples = join_samples(said, grades, union(requests[: len(run_folders)], REQUESTS.schema()))
    write_arrow(out / "samples.parquet", samples)
    write_arrow(out / "requests.parquet", union(requests, REQUESTS.schema()))
    write_table(out / "runs.parquet", RUNS, facts)
    write_table(out / "probes.parquet", PROBES, _probes(results / "probe", runs))
    write_table(out / "sessions.parquet", SESSIONS, map(_session_row, folders))
    made = [*runs, *((session_of(size), *run) for size, *run in canaries)]
    write_table(out / "stages.parquet", STAGES, _stages(results / "benchmarks", sessions, made))
    told = [folder / "run.json" for folder in (*run_folders, *drawn, *asked)]
    write_table(out / "plans.parquet", PLANS, plan_rows(results / PLANS_FILE, told))


def _write_rubric(folders: list[Path], out: Path) -> None:
    """Write what was scored, and what follows of it for roles and pairs of candidates."""
    scored = [read_table(folder / "items.parquet") for folder in folders]
    criteria = [read_table(folder / "criteria.parquet") for folder in folders]
    items = union(scored, RUBRIC_ITEMS.schema())
    write_arrow(out / "rubric_items.parquet", items)
    write_arrow(out / "criteria.parquet", union(criteria, CRITERIA.schema()))
    decided = decide(items.to_pylist())
    write_table(out / "roles.parquet", ROLES, decided.roles)
    write_table(out / "comparisons.parquet", COMPARISONS, decided.comparisons)


def _add_session(table: pa.Table, session: str) -> pa.Table:
    return table.add_column(0, "session", pa.array([session] * len(table)).cast(SESSION.type))


def _flags_in(graded: Path) -> dict[str, frozenset[str]]:
    """Return what of each reply's flags keeps it from being an answer, by `request_uid`."""
    rows = read_rows(graded, ["request_uid", "flags"])
    return {row["request_uid"]: NO_SPEED.intersection(row["flags"] or ()) for row in rows}


def _of_no_frame(folder: Path) -> dict[str, frozenset[str]]:
    """Return the requests about drawn frames whose replies tell of none of them, and that."""
    rows = read_rows(folder / "attribution.parquet", ["request_uid", "outcome"])
    told = {row["request_uid"] for row in rows if row["outcome"] not in ("omitted", "invented")}
    uids = {row["request_uid"] for row in rows}
    return dict.fromkeys(uids - told, frozenset(["tells of no drawn frame"]))


def _without_rubbish(folder: Path, flags: dict[str, frozenset[str]]) -> pa.Table:
    """Return the requests of a run; what grading found is said of their speeds, too."""
    requests = read_table(folder / "requests.parquet")
    if not any(flags.values()):
        return requests
    found = [sorted(flags.get(uid, ())) for uid in requests["request_uid"].to_pylist()]
    reasons = [
        [*(known or ()), *own]
        for known, own in zip(requests["speed_invalid_reasons"].to_pylist(), found, strict=True)
    ]
    columns = {"speed_valid": [not one for one in reasons], "speed_invalid_reasons": reasons}
    for name, values in columns.items():
        place = requests.schema.get_field_index(name)
        array = pa.array(values, requests.schema.field(name).type)
        requests = requests.set_column(place, requests.schema.field(name), array)
    return requests


def _rows(table: pa.Table, columns: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of some columns, a few at a time."""
    for batch in table.select(columns).to_batches(max_chunksize=BATCH_ROWS):
        yield from batch.to_pylist()


def _probes(folder: Path, runs: list[RunKey]) -> Iterable[dict[str, Any]]:
    """Yield the row of each probe; the baseline has none."""
    for model, variant in dict.fromkeys((model, variant) for _, model, variant in runs):
        path = folder / model / variant / "probe.json"
        if path.is_file():
            yield probe_row(path, model, variant)


def _run_row(folder: Path) -> dict[str, Any]:
    known = {column.name for column in RUNS.columns}
    facts = _json(folder / "run.json", {"session", "model", "variant", "backend"})
    return {key: value for key, value in facts.items() if key in known}


def _session_row(folder: Path) -> dict[str, Any]:
    known = {column.name for column in SESSIONS.columns}
    facts = _json(folder / "manifest.json", {"recording"})
    facts |= _json(folder / "selection.json", {"kept_frames", "sampled_frames", "scenes"})
    return {key: value for key, value in facts.items() if key in known} | {"session": folder.name}


def _stages(benchmarks: Path, sessions: list[str], runs: list[RunKey]) -> Iterable[dict[str, Any]]:
    """Yield what Snakemake measured of each finished job of these sessions and runs."""
    probed = dict.fromkeys(f"{model}/{variant}" for _, model, variant in runs)
    drawn = dict.fromkeys(run[0].partition("/")[2] for run in runs if "/" in run[0])
    named = ("/".join(run).removeprefix(f"{FOLDER}/") for run in runs)
    subjects = dict.fromkeys([*sessions, "rubric", *drawn, *probed, *named])
    for rule in STAGE_ORDER:
        for subject in subjects:
            path = benchmarks / rule / f"{subject}.jsonl"
            if not path.is_file():
                continue
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                try:
                    measured = dict(json.loads(line))
                except (ValueError, TypeError):
                    continue  # torn by a full disk; the job's other measurements stand
                cpu_s = _number(measured.get("cpu_time"))
                yield {
                    "rule": rule,
                    "subject": subject,
                    "wall_s": _number(measured.get("s")),
                    "cpu_s": cpu_s,
                    # Without CPU time only the shell was sampled, before the job began its work.
                    "max_rss_bytes": None if cpu_s is None else _bytes(measured.get("max_rss")),
                }


def _json(path: Path, keys: set[str]) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise damaged(path, str(error)) from error
    if not isinstance(value, dict) or not keys <= set(value):
        raise damaged(path, "it lacks what should be in it")
    return value


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and value == value and value else None


def _bytes(mebibytes: Any) -> int | None:
    number = _number(mebibytes)
    return None if number is None else round(number * 2**20)
