"""The metric `dynamic_degree`."""

from __future__ import annotations

import math

from typing_extensions import Self

from vmevalkit.metrics.base import Measurement, Metric, too_few
from vmevalkit.metrics.statistics import Mean
from vmevalkit.records.base import JsonObject
from vmevalkit.vision.flow import METHOD, fastest
from vmevalkit.vision.observation import LEAP, Observation

FAST = 6 / 256
"""Share of the shorter side that is moved within an eighth of a second where something moves fast."""


class DynamicDegree(Metric):
    r"""Whether something moves: 1 when it does, 0 when not.

    Formula: the video is thinned to about 8 frames a second, :math:`N` frames; a pair of consecutive ones is fast when
    the mean of the longest 5 % of the optical flow's vectors is more than :math:`6 \min(H, W) / 256` pixels; the video
    is dynamic with at least :math:`\mathrm{round}(4N / 16)` fast pairs, and at least one. The mean over videos is the
    share of those that move. `details.speed` tells how much: the mean of those vectors, averaged over pairs, as a share
    of the picture's diagonal.
    Source: VBench, dimension `dynamic_degree` (Huang et al. 2024), with DIS optical flow (Kroeger et al. 2016) in place
    of RAFT, which under-estimates large motions.
    Input: frames T × H × W × 3, RGB, uint8, and their rate.
    Range: 0 or 1; neither is better. Minimum: 2 frames of the thinned video, sides of 16 pixels. Weights: none.
    Reference: the motion of a disc that is known, tolerance 10 %.

    Example:
        >>> import numpy as np
        >>> from vmevalkit.features.memory import watch_frames
        >>> metric = DynamicDegree()
        >>> for frame in watch_frames(np.full((9, 64, 64, 3), 7, np.uint8), fps=8):
        ...     metric.update(frame)
        >>> metric.compute().value
        0.0
    """

    name = "dynamic_degree"
    summary = "Whether something moves: 1 when it does. Over videos, the share of those that move."
    category = "no_reference"
    direction = "neither"
    backbone = METHOD

    def __init__(self) -> None:
        self.speed = Mean()
        self.fast = 0

    def update(self, frame: Observation) -> None:
        """Add the motion since the last frame of the thinned video."""
        flow = frame[LEAP]
        if flow is None:
            return
        moved, (height, width) = fastest(flow), flow.shape[:2]
        self.fast += moved > FAST * min(height, width)
        self.speed.add(moved / math.hypot(height, width))

    def merge(self, later: Self) -> None:
        """Add the counts of the part that follows."""
        self.speed.merge(later.speed)
        self.fast += later.fast

    def compute(self) -> Measurement:
        """1 when enough pairs are fast."""
        pairs = self.speed.count
        if not pairs:
            raise too_few("frames an eighth of a second apart", 2)
        is_dynamic = self.fast >= max(1, round(4 * (pairs + 1) / 16))
        details: JsonObject = {"speed": self.speed.value, "fastest": self.speed.highest, "fast_pairs": self.fast}
        return Measurement(float(is_dynamic), pairs, details)
