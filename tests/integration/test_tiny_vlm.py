"""The tiny vision-language model behind a real llama-server: it says what it was shown."""

import base64
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import httpx
import numpy as np
import numpy.typing as npt
import pytest

from support.llama_server import Server, llama_server
from support.tiny_vlm import MAX_LABEL, Architecture, Behaviour, build, expected_words, wording

Image = npt.NDArray[np.uint8]  # (height, width, 3), RGB
WIDTH_PX, HEIGHT_PX = 640, 360
PALETTE = {
    ("dark", "reddish"): (140, 15, 20),
    ("light", "bluish"): (140, 140, 250),
    ("dark", "grey"): (40, 42, 44),
    ("light", "greenish"): (130, 240, 130),
    ("dark", "bluish"): (15, 20, 140),
    ("light", "reddish"): (250, 135, 140),
    ("dark", "greenish"): (15, 120, 20),
    ("light", "grey"): (225, 222, 220),
}
# Neighbours differ in both words, so an image that is lost, moved or repeated changes the reply.
WORDS_IN_TURN = list(itertools.islice(itertools.cycle(PALETTE), MAX_LABEL + 1))


@dataclass(frozen=True)
class Setup:
    """One server of this module."""

    behaviour: Behaviour
    architecture: Architecture = "qwen3vl"
    max_label: int = 20
    extra: tuple[str, ...] = ()


class Serving(NamedTuple):
    """A server that runs, and where it prints."""

    server: Server
    log: Path


class Block(NamedTuple):
    """What a reply says of one image."""

    heading: str
    brightness: str
    hue: str


@dataclass(frozen=True)
class Reply:
    """A finished reply."""

    text: str
    finish_reason: str

    @property
    def blocks(self) -> list[Block]:
        pattern = r"^### (.+)\n1\. Visible: .+ with a (\w+) and (\w+) theme\.$"
        return [Block(*found) for found in re.findall(pattern, self.text, re.MULTILINE)]

    @property
    def words(self) -> list[tuple[str, str]]:
        return [(block.brightness, block.hue) for block in self.blocks]


@pytest.fixture(scope="module")
def serving(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Serving]:
    """One server for all tests of a setup; pytest stops it before it starts the next one."""
    setup: Setup = request.param
    folder = tmp_path_factory.mktemp(setup.behaviour)
    vlm = build(
        folder,
        architecture=setup.architecture,
        behaviour=setup.behaviour,
        max_label=setup.max_label,
    )
    log = folder / "server.log"
    with llama_server(vlm, extra=setup.extra, log=log) as server:
        yield Serving(server, log)


def served_by(setup: Setup) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("serving", [setup], indirect=True, ids=[setup.behaviour])


NORMAL = served_by(Setup("normal"))
THINK = served_by(Setup("think"))
LOOP = served_by(Setup("loop"))
FOUR_EXPERTS = served_by(
    Setup(
        "normal",
        architecture="qwen3vlmoe",
        # The override is proved by the log, which says so from this verbosity on.
        extra=("--override-kv", "qwen3vlmoe.expert_used_count=int:4", "--verbosity", "4"),
    )
)


def draw_screen(colour: tuple[int, int, int], seed: int = 0) -> Image:
    """A screen with panels in shades of one colour, and lines where text would be."""
    random = np.random.default_rng(seed)
    screen = np.full((HEIGHT_PX, WIDTH_PX, 3), colour, np.uint8)
    for _ in range(6):
        x, y = random.integers(0, WIDTH_PX - 150), random.integers(0, HEIGHT_PX - 90)
        shade = np.clip(np.array(colour) + random.integers(-12, 13), 0, 255).tolist()
        cv2.rectangle(screen, (x, y), (x + 150, y + 90), shade, cv2.FILLED)
        cv2.putText(screen, "make test", (x + 10, y + 45), cv2.FONT_HERSHEY_PLAIN, 1, (90, 90, 90))
    return screen


def draw_noise(random: np.random.Generator) -> Image:
    """An image of any size and mean colour, with patches and grain."""
    width, height = random.integers(48, 700), random.integers(48, 500)
    base = random.integers(50, 210) + random.integers(-50, 51, 3)
    image = np.full((height, width, 3), base, np.float32)
    for _ in range(random.integers(0, 12)):
        x, y = random.integers(0, width), random.integers(0, height)
        w, h = random.integers(5, 120, 2)
        image[y : y + h, x : x + w] = random.integers(0, 256, 3)
    image += random.normal(0, random.uniform(0, 40), image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


def draw_in_turn(count: int) -> list[Image]:
    return [draw_screen(PALETTE[words], seed=n) for n, words in enumerate(WORDS_IN_TURN[:count])]


def data_url(image: Image, suffix: str) -> str:
    encoded, content = cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    assert encoded
    kind = {".png": "png", ".jpg": "jpeg"}[suffix]
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def request_of(
    images: Sequence[Image], labels: Sequence[int | None] | None, suffix: str, **options: object
) -> dict[str, object]:
    content: list[dict[str, object]] = []
    for number, image in zip(labels or range(len(images)), images, strict=True):
        if number is not None:
            text = f"Screenshot {number} (00:00:{number:02}):"
            content.append({"type": "text", "text": text})
        content.append({"type": "image_url", "image_url": {"url": data_url(image, suffix)}})
    content.append({"type": "text", "text": "Describe every screenshot under its own heading."})
    body = {"messages": [{"role": "user", "content": content}], "cache_prompt": False}
    return body | {"max_tokens": 1000} | options


def ask(
    serving: Serving,
    images: Sequence[Image],
    labels: Sequence[int | None] | None = None,
    suffix: str = ".png",
    **options: object,
) -> Reply:
    body = request_of(images, labels, suffix, **options)
    response = httpx.post(chat_url(serving), json=body, timeout=60, trust_env=False)
    assert response.status_code == 200, response.text
    choice = response.json()["choices"][0]
    return Reply(choice["message"]["content"], choice["finish_reason"])


def chat_url(serving: Serving) -> str:
    return f"{serving.server.url}/v1/chat/completions"


def headings(numbers: Sequence[int]) -> list[str]:
    return [f"Screenshot {number}" for number in numbers]


# --- every image arrives, at its place -----------------------------------------------------------


@NORMAL
@pytest.mark.parametrize("count", [1, 3, 8, 20])
def test_a_batch_comes_back_in_order(serving: Serving, count: int) -> None:
    reply = ask(serving, draw_in_turn(count))
    assert [block.heading for block in reply.blocks] == headings(range(count))
    assert reply.words == WORDS_IN_TURN[:count]
    assert reply.finish_reason == "stop"


@NORMAL
def test_a_batch_of_jpegs_at_a_usual_temperature_comes_back_in_order(serving: Serving) -> None:
    reply = ask(serving, draw_in_turn(8), suffix=".jpg", temperature=1.0, seed=7)
    assert reply.words == WORDS_IN_TURN[:8]


@NORMAL
def test_a_stream_says_the_same(serving: Serving) -> None:
    images = draw_in_turn(3)
    body = request_of(images, None, ".png", stream=True)
    pieces = []
    with httpx.stream("POST", chat_url(serving), json=body, timeout=60, trust_env=False) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: {"):
                choices = json.loads(line.removeprefix("data: "))["choices"]
                pieces += [choice["delta"].get("content") or "" for choice in choices]
    assert "".join(pieces) == ask(serving, images).text
    assert len(pieces) > len(images)


@NORMAL
def test_labels_may_have_gaps_and_any_order(serving: Serving) -> None:
    reply = ask(serving, draw_in_turn(3), labels=[12, 1, 20])
    told = [(block.heading, (block.brightness, block.hue)) for block in reply.blocks]
    first, second, third = WORDS_IN_TURN[:3]
    assert told == list(zip(headings([1, 12, 20]), [second, first, third], strict=True))


@NORMAL
def test_an_image_without_a_label_has_a_block_without_a_number(serving: Serving) -> None:
    reply = ask(serving, draw_in_turn(1), labels=[None])
    assert reply.blocks == [Block("Screenshot", *WORDS_IN_TURN[0])]
    assert "window with" in reply.text


@NORMAL
def test_a_request_without_an_image_is_told_so(serving: Serving) -> None:
    assert ask(serving, []).text == wording.NOTHING_ATTACHED


@NORMAL
def test_swapped_channels_show(serving: Serving) -> None:
    image = draw_screen(PALETTE["dark", "reddish"])
    assert ask(serving, [image[:, :, ::-1].copy()]).words == [("dark", "bluish")]


@NORMAL
def test_a_lost_image_shows(serving: Serving) -> None:
    images = draw_in_turn(3)
    assert ask(serving, [images[0], images[2]]).words != ask(serving, images).words[:2]


@served_by(Setup("normal", max_label=MAX_LABEL))
def test_the_highest_labels_work(serving: Serving) -> None:
    numbers = [0, MAX_LABEL - 1, MAX_LABEL]
    reply = ask(serving, draw_in_turn(3), labels=numbers)
    assert [block.heading for block in reply.blocks] == headings(numbers)
    assert reply.words == WORDS_IN_TURN[:3]


# --- behaviours ----------------------------------------------------------------------------------


@THINK
@pytest.mark.parametrize("enabled", [True, False])
def test_think_thinks_when_asked_to(serving: Serving, enabled: bool) -> None:
    template = {"enable_thinking": enabled}
    reply = ask(serving, draw_in_turn(3), chat_template_kwargs=template)
    thoughts, _, answer = reply.text.rpartition("</think>\n\n")
    assert thoughts.startswith("<think>\n") is enabled
    assert bool(thoughts) is enabled
    assert answer.startswith("### Screenshot 0\n")
    assert reply.words == WORDS_IN_TURN[:3]


@served_by(Setup("swap"))
def test_swap_reports_the_colours_of_the_next_image(serving: Serving) -> None:
    reply = ask(serving, draw_in_turn(8))
    assert [block.heading for block in reply.blocks] == headings(range(8))
    assert reply.words == [*WORDS_IN_TURN[1:8], WORDS_IN_TURN[0]]


@served_by(Setup("skip"))
def test_skip_leaves_out_every_third_label(serving: Serving) -> None:
    reply = ask(serving, draw_in_turn(8))
    told = [0, 1, 2, 4, 5, 7]
    assert [block.heading for block in reply.blocks] == headings(told)
    assert reply.words == [WORDS_IN_TURN[number] for number in told]


@LOOP
def test_loop_tells_the_same_again_until_the_limit(serving: Serving) -> None:
    reply = ask(serving, draw_in_turn(3), max_tokens=150)
    assert reply.finish_reason == "length"
    assert len(reply.blocks) > 3 * 3
    assert reply.words == [WORDS_IN_TURN[n % 3] for n in range(len(reply.blocks))]


@LOOP
def test_loop_without_an_image_does_not_end_either(serving: Serving) -> None:
    reply = ask(serving, [], max_tokens=20)
    assert reply.text == 20 * wording.NOTHING_ATTACHED
    assert reply.finish_reason == "length"


@served_by(Setup("gibberish"))
def test_gibberish_says_fragments_whatever_was_sent(serving: Serving) -> None:
    replies = [ask(serving, draw_in_turn(count)) for count in (1, 3)]
    assert {reply.text for reply in replies} == {"".join(wording.FRAGMENTS)}
    assert replies[0].finish_reason == "stop"


@FOUR_EXPERTS
def test_four_of_eight_experts_load_and_answer(serving: Serving) -> None:
    log = serving.log.read_text(errors="replace")
    assert re.search(r"n_expert_used\s*=\s*4\b", log)
    assert re.search(r"n_expert\s*=\s*8\b", log)
    assert ask(serving, draw_in_turn(8)).words == WORDS_IN_TURN[:8]


# --- what is certain -----------------------------------------------------------------------------


@NORMAL
@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_expected_words_are_what_the_server_says(serving: Serving, suffix: str) -> None:
    random = np.random.default_rng(11)
    images = [draw_noise(random) for _ in range(32)]
    told = [
        words
        for start in range(0, len(images), 8)
        for words in ask(serving, images[start : start + 8], suffix=suffix).words
    ]
    promised = [expected_words(image) for image in images]
    pairs = [
        (said, certain)
        for words, certainty in zip(told, promised, strict=True)
        for said, certain in zip(words, certainty, strict=True)
        if certain is not None
    ]
    assert all(said == certain for said, certain in pairs)
    assert len(pairs) > len(images)  # of two words an image: more than half are certain
    assert {certain for _, certain in pairs} == {
        *(wording.DARK, wording.LIGHT),
        *(*wording.CHANNEL_HUES, wording.GREY),
    }


@pytest.mark.parametrize(("words", "colour"), PALETTE.items())
def test_expected_words_are_certain_of_strong_colours(
    words: tuple[str, str], colour: tuple[int, int, int]
) -> None:
    assert expected_words(draw_screen(colour)) == words


@pytest.mark.parametrize(
    ("colour", "words"),
    [
        ((128, 128, 128), (None, "grey")),
        ((70, 50, 50), ("dark", None)),  # an excess of 20, where 20.4 is the threshold
        ((230, 230, 40), ("light", None)),  # as red as green
        ((130, 134, 128), (None, "grey")),  # dark once the server has padded it with black
    ],
)
def test_expected_words_promise_nothing_near_a_threshold(
    colour: tuple[int, int, int], words: tuple[str | None, str | None]
) -> None:
    assert expected_words(np.full((HEIGHT_PX, WIDTH_PX, 3), colour, np.uint8)) == words


def test_expected_words_refuse_what_is_no_image() -> None:
    with pytest.raises(ValueError, match="expected uint8"):
        expected_words(np.zeros((4, 4), np.uint8))


# --- files and processes -------------------------------------------------------------------------


def test_the_same_call_writes_the_same_bytes(tmp_path: Path) -> None:
    first, second = build(tmp_path / "first"), build(tmp_path / "second")
    assert first.model.read_bytes() == second.model.read_bytes()
    assert first.mmproj.read_bytes() == second.mmproj.read_bytes()
    assert sorted(path.suffix for path in (tmp_path / "first").iterdir()) == [".gguf", ".gguf"]


@pytest.mark.parametrize(
    "options", [{"behaviour": "kind"}, {"architecture": "llama"}, {"max_label": MAX_LABEL + 1}]
)
def test_unknown_options_are_refused(tmp_path: Path, options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=str(next(iter(options.values())))):
        build(tmp_path, **options)


def test_the_server_ends_with_the_block_even_if_a_test_fails(tmp_path: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        llama_server(build(tmp_path), log=tmp_path / "log") as server,
    ):
        process = server.process
        assert process.poll() is None
        raise ZeroDivisionError
    assert process.poll() is not None
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/health", trust_env=False)


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    vlm = build(tmp_path)
    vlm.model.write_bytes(b"no GGUF at all")
    with (
        pytest.raises(RuntimeError, match=r"(?s)exited with .*\n.*failed to load"),
        llama_server(vlm, log=tmp_path / "log"),
    ):
        pytest.fail("it started")
