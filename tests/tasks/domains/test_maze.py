from __future__ import annotations

from functools import cache
from io import BytesIO
from itertools import pairwise
from random import Random
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from vmevalkit.records.task import Difficulty
from vmevalkit.tasks.domains.base import Puzzle
from vmevalkit.tasks.domains.canvas import FPS, SIZE, Backdrop, Canvas
from vmevalkit.tasks.domains.maze import DOMAIN
from vmevalkit.tasks.domains.maze_grid import carve_maze
from vmevalkit.tasks.domains.maze_picture import MARKER, MazeGeometry, draw_disc

DIFFICULTIES: tuple[Difficulty, ...] = get_args(Difficulty)
EVERY = [(seed, difficulty) for difficulty in DIFFICULTIES for seed in range(20)]
STEPS = {"N": (-1, 0), "E": (0, 1), "S": (1, 0), "W": (0, -1)}

Cell = tuple[int, int]
Mask = npt.NDArray[np.bool_]


def puzzle(seed: int, difficulty: Difficulty) -> Puzzle:
    return DOMAIN.generate(Random(seed), difficulty)


@cache
def details(seed: int, difficulty: Difficulty) -> Any:
    return puzzle(seed, difficulty).details


def passages(openings: dict[Cell, str]) -> dict[Cell, set[Cell]]:
    return {(r, c): {(r + STEPS[way][0], c + STEPS[way][1]) for way in ways} for (r, c), ways in openings.items()}


def open_cells(facts: Any) -> dict[Cell, set[Cell]]:
    return passages({(r, c): ways for r, row in enumerate(facts["openings"]) for c, ways in enumerate(row)})


def is_perfect(graph: dict[Cell, set[Cell]]) -> bool:
    """A tree: joined both ways, all cells reached, one passage fewer than cells."""
    reached, stack = {(0, 0)}, [(0, 0)]
    while stack:
        fresh = graph[stack.pop()] - reached
        reached |= fresh
        stack.extend(fresh)
    both_ways = all(cell in graph[other] for cell, others in graph.items() for other in others)
    return both_ways and reached == set(graph) and sum(map(len, graph.values())) == 2 * (len(graph) - 1)


def fill_dead_ends(graph: dict[Cell, set[Cell]], keep: set[Cell]) -> set[Cell]:
    """What is left of a perfect maze when its dead ends are filled until none is left: the path."""
    left = {cell: set(others) for cell, others in graph.items()}
    while dead := [cell for cell, others in left.items() if len(others) == 1 and cell not in keep]:
        for cell in dead:
            for other in left.pop(cell):
                left[other].discard(cell)
    return set(left)


def mask(picture: Image.Image, color: str, tolerance: int = 60) -> Mask:
    channels = ImageChops.difference(picture, Image.new("RGB", picture.size, color)).split()
    return np.asarray(ImageChops.lighter(ImageChops.lighter(channels[0], channels[1]), channels[2])) < tolerance


def middle(found: Mask) -> tuple[float, float]:
    rows, columns = np.nonzero(found)
    return float(columns.mean()) + 0.5, float(rows.mean()) + 0.5


@given(st.integers(0, 2**32), st.integers(2, 13))
@settings(max_examples=25, deadline=None)
def test_any_carved_maze_is_perfect(seed: int, size: int) -> None:
    openings = carve_maze(Random(seed), size).openings
    assert len(openings) == size * size
    assert is_perfect(passages(openings))


@pytest.mark.parametrize(("seed", "difficulty"), EVERY)
def test_the_recorded_path_is_what_filling_dead_ends_leaves(seed: int, difficulty: Difficulty) -> None:
    facts = details(seed, difficulty)
    graph, path = open_cells(facts), [tuple(cell) for cell in facts["path"]]
    assert is_perfect(graph)
    assert set(path) == fill_dead_ends(graph, {path[0], path[-1]})
    assert all(there in graph[here] for here, there in pairwise(path))
    assert len(set(path)) == len(path) == facts["path_length"] + 1
    assert [list(path[0]), list(path[-1])] == [facts["start"], facts["goal"]]


@pytest.mark.parametrize(("seed", "difficulty"), EVERY)
def test_the_moves_lead_from_start_to_goal(seed: int, difficulty: Difficulty) -> None:
    facts = details(seed, difficulty)
    row, column = facts["start"]
    for way in facts["moves"]:
        assert way in facts["openings"][row][column]
        row, column = row + STEPS[way][0], column + STEPS[way][1]
    assert [row, column] == facts["goal"]


@pytest.mark.parametrize(("seed", "difficulty"), EVERY)
def test_the_disc_keeps_clear_of_every_wall_along_the_waypoints(seed: int, difficulty: Difficulty) -> None:
    geometry = details(seed, difficulty)["geometry"]
    needed = geometry["marker_radius"] + geometry["wall_width"] / 2 + 2
    for (x0, y0), (x1, y1) in pairwise(geometry["waypoints"]):
        for left, top, right, bottom in geometry["walls"]:
            across = max(left - max(x0, x1), min(x0, x1) - right)
            down = max(top - max(y0, y1), min(y0, y1) - bottom)
            assert max(across, down) >= needed


@pytest.mark.parametrize(("seed", "difficulty"), EVERY)
def test_there_is_a_wall_exactly_where_cells_are_not_joined(seed: int, difficulty: Difficulty) -> None:
    facts = details(seed, difficulty)
    size, joined = facts["rows"], sum(len(ways) for row in facts["openings"] for ways in row) // 2
    segments = {tuple(wall) for wall in facts["geometry"]["walls"]}
    length = sum(right - left + bottom - top for left, top, right, bottom in segments)
    all_edges = 2 * size * (size + 1)
    assert length == (all_edges - joined) * facts["geometry"]["cell_size"]


def test_harder_mazes_are_larger_and_have_longer_paths() -> None:
    lengths = {d: [details(seed, d)["path_length"] for seed in range(20)] for d in DIFFICULTIES}
    assert max(lengths["easy"]) < min(lengths["medium"])
    assert max(lengths["medium"]) < min(lengths["hard"])
    assert [details(0, d)["rows"] for d in DIFFICULTIES] == [5, 8, 11]


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_the_video_leads_from_the_first_frame_to_the_final_frame(difficulty: Difficulty) -> None:
    problem = puzzle(1, difficulty)
    frames = list(problem.solution_frames())
    assert frames[0] == problem.first_frame
    assert frames[-1] == problem.final_frame
    assert {(frame.mode, frame.size) for frame in frames} == {("RGB", (SIZE, SIZE))}
    assert 3 <= len(frames) / FPS <= 6
    assert len(frames) - len({id(frame) for frame in frames}) >= FPS


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_in_the_pixels_the_disc_covers_no_wall_and_keeps_its_pace(difficulty: Difficulty) -> None:
    problem = puzzle(2, difficulty)
    facts: Any = problem.details
    walls, centers = mask(problem.first_frame, facts["colors"]["wall"]), []
    for frame in {id(frame): frame for frame in problem.solution_frames()}.values():
        assert np.array_equal(mask(frame, facts["colors"]["wall"]), walls)
        centers.append(middle(mask(frame, facts["colors"]["marker"])))
    # Measured along the axes, every step is equal only when the disc is seen on each corner.
    paces = [abs(x1 - x0) + abs(y1 - y0) for (x0, y0), (x1, y1) in pairwise(centers)]
    assert max(paces) - min(paces) < 0.8
    assert len(centers) == pytest.approx(sum(paces) / np.mean(paces) + 1)
    assert sum(paces) == pytest.approx(facts["path_length"] * facts["geometry"]["cell_size"], rel=0.01)


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_marker_and_goal_are_where_the_details_say_after_compression(difficulty: Difficulty) -> None:
    problem = puzzle(3, difficulty)
    facts: Any = problem.details
    waypoints, colors = facts["geometry"]["waypoints"], facts["colors"]
    file = BytesIO()
    problem.first_frame.resize((SIZE // 2, SIZE // 2), Image.Resampling.BICUBIC).save(file, "JPEG", quality=50)
    seen = Image.open(file).convert("RGB").resize((SIZE, SIZE), Image.Resampling.BICUBIC)
    assert middle(mask(seen, colors["marker"])) == pytest.approx(waypoints[0], abs=1)
    assert middle(mask(seen, colors["goal"])) == pytest.approx(waypoints[-1], abs=1)


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_the_goal_still_shows_under_the_disc_in_the_end(difficulty: Difficulty) -> None:
    problem = puzzle(4, difficulty)
    facts: Any = problem.details
    goal, disc = (mask(problem.final_frame, facts["colors"][name]) for name in ("goal", "marker"))
    assert middle(disc) == pytest.approx(facts["geometry"]["waypoints"][-1], abs=0.5)
    assert middle(goal) == pytest.approx(middle(disc), abs=0.5)
    assert goal.sum() > 0.5 * disc.sum()


def test_a_backdrop_draws_what_drawing_the_whole_picture_would() -> None:
    geometry = MazeGeometry(11)
    backdrop, radius = Backdrop(Canvas("white")), geometry.marker_radius
    for center in ((30.0, 41.5), (100.4, 200.3), (508.2, 3.9)):
        whole = Canvas("white")
        whole.circle(center, radius, MARKER)
        assert draw_disc(backdrop, geometry, center) == whole.image()


def test_equal_seeds_give_equal_puzzles_and_other_seeds_others() -> None:
    one, other = puzzle(5, "hard"), puzzle(5, "hard")
    assert (one.prompt, one.fingerprint, one.details) == (other.prompt, other.fingerprint, other.details)
    assert (one.first_frame, one.final_frame) == (other.first_frame, other.final_frame)
    assert len({puzzle(seed, "easy").fingerprint for seed in range(20)}) == 20


def test_a_seed_gives_the_same_maze_on_every_python() -> None:
    assert details(0, "easy")["moves"] == "WNNNEEEE"
    assert details(0, "hard")["moves"] == "SENESESSWWSWNNWNNWSSWSSSSSEESWWSEESEEEEENWWW"
