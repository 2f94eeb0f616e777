from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vmevalkit.tasks.domains.voxels import (
    LARGEST_EXTENT,
    Position,
    exposed_faces,
    grow_chain,
    has_turning_symmetry,
    is_balanced,
)

L_SHAPE = ((0, 0, 0), (0, 0, 1), (1, 0, 0))
COLUMN = ((0, 0, 0), (0, 0, 1), (0, 0, 2))
S_SHAPE = ((0, 0, 0), (1, 0, 0), (1, 1, 0), (2, 1, 0))
CROSS = ((1, 0, 0), (0, 1, 0), (1, 1, 0), (2, 1, 0), (1, 2, 0), (1, 1, 1))
GALLOWS = ((0, 0, 0), (0, 0, 1), (1, 0, 1), (2, 0, 1), (3, 0, 1))
TABLE_ON_TWO_LEGS = ((0, 0, 0), (0, 0, 1), (1, 0, 1), (2, 0, 1), (2, 0, 0))

chains = st.builds(
    lambda seed, shape: (grow_chain(Random(seed), *shape), shape),
    st.integers(0, 10**6),
    st.sampled_from([(4, 1, 2), (5, 1, 2), (7, 2, 3), (8, 3, 3), (11, 4, 3)]),
)
few = settings(max_examples=40, deadline=None)


def neighbours(position: Position) -> list[Position]:
    x, y, z = position
    return [(x - 1, y, z), (x + 1, y, z), (x, y - 1, z), (x, y + 1, z), (x, y, z - 1), (x, y, z + 1)]


def flooded(positions: Sequence[Position]) -> set[Position]:
    reached, open_ends = {positions[0]}, [positions[0]]
    while open_ends:
        new = [cell for cell in neighbours(open_ends.pop()) if cell in positions and cell not in reached]
        reached.update(new)
        open_ends += new
    return reached


@few
@given(chains)
def test_a_chain_is_in_one_piece_and_has_the_cubes_asked_for(
    grown: tuple[tuple[Position, ...], tuple[int, ...]],
) -> None:
    chain, (count, _, _) = grown
    assert len(set(chain)) == count
    assert flooded(chain) == set(chain)


@few
@given(chains)
def test_a_chain_bends_as_often_and_runs_along_as_many_axes_as_asked(
    grown: tuple[tuple[Position, ...], tuple[int, ...]],
) -> None:
    chain, (_, bends, axes) = grown
    steps = [tuple(b - a for a, b in zip(*pair, strict=True)) for pair in pairwise(chain)]
    assert sum(first != second for first, second in pairwise(steps)) == bends
    assert len({tuple(map(abs, step)) for step in steps}) == axes


@few
@given(chains)
def test_only_neighbours_in_the_chain_share_a_face(grown: tuple[tuple[Position, ...], tuple[int, ...]]) -> None:
    chain, (count, _, _) = grown
    shared = sum(cell in chain for position in chain for cell in neighbours(position))
    assert shared == 2 * (count - 1)


@few
@given(chains)
def test_a_chain_stands_on_the_table_and_stays_in_its_box(grown: tuple[tuple[Position, ...], tuple[int, ...]]) -> None:
    for axis in zip(*grown[0], strict=True):
        assert min(axis) == 0
        assert max(axis) < LARGEST_EXTENT


@pytest.mark.parametrize(("shape", "symmetric"), [(L_SHAPE, False), (COLUMN, True), (S_SHAPE, True), (CROSS, True)])
def test_turning_symmetry_is_seen(shape: tuple[Position, ...], symmetric: bool) -> None:
    assert has_turning_symmetry(shape) is symmetric


@pytest.mark.parametrize(
    ("shape", "balanced"), [(COLUMN, True), (S_SHAPE, True), (GALLOWS, False), (TABLE_ON_TWO_LEGS, True)]
)
def test_a_sculpture_is_balanced_when_its_mass_is_above_its_feet(shape: tuple[Position, ...], balanced: bool) -> None:
    assert is_balanced(shape) is balanced


@pytest.mark.parametrize(("shape", "count"), [(((0, 0, 0),), 5), (COLUMN, 13), (GALLOWS, 21)])
def test_faces_between_cubes_and_on_the_table_are_left_out(shape: tuple[Position, ...], count: int) -> None:
    assert len(list(exposed_faces(shape))) == count
