"""When the digits of a sudoku are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vmevalkit.judges.rules.sudoku_cells import Floats

STARTED, DONE = 0.25, 0.75
"""Shares of a digit that are there when its writing counts as begun and as finished."""


class Span(NamedTuple):
    """The frames during which a digit comes into a cell."""

    cell: int
    """The cell's place among those looked at."""
    before: int
    """The last frame without it."""
    there: int
    """The first frame from which on it is there to the end."""


def spans(cells: Floats) -> list[Span]:
    """When each cell becomes what it is at the end: frames × cells × pixels, each of them changed by then."""
    centred = cells - cells.mean(axis=2, keepdims=True)  # a tint of the whole cell is no writing
    way = centred[-1] - centred[0]
    shares = ((centred - centred[0]) * way).sum(axis=2) / np.maximum((way * way).sum(axis=1), 1e-6)
    return [_span(cell, list(shares[:, cell])) for cell in range(cells.shape[1])]


def most_at_once(writing: Sequence[Span]) -> tuple[int, int]:
    """How many digits at most are being written at one moment, and the last frame before that moment."""
    counts = {
        frame: sum(span.before <= frame < span.there for span in writing) for frame in {span.before for span in writing}
    }
    frame = max(counts, key=lambda known: (counts[known], -known))
    return counts[frame], frame


def one_after_another(writing: Sequence[Span]) -> int:
    """The most digits of which each is begun when the one before it is finished."""
    count, free = 0, -1
    for span in sorted(writing, key=lambda span: span.there):
        if span.before >= free:
            count, free = count + 1, span.there
    return count


def _span(cell: int, shares: list[float]) -> Span:
    there = max((frame + 1 for frame, share in enumerate(shares) if share < DONE), default=0)
    before = max((frame for frame, share in enumerate(shares[:there]) if share <= STARTED), default=0)
    return Span(cell, before, min(there, len(shares) - 1))
