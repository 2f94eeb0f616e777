"""What the chess verifier needs of a task's metadata, and the words for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from vmevalkit.judges.rules.base import Details

Pieces = Mapping[str, str]
"""Piece letters, capitals for White, by square name."""

EMPTY, UNKNOWN = "empty", "unknown"
"""What a square can hold beside the letter of a piece; unknown is anything that is not clearly one of the others."""
NAMES = {"k": "king", "q": "queen", "r": "rook", "b": "bishop", "n": "knight", "p": "pawn"}
SQUARES = tuple(f"{column}{row}" for row in range(8, 0, -1) for column in "abcdefgh")

Square = Annotated[str, Field(pattern="^[a-h][1-8]$")]
Letter = Annotated[str, Field(pattern="^[KQRBNPkqrbnp]$")]


class Move(Details):
    """The solution."""

    origin: Square = Field(alias="from")
    """The square the piece leaves."""
    target: Square = Field(alias="to")
    """The square it goes to."""
    piece: Letter
    """Its letter."""


class Geometry(Details):
    """Where the board is, in pixels of the first frame."""

    board_box: tuple[float, float, float, float]
    """Left, top, right and bottom edge."""
    orientation: Literal["white_at_bottom"] = "white_at_bottom"
    """How the board lies."""


class ChessDetails(Details):
    """What the verifier needs of a task's metadata."""

    fen: str | None = None
    """The position, with the side to move."""
    pieces: dict[Square, Letter]
    """The pieces before the move."""
    final_pieces: dict[Square, Letter]
    """The pieces after it."""
    move: Move
    """The move."""
    geometry: Geometry
    """Where the board is."""


def spoken(label: str) -> str:
    """A label in words, such as `a white rook`."""
    if label in {EMPTY, UNKNOWN}:
        return {EMPTY: "nothing", UNKNOWN: "something that is not clearly a piece of this puzzle"}[label]
    return f"a {side_of(label).lower()} {NAMES[label.lower()]}"


def side_of(letter: str) -> str:
    """`White` or `Black`."""
    return "White" if letter.isupper() else "Black"
