"""Measure what a start of Snakemake costs here, against the same without our Python.

Two ratios, each the median of pairs run in turn, so that they can be compared between machines:

- a dry run over 100 sessions and 10 models, to one of the same rules with a literal in place of
  every function (aim: at most 1.3);
- a start with nothing to do after the demo has run, to that of an empty Snakefile (at most 1.5).
"""

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARTS = ("Snakefile", "rules", "workflow_scripts", "config", "rubric", "envs", "profiles")

# The same rules with a literal in place of every function: same files, same commands.
BARE = """
SESSIONS = {sessions!r}
MODELS = {models!r}
TABLES = ["frames", "requests", "descriptions", "runs", "sessions", "stages"]
RUN_FILES = ["requests.parquet", "descriptions.parquet", "replies.jsonl.zst", "run.json"]

rule write_report:
    input: expand("results/tables/{{t}}.parquet", t=TABLES), "results/plan.md"
    output: "results/report.md", directory("results/report_pictures")
    shell: "true"

rule write_plan:
    input:
        expand("results/sessions/{{s}}/selection.json", s=SESSIONS),
        "results/tables/runs.parquet",
    output: "results/plan.md"
    shell: "true"

rule build_tables:
    input:
        expand("results/sessions/{{s}}/{{f}}", s=SESSIONS,
               f=["frames.parquet", "manifest.json", "selection.json"]),
        expand("results/runs/{{s}}/{{m}}/{{f}}", s=SESSIONS, m=MODELS,
               f=["requests.parquet", "descriptions.parquet", "run.json"]),
    output: expand("results/tables/{{t}}.parquet", t=TABLES)
    shell: "true"

rule describe_frames:
    input: "describe_frames.py", "prompt.md", frames="results/sessions/{{session}}/frames.parquet"
    output: expand("results/runs/{{{{session}}}}/{{{{model}}}}/{{f}}", f=RUN_FILES)
    log: "results/logs/describe_frames/{{session}}/{{model}}.log"
    benchmark: "results/benchmarks/describe_frames/{{session}}/{{model}}.jsonl"
    resources: gpu=1
    params: settings="{{}}", code="0"
    shell:
        "python describe_frames.py --session {{wildcards.session:q}} --model {{wildcards.model:q}}"
        " --settings {{params.settings:q}} --frames {{input.frames:q}} --state results/.state"
        " --out results/runs/{{wildcards.session:q}}/{{wildcards.model:q}} >{{log:q}} 2>&1"

rule dedup_frames:
    input:
        "dedup_frames.py",
        recording="sessions/{{session}}/recording.mp4",
        signals="results/sessions/{{session}}/signals.parquet",
        scenes="results/sessions/{{session}}/scenes.parquet",
        manifest="results/sessions/{{session}}/manifest.json",
    output:
        frames="results/sessions/{{session}}/frames.parquet",
        selection="results/sessions/{{session}}/selection.json",
        pictures=directory("results/sessions/{{session}}/frames"),
    log: "results/logs/dedup_frames/{{session}}.log"
    benchmark: "results/benchmarks/dedup_frames/{{session}}.jsonl"
    params: spec="{{}}", settings="{{}}", code="0"
    shell:
        "python dedup_frames.py --session {{wildcards.session:q}} --spec {{params.spec:q}}"
        " --signals {{input.signals:q}} --scenes {{input.scenes:q}} --out {{output.frames:q}}"

rule detect_scenes:
    input: "detect_scenes.py", signals="results/sessions/{{session}}/signals.parquet"
    output: "results/sessions/{{session}}/scenes.parquet"
    log: "results/logs/detect_scenes/{{session}}.log"
    benchmark: "results/benchmarks/detect_scenes/{{session}}.jsonl"
    params: code="0"
    shell:
        "python detect_scenes.py --signals {{input.signals:q}} --out {{output:q}}"
        " >{{log:q}} 2>&1"

rule extract_frames:
    input: "extract_frames.py", recording="sessions/{{session}}/recording.mp4"
    output:
        signals="results/sessions/{{session}}/signals.parquet",
        manifest="results/sessions/{{session}}/manifest.json",
        candidates=directory("results/sessions/{{session}}/candidates"),
    log: "results/logs/extract_frames/{{session}}.log"
    benchmark: "results/benchmarks/extract_frames/{{session}}.jsonl"
    params: spec="{{}}", code="0"
    shell:
        "python extract_frames.py --session sessions/{{wildcards.session:q}}"
        " --spec {{params.spec:q}} --signals {{output.signals:q}}"
        " --manifest {{output.manifest:q}} >{{log:q}} 2>&1"
"""
EMPTY = 'rule all:\n    output: "report"\n    shell: "touch report"\n'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--models", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours, bare = make_pair(folder, args.sessions, args.models)
        dry_run = ["-n", "results/report.md"]
        ratio, jobs = compare((ours, dry_run), (bare, dry_run), args.rounds)
        print(f"dry run of {jobs[0]} jobs ({jobs[1]} in bare rules): ratio {ratio:.2f}")

        done, empty = make_done(folder / "done"), folder / "empty"
        empty.mkdir()
        (empty / "Snakefile").write_text(EMPTY)
        run(empty, ["--cores", "4", "report"])
        ours_again = (done, ["--cores", "4", "results/report.md"])
        ratio, _ = compare(ours_again, (empty, ["--cores", "4", "report"]), args.rounds)
        print(f"nothing to do: ratio {ratio:.2f}")


def compare(
    ours: tuple[Path, list[str]], other: tuple[Path, list[str]], rounds: int
) -> tuple[float, tuple[int, int]]:
    """Time both in turn after one untimed round; return the median ratio and the jobs of each."""
    ratios = []
    for attempt in range(rounds + 1):
        (our_s, our_text), (other_s, other_text) = run(*ours), run(*other)
        print(f"  {our_s:.2f} s, {other_s:.2f} s", file=sys.stderr)
        if attempt:
            ratios.append(our_s / other_s)
    return statistics.median(ratios), (count_jobs(our_text), count_jobs(other_text))


def run(folder: Path, args: list[str]) -> tuple[float, str]:
    started = time.perf_counter()
    command = [sys.executable, "-m", "snakemake", *args]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return seconds, done.stdout


def count_jobs(text: str) -> int:
    return int((re.findall(r"^total +(\d+)$", text, re.M) or [0])[-1])


def make_pair(folder: Path, sessions: int, models: int) -> tuple[Path, Path]:
    """Make a project with so many sessions and models, and the same in bare rules."""
    ours, bare = folder / "ours", folder / "bare"
    copy_project(ours)
    recording = ROOT / "sessions" / "demo" / "recording.mp4"
    session_names = [f"session-{number:03d}" for number in range(sessions)]
    for name in session_names:
        (ours / "sessions" / name).mkdir(parents=True)
        (ours / "sessions" / name / "recording.mp4").symlink_to(recording)
    template = (ROOT / "config" / "models" / "qwen3-vl-4b.yaml").read_text()
    model_names = [f"model-{number}" for number in range(models)]
    for name in model_names:
        (ours / "config" / "models" / f"{name}.yaml").write_text(template)
    config = ours / "config" / "config.yaml"
    selected = f"models: [{', '.join(model_names)}]"
    config.write_text(re.sub(r"^models: .*$", selected, config.read_text(), flags=re.M))

    bare.mkdir()
    shutil.copytree(ours / "sessions", bare / "sessions", symlinks=True)
    for script in ("extract_frames", "detect_scenes", "dedup_frames", "describe_frames"):
        (bare / f"{script}.py").touch()
    (bare / "prompt.md").touch()
    (bare / "Snakefile").write_text(BARE.format(sessions=session_names, models=model_names))
    return ours, bare


def make_done(folder: Path) -> Path:
    """Make a project in which the demo has been run."""
    copy_project(folder)
    shutil.copytree(ROOT / "sessions" / "demo", folder / "sessions" / "demo")
    run(folder, ["--cores", "4", "results/report.md"])
    return folder


def copy_project(folder: Path) -> None:
    folder.mkdir()
    for part in PARTS:
        source = ROOT / part
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / part)
    # The bare rules ask no rubric, and its pictures take a minute to read.
    config = folder / "config" / "config.yaml"
    config.write_text(
        re.sub(r"^rubric:\n(  .*\n)+", "rubric: null\n", config.read_text(), flags=re.M)
    )


if __name__ == "__main__":
    main()
