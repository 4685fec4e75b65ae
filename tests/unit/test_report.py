"""The report, made from small tables: what is unknown is a dash, and every figure says its n."""

import re
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from scribebench.gather import with_session
from scribebench.report.cells import format_spread, format_time
from scribebench.report.data import ReportData, load
from scribebench.report.figures import Spread, run_figures, spread
from scribebench.report.layout import table
from scribebench.report.markdown import choose_examples, write_markdown
from scribebench.report.thumbnails import WIDTH_PX, write_thumbnails
from scribebench.tables import (
    AGREEMENT,
    ATTRIBUTION,
    COMPARISONS,
    CRITERIA,
    DESCRIPTIONS,
    FRAMES,
    GRADES,
    PROBES,
    REQUESTS,
    ROLES,
    RUBRIC_ITEMS,
    RUNS,
    SEGMENTS,
    SESSIONS,
    STAGES,
    write_table,
)
from unit.test_escape import HOSTILE, without_escapes
from unit.videos import plain

Row = dict[str, Any]
DASH = "–"
SESSION = {
    "session": "monday",
    "recording": "a.mp4",
    "codec": "h264",
    "width_px": 1280,
    "height_px": 800,
    "duration_s": 3700.0,
    "decoded_frames": 500,
    "sampled_frames": 200,
    "kept_frames": 20,
    "scenes": 7,
    "broken_packets": 0,
    "missing_s": 0.0,
}
KEY = {"session": "monday", "model": "some", "variant": "base"}
OCR_KEY = KEY | {"model": "ocr-baseline"}
RUN = KEY | {
    "backend": "openai",
    "batch_size": 8,
    "os": "Debian 12, x86_64",
    "cpu_model": "Some CPU",
    "cpu_cores": 4,
    "ram_bytes": 8 * 2**30,
    "python_version": "3.11.7",
}
OCR_RUN = RUN | OCR_KEY | {"backend": "ocr", "batch_size": 1}
STAGE = {"rule": "describe_frames", "subject": "monday/some/base", "wall_s": 12.34}


def request(**changes: Any) -> Row:
    """A request that was answered as it should be: 2 frames, 4 seconds."""
    return (
        KEY
        | {
            "experiment": "describe",
            "image_count": 2,
            "wall_ns": 4_000_000_000,
            "s_per_image": 2.0,
            "ttft_ns": 500_000_000,
            "prefill_tps": 1000.0,
            "decode_tps": 50.0,
            "finish_reason": "stop",
            "cache_hit": False,
            "warmup": False,
            "speed_valid": True,
            "speed_invalid_reasons": [],
        }
        | changes
    )


def failed(kind: str, reasons: list[str], **changes: Any) -> Row:
    """A request whose clocks, absurd as they are, must not be seen in any speed."""
    absurd = {"s_per_image": 0.0001, "decode_tps": 99999.0, "ttft_ns": 1, "prefill_tps": 99999.0}
    wrong = {"error_kind": kind, "finish_reason": "error", "speed_valid": False}
    return request(**absurd, **wrong, speed_invalid_reasons=reasons) | changes


def described(index: int, text: str | None = "It shows a terminal.", **changes: Any) -> Row:
    return KEY | {"frame_index": index, "time_s": float(index), "text": text} | changes


def frame(index: int, session: str = "monday", kept: bool = True) -> Row:
    return {
        "session": session,
        "frame_index": index,
        "time_s": float(index),
        "kept": kept,
        "image": f"frames/{index}.jpg" if kept else None,
    }


class Tables:
    """Tables in a folder, as build_tables leaves them, read again for the report."""

    def __init__(self, folder: Path):
        self._folder = folder

    def read(self, labels: dict[str, str] | None = None, **rows: list[Row]) -> ReportData:
        usual = {
            "sessions": [SESSION],
            "runs": [RUN],
            "stages": [STAGE],
            "requests": [request()],
            "descriptions": [described(0), described(1)],
            "frames": [frame(0), frame(1)],
            "probes": [],
            "grades": [],
            "attribution": [],
            "segments": [],
            "agreement": [],
            "rubric_items": [],
            "criteria": [],
            "roles": [],
            "comparisons": [],
        }
        tables = (
            *(SESSIONS, RUNS, PROBES, STAGES, REQUESTS, DESCRIPTIONS, GRADES, ATTRIBUTION),
            *(SEGMENTS, AGREEMENT, RUBRIC_ITEMS, CRITERIA, ROLES, COMPARISONS),
            with_session(FRAMES),
        )
        for known in tables:
            path = self._folder / f"{known.name}.parquet"
            write_table(path, known, (usual | rows)[known.name])
        return load(self._folder, labels or {"some": "Some model"}, {"monday": "Monday"}, [])

    def report(self, **rows: Any) -> str:
        return write_markdown(self.read(**rows), {})


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    return Tables(tmp_path / "tables")


def rows_under(report: str, heading: str) -> list[dict[str, str]]:
    """The rows of the first table under a heading, by column."""
    part = report.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" |")] for line in lines]
    return [dict(zip(cells[0], line, strict=True)) for line in cells[2:]]


def table_widths(text: str) -> list[list[int]]:
    """How many bars that part cells each line of each table has."""
    lines = [len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines()]
    return [list(group) for is_table, group in groupby(lines, bool) if is_table]


# --- candidates ----------------------------------------------------------------------------------


def test_a_candidate_has_its_medians_ends_and_number(tables: Tables) -> None:
    rows = [
        request(s_per_image=1.0, decode_tps=40.0, ttft_ns=200_000_000),
        request(s_per_image=6.0, decode_tps=60.0, ttft_ns=900_000_000),
        request(s_per_image=2.0, decode_tps=50.0, ttft_ns=400_000_000),
    ]
    [row] = rows_under(tables.report(requests=rows), "Candidates")
    assert row == {
        "session": "Monday",
        "candidate": "Some model",
        "batch": "8",
        "described": "2 of 2",
        "requests": "3",
        "s a frame": f"2.00 (1.00{DASH}6.00)",
        "first token s": f"0.40 (0.20{DASH}0.90)",
        "prefill tok/s": f"1000 (1000{DASH}1000)",
        "decode tok/s": f"50.0 (40.0{DASH}60.0)",
        "asked for": "12 s",
        "n": "3",
    }


def test_what_is_unknown_is_a_dash_and_never_zero(tables: Tables) -> None:
    unknown = request(ttft_ns=None, prefill_tps=None, decode_tps=None)
    [row] = rows_under(tables.report(requests=[unknown]), "Candidates")
    assert [row[name] for name in ("first token s", "prefill tok/s", "decode tok/s")] == [DASH] * 3
    assert (row["s a frame"], row["n"]) == ("2.00", "1")


def test_rows_that_may_not_leave_the_speeds_and_are_counted(tables: Tables) -> None:
    rows = [
        request(),
        failed("oom", ["failed", "not finished"]),
        failed("context_overflow", ["failed"]),
        request(cache_hit=True, speed_valid=False, speed_invalid_reasons=["answered for another"])
        | {"s_per_image": 0.0001},
    ]
    report = tables.report(requests=rows)
    [row] = rows_under(report, "Candidates")
    assert (row["requests"], row["n"], row["s a frame"]) == ("4", "1", "2.00")
    assert row["decode tok/s"] == "50.0"
    assert row["asked for"] == "12 s"  # failed ones included, and what others asked left out
    assert "- Monday, Some model: requests ended as 2 stop, 1 oom, 1 context\\_overflow." in report
    left_out = "left out of the speeds: 2 failed, 1 not finished, 1 answered for another."
    assert f"- Monday, Some model: {left_out}" in report


def test_what_no_start_asks_again_by_itself_has_its_command(tables: Tables) -> None:
    said = "requests failed for want of memory, or by the end of the server"
    gone = [failed("oom", ["failed"]), failed("crash", ["failed"]), failed("timeout", ["failed"])]
    report = tables.report(requests=[request(), *gone])
    assert f"- Monday, Some model: 2 {said}." in report
    assert "--cores 4 results/runs/monday/some/base/run.json -R describe_frames`" in report
    assert said not in tables.report(requests=[request(), failed("timeout", ["failed"])])


def test_a_candidate_that_only_failed_has_no_speed(tables: Tables) -> None:
    said = [described(0, None), described(1, None)]
    rows = [failed("oom", ["failed"]), failed("oom", ["failed"])]
    report = tables.report(requests=rows, descriptions=said)
    [row] = rows_under(report, "Candidates")
    assert (row["described"], row["requests"], row["n"]) == ("0 of 2", "2", "0")
    speeds = ("s a frame", "first token s", "prefill tok/s", "decode tok/s")
    assert [row[name] for name in speeds] == [DASH] * 4
    assert "Some model: 2 frames got no description of their own." in report
    assert "Nothing was described." in report


def test_a_run_that_others_asked_was_asked_for_nothing(tables: Tables) -> None:
    cached = request(cache_hit=True, speed_valid=False, speed_invalid_reasons=["x"])
    [row] = rows_under(tables.report(requests=[cached]), "Candidates")
    assert (row["asked for"], row["n"]) == (DASH, "0")


def test_a_good_run_has_no_notes(tables: Tables) -> None:
    part = tables.report().partition("## Candidates")[2].partition("\n## ")[0]
    assert "\n- " not in part


def test_each_variant_and_session_has_a_row_of_its_own(tables: Tables) -> None:
    keys = [KEY, KEY | {"variant": "batch-1"}, KEY | {"session": "tuesday"}]
    report = tables.report(
        runs=[RUN | key for key in keys],
        requests=[request(**key) for key in keys],
        descriptions=[described(0) | key for key in keys],
    )
    rows = rows_under(report, "Candidates")
    assert [(row["session"], row["candidate"], row["described"]) for row in rows] == [
        ("Monday", "Some model", "1 of 1"),
        ("Monday", "Some model, batch-1", "1 of 1"),
        ("tuesday", "Some model", "1 of 1"),
    ]


# --- the baseline --------------------------------------------------------------------------------


def baseline(tables: Tables) -> str:
    return tables.report(
        runs=[OCR_RUN],
        requests=[request(**OCR_KEY) | {"ttft_ns": None, "prefill_tps": None, "decode_tps": None}],
        descriptions=[described(0) | OCR_KEY],
        labels={"ocr-baseline": "OCR baseline"},
    )


def test_the_baseline_is_told_to_be_no_model(tables: Tables) -> None:
    report = baseline(tables)
    assert report.splitlines()[2].startswith("**No vision-language model was run.**")
    assert "- Monday, OCR baseline: a baseline and no vision-language model." in report
    assert "- Any vision-language model: none was selected." in report
    assert "Measured:" not in report


def test_with_a_model_the_baseline_is_no_answer(tables: Tables) -> None:
    report = tables.report(
        runs=[OCR_RUN, RUN],
        requests=[request(**OCR_KEY), request()],
        labels={"some": "Some model", "ocr-baseline": "OCR baseline"},
    )
    answer = report.splitlines()[2]
    assert answer == "**Use Some model on openai, 8 screenshots a request, at their full width.**"
    assert "none was selected" not in report
    assert "OCR baseline: a baseline and no vision-language model." in report


# --- sessions, stages, machines ------------------------------------------------------------------


def test_a_session_is_told_with_what_was_kept(tables: Tables) -> None:
    assert rows_under(tables.report(), "What was run") == [
        {
            "session": "Monday",
            "recording": "a.mp4",
            "size": "1280x800",
            "length": "1:01:40",
            "looked at": "200",
            "kept": "20",
            "share": "10 %",
            "scenes": "7",
        }
    ]


def test_what_could_not_be_decoded_is_told(tables: Tables) -> None:
    losses = ["the last 12.4 s of 60.0 s could not be decoded", "*3* parts | are damaged"]
    part = tables.report(sessions=[SESSION | {"losses": losses}]).partition("## Candidates")[0]
    assert "- **Monday: the last 12.4 s of 60.0 s could not be decoded.**" in part
    assert r"- **Monday: \*3\* parts \| are damaged.**" in part


@pytest.mark.parametrize("missing_s", [0.0, None])
def test_of_a_whole_recording_nothing_is_told_to_be_missing(
    tables: Tables, missing_s: float | None
) -> None:
    report = tables.report(sessions=[SESSION | {"missing_s": missing_s, "duration_s": None}])
    assert "could not be decoded" not in report
    [row] = rows_under(report, "What was run")
    assert row["length"] == DASH


def test_refused_sessions_are_told(tables: Tables) -> None:
    data = tables.read()
    advice = "the session folder sessions/my | folder is left out"
    report = write_markdown(ReportData(**vars(data) | {"refused": [advice]}), {})
    assert "- the session folder sessions/my \\| folder is left out" in report


def test_stages_are_summed_and_what_was_not_sampled_is_a_dash(tables: Tables) -> None:
    rows = [
        {"rule": "extract_frames", "subject": "a", "wall_s": 1.5, "cpu_s": 2.0}
        | {"max_rss_bytes": 100 * 2**20},
        {"rule": "extract_frames", "subject": "b", "wall_s": 2.5, "cpu_s": None}
        | {"max_rss_bytes": 300 * 2**20},
        {"rule": "detect_scenes", "subject": "a", "wall_s": 0.2},
    ]
    assert rows_under(tables.report(stages=rows), "Where the time went") == [
        {
            "stage": "`extract_frames`",
            "jobs": "2",
            "wall s": "4.0",
            "CPU s": "2.0",
            "peak memory MiB": "300",
        },
        {
            "stage": "`detect_scenes`",
            "jobs": "1",
            "wall s": "0.2",
            "CPU s": DASH,
            "peak memory MiB": DASH,
        },
    ]
    assert "No stage was timed." in tables.report(stages=[])


def test_the_machine_is_told_and_what_no_tool_tells_is_left_out(tables: Tables) -> None:
    part = tables.report().partition("## On what machine")[2].partition("\n## ")[0].strip()
    assert part == (
        "- Debian 12, x86\\_64, Some CPU, 4 cores, 8 GiB memory, no GPU that a tool tells of, "
        "Python 3.11.7"
    )
    with_gpu = RUN | {"gpu_names": ["Some GPU"], "cpu_model": None, "cpu_cores": None}
    part = tables.report(runs=[with_gpu]).partition("## On what machine")[2]
    assert "- Debian 12, x86\\_64, 8 GiB memory, GPU: Some GPU, Python 3.11.7" in part
    assert "None" not in part


def test_two_machines_are_told_apart(tables: Tables) -> None:
    runs = [RUN, RUN | {"variant": "batch-1", "os": "macOS 15"}]
    report = tables.report(runs=runs, requests=[request()])
    part = report.partition("## On what machine")[2].partition("\n## ")[0].strip()
    assert [line.rpartition(": ")[2] for line in part.splitlines()] == [
        "Some model",
        "Some model, batch-1",
    ]


def test_no_unknown_value_is_printed_as_python_has_it(tables: Tables) -> None:
    bare = dict.fromkeys(("duration_s", "missing_s", "codec"))
    unknown = request(ttft_ns=None, prefill_tps=None, decode_tps=None)
    report = tables.report(sessions=[SESSION | bare], requests=[unknown])
    assert not re.search(r"\b(None|nan|NaN|inf)\b", report)


# --- examples ------------------------------------------------------------------------------------


def test_examples_show_what_was_said_about_a_frame(tables: Tables) -> None:
    said = described(
        1,
        "whole text",
        visible="A terminal.",
        activity="typing",
        apps=["Terminal", "Vim"],
        topics=None,
    )
    data = tables.read(descriptions=[described(0, None), said])
    report = write_markdown(data, {("monday", 1): "report_pictures/monday 1.jpg"})
    part = report.partition("## Examples")[2].partition("\n## ")[0]
    assert "### Monday, 00:01" in part
    assert "![the screen at 00:01](<report_pictures/monday%201.jpg>)" in part
    assert "**Some model**" in part
    assert "- applications: Terminal, Vim" in part
    assert "- activity: typing" in part
    assert f"- topics: {DASH}" in part
    assert "```text\nA terminal.\n```" in part
    assert "### Monday, 00:00" not in part


def test_a_candidate_that_said_nothing_about_an_example_is_told(tables: Tables) -> None:
    other = {"variant": "batch-1"}
    report = tables.report(
        runs=[RUN, RUN | other],
        requests=[request(), request(**other)],
        descriptions=[described(0), described(0, None) | other],
    )
    assert "**Some model, batch-1**: no description" in report


def test_what_a_model_says_cannot_act_in_the_report(tables: Tables) -> None:
    hostile = "x\n```\n</details><script>alert(1)</script>\n# Heading\n| a |"
    said = described(
        0, hostile, visible=hostile, activity=hostile, apps=[hostile], topics=["http://evil.x"]
    )
    report = tables.report(descriptions=[said], labels={"some": "<b>|Some|</b>"})
    outside = re.sub(r"^(`{3,})text\n.*?^\1$", "", report, flags=re.S | re.M)
    assert "<script>" not in outside and "<b>" not in outside
    assert "http://" not in outside
    assert [line for line in outside.splitlines() if line.startswith("# ")] == [
        "# Scribebench report"
    ]
    for cells in table_widths(outside):
        assert len(set(cells)) == 1


@pytest.mark.parametrize(
    ("frames", "chosen"),
    [(0, []), (1, [0]), (2, [0, 1]), (3, [0, 1, 2]), (9, [1, 4, 7]), (100, [16, 50, 83])],
)
def test_examples_are_spread_over_all_that_was_described(
    tables: Tables, frames: int, chosen: list[int]
) -> None:
    rows = [frame(index) for index in range(frames)]
    data = tables.read(
        frames=[*rows, frame(500, kept=False), frame(600)],
        descriptions=[described(index) for index in range(frames)],
    )
    assert [row["frame_index"] for _, row in choose_examples(data)] == chosen


def test_thumbnails_are_small_pictures_of_the_examples(tables: Tables, tmp_path: Path) -> None:
    """Full screenshots are private, and a report is sent on."""
    kept = tmp_path / "sessions" / "monday" / "frames"
    kept.mkdir(parents=True)
    for index, width in ((0, 1920), (1, 200)):
        cv2.imwrite(str(kept / f"{index}.jpg"), plain(60 + 100 * index, width, width // 2))
    written = write_thumbnails(tables.read(), tmp_path / "sessions", tmp_path / "pictures")
    assert written == {
        ("monday", 0): "pictures/monday-0.jpg",
        ("monday", 1): "pictures/monday-1.jpg",
    }
    shapes = {}
    for key, name in written.items():
        data = np.frombuffer((tmp_path / name).read_bytes(), np.uint8)
        image = cv2.imdecode(data, cv2.IMREAD_COLOR)
        shapes[key[1]] = image.shape[:2]
        assert image.mean() == pytest.approx(60 + 100 * key[1], abs=2)
    assert shapes == {0: (WIDTH_PX // 2, WIDTH_PX), 1: (100, 200)}


# --- text that nobody vouches for ----------------------------------------------------------------

FORMULAS = [
    '=HYPERLINK("http://evil.example","click")',
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
]


def skeleton(report: str) -> list[str]:
    """What of each line a Markdown renderer may act on; fenced text is left out."""
    outside = re.sub(r"^(`{3,})text\n.*?^\1$", "", report, flags=re.S | re.M)
    return [
        re.sub(r"[^\\`*_{}\[\]|~$#<>&@]", "", without_escapes(line)) for line in outside.split("\n")
    ]


def report_on(tables: Tables, text: str) -> str:
    """A report in which this text stands wherever a model, a recording or a person writes any."""
    other = KEY | {"model": "other"}
    probe = {"model": "some", "variant": "base", "verdict": "no_memory", "broken": text}
    probe |= {"gate_reply": text, "error_message": text, "not_applied": [text]}
    probe |= {"image_w_px": [], "image_h_px": [], "image_tokens": [], "projector_quant": text}
    machine = {"os": text, "cpu_model": text, "gpu_names": [text], "python_version": text}
    pair = {"run_a": "some/base", "run_b": "other/base", "only_a": [text], "only_b": [text]}
    segment = {"segment": 0, "key_strings_share": 0.0, "key_strings_missing": [text]}
    failing = request(error_kind=text, finish_reason="error", speed_invalid_reasons=[text])
    said = {"text": text, "visible": text, "activity": text, "apps": [text], "topics": [text]}
    data = tables.read(
        labels={"some": text, "other": text},
        sessions=[SESSION | {"recording": text, "losses": [text]}],
        runs=[RUN | machine | {"quantization": text}, RUN | other | {"broken": text}],
        requests=[request(), failing],
        probes=[probe],
        descriptions=[described(0, **said), described(1, **said)],
        grades=[grade(0, flags=[text])],
        segments=[KEY | segment],
        agreement=[{"session": "monday", "frame_index": 0, "runs": 2, "similarity": 0.5}
                   | pair | {"pair_similarity": 0.5, "dispute_rank": 1}],
    )  # fmt: skip
    data = ReportData(**vars(data) | {"refused": [text], "titles": {"monday": text}})
    return write_markdown(data, {})


# No table holds a lone surrogate.
STORED = [text for text in [*HOSTILE, *FORMULAS] if text.encode("utf-8", "ignore").decode() == text]


@pytest.mark.parametrize("text", STORED)
def test_hostile_text_changes_nothing_but_its_own_cell(tables: Tables, text: str) -> None:
    assert skeleton(report_on(tables, text)) == skeleton(report_on(tables, "harmless"))


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula_when_a_table_is_pasted(tables: Tables, text: str) -> None:
    cells = [
        cell.strip()
        for line in report_on(tables, text).splitlines()
        if line.startswith("| ")
        for cell in re.split(r"(?<!\\)\|", line)
    ]
    shown = [cell.replace("&#64;", "@").replace("\\", "") for cell in cells]
    assert any(cell.startswith(f"'{text[0]}") for cell in shown)
    assert not [cell for cell in shown if cell[:1] in set("=+-@") and not cell.startswith("---")]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("&#64;SUM(1)", "'&#64;SUM(1)"),
        ("-2+3+cmd", "'-2+3+cmd"),
        ("+1.1", "+1.1"),
        ("-0.3 (-0.8 to +0.2)", "-0.3 (-0.8 to +0.2)"),
        (DASH, DASH),
        ("-", "-"),
        ("plain = 1", "plain = 1"),
    ],
)
def test_a_number_is_no_formula(cell: str, shown: str) -> None:
    assert table(("a",), [(cell,)]).splitlines()[-1] == f"| {shown} |"


# --- the answer, and tables for which nothing was run --------------------------------------------


def test_the_answer_comes_first_and_then_the_comparison(tables: Tables) -> None:
    report = tables.report()
    headings = [line for line in report.splitlines() if line.startswith("## ")]
    assert report.splitlines()[2].startswith("**Use Some model")
    assert headings[0] == "## Model comparison"
    assert headings[-1] == "## What was not measured"
    [row] = rows_under(report, "Model comparison")
    assert (row["candidate"], row["verdict"]) == ("Some model", "**selected**")


@pytest.mark.parametrize(
    "heading",
    [
        *("Model comparison", "Batch sizes", "A full session", "Failure modes", "The rubric"),
        "How many pictures a request can hold",
    ],
)
def test_a_table_for_which_nothing_was_run_names_the_line_that_runs_it(
    tables: Tables, heading: str
) -> None:
    part = baseline(tables).partition(f"## {heading}\n")[2].partition("\n## ")[0]
    # The baseline stands in the comparison, and nowhere else where nothing was run.
    assert ("| ---" in part) is (heading == "Model comparison")
    assert re.search(r"`(models|canaries|rubric): ", part)
    assert "`config/config.yaml`" in part


def test_a_batch_has_its_seconds_and_tokens(tables: Tables) -> None:
    whole = request(image_count=8, wall_ns=16_000_000_000, output_tokens=400, wall_tps=25.0)
    rows = rows_under(tables.report(requests=[whole, request(image_count=2)]), "Batch sizes")
    assert rows == [
        {
            "candidate": "Some model",
            "frames": "recordings",
            "batch": "8",
            "n": "1",
            "s a batch": "16.0",
            "tokens": "400",
            "decode tok/s": "50.0",
            "all tok/s": "25.0",
            "s a frame": "2.00",
            "tokens a frame": "50",
            "right frame": DASH,
        }
    ]


def test_a_full_session_is_extrapolated_beside_the_seed(tables: Tables) -> None:
    rows = rows_under(tables.report(), "A full session")
    assert rows[0]["batches for 1,776 frames"] == "222"
    assert rows[0]["hours"] == "0.99 (n 1)"
    # 20 frames of 3,700 seconds are kept, 2 seconds each.
    assert rows[0]["minutes"] == "0.6 (n 1)"
    assert rows[0]["keeps up"] == DASH
    more = rows_under(tables.report(requests=[request() for _ in range(2)]), "A full session")
    assert more[0]["keeps up"] == "yes"
    assert [row["hours"] for row in rows[1:]] == ["8.2", "6.7", "6.4", "8.4"]


# --- figures -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], None),
        ([None, None], None),
        ([3.0], Spread(3.0, 3.0, 3.0, 1)),
        ([1.0, None, 9.0, 2.0], Spread(2.0, 1.0, 9.0, 3)),
        ([1.0, 2.0], Spread(1.5, 1.0, 2.0, 2)),
        ([0.0], Spread(0.0, 0.0, 0.0, 1)),
    ],
)
def test_a_spread_counts_what_is_known(values: list[float | None], expected: Spread | None) -> None:
    assert spread(values) == expected


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (None, 1, DASH),
        (Spread(2.0, 2.0, 2.0, 1), 2, "2.00"),
        (Spread(2.0, 1.0, 9.5, 3), 1, f"2.0 (1.0{DASH}9.5)"),
        (Spread(0.0, 0.0, 0.0, 1), 0, "0"),
    ],
)
def test_a_spread_is_shown_with_its_ends(value: Spread | None, digits: int, text: str) -> None:
    assert format_spread(value, digits) == text


def test_the_figures_of_a_run_are_counted() -> None:
    rows = [request(error_kind=None), failed("oom", ["failed"]) | {"cache_hit": True}]
    rows[0]["image_count"] = 5
    figures = run_figures(rows, [described(0), described(1, None)])
    assert (figures.frames, figures.described, figures.requests) == (2, 1, 2)
    assert figures.outcomes == Counter(stop=1, oom=1)
    assert figures.left_out == Counter(failed=1)
    assert (figures.asked_wall_s, figures.asked_frames) == (4.0, 5)
    assert figures.decode_tps == Spread(50.0, 50.0, 50.0, 1)


@pytest.mark.parametrize(
    ("time_s", "text"), [(0, "00:00"), (80.9, "01:20"), (3599, "59:59"), (3680, "1:01:20")]
)
def test_times_are_shown_as_people_write_them(time_s: float, text: str) -> None:
    assert format_time(time_s) == text


def test_a_table_sets_figures_to_the_right() -> None:
    assert table(("a", "b"), [("x", "1"), ("y", "2")]) == (
        "| a | b |\n| --- | ---: |\n| x | 1 |\n| y | 2 |"
    )


# --- grades --------------------------------------------------------------------------------------


def grade(slot: int, **changes: Any) -> Row:
    usual = {"request_uid": "one", "slot": slot, "frame_index": slot, "flags": []}
    return KEY | usual | {"specifics_grounded": 4, "specifics_invented": 0} | changes


def test_grades_are_told_with_interval_and_number(tables: Tables) -> None:
    rows = [
        grade(0, attribution="right", specifics_grounded=2, flags=["wrong_count"]),
        grade(1, attribution="swapped", specifics_invented=3, flags=["wrong_count"]),
        grade(2, attribution="undecidable", flags=["wrong_count"]),
        grade(0, request_uid="two", attribution="right"),
    ]
    report = tables.report(grades=rows)
    [row] = rows_under(report, "What the descriptions are worth")
    assert row["flags"] == "1 of 2"
    assert row["on the right frame"] == f"67 % (9{DASH}99 %, n 3)"
    assert row["undecidable"] == "1"
    assert row["on the screen"] == f"4 (2{DASH}4), n 4"
    assert row["invented"] == f"0 (0{DASH}3), n 4"
    assert row["key strings"] == DASH
    assert "of 2 replies, 1 wrong" in report.replace("\\_", " ").replace("_", " ")


def test_key_strings_count_once_for_their_segment(tables: Tables) -> None:
    found = {
        "truth_segment": 0,
        "truth_key_strings_found": ["a"],
        "truth_key_strings_missing": ["b"],
    }
    other = found | {"truth_key_strings_found": ["b"], "truth_key_strings_missing": ["a"]}
    none = {"truth_segment": 1, "truth_key_strings_found": [], "truth_key_strings_missing": ["c"]}
    rows = [grade(0, **found), grade(1, **other), grade(2, **none)]
    [row] = rows_under(tables.report(grades=rows), "What the descriptions are worth")
    assert row["key strings"] == "2 of 3"


def test_single_frames_cannot_be_on_the_wrong_one(tables: Tables) -> None:
    rows = [grade(0, request_uid=uid, attribution="right") for uid in ("one", "two")]
    [row] = rows_under(tables.report(grades=rows), "What the descriptions are worth")
    assert row["on the right frame"] == DASH


# --- models beside each other, and drawn frames --------------------------------------------------


def test_frames_on_which_models_differ_stand_with_what_each_says(tables: Tables) -> None:
    row = {"session": "monday", "frame_index": 1, "runs": 2, "similarity": 0.2}
    pair = {"run_a": "some/base", "run_b": "other/hot", "pair_similarity": 0.2, "dispute_rank": 1}
    things = {"only_a": ["parser.py", "<b>40</b>"], "only_b": []}
    text = tables.report(agreement=[row | pair | things])
    [shown] = rows_under(text, "Where the models differ most")
    assert shown["alike"] == "0.20"
    assert shown["only one says"].startswith("Some model: parser.py, ")
    assert "<b>" not in text
    assert shown["only the other"] == f"other, hot: {DASH}"


def test_nothing_is_compared_when_one_model_was_run(tables: Tables) -> None:
    assert "Fewer than two models described a frame" in tables.report()


def drawn(batch_size: int, faults: int, n: int = 72, evidence: str = "name") -> list[Row]:
    key = KEY | {"session": f"canaries/batch-{batch_size}", "batch_size": batch_size}
    outcomes = ["swapped"] * faults + ["right"] * (n - faults)
    return [key | {"outcome": outcome, "told_by": evidence} for outcome in outcomes]


def test_the_largest_proven_batch_is_recommended(tables: Tables) -> None:
    asked = request(session="canaries/batch-8", experiment="attribution", s_per_image=3.5)
    text = tables.report(
        attribution=[*drawn(1, 0), *drawn(8, 0), *drawn(20, 1, 80), *drawn(30, 40, 90)],
        requests=[request(), asked],
    )
    rows = rows_under(text, "How many pictures a request can hold")
    said = {row["batch"]: row["verdict"] for row in rows}
    assert said == {
        "1": "proven",
        "8": "proven",
        "20": "undetermined",
        "30": "mixes or loses frames",
    }
    assert rows[1]["on the right frame"] == f"100 % (95{DASH}100 %, n 72)"
    assert [row["s a frame"] for row in rows] == [DASH, "3.50", DASH, DASH]
    assert "**batches of 8**" in text


def test_places_of_a_request_that_are_not_right_are_named(tables: Tables) -> None:
    rows = [row | {"slot": place % 8} for place, row in enumerate(drawn(8, 3))]
    rows[10] |= {"outcome": "omitted"}
    text = tables.report(attribution=rows)
    places = (
        "batches of 8: not right at place 0 (1 swapped); 1 (1 swapped); 2 (1 swapped, 1 omitted)"
    )
    assert places in text
    judged = [KEY | {"slot": 1, "attribution": "merged"}, KEY | {"slot": 0, "attribution": "right"}]
    assert "not right at place 1 (1 merged) of the request" in tables.report(grades=judged)


def test_a_batch_that_was_not_answered_was_not_mixed_up(tables: Tables) -> None:
    asked = request(session="canaries/batch-8", experiment="attribution", error_kind="oom")
    text = tables.report(attribution=drawn(8, 72), requests=[request(), asked])
    [row] = rows_under(text, "How many pictures a request can hold")
    assert row["verdict"] == "undetermined, 1 of 1 requests failed"


def test_colours_alone_prove_no_batch(tables: Tables) -> None:
    text = tables.report(attribution=drawn(8, 0, evidence="colour"))
    [row] = rows_under(text, "How many pictures a request can hold")
    assert row["verdict"] == "undetermined, by colours only"
    assert "**undetermined**" in text


def test_a_batch_that_was_not_tried_has_the_line_that_tries_it(tables: Tables) -> None:
    assert "canaries: {batch_sizes:" in tables.report()


def test_the_segment_of_which_least_is_said_is_named(tables: Tables) -> None:
    known = {"key_strings_share": 1.0, "key_strings_missing": []}
    poor = {"key_strings_share": 0.0, "key_strings_missing": ["a.py", "1 failed"]}
    segments = [KEY | known | {"segment": 0}, KEY | poor | {"segment": 1}]
    assert "of 2 segments of the truth it says least of segment 1, 0 %" in tables.report(
        segments=segments
    )
