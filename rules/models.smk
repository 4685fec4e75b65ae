"""
Find out of each candidate whether it sees and what pictures cost it.

REQUIRED INPUTS:

    config/models/{model}.yaml

OUTPUTS:

    results/probe/{model}/{variant}/probe.json
"""


rule probe_model:
    """Probe one candidate with one variant's settings."""
    input:
        script="workflow_scripts/probe_model.py",
    output:
        probe=ensure("results/probe/{model}/{variant}/probe.json", non_empty=True),
    log:
        "results/logs/probe_model/{model}/{variant}.log",
    benchmark:
        "results/benchmarks/probe_model/{model}/{variant}.jsonl"
    priority: probe_priority
    conda:
        "../envs/describe.yaml"
    resources:
        gpu=gpus_needed,
    params:
        code=probe_code,
        settings=probe_settings,
    shell:
        r"""
        python {input.script:q} \
            --model {wildcards.model:q} \
            --variant {wildcards.variant:q} \
            --settings {params.settings:q} \
            --state results/.state \
            --out {output.probe:q} \
            >{log:q} 2>&1
        """
