"""Bringing a picture to another size, by one rule for all."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Height × width × 3, red, green, blue, 0 to 255."""
Size = tuple[int, int]
"""Width and height."""
Resizing = Literal["none", "area", "bicubic"]

_INTERPOLATION = {"area": cv2.INTER_AREA, "bicubic": cv2.INTER_CUBIC}


def resizing(size: Size, wanted: Size) -> Resizing:
    """How a picture of one size becomes one of another: averaged where neither side grows, else interpolated."""
    if size == wanted:
        return "none"
    return "area" if wanted[0] <= size[0] and wanted[1] <= size[1] else "bicubic"


def size_of(picture: Pixels) -> Size:
    """Width and height of a picture."""
    return picture.shape[1], picture.shape[0]


def resized(picture: Pixels, wanted: Size) -> Pixels:
    """The picture at the wanted width and height; itself where it has them."""
    rule = resizing(size_of(picture), wanted)
    if rule == "none":
        return picture
    return np.asarray(cv2.resize(picture, wanted, interpolation=_INTERPOLATION[rule]), np.uint8)
