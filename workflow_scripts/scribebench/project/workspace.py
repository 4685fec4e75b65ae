"""Everything that the Snakefile knows about the project folder it runs in."""

import re
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from scribebench.errors import ScribebenchError
from scribebench.project.documents import canonical_json, check, read_yaml
from scribebench.project.models import (
    BASE,
    Model,
    Run,
    find_run,
    identity,
    load_models,
    select_runs,
)
from scribebench.project.sessions import (
    Recording,
    Session,
    load_session,
    rename_advice,
    session_folders,
)

_BRACES = re.compile(r"[{}]")
_OUTLINE_BYTES = 2**16
# What the rubric is where config.yaml says nothing else.
RUBRIC = {"variants": 10, "repeats": 1, "image_scale": 1.0, "controls": []}


def load_workspace(root: Path, config: dict[str, Any]) -> "Workspace":
    """Check the configuration, the model files and the selected sessions below `root`.

    Raises ScribebenchError that names every problem found and its mend.
    """
    schemas = root / "config"
    read_yaml(schemas / "config.yaml")  # finds a key that stands twice, which Snakemake does not
    check(config, schemas / "config.schema.yaml", "config/config.yaml")
    models = load_models(root / "config" / "models", schemas / "model.schema.yaml")
    runs = select_runs(models, config["models"])
    extra = [find_run(models, name) for name in config.get("extra_models", [])]
    prompt = config["describe"]["prompt"]
    if not (root / prompt).is_file():
        raise ScribebenchError(
            f"config/config.yaml: `describe.prompt` names {prompt}, which is not there"
        )
    workspace = Workspace(root, config, models, list(dict.fromkeys([*runs, *extra])))
    if workspace.judge and workspace.settings(*workspace.judge)["backend"] == "ocr":
        raise ScribebenchError("config/config.yaml: `judge:` is the baseline, which cannot judge")
    return workspace


class Workspace:
    """The checked configuration, the sessions and the candidates."""

    def __init__(
        self, root: Path, config: dict[str, Any], models: dict[str, Model], runs: list[Run]
    ):
        self._root = root
        self._config = config
        self._models = models
        self._loaded: dict[str, Session] = {}
        self._specs: dict[str, dict[str, Any]] = {}
        self.runs = runs
        self.prompt: str = config["describe"]["prompt"]
        folders = session_folders(root / "sessions")
        self._folders = folders.names
        self.advice = [rename_advice(name) for name in folders.refused]
        self.sessions = self._select(config["sessions"], folders.names)
        self._load_all(self.sessions)

    def session(self, name: str) -> Session:
        """Return a session; one that is not selected is read when it is asked for."""
        if name not in self._loaded:
            if name not in self._folders:
                raise ScribebenchError(f"there is no session {name!r} in sessions/")
            schema = self._root / "config" / "session.schema.yaml"
            self._loaded[name] = load_session(self._root / "sessions", name, schema)
        return self._loaded[name]

    def recording_inputs(self, name: str) -> list[str]:
        """Return the files of a session's recording that Snakemake can watch.

        It takes braces in any path for a wildcard; `extract_spec` tells such recordings apart.
        """
        files = self.session(name).recording.files
        return [str(path) for path in files if not _BRACES.search(str(path))]

    def settings(self, model: str, variant: str) -> dict[str, Any]:
        """Return the settings of a run. Raises ScribebenchError when there is no such variant."""
        name = model if variant == BASE else f"{model}/{variant}"
        run = find_run(self._models, name)
        return self._models[run.model].variants[run.variant]

    def priority(self, model: str) -> int:
        """Return a number that is the same for all jobs of a model, the highest for the first."""
        return self._priorities.get(model, 0)

    def extract_spec(self, name: str) -> dict[str, Any]:
        """Return what decides a session's sampled frames."""
        if name not in self._specs:
            self._specs[name] = self._extract_spec(name)
        return self._specs[name]

    def _extract_spec(self, name: str) -> dict[str, Any]:
        session = self.session(name)
        folder = self._root / "sessions" / name
        return {
            "recording": str(session.recording.path.relative_to(folder)),
            "sample_fps": session.settings.get("sample_fps", self._config["frames"]["sample_fps"]),
            "masks": session.settings.get("masks", []),
            # Snakemake compares contents only of newer files; a replaced recording may be old.
            "outline": _outline(session.recording),
        }

    @property
    def keep_settings(self) -> dict[str, Any]:
        """Return what decides which sampled frames are kept."""
        return {key: value for key, value in self._config["frames"].items() if key != "sample_fps"}

    @cached_property
    def canaries(self) -> list[tuple[Run, int]]:
        """Return what the experiment with drawn frames asks: candidates and batch sizes.

        It is asked for by `canaries:`. Variants that differ in their batches only are one.
        """
        wanted = self._config.get("canaries") or {"batch_sizes": []}
        models = [run for run in self._unlike_runs if self.settings(*run)["backend"] != "ocr"]
        return [(run, size) for run in models for size in wanted["batch_sizes"]]

    @cached_property
    def _unlike_runs(self) -> list[Run]:
        """Return the selected runs; of those that differ in their batches only, the first."""
        found: dict[str, Run] = {}
        for run in self.runs:
            settings = identity(self.settings(*run))
            settings.pop("batch_size", None)
            found.setdefault(canonical_json([run.model, settings]), run)
        return list(found.values())

    @property
    def rubric(self) -> dict[str, Any]:
        """Return what decides the rubric's pictures; the usual when none is to be asked."""
        wanted = RUBRIC | (self._config.get("rubric") or {})
        return wanted | {"image_scale": float(wanted["image_scale"])}

    @property
    def rubric_asked(self) -> str:
        """Return what is asked of each picture, as canonical JSON."""
        return canonical_json({key: self.rubric[key] for key in ("repeats", "controls")})

    @property
    def rubric_runs(self) -> list[Run]:
        """Return the candidates that are asked the rubric: one picture a request."""
        return [] if self._config.get("rubric") is None else self._unlike_runs

    @cached_property
    def judge(self) -> Run | None:
        """Return who judges what no rule can grade; null when nobody does."""
        name = self._config.get("judge")
        return find_run(self._models, name) if name else None

    @property
    def gather_spec(self) -> dict[str, Any]:
        """Return what the tables are gathered from."""
        return {
            "sessions": self.sessions,
            "runs": [list(run) for run in self.runs],
            "canaries": [[size, *run] for run, size in self.canaries],
            "rubric": [list(run) for run in self.rubric_runs],
        }

    @property
    def report_spec(self) -> dict[str, Any]:
        """Return what only the report shows: names, advice, which pictures."""
        labels = {run.model: self._models[run.model].label for run in self.runs}
        titles = {name: self.session(name).settings.get("title", name) for name in self.sessions}
        return {
            "labels": labels,
            "titles": titles,
            "refused": self.advice,
            "images": self._config["report"]["images"],
        }

    def plan_spec(self) -> dict[str, Any]:
        """Return what the plan is made for; no recording is opened."""
        budget = self._config["frames"]["budget"]
        return {
            "sessions": [self._planned_session(name) for name in self.sessions],
            "runs": [self._planned_run(run) for run in self.runs],
            "budget": None if budget == "auto" else budget,
            "canaries": [self._planned_run(run, size) for run, size in self.canaries],
            "rubric": [self._planned_rubric(run) for run in self.rubric_runs],
            "rubric_requests": [self._rubric_requests(run) for run in self.rubric_runs],
        }

    def measured(self, results: Path) -> str:
        """Return what finished runs tell a plan; when it changes, a plan is out of date."""
        from scribebench.plan.estimate import PlannedRun, Results, fingerprint

        runs = [PlannedRun(*self._planned_run(run)) for run in self.runs]
        return fingerprint(Results(results), runs)

    @cached_property
    def _priorities(self) -> dict[str, int]:
        names = list(dict.fromkeys(run.model for run in self.runs))
        return {name: len(names) - place for place, name in enumerate(names)}

    def _planned_session(self, name: str) -> list[Any]:
        recording = self.session(name).recording
        screenshots = None if recording.is_video else len(recording.files)
        return [name, str(recording.path), screenshots]

    def _planned_run(self, run: Run, batch_size: int | None = None) -> list[Any]:
        settings = self.settings(*run)
        if batch_size is not None:
            settings = settings | {"batch_size": batch_size}
        prior = settings.get("prior", {})
        return [
            *run,
            settings.get("batch_size", 1),
            canonical_json(identity(settings)),
            prior,
        ]

    def _planned_rubric(self, run: Run) -> list[Any]:
        """Return the run as it is asked the rubric: one picture a request."""
        settings = self.settings(*run)
        asked = {key: value for key, value in identity(settings).items() if key != "batch_size"}
        return [*run, 1, canonical_json(asked), settings.get("prior", {})]

    def _rubric_requests(self, run: Run) -> int:
        questions = len(read_yaml(self._root / "rubric" / "questions.yaml"))
        # A baseline reads what is there: it is asked without controls.
        is_baseline = self.settings(*run)["backend"] == "ocr"
        controls = 0 if is_baseline else len(self.rubric["controls"])
        per_picture = self.rubric["repeats"] * (1 + controls)
        return questions * self.rubric["variants"] * per_picture

    def _select(self, selected: list[str] | str, names: list[str]) -> list[str]:
        if selected != "all":
            if unknown := [name for name in selected if name not in names]:
                raise ScribebenchError(
                    f"config/config.yaml: `sessions:` names {', '.join(map(repr, unknown))}, but "
                    f"sessions/ holds {', '.join(names) or 'no session'}"
                )
            return list(selected)
        if not names:
            raise ScribebenchError(
                "sessions/ holds no session: put a recording into a folder of its own there, for "
                "example sessions/monday/recording.mp4"
                + "".join(f"; {text}" for text in self.advice)
            )
        return names

    def _load_all(self, names: list[str]) -> None:
        problems = []
        for name in names:
            try:
                self.session(name)
            except ScribebenchError as error:
                problems.append(str(error))
        if problems:
            raise ScribebenchError("\n".join(problems))


def _outline(recording: Recording) -> str:
    """Return a hash that tells recordings apart without reading them whole.

    Of a video: size, beginning and end. Of screenshots: their names and sizes.
    """
    if not recording.is_video:
        listing = "\n".join(f"{path.name} {path.stat().st_size}" for path in recording.files)
        return sha256(listing.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    size = recording.path.stat().st_size
    with recording.path.open("rb") as stream:
        ends = stream.read(_OUTLINE_BYTES)
        stream.seek(max(0, size - _OUTLINE_BYTES))
        ends += stream.read(_OUTLINE_BYTES)
    return sha256(str(size).encode() + ends).hexdigest()[:16]
