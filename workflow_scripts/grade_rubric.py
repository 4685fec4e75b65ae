"""Grade one candidate's replies to the rubric: criterion by criterion, and on the 1-5 scale."""

from pathlib import Path

from scribebench import cli
from scribebench.grading.rubric.rows import grade_rows
from scribebench.rubric.ask import read_replies
from scribebench.rubric.save import read_items
from scribebench.tables import CRITERIA, RUBRIC_ITEMS, read_rows, write_table


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--model", required=True, help="name of the model's file")
    parser.add_argument("--variant", required=True, help="name of the variant")
    parser.add_argument("--replies", type=Path, required=True, help="what the candidate replied")
    parser.add_argument("--items", type=Path, required=True, help="list of draw_rubric")
    parser.add_argument("--judged", type=Path, help="table of judge_rubric, if there is a judge")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    args = parser.parse_args()

    items = {(one.item.question, one.item.variant): one.item for one in read_items(args.items)}
    judged = None
    if args.judged:
        judged = {(row["request_uid"], row["criterion"]): row for row in read_rows(args.judged)}
    key = {"model": args.model, "variant": args.variant}
    graded, criteria = grade_rows(key, read_replies(args.replies), items, judged)
    write_table(args.out / "items.parquet", RUBRIC_ITEMS, graded)
    write_table(args.out / "criteria.parquet", CRITERIA, criteria)


if __name__ == "__main__":
    cli.run(main)
