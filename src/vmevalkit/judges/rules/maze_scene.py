"""Watching over the maze itself: whether walls, openings and the goal stay as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from vmevalkit.judges.footage import Footage
from vmevalkit.judges.rules.base import at, lasting
from vmevalkit.judges.rules.maze_corridors import Corridors, Point, name
from vmevalkit.judges.rules.maze_details import WAYS, Cell, MazeDetails
from vmevalkit.judges.rules.maze_disc import is_alike
from vmevalkit.judges.rules.maze_track import Look
from vmevalkit.records.verdict import Check
from vmevalkit.vision.registration import Pixels

PARTS = 3
"""Into how many parts a wall is divided; each must be there."""
HALF = 0.5
"""From this share of the way from floor to wall on, there is a wall."""
LEAST_RED = 0.4
"""Share of the goal's color that the goal must show where the disc does not cover it."""
LEAST_PIXELS = 12


class Part(NamedTuple):
    """A part of a place between two cells where there is, or could be, a wall."""

    box: tuple[int, int, int, int]
    """Left, top, right and bottom, in pixels."""
    is_wall: bool
    """Whether there is to be one."""
    name: str
    """Which place it is."""


class MazeScene:
    """The walls and the goal of one maze."""

    def __init__(self, details: MazeDetails, corridors: Corridors) -> None:
        self._details, self._corridors = details, corridors
        self.parts = list(self._all_parts())
        self._boxes = np.array([part.box for part in self.parts])
        self._is_wall = np.array([part.is_wall for part in self.parts])
        gray = [_luma(color) for color in (details.colors.floor, details.colors.wall)]
        self._floor, self._depth = gray[0], gray[0] - gray[1]
        self._red = np.array(ImageColor.getrgb(details.colors.goal), np.float64)
        self._pale = np.array(ImageColor.getrgb(details.colors.floor), np.float64)

    def changed(self, frame: Pixels, disc: Point) -> NDArray[np.bool_]:
        """For each part, whether it differs from what it is to be; False where the disc may cover it."""
        gray = np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY))
        sums = np.asarray(cv2.integral(gray), np.int64)
        left, top, right, bottom = self._boxes.T
        total = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
        dark = (self._floor - total / ((right - left) * (bottom - top))) / self._depth
        away = np.hypot(
            disc[0] - np.clip(disc[0], left, right),
            disc[1] - np.clip(disc[1], top, bottom),
        )
        return np.asarray(((dark > HALF) != self._is_wall) & (away > self._details.geometry.marker_radius + 4))

    def has_goal(self, frame: Pixels, disc: Point) -> bool:
        """Whether the red square is where it belongs, as far as the disc does not cover it."""
        x, y = self._corridors.center(self._details.goal)
        half = self._details.geometry.goal_side / 2 - 2
        rows, columns = (np.arange(max(0, round(at - half)), round(at + half)) for at in (y, x))
        away = np.hypot(columns[None, :] + 0.5 - disc[0], rows[:, None] + 0.5 - disc[1])
        visible = frame[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1][
            away > self._details.geometry.marker_radius + 2
        ]
        if len(visible) < LEAST_PIXELS:
            return True
        axis = self._red - self._pale
        return float((visible.mean(axis=0) - self._pale) @ axis / (axis @ axis)) > LEAST_RED

    def _all_parts(self) -> Iterator[Part]:
        rows, columns = len(self._details.openings), len(self._details.openings[0])
        for row in range(rows):
            for column in range(columns):
                # Each place between two cells once, and the outer walls.
                for way in "ES" + "N" * (row == 0) + "W" * (column == 0):
                    yield from self._parts((row, column), way)

    def _parts(self, cell: Cell, way: str) -> Iterator[Part]:
        geometry, (down, across) = self._details.geometry, WAYS[way]
        x, y = self._corridors.center(cell)
        x, y = x + across * geometry.cell_size / 2, y + down * geometry.cell_size / 2
        half = max(1.0, geometry.wall_width / 2 - 1)
        reach = geometry.cell_size / 2 - geometry.wall_width / 2 - 2
        edges = np.linspace(-reach, reach, PARTS + 1)
        beyond = (cell[0] + down, cell[1] + across)
        is_inside = 0 <= beyond[0] < len(self._details.openings) and 0 <= beyond[1] < len(self._details.openings[0])
        label = f"between {name(cell)} and {name(beyond)}" if is_inside else f"at the edge, at {name(cell)}"
        is_wall = way not in self._details.openings[cell[0]][cell[1]]
        for start, end in pairwise(edges):
            box = (x - half, y + start, x + half, y + end) if across else (x + start, y - half, x + end, y + half)
            left, top = round(box[0]), round(box[1])
            yield Part((left, top, max(left + 1, round(box[2])), max(top + 1, round(box[3]))), is_wall, label)


def check_scene(footage: Footage, looks: Sequence[Look], scene: MazeScene, color: NDArray[np.float64]) -> Check:
    """Whether walls and goal stay as they are and nothing else comes, apart from things of the color of the disc."""
    shown = [
        (number, frame, look)
        for number, frame, look in zip(footage.numbers, footage.frames, looks, strict=True)
        if look.disc is not None
    ]
    places = [look.disc.place for _, _, look in shown if look.disc is not None]
    table = _lasting([scene.changed(frame, place) for (_, frame, _), place in zip(shown, places, strict=True)])
    numbers = [number for number, _, _ in shown]
    goals = [scene.has_goal(frame, place) for (_, frame, _), place in zip(shown, places, strict=True)]
    missing = lasting(numbers, [not has_goal for has_goal in goals])
    if missing:
        reason = f"The red square is not at its place in {at(missing)}"
        return Check(name="scene", passed=False, reason=reason, frames=(missing[0], missing[-1]))
    if table.any():
        changed = [number for number, row in zip(numbers, table, strict=True) if row.any()]
        part = scene.parts[int(table.sum(axis=0).argmax())]
        more = len({scene.parts[index].name for index in np.flatnonzero(table.any(axis=0))} - {part.name})
        what = "is gone" if part.is_wall else "has appeared"
        reason = f"The wall {part.name} {what} in {at(changed)}" + (f", and {more} more places changed" if more else "")
        return Check(name="scene", passed=False, reason=reason, frames=(changed[0], changed[-1]))
    strange = lasting(footage.numbers, [any(not is_alike(blob, color) for blob in look.strays) for look in looks])
    if strange:
        reason = f"Something that does not belong there lies in the corridors in {at(strange)}"
        return Check(name="scene", passed=False, reason=reason, frames=(strange[0], strange[-1]))
    return Check(name="scene", passed=True, reason="The walls and the red square stay as they are")


def _lasting(changed: Sequence[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """For each frame and part, whether it is changed in this frame and in the one before or after."""
    table = np.array(changed, bool)
    both = table[1:] & table[:-1]
    found = np.zeros_like(table)
    found[1:] |= both
    found[:-1] |= both
    return found


def _luma(color: str) -> float:
    red, green, blue = ImageColor.getrgb(color)[:3]
    return 0.299 * red + 0.587 * green + 0.114 * blue
