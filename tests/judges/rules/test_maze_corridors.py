from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmevalkit.judges.rules.base import read_details
from vmevalkit.judges.rules.maze_corridors import Corridors
from vmevalkit.judges.rules.maze_details import MazeDetails
from vmevalkit.tasks.domains.maze import generate
from vmevalkit.tasks.domains.maze_grid import Maze

PUZZLE = generate(Random(1), "easy")
DETAILS = read_details(MazeDetails, {"details": PUZZLE.details})
CORRIDORS = Corridors(DETAILS)
LEFT, TOP, RIGHT, BOTTOM = DETAILS.geometry.maze_box
places = st.tuples(st.floats(LEFT, RIGHT), st.floats(TOP, BOTTOM))
cells = st.tuples(st.integers(0, 4), st.integers(0, 4))


@given(cells, cells)
def test_middles_of_cells_are_as_far_apart_as_the_generator_says(start: tuple[int, int], end: tuple[int, int]) -> None:
    maze = Maze(5, {(row, column): DETAILS.openings[row][column] for row in range(5) for column in range(5)})
    assert CORRIDORS.distance(CORRIDORS.center(start), CORRIDORS.center(end)) == maze.distances(start)[end]


@given(places, places)
def test_distance_is_the_same_there_and_back(start: tuple[float, float], end: tuple[float, float]) -> None:
    assert CORRIDORS.distance(start, end) == pytest.approx(CORRIDORS.distance(end, start))
    assert CORRIDORS.distance(start, start) == 0


@given(places)
def test_the_middle_of_a_cell_is_half_a_cell_from_the_nearest_wall(place: tuple[float, float]) -> None:
    cell = CORRIDORS.cell(place)
    near = CORRIDORS.near_wall(CORRIDORS.center(cell))
    assert near.distance >= DETAILS.geometry.cell_size / 2
    assert f"row {cell[0] + 1} column {cell[1] + 1}" in CORRIDORS.name_wall(near) or near.distance > 46
