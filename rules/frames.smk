"""
From each recording to the frames that matter, and the text on them.

REQUIRED INPUTS:

    sessions/{session}/ with a recording

OUTPUTS:

    results/sessions/{session}/signals.parquet, manifest.json, candidates/
    results/sessions/{session}/scenes.parquet
    results/sessions/{session}/frames.parquet, selection.json, frames/, sheets/
    results/sessions/{session}/text.parquet
"""


rule extract_frames:
    """Decode a recording once: sampled frames, their signals, pictures that may be kept."""
    input:
        script="workflow_scripts/extract_frames.py",
        recording=recording_files,
    output:
        signals=ensure("results/sessions/{session}/signals.parquet", non_empty=True),
        manifest=ensure("results/sessions/{session}/manifest.json", non_empty=True),
        candidates=directory("results/sessions/{session}/candidates"),
    log:
        "results/logs/extract_frames/{session}.log",
    benchmark:
        "results/benchmarks/extract_frames/{session}.jsonl"
    conda:
        "../envs/frames.yaml"
    threads: 2
    params:
        code=code_of("extract_frames"),
        spec=extract_spec,
    shell:
        r"""
        python {input.script:q} \
            --session sessions/{wildcards.session:q} \
            --spec {params.spec:q} \
            --threads {threads} \
            --signals {output.signals:q} \
            --candidates {output.candidates:q} \
            --manifest {output.manifest:q} \
            >{log:q} 2>&1
        """


rule detect_scenes:
    """Find scene changes in the stored signals."""
    input:
        script="workflow_scripts/detect_scenes.py",
        signals="results/sessions/{session}/signals.parquet",
    output:
        scenes=ensure("results/sessions/{session}/scenes.parquet", non_empty=True),
    log:
        "results/logs/detect_scenes/{session}.log",
    benchmark:
        "results/benchmarks/detect_scenes/{session}.jsonl"
    conda:
        "../envs/frames.yaml"
    params:
        code=code_of("detect_scenes"),
    shell:
        r"""
        python {input.script:q} \
            --signals {input.signals:q} \
            --out {output.scenes:q} \
            >{log:q} 2>&1
        """


rule dedup_frames:
    """Decide which sampled frames are kept, and write their pictures."""
    input:
        script="workflow_scripts/dedup_frames.py",
        recording=recording_files,
        signals="results/sessions/{session}/signals.parquet",
        scenes="results/sessions/{session}/scenes.parquet",
        manifest="results/sessions/{session}/manifest.json",
    output:
        frames=ensure("results/sessions/{session}/frames.parquet", non_empty=True),
        selection=ensure("results/sessions/{session}/selection.json", non_empty=True),
        pictures=directory("results/sessions/{session}/frames"),
        sheets=directory("results/sessions/{session}/sheets"),
    log:
        "results/logs/dedup_frames/{session}.log",
    benchmark:
        "results/benchmarks/dedup_frames/{session}.jsonl"
    conda:
        "../envs/frames.yaml"
    threads: 2
    params:
        code=code_of("dedup_frames"),
        spec=extract_spec,
        settings=keep_settings,
    shell:
        r"""
        python {input.script:q} \
            --session sessions/{wildcards.session:q} \
            --spec {params.spec:q} \
            --settings {params.settings:q} \
            --signals {input.signals:q} \
            --scenes {input.scenes:q} \
            --manifest {input.manifest:q} \
            --threads {threads} \
            --pictures {output.pictures:q} \
            --sheets {output.sheets:q} \
            --selection {output.selection:q} \
            --out {output.frames:q} \
            >{log:q} 2>&1
        """


rule read_frames:
    """Read the text on the kept frames, each picture once."""
    input:
        script="workflow_scripts/read_frames.py",
        frames="results/sessions/{session}/frames.parquet",
    output:
        text=ensure("results/sessions/{session}/text.parquet", non_empty=True),
    log:
        "results/logs/read_frames/{session}.log",
    benchmark:
        "results/benchmarks/read_frames/{session}.jsonl"
    conda:
        "../envs/frames.yaml"
    threads: 4
    params:
        code=code_of("read_frames"),
    shell:
        r"""
        python {input.script:q} \
            --frames {input.frames:q} \
            --store results/.state/readings \
            --workers {threads} \
            --out {output.text:q} \
            >{log:q} 2>&1
        """
