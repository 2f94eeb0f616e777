from __future__ import annotations

import json
import runpy
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from vmevalkit.errors import TooFewSamplesError
from vmevalkit.vision.similarity import HIGHEST_PSNR, mean_difference, ms_ssim, mse, psnr, ssim, structure

Pixels = NDArray[np.uint8]

skimage: Any = import_module("skimage.metrics")
METRICS = Path(__file__).parents[1] / "metrics"
CASES: list[dict[str, Any]] = json.loads((METRICS / "reference_values.json").read_text())["cases"]
PICTURES = arrays(np.uint8, (13, 17, 3))


def skimage_ssim(picture: Pixels, other: Pixels) -> float:
    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return float(skimage.structural_similarity(picture, other, data_range=255, channel_axis=-1, **window))


@pytest.fixture(params=CASES, ids=lambda case: f"{case['height']}x{case['width']} noise {case['noise']}")
def case(request: pytest.FixtureRequest) -> tuple[Pixels, Pixels, dict[str, Any]]:
    """A pair of pictures and what other packages say of it."""
    known: dict[str, Any] = request.param
    seeded_pair = runpy.run_path(str(METRICS / "make_reference_values.py"))["seeded_pair"]
    return *seeded_pair(known["height"], known["width"], known["noise"]), known


def test_values_are_those_of_other_packages(case: tuple[Pixels, Pixels, dict[str, Any]]) -> None:
    picture, other, known = case
    assert psnr(mse(picture, other)) == pytest.approx(known["psnr"], abs=1e-6)
    assert ssim(picture, other) == pytest.approx(known["ssim"], abs=1e-6)
    assert ms_ssim(picture, other) == pytest.approx(known["ms_ssim"], abs=1e-6)


def test_negative_terms_are_among_the_cases() -> None:
    assert any(case["ms_ssim"] == 0 for case in CASES)
    assert any(0.5 < case["ms_ssim"] < 0.9 for case in CASES)


@settings(max_examples=25, deadline=None)
@given(PICTURES, PICTURES)
def test_ssim_and_psnr_agree_with_scikit_image_on_any_pictures(picture: Pixels, other: Pixels) -> None:
    assert ssim(picture, other) == pytest.approx(skimage_ssim(picture, other), abs=1e-6)
    if not np.array_equal(picture, other):
        ratio = min(HIGHEST_PSNR, skimage.peak_signal_noise_ratio(picture, other, data_range=255))
        assert psnr(mse(picture, other)) == pytest.approx(ratio, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(PICTURES, PICTURES)
def test_order_does_not_matter_and_arguments_stay_as_they_are(picture: Pixels, other: Pixels) -> None:
    before = picture.copy()
    assert ssim(picture, other) == pytest.approx(ssim(other, picture), abs=1e-12)
    assert np.array_equal(picture, before)


def test_errors_are_right_also_for_large_pictures() -> None:
    black, white = np.zeros((2200, 4000, 3), np.uint8), np.full((2200, 4000, 3), 255, np.uint8)
    assert mse(black, white) == pytest.approx(255**2, rel=1e-12)
    assert mean_difference(black, white) == pytest.approx(255, rel=1e-12)


def test_equal_pictures_are_capped_and_one(case: tuple[Pixels, Pixels, dict[str, Any]]) -> None:
    picture, _, _ = case
    assert psnr(0.0) == psnr(1e-12) == HIGHEST_PSNR
    assert (ssim(picture, picture), ms_ssim(picture, picture.copy())) == (1.0, 1.0)


def test_known_finest_scale_changes_nothing(case: tuple[Pixels, Pixels, dict[str, Any]]) -> None:
    picture, other, _ = case
    assert ms_ssim(picture, other, structure(picture, other)) == ms_ssim(picture, other)


@pytest.mark.parametrize(("function", "side"), [(ssim, 10), (ms_ssim, 175)])
def test_small_pictures_are_refused(function: Any, side: int) -> None:
    picture = np.zeros((200, side, 3), np.uint8)
    with pytest.raises(TooFewSamplesError, match=f"{side} × 200 pixels"):
        function(picture, picture)
