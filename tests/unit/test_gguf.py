"""Headers of GGUF files: what is read of a good one, and what a damaged one leads to."""

import struct
from pathlib import Path
from typing import Any

import gguf as reference
import numpy as np
import pytest

from scribebench.backends import gguf
from scribebench.errors import ScribebenchError

F16, Q8_0, Q4_0 = (
    reference.GGMLQuantizationType.F16,
    reference.GGMLQuantizationType.Q8_0,
    reference.GGMLQuantizationType.Q4_0,
)


def write(path: Path, *tensors: Any, file_type: int | None = 1) -> Path:
    """Write a file with the public library; tensors are (type, elements)."""
    writer = reference.GGUFWriter(path, "clip")
    writer.add_name("Some vision encoder")
    if file_type is not None:
        writer.add_file_type(file_type)
    writer.add_uint32("clip.vision.block_count", 27)
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_float32("clip.epsilon", 0.5)
    writer.add_array("clip.image_mean", [0.5, 0.5, 0.5])
    writer.add_array("tokenizer.ggml.tokens", ["one", "two", "three"])
    writer.add_string("clip.projector_type", "qwen3vl_merger")
    for number, (kind, elements) in enumerate(tensors):
        values = np.zeros((elements // 32, 32), np.float32)
        writer.add_tensor(f"t{number}", reference.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def small(
    entries: bytes = b"",
    *,
    magic: bytes = b"GGUF",
    version: int = 3,
    counts: tuple[int, int] = (0, 0),
) -> bytes:
    """A header by hand; counts are of tensors and entries."""
    return magic + struct.pack("<IQQ", version, *counts) + entries


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def test_a_header_tells_architecture_name_type_and_values(tmp_path: Path) -> None:
    header = gguf.read_header(write(tmp_path / "a.gguf", (F16, 64)))
    assert (header.architecture, header.name) == ("clip", "Some vision encoder")
    assert (header.file_type, header.tensor_type) == ("F16", "F16")
    assert header.metadata["clip.vision.block_count"] == 27
    assert header.metadata["clip.has_vision_encoder"] is True
    assert header.metadata["clip.epsilon"] == 0.5
    # It stands behind the lists, which are passed over.
    assert header.metadata["clip.projector_type"] == "qwen3vl_merger"
    assert "tokenizer.ggml.tokens" not in header.metadata


@pytest.mark.parametrize(
    ("tensors", "most", "below_q8"),
    [
        # Many small tensors in full precision are the rule, and say nothing of the weights.
        ([(F16, 32), (F16, 32), (F16, 32), (Q4_0, 6400)], "Q4_0", True),
        ([(Q4_0, 320), (Q8_0, 3200)], "Q8_0", False),
        ([(Q8_0, 320), (F16, 3200)], "F16", False),
        ([], None, None),
    ],
)
def test_the_type_is_that_of_most_weights_whatever_the_file_says(
    tmp_path: Path, tensors: list[Any], most: str | None, below_q8: bool | None
) -> None:
    header = gguf.read_header(write(tmp_path / "a.gguf", *tensors))
    assert header.tensor_type == most
    assert header.below_q8 is below_q8


def test_what_a_file_does_not_say_is_null(tmp_path: Path) -> None:
    path = tmp_path / "a.gguf"
    path.write_bytes(small())
    header = gguf.read_header(path)
    assert (header.architecture, header.name, header.file_type) == (None, None, None)
    assert gguf.read_header(write(tmp_path / "b.gguf", file_type=None)).file_type is None


def test_a_file_cut_anywhere_in_its_header_is_a_clear_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gguf", (F16, 64))
    data = path.read_bytes()
    header_bytes = data.index(b"t0") + 2 + 4 + 2 * 8 + 4 + 8
    for length in range(header_bytes):
        path.write_bytes(data[:length])
        with pytest.raises(ScribebenchError, match=r"a\.gguf is no GGUF file .*download it again"):
            gguf.read_header(path)


@pytest.mark.parametrize("kind", [F16, Q8_0, Q4_0])
def test_a_file_without_the_end_of_its_data_is_told_from_a_whole_one(
    tmp_path: Path, kind: Any
) -> None:
    path = write(tmp_path / "a.gguf", (F16, 64), (kind, 320))
    data = path.read_bytes()
    assert gguf.read_header(path).architecture == "clip"
    # The library fills the last tensor up to the alignment; a file may do without.
    needed = len(data) - 31
    for length in (needed - 1, needed - 200, len(data) // 2 + 200):
        path.write_bytes(data[:length])
        with pytest.raises(ScribebenchError, match=r"the rest is missing.*download it again"):
            gguf.read_header(path)
    path.write_bytes(data + b"more")
    gguf.read_header(path)


def test_of_a_type_that_is_not_known_the_data_need_only_begin(tmp_path: Path) -> None:
    tensor = text(b"t") + struct.pack("<IQIQ", 1, 64, 999, 96)
    path = tmp_path / "a.gguf"
    path.write_bytes(small(tensor, counts=(1, 0)) + bytes(200))
    assert gguf.read_header(path).tensor_type is None
    path.write_bytes(small(tensor, counts=(1, 0)) + bytes(60))
    with pytest.raises(ScribebenchError, match="the rest is missing"):
        gguf.read_header(path)


HUGE = 2**63


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (small(magic=b"GGML"), "does not begin with GGUF"),
        (small(version=1), "format version is 1"),
        (small(version=3 << 24), "format version is"),
        (small(counts=(HUGE, 0)), "claims 9223372036854775808 tensors"),
        (small(counts=(0, HUGE)), "claims 9223372036854775808 entries"),
        (small(struct.pack("<Q", HUGE), counts=(0, 1)), "bytes of a text"),
        (small(struct.pack("<Q", 60_000), counts=(0, 1)), "middle of its header"),
        (small(text(b"k") + struct.pack("<I", 99), counts=(0, 1)), "unknown type 99"),
        (small(text(b"k") + struct.pack("<IIQ", 9, 9, 1), counts=(0, 1)), "list of the unknown"),
        (small(text(b"k") + struct.pack("<IIQ", 9, 4, HUGE), counts=(0, 1)), "items of a list"),
        (small(text(b"k") + struct.pack("<IIQ", 9, 4, 10**7), counts=(0, 1)), "middle of its"),
        (small(text(b"t") + struct.pack("<I", 1000), counts=(1, 0)), "1000 dimensions"),
    ],
)
def test_a_damaged_file_is_a_clear_error(tmp_path: Path, data: bytes, problem: str) -> None:
    path = tmp_path / "damaged.gguf"
    path.write_bytes(data)
    with pytest.raises(ScribebenchError, match=problem):
        gguf.read_header(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScribebenchError, match=r"none\.gguf cannot be read"):
        gguf.read_header(tmp_path / "none.gguf")


def test_the_numbers_of_types_are_those_of_the_public_library() -> None:
    types = {kind.value: kind.name for kind in reference.GGMLQuantizationType}
    assert types == gguf.TENSOR_TYPES
    blocks = {kind.value: size for kind, size in reference.GGML_QUANT_SIZES.items()}
    assert blocks == gguf.BLOCKS
    files = {
        kind.value: kind.name.removeprefix("MOSTLY_").removeprefix("ALL_")
        for kind in reference.LlamaFileType
        if kind.name != "GUESSED"
    }
    assert files == gguf.FILE_TYPES
