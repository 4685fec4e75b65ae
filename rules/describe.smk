"""
Ask each candidate about the kept frames of each session. The only step that needs a GPU.

REQUIRED INPUTS:

    config/models/{model}.yaml
    results/sessions/{session}/frames.parquet
    results/sessions/{session}/text.parquet (OCR baseline)

OUTPUTS:

    results/runs/{session}/{model}/{variant}/requests.parquet, descriptions.parquet,
    replies.jsonl.zst, run.json
"""


rule describe_frames:
    """Run one candidate over one session; a model's fault is recorded, not raised."""
    input:
        script="workflow_scripts/describe_frames.py",
        frames="results/sessions/{session}/frames.parquet",
        evidence=evidence,
    output:
        requests=ensure("results/runs/{session}/{model}/{variant}/requests.parquet", non_empty=True),
        descriptions=ensure(
            "results/runs/{session}/{model}/{variant}/descriptions.parquet", non_empty=True
        ),
        replies=ensure("results/runs/{session}/{model}/{variant}/replies.jsonl.zst", non_empty=True),
        run=ensure("results/runs/{session}/{model}/{variant}/run.json", non_empty=True),
    log:
        "results/logs/describe_frames/{session}/{model}/{variant}.log",
    benchmark:
        "results/benchmarks/describe_frames/{session}/{model}/{variant}.jsonl"
    priority: model_priority
    conda:
        "../envs/describe.yaml"
    resources:
        gpu=gpus_needed,
    params:
        code=run_code,
        settings=run_settings,
    shell:
        r"""
        python {input.script:q} \
            --session {wildcards.session:q} \
            --model {wildcards.model:q} \
            --variant {wildcards.variant:q} \
            --settings {params.settings:q} \
            --frames {input.frames:q} \
            --evidence {input.evidence:q} \
            --state results/.state \
            --out results/runs/{wildcards.session:q}/{wildcards.model:q}/{wildcards.variant:q} \
            >{log:q} 2>&1
        """
