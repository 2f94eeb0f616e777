"""Where one chess piece is in each frame, on its squares and between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vmevalkit.judges.rules.chess_board import Board
from vmevalkit.judges.rules.chess_details import Move
from vmevalkit.judges.rules.chess_look import Floats, Look

Place = tuple[float, float]

SEEN = 0.3
"""How much of what is new at a place the piece must explain to be seen there: 1 is all of it. For a piece that is
dissolving it falls to nothing when half of it is gone."""
ON = 0.25
"""How far from the middle of a square a piece may stand, in squares."""
REST = 6.0
"""Largest difference between two frames at rest, in levels, once noise is averaged out."""
_SCALE = 0.5
"""Tracking is done on pictures of this size."""


@dataclass(frozen=True)
class Track:
    """Where the piece is in each frame."""

    places: tuple[Place, ...]
    """The best place in each frame, in pixels."""
    seen: tuple[bool, ...]
    """Whether the piece is clearly to be seen there."""
    step: float
    """Width of a square."""

    def on(self, frame: int, middle: Place) -> bool:
        """Whether the piece is seen on the square with this middle."""
        return self.seen[frame] and self.distance(frame, middle) < ON

    def distance(self, frame: int, place: Place) -> float:
        """How far the piece is from a place along the rows or the columns, whichever is more, in squares."""
        x, y = self.places[frame]
        return max(abs(x - place[0]), abs(y - place[1])) / self.step


def follow(board: Board, frames: NDArray[np.uint8], move: Move, *, captures: bool) -> Track:
    """The way of the piece that is to move; where it captures, the other piece may be there or gone."""
    look = board.looks[move.piece]
    bare = [(move.origin,), (move.origin, move.target)] if captures else [(move.origin,)]
    backdrops = [_Backdrop(_without(board, squares), look) for squares in bare]
    places: list[Place] = []
    seen: list[bool] = []
    last: Floats | None = None
    for frame in frames:
        picture = _smaller(frame)
        if last is None or _differ(picture, last):
            last = picture
            sighting = min((backdrop.find(picture) for backdrop in backdrops), key=lambda found: found.unexplained)
        places.append(sighting.place)
        seen.append(sighting.seen)
    return Track(tuple(places), tuple(seen), float(board.side))


class _Sighting(NamedTuple):
    place: Place
    seen: bool
    unexplained: float


class _Backdrop:
    """The board without the piece, on which the piece is looked for."""

    def __init__(self, picture: Floats, look: Look) -> None:
        self._picture = _smaller(picture)
        self._painted = _smaller(look.painted)
        self._cover = _smaller(np.repeat(look.cover, 3, axis=2))
        self._change = (
            float(np.sum(self._painted**2))
            - 2 * _correlate(self._picture, self._painted * self._cover)
            + _correlate(self._picture**2, self._cover**2)
        )
        self._least = 0.1 * float(np.median(self._change))

    def find(self, picture: Floats) -> _Sighting:
        """The place where putting the piece explains most of what is new in a picture."""
        new = picture - self._picture
        gain = 2 * (_correlate(new, self._painted) - _correlate(new * self._picture, self._cover)) - self._change
        _, most, _, (x, y) = cv2.minMaxLoc(gain)
        side = self._painted.shape[0]
        here = float(np.sum(np.square(new[y : y + side, x : x + side] * self._cover)))
        place = ((x + side / 2) / _SCALE, (y + side / 2) / _SCALE)
        score = most / max(self._least, here, float(self._change[y, x]))
        return _Sighting(place, score >= SEEN, float(np.sum(np.square(new))) - most)


def _without(board: Board, squares: Sequence[str]) -> Floats:
    picture = board.reference.copy()
    for square in squares:
        board.crop(picture, square)[...] = board.bare(square)
    return picture


def _differ(one: Floats, other: Floats) -> bool:
    size = (one.shape[1] // 6, one.shape[0] // 6)
    return float(np.abs(cv2.resize(one - other, size, interpolation=cv2.INTER_AREA)).max()) > REST


def _smaller(picture: Floats | NDArray[np.uint8]) -> Floats:
    smaller = cv2.resize(picture, None, fx=_SCALE, fy=_SCALE, interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, np.float32)


def _correlate(picture: Floats, pattern: Floats) -> Floats:
    return np.asarray(cv2.matchTemplate(picture, pattern, cv2.TM_CCORR), np.float32)
