"""What describing needs of a backend, and what a backend answers."""

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from scribebench.errors import ScribebenchError

# The digest of a model whose server never told one, since the model does not fit into the memory.
NOT_STARTED = "not-started"


class ServerUnreachableError(ScribebenchError):
    """The server cannot be talked to at all; finished requests can be used without it.

    `attempts` is how often a request was sent in vain.
    """

    def __init__(self, message: str, attempts: int = 0):
        super().__init__(message)
        self.attempts = attempts


@dataclass(frozen=True)
class Frame:
    """A kept frame and its picture on disk."""

    frame_index: int
    time_s: float
    image: Path
    image_sha256: str


@dataclass(frozen=True)
class ImageFacts:
    """What is known of a picture as it is sent, without its bytes."""

    sha256: str
    width_px: int
    height_px: int
    size_bytes: int


@dataclass(frozen=True)
class SentImage:
    """A picture as it is sent: encoded bytes and their size in pixels.

    `base64` is made with it: while the server works on the request before, not while it waits.
    """

    data: bytes
    sha256: str
    media_type: str
    width_px: int
    height_px: int
    base64: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "base64", b64encode(self.data))

    @property
    def facts(self) -> ImageFacts:
        """What outlives the request; the bytes of a whole session would fill the memory."""
        return ImageFacts(self.sha256, self.width_px, self.height_px, len(self.data))


# The content of a user message: texts and pictures in order.
Part = str | SentImage


@dataclass(frozen=True)
class FrameDescription:
    """What is said of one frame; null where nothing is said."""

    text: str | None = None
    visible: str | None = None
    activity: str | None = None
    apps: list[str] | None = None
    topics: list[str] | None = None


@dataclass(frozen=True)
class ModelIdentity:
    """What a server tells of the model that answers."""

    model_id: str
    digest: str
    backend_version: str | None = None
    n_ctx: int | None = None
    quantization: str | None = None


@dataclass(frozen=True)
class Reply:
    """Everything that is known of one answered or failed request; null is unknown.

    `finish_reason` is stop, length, context, content_filter, repeat_abort, client_timeout, error or
    incomplete. `n_ctx` is the context that the server had for it, `model_state_before` is cold,
    warm, other_model_loaded or unknown.
    """

    content: str
    thinking: str
    started_at: datetime
    wall_ns: int
    finish_reason: str
    stream_complete: bool
    attempts: int = 1
    finish_reason_raw: str | None = None
    http_status: int | None = None
    ttft_ns: int | None = None
    ttft_content_ns: int | None = None
    srv_total_ns: int | None = None
    srv_load_ns: int | None = None
    srv_prompt_eval_ns: int | None = None
    srv_eval_ns: int | None = None
    prompt_tokens: int | None = None
    prompt_tokens_cached: int | None = None
    prompt_tokens_evaluated: int | None = None
    output_tokens: int | None = None
    thinking_tokens: int | None = None
    image_tokens_expected: int | None = None
    image_tokens_measured: int | None = None
    images_fit: bool | None = None
    draft_tokens: int | None = None
    draft_tokens_accepted: int | None = None
    n_ctx: int | None = None
    model_state_before: str | None = None
    error_kind: str | None = None
    error_message: str | None = None
    # Whether it was measured for another session; such a row enters no speed figure.
    is_reused: bool = False
    # Only a backend that makes no text reply fills this: one description for each frame.
    frames: list[FrameDescription] | None = None


@dataclass(frozen=True)
class ServerFacts:
    """What is known of the server that runs; null is unknown.

    `memory_claimed_bytes` is the server's own word, `log` is what it printed, `cold_load_ns` the
    time from its start to its readiness.
    """

    pid: int | None = None
    log: Path | None = None
    n_ctx: int | None = None
    memory_claimed_bytes: int | None = None
    cold_load_ns: int | None = None


class Backend(Protocol):
    """A way to ask a model. `endpoint_kind` is native, v1 or embedded."""

    endpoint_kind: str
    # Embedded backends answer from what is on disk: no server, no journal, no GPU, no pictures.
    embedded: bool

    def identify(self) -> ModelIdentity:
        """Return who answers. Raises ServerUnreachableError, or ScribebenchError with a mend."""

    def sent_options(self) -> dict[str, Any]:
        """Return everything that a request holds besides its messages."""

    def limit_s(self, images: int, max_tokens: int | None = None) -> float | None:
        """Return how long a request with so many pictures may take; null is without a limit.

        `max_tokens` is what `ask` is given in place of the usual.
        """

    def ask(
        self,
        frames: list[Frame],
        parts: list[Part],
        max_tokens: int | None = None,
        seed: int | None = None,
    ) -> Reply:
        """Ask once about these frames and return what came of it; `max_tokens` in place of
        the usual, and `seed` in place of that of the model's file.

        A model's fault is in the reply; only an infrastructure fault is raised.
        """

    def server_facts(self) -> ServerFacts:
        """Return what is known of the server, after it has answered."""

    def reload(self) -> int | None:
        """Load the model anew and return how long that took, in ns; null when it is not ours to."""

    def close(self) -> None:
        """Let go of the server, and end it when it was started for this backend."""
