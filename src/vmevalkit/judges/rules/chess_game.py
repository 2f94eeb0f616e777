"""What a video shows of a game of chess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vmevalkit.judges.footage import Footage
from vmevalkit.judges.rules.base import at, unfit
from vmevalkit.judges.rules.chess_board import Board, Pixels
from vmevalkit.judges.rules.chess_details import EMPTY, SQUARES, ChessDetails, spoken
from vmevalkit.judges.rules.chess_track import Track, follow
from vmevalkit.records.verdict import Check

SMALLEST = 128
"""Least width and height of a board that can be read, in pixels."""
MOST_UNLIKE = 8
"""Squares on which the task's first frame may look unlike what its metadata says."""


@dataclass(frozen=True, eq=False)
class Game:
    """What was seen."""

    details: ChessDetails
    """The puzzle."""
    footage: Footage
    """The video."""
    board: Board
    """How its board is read."""
    track: Track
    """Where the mating piece is in each frame."""
    final: dict[str, str]
    """What every square holds in the last frame: the letter of a piece, `empty` or `unknown`."""

    @property
    def piece(self) -> str:
        """The mating piece in words, such as `the white rook`."""
        return spoken(self.details.move.piece).replace("a ", "the ", 1)

    def on(self, frame: int, square: str) -> bool:
        """Whether the mating piece is seen on a square."""
        return self.track.on(frame, self.board.center(square))

    def at(self, *frames: int) -> str:
        """`frame 7`, or `frames 7 to 12`, as numbered in the video."""
        return at([self.footage.numbers[frame] for frame in frames])

    def check(self, name: str, passed: bool, frames: Sequence[int], words: str) -> Check:
        """A check about frames, given by their places in the footage."""
        numbers = tuple(self.footage.numbers[frame] for frame in frames)
        return Check(name=name, passed=passed, reason=f"{self.at(*frames)}: {words}", frames=numbers)


def watch(footage: Footage, details: ChessDetails) -> Game:
    """What is seen of the puzzle; raises UnscorableError where its metadata does not fit its first frame."""
    _require_board(details, footage)
    if details.pieces.get(details.move.origin) != details.move.piece:
        raise unfit(f"details.move is about a {details.move.piece} on {details.move.origin}; details.pieces has none")
    board = Board(details, footage.reference, footage.frames[0])
    shown = _position(board, board.reference)
    unlike = [square for square in SQUARES if shown[square] != details.pieces.get(square, EMPTY)]
    if len(unlike) > MOST_UNLIKE:
        raise unfit(f"The first frame does not show details.pieces: {len(unlike)} squares differ, such as {unlike[0]}")
    final = _position(board, footage.frames[-1])
    track = follow(board, footage.frames, details.move, captures=details.move.target in details.pieces)
    return Game(details, footage, board, track, final)


def _position(board: Board, picture: Pixels) -> dict[str, str]:
    return {square: board.read(picture, square).label for square in SQUARES}


def _require_board(details: ChessDetails, footage: Footage) -> None:
    left, top, right, bottom = details.geometry.board_box
    height, width = footage.reference.shape[:2]
    if not (0 <= left <= right - SMALLEST and 0 <= top <= bottom - SMALLEST and right <= width and bottom <= height):
        raise unfit(
            f"details.geometry.board_box is {details.geometry.board_box}, which is not a board of at least {SMALLEST} "
            f"pixels inside a first frame of {width}x{height}"
        )
