"""Finding a known picture in a video frame that shows it at another size, place and color.

A registration maps the reference picture onto the frame by an affine transform, and the frame's colors back by a gain
and an offset for each channel. Video models scale, crop, pad and tint what they are given; once that is undone, a
verdict can be read at known places.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Height × width × 3, red, green, blue, 0 to 255."""
Matrix = NDArray[np.float64]

SIDES = (64, 128, 256, 512)
"""Longest side of the reference at each step from coarse to fine, in pixels."""
BLUR = 5
"""Width of the Gaussian window that steadies the search, in pixels of each step."""
_ENOUGH = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 300, 1e-7)
_PLAIN = 8
"""Largest deviation along a line, in levels, that still is a bar with noise on it."""
_SURE = 0.9
"""Correlation from which on the right place is found."""
_COLOR_SAMPLES = 128
_PLACES = 64
_RIDGE = 4.0
"""Pull of the color fit towards no change, as a variance in units of one level."""


@dataclass(frozen=True, eq=False)
class Registration:
    """Where a frame shows the reference picture, and in which colors."""

    matrix: Matrix
    """3 × 3: takes a point (x, y, 1) of the reference to the frame; the first pixel covers 0 to 1."""
    colors: Matrix
    """2 × 3: gain and offset of red, green and blue that take a color of the frame to that of the reference."""
    correlation: float
    """How well the two agree where they overlap, -1 to 1."""
    size: tuple[int, int]
    """Width and height of the reference."""

    def share_outside(self, frame_size: tuple[int, int]) -> float:
        """The share of the reference that lies outside a frame of this width and height, 0 to 1."""
        places = (np.arange(_PLACES) + 0.5) / _PLACES
        x, y = np.meshgrid(places * self.size[0], places * self.size[1])
        in_frame = (self.matrix @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)]))[:2]
        inside = (in_frame >= 0).all(axis=0) & (in_frame <= np.array(frame_size)[:, None]).all(axis=0)
        return float(1 - inside.mean())

    def straighten(self, frame: Pixels) -> Pixels:
        """What the frame shows, at the place, size and colors of the reference: its height × width × 3."""
        return _tint(_warp(frame, self.matrix, self.size), self.colors)


def register(frame: Pixels, reference: Pixels) -> Registration | None:
    """Where the frame shows the reference; None when nothing alike is found, as in a black or foreign frame.

    Tries the reference stretched to the frame, inside it with bars around, and cut to fill it; each is refined by
    maximising the enhanced correlation coefficient (Evangelidis and Psarakis 2008, as in OpenCV).
    """
    found: list[tuple[Matrix, float]] = []
    # Seen from afar, equal parts may be taken for one another; so what is unsure is tried again from near.
    for sides, start in product((SIDES, SIDES[2:]), _starts(frame, reference)):
        refined = _refine(frame, reference, start, sides)
        found += [refined] if refined else []
        if refined and refined[1] >= _SURE:
            break
    if not found:
        return None
    matrix, correlation = max(found, key=lambda pair: pair[1])
    size = (reference.shape[1], reference.shape[0])
    colors = _fit_colors(_warp(frame, matrix, size), reference)
    return Registration(matrix, colors, correlation, size)


def _starts(frame: Pixels, reference: Pixels) -> Iterator[Matrix]:
    """The usual ways to fit a picture into a frame."""
    across, down = frame.shape[1] / reference.shape[1], frame.shape[0] / reference.shape[0]
    for scale_x, scale_y in sorted({(across, down), (min(across, down),) * 2, (max(across, down),) * 2}):
        left = (frame.shape[1] - scale_x * reference.shape[1]) / 2
        top = (frame.shape[0] - scale_y * reference.shape[0]) / 2
        yield np.array([[scale_x, 0, left], [0, scale_y, top], [0, 0, 1]])


def _refine(frame: Pixels, reference: Pixels, start: Matrix, sides: tuple[int, ...]) -> tuple[Matrix, float] | None:
    """The transform near `start` under which both agree best, and how well; None where the search finds nothing."""
    matrix, correlation = start, 0.0
    span = float(np.sqrt(np.linalg.det(start[:2, :2])))
    for side in sides:
        scale = min(1.0, side / max(reference.shape[:2]))
        template, picture = _gray(reference, scale), _gray(frame, min(1.0, scale / span))
        to_template, to_picture = _scaling(reference, template), _scaling(frame, picture)
        guess = _middles(to_picture @ matrix @ np.linalg.inv(to_template))
        try:
            correlation, found = cv2.findTransformECC(
                template, picture, guess[:2].astype(np.float32), cv2.MOTION_AFFINE, _ENOUGH, _inside_bars(picture), BLUR
            )
        except cv2.error:  # it did not converge, or nothing in the picture varies
            return None
        if not np.isfinite(found).all():
            return None
        moved = _corners(np.vstack([found.astype(np.float64), [0, 0, 1]]))
        matrix = np.linalg.inv(to_picture) @ moved @ to_template
        if scale == 1:  # there is nothing finer to be had
            break
    return matrix, float(correlation)


def _gray(picture: Pixels, scale: float) -> NDArray[np.float32]:
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    size = (max(1, round(gray.shape[1] * scale)), max(1, round(gray.shape[0] * scale)))
    return cv2.resize(gray, size, interpolation=cv2.INTER_AREA).astype(np.float32)


def _inside_bars(picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    """255 inside plain bars around the picture and 0 on them, for they are no part of what is looked for."""
    mask = np.full(picture.shape, 255, np.uint8)
    for turned, lines in ((mask, picture), (mask.T, picture.T)):
        middle, spread = lines.mean(axis=1), lines.std(axis=1)
        for order in (slice(None), slice(None, None, -1)):
            plain = (spread[order] < _PLAIN) & (np.abs(middle[order] - middle[order][0]) < _PLAIN)
            bar = int(np.argmin(plain)) if not plain.all() else 0
            turned[order][: bar + BLUR if bar else 0] = 0
    return mask


def _scaling(picture: Pixels, scaled: NDArray[np.float32]) -> Matrix:
    return np.diag([scaled.shape[1] / picture.shape[1], scaled.shape[0] / picture.shape[0], 1.0])


def _middles(matrix: Matrix) -> Matrix:
    """The same transform for points counted from the middle of the first pixel, as OpenCV counts them."""
    return _shift(-0.5) @ matrix @ _shift(0.5)


def _corners(matrix: Matrix) -> Matrix:
    """The inverse of `_middles`."""
    return _shift(0.5) @ matrix @ _shift(-0.5)


def _shift(by: float) -> Matrix:
    return np.array([[1, 0, by], [0, 1, by], [0, 0, 1]])


def _warp(frame: Pixels, matrix: Matrix, size: tuple[int, int]) -> Pixels:
    """The part of the frame that shows the reference, at the reference's size; outside the frame its border goes on."""
    inverse_map = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))
    if scale > 1.5:  # more pixels than are needed: average them first
        smaller = np.asarray(
            cv2.resize(frame, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA), np.uint8
        )
        matrix, frame = (
            np.diag([smaller.shape[1] / frame.shape[1], smaller.shape[0] / frame.shape[0], 1]) @ matrix,
            smaller,
        )
    warped = cv2.warpAffine(frame, _middles(matrix)[:2], size, flags=inverse_map, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)


def _fit_colors(straight: Pixels, reference: Pixels) -> Matrix:
    """Gain and offset of each channel that bring one picture nearest to the other.

    Channels are not mixed: a picture in greys would leave open what becomes of colors that only come later.
    """
    side = (_COLOR_SAMPLES, _COLOR_SAMPLES)
    given, wanted = (
        np.asarray(cv2.resize(picture, side, interpolation=cv2.INTER_AREA), np.float64).reshape(-1, 3)
        for picture in (straight, reference)
    )
    colors = _solve_colors(given, wanted)
    error = np.abs(given * colors[0] + colors[1] - wanted).max(axis=1)
    usual = error <= np.quantile(error, 0.9)  # what moved or is blurred at an edge has no say
    return _solve_colors(given[usual], wanted[usual])


def _solve_colors(given: Matrix, wanted: Matrix) -> Matrix:
    """2 × 3: gain and offset by least squares, the gain drawn towards 1."""
    middle, wanted_middle = given.mean(axis=0), wanted.mean(axis=0)
    spread = given.var(axis=0)
    shared = ((given - middle) * (wanted - wanted_middle)).mean(axis=0)
    gain = (shared + _RIDGE) / (spread + _RIDGE)
    return np.stack([gain, wanted_middle - gain * middle])


def _tint(picture: Pixels, colors: Matrix) -> Pixels:
    table = np.clip(np.rint(np.arange(256)[:, None] * colors[0] + colors[1]), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(picture, table[None]), np.uint8)
