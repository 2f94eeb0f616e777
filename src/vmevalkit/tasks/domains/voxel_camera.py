"""A camera that goes around a table: where it stands, and where it sees a point."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vmevalkit.tasks.domains.canvas import SIZE, Point

Points = NDArray[np.float64]
"""Points in space or in the picture; the last axis holds the coordinates."""

RELATIVE_DISTANCE = 4.4
"""Distance of the camera, in radii of the scene: close enough for a clear perspective."""
MARGIN = 12
"""Smallest distance of what is framed from the edge of the picture, in pixels."""

CIRCLE_POINTS = 96


@dataclass(frozen=True)
class Camera:
    """A pinhole camera on a circle around the z axis, level, looking at a point of that axis.

    Azimuth 0 is on the +x axis and 90 on the +y axis: seen from above, growing azimuths go counter-clockwise, and the
    camera moves to its own right.
    """

    azimuth: float
    """Degrees."""
    elevation: float
    """Degrees above the horizontal plane through the point it looks at."""
    distance: float
    """From the point it looks at, in edges of a cube."""
    target_height: float
    """Height above the table of the point it looks at, in edges of a cube."""
    focal_length: float = 1
    """Pixels in the picture per unit of slope."""
    center: Point = (0, 0)
    """Where the picture shows the point it looks at, in pixels."""

    @property
    def position(self) -> Points:
        """Where the camera stands: x, y and z, from the centre of the table top."""
        return self._axes()[2] * -self.distance + (0, 0, self.target_height)

    def project(self, points: Points) -> Points:
        """Where the picture shows points of space: the same shape with x and y, in pixels."""
        right, up, forward = self._axes()
        rays = points - self.position
        scale = self.focal_length / (rays @ forward)
        return np.stack([self.center[0] + rays @ right * scale, self.center[1] - rays @ up * scale], axis=-1)

    def _axes(self) -> tuple[Points, Points, Points]:
        azimuth, elevation = np.radians(self.azimuth), np.radians(self.elevation)
        outward = np.array([np.cos(azimuth), np.sin(azimuth), 0])
        right = np.array([-outward[1], outward[0], 0])
        forward = -outward * np.cos(elevation) - (0, 0, np.sin(elevation))
        up = -outward * np.sin(elevation) + (0, 0, np.cos(elevation))
        return right, up, forward

    def framing(self, points: Points) -> Camera:
        """The same camera zoomed and shifted so that the points just fill the picture."""
        seen = replace(self, focal_length=1, center=(0, 0)).project(points)
        low, high = seen.min(axis=0), seen.max(axis=0)
        focal_length = float((SIZE - 2 * MARGIN) / (high - low).max())
        x, y = SIZE / 2 - (low + high) / 2 * focal_length
        return replace(self, focal_length=focal_length, center=(float(x), float(y)))


def circle(radius: float, height: float, center: Point = (0, 0)) -> Points:
    """Points on a horizontal circle, counter-clockwise from the +x direction."""
    angles = np.arange(CIRCLE_POINTS) * (2 * np.pi / CIRCLE_POINTS)
    across, along = center[0] + radius * np.cos(angles), center[1] + radius * np.sin(angles)
    return np.stack([across, along, np.full(CIRCLE_POINTS, height)], axis=-1)


def polygon_points(projected: Points) -> list[Point]:
    """Projected points in the form in which a canvas takes a polygon."""
    return [(x, y) for x, y in projected.tolist()]
