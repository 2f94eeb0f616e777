from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import permutations
from random import Random
from typing import cast, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from vmevalkit.records.task import Difficulty
from vmevalkit.tasks.domains.base import Puzzle
from vmevalkit.tasks.domains.canvas import FPS, SIZE
from vmevalkit.tasks.domains.sudoku import DOMAIN, LEVELS, generate
from vmevalkit.tasks.domains.sudoku_grid import Digits, Shape, dig, has_one_solution, random_solution, solutions

DIFFICULTIES: tuple[Difficulty, ...] = get_args(Difficulty)
SMALL = Shape(2, 2)
LARGE = Shape(3, 3)


@pytest.fixture(scope="module")
def small_grids() -> list[Digits]:
    """All full 4x4 grids, found by trying every four rows."""
    rows = list(permutations((1, 2, 3, 4)))
    grids = [
        sum(four, ()) for four in permutations(rows, 4) if all(len(set(line)) == 4 for line in zip(*four, strict=True))
    ]
    corners = (0, 2, 8, 10)
    return [g for g in grids if all(len({g[c], g[c + 1], g[c + 4], g[c + 5]}) == 4 for c in corners)]


def agreeing(puzzle: Digits, grids: list[Digits]) -> list[Digits]:
    return sorted(grid for grid in grids if all(p in (0, digit) for p, digit in zip(puzzle, grid, strict=True)))


def plain_solutions(rows: list[list[int]], box_rows: int, box_columns: int) -> Iterator[list[list[int]]]:
    """Every solution, cell after cell by the rules as a person would state them."""
    size = len(rows)
    empty = [(r, c) for r in range(size) for c in range(size) if rows[r][c] == 0]
    if not empty:
        yield [row[:] for row in rows]
        return
    r, c = empty[0]
    top, left = r - r % box_rows, c - c % box_columns
    seen = set(rows[r]) | {row[c] for row in rows}
    seen |= {digit for row in rows[top : top + box_rows] for digit in row[left : left + box_columns]}
    for digit in set(range(1, size + 1)) - seen:
        rows[r][c] = digit
        yield from plain_solutions(rows, box_rows, box_columns)
        rows[r][c] = 0


@cache
def puzzle_of(seed: int, difficulty: Difficulty) -> Puzzle:
    return generate(Random(seed), difficulty)


def grid_of(puzzle: Puzzle, name: str) -> list[list[int]]:
    return cast("list[list[int]]", puzzle.details[name])


def digits(text: str) -> Digits:
    return tuple(int(character) for character in text)


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
@pytest.mark.parametrize("seed", range(20))
def test_every_puzzle_has_the_recorded_solution_and_no_other(difficulty: Difficulty, seed: int) -> None:
    puzzle, shape = puzzle_of(seed, difficulty), LEVELS[difficulty].shape
    found = list(plain_solutions(grid_of(puzzle, "grid"), shape.box_rows, shape.box_columns))
    assert found == [grid_of(puzzle, "solution")]


@given(number=st.integers(0, 287), kept=st.lists(st.booleans(), min_size=16, max_size=16))
def test_the_solver_finds_every_solution(number: int, kept: list[bool], small_grids: list[Digits]) -> None:
    puzzle = tuple(digit if keep else 0 for digit, keep in zip(small_grids[number], kept, strict=True))
    assert sorted(solutions(puzzle, SMALL)) == agreeing(puzzle, small_grids)


@given(cells=st.lists(st.sampled_from([0, 0, 0, 1, 2, 3, 4]), min_size=16, max_size=16))
def test_the_solver_finds_nothing_where_there_is_nothing(cells: list[int], small_grids: list[Digits]) -> None:
    assert sorted(solutions(tuple(cells), SMALL)) == agreeing(tuple(cells), small_grids)


def test_the_empty_small_grid_has_288_solutions(small_grids: list[Digits]) -> None:
    assert len(set(solutions((0,) * 16, SMALL))) == len(small_grids) == 288


def test_a_published_puzzle_is_solved() -> None:
    puzzle = digits("530070000600195000098000060800060003400803001700020006060000280000419005000080079")
    expected = digits("534678912672195348198342567859761423426853791713924856961537284287419635345286179")
    assert list(solutions(puzzle, LARGE)) == [expected]


def test_two_solutions_are_not_one() -> None:
    assert not has_one_solution((0, 0, 3, 4, 3, 4, 0, 0, 0, 0, 4, 3, 4, 3, 0, 0), SMALL)


def test_digging_stops_where_the_solution_would_not_stay_the_only_one() -> None:
    puzzle = dig(Random(0), random_solution(Random(0), SMALL), SMALL, blanks=16)
    fewer = [(*puzzle[:cell], 0, *puzzle[cell + 1 :]) for cell, digit in enumerate(puzzle) if digit]
    assert has_one_solution(puzzle, SMALL)
    assert not any(has_one_solution(other, SMALL) for other in fewer)


def test_full_grids_differ_by_seed() -> None:
    assert len({random_solution(Random(seed), LARGE) for seed in range(20)}) == 20


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_as_many_cells_are_blank_as_the_difficulty_says(difficulty: Difficulty) -> None:
    sizes = {"easy": (4, 8), "medium": (6, 12), "hard": (9, 16)}
    for seed in range(20):
        rows = grid_of(puzzle_of(seed, difficulty), "grid")
        assert (len(rows), sum(row.count(0) for row in rows)) == sizes[difficulty]


def test_equal_seeds_give_equal_puzzles() -> None:
    one, other = generate(Random(5), "medium"), generate(Random(5), "medium")
    assert (one.prompt, one.fingerprint, one.details) == (other.prompt, other.fingerprint, other.details)
    assert one.first_frame == other.first_frame
    assert one.final_frame == other.final_frame


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_the_video_leads_from_the_first_frame_to_the_final_frame(difficulty: Difficulty) -> None:
    puzzle = puzzle_of(1, difficulty)
    frames = list(puzzle.solution_frames())
    assert frames[0] == puzzle.first_frame
    assert frames[-1] == puzzle.final_frame
    assert {(frame.mode, frame.size) for frame in frames} == {("RGB", (SIZE, SIZE))}
    assert len(frames) <= 8 * FPS


def cell_box(puzzle: Puzzle, row: int, column: int) -> tuple[int, int, int, int]:
    geometry = cast("dict[str, int | list[int]]", puzzle.details["geometry"])
    side, grid_box = cast("int", geometry["cell_size"]), cast("list[int]", geometry["grid_box"])
    left, top = grid_box[0] + column * side, grid_box[1] + row * side
    return left, top, left + side, top + side


def changed(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.difference(one, other).getbbox() is not None


def test_cells_are_filled_in_the_recorded_order_at_a_constant_pace() -> None:
    puzzle = puzzle_of(2, "easy")
    frames = list(puzzle.solution_frames())
    order = grid_of(puzzle, "fill_order")
    boxes = [cell_box(puzzle, row, column) for row, column in order]
    starts = [
        next(i for i, frame in enumerate(frames) if changed(frame.crop(box), puzzle.first_frame.crop(box)))
        for box in boxes
    ]
    assert starts == list(range(starts[0], starts[0] + 10 * len(order), 10))


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_only_blank_cells_change(difficulty: Difficulty) -> None:
    puzzle = puzzle_of(4, difficulty)
    for row, givens in enumerate(grid_of(puzzle, "givens")):
        for column, is_given in enumerate(givens):
            box = cell_box(puzzle, row, column)
            assert changed(puzzle.first_frame.crop(box), puzzle.final_frame.crop(box)) == (not is_given)


def test_thick_lines_stand_around_boxes() -> None:
    picture = puzzle_of(0, "medium").first_frame.convert("L")
    left, top, *_ = cell_box(puzzle_of(0, "medium"), 0, 0)
    beside = [picture.getpixel((left + column * 78 + 2, top + 10)) for column in range(6)]
    below = [picture.getpixel((left + 10, top + row * 78 + 2)) for row in range(6)]
    assert [shade == 0 for shade in beside] == [True, False, False, True, False, False]
    assert [shade == 0 for shade in below] == [True, False, True, False, True, False]


def test_seeds_keep_giving_the_puzzles_of_version_1() -> None:
    assert DOMAIN.version == 1
    assert puzzle_of(0, "easy").fingerprint == "2x2:0120201013004200"
    assert (
        puzzle_of(0, "hard").fingerprint
        == "3x3:072593146306821759195476280289105437603702590457309012520037064708604021964018375"
    )


def test_held_frames_are_one_object() -> None:
    frames = list(puzzle_of(1, "hard").solution_frames())
    assert len({id(frame) for frame in frames}) == 2 + 6 * 16


def test_the_prompt_names_the_size_and_tells_no_digits() -> None:
    prompt = puzzle_of(1, "medium").prompt
    assert "6x6" in prompt
    assert "{" not in prompt
