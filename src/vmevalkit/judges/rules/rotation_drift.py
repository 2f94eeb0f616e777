"""How a camera that goes around a scene fails to keep its height and its distance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vmevalkit.judges.rules.rotation_views import WIDTH, Vector, Views, coarse
from vmevalkit.vision.registration import Matrix, Pixels, register

TILTS = range(-20, 21, 5)
"""Degrees above or below the elevation asked for, among which the likest is looked for."""
TURNS = (-6, -3, 0, 3, 6)
"""Degrees by which the azimuth may have been misread from another elevation."""
SEARCH_WIDTH = 128
"""Width and height of the pictures in which size and place are looked for."""


@dataclass(frozen=True, eq=False)
class Drift:
    """Where a camera is, compared with where it was read to be."""

    turn: float
    """Degrees further counter-clockwise."""
    tilt: float
    """Degrees higher."""
    matrix: Matrix | None
    """3 × 3: takes a point of the view from there to the frame, in pixels of WIDTH; None where it stays."""

    @property
    def zoom(self) -> float:
        """How much larger the scene is than it should be; 1 is as it should be."""
        return 1.0 if self.matrix is None else float(np.sqrt(abs(np.linalg.det(self.matrix[:2, :2]))))

    def straighten(self, frame: Pixels) -> Pixels:
        """What the frame shows, brought to where the view shows it."""
        if self.matrix is None:
            return frame
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (frame.shape[1], frame.shape[0])
        return np.asarray(cv2.warpAffine(frame, self.matrix[:2], size, flags=how, borderMode=cv2.BORDER_REPLICATE))

    def mixed(self, other: Drift, share: float) -> Drift:
        """A drift between this one and another one."""
        turn, tilt = self.turn + (other.turn - self.turn) * share, self.tilt + (other.tilt - self.tilt) * share
        first, second = (np.eye(3) if matrix is None else matrix for matrix in (self.matrix, other.matrix))
        return Drift(turn, tilt, first + (second - first) * share)


NO_DRIFT = Drift(0.0, 0.0, None)


def find_drifts(frames: Sequence[Pixels], azimuths: Sequence[float], views: Views) -> list[Drift]:
    """For each frame, the drift under which it is likest to the scene seen from near an azimuth."""
    wanted = [coarse(frame) for frame in frames]
    tilted = [
        [_distance(views.coarse(azimuth, tilt), values) for azimuth, values in zip(azimuths, wanted, strict=True)]
        for tilt in TILTS  # the outer loop, for the scene is built anew for each
    ]
    tilts = [TILTS[index] for index in np.argmin(tilted, axis=0)]
    return [
        _refined(frame, values, azimuth, tilt, views)
        for frame, values, azimuth, tilt in zip(frames, wanted, azimuths, tilts, strict=True)
    ]


def _refined(frame: Pixels, values: Vector, azimuth: float, tilt: int, views: Views) -> Drift:
    turn = min(TURNS, key=lambda turn: _distance(views.coarse(azimuth + turn, tilt), values))
    tilt = min((tilt - 2, tilt, tilt + 2), key=lambda tilt: _distance(views.coarse(azimuth + turn, tilt), values))
    found = register(_smaller(frame), _smaller(views.look(round(azimuth + turn) % 360, tilt).picture))
    if found is None:
        return Drift(turn, tilt, None)
    larger = np.diag([WIDTH / SEARCH_WIDTH, WIDTH / SEARCH_WIDTH, 1.0])
    return Drift(turn, tilt, larger @ found.matrix @ np.linalg.inv(larger))


def _distance(first: Vector, second: Vector) -> float:
    return float(np.square(first - second).mean())


def _smaller(picture: Pixels) -> Pixels:
    return np.asarray(cv2.resize(picture, (SEARCH_WIDTH, SEARCH_WIDTH), interpolation=cv2.INTER_AREA), np.uint8)
