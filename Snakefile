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
    from scribebench.project.preflight import stop_unless_ready

    stop_unless_ready(workflow, WORKSPACE.settings, WORKSPACE.judge)


rule all:
    """Default target: the report."""
    default_target: True
    input:
        "results/report.md",
