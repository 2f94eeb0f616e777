"""The metric `motion_smoothness`."""

from __future__ import annotations

from typing_extensions import Self

from vmevalkit.metrics.base import MeanMetric, Measurement
from vmevalkit.metrics.statistics import Mean
from vmevalkit.vision.flow import METHOD
from vmevalkit.vision.observation import HALFWAY, Observation


class MotionSmoothness(MeanMetric):
    r"""How well every second frame is foretold by its neighbours.

    Formula: mean over :math:`\lfloor (T-1)/2 \rfloor` frames of :math:`(255 - |F_{2k+1} - P_{2k+1}|) / 255`, where
    :math:`P` is halfway between the frames around: optical flow is found from one to the other, each is moved by half
    of it, and both are averaged. `details.without_flow` has the plain average for :math:`P`.
    Source: VBench, dimension `motion_smoothness` (Huang et al. 2024), with optical flow in place of its network: values
    are not comparable with VBench's.
    Input: frames T × H × W × 3, RGB, uint8.
    Range: 0 to 1, higher is better. A video in which nothing moves has 1: read it beside `dynamic_degree`.
    Minimum: 3 frames, sides of 16 pixels. Weights: none.
    Reference: none that needs no weights; a disc that moves evenly is checked against one that jumps.

    Example:
        >>> import numpy as np
        >>> from vmevalkit.features.memory import watch_frames
        >>> metric = MotionSmoothness()
        >>> for frame in watch_frames(np.full((3, 16, 16, 3), 7, np.uint8)):
        ...     metric.update(frame)
        >>> metric.compute().value
        1.0
    """

    name = "motion_smoothness"
    summary = "How well every second frame is foretold by its neighbours and the optical flow between them."
    category = "no_reference"
    backbone = METHOD
    noun = "frames between two others"
    least_frames = 3

    def __init__(self) -> None:
        super().__init__()
        self.without_flow = Mean()

    def measure(self, frame: Observation) -> float | None:
        """How well the frame before this one is foretold."""
        halfway = frame[HALFWAY]
        if halfway is None:
            return None
        self.without_flow.add(1 - halfway.mixed / 255)
        return 1 - halfway.moved / 255

    def merge(self, later: Self) -> None:
        """Add the sums of the part that follows."""
        super().merge(later)
        self.without_flow.merge(later.without_flow)

    def compute(self) -> Measurement:
        """The mean."""
        found = super().compute()
        return Measurement(found.value, found.n, {**found.details, "without_flow": self.without_flow.value})
