"""Following the copy of a candidate on its way to the empty place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np

from vmevalkit.judges.rules.raven_details import Box
from vmevalkit.vision.registration import Pixels

MOST_ERROR = 900.0
"""Mean squared difference, in levels, up to which a place may show the copy."""
LONGEST_LEAP = 0.4
"""Share of the whole way that the copy may get on between two sightings."""
LONGEST_ABSENCE = 0.35
"""Seconds for which the copy may be out of sight on its way."""
LEAST_BETWEEN = 3
"""Places between the candidate and the empty place at which the copy must be seen."""
END = 0.07
"""Share of the way, at both ends, that does not count as between."""
MARGIN = 3
"""Pixels by which a sighting may be wrong."""


class Sighting(NamedTuple):
    """The copy in one frame."""

    frame: int
    """The frame, counted among those that are looked at."""
    moved: tuple[float, float]
    """How far it is from its candidate, right and down, in pixels."""


class Leap(NamedTuple):
    """From one sighting of the copy to the next."""

    before: int
    """The frame of the one."""
    after: int
    """The frame of the next."""
    share: float
    """How far they are apart, as a share of the whole way."""


class Glide:
    """The way of a copy from its candidate to the empty place."""

    def __init__(self, softened: Sequence[Pixels], start: Box, end: Box, others: Sequence[Box]) -> None:
        """Look for the panel that starts in one box and is to end in another; a panel in other boxes is no copy."""
        self._start, self._end = start, end
        self.sightings = _sightings(softened, start, others)

    def share(self, sighting: Sighting) -> float:
        """How much of the way lies behind the copy: 0 at the candidate, 1 at the empty place."""
        across, down = self._end[0] - self._start[0], self._end[1] - self._start[1]
        return (sighting.moved[0] * across + sighting.moved[1] * down) / (across**2 + down**2)

    def between(self) -> list[Sighting]:
        """The sightings on the way, away from both ends."""
        return [sighting for sighting in self.sightings if END < self.share(sighting) < 1 - END]

    def leaps(self, arrival: int) -> list[Leap]:
        """From each place at which the copy was seen to the next: from the candidate to its arrival in that frame."""
        across, down = self._end[0] - self._start[0], self._end[1] - self._start[1]
        on_the_way = [sighting for sighting in self.sightings if sighting.frame < arrival]
        first = on_the_way[0].frame - 1 if on_the_way else arrival - 1
        places = [Sighting(max(0, first), (0, 0)), *on_the_way, Sighting(arrival, (across, down))]
        length = math.hypot(across, down)
        return [
            Leap(before.frame, after.frame, math.dist(before.moved, after.moved) / length)
            for before, after in pairwise(places)
        ]

    def covers(self, arrival: int | None) -> dict[int, Box]:
        """By frame, the part of the picture which the copy may cover; frames without it are left out.

        Where it is lost from sight on its way, that is all between the places at which it was seen.
        """
        if not self.sightings:
            return {}
        places = {sighting.frame: self._box(sighting.moved) for sighting in self.sightings}
        first = min(places)
        places.setdefault(max(0, first - 1), self._box((0, 0)))
        if arrival is not None:
            places.setdefault(arrival, self._grown(self._end))
        order = sorted(places)
        found = dict(places)
        for before, after in pairwise(order):
            hull = _hull(places[before], places[after])
            found.update(dict.fromkeys(range(before + 1, after), hull))
        return found

    def _box(self, moved: tuple[float, float]) -> Box:
        left, top, right, bottom = self._start
        return self._grown((left + moved[0], top + moved[1], right + moved[0], bottom + moved[1]))

    @staticmethod
    def _grown(box: Box) -> Box:
        return box[0] - MARGIN, box[1] - MARGIN, box[2] + MARGIN, box[3] + MARGIN


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes have a part in common."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _hull(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _sightings(softened: Sequence[Pixels], box: Box, others: Sequence[Box]) -> list[Sighting]:
    """Where each frame shows the panel in the box at a place that did not show it at first, and in no other box."""
    small = [cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for frame in softened]
    left, top, right, bottom = (round(edge / 4) for edge in box)
    panel = np.ascontiguousarray(small[0][top:bottom, left:right])
    before = cv2.matchTemplate(small[0], panel, cv2.TM_SQDIFF) / panel.size
    for other in others:
        y, x = round(other[1] / 4), round(other[0] / 4)
        before[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2] = 0
    found = []
    for index, picture in enumerate(small):
        errors = cv2.matchTemplate(picture, panel, cv2.TM_SQDIFF) / panel.size
        fitting = (before > 3 * errors + 60) & (errors < MOST_ERROR)
        if fitting.any():
            row, column = divmod(int(np.where(fitting, errors, np.inf).argmin()), errors.shape[1])
            found.append(Sighting(index, (4.0 * (column - left), 4.0 * (row - top))))
    return found
