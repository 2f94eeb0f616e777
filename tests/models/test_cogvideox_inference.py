from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vmevalkit.errors import InvalidRequestError
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.installed import recipe_of
from vmevalkit.models.video_plan import VideoPlan
from vmevalkit.models.workers.messages import Made
from vmevalkit.records.recipe import Recipe

Makes = Callable[..., tuple[Made, NDArray[np.int16]]]
Plans = Callable[..., VideoPlan]


def recipe(key: str) -> Recipe:
    return recipe_of(catalog().get(key))[0]


@pytest.mark.parametrize(
    ("key", "shape", "size", "frames", "fps"),
    [
        ("cogvideox-5b-i2v", (512, 512), (720, 480), 49, 8),
        ("cogvideox1.5-5b-i2v", (1280, 720), (1360, 768), 81, 16),
        ("cogvideox1.5-5b-i2v", (512, 512), (768, 768), 81, 16),
    ],
)
def test_default_is_native(
    plan: Plans, key: str, shape: tuple[int, int], size: tuple[int, int], frames: int, fps: float
) -> None:
    planned = plan(key, shape=shape)
    assert (planned.size, planned.frames, planned.fps) == (size, frames, fps)


def test_every_size_of_version_1_5_is_of_the_vendors_kind() -> None:
    for width, height in (map(int, size.split("x")) for size in recipe("cogvideox1.5-5b-i2v").sizes.native):
        assert min(width, height) == 768
        assert max(width, height) <= 1360
        assert max(width, height) % 16 == 0


@pytest.mark.parametrize(
    ("key", "size", "allowed"),
    [
        ("cogvideox-5b-i2v", "480x720", "Expected 720x480"),
        ("cogvideox1.5-5b-i2v", "2400x2400", "one of 1360x768"),
        ("tiny-cogvideox", "x", "Expected 48x32"),
    ],
)
def test_other_size_is_refused(plan: Plans, key: str, size: str, allowed: str) -> None:
    with pytest.raises(InvalidRequestError, match=allowed):
        plan(key, size=size)


@given(frames=st.integers(-3, 60))
@settings(max_examples=30, deadline=None)
def test_first_version_makes_the_frames_it_learned_positions_for_alone(plan: Plans, frames: int) -> None:
    if frames == 49:
        assert plan("cogvideox-5b-i2v", frames=frames).frames == frames
    else:
        with pytest.raises(InvalidRequestError, match=r"Expected 49 frames|number of at least 1"):
            plan("cogvideox-5b-i2v", frames=frames)


@pytest.mark.parametrize(("seconds", "frames"), [(5, 81), (10, 161), (5.5, 81)])
def test_duration_becomes_the_nearest_number_of_frames_and_says_so(plan: Plans, seconds: float, frames: int) -> None:
    planned = plan("cogvideox1.5-5b-i2v", shape=(1360, 768), duration=seconds)
    assert planned.frames == frames
    assert [change.after["frames"] for change in planned.transforms] == [frames]


def test_frames_that_would_be_padded_silently_are_refused(plan: Plans) -> None:
    with pytest.raises(InvalidRequestError, match="17, 33, 49 … 161 frames"):
        plan("cogvideox1.5-5b-i2v", frames=89)


@pytest.mark.parametrize(
    ("key", "frames", "size"), [("tiny-cogvideox", 9, (48, 32)), ("tiny-cogvideox1.5", 33, (64, 32))]
)
def test_video_is_as_planned_and_depends_on_the_seed(make: Makes, key: str, frames: int, size: tuple[int, int]) -> None:
    made, video = make(key, seed=1, frames=frames, shape=size)
    assert video.shape == (frames, size[1], size[0], 3) == (made.frames, made.height, made.width, 3)
    again, other = (make(key, seed=seed, frames=frames, shape=size)[1] for seed in (1, 2))
    assert np.array_equal(video, again)
    assert np.abs(video - other).mean() > 1


def test_version_1_5_makes_every_shape_it_offers(make: Makes) -> None:
    for size in recipe("tiny-cogvideox1.5").sizes.native:
        made, _ = make("tiny-cogvideox1.5", size=size)
        assert f"{made.width}x{made.height}" == size


@pytest.mark.parametrize(
    "change", [{"prompt": "stay"}, {"negative_prompt": "blur"}, {"dynamic_guidance": True}, {"guidance": 1.0}]
)
def test_parameter_reaches_the_model(make: Makes, change: dict[str, Any]) -> None:
    (_, video), (_, other) = make("tiny-cogvideox"), make("tiny-cogvideox", **change)
    assert np.abs(video - other).mean() > 1


def test_long_prompt_is_refused_unless_it_may_be_cut(make: Makes) -> None:
    with pytest.raises(InvalidRequestError, match=r"302 tokens\. Expected at most 226"):
        make("tiny-cogvideox", "x" * 300)
    made, cut = make("tiny-cogvideox", "x" * 300, long_prompt="truncate")
    assert (made.effective["prompt_tokens"], made.effective["token_limit"]) == (302, 226)
    assert np.array_equal(cut, make("tiny-cogvideox", "x" * 290, long_prompt="truncate")[1])
