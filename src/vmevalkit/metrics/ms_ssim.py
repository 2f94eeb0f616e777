"""The metric `ms_ssim`."""

from __future__ import annotations

from vmevalkit.metrics.base import MeanMetric
from vmevalkit.vision.observation import MS_SSIM, Observation


class MsSsim(MeanMetric):
    r"""Multi-scale structural similarity to the reference.

    Formula: mean over pairs of frames of :math:`l_5^{w_5} \prod_{j=1}^{5} cs_j^{w_j}`, the contrast-structure terms of
    five scales made by averaging 2 × 2 pixels and the luminance of the coarsest; weights 0.0448, 0.2856, 0.3001,
    0.2363, 0.1333; negative terms are taken as 0.
    Source: Wang, Simoncelli and Bovik 2003.
    Input: frames T × H × W × 3, RGB, uint8, paired by number; the video is resized to the reference where needed.
    Range: 0 to 1, higher is better. Minimum: 1 pair, sides of 176 pixels. Weights: none.
    Reference: `torchmetrics.functional.multiscale_structural_similarity_index_measure(..., data_range=255.0)` on 64-bit
    tensors, tolerance 1e-6.

    Example:
        >>> import numpy as np
        >>> from vmevalkit.features.memory import watch_frames
        >>> video = np.random.default_rng(0).integers(0, 255, (2, 176, 176, 3), np.uint8)
        >>> metric = MsSsim()
        >>> for frame in watch_frames(video, reference=video // 2):
        ...     metric.update(frame)
        >>> round(metric.compute().value, 4)
        0.8209
    """

    name = "ms_ssim"
    summary = "Structural similarity to the reference at five scales."
    category = "full_reference"
    compares_with = ("ground_truth",)
    frames = "paired by number"
    noun = "pairs of frames"

    def measure(self, frame: Observation) -> float | None:
        """The similarity of one pair."""
        return frame[MS_SSIM]
