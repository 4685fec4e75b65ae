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
        "broken_packets": report.broken_packets,
        "missing_s": report.missing_s,
        "notes": report.notes,
    }
    return json.dumps(facts, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def spoken_loss(recording: Path, report: DecodeReport) -> list[str]:
    """Say what could not be decoded, for the log; nothing when all was."""
    lines = [f"warning: {recording}: {note}" for note in report.notes]
    if report.broken_packets:
        lines.append(f"warning: {recording}: {report.broken_packets} parts could not be decoded")
    if report.missing_s:
        lines.append(
            f"warning: {recording}: the last {report.missing_s:.1f} s of {report.duration_s:.1f} s "
            "could not be decoded; the file is cut short or damaged"
        )
    return lines
