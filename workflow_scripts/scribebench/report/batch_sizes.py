"""The part of the report on what a request costs, by its batch size, as seed 000 tabulated it."""

from collections.abc import Iterator
from typing import NamedTuple

from scribebench.canaries.frames import session_of
from scribebench.report.candidates import Candidate, candidates
from scribebench.report.cells import DASH, format_interval, format_spread
from scribebench.report.data import ReportData, Row, label
from scribebench.report.escape import inline
from scribebench.report.figures import spread
from scribebench.report.frames_apart import judge_size, of_family
from scribebench.report.layout import table
from scribebench.report.speed import valid_requests

NOT_RUN = (
    "No model was run. `models: [ocr-baseline, qwen3-vl-4b, qwen3-vl-4b/batch-1, "
    "qwen3-vl-4b/batch-20]` in `config/config.yaml` describes the recordings in batches of 8, 1 and"
    " 20; `canaries: {batch_sizes: [1, 3, 5, 8, 20]}` asks about drawn frames in each size."
)
LEGEND = (
    "Medians (lowest–highest) over n requests of whole batches; tokens are those of the replies. "
    "*Decode tok/s* are tokens over decode time; *all tok/s*, as in seed 000, tokens over the "
    "whole time. Attribution as above: of drawn frames by their names, or by colours where a model "
    "reads none, which prove no size; of recordings by the text on the frames that can be told."
)


class Asked(NamedTuple):
    """The requests of a candidate with one batch size, on recordings or on drawn frames."""

    candidate: Candidate
    size: int
    is_drawn: bool
    requests: list[Row]


def batch_sizes_section(data: ReportData) -> str:
    """Return what requests cost by batch size: time, tokens, speeds, and attribution."""
    found = candidates(data)
    rows = [_row(data, one) for candidate in found for one in asked_sizes(data, candidate)]
    if not found:
        return NOT_RUN
    headings = (
        "candidate", "frames", "batch", "n", "s a batch", "tokens", "decode tok/s", "all tok/s",
        "s a frame", "tokens a frame", "right frame",
    )  # fmt: skip
    return f"{table(headings, rows, numbers_from=2)}\n\n{LEGEND}"


def asked_sizes(data: ReportData, candidate: Candidate) -> Iterator[Asked]:
    """Yield what was asked of a candidate: recordings, then the drawn frames of each size.

    Drawn frames were asked of one candidate of a family, and stand with that one.
    """
    yield Asked(candidate, candidate.batch_size, False, valid_requests(data, *candidate.key))
    own = [
        row
        for row in data.of("requests", candidate.key)
        if row["experiment"] == "attribution" and row["speed_valid"]
    ]
    tried = {row["batch_size"] for row in data.of("attribution", candidate.key)}
    for size in sorted(tried):
        requests = [row for row in own if row["session"] == session_of(size)]
        yield Asked(candidate, size, True, requests)


def _row(data: ReportData, asked: Asked) -> tuple[str, ...]:
    candidate = asked.candidate
    # A last, smaller batch would be another size.
    whole = [row for row in asked.requests if row["image_count"] == asked.size]
    seconds = [row["wall_ns"] / 1e9 for row in whole]
    tokens = [row["output_tokens"] for row in whole]
    each = [None if count is None else count / asked.size for count in tokens]
    batches = judge_size(
        data, candidate, asked.size, of_family(data, candidate) if asked.is_drawn else []
    )
    share = batches.share
    return (
        inline(label(data, {"model": candidate.model, "variant": candidate.variant})),
        "drawn" if asked.is_drawn else "recordings",
        str(asked.size),
        str(len(whole)),
        format_spread(spread(seconds)),
        format_spread(spread(tokens), 0),
        format_spread(spread([row["decode_tps"] for row in whole])),
        format_spread(spread([row["wall_tps"] for row in whole])),
        format_spread(spread([second / asked.size for second in seconds]), 2),
        format_spread(spread(each), 0),
        DASH if share is None else format_interval(share),
    )
