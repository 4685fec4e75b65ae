"""From a request and its reply to the rows of `requests` and `descriptions`."""

from dataclasses import asdict, dataclass
from typing import Any

from scribebench.backends.base import (
    NOT_STARTED,
    Backend,
    Frame,
    FrameDescription,
    ImageFacts,
    ModelIdentity,
    Reply,
)
from scribebench.describe.journal import Conditions
from scribebench.describe.prompt import LAYOUT
from scribebench.grading.split import split_reply
from scribebench.project.documents import canonical_json
from scribebench.project.models import Run, run_id
from scribebench.tables import SCHEMA_VERSION

NS_PER_S = 1e9
NAMED_OPTIONS = ("temperature", "top_p", "min_p", "repeat_penalty", "presence_penalty")


@dataclass(frozen=True)
class RunContext:
    """What all requests of a run share."""

    session: str
    run: Run
    settings: dict[str, Any]
    prompt_sha256: str | None
    identity: ModelIdentity
    options: dict[str, Any]
    machine: dict[str, Any]
    experiment: str = "describe"

    @property
    def run_id(self) -> str:
        """A short hash of the session, the model and the variant."""
        return run_id(self.session, self.run)

    @property
    def digest(self) -> str | None:
        """The digest of the model that was asked; null when its server never started."""
        return None if self.identity.digest == NOT_STARTED else self.identity.digest

    @property
    def key_columns(self) -> dict[str, str]:
        return {"session": self.session, "model": self.run.model, "variant": self.run.variant}


@dataclass(frozen=True)
class Answered:
    """A batch of frames, what was sent of them, and what came of it."""

    order_index: int
    frames: list[Frame]
    images: list[ImageFacts]
    request_uid: str
    reply: Reply
    conditions: Conditions
    cache_hit: bool
    warmup: bool = False


def request_row(context: RunContext, backend: Backend, answered: Answered) -> dict[str, Any]:
    """Return the row of `requests`."""
    reply, images, options = answered.reply, answered.images, context.settings.get("options", {})
    # Ollama takes its options together, other servers beside the rest.
    sent = context.options.get("options", context.options)
    reasons = speed_invalid_reasons(answered)
    evaluated = reply.prompt_tokens_evaluated
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": context.run_id,
        **context.key_columns,
        "request_uid": answered.request_uid,
        "experiment": context.experiment,
        "item_id": "+".join(str(frame.frame_index) for frame in answered.frames),
        "repeat_index": 0,
        "request_seed": options.get("seed"),
        "order_index": answered.order_index,
        "model_id": context.identity.model_id,
        "model_digest": context.digest,
        "quantization": context.identity.quantization or context.settings.get("quant"),
        "backend": context.settings["backend"],
        "backend_version": answered.conditions.backend_version,
        "endpoint_kind": backend.endpoint_kind,
        "prompt_sha256": context.prompt_sha256,
        "layout": None if backend.embedded else LAYOUT,
        "image_count": len(answered.frames),
        "image_sha256": [image.sha256 for image in images]
        or [frame.image_sha256 for frame in answered.frames],
        "image_w_px": [image.width_px for image in images] or None,
        "image_h_px": [image.height_px for image in images] or None,
        "image_bytes": sum(image.size_bytes for image in images) if images else None,
        "image_tokens_expected": reply.image_tokens_expected,
        "image_tokens_measured": reply.image_tokens_measured,
        "images_fit": reply.images_fit,
        "frame_ts_s": [frame.time_s for frame in answered.frames],
        "n_ctx_requested": _number(sent.get("num_ctx", options.get("num_ctx")), int),
        "n_ctx_effective": (reply.n_ctx or answered.conditions.n_ctx) if reply.attempts else None,
        "max_output_tokens": _number(sent.get("max_tokens", sent.get("num_predict")), int),
        **{name: _number(sent.get(name), int | float) for name in NAMED_OPTIONS},
        "think_requested": _think(context.settings.get("think")),
        "options_json": canonical_json(context.options),
        "t_start_utc": reply.started_at,
        "wall_ns": reply.wall_ns,
        "ttft_ns": reply.ttft_ns,
        "ttft_content_ns": reply.ttft_content_ns,
        "srv_total_ns": reply.srv_total_ns,
        "srv_load_ns": reply.srv_load_ns,
        "srv_prompt_eval_ns": reply.srv_prompt_eval_ns,
        "srv_eval_ns": reply.srv_eval_ns,
        "srv_unaccounted_ns": _unaccounted_ns(reply),
        "prompt_tokens": reply.prompt_tokens,
        "prompt_tokens_cached": reply.prompt_tokens_cached,
        "output_tokens": reply.output_tokens,
        "thinking_tokens": reply.thinking_tokens,
        "draft_tokens": reply.draft_tokens,
        "draft_tokens_accepted": reply.draft_tokens_accepted,
        "content_chars": len(reply.content),
        "thinking_chars": len(reply.thinking),
        "decode_tps": _rate(reply.output_tokens, reply.srv_eval_ns),
        "prefill_tps": _rate(evaluated, reply.srv_prompt_eval_ns),
        "wall_tps": _rate(reply.output_tokens, reply.wall_ns),
        "s_per_image": reply.wall_ns / NS_PER_S / len(answered.frames) if answered.frames else None,
        "model_state_before": reply.model_state_before,
        "http_status": reply.http_status,
        "finish_reason_raw": reply.finish_reason_raw,
        "finish_reason": reply.finish_reason,
        "stream_complete": reply.stream_complete,
        "attempts": reply.attempts,
        "cache_hit": answered.cache_hit,
        "warmup": answered.warmup,
        "error_kind": reply.error_kind,
        "error_message": reply.error_message,
        "speed_valid": not reasons,
        "speed_invalid_reasons": reasons,
        "output_text_ref": None if answered.warmup else f"replies.jsonl.zst#{answered.order_index}",
    }


def description_rows(context: RunContext, answered: Answered) -> list[dict[str, Any]]:
    """Return one row of `descriptions` for each frame that was asked about."""
    described = answered.reply.frames or split_reply(answered.reply.content, len(answered.frames))
    return [
        {
            **context.key_columns,
            "request_uid": answered.request_uid,
            "slot": slot,
            "frame_index": frame.frame_index,
            "time_s": frame.time_s,
            **_fields(description),
        }
        for slot, (frame, description) in enumerate(zip(answered.frames, described, strict=True))
    ]


def speed_invalid_reasons(answered: Answered) -> list[str]:
    """Say why a row must not enter a speed figure: cut short, failed, or not measured."""
    reply = answered.reply
    reasons = {
        "warm-up": answered.warmup,
        "answered for another run or batch": answered.cache_hit,
        "failed": reply.error_kind is not None,
        "not finished": reply.finish_reason != "stop",
        "stream not complete": not reply.stream_complete,
        "empty": not reply.content.strip() and reply.frames is None,
        "retried": reply.attempts > 1,
        "the model was not loaded": reply.model_state_before in ("cold", "other_model_loaded"),
        "images not in the context": reply.images_fit is False,
    }
    return [reason for reason, holds in reasons.items() if holds]


def _number(value: Any, kind: Any) -> Any:
    """`extra_body` may hold anything under the name of an option."""
    return value if isinstance(value, kind) and not isinstance(value, bool) else None


def _fields(description: FrameDescription) -> dict[str, Any]:
    return asdict(description)


def _unaccounted_ns(reply: Reply) -> int | None:
    """Return the time that a server spent on none of its phases: queueing and preprocessing."""
    parts = (reply.srv_load_ns, reply.srv_prompt_eval_ns, reply.srv_eval_ns)
    if reply.srv_total_ns is None or None in parts:
        return None
    return max(0, reply.srv_total_ns - sum(part for part in parts if part is not None))


def _think(value: bool | str | None) -> str:
    return "unset" if value is None else str(value).lower()


def _rate(count: int | None, duration_ns: int | None) -> float | None:
    return count / (duration_ns / NS_PER_S) if count and duration_ns else None
