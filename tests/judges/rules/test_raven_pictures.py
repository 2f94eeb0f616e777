from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from vmevalkit.judges.rules.raven_pictures import aligned_difference, difference, soften

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def panel() -> Pixels:
    """A large panel with a thin circle, in which half a pixel makes a difference."""
    picture = np.full((96, 96, 3), 255, np.uint8)
    cv2.circle(picture, (48, 48), 24, (143, 178, 240), -1, cv2.LINE_AA)
    cv2.circle(picture, (48, 48), 24, (17, 24, 39), 2, cv2.LINE_AA)
    return picture


def moved(picture: Pixels, right: float, down: float) -> Pixels:
    matrix = np.array([[1, 0, right], [0, 1, down]], np.float64)
    return np.asarray(cv2.warpAffine(picture, matrix, picture.shape[1::-1], borderValue=(255, 255, 255)), np.uint8)


@pytest.mark.parametrize(("right", "down"), [(0, 0), (1, 0), (2.4, -3.1), (-5, 5)])
def test_a_panel_a_little_beside_its_place_is_the_same(panel: Pixels, right: float, down: float) -> None:
    content = np.ascontiguousarray(soften(panel)[8:40, 8:40])
    assert aligned_difference(soften(moved(panel, right, down))[4:44, 4:44], content) < 25


def test_half_a_pixel_shows_where_nothing_is_aligned(panel: Pixels) -> None:
    assert difference(soften(panel), soften(moved(panel, 1.5, 1.5))) > 50


def test_another_shade_is_another_panel(panel: Pixels) -> None:
    darker = panel.copy()
    darker[(panel == (143, 178, 240)).all(axis=2)] = 63, 111, 209
    content = np.ascontiguousarray(soften(panel)[8:40, 8:40])
    assert aligned_difference(soften(darker)[4:44, 4:44], content) > 60


def test_a_panel_cut_off_by_the_edge_of_the_picture_is_not_the_same(panel: Pixels) -> None:
    content = np.ascontiguousarray(soften(panel)[8:40, 8:40])
    assert aligned_difference(content[:20], content) == 255
