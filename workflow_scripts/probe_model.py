"""Find out of one model whether it sees, what pictures cost it, and what it takes to load it."""

import json
import os
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scribebench import cli
from scribebench.backends.base import Backend, ServerUnreachableError
from scribebench.backends.choose import connect
from scribebench.describe.again import command_for
from scribebench.describe.lock import SLOTS_VARIABLE, held, lock_names, use_own_gpu
from scribebench.files import write_text
from scribebench.harmless import visible
from scribebench.probe.ask import gates
from scribebench.probe.run import probe
from scribebench.probe.verdict import NO_MEMORY, not_applied, why_broken
from scribebench.project.environment import start_id

RULE = "probe_model"
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
            held(lock_names(args.settings.get("url"), slots)) as slot,
            closing(connect(args.settings, context)) as backend,
        ):
            use_own_gpu(slot, slots)
            found = _probed_before(last.parent, args.settings, backend)
            if found is None:
                found = probe(args.settings, backend, gates(args.state, args.model))
                found |= {"settings": args.settings, "start": start_id()}
    except ServerUnreachableError as error:
        # A server of our own that does not start has changed, whatever the settings say.
        text = _last(last, args.settings) if args.settings.get("url") else None
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
        if found["verdict"] == NO_MEMORY:
            error, command = found["gate_reply"]["error_message"], command_for(args.out, RULE)
            print(visible(f"{error}\nonce there is memory, run: {command}"), flush=True)
    write_text(args.out, text)


def _probed_before(
    folder: Path, settings: dict[str, Any], backend: Backend
) -> dict[str, Any] | None:
    """Return what this start found of another variant that differs in nothing a probe can tell."""
    for path in sorted(folder.glob("*.json")):
        text = _last(path, settings)
        found = json.loads(text) if text else {}
        is_of_this_start = start_id() is not None and found.get("start") == start_id()
        if is_of_this_start and found.get("identity") == asdict(backend.identify()):
            print(f"the same as the probe of {path.stem}", flush=True)
            return dict(found)
    return None


def _last(path: Path, settings: dict[str, Any]) -> str | None:
    """Return the last probe, if it was one of the same settings."""
    try:
        text = path.read_text(encoding="utf-8")
        return text if json.loads(text)["settings"] == settings else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


if __name__ == "__main__":
    cli.run(main)
