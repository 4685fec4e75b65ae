"""What changes where: the picture as a grid of tiles, and the content that each tile shows.

A score of the whole picture cannot see one changed number beside a moving pointer. So the picture
is cut into tiles of about 32 px, each change is found by comparing pixels, and what a tile shows
gets a number: the same number whenever the tile shows the same again, and, after scrolling, also
where the same text has moved to. All decisions are made from these numbers later.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from scribebench.frames.arrays import without
from scribebench.frames.planes import COLOUR_CELLS, Planes, reduction
from scribebench.frames.scroll import Pages, find_scroll
from scribebench.frames.visible import (
    TILE,
    VISIBLE,
    VISIBLE_PIXELS,
    count_true,
    differing_tiles,
    look_alike,
)

# Tiles are numbered row * ROW + column, so that a number means the same place at any resolution.
ROW = 1024
# U and V of the same place.
COLOURED = 20
# What a tile has shown is remembered, this many contents a tile.
REMEMBERED = 32
# ... and what pictures of so many sizes have shown.
REMEMBERED_SIZES = 3
# A content is looked for among the remembered ones by a hash first; that many bits may differ.
HASH_BITS_APART = 20
HASH_TRIES = 6
# A tile that changed in this many samples on end, none of them further apart than this, shows
# nothing that could be named.
RESTLESS, RESTLESS_STEP_S = 4, 1.1
# A tile with less contrast than this (0-255) is blank.
BLANK_INK = 24
# Changes in more tiles than this are no pointer or caret; blobs are not looked for.
BLOB_TILES = 24
POINTER_WIDTH_PX, POINTER_HEIGHT_PX = 44, 48
# A caret, in the picture that is compared: narrower and taller than a digit.
CARET_COLUMNS, CARET_ROWS = 2, 7
# Fewer changed tiles than this are not looked at for scrolling.
SCROLL_TILES = 40

MOVING, NOTHING = -1, -2
# Why a tile has the content that it has: bits of `flags`.
NEW, SEEN, SCROLLED, BEGAN_MOVING, SHADED, GROWN = 1, 2, 4, 8, 16, 32

# Blank tiles have no shape to hash; their hash is their grey value, as that many bits.
_GREY_HASHES = np.array([(1 << (2 * level)) - 1 for level in range(33)], dtype=np.uint64)


@dataclass(frozen=True)
class Changes:
    """The tiles that show something else than in the sample before, in the order of `tiles`.

    `contents` are numbers from 0, MOVING or NOTHING; `flags` say how each came about; `ink` is the
    contrast of the content (0-255). `spots` counts the spots, each as small as a pointer, that are
    all that changed; 0 when anything larger did. `scrolled_px` is how far a page moved up. Rows of
    the picture from `rows_px[0]` to before `rows_px[1]` visibly differ from the sample before, also
    in tiles that are not listed because they show movement as before.
    """

    tiles: np.ndarray
    contents: np.ndarray
    flags: np.ndarray
    ink: np.ndarray
    spots: int = 0
    scrolled_px: int = 0
    rows_px: tuple[int, int] = (0, 0)


_UNCHANGED = np.zeros(0, np.int32)
STILL = Changes(_UNCHANGED, _UNCHANGED, _UNCHANGED, _UNCHANGED)


def tile_px(width_px: int, height_px: int) -> int:
    """Return the edge of a tile in pixels of the recording."""
    return TILE * reduction(height_px, width_px)


class TileTracker:
    """Follows the pictures of a recording in order; its memory does not grow with their number."""

    def __init__(self) -> None:
        self._grid: _Grid | None = None
        self._grids: dict[tuple[int, ...], _Grid] = {}
        self._next_content = 0

    def follow(self, planes: Planes, step_s: float | None = 0.0) -> Changes:
        """Return what the next sampled picture changed, so many seconds after the one before.

        With `step_s` null pictures are single ones, and nothing is taken for movement.
        The planes must stay as they are until the next call has returned.
        """
        if self._grid is None or self._grid.shape != planes.luma.shape:
            return self._start(planes)
        moves = step_s is not None and step_s <= RESTLESS_STEP_S
        changes = self._grid.follow(planes, self._next_content, moves)
        self._count(changes)
        return changes

    def _start(self, planes: Planes) -> Changes:
        """Begin with a picture, the first one or one of another size."""
        before, shape = self._grid, planes.luma.shape
        # Put last again, so that those not seen for longest are forgotten.
        self._grid = self._grids[shape] = self._grids.pop(shape, None) or _Grid(planes)
        while len(self._grids) > REMEMBERED_SIZES:
            del self._grids[next(iter(self._grids))]
        changes = self._grid.start(planes, self._next_content)
        self._count(changes)
        if before is None:
            return changes
        gone = without(before.numbers, self._grid.numbers)
        return Changes(
            tiles=np.concatenate([changes.tiles, gone]),
            contents=np.concatenate([changes.contents, np.full(len(gone), NOTHING, np.int32)]),
            flags=np.concatenate([changes.flags, np.zeros(len(gone), np.uint8)]),
            ink=np.concatenate([changes.ink, np.zeros(len(gone), np.uint8)]),
        )

    def _count(self, changes: Changes) -> None:
        if len(changes.contents):
            self._next_content = max(self._next_content, int(changes.contents.max()) + 1)


class _Grid:
    """The tiles of pictures of one size, what they show and what they have shown."""

    def __init__(self, planes: Planes):
        self.shape = planes.luma.shape
        self._reduction = reduction(*self.shape)
        self._rows, self._columns = (length // TILE for length in planes.tiled.shape)
        count = self._rows * self._columns
        places = np.arange(count)
        self.numbers = (places // self._columns * ROW + places % self._columns).astype(np.int32)
        self._content = np.full(count, NOTHING, np.int32)
        self._restless = np.zeros(count, np.uint8)
        self._pages = Pages(self._rows, self._columns)
        self._memory = _Memory(count)
        self._sample = 0

    def start(self, planes: Planes, next_content: int) -> Changes:
        """Take the first picture, or one after pictures of another size: every tile is named."""
        self._content[:] = NOTHING
        self._restless[:] = 0
        self._sample += 1
        self._before = planes.luma
        self._before_reduced = planes.tiled
        self._shown = self._before_reduced.copy()  # it is written to, tile by tile
        self._colour = planes.tiled_colour
        # Memory that is taken anew for each picture costs more than what is computed in it.
        self._difference = np.empty_like(self._shown)
        places = np.arange(len(self._content))
        return self._name(places, self._shown, self._colour, next_content, None)

    def follow(self, planes: Planes, next_content: int, moves: bool) -> Changes:
        """Take the next picture; `moves` when what changes all the time may be movement."""
        self._sample += 1
        grey, colour = planes.tiled, planes.tiled_colour
        difference = cv2.absdiff(grey, self._shown, dst=self._difference)
        changed = self._changed(difference, cv2.absdiff(colour, self._colour))
        resting = ~changed & (self._content == MOVING)
        counted = np.minimum(self._restless, 250) + 1 if moves else 0
        self._restless = np.where(changed, counted, 0).astype(np.uint8)
        places = np.flatnonzero(changed | resting)
        before, before_reduced = self._before, self._before_reduced
        self._before, self._before_reduced = planes.luma, grey
        if not len(places):
            return STILL
        spots = self._spots(difference, changed) if len(places) <= BLOB_TILES else 0
        changes = self._name(places, grey, colour, next_content, (before, before_reduced))
        return replace(changes, spots=spots, rows_px=self._rows_px(np.flatnonzero(changed)))

    def _rows_px(self, places: np.ndarray) -> tuple[int, int]:
        """Return the rows of the recording's picture that enclose some places."""
        if not len(places):
            return 0, 0
        height = TILE * self._reduction
        top, bottom = int(places[0]) // self._columns, int(places[-1]) // self._columns + 1
        return top * height, min(bottom * height, self.shape[0])

    def _name(
        self,
        places: np.ndarray,
        grey: np.ndarray,
        colour: np.ndarray,
        next_content: int,
        before: tuple[np.ndarray, np.ndarray] | None,
    ) -> Changes:
        """Give each changed tile the number of what it shows now."""
        cells, colours = self._cells(grey, places), self._colour_cells(colour, places)
        hashes, ink = _hashes(cells)
        contents = self._memory.find(places, hashes, cells, colours, self._sample)
        flags = np.where(contents >= 0, SEEN, 0).astype(np.uint8)
        scroll = None
        if before is not None and len(places) >= SCROLL_TILES:
            unknown = contents < 0
            scroll = find_scroll(
                before,
                (self._before, grey),
                places,
                unknown,
                ink,
                self._columns,
                self._reduction,
            )
        if scroll is None:
            self._pages.leave(places)
        else:
            found, next_content = self._pages.scroll(
                places, contents, scroll.moved, scroll.rows, self._content, next_content
            )
            flags[(contents < 0) & (found >= 0)] |= SCROLLED
            contents = found
        moving = (contents < 0) & (self._restless[places] >= RESTLESS)
        fresh = (contents < 0) & ~moving
        count = int(fresh.sum())
        contents[fresh] = np.arange(next_content, next_content + count)
        contents[moving] = MOVING
        flags[fresh] |= NEW
        flags[moving] |= BEGAN_MOVING
        if scroll is not None:
            self._pages.join(places, contents)
        if before is not None:
            # What comes to rest is not compared with itself in motion.
            came = fresh & (self._content[places] != MOVING)
            flags[came] |= self._how(places[came], cells[came])
        self._memory.keep(places, hashes, cells, colours, contents, flags, self._sample)
        self._show(places, cells, colours)
        differs = contents != self._content[places]
        self._content[places] = contents
        return Changes(
            tiles=self.numbers[places[differs]],
            contents=contents[differs],
            flags=flags[differs],
            ink=ink[differs],
            scrolled_px=0 if scroll is None else round(scroll.rows * self._reduction),
        )

    # What is compared

    def _changed(self, grey: np.ndarray, colour: np.ndarray) -> np.ndarray:
        """Return which tiles visibly differ, by differences of brightness and colour."""
        changed = differing_tiles(grey)
        if colour.max() > COLOURED:
            strips = np.maximum(*colour).reshape(self._rows, COLOUR_CELLS, -1).max(axis=1)
            cells = strips.reshape(self._rows, self._columns, COLOUR_CELLS)
            changed |= cells.max(axis=2) > COLOURED
        return changed.ravel()

    def _spots(self, difference: np.ndarray, changed: np.ndarray) -> int:
        """Count the spots that differ; 0 when one of them is larger than a pointer."""
        tiles = changed.reshape(self._rows, self._columns).astype(np.uint8)
        _, _, groups, _ = cv2.connectedComponentsWithStats(tiles)
        spots = 0
        for left, top, columns, rows, _ in groups[1:].tolist():
            region = difference[
                top * TILE : (top + rows) * TILE, left * TILE : (left + columns) * TILE
            ]
            mask = cv2.threshold(region, VISIBLE, 1, cv2.THRESH_BINARY)[1]
            joined = cv2.dilate(mask, np.ones((5, 5), np.uint8))
            _, _, blobs, _ = cv2.connectedComponentsWithStats(joined)
            width_px = blobs[1:, cv2.CC_STAT_WIDTH] * self._reduction
            height_px = blobs[1:, cv2.CC_STAT_HEIGHT] * self._reduction
            if (width_px > POINTER_WIDTH_PX).any() or (height_px > POINTER_HEIGHT_PX).any():
                return 0
            if len(blobs) == 1:  # a faint change, or one of colour: no pointer
                return 0
            spots += len(blobs) - 1
        return spots

    # What is remembered

    def _cells(self, grey: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Return the pixels of the tiles at `places`, one row of TILE * TILE for each."""
        tiles = grey.reshape(self._rows, TILE, self._columns, TILE)
        return tiles[places // self._columns, :, places % self._columns].reshape(
            len(places), TILE * TILE
        )

    def _colour_cells(self, colour: np.ndarray, places: np.ndarray) -> np.ndarray:
        tiles = colour.reshape(2, self._rows, COLOUR_CELLS, self._columns, COLOUR_CELLS)
        picked = tiles[:, places // self._columns, :, places % self._columns]
        return picked.reshape(len(places), 2 * COLOUR_CELLS**2)

    def _show(self, places: np.ndarray, cells: np.ndarray, colours: np.ndarray) -> None:
        """Take what the tiles show as what later samples are compared with."""
        rows, columns = places // self._columns, places % self._columns
        shown = self._shown.reshape(self._rows, TILE, self._columns, TILE)
        shown[rows, :, columns] = cells.reshape(-1, TILE, TILE)
        colour = self._colour.reshape(2, self._rows, COLOUR_CELLS, self._columns, COLOUR_CELLS)
        colour[:, rows, :, columns] = colours.reshape(-1, 2, COLOUR_CELLS, COLOUR_CELLS)

    def _how(self, places: np.ndarray, cells: np.ndarray) -> np.ndarray:
        """Say how new contents came about from what the tiles showed: shaded, grown or neither.

        Shaded: lighter or darker all over, as by a highlight or a fade. Grown: what was there is
        there still, and something was added, as by typing.
        """
        before = self._cells(self._shown, places).astype(np.int16)
        difference = cells - before
        shift = _median(difference)
        shaded = count_true(np.abs(difference - shift) > VISIBLE) < VISIBLE_PIXELS
        ground = _median(before)
        written = np.abs(before - ground) > 20
        lost = (np.abs(difference) > VISIBLE) & written
        grown = (count_true(lost) < VISIBLE_PIXELS) | _is_caret(lost)
        return (shaded * SHADED + grown * GROWN).astype(np.uint8)


def _hashes(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a 64-bit perceptual hash and the contrast (0-255) of each tile."""
    size = (TILE // 2, len(cells) * TILE // 2)
    small = cv2.resize(cells.reshape(-1, TILE), size, interpolation=cv2.INTER_AREA)
    small = small.reshape(len(cells), -1)
    low, high = small.min(axis=1), small.max(axis=1)
    middle = (low.astype(np.int16) + high) // 2 + 4
    shape = np.packbits(small > middle[:, None], axis=1).view(np.uint64).ravel()
    ink = cells.max(axis=1) - cells.min(axis=1)
    grey_value = small.mean(axis=1).astype(np.int64) // 8
    return np.where(ink < BLANK_INK, _GREY_HASHES[grey_value], shape), ink


def _is_caret(lost: np.ndarray) -> np.ndarray:
    """Return whether what a tile lost is one upright bar: typing moves a caret on."""
    lost = lost.reshape(-1, TILE, TILE)
    columns, rows = lost.any(axis=1).sum(axis=1), lost.any(axis=2).sum(axis=1)
    return (columns <= CARET_COLUMNS) & (rows >= CARET_ROWS)


class _Memory:
    """What each tile has shown: hash, pixels and number of its last REMEMBERED contents."""

    def __init__(self, tiles: int):
        self._hashes = np.zeros((tiles, REMEMBERED), np.uint64)
        self._contents = np.zeros((tiles, REMEMBERED), np.int32)
        self._used = np.zeros((tiles, REMEMBERED), np.int32)
        self._filled = np.zeros(tiles, np.uint8)  # slots of each tile, from the first one on
        # Not touched until it is used, so memory is taken only by tiles that change.
        self._cells = np.zeros((tiles, REMEMBERED, TILE * TILE), np.uint8)
        self._colours = np.zeros((tiles, REMEMBERED, 2 * COLOUR_CELLS**2), np.uint8)

    def find(
        self,
        places: np.ndarray,
        hashes: np.ndarray,
        cells: np.ndarray,
        colours: np.ndarray,
        sample: int,
    ) -> np.ndarray:
        """Return the number of each tile's content, if the tile has shown it before; else -1."""
        contents = np.full(len(places), -1, np.int32)
        filled = self._filled[places]
        if not (most := int(filled.max(initial=0))):
            return contents
        # Most tiles have shown little, and then there is little to look through.
        apart = np.bitwise_count(self._hashes[places, :most] ^ hashes[:, None])
        apart[np.arange(most) >= filled[:, None]] = 255
        waiting = np.arange(len(places))
        for _ in range(HASH_TRIES):
            slots = apart[waiting].argmin(axis=1)
            near = apart[waiting, slots] <= HASH_BITS_APART
            waiting, slots = waiting[near], slots[near]
            if not len(waiting):
                break
            where = places[waiting]
            same = look_alike(self._cells[where, slots], cells[waiting])
            colour = cv2.absdiff(self._colours[where, slots], colours[waiting])
            same &= (colour <= COLOURED).all(axis=1)
            found = waiting[same]
            contents[found] = self._contents[where[same], slots[same]]
            self._used[where[same], slots[same]] = sample
            apart[waiting, slots] = 255
            waiting = waiting[~same]
        return contents

    def keep(
        self,
        places: np.ndarray,
        hashes: np.ndarray,
        cells: np.ndarray,
        colours: np.ndarray,
        contents: np.ndarray,
        flags: np.ndarray,
        sample: int,
    ) -> None:
        """Remember contents that are not remembered yet, in place of those not seen for longest."""
        chosen = (contents >= 0) & (flags & SEEN == 0)
        places = places[chosen]
        slots = self._used[places].argmin(axis=1)  # the first one that was never used, if any
        self._filled[places] = np.maximum(self._filled[places], slots + 1)
        self._hashes[places, slots] = hashes[chosen]
        self._contents[places, slots] = contents[chosen]
        self._cells[places, slots] = cells[chosen]
        self._colours[places, slots] = colours[chosen]
        self._used[places, slots] = sample + 1


def _median(rows: np.ndarray) -> np.ndarray:
    """Return the upper median of each row, as a column."""
    middle = rows.shape[1] // 2
    return np.partition(rows, middle, axis=1)[:, middle : middle + 1]
