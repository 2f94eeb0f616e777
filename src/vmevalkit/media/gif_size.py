"""How long a GIF file should be by its own structure."""

from __future__ import annotations

from typing import BinaryIO

_EXTENSION, _IMAGE, _TRAILER = b"\x21", b"\x2c", b"\x3b"


def gif_size(file: BinaryIO) -> int | None:
    """Where the byte ends that closes the file, or one more than is there; None for what cannot be followed."""
    held = file.seek(0, 2)
    file.seek(6)
    _skip_colors(file, 4, 2)
    while file.tell() < held:
        kind = file.read(1)
        if kind == _TRAILER:
            return file.tell()
        if kind == _EXTENSION:
            file.seek(1, 1)
        elif kind == _IMAGE:
            _skip_colors(file, 8, 0)
            file.seek(1, 1)  # the size of its codes
        else:
            return None
        _skip_blocks(file)
    return max(file.tell(), held) + 1


def _skip_colors(file: BinaryIO, before: int, after: int) -> None:
    """Go past a description of `before` bytes, one byte of flags and `after` bytes, and the colors it announces."""
    flags = file.read(before + 1 + after)[before : before + 1] or b"\0"
    if flags[0] & 0x80:
        file.seek(3 << (flags[0] & 7) + 1, 1)


def _skip_blocks(file: BinaryIO) -> None:
    while length := file.read(1):
        if length == b"\0":
            return
        file.seek(length[0], 1)
