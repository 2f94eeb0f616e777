"""The metric `ssim`."""

from __future__ import annotations

from vmevalkit.metrics.base import MeanMetric
from vmevalkit.vision.observation import STRUCTURE, Observation


class Ssim(MeanMetric):
    r"""Structural similarity to the reference.

    Formula: mean over pixels, RGB channels and pairs of frames of
    :math:`\frac{(2\mu_x\mu_y + C_1)(2\sigma_{xy} + C_2)}{(\mu_x^2 + \mu_y^2 + C_1)(\sigma_x^2 + \sigma_y^2 + C_2)}`,
    :math:`C_1 = (0.01 \cdot 255)^2`, :math:`C_2 = (0.03 \cdot 255)^2`; Gaussian window of 11 × 11 with deviation 1.5,
    population covariance, pixels whose window leaves the picture left out.
    Source: Wang et al. 2004.
    Input: frames T × H × W × 3, RGB, uint8, paired by number; the video is resized to the reference where needed.
    Range: -1 to 1, higher is better. Minimum: 1 pair, sides of 11 pixels. Weights: none.
    Reference: `skimage.metrics.structural_similarity(..., gaussian_weights=True, sigma=1.5,
    use_sample_covariance=False, data_range=255, channel_axis=-1)`, tolerance 1e-6.

    Example:
        >>> import numpy as np
        >>> from vmevalkit.features.memory import watch_frames
        >>> video = np.random.default_rng(0).integers(0, 255, (3, 32, 32, 3), np.uint8)
        >>> metric = Ssim()
        >>> for frame in watch_frames(video, reference=255 - video):
        ...     metric.update(frame)
        >>> round(metric.compute().value, 4)
        -0.9655
    """

    name = "ssim"
    summary = "Structural similarity to the reference."
    category = "full_reference"
    compares_with = ("ground_truth",)
    frames = "paired by number"
    noun = "pairs of frames"

    def measure(self, frame: Observation) -> float | None:
        """The similarity of one pair."""
        structure = frame[STRUCTURE]
        return None if structure is None else structure.similarity
