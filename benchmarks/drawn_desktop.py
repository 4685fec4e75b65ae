"""Draw a recording of a desktop: text that is typed, scrolled and switched, a clock, a pointer."""

import random
import subprocess
from functools import cache
from pathlib import Path

import cv2
import numpy as np

WIDTH_PX, HEIGHT_PX = 1920, 1080
LINE_PX, LEFT_PX, TOP_PX = 26, 40, 60
WINDOW_S = 24  # each window stays so long
LINES = (HEIGHT_PX - TOP_PX - 40) // LINE_PX
LETTERS = "etaoinshrdlucmfwypvbgkjqxz0123456789_()=."


def draw_recording(path: Path, fps: int, length_s: float, ffmpeg: str) -> None:
    """Encode a drawn desktop as H.264 with the encoder's usual B-frames (1920 x 1080)."""
    command = [
        ffmpeg, "-hide_banner", "-loglevel", "error", "-y",
        "-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{WIDTH_PX}x{HEIGHT_PX}", "-r", str(fps),
        "-i", "-", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "fast", "-crf", "26",
        str(path),
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder:
        for number in range(round(length_s * fps)):
            encoder.stdin.write(picture(number / fps).tobytes())
    if encoder.returncode:
        raise SystemExit(f"{path}: the encoder ended with {encoder.returncode}")


def picture(time_s: float) -> np.ndarray:
    """Return the desktop at a time (uint8, height x width)."""
    window, into_s = divmod(time_s, WINDOW_S)
    window = int(window) % 9  # a window comes back after a while
    image = page(window, scrolled(window, into_s)).copy()
    dark = window % 3 == 0
    typed = line(window, 1000)[: int(6 * max(0.0, into_s - 4))]  # six letters a second
    if window % 3 != 2:
        _write(image, typed, TOP_PX + 8 * LINE_PX, dark)
    _write(image, f"{int(time_s) // 60:02d}:{int(time_s) % 60:02d}", 24, dark, WIDTH_PX - 120)
    pointer = (int(300 + 250 * np.sin(time_s / 3)), int(500 + 200 * np.cos(time_s / 5)))
    if into_s > WINDOW_S / 2:
        cv2.rectangle(image, pointer, (pointer[0] + 10, pointer[1] + 16), 128, -1)
    return image


def scrolled(window: int, into_s: float) -> int:
    """Return by how many lines a window is scrolled: every third one is read down, page by page."""
    return 12 * int(into_s / 4) if window % 3 == 2 else 0


@cache
def page(window: int, first: int) -> np.ndarray:
    """Return a window's text from a line on."""
    dark = window % 3 == 0
    image = np.full((HEIGHT_PX, WIDTH_PX), 24 if dark else 245, np.uint8)
    cv2.rectangle(image, (0, 0), (WIDTH_PX, 34), 60 if dark else 210, -1)
    for row in range(LINES):
        if window % 3 == 2 or row != 8:
            _write(image, line(window, first + row), TOP_PX + row * LINE_PX, dark)
    return image


def line(window: int, number: int) -> str:
    """Return a line of words that is always the same."""
    chance = random.Random(f"{window}-{number}")
    words = ("".join(chance.choices(LETTERS, k=chance.randint(2, 9))) for _ in range(12))
    return " ".join(words)[: chance.randint(20, 90)]


def _write(image: np.ndarray, text: str, bottom: int, dark: bool, left: int = LEFT_PX) -> None:
    ink = 220 if dark else 20
    cv2.putText(image, text, (left, bottom), cv2.FONT_HERSHEY_SIMPLEX, 0.6, ink, 1, cv2.LINE_AA)
