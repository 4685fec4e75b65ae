"""What counts within one start of the workflow only, and the command that asks it again."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from scribebench.backends.base import Reply
from scribebench.errors import snakemake
from scribebench.harmless import visible
from scribebench.project.models import Run

# Failures that depend on what else the machine did meanwhile, too.
OF_ONE_START = frozenset({"oom", "crash"})
BROKEN = (
    "the model {broken}; mend its server or its file and run: {command}; or set `probe: warn` in "
    "its file to ask it all the same"
)
OF_NOW = (
    "{count} of {requests} requests failed for want of memory, or by the end of the server. No "
    "later start asks them again by itself; free memory, or change the model's file, and run: "
    "{command}"
)


def command_for(made: Path, rule: str, shared: bool = False) -> str:
    """Return the shell command that makes a result again by its rule, and nothing else.

    `shared`: for a page that others may read, see errors.snakemake.
    """
    return f"{snakemake(shared)} --cores 4 {shlex.quote(made.as_posix())} -R {rule}"


def tell_what_to_redo(
    run: Run, made: Path, rule: str, broken: str | None, replies: Sequence[Reply]
) -> None:
    """Print why a run is not whole, and the command that asks again what no later start will.

    `made` is what the run makes by `rule`; `broken` is what the gate found wrong with the model.
    """
    if broken:
        probe = f"results/probe/{run.model}/{run.variant}/probe.json"
        command = f"{snakemake()} --cores 4 {probe} {made.as_posix()} -R probe_model {rule}"
        told = BROKEN.format(broken=broken, command=command)
        print(visible(f"nothing more was asked: {told}"), flush=True)
    if count := sum(reply.error_kind in OF_ONE_START for reply in replies):
        command = command_for(made, rule)
        told = OF_NOW.format(count=count, requests=len(replies), command=command)
        print(visible(told), flush=True)
