"""The header of a GGUF file: what model it holds, how precisely, and whether all of it is there.

Only the header is read, a few megabytes of a file of many gigabytes. Nothing in it is trusted:
every length is compared with what is left of the file before it is used. The format is described
in ggml-org/ggml, docs/gguf.md.
"""

import struct
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from scribebench.errors import ScribebenchError

MAGIC = b"GGUF"
VERSIONS = frozenset({2, 3})
# Far above what any model has; below what would take long to read.
MAX_ENTRIES, MAX_TENSORS, MAX_ARRAY = 100_000, 1_000_000, 50_000_000
MAX_NAME_BYTES, MAX_TEXT_BYTES, MAX_DIMENSIONS = 65_535, 64 * 2**20, 8

# Types of values, by their number in the file.
SCALARS = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q",
    12: "<d",
}  # fmt: skip
TEXT, ARRAY = 8, 9
# Types of tensors, by their number in the file (ggml_type).
TENSOR_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1",
    10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K", 16: "IQ2_XXS",
    17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS",
    24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 30: "BF16", 34: "TQ1_0",
    35: "TQ2_0", 39: "MXFP4", 40: "NVFP4", 41: "Q1_0",
}  # fmt: skip
# Elements of a block of each type, and its bytes (GGML_QUANT_SIZES of the gguf package).
BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    9: (32, 40), 10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210),
    15: (256, 292), 16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18),
    21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8),
    28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17), 40: (64, 36),
    41: (128, 18),
}  # fmt: skip
DEFAULT_ALIGNMENT, MAX_ALIGNMENT = 32, 2**20
# What a file says of itself as a whole (llama_ftype).
FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K",
    11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S",
    17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS",
    23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S", 29: "IQ2_M",
    30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4_MOE", 39: "NVFP4",
    40: "Q1_0",
}  # fmt: skip
# Weights of which at least eight bits are kept.
PRECISE = frozenset({"F64", "F32", "F16", "BF16", "Q8_0", "Q8_1", "Q8_K"})


@dataclass(frozen=True)
class Header:
    """What a file says of itself; null where it says nothing.

    `file_type` is the file's own word, `tensor_type` what most of its weights are stored as, and
    `metadata` all values that are no lists.
    """

    architecture: str | None
    name: str | None
    file_type: str | None
    tensor_type: str | None
    metadata: dict[str, Any]

    @property
    def below_q8(self) -> bool | None:
        """Whether most weights have fewer than eight bits; null when their type is unknown."""
        return None if self.tensor_type is None else self.tensor_type not in PRECISE


def read_header(path: Path) -> Header:
    """Read the header of a file. Raises ScribebenchError when it is damaged, or no GGUF file."""
    try:
        with path.open("rb") as stream:
            return _read(stream, path.stat().st_size)
    except _DamagedError as error:
        raise ScribebenchError(
            f"{path} is no GGUF file that can be used ({error}); download it again, or correct the "
            "path under `files:` in the model's file"
        ) from error
    except OSError as error:
        raise ScribebenchError(f"{path} cannot be read: {error.strerror}") from error


class _DamagedError(Exception):
    """What is wrong with a file."""


class _Reader:
    """Reads values in order, and never beyond the end of the file."""

    def __init__(self, stream: BinaryIO, size: int):
        self._stream = stream
        self._size = self._left = size

    @property
    def place(self) -> int:
        """How many bytes were read or passed over."""
        return self._size - self._left

    def data(self, length: int) -> bytes:
        self._left -= length
        data = self._stream.read(length) if self._left >= 0 else b""
        if len(data) != length:
            raise _DamagedError("it ends in the middle of its header")
        return data

    def skip(self, length: int) -> None:
        self._left -= length
        if self._left < 0:
            raise _DamagedError("it ends in the middle of its header")
        self._stream.seek(length, 1)

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.data(struct.calcsize(form)))[0]

    def count(self, what: str, limit: int) -> int:
        count = self.number("<Q")
        if count > limit:
            raise _DamagedError(f"it claims {count} {what}")
        return int(count)

    def text(self, limit: int = MAX_TEXT_BYTES) -> str:
        return self.data(self.count("bytes of a text", limit)).decode("utf-8", errors="replace")


def _read(stream: BinaryIO, size: int) -> Header:
    reader = _Reader(stream, size)
    if reader.data(4) != MAGIC:
        raise _DamagedError("it does not begin with GGUF")
    version = reader.number("<I")
    if version not in VERSIONS:
        raise _DamagedError(f"its format version is {version}; known are 2 and 3, little-endian")
    tensors = reader.count("tensors", MAX_TENSORS)
    entries = reader.count("entries", MAX_ENTRIES)
    metadata = {}
    for _ in range(entries):
        key = reader.text(MAX_NAME_BYTES)
        value = _value(reader, reader.number("<I"))
        if value is not None:
            metadata[key] = value
    elements: Counter[int] = Counter()
    data_bytes = 0
    for _ in range(tensors):
        kind, count, offset = _tensor(reader)
        elements[kind] += count
        data_bytes = max(data_bytes, offset + _least_bytes(kind, count))
    if data_bytes:
        whole = _aligned(reader.place, metadata.get("general.alignment")) + data_bytes
        if whole > size:
            raise _DamagedError(f"it has {size} of at least {whole} bytes: the rest is missing")
    most = max(elements, key=lambda kind: elements[kind], default=None)
    return Header(
        architecture=_text(metadata.get("general.architecture")),
        name=_text(metadata.get("general.name")),
        file_type=_known(FILE_TYPES, metadata.get("general.file_type")),
        tensor_type=_known(TENSOR_TYPES, most),
        metadata=metadata,
    )


def _value(reader: _Reader, kind: int) -> Any:
    """Return a value; null for a list, which is passed over."""
    if kind in SCALARS:
        return reader.number(SCALARS[kind])
    if kind == TEXT:
        return reader.text()
    if kind != ARRAY:
        raise _DamagedError(f"it has a value of the unknown type {kind}")
    inner, count = reader.number("<I"), reader.count("items of a list", MAX_ARRAY)
    if inner in SCALARS:
        reader.skip(count * struct.calcsize(SCALARS[inner]))
    elif inner == TEXT:
        for _ in range(count):
            reader.skip(reader.count("bytes of a text", MAX_TEXT_BYTES))
    else:
        raise _DamagedError(f"it has a list of the unknown type {inner}")
    return None


def _tensor(reader: _Reader) -> tuple[int, int, int]:
    """Return the type of the next tensor, its number of elements, and where its data begins."""
    reader.text(MAX_NAME_BYTES)
    dimensions = reader.number("<I")
    if dimensions > MAX_DIMENSIONS:
        raise _DamagedError(f"it has a tensor of {dimensions} dimensions")
    elements = 1
    for _ in range(dimensions):
        elements *= reader.number("<Q")
    return reader.number("<I"), elements, reader.number("<Q")


def _least_bytes(kind: int, elements: int) -> int:
    """Return the bytes of a tensor; of a type that is not known, no more than there must be."""
    block, size = BLOCKS.get(kind, (max(elements, 1), 1))
    return elements // block * size


def _aligned(place: int, alignment: Any) -> int:
    """Return where the data of the tensors begins, behind the header that ends at `place`."""
    step = alignment if isinstance(alignment, int) else DEFAULT_ALIGNMENT
    if not 0 < step <= MAX_ALIGNMENT:
        raise _DamagedError(f"its data is aligned to {step} bytes")
    return -(-place // step) * step


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _known(names: dict[int, str], number: Any) -> str | None:
    return names.get(number) if isinstance(number, int) else None
