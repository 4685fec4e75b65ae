"""Tables as CSV: what is a formula, what is hidden, and what a line break or a quote does."""

import csv
import io
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scribebench.spreadsheet import BYTE_ORDER_MARK, MOST_CHARS, cell, to_csv
from scribebench.tables import AGREEMENT, STAGES, write_table
from unit.places import SCRIPTS


def read(text: str) -> list[list[str]]:
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")))


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        " =1+1",
        "\t=1+1",
        "\n=1+1",
        '"=1+1"',
        "'=1+1",
        "\uff1d1+1",
        "\u00a0@x",
    ],
)
def test_no_text_is_a_formula(text: str) -> None:
    assert cell(text).startswith("'")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        ("", ""),
        (True, "true"),
        (-3, "-3"),
        (-0.5, "-0.5"),
        (1e-9, "1e-09"),
        ("main.py", "main.py"),
        ("a\x1b[2Jb\u202ec", "a\ufffd[2Jb\ufffdc"),
        (["=a", "b"], '["=a", "b"]'),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05+00:00"),
    ],
)
def test_values_are_cells(value: Any, expected: str) -> None:
    assert cell(value) == expected


def test_a_cell_is_no_longer_than_a_spreadsheet_takes() -> None:
    assert len(cell("x" * 100_000)) == MOST_CHARS
    assert cell("x" * 100_000).endswith("…")


def test_a_hostile_text_stays_in_its_cell() -> None:
    texts = ['a,b"c', "two\r\nlines", "a\rb", ";|\t", '",=1+1,"', "x" * 50]
    rows = read("".join(to_csv(["n", "text"], [[n, text] for n, text in enumerate(texts)])))
    assert rows[0] == ["n", "text"]
    assert [row[0] for row in rows[1:]] == [str(n) for n in range(len(texts))]
    assert {len(row) for row in rows} == {2}
    assert [row[1] for row in rows[1:4]] == ['a,b"c', "two\nlines", "a\ufffdb"]


def export(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPTS / "export_table.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_table_is_exported_with_all_its_rows(tmp_path: Path) -> None:
    rows = [{"session": f"=day{n}", "frame_index": n, "similarity": n / 8} for n in range(2500)]
    write_table(tmp_path / "a.parquet", AGREEMENT, rows)
    done = export("--table", tmp_path / "a.parquet", "--out", tmp_path / "a.csv")
    assert done.returncode == 0, done.stderr
    told = read((tmp_path / "a.csv").read_text(encoding="utf-8"))
    assert told[0] == [column.name for column in AGREEMENT.columns]
    assert len(told) == 2501
    some = export(
        *("--table", tmp_path / "a.parquet", "--out", tmp_path / "b.csv"),
        *("--columns", "similarity", "session"),
    )
    assert some.returncode == 0, some.stderr
    told = read((tmp_path / "b.csv").read_text(encoding="utf-8"))
    assert told[:3] == [["similarity", "session"], ["0.0", "'=day0"], ["0.125", "'=day1"]]


def test_what_cannot_be_exported_is_a_clear_error(tmp_path: Path) -> None:
    write_table(tmp_path / "a.parquet", STAGES, [])
    wrong = export(
        *("--table", tmp_path / "a.parquet", "--out", tmp_path / "a.csv", "--columns", "none")
    )
    assert wrong.returncode == 1 and "docs/tables.md" in wrong.stderr
    onto = export("--table", tmp_path / "a.parquet", "--out", tmp_path / "a.parquet")
    assert onto.returncode == 1 and "--out" in onto.stderr
    (tmp_path / "b.parquet").write_bytes(b"PAR1")
    torn = export("--table", tmp_path / "b.parquet", "--out", tmp_path / "b.csv")
    assert torn.returncode == 1 and "damaged" in torn.stderr
    assert not (tmp_path / "b.csv").exists()
