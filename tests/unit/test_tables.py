"""The tables: their columns and types, and that writing and reading keeps everything."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scribebench import tables
from scribebench.errors import ScribebenchError
from scribebench.tables import (
    ALL_TABLES,
    DESCRIPTIONS,
    FRAMES,
    REQUESTS,
    RUN_KEY,
    RUNS,
    SCHEMA_VERSION,
    SIGNALS,
    STAGES,
    TEXT,
    Column,
    Table,
    read_rows,
    read_table,
    table_writer,
    union,
    write_arrow,
    write_table,
)
from scribebench.tables import (
    UTC as UTC_TYPE,
)

COLUMNS = [
    pytest.param(table, column, id=f"{table.name}.{column.name}")
    for table in ALL_TABLES
    for column in table.columns
]
# The unit is the suffix of a name; a longer suffix comes before those that it ends in.
TYPES = {
    "_ns": {pa.int64()},
    "_s": {pa.float64()},
    "_px": {pa.int32(), pa.float64()},
    "_bytes": {pa.int64()},
    "_tokens": {pa.int32()},
    "_tps": {pa.float64()},
    "_utc": {UTC_TYPE},
    "_sha256": {pa.string()},
    "_json": {pa.string()},
    "_index": {pa.int16(), pa.int32()},
    "_chars": {pa.int32()},
}
NO_UNIT = {"image_tokens_expected", "image_tokens_measured", "prompt_tokens_cached"}
SMALL = Table(
    "small",
    "one thing",
    (
        Column("name", pa.dictionary(pa.int32(), pa.string()), "what it is called"),
        Column("count", pa.int32(), "how many"),
        Column("items", pa.list_(pa.string()), "which"),
        Column("at_utc", UTC_TYPE, "when"),
    ),
)
AT = datetime(2026, 1, 10, 9, 30, 0, 123456, tzinfo=UTC)
ROWS = [
    {"name": "one", "count": 1, "items": ["a", "b"], "at_utc": AT},
    {"name": None, "count": 0, "items": [], "at_utc": None},
    {"count": None},
]


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_column_has_the_type_of_its_unit(table: Table, column: Column) -> None:
    stated = next((TYPES[suffix] for suffix in TYPES if column.name.endswith(suffix)), None)
    kind = column.type.value_type if pa.types.is_list(column.type) else column.type
    if stated is not None and column.name not in NO_UNIT:
        assert kind in stated


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_column_says_what_it_means(table: Table, column: Column) -> None:
    assert column.meaning.strip() == column.meaning != ""
    assert "\n" not in column.meaning


@pytest.mark.parametrize("table", ALL_TABLES, ids=lambda table: table.name)
def test_no_column_stands_twice(table: Table) -> None:
    names = [column.name for column in table.columns]
    assert len(set(names)) == len(names)
    assert all(name == name.lower() and name.isidentifier() for name in names)


def test_a_column_of_one_name_has_one_type_everywhere() -> None:
    types: dict[str, set[str]] = {}
    for table in ALL_TABLES:
        for column in table.columns:
            kind = column.type.value_type if pa.types.is_list(column.type) else column.type
            types.setdefault(column.name, set()).add(str(kind))
    assert {name: kinds for name, kinds in types.items() if len(kinds) > 1} == {}


@pytest.mark.parametrize("table", [REQUESTS, DESCRIPTIONS, RUNS], ids=lambda table: table.name)
def test_session_model_and_variant_are_in_every_table_of_a_run(table: Table) -> None:
    assert set(RUN_KEY) <= set(table.columns)
    assert [column.name for column in RUN_KEY] == ["session", "model", "variant"]


@pytest.mark.parametrize("table", [SIGNALS, FRAMES, TEXT, DESCRIPTIONS], ids=lambda t: t.name)
def test_frame_and_time_are_in_every_table_of_frames(table: Table) -> None:
    assert {"frame_index", "time_s"} <= {column.name for column in table.columns}


def test_frames_hold_the_signals_that_they_were_chosen_by() -> None:
    """All but where the picture stood and what changed in which tiles."""
    places = {column.name for column in SIGNALS.columns if pa.types.is_list(column.type)}
    left_out = {"candidate", "spots", "scrolled_px", "tile_px"}
    signals = {column.name for column in SIGNALS.columns}
    assert places == {"changed_tiles", "tile_contents", "tile_flags", "tile_ink"}
    assert signals - {column.name for column in FRAMES.columns} == left_out | places


@pytest.mark.parametrize(
    "name",
    [
        "srv_load_ns", "srv_prompt_eval_ns", "srv_eval_ns", "srv_total_ns", "wall_ns", "ttft_ns",
        "ttft_content_ns", "prompt_tokens", "output_tokens", "image_tokens_measured",
        "n_ctx_requested", "n_ctx_effective", "think_requested", "attempts", "cache_hit",
        "speed_valid", "speed_invalid_reasons", "output_text_ref",
    ],
)  # fmt: skip
def test_one_row_of_requests_tells_the_whole_story(name: str) -> None:
    assert name in {column.name for column in REQUESTS.columns}


def same_schema(one: pa.Schema, other: pa.Schema) -> bool:
    """Types, order and meanings; Parquet gives the element of a list another name."""
    meanings = [[field.metadata for field in schema] for schema in (one, other)]
    return one.equals(other) and one.metadata == other.metadata and meanings[0] == meanings[1]


# --- writing and reading -------------------------------------------------------------------------


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    write_table(tmp_path / "deep" / "a.parquet", SMALL, ROWS)
    nothing = dict.fromkeys(("name", "count", "items", "at_utc"))
    assert read_rows(tmp_path / "deep" / "a.parquet") == [nothing | row for row in ROWS]
    assert read_rows(tmp_path / "deep" / "a.parquet", ["count"]) == [
        {"count": 1},
        {"count": 0},
        {"count": None},
    ]


def test_zero_and_nothing_and_unknown_stay_apart(tmp_path: Path) -> None:
    write_table(tmp_path / "a.parquet", SMALL, ROWS)
    table = pq.read_table(tmp_path / "a.parquet")
    assert table["count"].null_count == 1
    assert table["items"].null_count == 1
    assert table["items"].to_pylist()[1] == []


def test_units_travel_with_the_file(tmp_path: Path) -> None:
    write_table(tmp_path / "a.parquet", REQUESTS, [])
    schema = pq.read_schema(tmp_path / "a.parquet")
    units = {name: schema.field(name).metadata[b"unit"].decode() for name in schema.names}
    named = ("wall_ns", "image_bytes", "decode_tps", "prompt_tokens", "s_per_image", "model")
    assert [units[name] for name in named] == ["ns", "bytes", "tokens/s", "tokens", "s/picture", ""]


def test_meanings_and_the_version_travel_with_the_file(tmp_path: Path) -> None:
    write_table(tmp_path / "a.parquet", SMALL, ROWS)
    schema = pq.read_schema(tmp_path / "a.parquet")
    assert schema.metadata[b"schema_version"] == SCHEMA_VERSION.encode()
    assert (schema.metadata[b"table"], schema.metadata[b"row"]) == (b"small", b"one thing")
    assert [schema.field(name).metadata[b"meaning"].decode() for name in schema.names] == [
        column.meaning for column in SMALL.columns
    ]
    assert [schema.field(column.name).type for column in SMALL.columns] == [
        column.type for column in SMALL.columns
    ]


@pytest.mark.parametrize("table", ALL_TABLES, ids=lambda table: table.name)
def test_every_table_can_be_empty(tmp_path: Path, table: Table) -> None:
    write_table(tmp_path / "a.parquet", table, [])
    assert read_rows(tmp_path / "a.parquet") == []
    assert same_schema(pq.read_schema(tmp_path / "a.parquet"), table.schema())


def test_a_column_that_the_table_does_not_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="small has no column cuont"):
        write_table(tmp_path / "a.parquet", SMALL, [{"count": 1}, {"cuont": 2}])
    assert list(tmp_path.iterdir()) == []


def test_a_value_of_another_type_is_refused(tmp_path: Path) -> None:
    with pytest.raises(pa.ArrowException):
        write_table(tmp_path / "a.parquet", SMALL, [{"count": "many"}])
    assert list(tmp_path.iterdir()) == []


def test_an_old_table_stays_when_a_new_one_cannot_be_written(tmp_path: Path) -> None:
    write_table(tmp_path / "a.parquet", SMALL, ROWS[:1])
    with pytest.raises(pa.ArrowException):
        write_table(tmp_path / "a.parquet", SMALL, [{"count": "many"}])
    assert len(read_rows(tmp_path / "a.parquet")) == 1
    assert os.listdir(tmp_path) == ["a.parquet"]  # noqa: PTH208


# --- writing row by row --------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 3, 4, 9])
@pytest.mark.parametrize("batch_rows", [1, 3, 4])
def test_rows_that_come_one_by_one_are_as_if_written_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, batch_rows: int
) -> None:
    monkeypatch.setattr(tables, "BATCH_ROWS", batch_rows)
    rows = [ROWS[index % len(ROWS)] | {"count": index} for index in range(count)]
    with table_writer(tmp_path / "deep" / "a.parquet", SMALL) as write:
        for row in rows:
            write(row)
    write_table(tmp_path / "b.parquet", SMALL, rows)
    assert read_rows(tmp_path / "deep" / "a.parquet") == read_rows(tmp_path / "b.parquet")
    assert same_schema(pq.read_schema(tmp_path / "deep" / "a.parquet"), SMALL.schema())


def test_no_more_rows_than_a_batch_are_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "BATCH_ROWS", 3)
    with table_writer(tmp_path / "a.parquet", SMALL) as write:
        for index in range(8):
            write({"count": index})
    with (tmp_path / "a.parquet").open("rb") as stream:
        facts = pq.ParquetFile(stream).metadata
        assert [facts.row_group(group).num_rows for group in range(facts.num_row_groups)] == [
            3,
            3,
            2,
        ]


def test_a_row_may_be_used_again_when_its_batch_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "BATCH_ROWS", 1)
    row: dict[str, object] = {}
    with table_writer(tmp_path / "a.parquet", SMALL) as write:
        for index in range(3):
            row["count"] = index
            write(row)
    assert [one["count"] for one in read_rows(tmp_path / "a.parquet")] == [0, 1, 2]


@pytest.mark.parametrize("before", [0, 2])
@pytest.mark.parametrize("rows", [1, 5])
def test_a_table_that_is_not_finished_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int, rows: int
) -> None:
    """And an old one stays."""
    monkeypatch.setattr(tables, "BATCH_ROWS", 2)
    if before:
        write_table(tmp_path / "a.parquet", SMALL, ROWS[:before])

    def stop_midway() -> None:
        with table_writer(tmp_path / "a.parquet", SMALL) as write:
            for index in range(rows):
                write({"count": index})
            raise ScribebenchError("the recording ends here")

    with pytest.raises(ScribebenchError, match="ends here"):
        stop_midway()
    assert os.listdir(tmp_path) == (["a.parquet"] if before else [])  # noqa: PTH208
    assert not before or len(read_rows(tmp_path / "a.parquet")) == before


@pytest.mark.parametrize("batch_rows", [1, 10])
def test_a_value_of_another_type_ends_a_table_that_is_written_row_by_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch_rows: int
) -> None:
    monkeypatch.setattr(tables, "BATCH_ROWS", batch_rows)

    def write_words() -> None:
        with table_writer(tmp_path / "a.parquet", SMALL) as write:
            write({"count": "many"})

    with pytest.raises(pa.ArrowException):
        write_words()
    assert list(tmp_path.iterdir()) == []


def test_a_column_that_is_not_known_is_refused_row_by_row(tmp_path: Path) -> None:
    def misspell() -> None:
        with table_writer(tmp_path / "a.parquet", SMALL) as write:
            write({"cuont": 2})

    with pytest.raises(KeyError, match="small has no column cuont"):
        misspell()


# --- reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [0, 3, 50, -1])
def test_a_damaged_file_is_named_with_the_mend(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "frames.parquet"
    write_table(path, SMALL, ROWS)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ScribebenchError, match=r"frames\.parquet is damaged.*-R dedup_frames"):
        read_table(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScribebenchError, match=r"absent\.parquet is damaged"):
        read_rows(tmp_path / "absent.parquet")


def test_a_union_holds_the_rows_of_all_under_one_schema(tmp_path: Path) -> None:
    for name, rows in (("a", ROWS[:1]), ("b", ROWS[1:]), ("c", [])):
        write_table(tmp_path / f"{name}.parquet", SMALL, rows)
    parts = (read_table(tmp_path / f"{name}.parquet") for name in "abc")
    whole = union(parts, SMALL.schema())
    assert whole["count"].to_pylist() == [1, 0, None]
    assert whole["name"].to_pylist() == ["one", None, None]
    write_arrow(tmp_path / "whole.parquet", whole)
    assert same_schema(read_table(tmp_path / "whole.parquet").schema, SMALL.schema())


def test_a_union_of_nothing_is_an_empty_table() -> None:
    assert union([], STAGES.schema()).num_rows == 0
    assert union([], STAGES.schema()).schema.equals(STAGES.schema())
