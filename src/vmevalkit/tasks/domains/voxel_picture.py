"""Pictures of a sculpture of cubes on a round table, from any side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from vmevalkit.tasks.domains.canvas import SIZE, Canvas
from vmevalkit.tasks.domains.voxel_camera import RELATIVE_DISTANCE, Camera, Points, circle, polygon_points
from vmevalkit.tasks.domains.voxel_table import RIM_WIDTH, SHADOW, Table, mixed
from vmevalkit.tasks.domains.voxels import Face, Position, Rgb, Voxel, exposed_faces

LIGHT_AZIMUTH, LIGHT_ELEVATION = 22.0, 67.0
"""Where the light comes from, in degrees. It stays with the table, and gives each direction that a side of a cube can
face a brightness of its own."""
AMBIENT, DIFFUSE = 0.68, 0.42
"""Brightness of a side is AMBIENT + DIFFUSE * cosine of the angle between its normal and the light, at most 1."""
SHADE: Rgb = (26, 24, 52)
"""What a color goes over to where no light falls."""
SEAM = 0.028
"""Width of the dark line along the edges of each side, in edges of a cube."""


class Scene:
    """A sculpture on its table, and the circle on which a camera goes around it.

    The middle of the sculpture's extent in x and y stands above the middle of the table top, which is the origin.
    """

    def __init__(self, voxels: Sequence[Voxel], elevation: float) -> None:
        """Set the camera to `elevation` degrees, at a distance and zoom that suit the sculpture from all sides."""
        positions = [voxel.position for voxel in voxels]
        faces = list(exposed_faces(positions))
        extent = np.max(positions, axis=0) + 1
        self.origin = np.array([extent[0] / 2, extent[1] / 2, 0.0])
        self._cubes = np.array([positions[face.cube] for face in faces]) + 0.5 - self.origin
        self._normals = np.array([face.normal for face in faces], dtype=float)
        self._sides = _sides(self._cubes, faces)
        self._labels = [face.cube + 1 for face in faces]
        self._colors = [shaded(voxels[face.cube].color, face.normal) for face in faces]
        self._shadows = _shadows(self._sides, self._normals)
        reach, height = _reach(self._sides), float(extent[2])
        self.table = Table(max(reach + RIM_WIDTH + 0.3, _reach(self._shadows) + 0.1))
        distance = float(RELATIVE_DISTANCE * np.hypot(self.table.radius, height / 2))
        outline = np.concatenate([self.table.outline, circle(reach, height)])
        self._camera = Camera(0, elevation, distance, height / 2).framing(outline)

    def camera(self, azimuth: float) -> Camera:
        """The camera at this place on its circle, in degrees."""
        return replace(self._camera, azimuth=azimuth % 360)

    def draw(self, azimuth: float) -> Image.Image:
        """What the camera sees from there: RGB, `SIZE` pixels square."""
        camera, canvas = self.camera(azimuth), Canvas(self._bare_table)
        for shadow in camera.project(self._shadows):
            canvas.polygon(polygon_points(shadow), SHADOW)
        self.table.draw_marks(canvas, camera)
        middles = self._sides.mean(axis=1, keepdims=True)
        sides, insides = camera.project(np.stack([self._sides, middles + (self._sides - middles) * (1 - 2 * SEAM)]))
        for index in self._from_far_to_near(camera):
            fill, seam = self._colors[index]
            canvas.polygon(polygon_points(sides[index]), seam)
            canvas.polygon(polygon_points(insides[index]), fill)
        return canvas.image()

    def labels(self, azimuth: float) -> NDArray[np.uint8]:
        """Which cube the camera sees in each pixel: index + 1, and 0 where it sees none."""
        picture = Image.new("L", (SIZE, SIZE))
        draw = ImageDraw.Draw(picture)
        camera = self.camera(azimuth)
        sides = camera.project(self._sides)
        for index in self._from_far_to_near(camera):
            draw.polygon(polygon_points(sides[index]), self._labels[index])
        return np.asarray(picture)

    def visible_shares(self, azimuth: float) -> list[float]:
        """How much of each cube is in view; 1 is the area of one side seen from the front, at the table's middle."""
        edge = self._camera.focal_length / self._camera.distance
        pixels = np.bincount(self.labels(azimuth).ravel(), minlength=max(self._labels) + 1)[1:]
        shares: list[float] = (pixels / edge**2).tolist()
        return shares

    def shows_zero_mark(self, azimuth: float) -> bool:
        """Whether no cube hides any of the mark of azimuth 0."""
        columns, rows = self.camera(azimuth).project(self.table.zero_mark).round().astype(int).T
        return not self.labels(azimuth)[rows, columns].any()

    @cached_property
    def _bare_table(self) -> Canvas:
        return self.table.draw(self._camera)

    def _from_far_to_near(self, camera: Camera) -> list[int]:
        """Sides turned to the camera, so that none is hidden by an earlier one.

        A line of sight moves away from the camera along every axis, so of two cubes of a grid the one with the smaller
        sum of distances along the axes is never hidden by the other.
        """
        to_camera = camera.position - self._sides.mean(axis=1)
        turned_here = np.flatnonzero((to_camera * self._normals).sum(axis=-1) > 0)
        distances = np.abs(camera.position - self._cubes).sum(axis=-1)
        order: list[int] = turned_here[np.argsort(-distances[turned_here], kind="stable")].tolist()
        return order


def render(voxels: Sequence[Voxel], azimuth: float, elevation: float) -> Image.Image:
    """The sculpture seen from `azimuth` and `elevation`, in degrees: RGB, `SIZE` pixels square."""
    return Scene(voxels, elevation).draw(azimuth)


def light() -> Points:
    """The unit vector that points to the light."""
    azimuth, elevation = np.radians([LIGHT_AZIMUTH, LIGHT_ELEVATION])
    level = np.cos(elevation)
    return np.array([level * np.cos(azimuth), level * np.sin(azimuth), np.sin(elevation)])


def shaded(color: Rgb, normal: Position) -> tuple[Rgb, Rgb]:
    """The color of a side that faces along `normal`, and of its edges."""
    brightness = min(1.0, AMBIENT + DIFFUSE * float(light() @ normal))
    return mixed(SHADE, color, brightness), mixed(SHADE, color, brightness * 0.5)


def _sides(cubes: Points, faces: Sequence[Face]) -> Points:
    """The four corners of each face, in order around it; `cubes` are the middles of the faces' cubes."""
    corners = []
    for face, cube in zip(faces, cubes, strict=True):
        first, second = np.eye(3)[[axis for axis in range(3) if face.normal[axis] == 0]] / 2
        around = np.array([first + second, first - second, -first - second, second - first])
        corners.append(cube + np.array(face.normal) / 2 + around)
    return np.array(corners)


def _shadows(sides: Points, normals: Points) -> Points:
    """What the sides that face the light keep from the table."""
    lit = sides[normals @ light() > 0]
    shadows: Points = lit - light() * (lit[..., 2:] / light()[2])
    return shadows


def _reach(points: Points) -> float:
    """The largest distance from the middle of the table, looked at from above."""
    return float(np.hypot(points[..., 0], points[..., 1]).max())
