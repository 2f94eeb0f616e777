"""The metric `temporal_flicker`."""

from __future__ import annotations

from vmevalkit.metrics.base import MeanMetric
from vmevalkit.vision.observation import CHANGE, Observation


class TemporalFlicker(MeanMetric):
    r"""How little a video flickers.

    Formula: :math:`(255 - \mathrm{mean}_t |F_t - F_{t+1}|) / 255`, the mean over all pixels and RGB channels.
    Source: VBench, dimension `temporal_flickering` (Huang et al. 2024).
    Input: frames T × H × W × 3, RGB, uint8.
    Range: 0 to 1, higher is better. A video in which nothing moves has 1: read it beside `dynamic_degree`.
    Minimum: 2 frames. Weights: none.
    Reference: `vbench.temporal_flickering.cal_score`, tolerance 1e-6.

    Example:
        >>> import numpy as np
        >>> from vmevalkit.features.memory import watch_frames
        >>> metric = TemporalFlicker()
        >>> for frame in watch_frames(np.array([[[[0] * 3]], [[[51] * 3]], [[[0] * 3]]], np.uint8)):
        ...     metric.update(frame)
        >>> metric.compute().value
        0.8
    """

    name = "temporal_flicker"
    summary = "How little a video flickers: 1 when nothing changes from frame to frame."
    category = "no_reference"
    noun = "pairs of consecutive frames"
    least_frames = 2

    def measure(self, frame: Observation) -> float | None:
        """The steadiness of a frame and the one before."""
        change = frame[CHANGE]
        return None if change is None else 1 - change / 255
