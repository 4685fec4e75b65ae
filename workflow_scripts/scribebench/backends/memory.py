"""How servers say that there is not enough memory, in their logs and in their replies."""

import re

# A line that tells of memory that could not be pinned or locked is a warning: the server goes on.
OUT_OF_MEMORY = re.compile(
    r"^(?!.*(\bmlock|\bpinned\b)).*("
    r"out of (device |host |gpu )?memory|OutOf(Device|Host)?Memory|insufficient memory"
    r"|(failed|unable|not able|cannot) to allocate|cannot allocate memory|cudaMalloc failed"
    r"|bad_alloc|\bMemoryError\b|not enough (free |available )?memory|more system memory"
    r"|(?<!avoid )\bOOM\b"
    # vLLM reckons before it allocates.
    r"|no available memory for the cache blocks|larger than the available KV cache memory"
    r"|free memory on device .* is less than desired"
    r")",
    re.I | re.M,
)
