"""Comparing panels: soft pictures of half the size, in which noise and a fraction of a pixel make no difference."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from vmevalkit.judges.rules.raven_details import Box, RavenDetails
from vmevalkit.vision.registration import Pixels

SOFTNESS = 0.8
"""Standard deviation of the blur, in pixels of the picture of half the size."""
INSET = 4
"""Pixels of a panel at its border that are left out."""
SEARCH = 3
"""How far a panel may be from its place, in pixels of the picture of half the size."""


class PanelPictures:
    """The panels of one matrix in all frames of a video."""

    def __init__(self, details: RavenDetails, frames: Sequence[Pixels] | NDArray[np.uint8], reference: Pixels) -> None:
        self._details, self._reference = details, soften(reference)
        self.frames = [soften(frame) for frame in frames]
        self.contents = [_cut(self.frames[0], candidate.box) for candidate in details.candidates]
        """What each candidate shows in the first frame."""
        self._question = _cut(self._reference, details.geometry.answer_box)

    def change(self, index: int, box: Box) -> float:
        """How much a panel differs in a frame from what it shows in the first one, in levels."""
        return difference(_cut(self.frames[index], box), _cut(self.frames[0], box))

    def aligned_change(self, index: int, box: Box, moved: tuple[float, float] = (0, 0)) -> float:
        """The same, for a panel that has moved so far right and down, and up to `SEARCH` in any direction."""
        there = (box[0] + moved[0], box[1] + moved[1], box[2] + moved[0], box[3] + moved[1])
        return aligned_difference(_cut(self.frames[index], there, SEARCH), _cut(self.frames[0], box))

    def first_change(self, box: Box) -> float:
        """How much a panel in the first frame differs from the task's own picture, in levels."""
        return difference(_cut(self.frames[0], box), _cut(self._reference, box))

    def differences(self, index: int) -> list[float]:
        """How much the empty place differs in a frame from each candidate, and last from the question mark."""
        window = _cut(self.frames[index], self._details.geometry.answer_box, SEARCH)
        return [aligned_difference(window, content) for content in (*self.contents, self._question)]


def soften(picture: Pixels) -> Pixels:
    """The picture, soft and of half the size."""
    half = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(half, (0, 0), SOFTNESS), np.uint8)


def difference(one: Pixels, other: Pixels) -> float:
    """The largest difference between two pictures of one size, in levels; single pixels do not count."""
    channels = cv2.split(cv2.absdiff(one, other))
    largest = cv2.max(cv2.max(channels[0], channels[1]), channels[2])
    return float(np.max(cv2.blur(largest, (3, 3))))


def aligned_difference(window: Pixels, content: Pixels) -> float:
    """The difference of a picture from the part of a larger one that is most like it."""
    if window.shape[0] < content.shape[0] or window.shape[1] < content.shape[1]:  # partly outside the picture
        return 255.0
    errors = np.asarray(cv2.matchTemplate(window, content, cv2.TM_SQDIFF), np.float64)
    _, _, (left, top), _ = cv2.minMaxLoc(errors)
    height, width = content.shape[:2]
    # Half a pixel beside its place, a thin outline is another picture.
    x, y = left + _lowest(errors[top], left), top + _lowest(errors[:, left], top)
    found = cv2.getRectSubPix(window, (width, height), (x + (width - 1) / 2, y + (height - 1) / 2))
    return difference(np.asarray(found, np.uint8), content)


def _lowest(values: NDArray[np.float64], index: int) -> float:
    """How far beside the smallest of the values a parabola through its neighbours is lowest, -0.5 to 0.5."""
    if not 0 < index < len(values) - 1:
        return 0.0
    before, here, after = (float(value) for value in values[index - 1 : index + 2])
    bend = before - 2 * here + after
    return min(0.5, max(-0.5, 0.5 * (before - after) / bend)) if bend > 0 else 0.0


def _cut(picture: Pixels, box: Box, margin: int = 0) -> Pixels:
    """The inside of a panel in a picture of half the size, and a margin around it."""
    left, top = (max(0, round((edge + INSET) / 2) - margin) for edge in box[:2])
    right, bottom = (round((edge - INSET) / 2) + margin for edge in box[2:])
    return np.ascontiguousarray(picture[top:bottom, left:right])
