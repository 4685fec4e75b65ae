"""What extract_frames stored of a recording, as the strategies take it."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scribebench.errors import damaged
from scribebench.frames.runs import Events
from scribebench.frames.strategies import Measured
from scribebench.tables import read_table

Row = dict[str, Any]


def read_measured(path: Path, scenes: list[Row]) -> tuple[list[Row], Measured]:
    """Return the rows of `signals` without what changed in their tiles, and all of it as arrays.

    `scenes` are the rows of the table `scenes`. Raises ScribebenchError when the file is damaged.
    """
    table = read_table(path)
    lists = [name for name in table.column_names if pa.types.is_list(table.schema.field(name).type)]
    rows = table.drop_columns(lists).to_pylist()
    if not rows:
        raise damaged(path, "it has no rows")
    lengths = pc.list_value_length(table["changed_tiles"]).to_numpy()
    events = Events(
        times_s=table["time_s"].to_numpy(),
        frame=np.repeat(np.arange(len(rows), dtype=np.int32), lengths),
        tile=_flat(table["changed_tiles"], np.int32),
        content=_flat(table["tile_contents"], np.int32),
        flags=_flat(table["tile_flags"], np.uint8),
        ink=_flat(table["tile_ink"], np.uint8),
        spots=np.array([row["spots"] or 0 for row in rows]),
    )
    numbers = np.zeros(len(rows), np.int64)
    for scene in scenes:
        numbers[scene["first_frame"] : scene["last_frame"] + 1] = scene["scene"]
    measured = Measured(
        events,
        phashes=[row["phash"] for row in rows],
        scenes=numbers.tolist(),
        pictured=[bool(row["candidate"]) for row in rows],
    )
    return rows, measured


def _flat(column: pa.ChunkedArray, kind: type) -> np.ndarray:
    """Return the values of a list column, one after the other; there are millions of them."""
    chunks = [chunk.flatten().to_numpy(zero_copy_only=False) for chunk in column.chunks]
    return np.concatenate(chunks).astype(kind, copy=False) if chunks else np.zeros(0, kind)
