"""Reading the digits of a sudoku, cell by cell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from vmevalkit.judges.rules.softness import blurred, softness
from vmevalkit.judges.rules.sudoku_details import SudokuDetails

Floats = NDArray[np.float32]

CELL = 36
"""Width of a cell in the pictures that digits are read from, in pixels."""
EDGE = 4
"""What is left out at each side of a cell, for the lines, in these pixels."""
SIDE = CELL - 2 * EDGE
FONT_SIZES = (0.56, 0.66, 0.76, 0.88)
"""How large written digits may be, as font sizes in cells."""
REACH = 4
"""How far a written digit may be off the middle of its cell, in these pixels; given ones stay within 2."""
BLANK = 0.2
"""Contrast, as a share of the given digits', below which a cell is empty."""
CLEAR = 0.6
"""Least correlation with a digit's look for it to be read."""
MARGIN = 0.015
"""How much better a digit must fit than every other one."""

REST = 2.0, 1.6
"""Largest difference between two pictures of a cell at rest, as a standard deviation: in gray levels, and in terms of
what is usual between one frame and the next."""

EMPTY, UNCLEAR = 0, -1
"""Readings of a cell without a digit, and of one with something that is not clearly a digit."""


Digits = NDArray[np.int8]
"""What some cells hold over time, frames × cells: the digit, `EMPTY` or `UNCLEAR`."""


class Reader:
    """Reads the cells of one puzzle's grid."""

    def __init__(self, details: SudokuDetails, reference: NDArray[np.uint8], frame: NDArray[np.uint8]) -> None:
        """Learn the given digits' looks from the reference, and the softness of the video from its first frame."""
        self._details = details
        self._softness = softness(reference, frame)
        soft = blurred(reference.astype(np.float32), self._softness)
        self._given = self.cells(np.clip(np.rint(soft), 0, 255).astype(np.uint8)[None])[0]
        self.contrast = float(np.median(_contrast(self._given[details.givens()])))
        """How much the given digits stand out, as a standard deviation in gray levels."""

    def cells(self, frames: Iterable[NDArray[np.uint8]]) -> Floats:
        """The insides of all cells: frames × cells × pixels, in gray levels."""
        left, top, right, bottom = (round(edge) for edge in self._details.geometry.grid_box)
        size = self._details.size
        pictures = []
        for frame in frames:
            gray = cv2.cvtColor(np.ascontiguousarray(frame[top:bottom, left:right]), cv2.COLOR_RGB2GRAY)
            small = np.asarray(cv2.resize(gray, (size * CELL,) * 2, interpolation=cv2.INTER_AREA), np.float32)
            cells = small.reshape(size, CELL, size, CELL).transpose(0, 2, 1, 3)[..., EDGE:-EDGE, EDGE:-EDGE]
            pictures.append(cells.reshape(size * size, SIDE * SIDE))
        return np.stack(pictures)

    def read_blanks(self, cells: Floats) -> Digits:
        """The digits in the cells to be filled, given `cells` of these cells alone: any size and place."""
        return self._read(cells, FONT_SIZES, REACH)

    def read_givens(self, cells: Floats) -> Digits:
        """The digits in the given cells, given `cells` of these alone."""
        return self._read(cells, (), 2)

    def _read(self, cells: Floats, font_sizes: Sequence[float], reach: int) -> Digits:
        which, centred = _distinct(cells - cells.mean(axis=2, keepdims=True))
        unit = _unit(centred)
        fits = np.stack(
            [(unit @ self._looks(digit, font_sizes, reach).T).max(axis=1) for digit in self._range()], axis=1
        )
        best, order = fits.max(axis=1), np.sort(fits, axis=1)
        clear = (best >= CLEAR) & (best - order[:, -2] >= MARGIN)
        digits = np.where(clear, fits.argmax(axis=1) + 1, UNCLEAR)
        empty = _contrast(centred) < BLANK * self.contrast
        return np.asarray(np.where(empty, EMPTY, digits)[which], np.int8)

    def _range(self) -> range:
        return range(1, self._details.size + 1)

    def _looks(self, digit: int, font_sizes: Sequence[float], reach: int) -> Floats:
        """Looks × pixels, each of mean 0 and length 1: the digit as it is given and in Pillow's font, moved about."""
        solution = self._details.digits()
        given = [cell for cell in self._details.givens() if solution[cell] == digit]
        looks = [self._given[given].mean(axis=0).reshape(SIDE, SIDE)] if given else []
        sizes = font_sizes or (() if given else FONT_SIZES)
        width = (self._details.geometry.grid_box[2] - self._details.geometry.grid_box[0]) / self._details.size
        looks += [_written(digit, size, self._softness * CELL / width) for size in sizes]
        moved = np.concatenate([_moved(look, reach) for look in looks])
        return _unit(moved - moved.mean(axis=1, keepdims=True))


def _distinct(cells: Floats) -> tuple[NDArray[np.intp], Floats]:
    """What the cells show over time without repetitions, and which of it each frame and cell shows.

    A cell at rest is read once, and once more in the last frame, which counts most.
    """
    noise = float(np.median(_contrast(cells[1:] - cells[:-1]))) if len(cells) > 1 else 0.0
    rest = max(REST[0], REST[1] * noise)
    which = np.zeros(cells.shape[:2], np.intp)
    which[0] = np.arange(cells.shape[1])
    kept, known = [*cells[0]], cells[0].copy()
    for frame, picture in enumerate(cells[1:], start=1):
        which[frame] = which[frame - 1]
        for cell in np.flatnonzero((_contrast(picture - known) > rest) | (frame == len(cells) - 1)):
            which[frame, cell] = len(kept)
            known[cell] = picture[cell]
            kept.append(picture[cell])
    return which, np.stack(kept)


def _unit(pictures: Floats) -> Floats:
    """The pictures brought to length 1; a blank one stays blank."""
    return np.asarray(pictures / np.maximum(np.linalg.norm(pictures, axis=1, keepdims=True), 1e-3), np.float32)


def _contrast(cells: Floats) -> Floats:
    """Standard deviation over the pixels of each cell."""
    return np.asarray(cells.std(axis=-1), np.float32)


def _written(digit: int, font_size: float, blur: float) -> Floats:
    """A cell with a dark digit in Pillow's own font."""
    scale = 4
    large = Image.new("L", (CELL * scale,) * 2, 255)
    size = font_size * CELL * scale
    middle = (CELL * scale / 2,) * 2
    font = ImageFont.load_default(size)
    ImageDraw.Draw(large).text(middle, str(digit), 0, font, "mm", stroke_width=round(size / 50))
    cell = blurred(np.asarray(large.reduce(scale), np.float32), blur)
    return cell[EDGE:-EDGE, EDGE:-EDGE]


def _moved(look: Floats, reach: int) -> Floats:
    """The look moved by every number of pixels up to the reach: looks × pixels; its border is repeated."""
    padded = np.pad(look, reach, mode="edge")
    return sliding_window_view(padded, look.shape).reshape(-1, look.size)
