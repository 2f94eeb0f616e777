"""Videos of a matrix being completed: in many ways, and wrong in specific ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from random import Random

from PIL import Image

from vmevalkit.records.task import Difficulty
from vmevalkit.tasks.domains.base import Puzzle
from vmevalkit.tasks.domains.canvas import FPS, Backdrop, Canvas, Point, hold, mix
from vmevalkit.tasks.domains.raven import generate
from vmevalkit.tasks.domains.raven_matrix import Matrix, Panel, find_matrix
from vmevalkit.tasks.domains.raven_picture import (
    CORNER_RADIUS,
    HIGHLIGHT,
    HIGHLIGHT_WIDTH,
    MatrixGeometry,
    draw_panel,
    draw_problem,
    geometry_of,
)
from vmevalkit.testing.cases.base import SOLVED, Case, Makers, fade

Pictures = Iterator[Image.Image]
Ease = Callable[[float], float]

EASES: tuple[Ease, ...] = (
    lambda t: t,
    lambda t: t * t * (3 - 2 * t),
    lambda t: 1 - (1 - t) ** 1.6,
    lambda t: t**1.6,
)
"""How far along its way the copy is at each share of the time."""


@dataclass(frozen=True)
class Shot:
    """What one frame shows."""

    matrix: Matrix
    """The panels and the candidates; the last panel is not shown."""
    marks: tuple[tuple[int, float], ...] = ()
    """Which candidates have a frame, each grown to a share of its width."""
    copy: tuple[Panel, Point] | None = None
    """The panel on its way, and where its middle is."""


class Stage:
    """Draws shots; what stands still is drawn once."""

    def __init__(self) -> None:
        self._backdrops: dict[tuple[object, ...], Backdrop] = {}

    def draw(self, shot: Shot) -> Image.Image:
        """The picture of a shot."""
        matrix, geometry = shot.matrix, geometry_of(shot.matrix)
        key = (matrix.panels, matrix.candidates, shot.marks)
        if key not in self._backdrops:
            self._backdrops[key] = Backdrop(_draw_still(shot))
        if shot.copy is None:
            return self._backdrops[key].frame((0, 0, 1, 1), lambda _: None)
        panel, center = shot.copy
        return self._backdrops[key].frame(
            geometry.box(center), lambda canvas: draw_panel(canvas, geometry, panel, center)
        )


@dataclass(frozen=True)
class Scene:
    """A matrix, and how it is completed."""

    puzzle: Puzzle
    """The problem."""
    matrix: Matrix
    """Its panels and candidates."""
    rests: tuple[float, float, float]
    """Seconds of rest before the frame appears, before the copy sets out, and at the end."""
    growing: float
    """Seconds in which the frame appears."""
    gliding: float
    """Seconds for which the copy is on its way."""
    ease: Ease
    """One of `EASES`."""
    bend: float
    """How far the way of the copy is bent from the straight line, in pixels."""

    @property
    def geometry(self) -> MatrixGeometry:
        """Where everything is."""
        return geometry_of(self.matrix)

    def opening(self, marked: Sequence[int]) -> list[Shot]:
        """The problem, some candidates getting their frames, and a rest."""
        plain, count = Shot(self.matrix), max(1, round(self.growing * FPS))
        growth = [
            replace(plain, marks=tuple((index, step / count) for index in marked)) for step in range(1, count + 1)
        ]
        return [*_frames(plain, self.rests[0]), *(growth if marked else ()), *_frames(growth[-1], self.rests[1])]

    def glide(self, last: Shot, chosen: int) -> list[Shot]:
        """After another shot, a copy of a candidate on its way to the empty place; the last shot shows it there."""
        start, end = self.geometry.candidate_center(chosen), self.geometry.panel_center(8)
        count = max(1, round(self.gliding * FPS))
        shares = [self.ease(step / count) for step in range(1, count + 1)]
        return [replace(last, copy=(self.matrix.candidates[chosen], self._way(start, end, t))) for t in shares]

    def solution(self, marked: Sequence[int], chosen: int) -> list[Shot]:
        """Candidates getting their frames, a copy of one gliding to the empty place, and a rest."""
        opening = self.opening(marked)
        glide = self.glide(opening[-1], chosen)
        return [*opening, *glide, *_frames(glide[-1], self.rests[2])]

    def case(self, frames: Callable[[], Pictures]) -> Case:
        """The case in which these frames are shown."""
        return Case(self.puzzle.first_frame, self.puzzle.final_frame, self.puzzle.details, frames)

    def show(self, shots: Sequence[Shot]) -> Case:
        """The case in which these shots are shown."""

        def frames() -> Pictures:
            stage = Stage()
            last, picture = None, self.puzzle.first_frame
            for shot in shots:
                picture = picture if shot is last else stage.draw(shot)
                last = shot
                yield picture

        return self.case(frames)

    def other(self, random: Random) -> int:
        """A wrong candidate."""
        return random.choice([index for index in range(len(self.matrix.candidates)) if index != self.matrix.answer])

    def _way(self, start: Point, end: Point, share: float) -> Point:
        x, y = mix(start, end, share)
        length, out = math.dist(start, end), self.bend * 4 * share * (1 - share)
        return x + out * (end[1] - start[1]) / length, y - out * (end[0] - start[0]) / length


def solved(random: Random, difficulty: Difficulty) -> Case:
    """The right candidate gets its frame and its copy glides to the empty place."""
    scene = _scene(random, difficulty)
    return scene.show(scene.solution([scene.matrix.answer], scene.matrix.answer))


def wrong_candidate(random: Random, difficulty: Difficulty) -> Case:
    """Another candidate gets the frame, and its copy glides to the empty place."""
    scene = _scene(random, difficulty)
    other = scene.other(random)
    return scene.show(scene.solution([other], other))


def wrong_content(random: Random, difficulty: Difficulty) -> Case:
    """The right candidate gets the frame, but a copy of another one glides to the empty place."""
    scene = _scene(random, difficulty)
    return scene.show(scene.solution([scene.matrix.answer], scene.other(random)))


def marks_wrong_candidate(random: Random, difficulty: Difficulty) -> Case:
    """The right copy glides to the empty place, but another candidate has the frame, or another one, too."""
    scene = _scene(random, difficulty)
    other, answer = scene.other(random), scene.matrix.answer
    return scene.show(scene.solution([other] if random.random() < 0.6 else [answer, other], answer))


def no_mark(random: Random, difficulty: Difficulty) -> Case:
    """The right copy glides to the empty place, and no candidate has a frame, or its frame goes away."""
    scene = _scene(random, difficulty)
    answer = scene.matrix.answer
    if random.random() < 0.5:
        return scene.show(scene.solution([], answer))
    shots = scene.solution([answer], answer)
    bare = replace(shots[-1], marks=())
    return scene.show([*shots, *_frames(bare, 0.5)])


def altered_panel(random: Random, difficulty: Difficulty) -> Case:
    """All is right, but one of the eight given panels changes, for a while or for good."""
    scene = _scene(random, difficulty)
    index = random.randrange(8)
    panels = list(scene.matrix.panels)
    panels[index] = _altered(random, scene.matrix, panels[index])
    return _with_change(random, scene, replace(scene.matrix, panels=tuple(panels)))


def altered_candidate(random: Random, difficulty: Difficulty) -> Case:
    """All is right, but one of the candidates changes, for a while or for good."""
    scene = _scene(random, difficulty)
    index = random.randrange(len(scene.matrix.candidates))
    candidates = list(scene.matrix.candidates)
    candidates[index] = _altered(random, scene.matrix, candidates[index])
    return _with_change(random, scene, replace(scene.matrix, candidates=tuple(candidates)))


def figure_altered(random: Random, difficulty: Difficulty) -> Case:
    """The figures of the right copy change on its way, for good or until it arrives."""
    scene = _scene(random, difficulty)
    answer = scene.matrix.answer
    opening = scene.opening([answer])
    glide = scene.glide(opening[-1], answer)
    for_good = random.random() < 0.7
    since = random.randrange(len(glide) // 4, len(glide) if for_good else len(glide) // 3)
    until = len(glide) if for_good else max(since + 10, len(glide) * 4 // 5)
    panel = _altered(random, scene.matrix, scene.matrix.panels[-1])
    way = [
        replace(shot, copy=(panel, shot.copy[1])) if shot.copy is not None and since <= i < until else shot
        for i, shot in enumerate(glide)
    ]
    return scene.show([*opening, *way, *_frames(way[-1], scene.rests[2])])


def solution_undone(random: Random, difficulty: Difficulty) -> Case:
    """The copy arrives and goes away again, by the way it came or at once."""
    scene = _scene(random, difficulty)
    answer = scene.matrix.answer
    shots = scene.solution([answer], answer)
    before = scene.opening([answer])[-1]
    back = scene.glide(before, answer)[-2::-1] if random.random() < 0.5 else []
    return scene.show([*shots, *back, *_frames(before, random.uniform(0.2, 0.8))])


def jump_cut(random: Random, difficulty: Difficulty) -> Case:
    """The copy is in its place from one frame to the next."""
    scene = _scene(random, difficulty)
    opening = scene.opening([scene.matrix.answer])
    there = scene.glide(opening[-1], scene.matrix.answer)[-1]
    return scene.show([*opening, *_frames(there, scene.rests[2] + 0.3)])


def jump_midway(random: Random, difficulty: Difficulty) -> Case:
    """The copy glides, but leaps over half of its way or more."""
    scene = _scene(random, difficulty)
    opening = scene.opening([scene.matrix.answer])
    glide = scene.glide(opening[-1], scene.matrix.answer)
    start = random.uniform(0, 0.4)
    end = start + random.uniform(0.5, 0.6)
    shares = [scene.ease(step / len(glide)) for step in range(1, len(glide) + 1)]
    kept = [shot for shot, share in zip(glide, shares, strict=True) if not start < share < end]
    return scene.show([*opening, *kept, *_frames(glide[-1], scene.rests[2])])


def fade_in(random: Random, difficulty: Difficulty) -> Case:
    """The right candidate gets its frame, and its copy fades in at the empty place."""
    scene = _scene(random, difficulty)
    opening = scene.opening([scene.matrix.answer])
    there = scene.glide(opening[-1], scene.matrix.answer)[-1]
    seconds = random.uniform(0.3, 2)

    def frames() -> Pictures:
        stage = Stage()
        yield from map(stage.draw, opening)
        yield from fade(stage.draw(opening[-1]), stage.draw(there), seconds)
        yield from hold(stage.draw(there), scene.rests[2])

    return scene.case(frames)


def crossfade(random: Random, difficulty: Difficulty) -> Case:
    """The solved picture fades in."""
    scene = _scene(random, difficulty)
    first, final = scene.puzzle.first_frame, scene.puzzle.final_frame
    seconds = random.uniform(0.5, 3)
    return scene.case(
        lambda: chain(hold(first, scene.rests[0]), fade(first, final, seconds), hold(final, scene.rests[2]))
    )


def stops_half_way(random: Random, difficulty: Difficulty) -> Case:
    """The right copy sets out and stops before the empty place."""
    scene = _scene(random, difficulty)
    opening = scene.opening([scene.matrix.answer])
    glide = scene.glide(opening[-1], scene.matrix.answer)
    part = glide[: round(random.uniform(0.3, 0.75) * len(glide))]
    return scene.show([*opening, *part, *_frames(part[-1], scene.rests[2])])


def still(random: Random, difficulty: Difficulty) -> Case:
    """Nothing happens."""
    scene = _scene(random, difficulty)
    return scene.case(lambda: hold(scene.puzzle.first_frame, sum(scene.rests) + scene.gliding))


MAKERS: Makers = {
    SOLVED: solved,
    "wrong_candidate": wrong_candidate,
    "wrong_content": wrong_content,
    "marks_wrong_candidate": marks_wrong_candidate,
    "no_mark": no_mark,
    "altered_panel": altered_panel,
    "altered_candidate": altered_candidate,
    "figure_altered": figure_altered,
    "solution_undone": solution_undone,
    "jump_cut": jump_cut,
    "jump_midway": jump_midway,
    "fade_in": fade_in,
    "crossfade": crossfade,
    "stops_half_way": stops_half_way,
    "still": still,
}


def _scene(random: Random, difficulty: Difficulty) -> Scene:
    seed = random.getrandbits(64)
    return Scene(
        puzzle=generate(Random(seed), difficulty),  # noqa: S311 (no secret)
        matrix=find_matrix(Random(seed), difficulty),  # noqa: S311
        rests=(random.uniform(0.15, 0.8), random.uniform(0.1, 0.6), random.uniform(0.25, 1)),
        growing=random.uniform(0.1, 0.5),
        gliding=random.uniform(0.8, 2.2),
        ease=random.choice(EASES),
        bend=random.choice((0, 0, random.uniform(-20, 20))),
    )


def _draw_still(shot: Shot) -> Canvas:
    """A shot without the panel on its way."""
    canvas, geometry = draw_problem(shot.matrix), geometry_of(shot.matrix)
    for index, grown in shot.marks:
        center, width = geometry.candidate_center(index), HIGHLIGHT_WIDTH * grown
        canvas.rectangle(geometry.box(center, width), HIGHLIGHT, radius=CORNER_RADIUS + width)
        draw_panel(canvas, geometry, shot.matrix.candidates[index], center)
    return canvas


def _altered(random: Random, matrix: Matrix, panel: Panel) -> Panel:
    """The panel with another level, of the nearest, of one of the attributes that tell panels apart."""
    attribute = random.choice(matrix.visible)
    level = panel.level(attribute)
    near = [other for other in attribute.levels if abs(other - level) == 1]
    return replace(panel, **{attribute.name: random.choice(near)})


def _with_change(random: Random, scene: Scene, changed: Matrix) -> Case:
    """The solution, in which the matrix is another one from some frame on, for a while or for good."""
    shots = scene.solution([scene.matrix.answer], scene.matrix.answer)
    since = random.randrange(round(scene.rests[0] * FPS), len(shots) - 6)
    until = since + 16 if random.random() < 0.4 else len(shots)
    return scene.show([replace(shot, matrix=changed) if since <= i < until else shot for i, shot in enumerate(shots)])


def _frames(shot: Shot, seconds: float) -> list[Shot]:
    return [shot] * round(seconds * FPS)
