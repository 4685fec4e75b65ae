"""What is missing is told before the first job runs, and only of models that are to be asked."""

import re
import socketserver
import threading
from collections.abc import Iterator

import pytest

from support.workflow import Project, model_file


@pytest.fixture
def calls(project: Project) -> Iterator[list[str]]:
    """Listens where the server of the finished run was, and notes who calls; nobody is answered."""
    heard: list[str] = []

    class Hears(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            heard.append(self.client_address[0])

    class Listener(socketserver.TCPServer):
        allow_reuse_address = True

    port = int(re.search(r"127\.0\.0\.1:(\d+)", tiny(project))[1])
    with Listener(("127.0.0.1", port), Hears) as listener:
        threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True).start()
        yield heard
        listener.shutdown()


def tiny(project: Project) -> str:
    return (project.folder / "config" / "models" / "tiny.yaml").read_text()


def test_all_that_is_missing_is_one_message_and_no_job_runs(project: Project) -> None:
    dead = re.search(r"http://127\.0\.0\.1:\d+", tiny(project))[0]
    project.write("config/models/down.yaml", model_file(dead, variants="variants: {b: {}}\n"))
    project.write("config/models/keyed.yaml", model_file(dead) + "api_key_env: NO_SUCH_KEY\n")
    project.select("down", "down/b", "keyed", "ocr-baseline", "tiny")
    for _ in range(2):  # nothing is left locked
        outcome = project.run("--cores", "4", "results/report.md", "-R", "dedup_frames")
        assert outcome.status == 1, outcome.text
        told = outcome.text.partition("Error: 2 problems to mend first; no job was run.\n")[2]
        down, keyed, mend = told.splitlines()[:3]
        assert down.startswith(f"  - down: no server answers at {dead}")
        assert "start it" in down
        assert keyed.startswith("  - keyed: the environment variable NO_SUCH_KEY is not set")
        assert "export NO_SUCH_KEY=" in keyed
        assert "run the same command again" in mend
        # What was asked before may be all that is needed of this one.
        assert re.search(f"Note: tiny: no server answers at {dead}.*finished", outcome.text)
        for word in (
            "localrule",
            "rule dedup_frames",
            "Finished job",
            "WorkflowError",
            "Traceback",
        ):
            assert word not in outcome.text
    assert not (project.folder / "results" / "runs" / "demo" / "down").exists()
    assert (project.folder / "results" / "report.md").is_file()


def test_nobody_is_called_when_no_model_is_to_be_asked(project: Project, calls: list[str]) -> None:
    project.edit("config/models/tiny.yaml", "label: Tiny", "label: Tiny model")
    project.finish()
    project.edit("config/models/tiny.yaml", "temperature: 0", "temperature: 0.5")
    assert project.planned()["describe_frames"] == 2
    project.finish("results/report.md", "--until", "detect_scenes", "-R", "detect_scenes")
    project.finish("results/report.md", "--touch")
    project.select("ocr-baseline")
    project.finish("results/report.md", "--forcerun", "describe_frames")
    assert calls == []


def test_a_model_that_is_to_be_asked_is_called(project: Project, calls: list[str]) -> None:
    """So that the test above can fail."""
    project.edit("config/models/tiny.yaml", "temperature: 0", "temperature: 0.5")
    (project.folder / "results" / ".state" / "requests" / "tiny.jsonl").unlink()
    outcome = project.run("--cores", "4", "results/report.md")
    assert outcome.status == 1
    assert "  - tiny: no server answers at" in outcome.text
    assert calls
