from __future__ import annotations

from collections.abc import Callable

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
from vmevalkit.weights.manifest import is_selected

Makes = Callable[..., tuple[Made, NDArray[np.int16]]]
Plans = Callable[..., VideoPlan]
TINY = "tiny-svd"


@pytest.mark.parametrize(
    ("shape", "size"), [((1920, 1080), (1024, 576)), ((512, 512), (1024, 576)), ((300, 500), (576, 1024))]
)
def test_default_is_native(plan: Plans, shape: tuple[int, int], size: tuple[int, int]) -> None:
    planned = plan("svd", shape=shape)
    assert (planned.size, planned.frames, planned.fps) == (size, 25, 7)
    assert planned.pictures["first_frame"].size == size


@given(frames=st.integers(-3, 40))
@settings(max_examples=30, deadline=None)
def test_any_number_of_frames_from_2_to_25_is_made(plan: Plans, frames: int) -> None:
    if 2 <= frames <= 25:
        assert plan("svd", frames=frames).frames == frames
    else:
        with pytest.raises(InvalidRequestError, match=r"2 to 25 frames|number of at least 1"):
            plan("svd", frames=frames)


def test_duration_becomes_the_nearest_number_of_frames_and_says_so(plan: Plans) -> None:
    planned = plan("svd", shape=(1024, 576), duration=3.5)
    assert planned.frames == 25
    assert [(each.target, each.after["seconds"]) for each in planned.transforms] == [("duration", 25 / 7)]


def test_duration_is_counted_at_the_rate_asked_for(plan: Plans) -> None:
    planned = plan("svd", shape=(1024, 576), duration=2.0, fps=10)
    assert (planned.frames, planned.fps, planned.transforms) == (20, 10, ())


def test_duration_of_more_frames_than_it_makes_is_refused(plan: Plans) -> None:
    with pytest.raises(InvalidRequestError, match="2 to 25 frames, at 7 frames per second"):
        plan("svd", duration=5.0)


@pytest.mark.parametrize("size", ["1020x576", "248x256", "1032x512", "1024x1024"])
def test_size_that_the_pipeline_would_refuse_is_refused_before(plan: Plans, size: str) -> None:
    with pytest.raises(InvalidRequestError, match="multiples of 8 from 256 to 1024, at most 589824 pixels"):
        plan("svd", size=size)


def test_size_of_the_native_area_is_taken(plan: Plans) -> None:
    assert plan("svd", size="768x768").size == (768, 768)


def test_prompt_is_no_capability_and_the_description_says_so() -> None:
    model = catalog().get("svd")
    assert "prompt" not in model.capabilities
    assert "reads no prompt" in model.description


@pytest.mark.parametrize(
    "path",
    ["svd_xt.safetensors", "svd_xt_image_decoder.safetensors", "unet/diffusion_pytorch_model.safetensors"],
)
def test_nothing_is_fetched_that_the_pipeline_does_not_load(path: str) -> None:
    source = recipe_of(catalog().get("svd"))[0].weights["model"]
    assert not is_selected(path, source.patterns)
    assert all(is_selected(file.path, source.patterns) for file in source.files)


@pytest.mark.parametrize("frames", [2, 7])
def test_exactly_the_frames_asked_for_are_made(make: Makes, frames: int) -> None:
    made, video = make(TINY, frames=frames)
    assert video.shape == (frames, 64, 64, 3) == (made.frames, made.height, made.width, 3)


def test_seed_decides_the_video(make: Makes) -> None:
    (_, first), (_, again), (_, other) = (make(TINY, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert np.abs(first - other).mean() > 1


def test_prompt_of_any_length_changes_nothing(make: Makes) -> None:
    (made, first), (_, other) = make(TINY, "the ball rolls left"), make(TINY, "x" * 5000)
    assert np.array_equal(first, other)
    assert not {"prompt", "prompt_tokens"} & made.effective.keys()


def test_picture_counts(make: Makes) -> None:
    (_, near), (_, far) = (make(TINY, shape=shape) for shape in ((128, 128), (128, 32)))
    assert np.abs(near - far).mean() > 1


def test_model_is_told_the_rate(make: Makes) -> None:
    (slow, one), (fast, other) = (make(TINY, fps=fps) for fps in (7, 30))
    assert (slow.effective["fps"], fast.effective["fps"]) == (7, 30)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("guidance", 9.0, "max_guidance_scale"),
        ("min_guidance", 2.5, "min_guidance_scale"),
        ("motion_bucket_id", 255, "motion_bucket_id"),
        ("noise_aug_strength", 1.0, "noise_aug_strength"),
    ],
)
def test_parameter_reaches_the_model(make: Makes, name: str, value: float, word: str) -> None:
    (_, video), (made, other) = make(TINY), make(TINY, **{name: value})
    assert made.effective[word] == value
    assert not np.array_equal(video, other)


def test_steps_are_told_as_they_end(make: Makes) -> None:
    steps: list[tuple[int, int]] = []
    make(TINY, steps=3, on_step=lambda *step: steps.append(step))
    assert steps == [(1, 3), (2, 3), (3, 3)]
