"""Telling a frame that shows the puzzle from one that shows something else: black, a logo, another scene."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vmevalkit.errors import UnscorableError
from vmevalkit.judges.footage import Footage
from vmevalkit.vision.registration import Pixels

LEAST_CORRELATION = 0.3
"""Below this, a frame does not show the puzzle at all."""
PLAIN = 2.0
"""Standard deviation, in levels of 255, below which a frame shows nothing."""


def require_shown_at_end(footage: Footage, puzzle: str, unknown: str) -> None:
    """Nothing when the last frame shows the puzzle; else raises UnscorableError, saying what cannot be told."""
    shows = [_likeness(frame, footage.reference) > LEAST_CORRELATION for frame in footage.frames]
    if shows[-1]:
        return
    last = max((number for number, shown in zip(footage.numbers, shows, strict=True) if shown), default=None)
    since = "in any frame" if last is None else f"after frame {last}"
    raise UnscorableError(
        f"The {puzzle} is not to be seen {since}, so {unknown} cannot be told",
        expected=f"a picture of the {puzzle} up to the last frame",
        at_fault="video",
    )


def is_plain(frame: Pixels) -> bool:
    """True for a frame of one color, such as a black one."""
    return bool(_from_afar(frame).std() < PLAIN)


def _likeness(frame: Pixels, reference: Pixels) -> float:
    """Correlation of two pictures seen from afar, -1 to 1; 0 where one is plain."""
    one, other = _from_afar(frame), _from_afar(reference)
    if min(one.std(), other.std()) < PLAIN:
        return 0.0
    return float(((one - one.mean()) * (other - other.mean())).mean() / (one.std() * other.std()))


def _from_afar(picture: Pixels) -> NDArray[np.float64]:
    small = np.asarray(cv2.resize(picture, (64, 64), interpolation=cv2.INTER_AREA), np.float64)
    return np.asarray(small.mean(axis=2))
