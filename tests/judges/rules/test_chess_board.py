from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from vmevalkit.judges.rules.chess_board import Board, Reading
from vmevalkit.judges.rules.chess_details import EMPTY, SQUARES, UNKNOWN, ChessDetails
from vmevalkit.tasks.domains.chess_board_picture import draw_position

BEFORE = dict(zip(SQUARES[::5], "KQRBNPkqrbnp", strict=False))


def picture(pieces: Mapping[str, str], blur: float = 0, noise: float = 0) -> NDArray[np.uint8]:
    drawn = np.asarray(draw_position(dict(pieces)), np.float32)
    soft = cv2.GaussianBlur(drawn, (0, 0), blur) if blur else drawn
    grain = np.random.default_rng(0).normal(0, noise, drawn.shape) if noise else 0
    return np.asarray(np.clip(soft + grain, 0, 255), np.uint8)


def board(pieces: Mapping[str, str], blur: float = 0) -> Board:
    details = ChessDetails.model_validate(
        {
            "pieces": dict(pieces),
            "final_pieces": {},
            "move": {"from": "a1", "to": "a2", "piece": "K"},
            "geometry": {"board_box": [32, 32, 480, 480]},
        }
    )
    return Board(details, picture(pieces), picture(pieces, blur))


def read(reader: Board, seen: NDArray[np.uint8]) -> dict[str, Reading]:
    return {square: reader.read(seen, square) for square in SQUARES}


@pytest.mark.parametrize(("blur", "noise"), [(0, 0), (1.2, 5)])
def test_every_piece_is_read_on_squares_of_either_color(blur: float, noise: float) -> None:
    after = dict(zip(SQUARES[1::5], "KQRBNPkqrbnp", strict=False))
    labels = {
        square: reading.label for square, reading in read(board(BEFORE, blur), picture(after, blur, noise)).items()
    }
    assert labels == {square: after.get(square, EMPTY) for square in SQUARES}


@pytest.mark.parametrize("letter", "KQRBNPkqrbnp")
def test_a_piece_that_was_nowhere_before_is_unknown(letter: str) -> None:
    before = {square: piece for square, piece in BEFORE.items() if piece != letter}
    assert read(board(before, 1.2), picture({"d4": letter, "e4": letter}, 1.2, 5))["d4"].label == UNKNOWN


def test_a_piece_beside_its_square_is_unknown() -> None:
    shifted = np.roll(picture(BEFORE), 20, axis=1)
    seen = read(board(BEFORE), shifted)
    assert all(seen[square].label == UNKNOWN for square in BEFORE)


def test_only_changed_squares_count_as_changed() -> None:
    moved = {square: piece for square, piece in BEFORE.items() if square != "a8"} | {"h1": "K"}
    changes = board(BEFORE).changes(picture(moved))
    assert {square for square, change in changes.items() if change > 0.1} == {"a8", "h1"}
