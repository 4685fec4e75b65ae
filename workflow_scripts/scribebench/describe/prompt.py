"""The content of a request: a label before each screenshot, the instructions after the last."""

from collections.abc import Sequence
from typing import TypeVar

from scribebench.backends.base import Frame, ImageFacts, SentImage

Image = TypeVar("Image", SentImage, ImageFacts)
LAYOUT = "interleaved_labels"


def label(slot: int, time_s: float) -> str:
    """Return the label of the screenshot in a 0-based slot: `Screenshot 3 (00:01:20):`."""
    minutes, seconds = divmod(int(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"Screenshot {slot} ({hours:02d}:{minutes:02d}:{seconds:02d}):"


def compose(frames: list[Frame], images: Sequence[Image], instructions: str) -> list[str | Image]:
    """Return labels, pictures and instructions in the order in which they are sent.

    The text between pictures also keeps servers from fusing adjacent ones.
    """
    parts: list[str | Image] = []
    for slot, (frame, image) in enumerate(zip(frames, images, strict=True)):
        parts += [label(slot, frame.time_s), image]
    return [*parts, instructions]
