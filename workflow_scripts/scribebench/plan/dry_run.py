"""Let a dry run end with the plan.

Snakemake calls no hook in a dry run and does not know that it is one while the Snakefile is read,
so a handler watches its log for the moment when the jobs are known.
"""

import atexit
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any


def show_plan_after_dry_run(workflow: Any, plan_spec: Callable[[], dict[str, Any]]) -> None:
    """Print the plan when this process ends, if it was a dry run that got as far as its jobs."""
    from snakemake.logging import logger

    logger.addHandler(_JobWatch(workflow, plan_spec))


class _JobWatch(logging.Handler):
    def __init__(self, workflow: Any, plan_spec: Callable[[], dict[str, Any]]):
        super().__init__(logging.INFO)
        self._workflow = workflow
        self._plan_spec = plan_spec
        self._text = ""
        self._started = False

    def emit(self, record: logging.LogRecord) -> None:
        if self._started or not _jobs_are_known(record):
            return
        self._started = True
        if self._workflow.dryrun:
            jobs = list(self._workflow.dag.needrun_jobs(exclude_finished=False))
            # Recordings are opened while Snakemake prints its jobs; the interpreter waits for the
            # thread before it calls what is registered here.
            threading.Thread(target=self._make, args=(jobs,)).start()
            atexit.register(lambda: print("\n" + self._text, flush=True))

    def _make(self, jobs: list[Any]) -> None:
        from scribebench.plan.show import plan_text
        from scribebench.plan.spec import PlanSpec, due_of, make_plan

        try:
            plan = make_plan(PlanSpec.from_json(self._plan_spec()), Path("results"), due_of(jobs))
            self._text = plan_text(plan)
        except Exception as error:  # a dry run is worth having without its plan
            self._text = f"no plan: {type(error).__name__}: {error}"


def _jobs_are_known(record: logging.LogRecord) -> bool:
    from snakemake.common import NOTHING_TO_BE_DONE_MSG
    from snakemake_interface_logger_plugins.common import LogEvent

    event = getattr(record, "event", None)
    return event == LogEvent.RUN_INFO or record.msg == NOTHING_TO_BE_DONE_MSG
