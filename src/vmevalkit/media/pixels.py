"""From decoded pictures to RGB arrays."""

from __future__ import annotations

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray
from PIL import Image

from vmevalkit.errors import InvalidRequestError

Pixels = NDArray[np.uint8]
"""Height × width × 3, red, green, blue, 0 to 255."""


class RgbConverter:
    """Converts frames to RGB as they are meant to be displayed: rotated, and scaled where a size is asked for.

    Scaling is bicubic with a support that grows when making smaller, as in the `ffmpeg` command. Colors follow the
    file's own tags, and BT.601 where it has none.
    """

    def __init__(self, size: tuple[int, int] | None = None) -> None:
        """`size`: width and height to scale to, the stored size when None; raises like `check_size`."""
        self._size = check_size(size)
        self._reformatter = VideoReformatter()  # one for all frames: it keeps its tables

    def convert(self, frame: VideoFrame) -> Pixels:
        """The frame's pixels, height × width × 3."""
        turns = quarter_turns(frame)
        width, height = self._size or (None, None)
        if turns % 2:
            width, height = height, width
        scaled = self._reformatter.reformat(
            frame, width, height, "rgb24", interpolation=Interpolation.BICUBIC, threads=1
        )
        pixels = np.asarray(scaled.to_ndarray(), dtype=np.uint8)
        return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels


def check_size(size: tuple[int, int] | None) -> tuple[int, int] | None:
    """The size itself; raises InvalidRequestError for one that is not two positive numbers."""
    if size is not None and min(size) < 1:
        raise InvalidRequestError(
            f"The size is {size[0]} × {size[1]}", expected="a width and a height from 1 up", field="size", value=size
        )
    return size


def quarter_turns(frame: VideoFrame) -> int:
    """Quarter turns counter-clockwise, 0 to 3, that display the stored picture upright."""
    return round(frame.rotation / 90) % 4


def image_pixels(image: Image.Image, size: tuple[int, int] | None = None) -> Pixels:
    """The pixels of an RGB image, scaled to `size` (width, height) where given."""
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC) if size else image)
