"""Write a table of results/tables/ as CSV, for a spreadsheet; no text in it becomes a formula."""

from pathlib import Path

from scribebench import cli
from scribebench.errors import ScribebenchError
from scribebench.files import whole_file
from scribebench.spreadsheet import to_csv
from scribebench.tables import read_table


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--table", type=Path, required=True, help="a .parquet file")
    parser.add_argument("--columns", nargs="+", help="only these, in this order")
    parser.add_argument("--out", type=Path, required=True, help="a .csv file")
    args = parser.parse_args()

    if args.out.suffix == ".parquet":
        raise ScribebenchError(f"{args.out} is the name of a table; give --out a .csv file")
    try:
        table = read_table(args.table, args.columns)
    except KeyError as error:
        raise ScribebenchError(
            f"{args.table} has no such column: {error.args[0]}; docs/tables.md has their names"
        ) from error
    rows = (row.values() for batch in table.to_batches(1000) for row in batch.to_pylist())
    with (
        whole_file(args.out) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as stream,
    ):
        stream.writelines(to_csv(table.column_names, map(list, rows)))
    print(f"{args.out}: {table.num_rows} rows")


if __name__ == "__main__":
    cli.run(main)
