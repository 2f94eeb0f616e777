"""Sudoku: fill in the missing digits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from random import Random

from vmevalkit.records.base import JsonObject
from vmevalkit.records.task import Difficulty
from vmevalkit.tasks.domains.base import Domain, Puzzle
from vmevalkit.tasks.domains.prompts import load_prompts
from vmevalkit.tasks.domains.sudoku_grid import Digits, Shape, dig, random_solution
from vmevalkit.tasks.domains.sudoku_grid_picture import (
    BLANK_TINT,
    GIVEN_DIGIT,
    GIVEN_TINT,
    GRID,
    MARGIN,
    SOLVED_DIGIT,
    blank_cells,
    draw_filling,
    draw_grid,
)


@dataclass(frozen=True)
class Level:
    """What a sudoku of one difficulty is like."""

    shape: Shape
    """How many cells, in what boxes."""
    blanks: int
    """Cells to fill."""


# Video models make clips of five to eight seconds, and more than two or three digits a second are hard to follow, so
# sixteen blanks are the most there is time for. What makes the large grid hard is less the logic than the picture:
# nine digits to write, small and without touching the 65 given ones.
LEVELS: dict[Difficulty, Level] = {
    "easy": Level(Shape(box_rows=2, box_columns=2), blanks=8),
    "medium": Level(Shape(box_rows=2, box_columns=3), blanks=12),
    "hard": Level(Shape(box_rows=3, box_columns=3), blanks=16),
}


def generate(random: Random, difficulty: Difficulty) -> Puzzle:
    """A sudoku with exactly one solution."""
    level = LEVELS[difficulty]
    shape = level.shape
    solution = random_solution(random, shape)
    puzzle = dig(random, solution, shape, level.blanks)
    first, final = draw_grid(puzzle, puzzle, shape), draw_grid(puzzle, solution, shape)
    return Puzzle(
        prompt=load_prompts("sudoku")["fill"].format(
            size=shape.size, box_rows=shape.box_rows, box_columns=shape.box_columns, blanks=puzzle.count(0)
        ),
        first_frame=first,
        final_frame=final,
        solution_frames=partial(draw_filling, puzzle, solution, shape, first, final),
        fingerprint=f"{shape.box_rows}x{shape.box_columns}:{''.join(map(str, puzzle))}",
        details=_details(puzzle, solution, shape, difficulty),
    )


def _details(puzzle: Digits, solution: Digits, shape: Shape, difficulty: Difficulty) -> JsonObject:
    size = shape.size
    return {
        "difficulty": difficulty,
        "size": size,
        "box_shape": {"rows": shape.box_rows, "columns": shape.box_columns},
        "grid": [list(puzzle[start : start + size]) for start in range(0, size**2, size)],
        "solution": [list(solution[start : start + size]) for start in range(0, size**2, size)],
        "givens": [[digit > 0 for digit in puzzle[start : start + size]] for start in range(0, size**2, size)],
        "fill_order": [list(divmod(cell, size)) for cell in blank_cells(puzzle)],
        "geometry": {
            "grid_box": [MARGIN, MARGIN, MARGIN + GRID, MARGIN + GRID],
            "cell_size": GRID // size,
            "given_tint": GIVEN_TINT,
            "blank_tint": BLANK_TINT,
            "given_digit": GIVEN_DIGIT,
            "solved_digit": SOLVED_DIGIT,
        },
    }


DOMAIN = Domain(
    name="sudoku", description="Fill in the digits that the rules leave no choice about.", version=1, generate=generate
)
