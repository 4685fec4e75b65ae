"""Say how one reply, read from standard input, is judged, and why: for whoever doubts a verdict."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scribebench import cli
from scribebench.errors import ScribebenchError
from scribebench.grading.flags import flag_reply
from scribebench.grading.split import split

PROMPT = Path(__file__).resolve().parents[1] / "config" / "prompts" / "describe.md"


def main() -> None:
    parser = cli.parser(__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    flags = kinds.add_parser("flags", help="what is wrong with a reply, with its evidence")
    _add_frames(flags)
    flags.add_argument("--done-reason", help="why the server ended it, as it says so")
    flags.add_argument("--thinking", type=Path, help="file with what the model thought")
    flags.add_argument("--prompt", type=Path, default=PROMPT, help="file with what was asked")
    _add_frames(kinds.add_parser("split", help="what a reply says of each frame"))
    rubric = kinds.add_parser("rubric", help="what a reply to a question of the rubric gets")
    rubric.add_argument("--question", required=True, help="for example VL-T1-Q1")
    rubric.add_argument("--variant", type=_variant, default=0, help="of its pictures; 0 by default")
    args = parser.parse_args()

    reply = sys.stdin.buffer.read().decode("utf-8", errors="replace")
    explain = {"flags": explain_flags, "split": explain_split, "rubric": explain_rubric}
    print(json.dumps(explain[args.kind](reply, args), indent=2))


def explain_flags(reply: str, args: argparse.Namespace) -> dict[str, Any]:
    """Return the flags of a reply and the evidence of each."""
    thinking = _text(args.thinking) if args.thinking else None
    reason = None if args.done_reason in (None, "", "None", "null") else args.done_reason
    flagged = flag_reply(reply, args.frames, reason, thinking, _text(args.prompt))
    return {"flags": flagged.flags, "evidence": flagged.evidence}


def explain_split(reply: str, args: argparse.Namespace) -> dict[str, Any]:
    """Return what a reply says of each frame (0-based), and which frames it merges or misses."""
    parts = split(reply, args.frames)
    frames = [{"frame": slot} | asdict(frame) for slot, frame in enumerate(parts.frames)]
    return {
        "frames": [frame for frame in frames if frame["text"] is not None],
        "merged": parts.merged,
        "missing": parts.missing,
    }


def explain_rubric(reply: str, args: argparse.Namespace) -> dict[str, Any]:
    """Return the score of a reply, each criterion's value (null: a judge's) and the reasons."""
    # Loaded here: the other kinds need neither the questions nor what draws them.
    from scribebench.grading.rubric.grade import grade_reply
    from scribebench.rubric.items import FAMILIES, make_item

    if args.question not in FAMILIES:
        raise ScribebenchError(
            f"there is no question {args.question!r}; known are {', '.join(FAMILIES)}"
        )
    item = make_item(args.question, args.variant)
    grade = grade_reply(item.question, reply, item.truth, item.prompt)
    return {
        "score": grade.score,
        "weight_scored": grade.weight_scored,
        "criteria": {name: one.value for name, one in grade.criteria.items()},
        "flags": grade.flags,
        "why": {name: one.why for name, one in grade.criteria.items()},
    }


def _add_frames(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--frames", type=_count, default=1, help="frames of the request")


def _count(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 1000:
        raise argparse.ArgumentTypeError("a number from 1 to 1000 is needed")
    return value


def _variant(text: str) -> int:
    value = int(text)
    if not 0 <= value < 1000:
        raise argparse.ArgumentTypeError("a number from 0 to 999 is needed")
    return value


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ScribebenchError(f"{path} cannot be read: {error.strerror}") from error


if __name__ == "__main__":
    cli.run(main)
