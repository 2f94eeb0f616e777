"""The problem of the rotation domain: a sculpture, and a horizontal camera motion around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Literal

import numpy as np
from PIL import Image

from vmevalkit.records.task import Difficulty
from vmevalkit.tasks.domains.canvas import hold, tween
from vmevalkit.tasks.domains.voxel_picture import Scene
from vmevalkit.tasks.domains.voxels import Rgb, Voxel, grow_chain, has_turning_symmetry, is_balanced

HOLD_SECONDS, SWEEP_SECONDS = 0.5, 3.0
"""How long the camera rests at each end, and how long it moves."""
ELEVATIONS = range(28, 43)
"""Degrees."""
LEAST_VISIBLE = 0.35
"""Smallest part of every cube that the first frame must show; 1 is one side seen from the front."""
LEAST_CHANGE = 0.08
"""Smallest share of the picture's pixels that must differ between two views."""

PALETTES: tuple[tuple[Rgb, Rgb, Rgb], ...] = (
    ((74, 134, 208), (246, 166, 62), (226, 80, 78)),
    ((52, 168, 158), (244, 118, 94), (248, 206, 84)),
    ((142, 112, 212), (248, 198, 72), (88, 196, 150)),
    ((112, 178, 98), (156, 108, 210), (246, 152, 64)),
    ((132, 150, 174), (226, 80, 78), (246, 190, 66)),
    ((232, 118, 132), (74, 134, 208), (248, 204, 80)),
)
"""Color of the sculpture, and of the cubes at its two ends."""


@dataclass(frozen=True)
class Level:
    """What makes an orbit hard to imagine."""

    cubes: tuple[int, ...]
    """Sizes of the sculpture."""
    bends: tuple[int, ...]
    """Numbers of right-angled bends."""
    axes: int
    """Axes that the sculpture runs along."""
    angles: tuple[int, ...]
    """How far the camera goes, in degrees."""


LEVELS: dict[Difficulty, Level] = {
    "easy": Level(cubes=(4, 5), bends=(1,), axes=2, angles=(90,)),
    "medium": Level(cubes=(6, 7, 8), bends=(2, 3), axes=3, angles=(90, 180)),
    "hard": Level(cubes=(9, 10, 11), bends=(4,), axes=3, angles=(45, 135, 180, 270)),
}


@dataclass(frozen=True)
class Orbit:
    """A sculpture, and a camera that goes around it. Angles are whole degrees."""

    voxels: tuple[Voxel, ...]
    """The cubes from end to end; the first and the last have a color of their own."""
    elevation: int
    """Of the camera, all the time."""
    start: int
    """First azimuth, 0 to 359."""
    turn: int
    """Change of azimuth: positive is counter-clockwise as seen from above."""

    @property
    def end(self) -> int:
        """Last azimuth, 0 to 359."""
        return (self.start + self.turn) % 360

    @property
    def direction(self) -> Literal["counter-clockwise", "clockwise"]:
        """How the camera goes around, as seen from above."""
        return "counter-clockwise" if self.turn > 0 else "clockwise"

    @cached_property
    def scene(self) -> Scene:
        """What the camera sees."""
        return Scene(self.voxels, self.elevation)


def find_orbit(random: Random, difficulty: Difficulty) -> Orbit:
    """An orbit whose first view shows every cube, and whose final view cannot be mistaken for another."""
    while True:
        orbit = _propose(random, LEVELS[difficulty])
        positions = [voxel.position for voxel in orbit.voxels]
        stands_well = is_balanced(positions) and not has_turning_symmetry(positions)
        if stands_well and shows_everything(orbit) and least_change(orbit) >= LEAST_CHANGE:
            return orbit


def _propose(random: Random, level: Level) -> Orbit:
    chain = grow_chain(random, random.choice(level.cubes), random.choice(level.bends), level.axes)
    color, first, last = random.choice(PALETTES)
    colors = [first, *[color] * (len(chain) - 2), last]
    turn = random.choice(level.angles) * random.choice((1, -1))
    starts = [azimuth for azimuth in range(360) if _is_oblique(azimuth) and _is_oblique(azimuth + turn)]
    voxels = tuple(Voxel(*cube) for cube in zip(chain, colors, strict=True))
    return Orbit(voxels, random.choice(ELEVATIONS), random.choice(starts), turn)


def _is_oblique(azimuth: int) -> bool:
    """Whether two sides of every cube can be seen well from there."""
    return 15 <= azimuth % 90 <= 75


def shows_everything(orbit: Orbit) -> bool:
    """Whether the first frame shows the mark of azimuth 0 and enough of each cube, and the final frame both ends."""
    cubes = len(orbit.voxels)
    first = orbit.scene.visible_shares(orbit.start)
    final = orbit.scene.visible_shares(orbit.end)
    ends = (final[0], final[cubes - 1])
    return min(*first, *ends) >= LEAST_VISIBLE and orbit.scene.shows_zero_mark(orbit.start)


def least_change(orbit: Orbit) -> float:
    """How clearly the final view differs from the first, and from where the other direction would lead: 0 to 1."""
    views = [orbit.scene.draw(azimuth) for azimuth in (orbit.end, orbit.start, orbit.start - orbit.turn)]
    others = views[1:] if orbit.turn % 360 != 180 else views[1:2]
    return min(changed_share(views[0], other) for other in others)


def changed_share(first: Image.Image, second: Image.Image) -> float:
    """The share of pixels that differ clearly between two pictures."""
    difference = np.abs(np.asarray(first, dtype=np.int16) - np.asarray(second, dtype=np.int16))
    return float((difference.max(axis=-1) > 40).mean())


def draw_orbit(orbit: Orbit, first: Image.Image, final: Image.Image) -> Iterator[Image.Image]:
    """The camera resting, going around, and resting again."""
    yield from hold(first, HOLD_SECONDS)
    yield from tween(lambda t: orbit.scene.draw(orbit.start + orbit.turn * t), SWEEP_SECONDS)
    yield from hold(final, HOLD_SECONDS)
