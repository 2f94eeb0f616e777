"""The way the disc took: where it leapt, and where it came upon a wall."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from vmevalkit.judges.rules.maze_corridors import Corridors, NearWall, Point
from vmevalkit.judges.rules.maze_details import Cell, MazeDetails

LONGEST_STEP = 2.0
"""Cells from one sighting to the next that are taken for moving, however slow the disc is otherwise."""
HASTE = 1.6
"""How much faster than usual the disc may be for a moment."""
FARTHEST_STEP = 4.0
"""Cells from one sighting to the next that are never taken for moving, however fast the disc is."""
MOVING, FEW = 0.15, 5
"""Cells from one sighting to the next from which on the disc moves; fewer moves do not tell its usual speed."""
NEARBY = 1.7
"""Cells, as the crow flies, up to which a disc that got too far is said to have gone straight there, through a wall."""
SHORT_STEP = 1.2
"""Cells up to which the straight line between two sightings is taken for the way of the disc."""
OVERLAP = 0.45
"""Share of its radius by which the disc may lie over a wall; more is not touching but crossing."""


class Sighting(NamedTuple):
    """The disc in one frame."""

    number: int
    """The frame's number in the video."""
    seconds: float
    """When it is shown."""
    place: Point
    """The middle of the disc."""


class Leap(NamedTuple):
    """Two sightings in a row that are too far apart for moving."""

    before: Sighting
    """The one."""
    after: Sighting
    """The next."""
    cells: float
    """How far apart they are, through the corridors."""


class Crossing(NamedTuple):
    """A sighting of the disc over a wall, or between two sightings of which this is the later one."""

    sighting: Sighting
    """Where it is."""
    near: NearWall
    """The wall."""


class Walk:
    """All sightings of the disc, in order; at least one."""

    def __init__(self, details: MazeDetails, corridors: Corridors, sightings: Sequence[Sighting]) -> None:
        self._details, self._corridors, self.sightings = details, corridors, sightings

    @cached_property
    def leaps(self) -> list[Leap]:
        """Where the disc is somewhere else at once."""
        return [step for step in self._too_far if not self._is_nearby(step)]

    @cached_property
    def crossings(self) -> list[Crossing]:
        """Where the disc lies over a wall, or got through it between two sightings."""
        through = {step.after for step in self._too_far if self._is_nearby(step)}
        found = []
        for before, sighting in zip([self.sightings[0], *self.sightings], self.sightings, strict=False):
            short = self._corridors.distance(before.place, sighting.place) <= SHORT_STEP
            way = _line(before.place, sighting.place) if short or sighting in through else [sighting.place]
            near = min(map(self._corridors.near_wall, way), key=_distance)
            if near.distance < self.clearance:
                found.append(Crossing(sighting, near))
        return found

    @cached_property
    def _too_far(self) -> list[Leap]:
        """Where the disc gets further than moving through the corridors explains."""
        steps = [
            Leap(before, after, self._corridors.distance(before.place, after.place))
            for before, after in pairwise(self.sightings)
        ]
        speeds = [step.cells / _seconds(step) for step in steps if step.cells > MOVING]
        usual = float(np.median(speeds)) if len(speeds) >= FEW else 0.0
        return [
            step for step in steps if step.cells > min(FARTHEST_STEP, max(LONGEST_STEP, HASTE * usual * _seconds(step)))
        ]

    def _is_nearby(self, step: Leap) -> bool:
        """Whether the disc can be said to have gone straight from one place to the other."""
        line = _line(step.before.place, step.after.place)
        is_short = math.dist(step.before.place, step.after.place) <= NEARBY * self._details.geometry.cell_size
        return is_short and min(self._corridors.near_wall(point).distance for point in line) < self.clearance

    @property
    def clearance(self) -> float:
        """How near the middle of the disc may come to the middle line of a wall, in pixels."""
        geometry = self._details.geometry
        return geometry.wall_width / 2 + (1 - OVERLAP) * geometry.marker_radius

    def is_on_goal(self, sighting: Sighting) -> bool:
        """Whether the middle of the disc is on the red square."""
        x, y = self._corridors.center(self._details.goal)
        reach = self._details.geometry.goal_side / 2 + 0.04 * self._details.geometry.cell_size
        return max(abs(sighting.place[0] - x), abs(sighting.place[1] - y)) <= reach

    def cell(self, sighting: Sighting) -> Cell:
        """The cell it is in."""
        return self._corridors.cell(sighting.place)

    def progress(self) -> float:
        """The share of the solution between start and where the disc came by legal steps, and is at the end."""
        faults = [leap.after.number for leap in self.leaps]
        faults += [crossing.sighting.number for crossing in self.crossings]
        first_fault = min(faults, default=self.sightings[-1].number + 1)
        legal = [sighting for sighting in self.sightings if sighting.number < first_fault]
        if not legal or self._corridors.steps(self.cell(legal[0]), self._details.start) > 0:
            return 0.0
        return max(0.0, min(self._share(legal[-1]), self._share(self.sightings[-1])))

    def _share(self, sighting: Sighting) -> float:
        goal = self._details.goal
        left, whole = (self._corridors.steps(cell, goal) for cell in (self.cell(sighting), self._details.start))
        return 1 - left / whole if whole and math.isfinite(left) else 0.0


def _line(before: Point, after: Point) -> list[Point]:
    """Points on the straight way from one place to another, the latter included; some two pixels apart."""
    count = max(1, math.ceil(math.dist(before, after) / 2))
    shares = [number / count for number in range(1, count + 1)]
    return [
        (before[0] + (after[0] - before[0]) * share, before[1] + (after[1] - before[1]) * share) for share in shares
    ]


def _seconds(leap: Leap) -> float:
    return max(1e-3, leap.after.seconds - leap.before.seconds)


def _distance(near: NearWall) -> float:
    return near.distance
