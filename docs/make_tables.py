"""Print docs/tables.md from the tables of the package.

python docs/make_tables.py > docs/tables.md
"""

import sys
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow_scripts"))

import pyarrow as pa

from scribebench.gather import GATHERED
from scribebench.report.layout import table
from scribebench.tables import (
    ATTRIBUTION,
    CRITERIA,
    DESCRIPTIONS,
    FRAMES,
    GRADES,
    JUDGED,
    REQUESTS,
    RUBRIC_ITEMS,
    SCENES,
    SCHEMA_VERSION,
    SIGNALS,
    TEXT,
    Column,
    Table,
    unit_of,
)

TYPES = {"double": "float64", "timestamp[us, tz=UTC]": "timestamp (µs)"}


class Place(NamedTuple):
    """Where a table is written, by which rule."""

    table: Table
    path: str
    rule: str


PLACES = (
    Place(SIGNALS, "results/sessions/{session}/signals.parquet", "extract_frames"),
    Place(SCENES, "results/sessions/{session}/scenes.parquet", "detect_scenes"),
    Place(FRAMES, "results/sessions/{session}/frames.parquet", "dedup_frames"),
    Place(TEXT, "results/sessions/{session}/text.parquet", "read_frames"),
    Place(REQUESTS, "results/runs/{session}/{model}/{variant}/requests.parquet", "describe_frames"),
    Place(
        DESCRIPTIONS,
        "results/runs/{session}/{model}/{variant}/descriptions.parquet",
        "describe_frames",
    ),
    Place(GRADES, "results/runs/{session}/{model}/{variant}/grades.parquet", "grade_descriptions"),
    Place(
        ATTRIBUTION,
        "results/canaries/batch-{batch_size}/{model}/{variant}/attribution.parquet",
        "grade_canaries",
    ),
    Place(JUDGED, "results/rubric/{model}/{variant}/judged.parquet", "judge_rubric"),
    Place(RUBRIC_ITEMS, "results/rubric/{model}/{variant}/items.parquet", "grade_rubric"),
    Place(CRITERIA, "results/rubric/{model}/{variant}/criteria.parquet", "grade_rubric"),
)

INTRODUCTION = """\
# Tables

Everything that the workflow finds out stands in Parquet tables. This page names every column. It is
printed from the package: `python docs/make_tables.py > docs/tables.md`.

## Conventions

- The unit is the suffix of a column's name: `_ns`, `_s`, `_px`, `_bytes`, `_tokens`, `_chars`,
  `_tps` (tokens per second), `_utc` (a time in UTC). `s_per_image` is in seconds per picture.
- Null is unknown, or does not apply.
- `frame_index`, `slot`, `order_index` and `scene` count from 0. Frames are the sampled ones.
- A category is a dictionary-encoded string.
- A column that ends in `_json` holds JSON as text. Pictures are named by hash and path and are
  never inside a table.
- The version of the tables is {version}. It stands in the metadata of each file
  (`schema_version`), with the table's name and the meaning and unit of each column, and as a
  column of `requests`.

## Where they are

{places}

`build_tables` gathers the selected sessions and runs into `results/tables`:
{gathered}.
There, `frames` has the session as its first column. `signals`, `scenes` and `text` stay with their
session.

Beside the tables stand:

- `results/sessions/{{session}}/manifest.json`: what the recording is, and what of it could not be
  decoded;
- `results/sessions/{{session}}/selection.json`: how many frames were kept, and why;
- `results/runs/{{session}}/{{model}}/{{variant}}/run.json`: the run's row of `runs`;
- `results/runs/{{session}}/{{model}}/{{variant}}/replies.jsonl.zst`: the raw replies, one JSON
  object a line, in the order of `order_index`.

## How they join

- `requests` and `descriptions`: by `session`, `model`, `variant` and `request_uid`. The uid alone
  is not enough: two runs that would send the very same request share its reply, and its uid. So do
  two batches of one run, such as the same screen twice within a second; the later one is a
  `cache_hit`, and where it matters which one it is, `frame_index` tells.
- `descriptions` and `frames`: by `session` and `frame_index`. A frame that was not kept has no
  description of its own; the one of its `represented_by` stands for it.
- `text` and `frames`: by `frame_index`, inside one session.
- `grades` and `descriptions`: by `session`, `model`, `variant`, `request_uid`, `frame_index`.
- `attribution` and `requests`: by `session`, `model`, `variant` and `request_uid`.
- `runs` and `requests`: by `run_id`. `runs` and `descriptions`: by `session`, `model`, `variant`.
- `sessions`: by `session`. `stages`: by `subject`, which is a session, or `session/model/variant`.

A row of `requests` may enter a speed figure only when `speed_valid` is true;
`speed_invalid_reasons` says why it may not.

`experiment` is `describe`, `attribution` (drawn frames), `rubric` or `judge`. A row with `warmup`
asked about one picture before the first frame, and enters no figure. `model_state_before` is null
for the OCR baseline.

## Read them

`pyarrow` is in the environment that `make report` sets up. What was said of each frame, how its
request ended and what it took:

```python
import pyarrow.parquet as pq

key = ["session", "model", "variant", "request_uid"]
requests = pq.read_table("results/tables/requests.parquet").to_pylist()
ended = {{tuple(row[name] for name in key): row for row in requests}}
for said in pq.read_table("results/tables/descriptions.parquet").to_pylist():
    request = ended[tuple(said[name] for name in key)]
    print(said["time_s"], said["model"], request["finish_reason"], request["s_per_image"])
```

Seconds per frame of each candidate, over the requests that may enter a speed figure:

```python
import pyarrow.compute as pc
import pyarrow.parquet as pq

requests = pq.read_table("results/tables/requests.parquet")
valid = requests.filter(pc.field("speed_valid"))
figures = [("s_per_image", "approximate_median"), ("s_per_image", "count")]
print(valid.group_by(["model", "variant"]).aggregate(figures).to_pylist())
```

`samples` has description, grade and request in one row. With DuckDB or pandas, which are not in
that environment (`make test-examples` makes another one, `.venv-examples`, that has both):

```python
import duckdb

print(
    duckdb.sql(
        "select model, variant, count(*) as frames, avg(grounded_share) as grounded "
        "from 'results/tables/samples.parquet' group by all"
    )
)
```

```python
import pandas as pd

samples = pd.read_parquet("results/tables/samples.parquet")
print(samples.groupby(["model", "variant"], observed=True)["specifics_invented"].describe())
```
"""


def main() -> None:
    print(document(), end="")


def document() -> str:
    """Return docs/tables.md."""
    introduction = INTRODUCTION.format(
        version=SCHEMA_VERSION,
        places=table(("table", "one row is", "file", "rule"), map(place_row, PLACES), 4),
        gathered=listed([one.name for one in GATHERED]),
    )
    per_session = {place.table.name for place in PLACES}
    only_gathered = [one for one in GATHERED if one.name not in per_session]
    sections = [section(one) for one in (*(place.table for place in PLACES), *only_gathered)]
    return "\n".join([introduction, *sections])


def place_row(place: Place) -> tuple[str, ...]:
    """Return a line of the table of places."""
    return (f"`{place.table.name}`", place.table.row, f"`{place.path}`", f"`{place.rule}`")


def section(one: Table) -> str:
    """Return the part about a table."""
    rows = map(column_row, one.columns)
    columns = table(("column", "type", "unit", "meaning"), rows, 4)
    return f"## `{one.name}`\n\nOne row is {one.row}.\n\n{columns}\n"


def column_row(column: Column) -> tuple[str, ...]:
    """Return the line of a column."""
    return f"`{column.name}`", type_name(column.type), unit_of(column.name), column.meaning


def type_name(arrow: pa.DataType) -> str:
    """Return an Arrow type in words."""
    if pa.types.is_dictionary(arrow):
        return "category"
    if pa.types.is_list(arrow):
        return f"list of {type_name(arrow.value_type)}"
    if pa.types.is_struct(arrow):
        fields = [f"`{field.name}` {type_name(field.type)}" for field in arrow]
        return f"struct of {', '.join(fields)}"
    return TYPES.get(str(arrow), str(arrow))


def listed(names: list[str] | tuple[str, ...]) -> str:
    """Return names as code, separated by commas."""
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    main()
