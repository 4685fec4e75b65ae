"""The tables that a report is made from, and the names that it shows."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

from scribebench.tables import read_rows

Row = dict[str, Any]
# The others are long texts: why, and what a judge was asked and answered.
CRITERIA_COLUMNS = [
    "model", "variant", "question", "item_variant", "control", "criterion_id", "weight", "value_01",
]  # fmt: skip


@dataclass(frozen=True)
class ReportData:
    """The rows of each table; `labels` names models, `titles` sessions."""

    sessions: list[Row]
    runs: list[Row]
    probes: list[Row]
    stages: list[Row]
    requests: list[Row]
    descriptions: list[Row]
    grades: list[Row]
    segments: list[Row]
    agreement: list[Row]
    attribution: list[Row]
    rubric_items: list[Row]
    criteria: list[Row]
    roles: list[Row]
    comparisons: list[Row]
    frames: list[Row]
    labels: dict[str, str]
    titles: dict[str, str]
    refused: list[str]

    def of(self, table: str, key: tuple[str, str]) -> list[Row]:
        """Return the rows of a model with a variant; `table` is one of those above."""
        if table not in self._by_candidate:
            found: dict[tuple[str, str], list[Row]] = {}
            for row in getattr(self, table):
                found.setdefault((row["model"], row["variant"]), []).append(row)
            self._by_candidate[table] = found
        return self._by_candidate[table].get(key, [])

    @cached_property
    def _by_candidate(self) -> dict[str, dict[tuple[str, str], list[Row]]]:
        # There may be hundreds of candidates, and each table is looked through for each of them.
        return {}


def load(
    tables: Path, labels: dict[str, str], titles: dict[str, str], refused: list[str]
) -> ReportData:
    """Read the tables that `build_tables` wrote; models of one label get their file's name, too."""

    def rows(name: str) -> list[Row]:
        return read_rows(tables / f"{name}.parquet")

    return ReportData(
        sessions=rows("sessions"),
        runs=rows("runs"),
        probes=rows("probes"),
        stages=rows("stages"),
        requests=rows("requests"),
        descriptions=rows("descriptions"),
        grades=rows("grades"),
        segments=rows("segments"),
        agreement=rows("agreement"),
        attribution=rows("attribution"),
        rubric_items=rows("rubric_items"),
        criteria=read_rows(tables / "criteria.parquet", CRITERIA_COLUMNS),
        roles=rows("roles"),
        comparisons=rows("comparisons"),
        frames=read_rows(
            tables / "frames.parquet", ["session", "frame_index", "time_s", "kept", "image"]
        ),
        labels=told_apart(labels),
        titles=told_apart(titles),
        refused=refused,
    )


def told_apart(names: dict[str, str]) -> dict[str, str]:
    """Return names by key, each with its key behind it that another one has, too."""
    count = Counter(name.strip().casefold() for name in names.values())
    return {
        key: f"{name} ({key})" if count[name.strip().casefold()] > 1 and name != key else name
        for key, name in names.items()
    }


def label(data: ReportData, row: Row) -> str:
    """Return the name of a row's candidate, not escaped."""
    name = data.labels.get(row["model"], row["model"])
    return name if row["variant"] == "base" else f"{name}, {row['variant']}"


def run_of(row: Row) -> tuple[str, str, str]:
    """Return the session, model and variant of a row."""
    return row["session"], row["model"], row["variant"]


def by_run(rows: list[Row]) -> dict[tuple[str, str, str], list[Row]]:
    """Return the rows of each run; they stand together."""
    return {key: list(group) for key, group in groupby(rows, key=run_of)}
