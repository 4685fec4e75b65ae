"""Contact sheets: every kept frame on a page, and a box around what a dropped one would show."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from scribebench.frames.sheets import (
    CAPTION_PX,
    DIFFERS,
    GAP_PX,
    KEPT_A_SHEET,
    DroppedChange,
    Thumbnail,
    thumbnail,
    write_sheets,
)
from unit.videos import Image, plain, screen

SMALL = (32, 20)  # pictures that are quick to draw


def thumbnails(count: int, size: tuple[int, int] = SMALL) -> list[Thumbnail]:
    """Pictures that tell their place by their brightness."""
    return [
        Thumbnail(plain(60 + index * 190 // max(count, 2), *size), f"00h00m{index:02d}.000s  first")
        for index in range(count)
    ]


def sheets(folder: Path) -> dict[str, Image]:
    return {path.name: cv2.imread(str(path)) for path in sorted(folder.iterdir())}


def cell(sheet: Image, row: int, column: int, size: tuple[int, int] = SMALL) -> Image:
    """The picture at a place of a sheet whose pictures have this size."""
    top = GAP_PX + row * (size[1] + CAPTION_PX + GAP_PX)
    left = GAP_PX + column * (320 + GAP_PX)
    return sheet[top : top + size[1], left : left + size[0]]


def marked(image: Image) -> np.ndarray:
    """Where a picture is marked in orange."""
    blue, _, red = (image[:, :, channel].astype(int) for channel in range(3))
    return red - blue > 120


# --- thumbnails ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((1280, 800), (320, 200)),
        ((1920, 1080), (320, 180)),
        ((640, 400), (320, 200)),
        ((160, 120), (160, 120)),  # never larger
        ((400, 1280), (150, 480)),
        ((1080, 1920), (270, 480)),
        ((3000, 2), (320, 1)),
        ((1, 1), (1, 1)),
    ],
)
def test_a_thumbnail_fits_on_the_sheet(size: tuple[int, int], small: tuple[int, int]) -> None:
    assert thumbnail(plain(90, *size)).shape == (*small[::-1], 3)


# --- kept frames ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "pages", "rows", "columns"),
    [
        (1, 1, 1, 1),
        (4, 1, 1, 4),
        (5, 1, 1, 5),
        (6, 1, 2, 5),
        (60, 1, 12, 5),
        (61, 2, 12, 5),
        (121, 3, 12, 5),
    ],
)
def test_sixty_kept_frames_are_a_page(
    tmp_path: Path, count: int, pages: int, rows: int, columns: int
) -> None:
    write_sheets(tmp_path / "sheets", thumbnails(count), [])
    found = sheets(tmp_path / "sheets")
    assert list(found) == [f"kept-{page:02d}.jpg" for page in range(1, pages + 1)]
    height_px = rows * (SMALL[1] + CAPTION_PX + GAP_PX) + GAP_PX
    assert found["kept-01.jpg"].shape == (height_px, columns * (320 + GAP_PX) + GAP_PX, 3)


def test_every_kept_frame_is_in_its_place(tmp_path: Path) -> None:
    kept = thumbnails(62)
    write_sheets(tmp_path, kept, [])
    found = list(sheets(tmp_path).values())
    for index, one in enumerate(kept):
        page, place = divmod(index, KEPT_A_SHEET)
        shown = cell(found[page], *divmod(place, 5))
        assert np.abs(shown.astype(int) - one.image).mean() < 2
    rest = found[1][:, GAP_PX + 2 * (320 + GAP_PX) :]
    assert rest.size == 0  # a page is no wider than what is on it


def test_a_caption_stands_below_its_picture(tmp_path: Path) -> None:
    pictures = [plain(200, *SMALL)] * 3
    captions = ["00h00m01.000s  first", "", "00h00m02.000s  content, 12.5"]
    write_sheets(tmp_path, [Thumbnail(*one) for one in zip(pictures, captions, strict=True)], [])
    sheet = sheets(tmp_path)["kept-01.jpg"]
    below = sheet[GAP_PX + SMALL[1] : -GAP_PX]
    written = [
        int((below[:, left : left + 320] > 120).all(axis=2).sum())
        for left in range(GAP_PX, sheet.shape[1] - 320, 320 + GAP_PX)
    ]
    assert written[1] == 0
    assert written[2] > written[0] > 100


def test_pictures_of_all_sizes_have_room(tmp_path: Path) -> None:
    sizes = [(320, 200), (150, 480), (20, 30)]
    write_sheets(tmp_path, [Thumbnail(plain(220, *size), "x") for size in sizes], [])
    sheet = sheets(tmp_path)["kept-01.jpg"]
    assert sheet.shape == (480 + CAPTION_PX + 2 * GAP_PX, 3 * (320 + GAP_PX) + GAP_PX, 3)
    for column, size in enumerate(sizes):
        assert cell(sheet, 0, column, size).min() > 200
        beside = sheet[GAP_PX : GAP_PX + size[1], GAP_PX + column * 328 + size[0] + 8 :]
        assert (beside[:, : max(0, 320 - size[0] - 8)] < 60).all()


# --- dropped changes -----------------------------------------------------------------------------

TEXT = ("error in line 42", "", "def main():", "return value")
SHOWN = (320, 200)


def change(dropped: Image, kept: Image) -> DroppedChange:
    return DroppedChange(Thumbnail(dropped, "dropped: passing"), Thumbnail(kept, "content"))


def drawn(*words: str) -> Image:
    return screen(*words, width=SHOWN[0], height=SHOWN[1])


@pytest.mark.parametrize("kept", [0, 3])
def test_there_is_no_sheet_of_nothing(tmp_path: Path, kept: int) -> None:
    write_sheets(tmp_path / "sheets", thumbnails(kept), [])
    assert list(sheets(tmp_path / "sheets")) == (["kept-01.jpg"] if kept else [])


@pytest.mark.parametrize(
    ("count", "rows", "columns"), [(1, 1, 2), (2, 1, 4), (3, 2, 4), (24, 12, 4)]
)
def test_two_pairs_are_a_row(tmp_path: Path, count: int, rows: int, columns: int) -> None:
    pair = DroppedChange(*thumbnails(2))
    write_sheets(tmp_path, thumbnails(1), [pair] * count)
    sheet = sheets(tmp_path)["dropped.jpg"]
    height_px = rows * (SMALL[1] + CAPTION_PX + GAP_PX) + GAP_PX
    assert sheet.shape == (height_px, columns * (320 + GAP_PX) + GAP_PX, 3)


def test_a_box_is_drawn_around_what_differs(tmp_path: Path) -> None:
    dropped, kept = drawn(*TEXT), drawn(*TEXT[:2], "", TEXT[3])
    write_sheets(tmp_path, [], [change(dropped, kept)])
    sheet = sheets(tmp_path)["dropped.jpg"]
    box = np.argwhere(marked(cell(sheet, 0, 0, SHOWN)))
    ink = np.argwhere(cv2.absdiff(dropped, kept).max(axis=2) > DIFFERS)
    (top, left), (bottom, right) = box.min(axis=0), box.max(axis=0)
    assert (ink.min(axis=0) > (top, left)).all()
    assert (ink.max(axis=0) < (bottom, right)).all()
    assert bottom - top < np.ptp(ink[:, 0]) + 30  # and not around the whole picture
    assert right - left < np.ptp(ink[:, 1]) + 50
    inside = cell(sheet, 0, 0, SHOWN)[top + 5 : bottom - 4, left + 5 : right - 4]
    assert not marked(inside).any()  # letters of a word have no boxes of their own
    assert not marked(sheet[:, GAP_PX + 320 :]).any()
    assert np.abs(cell(sheet, 0, 1, SHOWN).astype(int) - kept).mean() < 4


@pytest.mark.parametrize(
    ("words", "boxes"),
    [
        ((TEXT[0], "", TEXT[2], TEXT[3]), 0),
        ((TEXT[0], "new", TEXT[2], TEXT[3]), 1),
        ((TEXT[0], "two words", TEXT[2], TEXT[3]), 1),
        (("", "", TEXT[2], TEXT[3], "", "", "added"), 2),
    ],
    ids=["nothing", "a word", "words of a line", "two places"],
)
def test_each_place_that_differs_has_its_box(
    tmp_path: Path, words: tuple[str, ...], boxes: int
) -> None:
    write_sheets(tmp_path, [], [change(drawn(*words), drawn(*TEXT))])
    mask = marked(cell(sheets(tmp_path)["dropped.jpg"], 0, 0, SHOWN)).astype(np.uint8)
    joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    found = cv2.connectedComponentsWithStats(joined)[2][1:]
    assert (found[:, cv2.CC_STAT_AREA] > 20).sum() == boxes


@pytest.mark.parametrize(("by", "boxed"), [(30, False), (60, True)])
def test_what_hardly_differs_has_no_box(tmp_path: Path, by: int, boxed: bool) -> None:
    lighter = plain(100, *SHOWN)
    lighter[80:120, 100:200] += np.uint8(by)
    write_sheets(tmp_path, [], [change(lighter, plain(100, *SHOWN))])
    assert marked(cell(sheets(tmp_path)["dropped.jpg"], 0, 0, SHOWN)).any() == boxed


def test_a_box_at_the_edge_is_drawn(tmp_path: Path) -> None:
    dropped = plain(100, *SHOWN)
    dropped[:6, :9] = dropped[-6:, -9:] = 250
    write_sheets(tmp_path, [], [change(dropped, plain(100, *SHOWN))])
    found = marked(cell(sheets(tmp_path)["dropped.jpg"], 0, 0, SHOWN))
    assert found[:40, :60].any()
    assert found[-40:, -60:].any()


def test_pictures_of_different_sizes_are_shown_without_a_box(tmp_path: Path) -> None:
    write_sheets(tmp_path, [], [change(plain(250, 320, 200), plain(90, 150, 240))])
    sheet = sheets(tmp_path)["dropped.jpg"]
    assert not marked(sheet).any()
    assert cell(sheet, 0, 0, (320, 200)).min() > 240
    assert np.abs(cell(sheet, 0, 1, (150, 240)).astype(int) - 90).max() < 10


def test_the_pictures_themselves_stay_as_they_are(tmp_path: Path) -> None:
    dropped, kept = drawn("a"), drawn("b")
    before = dropped.copy(), kept.copy()
    write_sheets(tmp_path, [], [change(dropped, kept)])
    assert np.array_equal(dropped, before[0])
    assert np.array_equal(kept, before[1])
