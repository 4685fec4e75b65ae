"""Writing a GGUF file: metadata by the writer's own methods, tensors in f32.

f32 throughout, since some CPUs sum products of f16 in f16, where scores of thousands of nats would
overflow.  At this size it costs 4 MB.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gguf
import numpy as np

from support.tiny_vlm.attention import Array

IDLE_SCALE = 0.02  # of random weights whose results are multiplied by zeros


def add_tensor(writer: gguf.GGUFWriter, name: str, values: Array) -> None:
    """Add a tensor of numpy shape (outputs, inputs, ...) or (size,)."""
    writer.add_tensor(name, np.ascontiguousarray(values, np.float32))


@contextmanager
def gguf_file(path: Path, architecture: str) -> Iterator[gguf.GGUFWriter]:
    """Write `path` when the block ends without an error; until then it has another name."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    writer = gguf.GGUFWriter(unfinished, architecture)
    writer.add_name(path.stem)
    writer.add_description("constructed for tests, not trained")
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    try:
        yield writer
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        unfinished.replace(path)
    finally:
        writer.close()
        unfinished.unlink(missing_ok=True)


def idle_weights(random: np.random.Generator, *shape: int) -> Array:
    """Weights that give the server work to do; whoever uses them multiplies by zeros next."""
    return (random.standard_normal(shape) * IDLE_SCALE).astype(np.float32)
