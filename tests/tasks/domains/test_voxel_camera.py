from __future__ import annotations

import numpy as np
import pytest

from vmevalkit.tasks.domains.canvas import SIZE
from vmevalkit.tasks.domains.voxel_camera import MARGIN, Camera, circle


@pytest.fixture
def camera() -> Camera:
    return Camera(azimuth=0, elevation=30, distance=10, target_height=1, focal_length=500, center=(256, 300))


def test_the_target_is_shown_at_the_center(camera: Camera) -> None:
    assert camera.project(np.array([0.0, 0.0, 1.0])) == pytest.approx((256, 300))


def test_the_camera_stands_at_its_azimuth_elevation_and_distance(camera: Camera) -> None:
    assert camera.position == pytest.approx((10 * np.cos(np.pi / 6), 0, 1 + 5))


def test_from_azimuth_0_growing_azimuths_are_to_the_right_and_heights_up(camera: Camera) -> None:
    (right, level), (middle, up) = camera.project(np.array([[0.0, 1.0, 1.0], [0.0, 0.0, 2.0]]))
    assert (right, level) == pytest.approx((256 + 500 / 10, 300))
    assert (middle, up < 300) == (pytest.approx(256), True)


def test_near_things_look_larger(camera: Camera) -> None:
    near, far = camera.project(np.array([[2.0, 1.0, 0.0], [-2.0, 1.0, 0.0]]))
    assert near[0] > far[0]


def test_framing_fills_the_picture_up_to_the_margin(camera: Camera) -> None:
    seen = camera.framing(circle(3, 0)).project(circle(3, 0))
    assert (seen[:, 0].min(), seen[:, 0].max()) == pytest.approx((MARGIN, SIZE - MARGIN), abs=0.1)
    assert seen[:, 1].min() + seen[:, 1].max() == pytest.approx(SIZE)
