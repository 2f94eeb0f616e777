from __future__ import annotations

from random import Random

import pytest

from vmevalkit.testing.cases.maze import MAKERS


@pytest.mark.parametrize("kind", MAKERS)
def test_every_video_begins_with_the_first_frame_and_is_long_enough_to_see(kind: str) -> None:
    case = MAKERS[kind](Random(1), "easy")
    frames = list(case.frames())
    assert frames[0] == case.first_frame
    assert 20 < len(frames) < 300


@pytest.mark.parametrize("kind", ["solved", "jump_cut", "crossfade"])
def test_what_is_solved_in_the_end_ends_with_the_final_frame(kind: str) -> None:
    case = MAKERS[kind](Random(2), "medium")
    assert list(case.frames())[-1] == case.final_frame


def test_equal_random_states_give_equal_videos() -> None:
    one, other = (list(MAKERS["solved"](Random(3), "hard").frames()) for _ in range(2))
    assert one == other
    assert one != list(MAKERS["solved"](Random(4), "hard").frames())
