"""What the judge of mazes needs of a task."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field, model_validator
from typing_extensions import Self

from vmevalkit.judges.rules.base import Details

Cell: TypeAlias = tuple[int, int]
"""Row and column, from 0 at the top left."""
Color = Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$")]
Length = Annotated[float, Field(gt=0)]
WAYS: dict[str, Cell] = {"N": (-1, 0), "E": (0, 1), "S": (1, 0), "W": (0, -1)}
"""Change of row and column for each way out of a cell."""


class MazeGeometry(Details):
    """Where everything is in the first frame, in pixels."""

    maze_box: tuple[float, float, float, float]
    """Left, top, right and bottom: the middle lines of the outer walls."""
    cell_size: Length
    """From the middle of one wall to the middle of the next."""
    wall_width: Length
    """How thick walls are."""
    walls: tuple[tuple[float, float, float, float], ...] = Field(min_length=4)
    """Both ends of the middle line of every wall."""
    marker_radius: Length
    """Radius of the disc."""
    goal_side: Length
    """Width and height of the red square."""


class MazeColors(Details):
    """What is drawn in which color."""

    page: Color
    """Around the maze."""
    floor: Color
    """The corridors."""
    wall: Color
    """The walls."""
    marker: Color
    """The disc."""
    goal: Color
    """The square to be reached."""


class MazeDetails(Details):
    """A maze, its start and its goal."""

    openings: tuple[tuple[str, ...], ...] = Field(min_length=1)
    """For each row and column, the ways out of the cell: letters of `NESW`."""
    start: Cell
    """Where the disc is at first."""
    goal: Cell
    """Where it is to go."""
    geometry: MazeGeometry
    """Where everything is."""
    colors: MazeColors
    """What it looks like."""

    @model_validator(mode="after")
    def _is_inside(self) -> Self:
        rows, columns = len(self.openings), len(self.openings[0])
        if any(len(row) != columns for row in self.openings):
            raise ValueError("expected as many openings in each row")
        for row, column in (self.start, self.goal):
            if not (0 <= row < rows and 0 <= column < columns):
                raise ValueError(f"expected start and goal inside {rows} rows and {columns} columns")
        return self
