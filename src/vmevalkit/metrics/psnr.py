"""The metric `psnr`."""

from __future__ import annotations

from typing_extensions import Self

from vmevalkit.metrics.base import MeanMetric, Measurement
from vmevalkit.metrics.statistics import Mean
from vmevalkit.vision.observation import SQUARED_ERROR, Observation
from vmevalkit.vision.similarity import HIGHEST_PSNR, psnr


class Psnr(MeanMetric):
    r"""Peak signal-to-noise ratio against the reference.

    Formula: mean over pairs of frames of :math:`10 \log_{10}(255^2 / \mathrm{MSE})`, the MSE over all pixels and RGB
    channels. Equal frames have no finite ratio: every ratio is capped at 100 dB, and `details.capped_frames` counts the
    capped. `details.of_pooled_error` is the ratio of the mean MSE, which ffmpeg calls `average`.
    Source: the usual definition, as in scikit-image.
    Input: frames T × H × W × 3, RGB, uint8, paired by number; the video is resized to the reference where needed.
    Range: 0 to 100 dB, higher is better. Minimum: 1 pair. Weights: none.
    Reference: `skimage.metrics.peak_signal_noise_ratio`, tolerance 1e-6.

    Example:
        >>> import numpy as np
        >>> from vmevalkit.features.memory import watch_frames
        >>> video, reference = np.full((2, 4, 16, 16, 3), [[[[[250]]]], [[[[255]]]]], np.uint8)
        >>> metric = Psnr()
        >>> for frame in watch_frames(video, reference=reference):
        ...     metric.update(frame)
        >>> round(metric.compute().value, 4)
        34.1514
    """

    name = "psnr"
    summary = "Peak signal-to-noise ratio against the reference."
    category = "full_reference"
    unit = "dB"
    compares_with = ("ground_truth",)
    frames = "paired by number"
    noun = "pairs of frames"

    def __init__(self) -> None:
        super().__init__()
        self.error = Mean()
        self.capped = 0

    def measure(self, frame: Observation) -> float | None:
        """The ratio of one pair."""
        error = frame[SQUARED_ERROR]
        if error is None:
            return None
        self.error.add(error)
        ratio = psnr(error)
        self.capped += ratio == HIGHEST_PSNR
        return ratio

    def merge(self, later: Self) -> None:
        """Add the sums of the part that follows."""
        super().merge(later)
        self.error.merge(later.error)
        self.capped += later.capped

    def compute(self) -> Measurement:
        """The mean ratio."""
        found = super().compute()
        pooled = {"of_pooled_error": psnr(self.error.value), "capped_frames": self.capped}
        return Measurement(found.value, found.n, {**found.details, **pooled})
