from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from vmevalkit.errors import TooFewSamplesError
from vmevalkit.vision.flow import fastest, halfway, luma, midpoint, optical_flow
from vmevalkit.vision.similarity import mean_difference

Pixels = NDArray[np.uint8]


def disc(across: float, size: tuple[int, int] = (96, 128)) -> Pixels:
    """A red disc on a cloudy ground that stands still."""
    clouds = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
    picture = np.asarray(cv2.GaussianBlur(clouds, (0, 0), 3), np.uint8)
    down, right = np.mgrid[0 : size[0], 0 : size[1]]
    picture[(right - across) ** 2 + (down - size[0] / 2) ** 2 < 15**2] = (230, 30, 30)
    return picture


def test_known_motion_is_found() -> None:
    flow = optical_flow(luma(disc(50)), luma(disc(56)))
    assert fastest(flow) == pytest.approx(6, rel=0.1)
    assert flow[46:50, 48:52, 0].mean() == pytest.approx(6, rel=0.1)


def test_flow_depends_on_neither_threads_nor_history() -> None:
    one, two = luma(disc(50, (256, 256))), luma(disc(56, (256, 256)))
    before, found = cv2.getNumThreads(), []
    for threads in (1, 4):
        cv2.setNumThreads(threads)
        found.append(optical_flow(one, two))
        optical_flow(two, one)
        assert cv2.getNumThreads() == threads
    cv2.setNumThreads(before)
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], optical_flow(one, two))


def test_nothing_moves_between_equal_pictures() -> None:
    assert not optical_flow(luma(disc(50)), luma(disc(50))).any()


def test_what_moves_is_halfway_in_the_middle() -> None:
    before, middle, after = disc(40), disc(43), disc(46)
    flow = optical_flow(luma(before), luma(after))
    found = halfway(before, middle, after, flow)
    assert found.moved < found.mixed / 3
    assert found.moved == mean_difference(middle, midpoint(before, after, flow))


def test_without_flow_colors_are_averaged() -> None:
    dark, light = np.full((16, 16, 3), 10, np.uint8), np.full((16, 16, 3), 30, np.uint8)
    found = halfway(dark, dark, light, np.zeros((16, 16, 2), np.float32))
    assert (found.moved, found.mixed) == (10, 10)


def test_fastest_is_the_mean_of_the_longest_vectors() -> None:
    flow = np.zeros((10, 10, 2), np.float32)
    flow[0, :5] = (3, 4)
    assert fastest(flow) == 5
    assert fastest(flow, share=0.1) == 2.5
    assert fastest(flow[:1, :1]) == 5


@pytest.mark.parametrize("shape", [(8, 64), (64, 15), (1, 1)])
def test_pictures_too_small_to_be_searched_are_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(TooFewSamplesError, match="at least 16"):
        optical_flow(np.zeros(shape, np.uint8), np.ones(shape, np.uint8))
