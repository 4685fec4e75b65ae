"""The joined table: each description with its grade and its request."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from scribebench.tables import RUN, SAMPLES

FRAME = (*RUN, "frame_index")


def join_samples(said: pa.Table, grades: pa.Table, requests: pa.Table) -> pa.Table:
    """Return one row for each description with its grade and its request beside it.

    `said`, `grades` and `requests` have the rows of `descriptions`, `grades` and `requests`. What
    has no grade or request is null there.
    """
    of_request = _places(requests, [*RUN, "request_uid"])
    of_grade = _places(grades, [*FRAME, "request_uid"])
    wanted = zip(*(said[name].to_pylist() for name in [*FRAME, "request_uid"]), strict=True)
    keys = list(wanted)
    asked = requests.take(
        pa.array([of_request.get((*key[:3], key[4])) for key in keys], pa.int64())
    )
    graded = grades.take(pa.array([of_grade.get(key) for key in keys], pa.int64()))
    schema = SAMPLES.schema()
    columns = []
    for name in schema.names:
        plain = name.removeprefix("graded_")
        source = said if name in said.schema.names else graded
        source = source if plain in source.schema.names else asked
        columns.append(source[plain].cast(schema.field(name).type))
    return pa.table(columns, schema=schema)


def _places(table: pa.Table, key: list[str]) -> dict[tuple[Any, ...], int]:
    """Return where the row of each key is; where several have one, the first."""
    found: dict[tuple[Any, ...], int] = {}
    for place, values in enumerate(_keys(table, key)):
        found.setdefault(values, place)
    return found


def _keys(table: pa.Table, key: list[str]) -> Iterator[tuple[Any, ...]]:
    return zip(*(table[name].to_pylist() for name in key), strict=True)
