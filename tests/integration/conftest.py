"""A finished run of the demo, made once: the baseline, and a constructed model on a server."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.llama_server import llama_server
from support.tiny_vlm import TinyVlm, build
from support.workflow import Project, model_file, new_project

VARIANTS = "variants:\n  batch-3: {batch_size: 3}\n"


@pytest.fixture(scope="session")
def tiny_vlm(tmp_path_factory: pytest.TempPathFactory) -> TinyVlm:
    """The constructed model in its normal form."""
    return build(tmp_path_factory.mktemp("vlm"))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, tiny_vlm: TinyVlm) -> Project:
    """The demo, run to the report with a model in two variants; its server is gone by now.

    The folder's name has a space in it, as users' folders do. Tests must not change this one.
    """
    folder = tmp_path_factory.mktemp("finished")
    project = new_project(folder / "scribe bench")
    with llama_server(tiny_vlm, extra=("--alias", "tiny"), log=folder / "server.log") as server:
        project.write("config/models/tiny.yaml", model_file(server.url, variants=VARIANTS))
        project.select("ocr-baseline", "tiny", "tiny/batch-3")
        project.finish()
    return project


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    """A copy of the finished run that a test may change."""
    return finished.copy_to(tmp_path / "scribe bench")


@pytest.fixture
def empty_project(tmp_path: Path) -> Callable[[], Project]:
    """Makes a project without any session and without results."""
    return lambda: new_project(tmp_path / "scribe bench", with_demo=False)
