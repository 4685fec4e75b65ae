"""Every picture of a batch arrives in its place, in batches of every size."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.describing import ORDER, SAID, Job, Serve, Words, draw_session, servers, settings_of
from support.tiny_vlm import Architecture

# The largest batch of which two pairs of words tell every slot from every other.
MOST = len(ORDER) ** 2
PICTURE_TOKENS = 220 + 2  # of a picture of this size, and the two around it


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """One server for all batches of an architecture."""
    with servers(tmp_path_factory.mktemp("servers")) as serve:
        yield serve


def words_of(batch_size: int) -> list[Words]:
    """Return the words of two whole batches and a rest of one frame.

    The model tells fewer colours than a batch has pictures, so each slot has a pair of them, one in
    each batch, and no other slot has the same pair. What is lost, moved or doubled shows in one of
    the two. Neighbours differ in the first batch.
    """
    first = [ORDER[slot % len(ORDER)] for slot in range(batch_size)]
    second = [ORDER[slot // len(ORDER)] for slot in range(batch_size)]
    assert batch_size <= MOST
    assert len(set(zip(first, second, strict=True))) == batch_size
    return [*first, *second, ORDER[-1]]


@pytest.mark.parametrize(
    ("architecture", "batch_size"),
    [
        *(("qwen3vl", size) for size in (1, 3, 5, 8, 20)),
        ("qwen3vlmoe", 8),
    ],
)
def test_every_picture_arrives_in_its_place(
    serve: Serve, architecture: Architecture, batch_size: int, tmp_path: Path
) -> None:
    serving = serve(architecture, "normal")
    words = words_of(batch_size)
    settings = settings_of("openai", serving.vlm, serving.url, batch_size=batch_size)
    job = Job(tmp_path, draw_session(tmp_path / "session", words), settings)
    log = serving.log.from_now()
    job.finish()

    said = [SAID.findall(row["text"]) for row in job.descriptions]
    slots = [number % batch_size for number in range(len(words))]
    assert said == [[(str(slot), *name)] for slot, name in zip(slots, words, strict=True)]
    assert [row["slot"] for row in job.descriptions] == slots
    assert [row["frame_index"] for row in job.descriptions] == list(range(len(words)))

    sizes = [batch_size, batch_size, 1]
    assert [row["image_count"] for row in job.requests] == sizes
    for row, size in zip(job.requests, sizes, strict=True):
        assert (row["finish_reason"], row["attempts"], row["images_fit"]) == ("stop", 1, True)
        assert row["image_tokens_expected"] == PICTURE_TOKENS * size
        assert row["image_tokens_measured"] == row["image_tokens_expected"]
    # What the server itself counts: each batch once, besides answers of one token that measure.
    answered = [tokens for tokens in log.answered if tokens > 1]
    assert answered == [row["output_tokens"] for row in job.requests]
