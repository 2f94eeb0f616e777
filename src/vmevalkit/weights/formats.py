"""Containers of weights: whether a file is whole, told from its own structure. Nothing is ever unpickled."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

_PICKLED = {".bin", ".ckpt", ".pt", ".pth"}
_ZIP_START = b"PK"
_POINTER_START = b"version https://git-lfs"
_POINTER_SIZE = 1024
_LENGTH_BYTES = 8
_LONGEST_HEADER = 100 * 2**20


def fault_of(path: Path) -> str | None:
    """What is wrong with the file, such as `its header ends early`; None where nothing can be told.

    Only a few bytes are read, so changed values pass. A file of torch from before 2020 is a pickle without a zip around
    it: of that nothing but its size can be checked.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(len(_POINTER_START)) if size < _POINTER_SIZE or path.suffix in _PICKLED else b""
    if size < _POINTER_SIZE and start == _POINTER_START:
        return "it is a Git LFS pointer, which stands for a file that was not fetched"
    if path.suffix == ".safetensors":
        return _fault_of_safetensors(path, size)
    if start.startswith(_ZIP_START):
        return _fault_of_zip(path)
    return None


def _fault_of_safetensors(path: Path, size: int) -> str | None:
    """The format: eight bytes with the length of a JSON header, the header, and the values it tells the places of."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        start = _LENGTH_BYTES + length
        if size < _LENGTH_BYTES or length > _LONGEST_HEADER or start > size:
            return f"its safetensors header would end at byte {start}, and the file has {size}"
        header = file.read(length)
    try:
        tensors = json.loads(header)
        ends = [int(tensor["data_offsets"][1]) for name, tensor in tensors.items() if name != "__metadata__"]
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return "its safetensors header cannot be read"
    end = start + max(ends, default=0)
    return None if end == size else f"its safetensors header tells of {end} bytes, and the file has {size}"


def _fault_of_zip(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return "its zip directory cannot be read, so it was cut off"
    return None
