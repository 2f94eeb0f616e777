"""How long a Matroska or WebM file should be by its own structure."""

from __future__ import annotations

from typing import BinaryIO

EBML = b"\x1a\x45\xdf\xa3"
"""How such a file begins."""

_OPEN_ENDED = {"18538067", "1f43b675"}
"""Segment and Cluster: a live recording may leave their sizes open, and what they hold then follows."""

_KNOWN = _OPEN_ENDED | {
    "1a45dfa3", "114d9b74", "1549a966", "1654ae6b", "1c53bb6b", "1941a469", "1043a770", "1254c367", "ec", "bf",
    "e7", "5854", "a7", "ab", "a3", "a0", "af",
}  # fmt: skip


class _EndOfFileError(Exception):
    """The file ends inside an element's header."""


def matroska_size(file: BinaryIO) -> int:
    """Where the last element that was begun ends; one byte more than is there for a file that ends in its header."""
    end = 0
    while True:
        file.seek(end)
        try:
            name = _element_name(file)
            if name not in _KNOWN:
                return end
            length = _element_length(file)
        except _EndOfFileError:
            return file.seek(0, 2) + 1
        if length is None and name not in _OPEN_ENDED:
            return end
        end = file.tell() + (length or 0)


def _element_name(file: BinaryIO) -> str | None:
    """The element's identifier in hexadecimal; None at the end of the file, and for what is none."""
    first = file.read(1)
    if not first or first[0] < 0x10:
        return None
    return (first + _read(file, 8 - first[0].bit_length())).hex()


def _element_length(file: BinaryIO) -> int | None:
    """The number of bytes in the element; None where that is left open."""
    first = _read(file, 1)[0]
    if not first:
        return None
    width = 9 - first.bit_length()
    value = int.from_bytes(bytes([first & 0xFF >> width]) + _read(file, width - 1), "big")
    return None if value == (1 << 7 * width) - 1 else value


def _read(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise _EndOfFileError
    return data
