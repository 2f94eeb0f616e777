"""How long a video file should be by its own structure: shows when a download was cut off."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from vmevalkit.media.gif_size import gif_size
from vmevalkit.media.matroska_size import EBML, matroska_size

_BOXES = {
    b"ftyp", b"moov", b"mdat", b"moof", b"free", b"skip", b"wide", b"mfra", b"sidx", b"styp", b"uuid", b"udta", b"meta",
}  # fmt: skip


def promised_size(path: Path) -> int | None:
    """The number of bytes the file says it has, for MP4, MOV, WebM, Matroska, AVI, GIF and WebP; None for others.

    What is written as a stream, piece by piece, promises no more than the end of the last piece that was begun.
    """
    with path.open("rb") as file:
        start = file.read(12)
        if start[:4] == EBML:
            return matroska_size(file)
        if start[:4] == b"RIFF":
            return _riff_size(file)
        if start[:4] == b"GIF8":
            return gif_size(file)
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
