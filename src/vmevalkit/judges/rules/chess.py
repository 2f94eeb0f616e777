"""Chess: the mating piece, and nothing else, goes visibly to its square and stays there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from vmevalkit.judges.finding import Finding
from vmevalkit.judges.footage import Footage
from vmevalkit.judges.lost_picture import require_shown_at_end
from vmevalkit.judges.rules.base import Verifier, read_details
from vmevalkit.judges.rules.chess_details import EMPTY, SQUARES, UNKNOWN, ChessDetails
from vmevalkit.judges.rules.chess_game import Game, watch
from vmevalkit.judges.rules.chess_move import one_move, played
from vmevalkit.judges.rules.chess_others import Incident, first_incident
from vmevalkit.judges.rules.chess_track import ON
from vmevalkit.records.base import JsonObject
from vmevalkit.records.verdict import Check

LOST = 16
"""Squares that cannot be read from which on the board counts as not shown."""
LONGEST_GAP = 0.5
"""Largest part of its way on which a piece may go unseen between one frame and the next."""
SHORTEST_GAP = 0.6
"""The same for a way of one square, in squares."""


def verify(footage: Footage, metadata: JsonObject) -> Finding:
    """Whether the mate was played; raises UnscorableError where the metadata does not say what to look for."""
    details = read_details(ChessDetails, metadata)
    game = watch(footage, details)
    require_shown_at_end(footage, "board", "the position it ends in")
    position, progress = _position(game)
    return Finding(progress, (position, _move(game), _nothing_else(game)))


def _position(game: Game) -> tuple[Check, float]:
    """Whether the mate stands on the board at the end, and how much of it does."""
    details, end = game.details, len(game.footage) - 1
    labels = game.final
    wrong = [square for square in SQUARES if labels[square] != details.final_pieces.get(square, EMPTY)]
    if not wrong:
        first = _first_of_last_run([game.on(frame, details.move.target) for frame in range(end + 1)])
        words = f"{game.piece} stands on {details.move.target} and every other square is as it should be"
        return game.check("position", True, sorted({first, end}), words), 1.0
    words, progress = _what_is_wrong(game, labels)
    shown = [frame for frame in range(end) if game.on(frame, details.move.target)]
    if shown and not game.on(end, details.move.target):
        words += f", though {game.piece} was on {details.move.target} in {game.at(*sorted({shown[0], shown[-1]}))}"
    return game.check("position", False, [end], words), progress


def _what_is_wrong(game: Game, labels: dict[str, str]) -> tuple[str, float]:
    unread = [square for square in SQUARES if labels[square] == UNKNOWN]
    if len(unread) >= LOST:
        return f"the board cannot be read any more: {len(unread)} squares are unclear", 0.0
    origin, target = (game.board.center(square) for square in (game.details.move.origin, game.details.move.target))
    end = len(game.footage) - 1
    to_go = game.track.distance(end, target)
    near = [square for square in unread if game.track.distance(end, game.board.center(square)) < 1]
    if near and game.track.seen[end] and to_go > ON and not game.on(end, game.details.move.origin):
        whole = max(abs(origin[0] - target[0]), abs(origin[1] - target[1])) / game.track.step
        words = f"{game.piece} is between squares, {to_go:.1f} squares from the middle of {game.details.move.target}"
        return words, 0.5 * max(0.0, 1 - to_go / whole)
    return played(game.details, labels)


def _move(game: Game) -> Check:
    """Whether the mating piece is seen on its way."""
    move, frames = game.details.move, range(len(game.footage))
    arrived = next((frame for frame in frames if game.on(frame, move.target)), None)
    if arrived is None:
        words = f"{game.piece} is never seen on {move.target}"
        return game.check("move", False, [frames[0], frames[-1]], words)
    left = max((frame for frame in frames[:arrived] if game.on(frame, move.origin)), default=None)
    if left is None:
        words = f"{game.piece} is not seen on {move.origin} before it is on {move.target}"
        return game.check("move", False, [arrived], words)
    stops = [frame for frame in range(left, arrived + 1) if game.track.seen[frame]]
    gaps = [(game.track.distance(b, game.track.places[a]), a, b) for a, b in pairwise(stops)]
    gap, before, after = max(gaps)
    whole = game.track.distance(arrived, game.track.places[left])
    if gap > max(LONGEST_GAP * whole, SHORTEST_GAP):
        words = f"{game.piece} is not seen on {gap:.1f} squares of its way from {move.origin} to {move.target}"
        return game.check("move", False, [before, after], words)
    words = f"{game.piece} goes from {move.origin} to {move.target}, seen at {len(stops) - 2} places in between"
    return game.check("move", True, [left, arrived], words)


def _nothing_else(game: Game) -> Check:
    """Whether there is one move at most: no piece moves twice, no further one moves or changes even for a while."""
    squares = {game.details.move.origin, game.details.move.target, *(one_move(game.details, game.final) or ())}
    found = _second_trip(game) or first_incident(game.board, game.footage, game.track, game.details.pieces, squares)
    if found is not None:
        return game.check("one move", False, found.frames, found.words)
    words = "no further piece is seen to move or change, and none moves twice"
    return game.check("one move", True, [0, len(game.footage) - 1], words)


def _second_trip(game: Game) -> Incident | None:
    """The first time the mating piece is back where it came from, or leaves where it was to go."""
    move, away, there = game.details.move, False, False
    for frame in range(len(game.footage)):
        if not game.track.seen[frame]:
            continue
        if away and game.on(frame, move.origin):
            return Incident(f"{game.piece} is back on {move.origin}", (frame,))
        there = there or game.on(frame, move.target)
        if there and game.track.distance(frame, game.board.center(move.target)) > SHORTEST_GAP:
            return Incident(f"{game.piece} has left {move.target} again", (frame,))
        away = away or game.track.distance(frame, game.board.center(move.origin)) > SHORTEST_GAP
    return None


def _first_of_last_run(states: Sequence[bool]) -> int:
    """Index from which on all states are true; the last index where the last one is not."""
    return max((index + 1 for index, state in enumerate(states[:-1]) if not state), default=0)


VERIFIER = Verifier(version=1, verify=verify)
