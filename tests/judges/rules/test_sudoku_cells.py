from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from vmevalkit.judges.rules.sudoku_cells import EMPTY, UNCLEAR, Reader
from vmevalkit.judges.rules.sudoku_details import SudokuDetails
from vmevalkit.tasks.domains.sudoku_grid import Shape
from vmevalkit.tasks.domains.sudoku_grid_picture import draw_grid

SHAPE = Shape(3, 3)
SOLUTION = tuple((row * 3 + row // 3 + column) % 9 + 1 for row in range(9) for column in range(9))
PUZZLE = (*(0,) * 27, *SOLUTION[27:])


def picture(digits: tuple[int, ...], blur: float = 0, noise: float = 0) -> NDArray[np.uint8]:
    drawn = np.asarray(draw_grid(PUZZLE, digits, SHAPE), np.float32)
    soft = cv2.GaussianBlur(drawn, (0, 0), blur) if blur else drawn
    grain = np.random.default_rng(0).normal(0, noise, drawn.shape) if noise else 0
    return np.asarray(np.clip(soft + grain, 0, 255), np.uint8)


def details() -> SudokuDetails:
    rows = [[list(digits[start : start + 9]) for start in range(0, 81, 9)] for digits in (PUZZLE, SOLUTION)]
    geometry = {"grid_box": [22, 22, 490, 490]}
    return SudokuDetails.model_validate({"size": 9, "grid": rows[0], "solution": rows[1], "geometry": geometry})


def read(seen: NDArray[np.uint8], blur: float = 0) -> list[int]:
    reader = Reader(details(), picture(PUZZLE), picture(PUZZLE, blur))
    cells = reader.cells(np.stack([picture(PUZZLE, blur), seen]))
    return [int(digit) for digit in reader.read_blanks(cells[:, details().blanks()])[-1]]


@pytest.mark.parametrize(("blur", "noise"), [(0, 0), (1.2, 5)])
def test_every_digit_is_read_in_every_place(blur: float, noise: float) -> None:
    assert read(picture(SOLUTION, blur, noise), blur) == list(SOLUTION[:27])


def test_empty_cells_are_empty() -> None:
    assert read(picture(PUZZLE, 1.2, 5), 1.2) == [EMPTY] * 27


@pytest.mark.parametrize("size", [0.6, 0.7, 0.85])
@pytest.mark.parametrize("shift", [-3, 3])
def test_digits_of_another_size_and_color_beside_the_middle_are_read(size: float, shift: int) -> None:
    seen = Image.fromarray(picture(PUZZLE))
    for cell, digit in enumerate(SOLUTION[:27]):
        place = 48 + cell % 9 * 52 + shift, 48 + cell // 9 * 52 + shift
        ImageDraw.Draw(seen).text(place, str(digit), "#b3261e", ImageFont.load_default(size * 52), "mm")
    assert read(np.asarray(seen)) == list(SOLUTION[:27])


def test_a_scribble_is_no_digit() -> None:
    seen = Image.fromarray(picture(PUZZLE))
    ImageDraw.Draw(seen).rectangle((30, 30, 66, 44), "black")
    assert read(np.asarray(seen))[0] == UNCLEAR
