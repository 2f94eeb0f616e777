"""Frames kept as single images, by index."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import PIL

from vmevalkit.media.container import StrPath, unreadable
from vmevalkit.media.images import open_image
from vmevalkit.media.pixels import Pixels, image_pixels

_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp"}


class ImageSeries:
    """Image files that are the frames of a video, in order; they carry no display times."""

    decoder = f"pillow {PIL.__version__}"
    seconds: Sequence[float] = ()
    duration_seconds = rounding_seconds = 0.0

    def __init__(self, paths: Sequence[StrPath], path: StrPath) -> None:
        """`path`: what the series is called in messages; raises UnreadableVideoError for an empty series."""
        if not paths:
            raise unreadable(path, "it holds no images")
        self.path, self._paths, self.count = path, paths, len(paths)

    @classmethod
    def in_folder(cls, folder: Path) -> ImageSeries:
        """The images of a folder in the order of their names, in which 10 comes after 9."""
        images = sorted((file for file in folder.iterdir() if file.suffix.lower() in _SUFFIXES), key=_natural_order)
        return cls(images, folder)

    def read(self, indices: Collection[int], size: tuple[int, int] | None) -> Iterator[tuple[int, Pixels]]:
        """Each image at `indices` once; raises MissingImageError or UnreadableImageError."""
        for index in indices:
            yield index, image_pixels(open_image(self._paths[index]), size)


def _natural_order(file: Path) -> list[tuple[int, str]]:
    return [(int(digits or -1), text) for digits, text in re.findall(r"(\d+)|(\D+)", file.name)]
