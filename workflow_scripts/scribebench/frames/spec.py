"""How a recording is sampled, as it goes from the workflow to the scripts."""

from dataclasses import dataclass
from typing import Any

from scribebench.frames.planes import Mask


@dataclass(frozen=True)
class ExtractSpec:
    """The recording's name in its session's folder, the sampling rate (null: auto), the masks."""

    recording: str
    sample_fps: float | None
    masks: list[Mask]

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "ExtractSpec":
        """Read the object that the workflow passes on."""
        rate = value["sample_fps"]
        return cls(
            recording=value["recording"],
            sample_fps=None if rate == "auto" else float(rate),
            masks=[Mask(**mask) for mask in value["masks"]],
        )
