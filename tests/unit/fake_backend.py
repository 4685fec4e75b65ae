"""A backend that counts tokens by a known cost, and answers the gate as it is told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scribebench.backends.base import Frame, ModelIdentity, Part, Reply, SentImage, ServerFacts

RIGHT_REPLY = "word: HARBOR\nleft: red\nright: blue"
FRAME = Frame(0, 0.0, Path("0.png"), "aa")
IDENTITY, UNKNOWN = ModelIdentity("some", "sha256-1"), ServerFacts()
TEMPLATE_TOKENS = 11


def reply(content: str = "", **changes: Any) -> Reply:
    """A reply that came to its end by itself."""
    usual = {"thinking": "", "started_at": datetime.now(UTC), "wall_ns": 1000}
    return Reply(content, **(usual | {"finish_reason": "stop", "stream_complete": True} | changes))


def image(width_px: int = 640, height_px: int = 360) -> SentImage:
    return SentImage(b"png", "aa", "image/png", width_px, height_px)


def cost(sent: SentImage) -> int:
    """What a picture costs: a token for each 32 x 32 pixels, as a Qwen3-VL counts."""
    return (sent.width_px // 32) * (sent.height_px // 32)


def count(parts: list[Part], seen: Callable[[list[SentImage]], list[SentImage]]) -> int:
    """What a prompt costs of which the model sees these pictures."""
    images = [part for part in parts if isinstance(part, SentImage)]
    texts = [part for part in parts if isinstance(part, str)]
    return TEMPLATE_TOKENS + sum(map(cost, seen(images))) + sum(map(tokens_of, texts))


def tokens_of(text: str) -> int:
    return len(text.split())


@dataclass
class FakeBackend:
    """Answers `replies` one after the other, the last one again and again.

    `seen` says which pictures of a request reach the model. With `counts` false no tokens are told.
    """

    replies: list[Reply] = field(default_factory=lambda: [reply(RIGHT_REPLY)])
    seen: Callable[[list[SentImage]], list[SentImage]] = list
    counts: bool = True
    identity: ModelIdentity = IDENTITY
    facts: ServerFacts = UNKNOWN
    loads_ns: list[int | None] = field(default_factory=lambda: [None])
    asked: list[tuple[list[Part], int | None]] = field(default_factory=list)
    loaded: int = 0
    endpoint_kind: str = "v1"
    embedded: bool = False

    def identify(self) -> ModelIdentity:
        return self.identity

    def sent_options(self) -> dict[str, Any]:
        return {}

    def limit_s(self, images: int, max_tokens: int | None = None) -> float | None:
        return None

    def ask(
        self,
        frames: list[Frame],
        parts: list[Part],
        max_tokens: int | None = None,
        seed: int | None = None,
    ) -> Reply:
        answer = self.replies[min(len(self.asked), len(self.replies) - 1)]
        self.asked.append((parts, max_tokens))
        told = {"prompt_tokens": count(parts, self.seen)} if self.counts else {}
        return Reply(**(vars(answer) | told))

    def server_facts(self) -> ServerFacts:
        return self.facts

    def reload(self) -> int | None:
        self.loaded += 1
        return self.loads_ns[min(self.loaded, len(self.loads_ns)) - 1]

    def close(self) -> None:
        pass
