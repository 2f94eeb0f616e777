"""Whether a motion goes on without jumps and without turning back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

AT_REST = 1.5
"""A step this small may be an error of reading, in degrees."""
LEAST_JUMP = 12.0
"""A smaller step is no jump, in degrees."""
SUDDEN = 2.5
"""A jump is so many times as fast as the motion before and after it."""
NEIGHBORHOOD = 0.3
"""How far before and after a step the motion around it is looked at, in seconds."""
LONGEST_STEP = 0.2
"""After a longer rest a step counts as taking this long, in seconds: frames may be shown twice, but not for long."""


class Step(NamedTuple):
    """A change of azimuth from one frame to the next."""

    frame: int
    """Index of the frame after it."""
    angle: float
    """Degrees."""
    end: float
    """When it is done, in seconds."""
    speed: float
    """Degrees per second, either way."""


class Retreat(NamedTuple):
    """The farthest way back in a motion."""

    frame: int
    """Index of the frame in which it is over."""
    start: int
    """Index of the frame in which it begins."""
    angle: float
    """How far, in degrees."""


def find_jump(angles: NDArray[np.float64], seconds: Sequence[float]) -> Step | None:
    """The first step that is much faster than the motion around it; None where there is none."""
    steps = _steps(angles, seconds)
    for step in steps:
        around = [other.speed for other in steps if other is not step and abs(other.end - step.end) <= NEIGHBORHOOD]
        if abs(step.angle) > LEAST_JUMP and step.speed > SUDDEN * max(around, default=0.0):
            return step
    return None


def _steps(angles: NDArray[np.float64], seconds: Sequence[float]) -> list[Step]:
    """The steps that are no rest."""
    steps: list[Step] = []
    begin = seconds[0] - LONGEST_STEP
    for index in range(1, len(angles)):
        angle, end = float(angles[index] - angles[index - 1]), seconds[index]
        if abs(angle) <= AT_REST:
            continue
        taken = max(end - seconds[index - 1], min(end - begin, LONGEST_STEP))
        steps.append(Step(index, angle, end, abs(angle) / taken))
        begin = end
    return steps


def farthest_retreat(angles: NDArray[np.float64]) -> Retreat:
    """The farthest way back from anywhere the motion had come."""
    back = np.maximum.accumulate(angles) - angles
    index = int(back.argmax())
    return Retreat(index, int(angles[: index + 1].argmax()), float(back[index]))
