"""The video that emulated providers make of everything."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from PIL import Image

from vmevalkit.media.encode import encode


@cache
def clip() -> bytes:
    """A short MP4 of a square that moves: whole, playable, and nobody's work."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        encode([_frame(number) for number in range(12)], path, 12)
        return path.read_bytes()


def _frame(number: int) -> Image.Image:
    frame = Image.new("RGB", (128, 72), "white")
    frame.paste((200, 60, 40), (8 * number, 24, 8 * number + 24, 48))
    return frame
