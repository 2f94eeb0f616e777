"""Sudoku: every empty cell gets its digit, one after another, and no given digit ever changes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vmevalkit.judges.finding import Finding
from vmevalkit.judges.footage import Footage
from vmevalkit.judges.lost_picture import require_shown_at_end
from vmevalkit.judges.rules.base import Verifier, at, read_details, unfit
from vmevalkit.judges.rules.sudoku_cells import EMPTY, UNCLEAR, Digits, Floats, Reader
from vmevalkit.judges.rules.sudoku_details import SudokuDetails
from vmevalkit.judges.rules.sudoku_writing import Span, most_at_once, one_after_another, spans
from vmevalkit.records.base import JsonObject
from vmevalkit.records.verdict import Check

FAINT = 8.0
"""Standard deviation of the pixels of a cell below which there is no digit in it."""
SMALLEST = 12
"""Least width and height of a cell that can be read, in pixels."""
TOGETHER = 0.34
"""Largest share of the digits that may be on their way at one moment, unless they fill a row."""
IN_TURN = 0.4
"""Least share of the digits that must come one after another; whole rows at a time are fine."""
HELD = 0.12
"""Seconds for which another digit must be seen in a given cell to count."""
HELD_IN_BLANK = 0.25
"""The same for cells that are being written in, where half a digit may look like another one."""
LOST = 0.5
"""Share of the given digits that are gone when the grid counts as not shown."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """What was seen."""

    details: SudokuDetails
    """The puzzle."""
    footage: Footage
    """The video."""
    blanks: Digits
    """What the cells to be filled hold in each frame."""
    givens: Digits
    """What the given cells hold in each frame."""
    shown: NDArray[np.bool_]
    """In which frames the grid is to be seen."""
    writing: tuple[Span, ...]
    """When the digits came that are there at the end."""

    def check(self, name: str, passed: bool, frames: Sequence[int], words: str) -> Check:
        """A check about frames, given by their places in the footage."""
        numbers = tuple(self.footage.numbers[frame] for frame in frames)
        return Check(name=name, passed=passed, reason=f"{at(numbers)}: {words}", frames=numbers)


def verify(footage: Footage, metadata: JsonObject) -> Finding:
    """Whether the sudoku was filled in; raises UnscorableError where the metadata does not say what to look for."""
    details = read_details(SudokuDetails, metadata)
    _require_grid(details, footage)
    reader = Reader(details, footage.reference, footage.frames[0])
    if reader.contrast < FAINT:
        raise unfit("The first frame shows nothing where details.grid has digits", "a first frame that shows them")
    require_shown_at_end(footage, "grid", "what it ends with")
    cells = reader.cells(footage.frames)
    sheet = _sheet(details, footage, reader, cells)
    right = _right(sheet)
    checks = (_digits(sheet, right), _givens(sheet), _one_by_one(sheet), _kept(sheet))
    return Finding(float(right.mean()), checks)


def _require_grid(details: SudokuDetails, footage: Footage) -> None:
    left, top, right, bottom = details.geometry.grid_box
    height, width = footage.reference.shape[:2]
    least = SMALLEST * details.size
    if not (0 <= left <= right - least and 0 <= top <= bottom - least and right <= width and bottom <= height):
        raise unfit(
            f"details.geometry.grid_box is {details.geometry.grid_box}, in a first frame of {width}x{height} pixels",
            f"a grid inside the picture, its cells at least {SMALLEST} pixels wide and high",
        )


def _sheet(details: SudokuDetails, footage: Footage, reader: Reader, cells: Floats) -> Sheet:
    blanks = reader.read_blanks(cells[:, details.blanks()])
    givens = reader.read_givens(cells[:, details.givens()])
    shown = (givens == EMPTY).mean(axis=1) < LOST
    written = [place for place in range(blanks.shape[1]) if blanks[-1, place] > 0]
    writing = spans(cells[:, [details.blanks()[place] for place in written]]) if written else []
    return Sheet(details, footage, blanks, givens, shown, tuple(writing))


def _right(sheet: Sheet) -> NDArray[np.bool_]:
    """Which of the cells to be filled hold their digit at the end."""
    solution = np.array(sheet.details.digits())[sheet.details.blanks()]
    return np.asarray((sheet.blanks[-1] == solution) & sheet.shown[-1], np.bool_)


def _digits(sheet: Sheet, right: NDArray[np.bool_]) -> Check:
    """Whether every empty cell holds its digit at the end."""
    end = len(sheet.footage) - 1
    if right.all():
        words = f"all {len(right)} empty cells hold their digits"
        return sheet.check("digits", True, sorted({max(span.there for span in sheet.writing), end}), words)
    if not sheet.shown[-1]:
        return sheet.check("digits", False, [end], "the grid cannot be seen any more")
    place = int(np.argmin(right))
    cell = sheet.details.blanks()[place]
    found = _spoken(int(sheet.blanks[-1, place]))
    wanted = sheet.details.digits()[cell]
    words = f"{sheet.details.name(cell)} holds {found} where {wanted} belongs; {right.sum()} of {len(right)} are right"
    once = np.flatnonzero((sheet.blanks == np.array(sheet.details.digits())[sheet.details.blanks()]).all(axis=1))
    if len(once):
        words += (
            f", though all were right in {at([sheet.footage.numbers[frame] for frame in sorted({once[0], once[-1]})])}"
        )
    return sheet.check("digits", False, [end], words)


def _givens(sheet: Sheet) -> Check:
    """Whether the given digits are what they were in every frame in which they can be read."""
    end = len(sheet.footage) - 1
    for place, cell in enumerate(sheet.details.givens()):
        own = sheet.details.digits()[cell]
        for first, last, digit in _stays(sheet, sheet.givens[:, place]):
            long_enough = last > first and _seconds(sheet, first, last) >= HELD
            if digit != own and (last == end or (digit != UNCLEAR and long_enough)):
                words = f"the given {own} in {sheet.details.name(cell)} has become {_spoken(digit)}"
                return sheet.check("givens", False, sorted({first, last}), words)
    return sheet.check("givens", True, [0, end], "every given digit stays what it is")


def _one_by_one(sheet: Sheet) -> Check:
    """Whether the digits are seen to be written."""
    end, count = len(sheet.footage) - 1, len(sheet.writing)
    if not count:
        return sheet.check("one by one", False, [0, end], "no digit is written")
    early = np.flatnonzero((sheet.blanks[0] > 0) & (sheet.blanks[0] == sheet.blanks[-1]))
    if len(early):
        words = f"{sheet.details.name(sheet.details.blanks()[early[0]])} holds its digit from the beginning"
        return sheet.check("one by one", False, [0], words)
    together, frame = most_at_once(sheet.writing)
    in_turn = one_after_another(sheet.writing)
    if together > max(math.ceil(TOGETHER * count), _longest_row(sheet)) or in_turn < IN_TURN * count:
        later = max(span.there for span in sheet.writing if span.before <= frame < span.there)
        words = f"{together} of {count} digits appear together; {in_turn} come one after another"
        return sheet.check("one by one", False, [frame, later], words)
    first, last = min(span.before for span in sheet.writing), max(span.there for span in sheet.writing)
    words = f"{count} digits appear, {in_turn} of them one after another"
    return sheet.check("one by one", True, [first, last], words)


def _longest_row(sheet: Sheet) -> int:
    """The most cells to be filled in one row: whoever writes whole rows writes one after another too."""
    return int(np.bincount([cell // sheet.details.size for cell in sheet.details.blanks()]).max())


def _kept(sheet: Sheet) -> Check:
    """Whether what is written stays: a cell is empty and then holds the digit that it holds at the end."""
    for place, cell in enumerate(sheet.details.blanks()):
        final, seen = int(sheet.blanks[-1, place]), False
        for first, last, digit in _stays(sheet, sheet.blanks[:, place]):
            if digit == UNCLEAR or last == first or _seconds(sheet, first, last) < HELD_IN_BLANK:
                continue
            if digit != final and (digit != EMPTY or seen):
                words = f"{sheet.details.name(cell)} holds {_spoken(digit)}, and {_spoken(final)} at the end"
                return sheet.check("kept", False, [first, last], words)
            seen = seen or digit == final != EMPTY
    return sheet.check("kept", True, [0, len(sheet.footage) - 1], "what is written stays")


def _stays(sheet: Sheet, digits: NDArray[np.int8]) -> Iterator[tuple[int, int, int]]:
    """First frame, last frame and reading of each stretch of equal readings; frames without a grid are passed over."""
    frames = [int(frame) for frame in np.flatnonzero(sheet.shown)]
    first = last = frames[0] if frames else 0
    for frame in frames[1:]:
        if digits[frame] != digits[first]:
            yield first, last, int(digits[first])
            first = frame
        last = frame
    if frames:
        yield first, last, int(digits[first])


def _seconds(sheet: Sheet, first: int, last: int) -> float:
    return sheet.footage.seconds[last] - sheet.footage.seconds[first]


def _spoken(digit: int) -> str:
    return {EMPTY: "nothing", UNCLEAR: "something that cannot be read clearly"}.get(digit, f"a {digit}")


VERIFIER = Verifier(version=1, verify=verify)
