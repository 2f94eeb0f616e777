"""Sculptures of unit cubes: how they grow, and what can be said of them without looking.

Cubes sit on a grid: x and y run along the table, z points up, and the lowest cubes have z = 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from random import Random
from statistics import fmean

Position = tuple[int, int, int]
"""The grid cell of a cube: x, y, z."""
Rgb = tuple[int, int, int]
"""Red, green and blue from 0 to 255."""

DIRECTIONS: tuple[Position, ...] = ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))
"""From a cube to its six neighbours; also the outward normals of its faces."""
LARGEST_EXTENT = 4
"""Most cells a sculpture takes along one axis, so that it fills the picture without leaving it."""


@dataclass(frozen=True, order=True)
class Voxel:
    """One cube of a sculpture."""

    position: Position
    """Where it is."""
    color: Rgb
    """Its color in full light."""


@dataclass(frozen=True)
class Face:
    """One side of a cube that no other cube covers."""

    cube: int
    """Index of the cube."""
    normal: Position
    """Which way it faces: one of `DIRECTIONS`."""


def grow_chain(random: Random, count: int, bends: int, axes: int) -> tuple[Position, ...]:
    """A chain of `count` cubes from end to end, with right-angled `bends`, that runs along so many of the three axes.

    Only neighbours in the chain share a face, and only around a bend do cubes meet at an edge. The chain stands on the
    table and has some height.
    """
    while True:
        chain = _walk(random, count, bends)
        extents = tuple(max(values) - min(values) + 1 for values in zip(*chain, strict=True))
        fits = sum(extent > 1 for extent in extents) == axes and max(extents) <= LARGEST_EXTENT and extents[2] > 1
        if fits and not _touches_itself(chain):
            return normalized(chain)


def _walk(random: Random, count: int, bends: int) -> list[Position]:
    corners = random.sample(range(1, count - 1), bends)
    direction = random.choice(DIRECTIONS)
    chain = [(0, 0, 0)]
    for step in range(count - 1):
        if step in corners:
            direction = random.choice([turn for turn in DIRECTIONS if _dot(turn, direction) == 0])
        chain.append(shifted(chain[-1], direction))
    return chain


def _dot(first: Position, second: Position) -> int:
    return sum(a * b for a, b in zip(first, second, strict=True))


def _touches_itself(chain: Sequence[Position]) -> bool:
    """Whether cubes that are not close in the chain meet, if only at an edge or a corner, or share a cell."""
    return any(
        max(abs(a - b) for a, b in zip(first, second, strict=True)) <= 1
        for index, first in enumerate(chain)
        for second in chain[index + 3 :]
    )


def shifted(position: Position, by: Position) -> Position:
    """The cell that lies `by` cells away."""
    return position[0] + by[0], position[1] + by[1], position[2] + by[2]


def normalized(positions: Sequence[Position]) -> tuple[Position, ...]:
    """The same cells in the same order, moved so that the smallest x, y and z are 0."""
    x, y, z = (min(values) for values in zip(*positions, strict=True))
    return tuple(shifted(position, (-x, -y, -z)) for position in positions)


def has_turning_symmetry(positions: Sequence[Position]) -> bool:
    """Whether a quarter or half turn about some vertical axis leaves the shape as it was."""
    quarter = normalized([(-y, x, z) for x, y, z in positions])
    half = normalized([(-x, -y, z) for x, y, z in positions])
    return sorted(positions) in (sorted(quarter), sorted(half))


def is_balanced(positions: Sequence[Position]) -> bool:
    """Whether the sculpture would stand by itself: its centre of mass lies above the hull of the cells on the table."""
    corners = sorted({(x + right, y + far) for x, y, z in positions if z == 0 for right in (0, 1) for far in (0, 1)})
    mass = (fmean(x for x, _, _ in positions) + 0.5, fmean(y for _, y, _ in positions) + 0.5)
    return all(
        _turn(start, end, mass) > 0
        for start, end in permutations(corners, 2)
        if all(_turn(start, end, corner) >= 0 for corner in corners)  # an edge of the hull, counter-clockwise
    )


def _turn(start: tuple[int, int], end: tuple[int, int], point: tuple[float, float]) -> float:
    """Positive when the point lies to the left of the line from start to end."""
    return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])


def exposed_faces(positions: Sequence[Position]) -> Iterator[Face]:
    """The sides that can be seen from somewhere; those on the table cannot."""
    for cube, position in enumerate(positions):
        for normal in DIRECTIONS:
            neighbour = shifted(position, normal)
            if neighbour not in positions and neighbour[2] >= 0:
                yield Face(cube, normal)
