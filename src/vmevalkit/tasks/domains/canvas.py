"""Drawing for the generators: smooth shapes and text on a square picture, and frames of an animation.

Shapes are drawn at several times the size and scaled down, which gives smooth edges; text uses the font that ships
with Pillow. So the same puzzle gives the same picture whatever fonts a machine has.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

SIZE = 512
"""Width and height of every generated picture, in pixels."""
FPS = 24
"""Frames per second of every generated video."""
SUPERSAMPLING = 3
"""How many times larger shapes are drawn before scaling down."""

Color = str | tuple[int, int, int]
Point = tuple[float, float]
Box = tuple[float, float, float, float]


class Canvas:
    """A square picture; all positions and sizes are in pixels of the finished picture and may be fractions."""

    def __init__(self, background: Color | Canvas = "white") -> None:
        """Start from a plain color, or from what another canvas shows."""
        if isinstance(background, Canvas):
            self._image: Image.Image = background._image.copy()  # noqa: SLF001 (another canvas)
        else:
            self._image = Image.new("RGB", (SIZE * SUPERSAMPLING,) * 2, background)
        self._draw = ImageDraw.Draw(self._image)

    def rectangle(
        self, box: Box, fill: Color | None = None, outline: Color | None = None, width: float = 1, radius: float = 0
    ) -> None:
        """A rectangle with left, top, right and bottom edge, with rounded corners where `radius` is given."""
        self._draw.rounded_rectangle(_scaled(box), radius * SUPERSAMPLING, fill, outline, _width(width))

    def ellipse(self, box: Box, fill: Color | None = None, outline: Color | None = None, width: float = 1) -> None:
        """An ellipse inside the box."""
        self._draw.ellipse(_scaled(box), fill, outline, _width(width))

    def circle(
        self, center: Point, radius: float, fill: Color | None = None, outline: Color | None = None, width: float = 1
    ) -> None:
        """A circle around a point."""
        x, y = center
        self.ellipse((x - radius, y - radius, x + radius, y + radius), fill, outline, width)

    def polygon(
        self, points: Sequence[Point], fill: Color | None = None, outline: Color | None = None, width: float = 1
    ) -> None:
        """A closed shape through the points."""
        scaled = [(x * SUPERSAMPLING, y * SUPERSAMPLING) for x, y in points]
        if fill is not None:
            self._draw.polygon(scaled, fill)
        if outline is not None:
            self._draw.line([*scaled, scaled[0], scaled[1]], outline, _width(width), joint="curve")

    def line(self, points: Sequence[Point], color: Color, width: float = 1) -> None:
        """A line through the points, with round ends and joints."""
        scaled = [(x * SUPERSAMPLING, y * SUPERSAMPLING) for x, y in points]
        self._draw.line(scaled, color, _width(width), joint="curve")
        for point in (points[0], points[-1]):
            self.circle(point, width / 2, color)

    def text(
        self,
        center: Point,
        text: str,
        size: float,
        color: Color = "black",
        anchor: Literal["mm", "lm", "rm"] = "mm",
        boldness: float = 0,
    ) -> None:
        """Text of `size` pixels, centred on a point, or starting ("lm") or ending ("rm") there.

        `boldness` is added to either side of each stroke.
        """
        point = center[0] * SUPERSAMPLING, center[1] * SUPERSAMPLING
        font = ImageFont.load_default(size * SUPERSAMPLING)
        self._draw.text(point, text, color, font, anchor, stroke_width=round(boldness * SUPERSAMPLING))

    def paste(self, picture: Image.Image, center: Point, size: float) -> None:
        """An RGBA picture of any size, `size` pixels wide and high, centred on a point."""
        side = round(size * SUPERSAMPLING)
        scaled = picture.resize((side, side), Image.Resampling.LANCZOS)
        x, y = center
        corner = (round(x * SUPERSAMPLING - side / 2), round(y * SUPERSAMPLING - side / 2))
        self._image.paste(scaled, corner, scaled)

    def image(self) -> Image.Image:
        """The finished picture: RGB, `SIZE` pixels square."""
        return self._image.reduce(SUPERSAMPLING)


class Backdrop:
    """A still picture over which one thing moves: for each frame only the part around the thing is drawn."""

    def __init__(self, canvas: Canvas) -> None:
        """Take over the canvas as it is now; it is not to be drawn on any more."""
        self._canvas, self._picture = canvas, canvas.image()

    def frame(self, box: Box, draw: Callable[[Canvas], None]) -> Image.Image:
        """The picture with what `draw` adds inside the box; the backdrop itself stays as it was."""
        left, top = (max(0, math.floor(edge)) for edge in box[:2])
        right, bottom = (min(SIZE, math.ceil(edge)) for edge in box[2:])
        corner = (left * SUPERSAMPLING, top * SUPERSAMPLING)
        canvas_image = self._canvas._image  # noqa: SLF001 (same module)
        region = (*corner, right * SUPERSAMPLING, bottom * SUPERSAMPLING)
        before = canvas_image.crop(region)
        draw(self._canvas)
        after = canvas_image.crop(region)
        canvas_image.paste(before, corner)
        picture = self._picture.copy()
        picture.paste(after.reduce(SUPERSAMPLING), (left, top))
        return picture


def _scaled(box: Box) -> Box:
    left, top, right, bottom = (edge * SUPERSAMPLING for edge in box)
    return left, top, right - 1, bottom - 1  # Pillow counts the last pixel in


def _width(width: float) -> int:
    return max(1, round(width * SUPERSAMPLING))


def hold(picture: Image.Image, seconds: float) -> Iterator[Image.Image]:
    """The same picture for a while."""
    for _ in range(round(seconds * FPS)):
        yield picture


def tween(draw: Callable[[float], Image.Image], seconds: float) -> Iterator[Image.Image]:
    """Pictures drawn at 0 < t ≤ 1, slow at both ends; the last one is drawn at exactly 1."""
    count = max(1, round(seconds * FPS))
    for step in range(1, count + 1):
        t = step / count
        yield draw(t * t * (3 - 2 * t))


def mix(start: Point, end: Point, t: float) -> Point:
    """The point a fraction `t` of the way from one point to another."""
    return start[0] + (end[0] - start[0]) * t, start[1] + (end[1] - start[1]) * t
