"""The part of the report on frames that are worth a person's ten minutes."""

from scribebench.report.cells import DASH, format_time
from scribebench.report.data import ReportData, Row, label
from scribebench.report.escape import inline
from scribebench.report.layout import table

SHOWN_THINGS = 4
ALONE = (
    "Fewer than two models described a frame, so that there is nothing to compare. Add another "
    "one to `models:` in `config/config.yaml`."
)
LEGEND = (
    "Frames on which models differ most, for a person to look at: the likeness (0–1) of the "
    "two that are furthest apart, and what only one of them says. It tells of dispute, not of "
    "quality: all can agree on what is wrong. `results/tables/agreement.parquet` has all frames."
)


def disputes_section(data: ReportData) -> str:
    """Return the frames on which the candidates differ most, the most disputed first."""
    if all(row["similarity"] is None for row in data.agreement):
        return ALONE
    times = {(row["session"], row["frame_index"]): row["time_s"] for row in data.frames}
    ranked = [row for row in data.agreement if row["dispute_rank"] is not None]
    ranked.sort(key=lambda row: (row["session"], row["dispute_rank"]))
    if not ranked:
        compared = sum(row["similarity"] is not None for row in data.agreement)
        return (
            f"On the {compared} of {len(data.agreement)} frames that two models or more described, "
            "they say alike."
        )
    rows = [
        (
            inline(data.titles.get(row["session"], row["session"])),
            format_time(times[row["session"], row["frame_index"]]),
            f"{row['pair_similarity']:.2f}",
            _side(data, row["run_a"], row["only_a"]),
            _side(data, row["run_b"], row["only_b"]),
        )
        for row in ranked
    ]
    headings = ("session", "time", "alike", "only one says", "only the other")
    return f"{table(headings, rows, numbers_from=9)}\n\n{LEGEND}"


def _side(data: ReportData, run: str, said: list[str]) -> str:
    model, _, variant = run.partition("/")
    row: Row = {"model": model, "variant": variant}
    told = ", ".join(inline(one, 40) for one in said[:SHOWN_THINGS])
    return f"{inline(label(data, row))}: {told or DASH}"
