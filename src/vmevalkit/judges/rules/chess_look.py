"""What chess pieces look like, taken from the picture that shows them, so that any set of pieces can be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vmevalkit.judges.rules.chess_details import Pieces
from vmevalkit.judges.rules.softness import blurred

Floats = NDArray[np.float32]

FOREGROUND = 28
"""How far the color of a piece is from that of its square, in levels."""


@dataclass(frozen=True, eq=False)
class Look:
    """What a piece looks like, as soft as the video is."""

    painted: Floats
    """Side × side × 3: its colors, each times how far it covers the square."""
    cover: Floats
    """Side × side × 1: how far it covers the square, 0 to 1."""

    def on(self, color: Floats) -> Floats:
        """The piece on a square, or on any picture of a square."""
        return np.asarray(self.painted + (1 - self.cover) * color, np.float32)


def looks(squares: Mapping[str, Floats], pieces: Pieces, blur: float) -> dict[str, Look]:
    """The look of every kind of piece that is on the board, from a square that shows it."""
    standing = {letter: square for square, letter in pieces.items()}
    return {letter: _look(squares[square], blur) for letter, square in sorted(standing.items())}


def _look(square: Floats, blur: float) -> Look:
    """Whatever is cut off from the edge of a square by another color than the square's."""
    color = np.median(_edge(square), axis=0)
    other = (np.abs(square - color).max(axis=2) > FOREGROUND).astype(np.uint8)
    padded = np.pad(other, 1)
    cv2.floodFill(padded, None, (0, 0), 2)
    cover = (padded[1:-1, 1:-1] != 2).astype(np.float32)[..., None]
    return Look(blurred(square * cover, blur), blurred(cover, blur).reshape(cover.shape))


def _edge(square: Floats) -> Floats:
    inner = np.zeros(square.shape[:2], bool)
    inner[2:-2, 2:-2] = True
    return square[~inner]


def power(picture: Floats | NDArray[np.float64]) -> float:
    """The mean square."""
    return float(np.mean(np.square(picture)))
