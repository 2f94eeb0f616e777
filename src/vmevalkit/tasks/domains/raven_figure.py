"""The figures inside the panels of a matrix."""

from __future__ import annotations

from math import cos, pi, radians, sin

from vmevalkit.tasks.domains.canvas import Canvas, Point

OUTLINE = "#111827"
OUTLINE_WIDTH = 2

Corners = tuple[Point, ...]


def _around(count: int, radius: float, inner: float | None = None) -> Corners:
    """Corners of a regular polygon, or of a star with as many tips, the first one at the top."""
    distances = [radius] * count if inner is None else [radius, inner] * count
    angles = [2 * pi * index / len(distances) for index in range(len(distances))]
    return tuple((d * sin(angle), -d * cos(angle)) for d, angle in zip(distances, angles, strict=True))


def _plus(reach: float, half: float) -> Corners:
    turns: list[Corners] = [((-half, -reach), (half, -reach), (half, -half))]
    for _ in range(3):
        turns.append(tuple((-y, x) for x, y in turns[-1]))
    return tuple(point for turn in turns for point in turn)


CORNERS: dict[str, Corners] = {
    "triangle": tuple((x, y + 0.17) for x, y in _around(3, 1.05)),
    "square": ((-0.76, -0.76), (0.76, -0.76), (0.76, 0.76), (-0.76, 0.76)),
    "star": tuple((x, y + 0.07) for x, y in _around(5, 1.05, 0.47)),
    "plus": _plus(0.94, 0.36),
    "arrow": ((0, -1), (0.9, 0), (0.36, 0), (0.36, 0.95), (-0.36, 0.95), (-0.36, 0), (-0.9, 0)),
}
"""Corners of each shape but the circle, upright, for a radius of 1."""


def draw_figure(canvas: Canvas, shape: str, center: Point, radius: float, angle: float, color: str) -> None:
    """Draw a shape of about this radius, turned clockwise by degrees."""
    if shape == "circle":
        canvas.circle(center, 0.92 * radius, color, OUTLINE, OUTLINE_WIDTH)
        return
    across, down = cos(radians(angle)), sin(radians(angle))
    points = [
        (center[0] + radius * (x * across - y * down), center[1] + radius * (x * down + y * across))
        for x, y in CORNERS[shape]
    ]
    canvas.polygon(points, color, OUTLINE, OUTLINE_WIDTH)
