"""Values that are known from elsewhere."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from vmevalkit.errors import TooFewSamplesError
from vmevalkit.features.memory import Frames, watch_frames
from vmevalkit.metrics.base import Measurement
from vmevalkit.metrics.registry import load_metric
from vmevalkit.testing.perturb import Perturbation, perturb
from vmevalkit.vision.similarity import ssim

Pixels = NDArray[np.uint8]


def measured(name: str, frames: Frames, **companions: Any) -> Measurement:
    metric = load_metric(name)()
    for frame in watch_frames(frames, **companions):
        metric.update(frame)
    return metric.compute()


def board(seed: int = 0, cells: int = 8, side: int = 16) -> Pixels:
    colors = np.random.default_rng(seed).integers(0, 255, (cells, cells, 3), np.uint8)
    return colors.repeat(side, 0).repeat(side, 1)


def disc(across: float) -> Pixels:
    clouds = np.random.default_rng(0).integers(0, 255, (128, 128, 3), np.uint8)
    picture = np.asarray(cv2.GaussianBlur(clouds, (0, 0), 3), np.uint8)
    down, right = np.mgrid[0:128, 0:128]
    picture[(right - across) ** 2 + (down - 64) ** 2 < 20**2] = (250, 30, 30)
    return picture


@settings(max_examples=30, deadline=None)
@given(arrays(np.uint8, (4, 5, 6, 3)))
def test_flicker_is_vbenchs_formula(frames: Pixels) -> None:
    change = np.abs(np.diff(frames.astype(np.float64), axis=0)).mean(axis=(1, 2, 3))
    assert measured("temporal_flicker", frames).value == pytest.approx((255 - change.mean()) / 255, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(arrays(np.uint8, (3, 11, 12, 3)), arrays(np.uint8, (3, 11, 12, 3)))
def test_psnr_has_both_usual_means(frames: Pixels, reference: Pixels) -> None:
    errors = ((frames.astype(np.float64) - reference) ** 2).mean(axis=(1, 2, 3))
    ratios = [min(100.0, 10 * np.log10(255**2 / error)) if error else 100.0 for error in errors]
    found = measured("psnr", frames, reference=reference)
    assert found.value == pytest.approx(np.mean(ratios), abs=1e-9)
    if errors.any():
        pooled = min(100.0, 10 * np.log10(255**2 / errors.mean()))
        assert found.details["of_pooled_error"] == pytest.approx(pooled, abs=1e-9)
    assert found.details["capped_frames"] == sum(ratio == 100 for ratio in ratios)


def test_longer_of_two_videos_is_compared_up_to_the_end_of_the_shorter() -> None:
    frames = [board(0), board(1), board(2)]
    assert measured("ssim", frames, reference=frames[:2]).n == 2
    assert measured("ssim", frames[:2], reference=frames).n == 2


def test_even_motion_is_smoother_than_a_jump() -> None:
    even = measured("motion_smoothness", [disc(40 + 3 * index) for index in range(9)])
    jumping = measured("motion_smoothness", [disc(40 + 12 * (index // 2 % 2)) for index in range(9)])
    assert even.value > jumping.value
    assert even.value > float(str(even.details["without_flow"]))
    assert even.n == 4


@pytest.mark.parametrize(("step", "moves"), [(0, 0), (2, 0), (6, 1)])
def test_degree_tells_what_moves_from_what_does_not(step: int, moves: float) -> None:
    found = measured("dynamic_degree", [disc(30 + step * index) for index in range(9)], fps=8)
    assert (found.value, found.n) == (moves, 8)
    assert float(str(found.details["speed"])) * np.hypot(128, 128) == pytest.approx(step, rel=0.1, abs=0.05)


def test_degree_depends_on_seconds_and_not_on_frames() -> None:
    slow = measured("dynamic_degree", [disc(30 + 2 * index) for index in range(25)], fps=24)
    assert (slow.value, slow.n) == (1, 8)


@pytest.mark.parametrize(
    ("name", "count", "fps"),
    [("temporal_flicker", 1, 24), ("motion_smoothness", 2, 24), ("dynamic_degree", 3, 24), ("dynamic_degree", 1, 8)],
)
def test_too_few_frames_have_no_value(name: str, count: int, fps: int) -> None:
    with pytest.raises(TooFewSamplesError, match="Expected a video of at least"):
        measured(name, [board()] * count, fps=fps)


def test_frozen_video_is_steady_and_smooth_and_does_not_move() -> None:
    found = {name: measured(name, [board()] * 12, fps=8).value for name in ("temporal_flicker", "motion_smoothness")}
    assert found == {"temporal_flicker": 1, "motion_smoothness": 1}
    assert measured("dynamic_degree", [board()] * 12, fps=8).value == 0


def test_first_frame_that_is_the_picture_is_faithful() -> None:
    found = measured("first_frame_fidelity", [board(), board(1)], first_picture=board())
    assert found.value == pytest.approx(1, abs=1e-3)
    assert found.details["registered"] is True
    assert found.details["color_shift"] == pytest.approx(0, abs=0.1)


def test_fidelity_forgives_place_and_size_but_not_colors() -> None:
    moved = next(perturb([board()], 8, Perturbation(shift=(8, -8), scale=1.02, size=(256, 160))))
    tinted = next(perturb([board()], 8, Perturbation(gain=(0.6, 1, 1))))
    faithful = measured("first_frame_fidelity", [moved], first_picture=board())
    assert faithful.value > 0.9
    changed = measured("first_frame_fidelity", [tinted], first_picture=board())
    assert changed.value < 0.95
    assert float(str(changed.details["color_shift"])) > 10 > float(str(faithful.details["color_shift"]))


@pytest.mark.parametrize("name", ["first_frame_fidelity", "goal_frame_match"])
def test_video_that_shows_something_else_is_compared_as_it_is(name: str) -> None:
    black = np.zeros((64, 64, 3), np.uint8)
    found = measured(name, [black] * 3, first_picture=board(), final_picture=board())
    assert found.value == pytest.approx(ssim(np.zeros((128, 128, 3), np.uint8), board()), abs=1e-9)
    assert found.details["registered"] is False


def test_goal_is_matched_at_the_end_and_progress_is_the_share_of_the_way() -> None:
    start, goal = disc(30), disc(90)
    ends = {"first_picture": start, "final_picture": goal}
    solved, still = (
        measured("goal_frame_match", [start, goal], **ends),
        measured("goal_frame_match", [start] * 2, **ends),
    )
    undone = measured("goal_frame_match", [start, goal, start], **ends)
    assert solved.details["progress"] == pytest.approx(1, abs=0.02)
    assert still.details["progress"] == 0
    assert solved.value > 0.99 > still.value
    assert undone.value == pytest.approx(still.value)
    assert undone.details["best_frame"] == 1


def test_goal_is_matched_whatever_the_size_and_the_tint() -> None:
    start, goal = disc(30), disc(90)
    frames = list(perturb([start, goal], 8, Perturbation(size=(320, 180), gain=(0.9, 1, 1.05), shift=(4, 0))))
    found = measured("goal_frame_match", frames, first_picture=start, final_picture=goal)
    assert found.value > 0.9
    assert float(str(found.details["progress"])) > 0.5


def test_goal_that_is_the_start_leaves_no_way_to_make() -> None:
    found = measured("goal_frame_match", [board()] * 2, first_picture=board(), final_picture=board())
    assert found.value == pytest.approx(1, abs=1e-3)
