"""Measure which vision-language model, and which settings, should describe a recording."""

import os

__version__ = "0.1.0"

# When NumPy is loaded its OpenBLAS starts a thread for each core, and they take processor time
# while they wait. No matrix here is large enough for two of them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
