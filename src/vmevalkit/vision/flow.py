"""Optical flow: how far each pixel moves from one frame to another, and what follows from it.

Dense inverse search (Kroeger et al. 2016) as in OpenCV. It shares a picture out among threads and lets each begin anew,
so that its result depends on their number; here it always works in one.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import cv2
import numpy as np
from numpy.typing import NDArray

from vmevalkit.errors import TooFewSamplesError
from vmevalkit.vision.similarity import mean_difference

Pixels = NDArray[np.uint8]
"""Height × width × 3, red, green, blue, 0 to 255."""
Luma = NDArray[np.uint8]
"""Height × width, 0 to 255."""
Flow = NDArray[np.float32]
"""Height × width × 2: pixels to the right, pixels down."""

METHOD = f"DIS medium of OpenCV {cv2.__version__.partition('.')[0]}"
"""What computes the flow; other major versions may give other values."""
LEAST_SIDE = 16
"""Pixels; smaller pictures hold too few patches, and may crash the search."""


@dataclass(frozen=True)
class Halfway:
    """How far a frame is from halfway between its neighbours: mean absolute differences, 0 to 255."""

    moved: float
    """With what moves halfway along its path."""
    mixed: float
    """With everything in its place and colors halfway between."""


_one_at_a_time = Lock()  # the number of threads is one for the whole process


def luma(picture: Pixels) -> Luma:
    """The brightness of each pixel."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def optical_flow(before: Luma, after: Luma) -> Flow:
    """How far what is at each pixel of `before` has moved in `after`; raises TooFewSamplesError for a side below 16.

    Equal for equal pictures, whatever was searched before.
    """
    if min(before.shape) < LEAST_SIDE:
        height, width = before.shape
        raise TooFewSamplesError(
            f"The frames have {width} × {height} pixels", expected=f"sides of at least {LEAST_SIDE} for optical flow"
        )
    if np.array_equal(before, after):
        return np.zeros((*before.shape, 2), np.float32)
    with _one_at_a_time:
        threads = cv2.getNumThreads()
        cv2.setNumThreads(1)
        try:
            search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
            return np.asarray(search.calc(before, after, None), np.float32)  # type: ignore[call-overload]
        finally:
            cv2.setNumThreads(threads)


def midpoint(before: Pixels, after: Pixels, flow: Flow) -> Pixels:
    """The picture halfway between two: each moved by half the flow towards the other, then averaged."""
    height, width = flow.shape[:2]
    down, right = np.mgrid[0:height, 0:width].astype(np.float32)
    half = flow / 2
    ahead = _sampled(before, right - half[..., 0], down - half[..., 1])
    back = _sampled(after, right + half[..., 0], down + half[..., 1])
    return np.asarray(cv2.addWeighted(ahead, 0.5, back, 0.5, 0), np.uint8)


def halfway(before: Pixels, frame: Pixels, after: Pixels, flow: Flow) -> Halfway:
    """How far a frame is from halfway between its neighbours, given the flow from one to the other."""
    mixed = np.asarray(cv2.addWeighted(before, 0.5, after, 0.5, 0), np.uint8)
    return Halfway(mean_difference(frame, midpoint(before, after, flow)), mean_difference(frame, mixed))


def fastest(flow: Flow, share: float = 0.05) -> float:
    """Mean length, in pixels, of the longest vectors: the given share of all."""
    lengths = np.sqrt(flow[..., 0] ** 2 + flow[..., 1] ** 2).ravel()
    count = max(1, int(lengths.size * share))
    return float(np.partition(lengths, lengths.size - count)[-count:].mean(dtype=np.float64))


def _sampled(picture: Pixels, right: NDArray[np.float32], down: NDArray[np.float32]) -> Pixels:
    return np.asarray(cv2.remap(picture, right, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)
