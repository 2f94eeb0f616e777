"""The tones of a video, brought to those of a rotation task's scene where a gain and an offset do not suffice.

A picture that is made brighter loses what was bright: its background is white then, and its other colors are not.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vmevalkit.judges.rules.rotation_views import BORDER, Look
from vmevalkit.vision.registration import Pixels

BIN = 8
"""Levels that are taken together."""
LEAST_PIXELS = 24
"""Fewer pixels do not tell what becomes of a level."""
FLAT = 8
"""Up to here the levels around a pixel are taken for one color; at edges, blur would count as a change of tone."""


class Tone:
    """What becomes of each level of red, green and blue."""

    def __init__(self, first: Pixels, look: Look) -> None:
        """Learn from the first frame, and from how the scene should look there."""
        flat = cv2.subtract(look.highest, look.lowest).max(axis=-1) <= FLAT
        inside = np.zeros_like(flat)
        inside[BORDER:-BORDER, BORDER:-BORDER] = flat[BORDER:-BORDER, BORDER:-BORDER]
        curves = [_curve(first[inside][:, channel], look.picture[inside][:, channel]) for channel in range(3)]
        self._table = np.stack(curves, axis=-1)[None]

    def applied(self, picture: Pixels) -> Pixels:
        """The picture in the tones of the scene."""
        return np.asarray(cv2.LUT(picture, self._table), np.uint8)


def _curve(given: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What to make of each of the 256 levels; between and beyond those that are known, as of the nearest."""
    bins = given // BIN
    known = [index for index in range(256 // BIN) if (bins == index).sum() >= LEAST_PIXELS]
    levels = np.arange(256)
    if not known:
        return levels.astype(np.uint8)
    before = np.array([np.median(given[bins == index]) for index in known])
    change = np.array([np.median(wanted[bins == index]) for index in known]) - before
    return np.asarray(np.clip(np.rint(levels + np.interp(levels, before, change)), 0, 255), np.uint8)
