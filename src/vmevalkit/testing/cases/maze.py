"""Videos of a disc in a maze: led to its goal in many ways, and misled in specific ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from random import Random

from PIL import Image

from vmevalkit.records.task import Difficulty
from vmevalkit.tasks.domains.base import Puzzle
from vmevalkit.tasks.domains.canvas import FPS, Backdrop, Canvas, Point, hold, mix
from vmevalkit.tasks.domains.maze import generate
from vmevalkit.tasks.domains.maze_grid import DIRECTIONS, OPPOSITE, Cell, Maze, step
from vmevalkit.tasks.domains.maze_picture import GOAL, MARKER, MazeGeometry, draw_disc, draw_maze
from vmevalkit.testing.cases.base import SOLVED, Case, Makers, fade

Pictures = Iterator[Image.Image]
Ease = Callable[[float], float]

EASES: tuple[tuple[Ease, float], ...] = (
    (lambda t: t, 1),
    (lambda t: t * t * (3 - 2 * t), 1.5),
    (lambda t: 1 - (1 - t) ** 1.5, 1.5),
    (lambda t: t**1.5, 1.5),
)
"""How far along its way the disc is at each share of the time, and its highest speed in terms of the average."""
FASTEST = 12.0
"""Cells a second; at eight frames a second one and a half cells from frame to frame."""
LONGEST = 5.0
"""Seconds for a way, where nothing else makes it longer."""
SLOW = 2.5
"""Cells a second at which every frame rate shows what happens within a cell."""
OTHER_COLORS = ("#2563eb", "#f59e0b", "#9333ea", "#0891b2", "#84cc16", "#db2777")


@dataclass(frozen=True)
class Scene:
    """A maze, and how the disc is moved through it."""

    puzzle: Puzzle
    """The problem."""
    maze: Maze
    """Its maze."""
    path: list[Cell]
    """The solution."""
    before: float
    """Seconds of rest at first."""
    after: float
    """Seconds of rest at the end."""
    seconds: float
    """How long the solution takes, at least."""
    ease: tuple[Ease, float]
    """One of `EASES`."""
    rounding: float
    """Where a corner begins to be rounded, in cells before its middle."""

    @property
    def geometry(self) -> MazeGeometry:
        """Where everything is."""
        return MazeGeometry(self.maze.size)

    def backdrop(self) -> Backdrop:
        """The maze without the disc."""
        return draw_maze(self.maze, self.path[-1])

    def centers(self, cells: Sequence[Cell]) -> list[Point]:
        """The middles of cells."""
        return [self.geometry.center(cell) for cell in cells]

    def stroll(self, points: Sequence[Point], pace: float = math.inf) -> list[Point]:
        """Where the disc is in each frame on its way along the points, at most at this pace; the first one left out."""
        way = _rounded(points, self.rounding * self.geometry.cell_size)
        ease, peak = self.ease
        cells = _length(way) / self.geometry.cell_size
        usual = (len(self.path) - 1) / self.seconds
        seconds = max(min(cells / usual, LONGEST), cells * peak / FASTEST, cells * peak / pace)
        count = max(1, math.ceil(seconds * FPS))
        return [_along(way, ease(frame / count)) for frame in range(1, count + 1)]

    def case(self, frames: Callable[[], Pictures]) -> Case:
        """The case in which these frames are shown."""
        return Case(self.puzzle.first_frame, self.puzzle.final_frame, self.puzzle.details, frames)

    def show(self, positions: Sequence[Point]) -> Case:
        """The case in which the disc rests, is at these places in turn, and rests at the last one."""
        return self.case(lambda: self.shown(positions))

    def shown(self, positions: Sequence[Point]) -> Pictures:
        """A rest, the disc at these places, and a rest."""
        backdrop = self.backdrop()
        pictures = (draw_disc(backdrop, self.geometry, place) for place in positions)
        yield from hold(self.puzzle.first_frame, self.before)
        last = self.puzzle.first_frame
        for last in pictures:
            yield last
        yield from hold(last, self.after)


def solved(random: Random, difficulty: Difficulty) -> Case:
    """The disc comes to the goal through the corridors; it may pause, sway a little, or try a dead end."""
    scene = _scene(random, difficulty)
    cells = _with_detour(random, scene) if random.random() < 0.3 else scene.path
    places = scene.stroll(scene.centers(cells))
    if random.random() < 0.3:
        pause = random.randrange(len(places))
        places[pause:pause] = [places[pause]] * random.randrange(4, 20)
    if random.random() < 0.3:
        places = _swaying(random, places, 0.05 * scene.geometry.cell_size)
    return scene.show(places)


def wall_crossed(random: Random, difficulty: Difficulty) -> Case:
    """The disc takes a short cut through one wall."""
    scene = _scene(random, difficulty)
    index, beyond = _short_cut(random, scene)
    cells = [*scene.path[: index + 1], *scene.maze.shortest_path(beyond, scene.path[-1])]
    return scene.show(replace(scene, rounding=0).stroll(scene.centers(cells)))


def diagonal_cut(random: Random, difficulty: Difficulty) -> Case:
    """The disc goes slantwise over the end of a wall, slowly enough to be seen on it; the rest is right."""
    scene = _scene(random, difficulty)
    points = scene.centers(scene.path)
    turns = [i for i in range(1, len(points) - 1) if _is_turn(points[i - 1], points[i], points[i + 1])]
    turn, share = random.choice(turns), random.uniform(0.85, 1)
    into, out = (mix(points[turn], points[turn + side], share) for side in (-1, 1))
    plain = replace(scene, rounding=0, ease=EASES[0])
    return scene.show(
        [
            *plain.stroll([*points[:turn], into]),
            *plain.stroll([into, out], SLOW),
            *plain.stroll([out, *points[turn + 1 :]]),
        ]
    )


def straight_line(random: Random, difficulty: Difficulty) -> Case:
    """The disc goes straight to the goal, over all walls in between."""
    scene = _scene(random, difficulty)
    return scene.show(scene.stroll(scene.centers([scene.path[0], scene.path[-1]])))


def solution_undone(random: Random, difficulty: Difficulty) -> Case:
    """The disc reaches the goal and leaves it again, by the way it came or at once."""
    scene = _scene(random, difficulty)
    there = scene.stroll(scene.centers(scene.path))
    back = scene.path[-random.randint(2, len(scene.path)) :][::-1]
    rest = [there[-1]] * random.randrange(3, 20)
    left = scene.stroll(scene.centers(back)) if random.random() < 0.7 else scene.centers(scene.path[:1])
    return scene.show([*there, *rest, *left])


def jump_cut(random: Random, difficulty: Difficulty) -> Case:
    """The disc is on the goal from one frame to the next, at most a quarter of the way being shown."""
    scene = _scene(random, difficulty)
    shown = random.choice((1, random.randint(1, max(1, len(scene.path) // 4))))
    way = scene.stroll(scene.centers(scene.path[:shown])) if shown > 1 else []
    return scene.show([*way, *scene.centers(scene.path[-1:])])


def jump_midway(random: Random, difficulty: Difficulty) -> Case:
    """The disc leaps over a part of the way, of four cells or a little more."""
    scene = _scene(random, difficulty)
    length = random.randint(4, 6)
    start = random.randint(0, len(scene.path) - 1 - length)
    before, after = scene.path[: start + 1], scene.path[start + length :]
    ways = [scene.stroll(scene.centers(cells)) for cells in (before, after) if len(cells) > 1]
    return scene.show([*(ways[0] if start else ()), *scene.centers(after[:1]), *(ways[-1] if len(after) > 1 else ())])


def stops_short(random: Random, difficulty: Difficulty) -> Case:
    """The disc comes to rest one cell before the goal, or a few."""
    scene = _scene(random, difficulty)
    return scene.show(scene.stroll(scene.centers(scene.path[: -random.choice((1, 1, 2, 4))])))


def wrong_goal(random: Random, difficulty: Difficulty) -> Case:
    """The disc comes to rest in another dead end."""
    scene = _scene(random, difficulty)
    ends = [cell for cell in scene.maze.dead_ends() if cell not in {scene.path[0], scene.path[-1]}]
    return scene.show(scene.stroll(scene.centers(scene.maze.shortest_path(scene.path[0], random.choice(ends)))))


def wall_removed(random: Random, difficulty: Difficulty) -> Case:
    """A wall vanishes, and the disc goes through where it was; the wall may come back."""
    scene = _scene(random, difficulty)
    index, beyond = _short_cut(random, scene)
    opened = replace(scene, maze=_joined(scene.maze, scene.path[index], beyond), rounding=0)
    before = opened.stroll(scene.centers(scene.path[: index + 1])) if index else []
    rest = [*scene.path[index : index + 1], *scene.maze.shortest_path(beyond, scene.path[-1])]
    through = opened.stroll(scene.centers(rest[:2]), SLOW)
    after = opened.stroll(scene.centers(rest[1:])) if len(rest) > 2 else []
    comes_back, seconds = random.random() < 0.5, random.choice((0, 0.3))

    def frames() -> Pictures:
        closed, gap = scene.backdrop(), opened.backdrop()
        here = scene.geometry.center(scene.path[index])
        yield from hold(scene.puzzle.first_frame, scene.before)
        yield from (draw_disc(closed, scene.geometry, place) for place in before)
        yield from fade(_plain(scene, closed, here), _plain(scene, gap, here), seconds)
        yield from (draw_disc(gap, scene.geometry, place) for place in through)
        last_backdrop = closed if comes_back else gap
        last = scene.puzzle.first_frame
        for place in [*after, (after or through)[-1]]:
            last = draw_disc(last_backdrop, scene.geometry, place)
            yield last
        yield from hold(last, scene.after)

    return scene.case(frames)


def object_swapped(random: Random, difficulty: Difficulty) -> Case:
    """The disc becomes another one on its way: of another color, shape or size."""
    scene = _scene(random, difficulty)
    places = scene.stroll(scene.centers(scene.path))
    change = random.choice(("color", "shape", "size"))
    color = random.choice(OTHER_COLORS) if change == "color" else MARKER
    radius = scene.geometry.marker_radius * (random.choice((0.65, 1.35)) if change == "size" else 1)
    corners = random.choice((3, 4)) if change == "shape" else 0
    since = random.randrange(len(places) // 5, len(places) * 4 // 5)
    for_good = random.random() < 0.7
    until = len(places) if for_good else since + max(16, len(places) // 4)

    def frames() -> Pictures:
        backdrop = scene.backdrop()
        yield from hold(scene.puzzle.first_frame, scene.before)
        last = scene.puzzle.first_frame
        for number, place in enumerate(places):
            swapped = since <= number < until
            last = _drawn(backdrop, place, radius, color, corners) if swapped else _plain(scene, backdrop, place)
            yield last
        yield from hold(last, scene.after)

    return scene.case(frames)


def second_disc(random: Random, difficulty: Difficulty) -> Case:
    """The disc goes to the goal, and for a while there is another one."""
    scene = _scene(random, difficulty)
    places = scene.stroll(scene.centers(scene.path))
    free = [cell for cell in scene.maze.openings if cell not in scene.path]
    other = scene.geometry.center(random.choice([*free, scene.path[0]]))
    since = random.randrange(len(places) // 4, len(places) // 2)
    for_good = random.random() < 0.5
    until = len(places) if for_good else since + 16

    def frames() -> Pictures:
        backdrop, radius = scene.backdrop(), scene.geometry.marker_radius
        yield from hold(scene.puzzle.first_frame, scene.before)
        last = scene.puzzle.first_frame
        for number, place in enumerate(places):
            last = _plain(scene, backdrop, place)
            if since <= number < until:
                last = _drawn(backdrop, other, radius, MARKER, 0, place)
            yield last
        yield from hold(last, scene.after)

    return scene.case(frames)


def goal_moved(random: Random, difficulty: Difficulty) -> Case:
    """The red square comes to the disc, which goes a part of the way or none of it."""
    scene = _scene(random, difficulty)
    shown = random.choice((1, random.randint(1, len(scene.path) // 2)))
    way = scene.stroll(scene.centers(scene.path[:shown])) if shown > 1 else []
    start, end = scene.geometry.center(scene.path[-1]), scene.geometry.center(scene.path[shown - 1])
    seconds = random.uniform(0.5, 2)

    def frames() -> Pictures:
        *pictures, last = scene.shown(way)
        yield from pictures
        yield last
        half = scene.geometry.goal_side / 2
        empty = draw_maze(scene.maze, (-9, -9))  # a goal outside the picture
        count = round(seconds * FPS)
        for number in range(1, count + 1):
            x, y = mix(start, end, number / count)

            def draw(
                canvas: Canvas, box: tuple[float, float, float, float] = (x - half, y - half, x + half, y + half)
            ) -> None:
                canvas.rectangle(box, GOAL)
                canvas.circle(end, scene.geometry.marker_radius, MARKER)

            last = empty.frame((0, 0, 512, 512), draw)
            yield last
        yield from hold(last, scene.after)

    return scene.case(frames)


def crossfade(random: Random, difficulty: Difficulty) -> Case:
    """The solved picture fades in."""
    scene = _scene(random, difficulty)
    first, final = scene.puzzle.first_frame, scene.puzzle.final_frame
    seconds = random.uniform(0.5, 3)
    return scene.case(lambda: chain(hold(first, scene.before), fade(first, final, seconds), hold(final, scene.after)))


def still(random: Random, difficulty: Difficulty) -> Case:
    """Nothing happens."""
    scene = _scene(random, difficulty)
    return scene.case(lambda: hold(scene.puzzle.first_frame, scene.before + scene.seconds))


MAKERS: Makers = {
    SOLVED: solved,
    "wall_crossed": wall_crossed,
    "diagonal_cut": diagonal_cut,
    "straight_line": straight_line,
    "solution_undone": solution_undone,
    "jump_cut": jump_cut,
    "jump_midway": jump_midway,
    "stops_short": stops_short,
    "wrong_goal": wrong_goal,
    "wall_removed": wall_removed,
    "object_swapped": object_swapped,
    "second_disc": second_disc,
    "goal_moved": goal_moved,
    "crossfade": crossfade,
    "still": still,
}


def _scene(random: Random, difficulty: Difficulty) -> Scene:
    puzzle = generate(random, difficulty)
    openings, path = puzzle.details["openings"], puzzle.details["path"]
    assert isinstance(openings, list)  # noqa: S101 (the generator's own metadata)
    assert isinstance(path, list)  # noqa: S101
    maze = Maze(
        len(openings),
        {(row, column): str(ways) for row, line in enumerate(openings) for column, ways in enumerate(_list(line))},
    )
    return Scene(
        puzzle=puzzle,
        maze=maze,
        path=[(int(str(row)), int(str(column))) for row, column in map(_list, path)],
        before=random.uniform(0.15, 1),
        after=random.uniform(0.2, 1.2),
        seconds=random.uniform(2, 5),
        ease=random.choice(EASES),
        rounding=random.choice((0, 0, random.uniform(0.1, 0.35))),
    )


def _list(value: object) -> list[object]:
    assert isinstance(value, list)  # noqa: S101 (the generator's own metadata)
    return value


def _with_detour(random: Random, scene: Scene) -> list[Cell]:
    """The solution with a way into a side corridor and back, of at most four cells."""
    sides = [
        (index, cell)
        for index, here in enumerate(scene.path[:-1])
        for cell, steps in scene.maze.distances(here).items()
        if 1 <= steps <= 4 and not set(scene.maze.shortest_path(here, cell)[1:]) & set(scene.path)
    ]
    if not sides:
        return scene.path
    index, cell = random.choice(sides)
    there = scene.maze.shortest_path(scene.path[index], cell)
    return [*scene.path[:index], *there, *there[-2::-1], *scene.path[index + 1 :]]


def _short_cut(random: Random, scene: Scene) -> tuple[int, Cell]:
    """A place on the path and the cell behind a wall there from which the goal is nearer, where there is one."""
    left = scene.maze.distances(scene.path[-1])
    behind = [
        (index, step(cell, way))
        for index, cell in enumerate(scene.path[:-1])
        for way in DIRECTIONS
        if way not in scene.maze.openings[cell] and step(cell, way) in scene.maze.openings
    ]
    shorter = [(index, cell) for index, cell in behind if left[cell] < left[scene.path[index]] - 1]
    return random.choice(shorter or behind)


def _joined(maze: Maze, one: Cell, other: Cell) -> Maze:
    """The maze without the wall between two neighbouring cells."""
    way = next(way for way in DIRECTIONS if step(one, way) == other)
    changed = {one: maze.openings[one] + way, other: maze.openings[other] + OPPOSITE[way]}
    return Maze(maze.size, {**maze.openings, **changed})


def _swaying(random: Random, places: Sequence[Point], reach: float) -> list[Point]:
    """The places moved a little from side to side, the first and the last not at all."""
    period, last = random.uniform(8, 30), len(places) - 1
    sways = [reach * math.sin(2 * math.pi * i / period) * min(1, (last - i) / 8) for i in range(len(places))]
    return [(x + sway, y - sway) for (x, y), sway in zip(places, sways, strict=True)]


def _plain(scene: Scene, backdrop: Backdrop, place: Point) -> Image.Image:
    return draw_disc(backdrop, scene.geometry, place)


def _drawn(
    backdrop: Backdrop, place: Point, radius: float, color: str, corners: int, disc: Point | None = None
) -> Image.Image:
    """The maze with a disc or a polygon of its area, and with the usual disc where that is asked for."""

    def draw(canvas: Canvas) -> None:
        if disc is not None:
            canvas.circle(disc, radius, MARKER)
        if corners:
            reach = radius * math.sqrt(2 * math.pi / (corners * math.sin(2 * math.pi / corners)))
            angles = [2 * math.pi * (corner + 0.5) / corners for corner in range(corners)]
            canvas.polygon([(place[0] + reach * math.sin(a), place[1] + reach * math.cos(a)) for a in angles], color)
        else:
            canvas.circle(place, radius, color)

    return backdrop.frame((0, 0, 512, 512), draw)


def _is_turn(before: Point, here: Point, after: Point) -> bool:
    return (here[0] - before[0], here[1] - before[1]) != (after[0] - here[0], after[1] - here[1])


def _length(points: Sequence[Point]) -> float:
    return sum(math.dist(*pair) for pair in pairwise(points))


def _along(points: Sequence[Point], share: float) -> Point:
    """The point a share of the way along a line."""
    left = share * _length(points)
    for start, end in pairwise(points):
        length = math.dist(start, end)
        if left < length:
            return mix(start, end, left / length)
        left -= length
    return points[-1]


def _rounded(points: Sequence[Point], reach: float) -> list[Point]:
    """A line whose corners are rounded from `reach` before them on."""
    if not reach:
        return list(points)
    way = [points[0]]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        into, out = (mix(corner, side, reach / math.dist(corner, side)) for side in (before, after))
        way += [mix(mix(into, corner, t / 8), mix(corner, out, t / 8), t / 8) for t in range(9)]
    return [*way, points[-1]]
