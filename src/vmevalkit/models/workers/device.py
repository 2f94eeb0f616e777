"""What a worker runs on, and how much memory that took."""

from __future__ import annotations

import sys
from typing import Any


def device_facts() -> dict[str, Any]:
    """Names and memory of the GPUs that this process sees."""
    import torch  # noqa: PLC0415 (takes seconds)

    if not torch.cuda.is_available():
        return {"devices": []}
    found = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
    return {"devices": [{"name": each.name, "memory_bytes": each.total_memory} for each in found]}


def reset_peak_memory() -> None:
    """Begin to count anew."""
    import torch  # noqa: PLC0415

    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def peak_memory_bytes() -> int | None:
    """Most memory in use: of the GPU since the count began, without one of the process since it started."""
    import torch  # noqa: PLC0415

    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 (not on Windows)

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
