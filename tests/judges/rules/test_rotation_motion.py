from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vmevalkit.judges.rules.rotation_motion import farthest_retreat, find_jump

RATES = st.sampled_from((8, 12, 15, 16, 24, 30))


def eased(turn: float, seconds: float, rate: int, power: float) -> tuple[NDArray[np.float64], list[float]]:
    """A motion with a rest at both ends, and when each frame is shown."""
    count = round(seconds * rate)
    moving = turn * np.linspace(0, 1, count + 1) ** power
    angles = np.concatenate([np.zeros(rate // 2), moving, np.full(rate // 2, turn)])
    return angles, [index / rate for index in range(len(angles))]


@given(st.floats(45, 270), st.floats(1.5, 4), RATES, st.floats(0.6, 2))
def test_an_eased_motion_has_no_jump(turn: float, seconds: float, rate: int, power: float) -> None:
    assert find_jump(*eased(turn, seconds, rate, power)) is None


@given(st.floats(45, 180), st.floats(2, 4), st.sampled_from((12, 15, 24, 30)), st.floats(0.2, 0.8))
def test_a_leap_in_a_motion_is_a_jump(turn: float, seconds: float, rate: int, when: float) -> None:
    angles, times = eased(turn, seconds, rate, 1)
    at = round(len(angles) * when)
    angles[at:] += 60
    jump = find_jump(angles, times)
    assert jump is not None
    assert jump.frame == at


@pytest.mark.parametrize("angle", [45, -90, 180, 270])
def test_a_cut_is_a_jump(angle: float) -> None:
    jump = find_jump(np.array([0.0, 0, 0, angle, angle]), [0, 0.1, 0.2, 0.3, 0.4])
    assert jump is not None
    assert (jump.frame, jump.angle) == (3, angle)


def test_frames_shown_several_times_are_no_jump() -> None:
    angles = np.repeat(np.linspace(0, 90, 17), 3)  # eight frames per second in a video of 24
    assert find_jump(angles, [index / 24 for index in range(len(angles))]) is None


def test_a_rest_on_the_way_is_no_jump() -> None:
    angles = np.concatenate([np.linspace(0, 40, 10), np.full(10, 40.0), np.linspace(40, 90, 12)])
    assert find_jump(angles, [index / 12 for index in range(len(angles))]) is None


def test_errors_of_reading_are_no_jump() -> None:
    angles = np.random.default_rng(0).uniform(-1.5, 1.5, 40)
    assert find_jump(angles, [index / 12 for index in range(40)]) is None


def test_the_farthest_way_back_is_found() -> None:
    retreat = farthest_retreat(np.array([0.0, 30, 20, 60, 15, 90]))
    assert (retreat.start, retreat.frame, retreat.angle) == (3, 4, 45)


def test_a_motion_that_only_goes_on_has_no_way_back() -> None:
    assert farthest_retreat(np.linspace(0, 90, 10)).angle == 0
