from __future__ import annotations

from functools import cache
from itertools import islice
from random import Random

import numpy as np
import pytest
from PIL import Image

from vmevalkit.tasks.domains.camera_orbit import changed_share
from vmevalkit.testing.cases.base import SOLVED, Case
from vmevalkit.testing.cases.rotation import MAKERS

SAME_END = {SOLVED, "crossfade", "jump_cut", "back_and_forth"}


def make(kind: str, seed: int = 3) -> Case:
    return MAKERS[kind](Random(seed), "medium")


@cache
def ends(kind: str) -> tuple[Case, Image.Image]:
    """A case and the last frame of its video."""
    case = make(kind)
    return case, last(case)


def last(case: Case) -> Image.Image:
    *_, picture = case.frames()
    return picture


@pytest.mark.parametrize("kind", MAKERS)
def test_every_video_begins_with_the_problem_and_can_be_drawn_again(kind: str) -> None:
    case = make(kind)
    first, second = (list(islice(case.frames(), 20)) for _ in range(2))
    assert first[0] == case.first_frame
    assert first == second


@pytest.mark.parametrize("kind", sorted(SAME_END))
def test_these_end_with_the_final_view(kind: str) -> None:
    case, end = ends(kind)
    assert changed_share(end, case.final_frame) < 0.08  # some end two degrees off


@pytest.mark.parametrize("kind", sorted(set(MAKERS) - SAME_END - {"wrong_direction", "sculpture_turns"}))
def test_the_others_end_with_something_else(kind: str) -> None:
    case, end = ends(kind)
    assert changed_share(end, case.final_frame) > 0.005


def test_a_half_turn_the_wrong_way_ends_with_the_final_view() -> None:
    half = next(case for seed in range(20) if (case := make("wrong_direction", seed)).details["signed_angle"] == 180)
    assert last(half) == half.final_frame


def test_a_table_that_stays_keeps_its_marks() -> None:
    case, end = ends("sculpture_turns")
    dark = [(np.asarray(picture) < 60).all(axis=-1) for picture in (case.first_frame, end)]
    places = [np.argwhere(mask).mean(axis=0) for mask in dark]
    assert np.hypot(*(places[0] - places[1])) < 12


def test_solved_videos_differ_in_length_and_in_how_they_move() -> None:
    lengths = {sum(1 for _ in make(SOLVED, seed).frames()) for seed in range(4)}
    assert len(lengths) == 4
