"""The corridors of a maze: which cell a point is in, how far two points are apart, how near a wall is."""

from __future__ import annotations

from collections import deque
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vmevalkit.judges.rules.maze_details import WAYS, Cell, MazeDetails

Point = tuple[float, float]


class Spot(NamedTuple):
    """A point as the corridors see it: how far it is from the middle of a cell, on one of the ways out of it."""

    cell: Cell
    way: str | None
    """The way out of the cell on which the point is; None in its middle."""
    along: float
    """How far from the middle, in cells."""


class NearWall(NamedTuple):
    """How near a point is to the middle line of the nearest wall."""

    distance: float
    """In pixels."""
    wall: tuple[float, float, float, float]
    """Both ends of the wall's middle line."""
    nearest: Point
    """The point of it that is nearest."""


class Corridors:
    """The corridors of one maze."""

    def __init__(self, details: MazeDetails) -> None:
        self._details = details
        self._distances: dict[Cell, dict[Cell, int]] = {}
        self._ways: dict[tuple[Cell, Cell], str | None] = {}

    def center(self, cell: Cell) -> Point:
        """The middle of a cell, in pixels."""
        geometry = self._details.geometry
        left, top = geometry.maze_box[:2]
        return left + (cell[1] + 0.5) * geometry.cell_size, top + (cell[0] + 0.5) * geometry.cell_size

    def cell(self, point: Point) -> Cell:
        """The cell in which a point is; for points outside the maze the nearest one."""
        geometry, openings = self._details.geometry, self._details.openings
        column = int((point[0] - geometry.maze_box[0]) // geometry.cell_size)
        row = int((point[1] - geometry.maze_box[1]) // geometry.cell_size)
        return min(max(row, 0), len(openings) - 1), min(max(column, 0), len(openings[0]) - 1)

    def steps(self, start: Cell, end: Cell) -> float:
        """Cells from one to the other through the corridors; infinite where no way leads there."""
        return self._from(end).get(start, float("inf"))

    def distance(self, start: Point, end: Point) -> float:
        """How long the way from one point to another is, through the corridors, in cells."""
        one, other = self._spot(start), self._spot(end)
        if one.cell == other.cell:
            return abs(one.along - other.along) if one.way == other.way else one.along + other.along
        return (
            self.steps(one.cell, other.cell)
            + (-one.along if one.way == self._toward(one.cell, other.cell) else one.along)
            + (-other.along if other.way == self._toward(other.cell, one.cell) else other.along)
        )

    def near_wall(self, point: Point) -> NearWall:
        """The wall nearest to a point."""
        starts, ends = self._walls[:, :2], self._walls[:, 2:]
        nearest = np.clip(np.asarray(point), starts, ends)  # walls are level or upright
        distances = np.hypot(*(nearest - point).T)
        index = int(np.argmin(distances))
        x0, y0, x1, y1 = (float(value) for value in self._walls[index])
        return NearWall(float(distances[index]), (x0, y0, x1, y1), (float(nearest[index, 0]), float(nearest[index, 1])))

    def name_wall(self, near: NearWall) -> str:
        """Which wall it is: `the wall between row 2 column 3 and row 2 column 4`, counted from 1 at the top left."""
        size, (left, top) = self._details.geometry.cell_size, self._details.geometry.maze_box[:2]
        x0, y0, x1, y1 = near.wall
        middle_x = min(max(near.nearest[0], x0 + size / 2), x1 - size / 2) if x1 - x0 >= size else x0
        middle_y = min(max(near.nearest[1], y0 + size / 2), y1 - size / 2) if y1 - y0 >= size else y0
        across = (size / 2, 0.0) if y1 - y0 > x1 - x0 else (0.0, size / 2)
        sides = [
            (int((middle_y + sign * across[1] - top) // size), int((middle_x + sign * across[0] - left) // size))
            for sign in (-1, 1)
        ]
        inside = [cell for cell in sides if 0 <= cell[0] < len(self._details.openings) and 0 <= cell[1] < self._columns]
        if len(inside) < 2:
            return f"the outer wall at {name(inside[0])}" if inside else "the outer wall"
        return f"the wall between {name(inside[0])} and {name(inside[1])}"

    @property
    def _columns(self) -> int:
        return len(self._details.openings[0])

    @cached_property
    def _walls(self) -> NDArray[np.float64]:
        walls = np.array(self._details.geometry.walls, np.float64)
        return np.hstack([np.minimum(walls[:, :2], walls[:, 2:]), np.maximum(walls[:, :2], walls[:, 2:])])

    def _spot(self, point: Point) -> Spot:
        cell = self.cell(point)
        x, y = self.center(cell)
        size = self._details.geometry.cell_size
        right, down = (point[0] - x) / size, (point[1] - y) / size
        found = [(right * WAYS[way][1] + down * WAYS[way][0], way) for way in self._ways_out(cell)]
        along, way = max(found, default=(0.0, ""))
        return Spot(cell, way, min(along, 0.5)) if along > 0 else Spot(cell, None, 0.0)

    def _ways_out(self, cell: Cell) -> str:
        return "".join(way for way in self._details.openings[cell[0]][cell[1]] if way in WAYS)

    def _toward(self, cell: Cell, end: Cell) -> str | None:
        """The way out of a cell that leads to another one; None where none does."""
        if (cell, end) not in self._ways:
            left = self._from(end)
            found = {way: left.get(_next(cell, way), float("inf")) for way in self._ways_out(cell)}
            best = min(found, key=found.__getitem__, default=None)
            self._ways[cell, end] = best if best is not None and found[best] < float("inf") else None
        return self._ways[cell, end]

    def _from(self, end: Cell) -> dict[Cell, int]:
        """Steps to a cell from every cell from which it can be reached."""
        if end not in self._distances:
            found, queue = {end: 0}, deque([end])
            while queue:
                cell = queue.popleft()
                for neighbour in (_next(cell, way) for way in self._ways_out(cell)):
                    if neighbour not in found and self._is_inside(neighbour):
                        found[neighbour] = found[cell] + 1
                        queue.append(neighbour)
            self._distances[end] = found
        return self._distances[end]

    def _is_inside(self, cell: Cell) -> bool:
        return 0 <= cell[0] < len(self._details.openings) and 0 <= cell[1] < self._columns


def name(cell: Cell) -> str:
    """`row 2 column 4`, counted from 1 at the top left."""
    return f"row {cell[0] + 1} column {cell[1] + 1}"


def _next(cell: Cell, way: str) -> Cell:
    rows, columns = WAYS[way]
    return cell[0] + rows, cell[1] + columns
