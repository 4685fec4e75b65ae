"""Grade what one model said of one session's frames: by rules, from the frames themselves."""

from pathlib import Path

from scribebench import cli
from scribebench.grading.grade import Screens, grade_run, read_replies
from scribebench.grading.truth import read_truth
from scribebench.tables import GRADES, read_rows, write_table


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of describe_frames")
    parser.add_argument("--text", type=Path, required=True, help="table of read_frames")
    parser.add_argument("--prompt", type=Path, help="what the model was asked, if it was")
    parser.add_argument("--truth", type=Path, help="what is known of the recording, JSON")
    parser.add_argument("--out", type=Path, required=True, help="table to write")
    args = parser.parse_args()

    wanted = ["request_uid", "endpoint_kind", "finish_reason", "error_kind"]
    requests = read_rows(args.run / "requests.parquet", wanted)
    texts = read_rows(args.text, ["frame_index", "text"])
    grades = grade_run(
        descriptions=read_rows(args.run / "descriptions.parquet"),
        requests={row["request_uid"]: row for row in requests},
        replies=read_replies(args.run / "replies.jsonl.zst"),
        screens=Screens({row["frame_index"]: row["text"] for row in texts}),
        prompt=args.prompt.read_text(encoding="utf-8") if args.prompt else "",
        truth=read_truth(args.truth) if args.truth else None,
    )
    write_table(args.out, GRADES, list(grades))


if __name__ == "__main__":
    cli.run(main)
