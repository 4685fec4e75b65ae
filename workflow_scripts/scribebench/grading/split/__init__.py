"""Split a batch reply into one description for each frame, in every form that models use.

A form is looked for from the most explicit to the least: JSON, a table, headings that name a
screenshot by its number, sentences that begin with it, headings that name a place or only a number,
blocks between rules, paragraphs, lines. What fits none of them is no section, and stays raw.
"""

from typing import NamedTuple

from scribebench.backends.base import FrameDescription
from scribebench.grading.split.blocks import block_sections
from scribebench.grading.split.fields import read_fields
from scribebench.grading.split.json_reply import is_empty_json, json_sections
from scribebench.grading.split.numbering import slots_of
from scribebench.grading.split.sections import Section, is_form, named_sections, text_sections
from scribebench.grading.split.table import table_sections
from scribebench.grading.split.xml_reply import xml_sections
from scribebench.grading.text import shown, unwrapped

__all__ = ["Split", "read_fields", "split", "split_reply"]

NOTHING = FrameDescription()


class Split(NamedTuple):
    """What a reply says of each frame; `frames` has one entry for each, null where nothing.

    `merged` are groups of frames (0-based) that share one section, `missing` are frames without
    one, `sections` is how many sections can be recognised, `surplus` how many belong to no frame.
    """

    frames: list[FrameDescription]
    merged: list[list[int]]
    missing: list[int]
    sections: int
    surplus: int


def split_reply(reply: str, n_frames: int) -> list[FrameDescription]:
    """Return one description for each of `n_frames` frames; a frame without a section is null."""
    return split(reply, n_frames).frames


def split(reply: str, n_frames: int) -> Split:
    """Return what a reply says of each of `n_frames` frames."""
    text = shown(reply)
    sections = _sections(text, n_frames)
    frames = [NOTHING] * n_frames
    merged: list[list[int]] = []
    surplus = 0
    for section, slots in zip(sections, slots_of(sections, n_frames), strict=True):
        known = [slot for slot in slots if 0 <= slot < n_frames]
        surplus += not known
        if section.is_blank:
            continue
        if len(known) > 1:
            merged.append(known)
        if free := [slot for slot in known if frames[slot].text is None]:
            description = section.described()
            for slot in free:
                frames[slot] = description
    missing = [slot for slot, frame in enumerate(frames) if frame.text is None]
    return Split(frames, merged, missing, len(sections), surplus)


def _sections(text: str, n_frames: int) -> list[Section]:
    if not text.strip():
        return []
    inner = unwrapped(text)
    if is_empty_json(inner):
        return []
    if inner.lstrip().startswith("<") and (found := xml_sections(inner, n_frames)):
        return found
    return (
        named_sections(inner, n_frames)  # what stands below headings may be JSON, or a table
        or (text_sections(inner, n_frames) if is_form(inner) else None)  # or shown in a field
        or json_sections(text, n_frames)
        or table_sections(inner, n_frames)
        or xml_sections(inner, n_frames)
        or text_sections(inner, n_frames)
        or block_sections(inner, n_frames)
    )
