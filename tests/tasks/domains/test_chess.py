from __future__ import annotations

import sys
from functools import cache
from random import Random
from typing import cast, get_args

import chess
import pytest
from PIL import Image, ImageChops

from vmevalkit.errors import MissingExtraError, VmevalkitError
from vmevalkit.records.task import Difficulty
from vmevalkit.tasks.domains import chess_position
from vmevalkit.tasks.domains.base import Puzzle
from vmevalkit.tasks.domains.canvas import FPS, SIZE
from vmevalkit.tasks.domains.chess import DOMAIN, generate
from vmevalkit.tasks.domains.chess_board_picture import draw_position, square_center
from vmevalkit.tasks.domains.chess_position import MateInOne, find_mate_in_one

DIFFICULTIES: tuple[Difficulty, ...] = get_args(Difficulty)
EVERY = [(seed, difficulty) for difficulty in DIFFICULTIES for seed in range(20)]


@cache
def mate_of(seed: int, difficulty: Difficulty) -> MateInOne:
    return find_mate_in_one(Random(seed), difficulty)


def board_of(mate: MateInOne) -> chess.Board:
    return chess.Board(mate.fen)


def mates(board: chess.Board) -> list[str]:
    """Every mating move, by playing all legal moves."""
    found = []
    for move in list(board.legal_moves):
        board.push(move)
        if board.is_check() and not list(board.legal_moves):
            found.append(move.uci())
        board.pop()
    return found


@pytest.mark.parametrize(("seed", "difficulty"), EVERY)
def test_exactly_one_legal_move_mates(seed: int, difficulty: Difficulty) -> None:
    mate = mate_of(seed, difficulty)
    assert mates(board_of(mate)) == [mate.uci]


@pytest.mark.parametrize(("seed", "difficulty"), EVERY)
def test_the_position_is_legal_and_quiet_and_the_move_plain(seed: int, difficulty: Difficulty) -> None:
    mate = mate_of(seed, difficulty)
    board = board_of(mate)
    move = board.parse_san(mate.san)
    assert board.is_valid()
    assert not board.is_check()
    assert move.uci() == mate.uci
    assert move.promotion is None
    assert not board.is_castling(move)
    assert not board.is_en_passant(move)


@pytest.mark.parametrize(("seed", "difficulty"), EVERY)
def test_the_final_position_follows_from_the_move(seed: int, difficulty: Difficulty) -> None:
    mate = mate_of(seed, difficulty)
    rest = {square: piece for square, piece in mate.pieces.items() if square not in (mate.origin, mate.target)}
    board = board_of(mate)
    board.push_uci(mate.uci)
    assert mate.final_pieces == {**rest, mate.target: mate.pieces[mate.origin]}
    assert board.fen() == mate.final_fen


@pytest.mark.parametrize(
    ("difficulty", "pieces", "checks"), [("easy", (4, 7), 1), ("medium", (9, 12), 2), ("hard", (14, 20), 3)]
)
def test_difficulty_brings_more_pieces_and_more_misleading_checks(
    difficulty: Difficulty, pieces: tuple[int, int], checks: int
) -> None:
    for seed in range(20):
        mate = mate_of(seed, difficulty)
        assert pieces[0] <= len(mate.pieces) <= pieces[1]
        assert mate.checks >= checks


def test_black_moves_only_in_some_hard_positions() -> None:
    sides = {d: {mate_of(seed, d).side for seed in range(20)} for d in DIFFICULTIES}
    assert sides == {"easy": {"White"}, "medium": {"White"}, "hard": {"White", "Black"}}


def test_positions_and_mating_pieces_vary() -> None:
    found = [mate_of(seed, difficulty) for seed, difficulty in EVERY]
    assert len({mate.fen for mate in found}) == len(found)
    assert {mate.pieces[mate.origin].upper() for mate in found} == set("QRBNP")


def test_equal_seeds_give_equal_puzzles() -> None:
    one, other = generate(Random(5), "hard"), generate(Random(5), "hard")
    assert (one.prompt, one.fingerprint, one.details) == (other.prompt, other.fingerprint, other.details)
    assert one.first_frame == other.first_frame
    assert one.final_frame == other.final_frame


def test_seeds_keep_giving_the_puzzles_of_version_1() -> None:
    assert DOMAIN.version == 1
    assert mate_of(0, "easy").fen == "Q2N4/8/3p4/8/8/pK6/2R5/1k6 w - - 0 1"
    assert mate_of(0, "hard").fen == "r1N5/6PP/P3P3/Bb1p4/1R4b1/1pK1p2B/pP2r3/q1k5 b - - 0 1"


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_the_video_leads_from_the_first_frame_to_the_final_frame(difficulty: Difficulty) -> None:
    puzzle = generate(Random(1), difficulty)
    frames = list(puzzle.solution_frames())
    assert frames[0] == puzzle.first_frame
    assert frames[-1] == puzzle.final_frame
    assert {(frame.mode, frame.size) for frame in frames} == {("RGB", (SIZE, SIZE))}
    assert len(frames) == 3 * FPS
    assert len({id(frame) for frame in frames}) < 1.25 * FPS + 2


def square_box(puzzle: Puzzle, name: str) -> tuple[int, int, int, int]:
    """A square's edges, from the recorded geometry alone."""
    geometry = cast("dict[str, int | list[int]]", puzzle.details["geometry"])
    side, board_box = cast("int", geometry["square_size"]), cast("list[int]", geometry["board_box"])
    left, bottom = board_box[0] + "abcdefgh".index(name[0]) * side, board_box[3] - (int(name[1]) - 1) * side
    return left, bottom - side, left + side, bottom


def is_plain(picture: Image.Image) -> bool:
    return all(low == high for low, high in cast("tuple[tuple[int, int], ...]", picture.getextrema()))


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_pieces_are_drawn_where_the_details_say(difficulty: Difficulty) -> None:
    puzzle = generate(Random(2), difficulty)
    for frame, key in ((puzzle.first_frame, "pieces"), (puzzle.final_frame, "final_pieces")):
        names = [column + row for column in "abcdefgh" for row in "12345678"]
        filled = {name for name in names if not is_plain(frame.crop(square_box(puzzle, name)))}
        assert filled == set(cast("dict[str, str]", puzzle.details[key]))


def test_white_and_black_pieces_tell_apart_by_lightness() -> None:
    picture = draw_position({"d4": "P", "e4": "p", "d5": "P", "e5": "p"}).convert("L")
    middles = [picture.getpixel((int(x), int(y))) for x, y in map(square_center, ("d4", "d5", "e4", "e5"))]
    assert middles == [255, 255, 0, 0]


def test_only_the_moves_two_squares_change() -> None:
    puzzle = generate(Random(3), "hard")
    move = cast("dict[str, str]", puzzle.details["move"])
    left = ImageChops.difference(puzzle.first_frame, puzzle.final_frame)
    for name in (move["from"], move["to"]):
        box = square_box(puzzle, name)
        assert left.crop(box).getbbox()
        left.paste("black", box)
    assert left.getbbox() is None


def test_the_prompt_names_the_side_but_not_the_move() -> None:
    for seed in range(20):
        puzzle = generate(Random(seed), "hard")
        move = cast("dict[str, str]", puzzle.details["move"])
        side = str(puzzle.details["side_to_move"]).capitalize()
        assert f"It is {side}'s turn" in puzzle.prompt
        assert not any(move[key] in puzzle.prompt for key in ("uci", "san", "from", "to"))


def test_without_the_chess_library_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "chess", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'vmevalkit\[chess\]'") as raised:
        generate(Random(0), "easy")
    assert raised.value.extra == "chess"


def test_the_search_ends_when_chance_brings_no_mate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chess_position, "TRIES", 1)
    with pytest.raises(VmevalkitError, match="Try another seed"):
        find_mate_in_one(Random(0), "easy")
