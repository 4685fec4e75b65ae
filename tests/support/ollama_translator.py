"""Ollama's native protocol in front of a real llama-server, for tests where no Ollama runs.

What is said of the protocol was read in Ollama's sources (server/routes.go, server/prompt.go,
api/types.go). The model, its clocks and its counts are real; loading it is played: it counts as
loaded from the first request on, until it is told to unload it.
"""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from support.llama_server import Server
from support.tiny_vlm import TinyVlm

VERSION = "0.33.3"
LIMIT_S = 120.0
MARK = "[img]"
# Ollama's words for an option in the words of llama-server; the others have the same in both.
OPTION_NAMES = {"num_predict": "max_tokens"}
# Set when a model is loaded, not by a request.
NOT_PASSED = frozenset({"num_ctx"})
PNG_BEGINS = b"\x89PNG"
NS_PER_MS = 1e6
Json = dict[str, Any]


@dataclass
class Translator:
    """A translator that runs: its address, the one model that it has, and what it was asked."""

    url: str
    tag: str
    digest: str
    server: Server
    thinks: bool
    is_loaded: bool = False
    chats: list[Json] = field(default_factory=list)

    def details(self) -> Json:
        return {
            "parent_model": "",
            "format": "gguf",
            "family": "qwen3vl",
            "families": ["qwen3vl"],
            "parameter_size": "1M",
            "quantization_level": "F32",
        }

    def entry(self) -> Json:
        return {
            "name": self.tag,
            "model": self.tag,
            "size": 8_000_000,
            "digest": self.digest,
            "details": self.details(),
        }

    def props(self) -> Json:
        """What the llama-server tells of itself."""
        return httpx.get(f"{self.server.url}/props", trust_env=False, timeout=LIMIT_S).json()

    def capabilities(self) -> list[str]:
        sees = self.props()["modalities"]["vision"]
        return ["completion", *(["vision"] if sees else []), *(["thinking"] if self.thinks else [])]

    def knows(self, name: str) -> bool:
        return self.tag in (name, f"{name}:latest")


@contextmanager
def ollama_translator(
    server: Server, vlm: TinyVlm, *, tag: str = "tiny:latest", thinks: bool = False
) -> Iterator[Translator]:
    """Speak Ollama's protocol on a free loopback port for the length of the block.

    thinks: whether the model is one that can think.
    """
    digest = hashlib.sha256(vlm.model.read_bytes()).hexdigest()

    class Handler(_Handler):
        translator = Translator("", tag, digest, server, thinks)

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    Handler.translator.url = f"http://127.0.0.1:{listening.server_port}"
    threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield Handler.translator
    finally:
        listening.shutdown()
        listening.server_close()


class _Handler(BaseHTTPRequestHandler):
    """One request to the translator."""

    protocol_version = "HTTP/1.1"
    translator: Translator

    def handle(self) -> None:
        with suppress(ConnectionError):  # the client has gone
            super().handle()

    def do_GET(self) -> None:
        translator = self.translator
        if self.path == "/api/version":
            self._answer({"version": VERSION})
        elif self.path == "/api/tags":
            moment = "2026-01-10T10:00:00.123456789Z"
            self._answer({"models": [translator.entry() | {"modified_at": moment}]})
        elif self.path == "/api/ps":
            n_ctx = translator.props()["default_generation_settings"]["n_ctx"]
            running = {"expires_at": _now(), "size_vram": 0, "context_length": n_ctx}
            loaded = [translator.entry() | running] if translator.is_loaded else []
            self._answer({"models": loaded})
        else:
            self._answer_text("404 page not found", 404)

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path not in ("/api/show", "/api/chat", "/api/generate"):
            self._answer_text("404 page not found", 404)
        elif not self.translator.knows(asked["model"]):
            self._answer({"error": f"model '{asked['model']}' not found"}, 404)
        elif self.path == "/api/show":
            translator = self.translator
            told = {"details": translator.details(), "capabilities": translator.capabilities()}
            self._answer(told | {"model_info": {"general.architecture": "qwen3vl"}})
        elif self.path == "/api/generate" and not asked.get("prompt"):
            self._load(asked)
        elif self.path == "/api/chat":
            self._chat(asked)
        else:
            self._answer({"error": f'"{asked["model"]}" does not support generate'}, 400)

    def log_message(self, *args: object) -> None:
        pass

    def _load(self, asked: Json) -> None:
        """Load the model, or unload it when it is to be kept for no time."""
        self.translator.is_loaded = asked.get("keep_alive") != 0
        told = {"model": asked["model"], "created_at": _now(), "response": "", "done": True}
        self._answer(told | {"done_reason": "load" if self.translator.is_loaded else "unload"})

    def _chat(self, asked: Json) -> None:
        translator = self.translator
        translator.chats.append(asked)
        if asked.get("think") and not translator.thinks:
            self._answer({"error": f'"{asked["model"]}" does not support thinking'}, 400)
            return
        started = time.monotonic_ns()
        translator.is_loaded = True
        load_ns = time.monotonic_ns() - started
        url = f"{translator.server.url}/v1/chat/completions"
        body = _translated(asked)
        with httpx.stream("POST", url, json=body, trust_env=False, timeout=LIMIT_S) as response:
            if response.status_code != 200:
                message = response.read().decode()
                self._answer({"error": message}, response.status_code)
                return
            messages = _messages(response, asked["model"], started, load_ns)
            if asked.get("stream", True):
                self._stream(messages)
            else:
                self._answer(_joined(list(messages)))

    def _stream(self, messages: Iterator[Json]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for message in messages:
                line = json.dumps(message).encode() + b"\n"
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True  # the client has gone

    def _answer(self, value: Json, status: int = 200) -> None:
        self._answer_text(json.dumps(value), status, "application/json; charset=utf-8")

    def _answer_text(self, text: str, status: int, kind: str = "text/plain") -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _translated(asked: Json) -> Json:
    """Return a request in the words of llama-server."""
    options = {
        OPTION_NAMES.get(name, name): value
        for name, value in (asked.get("options") or {}).items()
        if name not in NOT_PASSED
    }
    think = asked.get("think")
    template = {} if think is None else {"chat_template_kwargs": {"enable_thinking": bool(think)}}
    messages = [
        {"role": message["role"], "content": _placed(message)} for message in asked["messages"]
    ]
    # Ollama lets its server keep what prompts begin with in common.
    fixed = {"messages": messages, "stream": True, "cache_prompt": True}
    return {**options, **template, **fixed, "stream_options": {"include_usage": True}}


def _placed(message: Json) -> list[Json]:
    """Return text and images in turn.

    Each image takes the place of the first mark that is left; one without a mark comes first.
    """
    images = message.get("images") or []
    *before, last = message["content"].split(MARK, len(images))
    parts = [_image(image) for image in images[len(before) :]]
    for text, image in zip(before, images, strict=False):
        parts += [{"type": "text", "text": text}, _image(image)]
    return [*parts, {"type": "text", "text": last}]


def _image(encoded: str) -> Json:
    kind = "png" if base64.b64decode(encoded).startswith(PNG_BEGINS) else "jpeg"
    return {"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{encoded}"}}


def _messages(response: httpx.Response, model: str, started: int, load_ns: int) -> Iterator[Json]:
    """Yield the messages of a reply, and last the one with its clocks and counts."""
    usual = {"model": model, "done": False}
    thinking, finish, timings = _Thinking(), None, None
    try:
        for line in response.iter_lines():
            if not line.startswith("data: {"):
                continue
            event = json.loads(line.removeprefix("data: "))
            timings = event.get("timings") or timings
            for choice in event["choices"]:
                finish = choice.get("finish_reason") or finish
                said = thinking.split(choice["delta"].get("content") or "")
                if said:
                    message = {"role": "assistant", "content": "", **said}
                    yield usual | {"created_at": _now(), "message": message}
    except httpx.TransportError as error:
        yield {"error": f"an error was encountered while running the model: {error}"}
        return
    assert timings is not None, "llama-server told no timings"
    yield {
        "model": model,
        "created_at": _now(),
        "message": {"role": "assistant", "content": ""},
        "done": True,
        "done_reason": finish,
        "total_duration": time.monotonic_ns() - started,
        "load_duration": load_ns,
        "prompt_eval_count": timings["cache_n"] + timings["prompt_n"],
        "prompt_eval_cached_count": timings["cache_n"],
        "prompt_eval_duration": round(timings["prompt_ms"] * NS_PER_MS),
        "eval_count": timings["predicted_n"],
        "eval_duration": round(timings["predicted_ms"] * NS_PER_MS),
    }


def _joined(messages: list[Json]) -> Json:
    """Return a reply that is not streamed."""
    if "error" in messages[-1]:
        return messages[-1]
    parts = [message["message"] for message in messages]
    content = "".join(part["content"] for part in parts)
    thinking = "".join(part.get("thinking", "") for part in parts)
    whole = {"role": "assistant", "content": content}
    return messages[-1] | {"message": whole | ({"thinking": thinking} if thinking else {})}


class _Thinking:
    """Tells thinking from content; the constructed model says each tag in a piece of its own."""

    def __init__(self) -> None:
        self._state = "begin"

    def split(self, piece: str) -> dict[str, str]:
        """Return what a piece adds to the content or to the thinking, nothing for a tag."""
        if self._state == "begin" and piece:
            self._state = "thinking" if piece.strip() == "<think>" else "content"
            if self._state == "thinking":
                return {}
        if self._state == "thinking":
            if piece.strip() == "</think>":
                self._state = "after"
                return {}
            return {"thinking": piece} if piece else {}
        if self._state == "after":
            piece = piece.lstrip()
            self._state = "content" if piece else "after"
        return {"content": piece} if piece else {}


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
