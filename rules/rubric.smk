"""
Ask each candidate questions about drawn pictures, of which the truth is known, and grade it.

REQUIRED INPUTS:

    config/models/{model}.yaml
    rubric/questions.yaml, programs.yaml, icons.yaml, judge.md

OUTPUTS:

    results/rubric/items.jsonl, frames.parquet, *.png
    results/rubric/text.parquet (for the OCR baseline)
    results/rubric/{model}/{variant}/requests.parquet, replies.jsonl.zst, run.json
    results/rubric/{model}/{variant}/judged.parquet (if a judge is configured)
    results/rubric/{model}/{variant}/items.parquet, criteria.parquet
"""


rule draw_rubric:
    """Draw the pictures of the rubric with what is true of them."""
    input:
        script="workflow_scripts/draw_rubric.py",
        questions="rubric/questions.yaml",
        programs="rubric/programs.yaml",
    output:
        listing=ensure("results/rubric/items.jsonl", non_empty=True),
        frames=ensure("results/rubric/frames.parquet", non_empty=True),
    log:
        "results/logs/draw_rubric.log",
    benchmark:
        "results/benchmarks/draw_rubric/rubric.jsonl"
    conda:
        "../envs/frames.yaml"
    params:
        code=code_of("draw_rubric"),
        variants=WORKSPACE.rubric["variants"],
        scale=WORKSPACE.rubric["image_scale"],
    shell:
        r"""
        python {input.script:q} \
            --variants {params.variants:q} \
            --scale {params.scale:q} \
            --out results/rubric \
            >{log:q} 2>&1
        """


rule read_rubric:
    """Read the text on the rubric's pictures, for the OCR baseline."""
    input:
        script="workflow_scripts/read_rubric.py",
        frames="results/rubric/frames.parquet",
    output:
        text=ensure("results/rubric/text.parquet", non_empty=True),
    log:
        "results/logs/read_rubric.log",
    benchmark:
        "results/benchmarks/read_rubric/rubric.jsonl"
    conda:
        "../envs/frames.yaml"
    threads: 4
    params:
        code=code_of("read_rubric"),
    shell:
        r"""
        python {input.script:q} \
            --frames {input.frames:q} \
            --store results/.state/readings \
            --workers {threads} \
            --out {output.text:q} \
            >{log:q} 2>&1
        """


rule ask_rubric:
    """Ask one candidate all questions; a model's fault is recorded, not raised."""
    input:
        script="workflow_scripts/ask_rubric.py",
        listing="results/rubric/items.jsonl",
        text=rubric_text,
    output:
        requests=ensure("results/rubric/{model}/{variant}/requests.parquet", non_empty=True),
        replies=ensure("results/rubric/{model}/{variant}/replies.jsonl.zst", non_empty=True),
        run=ensure("results/rubric/{model}/{variant}/run.json", non_empty=True),
    log:
        "results/logs/ask_rubric/{model}/{variant}.log",
    benchmark:
        "results/benchmarks/ask_rubric/{model}/{variant}.jsonl"
    priority: model_priority
    conda:
        "../envs/describe.yaml"
    resources:
        gpu=gpus_needed,
    params:
        code=rubric_code,
        settings=rubric_settings,
        asked=WORKSPACE.rubric_asked,
        text=rubric_text_option,
    shell:
        r"""
        python {input.script:q} \
            --model {wildcards.model:q} \
            --variant {wildcards.variant:q} \
            --settings {params.settings:q} \
            --asked {params.asked:q} \
            --items {input.listing:q} \
            {params.text} \
            --state results/.state \
            --out results/rubric/{wildcards.model:q}/{wildcards.variant:q} \
            >{log:q} 2>&1
        """


rule judge_rubric:
    """Let the configured judge value what no rule can grade in one candidate's replies."""
    input:
        script="workflow_scripts/judge_rubric.py",
        prompt="rubric/judge.md",
        questions="rubric/questions.yaml",
        programs="rubric/programs.yaml",
        listing="results/rubric/items.jsonl",
        replies="results/rubric/{model}/{variant}/replies.jsonl.zst",
        run="results/rubric/{model}/{variant}/run.json",
    output:
        judged=ensure("results/rubric/{model}/{variant}/judged.parquet", non_empty=True),
    log:
        "results/logs/judge_rubric/{model}/{variant}.log",
    benchmark:
        "results/benchmarks/judge_rubric/{model}/{variant}.jsonl"
    conda:
        "../envs/describe.yaml"
    resources:
        gpu=1,
    params:
        code=judge_code,
        judge=judge_name,
        settings=judge_settings,
    shell:
        r"""
        python {input.script:q} \
            --judge {params.judge:q} \
            --settings {params.settings:q} \
            --replies {input.replies:q} \
            --run {input.run:q} \
            --items {input.listing:q} \
            --state results/.state \
            --out {output.judged:q} \
            >{log:q} 2>&1
        """


rule grade_rubric:
    """Grade one candidate's replies to the rubric."""
    input:
        script="workflow_scripts/grade_rubric.py",
        questions="rubric/questions.yaml",
        programs="rubric/programs.yaml",
        icons="rubric/icons.yaml",
        listing="results/rubric/items.jsonl",
        replies="results/rubric/{model}/{variant}/replies.jsonl.zst",
        judged=judged_file,
    output:
        scored=ensure("results/rubric/{model}/{variant}/items.parquet", non_empty=True),
        criteria=ensure("results/rubric/{model}/{variant}/criteria.parquet", non_empty=True),
    log:
        "results/logs/grade_rubric/{model}/{variant}.log",
    benchmark:
        "results/benchmarks/grade_rubric/{model}/{variant}.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=code_of("grade_rubric"),
        judged=judged_option,
    shell:
        r"""
        python {input.script:q} \
            --model {wildcards.model:q} \
            --variant {wildcards.variant:q} \
            --replies {input.replies:q} \
            --items {input.listing:q} \
            {params.judged} \
            --out results/rubric/{wildcards.model:q}/{wildcards.variant:q} \
            >{log:q} 2>&1
        """
