"""The metric `vmaf`."""

from __future__ import annotations

from vmevalkit.media.vmaf import MODEL, ffmpeg_version
from vmevalkit.metrics.base import MeanMetric
from vmevalkit.vision.observation import VMAF, Observation


class Vmaf(MeanMetric):
    """Netflix's perceptual quality against the reference.

    Formula: mean over pairs of frames of a support-vector regression of detail loss, information fidelity at four
    scales and motion, all of luma.
    Source: Li et al. 2016; model `vmaf_v0.6.1` of libvmaf, which assumes a 1080p screen.
    Input: two video files; frames are paired by number until the shorter one ends, whatever the rates; the video is
    scaled to the reference where needed.
    Range: 0 to 100, higher is better; equal videos get a little less than 100, since the first frame has no motion.
    Minimum: 1 pair. Weights: built into libvmaf.
    Reference: the number that ffmpeg's `libvmaf` filter prints, tolerance 1e-6.

    Example:
        >>> from vmevalkit.media.vmaf import measure_vmaf
        >>> measure_vmaf("generated.mp4", "reference.mp4").values  # doctest: +SKIP
        (85.503643, 91.79414, 91.809646)
    """

    name = "vmaf"
    summary = "Netflix's perceptual quality against the reference."
    category = "full_reference"
    compares_with = ("ground_truth",)
    frames = "paired by number"
    decoder = "ffmpeg"
    backbone = MODEL
    noun = "pairs of frames"

    @classmethod
    def implementation(cls) -> str:
        """The version of ffmpeg; raises MissingExtraError without one that has libvmaf."""
        return f"vmevalkit {cls.version}, ffmpeg {ffmpeg_version()}"

    def measure(self, frame: Observation) -> float | None:
        """The quality of one pair."""
        values = frame[VMAF]
        return values[frame.index] if frame.index < len(values) else None
