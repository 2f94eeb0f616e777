"""Videos of a sudoku being filled in: right in many ways, and wrong in specific ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from random import Random
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

from vmevalkit.records.task import Difficulty
from vmevalkit.tasks.domains.base import Puzzle
from vmevalkit.tasks.domains.canvas import FPS, SUPERSAMPLING, hold
from vmevalkit.tasks.domains.sudoku import generate
from vmevalkit.tasks.domains.sudoku_grid import Digits, Shape
from vmevalkit.tasks.domains.sudoku_grid_picture import ACTIVE_TINT, BLANK_TINT, GRID, MARGIN, blank_cells, draw_grid
from vmevalkit.testing.cases.base import SOLVED, Case, Makers

Pictures = Iterator[Image.Image]

LEVELS: dict[Difficulty, Shape] = {"easy": Shape(2, 2), "medium": Shape(2, 3), "hard": Shape(3, 3)}
INKS = ("#0b46c9", "#b3261e", "#1b5e20", "#202020")


@dataclass(frozen=True)
class Hand:
    """Digits that do not look like the generator's own."""

    size: float
    """Font size, in cells."""
    shift: tuple[float, float]
    """How far they are off the middle of a cell, in cells."""
    ink: str
    """Their color."""


@dataclass(frozen=True)
class Style:
    """How digits are written."""

    appear: Literal["fade", "pop", "wipe"]
    """Whether a digit fades in, is there at once, or comes into view from left to right."""
    writing: float
    """Seconds that takes; nothing for one that pops up."""
    rest: float
    """Seconds between digits."""
    tint: str
    """Color of the cell that is being written in."""
    hand: Hand | None
    """None for the generator's own digits."""
    before: float
    """Seconds of rest at the beginning."""
    after: float
    """Seconds of rest at the end."""


@dataclass(frozen=True)
class Step:
    """One cell goes over to what it holds in another grid."""

    cell: int
    """Its index."""
    digits: Digits
    """The grid."""


@dataclass(frozen=True)
class Scene:
    """A puzzle and how it is written in."""

    puzzle: Puzzle
    """The problem."""
    shape: Shape
    """Its cells and boxes."""
    given: Digits
    """The digits at the beginning."""
    solution: Digits
    """The digits at the end."""
    order: tuple[int, ...]
    """The empty cells in the order in which they are filled."""
    style: Style
    """How."""

    def case(self, frames: Callable[[], Pictures]) -> Case:
        """The case in which these frames are shown."""
        return Case(self.puzzle.first_frame, self.puzzle.final_frame, self.puzzle.details, frames)

    def play(self, steps: Sequence[Step]) -> Case:
        """The case in which these steps are made and nothing else."""
        return self.case(lambda: self.shown(self.puzzle.first_frame, steps))

    def fill(self, digits: Digits) -> list[Step]:
        """The steps that bring the digits into the empty cells."""
        return [Step(cell, digits) for cell in self.order]

    def shown(self, first: Image.Image, steps: Sequence[Step]) -> Pictures:
        """A rest, the steps, and a rest, from a picture on."""
        picture = first
        yield from hold(picture, self.style.before)
        for step in steps:
            yield from self._step(picture, step)
            picture = self.after(picture, [step])
        yield from hold(picture, self.style.after)

    def after(self, picture: Image.Image, steps: Sequence[Step]) -> Image.Image:
        """The picture with some steps made."""
        done = picture.copy()
        for step in steps:
            done.paste(self._cell(step, BLANK_TINT), _box(step.cell, self.shape)[:2])
        return done

    def _step(self, picture: Image.Image, step: Step) -> Pictures:
        box = _box(step.cell, self.shape)
        before = picture.crop(box)
        written = self._cell(step, self.style.tint)
        count = round(self.style.writing * FPS) if self.style.appear != "pop" else 0
        for index in range(1, count + 1):
            yield _pasted(picture, _between(before, written, index / (count + 1), self.style.appear), box)
        yield from hold(_pasted(picture, written, box), self.style.rest)

    def _cell(self, step: Step, tint: str) -> Image.Image:
        """What a cell looks like after a step."""
        box = _box(step.cell, self.shape)
        hand, digit = self.style.hand, step.digits[step.cell]
        if hand is None or self.given[step.cell] or not digit:
            return _grid(self.given, step.digits, self.shape, tint).crop(box)
        return _handwritten(_grid(self.given, self.given, self.shape, tint).crop(box), digit, hand)


def solved(random: Random, difficulty: Difficulty) -> Case:
    """Every empty cell is filled with its digit, one after another."""
    scene = _scene(random, difficulty)
    return scene.play(scene.fill(scene.solution))


def wrong_digit(random: Random, difficulty: Difficulty) -> Case:
    """One empty cell gets another digit than the solution's."""
    scene = _scene(random, difficulty)
    return scene.play(scene.fill(_with_another_digit(random, scene, random.choice(scene.order))))


def swapped_digits(random: Random, difficulty: Difficulty) -> Case:
    """Two empty cells get each other's digits."""
    scene = _scene(random, difficulty)
    one = random.choice(scene.order)
    other = random.choice([cell for cell in scene.order if scene.solution[cell] != scene.solution[one]])
    swapped = _replaced(scene.solution, one, scene.solution[other])
    return scene.play(scene.fill(_replaced(swapped, other, scene.solution[one])))


def missing_digit(random: Random, difficulty: Difficulty) -> Case:
    """One empty cell stays empty."""
    scene = _scene(random, difficulty)
    left = random.choice(scene.order)
    return scene.play([step for step in scene.fill(scene.solution) if step.cell != left])


def changed_given(random: Random, difficulty: Difficulty) -> Case:
    """The empty cells are filled well, and one given digit becomes another one or is wiped out."""
    scene = _scene(random, difficulty)
    cell = _given_cell(random, scene)
    changed = _with_another_digit(random, scene, cell)
    if random.random() < 0.25:
        changed = _replaced(changed, cell, 0)
    steps = scene.fill(scene.solution)
    steps.insert(random.randrange(len(steps) + 1), Step(cell, changed))
    return scene.play(steps)


def changed_given_for_a_while(random: Random, difficulty: Difficulty) -> Case:
    """The empty cells are filled well, but one given digit is another one for some digits' time."""
    scene = _scene(random, difficulty)
    cell = _given_cell(random, scene)
    changed = _with_another_digit(random, scene, cell)
    steps = scene.fill(scene.solution)
    first = random.randrange(len(steps) - 3)
    steps.insert(random.randrange(first + 3, len(steps)), Step(cell, scene.solution))
    steps.insert(first, Step(cell, changed))
    return scene.play(steps)


def wrong_then_right(random: Random, difficulty: Difficulty) -> Case:
    """One empty cell gets a wrong digit first, which is replaced some digits later."""
    scene = _scene(random, difficulty)
    steps = scene.fill(scene.solution)
    index = random.randrange(len(steps) - 3)
    cell = steps[index].cell
    steps.insert(random.randrange(index + 3, len(steps) + 1), steps[index])
    steps[index] = Step(cell, _with_another_digit(random, scene, cell))
    return scene.play(steps)


def solution_undone(random: Random, difficulty: Difficulty) -> Case:
    """Every empty cell is filled with its digit, and then some or all are emptied again."""
    scene = _scene(random, difficulty)
    steps = scene.fill(scene.solution)
    count = random.choice((1, 2, len(steps)))
    erased = [Step(cell, scene.given) for cell in random.sample(scene.order, count)]
    cut = count == len(steps)

    def frames() -> Pictures:
        yield from scene.shown(scene.puzzle.first_frame, steps)
        full = scene.after(scene.puzzle.first_frame, steps)
        yield from hold(scene.puzzle.first_frame, 0.6) if cut else scene.shown(full, erased)

    return scene.case(frames)


def jump_cut(random: Random, difficulty: Difficulty) -> Case:
    """At most a quarter of the digits are written one after another; the others are there all at once."""
    scene = _scene(random, difficulty)
    steps = scene.fill(scene.solution)
    shown = steps[: random.randint(0, len(steps) // 4)]

    def frames() -> Pictures:
        yield from scene.shown(scene.puzzle.first_frame, shown)
        yield from hold(scene.after(scene.puzzle.first_frame, steps), scene.style.after + 0.5)

    return scene.case(frames)


def crossfade(random: Random, difficulty: Difficulty) -> Case:
    """The solved picture fades in."""
    scene = _scene(random, difficulty)
    first, final = scene.puzzle.first_frame, scene.puzzle.final_frame
    count = round(random.uniform(0.5, 4) * FPS)
    fading = [index / count for index in range(1, count)]
    style = scene.style
    return scene.case(
        lambda: chain(
            hold(first, style.before), (Image.blend(first, final, t) for t in fading), hold(final, style.after + 0.1)
        )
    )


def still(random: Random, difficulty: Difficulty) -> Case:
    """Nothing happens."""
    scene = _scene(random, difficulty)
    return scene.case(lambda: hold(scene.puzzle.first_frame, scene.style.before + scene.style.after + 1))


MAKERS: Makers = {
    SOLVED: solved,
    "wrong_digit": wrong_digit,
    "swapped_digits": swapped_digits,
    "missing_digit": missing_digit,
    "changed_given": changed_given,
    "changed_given_for_a_while": changed_given_for_a_while,
    "wrong_then_right": wrong_then_right,
    "solution_undone": solution_undone,
    "jump_cut": jump_cut,
    "crossfade": crossfade,
    "still": still,
}


def _scene(random: Random, difficulty: Difficulty) -> Scene:
    puzzle, shape = generate(random, difficulty), LEVELS[difficulty]
    given, solution = (_flat(puzzle.details[name]) for name in ("grid", "solution"))
    order = blank_cells(given)
    way = random.choice(("reading", "any", "digits"))
    if way != "reading":
        random.shuffle(order)
    if way == "digits":
        order.sort(key=lambda cell: solution[cell])
    return Scene(puzzle, shape, given, solution, tuple(order), _style(random))


def _style(random: Random) -> Style:
    hand = Hand(
        size=random.uniform(0.62, 0.85),
        shift=(random.uniform(-0.06, 0.06), random.uniform(-0.06, 0.06)),
        ink=random.choice(INKS),
    )
    appear: Literal["fade", "pop", "wipe"] = random.choice(("fade", "pop", "wipe"))
    return Style(
        appear=appear,
        writing=random.uniform(0.1, 0.3),
        rest=random.uniform(0.1, 0.25) + (0.1 if appear == "pop" else 0),
        tint=random.choice((ACTIVE_TINT, BLANK_TINT, "#d6f5d6")),
        hand=random.choice((None, hand)),
        before=random.uniform(0.2, 1),
        after=random.uniform(0.25, 1.2),
    )


def _flat(rows: object) -> Digits:
    assert isinstance(rows, list)  # noqa: S101 (the generator's own metadata)
    return tuple(int(digit) for row in rows for digit in row)


def _given_cell(random: Random, scene: Scene) -> int:
    return random.choice([cell for cell, digit in enumerate(scene.given) if digit])


def _with_another_digit(random: Random, scene: Scene, cell: int) -> Digits:
    """The solution with another digit in one cell."""
    others = [digit for digit in range(1, scene.shape.size + 1) if digit != scene.solution[cell]]
    return _replaced(scene.solution, cell, random.choice(others))


def _replaced(digits: Digits, cell: int, digit: int) -> Digits:
    return (*digits[:cell], digit, *digits[cell + 1 :])


def _box(cell: int, shape: Shape) -> tuple[int, int, int, int]:
    """Left, top, right and bottom edge of a cell, in pixels."""
    row, column = divmod(cell, shape.size)
    side = GRID // shape.size
    left, top = MARGIN + column * side, MARGIN + row * side
    return left, top, left + side, top + side


@lru_cache(maxsize=16)
def _grid(given: Digits, digits: Digits, shape: Shape, tint: str) -> Image.Image:
    return draw_grid(given, digits, shape, tint)


def _handwritten(cell: Image.Image, digit: int, hand: Hand) -> Image.Image:
    """An empty cell with a digit written in it."""
    side = cell.width * SUPERSAMPLING
    large = cell.resize((side, side), Image.Resampling.NEAREST)
    middle = ((0.5 + hand.shift[0]) * side, (0.5 + hand.shift[1]) * side)
    size = hand.size * side
    font = ImageFont.load_default(size)
    ImageDraw.Draw(large).text(middle, str(digit), hand.ink, font, "mm", stroke_width=round(size / 50))
    return large.reduce(SUPERSAMPLING)


def _between(before: Image.Image, written: Image.Image, share: float, appear: str) -> Image.Image:
    """A digit on its way into a cell."""
    if appear == "fade":
        return Image.blend(before, written, share)
    edge = round(before.width * (0.2 + 0.6 * share))
    return _pasted(before, written.crop((0, 0, edge, before.height)), (0, 0))


def _pasted(picture: Image.Image, part: Image.Image, box: tuple[int, ...]) -> Image.Image:
    whole = picture.copy()
    whole.paste(part, (box[0], box[1]))
    return whole
