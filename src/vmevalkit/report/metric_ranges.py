"""How far metrics reach, for intervals of their means: a mean of values within bounds cannot lie outside of them."""

from __future__ import annotations

from collections.abc import Sequence

from vmevalkit.report.statistics import Range, within

RANGES = {
    "psnr": Range(0, 100),
    "ssim": Range(-1, 1),
    "ms_ssim": Range(0, 1),
    "vmaf": Range(0, 100),
    "temporal_flicker": Range(0, 1),
    "motion_smoothness": Range(0, 1),
    "dynamic_degree": Range(0, 1),
    "first_frame_fidelity": Range(-1, 1),
    "goal_frame_match": Range(-1, 1),
}
"""The least and the largest possible value of our own metrics, by name."""


def within_range(found: Range | None, metric: str, values: Sequence[float]) -> Range | None:
    """The part of an interval that the metric can reach; all of it where a value is beyond, or the metric unknown."""
    bounds = RANGES.get(metric)
    if bounds is None or any(not bounds.low <= value <= bounds.high for value in values):
        return found
    return within(found, bounds.low, bounds.high)
