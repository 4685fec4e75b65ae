"""Which vision-language model should describe your screen recordings, and how long will it take?"""

from snakemake.utils import min_version

min_version("9.27")


configfile: "config/config.yaml"


include: "rules/common.smk"
include: "rules/frames.smk"
include: "rules/models.smk"
include: "rules/describe.smk"
include: "rules/canaries.smk"
include: "rules/rubric.smk"
include: "rules/report.smk"


onstart:
    from scribebench.plan.remember import remember_plan
    from scribebench.project.preflight import stop_unless_ready

    stop_unless_ready(workflow, WORKSPACE.settings, WORKSPACE.judge)
    remember_plan(workflow, WORKSPACE.plan_spec)


onsuccess:
    from scribebench.project.partial import forget_partial

    forget_partial(workflow)


onerror:
    from scribebench.project.partial import write_partial

    write_partial(workflow, WORKSPACE)


rule all:
    """Default target: the report."""
    default_target: True
    input:
        "results/report.md",
