"""Reading a chess board square by square."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from vmevalkit.judges.rules.chess_details import EMPTY, SQUARES, UNKNOWN, ChessDetails
from vmevalkit.judges.rules.chess_look import Floats, looks, power
from vmevalkit.judges.rules.softness import blurred, softness

Pixels = Floats | NDArray[np.uint8]
Number = TypeVar("Number", bound=np.generic)

REACH = 3
"""How far a piece may be off its place, in pixels."""
UNLIKE = 0.22
"""Share of what a piece changes about a square; what differs more from every known look is unknown."""
TINT = 80
"""How much the color of a square may change on average over red, green and blue, in levels."""


@dataclass(frozen=True)
class Reading:
    """What a square holds."""

    label: str
    """The letter of a piece, `empty` or `unknown`."""
    error: float
    """How much of what is seen this leaves unexplained; 1 is as much as a piece changes about a square."""


class Board:
    """The board of one puzzle: where its squares are and what its pieces look like."""

    def __init__(self, details: ChessDetails, reference: NDArray[np.uint8], frame: NDArray[np.uint8]) -> None:
        """Learn the pieces from the reference, which shows them, and the softness of the video from its first frame."""
        left, top, right, bottom = details.geometry.board_box
        self._corner, self._step = (left, top), ((right - left) / 8, (bottom - top) / 8)
        self.side = round(min(self._step))
        self.blur = softness(reference, frame)
        sharp = {square: self.crop(reference.astype(np.float32), square) for square in SQUARES}
        soft = blurred(reference.astype(np.float32), self.blur)
        self.looks = looks(sharp, details.pieces, self.blur)
        self.reference = soft
        self._half_reference = _half(soft)
        everywhere = np.max([look.cover for look in self.looks.values()], axis=0)[..., 0]
        self._around = everywhere < 0.02
        if not self._around.any():
            self._around = np.pad(np.zeros((self.side - 2,) * 2, bool), 1, constant_values=True)
        self.colors = {square: self.color(self.crop(soft, square)) for square in SQUARES}
        bare = np.mean(list(self.colors.values()), axis=0)
        self.energy = max(1.0, float(np.mean([power(look.on(bare) - bare) for look in self.looks.values()])))

    def center(self, square: str) -> tuple[float, float]:
        """The middle of a square, in pixels."""
        column, row = ord(square[0]) - ord("a"), 8 - int(square[1])
        return self._corner[0] + (column + 0.5) * self._step[0], self._corner[1] + (row + 0.5) * self._step[1]

    def crop(self, picture: NDArray[Number], square: str) -> NDArray[Number]:
        """The part of a picture that shows a square: side × side × 3."""
        x, y = (round(middle - self.side / 2) for middle in self.center(square))
        x, y = min(max(0, x), picture.shape[1] - self.side), min(max(0, y), picture.shape[0] - self.side)
        return picture[y : y + self.side, x : x + self.side]

    def color(self, crop: Floats) -> Floats:
        """The color of a square beside what stands on it."""
        return np.asarray(np.median(crop[self._around], axis=0), np.float32)

    def bare(self, square: str) -> Floats:
        """The square without anything on it: side × side × 3."""
        return np.broadcast_to(self.colors[square], (self.side, self.side, 3)).astype(np.float32)

    def changes(self, frame: NDArray[np.uint8]) -> dict[str, float]:
        """How much each square differs from the beginning; 1 is as much as a piece changes about a square."""
        power = np.square(_half(frame) - self._half_reference).mean(axis=2)
        left, top = (round(edge / 2) for edge in self._corner)
        right, bottom = (round(edge / 2 + 4 * step) for edge, step in zip(self._corner, self._step, strict=True))
        means = cv2.resize(power[top:bottom, left:right], (8, 8), interpolation=cv2.INTER_AREA).ravel()
        return {square: float(mean) / self.energy for square, mean in zip(SQUARES, means, strict=True)}

    def read(self, picture: Pixels, square: str) -> Reading:
        """What stands on a square, which may have taken on a tint."""
        crop = self.crop(picture, square).astype(np.float32)
        color = self.color(crop)
        if np.abs(color - self.colors[square]).mean() > TINT:
            return Reading(UNKNOWN, float("inf"))
        errors = {EMPTY: power(crop - color)}
        for letter, look in self.looks.items():
            errors[letter] = _nearest(crop, look.on(color))
        label = min(errors, key=lambda name: errors[name])
        error = errors[label] / self.energy
        return Reading(label if error < UNLIKE else UNKNOWN, error)


def _half(picture: Floats | NDArray[np.uint8]) -> Floats:
    size = (picture.shape[1] // 2, picture.shape[0] // 2)
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)


def _nearest(crop: Floats, look: Floats) -> float:
    """The least mean squared difference over small shifts of the crop."""
    inside = look[REACH:-REACH, REACH:-REACH]
    found = cv2.matchTemplate(crop, np.ascontiguousarray(inside), cv2.TM_SQDIFF)
    return float(found.min()) / inside.size
