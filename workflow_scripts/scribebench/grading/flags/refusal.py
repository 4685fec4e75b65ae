"""Refusals: of the whole reply, or of a frame."""

from scribebench.grading.refusal import refusal_in
from scribebench.grading.split import Split


def refused(text: str, parts: Split) -> str | None:
    """Return the sentence with which a reply, or a frame of it, is refused."""
    sections = [frame.text for frame in parts.frames if frame.text]
    for section in dict.fromkeys(sections):
        if found := refusal_in(section):
            return found
    covered = "\n".join(dict.fromkeys(sections))
    if found := refusal_in(text if not sections else _rest(text, covered)):
        return found
    return None


def _rest(text: str, covered: str) -> str:
    """Return the lines of a reply that belong to no frame."""
    known = {line.strip() for line in covered.split("\n")}
    return "\n".join(line for line in text.split("\n") if line.strip() not in known)
