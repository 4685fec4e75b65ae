"""The candidates of a report: models with a variant's settings, and which of them are alike."""

import json
from dataclasses import dataclass
from typing import Any

from scribebench.project.documents import canonical_json
from scribebench.report.data import ReportData, Row

Key = tuple[str, str]  # model, variant
BASELINE = "ocr"


@dataclass(frozen=True)
class Candidate:
    """A model with the settings of a variant, as it was run.

    `family` are the candidates of the same model that differ from it in their batch size only, and
    itself: what was asked of one of them about drawn frames and the rubric holds for all.
    """

    model: str
    variant: str
    backend: str
    batch_size: int
    settings: dict[str, Any]
    family: tuple[Key, ...]
    runs: tuple[Row, ...]

    @property
    def key(self) -> Key:
        return self.model, self.variant

    @property
    def width_px(self) -> int | None:
        """Return the width that screenshots are scaled down to; null: sent as they are."""
        return (self.settings.get("image") or {}).get("max_width_px")


def candidates(data: ReportData) -> list[Candidate]:
    """Return the candidates that were run, in their order, without the baseline."""
    runs: dict[Key, list[Row]] = {}
    for row in data.runs:
        if row["backend"] != BASELINE:
            runs.setdefault((row["model"], row["variant"]), []).append(row)
    settings = {key: _settings(own) for key, own in runs.items()}
    alike: dict[str, list[Key]] = {}
    for key in runs:
        alike.setdefault(_but_batches(key, settings[key]), []).append(key)
    return [
        Candidate(
            *key,
            backend=own[0]["backend"],
            batch_size=own[0]["batch_size"],
            settings=settings[key],
            family=tuple(alike[_but_batches(key, settings[key])]),
            runs=tuple(own),
        )
        for key, own in runs.items()
    ]


def baselines(data: ReportData) -> list[Key]:
    """Return the baselines that were run: the floor of every model."""
    found = ((row["model"], row["variant"]) for row in data.runs if row["backend"] == BASELINE)
    return list(dict.fromkeys(found))


def _settings(runs: list[Row]) -> dict[str, Any]:
    known = (row["settings_json"] for row in runs if row["settings_json"])
    return json.loads(next(known, "{}"))


def _but_batches(key: Key, settings: dict[str, Any]) -> str:
    """Return what is the same for candidates that differ in their batch size only."""
    if not settings:  # nothing is known of it, so that it is like no other one
        return canonical_json(key)
    others = {name: value for name, value in settings.items() if name != "batch_size"}
    return canonical_json([key[0], others])
