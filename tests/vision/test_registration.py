from __future__ import annotations

from random import Random

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vmevalkit.tasks.domain_registry import domains, load_domain
from vmevalkit.testing.perturb import SIZES, Perturbation, draw_perturbation, perturb
from vmevalkit.vision.registration import Pixels, Registration, register

Matrix = NDArray[np.float64]
DOMAINS = sorted(domains())


def first_frame(domain: str) -> Pixels:
    return np.asarray(load_domain(domain).generate(Random(3), "medium").first_frame)


@pytest.fixture(scope="module", params=DOMAINS)
def picture(request: pytest.FixtureRequest) -> Pixels:
    return first_frame(request.param)


def blocks(size: tuple[int, int] = (256, 256)) -> Pixels:
    """Soft blocks of random colors."""
    random = np.random.default_rng(1)
    small = random.integers(0, 255, (10, 10, 3), np.uint8)
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def truth(picture: Pixels, perturbation: Perturbation) -> Matrix:
    """Where a perturbation puts points of the picture, worked out by hand."""
    height, width = picture.shape[:2]
    unit = width / 512
    moved = np.array(
        [
            [perturbation.scale, 0, width / 2 * (1 - perturbation.scale) + perturbation.shift[0] * unit],
            [0, perturbation.scale, height / 2 * (1 - perturbation.scale) + perturbation.shift[1] * unit],
            [0, 0, 1],
        ]
    )
    frame_width, frame_height = perturbation.size or (width, height)
    fit = min(frame_width / width, frame_height / height)
    placed = [[fit, 0, (frame_width - fit * width) / 2], [0, fit, (frame_height - fit * height) / 2], [0, 0, 1]]
    return np.asarray(np.array(placed) @ moved)


def corner_error(found: Registration | None, wanted: Matrix, picture: Pixels) -> float:
    """The largest distance of a corner from where it should be, in pixels of the picture."""
    assert found is not None
    height, width = picture.shape[:2]
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]]).T
    away = (found.matrix @ corners - wanted @ corners)[:2]
    return float(np.hypot(*away).max() / np.sqrt(np.linalg.det(wanted[:2, :2])))


def disturbed(picture: Pixels, perturbation: Perturbation) -> Pixels:
    (frame,) = perturb([picture], 24, perturbation)
    return frame


def test_a_picture_is_found_in_itself(picture: Pixels) -> None:
    found = register(picture, picture)
    assert corner_error(found, np.eye(3), picture) < 0.05
    assert found is not None
    assert found.correlation > 0.999
    assert np.abs(found.straighten(picture).astype(int) - picture).mean() < 0.5


def test_every_domain_is_found_under_all_disturbances_at_once(picture: Pixels) -> None:
    perturbation = draw_perturbation(Random(8))
    assert corner_error(register(disturbed(picture, perturbation), picture), truth(picture, perturbation), picture) < 1


@pytest.mark.parametrize("size", SIZES)
def test_a_picture_is_found_in_frames_of_all_sizes(size: tuple[int, int]) -> None:
    perturbation = Perturbation(size=size)
    picture = blocks()
    assert corner_error(register(disturbed(picture, perturbation), picture), truth(picture, perturbation), picture) < 1


@settings(max_examples=10, deadline=None)
@given(
    scale=st.floats(0.98, 1.02),
    shift=st.tuples(st.floats(-4, 4), st.floats(-4, 4)),
    noise=st.floats(0, 5),
    blur=st.floats(0.1, 1.2),
    gain=st.tuples(*[st.floats(0.9, 1.1)] * 3),
    size=st.sampled_from(SIZES),
)
def test_mild_disturbances_move_no_corner_by_a_pixel(
    scale: float,
    shift: tuple[float, float],
    noise: float,
    blur: float,
    gain: tuple[float, float, float],
    size: tuple[int, int],
) -> None:
    picture = blocks()
    perturbation = Perturbation(scale=scale, shift=shift, noise=noise, blur=blur, gain=gain, size=size)
    assert corner_error(register(disturbed(picture, perturbation), picture), truth(picture, perturbation), picture) < 1


def test_a_picture_stretched_to_the_frame_is_found() -> None:
    picture = blocks()
    frame = np.asarray(cv2.resize(picture, (400, 224), interpolation=cv2.INTER_AREA), np.uint8)
    wanted = np.diag([400 / 256, 224 / 256, 1.0])
    assert corner_error(register(frame, picture), wanted, picture) < 1


def test_a_picture_cut_to_fill_the_frame_is_found() -> None:
    picture = blocks()
    frame = np.asarray(cv2.resize(picture, (400, 400), interpolation=cv2.INTER_CUBIC), np.uint8)[88:312]
    wanted = np.array([[400 / 256, 0, 0], [0, 400 / 256, -88.0], [0, 0, 1]])
    assert corner_error(register(frame, picture), wanted, picture) < 1


def test_a_picture_that_is_not_square_is_found() -> None:
    picture = blocks((320, 180))
    perturbation = Perturbation(scale=1.01, shift=(3, 2), size=(640, 480))
    assert corner_error(register(disturbed(picture, perturbation), picture), truth(picture, perturbation), picture) < 1


def test_straightening_undoes_place_size_and_colors() -> None:
    picture = blocks()
    frame = disturbed(
        picture, Perturbation(scale=1.01, shift=(4, -3), gain=(0.9, 1, 1.05), offset=(8, -6, 3), size=(640, 480))
    )
    found = register(frame, picture)
    assert found is not None
    straight = found.straighten(frame)
    assert straight.shape == picture.shape
    inside = np.s_[8:-8, 8:-8]
    assert np.abs(straight[inside].astype(int) - picture[inside]).mean() < 3


def test_what_changed_in_the_picture_does_not_change_its_colors() -> None:
    picture = blocks()
    frame = picture.copy()
    frame[40:54, 40:54] = 255
    found = register(frame, picture)
    assert found is not None
    outside = np.s_[120:, 120:]
    assert np.abs(found.straighten(frame)[outside].astype(int) - picture[outside]).mean() < 1


@pytest.mark.parametrize("level", [0, 16, 128, 255])
def test_a_plain_frame_shows_nothing(level: int) -> None:
    assert register(np.full((256, 256, 3), level, np.uint8), blocks()) is None


def test_a_plain_picture_is_found_nowhere() -> None:
    assert register(blocks(), np.full((256, 256, 3), 200, np.uint8)) is None


@pytest.mark.parametrize("seed", range(3))
def test_noise_does_not_show_the_picture(seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (256, 256, 3), np.uint8)
    found = register(noise, blocks())
    assert found is None or found.correlation < 0.4


@pytest.mark.parametrize(("shown", "wanted"), [("chess", "rotation"), ("raven", "maze"), ("rotation", "sudoku")])
def test_another_task_is_not_taken_for_the_picture(shown: str, wanted: str) -> None:
    frame, picture = (
        np.asarray(cv2.resize(first_frame(domain), (192, 192), interpolation=cv2.INTER_AREA), np.uint8)
        for domain in (shown, wanted)
    )
    found = register(frame, picture)
    assert found is None or found.correlation < 0.5


@pytest.mark.parametrize("size", [(2, 2), (9, 5)])
def test_tiny_frames_are_no_error(size: tuple[int, int]) -> None:
    frame = np.asarray(cv2.resize(blocks(), size, interpolation=cv2.INTER_AREA), np.uint8)
    found = register(frame, blocks())
    assert found is None or -1 <= found.correlation <= 1
