"""The facts of a decoded recording, among them what is missing of it."""

import json
from pathlib import Path

from scribebench.frames.decode import DecodeReport
from scribebench.frames.spec import ExtractSpec


def manifest(spec: ExtractSpec, report: DecodeReport) -> str:
    """Return the manifest as JSON; it holds no clock, so the same recording gives the same text."""
    facts = {
        "recording": spec.recording,
        "codec": report.codec,
        "width_px": report.width_px,
        "height_px": report.height_px,
        "frame_rate": report.frame_rate,
        "duration_s": report.duration_s,
        "decoded_frames": report.decoded_frames,
        "sampled_frames": report.sampled_frames,
        "spared_frames": report.spared_frames,
        "broken_packets": report.broken_packets,
        "damaged_frames": report.damaged_frames,
        "lead_s": round(report.lead_s, 3),
        "gaps_s": report.gaps_s,
        "doubtful_s": report.doubtful_s,
        "missing_s": report.missing_s,
        "notes": report.notes,
        "losses": losses(report),
    }
    return json.dumps(facts, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def spoken_loss(recording: Path, report: DecodeReport) -> list[str]:
    """Say what could not be decoded, for the log; nothing when all was."""
    return [f"warning: {recording}: {text}" for text in losses(report)]


def losses(report: DecodeReport) -> list[str]:
    """Say what could not be decoded, a sentence for each kind; nothing when all was."""
    said = list(report.notes)
    if report.broken_packets:
        said.append(f"{report.broken_packets} parts could not be decoded")
    if report.damaged_frames:
        said.append(f"{report.damaged_frames} frames are damaged; what is left of them is shown")
    if report.lead_s >= 0.05:
        said.append(
            f"the first {report.lead_s:.1f} s could not be decoded; times count from the first "
            "frame that could"
        )
    if report.gaps_s:
        said.append(f"{report.gaps_s:.1f} s between frames are missing")
    if report.doubtful_s:
        said.append(
            f"{report.doubtful_s:.1f} s after damaged parts may look wrong, up to the next whole "
            "picture"
        )
    if report.missing_s:
        said.append(
            f"the last {report.missing_s:.1f} s of {report.duration_s:.1f} s could not be decoded; "
            "the file is cut short or damaged"
        )
    return said
