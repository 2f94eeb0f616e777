"""Sudoku grids of any box shape: solving them, and making ones with exactly one solution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random

Digits = tuple[int, ...]
"""The cells row by row; 0 is an empty cell."""


@dataclass(frozen=True)
class Shape:
    """How the cells of a sudoku form boxes."""

    box_rows: int
    """Height of a box, in cells."""
    box_columns: int
    """Width of a box, in cells."""

    @property
    def size(self) -> int:
        """Cells in a row, a column and a box; also the largest digit."""
        return self.box_rows * self.box_columns

    def units(self, cell: int) -> tuple[int, int, int]:
        """The row, column and box a cell lies in; numbered through, rows first, boxes last."""
        row, column = divmod(cell, self.size)
        box = row // self.box_rows * self.box_rows + column // self.box_columns
        return row, self.size + column, 2 * self.size + box


def solutions(puzzle: Digits, shape: Shape, random: Random | None = None) -> Iterator[Digits]:
    """Every solution of a puzzle, one by one; with `random`, in random order."""
    search = _Search(puzzle, shape, random)
    return search.fill([cell for cell, digit in enumerate(puzzle) if not digit]) if search.consistent else iter(())


def has_one_solution(puzzle: Digits, shape: Shape) -> bool:
    """True when there is a solution and no second one."""
    return len(list(islice(solutions(puzzle, shape), 2))) == 1


def random_solution(random: Random, shape: Shape) -> Digits:
    """A full grid that keeps the rules."""
    return next(solutions((0,) * shape.size**2, shape, random))


def dig(random: Random, solution: Digits, shape: Shape, blanks: int) -> Digits:
    """The full grid with `blanks` random cells emptied, or as many as leave exactly one solution."""
    cells = list(range(len(solution)))
    random.shuffle(cells)
    puzzle = solution
    for cell in cells:
        if puzzle.count(0) == blanks:
            break
        emptied = (*puzzle[:cell], 0, *puzzle[cell + 1 :])
        if has_one_solution(emptied, shape):
            puzzle = emptied
    return puzzle


class _Search:
    """A grid being filled; bit d - 1 of a mask stands for digit d."""

    def __init__(self, puzzle: Digits, shape: Shape, random: Random | None) -> None:
        self._cells = [0] * len(puzzle)
        self._units = [shape.units(cell) for cell in range(len(puzzle))]
        self._free = [(1 << shape.size) - 1] * (3 * shape.size)
        self._random = random
        self.consistent = True
        for cell, digit in enumerate(puzzle):
            bit = 1 << digit >> 1
            self.consistent = self.consistent and self._candidates(cell) & bit == bit
            self._put(cell, bit)

    def fill(self, empty: list[int]) -> Iterator[Digits]:
        """Every way to fill the empty cells."""
        if not empty:
            yield tuple(self._cells)
            return
        cell = min(empty, key=self._count_candidates)
        rest = [other for other in empty if other != cell]
        for bit in self._choices(cell):
            self._put(cell, bit)
            yield from self.fill(rest)
            self._take_back(cell, bit)

    def _choices(self, cell: int) -> list[int]:
        candidates = self._candidates(cell)
        bits = [1 << shift for shift in range(candidates.bit_length()) if candidates >> shift & 1]
        if self._random is not None:
            self._random.shuffle(bits)
        return bits

    def _candidates(self, cell: int) -> int:
        row, column, box = self._units[cell]
        return self._free[row] & self._free[column] & self._free[box]

    def _count_candidates(self, cell: int) -> int:
        return self._candidates(cell).bit_count()

    def _put(self, cell: int, bit: int) -> None:
        self._cells[cell] = bit.bit_length()
        for unit in self._units[cell]:
            self._free[unit] &= ~bit

    def _take_back(self, cell: int, bit: int) -> None:
        for unit in self._units[cell]:
            self._free[unit] |= bit
