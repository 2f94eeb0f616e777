"""What is found out from frames that follow each other."""

from __future__ import annotations

from vmevalkit.features.frame import ObservedFrame
from vmevalkit.vision.flow import Flow, Halfway
from vmevalkit.vision.flow import halfway as halfway_between
from vmevalkit.vision.similarity import mean_difference


def change(frame: ObservedFrame) -> float | None:
    """Extracts `CHANGE`."""
    return None if frame.previous is None else mean_difference(frame.previous.pixels, frame.pixels)


def halfway(frame: ObservedFrame) -> Halfway | None:
    """Extracts `HALFWAY`."""
    middle = frame.previous
    if middle is None or middle.previous is None or frame.index % 2:
        return None
    before = middle.previous
    return halfway_between(before.pixels, middle.pixels, frame.pixels, frame.flow_since(before))


def leap(frame: ObservedFrame) -> Flow | None:
    """Extracts `LEAP`."""
    return None if frame.leap_start is None else frame.flow_since(frame.leap_start)
