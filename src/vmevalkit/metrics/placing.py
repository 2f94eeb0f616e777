"""Bringing frames to where the task's first frame is, so that they can be compared with the task's pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vmevalkit.vision.observation import FIRST_PICTURE, OPENING, Observation, Pixels
from vmevalkit.vision.registration import Registration
from vmevalkit.vision.resizing import Size, resized, size_of

RESIZE = "registered to the task's first frame"
"""What is done to frames; where the first one shows nothing like the task's picture, they are stretched to its size."""
LEAST_CORRELATION = 0.5
"""Below this, the video's first frame is not taken to show the task's picture."""
_SAME_COLORS = np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])


@dataclass(frozen=True, eq=False)
class Placing:
    """How frames of a video are brought there."""

    registration: Registration | None
    """Where the first frame shows the task's picture; None where it does not."""
    size: Size
    """Width and height of the task's picture."""

    @classmethod
    def of(cls, first: Observation) -> Placing:
        """The placing that fits the first frame of a video; raises UnscorableError without a picture to place it by."""
        found = first[OPENING]
        if found is not None and found.correlation < LEAST_CORRELATION:
            found = None
        return cls(found, size_of(first[FIRST_PICTURE]))

    def place(self, frame: Pixels) -> Pixels:
        """The frame at the place, size and colors of the task's picture."""
        return resized(frame, self.size) if self.registration is None else self.registration.straighten(frame)

    def place_untinted(self, frame: Pixels) -> Pixels:
        """The frame at the place and size of the task's picture, in its own colors."""
        if self.registration is None:
            return resized(frame, self.size)
        return replace(self.registration, colors=_SAME_COLORS).straighten(frame)
