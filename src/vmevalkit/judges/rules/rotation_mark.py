"""The dot on the rim of a rotation task's table, which tells whether the table is seen from where the sculpture is."""

from __future__ import annotations

import cv2
import numpy as np

from vmevalkit.judges.rules.rotation_details import RotationDetails
from vmevalkit.judges.rules.rotation_views import WIDTH, Mask
from vmevalkit.vision.registration import Pixels

DARK = 45
"""How much brighter than drawn the dot may look, in levels of 255."""
SPREAD = 2 * WIDTH // 32 + 1
"""Width of the square in which it may be instead of where it should be: some 8 degrees to either side."""
WHOLE = 0.015
"""A dot of this size, in areas of a cube's side, can be seen."""
REST = 0.003
"""At least so much of it has to be where it should be."""


class Mark:
    """The dot of one table."""

    def __init__(self, details: RotationDetails, side: float) -> None:
        """Take `side` as the area of a cube's side, in pixels."""
        self._highest = np.array(details.table.zero_mark_color, np.float64) + DARK
        self._whole, self._rest = WHOLE * side, REST * side

    def is_misplaced(self, frame: Pixels, view: Pixels, ignored: Mask) -> bool:
        """Whether a frame shows the dot where the view has none near, or not where the view has it."""
        shown, wanted = self._dark(frame) & ~ignored, self._dark(view) & ~ignored
        return self._lacks(shown, wanted) or self._lacks(wanted, shown)

    def _lacks(self, there: Mask, wanted: Mask) -> bool:
        """Whether the dot can be seen where it is wanted and is not there."""
        dot = cv2.morphologyEx(wanted.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))  # no dark line
        if dot.sum() < self._whole:
            return False
        near = cv2.dilate(dot, np.ones((SPREAD, SPREAD), np.uint8))
        return bool((there & (near > 0)).sum() < self._rest)

    def _dark(self, picture: Pixels) -> Mask:
        return np.asarray(cv2.inRange(picture, np.zeros(3), self._highest), np.bool_)
