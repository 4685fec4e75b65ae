"""The Parquet tables: their columns, types, units and meanings, and how they are written and read.

Conventions: the unit is the suffix of a name (`_ns _s _px _bytes _tokens`), unknown is null and
never 0, categories are dictionary-encoded, nested payloads are JSON in `*_json` columns, pictures
are named by hash and path and never stored inline.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from scribebench.errors import damaged
from scribebench.files import whole_file

SCHEMA_VERSION = "1.2.0"
BATCH_ROWS = 2000

# What the last part of a column's name states.
UNITS = {
    "ns": "ns",
    "s": "s",
    "h": "h",
    "px": "px",
    "bytes": "bytes",
    "tokens": "tokens",
    "chars": "characters",
    "tps": "tokens/s",
    "utc": "UTC",
}

CATEGORY = pa.dictionary(pa.int32(), pa.string())
UTC = pa.timestamp("us", tz="UTC")


def list_of(value: pa.DataType) -> pa.DataType:
    """Return a list type that comes back from a file as it was written."""
    return pa.list_(pa.field("element", value))


def unit_of(name: str) -> str:
    """Return the unit that a column's name states; empty when it has none."""
    if name == "s_per_image":
        return "s/picture"
    parts = name.split("_")
    return "tokens" if "tokens" in parts else UNITS.get(parts[-1], "")


class Column(NamedTuple):
    """A column: its name (with the unit as suffix), Arrow type, and what it means."""

    name: str
    type: pa.DataType
    meaning: str


class Table(NamedTuple):
    """A table: what one row is, and its columns."""

    name: str
    row: str
    columns: tuple[Column, ...]

    def schema(self) -> pa.Schema:
        """Return the Arrow schema, with the meanings and the schema version in its metadata."""
        fields = [
            pa.field(
                column.name,
                column.type,
                metadata={"meaning": column.meaning, "unit": unit_of(column.name)},
            )
            for column in self.columns
        ]
        metadata = {"schema_version": SCHEMA_VERSION, "table": self.name, "row": self.row}
        return pa.schema(fields, metadata=metadata)


def write_table(path: Path, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows to `path`, whole or not at all; a column that a row lacks is null there.

    Raises KeyError when a row has a column that the table does not know.
    """
    names = [column.name for column in table.columns]
    rows = list(rows)
    for row in rows:
        _check_columns(row, table)
    data = {name: [row.get(name) for row in rows] for name in names}
    write_arrow(path, pa.Table.from_pydict(data, schema=table.schema()))


@contextmanager
def table_writer(path: Path, table: Table) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Yield a function that takes one row after the other, and holds no more than BATCH_ROWS.

    The file is whole when the block has ended, or is not there at all. The function raises KeyError
    when a row has a column that the table does not know.
    """
    schema = table.schema()
    rows: list[Mapping[str, Any]] = []
    with (
        whole_file(path) as temporary,
        temporary.open("wb") as stream,
        pq.ParquetWriter(stream, schema, compression="zstd") as writer,
    ):

        def flush() -> None:
            data = {name: [row.get(name) for row in rows] for name in schema.names}
            writer.write_table(pa.Table.from_pydict(data, schema=schema))
            rows.clear()

        def write(row: Mapping[str, Any]) -> None:
            _check_columns(row, table)
            rows.append(row)
            if len(rows) >= BATCH_ROWS:
                flush()

        yield write
        flush()


def _check_columns(row: Mapping[str, Any], table: Table) -> None:
    if unknown := set(row) - {column.name for column in table.columns}:
        raise KeyError(f"the table {table.name} has no column {', '.join(sorted(unknown))}")


def write_arrow(path: Path, data: pa.Table) -> None:
    """Write an Arrow table to `path`, whole or not at all."""
    with whole_file(path) as temporary, temporary.open("wb") as stream:
        pq.write_table(data, stream, compression="zstd")


def read_table(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read a Parquet file, or only some of its columns, in that order.

    Raises ScribebenchError with the mend when it is damaged, and KeyError for a column that it
    does not have.
    """
    try:
        with path.open("rb") as stream:
            # Arrow's threads can abort the process at its end when they read a Python stream.
            table = pq.ParquetFile(stream).read(columns, use_threads=False)
            return table.select(columns) if columns else table
    except (pa.ArrowException, OSError) as error:
        raise damaged(path, str(error)) from error


def read_rows(path: Path, columns: list[str] | None = None) -> list[dict[str, Any]]:
    """Read a Parquet file as one dictionary for each row."""
    return read_table(path, columns).to_pylist()


def union(tables: Iterable[pa.Table], schema: pa.Schema) -> pa.Table:
    """Return the rows of all tables under one schema."""
    casted = [table.cast(schema) for table in tables]
    return pa.concat_tables(casted) if casted else schema.empty_table()


RUN_KEY = (
    Column("session", CATEGORY, "folder in sessions/; canaries/batch-N where frames are drawn"),
    Column("model", CATEGORY, "file in config/models/"),
    Column("variant", CATEGORY, "variant of the model's file; base is the file itself"),
)

RUN = tuple(column.name for column in RUN_KEY)

# What several tables tell of who answered.
MODEL_ID = Column("model_id", pa.string(), "name that the server knows the model by")
MODEL_DIGEST = Column("model_digest", pa.string(), "what the server tells of the model's identity")
BACKEND_VERSION = Column("backend_version", pa.string(), "as the server tells it")
N_CTX_REQUESTED = Column("n_ctx_requested", pa.int32(), "context size asked for, in tokens")
N_CTX_EFFECTIVE = Column(
    "n_ctx_effective", pa.int32(), "context size that the server states, in tokens"
)
QUANTIZATION = Column("quantization", pa.string(), "as the server or the model's file states it")

SIGNALS = Table(
    "signals",
    "one sampled frame of a recording, in order",
    (
        Column("frame_index", pa.int32(), "0-based place among the sampled frames"),
        Column("time_s", pa.float64(), "presentation time from the recording's first frame"),
        Column("phash", pa.string(), "64-bit perceptual hash (imagehash.phash), hexadecimal"),
        Column("content_val", pa.float64(), "mean of the three differences in HSV (0-255)"),
        Column("delta_hue", pa.float64(), "mean hue difference to the sampled frame before"),
        Column("delta_sat", pa.float64(), "mean saturation difference to the frame before"),
        Column("delta_lum", pa.float64(), "mean value difference to the frame before"),
        Column("changed_fraction", pa.float64(), "share of visibly changed pixels since then"),
        Column("brightness", pa.float64(), "mean grey value (0-255)"),
        Column("candidate", pa.bool_(), "whether the full picture stands in candidates/"),
        Column(
            "changed_tiles", list_of(pa.int32()), "tiles that changed: row * 1024 + column from 0"
        ),
        Column(
            "tile_contents",
            list_of(pa.int32()),
            "number of what each of them shows now; -1 moving, -2 outside of the picture",
        ),
        Column(
            "tile_flags",
            list_of(pa.uint8()),
            "how it came about, bits: 1 new, 2 seen there before, 4 scrolled there, 8 began to "
            "move, 16 lighter or darker, 32 something was added",
        ),
        Column("tile_ink", list_of(pa.uint8()), "contrast of each of them (0-255)"),
        Column("spots", pa.int32(), "spots as small as a pointer that changed; 0: larger ones did"),
        Column("scrolled_px", pa.int32(), "how far a page moved up; negative: down"),
        Column("tile_px", pa.int32(), "edge of a tile in pixels of the recording"),
    ),
)

SCENES = Table(
    "scenes",
    "one stretch between two scene changes",
    (
        Column("scene", pa.int32(), "0-based number"),
        Column("start_s", pa.float64(), "time of its first sampled frame"),
        Column("end_s", pa.float64(), "time of its last sampled frame"),
        Column("first_frame", pa.int32(), "frame_index of its first sampled frame"),
        Column("last_frame", pa.int32(), "frame_index of its last sampled frame"),
    ),
)

FRAMES = Table(
    "frames",
    "one sampled frame of a recording, in order",
    (
        Column("frame_index", pa.int32(), "0-based place among the sampled frames"),
        Column("time_s", pa.float64(), "presentation time from the recording's first frame"),
        Column("kept", pa.bool_(), "whether the frame goes to the models"),
        Column("reason", CATEGORY, "why it was kept or dropped; docs/frames.md lists the reasons"),
        Column("represented_by", pa.int32(), "frame_index of the kept frame that stands for it"),
        Column("image", pa.string(), "picture of a kept frame, relative to this file; else null"),
        Column("image_sha256", pa.string(), "hash of that picture's file"),
        Column("width_px", pa.int32(), "width of that picture"),
        Column("height_px", pa.int32(), "height of that picture"),
        Column("scene", pa.int32(), "number of the scene that it belongs to"),
        Column("phash_distance", pa.int32(), "hash bits that differ from the last kept frame"),
        Column(
            "adds", pa.float64(), "what it adds, or would add, to the kept frames; tiles of content"
        ),
        *SIGNALS.columns[2:9],
    ),
)

TEXT = Table(
    "text",
    "one kept frame with the text that OCR reads on it",
    (
        Column("frame_index", pa.int32(), "0-based place among the sampled frames"),
        Column("time_s", pa.float64(), "presentation time from the recording's first frame"),
        Column("image_sha256", pa.string(), "hash of the picture that was read"),
        Column("text", pa.string(), "all lines, in reading order"),
        Column(
            "lines",
            list_of(
                pa.struct(
                    [
                        ("text", pa.string()),
                        ("confidence", pa.float64()),
                        ("left_px", pa.float64()),
                        ("top_px", pa.float64()),
                        ("right_px", pa.float64()),
                        ("bottom_px", pa.float64()),
                    ]
                )
            ),
            "the lines with the reader's confidence (0-1) and their boxes",
        ),
        Column("reader", CATEGORY, "OCR engine, version and settings"),
        Column("read_wall_ns", pa.int64(), "its share of the wall clock when it was read"),
        Column("read_at_utc", UTC, "when that reading began"),
        Column("read_for", CATEGORY, "the session for which the picture was read"),
    ),
)

REQUESTS = Table(
    "requests",
    "one request to a model, whatever came of it",
    (
        Column("schema_version", pa.string(), "version of these tables"),
        Column("run_id", pa.string(), "session, model and variant, as a short hash"),
        *RUN_KEY,
        Column("request_uid", pa.string(), "first 16 digits of the request's key"),
        Column("experiment", CATEGORY, "what the request was made for"),
        Column("item_id", pa.string(), "frame_index of the frames asked about, joined by +"),
        Column("repeat_index", pa.int16(), "0-based repeat of the same request"),
        Column("request_seed", pa.int64(), "seed that was sent"),
        Column("order_index", pa.int32(), "place in the order in which the run asked"),
        MODEL_ID,
        MODEL_DIGEST,
        QUANTIZATION,
        Column("backend", CATEGORY, "how the model is reached"),
        BACKEND_VERSION,
        Column("endpoint_kind", CATEGORY, "native, v1 or embedded"),
        Column("prompt_sha256", pa.string(), "hash of the instructions"),
        Column("layout", CATEGORY, "how labels, pictures and instructions are arranged"),
        Column("image_count", pa.int16(), "pictures sent"),
        Column("image_sha256", list_of(pa.string()), "hashes of the bytes sent"),
        Column("image_w_px", list_of(pa.int32()), "widths as sent"),
        Column("image_h_px", list_of(pa.int32()), "heights as sent"),
        Column("image_bytes", pa.int64(), "sum of the bytes sent"),
        Column("image_tokens_expected", pa.int32(), "what such pictures cost, one by one"),
        Column("image_tokens_measured", pa.int32(), "prompt tokens less those of the texts"),
        Column("images_fit", pa.bool_(), "whether all pictures were in the context; null: unknown"),
        Column("frame_ts_s", list_of(pa.float64()), "recording times of the frames"),
        N_CTX_REQUESTED,
        N_CTX_EFFECTIVE,
        Column("max_output_tokens", pa.int32(), "most tokens that the reply could have"),
        Column("temperature", pa.float64(), "as sent"),
        Column("top_p", pa.float64(), "as sent"),
        Column("min_p", pa.float64(), "as sent"),
        Column("repeat_penalty", pa.float64(), "as sent"),
        Column("presence_penalty", pa.float64(), "as sent"),
        Column("think_requested", CATEGORY, "unset, false, true, low, medium or high"),
        Column("options_json", pa.string(), "everything sent besides the messages"),
        Column("t_start_utc", UTC, "when the request was sent"),
        Column("wall_ns", pa.int64(), "client clock: request sent to last byte"),
        Column("ttft_ns", pa.int64(), "client clock: to the first chunk of any kind"),
        Column("ttft_content_ns", pa.int64(), "client clock: to the first visible content"),
        Column("srv_total_ns", pa.int64(), "server clock: whole request"),
        Column("srv_load_ns", pa.int64(), "server clock: loading the model"),
        Column("srv_prompt_eval_ns", pa.int64(), "server clock: prefill, image encoding included"),
        Column("srv_eval_ns", pa.int64(), "server clock: decode"),
        Column("srv_unaccounted_ns", pa.int64(), "server clock: total less the other three"),
        Column("prompt_tokens", pa.int32(), "as the server counts, pictures included"),
        Column("prompt_tokens_cached", pa.int32(), "of these, taken from the server's cache"),
        Column("output_tokens", pa.int32(), "as the server counts, thinking included"),
        Column("thinking_tokens", pa.int32(), "of these, thinking; null if the server says not"),
        Column("draft_tokens", pa.int32(), "tokens that a draft model proposed"),
        Column("draft_tokens_accepted", pa.int32(), "of these, taken over"),
        Column("content_chars", pa.int32(), "characters of the visible reply"),
        Column("thinking_chars", pa.int32(), "characters of thinking"),
        Column("decode_tps", pa.float64(), "output tokens / decode time, by the server's clocks"),
        Column("prefill_tps", pa.float64(), "evaluated prompt tokens / prefill; null if unknown"),
        Column("wall_tps", pa.float64(), "output tokens / wall"),
        Column("s_per_image", pa.float64(), "wall seconds / pictures"),
        Column("model_state_before", CATEGORY, "cold, warm, other_model_loaded, unknown"),
        Column("http_status", pa.int16(), "of the last attempt"),
        Column("finish_reason_raw", pa.string(), "as the server puts it"),
        Column(
            "finish_reason",
            CATEGORY,
            "stop, length, context, content_filter, repeat_abort, client_timeout, error, "
            "incomplete",
        ),
        Column("stream_complete", pa.bool_(), "whether the end of the stream was seen"),
        Column("attempts", pa.int8(), "how often it was sent; 0 when no server started"),
        Column(
            "cache_hit",
            pa.bool_(),
            "answered by what another run, or a batch before it, was told; not in speeds",
        ),
        Column("warmup", pa.bool_(), "a warm-up request; not in speeds"),
        Column("error_kind", CATEGORY, "context_overflow, oom, crash, timeout, server, ..."),
        Column("error_message", pa.string(), "as the server puts it, shortened"),
        Column("speed_valid", pa.bool_(), "whether the row may enter a speed figure"),
        Column("speed_invalid_reasons", list_of(pa.string()), "why not"),
        Column("output_text_ref", pa.string(), "where the raw reply stands: file#line"),
    ),
)

DESCRIPTIONS = Table(
    "descriptions",
    "one frame that a model was asked to describe",
    (
        *RUN_KEY,
        Column("request_uid", pa.string(), "the request, as in requests"),
        Column("slot", pa.int16(), "0-based place of the frame in its request"),
        Column("frame_index", pa.int32(), "0-based place among the sampled frames"),
        Column("time_s", pa.float64(), "presentation time from the recording's first frame"),
        Column(
            "text", pa.string(), "the part of the reply about this frame; null if there is none"
        ),
        Column("visible", pa.string(), "what is on the screen, as the model puts it"),
        Column("activity", pa.string(), "what the person does, as the model puts it"),
        Column("apps", list_of(pa.string()), "applications, as the model names them"),
        Column("topics", list_of(pa.string()), "topics and projects, as the model names them"),
    ),
)

GRADES = Table(
    "grades",
    "what one frame's description is worth, by rules; what is said of its reply stands in each",
    (
        *RUN_KEY,
        Column("request_uid", pa.string(), "the request, as in requests"),
        Column("slot", pa.int16(), "0-based place of the frame in its request"),
        Column("frame_index", pa.int32(), "0-based place among the sampled frames"),
        Column(
            "flags", list_of(pa.string()), "what is wrong with the reply; null if there is none"
        ),
        Column("flags_json", pa.string(), "the evidence of each flag, JSON"),
        Column("loop_period_chars", pa.int32(), "length of the unit that the reply repeats"),
        Column("loop_fraction", pa.float64(), "share of the reply that is a loop"),
        Column("compression_ratio", pa.float64(), "size of the reply over its size by zlib"),
        Column("is_described", pa.bool_(), "whether the reply has a part of its own on the frame"),
        Column("attribution", CATEGORY, "right, swapped, merged, invented, omitted, undecidable"),
        Column("swapped_with_slot", pa.int16(), "the frame of the request that it belongs to"),
        Column("attribution_json", pa.string(), "scores and deciding words, JSON"),
        Column("specifics_grounded", pa.int16(), "specific things named that stand on the screen"),
        Column("specifics_invented", pa.int16(), "specific things named that do not"),
        Column("grounded_share", pa.float64(), "grounded of both; null when nothing is named"),
        Column(
            "char_score", pa.float64(), "share of the characters of long numbers that are right"
        ),
        Column("grounded", list_of(pa.string()), "what stands on the screen"),
        Column("invented", list_of(pa.string()), "what does not"),
        Column("apps", list_of(pa.string()), "applications, by the names they are known by"),
        Column("activity_kind", CATEGORY, "what the person does, as one of eight kinds"),
        Column("truth_segment", pa.int32(), "segment of the session's truth; null without one"),
        Column("truth_app_named", pa.bool_(), "whether the segment's application is named"),
        Column("truth_key_strings_share", pa.float64(), "share of its key strings that are named"),
        Column("truth_key_strings_found", list_of(pa.string()), "those that are named"),
        Column("truth_key_strings_missing", list_of(pa.string()), "those that are not"),
        Column("truth_topics_share", pa.float64(), "share of its topics that are named"),
        Column("truth_topics_found", list_of(pa.string()), "those that are named"),
        Column("truth_topics_missing", list_of(pa.string()), "those that are not"),
    ),
)

_OF_FRAME = {column.name: column for column in DESCRIPTIONS.columns}
_OF_GRADE = {
    # What both tell is the model's own word in one, and its usual name in the other.
    f"graded_{column.name}" if column.name == "apps" else column.name: column
    for column in GRADES.columns
}
SAMPLES = Table(
    "samples",
    "one frame that a model was asked about: what it said, its grade, and its request",
    tuple(
        column._replace(name=name)
        for name, column in (
            {column.name: column for column in REQUESTS.columns} | _OF_GRADE | _OF_FRAME
        ).items()
    ),
)

SEGMENTS = Table(
    "segments",
    "what all descriptions of one segment of a recording's truth say together",
    (
        *RUN_KEY,
        Column("segment", pa.int32(), "place of the segment in truth.json"),
        Column("frames", pa.int32(), "described frames in it"),
        Column("app_told", pa.int32(), "of these, that name an application"),
        Column("app_named", pa.int32(), "of these, that name the segment's own"),
        Column("key_strings_share", pa.float64(), "share of its key strings that any names"),
        Column("key_strings_found", list_of(pa.string()), "those that are named"),
        Column("key_strings_missing", list_of(pa.string()), "those that are not"),
        Column("topics_share", pa.float64(), "share of its topics that any names"),
        Column("topics_found", list_of(pa.string()), "those that are named"),
        Column("topics_missing", list_of(pa.string()), "those that are not"),
    ),
)

AGREEMENT = Table(
    "agreement",
    "how far the models agree on one frame; a measure of dispute, not of quality",
    (
        RUN_KEY[0],
        Column("frame_index", pa.int32(), "0-based place among the sampled frames"),
        Column("runs", pa.int16(), "runs that describe it"),
        Column("similarity", pa.float64(), "mean over their pairs (0-1); null for fewer than two"),
        Column("run_a", pa.string(), "the two that differ most, as model/variant"),
        Column("run_b", pa.string(), "the other one"),
        Column("pair_similarity", pa.float64(), "theirs (0-1)"),
        Column("only_a", list_of(pa.string()), "the weightiest of what only the first says"),
        Column("only_b", list_of(pa.string()), "the weightiest of what only the second says"),
        Column("dispute_rank", pa.int16(), "1 for the frame most worth a look; null: not listed"),
    ),
)

ATTRIBUTION = Table(
    "attribution",
    "one drawn frame of the experiment on batch sizes, and which frame its description tells of",
    (
        Column("session", CATEGORY, "canaries/batch-N, N frames in a request"),
        *RUN_KEY[1:],
        Column("request_uid", pa.string(), "the request, as in requests"),
        Column("batch_size", pa.int32(), "frames in the request"),
        Column("slot", pa.int16(), "0-based place of the frame in its request"),
        Column("frame_index", pa.int32(), "0-based place among the drawn frames"),
        Column("told_by", CATEGORY, "name; colour, where the model read no name at all"),
        Column("canary_expected", pa.string(), "what only this frame shows"),
        Column("canary_reported", pa.string(), "what its description tells of that kind"),
        Column("outcome", CATEGORY, "right, swapped, merged, invented or omitted"),
        Column("swapped_with_slot", pa.int16(), "the frame that it tells of, if it is one"),
    ),
)

RUBRIC_ITEMS = Table(
    "rubric_items",
    "one reply to one question about one drawn picture, and its score",
    (
        *RUN_KEY[1:],
        Column("question", CATEGORY, "for example VL-T1-Q1"),
        Column("tier", pa.int8(), "1 to 3; null for questions that count for no role"),
        Column("item_variant", pa.int16(), "which picture of the question; 0 is the canonical one"),
        Column("repeat_index", pa.int16(), "0-based repeat"),
        Column("control", CATEGORY, "what was shown: picture, no_image, grey or other_image"),
        Column("request_uid", pa.string(), "the request, as in requests"),
        Column("finish_reason", CATEGORY, "as in requests, after at most 512 tokens"),
        Column("flags", list_of(pa.string()), "what keeps it from being an answer, or a loop"),
        Column("score", pa.float64(), "1 (wrong) to 5; null if nothing could be scored"),
        Column("score_01", pa.float64(), "the same from 0 to 1"),
        Column("weight_scored", pa.float64(), "share of the question's weight that is in it"),
        Column("rescue_score", pa.float64(), "score after at most 2,048 tokens, if it was cut"),
    ),
)

CRITERIA = Table(
    "criteria",
    "one criterion of one reply to the rubric",
    (
        *RUN_KEY[1:],
        Column("question", CATEGORY, "for example VL-T1-Q1"),
        Column("item_variant", pa.int16(), "which picture of the question"),
        Column("repeat_index", pa.int16(), "0-based repeat"),
        Column("control", CATEGORY, "what was shown: picture, no_image, grey or other_image"),
        Column("request_uid", pa.string(), "the request, as in requests"),
        Column("criterion_id", CATEGORY, "as in rubric/questions.yaml"),
        Column("weight", pa.float64(), "its share of the question (0-1)"),
        Column("kind", CATEGORY, "deterministic, or judge"),
        Column("value_01", pa.float64(), "what it is worth (0-1); null: unscored"),
        Column("evidence", pa.string(), "why, in words"),
        Column("judge_model", pa.string(), "who judged it, as model/variant"),
        Column("judge_model_digest", pa.string(), "what its server tells of its identity"),
        Column("judge_prompt_sha256", pa.string(), "hash of what it was asked"),
        Column("judge_reply", pa.string(), "what it answered, raw"),
    ),
)

JUDGED = Table(
    "judged",
    "one criterion of one reply as a judge values it",
    (
        Column("request_uid", pa.string(), "the reply that is judged"),
        Column("criterion", CATEGORY, "as in rubric/questions.yaml"),
        Column("value", pa.float64(), "0, 0.5 or 1; null: not judged"),
        Column("evidence", pa.string(), "the judge's reason, or why there is none"),
        Column("judge_model", pa.string(), "who judged it, as model/variant"),
        Column("judge_model_digest", pa.string(), "what its server tells of its identity"),
        Column("judge_prompt_sha256", pa.string(), "hash of what it was asked"),
        Column("judge_reply", pa.string(), "what it answered, raw"),
    ),
)

COMPARISONS = Table(
    "comparisons",
    "two candidates on the rubric's items that both answered",
    (
        Column("task_id", CATEGORY, "rubric (tiers 1 to 3)"),
        Column("model_a", pa.string(), "model/variant"),
        Column("model_b", pa.string(), "model/variant"),
        Column("n_items", pa.int32(), "pictures that both have a score for"),
        Column("diff", pa.float64(), "mean score of a less that of b, in points; questions alike"),
        Column("ci_low", pa.float64(), "its lower 95 % bound"),
        Column("ci_high", pa.float64(), "its upper 95 % bound"),
        Column("ci_method", CATEGORY, "betting: for bounded means, stratified by question"),
        Column("p_value", pa.float64(), "exact sign-flip permutation test, two-sided"),
        Column("p_holm", pa.float64(), "the same, true for all pairs together"),
        Column("test", CATEGORY, "perm_exact"),
        Column("scope", CATEGORY, "fixed_families: a claim holds for these questions only"),
    ),
)

ROLES = Table(
    "roles",
    "one role of seed 001 and whether a candidate gets it",
    (
        *RUN_KEY[1:],
        Column("role", CATEGORY, "worker_vision, vision_escalation or vision_architect"),
        Column("decision", CATEGORY, "assigned, refused or undetermined"),
        Column("rules_json", pa.string(), "each tier's rule, mean, bounds and n"),
        Column("more_variants", pa.int32(), "further variants that would decide; null: decided"),
    ),
)

RUNS = Table(
    "runs",
    "one run: a session described by a model with a variant's settings",
    (
        Column("run_id", pa.string(), "as in requests"),
        *RUN_KEY,
        Column("status", CATEGORY, "described, or broken_backend: nothing was asked"),
        Column("broken", pa.string(), "what the gate found wrong with the model; else null"),
        Column("backend", CATEGORY, "how the model is reached"),
        BACKEND_VERSION,
        MODEL_ID,
        MODEL_DIGEST,
        QUANTIZATION,
        Column("batch_size", pa.int32(), "pictures in one request"),
        Column("settings_json", pa.string(), "all settings that decide the replies"),
        Column("requests", pa.int32(), "requests that it took"),
        Column("frames", pa.int32(), "frames asked about"),
        Column("asked_frames", pa.int32(), "of these, asked for this run and not for another"),
        Column("asked_wall_ns", pa.int64(), "wall clock of those requests, failed ones included"),
        Column("workflow_version", pa.string(), "version of Scribebench"),
        Column("git_commit", pa.string(), "commit of the project folder; null outside git"),
        Column("python_version", pa.string(), "of the job"),
        Column("os", pa.string(), "operating system and its version"),
        Column("cpu_model", pa.string(), "as the system names it"),
        Column("cpu_cores", pa.int32(), "logical cores"),
        Column("ram_bytes", pa.int64(), "memory of the machine"),
        Column("gpu_names", list_of(pa.string()), "null if no tool tells"),
        Column("gpu_vram_bytes", list_of(pa.int64()), "null if no tool tells"),
    ),
)

PROBES = Table(
    "probes",
    "what was found out of a model with a variant's settings",
    (
        *RUN_KEY[1:],
        Column(
            "verdict",
            CATEGORY,
            "works; broken_backend: it did not pass the gate; no_memory: there was none for it, "
            "and what it does at the gate is null",
        ),
        Column("broken", pa.string(), "what it did wrong; null when it passed, or had no memory"),
        Column("reads_word", pa.bool_(), "whether it read a large word"),
        Column("tells_colours", pa.bool_(), "whether it told red from blue"),
        Column("keeps_form", pa.bool_(), "whether it answered in the form that was asked for"),
        Column("stops", pa.bool_(), "whether it stopped by itself"),
        Column("gate_reply", pa.string(), "what it answered"),
        Column("error_message", pa.string(), "why it gave no answer, as the server puts it"),
        MODEL_ID,
        MODEL_DIGEST,
        BACKEND_VERSION,
        QUANTIZATION,
        Column("image_w_px", list_of(pa.int32()), "widths of the pictures whose cost was measured"),
        Column("image_h_px", list_of(pa.int32()), "their heights"),
        Column("image_tokens", list_of(pa.int32()), "what each of them costs in the prompt"),
        N_CTX_REQUESTED,
        N_CTX_EFFECTIVE,
        Column("not_applied", list_of(pa.string()), "settings that nothing proves to be in effect"),
        Column("projector_quant", pa.string(), "how the vision encoder's weights are stored"),
        Column("projector_below_q8", pa.bool_(), "less precise than Q8_0: small text is lost"),
        Column("process_rss_bytes", pa.int64(), "memory of the server's processes"),
        Column("gpu_bytes", pa.int64(), "GPU memory of them, by the driver"),
        Column("claimed_bytes", pa.int64(), "GPU memory by the server's own word, often wrong"),
        Column("cold_load_ns", list_of(pa.int64()), "each cold load: start to ready"),
        Column("probed_at_utc", UTC, "when that was"),
    ),
)

SESSIONS = Table(
    "sessions",
    "one recording",
    (
        Column("session", CATEGORY, "folder in sessions/"),
        Column("recording", pa.string(), "file or folder that is the recording"),
        Column("codec", pa.string(), "video codec, or screenshots"),
        Column("width_px", pa.int32(), "of the upright picture"),
        Column("height_px", pa.int32(), "of the upright picture"),
        Column("frame_rate", pa.float64(), "frames a second that the file states on average"),
        Column("duration_s", pa.float64(), "length that the container states"),
        Column("decoded_frames", pa.int32(), "frames that could be decoded"),
        Column("sampled_frames", pa.int32(), "frames that were looked at"),
        Column("kept_frames", pa.int32(), "frames that go to the models"),
        Column("scenes", pa.int32(), "stretches between scene changes"),
        Column("broken_packets", pa.int32(), "parts that could not be decoded"),
        Column(
            "missing_s",
            pa.float64(),
            "seconds at the end that could not be decoded; null if the file states no length",
        ),
        Column("damaged_frames", pa.int32(), "frames that were decoded in part"),
        Column("lead_s", pa.float64(), "seconds before the first frame that could be decoded"),
        Column("gaps_s", pa.float64(), "seconds between frames that lost frames would have shown"),
        Column("doubtful_s", pa.float64(), "seconds in which pictures may look wrong after damage"),
        Column("losses", list_of(pa.string()), "all of this in words; empty when nothing is lost"),
    ),
)

STAGES = Table(
    "stages",
    "one finished job, as Snakemake measured it",
    (
        Column("rule", CATEGORY, "the job's rule"),
        Column("subject", pa.string(), "its session, model and variant"),
        Column("wall_s", pa.float64(), "wall clock"),
        Column("cpu_s", pa.float64(), "CPU time; null if the job was too short to sample"),
        Column("max_rss_bytes", pa.int64(), "peak memory; null if the job was too short"),
    ),
)

PLANS = Table(
    "plans",
    "one finished run that was planned before: what was planned, and what it took",
    (
        *RUN_KEY,
        Column("planned_at_utc", UTC, "when: at the last start before its first request"),
        Column("basis", CATEGORY, "what the plan was known from"),
        Column("planned_h", pa.float64(), "hours planned; null: unknown"),
        Column("low_h", pa.float64(), "fewest hours expected; null where nothing told"),
        Column("high_h", pa.float64(), "most hours expected; null where nothing told"),
        Column("frames_planned", pa.int32(), "frames reckoned with; null: unknown"),
        Column("actual_h", pa.float64(), "wall clock of the requests that were asked for it"),
        Column("frames_actual", pa.int32(), "frames that the run has"),
        Column("frames_asked", pa.int32(), "of these, asked for this run: what actual_h is of"),
        Column("ratio", pa.float64(), "actual_h, scaled to all of its frames, over planned_h"),
        Column("inside", pa.bool_(), "whether that is between low_h and high_h; null without"),
    ),
)

ALL_TABLES = (
    SIGNALS,
    SCENES,
    FRAMES,
    TEXT,
    REQUESTS,
    DESCRIPTIONS,
    GRADES,
    SAMPLES,
    SEGMENTS,
    AGREEMENT,
    ATTRIBUTION,
    RUBRIC_ITEMS,
    CRITERIA,
    JUDGED,
    COMPARISONS,
    ROLES,
    RUNS,
    PROBES,
    SESSIONS,
    STAGES,
    PLANS,
)
