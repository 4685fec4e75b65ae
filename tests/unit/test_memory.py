"""What servers say when there is not enough memory, and what they say besides."""

import pytest

from scribebench.backends.memory import OUT_OF_MEMORY
from scribebench.backends.streams import error_kind

SAID = (
    "[METAL] Command buffer execution failed: Insufficient Memory "
    "(00000008:kIOGPUCommandBufferCallbackErrorOutOfMemory)",
    "HIP error: hipErrorOutOfMemory",
    "ggml_vulkan: vk::Device::allocateMemory: ErrorOutOfDeviceMemory",
    "unable to allocate CUDA0 buffer",
    "ggml_backend_cuda_buffer_type_alloc_buffer: cudaMalloc failed: out of memory",
    "failed to allocate buffer for the cache",
    "mmap failed: Cannot allocate memory",
    "terminate called after throwing an instance of 'std::bad_alloc'",
    "not enough memory",
    "CUDA OOM",
    "model requires more system memory (9.1 GiB) than is available (7.2 GiB)",
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.",
    "MemoryError",
    "ValueError: No available memory for the cache blocks. Try increasing",
    "ValueError: Free memory on device (3.2/4.0 GiB) on startup is less than desired",
)
WARNED = (
    "warning: failed to mlock 1234-byte buffer (after previously locking 0 bytes): Cannot allocate "
    "memory",
    "ggml_cuda_host_malloc: failed to allocate 1024.00 MiB of pinned memory: out of memory",
    "lower it to avoid OOM",
    "there is no room for the zoom",
    "the memory of this machine",
)


@pytest.mark.parametrize("text", SAID)
def test_too_little_memory_is_told_by_many_words(text: str) -> None:
    assert error_kind(text) == "oom"
    assert OUT_OF_MEMORY.search(f"loading\n{text}\nended")
    # A warning before it takes nothing away.
    assert OUT_OF_MEMORY.search(f"{WARNED[0]}\n{text}")


@pytest.mark.parametrize("text", WARNED)
def test_a_warning_is_no_end(text: str) -> None:
    assert error_kind(text) == "server"
    assert not OUT_OF_MEMORY.search(f"loading\n{text}\nerror: invalid argument: --foo")
