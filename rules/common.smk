"""Configuration, sessions, candidates, and what rules ask of them. Holds no rules."""

import sys
from functools import cache
from pathlib import Path
from shlex import quote

# The same import root that scripts get when they run and pytest gets from pyproject.toml.
sys.path.insert(0, str(Path(workflow.basedir) / "workflow_scripts"))

from scribebench.errors import ScribebenchError
from scribebench.plan.dry_run import show_plan_after_dry_run
from scribebench.project.code import fingerprint_of
from scribebench.project.environment import prepare_environment
from scribebench.project.documents import canonical_json
from scribebench.project.models import NOT_PROBED, identity
from scribebench.project.sessions import NAME_PATTERN
from scribebench.project.workspace import load_workspace

try:
    WORKSPACE = load_workspace(Path(), config)
except ScribebenchError as error:
    raise WorkflowError(str(error))

for advice in WORKSPACE.advice:
    logger.warning(advice)

# One GPU job at a time, whatever the command line says about other resources; Snakemake has filled
# the entry by now when the user gave one (`--resources gpu=2`).
workflow.global_resources.setdefault("gpu", 1)
prepare_environment(gpu_slots=workflow.global_resources["gpu"].value)

show_plan_after_dry_run(workflow, WORKSPACE.plan_spec)


wildcard_constraints:
    # Names are checked when a job asks for them, with a message of their own; a list of a hundred
    # names here is tried on every path and made a dry run 5 % longer.
    session=NAME_PATTERN,
    model=NAME_PATTERN,
    variant=NAME_PATTERN,
    batch_size=r"[1-9][0-9]?",


@cache
def code_of(script, module=None):
    """The content of the package files that a script, and a module it loads by name, run."""
    return fingerprint_of(Path("workflow_scripts"), script, module)


def recording_files(wildcards):
    """The recording of a session: one video file, or all screenshots."""
    return WORKSPACE.recording_inputs(wildcards.session)


def extract_spec(wildcards):
    """Canonical JSON of what decides a session's sampled frames."""
    return canonical_json(WORKSPACE.extract_spec(wildcards.session))


def keep_settings(wildcards):
    """Canonical JSON of what decides which sampled frames are kept."""
    return canonical_json(WORKSPACE.keep_settings)


def run_settings(wildcards):
    """Canonical JSON of what decides a model's replies; labels and priors are left out."""
    return settings_of(wildcards.model, wildcards.variant)


@cache
def settings_of(model, variant):
    """The same for a run that is known by name; a thousand jobs share a few runs."""
    return canonical_json(identity(WORKSPACE.settings(model, variant)))


def backend_of(wildcards):
    """How a run reaches its model."""
    return WORKSPACE.settings(wildcards.model, wildcards.variant)["backend"]


def run_code(wildcards):
    """The code of a run: that of describing, and that of its own backend only."""
    return code_of("describe_frames", f"backends/{backend_of(wildcards).replace('-', '_')}")


def canary_code(wildcards):
    """The code of asking about drawn frames, and that of the model's backend only."""
    return code_of("describe_canaries", f"backends/{backend_of(wildcards).replace('-', '_')}")


def canary_settings(wildcards):
    """Canonical JSON of what decides a model's replies when it gets so many frames at once."""
    settings = identity(WORKSPACE.settings(wildcards.model, wildcards.variant))
    return canonical_json(settings | {"batch_size": int(wildcards.batch_size)})


def rubric_code(wildcards):
    """The code of asking the rubric, and that of the model's backend only."""
    return code_of("ask_rubric", f"backends/{backend_of(wildcards).replace('-', '_')}")


def rubric_settings(wildcards):
    """Canonical JSON of what decides a model's replies to one picture at a time."""
    settings = identity(WORKSPACE.settings(wildcards.model, wildcards.variant))
    return canonical_json({key: settings[key] for key in settings if key != "batch_size"})


def rubric_text(wildcards):
    """What the baseline answers with; a model looks for itself."""
    return "results/rubric/text.parquet" if backend_of(wildcards) == "ocr" else []


def rubric_text_option(wildcards, input):
    """The option that names it."""
    return f"--text {quote(input.text)}" if input.text else ""


def judged_by(wildcards):
    """Who judges a candidate; a baseline explains nothing."""
    return None if backend_of(wildcards) == "ocr" else WORKSPACE.judge


def judge_run(wildcards):
    """Who judges. Raises WorkflowError when nobody does."""
    if WORKSPACE.judge is None:
        raise WorkflowError(
            "no judge is configured: name a model as `judge:` in config/config.yaml"
        )
    return WORKSPACE.judge


def judge_name(wildcards):
    """The judge as MODEL or MODEL/VARIANT."""
    return str(judge_run(wildcards))


def judge_settings(wildcards):
    """Canonical JSON of what decides the judge's answers."""
    return settings_of(*judge_run(wildcards))


def judge_code(wildcards):
    """The code of judging, and that of the judge's backend only."""
    backend = WORKSPACE.settings(*judge_run(wildcards))["backend"]
    return code_of("judge_rubric", f"backends/{backend.replace('-', '_')}")


def judged_file(wildcards):
    """What a judge says of a candidate's replies, when one is configured."""
    if judged_by(wildcards) is None:
        return []
    return f"results/rubric/{wildcards.model}/{wildcards.variant}/judged.parquet"


def judged_option(wildcards, input):
    """The option that names it."""
    return f"--judged {quote(input.judged)}" if input.judged else ""


def probe_code(wildcards):
    """The code of a probe: its own, and that of the model's backend only."""
    return code_of("probe_model", f"backends/{backend_of(wildcards).replace('-', '_')}")


def probe_settings(wildcards):
    """Canonical JSON of what a probe can depend on."""
    settings = identity(WORKSPACE.settings(wildcards.model, wildcards.variant))
    return canonical_json({key: settings[key] for key in settings if key not in NOT_PROBED})


def evidence(wildcards):
    """What is asked with: the baseline knows the text on the frames, a model gets the prompt."""
    if backend_of(wildcards) == "ocr":
        return f"results/sessions/{wildcards.session}/text.parquet"
    return WORKSPACE.prompt


def prompt_file(wildcards):
    """What a model was asked, and is judged against; the baseline is asked nothing."""
    return [] if backend_of(wildcards) == "ocr" else WORKSPACE.prompt


def truth_file(wildcards):
    """What is known of a session, when its folder has it."""
    path = f"sessions/{wildcards.session}/truth.json"
    return path if Path(path).is_file() else []


def judged_against(wildcards, input):
    """Options that name what a description is judged against, as far as it is there."""
    known = {"--prompt": input.prompt, "--truth": input.truth}
    return " ".join(f"{option} {quote(path)}" for option, path in known.items() if path)


def gpus_needed(wildcards):
    """The OCR baseline runs on the CPU; a model has the GPU, or its server, to itself."""
    return 0 if backend_of(wildcards) == "ocr" else 1


def gather_spec(wildcards):
    """Canonical JSON of what the tables are gathered from."""
    return canonical_json(WORKSPACE.gather_spec)


def plan_spec(wildcards):
    """Canonical JSON of what the plan is made for."""
    return canonical_json(WORKSPACE.plan_spec())


def report_spec(wildcards):
    """Canonical JSON of what only the report shows."""
    return canonical_json(WORKSPACE.report_spec)


def model_priority(wildcards):
    """All jobs of a model before those of the next, so that its files are read once."""
    return 2 * WORKSPACE.priority(wildcards.model)


def probe_priority(wildcards):
    """A model's probe before all its other jobs: it says what their figures are worth."""
    return model_priority(wildcards) + 1


def of_sessions(pattern):
    """A path for each selected session."""
    return [pattern.format(session=session) for session in WORKSPACE.sessions]


def of_runs(pattern):
    """A path for each selected run of each selected session."""
    return [
        pattern.format(session=session, model=run.model, variant=run.variant)
        for run in WORKSPACE.runs
        for session in WORKSPACE.sessions
    ]


def of_probed(pattern):
    """A path for each selected run that has a model to probe."""
    return [
        pattern.format(model=run.model, variant=run.variant)
        for run in WORKSPACE.runs
        if WORKSPACE.settings(*run)["backend"] != "ocr"
    ]


def of_canaries(pattern):
    """A path for each candidate and batch size that the experiment with drawn frames asks for."""
    return [
        pattern.format(batch_size=size, model=run.model, variant=run.variant)
        for run, size in WORKSPACE.canaries
    ]


def of_rubric(pattern):
    """A path for each candidate that is asked the rubric."""
    return [pattern.format(model=run.model, variant=run.variant) for run in WORKSPACE.rubric_runs]


def finished_before_plan(wildcards):
    """A plan asked for by itself is made before anything is run; else it comes after the tables."""
    return [] if only_planning() else "results/tables/runs.parquet"


def measured_before_plan(wildcards):
    """What a plan that is made by itself takes from runs that it does not wait for."""
    return WORKSPACE.measured(Path("results")) if only_planning() else ""


def only_planning():
    """Whether the plan is all that was asked for."""
    targets = {str(target) for target in workflow.dag_settings.targets or ()}
    return bool(targets) and targets <= {"results/plan.md", "write_plan"}
