from __future__ import annotations

from random import Random

import numpy as np
import pytest
from PIL import Image

from vmevalkit.judges.rules.chess_board import Board
from vmevalkit.judges.rules.chess_details import ChessDetails
from vmevalkit.judges.rules.chess_track import Track, follow
from vmevalkit.tasks.domains.chess_board_picture import draw_position, square_center
from vmevalkit.testing.cases.chess import Style, slide

BEFORE = {"a1": "R", "h1": "R", "d4": "r", "g7": "k", "b2": "K", "a7": "q"}
PLAIN = Style(before=0, seconds=1, after=0, ease="even", lift=0, captured="covered")


def track(frames: list[Image.Image], target: str) -> Track:
    details = ChessDetails.model_validate(
        {
            "pieces": BEFORE,
            "final_pieces": {},
            "move": {"from": "a1", "to": target, "piece": "R"},
            "geometry": {"board_box": [32, 32, 480, 480]},
        }
    )
    first = np.asarray(draw_position(BEFORE))
    board = Board(details, first, first)
    return follow(board, np.stack([np.asarray(frame) for frame in frames]), details.move, captures=target in BEFORE)


@pytest.mark.parametrize("target", ["a4", "a7", "h4", "b3"])
def test_a_sliding_piece_is_found_to_the_pixel(target: str) -> None:
    found = track(list(slide(BEFORE, "a1", target, PLAIN)), target)
    start, end = np.array(square_center("a1")), np.array(square_center(target))
    expected = [start + (end - start) * step / 24 for step in range(1, 25)]
    assert all(found.seen)
    assert np.abs(np.array(found.places) - expected).max() <= 2


def test_a_dissolving_piece_is_seen_on_its_squares_only() -> None:
    first, final = draw_position(BEFORE), draw_position({**BEFORE, "a2": "R", "a1": "P"})
    found = track([Image.blend(first, final, share / 20) for share in range(21)], "a2")
    middle = (square_center("a1")[1] + square_center("a2")[1]) / 2
    assert not any(seen and abs(y - middle) < 20 for seen, (_, y) in zip(found.seen, found.places, strict=True))


def test_a_piece_that_is_gone_is_not_seen() -> None:
    gone = {square: piece for square, piece in BEFORE.items() if square != "a1"}
    assert not any(track([draw_position(gone)] * 2, "a4").seen)


def test_random_places_are_found() -> None:
    random = Random(0)
    targets = [f"{random.choice('abcdefgh')}{random.randint(2, 8)}" for _ in range(4)]
    for target in targets:
        moved = {square: piece for square, piece in BEFORE.items() if square != "a1"} | {target: "R"}
        found = track([draw_position(moved)] * 2, target)
        assert found.on(1, square_center(target))
