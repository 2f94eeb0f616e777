"""A rotation task's scene from all sides, and how far a frame is from showing it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vmevalkit.judges.rules.rotation_details import Renderer, RotationDetails
from vmevalkit.vision.registration import Pixels

Vector = NDArray[np.float32]
Mask = NDArray[np.bool_]

WIDTH = 256
"""Width and height of the pictures that are compared, in pixels."""
COARSE = 64
"""Width and height of the pictures among which the likest view is looked for."""
STEP = 6
"""Between two neighbouring views of those, in degrees."""
SLACK = 2
"""How far apart an edge may be in a frame and in a view, in pixels of WIDTH."""
CLEAR = 25
"""From here on a difference in color is more than a soft or noisy picture explains, in levels of 255."""
BORDER = 24
"""A part of the scene that lies so near the edge of the picture may have been cut off, in pixels of WIDTH."""
LOOKS_KEPT = 64
_SQUARE = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, eq=False)
class Look:
    """The scene from one place."""

    picture: Pixels
    """WIDTH × WIDTH × 3."""
    lowest: Pixels
    """The darkest value of each channel within SLACK of each pixel."""
    highest: Pixels
    """The brightest value."""

    def unlike(self, frame: Pixels) -> Mask:
        """Where a frame clearly shows something else: WIDTH × WIDTH."""
        smooth = cv2.blur(frame, (3, 3))
        excess = cv2.max(cv2.subtract(smooth, self.highest), cv2.subtract(self.lowest, smooth))
        red, green, blue = cv2.split(excess)
        clear = cv2.max(cv2.max(red, green), blue) > CLEAR
        opened = cv2.morphologyEx(np.asarray(clear, np.uint8), cv2.MORPH_OPEN, _SQUARE)  # leaves out what is thin
        return np.asarray(opened, np.bool_)


class Views:
    """The scene from all sides; what has been drawn once is kept."""

    def __init__(self, render: Renderer, details: RotationDetails) -> None:
        self._render, self._details = render, details
        self.look = lru_cache(maxsize=LOOKS_KEPT)(self._look)
        """The look from an azimuth, by a camera that stands so many degrees higher than asked."""

    @cached_property
    def around(self) -> Vector:
        """A coarse picture for every STEP degrees of azimuth from 0 on: azimuths × values."""
        return np.stack([self.coarse(azimuth, 0) for azimuth in range(0, 360, STEP)])

    def coarse(self, azimuth: float, tilt: float) -> Vector:
        """The coarse picture of a look."""
        return coarse(self._draw(azimuth % 360, tilt))

    def _look(self, azimuth: float, tilt: float = 0) -> Look:
        picture = self._draw(azimuth % 360, tilt)
        near = np.ones((2 * SLACK + 1, 2 * SLACK + 1), np.uint8)
        lowest, highest = cv2.erode(picture, near), cv2.dilate(picture, near)
        return Look(picture, np.asarray(lowest, np.uint8), np.asarray(highest, np.uint8))

    def _draw(self, azimuth: float, tilt: float) -> Pixels:
        return reduced(self._render(self._details, azimuth, tilt))


def reduced(picture: Pixels) -> Pixels:
    """The picture at WIDTH × WIDTH."""
    return np.asarray(cv2.resize(picture, (WIDTH, WIDTH), interpolation=cv2.INTER_AREA), np.uint8)


def coarse(picture: Pixels) -> Vector:
    """The picture at COARSE × COARSE, a little blurred, as one row of values."""
    small = cv2.resize(picture, (COARSE, COARSE), interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0), np.float32).ravel()


def cut_off(first: Pixels, look: Look) -> Mask:
    """Where a video shows bars instead of the scene, as its first frame tells: WIDTH × WIDTH."""
    unlike = look.unlike(first)
    unlike[BORDER:-BORDER, BORDER:-BORDER] = False
    return np.asarray(cv2.dilate(unlike.astype(np.uint8), np.ones((9, 9), np.uint8)), np.bool_)


class Part(NamedTuple):
    """A connected part of a picture."""

    area: int
    """Pixels."""
    center: tuple[float, float]
    """Its middle: x and y in pixels."""


def largest_part(mask: Mask) -> Part:
    """The largest connected part of what is marked; of no area where nothing is."""
    count, _, statistics, centers = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count == 1:
        return Part(0, (0.0, 0.0))
    largest = 1 + int(statistics[1:, cv2.CC_STAT_AREA].argmax())
    return Part(int(statistics[largest, cv2.CC_STAT_AREA]), (float(centers[largest][0]), float(centers[largest][1])))
