from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from vmevalkit.media.probe import probe
from vmevalkit.testing.perturb import RATES, SIZES, Perturbation, draw_perturbation, perturb, write_perturbed

Pixels = NDArray[np.uint8]


def grey(level: int, size: tuple[int, int] = (64, 64)) -> Pixels:
    return np.full((size[1], size[0], 3), level, np.uint8)


def spot(size: int = 512) -> Pixels:
    """A white spot in the middle of a black picture."""
    picture = grey(0, (size, size))
    picture[size // 2 - 20 : size // 2 + 20, size // 2 - 20 : size // 2 + 20] = 255
    return picture


def only(picture: Pixels, perturbation: Perturbation) -> Pixels:
    (disturbed,) = perturb([picture], 24, perturbation)
    return disturbed


def spread(picture: Pixels, axis: int) -> tuple[float, float]:
    """Middle and standard deviation of the light along an axis."""
    light = picture[..., 0].astype(float).sum(axis=1 - axis)
    places = np.arange(len(light)) + 0.5
    middle = float((light * places).sum() / light.sum())
    return middle, float(np.sqrt((light * (places - middle) ** 2).sum() / light.sum()))


def test_the_default_changes_no_pixel_and_no_number_of_frames() -> None:
    frames = [np.random.default_rng(seed).integers(0, 256, (48, 64, 3), np.uint8) for seed in range(5)]
    assert np.array_equal(list(perturb(frames, 24, Perturbation())), frames)


def test_pictures_may_be_images() -> None:
    assert np.array_equal(only(np.asarray(Image.new("RGB", (8, 8), (1, 2, 3))), Perturbation()), [[[1, 2, 3]] * 8] * 8)


@pytest.mark.parametrize("seed", range(3))
def test_equal_seeds_give_equal_frames(seed: int) -> None:
    first, second = (list(perturb([spot(128)] * 3, 24, draw_perturbation(Random(seed)))) for _ in range(2))
    assert np.array_equal(first, second)


def test_other_seeds_give_other_noise() -> None:
    first, second = (only(grey(128), Perturbation(noise=3, seed=seed)) for seed in (1, 2))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("rate", RATES)
def test_each_moment_shows_the_frame_then_on_display(rate: int) -> None:
    shown = [int(frame[0, 0, 0]) for frame in perturb(map(grey, range(48)), 24, Perturbation(rate=rate))]
    expected = [int(moment * 24 / rate) for moment in range(2 * rate)]
    assert shown == expected + [47] * (expected[-1] != 47)


def test_a_rate_may_be_a_fraction() -> None:
    frames = list(perturb(map(grey, range(30)), Fraction(30000, 1001), Perturbation(rate=15)))
    assert [int(frame[0, 0, 0]) for frame in frames[:3]] == [0, 1, 3]
    assert frames[-1][0, 0, 0] == 29


@pytest.mark.parametrize("size", SIZES)
def test_the_picture_keeps_its_ratio_between_black_bars(size: tuple[int, int]) -> None:
    picture = only(grey(200, (512, 512)), Perturbation(size=size))
    width, height = size
    inner = min(size)
    left, top = (width - inner) // 2, (height - inner) // 2
    assert picture.shape == (height, width, 3)
    assert (picture[top : top + inner, left : left + inner] == 200).all()
    assert (picture == 200).all(axis=-1).sum() == inner**2
    assert picture.sum() == 600 * inner**2


@pytest.mark.parametrize("size", [256, 512])
def test_shifts_are_counted_in_pixels_of_a_picture_512_wide(size: int) -> None:
    moved = only(spot(size), Perturbation(shift=(4, -2.5)))
    across, down = spread(moved, 1)[0] - size / 2, spread(moved, 0)[0] - size / 2
    assert (across, down) == pytest.approx((4 * size / 512, -2.5 * size / 512), abs=0.05)


def test_the_picture_grows_about_its_middle() -> None:
    middle, width = spread(only(spot(), Perturbation(scale=1.5)), 1)
    assert middle == pytest.approx(256, abs=0.05)
    assert width == pytest.approx(1.5 * spread(spot(), 1)[1], rel=0.01)


def test_blur_has_the_deviation_asked_for() -> None:
    before, after = (spread(picture, 1)[1] for picture in (spot(), only(spot(), Perturbation(blur=6))))
    assert np.sqrt(after**2 - before**2) == pytest.approx(6, rel=0.05)


def test_noise_has_the_deviation_asked_for_and_is_new_in_each_frame() -> None:
    first, second = perturb([grey(128, (256, 256))] * 2, 24, Perturbation(noise=5))
    assert float(first.std()) == pytest.approx(5, rel=0.03)
    assert float((first.astype(float) - second).std()) == pytest.approx(5 * 2**0.5, rel=0.03)


def test_each_channel_gets_its_gain_and_offset() -> None:
    tinted = only(grey(100), Perturbation(gain=(1.1, 1, 0.9), offset=(-5, 3, 0)))
    assert (tinted == (105, 103, 90)).all()


def test_bars_are_tinted_too() -> None:
    assert (only(grey(100), Perturbation(size=(96, 64), offset=(7, 7, 7)))[:, :16] == 7).all()


@given(st.integers(0, 10**6))
def test_what_is_drawn_is_mild(seed: int) -> None:
    drawn = draw_perturbation(Random(seed))
    assert drawn == draw_perturbation(Random(seed))
    assert 0.98 <= drawn.scale <= 1.02
    assert max(map(abs, drawn.shift)) <= 4
    assert (drawn.size in SIZES, drawn.rate in RATES, drawn.crf) == (True, True, 28)


def test_the_file_has_the_size_and_rate_asked_for(tmp_path: Path) -> None:
    write_perturbed([spot(128)] * 24, 24, tmp_path / "video.mp4", Perturbation(size=(160, 96), rate=12))
    video = probe(tmp_path / "video.mp4")
    assert (video.width, video.height, round(video.fps)) == (160, 96, 12)
