"""Prepare pictures for sending: width and format as the model's file says."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from typing import Any

import cv2

from scribebench.backends.base import Frame, ImageFacts, SentImage
from scribebench.errors import ScribebenchError, snakemake
from scribebench.files import sha256_bytes
from scribebench.frames.pictures import decode_picture
from scribebench.project.documents import canonical_json

DEFAULT_JPEG_QUALITY = 92
PNG_COMPRESSION = 1  # higher levels take ten times as long for a few per cent


def prepare(frame: Frame, settings: dict[str, Any]) -> SentImage:
    """Scale and encode a frame's picture; `settings` is `image:` of the model's file.

    WebP is not offered: some servers drop it without a word. Raises ScribebenchError when the
    picture on disk cannot be read.
    """
    try:
        image = decode_picture(frame.image.read_bytes())
    except OSError:
        image = None
    if image is None:
        frames = frame.image.parent.parent / "frames.parquet"
        raise ScribebenchError(
            f"the picture {frame.image} is missing or damaged; make it again: "
            f"{snakemake()} --cores 4 {shlex.quote(str(frames))} --force"
        )
    widest = settings.get("max_width_px")
    if widest and image.shape[1] > widest:
        height = max(1, round(image.shape[0] * widest / image.shape[1]))
        image = cv2.resize(image, (widest, height), interpolation=cv2.INTER_AREA)
    if settings.get("format", "jpeg") == "png":
        suffix, options = ".png", [cv2.IMWRITE_PNG_COMPRESSION, PNG_COMPRESSION]
    else:
        quality = settings.get("jpeg_quality", DEFAULT_JPEG_QUALITY)
        suffix, options = ".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality]
    data = cv2.imencode(suffix, image, options)[1].tobytes()
    media_type = "image/png" if suffix == ".png" else "image/jpeg"
    return SentImage(data, sha256_bytes(data), media_type, image.shape[1], image.shape[0])


class KnownImages:
    """What pictures became when they were last prepared, so that a finished request needs none.

    One file for each model, read at the start and appended to. It only saves work: what is lost or
    damaged is prepared again.
    """

    def __init__(self, path: Path, settings: dict[str, Any]):
        self._path = path
        # Another version of the encoder may make other bytes of the same picture.
        self._how = canonical_json([settings, cv2.__version__])
        self._facts = dict(_read(path))

    def get(self, frame: Frame) -> ImageFacts | None:
        return self._facts.get(self._key(frame))

    def put(self, frames: list[Frame], images: list[SentImage]) -> None:
        """Add what is not known yet."""
        lines = []
        for frame, image in zip(frames, images, strict=True):
            key = self._key(frame)
            if self._facts.get(key) != image.facts:
                self._facts[key] = image.facts
                lines.append(json.dumps([key, *astuple(image.facts)]) + "\n")
        if lines:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="ascii") as stream:
                stream.write("".join(lines))

    def _key(self, frame: Frame) -> str:
        return sha256_bytes(f"{frame.image_sha256} {self._how}".encode())


def _read(path: Path) -> Iterator[tuple[str, ImageFacts]]:
    """Yield the pictures of a file; a torn line is passed over."""
    if not path.exists():
        return
    with path.open("rb") as stream:
        for line in stream:
            try:
                key, sha256, width_px, height_px, size_bytes = json.loads(line)
            except (ValueError, TypeError):
                continue
            yield key, ImageFacts(sha256, width_px, height_px, size_bytes)
