"""The grammar of the matrices: attributes of a panel, and the rules an attribute can follow along a row.

A level is an attribute's value as a whole number. A rule says which level the third panel of a row must have, given
the first two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

from vmevalkit.records.base import JsonObject

Line = Sequence[int]
"""Levels of one attribute in the three panels of a row or column."""


class Rule(Protocol):
    """What one attribute does along a row."""

    @property
    def kind(self) -> str:
        """Its name in the metadata."""
        ...

    def third(self, first: int, second: int) -> int | None:
        """The level the third panel must have; None where no third panel can follow these two."""
        ...

    def facts(self, attribute: Attribute) -> JsonObject:
        """Its parameters for the metadata, with levels as values."""
        ...


@dataclass(frozen=True)
class Constant:
    """The three panels are equal."""

    kind = "constant"

    def third(self, first: int, second: int) -> int | None:
        """The common level."""
        return first if first == second else None

    def facts(self, attribute: Attribute) -> JsonObject:  # noqa: ARG002 (nothing to translate)
        """No parameters."""
        return {}


@dataclass(frozen=True)
class Progression:
    """Each panel differs from the one before by the same step; angles start again after a full turn."""

    step: int
    cycle: int | None = None
    kind = "progression"

    def third(self, first: int, second: int) -> int | None:
        """The second level and a step."""
        return self._next(second) if second == self._next(first) else None

    def _next(self, level: int) -> int:
        return level + self.step if self.cycle is None else (level + self.step) % self.cycle

    def facts(self, attribute: Attribute) -> JsonObject:
        """The step, in degrees for angles."""
        return {"step": self.step * attribute.unit}


@dataclass(frozen=True)
class DistributeThree:
    """The same three levels in each row, in any order."""

    levels: tuple[int, ...]
    kind = "distribute_three"

    def third(self, first: int, second: int) -> int | None:
        """The level that is left over."""
        rest = [level for level in self.levels if level not in (first, second)]
        return rest[0] if len(rest) == 1 else None

    def facts(self, attribute: Attribute) -> JsonObject:
        """The three values."""
        return {"values": [attribute.value(level) for level in self.levels]}


@dataclass(frozen=True)
class Arithmetic:
    """The third panel is the sum (sign 1) or the difference (sign -1) of the first two."""

    sign: int
    kind = "arithmetic"

    def third(self, first: int, second: int) -> int | None:
        """The sum or difference, which may be a level that cannot be drawn."""
        return first + self.sign * second

    def facts(self, attribute: Attribute) -> JsonObject:  # noqa: ARG002 (nothing to translate)
        """Whether the second number is added or taken away."""
        return {"operation": "plus" if self.sign > 0 else "minus"}


@dataclass(frozen=True)
class Attribute:
    """Something about a panel that can be seen and compared."""

    name: str
    """Its name in the metadata."""
    levels: range
    """The levels it can have."""
    kinds: tuple[str, ...]
    """The rules it can follow, beside `constant`."""
    names: tuple[str, ...] = ()
    """What the levels are called, where they are not numbers."""
    unit: int = 1
    """The value of one level, where they are numbers."""
    cycle: int | None = None
    """How many levels make a full turn."""

    def value(self, level: int) -> str | int:
        """A level as it stands in the metadata."""
        return self.names[level] if self.names else level * self.unit

    def rules(self, kind: str) -> list[Rule]:
        """Every rule of one kind."""
        if kind == "progression":
            return [Progression(step, self.cycle) for step in (1, -1)]
        if kind == "distribute_three":
            return [DistributeThree(levels) for levels in combinations(self.levels, 3)]
        return [Arithmetic(1), Arithmetic(-1)] if kind == "arithmetic" else [Constant()]

    def grammar(self) -> list[Rule]:
        """Every rule this attribute can follow."""
        return [rule for kind in ("constant", *self.kinds) for rule in self.rules(kind)]

    def lines(self, rule: Rule) -> list[Line]:
        """Every row that follows a rule."""
        pairs = [(first, second, rule.third(first, second)) for first in self.levels for second in self.levels]
        return [(first, second, third) for first, second, third in pairs if third is not None and third in self.levels]

    def fitting(self, lines: Sequence[Line]) -> list[Rule]:
        """The rules of the grammar that all of the lines follow."""
        return [
            rule for rule in self.grammar() if all(rule.third(first, second) == third for first, second, third in lines)
        ]

    def continuations(self, rows: Sequence[Line]) -> list[int]:
        """The levels the last panel of a matrix may have, by any rule that fits the rest along rows or columns."""
        found = []
        for lines in (list(rows), list(zip(*rows, strict=True))):
            for rule in self.fitting(lines[:2]):
                level = rule.third(*lines[2][:2])
                if level is not None and level in self.levels:
                    found.append(level)
        return sorted(set(found))


ORDERED = ("progression", "distribute_three")
# An arrow is the figure that turns; it stays out of the shapes that are told apart.
SHAPE = Attribute("shape", range(5), ("distribute_three",), ("circle", "triangle", "square", "star", "plus", "arrow"))
FIGURE_SIZE = Attribute("size", range(1, 5), ORDERED)
SHADE = Attribute("shade", range(1, 5), ORDERED)
COUNT = Attribute("count", range(1, 6), (*ORDERED, "arithmetic"))
ANGLE = Attribute("angle", range(4), ORDERED, unit=90, cycle=4)
ATTRIBUTES = (SHAPE, FIGURE_SIZE, SHADE, COUNT, ANGLE)
