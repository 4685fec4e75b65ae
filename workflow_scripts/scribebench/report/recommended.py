"""results/recommended.json: the settings to use, in the shape of seed 000, and their evidence."""

from typing import Any

from scribebench.report.evidence import Evidence, Figure, as_json, evidence
from scribebench.report.measures import Fault
from scribebench.report.model_file import model_file, model_name
from scribebench.report.recommend import Judged, Recommendation
from scribebench.report.speed import LeftOut

# Requests are sent one after the other; the seed found nothing else that works.
PROCESSING = "sequential"
KEYS = ("model", "options", "think", "batch_size", "processing")
HOW = (
    "README.md (Run a model) has the command for a model in Ollama, for GGUF files without any "
    "server, and for another server; `snakemake -n results/report.md` says how long each takes."
)


def recommended_json(found: Recommendation) -> dict[str, Any]:
    """Return what recommended.json holds; with no recommendation its settings are null."""
    judged = [_judged(one) for one in found.judged]
    chosen = found.chosen
    if chosen is None:
        reason = {"reason": found.none_because, "how_to_get_one": HOW}
        return dict.fromkeys(KEYS) | reason | {"evidence": {}, "candidates": judged}
    settings = chosen.candidate.settings
    size = chosen.measured.batches.size
    plain = {
        "model": model_name(chosen),
        "options": settings.get("options", {}),
        "think": settings.get("think"),
        "batch_size": size,
        "processing": PROCESSING,
    }
    return plain | {
        "evidence": {name: {"value": plain[name]} | _source(chosen, name) for name in KEYS},
        "measured": _measured(chosen),
        "open": list(found.open),
        "tied_with": list(found.tied),
        "candidates": judged,
        "model_file": model_file(chosen),
    }


def _source(chosen: Judged, name: str) -> dict[str, Any]:
    """Return the rows that a setting came from."""
    key = {"model": chosen.candidate.model, "variant": chosen.candidate.variant}
    if name == "processing":
        return _from((evidence("requests", **key, experiment="describe"),))
    if name == "batch_size" and chosen.measured.batches.evidence:
        return _from(chosen.measured.batches.evidence)
    run = evidence("runs", session=chosen.candidate.runs[0]["session"], **key)
    return {"from": as_json(run) | {"column": "settings_json"}}


def _measured(judged: Judged) -> dict[str, Any]:
    measured = judged.measured
    share = measured.batches.share
    attribution: dict[str, Any] = {"state": measured.batches.state, "value": None}
    if share is not None and share.share is not None:
        attribution |= {"value": share.share, "low": share.low, "high": share.high, "n": share.n}
        by_text = "text on the recordings' frames" if measured.batches.by_text else "drawn frames"
        attribution["method"] = f"{by_text}, Clopper-Pearson"
    return {
        "minutes_per_recorded_hour": _figure(measured.speed.minutes_per_hour),
        "seconds_per_frame": _figure(measured.speed.seconds_per_frame),
        "kept_frames_per_recorded_hour": _figure(measured.speed.frames_per_hour),
        "requests_in_no_speed": _left_out(measured.speed.left_out),
        "attribution": attribution | _from(measured.batches.evidence),
        "rubric": {f"tier_{tier}": _figure(measured.tiers.get(tier)) for tier in (1, 2, 3)},
        "gets_wrong": [_fault(one) for one in measured.faults],
    }


def _judged(judged: Judged) -> dict[str, Any]:
    return {
        "model": judged.candidate.model,
        "variant": judged.candidate.variant,
        "backend": judged.candidate.backend,
        "batch_size": judged.measured.batches.size,
        "verdict": judged.verdict,
        "reasons": [{"value": one.text} | _from(one.evidence) for one in judged.reasons],
    }


def _figure(figure: Figure | None) -> dict[str, Any] | None:
    if figure is None:
        return None
    known = {"value": figure.value, "low": figure.low, "high": figure.high, "n": figure.n}
    return known | {"method": figure.method} | _from(figure.evidence)


def _left_out(rest: LeftOut | None) -> dict[str, Any] | None:
    if rest is None:
        return None
    told = {"value": rest.requests, "of": rest.of, "wall_s": rest.wall_s}
    return told | {"reasons": list(rest.reasons)} | _from((rest.evidence,))


def _fault(fault: Fault) -> dict[str, Any]:
    return {"what": fault.what, "value": fault.count, "of": fault.of} | _from((fault.evidence,))


def _from(rows: tuple[Evidence, ...]) -> dict[str, Any]:
    """Return the rows that a value came from; those that it was scaled by stand in `and_from`."""
    if not rows:
        return {"from": None}
    first, *more = map(as_json, rows)
    return {"from": first} | ({"and_from": more} if more else {})
