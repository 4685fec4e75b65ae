"""Pictures as they are sent: width and format as the model's file says."""

import hashlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from scribebench.backends.base import Frame, SentImage
from scribebench.describe.images import KnownImages, prepare
from scribebench.errors import ScribebenchError
from unit.videos import screen


@pytest.fixture
def frame(tmp_path: Path) -> Frame:
    path = tmp_path / "frames" / "00h00m01.000s.png"
    path.parent.mkdir()
    cv2.imwrite(str(path), screen("error", "line 42", width=400, height=250))
    return Frame(0, 1.0, path, "aa")


def shown(image: SentImage) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(image.data, np.uint8), cv2.IMREAD_COLOR)


@pytest.mark.parametrize(
    ("settings", "media_type", "size"),
    [
        ({}, "image/jpeg", (400, 250)),
        ({"format": "jpeg"}, "image/jpeg", (400, 250)),
        ({"format": "png"}, "image/png", (400, 250)),
        ({"max_width_px": 200}, "image/jpeg", (200, 125)),
        ({"max_width_px": 133}, "image/jpeg", (133, 83)),
        ({"max_width_px": 400}, "image/jpeg", (400, 250)),
        ({"max_width_px": 1280}, "image/jpeg", (400, 250)),
    ],
)
def test_a_picture_is_sent_as_the_model_s_file_says(
    frame: Frame, settings: dict[str, Any], media_type: str, size: tuple[int, int]
) -> None:
    image = prepare(frame, settings)
    assert (image.media_type, image.width_px, image.height_px) == (media_type, *size)
    assert shown(image).shape == (size[1], size[0], 3)
    assert image.sha256 == hashlib.sha256(image.data).hexdigest()
    magic = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8\xff"}[media_type]
    assert image.data.startswith(magic)


def test_a_png_is_sent_without_loss(frame: Frame) -> None:
    assert np.array_equal(shown(prepare(frame, {"format": "png"})), cv2.imread(str(frame.image)))


def test_a_lower_quality_is_a_smaller_file(frame: Frame) -> None:
    usual, low = prepare(frame, {}), prepare(frame, {"jpeg_quality": 20})
    assert len(low.data) < len(usual.data)
    assert prepare(frame, {"jpeg_quality": 92}) == usual


def test_the_same_picture_gives_the_same_bytes(frame: Frame) -> None:
    """They are part of a request's key: other bytes would be asked about again."""
    settings = {"max_width_px": 300}
    assert prepare(frame, settings) == prepare(frame, settings)


@pytest.mark.parametrize("content", [None, b"", b"no picture"], ids=["absent", "empty", "text"])
def test_a_damaged_picture_is_named_with_the_mend(frame: Frame, content: bytes | None) -> None:
    frame.image.unlink()
    if content is not None:
        frame.image.write_bytes(content)
    with pytest.raises(ScribebenchError) as caught:
        prepare(frame, {})
    assert str(frame.image) in str(caught.value)
    assert "snakemake" in str(caught.value) and "frames.parquet" in str(caught.value)


# --- what pictures became ------------------------------------------------------------------------


def test_what_a_picture_became_is_known_the_next_time(tmp_path: Path, frame: Frame) -> None:
    image = prepare(frame, {"max_width_px": 200})
    path = tmp_path / "known" / "some.jsonl"
    known = KnownImages(path, {"max_width_px": 200})
    assert known.get(frame) is None
    known.put([frame], [image])
    assert known.get(frame) == image.facts
    again = KnownImages(path, {"max_width_px": 200}).get(frame)
    assert again == image.facts
    assert (again.sha256, again.size_bytes) == (image.sha256, len(image.data))


@pytest.mark.parametrize("settings", [{}, {"max_width_px": 199}, {"format": "png"}])
def test_a_picture_that_is_sent_otherwise_is_not_known(
    tmp_path: Path, frame: Frame, settings: dict[str, Any]
) -> None:
    path = tmp_path / "some.jsonl"
    KnownImages(path, {"max_width_px": 200}).put([frame], [prepare(frame, {"max_width_px": 200})])
    assert KnownImages(path, settings).get(frame) is None
    other = Frame(frame.frame_index, frame.time_s, frame.image, "bb")
    assert KnownImages(path, {"max_width_px": 200}).get(other) is None


@pytest.mark.parametrize(
    "damage", [b"", b"\x00\xff", b"[1, 2]\n", b"null\n", b'{"a": 1}\n', b"[[]"]
)
def test_a_damaged_line_is_prepared_again_and_nothing_else(
    tmp_path: Path, frame: Frame, damage: bytes
) -> None:
    path, image = tmp_path / "some.jsonl", prepare(frame, {})
    KnownImages(path, {}).put([frame], [image])
    whole = path.read_bytes()
    path.write_bytes(damage + b"\n" + whole)
    assert KnownImages(path, {}).get(frame) == image.facts
    path.write_bytes(whole[: len(whole) // 2])
    known = KnownImages(path, {})
    assert known.get(frame) is None
    known.put([frame], [image])
    assert known.get(frame) == image.facts
