"""Which frames the numbers of sections mean."""

from scribebench.grading.split.sections import Section


def slots_of(sections: list[Section], n_frames: int) -> list[list[int]]:
    """Return the frames (0-based) of each section; some may lie outside of the batch.

    Numbers beat order. An index 0 means that they begin there; otherwise a highest number equal to
    `n_frames` means that they begin at 1. A list that only counts its items begins where it begins.
    """
    numbers = [number for section in sections for number in section.numbers]
    if not numbers:
        return _in_order(sections)
    if not _usable(numbers, n_frames):
        return _in_order(sections)
    first = _first(sections, numbers, n_frames)
    slots: list[list[int]] = []
    last = -1
    for section in sections:
        own = [number - first for number in section.numbers] or [last + 1]
        slots.append(own)
        last = own[-1]
    return slots


def _in_order(sections: list[Section]) -> list[list[int]]:
    slots: list[list[int]] = []
    for section in sections:
        begin = slots[-1][-1] + 1 if slots else 0
        slots.append(list(range(begin, begin + max(section.span, len(section.numbers)))))
    return slots


def _usable(numbers: list[int], n_frames: int) -> bool:
    """Return whether any number can be one of this batch: some models go on counting."""
    return min(numbers) <= n_frames


def _first(sections: list[Section], numbers: list[int], n_frames: int) -> int:
    if 0 in numbers:
        return 0
    if max(numbers) == n_frames or any(section.is_ordinal for section in sections):
        return 1
    if all(section.is_list for section in sections):
        return 1 if min(numbers) == 1 else 0
    if min(numbers) == 1 and _is_begun(numbers, n_frames):
        return 1
    # More sections than frames that do not begin at 0 are counted from 1.
    if min(numbers) == 1 and len(set(numbers)) > n_frames:
        return 1
    return 0


def _is_begun(numbers: list[int], n_frames: int) -> bool:
    """Return whether numbers go up from 1 and stop early, as of a reply that was cut off."""
    told = sorted(set(numbers))
    return len(told) > 1 and told == list(range(1, len(told) + 1)) and len(told) < n_frames
