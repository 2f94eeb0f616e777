"""Pictures of a maze seen from above: dark walls, a green disc on its way, a red square to reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from vmevalkit.tasks.domains.canvas import SIZE, Backdrop, Box, Canvas, Point, hold, mix
from vmevalkit.tasks.domains.maze_grid import Cell, Maze

PAGE, FLOOR, WALL = "#dfe5ee", "#ffffff", "#1f2937"
MARKER, GOAL = "#16a34a", "#dc2626"

HOLD_START, HOLD_END = 0.5, 0.75
"""Seconds the maze is shown at rest before and after the walk."""
WALK_FRAMES = 90
"""About how many frames a walk takes, whatever its length."""

Wall = tuple[Point, Point]


@dataclass(frozen=True)
class MazeGeometry:
    """Where everything is in the picture of a maze with `size` rows and columns, in pixels."""

    size: int

    @property
    def cell_size(self) -> int:
        """From the middle of one wall to the middle of the next."""
        return 464 // self.size

    @property
    def wall_width(self) -> int:
        """An even number, so that walls cover whole pixels."""
        return 2 * round(self.cell_size * 0.09)

    @property
    def marker_radius(self) -> float:
        """Radius of the disc; leaves some floor on both sides."""
        return round(self.cell_size * 0.24, 1)

    @property
    def goal_side(self) -> int:
        """Width and height of the red square: its corners show around the disc."""
        return 2 * round(self.cell_size * 0.32)

    @property
    def box(self) -> Box:
        """Middle line of the outer walls."""
        margin = (SIZE - self.size * self.cell_size) // 2
        far = margin + self.size * self.cell_size
        return margin, margin, far, far

    def center(self, cell: Cell) -> Point:
        """The middle of a cell."""
        row, column = cell
        return self.box[0] + (column + 0.5) * self.cell_size, self.box[1] + (row + 0.5) * self.cell_size


def walls(maze: Maze, geometry: MazeGeometry) -> list[Wall]:
    """Both ends of the middle line of every wall, left or upper end first."""
    left, top, right, bottom = geometry.box
    found: list[Wall] = [((left, top), (right, top)), ((left, top), (left, bottom))]
    half = geometry.cell_size / 2
    for cell, ways in maze.openings.items():
        x, y = geometry.center(cell)
        if "E" not in ways:
            found.append(((x + half, y - half), (x + half, y + half)))
        if "S" not in ways:
            found.append(((x - half, y + half), (x + half, y + half)))
    return found


def draw_maze(maze: Maze, goal: Cell) -> Backdrop:
    """The maze with its goal, without the disc."""
    geometry, canvas = MazeGeometry(maze.size), Canvas(PAGE)
    canvas.rectangle(geometry.box, FLOOR)
    x, y = geometry.center(goal)
    half = geometry.goal_side / 2
    canvas.rectangle((x - half, y - half, x + half, y + half), GOAL)
    reach = geometry.wall_width / 2
    for (left, top), (right, bottom) in walls(maze, geometry):
        canvas.rectangle((left - reach, top - reach, right + reach, bottom + reach), WALL)
    return Backdrop(canvas)


def draw_disc(backdrop: Backdrop, geometry: MazeGeometry, center: Point) -> Image.Image:
    """The maze with the disc around a point."""
    (x, y), radius = center, geometry.marker_radius
    box = (x - radius, y - radius, x + radius, y + radius)
    return backdrop.frame(box, lambda canvas: canvas.circle(center, radius, MARKER))


def draw_walk(maze: Maze, path: list[Cell], first: Image.Image, final: Image.Image) -> Iterator[Image.Image]:
    """The disc following the path at constant speed, from the picture `first` to the picture `final`."""
    backdrop, geometry = draw_maze(maze, path[-1]), MazeGeometry(maze.size)
    # A whole number of frames per cell: the disc is seen exactly on every corner and never cuts one.
    frames = frames_per_cell(path)
    yield from hold(first, HOLD_START)
    for number in range(1, frames * (len(path) - 1)):
        index, part = divmod(number, frames)
        here, there = geometry.center(path[index]), geometry.center(path[index + 1])
        yield draw_disc(backdrop, geometry, mix(here, there, part / frames))
    yield from hold(final, HOLD_END)


def frames_per_cell(path: list[Cell]) -> int:
    """How many frames the disc takes from one cell to the next."""
    return max(1, round(WALK_FRAMES / (len(path) - 1)))
