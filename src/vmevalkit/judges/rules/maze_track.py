"""Finding the disc in every frame of a maze, and what else lies in the corridors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from vmevalkit.judges.rules.maze_corridors import Point
from vmevalkit.judges.rules.maze_details import MazeDetails
from vmevalkit.vision.registration import Pixels

Mask = NDArray[np.uint8]
"""Height × width: 255 where something is, else 0."""

EDGE = 3
"""Pixels next to walls and to the goal that say nothing, because edges are soft."""
FOREIGN = 70
"""Smallest difference from the floor, in levels, that is something lying there."""
LEAST_AREA, LEAST_STRAY = 0.3, 0.15
"""The smallest thing that may be the disc, and that is something at all, in areas of the disc."""
LARGEST_AREA = 2.5
"""The largest thing that may be the disc."""


class Blob(NamedTuple):
    """Something in the picture of one color."""

    place: Point
    """Its middle."""
    area: float
    """In areas of the disc."""
    color: tuple[float, float, float]
    """Its middle's red, green and blue."""
    corners: float
    """How much its outline has three or four corners, 0 to 1; 0 for a disc, even one drawn out because it moves."""


class Look(NamedTuple):
    """What one frame shows."""

    disc: Blob | None
    """The disc."""
    strays: tuple[Blob, ...]
    """What else lies in the corridors, other discs first."""


class DiscFinder:
    """Looks for the disc in frames of one maze."""

    def __init__(self, details: MazeDetails, height: int, width: int) -> None:
        colors, geometry = details.colors, details.geometry
        self._radius = geometry.marker_radius
        self._weights = _unmixing(colors.marker, (colors.page, colors.floor, colors.wall, colors.goal))
        self._floor = np.array(ImageColor.getrgb(colors.floor), np.float64)
        self._open = _open_floor(details, height, width)

    def follow(self, frames: Sequence[Pixels] | NDArray[np.uint8], start: Point) -> Iterator[Look]:
        """What each frame shows; of several discs, the one nearest to where the disc was before is the disc."""
        last = start
        for frame in frames:
            look = self._look(frame, last)
            last = look.disc.place if look.disc is not None else last
            yield look

    def _look(self, frame: Pixels, last: Point) -> Look:
        mask = np.asarray(cv2.transform(frame.astype(np.float32), self._weights[None]) > 0.5, np.uint8) * 255
        green = self._blobs(frame, mask, LEAST_AREA)
        fitting = [blob for blob in green if blob.area < LARGEST_AREA] or green
        disc = min(fitting, key=lambda blob: math.dist(blob.place, last), default=None)
        others = [blob for blob in green if blob is not disc]
        foreign = self._foreign(frame, [disc, *others] if disc is not None else others)
        strays = self._blobs(frame, foreign, LEAST_STRAY)
        if disc is None:  # it may have another color now
            alike = [blob for blob in strays if LEAST_AREA < blob.area < LARGEST_AREA]
            disc = min(alike, key=lambda blob: math.dist(blob.place, last), default=None)
            strays = [blob for blob in strays if blob is not disc]
        return Look(disc, (*others, *strays))

    def _foreign(self, frame: Pixels, known: Sequence[Blob]) -> Mask:
        """What is not floor in the corridors, apart from what is known to be there."""
        floor = cv2.inRange(frame, self._floor - FOREIGN, self._floor + FOREIGN)
        mask = np.asarray(cv2.bitwise_and(cv2.bitwise_not(floor), self._open), np.uint8)
        for blob in known:
            radius = self._radius * max(1.0, math.sqrt(blob.area)) * 1.15 + EDGE
            cv2.circle(mask, (round(blob.place[0]), round(blob.place[1])), math.ceil(radius), 0, -1)
        return mask

    def _blobs(self, frame: Pixels, mask: Mask, least: float) -> list[Blob]:
        unit = math.pi * self._radius**2
        left, top, width, height = cv2.boundingRect(mask)
        if cv2.countNonZero(mask) < least * unit:
            return []
        part = (slice(top, top + height), slice(left, left + width))
        count, labels, stats, _ = cv2.connectedComponentsWithStats(mask[part], connectivity=4)
        large = [label for label in range(1, count) if stats[label, cv2.CC_STAT_AREA] >= least * unit]
        return [_blob(frame[part], labels == label, (left, top), unit) for label in large]


def _blob(picture: Pixels, mask: NDArray[np.bool_], corner: tuple[int, int], unit: float) -> Blob:
    """The blob that covers the mask in a part of a frame that has its upper left corner there."""
    rows, columns = np.nonzero(mask)
    away = np.column_stack([columns - columns.mean(), rows - rows.mean()])
    spread = away.T @ away / len(away) + np.eye(2) / 12
    round_away = away @ np.linalg.inv(np.linalg.cholesky(spread)).T  # an ellipse becomes a circle of radius 2
    red, green, blue = (float(value) for value in picture[rows, columns][np.hypot(*round_away.T) < 1.2].mean(axis=0))
    return Blob(
        place=(float(columns.mean()) + corner[0] + 0.5, float(rows.mean()) + corner[1] + 0.5),
        area=len(rows) / unit,
        color=(red, green, blue),
        corners=_corners(round_away),
    )


def _corners(points: NDArray[np.float64]) -> float:
    """The larger of the third and the fourth harmonic of a shape, as a share of what they could be."""
    numbers = points[:, 0] + 1j * points[:, 1]
    return max(float(abs((numbers**k).mean()) / (abs(numbers) ** k).mean()) for k in (3, 4))


def _open_floor(details: MazeDetails, height: int, width: int) -> Mask:
    """The corridors, away from walls and from the goal."""
    geometry = details.geometry
    mask = np.zeros((height, width), np.uint8)
    left, top, right, bottom = (round(edge) for edge in geometry.maze_box)
    mask[max(0, top) : bottom, max(0, left) : right] = 255
    reach = geometry.wall_width / 2 + EDGE
    for x0, y0, x1, y1 in geometry.walls:
        _clear(mask, (min(x0, x1) - reach, min(y0, y1) - reach, max(x0, x1) + reach, max(y0, y1) + reach))
    x, y = (geometry.maze_box[i] + (details.goal[1 - i] + 0.5) * geometry.cell_size for i in (0, 1))
    half = geometry.goal_side / 2 + EDGE
    _clear(mask, (x - half, y - half, x + half, y + half))
    return mask


def _clear(mask: Mask, box: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = (max(0, round(edge)) for edge in box)
    mask[top:bottom, left:right] = 0


def _unmixing(wanted: str, others: Sequence[str]) -> NDArray[np.float32]:
    """Weights for red, green, blue and 1 whose sum is the share of the wanted color in a mixture of all of them."""
    colors = np.array([ImageColor.getrgb(color) for color in (wanted, *others)], np.float64)
    shares = np.array([1.0] + [0.0] * len(others))
    weights, *_ = np.linalg.lstsq(np.column_stack([colors, np.ones(len(colors))]), shares, rcond=None)
    return np.asarray(weights, np.float32)
