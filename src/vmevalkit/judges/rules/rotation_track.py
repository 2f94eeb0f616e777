"""Where the camera is in each frame of a video of a rotation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vmevalkit.judges.rules.rotation_views import STEP, Views, coarse
from vmevalkit.vision.registration import Pixels

LEAST_CORRELATION = 0.6
"""Below this, a frame does not show the scene from any side."""


@dataclass(frozen=True, eq=False)
class Track:
    """The way of the camera. Angles are in degrees."""

    azimuths: NDArray[np.float64]
    """For each frame; not wrapped, so that the difference of two is how far the camera went."""
    is_lost: NDArray[np.bool_]
    """For each frame, whether it does not show the scene at all; its azimuth is then that of the frame before."""


def follow(pictures: Sequence[Pixels], views: Views) -> Track:
    """The track of the camera through the pictures, from the views that are likest."""
    frames, around = np.stack([coarse(picture) for picture in pictures]), views.around
    products = frames @ around.T
    distances = (around**2).sum(axis=1) - 2 * products  # less the square of the frame, which all have in common
    best = distances.argmin(axis=1)
    rows, count = np.arange(len(frames)), len(around)
    before, here, after = (distances[rows, (best + offset) % count] for offset in (-1, 0, 1))
    azimuths = (best + _vertex(before, here, after)) * STEP
    is_lost = _correlations(frames, around[best]) < LEAST_CORRELATION
    return Track(_unwrapped(azimuths, is_lost), is_lost)


def _vertex(before: NDArray[np.float32], here: NDArray[np.float32], after: NDArray[np.float32]) -> NDArray[np.float64]:
    """Where a parabola through three neighbours is lowest, -0.5 to 0.5 from the middle one, which is the lowest."""
    bend = np.maximum(before + after - 2 * here, 1e-6)
    return np.asarray(np.clip((before - after) / (2 * bend), -0.5, 0.5), np.float64)


def _correlations(frames: NDArray[np.float32], views: NDArray[np.float32]) -> NDArray[np.float32]:
    frames, views = (values - values.mean(axis=1, keepdims=True) for values in (frames, views))
    scale = np.sqrt((frames**2).sum(axis=1) * (views**2).sum(axis=1))
    return np.asarray((frames * views).sum(axis=1) / np.maximum(scale, 1e-6))


def _unwrapped(azimuths: NDArray[np.float64], is_lost: NDArray[np.bool_]) -> NDArray[np.float64]:
    shown = np.maximum.accumulate(np.where(is_lost, 0, np.arange(len(azimuths))))
    return np.unwrap(azimuths[shown], period=360)
