"""Chess: find the mate in one and play it."""

from __future__ import annotations

from functools import partial
from random import Random

from vmevalkit.records.base import JsonObject
from vmevalkit.records.task import Difficulty
from vmevalkit.tasks.domains.base import Domain, Puzzle
from vmevalkit.tasks.domains.canvas import SIZE
from vmevalkit.tasks.domains.chess_board_picture import DARK, LIGHT, MARGIN, SQUARE, draw_move, draw_position
from vmevalkit.tasks.domains.chess_position import MateInOne, find_mate_in_one
from vmevalkit.tasks.domains.prompts import load_prompts


def generate(random: Random, difficulty: Difficulty) -> Puzzle:
    """A position with exactly one mate in one; MissingExtraError without the `chess` library."""
    mate = find_mate_in_one(random, difficulty)
    first, final = draw_position(mate.pieces), draw_position(mate.final_pieces)
    opponent = "Black" if mate.side == "White" else "White"
    return Puzzle(
        prompt=load_prompts("chess")["mate_in_one"].format(
            side=mate.side, side_lower=mate.side.lower(), opponent=opponent, opponent_lower=opponent.lower()
        ),
        first_frame=first,
        final_frame=final,
        solution_frames=partial(draw_move, mate, first, final),
        fingerprint=mate.fen,
        details=_details(mate, difficulty),
    )


def _details(mate: MateInOne, difficulty: Difficulty) -> JsonObject:
    return {
        "difficulty": difficulty,
        "fen": mate.fen,
        "final_fen": mate.final_fen,
        "side_to_move": mate.side.lower(),
        "solutions": [mate.uci],
        "move": {
            "uci": mate.uci,
            "san": mate.san,
            "from": mate.origin,
            "to": mate.target,
            "piece": mate.pieces[mate.origin],
            "captured": mate.captured,
        },
        "legal_moves": mate.legal_moves,
        "checking_moves": mate.checks,
        "pieces": dict(mate.pieces),
        "final_pieces": dict(mate.final_pieces),
        "geometry": {
            "board_box": [MARGIN, MARGIN, SIZE - MARGIN, SIZE - MARGIN],
            "square_size": SQUARE,
            "orientation": "white_at_bottom",
            "light_square": LIGHT,
            "dark_square": DARK,
        },
    }


DOMAIN = Domain(
    name="chess", description="Find the only checkmate in one move and play it.", version=1, generate=generate
)
