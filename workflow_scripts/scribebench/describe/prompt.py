"""The content of a request: a label before each screenshot, the instructions after the last."""

from scribebench.backends.base import Frame, Part, SentImage

LAYOUT = "interleaved_labels"


def label(slot: int, time_s: float) -> str:
    """Return the label of the screenshot in a 0-based slot: `Screenshot 3 (00:01:20):`."""
    minutes, seconds = divmod(int(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"Screenshot {slot} ({hours:02d}:{minutes:02d}:{seconds:02d}):"


def compose(frames: list[Frame], images: list[SentImage], instructions: str) -> list[Part]:
    """Return labels, pictures and instructions in the order in which they are sent.

    The text between pictures also keeps servers from fusing adjacent ones.
    """
    parts: list[Part] = []
    for slot, (frame, image) in enumerate(zip(frames, images, strict=True)):
        parts += [label(slot, frame.time_s), image]
    return [*parts, instructions]
