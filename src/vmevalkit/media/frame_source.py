"""Where frames come from: a video file, an animated image, or a series of images."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import Protocol

from vmevalkit.media.animation import Animation, is_image
from vmevalkit.media.container import StrPath
from vmevalkit.media.image_series import ImageSeries
from vmevalkit.media.pixels import Pixels
from vmevalkit.media.video_source import VideoSource


class FrameSource(Protocol):
    """Frames that can be read by index."""

    @property
    def path(self) -> StrPath:
        """What the source is called in messages."""

    @property
    def decoder(self) -> str:
        """What reads the pixels, with its version."""

    @property
    def count(self) -> int:
        """Number of frames, at least 1."""

    @property
    def seconds(self) -> Sequence[float]:
        """Display time of each frame from the first one; empty when the source has no times."""

    @property
    def duration_seconds(self) -> float:
        """From the first frame's start to the last frame's end; 0 when the source has no times."""

    @property
    def rounding_seconds(self) -> float:
        """How far display times may lie off those that were meant, because they are stored in whole units."""

    def read(self, indices: Collection[int], size: tuple[int, int] | None) -> Iterator[tuple[int, Pixels]]:
        """Each frame at `indices` once, in any order, scaled to `size` (width, height) where given."""


def open_source(video_path: StrPath | Sequence[StrPath]) -> FrameSource:
    """The frames of a video file, an animated image, a folder of images or a list of image files.

    Raises UnreadableVideoError, or what opening an image raises.
    """
    if not isinstance(video_path, str | PathLike):
        return ImageSeries(video_path, "the list of images")
    path = Path(video_path)
    if path.is_dir():
        return ImageSeries.in_folder(path)
    return Animation(path) if is_image(_head(path)) else VideoSource(path)


def _head(path: Path) -> bytes:
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(12)
