"""What extract_frames stored of a recording, as the strategies take it."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scribebench.errors import damaged
from scribebench.frames.runs import Events
from scribebench.frames.strategies import Measured
from scribebench.tables import SIGNALS, read_table

Row = dict[str, Any]
# Rows that are turned into dictionaries at a time, and how many such pieces are held.
PIECE_ROWS, PIECES_HELD = 128, 8
# What changed in each frame's tiles: the columns of lists, in the order of Events.
_CHANGES = {
    "changed_tiles": np.int32,
    "tile_contents": np.int32,
    "tile_flags": np.uint8,
    "tile_ink": np.uint8,
}


class Rows(Sequence[Row]):
    """The rows of a table as dictionaries, made when they are asked for.

    A recording of some hours has many, and they take far more memory than their table.
    """

    def __init__(self, table: pa.Table):
        self._table = table
        self._piece = lru_cache(PIECES_HELD)(self._read)

    def __len__(self) -> int:
        return self._table.num_rows

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...

    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"there are {len(self)} rows, and no row {index}")
        piece, place = divmod(index % len(self), PIECE_ROWS)
        return self._piece(piece)[place]

    def __iter__(self) -> Iterator[Row]:
        pieces = range(-(-len(self) // PIECE_ROWS))
        return chain.from_iterable(map(self._piece, pieces))

    def _read(self, piece: int) -> list[Row]:
        return self._table.slice(piece * PIECE_ROWS, PIECE_ROWS).to_pylist()


def read_measured(path: Path, scenes: list[Row]) -> tuple[Sequence[Row], Measured]:
    """Return the rows of `signals` without what changed in their tiles, and all of it as arrays.

    `scenes` are the rows of the table `scenes`. Raises ScribebenchError when the file is damaged.
    """
    table = read_table(path, [name for name in SIGNALS.schema().names if name not in _CHANGES])
    rows = Rows(table)
    if not rows:
        raise damaged(path, "it has no rows")
    changes = [_flat(path, name, kind) for name, kind in _CHANGES.items()]
    lengths, _ = changes[0]
    events = Events(
        table["time_s"].to_numpy(),
        np.repeat(np.arange(len(rows), dtype=np.int32), lengths),
        *(values for _, values in changes),
        spots=table["spots"].fill_null(0).to_numpy(),
    )
    numbers = np.zeros(len(rows), np.int64)
    for scene in scenes:
        numbers[scene["first_frame"] : scene["last_frame"] + 1] = scene["scene"]
    measured = Measured(
        events,
        phashes=table["phash"].to_pylist(),
        scenes=numbers.tolist(),
        pictured=table["candidate"].fill_null(False).to_pylist(),
    )
    return rows, measured


def _flat(path: Path, name: str, kind: type) -> tuple[np.ndarray, np.ndarray]:
    """Return how many values each row of a list column has, and all values one after the other.

    There are millions of them, so one column is in memory at a time.
    """
    column = read_table(path, [name])[name]
    chunks = [chunk.flatten().to_numpy(zero_copy_only=False) for chunk in column.chunks]
    values = np.concatenate(chunks).astype(kind, copy=False) if chunks else np.zeros(0, kind)
    return pc.list_value_length(column).to_numpy(), values
