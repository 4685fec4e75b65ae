"""From what a probe found to the row of `probes`."""

from datetime import datetime
from pathlib import Path
from typing import Any

from scribebench.probe.verdict import not_applied, read_probe, why_broken


def probe_row(path: Path, model: str, variant: str) -> dict[str, Any]:
    """Return the row of a probe's file. Raises ScribebenchError when it is damaged."""

    def row(found: dict[str, Any]) -> dict[str, Any]:
        identity, projector = found["identity"], found["projector"] or {}
        return {
            "model": model,
            "variant": variant,
            "verdict": found["verdict"],
            "broken": why_broken(found),
            **found["gate"],
            "gate_reply": found["gate_reply"]["content"],
            "error_message": found["gate_reply"]["error_message"],
            "model_id": identity["model_id"],
            "model_digest": identity["digest"],
            "backend_version": identity["backend_version"],
            "quantization": identity["quantization"],
            "image_w_px": [one["width_px"] for one in found["image_tokens"]],
            "image_h_px": [one["height_px"] for one in found["image_tokens"]],
            "image_tokens": [one["tokens"] for one in found["image_tokens"]],
            "n_ctx_requested": found["requested"]["n_ctx"],
            "n_ctx_effective": found["effective"]["n_ctx"],
            "not_applied": not_applied(found),
            "projector_quant": projector.get("precision"),
            "projector_below_q8": projector.get("below_q8"),
            "process_rss_bytes": found["memory"]["process_rss_bytes"],
            "gpu_bytes": found["memory"]["gpu_bytes"],
            "claimed_bytes": found["memory"]["claimed_bytes"],
            "cold_load_ns": found["cold_load_ns"],
            "probed_at_utc": datetime.fromisoformat(found["probed_at_utc"]),
        }

    return read_probe(path, row)
