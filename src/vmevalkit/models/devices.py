"""What open models run on: the GPUs of this machine, or its CPU."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vmevalkit.errors import DeviceNotFoundError
from vmevalkit.settings import passed_on

_QUERY = ("nvidia-smi", "--query-gpu=index,uuid,name,memory.total", "--format=csv,noheader,nounits")
_QUERY_SECONDS = 20
_MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Device:
    """Something that a worker runs on."""

    name: str
    """`cpu`, or the name of the GPU."""
    index: str | None = None
    """Number of the GPU; None for the CPU."""
    memory_bytes: int | None = None
    """Memory of the GPU; None where nobody told."""

    @property
    def is_gpu(self) -> bool:
        """Whether it is a GPU."""
        return self.index is not None


CPU = Device("cpu")


def find_gpus() -> list[Device]:
    """The GPUs that may be used here, as CUDA_VISIBLE_DEVICES allows; empty without a driver."""
    if shutil.which(_QUERY[0]) is None:
        return []
    try:
        told = subprocess.run(_QUERY, capture_output=True, text=True, timeout=_QUERY_SECONDS, check=True).stdout
    except (subprocess.SubprocessError, OSError):
        return []
    found: dict[str, Device] = {}
    for line in told.splitlines():
        index, uuid, name, memory = ([part.strip() for part in line.split(",")] + [""] * 4)[:4]
        if index.isdigit():  # else it is a message
            found[index] = found[uuid] = Device(name, index, int(memory) * _MEBIBYTE if memory.isdigit() else None)
    visible = passed_on(("CUDA_VISIBLE_DEVICES",)).get("CUDA_VISIBLE_DEVICES")  # set to nothing, it hides all
    if visible is None:
        return [gpu for name, gpu in found.items() if name.isdigit()]
    return [gpu for name in visible.split(",") if (gpu := _named(name.strip(), found)) is not None]


def _named(name: str, found: Mapping[str, Device]) -> Device | None:
    """The GPU of that number, or the beginning of that identifier; a slice of one is a device of its own."""
    if name.startswith("MIG-"):
        return Device("slice of a GPU", name)
    if name.isdigit():
        return found.get(name)
    return next((gpu for uuid, gpu in found.items() if name and uuid.startswith(name)), None)


def choose_devices(asked: str | None, gpus: Sequence[Device]) -> tuple[Device, ...]:
    """The devices asked for, such as `0`, `0,1`, `all` or `cpu`; without a word the first GPU, else the CPU.

    Raises DeviceNotFoundError for a GPU that is not there.
    """
    if asked is None:
        return tuple(gpus[:1]) or (CPU,)
    if asked == "cpu":
        return (CPU,)
    known = {gpu.index: gpu for gpu in gpus}
    wanted = list(known) if asked == "all" else [name.strip() for name in asked.split(",")]
    if not wanted or any(name not in known for name in wanted):
        there = f"the GPUs {', '.join(str(index) for index in known)}" if known else "no GPU"
        raise DeviceNotFoundError(
            f"This machine has {there} that may be used, and {asked!r} was asked for",
            expected="`all`, `cpu`, or numbers of GPUs, such as 0 or 0,1",
            next_step="`nvidia-smi` shows the GPUs; CUDA_VISIBLE_DEVICES may hide some",
        )
    return tuple(known[name] for name in dict.fromkeys(wanted))
