"""
Ask each candidate about the kept frames of each session, and grade what it says.

REQUIRED INPUTS:

    config/models/{model}.yaml
    results/sessions/{session}/frames.parquet
    results/sessions/{session}/text.parquet
    sessions/{session}/truth.json (if there is one)

OUTPUTS:

    results/runs/{session}/{model}/{variant}/requests.parquet, descriptions.parquet,
    replies.jsonl.zst, run.json, grades.parquet
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


rule grade_descriptions:
    """Grade what one candidate said of one session, from its replies and the frames alone."""
    input:
        script="workflow_scripts/grade_descriptions.py",
        requests="results/runs/{session}/{model}/{variant}/requests.parquet",
        descriptions="results/runs/{session}/{model}/{variant}/descriptions.parquet",
        replies="results/runs/{session}/{model}/{variant}/replies.jsonl.zst",
        text="results/sessions/{session}/text.parquet",
        prompt=prompt_file,
        truth=truth_file,
    output:
        grades=ensure("results/runs/{session}/{model}/{variant}/grades.parquet", non_empty=True),
    log:
        "results/logs/grade_descriptions/{session}/{model}/{variant}.log",
    benchmark:
        "results/benchmarks/grade_descriptions/{session}/{model}/{variant}.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=code_of("grade_descriptions"),
        judged_against=judged_against,
    shell:
        r"""
        python {input.script:q} \
            --run results/runs/{wildcards.session:q}/{wildcards.model:q}/{wildcards.variant:q} \
            --text {input.text:q} \
            {params.judged_against} \
            --out {output.grades:q} \
            >{log:q} 2>&1
        """
