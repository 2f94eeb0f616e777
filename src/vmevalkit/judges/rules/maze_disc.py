"""Whether the disc stays one and the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from vmevalkit.judges.footage import Footage
from vmevalkit.judges.rules.base import at, lasting
from vmevalkit.judges.rules.maze_track import Blob, Look
from vmevalkit.records.verdict import Check

WINDOW = 5
"""Frames over which the look of the disc is taken together: a single frame says little."""
MOST_COLOR_CHANGE = 55.0
"""Levels between the color of the disc and its own, as a distance of red, green and blue."""
LEAST_AREA, MOST_AREA = 0.6, 1.5
"""What the disc may seem to measure, in terms of its own area."""
MOST_CORNERS = 0.27
LONGEST_ABSENCE = 0.35
"""Seconds for which the disc may be out of sight."""


def check_disc(footage: Footage, looks: Sequence[Look], color: NDArray[np.float64]) -> Check:
    """Whether there is one disc all along, of the size, the shape and the color (red, green, blue) it is to have."""
    seen = [(number, look.disc) for number, look in zip(footage.numbers, looks, strict=True) if look.disc is not None]
    faults: tuple[tuple[str, Callable[[Blob], float], float, float], ...] = (
        ("has another color", lambda disc: float(np.linalg.norm(np.array(disc.color) - color)), 0, MOST_COLOR_CHANGE),
        ("has another size", lambda disc: disc.area, LEAST_AREA, MOST_AREA),
        ("has corners", lambda disc: disc.corners, 0, MOST_CORNERS),
    )
    for fault, measure, least, most in faults:
        values = _steadied([measure(disc) for _, disc in seen])
        bad = [number for (number, _), value in zip(seen, values, strict=True) if not least <= value <= most]
        if bad:
            return Check(name="disc", passed=False, reason=f"The disc {fault} in {at(bad)}", frames=(bad[0], bad[-1]))
    others = lasting(footage.numbers, [any(is_alike(blob, color) for blob in look.strays) for look in looks])
    if others:
        reason = f"There is more than one disc in {at(others)}"
        return Check(name="disc", passed=False, reason=reason, frames=(others[0], others[-1]))
    gone = _absences(footage, looks)
    if gone:
        reason = f"The disc is not to be seen in {at(gone)}"
        return Check(name="disc", passed=False, reason=reason, frames=(gone[0], gone[-1]))
    return Check(name="disc", passed=True, reason="There is one disc, which keeps its size, shape and color")


def is_alike(blob: Blob, color: NDArray[np.float64]) -> bool:
    """Whether something has the color of the disc, or nearly."""
    return float(np.linalg.norm(np.array(blob.color) - color)) < 1.5 * MOST_COLOR_CHANGE


def _steadied(values: Sequence[float]) -> list[float]:
    """For each value the median of those around it."""
    half = WINDOW // 2
    padded = np.pad(np.array(values), half, mode="symmetric")
    return [float(value) for value in np.median(np.lib.stride_tricks.sliding_window_view(padded, WINDOW), axis=1)]


def _absences(footage: Footage, looks: Sequence[Look]) -> list[int]:
    """The numbers of the frames of the longest time for which the disc is out of sight; none where that is short."""
    longest: list[int] = []
    current: list[int] = []
    for index, look in enumerate(looks):
        current = [*current, index] if look.disc is None else []
        longest = max(longest, current, key=len)
    if len(longest) < 2 or footage.seconds[longest[-1]] - footage.seconds[longest[0]] < LONGEST_ABSENCE:
        return []
    return [footage.numbers[index] for index in longest]
