"""Perfect mazes: every cell is reached from every other by exactly one path."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from random import Random

Cell = tuple[int, int]
"""Row and column, counted from 0 at the top left."""

DIRECTIONS: dict[str, Cell] = {"N": (-1, 0), "E": (0, 1), "S": (1, 0), "W": (0, -1)}
"""Change of row and column for each way out of a cell."""
OPPOSITE = {"N": "S", "E": "W", "S": "N", "W": "E"}


@dataclass(frozen=True)
class Maze:
    """A square grid of cells, some of them joined."""

    size: int
    """Number of rows, and of columns."""
    openings: dict[Cell, str]
    """For each cell, row by row, the ways out of it: letters of `NESW`, in that order."""

    def neighbours(self, cell: Cell) -> list[Cell]:
        """The cells one step away."""
        return [step(cell, direction) for direction in self.openings[cell]]

    def distances(self, start: Cell) -> dict[Cell, int]:
        """Steps from `start` to every cell it reaches, nearest cells first."""
        found, queue = {start: 0}, deque([start])
        while queue:
            cell = queue.popleft()
            for neighbour in self.neighbours(cell):
                if neighbour not in found:
                    found[neighbour] = found[cell] + 1
                    queue.append(neighbour)
        return found

    def shortest_path(self, start: Cell, goal: Cell) -> list[Cell]:
        """The cells from start to goal, both included."""
        distance, path = self.distances(goal), [start]
        while path[-1] != goal:
            path.append(min(self.neighbours(path[-1]), key=distance.__getitem__))
        return path

    def dead_ends(self) -> list[Cell]:
        """The cells with a single way out, row by row."""
        return [cell for cell, ways in self.openings.items() if len(ways) == 1]


def step(cell: Cell, direction: str) -> Cell:
    """The cell next to `cell` in a direction of `NESW`."""
    rows, columns = DIRECTIONS[direction]
    return cell[0] + rows, cell[1] + columns


def moves(path: list[Cell]) -> str:
    """The directions of the steps along a path, such as `EESE`."""
    names = {change: name for name, change in DIRECTIONS.items()}
    return "".join(names[there[0] - here[0], there[1] - here[1]] for here, there in pairwise(path))


def carve_maze(random: Random, size: int) -> Maze:
    """A random perfect maze with long winding corridors (depth-first carving)."""
    cells = [(row, column) for row in range(size) for column in range(size)]
    openings: dict[Cell, str] = dict.fromkeys(cells, "")
    start = random.choice(cells)
    trail, reached = [start], {start}
    while trail:
        cell = trail[-1]
        fresh = [way for way in DIRECTIONS if step(cell, way) in openings and step(cell, way) not in reached]
        if not fresh:
            trail.pop()
            continue
        way = random.choice(fresh)
        neighbour = step(cell, way)
        openings[cell] += way
        openings[neighbour] += OPPOSITE[way]
        trail.append(neighbour)
        reached.add(neighbour)
    return Maze(size, {cell: "".join(way for way in DIRECTIONS if way in ways) for cell, ways in openings.items()})
