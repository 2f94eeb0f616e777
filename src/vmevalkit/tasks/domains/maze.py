"""Maze: lead a disc through a maze with a single path."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from random import Random

from vmevalkit.records.base import JsonObject
from vmevalkit.records.task import Difficulty
from vmevalkit.tasks.domains.base import Domain, Puzzle
from vmevalkit.tasks.domains.canvas import SIZE
from vmevalkit.tasks.domains.maze_grid import Cell, Maze, carve_maze, moves
from vmevalkit.tasks.domains.maze_picture import (
    FLOOR,
    GOAL,
    MARKER,
    PAGE,
    WALL,
    MazeGeometry,
    draw_disc,
    draw_maze,
    draw_walk,
    walls,
)
from vmevalkit.tasks.domains.prompts import load_prompts


@dataclass(frozen=True)
class Level:
    """What makes a maze easy or hard."""

    size: int
    """Rows and columns."""
    steps: range
    """How many cells the disc may have to move."""


LEVELS: dict[Difficulty, Level] = {
    "easy": Level(5, range(8, 15)),
    "medium": Level(8, range(16, 29)),
    "hard": Level(11, range(30, 45)),
}


def generate(random: Random, difficulty: Difficulty) -> Puzzle:
    """A maze whose start and goal are dead ends far apart."""
    maze, path = _find_maze(random, LEVELS[difficulty])
    geometry, backdrop = MazeGeometry(maze.size), draw_maze(maze, path[-1])
    first, final = (draw_disc(backdrop, geometry, geometry.center(cell)) for cell in (path[0], path[-1]))
    return Puzzle(
        prompt=load_prompts("maze")["lead_to_goal"],
        first_frame=first,
        final_frame=final,
        solution_frames=partial(draw_walk, maze, path, first, final),
        fingerprint=f"{path[0]} {path[-1]} {' '.join(maze.openings.values())}",
        details=_details(maze, path, difficulty),
    )


def _find_maze(random: Random, level: Level) -> tuple[Maze, list[Cell]]:
    """A maze and its path from start to goal."""
    while True:
        maze = carve_maze(random, level.size)
        ends = maze.dead_ends()
        pairs = [(start, goal) for start in ends for goal in ends if _far_apart(maze, start, goal, level)]
        if pairs:
            return maze, maze.shortest_path(*random.choice(pairs))


def _far_apart(maze: Maze, start: Cell, goal: Cell, level: Level) -> bool:
    """Whether the path is as long as it should be, and the goal not just behind a wall."""
    straight = abs(start[0] - goal[0]) + abs(start[1] - goal[1])
    return straight >= level.size - 1 and len(maze.shortest_path(start, goal)) - 1 in level.steps


def _details(maze: Maze, path: list[Cell], difficulty: Difficulty) -> JsonObject:
    geometry, rows = MazeGeometry(maze.size), range(maze.size)
    return {
        "difficulty": difficulty,
        "rows": maze.size,
        "columns": maze.size,
        "start": list(path[0]),
        "goal": list(path[-1]),
        "openings": [[maze.openings[row, column] for column in rows] for row in rows],
        "path": [list(cell) for cell in path],
        "path_length": len(path) - 1,
        "moves": moves(path),
        "geometry": {
            "image_size": SIZE,
            "maze_box": list(geometry.box),
            "cell_size": geometry.cell_size,
            "wall_width": geometry.wall_width,
            "walls": [[*start, *end] for start, end in walls(maze, geometry)],
            "marker_radius": geometry.marker_radius,
            "goal_side": geometry.goal_side,
            "waypoints": [list(geometry.center(cell)) for cell in path],
        },
        "colors": {"page": PAGE, "floor": FLOOR, "wall": WALL, "marker": MARKER, "goal": GOAL},
    }


DOMAIN = Domain(
    name="maze", description="Lead a disc along the only path through a maze.", version=1, generate=generate
)
