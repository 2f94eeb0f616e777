"""Matrices of three by three panels that follow rules, and the candidates for the last panel.

A matrix is only used when it has one answer: every rule of the grammar that fits the eight given panels, read along the
rows or along the columns, demands the same last panel. So any other candidate breaks all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from random import Random

from vmevalkit.records.base import JsonObject
from vmevalkit.records.task import Difficulty
from vmevalkit.tasks.domains.raven_rules import (
    ANGLE,
    ATTRIBUTES,
    COUNT,
    FIGURE_SIZE,
    SHADE,
    SHAPE,
    Attribute,
    Constant,
    Line,
    Rule,
)

ARROW = SHAPE.names.index("arrow")


@dataclass(frozen=True)
class Panel:
    """What one panel shows, as levels: `count` equal figures."""

    shape: int = ARROW
    size: int = FIGURE_SIZE.levels[-1]
    shade: int = SHADE.levels[0]
    count: int = 1
    angle: int = 0

    def level(self, attribute: Attribute) -> int:
        """Its level of an attribute."""
        level: int = getattr(self, attribute.name)
        return level

    def facts(self) -> JsonObject:
        """Its values, for the metadata."""
        return {attribute.name: attribute.value(self.level(attribute)) for attribute in ATTRIBUTES}


@dataclass(frozen=True)
class Matrix:
    """A problem: nine panels, of which the last is to be found among the candidates."""

    visible: tuple[Attribute, ...]
    """The attributes that tell panels apart; the others are the same everywhere."""
    rules: dict[str, Rule]
    """What each visible attribute does along the rows, by its name."""
    panels: tuple[Panel, ...]
    """Row by row; the last one is the answer."""
    candidates: tuple[Panel, ...]
    """What the last panel is chosen from."""

    @property
    def answer(self) -> int:
        """Position of the right candidate."""
        return self.candidates.index(self.panels[-1])


@dataclass(frozen=True)
class Level:
    """What makes a matrix easy or hard."""

    changing: int
    """How many attributes change along the rows."""
    kinds: int
    """How many different kinds of rule they follow, at least."""
    varied: int
    """In how many attributes the candidates differ; each has two values, so there are 2 ** varied candidates."""
    constant_by_row: bool
    """Whether attributes that do not change along the rows differ between them."""


LEVELS: dict[Difficulty, Level] = {
    "easy": Level(changing=1, kinds=1, varied=2, constant_by_row=False),
    "medium": Level(changing=2, kinds=1, varied=3, constant_by_row=True),
    "hard": Level(changing=3, kinds=2, varied=3, constant_by_row=False),
}


def find_matrix(random: Random, difficulty: Difficulty) -> Matrix:
    """A random matrix with one answer."""
    level = LEVELS[difficulty]
    # Figures that turn must have a direction, and many figures in a panel leave no room for sizes.
    visible = (random.choice((SHAPE, ANGLE)), SHADE, random.choice((FIGURE_SIZE, COUNT)))
    while True:
        changing = random.sample(visible, level.changing)
        rules = {attribute.name: _choose_rule(random, attribute, attribute in changing) for attribute in visible}
        if len({rules[attribute.name].kind for attribute in changing}) >= level.kinds:
            break
    rows = {attribute: _fill(random, attribute, rules[attribute.name], level.constant_by_row) for attribute in visible}
    panels = tuple(
        Panel(**{attribute.name: rows[attribute][row][column] for attribute in visible})
        for row in range(3)
        for column in range(3)
    )
    unchanging = [attribute for attribute in visible if attribute not in changing]
    varied = [*changing, *random.sample(unchanging, level.varied - level.changing)]
    return Matrix(visible, rules, panels, _candidates(random, panels, varied))


def _choose_rule(random: Random, attribute: Attribute, changes: bool) -> Rule:
    return random.choice(attribute.rules(random.choice(attribute.kinds))) if changes else Constant()


def _fill(random: Random, attribute: Attribute, rule: Rule, constant_by_row: bool) -> list[Line]:
    """Three rows for an attribute that follow this rule, no other one, and have one continuation."""
    lines = attribute.lines(rule)
    while True:
        rows = random.choices(lines, k=3)
        if isinstance(rule, Constant):
            rows = random.sample(lines, 3) if constant_by_row else rows[:1] * 3
        if attribute.fitting(rows) == [rule] and attribute.continuations(rows) == [rows[2][2]]:
            return rows


def _candidates(random: Random, panels: Sequence[Panel], varied: Sequence[Attribute]) -> tuple[Panel, ...]:
    """The answer and every other way to mix its levels with one other level per attribute, in random order.

    Each level is in half of the candidates, so that they give nothing away without the matrix.
    """
    answer = panels[-1]
    choices = []
    for attribute in varied:
        right = answer.level(attribute)
        seen = [level for level in attribute.levels if level in {panel.level(attribute) for panel in panels[:-1]}]
        others = [level for level in seen if level != right] or [level for level in attribute.levels if level != right]
        choices.append((right, random.choice(others)))
    names = [attribute.name for attribute in varied]
    mixed = [replace(answer, **dict(zip(names, levels, strict=True))) for levels in product(*choices)]
    random.shuffle(mixed)
    return tuple(mixed)
