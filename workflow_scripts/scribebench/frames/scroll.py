"""Scrolling: how far a page moved, and which of its parts is seen where.

Scrolled text is in other tiles than before and looks new there. When the pixels prove that a page
moved up or down, its parts keep the numbers that they had.
"""

from collections import Counter
from typing import NamedTuple

import cv2
import numpy as np

from scribebench.frames.arrays import distinct
from scribebench.frames.visible import TILE, differing_tiles

# Tiles that are looked for elsewhere in the picture before: enough to be sure of the distance. When
# another window came up, hardly any two of the first ones (their number: of them) agree.
PROBES = 16
AGREEING_AFTER = {5: 1, 8: 2, 12: 3}
GOLDEN_RATIO = 0.618034  # its multiples lie evenly between 0 and 1, however many are taken
# Pixels of a tile's width in which it is looked for.
NARROW = 4
# Tiles with less contrast (0-255) than this are found anywhere.
PROBE_INK = 60
# Mean squared difference of a pixel at which a probe counts as found. Between two rows of the
# reduced picture text differs by up to 1600; what is found wrongly is refused by the pixels later.
FOUND = 2500
MIN_VOTES = 5
VOTE_SHARE = 0.3
MIN_MOVED = 12
MOVED_SHARE = 0.25
# Pages are forgotten when so many others came after them.
REMEMBERED_PAGES = 8
# Of a page as much is remembered as this many pictures of it show.
REMEMBERED_PICTURES = 16


class Scroll(NamedTuple):
    """A page moved up by `rows` (rows of the compared picture; down when negative).

    `moved` says for each changed tile whether it shows what stood there `rows` below, before.
    """

    rows: float
    moved: np.ndarray


def find_scroll(
    before: tuple[np.ndarray, np.ndarray],
    after: tuple[np.ndarray, np.ndarray],
    places: np.ndarray,
    unknown: np.ndarray,
    ink: np.ndarray,
    columns: int,
    reduction: int,
) -> Scroll | None:
    """Return how far a page moved between two pictures, or null.

    `before` and `after` are brightness, whole and reduced to whole tiles. `places` are the changed
    tiles, `unknown` those of them that show nothing known, `ink` their contrast; `reduction` is by
    how much the compared picture is smaller than the recording's.
    """
    probes = places[unknown & (ink > PROBE_INK)]
    if len(probes) < MIN_MOVED:
        return None
    rows = _vote(before[1], after[1], _spread(probes), columns)
    if rows is None:
        return None
    region = _Region.around(places[unknown], columns)
    best: tuple[int, int, np.ndarray] | None = None
    # The compared picture is reduced: the exact distance lies between two of its rows.
    for distance_px in range(rows * reduction - reduction + 1, rows * reduction + reduction):
        same = _same(before[0], after[1], distance_px, reduction, region)
        moved = unknown.copy()
        moved[unknown] = region.pick(same, places[unknown], columns)
        count = int((moved & (ink > PROBE_INK)).sum())
        if best is None or count > best[0]:
            best = (count, distance_px, moved)
    count, distance_px, moved = best
    if count < max(MIN_MOVED, MOVED_SHARE * len(probes)):
        return None
    return Scroll(distance_px / reduction, moved)


def _spread(places: np.ndarray) -> np.ndarray:
    """Return PROBES of the places; from all over the picture, from the first ones on."""
    steps = np.arange(min(PROBES, len(places))) * GOLDEN_RATIO % 1
    return places[(steps * len(places)).astype(int)]


def _vote(before: np.ndarray, after: np.ndarray, probes: np.ndarray, columns: int) -> int | None:
    """Return the distance, in rows, at which most probes are found in their own column."""
    votes: list[int] = []
    for number, place in enumerate(probes.tolist()):
        if number in AGREEING_AFTER and _agreeing(votes)[1] < AGREEING_AFTER[number]:
            return None
        top, left = place // columns * TILE, place % columns * TILE
        strip, probe = before[:, left : left + TILE], after[top : top + TILE, left : left + TILE]
        row = _most_alike(_narrow(strip), _narrow(probe))
        if cv2.norm(strip[row : row + TILE], probe) ** 2 < FOUND * TILE**2:
            votes.append(row - top)
    row, agreeing = _agreeing(votes)
    return row if agreeing >= max(MIN_VOTES, VOTE_SHARE * len(votes)) else None


def _narrow(strip: np.ndarray) -> np.ndarray:
    size = (NARROW, len(strip))
    return cv2.resize(strip, size, interpolation=cv2.INTER_AREA).astype(np.float32)


def _most_alike(strip: np.ndarray, probe: np.ndarray) -> int:
    """Return the row of a strip (float32, height x NARROW) from which on it is most like a probe.

    It compares the squared differences, but for what they all have in common.
    """
    shape, pitch = (len(strip) - TILE + 1, probe.size), strip.itemsize
    overlapping = np.ndarray(shape, strip.dtype, strip, strides=(NARROW * pitch, pitch))
    windows = overlapping.copy()  # a matrix in which rows overlap is multiplied far more slowly
    squares = np.einsum("ij,ij->i", windows, windows)
    return int((squares - 2 * (windows @ probe.ravel())).argmin())


def _agreeing(votes: list[int]) -> tuple[int, int]:
    """Return the distance for which most of those vote that moved at all, and how many do."""
    moved = np.array([vote for vote in votes if abs(vote) > 1])
    if not len(moved):
        return 0, 0
    agreeing = (np.abs(moved[:, None] - moved) <= 1).sum(axis=1)
    return int(moved[agreeing.argmax()]), int(agreeing.max())


class _Region(NamedTuple):
    """The rows and columns of tiles that enclose some places; the ends are excluded."""

    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def around(cls, places: np.ndarray, columns: int) -> "_Region":
        row, column = places // columns, places % columns
        return cls(int(row.min()), int(row.max()) + 1, int(column.min()), int(column.max()) + 1)

    def pick(self, tiles: np.ndarray, places: np.ndarray, columns: int) -> np.ndarray:
        """Return the values of places from an array of the region's rows x columns."""
        return tiles[places // columns - self.top, places % columns - self.left]


def _same(
    before: np.ndarray, after: np.ndarray, distance_px: int, reduction: int, region: _Region
) -> np.ndarray:
    """Return which tiles of a region show what stood `distance_px` further down before."""
    now = after[region.top * TILE : region.bottom * TILE, region.left * TILE : region.right * TILE]
    # Both pictures are filled up to whole tiles by their last row and column, after reduction.
    height = min(now.shape[0], before.shape[0] // reduction - region.top * TILE)
    width = min(now.shape[1], before.shape[1] // reduction - region.left * TILE)
    top, left = region.top * TILE * reduction + distance_px, region.left * TILE * reduction
    bottom = top + height * reduction
    part = before[max(0, top) : max(0, bottom), left : left + width * reduction]
    # What lies outside the picture before is black, as nothing that scrolled into it is.
    above, below = max(0, -top), max(0, bottom - before.shape[0])
    if above or below:
        part = cv2.copyMakeBorder(part, above, below, 0, 0, cv2.BORDER_CONSTANT)
    if reduction > 1:
        part = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
    down, right = now.shape[0] - height, now.shape[1] - width
    if down or right:
        part = cv2.copyMakeBorder(part, 0, down, 0, right, cv2.BORDER_REPLICATE)
    return ~differing_tiles(cv2.absdiff(now, part))


class Pages:
    """The pages that tiles show parts of, and the numbers of those parts.

    A page is cut into bands as high as a tile. A tile shows the band that lies nearest, so a part
    keeps its number when it has moved by a distance that is no whole number of tiles.
    """

    def __init__(self, rows: int, columns: int):
        self._columns, self._rows = columns, rows
        self._page = np.full(rows * columns, -1, np.int32)
        # How far down its page a tile looks, beyond its own place in the picture.
        self._offset = np.zeros(rows * columns, np.float64)
        # For each page the content of (column, band).
        self._bands: dict[int, dict[tuple[int, int], int]] = {}
        self._next_page = 0
        # The page that each column scrolled to, with its offset.
        self._scrolled: dict[int, tuple[int, float]] = {}

    def leave(self, places: np.ndarray) -> None:
        """Note that tiles show something that is no part of a page."""
        self._page[places] = -1

    def scroll(
        self,
        places: np.ndarray,
        contents: np.ndarray,
        moved: np.ndarray,
        rows: float,
        shown: np.ndarray,
        next_content: int,
    ) -> tuple[np.ndarray, int]:
        """Return contents in which scrolled parts have their numbers, and the next free number.

        `shown` is what all tiles showed before.
        """
        contents = contents.copy()
        chosen = np.flatnonzero(moved & (contents < 0))
        columns = places[chosen] % self._columns
        begun: int | None = None
        self._scrolled = {}
        for column in distinct(columns).tolist():
            of_column = chosen[columns == column]
            targets = places[of_column]
            from_row = np.floor(targets // self._columns + rows / TILE + 0.5).astype(int)
            sources = from_row.clip(0, self._rows - 1) * self._columns + column
            usual = self._usual_page(sources, shown)
            if usual is None:
                begun = self._begin_page() if begun is None else begun
                usual = (begun, 0.0)
            page, offset = usual
            bands = self._bands.setdefault(page, {})
            for band, content in zip(
                self._of_bands(sources, offset), shown[sources].tolist(), strict=True
            ):
                bands.setdefault((column, band), content)
            named = []
            for band in self._of_bands(targets, offset + rows):
                content = bands.get((column, band), -1)
                if content < 0:
                    content = bands[column, band] = next_content
                    next_content += 1
                named.append(content)
            contents[of_column] = named
            self._scrolled[column] = (page, offset + rows)
            self._forget(page, offset + rows)
        return contents, next_content

    def _forget(self, page: int, offset: float) -> None:
        """Drop the bands of a long page that are far from where it is looked at."""
        bands = self._bands[page]
        if len(bands) > REMEMBERED_PICTURES * self._rows * self._columns:
            near, far = offset / TILE, REMEMBERED_PICTURES / 4 * self._rows
            for key in [key for key in bands if abs(key[1] - near) > far]:
                del bands[key]

    def join(self, places: np.ndarray, contents: np.ndarray) -> None:
        """Let changed tiles join the page that their column scrolled to, or leave theirs."""
        self._page[places], self._offset[places] = -1, 0.0
        in_column = places % self._columns
        for column, (page, offset) in self._scrolled.items():
            joining = in_column == column
            joined = places[joining]
            self._page[joined], self._offset[joined] = page, offset
            bands = self._bands.setdefault(page, {})
            for band, content in zip(
                self._of_bands(joined, offset), contents[joining].tolist(), strict=True
            ):
                if content >= 0:
                    bands.setdefault((column, band), content)

    def _usual_page(self, sources: np.ndarray, shown: np.ndarray) -> tuple[int, float] | None:
        """Return the page and offset that most tiles of a column look at.

        Null when none does, or when most of them show something else than the page has there.
        """
        known = sources[self._page[sources] >= 0]
        if not len(known):
            return None
        looks = Counter(zip(self._page[known].tolist(), self._offset[known].tolist(), strict=True))
        page, offset = looks.most_common(1)[0][0]
        bands, column = self._bands.get(page, {}), int(sources[0]) % self._columns
        agreeing = sum(
            bands.get((column, band)) == content
            for band, content in zip(
                self._of_bands(sources, offset), shown[sources].tolist(), strict=True
            )
        )
        return (page, offset) if 2 * agreeing >= len(sources) else None

    def _begin_page(self) -> int:
        page = self._next_page
        self._next_page += 1
        self._bands[page] = {}
        while len(self._bands) > REMEMBERED_PAGES:
            self._bands.pop(next(iter(self._bands)))
        return page

    def _of_bands(self, places: np.ndarray, offset: float) -> list[int]:
        """Return the band of a page that each place shows, at an offset."""
        # Not rounded, which takes two neighbours for one when it is a half.
        return np.floor(places // self._columns + offset / TILE + 0.5).astype(int).tolist()
