"""The text half of the pair: a two-layer Qwen3-VL (or its mixture-of-experts sister)."""

from pathlib import Path
from typing import Literal, get_args

import gguf
import numpy as np

from support.tiny_vlm import attention, wording
from support.tiny_vlm.attention import AttentionWeights
from support.tiny_vlm.behaviours import Behaviour, Chapters, next_chapters, pictured_chapters
from support.tiny_vlm.gguf_files import add_tensor, gguf_file, idle_weights
from support.tiny_vlm.lexicon import Lexicon, make_lexicon
from support.tiny_vlm.readout import output_matrix
from support.tiny_vlm.residual import ResidualStream

Architecture = Literal["qwen3vl", "qwen3vlmoe"]
ARCHITECTURES: tuple[Architecture, ...] = get_args(Architecture)

EXPERTS = 8
_HIDDEN_SIZE = 128
_EXPERT_HIDDEN_SIZE = 64
DEEPSTACK_LAYERS = 1
_SEED = 1


def write_language_model(
    path: Path,
    architecture: Architecture,
    behaviour: Behaviour,
    chapters: Chapters,
    context_tokens: int,
) -> ResidualStream:
    """Write the text model; returns its residual stream, which the vision tower must match."""
    lexicon = make_lexicon(chapters, behaviour)
    stream = ResidualStream(len(lexicon.texts), chapters.count)
    layers = (
        attention.binding_layer(lexicon.openers(chapters), stream),
        attention.look_up_layer(
            next_chapters(chapters, behaviour),
            pictured_chapters(chapters, behaviour),
            lexicon.turn_start,
            chapters,
            stream,
        ),
    )
    random = np.random.default_rng(_SEED)
    with gguf_file(path, architecture) as writer:
        _add_sizes(writer, architecture, stream.width, len(layers), context_tokens)
        _add_tokenizer(writer, lexicon, can_think=behaviour == "think")
        # A text token starts as its own one-hot, which the output matrix reads at the end.
        add_tensor(writer, "token_embd.weight", np.eye(stream.vocabulary, stream.width))
        add_tensor(writer, "output_norm.weight", np.ones(stream.width))
        matrix = output_matrix(lexicon, chapters, stream, behaviour)
        add_tensor(writer, "output.weight", matrix)
        for number, weights in enumerate(layers):
            _add_attention(writer, f"blk.{number}", weights, stream.width)
            if architecture == "qwen3vlmoe":
                _add_idle_experts(writer, f"blk.{number}", random, stream.width)
            else:
                _add_idle_feed_forward(writer, f"blk.{number}", random, stream.width)
    return stream


def _add_sizes(
    writer: gguf.GGUFWriter,
    architecture: Architecture,
    width: int,
    layer_count: int,
    context_tokens: int,
) -> None:
    writer.add_size_label("tiny")
    writer.add_context_length(context_tokens)
    writer.add_embedding_length(width)
    writer.add_block_count(layer_count)
    writer.add_feed_forward_length(_HIDDEN_SIZE)
    writer.add_head_count(attention.HEADS)
    writer.add_head_count_kv(attention.KEY_VALUE_HEADS)
    writer.add_key_length(attention.HEAD_SIZE)
    writer.add_value_length(attention.HEAD_SIZE)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(attention.ROPE_BASE)
    writer.add_rope_dimension_sections(list(attention.ROPE_SECTIONS))
    writer.add_uint32(f"{architecture}.n_deepstack_layers", DEEPSTACK_LAYERS)
    if architecture == "qwen3vlmoe":
        writer.add_expert_count(EXPERTS)
        writer.add_expert_used_count(EXPERTS)
        writer.add_expert_feed_forward_length(_EXPERT_HIDDEN_SIZE)


def _add_tokenizer(writer: gguf.GGUFWriter, lexicon: Lexicon, *, can_think: bool) -> None:
    writer.add_vocab_size(len(lexicon.texts))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(lexicon.texts)
    writer.add_token_types(lexicon.kinds)
    # The loader asks for merges; this one makes a text that is no token, so it never applies.
    writer.add_token_merges(["Ġ t"])
    writer.add_eos_token_id(lexicon.turn_end)
    writer.add_bos_token_id(lexicon.end_of_text)
    writer.add_pad_token_id(lexicon.end_of_text)
    writer.add_add_bos_token(False)
    writer.add_chat_template(wording.chat_template(can_think=can_think))


def _add_attention(
    writer: gguf.GGUFWriter, prefix: str, weights: AttentionWeights, width: int
) -> None:
    add_tensor(writer, f"{prefix}.attn_norm.weight", np.ones(width))
    add_tensor(writer, f"{prefix}.attn_q.weight", weights.query)
    add_tensor(writer, f"{prefix}.attn_k.weight", weights.key)
    add_tensor(writer, f"{prefix}.attn_v.weight", weights.value)
    add_tensor(writer, f"{prefix}.attn_output.weight", weights.output)
    add_tensor(writer, f"{prefix}.attn_q_norm.weight", weights.query_gain)
    add_tensor(writer, f"{prefix}.attn_k_norm.weight", weights.key_gain)
    add_tensor(writer, f"{prefix}.ffn_norm.weight", np.ones(width))


def _add_idle_feed_forward(
    writer: gguf.GGUFWriter, prefix: str, random: np.random.Generator, width: int
) -> None:
    add_tensor(writer, f"{prefix}.ffn_gate.weight", idle_weights(random, _HIDDEN_SIZE, width))
    add_tensor(writer, f"{prefix}.ffn_up.weight", idle_weights(random, _HIDDEN_SIZE, width))
    add_tensor(writer, f"{prefix}.ffn_down.weight", np.zeros((width, _HIDDEN_SIZE)))


def _add_idle_experts(
    writer: gguf.GGUFWriter, prefix: str, random: np.random.Generator, width: int
) -> None:
    """Experts that are really routed to, as many as the server was told, and add zeros."""
    inner = (EXPERTS, _EXPERT_HIDDEN_SIZE, width)
    add_tensor(writer, f"{prefix}.ffn_gate_inp.weight", idle_weights(random, EXPERTS, width))
    add_tensor(writer, f"{prefix}.ffn_gate_exps.weight", idle_weights(random, *inner))
    add_tensor(writer, f"{prefix}.ffn_up_exps.weight", idle_weights(random, *inner))
    outer = (EXPERTS, width, _EXPERT_HIDDEN_SIZE)
    add_tensor(writer, f"{prefix}.ffn_down_exps.weight", np.zeros(outer))
