from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vmevalkit.tasks.domains.voxel_camera import Camera
from vmevalkit.tasks.domains.voxel_table import RIM, TOP, ZERO_MARK, Table, mixed


@pytest.fixture
def camera() -> Camera:
    return Camera(azimuth=0, elevation=35, distance=13, target_height=1).framing(Table(3).outline)


def test_the_bare_table_looks_the_same_from_every_azimuth(camera: Camera) -> None:
    first, other = (Table(3).draw(replace(camera, azimuth=azimuth)).image() for azimuth in (0, 75))
    assert np.abs(np.asarray(first, dtype=int) - np.asarray(other)).mean() < 0.05


def test_the_top_is_in_the_middle_and_the_rim_around_it(camera: Camera) -> None:
    picture = Table(3).draw(camera).image()
    (x, y), (rim_x, rim_y) = camera.project(np.array([[0.0, 0.0, 0.0], [0.0, 2.75, 0.0]]))
    assert (picture.getpixel((int(x), int(y))), picture.getpixel((int(rim_x), int(rim_y)))) == (TOP, RIM)


@pytest.mark.parametrize("azimuth", [0, 60, 200])
def test_the_dot_marks_azimuth_0(camera: Camera, azimuth: int) -> None:
    view, table = replace(camera, azimuth=azimuth), Table(3)
    canvas = table.draw(view)
    table.draw_marks(canvas, view)
    rows, columns = (np.asarray(canvas.image()) == ZERO_MARK).all(axis=-1).nonzero()
    assert (columns.mean(), rows.mean()) == pytest.approx(tuple(view.project(np.array([2.75, 0, 0]))), abs=1)


def test_mixed_colors_go_from_the_first_to_the_second() -> None:
    assert [mixed((0, 100, 200), (200, 100, 0), share) for share in (0, 0.25, 1)] == [
        (0, 100, 200),
        (50, 100, 150),
        (200, 100, 0),
    ]
