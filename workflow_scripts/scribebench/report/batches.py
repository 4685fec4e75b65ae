"""The part of the report on how many pictures of one request a model keeps apart."""

from collections import Counter
from itertools import groupby
from operator import itemgetter

from scribebench.canaries.frames import SHARE_NEEDED, session_of
from scribebench.canaries.grade import COLOUR, BatchVerdict, recommended_batch_size, verdicts
from scribebench.report.cells import DASH, format_interval, format_spread
from scribebench.report.data import ReportData, Row, by_run, label
from scribebench.report.escape import inline
from scribebench.report.figures import Spread, spread
from scribebench.report.layout import table

NOT_RUN = (
    "Not tried. `canaries: {batch_sizes: [1, 3, 5, 8, 20]}` in `config/config.yaml` asks each "
    "model about drawn frames of known names, 72 or a few more for each size; `snakemake -n "
    "results/report.md` says beforehand how long that takes."
)
LEGEND = (
    "Drawn frames, each with a name that stands on no other one; *on the right frame* are "
    "descriptions that name their own frame and no other one, of all that were asked for, with the "
    "95 % interval (Clopper-Pearson) and n. A size is *proven* when the lower bound is above "
    f"{100 * SHARE_NEEDED:.0f} %, which takes 72 of 72. It counts frames as if each could fail by "
    "itself; where whole requests fail, so few of them prove less than that. Speeds are medians "
    "(lowest–highest) over the n requests."
)

MOST_PLACES = 8


def batches_section(data: ReportData) -> str:
    """Return the verdict on each batch size that was tried, and the size to take."""
    if not data.attribution:
        return NOT_RUN
    rows, notes = [], []
    requests = by_run([row for row in data.requests if row["experiment"] == "attribution"])
    candidate = itemgetter("model", "variant")
    for key, group in groupby(sorted(data.attribution, key=candidate), candidate):
        tried = list(group)
        found = verdicts(tried)
        name = inline(label(data, dict(zip(("model", "variant"), key, strict=True))))
        for verdict in found:
            asked = requests.get((session_of(verdict.batch_size), *key), [])
            rows.append(_row(name, verdict, asked))
        notes.append(f"- {name}: {_advice(found)}")
        for size in sorted({row["batch_size"] for row in tried}):
            own = [row for row in tried if row["batch_size"] == size]
            if places := faulty_places(own, "outcome"):
                notes.append(f"- {name}, batches of {size}: {places}.")
    headings = (
        "candidate", "batch", "on the right frame", "verdict", "requests", "n", "s a frame",
        "decode tok/s",
    )  # fmt: skip
    text = table(headings, rows, numbers_from=1)
    return "\n\n".join([text, LEGEND, "\n".join(notes)])


def faulty_places(rows: list[Row], column: str) -> str:
    """Return where in a request descriptions are not of their frame, and how; or nothing.

    `rows` have a `slot` and, in `column`, an outcome; undecidable ones are no faults.
    """
    found: dict[int, Counter[str]] = {}
    for row in rows:
        if row[column] not in (None, "right", "undecidable"):
            found.setdefault(row["slot"], Counter())[row[column]] += 1
    places = [
        f"{slot} ({', '.join(f'{count} {inline(kind)}' for kind, count in kinds.most_common())})"
        for slot, kinds in sorted(found.items())
    ]
    more = f" and {len(places) - MOST_PLACES} more" if len(places) > MOST_PLACES else ""
    told = "; ".join(places[:MOST_PLACES])
    return f"not right at place {told}{more} of the request (from 0)" if places else ""


def _row(name: str, verdict: BatchVerdict, requests: list[Row]) -> tuple[str, ...]:
    asked = [row for row in requests if row["speed_valid"] and not row["warmup"]]
    said = "proven" if verdict.proven else "undetermined"
    failed = sum(row["error_kind"] is not None for row in requests if not row["warmup"])
    if failed:  # what was not answered was not mixed up
        said = f"undetermined, {failed} of {len(requests)} requests failed"
    elif verdict.right.high < SHARE_NEEDED:
        said = "mixes or loses frames"
    elif verdict.evidence == COLOUR:
        said = "undetermined, by colours only"
    return (
        name,
        str(verdict.batch_size),
        format_interval(verdict.right),
        said,
        str(sum(1 for row in requests if not row["warmup"])),
        str(len(asked)),
        format_spread(_spread(asked, "s_per_image"), 2),
        format_spread(_spread(asked, "decode_tps")),
    )


def _spread(rows: list[Row], column: str) -> Spread | None:
    return spread([row[column] for row in rows])


def _advice(found: list[BatchVerdict]) -> str:
    size = recommended_batch_size(found)
    if size is not None:
        return f"**batches of {size}** are the largest that are proven."
    if all(verdict.evidence == COLOUR for verdict in found):
        return (
            "it read no name on any frame, and was judged by the colours that it tells; several "
            f"frames have each, so that no size is proven: **undetermined** {DASH} take a size "
            "without a fault above."
        )
    return "no size is proven: **undetermined**."
