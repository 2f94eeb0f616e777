"""Pictures of a chess board seen from White's side, with coordinates in the margins."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from PIL import Image

from vmevalkit.media.images import render_svg
from vmevalkit.tasks.domains.canvas import SIZE, SUPERSAMPLING, Canvas, Point, hold, mix, tween
from vmevalkit.tasks.domains.chess_position import MateInOne, Pieces

SQUARE = 56
"""Width and height of a square, in pixels."""
PIECE = 62
"""Width of a piece's picture, whose own margins are wide, in pixels."""
MARGIN = (SIZE - 8 * SQUARE) // 2
"""Space around the board, in pixels."""
LIGHT, DARK = "#f0d9b5", "#b58863"
COORDINATES, FRAME = "#4a4a4a", "#5a4030"


def square_center(name: str) -> Point:
    """The middle of a square such as `e4`, in pixels."""
    column, row = ord(name[0]) - ord("a"), 8 - int(name[1])
    return MARGIN + (column + 0.5) * SQUARE, MARGIN + (row + 0.5) * SQUARE


def draw_position(pieces: Pieces) -> Image.Image:
    """The board with the pieces on their squares."""
    picture = _empty_board().copy()
    for square, piece in pieces.items():
        _put_piece(picture, piece, square_center(square))
    return picture


def draw_move(mate: MateInOne, first: Image.Image, final: Image.Image) -> Iterator[Image.Image]:
    """The mating piece sliding to its square within three seconds, from the picture `first` to the picture `final`."""
    start, end = square_center(mate.origin), square_center(mate.target)
    staying = {square: piece for square, piece in mate.pieces.items() if square != mate.origin}
    before = draw_position(staying)
    after = draw_position({square: piece for square, piece in staying.items() if square != mate.target})

    def draw(t: float) -> Image.Image:
        if t == 1:
            return final
        point = mix(start, end, t)
        distance = max(abs(point[0] - end[0]), abs(point[1] - end[1]))
        # A captured piece fades while the capturing one comes over it.
        picture = before.copy() if distance >= SQUARE else Image.blend(after, before, distance / SQUARE)
        _put_piece(picture, mate.pieces[mate.origin], point)
        return picture

    yield from hold(first, 0.75)
    yield from tween(draw, 1.25)
    yield from hold(final, 1)


@lru_cache(maxsize=1)
def _empty_board() -> Image.Image:
    canvas = Canvas()
    left, right = MARGIN, SIZE - MARGIN
    canvas.rectangle((left - 2, left - 2, right + 2, right + 2), FRAME)
    for column in range(8):
        for row in range(8):
            x, y = left + column * SQUARE, left + row * SQUARE
            canvas.rectangle((x, y, x + SQUARE, y + SQUARE), DARK if (column + row) % 2 else LIGHT)
    for index in range(8):
        middle = left + (index + 0.5) * SQUARE
        canvas.text((middle, right + MARGIN / 2), "abcdefgh"[index], 20, COORDINATES)
        canvas.text((left - MARGIN / 2, middle), str(8 - index), 20, COORDINATES)
    return canvas.image()


def _put_piece(picture: Image.Image, piece: str, center: Point) -> None:
    """Paint a piece, placed to a fraction of a pixel so that slow movement is smooth."""
    left, top = (round((place - PIECE / 2) * SUPERSAMPLING) for place in center)
    sprite = _sprite(piece, left % SUPERSAMPLING, top % SUPERSAMPLING)
    picture.paste(sprite, (left // SUPERSAMPLING, top // SUPERSAMPLING), sprite)


@lru_cache(maxsize=12 * SUPERSAMPLING**2)
def _sprite(piece: str, left: int, top: int) -> Image.Image:
    """The RGBA picture of a piece, moved right and down by parts of a pixel."""
    side = PIECE + 1
    large = Image.new("RGBA", (side * SUPERSAMPLING,) * 2)
    large.paste(_large_piece(piece), (left, top))
    return large.resize((side, side), Image.Resampling.BOX)


@lru_cache(maxsize=12)
def _large_piece(piece: str) -> Image.Image:
    import chess
    import chess.svg

    return render_svg(chess.svg.piece(chess.Piece.from_symbol(piece)), PIECE * SUPERSAMPLING)
