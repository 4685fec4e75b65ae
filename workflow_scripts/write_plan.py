"""Write how many hours each candidate takes, and what that is known from."""

from pathlib import Path

from scribebench import cli
from scribebench.files import write_text
from scribebench.plan.estimate import Results
from scribebench.plan.page import plan_page
from scribebench.plan.sizes import hours_by_size
from scribebench.plan.spec import PlanSpec, make_plan
from scribebench.tables import read_rows


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--spec", type=cli.json_object, required=True, help="what to plan, JSON")
    parser.add_argument("--results", type=Path, required=True, help="folder with all results")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    args = parser.parse_args()

    spec = PlanSpec.from_json(args.spec)
    estimates = make_plan(spec, args.results)
    compared = args.results / "tables" / "plans.parquet"
    checked = read_rows(compared) if compared.is_file() else []
    sizes = hours_by_size(estimates, Results(args.results))
    write_text(args.out, plan_page(estimates, sizes, checked))


if __name__ == "__main__":
    cli.run(main)
