"""What happens on a chess board away from the piece that is to move."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from vmevalkit.judges.footage import Footage
from vmevalkit.judges.rules.chess_board import Board
from vmevalkit.judges.rules.chess_details import EMPTY, UNKNOWN, Pieces, spoken
from vmevalkit.judges.rules.chess_track import Track

CHANGED = 0.12
"""Share of what a piece changes about a square from which on the square is read again."""
CROWD = 20
"""Changed squares in one frame from which on it is the whole picture that changed."""
HELD = 0.2
"""Seconds for which a change must be seen: a shadow or a hand over the board is no move."""
HELD_UNCLEAR = 0.5
"""The same for something that is not clearly a piece of this puzzle."""


class Incident(NamedTuple):
    """Something that should not have happened."""

    words: str
    """What it is."""
    frames: tuple[int, ...]
    """Positions in the footage of the frames that show it."""


def first_incident(
    board: Board, footage: Footage, track: Track, pieces: Pieces, squares: AbstractSet[str]
) -> Incident | None:
    """The first time that another square than these clearly holds something else than in the beginning."""
    since: dict[str, tuple[str, int]] = {}
    for frame, changes in enumerate(_changes(board, footage, track, pieces, squares)):
        since = {
            square: since[square] if since.get(square, ("",))[0] == label else (label, frame)
            for square, label in changes.items()
        }
        for square, (label, first) in since.items():
            held = HELD_UNCLEAR if label == UNKNOWN else HELD
            if frame > first and footage.seconds[frame] - footage.seconds[first] >= held:
                stood = spoken(pieces.get(square, EMPTY))
                return Incident(f"{square} holds {spoken(label)} where {stood} stood", (first, frame))
    return None


def _changes(
    board: Board, footage: Footage, track: Track, pieces: Pieces, squares: AbstractSet[str]
) -> Iterator[dict[str, str]]:
    """In each frame, what is read on other squares than these that held something else in the beginning."""
    for index, frame in enumerate(footage.frames):
        changes = board.changes(frame)
        suspects = [square for square, change in changes.items() if square not in squares and change > CHANGED]
        if len(suspects) > CROWD:
            yield {}
            continue
        clear = [square for square in suspects if not _touched(track, index, board.center(square))]
        labels = {square: board.read(frame, square).label for square in clear}
        yield {square: label for square, label in labels.items() if label != pieces.get(square, EMPTY)}


def _touched(track: Track, frame: int, middle: tuple[float, float]) -> bool:
    """Whether the moving piece covers part of the square with this middle."""
    return track.seen[frame] and track.distance(frame, middle) < 1
