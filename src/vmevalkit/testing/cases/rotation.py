"""Videos of a camera that goes around a sculpture: as asked, and wrong in one way each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random

from PIL import Image

from vmevalkit.judges.rules.rotation_details import RotationDetails
from vmevalkit.records.task import Difficulty
from vmevalkit.runner.scene_views import TiltedScene
from vmevalkit.tasks.domains.base import Puzzle
from vmevalkit.tasks.domains.camera_orbit import LEVELS, PALETTES, changed_share
from vmevalkit.tasks.domains.canvas import FPS, Canvas, hold
from vmevalkit.tasks.domains.rotation import generate
from vmevalkit.tasks.domains.voxel_camera import Camera
from vmevalkit.tasks.domains.voxel_picture import Scene
from vmevalkit.tasks.domains.voxel_table import Table
from vmevalkit.tasks.domains.voxels import Position, Voxel, grow_chain, normalized
from vmevalkit.testing.cases.base import SOLVED, Case, Maker, Makers

Easing = Callable[[float], float]
"""The share of a motion that is done after a share of its time."""
Film = Callable[[], Iterator[Image.Image]]
"""Draws a video."""
Draw = Callable[[float], Image.Image]
"""Draws a scene from an azimuth."""

EASINGS: tuple[Easing, ...] = (
    lambda t: t,
    lambda t: t * t * (3 - 2 * t),
    lambda t: t**3 * (t * (t * 6 - 15) + 10),
    lambda t: 1 - (1 - t) ** 2,
    lambda t: t * t,
)
"""Even; slow, or very slow, at both ends; slow at the end; slow at the start."""
NOTABLE = 0.008
"""A changed sculpture changes at least this share of the picture in the middle of what is left of the video, or at
its end."""
NOTABLE_MARK = 0.001
"""The same for the marks of the table, in both of these views."""
TILT_STEP = 0.25
"""Between scenes that are drawn for a camera that changes its elevation, in degrees."""


@dataclass(frozen=True)
class Take:
    """A task, and what random choices its video is made with."""

    random: Random
    difficulty: Difficulty
    puzzle: Puzzle
    details: RotationDetails

    @property
    def start(self) -> float:
        """Where the camera is first."""
        return self.details.azimuth_start

    @property
    def turn(self) -> float:
        """How far it is to go."""
        return self.details.signed_angle

    @property
    def voxels(self) -> tuple[Voxel, ...]:
        """The sculpture."""
        return tuple(Voxel(cube.position, cube.color) for cube in self.details.voxels)

    def scene(self, voxels: Sequence[Voxel] | None = None) -> Scene:
        """The task's scene, or that of another sculpture on a table of its own."""
        return Scene(self.voxels if voxels is None else voxels, self.details.elevation)

    def path(self, *stops: float) -> list[float]:
        """An azimuth for each frame of a motion that rests at the start, goes to each stop, and rests at the last."""
        path = self.rest(self.start)
        for stop in stops:
            path += self.sweep(path[-1], stop, parts=len(stops))
        return path + self.rest(path[-1])

    def solution(self) -> list[float]:
        """The path that was asked for; its end may be a little off, as nobody could see."""
        return self.path(self.start + self.turn + self.random.uniform(-2, 2))

    def rest(self, azimuth: float) -> list[float]:
        """A camera that rests there."""
        return [azimuth] * round(self.random.uniform(0.2, 1.0) * FPS)

    def sweep(self, start: float, end: float, *, parts: int = 1) -> list[float]:
        """A camera that goes there, faster when this is one of several parts of a motion."""
        easing, seconds = self.random.choice(EASINGS), self.random.uniform(1.6, 3.4) / min(parts, 2)
        count = round(seconds * FPS)
        return [start + (end - start) * easing(step / count) for step in range(1, count + 1)]


def _maker(film: Callable[[Take], Film | None]) -> Maker:
    """A maker that films tasks in one way; a task for which there is no such film is left out."""

    def make(random: Random, difficulty: Difficulty) -> Case:
        while True:
            puzzle = generate(random, difficulty)
            take = Take(random, difficulty, puzzle, RotationDetails.model_validate(puzzle.details))
            if (frames := film(take)) is not None:
                return Case(puzzle.first_frame, puzzle.final_frame, puzzle.details, frames)

    return make


def _draw_all(draw: Draw, path: Sequence[float]) -> Iterator[Image.Image]:
    before, picture = math.nan, None
    for azimuth in path:
        if picture is None or azimuth != before:
            before, picture = azimuth, draw(azimuth)
        yield picture


def _draw_tilted(take: Take, path: Sequence[float], tilts: Sequence[float]) -> Iterator[Image.Image]:
    before, scene = math.nan, None
    for azimuth, tilt in zip(path, tilts, strict=True):
        rounded = round(tilt / TILT_STEP) * TILT_STEP
        if scene is None or rounded != before:
            before, scene = rounded, TiltedScene(take.voxels, take.details.elevation, rounded)
        yield scene.draw(azimuth)


def _film(take: Take, path: Sequence[float]) -> Film:
    return partial(_draw_all, take.scene().draw, path)


def _solved(take: Take) -> Film:
    """The turn that was asked for; one in three cameras does not quite keep its elevation."""
    path = take.solution()
    if take.random.random() < 2 / 3:
        return _film(take, path)
    sway, phase = take.random.uniform(-1.5, 1.5), take.random.uniform(1, 3)
    shares = [(azimuth - take.start) / take.turn for azimuth in path]
    return partial(_draw_tilted, take, path, [sway * math.sin(phase * share) for share in shares])


def _still(take: Take) -> Film:
    return partial(hold, take.puzzle.first_frame, take.random.uniform(2, 5))


def _crossfade(take: Take) -> Film:
    first, final = take.puzzle.first_frame, take.puzzle.final_frame
    shares = [min(1.0, max(0.0, azimuth / 100)) for azimuth in _shares(take)]
    return lambda: (Image.blend(first, final, share) for share in shares)


def _shares(take: Take) -> list[float]:
    return [100 * (azimuth - take.start) / take.turn for azimuth in take.path(take.start + take.turn)]


def _jump_cut(take: Take) -> Film:
    """Leaves out the turn, or at least 35 degrees and a third of it."""
    end = take.start + take.turn
    if take.random.random() < 0.4:
        before, after = (round(take.random.uniform(0.8, 2) * FPS) for _ in range(2))
        return _film(take, [take.start] * before + [end] * after)
    path = take.path(end)
    size = max(35.0, abs(take.turn) * take.random.uniform(0.35, 0.6))
    low = take.random.uniform(0, abs(take.turn) - size)
    return _film(take, [azimuth for azimuth in path if not low < abs(azimuth - take.start) < low + size])


def _wrong_angle(take: Take) -> Film:
    """Ends 20 to 45 degrees short of the final view or beyond it."""
    most = min(45.0, abs(take.turn) * 0.7)
    off = take.random.uniform(20, most) * take.random.choice((-1, 1))
    return _film(take, take.path(take.start + take.turn + off))


def _wrong_direction(take: Take) -> Film:
    """Arrives the other way round; after a quarter turn or less it does not arrive at all."""
    turn = -take.turn if abs(take.turn) <= 90 else take.turn - math.copysign(360, take.turn)
    return _film(take, take.path(take.start + turn))


def _solution_undone(take: Take) -> Film:
    """Arrives, rests, and goes back by 25 degrees or more."""
    end = take.start + take.turn
    back = take.random.uniform(25, abs(take.turn))
    there = take.path(end)
    again = take.sweep(end, end - math.copysign(back, take.turn))
    return _film(take, [*there, *again, *take.rest(again[-1])])


def _back_and_forth(take: Take) -> Film:
    size, sign = abs(take.turn), math.copysign(1, take.turn)
    there = max(35.0, size * take.random.uniform(0.45, 0.8))
    back = there - take.random.uniform(30, max(31.0, min(there, 60)))
    return _film(take, take.path(take.start + sign * there, take.start + sign * back, take.start + take.turn))


def _stops_half_way(take: Take) -> Film:
    size = abs(take.turn)
    done = min(size - 20, size * take.random.uniform(0.3, 0.7))
    return _film(take, take.path(take.start + math.copysign(done, take.turn)))


def _elevation_changed(take: Take) -> Film:
    """The camera ends 12 to 25 degrees higher or lower."""
    path = take.solution()
    tilt = take.random.uniform(12, 20) * take.random.choice((-1, 1))
    return partial(_draw_tilted, take, path, [tilt * (azimuth - take.start) / take.turn for azimuth in path])


def _sculpture_turns(take: Take) -> Film | None:
    """The sculpture turns with its light and shadow, while the marks of the table stay, where that can be seen."""
    path, scene, standing = take.solution(), take.scene(), take.scene()
    standing.table = _StandingTable(scene.table.radius, take.start)
    seen = [path[len(path) // 2], path[-1]]
    if min(changed_share(scene.draw(azimuth), standing.draw(azimuth)) for azimuth in seen) < NOTABLE_MARK:
        return None
    return partial(_draw_all, standing.draw, path)


@dataclass(frozen=True)
class _StandingTable(Table):
    """A table whose marks are drawn as seen from one azimuth."""

    seen_from: float

    def draw_marks(self, canvas: Canvas, camera: Camera) -> None:
        super().draw_marks(canvas, replace(camera, azimuth=self.seen_from))


class _OtherScene(Scene):
    """Another sculpture on the table and before the camera of a scene."""

    def __init__(self, voxels: Sequence[Voxel], scene: Scene) -> None:
        """Put the cubes into the cells of the scene, whose sculpture they take the place of."""
        camera = scene.camera(0)
        super().__init__(voxels, camera.elevation)
        moved = self.origin - scene.origin
        self._cubes, self._sides, self._shadows = self._cubes + moved, self._sides + moved, self._shadows + moved
        self._camera, self.table = camera, scene.table


def _with_change(propose: Callable[[Take], Sequence[Voxel]]) -> Callable[[Take], Film]:
    """Films the turn with a sculpture that is another one from some moment on, where that can be seen."""

    def film(take: Take) -> Film:
        path, scene = take.solution(), take.scene()
        moving = [index for index, azimuth in enumerate(path) if azimuth != path[0]]
        while True:
            other = _OtherScene(propose(take), scene)
            begin = take.random.choice([moving[0], *moving[: len(moving) * 2 // 3]])
            seen = [path[(begin + len(path)) // 2], path[-1]]
            if max(changed_share(scene.draw(azimuth), other.draw(azimuth)) for azimuth in seen) >= NOTABLE:
                break
        shots = ((path[:begin], scene.draw), (path[begin:], other.draw))
        return lambda: (picture for part, draw in shots for picture in _draw_all(draw, part))

    return film


def _another_sculpture(take: Take) -> Sequence[Voxel]:
    """One of as many cubes in the same colors, that takes up as much of the table."""
    voxels = take.voxels
    cells = [voxel.position for voxel in voxels]
    level = LEVELS[take.difficulty]
    while True:
        others = grow_chain(take.random, len(voxels), take.random.choice(level.bends), level.axes)
        if _ground(others) == _ground(cells) and sorted(others) != sorted(cells):
            return [Voxel(cell, voxel.color) for cell, voxel in zip(others, voxels, strict=True)]


def _ground(cells: Sequence[Position]) -> tuple[int, int]:
    return max(x for x, _, _ in cells), max(y for _, y, _ in cells)


def _mirrored(take: Take) -> Sequence[Voxel]:
    axis = take.random.choice((0, 1))
    cells = normalized([_flipped(voxel.position, axis) for voxel in take.voxels])
    return [Voxel(cell, voxel.color) for cell, voxel in zip(cells, take.voxels, strict=True)]


def _flipped(position: Position, axis: int) -> Position:
    x, y, z = position
    return (-x, y, z) if axis == 0 else (x, -y, z)


def _one_cube_less(take: Take) -> Sequence[Voxel]:
    left_out = take.random.choice(take.voxels)
    return [voxel for voxel in take.voxels if voxel != left_out]


def _one_cube_recolored(take: Take) -> Sequence[Voxel]:
    cube = take.random.choice(take.voxels)
    colors = [color for palette in PALETTES for color in palette if math.dist(color, cube.color) > 90]
    color = take.random.choice(colors)
    return [Voxel(cube.position, color) if voxel == cube else voxel for voxel in take.voxels]


MAKERS: Makers = {
    SOLVED: _maker(_solved),
    "still": _maker(_still),
    "crossfade": _maker(_crossfade),
    "jump_cut": _maker(_jump_cut),
    "wrong_angle": _maker(_wrong_angle),
    "wrong_direction": _maker(_wrong_direction),
    "solution_undone": _maker(_solution_undone),
    "back_and_forth": _maker(_back_and_forth),
    "stops_half_way": _maker(_stops_half_way),
    "elevation_changed": _maker(_elevation_changed),
    "sculpture_turns": _maker(_sculpture_turns),
    "object_swapped": _maker(_with_change(_another_sculpture)),
    "mirrored": _maker(_with_change(_mirrored)),
    "cube_missing": _maker(_with_change(_one_cube_less)),
    "cube_recolored": _maker(_with_change(_one_cube_recolored)),
}
"""The kinds of cases."""
