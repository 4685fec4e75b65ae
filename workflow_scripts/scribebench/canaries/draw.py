"""Draw the frames of the experiment: pages of notes, each in its colour and with its name."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from scribebench.canaries.frames import COLOURS, Canary
from scribebench.files import sha256_file
from scribebench.tables import FRAMES, write_table

WIDTH_PX, HEIGHT_PX = 1280, 720
LEFT_PX, TITLE_PX, TEXT_PX = 80, 72, 30
SECONDS_APART = 10.0
BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def draw_canary(canary: Canary) -> Image.Image:
    """Return the picture of a frame; its name stands on it as a file, a title and in a sentence."""
    image = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), COLOURS[canary.colour])
    ink = WHITE if canary.colour.brightness == "dark" else BLACK
    pen = ImageDraw.Draw(image)
    file = canary.name.replace(" ", "-") + ".md"
    title, text = ImageFont.load_default(TITLE_PX), ImageFont.load_default(TEXT_PX)
    pen.text((LEFT_PX, 30), f"{file}  -  Notes", ink, text)
    pen.line((0, 90, WIDTH_PX, 90), ink, 2)
    pen.text((LEFT_PX, 150), canary.name.title(), ink, title)
    lines = (f"The project {canary.name.title()} begins today.", f"Saved as {file}")
    for place, line in enumerate(lines):
        pen.text((LEFT_PX, 300 + 60 * place), line, ink, text)
    return image


def write_canaries(canaries: list[Canary], out: Path) -> None:
    """Write the pictures and their table of frames to the folder `out`."""
    (out / "frames").mkdir(parents=True, exist_ok=True)
    rows = []
    for canary in canaries:
        picture = f"frames/{canary.frame_index:03d}.png"
        draw_canary(canary).save(out / picture)
        rows.append(
            {
                "frame_index": canary.frame_index,
                "time_s": canary.frame_index * SECONDS_APART,
                "kept": True,
                "reason": "drawn",
                "represented_by": canary.frame_index,
                "image": picture,
                "image_sha256": sha256_file(out / picture),
                "width_px": WIDTH_PX,
                "height_px": HEIGHT_PX,
            }
        )
    write_table(out / "frames.parquet", FRAMES, rows)
