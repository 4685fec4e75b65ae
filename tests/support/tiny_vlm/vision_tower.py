"""The image half of the pair: a one-layer Qwen3-VL vision tower that passes mean colours through.

Patches of 16 x 16 pixels, merged 2 x 2, make one image token of 32 x 32 pixels, as in Qwen3-VL.
The graph is the real one (M-RoPE attention, feed forward, deepstack), but all of it adds zeros, and
what arrives in `ResidualStream.colour` is the mean colour of those 32 x 32 pixels.

LayerNorm subtracts the mean of a patch's channels and divides by their standard deviation.  Two
tricks keep it linear: every colour channel has a negative twin, so the mean is 0, and two pivot
channels are so large that the deviation hardly depends on the colour (by 0.6 % at most).
"""

import math
from pathlib import Path

import gguf
import numpy as np

from support.tiny_vlm.attention import Array
from support.tiny_vlm.gguf_files import add_tensor, gguf_file, idle_weights
from support.tiny_vlm.residual import CHANNELS, IMAGE_COLOUR_SCALE, ResidualStream

PATCH_PX = 16
MERGED_PATCHES = 2  # a side
TOKEN_PX = PATCH_PX * MERGED_PATCHES
_GRID_PX = 256  # of the position embedding, which the server stretches to the image
_WIDTH = 64
_HEADS = 1
_HIDDEN_SIZE = 128
_MERGED_WIDTH = MERGED_PATCHES**2 * _WIDTH

_NEGATIVE = CHANNELS  # channels 0-2: mean R, G, B of the patch; 3-5: their negatives
_PIVOTS = (2 * CHANNELS, 2 * CHANNELS + 1)
_FIRST_FREE = 2 * CHANNELS + 2
_PIVOT = 16.0
_DEVIATION = _PIVOT * math.sqrt(2 / _WIDTH)  # what LayerNorm divides by
_SEED = 2


def write_vision_tower(path: Path, stream: ResidualStream) -> None:
    """Write the mmproj that belongs to a text model with this residual stream."""
    random = np.random.default_rng(_SEED)
    with gguf_file(path, "clip") as writer:
        _add_sizes(writer, stream.width)
        _add_patch_embedding(writer, random)
        _add_idle_layer(writer, "v.blk.0", random)
        _add_norm(writer, "v.post_ln", _WIDTH)
        _add_norm(writer, "v.deepstack.0.norm", _MERGED_WIDTH)
        _add_linear(writer, "v.deepstack.0.fc1", idle_weights(random, _MERGED_WIDTH, _MERGED_WIDTH))
        _add_linear(writer, "v.deepstack.0.fc2", np.zeros((stream.width, _MERGED_WIDTH)))
        _add_projector(writer, stream)


def _add_sizes(writer: gguf.GGUFWriter, projected_width: int) -> None:
    writer.add_type("mmproj")
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_string("clip.projector_type", "qwen3vl_merger")
    writer.add_bool("clip.use_gelu", True)
    sizes = {
        "image_size": _GRID_PX,
        "patch_size": PATCH_PX,
        "spatial_merge_size": MERGED_PATCHES,
        "embedding_length": _WIDTH,
        "feed_forward_length": _HIDDEN_SIZE,
        "block_count": 1,
        "attention.head_count": _HEADS,
        "projection_dim": projected_width,
    }
    for key, value in sizes.items():
        writer.add_uint32(f"clip.vision.{key}", value)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-6)
    # (level / 255 - 0.5) / 0.5: black is -1, white is 1
    writer.add_array("clip.vision.image_mean", [0.5] * CHANNELS)
    writer.add_array("clip.vision.image_std", [0.5] * CHANNELS)
    writer.add_array("clip.vision.is_deepstack_layers", [True])


def _add_patch_embedding(writer: gguf.GGUFWriter, random: np.random.Generator) -> None:
    kernel = np.zeros((_WIDTH, CHANNELS, PATCH_PX, PATCH_PX), np.float32)
    share = 0.5 / PATCH_PX**2  # half a mean: a still image passes two kernels, one a time step
    for channel in range(CHANNELS):
        kernel[channel, channel] = share
        kernel[_NEGATIVE + channel, channel] = -share
    bias = np.zeros(_WIDTH, np.float32)
    bias[list(_PIVOTS)] = _PIVOT, -_PIVOT
    add_tensor(writer, "v.patch_embd.weight", kernel)
    add_tensor(writer, "v.patch_embd.weight.1", kernel)
    add_tensor(writer, "v.patch_embd.bias", bias)
    positions = (_GRID_PX // PATCH_PX) ** 2
    embedding = np.zeros((positions, _WIDTH), np.float32)
    embedding[:, _FIRST_FREE:] = idle_weights(random, positions, _WIDTH - _FIRST_FREE)
    add_tensor(writer, "v.position_embd.weight", embedding)


def _add_idle_layer(writer: gguf.GGUFWriter, prefix: str, random: np.random.Generator) -> None:
    _add_norm(writer, f"{prefix}.ln1", _WIDTH)
    _add_linear(writer, f"{prefix}.attn_qkv", idle_weights(random, 3 * _WIDTH, _WIDTH))
    _add_linear(writer, f"{prefix}.attn_out", np.zeros((_WIDTH, _WIDTH)))
    _add_norm(writer, f"{prefix}.ln2", _WIDTH)
    _add_linear(writer, f"{prefix}.ffn_up", idle_weights(random, _HIDDEN_SIZE, _WIDTH))
    _add_linear(writer, f"{prefix}.ffn_down", np.zeros((_WIDTH, _HIDDEN_SIZE)))


def _add_projector(writer: gguf.GGUFWriter, stream: ResidualStream) -> None:
    """Average the four patches of a token and hand their colour on.

    gelu(x) - gelu(-x) = x, so a pair of hidden units is an exact linear read-out through GELU.
    """
    patches = MERGED_PATCHES**2
    hidden = np.zeros((_MERGED_WIDTH, _MERGED_WIDTH), np.float32)
    projected = np.zeros((stream.width, _MERGED_WIDTH), np.float32)
    for channel in range(CHANNELS):
        inputs = [patch * _WIDTH + channel for patch in range(patches)]
        for unit, sign in ((2 * channel, 1), (2 * channel + 1, -1)):
            hidden[unit, inputs] = sign * _DEVIATION / patches
            projected[stream.colour + channel, unit] = sign * IMAGE_COLOUR_SCALE
    is_image = np.zeros(stream.width, np.float32)
    is_image[stream.is_image] = 1
    _add_linear(writer, "mm.0", hidden)
    _add_linear(writer, "mm.2", projected, bias=is_image)


def _add_norm(writer: gguf.GGUFWriter, name: str, size: int) -> None:
    add_tensor(writer, f"{name}.weight", np.ones(size))
    add_tensor(writer, f"{name}.bias", np.zeros(size))


def _add_linear(
    writer: gguf.GGUFWriter, name: str, weight: Array, bias: Array | None = None
) -> None:
    add_tensor(writer, f"{name}.weight", weight)
    add_tensor(writer, f"{name}.bias", np.zeros(len(weight)) if bias is None else bias)
