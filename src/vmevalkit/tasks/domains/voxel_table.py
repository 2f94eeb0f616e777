"""The round table that a sculpture of cubes stands on, with marks that tell directions apart.

The middle of its top is the origin; lengths are in edges of a cube.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vmevalkit.tasks.domains.canvas import Canvas
from vmevalkit.tasks.domains.voxel_camera import Camera, Points, circle, polygon_points
from vmevalkit.tasks.domains.voxels import Rgb

BACKGROUND: Rgb = (240, 241, 244)
FLOOR_SHADOW: Rgb = (206, 206, 212)
SIDE: Rgb = (174, 161, 146)
RIM: Rgb = (236, 230, 221)
TOP: Rgb = (224, 217, 206)
SHADOW: Rgb = (186, 178, 170)
MARK: Rgb = (186, 176, 162)
ZERO_MARK: Rgb = (40, 38, 44)

THICKNESS = 0.28
RIM_WIDTH = 0.5
FLOOR_SHADOW_WIDTH = 0.28
FLOOR_SHADOW_STEPS = 12


@dataclass(frozen=True)
class Table:
    """A round table whose rim has a dot at azimuth 0 and a tick every 15 degrees."""

    radius: float
    """From the middle to the edge."""

    @property
    def outline(self) -> Points:
        """Points around everything that is drawn of it."""
        return circle(self.radius + FLOOR_SHADOW_WIDTH, -THICKNESS)

    @property
    def zero_mark(self) -> Points:
        """Points around the dot at azimuth 0."""
        return circle(RIM_WIDTH * 0.3, 0, center=(self.radius - RIM_WIDTH / 2, 0))

    def draw(self, camera: Camera) -> Canvas:
        """The bare table without its marks: it looks the same from every azimuth."""
        canvas = Canvas(BACKGROUND)

        def disc(radius: float, height: float, color: Rgb) -> None:
            canvas.polygon(polygon_points(camera.project(circle(radius, height))), color)

        for step in range(1, FLOOR_SHADOW_STEPS + 1):
            share = step / FLOOR_SHADOW_STEPS
            disc(self.radius + FLOOR_SHADOW_WIDTH * (1 - share), -THICKNESS, mixed(BACKGROUND, FLOOR_SHADOW, share))
        disc(self.radius, -THICKNESS, SIDE)
        disc(self.radius, 0, RIM)
        disc(self.radius - RIM_WIDTH, 0, TOP)
        return canvas

    def draw_marks(self, canvas: Canvas, camera: Camera) -> None:
        """Add the marks on the rim, as the camera sees them."""
        for azimuth in range(15, 360, 15):
            canvas.polygon(polygon_points(camera.project(self._tick(azimuth))), MARK)
        canvas.polygon(polygon_points(camera.project(self.zero_mark)), ZERO_MARK)

    def _tick(self, azimuth: int) -> Points:
        """The corners of a short line across the rim; the quarters have a longer one."""
        length, width = (RIM_WIDTH * 0.6, 0.07) if azimuth % 90 == 0 else (RIM_WIDTH * 0.3, 0.045)
        angle = np.radians(azimuth)
        outward = np.array([np.cos(angle), np.sin(angle), 0])
        along, across = outward * length / 2, np.array([-outward[1], outward[0], 0]) * width / 2
        corners = np.array([along + across, along - across, -along - across, across - along])
        return corners + outward * (self.radius - RIM_WIDTH / 2)


def mixed(first: Rgb, second: Rgb, share: float) -> Rgb:
    """The color that has this share of the second color and the rest of the first."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue
