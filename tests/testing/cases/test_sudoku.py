from __future__ import annotations

from random import Random

import numpy as np
import pytest
from PIL import Image

from vmevalkit.testing.cases.base import SOLVED, Case
from vmevalkit.testing.cases.sudoku import MAKERS


def make(kind: str) -> Case:
    return MAKERS[kind](Random(7), "easy")


def last(case: Case) -> Image.Image:
    *_, picture = case.frames()
    return picture


def differ(one: Image.Image, other: Image.Image) -> bool:
    return bool(np.abs(np.asarray(one, int) - np.asarray(other, int)).max() > 40)


@pytest.mark.parametrize("kind", MAKERS)
def test_every_video_begins_with_the_problem_and_can_be_drawn_again(kind: str) -> None:
    case = make(kind)
    assert not differ(next(iter(case.frames())), case.first_frame)
    assert last(case) == last(case)


@pytest.mark.parametrize("kind", sorted(set(MAKERS) - {"still"}))
def test_all_but_one_end_with_something_written_or_undone(kind: str) -> None:
    case = make(kind)
    assert any(differ(frame, case.first_frame) for frame in case.frames())


def test_digits_are_written_in_several_hands() -> None:
    ends = [MAKERS[SOLVED](Random(seed), "easy") for seed in range(6)]
    alike = [not differ(last(case), case.final_frame) for case in ends]
    assert any(alike)
    assert not all(alike)
