"""Scrolling: how far a page moved, and which of its parts is seen where.

Scrolled text is in other tiles than before and looks new there. When the pixels prove that a page
moved up or down, its parts keep the numbers that they had.
"""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np

# Tiles that are looked for elsewhere in the picture before: enough to be sure of the distance, and
# first of all so many, none of which is found elsewhere when another window came up.
PROBES, FIRST_PROBES = 24, 6
GOLDEN_RATIO = 0.618034  # its multiples lie evenly between 0 and 1, however many are taken
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
    differing: Callable[[np.ndarray], np.ndarray],
    columns: int,
    reduction: int,
) -> Scroll | None:
    """Return how far a page moved between two pictures, or null.

    `before` and `after` are brightness, whole and reduced to whole tiles. `places` are the changed
    tiles, `unknown` those of them that show nothing known, `ink` their contrast. `differing` says
    which tiles of a difference are visibly different, `reduction` by how much the compared picture
    is smaller than the recording's.
    """
    probes = places[unknown & (ink > PROBE_INK)]
    if len(probes) < MIN_MOVED:
        return None
    rows = _vote(before[1], after[1], _spread(probes), columns)
    if rows is None:
        return None
    best: tuple[int, int, np.ndarray] | None = None
    # The compared picture is reduced: the exact distance lies between two of its rows.
    for distance_px in range(rows * reduction - reduction + 1, rows * reduction + reduction):
        shifted = _shifted(before[0], distance_px, reduction, after[1].shape)
        moved = ~differing(cv2.absdiff(after[1], shifted))
        moved = moved[places] & unknown
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
    tile = after.shape[1] // columns
    votes: list[int] = []
    for number, place in enumerate(probes.tolist()):
        if number == FIRST_PROBES and not any(abs(vote) > 1 for vote in votes):
            return None
        top, left = place // columns * tile, place % columns * tile
        probe = after[top : top + tile, left : left + tile]
        match = cv2.matchTemplate(before[:, left : left + tile], probe, cv2.TM_SQDIFF).ravel()
        row = int(match.argmin())
        if match[row] < FOUND * tile * tile:
            votes.append(row - top)
    moved = np.array([vote for vote in votes if abs(vote) > 1])
    if len(moved) < MIN_VOTES:
        return None
    agreeing = (np.abs(moved[:, None] - moved) <= 1).sum(axis=1)
    if agreeing.max() < max(MIN_VOTES, VOTE_SHARE * len(votes)):
        return None
    return int(moved[agreeing.argmax()])


def _shifted(
    luma: np.ndarray, distance_px: int, reduction: int, shape: tuple[int, ...]
) -> np.ndarray:
    """Return brightness moved up by a distance, reduced and filled up to `shape`."""
    height_px, width_px = luma.shape
    moved = np.zeros_like(luma)
    if distance_px >= 0:
        moved[: max(0, height_px - distance_px)] = luma[distance_px:]
    else:
        moved[-distance_px:] = luma[:distance_px]
    size = (width_px // reduction, height_px // reduction)
    moved = moved[: size[1] * reduction, : size[0] * reduction]
    reduced = cv2.resize(moved, size, interpolation=cv2.INTER_AREA) if reduction > 1 else moved
    down, right = shape[0] - reduced.shape[0], shape[1] - reduced.shape[1]
    return cv2.copyMakeBorder(reduced, 0, down, 0, right, cv2.BORDER_REPLICATE)


class Pages:
    """The pages that tiles show parts of, and the numbers of those parts.

    A page is cut into bands as high as a tile. A tile shows the band that lies nearest, so a part
    keeps its number when it has moved by a distance that is no whole number of tiles.
    """

    def __init__(self, rows: int, columns: int, tile: int):
        self._columns, self._tile, self._rows = columns, tile, rows
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
        for column in np.unique(columns).tolist():
            of_column = chosen[columns == column]
            targets = places[of_column]
            from_row = np.floor(targets // self._columns + rows / self._tile + 0.5).astype(int)
            sources = from_row.clip(0, self._rows - 1) * self._columns + column
            usual = self._usual_page(sources, shown)
            if usual is None:
                begun = self._begin_page() if begun is None else begun
                usual = (begun, 0.0)
            page, offset = usual
            bands = self._bands.setdefault(page, {})
            for source in sources.tolist():
                bands.setdefault((column, self._band(source, offset)), int(shown[source]))
            for index, target in zip(of_column.tolist(), targets.tolist(), strict=True):
                band = (column, self._band(target, offset + rows))
                content = bands.get(band, -1)
                if content < 0:
                    content = bands[band] = next_content
                    next_content += 1
                contents[index] = content
            self._scrolled[column] = (page, offset + rows)
        return contents, next_content

    def join(self, places: np.ndarray, contents: np.ndarray) -> None:
        """Let changed tiles join the page that their column scrolled to, or leave theirs."""
        for place, content in zip(places.tolist(), contents.tolist(), strict=True):
            column = place % self._columns
            page, offset = self._scrolled.get(column, (-1, 0.0))
            self._page[place], self._offset[place] = page, offset
            if page >= 0 and content >= 0:
                self._bands.setdefault(page, {}).setdefault(
                    (column, self._band(place, offset)), content
                )

    def _usual_page(self, sources: np.ndarray, shown: np.ndarray) -> tuple[int, float] | None:
        """Return the page and offset that most tiles of a column look at.

        Null when none does, or when most of them show something else than the page has there.
        """
        known = sources[self._page[sources] >= 0]
        if not len(known):
            return None
        looks = np.stack([self._page[known], self._offset[known]])
        looks, often = np.unique(looks, axis=1, return_counts=True)
        page, offset = int(looks[0, often.argmax()]), float(looks[1, often.argmax()])
        bands = self._bands.get(page, {})
        agreeing = sum(
            bands.get((source % self._columns, self._band(source, offset))) == shown[source]
            for source in sources.tolist()
        )
        return (page, offset) if 2 * agreeing >= len(sources) else None

    def _begin_page(self) -> int:
        page = self._next_page
        self._next_page += 1
        self._bands[page] = {}
        while len(self._bands) > REMEMBERED_PAGES:
            self._bands.pop(next(iter(self._bands)))
        return page

    def _band(self, place: int, offset: float) -> int:
        # Not round(), which takes two neighbours for one when it is a half.
        return int(np.floor(place // self._columns + offset / self._tile + 0.5))
