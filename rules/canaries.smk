"""
Find out how many pictures of one request a candidate keeps apart, by drawn frames.

REQUIRED INPUTS:

    config/models/{model}.yaml
    the prompt that `describe.prompt` of config/config.yaml names

OUTPUTS:

    results/canaries/batch-{batch_size}/frames.parquet
    results/canaries/batch-{batch_size}/{model}/{variant}/requests.parquet, descriptions.parquet,
    replies.jsonl.zst, run.json, attribution.parquet
"""


rule draw_canaries:
    """Draw frames of known names, in whole batches of one size."""
    input:
        script="workflow_scripts/draw_canaries.py",
    output:
        frames=ensure("results/canaries/batch-{batch_size}/frames.parquet", non_empty=True),
        pictures=directory("results/canaries/batch-{batch_size}/frames"),
    log:
        "results/logs/draw_canaries/batch-{batch_size}.log",
    benchmark:
        "results/benchmarks/draw_canaries/batch-{batch_size}.jsonl"
    conda:
        "../envs/frames.yaml"
    params:
        code=code_of("draw_canaries"),
    shell:
        r"""
        python {input.script:q} \
            --batch-size {wildcards.batch_size:q} \
            --out results/canaries/batch-{wildcards.batch_size:q} \
            >{log:q} 2>&1
        """


rule describe_canaries:
    """Ask one candidate about the drawn frames; a model's fault is recorded, not raised."""
    input:
        script="workflow_scripts/describe_canaries.py",
        frames="results/canaries/batch-{batch_size}/frames.parquet",
        prompt=WORKSPACE.prompt,
    output:
        requests=ensure(
            "results/canaries/batch-{batch_size}/{model}/{variant}/requests.parquet",
            non_empty=True,
        ),
        descriptions=ensure(
            "results/canaries/batch-{batch_size}/{model}/{variant}/descriptions.parquet",
            non_empty=True,
        ),
        replies=ensure(
            "results/canaries/batch-{batch_size}/{model}/{variant}/replies.jsonl.zst",
            non_empty=True,
        ),
        run=ensure("results/canaries/batch-{batch_size}/{model}/{variant}/run.json", non_empty=True),
    log:
        "results/logs/describe_canaries/batch-{batch_size}/{model}/{variant}.log",
    benchmark:
        "results/benchmarks/describe_canaries/batch-{batch_size}/{model}/{variant}.jsonl"
    priority: model_priority
    conda:
        "../envs/describe.yaml"
    resources:
        gpu=gpus_needed,
    params:
        code=canary_code,
        settings=canary_settings,
    shell:
        r"""
        python {input.script:q} \
            --batch-size {wildcards.batch_size:q} \
            --model {wildcards.model:q} \
            --variant {wildcards.variant:q} \
            --settings {params.settings:q} \
            --frames {input.frames:q} \
            --prompt {input.prompt:q} \
            --state results/.state \
            --out results/canaries/batch-{wildcards.batch_size:q}/{wildcards.model:q}/{wildcards.variant:q} \
            >{log:q} 2>&1
        """


rule grade_canaries:
    """Grade which drawn frame each description is of."""
    input:
        script="workflow_scripts/grade_canaries.py",
        descriptions="results/canaries/batch-{batch_size}/{model}/{variant}/descriptions.parquet",
    output:
        attribution=ensure(
            "results/canaries/batch-{batch_size}/{model}/{variant}/attribution.parquet",
            non_empty=True,
        ),
    log:
        "results/logs/grade_canaries/batch-{batch_size}/{model}/{variant}.log",
    benchmark:
        "results/benchmarks/grade_canaries/batch-{batch_size}/{model}/{variant}.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=code_of("grade_canaries"),
    shell:
        r"""
        python {input.script:q} \
            --descriptions {input.descriptions:q} \
            --out {output.attribution:q} \
            >{log:q} 2>&1
        """
