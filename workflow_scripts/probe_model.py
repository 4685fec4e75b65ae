"""Find out of one model whether it sees, what pictures cost it, and what it takes to load it."""

import json
import os
from contextlib import closing
from pathlib import Path

from scribebench import cli
from scribebench.backends.base import ServerUnreachableError
from scribebench.backends.choose import connect
from scribebench.describe.lock import SLOTS_VARIABLE, held, lock_names
from scribebench.files import write_text
from scribebench.harmless import visible
from scribebench.probe.run import probe
from scribebench.probe.verdict import not_applied, why_broken

# llama-server tells how many experts it uses from this level on; a server's own arguments win.
VERBOSITY_VARIABLE, VERBOSITY = "LLAMA_ARG_LOG_VERBOSITY", "4"


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--model", required=True, help="name of the model's file")
    parser.add_argument("--variant", required=True, help="name of the variant")
    parser.add_argument("--settings", type=cli.json_object, required=True, help="JSON")
    parser.add_argument("--state", type=Path, required=True, help="folder of what outlives jobs")
    parser.add_argument("--out", type=Path, required=True, help="JSON to write")
    args = parser.parse_args()

    last = args.state / "probes" / args.model / f"{args.variant}.json"
    slots = int(os.environ.get(SLOTS_VARIABLE, "1"))
    context = {"state": args.state, "session": f"probe-{args.model}-{args.variant}"}
    os.environ.setdefault(VERBOSITY_VARIABLE, VERBOSITY)
    try:
        with (
            held(lock_names(args.settings.get("url"), slots)),
            closing(connect(args.settings, context)) as backend,
        ):
            found = probe(args.settings, backend) | {"settings": args.settings}
    except ServerUnreachableError as error:
        text = _last(last, args.settings)
        if text is None:
            raise
        print(visible(f"{error}\nthe last probe of these settings is used"), flush=True)
    else:
        text = json.dumps(found, indent=2, sort_keys=True) + "\n"
        write_text(last, text)
        for name in not_applied(found):
            print(f"warning: nothing proves that `{name}` is in effect", flush=True)
        if reason := why_broken(found):
            print(visible(f"the model did not pass the gate: it {reason}"), flush=True)
    write_text(args.out, text)


def _last(path: Path, settings: dict[str, object]) -> str | None:
    """Return the last probe, if it was one of the same settings."""
    try:
        text = path.read_text(encoding="utf-8")
        return text if json.loads(text)["settings"] == settings else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


if __name__ == "__main__":
    cli.run(main)
