"""What the sudoku verifier needs of a task's metadata."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field, model_validator
from typing_extensions import Self

from vmevalkit.judges.rules.base import Details


class Geometry(Details):
    """Where the grid is, in pixels of the first frame."""

    grid_box: tuple[float, float, float, float]
    """Left, top, right and bottom edge."""


class SudokuDetails(Details):
    """What the verifier needs of a task's metadata."""

    size: int = Field(ge=2, le=9)
    """Cells in a row."""
    grid: tuple[tuple[int, ...], ...]
    """The given digits row by row; 0 is an empty cell."""
    solution: tuple[tuple[int, ...], ...]
    """All digits."""
    geometry: Geometry
    """Where the grid is."""

    @model_validator(mode="after")
    def _is_square(self) -> Self:
        for rows in (self.grid, self.solution):
            if len(rows) != self.size or any(len(row) != self.size for row in rows):
                raise ValueError(f"expected {self.size} rows of {self.size} digits")
        if not set(_flat(self.grid)) <= set(range(self.size + 1)) or not set(self.digits()) <= set(
            range(1, self.size + 1)
        ):
            raise ValueError(f"expected digits up to {self.size}")
        if any(given not in {0, digit} for given, digit in zip(_flat(self.grid), self.digits(), strict=True)):
            raise ValueError("expected a solution that leaves the given digits as they are")
        if not self.blanks() or not self.givens():
            raise ValueError("expected at least one empty cell and one given digit")
        return self

    def blanks(self) -> list[int]:
        """Indices of the cells to be filled, row by row."""
        return [cell for cell, digit in enumerate(_flat(self.grid)) if not digit]

    def givens(self) -> list[int]:
        """Indices of the other cells."""
        return [cell for cell, digit in enumerate(_flat(self.grid)) if digit]

    def digits(self) -> list[int]:
        """The solution, cell by cell."""
        return _flat(self.solution)

    def name(self, cell: int) -> str:
        """A cell in words, such as `row 2 column 5`."""
        row, column = divmod(cell, self.size)
        return f"row {row + 1} column {column + 1}"


def _flat(rows: Iterable[Iterable[int]]) -> list[int]:
    return [digit for row in rows for digit in row]
