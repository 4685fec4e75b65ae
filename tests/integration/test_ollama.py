"""The native protocol of Ollama in front of a real llama-server: clocks, counts, every image."""

import re
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import ollama
import pytest

from scribebench.backends.base import Frame, Reply, SentImage
from scribebench.backends.ollama import OllamaBackend
from scribebench.describe.prompt import compose
from scribebench.files import sha256_bytes
from scribebench.tables import read_rows
from support.llama_server import llama_server
from support.ollama_translator import VERSION, Translator, ollama_translator
from support.recordings import COLOURS, write_colour_slides
from support.tiny_vlm import Behaviour, TinyVlm, build
from support.workflow import new_project

PROMPT = "Describe every screenshot under its own heading. Never answer with [img] or [img-0]."
BLOCK = re.compile(r"^### Screenshot (\d+)\n1\. Visible: .+ with a (\w+) and (\w+) theme", re.M)
WIDTH_PX, HEIGHT_PX = 640, 360
OPTIONS = {"temperature": 0, "num_predict": 1000, "num_ctx": 8192}
N_CTX = 32_768


class Serving(NamedTuple):
    """A translator in front of a server, and a backend that is connected to it."""

    translator: Translator
    backend: OllamaBackend


@pytest.fixture(scope="module")
def serving(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Serving]:
    """One server for all tests of a behaviour."""
    behaviour: Behaviour = request.param
    folder = tmp_path_factory.mktemp(behaviour)
    vlm = build(folder, behaviour=behaviour)
    with (
        llama_server(vlm, log=folder / "server.log") as server,
        ollama_translator(server, vlm, thinks=behaviour == "think") as translator,
    ):
        settings = {"url": translator.url, "tag": "tiny", "options": OPTIONS}
        backend = OllamaBackend(settings, None)
        yield Serving(translator, backend)
        backend.close()


def served_by(behaviour: Behaviour) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("serving", [behaviour], indirect=True)


NORMAL = served_by("normal")
THINK = served_by("think")
LOOP = served_by("loop")


def words_in_turn(count: int) -> list[tuple[str, str]]:
    """Neighbours differ in both words, so an image that is lost, moved or repeated shows."""
    return list(islice(cycle(COLOURS), count))


def draw(number: int, words: tuple[str, str]) -> SentImage:
    """A picture of a colour, with stripes of its own."""
    picture = np.full((HEIGHT_PX, WIDTH_PX, 3), COLOURS[words], np.uint8)
    picture[:: 20 + number] = np.clip(np.array(COLOURS[words]) + 8, 0, 255)
    encoded, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    assert encoded
    content = data.tobytes()
    return SentImage(content, sha256_bytes(content), "image/png", WIDTH_PX, HEIGHT_PX)


def batch(count: int) -> tuple[list[Frame], list[SentImage]]:
    images = [draw(number, words) for number, words in enumerate(words_in_turn(count))]
    frames = [Frame(n, n * 3.0, Path("x"), image.sha256) for n, image in enumerate(images)]
    return frames, images


def ask(backend: OllamaBackend, count: int) -> Reply:
    frames, images = batch(count)
    return backend.ask(frames, compose(frames, images, PROMPT))


def told(text: str) -> list[tuple[int, str, str]]:
    return [(int(number), brightness, hue) for number, brightness, hue in BLOCK.findall(text)]


def client_of(translator: Translator) -> ollama.Client:
    return ollama.Client(translator.url, trust_env=False)


# --- every image arrives, at its place -----------------------------------------------------------


@NORMAL
@pytest.mark.parametrize("count", [1, 3, 5, 8])
def test_a_batch_comes_back_in_order(serving: Serving, count: int) -> None:
    reply = ask(serving.backend, count)
    expected = [(number, *words) for number, words in enumerate(words_in_turn(count))]
    assert told(reply.content) == expected
    assert (reply.finish_reason, reply.error_kind) == ("stop", None)
    sent = serving.translator.chats[-1]
    assert len(sent["messages"][0]["images"]) == count


@NORMAL
def test_images_without_their_marks_would_show(serving: Serving) -> None:
    """What the test before proves: the marks, and nothing else, put the images at their places."""
    ask(serving.backend, 3)
    asked = serving.translator.chats[-1] | {"stream": False}
    [message] = asked["messages"]
    unmarked = message | {"content": message["content"].replace("[img]", "")}
    with client_of(serving.translator) as client:
        reply = client.chat(asked["model"], [unmarked], options=OPTIONS)
    expected = [(number, *words) for number, words in enumerate(words_in_turn(3))]
    assert told(reply.message.content or "") != expected


@NORMAL
def test_swapped_images_show(serving: Serving) -> None:
    frames, images = batch(3)
    swapped = [images[1], images[0], images[2]]
    reply = serving.backend.ask(frames, compose(frames, swapped, PROMPT))
    first, second, third = words_in_turn(3)
    assert [words for _, *words in told(reply.content)] == [[*second], [*first], [*third]]


# --- the official client as a witness ------------------------------------------------------------


@NORMAL
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("stream", [False, True])
def test_the_official_client_is_told_the_same(serving: Serving, count: int, stream: bool) -> None:
    frames, images = batch(count)
    ours = serving.backend.ask(frames, compose(frames, images, PROMPT))
    [message] = serving.translator.chats[-1]["messages"]
    with client_of(serving.translator) as client:
        message = message | {"images": [image.data for image in images]}
        if stream:
            parts = list(client.chat("tiny", [message], options=OPTIONS, stream=True))
        else:
            parts = [client.chat("tiny", [message], options=OPTIONS, stream=False)]
    theirs = "".join(part.message.content or "" for part in parts)
    assert theirs == ours.content
    assert len(told(theirs)) == count
    assert (parts[-1].done, parts[-1].done_reason) == (True, ours.finish_reason)
    assert parts[-1].prompt_eval_count == ours.prompt_tokens
    assert parts[-1].eval_count == ours.output_tokens
    assert 0 < (parts[-1].eval_duration or 0) < (parts[-1].total_duration or 0)
    # What the client sends is what the backend sends, but for the options that it was not given.
    sent = serving.translator.chats
    assert sent[-1]["messages"] == sent[-2]["messages"]
    assert sent[-1]["options"] == sent[-2]["options"]


@NORMAL
def test_the_official_client_reads_the_same_facts(serving: Serving) -> None:
    identity = serving.backend.identify()
    reply = ask(serving.backend, 1)
    with client_of(serving.translator) as client:
        [listed] = client.list().models
        [running] = client.ps().models
        shown = client.show("tiny")
    assert (identity.model_id, listed.model) == ("tiny", "tiny:latest")
    assert identity.digest == listed.digest == running.digest
    assert identity.backend_version == VERSION
    assert shown.details is not None
    assert identity.quantization == shown.details.quantization_level == "F32"
    assert shown.capabilities == ["completion", "vision"]
    assert reply.n_ctx == running.context_length == N_CTX


# --- clocks, counts, limits ----------------------------------------------------------------------


@NORMAL
def test_a_reply_has_the_server_s_clocks_within_ours(serving: Serving) -> None:
    few, many = ask(serving.backend, 1), ask(serving.backend, 5)
    for reply in (few, many):
        parts = (reply.srv_load_ns, reply.srv_prompt_eval_ns, reply.srv_eval_ns)
        assert reply.srv_total_ns is not None and None not in parts
        assert 0 < sum(part for part in parts if part is not None) <= reply.srv_total_ns
        assert reply.srv_total_ns <= reply.wall_ns
        assert reply.ttft_ns is not None and reply.ttft_content_ns is not None
        assert 0 < reply.ttft_ns <= reply.ttft_content_ns <= reply.wall_ns
        assert reply.prompt_tokens_evaluated == (
            (reply.prompt_tokens or 0) - (reply.prompt_tokens_cached or 0)
        )
        assert reply.model_state_before == "warm"
    # Every picture of this size costs more than 200 tokens.
    assert (many.prompt_tokens or 0) - (few.prompt_tokens or 0) > 4 * 200


@NORMAL
def test_a_context_that_is_too_small_is_said_so(serving: Serving) -> None:
    frames, images = batch(1)
    reply = serving.backend.ask(frames, compose(frames, images, "far too long " * N_CTX))
    assert (reply.finish_reason, reply.error_kind) == ("context", "context_overflow")
    assert (reply.http_status, reply.attempts, reply.n_ctx) == (400, 1, N_CTX)


@LOOP
def test_a_loop_runs_into_the_limit(serving: Serving) -> None:
    frames, images = batch(3)
    reply = serving.backend.ask(frames, compose(frames, images, PROMPT), max_tokens=80)
    assert (reply.finish_reason, reply.output_tokens) == ("length", 80)
    assert serving.translator.chats[-1]["options"] == OPTIONS | {"num_predict": 80}


@THINK
@pytest.mark.parametrize("think", [True, False])
def test_thinking_is_kept_apart(serving: Serving, think: bool) -> None:
    settings = {"url": serving.translator.url, "tag": "tiny", "options": OPTIONS, "think": think}
    backend = OllamaBackend(settings, None)
    backend.identify()
    reply = ask(backend, 3)
    assert [words for _, *words in told(reply.content)] == [list(one) for one in words_in_turn(3)]
    assert reply.content.startswith("### Screenshot 0\n")
    assert ("compare their colours" in reply.thinking) is think
    assert reply.ttft_ns is not None and reply.ttft_content_ns is not None
    assert (reply.ttft_ns < reply.ttft_content_ns) or not think
    with client_of(serving.translator) as client:
        message = serving.translator.chats[-1]["messages"][0]
        theirs = client.chat("tiny", [message], options=OPTIONS, think=think)
    assert (theirs.message.content, theirs.message.thinking or "") == (
        reply.content,
        reply.thinking,
    )


# --- a whole run ---------------------------------------------------------------------------------


def test_a_run_describes_every_frame(tmp_path: Path, tiny_vlm: TinyVlm) -> None:
    project = new_project(tmp_path / "colours", with_demo=False)
    (project.folder / "sessions" / "slides").mkdir()
    order = write_colour_slides(project.folder / "sessions" / "slides" / "slides.mp4")
    with (
        llama_server(tiny_vlm, log=tmp_path / "server.log") as server,
        ollama_translator(server, tiny_vlm) as translator,
    ):
        project.write(
            "config/models/tiny.yaml",
            f"label: Tiny\nbackend: ollama\nurl: {translator.url}\ntag: tiny\n"
            "options: {temperature: 0, num_predict: 4000, num_ctx: 16384}\n"
            "batch_size: 5\nimage: {max_width_px: 640, format: jpeg}\n"
            "probe: warn\n",  # the constructed model reads no words
        )
        project.select("tiny")
        project.finish("results/runs/slides/tiny/base/descriptions.parquet")
    run = project.folder / "results" / "runs" / "slides" / "tiny" / "base"
    rows = [row for row in read_rows(run / "requests.parquet") if not row["warmup"]]
    described = read_rows(run / "descriptions.parquet")
    pattern = re.compile(r"with a (\w+) and (\w+) theme")
    said = [pattern.search(row["visible"]).groups() for row in described]
    assert said == order
    assert len(rows) == -(-len(order) // 5)
    assert [row["order_index"] for row in rows] == list(range(len(rows)))
    for row in rows:
        assert (row["backend"], row["endpoint_kind"]) == ("ollama", "native")
        assert (row["backend_version"], row["quantization"]) == (VERSION, "F32")
        assert row["model_digest"] == translator.digest
        assert (row["finish_reason"], row["stream_complete"]) == ("stop", True)
        assert row["speed_valid"], row["speed_invalid_reasons"]
        assert row["attempts"] == 1
        assert (row["n_ctx_requested"], row["n_ctx_effective"]) == (16384, N_CTX)
        assert row["max_output_tokens"] == 4000
        assert row["model_state_before"] == "warm"
        parts = row["srv_load_ns"] + row["srv_prompt_eval_ns"] + row["srv_eval_ns"]
        assert 0 < parts + row["srv_unaccounted_ns"] == row["srv_total_ns"] <= row["wall_ns"]
        assert 0 < row["ttft_ns"] <= row["ttft_content_ns"] <= row["wall_ns"]
        assert row["decode_tps"] == pytest.approx(row["output_tokens"] / row["srv_eval_ns"] * 1e9)
        evaluated = row["prompt_tokens"] - row["prompt_tokens_cached"]
        assert row["prefill_tps"] == pytest.approx(evaluated / row["srv_prompt_eval_ns"] * 1e9)
        assert row["prompt_tokens"] > 200 * row["image_count"]
        assert row["image_tokens_measured"] == row["image_tokens_expected"]
    # The options go with every request, also with those that only measure.
    assert {chat["options"]["num_ctx"] for chat in translator.chats} == {16384}
    assert not any(chat["options"]["num_predict"] > 4000 for chat in translator.chats)
