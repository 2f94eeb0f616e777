from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from vmevalkit.tasks.domains.canvas import SIZE
from vmevalkit.tasks.domains.voxel_camera import Camera
from vmevalkit.tasks.domains.voxel_picture import AMBIENT, DIFFUSE, SEAM, SHADE, Scene, light, render
from vmevalkit.tasks.domains.voxels import Voxel, grow_chain, normalized

Floats = NDArray[np.float64]
ELEVATION = 33


@dataclass(frozen=True)
class Hits:
    """What rays meet first, found by cutting each ray with each cube."""

    cube: NDArray[np.int64]
    """Index + 1; 0 for none."""
    normal: Floats
    """Of the side that is hit."""
    depth_in_side: Floats
    """Distance from the nearest edge of that side."""


def cast_rays(camera: Camera, pixels: Floats, lows: Floats) -> Hits:
    azimuth, elevation = np.radians([camera.azimuth, camera.elevation])
    out = np.array([np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)])
    eye = out * camera.distance + [0, 0, camera.target_height]
    right = np.cross([0, 0, 1], out) / np.cos(elevation)
    slope = (pixels - camera.center) / camera.focal_length
    rays = -out + slope[:, :1] * right - slope[:, 1:] * np.cross(out, right)
    with np.errstate(divide="ignore"):
        ends = (np.stack([lows, lows + 1])[:, None] - eye) / rays[:, None]
    enter, leave = ends.min(axis=0), ends.max(axis=0)
    distance = np.where(enter.max(axis=-1) < leave.min(axis=-1), enter.max(axis=-1), np.inf)
    nearest, ray = distance.argmin(axis=1), np.arange(len(pixels))
    axis = enter[ray, nearest].argmax(axis=-1)
    normal = -np.sign(rays) * np.eye(3)[axis]
    met = np.isfinite(distance[ray, nearest])
    reached = np.where(met, distance[ray, nearest], 0)[:, None]
    off_middle = np.abs(eye + rays * reached - lows[nearest] - 0.5) * (1 - np.eye(3)[axis])
    return Hits(np.where(met, nearest + 1, 0), normal, 0.5 - off_middle.max(axis=-1))


SHAPES = {
    "easy": grow_chain(Random(3), 5, 1, 2),
    "medium": grow_chain(Random(5), 8, 3, 3),
    "hard": grow_chain(Random(8), 11, 4, 3),
    "heap": normalized(Random(4).sample(list(product(range(4), range(4), range(4))), 26)),
}


@pytest.fixture(scope="module", params=SHAPES)
def voxels(request: pytest.FixtureRequest) -> list[Voxel]:
    shape = SHAPES[request.param]
    return [Voxel(position, (60 + 6 * index, 200 - 5 * index, 120)) for index, position in enumerate(shape)]


def lows(scene: Scene, voxels: list[Voxel]) -> Floats:
    cells = np.array([voxel.position for voxel in voxels], dtype=float)
    cells -= scene.origin
    return cells


def grid_with_surroundings(reach: float) -> Floats:
    middles = np.stack(np.meshgrid(np.arange(8, SIZE, 11), np.arange(8, SIZE, 11)), axis=-1).reshape(-1, 2) + 0.5
    around: Floats = np.array([[0, 0], [reach, 0], [-reach, 0], [0, reach], [0, -reach]])[:, None] + middles
    return around


@pytest.mark.parametrize("azimuth", [0, 17, 45, 90, 133, 180, 211, 270, 308, 359])
def test_no_cube_is_painted_over_a_nearer_one(voxels: list[Voxel], azimuth: int) -> None:
    scene = Scene(voxels, ELEVATION)
    pixels = grid_with_surroundings(1.5)
    seen = cast_rays(scene.camera(azimuth), pixels.reshape(-1, 2), lows(scene, voxels)).cube.reshape(5, -1)
    clear = (seen == seen[0]).all(axis=0)
    columns, rows = pixels[0][clear].astype(int).T
    assert (scene.labels(azimuth)[rows, columns] == seen[0][clear]).all()
    assert clear.mean() > 0.8


@pytest.mark.parametrize("azimuth", [10, 100, 190, 280])
def test_every_side_has_the_brightness_that_its_direction_gives(voxels: list[Voxel], azimuth: int) -> None:
    scene = Scene(voxels, ELEVATION)
    pixels = grid_with_surroundings(1.5)
    hits = cast_rays(scene.camera(azimuth), pixels.reshape(-1, 2), lows(scene, voxels))
    seen, depth = hits.cube.reshape(5, -1), hits.depth_in_side.reshape(5, -1)
    inside = (seen == seen[0]).all(axis=0) & (seen[0] > 0) & (depth > SEAM + 0.01).all(axis=0)
    colors = np.array([voxel.color for voxel in voxels], dtype=float)[seen[0, inside] - 1]
    brightness = np.minimum(1, AMBIENT + DIFFUSE * hits.normal[: len(inside)][inside] @ light())[:, None]
    columns, rows = pixels[0][inside].astype(int).T
    drawn = np.asarray(scene.draw(azimuth))[rows, columns]
    assert np.abs(drawn - (SHADE + (colors - SHADE) * brightness)).max() <= 1
    assert len(drawn) > 50


def test_sides_that_face_differently_look_different() -> None:
    directions = np.array([(0, 0, 1), (1, 0, 0), (0, 1, 0), (0, -1, 0), (-1, 0, 0)])
    brightness = np.sort(np.minimum(1, AMBIENT + DIFFUSE * directions @ light()))
    assert np.diff(brightness).min() > 0.08


def test_a_full_circle_leads_back_to_the_same_picture(voxels: list[Voxel]) -> None:
    assert render(voxels, 30, ELEVATION) == render(voxels, 390, ELEVATION)


def test_hidden_cubes_and_a_hidden_mark_are_noticed() -> None:
    wall = [Voxel((x, y, z), (200, 90, 90)) for x in (0, 1) for y in range(3) for z in range(4)]
    scene = Scene(wall, ELEVATION)
    behind = wall.index(Voxel((0, 1, 1), (200, 90, 90)))
    assert scene.visible_shares(0)[behind] == 0
    assert scene.visible_shares(180)[behind] > 0.5
    assert scene.shows_zero_mark(0)
    assert not scene.shows_zero_mark(180)


def test_the_scene_keeps_clear_of_the_edge_of_the_picture(voxels: list[Voxel]) -> None:
    for azimuth in range(0, 360, 60):
        picture = np.asarray(render(voxels, azimuth, ELEVATION))
        assert (np.concatenate([picture[:9], picture[-9:]]) == picture[0, 0]).all()
        assert (np.concatenate([picture[:, :9], picture[:, -9:]]) == picture[0, 0]).all()
