"""Frames of an animated GIF, WebP or PNG, by index."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import PIL
from PIL import ImageSequence

from vmevalkit.media.container import StrPath, cut_off, unreadable
from vmevalkit.media.images import flatten, reading_image
from vmevalkit.media.pixels import Pixels, image_pixels

_TICK_SECONDS = 0.001


class Animation:
    """An image file with one or more frames, each with its own display time."""

    decoder = f"pillow {PIL.__version__}"

    def __init__(self, path: StrPath) -> None:
        """Reads the display times of all frames; raises UnreadableImageError; UnreadableVideoError when cut off."""
        self.path = Path(path)
        if reason := cut_off(self.path):
            raise unreadable(self.path, reason)
        *starts, self.duration_seconds = self._times()
        self.seconds: Sequence[float] = starts
        self.count = len(starts)
        self.rounding_seconds = min(_TICK_SECONDS / 2, self.duration_seconds / self.count / 10)

    def read(self, indices: Collection[int], size: tuple[int, int] | None) -> Iterator[tuple[int, Pixels]]:
        """Each frame at `indices` once, on white; raises UnreadableImageError."""
        with reading_image(self.path) as image:
            for index, frame in enumerate(ImageSequence.Iterator(image)):
                if index in indices:
                    yield index, image_pixels(flatten(frame), size)

    def _times(self) -> list[float]:
        times = [0.0]
        with reading_image(self.path) as image:
            for frame in ImageSequence.Iterator(image):
                frame.load()  # WebP tells a frame's duration only then
                times.append(times[-1] + frame.info.get("duration", 0) / 1000)
        return times


def is_image(head: bytes) -> bool:
    """True when a file that starts with these bytes is an image to Pillow rather than a video."""
    return head.startswith((b"GIF8", b"\x89PNG", b"\xff\xd8\xff")) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
