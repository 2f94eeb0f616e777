from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vmevalkit.errors import InvalidRequestError
from vmevalkit.models.catalog.reader import catalog, find_models
from vmevalkit.models.installed import recipe_of
from vmevalkit.models.video_plan import VideoPlan
from vmevalkit.models.workers.messages import Made
from vmevalkit.records.recipe import Recipe

Draws = Callable[[tuple[int, int]], Path]
Makes = Callable[..., tuple[Made, NDArray[np.int16]]]
Plans = Callable[..., VideoPlan]
Weights = Callable[[str], Path]
REAL = [model.key for model in find_models(family="Wan") if not model.key.startswith("tiny")]
TINY = [model.key for model in find_models(family="Wan") if model.key.startswith("tiny")]


def recipe(key: str) -> Recipe:
    return recipe_of(catalog().get(key))[0]


@pytest.mark.parametrize(
    ("key", "shape", "size", "frames", "fps"),
    [
        ("wan-2.1-i2v-480p", (1280, 720), (832, 480), 81, 16),
        ("wan-2.1-i2v-480p", (512, 512), (624, 624), 81, 16),
        ("wan-2.1-i2v-720p", (512, 512), (960, 960), 81, 16),
        ("wan-2.2-i2v-a14b", (300, 400), (816, 1104), 81, 16),
        ("wan-2.2-ti2v-5b", (1920, 1080), (1280, 704), 121, 24),
        ("wan-2.1-vace-1.3b", (400, 300), (720, 544), 81, 16),
    ],
)
def test_default_is_what_the_vendor_makes_of_such_a_picture(
    plan: Plans, key: str, shape: tuple[int, int], size: tuple[int, int], frames: int, fps: float
) -> None:
    planned = plan(key, shape=shape)
    assert (planned.size, planned.frames, planned.fps) == (size, frames, fps)


@pytest.mark.parametrize("key", REAL)
def test_every_size_has_one_of_the_vendors_areas(key: str) -> None:
    side = 32 if "5b" in key else 16
    for width, height in (map(int, size.split("x")) for size in recipe(key).sizes.native):
        assert any(0.95 <= width * height / area <= 1 for area in (480 * 832, 704 * 1280, 720 * 1280))
        assert width % side == height % side == 0


@pytest.mark.parametrize(
    ("key", "size", "allowed"),
    [
        ("wan-2.2-ti2v-5b", "1280x720", "multiples of 32"),
        ("wan-2.1-i2v-480p", "1280x720", "at most 399360 pixels"),
        ("wan-2.1-i2v-720p", "1272x720", "multiples of 16"),
    ],
)
def test_size_that_would_be_changed_silently_is_refused(plan: Plans, key: str, size: str, allowed: str) -> None:
    with pytest.raises(InvalidRequestError, match=allowed):
        plan(key, size=size)


@given(frames=st.integers(-3, 40))
@settings(max_examples=30, deadline=None)
def test_frames_are_one_more_than_a_multiple_of_four(plan: Plans, frames: int) -> None:
    if frames in {5, 9, 13, 17, 21}:
        assert plan("tiny-wan-2.1", frames=frames).frames == frames
    else:
        with pytest.raises(InvalidRequestError, match=r"5, 9, 13 … 21 frames|number of at least 1"):
            plan("tiny-wan-2.1", frames=frames)


def test_duration_becomes_the_nearest_number_of_frames_and_says_so(plan: Plans) -> None:
    planned = plan("wan-2.1-i2v-480p", shape=(832, 480), duration=5.0)
    assert planned.frames == 81
    assert [(change.target, change.after["seconds"]) for change in planned.transforms] == [("duration", 81 / 16)]


def test_model_between_two_frames_needs_the_final_one(plan: Plans, gradient: Draws) -> None:
    with pytest.raises(InvalidRequestError, match="the task has no final frame"):
        plan("wan-2.1-flf2v-720p")
    planned = plan("wan-2.1-flf2v-720p", final_frame=gradient((64, 64)))
    assert set(planned.pictures) == {"first_frame", "final_frame"}


@pytest.mark.parametrize(
    ("key", "shift"),
    [
        ("wan-2.1-i2v-480p", 3),
        ("wan-2.1-i2v-720p", 5),
        ("wan-2.2-i2v-a14b", 5),
        ("wan-2.2-ti2v-5b", 5),
        ("wan-2.1-flf2v-720p", 16),
        ("wan-2.1-vace-14b", 16),
    ],
)
def test_shift_is_the_vendors(key: str, shift: float) -> None:
    assert catalog().get(key).parameters["flow_shift"].default == shift


@pytest.mark.parametrize("key", [*REAL, *TINY])
def test_final_frame_is_required_or_shown_on_demand_or_not_taken(key: str) -> None:
    model = catalog().get(key)
    taken = "final_frame" in model.capabilities
    assert taken == recipe(key).final_frame_required == ("flf2v" in key)
    assert ("show_final_frame" in model.parameters) == ("vace" in key or "a14b" in key)


@pytest.mark.parametrize("key", TINY)
def test_video_is_as_planned_and_depends_on_the_seed(make: Makes, gradient: Draws, key: str) -> None:
    given: dict[str, Any] = {"final_frame": gradient((64, 64))} if recipe(key).final_frame_required else {}
    made, video = make(key, seed=1, size="96x64", **given)
    assert video.shape == (9, 64, 96, 3) == (made.frames, made.height, made.width, 3)
    again, other = (make(key, seed=seed, size="96x64", **given)[1] for seed in (1, 2))
    assert np.array_equal(video, again)
    assert np.abs(video - other).mean() > 1


def test_pipeline_is_the_one_of_the_recipe_whatever_the_folder_names(make: Makes, tiny_weights: Weights) -> None:
    index = (tiny_weights("tiny-wan-2.2-ti2v") / "model_index.json").read_text()
    assert '"_class_name": "WanPipeline"' in index
    near, far = (make("tiny-wan-2.2-ti2v", shape=shape)[1] for shape in ((128, 128), (128, 32)))
    assert np.abs(near[0] - far[0]).mean() > 1  # the picture counts


def test_shift_is_used_and_recorded(make: Makes) -> None:
    (made, video), (_, other) = (make("tiny-wan-2.1", flow_shift=shift) for shift in (3.0, 9.0))
    assert made.effective["flow_shift"] == 3.0
    assert np.abs(video - other).mean() > 1


def test_second_expert_is_guided_by_itself_below_the_boundary_of_the_recipe(make: Makes) -> None:
    def difference(**options: float) -> float:
        low, high = (make("tiny-wan-2.2-a14b", guidance_2=g, options=options)[1] for g in (1.5, 9.0))
        return float(np.abs(low - high).mean())

    assert difference() > 1
    assert difference(boundary=0.0) == 0


@pytest.mark.parametrize("key", ["tiny-wan-2.1-flf2v", "tiny-wan-2.2-a14b"])
def test_final_frame_counts(make: Makes, gradient: Draws, key: str) -> None:
    videos = [make(key, final_frame=gradient(shape))[1] for shape in ((64, 64), (64, 16))]
    assert np.abs(videos[0] - videos[1]).mean() > 1


def test_vace_is_given_a_video_whose_known_frames_are_kept(make: Makes, gradient: Draws) -> None:
    _, alone = make("tiny-wan-vace")
    made, between = make("tiny-wan-vace", final_frame=gradient((64, 16)))
    change = np.abs(alone - between).mean(axis=(1, 2, 3))
    assert change[-1] > change[0]
    assert not {"video", "mask"} & made.effective.keys()


def test_long_prompt_is_refused_unless_it_may_be_cut(make: Makes) -> None:
    with pytest.raises(InvalidRequestError, match=r"602 tokens\. Expected at most 512"):
        make("tiny-wan-2.1", "x" * 600)
    made, cut = make("tiny-wan-2.1", "x" * 600, long_prompt="truncate")
    assert (made.effective["prompt_tokens"], made.effective["token_limit"]) == (602, 512)
    assert np.array_equal(cut, make("tiny-wan-2.1", "x" * 590, long_prompt="truncate")[1])
