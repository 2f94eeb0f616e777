"""Seeded disturbances of a video, of the kinds that video models and services bring with them.

A verdict must not depend on them: compression, another size, bars around the picture, another frame rate, and a picture
that is a little larger, shifted, soft, noisy or tinted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vmevalkit.media.encode import encode

Pixels = NDArray[np.uint8]

SIZES = ((512, 512), (480, 480), (640, 640), (768, 768), (640, 480), (832, 480), (1024, 576), (720, 1280))
"""Widths and heights; those that are not square get bars."""
RATES = (8, 12, 15, 16, 24, 30)
"""Frames per second."""


@dataclass(frozen=True)
class Perturbation:
    """What is done to a video. The default is compression alone."""

    crf: int = 28
    """H.264 quality; larger is worse."""
    scale: float = 1
    """Size of the picture about its middle."""
    shift: tuple[float, float] = (0, 0)
    """How far it is moved right and down, in pixels of a picture 512 pixels wide."""
    blur: float = 0
    """Standard deviation of a Gaussian blur, in the same pixels."""
    noise: float = 0
    """Standard deviation of Gaussian noise, in levels of 255; new in each frame."""
    gain: tuple[float, float, float] = (1, 1, 1)
    """Factor for red, green and blue."""
    offset: tuple[float, float, float] = (0, 0, 0)
    """Added to red, green and blue, in levels of 255."""
    size: tuple[int, int] | None = None
    """Width and height of the video, both even; None keeps those of the pictures. Ratios are kept by adding bars."""
    rate: int | None = None
    """Frames per second; None keeps it."""
    seed: int = 0
    """For the noise."""


def draw_perturbation(random: Random) -> Perturbation:
    """A disturbance of every kind at once, each mild."""
    gain = random.uniform(0.92, 1.08)
    return Perturbation(
        crf=28,
        scale=random.uniform(0.98, 1.02),
        shift=(random.uniform(-4, 4), random.uniform(-4, 4)),
        blur=random.uniform(0, 1.2),
        noise=random.uniform(0, 5),
        gain=tuple(gain * random.uniform(0.96, 1.04) for _ in range(3)),  # type: ignore[arg-type]
        offset=tuple(random.uniform(-8, 8) for _ in range(3)),  # type: ignore[arg-type]
        size=random.choice(SIZES),
        rate=random.choice(RATES),
        seed=random.getrandbits(32),
    )


def perturb(
    frames: Iterable[Image.Image | Pixels], rate: int | Fraction, perturbation: Perturbation
) -> Iterator[Pixels]:
    """The disturbed frames: height × width × 3, uint8, at the perturbation's own rate."""
    noise = np.random.default_rng(perturbation.seed)
    last: object = None
    still: NDArray[np.float32] | None = None
    for frame in _resampled(frames, Fraction(rate), Fraction(perturbation.rate or rate)):
        if still is None or frame is not last:  # frames at rest are disturbed once
            still, last = _disturb(np.asarray(frame), perturbation), frame
        grain = noise.standard_normal(still.shape, np.float32) * np.float32(perturbation.noise)
        yield np.clip(np.rint(still + grain), 0, 255).astype(np.uint8)


def write_perturbed(
    frames: Iterable[Image.Image | Pixels], rate: int | Fraction, path: Path, perturbation: Perturbation
) -> None:
    """Write the disturbed frames as an H.264 MP4; raises like `encode`."""
    encode(perturb(frames, rate, perturbation), path, perturbation.rate or Fraction(rate), crf=perturbation.crf)


def _resampled(
    frames: Iterable[Image.Image | Pixels], rate: Fraction, wanted: Fraction
) -> Iterator[Image.Image | Pixels]:
    """The frame on display at each moment of the wanted rate; the last frame is always among them."""
    shown, frame, is_shown = 0, None, True
    for index, frame in enumerate(frames):
        is_shown = False
        while Fraction(shown) / wanted < Fraction(index + 1) / rate:
            yield frame
            shown, is_shown = shown + 1, True
    if frame is not None and not is_shown:
        yield frame


def _disturb(picture: Pixels, perturbation: Perturbation) -> NDArray[np.float32]:
    height, width = picture.shape[:2]
    unit = width / 512
    soft = _blurred(picture, perturbation.blur * unit) if perturbation.blur else picture
    moved = _moved(soft, perturbation.scale, perturbation.shift[0] * unit, perturbation.shift[1] * unit)
    placed = _fitted(moved, perturbation.size or (width, height))
    tinted = placed * np.array(perturbation.gain) + np.array(perturbation.offset)
    return np.asarray(np.clip(tinted, 0, 255), np.float32)


def _blurred(picture: Pixels, deviation: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), deviation), np.uint8)


def _moved(picture: Pixels, scale: float, right: float, down: float) -> Pixels:
    height, width = picture.shape[:2]
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    matrix = np.array([[scale, 0, middle_x * (1 - scale) + right], [0, scale, middle_y * (1 - scale) + down]])
    return np.asarray(
        cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )


def _fitted(picture: Pixels, size: tuple[int, int]) -> Pixels:
    """The picture as large as fits, with black bars where the ratio differs."""
    width, height = size
    scale = min(width / picture.shape[1], height / picture.shape[0])
    inner = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = np.asarray(cv2.resize(picture, inner, interpolation=interpolation)) if scale != 1 else picture
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    canvas = np.zeros((height, width, 3), np.uint8)
    canvas[top : top + inner[1], left : left + inner[0]] = resized
    return canvas
