"""Whether a model was shown all images, with a backend whose every token is known."""

from dataclasses import replace
from typing import Any

import pytest

from scribebench.backends.base import Part, Reply, SentImage
from scribebench.describe.image_tokens import ImageTokens
from scribebench.describe.prompt import compose
from unit.fake_backend import FRAME, FakeBackend, cost, count, image, reply

INSTRUCTIONS = "Describe every screenshot in the order of time."
LARGE, SMALL, TINY = image(1920, 1080), image(640, 360), image(64, 64)


def request(images: list[SentImage]) -> list[Part]:
    frames = [replace(FRAME, frame_index=n, time_s=60.0 * n) for n in range(len(images))]
    return compose(frames, images, INSTRUCTIONS)


def judged(
    images: list[SentImage],
    seen: list[SentImage] | None = None,
    backend: FakeBackend | None = None,
    **answered: Any,
) -> Reply:
    """Measure what it takes, ask about the images of which some are seen, and count them."""
    backend = backend or FakeBackend()
    tokens, parts = ImageTokens(backend), request(images)
    tokens.prepare([FRAME] * len(images), parts)
    prompt = count(parts, lambda sent: sent if seen is None else seen)
    answer = reply("said", **({"prompt_tokens": prompt if backend.counts else None} | answered))
    return tokens.counted(answer, parts)


# --- verdicts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 2, 3, 8, 20])
@pytest.mark.parametrize("sent", [SMALL, LARGE])
def test_images_that_are_all_there_fit(number: int, sent: SentImage) -> None:
    got = judged([sent] * number)
    assert got.images_fit is True
    assert got.image_tokens_expected == number * cost(sent)
    # The texts were counted in another arrangement; that may cost a few tokens.
    assert got.image_tokens_measured == pytest.approx(number * cost(sent), abs=2 * (number + 1))


@pytest.mark.parametrize("number", [1, 3, 8, 20])
@pytest.mark.parametrize("sent", [SMALL, LARGE])
def test_one_that_was_dropped_is_missed(number: int, sent: SentImage) -> None:
    got = judged([sent] * number, [sent] * (number - 1))
    assert got.images_fit is False
    assert got.image_tokens_expected - got.image_tokens_measured == pytest.approx(cost(sent), abs=2)


@pytest.mark.parametrize("number", [2, 8])
def test_two_that_were_fused_are_missed(number: int) -> None:
    """A server that takes adjacent pictures for the two frames of a film counts them as one."""
    assert judged([SMALL] * number, [SMALL] * (number // 2)).images_fit is False
    assert judged([SMALL] * number, [SMALL] * (number - 1)).images_fit is False


@pytest.mark.parametrize("number", [1, 8])
def test_images_that_are_always_ignored_are_missed(number: int) -> None:
    blind = FakeBackend(seen=lambda images: [])
    got = judged([SMALL] * number, [], blind)
    assert got.images_fit is False
    assert (got.image_tokens_expected, got.image_tokens_measured) == (0, 0)


def test_images_that_cost_a_mark_and_no_more_were_not_seen() -> None:
    """A server that does not read a format leaves the marks around the picture in the prompt."""
    marks = FakeBackend(seen=lambda images: [image(32 * 4, 32)] * len(images))
    got = judged([LARGE] * 3, [image(32 * 4, 32)] * 3, marks)
    assert (got.image_tokens_expected, got.images_fit) == (12, False)


@pytest.mark.parametrize(
    ("dropped", "fit"), [([], True), ([SMALL], False), ([LARGE], False), ([SMALL, LARGE], False)]
)
def test_sizes_may_be_mixed(dropped: list[SentImage], fit: bool) -> None:
    images = [SMALL, LARGE, SMALL, LARGE]
    seen = list(images)
    for one in dropped:
        seen.remove(one)
    got = judged(images, seen)
    assert got.images_fit is fit
    assert got.image_tokens_expected == 2 * cost(SMALL) + 2 * cost(LARGE)


@pytest.mark.parametrize(
    ("answered", "fit"),
    [
        ({"finish_reason": "context"}, False),
        ({"n_ctx": 2000, "output_tokens": 5000}, False),
        ({"n_ctx": 100}, False),
        ({"n_ctx": 100_000, "output_tokens": 10}, True),
        ({"n_ctx": 100_000, "output_tokens": None}, True),
        ({"n_ctx": None, "output_tokens": 10**6}, True),
        ({"finish_reason": "length", "n_ctx": 100_000}, True),
    ],
)
def test_a_context_that_was_used_up_took_images_away(answered: dict[str, Any], fit: bool) -> None:
    assert judged([SMALL] * 3, **answered).images_fit is fit


def test_the_context_is_used_up_at_its_last_token() -> None:
    prompt = count(request([SMALL]), list)
    at_its_end = {"n_ctx": prompt + 10, "output_tokens": 10}
    assert judged([SMALL], **at_its_end).images_fit is False
    assert judged([SMALL], **at_its_end | {"output_tokens": 9}).images_fit is True


def test_a_context_that_was_used_up_is_told_without_counts() -> None:
    got = judged([SMALL], backend=FakeBackend(counts=False), finish_reason="context")
    assert (got.images_fit, got.image_tokens_expected) == (False, None)


def test_what_the_server_does_not_count_is_unknown() -> None:
    got = judged([SMALL] * 3, backend=FakeBackend(counts=False))
    known = (got.image_tokens_expected, got.image_tokens_measured, got.images_fit)
    assert known == (None, None, None)
    # Counted in its reply, but not in what was measured before.
    got = judged([SMALL] * 3, backend=FakeBackend(counts=False), prompt_tokens=2000)
    known = (got.image_tokens_expected, got.image_tokens_measured, got.images_fit)
    assert known == (None, None, None)


def test_a_reply_without_a_count_is_unknown() -> None:
    got = judged([SMALL], prompt_tokens=None, finish_reason="error")
    assert (got.image_tokens_measured, got.images_fit) == (None, None)


@pytest.mark.parametrize("seen", [[TINY] * 3, []])
def test_images_too_small_to_be_missed_are_unknown(seen: list[SentImage]) -> None:
    got = judged([TINY] * 3, seen)
    assert got.images_fit is None
    assert got.image_tokens_expected == 3 * cost(TINY)


def test_images_that_cost_no_more_than_the_texts_may_be_off_are_unknown() -> None:
    modest = image(160, 160)  # 25 tokens each, and nine texts
    assert judged([modest] * 8).images_fit is None
    assert judged([modest]).images_fit is True


def test_a_tiny_image_among_large_ones_leaves_it_open_and_a_cheap_screen_does_not() -> None:
    assert judged([TINY, LARGE]).images_fit is None
    blind = FakeBackend(seen=lambda images: [])
    assert judged([TINY, LARGE], [], blind).images_fit is False


def test_a_request_without_images_is_left_as_it_is() -> None:
    backend = FakeBackend()
    answer = reply("said", prompt_tokens=20)
    assert ImageTokens(backend).counted(answer, ["only text"]) == answer


# --- what is asked -------------------------------------------------------------------------------


def shapes(backend: FakeBackend) -> list[tuple[int, int | None]]:
    """How many images each request had, and its limit of tokens."""
    return [
        (sum(isinstance(part, SentImage) for part in parts), limit)
        for parts, limit in backend.asked
    ]


def test_a_size_and_a_number_of_texts_are_measured_once() -> None:
    backend = FakeBackend()
    tokens = ImageTokens(backend)

    def prepare(*images: SentImage) -> int:
        """How many requests it took."""
        before = len(backend.asked)
        tokens.prepare([FRAME] * len(images), request(list(images)))
        return len(backend.asked) - before

    # The question alone, with one image, and the texts of two labels and the instructions.
    assert prepare(SMALL, SMALL) == 3
    assert shapes(backend) == [(0, 1), (1, 1), (0, 1)]
    assert prepare(SMALL, SMALL) == 0
    assert prepare(SMALL, SMALL, SMALL) == 1  # other texts
    assert prepare(LARGE, SMALL) == 1  # another size
    assert prepare(LARGE, LARGE, LARGE) == 0
    assert shapes(backend)[3:] == [(0, 1), (1, 1)]


def test_texts_are_measured_as_the_parts_that_they_are() -> None:
    """A backend sends two parts as it does around images; joined by us they would be another."""
    backend = FakeBackend()
    parts = request([SMALL] * 3)
    ImageTokens(backend).prepare([FRAME] * 3, parts)
    assert [part for part in parts if isinstance(part, str)] in [sent for sent, _ in backend.asked]


def test_what_a_size_costs_is_known_once_it_was_asked_about() -> None:
    tokens = ImageTokens(FakeBackend())
    assert tokens.cost(SMALL) is None
    tokens.warm_up(FRAME, SMALL)
    assert tokens.cost(SMALL) == cost(SMALL) == 220
    assert tokens.cost(LARGE) is None


def test_counting_sends_nothing() -> None:
    backend = FakeBackend()
    tokens, parts = ImageTokens(backend), request([SMALL] * 3)
    tokens.prepare([FRAME] * 3, parts)
    asked = len(backend.asked)
    for _ in range(3):
        assert tokens.counted(reply("said", prompt_tokens=700), parts).images_fit
    assert len(backend.asked) == asked


def test_counting_keeps_all_else_of_a_reply() -> None:
    answer = reply("said", thinking="thought", output_tokens=7, error_kind="server")
    tokens, parts = ImageTokens(FakeBackend()), request([SMALL])
    tokens.prepare([FRAME], parts)
    got = tokens.counted(replace(answer, prompt_tokens=count(parts, list)), parts)
    names = ("image_tokens_expected", "image_tokens_measured", "images_fit", "prompt_tokens")
    assert replace(got, **dict.fromkeys(names)) == answer
