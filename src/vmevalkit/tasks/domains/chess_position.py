"""Chess positions in which the side to move has exactly one checkmating move.

Pieces are thrown on the board at random, more of them near the king to be mated, until a legal position with one mate
comes up; the rules of chess come from the `chess` library.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from vmevalkit.errors import MissingExtraError, VmevalkitError
from vmevalkit.records.task import Difficulty

if TYPE_CHECKING:
    import chess

Pieces = dict[str, str]
"""Piece letters, capitals for White, by square name, such as `{"e1": "K"}`; ordered a1, b1, … h8."""

ARMY = "QRRBBNNPPPPPPPP"
"""What a side has beside its king."""
TRIES = 50_000
"""Positions looked at before giving up, which chance makes all but impossible: about one in 200 will do."""


@dataclass(frozen=True)
class Crowd:
    """What makes a position of one difficulty: how much there is to look at, and how much of it misleads."""

    attackers: tuple[int, int]
    """Fewest and most pieces of the side to move, without its king."""
    defenders: tuple[int, int]
    """Fewest and most pieces of the other side, without its king."""
    checks: int
    """Fewest moves that give check; all but one of them do not mate."""
    either_side: bool = False
    """Whether Black may be the side to move."""


CROWDS: dict[Difficulty, Crowd] = {
    "easy": Crowd(attackers=(2, 3), defenders=(0, 2), checks=1),
    "medium": Crowd(attackers=(4, 5), defenders=(3, 5), checks=2),
    "hard": Crowd(attackers=(6, 9), defenders=(6, 9), checks=3, either_side=True),
}


@dataclass(frozen=True)
class MateInOne:
    """A position, its only checkmating move, and the position after it."""

    fen: str
    """The position."""
    side: str
    """Who moves: `White` or `Black`."""
    pieces: Pieces
    """Pieces before the move."""
    uci: str
    """The move as origin and target, such as `d1d8`."""
    san: str
    """The move as players write it, such as `Rd8#`."""
    checks: int
    """Moves that give check, the mate among them."""
    legal_moves: int
    """All moves there are to choose from."""
    final_fen: str
    """The position after the move."""
    final_pieces: Pieces
    """Pieces after the move."""

    @property
    def origin(self) -> str:
        """The square the mating piece leaves."""
        return self.uci[:2]

    @property
    def target(self) -> str:
        """The square it goes to."""
        return self.uci[2:]

    @property
    def captured(self) -> str | None:
        """The letter of the captured piece, if one is captured."""
        return self.pieces.get(self.target)


def find_mate_in_one(random: Random, difficulty: Difficulty) -> MateInOne:
    """A legal position without promotion, castling or en passant in its solution, and its only mating move.

    Raises MissingExtraError without the `chess` library, and VmevalkitError when chance never brings a mate.
    """
    try:
        import chess
    except ImportError as error:
        raise MissingExtraError(
            "The chess domain needs the package `chess`, which is not installed",
            next_step="Install it with `pip install 'vmevalkit[chess]'`",
            extra="chess",
        ) from error
    crowd = CROWDS[difficulty]
    for _ in range(TRIES):
        board = _scatter(random, crowd)
        move = _only_mate(board, crowd.checks)
        if move is None:
            continue
        if crowd.either_side and random.randrange(2):
            board = board.mirror()
            move = chess.Move(chess.square_mirror(move.from_square), chess.square_mirror(move.to_square))
        return _played(board, move)
    raise VmevalkitError(f"No mate in one among {TRIES} random positions", next_step="Try another seed")


def _scatter(random: Random, crowd: Crowd) -> chess.Board:
    """White to move against a black king anywhere on the board; the position need not be legal."""
    import chess

    army = ARMY if random.randrange(5) < 2 else ARMY.replace("Q", "")  # else nearly every mate is the queen's
    white = random.sample(army, random.randint(*crowd.attackers))
    black = random.sample(ARMY.lower(), random.randint(*crowd.defenders))
    king = random.randrange(64)
    pieces = ["K", *white, *black]
    squares = _squares_around(random, king, len(pieces))
    board = chess.Board(None)
    board.set_piece_at(king, chess.Piece.from_symbol("k"))
    for piece in sorted(pieces, key="pP".find, reverse=True):  # pawns choose first: two rows are closed to them
        choice = next((square for square in squares if piece not in "pP" or 8 <= square < 56), squares[0])
        squares.remove(choice)
        board.set_piece_at(choice, chess.Piece.from_symbol(piece))
    return board


def _squares_around(random: Random, king: chess.Square, count: int) -> list[chess.Square]:
    """Different squares in random order, about half of them within two steps of the king."""
    import chess

    near = [square for square in range(64) if 0 < chess.square_distance(square, king) <= 2]
    far = [square for square in range(64) if chess.square_distance(square, king) > 2]
    close = min(count * 3 // 5, len(near))
    squares = [*random.sample(near, close), *random.sample(far, count - close)]
    random.shuffle(squares)
    return squares


def _only_mate(board: chess.Board, least_checks: int) -> chess.Move | None:
    """The one mating move of a legal, quiet position with enough checks; None for any other position."""
    if not board.is_valid() or board.is_check():
        return None
    checks = [move for move in board.legal_moves if board.gives_check(move)]
    if len(checks) < least_checks:
        return None
    mates = [move for move in checks if _is_mate(board, move)]
    return mates[0] if len(mates) == 1 and mates[0].promotion is None else None


def _is_mate(board: chess.Board, move: chess.Move) -> bool:
    board.push(move)
    mate = board.is_checkmate()
    board.pop()
    return mate


def _played(board: chess.Board, move: chess.Move) -> MateInOne:
    after = board.copy(stack=False)
    after.push(move)
    return MateInOne(
        fen=board.fen(),
        side="White" if board.turn else "Black",
        pieces=_pieces(board),
        uci=move.uci(),
        san=board.san(move),
        checks=sum(board.gives_check(other) for other in board.legal_moves),
        legal_moves=board.legal_moves.count(),
        final_fen=after.fen(),
        final_pieces=_pieces(after),
    )


def _pieces(board: chess.Board) -> Pieces:
    import chess

    return {chess.square_name(square): piece.symbol() for square, piece in sorted(board.piece_map().items())}
