"""What was played instead of the solution, put into words and partial credit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from vmevalkit.judges.rules.chess_details import EMPTY, ChessDetails, Pieces, side_of, spoken


class Played(NamedTuple):
    """What the final position says was done."""

    words: str
    """What it is, to follow on `at the end`."""
    credit: float
    """How much of the solution it is, 0 to 1."""


def played(details: ChessDetails, labels: Mapping[str, str]) -> Played:
    """What was done, given what every square holds at the end, which is not the solution."""
    if (move := one_move(details, labels)) is not None:
        origin, target = move
        piece = spoken(details.pieces[origin]).removeprefix("a ")
        kind, credit = _judged(details, origin, target)
        wanted = f"the mate is {details.move.origin} to {details.move.target}"
        return Played(f"the {piece} has gone from {origin} to {target}, {kind}; {wanted}", credit)
    if not _unlike(labels, details.pieces):
        return Played("every piece stands where it stood at the beginning", 0.0)
    wrong = _unlike(labels, details.final_pieces)
    square, label = next(iter(wrong.items()))
    more = f"; wrong too: {', '.join(list(wrong)[1:5])}" if len(wrong) > 1 else ""
    words = f"{square} holds {spoken(label)} where {spoken(details.final_pieces.get(square, EMPTY))} should be{more}"
    return Played(words, 0.6 if details.move.target not in wrong else 0.1)


def one_move(details: ChessDetails, labels: Mapping[str, str]) -> tuple[str, str] | None:
    """Origin and target where exactly one piece has gone from one square to another."""
    changed = _unlike(labels, details.pieces)
    left = [square for square, label in changed.items() if label == EMPTY]
    filled = [square for square, label in changed.items() if label != EMPTY]
    if len(left) == len(filled) == 1 and changed[filled[0]] == details.pieces[left[0]]:
        return left[0], filled[0]
    return None


def _unlike(labels: Mapping[str, str], pieces: Pieces) -> dict[str, str]:
    """What the squares hold that hold something else than these pieces."""
    return {square: label for square, label in labels.items() if label != pieces.get(square, EMPTY)}


def _judged(details: ChessDetails, origin: str, target: str) -> tuple[str, float]:
    """What kind of move that is, and what it is worth; whether it is legal is left open without the `chess` library."""
    right_piece = origin == details.move.origin
    if side_of(details.pieces[origin]) != side_of(details.move.piece):
        return "a move of the side whose turn it is not", 0.0
    legal = _is_legal(details.fen, origin + target)
    if legal is None:
        return "another move than asked for", 0.2 if right_piece else 0.1
    if not legal:
        return "which is not a legal move", 0.1 if right_piece else 0.05
    return "a legal move that does not mate", 0.3 if right_piece else 0.2


def _is_legal(fen: str | None, move: str) -> bool | None:
    try:
        import chess
    except ImportError:
        return None
    try:
        return fen is not None and chess.Move.from_uci(move) in chess.Board(fen).legal_moves
    except ValueError:  # not a position
        return None
