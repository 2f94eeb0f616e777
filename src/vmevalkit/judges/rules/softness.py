"""How soft a video is, so that looks from the task's sharp picture can be compared with it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

BLURS = (0.0, 0.5, 0.8, 1.1, 1.4, 1.8)
"""How soft a video may be, as standard deviations of a Gaussian in pixels of the reference."""


def softness(reference: NDArray[np.uint8], frame: NDArray[np.uint8]) -> float:
    """The one of `BLURS` that makes the reference most like a frame that shows the same."""
    sharp, seen = reference.astype(np.float32), frame.astype(np.float32)
    return min(BLURS, key=lambda blur: float(np.mean(np.square(blurred(sharp, blur) - seen))))


def blurred(picture: NDArray[np.float32], deviation: float) -> NDArray[np.float32]:
    """The picture as soft as that."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), deviation), np.float32) if deviation else picture
