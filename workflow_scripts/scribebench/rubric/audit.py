"""Check that the rubric is what it says: each picture whole, legible, and true.

Text is read by OCR, as on frames. Pictures without text are looked at: which things of which colour
and shape lie where. Neither knows how a picture was drawn.
"""

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from scribebench.files import sha256_bytes, write_bytes
from scribebench.frames.read import Line, Reading, ReadingStore, read_pictures
from scribebench.rubric.draw import sketch
from scribebench.rubric.draw.differences import GAP, MARGIN, PLACES
from scribebench.rubric.draw.sketch import WIDTH_PX, Area, Box, Sketch, Stroke, Text, render
from scribebench.rubric.eyes import Seen, colour_share, look
from scribebench.rubric.items import Item, make_item
from scribebench.rubric.looks import contrast
from scribebench.rubric.save import encode_png, image_name
from scribebench.rubric.sources import questions
from scribebench.rubric.stated import answers, contradiction, texts
from scribebench.rubric.truth_json import truth_from_json, truth_to_json
from scribebench.rubric.truths import DifferencesTruth, GridTruth, IconTruth, ShapesTruth

PATCH_PX = 32  # edge of what one image token stands for
LEAST_TOKENS = 200
LEAST_MARGIN_PX = 6.0  # between the edge of the picture and what must be whole
LEAST_TEXT_PX = 16.0
LEAST_CONTRAST = 4.5  # of text; level AA of WCAG 2.2
LEAST_READ = 0.8  # likeness of one text and what OCR reads of it
LEAST_READ_ON_AVERAGE = 0.93  # over the texts of one picture
LEAST_COLOUR = 0.15  # share of an icon that has its colour
DASHES = str.maketrans("‐‑‒–—−", "------")  # all of them signs of minus
PLACE_PX = 20.0  # how far from its place the middle of an object may be seen


class Fault(NamedTuple):
    """What is wrong with an item; `variant` is null for what concerns the question."""

    question: str
    variant: int | None
    what: str


class Audited(NamedTuple):
    """What was found of one question; shares are null where there is no text."""

    question: str
    variants: int
    checked_by: str
    least_tokens: float
    least_read: float | None
    mean_read: float | None
    faults: tuple[Fault, ...]


class Picture(NamedTuple):
    """An item with its picture: as marks, in pixels at scale 1, and the hash of its file."""

    item: Item
    sketch: Sketch
    image: Image.Image
    image_sha256: str


def make_picture(item: Item) -> Picture:
    """Draw an item."""
    marks = sketch(item)
    image = render(marks)
    return Picture(item, marks, image, sha256_bytes(encode_png(image)))


def audit_question(question: str, variants: int, folder: Path | None, workers: int = 1) -> Audited:
    """Check variants 0 to `variants` - 1 of a question.

    Pictures and readings of text are kept in `folder`; without one, no text is read.
    """
    pictures = [make_picture(make_item(question, variant)) for variant in range(variants)]
    found = [Fault(question, None, what) for what in _weights(question)]
    for picture in pictures:
        found += [
            Fault(question, picture.item.variant, what)
            for check in CHECKS
            for what in check(picture)
        ]
    found += [Fault(question, variant, what) for variant, what in _alike(pictures)]
    shares: dict[tuple[str, int], dict[str, float]] = {}
    if folder is not None and texts(pictures[0].item.truth):
        shares = read_texts(pictures, folder, workers)
    for (_, variant), read in shares.items():
        found += [Fault(question, variant, what) for what in illegible(read)]
    means = [sum(read.values()) / len(read) for read in shares.values()]
    return Audited(
        question,
        variants,
        _checked_by(pictures[0], folder is not None),
        min(image_tokens(picture.image) for picture in pictures),
        min((min(read.values()) for read in shares.values()), default=None),
        sum(means) / len(means) if means else None,
        tuple(found),
    )


def _checked_by(picture: Picture, reads: bool) -> str:
    if picture.item.question in LOOKS:
        return LOOKS[picture.item.question].how
    if not reads:
        return "not read"
    return "OCR, turned back" if picture.sketch.upside_down else "OCR"


def image_tokens(image: Image.Image) -> float:
    """Return how many patches of 32 x 32 px a picture has when it is 640 px wide."""
    height = image.height * WIDTH_PX / image.width
    return WIDTH_PX / PATCH_PX * height / PATCH_PX


# --- what concerns a question ---------------------------------------------------------------------


def _weights(question: str) -> Iterable[str]:
    weights = [one["weight"] for one in questions()[question]["criteria"].values()]
    if abs(sum(weights) - 1) > 1e-9:
        yield f"the weights sum to {sum(weights):g}"


def _alike(pictures: Sequence[Picture]) -> Iterable[tuple[int, str]]:
    for kind, keys in (
        ("picture", [picture.image_sha256 for picture in pictures]),
        ("truth", [picture.item.truth for picture in pictures]),
    ):
        first: dict[Any, int] = {}
        for variant, key in enumerate(keys):
            if key in first:
                yield variant, f"its {kind} is that of variant {first[key]}"
            first.setdefault(key, variant)


# --- what concerns a picture ----------------------------------------------------------------------


def _truth_holds(picture: Picture) -> Iterable[str]:
    truth = picture.item.truth
    if why := contradiction(truth):
        yield f"its truth cannot be: {why}"
    if truth_from_json(truth_to_json(truth)) != truth:
        yield "its truth is another one after it was written and read"


def _gives_nothing_away(picture: Picture) -> Iterable[str]:
    item = picture.item
    for place, text in (("prompt", item.prompt), ("file name", image_name(item))):
        for answer in answers(item.truth):
            if re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", text, re.IGNORECASE):
                yield f"its {place} holds the answer {answer!r}"


def _has_tokens(picture: Picture) -> Iterable[str]:
    tokens = image_tokens(picture.image)
    if tokens < LEAST_TOKENS:
        yield f"it has {tokens:.0f} image tokens, fewer than {LEAST_TOKENS}"


def _is_whole(picture: Picture) -> Iterable[str]:
    """Text, objects and lines are inside the picture; ruled paper may run over its edges."""
    width, height = picture.sketch.width, picture.sketch.height
    for mark in picture.sketch.marks:
        box = mark.box
        if isinstance(mark, Stroke) and box.right - box.left >= width:
            continue
        edges = (box.left, box.top, width - box.right, height - box.bottom)
        if min(edges) < LEAST_MARGIN_PX:
            yield f"{_name(mark)} comes within {min(edges):.1f} px of the edge"


def _is_apart(picture: Picture) -> Iterable[str]:
    """No text lies on another, and no object on another."""
    marks = picture.sketch.marks
    objects: list[tuple[str, Box]] = [
        (_name(mark), mark.box) for mark in marks if isinstance(mark, Area) and mark.name
    ]
    words = [(_name(mark), mark.box) for mark in picture.sketch.texts]
    for group in (objects, words):
        for (one, box), (other, other_box) in combinations(group, 2):
            if box.meets(other_box):
                yield f"{one} and {other} overlap"


def _is_uncrossed(picture: Picture) -> Iterable[str]:
    """No line runs through a text, unless paper lies between the two."""
    marks = picture.sketch.marks
    for place, text in enumerate(marks):
        if not isinstance(text, Text):
            continue
        covers = (n for n in range(place) if isinstance(marks[n], Area))
        lowest = max((n for n in covers if marks[n].box.holds(text.box)), default=0)
        for line in marks[lowest:]:
            if isinstance(line, Stroke) and any(
                text.box.is_crossed(start, end) for start, end in pairwise(line.points)
            ):
                yield f"a line runs through {_name(text)}"


def _has_clear_text(picture: Picture) -> Iterable[str]:
    for mark in picture.sketch.texts:
        if mark.size < LEAST_TEXT_PX:
            yield f"{_name(mark)} is {mark.size:.1f} px high"
        if contrast(mark.colour, picture.sketch.paper) < LEAST_CONTRAST:
            yield f"{_name(mark)} is too pale"


def _name(mark: Any) -> str:
    return repr(getattr(mark, "name", None) or getattr(mark, "text", None) or "a line")


def _looks_right(picture: Picture) -> Iterable[str]:
    if look_at := LOOKS.get(picture.item.question):
        yield from look_at.check(picture)


CHECKS: tuple[Callable[[Picture], Iterable[str]], ...] = (
    _truth_holds,
    _gives_nothing_away,
    _has_tokens,
    _is_whole,
    _is_apart,
    _is_uncrossed,
    _has_clear_text,
    _looks_right,
)


# --- pictures without text ------------------------------------------------------------------------


class Look(NamedTuple):
    """How a picture without text is checked, in words and as a function."""

    how: str
    check: Callable[[Picture], Iterable[str]]


def _shapes_seen(picture: Picture) -> Iterable[str]:
    truth = picture.item.truth
    assert isinstance(truth, ShapesTruth)
    seen = Counter((one.colour, one.shape) for one in look(picture.image))
    told = Counter({(one.colour, one.shape): one.count for one in truth.groups})
    if seen != told:
        yield f"it shows {dict(seen)} instead of {dict(told)}"


def _icon_seen(picture: Picture) -> Iterable[str]:
    truth = picture.item.truth
    assert isinstance(truth, IconTruth)
    share = colour_share(picture.image, truth.colour)
    if share < LEAST_COLOUR:
        yield f"only {share:.0%} of it is {truth.colour}"


def _panels_seen(picture: Picture) -> Iterable[str]:
    truth = picture.item.truth
    assert isinstance(truth, DifferencesTruth)
    seen = look(picture.image)
    wide = (WIDTH_PX - 2 * MARGIN - GAP) / 2
    high = picture.image.height - 2 * MARGIN
    for name, left, objects in (
        ("left", MARGIN, truth.left),
        ("right", MARGIN + wide + GAP, truth.right),
    ):
        for one in objects:
            share_x, share_y = PLACES[one.place]
            at = (left + wide * share_x, MARGIN + high * share_y)
            there = [thing for thing in seen if _near(thing, at)]
            if [thing[:3] for thing in there] != [(one.colour, one.shape, one.direction)]:
                yield f"the {one.colour} {one.shape} is not seen in its {name} panel"
    if len(seen) != len(truth.left) + len(truth.right):
        yield f"{len(seen)} objects are seen instead of {len(truth.left) + len(truth.right)}"


def _near(thing: Seen, at: tuple[float, float]) -> bool:
    return abs(thing.x - at[0]) < PLACE_PX and abs(thing.y - at[1]) < PLACE_PX


def _grid_seen(picture: Picture) -> Iterable[str]:
    truth = picture.item.truth
    assert isinstance(truth, GridTruth)
    cells: dict[tuple[int, int], str | None] = {}
    for one in look(picture.image):
        place = (int(3 * one.y / picture.image.height), int(3 * one.x / picture.image.width))
        cells.setdefault(place, one.shape)
    told = {
        (row, column): shape if (row, column) != truth.empty else None
        for row, shapes in enumerate(truth.rows)
        for column, shape in enumerate(shapes)
    }
    if cells != told:
        yield f"it shows {cells} instead of {told}"


LOOKS: dict[str, Look] = {
    "VL-T1-Q2": Look("counts, colours and shapes seen", _shapes_seen),
    "VL-T1-Q3": Look("colour seen", _icon_seen),
    "VL-T3-Q3": Look("places, colours and shapes seen", _panels_seen),
    "VL-T3-Q4": Look("cells and shapes seen", _grid_seen),
}


# --- pictures with text ---------------------------------------------------------------------------


def read_texts(
    pictures: Sequence[Picture], folder: Path, workers: int
) -> dict[tuple[str, int], dict[str, float]]:
    """Return, by question and variant, how much OCR reads of each text of a picture.

    What stands upside down is turned back before. Pictures and readings are kept in `folder`.
    """
    keys: dict[tuple[str, int], str] = {}
    paths: dict[str, Path] = {}
    for picture in pictures:
        image = picture.image
        if picture.sketch.upside_down:
            image = image.transpose(Image.Transpose.ROTATE_180)
        data = encode_png(image)
        key = sha256_bytes(data)
        paths[key] = folder / f"{key[:16]}.png"
        keys[picture.item.question, picture.item.variant] = key
        write_bytes(paths[key], data)
    readings = dict(read_pictures(paths, ReadingStore(folder), workers, "the rubric"))
    return {
        name: {text: likeness(text, readings[key]) for text in texts(picture.item.truth)}
        for (name, key), picture in zip(keys.items(), pictures, strict=True)
    }


def likeness(text: str, reading: Reading) -> float:
    """Return how much of a text was read (0-1), wherever it stands; white space is left out.

    Case is left out as well: OCR takes o for O where nothing else stands on the line.
    """
    wanted = _squeezed(text)
    rows = [_squeezed("".join(line.text for line in row)) for row in _rows(reading.lines)]
    rows.append("".join(rows))  # a line whose parts stand at different heights is read as two
    if any(wanted in row for row in rows):
        return 1.0
    return max((_best_window(wanted, row) for row in rows if row), default=0.0)


def _squeezed(text: str) -> str:
    return "".join(text.translate(DASHES).split()).casefold()


def _rows(lines: Sequence[Line]) -> list[list[Line]]:
    """Return the lines, which are in reading order, in their rows."""
    rows: list[list[Line]] = []
    for line in lines:
        if (
            rows
            and line.left_px >= rows[-1][-1].right_px - 3
            and line.top_px < rows[-1][-1].bottom_px
        ):
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _best_window(wanted: str, row: str) -> float:
    windows = {row[start : start + len(wanted)] for start in range(len(row))}
    return max(
        difflib.SequenceMatcher(None, wanted, window, autojunk=False).ratio() for window in windows
    )


def illegible(read: Mapping[str, float]) -> Iterable[str]:
    """Tell which texts of a picture, with how much was read of each, cannot be read."""
    for text, share in read.items():
        if share < LEAST_READ:
            yield f"OCR reads {share:.0%} of {text!r}"
    mean = sum(read.values()) / len(read)
    if mean < LEAST_READ_ON_AVERAGE:
        yield f"OCR reads {mean:.0%} of its text"
