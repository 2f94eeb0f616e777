"""Small clips whose pictures show their own number, written without the code under test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import numpy as np
import pytest
from av.video.stream import VideoStream
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_CELLS = 4  # the picture is a board of 4 × 4 cells, each one bit of the number


class ClipMaker(Protocol):
    """Writes a clip of numbered pictures."""

    def __call__(
        self,
        name: str = "clip.mp4",
        count: int = 48,
        *,
        codec: str = "libx264",
        options: dict[str, str] | None = None,
        container: dict[str, str] | None = None,
        ticks: Sequence[int] | None = None,
        ticks_per_second: int = 24,
        size: tuple[int, int] = (64, 64),
        rotation: int = 0,
    ) -> Path: ...


@pytest.fixture(scope="session")
def numbered_picture() -> Callable[..., Pixels]:
    """A picture that shows a number up to 65535 so that it survives compression and scaling."""
    return _numbered_picture


@pytest.fixture(scope="session")
def number_in() -> Callable[[Pixels], int]:
    """Reads the number in a picture back."""
    return _number_in


@pytest.fixture
def make_clip(tmp_path: Path) -> ClipMaker:
    """Writes `name` into the test's folder; picture number i is shown at ticks[i], or evenly spaced."""

    def make(
        name: str = "clip.mp4",
        count: int = 48,
        *,
        codec: str = "libx264",
        options: dict[str, str] | None = None,
        container: dict[str, str] | None = None,
        ticks: Sequence[int] | None = None,
        ticks_per_second: int = 24,
        size: tuple[int, int] = (64, 64),
        rotation: int = 0,
    ) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w", options=container or {}) as output:
            stream = output.add_stream(codec, rate=24, options={"threads": "1", **(options or {})})
            assert isinstance(stream, VideoStream)
            stream.width, stream.height = size
            stream.pix_fmt = "yuv420p"
            stream.codec_context.time_base = Fraction(1, ticks_per_second)
            if rotation:
                stream.set_display_rotation(rotation)
            for index in range(count):
                frame = av.VideoFrame.from_ndarray(_numbered_picture(index, size), "rgb24")
                frame.pts = ticks[index] if ticks else index * ticks_per_second // 24
                frame.time_base = Fraction(1, ticks_per_second)
                output.mux(stream.encode(frame))
            output.mux(stream.encode())
        return path

    return make


@pytest.fixture
def uneven_clip(make_clip: ClipMaker) -> Path:
    """48 frames; those of the second half are shown four times as long. With B-frames and several keyframes."""
    ticks = [40 * index if index < 24 else 960 + 160 * (index - 24) for index in range(48)]
    return make_clip("uneven.mp4", ticks=ticks, ticks_per_second=1000, options={"g": "10", "bf": "3"})


def _numbered_picture(number: int, size: tuple[int, int] = (64, 64)) -> Pixels:
    bits = [255 * (number >> place & 1) for place in range(_CELLS**2)]
    board = np.array(bits, np.uint8).reshape(_CELLS, _CELLS, 1).repeat(3, 2)
    width, height = size
    return board.repeat(height // _CELLS, 0).repeat(width // _CELLS, 1)


def _number_in(pixels: Pixels) -> int:
    height, width, _ = pixels.shape
    middle = (np.arange(_CELLS) * 2 + 1) / (2 * _CELLS)
    board = pixels[np.ix_((middle * height).astype(int), (middle * width).astype(int))][..., 1]
    return sum(1 << place for place, value in enumerate(board.ravel()) if value > 127)
