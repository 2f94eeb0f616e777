"""How alike two pictures are: error, signal-to-noise ratio, structural similarity at one scale and at several.

All take pictures of one size, height × width × 3, 0 to 255, and compute in 64 bits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vmevalkit.errors import TooFewSamplesError

Pixels = NDArray[np.uint8]
"""Height × width × 3, red, green, blue, 0 to 255."""
Picture = NDArray[np.float64]
"""The same with fractions."""

HIGHEST_PSNR = 100.0
"""dB; equal pictures would have an infinite ratio, which JSON cannot hold."""
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of the five scales, fine to coarse (Wang, Simoncelli and Bovik 2003)."""
LEAST_SIDE = 11
"""Pixels; the window of `ssim`."""
LEAST_SIDE_OF_SCALES = 11 * 2 ** (len(SCALE_WEIGHTS) - 1)
"""Pixels; the window of `ms_ssim` at its coarsest scale."""

_BORDER = LEAST_SIDE // 2
_WINDOW = cv2.getGaussianKernel(LEAST_SIDE, 1.5, cv2.CV_64F)  # what scipy cuts off at 3.5 deviations
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


@dataclass(frozen=True)
class Structure:
    """Means of the maps of structural similarity of two pictures, each from -1 to 1."""

    similarity: float
    """Of luminance, contrast and structure, over the pixels whose window lies inside the picture: the SSIM."""
    contrast: float
    """Of contrast and structure alone, over the same pixels."""
    similarity_to_the_edge: float
    """Of all three over all pixels, the picture being mirrored at its edge."""


_EQUAL = Structure(1.0, 1.0, 1.0)


def mse(picture: Pixels, other: Pixels) -> float:
    """Mean squared error over all pixels and channels, 0 to 65025."""
    return float(cv2.norm(picture, other, cv2.NORM_L2SQR)) / picture.size


def mean_difference(picture: Pixels, other: Pixels) -> float:
    """Mean absolute difference over all pixels and channels, 0 to 255."""
    return float(cv2.norm(picture, other, cv2.NORM_L1)) / picture.size


def psnr(squared_error: float) -> float:
    """Peak signal-to-noise ratio in dB, given the mean squared error; at most `HIGHEST_PSNR`."""
    if squared_error == 0:
        return HIGHEST_PSNR
    return min(HIGHEST_PSNR, 10 * math.log10(255**2 / squared_error))


def ssim(picture: Pixels, other: Pixels) -> float:
    """Structural similarity, -1 to 1; raises TooFewSamplesError for a side below 11 pixels.

    Wang et al. 2004: Gaussian window of 11 × 11 with deviation 1.5, population covariance, pixels whose window leaves
    the picture left out, mean over channels.
    """
    return structure(picture, other).similarity


def structure(picture: Pixels, other: Pixels) -> Structure:
    """The means that `ssim` and `ms_ssim` are made of; raises like `ssim`."""
    _check_sides(picture, LEAST_SIDE)
    if np.array_equal(picture, other):
        return _EQUAL
    return _structure(picture.astype(np.float64), other.astype(np.float64))


def ms_ssim(picture: Pixels, other: Pixels, finest: Structure | None = None) -> float:
    """Multi-scale structural similarity, 0 to 1; raises TooFewSamplesError for a side below 176 pixels.

    Wang, Simoncelli and Bovik 2003, as torchmetrics has it: five scales made by averaging 2 × 2 pixels, negative terms
    taken as 0. `finest` is the structure at full size, where it is known.
    """
    _check_sides(picture, LEAST_SIDE_OF_SCALES)
    if np.array_equal(picture, other):
        return 1.0
    term = finest or structure(picture, other)
    terms = [term.contrast]
    one, two = picture.astype(np.float64), other.astype(np.float64)
    for _ in SCALE_WEIGHTS[1:]:
        one, two = _halved(one), _halved(two)
        term = _structure(one, two)
        terms.append(term.contrast)
    terms[-1] = term.similarity_to_the_edge
    return float(np.prod(np.maximum(terms, 0) ** SCALE_WEIGHTS))


def _structure(picture: Picture, other: Picture) -> Structure:
    planes = [_structure_of_plane(*pair) for pair in zip(_planes(picture), _planes(other), strict=True)]
    return Structure(*np.mean(planes, axis=0).tolist())


def _planes(picture: Picture) -> list[Picture]:
    return [picture[..., channel].copy() for channel in range(picture.shape[2])]


def _structure_of_plane(one: Picture, two: Picture) -> tuple[float, float, float]:
    """The three means of one channel.

    Only the sum of the two variances is needed, so four filterings are enough. Worked in place, since memory that is
    new to the process takes longer to get than to compute on.
    """
    means, other_means, products = _filtered(one), _filtered(two), _filtered(one * two)
    one *= one
    two *= two
    one += two
    variances = _filtered(one)
    luminance = means * other_means
    means *= means
    other_means *= other_means
    means += other_means
    variances -= means
    contrast = products
    contrast -= luminance
    contrast *= 2
    contrast += _C2
    variances += _C2
    contrast /= variances
    luminance *= 2
    luminance += _C1
    means += _C1
    luminance /= means
    luminance *= contrast
    return _mean_inside(luminance), _mean_inside(contrast), float(luminance.mean())


def _filtered(picture: Picture) -> Picture:
    filtered = cv2.sepFilter2D(picture, cv2.CV_64F, _WINDOW, _WINDOW, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(filtered, np.float64)


def _mean_inside(values: Picture) -> float:
    return float(values[_BORDER:-_BORDER, _BORDER:-_BORDER].mean())


def _halved(picture: Picture) -> Picture:
    even = picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
    rows = even[0::2] + even[1::2]
    return np.asarray((rows[:, 0::2] + rows[:, 1::2]) / 4)


def _check_sides(picture: Pixels, least: int) -> None:
    height, width = picture.shape[:2]
    if min(height, width) < least:
        raise TooFewSamplesError(f"The pictures have {width} × {height} pixels", expected=f"sides of at least {least}")
