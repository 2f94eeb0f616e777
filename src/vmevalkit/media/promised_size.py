"""How long a video file should be by its own structure: shows when a download was cut off."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_BOXES = {
    b"ftyp", b"moov", b"mdat", b"moof", b"free", b"skip", b"wide", b"mfra", b"sidx", b"styp", b"uuid", b"udta", b"meta",
}  # fmt: skip


def promised_size(path: Path) -> int | None:
    """The number of bytes the file says it has, for MP4, MOV, WebM, Matroska and AVI; None where it does not say."""
    with path.open("rb") as file:
        start = file.read(12)
        if start[:4] == _EBML:
            return _matroska_size(file)
        if start[:4] == b"RIFF":
            return _riff_size(file)
        if start[4:8] in _BOXES:
            return _boxes_size(file)
    return None


def _boxes_size(file: BinaryIO) -> int | None:
    end = 0
    while True:
        file.seek(end)
        header = file.read(16)
        if len(header) < 8 or header[4:8] not in _BOXES:
            return end
        size = int.from_bytes(header[:4], "big")
        if size == 1:
            size = int.from_bytes(header[8:], "big")
        if size < 8:  # 0 means up to the end of the file; anything else is not a box
            return None
        end += size


def _riff_size(file: BinaryIO) -> int:
    end = 0
    while True:
        file.seek(end)
        header = file.read(8)
        if len(header) < 8 or header[:4] != b"RIFF":
            return end
        end += 8 + struct.unpack("<I", header[4:])[0]


def _matroska_size(file: BinaryIO) -> int | None:
    file.seek(4)
    length = _ebml_number(file)
    if length is None:
        return None
    file.seek(length, 1)
    if file.read(4) != _SEGMENT:
        return None
    length = _ebml_number(file)
    return None if length is None else file.tell() + length


def _ebml_number(file: BinaryIO) -> int | None:
    first = file.read(1)
    if not first or not first[0]:
        return None
    width = 9 - first[0].bit_length()
    rest = file.read(width - 1)
    value = int.from_bytes(bytes([first[0] ^ 1 << 8 - width]) + rest, "big")
    unknown = (1 << 7 * width) - 1
    return None if value == unknown else value
