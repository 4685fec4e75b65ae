"""Draw the rubric into a folder: pictures, and a list of what is asked about them."""

import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from scribebench.files import sha256_bytes, write_bytes, write_text
from scribebench.rubric.draw import draw
from scribebench.rubric.items import Item, make_item
from scribebench.rubric.truth_json import truth_from_json, truth_to_json

LIST = "items.jsonl"


class DrawnItem(NamedTuple):
    """An item and its picture; `image` is the path from the list's folder."""

    item: Item
    image: str
    image_sha256: str
    width_px: int
    height_px: int


def image_name(item: Item) -> str:
    """Return a file name that tells nothing, not even the question."""
    return sha256_bytes(f"{item.question} {item.variant}".encode())[:16] + ".png"


def encode_png(image: Image.Image) -> bytes:
    """Return the picture as PNG."""
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def save_rubric(
    questions: Iterable[str], variants: int, scale: float, out: Path
) -> Iterator[DrawnItem]:
    """Draw variants 0 to `variants` - 1 of each question into `out`; yield each once it is there.

    The list is written last, so that what it names is there.
    """
    drawn: list[DrawnItem] = []
    for question in questions:
        for variant in range(variants):
            drawn.append(_save(make_item(question, variant), scale, out))
            yield drawn[-1]
    write_text(out / LIST, "".join(_line(one) + "\n" for one in drawn))


def _save(item: Item, scale: float, out: Path) -> DrawnItem:
    image = draw(item, scale)
    data, name = encode_png(image), image_name(item)
    write_bytes(out / name, data)
    return DrawnItem(item, name, sha256_bytes(data), image.width, image.height)


def _line(drawn: DrawnItem) -> str:
    item = drawn.item
    row = {
        "question": item.question,
        "variant": item.variant,
        "prompt": item.prompt,
        "truth": json.loads(truth_to_json(item.truth)),
        "image": drawn.image,
        "image_sha256": drawn.image_sha256,
        "width_px": drawn.width_px,
        "height_px": drawn.height_px,
    }
    return json.dumps(row, ensure_ascii=False)


def frame_rows(drawn: Iterable[DrawnItem]) -> Iterator[dict[str, Any]]:
    """Yield the pictures as rows of `frames`, for the baseline, which reads frames."""
    for place, one in enumerate(drawn):
        yield {
            "frame_index": place,
            "time_s": 0.0,
            "kept": True,
            "reason": "drawn",
            "represented_by": place,
            "image": one.image,
            "image_sha256": one.image_sha256,
            "width_px": one.width_px,
            "height_px": one.height_px,
        }


def read_items(path: Path) -> list[DrawnItem]:
    """Read the list that `save_rubric` wrote."""
    lines = path.read_text(encoding="utf-8").split("\n")
    rows = (json.loads(line) for line in lines if line)
    return [
        DrawnItem(
            Item(
                row["question"],
                row["variant"],
                row["prompt"],
                truth_from_json(json.dumps(row["truth"])),
            ),
            row["image"],
            row["image_sha256"],
            row["width_px"],
            row["height_px"],
        )
        for row in rows
    ]
