"""
Gather all runs into tables, a report and a plan.

REQUIRED INPUTS:

    results/sessions/{session}/frames.parquet, manifest.json, selection.json
    results/runs/{session}/{model}/{variant}/requests.parquet, descriptions.parquet,
    grades.parquet, run.json
    results/canaries/batch-{batch_size}/{model}/{variant}/requests.parquet, attribution.parquet
    results/rubric/{model}/{variant}/requests.parquet, items.parquet, criteria.parquet
    results/probe/{model}/{variant}/probe.json

OUTPUTS:

    results/tables/*.parquet
    results/report.md, results/report_pictures/
    results/report.html
    results/plan.md
    results/recommended.json
"""


rule build_tables:
    """Gather the tables of all selected sessions and runs."""
    input:
        script="workflow_scripts/build_tables.py",
        frames=of_sessions("results/sessions/{session}/frames.parquet"),
        manifests=of_sessions("results/sessions/{session}/manifest.json"),
        selections=of_sessions("results/sessions/{session}/selection.json"),
        requests=of_runs("results/runs/{session}/{model}/{variant}/requests.parquet"),
        descriptions=of_runs("results/runs/{session}/{model}/{variant}/descriptions.parquet"),
        grades=of_runs("results/runs/{session}/{model}/{variant}/grades.parquet"),
        runs=of_runs("results/runs/{session}/{model}/{variant}/run.json"),
        drawn_requests=of_canaries(
            "results/canaries/batch-{batch_size}/{model}/{variant}/requests.parquet"
        ),
        attribution=of_canaries(
            "results/canaries/batch-{batch_size}/{model}/{variant}/attribution.parquet"
        ),
        rubric_requests=of_rubric("results/rubric/{model}/{variant}/requests.parquet"),
        scored=of_rubric("results/rubric/{model}/{variant}/items.parquet"),
        graded_criteria=of_rubric("results/rubric/{model}/{variant}/criteria.parquet"),
        roles_file="rubric/roles.yaml",
        probes=of_probed("results/probe/{model}/{variant}/probe.json"),
    output:
        frames=ensure("results/tables/frames.parquet", non_empty=True),
        requests=ensure("results/tables/requests.parquet", non_empty=True),
        descriptions=ensure("results/tables/descriptions.parquet", non_empty=True),
        grades=ensure("results/tables/grades.parquet", non_empty=True),
        samples=ensure("results/tables/samples.parquet", non_empty=True),
        segments=ensure("results/tables/segments.parquet", non_empty=True),
        agreement=ensure("results/tables/agreement.parquet", non_empty=True),
        attribution=ensure("results/tables/attribution.parquet", non_empty=True),
        rubric_items=ensure("results/tables/rubric_items.parquet", non_empty=True),
        criteria=ensure("results/tables/criteria.parquet", non_empty=True),
        roles=ensure("results/tables/roles.parquet", non_empty=True),
        comparisons=ensure("results/tables/comparisons.parquet", non_empty=True),
        runs=ensure("results/tables/runs.parquet", non_empty=True),
        probes=ensure("results/tables/probes.parquet", non_empty=True),
        sessions=ensure("results/tables/sessions.parquet", non_empty=True),
        stages=ensure("results/tables/stages.parquet", non_empty=True),
        plans=ensure("results/tables/plans.parquet", non_empty=True),
    log:
        "results/logs/build_tables.log",
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        code=code_of("build_tables"),
        spec=gather_spec,
    shell:
        r"""
        python {input.script:q} \
            --results results \
            --spec {params.spec:q} \
            --out results/tables \
            >{log:q} 2>&1
        """


rule write_plan:
    """Write how many hours each candidate takes, and what that is known from."""
    input:
        script="workflow_scripts/write_plan.py",
        selections=of_sessions("results/sessions/{session}/selection.json"),
        finished=finished_before_plan,
    output:
        plan=ensure("results/plan.md", non_empty=True),
    log:
        "results/logs/write_plan.log",
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        code=code_of("write_plan"),
        spec=plan_spec,
        measured=measured_before_plan,
    shell:
        r"""
        python {input.script:q} \
            --spec {params.spec:q} \
            --results results \
            --out {output.plan:q} \
            >{log:q} 2>&1
        """


rule write_recommendation:
    """Write which candidate to take, and the rows that each value came from."""
    input:
        script="workflow_scripts/write_recommendation.py",
        frames="results/tables/frames.parquet",
        requests="results/tables/requests.parquet",
        descriptions="results/tables/descriptions.parquet",
        grades="results/tables/grades.parquet",
        segments="results/tables/segments.parquet",
        agreement="results/tables/agreement.parquet",
        attribution="results/tables/attribution.parquet",
        criteria="results/tables/criteria.parquet",
        rubric_items="results/tables/rubric_items.parquet",
        roles="results/tables/roles.parquet",
        comparisons="results/tables/comparisons.parquet",
        runs="results/tables/runs.parquet",
        probes="results/tables/probes.parquet",
        sessions="results/tables/sessions.parquet",
        stages="results/tables/stages.parquet",
    output:
        recommendation=ensure("results/recommended.json", non_empty=True),
    log:
        "results/logs/write_recommendation.log",
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        code=code_of("write_recommendation"),
        spec=report_spec,
    shell:
        r"""
        python {input.script:q} \
            --tables results/tables \
            --spec {params.spec:q} \
            --out {output.recommendation:q} \
            >{log:q} 2>&1
        """


rule write_page:
    """Write the report as one HTML page."""
    input:
        script="workflow_scripts/write_page.py",
        template="workflow_scripts/scribebench/report/page/page.html",
        browser="workflow_scripts/scribebench/report/page/browser.html",
        style="workflow_scripts/scribebench/report/page/page.css",
        behaviour="workflow_scripts/scribebench/report/page/page.js",
        frames="results/tables/frames.parquet",
        requests="results/tables/requests.parquet",
        descriptions="results/tables/descriptions.parquet",
        grades="results/tables/grades.parquet",
        segments="results/tables/segments.parquet",
        agreement="results/tables/agreement.parquet",
        attribution="results/tables/attribution.parquet",
        criteria="results/tables/criteria.parquet",
        rubric_items="results/tables/rubric_items.parquet",
        roles="results/tables/roles.parquet",
        comparisons="results/tables/comparisons.parquet",
        runs="results/tables/runs.parquet",
        probes="results/tables/probes.parquet",
        sessions="results/tables/sessions.parquet",
        stages="results/tables/stages.parquet",
    output:
        page=ensure("results/report.html", non_empty=True),
    log:
        "results/logs/write_page.log",
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        code=code_of("write_page"),
        spec=report_spec,
    shell:
        r"""
        python {input.script:q} \
            --tables results/tables \
            --spec {params.spec:q} \
            --sessions results/sessions \
            --out {output.page:q} \
            >{log:q} 2>&1
        """


rule write_report:
    """Write the report."""
    input:
        script="workflow_scripts/write_report.py",
        frames="results/tables/frames.parquet",
        requests="results/tables/requests.parquet",
        descriptions="results/tables/descriptions.parquet",
        grades="results/tables/grades.parquet",
        segments="results/tables/segments.parquet",
        agreement="results/tables/agreement.parquet",
        attribution="results/tables/attribution.parquet",
        criteria="results/tables/criteria.parquet",
        rubric_items="results/tables/rubric_items.parquet",
        roles="results/tables/roles.parquet",
        comparisons="results/tables/comparisons.parquet",
        runs="results/tables/runs.parquet",
        probes="results/tables/probes.parquet",
        sessions="results/tables/sessions.parquet",
        stages="results/tables/stages.parquet",
        plan="results/plan.md",
        page="results/report.html",
        recommendation="results/recommended.json",
    output:
        report=ensure("results/report.md", non_empty=True),
        pictures=directory("results/report_pictures"),
    log:
        "results/logs/write_report.log",
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        code=code_of("write_report"),
        spec=report_spec,
    shell:
        r"""
        python {input.script:q} \
            --tables results/tables \
            --spec {params.spec:q} \
            --sessions results/sessions \
            --pictures {output.pictures:q} \
            --out {output.report:q} \
            >{log:q} 2>&1
        """
