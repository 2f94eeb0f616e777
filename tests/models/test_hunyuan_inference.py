from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from vmevalkit.errors import InvalidRequestError
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.video_plan import VideoPlan
from vmevalkit.models.workers.messages import Made

Makes = Callable[..., tuple[Made, NDArray[np.int16]]]
Plans = Callable[..., VideoPlan]
KEY = "hunyuan-video-i2v"
TINY = "tiny-hunyuan"


@pytest.mark.parametrize("frames", [1, 6, 128, 133])
def test_only_one_more_than_a_multiple_of_four_frames_is_made(plan: Plans, frames: int) -> None:
    with pytest.raises(InvalidRequestError, match="5, 9, 13 … 129 frames"):
        plan(KEY, frames=frames)


def test_duration_becomes_frames_and_the_change_is_recorded(plan: Plans) -> None:
    planned = plan(KEY, duration=5.0)
    assert (planned.frames, planned.fps) == (121, 24)
    assert planned.transforms[-1].after == {"seconds": 121 / 24, "frames": 121}


@pytest.mark.parametrize("asked", ["1280x720", "960x544", "640x368"])
def test_vendor_areas_can_be_asked_for(plan: Plans, asked: str) -> None:
    assert plan(KEY, size=asked).size == tuple(map(int, asked.split("x")))


@pytest.mark.parametrize("asked", ["960x540", "1280x1280", "2048x256"])
def test_sizes_that_it_does_not_make_are_refused(plan: Plans, asked: str) -> None:
    with pytest.raises(InvalidRequestError, match="multiples of 16"):
        plan(KEY, size=asked)


def test_square_picture_becomes_a_square_video(plan: Plans) -> None:
    assert plan(KEY, shape=(512, 512)).size == (960, 960)


def test_licence_says_where_it_gives_no_rights() -> None:
    model = catalog().get(KEY)
    assert all(where in str(model.licence) for where in ("EU", "UK", "South Korea"))


@pytest.mark.parametrize(("frames", "size"), [(9, (64, 64)), (13, (96, 64))])
def test_exactly_the_frames_and_the_size_asked_for_are_made(make: Makes, frames: int, size: tuple[int, int]) -> None:
    made, pixels = make(TINY, frames=frames, size=f"{size[0]}x{size[1]}")
    assert pixels.shape == (made.frames, made.height, made.width, 3) == (frames, size[1], size[0], 3)


def test_seed_decides_the_video(make: Makes) -> None:
    (_, first), (_, again), (_, other) = (make(TINY, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(("name", "values"), [("flow_shift", (2.0, 12.0)), ("guidance", (1.0, 9.0))])
def test_parameter_reaches_the_model(make: Makes, name: str, values: tuple[float, float]) -> None:
    (_, one), (_, other) = (make(TINY, **{name: value}) for value in values)
    assert not np.array_equal(one, other)


def test_flow_shift_of_one_video_is_not_that_of_the_next(make: Makes) -> None:
    shifts = [make(TINY, **given)[0].effective["flow_shift"] for given in ({"flow_shift": 3.0}, {})]
    assert shifts == [3.0, 7.0]


def test_steps_are_told_as_they_end(make: Makes) -> None:
    steps: list[tuple[int, int]] = []
    make(TINY, steps=3, on_step=lambda *step: steps.append(step))
    assert steps == [(1, 3), (2, 3), (3, 3)]


def test_second_encoder_reads_less_and_that_is_told(make: Makes) -> None:
    made, _ = make(TINY, "x" * 100)
    assert made.effective["clip_tokens"] > made.effective["clip_token_limit"] == 77


def test_words_around_the_prompt_are_not_counted_but_those_after_it_need_room(make: Makes) -> None:
    made, _ = make(TINY, "x" * 251, like=KEY, steps=2)
    assert (made.effective["prompt_tokens"], made.effective["token_limit"]) == (251, 251)
    with pytest.raises(InvalidRequestError, match=r"prompt has 252 tokens.*at most 251"):
        make(TINY, "x" * 252, like=KEY)


def test_prompt_is_cut_at_its_own_end_where_that_was_asked_for(make: Makes) -> None:
    (cut, one), (_, other) = (
        make(TINY, "x" * length, like=KEY, steps=2, long_prompt="truncate") for length in (400, 251)
    )
    assert (cut.effective["prompt_tokens"], cut.effective["token_limit"]) == (400, 251)
    assert np.array_equal(one, other)
