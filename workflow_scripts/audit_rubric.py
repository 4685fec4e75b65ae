"""Check that the pictures of the rubric are whole, legible and true; tell of each that is not."""

from pathlib import Path

from scribebench import cli
from scribebench.errors import ScribebenchError
from scribebench.rubric.audit import Audited, audit_question
from scribebench.rubric.items import FAMILIES

HEAD = ("question", "variants", "checked by", "tokens", "worst read", "mean read", "faults")


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--variants", type=int, required=True, help="pictures of each question")
    parser.add_argument("--questions", nargs="+", default=list(FAMILIES), help="only these")
    parser.add_argument("--workers", type=int, default=1, help="processes, one core each")
    parser.add_argument("--out", type=Path, required=True, help="folder of pictures and readings")
    args = parser.parse_args()

    print(_row(HEAD))
    audits: list[Audited] = []
    for question in args.questions:
        audits.append(audit_question(question, args.variants, args.out, args.workers))
        print(_row(_cells(audits[-1])), flush=True)
    faults = [fault for audit in audits for fault in audit.faults]
    for fault in faults:
        variant = "" if fault.variant is None else f" variant {fault.variant}"
        print(f"{fault.question}{variant}: {fault.what}")
    if faults:
        raise ScribebenchError(f"{len(faults)} faults; each is named above")


def _cells(audit: Audited) -> tuple[str, ...]:
    shares = ("" if one is None else f"{one:.3f}" for one in (audit.least_read, audit.mean_read))
    tokens = f"{audit.least_tokens:.0f}"
    count, faults = str(audit.variants), str(len(audit.faults))
    return audit.question, count, audit.checked_by, tokens, *shares, faults


def _row(cells: tuple[str, ...]) -> str:
    widths = (10, 9, 33, 7, 11, 10, 6)
    return " ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


if __name__ == "__main__":
    cli.run(main)
