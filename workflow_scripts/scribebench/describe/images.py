"""Prepare pictures for sending: width and format as the model's file says."""

from typing import Any

import cv2

from scribebench.backends.base import Frame, SentImage
from scribebench.errors import ScribebenchError
from scribebench.files import sha256_bytes
from scribebench.frames.pictures import decode_picture

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
        raise ScribebenchError(
            f"the picture {frame.image} is missing or damaged; make it again: "
            f"snakemake --cores 4 {frame.image.parent.parent}/frames.parquet --force"
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
