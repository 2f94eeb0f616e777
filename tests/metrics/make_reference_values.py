"""Makes `reference_values.json`: what other people's code says of seeded pictures.

Run where they are installed: `python make_reference_values.py > reference_values.json`
with torch 2.13.0 (CPU), torchmetrics 1.9.0, scikit-image 0.26.0 and numpy 2.4.6.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIZES = ((176, 176), (203, 311), (256, 192))
"""Heights and widths."""
NOISE = (3, 30, 120)
"""Most levels added or taken; the last one makes some terms negative."""
PACKAGES = ("torch", "torchmetrics", "scikit-image", "numpy")


def seeded_pair(height: int, width: int, noise: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A picture of ramps and one hard edge, and the same with noise and, when that is loud, inverted.

    Whole numbers alone, so that it is the same everywhere.
    """
    random = np.random.Generator(np.random.PCG64(height * 1000 + width))
    down, across = np.mgrid[0:height, 0:width]
    picture = np.empty((height, width, 3), np.int64)
    for channel, (a, b, c) in enumerate(random.integers(7, 60, (3, 3)).tolist()):
        picture[..., channel] = 40 + abs(2 * (down % a) - a) + abs(2 * ((across + down * c // 9) % b) - b)
    picture[:, width // 2 :] += 60
    other = picture + random.integers(-noise, noise + 1, picture.shape)
    if noise > 50:
        other = 255 - other
    return _levels(picture), _levels(other)


def _levels(picture: NDArray[np.int64]) -> NDArray[np.uint8]:
    return np.clip(picture, 0, 255).astype(np.uint8)


def values_of(picture: NDArray[np.uint8], other: NDArray[np.uint8]) -> dict[str, float]:
    """What the other packages say of a pair."""
    torch: Any = import_module("torch")
    multiscale = import_module("torchmetrics.functional.image").multiscale_structural_similarity_index_measure
    metrics: Any = import_module("skimage.metrics")
    one, two = (torch.from_numpy(array.astype(np.float64)).permute(2, 0, 1)[None] for array in (picture, other))
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return {
        "psnr": float(metrics.peak_signal_noise_ratio(picture, other, data_range=255)),
        "ssim": float(metrics.structural_similarity(picture, other, data_range=255, channel_axis=-1, **settings)),
        "ms_ssim": float(multiscale(one, two, data_range=255.0)),
    }


def main() -> None:
    """Write the values as JSON."""
    cases = [
        {"height": height, "width": width, "noise": noise, **values_of(*seeded_pair(height, width, noise))}
        for height, width in SIZES
        for noise in NOISE
    ]
    document = {"made_with": {package: version(package) for package in PACKAGES}, "cases": cases}
    sys.stdout.write(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
