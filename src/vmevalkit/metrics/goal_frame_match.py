"""The metric `goal_frame_match`."""

from __future__ import annotations

from collections import deque

from typing_extensions import Self

from vmevalkit.metrics.base import Measurement, Metric, too_few
from vmevalkit.metrics.placing import RESIZE, Placing
from vmevalkit.records.base import JsonObject
from vmevalkit.vision.observation import FINAL_PICTURE, Observation, Pixels
from vmevalkit.vision.resizing import resized
from vmevalkit.vision.similarity import ssim

LAST = 8
"""Frames at the end of which the best is told."""


class GoalFrameMatch(Metric):
    r"""Whether a video ends with the task's solved state.

    Formula: :math:`s_t` is the SSIM, as in the metric `ssim`, of frame :math:`t` and the task's final frame, once
    scale, shift, bars and tint have been undone as the video's first frame shows them; the value is that of the last
    frame.
    `details.progress` is :math:`(s_\mathrm{last} - s_\mathrm{first}) / (1 - s_\mathrm{first})`, from -1 to 1: how much
    of the way was made, which tells more where the solution is a small thing in the picture; `details.best` and
    `details.best_frame` are of the best among the last 8 frames.
    Source: SSIM, Wang et al. 2004; registration, Evangelidis and Psarakis 2008.
    Input: frames T × H × W × 3, RGB, uint8, and the task's first and final frame of any size.
    Range: -1 to 1, higher is better. Not a verdict: a wrong detail changes it little.
    Minimum: 1 frame, pictures with sides of 11 pixels. Weights: none.
    Reference: SSIM of scikit-image where nothing has to be undone, tolerance 1e-6.

    Example:
        >>> import numpy as np
        >>> from vmevalkit.features.memory import watch_frames
        >>> colors = np.random.default_rng(0).integers(0, 255, (8, 8, 3), np.uint8)
        >>> start = colors.repeat(8, 0).repeat(8, 1)
        >>> goal = start.copy()
        >>> goal[8:24, 8:24] = 255
        >>> metric = GoalFrameMatch()
        >>> for frame in watch_frames([start, goal], first_picture=start, final_picture=goal):
        ...     metric.update(frame)
        >>> found = metric.compute()
        >>> found.value > 0.99, found.details["best_frame"]
        (True, 1)
    """

    name = "goal_frame_match"
    summary = "How alike the last frame and the task's solved state are."
    category = "no_reference"
    compares_with = ("first_frame", "final_frame")
    resize = RESIZE
    frames = "last"

    def __init__(self) -> None:
        self.placing: Placing | None = None
        self.goal: Pixels | None = None
        self.first: Pixels | None = None
        self.last: deque[tuple[int, Pixels]] = deque(maxlen=LAST)

    def update(self, frame: Observation) -> None:
        """Keep the first frame and the last ones."""
        if frame.index == 0:
            self.goal, self.placing, self.first = frame[FINAL_PICTURE], Placing.of(frame), frame.pixels
        self.last.append((frame.index, frame.pixels))

    def merge(self, later: Self) -> None:
        """Keep the last frames of the part that follows."""
        self.last.extend(later.last)

    def compute(self) -> Measurement:
        """The likeness of the last frame."""
        if self.placing is None or self.goal is None or self.first is None:
            raise too_few("frames", 1)
        placing, goal = self.placing, resized(self.goal, self.placing.size)
        at_first = ssim(placing.place(self.first), goal)
        found = {index: ssim(placing.place(pixels), goal) for index, pixels in self.last}
        best, at_last = max(found, key=lambda index: found[index]), found[max(found)]
        details: JsonObject = {
            "first": at_first,
            "progress": max(-1.0, min(1.0, (at_last - at_first) / (1 - at_first))) if at_first < 1 else None,
            "best": found[best],
            "best_frame": best,
            "registered": placing.registration is not None,
        }
        return Measurement(at_last, 1, details)
