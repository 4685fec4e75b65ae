"""A draft model beside the vision encoder: in effect, in effect in part, and not at all."""

from pathlib import Path
from typing import Any

import pytest

from scribebench.probe.verdict import not_applied
from support.describing import ORDER, SAID, Job, draw_session, settings_of
from support.llama_server import EXACT_ARITHMETIC
from support.tiny_vlm import TinyVlm, build

DRAFTING = ("--spec-type", "draft-simple", "--spec-draft-n-max", "3")
BLOCK_TOKENS = 9
AHEAD_TOKENS = 3  # of what the server drafts at once


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> TinyVlm:
    """The model that is drafted for: a mixture of experts, as its draft models are not."""
    return build(tmp_path_factory.mktemp("large"), architecture="qwen3vlmoe")


def job_of(folder: Path, large: TinyVlm, draft: TinyVlm, *arguments: str) -> Job:
    settings: dict[str, Any] = settings_of("llama-server", large, batch_size=len(ORDER))
    settings["files"] |= {"draft": str(draft.model)}
    settings["server_args"] = [*EXACT_ARITHMETIC, "--threads", "2", *arguments]
    return Job(folder, draw_session(folder / "session", ORDER), settings)


def check_said(job: Job) -> None:
    """Check that drafts change nothing of what is said."""
    said = [SAID.findall(row["text"]) for row in job.descriptions]
    assert said == [[(str(slot), *words)] for slot, words in enumerate(ORDER)]
    [row] = job.requests
    assert (row["finish_reason"], row["images_fit"]) == ("stop", True)
    assert row["output_tokens"] == len(ORDER) * BLOCK_TOKENS + 1


def test_a_draft_model_drafts_all_that_is_said(tmp_path: Path, large: TinyVlm) -> None:
    job = job_of(tmp_path, large, build(tmp_path / "draft"), *DRAFTING)
    job.finish()
    check_said(job)
    [row] = job.requests
    # It sees the pictures too: all it proposes is right, but for what lies beyond the end.
    assert row["draft_tokens_accepted"] > row["output_tokens"] / 2
    assert row["draft_tokens"] - row["draft_tokens_accepted"] < AHEAD_TOKENS
    found, text = job.probe()
    assert (found["requested"]["draft"], found["effective"]["draft"]) == (True, True)
    assert not_applied(found) == []
    assert "nothing proves" not in text


def test_a_draft_model_that_errs_is_taken_over_in_part(tmp_path: Path, large: TinyVlm) -> None:
    """It gives every picture the colours of the next one."""
    job = job_of(tmp_path, large, build(tmp_path / "draft", behaviour="swap"), *DRAFTING)
    job.finish()
    check_said(job)
    [row] = job.requests
    assert 0 < row["draft_tokens_accepted"] < row["draft_tokens"]
    assert row["draft_tokens_accepted"] <= row["output_tokens"]


def test_a_draft_model_with_other_words_is_told_not_to_be_in_effect(
    tmp_path: Path, large: TinyVlm
) -> None:
    """The server starts, says in its log that it drafts nothing, and answers."""
    job = job_of(tmp_path, large, build(tmp_path / "draft", max_label=19), *DRAFTING)
    found, text = job.probe()
    assert "the target and draft vocabs are not compatible" in job.server_log.text
    assert found["gate_reply"]["finish_reason"] == "stop"
    assert found["gate_reply"]["content"]
    assert (found["requested"]["draft"], found["effective"]["draft"]) == (True, None)
    assert not_applied(found) == ["draft"]
    assert "warning: nothing proves that `draft` is in effect" in text
