"""Videos of a mate in one: played in many ways, and missed in specific ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from random import Random
from typing import Literal

from PIL import Image

from vmevalkit.media.images import render_svg
from vmevalkit.records.base import JsonObject
from vmevalkit.records.task import Difficulty
from vmevalkit.tasks.domains.base import Puzzle
from vmevalkit.tasks.domains.canvas import FPS, SUPERSAMPLING, hold, mix
from vmevalkit.tasks.domains.chess import generate
from vmevalkit.tasks.domains.chess_board_picture import PIECE, SQUARE, draw_position, square_center
from vmevalkit.tasks.domains.chess_position import Pieces
from vmevalkit.testing.cases.base import SOLVED, Case, Makers, fade

Pictures = Iterator[Image.Image]

SQUARES = tuple(f"{column}{row}" for column in "abcdefgh" for row in range(1, 9))
EASES: dict[str, Callable[[float], float]] = {
    "smooth": lambda t: t * t * (3 - 2 * t),
    "even": lambda t: t,
    "fast_start": lambda t: 1 - (1 - t) ** 1.7,
    "fast_end": lambda t: t**1.7,
}
"""How far along its way a piece is at each share of the time."""


@dataclass(frozen=True)
class Style:
    """How a move is shown."""

    before: float
    """Seconds of rest before it."""
    seconds: float
    """How long the piece is on its way."""
    after: float
    """Seconds of rest after it."""
    ease: str
    """One of `EASES`."""
    lift: float
    """How far the piece rises above the straight line on its way, in pixels."""
    captured: Literal["fades", "covered"]
    """What becomes of a captured piece while the other one comes over it."""


@dataclass(frozen=True)
class Scene:
    """A puzzle, how its moves are shown, and the position they start from."""

    puzzle: Puzzle
    """The problem."""
    style: Style
    """How moves are shown."""
    pieces: Pieces
    """The position."""
    origin: str
    """Where the mating piece stands."""
    target: str
    """Where it mates."""

    def case(self, frames: Callable[[], Pictures]) -> Case:
        """The case in which these frames are shown."""
        return Case(self.puzzle.first_frame, self.puzzle.final_frame, self.puzzle.details, frames)

    def play(self, origin: str, target: str) -> Case:
        """The case in which this one move is made and nothing else."""
        return self.case(lambda: self.shown(self.pieces, origin, target))

    def shown(self, pieces: Pieces, origin: str, target: str) -> Pictures:
        """A rest, a move, and a rest."""
        yield from hold(draw_position(pieces), self.style.before)
        yield from slide(pieces, origin, target, self.style)
        yield from hold(draw_position(moved(pieces, origin, target)), self.style.after)


def solved(random: Random, difficulty: Difficulty) -> Case:
    """The mating piece goes to its square and stays there."""
    scene = _scene(random, difficulty)
    return scene.play(scene.origin, scene.target)


def illegal_move(random: Random, difficulty: Difficulty) -> Case:
    """The mating piece goes to a square near the right one that it cannot go to."""
    scene = _scene(random, difficulty)
    legal = {target for origin, target in _legal_moves(scene) if origin == scene.origin}
    own = {square for square in scene.pieces if _side(scene.pieces[square]) == _side(scene.pieces[scene.origin])}
    wrong = sorted(set(SQUARES) - legal - own, key=lambda square: _distance(square, scene.target))
    return scene.play(scene.origin, random.choice(wrong[:6]))


def legal_but_no_mate(random: Random, difficulty: Difficulty) -> Case:
    """A legal move of the right side that does not mate, of the mating piece where it has one."""
    scene = _scene(random, difficulty)
    others = [move for move in _legal_moves(scene) if move != (scene.origin, scene.target)]
    same = [move for move in others if move[0] == scene.origin]
    return scene.play(*random.choice(same if same and random.random() < 0.6 else others))


def wrong_piece_moved(random: Random, difficulty: Difficulty) -> Case:
    """Another piece, one of the same kind where there is one, goes to the mating square."""
    scene = _scene(random, difficulty)
    mover = scene.pieces[scene.origin]
    others = [square for square in scene.pieces if square not in {scene.origin, scene.target}]
    alike = [square for square in others if scene.pieces[square] == mover]
    return scene.play(random.choice(alike or others), scene.target)


def object_swapped(random: Random, difficulty: Difficulty) -> Case:
    """The right move, but the mating piece or a bystander turns into another piece."""
    scene = _scene(random, difficulty)
    after = moved(scene.pieces, scene.origin, scene.target)
    bystanders = [square for square in after if square != scene.target]
    square = scene.target if random.random() < 0.4 else random.choice(bystanders)
    letter = random.choice([letter for letter in _letters(after[square]) if letter != after[square]])
    swapped = draw_position({**after, square: letter})
    seconds = random.choice((0.0, 0.4))

    def frames() -> Pictures:
        yield from scene.shown(scene.pieces, scene.origin, scene.target)
        yield from fade(draw_position(after), swapped, seconds)
        yield from hold(swapped, 0.5)

    return scene.case(frames)


def swapped_on_the_way(random: Random, difficulty: Difficulty) -> Case:
    """The right move, but the mating piece turns into another piece while it moves."""
    scene = _scene(random, difficulty)
    mover = scene.pieces[scene.origin]
    other = {**scene.pieces, scene.origin: random.choice([letter for letter in _letters(mover) if letter != mover])}
    share = random.uniform(0.3, 0.7)

    def frames() -> Pictures:
        yield from hold(scene.puzzle.first_frame, scene.style.before)
        yield from slide(scene.pieces, scene.origin, scene.target, scene.style, until=share)
        yield from slide(other, scene.origin, scene.target, scene.style, since=share)
        yield from hold(draw_position(moved(other, scene.origin, scene.target)), scene.style.after)

    return scene.case(frames)


def second_move(random: Random, difficulty: Difficulty) -> Case:
    """The right move, and after it another piece, or the same one again, goes one square."""
    scene = _scene(random, difficulty)
    after = moved(scene.pieces, scene.origin, scene.target)
    steps = [
        (origin, target)
        for origin in after
        for target in SQUARES
        if target not in after and _distance(origin, target) == 1 and target != scene.origin
    ]
    origin, target = random.choice(steps)

    def frames() -> Pictures:
        yield from scene.shown(scene.pieces, scene.origin, scene.target)
        yield from scene.shown(after, origin, target)

    return scene.case(frames)


def two_tries(random: Random, difficulty: Difficulty) -> Case:
    """A wrong move is made and taken back before the right one."""
    scene = _scene(random, difficulty)
    others = [move for move in _legal_moves(scene) if move != (scene.origin, scene.target)]
    origin, target = random.choice([move for move in others if move[1] not in scene.pieces] or others)
    tried = moved(scene.pieces, origin, target)

    def frames() -> Pictures:
        yield from scene.shown(scene.pieces, origin, target)
        yield from slide(tried, target, origin, scene.style)
        yield from scene.shown(scene.pieces, scene.origin, scene.target)

    return scene.case(frames)


def solution_undone(random: Random, difficulty: Difficulty) -> Case:
    """The right move, which is then taken back."""
    scene = _scene(random, difficulty)
    after = moved(scene.pieces, scene.origin, scene.target)
    cut = random.random() < 0.3

    def frames() -> Pictures:
        yield from scene.shown(scene.pieces, scene.origin, scene.target)
        if not cut:
            yield from slide(after, scene.target, scene.origin, scene.style)
        yield from hold(scene.puzzle.first_frame, random_rest)

    random_rest = random.uniform(0.3, 1)
    return scene.case(frames)


def jump_cut(random: Random, difficulty: Difficulty) -> Case:
    """The piece is on its square from one frame to the next, at most a quarter of the way being shown."""
    scene = _scene(random, difficulty)
    shown, late = random.choice((0.0, random.uniform(0, 0.25))), random.random() < 0.5

    def frames() -> Pictures:
        yield from hold(scene.puzzle.first_frame, scene.style.before)
        part = {"since": 1 - shown} if late else {"until": shown}
        yield from slide(scene.pieces, scene.origin, scene.target, scene.style, **part) if shown else iter(())
        yield from hold(scene.puzzle.final_frame, scene.style.after + 0.5)

    return scene.case(frames)


def crossfade(random: Random, difficulty: Difficulty) -> Case:
    """The solved picture fades in."""
    scene = _scene(random, difficulty)
    seconds = random.uniform(0.5, 3)
    first, final = scene.puzzle.first_frame, scene.puzzle.final_frame
    style = scene.style
    return scene.case(
        lambda: chain(hold(first, style.before), fade(first, final, seconds), hold(final, style.after + 0.1))
    )


def stops_half_way(random: Random, difficulty: Difficulty) -> Case:
    """The right piece sets out for the right square and stops between squares."""
    scene = _scene(random, difficulty)
    share = random.uniform(0.3, 0.6)

    def frames() -> Pictures:
        yield from hold(scene.puzzle.first_frame, scene.style.before)
        *way, last = slide(scene.pieces, scene.origin, scene.target, scene.style, until=share)
        yield from way
        yield from hold(last, scene.style.after + 0.2)

    return scene.case(frames)


def still(random: Random, difficulty: Difficulty) -> Case:
    """Nothing happens."""
    scene = _scene(random, difficulty)
    return scene.case(lambda: hold(scene.puzzle.first_frame, scene.style.before + scene.style.after + 1))


MAKERS: Makers = {
    SOLVED: solved,
    "illegal_move": illegal_move,
    "legal_but_no_mate": legal_but_no_mate,
    "wrong_piece_moved": wrong_piece_moved,
    "object_swapped": object_swapped,
    "swapped_on_the_way": swapped_on_the_way,
    "second_move": second_move,
    "two_tries": two_tries,
    "solution_undone": solution_undone,
    "jump_cut": jump_cut,
    "crossfade": crossfade,
    "stops_half_way": stops_half_way,
    "still": still,
}


def slide(pieces: Pieces, origin: str, target: str, style: Style, *, since: float = 0, until: float = 1) -> Pictures:
    """A piece going from square to square, or over the part of the way from `since` to `until`."""
    start, end = square_center(origin), square_center(target)
    rest = {square: piece for square, piece in pieces.items() if square != origin}
    full, cleared = draw_position(rest), draw_position({s: piece for s, piece in rest.items() if s != target})
    count = max(3, round(style.seconds * FPS))
    for step in range(1, count + 1):
        share = EASES[style.ease](step / count)
        if not since < share <= until:
            continue
        x, y = mix(start, end, share)
        left = max(abs(x - end[0]), abs(y - end[1])) / SQUARE
        picture = Image.blend(cleared, full, min(1.0, left)) if style.captured == "fades" or share == 1 else full.copy()
        _put_piece(picture, pieces[origin], (x, y - style.lift * 4 * share * (1 - share)))
        yield picture


def moved(pieces: Pieces, origin: str, target: str) -> Pieces:
    """The position after a piece went from one square to another."""
    left = {square: piece for square, piece in pieces.items() if square != origin}
    return {**left, target: pieces[origin]}


def _scene(random: Random, difficulty: Difficulty) -> Scene:
    puzzle = generate(random, difficulty)
    move = _object(puzzle.details["move"])
    style = Style(
        before=random.uniform(0.2, 1.2),
        seconds=random.uniform(0.6, 2.5),
        after=random.uniform(0.3, 1.5),
        ease=random.choice(sorted(EASES)),
        lift=random.choice((0, 0, random.uniform(0, 20))),
        captured=random.choice(("fades", "covered")),
    )
    pieces = {square: str(piece) for square, piece in _object(puzzle.details["pieces"]).items()}
    return Scene(puzzle, style, pieces, str(move["from"]), str(move["to"]))


def _object(value: object) -> JsonObject:
    assert isinstance(value, dict)  # noqa: S101 (the generator's own metadata)
    return value


def _legal_moves(scene: Scene) -> list[tuple[str, str]]:
    """Origin and target of every legal move that moves one piece and leaves it what it is."""
    import chess

    board = chess.Board(str(scene.puzzle.details["fen"]))
    plain = (
        move
        for move in board.legal_moves
        if not move.promotion and not board.is_castling(move) and not board.is_en_passant(move)
    )
    return [(move.uci()[:2], move.uci()[2:]) for move in plain]


def _letters(letter: str) -> str:
    """Pieces of the same side that may take this one's place."""
    return "QRBNP" if letter.isupper() else "qrbnp"


def _side(letter: str) -> str:
    return "White" if letter.isupper() else "Black"


def _distance(one: str, other: str) -> int:
    """Steps a king needs from square to square."""
    return max(abs(ord(one[0]) - ord(other[0])), abs(int(one[1]) - int(other[1])))


def _put_piece(picture: Image.Image, letter: str, center: tuple[float, float]) -> None:
    """Paint a piece, placed to a fraction of a pixel."""
    left, top = (round((place - PIECE / 2) * SUPERSAMPLING) for place in center)
    side = (PIECE + 1) * SUPERSAMPLING
    large = Image.new("RGBA", (side, side))
    large.paste(_large_piece(letter), (left % SUPERSAMPLING, top % SUPERSAMPLING))
    sprite = large.resize((PIECE + 1,) * 2, Image.Resampling.BOX)
    picture.paste(sprite, (left // SUPERSAMPLING, top // SUPERSAMPLING), sprite)


@lru_cache(maxsize=12)
def _large_piece(letter: str) -> Image.Image:
    import chess
    import chess.svg

    return render_svg(chess.svg.piece(chess.Piece.from_symbol(letter)), PIECE * SUPERSAMPLING)
