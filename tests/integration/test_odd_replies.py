"""Models that loop, think or say gibberish: what a real server's replies become in the tables."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from support.describing import ORDER, SAID, Job, Log, Serve, draw_session, servers, settings_of
from support.tiny_vlm import Behaviour, build, wording

BATCH_SIZE, BATCHES = 3, 2
# A question without a picture, one picture, and the texts of a batch: what each costs in tokens.
WARM_UP_REQUESTS = 3
BLOCK_TOKENS = 9
LIMIT_TOKENS = 150
THOUGHTS = "".join(wording.THOUGHTS[1:-2]) + "\n"


class Asked(NamedTuple):
    """A job that has ended, and what the server printed meanwhile that it asked."""

    job: Job
    log: Log


Ask = Callable[..., Asked]
THROUGH_BOTH = pytest.mark.parametrize("ask", ["openai", "llama-server"], indirect=True)
THROUGH_ONE = pytest.mark.parametrize("ask", ["openai"], indirect=True)


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    with servers(tmp_path_factory.mktemp("servers")) as serve:
        yield serve


@pytest.fixture
def ask(request: pytest.FixtureRequest, serve: Serve, tmp_path: Path) -> Ask:
    """Describes two batches with a model of some behaviour, through the backend that is named."""

    def run(behaviour: Behaviour, **changes: Any) -> Asked:
        options = {"temperature": 0, "num_predict": LIMIT_TOKENS, "num_ctx": 16384}
        changes = {"batch_size": BATCH_SIZE, "options": options} | changes
        frames = draw_session(tmp_path / "session", ORDER)
        if request.param == "llama-server":
            vlm = build(tmp_path / "vlm", behaviour=behaviour)
            job = Job(tmp_path, frames, settings_of("llama-server", vlm, **changes))
            job.finish()
            return Asked(job, job.server_log)
        serving = serve("qwen3vl", behaviour)
        log = serving.log.from_now()
        job = Job(tmp_path, frames, settings_of("openai", serving.vlm, serving.url, **changes))
        job.finish()
        return Asked(job, log)

    return run


def check_asked_once(asked: Asked, output_tokens: int) -> None:
    """Check that each batch was asked once, with all its pictures."""
    job, log = asked
    for row in job.requests:
        assert (row["attempts"], row["http_status"], row["error_kind"]) == (1, 200, None)
        assert (row["stream_complete"], row["images_fit"]) == (True, True)
        assert row["image_tokens_measured"] == row["image_tokens_expected"]
        assert row["output_tokens"] == output_tokens
        assert row["prompt_tokens"] > row["image_tokens_expected"] > 200 * BATCH_SIZE
    assert len(job.requests) == BATCHES
    assert log.started == WARM_UP_REQUESTS + BATCHES
    assert log.answered == [1] * WARM_UP_REQUESTS + [output_tokens] * BATCHES


def check_not_asked_again(asked: Asked) -> None:
    """Check that another run takes all from the journal."""
    job, log = asked
    rows, journal, started = job.requests, job.journal, log.started
    job.finish()
    assert log.started == started
    assert (job.requests, job.journal) == (rows, journal)
    assert len(journal) == BATCHES


@THROUGH_BOTH
def test_a_loop_is_cut_at_the_limit_and_is_not_asked_again(ask: Ask) -> None:
    asked = ask("loop")
    check_asked_once(asked, LIMIT_TOKENS)
    for row, reply in zip(asked.job.requests, asked.job.replies, strict=True):
        assert (row["finish_reason"], row["finish_reason_raw"]) == ("length", "length")
        # Its speed is that of a loop, and counts for nothing.
        assert (row["speed_valid"], row["speed_invalid_reasons"]) == (False, ["not finished"])
        told = SAID.findall(reply["content"])
        assert len(told) >= LIMIT_TOKENS // BLOCK_TOKENS
        assert told == [told[number % BATCH_SIZE] for number in range(len(told))]
        assert row["content_chars"] == len(reply["content"])
    # What it said before it began again stands where it belongs.
    first = [SAID.findall(row["text"]) for row in asked.job.descriptions]
    assert first == [[(str(slot % BATCH_SIZE), *ORDER[slot])] for slot in range(len(ORDER))]
    check_not_asked_again(asked)


@THROUGH_BOTH
def test_gibberish_is_a_reply_that_describes_nothing(ask: Ask) -> None:
    asked = ask("gibberish")
    check_asked_once(asked, len(wording.FRAGMENTS) + 1)
    for row, reply in zip(asked.job.requests, asked.job.replies, strict=True):
        assert (row["finish_reason"], row["speed_valid"]) == ("stop", True)
        assert reply["content"] == "".join(wording.FRAGMENTS)
    said = asked.job.descriptions
    assert [row["frame_index"] for row in said] == list(range(len(ORDER)))
    assert {row[name] for row in said for name in ("text", "visible", "activity")} == {None}


@THROUGH_ONE
def test_a_model_that_says_gibberish_is_asked_about_no_frame_unless_its_file_says_so(
    ask: Ask,
) -> None:
    job, log = ask("gibberish", probe="require")
    assert (job.requests, job.descriptions) == ([], [])
    assert job.facts["status"] == "broken_backend"
    assert job.facts["broken"].startswith("did not read a large word, did not tell red from blue")
    assert 0 < log.started <= 2
    assert set(log.answered) == {len(wording.FRAGMENTS) + 1}


@pytest.mark.parametrize(
    ("ask", "think"),
    [("openai", True), ("openai", False), ("llama-server", True)],
    indirect=["ask"],
)
def test_thinking_is_kept_apart_from_what_is_said(ask: Ask, think: bool) -> None:
    asked = ask("think", think=think)
    thoughts = len(wording.THOUGHTS) if think else 0
    check_asked_once(asked, BATCH_SIZE * BLOCK_TOKENS + 1 + thoughts)
    for row, reply in zip(asked.job.requests, asked.job.replies, strict=True):
        assert (row["finish_reason"], row["speed_valid"]) == ("stop", True)
        assert row["think_requested"] == str(think).lower()
        assert reply["thinking"].strip() == (THOUGHTS.strip() if think else "")
        assert reply["content"].startswith("### Screenshot 0\n")
        assert "think>" not in reply["content"]
        assert row["thinking_chars"] == len(reply["thinking"])
        assert row["content_chars"] == len(reply["content"])
    said = [SAID.findall(row["text"]) for row in asked.job.descriptions]
    assert said == [[(str(slot % BATCH_SIZE), *ORDER[slot])] for slot in range(len(ORDER))]


@THROUGH_ONE
def test_thinking_that_is_cut_says_nothing(ask: Ask) -> None:
    """All tokens went into thinking: nothing visible is left, and no speed is valid."""
    limit = len(wording.THOUGHTS) - 2
    options = {"temperature": 0, "num_predict": limit, "num_ctx": 16384}
    asked = ask("think", think=True, options=options)
    check_asked_once(asked, limit)
    for row, reply in zip(asked.job.requests, asked.job.replies, strict=True):
        assert (row["finish_reason"], reply["content"], row["content_chars"]) == ("length", "", 0)
        assert reply["thinking"].strip() == THOUGHTS.strip()
        assert row["ttft_ns"] is not None
        assert row["ttft_content_ns"] is None
        assert set(row["speed_invalid_reasons"]) == {"not finished", "empty"}
    assert {row["text"] for row in asked.job.descriptions} == {None}
    check_not_asked_again(asked)
