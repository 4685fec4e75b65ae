"""Small recordings that tests draw."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

# (brightness, hue) as the constructed model says them, and an RGB colour that is surely that.
COLOURS = {
    ("dark", "reddish"): (140, 15, 20),
    ("light", "bluish"): (140, 140, 250),
    ("dark", "greenish"): (15, 120, 20),
    ("light", "reddish"): (250, 135, 140),
    ("dark", "bluish"): (15, 20, 140),
    ("light", "greenish"): (130, 240, 130),
}
SLIDE_S = 3
SIZE_PX = (640, 400)


def write_colour_slides(path: Path, slides: int = 12) -> list[tuple[str, str]]:
    """Write a recording of one colour after another, one frame a second.

    Each slide has a pattern of its own, since a plain picture has the same perceptual hash as any
    other plain one. Returns the words of the slides in order.
    """
    order = [list(COLOURS)[number % len(COLOURS)] for number in range(slides)]
    pattern = np.random.default_rng(7)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("h264", rate=1)
        stream.width, stream.height = SIZE_PX
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, 1)
        for name in order:
            image = _slide(COLOURS[name], pattern)
            for _ in range(SLIDE_S):
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return order


def _slide(colour: tuple[int, int, int], pattern: np.random.Generator) -> np.ndarray:
    """Return a picture of a colour with darker and lighter tiles, height x width x 3, RGB."""
    width, height = SIZE_PX
    tiles = pattern.choice([-24, 0, 24], size=(5, 8))
    shade = np.kron(tiles, np.ones((height // 5, width // 8), int))[..., None]
    return np.clip(np.array(colour) + shade, 0, 255).astype(np.uint8)
