"""Pictures of a sudoku grid, and of its empty cells being filled."""

from __future__ import annotations

from collections.abc import Iterator

from PIL import Image

from vmevalkit.tasks.domains.canvas import FPS, SIZE, Canvas, hold, tween
from vmevalkit.tasks.domains.sudoku_grid import Digits, Shape

GRID = 468
"""Width and height of the grid, in pixels; divides by 4, 6 and 9, so cells begin on whole pixels."""
MARGIN = (SIZE - GRID) // 2
"""Space around the grid, in pixels."""
DIGIT_SIZE = 0.76
"""Font size, in cells."""
THIN, THICK = 2, 6
"""Width of the lines between cells and around boxes, in pixels."""
GIVEN_TINT, BLANK_TINT, ACTIVE_TINT = "#e4e7ec", "#ffffff", "#ffe08a"
GIVEN_DIGIT, SOLVED_DIGIT = "#000000", "#0b46c9"
THIN_LINE, THICK_LINE = "#6b7280", "#000000"
FADE_SECONDS, REST_SECONDS = 6 / FPS, 4 / FPS
"""How long a digit takes to appear, and how long its cell stays lit after that."""

_PixelBox = tuple[int, int, int, int]


def draw_grid(puzzle: Digits, digits: Digits, shape: Shape, blank_tint: str = BLANK_TINT) -> Image.Image:
    """The grid holding `digits`; tints and colors show which of them `puzzle` gives."""
    canvas = Canvas()
    for cell, (given, digit) in enumerate(zip(puzzle, digits, strict=True)):
        left, top, right, bottom = _box(cell, shape)
        canvas.rectangle((left, top, right, bottom), GIVEN_TINT if given else blank_tint)
        if digit:
            center = (left + right) / 2, (top + bottom) / 2
            color = GIVEN_DIGIT if given else SOLVED_DIGIT
            size = (right - left) * DIGIT_SIZE
            canvas.text(center, str(digit), size, color, boldness=size / 50)
    _draw_lines(canvas, shape.size, shape.size, THIN, THIN_LINE)
    _draw_lines(canvas, shape.size // shape.box_columns, shape.size // shape.box_rows, THICK, THICK_LINE)
    return canvas.image()


def draw_filling(
    puzzle: Digits, solution: Digits, shape: Shape, first: Image.Image, final: Image.Image
) -> Iterator[Image.Image]:
    """The empty cells lighting up and being filled in reading order, from the picture `first` to `final`."""
    lit = draw_grid(puzzle, puzzle, shape, ACTIVE_TINT)
    written = draw_grid(puzzle, solution, shape, ACTIVE_TINT)
    yield from hold(first, 0.5)
    done = first.copy()
    for cell in blank_cells(puzzle):
        box = _box(cell, shape)
        yield from _fade(done, box, lit, written)
        done.paste(final.crop(box), box)
    yield from hold(final, 0.75)


def blank_cells(puzzle: Digits) -> list[int]:
    """Indices of the empty cells in reading order."""
    return [cell for cell, digit in enumerate(puzzle) if not digit]


def _fade(around: Image.Image, box: _PixelBox, start: Image.Image, end: Image.Image) -> Iterator[Image.Image]:
    """A picture in which one box goes over from another picture's pixels to a third's, and rests there."""
    before, after = start.crop(box), end.crop(box)

    def draw(t: float) -> Image.Image:
        picture = around.copy()
        picture.paste(Image.blend(before, after, t), box)
        return picture

    *appearing, shown = tween(draw, FADE_SECONDS)
    yield from appearing
    yield shown
    yield from hold(shown, REST_SECONDS)


def _box(cell: int, shape: Shape) -> _PixelBox:
    row, column = divmod(cell, shape.size)
    side = GRID // shape.size
    left, top = MARGIN + column * side, MARGIN + row * side
    return left, top, left + side, top + side


def _draw_lines(canvas: Canvas, across: int, down: int, width: int, color: str) -> None:
    """Lines that cut the grid in `across` columns and `down` rows, the frame among them."""
    far = MARGIN + GRID + width / 2
    near = MARGIN - width / 2
    for index in range(across + 1):
        middle = MARGIN + GRID * index / across
        canvas.rectangle((middle - width / 2, near, middle + width / 2, far), color)
    for index in range(down + 1):
        middle = MARGIN + GRID * index / down
        canvas.rectangle((near, middle - width / 2, far, middle + width / 2), color)
